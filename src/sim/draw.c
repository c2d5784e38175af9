/*
 * draw.c - portions drawn over weeks, days and hours; see draw.h
 *
 * Bounds of a node are computed in one place and handed down, and the last child ends exactly where
 * its parent ends: that and the monotony of IEEE rounding keep the total from falling by one ulp.
 */
#include "sim/draw.h"

#include "sim/rng.h"

#include <math.h>

#define HOUR_US        INT64_C(3600000000)
#define DAY_US         (24 * HOUR_US)
#define WEEK_US        (7 * DAY_US)

#define WEEKS_PER_YEAR 52.1775
#define AWAY_SHARE     0.96 /* what a week of vacation saves */
#define WEEK_JITTER    0.2
#define AWAY_DAY       0.04 /* share of days nobody is at home */
#define MAX_PORTIONS   8

struct stretch {
	double from, till; /* totals */
};

/* Week in which the vacation of the year that holds week `w` begins; `ret_year`: that year. */
static int64_t vacation_week(const struct sim_draw *d, int64_t w, int64_t *ret_year)
{
	int64_t year = (int64_t)floor((double)w / WEEKS_PER_YEAR);
	int64_t first = (int64_t)ceil((double)year * WEEKS_PER_YEAR);
	if (first > w) { /* rounding at the border of a year */
		year--;
		first = (int64_t)ceil((double)year * WEEKS_PER_YEAR);
	}
	*ret_year = year;
	return first + 22 + (int64_t)(sim_hash(d->key ^ 0x76616361u, year) % 12);
}

/* Total at the beginning of week `w`. */
static double week_total(const struct sim_draw *d, int64_t w)
{
	int64_t year;
	int64_t v = vacation_week(d, w, &year);
	int64_t gone = w - v < 0 ? 0 : w - v > 2 ? 2 : w - v;
	double at = (double)w - AWAY_SHARE * (double)(2 * year + gone);
	if (w < v ||
		w > v + 2) { /* borders of the vacation keep still: its weeks are nearly empty */
		at += WEEK_JITTER * (sim_hash01(d->key ^ 0x7765656bu, w) - 0.5);
	}
	double turn = WEEKS_PER_YEAR - 2 * AWAY_SHARE;
	double phase = 2 * M_PI / turn;
	return d->per_week * (at + d->season / phase * sin(phase * at));
}

static struct stretch day_stretch(const struct sim_draw *d, int64_t week, int day)
{
	struct stretch w = {week_total(d, week), week_total(d, week + 1)};
	double before = 0, upto = 0, sum = 0;
	for (int i = 0; i < 7; i++) {
		int64_t n = week * 7 + i;
		/* the epoch is a Thursday: days 2 and 3 of a week are the weekend */
		double weight = (i == 2 || i == 3 ? (double)d->weekend : 1.0) *
				(0.7 + 0.6 * sim_hash01(d->key ^ 0x64617973u, n));
		if (sim_hash01(d->key ^ 0x61776179u, n) < AWAY_DAY) {
			weight *= 0.05;
		}
		before = i == day ? sum : before;
		sum += weight;
		upto = i == day ? sum : upto;
	}
	struct stretch s = {w.from + (w.till - w.from) * (before / sum),
		w.from + (w.till - w.from) * (upto / sum)};
	if (day == 6) {
		s.till = w.till;
	}
	return s;
}

/* Portions of each hour of a day in which `amount` is drawn; at least one in all. */
static void hour_portions(const struct sim_draw *d, int64_t day, double amount, int portions[24])
{
	int64_t of_week = day % 7;
	const float *profile = d->by_hour[of_week == 2 || of_week == 3];
	double sum = 0;
	for (int h = 0; h < 24; h++) {
		sum += (double)profile[h];
	}
	double wanted = amount / d->portion;
	int all = 0, best = 0;
	for (int h = 0; h < 24; h++) {
		double mean = wanted * (double)profile[h] / sum;
		int n = (int)(mean + sim_hash01(d->key ^ 0x686f7572u, day * 24 + h));
		portions[h] = n > MAX_PORTIONS ? MAX_PORTIONS : n;
		all += portions[h];
		best = profile[h] > profile[best] ? h : best;
	}
	if (all == 0) {
		portions[best] = 1;
	}
}

/* The hour that holds `us`: what its portions are and between which totals. */
static struct stretch hour_stretch(const struct sim_draw *d, int64_t us, int *ret_portions)
{
	int64_t day = us / DAY_US;
	int hour = (int)(us % DAY_US / HOUR_US);
	struct stretch s = day_stretch(d, day / 7, (int)(day % 7));
	int portions[24];
	hour_portions(d, day, s.till - s.from, portions);
	double before = 0, upto = 0, sum = 0;
	int last = 0;
	for (int h = 0; h < 24; h++) {
		double weight = portions[h] *
				(0.6 + 0.8 * sim_hash01(d->key ^ 0x73697a65u, day * 24 + h));
		before = h == hour ? sum : before;
		sum += weight;
		upto = h == hour ? sum : upto;
		last = portions[h] > 0 ? h : last;
	}
	double amount = s.till - s.from;
	struct stretch r = {s.from + amount * (before / sum), s.from + amount * (upto / sum)};
	r.till = hour >= last ? s.till : r.till;
	r.from = hour > last ? s.till : r.from;
	*ret_portions = portions[hour];
	return r;
}

/*
 * Share of the hour's amount drawn after `us` of it. The hour has one slot per portion; a portion
 * flows for `len` somewhere inside its slot.
 */
static double portions_drawn(
	const struct sim_draw *d, int64_t hour, int n, double amount, int64_t us)
{
	double slot_s = 3600.0 / n;
	double at_s = (double)us / 1e6;
	int i = (int)(at_s / slot_s);
	i = i >= n ? n - 1 : i;
	double scale = amount / (n * d->portion);
	double len = d->portion_s * (scale < 0.25 ? 0.25 : scale);
	len = len > 0.9 * slot_s ? 0.9 * slot_s : len;
	double begin = i * slot_s + (slot_s - len) * sim_hash01(d->key ^ 0x706f7274u, hour * 8 + i);
	double part = (at_s - begin) / len;
	part = part < 0 ? 0 : part > 1 ? 1 : part;
	return ((double)i + part) / n;
}

static double portions_total(const struct sim_draw *d, int64_t us)
{
	int n;
	struct stretch s = hour_stretch(d, us, &n);
	if (n == 0) {
		return s.from;
	}
	double amount = s.till - s.from;
	double total = s.from + amount * portions_drawn(d, us / HOUR_US, n, amount, us % HOUR_US);
	return total > s.till ? s.till : total;
}

double sim_draw_total(const struct sim_draw *d, int64_t us)
{
	if (us < 0) {
		return 0;
	}
	return (d->per_week > 0 ? portions_total(d, us) : 0) + d->always * ((double)us / 1e6);
}
