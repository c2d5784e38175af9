/*
 * tariff.c - see tariff.h
 */
#include "calc/tariff.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_word(const char *s)
{
	return s && s[0];
}

/* ---- what is in force ---- */

const struct figure *tariff_at(const struct figures *f, int64_t place,
	const struct tariff_name *name, const char *zone, int date)
{
	char code[192];
	int n = snprintf(code, sizeof(code), "tariff.%s%s%s%s%s", name->service,
		is_word(name->component) ? "." : "",
		is_word(name->component) ? name->component : "", is_word(zone) ? "." : "",
		is_word(zone) ? zone : "");
	if (n < 0 || (size_t)n >= sizeof(code) - 1) {
		return NULL;
	}
	const struct figure *found = NULL;
	if (is_word(name->group)) {
		(void)snprintf(code + n, sizeof(code) - (size_t)n, ".%s", name->group);
		found = figure_at(f, place, code, date);
		code[n] = 0;
	}
	return found ? found : figure_at(f, place, code, date);
}

static void step_read(const struct figures *f, int64_t place, const struct tariff_name *name,
	const struct tariff *t, int date, struct tariff_step *ret)
{
	*ret = (struct tariff_step){.from_date = date};
	for (size_t i = 0; i < t->zone_count; i++) {
		ret->figures[i] = tariff_at(f, place, name, t->zones[i], date);
	}
	if (t->zone_count == 0) {
		ret->figures[0] = tariff_at(f, place, name, NULL, date);
	}
}

static bool is_same(const struct tariff_step *a, const struct tariff_step *b)
{
	return memcmp(a->figures, b->figures, sizeof(a->figures)) == 0;
}

static void zones_choose(const struct figures *f, int64_t place, const struct tariff_name *name,
	int date, struct tariff *t)
{
	bool is_there = false;
	size_t n = 0;
	for (; n < TARIFF_ZONES && is_word(name->zones[n]); n++) {
		t->zones[n] = name->zones[n];
		is_there = is_there || tariff_at(f, place, name, name->zones[n], date);
	}
	t->zone_count = is_there ? n : 0;
}

/* Steps by looking at every day: only where the first day and the last differ. */
static void steps_find(const struct figures *f, int64_t place, const struct tariff_name *name,
	const struct calendar *calendar, struct span period, struct tariff *t)
{
	double days[TARIFF_STEPS] = {0}, all = 0;
	for (int64_t day = period.from; day < period.till;
		day = period_next(calendar, PERIOD_DAY, day)) {
		struct tariff_step step, *last = &t->steps[t->step_count - 1];
		step_read(f, place, name, t, figure_date(calendar, day), &step);
		if (day > period.from && !is_same(&step, last) && t->step_count < TARIFF_STEPS) {
			step.from_utc = day;
			t->steps[t->step_count++] = step;
		} else if (!is_same(&step, last)) {
			t->is_cut = true;
		}
		days[t->step_count - 1]++;
		all++;
	}
	for (size_t i = 0; i < t->step_count; i++) {
		t->steps[i].days = days[i] / all;
	}
}

void tariff_read(const struct figures *f, int64_t place, const struct tariff_name *name,
	const struct calendar *calendar, struct span period, struct tariff *ret_tariff)
{
	struct tariff *t = ret_tariff;
	struct tariff_step last;
	int first_date = figure_date(calendar, period.from);
	*t = (struct tariff){.step_count = 1};
	zones_choose(f, place, name, first_date, t);
	step_read(f, place, name, t, first_date, &t->steps[0]);
	t->steps[0].from_utc = period.from;
	t->steps[0].days = 1;
	step_read(f, place, name, t, figure_date(calendar, period.till - 1), &last);
	if (!is_same(&t->steps[0], &last)) {
		steps_find(f, place, name, calendar, period, t);
	}
}

bool tariff_is_known(const struct tariff *t)
{
	size_t zones = t->zone_count ? t->zone_count : 1;
	for (size_t i = 0; i < t->step_count; i++) {
		for (size_t k = 0; k < zones; k++) {
			if (!t->steps[i].figures[k]) {
				return false;
			}
		}
	}
	return t->step_count > 0 && !t->is_cut;
}

/* ---- charging ---- */

void tariff_split_days(double volume, const double *days, size_t n, double *ret_volumes)
{
	double all = 0, left = volume;
	for (size_t i = 0; i < n; i++) {
		all += days[i];
	}
	for (size_t i = 0; i < n; i++) {
		bool is_last = i + 1 == n;
		ret_volumes[i] = is_last ? round_decimal(left, 9) :
					   round_decimal(volume * days[i] / all, 6);
		left -= ret_volumes[i];
	}
}

struct tariff_volume tariff_volume_of(double whole)
{
	struct tariff_volume v = {.whole = whole};
	for (size_t i = 0; i < TARIFF_ZONES; i++) {
		v.zones[i] = NAN;
	}
	for (size_t i = 0; i < TARIFF_STEPS; i++) {
		v.steps[i] = NAN;
	}
	return v;
}

/* An amount of the period by steps: in the proportions the archive has, else by days. */
static bool divide(
	const struct tariff *t, const struct tariff_volume *v, double amount, double *ret_volumes)
{
	double days[TARIFF_STEPS], sum = 0;
	for (size_t i = 0; i < t->step_count; i++) {
		days[i] = t->steps[i].days;
		sum += v->steps[i];
	}
	if (t->step_count == 1) {
		ret_volumes[0] = amount;
		return true;
	}
	if (fabs(sum - amount) < 1e-9) {
		memcpy(ret_volumes, v->steps, t->step_count * sizeof(*ret_volumes));
		return true;
	}
	tariff_split_days(amount, sum > 0 ? v->steps : days, t->step_count, ret_volumes);
	return sum > 0;
}

static int64_t charge_part(const struct figure *rate, double share, struct tariff_part *part)
{
	struct tariff_block blocks[TARIFF_BLOCKS];
	double volumes[TARIFF_BLOCKS];
	int64_t charges[TARIFF_BLOCKS];
	size_t n = rate && rate->text[0] ? tariff_blocks(rate, blocks, TARIFF_BLOCKS) : 0;
	if (n) {
		part->charge = tariff_charge_blocks(
			part->volume, blocks, n, share, volumes, charges);
		part->rate = part->volume > 0 ? money_value(part->charge) / part->volume :
						blocks[0].rate;
	} else {
		part->rate = rate ? rate->value : NAN;
		part->charge = money_charge(part->volume, part->rate);
	}
	return part->charge;
}

int64_t tariff_charge(const struct tariff *t, const struct tariff_volume *v,
	struct tariff_part *ret_parts, size_t cap, size_t *ret_n)
{
	size_t zones = t->zone_count ? t->zone_count : 1, n = 0;
	int64_t total = t->is_cut ? MONEY_NONE : 0;
	for (size_t k = 0; k < zones; k++) {
		double volumes[TARIFF_STEPS];
		bool is_known = divide(t, v, t->zone_count ? v->zones[k] : v->whole, volumes);
		for (size_t i = 0; i < t->step_count; i++) {
			struct tariff_part part = {.from_date = t->steps[i].from_date,
				.zone = t->zone_count ? (int8_t)k : -1,
				.volume = volumes[i],
				.is_by_days = !is_known};
			total = money_add(total,
				charge_part(t->steps[i].figures[k], t->steps[i].days, &part));
			if (n < cap) {
				ret_parts[n++] = part;
			}
		}
	}
	*ret_n = n;
	return total;
}

/* ---- blocks ---- */

size_t tariff_blocks(const struct figure *f, struct tariff_block *blocks, size_t cap)
{
	struct figure_row rows[TARIFF_BLOCKS];
	size_t limit, rate, n = figure_rows(f, rows, TARIFF_BLOCKS);
	if (!figure_column(f, "limit", &limit) || !figure_column(f, "rate", &rate) || n > cap ||
		n > TARIFF_BLOCKS) {
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		double to = limit < rows[i].n ? rows[i].v[limit] : NAN;
		blocks[i] = (struct tariff_block){
			isnan(to) ? INFINITY : to, rate < rows[i].n ? rows[i].v[rate] : NAN};
	}
	return n;
}

int64_t tariff_charge_blocks(double volume, const struct tariff_block *blocks, size_t n,
	double share, double *ret_volumes, int64_t *ret_charges)
{
	double below = 0;
	int64_t total = 0;
	if (isnan(volume) || n == 0) {
		return MONEY_NONE;
	}
	for (size_t i = 0; i < n; i++) {
		double limit = blocks[i].limit * share;
		double part = fmin(volume, limit) - below;
		ret_volumes[i] = part > 0 ? round_decimal(part, 9) : 0;
		ret_charges[i] = ret_volumes[i] > 0 ? money_charge(ret_volumes[i], blocks[i].rate) :
						      0;
		total = money_add(total, ret_charges[i]);
		below = fmax(below, fmin(volume, limit));
	}
	/* a table whose last block has a limit says nothing of what is beyond it */
	return below < volume ? MONEY_NONE : total;
}

/* ---- two-part heat, VAT ---- */

struct tariff_two_part tariff_charge_two_part(
	double load, double capacity_rate, double energy, double energy_rate)
{
	int64_t capacity = money_charge(load, capacity_rate);
	int64_t of_energy = money_charge(energy, energy_rate);
	return (struct tariff_two_part){capacity, of_energy, money_add(capacity, of_energy)};
}

#define PERCENT_SCALE 10000

/* a * b / c, half away from zero; c > 0. */
static int64_t scale(int64_t a, int64_t b, int64_t c)
{
	__int128 product = (__int128)a * b;
	__int128 half = product < 0 ? -(c / 2) : c / 2;
	return (int64_t)((product + half) / c);
}

struct tariff_vat tariff_vat_of_gross(int64_t gross, double percent)
{
	struct tariff_vat r = {MONEY_NONE, MONEY_NONE, gross};
	if (gross != MONEY_NONE && percent >= 0 && percent < 1000) {
		int64_t rate = (int64_t)round_decimal(percent * PERCENT_SCALE, 0);
		r.net = scale(
			gross, INT64_C(100) * PERCENT_SCALE, INT64_C(100) * PERCENT_SCALE + rate);
		r.vat = gross - r.net;
	}
	return r;
}

struct tariff_vat tariff_vat_of_net(int64_t net, double percent)
{
	struct tariff_vat r = {net, MONEY_NONE, MONEY_NONE};
	if (net != MONEY_NONE && percent >= 0 && percent < 1000) {
		int64_t rate = (int64_t)round_decimal(percent * PERCENT_SCALE, 0);
		r.vat = scale(net, rate, INT64_C(100) * PERCENT_SCALE);
		r.gross = net + r.vat;
	}
	return r;
}
