/*
 * tem104.c - heat calculators TEM-104, TEM-104-1, TEM-106, TSM-104
 *
 * Facts: docs/protocols/tem104.md, from the maker's documents; no meter has answered yet.
 *
 * The meter says its name, and with it where everything lies (proto/tem_models.c). Everything is read
 * by address, 64 bytes at a time (block=256 for firmware from 2R.37 on). Nothing is written: how the
 * clock is set is not described.
 *
 * A reply repeats group, command and length of the request, no number and no address in memory: a
 * late one of the same length cannot be told apart. Records of the archive have a sum of their own.
 */
#include "drivers/tem104.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

/* ---- requests ---- */

static struct frame_verdict frame(struct slice so_far)
{
	static const enum frame_state states[] = {[TEM_CUT_MORE] = FRAME_MORE,
		[TEM_CUT_FULL] = FRAME_FULL,
		[TEM_CUT_JUNK] = FRAME_JUNK};
	struct tem_cut cut = tem_cut(TEM_REPLY, so_far);
	return (struct frame_verdict){states[cut.state], cut.size};
}

/* `size` 0: whatever length comes. */
static enum err ask(struct talk *t, struct tem_frame *q, size_t size, struct slice *ret_data)
{
	uint8_t bytes[TEM_FRAME_CAP];
	struct slice reply;
	q->address = (uint8_t)talk_param(t, "address");
	size_t n = tem_frame_put(TEM_REQUEST, q, bytes);
	enum err e = talk_exchange(t, (struct slice){bytes, n}, frame, &reply);
	while (e == ERR_OK) {
		struct tem_frame f = tem_frame_get(reply);
		if (f.address == q->address && f.group == q->group && f.command == q->command &&
			(size == 0 || f.data.size == size)) {
			*ret_data = f.data;
			return ERR_OK;
		}
		e = talk_again(t, frame, &reply);
	}
	return e;
}

enum err tem_read(struct talk *t, const struct tem_model *m, enum tem_memory memory,
	uint32_t address, size_t size, uint8_t *ret_bytes)
{
	size_t block = (size_t)talk_param(t, "block");
	for (size_t at = 0; at < size;) {
		size_t n = size - at < block ? size - at : block;
		struct tem_frame q;
		uint8_t data[5];
		struct slice got;
		(void)tem_read_put(m, memory, address + (uint32_t)at, n, &q, data);
		enum err e = ask(t, &q, n, &got);
		if (e) {
			return e;
		}
		memcpy(ret_bytes + at, got.data, n);
		at += n;
	}
	return ERR_OK;
}

/* ---- who it is ---- */

static enum err find_model(struct talk *t, const struct tem_model **ret_model)
{
	struct tem_frame q;
	uint8_t data[5];
	struct slice name;
	(void)tem_read_put(NULL, TEM_IDENTIFY, 0, 0, &q, data);
	enum err e = ask(t, &q, 0, &name);
	if (e) {
		return e;
	}
	*ret_model = tem_model_find(name);
	if (*ret_model) {
		return ERR_OK;
	}
	char text[24] = "";
	for (size_t i = 0; i < name.size && i + 1 < sizeof(text); i++) {
		bool is_plain = name.data[i] > ' ' && name.data[i] < 0x7f;
		text[i] = (char)(is_plain ? name.data[i] : '?');
	}
	return talk_fail(t, ERR_UNSUPP,
		"the meter calls itself '%s'; the layouts of TEM-104, TEM-104-1, TEM-106 and "
		"TSM-104 are known",
		text);
}

static enum err energy_unit(
	struct talk *t, const struct tem_model *m, const uint8_t *settings, enum unit *ret_unit)
{
	const char *text = talk_param_text(t, "energy_unit");
	if (*text) {
		if (!unit_from_name(text, ret_unit) || unit_dimension(*ret_unit) != DIM_ENERGY) {
			return talk_fail(
				t, ERR_INVAL, "energy_unit: '%s' is no unit of energy", text);
		}
		return ERR_OK;
	}
	if (m->energy_at >= 0 && tem_energy_unit(settings[m->energy_at], ret_unit)) {
		return ERR_OK;
	}
	return talk_fail(t, ERR_INVAL,
		"%s does not say in which unit it counts heat: set energy_unit to Gcal, GJ or MWh, "
		"as on its display",
		m->name);
}

enum err tem_learn(struct talk *t, bool is_anew, const struct tem_meter **ret_meter)
{
	struct tem_meter *state = talk_state(t, sizeof(*state));
	struct tem_meter fresh = {.systems = 1};
	uint8_t settings[8] = {0};
	*ret_meter = state;
	if (state->model && !is_anew) {
		return ERR_OK;
	}
	enum err e = find_model(t, &fresh.model);
	if (!e && fresh.model->systems_at >= 0) {
		e = tem_read(t, fresh.model, TEM_TIMER, 0, sizeof(settings), settings);
	}
	if (!e) {
		e = energy_unit(t, fresh.model, settings, &fresh.energy);
	}
	if (!e && fresh.model->systems_at >= 0) {
		fresh.systems = settings[fresh.model->systems_at];
	}
	if (!e && (fresh.systems < 1 || fresh.systems > fresh.model->systems_max)) {
		e = talk_fail(t, ERR_PROTO, "%s has 1 to %u systems, this one says %u",
			fresh.model->name, fresh.model->systems_max, fresh.systems);
	}
	if (!e) {
		*state = fresh;
	}
	return e;
}

static void take_serial(const struct tem_model *m, const uint8_t *bytes, struct identity *who)
{
	if (!m->is_serial_text) {
		uint32_t number = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
				  (uint32_t)bytes[2] << 8 | bytes[3];
		(void)snprintf(who->serial, sizeof(who->serial), "%lu", (unsigned long)number);
		return;
	}
	for (size_t i = 0, n = 0; i < 6; i++) {
		bool is_plain = (bytes[i] >= '0' && bytes[i] <= '9') ||
				(bytes[i] >= 'A' && bytes[i] <= 'Z');
		if (is_plain) {
			who->serial[n++] = (char)bytes[i];
		}
	}
}

static enum err identify(struct talk *t, struct identity *ret)
{
	struct identity who = {.maker = "TEM", .medium = "heat"};
	const struct tem_model *m;
	uint8_t bytes[6] = {0};
	enum err e = find_model(t, &m);
	if (!e) {
		e = tem_read(t, m, TEM_TIMER, (uint32_t)m->serial_at, sizeof(bytes), bytes);
	}
	if (e) {
		return e;
	}
	(void)STR_COPY(who.model, m->name);
	take_serial(m, bytes, &who);
	(void)snprintf(
		who.address, sizeof(who.address), "address=%d", (int)talk_param(t, "address"));
	*ret = who;
	return ERR_OK;
}

/* ---- clock ---- */

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	const struct tem_meter *meter;
	uint8_t bytes[16];
	int v[6];
	enum err e = tem_learn(t, false, &meter);
	if (e) {
		return e;
	}
	const struct tem_model *m = meter->model;
	uint16_t at = m->clock_at[0], last = m->clock_at[5];
	e = tem_read(t, m, m->clock_in, at, (size_t)(last - at + 1), bytes);
	if (e) {
		return e;
	}
	bool is_good = true;
	for (int i = 0; i < 6; i++) {
		v[i] = tem_bcd_get(bytes[m->clock_at[i] - at]);
		is_good = is_good && v[i] >= 0;
	}
	struct civil c = {2000 + v[5], v[4], v[3], v[2], v[1], v[0]};
	if (!is_good || c.month < 1 || c.month > 12 || c.day < 1 ||
		c.day > civil_month_days(c.year, c.month) || c.hour > 23 || c.minute > 59 ||
		c.second > 59) {
		return talk_fail(t, ERR_NODATA, "the meter's clock is not set");
	}
	*ret_utc = zone_utc(talk_zone(t), c, false);
	return ERR_OK;
}

/* ---- values ---- */

enum err tem_put(
	struct emit *to, const struct tem_table *table, struct slice bytes, const uint8_t *comma)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < table->n && !e; i++) {
		const struct cell *f = &table->cells[i];
		e = emit_scaled(to, f, bytes, comma ? tem_comma(f->quantity, *comma) : 1);
	}
	return e;
}

enum err tem_put_codes(
	struct emit *to, const struct tem_model *m, struct slice bytes, unsigned system)
{
	char suffix[8] = "";
	int abnormal = 0;
	int code = m->codes(bytes, system, &abnormal);
	to->flags = 0;
	if (code < 0) {
		return ERR_OK;
	}
	if (system > 0) {
		(void)snprintf(suffix, sizeof(suffix), ".u%u", system + 1);
	}
	to->flags = abnormal ? QUALITY_ABNORMAL : 0;
	to->suffix = suffix;
	enum err e = emit_codes(to, code, abnormal);
	to->suffix = NULL; /* rows of the tables have whole keys */
	return e;
}

static enum err put_totals(struct talk *t, const struct tem_meter *meter, struct emit *to)
{
	const struct tem_model *m = meter->model;
	uint8_t bytes[TEM_RECORD_CAP] = {0}, commas[TEM_SYSTEMS] = {0};
	struct slice totals = {bytes, m->totals_size};
	enum err e = tem_read(t, m, TEM_TIMER, m->totals_at, m->totals_size, bytes);
	if (!e && m->commas_at >= 0) {
		e = tem_read(t, m, TEM_TIMER, (uint32_t)m->commas_at, sizeof(commas), commas);
	}
	for (unsigned i = 0; i < meter->systems && !e; i++) {
		e = tem_put_codes(to, m, totals, i);
		to->flags = 0;
		if (!e) {
			e = tem_put(
				to, &m->totals[i], totals, m->commas_at < 0 ? NULL : &commas[i]);
		}
	}
	return e;
}

static enum err read_current(struct talk *t, struct sink *out)
{
	const struct tem_meter *meter;
	uint8_t bytes[TEM_RECORD_CAP];
	enum err e = tem_learn(t, true, &meter);
	if (e) {
		return e;
	}
	const struct tem_model *m = meter->model;
	struct emit to = {.out = out, .counters = FORM_NOW, .energy = meter->energy};
	e = put_totals(t, meter, &to);
	for (unsigned i = 0; i < meter->systems && !e; i++) {
		if (i == 0 || m->ram_stride) {
			e = tem_read(t, m, m->ram_in, m->ram_at + i * (uint32_t)m->ram_stride,
				m->ram_size, bytes);
		}
		if (!e) {
			e = tem_put(&to, &m->now[i], (struct slice){bytes, m->ram_size}, NULL);
		}
	}
	return e;
}

static struct archive_depth depth(const struct talk *t)
{
	/* reading the state changes nothing */
	const struct tem_meter *meter = talk_state(
		(struct talk *)(uintptr_t)t, sizeof(struct tem_meter));
	const struct tem_model *m = meter->model ? meter->model : &tem_104;
	return (struct archive_depth){.hours = (int)m->rings[PERIOD_HOUR].count,
		.days = (int)m->rings[PERIOD_DAY].count,
		.months = (int)m->rings[PERIOD_MONTH].count};
}

static const struct driver_param params[] = {
	{"address", PARAM_INT, 1, 255, "1", "network address", "сетевой адрес"},
	{"block", PARAM_INT, 8, 256, "64", "bytes read at once; 256 from firmware 2R.37 on",
		"байт в одном чтении; 256 начиная с версии 2R.37"},
	{"energy_unit", PARAM_TEXT, 0, 16, "",
		"unit of heat on the display: Gcal, GJ, MWh; TEM-104 says it itself",
		"единица тепла на экране: Gcal, GJ, MWh; TEM-104 сообщает её сам"},
	{.name = NULL},
};

extern const struct driver driver_tem104;
const struct driver driver_tem104 = {
	.name = "tem104",
	.title = "TEM-104, TEM-104-1, TEM-106, TSM-104",
	.title_ru = "ТЭМ-104, ТЭМ-104-1, ТЭМ-106, ТСМ-104",
	.grade = GRADE_EXPERIMENTAL,
	.caps = CAP_CURRENT | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH | CAP_CLOCK |
		CAP_IDENTIFY,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 1000, .gap_ms = 20, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.read_current = read_current,
	.read_archive = tem_read_archive,
	.depth = depth,
};
