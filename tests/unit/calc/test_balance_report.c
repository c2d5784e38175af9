/*
 * Balances out of the store: days and months, what is normal, what is missing, in step with the values.
 */
#include "balance_house.h"
#include "calc/balance_report.h"

#define START INT64_C(1772323200) /* 2026-03-01, UTC: the house has no zone */
#define DAY_S 86400
#define DAYS  80

static struct fixture fx;

static int64_t day(int n)
{
	return START + (int64_t)n * DAY_S;
}

/* Flats use 0.2 a day each, 0.1 goes to common needs, 0.5 is lost; from day 70 on 3 more. */
static void put_values(void)
{
	struct batch *b = batch_new();
	for (int d = 0; d < DAYS; d++) {
		put_value(b, INPUT, PERIOD_DAY, day(d), FLATS * 0.2 + 0.1 + 0.5 + (d < 70 ? 0 : 3));
		put_value(b, 102, PERIOD_DAY, day(d), 0.1);
		for (int i = 1; i <= FLATS; i++) {
			put_value(b, 110 + i, PERIOD_DAY, day(d), 0.2);
		}
	}
	put_value(b, 113, PERIOD_DAY, day(65), NAN);
	put_value(b, INPUT, PERIOD_MONTH, day(31), 62);
	for (int i = 1; i <= FLATS; i++) {
		put_value(b, 110 + i, PERIOD_MONTH, day(31), 6);
	}
	put_value(b, 102, PERIOD_MONTH, day(31), 3);
	assert_int_equal(store_submit(fx.store, b, true), ERR_OK);
}

static int open_house(void **state)
{
	(void)state;
	fixture_open(&fx, balance_house());
	put_values();
	return 0;
}

static int close_house(void **state)
{
	(void)state;
	return fixture_close(&fx);
}

static struct balance_report *report_of(enum period period, struct span span, int64_t now)
{
	const struct site *site = store_site(fx.store);
	struct balance_report *r = NULL;
	struct balance_question q = {
		fx.store, site, fx.figures, 1, QUANTITY_COLD_WATER, period, span, now};
	assert_int_equal(balance_report_new(&q, &r), ERR_OK);
	site_unref(site);
	return r;
}

static void a_steady_loss_is_normal_and_a_new_one_is_not(void **state)
{
	struct balance_report *r = report_of(PERIOD_DAY, (struct span){day(60), day(75)}, day(79));
	(void)state;
	assert_int_equal(r->period_count, 15);
	for (size_t p = 0; p < 15; p++) {
		const struct balance_cell *c = balance_report_cell(r, p, 0);
		assert_near(c->expected, 0.5);
		assert_near(c->r.imbalance, p < 10 ? (p == 5 ? 0.7 : 0.5) : 3.5);
		assert_int_equal(c->r.verdict,
			p < 10 ? (p == 5 ? BALANCE_UNCLEAR : BALANCE_OK) : BALANCE_LOSS);
	}
	assert_near(balance_report_cell(r, 5, 0)->r.completeness, 8.0 / 9);
	/* the total is of what is known: a flat lacks a day of 15 */
	assert_near(r->totals[0].b.parts[BALANCE_FLATS].value, 15 * 1.4 - 0.2);
	assert_near(r->totals[0].r.completeness, (15 * 9 - 1) / (15.0 * 9));
	assert_near(r->totals[0].r.imbalance, 15 * 0.5 + 0.2 + 5 * 3);
	assert_near(r->totals[0].expected, 15 * 0.5);
	balance_report_free(r);
}

/* Errors of a meter do not average out: the limit of a total grows with it. */
static void the_limit_of_a_total_is_of_amounts_not_of_days(void **state)
{
	struct balance_report *r = report_of(PERIOD_DAY, (struct span){day(40), day(50)}, day(79));
	(void)state;
	assert_near(r->totals[0].r.limit, 10 * balance_report_cell(r, 0, 0)->r.limit);
	balance_report_free(r);
}

static void a_month_is_its_own_value_and_expects_what_its_days_would(void **state)
{
	struct balance_report *r = report_of(PERIOD_MONTH, (struct span){day(0), day(79)}, day(79));
	(void)state;
	assert_int_equal(r->period_count, 3);
	const struct balance_cell *april = balance_report_cell(r, 1, 0);
	assert_near(april->r.imbalance, 62 - 42 - 3);
	assert_near(april->expected, 30 * 0.5);
	assert_int_equal(balance_report_cell(r, 0, 0)->r.verdict, BALANCE_NO_INPUT);
	assert_int_equal(balance_report_cell(r, 2, 0)->r.verdict, BALANCE_NO_INPUT);
	balance_report_free(r);
}

static void what_has_not_begun_is_not_there_and_what_runs_is_unclear(void **state)
{
	struct balance_report *r = report_of(
		PERIOD_DAY, (struct span){day(60), day(90)}, day(64) + 3600);
	(void)state;
	assert_int_equal(r->period_count, 5);
	assert_int_equal(balance_report_cell(r, 3, 0)->r.verdict, BALANCE_OK);
	assert_int_equal(balance_report_cell(r, 4, 0)->r.verdict, BALANCE_UNCLEAR);
	assert_near(r->totals[0].r.imbalance, 4 * 0.5);
	balance_report_free(r);
	r = report_of(PERIOD_DAY, (struct span){day(90), day(80)}, day(64));
	assert_int_equal(r->period_count, 0);
	assert_int_equal(r->totals[0].r.verdict, BALANCE_NO_INPUT);
	balance_report_free(r);
}

static void days_of_meters_are_known_or_unknown(void **state)
{
	const struct site *site = store_site(fx.store);
	struct balance_days *d = NULL;
	struct balance_question q = {fx.store, site, fx.figures, 1, QUANTITY_COLD_WATER, PERIOD_DAY,
		{day(60), day(70)}, day(79)};
	(void)state;
	assert_int_equal(balance_days_new(&q, &d), ERR_OK);
	assert_int_equal(d->days, 10);
	for (size_t i = 0; i < d->tree->item_count; i++) {
		int64_t id = d->tree->items[i].channel;
		for (size_t k = 0; k < 10; k++) {
			double v = d->amounts[i * 10 + k];
			if (id == 113 && k == 5) {
				assert_true(isnan(v));
			} else {
				assert_near(v, id == INPUT ? 2.0 : id == 102 ? 0.1 : 0.2);
			}
		}
	}
	balance_days_free(d);
	site_unref(site);
}

static void figures_of_the_files_are_the_defaults_of_the_program(void **state)
{
	struct balance_rule r = balance_rule_of(fx.figures, 1, 20260101);
	struct balance_normal n = balance_normal_of(fx.figures, 1, QUANTITY_COLD_WATER, 20260101);
	(void)state;
	assert_near(r.k, balance_rule_default.k);
	assert_near(r.missing_factor, balance_rule_default.missing_factor);
	assert_int_equal(r.interpolated_s, balance_rule_default.interpolated_s);
	assert_int_equal(r.estimated_s, balance_rule_default.estimated_s);
	assert_near(n.share, balance_normal_default.share);
	assert_near(balance_normal_of(fx.figures, 1, QUANTITY_HEAT_ENERGY, 20260101).share, 0.5);
	assert_int_equal(n.days, balance_normal_default.days);
	assert_int_equal(n.min_days, balance_normal_default.min_days);
	assert_near(figure_number(fx.figures, 1, "balance.alarm_days", 20260101), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_steady_loss_is_normal_and_a_new_one_is_not),
		cmocka_unit_test(the_limit_of_a_total_is_of_amounts_not_of_days),
		cmocka_unit_test(a_month_is_its_own_value_and_expects_what_its_days_would),
		cmocka_unit_test(what_has_not_begun_is_not_there_and_what_runs_is_unclear),
		cmocka_unit_test(days_of_meters_are_known_or_unknown),
		cmocka_unit_test(figures_of_the_files_are_the_defaults_of_the_program),
	};
	return cmocka_run_group_tests(tests, open_house, close_house);
}
