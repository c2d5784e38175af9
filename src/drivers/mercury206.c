/*
 * mercury206.c - Mercury 200, 201, 203, 206 (Incotex, single phase)
 *
 * Facts: docs/protocols/mercury206.md. Frames: proto/mercury206.h.
 *
 * No session, no password. What a model does not have it does not answer: silence to such a request is
 * believed when the meter answers another one right after, and remembered.
 *
 * The meter has no total: active_energy is the sum of the tariffs it has. A monthly slice is the reading
 * at the beginning of that month. Whether a daily slice is of the beginning or the end of its date, is
 * seen from whether there is one of today.
 *
 * Unknown: the half-hours of command 37, whose description contradicts itself; they are not read.
 */
#include "proto/mercury206.h"
#include "drivers/emit.h"
#include "proto/crc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAYS    184
#define MONTHS  12
#define ENTRIES 64 /* of a journal */

enum ability {
	UNKNOWN,
	ABLE,
	UNABLE
};

struct state {
	enum ability reactive, line, slices;
	bool is_label_known, is_slice_of_end; /* of its date */
};

struct m206 {
	struct talk *talk;
	struct state *state;
};

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, 4294967295, NULL,
		"address: of a Mercury 206 its number, of a 200 the last six digits of it",
		"адрес: у Меркурия 206 заводской номер, у 200 его последние шесть цифр"},
	{.name = NULL},
};

/* ---- a request and its reply ---- */

static struct frame_verdict frame(struct slice s)
{
	uint32_t address;
	uint8_t command;
	struct slice data;
	size_t least, most;
	if (s.size < 5) {
		return (struct frame_verdict){FRAME_MORE, 7};
	}
	if (!m206_reply_size(s.data[4], &least, &most)) {
		return (struct frame_verdict){FRAME_JUNK, 1};
	}
	/* The echo of a request, which an adapter adds: followed by a zero byte it would pass for a reply of
	 * one byte more, as the checksum of a checksum's first byte is its second. */
	if (least > 0 && s.size >= 7 &&
		m206_unframe((struct slice){s.data, 7}, &address, &command, &data)) {
		return (struct frame_verdict){FRAME_JUNK, 7};
	}
	for (size_t n = least + 7; n <= most + 7; n++) {
		if (s.size < n) {
			return (struct frame_verdict){FRAME_MORE, n};
		}
		if (m206_unframe((struct slice){s.data, n}, &address, &command, &data)) {
			return (struct frame_verdict){FRAME_FULL, n};
		}
	}
	return (struct frame_verdict){FRAME_JUNK, 1};
}

static enum err ask(const struct m206 *m, uint8_t command, const uint8_t *data, size_t size,
	struct slice *ret_data)
{
	uint32_t address = (uint32_t)talk_param(m->talk, "address"), from;
	struct m206_out out;
	struct slice reply;
	uint8_t replied;
	m206_frame(address, command, (struct slice){data, size}, &out);
	enum err e = talk_exchange(m->talk, (struct slice){out.data, out.size}, frame, &reply);
	while (!e && (!m206_unframe(reply, &from, &replied, ret_data) || from != address ||
			     replied != command)) {
		e = talk_again(m->talk, frame, &reply);
	}
	return e;
}

/* The same of what a model may not have: UNSUPP if it is silent about that alone. */
static enum err try_ask(const struct m206 *m, uint8_t command, const uint8_t *data, size_t size,
	enum ability *ability, struct slice *ret_data)
{
	if (*ability == UNABLE) {
		return ERR_UNSUPP;
	}
	enum err e = ask(m, command, data, size, ret_data);
	if (e == ERR_TIMEOUT && *ability == UNKNOWN) {
		struct slice serial;
		enum err alive = ask(m, M206_SERIAL, NULL, 0, &serial);
		*ability = alive ? UNKNOWN : UNABLE;
		return alive ? alive : ERR_UNSUPP;
	}
	*ability = e ? *ability : ABLE;
	return e;
}

static struct m206 m206_of(struct talk *t)
{
	return (struct m206){t, talk_state(t, sizeof(struct state))};
}

/* ---- identification, clock ---- */

static enum err identify(struct talk *t, struct identity *ret)
{
	struct m206 m = m206_of(t);
	struct identity who = {
		.maker = "Incotex", .model = "Mercury 200, 206", .medium = "electricity"};
	struct slice data;
	*m.state = (struct state){0};
	enum err e = ask(&m, M206_SERIAL, NULL, 0, &data);
	if (e) {
		return e;
	}
	struct reader r = reader_of(data);
	(void)snprintf(who.serial, sizeof(who.serial), "%08u", reader_u32be(&r));
	(void)snprintf(who.address, sizeof(who.address), "address=%lld",
		(long long)talk_param(t, "address"));
	e = ask(&m, M206_VERSION, NULL, 0, &data);
	if (e) {
		return e;
	}
	(void)snprintf(who.version, sizeof(who.version), "%x.%02x", data.data[0], data.data[1]);
	*ret = who;
	return ERR_OK;
}

static enum err read_civil(const struct m206 *m, struct civil *ret)
{
	struct slice data;
	enum err e = ask(m, M206_CLOCK, NULL, 0, &data);
	return e ? e :
	       !m206_clock(data.data, ret) ?
		   talk_fail(m->talk, ERR_PROTO, "the clock shows no time") :
		   ERR_OK;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct m206 m = m206_of(t);
	struct civil c;
	enum err e = read_civil(&m, &c);
	if (!e) { /* of the hour that comes twice, that which is nearer */
		int64_t first = zone_utc(talk_zone(t), c, false);
		int64_t second = zone_utc(talk_zone(t), c, true);
		bool is_second = llabs(second - talk_now(t)) < llabs(first - talk_now(t));
		*ret_utc = is_second ? second : first;
	}
	return e;
}

static enum err set_clock(struct talk *t, int64_t utc)
{
	struct m206 m = m206_of(t);
	struct civil c = zone_civil(talk_zone(t), utc);
	uint8_t data[7];
	struct slice nothing;
	m206_clock_put(&c, data);
	return ask(&m, M206_SET_CLOCK, data, sizeof(data), &nothing);
}

/* ---- values ---- */

/* Four tariffs and their sum, hundredths of kWh; all ones: the meter does not count that tariff. */
static enum err put_tariffs(
	struct emit *to, const char *code, enum quantity q, enum unit u, const uint8_t *b)
{
	int64_t sum = 0;
	bool has_any = false;
	enum err e = ERR_OK;
	for (int i = 0; i < M206_TARIFFS && !e; i++) {
		int64_t v = m206_number(b + 4 * i, 4);
		char key[REGISTER_KEY_CAP];
		if (v < 0) {
			continue;
		}
		sum += v;
		has_any = true;
		(void)snprintf(key, sizeof(key), "%s.t%d", code, i + 1);
		e = emit_value(to, key, q, u, (double)v / 100, 2);
	}
	return e || !has_any ? e : emit_value(to, code, q, u, (double)sum / 100, 2);
}

static enum err put_digits(struct emit *to, const char *key, enum quantity q, enum unit u,
	const uint8_t *b, size_t n, int decimals)
{
	int64_t v = m206_number(b, n);
	return v < 0 ? ERR_OK : emit_value(to, key, q, u, (double)v / pow(10, decimals), decimals);
}

static enum err put_instant(const struct m206 *m, struct emit *to)
{
	struct slice d;
	enum err e = ask(m, M206_INSTANT, NULL, 0, &d);
	e = e ? e : put_digits(to, "voltage", QUANTITY_VOLTAGE, UNIT_V, d.data, 2, 1);
	e = e ? e : put_digits(to, "current", QUANTITY_CURRENT, UNIT_A, d.data + 2, 2, 2);
	return e ? e :
		   put_digits(to, "active_power", QUANTITY_ACTIVE_POWER, UNIT_W, d.data + 4, 3, 0);
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct m206 m = m206_of(t);
	struct emit to = {.out = out, .counters = FORM_NOW};
	struct slice d;
	enum err e = ask(&m, M206_ENERGY, NULL, 0, &d);
	e = e ? e : put_tariffs(&to, "active_energy", QUANTITY_ACTIVE_ENERGY, UNIT_KWH, d.data);
	e = e ? e : put_instant(&m, &to);
	e = e ? e : ask(&m, M206_TARIFF, NULL, 0, &d);
	e = e ? e : emit_value(&to, "tariff", QUANTITY_TARIFF, UNIT_NONE, d.data[0] + 1, 0);
	if (e) {
		return e;
	}
	e = try_ask(&m, M206_LINE, NULL, 0, &m.state->line, &d);
	e = e ? e : put_digits(&to, "frequency", QUANTITY_FREQUENCY, UNIT_HZ, d.data, 2, 2);
	if (e && e != ERR_UNSUPP) {
		return e;
	}
	e = try_ask(&m, M206_REACTIVE, NULL, 0, &m.state->reactive, &d);
	e = e ? e :
		put_tariffs(&to, "reactive_energy", QUANTITY_REACTIVE_ENERGY, UNIT_KVARH, d.data);
	return e == ERR_UNSUPP ? ERR_OK : e;
}

/* ---- slices ---- */

struct walk {
	const struct m206 *m;
	struct calendar calendar; /* civil */
	struct span span;
	struct emit to;
	struct civil today;
};

/* A reading at `moment`: that at the end of the period before it. */
static enum err put_slice(struct walk *w, int64_t moment, const uint8_t *b)
{
	w->to.interval = (struct span){period_prev(&w->calendar, w->to.period, moment), moment};
	return put_tariffs(&w->to, "active_energy", QUANTITY_ACTIVE_ENERGY, UNIT_KWH, b);
}

static enum err read_months(struct walk *w)
{
	enum err e = ERR_OK;
	for (int back = MONTHS - 1; back >= 0 && !e; back--) {
		struct civil c = {w->today.year, w->today.month - back, 1, 0, 0, 0}, after;
		c = civil_from_utc(civil_to_utc(c));
		int64_t moment = zone_utc(w->calendar.zone, c, false);
		uint8_t month = (uint8_t)(c.month - 1), kept[16];
		struct slice d;
		if (moment < w->span.from || moment > w->span.till) {
			continue;
		}
		e = ask(w->m, M206_MONTH, &month, 1, &d);
		if (!e) {
			memcpy(kept, d.data, sizeof(kept));
			e = read_civil(w->m, &after);
		}
		if (!e && after.month != w->today.month) {
			return talk_fail(w->m->talk, ERR_BUSY,
				"the meter's month changed while it was read: again next time");
		}
		e = e ? e : put_slice(w, moment, kept);
	}
	return e;
}

/* The slice of a date: 16 bytes of tariffs, the date, its own checksum. NODATA: none. */
static enum err ask_day(struct walk *w, struct civil date, enum ability *ability, uint8_t *ret_16)
{
	uint8_t data[4] = {0};
	struct slice d;
	m206_number_put(date.day, 1, data + 1);
	m206_number_put(date.month, 1, data + 2);
	m206_number_put(date.year % 100, 1, data + 3);
	enum err e = try_ask(w->m, M206_SLICE, data, sizeof(data), ability, &d);
	if (e) {
		return e;
	}
	uint16_t crc = crc16_modbus((struct slice){d.data, 19});
	bool is_whole = d.data[19] == (uint8_t)crc && d.data[20] == (uint8_t)(crc >> 8);
	if (!is_whole || memcmp(d.data + 16, data + 1, 3) != 0) {
		return ERR_NODATA;
	}
	memcpy(ret_16, d.data, 16);
	return ERR_OK;
}

/*
 * Is there a slice of today already? Then it is of the beginning of its date. If there is none of today
 * but one of yesterday, it is of the end, unless power was off at midnight and none was written. A meter
 * that has neither, new on its line, shows it another day.
 */
static enum err learn_slices(struct walk *w)
{
	struct state *s = w->m->state;
	uint8_t slice[16];
	struct slice d;
	struct civil on, yesterday = w->today;
	if (s->is_label_known || s->slices == UNABLE) {
		return s->slices == UNABLE ? ERR_UNSUPP : ERR_OK;
	}
	enum err e = ask_day(w, w->today, &s->slices, slice);
	if (e != ERR_NODATA) {
		s->is_label_known = !e;
		return e;
	}
	yesterday.day--;
	e = ask_day(w, civil_from_utc(civil_to_utc(yesterday)), &s->slices, slice);
	e = e ? e : ask(w->m, M206_LAST_ON, NULL, 0, &d);
	if (e) {
		return e;
	}
	if (m206_clock(d.data, &on) && on.year == w->today.year && on.month == w->today.month &&
		on.day == w->today.day) {
		return talk_fail(w->m->talk, ERR_BUSY,
			"power came back today: which midnight slices are of shows tomorrow");
	}
	s->is_label_known = s->is_slice_of_end = true;
	return ERR_OK;
}

static enum err read_days(struct walk *w)
{
	struct civil c = {w->today.year, w->today.month, w->today.day, 0, 0, 0};
	int64_t today = zone_utc(w->calendar.zone, c, false), day = w->span.from;
	int64_t oldest = today - DAYS * INT64_C(86400);
	enum err e = learn_slices(w);
	day = period_of(&w->calendar, PERIOD_DAY, day > oldest ? day : oldest).from;
	for (; day <= w->span.till && day <= today && !e;
		day = period_next(&w->calendar, PERIOD_DAY, day)) {
		bool is_end = w->m->state->is_slice_of_end;
		int64_t named = is_end ? period_prev(&w->calendar, PERIOD_DAY, day) : day;
		uint8_t slice[16];
		if (day < w->span.from) {
			continue;
		}
		e = ask_day(w, zone_civil(w->calendar.zone, named), &w->m->state->slices, slice);
		e = !e ? put_slice(w, day, slice) : e == ERR_NODATA ? ERR_OK : e;
	}
	return e;
}

static enum err read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct m206 m = m206_of(t);
	struct walk w = {.m = &m,
		.calendar = {talk_zone(t), 0, 1},
		.span = span,
		.to = {.out = out, .period = period, .counters = FORM_POINT}};
	if (period != PERIOD_DAY && period != PERIOD_MONTH) {
		return ERR_UNSUPP;
	}
	enum err e = read_civil(&m, &w.today);
	e = e ? e : period == PERIOD_DAY ? read_days(&w) : read_months(&w);
	return e ? e : w.to.has_put ? ERR_OK : ERR_NODATA;
}

/* ---- journals ---- */

static enum err put_journal(const struct m206 *m, uint8_t command, const char *const codes[2],
	struct span span, struct sink *out)
{
	enum err e = ERR_OK;
	for (uint8_t i = 0; i < ENTRIES && !e; i++) { /* the newest first */
		struct slice d;
		struct civil c;
		e = ask(m, command, &i, 1, &d);
		if (e || !m206_clock(d.data, &c) || d.data[0] > 1) {
			break;
		}
		struct meter_event x = {.utc = zone_utc(talk_zone(m->talk), c, false),
			.code = codes[d.data[0]],
			.text = ""};
		if (x.utc < span.from) {
			break;
		}
		e = x.utc < span.till && out->event ? out->event(out, &x) : ERR_OK;
	}
	return e == ERR_TIMEOUT ? ERR_OK : e; /* a model without journals is silent */
}

static enum err read_events(struct talk *t, struct span span, struct sink *out)
{
	static const char *const power[] = {"power_on", "power_off"};
	static const char *const cover[] = {"case_open", "case_closed"};
	struct m206 m = m206_of(t);
	struct civil c;
	enum err e = read_civil(&m, &c); /* is it there at all? */
	e = e ? e : put_journal(&m, M206_JOURNAL_POWER, power, span, out);
	return e ? e : put_journal(&m, M206_JOURNAL_CASE, cover, span, out);
}

static struct archive_depth depth(const struct talk *t)
{
	(void)t;
	return (struct archive_depth){.days = DAYS, .months = MONTHS};
}

extern const struct driver driver_mercury206;
const struct driver driver_mercury206 = {
	.name = "mercury206",
	.title = "Mercury 200, 201, 203, 206",
	.title_ru = "Меркурий 200, 201, 203, 206",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH | CAP_CLOCK | CAP_SET_CLOCK |
		CAP_IDENTIFY | CAP_EVENTS,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 200, .gap_ms = 6, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.set_clock = set_clock,
	.read_current = read_current,
	.read_archive = read_archive,
	.read_events = read_events,
	.depth = depth,
};
