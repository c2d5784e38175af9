/*
 * test_apportion.c - the house of four flats with every intermediate value, in numbers and in words;
 * what must hold for any house; what is unknown
 */
#include "calc/apportion.h"
#include "decimal_test.h"

#include <string.h>

#define FLATS 4
#define DATE  20261001

static const char *const names[FLATS] = {"F1", "F2", "F3", "F4"};

/* A house on the table: what cases change before they run it. */
struct bench {
	json_t *file;
	const json_t *building, *cases;
	struct figures *figures;
	struct apportion_rules *rules;
	struct charge_house house;
	struct charge_flat flats[FLATS];
	struct figure rates[CHARGE_SERVICE_COUNT];
	struct tariff tariffs[CHARGE_SERVICE_COUNT];
	struct charge_result *result;
};

static void rate(struct bench *b, enum charge_service s, double value)
{
	b->rates[s] = (struct figure){.value = value, .text = ""};
	b->tariffs[s] = (struct tariff){.step_count = 1};
	b->tariffs[s].steps[0].figures[0] = &b->rates[s];
	b->tariffs[s].steps[0].days = 1;
	for (size_t i = 0; i < FLATS; i++) {
		b->flats[i].tariffs[s] = &b->tariffs[s];
	}
}

static void meter(struct charge_meter *m, double volume)
{
	m->is_fitted = true;
	m->volume = volume;
	m->quality = quality_make(QUALITY_MEASURED, SOURCE_METER, 0);
	m->completeness = 1;
}

static double norm_of(const struct bench *b, const char *key)
{
	return member(json_object_get(b->building, "norms"), key);
}

static double odpu(const struct bench *b, const char *key)
{
	return member(json_object_get(b->building, "odpu"), key);
}

static double tariff_of(const struct bench *b, const char *key)
{
	return member(json_object_get(b->building, "tariffs"), key);
}

static const json_t *flat_of(const struct bench *b, size_t i)
{
	return json_array_get(json_object_get(b->file, "flats"), i);
}

static void make_flats(struct bench *b)
{
	for (size_t i = 0; i < FLATS; i++) {
		charge_flat_init(&b->flats[i], (int64_t)i + 1);
		b->flats[i].area = member(flat_of(b, i), "S");
		b->flats[i].people = member(flat_of(b, i), "n");
		b->flats[i].norms[CHARGE_HEAT] = norm_of(b, "heat");
		b->flats[i].norms[CHARGE_COLD_WATER] = norm_of(b, "cw");
		b->flats[i].norms[CHARGE_HOT_WATER] = norm_of(b, "hw");
	}
}

/* Meters of a service where the file has a volume. */
static void meters(struct bench *b, enum charge_service s, const char *key)
{
	for (size_t i = 0; i < FLATS; i++) {
		const json_t *v = json_object_get(flat_of(b, i), key);
		if (!json_is_null(v)) {
			meter(&b->flats[i].meters[s], number(v));
		}
	}
}

static int setup(void **state)
{
	static struct bench bench;
	struct bench *b = &bench;
	struct diag d = {0};
	const char *path = vector_path("calc/apportion_354.json");
	memset(b, 0, sizeof(*b));
	*state = b;
	if (figures_load(NULL, &b->figures, &d) ||
		apportion_rules_make(b->figures, 0, DATE, &b->rules, &d)) {
		(void)fprintf(stderr, "%s\n", d.text);
		return -1;
	}
	charge_house_init(&b->house);
	charge_house_rules(&b->house, b->figures, 0, DATE);
	b->file = path ? json_load_file(path, 0, NULL) : NULL;
	if (b->file) {
		b->building = json_object_get(b->file, "building");
		b->cases = json_object_get(b->file, "cases");
		b->house.common_area = member(b->building, "S_oi");
		make_flats(b);
	}
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	charge_result_free(b->result);
	apportion_rules_free(b->rules);
	figures_free(b->figures);
	json_decref(b->file);
	return 0;
}

#define NEED_BENCH(b)                    \
	struct bench *b = *state;        \
	if (!(b)->file) {                \
		const char *none = NULL; \
		NEED_VECTORS(none);      \
		return;                  \
	}

static void run(struct bench *b)
{
	charge_result_free(b->result);
	b->result = NULL;
	assert_int_equal(apportion_run(b->rules, &b->house, b->flats, FLATS, &b->result), ERR_OK);
}

static const struct charge_line *line_of(
	const struct bench *b, size_t flat, enum charge_service s, enum charge_part part)
{
	const struct charge_bill *bill = &b->result->bills[flat];
	for (size_t i = 0; i < bill->count; i++) {
		const struct charge_line *line = &b->result->lines[bill->first + i];
		if (line->service == s && line->part == part) {
			return line;
		}
	}
	fail_msg("%s has no such line", names[flat]);
	return NULL;
}

static bool has_warning(const struct bench *b, enum charge_fault fault)
{
	for (size_t i = 0; i < b->result->warning_count; i++) {
		if (b->result->warnings[i].fault == fault) {
			return true;
		}
	}
	return false;
}

/* The text must hold a number to `decimals` places, in the manner of the language. */
static void assert_tells(
	const struct bench *b, const struct charge_line *line, double v, int decimals)
{
	for (int lang = LANG_EN; lang <= LANG_RU; lang++) {
		struct buf text;
		char wanted[64];
		(void)snprintf(
			wanted, sizeof(wanted), "%.*f", decimals, fabs(round_decimal(v, decimals)));
		char *point = strchr(wanted, '.');
		if (point && lang == LANG_RU) {
			*point = ',';
		}
		buf_init(&text, 65536);
		apportion_explain(b->rules, line, (enum lang)lang, &text);
		if (!strstr(buf_cstr(&text), wanted)) {
			fail_msg("'%s' is not in: %s", wanted, buf_cstr(&text));
		}
		buf_fini(&text);
	}
}

/* Thousands stand apart in money: look for the hundredths with what is before them. */
static void assert_tells_money(const struct bench *b, const struct charge_line *line)
{
	int64_t below = line->charge % 100000;
	assert_tells(b, line, (double)below / 100, 2);
}

static const json_t *of_flat(const json_t *one, const char *key, size_t i)
{
	return json_object_get(json_object_get(one, key), names[i]);
}

/* ---- heating ---- */

static void check_heat_flat(const struct bench *b, const json_t *one, size_t i)
{
	const struct charge_line *line = line_of(b, i, CHARGE_HEAT, CHARGE_WHOLE);
	assert_near(line->individual, number(of_flat(one, "V_i", i)), 6e-10);
	assert_near(line->common, number(of_flat(one, "V_common_i", i)), 6e-10);
	assert_near(line->volume, number(of_flat(one, "V_total_i", i)), 6e-10);
	assert_int_equal(line->charge, money_of(number(of_flat(one, "charge_i", i))));
	assert_tells(b, line, line->individual, 6);
	assert_tells(b, line, line->common, 6);
	assert_tells(b, line, line->volume, 6);
	assert_tells(b, line, member(one, "V_common"), 6);
	assert_tells(b, line, member(one, "sum_V"), 6);
	assert_tells(b, line, b->flats[i].area, 1);
	assert_tells(b, line, 183.54, 2); /* 2 183,54 */
	assert_tells_money(b, line);
}

static void check_heat(struct bench *b, const char *name)
{
	const json_t *one = json_object_get(b->cases, name);
	run(b);
	const struct charge_total *t = &b->result->totals[CHARGE_HEAT];
	for (size_t i = 0; i < FLATS; i++) {
		check_heat_flat(b, one, i);
	}
	assert_near(t->individual, member(one, "sum_V"), 6e-10);
	assert_near(t->rest, member(one, "V_common"), 6e-10);
	/* the identity: what is charged is what was supplied */
	assert_near(t->volume, odpu(b, "heat"), 1e-9);
	/* 4.6 at 2183.54 is 10044.284 */
	if (json_object_get(one, "sum_charge")) {
		assert_int_equal(t->charge, amount(one, "sum_charge"));
		assert_int_equal(t->rounding, 1004428 - t->charge);
	}
	assert_int_equal(b->result->warning_count, 0);
}

static void heat(struct bench *b, bool is_metered)
{
	meter(&b->house.common[CHARGE_HEAT], odpu(b, "heat"));
	rate(b, CHARGE_HEAT, tariff_of(b, "heat"));
	if (is_metered) {
		meters(b, CHARGE_HEAT, "q");
	}
}

static void a_house_without_meters_is_heated_by_area(void **state)
{
	NEED_BENCH(b)
	heat(b, false);
	check_heat(b, "heat_A_no_ipu_f3");
	assert_int_equal(b->result->totals[CHARGE_HEAT].role, APPORTION_COMMON);
	const struct charge_line *line = line_of(b, 0, CHARGE_HEAT, CHARGE_WHOLE);
	assert_near(line->vars[APPORTION_S_OB] - line->vars[APPORTION_S_IND] +
			    line->vars[APPORTION_S_OI],
		member(json_object_get(b->cases, "heat_A_no_ipu_f3"), "denominator"), 1e-9);
}

static void a_flat_with_a_boiler_pays_the_common_part_only(void **state)
{
	NEED_BENCH(b)
	heat(b, false);
	b->flats[2].has_own_heat = true;
	check_heat(b, "heat_A2_individual_boiler");
	const struct charge_line *line = line_of(b, 2, CHARGE_HEAT, CHARGE_WHOLE);
	const json_t *one = json_object_get(b->cases, "heat_A2_individual_boiler");
	assert_int_equal(line->basis, CHARGE_OWN_HEAT);
	assert_near(line->vars[APPORTION_S_IND], member(one, "S_ind"), 0);
	assert_near(line->vars[APPORTION_S_OB] - line->vars[APPORTION_S_IND] +
			    line->vars[APPORTION_S_OI],
		member(one, "denominator"), 1e-9);
}

static void a_flat_without_a_meter_follows_those_that_have_one(void **state)
{
	NEED_BENCH(b)
	const json_t *one = json_object_get(b->cases, "heat_B_mixed_f31");
	heat(b, true);
	check_heat(b, "heat_B_mixed_f31");
	assert_int_equal(b->result->totals[CHARGE_HEAT].role, APPORTION_COMMON_MIXED);
	const struct charge_line *line = line_of(b, 2, CHARGE_HEAT, CHARGE_WHOLE);
	assert_near(line->vars[APPORTION_V_R], member(one, "sum_Vr"), 1e-12);
	assert_near(line->vars[APPORTION_S_R], member(one, "sum_Sr"), 1e-12);
	assert_near(line->vars[APPORTION_V_R] / line->vars[APPORTION_S_R], member(one, "specific"),
		6e-10);
	assert_tells(b, line, member(one, "sum_Vr"), 6);
	assert_tells(b, line, member(one, "sum_Sr"), 1);
}

static void a_house_with_all_meters_shares_the_rest_by_area(void **state)
{
	NEED_BENCH(b)
	heat(b, true);
	meter(&b->flats[2].meters[CHARGE_HEAT], 0.640);
	check_heat(b, "heat_C_all_ipu_f33");
	assert_int_equal(b->result->totals[CHARGE_HEAT].role, APPORTION_COMMON_METERED);
}

static void a_negative_common_part_is_flagged_and_taken_off(void **state)
{
	NEED_BENCH(b)
	const json_t *one = json_object_get(b->cases, "heat_D_negative_common");
	heat(b, true);
	meter(&b->flats[2].meters[CHARGE_HEAT], 0.640);
	meter(&b->house.common[CHARGE_HEAT], member(one, "V_d"));
	run(b);
	const struct charge_total *t = &b->result->totals[CHARGE_HEAT];
	assert_near(t->individual, member(one, "sum_V"), 1e-12);
	assert_near(t->rest, member(one, "V_common"), 1e-12);
	for (size_t i = 0; i < FLATS; i++) {
		const struct charge_line *line = line_of(b, i, CHARGE_HEAT, CHARGE_WHOLE);
		assert_near(line->common, number(of_flat(one, "reduction_i", i)), 6e-10);
		assert_near(line->volume, number(of_flat(one, "V_total_i", i)), 6e-10);
		assert_tells(b, line, line->common, 6);
		assert_tells(b, line, line->volume, 6);
		assert_tells(b, line, t->rest, 6);
	}
	assert_near(t->volume, member(one, "V_d"), 1e-12);
	assert_true(has_warning(b, CHARGE_NEGATIVE_COMMON));
	assert_int_equal(b->result->warning_count, 1);
}

static void a_reduction_takes_no_flat_below_zero(void **state)
{
	NEED_BENCH(b)
	heat(b, true);
	meter(&b->flats[2].meters[CHARGE_HEAT], 0.010);
	meter(&b->house.common[CHARGE_HEAT], 2.0);
	run(b);
	const struct charge_total *t = &b->result->totals[CHARGE_HEAT];
	for (size_t i = 0; i < FLATS; i++) {
		assert_true(line_of(b, i, CHARGE_HEAT, CHARGE_WHOLE)->volume >= 0);
	}
	assert_near(line_of(b, 2, CHARGE_HEAT, CHARGE_WHOLE)->volume, 0, 0);
	assert_near(t->volume, 2.0, 1e-12);
	/* the others take what it could not, by area: -1.101 + 0.010 over 50.0 + 65.5 + 72.2 */
	assert_near(line_of(b, 0, CHARGE_HEAT, CHARGE_WHOLE)->common, -1.091 * 50.0 / 187.7, 1e-12);
}

static void allocators_move_money_between_premises_and_make_none(void **state)
{
	NEED_BENCH(b)
	const json_t *one = json_object_get(b->cases, "heat_E_allocators_f6");
	static const size_t equipped[] = {0, 1, 3};
	struct allocated_flat flats[3] = {0};
	int64_t paid = 0, sum = 0, rounded = 0;
	double area = 0, units = 0;
	enum allocated_way way;
	for (size_t k = 0; k < 3; k++) {
		size_t i = equipped[k], j;
		json_t *v;
		flats[k].area = b->flats[i].area;
		flats[k].paid = money_of(number(of_flat(one, "provisional", i)));
		/* by formula 3 over the year: Q S_i / S_ob at the tariff */
		assert_int_equal(flats[k].paid, money_charge(member(one, "Q_year") * flats[k].area /
								     member(b->building, "S_ob"),
							tariff_of(b, "heat")));
		json_array_foreach(of_flat(one, "readings", i), j, v)
		{
			flats[k].readings[flats[k].count++] = number(v);
		}
		paid += flats[k].paid;
		area += flats[k].area;
	}
	assert_near(area / 230.0 * 100, member(one, "share_equipped_pct"), 5e-5);
	assert_int_equal(paid, amount(one, "P_kp"));
	assert_int_equal(apportion_allocators(b->rules, flats, 3, 230.0, 0.5, 0.25, &way), ERR_OK);
	assert_int_equal(way, ALLOCATED_BY_READINGS);
	for (size_t k = 0; k < 3; k++) {
		int64_t alone = money_of(round_decimal(flats[k].final, 6)) - flats[k].paid;
		assert_near(flats[k].final, number(of_flat(one, "final", equipped[k])), 6e-5);
		assert_int_equal(alone, money_of(number(of_flat(one, "correction", equipped[k]))));
		units += flats[k].units;
		rounded += alone;
		sum += flats[k].correction;
		/* the vectors round each by itself and are left with 0.01; ours sum to nothing */
		assert_true(llabs(flats[k].correction - alone) <= 1);
	}
	assert_near(units, member(one, "sum_readings"), 1e-9);
	assert_int_equal(rounded, amount(one, "sum_correction"));
	assert_int_equal(sum, 0);
}

static void an_even_payment_is_put_right_once_a_year(void **state)
{
	NEED_BENCH(b)
	const json_t *one = json_object_get(b->cases, "heat_F_equal_payments");
	heat(b, false);
	b->house.is_heat_evenly = true;
	b->house.heat_last_year = 27.600;
	run(b);
	for (size_t i = 0; i < FLATS; i++) {
		const struct charge_line *line = line_of(b, i, CHARGE_HEAT, CHARGE_WHOLE);
		int64_t months[12], fact = money_of(number(of_flat(one, "year_fact", i)));
		assert_near(line->volume, number(of_flat(one, "month_volume", i)), 1e-12);
		assert_near(
			line->volume / b->flats[i].area, member(one, "V_T_month_per_m2"), 1e-12);
		assert_int_equal(line->charge, money_of(number(of_flat(one, "month_charge", i))));
		assert_tells(b, line, line->volume, 6);
		for (size_t k = 0; k < 12; k++) {
			months[k] = line->charge;
		}
		/* 28.500 Gcal by formula 3 with no meters is Q S_i / S_ob */
		assert_int_equal(fact,
			money_charge(28.500 * b->flats[i].area / 230.0, tariff_of(b, "heat")));
		assert_int_equal(apportion_year_correction(fact, months, 12),
			money_of(number(of_flat(one, "correction", i))));
	}
}

static void without_a_common_meter_the_norm_is_charged(void **state)
{
	NEED_BENCH(b)
	const json_t *one = json_object_get(b->cases, "heat_G_norm");
	rate(b, CHARGE_HEAT, tariff_of(b, "heat"));
	run(b);
	for (size_t i = 0; i < FLATS; i++) {
		const struct charge_line *line = line_of(b, i, CHARGE_HEAT, CHARGE_WHOLE);
		assert_int_equal(line->charge, money_of(number(of_flat(one, "season", i))));
		assert_int_equal(quality_class(line->quality), QUALITY_SUBSTITUTED);
		assert_tells_money(b, line);
	}
	b->house.heating_share = 7.0 / 12;
	run(b);
	for (size_t i = 0; i < FLATS; i++) {
		assert_int_equal(line_of(b, i, CHARGE_HEAT, CHARGE_WHOLE)->charge,
			money_of(number(of_flat(one, "evenly", i))));
	}
}

/* ---- water, sewerage, electricity ---- */

static void services(struct bench *b)
{
	static const struct {
		enum charge_service service;
		const char *meter, *tariff, *norm;
	} each[] = {{CHARGE_COLD_WATER, "cw", "cw", "cw_odn"},
		{CHARGE_HOT_WATER, "hw", "hw_cw", "hw_odn"},
		{CHARGE_ELECTRICITY, "ee", "ee", "ee_odn"}};
	for (size_t i = 0; i < 3; i++) {
		enum charge_service s = each[i].service;
		meter(&b->house.common[s], odpu(b, each[i].meter));
		meters(b, s, each[i].meter);
		rate(b, s, tariff_of(b, each[i].tariff));
		b->house.common_norms[s] = norm_of(b, each[i].norm);
	}
	rate(b, CHARGE_HOT_WATER_HEAT, tariff_of(b, "heat"));
	b->house.water_heat = norm_of(b, "q_hw");
	rate(b, CHARGE_SEWER, tariff_of(b, "sew"));
}

static void check_common(
	const struct bench *b, const json_t *one, enum charge_service s, const char *charges)
{
	const struct charge_total *t = &b->result->totals[s];
	double full = 0;
	assert_near(t->supplied, member(one, "V_d"), 0);
	assert_near(t->individual, member(one, "sum_V"), 1e-9);
	assert_near(t->rest, member(one, "V_common"), 1e-9);
	assert_near(t->cap, member(one, "norm_cap"), 1e-9);
	assert_near(t->common, member(one, "norm_cap"), 1e-9);
	for (size_t i = 0; i < FLATS; i++) {
		const struct charge_line *line = line_of(b, i, s, CHARGE_COMMON);
		double want = number(of_flat(one, "V_common_i_full", i));
		assert_near(line->common_full, want, 6e-7);
		assert_near(line->common, number(of_flat(one, "V_common_i_capped", i)), 6e-7);
		assert_int_equal(line->charge, money_of(number(of_flat(one, charges, i))));
		assert_tells(b, line, want, 6);
		assert_tells(b, line, line->common, 6);
		assert_tells(b, line, t->cap, 6);
		assert_tells(b, line, t->rest, 6);
		assert_tells(b, line, t->individual, 6);
		assert_tells(b, line, t->supplied, 6);
		assert_tells_money(b, line);
		full += line->common_full;
	}
	assert_near(full + t->individual, t->supplied, 1e-9);
}

static void check_water(const struct bench *b, const char *name, enum charge_service s)
{
	const json_t *one = json_object_get(b->cases, name);
	int64_t sum = 0, sum_common = 0;
	check_common(b, one, s, "charge_common_i");
	assert_near(b->result->totals[s].common, member(one, "V_common_charged"), 1e-9);
	for (size_t i = 0; i < FLATS; i++) {
		const struct charge_line *line = line_of(b, i, s, CHARGE_INDIVIDUAL);
		assert_near(line->individual, number(of_flat(one, "V_i", i)), 1e-9);
		assert_int_equal(line->charge, money_of(number(of_flat(one, "charge_i", i))));
		assert_tells(b, line, line->individual, 6);
		assert_tells(b, line, member(one, "tariff"), 2);
		assert_tells_money(b, line);
		sum += line->charge;
		sum_common += line_of(b, i, s, CHARGE_COMMON)->charge;
	}
	assert_int_equal(sum, amount(one, "sum_charge"));
	assert_int_equal(sum_common, amount(one, "sum_charge_common"));
}

static void water_is_by_meter_or_norm_and_its_common_part_is_capped(void **state)
{
	NEED_BENCH(b)
	services(b);
	run(b);
	check_water(b, "cold_water", CHARGE_COLD_WATER);
	check_water(b, "hot_water_volume", CHARGE_HOT_WATER);
	assert_int_equal(
		line_of(b, 0, CHARGE_COLD_WATER, CHARGE_INDIVIDUAL)->basis, CHARGE_BY_METER);
	assert_int_equal(
		line_of(b, 2, CHARGE_COLD_WATER, CHARGE_INDIVIDUAL)->basis, CHARGE_BY_NORM);
}

static void hot_water_has_a_price_for_water_and_one_for_heat(void **state)
{
	NEED_BENCH(b)
	const json_t *one = json_object_get(b->cases, "hot_water_two_component");
	services(b);
	run(b);
	for (size_t i = 0; i < FLATS; i++) {
		const struct charge_line *water = line_of(
			b, i, CHARGE_HOT_WATER, CHARGE_INDIVIDUAL);
		const struct charge_line *line = line_of(
			b, i, CHARGE_HOT_WATER_HEAT, CHARGE_INDIVIDUAL);
		assert_near(line->volume, number(of_flat(one, "heat_i", i)), 1e-9);
		assert_int_equal(water->charge, money_of(number(of_flat(one, "charge_water", i))));
		assert_int_equal(line->charge, money_of(number(of_flat(one, "charge_heat", i))));
		assert_int_equal(
			water->charge + line->charge, money_of(number(of_flat(one, "total", i))));
		assert_tells(b, line, line->volume, 6);
		assert_tells(b, line, 0.0603, 4);
		assert_tells_money(b, line);
	}
}

static void sewerage_follows_the_water_of_the_flat(void **state)
{
	NEED_BENCH(b)
	const json_t *one = json_object_get(b->cases, "sewer");
	services(b);
	run(b);
	for (size_t i = 0; i < FLATS; i++) {
		const struct charge_line *line = line_of(b, i, CHARGE_SEWER, CHARGE_INDIVIDUAL);
		assert_near(line->volume, number(of_flat(one, "V_i", i)), 1e-9);
		assert_int_equal(line->charge, money_of(number(of_flat(one, "charge_i", i))));
		assert_tells(b, line, line->volume, 6);
		assert_tells_money(b, line);
	}
}

static void electricity_is_by_meter_and_its_common_part_is_capped(void **state)
{
	NEED_BENCH(b)
	const json_t *one = json_object_get(b->cases, "electricity");
	services(b);
	run(b);
	check_common(b, one, CHARGE_ELECTRICITY, "charge_common_capped_i");
	for (size_t i = 0; i < FLATS; i++) {
		const struct charge_line *line = line_of(
			b, i, CHARGE_ELECTRICITY, CHARGE_INDIVIDUAL);
		assert_int_equal(line->charge, money_of(number(of_flat(one, "charge_i", i))));
		assert_tells_money(b, line);
	}
}

static void who_could_have_a_meter_pays_more_than_the_norm(void **state)
{
	NEED_BENCH(b)
	const json_t *one = json_object_get(b->cases, "norm_raising_coefficient");
	services(b);
	b->flats[2].is_raised[CHARGE_COLD_WATER] = true;
	run(b);
	const struct charge_line *norm = line_of(b, 2, CHARGE_COLD_WATER, CHARGE_INDIVIDUAL);
	const struct charge_line *line = line_of(b, 2, CHARGE_COLD_WATER, CHARGE_RAISE);
	assert_near(norm->volume + line->volume, member(one, "cw"), 1e-12);
	assert_int_equal(line->charge, amount(one, "extra_charge"));
	assert_tells(b, line, line->volume, 6);
	assert_tells_money(b, line);
	/* it is money, no water: the house's sum is what it was */
	assert_near(b->result->totals[CHARGE_COLD_WATER].individual, 32.9, 1e-9);
}

static void a_bill_is_the_sum_of_its_lines(void **state)
{
	NEED_BENCH(b)
	const json_t *one = json_object_get(b->cases, "bill_total_without_common_water_ee");
	services(b);
	heat(b, true);
	b->house.common_modes[CHARGE_COLD_WATER] = CHARGE_COMMON_OFF;
	b->house.common_modes[CHARGE_HOT_WATER] = CHARGE_COMMON_OFF;
	b->house.common_modes[CHARGE_ELECTRICITY] = CHARGE_COMMON_OFF;
	run(b);
	for (size_t i = 0; i < FLATS; i++) {
		assert_int_equal(b->result->bills[i].total, amount(one, names[i]));
		assert_int_equal(b->result->bills[i].known, amount(one, names[i]));
	}
	assert_int_equal(b->result->warning_count, 0);
}

/* ---- readings that are missing, rounding, allocators ---- */

static void a_meter_without_readings_has_three_months_of_its_average_then_the_norm(void **state)
{
	NEED_BENCH(b)
	const json_t *one = json_object_get(b->cases, "missing_reading_p59");
	struct charge_meter *m = &b->flats[0].meters[CHARGE_COLD_WATER];
	size_t i;
	json_t *v;
	services(b);
	m->volume = NAN;
	m->quality = quality_make(QUALITY_MISSING, SOURCE_NONE, 0);
	json_array_foreach(json_object_get(one, "months"), i, v)
	{
		m->history[i] = number(v);
	}
	for (m->unread_months = 1; m->unread_months <= 4; m->unread_months++) {
		run(b);
		const struct charge_line *line = line_of(
			b, 0, CHARGE_COLD_WATER, CHARGE_INDIVIDUAL);
		bool is_average = m->unread_months <= 3;
		/* two persons at 4.5 */
		assert_near(line->volume, is_average ? member(one, "avg") : 9, 6e-7);
		assert_int_equal(
			line->basis, is_average ? CHARGE_BY_AVERAGE : CHARGE_BY_NORM_UNREAD);
		assert_int_equal(quality_class(line->quality),
			is_average ? QUALITY_ESTIMATED : QUALITY_SUBSTITUTED);
		assert_int_equal(line->unread_months, m->unread_months);
		assert_true(has_warning(b, CHARGE_METER_UNREAD));
		assert_tells(b, line, line->volume, 6);
	}
}

/* A total by weights, against what is published; `shares` and `half_up` may be absent. */
static void check_split(const struct bench *b, const char *name, const double *weights, size_t n)
{
	const json_t *one = json_object_get(b->cases, name);
	const json_t *shares = json_object_get(one, "shares");
	const json_t *half_up = json_object_get(one, "half_up");
	double total = member(one, "total"), all = 0;
	int64_t parts[FLATS], sum = 0, sum_half_up = 0;
	for (size_t i = 0; i < n; i++) {
		all += weights[i];
	}
	money_split(money_of(total), weights, n, parts);
	for (size_t i = 0; i < n; i++) {
		double share = total * weights[i] / all;
		int64_t alone = money_of(share);
		const json_t *want = json_array_get(json_object_get(one, "largest_remainder"), i);
		assert_int_equal(parts[i], money_of(number(want)));
		if (shares) {
			assert_near(share, number(json_array_get(shares, i)), 6e-7);
			assert_int_equal(alone, money_of(number(json_array_get(half_up, i))));
		}
		sum += parts[i];
		sum_half_up += alone;
	}
	assert_int_equal(sum, money_of(total));
	assert_int_equal(sum_half_up, amount(one, "half_up_sum"));
}

static void rounding_follows_the_vectors(void **state)
{
	NEED_BENCH(b)
	const json_t *modes = json_object_get(b->cases, "rounding_modes");
	/* the shares of the file are these areas' and printed to six places; F3 and F4 tie exactly */
	static const double areas[] = {50.0, 65.5, 42.3, 72.2}, thirds[] = {1, 1, 1};
	check_split(b, "rounding_largest_remainder", areas, 4);
	check_split(b, "rounding_thirds", thirds, 3);
	/* half_even is there for comparison; we round half away from zero */
	for (size_t i = 0; i < json_array_size(json_object_get(modes, "values")); i++) {
		double v = number(json_array_get(json_object_get(modes, "values"), i));
		double want = number(json_array_get(json_object_get(modes, "half_up"), i));
		assert_int_equal(money_of(v), money_of(want));
	}
}

static void allocators_count_as_the_norm_says(void **state)
{
	NEED_BENCH(b)
	const json_t *one = json_object_get(b->cases, "hca_en834");
	static const char *const radiators[] = {"radiator1", "radiator2"};
	double values[2];
	for (size_t k = 0; k < 2; k++) {
		const json_t *r = json_object_get(one, radiators[k]),
			     *seq = json_object_get(r, "seq");
		struct allocator_interval intervals[8];
		size_t n = json_array_size(seq);
		for (size_t i = 0; i < n; i++) {
			intervals[i].excess_k = number(json_array_get(json_array_get(seq, i), 0));
			intervals[i].hours = number(json_array_get(json_array_get(seq, i), 1));
		}
		double display = allocator_display(intervals, n, ALLOCATOR_EXPONENT);
		values[k] = display * member(r, "KQ") * member(r, "KC") * member(r, "KT");
		assert_near(display, member(r, "display"), 6e-7);
		assert_near(values[k], member(r, "consumption"), 6e-7);
	}
	assert_near(values[0] / (values[0] + values[1]), member(one, "share1"), 6e-7);
}

static void every_case_of_the_file_is_run_here(void **state)
{
	NEED_BENCH(b)
	/* heat A, A2, B, C, D, E, F, G; cold, hot, two components, sewer, raising, electricity; missing
	 * readings; largest remainder, thirds, modes; bill; allocators */
	assert_int_equal(json_object_size(b->cases), 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(a_house_without_meters_is_heated_by_area),
		T(a_flat_with_a_boiler_pays_the_common_part_only),
		T(a_flat_without_a_meter_follows_those_that_have_one),
		T(a_house_with_all_meters_shares_the_rest_by_area),
		T(a_negative_common_part_is_flagged_and_taken_off),
		T(a_reduction_takes_no_flat_below_zero),
		T(allocators_move_money_between_premises_and_make_none),
		T(an_even_payment_is_put_right_once_a_year),
		T(without_a_common_meter_the_norm_is_charged),
		T(water_is_by_meter_or_norm_and_its_common_part_is_capped),
		T(hot_water_has_a_price_for_water_and_one_for_heat),
		T(sewerage_follows_the_water_of_the_flat),
		T(electricity_is_by_meter_and_its_common_part_is_capped),
		T(who_could_have_a_meter_pays_more_than_the_norm),
		T(a_bill_is_the_sum_of_its_lines),
		T(a_meter_without_readings_has_three_months_of_its_average_then_the_norm),
		T(rounding_follows_the_vectors),
		T(allocators_count_as_the_norm_says),
		T(every_case_of_the_file_is_run_here),
#undef T
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
