/*
 * Balances, leaks and suspects over the API: the numbers of house.h, and who may see whose.
 */
#include "client.h"

#define BALANCE "/api/v1/places/1/balance"
#define SPAN    "&from=2026-01-10&till=2026-01-13"
#define DAYS    "?resource=cold_water&period=day" SPAN

static struct pass root, resident;
static int64_t input;

/* The house gets a cold water input: flats use 24 + 36 + 48 + 60 = 168 a day, 180 flow in. */
static int start(void **state)
{
	if (set_up_house(state)) {
		return -1;
	}
	struct channel c;
	object_init(OBJECT_CHANNEL, &c);
	c.place = 2;
	c.quantity = QUANTITY_COLD_WATER;
	c.unit = UNIT_M3;
	if (house_add(house.store, OBJECT_CHANNEL, &c)) {
		return -1;
	}
	input = c.id;
	struct batch *b = batch_new();
	uint16_t good = quality_make(QUALITY_MEASURED, SOURCE_POLLED, 0);
	for (int i = 0; i < HOUSE_DAYS; i++) {
		batch_archive(b, input, PERIOD_DAY, HOUSE_START + i * 86400, 180, good, false);
	}
	for (int i = 0; i < HOUSE_DAYS * 24; i++) {
		batch_archive(b, input, PERIOD_HOUR, HOUSE_START + i * 3600, 7.5, good, false);
	}
	if (store_submit(house.store, b, true)) {
		return -1;
	}
	root = log_in(&house, "root");
	resident = log_in(&house, "resident");
	return 0;
}

static struct answer get(const struct pass *who, const char *path, int status)
{
	struct answer a = client(&house, who, "GET", path, NULL);
	if (a.status != status) {
		fail_msg("%s: %d instead of %d: %s", path, a.status, status, a.body);
	}
	return a;
}

static void a_balance_has_nodes_periods_and_items(void **state)
{
	(void)state;
	struct answer a = get(&root, BALANCE DAYS, 200);
	assert_string_equal(text_at(&a, "resource.code"), "cold_water");
	assert_int_equal(count_at(&a, "resources"), 2);
	assert_int_equal(count_at(&a, "periods"), 3);
	assert_int_equal(count_at(&a, "nodes"), 2); /* house and entrance */
	assert_true(fabs(real_at(&a, "nodes.0.total.input.value") - 540) < 1e-9);
	assert_true(fabs(real_at(&a, "nodes.0.total.flats.value") - 504) < 1e-9);
	assert_true(fabs(real_at(&a, "nodes.0.periods.1.imbalance") - 12) < 1e-9);
	assert_true(fabs(real_at(&a, "nodes.0.periods.1.percent") - 100.0 / 15) < 1e-9);
	/* 2 sqrt(180² + 24² + 36² + 48² + 60²) 2 % / sqrt 3 */
	assert_true(fabs(real_at(&a, "nodes.0.periods.1.limit") - 4.628952365277) < 1e-6);
	assert_string_equal(text_at(&a, "nodes.0.periods.1.verdict"), "loss");
	assert_int_equal(int_at(&a, "nodes.0.streak"), 3);
	assert_true(json_is_true(at(&a, "nodes.0.is_alarm")));
	assert_true(json_is_null(at(&a, "nodes.0.total.expected"))); /* no history */
	assert_string_equal(text_at(&a, "nodes.1.total.verdict"), "no_input");
	assert_int_equal(int_at(&a, "nodes.1.parent"), 1);
	assert_int_equal(count_at(&a, "items"), 5);
	assert_int_equal(int_at(&a, "hidden"), 0);
	assert_true(json_is_null(at(&a, "tariff")));
	answer_free(&a);
}

static void a_resident_sees_sums_and_only_the_own_flat(void **state)
{
	(void)state;
	struct answer a = get(&resident, BALANCE DAYS, 200);
	assert_true(fabs(real_at(&a, "nodes.0.total.flats.value") - 504) < 1e-9);
	assert_int_equal(count_at(&a, "nodes"), 1);
	assert_int_equal(count_at(&a, "items"), 2); /* the input and flat 1 */
	assert_int_equal(int_at(&a, "hidden"), 3);
	answer_free(&a);
	a = get(&resident, "/api/v1/places/1/leaks?from=2026-01-10&till=2026-01-13", 200);
	assert_int_equal(count_at(&a, "channels"), 1);
	assert_int_equal(int_at(&a, "channels.0.place.id"), FLAT_1);
	assert_int_equal(int_at(&a, "hidden"), 3);
	answer_free(&a);
	a = get(&resident, "/api/v1/places/5/leaks", 404);
	answer_free(&a);
	a = get(&resident, "/api/v1/places/8/balance?resource=cold_water&period=day" SPAN, 404);
	answer_free(&a);
}

static void a_sum_over_few_flats_is_not_told_to_strangers(void **state)
{
	(void)state;
	struct pass city = log_in(&house, "city");
	struct answer a = get(
		&city, "/api/v1/places/8/balance?resource=cold_water&period=day" SPAN, 403);
	answer_free(&a);
	a = get(&city, BALANCE DAYS, 200);
	assert_int_equal(count_at(&a, "items"), 1);
	answer_free(&a);
}

static void leaks_tell_of_nights_and_of_flats(void **state)
{
	(void)state;
	struct answer a = get(&root, "/api/v1/places/1/leaks?from=2026-01-10&till=2026-01-13", 200);
	assert_int_equal(count_at(&a, "house.nights"), 3);
	assert_true(fabs(real_at(&a, "house.minimum") - 7.5) < 1e-9);
	assert_true(json_is_null(at(&a, "house.residents")));
	assert_true(json_is_null(at(&a, "house.month_cost")));
	assert_true(json_is_null(at(&a, "house.heating")));
	assert_int_equal(count_at(&a, "channels"), 4);
	assert_string_equal(text_at(&a, "channels.0.state"), "flow"); /* a m3 every hour */
	assert_int_equal(
		int_at(&a, "channels.0.known_hours"), 72 - 3); /* missing, guessed, edited */
	answer_free(&a);
	a = get(&root, "/api/v1/places/4/leaks?from=2026-01-10&till=2026-01-13", 200);
	assert_true(json_is_null(at(&a, "house")));
	assert_int_equal(count_at(&a, "channels"), 1);
	answer_free(&a);
}

static void suspects_need_days(void **state)
{
	(void)state;
	struct answer a = get(&root, "/api/v1/places/1/suspects?resource=cold_water" SPAN, 200);
	assert_int_equal(int_at(&a, "days"), 3);
	assert_int_equal(count_at(&a, "nodes"), 1);
	assert_string_equal(text_at(&a, "nodes.0.state"), "too_short");
	assert_int_equal(count_at(&a, "suspects"), 0);
	answer_free(&a);
}

static void odd_questions_are_refused(void **state)
{
	static const char *const bad[] = {
		BALANCE,
		BALANCE "?resource=cold_water&period=hour" SPAN,
		BALANCE "?resource=voltage&period=day" SPAN,
		BALANCE "?resource=cold_water&period=day",
		BALANCE "?resource=cold_water&period=day&from=2026-02-01&till=2026-01-01",
		BALANCE "?resource=cold_water&period=day&from=1900-01-01&till=2026-01-01",
		"/api/v1/places/1/suspects",
		"/api/v1/places/1/leaks?from=2020-01-01&till=2026-01-01",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct answer a = get(&root, bad[i], 400);
		answer_free(&a);
	}
	static const int none[] = {4, 99}; /* a flat has no balance */
	for (int i = 0; i < 2; i++) {
		char path[128];
		(void)snprintf(path, sizeof(path), "/api/v1/places/%d/balance" DAYS, none[i]);
		struct answer a = get(&root, path, 404);
		answer_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_balance_has_nodes_periods_and_items),
		cmocka_unit_test(a_resident_sees_sums_and_only_the_own_flat),
		cmocka_unit_test(a_sum_over_few_flats_is_not_told_to_strangers),
		cmocka_unit_test(leaks_tell_of_nights_and_of_flats),
		cmocka_unit_test(suspects_need_days),
		cmocka_unit_test(odd_questions_are_refused),
	};
	return cmocka_run_group_tests(tests, start, tear_down_house);
}
