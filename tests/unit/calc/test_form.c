/*
 * Archives are formed as the published reference cases say (rollup_cases.json), every one of them.
 */
#include "calc/form.h"
#include "test.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define TOLERANCE 1e-9 /* the file's; results printed with nine digits */

static int64_t utc(const char *text)
{
	int64_t t = 0;
	assert_int_equal(time_parse(text, NULL, &t), ERR_OK);
	return t;
}

static json_t *get(const json_t *object, const char *key)
{
	json_t *v = json_object_get(object, key);
	if (!v) {
		fail_msg("no \"%s\" in the case", key);
	}
	return v;
}

/* Numbers as they are, null as NaN. */
static double number(const json_t *object, const char *key)
{
	json_t *v = get(object, key);
	return json_is_null(v) ? NAN : json_number_value(v);
}

static const char *text(const json_t *object, const char *key)
{
	return json_string_value(get(object, key));
}

static int64_t moment(const json_t *object, const char *key)
{
	return utc(text(object, key));
}

static void assert_number(double got, double want)
{
	if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= TOLERANCE * fmax(1, fabs(want)))) {
		fail_msg("%.12g instead of %.12g", got, want);
	}
}

static void assert_text(const char *got, const char *want)
{
	if (strcmp(got, want) != 0) {
		fail_msg("%s instead of %s", got, want);
	}
}

static const struct zone *zone_of(const json_t *in)
{
	const struct zone *z = NULL;
	assert_int_equal(zone_get(text(in, "tz"), &z, NULL), ERR_OK);
	return z;
}

static struct civil local_time(const char *label)
{
	return civil_from_utc(utc(label)); /* a local time read as if it were UTC */
}

#define POINTS_MAX 64

static size_t points_of(const json_t *list, const char *time, const char *value, struct point *ret)
{
	size_t n = json_array_size(list);
	assert_true(n <= POINTS_MAX);
	for (size_t i = 0; i < n; i++) {
		json_t *p = json_array_get(list, i);
		ret[i] = (struct point){moment(p, time), number(p, value),
			quality_make(QUALITY_MEASURED, SOURCE_POLLED, 0)};
	}
	return n;
}

static struct register_limits limits_of(const json_t *in)
{
	return (struct register_limits){.capacity = number(in, "capacity"),
		.max_rate = number(in, "qmax"),
		.noise = number(in, "neg_tol")};
}

static void run_register_delta(const json_t *in, const json_t *want)
{
	struct register_limits l = limits_of(in);
	double r1 = number(in, "r1"), r2 = number(in, "r2");
	int64_t t1 = moment(in, "t1"), t2 = moment(in, "t2");
	json_t *event = json_object_get(in, "event");
	struct delta d;
	if (event) {
		int64_t at = moment(event, "ts");
		d = register_delta_replaced(&l, r1, number(event, "final_old"), at - t1, &l,
			number(event, "initial_new"), r2, t2 - at);
	} else {
		d = register_delta(&l, r1, r2, t2 - t1);
	}
	assert_number(d.amount, number(want, "delta"));
	assert_text(delta_status_name(d.status), text(want, "status"));
}

static void check_hours(const json_t *want, const struct form_value *got, int64_t start)
{
	json_t *hours = get(want, "hours");
	for (size_t i = 0; i < json_array_size(hours); i++) {
		json_t *h = json_array_get(hours, i);
		assert_int_equal(moment(h, "hour_begin"), start + (int64_t)i * 3600);
		assert_number(got[i].value, number(h, "value"));
		assert_text(quality_class_name(quality_class(got[i].quality)), text(h, "quality"));
	}
}

static void run_register_hours(const json_t *in, const json_t *want)
{
	struct register_limits l = limits_of(in);
	struct boundary_rule rule = boundary_rule_default;
	struct point p[POINTS_MAX];
	struct form_value got[POINTS_MAX];
	size_t n = points_of(get(in, "samples"), "ts", "reg", p);
	size_t hours = (size_t)json_integer_value(get(in, "hours"));
	rule.snap_s = json_integer_value(get(in, "snap_s"));
	rule.max_interp_s = json_integer_value(get(in, "max_interp_gap_s"));
	assert_true(hours <= POINTS_MAX && hours == json_array_size(get(want, "hours")));
	register_intervals(&l, &rule, p, n, moment(in, "start"), 3600, got, hours);
	check_hours(want, got, moment(in, "start"));
	struct completeness c = form_completeness(got, hours, hours);
	assert_number(c.is_complete ? c.sum : NAN, number(want, "sum"));
}

static void run_distribute_profile(const json_t *in, const json_t *want)
{
	double profile[POINTS_MAX], got[POINTS_MAX], sum = 0;
	json_t *list = get(in, "profile"), *values = get(want, "values");
	size_t n = json_array_size(list);
	assert_true(n <= POINTS_MAX && n == json_array_size(values));
	for (size_t i = 0; i < n; i++) {
		profile[i] = json_number_value(json_array_get(list, i));
	}
	distribute_profile(number(in, "total"), profile, n, got);
	for (size_t i = 0; i < n; i++) {
		assert_number(got[i], json_number_value(json_array_get(values, i)));
		sum += got[i];
	}
	assert_number(sum, number(want, "sum"));
}

static void run_time_weighted_mean(const json_t *in, const json_t *want)
{
	struct point p[POINTS_MAX];
	size_t n = points_of(get(in, "samples"), "ts", "v", p);
	bool is_hold = strcmp(text(in, "mode"), "hold") == 0;
	struct mean m = time_weighted_mean(p, n,
		(struct span){moment(in, "begin"), moment(in, "end")},
		is_hold ? MEAN_HOLD : MEAN_TRAPEZOID, json_integer_value(get(in, "max_hold_s")));
	assert_number(m.mean, number(want, "mean"));
	assert_number(m.coverage, number(want, "coverage"));
	assert_number(m.min, number(want, "min"));
	assert_number(m.max, number(want, "max"));
	enum quality_class c = isnan(m.mean)     ? QUALITY_MISSING :
			       m.coverage < 0.75 ? QUALITY_PARTIAL :
						   QUALITY_MEASURED;
	assert_int_equal(quality_class(m.quality), c);
}

static void run_mass_weighted_temperature(const json_t *in, const json_t *want)
{
	struct point mass[POINTS_MAX], temperature[POINTS_MAX];
	double m[POINTS_MAX], t[POINTS_MAX];
	size_t n = points_of(get(in, "hours"), "ts", "M", mass);
	assert_int_equal(points_of(get(in, "hours"), "ts", "t", temperature), n);
	for (size_t i = 0; i < n; i++) {
		m[i] = mass[i].value;
		t[i] = temperature[i].value;
	}
	struct pipe_mean got = mass_weighted_temperature(m, t, n);
	assert_number(got.by_mass, number(want, "t_mass_weighted"));
	assert_number(got.by_time, number(want, "t_time_weighted"));
}

static void run_archive_label(const json_t *in, const json_t *want)
{
	const struct zone *z = zone_of(in);
	struct civil label = local_time(text(in, "label"));
	int64_t length = json_integer_value(get(in, "interval_s"));
	if (json_object_get(in, "label_is")) {
		struct span s = archive_label(
			z, label, length, strcmp(text(in, "label_is"), "end") == 0);
		char day[TIME_TEXT_CAP];
		assert_int_equal(s.from, moment(want, "begin_utc"));
		(void)time_text_local(day, z, s.from);
		day[10] = 0;
		assert_text(day, text(want, "local_day"));
		return;
	}
	json_t *begin = get(want, "label_is_begin"), *end = get(want, "label_is_end");
	struct span b = archive_label(z, label, length, false),
		    e = archive_label(z, label, length, true);
	assert_int_equal(b.from, moment(begin, "begin_utc"));
	assert_int_equal(b.till, moment(begin, "end_utc"));
	assert_int_equal(e.from, moment(end, "begin_utc"));
	assert_int_equal(e.till, moment(end, "end_utc"));
}

static void run_local_day_hours(const json_t *in, const json_t *want)
{
	struct calendar c = {.zone = zone_of(in), .report_hour = 0, .report_day = 1};
	int64_t noon = moment(in, "day") + 12 * 3600;
	struct span s = period_of(&c, PERIOD_DAY, noon);
	assert_number((double)(s.till - s.from) / 3600, number(want, "hours"));
	assert_number((double)period_count(&c, PERIOD_HOUR, s), number(want, "hours"));
}

static void run_report_period(const json_t *in, const json_t *want)
{
	struct calendar c = {.zone = zone_of(in),
		.report_hour = (int)json_integer_value(get(in, "report_hour")),
		.report_day = (int)json_integer_value(get(in, "report_day"))};
	struct span s = period_report_month(&c, (int)json_integer_value(get(in, "year")),
		(int)json_integer_value(get(in, "month")));
	assert_int_equal(s.from, moment(want, "begin_utc"));
	assert_int_equal(s.till, moment(want, "end_utc"));
	assert_number((double)(s.till - s.from) / 3600, number(want, "hours"));
	struct span same = period_of(&c, PERIOD_MONTH, s.from);
	assert_true(same.from == s.from && same.till == s.till);
}

static void run_clock_drift(const json_t *in, const json_t *want)
{
	struct point p[POINTS_MAX];
	struct form_value got[POINTS_MAX];
	struct register_limits l = {0};
	json_t *hours = get(want, "hours");
	size_t n = points_of(get(in, "meter_hour_registers"), "meter_ts", "reg", p);
	int64_t start = moment(json_array_get(hours, 0), "hour_begin");
	clock_correct(p, n, number(in, "meter_minus_true_s"));
	register_intervals(
		&l, &boundary_rule_default, p, n, start, 3600, got, json_array_size(hours));
	check_hours(want, got, start);
}

static void run_clock_drift_linear(const json_t *in, const json_t *want)
{
	json_t *a = get(in, "poll1"), *b = get(in, "poll2");
	int64_t t1 = moment(a, "ts"), t2 = moment(b, "ts");
	double o1 = number(a, "offset_s"), o2 = number(b, "offset_s");
	assert_number(clock_offset_at(t1, o1, t2, o2, moment(in, "at")), number(want, "offset_s"));
	assert_number(
		round(clock_drift_ppm(t1, o1, t2, o2) * 1e6) / 1e6, number(want, "drift_ppm"));
}

static void run_completeness(const json_t *in, const json_t *want)
{
	struct form_value v[POINTS_MAX];
	json_t *hours = get(in, "hours");
	size_t n = json_array_size(hours);
	assert_true(n <= POINTS_MAX);
	for (size_t i = 0; i < n; i++) {
		char c = json_string_value(json_array_get(hours, i))[0];
		enum quality_class of = c == 'M' ? QUALITY_MEASURED :
					c == 'E' ? QUALITY_ESTIMATED :
						   QUALITY_MISSING;
		v[i].value = of == QUALITY_MISSING ? NAN : number(in, "value_per_hour");
		v[i].quality = quality_make(of, SOURCE_POLLED, 0);
	}
	struct completeness c = form_completeness(v, n, n);
	assert_number(c.sum, number(want, "sum_available"));
	assert_number(c.completeness, number(want, "completeness"));
	assert_int_equal(c.is_complete, json_is_true(get(want, "complete")));
	assert_text(quality_class_name(quality_class(c.worst)), text(want, "worst_quality"));
	if (json_object_get(want, "share_measured")) {
		assert_number(
			completeness_share(&c, QUALITY_MEASURED), number(want, "share_measured"));
		assert_number(
			completeness_share(&c, QUALITY_ESTIMATED), number(want, "share_estimated"));
		assert_number(c.sum / c.completeness, number(want, "scaled_sum")); /* for display */
		assert_number(completeness_sum(&c).value, c.sum); /* what is stored is not scaled */
		assert_int_equal(quality_class(completeness_sum(&c).quality), QUALITY_PARTIAL);
	}
}

static void run_rounding(const json_t *in, const json_t *want)
{
	struct form_value v[POINTS_MAX];
	size_t n = (size_t)json_integer_value(get(in, "hours"));
	double scale = pow(10, number(in, "display_decimals")), rounded = 0;
	char shown[32];
	assert_true(n <= POINTS_MAX);
	for (size_t i = 0; i < n; i++) {
		v[i].value = number(in, "hour_true");
		v[i].quality = quality_make(QUALITY_MEASURED, SOURCE_POLLED, 0);
		rounded += round(v[i].value * scale) / scale;
	}
	struct completeness c = form_completeness(v, n, n);
	assert_number(rounded, number(want, "sum_of_rounded"));
	assert_number(c.sum, number(want, "day_value"));
	(void)snprintf(shown, sizeof(shown), "%.2f", c.sum);
	assert_text(shown, text(want, "day_display"));
}

static void run_pulses(const json_t *in, const json_t *want)
{
	assert_number(pulse_reading(number(in, "weight_m3"), number(in, "init_count"),
			      number(in, "init_reading"), number(in, "count")),
		number(want, "reading"));
}

static void run_multiplier(const json_t *in, const json_t *want)
{
	assert_number(transformed_amount(number(in, "delta"), number(in, "ct"), number(in, "vt")),
		number(want, "kwh"));
}

static void run_late_data(const json_t *in, const json_t *want)
{
	struct form_value v[POINTS_MAX];
	json_t *day = get(in, "day_hours_before");
	size_t measured = (size_t)json_integer_value(get(day, "measured"));
	size_t expected = measured + (size_t)json_integer_value(get(day, "missing"));
	uint16_t q = quality_make(QUALITY_MEASURED, SOURCE_METER, 0);
	for (size_t i = 0; i < measured; i++) {
		v[i] = (struct form_value){number(day, "sum") / (double)measured, q};
	}
	struct completeness before = form_completeness(v, measured, expected);
	struct form_value published = completeness_sum(&before);
	v[measured] = (struct form_value){number(in, "late_hour"), q};
	struct completeness after = form_completeness(v, measured + 1, expected);
	struct form_value now = completeness_sum(&after);
	assert_number(published.value, number(day, "sum"));
	assert_int_equal(quality_class(published.quality), QUALITY_PARTIAL);
	if (json_is_true(get(in, "period_locked"))) {
		assert_number(now.value, number(want, "day_sum_technical"));
		assert_number(billing_correction(now.value, number(day, "billed_as")),
			number(want, "correction_next_period"));
		return;
	}
	int revision = 1 + quality_replaces(now.quality, published.quality);
	assert_number(now.value, number(want, "day_sum"));
	assert_number(after.completeness, number(want, "completeness"));
	assert_int_equal(revision, json_integer_value(get(want, "revision")));
}

static const struct {
	const char *name;
	void (*run)(const json_t *in, const json_t *want);
} operations[] = {
	{"register_delta", run_register_delta},
	{"register_hours", run_register_hours},
	{"distribute_profile", run_distribute_profile},
	{"time_weighted_mean", run_time_weighted_mean},
	{"mass_weighted_temperature", run_mass_weighted_temperature},
	{"archive_label", run_archive_label},
	{"local_day_hours", run_local_day_hours},
	{"report_period", run_report_period},
	{"clock_drift", run_clock_drift},
	{"clock_drift_linear", run_clock_drift_linear},
	{"completeness", run_completeness},
	{"rounding", run_rounding},
	{"pulses", run_pulses},
	{"multiplier", run_multiplier},
	{"late_data", run_late_data},
};

static void every_published_case_comes_out(void **state)
{
	(void)state;
	const char *path = vector_path("calc/rollup_cases.json");
	NEED_VECTORS(path);
	json_t *root = json_load_file(path, 0, NULL);
	assert_non_null(root);
	json_t *cases = get(root, "cases");
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *c = json_array_get(cases, i);
		size_t k = 0;
		(void)printf("%s %s\n", text(c, "id"), text(c, "title"));
		while (k < sizeof(operations) / sizeof(operations[0]) &&
			strcmp(operations[k].name, text(c, "op")) != 0) {
			k++;
		}
		if (k == sizeof(operations) / sizeof(operations[0])) {
			fail_msg("unknown operation %s", text(c, "op"));
		}
		operations[k].run(get(c, "input"), get(c, "expect"));
	}
	assert_int_equal(json_array_size(cases), 43);
	json_decref(root);
}

/* ---- what the cases leave open ---- */

static const struct register_limits meter = {.capacity = 100000, .max_rate = 3, .noise = 0.002};

static void without_a_known_rate_only_a_plain_wrap_is_believed(void **state)
{
	(void)state;
	const struct register_limits l = {.capacity = 100000, .noise = 0.002};
	assert_int_equal(register_delta(&l, 99999.4, 0.7, 3600).status, DELTA_ROLLOVER);
	assert_int_equal(register_delta(&l, 5321.1, 4800, 3600).status, DELTA_NEGATIVE);
	assert_int_equal(register_delta(&l, 5321.1, 0.42, 3600).status, DELTA_NEGATIVE);
	const struct register_limits unknown = {.noise = 0.002};
	assert_int_equal(register_delta(&unknown, 99999.4, 0.7, 3600).status, DELTA_NEGATIVE);
}

static void a_net_register_may_run_backwards(void **state)
{
	(void)state;
	const struct register_limits l = {.capacity = 1000, .max_rate = 5, .is_net = true};
	struct delta d = register_delta(&l, 10, 7, 3600);
	assert_number(d.amount, -3);
	assert_int_equal(d.status, DELTA_OK);
	d = register_delta(&l, 1, 999, 3600);
	assert_number(d.amount, -2);
	assert_int_equal(d.status, DELTA_ROLLOVER);
	d = register_delta(&l, 100, 500, 3600);
	assert_int_equal(d.status, DELTA_SUSPECT_HIGH);
}

static void a_missing_reading_is_never_a_number(void **state)
{
	(void)state;
	assert_true(isnan(register_delta(&meter, NAN, 5, 3600).amount));
	assert_true(isnan(register_delta(&meter, 5, NAN, 3600).amount));
	struct point a = {0, NAN, 0}, b = {7200, 5, 0};
	struct form_value v = boundary_reading(&meter, &boundary_rule_default, &a, &b, 3600);
	assert_true(isnan(v.value));
	assert_int_equal(quality_class(v.quality), QUALITY_MISSING);
}

static void a_boundary_across_a_wrap_stays_inside_the_register(void **state)
{
	(void)state;
	struct point a = {0, 99999, 0}, b = {7200, 1, 0};
	struct form_value v = boundary_reading(&meter, &boundary_rule_default, &a, &b, 1800);
	assert_number(v.value, 99999.5);
	v = boundary_reading(&meter, &boundary_rule_default, &a, &b, 5400);
	assert_number(v.value, 0.5);
	assert_int_equal(quality_class(v.quality), QUALITY_INTERPOLATED);
}

static void an_unexplained_fall_leaves_the_boundary_missing(void **state)
{
	(void)state;
	struct point a = {0, 5321.1, 0}, b = {7200, 4800, 0};
	struct form_value v = boundary_reading(&meter, &boundary_rule_default, &a, &b, 3600);
	assert_int_equal(quality_class(v.quality), QUALITY_MISSING);
	v = boundary_reading(
		&meter, &boundary_rule_default, &a, &b, 30); /* but not what was read */
	assert_number(v.value, 5321.1);
}

static void a_gap_of_years_is_not_filled(void **state)
{
	(void)state;
	struct point a = {0, 1, 0}, b = {401LL * 86400, 2, 0}; /* a clock without battery */
	struct form_value v = boundary_reading(&meter, &boundary_rule_default, &a, &b, 86400);
	assert_int_equal(quality_class(v.quality), QUALITY_MISSING);
}

static void noise_is_measured_from_the_reading_before_it(void **state)
{
	(void)state;
	struct point p[] = {{0, 10.001, 0}, {3600, 10.000, 0}, {7200, 10.001, 0},
		{10800, 10.000, 0}, {14400, 10.003, 0}};
	struct form_value v[4];
	register_intervals(&meter, &boundary_rule_default, p, 5, 0, 3600, v, 4);
	assert_number(v[0].value + v[1].value + v[2].value, 0);
	assert_number(v[3].value, 0.002);
}

static void flags_stay_with_the_hours_they_belong_to(void **state)
{
	(void)state;
	struct point p[] = {{0, 99998, 0}, {3600, 99999, 0}, {7230, 1, 0}, {10800, 2, 0},
		{14400, 1500, 0}, {18000, 1501, 0}, {21600, 900, 0}, {25200, 901, 0}};
	struct form_value v[7];
	register_intervals(&meter, &boundary_rule_default, p, 8, 0, 3600, v, 7);
	assert_int_equal(v[0].quality, QUALITY_MEASURED);
	assert_int_equal(v[1].quality, QUALITY_MEASURED | QUALITY_ROLLOVER);
	assert_number(v[1].value, 2);
	assert_int_equal(v[2].quality, QUALITY_MEASURED);
	assert_int_equal(v[3].quality, QUALITY_SUSPECT | QUALITY_HIGH_SUSPECT);
	assert_int_equal(v[4].quality, QUALITY_MEASURED);
	assert_int_equal(v[5].quality, QUALITY_MISSING | QUALITY_RESET_SUSPECT);
	assert_int_equal(v[6].quality, QUALITY_MEASURED);
	assert_number(v[6].value, 1);
}

static void what_failed_a_check_is_not_summed(void **state)
{
	(void)state;
	struct form_value v[] = {{1, quality_make(QUALITY_MEASURED, SOURCE_METER, 0)},
		{4000, quality_make(QUALITY_SUSPECT, SOURCE_METER, QUALITY_HIGH_SUSPECT)},
		{2, quality_make(QUALITY_EDITED, SOURCE_MANUAL, 0)}};
	struct completeness c = form_completeness(v, 3, 3);
	assert_number(c.sum, 3);
	assert_number(c.completeness, 2.0 / 3);
	assert_false(c.is_complete);
	assert_int_equal(completeness_sum(&c).quality,
		quality_make(QUALITY_PARTIAL, SOURCE_METER, QUALITY_HIGH_SUSPECT));
	c = form_completeness(v + 1, 1, 1);
	assert_true(isnan(completeness_sum(&c).value));
	assert_int_equal(quality_class(completeness_sum(&c).quality), QUALITY_MISSING);
}

static void nothing_known_is_missing_and_not_zero(void **state)
{
	(void)state;
	struct completeness c = form_completeness(NULL, 0, 24);
	assert_true(isnan(completeness_sum(&c).value));
	assert_int_equal(quality_class(completeness_sum(&c).quality), QUALITY_MISSING);
	assert_true(c.completeness == 0);
	struct form_value v;
	register_intervals(&meter, &boundary_rule_default, NULL, 0, 0, 3600, &v, 1);
	assert_true(isnan(v.value));
	double share[2];
	distribute_profile(3, (const double[]){0, 0}, 2, share);
	assert_number(share[0] + share[1], 3);
}

static void unknown_samples_break_the_mean(void **state)
{
	(void)state;
	struct point p[] = {{0, 10, 0}, {600, NAN, 0}, {1200, 10, 0}, {3600, 10, 0}};
	struct mean m = time_weighted_mean(p, 4, (struct span){0, 3600}, MEAN_TRAPEZOID, 3600);
	assert_number(m.mean, 10);
	assert_number(m.coverage, 2.0 / 3);
	m = time_weighted_mean(p, 4, (struct span){0, 3600}, MEAN_HOLD, 3600);
	assert_number(m.coverage, 5.0 / 6);
}

static void a_pair_across_the_hour_counts_in_both(void **state)
{
	(void)state;
	struct point p[] = {{3000, 10, 0}, {4200, 22, 0}};
	struct mean m = time_weighted_mean(p, 2, (struct span){0, 3600}, MEAN_TRAPEZOID, 1800);
	assert_number(m.mean, 13);
	assert_number(m.coverage, 600.0 / 3600);
	m = time_weighted_mean(p, 2, (struct span){3600, 7200}, MEAN_TRAPEZOID, 1800);
	assert_number(m.mean, 19);
}

static void samples_of_rarely_polled_meters_connect(void **state)
{
	(void)state;
	assert_int_equal(max_hold_of(60), 180);
	assert_int_equal(max_hold_of(300), 900);
	assert_int_equal(max_hold_of(600), 900);
	assert_int_equal(max_hold_of(900), 1350);
	assert_int_equal(max_hold_of(3600), 5400);
	assert_int_equal(max_hold_of(0), 900);
}

static void a_mean_of_hours_is_weighted_by_their_lengths(void **state)
{
	(void)state;
	uint16_t q = quality_make(QUALITY_MEASURED, SOURCE_INTEGRATED, 0);
	struct form_value v[] = {{10, q}, {40, q}};
	int64_t lengths[] = {3600, 1800};
	assert_number(form_mean(v, lengths, 2, 2).value, 20);
	assert_int_equal(quality_class(form_mean(v, lengths, 2, 3).quality), QUALITY_PARTIAL);
	assert_int_equal(quality_class(form_mean(v, lengths, 0, 3).quality), QUALITY_MISSING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_case_comes_out),
		cmocka_unit_test(without_a_known_rate_only_a_plain_wrap_is_believed),
		cmocka_unit_test(a_net_register_may_run_backwards),
		cmocka_unit_test(a_missing_reading_is_never_a_number),
		cmocka_unit_test(a_boundary_across_a_wrap_stays_inside_the_register),
		cmocka_unit_test(an_unexplained_fall_leaves_the_boundary_missing),
		cmocka_unit_test(a_gap_of_years_is_not_filled),
		cmocka_unit_test(noise_is_measured_from_the_reading_before_it),
		cmocka_unit_test(flags_stay_with_the_hours_they_belong_to),
		cmocka_unit_test(what_failed_a_check_is_not_summed),
		cmocka_unit_test(nothing_known_is_missing_and_not_zero),
		cmocka_unit_test(unknown_samples_break_the_mean),
		cmocka_unit_test(a_pair_across_the_hour_counts_in_both),
		cmocka_unit_test(samples_of_rarely_polled_meters_connect),
		cmocka_unit_test(a_mean_of_hours_is_weighted_by_their_lengths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
