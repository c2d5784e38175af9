/*
 * tsrv.c - heat calculators Vzlet TSRV-020..024 and 030
 *
 * Facts: docs/protocols/tsrv.md, from the maker's documents; no meter has answered yet.
 *
 * Models differ in every register, so the meter is asked for its name (function 17) and the map chosen
 * by it (proto/tsrv.c); parameter "device" names the map where the meter does not.
 *
 * Archives are read by time, a record a request: the documents know a count, no program uses another
 * than 1. Which record a time leads to is described as "rounded to the period"; the record's own stamp
 * decides which period it is of, and when it is another than was asked for all further questions are
 * moved by the difference.
 */
#include "drivers/emit.h"
#include "drivers/rtu.h"

#include "base/str.h"
#include "model/abnormal.h"
#include "model/unit_text.h"
#include "proto/tsrv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOVE_MAX 2 /* periods by which questions may be moved */

struct state {
	const struct tsrv_model *model; /* NULL: not asked yet */
};

static uint8_t unit_of(const struct talk *t)
{
	return (uint8_t)talk_param(t, "address");
}

/* ---- which model ---- */

static enum err ask_name(struct talk *t, struct slice *ret_text)
{
	const struct modbus_pdu q = {.data = {MODBUS_DEVICE_ID}, .size = 1};
	struct slice pdu;
	enum err e = rtu_ask(t, unit_of(t), &q, 0, &pdu);
	if (!e) {
		*ret_text = (struct slice){pdu.data + 2, pdu.size - 2};
	}
	return e;
}

/* As it is read by a person: the code page is not described, CP1251 is the usual one. */
static void text_of(struct slice name, char *to, size_t cap)
{
	const uint8_t *end = memchr(name.data, 0, name.size);
	(void)text_to_utf8(to, cap, (const char *)name.data,
		end ? (size_t)(end - name.data) : name.size, TEXT_CP1251);
}

static enum err learn(struct talk *t, const struct tsrv_model **ret_model)
{
	struct state *state = talk_state(t, sizeof(*state));
	const char *given = talk_param_text(t, "device");
	char text[64];
	struct slice name;
	if (*given) {
		state->model = tsrv_model_named(given);
		if (!state->model) {
			return talk_fail(t, ERR_INVAL,
				"device: '%s' is none of 020, 023, 024, 024M+, 030, 030.03", given);
		}
	}
	if (!state->model) {
		enum err e = ask_name(t, &name);
		if (e) {
			return e;
		}
		state->model = tsrv_model_find(name);
		text_of(name, text, sizeof(text));
	}
	if (!state->model) {
		return talk_fail(t, ERR_UNSUPP,
			"the meter calls itself '%s', which has no map; set device to the one it is "
			"most like",
			text);
	}
	*ret_model = state->model;
	return ERR_OK;
}

static enum err read_words(
	struct talk *t, int function, uint16_t address, uint16_t count, struct slice *ret_data)
{
	struct modbus_request q = {.function = function, .address = address, .count = count};
	return rtu_read(t, unit_of(t), &q, 2 * (size_t)count, true, ret_data);
}

static uint32_t u32_at(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static enum err identify(struct talk *t, struct identity *ret)
{
	struct identity who = {.maker = "Vzlet", .medium = "heat"};
	const struct tsrv_model *m;
	struct slice data;
	enum err e = learn(t, &m);
	if (e) {
		return e;
	}
	(void)STR_COPY(who.model, m->title);
	e = ask_name(t, &data);
	if (!e) {
		char text[sizeof(who.model)];
		text_of(data, text, sizeof(text));
		(void)STR_COPY(who.model, text);
	} else if (!err_is_answer(e)) {
		return e;
	}
	e = m->serial_function ? read_words(t, m->serial_function, m->serial_address, 2, &data) :
				 ERR_NODATA;
	if (!e) {
		(void)snprintf(
			who.serial, sizeof(who.serial), "%lu", (unsigned long)u32_at(data.data));
	} else if (!err_is_answer(e)) {
		return e;
	}
	(void)snprintf(who.address, sizeof(who.address), "address=%u", unit_of(t));
	*ret = who;
	return ERR_OK;
}

/* ---- clock ---- */

static int64_t utc_of_local(const struct talk *t, int64_t seconds)
{
	return zone_utc(talk_zone(t), civil_from_utc(seconds), false);
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	const struct tsrv_model *m;
	struct slice d;
	enum err e = learn(t, &m);
	bool is_epoch = !e && m->clock == TSRV_CLOCK_EPOCH;
	if (!e) {
		e = read_words(t, m->clock_function, m->clock_address, is_epoch ? 2 : 6, &d);
	}
	if (e) {
		return e;
	}
	if (is_epoch) {
		*ret_utc = utc_of_local(t, u32_at(d.data));
		return ERR_OK;
	}
	struct civil c = {
		2000 + d.data[1] % 100, d.data[3], d.data[5], d.data[7], d.data[9], d.data[11]};
	if (c.month < 1 || c.month > 12 || c.day < 1 || c.day > civil_month_days(c.year, c.month) ||
		c.hour > 23 || c.minute > 59 || c.second > 59) {
		return talk_fail(t, ERR_NODATA, "the meter's clock is not set");
	}
	*ret_utc = zone_utc(talk_zone(t), c, false);
	return ERR_OK;
}

static enum err set_clock(struct talk *t, int64_t utc)
{
	const struct tsrv_model *m;
	enum err e = learn(t, &m);
	if (e) {
		return e;
	}
	if (!m->is_clock_set) {
		return talk_fail(
			t, ERR_UNSUPP, "how the clock of %s is set is not known", m->title);
	}
	int64_t local = utc + zone_offset(talk_zone(t), utc);
	uint8_t words[4] = {(uint8_t)(local >> 24), (uint8_t)(local >> 16), (uint8_t)(local >> 8),
		(uint8_t)local};
	return rtu_write(t, unit_of(t), m->clock_address, SLICE(words));
}

/* ---- values ---- */

static enum unit energy_unit(const struct talk *t)
{
	enum unit u = UNIT_NONE;
	const char *text = talk_param_text(t, "energy_unit");
	bool is_known = unit_from_name(text, &u) && unit_dimension(u) == DIM_ENERGY;
	return is_known ? u : UNIT_NONE;
}

/* Channels of TSRV-030 count what "channels" says; without that word they are left out. */
static enum err put_channel(
	struct talk *t, struct emit *to, const struct cell *c, struct slice bytes)
{
	static const struct {
		const char *word;
		enum unit unit;
		struct {
			const char *key;
			enum quantity quantity;
		} channel[3];
	} meanings[] = {
		{"mass", UNIT_T,
			{{"mass_supply", QUANTITY_MASS_SUPPLY},
				{"mass_return", QUANTITY_MASS_RETURN}, {"mass.3", QUANTITY_MASS}}},
		{"volume", UNIT_M3,
			{{"volume_supply", QUANTITY_VOLUME_SUPPLY},
				{"volume_return", QUANTITY_VOLUME_RETURN},
				{"volume.3", QUANTITY_VOLUME}}},
	};
	const char *word = talk_param_text(t, "channels");
	int n = c->key[strlen(c->key) - 1] - '1';
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (strcmp(word, meanings[i].word) == 0 && n >= 0 && n < 3) {
			return emit_value(to, meanings[i].channel[n].key,
				meanings[i].channel[n].quantity, meanings[i].unit,
				cell_get(c, bytes), c->decimals);
		}
	}
	return ERR_OK;
}

static enum err put_table(
	struct talk *t, struct emit *to, const struct tsrv_table *table, struct slice bytes)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < table->n && !e; i++) {
		const struct cell *c = &table->cells[i];
		e = c->quantity == QUANTITY_UNKNOWN ? put_channel(t, to, c, bytes) :
						      emit_scaled(to, c, bytes, 1);
	}
	return e;
}

static enum err read_current(struct talk *t, struct sink *out)
{
	const struct tsrv_model *m;
	struct emit to = {.out = out, .counters = FORM_NOW, .energy = energy_unit(t)};
	enum err e = learn(t, &m);
	for (int i = 0; i < TSRV_BLOCKS && !e && m->blocks[i].count; i++) {
		const struct tsrv_block *b = &m->blocks[i];
		struct slice data;
		e = read_words(t, b->function, b->address, b->count, &data);
		if (!e) {
			e = put_table(t, &to, &b->table, data);
		} else if (err_is_answer(e)) {
			e = ERR_OK; /* models of one map differ in what they have */
		}
	}
	return e ? e : to.has_put ? ERR_OK : ERR_NODATA;
}

/* ---- archives ---- */

static const int64_t length_s[PERIOD_COUNT] = {
	[PERIOD_HOUR] = 3600, [PERIOD_DAY] = 86400, [PERIOD_MONTH] = 31 * 86400}; /* at most */

struct walk {
	struct talk *talk;
	const struct tsrv_archive *archive;
	enum period period;
	struct span span;
	int64_t move; /* periods the questions are moved by */
	struct emit to;
	uint8_t record[TSRV_RECORD_CAP];
	size_t record_size;
};

/* Start of the period `by` periods after the one that starts at `start`. */
static int64_t moved(const struct walk *w, int64_t start, int64_t by)
{
	const struct calendar *c = talk_calendar(w->talk);
	for (; by > 0; by--) {
		start = period_next(c, w->period, start);
	}
	for (; by < 0; by++) {
		start = period_prev(c, w->period, start);
	}
	return start;
}

static enum err ask_record(struct walk *w, unsigned system, int64_t start)
{
	struct talk *t = w->talk;
	struct tsrv_request q = {
		.array = (uint16_t)(w->archive->array + system * w->archive->array_step),
		.count = 1,
		.is_by_time = true,
		.time = zone_civil(talk_zone(t), start),
		.is_year_1900 = talk_param(t, "year_1900") != 0};
	struct modbus_pdu request;
	struct slice pdu;
	tsrv_request_put(&q, &request);
	enum err e = rtu_ask(t, unit_of(t), &request, 0, &pdu);
	if (e) {
		return e;
	}
	w->record_size = pdu.size - 2 < sizeof(w->record) ? pdu.size - 2 : sizeof(w->record);
	memcpy(w->record, pdu.data + 2, w->record_size);
	return ERR_OK;
}

/* The period the record is of. False: the meter has none (all zeros). */
static bool period_of_record(const struct walk *w, struct span *ret_interval)
{
	uint32_t stamp = w->record_size >= 4 ? u32_at(w->record) : 0;
	if (stamp == 0 || stamp == UINT32_MAX) {
		return false;
	}
	int64_t utc = utc_of_local(w->talk, stamp);
	bool is_end = strcmp(talk_param_text(w->talk, "stamp"), "end") == 0;
	*ret_interval = period_of(talk_calendar(w->talk), w->period, is_end ? utc - 1 : utc);
	return true;
}

static double amount_of(const struct tsrv_table *table, struct slice bytes, enum quantity q)
{
	double sum = 0;
	for (size_t i = 0; i < table->n; i++) {
		sum += table->cells[i].quantity == q ? cell_get(&table->cells[i], bytes) : 0;
	}
	return sum;
}

/* Codes have no published meaning; what the meter counted tells. Integrators do not. */
static enum err put_abnormal(struct emit *to, const struct tsrv_layout *l,
	const struct tsrv_table *table, struct slice bytes)
{
	to->flags = 0;
	if (l->is_total) {
		return ERR_OK;
	}
	bool has_failed = amount_of(table, bytes, QUANTITY_TIME_FAILURE) > 0;
	bool has_been_off = amount_of(table, bytes, QUANTITY_TIME_POWER_OFF) > 0;
	bool has_more = amount_of(table, bytes, QUANTITY_ERROR_TIME) > 0 ||
			amount_of(table, bytes, QUANTITY_ERROR_CODE) > 0;
	to->flags = has_failed || has_been_off || has_more ? QUALITY_ABNORMAL : 0;
	return emit_codes(
		to, -1, (has_failed ? ABNORMAL_FAILURE : 0) | (has_been_off ? ABNORMAL_POWER : 0));
}

static const char *const suffixes[TSRV_SYSTEMS] = {"", ".u2", ".u3"};

/* Systems `first` to `last`, which this record holds, and with the first what belongs to none. */
static enum err put_record(struct walk *w, unsigned first, unsigned last)
{
	const struct tsrv_layout *l = tsrv_layout_of(w->archive, w->record_size);
	struct slice all = {w->record, w->record_size};
	enum err e = ERR_OK;
	if (!l) {
		return talk_fail(w->talk, ERR_UNSUPP,
			"a record of %zu bytes, not %zu: the map is of another model",
			w->record_size, w->archive->layout->size);
	}
	w->to.counters = l->is_total ? FORM_POINT : FORM_AMOUNT;
	for (unsigned i = first; i <= last && !e; i++) {
		size_t at = l->system_at + (size_t)i * l->system_stride;
		struct slice bytes = {w->record + at, w->record_size - at};
		w->to.suffix = suffixes[i];
		e = put_abnormal(&w->to, l, &l->system, bytes);
		if (!e) {
			e = put_table(w->talk, &w->to, &l->system, bytes);
		}
	}
	w->to.suffix = NULL;
	w->to.flags = 0;
	return e || first > 0 ? e : put_table(w->talk, &w->to, &l->common, all);
}

/* The record of the period that starts at `start`, wherever the meter keeps it. */
static enum err find_record(struct walk *w, unsigned system, int64_t start, bool *ret_is_there)
{
	const struct calendar *c = talk_calendar(w->talk);
	*ret_is_there = false;
	if (w->period == PERIOD_HOUR && emit_is_twice(c->zone, start)) {
		return ERR_OK;
	}
	for (int tries = 0; tries < 2; tries++) {
		enum err e = ask_record(w, system, moved(w, start, w->move));
		if (e) {
			return err_is_answer(e) && e != ERR_UNSUPP ? ERR_OK : e;
		}
		if (!period_of_record(w, &w->to.interval)) {
			return ERR_OK;
		}
		*ret_is_there = w->to.interval.from == start;
		if (*ret_is_there) {
			return ERR_OK;
		}
		bool is_later = w->to.interval.from > start;
		struct span between = is_later ? (struct span){start, w->to.interval.from} :
						 (struct span){w->to.interval.from, start};
		bool is_far = between.till - between.from > (MOVE_MAX + 1) * length_s[w->period];
		int64_t off = is_far ? MOVE_MAX + 1 : (int64_t)period_count(c, w->period, between);
		if (off > MOVE_MAX) {
			return ERR_OK; /* not rounding: the meter has none of that time */
		}
		w->move += is_later ? -off : off;
	}
	return ERR_OK;
}

static enum err walk(struct walk *w, unsigned first, unsigned last)
{
	const struct calendar *c = talk_calendar(w->talk);
	enum err e = ERR_OK;
	for (int64_t s = w->span.from; s < w->span.till && !e; s = period_next(c, w->period, s)) {
		bool is_there;
		e = find_record(w, first, s, &is_there);
		if (!e && is_there) {
			e = put_record(w, first, last);
		}
	}
	return e;
}

/* Whole periods, no older than the memory and none of the future. */
static struct span asked_for(const struct walk *w, struct span span)
{
	const struct calendar *c = talk_calendar(w->talk);
	int64_t now = talk_now(w->talk);
	int64_t oldest = now - (w->archive->depth + 2) * length_s[w->period];
	int64_t newest = period_of(c, w->period, now).till;
	struct span all = {
		span.from > oldest ? span.from : oldest, span.till < newest ? span.till : newest};
	struct span first = period_of(c, w->period, all.from);
	all.from = first.from < all.from ? first.till : first.from;
	return all;
}

static enum err read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	const struct tsrv_model *m;
	struct walk w = {.talk = t, .period = period, .to = {.out = out, .period = period}};
	enum err e = learn(t, &m);
	if (e) {
		return e;
	}
	w.archive = &m->archives[period];
	if (!w.archive->layout) {
		return ERR_UNSUPP;
	}
	w.to.energy = energy_unit(t);
	w.span = asked_for(&w, span);
	unsigned systems = (unsigned)talk_param(t, "systems");
	systems = systems > m->systems_max ? m->systems_max : systems;
	if (w.archive->array_step == 0) {
		e = walk(&w, 0, systems - 1);
	} else {
		for (unsigned i = 0; i < systems && !e; i++) {
			e = walk(&w, i, i);
		}
	}
	return e ? e : w.to.has_put ? ERR_OK : ERR_NODATA;
}

/* The map as far as it is known: reading the state changes nothing. */
static const struct tsrv_model *known_model(const struct talk *t)
{
	const struct state *state = talk_state((struct talk *)(uintptr_t)t, sizeof(struct state));
	const struct tsrv_model *given = tsrv_model_named(talk_param_text(t, "device"));
	return given ? given : state->model;
}

static struct archive_depth depth(const struct talk *t)
{
	const struct tsrv_model *m = known_model(t);
	m = m ? m : &tsrv_020;
	return (struct archive_depth){.hours = (int)m->archives[PERIOD_HOUR].depth,
		.days = (int)m->archives[PERIOD_DAY].depth,
		.months = (int)m->archives[PERIOD_MONTH].depth};
}

#define CAPS_OF_ALL                                                                         \
	(CAP_CURRENT | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH | CAP_CLOCK | \
		CAP_IDENTIFY)

static uint32_t caps_of(const struct talk *t)
{
	const struct tsrv_model *m = known_model(t);
	return CAPS_OF_ALL | (m && m->is_clock_set ? CAP_SET_CLOCK : 0);
}

static const struct driver_param params[] = {
	{"address", PARAM_INT, 1, 247, "1", "network address", "сетевой адрес"},
	{"device", PARAM_TEXT, 0, 8, "",
		"map: 020, 023, 024, 024M+, 030, 030.03; empty: by the meter's name",
		"карта: 020, 023, 024, 024M+, 030, 030.03; пусто: по имени прибора"},
	{"systems", PARAM_INT, 1, 3, "1", "heat systems in use", "число теплосистем"},
	{"channels", PARAM_TEXT, 0, 6, "",
		"TSRV-030: what its channels count, mass or volume; empty: not read",
		"ТСРВ-030: что считают каналы, mass или volume; пусто: не читать"},
	{"energy_unit", PARAM_TEXT, 0, 16, "",
		"TSRV-024: unit of the heat totals, Gcal, GJ, MWh; empty: not known",
		"ТСРВ-024: единица итогов тепла, Gcal, GJ, MWh; пусто: неизвестна"},
	{"stamp", PARAM_TEXT, 0, 5, "start",
		"what a record is stamped with: start of its interval or anything inside, or end",
		"чем помечена запись: start - начало или внутри интервала, end - конец"},
	{"year_1900", PARAM_BOOL, 0, 1, "no", "requests carry the year less 1900",
		"в запросах год без 1900, а не две последние цифры"},
	{.name = NULL},
};

extern const struct driver driver_tsrv;
const struct driver driver_tsrv = {
	.name = "tsrv",
	.title = "Vzlet TSRV-020, 021, 022, 023, 024, 024M, 030",
	.title_ru = "Взлёт ТСРВ-020, 021, 022, 023, 024, 024М, 030",
	.grade = GRADE_EXPERIMENTAL,
	.caps = CAPS_OF_ALL | CAP_SET_CLOCK,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 5000, .gap_ms = 20, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.set_clock = set_clock,
	.read_current = read_current,
	.read_archive = read_archive,
	.caps_of = caps_of,
	.depth = depth,
};
