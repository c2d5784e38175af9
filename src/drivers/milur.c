/*
 * milur.c - Milur 104, 105, 107 (one phase), 305, 307 (three)
 *
 * Facts: docs/protocols/milur.md. Frames: proto/milur.h.
 *
 * The meter reads only inside a session, which it closes by itself: "session closed" is answered with
 * opening it and asking once more. An object a model does not have is an answer and passed over.
 *
 * Unknown: whether a record of the profile is energy or mean power; it is read only where the parameter
 * says which. Archives of the three-phase models, whose layout depends on the firmware, are not read.
 */
#include "proto/milur.h"
#include "drivers/emit.h"
#include "drivers/profile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEARCHES        4    /* times a search is asked for */
#define SEARCH_MS       2000 /* between them */
#define RECORDS_MAX     200  /* of one call: 48 hours or 31 days and some to spare */
#define DAY_BYTES       30
#define PROFILE_DIVISOR 5000.0

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, 4294967295, "255",
		"address; of four bytes: the last six digits of the number",
		"адрес; четырёхбайтный: последние шесть цифр номера"},
	{"long_address", PARAM_BOOL, 0, 0, "no", "the address has four bytes",
		"адрес из четырёх байт"},
	{"phases", PARAM_INT, 1, 3, "1", "1: Milur 104, 105, 107; 3: 305, 307",
		"1: Милур 104, 105, 107; 3: 305, 307"},
	{"energy_decimals", PARAM_INT, 2, 3, "2", "digits of energy; 3: Milur 307, firmware 1.23",
		"знаков после запятой у энергии; 3: Милур 307 с программой 1.23"},
	{"profile_unit", PARAM_TEXT, 0, 6, "",
		"what half-hours hold: energy or power; empty: not known, not read",
		"что в получасах: energy (энергия) или power (мощность); пусто: неизвестно, не "
		"читать"},
	{"password", PARAM_TEXT, 0, 12, "FFFFFFFFFFFF", "password of level 1, twelve hex digits",
		"пароль уровня 1, двенадцать шестнадцатеричных цифр"},
	{.name = NULL},
};

/* ---- a request and its reply ---- */

static struct frame_verdict cut(unsigned width, struct slice s)
{
	struct milur_frame f;
	size_t n = milur_cut(width, s, &f);
	return n == 0     ? (struct frame_verdict){FRAME_JUNK, 1} :
	       n > s.size ? (struct frame_verdict){FRAME_MORE, n} :
			    (struct frame_verdict){FRAME_FULL, n};
}

static struct frame_verdict frame_short(struct slice s)
{
	return cut(1, s);
}

static struct frame_verdict frame_long(struct slice s)
{
	return cut(4, s);
}

static unsigned width_of(const struct talk *t)
{
	return talk_param(t, "long_address") ? 4 : 1;
}

static enum err exchange(
	struct talk *t, uint8_t function, const uint8_t *data, size_t size, struct milur_frame *ret)
{
	unsigned width = width_of(t);
	uint32_t address = (uint32_t)talk_param(t, "address");
	frame_fn *frame = width == 4 ? frame_long : frame_short;
	struct milur_out out;
	struct slice reply;
	if (width == 1 && address > 255) {
		return talk_fail(t, ERR_INVAL,
			"address %u has more than one byte: long_address=yes", address);
	}
	milur_request(width, address, function, (struct slice){data, size}, &out);
	enum err e = talk_exchange(t, (struct slice){out.data, out.size}, frame, &reply);
	for (; !e; e = talk_again(t, frame, &reply)) {
		(void)milur_cut(width, reply, ret);
		bool is_refusal = ret->function == (function | 0x80);
		if (ret->address == address &&
			(is_refusal || (ret->function == function && ret->object == data[0]))) {
			return ERR_OK;
		}
	}
	return e;
}

static enum err refuse(struct talk *t, uint8_t code, uint8_t object)
{
	static const struct {
		enum err e;
		const char *text;
	} meanings[] = {
		[1] = {ERR_UNSUPP, "does not know the function"},
		[2] = {ERR_UNSUPP, "has no such object"},
		[3] = {ERR_NODATA, "refuses the value"},
		[4] = {ERR_UNSUPP, "cannot do it"},
		[5] = {ERR_BUSY, "is still working"},
		[6] = {ERR_BUSY, "is busy"},
		[7] = {ERR_NODATA, "cannot read its memory"},
		[8] = {ERR_DENIED, "closes the session at once"},
		[9] = {ERR_DENIED, "refuses access"},
		[12] = {ERR_DENIED, "wants its jumper set"},
		[13] = {ERR_DENIED, "does not take the password"},
	};
	bool is_known = code < sizeof(meanings) / sizeof(meanings[0]) && meanings[code].text;
	return talk_fail(t, is_known ? meanings[code].e : ERR_UNSUPP,
		"the meter %s (object %u, error %u)", is_known ? meanings[code].text : "refuses",
		object, code);
}

static enum err open_session(struct talk *t)
{
	const char *text = talk_param_text(t, "password");
	uint8_t body[7] = {1};
	struct milur_frame f;
	char *end = NULL;
	for (int i = 0; i < 6 && strlen(text) == 12; i++) {
		char pair[3] = {text[2 * i], text[2 * i + 1], 0};
		body[1 + i] = (uint8_t)strtoul(pair, &end, 16);
		if (*end) {
			end = NULL;
			break;
		}
	}
	if (!end) {
		return talk_fail(t, ERR_INVAL, "password '%s' is not twelve hex digits", text);
	}
	enum err e = exchange(t, MILUR_OPEN, body, sizeof(body), &f);
	return !e && (f.function & 0x80) ? refuse(t, f.object, 1) : e;
}

static enum err ask(struct talk *t, uint8_t function, const uint8_t *data, size_t size,
	size_t least, struct slice *ret_data)
{
	struct milur_frame f;
	enum err e = exchange(t, function, data, size, &f);
	if (!e && (f.function & 0x80) && f.object == 8) {
		e = open_session(t);
		e = e ? e : exchange(t, function, data, size, &f);
	}
	if (!e && (f.function & 0x80)) {
		return refuse(t, f.object, data[0]);
	}
	if (!e && f.data.size < least) {
		return talk_fail(t, ERR_PROTO, "object %u: %zu bytes instead of %zu", data[0],
			f.data.size, least);
	}
	if (!e) {
		*ret_data = f.data;
	}
	return e;
}

static enum err read_object(struct talk *t, uint8_t object, size_t least, struct slice *ret_data)
{
	return ask(t, MILUR_READ, &object, 1, least, ret_data);
}

/* ---- identification, clock ---- */

static enum err read_text(struct talk *t, uint8_t object, char *to, size_t cap)
{
	struct slice d;
	size_t n = 0;
	enum err e = read_object(t, object, 1, &d);
	for (size_t i = 0; !e && i < d.size && n + 1 < cap; i++) {
		if (d.data[i] > ' ' && d.data[i] < 0x7f) {
			to[n++] = (char)d.data[i];
		}
	}
	to[n] = 0;
	return err_is_answer(e) && e != ERR_DENIED ? ERR_OK : e;
}

static enum err identify(struct talk *t, struct identity *ret)
{
	struct identity who = {.maker = "Milandr", .medium = "electricity"};
	enum err e = read_text(t, MILUR_MODEL, who.model, sizeof(who.model));
	e = e ? e : read_text(t, MILUR_FIRMWARE, who.version, sizeof(who.version));
	e = e ? e : read_text(t, MILUR_SERIAL, who.serial, sizeof(who.serial));
	(void)snprintf(who.address, sizeof(who.address), "address=%u%s",
		(uint32_t)talk_param(t, "address"), width_of(t) == 4 ? " long_address=yes" : "");
	if (!e) {
		*ret = who;
	}
	return e;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct slice d;
	enum err e = read_object(t, MILUR_CLOCK, 7, &d);
	if (e) {
		return e;
	}
	/* s m h weekday D M Y */
	const uint8_t stamp[5] = {d.data[1], d.data[2], d.data[4], d.data[5], d.data[6]};
	struct civil c;
	if (!milur_stamp(stamp, &c) || d.data[0] > 59) {
		return talk_fail(t, ERR_PROTO, "the clock shows no time");
	}
	c.second = d.data[0];
	int64_t first = zone_utc(talk_zone(t), c, false), second = zone_utc(talk_zone(t), c, true);
	int64_t now = talk_now(t);
	*ret_utc = llabs(second - now) < llabs(first - now) ? second : first;
	return ERR_OK;
}

/* ---- current values ---- */

struct object {
	uint8_t number, phases; /* 0: of all models */
	uint8_t size;
	char type; /* u, s, or d: swapped decimal digits */
	const char *key;
	enum quantity quantity;
	enum unit unit;
	uint16_t divisor; /* 0: by energy_decimals */
};

static const struct object objects[] = {
	{4, 1, 4, 'd', "active_energy", QUANTITY_ACTIVE_ENERGY, UNIT_KWH, 0},
	{118, 3, 4, 'd', "active_energy", QUANTITY_ACTIVE_ENERGY, UNIT_KWH, 0},
	{149, 3, 4, 'd', "active_energy_export", QUANTITY_ACTIVE_ENERGY_EXPORT, UNIT_KWH, 0},
	{127, 3, 4, 'd', "reactive_energy", QUANTITY_REACTIVE_ENERGY, UNIT_KVARH, 0},
	{159, 3, 4, 'd', "reactive_energy_export", QUANTITY_REACTIVE_ENERGY_EXPORT, UNIT_KVARH, 0},
	{5, 1, 4, 'd', "active_energy.t1", QUANTITY_ACTIVE_ENERGY, UNIT_KWH, 0},
	{6, 1, 4, 'd', "active_energy.t2", QUANTITY_ACTIVE_ENERGY, UNIT_KWH, 0},
	{7, 1, 4, 'd', "active_energy.t3", QUANTITY_ACTIVE_ENERGY, UNIT_KWH, 0},
	{8, 1, 4, 'd', "active_energy.t4", QUANTITY_ACTIVE_ENERGY, UNIT_KWH, 0},
	{1, 1, 3, 'u', "voltage", QUANTITY_VOLTAGE, UNIT_V, 1000},
	{2, 1, 3, 's', "current", QUANTITY_CURRENT, UNIT_A, 1000},
	{3, 1, 4, 's', "active_power", QUANTITY_ACTIVE_POWER, UNIT_W, 1000},
	{100, 3, 3, 'u', "voltage.l1", QUANTITY_VOLTAGE, UNIT_V, 1000},
	{101, 3, 3, 'u', "voltage.l2", QUANTITY_VOLTAGE, UNIT_V, 1000},
	{102, 3, 3, 'u', "voltage.l3", QUANTITY_VOLTAGE, UNIT_V, 1000},
	{103, 3, 3, 's', "current.l1", QUANTITY_CURRENT, UNIT_A, 1000},
	{104, 3, 3, 's', "current.l2", QUANTITY_CURRENT, UNIT_A, 1000},
	{105, 3, 3, 's', "current.l3", QUANTITY_CURRENT, UNIT_A, 1000},
	{106, 3, 4, 's', "active_power.l1", QUANTITY_ACTIVE_POWER, UNIT_W, 100},
	{107, 3, 4, 's', "active_power.l2", QUANTITY_ACTIVE_POWER, UNIT_W, 100},
	{108, 3, 4, 's', "active_power.l3", QUANTITY_ACTIVE_POWER, UNIT_W, 100},
	{109, 3, 4, 's', "active_power", QUANTITY_ACTIVE_POWER, UNIT_W, 100},
	{110, 3, 4, 's', "reactive_power.l1", QUANTITY_REACTIVE_POWER, UNIT_VAR, 100},
	{111, 3, 4, 's', "reactive_power.l2", QUANTITY_REACTIVE_POWER, UNIT_VAR, 100},
	{112, 3, 4, 's', "reactive_power.l3", QUANTITY_REACTIVE_POWER, UNIT_VAR, 100},
	{113, 3, 4, 's', "reactive_power", QUANTITY_REACTIVE_POWER, UNIT_VAR, 100},
	{9, 0, 2, 'u', "frequency", QUANTITY_FREQUENCY, UNIT_HZ, 1000},
};

static enum err put_energy(struct talk *t, struct emit *to, const char *key, enum quantity q,
	enum unit u, const uint8_t *b)
{
	int decimals = (int)talk_param(t, "energy_decimals");
	int64_t v = milur_digits(b);
	double x = v < 0 ? NAN : (double)v / (decimals == 3 ? 1000 : 100);
	return emit_value(to, key, q, u, x, decimals);
}

static enum err put_object(struct talk *t, const struct object *o, struct emit *to)
{
	struct slice d;
	enum err e = read_object(t, o->number, o->size, &d);
	if (e) {
		return err_is_answer(e) && e != ERR_DENIED ? ERR_OK : e;
	}
	if (o->type == 'd') {
		return put_energy(t, to, o->key, o->quantity, o->unit, d.data);
	}
	double v = (double)milur_number(d.data, o->size, o->type == 's') / o->divisor;
	return emit_value(to, o->key, o->quantity, o->unit, v, o->divisor == 1000 ? 3 : 2);
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct emit to = {.out = out, .counters = FORM_NOW};
	uint8_t phases = talk_param(t, "phases") == 1 ? 1 : 3;
	enum err e = ERR_OK;
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]) && !e; i++) {
		if (objects[i].phases == 0 || objects[i].phases == phases) {
			e = put_object(t, &objects[i], &to);
		}
	}
	return e ? e : to.has_put ? ERR_OK : ERR_NODATA;
}

/* ---- archives ---- */

/* First and last index of records stamped in [from, till]. NODATA: none. */
static enum err find(struct talk *t, uint8_t object, int64_t from, int64_t till,
	uint16_t *ret_first, unsigned *ret_n)
{
	uint8_t body[11] = {object};
	struct civil a = zone_civil(talk_zone(t), from), b = zone_civil(talk_zone(t), till);
	struct slice d;
	milur_stamp_put(&a, body + 1);
	milur_stamp_put(&b, body + 6);
	for (int i = 0; i < SEARCHES; i++) {
		enum err e = ask(t, MILUR_FIND, body, sizeof(body), 1, &d);
		if (e) {
			return e;
		}
		if (d.data[0] >= 3 && d.data[0] <= 7) {
			return ERR_NODATA; /* all earlier, all later, none, empty, failed */
		}
		if (d.data[0] != 1 && d.data[0] != 2) {
			if (d.size < 5) {
				return talk_fail(t, ERR_PROTO, "a search found no indexes");
			}
			*ret_first = (uint16_t)milur_number(d.data + 1, 2, false);
			*ret_n = 1u + (uint16_t)(milur_number(d.data + 3, 2, false) - *ret_first);
			return *ret_n <= RECORDS_MAX ?
				       ERR_OK :
				       talk_fail(t, ERR_PROTO, "a search found %u records", *ret_n);
		}
		talk_pause(t, SEARCH_MS);
	}
	return talk_fail(t, ERR_BUSY, "the meter is still searching its archive");
}

static enum err read_record(struct talk *t, uint8_t function, uint8_t object, unsigned index,
	size_t least, struct slice *ret)
{
	const uint8_t body[3] = {object, (uint8_t)index, (uint8_t)(index >> 8)};
	return ask(t, function, body, sizeof(body), least, ret);
}

/* A day: a byte nobody knows, stamp, total and four tariffs; reactive total at 26. */
static enum err put_day(struct talk *t, struct emit *to, struct slice d)
{
	const struct calendar c = {talk_zone(t), 0, 1};
	struct civil stamp;
	if (!milur_stamp(d.data + 1, &stamp) || stamp.hour || stamp.minute) {
		return talk_fail(t, ERR_PROTO, "a day's record is not of midnight");
	}
	int64_t moment = zone_utc(talk_zone(t), stamp, false);
	to->interval = (struct span){period_prev(&c, PERIOD_DAY, moment), moment};
	enum err e = ERR_OK;
	for (int i = 0; i <= 4 && !e; i++) {
		char key[REGISTER_KEY_CAP];
		(void)snprintf(key, sizeof(key), i ? "active_energy.t%d" : "active_energy", i);
		e = put_energy(t, to, key, QUANTITY_ACTIVE_ENERGY, UNIT_KWH, d.data + 6 + 4 * i);
	}
	return e ? e :
		   put_energy(t, to, "reactive_energy", QUANTITY_REACTIVE_ENERGY, UNIT_KVARH,
			   d.data + 26);
}

static enum err read_days(struct talk *t, struct span span, struct sink *out)
{
	struct emit to = {.out = out, .period = PERIOD_DAY, .counters = FORM_POINT};
	uint16_t first;
	unsigned n;
	enum err e = find(t, MILUR_DAYS, span.from, span.till, &first, &n);
	for (unsigned i = 0; !e && i < n; i++) {
		struct slice d;
		e = read_record(
			t, MILUR_DAY_RECORD, MILUR_DAYS, (uint16_t)(first + i), DAY_BYTES, &d);
		e = !e ? put_day(t, &to, d) : e == ERR_NODATA ? ERR_OK : e;
	}
	return e ? e : to.has_put ? ERR_OK : ERR_NODATA;
}

static enum err put_half_hour(struct talk *t, struct profile *p, double factor, struct slice d)
{
	struct civil stamp;
	if (!milur_stamp(d.data, &stamp) || stamp.minute % 30) {
		return talk_fail(t, ERR_PROTO, "a half-hour's record has no time");
	}
	int64_t end = zone_utc(talk_zone(t), stamp, false);
	if (emit_is_twice(
		    talk_zone(t), end)) { /* that which follows the record before it, or neither */
		bool is_first = p->last_utc == INT64_MIN;
		int64_t next = is_first ? 0 : p->last_utc + 3600;
		int64_t second = zone_utc(talk_zone(t), stamp, true);
		if (is_first || (next != end && next != second)) {
			return ERR_OK;
		}
		end = next;
	}
	const struct profile_slot slot = {.start_utc = end - 1800,
		.minutes = 30,
		.value = {(double)milur_number(d.data + 5, 2, false) / PROFILE_DIVISOR * factor,
			(double)milur_number(d.data + 7, 2, false) / PROFILE_DIVISOR * factor}};
	return profile_put(p, &slot);
}

static enum err read_profile(struct talk *t, struct span span, struct sink *out)
{
	static const struct profile_column columns[] = {
		{"active_energy", QUANTITY_ACTIVE_ENERGY, UNIT_KWH, 3},
		{"reactive_energy", QUANTITY_REACTIVE_ENERGY, UNIT_KVARH, 3}};
	double factor = strcmp(talk_param_text(t, "profile_unit"), "power") == 0 ? 0.5 : 1;
	struct profile p;
	uint16_t first;
	unsigned n;
	profile_begin(&p, out, PERIOD_HALF_HOUR, span, talk_calendar(t), columns, 2);
	/* stamps are of the end; a search is said to want to begin at minute 30 */
	int64_t from = span.from + 1800;
	from -= zone_civil(talk_zone(t), from).minute ? 0 : 1800;
	enum err e = find(t, MILUR_PROFILE, from, span.till, &first, &n);
	for (unsigned i = 0; !e && i < n; i++) {
		struct slice d;
		e = read_record(
			t, MILUR_PROFILE_RECORD, MILUR_PROFILE, (uint16_t)(first + i), 9, &d);
		e = !e ? put_half_hour(t, &p, factor, d) : e == ERR_NODATA ? ERR_OK : e;
	}
	return e ? e : profile_end(&p);
}

static enum err read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	const char *unit = talk_param_text(t, "profile_unit");
	if (talk_param(t, "phases") != 1) {
		return talk_fail(t, ERR_UNSUPP, "archives of three-phase models are not read");
	}
	if (period == PERIOD_DAY) {
		return read_days(t, span, out);
	}
	if (period != PERIOD_HALF_HOUR) {
		return ERR_UNSUPP;
	}
	if (strcmp(unit, "energy") != 0 && strcmp(unit, "power") != 0) {
		return talk_fail(t, *unit ? ERR_INVAL : ERR_UNSUPP,
			"whether half-hours hold energy or power is not known: set profile_unit");
	}
	return read_profile(t, span, out);
}

static uint32_t caps_of(const struct talk *t)
{
	uint32_t caps = CAP_CURRENT | CAP_CLOCK | CAP_IDENTIFY;
	bool is_one = talk_param(t, "phases") == 1;
	caps |= is_one ? CAP_ARCHIVE_DAY : 0;
	return is_one && *talk_param_text(t, "profile_unit") ? caps | CAP_ARCHIVE_HALF_HOUR : caps;
}

extern const struct driver driver_milur;
const struct driver driver_milur = {
	.name = "milur",
	.title = "Milur 104, 105, 107, 305, 307",
	.title_ru = "Милур 104, 105, 107, 305, 307",
	.grade = GRADE_EXPERIMENTAL,
	.caps = CAP_CURRENT | CAP_ARCHIVE_HALF_HOUR | CAP_ARCHIVE_DAY | CAP_CLOCK | CAP_IDENTIFY,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 300, .gap_ms = 10, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.read_current = read_current,
	.read_archive = read_archive,
	.caps_of = caps_of,
};
