/*
 * apportion_impl.h - what the parts of apportionment share: one run over a house
 */
#ifndef DOMOVOI_APPORTION_IMPL_H
#define DOMOVOI_APPORTION_IMPL_H

#include "calc/apportion.h"

#include <math.h>

struct apportion {
	const struct apportion_rules *rules;
	const struct charge_house *house;
	const struct charge_flat *flats;
	size_t n;
	double area, people;              /* of all premises; NaN: one is unknown */
	double vars[APPORTION_VAR_COUNT]; /* of the house and the service at work */
	struct charge_line *lines;        /* of the service at work, one per premises */
	struct charge_line *commons; /* likewise its common part, where that is a line of its own */
	double *volumes[2];          /* cold and hot water of the premises, for other services */
	double *common_hot;          /* common hot water of the premises */
	double hot_volume;           /* of the house; NaN: unknown */
	uint32_t warned[CHARGE_SERVICE_COUNT]; /* faults of the house that were said */
	struct charge_result *result;
};

/* The value a formula gives with these variables, NaN with a warning where it gives none. */
double rule_value(
	struct apportion *a, enum charge_service s, enum apportion_role role, const double *vars);
/* The same for a line: remembers the formula as one of its steps. */
double line_value(struct apportion *a, struct charge_line *line, enum apportion_role role);

/* Remembers a formula as a step of a line. */
void line_rule(struct charge_line *line, enum apportion_role role);

/* A warning, once for a fault, a service and a place. */
void warn(struct apportion *a, enum charge_fault fault, enum charge_service s, int64_t place);

/* Begins a service: the variables of the house. */
void service_begin(struct apportion *a, enum charge_service s);
/* One empty line per premises, with the variables of the house as they are and those of the premises. */
void lines_begin(struct apportion *a, enum charge_service s, enum charge_part part,
	struct charge_line *lines);
/* The volume of the common meter, NaN where there is none that can be charged by. */
double common_supply(struct apportion *a, enum charge_service s);
/* Individual volume by meter or, without readings, by its average. False: neither. */
bool take_meter(struct apportion *a, enum charge_service s, size_t i, struct charge_line *line);
/* Σ of the individual volumes of a->lines; NaN where one is unknown. */
double individual_sum(const struct apportion *a);
/* Shares of a volume into ->common of `lines`; a negative one is taken off, nobody goes below zero. */
void share_common(struct apportion *a, enum charge_service s, enum apportion_role role,
	struct charge_line *lines, double volume);
/* Prices a line and puts it into the result. */
void line_finish(struct apportion *a, struct charge_line *line);

void heat_run(struct apportion *a);
void water_run(struct apportion *a, enum charge_service s); /* cold, hot water, electricity */
void hot_water_heat_run(struct apportion *a);
void sewer_run(struct apportion *a);

#endif
