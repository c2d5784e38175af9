/*
 * apportion.h - what a house consumed in a month, divided between its premises, priced and explained
 *
 *   common meter V_d ── Σ V_i (meter, average, norm, area) ──> V_rest ── cap, sign ──> V_odn ──> shares V_c
 *                          │                                                                    │
 *                          └──────────────── V_i + V_c, by the tariff ──> lines of the bill <───┘
 *
 * Which formula holds is a matter of date and situation; the formulas themselves are figures
 * (rules/apportionment.yaml: "apportionment.heat.3_6.individual") in the formula language, so a new law
 * is a change of data. A formula is compiled once for a house and a month. Its variables are those of
 * apportion_var.def.
 *
 * Rules of this file, not of the data: premises with heat of their own take part in the common volume
 * only; a negative common volume is flagged, taken off in the proportions of the rule and takes no
 * premises below zero, what is left over goes to the others; the volumes of a service whose common part is charged in full
 * sum to the common meter, and where the formulas in force do not do that a warning says so. Volumes
 * stay unrounded, money is rounded half up in each line; what the rounded lines differ from the whole
 * stands on the rounding account of the house.
 *
 * Unknown is never zero: what hangs on an unknown area, reading or rate is NaN, MISSING, MONEY_NONE and
 * a warning names it. A meter without readings is charged by its average for the first months, then
 * by norm (figures apportionment.missing_reading.*), and the line says so.
 *
 * Facts: calculations.md section 6 of the project's sources, checked by apportion_354.json. Pure: no
 * store, no clock. Money in hundredths (calc/money.h). A result owns its lines; it borrows the rules,
 * the tariffs and the figures behind them.
 */
#ifndef DOMOVOI_APPORTION_H
#define DOMOVOI_APPORTION_H

#include "calc/tariff.h"
#include "model/quality.h"
#include "model/unit.h"

enum charge_service {
	CHARGE_HEAT,
	CHARGE_COLD_WATER,
	CHARGE_HOT_WATER,
	CHARGE_HOT_WATER_HEAT, /* the heat of the hot water, where it is priced apart */
	CHARGE_SEWER,
	CHARGE_ELECTRICITY,
	CHARGE_SERVICE_COUNT
};
const char *charge_service_name(enum charge_service s); /* "hot_water" */
const char *charge_service_text(enum charge_service s, enum lang lang);
enum unit charge_service_unit(enum charge_service s);

/* ---- rules ---- */

enum apportion_var {
#define X(id, name, measure, en, ru) APPORTION_##id,
#include "calc/apportion_var.def"
#undef X
	APPORTION_VAR_COUNT
};

/* What a formula is for. */
enum apportion_role {
	APPORTION_SUPPLY, /* V_d out of more than it */
	APPORTION_REST,   /* V_rest */
	APPORTION_NORM,   /* V_i, likewise to APPORTION_EVEN */
	APPORTION_NORM_EVENLY,
	APPORTION_AREA,
	APPORTION_SPECIFIC,
	APPORTION_EVEN,
	APPORTION_WATER,  /* of sewerage */
	APPORTION_HEAT,   /* of hot water */
	APPORTION_RAISE,  /* V_up */
	APPORTION_CAP,    /* V_cap */
	APPORTION_COMMON, /* V_c, likewise to APPORTION_HEAT_COMMON */
	APPORTION_COMMON_MIXED,
	APPORTION_COMMON_METERED,
	APPORTION_NEGATIVE,
	APPORTION_HEAT_COMMON,
	APPORTION_ALLOCATED, /* P_k */
	APPORTION_ROLE_COUNT
};

struct formula;
struct apportion_rule {
	const struct figure *figure; /* NULL: none in force */
	struct formula *formula;
};
struct apportion_rules {
	int date;
	struct apportion_rule rules[CHARGE_SERVICE_COUNT][APPORTION_ROLE_COUNT];
};

/* The formulas in force at a place. ERR_PARSE, ERR_INVAL: one cannot be compiled, `diag` names it. */
enum err apportion_rules_make(const struct figures *f, int64_t place, int date,
	struct apportion_rules **ret_rules, struct diag *diag);
void apportion_rules_free(struct apportion_rules *r); /* NULL is fine */
/* "3(1)" of apportionment.heat.3_1.common; "" where the code has no number. */
#define APPORTION_NUMBER_CAP 16
const char *apportion_number(const struct figure *f, char out[static APPORTION_NUMBER_CAP]);

/* ---- a house and a month ---- */

#define CHARGE_HISTORY 6

struct charge_meter {
	bool is_fitted;
	double volume; /* of the month; NaN: none */
	uint16_t quality;
	double completeness; /* share of the month that is known, 0..1 */
	double history
		[CHARGE_HISTORY]; /* volumes of the months before, the last first; NaN: none */
	int unread_months;        /* one after the other, up to this one */
};

struct charge_flat {
	int64_t place;
	double area, people; /* NaN: unknown */
	bool has_own_heat;   /* no heating by design, or a legal source of its own */
	bool is_raised[CHARGE_SERVICE_COUNT]; /* a meter could be fitted and is not */
	struct charge_meter meters[CHARGE_SERVICE_COUNT];
	double norms[CHARGE_SERVICE_COUNT];                 /* per person; heat: per m2 */
	const struct tariff *tariffs[CHARGE_SERVICE_COUNT]; /* NULL: none */
	double zones[TARIFF_ZONES];                         /* electricity by zones, NaN: unknown */
	double steps[CHARGE_SERVICE_COUNT][TARIFF_STEPS]; /* of the metered volume; NaN: by days */
	double heat_load;              /* Gcal/h, of a two-part tariff; NaN: none */
	const struct tariff *capacity; /* its rate for a month; NULL: none */
};

enum charge_common {
	CHARGE_COMMON_NORM_CAP, /* by the meter, not above the norm; without a meter by the norm */
	CHARGE_COMMON_FACT,
	CHARGE_COMMON_OFF,
};

struct charge_house {
	double area;        /* of all premises; NaN: the sum of what is known of the flats */
	double common_area; /* NaN: unknown */
	struct charge_meter common[CHARGE_SERVICE_COUNT]; /* is_fitted: there is a common meter */
	double common_norms[CHARGE_SERVICE_COUNT];        /* per m2 of common area */
	enum charge_common common_modes[CHARGE_SERVICE_COUNT];
	double common_zones[TARIFF_ZONES]; /* electricity of the common meter by zones */
	bool is_off[CHARGE_SERVICE_COUNT]; /* not charged here: paid to the supplier */
	bool is_heating_season;
	bool is_season_known;  /* else it was assumed, which is said where it matters */
	bool is_heat_evenly;   /* paid evenly over the year */
	bool heat_has_water;   /* the heat meter counts hot water too */
	double heating_share;  /* full heating months / 12 */
	double heat_last_year; /* of the house, Gcal */
	double water_heat; /* norm of heat per m3 of hot water, Gcal; NaN: hot water has one price */
	double water_made_hot; /* cold water that becomes hot water in the house; 0 none; NaN: the
				* hot water itself */
	double raising;        /* raising coefficient; NaN: none in force */
	int average_months, history_min; /* of missing readings */
	double completeness_min;         /* to be charged by a meter */
};

/* Defaults: everything unknown, no meters. */
void charge_house_init(struct charge_house *h);
void charge_flat_init(struct charge_flat *f, int64_t place);
/* What of a house is a rule for everywhere: figures apportionment.*. */
void charge_house_rules(struct charge_house *h, const struct figures *f, int64_t place, int date);

/* ---- the result ---- */

enum charge_part {
	CHARGE_WHOLE, /* individual and common together: heating */
	CHARGE_INDIVIDUAL,
	CHARGE_COMMON,
	CHARGE_RAISE,      /* what the raising coefficient adds */
	CHARGE_CAPACITY,   /* of a two-part tariff */
	CHARGE_CORRECTION, /* of an earlier month or year */
};
const char *charge_part_name(enum charge_part p);

enum charge_basis {
	CHARGE_BY_NOTHING, /* unknown */
	CHARGE_BY_METER,
	CHARGE_BY_AVERAGE, /* of the months before: no reading */
	CHARGE_BY_NORM,
	CHARGE_BY_NORM_UNREAD, /* likewise, too long without a reading */
	CHARGE_BY_AREA,
	CHARGE_BY_SPECIFIC, /* as much per m2 as those with meters */
	CHARGE_BY_WATER,    /* of the lines for water */
	CHARGE_BY_LAST_YEAR,
	CHARGE_BY_PEOPLE, /* a negative common volume of water or electricity */
	CHARGE_OWN_HEAT,  /* none of its own from the house */
	CHARGE_NO_SEASON,
};
const char *charge_basis_name(enum charge_basis b); /* "by_meter" */

#define CHARGE_STEPS 4

/* Every number of it can be worked out anew from `vars` and the formulas named by `roles`. */
struct charge_line {
	size_t bill; /* index of the premises */
	enum charge_service service;
	enum charge_part part;
	enum charge_basis basis;
	double individual, common; /* NaN: unknown, or not of this line */
	double volume;             /* NaN: unknown */
	double common_full;        /* the share of all of V_rest, whatever is charged */
	double norm;               /* what the norm would be; NaN: none */
	uint16_t quality;
	double completeness;
	int unread_months;
	struct tariff_part parts[TARIFF_PARTS];
	const struct tariff *tariff; /* NULL: of a correction */
	size_t part_count;
	int64_t charge;
	int64_t month; /* of a correction: start of the month it corrects; else 0 */
	enum charge_service rule_service;
	enum apportion_role roles[CHARGE_STEPS]; /* formulas in order of use */
	size_t role_count;
	double vars[APPORTION_VAR_COUNT];
};

struct charge_bill {
	int64_t place;
	size_t first, count; /* its lines, by service and part */
	int64_t total;       /* MONEY_NONE: a line is unknown */
	int64_t known;       /* sum of the lines that are known */
};

struct charge_total {
	bool is_charged; /* somebody has a line */
	double supplied; /* V_d; NaN: unknown or no common meter */
	uint16_t quality;
	double individual;   /* Σ V_i */
	double rest;         /* V_d - Σ V_i */
	double cap;          /* by norm; NaN: none */
	bool has_common;     /* there are lines for it */
	double common;       /* charged */
	double volume;       /* Σ of the lines */
	size_t known, flats; /* lines with a volume, of how many */
	int64_t charge;      /* Σ of lines; MONEY_NONE: one is unknown */
	int64_t charge_known;
	int64_t rounding; /* whole less Σ of rounded lines; MONEY_NONE: unknown */
	enum charge_common mode;
	enum apportion_role role; /* heating: the common formula, names the situation */
};

enum charge_fault {
	CHARGE_NEGATIVE_COMMON, /* more in the flats than through the common meter: check the meters */
	CHARGE_AREA_UNKNOWN,
	CHARGE_PEOPLE_UNKNOWN,
	CHARGE_NORM_UNKNOWN,
	CHARGE_TARIFF_UNKNOWN,
	CHARGE_ZONES_UNKNOWN,  /* the tariff has zones, the volume has none */
	CHARGE_COMMON_NO_DATA, /* the common meter has none */
	CHARGE_METER_UNREAD,
	CHARGE_RULE_UNKNOWN, /* no formula in force */
	CHARGE_NOT_SUM,      /* the formulas in force do not share out what was supplied */
	CHARGE_RULE_FAILED,  /* a formula gives no number: division by zero ... */
	CHARGE_COMMON_AREA_UNKNOWN,
	CHARGE_SEASON_UNKNOWN,
	CHARGE_FAULT_COUNT
};
const char *charge_fault_name(enum charge_fault f); /* "negative_common" */
const char *charge_fault_text(enum charge_fault f, enum lang lang);

struct charge_warning {
	enum charge_fault fault;
	enum charge_service service;
	int64_t place; /* 0: the house */
};

struct charge_result {
	struct charge_bill *bills; /* as the flats */
	size_t bill_count;
	struct charge_line *lines;
	size_t line_count, line_cap;
	struct charge_warning *warnings;
	size_t warning_count, warning_cap;
	struct charge_total totals[CHARGE_SERVICE_COUNT];
	bool is_broken; /* memory ran out */
};

/* Services for which nobody has a tariff, a meter or a common meter make no lines, nor do those that
 * are off. ERR_NOMEM. */
enum err apportion_run(const struct apportion_rules *rules, const struct charge_house *h,
	const struct charge_flat *flats, size_t n, struct charge_result **ret_result);
void charge_result_free(struct charge_result *r); /* NULL is fine */
/* One more line, of the bill `line->bill`; false: no memory. charge_result_group when all are in. */
bool charge_result_add(struct charge_result *r, const struct charge_line *line);
/* Puts the lines in order and sums the bills. */
void charge_result_group(struct charge_result *r);

/* Mean of the known months; NaN where fewer than `min` are known. */
double charge_average(const double *history, size_t n, int min);
/*
 * The line in words: what, by which formula with which numbers, what it costs, and what is not sure.
 *
 *   Отопление: 0,812000 Гкал по вашему счётчику + 0,176612 Гкал общедомовые (0,812413 × 50,0 ÷ 230,0)
 *   = 0,988612 Гкал; × 2 183,54 = 2 158,67.
 */
void apportion_explain(const struct apportion_rules *rules, const struct charge_line *line,
	enum lang lang, struct buf *out);
/* One formula with the numbers of the line filled in: "0,812413 × 50,0 ÷ 230,0". */
void apportion_fill(const struct apportion_rule *rule, const struct charge_line *line,
	enum lang lang, struct buf *out);
/* A variable's value as explanations print it, with its unit: "50,0 м²". */
void apportion_var_text(
	const struct charge_line *line, enum apportion_var v, enum lang lang, struct buf *out);
/* What a formula gave the line; NaN: nothing. */
double apportion_step_value(const struct charge_line *line, enum apportion_role role);
/* A volume in the unit of the line: "0,176612 Гкал". */
void apportion_volume_text(
	const struct charge_line *line, double volume, enum lang lang, struct buf *out);
const char *apportion_var_name(enum apportion_var v); /* "S_ob" */
const char *apportion_var_title(enum apportion_var v, enum lang lang);
/* The variables a formula names, in order of their first use. */
size_t apportion_rule_vars(
	const struct apportion_rule *rule, enum apportion_var *ret_vars, size_t cap);

/* ---- years ---- */

#define ALLOCATORS_MAX 16

/* Premises of a group that is divided by heat cost allocators (formula 6). */
struct allocated_flat {
	double area;
	int64_t paid;                    /* over the year, by formula 3 */
	double readings[ALLOCATORS_MAX]; /* consumption values; NaN: the allocator is missing */
	double previous[ALLOCATORS_MAX]; /* of the year before; NaN: none */
	size_t count;
	/* results */
	double units;       /* sum of its readings, replaced ones included */
	size_t replaced;    /* missing ones that were replaced */
	double final;       /* what the year costs it, unrounded */
	int64_t correction; /* final less paid; all of them sum to zero */
};

enum allocated_way {
	ALLOCATED_BY_READINGS,
	ALLOCATED_BY_AREA, /* too many are missing */
	ALLOCATED_NOT,     /* too small a part of the house has allocators, or an area is unknown */
};
/* `house_area` of all premises; limits are figures apportionment.allocators.*. ERR_NOMEM. */
enum err apportion_allocators(const struct apportion_rules *rules, struct allocated_flat *flats,
	size_t n, double house_area, double share_min, double missing_max,
	enum allocated_way *ret_way);

/* Allocators of EN 834: Σ (ΔT/60)^n · h, and the consumption value KQ·KC·KT · that. */
struct allocator_interval {
	double excess_k; /* of the radiator over the room */
	double hours;
};
double allocator_display(const struct allocator_interval *intervals, size_t n, double exponent);
#define ALLOCATOR_EXPONENT 1.15

/* Payment evenly over a year: what the year cost less what was paid in its twelve months. */
int64_t apportion_year_correction(int64_t fact, const int64_t *months, size_t n);

#endif
