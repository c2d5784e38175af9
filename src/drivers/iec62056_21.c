/*
 * iec62056_21.c - meters of IEC 62056-21 modes A to C: readouts, Energomera, Neva, Ultraheat
 *
 * Facts: docs/protocols/iec62056.md. Frames: proto/iec62056.h. Parts: iec62056_driver.h. What is
 * peculiar to a maker is data: drivers/iec_map.h, meters/iec/. Checked against
 * tests/rec/iec62056_21_*.rec.
 *
 * Not done: mode D and other meters that speak by themselves (driver dsmr hears P1 ports), mode E
 * behind the option select (DLMS), setting the clock: no document at hand says how.
 */
#include "drivers/iec62056_driver.h"

#include "base/str.h"
#include "model/obis.h"

#include <stdio.h>
#include <string.h>

#define ALL_CAPS                                                                    \
	(CAP_CURRENT | CAP_ARCHIVE_HALF_HOUR | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | \
		CAP_ARCHIVE_MONTH | CAP_CLOCK | CAP_IDENTIFY)

static const struct driver_param params[] = {
	{"address", PARAM_TEXT, 0, 32, "", "device address of the sign-on; empty: the only meter",
		"адрес прибора; пусто: единственный на линии"},
	{"variant", PARAM_TEXT, 0, 47, "auto",
		"auto: by the meter's identification; none: readout with OBIS codes; or a file of "
		"meters/iec/",
		"auto: по идентификации прибора; none: чтение с кодами OBIS; или файл из meters/iec/"},
	{"bcc", PARAM_TEXT, 0, 4, "auto", "check of a message: auto, xor, sum, none",
		"контрольная сумма: auto, xor, sum, none"},
	{"select", PARAM_TEXT, 0, 2, "",
		"readout: protocol and mode of the option select, such as 26; empty: 00 or the "
		"variant's",
		"чтение: протокол и режим в запросе, например 26; пусто: 00 или как в варианте"},
	{"login", PARAM_TEXT, 0, 4, "auto",
		"auto: as the variant needs; no; p1: password; p2: its hash (CE208, CE308)",
		"auto: как требует вариант; no; p1: пароль; p2: его хеш (CE208, CE308)"},
	{"password", PARAM_TEXT, 0, 30, "", "empty: the maker's", "пусто: заводской"},
	{"session", PARAM_BOOL, 0, 0, "yes",
		"no: each value by itself, without sign-on (CE301, CE303; needs variant)",
		"no: каждый параметр отдельно, без сеанса (CE301, CE303; нужен variant)"},
	{.name = NULL},
};

/* The map in use; *ret_is_open: it depends on what the meter says, which nobody has asked yet. */
static const struct iec_map *map_of(const struct talk *t, bool *ret_is_open)
{
	const struct iec_map *named = talk_variant(t, NULL, NULL);
	/* the state is not written here, only the pointer type asks for a talk that may be */
	const struct iec_state *state = talk_state((struct talk *)(uintptr_t)t, sizeof(*state));
	*ret_is_open = !named && !state->is_known &&
		       strcmp(talk_param_text(t, "variant"), "auto") == 0;
	return named ? named : state->map;
}

/* ---- who and when ---- */

/* The text of the first value of an answer, or of a set of the readout. */
static bool text_of(const struct iec_session *s, const char *id, char *to, size_t cap)
{
	struct iec_values walk = iec_values_of(s, id);
	struct slice value, unit;
	char text[64];
	if (!iec_values_next(&walk, &value, &unit) || value.size == 0 ||
		value.size >= sizeof(text)) {
		return false;
	}
	memcpy(text, value.data, value.size);
	text[value.size] = 0;
	return str_copy(to, cap, text);
}

static enum err text_asked(struct iec_session *s, const char *ask, char *to, size_t cap)
{
	if (!*ask) {
		return ERR_OK;
	}
	if (iec_is_readout(s)) {
		(void)text_of(s, ask, to, cap);
		return ERR_OK;
	}
	enum err e = iec_ask(s, ask);
	if (!e) {
		(void)text_of(s, NULL, to, cap);
	}
	return iec_is_refusal(e) ? ERR_OK : e;
}

/* The serial number of a readout, by its code. */
static void serial_of(const struct iec_session *s, char *to, size_t cap)
{
	struct iec_walk w = iec_walk_of(s->text);
	struct iec_set set;
	struct obis code;
	struct obis_meaning m;
	while (!*to && iec_walk_next(&w, &set)) {
		bool is_code = obis_parse((const char *)set.id.data, set.id.size, &code) > 0;
		if (is_code && code.v[OBIS_B] == 0 && obis_meaning(&code, &m) &&
			m.quantity == QUANTITY_SERIAL_NUMBER && set.value.size < cap) {
			memcpy(to, set.value.data, set.value.size);
			to[set.value.size] = 0;
		}
	}
}

static enum err identify(struct talk *t, struct identity *ret)
{
	struct iec_session s;
	struct identity who = {.serial = ""};
	*(struct iec_state *)talk_state(t, sizeof(struct iec_state)) = (struct iec_state){
		.map = NULL};
	enum err e = iec_open(t, &s);
	if (e) {
		return e;
	}
	const char *address = talk_param_text(t, "address");
	if (*address) {
		(void)snprintf(who.address, sizeof(who.address), "address=%s", address);
	}
	if (s.map) {
		(void)STR_COPY(who.maker, s.map->maker);
		(void)STR_COPY(who.model, s.map->title);
		(void)STR_COPY(who.medium, s.map->medium);
		e = text_asked(&s, s.map->serial, who.serial, sizeof(who.serial));
		e = e ? e : text_asked(&s, s.map->version, who.version, sizeof(who.version));
	} else {
		(void)STR_COPY(who.maker, s.ident.maker);
		(void)STR_COPY(who.model, s.ident.ident);
		serial_of(&s, who.serial, sizeof(who.serial));
	}
	iec_close(&s);
	if (!e) {
		*ret = who;
	}
	return e;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct iec_session s;
	struct civil c;
	enum err e = iec_open(t, &s);
	if (e) {
		return e;
	}
	e = iec_read_clock(&s, &c);
	iec_close(&s);
	if (!e) {
		*ret_utc = iec_utc_of(t, c);
	}
	return e;
}

/* ---- what it can ---- */

static uint32_t caps_of(const struct talk *t)
{
	bool is_open;
	const struct iec_map *m = map_of(t, &is_open);
	uint32_t caps = CAP_CURRENT | CAP_CLOCK | CAP_IDENTIFY;
	if (!m) {
		return is_open ? ALL_CAPS : caps;
	}
	for (unsigned i = 0; i < m->archives_count; i++) {
		caps |= m->archives[i].period == PERIOD_DAY ? CAP_ARCHIVE_DAY : CAP_ARCHIVE_MONTH;
	}
	bool is_asked = m->profile && m->profile->interval[0];
	if (is_asked || (m->profile && 30 % m->profile->minutes == 0)) {
		caps |= CAP_ARCHIVE_HALF_HOUR;
	}
	return is_asked || (m->profile && 30 % m->profile->minutes) ? caps | CAP_ARCHIVE_HOUR :
								      caps;
}

static struct archive_depth depth(const struct talk *t)
{
	bool is_open;
	const struct iec_map *m = map_of(t, &is_open);
	struct archive_depth d = {0};
	for (unsigned i = 0; m && i < m->archives_count; i++) {
		int n = m->archives[i].depth;
		if (m->archives[i].period == PERIOD_DAY) {
			d.days = n;
		} else {
			d.months = n;
		}
	}
	if (m && m->profile) {
		d.half_hours = m->profile->days * 48;
		d.hours = m->profile->days * 24;
	}
	return d;
}

extern const struct driver driver_iec62056_21;
const struct driver driver_iec62056_21 = {
	.name = "iec62056_21",
	.title = "IEC 62056-21 (IEC 1107): Energomera CE102M, CE301, CE303, CE208, CE308, Neva MT, "
		 "readouts",
	.title_ru =
		"МЭК 62056-21 (МЭК 1107): Энергомера CE102M, CE301, CE303, CE208, CE308, Нева МТ, "
		"чтение данных",
	.grade = GRADE_RECORDED,
	.caps = ALL_CAPS,
	.timing = {.baud = 300, .framing = "7E1", .reply_ms = 1800, .gap_ms = 200, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.read_current = iec_read_current,
	.read_archive = iec_read_archive,
	.caps_of = caps_of,
	.depth = depth,
};
