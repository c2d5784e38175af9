/*
 * test_abnormal.c - what each second of an hour was: the twelve hours of the example, what meters tell
 * and do not tell, and the partition of any hour
 */
#include "calc/abnormal.h"
#include "calc/heat.h"
#include "model/abnormal.h"
#include "test.h"

#include <jansson.h>
#include <math.h>

#define HOUR 3600

static const struct abnormal_limits limits = {.flow_min = 0.3, .flow_max = 30, .dt_min = 3};

static double number(const json_t *o, const char *key)
{
	return json_is_number(json_object_get(o, key)) ?
		       json_number_value(json_object_get(o, key)) :
		       NAN;
}

static void assert_within(double got, double want, double by, const char *what)
{
	if (!(fabs(got - want) <= by)) {
		fail_msg("%s: %.12g instead of %.12g", what, got, want);
	}
}

static struct abnormal_hour hour_of(const json_t *in)
{
	struct abnormal_hour h;
	abnormal_hour_init(&h, HOUR);
	h.flow = number(in, "G");
	h.t1 = number(in, "t1");
	h.t2 = number(in, "t2");
	h.told_s[ABNORMAL_IS_POWER] = number(in, "off") * HOUR;
	h.told_s[ABNORMAL_IS_FAILURE] = number(in, "fail") * HOUR;
	h.told_s[ABNORMAL_IS_REVERSE] = number(in, "rev") * HOUR;
	h.told_s[ABNORMAL_IS_NO_FLOW] = number(in, "nowater") * HOUR;
	return h;
}

static double heat_of(double mass, const json_t *in)
{
	struct heat_contract c = {0};
	struct heat_measured m[HEAT_PIPE_COUNT];
	uint16_t q = quality_make(QUALITY_MEASURED, SOURCE_METER, 0);
	if (mass == 0) {
		return 0;
	}
	heat_measured_init(m);
	c.pressure_mpa[HEAT_SUPPLY] = 0.6;
	c.pressure_mpa[HEAT_RETURN] = 0.4;
	c.cold_c = 5;
	m[HEAT_SUPPLY].mass = (struct form_value){mass, q};
	m[HEAT_SUPPLY].temperature = (struct form_value){number(in, "t1"), q};
	m[HEAT_RETURN].temperature = (struct form_value){number(in, "t2"), q};
	return heat_energy(heat_scheme_find("S1"), m, &c).q.value;
}

static void check_sums(const struct abnormal_timers *t, const json_t *want, const char *const *keys)
{
	struct abnormal_sums s = abnormal_sums(t);
	const int64_t got[] = {s.run, s.t1, s.t2, s.t3, s.t4, s.t5, s.abnormal, s.period};
	for (int i = 0; keys[i]; i++) {
		assert_within((double)got[i], number(want, keys[i]) * HOUR, 1e-6, keys[i]);
	}
	assert_int_equal(s.unknown, 0);
}

static void the_twelve_hours_of_the_example_are_reproduced(void **state)
{
	(void)state;
	static const char *const of_hour[] = {"run_h", "T1_flow_below_min", "T2_flow_above_max",
		"T3_dT_below_min", "T4_failure", "T5_power_off", NULL};
	static const char *const of_all[] = {
		"T_run_h", "T1_h", "T2_h", "T3_h", "T4_h", "T5_h", "T_ns_h", "T_period_h", NULL};
	const char *path = vector_path("calc/ns_timers.json");
	NEED_VECTORS(path);
	json_t *file = json_load_file(path, 0, NULL), *hour;
	struct abnormal_timers all = {{0}};
	double mass = 0, heat = 0;
	size_t i;
	assert_non_null(file);
	assert_int_equal(json_array_size(json_object_get(file, "hours")), 12);
	json_array_foreach(json_object_get(file, "hours"), i, hour)
	{
		const json_t *in = json_object_get(hour, "inp");
		struct abnormal_hour h = hour_of(in);
		struct abnormal_timers t = abnormal_of_hour(&limits, &h);
		check_sums(&t, hour, of_hour);
		double m = t.s[ABNORMAL_IS_POWER] == HOUR ?
				   0 :
				   h.flow * (double)abnormal_sums(&t).run / HOUR;
		assert_within(m, number(hour, "M_t"), 1e-9, "mass");
		assert_within(heat_of(m, in), number(hour, "Q_GJ"), 1e-8, "heat");
		mass += m;
		heat += heat_of(m, in);
		abnormal_add(&all, &t);
	}
	const json_t *want = json_object_get(file, "expected");
	check_sums(&all, want, of_all);
	assert_within(mass, number(want, "M_t"), 1e-9, "mass");
	assert_within(heat, number(want, "Q_GJ"), 1e-8, "heat");
	struct abnormal_shares shares = abnormal_shares(&all, 0.30, 0.10);
	assert_within(shares.low, number(want, "share_T1"), 1e-12, "share of T1");
	assert_within(shares.high, number(want, "share_T2"), 1e-12, "share of T2");
	assert_false(shares.is_low_too_long || shares.is_high_too_long);
	json_decref(file);
}

static struct abnormal_hour usual(void)
{
	struct abnormal_hour h;
	abnormal_hour_init(&h, HOUR);
	h.amount = 5;
	h.t1 = 90;
	h.t2 = 60;
	return h;
}

static int64_t seconds(const struct abnormal_hour *h, enum abnormal_class c)
{
	return abnormal_of_hour(&limits, h).s[c];
}

static void an_hour_nothing_is_known_of_is_unknown_and_not_normal(void **state)
{
	(void)state;
	struct abnormal_hour h;
	abnormal_hour_init(&h, HOUR);
	assert_int_equal(seconds(&h, ABNORMAL_IS_UNKNOWN), HOUR);
	h.t1 = 90; /* a temperature alone does not tell that anything flowed */
	assert_int_equal(seconds(&h, ABNORMAL_IS_UNKNOWN), HOUR);
	h.amount = 5;
	assert_int_equal(seconds(&h, ABNORMAL_IS_RUN), HOUR);
}

static void a_meter_without_timers_is_judged_by_its_data(void **state)
{
	(void)state;
	struct abnormal_hour h = usual();
	assert_int_equal(seconds(&h, ABNORMAL_IS_RUN), HOUR);
	h.amount = 0;
	h.t1 = 61; /* no difference of temperatures where nothing flows */
	assert_int_equal(seconds(&h, ABNORMAL_IS_NO_FLOW), HOUR);
	h.amount = 0.1;
	assert_int_equal(seconds(&h, ABNORMAL_IS_DT_LOW), HOUR);
	h.t1 = 90;
	assert_int_equal(seconds(&h, ABNORMAL_IS_FLOW_LOW), HOUR);
	h.amount = 40;
	assert_int_equal(seconds(&h, ABNORMAL_IS_FLOW_HIGH), HOUR);
	h.t1 = NAN; /* what is not known is no fault */
	assert_int_equal(seconds(&h, ABNORMAL_IS_FLOW_HIGH), HOUR);
}

static void what_the_meter_counts_itself_is_not_judged_again(void **state)
{
	(void)state;
	struct abnormal_hour h = usual();
	h.t1 = 62;
	h.told_s[ABNORMAL_IS_DT_LOW] = 600;
	assert_int_equal(seconds(&h, ABNORMAL_IS_DT_LOW), 600);
	assert_int_equal(seconds(&h, ABNORMAL_IS_RUN), HOUR - 600);
	h.amount = 0.2; /* in the 50 minutes it ran: 0.24 t/h */
	assert_int_equal(seconds(&h, ABNORMAL_IS_FLOW_LOW), HOUR - 600);
	h.told_s[ABNORMAL_IS_FLOW_LOW] = 0;
	assert_int_equal(seconds(&h, ABNORMAL_IS_RUN), HOUR - 600);
}

static void time_the_meter_did_not_run_has_the_cause_it_names_or_is_a_failure(void **state)
{
	(void)state;
	struct abnormal_hour h = usual();
	h.told_s[ABNORMAL_IS_RUN] = 2700;
	assert_int_equal(seconds(&h, ABNORMAL_IS_FAILURE), 900);
	assert_int_equal(seconds(&h, ABNORMAL_IS_RUN), 2700);
	h.told_s[ABNORMAL_IS_POWER] = 600;
	assert_int_equal(seconds(&h, ABNORMAL_IS_POWER), 600);
	assert_int_equal(seconds(&h, ABNORMAL_IS_FAILURE), 300);
	h.has_state = true;
	h.state = ABNORMAL_REVERSE | ABNORMAL_DT_LOW | ABNORMAL_POWER;
	assert_int_equal(seconds(&h, ABNORMAL_IS_REVERSE), 300);
	h.told_s[ABNORMAL_IS_POWER] = 870; /* half a minute is rounding */
	assert_int_equal(seconds(&h, ABNORMAL_IS_RUN), 2730);
	/* a meter that names a cause and counts no time at all: the hour */
	h = usual();
	h.has_state = true;
	h.state = ABNORMAL_FAILURE;
	assert_int_equal(seconds(&h, ABNORMAL_IS_FAILURE), HOUR);
	h.state = ABNORMAL_FLOW_HIGH;
	assert_int_equal(seconds(&h, ABNORMAL_IS_FLOW_HIGH), HOUR);
	h.state = ABNORMAL_CLOCK;
	assert_int_equal(seconds(&h, ABNORMAL_IS_RUN), HOUR);
}

static void what_happens_at_once_is_counted_once_by_priority(void **state)
{
	(void)state;
	struct abnormal_hour h = usual();
	h.told_s[ABNORMAL_IS_POWER] = 1800;
	h.told_s[ABNORMAL_IS_FAILURE] = 1200;
	h.told_s[ABNORMAL_IS_DT_LOW] = 1200;
	h.told_s[ABNORMAL_IS_FLOW_LOW] = 3600;
	struct abnormal_timers t = abnormal_of_hour(&limits, &h);
	assert_int_equal(t.s[ABNORMAL_IS_POWER], 1800);
	assert_int_equal(t.s[ABNORMAL_IS_FAILURE], 1200);
	assert_int_equal(t.s[ABNORMAL_IS_DT_LOW], 600);
	assert_int_equal(t.s[ABNORMAL_IS_FLOW_LOW], 0);
}

static void more_than_the_share_allowed_gives_the_right_to_demand_another_meter(void **state)
{
	(void)state;
	struct abnormal_timers t = {{[ABNORMAL_IS_RUN] = 60,
		[ABNORMAL_IS_FLOW_LOW] = 30,
		[ABNORMAL_IS_FLOW_HIGH] = 10}};
	struct abnormal_shares s = abnormal_shares(&t, 0.30, 0.10);
	assert_false(s.is_low_too_long || s.is_high_too_long); /* exactly the share is allowed */
	t.s[ABNORMAL_IS_FLOW_LOW]++;
	t.s[ABNORMAL_IS_FLOW_HIGH]++;
	t.s[ABNORMAL_IS_RUN] -= 2;
	s = abnormal_shares(&t, 0.30, 0.10);
	assert_true(s.is_low_too_long && s.is_high_too_long);
	struct abnormal_timers none = {{0}};
	assert_true(isnan(abnormal_shares(&none, 0.3, 0.1).low));
}

/* ---- whatever the meter says ---- */

static uint32_t dice = 1;
static uint32_t roll(uint32_t sides)
{
	dice = dice * 1664525u + 1013904223u;
	return (dice >> 8) % sides;
}

static double maybe(double most)
{
	return roll(3) == 0 ? NAN : roll(4) == 0 ? 0 : most * (double)roll(1000) / 1000;
}

static void every_second_of_any_hour_belongs_to_exactly_one_class(void **state)
{
	(void)state;
	struct abnormal_timers sum = {{0}};
	int64_t length = 0;
	for (int i = 0; i < 200000; i++) {
		struct abnormal_hour h;
		abnormal_hour_init(&h, roll(5) == 0 ? roll(7300) : HOUR);
		h.amount = maybe(60);
		h.flow = maybe(60);
		h.t1 = maybe(150);
		h.t2 = maybe(100);
		h.has_state = roll(2);
		h.state = roll(256);
		for (int c = 0; c < ABNORMAL_IS_UNKNOWN; c++) {
			h.told_s[c] = maybe(roll(10) == 0 ? 1e12 : 5000);
			h.told_s[c] = roll(20) == 0 ? -5 : h.told_s[c];
		}
		struct abnormal_timers t = abnormal_of_hour(&limits, &h);
		for (int c = 0; c < ABNORMAL_CLASS_COUNT; c++) {
			assert_true(t.s[c] >= 0);
		}
		struct abnormal_sums s = abnormal_sums(&t);
		assert_int_equal(s.run + s.t3 + s.t4 + s.t5 + s.unknown, h.length_s);
		assert_int_equal(s.period, h.length_s);
		assert_true(s.t1 + s.t2 <= s.run);
		length += h.length_s;
		abnormal_add(&sum, &t);
	}
	assert_int_equal(abnormal_sums(&sum).period, length);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_twelve_hours_of_the_example_are_reproduced),
		T(an_hour_nothing_is_known_of_is_unknown_and_not_normal),
		T(a_meter_without_timers_is_judged_by_its_data),
		T(what_the_meter_counts_itself_is_not_judged_again),
		T(time_the_meter_did_not_run_has_the_cause_it_names_or_is_a_failure),
		T(what_happens_at_once_is_counted_once_by_priority),
		T(more_than_the_share_allowed_gives_the_right_to_demand_another_meter),
		T(every_second_of_any_hour_belongs_to_exactly_one_class),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
