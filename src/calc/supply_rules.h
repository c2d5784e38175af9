/*
 * supply_rules.h - the rules of supply quality out of dated figures
 *
 * Figures "supply_quality.<service>.*" of rules/supply_quality.yaml, or of the site's parameters, as
 * they are in force at a place on a date. docs/calc/supply-quality.md lists them.
 */
#ifndef DOMOVOI_SUPPLY_RULES_H
#define DOMOVOI_SUPPLY_RULES_H

#include "calc/figure.h"
#include "calc/supply_quality.h"

/* ERR_INVAL names the figure that cannot be used. */
enum err supply_rules_read(const struct figures *f, int64_t place, enum supply_service service,
	int date, struct supply_rules *ret, struct diag *diag);

/* Codes of the figures a service is judged by, in the order of the rules; NULL behind the last. */
const char *supply_rules_code(enum supply_service service, size_t i);

#endif
