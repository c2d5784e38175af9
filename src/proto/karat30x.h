/*
 * karat30x.h - KARAT-306, 307, 308: parameter codes, records, dates
 *
 * The meter speaks Modbus RTU. What it keeps is a setting: a list of parameter codes, read from the meter,
 * names the values of a record and of what is measured now, four bytes each, low byte first.
 *
 *   record   HH*13 mm hh dd MM yy  VVVV VVVV ...      all date bytes FF: there is none
 *   clock    ss mm hh dd ww MM yyyy                    yyyy low byte first, ww day of the week
 *
 * H: not known. Pure functions. Facts: docs/protocols/karat30x.md.
 */
#ifndef DOMOVOI_PROTO_KARAT30X_H
#define DOMOVOI_PROTO_KARAT30X_H

#include "base/zone.h"
#include "model/sample.h"
#include "proto/cell.h"

#define KARAT_LIST_MAX     55 /* values a reply of 120 registers has room for */
#define KARAT_RECORD_WORDS 120
#define KARAT_VALUES_AT    18
#define KARAT_DATE_AT      13

struct karat_value {
	char key[REGISTER_KEY_CAP];
	enum quantity quantity;
	enum unit
		unit; /* NONE of an energy: the passport says; MIN of times: or cycles of ten seconds */
	enum cell_type type;
};

/* False: a code that is no value (the date) or is not known. */
bool karat_value_of(uint8_t code, struct karat_value *ret_value);
/* Codes up to the end mark (F0 and above); returns how many, at most KARAT_LIST_MAX. */
size_t karat_list_get(struct slice data, uint8_t ret_codes[KARAT_LIST_MAX]);
/* What bits of an error word mean (model/abnormal.h). */
int karat_abnormal(uint32_t flags);

/* False: no record. */
bool karat_date_get(struct slice record, struct civil *ret_date);
void karat_date_put(struct civil date, uint8_t *record);
/* False: no time. */
bool karat_clock_get(struct slice data, struct civil *ret_time);
void karat_clock_put(struct civil time, int day_of_week, uint8_t ret_bytes[8]);

#endif
