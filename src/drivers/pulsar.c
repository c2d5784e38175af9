/*
 * pulsar.c - Pulsar (Teplovodokhran): pulse counters, water meters, heat meters, radio modules
 *
 * Facts: docs/protocols/pulsar.md. Frames: proto/pulsar.h. Parts: pulsar_driver.h.
 *
 * One request reads any set of channels. Whether the values are floats or doubles is not asked for
 * but seen: the reply has so many bytes for so many channels. A reply belongs to a request when
 * address and the two bytes of identifier are its own, so a late one is never taken for another.
 *
 * Unknown: how long a meter takes to answer, taken for half a second at most; the order of 16 and 32 bit
 * integers some counters are said to send, refused here.
 */
#include "drivers/pulsar_driver.h"

#include "base/str.h"
#include "model/abnormal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* parameters of the meter */
#define PARAM_FIRMWARE    0x05
#define PARAM_DIAGNOSTICS 0x06
#define PARAM_BATTERY     0x0a
#define PARAM_TEMPERATURE 0x0b
#define PARAM_HOURS       0x0c
#define PARAM_SIZE        8

#define SEARCHES          3 /* for meters that answered over each other */
#define RANGE_MAX         1000

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, PULSAR_ADDRESS_MAX, NULL, "the meter's number, 8 digits",
		"номер прибора, 8 цифр"},
	{"kind", PARAM_TEXT, 0, 7, "auto", "counter, water, heat; auto: see what channels it has",
		"counter, water, heat; auto: определить по каналам"},
	{"channels", PARAM_TEXT, 0, 60, "",
		"channels that are connected, such as 1-4,6; empty: all there are",
		"подключённые каналы, например 1-4,6; пусто: все, что есть"},
	{"quantities", PARAM_TEXT, 0, 200, "volume",
		"what channel 1, 2 ... counts (of a heat meter: its pulse inputs), such as "
		"cold_water,hot_water; the last one stands for all that follow",
		"что считают каналы 1, 2 … (у теплосчётчика импульсные входы), например "
		"cold_water,hot_water; последнее значение действует для остальных"},
	{"service", PARAM_BOOL, 0, 0, "yes",
		"read weights of pulses, diagnostics and battery as well",
		"читать также веса импульсов, диагностику и батарею"},
	{"id", PARAM_INT, -1, 65535, "-1", "identifier of the first request; -1: by the clock",
		"идентификатор первого запроса; -1: по часам"},
	{"scan", PARAM_TEXT, 0, 17, "",
		"numbers to search, such as 10264061-10264099; empty: the only meter of the line",
		"какие номера искать, например 10264061-10264099; пусто: единственный на линии"},
	{.name = NULL},
};

/* ---- a request and its reply ---- */

static struct frame_verdict frame(struct slice so_far)
{
	static const enum frame_state states[] = {
		[PULSAR_CUT_MORE] = FRAME_MORE,
		[PULSAR_CUT_FULL] = FRAME_FULL,
		[PULSAR_CUT_JUNK] = FRAME_JUNK,
	};
	struct frame_verdict v = {FRAME_MORE, 0};
	v.state = states[pulsar_cut(so_far, &v.size)];
	return v;
}

void pulsar_open(struct talk *t, struct pulsar_peer *ret)
{
	int64_t id = talk_param(t, "id");
	*ret = (struct pulsar_peer){.talk = t,
		.state = talk_state(t, sizeof(struct pulsar_state)),
		.address = (uint32_t)talk_param(t, "address"),
		.refusal = -1};
	if (!ret->state->has_id) {
		ret->state->has_id = true;
		ret->state->id = (uint16_t)((id < 0 ? talk_now(t) : id) - 1);
	}
}

static enum err refuse(struct pulsar_peer *p, uint8_t function, struct slice data)
{
	static const struct {
		enum err e;
		const char *text;
	} meanings[] = {
		[PULSAR_UNKNOWN_ERROR] = {ERR_UNSUPP, "refuses"},
		[PULSAR_NO_FUNCTION] = {ERR_UNSUPP, "does not know the function"},
		[PULSAR_BAD_MASK] = {ERR_NODATA, "has no such channel"},
		[PULSAR_BAD_LENGTH] = {ERR_UNSUPP, "wants another length"},
		[PULSAR_NO_PARAM] = {ERR_NODATA, "has no such parameter"},
		[PULSAR_NOT_ALLOWED] = {ERR_DENIED, "does not allow it: it is write-protected"},
		[PULSAR_BAD_VALUE] = {ERR_NODATA, "refuses the value"},
		[PULSAR_NO_ARCHIVE] = {ERR_NODATA, "has no such archive"},
		[PULSAR_TOO_MANY] = {ERR_NODATA, "gives fewer values at once"},
	};
	p->refusal = data.size > 0 ? data.data[0] : PULSAR_UNKNOWN_ERROR;
	size_t i = (size_t)p->refusal < sizeof(meanings) / sizeof(meanings[0]) ?
			   (size_t)p->refusal :
			   PULSAR_UNKNOWN_ERROR;
	return talk_fail(p->talk, meanings[i].e, "the meter %s (function %02X, error %d)",
		meanings[i].text, function, p->refusal);
}

static bool is_ours(const struct pulsar_frame *sent, struct slice bytes, struct pulsar_frame *ret)
{
	return pulsar_decode(bytes, ret) == ERR_OK && ret->address == sent->address &&
	       ret->id == sent->id &&
	       (ret->function == sent->function || ret->function == PULSAR_REFUSAL);
}

enum err pulsar_ask(struct pulsar_peer *p, uint8_t function, struct slice data, bool is_once,
	struct pulsar_frame *ret)
{
	struct pulsar_frame f = {p->address, function, ++p->state->id, data};
	struct pulsar_out out;
	struct slice reply;
	p->refusal = -1;
	enum err e = pulsar_encode(&f, &out);
	struct slice request = {out.data, out.size};
	if (!e) {
		e = is_once ? talk_once(p->talk, request, frame, &reply) :
			      talk_exchange(p->talk, request, frame, &reply);
	}
	while (!e && !is_ours(&f, reply, ret)) {
		e = talk_again(p->talk, frame, &reply);
	}
	if (!e && ret->function == PULSAR_REFUSAL) {
		return refuse(p, function, ret->data);
	}
	return e;
}

static void mask_put(uint32_t mask, uint8_t *to)
{
	for (int i = 0; i < 4; i++) {
		to[i] = (uint8_t)(mask >> (8 * i));
	}
}

enum err pulsar_ask_mask(
	struct pulsar_peer *p, uint8_t function, uint32_t mask, struct pulsar_frame *ret)
{
	uint8_t data[4];
	mask_put(mask, data);
	return pulsar_ask(p, function, SLICE(data), false, ret);
}

/* ERR_NODATA: the meter has no such parameter, and is not asked again. */
static enum err ask_param(struct pulsar_peer *p, unsigned number, uint8_t ret[static PARAM_SIZE])
{
	const uint8_t data[2] = {(uint8_t)number, (uint8_t)(number >> 8)};
	struct pulsar_frame f;
	if (p->state->no_params & 1u << number) {
		return ERR_NODATA;
	}
	enum err e = pulsar_ask(p, PULSAR_READ_PARAM, SLICE(data), false, &f);
	if (err_is_answer(e)) {
		p->state->no_params |= 1u << number;
	}
	if (e) {
		return e;
	}
	if (f.data.size != PARAM_SIZE) {
		return talk_fail(p->talk, ERR_PROTO, "%zu bytes of a parameter instead of %d",
			f.data.size, PARAM_SIZE);
	}
	memcpy(ret, f.data.data, PARAM_SIZE);
	return ERR_OK;
}

/* ---- who and when ---- */

static const char *kind_model(enum pulsar_kind k)
{
	return k == PULSAR_HEAT  ? "Pulsar heat meter" :
	       k == PULSAR_WATER ? "Pulsar water meter" :
				   "Pulsar pulse counter";
}

static enum err identify(struct talk *t, struct identity *ret)
{
	struct pulsar_peer p;
	uint8_t firmware[PARAM_SIZE];
	pulsar_open(t, &p);
	/* it may be another meter now */
	*p.state = (struct pulsar_state){.has_id = true, .id = p.state->id};
	enum err e = pulsar_learn(&p);
	if (e) {
		return e;
	}
	struct identity who = {.maker = "Teplovodokhran"};
	e = ask_param(&p, PARAM_FIRMWARE, firmware);
	if (!e) {
		(void)snprintf(
			who.version, sizeof(who.version), "%u", firmware[0] | firmware[1] << 8);
	}
	(void)STR_COPY(who.model, kind_model(p.state->kind));
	(void)STR_COPY(who.medium, p.state->kind == PULSAR_HEAT  ? "heat" :
				   p.state->kind == PULSAR_WATER ? "water" :
								   "");
	(void)snprintf(who.serial, sizeof(who.serial), "%08u", p.address);
	(void)snprintf(who.address, sizeof(who.address), "address=%08u", p.address);
	if (e && !err_is_answer(e)) {
		return e;
	}
	*ret = who;
	return ERR_OK;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct pulsar_peer p;
	struct pulsar_frame f;
	struct civil c;
	pulsar_open(t, &p);
	enum err e = pulsar_ask(&p, PULSAR_READ_CLOCK, (struct slice){NULL, 0}, false, &f);
	if (e) {
		return e;
	}
	if (f.data.size != PULSAR_TIME_SIZE) {
		return talk_fail(t, ERR_PROTO, "%zu bytes of a time", f.data.size);
	}
	if (!pulsar_time_get(f.data.data, &c)) {
		return talk_fail(t, ERR_NODATA, "the meter's clock is not set");
	}
	*ret_utc = zone_utc(talk_zone(t), c, false);
	return ERR_OK;
}

static enum err set_clock(struct talk *t, int64_t utc)
{
	struct pulsar_peer p;
	struct pulsar_frame f;
	uint8_t data[PULSAR_TIME_SIZE];
	pulsar_open(t, &p);
	pulsar_time_put(zone_civil(talk_zone(t), utc), data);
	enum err e = pulsar_ask(&p, PULSAR_WRITE_CLOCK, SLICE(data), true, &f);
	if (!e && (f.data.size < 1 || f.data.data[0] != 1)) {
		return talk_fail(t, ERR_DENIED, "the meter did not take the time");
	}
	return e;
}

/* ---- current values ---- */

/* What the diagnostics byte means: it is another one on water meters. */
static unsigned abnormal_of(enum pulsar_kind kind, unsigned code)
{
	static const unsigned water[8] = {0, ABNORMAL_FAILURE, ABNORMAL_CLOCK, ABNORMAL_CLOCK, 0, 0,
		ABNORMAL_REVERSE, ABNORMAL_FAILURE};
	unsigned abnormal = 0;
	if (kind == PULSAR_COUNTER) {
		return code & 0x0c ? ABNORMAL_FAILURE : 0;
	}
	for (unsigned bit = 0; bit < 8 && kind == PULSAR_WATER; bit++) {
		abnormal |= code >> bit & 1 ? water[bit] : 0;
	}
	return abnormal; /* what the bits of a heat meter mean is not known */
}

static enum err put(struct sink *out, const char *key, enum quantity q, enum unit u, double v,
	int decimals, unsigned flags)
{
	struct sample s = {.key = key,
		.quantity = q,
		.unit = u,
		.form = FORM_NOW,
		.period = PERIOD_NONE,
		.value = v,
		.decimals = decimals,
		.quality = quality_make(
			isnan(v) ? QUALITY_MISSING : QUALITY_MEASURED, SOURCE_NONE, flags)};
	return out->put(out, &s);
}

/* Diagnostics, battery, temperature, hours; what a meter does not have is passed over. */
static enum err put_service(struct pulsar_peer *p, struct sink *out, unsigned *ret_flags)
{
	static const struct {
		unsigned number;
		const char *key;
		enum quantity quantity;
		enum unit unit;
		bool is_float;
		int decimals;
	} rows[] = {
		{PARAM_BATTERY, "battery_voltage", QUANTITY_BATTERY_VOLTAGE, UNIT_V, true, -1},
		{PARAM_TEMPERATURE, "temperature", QUANTITY_TEMPERATURE, UNIT_DEGC, true, -1},
		{PARAM_HOURS, "on_time", QUANTITY_ON_TIME, UNIT_H, false, 0},
	};
	uint8_t bytes[PARAM_SIZE];
	enum err e = ask_param(p, PARAM_DIAGNOSTICS, bytes);
	if (!e) {
		unsigned abnormal = abnormal_of(p->state->kind, bytes[0]);
		*ret_flags = abnormal & (ABNORMAL_FAILURE | ABNORMAL_REVERSE) ? QUALITY_ABNORMAL :
										0;
		e = put(out, "error_code", QUANTITY_ERROR_CODE, UNIT_NONE, bytes[0], 0, 0);
		if (!e && p->state->kind != PULSAR_HEAT) {
			e = put(out, "abnormal", QUANTITY_ABNORMAL, UNIT_NONE, abnormal, 0, 0);
		}
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (e && !err_is_answer(e)) {
			return e;
		}
		e = ask_param(p, rows[i].number, bytes);
		if (e) {
			continue;
		}
		double v = rows[i].is_float ? pulsar_value(bytes, 4) : pulsar_u32(bytes);
		e = put(out, rows[i].key, rows[i].quantity, rows[i].unit, v, rows[i].decimals, 0);
	}
	return err_is_answer(e) ? ERR_OK : e;
}

static enum err put_weights(struct pulsar_peer *p, struct sink *out)
{
	char key[REGISTER_KEY_CAP];
	for (int n = 1; n <= PULSAR_CHANNEL_MAX; n++) {
		if (!(p->state->mask >> (n - 1) & 1) || isnan(p->state->weights[n - 1])) {
			continue;
		}
		(void)snprintf(key, sizeof(key), "pulse_weight.%d", n);
		enum err e = put(out, key, QUANTITY_DIMENSIONLESS, UNIT_NONE,
			p->state->weights[n - 1], -1, 0);
		if (e) {
			return e;
		}
	}
	return ERR_OK;
}

static int count_of(uint32_t mask)
{
	int n = 0;
	for (; mask; mask &= mask - 1) {
		n++;
	}
	return n;
}

static enum err put_channels(struct pulsar_peer *p, struct sink *out, unsigned flags)
{
	struct pulsar_frame f;
	struct pulsar_channel c;
	size_t n = (size_t)count_of(p->state->mask), at = 0;
	enum err e = pulsar_ask_mask(p, PULSAR_READ, p->state->mask, &f);
	if (e) {
		return e;
	}
	size_t width = f.data.size / n;
	if ((width != 4 && width != 8) || f.data.size % n) {
		return talk_fail(p->talk, ERR_PROTO,
			"%zu bytes for %zu channels: neither floats nor doubles", f.data.size, n);
	}
	for (int number = 1; number <= PULSAR_CHANNEL_MAX && !e; number++) {
		if (!(p->state->mask >> (number - 1) & 1)) {
			continue;
		}
		const uint8_t *bytes = f.data.data + width * at++;
		if (!pulsar_channel_of(p, number, &c)) {
			continue;
		}
		double v = c.is_whole && width == 4 ? pulsar_hours(bytes) :
						      pulsar_value(bytes, width);
		e = put(out, c.key, c.quantity, c.unit, v, pulsar_decimals(p->state, number),
			flags);
	}
	return e;
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct pulsar_peer p;
	unsigned flags = 0;
	pulsar_open(t, &p);
	enum err e = pulsar_learn(&p);
	if (!e && talk_param(t, "service")) {
		e = put_service(&p, out, &flags);
		e = e ? e : put_weights(&p, out);
	}
	return e ? e : put_channels(&p, out, flags);
}

/* ---- search ---- */

static enum err tell(uint32_t address, scan_fn *found, void *ctx)
{
	struct identity who = {.maker = "Teplovodokhran"};
	(void)snprintf(who.serial, sizeof(who.serial), "%08u", address);
	(void)snprintf(who.address, sizeof(who.address), "address=%08u", address);
	return found(ctx, &who);
}

/* Numbers of meters bought together follow each other: ask one after another for its clock. */
static enum err scan_range(struct pulsar_peer *p, const char *text, scan_fn *found, void *ctx)
{
	char first[12] = "";
	int64_t from, till;
	size_t n = strcspn(text, "-");
	if (text[n] && n < sizeof(first)) {
		memcpy(first, text, n);
	}
	if (!text[n] || str_to_int(first, &from) || str_to_int(text + n + 1, &till) || from < 0 ||
		till > PULSAR_ADDRESS_MAX || till < from || till - from >= RANGE_MAX) {
		return talk_fail(p->talk, ERR_INVAL,
			"scan: a range of at most %d numbers such as 10264061-10264099", RANGE_MAX);
	}
	enum err e = ERR_OK;
	for (int64_t a = from; a <= till && !e; a++) {
		struct pulsar_frame f;
		p->address = (uint32_t)a;
		e = pulsar_ask(p, PULSAR_READ_CLOCK, (struct slice){NULL, 0}, true, &f);
		if (!e || err_is_answer(e)) {
			e = tell(p->address, found, ctx);
		} else if (e == ERR_TIMEOUT || e == ERR_NOISE || e == ERR_FOREIGN) {
			e = ERR_OK;
		}
	}
	return e;
}

/* Everybody answers the search, so it finds a meter that is alone. */
static enum err scan(struct talk *t, scan_fn *found, void *ctx)
{
	struct pulsar_peer p;
	struct pulsar_out out;
	struct slice reply;
	uint32_t address;
	const char *range = talk_param_text(t, "scan");
	pulsar_open(t, &p);
	if (*range) {
		return scan_range(&p, range, found, ctx);
	}
	pulsar_search_request(&out);
	enum err e = ERR_TIMEOUT;
	for (int i = 0; i < SEARCHES && (e == ERR_TIMEOUT || e == ERR_NOISE); i++) {
		e = talk_once(t, (struct slice){out.data, out.size}, frame, &reply);
		while (!e && !pulsar_search_decode(reply, &address)) {
			e = talk_again(t, frame, &reply);
		}
	}
	if (e == ERR_NOISE) {
		return talk_fail(t, e,
			"several meters answer the search at once; give their numbers as scan=");
	}
	return e == ERR_TIMEOUT ? ERR_OK : e ? e : tell(address, found, ctx);
}

/* A heat meter's memory by its document; counters differ by model. */
static struct archive_depth depth(const struct talk *t)
{
	bool is_heat = strcmp(talk_param_text(t, "kind"), "heat") == 0;
	return is_heat ? (struct archive_depth){.hours = 1488, .days = 184, .months = 60} :
			 (struct archive_depth){0};
}

extern const struct driver driver_pulsar;
const struct driver driver_pulsar = {
	.name = "pulsar",
	.title = "Pulsar pulse counters, water and heat meters (Teplovodokhran)",
	.title_ru = "Пульсар: счётчики импульсов, водо- и теплосчётчики (Тепловодохран)",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_CLOCK | CAP_SET_CLOCK | CAP_SCAN | CAP_IDENTIFY |
		CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 500, .gap_ms = 10, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.set_clock = set_clock,
	.read_current = read_current,
	.read_archive = pulsar_read_archive,
	.scan = scan,
	.depth = depth,
};
