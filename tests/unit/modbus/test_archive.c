/*
 * test_archive.c - archives by file, index register and address, with holes, clocks that are off and
 * months of real meters
 *
 * Expectations: the formulas of `source_at`, computed here a second time; calendar days of Moscow
 * begin at 21:00 UTC.
 */
#include "loop.h"

#include "proto/modbus.h"

#define HOUR 3600
#define DAY  86400

static const struct zone *moscow;
static int64_t born;

static double energy_at(int64_t utc)
{
	double h = (double)(utc - born) / 3600;
	return h * h * 0.001;
}

static double source_at(const struct sim_source *s, enum quantity q, int64_t utc_us)
{
	int64_t utc = utc_us / 1000000;
	(void)s;
	switch (q) {
	case QUANTITY_HEAT_ENERGY: return energy_at(utc);
	case QUANTITY_MASS_SUPPLY: return (double)(utc - born) / 3600 * 2.5;
	case QUANTITY_VOLUME: return (double)(utc - born) / 3600 * 0.75;
	case QUANTITY_TEMPERATURE_SUPPLY: return 20 + (double)(utc - born) / 3600 * 0.04;
	case QUANTITY_OPERATING_TIME: return (double)(utc - born) / 3600;
	case QUANTITY_ERROR_CODE: return 0;
	default: return NAN;
	}
}

static const struct sim_source source = {.at = source_at};

static struct sim_device device(const char *model)
{
	struct sim_device d = {.protocol = &sim_modbus_rtu,
		.source = &source,
		.address = 5,
		.serial = "12345678",
		.zone = moscow,
		.born_utc = born,
		.depth = {.hours = 1488, .days = 1096, .months = 120}};
	(void)STR_COPY(d.model, model);
	return d;
}

static enum err read_span(struct loop *l, enum period p, int64_t from, int64_t till)
{
	loop_forget(l);
	return driver_modbus.read_archive(l->talk, p, (struct span){from, till}, &l->got.sink);
}

/* How many records there are, by one key. */
static int records(const struct loop *l)
{
	int n = 0;
	for (size_t i = 0; i < l->got.n; i++) {
		n += strcmp(l->got.items[i]->key, "heat_energy") == 0;
	}
	return n;
}

static void must_be(
	const struct loop *l, const char *key, int64_t start, double value, double slack)
{
	const struct sample *s = loop_sample(l, key, start);
	char time[TIME_TEXT_CAP];
	if (!s) {
		fail_msg("no %s of %s", key, time_text_utc(time, start));
		return;
	}
	if (!(fabs(s->value - value) <= slack)) {
		fail_msg("%s of %s is %.9g, not %.9g", key, time_text_utc(time, start), s->value,
			value);
	}
}

static void must_be_amount(const struct loop *l, int64_t from, int64_t till)
{
	must_be(l, "heat_energy", from, energy_at(till) - energy_at(from), 1.01e-6);
	must_be(l, "mass_supply", from, (double)(till - from) / 3600 * 2.5, 1e-9);
}

static const char params[] = "address=5 model=domovoi_heat";

/* ---- hours, by address, numbered by the calendar ---- */

static void hours_of_three_days_are_read_several_at_once(void **state)
{
	struct sim_device d = device("domovoi_heat");
	struct loop l;
	(void)state;
	loop_init(&l, &d, params, moscow);
	int64_t from = LOOP_START - 100 * HOUR, till = from + 72 * HOUR;
	must(&l, read_span(&l, PERIOD_HOUR, from, till));
	assert_int_equal(records(&l), 72);
	for (int64_t t = from; t < till; t += HOUR) {
		must_be_amount(&l, t, t + HOUR);
		must_be(&l, "temperature_supply", t, 20 + ((double)(t - born) / 3600 + 0.5) * 0.04,
			0.0051);
	}
	const struct sample *s = loop_sample(&l, "heat_energy", from);
	assert_int_equal(s->form, FORM_AMOUNT);
	assert_int_equal(s->period, PERIOD_HOUR);
	assert_int_equal(quality_flags(s->quality), 0);
	assert_int_equal(l.requests, 12);
	loop_fini(&l);
}

static void the_running_hour_and_the_future_have_no_records(void **state)
{
	struct sim_device d = device("domovoi_heat");
	struct loop l;
	(void)state;
	loop_init(&l, &d, params, moscow);
	loop_move_to(&l, LOOP_START + 1800);
	must(&l, read_span(&l, PERIOD_HOUR, LOOP_START - 2 * HOUR, LOOP_START + 5 * HOUR));
	assert_int_equal(records(&l), 2);
	assert_int_equal(read_span(&l, PERIOD_HOUR, LOOP_START, LOOP_START + HOUR), ERR_NODATA);
	assert_int_equal(read_span(&l, PERIOD_HOUR, INT64_MAX - 10, INT64_MAX), ERR_NODATA);
	assert_int_equal(read_span(&l, PERIOD_HOUR, 5, 4), ERR_NODATA);
	assert_int_equal(read_span(&l, PERIOD_HALF_HOUR, 0, LOOP_START), ERR_UNSUPP);
	loop_fini(&l);
}

static void the_memory_ends_at_its_depth_and_at_birth(void **state)
{
	struct sim_device d = device("domovoi_heat");
	struct loop l;
	(void)state;
	loop_init(&l, &d, params, moscow);
	must(&l, read_span(&l, PERIOD_HOUR, INT64_MIN, LOOP_START));
	assert_int_equal(records(&l), 1488);
	assert_int_equal(
		read_span(&l, PERIOD_HOUR, LOOP_START - 1490 * HOUR, LOOP_START - 1488 * HOUR),
		ERR_NODATA);
	d.born_utc = LOOP_START - 10 * HOUR;
	must(&l, read_span(&l, PERIOD_HOUR, LOOP_START - 20 * HOUR, LOOP_START));
	assert_int_equal(records(&l), 10);
	loop_fini(&l);
}

static void a_clock_that_is_off_by_hours_moves_the_numbers_not_the_records(void **state)
{
	static const int64_t offsets[] = {2 * HOUR, -3 * HOUR, 40 * HOUR, -70};
	(void)state;
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		struct sim_device d = device("domovoi_heat");
		struct loop l;
		d.clock_offset_s = offsets[i];
		loop_init(&l, &d, params, moscow);
		int64_t from = LOOP_START - 100 * HOUR, till = from + 24 * HOUR;
		must(&l, read_span(&l, PERIOD_HOUR, from, till));
		assert_int_equal(records(&l), 24);
		for (int64_t t = from; t < till; t += HOUR) {
			must_be_amount(&l, t, t + HOUR);
		}
		loop_fini(&l);
	}
}

static void hours_without_power_are_holes_and_their_edges_abnormal(void **state)
{
	struct sim_device d = device("domovoi_heat");
	struct loop l;
	int64_t cut = LOOP_START - 50 * HOUR;
	(void)state;
	d.off_from_utc = cut + 1200;           /* 20 minutes after the full hour */
	d.off_till_utc = cut + 5 * HOUR + 600; /* ten past, five hours later */
	loop_init(&l, &d, params, moscow);
	must(&l, read_span(&l, PERIOD_HOUR, cut - 4 * HOUR, cut + 10 * HOUR));
	assert_int_equal(records(&l), 9); /* of 14, five ended in the dark */
	assert_null(loop_sample(&l, "heat_energy", cut));
	assert_null(loop_sample(&l, "heat_energy", cut + 4 * HOUR));
	must_be_amount(&l, cut - HOUR, cut);
	must_be_amount(&l, cut + 6 * HOUR, cut + 7 * HOUR);
	must_be(&l, "operating_time", cut + 5 * HOUR, 3000, 0);
	must_be(&l, "operating_time", cut + 6 * HOUR, 3600, 0);
	const struct sample *s = loop_sample(&l, "heat_energy", cut + 5 * HOUR);
	assert_int_equal(quality_flags(s->quality), QUALITY_ABNORMAL);
	s = loop_sample(&l, "heat_energy", cut + 6 * HOUR);
	assert_int_equal(quality_flags(s->quality), 0);
	loop_fini(&l);
}

/* The meter refuses records of the older half of a read: the others must still come. */
static void refuse_deep(struct loop *l, struct buf *reply)
{
	struct modbus_head head = {.unit = 5};
	struct modbus_pdu pdu = {.data = {0x84, 2}, .size = 2};
	struct modbus_adu adu;
	(void)l;
	if (reply->size > 5 + 2 * 20) { /* more than one record */
		modbus_wrap(&head, &pdu, &adu);
		buf_clear(reply);
		buf_put(reply, adu.data, adu.size);
	}
}

static void a_meter_that_gives_single_records_only_is_read_singly(void **state)
{
	struct sim_device d = device("domovoi_heat");
	struct loop l;
	(void)state;
	loop_init(&l, &d, params, moscow);
	l.spoil = refuse_deep;
	must(&l, read_span(&l, PERIOD_HOUR, LOOP_START - 24 * HOUR, LOOP_START));
	assert_int_equal(records(&l), 24);
	loop_fini(&l);
}

/* ---- days, through an index register, numbered by record ---- */

static int64_t moscow_day(int year, int month, int day)
{
	return civil_to_utc((struct civil){year, month, day, 0, 0, 0}) - 3 * HOUR;
}

static void days_begin_at_the_midnight_of_the_meter(void **state)
{
	struct sim_device d = device("domovoi_heat");
	struct loop l;
	(void)state;
	loop_init(&l, &d, params, moscow);
	int64_t from = moscow_day(2024, 12, 20), till = moscow_day(2025, 1, 5);
	must(&l, read_span(&l, PERIOD_DAY, from, till));
	assert_int_equal(records(&l), 16);
	for (int64_t t = from; t < till; t += DAY) {
		must_be_amount(&l, t, t + DAY);
	}
	/* a span that begins at noon begins with the next day */
	must(&l, read_span(&l, PERIOD_DAY, from + DAY / 2, from + 2 * DAY));
	assert_int_equal(records(&l), 1);
	must_be_amount(&l, from + DAY, from + 2 * DAY);
	loop_fini(&l);
}

static void holes_move_the_numbers_and_the_right_days_are_found(void **state)
{
	struct sim_device d = device("domovoi_heat");
	struct loop l;
	(void)state;
	d.off_from_utc = moscow_day(2024, 12, 1) + 100;
	d.off_till_utc = moscow_day(2024, 12, 12) + 100;
	loop_init(&l, &d, params, moscow);
	for (int64_t from = moscow_day(2024, 11, 20); from < moscow_day(2024, 12, 20);
		from += DAY) {
		bool is_dark = from >= moscow_day(2024, 12, 1) && from < moscow_day(2024, 12, 12);
		int requests = l.requests;
		enum err e = read_span(&l, PERIOD_DAY, from, from + DAY);
		assert_int_equal(e, is_dark ? ERR_NODATA : ERR_OK);
		assert_int_equal(records(&l), is_dark ? 0 : 1);
		if (!is_dark) {
			must_be_amount(&l, from, from + DAY);
		}
		assert_true(l.requests - requests <= 30);
	}
	must(&l, read_span(&l, PERIOD_DAY, moscow_day(2024, 11, 20), moscow_day(2024, 12, 20)));
	assert_int_equal(records(&l), 30 - 11);
	loop_fini(&l);
}

static void days_are_found_whatever_the_clock_says(void **state)
{
	struct sim_device d = device("domovoi_heat");
	struct loop l;
	(void)state;
	d.clock_offset_s = -9 * DAY;
	loop_init(&l, &d, params, moscow);
	int64_t from = moscow_day(2024, 12, 20);
	must(&l, read_span(&l, PERIOD_DAY, from, from + 3 * DAY));
	assert_int_equal(records(&l), 3);
	must_be_amount(&l, from + DAY, from + 2 * DAY);
	loop_fini(&l);
}

/* ---- months, records of a file ---- */

static void months_are_records_of_a_file(void **state)
{
	struct sim_device d = device("domovoi_heat");
	struct loop l;
	(void)state;
	loop_init(&l, &d, params, moscow);
	must(&l, read_span(&l, PERIOD_MONTH, moscow_day(2024, 1, 1), LOOP_START));
	assert_int_equal(records(&l), 3); /* born on 1 September, 3 o'clock in Moscow */
	must_be_amount(&l, moscow_day(2024, 10, 1), moscow_day(2024, 11, 1));
	must_be_amount(&l, moscow_day(2024, 12, 1), moscow_day(2025, 1, 1));
	assert_int_equal(
		read_span(&l, PERIOD_MONTH, moscow_day(2025, 1, 1), LOOP_START), ERR_NODATA);
	loop_fini(&l);
}

static void readings_at_the_end_of_months_are_points_in_time(void **state)
{
	struct sim_device d = device("karat_compact");
	struct loop l;
	(void)state;
	loop_init(&l, &d, "address=5 model=karat_compact", moscow);
	must(&l, read_span(&l, PERIOD_MONTH, moscow_day(2024, 11, 1), moscow_day(2025, 1, 1)));
	assert_int_equal(records(&l), 2);
	int64_t end = moscow_day(2024, 12, 1);
	const struct sample *s = loop_sample(&l, "heat_energy", end);
	assert_non_null(s);
	assert_int_equal(s->form, FORM_POINT);
	assert_int_equal(s->unit, UNIT_J);
	assert_true(fabs(s->value / 4186800000.0 - energy_at(end)) < 1e-9);
	must_be(&l, "volume", end, (double)(end - born) / 3600 * 0.75, 1e-9);
	loop_fini(&l);
}

/* Its months end at midnight of UTC, three hours into those of its building. */
static void months_of_a_meter_that_lives_in_utc_keep_their_names(void **state)
{
	struct sim_device d = device("karat_compact");
	struct loop l;
	(void)state;
	d.zone = NULL;
	loop_init(&l, &d, "address=5 model=karat_compact", moscow);
	must(&l, read_span(&l, PERIOD_MONTH, moscow_day(2024, 11, 1), moscow_day(2025, 1, 1)));
	assert_int_equal(records(&l), 2);
	must_be(&l, "volume", moscow_day(2024, 12, 1) + 3 * HOUR,
		(double)(moscow_day(2024, 12, 1) + 3 * HOUR - born) / 3600 * 0.75, 1e-9);
	assert_non_null(loop_sample(&l, "volume", moscow_day(2025, 1, 1) + 3 * HOUR));
	loop_fini(&l);
}

int main(void)
{
	if (zone_get("Europe/Moscow", &moscow, NULL)) {
		return 1;
	}
	born = civil_to_utc((struct civil){2024, 9, 1, 0, 0, 0});
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hours_of_three_days_are_read_several_at_once),
		cmocka_unit_test(the_running_hour_and_the_future_have_no_records),
		cmocka_unit_test(the_memory_ends_at_its_depth_and_at_birth),
		cmocka_unit_test(a_clock_that_is_off_by_hours_moves_the_numbers_not_the_records),
		cmocka_unit_test(hours_without_power_are_holes_and_their_edges_abnormal),
		cmocka_unit_test(a_meter_that_gives_single_records_only_is_read_singly),
		cmocka_unit_test(days_begin_at_the_midnight_of_the_meter),
		cmocka_unit_test(holes_move_the_numbers_and_the_right_days_are_found),
		cmocka_unit_test(days_are_found_whatever_the_clock_says),
		cmocka_unit_test(months_are_records_of_a_file),
		cmocka_unit_test(readings_at_the_end_of_months_are_points_in_time),
		cmocka_unit_test(months_of_a_meter_that_lives_in_utc_keep_their_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
