/*
 * test_heat_input.c - a supply input out of a store: January of a heating point whose meter counts the
 * same heat as its scheme, and what becomes of it where hours, the meter or its archives fail
 *
 * Every hour 10 t at 95 °C go out and 9.9 t at 70 °C come back, at 0.6 and 0.4 MPa absolute; by the table
 * of closed schemes that is 1.05092023 GJ = 0.2510080 Gcal. Outdoors it is -10 °C.
 */
#include "base/str.h"
#include "calc/heat_input.h"
#include "test.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define HOURS     744
#define DAYS      31
#define HOUR_S    3600
#define GCAL      (1.05092023 / 4.1868)
#define BAROMETER 0.101325

enum what {
	HEAT,
	M1,
	M2,
	T1,
	T2,
	P1,
	P2,
	OUT,
	WHAT_COUNT
};

static const struct {
	enum quantity quantity;
	double hour;
	bool is_counter;
} kinds[WHAT_COUNT] = {
	[HEAT] = {QUANTITY_HEAT_ENERGY, GCAL, true},
	[M1] = {QUANTITY_MASS_SUPPLY, 10, true},
	[M2] = {QUANTITY_MASS_RETURN, 9.9, true},
	[T1] = {QUANTITY_TEMPERATURE_SUPPLY, 95, false},
	[T2] = {QUANTITY_TEMPERATURE_RETURN, 70, false},
	[P1] = {QUANTITY_PRESSURE_SUPPLY, 0.6 - BAROMETER, false},
	[P2] = {QUANTITY_PRESSURE_RETURN, 0.4 - BAROMETER, false},
	[OUT] = {QUANTITY_TEMPERATURE_OUTDOOR, -10, false},
};

static struct {
	char dir[64];
	struct store *store;
	int64_t building, point, meter;
	int64_t channels[WHAT_COUNT], registers[WHAT_COUNT];
	int64_t start; /* of January, local */
} f;

static const uint16_t good = 0x40; /* MEASURED, METER */

static int64_t put(enum object_kind kind, void *object)
{
	struct diag d = {0};
	if (store_put(f.store, kind, object, "test", &d) != ERR_OK) {
		fail_msg("%s", d.text);
	}
	return object_id(object);
}

static int64_t add_register(const char *key, enum quantity q, enum unit u, enum sample_form form)
{
	struct meter_register r;
	object_init(OBJECT_REGISTER, &r);
	r.meter = f.meter;
	(void)STR_COPY(r.key, key);
	r.quantity = q;
	r.unit = u;
	r.form = form;
	r.decimals = 3;
	return put(OBJECT_REGISTER, &r);
}

static void set_parameter(const char *code, double value, const char *text)
{
	struct parameter p;
	object_init(OBJECT_PARAMETER, &p);
	p.place = f.building;
	(void)STR_COPY(p.code, code);
	(void)STR_COPY(p.text, text);
	(void)STR_COPY(p.source, "contract 1");
	p.value = value;
	(void)put(OBJECT_PARAMETER, &p);
}

static void put_site(void)
{
	union any_object o;
	object_init(OBJECT_PLACE, &o);
	(void)STR_COPY(o.place.name, "Дом");
	(void)STR_COPY(o.place.zone, "Asia/Yekaterinburg");
	f.building = put(OBJECT_PLACE, &o);
	object_init(OBJECT_PLACE, &o);
	o.place.parent = f.building;
	o.place.kind = PLACE_HEATING_POINT;
	(void)STR_COPY(o.place.name, "ИТП");
	f.point = put(OBJECT_PLACE, &o);
	object_init(OBJECT_LINE, &o);
	(void)STR_COPY(o.line.name, "line");
	(void)STR_COPY(o.line.link, "tcp://127.0.0.1:4001");
	int64_t line = put(OBJECT_LINE, &o);
	object_init(OBJECT_METER, &o);
	o.meter.line = line;
	o.meter.place = f.point;
	(void)STR_COPY(o.meter.name, "meter");
	(void)STR_COPY(o.meter.driver, "mbus");
	f.meter = put(OBJECT_METER, &o);
	for (int k = 0; k < WHAT_COUNT; k++) {
		object_init(OBJECT_CHANNEL, &o);
		o.channel.place = f.point;
		o.channel.quantity = kinds[k].quantity;
		o.channel.unit = quantity_unit(kinds[k].quantity);
		f.channels[k] = put(OBJECT_CHANNEL, &o);
		if (kinds[k].is_counter) {
			f.registers[k] = add_register(quantity_code(kinds[k].quantity),
				kinds[k].quantity, quantity_unit(kinds[k].quantity), FORM_POINT);
			object_init(OBJECT_BINDING, &o);
			o.binding.channel = f.channels[k];
			o.binding.meter_register = f.registers[k];
			(void)put(OBJECT_BINDING, &o);
		}
	}
	set_parameter("heat.scheme", NAN, "S1");
}

static int64_t hour_at(int i)
{
	return f.start + (int64_t)i * HOUR_S;
}

static void put_value(struct batch *b, int64_t series, enum period p, int64_t start, double v)
{
	batch_archive(b, series, p, start, v,
		isnan(v) ? quality_make(QUALITY_MISSING, SOURCE_METER, 0) : good, true);
}

static void submit(struct batch *b)
{
	assert_int_equal(store_submit(f.store, b, true), ERR_OK);
}

static void put_january(void)
{
	struct batch *b = batch_new();
	for (int k = 0; k < WHAT_COUNT; k++) {
		double day = kinds[k].hour * (kinds[k].is_counter ? 24 : 1);
		for (int i = 0; i < HOURS; i++) {
			put_value(b, f.channels[k], PERIOD_HOUR, hour_at(i), kinds[k].hour);
		}
		for (int i = 0; i < DAYS; i++) {
			put_value(b, f.channels[k], PERIOD_DAY, hour_at(24 * i), day);
		}
		for (int i = 0; i < 2 && kinds[k].is_counter; i++) {
			double reading = 500 + i * HOURS * kinds[k].hour;
			put_value(b, f.registers[k], PERIOD_HOUR, hour_at(i * HOURS), reading);
			put_value(b, f.registers[k], PERIOD_MONTH, hour_at(i * HOURS), reading);
		}
	}
	submit(b);
}

static int start(void **state)
{
	struct diag d = {0};
	char url[128];
	(void)state;
	memset(&f, 0, sizeof(f));
	(void)snprintf(f.dir, sizeof(f.dir), "/tmp/domovoi-heat-XXXXXX");
	if (!mkdtemp(f.dir)) {
		return -1;
	}
	(void)snprintf(url, sizeof(url), "sqlite:%s/test.db", f.dir);
	if (store_open(url, STORE_CREATE, &f.store, &d) != ERR_OK ||
		time_parse("2025-12-31T19:00:00Z", NULL, &f.start) != ERR_OK) {
		return -1;
	}
	put_site();
	put_january();
	return 0;
}

static int stop(void **state)
{
	char command[128];
	(void)state;
	store_close(f.store);
	(void)snprintf(command, sizeof(command), "rm -rf %s", f.dir);
	return system(command);
}

/* January of the heating point. */
static struct heat_input *january(enum period period, enum substitution_cause cause)
{
	struct heat_input *h = NULL;
	struct figures *figures = NULL;
	struct diag d = {0};
	const struct site *s = store_site(f.store);
	assert_int_equal(figures_load(s, &figures, &d), ERR_OK);
	struct heat_question q = {.store = f.store,
		.site = s,
		.figures = figures,
		.place = f.point,
		.period = period,
		.span = {hour_at(0), hour_at(HOURS)},
		.now = hour_at(HOURS + 100),
		.cause = cause};
	if (heat_input_read(&q, &h, &d) != ERR_OK) {
		fail_msg("%s", d.text);
	}
	figures_free(figures);
	site_unref(s);
	return h;
}

static void assert_near(double got, double want, const char *what)
{
	if (!(fabs(got - want) <= 1e-7 * (1 + fabs(want)))) {
		fail_msg("%s: %.12g instead of %.12g", what, got, want);
	}
}

static void miss(struct batch *b, enum what k, int from_hour, int till_hour)
{
	for (int i = from_hour; i < till_hour; i++) {
		put_value(b, f.channels[k], PERIOD_HOUR, hour_at(i), NAN);
	}
}

static const struct heat_check *check_of(const struct heat_input *h, enum quantity q)
{
	for (size_t i = 0; i < h->check_count; i++) {
		if (h->checks[i].channel->quantity == q) {
			return &h->checks[i];
		}
	}
	fail_msg("no check of %s", quantity_code(q));
	return NULL;
}

/* ---- */

static void a_whole_month_agrees_with_itself_in_three_ways(void **state)
{
	(void)state;
	struct heat_input *h = january(PERIOD_DAY, CAUSE_METER);
	assert_string_equal(h->scheme->code, "S1");
	assert_true(h->is_scheme_told);
	assert_int_equal(h->row_count, DAYS);
	for (size_t i = 0; i < h->row_count; i++) {
		const struct heat_row *r = &h->rows[i];
		assert_near(r->own.v.value, 24 * GCAL, "own heat of a day");
		assert_near(r->own.completeness, 1, "of all hours");
		assert_near(r->meter.v.value, 24 * GCAL, "the meter's");
		assert_true(fabs(r->difference_percent) < 1e-5 && !r->is_off);
		assert_int_equal(r->timers.s[ABNORMAL_IS_RUN], 86400);
		/* cold water is not measured: only the leak needs it */
		assert_int_equal(r->warnings, 0);
		assert_near(r->leak_t, 2.4, "leak");
	}
	assert_near(h->sum.own.v.value, HOURS * GCAL, "own heat of the month");
	assert_int_equal(quality_class(h->sum.own.v.quality), QUALITY_MEASURED);
	assert_near(h->sum.pipes[HEAT_SUPPLY].mass.value, 7440, "mass");
	assert_near(h->sum.pipes[HEAT_SUPPLY].temperature.value, 95, "temperature");
	assert_near(h->sum.pipes[HEAT_SUPPLY].pressure.value, 0.6, "absolute pressure");
	/* 74.4 t * (293.319518 - 21.3171174) kJ/kg, 5 °C by the contract in winter */
	assert_near(h->sum.leak_gcal, 74.4 * 272.0024006 / 4186.8, "heat with the leak");
	for (size_t i = 0; i < h->check_count; i++) {
		const struct heat_check *c = &h->checks[i];
		assert_true(c->is_equal);
		assert_int_equal(c->reasons & ~HEAT_ROUNDING, 0);
		assert_near(c->value[HEAT_BY_MONTH], c->value[HEAT_BY_ROWS], "month and rows");
		assert_near(c->value[HEAT_BY_INTEGRATORS], c->value[HEAT_BY_ROWS], "integrators");
	}
	assert_int_equal(h->check_count, 3);
	assert_int_equal(h->proposal_count, 0);
	heat_input_free(h);
	/* hours and months are the same heat */
	h = january(PERIOD_HOUR, CAUSE_METER);
	assert_int_equal(h->row_count, HOURS);
	assert_near(h->sum.own.v.value, HOURS * GCAL, "by hours");
	heat_input_free(h);
	h = january(PERIOD_MONTH, CAUSE_METER);
	assert_int_equal(h->row_count, 1);
	assert_near(h->rows[0].own.v.value, HOURS * GCAL, "by months");
	heat_input_free(h);
}

static void hours_without_an_input_are_missing_from_own_heat_and_said(void **state)
{
	(void)state;
	struct batch *b = batch_new();
	miss(b, M1, 50, 56);
	submit(b);
	struct heat_input *h = january(PERIOD_DAY, CAUSE_METER);
	const struct heat_row *r = &h->rows[2];
	assert_near(r->own.v.value, 18 * GCAL, "what is known");
	assert_int_equal(quality_class(r->own.v.quality), QUALITY_PARTIAL);
	assert_near(r->own.completeness, 18.0 / 24, "completeness");
	assert_int_equal(r->faults[HEAT_NO_MASS], 6);
	assert_near(r->meter.completeness, 1, "the meter knows");
	assert_true(fabs(r->difference_percent) < 1e-5); /* of the hours both know */
	assert_int_equal(r->timers.s[ABNORMAL_IS_UNKNOWN], 6 * HOUR_S);
	assert_int_equal(abnormal_sums(&r->timers).period, 86400);
	assert_near(h->sum.own.completeness, (HOURS - 6.0) / HOURS, "of the month");
	assert_int_equal(h->proposal_count, 0);
	heat_input_free(h);
	/* when they arrive, all is as if nothing had happened */
	b = batch_new();
	for (int i = 50; i < 56; i++) {
		put_value(b, f.channels[M1], PERIOD_HOUR, hour_at(i), 10);
	}
	submit(b);
	h = january(PERIOD_DAY, CAUSE_METER);
	assert_near(h->sum.own.v.value, HOURS * GCAL, "healed");
	assert_near(h->sum.own.completeness, 1, "whole again");
	heat_input_free(h);
}

static void lose_days(int from, int till)
{
	struct batch *b = batch_new();
	for (int k = 0; k <= P2; k++) {
		miss(b, (enum what)k, from * 24, till * 24);
		for (int i = from; i < till; i++) {
			put_value(b, f.channels[k], PERIOD_DAY, hour_at(24 * i), NAN);
		}
	}
	for (int i = from; i < till; i++) { /* colder and colder */
		for (int hour = 0; hour < 24; hour++) {
			put_value(b, f.channels[OUT], PERIOD_HOUR, hour_at(24 * i + hour),
				-20 - (i - from));
		}
	}
	submit(b);
}

static void days_the_meter_was_gone_are_proposed_by_rule_c(void **state)
{
	(void)state;
	lose_days(10, 13);
	set_parameter("building.design_outdoor_temperature", -34, "");
	struct heat_input *h = january(PERIOD_DAY, CAUSE_METER);
	assert_int_equal(h->proposal_count, 1);
	const struct heat_proposal *p = &h->proposals[0];
	assert_int_equal(p->result.rule, SUBSTITUTION_C);
	assert_int_equal(p->gap_count, 3);
	/* 24 hours of 0.2510 Gcal at -10, brought to -20, -21, -22 with 20 °C indoors */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(p->gaps[i].day.from, hour_at(24 * (10 + i)));
		assert_near(p->gaps[i].part.hours, 24, "hours");
		assert_near(p->gaps[i].part.q, 24 * GCAL * (40 + i) / 30, "a day");
		assert_near(p->gaps[i].entry, p->gaps[i].part.q, "what would be entered");
	}
	assert_near(p->result.q, 24 * GCAL * 123 / 30, "all three");
	assert_near(p->of.q_run, 28 * 24 * GCAL, "measured");
	/* nothing of it is in the sums */
	assert_near(h->sum.meter.v.value, 28 * 24 * GCAL, "the meter's heat");
	assert_int_equal(quality_class(h->sum.meter.v.quality), QUALITY_PARTIAL);
	assert_near(h->sum.meter.completeness, 28.0 / 31, "completeness");
	assert_int_equal(h->sum.timers.s[ABNORMAL_IS_UNKNOWN], 3 * 86400);
	/* the integrators ran on; the rows say why they are less */
	const struct heat_check *c = check_of(h, QUANTITY_HEAT_ENERGY);
	assert_false(c->is_equal);
	assert_int_equal(c->rows_missing, 3);
	assert_true(c->reasons & HEAT_ROWS_MISSING);
	assert_false(c->reasons & HEAT_UNEXPLAINED);
	assert_near(c->value[HEAT_BY_INTEGRATORS], HOURS * GCAL, "integrators");
	heat_input_free(h);
}

static void a_day_a_person_has_decided_is_not_proposed_again(void **state)
{
	(void)state;
	lose_days(10, 13);
	struct batch *b = batch_new();
	batch_archive(b, f.channels[HEAT], PERIOD_DAY, hour_at(24 * 11), 9,
		quality_make(QUALITY_EDITED, SOURCE_MANUAL, 0), true);
	submit(b);
	struct heat_input *h = january(PERIOD_DAY, CAUSE_METER);
	const struct heat_proposal *p = &h->proposals[0];
	assert_int_equal(p->gap_count, 2);
	assert_int_equal(p->gaps[1].day.from, hour_at(24 * 12));
	assert_near(p->of.q_run, 28 * 24 * GCAL, "means are of what was measured");
	assert_near(h->sum.meter.v.value, 28 * 24 * GCAL + 9, "the day counts");
	assert_true(check_of(h, QUANTITY_HEAT_ENERGY)->reasons & HEAT_ROWS_EDITED);
	heat_input_free(h);
}

static void water_drawn_is_put_right_when_its_true_temperature_is_known(void **state)
{
	(void)state;
	set_parameter("heat.scheme", NAN, "S5");
	struct heat_input *h = january(PERIOD_MONTH, CAUSE_METER);
	assert_near(h->sum.drawn_t, 74.4, "drawn");
	assert_true(isnan(h->sum.correction_gcal));
	double before = h->sum.own.v.value;
	heat_input_free(h);
	set_parameter("heat.cold_water_actual", 2.4, "");
	h = january(PERIOD_MONTH, CAUSE_METER);
	/* 2 t: +0.005225 Gcal */
	assert_true(fabs(h->sum.correction_gcal - 74.4 / 2 * 0.005225) < 1e-4);
	assert_near(h->sum.own.v.value, before, "it is told apart");
	heat_input_free(h);
}

static void longer_than_the_rule_allows_the_load_of_the_contract_counts(void **state)
{
	(void)state;
	lose_days(10, 26);
	set_parameter("building.design_outdoor_temperature", -34, "");
	struct heat_input *h = january(PERIOD_DAY, CAUSE_METER);
	assert_int_equal(h->proposals[0].result.rule, SUBSTITUTION_D);
	assert_int_equal(h->proposals[0].result.lack, LACK_LOAD);
	assert_true(isnan(h->proposals[0].result.q));
	heat_input_free(h);
	set_parameter("contract.heat_load_gcal_h", 0.42, "");
	h = january(PERIOD_DAY, CAUSE_METER);
	/* 16 days from -20 to -35: mean -27.5 */
	assert_near(h->proposals[0].result.q, 0.42 * 47.5 / 54 * 16 * 24, "load");
	assert_near(h->proposals[0].of.t_missing, -27.5, "outdoor of the days substituted");
	heat_input_free(h);
}

static void time_without_power_is_counted_and_proposed_by_rule_b(void **state)
{
	(void)state;
	int64_t off = add_register(
		"time_power_off.amount", QUANTITY_TIME_POWER_OFF, UNIT_H, FORM_AMOUNT);
	struct batch *b = batch_new();
	for (int i = 0; i < HOURS; i++) {
		put_value(b, off, PERIOD_HOUR, hour_at(i), i == 30 ? 0.5 : 0);
	}
	submit(b);
	struct heat_input *h = january(PERIOD_DAY, CAUSE_METER);
	assert_true(h->timed & 1u << ABNORMAL_IS_POWER);
	assert_int_equal(h->rows[1].timers.s[ABNORMAL_IS_POWER], 1800);
	assert_int_equal(h->sum.timers.s[ABNORMAL_IS_RUN], HOURS * HOUR_S - 1800);
	assert_int_equal(h->proposal_count, 1);
	const struct heat_proposal *p = &h->proposals[0];
	assert_int_equal(p->result.rule, SUBSTITUTION_B);
	assert_near(p->of.hours, 0.5, "hours");
	assert_near(p->of.run_hours, HOURS - 0.5, "time of operation");
	assert_near(p->result.q, HOURS * GCAL / (HOURS - 0.5) * 0.5, "as cold as it was");
	assert_near(p->gaps[0].measured, 24 * GCAL, "the day as measured");
	assert_near(p->gaps[0].entry, 24 * GCAL + p->result.q, "the day as it would be");
	heat_input_free(h);
}

static void a_power_cut_of_days_is_no_short_situation(void **state)
{
	(void)state;
	int64_t off = add_register(
		"time_power_off.amount", QUANTITY_TIME_POWER_OFF, UNIT_H, FORM_AMOUNT);
	struct batch *b = batch_new();
	for (int i = 0; i < HOURS; i++) {
		bool is_off = i >= 100 && i < 130;
		put_value(b, off, PERIOD_HOUR, hour_at(i), is_off);
		if (is_off) {
			put_value(b, f.channels[HEAT], PERIOD_HOUR, hour_at(i), 0);
		}
	}
	submit(b);
	struct heat_input *h = january(PERIOD_DAY, CAUSE_METER);
	assert_int_equal(h->proposal_count, 1);
	assert_int_equal(h->proposals[0].result.rule, SUBSTITUTION_C);
	assert_near(h->proposals[0].of.hours, 30, "hours");
	heat_input_free(h);
}

static void a_month_the_meter_archived_otherwise_is_a_mismatch_nobody_explains(void **state)
{
	(void)state;
	struct batch *b = batch_new();
	put_value(b, f.registers[HEAT], PERIOD_MONTH, hour_at(HOURS), 500 + HOURS * GCAL + 5);
	submit(b);
	struct heat_input *h = january(PERIOD_DAY, CAUSE_METER);
	const struct heat_check *c = check_of(h, QUANTITY_HEAT_ENERGY);
	assert_false(c->is_equal);
	assert_true(c->reasons & HEAT_UNEXPLAINED);
	assert_near(c->value[HEAT_BY_MONTH] - c->value[HEAT_BY_ROWS], 5, "difference");
	assert_true(check_of(h, QUANTITY_MASS_SUPPLY)->is_equal);
	heat_input_free(h);
}

static void a_scale_error_of_the_meter_shows_as_a_difference_to_the_scheme(void **state)
{
	(void)state;
	struct batch *b = batch_new();
	for (int i = 0; i < 24; i++) {
		put_value(b, f.channels[HEAT], PERIOD_HOUR, hour_at(i), GCAL * 1.05);
	}
	put_value(b, f.channels[HEAT], PERIOD_DAY, hour_at(0), 24 * GCAL * 1.05);
	submit(b);
	struct heat_input *h = january(PERIOD_DAY, CAUSE_METER);
	assert_near(h->rows[0].difference_percent, (1 / 1.05 - 1) * 100, "difference");
	assert_true(h->rows[0].is_off);
	assert_false(h->rows[1].is_off || h->sum.is_off);
	heat_input_free(h);
}

static void a_meter_that_keeps_days_only_is_worked_out_by_days(void **state)
{
	(void)state;
	struct batch *b = batch_new();
	for (int k = 0; k < WHAT_COUNT; k++) {
		miss(b, (enum what)k, 0, HOURS);
	}
	submit(b);
	struct heat_input *h = january(PERIOD_DAY, CAUSE_METER);
	assert_true(h->rows[0].is_of_row);
	assert_near(h->rows[0].own.v.value, 24 * GCAL, "own heat of a day");
	assert_near(h->sum.own.v.value, HOURS * GCAL, "of the month");
	assert_near(h->sum.own.completeness, 1, "all days");
	assert_int_equal(h->sum.timers.s[ABNORMAL_IS_RUN], HOURS * HOUR_S);
	assert_int_equal(h->sum.faults[HEAT_NO_MASS], 0);
	assert_int_equal(h->proposal_count, 0);
	heat_input_free(h);
}

static void without_a_meter_of_heat_the_whole_month_is_proposed(void **state)
{
	(void)state;
	struct diag d = {0};
	const struct site *s = store_site(f.store);
	for (size_t i = 0; i < s->counts[OBJECT_BINDING]; i++) {
		if (s->bindings[i].channel == f.channels[HEAT]) {
			assert_int_equal(store_delete(f.store, OBJECT_BINDING, s->bindings[i].id,
						 "test", &d),
				ERR_OK);
		}
	}
	site_unref(s);
	assert_int_equal(
		store_delete(f.store, OBJECT_CHANNEL, f.channels[HEAT], "test", &d), ERR_OK);
	set_parameter("building.design_outdoor_temperature", -34, "");
	set_parameter("contract.heat_load_gcal_h", 0.42, "");
	struct heat_input *h = january(PERIOD_DAY, CAUSE_METER);
	assert_null(h->heat);
	assert_true(isnan(h->sum.meter.v.value) && isnan(h->sum.difference_percent));
	assert_near(h->sum.own.v.value, HOURS * GCAL, "own heat");
	assert_int_equal(h->proposals[0].of.cause, CAUSE_NO_METER);
	assert_near(h->proposals[0].result.q, 0.42 * 30 / 54 * HOURS, "load");
	heat_input_free(h);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_whole_month_agrees_with_itself_in_three_ways),
		T(hours_without_an_input_are_missing_from_own_heat_and_said),
		T(days_the_meter_was_gone_are_proposed_by_rule_c),
		T(a_day_a_person_has_decided_is_not_proposed_again),
		T(water_drawn_is_put_right_when_its_true_temperature_is_known),
		T(longer_than_the_rule_allows_the_load_of_the_contract_counts),
		T(time_without_power_is_counted_and_proposed_by_rule_b),
		T(a_power_cut_of_days_is_no_short_situation),
		T(a_month_the_meter_archived_otherwise_is_a_mismatch_nobody_explains),
		T(a_scale_error_of_the_meter_shows_as_a_difference_to_the_scheme),
		T(a_meter_that_keeps_days_only_is_worked_out_by_days),
		T(without_a_meter_of_heat_the_whole_month_is_proposed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
