/*
 * test_profile.c - real consumption is read as its files say it
 *
 * The expectations on foreign files are lines of those files, copied here by eye.
 */
#include "sim/profile.h"

#include "test.h"

#include <math.h>
#include <string.h>

static const struct zone *zone_of(const char *name)
{
	const struct zone *z;
	assert_int_equal(zone_get(name, &z, NULL), ERR_OK);
	return z;
}

static enum err read_text(const char *words, const char *text, int flats, struct sim_profile *p)
{
	struct sim_profile_spec spec;
	char line[300];
	(void)snprintf(line, sizeof(line), "memory%s%s", *words ? "," : "", words);
	assert_int_equal(sim_profile_spec_parse(line, &spec, NULL), ERR_OK);
	FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	assert_non_null(f);
	struct diag diag = {0};
	enum err e = sim_profile_read(f, &spec, zone_of("UTC"), flats, p, &diag);
	if (e) {
		assert_int_not_equal(diag.text[0], 0);
	}
	(void)fclose(f);
	return e;
}

static double at(const struct sim_profile *p, size_t track, const char *time)
{
	int64_t utc;
	assert_true(track < p->n);
	assert_int_equal(time_parse(time, NULL, &utc), ERR_OK);
	return sim_series_at(p->tracks[track].series, utc * 1000000);
}

static void flats_below_each_other_are_told_apart_by_their_key(void **state)
{
	(void)state;
	struct sim_profile p;
	static const char text[] =
		"user.key;datetime;meter.reading;diff\n"
		"aa;01/03/2016 01:19:43;68321;0\n"
		"aa;01/03/2016 02:19:43;68400;79\r\n"
		"bb;01/03/2016 01:05:00;1e3;0\n"
		"cc;01/03/2016 01:05:00;5;0\n";
	assert_int_equal(read_text("", text, 2, &p), ERR_OK);
	assert_int_equal(p.n, 2); /* the third has no flat */
	assert_int_equal(p.tracks[0].point, SIM_FLAT_COLD);
	assert_string_equal(p.tracks[1].key, "bb");
	assert_int_equal(p.tracks[1].flat, 1);
	assert_true(at(&p, 0, "2016-03-01T02:00:00Z") == 68.321);
	assert_true(at(&p, 0, "2016-03-01T02:19:43Z") == 68.4);
	assert_true(at(&p, 1, "2016-03-01T02:00:00Z") == 1);
	sim_profile_fini(&p);
	assert_int_equal(read_text("flat=3,skip=1", text, 12, &p), ERR_OK);
	assert_int_equal(p.n, 2);
	assert_string_equal(p.tracks[0].key, "bb");
	assert_int_equal(p.tracks[0].flat, 2);
	sim_profile_fini(&p);
	assert_int_equal(read_text("to=input.cold", text, 12, &p), ERR_OK);
	assert_int_equal(p.n, 1); /* there is one input */
	assert_string_equal(p.tracks[0].key, "aa");
	sim_profile_fini(&p);
}

static void flats_beside_each_other_are_columns(void **state)
{
	(void)state;
	struct sim_profile p;
	static const char text[] =
		"time;FlatA_Ele;FlatB_Ele\n"
		"2018-11-30 23:45:00;5619.889;7246.254\n"
		"2018-12-01 00:00:00;;7246,551\n"
		"2018-12-01 00:15:00;5619.929;NA\n";
	assert_int_equal(read_text("", text, 4, &p), ERR_OK);
	assert_int_equal(p.n, 2);
	assert_int_equal(p.tracks[1].point, SIM_FLAT_ELECTRICITY);
	assert_true(at(&p, 0, "2018-12-01T00:14:59Z") == 5619.889);
	assert_true(at(&p, 0, "2018-12-01T00:15:00Z") == 5619.929);
	assert_true(at(&p, 1, "2018-12-01T00:20:00Z") == 7246.551);
	assert_int_equal(p.rows, 3);
	sim_profile_fini(&p);
}

static void amounts_of_intervals_become_readings(void **state)
{
	(void)state;
	struct sim_profile p;
	static const char text[] =
		"datetime,equipment load [kWh]\n"
		"2015-01-01 00:00:00,13.5\n2015-01-01 01:00:00,28\n2015-01-01 02:00:00,1\n";
	assert_int_equal(read_text("", text, 1, &p), ERR_OK);
	assert_int_equal(p.tracks[0].point, SIM_INPUT_ELECTRICITY);
	assert_true(at(&p, 0, "2015-01-01T00:00Z") == 0);
	assert_true(at(&p, 0, "2015-01-01T00:30Z") == 6.75);
	assert_true(at(&p, 0, "2015-01-01T02:00Z") == 41.5);
	assert_true(at(&p, 0, "2015-01-01T09:00Z") == 42.5);
	sim_profile_fini(&p);
	assert_int_equal(read_text("label=end,between=step", text, 1, &p), ERR_OK);
	assert_true(at(&p, 0, "2015-01-01T00:59Z") == 13.5);
	assert_true(at(&p, 0, "2015-01-01T01:00Z") == 41.5);
	sim_profile_fini(&p);
}

static void times_have_zones_and_can_be_moved(void **state)
{
	(void)state;
	struct sim_profile p;
	static const char text[] =
		"time,x\n2020-07-01T02:00:00+02:00,1\n2020-07-01 01:00,2\n"
		"1.7.2020 2:30:10.5,3\n2020-07-01T03:00:00Z,4\n";
	assert_int_equal(read_text("to=hot,column=x", text, 1, &p), ERR_OK);
	assert_true(at(&p, 0, "2020-07-01T00:00Z") == 1);
	assert_true(at(&p, 0, "2020-07-01T01:00Z") == 2);
	assert_true(at(&p, 0, "2020-07-01T02:30:10Z") == 3);
	sim_profile_fini(&p);
	assert_int_equal(
		read_text("to=hot,zone=Europe/Zurich,start=2026-01-01T00:00Z", text, 1, &p),
		ERR_OK);
	/* in Zurich 01:00 is an hour before the first row's 00:00 UTC */
	assert_true(at(&p, 0, "2026-01-01T00:00Z") == 2);
	assert_true(at(&p, 0, "2026-01-01T04:00Z") == 4);
	sim_profile_fini(&p);
}

static void what_makes_no_sense_is_said(void **state)
{
	(void)state;
	struct sim_profile p;
	assert_int_equal(read_text("", "a;b\n1;2\n", 1, &p), ERR_PARSE);    /* no time */
	assert_int_equal(read_text("", "time;b\n1;2\n", 1, &p), ERR_PARSE); /* what is b? */
	assert_int_equal(read_text("to=cold,unit=kWh", "time;b\n", 1, &p), ERR_PARSE);
	assert_int_equal(read_text("column=c,to=cold", "time;b\n", 1, &p), ERR_PARSE);
	assert_int_equal(read_text("to=cold", "time;b\nyesterday;2\n", 1, &p), ERR_NODATA);
	static const char *const bad[] = {"", ",to=cold", "f,to", "f,to=gas", "f,unit=parsec",
		"f,flat=0", "f,start=now", "f,between=maybe", "f,nokey=1"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sim_profile_spec spec;
		assert_int_not_equal(sim_profile_spec_parse(bad[i], &spec, NULL), ERR_OK);
	}
}

/* ---- files of others ---- */

static void read_pipe(
	const char *command, const char *words, const char *zone, int flats, struct sim_profile *p)
{
	struct sim_profile_spec spec;
	struct diag diag = {0};
	assert_int_equal(sim_profile_spec_parse(words, &spec, NULL), ERR_OK);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	enum err e = sim_profile_read(f, &spec, zone_of(zone), flats, p, &diag);
	(void)pclose(f);
	if (e) {
		fail_msg("%s: %s %s", command, err_name(e), diag.text);
	}
}

static void water_of_daiad_is_read(void **state)
{
	(void)state;
	const char *path = vector_path("datasets/daiad_water/swm_trialA_clean.zip");
	NEED_VECTORS(path);
	char command[1200];
	/* the first flats are enough */
	(void)snprintf(
		command, sizeof(command), "unzip -p '%s' swm_trialA_clean.csv | head -60000", path);
	struct sim_profile p;
	read_pipe(command, "f", "Europe/Madrid", 6, &p);
	assert_int_equal(p.n, 6);
	assert_string_equal(p.tracks[0].key, "1f8730a9-5d67-4895-9215-6e247087ea00");
	/* 01/03/2016 04:19:43;68321 in winter time */
	assert_true(at(&p, 0, "2016-03-01T03:19:43Z") == 68.321);
	assert_int_equal(p.refused, 0);
	for (size_t i = 0; i < p.n; i++) {
		assert_true(p.tracks[i].series->n > 1000);
		assert_int_equal(p.tracks[i].flat, i);
	}
	sim_profile_fini(&p);
}

static void heat_of_hslu_is_read_with_its_holes(void **state)
{
	(void)state;
	const char *path = vector_path("datasets/hslu_lcm/centralHeating.csv.gz");
	NEED_VECTORS(path);
	char command[1200];
	(void)snprintf(command, sizeof(command), "gzip -dc '%s'", path);
	struct sim_profile p;
	read_pipe(command, "f", "UTC", 12, &p);
	assert_int_equal(p.n, 1);
	assert_int_equal(p.tracks[0].point, SIM_INPUT_HEAT);
	assert_true(at(&p, 0, "2018-03-03T00:00:00Z") == 45019.81);
	assert_true(at(&p, 0, "2018-03-03T02:30:00Z") == 45019.81); /* empty cells follow */
	sim_profile_fini(&p);
}

static void electricity_of_hslu_and_cambridge_is_read(void **state)
{
	(void)state;
	const char *path = vector_path("datasets/hslu_lcm/flatElectricity.csv.gz");
	NEED_VECTORS(path);
	char command[1200];
	struct sim_profile p;
	(void)snprintf(command, sizeof(command), "gzip -dc '%s'", path);
	read_pipe(command, "f", "UTC", 12, &p);
	assert_int_equal(p.n, 4);
	assert_true(at(&p, 3, "2018-12-01T00:15:00Z") == 8387.137);
	sim_profile_fini(&p);
	path = vector_path("datasets/cambridge/UCam_Building_b0_electricity_2015-2019.csv.gz");
	NEED_VECTORS(path);
	(void)snprintf(command, sizeof(command), "gzip -dc '%s'", path);
	read_pipe(command, "f", "UTC", 12, &p);
	assert_true(fabs(at(&p, 0, "2015-01-01T02:00:00Z") - 41.7) < 1e-9); /* 13.8 + 27.9 */
	sim_profile_fini(&p);
}

static void heat_of_aalborg_is_read(void **state)
{
	(void)state;
	const char *path = vector_path("datasets/danish_heat/processed_final_data_sample.csv.gz");
	NEED_VECTORS(path);
	char command[1200];
	struct sim_profile p;
	(void)snprintf(command, sizeof(command), "gzip -dc '%s'", path);
	read_pipe(command, "f", "UTC", 12, &p);
	assert_int_equal(p.n, 1);
	assert_string_equal(p.tracks[0].key, "660");
	assert_true(at(&p, 0, "2018-01-03T00:00:00Z") == 5350.73684210526);
	sim_profile_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flats_below_each_other_are_told_apart_by_their_key),
		cmocka_unit_test(flats_beside_each_other_are_columns),
		cmocka_unit_test(amounts_of_intervals_become_readings),
		cmocka_unit_test(times_have_zones_and_can_be_moved),
		cmocka_unit_test(what_makes_no_sense_is_said),
		cmocka_unit_test(water_of_daiad_is_read),
		cmocka_unit_test(heat_of_hslu_is_read_with_its_holes),
		cmocka_unit_test(electricity_of_hslu_and_cambridge_is_read),
		cmocka_unit_test(heat_of_aalborg_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
