/*
 * test_tariff.c - the published cases of tariffs; rates by date, group, zone and block; what is unknown
 */
#include "calc/tariff.h"
#include "decimal_test.h"

#include <string.h>

static void tou_charge(const json_t *in, const json_t *want)
{
	const char *key;
	json_t *rate;
	int64_t total = 0;
	json_object_foreach(json_object_get((json_t *)in, "rate"), key, rate)
	{
		int64_t charge = money_charge(
			member(json_object_get(in, "kwh"), key), number(rate));
		assert_int_equal(charge, amount(json_object_get(want, "charge"), key));
		total = money_add(total, charge);
	}
	assert_int_equal(total, amount(want, "total"));
}

static void two_part_heat(const json_t *in, const json_t *want)
{
	struct tariff_two_part r = tariff_charge_two_part(member(in, "load"),
		member(in, "rate_capacity"), member(in, "Q"), member(in, "rate_energy"));
	assert_int_equal(r.capacity, amount(want, "capacity"));
	assert_int_equal(r.energy, amount(want, "energy"));
	assert_int_equal(r.total, amount(want, "total"));
}

/* A tariff of two rates out of memory. */
static void two_steps(const json_t *in, struct figure figures[2], struct tariff *t)
{
	const json_t *rates = json_object_get(in, "rates");
	*t = (struct tariff){.step_count = 2};
	for (size_t i = 0; i < 2; i++) {
		figures[i] = (struct figure){.value = number(json_array_get(rates, i)), .text = ""};
		t->steps[i].figures[0] = &figures[i];
		t->steps[i].days = 0.5;
	}
}

static void check_steps(
	const json_t *want, const struct tariff *t, const struct tariff_volume *v, bool is_by_days)
{
	struct tariff_part parts[TARIFF_PARTS];
	size_t n;
	int64_t total = tariff_charge(t, v, parts, TARIFF_PARTS, &n);
	assert_int_equal(n, 2);
	assert_near(parts[0].volume, member(want, "V1"), 1e-9);
	assert_near(parts[1].volume, member(want, "V2"), 1e-9);
	assert_int_equal(parts[0].charge, amount(want, "charge1"));
	assert_int_equal(parts[1].charge, amount(want, "charge2"));
	assert_int_equal(parts[1].is_by_days, is_by_days);
	assert_int_equal(total, amount(want, "total"));
}

static void change_by_days(const json_t *in, const json_t *want)
{
	struct figure figures[2];
	struct tariff t;
	struct tariff_volume v = tariff_volume_of(member(in, "V"));
	two_steps(in, figures, &t);
	for (size_t i = 0; i < 2; i++) {
		t.steps[i].days = number(json_array_get(json_object_get(in, "days"), i)) / 30;
	}
	check_steps(want, &t, &v, true);
}

static void change_by_reading(const json_t *in, const json_t *want)
{
	struct figure figures[2];
	struct tariff t;
	double begin = member(in, "r_begin"), change = member(in, "r_change");
	double end = member(in, "r_end");
	struct tariff_volume v = tariff_volume_of(end - begin);
	v.steps[0] = change - begin;
	v.steps[1] = end - change;
	two_steps(in, figures, &t);
	check_steps(want, &t, &v, false);
}

static void vat_from_gross(const json_t *in, const json_t *want)
{
	struct tariff_vat r = tariff_vat_of_gross(amount(in, "gross"), member(in, "vat_pct"));
	assert_int_equal(r.net, amount(want, "net"));
	assert_int_equal(r.vat, amount(want, "vat"));
}

static void vat_from_net(const json_t *in, const json_t *want)
{
	struct tariff_vat r = tariff_vat_of_net(amount(in, "net"), member(in, "vat_pct"));
	assert_int_equal(r.gross, amount(want, "gross"));
	assert_int_equal(r.vat, amount(want, "vat"));
}

static void block_tariff(const json_t *in, const json_t *want)
{
	struct tariff_block blocks[TARIFF_BLOCKS];
	double volumes[TARIFF_BLOCKS];
	int64_t charges[TARIFF_BLOCKS];
	const json_t *list = json_object_get(in, "blocks"), *parts = json_object_get(want, "parts");
	size_t n = json_array_size(list);
	for (size_t i = 0; i < n; i++) {
		const json_t *limit = json_array_get(json_array_get(list, i), 0);
		blocks[i].limit = json_is_null(limit) ? INFINITY : number(limit);
		blocks[i].rate = number(json_array_get(json_array_get(list, i), 1));
	}
	assert_int_equal(tariff_charge_blocks(member(in, "kwh"), blocks, n, 1, volumes, charges),
		amount(want, "total"));
	for (size_t i = 0; i < n; i++) {
		const json_t *part = json_array_get(parts, i);
		double volume = part ? number(json_array_get(part, 0)) : 0;
		assert_near(volumes[i], volume, 1e-9);
		assert_int_equal(charges[i], part ? money_of(number(json_array_get(part, 1))) : 0);
	}
}

static void every_published_case_of_money_comes_out(void **state)
{
	(void)state;
	static const struct {
		const char *op;
		void (*run)(const json_t *in, const json_t *want);
	} runs[] = {{"tou_charge", tou_charge}, {"two_part_heat", two_part_heat},
		{"tariff_change_by_days", change_by_days},
		{"tariff_change_by_reading", change_by_reading}, {"vat_from_gross", vat_from_gross},
		{"vat_from_net", vat_from_net}, {"block_tariff", block_tariff}};
	const char *path = vector_path("calc/tariffs.json");
	size_t i, done = 0, zones = 0;
	json_t *one;
	NEED_VECTORS(path);
	json_t *file = json_load_file(path, 0, NULL);
	assert_non_null(file);
	json_array_foreach(json_object_get(file, "cases"), i, one)
	{
		const char *op = json_string_value(json_object_get(one, "op"));
		zones += strcmp(op, "tou_day") == 0; /* these are run by test_zones */
		for (size_t k = 0; k < sizeof(runs) / sizeof(runs[0]); k++) {
			if (strcmp(op, runs[k].op) == 0) {
				runs[k].run(json_object_get(one, "input"),
					json_object_get(one, "expect"));
				done++;
			}
		}
	}
	assert_int_equal(done + zones, json_array_size(json_object_get(file, "cases")));
	json_decref(file);
}

/* ---- rates in force ---- */

static const char rates_text[] =
	"figures:\n"
	"  - code: tariff.cold_water\n    title: t\n    title_ru: t\n    unit: currency/m3\n    values:\n"
	"      - {valid_from: 2026-01-01, value: 43.27, source: s}\n"
	"      - {valid_from: 2026-10-12, value: 48.90, source: s}\n"
	"  - code: tariff.cold_water.office\n    title: t\n    title_ru: t\n    unit: currency/m3\n    values:\n"
	"      - {valid_from: 2026-01-01, value: 90, source: s}\n"
	"  - code: tariff.electricity.day\n    title: t\n    title_ru: t\n    unit: currency/kWh\n    values:\n"
	"      - {valid_from: 2026-01-01, value: 6, source: s}\n"
	"  - code: tariff.electricity.night\n    title: t\n    title_ru: t\n    unit: currency/kWh\n    values:\n"
	"      - {valid_from: 2026-01-01, value: 2, source: s}\n"
	"  - code: tariff.gas\n    title: t\n    title_ru: t\n    unit: currency/m3\n    values:\n"
	"      - valid_from: 2026-01-01\n        source: s\n        text: |\n"
	"          limit rate\n          100 5\n          - 8\n";

static struct figures *rates(void)
{
	struct figures *f = NULL;
	struct diag d = {0};
	struct slice text = {(const uint8_t *)rates_text, sizeof(rates_text) - 1};
	enum err e = figures_parse("rates", text, NULL, &f, &d);
	if (e) {
		fail_msg("%s", d.text);
	}
	return f;
}

#define OCTOBER_5 INT64_C(1791158400) /* 2026 */
static const struct calendar utc = {.report_day = 1};

static struct tariff october(const struct figures *f, const struct tariff_name *name)
{
	struct tariff t;
	tariff_read(f, 0, name, &utc, period_of(&utc, PERIOD_MONTH, OCTOBER_5), &t);
	return t;
}

static void a_rate_that_changes_inside_a_month_divides_it_at_that_day(void **state)
{
	(void)state;
	struct figures *f = rates();
	struct tariff t = october(f, &(struct tariff_name){.service = "cold_water"});
	assert_int_equal(t.step_count, 2);
	assert_int_equal(t.steps[1].from_date, 20261012);
	assert_near(t.steps[0].days, 11.0 / 31, 1e-12);
	assert_near(t.steps[1].days, 20.0 / 31, 1e-12);
	assert_true(tariff_is_known(&t));
	figures_free(f);
}

static void a_group_has_its_own_rate_or_the_general_one(void **state)
{
	(void)state;
	struct figures *f = rates();
	struct tariff t = october(
		f, &(struct tariff_name){.service = "cold_water", .group = "office"});
	assert_int_equal(t.step_count, 1);
	assert_near(t.steps[0].figures[0]->value, 90, 0);
	t = october(f, &(struct tariff_name){.service = "cold_water", .group = "school"});
	assert_near(t.steps[0].figures[0]->value, 43.27, 0);
	figures_free(f);
}

static void zones_are_charged_each_by_its_rate(void **state)
{
	(void)state;
	struct figures *f = rates();
	struct tariff t = october(
		f, &(struct tariff_name){.service = "electricity", .zones = {"day", "night"}});
	struct tariff_volume v = tariff_volume_of(30);
	struct tariff_part parts[TARIFF_PARTS];
	size_t n;
	v.zones[0] = 20;
	v.zones[1] = 10;
	assert_int_equal(t.zone_count, 2);
	/* 20 at 6 and 10 at 2 */
	assert_int_equal(tariff_charge(&t, &v, parts, TARIFF_PARTS, &n), 14000);
	assert_int_equal(n, 2);
	figures_free(f);
}

static void an_unknown_zone_or_rate_makes_the_charge_unknown_not_smaller(void **state)
{
	(void)state;
	struct figures *f = rates();
	struct tariff_part parts[TARIFF_PARTS];
	size_t n;
	struct tariff t = october(
		f, &(struct tariff_name){.service = "electricity", .zones = {"day", "night"}});
	struct tariff_volume v = tariff_volume_of(30);
	v.zones[0] = 20;
	assert_true(tariff_charge(&t, &v, parts, TARIFF_PARTS, &n) == MONEY_NONE);
	t = october(f, &(struct tariff_name){.service = "sewer"});
	assert_false(tariff_is_known(&t));
	v = tariff_volume_of(1);
	assert_true(tariff_charge(&t, &v, parts, TARIFF_PARTS, &n) == MONEY_NONE);
	figures_free(f);
}

static void blocks_are_a_table_and_their_limits_follow_the_days(void **state)
{
	(void)state;
	struct figures *f = rates();
	struct tariff t = october(f, &(struct tariff_name){.service = "gas"});
	struct tariff_volume v = tariff_volume_of(150);
	struct tariff_block blocks[TARIFF_BLOCKS];
	struct tariff_part parts[TARIFF_PARTS];
	double volumes[TARIFF_BLOCKS];
	int64_t charges[TARIFF_BLOCKS];
	size_t n;
	/* 100 at 5, 50 at 8 */
	assert_int_equal(tariff_charge(&t, &v, parts, TARIFF_PARTS, &n), 90000);
	assert_int_equal(tariff_blocks(t.steps[0].figures[0], blocks, TARIFF_BLOCKS), 2);
	/* half a month: 50 at 5, 100 at 8 */
	assert_int_equal(tariff_charge_blocks(150, blocks, 2, 0.5, volumes, charges), 105000);
	figures_free(f);
}

static void a_negative_correction_rounds_away_from_zero_and_keeps_its_vat(void **state)
{
	(void)state;
	/* -10.00 at 22 %: net 8.1967.. */
	struct tariff_vat r = tariff_vat_of_gross(-1000, 22);
	assert_int_equal(r.net, -820);
	assert_int_equal(r.vat, -180);
	for (int64_t gross = -5000; gross < 5000; gross += 7) {
		r = tariff_vat_of_gross(gross, 22);
		assert_int_equal(r.net + r.vat, gross);
	}
}

static void volumes_divided_by_days_sum_to_the_whole(void **state)
{
	(void)state;
	static const double days[] = {11, 7, 13};
	for (int i = 1; i < 400; i++) {
		double volumes[3], whole = round_decimal(i * 0.037, 3);
		tariff_split_days(whole, days, 3, volumes);
		assert_near(volumes[0] + volumes[1] + volumes[2], whole, 1e-9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_case_of_money_comes_out),
		cmocka_unit_test(a_rate_that_changes_inside_a_month_divides_it_at_that_day),
		cmocka_unit_test(a_group_has_its_own_rate_or_the_general_one),
		cmocka_unit_test(zones_are_charged_each_by_its_rate),
		cmocka_unit_test(an_unknown_zone_or_rate_makes_the_charge_unknown_not_smaller),
		cmocka_unit_test(blocks_are_a_table_and_their_limits_follow_the_days),
		cmocka_unit_test(a_negative_correction_rounds_away_from_zero_and_keeps_its_vat),
		cmocka_unit_test(volumes_divided_by_days_sum_to_the_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
