/*
 * mercury230.c - Mercury 203.2TD, 204, 208, 230, 231, 232, 233, 234, 236, 238 (Incotex)
 *
 * Facts: docs/protocols/mercury230.md. Frames: proto/mercury230.h. Parts: mercury230_driver.h.
 *
 * What the meter shows, at its terminals: without its Kn and Kt. Energies it does not measure are left
 * out.
 */
#include "drivers/mercury230_driver.h"
#include "proto/bcd.h"

#include "drivers/emit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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
	{"long_reply", PARAM_BOOL, 0, 0, "no",
		"older firmware: read 16 records of the load profile at once; a meter that cannot "
		"may set its error E-07",
		"старая прошивка: читать по 16 записей профиля за раз; счётчик, который этого не "
		"умеет, может выставить ошибку E-07"},
	{"htc_node", PARAM_TEXT, 0, 60, "",
		"route through an HTC or PPL concentrator: its nodes, such as 137516 or 1,137516",
		"путь через концентратор HTC или PPL: номера узлов, например 137516 или 1,137516"},
	{.name = NULL},
};

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

static bool is_one_phase(const struct m230 *m)
{
	return m->state->has_variant && (m->state->variant[1] & 0x10);
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
		(void)snprintf(who.version, sizeof(who.version), "%d.%d.%d", bcd_get(data.data[0]),
			bcd_get(data.data[1]), bcd_get(data.data[2]));
		e = m230_variant(&m);
	}
	if (!e) {
		(void)snprintf(who.model, sizeof(who.model), "Mercury, %d phase%s, %d imp/kWh",
			is_one_phase(&m) ? 1 : 3, is_one_phase(&m) ? "" : "s",
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

static enum err set_clock(struct talk *t, int64_t utc)
{
	struct m230 m = m230_of(t);
	struct civil c = zone_civil(talk_zone(t), utc);
	uint8_t body[10] = {M230_WRITE, 0x0c};
	static const uint8_t close[] = {M230_CLOSE};
	struct slice status;
	m230_clock_put(&c, emit_is_winter(talk_zone(t), utc), body + 2);
	if (talk_param(t, "address") == M230_ANY) {
		return talk_fail(t, ERR_UNSUPP,
			"at address 0 the meter takes no settings: give its own address");
	}
	enum err e = m230_open(&m, 2, talk_param_text(t, "password2"));
	if (e) {
		return e;
	}
	e = m230_ask(&m, body, sizeof(body), 1, &status);
	/* read again as before, without the rights of level 2; a failure shows at the next request */
	(void)m230_ask(&m, close, sizeof(close), 1, &status);
	return e;
}

/* ---- current values ---- */

const struct m230_column m230_columns[M230_COLUMNS] = {
	{"active_energy", QUANTITY_ACTIVE_ENERGY, UNIT_KWH},
	{"active_energy_export", QUANTITY_ACTIVE_ENERGY_EXPORT, UNIT_KWH},
	{"reactive_energy", QUANTITY_REACTIVE_ENERGY, UNIT_KVARH},
	{"reactive_energy_export", QUANTITY_REACTIVE_ENERGY_EXPORT, UNIT_KVARH},
};

enum err m230_put_energies(
	struct slice data, int tariff, const struct sample *x, struct sink *out, bool *ret_has_put)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < M230_COLUMNS && !e; i++) {
		const struct m230_column *c = &m230_columns[i];
		char key[REGISTER_KEY_CAP];
		struct sample s = *x;
		s.value = m230_energy(data.data + 4 * i) / 1000;
		if (isnan(s.value)) {
			continue; /* this model does not measure it */
		}
		(void)snprintf(key, sizeof(key), tariff ? "%s.t%d" : "%s", c->key, tariff);
		s.key = key;
		s.quantity = c->quantity;
		s.unit = c->unit;
		s.decimals = 3;
		s.capacity = 4294967.295;
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
	struct slice data;
	/* what a meter of one phase answers is not documented */
	const struct m230_size want = {is_one_phase(m) ? 3 : size, size};
	enum err e = m230_ask_either(m, body, sizeof(body), &want, &data);
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

/* Errors E-01 .. E-48, bit n - 1 for E-n; the code as the meter has it. */
static enum err put_errors(const struct m230 *m, struct emit *to)
{
	static const uint8_t body[] = {M230_PARAMETER, 0x0a};
	struct slice data;
	enum err e = m230_ask(m, body, sizeof(body), 6, &data);
	e = e ? e :
		emit_value(to, "error_code", QUANTITY_ERROR_CODE, UNIT_NONE,
			(double)m230_errors(data.data), 0);
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
	e = e ? e : put_ratios(&m, &to);
	return e ? e : put_errors(&m, &to);
}

/* ---- archives ---- */

static enum err read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct m230 m = m230_of(t);
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
