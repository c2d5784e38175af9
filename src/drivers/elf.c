/*
 * elf.c - heat meters ELF-01 to 04 over Modbus: not verified, works only while "unverified" says yes
 *
 * Facts: docs/protocols/elf.md, from one program; the order of words is a derivation from a slip in it.
 * No text of the maker's, no traffic, not one reply has been seen. Not this: the serial protocol with an
 * acknowledge for each byte, and the M-Bus meter of the same name (driver mbus).
 *
 * A record is chosen by writing date and archive into seven registers and read a second later from
 * another place. It says its date; only that decides what it is.
 */
#include "proto/elf.h"
#include "drivers/emit.h"
#include "drivers/rtu.h"

#include <math.h>
#include <stdio.h>

#define SETTLE_MS 1000

static enum err allowed(struct talk *t)
{
	return talk_param(t, "unverified") ?
		       ERR_OK :
		       talk_fail(t, ERR_DENIED,
			       "driver elf was never checked against a meter; to try it all the "
			       "same set unverified=yes and compare every value with the display");
}

static enum err energy_unit(struct talk *t, enum unit *ret_unit)
{
	const char *text = talk_param_text(t, "energy_unit");
	if (!unit_from_name(text, ret_unit) || unit_dimension(*ret_unit) != DIM_ENERGY) {
		return talk_fail(t, ERR_INVAL,
			"energy_unit: the meter sends no units; give that of its display: Gcal, "
			"GJ or MWh");
	}
	return ERR_OK;
}

static enum err read_input(struct talk *t, uint16_t address, uint16_t count, struct slice *ret_data)
{
	struct modbus_request q = {
		.function = MODBUS_READ_INPUT, .address = address, .count = count};
	return rtu_read(
		t, (uint8_t)talk_param(t, "address"), &q, 2 * (size_t)count, true, ret_data);
}

static enum err read_record(
	struct talk *t, enum elf_archive archive, struct civil date, struct slice *ret_record)
{
	uint8_t select[ELF_SELECT_SIZE];
	elf_select_put(archive, date, select);
	enum err e = rtu_write(t, (uint8_t)talk_param(t, "address"), ELF_AT_SELECT, SLICE(select));
	if (!e) {
		talk_pause(t, SETTLE_MS);
		e = read_input(t, ELF_AT_RECORD, ELF_RECORD_WORDS, ret_record);
	}
	return e;
}

/* Counters of the integral record, what is measured of the current one. */
static enum err put_kind(struct emit *to, struct slice record, bool is_counter)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < elf_cells_count && !e; i++) {
		bool is = quantity_kind(elf_cells[i].quantity) == KIND_COUNTER;
		e = is == is_counter ? emit_scaled(to, &elf_cells[i], record, 1) : ERR_OK;
	}
	return e;
}

static enum err read_current(struct talk *t, struct sink *out)
{
	static const struct civil no_date = {2000, 0, 0, 0, 0, 0};
	struct emit to = {.out = out, .counters = FORM_NOW};
	struct slice record;
	enum err e = allowed(t);
	if (!e) {
		e = energy_unit(t, &to.energy);
	}
	if (!e) {
		e = read_record(t, ELF_NOW, no_date, &record);
	}
	if (!e) {
		e = put_kind(&to, record, false);
	}
	if (!e) {
		e = read_record(t, ELF_INTEGRAL, no_date, &record);
	}
	return e ? e : put_kind(&to, record, true);
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct slice d;
	struct civil c;
	enum err e = allowed(t);
	if (!e) {
		e = read_input(t, ELF_AT_CLOCK, 3, &d);
	}
	if (!e && !elf_date_get(d, &c)) {
		e = talk_fail(t, ERR_NODATA, "the meter's clock is not set");
	}
	if (!e) {
		c.minute = d.data[4] < 60 ? d.data[4] : 0;
		*ret_utc = zone_utc(talk_zone(t), c, false);
	}
	return e;
}

static enum err identify(struct talk *t, struct identity *ret)
{
	struct identity who = {.model = "ELF", .medium = "heat"};
	struct slice d;
	enum err e = allowed(t);
	if (!e) {
		e = read_input(t, ELF_AT_SERIAL, ELF_SERIAL_WORDS, &d);
	}
	if (e && !err_is_answer(e)) {
		return e;
	}
	bool is_text = !e;
	for (size_t i = 0; is_text && i < d.size; i++) {
		is_text = d.data[i] >= '0' && d.data[i] <= '9';
	}
	for (size_t i = 0, n = 0; !e && i < d.size; i++) {
		n += (size_t)snprintf(
			who.serial + n, sizeof(who.serial) - n, is_text ? "%c" : "%02X", d.data[i]);
	}
	if (e == ERR_DENIED) {
		return e;
	}
	(void)snprintf(
		who.address, sizeof(who.address), "address=%d", (int)talk_param(t, "address"));
	*ret = who;
	return ERR_OK;
}

/* ---- archives ---- */

static bool is_of(enum period period, struct slice record, struct civil want)
{
	struct civil c;
	if (!elf_date_get(record, &c)) {
		return false;
	}
	bool is_month = c.year == want.year && c.month == want.month;
	bool is_day = is_month && c.day == want.day;
	return period == PERIOD_MONTH ? is_month :
	       period == PERIOD_DAY   ? is_day :
					is_day && c.hour == want.hour;
}

static enum err read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	static const enum elf_archive archives[PERIOD_COUNT] = {
		[PERIOD_HOUR] = ELF_HOURS, [PERIOD_DAY] = ELF_DAYS, [PERIOD_MONTH] = ELF_MONTHS};
	static const int64_t oldest_s[PERIOD_COUNT] = {[PERIOD_HOUR] = 100 * 86400LL,
		[PERIOD_DAY] = 3 * 366 * 86400LL,
		[PERIOD_MONTH] = 10 * 366 * 86400LL}; /* depth is not stated */
	const struct calendar *c = talk_calendar(t);
	struct emit to = {.out = out, .period = period, .counters = FORM_AMOUNT};
	enum err e = allowed(t);
	if (!e) {
		e = energy_unit(t, &to.energy);
	}
	if (!e && !archives[period]) {
		e = ERR_UNSUPP;
	}
	if (e) {
		return e;
	}
	int64_t now = talk_now(t), oldest = now - oldest_s[period];
	struct span newest = period_of(c, period, now);
	struct span s = period_of(c, period, span.from > oldest ? span.from : oldest);
	s = s.from < span.from ? period_of(c, period, s.till) : s;
	for (; s.from < span.till && s.from <= newest.from && !e;
		s = period_of(c, period, s.till)) {
		struct civil date = zone_civil(talk_zone(t), s.from);
		struct slice record;
		if (period == PERIOD_HOUR && emit_is_twice(c->zone, s.from)) {
			continue;
		}
		e = read_record(t, archives[period], date, &record);
		if (e == ERR_NODATA || (!e && !is_of(period, record, date))) {
			e = ERR_OK;
			continue;
		}
		to.interval = s;
		e = e ? e : emit_cells(&to, elf_cells, elf_cells_count, record);
	}
	return e ? e : to.has_put ? ERR_OK : ERR_NODATA;
}

static const struct driver_param params[] = {
	{"unverified", PARAM_BOOL, 0, 1, "no",
		"yes: work although the driver was never checked against a meter",
		"yes: работать, хотя драйвер никогда не проверялся на приборе"},
	{"address", PARAM_INT, 1, 247, "1", "network address", "сетевой адрес"},
	{"energy_unit", PARAM_TEXT, 0, 16, "", "unit of heat on the display: Gcal, GJ, MWh",
		"единица тепла на экране: Gcal, GJ, MWh"},
	{.name = NULL},
};

extern const struct driver driver_elf;
const struct driver driver_elf = {
	.name = "elf",
	.title = "ELF-01 to ELF-04 over Modbus, never checked",
	.title_ru = "ЭЛФ-01…04 по Modbus, не проверен",
	.grade = GRADE_UNVERIFIED,
	.caps = CAP_CURRENT | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH | CAP_CLOCK |
		CAP_IDENTIFY,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 1000, .gap_ms = 20, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.read_current = read_current,
	.read_archive = read_archive,
};
