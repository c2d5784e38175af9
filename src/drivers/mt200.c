/*
 * mt200.c - Vzlet MT-200DS and TSR, the text protocol
 *
 * Facts: docs/protocols/mt200.md. Frames, texts, records: proto/mt200.h.
 *
 * On RS-232 a reply has no checksum and names neither command nor channel: every text is asked for twice
 * and believed when both times agree (`repeat`). Measured values may move a little between the two.
 * A meter slower than the time-out answers every repeated request: those replies are waited for and dropped.
 */
#include "drivers/mt200.h"

#include "base/str.h"
#include "model/unit_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_MAX 5
#define UNITS_S   86400 /* a unit may be set anew in the meter, and nothing else would tell */
#define MOVES     0.1   /* two readings of a measured value agree within this part of it ... */
#define MOVES_ABS 1.0   /* ... or this much */

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, 255, "0", "address on RS-485; 0: RS-232, alone on its line",
		"адрес на RS-485; 0: RS-232, один на линии"},
	{"repeat", PARAM_BOOL, 0, 0, "yes",
		"read everything twice on RS-232, where replies have no checksum",
		"на RS-232, где у ответов нет контрольной суммы, читать всё дважды"},
	{"pressure_unit", PARAM_TEXT, 0, 16, "",
		"unit the meter shows pressures in (MPa, kgf_per_cm2, bar); empty: not read",
		"единица давления на приборе (MPa, kgf_per_cm2, bar); пусто: не читать"},
	{.name = NULL},
};

/* ---- conversation ---- */

static struct frame_verdict verdict(struct mt200_cut cut)
{
	return (struct frame_verdict){cut.state == MT200_CUT_FULL ? FRAME_FULL :
				      cut.state == MT200_CUT_MORE ? FRAME_MORE :
								    FRAME_JUNK,
		cut.size};
}

static struct frame_verdict text_232(struct slice so_far)
{
	return verdict(mt200_cut_reply(so_far, false, 0));
}

static struct frame_verdict text_485(struct slice so_far)
{
	return verdict(mt200_cut_reply(so_far, true, 0));
}

struct mt200 mt200_open(struct talk *t)
{
	int address = (int)talk_param(t, "address");
	bool is_485 = address != 0;
	return (struct mt200){.talk = t,
		.state = talk_state(t, sizeof(struct mt200_state)),
		.address = is_485 ? address : MT200_RS232,
		.is_485 = is_485,
		.is_repeated = !is_485 && talk_param(t, "repeat")};
}

static enum err ask_once(
	const struct mt200 *m, uint8_t command, uint8_t index, char text[static MT200_TEXT_CAP])
{
	struct mt200_frame f;
	struct slice reply;
	enum err e = talk_exchange(m->talk, mt200_ask(&f, m->address, command, index),
		m->is_485 ? text_485 : text_232, &reply);
	e = e ? e : mt200_text_decode(reply, m->is_485, text);
	return e == ERR_PROTO ? talk_fail(m->talk, e, "no text in reply to command %02X", command) :
				e;
}

typedef bool agree_fn(const char *a, const char *b);

static bool is_same(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static bool is_near(const char *a, const char *b)
{
	double x, y;
	int n, k;
	if (is_same(a, b)) {
		return true;
	}
	return !mt200_number(a, &x, &n) && !mt200_number(b, &y, &k) && n == k &&
	       fabs(x - y) <= MOVES_ABS + MOVES * fabs(x);
}

/* Seconds go on. */
static bool is_soon(const char *a, const char *b)
{
	struct civil x = {.year = 2000, .month = 1, .day = 1}, y = x;
	return mt200_time(a, &x) && mt200_time(b, &y) &&
	       llabs(civil_to_utc(y) - civil_to_utc(x)) <= 60;
}

/* A text two readings agree on, or one where replies have a checksum. */
static enum err ask(const struct mt200 *m, uint8_t command, uint8_t index, agree_fn *agree,
	char text[static MT200_TEXT_CAP])
{
	char before[MT200_TEXT_CAP];
	enum err e = ask_once(m, command, index, text), last;
	if (e && !err_is_answer(e)) {
		return e; /* what was asked for may still come: better nothing is asked now */
	}
	for (int i = 1; m->is_repeated && i < TRIES_MAX; i++) {
		last = e;
		(void)memcpy(before, text, sizeof(before));
		e = ask_once(m, command, index, text);
		if (e == last && (err_is_answer(e) && e ? true : !e && agree(before, text))) {
			return e;
		}
		if (e && !err_is_answer(e)) {
			return e;
		}
	}
	return m->is_repeated ? talk_fail(m->talk, ERR_NOISE,
					"replies to command %02X differ each time", command) :
				e;
}

/* ---- units and keys ---- */

enum err mt200_learn_units(const struct mt200 *m)
{
	static const enum unit volumes[] = {UNIT_L, UNIT_M3, UNIT_T};
	static const enum unit heats[] = {UNIT_GJ, UNIT_MWH, UNIT_GCAL};
	char text[MT200_TEXT_CAP];
	int64_t age = talk_now(m->talk) - m->state->units_utc;
	if (m->state->has_units && age >= 0 && age < UNITS_S) {
		return ERR_OK;
	}
	for (int channel = 0; channel <= MT200_CHANNELS; channel++) {
		bool is_heat = channel == 0;
		enum err e = ask(m, is_heat ? MT200_HEAT_UNIT : MT200_UNIT,
			mt200_index(is_heat ? 1 : channel), is_same, text);
		if (e && !err_is_answer(e)) {
			return e;
		}
		bool is_told = !e && text[0] >= '0' && text[0] <= '2' && !text[1];
		if (is_heat) {
			m->state->heat = is_told ? heats[text[0] - '0'] : UNIT_NONE;
		} else {
			m->state->volume[channel - 1] = is_told ? volumes[text[0] - '0'] :
								  UNIT_NONE;
		}
	}
	m->state->has_units = true;
	m->state->units_utc = talk_now(m->talk);
	m->state->refused = 0;
	return ERR_OK;
}

bool mt200_channel(const struct mt200 *m, int channel, bool is_flow, struct sample *ret)
{
	static const enum quantity quantities[2][2][3] = {
		{{QUANTITY_VOLUME_SUPPLY, QUANTITY_VOLUME_RETURN, QUANTITY_VOLUME},
			{QUANTITY_MASS_SUPPLY, QUANTITY_MASS_RETURN, QUANTITY_MASS}},
		{{QUANTITY_FLOW_SUPPLY, QUANTITY_FLOW_RETURN, QUANTITY_FLOW},
			{QUANTITY_MASS_FLOW_SUPPLY, QUANTITY_MASS_FLOW_RETURN,
				QUANTITY_MASS_FLOW}}};
	static const char *const keys[2][2][MT200_CHANNELS] = {
		{{"volume_supply", "volume_return", "volume.3", "volume.4", "volume.5"},
			{"mass_supply", "mass_return", "mass.3", "mass.4", "mass.5"}},
		{{"flow_supply", "flow_return", "flow.3", "flow.4", "flow.5"},
			{"mass_flow_supply", "mass_flow_return", "mass_flow.3", "mass_flow.4",
				"mass_flow.5"}}};
	enum unit counted = m->state->volume[channel - 1];
	bool is_mass = counted == UNIT_T;
	ret->key = keys[is_flow][is_mass][channel - 1];
	ret->quantity = quantities[is_flow][is_mass][channel > 2 ? 2 : channel - 1];
	ret->unit = counted;
	if (is_flow) {
		ret->unit = is_mass ? UNIT_T_H : counted == UNIT_L ? UNIT_L_H : UNIT_M3_H;
	}
	return counted != UNIT_NONE;
}

/* ---- current values ---- */

enum kind {
	KIND_VOLUME_OF, /* of a channel, in its unit */
	KIND_FLOW_OF,
	KIND_HEAT,  /* in the unit of heat */
	KIND_POWER, /* in that an hour */
	KIND_PRESSURE_OF,
	KIND_BITS,
	KIND_DIFF, /* of channels 1 and 2 */
	KIND_FIXED
};

static const struct line_of {
	uint8_t command;
	uint8_t channel; /* 0: index 0 */
	enum kind kind;
	const char *key;
	enum quantity quantity;
	enum unit unit;
} table[] = {
	{MT200_VOLUME, 1, KIND_VOLUME_OF, NULL, QUANTITY_VOLUME, UNIT_NONE},
	{MT200_VOLUME, 2, KIND_VOLUME_OF, NULL, QUANTITY_VOLUME, UNIT_NONE},
	{MT200_VOLUME, 3, KIND_VOLUME_OF, NULL, QUANTITY_VOLUME, UNIT_NONE},
	{MT200_VOLUME, 4, KIND_VOLUME_OF, NULL, QUANTITY_VOLUME, UNIT_NONE},
	{MT200_VOLUME, 5, KIND_VOLUME_OF, NULL, QUANTITY_VOLUME, UNIT_NONE},
	{MT200_CHANNELS_DIFF, 0, KIND_DIFF, NULL, QUANTITY_MASS_LEAK, UNIT_NONE},
	{MT200_HEAT_DIFF, 0, KIND_HEAT, "heat_energy", QUANTITY_HEAT_ENERGY, UNIT_NONE},
	{MT200_HEAT, 1, KIND_HEAT, "heat_energy.1", QUANTITY_HEAT_ENERGY, UNIT_NONE},
	{MT200_HEAT, 2, KIND_HEAT, "heat_energy.2", QUANTITY_HEAT_ENERGY, UNIT_NONE},
	{MT200_FLOW, 1, KIND_FLOW_OF, NULL, QUANTITY_FLOW, UNIT_NONE},
	{MT200_FLOW, 2, KIND_FLOW_OF, NULL, QUANTITY_FLOW, UNIT_NONE},
	{MT200_FLOW, 3, KIND_FLOW_OF, NULL, QUANTITY_FLOW, UNIT_NONE},
	{MT200_FLOW, 4, KIND_FLOW_OF, NULL, QUANTITY_FLOW, UNIT_NONE},
	{MT200_FLOW, 5, KIND_FLOW_OF, NULL, QUANTITY_FLOW, UNIT_NONE},
	{MT200_TEMPERATURE, 1, KIND_FIXED, "temperature_supply", QUANTITY_TEMPERATURE_SUPPLY,
		UNIT_DEGC},
	{MT200_TEMPERATURE, 2, KIND_FIXED, "temperature_return", QUANTITY_TEMPERATURE_RETURN,
		UNIT_DEGC},
	{MT200_TEMPERATURE, 4, KIND_FIXED, "temperature.4", QUANTITY_TEMPERATURE, UNIT_DEGC},
	{MT200_TEMPERATURE, 5, KIND_FIXED, "temperature.5", QUANTITY_TEMPERATURE, UNIT_DEGC},
	{MT200_DIFFERENCE, 0, KIND_FIXED, "temperature_difference", QUANTITY_TEMPERATURE_DIFFERENCE,
		UNIT_K},
	{MT200_COLD, 0, KIND_FIXED, "temperature_cold", QUANTITY_TEMPERATURE_COLD, UNIT_DEGC},
	{MT200_POWER, 1, KIND_POWER, "heat_power.1", QUANTITY_HEAT_POWER, UNIT_NONE},
	{MT200_POWER, 2, KIND_POWER, "heat_power.2", QUANTITY_HEAT_POWER, UNIT_NONE},
	{MT200_PRESSURE, 1, KIND_PRESSURE_OF, "pressure_supply", QUANTITY_PRESSURE_SUPPLY,
		UNIT_NONE},
	{MT200_PRESSURE, 2, KIND_PRESSURE_OF, "pressure_return", QUANTITY_PRESSURE_RETURN,
		UNIT_NONE},
	{MT200_PRESSURE, 4, KIND_PRESSURE_OF, "pressure.4", QUANTITY_PRESSURE, UNIT_NONE},
	{MT200_PRESSURE, 5, KIND_PRESSURE_OF, "pressure.5", QUANTITY_PRESSURE, UNIT_NONE},
	{MT200_WORKING_MIN, 0, KIND_FIXED, "operating_time", QUANTITY_OPERATING_TIME, UNIT_MIN},
	{MT200_FAULT_MIN, 0, KIND_FIXED, "error_time", QUANTITY_ERROR_TIME, UNIT_MIN},
	{MT200_ERRORS, 0, KIND_BITS, "error_code", QUANTITY_ERROR_CODE, UNIT_NONE},
};

#define LINES (sizeof(table) / sizeof(table[0]))

static enum unit power_unit(enum unit heat)
{
	return heat == UNIT_GCAL ? UNIT_GCAL_H :
	       heat == UNIT_MWH  ? UNIT_MW :
	       heat == UNIT_GJ   ? UNIT_GJ_H :
				   UNIT_NONE;
}

/* What the value is of; false: the unit is not known, the value of no use. */
static bool describe(const struct mt200 *m, const struct line_of *l, struct sample *s)
{
	*s = (struct sample){.key = l->key, .quantity = l->quantity, .unit = l->unit};
	switch (l->kind) {
	case KIND_VOLUME_OF: return mt200_channel(m, l->channel, false, s);
	case KIND_FLOW_OF: return mt200_channel(m, l->channel, true, s);
	case KIND_DIFF:
		s->unit = m->state->volume[0];
		s->key = s->unit == UNIT_T ? "mass_leak" : "volume.diff";
		s->quantity = s->unit == UNIT_T ? QUANTITY_MASS_LEAK : QUANTITY_VOLUME;
		return s->unit != UNIT_NONE;
	case KIND_HEAT: s->unit = m->state->heat; return s->unit != UNIT_NONE;
	case KIND_POWER: s->unit = power_unit(m->state->heat); return s->unit != UNIT_NONE;
	case KIND_PRESSURE_OF:
		return unit_from_name(talk_param_text(m->talk, "pressure_unit"), &s->unit) &&
		       unit_dimension(s->unit) == DIM_PRESSURE;
	default: return true;
	}
}

static enum err put_bits(struct sample *s, const char *text, struct sink *out)
{
	uint16_t bits;
	if (!mt200_bits(text, &bits)) {
		return ERR_PROTO;
	}
	s->value = bits;
	enum err e = out->put(out, s);
	s->key = "abnormal";
	s->quantity = QUANTITY_ABNORMAL;
	s->value = mt200_abnormal(bits);
	return e ? e : out->put(out, s);
}

static enum err read_line(const struct mt200 *m, const struct line_of *l, struct sink *out)
{
	char text[MT200_TEXT_CAP];
	struct sample s;
	if (!describe(m, l, &s)) {
		return ERR_OK;
	}
	enum err e = ask(m, l->command, l->channel ? mt200_index(l->channel) : 0,
		l->kind == KIND_BITS ? is_same : is_near, text);
	if (!e && l->kind == KIND_BITS) {
		e = put_bits(&s, text, out);
	} else if (!e) {
		e = mt200_number(text, &s.value, &s.decimals);
		s.quality = quality_make(
			isnan(s.value) ? QUALITY_MISSING : QUALITY_MEASURED, SOURCE_NONE, 0);
		e = e ? e : out->put(out, &s);
	}
	return e == ERR_PROTO ? talk_fail(m->talk, e, "command %02X: no number", l->command) : e;
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct mt200 m = mt200_open(t);
	enum err e = mt200_learn_units(&m);
	for (size_t i = 0; i < LINES && !e; i++) {
		if (m.state->refused >> i & 1) {
			continue;
		}
		e = read_line(&m, &table[i], out);
		if (e == ERR_UNSUPP) {
			m.state->refused |= (uint32_t)1 << i;
			e = ERR_OK;
		}
	}
	return e;
}

/* ---- who, when ---- */

/* "MT-200DS V1.16": model and version. */
static void name_into(const char *cp866, struct identity *ret)
{
	char text[2 * MT200_TEXT_CAP];
	(void)text_to_utf8(text, sizeof(text), cp866, strlen(cp866), TEXT_CP866);
	char *blank = strrchr(text, ' ');
	if (blank) {
		(void)STR_COPY(ret->version, blank + 1);
		*blank = 0;
	}
	(void)STR_COPY(ret->model, text);
}

static enum err identify(struct talk *t, struct identity *ret)
{
	struct mt200 m = mt200_open(t);
	char text[MT200_TEXT_CAP];
	*m.state = (struct mt200_state){0}; /* it may be another meter now */
	enum err e = ask(&m, MT200_NAME_TSR, 0, is_same, text);
	if (e == ERR_UNSUPP) {
		e = ask(&m, MT200_NAME_MT, 0, is_same, text);
	}
	if (e) {
		return e;
	}
	*ret = (struct identity){.maker = "Vzlet", .medium = "heat"};
	name_into(text, ret);
	if (m.is_485) {
		(void)snprintf(ret->address, sizeof(ret->address), "address=%d", m.address);
	}
	e = ask(&m, MT200_NUMBER, 0, is_same, text);
	if (!e) {
		(void)text_to_utf8(
			ret->serial, sizeof(ret->serial), text, strlen(text), TEXT_CP866);
	}
	return err_is_answer(e) ? ERR_OK : e;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct mt200 m = mt200_open(t);
	struct civil at = {0};
	char date[MT200_TEXT_CAP], time[MT200_TEXT_CAP];
	enum err e = ask(&m, MT200_DATE, 0, is_same, date);
	e = e ? e : ask(&m, MT200_TIME, 0, is_soon, time);
	if (!e && strncmp(time, "00:0", 4) == 0) {
		e = ask(&m, MT200_DATE, 0, is_same, date); /* a day may have ended between them */
	}
	if (!e && (!mt200_date(date, &at) || !mt200_time(time, &at))) {
		return talk_fail(t, ERR_PROTO, "no date and time: '%s' '%s'", date, time);
	}
	if (!e) {
		*ret_utc = zone_utc(talk_zone(t), at, false);
	}
	return e;
}

static uint32_t caps_of(const struct talk *t)
{
	/* the talk is not changed, only what is remembered of it looked at */
	const struct mt200_state *s = talk_state((struct talk *)(uintptr_t)t, sizeof(*s));
	uint32_t caps = CAP_CURRENT | CAP_CLOCK | CAP_IDENTIFY;
	caps |= s->has_no_ring[MT200_HOURS] ? 0 : CAP_ARCHIVE_HOUR;
	caps |= s->has_no_ring[MT200_DAYS] ? 0 : CAP_ARCHIVE_DAY;
	caps |= s->has_no_ring[MT200_MONTHS] ? 0 : CAP_ARCHIVE_MONTH;
	return caps;
}

static struct archive_depth depth(const struct talk *t)
{
	(void)t;
	return (struct archive_depth){.hours = mt200_rings[MT200_HOURS].records,
		.days = mt200_rings[MT200_DAYS].records,
		.months = mt200_rings[MT200_MONTHS].records};
}

const struct driver driver_mt200 = {
	.name = "mt200",
	.title = "Vzlet MT-200DS, TSR (text protocol)",
	.title_ru = "Взлёт МТ-200DS, ТСР (текстовый протокол)",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_CLOCK | CAP_IDENTIFY | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY |
		CAP_ARCHIVE_MONTH,
	.timing = {.baud = 19200, .framing = "8N1", .reply_ms = 1000, .gap_ms = 10, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.read_current = read_current,
	.read_archive = mt200_read_archive,
	.caps_of = caps_of,
	.depth = depth,
};
