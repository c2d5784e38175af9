/*
 * Local time agrees with the C library's in every zone of the system, steps of the clock are told
 * apart, and nothing outside the zone directory can be named.
 */
#include "base/tzif.h"
#include "base/zone.h"
#include "test.h"

#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct zone *zone(const char *name)
{
	const struct zone *z = NULL;
	struct diag d = {0};
	if (zone_get(name, &z, &d) != ERR_OK) {
		fail_msg("%s: %s", name, d.text);
	}
	return z;
}

static int64_t utc(const char *text)
{
	int64_t t = 0;
	assert_int_equal(time_parse(text, NULL, &t), ERR_OK);
	return t;
}

/* Does offset_of agree with localtime_r under TZ=name? In a child: the library knows one zone. */
static bool library_agrees(
	const char *tz, int64_t from, int (*offset_of)(const void *, int64_t), const void *ctx)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)setenv("TZ", tz, 1);
		tzset();
		for (int64_t t = from; t < 4102444800; t += 5 * 86400 + 7 * 3600 + 13) {
			struct tm tm;
			time_t arg = (time_t)t;
			if (!localtime_r(&arg, &tm) || tm.tm_gmtoff != offset_of(ctx, t)) {
				(void)printf("%s differs at %lld: %ld, ours %d\n", tz, (long long)t,
					tm.tm_gmtoff, offset_of(ctx, t));
				(void)fflush(stdout);
				_exit(1);
			}
		}
		_exit(0);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int offset_in_zone(const void *ctx, int64_t t)
{
	return zone_offset(ctx, t);
}

static int offset_by_rule(const void *ctx, int64_t t)
{
	return tzif_segment(ctx, t).offset;
}

static void every_zone_agrees_with_the_c_library(void **state)
{
	(void)state;
	FILE *f = fopen("/usr/share/zoneinfo/zone1970.tab", "re");
	if (!f) {
		(void)puts("skipped: no zone1970.tab (package tzdata)");
		skip();
		return;
	}
	char line[512], name[64];
	int zones = 0, wrong = 0;
	while (fgets(line, sizeof(line), f)) {
		if (line[0] != '#' && sscanf(line, "%*s %*s %63s", name) == 1) {
			zones++;
			/* from 1902: before a zone's first change implementations differ */
			wrong += !library_agrees(name, -2145916800, offset_in_zone, zone(name));
		}
	}
	(void)fclose(f);
	assert_true(zones > 200);
	assert_int_equal(wrong, 0);
}

static void posix_rules_agree_with_the_c_library(void **state)
{
	(void)state;
	static const char *const rules[] = {
		"UTC0",
		"<+05>-5",
		"MSK-3",
		"<+0545>-5:45",
		"CET-1CEST,M3.5.0,M10.5.0/3",
		"EST5EDT,M3.2.0,M11.1.0",
		"AEST-10AEDT,M10.1.0,M4.1.0/3",
		"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
		"IST-2IDT,M3.4.4/26,M10.5.0",
		"<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
		"IST-1GMT0,M10.5.0,M3.5.0/1",
		"AAA3BBB,J60/0,J300/2",
		"AAA3BBB,59/0,299/2:30:15",
		"EET-2EEST,M4.5.5/0,M10.5.4/24",
	};
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct tzif t = {0};
		assert_int_equal(tz_rule_parse(rules[i], &t.rule, NULL), ERR_OK);
		/* from 1971: glibc takes years before for 1970 in rules */
		assert_true(library_agrees(rules[i], 365 * 86400, offset_by_rule, &t));
	}
}

static void summer_time_all_year_never_ends(void **state)
{
	(void)state;
	struct tzif t = {0}; /* the example of RFC 8536 3.3.1 */
	assert_int_equal(tz_rule_parse("XXX3EDT4,0/0,J365/23", &t.rule, NULL), ERR_OK);
	for (int64_t at = utc("2023-12-25"); at < utc("2025-01-05"); at += 1800) {
		assert_int_equal(tzif_segment(&t, at).offset, -4 * 3600);
	}
}

static void broken_rules_are_refused_with_their_position(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t at;
	} rules[] = {
		{"", 0},
		{"MS-3", 2},
		{"MSK", 3},
		{"<+05-5", 6},
		{"CET-1CEST", 9},
		{"CET-1CEST,M13.5.0,M10.5.0", 13},
		{"CET-1CEST,M3.6.0,M10.5.0", 14},
		{"CET-1CEST,M3.5.0,M10.5.0/168", 28},
		{"CET-25", 6},
		{"UTC0 ", 4},
	};
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct tz_rule r;
		struct diag d = {0};
		assert_int_equal(tz_rule_parse(rules[i].text, &r, &d), ERR_PARSE);
		assert_int_equal(d.offset, rules[i].at);
	}
}

static void civil_time_agrees_with_the_c_library(void **state)
{
	(void)state;
	for (int64_t t = -70000000000; t < 260000000000; t += 86400 * 11 + 12345) {
		struct tm tm;
		time_t arg = (time_t)t;
		assert_non_null(gmtime_r(&arg, &tm));
		struct civil c = civil_from_utc(t);
		assert_int_equal(c.year, tm.tm_year + 1900);
		assert_int_equal(c.month, tm.tm_mon + 1);
		assert_int_equal(c.day, tm.tm_mday);
		assert_int_equal(c.hour * 3600 + c.minute * 60 + c.second,
			tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
		assert_int_equal(civil_to_utc(c), t);
	}
	(void)civil_from_utc(INT64_MIN);
	(void)civil_from_utc(INT64_MAX);
}

static void fields_out_of_range_are_carried_over(void **state)
{
	(void)state;
	assert_int_equal(civil_to_utc((struct civil){2024, 13, 1, 0, 0, 0}), utc("2025-01-01"));
	assert_int_equal(civil_to_utc((struct civil){2024, 0, 1, 0, 0, 0}), utc("2023-12-01"));
	assert_int_equal(
		civil_to_utc((struct civil){2024, 2, 30, 25, -1, 0}), utc("2024-03-02T00:59"));
	assert_int_equal(civil_month_days(2024, 2), 29);
	assert_int_equal(civil_month_days(1900, 2), 28);
	assert_int_equal(civil_month_days(2000, 2), 29);
}

static void every_moment_is_found_again_from_its_local_time(void **state)
{
	(void)state;
	static const char *const names[] = {"Europe/Berlin", "Europe/Moscow", "Europe/Volgograd",
		"Asia/Yekaterinburg", "America/New_York", "Australia/Lord_Howe",
		"Africa/Casablanca", "Asia/Kathmandu", "Pacific/Apia", "UTC"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct zone *z = zone(names[i]);
		for (int64_t t = utc("2009-01-01"); t < utc("2026-12-31"); t += 1500) {
			struct civil c = zone_civil(z, t);
			int64_t first = zone_utc(z, c, false), second = zone_utc(z, c, true);
			assert_true(first == t || second == t);
			assert_true(first <= second);
		}
	}
}

static void a_repeated_hour_has_a_first_and_a_second(void **state)
{
	(void)state;
	const struct zone *berlin = zone("Europe/Berlin");
	struct civil c = {2024, 10, 27, 2, 30, 0};
	assert_int_equal(zone_utc(berlin, c, false), utc("2024-10-27T00:30:00Z"));
	assert_int_equal(zone_utc(berlin, c, true), utc("2024-10-27T01:30:00Z"));
	c.hour = 3;
	assert_int_equal(zone_utc(berlin, c, false), zone_utc(berlin, c, true));
}

static void a_skipped_time_is_the_moment_of_the_step(void **state)
{
	(void)state;
	struct civil c = {2024, 3, 31, 2, 30, 0};
	assert_int_equal(zone_utc(zone("Europe/Berlin"), c, false), utc("2024-03-31T01:00:00Z"));
	assert_int_equal(zone_utc(zone("Europe/Berlin"), c, true), utc("2024-03-31T01:00:00Z"));
	/* Samoa went over the date line and had no 30 December 2011 */
	struct civil lost = {2011, 12, 30, 12, 0, 0};
	assert_int_equal(zone_utc(zone("Pacific/Apia"), lost, false), utc("2011-12-30T10:00:00Z"));
}

static void names_cannot_leave_the_directory(void **state)
{
	(void)state;
	static const char *const names[] = {"", "/etc/passwd", "../../../etc/passwd",
		"Europe/../UTC", "Europe", "Europe/", "Europe//Berlin", "Nowhere/Land",
		"zone1970.tab", "leapseconds", "Europe/Berlin ", "Europe/Berlin\n", "Москва"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct zone *z = NULL;
		struct diag d = {0};
		assert_int_equal(zone_get(names[i], &z, &d), ERR_NOTFOUND);
		assert_null(z);
		assert_true(d.text[0]);
	}
}

static void a_zone_is_shared(void **state)
{
	(void)state;
	assert_ptr_equal(zone("Europe/Moscow"), zone("Europe/Moscow"));
	assert_string_equal(zone_name(zone("Europe/Moscow")), "Europe/Moscow");
}

static void texts_are_iso_8601(void **state)
{
	(void)state;
	char text[TIME_TEXT_CAP];
	int64_t t = utc("2025-01-10T05:00:00Z");
	assert_int_equal(t, 1736485200);
	assert_string_equal(time_text_utc(text, t), "2025-01-10T05:00:00Z");
	assert_string_equal(
		time_text_local(text, zone("Asia/Yekaterinburg"), t), "2025-01-10T10:00:00+05:00");
	assert_string_equal(
		time_text_local(text, zone("America/New_York"), t), "2025-01-10T00:00:00-05:00");
	(void)time_text_utc(text, INT64_MAX);
	(void)time_text_utc(text, INT64_MIN);
}

static void texts_are_read_back(void **state)
{
	(void)state;
	static const struct {
		const char *text, *same;
	} good[] = {
		{"2025-01-10T10:00:00+05:00", "2025-01-10T05:00:00Z"},
		{"2025-01-10T00:00-05:30", "2025-01-10T05:30:00Z"},
		{"2025-01-10T05:00:00.999Z", "2025-01-10T05:00:00Z"},
		{"2025-01-10", "2025-01-10T00:00:00Z"},
		{"2025-01-10T05:00", "2025-01-10T05:00:00Z"},
		{"1888-01-01T00:00:00+02:30:17", "1887-12-31T21:29:43Z"},
	};
	char text[TIME_TEXT_CAP];
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_string_equal(time_text_utc(text, utc(good[i].text)), good[i].same);
	}
	int64_t t;
	assert_int_equal(time_parse("2025-01-10T10:00", zone("Asia/Yekaterinburg"), &t), ERR_OK);
	assert_int_equal(t, utc("2025-01-10T05:00:00Z"));
	static const char *const bad[] = {"", "2025", "2025-13-01", "2025-02-29", "2025-01-10T",
		"2025-01-10T24:00", "2025-01-10T05", "2025-01-10T05:00:60Z", "2025-01-10 05:00",
		"2025-01-10T05:00:00.Z", "2025-01-10T05:00+5", "2025-01-10T05:00Zx", "25-01-10",
		"2025-01-10T05:00:00 Z"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		t = 7;
		assert_int_equal(time_parse(bad[i], NULL, &t), ERR_PARSE);
	}
}

static void a_damaged_zone_file_is_refused(void **state)
{
	(void)state;
	FILE *f = fopen("/usr/share/zoneinfo/Europe/Berlin", "rbe");
	if (!f) {
		skip();
		return;
	}
	static uint8_t bytes[65536];
	size_t n = fread(bytes, 1, sizeof(bytes), f);
	(void)fclose(f);
	struct tzif t;
	assert_int_equal(tzif_parse((struct slice){bytes, n}, &t, NULL), ERR_OK);
	tzif_fini(&t);
	for (size_t cut = 0; cut < n; cut++) {
		struct diag d = {0};
		assert_int_equal(tzif_parse((struct slice){bytes, cut}, &t, &d), ERR_CORRUPT);
		assert_true(d.text[0]);
	}
}

static void a_date_has_its_weekday(void **state)
{
	(void)state;
	assert_int_equal(civil_weekday((struct civil){2000, 2, 29, 23, 59, 59}), 2);
	assert_int_equal(civil_weekday((struct civil){2008, 3, 5, 10, 55, 0}), 3); /* a manual's */
	assert_int_equal(civil_weekday((struct civil){2022, 7, 24, 0, 0, 0}), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_date_has_its_weekday),
		cmocka_unit_test(every_zone_agrees_with_the_c_library),
		cmocka_unit_test(posix_rules_agree_with_the_c_library),
		cmocka_unit_test(summer_time_all_year_never_ends),
		cmocka_unit_test(broken_rules_are_refused_with_their_position),
		cmocka_unit_test(civil_time_agrees_with_the_c_library),
		cmocka_unit_test(fields_out_of_range_are_carried_over),
		cmocka_unit_test(every_moment_is_found_again_from_its_local_time),
		cmocka_unit_test(a_repeated_hour_has_a_first_and_a_second),
		cmocka_unit_test(a_skipped_time_is_the_moment_of_the_step),
		cmocka_unit_test(names_cannot_leave_the_directory),
		cmocka_unit_test(a_zone_is_shared),
		cmocka_unit_test(texts_are_iso_8601),
		cmocka_unit_test(texts_are_read_back),
		cmocka_unit_test(a_damaged_zone_file_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
