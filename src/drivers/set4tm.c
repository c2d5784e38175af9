/*
 * set4tm.c - SET-4TM.02, .03, M models, PSCH-3TM.05, PSCH-4TM.05, SEB-1TM.02 (NZiF)
 *
 * Facts: docs/protocols/set4tm.md. Frames: proto/set4tm.h. Parts: set4tm_driver.h.
 *
 * The meter counts impulses; what one is worth follows from its constant. Energies are told at its
 * terminals: the ratios it is set to are told beside them and belong to the binding. The channel closes
 * after 20 s of silence and is opened when the meter says so.
 */
#include "drivers/set4tm_driver.h"

#include "drivers/emit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TARIFFS    4
#define PASSWORD   6
#define AGAIN_MOST 3   /* "ask again", each time */
#define AGAIN_MS   300 /* within half a second */
#define DAYS       30
#define MONTHS     11

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, 4294967295, NULL,
		"address on the line, 1 to 239; 0: whoever is alone there; more: extended, the number",
		"адрес на линии, от 1 до 239; 0: единственный на ней; больше: расширенный, номер"},
	{"password", PARAM_TEXT, 0, PASSWORD, "000000", "password, six characters",
		"пароль, шесть знаков"},
	{"constant", PARAM_INT, 0, 100000, "0", "impulses per kWh; 0: as the meter says",
		"постоянная, имп/кВт·ч; 0: как сообщает счётчик"},
	{"records", PARAM_INT, 0, 8192, "0", "records of the load profile; 0: as the type has it",
		"записей профиля мощности; 0: по типу счётчика"},
	{.name = NULL},
};

/* ---- frames ---- */

static struct frame_verdict cut(struct slice s, size_t size)
{
	struct set4_address address;
	struct slice body;
	size_t head = s.size > 0 && s.data[0] == SET4_EXTENDED ? 5 : 1;
	size_t status = head + 3, want = head + size + 2;
	if (s.size < status) {
		return (struct frame_verdict){FRAME_MORE, status};
	}
	if (set4_unframe((struct slice){s.data, status}, &address, &body)) {
		return (struct frame_verdict){FRAME_FULL, status};
	}
	if (s.size < want) {
		return (struct frame_verdict){FRAME_MORE, want};
	}
	bool is_good = set4_unframe((struct slice){s.data, want}, &address, &body);
	return (struct frame_verdict){is_good ? FRAME_FULL : FRAME_JUNK, is_good ? want : 1};
}

#define FRAME_OF(n)                                                \
	static struct frame_verdict frame_##n(struct slice so_far) \
	{                                                          \
		return cut(so_far, n);                             \
	}
/* clang-format off */
FRAME_OF(1) FRAME_OF(2) FRAME_OF(3) FRAME_OF(4) FRAME_OF(7) FRAME_OF(8) FRAME_OF(10)
FRAME_OF(12) FRAME_OF(14) FRAME_OF(16) FRAME_OF(24) FRAME_OF(32) FRAME_OF(40) FRAME_OF(48)
FRAME_OF(56) FRAME_OF(64) FRAME_OF(72) FRAME_OF(80) FRAME_OF(88)
	/* clang-format on */

	static frame_fn *frame_of(size_t size)
{
	static const struct {
		size_t size;
		frame_fn *frame;
	} frames[] = {{2, frame_2}, {3, frame_3}, {4, frame_4}, {7, frame_7}, {8, frame_8},
		{10, frame_10}, {12, frame_12}, {14, frame_14}, {16, frame_16}, {24, frame_24},
		{32, frame_32}, {40, frame_40}, {48, frame_48}, {56, frame_56}, {64, frame_64},
		{72, frame_72}, {80, frame_80}, {88, frame_88}};
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		if (frames[i].size == size) {
			return frames[i].frame;
		}
	}
	return frame_1;
}

/* ---- a request and its reply ---- */

struct set4 set4_of(struct talk *t)
{
	return (struct set4){t, talk_state(t, sizeof(struct set4_state))};
}

static enum err exchange(
	const struct set4 *m, const uint8_t *body, size_t n, size_t size, struct slice *ret_body)
{
	int64_t address = talk_param(m->talk, "address");
	struct set4_address to = {address > 0xef, (uint32_t)address}, from;
	struct set4_out out;
	struct slice reply;
	frame_fn *frame = frame_of(size);
	set4_frame(to, (struct slice){body, n}, &out);
	enum err e = talk_exchange(m->talk, (struct slice){out.data, out.size}, frame, &reply);
	for (; !e; e = talk_again(m->talk, frame, &reply)) {
		bool is_echo = body[0] != SET4_TEST && reply.size == out.size &&
			       memcmp(reply.data, out.data, out.size) == 0;
		if (!is_echo && set4_unframe(reply, &from, ret_body) &&
			(address == SET4_ANY ||
				(from.value == to.value && from.is_extended == to.is_extended))) {
			return ERR_OK;
		}
	}
	return e;
}

static enum err refuse(const struct set4 *m, const uint8_t *body, unsigned status)
{
	static const struct {
		enum err e;
		const char *text;
	} meanings[] = {
		[SET4_OK] = {ERR_PROTO, "says OK where data were asked for"},
		[SET4_ILLEGAL] = {ERR_UNSUPP, "does not allow the command or its parameter"},
		[SET4_INTERNAL] = {ERR_BUSY, "reports an internal error"},
		[SET4_NO_ACCESS] = {ERR_DENIED, "wants the owner's password"},
		[SET4_CLOCK_DONE] = {ERR_DENIED, "has corrected its clock today already"},
		[SET4_NOT_OPEN] = {ERR_DENIED, "closes the channel at once"},
		[SET4_REPEAT] = {ERR_BUSY, "asks to be asked again and again"},
		[SET4_NOT_READY] = {ERR_BUSY, "has no result yet"},
		[SET4_BUSY] = {ERR_BUSY, "is busy"},
	};
	unsigned i = status & 15;
	bool is_known = i < sizeof(meanings) / sizeof(meanings[0]);
	return talk_fail(m->talk, is_known ? meanings[i].e : ERR_UNSUPP,
		"the meter %s (command %02X, status %u)", is_known ? meanings[i].text : "refuses",
		body[0], i);
}

static enum err open_channel(const struct set4 *m)
{
	uint8_t body[1 + PASSWORD] = {SET4_OPEN};
	const char *text = talk_param_text(m->talk, "password");
	struct slice status;
	if (strlen(text) != PASSWORD) {
		return talk_fail(m->talk, ERR_INVAL, "a password is six characters");
	}
	memcpy(body + 1, text, PASSWORD);
	enum err e = exchange(m, body, sizeof(body), 1, &status);
	if (!e && (status.data[0] & 15) != SET4_OK) {
		return talk_fail(m->talk, ERR_DENIED, "the meter does not take the password");
	}
	return e;
}

enum err set4_ask(
	const struct set4 *m, const uint8_t *body, size_t n, size_t size, struct slice *ret_data)
{
	bool has_opened = false;
	for (int again = 0;;) {
		enum err e = exchange(m, body, n, size, ret_data);
		if (e) {
			return e;
		}
		if (ret_data->size != 1) {
			return ret_data->size == size ? ERR_OK : refuse(m, body, SET4_OK);
		}
		unsigned status = ret_data->data[0] & 15u;
		if (size == 1 && status == SET4_OK) {
			return ERR_OK;
		}
		if (status == SET4_NOT_OPEN && !has_opened) {
			has_opened = true;
			e = open_channel(m);
			if (e) {
				return e;
			}
		} else if ((status == SET4_REPEAT || status == SET4_NOT_READY) &&
			   again++ < AGAIN_MOST) {
			talk_pause(m->talk, AGAIN_MS);
		} else {
			return refuse(m, body, status);
		}
	}
}

/* ---- identification, clock ---- */

enum err set4_learn(const struct set4 *m)
{
	static const uint8_t body[] = {SET4_PARAMETER, 0x12};
	int64_t own = talk_param(m->talk, "constant");
	struct slice data;
	if (m->state->has_variant) {
		return ERR_OK;
	}
	enum err e = set4_ask(m, body, sizeof(body), 3, &data);
	if (e) {
		return e;
	}
	struct set4_variant v = set4_variant(data.data);
	v.constant = own ? (int)own : v.constant;
	if (!v.constant) {
		return talk_fail(m->talk, ERR_INVAL,
			"the meter's constant is not known: set parameter constant (imp/kWh)");
	}
	m->state->variant = v;
	m->state->has_variant = true;
	return ERR_OK;
}

static enum err identify(struct talk *t, struct identity *ret)
{
	static const uint8_t serial[] = {SET4_PARAMETER, 0x00}, version[] = {SET4_PARAMETER, 0x03};
	static const char *const types[] = {"SET-4TM.02, SET-1M.01", "SET-4TM.03", "SEB-1TM",
		"PSCH-4TM.05", "SEO-1.16", "PSCH-3TM.05", "PSCH-4TM.05M", "PSCH-3TM.05M",
		"SET-4TM.02M, .03M", "SEB-1TM.02D", "PSCH-..05D"};
	struct set4 m = set4_of(t);
	struct identity who = {.maker = "NZiF", .medium = "electricity"};
	struct slice data;
	m.state->has_variant = false;
	enum err e = set4_ask(&m, serial, sizeof(serial), 7, &data);
	if (e) {
		return e;
	}
	(void)snprintf(who.serial, sizeof(who.serial), "%u", set4_number(data.data, 4));
	(void)snprintf(who.address, sizeof(who.address), "address=%lld",
		(long long)talk_param(t, "address"));
	e = set4_learn(&m);
	e = e ? e : set4_ask(&m, version, sizeof(version), 3, &data);
	if (e) {
		return e;
	}
	unsigned type = (unsigned)m.state->variant.type;
	bool is_known = type < sizeof(types) / sizeof(types[0]);
	(void)snprintf(who.model, sizeof(who.model), "%s", is_known ? types[type] : "SET-4TM");
	(void)snprintf(who.version, sizeof(who.version), "%02X.%02X.%02X", data.data[0],
		data.data[1], data.data[2]);
	*ret = who;
	return ERR_OK;
}

int64_t set4_utc(const struct set4 *m, const struct civil *c, bool is_winter)
{
	return zone_utc(talk_zone(m->talk), civil_from_utc(civil_to_utc(*c)), is_winter);
}

static enum err read_civil(const struct set4 *m, struct civil *ret, bool *ret_is_winter)
{
	static const uint8_t body[] = {SET4_TIME, 0x00};
	struct slice data;
	enum err e = set4_ask(m, body, sizeof(body), 8, &data);
	if (e) {
		return e;
	}
	*ret_is_winter = data.data[7] == 1;
	return set4_clock(data.data, ret) ?
		       ERR_OK :
		       talk_fail(m->talk, ERR_PROTO, "the clock shows no time");
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct set4 m = set4_of(t);
	struct civil c;
	bool is_winter;
	enum err e = read_civil(&m, &c, &is_winter);
	if (!e) {
		*ret_utc = set4_utc(&m, &c, is_winter);
	}
	return e;
}

static enum err set_clock(struct talk *t, int64_t utc)
{
	struct set4 m = set4_of(t);
	const struct zone *z = talk_zone(t);
	struct civil c = zone_civil(z, utc);
	uint8_t body[10] = {SET4_WRITE, 0x0c};
	struct slice status;
	set4_clock_put(&c, body + 2);
	body[9] = zone_offset(z, utc) <= zone_offset(z, utc - 182 * INT64_C(86400));
	return set4_ask(&m, body, sizeof(body), 1, &status);
}

/* ---- values ---- */

const struct set4_column set4_columns[SET4_COLUMNS] = {
	{"active_energy", QUANTITY_ACTIVE_ENERGY, UNIT_KWH},
	{"active_energy_export", QUANTITY_ACTIVE_ENERGY_EXPORT, UNIT_KWH},
	{"reactive_energy", QUANTITY_REACTIVE_ENERGY, UNIT_KVARH},
	{"reactive_energy_export", QUANTITY_REACTIVE_ENERGY_EXPORT, UNIT_KVARH},
};

static enum err put_energies(const struct set4 *m, int tariff, const uint8_t *b, struct emit *to)
{
	double worth = 2.0 * m->state->variant.constant;
	int decimals = (int)floor(log10(worth) + 1e-9);
	enum err e = ERR_OK;
	for (size_t i = 0; i < SET4_COLUMNS && !e; i++) {
		const struct set4_column *c = &set4_columns[i];
		char key[REGISTER_KEY_CAP];
		(void)snprintf(key, sizeof(key), tariff ? "%s.t%d" : "%s", c->key, tariff);
		e = emit_value(
			to, key, c->quantity, c->unit, set4_number(b + 4 * i, 4) / worth, decimals);
	}
	return e;
}

static enum err put_totals(const struct set4 *m, struct emit *to)
{
	enum err e = ERR_OK;
	for (int tariff = 0; tariff <= TARIFFS && !e; tariff++) {
		uint8_t body[] = {SET4_ENERGY, 0x00, (uint8_t)tariff};
		struct slice data;
		e = set4_ask(m, body, sizeof(body), 16, &data);
		e = e ? e : put_energies(m, tariff, data.data, to);
		e = tariff && e == ERR_UNSUPP ? ERR_OK : e;
	}
	return e;
}

struct group {
	const char *key;
	enum quantity quantity;
	enum unit unit;
	uint8_t rwri;
	char scale; /* 'p' Kc / 1000, 'u' / 100, 'i' Ci / 10 (mA), 'c' / 100 */
	char sign;
	bool has_sum;
};

static const struct group groups[] = {
	{"active_power", QUANTITY_ACTIVE_POWER, UNIT_W, 0x00, 'p', 'p', true},
	{"reactive_power", QUANTITY_REACTIVE_POWER, UNIT_VAR, 0x04, 'p', 'q', true},
	{"apparent_power", QUANTITY_APPARENT_POWER, UNIT_VA, 0x08, 'p', 0, true},
	{"voltage", QUANTITY_VOLTAGE, UNIT_V, 0x10, 'u', 0, false},
	{"current", QUANTITY_CURRENT, UNIT_A, 0x20, 'i', 0, false},
	{"power_factor", QUANTITY_POWER_FACTOR, UNIT_RATIO, 0x30, 'c', 'p', true},
};

static double scaled(const struct set4 *m, const struct group *g, const uint8_t *b)
{
	double n = set4_number(b, 3) & 0x3fffff;
	const struct set4_variant *v = &m->state->variant;
	bool is_minus = (g->sign == 'p' && (b[0] & 0x80)) || (g->sign == 'q' && (b[0] & 0x40));
	n = is_minus ? -n : n;
	switch (g->scale) {
	case 'p': return v->kc ? n * v->kc / 1000 : NAN;
	case 'i': return v->ci ? n * v->ci / 10 / 1000 : NAN;
	default: return n / 100;
	}
}

/* The sum and three phases; of voltages and currents the first repeats phase 1. */
static enum err put_group(const struct set4 *m, const struct group *g, struct emit *to)
{
	uint8_t body[] = {SET4_PARAMETER, 0x16, g->rwri};
	struct slice data;
	enum err e = set4_ask(m, body, sizeof(body), 12, &data);
	for (int i = g->has_sum ? 0 : 1; i < 4 && !e; i++) {
		char key[REGISTER_KEY_CAP];
		(void)snprintf(key, sizeof(key), i ? "%s.l%d" : "%s", g->key, i);
		int decimals = g->scale == 'i' ? 4 : g->scale == 'p' ? 3 : 2;
		e = emit_value(
			to, key, g->quantity, g->unit, scaled(m, g, data.data + 3 * i), decimals);
	}
	return e == ERR_UNSUPP ? ERR_OK : e;
}

static enum err put_rest(const struct set4 *m, struct emit *to)
{
	static const uint8_t frequency[] = {SET4_PARAMETER, 0x11, 0x40};
	static const uint8_t ratios[] = {SET4_PARAMETER, 0x02};
	struct slice data;
	enum err e = set4_ask(m, frequency, sizeof(frequency), 3, &data);
	e = e ? e :
		emit_value(to, "frequency", QUANTITY_FREQUENCY, UNIT_HZ,
			(set4_number(data.data, 3) & 0x3fffff) / 100.0, 2);
	e = e == ERR_UNSUPP ? ERR_OK : e;
	e = e ? e : set4_ask(m, ratios, sizeof(ratios), 10, &data);
	e = e ? e :
		emit_value(to, "ratio_voltage", QUANTITY_RATIO_VOLTAGE, UNIT_NONE,
			set4_number(data.data, 2), 0);
	e = e ? e :
		emit_value(to, "ratio_current", QUANTITY_RATIO_CURRENT, UNIT_NONE,
			set4_number(data.data + 2, 2), 0);
	return e == ERR_UNSUPP ? ERR_OK : e;
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct set4 m = set4_of(t);
	struct emit to = {.out = out, .counters = FORM_NOW};
	enum err e = set4_learn(&m);
	e = e ? e : put_totals(&m, &to);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]) && !e; i++) {
		e = put_group(&m, &groups[i], &to);
	}
	return e ? e : put_rest(&m, &to);
}

/* ---- readings at the beginning of days and months ---- */

struct walk {
	const struct set4 *m;
	struct calendar calendar; /* civil */
	struct span span;
	struct emit to;
	struct civil today;
};

/* The meter names a day or month by its number alone: the date is looked at again when all is read. */
static enum err put_reading(struct walk *w, uint8_t array, uint8_t number, int64_t moment)
{
	uint8_t kept[TARIFFS + 1][16];
	int n = 0;
	struct civil after;
	bool is_winter;
	enum err e = ERR_OK;
	if (moment < w->span.from || moment > w->span.till) {
		return ERR_OK;
	}
	for (; n <= TARIFFS && !e; n++) {
		uint8_t body[] = {SET4_ENERGY_MORE, array, number, (uint8_t)n, 0x0f, 0};
		struct slice data;
		e = set4_ask(w->m, body, sizeof(body), 16, &data);
		if (!e) {
			memcpy(kept[n], data.data, sizeof(kept[n]));
		}
	}
	e = e ? e : read_civil(w->m, &after, &is_winter);
	if (!e && after.day != w->today.day) {
		return talk_fail(w->m->talk, ERR_BUSY,
			"the meter's date changed while it was read: again next time");
	}
	w->to.interval = (struct span){moment, moment};
	for (int i = 0; i < n && !e; i++) {
		e = put_energies(w->m, i, kept[i], &w->to);
	}
	return e;
}

static int64_t moment_of(const struct walk *w, int year, int month, int day)
{
	struct civil c = civil_from_utc(civil_to_utc((struct civil){year, month, day, 0, 0, 0}));
	return zone_utc(w->calendar.zone, c, false);
}

static enum err read_readings(struct walk *w)
{
	const struct civil *d = &w->today;
	enum err e = ERR_OK;
	if (w->to.period == PERIOD_MONTH) {
		for (int back = MONTHS; back >= 0 && !e; back--) {
			int64_t moment = moment_of(w, d->year, d->month - back, 1);
			struct civil c = zone_civil(w->calendar.zone, moment);
			e = put_reading(w, 0x83, (uint8_t)c.month, moment);
		}
		return e;
	}
	for (int back = DAYS - 1; back >= 0 && !e; back--) {
		int64_t moment = moment_of(w, d->year, d->month, d->day - back);
		struct civil c = zone_civil(w->calendar.zone, moment);
		uint8_t array = back == 0 ? 0x84 : back == 1 ? 0x85 : 0x86;
		e = put_reading(w, array, array == 0x86 ? (uint8_t)c.day : 0, moment);
	}
	return e;
}

static enum err read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct set4 m = set4_of(t);
	struct walk w = {.m = &m,
		.calendar = {talk_zone(t), 0, 1},
		.span = span,
		.to = {.out = out, .period = period, .counters = FORM_POINT}};
	bool is_winter;
	enum err e = set4_learn(&m);
	if (e || period == PERIOD_HALF_HOUR || period == PERIOD_HOUR) {
		return e ? e : set4_read_profile(&m, period, span, out);
	}
	e = read_civil(&m, &w.today, &is_winter);
	e = e ? e : read_readings(&w);
	return e ? e : w.to.has_put ? ERR_OK : ERR_NODATA;
}

static enum err read_events(struct talk *t, struct span span, struct sink *out)
{
	struct set4 m = set4_of(t);
	enum err e = ERR_OK;
	for (uint8_t i = 0; i < 10 && !e; i++) {
		uint8_t body[] = {SET4_TIME, (uint8_t)(0x10 | i)};
		static const char *const codes[] = {"power_off", "power_on"};
		struct slice data;
		e = set4_ask(&m, body, sizeof(body), 14, &data);
		for (int k = 0; k < 2 && !e; k++) {
			struct civil c;
			struct meter_event x = {.code = codes[k], .text = ""};
			if (set4_clock(data.data + 7 * k, &c)) {
				x.utc = zone_utc(talk_zone(t), c, false);
				bool is_in = x.utc >= span.from && x.utc < span.till;
				e = is_in && out->event ? out->event(out, &x) : ERR_OK;
			}
		}
	}
	return e;
}

static struct archive_depth depth(const struct talk *t)
{
	int64_t own = talk_param(t, "records");
	/* two half-hours and a header are three records of an hour */
	int hours = (int)(own ? own : 8192) / 3;
	return (struct archive_depth){.half_hours = 2 * hours, .days = DAYS, .months = MONTHS + 1};
}

extern const struct driver driver_set4tm;
const struct driver driver_set4tm = {
	.name = "set4tm",
	.title = "SET-4TM.02, .03, M; PSCH-3TM.05, PSCH-4TM.05; SEB-1TM.02",
	.title_ru = "СЭТ-4ТМ.02, .03, М; ПСЧ-3ТМ.05, ПСЧ-4ТМ.05; СЭБ-1ТМ.02",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_ARCHIVE_HALF_HOUR | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY |
		CAP_ARCHIVE_MONTH | CAP_CLOCK | CAP_SET_CLOCK | CAP_IDENTIFY | CAP_EVENTS,
	.timing = {.baud = 9600, .framing = "8O1", .reply_ms = 200, .gap_ms = 8, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.set_clock = set_clock,
	.read_current = read_current,
	.read_archive = read_archive,
	.read_events = read_events,
	.depth = depth,
};
