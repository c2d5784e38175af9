/*
 * Suspects out of the store: the slow meter first, with its evidence; a flat of the wrong entrance.
 */
#include "balance_house.h"
#include "calc/suspect_report.h"

#define START INT64_C(1772323200) /* 2026-03-01, UTC: the house has no zone */
#define DAY_S 86400
#define DAYS  60

static struct fixture fx;

/* What the meter of each flat shows of what is used; entrances have meters too (131, 132). */
struct story {
	double shown[FLATS + 1];
	int other_entrance; /* this flat of entrance 1 hangs on entrance 2 */
	int hole;           /* this flat lacks every fourth day */
};

static void put_days(const struct story *st)
{
	uint64_t seed = 77;
	struct batch *b = batch_new();
	for (int d = 0; d < DAYS; d++) {
		int64_t at = START + (int64_t)d * DAY_S;
		double entrances[2] = {0.01 * random01(&seed), 0.01 * random01(&seed)};
		for (int i = 1; i <= FLATS; i++) {
			double used = 0.1 + 0.4 * random01(&seed);
			bool is_hole = st->hole == i && d % 4 == 0;
			entrances[i > 4 || i == st->other_entrance] += used;
			put_value(b, 110 + i, PERIOD_DAY, at, is_hole ? NAN : used * st->shown[i]);
			put_value(b, 120 + i, PERIOD_DAY, at, used * 0.6);
		}
		put_value(b, 131, PERIOD_DAY, at, entrances[0]);
		put_value(b, 132, PERIOD_DAY, at, entrances[1]);
		put_value(b, 102, PERIOD_DAY, at, 0.01);
		put_value(b, INPUT, PERIOD_DAY, at, entrances[0] + entrances[1] + 0.06);
	}
	assert_int_equal(store_submit(fx.store, b, true), ERR_OK);
}

static int open_house(void **state)
{
	struct site *s = balance_house();
	(void)state;
	put_channel(s, 131, 3, QUANTITY_COLD_WATER, 0);
	put_channel(s, 132, 4, QUANTITY_COLD_WATER, 0);
	fixture_open(&fx, s);
	return 0;
}

static int close_house(void **state)
{
	(void)state;
	return fixture_close(&fx);
}

static struct story all_right(void)
{
	struct story st = {.other_entrance = 0};
	for (int i = 1; i <= FLATS; i++) {
		st.shown[i] = 1;
	}
	return st;
}

static struct suspect_report *report_of(const struct story *st)
{
	struct suspect_report *r = NULL;
	struct balance_question q = {fx.store, fx.site, fx.figures, 1, QUANTITY_COLD_WATER,
		PERIOD_DAY, {START, START + (int64_t)DAYS * DAY_S}, START + (int64_t)DAYS * DAY_S};
	put_days(st);
	assert_int_equal(suspect_report_new(&q, &r), ERR_OK);
	assert_int_equal(r->days, DAYS);
	return r;
}

static int64_t channel_of(const struct suspect_report *r, size_t rank)
{
	return r->tree->items[r->suspects[rank].item].channel;
}

static void a_slow_meter_is_the_first_suspect(void **state)
{
	char words[512];
	struct story st = all_right();
	(void)state;
	st.shown[3] = 0.5;
	struct suspect_report *r = report_of(&st);
	assert_int_equal(r->node_count, 3); /* house, two entrances */
	assert_true(r->suspect_count >= 1);
	assert_int_equal(channel_of(r, 0), 113);
	assert_true(fabs(r->suspects[0].factor - 2) < 0.1);
	assert_int_equal(
		r->tree->nodes[r->suspects[0].node].place, 3); /* its entrance accuses it */
	assert_int_equal(r->suspects[0].findings[0].what, EVIDENCE_FIT);
	suspect_words(&r->suspects[0].findings[0], LANG_EN, words, sizeof(words));
	assert_non_null(strstr(words, "50 % too little"));
	suspect_words(&r->suspects[0].findings[0], LANG_RU, words, sizeof(words));
	assert_non_null(strstr(words, "недосчитывает на 50 %"));
	assert_int_equal(r->suspects[0].findings[1].what, EVIDENCE_RATIO);
	suspect_report_free(r);
}

static void nothing_wrong_names_nobody(void **state)
{
	struct story st = all_right();
	(void)state;
	struct suspect_report *r = report_of(&st);
	assert_int_equal(r->suspect_count, 0);
	suspect_report_free(r);
}

static void a_flat_on_the_wrong_entrance_is_found(void **state)
{
	struct story st = all_right();
	(void)state;
	st.other_entrance = 2;
	struct suspect_report *r = report_of(&st);
	bool is_found = false;
	for (size_t i = 0; i < r->suspect_count; i++) {
		for (size_t k = 0; k < r->suspects[i].finding_count; k++) {
			is_found |= channel_of(r, i) == 112 &&
				    r->suspects[i].findings[k].what == EVIDENCE_OTHER_NODE;
		}
	}
	assert_true(is_found);
	suspect_report_free(r);
}

static void a_stopped_meter_is_a_hint(void **state)
{
	struct story st = all_right();
	(void)state;
	st.shown[6] = 0;
	struct suspect_report *r = report_of(&st);
	assert_true(r->suspect_count >= 1);
	assert_int_equal(channel_of(r, 0), 116);
	assert_int_equal(r->suspects[0].findings[0].what, EVIDENCE_ZERO);
	suspect_report_free(r);
}

/* One of seven is more than one in twenty: those days do not count, the others still do. */
static void days_with_holes_are_left_out(void **state)
{
	struct story st = all_right();
	(void)state;
	st.shown[3] = 0.5;
	st.hole = 1;
	struct suspect_report *r = report_of(&st);
	assert_int_equal(channel_of(r, 0), 113);
	assert_int_equal(r->nodes[1].days, DAYS - DAYS / 4);
	suspect_report_free(r);
}

static void every_finding_has_words_in_both_languages(void **state)
{
	(void)state;
	for (int e = 0; e < EVIDENCE_COUNT; e++) {
		static const double factors[] = {0.1, 0.9, 1.1, 10};
		for (int i = 0; i < 4; i++) {
			char en[512] = "";
			char ru[512] = "";
			struct suspect_finding f = {
				(enum suspect_evidence)e, factors[i], factors[3 - i]};
			suspect_words(&f, LANG_EN, en, sizeof(en));
			suspect_words(&f, LANG_RU, ru, sizeof(ru));
			assert_true(strlen(en) > 20 && strlen(ru) > 20);
			assert_null(strstr(ru, "nan"));
			assert_null(strstr(en, "nan"));
		}
		assert_true(strlen(suspect_evidence_name((enum suspect_evidence)e)) > 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_meter_is_the_first_suspect),
		cmocka_unit_test(nothing_wrong_names_nobody),
		cmocka_unit_test(a_flat_on_the_wrong_entrance_is_found),
		cmocka_unit_test(a_stopped_meter_is_a_hint),
		cmocka_unit_test(days_with_holes_are_left_out),
		cmocka_unit_test(every_finding_has_words_in_both_languages),
	};
	return cmocka_run_group_tests(tests, open_house, close_house);
}
