/*
 * ce102.c - Energomera CE102, CE301M, CE307 and IEK meters, binary protocol
 *
 * Facts: docs/protocols/ce102.md. Frames: proto/ce102.h.
 *
 * Two generations give the same commands other parameters, so the version is read before anything
 * else. The older one is asked for "the n-th day back" and answers with a bare number: the meter's
 * date is read before and after, and what was read over its midnight is thrown away. The newer one says
 * the date of what it gives.
 *
 * Unknown: the unit of the power (0132), which is not read; how far back the profile goes; what the newer
 * generation answers to 0134, which is not asked there.
 */
#include "proto/ce102.h"
#include "drivers/emit.h"
#include "drivers/profile.h"
#include "proto/bcd.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MASTER        253
#define TARIFFS       8 /* numbers 0 .. 7 of the older generation */
#define TARIFFS_NEW   5 /* 1 .. 5; 0 is the sum */
#define DAYS          45
#define DAYS_NEW      36
#define MONTHS        13
#define MONTHS_NEW    12
#define NOT_RECORDED  0xffffffu
#define INTERVALS_MAX 4 /* in one reply */
#define SERIAL_PART   8

/* Learnt from the version and, of the older generation, from the configuration. */
struct learnt {
	bool is_known, is_new;
	uint8_t version[6];
	uint8_t decimals;
	uint8_t tariffs;  /* highest number in use */
	uint8_t interval; /* of the profile, minutes; 0: no profile known */
};

struct ce102 {
	struct talk *talk;
	struct learnt *learnt;
};

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, 65535, NULL,
		"address: the last five digits of the number, less 65536 if greater",
		"адрес: последние пять цифр номера, минус 65536, если больше"},
	{"password", PARAM_INT, 0, 4294967295, "0",
		"password; 0 reads everything, setting the clock takes the administrator's",
		"пароль; 0 читает всё, установка часов требует пароль администратора"},
	{.name = NULL},
};

/* ---- a request and its reply ---- */

static struct frame_verdict frame(struct slice so_far)
{
	static const enum frame_state states[] = {
		[CE102_CUT_MORE] = FRAME_MORE,
		[CE102_CUT_FULL] = FRAME_FULL,
		[CE102_CUT_JUNK] = FRAME_JUNK,
	};
	struct frame_verdict v = {FRAME_MORE, 0};
	v.state = states[ce102_cut(so_far, false, &v.size)];
	return v;
}

static enum err refuse(struct talk *t, const struct ce102_frame *f)
{
	int code = f->size ? f->data[0] : -1;
	enum err e = code == 0x02 || code == 0x04 || code == 0x05 ? ERR_DENIED :
		     code == 0x10 || code == 0x20 || code == 0x80 ? ERR_NODATA :
								    ERR_UNSUPP;
	return talk_fail(t, e, "the meter %s (command %04X)", ce102_error_text(code), f->command);
}

static enum err ask(const struct ce102 *c, uint16_t command, const uint8_t *data, size_t size,
	size_t least, struct ce102_frame *ret)
{
	struct ce102_frame f = {.is_request = true,
		.to = (uint16_t)talk_param(c->talk, "address"),
		.from = MASTER,
		.password = (uint32_t)talk_param(c->talk, "password"),
		.class = CE102_CLASS_COMMAND,
		.command = command,
		.size = (uint8_t)size};
	struct ce102_out out;
	struct slice reply;
	if (size) {
		memcpy(f.data, data, size);
	}
	ce102_encode(&f, &out);
	enum err e = talk_exchange(c->talk, (struct slice){out.data, out.size}, frame, &reply);
	while (!e && (ce102_decode(reply, false, ret) || ret->from != f.to || ret->to != MASTER ||
			     ret->command != command)) {
		e = talk_again(c->talk, frame, &reply);
	}
	if (!e && ret->class == CE102_CLASS_ERROR) {
		return refuse(c->talk, ret);
	}
	if (!e && ret->size < least) {
		return talk_fail(c->talk, ERR_PROTO, "command %04X: %u bytes of data, not %zu",
			command, ret->size, least);
	}
	return e;
}

static enum err learn(const struct ce102 *c)
{
	static const uint8_t minutes[] = {60, 30, 15, 0};
	struct learnt x = {.is_known = true, .is_new = true, .decimals = 2, .tariffs = TARIFFS_NEW};
	struct ce102_frame f;
	enum err e = ask(c, CE102_VERSION, NULL, 0, sizeof(x.version), &f);
	if (e) {
		return e;
	}
	memcpy(x.version, f.data, sizeof(x.version));
	x.is_new = x.version[0] > 3; /* cores 1 to 3 are the older ones */
	if (!x.is_new) {
		e = ask(c, CE102_CONFIG, NULL, 0, 3, &f);
		if (e) {
			return e;
		}
		x.decimals = f.data[0] & 3;
		x.interval = minutes[f.data[1] & 3];
		x.tariffs = f.data[2] & 7;
	}
	*c->learnt = x;
	return ERR_OK;
}

static enum err open_meter(struct talk *t, struct ce102 *ret)
{
	*ret = (struct ce102){t, talk_state(t, sizeof(struct learnt))};
	return ret->learnt->is_known ? ERR_OK : learn(ret);
}

/* ---- identification, clock ---- */

static void model_of(const struct learnt *x, struct identity *who)
{
	static const struct {
		uint8_t core, type;
		const char *name;
	} models[] = {{1, 1, "CE102 S6, R5"}, {1, 2, "CE102 S6 AKV, R5AK"}, {2, 1, "CE102 S7"},
		{2, 2, "CE102 R8"}, {2, 4, "CE102 R8Q"}, {3, 1, "CE301M R33"}, {3, 2, "CE102 S7J"},
		{3, 3, "CE301M S31"}};
	(void)snprintf(
		who->model, sizeof(who->model), "core %u, type %u", x->version[0], x->version[1]);
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		if (models[i].core == x->version[0] && models[i].type == x->version[1]) {
			(void)snprintf(who->model, sizeof(who->model), "%s", models[i].name);
		}
	}
	(void)snprintf(who->version, sizeof(who->version), "%u, 20%02X-%02X-%02X", x->version[2],
		x->version[5], x->version[4], x->version[3]);
}

/* The number is kept backwards in two parts. */
static enum err read_serial(const struct ce102 *c, char *to, size_t cap)
{
	char text[2 * SERIAL_PART + 1] = "";
	size_t n = 0;
	for (uint8_t part = 0; part < 2; part++) {
		struct ce102_frame f;
		enum err e = ask(c, CE102_SERIAL, &part, 1, 1, &f);
		if (e) {
			return e;
		}
		for (size_t i = 0; i < f.size && i < SERIAL_PART; i++) {
			if (f.data[i] > ' ' && f.data[i] < 0x7f) {
				text[n++] = (char)f.data[i];
			}
		}
	}
	size_t k = 0;
	for (; k < n && k + 1 < cap; k++) {
		to[k] = text[n - 1 - k];
	}
	to[k] = 0;
	return ERR_OK;
}

static enum err identify(struct talk *t, struct identity *ret)
{
	struct ce102 c = {t, talk_state(t, sizeof(struct learnt))};
	struct identity who = {.maker = "Energomera", .medium = "electricity"};
	enum err e = learn(&c);
	if (e) {
		return e;
	}
	model_of(c.learnt, &who);
	(void)snprintf(
		who.address, sizeof(who.address), "address=%d", (int)talk_param(t, "address"));
	e = read_serial(&c, who.serial, sizeof(who.serial));
	if (e && !err_is_answer(e)) {
		return e;
	}
	*ret = who;
	return ERR_OK;
}

static enum err read_civil(const struct ce102 *c, struct civil *ret)
{
	struct ce102_frame f;
	enum err e = ask(c, CE102_CLOCK, NULL, 0, 7, &f);
	return e                        ? e :
	       !ce102_time(f.data, ret) ? talk_fail(c->talk, ERR_PROTO, "the clock shows no time") :
					  ERR_OK;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct ce102 c = {t, talk_state(t, sizeof(struct learnt))};
	struct civil time;
	enum err e = read_civil(&c, &time);
	if (!e) {
		*ret_utc = zone_utc(talk_zone(t), time, false);
		if (llabs(zone_utc(talk_zone(t), time, true) - talk_now(t)) <
			llabs(*ret_utc - talk_now(t))) {
			*ret_utc = zone_utc(talk_zone(t), time, true);
		}
	}
	return e;
}

static enum err set_clock(struct talk *t, int64_t utc)
{
	struct ce102 c = {t, talk_state(t, sizeof(struct learnt))};
	struct civil time = zone_civil(talk_zone(t), utc);
	struct ce102_frame f;
	uint8_t data[7];
	ce102_time_put(&time, data);
	return ask(&c, CE102_SET_CLOCK, data, sizeof(data), 0, &f);
}

/* ---- registers ---- */

/* A reading, now (depth 0) or at the end of the depth-th month or day back. `tariff` -1: of all. The newer
 * generation says of which day or month: `ret_date`, day 0 of a month, all 0 where it is not said. */
static enum err read_register(const struct ce102 *c, enum period period, unsigned depth, int tariff,
	double *ret_value, struct civil *ret_date)
{
	const struct learnt *x = c->learnt;
	uint16_t command = x->is_new ? (period == PERIOD_DAY ? CE102_DAY_SUM : CE102_ENERGY) :
			   period == PERIOD_DAY ? (tariff < 0 ? CE102_DAY_SUM : CE102_DAY) :
						  (tariff < 0 ? CE102_ENERGY_SUM : CE102_ENERGY);
	uint8_t data[2] = {(uint8_t)depth, (uint8_t)(tariff < 0 ? 0 : tariff)};
	size_t n = 2, at = x->is_new ? 3 : 0;
	struct ce102_frame f;
	if (!x->is_new && tariff < 0) {
		n = 1;
	} else if (!x->is_new) {
		data[0] = (uint8_t)tariff;
		data[1] = (uint8_t)depth;
	}
	enum err e = ask(c, command, data, n, at + 4, &f);
	if (e) {
		return e;
	}
	*ret_value = (double)ce102_number(f.data + at, 4) / pow(10, x->decimals);
	*ret_date = (struct civil){0};
	if (x->is_new) {
		*ret_date = (struct civil){.year = 2000 + bcd_get(f.data[2]),
			.month = bcd_get(f.data[1]),
			.day = bcd_get(f.data[0])};
	}
	return ERR_OK;
}

static void key_of(int tariff, char key[static REGISTER_KEY_CAP])
{
	(void)snprintf(
		key, REGISTER_KEY_CAP, tariff < 0 ? "active_energy" : "active_energy.t%d", tariff);
}

static int first_tariff(const struct learnt *x)
{
	return x->is_new ? 1 : 0;
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct ce102 c;
	enum err e = open_meter(t, &c);
	struct emit to = {.out = out, .counters = FORM_NOW};
	int tariff = -1;
	while (!e && tariff <= c.learnt->tariffs) {
		char key[REGISTER_KEY_CAP];
		double v;
		struct civil date;
		e = read_register(&c, PERIOD_NONE, 0, tariff, &v, &date);
		if (!e) {
			key_of(tariff, key);
			e = emit_value(
				&to, key, QUANTITY_ACTIVE_ENERGY, UNIT_KWH, v, c.learnt->decimals);
		} else if (err_is_answer(e) && tariff >= 0) {
			e = ERR_OK; /* a tariff this one does not have */
		}
		tariff = tariff < 0 ? first_tariff(c.learnt) : tariff + 1;
	}
	struct ce102_frame f;
	e = e ? e : ask(&c, CE102_TARIFF_NOW, NULL, 0, 1, &f);
	if (!e) {
		return emit_value(&to, "tariff", QUANTITY_TARIFF, UNIT_NONE, f.data[0], 0);
	}
	return err_is_answer(e) && to.has_put ? ERR_OK : e;
}

/* ---- readings at the end of days and months ---- */

struct walk {
	const struct ce102 *c;
	enum period period;
	struct span span;
	struct calendar calendar; /* civil: report days are not known to this meter */
	struct emit to;
	int64_t today; /* start of the meter's running period */
};

static bool is_same_date(const struct walk *w, struct civil told, int64_t start)
{
	struct civil want = zone_civil(w->calendar.zone, start);
	return told.year == want.year && told.month == want.month &&
	       (w->period == PERIOD_MONTH || told.day == want.day);
}

/* The reading at the end of the period that starts at `start`, `depth` back, all tariffs. */
static enum err put_reading(struct walk *w, int64_t start, unsigned depth)
{
	const struct learnt *x = w->c->learnt;
	w->to.interval = (struct span){start, period_next(&w->calendar, w->period, start)};
	for (int tariff = -1; tariff <= x->tariffs;
		tariff = tariff < 0 ? first_tariff(x) : tariff + 1) {
		char key[REGISTER_KEY_CAP];
		double v;
		struct civil date;
		enum err e = read_register(w->c, w->period, depth, tariff, &v, &date);
		if (e == ERR_NODATA || (e == ERR_UNSUPP && tariff >= 0)) {
			continue;
		}
		if (e) {
			return e;
		}
		if (x->is_new && !is_same_date(w, date, start)) {
			continue; /* another day: one without power, or midnight has passed */
		}
		key_of(tariff, key);
		e = emit_value(&w->to, key, QUANTITY_ACTIVE_ENERGY, UNIT_KWH, v, x->decimals);
		if (e) {
			return e;
		}
	}
	return ERR_OK;
}

/* Kept back until the meter's date has been seen to be the same after it was read. */
struct held {
	struct sink sink; /* first */
	struct sample samples[TARIFFS + 1];
	char keys[TARIFFS + 1][REGISTER_KEY_CAP];
	size_t n;
};

static enum err hold(struct sink *s, const struct sample *x)
{
	struct held *h = (struct held *)s;
	if (h->n <= TARIFFS) {
		(void)snprintf(h->keys[h->n], REGISTER_KEY_CAP, "%s", x->key);
		h->samples[h->n] = *x;
		h->samples[h->n].key = h->keys[h->n];
		h->n++;
	}
	return ERR_OK;
}

static enum err meter_period(const struct walk *w, int64_t *ret_start)
{
	struct civil now;
	enum err e = read_civil(w->c, &now);
	if (!e) {
		*ret_start = period_of(
			&w->calendar, w->period, zone_utc(w->calendar.zone, now, false))
				     .from;
	}
	return e;
}

static enum err read_period(struct walk *w, struct sink *out, int64_t start, unsigned depth)
{
	struct held held = {.sink = {.put = hold}};
	int64_t after = w->today;
	w->to.out = &held.sink;
	enum err e = put_reading(w, start, depth);
	if (!e && !w->c->learnt->is_new && held.n) {
		e = meter_period(w, &after);
	}
	if (e || after != w->today) {
		return e ? e :
			   talk_fail(w->c->talk, ERR_BUSY,
				   "the meter's date changed while it was read: again next time");
	}
	for (size_t i = 0; i < held.n && !e; i++) {
		e = out->put(out, &held.samples[i]);
		w->to.has_put = true;
	}
	return e;
}

static enum err read_readings(struct walk *w, struct sink *out)
{
	const struct learnt *x = w->c->learnt;
	unsigned days = x->is_new ? DAYS_NEW : DAYS, months = x->is_new ? MONTHS_NEW : MONTHS;
	unsigned most = w->period == PERIOD_DAY ? days : months;
	enum err e = meter_period(w, &w->today);
	bool has_put = false;
	int64_t start = w->today;
	for (unsigned depth = 1; depth <= most && !e; depth++) {
		start = period_prev(&w->calendar, w->period, start);
		int64_t end = period_next(&w->calendar, w->period, start);
		if (start < w->span.from && end < w->span.from) {
			break;
		}
		if (end >= w->span.from && start < w->span.till) {
			w->to.has_put = false;
			e = read_period(w, out, start, depth);
			has_put = has_put || w->to.has_put;
		}
	}
	return e ? e : has_put ? ERR_OK : ERR_NODATA;
}

/* ---- the profile ---- */

/* Intervals are asked for by date and number, four at once, and counted from midnight. */
static enum err read_four(
	const struct ce102 *c, const struct civil *day, int first, int count, struct profile *p)
{
	uint8_t data[5] = {bcd_put(day->day), bcd_put(day->month), bcd_put(day->year % 100),
		bcd_put(first), bcd_put(count)};
	int minutes = c->learnt->interval;
	struct ce102_frame f;
	enum err e = ask(c, CE102_PROFILE, data, sizeof(data), (size_t)(3 * count), &f);
	for (int i = 0; i < count && !e; i++) {
		uint32_t raw = ce102_number(f.data + 3 * i, 3);
		struct civil start = *day;
		start.minute = (first + i) * minutes;
		start = civil_from_utc(civil_to_utc(start));
		int64_t utc = zone_utc(talk_zone(c->talk), start, false);
		struct civil back = zone_civil(talk_zone(c->talk), utc);
		bool is_there = back.hour == start.hour && back.minute == start.minute;
		if (raw != NOT_RECORDED && is_there && !emit_is_twice(talk_zone(c->talk), utc)) {
			struct profile_slot slot = {.start_utc = utc,
				.minutes = minutes,
				.value = {(double)raw / pow(10, c->learnt->decimals)}};
			e = profile_put(p, &slot);
		}
	}
	return e;
}

static enum err read_profile(
	const struct ce102 *c, enum period period, struct span span, struct sink *out)
{
	const struct profile_column column = {
		"active_energy", QUANTITY_ACTIVE_ENERGY, UNIT_KWH, c->learnt->decimals};
	const struct zone *z = talk_zone(c->talk);
	struct profile p;
	if (!profile_fits(c->learnt->interval, period)) {
		return ERR_UNSUPP;
	}
	profile_begin(&p, out, period, span, talk_calendar(c->talk), &column, 1);
	int per_day = 1440 / c->learnt->interval;
	/* the open interval ends after now, by whatever clock: it is not asked for */
	int64_t till = talk_now(c->talk) - 60 * c->learnt->interval;
	till = span.till - 1 < till ? span.till - 1 : till;
	enum err e = ERR_OK;
	for (int64_t at = span.from; at <= till && !e;) {
		struct civil day = zone_civil(z, at);
		int first = (day.hour * 60 + day.minute) / c->learnt->interval;
		int count = per_day - first < INTERVALS_MAX ? per_day - first : INTERVALS_MAX;
		struct civil next = day;
		day.hour = day.minute = day.second = next.hour = next.second = 0;
		e = read_four(c, &day, first, count, &p);
		e = e == ERR_NODATA ? ERR_OK : e;
		next.minute = (first + count) * c->learnt->interval;
		int64_t then = zone_utc(z, civil_from_utc(civil_to_utc(next)), false);
		at = then > at ? then : at + 3600; /* the night the clock goes back */
	}
	return e ? e : profile_end(&p);
}

static enum err read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct ce102 c;
	enum err e = open_meter(t, &c);
	if (e) {
		return e;
	}
	if (period == PERIOD_DAY || period == PERIOD_MONTH) {
		struct walk w = {.c = &c,
			.period = period,
			.span = span,
			.calendar = {talk_zone(t), 0, 1},
			.to = {.period = period, .counters = FORM_POINT}};
		return read_readings(&w, out);
	}
	return read_profile(&c, period, span, out);
}

static struct archive_depth depth(const struct talk *t)
{
	/* reading the state changes nothing */
	const struct learnt *x = talk_state((struct talk *)(uintptr_t)t, sizeof(struct learnt));
	return (struct archive_depth){
		.days = x->is_new ? DAYS_NEW : DAYS, .months = x->is_new ? MONTHS_NEW : MONTHS};
}

extern const struct driver driver_ce102;
const struct driver driver_ce102 = {
	.name = "ce102",
	.title = "Energomera CE102, CE301M, CE307; IEK (binary protocol)",
	.title_ru = "Энергомера CE102, CE301M, CE307; IEK (двоичный протокол)",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_ARCHIVE_HALF_HOUR | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY |
		CAP_ARCHIVE_MONTH | CAP_CLOCK | CAP_SET_CLOCK | CAP_IDENTIFY,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 300, .gap_ms = 5, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.set_clock = set_clock,
	.read_current = read_current,
	.read_archive = read_archive,
	.depth = depth,
};
