/*
 * truth.h - what the meters of a test measure: a known function of time
 *
 * The same for every kind of meter, so that what comes out of driver and node can be compared with
 * what was measured, whatever the protocol between them.
 */
#ifndef DOMOVOI_TEST_TRUTH_H
#define DOMOVOI_TEST_TRUTH_H

#include "base/str.h"
#include "poll/talk.h"
#include "sim/ask.h"
#include "sim/families.h"
#include "sim/memory.h"

#include <math.h>
#include <string.h>

struct truth {
	struct sim_source source; /* first */
	enum sim_point point;
	double origin_h; /* counters stand near zero at this hour since 1970 */
};

/* Counts up by `rate` an hour, more in some hours than in others, so that no two hours are equal. */
static inline double truth_counted(const struct truth *t, double rate, int64_t us)
{
	double h = (double)us / 3600e6 - t->origin_h;
	return rate * (h + 0.4 * sin(h / 3) + 0.3 * sin(h / 17));
}

static inline double truth_heat(const struct truth *t, enum quantity q, int64_t us)
{
	double h = (double)us / 3600e6;
	switch (q) {
	case QUANTITY_HEAT_ENERGY: return truth_counted(t, 0.04173, us); /* Gcal */
	case QUANTITY_MASS_SUPPLY: return truth_counted(t, 1.131, us);
	case QUANTITY_MASS_RETURN: return truth_counted(t, 1.107, us);
	case QUANTITY_VOLUME_SUPPLY:
	case QUANTITY_VOLUME: return truth_counted(t, 1.183, us);
	case QUANTITY_VOLUME_RETURN: return truth_counted(t, 1.119, us);
	case QUANTITY_HEAT_POWER: return 0.04173;
	case QUANTITY_FLOW:
	case QUANTITY_FLOW_SUPPLY: return 1.183;
	case QUANTITY_FLOW_RETURN: return 1.119;
	case QUANTITY_TEMPERATURE_SUPPLY: return 84.37 + 6 * sin(h / 40);
	case QUANTITY_TEMPERATURE_RETURN: return 51.13 + 3 * sin(h / 40);
	case QUANTITY_TEMPERATURE_DIFFERENCE: return 33.24 + 3 * sin(h / 40);
	case QUANTITY_PRESSURE_SUPPLY: return 0.617;
	case QUANTITY_PRESSURE_RETURN: return 0.433;
	default: return NAN;
	}
}

static inline double truth_electric(const struct truth *t, enum quantity q, int64_t us)
{
	switch (q) {
	case QUANTITY_ACTIVE_ENERGY: return truth_counted(t, 0.73, us); /* kWh */
	case QUANTITY_REACTIVE_ENERGY: return truth_counted(t, 0.31, us);
	case QUANTITY_ACTIVE_POWER: return 0.73;
	case QUANTITY_REACTIVE_POWER: return 0.31;
	case QUANTITY_VOLTAGE: return 228.4;
	case QUANTITY_CURRENT: return 3.47;
	case QUANTITY_FREQUENCY: return 49.98;
	default: return NAN;
	}
}

static inline double truth_at(const struct sim_source *s, enum quantity q, int64_t us)
{
	const struct truth *t = (const struct truth *)s;
	switch (t->point) {
	case SIM_FLAT_HEAT:
	case SIM_INPUT_HEAT: return truth_heat(t, q, us);
	case SIM_FLAT_ELECTRICITY:
	case SIM_INPUT_ELECTRICITY: return truth_electric(t, q, us);
	case SIM_FLAT_HOT:
		return q == QUANTITY_HOT_WATER || q == QUANTITY_VOLUME ?
			       truth_counted(t, 0.0611, us) :
			       NAN;
	default:
		return q == QUANTITY_COLD_WATER || q == QUANTITY_VOLUME ?
			       truth_counted(t, 0.0917, us) :
		       q == QUANTITY_FLOW ? 0.0917 :
					    NAN;
	}
}

static inline struct truth truth_of(enum sim_point point, double origin_h)
{
	return (struct truth){{truth_at}, point, origin_h};
}

/* Is this register one of those the source knows, whole and not one of several? The first input of a
 * pulse counter is. */
static inline bool truth_knows(const struct truth *t, const char *key, enum quantity q)
{
	const char *code = quantity_code(q);
	size_t n = strlen(code);
	bool is_whole = strcmp(key, code) == 0 ||
			(strncmp(key, code, n) == 0 && strcmp(key + n, ".1") == 0);
	return is_whole && !isnan(truth_at(&t->source, q, 0));
}

/* The tariff of "active_energy.t2" where the source knows the total; 0: none. */
static inline int truth_tariff(const struct truth *t, const char *key, enum quantity q)
{
	const char *code = quantity_code(q);
	size_t n = strlen(code);
	bool is_one = strncmp(key, code, n) == 0 && key[n] == '.' && key[n + 1] == 't' &&
		      key[n + 2] >= '1' && key[n + 2] <= '8' && !key[n + 3];
	return is_one && !isnan(truth_at(&t->source, q, 0)) ? key[n + 2] - '0' : 0;
}

/* What a register shows at a moment: all of it, or one tariff. */
static inline double truth_reading(const struct sim_device *d, const struct truth *t,
	const char *key, enum quantity q, enum unit u, int64_t us)
{
	int tariff = truth_tariff(t, key, q);
	return tariff ? sim_tariff_reading(d, q, u, tariff, us) : sim_reading(d, q, u, us);
}

/* A digit of the meter, and what a single-precision number of a counter's size loses. */
static inline double truth_slack(int64_t decimals, double truth, double counter)
{
	double digit = decimals >= 0 ? pow(10, -(double)decimals) : 1e-6;
	return 1.01 * digit + 1e-6 * fabs(truth) + 3e-7 * fabs(counter);
}

/* How the meter is set to end its days and months: on the 25th at 10:00 if it can be set and tells.
 * Some know a day and no hour, some neither. Returns whether it told. */
static inline bool truth_settle(const struct sim_family *f, struct sim_device *d, int64_t now)
{
	const struct driver *driver = driver_find(f->driver);
	struct line line;
	struct meter meter;
	struct talk *t = NULL;
	struct diag diag = {0};
	int hour = 0, day = 1;
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	(void)snprintf(meter.params, sizeof(meter.params), f->is_alone ? "%s%s" : "address=%s %s",
		f->is_alone     ? "" :
		d->address == 2 ? "2" :
				  "1",
		f->params);
	d->report_hour = 10;
	d->report_day = 25;
	struct link *link = sim_link_new(d, now * 1000000);
	bool has_told = false;
	assert_non_null(link);
	if (driver->report_time) {
		assert_int_equal(talk_new(driver, &line, &meter, d->zone, &t, &diag), ERR_OK);
		talk_attach(t, link, NULL);
		assert_int_equal(talk_begin(t, now), ERR_OK);
		enum err e = driver->report_time(t, &hour, &day);
		if (e && !err_is_answer(e)) {
			fail_msg("%s: report time: %s", f->name, talk_diag(t)->text);
		}
		has_told = !e;
		if (has_told == f->is_civil) {
			fail_msg(
				"%s: %s", f->name, e ? "does not tell its report time" : "has one");
		}
		talk_free(t);
	}
	link->ops->close(link);
	if ((hour != 0 && hour != 10) || (day != 1 && day != 25)) {
		fail_msg("%s: report day %d, hour %d", f->name, day, hour);
	}
	d->report_hour = hour;
	d->report_day = day;
	return has_told;
}

#endif
