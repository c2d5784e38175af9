/*
 * The DLMS driver over its simulated meters: what the tests of all families do not ask - sessions and
 * passwords, columns, ways to select, and what the Russian profile does when the power fails.
 *
 * Expectations: the formula of source_at, and the statements of docs/protocols/dlms.md (GOST R 58940-2020).
 */
#include "twin.h"

#define NOON   1792326600 /* 2026-10-18T12:30:00Z, 15:30 in Moscow */
#define LOADED 365        /* Wh in half an hour */

/* Active energy rises evenly, but for a stretch in which nothing is taken; kWh. */
static struct span still;

static double source_at(const struct sim_source *s, enum quantity q, int64_t utc_us)
{
	double h = ((double)utc_us / 1e6 - TWIN_BORN) / 3600;
	double from = (double)(still.from - TWIN_BORN) / 3600;
	double till = (double)(still.till - TWIN_BORN) / 3600;
	(void)s;
	h -= h > till ? till - from : h > from ? h - from : 0;
	switch (q) {
	case QUANTITY_ACTIVE_ENERGY: return 0.73 * h;
	case QUANTITY_REACTIVE_ENERGY: return 0.25 * h;
	case QUANTITY_ACTIVE_POWER: return 0.73;
	case QUANTITY_VOLTAGE: return 228.4;
	case QUANTITY_FREQUENCY: return 49.98;
	default: return NAN;
	}
}

static const struct sim_source source = {.at = source_at};

static void make(struct twin *w, const char *family)
{
	twin_new(w, family);
	w->device.source = &source;
	still = (struct span){0, 0};
}

static void lay(struct twin *w, const char *family)
{
	char params[256];
	const struct sim_family *f = sim_family_find(family);
	make(w, family);
	(void)snprintf(params, sizeof(params), "%s%s", f->is_alone ? "" : "address=5 ", f->params);
	twin_open(w, params, NOON);
}

static enum quality_class class_of(const struct twin *w, const char *key, int64_t utc)
{
	const struct sample *x = twin_sample(w, key, utc);
	char at[TIME_TEXT_CAP];
	if (!x) {
		fail_msg("no %s of %s", key, time_text_utc(at, utc));
		return QUALITY_MISSING;
	}
	return quality_class(x->quality);
}

static void said(const struct twin *w, const char *words)
{
	if (!strstr(talk_diag(w->talk)->text, words)) {
		fail_msg("'%s' does not say '%s'", talk_diag(w->talk)->text, words);
	}
}

/* ---- sessions ---- */

static void refuses(const char *family, const char *params, const char *words)
{
	struct twin w;
	int64_t utc;
	make(&w, family);
	twin_open(&w, params, NOON);
	assert_int_equal(w.driver->read_clock(w.talk, &utc), ERR_DENIED);
	said(&w, words);
	twin_close(&w);
}

static void a_wrong_password_says_what_to_check(void **state)
{
	(void)state;
	refuses("spodes", "address=5 password=111112", "check password and client");
	refuses("spodes", "address=5", "check password and client");
	refuses("spodes_tcp", "transport=wrapper password=Reader", "check password and client");
	refuses("spodes_gmac", "address=5 client=48 password=111111", "check auth");
	refuses("spodes_gmac",
		"address=5 client=48 auth=gmac ciphered=yes ek=000102030405060708090A0B0C0D0E0E "
		"ak=D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF",
		"check password and client");
}

static void a_password_may_be_hex(void **state)
{
	(void)state;
	struct twin w;
	int64_t utc = 0;
	make(&w, "spodes");
	twin_open(&w, "address=5 password=\"hex:31 31 3131 31 31\"", NOON);
	twin_must(&w, w.driver->read_clock(w.talk, &utc));
	assert_int_equal(utc, NOON);
	twin_close(&w);
}

static void parameters_that_mean_nothing_are_named(void **state)
{
	(void)state;
	static const char *const cases[][2] = {{"transport=tcp", "transport"}, {"auth=md5", "auth"},
		{"auth=gmac ek=00", "ek"}, {"password=hex:3", "password"},
		{"conformance=12", "conformance"}, {"address=5 address_bytes=1", "address_bytes"},
		{"address=500 address_bytes=2", "address_bytes"},
		{"address_bytes=3", "address_bytes"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct twin w;
		int64_t utc;
		make(&w, "spodes");
		twin_open(&w, cases[i][0], NOON);
		assert_int_equal(w.driver->read_clock(w.talk, &utc), ERR_INVAL);
		said(&w, cases[i][1]);
		twin_close(&w);
	}
}

static void the_public_client_sees_the_clock_alone(void **state)
{
	(void)state;
	struct twin w;
	int64_t utc = 0;
	make(&w, "spodes");
	twin_open(&w, "address=5 client=16", NOON);
	twin_must(&w, w.driver->read_clock(w.talk, &utc));
	assert_int_equal(utc, NOON);
	assert_int_equal(twin_read(&w, PERIOD_DAY, NOON - 5 * TWIN_DAY, NOON), ERR_DENIED);
	said(&w, "access denied to this client");
	twin_close(&w);
}

static void every_form_of_address_is_heard(void **state)
{
	(void)state;
	static const char *const cases[] = {"address=5", "address=5 address_bytes=4"};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct twin w;
		char params[64];
		int64_t utc;
		make(&w, "spodes");
		(void)snprintf(params, sizeof(params), "%s password=111111", cases[i]);
		twin_open(&w, params, NOON);
		twin_must(&w, w.driver->read_clock(w.talk, &utc));
		twin_close(&w);
	}
}

static int64_t exchanges(const struct twin *w)
{
	return talk_counters(w->talk)->exchanges;
}

static void a_session_is_kept_until_the_meter_forgets_it(void **state)
{
	(void)state;
	static const char *const families[] = {"spodes", "spodes_d", "spodes_tcp", "spodes_gmac"};
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		struct twin w;
		int64_t utc = 0;
		lay(&w, families[i]);
		twin_must(&w, w.driver->read_clock(w.talk, &utc));
		int64_t first = exchanges(&w);
		twin_must(&w, w.driver->read_clock(w.talk, &utc));
		assert_int_equal(exchanges(&w) - first, 1);
		int64_t before = exchanges(&w);
		twin_plug(&w, NOON + 5); /* the power failed: it knows of nothing */
		twin_must(&w, w.driver->read_clock(w.talk, &utc));
		assert_int_equal(utc, NOON + 5);
		assert_int_equal(exchanges(&w) - before, 1 + first);
		twin_close(&w);
	}
}

/* ---- clock ---- */

static void a_reader_may_not_set_the_clock_far(void **state)
{
	(void)state;
	struct twin w;
	int64_t utc = 0;
	lay(&w, "spodes");
	assert_int_equal(w.driver->set_clock(w.talk, NOON + 1200), ERR_DENIED);
	said(&w, "900 s");
	twin_must(&w, w.driver->set_clock(w.talk, NOON + 600));
	twin_must(&w, w.driver->read_clock(w.talk, &utc));
	assert_int_equal(utc, NOON + 600);
	twin_close(&w);
	lay(&w, "spodes_gmac");
	twin_must(&w, w.driver->set_clock(w.talk, NOON + 7200));
	twin_must(&w, w.driver->read_clock(w.talk, &utc));
	assert_int_equal(utc, NOON + 7200);
	twin_close(&w);
}

/* ---- current values ---- */

static void a_snapshot_and_single_registers_say_the_same(void **state)
{
	(void)state;
	static const char *const families[] = {"spodes", "spodes_d"};
	for (size_t i = 0; i < 2; i++) {
		struct twin w;
		lay(&w, families[i]);
		twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
		double wh = 1000 * source_at(NULL, QUANTITY_ACTIVE_ENERGY, NOON * 1000000LL);
		twin_expect(&w, "active_energy", 0, wh, 0.51);
		twin_expect(&w, "active_power", 0, 730, 0.01);
		twin_expect(&w, "frequency", 0, 49.98, 0.001);
		twin_expect(&w, i ? "voltage" : "voltage.l3", 0, 228.4, 0.001);
		twin_expect(&w, "power_factor", 0, 0.92, 1e-9);
		if (i) {
			twin_expect(&w, "temperature", 0, 23, 0);
			assert_null(twin_sample(&w, "ratio_current", 0));
		} else {
			twin_expect(&w, "ratio_current", 0, 40, 0);
			twin_expect(&w, "ratio_voltage", 0, 1, 0);
		}
		twin_close(&w);
	}
}

static void what_was_learnt_is_not_asked_for_again(void **state)
{
	(void)state;
	struct twin w;
	lay(&w, "spodes");
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	int64_t before = exchanges(&w);
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	assert_int_equal(exchanges(&w) - before, 2); /* capture, the row */
	twin_close(&w);
}

/* ---- profiles ---- */

static void rows_of_new_columns_are_read_by_new_columns(void **state)
{
	(void)state;
	struct twin w;
	int64_t from = NOON - 3 * TWIN_HOUR;
	lay(&w, "spodes");
	twin_must(&w, twin_read(&w, PERIOD_HALF_HOUR, from, from + TWIN_HOUR));
	twin_expect(&w, "active_energy", from, LOADED, 1);
	w.device.status = 8; /* the maker has set other columns */
	twin_plug(&w, NOON);
	twin_must(&w, twin_read(&w, PERIOD_HALF_HOUR, from, from + TWIN_HOUR));
	twin_expect(&w, "active_energy", from, LOADED, 1);
	twin_expect(&w, "reactive_energy", from, 125, 1);
	assert_int_equal(twin_count(&w, "active_energy"), 2);
	twin_close(&w);
}

static void meters_that_cannot_select_are_read_all_the_same(void **state)
{
	(void)state;
	for (int lacks = 1; lacks <= 3; lacks++) {
		struct twin w;
		int64_t from = NOON - 30 * TWIN_HOUR;
		make(&w, "spodes");
		w.device.status = lacks;
		w.device.depth = (struct archive_depth){.half_hours = 400, .days = 40, .months = 5};
		/* 5 h without power since: fewer rows than periods */
		w.device.off_from_utc = NOON - 10 * TWIN_HOUR;
		w.device.off_till_utc = NOON - 5 * TWIN_HOUR;
		twin_open(&w, "address=5 password=111111", NOON);
		twin_must(&w, twin_read(&w, PERIOD_HALF_HOUR, from, from + 2 * TWIN_HOUR));
		for (int i = 0; i < 4; i++) {
			twin_expect(&w, "active_energy", from + i * 1800, LOADED, 1);
		}
		assert_int_equal(twin_count(&w, "active_energy"), 4);
		int64_t day = NOON / TWIN_DAY * TWIN_DAY - 20 * TWIN_DAY - 3 * TWIN_HOUR;
		twin_must(&w, twin_read(&w, PERIOD_DAY, day, day + 3 * TWIN_DAY));
		twin_expect(&w, "active_energy", day + TWIN_DAY,
			source_at(NULL, QUANTITY_ACTIVE_ENERGY, (day + TWIN_DAY) * 1000000), 0.01);
		twin_close(&w);
	}
}

static void a_profile_of_the_other_interval_is_refused(void **state)
{
	(void)state;
	struct twin w;
	lay(&w, "spodes");
	assert_int_equal(twin_read(&w, PERIOD_HOUR, NOON - TWIN_DAY, NOON), ERR_UNSUPP);
	said(&w, "30 min");
	twin_close(&w);
}

static void the_day_months_end_on_is_told_by_schedule_or_rows(void **state)
{
	(void)state;
	for (int has_schedule = 0; has_schedule < 2; has_schedule++) {
		struct twin w;
		int hour = -1, day = -1;
		make(&w, "spodes");
		w.device.report_day = 25;
		w.device.status = has_schedule ? 0 : 0x10;
		twin_open(&w, "address=5 password=111111", NOON);
		twin_must(&w, w.driver->report_time(w.talk, &hour, &day));
		assert_int_equal(hour, 0);
		assert_int_equal(day, 25);
		twin_close(&w);
	}
}

/* ---- power cuts ---- */

static void a_row_of_the_moment_power_went_is_a_part(void **state)
{
	(void)state;
	struct twin w;
	int64_t hour = NOON / TWIN_HOUR * TWIN_HOUR - 8 * TWIN_HOUR;
	make(&w, "spodes");
	w.device.off_from_utc = hour + 600; /* ten minutes into a half-hour */
	w.device.off_till_utc = hour + 2 * TWIN_HOUR;
	twin_open(&w, "address=5 password=111111", NOON);
	twin_must(&w, twin_read(&w, PERIOD_HALF_HOUR, hour - TWIN_HOUR, hour + 4 * TWIN_HOUR));
	twin_expect(&w, "active_energy", hour, LOADED / 3., 1);
	assert_int_equal(class_of(&w, "active_energy", hour), QUALITY_PARTIAL);
	assert_int_equal(class_of(&w, "active_energy", hour - 1800), QUALITY_MEASURED);
	for (int i = 1; i < 4; i++) { /* nothing was recorded */
		assert_null(twin_sample(&w, "active_energy", hour + i * 1800));
	}
	assert_int_equal(class_of(&w, "active_energy", hour + 2 * TWIN_HOUR), QUALITY_MEASURED);
	twin_close(&w);
}

static void zeros_of_a_cut_are_no_values_but_zeros_of_nobody_at_home_are(void **state)
{
	(void)state;
	struct twin w;
	int64_t hour = NOON / TWIN_HOUR * TWIN_HOUR - 30 * TWIN_HOUR;
	make(&w, "spodes_d");
	w.device.off_from_utc = hour;
	w.device.off_till_utc = hour + 3 * TWIN_HOUR;
	still = (struct span){hour + 5 * TWIN_HOUR, hour + 7 * TWIN_HOUR};
	twin_open(&w, "address=5 password=111111", NOON);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, hour - TWIN_HOUR, hour + 9 * TWIN_HOUR));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			class_of(&w, "active_energy", hour + i * TWIN_HOUR), QUALITY_MISSING);
	}
	for (int i = 5; i < 7; i++) {
		twin_expect(&w, "active_energy", hour + i * TWIN_HOUR, 0, 0);
		assert_int_equal(
			class_of(&w, "active_energy", hour + i * TWIN_HOUR), QUALITY_MEASURED);
	}
	twin_close(&w);
}

static void zeros_nobody_can_explain_are_doubted(void **state)
{
	(void)state;
	struct twin w;
	int64_t hour = NOON / TWIN_HOUR * TWIN_HOUR - 30 * TWIN_HOUR;
	make(&w, "spodes_d");
	w.device.status = 4; /* no journal */
	w.device.off_from_utc = hour;
	w.device.off_till_utc = hour + 3 * TWIN_HOUR;
	twin_open(&w, "address=5 password=111111", NOON);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, hour - TWIN_HOUR, hour + 5 * TWIN_HOUR));
	assert_int_equal(class_of(&w, "active_energy", hour), QUALITY_PARTIAL);
	assert_int_equal(class_of(&w, "active_energy", hour - TWIN_HOUR), QUALITY_MEASURED);
	twin_close(&w);
}

static void a_day_without_power_has_no_rows(void **state)
{
	(void)state;
	struct twin w;
	int64_t midnight = NOON / TWIN_DAY * TWIN_DAY - 4 * TWIN_DAY - 3 * TWIN_HOUR;
	make(&w, "spodes_d");
	w.device.off_from_utc = midnight - TWIN_HOUR;
	w.device.off_till_utc = midnight + 25 * TWIN_HOUR;
	twin_open(&w, "address=5 password=111111", NOON);
	assert_int_equal(twin_read(&w, PERIOD_HOUR, midnight, midnight + TWIN_DAY), ERR_NODATA);
	assert_int_equal(twin_count(&w, "active_energy"), 0);
	twin_close(&w);
}

static void readings_filled_in_after_a_cut_are_doubted(void **state)
{
	(void)state;
	for (int has_journal = 0; has_journal < 2; has_journal++) {
		struct twin w;
		int64_t midnight = NOON / TWIN_DAY * TWIN_DAY - 6 * TWIN_DAY - 3 * TWIN_HOUR;
		make(&w, "spodes");
		w.device.status = has_journal ? 0 : 4;
		w.device.off_from_utc = midnight - TWIN_HOUR;
		w.device.off_till_utc = midnight + 2 * TWIN_DAY + TWIN_HOUR;
		still = (struct span){midnight + 3 * TWIN_DAY, midnight + 4 * TWIN_DAY};
		twin_open(&w, "address=5 password=111111", NOON);
		twin_must(&w, twin_read(&w, PERIOD_DAY, midnight - 2 * TWIN_DAY,
				      midnight + 5 * TWIN_DAY));
		/* the first reading in the cut differs from the day before: it is what it was */
		assert_int_equal(class_of(&w, "active_energy", midnight), QUALITY_MEASURED);
		assert_int_equal(
			class_of(&w, "active_energy", midnight + TWIN_DAY), QUALITY_SUSPECT);
		assert_int_equal(
			class_of(&w, "active_energy", midnight + 2 * TWIN_DAY), QUALITY_SUSPECT);
		assert_int_equal(
			class_of(&w, "active_energy", midnight + 3 * TWIN_DAY), QUALITY_MEASURED);
		/* a day nobody was at home, with power */
		assert_int_equal(class_of(&w, "active_energy", midnight + 4 * TWIN_DAY),
			has_journal ? QUALITY_MEASURED : QUALITY_SUSPECT);
		assert_int_equal(twin_count(&w, "active_energy"), 8);
		twin_close(&w);
	}
}

/* ---- the hour that comes twice ---- */

static void both_hours_of_autumn_are_told_by_the_mark_of_summer(void **state)
{
	(void)state;
	static const char *const families[] = {"spodes", "spodes_d", "spodes_tcp"};
	for (size_t i = 0; i < 3; i++) {
		struct twin w;
		const char *params = sim_family_find(families[i])->params;
		char all[128];
		make(&w, families[i]);
		assert_int_equal(zone_get("Europe/Berlin", &w.device.zone, NULL), ERR_OK);
		(void)snprintf(all, sizeof(all), "%s%s", i < 2 ? "address=5 " : "", params);
		twin_open(&w, all, TWIN_AUTUMN + 40 * TWIN_HOUR);
		enum period p = i == 0 ? PERIOD_HALF_HOUR : PERIOD_HOUR;
		int64_t step = i == 0 ? 1800 : 3600;
		twin_must(&w,
			twin_read(&w, p, TWIN_AUTUMN - 4 * TWIN_HOUR, TWIN_AUTUMN + 4 * TWIN_HOUR));
		for (int64_t t = TWIN_AUTUMN - 4 * TWIN_HOUR; t < TWIN_AUTUMN + 4 * TWIN_HOUR;
			t += step) {
			twin_expect(&w, "active_energy", t, 0.73 * (double)step / 3.6, 1);
		}
		assert_int_equal(twin_count(&w, "active_energy"), 8 * TWIN_HOUR / step);
		twin_close(&w);
	}
}

/* ---- journals ---- */

static int told;

static enum err tell(struct sink *s, const struct meter_event *e)
{
	(void)s;
	bool is_off = strcmp(e->code, "power_off") == 0 && e->utc == NOON - 5 * TWIN_HOUR;
	bool is_on = strcmp(e->code, "power_on") == 0 && e->utc == NOON - 3 * TWIN_HOUR;
	assert_true(is_off || is_on);
	told++;
	return ERR_OK;
}

static void the_journal_tells_of_power(void **state)
{
	(void)state;
	struct twin w;
	struct sink sink = {.event = tell};
	make(&w, "spodes");
	w.device.off_from_utc = NOON - 5 * TWIN_HOUR;
	w.device.off_till_utc = NOON - 3 * TWIN_HOUR;
	twin_open(&w, "address=5 password=111111", NOON);
	told = 0;
	twin_must(&w, w.driver->read_events(w.talk, (struct span){NOON - TWIN_DAY, NOON}, &sink));
	assert_int_equal(told, 2);
	twin_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_password_says_what_to_check),
		cmocka_unit_test(a_password_may_be_hex),
		cmocka_unit_test(parameters_that_mean_nothing_are_named),
		cmocka_unit_test(the_public_client_sees_the_clock_alone),
		cmocka_unit_test(every_form_of_address_is_heard),
		cmocka_unit_test(a_session_is_kept_until_the_meter_forgets_it),
		cmocka_unit_test(a_reader_may_not_set_the_clock_far),
		cmocka_unit_test(a_snapshot_and_single_registers_say_the_same),
		cmocka_unit_test(what_was_learnt_is_not_asked_for_again),
		cmocka_unit_test(rows_of_new_columns_are_read_by_new_columns),
		cmocka_unit_test(meters_that_cannot_select_are_read_all_the_same),
		cmocka_unit_test(a_profile_of_the_other_interval_is_refused),
		cmocka_unit_test(the_day_months_end_on_is_told_by_schedule_or_rows),
		cmocka_unit_test(a_row_of_the_moment_power_went_is_a_part),
		cmocka_unit_test(zeros_of_a_cut_are_no_values_but_zeros_of_nobody_at_home_are),
		cmocka_unit_test(zeros_nobody_can_explain_are_doubted),
		cmocka_unit_test(a_day_without_power_has_no_rows),
		cmocka_unit_test(readings_filled_in_after_a_cut_are_doubted),
		cmocka_unit_test(both_hours_of_autumn_are_told_by_the_mark_of_summer),
		cmocka_unit_test(the_journal_tells_of_power),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
