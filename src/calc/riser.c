/*
 * riser.c - shares of a riser from the enthalpies of its nodes; see riser.h
 */
#include "calc/riser.h"

#include "calc/water.h"

#include <math.h>

#define WATER_HEAT 4.187 /* kJ/(kg K), for turning offsets and uncertainties of temperature */

static const char *const node_states[] = {[RISER_NODE_USED] = "used",
	[RISER_NODE_MISSING] = "missing",
	[RISER_NODE_DEVICE] = "device",
	[RISER_NODE_DROPPED] = "dropped"};
static const char *const bases[] = {[RISER_MEASURED] = "measured",
	[RISER_BY_HISTORY] = "history",
	[RISER_BY_POWER] = "power",
	[RISER_BY_EQUAL_PARTS] = "equal"};
static const char *const states[] = {[RISER_OK] = "ok",
	[RISER_ESTIMATED] = "estimated",
	[RISER_NO_NODES] = "no_nodes",
	[RISER_NO_DIFFERENCE] = "no_difference",
	[RISER_REVERSED] = "reversed"};

const char *riser_node_state_name(enum riser_node_state s)
{
	return s < RISER_NODE_STATE_COUNT ? node_states[s] : "";
}

const char *riser_basis_name(enum riser_basis b)
{
	return b < RISER_BASIS_COUNT ? bases[b] : "";
}

const char *riser_state_name(enum riser_state s)
{
	return s < RISER_STATE_COUNT ? states[s] : "";
}

static struct form_value missing(void)
{
	return (struct form_value){NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
}

static bool is_usable(struct form_value v)
{
	return !isnan(v.value) && quality_class(v.quality) < QUALITY_SUSPECT;
}

/* The quality, of a class that is no better than `least`. */
static uint16_t at_best(uint16_t q, enum quality_class least)
{
	return quality_class(q) >= least ? q :
					   quality_make(least, quality_source(q), quality_flags(q));
}

struct riser_node riser_node_missing(void)
{
	return (struct riser_node){NAN, NAN, 0, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
}

double riser_enthalpy(const struct riser_node *n, double pressure_mpa)
{
	struct water w;
	if (quality_class(n->quality) >= QUALITY_SUSPECT) {
		return NAN; /* failed a check, or is not there */
	}
	double offset = isnan(n->offset) ? 0 : n->offset;
	if (!isnan(n->enthalpy)) {
		return n->enthalpy + offset * WATER_HEAT;
	}
	return water_at(n->temperature + offset, pressure_mpa, &w) == WATER_OK ? w.enthalpy : NAN;
}

double riser_temperature(double enthalpy, double pressure_mpa)
{
	double low = 0;
	double high = water_saturation_temperature(pressure_mpa);
	struct water w;
	high = high < 200 ? high - 1e-6 : 200;
	if (isnan(enthalpy) || isnan(high) || water_at(high, pressure_mpa, &w) != WATER_OK ||
		enthalpy > w.enthalpy || water_at(low, pressure_mpa, &w) != WATER_OK ||
		enthalpy < w.enthalpy) {
		return NAN;
	}
	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;
		bool is_above = water_at(middle, pressure_mpa, &w) != WATER_OK ||
				w.enthalpy > enthalpy;
		low = is_above ? low : middle;
		high = is_above ? middle : high;
	}
	return (low + high) / 2;
}

double riser_mean_enthalpy(double integral, double seconds)
{
	return seconds > 0 ? integral / seconds : NAN;
}

double riser_share_error(double u_k, double difference_k)
{
	return difference_k > 0 ? sqrt(2) * u_k / difference_k : NAN;
}

/* ---- the chain ---- */

/* Nodes in the direction of the flow. */
struct chain {
	const struct riser_input *in;
	size_t n;
	double tolerance; /* 2 u as enthalpy */
	double h[RISER_NODES_MAX];
	enum riser_node_state nodes[RISER_NODES_MAX];
	uint16_t quality[RISER_NODES_MAX];
};

/* From the order of the flow to that of the input, of `count` things, and back. */
static size_t turned(const struct chain *c, size_t i, size_t count)
{
	return c->in->is_from_last ? count - 1 - i : i;
}

static void take_device(struct chain *c, size_t at, size_t which)
{
	double h = riser_enthalpy(&c->in->device[which], c->in->pressure_mpa);
	if (!isnan(h)) {
		c->h[at] = h;
		c->nodes[at] = RISER_NODE_DEVICE;
		c->quality[at] = c->in->device[which].quality;
	}
}

static void read_chain(struct chain *c)
{
	c->n = c->in->node_count;
	c->tolerance = (isnan(c->in->uncertainty_k) ? 0 : c->in->uncertainty_k) * 2 * WATER_HEAT;
	for (size_t i = 0; i < c->n; i++) {
		const struct riser_node *node = &c->in->nodes[turned(c, i, c->n)];
		c->h[i] = riser_enthalpy(node, c->in->pressure_mpa);
		c->nodes[i] = isnan(c->h[i]) ? RISER_NODE_MISSING : RISER_NODE_USED;
		c->quality[i] = node->quality;
	}
	for (size_t end = 0; end < 2; end++) {
		size_t at = end ? c->n - 1 : 0;
		if (isnan(c->h[at])) {
			take_device(c, at, end);
		}
	}
}

/* A chain of nodes that ends here. */
struct best {
	size_t length;
	double roughness; /* of the fall between its nodes */
	size_t before;
	bool has_before;
};

static bool is_better(const struct best *a, const struct best *b)
{
	return a->length > b->length || (a->length == b->length && a->roughness < b->roughness);
}

/*
 * Drop the fewest nodes that leave no rise above the tolerance; of several ways, the one that leaves
 * the most even fall.
 */
static void drop_rises(struct chain *c)
{
	struct best best[RISER_NODES_MAX];
	size_t last = c->n;
	for (size_t i = 0; i < c->n; i++) {
		best[i] = (struct best){.length = 1};
		for (size_t k = 0; k < i && !isnan(c->h[i]); k++) {
			if (isnan(c->h[k]) || c->h[i] > c->h[k] + c->tolerance) {
				continue;
			}
			double fall = c->h[k] - c->h[i];
			struct best longer = {best[k].length + 1,
				best[k].roughness + fall * fall / (double)(i - k), k, true};
			best[i] = is_better(&longer, &best[i]) ? longer : best[i];
		}
		if (!isnan(c->h[i]) && (last == c->n || is_better(&best[i], &best[last]))) {
			last = i;
		}
	}
	bool is_kept[RISER_NODES_MAX] = {false};
	for (size_t at = last; at < c->n; at = best[at].before) {
		is_kept[at] = true;
		if (!best[at].has_before) {
			break;
		}
	}
	for (size_t i = 0; i < c->n; i++) {
		if (!is_kept[i] && !isnan(c->h[i])) {
			c->nodes[i] = RISER_NODE_DROPPED;
			c->h[i] = NAN;
		}
	}
}

/* An end that was dropped: the device, where it fits the neighbours. */
static void replace_ends(struct chain *c)
{
	for (size_t end = 0; end < 2; end++) {
		size_t at = end ? c->n - 1 : 0;
		double h = riser_enthalpy(&c->in->device[end], c->in->pressure_mpa);
		bool fits = c->nodes[at] == RISER_NODE_DROPPED && !isnan(h);
		for (size_t i = 0; i < c->n && fits; i++) {
			fits = isnan(c->h[i]) ||
			       (end ? h <= c->h[i] + c->tolerance : h + c->tolerance >= c->h[i]);
		}
		if (fits) {
			take_device(c, at, end);
		}
	}
}

/* The first and the last that are known differ against the flow by more than can be an error. */
static bool is_reversed(const struct chain *c)
{
	size_t known = 0;
	size_t rises = 0;
	double first = NAN;
	double last = NAN;
	for (size_t i = 0; i < c->n; i++) {
		if (!isnan(c->h[i])) {
			rises += known > 0 && c->h[i] > last;
			first = known++ ? first : c->h[i];
			last = c->h[i];
		}
	}
	return known > 1 && last > first + c->tolerance && rises * 2 >= known - 1;
}

static size_t known_nodes(const struct chain *c)
{
	size_t n = 0;
	for (size_t i = 0; i < c->n; i++) {
		n += isnan(c->h[i]) ? 0 : 1;
	}
	return n;
}

/* ---- differences ---- */

struct differences {
	const struct chain *chain;
	double d[RISER_NODES_MAX];
	struct riser_segment *segments; /* in the order of the input */
	bool is_scaled;                 /* an end is unknown: every share rests on a guess of it */
};

static struct riser_segment *segment(const struct differences *x, size_t k)
{
	return &x->segments[turned(x->chain, k, x->chain->n - 1)];
}

static double weight_at(const struct differences *x, enum riser_basis basis, size_t k)
{
	const struct riser_input *in = x->chain->in;
	const double *list = basis == RISER_BY_HISTORY ? in->history : in->power;
	return basis == RISER_BY_EQUAL_PARTS ? 1 :
	       list                          ? list[turned(x->chain, k, x->chain->n - 1)] :
					       NAN;
}

/* Sum of the weights of segments [from, till); NaN where one is unknown or all are nothing. */
static double weight_of(
	const struct differences *x, enum riser_basis basis, size_t from, size_t till)
{
	double sum = 0;
	for (size_t k = from; k < till; k++) {
		double w = weight_at(x, basis, k);
		sum += w >= 0 ? w : NAN;
	}
	return sum > 0 && isfinite(sum) ? sum : NAN;
}

static enum riser_basis basis_for(const struct differences *x, size_t from, size_t till)
{
	return !isnan(weight_of(x, RISER_BY_HISTORY, from, till)) ? RISER_BY_HISTORY :
	       !isnan(weight_of(x, RISER_BY_POWER, from, till))   ? RISER_BY_POWER :
								    RISER_BY_EQUAL_PARTS;
}

/* `total` over the segments [from, till). */
static void part(
	struct differences *x, size_t from, size_t till, double total, enum riser_basis basis)
{
	double sum = weight_of(x, basis, from, till);
	for (size_t k = from; k < till; k++) {
		x->d[k] = total * weight_at(x, basis, k) / sum;
		segment(x, k)->basis = basis;
	}
}

/* Between the known nodes; the first and the last of them come back. */
static void take_inner(struct differences *x, size_t *ret_first, size_t *ret_last)
{
	const struct chain *c = x->chain;
	size_t before = c->n;
	*ret_first = *ret_last = 0;
	for (size_t i = 0; i < c->n; i++) {
		if (isnan(c->h[i])) {
			continue;
		}
		if (before == c->n) {
			*ret_first = i;
		} else {
			double fall = c->h[before] - c->h[i];
			bool is_levelled = fall < 0;
			fall = is_levelled ? 0 : fall;
			if (i - before == 1) {
				x->d[before] = fall;
				segment(x, before)->basis = RISER_MEASURED;
			} else {
				part(x, before, i, fall, basis_for(x, before, i));
			}
			for (size_t k = before; k < i; k++) {
				segment(x, k)->is_levelled = is_levelled;
			}
		}
		before = i;
		*ret_last = i;
	}
}

/* Beyond the known ends: in proportion to what is known between them. */
static void scale_ends(struct differences *x, size_t first, size_t last)
{
	size_t all = x->chain->n - 1;
	if (first == 0 && last == all) {
		return;
	}
	enum riser_basis basis = basis_for(x, 0, all);
	double known_weight = weight_of(x, basis, first, last);
	if (isnan(known_weight)) { /* what is known weighs nothing by that measure */
		basis = RISER_BY_EQUAL_PARTS;
		known_weight = weight_of(x, basis, first, last);
	}
	double known = 0;
	for (size_t k = first; k < last; k++) {
		known += x->d[k];
	}
	x->is_scaled = true;
	for (size_t k = 0; k < all; k++) {
		if (k < first || k >= last) {
			x->d[k] = known * weight_at(x, basis, k) / known_weight;
			segment(x, k)->basis = basis;
		}
	}
}

/* Nothing measured can part the riser: by history, power or equally, and said so. */
static void part_unmeasured(struct differences *x)
{
	size_t all = x->chain->n - 1;
	part(x, 0, all, 1, basis_for(x, 0, all));
}

static double sum_of(const double *v, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		sum += v[i];
	}
	return sum;
}

/* ---- results ---- */

static uint16_t segment_quality(const struct differences *x, size_t k, enum riser_state state)
{
	const struct chain *c = x->chain;
	if (segment(x, k)->basis != RISER_MEASURED || x->is_scaled) {
		return quality_make(state == RISER_REVERSED ? QUALITY_SUSPECT : QUALITY_ESTIMATED,
			SOURCE_ESTIMATE, 0);
	}
	uint16_t q = quality_worst(c->quality[k], c->quality[k + 1]);
	return at_best(q, QUALITY_CALCULATED);
}

static void fill_segments(struct differences *x, enum riser_state state, double total)
{
	const struct chain *c = x->chain;
	struct form_value heat = c->in->heat;
	for (size_t k = 0; k + 1 < c->n; k++) {
		struct riser_segment *s = segment(x, k);
		bool is_measured = s->basis == RISER_MEASURED;
		s->share = x->d[k] / total;
		s->difference = state <= RISER_ESTIMATED ? x->d[k] : NAN;
		s->share_error = is_measured ? riser_share_error(
						       c->in->uncertainty_k, x->d[k] / WATER_HEAT) :
					       NAN;
		s->heat = is_usable(heat) ? (struct form_value){heat.value * s->share,
						    quality_worst(heat.quality,
							    segment_quality(x, k, state))} :
					    missing();
	}
}

static void fill_nodes(const struct chain *c, struct riser_result *ret)
{
	ret->node_count = c->n;
	for (size_t i = 0; i < c->n; i++) {
		size_t at = turned(c, i, c->n);
		ret->enthalpy[at] = c->h[i];
		ret->nodes[at] = c->nodes[i];
		ret->missing += c->nodes[i] == RISER_NODE_MISSING;
		ret->dropped += c->nodes[i] == RISER_NODE_DROPPED;
	}
}

enum err riser_shares(const struct riser_input *in, struct riser_result *ret)
{
	struct chain c = {.in = in};
	struct differences x = {.chain = &c, .segments = ret->segments};
	if (in->node_count < 2 || in->node_count > RISER_NODES_MAX) {
		return ERR_INVAL;
	}
	*ret = (struct riser_result){.state = RISER_OK, .difference = NAN};
	read_chain(&c);
	size_t all = c.n - 1;
	double total = 0;
	if (is_reversed(&c)) {
		ret->state = RISER_REVERSED;
	} else {
		drop_rises(&c);
		replace_ends(&c);
		ret->state = known_nodes(&c) < 2 ? RISER_NO_NODES : RISER_OK;
	}
	if (ret->state == RISER_OK) {
		size_t first;
		size_t last;
		take_inner(&x, &first, &last);
		scale_ends(&x, first, last);
		total = sum_of(x.d, all);
		ret->state = total > 0 ? RISER_OK : RISER_NO_DIFFERENCE;
		ret->difference = total;
	}
	fill_nodes(&c, ret);
	if (ret->state == RISER_OK && ret->missing + ret->dropped > 0) {
		ret->state = RISER_ESTIMATED;
	}
	if (ret->state > RISER_ESTIMATED) {
		part_unmeasured(&x);
		total = sum_of(x.d, all);
	}
	fill_segments(&x, ret->state, total);
	return ERR_OK;
}

/* ---- houses and flats ---- */

struct form_value riser_heat_guess(const struct riser_guess *g)
{
	double heat = is_usable(g->house) ? g->house.value * g->history_share : NAN;
	unsigned flags = isnan(heat) ? 0 : quality_flags(g->house.quality);
	heat = isnan(heat) ? g->design_flow_t_h * g->difference_kj_kg * g->hours : heat;
	return isnan(heat) ? missing() :
			     (struct form_value){
				     heat, quality_make(QUALITY_ESTIMATED, SOURCE_ESTIMATE, flags)};
}

struct riser_rest riser_rest_of(
	struct form_value input, const struct form_value *risers, size_t count)
{
	struct riser_rest rest = {.heat = input};
	if (!is_usable(input)) {
		rest.heat = missing();
	}
	for (size_t i = 0; i < count; i++) {
		if (!is_usable(risers[i])) {
			rest.unknown++;
			continue;
		}
		rest.heat.value -= risers[i].value;
		rest.heat.quality = quality_worst(rest.heat.quality, risers[i].quality);
	}
	if (isnan(rest.heat.value)) {
		rest.heat = missing();
		return rest;
	}
	rest.heat.quality = at_best(
		rest.heat.quality, rest.unknown ? QUALITY_PARTIAL : QUALITY_CALCULATED);
	rest.is_negative = rest.heat.value < 0;
	return rest;
}

struct riser_flat riser_flat_of(const struct form_value *segments, size_t count,
	const struct riser_rest *rest, double area_m2, double house_area_m2)
{
	struct completeness c = form_completeness(segments, count, count);
	struct riser_flat f = {completeness_sum(&c), missing(), missing()};
	if (!isnan(rest->heat.value) && area_m2 > 0 && house_area_m2 > 0) {
		f.common = (struct form_value){
			rest->heat.value * area_m2 / house_area_m2, rest->heat.quality};
	}
	if (!isnan(f.individual.value) && !isnan(f.common.value)) {
		f.total = (struct form_value){f.individual.value + f.common.value,
			quality_worst(f.individual.quality, f.common.quality)};
	}
	return f;
}
