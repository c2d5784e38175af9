/*
 * abnormal.h - abnormal situations (НС) of a supply input: what each second of a period was
 *
 *   class       code  condition                          heat goes on   timer
 *   RUN               none of the others                 yes            run
 *   FLOW_LOW    1     0 < flow < minimum                 yes            T1, a part of run
 *   FLOW_HIGH   2     flow > maximum                     yes            T2, a part of run
 *   DT_LOW      3     flow, and t1 - t2 < minimum        no             T3
 *   FAILURE     4     the meter says so; or it stopped   no             T4
 *                     and nothing else tells why
 *   REVERSE     5     the meter says so                  no             T4
 *   POWER       6     the meter says so                  no             T5
 *   NO_FLOW     7     flow = 0, or the meter says so     no             T4
 *   UNKNOWN           nothing is known of the time       -              -
 *
 * What happens at once is counted once, priority 6 > 4 = 5 = 7 > 3 > 2 > 1. Seconds are whole, and
 * those of all classes are the length of the period, always: T_run + T3 + T4 + T5 (+ unknown).
 *
 * Causes and durations are the meter's own where it has them (time_* registers, the state ABNORMAL
 * of model/abnormal.h), else they follow from the flow and the temperatures of the hour. A cause
 * that the meter names without a duration takes the time the meter did not run, or, of a meter that
 * does not tell that either, the whole hour.
 *
 * Pure functions. Facts: calculations.md section 2.4 of the project's sources; ns_timers.json.
 */
#ifndef DOMOVOI_CALC_ABNORMAL_H
#define DOMOVOI_CALC_ABNORMAL_H

#include "calc/form.h"
#include "model/quantity.h"

/* 1 to 7 are the codes that statements print. */
enum abnormal_class {
	ABNORMAL_IS_RUN,
	ABNORMAL_IS_FLOW_LOW,
	ABNORMAL_IS_FLOW_HIGH,
	ABNORMAL_IS_DT_LOW,
	ABNORMAL_IS_FAILURE,
	ABNORMAL_IS_REVERSE,
	ABNORMAL_IS_POWER,
	ABNORMAL_IS_NO_FLOW,
	ABNORMAL_IS_UNKNOWN,
	ABNORMAL_CLASS_COUNT
};

struct abnormal_info {
	const char *name; /* "flow_low" */
	const char *text, *text_ru;
	bool is_stop;           /* heat is not integrated */
	enum quantity duration; /* what the meter counts it in; QUANTITY_UNKNOWN: nothing */
	unsigned bit;           /* in the state ABNORMAL; 0: none */
};
const struct abnormal_info *abnormal_info(enum abnormal_class c);

/* When a flow or a difference of temperatures is abnormal; NaN: never. */
struct abnormal_limits {
	double flow_min, flow_max; /* in the unit of the flow */
	double dt_min;             /* K */
};

/* One hour, or what of it is asked about. NaN: unknown. */
struct abnormal_hour {
	int64_t length_s;
	double amount; /* what flowed, t or m3 */
	double flow;   /* while the meter ran, per hour; NaN: amount by the time it ran */
	double t1, t2;
	double told_s
		[ABNORMAL_CLASS_COUNT]; /* what the meter counted; RUN: its time of operation */
	bool has_state;
	unsigned state; /* bits of model/abnormal.h */
};
void abnormal_hour_init(struct abnormal_hour *h, int64_t length_s);

struct abnormal_timers {
	int64_t s[ABNORMAL_CLASS_COUNT];
};
struct abnormal_timers abnormal_of_hour(
	const struct abnormal_limits *l, const struct abnormal_hour *h);
void abnormal_add(struct abnormal_timers *sum, const struct abnormal_timers *part);

/* The sums that forms ask for, in seconds. */
struct abnormal_sums {
	int64_t period, run, t1, t2, t3, t4, t5, abnormal; /* abnormal = t3 + t4 + t5 */
	int64_t unknown;
};
struct abnormal_sums abnormal_sums(const struct abnormal_timers *t);

/* Too long below the minimum or above the maximum: the supplier may demand another meter, and
 * calculated amounts until then. Shares of the period; NaN where there is none. */
struct abnormal_shares {
	double low, high;
	bool is_low_too_long, is_high_too_long;
};
struct abnormal_shares abnormal_shares(
	const struct abnormal_timers *t, double low_limit, double high_limit);

#endif
