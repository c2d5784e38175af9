/*
 * estimate_read.c - proposals for hours; see estimate_read.h
 */
#include "calc/estimate_read.h"

#include "base/str.h"
#include "calc/rollup_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_S   3600
#define DAY_S    86400
#define LIKE_MAX 8

void proposals_free(struct proposals *p)
{
	free(p->items);
	*p = (struct proposals){0};
}

/* ---- hours at hand ---- */

struct hours {
	int64_t *starts;           /* owned: every hour of the window, and the end */
	struct form_value *values; /* owned */
	size_t n;
};

static void hours_fini(struct hours *h)
{
	free(h->starts);
	free(h->values);
	*h = (struct hours){0};
}

static enum err hours_read(const struct desk *d, int64_t series, const struct calendar *calendar,
	struct span span, struct hours *ret)
{
	struct archive_value *items = NULL;
	size_t count = period_count(calendar, PERIOD_HOUR, span), n = 0, at = 0;
	struct hours h = {.starts = calloc(count + 2, sizeof(int64_t)),
		.values = calloc(count + 1, sizeof(struct form_value))};
	enum err e = h.starts && h.values ?
			     archive_range(d->store, series, PERIOD_HOUR, span, &items, &n) :
			     ERR_NOMEM;
	if (e && e != ERR_NODATA) {
		hours_fini(&h);
		return e;
	}
	int64_t start = period_of(calendar, PERIOD_HOUR, span.from).from;
	for (; start < span.till && h.n < count;
		start = period_next(calendar, PERIOD_HOUR, start)) {
		while (at < n && items[at].start < start) {
			at++;
		}
		bool is_there = at < n && items[at].start == start;
		h.starts[h.n] = start;
		h.values[h.n++] = is_there ?
					  (struct form_value){items[at].value, items[at].quality} :
					  (struct form_value){NAN, QUALITY_MISSING};
	}
	h.starts[h.n] = start;
	free(items);
	*ret = h;
	return ERR_OK;
}

/* Index of an hour; n: none. */
static size_t hours_find(const struct hours *h, int64_t start)
{
	size_t low = 0, high = h->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (h->starts[middle] < start) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < h->n && h->starts[low] == start ? low : h->n;
}

/* Good enough to estimate others by. */
static bool is_good(struct form_value v)
{
	return is_like_value(v) || (quality_class(v.quality) == QUALITY_EDITED && !isnan(v.value));
}

static double good_at(const struct hours *h, int64_t start)
{
	size_t i = hours_find(h, start);
	return i < h->n && is_good(h->values[i]) ? h->values[i].value : NAN;
}

static bool is_wanted(struct form_value v)
{
	enum quality_class class = quality_class(v.quality);
	return class == QUALITY_MISSING || class == QUALITY_SUSPECT || isnan(v.value);
}

/* ---- a question ---- */

struct asked {
	const struct desk *d;
	const struct channel *c;
	struct calendar calendar;
	int date;
	size_t look_back;
	struct hours hours;
	struct proposal *items; /* owned */
	size_t n;
};

static double figure(const struct asked *a, const char *code)
{
	return figure_of_quantity(a->d->figures, a->c->place, code, a->c->quantity, a->date);
}

static void add_input(struct proposal *p, int64_t start)
{
	if (p->input_count < PROPOSAL_INPUTS) {
		p->inputs[p->input_count++] = start;
	}
}

/* Hours [i, k) of the window are missing in a row; p[0] is the proposal of hour i. */
struct run {
	size_t i, k;
	struct proposal *p;
};

static bool by_line(const struct asked *a, const struct run *r)
{
	const struct hours *h = &a->hours;
	double values[PROPOSAL_DAYS_MAX * 25];
	size_t n = r->k - r->i;
	bool is_short = (double)n <= figure(a, "estimation.linear.hours");
	if (!is_short || r->i == 0 || r->k >= h->n || !is_good(h->values[r->i - 1]) ||
		!is_good(h->values[r->k])) {
		return false;
	}
	estimate_linear(h->values[r->i - 1].value, h->values[r->k].value, n, values);
	for (size_t j = 0; j < n; j++) {
		r->p[j].value = values[j];
		r->p[j].method = ESTIMATE_LINEAR;
		add_input(&r->p[j], h->starts[r->i - 1]);
		add_input(&r->p[j], h->starts[r->k]);
	}
	return true;
}

/* ---- like days ---- */

/* Every hour of the day is measured. */
static bool is_whole(const struct hours *h, const struct calendar *c, struct span day)
{
	for (int64_t at = day.from; at < day.till; at = period_next(c, PERIOD_HOUR, at)) {
		size_t i = hours_find(h, at);
		if (i == h->n || !is_like_value(h->values[i])) {
			return false;
		}
	}
	return true;
}

/* Mean of the same hour of like days; the days used become its inputs. */
static double like_hour(const struct asked *a, int64_t start, struct proposal *p)
{
	struct like_day days[PROPOSAL_DAYS_MAX * 4];
	struct span spans[PROPOSAL_DAYS_MAX * 4];
	size_t before[LIKE_MAX], n = a->look_back + 1;
	double values[LIKE_MAX], mean;
	desk_days(a->d, &a->calendar, start, days, spans, n);
	for (size_t i = 1; i < n; i++) {
		days[i].is_eligible = is_whole(&a->hours, &a->calendar, spans[i]);
	}
	double wanted = figure(a, "estimation.like_days.count");
	size_t most = wanted >= 1 && wanted <= LIKE_MAX ? (size_t)wanted : 0;
	size_t count = like_days(days, n, before, most);
	for (size_t i = 0; i < count; i++) {
		values[i] = good_at(&a->hours, spans[before[i]].from + (start - spans[0].from));
		add_input(p, spans[before[i]].from);
	}
	if (count == 0 || count < most) {
		return NAN;
	}
	estimate_mean(values, count, 1, &mean);
	return mean;
}

static void forget_inputs(const struct run *r)
{
	for (size_t j = 0; j < r->k - r->i; j++) {
		r->p[j].input_count = 0;
	}
}

static bool by_like_days(const struct asked *a, const struct run *r)
{
	size_t n = r->k - r->i;
	bool is_any = false;
	for (size_t j = 0; j < n; j++) {
		double v = like_hour(a, a->hours.starts[r->i + j], &r->p[j]);
		if (!isnan(v)) {
			r->p[j].value = v;
			r->p[j].method = ESTIMATE_LIKE_DAYS;
			is_any = true;
		}
	}
	return is_any;
}

static void by_last_week(const struct asked *a, const struct run *r)
{
	for (size_t j = 0; j < r->k - r->i; j++) {
		int64_t start = a->hours.starts[r->i + j];
		struct span day = period_of(&a->calendar, PERIOD_DAY, start);
		int64_t before = day.from;
		for (int k = 0; k < 7; k++) {
			before = period_prev(&a->calendar, PERIOD_DAY, before);
		}
		double v = good_at(&a->hours, before + (start - day.from));
		if (isnan(r->p[j].value) && !isnan(v)) {
			r->p[j].value = v;
			r->p[j].method = ESTIMATE_LAST_WEEK;
			r->p[j].input_count = 0;
			add_input(&r->p[j], before);
		}
	}
}

/* ---- by the register ---- */

/* The counter behind the channel: what feeds it, or what stands beside its archive of amounts. */
static const struct meter_register *counter_of(
	const struct asked *a, struct span span, const struct binding **ret_b)
{
	static const char suffix[] = ".amount";
	char key[REGISTER_KEY_CAP];
	const struct site *s = a->d->site;
	const struct binding *b = desk_binding(a->d, a->c->id, span);
	const struct meter_register *r = b ? site_find(s, OBJECT_REGISTER, b->meter_register) :
					     NULL;
	*ret_b = b;
	if (!r || r->form == FORM_POINT) {
		return r;
	}
	size_t n = strlen(r->key);
	if (n < sizeof(suffix) || strcmp(r->key + n - (sizeof(suffix) - 1), suffix) != 0) {
		return NULL;
	}
	(void)STR_COPY(key, r->key);
	key[n - (sizeof(suffix) - 1)] = 0;
	r = site_register(s, r->meter, key);
	return r && r->form == FORM_POINT ? r : NULL;
}

static enum err register_total(const struct asked *a, struct span span, double *ret_total)
{
	const struct binding *b;
	const struct meter_register *r = counter_of(a, span, &b);
	struct archive_value v[2];
	*ret_total = NAN;
	if (!r || quantity_kind(a->c->quantity) != KIND_COUNTER) {
		return ERR_OK;
	}
	enum err e = archive_at(a->d->store, &r->id, 1, PERIOD_HOUR, span.from, &v[0]);
	e = e ? e : archive_at(a->d->store, &r->id, 1, PERIOD_HOUR, span.till, &v[1]);
	if (e) {
		return e;
	}
	struct register_limits limits = view_limits(r);
	if (!isnan(v[0].value) && !isnan(v[1].value)) {
		struct delta delta = register_delta(
			&limits, v[0].value, v[1].value, span.till - span.from);
		bool is_clear = delta.status == DELTA_OK || delta.status == DELTA_NOISE_ZERO ||
				delta.status == DELTA_ROLLOVER;
		*ret_total = is_clear ? delta.amount * desk_factor(b, r, a->c) : NAN;
	}
	return ERR_OK;
}

/* Total exact, shape of like days; evenly where no shape is known. */
static void scale_to(const struct asked *a, const struct run *r, double total)
{
	double profile[PROPOSAL_DAYS_MAX * 25] = {0};
	size_t n = r->k - r->i;
	for (size_t j = 0; j < n; j++) {
		profile[j] = r->p[j].value;
	}
	double factor = estimate_scale(profile, n, total);
	bool has_shape = !isnan(factor);
	bool is_sound = !has_shape ||
			estimate_scale_is_sound(factor, figure(a, "estimation.scale.least"),
				figure(a, "estimation.scale.most"));
	for (size_t j = 0; j < n; j++) {
		r->p[j].value = has_shape ? profile[j] * factor : total / (double)n;
		r->p[j].method = has_shape ? ESTIMATE_REGISTER : ESTIMATE_REGISTER_EVEN;
		r->p[j].factor = has_shape ? factor : NAN;
		r->p[j].is_doubtful = !is_sound;
	}
	if (!has_shape) {
		forget_inputs(r);
	}
}

/* A doubted hour is what its register says: only holes are worth asking it. */
static bool is_hole(const struct asked *a, const struct run *r)
{
	for (size_t i = r->i; i < r->k; i++) {
		if (!isnan(a->hours.values[i].value) &&
			quality_class(a->hours.values[i].quality) != QUALITY_MISSING) {
			return false;
		}
	}
	return true;
}

static enum err by_amounts(const struct asked *a, const struct run *r)
{
	double total = NAN;
	struct span span = {a->hours.starts[r->i], a->hours.starts[r->k]};
	enum err e = is_hole(a, r) ? register_total(a, span, &total) : ERR_OK;
	if (e) {
		return e;
	}
	if (isnan(total) && by_line(a, r)) {
		return ERR_OK;
	}
	(void)by_like_days(a, r);
	if (!isnan(total)) {
		scale_to(a, r, total);
	} else {
		by_last_week(a, r);
	}
	return ERR_OK;
}

/* ---- heat by degree-days, outdoor temperature by neighbours ---- */

/* An outdoor temperature of the building, else of any other place, that is not this channel. */
static const struct channel *outdoor_of(const struct asked *a)
{
	const struct site *s = a->d->site;
	int64_t building = site_building(s, a->c->place);
	const struct channel *found = NULL;
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
		const struct channel *x = &s->channels[i];
		if (x->quantity != QUANTITY_TEMPERATURE_OUTDOOR || x->id == a->c->id) {
			continue;
		}
		if (site_building(s, x->place) == building) {
			return x;
		}
		found = found ? found : x;
	}
	return found;
}

static double degrees_of(double base, double t)
{
	return isnan(t) ? NAN : fmax(0, base - t);
}

/* Degree-days and heat of a good day; false: it is none. */
static bool good_day(const struct asked *a, const struct hours *outdoor, double base,
	struct span day, double *ret_heat, double *ret_degrees)
{
	double heat = 0, degrees = 0;
	for (int64_t at = day.from; at < day.till;
		at = period_next(&a->calendar, PERIOD_HOUR, at)) {
		size_t i = hours_find(&a->hours, at);
		double t = good_at(outdoor, at);
		if (i == a->hours.n || !is_like_value(a->hours.values[i]) || isnan(t)) {
			return false;
		}
		heat += a->hours.values[i].value;
		degrees += degrees_of(base, t) / 24;
	}
	*ret_heat = heat;
	*ret_degrees = degrees;
	return degrees > 0;
}

static void by_degree_days(const struct asked *a, const struct hours *outdoor, const struct run *r)
{
	double heat[PROPOSAL_INPUTS], degrees[PROPOSAL_INPUTS];
	int64_t used[PROPOSAL_INPUTS];
	double base = figure(a, "estimation.degree_days.base");
	double least = figure(a, "estimation.degree_days.least");
	double most = fmin(figure(a, "estimation.degree_days.most"), PROPOSAL_INPUTS);
	size_t n = 0;
	int64_t day = period_of(&a->calendar, PERIOD_DAY, a->hours.starts[r->i]).from;
	for (size_t back = 0; back < a->look_back && (double)n < most; back++) {
		day = period_prev(&a->calendar, PERIOD_DAY, day);
		used[n] = day;
		n += good_day(a, outdoor, base, period_of(&a->calendar, PERIOD_DAY, day), &heat[n],
			     &degrees[n]) ?
			     1u :
			     0u;
	}
	double specific = (double)n >= least ? estimate_specific_heat(heat, degrees, n) : NAN;
	for (size_t j = 0; j < r->k - r->i; j++) {
		double t = good_at(outdoor, a->hours.starts[r->i + j]);
		double v = specific * degrees_of(base, t) / 24;
		if (isnan(v)) {
			continue;
		}
		r->p[j].value = v;
		r->p[j].method = ESTIMATE_DEGREE_DAYS;
		for (size_t k = 0; k < n; k++) {
			add_input(&r->p[j], used[k]);
		}
	}
}

static void by_neighbour(const struct asked *a, const struct hours *outdoor, const struct run *r)
{
	bool is_whole_run = true;
	for (size_t i = r->i; i < r->k; i++) {
		is_whole_run &= !isnan(good_at(outdoor, a->hours.starts[i]));
	}
	for (size_t j = 0; j < r->k - r->i && is_whole_run; j++) {
		r->p[j].value = good_at(outdoor, a->hours.starts[r->i + j]);
		r->p[j].method = ESTIMATE_NEIGHBOUR;
		add_input(&r->p[j], a->hours.starts[r->i + j]);
	}
	if (!is_whole_run) {
		(void)by_line(a, r);
	}
}

static enum err by_outdoor(const struct asked *a, const struct run *r)
{
	const struct channel *x = outdoor_of(a);
	bool is_heat = a->c->quantity == QUANTITY_HEAT_ENERGY;
	struct hours outdoor = {0};
	if (is_heat && by_line(a, r)) {
		return ERR_OK;
	}
	if (!x) {
		(void)(is_heat || by_line(a, r));
		return ERR_OK;
	}
	struct span window = {a->hours.starts[0], a->hours.starts[a->hours.n]};
	enum err e = hours_read(a->d, x->id, &a->calendar, window, &outdoor);
	if (!e && is_heat) {
		by_degree_days(a, &outdoor, r);
	} else if (!e) {
		by_neighbour(a, &outdoor, r);
	}
	hours_fini(&outdoor);
	return e;
}

static enum err estimate_run(const struct asked *a, const struct run *r)
{
	switch (a->c->quantity) {
	case QUANTITY_HEAT_ENERGY:
	case QUANTITY_TEMPERATURE_OUTDOOR: return by_outdoor(a, r);
	default: break;
	}
	if (quantity_kind(a->c->quantity) == KIND_COUNTER) {
		return by_amounts(a, r);
	}
	(void)by_line(a, r);
	return ERR_OK;
}

/* ---- all of it ---- */

static struct proposal blank(int64_t start, struct form_value now)
{
	return (struct proposal){.start = start, .now = now, .value = NAN, .factor = NAN};
}

static enum err find_runs(struct asked *a, struct span span, int64_t also)
{
	struct hours *h = &a->hours;
	enum err e = ERR_OK;
	for (size_t i = 0; i < h->n && !e; i++) {
		struct run r = {i, i, &a->items[a->n]};
		while (r.k < h->n && h->starts[r.k] >= span.from && h->starts[r.k] < span.till &&
			(is_wanted(h->values[r.k]) || h->starts[r.k] == also)) {
			a->items[a->n++] = blank(h->starts[r.k], h->values[r.k]);
			r.k++;
		}
		if (r.k > r.i) {
			e = estimate_run(a, &r);
			i = r.k;
		}
	}
	return e;
}

enum err estimate_hours(const struct desk *d, const struct channel *c, struct span span,
	int64_t also, struct proposals *ret)
{
	struct asked a = {.d = d, .c = c, .calendar = site_calendar(d->site, c->place)};
	if (span.till <= span.from) {
		*ret = (struct proposals){0};
		return ERR_OK;
	}
	if ((uint64_t)span.till - (uint64_t)span.from > UINT64_C(86400) * PROPOSAL_DAYS_MAX) {
		return ERR_LIMIT;
	}
	a.date = figure_date(&a.calendar, span.from);
	double back = figure(&a, "estimation.like_days.look_back");
	a.look_back = back >= 7 && back < PROPOSAL_DAYS_MAX * 4 ? (size_t)back : 60;
	struct span window = {
		span.from - (int64_t)(a.look_back + 2) * DAY_S, span.till + 12 * HOUR_S};
	enum err e = hours_read(d, c->id, &a.calendar, window, &a.hours);
	a.items = e ? NULL : calloc(a.hours.n + 1, sizeof(*a.items));
	if (!e) {
		e = a.items ? find_runs(&a, span, also) : ERR_NOMEM;
	}
	hours_fini(&a.hours);
	if (e) {
		free(a.items);
		return e;
	}
	*ret = (struct proposals){a.items, a.n};
	return ERR_OK;
}
