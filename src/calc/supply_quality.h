/*
 * supply_quality.h - what of a month was badly supplied, hour by hour, and what it takes off the bill
 *
 * Every hour of a service is judged by the values of that hour and the rules in force on its day:
 *
 *   hour        00  01  02  03  04  05  06 ...
 *   hot water   54  54  --  55  39  61  62 C
 *   verdict     bad bad  ?  bad cold ok ok        "?": no usable value; never counted as bad
 *   event       |<--->|    |<----->|              start, end, extreme
 *
 * Breaks count beyond what is allowed in a month and at once, whichever is exceeded by more. A break is
 * no flow AND no pressure: taps that are closed are none. A day whose pressure was off by more than the
 * limit is not paid at all and its hours count nowhere else. Hours of hot water that is cold are paid
 * at the price of cold water and give no percent. The sum of percents ends at 100.
 *
 * Only hours that were MEASURED or INTERPOLATED, or EDITED (an act of inspection), are judged.
 *
 * Facts: calculations.md section 9 of the project's sources; checked by quality_recalc.csv. The numbers
 * are data (rules/supply_quality.yaml). Units: degrees Celsius, MPa, V, Hz, hours, per cent, UTC
 * seconds. Pure functions; nothing allocates, reads a clock or knows the store.
 */
#ifndef DOMOVOI_SUPPLY_QUALITY_H
#define DOMOVOI_SUPPLY_QUALITY_H

#include "calc/form.h"

enum supply_service {
	SUPPLY_COLD_WATER,
	SUPPLY_HOT_WATER,
	SUPPLY_HEATING,
	SUPPLY_ELECTRICITY,
	SUPPLY_SEWER,
	SUPPLY_GAS,
	SUPPLY_SERVICE_COUNT
};

enum supply_kind {
	SUPPLY_BREAK,
	SUPPLY_TEMPERATURE, /* of hot water */
	SUPPLY_PRESSURE,
	SUPPLY_ROOM, /* temperature of rooms */
	SUPPLY_VOLTAGE,
	SUPPLY_FREQUENCY,
	SUPPLY_KIND_COUNT
};

const char *supply_service_name(enum supply_service s); /* "hot_water" */
bool supply_service_from_name(const char *name, enum supply_service *ret_s);
const char *supply_kind_name(enum supply_kind k); /* "temperature" */

/* ---- rules ---- */

/* How a deviation becomes a count of steps ("for every 3 degrees"). */
enum supply_step {
	SUPPLY_STEP_FLOOR, /* full steps */
	SUPPLY_STEP_CEIL,  /* every step begun */
	SUPPLY_STEP_LINEAR /* in proportion */
};
const char *supply_step_name(enum supply_step s); /* "floor" */
bool supply_step_from_name(const char *name, enum supply_step *ret_s);
double supply_steps(double deviation, double per, enum supply_step step);

/* From where a deviation of hot water counts. */
enum supply_base {
	SUPPLY_BASE_LIMIT, /* the limit with the allowance */
	SUPPLY_BASE_NORM   /* the norm: the allowance only says whether it counts */
};
const char *supply_base_name(enum supply_base b); /* "limit" */
bool supply_base_from_name(const char *name, enum supply_base *ret_b);

/* A limit of NaN is none. */
struct supply_break_rule {
	double total_h; /* allowed in a month */
	double once_h;  /* allowed at once */
	/* Allowed at once while rooms are at least that warm, warmest first (heating); n 0: once_h.
	 * Colder rooms have the last one, unknown ones the first. */
	struct {
		double room_c, once_h;
	} by_room[4];
	size_t by_room_n;
	double percent;       /* for an hour beyond */
	double pressure_none; /* below this there is none (MPa) */
	double voltage_none;  /* the same of electricity (V) */
};

struct supply_temperature_rule {
	double min, max, allow_day, allow_night;
	double percent, per_k; /* for an hour and every per_k degrees */
	double cold_below;     /* colder hours are paid as cold water */
	double offset; /* of the tap against the entry of the building; added by who fills the hours */
	enum supply_step step;
	enum supply_base base;
};

struct supply_pressure_rule {
	double min, max;
	double severe; /* share of the limit, 0.25: a day with a larger deviation is not paid */
	double percent;
};

struct supply_room_rule {
	double min, night_drop, over; /* at most min + over */
	double percent, per_k;
	enum supply_step step;
};

struct supply_band_rule {
	double min, max, percent;
};

/* By local time; NaN: never. The season is that of heating, month and day as 1001. */
struct supply_times {
	double night_from_h, night_till_h;
	double season_from, season_till;
};

struct supply_rules {
	struct supply_times times;
	struct supply_break_rule cut;
	struct supply_temperature_rule temperature;
	struct supply_pressure_rule pressure;
	struct supply_room_rule room;
	struct supply_band_rule voltage, frequency;
};
/* No limit at all. */
void supply_rules_init(struct supply_rules *r);
/* May lie across midnight, and across New Year. */
bool supply_is_night(const struct supply_times *t, const struct civil *local);
bool supply_is_season(const struct supply_times *t, const struct civil *local);

/* ---- one hour ---- */

enum supply_verdict {
	SUPPLY_GOOD,
	SUPPLY_BAD,
	SUPPLY_SEVERE,  /* pressure: the day is not paid */
	SUPPLY_COLD,    /* hot water paid as cold */
	SUPPLY_NO_DATA, /* no usable value */
	SUPPLY_OUTSIDE  /* not to be judged: a day not paid, a break, no flow, no season */
};

struct supply_judged {
	enum supply_verdict verdict;
	double off;   /* beyond the limit, always positive; 0 where it is kept */
	double limit; /* that was broken; NaN none */
	double steps; /* what the percent is multiplied by for an hour */
};
struct supply_judged supply_temperature_at(
	const struct supply_temperature_rule *r, double t, bool is_night);
struct supply_judged supply_pressure_at(const struct supply_pressure_rule *r, double p);
struct supply_judged supply_room_at(const struct supply_room_rule *r, double t, bool is_night);
struct supply_judged supply_band_at(const struct supply_band_rule *r, double v);

/* May a value decide? */
bool supply_is_usable(struct form_value v);

/* ---- breaks ---- */

struct supply_episode {
	double hours, once_h; /* once_h NaN: no limit at once */
};
struct supply_excess {
	double total_h, once_excess, total_excess;
	double excess; /* the larger one */
};
struct supply_excess supply_break_excess(
	double limit_total_h, const struct supply_episode *episodes, size_t n);

/* ---- a month ---- */

struct supply_hour {
	int64_t start, end;
	int day; /* counts the days of the period from 0; at most SUPPLY_DAYS - 1 */
	bool is_night, is_off_season;
	const struct supply_rules *rules; /* in force on its day */
	/* MISSING where it is not measured */
	struct form_value flow, temperature, pressure, room, voltage, frequency;
	enum supply_verdict verdicts[SUPPLY_KIND_COUNT]; /* set by supply_judge */
};
#define SUPPLY_DAYS 64

/* What a kind is judged by, and between which limits (NaN: none); of breaks what there is none of. */
struct form_value supply_value(const struct supply_hour *h, enum supply_kind kind);
void supply_limits(
	const struct supply_hour *h, enum supply_kind kind, double *ret_min, double *ret_max);

struct supply_event {
	enum supply_kind kind;
	int64_t from, till;
	double extreme; /* the value farthest outside; of a break the lowest pressure or voltage */
	int64_t extreme_utc;
	double limit;       /* that the extreme broke */
	double percent;     /* it adds; NaN for breaks, whose limits are those of the month */
	bool is_day_unpaid; /* pressure */
	bool has_cold;      /* hours paid as cold water */
	bool by_act;        /* an hour of it comes from an act of inspection */
	bool is_open;       /* still so at the end of what was judged */
};

struct supply_sum {
	bool is_measured; /* some hour had a value */
	double good_h, bad_h, no_data_h, outside_h;
	double severe_h, cold_h; /* parts of bad_h */
	double act_h;            /* hours judged by an act of inspection */
	double percent;
};

struct supply_result {
	double hours; /* of what was judged */
	struct supply_sum kinds[SUPPLY_KIND_COUNT];
	struct supply_excess excess; /* of breaks */
	double unpaid_h;             /* of days not paid for their pressure */
	int unpaid_days;
	double unpaid_share; /* of the hours */
	double cold_share;   /* of what is paid: by volume where every hour tells, else by time */
	bool is_cold_by_volume;
	double percent_raw, percent; /* of what is paid, without and with the end at 100 */
	struct supply_event *events; /* the caller's, by kind, then start */
	size_t event_cap, event_n;   /* event_n > event_cap: not all fitted */
};

/*
 * `hours` in order of time without overlap; what is missing between them is no data and not even
 * expected; the verdicts are written into them. `is_judged` says of which kinds the service has rules. `ret->events` and `event_cap` are
 * set by the caller.
 */
void supply_judge(struct supply_hour *hours, size_t n, const bool is_judged[SUPPLY_KIND_COUNT],
	struct supply_result *ret);

/* ---- money ---- */

struct supply_charge {
	int64_t full; /* of the month */
	int64_t cold; /* the same volume at the price of cold water; MONEY_NONE: not known */
};
struct supply_refund {
	int64_t unpaid;     /* of days not paid */
	int64_t after_cold; /* what remains when cold hours are paid as cold water */
	int64_t base;       /* the percent is of this: without the cold hours */
	int64_t reduction, to_pay;
	int64_t refund; /* full less to_pay */
	bool is_part;   /* there were cold hours and no price for them: at least this */
};
/* In hundredths of the currency (calc/money.h); MONEY_NONE where the charge is not known. */
struct supply_refund supply_refund_of(
	struct supply_charge c, double unpaid_share, double cold_share, double percent);

#endif
