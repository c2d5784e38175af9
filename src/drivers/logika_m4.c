/*
 * logika_m4.c - Logika heat calculators of the M4 generation: SPT941.20, 943.1, 944, gas SPG742
 *
 * Facts: docs/protocols/logika_m4.md. Frames and values: proto/m4.h. Parts: logika_m4.h. Checked
 * against tests/rec/logika_m4_*.rec.
 *
 * Every call is a session of its own: wake, select, read, give the first speed back. The meter
 * answers within 2.5 s (SPT944: 3 s).
 * Not read: archives of the SPG742, whose layout is unknown; compressed archives; encrypted sessions.
 */
#include "drivers/logika_m4.h"

#include "base/str.h"
#include "model/abnormal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAM_TIME   1024
#define PARAM_DATE   1025
#define PARAM_SERIAL 8256
#define SCHEME_OFF   99 /* this heat system is not in service */
#define FLAG_WORDS   3
#define CLOCK_OFF_S  60

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, 255, "255",
		"number of the meter (NT); 255: the only meter on the line",
		"номер прибора NT; 255: единственный прибор на линии"},
	{"systems", PARAM_INT, 1, 2, "2", "heat systems to read of meters that have two: 1 or both",
		"сколько теплосистем читать у двухсистемных: только ТВ1 или обе"},
	{"fast_baud", PARAM_INT, 0, 115200, "0",
		"switch the meter to this baud rate to read it; 0: do not",
		"переключать прибор на эту скорость на время чтения; 0: нет"},
	{"device", PARAM_TEXT, 0, 12, "auto",
		"auto (what the meter says), spt941_20, spt943, spt944 or spg742",
		"auto (по ответу прибора), spt941_20, spt943, spt944 или spg742"},
	{"id", PARAM_INT, -1, 255, "-1", "identifier of the first request; -1: by the clock",
		"идентификатор первого запроса; -1: по часам"},
	{.name = NULL},
};

/* ---- samples ---- */

static enum err put_sample(
	const struct m4_put *p, const struct m4_field *f, const char *name, struct sample *x)
{
	char key[REGISTER_KEY_CAP];
	uint8_t system = f->system == 1 && p->system ? p->system : f->system;
	(void)snprintf(key, sizeof(key), "%s%s", name,
		system == 2 ? ".u2" :
		system == 0 ? ".u0" :
			      "");
	x->key = key;
	x->form = p->form;
	x->period = p->period;
	x->utc = p->utc;
	x->decimals = -1;
	x->quality = isnan(x->value) ? quality_make(QUALITY_MISSING, SOURCE_NONE, 0) :
				       quality_make(QUALITY_MEASURED, SOURCE_NONE, p->flags);
	return p->out->put(p->out, x);
}

static enum err put_state(const struct m4_put *p, const struct m4_field *f, const char *name,
	enum quantity q, double value)
{
	struct sample x = {.quantity = q, .unit = UNIT_NONE, .value = value};
	return put_sample(p, f, name, &x);
}

/* Flags are longer than a number can hold: 32 in a register, the second "<name>.2". */
static enum err put_flags(const struct m4_put *p, const struct m4_field *f, const char *name,
	enum quantity q, const struct m4_value *v)
{
	char key[REGISTER_KEY_CAP];
	enum err e = ERR_OK;
	for (unsigned w = 0; !e && w < FLAG_WORDS && 4 * (size_t)w < v->data.size; w++) {
		(void)snprintf(key, sizeof(key), w ? "%s.%u" : "%s", name, w + 1);
		e = put_state(p, f, key, q, m4_flags(v, w));
	}
	return e;
}

static enum err put_situations(
	const struct m4_put *p, const struct m4_field *f, const struct m4_value *v)
{
	enum err e = put_flags(p, f, "error_code", QUANTITY_ERROR_CODE, v);
	return e ? e :
		   put_state(p, f, "abnormal", QUANTITY_ABNORMAL,
			   m4_abnormal_of(p->session->layout, v));
}

static enum err put_number(
	const struct m4_put *p, const struct m4_field *f, const struct m4_value *v)
{
	struct sample x = {.quantity = f->quantity,
		.unit = f->kind == M4_KIND_PRESSURE ? p->session->pressure :
			f->kind == M4_KIND_HEAT     ? p->session->heat :
						      f->unit,
		.value = m4_number(v)};
	return put_sample(p, f, f->key, &x);
}

enum err m4_put_value(struct m4_put *p, const struct m4_field *f, const struct m4_value *v)
{
	if (f->system == 2 && p->session->systems < 2) {
		return ERR_OK;
	}
	bool is_of_off = p->is_off && f->system == p->off_system && f->channel == p->off_channel;
	if (is_of_off && f->kind != M4_KIND_SCHEME) {
		return ERR_OK;
	}
	switch (f->kind) {
	case M4_KIND_NUMBER:
	case M4_KIND_PRESSURE:
	case M4_KIND_HEAT: return put_number(p, f, v);
	case M4_KIND_SCHEME:
		p->is_off = m4_number(v) == SCHEME_OFF;
		p->off_system = f->system;
		p->off_channel = f->channel;
		return isnan(m4_number(v)) ?
			       ERR_OK :
			       put_state(p, f, "status", QUANTITY_STATUS, m4_number(v));
	case M4_KIND_NS: return v->tag == M4_FLAGS ? put_situations(p, f, v) : ERR_OK;
	case M4_KIND_DS:
		return v->tag == M4_FLAGS ? put_flags(p, f, "status.ds", QUANTITY_STATUS, v) :
					    ERR_OK;
	case M4_KIND_NONE:
	case M4_KIND_TIME:
	case M4_KIND_DATE: break;
	}
	return ERR_OK;
}

/* What one request asks for. */
struct asked {
	const struct m4_field *fields[M4_READ_MAX];
	size_t n;
};

/* The next fields from `*at` on that are wanted. */
static void gather(const struct m4_session *s, size_t *at, struct asked *ret)
{
	const struct m4_layout *l = s->layout;
	for (ret->n = 0; *at < l->currents_n && ret->n < M4_READ_MAX; ++*at) {
		if (l->currents[*at].system != 2 || s->systems == 2) {
			ret->fields[ret->n++] = &l->currents[*at];
		}
	}
}

/* Values of the reply in the order asked for; what did not come is left to be asked for again. */
static enum err put_reply(struct m4_put *p, struct asked *a, struct slice body)
{
	struct reader r = reader_of(body);
	struct m4_value v;
	size_t got = 0;
	enum err e = ERR_OK;
	while (!e && got < a->n && m4_next(&r, &v)) {
		if (v.tag != M4_OPERATIVE) {
			e = m4_put_value(p, a->fields[got++], &v);
		}
	}
	a->n -= got;
	memmove(a->fields, a->fields + got, a->n * sizeof(a->fields[0]));
	return e   ? e :
	       got ? ERR_OK :
		     talk_fail(p->session->talk, ERR_PROTO, "no values in the reply");
}

static enum err read_fields(struct m4_session *s, struct sink *out)
{
	struct m4_put p = {.session = s, .out = out, .form = FORM_NOW};
	struct asked a;
	struct slice body;
	enum err e = ERR_OK;
	size_t at = 0;
	for (gather(s, &at, &a); !e && a.n > 0;) {
		m4_request(s, M4_READ);
		for (size_t i = 0; i < a.n; i++) {
			m4_put_param(&s->out, a.fields[i]->channel, a.fields[i]->number);
		}
		e = m4_ask(s, &body);
		e = e ? e : put_reply(&p, &a, body);
		if (!e && a.n == 0) {
			gather(s, &at, &a);
		}
	}
	return e;
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct m4_session s;
	enum err e = m4_open_session(&s, t);
	e = e ? e : m4_read_settings(&s);
	e = e ? e : read_fields(&s, out);
	m4_close_session(&s);
	return e;
}

/* ---- identification, clock ---- */

static enum err read_identity(struct m4_session *s, struct identity *ret)
{
	struct identity id = {.maker = "Logika", .medium = "heat"};
	char nt[16] = "";
	struct slice body;
	struct m4_value v;
	(void)STR_COPY(id.model, s->layout->model);
	(void)snprintf(id.version, sizeof(id.version), "%02X", s->state->version);
	m4_request(s, M4_READ);
	m4_put_param(&s->out, 0, PARAM_SERIAL);
	if (s->layout->nt >= 0) {
		m4_put_param(&s->out, 0, (unsigned)s->layout->nt);
	}
	enum err e = m4_ask(s, &body);
	if (e) {
		return e;
	}
	struct reader r = reader_of(body);
	if (m4_next(&r, &v) && v.tag == M4_UINT) {
		(void)snprintf(id.serial, sizeof(id.serial), "%.0f", m4_number(&v));
	}
	if (m4_next(&r, &v)) {
		(void)m4_text(&v, nt, sizeof(nt));
	}
	int64_t number = s->nt;
	if (s->nt == M4_ANY && (str_to_int(nt, &number) || number < 0 || number > 255)) {
		number = M4_ANY;
	}
	(void)snprintf(id.address, sizeof(id.address), "address=%d", (int)number);
	*ret = id;
	return ERR_OK;
}

static enum err identify(struct talk *t, struct identity *ret)
{
	struct m4_session s;
	enum err e = m4_open_session(&s, t);
	e = e ? e : read_identity(&s, ret);
	m4_close_session(&s);
	return e;
}

static enum err ask_clock(struct m4_session *s, int64_t *ret_utc)
{
	struct slice body;
	struct m4_value date, time;
	struct civil c = {0};
	m4_request(s, M4_READ);
	m4_put_param(&s->out, 0, PARAM_DATE);
	m4_put_param(&s->out, 0, PARAM_TIME);
	enum err e = m4_ask(s, &body);
	if (e) {
		return e;
	}
	struct reader r = reader_of(body);
	if (!m4_next(&r, &date) || !m4_next(&r, &time) || !m4_date(&date, &c) ||
		!m4_time(&time, &c)) {
		return talk_fail(s->talk, ERR_PROTO, "no date and time in the reply");
	}
	*ret_utc = zone_utc(talk_zone(s->talk), c, false);
	/* an hour that exists twice: the one nearer to now */
	int64_t second = zone_utc(talk_zone(s->talk), c, true), now = talk_now(s->talk);
	if (llabs(second - now) < llabs(*ret_utc - now)) {
		*ret_utc = second;
	}
	return ERR_OK;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct m4_session s;
	enum err e = m4_open_session(&s, t);
	e = e ? e : ask_clock(&s, ret_utc);
	m4_close_session(&s);
	return e;
}

static enum err check_written(struct m4_session *s, struct slice body)
{
	struct reader r = reader_of(body);
	struct m4_value v;
	while (m4_next(&r, &v)) {
		if (v.tag == M4_ERR) {
			unsigned error = v.data.size ? v.data.data[0] : M4_BAD_VALUE;
			return talk_fail(s->talk, ERR_DENIED, "the clock is not set: %s",
				m4_error_text(error));
		}
	}
	return ERR_OK;
}

/* Date and time are settings, written as text; what came of it is read back. */
static enum err write_clock(struct m4_session *s, int64_t utc)
{
	const struct m4_layout *l = s->layout;
	struct civil c = zone_civil(talk_zone(s->talk), utc);
	char date[16], time[16];
	struct slice body;
	int64_t now = 0;
	if (l->set_time < 0) {
		return talk_fail(s->talk, ERR_UNSUPP,
			"how the clock of a %s is set is not known; set it at the meter", l->model);
	}
	(void)snprintf(date, sizeof(date), "%02d-%02d-%02d", c.day, c.month, c.year % 100);
	(void)snprintf(time, sizeof(time), "%02d-%02d-%02d", c.hour, c.minute, c.second);
	m4_request(s, M4_WRITE);
	m4_put_param(&s->out, 0, (unsigned)l->set_date);
	m4_put_text(&s->out, date);
	m4_put_param(&s->out, 0, (unsigned)l->set_time);
	m4_put_text(&s->out, time);
	enum err e = m4_ask(s, &body);
	e = e ? e : check_written(s, body);
	e = e ? e : ask_clock(s, &now);
	if (!e && llabs(now - utc) > CLOCK_OFF_S) {
		return talk_fail(s->talk, ERR_DENIED,
			"the meter took date and time, but its clock did not change");
	}
	return e;
}

static enum err set_clock(struct talk *t, int64_t utc)
{
	struct m4_session s;
	enum err e = m4_open_session(&s, t);
	e = e ? e : write_clock(&s, utc);
	m4_close_session(&s);
	return e;
}

static enum err report_time(struct talk *t, int *ret_hour, int *ret_day)
{
	struct m4_session s;
	enum err e = m4_open_session(&s, t);
	if (!e && s.layout->report_day < 0) {
		e = talk_fail(t, ERR_UNSUPP, "report day and hour of a %s are not known",
			s.layout->model);
	}
	e = e ? e : m4_read_settings(&s);
	if (!e && !s.has_report) {
		e = talk_fail(t, ERR_NODATA, "the meter does not say its report day and hour");
	}
	if (!e) {
		*ret_hour = s.calendar.report_hour;
		*ret_day = s.calendar.report_day;
	}
	m4_close_session(&s);
	return e;
}

static uint32_t caps_of(const struct talk *t)
{
	uint32_t caps = CAP_CURRENT | CAP_CLOCK | CAP_EVENTS | CAP_IDENTIFY | CAP_SET_CLOCK |
			CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH;
	const struct m4_layout *l = m4_layout_named(talk_param_text(t, "device"));
	caps &= l && l->set_time < 0 ? ~CAP_SET_CLOCK : ~0u;
	caps &= l && !l->record ? ~(CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH) : ~0u;
	return caps;
}

static struct archive_depth depth(const struct talk *t)
{
	(void)t;
	return (struct archive_depth){.hours = 1080, .days = 365, .months = 100};
}

extern const struct driver driver_logika_m4;
const struct driver driver_logika_m4 = {
	.name = "logika_m4",
	.title = "Logika SPT941.20, SPT943.1, SPT944 (M4)",
	.title_ru = "Логика СПТ941.20, СПТ943.1, СПТ944 (М4)",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH | CAP_CLOCK |
		CAP_SET_CLOCK | CAP_EVENTS | CAP_IDENTIFY,
	.timing = {.baud = 2400, .framing = "8N1", .reply_ms = 3000, .gap_ms = 5, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.set_clock = set_clock,
	.read_current = read_current,
	.report_time = report_time,
	.read_archive = m4_read_archive,
	.read_events = m4_read_events,
	.caps_of = caps_of,
	.depth = depth,
};
