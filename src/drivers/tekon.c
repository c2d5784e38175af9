/*
 * tekon.c - Tekon-17 and Tekon-19 over FT 1.2, on a serial line or in UDP datagrams
 *
 * Facts: docs/protocols/tekon.md; frames: proto/ft12.h; requests: proto/tekon.h. What the numbers
 * of the parameters mean is a file of meters/tekon/, named by parameter "model".
 *
 *   10 4n A .. -> 10 0n A v0 v1 v2 v3 SUM 16, or 68 L L 68 0n A v.. SUM 16, or E5
 *
 * A reply carries the number of its request and the address asked, but not the parameter; so the
 * number is counted up in every request; behind an adapter, whose address all its devices answer with,
 * it begins with another number for each of them. E5 says "no", and is what may be left of a damaged reply:
 * it is believed when it comes twice.
 *
 * Archive arrays are rings without time stamps: which period an element is of follows from its index
 * and the clock of the meter, which is read before. All FF is "no value".
 *
 * Unknown: writing without an adapter, the journal's order, archives of a Tekon-17, the order of
 * command and device in a direct read (parameter `order`), report hour and day.
 */
#include "drivers/driver.h"

#include "base/str.h"
#include "drivers/tekon_map.h"
#include "proto/decimal.h"
#include "proto/tekon.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LEVEL_TO_WRITE 2
/* An element has no time stamp: before the meter writes it, what it held a round of the ring ago is there. */
#define WRITTEN_S 60

struct memory {
	bool is_begun;
	unsigned n;        /* of requests, modulo 16 */
	bool has_answered; /* since the call began */
};

struct peer {
	struct talk *talk;
	const struct tekon_map *map;
	struct tekon_request base; /* whom to ask and how */
	uint8_t password[TEKON_PASSWORD_N];
	bool has_password;
};

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, 127, "1", "address of the device", "адрес прибора"},
	{"model", PARAM_TEXT, 0, 47, "", "the site's parameters: a file in meters/tekon/",
		"параметры объекта: файл в meters/tekon/"},
	{"adapter", PARAM_INT, -1, 255, "-1",
		"address of the adapter K-104 or K-105 in front of it; -1: none",
		"адрес адаптера К-104 или К-105 перед прибором; -1: нет"},
	{"order", PARAM_TEXT, 0, 7, "address",
		"a direct read begins with address or command: programs disagree",
		"запрос без адаптера начинается с address или command: программы расходятся"},
	{"password", PARAM_TEXT, 0, 10, "", "of a K-105: ten hexadecimal digits",
		"пароль К-105: десять шестнадцатеричных цифр"},
	{.name = NULL},
};

/* ---- asking ---- */

static bool password_get(const char *text, uint8_t *ret_bytes)
{
	static const char digits[] = "0123456789abcdef";
	if (strlen(text) != (size_t)2 * TEKON_PASSWORD_N) {
		return false;
	}
	for (size_t i = 0; text[i]; i++) {
		const char *digit = strchr(
			digits, text[i] >= 'A' && text[i] <= 'F' ? text[i] - 'A' + 'a' : text[i]);
		if (!digit) {
			return false;
		}
		ret_bytes[i / 2] = (uint8_t)(ret_bytes[i / 2] << 4 | (digit - digits));
	}
	return true;
}

static enum err peer_init(struct talk *t, struct peer *ret_peer)
{
	struct peer p = {.talk = t, .map = talk_model(t)};
	const char *order = talk_param_text(t, "order"), *password = talk_param_text(t, "password");
	int64_t adapter = talk_param(t, "adapter");
	if (!p.map) {
		return talk_fail(
			t, ERR_INVAL, "model: must be given, the name of a file in meters/tekon/");
	}
	p.base.device = (uint8_t)talk_param(t, "address");
	p.base.has_adapter = adapter >= 0;
	p.base.adapter = (uint8_t)(adapter >= 0 ? adapter : 0);
	p.base.is_high_first = p.map->device == TEKON_17;
	p.base.is_command_first = strcmp(order, "command") == 0;
	if (!p.base.is_command_first && strcmp(order, "address") != 0) {
		return talk_fail(t, ERR_INVAL, "order: address or command, not '%s'", order);
	}
	p.has_password = *password != 0;
	if (p.has_password && !password_get(password, p.password)) {
		return talk_fail(t, ERR_INVAL, "password: ten hexadecimal digits");
	}
	*ret_peer = p;
	return ERR_OK;
}

static struct frame_verdict frame(struct slice so_far)
{
	static const enum frame_state states[] = {
		[FT12_CUT_MORE] = FRAME_MORE,
		[FT12_CUT_FULL] = FRAME_FULL,
		[FT12_CUT_JUNK] = FRAME_JUNK,
	};
	struct ft12_cut cut = ft12_cut_reply(so_far);
	return (struct frame_verdict){states[cut.state], cut.size};
}

static bool is_reading(const struct tekon_request *q)
{
	return q->what == TEKON_READ || q->what == TEKON_READ_INDEXED;
}

/* Has it the bytes a reply to this request has? */
static bool fits(const struct tekon_request *q, const struct ft12_frame *f)
{
	if (f->form == FT12_BYTE || !is_reading(q)) {
		return true;
	}
	size_t min = q->what == TEKON_READ_INDEXED ? 4 * (size_t)q->count : 1;
	size_t max = q->what == TEKON_READ_INDEXED ? min : 4;
	return f->data.size >= min && f->data.size <= max;
}

/* By number and address. */
static bool is_reply(
	const struct peer *p, const struct tekon_request *q, unsigned n, const struct ft12_frame *f)
{
	if (f->form == FT12_BYTE) {
		return f->byte == FT12_REFUSED || !is_reading(q);
	}
	/* which address answers a read that begins with the command is not known */
	bool is_free = p->base.is_command_first && !p->base.has_adapter;
	uint8_t address = p->base.has_adapter ? p->base.adapter : p->base.device;
	return f->control == (n & 15U) && (is_free || f->address == address);
}

/* Silence and replies of other sizes say more when the parameter is named. */
static enum err explain(const struct peer *p, const struct tekon_request *q, enum err e, int odd)
{
	const struct memory *memory = talk_state(p->talk, sizeof(*memory));
	if (e == ERR_FOREIGN && odd >= 0) {
		return talk_fail(p->talk, ERR_PROTO,
			"parameter %04X is answered with %d bytes: check the map's numbers and batch",
			(unsigned)q->number, odd);
	}
	if (e == ERR_TIMEOUT && is_reading(q) && memory->has_answered) {
		return talk_fail(p->talk, e,
			"nothing came for parameter %04X, though others are answered: is it set up in this device?",
			(unsigned)q->number);
	}
	return e;
}

static enum err ask_once(
	const struct peer *p, const struct tekon_request *q, struct ft12_frame *ret_frame)
{
	struct memory *memory = talk_state(p->talk, sizeof(*memory));
	struct ft12_out o;
	struct slice bytes;
	unsigned n = memory->n++;
	struct slice request = tekon_encode(q, n, &o);
	if (request.size == 0) {
		return talk_fail(
			p->talk, ERR_UNSUPP, "writing to a Tekon is known through an adapter only");
	}
	int odd = -1; /* bytes of a reply to this that cannot be one */
	enum err e = talk_exchange(p->talk, request, frame, &bytes);
	for (; e == ERR_OK; e = talk_again(p->talk, frame, &bytes)) {
		bool is_ours = ft12_decode(bytes, ret_frame) && is_reply(p, q, n, ret_frame);
		if (is_ours && fits(q, ret_frame)) {
			memory->has_answered = true;
			return ERR_OK;
		}
		odd = is_ours ? (int)ret_frame->data.size : odd;
	}
	return explain(p, q, e, odd);
}

/* The data live until the next call. NODATA: the meter refuses. */
static enum err ask(const struct peer *p, const struct tekon_request *q, struct slice *ret_data)
{
	struct ft12_frame f = {.form = FT12_FIXED};
	enum err e = ask_once(p, q, &f);
	if (!e && f.form == FT12_BYTE && f.byte == FT12_REFUSED) {
		e = ask_once(p, q, &f);
	}
	if (!e && f.form == FT12_BYTE && f.byte == FT12_REFUSED) {
		return talk_fail(p->talk, ERR_NODATA, "the meter refuses (parameter %04X)",
			(unsigned)q->number);
	}
	if (!e) {
		*ret_data = f.form == FT12_BYTE ? (struct slice){NULL, 0} : f.data;
	}
	return e;
}

static enum err read_number(const struct peer *p, uint16_t number, struct slice *ret_data)
{
	struct tekon_request q = p->base;
	q.what = TEKON_READ;
	q.number = number;
	return ask(p, &q, ret_data);
}

/* What a K-105 wants to hear before anything else. */
static enum err authorise(const struct peer *p)
{
	struct tekon_request q = p->base;
	struct slice unused = {NULL, 0};
	if (!p->has_password || !p->base.has_adapter) {
		return ERR_OK;
	}
	q.what = TEKON_AUTHORISE;
	q.data = SLICE(p->password);
	enum err e = ask(p, &q, &unused);
	return e == ERR_NODATA ?
		       talk_fail(p->talk, ERR_DENIED, "the adapter refuses the password") :
		       e;
}

static enum err begin(struct talk *t, struct peer *ret_peer)
{
	struct memory *memory = talk_state(t, sizeof(*memory));
	enum err e = peer_init(t, ret_peer);
	if (!e && !memory->is_begun) {
		memory->is_begun = true;
		memory->n = ret_peer->base.has_adapter ? ret_peer->base.device : 0;
	}
	memory->has_answered = false;
	return e ? e : authorise(ret_peer);
}

/* ---- values ---- */

/* The shortest decimal with the same bits: 230.2 and not 230.19999695. */
static double shortest(double v)
{
	struct decimal d;
	return !isnan(v) && decimal_of_float((float)v, &d) ? decimal_double(d) : v;
}

static double value_of(const struct tekon_register *r, struct slice data)
{
	double v = 0;
	switch (r->type) {
	case TEKON_F32: return data.size == 4 ? shortest(tekon_float(data.data)) : NAN;
	case TEKON_F17: return data.size == 4 ? tekon_float17(data.data) : NAN;
	case TEKON_BCD: return tekon_bcd(data);
	case TEKON_UINT: break;
	}
	for (size_t i = data.size; i-- > 0;) {
		v = v * 256 + data.data[i];
	}
	return data.size ? v : NAN;
}

static struct sample sample_of(const struct tekon_register *r, double v)
{
	return (struct sample){.key = r->key,
		.quantity = r->quantity,
		.unit = r->unit,
		.form = FORM_NOW,
		.period = PERIOD_NONE,
		.value = v,
		.decimals = r->type == TEKON_UINT || r->type == TEKON_BCD ? 0 : -1,
		.quality = quality_make(
			isnan(v) ? QUALITY_MISSING : QUALITY_MEASURED, SOURCE_NONE, 0)};
}

static bool is_info(const struct tekon_register *r)
{
	return quantity_kind(r->quantity) == KIND_INFO;
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct peer p = {0};
	struct slice data = {NULL, 0};
	enum err refusal = ERR_NODATA;
	bool has_read = false;
	enum err e = begin(t, &p);
	for (unsigned i = 0; !e && i < p.map->registers_count; i++) {
		const struct tekon_register *r = &p.map->registers[i];
		if (is_info(r)) {
			continue;
		}
		e = read_number(&p, r->at, &data);
		if (!e) {
			struct sample s = sample_of(r, value_of(r, data));
			e = out->put(out, &s);
			has_read = true;
		} else if (err_is_answer(e)) {
			refusal = e;
			e = ERR_OK;
		}
	}
	return e ? e : has_read ? ERR_OK : refusal;
}

static enum err identify(struct talk *t, struct identity *ret_who)
{
	struct peer p = {0};
	struct slice data = {NULL, 0};
	struct identity who = {.maker = "Kreit"};
	enum err e = begin(t, &p);
	bool has_asked = false;
	for (unsigned i = 0; !e && i < p.map->registers_count; i++) {
		const struct tekon_register *r = &p.map->registers[i];
		bool is_last = i + 1 == p.map->registers_count;
		if (r->quantity != QUANTITY_SERIAL_NUMBER && !(is_last && !has_asked)) {
			continue;
		}
		e = read_number(&p, r->at, &data);
		has_asked = true;
		double v = e ? NAN : value_of(r, data);
		if (r->quantity == QUANTITY_SERIAL_NUMBER && !isnan(v)) {
			(void)snprintf(who.serial, sizeof(who.serial), "%.0f", v);
		}
		e = err_is_answer(e) ? ERR_OK : e;
	}
	if (e) {
		return e;
	}
	(void)STR_COPY(who.model, p.map->device == TEKON_17 ? "Tekon-17" : "Tekon-19");
	(void)STR_COPY(who.medium, p.map->medium);
	(void)snprintf(who.address, sizeof(who.address), "address=%u", p.base.device);
	*ret_who = who;
	return ERR_OK;
}

/* ---- clock ---- */

/* Three numbers from the second byte on. */
static enum err read_three(const struct peer *p, uint16_t number, int ret_v[static 3])
{
	struct slice data = {NULL, 0};
	enum err e = read_number(p, number, &data);
	for (size_t i = 0; !e && i < 3; i++) {
		if (data.size != 4 || !tekon_bcd_get(data.data[i + 1], &ret_v[i])) {
			e = talk_fail(
				p->talk, ERR_PROTO, "%04X is no date or time", (unsigned)number);
		}
	}
	return e;
}

static enum err clock_read(const struct peer *p, int64_t *ret_utc)
{
	int date[3] = {0}, time[3] = {0};
	if (p->map->device == TEKON_17) {
		return ERR_UNSUPP;
	}
	enum err e = read_three(p, TEKON_DATE, date);
	if (!e) {
		e = read_three(p, TEKON_TIME, time);
	}
	if (!e && time[2] == 0 && time[1] == 0) {
		e = read_three(p, TEKON_DATE, date); /* midnight may have come between */
	}
	if (e) {
		return e;
	}
	struct civil c = {2000 + date[2], date[1], date[0], time[2], time[1], time[0]};
	if (c.month < 1 || c.month > 12 || c.day < 1 || c.day > civil_month_days(c.year, c.month) ||
		c.hour > 23 || c.minute > 59 || c.second > 59) {
		return talk_fail(p->talk, ERR_PROTO, "the clock shows %02d.%02d.%d %02d:%02d:%02d",
			c.day, c.month, c.year, c.hour, c.minute, c.second);
	}
	*ret_utc = zone_utc(talk_zone(p->talk), c, false);
	return ERR_OK;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct peer p = {0};
	enum err e = begin(t, &p);
	return e ? e : clock_read(&p, ret_utc);
}

static enum err write_number(const struct peer *p, uint16_t number, struct slice data)
{
	struct tekon_request q = p->base;
	struct slice unused = {NULL, 0};
	q.what = TEKON_WRITE;
	q.number = number;
	q.data = data;
	enum err e = ask(p, &q, &unused);
	return e == ERR_NODATA ? talk_fail(p->talk, ERR_DENIED, "the meter refuses to write %04X",
					 (unsigned)number) :
				 e;
}

static enum err set_clock(struct talk *t, int64_t utc)
{
	struct peer p = {0};
	struct slice unused = {NULL, 0};
	struct civil c = zone_civil(talk_zone(t), utc);
	enum err e = begin(t, &p);
	if (!e && p.map->device == TEKON_17) {
		return ERR_UNSUPP;
	}
	if (e) {
		return e;
	}
	struct tekon_request level = p.base;
	level.what = TEKON_LEVEL;
	level.level = LEVEL_TO_WRITE;
	const uint8_t date[] = {
		0x02, tekon_bcd_byte(c.day), tekon_bcd_byte(c.month), tekon_bcd_byte(c.year % 100)};
	const uint8_t time[] = {
		0, tekon_bcd_byte(c.second), tekon_bcd_byte(c.minute), tekon_bcd_byte(c.hour)};
	e = ask(&p, &level, &unused);
	if (e == ERR_NODATA) {
		return talk_fail(t, ERR_DENIED,
			"the device refuses access level %d: the clock stays", LEVEL_TO_WRITE);
	}
	if (!e) {
		e = write_number(&p, TEKON_DATE, SLICE(date));
	}
	return e ? e : write_number(&p, TEKON_TIME, SLICE(time));
}

/* ---- archives ---- */

struct walk {
	struct peer peer;
	const struct tekon_archive *archive;
	struct calendar calendar; /* civil: how the meter cuts days is not known otherwise */
	int64_t open;             /* start of the period the meter is in */
	struct sink *out;
	bool has_put;
	/* elements that follow one another in the ring */
	int64_t starts[TEKON_ELEMENTS];
	unsigned n;
	int first_slot;
	double values[TEKON_FIELDS_MAX][TEKON_ELEMENTS];
};

/* The element of the period at `start`; negative: in autumn another hour of the same name was written
 * over it. */
static int slot_of(const struct walk *w, int64_t start)
{
	const struct zone *zone = w->calendar.zone;
	struct civil c = zone_civil(zone, start);
	if (zone_utc(zone, c, true) != start) {
		return -1;
	}
	if (w->archive->label == TEKON_LABEL_END) {
		c = zone_civil(zone, period_next(&w->calendar, w->archive->period, start));
	}
	return tekon_slot(w->archive->period, &c);
}

static enum err read_elements(struct walk *w, unsigned field)
{
	struct tekon_request q = w->peer.base;
	struct slice data = {NULL, 0};
	q.what = TEKON_READ_INDEXED;
	q.number = w->archive->fields[field].at;
	q.index = (uint16_t)w->first_slot;
	q.count = (uint8_t)w->n;
	enum err e = ask(&w->peer, &q, &data);
	for (unsigned i = 0; i < w->n; i++) {
		w->values[field][i] = e ? NAN : shortest(tekon_float(data.data + 4 * (size_t)i));
	}
	return e;
}

static bool has_value(const struct walk *w, unsigned i)
{
	for (unsigned k = 0; k < w->archive->fields_count; k++) {
		if (!isnan(w->values[k][i])) {
			return true;
		}
	}
	return false;
}

static enum err put_period(struct walk *w, unsigned i)
{
	enum period period = w->archive->period;
	enum err e = ERR_OK;
	for (unsigned k = 0; !e && k < w->archive->fields_count; k++) {
		const struct tekon_register *r = &w->archive->fields[k];
		struct sample s = sample_of(r, w->values[k][i]);
		bool is_counter = quantity_kind(r->quantity) == KIND_COUNTER;
		s.form = is_counter ? r->form : FORM_AMOUNT;
		s.period = period;
		s.utc = s.form == FORM_POINT ? period_next(&w->calendar, period, w->starts[i]) :
					       w->starts[i];
		e = w->out->put(w->out, &s);
		w->has_put = true;
	}
	return e;
}

/* The periods gathered so far: all fields, then what has any value. */
static enum err flush(struct walk *w)
{
	enum err e = ERR_OK;
	for (unsigned k = 0; !e && w->n && k < w->archive->fields_count; k++) {
		e = read_elements(w, k);
		e = err_is_answer(e) ? ERR_OK : e;
	}
	for (unsigned i = 0; !e && i < w->n; i++) {
		if (has_value(w, i)) {
			e = put_period(w, i);
		}
	}
	w->n = 0;
	return e;
}

/* Still in the ring, and over. The oldest element is left: it is written over while it is asked for. */
static bool is_kept(const struct walk *w, int64_t start)
{
	enum period p = w->archive->period;
	/* a year is one short of the ring, whose last element is of leap years only */
	size_t kept = p == PERIOD_DAY ? TEKON_DAYS - 1 : (size_t)tekon_slots(p);
	return start < w->open &&
	       period_count(&w->calendar, p, (struct span){start, w->open}) < kept;
}

static enum err walk_span(struct walk *w, struct span span)
{
	enum period p = w->archive->period;
	enum err e = ERR_OK;
	for (int64_t start = span.from; !e && start < span.till && start < w->open;
		start = period_next(&w->calendar, p, start)) {
		int slot = slot_of(w, start);
		if (!is_kept(w, start) || slot < 0) {
			continue;
		}
		if (w->n && (w->n == w->peer.map->batch || slot != w->first_slot + (int)w->n)) {
			e = flush(w);
		}
		w->first_slot = w->n ? w->first_slot : slot;
		w->starts[w->n++] = start;
	}
	return e ? e : flush(w);
}

static const struct tekon_archive *archive_of(const struct tekon_map *m, enum period period)
{
	for (unsigned i = 0; i < m->archives_count; i++) {
		if (m->archives[i].period == period) {
			return &m->archives[i];
		}
	}
	return NULL;
}

static enum err read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct walk w = {.out = out};
	int64_t meter_now = 0;
	enum err e = begin(t, &w.peer);
	if (e) {
		return e;
	}
	w.archive = archive_of(w.peer.map, period);
	if (!w.archive) {
		return ERR_UNSUPP;
	}
	e = clock_read(&w.peer, &meter_now);
	if (e) {
		return e;
	}
	w.calendar = (struct calendar){.zone = talk_zone(t), .report_day = 1};
	w.open = period_of(&w.calendar, period, meter_now - WRITTEN_S).from;
	int64_t ours = period_of(&w.calendar, period, talk_now(t)).from;
	w.open = ours < w.open ? ours : w.open;
	struct span begin_of = period_of(&w.calendar, period, span.from);
	span.from = begin_of.from < span.from ? begin_of.till : span.from;
	e = walk_span(&w, span);
	return e == ERR_OK && !w.has_put ? ERR_NODATA : e;
}

/* ---- what this one can ---- */

static uint32_t caps_of(const struct talk *t)
{
	const struct tekon_map *m = talk_model(t);
	uint32_t caps = CAP_CURRENT | CAP_IDENTIFY;
	if (!m) {
		return caps;
	}
	if (m->device == TEKON_19) {
		caps |= CAP_CLOCK | (talk_param(t, "adapter") >= 0 ? CAP_SET_CLOCK : 0);
	}
	caps |= archive_of(m, PERIOD_HOUR) ? CAP_ARCHIVE_HOUR : 0;
	caps |= archive_of(m, PERIOD_DAY) ? CAP_ARCHIVE_DAY : 0;
	caps |= archive_of(m, PERIOD_MONTH) ? CAP_ARCHIVE_MONTH : 0;
	return caps;
}

static struct archive_depth depth(const struct talk *t)
{
	(void)t;
	return (struct archive_depth){
		.hours = TEKON_HOURS - 1, .days = TEKON_DAYS - 2, .months = TEKON_MONTHS - 1};
}

extern const struct driver driver_tekon;
const struct driver driver_tekon = {
	.name = "tekon",
	.title = "Tekon-19, Tekon-17 (FT 1.2, serial and UDP)",
	.title_ru = "Тэкон-19, Тэкон-17 (FT 1.2, последовательный порт и UDP)",
	.grade = GRADE_EXPERIMENTAL,
	.caps = CAP_CURRENT | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH | CAP_CLOCK |
		CAP_SET_CLOCK | CAP_IDENTIFY,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 1500, .gap_ms = 50, .retries = 3},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.set_clock = set_clock,
	.read_current = read_current,
	.read_archive = read_archive,
	.caps_of = caps_of,
	.depth = depth,
};
