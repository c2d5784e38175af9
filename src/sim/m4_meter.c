/*
 * m4_meter.c - the meter's side of the Logika M4 bus: SPT943.1, SPT941.20, SPT944 and an old SPT943
 *
 * Values and records are written down as the maker's tables name them and computed when asked for
 * (sim/memory.h). A second heat system (channel 2) repeats the first with half of its amounts and
 * flows. Pipes and sensors nobody connected have no value; their totals stand at zero.
 *
 * Records bear the local moment their interval ended. Units are kgf/cm2 and Gcal. The journals know
 * the START and a power cut. Not simulated: decades, control archives, sections, compression,
 * encryption, the fall back to the first speed after a silence.
 */
#include "base/str.h"
#include "proto/m4.h"
#include "sim/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_S    60
#define POINTER_SIZE 10 /* the pair that ends an archive reply */
#define DECIMALS     9  /* a float has no more */

/* ---- what the names mean ---- */

enum kind {
	NOTHING, /* NULL */
	GAUGE,
	COUNTER,
	ZERO, /* a counter that stands still */
	SCHEME,
	SITUATIONS, /* NS */
	DIAGNOSIS,  /* DS */
	CLOCK_TIME,
	CLOCK_DATE
};

struct meaning {
	const char *name;
	enum kind kind;
	enum quantity quantity;
	enum unit unit;
	bool is_amount; /* half of it in the second system */
	bool is_timer;  /* its total is a float, not a pair */
};

static const struct meaning meanings[] = {
	{"T", CLOCK_TIME, 0, 0, false, false},
	{"D", CLOCK_DATE, 0, 0, false, false},
	{"SP", SCHEME, 0, 0, false, false},
	{"NS", SITUATIONS, 0, 0, false, false},
	{"DS", DIAGNOSIS, 0, 0, false, false},
	{"G1", GAUGE, QUANTITY_FLOW_SUPPLY, UNIT_M3_H, true, false},
	{"G2", GAUGE, QUANTITY_FLOW_RETURN, UNIT_M3_H, true, false},
	{"Gm1", GAUGE, QUANTITY_MASS_FLOW_SUPPLY, UNIT_T_H, true, false},
	{"Gm2", GAUGE, QUANTITY_MASS_FLOW_RETURN, UNIT_T_H, true, false},
	{"P1", GAUGE, QUANTITY_PRESSURE_SUPPLY, UNIT_KGF_CM2, false, false},
	{"P2", GAUGE, QUANTITY_PRESSURE_RETURN, UNIT_KGF_CM2, false, false},
	{"t1", GAUGE, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, false, false},
	{"t2", GAUGE, QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, false, false},
	{"dt", GAUGE, QUANTITY_TEMPERATURE_DIFFERENCE, UNIT_K, false, false},
	{"tx", GAUGE, QUANTITY_TEMPERATURE_COLD, UNIT_DEGC, false, false},
	{"tv", GAUGE, QUANTITY_TEMPERATURE_OUTDOOR, UNIT_DEGC, false, false},
	{"V1", COUNTER, QUANTITY_VOLUME_SUPPLY, UNIT_M3, true, false},
	{"V2", COUNTER, QUANTITY_VOLUME_RETURN, UNIT_M3, true, false},
	{"V3", ZERO, 0, 0, false, false},
	{"M1", COUNTER, QUANTITY_MASS_SUPPLY, UNIT_T, true, false},
	{"M2", COUNTER, QUANTITY_MASS_RETURN, UNIT_T, true, false},
	{"M3", ZERO, 0, 0, false, false},
	{"Q", COUNTER, QUANTITY_HEAT_ENERGY, UNIT_GCAL, true, false},
	{"Qc", COUNTER, QUANTITY_HEAT_ENERGY, UNIT_GCAL, false, false},
	{"Qg", ZERO, 0, 0, false, false},
	{"Ti", COUNTER, QUANTITY_OPERATING_TIME, UNIT_H, false, true},
	{"Tsh", COUNTER, QUANTITY_OPERATING_TIME, UNIT_H, false, true},
	{"Tep", COUNTER, QUANTITY_TIME_POWER_OFF, UNIT_H, false, true},
	{"Tn", ZERO, 0, 0, false, true},
	{"Tmin", ZERO, 0, 0, false, true},
	{"Tmax", ZERO, 0, 0, false, true},
	{"Tdt", ZERO, 0, 0, false, true},
	{"Tf", ZERO, 0, 0, false, true},
	{"CT", ZERO, 0, 0, false, true},
};

/* Names nobody measures ("G3", "t4", "Px") mean nothing. */
static const struct meaning *meaning_of(const char *name, size_t size)
{
	static const struct meaning nothing = {"", NOTHING, 0, 0, false, false};
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		const struct meaning *m = &meanings[i];
		if (strlen(m->name) == size && strncmp(m->name, name, size) == 0) {
			return m;
		}
	}
	return &nothing;
}

/* ---- the models ---- */

struct run {
	int channel, number; /* -1 ends */
	const char *names;   /* of parameters number, number + 1, ... */
};

struct model {
	const char *name;
	uint8_t ident[3];
	size_t message_max;
	int speed_max; /* code of command 42 */
	bool is_legacy;
	int channel_from, channel_till; /* of archives */
	size_t flag_bytes;
	unsigned power_bit; /* of the flags: no outside power */
	int units[2], report_day, report_hour, time, date, nt, id;
	const struct run *runs;
	/* blanks between names; "/" before a name: of the second system */
	const char *record;
};

#define TOTALS "V1 V2 V3 M1 M2 M3 Q Qg"
#define CT4    "CT CT CT CT"

#define RUNS_943(channel)                                               \
	{channel, 1024, "SP G1 G2 G3 P1 P2 t1 t2 dt t3 tx tv NS DS"},   \
	{                                                               \
		channel, 2048, TOTALS " Ti Tmin Tmax Tdt Tep Tf Tn Tsh" \
	}
static const struct run runs_943[] = {
	{0, 1024, "T D tx tv NS DS"}, {0, 2048, "Qc"}, RUNS_943(1), RUNS_943(2), {-1, 0, ""}};
static const struct run runs_941[] = {{0, 1024,
					      "T D SP G1 G2 G3 Gm1 Gm2 Gm3 t1 t2 dt t3 tx t4 P1 P2 "
					      "P3 Px P4 DS NS"},
	{0, 2048, TOTALS " Ti Tn Tsh " CT4 " " CT4 " " CT4 " " CT4}, {-1, 0, ""}};
#define RUNS_944(channel)                                                    \
	{channel, 1024, "SP G1 G2 G3 Gm1 Gm2 Gm3 t1 t2 dt t3 tog P1 P2 P3"}, \
	{                                                                    \
		channel, 2048, TOTALS                                        \
	}
static const struct run runs_944[] = {{0, 1024, "T D SP tx tv t4 t5 t6 Px P4 P5 P6 NS DS"},
	{0, 2048, "Qc Ti Tn Tsh " CT4 " " CT4 " " CT4 " " CT4 " " CT4}, RUNS_944(1), RUNS_944(2),
	{-1, 0, ""}};

static const struct model models[] = {
	{"spt943", {0x54, 0x2b, 0x0a}, 720, 3, false, 1, 2, 4, 7, {0, 0}, 3, 4, 1, 2, 6, 7,
		runs_943,
		"SP P1 P2 t1 t2 dt t3 tx tv " TOTALS " Ti Tmin Tmax Tdt Tep Tf Tn Tsh NS DS"},
	{"spt941_20", {0x92, 0x29, 0x80}, 1024, 5, false, 0, 0, 8, 1, {1, 2}, 6, 7, 3, 4, 57, 58,
		runs_941,
		"T D SP t1 t2 dt t3 tx t4 P1 P2 P3 Px P4 " TOTALS " Ti Tn Tsh " CT4 " " CT4 " " CT4
		" " CT4 " DS NS"},
	{"spt944", {0x54, 0x2c, 0x00}, 720, 5, false, 0, 0, 11, 1, {5, 6}, 10, 11, -1, -1, 58, -1,
		runs_944,
		"T D SP tx tv t4 t5 t6 Px P4 P5 P6 Qc Ti Tn Tsh " CT4 " " CT4 " " CT4 " " CT4
		" " CT4 " NS DS SP t1 t2 dt t3 tog P1 P2 P3 " TOTALS
		" /SP /t1 /t2 /dt /t3 /tog /P1 /P2 /P3 /V1 /V2 /V3 /M1 /M2 /M3 /Q /Qg"},
	{"spt943_old", {0x54, 0x2b, 0x03}, 720, 3, true, 1, 2, 4, 7, {0, 0}, 3, 4, 1, 2, 6, 7,
		runs_943, ""},
};

static const struct model *model_of(const struct sim_device *d)
{
	for (size_t i = 1; i < sizeof(models) / sizeof(models[0]); i++) {
		if (strcmp(models[i].name, d->model) == 0) {
			return &models[i];
		}
	}
	return &models[0];
}

/* ---- one request being answered ---- */

struct memory {
	bool is_selected;
	int64_t last_us;
};

struct turn {
	struct sim_device *device;
	const struct model *model;
	int64_t now_us;
	struct civil now; /* by its clock */
	struct m4_out out;
};

static double share(const struct meaning *m, int system)
{
	return m->is_amount && system == 2 ? 0.5 : 1;
}

static void put_flags(struct turn *t, bool is_powerless)
{
	uint32_t words[3] = {0};
	if (is_powerless) {
		words[t->model->power_bit / 32] |= 1u << t->model->power_bit % 32;
	}
	m4_put_flags(&t->out, words, t->model->flag_bytes);
}

static void put_now(struct turn *t, const struct meaning *m, int system)
{
	struct sim_device *d = t->device;
	double v = 0;
	switch (m->kind) {
	case GAUGE:
		m4_put_float(&t->out,
			sim_reading(d, m->quantity, m->unit, t->now_us) * share(m, system));
		return;
	case COUNTER: v = sim_reading(d, m->quantity, m->unit, t->now_us) * share(m, system); break;
	case ZERO: break;
	case SCHEME: m4_put_uint(&t->out, 0); return;
	case SITUATIONS:
	case DIAGNOSIS: put_flags(t, false); return;
	case CLOCK_TIME: m4_put_time(&t->out, t->now); return;
	case CLOCK_DATE: m4_put_date(&t->out, t->now); return;
	case NOTHING: m4_put_null(&t->out); return;
	}
	if (m->is_timer) {
		m4_put_float(&t->out, v);
	} else {
		m4_put_mixed(&t->out, v);
	}
}

static void put_recorded(struct turn *t, const struct meaning *m, int system,
	const struct sim_record *r, struct civil label)
{
	struct sim_device *d = t->device;
	switch (m->kind) {
	case GAUGE:
		m4_put_float(
			&t->out, share(m, system) * sim_mean(d, m->quantity, m->unit, r->period));
		break;
	case COUNTER:
		m4_put_float(&t->out, share(m, system) * sim_amount(d, m->quantity, m->unit,
								 DECIMALS, r->period));
		break;
	case ZERO: m4_put_float(&t->out, 0); break;
	case SCHEME: m4_put_uint(&t->out, 0); break;
	case SITUATIONS:
	case DIAGNOSIS: put_flags(t, r->off_h > 0); break;
	case CLOCK_TIME: m4_put_time(&t->out, label); break;
	case CLOCK_DATE: m4_put_date(&t->out, label); break;
	case NOTHING: m4_put_null(&t->out); break;
	}
}

/* ---- parameters ---- */

static void put_digits(struct turn *t, int digits, int v)
{
	char text[16];
	(void)snprintf(text, sizeof(text), "%0*d", digits, v);
	m4_put_text(&t->out, text);
}

/* "10-35-34" */
static void put_three(struct turn *t, int a, int b, int c)
{
	char text[40];
	(void)snprintf(text, sizeof(text), "%02d-%02d-%02d", a, b, c);
	m4_put_text(&t->out, text);
}

static void put_setting(struct turn *t, int number)
{
	const struct model *m = t->model;
	struct calendar c = sim_calendar(t->device);
	struct civil now = t->now;
	if (number == m->units[0] || number == m->units[1]) {
		m4_put_text(&t->out, "0");
	} else if (number == m->report_day) {
		put_digits(t, 2, c.report_day);
	} else if (number == m->report_hour) {
		put_digits(t, 2, c.report_hour);
	} else if (number == m->nt) {
		put_digits(t, 1, t->device->address);
	} else if (number == m->id) {
		m4_put_text(&t->out, t->device->serial);
	} else if (number == m->time) {
		put_three(t, now.hour, now.minute, now.second);
	} else if (number == m->date) {
		put_three(t, now.day, now.month, now.year % 100);
	} else {
		m4_put_null(&t->out);
	}
}

static void put_param(struct turn *t, int channel, int number)
{
	if (number == 8256) {
		m4_put_uint(&t->out, (uint32_t)strtoul(t->device->serial, NULL, 10));
		return;
	}
	if (number < 1024 && channel == 0) {
		put_setting(t, number);
		return;
	}
	for (const struct run *r = t->model->runs; r->channel >= 0; r++) {
		const char *name = r->names;
		int at = r->number;
		if (r->channel != channel) {
			continue;
		}
		while (*name) {
			size_t size = strcspn(name, " ");
			if (at == number) {
				put_now(t, meaning_of(name, size), channel);
				return;
			}
			name += name[size] ? size + 1 : size;
			at++;
		}
	}
	m4_put_null(&t->out);
}

/* True when what was written since `mark` fits the meter's message. */
static bool fits(struct turn *t, size_t mark, size_t reserve)
{
	if (!t->out.is_full && t->out.size - 7 + reserve <= t->model->message_max) {
		return true;
	}
	t->out.size = mark;
	t->out.is_full = false;
	return false;
}

static int answer_read(struct turn *t, struct slice body)
{
	struct reader r = reader_of(body);
	struct m4_value v;
	unsigned channel, number;
	for (int n = 0; m4_next(&r, &v); n++) {
		size_t mark = t->out.size;
		if (n == M4_READ_MAX || !m4_param(&v, &channel, &number)) {
			return M4_BAD_REQUEST;
		}
		put_param(t, (int)channel, (int)number);
		if (!fits(t, mark, 0)) {
			break;
		}
	}
	return r.is_short ? M4_BAD_REQUEST : -1;
}

static bool three(const struct m4_value *v, int *a, int *b, int *c)
{
	char text[16];
	return m4_text(v, text, sizeof(text)) && strlen(text) == 8 && text[2] == '-' &&
	       text[5] == '-' && sscanf(text, "%2d-%2d-%2d", a, b, c) == 3;
}

static int answer_write(struct turn *t, struct slice body)
{
	struct reader r = reader_of(body);
	struct m4_value param, v;
	struct civil set = t->now;
	unsigned channel, number;
	while (m4_next(&r, &param)) {
		static const uint8_t bad = M4_BAD_VALUE;
		if (param.tag == M4_OPERATIVE) {
			continue;
		}
		if (!m4_param(&param, &channel, &number) || !m4_next(&r, &v)) {
			return M4_BAD_REQUEST;
		}
		bool is_time = channel == 0 && (int)number == t->model->time;
		bool is_date = channel == 0 && (int)number == t->model->date;
		bool is_good = (is_time && three(&v, &set.hour, &set.minute, &set.second)) ||
			       (is_date && three(&v, &set.day, &set.month, &set.year));
		set.year += is_date && is_good ? 2000 : 0;
		m4_put(&t->out, is_good ? M4_ACK : M4_ERR, &bad, is_good ? 0 : 1);
	}
	if (civil_to_utc(set) != civil_to_utc(t->now)) {
		struct calendar c = sim_calendar(t->device);
		sim_set_clock(t->device, t->now_us, zone_utc(c.zone, set, false));
	}
	return -1;
}

/* ---- archives ---- */

static void put_label(struct turn *t, enum period p, int64_t end)
{
	struct calendar c = sim_calendar(t->device);
	m4_put_archdate(&t->out, zone_civil(c.zone, end),
		p == PERIOD_HOUR ? 4 :
		p == PERIOD_DAY  ? 3 :
				   2);
}

static void put_record(struct turn *t, int channel, const struct sim_record *r)
{
	struct calendar c = sim_calendar(t->device);
	struct civil label = zone_civil(c.zone, r->period.till);
	size_t mark = m4_open(&t->out);
	for (const char *name = t->model->record; *name;) {
		int system = *name == '/' ? 2 : channel;
		name += *name == '/';
		size_t size = strcspn(name, " ");
		put_recorded(t, meaning_of(name, size), system, r, label);
		name += name[size] ? size + 1 : size;
	}
	m4_close(&t->out, mark);
}

/* The first record that ends at `from` or later. */
static bool find_record(
	const struct turn *t, enum period p, int64_t from, struct sim_record *ret_record)
{
	static const int64_t longest[PERIOD_COUNT] = {0, 1800, 3600, 25 * 3600, 31 * 86400};
	struct calendar c = sim_calendar(t->device);
	int64_t now = sim_meter_now(t->device, t->now_us);
	int64_t oldest = now - (sim_depth(t->device, p) + 2) * longest[p];
	struct span s = period_of(&c, p, from > oldest ? from - 1 : oldest);
	for (; s.till <= now; s = period_of(&c, p, s.till)) {
		if (sim_record_of(t->device, p, s.from, t->now_us, ret_record)) {
			return true;
		}
	}
	return false;
}

static void put_empty(struct turn *t)
{
	m4_close(&t->out, m4_open(&t->out));
}

static void answer_interval(
	struct turn *t, int channel, enum period p, int n, int64_t from, int64_t till)
{
	struct sim_record r;
	while (find_record(t, p, from, &r) && r.period.till <= till) {
		size_t mark = t->out.size;
		put_label(t, p, r.period.till);
		if (n-- <= 0) {
			put_empty(t);
			return;
		}
		put_record(t, channel, &r);
		if (!fits(t, mark, POINTER_SIZE)) {
			put_label(t, p, r.period.till);
			put_empty(t);
			return;
		}
		from = r.period.till + 1;
	}
	m4_put_archdate(&t->out, t->now, 0);
	put_empty(t);
}

/* The two journals that have an entry have one; all else that is asked for is empty. */
static void answer_journal(struct turn *t, int type, int n, int64_t from, int64_t till)
{
	const struct sim_device *d = t->device;
	struct calendar c = sim_calendar(d);
	int64_t at = type == 4 ? d->born_utc : type == 5 ? d->off_from_utc : 0;
	if (at != 0 && at >= from && at <= till && at <= sim_meter_now(d, t->now_us)) {
		m4_put_archdate(&t->out, zone_civil(c.zone, at), 8);
		if (n == 0) {
			put_empty(t);
			return;
		}
		m4_put_text(&t->out, type == 4 ? "Выполнен ПУСК" : "Перерыв питания");
	}
	m4_put_archdate(&t->out, t->now, 0);
	put_empty(t);
}

static int answer_archive(struct turn *t, struct slice body)
{
	static const enum period periods[4] = {PERIOD_HOUR, PERIOD_DAY, PERIOD_NONE, PERIOD_MONTH};
	struct calendar c = sim_calendar(t->device);
	struct reader r = reader_of(body);
	struct m4_value head, first, last;
	struct civil date;
	if (!m4_next(&r, &head) || head.tag != M4_OCTETS || head.data.size != 5 ||
		!m4_next(&r, &first) || m4_archdate(&first, &date) < 0) {
		return M4_BAD_REQUEST;
	}
	int64_t from = zone_utc(c.zone, date, false), till = INT64_MAX;
	if (m4_next(&r, &last)) {
		if (m4_archdate(&last, &date) < 0) {
			return M4_BAD_REQUEST;
		}
		till = zone_utc(c.zone, date, false);
	}
	int channel = head.data.data[2], type = head.data.data[3], n = head.data.data[4];
	if (head.data.data[0] != 0xff || head.data.data[1] != 0xff || till < from || type > 7 ||
		channel < t->model->channel_from || channel > t->model->channel_till) {
		return M4_BAD_VALUE;
	}
	if (type < 4 && periods[type] != PERIOD_NONE) {
		answer_interval(t, channel, periods[type], n, from, till);
	} else {
		answer_journal(t, type, n, from, till);
	}
	return -1;
}

/* ---- requests ---- */

static int answer_speed(struct turn *t, struct slice data)
{
	static const int speeds[] = {2400, 4800, 9600, 19200, 38400, 57600, 115200};
	if (data.size != 4) {
		return M4_BAD_REQUEST;
	}
	if (data.data[0] > t->model->speed_max) {
		return M4_BAD_VALUE;
	}
	if (t->device->baud) {
		t->device->baud = speeds[data.data[0]];
	}
	return -1;
}

static int serve(struct turn *t, const struct m4_frame *f)
{
	if (f->atr) {
		return M4_BAD_SECURED;
	}
	switch (f->code) {
	case M4_SPEED: return answer_speed(t, f->data);
	case M4_READ: return t->model->is_legacy ? M4_BAD_REQUEST : answer_read(t, f->data);
	case M4_WRITE: return t->model->is_legacy ? M4_BAD_REQUEST : answer_write(t, f->data);
	case M4_ARCHIVE: return t->model->is_legacy ? M4_BAD_REQUEST : answer_archive(t, f->data);
	case M4_CONTROL: return M4_WRITE_PROTECTED;
	default: return M4_BAD_REQUEST;
	}
}

static void put_bytes(struct m4_out *o, const uint8_t *bytes, size_t n)
{
	memcpy(o->data + o->size, bytes, n);
	o->size += n;
}

static void answer_frame(struct turn *t, const struct m4_frame *f, struct buf *reply)
{
	struct slice bytes;
	m4_begin(&t->out, f->nt, f->id, f->code);
	if (f->code == M4_SESSION) {
		put_bytes(&t->out, t->model->ident, 3);
		bytes = f->is_extended ? m4_end(&t->out) :
					 m4_short(&t->out, f->nt, f->code,
						 (struct slice){t->model->ident, 3});
	} else {
		int error = serve(t, f);
		if (error >= 0) {
			uint8_t code = (uint8_t)error;
			m4_begin(&t->out, f->nt, f->id, M4_ERROR);
			put_bytes(&t->out, &code, 1);
		}
		bytes = m4_end(&t->out);
	}
	buf_put(reply, bytes.data, bytes.size);
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	_Static_assert(sizeof(struct memory) <= sizeof(d->memory), "too much to remember");
	struct memory *memory = (void *)d->memory;
	struct m4_frame f;
	struct calendar c = sim_calendar(d);
	struct turn t = {.device = d,
		.model = model_of(d),
		.now_us = now_us,
		.now = zone_civil(c.zone, sim_meter_now(d, now_us))};
	if (!m4_decode(request, &f)) {
		return false;
	}
	bool is_mine = f.nt == M4_ANY || f.nt == d->address;
	if (f.code == M4_SESSION) {
		memory->is_selected = is_mine;
	} else if (now_us - memory->last_us > SESSION_S * 1000000LL) {
		memory->is_selected = false;
	}
	memory->last_us = now_us;
	if (!is_mine || !memory->is_selected || (!f.is_extended && f.code != M4_SESSION)) {
		return false;
	}
	answer_frame(&t, &f, reply);
	return true;
}

static struct frame_verdict frame(struct slice so_far)
{
	struct m4_cut cut = m4_cut_request(so_far);
	return (struct frame_verdict){cut.state == M4_CUT_FULL ? FRAME_FULL :
				      cut.state == M4_CUT_MORE ? FRAME_MORE :
								 FRAME_JUNK,
		cut.size};
}

const struct sim_protocol sim_m4 = {.name = "logika_m4", .frame = frame, .answer = answer};
