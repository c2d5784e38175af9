/*
 * spbus_meter.c - the meter's side of the SPBus: an SPT961 and an SPG762
 *
 *   model    parameters             archives
 *   spt961   two pipes, a consumer  slices of hours, days, months; type and number in an array
 *   spg762   one pipe               slices of hours and days; months as time arrays only
 *
 * Archive n of hours is n + 1 of days and n + 3 of months; stamps name the end of the interval, days
 * and months end at the report hour (parameter 024) and on the report day (025).
 *
 * A slice that is asked for by a date without record answers with the nearest record and its date, as
 * the dates of a slice let it: a reader that does not look at them reads another hour's values.
 */
#include "base/str.h"
#include "proto/spbus.h"
#include "sim/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Texts in CP866. */
#define NO_DATA      "\x8d\xa5\xe2 \xa4\xa0\xad\xad\xeb\xe5?"
#define NO_PARAMETER "\x8d\xa5\xe2 \xaf\xa0\xe0\xa0\xac\xa5\xe2\xe0\xa0?"
#define NO_POWER     "\x8d\xa5\xe2 \xaf\xa8\xe2\xa0\xad\xa8\xef"
#define DEGREES      "'C"
#define KGF_CM2              \
	"\xaa\xa3\xe1/c\xac" \
	"2"
#define CUBIC  \
	"\xac" \
	"3"
#define TONS         "\xe2"
#define GIGACAL      "\x83\xaa\xa0\xab"
#define HOURS        "\xe7"

#define SLICE_HOURS  65530
#define SLICE_DAYS   65532
#define SLICE_MONTHS 65534

struct item {
	int channel, number; /* of the hour archive, or a current value */
	const char *name, *unit_text;
	enum quantity quantity;
	enum unit unit;
	int decimals;
};

static const struct item heat_now[] = {
	{0, 63, "t\xad\xa2", DEGREES, QUANTITY_TEMPERATURE_OUTDOOR, UNIT_DEGC, 2},
	{1, 155, "P", KGF_CM2, QUANTITY_PRESSURE_SUPPLY, UNIT_KGF_CM2, 3},
	{1, 156, "t", DEGREES, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, 2},
	{1, 160, "M", TONS, QUANTITY_MASS_SUPPLY, UNIT_T, 3},
	{1, 163, "V", CUBIC, QUANTITY_VOLUME_SUPPLY, UNIT_M3, 3},
	{2, 155, "P", KGF_CM2, QUANTITY_PRESSURE_RETURN, UNIT_KGF_CM2, 3},
	{2, 156, "t", DEGREES, QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, 2},
	{2, 160, "M", TONS, QUANTITY_MASS_RETURN, UNIT_T, 3},
	{2, 163, "V", CUBIC, QUANTITY_VOLUME_RETURN, UNIT_M3, 3},
	{1, 361, "W", GIGACAL, QUANTITY_HEAT_ENERGY, UNIT_GCAL, 4},
	{.name = NULL},
};
static const struct item heat_archive[] = {
	{0, 90, "T", HOURS, QUANTITY_OPERATING_TIME, UNIT_H, 2},
	{0, 82, "t\xad\xa2", DEGREES, QUANTITY_TEMPERATURE_OUTDOOR, UNIT_DEGC, 2},
	{1, 200, "t", DEGREES, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, 2},
	{1, 205, "P", KGF_CM2, QUANTITY_PRESSURE_SUPPLY, UNIT_KGF_CM2, 3},
	{1, 210, "M", TONS, QUANTITY_MASS_SUPPLY, UNIT_T, 3},
	{1, 220, "V", CUBIC, QUANTITY_VOLUME_SUPPLY, UNIT_M3, 3},
	{2, 200, "t", DEGREES, QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, 2},
	{2, 205, "P", KGF_CM2, QUANTITY_PRESSURE_RETURN, UNIT_KGF_CM2, 3},
	{2, 210, "M", TONS, QUANTITY_MASS_RETURN, UNIT_T, 3},
	{2, 220, "V", CUBIC, QUANTITY_VOLUME_RETURN, UNIT_M3, 3},
	{1, 405, "W", GIGACAL, QUANTITY_HEAT_ENERGY, UNIT_GCAL, 4},
	{.name = NULL},
};
static const struct item gas_now[] = {
	{1, 154, "P", KGF_CM2, QUANTITY_PRESSURE, UNIT_KGF_CM2, 3},
	{1, 156, "t", DEGREES, QUANTITY_TEMPERATURE, UNIT_DEGC, 2},
	{1, 158, "Q\xe0", CUBIC "/\xe7", QUANTITY_FLOW, UNIT_M3_H, 3},
	{1, 162, "V", CUBIC, QUANTITY_GAS, UNIT_M3, 3},
	{1, 163, "V\xe0", CUBIC, QUANTITY_VOLUME, UNIT_M3, 3},
	{.name = NULL},
};
static const struct item gas_archive[] = {
	{1, 200, "t", DEGREES, QUANTITY_TEMPERATURE, UNIT_DEGC, 2},
	{1, 205, "P", KGF_CM2, QUANTITY_PRESSURE, UNIT_KGF_CM2, 3},
	{1, 215, "V", CUBIC, QUANTITY_GAS, UNIT_M3, 3},
	{1, 220, "V\xe0", CUBIC, QUANTITY_VOLUME, UNIT_M3, 3},
	{1, 234, "T\xa8", HOURS, QUANTITY_OPERATING_TIME, UNIT_H, 2},
	{.name = NULL},
};

/* One request being answered. */
struct turn {
	struct sim_device *device;
	int64_t now_us;
	struct calendar calendar;
	bool is_gas;
	const struct item *now, *archive;
	struct reader body;
	struct spbus_head head; /* of the reply */
	struct spbus_out out;
};

static void put_text(struct turn *t, const char *text)
{
	spbus_field(&t->out, (struct slice){(const uint8_t *)text, strlen(text)});
}

static void put_number(struct turn *t, double v, int decimals)
{
	char text[40];
	(void)snprintf(text, sizeof(text), "%.*f", decimals, v);
	put_text(t, isnan(v) ? NO_DATA : text);
}

static void begin(struct turn *t, uint8_t function)
{
	t->head.function = function;
	spbus_begin(&t->out, &t->head);
}

/* The tag as it was asked. */
static void repeat(struct turn *t, const struct spbus_tag *tag)
{
	for (unsigned i = 0; i < tag->n; i++) {
		spbus_field(&t->out, tag->field[i]);
	}
	spbus_tag_end(&t->out);
}

static const struct item *find(const struct item *items, int channel, int number)
{
	for (; items->name; items++) {
		if (items->channel == channel && items->number == number) {
			return items;
		}
	}
	return NULL;
}

static bool pointer_of(const struct spbus_tag *tag, int *ret_channel, int *ret_number)
{
	return tag->n >= 2 && spbus_int(tag->field[0], ret_channel) &&
	       spbus_int(tag->field[1], ret_number);
}

/* ---- parameters ---- */

/* Of the meter as a whole; false: none of these. */
static bool common_text(const struct turn *t, int number, char *to, size_t cap)
{
	const struct sim_device *d = t->device;
	struct civil c = zone_civil(t->calendar.zone, sim_meter_now(d, t->now_us));
	switch (number) {
	case 3: (void)snprintf(to, cap, "10000%02d000", d->address % 100); return true;
	case 8: (void)snprintf(to, cap, "%s", d->serial); return true;
	case 24: (void)snprintf(to, cap, "%d", t->calendar.report_hour); return true;
	case 25: (void)snprintf(to, cap, "%d", t->calendar.report_day); return true;
	case 60:
		(void)snprintf(to, cap, "%02d-%02d-%02d", c.day, c.month, c.year % 100);
		return true;
	case 61: (void)snprintf(to, cap, "%02d-%02d-%02d", c.hour, c.minute, c.second); return true;
	case 99: (void)snprintf(to, cap, "SPG762"); return t->is_gas;
	default: return false;
	}
}

static void read_one(struct turn *t, int channel, int number)
{
	char text[40];
	const struct item *item = find(t->now, channel, number);
	if (item) {
		put_number(t, sim_reading(t->device, item->quantity, item->unit, t->now_us),
			item->decimals);
		put_text(t, item->unit_text);
	} else if (channel == 0 && common_text(t, number, text, sizeof(text))) {
		put_text(t, text);
		put_text(t, "");
	} else {
		put_text(t, NO_PARAMETER);
		put_text(t, "");
	}
	spbus_tag_end(&t->out);
}

static bool read_parameters(struct turn *t)
{
	struct spbus_tag tag;
	int channel, number;
	begin(t, SPBUS_VALUES);
	while (spbus_tag_next(&t->body, &tag)) {
		if (!pointer_of(&tag, &channel, &number)) {
			return false;
		}
		repeat(t, &tag);
		read_one(t, channel, number);
	}
	return true;
}

/* Date and time are settings 020 and 021. */
static bool write_parameters(struct turn *t)
{
	struct spbus_tag tag, value;
	int channel, number, n[3];
	struct civil c = zone_civil(t->calendar.zone, sim_meter_now(t->device, t->now_us));
	while (spbus_tag_next(&t->body, &tag) && spbus_tag_next(&t->body, &value)) {
		if (!pointer_of(&tag, &channel, &number) ||
			!spbus_text_numbers(value.field[0], 3, n)) {
			return false;
		}
		if (number == 20) {
			c.day = n[0];
			c.month = n[1];
			c.year = 2000 + n[2] % 100;
		} else if (number == 21) {
			c.hour = n[0];
			c.minute = n[1];
			c.second = n[2];
		}
	}
	sim_set_clock(t->device, t->now_us, zone_utc(t->calendar.zone, c, false));
	begin(t, SPBUS_DONE);
	return true;
}

/* Array 099: type and serial number. */
static bool read_index(struct turn *t)
{
	struct spbus_tag tag;
	int channel, number, first, count;
	if (!spbus_tag_next(&t->body, &tag) || tag.n < 4 || !pointer_of(&tag, &channel, &number) ||
		!spbus_int(tag.field[2], &first) || !spbus_int(tag.field[3], &count)) {
		return false;
	}
	begin(t, SPBUS_INDEX);
	repeat(t, &tag);
	for (int i = first; i < first + count && i < 64; i++) {
		bool has = channel == 0 && number == 99 && !t->is_gas;
		put_text(t, has && i == 0 ? "SPT961" : has && i == 1 ? t->device->serial : NO_DATA);
		put_text(t, "");
		spbus_tag_end(&t->out);
	}
	return true;
}

/* ---- archives ---- */

static enum period period_of_slice(const struct turn *t, int number)
{
	return number == SLICE_HOURS                ? PERIOD_HOUR :
	       number == SLICE_DAYS                 ? PERIOD_DAY :
	       number == SLICE_MONTHS && !t->is_gas ? PERIOD_MONTH :
						      PERIOD_NONE;
}

static int offset_of(enum period p)
{
	return p == PERIOD_DAY ? 1 : p == PERIOD_MONTH ? 3 : 0;
}

static bool read_layout(struct turn *t)
{
	struct spbus_tag tag;
	int channel, number;
	const char *unit = "";
	if (!spbus_tag_next(&t->body, &tag) || !pointer_of(&tag, &channel, &number)) {
		return false;
	}
	enum period p = period_of_slice(t, number);
	begin(t, SPBUS_LAYOUT);
	repeat(t, &tag);
	if (p == PERIOD_NONE) {
		put_text(t, NO_PARAMETER);
		spbus_tag_end(&t->out);
		return true;
	}
	for (const struct item *item = t->archive; item->name; item++) {
		put_text(t, item->name);
		put_text(t, strcmp(unit, item->unit_text) == 0 ? "" : item->unit_text);
		spbus_field_int(&t->out, item->channel);
		spbus_field_int(&t->out, item->number + offset_of(p));
		spbus_tag_end(&t->out);
		unit = item->unit_text;
	}
	return true;
}

static double value_of(const struct turn *t, const struct item *item, const struct sim_record *r)
{
	if (quantity_kind(item->quantity) == KIND_COUNTER) {
		return sim_amount(t->device, item->quantity, item->unit, item->decimals, r->period);
	}
	return sim_mean(t->device, item->quantity, item->unit, r->period);
}

static void put_stamp(struct turn *t, int64_t utc)
{
	struct civil c = zone_civil(t->calendar.zone, utc);
	c.year %= 100;
	spbus_date(&t->out, &c);
}

/* Records around `utc`, an end: the nearest (the next one, or else the one before), and the nearest
 * in the past. False: there is none at all. */
static bool nearest(const struct turn *t, enum period p, int64_t utc, struct sim_record *ret_near,
	struct sim_record *ret_past)
{
	struct sim_record r;
	bool has_near = false, has_past = false;
	if (sim_record_of(t->device, p, utc - 1, t->now_us, &r) && r.period.till == utc) {
		*ret_near = *ret_past = r;
		return true;
	}
	for (int n = sim_depth(t->device, p) - 1; n >= 0 && !has_near; n--) {
		if (!sim_record_back(t->device, p, (unsigned)n, t->now_us, &r)) {
			continue;
		}
		if (r.period.till <= utc) {
			*ret_past = r;
			has_past = true;
		}
		if (r.period.till >= utc) {
			*ret_near = r;
			has_near = true;
		}
	}
	if (!has_near && has_past) {
		*ret_near = *ret_past;
	}
	if (!has_past && has_near) {
		*ret_past = *ret_near;
	}
	return has_near || has_past;
}

static bool read_slice(struct turn *t)
{
	struct spbus_tag tag, date;
	int channel, number;
	struct civil c;
	struct sim_record near, past;
	if (!spbus_tag_next(&t->body, &tag) || !pointer_of(&tag, &channel, &number) ||
		!spbus_tag_next(&t->body, &date) || !spbus_tag_date(&date, &c)) {
		return false;
	}
	enum period p = period_of_slice(t, number);
	int64_t utc = zone_utc(t->calendar.zone, c, false);
	begin(t, SPBUS_SLICE);
	repeat(t, &tag);
	repeat(t, &date);
	if (p == PERIOD_NONE || !nearest(t, p, utc, &near, &past)) {
		put_text(t, NO_DATA);
		spbus_tag_end(&t->out);
		return true;
	}
	put_stamp(t, near.period.till);
	put_stamp(t, past.period.till);
	for (const struct item *item = t->archive; item->name; item++) {
		put_number(t, value_of(t, item, &near), item->decimals);
		spbus_tag_end(&t->out);
	}
	return true;
}

/* ---- time arrays ---- */

static void put_element(struct turn *t, const char *unit, int64_t utc)
{
	char stamp[24];
	struct civil c = zone_civil(t->calendar.zone, utc);
	put_text(t, unit);
	(void)snprintf(stamp, sizeof(stamp), "%2d-%02d-%02d/%2d:%02d:%02d", c.day, c.month,
		c.year % 100, c.hour, c.minute, c.second);
	put_text(t, stamp);
	spbus_tag_end(&t->out);
}

static void put_journal(struct turn *t, int64_t from, int64_t till)
{
	const struct sim_device *d = t->device;
	if (d->off_from_utc >= from && d->off_from_utc <= till && d->off_from_utc > 0) {
		put_text(t, NO_POWER);
		put_element(t, "", d->off_from_utc);
	}
}

static void put_records(
	struct turn *t, const struct item *item, enum period p, int64_t from, int64_t till)
{
	struct sim_record r;
	for (int n = 0; n < sim_depth(t->device, p); n++) {
		if (sim_record_back(t->device, p, (unsigned)n, t->now_us, &r) &&
			r.period.till >= from && r.period.till <= till) {
			put_number(t, value_of(t, item, &r), item->decimals);
			put_element(t, item->unit_text, r.period.till);
		}
	}
}

static bool read_times(struct turn *t)
{
	struct spbus_tag tag, till_tag, from_tag;
	int channel, number;
	struct civil from, till;
	if (!spbus_tag_next(&t->body, &tag) || !pointer_of(&tag, &channel, &number) ||
		!spbus_tag_next(&t->body, &till_tag) || !spbus_tag_date(&till_tag, &till) ||
		!spbus_tag_next(&t->body, &from_tag) || !spbus_tag_date(&from_tag, &from)) {
		return false;
	}
	int64_t from_utc = zone_utc(t->calendar.zone, from, false);
	int64_t till_utc = zone_utc(t->calendar.zone, till, false);
	begin(t, SPBUS_TIME);
	repeat(t, &tag);
	repeat(t, &till_tag);
	repeat(t, &from_tag);
	if (channel == 0 && number == 98) {
		put_journal(t, from_utc, till_utc);
		return true;
	}
	for (enum period p = PERIOD_HOUR; p < PERIOD_COUNT; p++) {
		const struct item *item = find(t->archive, channel, number - offset_of(p));
		if (item) {
			put_records(t, item, p, from_utc, till_utc);
			return true;
		}
	}
	put_text(t, NO_PARAMETER);
	spbus_tag_end(&t->out);
	return true;
}

/* ---- requests ---- */

static bool serve(struct turn *t, uint8_t function)
{
	switch (function) {
	case SPBUS_READ: return read_parameters(t);
	case SPBUS_VALUES: return write_parameters(t);
	case SPBUS_READ_INDEX: return read_index(t);
	case SPBUS_READ_TIME: return read_times(t);
	case SPBUS_READ_SLICE: return read_slice(t);
	case SPBUS_READ_LAYOUT: return read_layout(t);
	default: return false;
	}
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct turn t = {.device = d, .now_us = now_us, .calendar = sim_calendar(d)};
	struct spbus_head head;
	struct slice body;
	if (!spbus_unwrap(request, &head, &body) || (head.has_address && head.to != d->address)) {
		return false;
	}
	t.is_gas = strncmp(d->model, "spg", 3) == 0;
	t.now = t.is_gas ? gas_now : heat_now;
	t.archive = t.is_gas ? gas_archive : heat_archive;
	t.body = reader_of(body);
	t.head = (struct spbus_head){.has_address = head.has_address,
		.to = head.from,
		.from = head.to,
		.text = head.text};
	if (!serve(&t, head.function) || t.body.is_short) {
		return false;
	}
	struct slice out = spbus_end(&t.out);
	buf_put(reply, out.data, out.size);
	return out.size > 0;
}

static struct frame_verdict frame(struct slice so_far)
{
	struct spbus_cut cut = spbus_cut(so_far);
	return (struct frame_verdict){cut.state == SPBUS_CUT_FULL ? FRAME_FULL :
				      cut.state == SPBUS_CUT_MORE ? FRAME_MORE :
								    FRAME_JUNK,
		cut.size};
}

const struct sim_protocol sim_spbus = {.name = "spbus", .frame = frame, .answer = answer};
