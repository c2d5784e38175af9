/*
 * sample.h - one value as it leaves a driver, and where it goes
 *
 * A driver says what the meter said: the value in the meter's own unit, the quantity, and a key
 * that names the register inside the meter and never changes ("volume", "active_energy.t1",
 * "voltage.l2"). Convention of keys: <quantity code>[.l<phase>][.t<tariff>][.u<sub-unit>]
 * [.max|.min|.err][.<n>]; lower case, str_is_key.
 * The key of an amount (FORM_AMOUNT of a counter) is that of the counter; who stores it appends
 * ".amount" (poll/collect.c), because a series holds readings or amounts, never both.
 *
 * form      meaning of `utc`                                  period
 *   NOW     the meter says this now; utc is ignored           PERIOD_NONE
 *   POINT   a counter's reading at the moment utc              the archive it came from
 *   AMOUNT  amount (counter) or mean (gauge) of the interval   the archive it came from
 *           that starts at utc
 */
#ifndef DOMOVOI_SAMPLE_H
#define DOMOVOI_SAMPLE_H

#include "base/buf.h"
#include "model/period.h"
#include "model/quality.h"
#include "model/quantity.h"

#define REGISTER_KEY_CAP 48

enum sample_form {
	FORM_NOW,
	FORM_POINT,
	FORM_AMOUNT
};

struct sample {
	const char *key; /* borrowed for the call */
	enum quantity quantity;
	enum unit unit;
	enum sample_form form;
	enum period period;
	int64_t utc;
	double value;     /* NaN where the meter says "no value" */
	int decimals;     /* digits behind the point the meter resolves; negative: unknown */
	double capacity;  /* value at which a counter wraps, in `unit`; 0: unknown */
	uint16_t quality; /* class and flags; the source is set by who receives it */
	const char *text; /* borrowed; instead of a number (KIND_INFO) or NULL */
};

/* Something that happened at a meter: an entry of its journal, or what a driver noticed. */
struct meter_event {
	int64_t utc;
	const char *code; /* str_is_key: "power_off", "clock_set", "error.0x12" */
	const char *text; /* free text or "" */
};

struct sink {
	enum err (*put)(struct sink *s, const struct sample *sample);
	enum err (*event)(struct sink *s, const struct meter_event *event); /* NULL: not wanted */
};

#endif
