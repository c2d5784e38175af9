/*
 * What stands against what: inputs, flats, common needs, whatever the order of ids; every channel once.
 */
#include "balance_house.h"

#define DAY_S 86400

struct house {
	struct site *site;
	struct figures *figures;
	struct balance_tree *tree;
	struct balance nodes[16];
};

static struct house tree_of(struct site *s, enum quantity q)
{
	struct house h = {.site = s};
	struct diag d = {0};
	assert_true(site_sort(s));
	assert_int_equal(site_check(s, &d), ERR_OK);
	assert_int_equal(figures_load(s, &h.figures, &d), ERR_OK);
	assert_int_equal(balance_tree_new(s, h.figures, 1, q, 20260601, &h.tree), ERR_OK);
	return h;
}

static void house_free(struct house *h)
{
	balance_tree_free(h->tree);
	figures_free(h->figures);
	site_unref(h->site);
}

/* Every channel measured the part behind the hundreds of its id. */
static void eval(struct house *h, int64_t missing)
{
	struct balance_amount amounts[64] = {0};
	assert_true(h->tree->item_count <= 64 && h->tree->node_count <= 16);
	for (size_t i = 0; i < h->tree->item_count; i++) {
		int64_t id = h->tree->items[i].channel;
		double v = id == missing ? NAN : (double)(id % 100);
		balance_amount_add(&amounts[i],
			(struct form_value){v, quality_make(QUALITY_MEASURED, SOURCE_METER, 0)});
	}
	balance_tree_eval(h->tree, amounts, 1, DAY_S, 1, &balance_rule_default, h->nodes);
}

static size_t node_of(const struct house *h, int64_t place)
{
	for (size_t i = 0; i < h->tree->node_count; i++) {
		if (h->tree->nodes[i].place == place) {
			return i;
		}
	}
	fail_msg("no node of place %d", (int)place);
	return 0;
}

static void assert_part(
	const struct house *h, int64_t place, enum balance_part part, double want, size_t present)
{
	const struct balance_sum *s = &h->nodes[node_of(h, place)].parts[part];
	assert_int_equal(s->present, present);
	if (present > 0 && !(fabs(s->value - want) < 1e-9)) {
		fail_msg("place %d, %s: %g instead of %g", (int)place, balance_part_name(part),
			s->value, want);
	}
}

static void a_house_is_its_input_its_flats_and_its_common_needs(void **state)
{
	struct house h = tree_of(balance_house(), QUANTITY_COLD_WATER);
	(void)state;
	eval(&h, 0);
	assert_part(&h, 1, BALANCE_INPUT, 1, 1);
	assert_part(&h, 1, BALANCE_FLATS, 11 + 12 + 13 + 14 + 15 + 16 + 17, 7);
	assert_part(&h, 1, BALANCE_COMMON, 2, 1);
	assert_part(&h, 3, BALANCE_FLATS, 11 + 12 + 13 + 14, 4);
	assert_part(&h, 4, BALANCE_FLATS, 15 + 16 + 17, 3);
	assert_part(&h, 3, BALANCE_INPUT, 0, 0);
	assert_int_equal(h.tree->nodes[0].flats, 7);
	assert_int_equal(h.tree->nodes[node_of(&h, 4)].flats, 3);
	eval(&h, 113);
	assert_part(&h, 1, BALANCE_FLATS, 85, 6);
	assert_int_equal(h.nodes[0].parts[BALANCE_FLATS].expected, 7);
	assert_part(&h, 4, BALANCE_FLATS, 48, 3);
	house_free(&h);
}

static void an_entrance_with_a_meter_stands_for_its_flats(void **state)
{
	struct site *s = balance_house();
	(void)state;
	put_channel(s, 150, 3, QUANTITY_COLD_WATER, 0);
	struct house h = tree_of(s, QUANTITY_COLD_WATER);
	eval(&h, 0);
	assert_part(&h, 3, BALANCE_INPUT, 50, 1);
	assert_part(&h, 3, BALANCE_FLATS, 50, 4);
	assert_part(&h, 1, BALANCE_FLATS, 50 + 15 + 16 + 17, 4); /* the meter and three flats */
	house_free(&h);
}

/* A riser feeds flats of both entrances: upstream says so. */
static void upstream_goes_before_the_tree_of_places(void **state)
{
	struct site *s = site_new();
	(void)state;
	put_places(s);
	put_place(s, 6, 1, PLACE_RISER);
	put_channel(s, INPUT, 2, QUANTITY_COLD_WATER, 0);
	put_channel(s, 160, 6, QUANTITY_COLD_WATER, INPUT);
	put_channel(s, 111, 11, QUANTITY_COLD_WATER, 160);
	put_channel(s, 115, 15, QUANTITY_COLD_WATER, 160);
	put_channel(s, 112, 12, QUANTITY_COLD_WATER, 0);
	put_channel(s, 113, 12, QUANTITY_COLD_WATER, 112);  /* a room behind the flat's meter */
	put_channel(s, 103, 2, QUANTITY_COLD_WATER, INPUT); /* a check meter behind the input */
	put_channel(s, 116, 16, QUANTITY_COLD_WATER, 103);
	struct house h = tree_of(s, QUANTITY_COLD_WATER);
	eval(&h, 0);
	assert_part(&h, 6, BALANCE_FLATS, 11 + 15, 2);
	assert_part(&h, 3, BALANCE_FLATS, 12, 1); /* without the room */
	assert_part(&h, 1, BALANCE_INPUT, 1, 1);  /* without the check meter */
	assert_part(&h, 1, BALANCE_FLATS, 60 + 12 + 16, 3);
	assert_int_equal(
		h.nodes[0].parts[BALANCE_FLATS].expected, 3 + 3); /* 13, 14, 17 have none */
	house_free(&h);
}

static void every_channel_counts_at_most_once(void **state)
{
	struct site *s = balance_house();
	(void)state;
	put_place(s, 6, 3, PLACE_RISER);
	put_channel(s, 130, 6, QUANTITY_COLD_WATER, 0);
	put_channel(s, 131, 4, QUANTITY_COLD_WATER, 130); /* an entrance behind a riser */
	struct house h = tree_of(s, QUANTITY_COLD_WATER);
	size_t seen[200] = {0};
	for (size_t i = 0; i < h.tree->item_count; i++) {
		seen[h.tree->items[i].channel]++;
		assert_true(h.tree->items[i].node < h.tree->node_count);
	}
	for (size_t i = 1; i < 200; i++) {
		assert_true(seen[i] <= 1);
	}
	for (size_t i = 1; i < h.tree->node_count; i++) {
		assert_true(h.tree->nodes[i].parent < i);
	}
	assert_int_equal(h.tree->nodes[node_of(&h, 4)].parent, node_of(&h, 6));
	house_free(&h);
}

static void hot_water_made_in_the_house_leaves_the_cold_inlet(void **state)
{
	struct site *s = balance_house();
	(void)state;
	put_parameter(s, 900, 1, "balance.cold_inlet_includes_hot", 1);
	struct house h = tree_of(s, QUANTITY_COLD_WATER);
	eval(&h, 0);
	assert_part(&h, 1, BALANCE_INPUT, 1 - (21 + 22 + 23 + 24 + 25 + 26 + 27), 8);
	house_free(&h);
	s = balance_house();
	put_parameter(s, 900, 1, "balance.cold_inlet_includes_hot", 1);
	put_channel(s, 140, 2, QUANTITY_HOT_WATER, 0);
	h = tree_of(s, QUANTITY_COLD_WATER);
	eval(&h, 0);
	assert_part(&h, 1, BALANCE_INPUT, 1 - 40, 2); /* its own meter goes before the sum */
	house_free(&h);
}

static void hot_water_nobody_measures_leaves_the_input_unknown(void **state)
{
	struct site *s = site_new();
	(void)state;
	put_places(s);
	put_channel(s, INPUT, 2, QUANTITY_COLD_WATER, 0);
	put_channel(s, 111, 11, QUANTITY_COLD_WATER, 0);
	put_parameter(s, 900, 1, "balance.cold_inlet_includes_hot", 1);
	struct house h = tree_of(s, QUANTITY_COLD_WATER);
	eval(&h, 0);
	assert_int_equal(h.nodes[0].parts[BALANCE_INPUT].expected, 2);
	assert_int_equal(h.nodes[0].parts[BALANCE_INPUT].present, 1);
	assert_int_equal(
		balance_result(&h.nodes[0], NAN, &balance_rule_default).verdict, BALANCE_UNCLEAR);
	house_free(&h);
}

static void a_flat_without_a_meter_enters_by_norm_or_is_missing(void **state)
{
	struct site *s = site_new();
	(void)state;
	put_places(s);
	put_channel(s, INPUT, 2, QUANTITY_COLD_WATER, 0);
	for (int64_t i = 3; i <= FLATS; i++) {
		put_channel(s, 110 + i, 10 + i, QUANTITY_COLD_WATER, 0);
	}
	put_parameter(s, 900, 11, "norm.cold_water", 5.4);
	put_parameter(s, 901, 12, "balance.not_connected.cold_water", 1);
	struct house h = tree_of(s, QUANTITY_COLD_WATER);
	eval(&h, 0);
	assert_part(&h, 1, BALANCE_NORM, 10.8, 1); /* two residents, a month */
	assert_part(&h, 1, BALANCE_FLATS, 13 + 14 + 15 + 16 + 17, 5);
	assert_int_equal(h.nodes[0].parts[BALANCE_FLATS].expected, 5);
	house_free(&h);
	s = balance_house();
	put_place(s, 18, 4, PLACE_FLAT);
	h = tree_of(s, QUANTITY_COLD_WATER);
	eval(&h, 0);
	assert_part(&h, 1, BALANCE_FLATS, 98, 7);
	assert_int_equal(h.nodes[0].parts[BALANCE_FLATS].expected, 8);
	house_free(&h);
}

static void the_place_knows_its_meters_better_than_the_standard(void **state)
{
	struct site *s = balance_house();
	(void)state;
	put_parameter(s, 900, 11, "accuracy.mpe_percent", 5);
	put_parameter(s, 901, 12, "accuracy.mpe_percent", 5);
	put_parameter(s, 902, 12, "accuracy.mpe_percent.cold_water", 4);
	struct house h = tree_of(s, QUANTITY_COLD_WATER);
	for (size_t i = 0; i < h.tree->item_count; i++) {
		const struct balance_item *item = &h.tree->items[i];
		double want = item->place == 11 ? 5 : item->place == 12 ? 4 : 2;
		assert_true(fabs(item->mpe_percent - want) < 1e-12);
	}
	assert_true(isnan(balance_mpe(NULL, 1, QUANTITY_GAS, 20260101)));
	house_free(&h);
}

/* 0.36 Gcal in a day at 20 K are 0.75 m3/h: half of qp, so 2.04 + 0.65 + 0.95 percent. */
static void a_heat_meter_of_known_size_is_judged_by_its_flow(void **state)
{
	struct site *s = site_new();
	(void)state;
	put_places(s);
	put_channel(s, 111, 11, QUANTITY_HEAT_ENERGY, 0);
	put_channel(s, 112, 12, QUANTITY_HEAT_ENERGY, 0);
	put_parameter(s, 900, 11, "accuracy.en1434.qp", 1.5);
	struct house h = tree_of(s, QUANTITY_HEAT_ENERGY);
	const struct balance_item *known = &h.tree->items[0];
	const struct balance_item *other = &h.tree->items[1];
	assert_true(fabs(balance_heat_mpe(&known->heat, 0.36, DAY_S) - 3.64) < 1e-9);
	assert_true(isnan(balance_heat_mpe(&known->heat, 0, DAY_S)));
	assert_true(isnan(balance_heat_mpe(&other->heat, 0.36, DAY_S)));
	assert_true(fabs(other->mpe_percent - 5) < 1e-12);
	house_free(&h);
}

static void a_house_without_the_resource_has_nothing_to_balance(void **state)
{
	struct house h = tree_of(balance_house(), QUANTITY_GAS);
	(void)state;
	assert_int_equal(h.tree->item_count, 0);
	eval(&h, 0);
	assert_int_equal(
		balance_result(&h.nodes[0], NAN, &balance_rule_default).verdict, BALANCE_NO_INPUT);
	house_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_house_is_its_input_its_flats_and_its_common_needs),
		cmocka_unit_test(an_entrance_with_a_meter_stands_for_its_flats),
		cmocka_unit_test(upstream_goes_before_the_tree_of_places),
		cmocka_unit_test(every_channel_counts_at_most_once),
		cmocka_unit_test(hot_water_made_in_the_house_leaves_the_cold_inlet),
		cmocka_unit_test(hot_water_nobody_measures_leaves_the_input_unknown),
		cmocka_unit_test(a_flat_without_a_meter_enters_by_norm_or_is_missing),
		cmocka_unit_test(the_place_knows_its_meters_better_than_the_standard),
		cmocka_unit_test(a_heat_meter_of_known_size_is_judged_by_its_flow),
		cmocka_unit_test(a_house_without_the_resource_has_nothing_to_balance),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
