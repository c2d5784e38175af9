/*
 * Any bytes are calendars of zones or are refused with a text; calendars that were accepted give every
 * half-hour of every day a zone from their first version on, and fold a day so that zones and rest
 * sum to the total.
 */
#include "calc/zones.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

static void use_table(const struct zones_calendar *c)
{
	int first = c->versions[0].from_date;
	struct civil day = {first / 10000, first / 100 % 100, first % 100, 0, 0, 0};
	for (int i = 0; i < 400; i++) {
		struct civil at = civil_from_utc(civil_to_utc(day) + i * INT64_C(86400 + 1800));
		int zone = zones_at(c, &at);
		check(zone >= 0 && zone < (int)c->zones_count);
	}
}

static void use_fold(const struct zones_calendar *c, const uint8_t *data, size_t size)
{
	static const struct calendar utc = {.report_day = 1};
	struct zones_interval hours[24], halves[48];
	struct zones_period r;
	struct span day = {INT64_C(20000) * 86400, INT64_C(20001) * 86400};
	for (int i = 0; i < 48; i++) {
		halves[i] = (struct zones_interval){
			day.from + i * 1800, {data[(size_t)i % size], 0}};
		hours[i / 2] = (struct zones_interval){day.from + i / 2 * 3600,
			{i % 2 ? hours[i / 2].v.value + halves[i].v.value : halves[i].v.value, 0}};
	}
	struct zones_profile p = {
		&utc, INT64_MAX, hours, halves, data[0] % 25, data[size - 1] % 49};
	check(zones_fold(c, &p, day, &r) == ERR_OK);
	double sum = isnan(r.unassigned.v.value) ? 0 : r.unassigned.v.value;
	for (unsigned i = 0; i < c->zones_count; i++) {
		sum += isnan(r.zones[i].v.value) ? 0 : r.zones[i].v.value;
	}
	check(sum == (isnan(r.total.v.value) ? 0 : r.total.v.value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zones_set *set;
	struct diag diag = {0};
	if (zones_parse("fuzz", (struct slice){data, size}, &set, &diag)) {
		check(diag.text[0] != 0);
		return 0;
	}
	for (unsigned i = 0; i < set->calendars_count; i++) {
		use_table(&set->calendars[i]);
		use_fold(&set->calendars[i], data, size);
	}
	zones_free(set);
	return 0;
}
