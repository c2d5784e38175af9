/*
 * test_riser.c - heat along a riser: the published cases, every defect of the earlier system (numbers as
 * in calculations.md 7.4), and that shares sum to one whatever is missing
 */
#include "calc/riser.h"
#include "calc/water.h"
#include "model/quantity.h"
#include "model/unit.h"
#include "vectors.h"

#define NODES    10
#define SEGMENTS (NODES - 1)
#define MEASURED quality_make(QUALITY_MEASURED, SOURCE_METER, 0)
#define NEAR     2e-7

static const double rs01[NODES] = {78.0, 75.4, 73.1, 70.5, 68.2, 65.6, 63.4, 61.1, 58.9, 56.0};

struct riser {
	struct riser_node nodes[RISER_NODES_MAX];
	struct riser_input in;
};

static struct form_value known(double value)
{
	return (struct form_value){value, MEASURED};
}

static void set_temperatures(struct riser *r, const double *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		r->nodes[i] = riser_node_missing();
		if (!isnan(t[i])) {
			r->nodes[i].temperature = t[i];
			r->nodes[i].quality = MEASURED;
		}
	}
	r->in = (struct riser_input){.nodes = r->nodes,
		.node_count = n,
		.device = {riser_node_missing(), riser_node_missing()},
		.pressure_mpa = 0.5,
		.uncertainty_k = 0.1,
		.heat = known(1000)};
}

static struct riser_result solve(const struct riser *r)
{
	struct riser_result out;
	assert_int_equal(riser_shares(&r->in, &out), ERR_OK);
	return out;
}

static double share_sum(const struct riser_result *x)
{
	double sum = 0;
	for (size_t k = 0; k + 1 < x->node_count; k++) {
		sum += x->segments[k].share;
	}
	return sum;
}

static double heat_sum(const struct riser_result *x)
{
	double sum = 0;
	for (size_t k = 0; k + 1 < x->node_count; k++) {
		sum += x->segments[k].heat.value;
	}
	return sum;
}

static void assert_whole(const struct riser_result *x)
{
	if (!(fabs(share_sum(x) - 1) < 1e-12)) {
		fail_msg("shares sum to %.15g", share_sum(x));
	}
	for (size_t k = 0; k + 1 < x->node_count; k++) {
		assert_true(x->segments[k].share >= 0);
	}
}

/* ---- published cases ---- */

static void one_pipe_riser(const json_t *c)
{
	struct riser r;
	double t[NODES];
	for (size_t i = 0; i < NODES; i++) {
		t[i] = vectors_item(c, "input/t_nodes", i);
	}
	set_temperatures(&r, t, NODES);
	r.in.pressure_mpa = vectors_number(c, "input/p_MPa");
	double flow = vectors_number(c, "input/M_t_per_h");
	double hours = vectors_number(c, "input/hours");
	struct riser_result x = solve(&r);
	double riser_mj = flow * x.difference * hours;
	vectors_near(riser_mj, vectors_number(c, "expect/Q_riser_MJ"), NEAR);
	double gcal;
	assert_int_equal(unit_convert(riser_mj, UNIT_MJ, UNIT_GCAL, &gcal), ERR_OK);
	vectors_near(gcal, vectors_number(c, "expect/Q_riser_Gcal"), NEAR);
	r.in.heat = known(riser_mj);
	x = solve(&r);
	assert_int_equal(x.state, RISER_OK);
	for (size_t i = 0; i < NODES; i++) {
		vectors_near(x.enthalpy[i], vectors_item(c, "expect/h_nodes", i), NEAR);
	}
	for (size_t k = 0; k < SEGMENTS; k++) {
		const struct riser_segment *s = &x.segments[k];
		vectors_near(s->difference, vectors_item(c, "expect/dh", k), NEAR);
		vectors_near(s->share, vectors_item(c, "expect/share", k), NEAR);
		vectors_near(s->heat.value, vectors_item(c, "expect/Q_MJ", k), NEAR);
		vectors_near((t[k] - t[k + 1]) / (t[0] - t[SEGMENTS]),
			vectors_item(c, "expect/share_by_dt", k), NEAR);
		/* 7.5: shares by temperature differ by at most 0.147 % */
		vectors_near((t[k] - t[k + 1]) / (t[0] - t[SEGMENTS]) / s->share, 1, 0.00148);
	}
	assert_whole(&x);
	vectors_near(heat_sum(&x), riser_mj, 1e-12);
}

static void riser_missing_node(const json_t *c)
{
	struct riser r;
	double t[NODES];
	double history[SEGMENTS];
	for (size_t i = 0; i < NODES; i++) {
		t[i] = vectors_item(c, "input/t_nodes", i);
	}
	for (size_t k = 0; k < SEGMENTS; k++) {
		history[k] = NAN;
	}
	history[3] = vectors_item(c, "input/hist_share", 0);
	history[4] = vectors_item(c, "input/hist_share", 1);
	set_temperatures(&r, t, NODES);
	r.in.history = history;
	r.in.heat = known(vectors_number(c, "input/Q_riser_MJ"));
	struct riser_result x = solve(&r);
	assert_int_equal(x.state, RISER_ESTIMATED);
	assert_int_equal(x.missing, 1);
	assert_int_equal(x.nodes[4], RISER_NODE_MISSING);
	vectors_near(x.segments[3].difference, vectors_item(c, "expect/preserving_dh", 0), NEAR);
	vectors_near(x.segments[4].difference, vectors_item(c, "expect/preserving_dh", 1), NEAR);
	double wrong = 0;
	double original_wrong = 0;
	for (size_t k = 0; k < SEGMENTS; k++) {
		bool is_split = k == 3 || k == 4;
		double truth = vectors_item(c, "expect/true_share", k);
		vectors_near(
			x.segments[k].share, vectors_item(c, "expect/preserving_share", k), NEAR);
		assert_int_equal(x.segments[k].basis, is_split ? RISER_BY_HISTORY : RISER_MEASURED);
		assert_int_equal(quality_class(x.segments[k].heat.quality),
			is_split ? QUALITY_ESTIMATED : QUALITY_CALCULATED);
		wrong += is_split ? 0 : fabs(x.segments[k].share - truth);
		original_wrong += is_split ?
					  0 :
					  fabs(vectors_item(c, "expect/original_share", k) - truth);
	}
	/* what is measured stays exact; filling with the mean moved every share */
	assert_true(wrong < 1e-8 && original_wrong > 1e-4);
	vectors_near(share_sum(&x), vectors_number(c, "expect/preserving_share_sum"), 1e-12);
	assert_whole(&x);
}

static void flat_total(const json_t *c)
{
	double input_mj;
	struct form_value risers[3];
	for (size_t i = 0; i < 3; i++) {
		risers[i] = known(vectors_item(c, "input/Q_risers_MJ", i));
	}
	assert_int_equal(
		unit_convert(vectors_number(c, "input/Q_in_Gcal"), UNIT_GCAL, UNIT_MJ, &input_mj),
		ERR_OK);
	struct riser_rest rest = riser_rest_of(known(input_mj), risers, 3);
	struct form_value own[2] = {
		known(risers[0].value * vectors_number(c, "input/flat_shares/1")),
		known(risers[1].value * vectors_number(c, "input/flat_shares/2"))};
	struct riser_flat f = riser_flat_of(own, 2, &rest, vectors_number(c, "input/S_flat"),
		vectors_number(c, "input/S_house"));
	double gcal;
	assert_int_equal(unit_convert(f.total.value, UNIT_MJ, UNIT_GCAL, &gcal), ERR_OK);
	vectors_near(f.individual.value, vectors_number(c, "expect/Q_ind_MJ"), NEAR);
	vectors_near(rest.heat.value, vectors_number(c, "expect/Q_common_total_MJ"), NEAR);
	vectors_near(f.common.value, vectors_number(c, "expect/Q_common_MJ"), NEAR);
	vectors_near(f.total.value, vectors_number(c, "expect/Q_total_MJ"), NEAR);
	vectors_near(gcal, vectors_number(c, "expect/Q_total_Gcal"), NEAR);
}

/* Defect 1: three constants for one unit. */
static void original_constants(const json_t *c)
{
	static const struct {
		const char *key, *error;
		double constant;
	} wrong[] = {{"eval_flats_4186", "4186", 4186}, {"all2_4184", "4184", 4184},
		{"bit9_4168", "4168", 4168}};
	double mj = vectors_number(c, "input/Q_MJ");
	double gcal;
	char path[64];
	assert_int_equal(unit_convert(mj, UNIT_MJ, UNIT_GCAL, &gcal), ERR_OK);
	vectors_near(gcal, vectors_number(c, "expect/exact_4186.8"), NEAR);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "expect/%s", wrong[i].key);
		double theirs = mj / wrong[i].constant;
		vectors_near(theirs, vectors_number(c, path), NEAR);
		(void)snprintf(path, sizeof(path), "expect/error_pct/%s", wrong[i].error);
		vectors_near((theirs / gcal - 1) * 100, vectors_number(c, path), 1e-6);
	}
}

static void bit_enthalpy(const json_t *c)
{
	double mean = riser_mean_enthalpy(
		vectors_number(c, "input/integral"), vectors_number(c, "input/seconds"));
	vectors_near(mean, vectors_number(c, "expect/mean_h"), NEAR);
	vectors_near(riser_temperature(mean, 0.5), vectors_number(c, "expect/t_equiv_p05"), NEAR);
}

static void share_uncertainty(const json_t *c)
{
	for (size_t i = 0; i < 2; i++) {
		vectors_near(100 * riser_share_error(vectors_item(c, "input/u_t", i),
					   vectors_number(c, "input/dt")),
			vectors_item(c, "expect/rel_u_pct", i), 1e-5); /* printed to 5 digits */
	}
}

static void test_published_cases(void **state)
{
	static const struct {
		const char *op;
		void (*run)(const json_t *c);
	} ops[] = {{"riser_shares", one_pipe_riser}, {"riser_missing_node", riser_missing_node},
		{"flat_total", flat_total}, {"original_constants", original_constants},
		{"bit_enthalpy", bit_enthalpy}, {"share_uncertainty", share_uncertainty}};
	(void)state;
	json_t *document = vectors_load("calc/riser_cases.json");
	NEED_VECTORS(document);
	size_t i;
	json_t *c;
	json_array_foreach(json_object_get(document, "cases"), i, c)
	{
		const char *op = json_string_value(json_object_get(c, "op"));
		bool is_run = false;
		for (size_t k = 0; k < sizeof(ops) / sizeof(ops[0]); k++) {
			if (strcmp(ops[k].op, op) == 0) {
				ops[k].run(c);
				is_run = true;
			}
		}
		if (!is_run) {
			fail_msg("case of an unknown kind: %s", op);
		}
	}
	json_decref(document);
}

/* ---- the chain ---- */

static void test_missing_node_is_parted_by_history_then_power_then_equally(void **state)
{
	struct riser r;
	double t[NODES];
	double power[SEGMENTS];
	(void)state;
	memcpy(t, rs01, sizeof(t));
	t[4] = NAN;
	set_temperatures(&r, t, NODES);
	struct riser_result x = solve(&r);
	assert_int_equal(x.segments[3].basis, RISER_BY_EQUAL_PARTS);
	assert_true(fabs(x.segments[3].share - x.segments[4].share) < 1e-12);
	for (size_t k = 0; k < SEGMENTS; k++) {
		power[k] = 100;
	}
	power[4] = 300;
	r.in.power = power;
	x = solve(&r);
	assert_int_equal(x.segments[3].basis, RISER_BY_POWER);
	assert_true(fabs(x.segments[4].share / x.segments[3].share - 3) < 1e-9);
	assert_whole(&x);
}

static void test_missing_end_is_the_risers_own_device(void **state)
{
	struct riser r;
	double t[NODES];
	(void)state;
	memcpy(t, rs01, sizeof(t));
	t[0] = NAN;
	set_temperatures(&r, t, NODES);
	r.in.device[0].temperature = 78.0;
	r.in.device[0].quality = MEASURED;
	struct riser_result x = solve(&r);
	assert_int_equal(x.nodes[0], RISER_NODE_DEVICE);
	assert_int_equal(x.state, RISER_OK);
	vectors_near(x.segments[0].share, 0.118355499, NEAR);
	assert_whole(&x);
}

/* 0.1184 of the riser is lost with the first node: by history the others take the rest. */
static void test_missing_end_without_a_device_is_scaled(void **state)
{
	struct riser r;
	double t[NODES];
	double history[SEGMENTS];
	(void)state;
	memcpy(t, rs01, sizeof(t));
	set_temperatures(&r, t, NODES);
	struct riser_result whole = solve(&r);
	for (size_t k = 0; k < SEGMENTS; k++) {
		history[k] = whole.segments[k].share;
	}
	t[0] = NAN;
	set_temperatures(&r, t, NODES);
	r.in.history = history;
	struct riser_result x = solve(&r);
	for (size_t k = 0; k < SEGMENTS; k++) {
		vectors_near(x.segments[k].share, whole.segments[k].share, 1e-9);
		/* every share rests on the guess of the first */
		assert_int_equal(quality_class(x.segments[k].heat.quality), QUALITY_ESTIMATED);
	}
	assert_int_equal(x.segments[0].basis, RISER_BY_HISTORY);
	assert_whole(&x);
}

static void test_small_rise_is_levelled_and_large_one_dropped(void **state)
{
	double t[NODES];
	struct riser r;
	(void)state;
	memcpy(t, rs01, sizeof(t));
	t[4] = t[3] + 0.15; /* within 2 u = 0.2 K */
	set_temperatures(&r, t, NODES);
	struct riser_result x = solve(&r);
	assert_true(x.segments[3].is_levelled);
	assert_true(x.segments[3].share == 0 && x.segments[3].difference == 0);
	assert_int_equal(x.dropped, 0);
	assert_whole(&x);
	t[4] = 90; /* far above what is before it */
	set_temperatures(&r, t, NODES);
	x = solve(&r);
	assert_int_equal(x.nodes[4], RISER_NODE_DROPPED);
	assert_int_equal(x.dropped, 1);
	vectors_near(
		x.segments[3].difference + x.segments[4].difference, 9.62967664 + 10.8819048, NEAR);
	assert_whole(&x);
	t[4] = 20; /* far below what follows */
	set_temperatures(&r, t, NODES);
	x = solve(&r);
	assert_int_equal(x.nodes[4], RISER_NODE_DROPPED);
	assert_int_equal(x.dropped, 1);
	assert_whole(&x);
}

static void test_offsets_take_out_what_a_calibration_found(void **state)
{
	double t[NODES];
	struct riser r;
	(void)state;
	memcpy(t, rs01, sizeof(t));
	t[5] -= 0.8;
	set_temperatures(&r, t, NODES);
	r.nodes[5].offset = 0.8;
	struct riser_result x = solve(&r);
	vectors_near(x.segments[5].share, 0.0999572181, NEAR);
}

/* The way of the water is told, not guessed: with it wrong, the result says so and measures nothing. */
static void test_direction_is_of_the_configuration(void **state)
{
	double t[NODES];
	struct riser r;
	(void)state;
	for (size_t i = 0; i < NODES; i++) {
		t[i] = rs01[NODES - 1 - i];
	}
	set_temperatures(&r, t, NODES);
	r.in.is_from_last = true;
	struct riser_result x = solve(&r);
	assert_int_equal(x.state, RISER_OK);
	vectors_near(x.segments[SEGMENTS - 1].share, 0.118355499, NEAR);
	vectors_near(x.segments[0].share, 0.131661844, NEAR);
	assert_whole(&x);
	r.in.is_from_last = false;
	x = solve(&r);
	assert_int_equal(x.state, RISER_REVERSED);
	for (size_t k = 0; k < SEGMENTS; k++) {
		assert_true(isnan(x.segments[k].difference));
		assert_int_equal(quality_class(x.segments[k].heat.quality), QUALITY_SUSPECT);
	}
	assert_whole(&x);
}

static void test_sensor_that_failed_a_check_is_not_used(void **state)
{
	struct riser r;
	(void)state;
	set_temperatures(&r, rs01, NODES);
	r.nodes[4].quality = quality_make(QUALITY_SUSPECT, SOURCE_METER, 0);
	struct riser_result x = solve(&r);
	assert_int_equal(x.nodes[4], RISER_NODE_MISSING);
	assert_int_equal(x.segments[3].basis, RISER_BY_EQUAL_PARTS);
}

/* ---- defects of the earlier system ---- */

/* 2: shares summed to one on risers of nine fields only. */
static void test_shares_sum_to_one_for_any_number_of_floors(void **state)
{
	double t[40];
	(void)state;
	for (size_t n = 2; n <= 40; n++) {
		struct riser r;
		for (size_t i = 0; i < n; i++) {
			t[i] = 80 - 0.6 * (double)i - 0.1 * (double)(i % 3);
		}
		set_temperatures(&r, t, n);
		struct riser_result x = solve(&r);
		assert_whole(&x);
		assert_true(fabs(heat_sum(&x) - 1000) < 1e-9);
	}
}

/* 3: a segment reset its predecessor. Each keeps its own whatever comes after. */
static void test_segment_does_not_touch_its_neighbour(void **state)
{
	double t[NODES];
	struct riser r;
	(void)state;
	memcpy(t, rs01, sizeof(t));
	set_temperatures(&r, t, NODES);
	struct riser_result before = solve(&r);
	t[6] = t[7] = t[8] = NAN;
	set_temperatures(&r, t, NODES);
	struct riser_result x = solve(&r);
	for (size_t k = 0; k < 5; k++) {
		assert_true(fabs(x.segments[k].share - before.segments[k].share) < 1e-12);
	}
}

/* 4: 65.5 m2 became 65. */
static void test_area_keeps_its_fraction(void **state)
{
	struct form_value own = known(100);
	struct riser_rest rest = {.heat = known(1210)};
	(void)state;
	struct riser_flat f = riser_flat_of(&own, 1, &rest, 65.5, 1210);
	assert_true(fabs(f.common.value - 65.5) < 1e-9);
}

/* 5: without any data a magic number made heat. */
static void test_no_data_is_no_heat(void **state)
{
	double t[NODES];
	struct riser r;
	(void)state;
	for (size_t i = 0; i < NODES; i++) {
		t[i] = NAN;
	}
	set_temperatures(&r, t, NODES);
	r.in.heat = (struct form_value){NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
	struct riser_result x = solve(&r);
	assert_int_equal(x.state, RISER_NO_NODES);
	assert_int_equal(x.missing, NODES);
	assert_true(isnan(x.difference));
	for (size_t k = 0; k < SEGMENTS; k++) {
		assert_true(isnan(x.segments[k].heat.value) && isnan(x.segments[k].difference));
		assert_int_equal(quality_class(x.segments[k].heat.quality), QUALITY_MISSING);
		assert_true(x.segments[k].basis != RISER_MEASURED);
	}
	assert_whole(&x);
	/* a closed riser: nodes are equal, nothing is measured, and the riser's zero stays zero */
	for (size_t i = 0; i < NODES; i++) {
		t[i] = 40;
	}
	set_temperatures(&r, t, NODES);
	r.in.heat = known(0);
	x = solve(&r);
	assert_int_equal(x.state, RISER_NO_DIFFERENCE);
	assert_true(heat_sum(&x) == 0);
	assert_whole(&x);
}

/* 6: a sum that began with itself halved the hot-water heat of every flat. */
static void test_heat_by_volume_shares_is_given_out_whole(void **state)
{
	double volumes[] = {3.2, 1.1, 0, 5.7, 2.25};
	double heat[5];
	double sum = 0;
	(void)state;
	distribute_profile(4168, volumes, 5, heat);
	for (size_t i = 0; i < 5; i++) {
		sum += heat[i];
	}
	assert_true(fabs(sum - 4168) < 1e-9 && heat[2] == 0);
}

/* 8: a negative rest was dropped. */
static void test_negative_rest_is_flagged_and_handed_on(void **state)
{
	struct form_value risers[] = {known(600), known(500)};
	struct form_value own = known(100);
	(void)state;
	struct riser_rest rest = riser_rest_of(known(1000), risers, 2);
	assert_true(rest.is_negative && fabs(rest.heat.value + 100) < 1e-9);
	struct riser_flat f = riser_flat_of(&own, 1, &rest, 50, 1000);
	assert_true(fabs(f.common.value + 5) < 1e-9 && fabs(f.total.value - 95) < 1e-9);
}

/* A riser that says nothing leaves an upper bound, and it is said. */
static void test_unknown_riser_makes_the_rest_partial(void **state)
{
	struct form_value risers[] = {
		known(600), {NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)}};
	(void)state;
	struct riser_rest rest = riser_rest_of(known(1000), risers, 2);
	assert_int_equal(rest.unknown, 1);
	assert_true(rest.heat.value == 400);
	assert_int_equal(quality_class(rest.heat.quality), QUALITY_PARTIAL);
	rest = riser_rest_of(risers[1], risers, 2);
	assert_true(isnan(rest.heat.value));
}

/* 10: one code meant hot water here and cold there. Quantities have one dictionary. */
static void test_quantities_have_one_name_each(void **state)
{
	(void)state;
	for (int a = 0; a < QUANTITY_COUNT; a++) {
		enum quantity q;
		assert_true(quantity_from_code(quantity_code((enum quantity)a), &q));
		assert_int_equal(q, a);
	}
}

static void test_riser_without_a_calculator_is_estimated(void **state)
{
	struct riser_guess g = {.house = known(10000),
		.history_share = 0.2,
		.design_flow_t_h = 1.15,
		.difference_kj_kg = 92,
		.hours = 24};
	(void)state;
	struct form_value v = riser_heat_guess(&g);
	assert_true(fabs(v.value - 2000) < 1e-9);
	assert_int_equal(quality_class(v.quality), QUALITY_ESTIMATED);
	g.history_share = NAN;
	v = riser_heat_guess(&g);
	assert_true(fabs(v.value - 1.15 * 92 * 24) < 1e-9);
	g.design_flow_t_h = NAN;
	v = riser_heat_guess(&g);
	assert_true(isnan(v.value));
	assert_int_equal(quality_class(v.quality), QUALITY_MISSING);
}

/* ---- property ---- */

static uint64_t seed = 88172645463325252u;

static double chance(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (double)(seed >> 11) / 9007199254740992.0;
}

static void test_shares_sum_to_one_whatever_is_missing(void **state)
{
	double t[RISER_NODES_MAX];
	double history[RISER_NODES_MAX];
	double power[RISER_NODES_MAX];
	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct riser r;
		size_t n = 2 + (size_t)(chance() * 14);
		double at = 60 + 30 * chance();
		for (size_t i = 0; i < n; i++) {
			at -= 3 * chance() - 0.4;
			double odd = chance();
			t[i] = odd < 0.25 ? (double)NAN : odd < 0.35 ? 120 * chance() : at;
			history[i] = chance() < 0.9 ? chance() : (double)NAN;
			power[i] = chance() < 0.9 ? 500 * chance() : 0;
		}
		set_temperatures(&r, t, n);
		r.in.is_from_last = chance() < 0.3;
		r.in.history = chance() < 0.5 ? history : NULL;
		r.in.power = chance() < 0.5 ? power : NULL;
		if (chance() < 0.5) {
			r.in.device[0].temperature = 95;
			r.in.device[0].quality = MEASURED;
		}
		struct riser_result x = solve(&r);
		assert_whole(&x);
		assert_true(fabs(heat_sum(&x) - 1000) < 1e-8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_cases),
		cmocka_unit_test(test_missing_node_is_parted_by_history_then_power_then_equally),
		cmocka_unit_test(test_missing_end_is_the_risers_own_device),
		cmocka_unit_test(test_missing_end_without_a_device_is_scaled),
		cmocka_unit_test(test_small_rise_is_levelled_and_large_one_dropped),
		cmocka_unit_test(test_offsets_take_out_what_a_calibration_found),
		cmocka_unit_test(test_direction_is_of_the_configuration),
		cmocka_unit_test(test_sensor_that_failed_a_check_is_not_used),
		cmocka_unit_test(test_shares_sum_to_one_for_any_number_of_floors),
		cmocka_unit_test(test_segment_does_not_touch_its_neighbour),
		cmocka_unit_test(test_area_keeps_its_fraction),
		cmocka_unit_test(test_no_data_is_no_heat),
		cmocka_unit_test(test_heat_by_volume_shares_is_given_out_whole),
		cmocka_unit_test(test_negative_rest_is_flagged_and_handed_on),
		cmocka_unit_test(test_unknown_riser_makes_the_rest_partial),
		cmocka_unit_test(test_quantities_have_one_name_each),
		cmocka_unit_test(test_riser_without_a_calculator_is_estimated),
		cmocka_unit_test(test_shares_sum_to_one_whatever_is_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
