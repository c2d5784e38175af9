/*
 * km5.c - heat meters KM-5: not verified, works only while parameter "unverified" says yes
 *
 * Facts: docs/protocols/km5.md: two programs agree on the frame, one alone says the rest. No text of the
 * maker's, no traffic, not one reply has been seen.
 *
 * Which number of a reply is which value is a setting of the site there, so it is one here:
 * now="heat_energy:3,temperature_supply:7" and archive="heat_energy:12,mass_supply:16" name quantities
 * (in the units they are stored in) and the places the other program gives for them.
 *
 * A reply is taken for ours when it begins with the network number and repeats the command (assumed:
 * its known fields lie where those of requests do).
 */
#include "drivers/emit.h"

#include "base/str.h"
#include "proto/bcd.h"
#include "proto/km5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAKE_BYTES 50
#define EXISTS     0xee /* byte 5 of a record that is there */
#define NOW_AT     3    /* from a value's number to its place in the reply */
#define RECORD_AT  4
#define ITEM_MAX   16

/* ---- requests ---- */

static struct frame_verdict frame_of(struct slice so_far, size_t size)
{
	if (so_far.size < size) {
		return (struct frame_verdict){FRAME_MORE, size};
	}
	if (!km5_is_whole((struct slice){so_far.data, size})) {
		return (struct frame_verdict){FRAME_JUNK, 1};
	}
	return (struct frame_verdict){FRAME_FULL, size};
}

static struct frame_verdict frame_now(struct slice so_far)
{
	return frame_of(so_far, KM5_NOW_SIZE);
}

static struct frame_verdict frame_record(struct slice so_far)
{
	return frame_of(so_far, KM5_RECORD_SIZE);
}

/* Its length is not certain: the first at which both sums fit. */
static struct frame_verdict frame_number(struct slice so_far)
{
	for (size_t n = KM5_NUMBER_MIN; n <= KM5_NUMBER_MAX && n <= so_far.size; n++) {
		if (km5_is_whole((struct slice){so_far.data, n})) {
			return (struct frame_verdict){FRAME_FULL, n};
		}
	}
	if (so_far.size < KM5_NUMBER_MAX) {
		size_t next = so_far.size + 1;
		return (struct frame_verdict){
			FRAME_MORE, next > KM5_NUMBER_MIN ? next : KM5_NUMBER_MIN};
	}
	return (struct frame_verdict){FRAME_JUNK, 1};
}

static enum err allowed(struct talk *t)
{
	return talk_param(t, "unverified") ?
		       ERR_OK :
		       talk_fail(t, ERR_DENIED,
			       "driver km5 was never checked against a meter; to try it all the "
			       "same set unverified=yes and compare every value with the display");
}

static enum err ask(struct talk *t, enum km5_command command, const uint8_t parameters[9],
	frame_fn *frame, struct slice *ret_reply)
{
	uint8_t bytes[KM5_REQUEST_SIZE];
	km5_request_put((uint32_t)talk_param(t, "address"), talk_param(t, "binary") != 0, command,
		parameters, bytes);
	enum err e = talk_exchange(t, SLICE(bytes), frame, ret_reply);
	while (e == ERR_OK && (memcmp(ret_reply->data, bytes, 3) != 0 ||
				      ret_reply->data[4] != (uint8_t)command)) {
		e = talk_again(t, frame, ret_reply);
	}
	return e;
}

/* ---- the site's map ---- */

struct item {
	char key[REGISTER_KEY_CAP];
	enum quantity quantity;
	unsigned place;
};

/* "heat_energy:12,mass.2:16"; *text moves behind the item. False: no more, or *ret_is_bad. */
static bool next_item(const char **text, struct item *ret_item, bool *ret_is_bad)
{
	char code[REGISTER_KEY_CAP], number[8];
	size_t n = strcspn(*text, ":");
	if (!**text) {
		return false;
	}
	*ret_is_bad = true;
	if ((*text)[n] != ':' || n == 0 || n >= sizeof(ret_item->key)) {
		return false;
	}
	size_t digits = strcspn(*text + n + 1, ",");
	if (digits == 0 || digits >= sizeof(number)) {
		return false;
	}
	(void)snprintf(ret_item->key, sizeof(ret_item->key), "%.*s", (int)n, *text);
	(void)snprintf(code, sizeof(code), "%.*s", (int)strcspn(ret_item->key, "."), ret_item->key);
	(void)snprintf(number, sizeof(number), "%.*s", (int)digits, *text + n + 1);
	int64_t place;
	if (!str_is_key(ret_item->key) || !quantity_from_code(code, &ret_item->quantity) ||
		str_to_int(number, &place) || place < 0 || place > KM5_RECORD_SIZE) {
		return false;
	}
	ret_item->place = (unsigned)place;
	*text += n + 1 + digits;
	*text += **text == ',';
	*ret_is_bad = false;
	return true;
}

static enum err read_map(
	struct talk *t, const char *name, struct item items[ITEM_MAX], size_t *ret_n)
{
	const char *text = talk_param_text(t, name);
	bool is_bad = false;
	*ret_n = 0;
	while (*ret_n < ITEM_MAX && next_item(&text, &items[*ret_n], &is_bad)) {
		++*ret_n;
	}
	if (is_bad || *text || *ret_n == 0) {
		return talk_fail(t, ERR_INVAL,
			"%s: which number of a reply is which value is a setting of the site; give "
			"it as quantity:place,quantity:place",
			name);
	}
	return ERR_OK;
}

/* ---- slots ---- */

static enum err read_current(struct talk *t, struct sink *out)
{
	static const uint8_t zeros[WAKE_BYTES];
	struct emit to = {.out = out, .counters = FORM_NOW};
	struct item items[ITEM_MAX];
	size_t n = 0;
	enum err e = allowed(t);
	if (!e) {
		e = read_map(t, "now", items, &n);
	}
	if (!e && talk_param(t, "wake")) {
		e = talk_send(t, SLICE(zeros));
	}
	for (size_t i = 0; i < n && !e; i++) {
		uint8_t parameters[9] = {(uint8_t)items[i].place};
		struct slice reply;
		e = ask(t, KM5_NOW, parameters, frame_now, &reply);
		if (!e) {
			e = emit_value(&to, items[i].key, items[i].quantity,
				quantity_unit(items[i].quantity),
				km5_float(reply, items[i].place + NOW_AT), -1);
		}
	}
	return e;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	static const uint8_t none[9];
	struct slice reply;
	struct civil c;
	enum err e = allowed(t);
	if (!e) {
		e = ask(t, KM5_NOW, none, frame_now, &reply);
	}
	if (!e && !km5_time_get(reply, true, &c)) {
		e = talk_fail(t, ERR_NODATA, "the meter's clock is not set");
	}
	if (!e) {
		*ret_utc = zone_utc(talk_zone(t), c, false);
	}
	return e;
}

static enum err identify(struct talk *t, struct identity *ret)
{
	struct identity who = {.maker = "TBN", .model = "KM-5", .medium = "heat"};
	int64_t utc;
	enum err e = read_clock(t, &utc);
	if (e && e != ERR_NODATA) {
		return e;
	}
	(void)snprintf(
		who.address, sizeof(who.address), "address=%d", (int)talk_param(t, "address"));
	(void)snprintf(who.serial, sizeof(who.serial), "%06d", (int)talk_param(t, "address"));
	*ret = who;
	return ERR_OK;
}

/* ---- archives ---- */

struct walk {
	struct talk *talk;
	enum period period;
	uint8_t type;
	struct item items[ITEM_MAX];
	size_t n;
	struct emit to;
};

/* What a record of this interval is labelled with: hours with their end, days and months with their
 * start. */
static struct civil label_of(const struct walk *w, struct span interval)
{
	return zone_civil(
		talk_zone(w->talk), w->period == PERIOD_HOUR ? interval.till : interval.from);
}

static bool has_label(const struct walk *w, struct slice record, struct civil want)
{
	struct civil c;
	if (!km5_time_get(record, false, &c)) {
		return false;
	}
	bool is_month = c.year == want.year && c.month == want.month;
	bool is_day = is_month && c.day == want.day;
	return w->period == PERIOD_MONTH ? is_month :
	       w->period == PERIOD_DAY   ? is_day :
					   is_day && c.hour == want.hour;
}

static enum err read_record(struct walk *w, uint16_t number, struct slice *ret_record)
{
	uint8_t p[9] = {w->type, (uint8_t)number, (uint8_t)(number >> 8)};
	return ask(w->talk, KM5_RECORD, p, frame_record, ret_record);
}

static enum err find_number(struct walk *w, struct civil label, uint16_t *ret_number)
{
	uint8_t p[9] = {w->type, bcd_put(label.day), bcd_put(label.month),
		bcd_put(label.year % 100), bcd_put(label.hour)};
	struct slice reply;
	enum err e = ask(w->talk, KM5_NUMBER, p, frame_number, &reply);
	if (!e) {
		*ret_number = (uint16_t)(reply.data[6] | reply.data[7] << 8);
	}
	return e;
}

/* The record of an interval, by the number behind the last one or by its date; empty: none. */
static enum err find_record(struct walk *w, struct civil label, bool has_last, uint16_t *number,
	struct slice *ret_record)
{
	struct slice record;
	for (int tries = has_last ? 0 : 1; tries < 2; tries++) {
		enum err e = ERR_OK;
		if (tries == 0) {
			++*number;
		} else {
			e = find_number(w, label, number);
		}
		if (!e) {
			e = read_record(w, *number, &record);
		}
		if (e) {
			return e;
		}
		if (record.data[5] == EXISTS && has_label(w, record, label)) {
			*ret_record = record;
			return ERR_OK;
		}
	}
	*ret_record = (struct slice){NULL, 0};
	return ERR_OK;
}

static enum err put_record(struct walk *w, struct slice record)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < w->n && !e; i++) {
		e = emit_value(&w->to, w->items[i].key, w->items[i].quantity,
			quantity_unit(w->items[i].quantity),
			km5_float(record, w->items[i].place + RECORD_AT), -1);
	}
	return e;
}

/* Nothing older than a guess at the depth, which nobody states, and nothing of the future. */
static struct span asked_for(const struct walk *w, struct span span)
{
	static const int64_t oldest_s[PERIOD_COUNT] = {[PERIOD_HOUR] = 100 * 86400LL,
		[PERIOD_DAY] = 3 * 366 * 86400LL,
		[PERIOD_MONTH] = 10 * 366 * 86400LL};
	const struct calendar *c = talk_calendar(w->talk);
	int64_t now = talk_now(w->talk), oldest = now - oldest_s[w->period];
	int64_t newest = period_of(c, w->period, now).till;
	struct span all = {
		span.from > oldest ? span.from : oldest, span.till < newest ? span.till : newest};
	struct span first = period_of(c, w->period, all.from);
	all.from = first.from < all.from ? first.till : first.from;
	return all;
}

static enum err read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	static const uint8_t types[PERIOD_COUNT] = {
		[PERIOD_HOUR] = 0, [PERIOD_DAY] = 1, [PERIOD_MONTH] = 2};
	struct walk w = {.talk = t, .period = period, .type = types[period]};
	const struct calendar *c = talk_calendar(t);
	uint16_t number = 0;
	bool has_last = false;
	enum err e = allowed(t);
	if (!e && (period < PERIOD_HOUR || period > PERIOD_MONTH)) {
		e = ERR_UNSUPP;
	}
	if (!e) {
		e = read_map(t, "archive", w.items, &w.n);
	}
	w.to = (struct emit){.out = out,
		.period = period,
		.counters = talk_param(t, "readings") ? FORM_POINT : FORM_AMOUNT};
	span = e ? span : asked_for(&w, span);
	for (int64_t s = span.from; !e && s < span.till; s = period_next(c, period, s)) {
		struct slice record;
		w.to.interval = period_of(c, period, s);
		if (period == PERIOD_HOUR && emit_is_twice(c->zone, w.to.interval.till)) {
			continue;
		}
		e = find_record(&w, label_of(&w, w.to.interval), has_last, &number, &record);
		has_last = !e && record.size > 0;
		if (has_last) {
			e = put_record(&w, record);
		}
	}
	return e ? e : w.to.has_put ? ERR_OK : ERR_NODATA;
}

static const struct driver_param params[] = {
	{"unverified", PARAM_BOOL, 0, 1, "no",
		"yes: work although the driver was never checked against a meter",
		"yes: работать, хотя драйвер никогда не проверялся на приборе"},
	{"address", PARAM_INT, 0, 999999, "1", "network number", "сетевой номер"},
	{"binary", PARAM_BOOL, 0, 1, "no",
		"the network number is sent in binary, not in decimal digits",
		"сетевой номер передаётся двоичным, а не десятичными цифрами"},
	{"wake", PARAM_BOOL, 0, 1, "no", "send 50 zero bytes before current values",
		"послать 50 нулевых байтов перед текущими"},
	{"now", PARAM_TEXT, 0, 240, "", "current values: quantity:place,quantity:place",
		"текущие: величина:место,величина:место"},
	{"archive", PARAM_TEXT, 0, 240, "", "values of a record: quantity:place,quantity:place",
		"значения записи: величина:место,величина:место"},
	{"readings", PARAM_BOOL, 0, 1, "no",
		"archive records hold readings at the end, not amounts",
		"в архиве показания на конец, а не приращения"},
	{.name = NULL},
};

extern const struct driver driver_km5;
const struct driver driver_km5 = {
	.name = "km5",
	.title = "KM-5 (TBN), never checked",
	.title_ru = "КМ-5 (ТБН), не проверен",
	.grade = GRADE_UNVERIFIED,
	.caps = CAP_CURRENT | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH | CAP_CLOCK |
		CAP_IDENTIFY,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 1500, .gap_ms = 50, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.read_current = read_current,
	.read_archive = read_archive,
};
