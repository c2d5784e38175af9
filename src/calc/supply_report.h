/*
 * supply_report.h - supply quality of a place over a period, out of the store
 *
 * Which channel tells what is decided by quantity: first the channels of the place itself, then those
 * of its building that belong to nobody (heating point, building, common rooms). A flat without a sensor
 * of its own is judged by what the building is supplied with; what is measured at the entry is
 * indicative for the tap and gets the offset of the rules.
 *
 *   role          cold water           hot water                heating              electricity
 *   flow          cold_water           hot_water, mass_hot_...  volume_supply, ...   active_energy
 *   pressure      pressure_cold_water  pressure_hot_water       pressure_supply
 *   temperature                        temperature_hot_water
 *   room                                                        temperature_indoor
 *   voltage, frequency                                                               voltage (all phases)
 */
#ifndef DOMOVOI_SUPPLY_REPORT_H
#define DOMOVOI_SUPPLY_REPORT_H

#include "calc/supply_rules.h"
#include "store/store.h"

enum supply_role {
	SUPPLY_BY_FLOW,
	SUPPLY_BY_TEMPERATURE,
	SUPPLY_BY_PRESSURE,
	SUPPLY_BY_ROOM,
	SUPPLY_BY_VOLTAGE,
	SUPPLY_BY_FREQUENCY,
	SUPPLY_ROLE_COUNT
};
const char *supply_role_name(enum supply_role r); /* "flow" */

struct supply_source {
	enum supply_role role;
	const struct channel *channel; /* of the site */
	bool is_house;                 /* of the building, not of the place itself */
};

struct supply_question {
	struct store *store;
	const struct site *site;
	const struct figures *figures;
	int64_t place;
	enum supply_service service;
	struct span span; /* whole days of the building */
	int64_t now;      /* what ends later is not judged */
	/* Of the period, in the currency; NaN: "charge.<service>" of the figures, if there is one, and
	 * for hot water "charge.hot_water.cold": the same volume at the price of cold water. */
	double charge, cold_charge;
};

#define SUPPLY_SOURCES 16

struct supply_report {
	enum supply_service service;
	struct calendar calendar;
	struct supply_source sources[SUPPLY_SOURCES];
	size_t source_n;
	bool is_judged[SUPPLY_KIND_COUNT]; /* the service has such a rule */
	bool is_indicative;                /* hot water measured at the entry */
	double offset;                     /* that was added there, K */
	int date;                          /* of the last day judged: whose rules are shown */
	struct supply_hour *hours;         /* owned; of the period up to now */
	size_t hour_n;
	struct supply_rules *rules; /* owned; by day */
	struct supply_result result;
	struct supply_charge charge;
	struct supply_refund refund;
};

/* ERR_INVAL: a figure cannot be used, or the span is longer than SUPPLY_DAYS days. */
enum err supply_report_make(
	const struct supply_question *q, struct supply_report *ret, struct diag *diag);
void supply_report_free(struct supply_report *r); /* a zeroed one is fine */

#endif
