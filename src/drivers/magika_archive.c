/*
 * magika_archive.c - hours and days of Magika heat meters
 *
 * The meter tells its records from the newest backwards, one for each 01, and cannot be asked for one
 * alone; so a walk goes from now to the oldest record wanted, and it is made twice. A record that was
 * equal both times counts. When some were not, or came in one walk only (a byte lost is a record
 * skipped), there is a third walk: equal to either of the first two counts, a record different each time
 * leaves as SUSPECT. What was read is remembered by its label and a digest.
 *
 *   walk 1   22h A  21h B  20h C'        17h D      ' damaged
 *   walk 2   22h A         20h C   18h E 17h D      22h and 17h count
 *   walk 3   22h A  21h B  20h C   18h E 17h D      21h, 20h and 18h as well
 *
 * The newer records a walk passes are told, too: after an outage of weeks the oldest are asked for first,
 * and everything behind them comes with the same walks.
 *
 * A record is implausible, and passed over, when its label is no date or its minutes do not fit into its
 * interval. A walk ends behind two records in a row that are older than wanted: one might be damaged; and
 * when too many are passed over or do not go back in time.
 * Labels are the ends of intervals; a day is taken when it ends where the days of the calendar do.
 */
#include "drivers/magika_driver.h"

#include "model/abnormal.h"

#define WALKS       3
#define SEEN_MAX    2200 /* records of one call */
#define PASSED_MAX  1700 /* of them such as were only passed on the way to those wanted */
#define WALK_MAX    8000 /* records of one walk: more than any memory */
#define OLDER_MAX   2
#define STRAYS_MAX  8 /* records of a walk that are none, or do not go back in time */
#define HOUR_A_SIZE 50
#define DAY_A_SIZE  121
#define A_MTK_MORE  8 /* bytes, at most */

enum kind {
	KIND_TIME, /* minutes */
	KIND_CODE,
	KIND_AMOUNT,
	KIND_SENSOR,
	KIND_PRESSURE
};

/* What a record holds; `is_u2`: of the second system, hot water. */
static const struct item {
	const char *key;
	enum quantity quantity;
	enum unit unit;
	enum kind kind;
	bool is_u2;
} items[] = {
	{"operating_time", QUANTITY_OPERATING_TIME, UNIT_MIN, KIND_TIME, false},
	{"time_flow_low", QUANTITY_TIME_FLOW_LOW, UNIT_MIN, KIND_TIME, false},
	{"time_flow_high", QUANTITY_TIME_FLOW_HIGH, UNIT_MIN, KIND_TIME, false},
	{"time_dt_low", QUANTITY_TIME_DT_LOW, UNIT_MIN, KIND_TIME, false},
	{"on_time", QUANTITY_ON_TIME, UNIT_MIN, KIND_TIME, false},
	{"time_no_flow", QUANTITY_TIME_NO_FLOW, UNIT_MIN, KIND_TIME, false},
	{"time_failure", QUANTITY_TIME_FAILURE, UNIT_MIN, KIND_TIME, false},
	{"time_reverse", QUANTITY_TIME_REVERSE, UNIT_MIN, KIND_TIME, false},
	{"error_code", QUANTITY_ERROR_CODE, UNIT_NONE, KIND_CODE, false},
	{"status", QUANTITY_STATUS, UNIT_NONE, KIND_CODE, false},
	{"error_code.u2", QUANTITY_ERROR_CODE, UNIT_NONE, KIND_CODE, true},
	{"operating_time.u2", QUANTITY_OPERATING_TIME, UNIT_MIN, KIND_TIME, true},
	{"time_failure.u2", QUANTITY_TIME_FAILURE, UNIT_MIN, KIND_TIME, true},
	{"time_dt_low.u2", QUANTITY_TIME_DT_LOW, UNIT_MIN, KIND_TIME, true},
	{"heat_energy", QUANTITY_HEAT_ENERGY, UNIT_GCAL, KIND_AMOUNT, false},
	{"heat_energy_hot_water", QUANTITY_HEAT_ENERGY_HOT_WATER, UNIT_GCAL, KIND_AMOUNT, true},
	{"mass_supply", QUANTITY_MASS_SUPPLY, UNIT_T, KIND_AMOUNT, false},
	{"mass_return", QUANTITY_MASS_RETURN, UNIT_T, KIND_AMOUNT, false},
	{"mass.3", QUANTITY_MASS, UNIT_T, KIND_AMOUNT, true},
	{"mass.4", QUANTITY_MASS, UNIT_T, KIND_AMOUNT, true},
	{"temperature_supply", QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, KIND_SENSOR, false},
	{"temperature_return", QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, KIND_SENSOR, false},
	{"temperature.3", QUANTITY_TEMPERATURE, UNIT_DEGC, KIND_SENSOR, true},
	{"temperature.4", QUANTITY_TEMPERATURE, UNIT_DEGC, KIND_SENSOR, true},
	{"pressure_supply", QUANTITY_PRESSURE_SUPPLY, UNIT_NONE, KIND_PRESSURE, false},
	{"pressure_return", QUANTITY_PRESSURE_RETURN, UNIT_NONE, KIND_PRESSURE, false},
};
#define ITEMS (sizeof(items) / sizeof(items[0]))

/* Where each item stands; 0: nowhere. Times of hours are bytes, of days two. */
struct layout {
	enum period period;
	bool is_e;
	uint8_t command;
	uint8_t size;
	uint8_t at[ITEMS];
	frame_fn *first, *next;
};

struct seen {
	int64_t start;
	uint32_t digests[WALKS];
	unsigned walks; /* bit n: seen in walk n */
	bool is_put;
};

struct archive {
	struct magika *m;
	const struct layout *layout;
	struct span span;
	struct calendar calendar;
	struct sink *out;
	int day_end; /* hour at which days end that are not the calendar's; -1 none */
	size_t odd_size;
	size_t n, put_n;
	struct seen seen[SEEN_MAX];
};

/* ---- frames ---- */

static struct frame_verdict hour_e_first(struct slice s)
{
	return magika_verdict(magika_cut_first(s, MAGIKA_HOUR_E_SIZE, MAGIKA_HOUR_E_SIZE));
}
static struct frame_verdict hour_e_next(struct slice s)
{
	return magika_verdict(magika_cut_next(s, MAGIKA_HOUR_E_SIZE, MAGIKA_HOUR_E_SIZE));
}
static struct frame_verdict day_e_first(struct slice s)
{
	return magika_verdict(magika_cut_first(s, MAGIKA_DAY_E_SIZE, MAGIKA_DAY_E_SIZE));
}
static struct frame_verdict day_e_next(struct slice s)
{
	return magika_verdict(magika_cut_next(s, MAGIKA_DAY_E_SIZE, MAGIKA_DAY_E_SIZE));
}
static struct frame_verdict hour_a_first(struct slice s)
{
	return magika_verdict(magika_cut_first(s, HOUR_A_SIZE, HOUR_A_SIZE + A_MTK_MORE));
}
static struct frame_verdict hour_a_next(struct slice s)
{
	return magika_verdict(magika_cut_next(s, HOUR_A_SIZE, HOUR_A_SIZE + A_MTK_MORE));
}
static struct frame_verdict day_a_first(struct slice s)
{
	return magika_verdict(magika_cut_first(s, DAY_A_SIZE, DAY_A_SIZE + A_MTK_MORE));
}
static struct frame_verdict day_a_next(struct slice s)
{
	return magika_verdict(magika_cut_next(s, DAY_A_SIZE, DAY_A_SIZE + A_MTK_MORE));
}

static const struct layout layouts[] = {
	{PERIOD_HOUR, true, MAGIKA_HOURS, MAGIKA_HOUR_E_SIZE,
		{4, 6, 7, 8, 9, 10, 11, 12, 5, 13, 14, 15, 16, 17, 18, 22, 26, 30, 34, 38, 42, 46,
			50, 54, 58, 62},
		hour_e_first, hour_e_next},
	{PERIOD_DAY, true, MAGIKA_DAYS, MAGIKA_DAY_E_SIZE,
		{4, 6, 8, 10, 12, 14, 16, 18, 20, 21, 22, 23, 25, 27, 29, 33, 37, 41, 45, 49, 53,
			57, 61, 65, 69, 73},
		day_e_first, day_e_next},
	{PERIOD_HOUR, false, MAGIKA_HOURS, HOUR_A_SIZE,
		{4, 6, 7, 8, 9, 10, 11, 12, 5, 13, 0, 0, 0, 0, 14, 0, 18, 22, 26, 0, 30, 34, 38, 0,
			42, 46},
		hour_a_first, hour_a_next},
	{PERIOD_DAY, false, MAGIKA_DAYS, DAY_A_SIZE,
		{4, 6, 8, 10, 12, 14, 16, 18, 20, 21, 0, 0, 0, 0, 22, 0, 26, 30, 34, 0, 38, 42, 46,
			0, 50, 54},
		day_a_first, day_a_next},
};

static const struct layout *layout_of(const struct magika *m, enum period period)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (layouts[i].period == period && layouts[i].is_e == m->is_e) {
			return &layouts[i];
		}
	}
	return NULL;
}

/* ---- a record ---- */

/* The value of an item as it stands there; NaN: the record does not have it, or it cannot be true. */
static double value_of(const struct archive *a, size_t i, struct slice record)
{
	const struct layout *l = a->layout;
	size_t at = l->at[i], longer = record.size - l->size;
	if (at == 0) {
		return NAN;
	}
	/* A-MTK: energies of leaks come behind the heat */
	at += items[i].kind >= KIND_AMOUNT && items[i].quantity != QUANTITY_HEAT_ENERGY ? longer :
											  0;
	switch (items[i].kind) {
	case KIND_TIME: return magika_uint(record, at, l->period == PERIOD_DAY ? 2 : 1);
	case KIND_CODE: return magika_uint(record, at, 1);
	case KIND_AMOUNT: return magika_within(magika_float(record, at), -1e6, 1e6);
	case KIND_SENSOR: return magika_sensor(magika_float(record, at), -60, 200);
	default: return magika_sensor(magika_float(record, at), -100, 1e4);
	}
}

static double minutes_of(const struct archive *a, enum quantity q, bool is_u2, struct slice record)
{
	for (size_t i = 0; i < ITEMS; i++) {
		if (items[i].quantity == q && items[i].is_u2 == is_u2) {
			double v = value_of(a, i, record);
			return isnan(v) ? 0 : v;
		}
	}
	return 0;
}

static bool is_plausible(const struct archive *a, struct slice record)
{
	double most = a->layout->period == PERIOD_DAY ? 1500 : 60;
	for (size_t i = 0; i < ITEMS; i++) {
		if (items[i].kind == KIND_TIME && value_of(a, i, record) > most) {
			return false;
		}
	}
	return true;
}

/* What the minutes of a record mean in the common set. *ret_touched: the integration stood still. */
static unsigned abnormal_of(const struct archive *a, bool is_u2, struct span interval,
	struct slice record, bool *ret_touched)
{
	static const struct {
		enum quantity quantity;
		unsigned bit;
	} times[] = {{QUANTITY_TIME_FLOW_LOW, ABNORMAL_FLOW_LOW},
		{QUANTITY_TIME_FLOW_HIGH, ABNORMAL_FLOW_HIGH},
		{QUANTITY_TIME_DT_LOW, ABNORMAL_DT_LOW}, {QUANTITY_TIME_NO_FLOW, ABNORMAL_NO_FLOW},
		{QUANTITY_TIME_FAILURE, ABNORMAL_FAILURE},
		{QUANTITY_TIME_REVERSE, ABNORMAL_REVERSE}};
	double length = fmin((double)(interval.till - interval.from) / 60, 1440);
	double on = minutes_of(a, QUANTITY_ON_TIME, false, record);
	unsigned bits = on < length ? ABNORMAL_POWER : 0;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		bits |= minutes_of(a, times[i].quantity, is_u2, record) > 0 ? times[i].bit : 0;
	}
	bool is_short = minutes_of(a, QUANTITY_OPERATING_TIME, is_u2, record) < on;
	if (is_short && (bits & ~(unsigned)ABNORMAL_POWER) == 0) {
		bits |= ABNORMAL_FAILURE; /* it stood still, and only the error code knows why */
	}
	*ret_touched = bits & ~(unsigned)(ABNORMAL_FLOW_LOW | ABNORMAL_FLOW_HIGH);
	return bits;
}

static enum err put_abnormal(struct archive *a, const char *key, unsigned bits, struct sample s)
{
	s.key = key;
	s.quantity = QUANTITY_ABNORMAL;
	s.unit = UNIT_NONE;
	s.value = bits;
	return a->out->put(a->out, &s);
}

static enum err put_record(
	struct archive *a, struct span interval, struct slice record, enum quality_class class)
{
	const struct magika *m = a->m;
	bool is_touched[2] = {false};
	unsigned bits[2];
	struct sample s = {.form = FORM_AMOUNT,
		.period = a->layout->period,
		.utc = interval.from,
		.quality = quality_make(class, SOURCE_NONE, 0)};
	for (int u = 0; u < 2; u++) {
		bits[u] = abnormal_of(a, u, interval, record, &is_touched[u]);
	}
	enum err e = put_abnormal(a, "abnormal", bits[0], s);
	e = e || !m->is_e ? e : put_abnormal(a, "abnormal.u2", bits[1], s);
	for (size_t i = 0; i < ITEMS && !e; i++) {
		const struct item *x = &items[i];
		bool is_value = x->kind >= KIND_AMOUNT;
		bool is_told = x->kind != KIND_PRESSURE || m->pressure_unit != UNIT_NONE;
		if (a->layout->at[i] == 0 || !is_told) {
			continue;
		}
		s.key = x->key;
		s.quantity = x->quantity;
		s.unit = x->kind == KIND_PRESSURE ? m->pressure_unit : x->unit;
		s.value = value_of(a, i, record);
		s.decimals = is_value ? -1 : 0;
		s.quality = quality_make(isnan(s.value) ? QUALITY_MISSING : class, SOURCE_NONE,
			is_value && is_touched[m->is_e && x->is_u2] ? QUALITY_ABNORMAL : 0);
		e = a->out->put(a->out, &s);
	}
	return e;
}

/* ---- walks ---- */

/* The interval a record is of. False: passed over. */
static bool interval_of(struct archive *a, struct slice record, struct span *ret)
{
	struct civil end;
	size_t longer = record.size - a->layout->size;
	bool is_mtk = !a->m->is_e && (a->m->config & MAGIKA_IS_A_MTK);
	if (record.size != a->layout->size && !(is_mtk && (longer == 4 || longer == 8))) {
		a->odd_size = record.size;
		return false;
	}
	if (!magika_label(record, &end) || !is_plausible(a, record)) {
		return false;
	}
	int64_t utc = zone_utc(a->calendar.zone, end, false);
	*ret = (struct span){utc - 3600, utc};
	if (a->layout->period == PERIOD_DAY) {
		*ret = period_of(&a->calendar, PERIOD_DAY, utc - 1);
		a->day_end = ret->till == utc ? a->day_end : end.hour;
	}
	return ret->till == utc;
}

static uint32_t digest(struct slice s)
{
	uint32_t h = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < s.size; i++) {
		h = (h ^ s.data[i]) * 16777619u;
	}
	return h;
}

static struct seen *seen_of(struct archive *a, int64_t start)
{
	for (size_t i = a->n; i > 0; i--) {
		if (a->seen[i - 1].start == start) {
			return &a->seen[i - 1];
		}
	}
	if (a->n == SEEN_MAX) {
		return NULL;
	}
	a->seen[a->n] = (struct seen){.start = start};
	return &a->seen[a->n++];
}

static enum err take(struct archive *a, unsigned walk, struct span interval, struct slice record)
{
	struct seen *s = seen_of(a, interval.from);
	uint32_t now = digest(record);
	if (!s || s->is_put || s->walks >> walk & 1) {
		return ERR_OK;
	}
	bool is_confirmed = false, is_last = walk == WALKS - 1;
	for (unsigned w = 0; w < walk; w++) {
		is_confirmed = is_confirmed || ((s->walks >> w & 1) && s->digests[w] == now);
	}
	bool is_doubtful = is_last && s->walks && !is_confirmed;
	s->digests[walk] = now;
	s->walks |= 1u << walk;
	if (!is_confirmed && !is_doubtful) {
		return ERR_OK;
	}
	s->is_put = true;
	a->put_n++;
	return put_record(a, interval, record, is_confirmed ? QUALITY_MEASURED : QUALITY_SUSPECT);
}

/* The newest record. "None at all" is one byte, which a damaged reply may hold: it must be said twice. */
static enum err walk_begin(struct archive *a, struct slice *ret_reply)
{
	const uint8_t request[] = {MAGIKA_START, a->layout->command};
	enum err e = magika_ask(a->m, SLICE(request), a->layout->first, ret_reply);
	if (!e && magika_data(*ret_reply).size == 0) {
		e = magika_ask(a->m, SLICE(request), a->layout->first, ret_reply);
	}
	return e;
}

static enum err walk(struct archive *a, unsigned number)
{
	static const uint8_t next[] = {MAGIKA_OK};
	struct slice reply;
	int older = 0, strays = 0;
	int64_t before = INT64_MAX;
	enum err e = walk_begin(a, &reply);
	for (int i = 0; i < WALK_MAX && !e; i++) {
		struct slice record = magika_data(reply);
		struct span interval;
		if (record.size == 0) {
			return ERR_OK;
		}
		bool is_record = interval_of(a, record, &interval);
		strays += !is_record || interval.from >= before;
		if (is_record) {
			bool is_older = interval.from < a->span.from;
			older = is_older ? older + 1 : 0;
			before = interval.from;
			bool is_wanted = interval.from < a->span.till;
			if (!is_older && (is_wanted || a->n < PASSED_MAX)) {
				e = take(a, number, interval, record);
			}
		}
		if (e || older == OLDER_MAX || strays > STRAYS_MAX) {
			break;
		}
		e = magika_ask(a->m, SLICE(next), a->layout->next, &reply);
	}
	return e ? e : magika_say(a->m, MAGIKA_STOP);
}

enum err magika_read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct magika m;
	enum err e = magika_open(&m, t);
	if (e) {
		return e;
	}
	struct archive a = {.m = &m,
		.layout = layout_of(&m, period),
		.span = span,
		.calendar = *talk_calendar(t),
		.out = out,
		.day_end = -1};
	if (!a.layout) {
		return ERR_UNSUPP;
	}
	a.calendar.zone = talk_zone(t);
	for (unsigned n = 0; n < WALKS && !e; n++) {
		if (n > 1 && a.put_n == a.n) {
			break;
		}
		e = walk(&a, n);
	}
	if (e || a.put_n) {
		return e;
	}
	if (a.odd_size) {
		magika_forget(&m);
		return talk_fail(t, ERR_PROTO, "records of %zu bytes", a.odd_size);
	}
	if (a.day_end >= 0) {
		return talk_fail(t, ERR_NODATA, "the meter's days end at %d:00", a.day_end);
	}
	return ERR_NODATA;
}
