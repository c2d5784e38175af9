/*
 * kamstrup_kmp.c - Kamstrup Multical 401, 402, 403, 601, 602, 603 over KMP
 *
 * Facts: docs/protocols/kamstrup_kmp.md. Frames and numbers: proto/kmp.h. Parts: kamstrup.h.
 *
 * Registers are asked for eight at a time; what the meter does not have it leaves out of the reply.
 * Units and exponents are those of the reply, never assumed. One meter on a line: the address in a
 * frame is a module inside the meter. 1200 baud, the first byte within 2.3 s.
 */
#include "drivers/kamstrup.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_601       1     /* as the captured Multical 601 says; its info codes are known */
#define NO_SENSOR_DEGC 180.0 /* an unconnected sensor shows this or more */
#define INDEX_E1       1     /* in kamstrup_registers */
#define SILENCES_MAX   2     /* before a log, or a register in it, is held to be missing */
#define MUTE_S         86400 /* a register that is silent is asked for once a day */

#define C              KAMSTRUP_CURRENT
#define H              KAMSTRUP_HOUR
#define D              KAMSTRUP_DAY
#define M              KAMSTRUP_MONTH

const struct kamstrup_register kamstrup_registers[KAMSTRUP_REGISTERS] = {
	{KMP_REG_INFO, C | D, "error_code", QUANTITY_ERROR_CODE}, /* first: flags of the others */
	{60, C | H | D | M, "heat_energy", QUANTITY_HEAT_ENERGY},
	{68, C | H | D | M, "volume_supply", QUANTITY_VOLUME_SUPPLY},
	{69, C | H | D | M, "volume_return", QUANTITY_VOLUME_RETURN},
	{72, C | H | D, "mass_supply", QUANTITY_MASS_SUPPLY},
	{73, C | H | D, "mass_return", QUANTITY_MASS_RETURN},
	{86, C | H | D, "temperature_supply", QUANTITY_TEMPERATURE_SUPPLY},
	{87, C | H | D, "temperature_return", QUANTITY_TEMPERATURE_RETURN},
	{88, C | H | D, "temperature.3", QUANTITY_TEMPERATURE},
	{122, C, "temperature.4", QUANTITY_TEMPERATURE},
	{89, C, "temperature_difference", QUANTITY_TEMPERATURE_DIFFERENCE},
	{91, C | H | D, "pressure_supply", QUANTITY_PRESSURE_SUPPLY},
	{92, C | H | D, "pressure_return", QUANTITY_PRESSURE_RETURN},
	{74, C, "flow_supply", QUANTITY_FLOW_SUPPLY},
	{75, C, "flow_return", QUANTITY_FLOW_RETURN},
	{80, C, "heat_power", QUANTITY_HEAT_POWER},
	{94, C | H | D | M, "heat_energy.2", QUANTITY_HEAT_ENERGY},
	{63, C | H | D | M, "cooling_energy", QUANTITY_COOLING_ENERGY},
	{61, C | H | D | M, "heat_energy.4", QUANTITY_HEAT_ENERGY},
	{62, C | H | D | M, "heat_energy.5", QUANTITY_HEAT_ENERGY},
	{95, C | H | D | M, "heat_energy.6", QUANTITY_HEAT_ENERGY},
	{96, C | H | D | M, "heat_energy.7", QUANTITY_HEAT_ENERGY},
	{97, C | D | M, "volume_temperature", QUANTITY_VOLUME_TEMPERATURE},
	{110, C | D | M, "volume_temperature.2", QUANTITY_VOLUME_TEMPERATURE},
	{64, C | M, "heat_energy.t2", QUANTITY_HEAT_ENERGY},
	{65, C | M, "heat_energy.t3", QUANTITY_HEAT_ENERGY},
	{84, C | H | D | M, "volume.3", QUANTITY_VOLUME},
	{85, C | H | D | M, "volume.4", QUANTITY_VOLUME},
	{1004, C, "operating_time", QUANTITY_OPERATING_TIME},
	{113, C, "event_count", QUANTITY_EVENT_COUNT},
};

#undef C
#undef H
#undef D
#undef M

static const struct driver_param params[] = {
	{"batch", PARAM_INT, 1, KMP_BATCH, "8",
		"registers in one request; 1 for a meter that is silent about more",
		"регистров в одном запросе; 1, если на большее прибор не отвечает"},
	{"registers", PARAM_TEXT, 0, 160, "",
		"numbers of the registers to read, 60,68,86; empty: all that are known",
		"номера читаемых регистров, 60,68,86; пусто: все известные"},
	{"info_codes", PARAM_TEXT, 0, 8, "auto",
		"how to read info codes: 601 (Multical 601 and 602), raw (not at all), auto: by the "
		"type the meter tells",
		"как толковать инфокоды: 601 (Multical 601 и 602), raw (никак), auto: по типу прибора"},
	{"day_label", PARAM_TEXT, 0, 8, "auto",
		"the date of a daily record is that of the day (start) or of the next one (end); "
		"auto: as the newest record shows",
		"дата суточной записи – эти сутки (start) или следующие (end); auto: по последней "
		"записи"},
	{.name = NULL},
};

/* ---- conversation ---- */

static struct frame_verdict verdict(struct kmp_cut cut)
{
	return (struct frame_verdict){cut.state == KMP_CUT_FULL ? FRAME_FULL :
				      cut.state == KMP_CUT_MORE ? FRAME_MORE :
								  FRAME_JUNK,
		cut.size};
}

static struct frame_verdict reply_frame(struct slice so_far)
{
	return verdict(kmp_cut(KMP_FROM_METER, so_far));
}

/* Where a command is answered by ACK alone. */
static struct frame_verdict ack_frame(struct slice so_far)
{
	if (so_far.size && so_far.data[0] == KMP_ACK) {
		return (struct frame_verdict){FRAME_FULL, 1};
	}
	return (struct frame_verdict){so_far.size ? FRAME_JUNK : FRAME_MORE, 1};
}

struct kamstrup kamstrup_open(struct talk *t)
{
	return (struct kamstrup){t, talk_state(t, sizeof(struct kamstrup_state))};
}

/* A reply for which `is_ours` says yes; others are set aside. */
static enum err ask(const struct kamstrup *k, uint8_t dest, uint8_t cid, const struct kmp_ask *q,
	bool (*is_ours)(const struct kmp_message *m, const void *ctx), const void *ctx,
	struct kmp_message *ret)
{
	struct kmp_out out;
	struct slice reply;
	struct slice data = q ? (struct slice){q->bytes, q->size} : (struct slice){NULL, 0};
	enum err e = talk_exchange(
		k->talk, kmp_frame(&out, KMP_TO_METER, dest, cid, data), reply_frame, &reply);
	for (; !e; e = talk_again(k->talk, reply_frame, &reply)) {
		e = kmp_decode(reply, ret);
		if (e ||
			(ret->dest == dest && ret->cid == cid && (!is_ours || is_ours(ret, ctx)))) {
			break;
		}
	}
	return e;
}

enum err kamstrup_ask(const struct kamstrup *k, uint8_t dest, uint8_t cid, const struct kmp_ask *q,
	struct kmp_message *ret)
{
	return ask(k, dest, cid, q, NULL, NULL, ret);
}

enum err kamstrup_learn_type(const struct kamstrup *k, uint8_t version[static 2])
{
	struct kmp_message m;
	enum err e = kamstrup_ask(k, KMP_METER, KMP_TYPE, NULL, &m);
	struct reader r = reader_of(m.data);
	if (e) {
		return e;
	}
	if (m.data.size != 4) {
		return talk_fail(k->talk, ERR_PROTO, "a type of %zu bytes", m.data.size);
	}
	k->state->type = reader_u16be(&r);
	k->state->has_type = true;
	version[0] = reader_u8(&r);
	version[1] = reader_u8(&r);
	return ERR_OK;
}

bool kamstrup_has_log(const struct kamstrup_state *s, enum kamstrup_log log)
{
	return s->silences[log] < SILENCES_MAX;
}

struct wanted_log {
	uint16_t id;
};

static bool is_log_of(const struct kmp_message *m, const void *ctx)
{
	const struct wanted_log *w = ctx;
	bool is_none = m->data.size == 2 && m->data.data[0] == 0xff && m->data.data[1] == 0xff;
	return is_none || (m->data.size >= 5 && m->data.data[0] == w->id >> 8 &&
				  m->data.data[1] == (w->id & 0xff));
}

/* Silences of a register in a log; NULL: one the log itself needs. */
static uint8_t *mute_of(struct kamstrup_state *s, enum kamstrup_log log, uint16_t id)
{
	for (unsigned i = 0; i < KAMSTRUP_REGISTERS; i++) {
		if (kamstrup_registers[i].id == id) {
			return &s->mute[log][i];
		}
	}
	return NULL;
}

/* The meter is there and was silent: a module that is missing, a command or a register it does not know. */
static enum err silent(const struct kamstrup *k, enum kamstrup_log log, uint16_t id, uint8_t cid)
{
	struct kamstrup_state *s = k->state;
	uint8_t *mute = mute_of(s, log, id);
	uint8_t *n = s->has_answered[log] ? mute : &s->silences[log];
	if (!n) {
		return talk_fail(k->talk, ERR_TIMEOUT,
			"no answer to command %02X for register %u, though it was answered before",
			cid, id);
	}
	*n = *n < SILENCES_MAX ? (uint8_t)(*n + 1) : *n;
	if (n == mute) {
		s->mute_utc[log] = talk_now(k->talk);
		return talk_fail(k->talk, *n < SILENCES_MAX ? ERR_TIMEOUT : ERR_NODATA,
			"no answer to command %02X for register %u, while others are answered: "
			"leave it out with registers=",
			cid, id);
	}
	return talk_fail(k->talk, *n < SILENCES_MAX ? ERR_TIMEOUT : ERR_UNSUPP,
		"no answer to command %02X for register %u: %s", cid, id,
		log == KAMSTRUP_LOG_HOURS ? "is there a top module with an hourly log?" :
					    "does this model keep such a log?");
}

enum err kamstrup_ask_log(const struct kamstrup *k, enum kamstrup_log log, uint16_t id,
	const struct kmp_ask *q, struct kmp_message *message, struct kmp_log *ret)
{
	static const uint8_t cids[KAMSTRUP_LOGS] = {
		KMP_LOG_HOURS, KMP_LOG_DAYS, KMP_LOG_MONTHS, KMP_LOG_INFO};
	struct wanted_log wanted = {id};
	uint8_t version[2];
	uint8_t cid = cids[log];
	uint8_t *mute = mute_of(k->state, log, id);
	if (mute && *mute == SILENCES_MAX && talk_now(k->talk) - k->state->mute_utc[log] < MUTE_S) {
		return ERR_NODATA;
	}
	enum err e = ask(k, log == KAMSTRUP_LOG_HOURS ? KMP_TOP : KMP_METER, cid, q, is_log_of,
		&wanted, message);
	if (e == ERR_TIMEOUT && kamstrup_learn_type(k, version) == ERR_OK) {
		return silent(k, log, id, cid);
	}
	if (e) {
		return e;
	}
	k->state->silences[log] = 0;
	k->state->has_answered[log] = true;
	if (mute) {
		*mute = 0;
	}
	e = kmp_log_decode(cid, message->data, ret);
	return e == ERR_PROTO ? talk_fail(k->talk, e, "log of register %u cut short", id) : e;
}

/* ---- numbers ---- */

bool kamstrup_fill(const struct kamstrup_register *r, const struct kmp_form *form,
	struct decimal number, struct sample *ret)
{
	enum unit unit;
	int exponent;
	if (!kmp_unit(form->unit, &unit, &exponent)) {
		return false;
	}
	bool is_state = quantity_kind(r->quantity) == KIND_STATE;
	if (is_state || (r->quantity == QUANTITY_TEMPERATURE_DIFFERENCE && unit == UNIT_DEGC)) {
		unit = is_state ? UNIT_NONE :
				  UNIT_K; /* a difference in degrees is one in kelvins */
	}
	if (unit_dimension(unit) != unit_dimension(quantity_unit(r->quantity))) {
		return false; /* a pulse input that counts energy, a flow by mass */
	}
	number.exponent += exponent;
	double v = decimal_double(number);
	bool is_missing = unit == UNIT_DEGC && v >= NO_SENSOR_DEGC;
	/* all ones: more than its bytes hold, or nothing */
	int64_t most = form->size > 1 && form->size < 8 ? ((int64_t)1 << (8 * form->size)) - 1 : 0;
	bool is_full = most && (number.mantissa == most || number.mantissa == -most);
	*ret = (struct sample){.key = r->key,
		.quantity = r->quantity,
		.unit = unit,
		.form = FORM_NOW,
		.value = is_missing ? NAN : v,
		.decimals = number.exponent < 0 ? -number.exponent : 0,
		.quality = quality_make(is_missing ? QUALITY_MISSING :
					is_full    ? QUALITY_SUSPECT :
						     QUALITY_MEASURED,
			SOURCE_NONE, 0)};
	return true;
}

bool kamstrup_abnormal(const struct kamstrup *k, uint32_t code, unsigned *ret_abnormal)
{
	const char *how = talk_param_text(k->talk, "info_codes");
	bool is_auto = strcmp(how, "601") != 0 && strcmp(how, "raw") != 0;
	bool is_known = strcmp(how, "601") == 0 ||
			(is_auto && k->state->has_type && k->state->type == TYPE_601);
	*ret_abnormal = is_known ? kmp_info_abnormal(code) : 0;
	return is_known;
}

static enum err put_abnormal(const struct kamstrup *k, const struct sample *error, struct sink *out)
{
	unsigned abnormal;
	if (error->quantity != QUANTITY_ERROR_CODE ||
		!(error->value >= 0 && error->value <= UINT32_MAX) ||
		!kamstrup_abnormal(k, (uint32_t)error->value, &abnormal)) {
		return ERR_OK;
	}
	struct sample s = *error;
	s.key = "abnormal";
	s.quantity = QUANTITY_ABNORMAL;
	s.value = abnormal;
	return out->put(out, &s);
}

/* ---- current values ---- */

struct group {
	uint16_t ids[KMP_BATCH];
	uint8_t index[KMP_BATCH];
	size_t n;
};

static int index_in(const struct group *g, uint16_t id)
{
	for (size_t i = 0; i < g->n; i++) {
		if (g->ids[i] == id) {
			return g->index[i];
		}
	}
	return -1;
}

static bool is_group(const struct kmp_message *m, const void *ctx)
{
	const struct group *g = ctx;
	struct reader r = reader_of(m->data);
	uint16_t id = reader_u16be(&r);
	for (size_t i = 0; i < g->n; i++) {
		if (g->ids[i] == id) {
			return true;
		}
	}
	return m->data.size == 0; /* has none of them */
}

static enum err put_value(
	const struct kamstrup *k, int index, const struct kmp_value *v, struct sink *out)
{
	struct sample s;
	if (!v->is_number || !kamstrup_fill(&kamstrup_registers[index], &v->form, v->number, &s)) {
		return ERR_OK;
	}
	uint32_t bit = (uint32_t)1 << index;
	/* what has never counted has no archive worth reading; E1 may begin any time */
	bool is_idle = isnan(s.value) || (quantity_kind(s.quantity) == KIND_COUNTER &&
						 s.value == 0 && index != INDEX_E1);
	k->state->has |= bit;
	k->state->counted = is_idle ? k->state->counted & ~bit : k->state->counted | bit;
	enum err e = out ? out->put(out, &s) : ERR_OK;
	return e || !out ? e : put_abnormal(k, &s, out);
}

static enum err read_group(const struct kamstrup *k, const struct group *g, struct sink *out)
{
	struct kmp_ask q = kmp_ask_registers(g->ids, g->n);
	struct kmp_message m;
	struct kmp_value v;
	enum err e = ask(k, KMP_METER, KMP_REGISTERS, &q, is_group, g, &m);
	struct reader r = reader_of(m.data);
	while (!e && (e = kmp_next_value(&r, &v)) == ERR_OK) {
		int index = index_in(g, v.form.id);
		e = index < 0 ? ERR_OK : put_value(k, index, &v, out);
	}
	if (e == ERR_PROTO) {
		return talk_fail(k->talk, e, "registers cut short");
	}
	return e == ERR_NODATA ? ERR_OK : e;
}

/* The registers a person wants. ERR_INVAL names what is none. */
static enum err chosen(struct talk *t, uint32_t *ret_mask)
{
	const char *text = talk_param_text(t, "registers");
	*ret_mask = *text ? 0 : UINT32_MAX;
	while (*text) {
		char *end;
		unsigned long id = strtoul(text, &end, 10);
		unsigned i = 0;
		while (i < KAMSTRUP_REGISTERS && kamstrup_registers[i].id != id) {
			i++;
		}
		if (end == text || (*end != ',' && *end) || i == KAMSTRUP_REGISTERS) {
			return talk_fail(t, ERR_INVAL, "registers: no register at '%s'", text);
		}
		*ret_mask |= (uint32_t)1 << i;
		text = *end ? end + 1 : end;
	}
	return ERR_OK;
}

enum err kamstrup_currents(const struct kamstrup *k, struct sink *out)
{
	struct group g = {.n = 0};
	uint8_t version[2];
	size_t batch = (size_t)talk_param(k->talk, "batch");
	uint32_t wanted;
	enum err e = chosen(k->talk, &wanted);
	wanted &= k->state->is_learnt ? k->state->has : UINT32_MAX;
	e = e || k->state->has_type ? e : kamstrup_learn_type(k, version);
	for (unsigned i = 0; i < KAMSTRUP_REGISTERS && !e; i++) {
		if (wanted >> i & 1) {
			g.ids[g.n] = kamstrup_registers[i].id;
			g.index[g.n++] = (uint8_t)i;
		}
		if (g.n == batch || (g.n && i + 1 == KAMSTRUP_REGISTERS)) {
			e = read_group(k, &g, out);
			g.n = 0;
		}
	}
	if (!e && !k->state->has) {
		return talk_fail(k->talk, ERR_NODATA, "the meter has none of the registers known");
	}
	k->state->is_learnt = k->state->is_learnt || !e;
	return e;
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct kamstrup k = kamstrup_open(t);
	return kamstrup_currents(&k, out);
}

/* ---- who, when ---- */

static enum err identify(struct talk *t, struct identity *ret)
{
	struct kamstrup k = kamstrup_open(t);
	struct kmp_message m;
	uint8_t version[2] = {0};
	*k.state = (struct kamstrup_state){0}; /* it may be another meter now */
	enum err e = kamstrup_learn_type(&k, version);
	e = e ? e : kamstrup_ask(&k, KMP_METER, KMP_SERIAL, NULL, &m);
	if (e) {
		return e;
	}
	struct reader r = reader_of(m.data);
	uint32_t serial = reader_u32be(&r);
	if (m.data.size != 4) {
		return talk_fail(t, ERR_PROTO, "a serial number of %zu bytes", m.data.size);
	}
	*ret = (struct identity){.maker = "Kamstrup", .medium = "heat"};
	(void)snprintf(ret->serial, sizeof(ret->serial), "%u", serial);
	(void)snprintf(ret->model, sizeof(ret->model), "Multical, type %u", k.state->type);
	if (version[0] >= 1 && version[0] <= 26) {
		(void)snprintf(ret->version, sizeof(ret->version), "%c%u", 'A' + version[0] - 1,
			version[1]);
	}
	return ERR_OK;
}

/* Date or time into `at`; one register in a request, or both. */
static enum err read_moment(
	const struct kamstrup *k, const uint16_t *ids, size_t n, struct civil *at, int *ret_parts)
{
	struct group g = {.n = n};
	struct kmp_ask q = kmp_ask_registers(ids, n);
	struct kmp_message m;
	struct kmp_value v;
	memcpy(g.ids, ids, n * sizeof(*ids));
	enum err e = ask(k, KMP_METER, KMP_REGISTERS, &q, is_group, &g, &m);
	struct reader r = reader_of(m.data);
	struct civil date, clock = {0};
	while (!e && kmp_next_value(&r, &v) == ERR_OK) {
		if (v.form.id == KMP_REG_DATE && v.is_number && kmp_date(v.number, &date)) {
			date.hour = at->hour;
			date.minute = at->minute;
			date.second = at->second;
			*at = date;
			++*ret_parts;
		} else if (v.form.id == KMP_REG_CLOCK && v.is_number &&
			   kmp_clock(v.number, &clock)) {
			at->hour = clock.hour;
			at->minute = clock.minute;
			at->second = clock.second;
			++*ret_parts;
		}
	}
	return e;
}

enum err kamstrup_clock(const struct kamstrup *k, struct civil *ret)
{
	static const uint16_t ids[] = {KMP_REG_DATE, KMP_REG_CLOCK};
	struct civil at = {0};
	int parts = 0;
	bool is_pair = talk_param(k->talk, "batch") > 1;
	enum err e = read_moment(k, ids, is_pair ? 2 : 1, &at, &parts);
	if (!e && !is_pair) {
		e = read_moment(k, ids + 1, 1, &at, &parts);
		if (!e && at.hour == 0 && at.minute == 0) {
			parts--; /* the day may have ended between the two */
			e = read_moment(k, ids, 1, &at, &parts);
		}
	}
	if (!e && parts != 2) {
		return talk_fail(k->talk, ERR_NODATA, "the meter's date or time is none");
	}
	if (!e) {
		*ret = at;
	}
	return e;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct kamstrup k = kamstrup_open(t);
	struct civil at;
	enum err e = kamstrup_clock(&k, &at);
	if (!e) {
		*ret_utc = zone_utc(talk_zone(t), at, false);
	}
	return e;
}

static enum err set_clock(struct talk *t, int64_t utc)
{
	struct kmp_out out;
	struct slice reply;
	struct kmp_ask q = kmp_ask_set_clock(zone_civil(talk_zone(t), utc));
	return talk_once(t,
		kmp_frame(&out, KMP_TO_METER, KMP_METER, KMP_SET_CLOCK,
			(struct slice){q.bytes, q.size}),
		ack_frame, &reply);
}

/* Days end at midnight; months on the day of the target date (mmdd, or yymmdd). */
static enum err report_time(struct talk *t, int *ret_hour, int *ret_day)
{
	static const uint16_t id = KMP_REG_TARGET;
	struct kamstrup k = kamstrup_open(t);
	struct group g = {.ids = {id}, .n = 1};
	struct kmp_ask q = kmp_ask_registers(&id, 1);
	struct kmp_message m;
	struct kmp_value v;
	enum err e = ask(&k, KMP_METER, KMP_REGISTERS, &q, is_group, &g, &m);
	struct reader r = reader_of(m.data);
	e = e ? e : kmp_next_value(&r, &v);
	if (e && !err_is_answer(e)) {
		return e;
	}
	/* midnight is known even where the target day is not */
	int64_t day = e || !v.is_number || v.number.exponent != 0 ? 0 : v.number.mantissa % 100;
	if (day < 1 || day > 31) {
		day = talk_calendar(t)->report_day;
	}
	*ret_hour = 0;
	*ret_day = (int)day;
	return ERR_OK;
}

static uint32_t caps_of(const struct talk *t)
{
	/* the talk is not changed, only what is remembered of it looked at */
	const struct kamstrup_state *s = talk_state((struct talk *)(uintptr_t)t, sizeof(*s));
	uint32_t caps = CAP_CURRENT | CAP_CLOCK | CAP_SET_CLOCK | CAP_IDENTIFY;
	caps |= kamstrup_has_log(s, KAMSTRUP_LOG_HOURS) ? CAP_ARCHIVE_HOUR : 0;
	caps |= kamstrup_has_log(s, KAMSTRUP_LOG_DAYS) ? CAP_ARCHIVE_DAY : 0;
	caps |= kamstrup_has_log(s, KAMSTRUP_LOG_MONTHS) ? CAP_ARCHIVE_MONTH : 0;
	caps |= kamstrup_has_log(s, KAMSTRUP_LOG_INFO) ? CAP_EVENTS : 0;
	return caps;
}

static struct archive_depth depth(const struct talk *t)
{
	(void)t;
	return (struct archive_depth){.hours = 1392, .days = 460, .months = 36};
}

const struct driver driver_kamstrup_kmp = {
	.name = "kamstrup_kmp",
	.title = "Kamstrup Multical 401, 402, 403, 601, 602, 603 (KMP)",
	.title_ru = "Kamstrup Multical 401, 402, 403, 601, 602, 603 (KMP)",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_CLOCK | CAP_SET_CLOCK | CAP_IDENTIFY | CAP_EVENTS |
		CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH,
	.timing = {.baud = 1200, .framing = "8N2", .reply_ms = 2300, .gap_ms = 0, .retries = 3},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.set_clock = set_clock,
	.read_current = read_current,
	.report_time = report_time,
	.read_archive = kamstrup_read_archive,
	.read_events = kamstrup_read_events,
	.caps_of = caps_of,
	.depth = depth,
};
