/*
 * leak_report.c - leaks of a building and of its flats, out of the store; see leak_report.h
 */
#include "calc/leak_report.h"

#include "calc/balance_report.h"
#include "calc/stat.h"

#include <math.h>
#include <stdlib.h>

#define HOUR_S      3600
#define DAY_H       24
#define NIGHT_HOURS 12 /* at most */
#define LEARNED     0.999

/* What one question reads with. */
struct reading {
	const struct leak_question *q;
	struct leak_report *r;
	struct calendar calendar;
	int date;
	int64_t building;
	size_t hours;
	double *values; /* of the channel being read, by hour; NaN unknown */
	double *loose;  /* the same, with interpolated ones */
	double *sorted;
	struct leak_flat_rule flat_rule;
	struct leak_reverse_rule reverse_rule;
	struct balance_tree *cold, *hot;
	struct backward *backward; /* by forward channel */
	size_t backward_count;
	/* by night */
	double (*input)[NIGHT_HOURS];
	size_t *flats_known; /* channels known for the whole night */
	double *variance;
	size_t flats_expected;
	size_t inputs;
};

/* ---- rules ---- */

static double rule(const struct reading *x, const char *code, double otherwise)
{
	return figure_or(x->q->figures, x->building, code, x->date, otherwise);
}

static void set_rules(struct reading *x)
{
	struct leak_flat_rule f = leak_flat_rule_default;
	struct leak_reverse_rule v = leak_reverse_rule_default;
	double hours = rule(x, "leak.flat.hours", f.day_h);
	f.day_h = hours >= 1 && hours <= 1000 ? (int)hours : f.day_h;
	f.drip_m3_h = rule(x, "leak.flat.drip_l_h", f.drip_m3_h * 1000) / 1000;
	f.toilet_m3_h = rule(x, "leak.flat.toilet_l_h", f.toilet_m3_h * 1000) / 1000;
	v.percent = rule(x, "leak.reverse_percent", v.percent);
	v.m3_per_day = rule(x, "leak.reverse_l_day", v.m3_per_day * 1000) / 1000;
	x->flat_rule = f;
	x->reverse_rule = v;
}

/* ---- hours of a channel ---- */

static bool is_measured(uint16_t quality)
{
	enum quality_class c = quality_class(quality);
	return c == QUALITY_MEASURED || c == QUALITY_CALCULATED;
}

static enum err read_hours(struct reading *x, int64_t channel, double factor)
{
	struct archive_value *stored = NULL;
	size_t n = 0;
	enum err e = archive_range(x->q->store, channel, PERIOD_HOUR, x->r->span, &stored, &n);
	for (size_t i = 0; i < x->hours; i++) {
		x->values[i] = NAN;
		x->loose[i] = NAN;
	}
	for (size_t i = 0; i < n && !e; i++) {
		size_t at = (size_t)((stored[i].start - x->r->span.from) / HOUR_S);
		bool is_loose = quality_class(stored[i].quality) == QUALITY_INTERPOLATED;
		if (at < x->hours && (is_measured(stored[i].quality) || is_loose)) {
			x->loose[at] = stored[i].value * factor;
			x->values[at] = is_loose ? NAN : x->loose[at];
		}
	}
	free(stored);
	return e;
}

/* ---- nights ---- */

static size_t hour_at(const struct reading *x, int64_t utc)
{
	return (size_t)((utc - x->r->span.from) / HOUR_S);
}

static enum err plan_nights(struct reading *x)
{
	struct leak_report *r = x->r;
	struct calendar midnight = {x->calendar.zone, 0, 1};
	double from = rule(x, "leak.night_from", 1);
	double till = rule(x, "leak.night_till", 5);
	size_t most = (size_t)((r->span.till - r->span.from) / (DAY_H * HOUR_S) + 2);
	if (!(from >= 0 && till > from && till <= from + NIGHT_HOURS && till <= DAY_H)) {
		return ERR_RANGE;
	}
	r->nights = calloc(most, sizeof(*r->nights));
	x->input = calloc(most, sizeof(*x->input));
	x->flats_known = calloc(most, sizeof(*x->flats_known));
	x->variance = calloc(most, sizeof(*x->variance));
	if (!r->nights || !x->input || !x->flats_known || !x->variance) {
		return ERR_NOMEM;
	}
	for (int64_t day = period_of(&midnight, PERIOD_DAY, r->span.from).from;
		day < r->span.till && r->night_count < most;
		day = period_next(&midnight, PERIOD_DAY, day)) {
		struct civil c = x->calendar.zone ? zone_civil(x->calendar.zone, day) :
						    civil_from_utc(day);
		struct span night;
		c.hour = (int)from;
		night.from = x->calendar.zone ? zone_utc(x->calendar.zone, c, false) :
						civil_to_utc(c);
		night.till = night.from + ((int)till - (int)from) * HOUR_S;
		if (night.from >= r->span.from && night.till <= r->span.till) {
			r->nights[r->night_count++] = (struct leak_night_row){
				.span = night, .minimum = NAN};
		}
	}
	return ERR_OK;
}

static size_t night_hours(const struct reading *x)
{
	return x->r->night_count ?
		       (size_t)((x->r->nights[0].span.till - x->r->nights[0].span.from) / HOUR_S) :
		       0;
}

static double square(double v)
{
	return v * v;
}

/* What a meter adds to the variance of an hour of a night. */
static double variance_of(const struct balance_item *item, double sum, size_t hours)
{
	double mpe = isnan(item->mpe_percent) ? 0 : item->mpe_percent;
	return (square(sum * mpe / 100) / 3 + square(item->resolution) / 6) / square((double)hours);
}

static void add_to_nights(struct reading *x, const struct balance_item *item, bool is_input)
{
	size_t hours = night_hours(x);
	for (size_t n = 0; n < x->r->night_count; n++) {
		struct leak_night_row *row = &x->r->nights[n];
		const double *at = x->loose + hour_at(x, row->span.from);
		double sum = 0;
		for (size_t h = 0; h < hours; h++) {
			sum += at[h];
			if (is_input) {
				x->input[n][h] += at[h];
			}
		}
		if (is_input) {
			row->input += sum;
		} else if (!isnan(sum)) {
			row->flats += sum;
			x->flats_known[n]++;
		}
		if (!isnan(sum)) {
			x->variance[n] += variance_of(item, sum, hours);
		}
	}
}

static void judge_nights(struct reading *x)
{
	struct leak_report *r = x->r;
	double minima[LEAK_DAYS_MAX + 2];
	double imbalances[LEAK_DAYS_MAX + 2];
	double limits[LEAK_DAYS_MAX + 2];
	size_t hours = night_hours(x);
	size_t want = r->nights_wanted;
	size_t first = r->night_count > want ? r->night_count - want : 0;
	double k = balance_rule_of(x->q->figures, x->building, x->date).k;
	for (size_t n = 0; n < r->night_count; n++) {
		struct leak_night_row *row = &r->nights[n];
		bool is_whole = x->flats_known[n] == x->flats_expected && x->inputs > 0;
		row->minimum = x->inputs ? leak_night_minimum(x->input[n], hours) : NAN;
		row->input = x->inputs ? row->input : NAN;
		row->flats = x->flats_known[n] == x->flats_expected ? row->flats : NAN;
		row->imbalance = is_whole ? (row->input - row->flats) / (double)hours : NAN;
		row->limit = isnan(row->imbalance) ? NAN : k * sqrt(x->variance[n]);
		if (n >= first) {
			minima[n - first] = row->minimum;
			imbalances[n - first] = row->imbalance;
			limits[n - first] = row->limit;
		}
	}
	size_t n = r->night_count - first;
	double residents = isnan(r->residents) ? 0 : r->residents;
	r->night = leak_night(minima, n, want < n ? want : (n + 1) / 2, residents,
		rule(x, "leak.night_use_l_h", 0.6));
	r->night_imbalance = stat_median(imbalances, n);
	r->night_limit = stat_median(limits, n);
	r->where = leak_locate(&r->night, r->night_imbalance, r->night_limit);
}

/* ---- channels ---- */

static size_t last_known(const double *hours, size_t n)
{
	while (n > 0 && isnan(hours[n - 1])) {
		n--;
	}
	return n;
}

/* More than was seen before, or than a flat can use, within the last day. */
static int64_t burst_of(const struct reading *x, size_t till)
{
	size_t from = till > DAY_H ? till - DAY_H : 0;
	double learned = NAN;
	for (size_t i = 0; i < from; i++) {
		x->sorted[i] = x->values[i];
	}
	size_t known = stat_sort(x->sorted, from);
	if (known >= 7 * DAY_H) { /* a week, or every first shower is a burst */
		learned = stat_quantile(x->sorted, known, LEARNED);
	}
	size_t at = leak_burst(x->values + from, till - from, HOUR_S, learned > 0 ? learned : NAN,
		true, &leak_burst_rule_default);
	return at < till - from ? x->r->span.from + (int64_t)(from + at) * HOUR_S : 0;
}

/* What flows back through a meter is a channel of its own, behind the forward one. */
struct backward {
	int64_t forward, channel;
	double factor;
};

static int by_forward(const void *a, const void *b)
{
	const struct backward *x = a;
	const struct backward *y = b;
	return (x->forward > y->forward) - (x->forward < y->forward);
}

static enum err find_backward(struct reading *x)
{
	const struct site *s = x->q->site;
	x->backward = calloc(s->counts[OBJECT_CHANNEL] + 1, sizeof(*x->backward));
	if (!x->backward) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
		const struct channel *c = &s->channels[i];
		double factor;
		if (c->quantity == QUANTITY_VOLUME_REVERSE && c->upstream &&
			unit_convert(1, c->unit, UNIT_M3, &factor) == ERR_OK) {
			x->backward[x->backward_count++] = (struct backward){
				c->upstream, c->id, factor};
		}
	}
	qsort(x->backward, x->backward_count, sizeof(*x->backward), by_forward);
	return ERR_OK;
}

/* Told by a channel of its own, or hours below zero of a net counter. */
static enum err add_reverse(struct reading *x, struct leak_channel *c, double forward, double below)
{
	double days = (double)(x->r->span.till - x->r->span.from) / (DAY_H * HOUR_S);
	struct backward key = {.forward = c->channel};
	const struct backward *b = bsearch(
		&key, x->backward, x->backward_count, sizeof(*x->backward), by_forward);
	double reverse = below > 0 ? below : NAN;
	enum err e = b ? read_hours(x, b->channel, b->factor) : ERR_OK;
	for (size_t h = 0; b && h < x->hours && !e; h++) {
		if (!isnan(x->loose[h])) {
			reverse = isnan(reverse) ? x->loose[h] : reverse + x->loose[h];
		}
	}
	c->reverse_m3 = reverse;
	c->reverse = leak_reverse(forward, isnan(reverse) ? 0 : reverse, days, &x->reverse_rule);
	return e;
}

static enum err judge_channel(
	struct reading *x, const struct balance_item *item, struct leak_channel *c)
{
	double forward = 0;
	double below = 0;
	size_t till = last_known(x->values, x->hours);
	*c = (struct leak_channel){.channel = item->channel,
		.place = item->place,
		.quantity = item->quantity,
		.used = NAN,
		.till_utc = till ? x->r->span.from + (int64_t)till * HOUR_S : 0};
	for (size_t h = 0; h < x->hours; h++) {
		if (isnan(x->loose[h])) {
			continue;
		}
		c->used = isnan(c->used) ? x->loose[h] : c->used + x->loose[h];
		forward += x->loose[h] > 0 ? x->loose[h] : 0;
		below += x->loose[h] < 0 ? -x->loose[h] : 0;
	}
	c->flat = leak_flat(
		x->values, x->hours, item->quantity == QUANTITY_HOT_WATER, &x->flat_rule);
	c->burst_utc = burst_of(x, till);
	return add_reverse(x, c, forward, below);
}

static bool is_use(const struct balance_item *item)
{
	return item->channel && item->sign > 0 &&
	       (item->role == BALANCE_ROLE_FLAT || item->role == BALANCE_ROLE_COMMON);
}

/* Is hot water made in the house, so that the cold inlet carries both? */
static bool carries_hot(const struct balance_tree *cold)
{
	bool has_hot = false;
	for (size_t i = 0; i < cold->item_count; i++) {
		has_hot |= cold->items[i].sign < 0;
	}
	return has_hot;
}

static enum err take_tree(struct reading *x, const struct balance_tree *t, bool is_hot)
{
	struct leak_report *r = x->r;
	enum err e = ERR_OK;
	bool counts = !is_hot || carries_hot(x->cold);
	for (size_t i = 0; i < t->item_count && !e; i++) {
		const struct balance_item *item = &t->items[i];
		bool is_input = !is_hot && item->channel && item->sign > 0 && item->node == 0 &&
				item->role == BALANCE_ROLE_INPUT && r->is_building;
		bool is_flat = item->role == BALANCE_ROLE_FLAT && item->sign > 0;
		/* a flat without a meter is never known: the night cannot be divided */
		x->flats_expected += counts && (is_use(item) || (is_flat && !item->channel));
		if (!is_input &&
			!(is_use(item) && site_is_within(x->q->site, item->place, x->q->place))) {
			continue;
		}
		e = read_hours(x, item->channel, item->factor);
		if (!e && (is_input || counts) && r->is_building) {
			add_to_nights(x, item, is_input);
			x->inputs += is_input;
		}
		if (!e && !is_input) {
			e = judge_channel(x, item, &r->channels[r->channel_count++]);
		}
	}
	return e;
}

/* ---- heating ---- */

static enum err add_mass(struct reading *x, enum quantity q, double *ret_sum, double *ret_mpe)
{
	const struct site *s = x->q->site;
	double sum = NAN;
	enum err e = ERR_OK;
	*ret_mpe = balance_mpe(x->q->figures, x->building, q, x->date);
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL] && !e; i++) {
		const struct channel *c = &s->channels[i];
		const struct place *p = site_find(s, OBJECT_PLACE, c->place);
		double factor;
		bool is_input = p && (p->kind == PLACE_BUILDING || p->kind == PLACE_HEATING_POINT);
		if (c->quantity != q || !is_input || !site_is_within(s, c->place, x->building) ||
			unit_convert(1, c->unit, UNIT_T, &factor) != ERR_OK) {
			continue;
		}
		e = read_hours(x, c->id, factor);
		double own = 0;
		for (size_t h = 0; h < last_known(x->loose, x->hours); h++) {
			own += x->loose[h]; /* an hour that is not known leaves it unknown */
		}
		sum = isnan(sum) ? own : sum + own;
	}
	*ret_sum = sum;
	return e;
}

static enum err take_heating(struct reading *x)
{
	struct leak_heating *h = &x->r->heating;
	double mpe_supply = NAN;
	double mpe_back = NAN;
	enum err e = add_mass(x, QUANTITY_MASS_SUPPLY, &h->supply, &mpe_supply);
	e = e ? e : add_mass(x, QUANTITY_MASS_RETURN, &h->back, &mpe_back);
	double k = balance_rule_of(x->q->figures, x->building, x->date).k;
	h->balance = closed_balance(h->supply, h->back, mpe_supply, mpe_back, k);
	h->is_there = h->supply > 0 && !isnan(h->balance.limit);
	return e;
}

/* ---- the report ---- */

void leak_report_free(struct leak_report *r)
{
	if (r) {
		free(r->nights);
		free(r->channels);
		free(r);
	}
}

static double residents_of(const struct reading *x)
{
	const struct site *s = x->q->site;
	const struct place *b = site_find(s, OBJECT_PLACE, x->building);
	double sum = 0;
	for (size_t i = 0; i < s->counts[OBJECT_PLACE]; i++) {
		const struct place *p = &s->places[i];
		bool is_flat = p->kind == PLACE_FLAT && p->people > 0;
		sum += is_flat && site_is_within(s, p->id, x->building) ? (double)p->people : 0;
	}
	return b && b->people > 0 ? (double)b->people : sum > 0 ? sum : NAN;
}

static enum err prepare(struct reading *x)
{
	const struct leak_question *q = x->q;
	struct leak_report *r = x->r;
	int64_t till = q->span.till < q->now ? q->span.till : q->now;
	r->span = (struct span){
		(q->span.from + HOUR_S - 1) / HOUR_S * HOUR_S, till / HOUR_S * HOUR_S};
	r->span.till = r->span.till > r->span.from ? r->span.till : r->span.from;
	if (r->span.till - r->span.from > LEAK_DAYS_MAX * INT64_C(86400)) {
		return ERR_LIMIT;
	}
	x->hours = hour_at(x, r->span.till);
	x->date = figure_date(&x->calendar, r->span.till);
	x->values = calloc(x->hours + 1, sizeof(double));
	x->loose = calloc(x->hours + 1, sizeof(double));
	x->sorted = calloc(x->hours + 1, sizeof(double));
	enum err e = x->values && x->loose && x->sorted ? ERR_OK : ERR_NOMEM;
	e = e ? e :
		balance_tree_new(
			q->site, q->figures, x->building, QUANTITY_COLD_WATER, x->date, &x->cold);
	e = e ? e :
		balance_tree_new(
			q->site, q->figures, x->building, QUANTITY_HOT_WATER, x->date, &x->hot);
	if (e) {
		return e;
	}
	set_rules(x);
	r->has_input = x->cold->nodes[0].has_input;
	r->residents = residents_of(x);
	r->tariff = rule(x, "tariff.cold_water", NAN);
	double nights = rule(x, "leak.nights", 5);
	r->nights_wanted = nights >= 1 && nights <= LEAK_DAYS_MAX ? (size_t)nights : 5;
	r->channels = calloc(x->cold->item_count + x->hot->item_count + 1, sizeof(*r->channels));
	e = r->channels ? find_backward(x) : ERR_NOMEM;
	return e ? e : plan_nights(x);
}

static void reading_fini(struct reading *x)
{
	balance_tree_free(x->cold);
	balance_tree_free(x->hot);
	free(x->backward);
	free(x->values);
	free(x->loose);
	free(x->sorted);
	free(x->input);
	free(x->flats_known);
	free(x->variance);
}

enum err leak_report_new(const struct leak_question *q, struct leak_report **ret_report)
{
	int64_t building = site_building(q->site, q->place);
	struct leak_report *r = building ? calloc(1, sizeof(*r)) : NULL;
	struct reading x = {.q = q, .r = r, .building = building};
	if (!r) {
		return building ? ERR_NOMEM : ERR_NOTFOUND;
	}
	x.calendar = site_calendar(q->site, building);
	r->is_building = q->place == building;
	enum err e = prepare(&x);
	e = e ? e : take_tree(&x, x.cold, false);
	e = e ? e : take_tree(&x, x.hot, true);
	if (!e && r->is_building) {
		judge_nights(&x);
		e = take_heating(&x);
	}
	reading_fini(&x);
	if (e) {
		leak_report_free(r);
		return e;
	}
	*ret_report = r;
	return ERR_OK;
}
