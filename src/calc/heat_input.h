/*
 * heat_input.h - a supply input over a period: what its meter says beside what its scheme gives
 *
 *   hours of channels ──heat_energy──> own heat of hours ──sum──> row       day, month or the hour
 *   channel of heat ────────────────────────────────────────────> row       the meter's heat
 *   timers and state of the meter, else flow and dt ────────────> row       what each second was
 *
 * A circuit is the channels of one place and one scheme: heating (parameter heat.scheme, heat in
 * heat_energy), or hot water (heat.scheme_hot_water, heat_energy_hot_water). Where no hours of its
 * masses are known, a row is worked out of its own day or month, and says so.
 *
 * Beside the rows: sums with their completeness, heat with leakage, what a substitution would give
 * for what was not measured (substitution.h), and the check of the statement with itself: the sum of
 * the rows that have ended, the difference of the meter's integrators and its own archive of the month.
 *
 * Energy in Gcal, mass t, volume m3, temperature °C, pressure MPa absolute. Reads the store; what
 * comes out belongs to the caller (heat_input_free). Nothing is written.
 */
#ifndef DOMOVOI_HEAT_INPUT_H
#define DOMOVOI_HEAT_INPUT_H

#include "calc/abnormal.h"
#include "calc/figure.h"
#include "calc/heat.h"
#include "calc/substitution.h"
#include "store/store.h"

/* A sum, and how much of what has passed is in it. */
struct heat_amount {
	struct form_value v;
	double completeness; /* 0..1; NaN: nothing has passed */
};

struct heat_row {
	struct span span;
	bool is_running; /* has not ended */
	bool is_of_row;  /* own heat by the row's values: there are no hours */
	struct heat_measured pipes[HEAT_PIPE_COUNT]; /* as archived for the row */
	struct heat_amount meter, own;
	double difference_percent; /* own minus meter; NaN: not comparable */
	bool is_off;       /* more than heat.own_against_meter and what the meter resolves */
	unsigned warnings; /* of any hour */
	size_t faults[HEAT_FAULT_COUNT]; /* hours without own heat, by reason */
	struct abnormal_timers timers;
	double drawn_t, leak_t, leak_gcal; /* of the hours they are known of; NaN: of none */
	/* For the true temperature of cold water, parameter heat.cold_water_actual, where heat was
	 * reckoned with the contract's; not in `own`. NaN: not known. */
	double correction_gcal;
	double outdoor_c;
};

/* The three ways to know what passed in the whole span. */
enum heat_way {
	HEAT_BY_ROWS,
	HEAT_BY_INTEGRATORS, /* readings at both ends */
	HEAT_BY_MONTH,       /* the meter's archive of the month */
	HEAT_WAY_COUNT
};

/* Why two ways may differ, or one has no answer. */
#define HEAT_ROWS_MISSING    0x001u /* rows lack values */
#define HEAT_ROWS_EDITED     0x002u /* a person's or an imported value is among them */
#define HEAT_ROWS_SUSPECT    0x004u /* values that failed a check are left out */
#define HEAT_ROWS_ESTIMATED  0x008u
#define HEAT_METER_REPLACED  0x010u
#define HEAT_NO_READINGS     0x020u /* not both ends are known */
#define HEAT_OTHER_CALENDAR  0x040u /* the meter's month is not this span */
#define HEAT_NO_ARCHIVE      0x080u /* the meter keeps no months, or this one is not there yet */
#define HEAT_ROUNDING        0x100u /* they differ by no more than what rows are rounded to */
#define HEAT_BINDING_CHANGED 0x200u
#define HEAT_UNEXPLAINED     0x400u
const char *heat_reason_name(size_t i, unsigned *ret_bit); /* NULL behind the last */

struct heat_check {
	const struct channel *channel;
	enum unit unit;
	double value[HEAT_WAY_COUNT]; /* NaN: no answer */
	double tolerance;             /* what rounding explains */
	size_t rows_missing;
	unsigned reasons;
	bool is_equal; /* all that answer, and at least two do */
};

/* Heat that could stand for what was not measured. Of one day each, in order. */
struct heat_gap {
	struct span day;
	struct substitution_part part; /* hours, outdoor temperature, Gcal */
	double measured;               /* of the day; 0: nothing was */
	/* What the day would be with all that is proposed for it, in the unit of the channel; NaN:
	 * unknown. */
	double entry;
};
struct heat_proposal {
	struct substitution_case of;
	struct substitution result; /* Gcal */
	struct heat_gap *gaps;      /* owned */
	size_t gap_count;
};

#define HEAT_CHECKS    6
#define HEAT_PROPOSALS 2

struct heat_input {
	const struct place *place;
	bool is_hot_water;
	const struct heat_scheme *scheme; /* NULL: none told and none fits */
	bool is_scheme_told;              /* by a parameter; else the one that fits the channels */
	struct calendar calendar;
	enum period period;
	struct span span;
	int64_t now;
	const struct channel *heat, *outdoor; /* NULL: none */
	const struct channel *mass[HEAT_PIPE_COUNT], *volume[HEAT_PIPE_COUNT],
		*temperature[HEAT_PIPE_COUNT], *pressure[HEAT_PIPE_COUNT];
	unsigned timed;        /* classes the meter counts itself, one bit each */
	bool has_state;        /* it names situations */
	struct heat_row *rows; /* owned */
	size_t row_count;
	struct heat_row sum;
	struct abnormal_limits limits;
	struct abnormal_shares shares;
	double low_limit, high_limit; /* shares, 0..1 */
	int64_t checked_till;         /* the end of the last row that has ended */
	struct heat_check checks[HEAT_CHECKS];
	size_t check_count;
	struct heat_proposal proposals[HEAT_PROPOSALS];
	size_t proposal_count;
};

struct heat_question {
	struct store *store;
	const struct site *site;
	const struct figures *figures;
	int64_t place;
	bool is_hot_water;
	enum period period; /* hour, day, month */
	struct span span;   /* of whole periods of the place's calendar */
	int64_t now;
	enum substitution_cause cause; /* of time without any value; CAUSE_METER as a rule */
};

/* The place has channels of such a circuit. */
bool heat_input_is_there(const struct site *s, int64_t place, bool is_hot_water);
/* LIMIT: the span is too long for its period; INVAL: no such period. */
enum err heat_input_read(
	const struct heat_question *q, struct heat_input **ret_input, struct diag *diag);
void heat_input_free(struct heat_input *h); /* NULL is fine */

#endif
