/*
 * karat30x.c - heat calculators KARAT-306, 307, 308
 *
 * Facts: docs/protocols/karat30x.md, from three programs that agree with each other; no text of the
 * maker's, no traffic.
 *
 * What is kept is a setting, so the list of parameter codes is read first. A record is reached by
 * writing its date and reading a fixed place; the record after it is said to be at that place plus 5,
 * which saves the writing: it is believed when its date is the next, and not tried again after it was
 * refused.
 *
 * The meter sends no units. Heat is in what "energy_unit" says; the others are taken for m3, t, °C and
 * "pressure_unit".
 */
#include "drivers/emit.h"
#include "drivers/rtu.h"

#include "base/str.h"
#include "proto/karat30x.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define AT_CLOCK       0x0062
#define AT_DATE        0x0060
#define AT_LIST        0x0106
#define LIST_WORDS     0x38
#define AT_SERIAL      0x0101
#define SERIAL_WORDS   27
#define AT_NOW         0x2000
#define NOW_WORDS_MAX  0x6e
#define NEXT           5   /* from a record's place to that of the one after it */
#define CYCLES_PER_MIN 6.0 /* KARAT-308 counts times in measuring cycles, 360 an hour */

struct state {
	uint8_t codes[KARAT_LIST_MAX];
	uint8_t count;
	bool has_list;
	bool has_no_next;
};

static enum err read_words(
	struct talk *t, uint16_t address, uint16_t count, size_t least, struct slice *ret_data)
{
	struct modbus_request q = {
		.function = MODBUS_READ_HOLDING, .address = address, .count = count};
	return rtu_read(t, (uint8_t)talk_param(t, "address"), &q, least, false, ret_data);
}

/* ---- settings ---- */

static enum err learn(struct talk *t, bool is_anew, const struct state **ret_state)
{
	struct state *state = talk_state(t, sizeof(*state));
	struct slice data;
	*ret_state = state;
	if (state->has_list && !is_anew) {
		return ERR_OK;
	}
	enum err e = read_words(t, AT_LIST, LIST_WORDS, 2, &data);
	if (e) {
		return e;
	}
	size_t n = karat_list_get(data, state->codes);
	if (n == 0) {
		return talk_fail(t, ERR_NODATA, "the meter's list of archived parameters is empty");
	}
	state->count = (uint8_t)n;
	state->has_list = true;
	return ERR_OK;
}

static enum err unit_param(struct talk *t, const char *name, enum dimension d, enum unit *ret_unit)
{
	const char *text = talk_param_text(t, name);
	if (!unit_from_name(text, ret_unit) || unit_dimension(*ret_unit) != d) {
		return talk_fail(t, ERR_INVAL, "%s: '%s' is not such a unit", name, text);
	}
	return ERR_OK;
}

struct units {
	enum unit energy, pressure;
	double per_minute;
};

static enum err take_units(struct talk *t, struct units *ret_units)
{
	enum err e = unit_param(t, "energy_unit", DIM_ENERGY, &ret_units->energy);
	if (!e) {
		e = unit_param(t, "pressure_unit", DIM_PRESSURE, &ret_units->pressure);
	}
	ret_units->per_minute = talk_param(t, "device") == 308 ? CYCLES_PER_MIN : 1;
	return e;
}

/* ---- values ---- */

/* Codes of all circuits in a record. */
static int abnormal_of(const struct state *state, struct slice values)
{
	int meaning = -1;
	for (unsigned i = 0; i < state->count; i++) {
		struct cell c = {.type = CELL_U32LE, .at = (uint16_t)(4 * i)};
		double flags = cell_get(&c, values);
		if (state->codes[i] >> 4 == 0xc && !isnan(flags)) {
			meaning = (meaning < 0 ? 0 : meaning) | karat_abnormal((uint32_t)flags);
		}
	}
	return meaning;
}

static enum err put_values(
	struct emit *to, const struct state *state, const struct units *units, struct slice values)
{
	int meaning = abnormal_of(state, values);
	to->flags = meaning > 0 && to->period != PERIOD_NONE ? QUALITY_ABNORMAL : 0;
	enum err e = emit_codes(to, -1, meaning);
	for (unsigned i = 0; i < state->count && !e; i++) {
		struct karat_value v;
		if (!karat_value_of(state->codes[i], &v)) {
			continue;
		}
		struct cell c = {.type = v.type, .at = (uint16_t)(4 * i)};
		double number = cell_get(&c, values);
		enum unit unit = v.unit;
		unit = v.quantity == QUANTITY_HEAT_ENERGY ? units->energy : unit;
		unit = unit_dimension(unit) == DIM_PRESSURE ? units->pressure : unit;
		if (unit == UNIT_MIN) {
			number /= units->per_minute;
		}
		e = emit_value(to, v.key, v.quantity, unit, number, v.type == CELL_U32LE ? 0 : -1);
	}
	return e;
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct emit to = {.out = out, .counters = FORM_NOW};
	const struct state *state;
	struct units units;
	struct slice values;
	enum err e = take_units(t, &units);
	if (!e) {
		e = learn(t, true, &state);
	}
	if (e) {
		return e;
	}
	uint16_t words = (uint16_t)(2 * state->count);
	words = words < LIST_WORDS ? LIST_WORDS : words > NOW_WORDS_MAX ? NOW_WORDS_MAX : words;
	e = read_words(t, AT_NOW, words, 4, &values);
	return e ? e : put_values(&to, state, &units, values);
}

/* ---- who, when ---- */

static enum err identify(struct talk *t, struct identity *ret)
{
	struct identity who = {.maker = "KARAT", .medium = "heat"};
	struct slice data;
	enum err e = read_words(t, AT_SERIAL, SERIAL_WORDS, 2, &data);
	if (e && !err_is_answer(e)) {
		return e;
	}
	size_t n = 0;
	for (size_t i = 0; !e && i + 1 < data.size && n + 1 < sizeof(who.serial); i++) {
		uint8_t c = data.data[i ^ 1]; /* bytes of a register have changed places */
		bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
		if (is_plain) {
			who.serial[n++] = (char)c;
		}
	}
	(void)snprintf(who.model, sizeof(who.model), "KARAT-%d", (int)talk_param(t, "device"));
	(void)snprintf(
		who.address, sizeof(who.address), "address=%d", (int)talk_param(t, "address"));
	*ret = who;
	return ERR_OK;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct civil c;
	struct slice data;
	enum err e = read_words(t, AT_CLOCK, 4, 8, &data);
	if (!e && !karat_clock_get(data, &c)) {
		e = talk_fail(t, ERR_NODATA, "the meter's clock is not set");
	}
	if (!e) {
		*ret_utc = zone_utc(talk_zone(t), c, false);
	}
	return e;
}

/* ---- archives ---- */

struct walk {
	struct talk *talk;
	struct state *state;
	struct units units;
	enum period period;
	uint16_t place;
	struct emit to;
	int64_t last; /* start of the record read last, INT64_MIN none */
};

/* Is this the record of the period that starts at `start`? Hours of days and days of months do not count:
 * which of them a record carries is not known. */
static bool is_of(const struct walk *w, struct slice record, int64_t start)
{
	struct civil want = zone_civil(talk_zone(w->talk), start), have;
	if (!karat_date_get(record, &have)) {
		return false;
	}
	bool is_month = have.year == want.year && have.month == want.month;
	bool is_day = is_month && have.day == want.day;
	return w->period == PERIOD_MONTH ? is_month :
	       w->period == PERIOD_DAY   ? is_day :
					   is_day && have.hour == want.hour;
}

static enum err read_by_date(struct walk *w, int64_t start, struct slice *ret_record)
{
	struct talk *t = w->talk;
	struct civil c = zone_civil(talk_zone(t), start);
	uint8_t date[4] = {
		(uint8_t)c.hour, (uint8_t)c.day, (uint8_t)c.month, (uint8_t)(c.year % 100)};
	enum err e = rtu_write(t, (uint8_t)talk_param(t, "address"), AT_DATE, SLICE(date));
	return e ? e : read_words(t, w->place, KARAT_RECORD_WORDS, KARAT_VALUES_AT, ret_record);
}

/* The record that starts at `start`; empty where there is none. */
static enum err find_record(struct walk *w, int64_t start, struct slice *ret_record)
{
	const struct calendar *c = talk_calendar(w->talk);
	bool is_next = w->last != INT64_MIN && period_next(c, w->period, w->last) == start;
	*ret_record = (struct slice){NULL, 0};
	if (w->period == PERIOD_HOUR && emit_is_twice(c->zone, start)) {
		return ERR_OK;
	}
	if (is_next && !w->state->has_no_next) {
		struct slice record;
		enum err e = read_words(w->talk, (uint16_t)(w->place + NEXT), KARAT_RECORD_WORDS,
			KARAT_VALUES_AT, &record);
		if (!e && is_of(w, record, start)) {
			*ret_record = record;
			return ERR_OK;
		}
		if (e && !err_is_answer(e)) {
			return e;
		}
		w->state->has_no_next = w->state->has_no_next || e != ERR_OK;
	}
	struct slice record;
	enum err e = read_by_date(w, start, &record);
	if (!e && is_of(w, record, start)) {
		*ret_record = record;
	}
	return err_is_answer(e) && e != ERR_DENIED ? ERR_OK : e;
}

/* Whole periods; depth is not known, and nothing is asked of the future. */
static struct span asked_for(const struct walk *w, struct span span)
{
	static const int64_t oldest_s[PERIOD_COUNT] = {[PERIOD_HOUR] = 400 * 86400LL,
		[PERIOD_DAY] = 10 * 366 * 86400LL,
		[PERIOD_MONTH] = 20 * 366 * 86400LL};
	const struct calendar *c = talk_calendar(w->talk);
	int64_t now = talk_now(w->talk), oldest = now - oldest_s[w->period];
	int64_t newest = period_of(c, w->period, now).till;
	struct span all = {
		span.from > oldest ? span.from : oldest, span.till < newest ? span.till : newest};
	struct span first = period_of(c, w->period, all.from);
	all.from = first.from < all.from ? first.till : first.from;
	return all;
}

static enum err read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	static const uint16_t places[PERIOD_COUNT] = {
		[PERIOD_HOUR] = 0x0000, [PERIOD_DAY] = 0x0010, [PERIOD_MONTH] = 0x0020};
	bool is_amount = talk_param(t, "amounts") != 0;
	struct walk w = {.talk = t, .period = period, .place = places[period], .last = INT64_MIN};
	const struct state *state;
	if (period < PERIOD_HOUR || period > PERIOD_MONTH) {
		return ERR_UNSUPP;
	}
	enum err e = take_units(t, &w.units);
	if (!e) {
		e = learn(t, false, &state);
	}
	if (e) {
		return e;
	}
	w.state = talk_state(t, sizeof(*w.state));
	w.to = (struct emit){
		.out = out, .period = period, .counters = is_amount ? FORM_AMOUNT : FORM_POINT};
	span = asked_for(&w, span);
	const struct calendar *c = talk_calendar(t);
	for (int64_t s = span.from; s < span.till && !e; s = period_next(c, period, s)) {
		struct slice record;
		e = find_record(&w, s, &record);
		w.last = !e && record.size ? s : INT64_MIN;
		if (!e && record.size) {
			struct slice values = {
				record.data + KARAT_VALUES_AT, record.size - KARAT_VALUES_AT};
			w.to.interval = period_of(c, period, s);
			e = put_values(&w.to, state, &w.units, values);
		}
	}
	return e ? e : w.to.has_put ? ERR_OK : ERR_NODATA;
}

static const struct driver_param params[] = {
	{"address", PARAM_INT, 1, 247, "1", "network address", "сетевой адрес"},
	{"energy_unit", PARAM_TEXT, 0, 16, NULL,
		"unit of heat by the meter's passport: Gcal, GJ, MWh; it is not transmitted",
		"единица тепла по паспорту: Gcal, GJ, MWh; прибор её не передаёт"},
	{"pressure_unit", PARAM_TEXT, 0, 16, "MPa",
		"unit of pressure by the passport: MPa, kPa, bar, kgf/cm2",
		"единица давления по паспорту: MPa, kPa, bar, kgf/cm2"},
	{"device", PARAM_INT, 306, 308, "307",
		"306, 307 or 308; the last counts times in measuring cycles",
		"306, 307 или 308; последний считает время в тактах измерения"},
	{"amounts", PARAM_BOOL, 0, 1, "no",
		"archive records hold amounts of their interval, not readings at its end",
		"в архиве приращения за интервал, а не показания на его конец"},
	{.name = NULL},
};

extern const struct driver driver_karat30x;
const struct driver driver_karat30x = {
	.name = "karat30x",
	.title = "KARAT-306, 307, 308",
	.title_ru = "КАРАТ-306, 307, 308",
	.grade = GRADE_EXPERIMENTAL,
	.caps = CAP_CURRENT | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH | CAP_CLOCK |
		CAP_IDENTIFY,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 3000, .gap_ms = 20, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.read_current = read_current,
	.read_archive = read_archive,
};
