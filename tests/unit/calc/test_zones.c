/*
 * test_zones.c - half-hours and hours folded into zones of the day: the published cases, days of 23
 * and 25 hours, borders inside an hour, holes, calendars that change; and files that are wrong
 */
#include "calc/zones.h"
#include "calc/zones_meter.h"
#include "test.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define HOUR_S   3600
#define MEASURED quality_make(QUALITY_MEASURED, SOURCE_METER, 0)
#define FOREVER  INT64_MAX
#define PROFILE  1600 /* half-hours of a month and more */

static struct zones_set *set;

static int load(void **state)
{
	struct diag d = {0};
	(void)state;
	enum err e = zones_load(&set, &d);
	if (e) {
		(void)fprintf(stderr, "%s\n", d.text);
	}
	return e ? -1 : 0;
}

static int unload(void **state)
{
	(void)state;
	zones_free(set);
	return 0;
}

static const struct zones_calendar *calendar_named(const char *name)
{
	const struct zones_calendar *c = zones_find(set, name);
	if (!c) {
		fail_msg("no calendar '%s' in tariffs/zones.yaml", name);
	}
	return c;
}

static struct calendar building(const char *zone)
{
	struct calendar c = {.report_day = 1};
	assert_int_equal(zone_get(zone, &c.zone, NULL), ERR_OK);
	return c;
}

static int64_t local(const struct calendar *c, const char *text)
{
	int64_t t = 0;
	assert_int_equal(time_parse(text, c->zone, &t), ERR_OK);
	return t;
}

static size_t index_of(const struct zones_calendar *c, const char *zone)
{
	for (size_t i = 0; i < c->zones_count; i++) {
		if (strcmp(c->zones[i].name, zone) == 0) {
			return i;
		}
	}
	fail_msg("no zone '%s' in '%s'", zone, c->name);
	return 0;
}

static void assert_near(double got, double want)
{
	if (!(fabs(got - want) < 1e-9)) {
		fail_msg("%.12g instead of %.12g", got, want);
	}
}

/* A profile being made. */
struct making {
	struct zones_interval hours[PROFILE], half_hours[PROFILE];
	struct zones_profile p;
};

static struct making *making_of(const struct calendar *c)
{
	static struct making m;
	memset(&m, 0, sizeof(m));
	m.p = (struct zones_profile){
		.calendar = c, .now = FOREVER, .hours = m.hours, .half_hours = m.half_hours};
	return &m;
}

static void put_hour(struct making *m, int64_t start, double value)
{
	assert_true(m->p.hour_count < PROFILE);
	m->hours[m->p.hour_count++] = (struct zones_interval){start, {value, MEASURED}};
}

static void put_half(struct making *m, int64_t start, double value)
{
	assert_true(m->p.half_hour_count < PROFILE);
	m->half_hours[m->p.half_hour_count++] = (struct zones_interval){start, {value, MEASURED}};
}

static struct zones_period folded(
	const struct zones_calendar *c, const struct making *m, enum period period, int64_t at)
{
	struct zones_period r;
	struct span span = period_of(m->p.calendar, period, at);
	assert_int_equal(zones_fold(c, &m->p, span, &r), ERR_OK);
	return r;
}

static double sum_of(const struct zones_calendar *c, const struct zones_period *r)
{
	double sum = isnan(r->unassigned.v.value) ? 0 : r->unassigned.v.value;
	for (size_t i = 0; i < c->zones_count; i++) {
		sum += isnan(r->zones[i].v.value) ? 0 : r->zones[i].v.value;
	}
	return sum;
}

/* ---- the published cases ---- */

static void tou_day(const json_t *in, const json_t *expect)
{
	static const struct {
		const char *theirs, *ours;
	} names[] = {{"night", "night"}, {"day", "day"}, {"peak", "peak"}, {"semi", "half_peak"}};
	struct calendar b = building("Europe/Moscow");
	const char *scheme = json_string_value(json_object_get(in, "scheme"));
	const struct zones_calendar *c = calendar_named(
		strcmp(scheme, "2") == 0 ? "population_2" : "population_3");
	int64_t day = local(&b, "2025-03-12");
	struct making *m = making_of(&b);
	const json_t *value, *profile = json_object_get(in, "profile");
	size_t i;
	json_array_foreach(profile, i, value)
	{
		put_hour(m, day + (int64_t)i * HOUR_S, json_number_value(value));
	}
	struct zones_period r = folded(c, m, PERIOD_DAY, day);
	assert_near(r.total.v.value, json_number_value(json_object_get(expect, "total")));
	assert_int_equal(c->zones_count, json_object_size(json_object_get(expect, "zones")));
	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		const json_t *want = json_object_get(
			json_object_get(expect, "zones"), names[k].theirs);
		if (want) {
			const struct zones_sum *zone = &r.zones[index_of(c, names[k].ours)];
			assert_near(zone->v.value, json_number_value(want));
			assert_int_equal(quality_class(zone->v.quality), QUALITY_MEASURED);
			assert_near(zones_completeness(zone), 1);
		}
	}
}

static void published_days_fall_into_their_zones(void **state)
{
	(void)state;
	const char *path = vector_path("calc/tariffs.json");
	size_t i, done = 0;
	json_t *one;
	NEED_VECTORS(path);
	json_t *file = json_load_file(path, 0, NULL);
	assert_non_null(file);
	json_array_foreach(json_object_get(file, "cases"), i, one)
	{
		/* the other cases are about money */
		if (strcmp(json_string_value(json_object_get(one, "op")), "tou_day") == 0) {
			tou_day(json_object_get(one, "input"), json_object_get(one, "expect"));
			done++;
		}
	}
	json_decref(file);
	assert_int_equal(done, 2);
}

/* ---- time ---- */

static void nights_of_days_with_23_and_25_hours_are_an_hour_shorter_and_longer(void **state)
{
	(void)state;
	static const struct {
		const char *date;
		int night_h, day_h;
	} days[] = {{"2026-03-28", 8, 16}, {"2026-03-29", 7, 16}, {"2026-10-25", 9, 16}};
	struct calendar b = building("Europe/Berlin");
	const struct zones_calendar *c = calendar_named("population_2");
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		struct making *m = making_of(&b);
		struct span day = period_of(&b, PERIOD_DAY, local(&b, days[i].date));
		for (int64_t t = day.from; t < day.till; t += HOUR_S) {
			put_hour(m, t, 1);
		}
		struct zones_period r = folded(c, m, PERIOD_DAY, day.from);
		assert_near(r.zones[index_of(c, "night")].v.value, days[i].night_h);
		assert_near(r.zones[index_of(c, "day")].v.value, days[i].day_h);
		assert_near(r.total.v.value, days[i].night_h + days[i].day_h);
		assert_int_equal(r.unassigned.expected_s, 0);
	}
}

static void hours_of_zones_offset_by_half_an_hour_are_whole(void **state)
{
	(void)state;
	struct calendar b = building("Asia/Kolkata");
	const struct zones_calendar *c = calendar_named("population_3");
	struct making *m = making_of(&b);
	struct span day = period_of(&b, PERIOD_DAY, local(&b, "2026-02-01"));
	for (int64_t t = day.from; t < day.till; t += HOUR_S) {
		put_hour(m, t, 2);
	}
	struct zones_period r = folded(c, m, PERIOD_DAY, day.from);
	assert_near(r.zones[index_of(c, "peak")].v.value, 14);
	assert_near(r.zones[index_of(c, "half_peak")].v.value, 18);
	assert_near(r.zones[index_of(c, "night")].v.value, 16);
	assert_int_equal(r.unassigned.expected_s, 0);
}

/* ---- holes ---- */

static void a_missing_hour_is_missing_from_its_zone_and_no_zero(void **state)
{
	(void)state;
	struct calendar b = building("Asia/Yekaterinburg");
	const struct zones_calendar *c = calendar_named("population_2");
	size_t night = index_of(c, "night"), by_day = index_of(c, "day");
	struct making *m = making_of(&b);
	int64_t day = local(&b, "2026-02-01");
	for (int h = 0; h < 24; h++) {
		if (h != 3 && h != 4) {
			put_hour(m, day + h * HOUR_S, 1);
		}
	}
	m->hours[0].v.quality = quality_make(QUALITY_ESTIMATED, SOURCE_POLLED, QUALITY_LATE);
	struct zones_period r = folded(c, m, PERIOD_DAY, day);
	assert_near(r.zones[night].v.value, 6);
	assert_int_equal(quality_class(r.zones[night].v.quality), QUALITY_PARTIAL);
	assert_true(quality_flags(r.zones[night].v.quality) & QUALITY_LATE);
	assert_near(zones_completeness(&r.zones[night]), 0.75);
	assert_int_equal(quality_class(r.zones[by_day].v.quality), QUALITY_MEASURED);
	assert_near(zones_completeness(&r.zones[by_day]), 1);
	assert_near(r.total.v.value, 22);

	m = making_of(&b); /* nothing is known of the night */
	for (int h = 7; h < 23; h++) {
		put_hour(m, day + h * HOUR_S, 0);
	}
	r = folded(c, m, PERIOD_DAY, day);
	assert_true(isnan(r.zones[night].v.value));
	assert_int_equal(quality_class(r.zones[night].v.quality), QUALITY_MISSING);
	assert_near(zones_completeness(&r.zones[night]), 0);
	assert_near(r.zones[by_day].v.value, 0);
}

static void what_failed_a_check_is_not_summed(void **state)
{
	(void)state;
	struct calendar b = building("Asia/Yekaterinburg");
	const struct zones_calendar *c = calendar_named("population_2");
	struct making *m = making_of(&b);
	int64_t day = local(&b, "2026-02-01");
	for (int h = 0; h < 24; h++) {
		put_hour(m, day + h * HOUR_S, h == 12 ? 9000 : 1);
	}
	m->hours[12].v.quality = quality_make(QUALITY_SUSPECT, SOURCE_METER, QUALITY_HIGH_SUSPECT);
	struct zones_period r = folded(c, m, PERIOD_DAY, day);
	const struct zones_sum *by_day = &r.zones[index_of(c, "day")];
	assert_near(by_day->v.value, 15);
	assert_int_equal(quality_class(by_day->v.quality), QUALITY_PARTIAL);
	assert_near(zones_completeness(by_day), 15.0 / 16);
}

static void what_has_not_passed_is_not_missing(void **state)
{
	(void)state;
	struct calendar b = building("Asia/Yekaterinburg");
	const struct zones_calendar *c = calendar_named("population_3");
	struct making *m = making_of(&b);
	int64_t day = local(&b, "2026-02-01");
	for (int h = 0; h < 8; h++) {
		put_hour(m, day + h * HOUR_S, 1);
	}
	m->p.now = day + 8 * HOUR_S + 100;
	struct zones_period r = folded(c, m, PERIOD_DAY, day);
	assert_near(r.zones[index_of(c, "night")].v.value, 7);
	assert_near(r.zones[index_of(c, "peak")].v.value, 1);
	assert_near(zones_completeness(&r.total), 1);
	assert_true(isnan(r.zones[index_of(c, "half_peak")].v.value));
	assert_true(isnan(zones_completeness(&r.zones[index_of(c, "half_peak")])));
}

/* ---- calendars of their own ---- */

static struct zones_set *parsed(const char *text)
{
	struct zones_set *s = NULL;
	struct diag d = {0};
	struct slice yaml = {(const uint8_t *)text, strlen(text)};
	if (zones_parse("zones.yaml", yaml, &s, &d) != ERR_OK) {
		fail_msg("%s", d.text);
	}
	return s;
}

#define ZONES_AB                                     \
	"calendars:\n"                               \
	"  - name: x\n"                              \
	"    title: X\n"                             \
	"    title_ru: X\n"                          \
	"    zones:\n"                               \
	"      - {name: a, title: A, title_ru: A}\n" \
	"      - {name: b, title: B, title_ru: B}\n" \
	"    versions:\n"
#define VERSION(date) "      - valid_from: \"" date "\"\n        source: test\n"

static void an_hour_that_a_border_cuts_needs_its_half_hours(void **state)
{
	(void)state;
	struct zones_set *s = parsed(ZONES_AB VERSION("2020-01-01")
		"        rules:\n"
		"          - {zone: a, hours: [\"23:30-07:30\"]}\n"
		"          - {zone: b}\n");
	const struct zones_calendar *c = &s->calendars[0];
	struct calendar b = building("Europe/Moscow");
	struct making *m = making_of(&b);
	int64_t day = local(&b, "2026-02-01");
	for (int h = 0; h < 24; h++) {
		put_hour(m, day + h * HOUR_S, 4);
	}
	struct zones_period r = folded(c, m, PERIOD_DAY, day);
	assert_near(r.zones[0].v.value, 28); /* 0:00 to 7:00 */
	assert_near(r.zones[1].v.value, 60); /* 8:00 to 23:00 */
	assert_near(r.unassigned.v.value, 8);
	assert_near(r.total.v.value, 96);
	assert_int_equal(r.unassigned.expected_s, 2 * HOUR_S);
	assert_int_equal(quality_class(r.zones[0].v.quality), QUALITY_PARTIAL);
	assert_near(zones_completeness(&r.zones[0]), 7.0 / 8);
	/* half-hours divide both; those of an hour that was corrected since do not */
	put_half(m, day + 7 * HOUR_S, 1);
	put_half(m, day + 7 * HOUR_S + 1800, 3);
	put_half(m, day + 23 * HOUR_S, 3);
	put_half(m, day + 23 * HOUR_S + 1800, 3);
	r = folded(c, m, PERIOD_DAY, day);
	assert_near(r.zones[0].v.value, 29);
	assert_near(r.zones[1].v.value, 63);
	assert_near(r.unassigned.v.value, 4);
	assert_near(zones_completeness(&r.zones[0]), 7.5 / 8);
	m->half_hours[2].v.value = 1;
	r = folded(c, m, PERIOD_DAY, day);
	assert_near(r.zones[0].v.value, 32);
	assert_near(r.zones[1].v.value, 64);
	assert_int_equal(r.unassigned.expected_s, 0);
	assert_int_equal(quality_class(r.zones[0].v.quality), QUALITY_MEASURED);
	assert_near(zones_completeness(&r.zones[0]), 1);
	zones_free(s);
}

static void half_hours_alone_suffice(void **state)
{
	(void)state;
	struct calendar b = building("Europe/Moscow");
	const struct zones_calendar *c = calendar_named("population_2");
	struct making *m = making_of(&b);
	int64_t day = local(&b, "2026-02-01");
	for (int i = 0; i < 48; i++) {
		if (i != 9) {
			put_half(m, day + i * 1800, 0.5);
		}
	}
	struct zones_period r = folded(c, m, PERIOD_DAY, day);
	assert_near(r.zones[index_of(c, "day")].v.value, 16);
	assert_near(r.zones[index_of(c, "night")].v.value, 7.5);
	assert_near(zones_completeness(&r.zones[index_of(c, "night")]), 7.5 / 8);
}

static void a_calendar_changes_on_its_date_and_says_nothing_before_the_first(void **state)
{
	(void)state;
	struct zones_set *s = parsed(ZONES_AB VERSION("2026-02-02")
		"        rules:\n"
		"          - {zone: a}\n" VERSION("2026-02-04")
		"        rules:\n"
		"          - {zone: b, days: [weekend, holiday]}\n"
		"          - {zone: a}\n"
		"        holidays: [\"02-23\", \"2026-03-09\"]\n"
		"        workdays: [\"2026-02-28\"]\n");
	const struct zones_calendar *c = &s->calendars[0];
	struct calendar b = building("Asia/Yekaterinburg");
	struct making *m = making_of(&b);
	struct span month = period_of(&b, PERIOD_MONTH, local(&b, "2026-02-10"));
	for (int64_t t = month.from; t < month.till; t += HOUR_S) {
		put_hour(m, t, 1);
	}
	struct zones_period r = folded(c, m, PERIOD_MONTH, month.from);
	/* February 2026 begins on a Sunday that no version covers; Saturdays and Sundays from the
	 * 7th on are six, of which none is the worked 28th; the 23rd is a Monday */
	assert_near(r.unassigned.v.value, 24);
	assert_near(r.zones[1].v.value, 24 * 7);
	assert_near(r.zones[0].v.value, 24 * 20);
	assert_near(r.total.v.value, 24 * 28);
	struct civil day = {2026, 3, 9, 12, 0, 0};
	assert_int_equal(zones_at(c, &day), 1);
	day.year = 2027; /* only once, and a Tuesday */
	assert_int_equal(zones_at(c, &day), 0);
	day = (struct civil){2026, 2, 1, 23, 59, 59};
	assert_int_equal(zones_at(c, &day), -1);
	zones_free(s);
}

static void months_have_their_own_hours(void **state)
{
	(void)state;
	struct zones_set *s = parsed(ZONES_AB VERSION("2020-01-01")
		"        rules:\n"
		"          - {zone: a, hours: [\"08:00-12:00\"], months: [1, 12]}\n"
		"          - {zone: a, hours: [\"09:00-24:00\"], months: [6]}\n"
		"          - {zone: b}\n");
	const struct zones_calendar *c = &s->calendars[0];
	static const struct {
		struct civil at;
		int zone;
	} moments[] = {{{2026, 1, 5, 8, 0, 0}, 0}, {{2026, 1, 5, 12, 0, 0}, 1},
		{{2026, 6, 5, 8, 59, 59}, 1}, {{2026, 6, 5, 23, 59, 59}, 0},
		{{2026, 7, 5, 10, 0, 0}, 1}, {{2026, 12, 31, 11, 59, 0}, 0}};
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		assert_int_equal(zones_at(c, &moments[i].at), moments[i].zone);
	}
	zones_free(s);
}

static void a_wrong_file_is_refused_with_the_line(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t line;
		const char *says;
	} wrong[] = {
		{"", 0, "empty"},
		{"calendars: []\n", 1, ""},
		{ZONES_AB VERSION("2020-01-01") "        rules:\n          - {zone: c}\n", 12,
			"no zone 'c'"},
		{ZONES_AB VERSION(
			 "2020-01-01") "        rules:\n          - {zone: a, hours: [\"23:00-07:15\"]}\n",
			12, "half-hour"},
		{ZONES_AB VERSION(
			 "2020-01-01") "        rules:\n          - {zone: a, hours: [\"23-7\"]}\n",
			12, "half-hour"},
		{ZONES_AB VERSION(
			 "2020-01-01") "        rules:\n          - {zone: a, months: [13]}\n",
			12, "months"},
		{ZONES_AB VERSION(
			 "2020-01-01") "        rules:\n          - {zone: a, hours: [\"07:00-23:00\"]}\n",
			9, "no zone at 00:00"},
		{ZONES_AB VERSION("2020-02-30") "        rules:\n          - {zone: a}\n", 9,
			"valid_from"},
		{ZONES_AB VERSION("2020-01-01") "        rules:\n          - {zone: a}\n" VERSION(
			 "2019-01-01") "        rules:\n          - {zone: a}\n",
			13, "rising order"},
		{ZONES_AB VERSION(
			 "2020-01-01") "        rules:\n          - {zone: a}\n        holidays: [\"01-32\"]\n",
			9, "holidays"},
		{ZONES_AB VERSION(
			 "2020-01-01") "        rules:\n          - {zone: a, day: [workday]}\n",
			12, "Unexpected key"},
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct zones_set *s = NULL;
		struct diag d = {0};
		struct slice yaml = {(const uint8_t *)wrong[i].text, strlen(wrong[i].text)};
		enum err e = zones_parse("zones.yaml", yaml, &s, &d);
		if (e != ERR_PARSE || d.offset != wrong[i].line || !strstr(d.text, wrong[i].says)) {
			fail_msg("case %zu: %s, line %zu: %s", i, err_name(e), d.offset, d.text);
		}
	}
}

/* ---- what holds for every profile ---- */

static uint32_t dice;
static uint32_t roll(uint32_t sides)
{
	dice = dice * 1664525u + 1013904223u;
	return (dice >> 8) % sides;
}

static void shuffle(struct zones_interval *items, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = roll((uint32_t)i);
		struct zones_interval keep = items[i - 1];
		items[i - 1] = items[k];
		items[k] = keep;
	}
}

static void zones_sum_to_the_total_in_any_order_of_the_profile(void **state)
{
	(void)state;
	struct calendar b = building("Europe/Berlin");
	struct zones_set *s = parsed(ZONES_AB VERSION("2026-03-10")
		"        rules:\n"
		"          - {zone: a, hours: [\"06:30-09:00\", \"18:00-21:30\"], days: [workday]}\n"
		"          - {zone: b}\n");
	const struct zones_calendar *calendars[] = {
		calendar_named("population_2"), calendar_named("population_3"), &s->calendars[0]};
	struct span month = period_of(&b, PERIOD_MONTH, local(&b, "2026-03-15"));
	for (dice = 1; dice < 40;) {
		uint32_t seed = dice;
		struct making *m = making_of(&b);
		double known = 0;
		for (int64_t t = month.from; t < month.till; t += HOUR_S) {
			double a = roll(1000) / 64.0, c = roll(1000) / 64.0; /* exact in binary */
			bool has_hour = roll(20) > 0;
			if (has_hour) {
				put_hour(m, t, a + c);
			}
			if (roll(4) > 0) {
				put_half(m, t, a);
				put_half(m, t + 1800, c);
				known += has_hour ? 0 : a + c;
			}
			known += has_hour ? a + c : 0;
		}
		for (size_t i = 0; i < 3; i++) {
			struct zones_period r = folded(calendars[i], m, PERIOD_MONTH, month.from);
			assert_near(r.total.v.value, known);
			assert_near(sum_of(calendars[i], &r), known);
			shuffle(m->hours, m->p.hour_count);
			shuffle(m->half_hours, m->p.half_hour_count);
			struct zones_period again = folded(
				calendars[i], m, PERIOD_MONTH, month.from);
			assert_memory_equal(&r.total, &again.total, sizeof(r.total));
			assert_memory_equal(r.zones, again.zones, sizeof(r.zones));
			/* and so do the days */
			double days = 0;
			for (int64_t t = month.from; t < month.till;
				t = period_next(&b, PERIOD_DAY, t)) {
				struct zones_period day = folded(calendars[i], m, PERIOD_DAY, t);
				days += sum_of(calendars[i], &day);
			}
			assert_near(days, known);
		}
		dice = seed + 1;
	}
	zones_free(s);
}

/* ---- beside the tariffs of the meter ---- */

static struct zones_tariffs tariffs_of(double t1, double t2, double t3)
{
	struct zones_tariffs t = {.step = 0.01};
	double v[] = {t1, t2, t3};
	for (int i = 0; i < ZONES_TARIFFS; i++) {
		t.is_there[i] = i < 3 && !isnan(v[i]);
		t.v[i] = t.is_there[i] ? (struct form_value){v[i], MEASURED} :
					 (struct form_value){NAN, QUALITY_MISSING};
	}
	return t;
}

static void a_schedule_that_differs_by_more_than_one_per_cent_is_pointed_at(void **state)
{
	(void)state;
	struct calendar b = building("Europe/Moscow");
	const struct zones_calendar *c = calendar_named("population_2");
	size_t night = index_of(c, "night"), by_day = index_of(c, "day");
	struct making *m = making_of(&b);
	int64_t day = local(&b, "2026-02-01");
	for (int h = 0; h < 24; h++) {
		put_hour(m, day + h * HOUR_S, 1);
	}
	struct zones_period r = folded(c, m, PERIOD_DAY, day); /* day 16, night 8 */
	struct zones_tariffs t = tariffs_of(16.05, 7.95, NAN);
	struct zones_check check = zones_compare(c, &r, &t);
	assert_false(check.is_hint);
	assert_near(check.difference[by_day], (16 - 16.05) / 16.05 * 100);
	assert_near(check.difference[night], (8 - 7.95) / 7.95 * 100);
	/* the meter's clock is an hour off: it counted an hour of the night by day */
	t = tariffs_of(17, 7, 0);
	check = zones_compare(c, &r, &t);
	assert_true(check.is_hint);
	assert_false(check.is_other_schedule);
	assert_near(check.difference[night], 100.0 / 7);
	assert_near(check.meter[night], 7);
	/* a meter of one tariff, and one of three, are not compared with two zones */
	t = tariffs_of(24, 0, NAN);
	check = zones_compare(c, &r, &t);
	assert_true(check.is_other_schedule && !check.is_hint && isnan(check.difference[night]));
	t = tariffs_of(7, 8, 9);
	check = zones_compare(c, &r, &t);
	assert_true(check.is_other_schedule && !check.is_hint);
	/* what is missing from the profile, or of the registers, is no fault of the meter */
	m->p.hour_count--;
	r = folded(c, m, PERIOD_DAY, day);
	t = tariffs_of(15, NAN, NAN);
	t.is_there[1] = true;
	check = zones_compare(c, &r, &t);
	assert_true(isnan(check.difference[night]));
	assert_false(check.is_other_schedule);
}

static void a_small_amount_differs_by_what_the_register_resolves(void **state)
{
	(void)state;
	struct calendar b = building("Europe/Moscow");
	const struct zones_calendar *c = calendar_named("population_2");
	struct making *m = making_of(&b);
	int64_t day = local(&b, "2026-02-01");
	for (int h = 0; h < 24; h++) {
		put_hour(m, day + h * HOUR_S, 0.03);
	}
	struct zones_period r = folded(c, m, PERIOD_DAY, day); /* day 0.48, night 0.24 */
	struct zones_tariffs t = tariffs_of(0.47, 0.25, NAN);
	struct zones_check check = zones_compare(c, &r, &t);
	assert_true(fabs(check.difference[0]) > ZONES_HINT_PERCENT);
	assert_false(check.is_hint);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(published_days_fall_into_their_zones),
		T(nights_of_days_with_23_and_25_hours_are_an_hour_shorter_and_longer),
		T(hours_of_zones_offset_by_half_an_hour_are_whole),
		T(a_missing_hour_is_missing_from_its_zone_and_no_zero),
		T(what_failed_a_check_is_not_summed),
		T(what_has_not_passed_is_not_missing),
		T(an_hour_that_a_border_cuts_needs_its_half_hours),
		T(half_hours_alone_suffice),
		T(a_calendar_changes_on_its_date_and_says_nothing_before_the_first),
		T(months_have_their_own_hours),
		T(a_wrong_file_is_refused_with_the_line),
		T(zones_sum_to_the_total_in_any_order_of_the_profile),
		T(a_schedule_that_differs_by_more_than_one_per_cent_is_pointed_at),
		T(a_small_amount_differs_by_what_the_register_resolves),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
