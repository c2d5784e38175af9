/*
 * mercury230.c - Mercury 203.2TD, 204, 208, 230, 231, 232, 233, 234, 236, 238 (Incotex)
 *
 * Facts: docs/protocols/mercury230.md. Frames: proto/mercury230.h. Parts: mercury230_driver.h.
 *
 * The meter speaks only over an open channel, which it closes by itself after a while: "not open" is
 * answered with opening it and asking once more. Which of two encodings of the password the meter wants
 * depends on its model; both are tried, and the one that fitted is remembered.
 *
 * A reply does not say what it answers. Its size, its address and its checksum must be right.
 */
#include "drivers/mercury230_driver.h"

#include "drivers/emit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSWORD    6
#define STATUS_BODY 1

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, 240, NULL,
		"address on the line; 0: whoever is alone there (settings are ignored then)",
		"адрес на линии; 0: единственный на ней (запись тогда не действует)"},
	{"level", PARAM_INT, 1, 2, "1", "access level for reading: 1 user, 2 owner",
		"уровень доступа для чтения: 1 потребитель, 2 хозяин"},
	{"password", PARAM_TEXT, 0, 12, "",
		"password of that level, six characters, or twelve hex digits; empty: as delivered",
		"пароль этого уровня, шесть знаков или двенадцать шестнадцатеричных цифр; пусто: "
		"заводской"},
	{"password2", PARAM_TEXT, 0, 12, "", "password of level 2, for setting the clock",
		"пароль уровня 2, для установки часов"},
	{"constant", PARAM_INT, 0, 100000, "0",
		"impulses per kWh, for the load profile; 0: as the meter says",
		"постоянная, имп/кВт·ч, для профиля мощности; 0: как сообщает счётчик"},
	{"ring", PARAM_INT, 0, 8192, "0", "records of the load profile; 0: as the meter says",
		"записей профиля мощности; 0: как сообщает счётчик"},
	{"htc_node", PARAM_TEXT, 0, 60, "",
		"route through an HTC or PPL concentrator: its nodes, such as 137516 or 1,137516",
		"путь через концентратор HTC или PPL: номера узлов, например 137516 или 1,137516"},
	{.name = NULL},
};

/* ---- frames ---- */

/* A frame of `size` bytes behind the address, or a status, stands at the front, or none. */
static struct frame_verdict cut(struct slice s, size_t size)
{
	uint8_t address;
	struct slice body;
	size_t want = size + 3, status = STATUS_BODY + 3;
	struct frame_verdict v = {FRAME_MORE, status};
	if (s.size < status) {
		return v;
	}
	if (m230_unframe((struct slice){s.data, status}, &address, &body) && body.data[0] < 0x10) {
		return (struct frame_verdict){FRAME_FULL, status};
	}
	if (s.size < want) {
		v.size = want;
		return v;
	}
	bool is_good = m230_unframe((struct slice){s.data, want}, &address, &body);
	return (struct frame_verdict){is_good ? FRAME_FULL : FRAME_JUNK, is_good ? want : 1};
}

#define FRAME_OF(n)                                                \
	static struct frame_verdict frame_##n(struct slice so_far) \
	{                                                          \
		return cut(so_far, n);                             \
	}
/* clang-format off */
FRAME_OF(1) FRAME_OF(3) FRAME_OF(4) FRAME_OF(6) FRAME_OF(7) FRAME_OF(8) FRAME_OF(9)
FRAME_OF(12) FRAME_OF(13) FRAME_OF(15) FRAME_OF(16) FRAME_OF(24) FRAME_OF(255)
	/* clang-format on */

	static const struct {
	size_t size;
	frame_fn *frame;
} frames[] = {{1, frame_1}, {3, frame_3}, {4, frame_4}, {6, frame_6}, {7, frame_7}, {8, frame_8},
	{9, frame_9}, {12, frame_12}, {13, frame_13}, {15, frame_15}, {16, frame_16},
	{24, frame_24}, {255, frame_255}};

static struct frame_verdict frame_htc(struct slice so_far)
{
	uint32_t node;
	struct slice inner;
	size_t n = htc_cut(so_far, &node, &inner);
	return n == 0          ? (struct frame_verdict){FRAME_JUNK, 1} :
	       n > so_far.size ? (struct frame_verdict){FRAME_MORE, n} :
				 (struct frame_verdict){FRAME_FULL, n};
}

static frame_fn *frame_of(size_t size)
{
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		if (frames[i].size == size) {
			return frames[i].frame;
		}
	}
	return frame_1;
}

/* ---- a request and its reply ---- */

struct m230 m230_of(struct talk *t)
{
	return (struct m230){t, talk_state(t, sizeof(struct m230_state))};
}

/* The nodes of the route; 0: no concentrator. -1: what stands there is no route. */
static int route_of(const struct m230 *m, uint32_t route[static HTC_NODES_MAX])
{
	const char *at = talk_param_text(m->talk, "htc_node");
	int n = 0;
	while (*at) {
		char *end;
		unsigned long v = strtoul(at, &end, 10);
		if (end == at || v > 0xffffff || n == HTC_NODES_MAX || (*end && *end != ',')) {
			return -1;
		}
		route[n++] = (uint32_t)v;
		at = *end ? end + 1 : end;
	}
	return n;
}

/* An adapter that echoes, though the line's settings do not say so: some requests look like replies. That
 * to a link test is the same as the test. */
static bool is_echo(const struct m230_out *out, struct slice reply)
{
	return out->data[1] != M230_TEST && reply.size == out->size &&
	       memcmp(reply.data, out->data, out->size) == 0;
}

static enum err exchange_direct(
	const struct m230 *m, const struct m230_out *out, size_t size, struct slice *ret_body)
{
	uint8_t address = out->data[0], from;
	frame_fn *frame = frame_of(size);
	struct slice reply;
	enum err e = talk_exchange(m->talk, (struct slice){out->data, out->size}, frame, &reply);
	while (!e && (is_echo(out, reply) || !m230_unframe(reply, &from, ret_body) ||
			     (from != address && address != M230_ANY))) {
		e = talk_again(m->talk, frame, &reply);
	}
	return e;
}

/* The last node of the route is the one that answers. */
static enum err exchange_htc(const struct m230 *m, const struct m230_out *out,
	const uint32_t *route, size_t nodes, size_t size, struct slice *ret_body)
{
	struct m230_out packet;
	struct slice reply, inner;
	uint32_t node;
	uint8_t from;
	htc_wrap(route, nodes, (struct slice){out->data, out->size}, &packet);
	enum err e = talk_exchange(
		m->talk, (struct slice){packet.data, packet.size}, frame_htc, &reply);
	for (; !e; e = talk_again(m->talk, frame_htc, &reply)) {
		(void)htc_cut(reply, &node, &inner);
		if (node != route[nodes - 1]) {
			continue;
		}
		if (inner.size == 0) {
			return talk_fail(m->talk, ERR_TIMEOUT,
				"the concentrator got no answer of the meter behind node %u", node);
		}
		if (m230_unframe(inner, &from, ret_body) &&
			(from == out->data[0] || out->data[0] == M230_ANY) &&
			(ret_body->size == size || ret_body->size == STATUS_BODY)) {
			return ERR_OK;
		}
	}
	return e;
}

static enum err exchange(
	const struct m230 *m, const uint8_t *body, size_t n, size_t size, struct slice *ret_body)
{
	uint32_t route[HTC_NODES_MAX];
	int nodes = route_of(m, route);
	struct m230_out out;
	if (nodes < 0) {
		return talk_fail(m->talk, ERR_INVAL, "htc_node '%s' is not a list of nodes",
			talk_param_text(m->talk, "htc_node"));
	}
	m230_frame((uint8_t)talk_param(m->talk, "address"), (struct slice){body, n}, &out);
	return nodes ? exchange_htc(m, &out, route, (size_t)nodes, size, ret_body) :
		       exchange_direct(m, &out, size, ret_body);
}

static enum err refuse(const struct m230 *m, const uint8_t *body, unsigned status)
{
	static const struct {
		enum err e;
		const char *text;
	} meanings[] = {
		[M230_OK] = {ERR_PROTO, "says OK where data were asked for"},
		[M230_ILLEGAL] = {ERR_UNSUPP, "does not know the command or its parameter"},
		[M230_INTERNAL] = {ERR_BUSY, "reports an internal error"},
		[M230_NO_ACCESS] = {ERR_DENIED, "refuses the access level: is the password right?"},
		[M230_CLOCK_DONE] = {ERR_DENIED, "has corrected its clock today already"},
		[M230_NOT_OPEN] = {ERR_DENIED, "closes the channel at once"},
	};
	unsigned i = status & 15;
	bool is_known = i < sizeof(meanings) / sizeof(meanings[0]);
	return talk_fail(m->talk, is_known ? meanings[i].e : ERR_UNSUPP,
		"the meter %s (command %02X, status %u)", is_known ? meanings[i].text : "refuses",
		body[0], i);
}

/* ---- the channel ---- */

/* Form 0: digits as numbers, "111111" is 01 x 6; form 1: characters. False: no password of this form. */
static bool password_bytes(const char *text, int level, int form, uint8_t to[static PASSWORD])
{
	char factory[PASSWORD + 1];
	(void)snprintf(factory, sizeof(factory), "%s", level == 1 ? "111111" : "222222");
	text = *text ? text : factory;
	size_t n = strlen(text);
	if (n == 2 * PASSWORD) {
		for (int i = 0; i < PASSWORD; i++) {
			char pair[3] = {text[2 * i], text[2 * i + 1], 0}, *end;
			to[i] = (uint8_t)strtoul(pair, &end, 16);
			if (*end) {
				return false;
			}
		}
		return form == 0;
	}
	for (int i = 0; i < PASSWORD; i++) {
		bool is_digit = n == PASSWORD && text[i] >= '0' && text[i] <= '9';
		if (n != PASSWORD || (form == 0 && !is_digit)) {
			return false;
		}
		to[i] = (uint8_t)(form == 0 ? text[i] - '0' : text[i]);
	}
	return true;
}

static enum err open_as(const struct m230 *m, int level, const char *text, int form)
{
	uint8_t body[2 + PASSWORD] = {M230_OPEN, (uint8_t)level};
	struct slice status;
	if (!password_bytes(text, level, form, body + 2)) {
		return ERR_NOTFOUND;
	}
	enum err e = exchange(m, body, sizeof(body), STATUS_BODY, &status);
	if (!e && (status.data[0] & 15) == M230_OK) {
		m->state->password_form = (uint8_t)(1 + form);
		return ERR_OK;
	}
	return e ? e : ERR_DENIED;
}

static enum err open_channel(const struct m230 *m, int level, const char *text)
{
	int first = m->state->password_form == 2;
	enum err e = ERR_NOTFOUND;
	for (int i = 0; i < 2 && (e == ERR_NOTFOUND || e == ERR_DENIED); i++) {
		enum err step = open_as(m, level, text, first ^ i);
		e = step == ERR_NOTFOUND ? e : step;
	}
	if (e == ERR_NOTFOUND) {
		return talk_fail(
			m->talk, ERR_INVAL, "a password is six characters or twelve hex digits");
	}
	return e == ERR_DENIED ?
		       talk_fail(m->talk, e, "the meter does not take the password of level %d",
			       level) :
		       e;
}

enum err m230_ask_either(const struct m230 *m, const uint8_t *body, size_t n, size_t size,
	size_t or_size, struct slice *ret_data)
{
	for (int round = 0;; round++) {
		enum err e = exchange(m, body, n, size, ret_data);
		if (e) {
			return e;
		}
		unsigned status = ret_data->data[0] & 15u;
		bool is_status = ret_data->size == STATUS_BODY;
		if (!is_status && (ret_data->size == size || ret_data->size == or_size)) {
			return ERR_OK;
		}
		if (is_status && size == STATUS_BODY && status == M230_OK) {
			return ERR_OK;
		}
		if (is_status && status == M230_NOT_OPEN && round == 0) {
			e = open_channel(m, (int)talk_param(m->talk, "level"),
				talk_param_text(m->talk, "password"));
			if (e) {
				return e;
			}
			continue;
		}
		return refuse(m, body, status);
	}
}

enum err m230_ask(
	const struct m230 *m, const uint8_t *body, size_t n, size_t size, struct slice *ret_data)
{
	return m230_ask_either(m, body, n, size, size, ret_data);
}

/* ---- identification ---- */

enum err m230_variant(const struct m230 *m)
{
	static const uint8_t body[] = {M230_PARAMETER, 0x12};
	struct slice data;
	enum err e = m->state->has_variant ? ERR_OK : m230_ask(m, body, sizeof(body), 6, &data);
	if (!e && !m->state->has_variant) {
		memcpy(m->state->variant, data.data, sizeof(m->state->variant));
		m->state->has_variant = true;
	}
	return e;
}

static enum err identify(struct talk *t, struct identity *ret)
{
	static const uint8_t serial[] = {M230_PARAMETER, 0x00}, version[] = {M230_PARAMETER, 0x03};
	struct m230 m = m230_of(t);
	struct identity who = {.maker = "Incotex", .model = "Mercury", .medium = "electricity"};
	char digits[9];
	struct slice data;
	*m.state = (struct m230_state){.password_form = m.state->password_form};
	enum err e = m230_ask(&m, serial, sizeof(serial), 7, &data);
	if (e) {
		return e;
	}
	if (!m230_serial(data.data, digits)) {
		return talk_fail(t, ERR_PROTO, "the number is not four pairs of digits");
	}
	(void)snprintf(who.serial, sizeof(who.serial), "%s", digits);
	(void)snprintf(
		who.address, sizeof(who.address), "address=%d", (int)talk_param(t, "address"));
	e = m230_ask(&m, version, sizeof(version), 3, &data);
	if (!e) {
		(void)snprintf(who.version, sizeof(who.version), "%d.%d.%d", m230_bcd(data.data[0]),
			m230_bcd(data.data[1]), m230_bcd(data.data[2]));
		e = m230_variant(&m);
	}
	if (!e) {
		(void)snprintf(who.model, sizeof(who.model), "Mercury, %d phase%s, %d imp/kWh",
			m.state->variant[1] & 0x10 ? 1 : 3, m.state->variant[1] & 0x10 ? "" : "s",
			m230_constant(m.state->variant[1]));
	}
	if (e && !err_is_answer(e)) {
		return e;
	}
	*ret = who;
	return ERR_OK;
}

/* ---- clock ---- */

enum err m230_civil(const struct m230 *m, struct civil *ret, bool *ret_is_winter)
{
	static const uint8_t body[] = {M230_TIME, 0x00};
	struct slice data;
	enum err e = m230_ask(m, body, sizeof(body), 8, &data);
	if (!e && !m230_clock(data.data, ret, ret_is_winter)) {
		return talk_fail(m->talk, ERR_PROTO, "the clock shows no time");
	}
	return e;
}

/* The hour that comes twice is told apart by the meter's flag of the season. */
int64_t m230_utc(const struct m230 *m, const struct civil *c, bool is_winter)
{
	return zone_utc(talk_zone(m->talk), civil_from_utc(civil_to_utc(*c)), is_winter);
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct m230 m = m230_of(t);
	struct civil c;
	bool is_winter;
	enum err e = m230_civil(&m, &c, &is_winter);
	if (!e) {
		*ret_utc = m230_utc(&m, &c, is_winter);
	}
	return e;
}

/* Is standard time in force: the lesser offset of the zone around this year? */
static bool is_winter_at(const struct zone *z, int64_t utc)
{
	int now = zone_offset(z, utc);
	return now <= zone_offset(z, utc - 182 * INT64_C(86400));
}

static enum err set_clock(struct talk *t, int64_t utc)
{
	struct m230 m = m230_of(t);
	struct civil c = zone_civil(talk_zone(t), utc);
	uint8_t body[10] = {M230_WRITE, 0x0c};
	static const uint8_t close[] = {M230_CLOSE};
	struct slice status;
	m230_clock_put(&c, is_winter_at(talk_zone(t), utc), body + 2);
	enum err e = open_channel(&m, 2, talk_param_text(t, "password2"));
	if (e) {
		return e;
	}
	e = m230_ask(&m, body, sizeof(body), STATUS_BODY, &status);
	/* read again as before, without the rights of level 2; a failure shows at the next request */
	(void)exchange(&m, close, sizeof(close), STATUS_BODY, &status);
	return e;
}

/* ---- current values ---- */

const struct m230_column m230_columns[M230_COLUMNS] = {
	{"active_energy", QUANTITY_ACTIVE_ENERGY, UNIT_WH},
	{"active_energy_export", QUANTITY_ACTIVE_ENERGY_EXPORT, UNIT_WH},
	{"reactive_energy", QUANTITY_REACTIVE_ENERGY, UNIT_VARH},
	{"reactive_energy_export", QUANTITY_REACTIVE_ENERGY_EXPORT, UNIT_VARH},
};

enum err m230_put_energies(
	struct slice data, int tariff, const struct sample *x, struct sink *out, bool *ret_has_put)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < M230_COLUMNS && !e; i++) {
		const struct m230_column *c = &m230_columns[i];
		char key[REGISTER_KEY_CAP];
		struct sample s = *x;
		s.value = m230_energy(data.data + 4 * i);
		if (isnan(s.value)) {
			continue; /* this model does not measure it */
		}
		(void)snprintf(key, sizeof(key), tariff ? "%s.t%d" : "%s", c->key, tariff);
		s.key = key;
		s.quantity = c->quantity;
		s.unit = c->unit;
		s.decimals = 0;
		s.capacity = 4294967295.0;
		s.quality = quality_make(QUALITY_MEASURED, SOURCE_NONE, 0);
		e = out->put(out, &s);
		*ret_has_put = true;
	}
	return e;
}

static enum err put_totals(const struct m230 *m, struct sink *out, bool *ret_has_put)
{
	const struct sample now = {.form = FORM_NOW};
	for (int tariff = 0; tariff <= M230_TARIFFS; tariff++) {
		uint8_t body[] = {M230_ENERGY, 0x00, (uint8_t)tariff};
		struct slice data;
		enum err e = m230_ask(m, body, sizeof(body), 16, &data);
		e = e ? e : m230_put_energies(data, tariff, &now, out, ret_has_put);
		if (e && (tariff == 0 || !err_is_answer(e))) {
			return e;
		}
	}
	return ERR_OK;
}

/* A group: the sum and three phases, or the phases, or one value. */
struct group {
	const char *key;
	enum quantity quantity;
	enum unit unit;
	uint8_t bwri;
	bool has_sum;
	uint16_t divisor;
	int8_t decimals;
	char sign; /* 'p': the active direction, 'q': the reactive one, 0: none */
};

static const struct group groups[] = {
	{"active_power", QUANTITY_ACTIVE_POWER, UNIT_W, 0x00, true, 100, 2, 'p'},
	{"reactive_power", QUANTITY_REACTIVE_POWER, UNIT_VAR, 0x04, true, 100, 2, 'q'},
	{"apparent_power", QUANTITY_APPARENT_POWER, UNIT_VA, 0x08, true, 100, 2, 0},
	{"voltage", QUANTITY_VOLTAGE, UNIT_V, 0x11, false, 100, 2, 0},
	{"current", QUANTITY_CURRENT, UNIT_A, 0x21, false, 1000, 3, 0},
	{"power_factor", QUANTITY_POWER_FACTOR, UNIT_RATIO, 0x30, true, 1000, 3, 'p'},
	{"frequency", QUANTITY_FREQUENCY, UNIT_HZ, 0x40, false, 100, 2, 0},
};

static enum err put_group(const struct m230 *m, const struct group *g, struct emit *to)
{
	uint8_t body[] = {M230_PARAMETER, 0x16, g->bwri};
	bool is_single = g->quantity == QUANTITY_FREQUENCY;
	size_t size = is_single ? 3 : g->has_sum ? 12 : 9;
	bool is_one_phase = m->state->has_variant && (m->state->variant[1] & 0x10);
	struct slice data;
	enum err e = m230_ask_either(m, body, sizeof(body), is_one_phase ? 3 : size, size, &data);
	for (size_t i = 0; !e && 3 * i < data.size; i++) {
		struct m230_value v = m230_instant(data.data + 3 * i);
		bool is_minus = (g->sign == 'p' && v.is_reverse) ||
				(g->sign == 'q' && v.is_reactive_reverse);
		size_t phase = g->has_sum ? i : i + 1;
		char key[REGISTER_KEY_CAP];
		(void)snprintf(
			key, sizeof(key), phase && data.size > 3 ? "%s.l%zu" : "%s", g->key, phase);
		double x = (double)v.raw / g->divisor;
		e = emit_value(to, key, g->quantity, g->unit, is_minus ? -x : x, g->decimals);
	}
	return err_is_answer(e) ? ERR_OK : e;
}

static enum err put_ratios(const struct m230 *m, struct emit *to)
{
	static const uint8_t body[] = {M230_PARAMETER, 0x02};
	static const struct cell cells[] = {
		{"ratio_voltage", QUANTITY_RATIO_VOLTAGE, UNIT_NONE, CELL_U16BE, 0, 0, 0, 0},
		{"ratio_current", QUANTITY_RATIO_CURRENT, UNIT_NONE, CELL_U16BE, 2, 0, 0, 0}};
	struct slice data;
	enum err e = m230_ask(m, body, sizeof(body), 4, &data);
	e = e ? e : emit_cells(to, cells, 2, data);
	return err_is_answer(e) ? ERR_OK : e;
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct m230 m = m230_of(t);
	struct emit to = {.out = out, .counters = FORM_NOW};
	bool has_put = false;
	enum err e = m230_variant(&m);
	e = err_is_answer(e) && e != ERR_DENIED ? ERR_OK : e;
	e = e ? e : put_totals(&m, out, &has_put);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]) && !e; i++) {
		e = put_group(&m, &groups[i], &to);
	}
	return e ? e : put_ratios(&m, &to);
}

/* ---- archives ---- */

static enum err read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct m230 m = m230_of(t);
	enum err e = m230_variant(&m);
	if (e) {
		return e;
	}
	return period == PERIOD_DAY || period == PERIOD_MONTH ?
		       m230_read_readings(&m, period, span, out) :
		       m230_read_profile(&m, period, span, out);
}

static enum err read_events(struct talk *t, struct span span, struct sink *out)
{
	struct m230 m = m230_of(t);
	return m230_read_journals(&m, span, out);
}

static struct archive_depth depth(const struct talk *t)
{
	/* reading the state changes nothing */
	const struct m230_state *s = talk_state(
		(struct talk *)(uintptr_t)t, sizeof(struct m230_state));
	int64_t own = talk_param(t, "ring");
	bool is_large = s->has_variant && (s->variant[3] & 0x80);
	bool is_old = s->slices == M230_UNABLE;
	return (struct archive_depth){.half_hours = own      ? (int)own :
						    is_large ? 2 * M230_RING :
							       M230_RING,
		.days = is_old ? M230_OLD_DAYS : M230_DAYS,
		.months = is_old ? M230_OLD_MONTHS : M230_MONTHS};
}

extern const struct driver driver_mercury230;
const struct driver driver_mercury230 = {
	.name = "mercury230",
	.title = "Mercury 203.2TD, 204, 208, 230 to 238",
	.title_ru = "Меркурий 203.2TD, 204, 208, 230–238",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_ARCHIVE_HALF_HOUR | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY |
		CAP_ARCHIVE_MONTH | CAP_CLOCK | CAP_SET_CLOCK | CAP_IDENTIFY | CAP_EVENTS,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 150, .gap_ms = 5, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.set_clock = set_clock,
	.read_current = read_current,
	.read_archive = read_archive,
	.read_events = read_events,
	.depth = depth,
};
