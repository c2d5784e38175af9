/*
 * memory.c - archives of simulated meters; see memory.h
 */
#include "sim/memory.h"

#include <math.h>

#define MEAN_POINTS 4
#define YEAR_2000   946684800

static const struct zone *utc_zone(void)
{
	const struct zone *z = NULL;
	return zone_get("UTC", &z, NULL) == ERR_OK ? z : NULL;
}

struct calendar sim_calendar(const struct sim_device *d)
{
	return (struct calendar){.zone = d->zone ? d->zone : utc_zone(),
		.report_hour = d->report_hour,
		.report_day = d->report_day ? d->report_day : 1};
}

int64_t sim_meter_now(const struct sim_device *d, int64_t now_us)
{
	return now_us / 1000000 + d->clock_offset_s;
}

void sim_set_clock(struct sim_device *d, int64_t now_us, int64_t utc)
{
	int64_t by = utc - sim_meter_now(d, now_us);
	d->clock_set_s += by;
	d->clock_offset_s += by;
}

int sim_depth(const struct sim_device *d, enum period p)
{
	switch (p) {
	case PERIOD_HALF_HOUR: return d->depth.half_hours;
	case PERIOD_HOUR: return d->depth.hours;
	case PERIOD_DAY: return d->depth.days;
	case PERIOD_MONTH: return d->depth.months;
	default: return 0;
	}
}

/* Seconds of the span without power. */
static int64_t off_s(const struct sim_device *d, struct span p)
{
	int64_t from = d->off_from_utc > p.from ? d->off_from_utc : p.from;
	int64_t till = d->off_till_utc < p.till ? d->off_till_utc : p.till;
	return till > from ? till - from : 0;
}

int64_t sim_ordinal(const struct sim_device *d, enum period p, int64_t start)
{
	struct calendar c = sim_calendar(d);
	int64_t first = period_of(&c, p, YEAR_2000).from;
	switch (p) {
	case PERIOD_HALF_HOUR: return (start - first) / 1800;
	case PERIOD_HOUR: return (start - first) / 3600;
	/* days of a zone with summer time have 23 to 25 hours, months 28 to 31 days: half of one
	 * more makes the division exact */
	case PERIOD_DAY: return (start - first + 43200) / 86400;
	case PERIOD_MONTH: {
		struct civil a = zone_civil(c.zone, first), b = zone_civil(c.zone, start);
		return (b.year - a.year) * 12 + b.month - a.month;
	}
	default: return 0;
	}
}

static bool is_recorded(const struct sim_device *d, struct span p)
{
	return p.from >= d->born_utc &&
	       !(p.till - 1 >= d->off_from_utc && p.till - 1 < d->off_till_utc);
}

bool sim_record_of(const struct sim_device *d, enum period p, int64_t utc, int64_t now_us,
	struct sim_record *ret_record)
{
	struct calendar c = sim_calendar(d);
	struct span asked = period_of(&c, p, utc);
	int64_t open = period_of(&c, p, sim_meter_now(d, now_us)).from;
	int64_t age = sim_ordinal(d, p, open) - sim_ordinal(d, p, asked.from);
	if (age < 1 || age > sim_depth(d, p) || !is_recorded(d, asked)) {
		return false;
	}
	*ret_record = (struct sim_record){asked, (double)off_s(d, asked) / 3600};
	return true;
}

bool sim_record_back(const struct sim_device *d, enum period p, unsigned n, int64_t now_us,
	struct sim_record *ret_record)
{
	struct calendar c = sim_calendar(d);
	int64_t start = period_of(&c, p, sim_meter_now(d, now_us)).from;
	if (n >= (unsigned)sim_depth(d, p)) {
		return false;
	}
	if (p == PERIOD_HOUR || p == PERIOD_HALF_HOUR) {
		int64_t step = p == PERIOD_HOUR ? 3600 : 1800;
		return sim_record_of(d, p, start - 1 - step * n, now_us, ret_record);
	}
	if (p == PERIOD_DAY) { /* the middle of a day, whose length is 23 to 25 hours */
		start = period_of(&c, p, start + 43200 - INT64_C(86400) * (n + 1)).from;
		return sim_record_of(d, p, start, now_us, ret_record);
	}
	for (unsigned i = 0; i <= n && start > d->born_utc; i++) {
		start = period_prev(&c, p, start);
	}
	return sim_record_of(d, p, start, now_us, ret_record);
}

int64_t sim_written(const struct sim_device *d, enum period p, int64_t start)
{
	struct calendar c = sim_calendar(d);
	int64_t first = period_of(&c, p, d->born_utc).from;
	first = first < d->born_utc ? period_next(&c, p, first) : first;
	int64_t n = sim_ordinal(d, p, start) - sim_ordinal(d, p, first);
	/* lost are those from the one in which the power failed to that in which it came back */
	struct span lost = {
		period_of(&c, p, d->off_from_utc).from, period_of(&c, p, d->off_till_utc).from};
	lost.from = lost.from > first ? lost.from : first;
	lost.till = lost.till < start ? lost.till : start;
	return lost.till > lost.from ?
		       n - (sim_ordinal(d, p, lost.till) - sim_ordinal(d, p, lost.from)) :
		       n;
}

static bool is_other_time(enum quantity q)
{
	return q == QUANTITY_TIME_FLOW_LOW || q == QUANTITY_TIME_FLOW_HIGH ||
	       q == QUANTITY_TIME_DT_LOW || q == QUANTITY_TIME_FAILURE ||
	       q == QUANTITY_TIME_REVERSE || q == QUANTITY_TIME_NO_FLOW;
}

/* Hours. */
static double time_reading(const struct sim_device *d, enum quantity q, int64_t utc_us)
{
	struct span life = {d->born_utc, utc_us / 1000000};
	double off = (double)off_s(d, life) / 3600;
	if (q == QUANTITY_TIME_POWER_OFF) {
		return off;
	}
	if (is_other_time(q)) {
		return 0;
	}
	double v = d->source->at(d->source, q, utc_us);
	return (isnan(v) ? ((double)utc_us / 1e6 - (double)d->born_utc) / 3600 : v) - off;
}

double sim_reading(const struct sim_device *d, enum quantity q, enum unit u, int64_t utc_us)
{
	bool is_time = q == QUANTITY_OPERATING_TIME || q == QUANTITY_ON_TIME ||
		       q == QUANTITY_TIME_POWER_OFF || is_other_time(q);
	double v = is_time ? time_reading(d, q, utc_us) : d->source->at(d->source, q, utc_us);
	double converted;
	return unit_convert(v, is_time ? UNIT_H : quantity_unit(q), u, &converted) ? v : converted;
}

#define DAY_BEGINS  7
#define NIGHT_BEGIN 23

/* What was counted between 23:00 of the day before and 7:00 of the day that holds `utc`, up to it. */
static double night_of(
	const struct sim_device *d, enum quantity q, enum unit u, int64_t midnight, int64_t utc_us)
{
	int64_t from = midnight - (24 - NIGHT_BEGIN) * INT64_C(3600);
	int64_t till = midnight + DAY_BEGINS * INT64_C(3600);
	int64_t birth_us = d->born_utc * 1000000, from_us = from * 1000000,
		till_us = till * 1000000;
	from_us = from_us > birth_us ? from_us : birth_us;
	till_us = till_us < utc_us ? till_us : utc_us;
	return till_us > from_us ? sim_reading(d, q, u, till_us) - sim_reading(d, q, u, from_us) :
				   0;
}

/*
 * Nights summed up to a midnight. A meter of eleven years has four thousand, and is asked again and again
 * for a moment a little later: the sum is remembered, and believed while the meter still shows at that
 * midnight what it showed.
 */
struct nights {
	const struct sim_source *source;
	const struct zone *zone;
	enum quantity q;
	enum unit u;
	int64_t born, midnight;
	double sum, reading; /* of the nights before `midnight`; of the register at it */
};
#define NIGHTS_KEPT 16
static _Thread_local struct nights kept[NIGHTS_KEPT];
static _Thread_local unsigned kept_next;

static struct nights *find_nights(const struct sim_device *d, enum quantity q, enum unit u)
{
	for (int i = 0; i < NIGHTS_KEPT; i++) {
		const struct nights *n = &kept[i];
		if (n->source == d->source && n->zone == d->zone && n->q == q && n->u == u &&
			n->born == d->born_utc) {
			return &kept[i];
		}
	}
	struct nights *fresh = &kept[kept_next++ % NIGHTS_KEPT];
	int64_t day = period_of(
		&(struct calendar){sim_calendar(d).zone, 0, 1}, PERIOD_DAY, d->born_utc)
			      .from;
	*fresh = (struct nights){
		d->source, d->zone, q, u, d->born_utc, day, 0, sim_reading(d, q, u, day * 1000000)};
	return fresh;
}

static double night_until(const struct sim_device *d, enum quantity q, enum unit u, int64_t utc_us)
{
	/* midnights of standard time: where summer time holds, the meter's zones shift with it */
	struct nights *n = find_nights(d, q, u);
	int64_t last = utc_us / 1000000 + 86400, whole = utc_us / 1000000 - DAY_BEGINS * 3600;
	bool is_true = n->midnight <= whole + 86400 &&
		       sim_reading(d, q, u, n->midnight * 1000000) == n->reading;
	if (!is_true) {
		n->source = NULL; /* begin anew */
		n = find_nights(d, q, u);
	}
	int64_t midnight = n->midnight;
	for (; midnight <= whole; midnight += 86400) {
		n->sum += night_of(d, q, u, midnight, utc_us);
	}
	n->midnight = midnight;
	n->reading = sim_reading(d, q, u, midnight * 1000000);
	double night = n->sum;
	for (; midnight < last; midnight += 86400) {
		night += night_of(d, q, u, midnight, utc_us);
	}
	return night;
}

double sim_tariff_reading(
	const struct sim_device *d, enum quantity q, enum unit u, int tariff, int64_t utc_us)
{
	double total = sim_reading(d, q, u, utc_us);
	if ((tariff != 1 && tariff != 2) || isnan(total)) {
		return isnan(total) ? total : 0;
	}
	double night = night_until(d, q, u, utc_us);
	return tariff == 2 ? night : total - night;
}

static double shown(double v, int decimals)
{
	double scale = pow(10, decimals);
	return round(v * scale) / scale;
}

double sim_amount(
	const struct sim_device *d, enum quantity q, enum unit u, int decimals, struct span p)
{
	double from = sim_reading(d, q, u, p.from * 1000000);
	double till = sim_reading(d, q, u, p.till * 1000000);
	return shown(shown(till, decimals) - shown(from, decimals), decimals);
}

double sim_mean(const struct sim_device *d, enum quantity q, enum unit u, struct span p)
{
	int64_t from_us = p.from * 1000000, till_us = p.till * 1000000;
	double sum = 0;
	for (int i = 0; i < MEAN_POINTS; i++) {
		sum += sim_reading(
			d, q, u, from_us + (till_us - from_us) * (2 * i + 1) / (2 * MEAN_POINTS));
	}
	return sum / MEAN_POINTS;
}
