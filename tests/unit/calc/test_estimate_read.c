/*
 * Proposals for missing and doubted values out of a store, in the order of the methods.
 */
#include "calc/estimate_read.h"
#include "rollup_test.h"

#define DAY   "2025-01-09T19:00:00Z" /* midnight of the building, Friday 10 January 2025 */
#define DAY_S 86400

static struct proposals ask(struct fixture *f, int64_t channel, int64_t from, int64_t till)
{
	struct desk d;
	struct proposals p = {0};
	assert_int_equal(desk_init(&d, f->store, NULL), ERR_OK);
	const struct channel *c = site_find(d.site, OBJECT_CHANNEL, channel);
	assert_non_null(c);
	assert_int_equal(estimate_hours(&d, c, (struct span){from, till}, INT64_MIN, &p), ERR_OK);
	desk_fini(&d);
	return p;
}

static void put(struct fixture *f, int64_t channel, int64_t start, double value)
{
	batch_archive(open_batch(f), channel, PERIOD_HOUR, start, value, MEASURED(METER), false);
}

/* Weeks of a channel: value by weekday-blind hour, `factor` per day back; holes of the day left out. */
static void put_weeks(struct fixture *f, int64_t channel, int first_hole, int holes)
{
	for (int d = 0; d <= 28; d++) {
		for (int h = 0; h < 24; h++) {
			bool is_hole = d == 0 && h >= first_hole && h < first_hole + holes;
			if (!is_hole) {
				put(f, channel, utc(DAY) - d * DAY_S + h * HOUR_S,
					h + 1 + (d % 7 == 0 ? d / 7 : 100));
			}
		}
	}
	commit(f);
}

static void two_hours_are_the_line_between_their_neighbours(void **state)
{
	struct fixture *f = *state;
	int64_t ch = add_channel(f, QUANTITY_ACTIVE_ENERGY, UNIT_KWH), at = utc(DAY);
	put(f, ch, at, 1.2);
	put(f, ch, at + 3 * HOUR_S, 0.6);
	commit(f);
	struct proposals p = ask(f, ch, at, at + 4 * HOUR_S);
	assert_int_equal(p.n, 2);
	assert_int_equal(p.items[0].method, ESTIMATE_LINEAR);
	assert_true(fabs(p.items[0].value - 1.0) < 1e-9);
	assert_true(fabs(p.items[1].value - 0.8) < 1e-9);
	assert_int_equal(p.items[0].inputs[1], at + 3 * HOUR_S);
	proposals_free(&p);
}

static void longer_holes_are_the_mean_of_three_fridays(void **state)
{
	struct fixture *f = *state;
	int64_t ch = add_channel(f, QUANTITY_ACTIVE_ENERGY, UNIT_KWH), at = utc(DAY);
	put_weeks(f, ch, 8, 5);
	struct proposals p = ask(f, ch, at, at + DAY_S);
	assert_int_equal(p.n, 5);
	for (size_t i = 0; i < p.n; i++) {
		/* Fridays hold h + 1 + week, weeks 1, 2 and 3; other days are 100 more. Christmas of the
		 * first zone calendar (January 1..8) holds no Friday but the 3rd */
		assert_int_equal(p.items[i].method, ESTIMATE_LIKE_DAYS);
		assert_int_equal(p.items[i].input_count, 3);
		assert_true(p.items[i].value < 50);
		assert_false(p.items[i].is_doubtful);
	}
	assert_true(fabs(p.items[1].value - p.items[0].value - 1) < 1e-9);
	proposals_free(&p);
}

static void a_register_keeps_the_total_exact_in_the_shape_of_like_days(void **state)
{
	struct fixture *f = *state;
	struct meter_register r = counter_conf(f, "active_energy");
	r.quantity = QUANTITY_ACTIVE_ENERGY;
	r.unit = UNIT_KWH;
	r.max_rate = 0;
	int64_t reg = put_object(f, OBJECT_REGISTER, &r), at = utc(DAY);
	r.id = 0;
	r.form = FORM_AMOUNT;
	(void)STR_COPY(r.key, "active_energy.amount");
	int64_t amounts = put_object(f, OBJECT_REGISTER, &r);
	int64_t ch = add_channel(f, QUANTITY_ACTIVE_ENERGY, UNIT_KWH);
	bind(f, ch, amounts);
	put_weeks(f, ch, 8, 5);
	meter_says(f, reg, PERIOD_HOUR, at + 8 * HOUR_S, 1000);
	meter_says(f, reg, PERIOD_HOUR, at + 13 * HOUR_S, 1080);
	commit(f);
	struct proposals p = ask(f, ch, at, at + DAY_S);
	assert_int_equal(p.n, 5);
	double sum = 0;
	for (size_t i = 0; i < p.n; i++) {
		assert_int_equal(p.items[i].method, ESTIMATE_REGISTER);
		assert_true(p.items[i].factor > 0.5 && p.items[i].factor < 2);
		sum += p.items[i].value;
	}
	assert_true(fabs(sum - 80) < 1e-9);
	proposals_free(&p);
	/* five times as much: the same shape, for a person's eyes */
	batch_archive(
		open_batch(f), reg, PERIOD_HOUR, at + 13 * HOUR_S, 1400, MEASURED(METER), true);
	commit(f);
	p = ask(f, ch, at, at + DAY_S);
	assert_true(p.items[0].is_doubtful);
	proposals_free(&p);
}

static void heat_follows_the_degrees(void **state)
{
	struct fixture *f = *state;
	int64_t heat = add_channel(f, QUANTITY_HEAT_ENERGY, UNIT_GCAL), at = utc(DAY);
	int64_t t = add_channel(f, QUANTITY_TEMPERATURE_OUTDOOR, UNIT_DEGC);
	for (int d = 0; d <= 5; d++) {
		for (int h = 0; h < 24; h++) {
			int64_t start = at - d * DAY_S + h * HOUR_S;
			put(f, t, start, d == 0 ? -20 : -10); /* 40 K below 20 °C, before 30 K */
			if (d > 0 || h < 6 || h >= 12) {
				put(f, heat, start, d == 0 ? 0.4 : 0.3); /* 0.01 Gcal by K and h */
			}
		}
	}
	commit(f);
	struct proposals p = ask(f, heat, at, at + DAY_S);
	assert_int_equal(p.n, 6);
	assert_int_equal(p.items[0].method, ESTIMATE_DEGREE_DAYS);
	assert_true(fabs(p.items[0].value - 0.4) < 1e-9);
	assert_int_equal(p.items[0].input_count, 5);
	proposals_free(&p);
}

static void outdoor_temperature_is_the_neighbours(void **state)
{
	struct fixture *f = *state;
	int64_t mine = add_channel(f, QUANTITY_TEMPERATURE_OUTDOOR, UNIT_DEGC), at = utc(DAY);
	struct place other;
	object_init(OBJECT_PLACE, &other);
	other.kind = PLACE_BUILDING;
	(void)STR_COPY(other.name, "2");
	int64_t here = f->place;
	f->place = put_object(f, OBJECT_PLACE, &other);
	int64_t theirs = add_channel(f, QUANTITY_TEMPERATURE_OUTDOOR, UNIT_DEGC);
	f->place = here;
	for (int h = 0; h < 24; h++) {
		if (h < 6 || h >= 10) {
			put(f, mine, at + h * HOUR_S, -5);
		}
		if (h != 20) {
			put(f, theirs, at + h * HOUR_S, -7);
		}
	}
	commit(f);
	struct proposals p = ask(f, mine, at, at + DAY_S);
	assert_int_equal(p.n, 4);
	assert_int_equal(p.items[0].method, ESTIMATE_NEIGHBOUR);
	assert_true(p.items[0].value == -7);
	proposals_free(&p);
	/* where the neighbour has a hole too: the line, up to six hours */
	batch_archive(open_batch(f), mine, PERIOD_HOUR, at + 20 * HOUR_S, NAN,
		quality_make(QUALITY_MISSING, SOURCE_METER, 0), true);
	commit(f);
	p = ask(f, mine, at + 12 * HOUR_S, at + DAY_S);
	assert_int_equal(p.n, 1);
	assert_int_equal(p.items[0].method, ESTIMATE_LINEAR);
	assert_true(p.items[0].value == -5);
	proposals_free(&p);
}

static void where_nothing_is_known_nothing_is_proposed(void **state)
{
	struct fixture *f = *state;
	int64_t ch = add_channel(f, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC), at = utc(DAY);
	put(f, ch, at, 60);
	put(f, ch, at + 10 * HOUR_S, 62);
	commit(f);
	struct proposals p = ask(f, ch, at, at + DAY_S);
	assert_int_equal(p.n, 22);
	assert_int_equal(p.items[0].method, ESTIMATE_NONE);
	assert_true(isnan(p.items[0].value));
	proposals_free(&p);
}

static void put_month(struct fixture *f, int64_t channel, const char *start, double value)
{
	batch_archive(
		open_batch(f), channel, PERIOD_MONTH, utc(start), value, MEASURED(METER), false);
}

static void put_parameter(struct fixture *f, int64_t place, const char *code, double value)
{
	struct parameter p;
	object_init(OBJECT_PARAMETER, &p);
	p.place = place;
	p.value = value;
	(void)STR_COPY(p.code, code);
	put_object(f, OBJECT_PARAMETER, &p);
}

static struct proposals ask_months(
	struct fixture *f, int64_t channel, const char *from, const char *till)
{
	struct desk d;
	struct proposals p = {0};
	assert_int_equal(desk_init(&d, f->store, NULL), ERR_OK);
	assert_int_equal(estimate_months(&d, site_find(d.site, OBJECT_CHANNEL, channel),
				 (struct span){utc(from), utc(till)}, &p),
		ERR_OK);
	desk_fini(&d);
	return p;
}

static void an_unread_flat_is_its_mean_for_three_months_and_then_the_norm(void **state)
{
	struct fixture *f = *state;
	static const char *const read[] = {"2024-02-29T19:00:00Z", "2024-03-31T19:00:00Z",
		"2024-04-30T19:00:00Z", "2024-05-31T19:00:00Z", "2024-06-30T19:00:00Z",
		"2024-07-31T19:00:00Z"};
	static const double values[] = {4.1, 3.8, 4.4, 4.0, 3.9, 4.2}; /* of the published case */
	struct place flat;
	object_init(OBJECT_PLACE, &flat);
	flat.parent = f->place;
	flat.kind = PLACE_FLAT;
	flat.people = 3;
	(void)STR_COPY(flat.name, "1");
	f->place = put_object(f, OBJECT_PLACE, &flat);
	int64_t ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	put_parameter(f, f->place, "norm.cold_water", 4.5);
	for (size_t i = 0; i < 6; i++) {
		put_month(f, ch, read[i], values[i]);
	}
	commit(f);
	/* September to December */
	struct proposals p = ask_months(f, ch, "2024-08-31T19:00:00Z", "2024-12-31T19:00:00Z");
	assert_int_equal(p.n, 4);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(p.items[i].method, ESTIMATE_MONTHS);
		assert_true(fabs(p.items[i].value - 4.066666667) < 1e-6);
	}
	assert_int_equal(p.items[3].method, ESTIMATE_NORM);
	assert_true(fabs(p.items[3].value - 13.5) < 1e-9);
	proposals_free(&p);
	put_parameter(f, f->place, "flat.access_refused", 2);
	p = ask_months(f, ch, "2024-11-30T19:00:00Z", "2024-12-31T19:00:00Z");
	assert_int_equal(p.n, 1);
	assert_true(fabs(p.items[0].value - 20.25) < 1e-9);
	proposals_free(&p);
}

/* Values are put straight into channels here: the rollup would take back what nobody metered. */
static int set_up_quiet(void **state)
{
	int e = set_up(state);
	struct fixture *f = *state;
	if (!e) {
		rollup_stop(f->rollup);
		f->rollup = NULL;
	}
	return e;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_quiet, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_hours_are_the_line_between_their_neighbours),
		TEST(longer_holes_are_the_mean_of_three_fridays),
		TEST(a_register_keeps_the_total_exact_in_the_shape_of_like_days),
		TEST(heat_follows_the_degrees),
		TEST(outdoor_temperature_is_the_neighbours),
		TEST(where_nothing_is_known_nothing_is_proposed),
		TEST(an_unread_flat_is_its_mean_for_three_months_and_then_the_norm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
