/*
 * test_zones_meter.c - the tariff registers of the meter that feeds a channel, out of its archives
 */
#include "rollup_test.h"

#include "calc/zones_meter.h"

static int64_t add_energy(struct fixture *f, const char *key)
{
	struct meter_register r = counter_conf(f, key);
	r.quantity = QUANTITY_ACTIVE_ENERGY;
	r.unit = UNIT_KWH;
	r.decimals = 2;
	return put_object(f, OBJECT_REGISTER, &r);
}

static enum err read_tariffs(
	struct fixture *f, int64_t channel, struct span span, struct zones_tariffs *ret)
{
	const struct site *s = store_site(f->store);
	enum err e = zones_tariffs_read(
		f->store, s, site_find(s, OBJECT_CHANNEL, channel), span, ret);
	site_unref(s);
	return e;
}

static void amounts_are_differences_of_readings_times_the_multiplier(void **state)
{
	struct fixture *f = *state;
	int64_t profile = add_energy(f, "active_energy.amount");
	int64_t t1 = add_energy(f, "active_energy.t1"), t2 = add_energy(f, "active_energy.t2");
	int64_t ch = add_channel(f, QUANTITY_ACTIVE_ENERGY, UNIT_KWH);
	struct binding b = binding_conf(ch, profile);
	b.multiplier = 20;
	put_object(f, OBJECT_BINDING, &b);
	struct span month = {utc("2024-12-31T19:00:00Z"), utc("2025-01-31T19:00:00Z")};
	read_at(f, t1, month.from, 100);
	read_at(f, t1, month.till, 150);
	/* the meter's own month end, and none at the other end but an hour of the node's own */
	meter_says(f, t2, PERIOD_MONTH, month.from, 99990);
	read_at(f, t2, month.till, 10);
	settle(f);
	struct zones_tariffs t;
	assert_int_equal(read_tariffs(f, ch, month, &t), ERR_OK);
	assert_true(t.is_there[0] && t.is_there[1] && !t.is_there[2]);
	assert_true(fabs(t.v[0].value - 1000) < 1e-9);
	assert_true(fabs(t.v[1].value - 400) < 1e-9); /* wrapped */
	assert_true(isnan(t.v[2].value));
	assert_true(fabs(t.step - 0.2) < 1e-9);
	/* a month whose readings are not there is unknown, not zero */
	struct span next = {month.till, utc("2025-02-28T19:00:00Z")};
	assert_int_equal(read_tariffs(f, ch, next, &t), ERR_OK);
	assert_true(t.is_there[0] && isnan(t.v[0].value));
}

static void a_meter_that_keeps_amounts_says_its_months(void **state)
{
	struct fixture *f = *state;
	int64_t total = add_energy(f, "active_energy");
	struct meter_register r = counter_conf(f, "active_energy.t1.amount");
	r.quantity = QUANTITY_ACTIVE_ENERGY;
	r.unit = UNIT_WH;
	r.form = FORM_AMOUNT;
	int64_t t1 = put_object(f, OBJECT_REGISTER, &r);
	int64_t ch = add_channel(f, QUANTITY_ACTIVE_ENERGY, UNIT_KWH);
	bind(f, ch, total);
	struct span month = {utc("2024-12-31T19:00:00Z"), utc("2025-01-31T19:00:00Z")};
	meter_says(f, t1, PERIOD_MONTH, month.from, 123000);
	settle(f);
	struct zones_tariffs t;
	assert_int_equal(read_tariffs(f, ch, month, &t), ERR_OK);
	assert_true(fabs(t.v[0].value - 123) < 1e-9);
}

static void without_tariffs_or_with_two_meters_in_the_month_there_is_nothing_to_compare(
	void **state)
{
	struct fixture *f = *state;
	int64_t a = add_energy(f, "active_energy");
	int64_t ch = add_channel(f, QUANTITY_ACTIVE_ENERGY, UNIT_KWH);
	struct binding b = binding_conf(ch, a);
	struct span month = {utc("2024-12-31T19:00:00Z"), utc("2025-01-31T19:00:00Z")};
	struct zones_tariffs t;
	put_object(f, OBJECT_BINDING, &b);
	assert_int_equal(read_tariffs(f, ch, month, &t), ERR_NODATA);
	add_energy(f, "active_energy.t1");
	assert_int_equal(read_tariffs(f, ch, month, &t), ERR_OK);
	b.till_utc = month.from + 86400;
	put_object(f, OBJECT_BINDING, &b);
	assert_int_equal(read_tariffs(f, ch, month, &t), ERR_NODATA);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(amounts_are_differences_of_readings_times_the_multiplier),
		T(a_meter_that_keeps_amounts_says_its_months),
		T(without_tariffs_or_with_two_meters_in_the_month_there_is_nothing_to_compare),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
