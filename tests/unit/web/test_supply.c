/*
 * test_supply.c - quality of supply through the API: a house whose hot water is measured at the entry,
 * rights, charges, refusals
 *
 * At the heating point from 2026-01-10T00:00 Moscow for 72 hours: hot water 62 C, from 06:00 to 12:00 of
 * the first day 50 C, the hour 12 was not measured, the hour 13 is 35 C; pressure 0.3 MPa; 1 m3 an
 * hour. On the third day from 00:00 to 10:00 there is neither flow nor pressure.
 */
#include "client.h"

#define QUALITY "/api/v1/places/1/supply-quality?month=2026-01"

static struct pass root;
static int64_t temperature, pressure, volume;

static int64_t new_channel(enum quantity q)
{
	struct channel c;
	object_init(OBJECT_CHANNEL, &c);
	c.place = 2;
	c.quantity = q;
	c.unit = quantity_unit(q);
	assert_int_equal(house_add(house.store, OBJECT_CHANNEL, &c), ERR_OK);
	return c.id;
}

static void put(struct batch *b, int64_t channel, int hour, double value)
{
	batch_archive(b, channel, PERIOD_HOUR, HOUSE_START + hour * 3600, value,
		quality_make(QUALITY_MEASURED, SOURCE_METER, 0), false);
}

static int start(void **state)
{
	int e = set_up_house(state);
	if (e) {
		return e;
	}
	root = log_in(&house, "root");
	temperature = new_channel(QUANTITY_TEMPERATURE_HOT_WATER);
	pressure = new_channel(QUANTITY_PRESSURE_HOT_WATER);
	volume = new_channel(QUANTITY_HOT_WATER);
	struct batch *b = batch_new();
	for (int h = 0; h < 72; h++) {
		bool is_cut = h >= 48 && h < 58;
		put(b, pressure, h, is_cut ? 0 : 0.3);
		put(b, volume, h, is_cut ? 0 : 1);
		if (h != 12) {
			double t = h == 13 ? 35 : h >= 6 && h < 12 ? 50 : 62;
			put(b, temperature, h, is_cut ? 21 : t);
		}
	}
	return store_submit(house.store, b, true) == ERR_OK ? 0 : -1;
}

static void assert_near(double got, double want)
{
	if (!(fabs(got - want) < 1e-9)) {
		fail_msg("%.12g instead of %.12g", got, want);
	}
}

static void a_month_says_what_was_bad_and_what_is_not_known(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", QUALITY "&service=hot_water", NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(int_at(&a, "start"), 1767214800); /* January in Moscow */
	assert_int_equal(count_at(&a, "services"), 1);
	assert_near(real_at(&a, "services.0.judged_h"), 744);
	assert_int_equal(count_at(&a, "services.0.sources"), 3);
	assert_int_equal(int_at(&a, "services.0.sources.1.channel"), temperature);
	assert_true(json_is_true(at(&a, "services.0.is_indicative")));
	/* break: ten hours, four are allowed at once, eight in a month */
	assert_string_equal(text_at(&a, "services.0.kinds.0.kind"), "break");
	assert_near(real_at(&a, "services.0.kinds.0.bad_h"), 10);
	assert_near(real_at(&a, "services.0.kinds.0.no_data_h"), 744 - 72);
	assert_near(real_at(&a, "services.0.kinds.0.percent"), 0.9);
	assert_near(real_at(&a, "services.0.break.excess_once_h"), 6);
	assert_near(real_at(&a, "services.0.break.excess_total_h"), 2);
	/* temperature: six hours 10 K too cold, no allowance since 2013: three full steps each */
	assert_string_equal(text_at(&a, "services.0.kinds.1.kind"), "temperature");
	assert_near(real_at(&a, "services.0.kinds.1.bad_h"), 7);
	assert_near(real_at(&a, "services.0.kinds.1.cold_h"), 1);
	assert_near(real_at(&a, "services.0.kinds.1.no_data_h"), 744 - 72 + 1);
	assert_near(real_at(&a, "services.0.kinds.1.outside_h"), 10);
	assert_near(real_at(&a, "services.0.kinds.1.percent"), 1.8);
	assert_near(real_at(&a, "services.0.percent"), 2.7);
	/* most of the month has no volume, so cold water is shared by hours */
	assert_near(real_at(&a, "services.0.cold_share"), 1.0 / 744);
	assert_true(json_is_null(at(&a, "services.0.money")));
	/* the missing hour parts two events */
	assert_int_equal(count_at(&a, "services.0.events"), 3);
	assert_int_equal(int_at(&a, "services.0.events.0.start"), HOUSE_START + 48 * 3600);
	assert_int_equal(int_at(&a, "services.0.events.1.start"), HOUSE_START + 6 * 3600);
	assert_int_equal(int_at(&a, "services.0.events.1.end"), HOUSE_START + 12 * 3600);
	assert_near(real_at(&a, "services.0.events.1.extreme"), 50);
	assert_near(real_at(&a, "services.0.events.1.limit"), 60);
	assert_near(real_at(&a, "services.0.events.2.extreme"), 35);
	/* hours for a chart */
	assert_int_equal(count_at(&a, "services.0.hours"), 744);
	assert_string_equal(text_at(&a, "services.0.lines.0.kind"), "temperature");
	assert_string_equal(text_at(&a, "services.0.lines.0.verdict.0"), "no_data");
	assert_string_equal(text_at(&a, "services.0.lines.0.verdict.222"), "bad");
	assert_near(real_at(&a, "services.0.lines.0.value.222"), 50);
	assert_near(real_at(&a, "services.0.lines.0.min.222"), 60);
	assert_string_equal(text_at(&a, "services.0.lines.0.verdict.229"), "cold");
	answer_free(&a);
}

static void a_charge_becomes_a_refund(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET",
		QUALITY "&service=hot_water&charge=744.00&cold_charge=148.80", NULL);
	assert_int_equal(a.status, 200);
	/* an hour is paid as cold water: 0.20 instead of 1.00; 2.7 % of 743.20 - 0.20 */
	assert_near(real_at(&a, "services.0.money.after_cold"), 743.20);
	assert_near(real_at(&a, "services.0.money.base"), 743.00);
	assert_near(real_at(&a, "services.0.money.reduction"), 20.06);
	assert_near(real_at(&a, "services.0.money.to_pay"), 723.14);
	assert_near(real_at(&a, "services.0.money.refund"), 20.86);
	assert_false(json_is_true(at(&a, "services.0.money.is_part")));
	answer_free(&a);
	/* a parameter of the place is the charge of all who do not say one */
	struct parameter p;
	object_init(OBJECT_PARAMETER, &p);
	p.place = 1;
	(void)STR_COPY(p.code, "charge.hot_water");
	p.value = 1000;
	assert_int_equal(house_add(house.store, OBJECT_PARAMETER, &p), ERR_OK);
	a = client(&house, &root, "GET", QUALITY, NULL);
	assert_int_equal(count_at(&a, "services"), 6);
	assert_string_equal(text_at(&a, "services.1.service"), "hot_water");
	assert_near(real_at(&a, "services.1.money.charge"), 1000);
	assert_true(json_is_true(at(&a, "services.1.money.is_part")));
	assert_true(json_is_null(at(&a, "services.0.money")));
	answer_free(&a);
}

static void what_nothing_measures_is_not_good_but_unknown(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", QUALITY, NULL);
	assert_string_equal(text_at(&a, "services.4.service"), "sewer");
	assert_false(json_is_true(at(&a, "services.4.is_measured")));
	assert_true(json_is_null(at(&a, "services.4.percent")));
	assert_near(real_at(&a, "services.4.kinds.0.no_data_h"), 744);
	assert_int_equal(count_at(&a, "services.4.sources"), 0);
	answer_free(&a);
}

static void a_flat_is_judged_by_what_the_building_is_supplied_with(void **state)
{
	(void)state;
	struct pass resident = log_in(&house, "resident");
	struct answer a = client(&house, &resident, "GET",
		"/api/v1/places/4/supply-quality?month=2026-01&service=hot_water", NULL);
	assert_int_equal(a.status, 200);
	assert_true(json_is_true(at(&a, "services.0.sources.0.is_house")));
	assert_true(json_is_true(at(&a, "services.0.is_indicative")));
	assert_near(real_at(&a, "services.0.percent"), 2.7);
	answer_free(&a);
	a = client(&house, &resident, "GET", "/api/v1/places/5/supply-quality", NULL);
	assert_int_equal(a.status, 404); /* somebody else's flat */
	answer_free(&a);
}

static void the_rules_used_are_told_with_their_sources(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", QUALITY "&service=hot_water", NULL);
	size_t n = (size_t)count_at(&a, "services.0.rules");
	bool has_allowance = false;
	for (size_t i = 0; i < n; i++) {
		const json_t *f = json_array_get(at(&a, "services.0.rules"), i);
		const char *code = json_string_value(json_object_get(f, "code"));
		if (strcmp(code, "supply_quality.hot_water.temperature.allow_day_k") == 0) {
			has_allowance = true;
			assert_int_equal(
				json_integer_value(json_object_get(f, "from_date")), 20130531);
			assert_true(json_is_false(json_object_get(f, "is_confirmed")));
		}
	}
	assert_true(has_allowance);
	answer_free(&a);
}

static void wrong_questions_are_refused_with_the_parameter(void **state)
{
	(void)state;
	static const struct {
		const char *query, *says;
	} wrong[] = {
		{"?month=2026-13", "month"},
		{"?month=2026", "month"},
		{"?month=2026-1x", "month"},
		{"?service=steam", "service"},
		{"?charge=1", "service"},
		{"?service=heating&charge=-1", "charge"},
		{"?service=heating&charge=much", "charge"},
		{"?service=heating&charge=nan", "charge"},
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char path[128];
		(void)snprintf(
			path, sizeof(path), "/api/v1/places/1/supply-quality%s", wrong[i].query);
		struct answer a = client(&house, &root, "GET", path, NULL);
		if (a.status != 400 || !strstr(a.body, wrong[i].says)) {
			fail_msg("%s: %d %s", wrong[i].query, a.status, a.body);
		}
		answer_free(&a);
	}
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_month_says_what_was_bad_and_what_is_not_known),
		T(a_charge_becomes_a_refund),
		T(what_nothing_measures_is_not_good_but_unknown),
		T(a_flat_is_judged_by_what_the_building_is_supplied_with),
		T(the_rules_used_are_told_with_their_sources),
		T(wrong_questions_are_refused_with_the_parameter),
	};
	return cmocka_run_group_tests(tests, start, tear_down_house);
}
