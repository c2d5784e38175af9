/*
 * test_charges.c - charges of a building and a flat's bill through the API: totals, rights, explanations,
 * a month that was closed
 *
 * House 1 has cold water meters in its four flats (areas 50, 65.5, 42.3, 72.2 m2; 2, 3, 1, 4 persons; common
 * area 48 m2) and one added at the heating point. January 2026 by months: 36.2 through the common meter,
 * 6.12, 9.87, nothing in flat 3, 12.41 m3: the house of apportion_354.json, its cold water. 4.5 m3 per
 * person, 0.025 m3 per m2, 43.27 per m3.
 */
#include "client.h"

#include "calc/closing.h"

#define HOUSE   "/api/v1/places/1/apportionment?month=2026-01"
#define BILL(n) "/api/v1/places/" #n "/bill?month=2026-01"
#define FLATS   4
#define DAY_S   INT64_C(86400)
#define JANUARY INT64_C(1767214800) /* in Moscow */
#define MARCH   (JANUARY + 59 * DAY_S)

static struct pass root;
static int64_t common;

static void put(enum object_kind kind, void *object)
{
	assert_int_equal(house_add(house.store, kind, object), ERR_OK);
}

static void figure(int64_t place, const char *code, double value)
{
	struct parameter p;
	object_init(OBJECT_PARAMETER, &p);
	p.place = place;
	p.value = value;
	(void)STR_COPY(p.code, code);
	(void)STR_COPY(p.source, "test");
	put(OBJECT_PARAMETER, &p);
}

static void amount(struct batch *b, int64_t channel, enum period period, int64_t at, double value)
{
	batch_archive(b, channel, period, at, value,
		quality_make(QUALITY_MEASURED, SOURCE_METER, 0), true);
}

static void month(struct batch *b, int64_t channel, double value)
{
	amount(b, channel, PERIOD_MONTH, JANUARY, value);
}

static double amount_in_unit(int64_t channel, double m3)
{
	const struct site *s = store_site(house.store);
	const struct channel *c = site_find(s, OBJECT_CHANNEL, channel);
	double v = m3;
	assert_int_equal(unit_convert(m3, UNIT_M3, c->unit, &v), ERR_OK);
	site_unref(s);
	return v;
}

static void add_places(void)
{
	static const double areas[FLATS] = {50.0, 65.5, 42.3, 72.2};
	static const int64_t people[FLATS] = {2, 3, 1, 4};
	const struct site *s = store_site(house.store);
	for (size_t i = 0; i < FLATS; i++) {
		struct place p = *(const struct place *)site_find(
			s, OBJECT_PLACE, FLAT_1 + (int64_t)i);
		p.area_m2 = areas[i];
		p.people = people[i];
		put(OBJECT_PLACE, &p);
	}
	site_unref(s);
	struct channel c;
	object_init(OBJECT_CHANNEL, &c);
	c.place = 2;
	c.quantity = QUANTITY_COLD_WATER;
	c.unit = UNIT_M3;
	put(OBJECT_CHANNEL, &c);
	common = c.id;
}

static int start(void **state)
{
	static const double volumes[FLATS] = {6.12, 9.87, NAN, 12.41};
	int e = set_up_house(state);
	if (e) {
		return e;
	}
	root = log_in(&house, "root");
	add_places();
	figure(1, "building.common_area_m2", 48);
	figure(1, "norm.cold_water", 4.5);
	figure(1, "norm.common_needs.cold_water", 0.025);
	figure(1, "tariff.cold_water", 43.27);
	figure(1, "apportionment.heat.is_charged", 0);
	struct batch *b = batch_new();
	month(b, common, 36.2);
	for (int64_t i = 0; i < FLATS; i++) {
		if (!isnan(volumes[i])) {
			month(b, CHANNEL_OF_FLAT_1 + i,
				amount_in_unit(CHANNEL_OF_FLAT_1 + i, volumes[i]));
		}
	}
	return store_submit(house.store, b, true) == ERR_OK ? 0 : -1;
}

static void assert_near(double got, double want)
{
	if (!(fabs(got - want) < 1e-6)) {
		fail_msg("%.12g instead of %.12g", got, want);
	}
}

/* Index of a service in a list. */
static const json_t *item_of(const json_t *list, const char *key, const char *value)
{
	size_t i;
	json_t *item;
	json_array_foreach(list, i, item)
	{
		const char *is = json_string_value(json_object_get(item, key));
		if (is && strcmp(is, value) == 0) {
			return item;
		}
	}
	fail_msg("no %s %s", key, value);
	return NULL;
}

static double real(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	return json_is_null(v) ? NAN : json_number_value(v);
}

static void the_house_gets_its_totals_flats_rules_and_warnings(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", HOUSE, NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(int_at(&a, "start"), JANUARY);
	assert_int_equal(int_at(&a, "flat_count"), FLATS);
	const json_t *cold = item_of(at(&a, "services"), "service", "cold_water");
	assert_near(real(cold, "supplied"), 36.2);
	assert_near(real(cold, "individual"), 32.9);
	assert_near(real(cold, "rest"), 3.3);
	assert_near(real(cold, "cap"), 1.2);
	assert_near(real(cold, "charge"), 1423.58 + 51.93);
	assert_int_equal(count_at(&a, "flats"), FLATS);
	assert_near(real_at(&a, "flats.0.total"), 264.81 + 11.29);
	assert_string_equal(text_at(&a, "flats.0.services.0.basis"), "meter");
	/* flat 3 has a meter without any reading before: by norm, and it is said */
	assert_near(real_at(&a, "flats.2.total"), 194.72 + 9.55);
	assert_string_equal(text_at(&a, "flats.2.services.0.basis"), "norm_unread");
	const json_t *unread = item_of(at(&a, "warnings"), "fault", "meter_unread");
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(unread, "place"), "id")),
		FLAT_1 + 2);
	const json_t *rule = item_of(at(&a, "rules"), "code", "apportionment.cold_water.11.common");
	assert_true(json_is_false(json_object_get(rule, "is_confirmed")));
	answer_free(&a);
}

static void a_bill_explains_its_lines_in_both_languages(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", BILL(4), NULL);
	assert_int_equal(a.status, 200);
	assert_near(real_at(&a, "total"), 276.10);
	const json_t *line = item_of(at(&a, "lines"), "part", "common");
	const json_t *text = json_object_get(line, "explanation");
	assert_near(real(line, "common"), 0.260869565);
	assert_near(real(line, "common_full"), 0.717391304);
	assert_non_null(strstr(json_string_value(json_object_get(text, "ru")),
		"0,260870\302\240м³ общедомовые (1,200000 × 50,0 ÷ 230,0); × 43,27 = 11,29."));
	assert_non_null(strstr(json_string_value(json_object_get(text, "en")),
		"0.260870\302\240m³ common (1.200000 × 50.0 ÷ 230.0); × 43.27 = 11.29."));
	const json_t *step = item_of(
		json_object_get(line, "steps"), "code", "apportionment.cold_water.11.common");
	assert_string_equal(json_string_value(json_object_get(step, "number")), "11");
	item_of(json_object_get(step, "variables"), "name", "S_ob");
	assert_near(real(step, "result"), 0.260869565);
	answer_free(&a);
}

static void residents_see_their_own_bill_and_the_house_only(void **state)
{
	(void)state;
	struct pass resident = log_in(&house, "resident");
	struct answer a = client(&house, &resident, "GET", BILL(4), NULL);
	assert_int_equal(a.status, 200);
	answer_free(&a);
	a = client(&house, &resident, "GET", BILL(5), NULL);
	assert_int_equal(a.status, 404);
	answer_free(&a);
	a = client(&house, &resident, "GET", HOUSE, NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(count_at(&a, "flats"), 1);
	assert_int_equal(int_at(&a, "hidden_count"), 3);
	/* three are hidden: the sums would tell too much, what the house got does not */
	const json_t *cold = item_of(at(&a, "services"), "service", "cold_water");
	assert_true(json_is_false(json_object_get(cold, "is_told")));
	assert_true(isnan(real(cold, "individual")));
	assert_near(real(cold, "supplied"), 36.2);
	/* nor is a neighbour's unread meter named */
	assert_int_equal(count_at(&a, "warnings"), 0);
	answer_free(&a);
}

static void what_cannot_be_asked_is_refused(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", "/api/v1/places/4/apportionment", NULL);
	assert_int_equal(a.status, 404);
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/places/1/bill", NULL);
	assert_int_equal(a.status, 404);
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/places/1/apportionment?month=2026-13", NULL);
	assert_int_equal(a.status, 400);
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/places/1/apportionment?month=2999-01", NULL);
	assert_int_equal(a.status, 400);
	answer_free(&a);
}

/* 0.3 m3 a day until the 11th, 0.3285 from the 12th on: 9.87 in March. */
static void a_rate_that_changes_divides_the_month_by_its_days_in_the_archive(void **state)
{
	(void)state;
	struct parameter p;
	struct batch *b = batch_new();
	object_init(OBJECT_PARAMETER, &p);
	p.place = 1;
	p.value = 48.90;
	(void)STR_COPY(p.code, "tariff.cold_water");
	(void)STR_COPY(p.valid_from, "2026-03-12");
	put(OBJECT_PARAMETER, &p);
	for (int64_t day = 0; day < 31; day++) {
		amount(b, CHANNEL_OF_FLAT_2, PERIOD_DAY, MARCH + day * DAY_S,
			amount_in_unit(CHANNEL_OF_FLAT_2, day < 11 ? 0.3 : 0.3285));
	}
	amount(b, CHANNEL_OF_FLAT_2, PERIOD_MONTH, MARCH, amount_in_unit(CHANNEL_OF_FLAT_2, 9.87));
	assert_int_equal(store_submit(house.store, b, true), ERR_OK);
	struct answer a = client(&house, &root, "GET", "/api/v1/places/5/bill?month=2026-03", NULL);
	assert_int_equal(a.status, 200);
	const json_t *line = item_of(at(&a, "lines"), "part", "individual");
	const json_t *parts = json_object_get(line, "parts");
	assert_int_equal(json_array_size(parts), 2);
	assert_near(real(json_array_get(parts, 0), "volume"), 3.3);
	assert_near(real(json_array_get(parts, 1), "volume"), 6.57);
	assert_true(json_is_false(json_object_get(json_array_get(parts, 0), "is_by_days")));
	/* 3.3 at 43.27 is 142.791, 6.57 at 48.90 is 321.273 */
	assert_near(real(line, "charge"), 142.79 + 321.27);
	answer_free(&a);
}

static void a_meter_that_is_silent_is_charged_by_its_months_before(void **state)
{
	(void)state;
	static const struct {
		int days_before;
		double m3;
	} months[] = {{31, 6.0}, {61, 6.3}, {92, 5.7}}; /* December, November, October */
	struct batch *b = batch_new();
	for (size_t i = 0; i < 3; i++) {
		amount(b, CHANNEL_OF_FLAT_1 + 3, PERIOD_MONTH,
			JANUARY - months[i].days_before * DAY_S,
			amount_in_unit(CHANNEL_OF_FLAT_1 + 3, months[i].m3));
	}
	assert_int_equal(store_submit(house.store, b, true), ERR_OK);
	struct answer a = client(&house, &root, "GET", "/api/v1/places/7/bill?month=2026-03", NULL);
	const json_t *line = item_of(at(&a, "lines"), "part", "individual");
	assert_string_equal(json_string_value(json_object_get(line, "basis")), "average");
	assert_string_equal(json_string_value(json_object_get(line, "quality")), "ESTIMATED");
	/* February and March have nothing; January had 12.41 */
	assert_int_equal(json_integer_value(json_object_get(line, "unread_months")), 2);
	assert_near(real(line, "volume"), (12.41 + 6.0 + 6.3 + 5.7) / 4);
	/* the estimate knows nothing of days: the change of rate is by days, and says so */
	const json_t *parts = json_object_get(line, "parts");
	assert_true(json_is_true(json_object_get(json_array_get(parts, 0), "is_by_days")));
	answer_free(&a);
}

/* Last: closes January. */
static void a_closed_month_keeps_its_values_and_the_next_one_charges_the_difference(void **state)
{
	(void)state;
	struct closing c;
	struct diag d = {0};
	assert_int_equal(closing_make(house.store, 1, JANUARY, "root", "", &c, &d), ERR_OK);
	struct batch *b = batch_new();
	month(b, CHANNEL_OF_FLAT_1, amount_in_unit(CHANNEL_OF_FLAT_1, 7.12));
	assert_int_equal(store_submit(house.store, b, true), ERR_OK);
	struct answer a = client(&house, &root, "GET", BILL(4), NULL);
	assert_true(json_is_true(at(&a, "is_closed")));
	assert_near(real_at(&a, "total"), 276.10);
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/places/4/bill?month=2026-02", NULL);
	assert_int_equal(a.status, 200);
	const json_t *line = item_of(at(&a, "lines"), "part", "correction");
	assert_near(real(line, "volume"), 1);
	assert_near(real(line, "charge"), 43.27);
	/* February itself has no readings: what it costs is not known, what is known is the correction
	 * and the average or norm */
	assert_int_equal(count_at(&a, "lines"), 3);
	answer_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_house_gets_its_totals_flats_rules_and_warnings),
		cmocka_unit_test(a_bill_explains_its_lines_in_both_languages),
		cmocka_unit_test(residents_see_their_own_bill_and_the_house_only),
		cmocka_unit_test(what_cannot_be_asked_is_refused),
		cmocka_unit_test(a_rate_that_changes_divides_the_month_by_its_days_in_the_archive),
		cmocka_unit_test(a_meter_that_is_silent_is_charged_by_its_months_before),
		cmocka_unit_test(
			a_closed_month_keeps_its_values_and_the_next_one_charges_the_difference),
	};
	return cmocka_run_group_tests(tests, start, tear_down_house);
}
