/*
 * formula_time.c - steps in time: seconds for s, m, h; the building's calendar for d, mo, y
 */
#include "calc/formula_impl.h"

#define HOUR_S INT64_C(3600)
#define DAY_S  INT64_C(86400)

int64_t period_longest(enum period p)
{
	switch (p) {
	case PERIOD_HALF_HOUR: return HOUR_S / 2 + HOUR_S;
	case PERIOD_HOUR: return 2 * HOUR_S; /* one that a change of the zone lengthens */
	case PERIOD_DAY: return DAY_S + 2 * HOUR_S;
	default: return 31 * DAY_S + 2 * HOUR_S;
	}
}

static int64_t steps(const struct calendar *c, enum period period, int64_t start, int32_t n)
{
	for (; n < 0; n++) {
		start = period_prev(c, period, start);
	}
	for (; n > 0; n--) {
		start = period_next(c, period, start);
	}
	return start;
}

static int64_t civil_shift(const struct calendar *c, int64_t start, struct shift s)
{
	struct civil local = c->zone ? zone_civil(c->zone, start) : civil_from_utc(start);
	if (s.unit == 'd') {
		local.day += s.n;
	} else {
		int months = local.year * 12 + local.month - 1 + (s.unit == 'y' ? 12 : 1) * s.n;
		local.year = months / 12;
		local.month = months % 12 + 1;
		int last = civil_month_days(local.year, local.month);
		local.day = local.day < last ? local.day : last;
	}
	return c->zone ? zone_utc(c->zone, local, false) : civil_to_utc(local);
}

int64_t shift_time(const struct calendar *c, enum period period, int64_t start, struct shift s)
{
	if (s.n == 0) {
		return start;
	}
	switch (s.unit) {
	case 'i': return steps(c, period, start, s.n);
	case 's': return start + s.n;
	case 'm': return start + s.n * INT64_C(60);
	case 'h': return start + s.n * HOUR_S;
	case 'd':
		/* report days and months have their own ends: the 31st a month ago may be none */
		return period == PERIOD_DAY ? steps(c, period, start, s.n) :
					      civil_shift(c, start, s);
	case 'o':
	case 'y':
		return period == PERIOD_MONTH ?
			       steps(c, period, start, s.unit == 'y' ? 12 * s.n : s.n) :
			       civil_shift(c, start, s);
	default: return start;
	}
}

struct span shift_span(const struct calendar *c, enum period period, int64_t start, struct shift s)
{
	return period_of(c, period, shift_time(c, period, start, s));
}

void shift_bounds(enum period period, struct shift s, int64_t *ret_from, int64_t *ret_till)
{
	static const struct {
		char unit;
		int64_t seconds, slack; /* clocks change; a month has 28 to 31 days */
	} units[] = {{'s', 1, 0}, {'m', 60, 0}, {'h', HOUR_S, 0}, {'d', DAY_S, 26 * HOUR_S},
		{'o', 2629746, 5 * DAY_S}, {'y', 31556952, 5 * DAY_S}};
	int64_t at = 0, slack = 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit == s.unit && s.n != 0) {
			at = s.n * units[i].seconds;
			slack = units[i].slack;
		}
	}
	*ret_from = at - slack;
	*ret_till = at + slack;
	if (s.unit == 'i') { /* intervals are at most that long */
		int64_t far = s.n * period_longest(period);
		*ret_from = far < 0 ? far : 0;
		*ret_till = far < 0 ? 0 : far;
	}
}
