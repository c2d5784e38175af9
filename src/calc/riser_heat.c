/*
 * riser_heat.c - the days of a building's risers; see riser_heat.h
 */
#include "calc/riser_heat.h"

#include "calc/efficiency.h"

#include <math.h>
#include <stdlib.h>

#define HISTORY_SPAN_DAYS 60 /* in which good days are looked for */
#define HISTORY_LEAST     5  /* fewer are no history */
#define DAYS_MAX          900

static struct form_value missing(void)
{
	return (struct form_value){NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
}

static bool is_usable(struct form_value v)
{
	return !isnan(v.value) && quality_class(v.quality) < QUALITY_SUSPECT;
}

/* ---- what is read ---- */

/* Days of one riser, before the span and in it. */
struct rows {
	struct form_value *heat, *supply, *ret;
	struct form_value *temperature, *enthalpy; /* [node][day] */
};

struct reading {
	const struct riser_question *q;
	struct building_days days; /* of the house, history first */
	int64_t *starts;
	size_t n, first; /* days read; the first of the span */
	struct form_value *values;
};

static enum err read_channel(
	struct reading *r, const struct channel *c, enum unit unit, struct form_value *ret_values)
{
	struct channel_question q = {r->q->store, c, PERIOD_DAY, unit};
	return channel_values_read(&q, r->starts, r->n, ret_values);
}

static enum err read_rows(struct reading *r, const struct riser_layout *l, struct rows *rows)
{
	struct form_value *at = r->values;
	rows->heat = at;
	rows->supply = at + r->n;
	rows->ret = at + 2 * r->n;
	rows->temperature = at + 3 * r->n;
	rows->enthalpy = rows->temperature + l->node_count * r->n;
	enum err e = read_channel(r, l->heat, UNIT_MJ, rows->heat);
	e = e ? e : read_channel(r, l->supply, UNIT_DEGC, rows->supply);
	e = e ? e : read_channel(r, l->ret, UNIT_DEGC, rows->ret);
	for (size_t i = 0; i < l->node_count && !e; i++) {
		e = read_channel(
			r, l->nodes[i].temperature, UNIT_DEGC, rows->temperature + i * r->n);
		e = e ? e :
			read_channel(
				r, l->nodes[i].enthalpy, UNIT_KJ_KG, rows->enthalpy + i * r->n);
	}
	return e;
}

/* ---- history ---- */

/* Shares of the last good days, as a ring. */
struct history {
	double *shares; /* [day][segment] */
	double house[HISTORY_SPAN_DAYS];
	size_t segments, cap, count, next;
	size_t house_count, house_next;
};

static void history_add(struct history *h, const struct riser_result *x)
{
	if (h->cap == 0) {
		return;
	}
	for (size_t k = 0; k < h->segments; k++) {
		h->shares[h->next * h->segments + k] = x->segments[k].share;
	}
	h->next = (h->next + 1) % h->cap;
	h->count += h->count < h->cap;
}

static const double *history_mean(const struct history *h, double *mean)
{
	if (h->count < HISTORY_LEAST) {
		return NULL;
	}
	for (size_t k = 0; k < h->segments; k++) {
		mean[k] = 0;
		for (size_t i = 0; i < h->count; i++) {
			mean[k] += h->shares[i * h->segments + k] / (double)h->count;
		}
	}
	return mean;
}

static void house_add(struct history *h, double share)
{
	if (h->cap > 0) {
		h->house[h->house_next] = share;
		h->house_next = (h->house_next + 1) % h->cap;
		h->house_count += h->house_count < h->cap;
	}
}

static double house_mean(const struct history *h)
{
	double sum = 0;
	for (size_t i = 0; i < h->house_count; i++) {
		sum += h->house[i] / (double)h->house_count;
	}
	return h->house_count >= HISTORY_LEAST ? sum : (double)NAN;
}

/* ---- a day ---- */

struct day {
	struct riser_result result;
	struct form_value heat;
	bool is_guessed;
	size_t first_node; /* of the flats in the chain */
};

static struct riser_node device_node(struct form_value t)
{
	struct riser_node n = riser_node_missing();
	n.temperature = t.value;
	n.quality = t.quality;
	return n;
}

static struct riser_node flat_node(
	const struct riser_place *p, struct form_value t, struct form_value h)
{
	struct riser_node n = riser_node_missing();
	bool has_enthalpy = is_usable(h);
	n.enthalpy = has_enthalpy ? h.value : (double)NAN;
	n.temperature = t.value;
	n.quality = has_enthalpy ? h.quality : t.quality;
	n.offset = p->offset;
	return n;
}

static enum err solve_day(struct reading *r, const struct riser_layout *l, const struct rows *rows,
	size_t i, struct history *h, struct day *d)
{
	struct riser_node nodes[RISER_NODES_MAX];
	double mean[RISER_NODES_MAX];
	double power[RISER_NODES_MAX];
	/* the calculator's end of the chain comes first where the flats' segments end at it */
	d->first_node = l->is_before == l->is_down ? 1 : 0;
	for (size_t k = 0; k < l->node_count; k++) {
		nodes[d->first_node + k] = flat_node(&l->nodes[k], rows->temperature[k * r->n + i],
			rows->enthalpy[k * r->n + i]);
		power[k] = l->nodes[k].power;
	}
	nodes[d->first_node ? 0 : l->node_count] = device_node(
		l->is_before ? rows->ret[i] : rows->supply[i]);
	struct riser_input in = {
		.nodes = nodes,
		.node_count = l->node_count + 1,
		.is_from_last = l->is_down,
		.device = {device_node(rows->supply[i]), device_node(rows->ret[i])},
		.pressure_mpa = l->pressure_mpa,
		.uncertainty_k = l->uncertainty_k,
		.history = history_mean(h, mean),
		.power = power,
		.heat = rows->heat[i],
	};
	enum err e = riser_shares(&in, &d->result);
	d->heat = rows->heat[i];
	d->is_guessed = false;
	if (!e && !is_usable(in.heat)) {
		const struct building_day *house = &r->days.items[i];
		struct riser_guess g = {
			.house = house->heat,
			.history_share = house_mean(h),
			.design_flow_t_h = l->design_flow_t_h,
			.difference_kj_kg = d->result.difference,
			.hours = (double)(house->span.till - house->span.from) / 3600,
		};
		e = unit_convert(g.house.value, UNIT_GCAL, UNIT_MJ, &g.house.value);
		in.heat = d->heat = riser_heat_guess(&g);
		d->is_guessed = is_usable(d->heat);
		e = e ? e : riser_shares(&in, &d->result);
	}
	return e;
}

/* ---- the span ---- */

static void add_mean(double *sum, size_t *n, double value)
{
	if (!isnan(value)) {
		*sum = (*n ? *sum : 0) + value;
		(*n)++;
	}
}

/* Sums that become means at the end. */
struct means {
	size_t temperature, difference, error;
};

static void add_cell(const struct riser_layout *l, const struct day *d, size_t k,
	struct riser_cell *c, struct means *m)
{
	const struct riser_segment *s = &d->result.segments[k];
	size_t node = d->first_node + k;
	enum riser_node_state state = d->result.nodes[node];
	bool is_known = is_usable(s->heat);
	if (is_known) {
		bool is_first = isnan(c->heat.value);
		c->heat.value = (is_first ? 0 : c->heat.value) + s->heat.value;
		c->heat.quality = is_first ? s->heat.quality :
					     quality_worst(c->heat.quality, s->heat.quality);
		c->measured += s->basis == RISER_MEASURED;
		c->estimated += s->basis != RISER_MEASURED;
		c->basis = s->basis > c->basis ? s->basis : c->basis;
	}
	c->missing += state == RISER_NODE_MISSING;
	c->dropped += state == RISER_NODE_DROPPED;
	add_mean(&c->temperature, &m->temperature,
		riser_temperature(d->result.enthalpy[node], l->pressure_mpa));
	add_mean(&c->difference, &m->difference, s->difference);
	add_mean(&c->share_error, &m->error, s->share_error);
}

static void add_day(struct riser_sum *sum, const struct day *d)
{
	sum->expected++;
	sum->states[d->result.state]++;
	sum->good += d->result.state == RISER_OK;
	if (is_usable(d->heat)) {
		bool is_first = sum->known++ == 0;
		sum->heat.value = (is_first ? 0 : sum->heat.value) + d->heat.value;
		sum->heat.quality = is_first ? d->heat.quality :
					       quality_worst(sum->heat.quality, d->heat.quality);
		sum->guessed += d->is_guessed;
	}
}

/* Days are missing from a sum. */
static struct form_value summed(struct form_value v, size_t known, size_t expected)
{
	if (known == 0) {
		return missing();
	}
	if (known < expected && quality_class(v.quality) < QUALITY_PARTIAL) {
		v.quality = quality_make(
			QUALITY_PARTIAL, quality_source(v.quality), quality_flags(v.quality));
	}
	return v;
}

static void finish(const struct riser_layout *l, struct riser_sum *sum, const struct means *means)
{
	sum->heat = summed(sum->heat, sum->known, sum->expected);
	for (size_t k = 0; k < l->node_count; k++) {
		struct riser_cell *c = &sum->cells[k];
		c->share = sum->heat.value > 0 ? c->heat.value / sum->heat.value : (double)NAN;
		c->heat = summed(c->heat, c->measured + c->estimated, sum->expected);
		c->temperature /= means[k].temperature ? (double)means[k].temperature : 1;
		c->difference /= means[k].difference ? (double)means[k].difference : 1;
		c->share_error /= means[k].error ? (double)means[k].error : 1;
	}
}

/* `heat` has a place for every day of the span. */
static enum err sum_riser(struct reading *r, const struct riser_layout *l, struct riser_sum *sum,
	struct form_value *heat)
{
	struct rows rows;
	struct history h = {.segments = l->node_count, .cap = l->history_days};
	struct means *means = calloc(l->node_count + 1, sizeof(*means));
	struct day *d = calloc(1, sizeof(*d));
	h.shares = calloc(h.cap * h.segments + 1, sizeof(double));
	enum err e = means && d && h.shares ? read_rows(r, l, &rows) : ERR_NOMEM;
	size_t supplies = 0;
	size_t returns = 0;
	for (size_t i = 0; i < r->n && !e; i++) {
		double house = NAN;
		e = l->node_count ? solve_day(r, l, &rows, i, &h, d) : ERR_OK;
		if (!l->node_count) { /* a calculator and no sensors: its heat is known all the same */
			d->heat = rows.heat[i];
			d->result.state = RISER_NO_NODES;
		}
		if (!e && i >= r->first) {
			add_day(sum, d);
			heat[i - r->first] = d->heat;
			add_mean(&sum->supply, &supplies,
				is_usable(rows.supply[i]) ? rows.supply[i].value : (double)NAN);
			add_mean(&sum->ret, &returns,
				is_usable(rows.ret[i]) ? rows.ret[i].value : (double)NAN);
			for (size_t k = 0; k < l->node_count; k++) {
				add_cell(l, d, k, &sum->cells[k], &means[k]);
			}
		}
		if (!e && l->node_count && d->result.state == RISER_OK) {
			history_add(&h, &d->result);
		}
		if (is_usable(rows.heat[i]) && is_usable(r->days.items[i].heat) &&
			!unit_convert(r->days.items[i].heat.value, UNIT_GCAL, UNIT_MJ, &house) &&
			house > 0) {
			house_add(&h, rows.heat[i].value / house);
		}
	}
	sum->supply /= supplies ? (double)supplies : 1;
	sum->ret /= returns ? (double)returns : 1;
	if (!e) {
		finish(l, sum, means);
	}
	free(means);
	free(d);
	free(h.shares);
	return e;
}

/* The house's rest, day by day, so that no day's input meets another's risers. */
static void take_rest(struct reading *r, struct riser_house *h, const struct form_value *heat)
{
	struct form_value rest = {0, 0};
	struct form_value risers[256];
	size_t known = 0;
	size_t inputs = 0;
	for (size_t i = 0; i < h->days; i++) {
		struct form_value in = r->days.items[r->first + i].heat;
		size_t count = h->count < 256 ? h->count : 256;
		if (unit_convert(in.value, UNIT_GCAL, UNIT_MJ, &in.value)) {
			in = missing();
		}
		for (size_t k = 0; k < count; k++) {
			risers[k] = heat[k * h->days + i];
		}
		struct riser_rest day = riser_rest_of(in, risers, count);
		h->rest.unknown += day.unknown;
		if (is_usable(in)) {
			h->input.value = (inputs ? h->input.value : 0) + in.value;
			h->input.quality = inputs ? quality_worst(h->input.quality, in.quality) :
						    in.quality;
			inputs++;
		}
		if (!isnan(day.heat.value)) {
			rest.value += day.heat.value;
			rest.quality = known ? quality_worst(rest.quality, day.heat.quality) :
					       day.heat.quality;
			known++;
		}
	}
	h->input = summed(h->input, inputs, h->days);
	h->rest.heat = summed(rest, known, h->days);
	h->rest.is_negative = h->rest.heat.value < 0;
}

/* ---- flats ---- */

static double house_area(const struct site *s, int64_t building)
{
	const struct place *p = site_find(s, OBJECT_PLACE, building);
	double area = p ? p->area_m2 : 0;
	for (size_t i = 0; i < s->counts[OBJECT_PLACE] && !(p && p->area_m2 > 0); i++) {
		const struct place *flat = &s->places[i];
		area += flat->kind == PLACE_FLAT && site_is_within(s, flat->id, building) ?
				flat->area_m2 :
				0;
	}
	return area;
}

/* The heat of every segment at a place, into `values`. */
static size_t segments_at(const struct riser_house *h, int64_t place, struct form_value *values)
{
	size_t n = 0;
	for (size_t k = 0; k < h->count; k++) {
		for (size_t i = 0; i < h->layouts[k].node_count; i++) {
			if (h->layouts[k].nodes[i].place == place) {
				values[n++] = h->sums[k].cells[i].heat;
			}
		}
	}
	return n;
}

static enum err sum_flats(const struct riser_question *q, struct riser_house *h)
{
	size_t nodes = 0;
	for (size_t k = 0; k < h->count; k++) {
		nodes += h->layouts[k].node_count;
	}
	struct form_value *values = calloc(nodes + 1, sizeof(*values));
	h->flats = calloc(nodes + 1, sizeof(*h->flats));
	h->area_m2 = house_area(q->site, q->building);
	for (size_t i = 0; i < q->site->counts[OBJECT_PLACE] && values && h->flats; i++) {
		const struct place *p = &q->site->places[i];
		size_t n = segments_at(h, p->id, values);
		if (n > 0) {
			h->flats[h->flat_count++] = (struct riser_flat_sum){
				p, n, riser_flat_of(values, n, &h->rest, p->area_m2, h->area_m2)};
		}
	}
	free(values);
	return values && h->flats ? ERR_OK : ERR_NOMEM;
}

static enum err read_days(struct reading *r)
{
	const struct riser_question *q = r->q;
	struct span span = {q->span.from - INT64_C(86400) * HISTORY_SPAN_DAYS, q->span.till};
	enum err e = building_days_read(q->store, q->site, q->building, span, q->now, &r->days);
	if (e) {
		return e;
	}
	r->n = r->days.count;
	r->first = r->n;
	r->starts = calloc(r->n + 1, sizeof(*r->starts));
	for (size_t i = r->n; i-- > 0 && r->starts;) {
		r->starts[i] = r->days.items[i].span.from;
		r->first = r->starts[i] >= q->span.from ? i : r->first;
	}
	return r->starts ? ERR_OK : ERR_NOMEM;
}

static enum err sum_risers(struct reading *r, struct riser_house *h)
{
	struct form_value *heat = calloc(h->count * h->days + 1, sizeof(*heat));
	h->sums = calloc(h->count + 1, sizeof(*h->sums));
	enum err e = heat && h->sums ? ERR_OK : ERR_NOMEM;
	for (size_t k = 0; k < h->count && !e; k++) {
		const struct riser_layout *l = &h->layouts[k];
		h->sums[k] = (struct riser_sum){.heat = missing(), .supply = NAN, .ret = NAN};
		h->sums[k].cells = calloc(l->node_count + 1, sizeof(struct riser_cell));
		r->values = calloc((2 * l->node_count + 3) * r->n + 1, sizeof(*r->values));
		e = h->sums[k].cells && r->values ? ERR_OK : ERR_NOMEM;
		for (size_t i = 0; i < l->node_count && !e; i++) {
			h->sums[k].cells[i] = (struct riser_cell){.heat = missing(),
				.share = NAN,
				.share_error = NAN,
				.temperature = NAN,
				.difference = NAN};
		}
		e = e ? e : sum_riser(r, l, &h->sums[k], heat + k * h->days);
		free(r->values);
		r->values = NULL;
	}
	if (!e) {
		take_rest(r, h, heat);
	}
	free(heat);
	return e;
}

enum err riser_house_read(const struct riser_question *q, struct riser_house *ret_house)
{
	struct reading r = {.q = q};
	struct riser_house h = {.input = missing(), .rest = {.heat = missing()}};
	struct calendar c = site_calendar(q->site, q->building);
	if (q->span.till <= q->span.from ||
		(uint64_t)q->span.till - (uint64_t)q->span.from > UINT64_C(86400) * DAYS_MAX) {
		return ERR_INVAL;
	}
	enum err e = riser_layouts(q->site, q->figures, q->building, figure_date(&c, q->span.from),
		&h.layouts, &h.count);
	e = e ? e : read_days(&r);
	if (!e) {
		h.days = r.n - r.first;
		e = sum_risers(&r, &h);
		e = e ? e : sum_flats(q, &h);
	}
	building_days_fini(&r.days);
	free(r.starts);
	if (e) {
		riser_house_fini(&h);
		return e;
	}
	*ret_house = h;
	return ERR_OK;
}

void riser_house_fini(struct riser_house *h)
{
	for (size_t k = 0; k < h->count && h->sums; k++) {
		free(h->sums[k].cells);
	}
	free(h->sums);
	free(h->layouts);
	free(h->flats);
	*h = (struct riser_house){.count = 0};
}
