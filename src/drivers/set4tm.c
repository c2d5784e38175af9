/*
 * set4tm.c - SET-4TM.01 to .03, M models, SET-1M.01, PSCH-3TM.05, PSCH-4TM.05, SEB-1TM (NZiF)
 *
 * Facts: docs/protocols/set4tm.md. Frames: proto/set4tm.h. Parts: set4tm_driver.h.
 *
 * The meter counts impulses; what one is worth follows from its constant. Values are told at its
 * terminals: the ratios it is set to are told beside them and belong to the binding. The channel closes
 * after 20 s of silence and is opened when the meter says so.
 */
#include "drivers/set4tm_driver.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORRECTION_S 120 /* that a reader may correct once a day */

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, 4294967295, NULL,
		"address on the line, 1 to 239; 0: whoever is alone there; more: extended, the number",
		"адрес на линии, от 1 до 239; 0: единственный на ней; больше: расширенный, номер"},
	{"check", PARAM_TEXT, 0, 4, "auto",
		"checksum: crc, ks (SET-4TM.01, .02 before version 23), auto: as the meter answers",
		"контрольная сумма: crc, ks (СЭТ-4ТМ.01, .02 до версии 23), auto: как отвечает счётчик"},
	{"password", PARAM_TEXT, 0, 2 * SET4_PASSWORD, "000000",
		"password, six characters or twelve hex digits",
		"пароль, шесть знаков или двенадцать шестнадцатеричных цифр"},
	{"password2", PARAM_TEXT, 0, 2 * SET4_PASSWORD, "",
		"the owner's password, for setting the clock; empty: the same",
		"пароль хозяина, для установки часов; пусто: тот же"},
	{"tariffs", PARAM_INT, 0, SET4_TARIFFS, "8", "tariffs to read", "число читаемых тарифов"},
	{"constant", PARAM_INT, 0, 100000, "0", "impulses per kWh; 0: as the meter says",
		"постоянная, имп/кВт·ч; 0: как сообщает счётчик"},
	{"power_scale", PARAM_INT, 0, 100, "0", "coefficient Kc of powers; 0: by the constant",
		"коэффициент Kc мощностей; 0: по постоянной"},
	{"current_scale", PARAM_INT, 0, 100, "0", "coefficient Ci of currents; 0: by the constant",
		"коэффициент Ci токов; 0: по постоянной"},
	{"records", PARAM_INT, 0, 8192, "0", "records of the load profile; 0: as the type has it",
		"записей профиля мощности; 0: по типу счётчика"},
	{.name = NULL},
};

struct set4 set4_of(struct talk *t)
{
	return (struct set4){t, talk_state(t, sizeof(struct set4_state))};
}

/* ---- identification ---- */

/* A meter too old to say its variant is one of those without extended commands. */
enum err set4_learn(const struct set4 *m)
{
	static const uint8_t body[] = {SET4_PARAMETER, 0x12};
	int64_t own = talk_param(m->talk, "constant");
	int64_t kc = talk_param(m->talk, "power_scale"), ci = talk_param(m->talk, "current_scale");
	struct slice data;
	struct set4_variant v = {.type = SET4_TM02};
	if (m->state->has_variant) {
		return ERR_OK;
	}
	enum err e = set4_ask(m, body, sizeof(body), 3, &data);
	if (e && e != ERR_UNSUPP) {
		return e;
	}
	if (!e) {
		v = set4_variant(data.data);
	}
	if (own) {
		v.constant = (int)own;
		set4_scales(v.constant, &v.kc, &v.ci);
	}
	v.kc = kc ? (int)kc : v.kc;
	v.ci = ci ? (int)ci : v.ci;
	if (!v.constant) {
		return talk_fail(m->talk, ERR_INVAL,
			"the meter's constant is not known: set parameter constant (imp/kWh)");
	}
	m->state->variant = v;
	m->state->has_variant = true;
	return ERR_OK;
}

int set4_decimals(const struct set4 *m)
{
	return (int)floor(log10(2.0 * m->state->variant.constant) + 1e-9);
}

static enum err identify(struct talk *t, struct identity *ret)
{
	static const uint8_t serial[] = {SET4_PARAMETER, 0x00}, version[] = {SET4_PARAMETER, 0x03};
	struct set4 m = set4_of(t);
	struct identity who = {.maker = "NZiF", .medium = "electricity"};
	struct slice data;
	*m.state = (struct set4_state){.has_check = m.state->has_check, .check = m.state->check};
	enum err e = set4_ask(&m, serial, sizeof(serial), 7, &data);
	if (e) {
		return e;
	}
	(void)snprintf(who.serial, sizeof(who.serial), "%u", set4_number(data.data, 4));
	(void)snprintf(who.address, sizeof(who.address), "address=%lld",
		(long long)talk_param(t, "address"));
	e = set4_ask(&m, version, sizeof(version), 3, &data);
	if (!e) {
		(void)snprintf(who.version, sizeof(who.version), "%02X.%02X.%02X", data.data[0],
			data.data[1], data.data[2]);
	}
	if (!e || e == ERR_UNSUPP) {
		e = set4_learn(&m);
	}
	if (e) {
		return e;
	}
	(void)snprintf(who.model, sizeof(who.model), "%s, %d imp/kWh",
		set4_type_name(m.state->variant.type), m.state->variant.constant);
	*ret = who;
	return ERR_OK;
}

/* ---- clock ---- */

/* The hour that comes twice is told apart by the meter's flag of the season. */
int64_t set4_utc(const struct set4 *m, const struct civil *c, bool is_winter)
{
	return zone_utc(talk_zone(m->talk), civil_from_utc(civil_to_utc(*c)), is_winter);
}

enum err set4_civil(const struct set4 *m, struct civil *ret, bool *ret_is_winter)
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
	enum err e = set4_civil(&m, &c, &is_winter);
	if (!e) {
		*ret_utc = set4_utc(&m, &c, is_winter);
	}
	return e;
}

/* Needs no more than a reader's password, once a day, not over the end of an hour. */
static enum err correct_clock(const struct set4 *m, const struct civil *c)
{
	uint8_t clock[7], body[5] = {SET4_WRITE, 0x0d};
	struct slice status;
	set4_clock_put(c, clock);
	memcpy(body + 2, clock, 3);
	return set4_ask(m, body, sizeof(body), 1, &status);
}

static enum err write_clock(const struct set4 *m, int64_t utc)
{
	const struct zone *z = talk_zone(m->talk);
	struct civil c = zone_civil(z, utc);
	uint8_t body[10] = {SET4_WRITE, 0x0c};
	struct slice status;
	set4_clock_put(&c, body + 2);
	body[9] = emit_is_winter(z, utc);
	enum err e = set4_open(m, "password2");
	if (e) {
		return e;
	}
	e = set4_ask(m, body, sizeof(body), 1, &status);
	set4_close(m); /* what follows is read with the reader's password again */
	return e;
}

static enum err set_clock(struct talk *t, int64_t utc)
{
	struct set4 m = set4_of(t);
	struct civil shown, c = zone_civil(talk_zone(t), utc);
	bool is_winter;
	enum err e = set4_civil(&m, &shown, &is_winter);
	if (e) {
		return e;
	}
	int64_t by = utc - set4_utc(&m, &shown, is_winter);
	if (llabs(by) <= CORRECTION_S && c.hour == shown.hour) {
		e = correct_clock(&m, &c);
		if (e != ERR_UNSUPP && e != ERR_DENIED) {
			return e;
		}
	}
	return write_clock(&m, utc);
}

/* ---- the rest ---- */

static enum err read_current(struct talk *t, struct sink *out)
{
	struct set4 m = set4_of(t);
	enum err e = set4_learn(&m);
	return e ? e : set4_read_current(&m, out);
}

static enum err read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct set4 m = set4_of(t);
	enum err e = set4_learn(&m);
	if (e) {
		return e;
	}
	return period == PERIOD_DAY || period == PERIOD_MONTH ?
		       set4_read_readings(&m, period, span, out) :
		       set4_read_profile(&m, period, span, out);
}

static enum err read_events(struct talk *t, struct span span, struct sink *out)
{
	struct set4 m = set4_of(t);
	enum err e = set4_learn(&m);
	return e ? e : set4_read_journals(&m, span, out);
}

/* The running hour has a block of its own, which is not over. */
static struct archive_depth depth(const struct talk *t)
{
	/* reading the state changes nothing */
	struct set4 m = set4_of((struct talk *)(uintptr_t)t);
	int minutes = m.state->minutes ? m.state->minutes : 30;
	int hours = set4_profile_records(&m) / (60 / minutes + 1) - 1;
	bool is_old = m.state->starts == SET4_UNABLE;
	return (struct archive_depth){.half_hours = minutes <= 30 ? 2 * hours : 0,
		.hours = minutes > 30 ? hours : 0,
		.days = is_old ? 1 : SET4_DAYS,
		.months = is_old ? SET4_MONTHS - 1 : SET4_MONTHS};
}

extern const struct driver driver_set4tm;
const struct driver driver_set4tm = {
	.name = "set4tm",
	.title = "SET-4TM.01 to .03, M; SET-1M; PSCH-3TM.05, PSCH-4TM.05; SEB-1TM",
	.title_ru = "СЭТ-4ТМ.01–.03, М; СЭТ-1М; ПСЧ-3ТМ.05, ПСЧ-4ТМ.05; СЭБ-1ТМ",
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
