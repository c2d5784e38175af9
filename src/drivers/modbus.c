/*
 * modbus.c - meters that are a table of registers, over RS-485 or TCP
 *
 * Facts: docs/protocols/modbus.md; the tables: meters/, docs/meter-maps.md.
 *
 * A reading is one request per block of the map. A block the meter refuses (exception 1 to 3) is
 * skipped and the others are read, because models of one family differ in what they have.
 *
 * Replies carry no word about the request but the unit, the function and the length, over TCP a
 * transaction number as well; whatever does not fit is somebody else's or late, and the right one
 * is waited for. A late reply of the same length to an earlier request cannot be told apart on
 * RS-485: the talk empties the line before each request, which leaves that window small.
 *
 * transport=rtu is the frame with CRC, on a serial line or through a transparent gateway;
 * transport=tcp is Modbus TCP.
 */
#include "drivers/modbus.h"

#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ADDRESS_LAST 247

struct memory {
	uint16_t transaction;
};

/* ---- frames and exceptions ---- */

static struct frame_verdict verdict(struct modbus_cut cut)
{
	static const enum frame_state states[] = {
		[MODBUS_CUT_MORE] = FRAME_MORE,
		[MODBUS_CUT_FULL] = FRAME_FULL,
		[MODBUS_CUT_JUNK] = FRAME_JUNK,
	};
	return (struct frame_verdict){states[cut.state], cut.size};
}

static struct frame_verdict frame_rtu(struct slice so_far)
{
	return verdict(modbus_cut_rtu_reply(so_far));
}

static struct frame_verdict frame_tcp(struct slice so_far)
{
	return verdict(modbus_cut_tcp(so_far));
}

static enum err refuse(const struct modbus_peer *p, const struct modbus_request *q, int exception)
{
	static const struct {
		enum err e;
		const char *text;
	} meanings[] = {
		[MODBUS_ILLEGAL_FUNCTION] = {ERR_UNSUPP, "does not know the function"},
		[MODBUS_ILLEGAL_ADDRESS] = {ERR_NODATA, "has no such register"},
		[MODBUS_ILLEGAL_VALUE] = {ERR_NODATA, "refuses the value"},
		[MODBUS_DEVICE_FAILURE] = {ERR_BUSY, "reports a failure of its own"},
		[MODBUS_ACKNOWLEDGE] = {ERR_BUSY, "needs more time"},
		[MODBUS_BUSY] = {ERR_BUSY, "is busy"},
		[MODBUS_NO_PATH] = {ERR_TIMEOUT, "is not reached by the gateway"},
		[MODBUS_NO_ANSWER] = {ERR_TIMEOUT, "does not answer the gateway"},
	};
	enum err e = ERR_UNSUPP;
	const char *text = "refuses";
	if ((size_t)exception < sizeof(meanings) / sizeof(meanings[0]) &&
		meanings[exception].text) {
		e = meanings[exception].e;
		text = meanings[exception].text;
	}
	return talk_fail(p->talk, e, "the meter %s (function %d, address 0x%04X, exception %d)",
		text, q->function, q->address, exception);
}

/* Does this reply answer this request? */
static bool fits(const struct modbus_request *q, const struct modbus_reply *r)
{
	if (r->function != q->function) {
		return false;
	}
	if (r->exception) {
		return true;
	}
	switch (q->function) {
	case MODBUS_WRITE_ONE:
		return r->address == q->address && memcmp(r->data.data, q->data.data, 2) == 0;
	case MODBUS_WRITE_MANY:
		return r->address == q->address && 2 * (size_t)r->count == q->data.size;
	default: return r->data.size == 2 * (size_t)q->count;
	}
}

static bool is_ours(const struct modbus_head *sent, const struct modbus_request *q,
	struct slice frame, struct modbus_reply *ret_reply)
{
	struct modbus_head head;
	struct slice pdu;
	return modbus_unwrap(sent->is_tcp, frame, &head, &pdu) && head.unit == sent->unit &&
	       head.transaction == sent->transaction &&
	       modbus_reply_decode(pdu, ret_reply) == ERR_OK && fits(q, ret_reply);
}

enum err modbus_ask(const struct modbus_peer *p, const struct modbus_request *q, bool is_once,
	struct modbus_reply *ret_reply)
{
	struct memory *memory = talk_state(p->talk, sizeof(*memory));
	frame_fn *frame = p->is_tcp ? frame_tcp : frame_rtu;
	struct modbus_head head = {.is_tcp = p->is_tcp, .unit = p->unit};
	struct modbus_pdu pdu;
	struct modbus_adu adu = {.size = 0};
	struct modbus_reply reply;
	struct slice bytes;
	enum err e = modbus_request_encode(q, &pdu);
	if (e) {
		return e;
	}
	if (p->is_tcp) {
		head.transaction = ++memory->transaction;
	}
	modbus_wrap(&head, &pdu, &adu);
	struct slice request = {adu.data, adu.size};
	e = is_once ? talk_once(p->talk, request, frame, &bytes) :
		      talk_exchange(p->talk, request, frame, &bytes);
	while (e == ERR_OK && !is_ours(&head, q, bytes, &reply)) {
		e = talk_again(p->talk, frame, &bytes);
	}
	if (e) {
		return e;
	}
	if (reply.exception) {
		return refuse(p, q, reply.exception);
	}
	*ret_reply = reply;
	return ERR_OK;
}

/* ---- parameters ---- */

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, 255, "1", "unit address: 1-247 on RS-485, 0-255 over TCP",
		"адрес прибора: 1-247 на RS-485, 0-255 по TCP"},
	{"model", PARAM_TEXT, 0, 47, "",
		"register map in meters/, such as sdm630; needed for everything but a scan",
		"карта регистров из meters/, например sdm630; нужна для всего, кроме поиска"},
	{"transport", PARAM_TEXT, 0, 3, "rtu",
		"rtu (also through a transparent gateway) or tcp (Modbus TCP)",
		"rtu (в том числе через прозрачный шлюз) или tcp (Modbus TCP)"},
	{"ct", PARAM_TEXT, 0, 20, "1",
		"ratio of the current transformers where the meter does not apply it: 20 or 100/5",
		"коэффициент трансформаторов тока, если прибор его не учитывает: 20 или 100/5"},
	{"vt", PARAM_TEXT, 0, 20, "1",
		"ratio of the voltage transformers where the meter does not apply it",
		"коэффициент трансформаторов напряжения, если прибор его не учитывает"},
	{.name = NULL},
};

/* "20" or "100/5" */
static bool ratio_parse(const char *text, double *ret_ratio)
{
	char upper[24];
	double over = 0, under = 1;
	size_t n = strcspn(text, "/");
	if (n >= sizeof(upper)) {
		return false;
	}
	memcpy(upper, text, n);
	upper[n] = 0;
	if (str_to_double(upper, &over) || (text[n] && str_to_double(text + n + 1, &under))) {
		return false;
	}
	*ret_ratio = over / under;
	return over > 0 && under > 0 && isfinite(*ret_ratio);
}

enum err modbus_peer_init(struct talk *t, struct modbus_peer *ret_peer)
{
	struct modbus_peer p = {.talk = t, .map = talk_model(t), .ratio = {1, 1, 1, 1}};
	const char *transport = talk_param_text(t, "transport");
	int64_t address = talk_param(t, "address");
	p.is_tcp = strcmp(transport, "tcp") == 0;
	p.unit = (uint8_t)address;
	if (!p.is_tcp && strcmp(transport, "rtu") != 0) {
		return talk_fail(t, ERR_INVAL, "transport: rtu or tcp, not '%s'", transport);
	}
	if (!p.is_tcp && (address < 1 || address > 248)) {
		return talk_fail(t, ERR_INVAL, "address: 1 to 247 on RS-485");
	}
	if (!ratio_parse(talk_param_text(t, "ct"), &p.ratio[MODBUS_RATIO_CT])) {
		return talk_fail(t, ERR_INVAL, "ct: a ratio such as 20 or 100/5");
	}
	if (!ratio_parse(talk_param_text(t, "vt"), &p.ratio[MODBUS_RATIO_VT])) {
		return talk_fail(t, ERR_INVAL, "vt: a ratio such as 60 or 6000/100");
	}
	p.ratio[MODBUS_RATIO_CT_VT] = p.ratio[MODBUS_RATIO_CT] * p.ratio[MODBUS_RATIO_VT];
	*ret_peer = p;
	return ERR_OK;
}

enum err modbus_peer_with_map(struct talk *t, struct modbus_peer *ret_peer)
{
	enum err e = modbus_peer_init(t, ret_peer);
	if (e == ERR_OK && !ret_peer->map) {
		return talk_fail(
			t, ERR_INVAL, "model: must be given, the name of a file in meters/");
	}
	return e;
}

/* ---- current values ---- */

/* The part of a block where register address `at` begins. */
static const uint8_t *bytes_at(
	const struct modbus_block *b, const struct modbus_reply *reply, uint16_t at)
{
	return reply->data.data + 2 * (size_t)(at - b->at);
}

static bool holds(const struct modbus_block *b, const struct modbus_register *r, uint16_t at)
{
	return b->function == r->function && at >= b->at &&
	       at + (unsigned)r->words <= b->at + (unsigned)b->count;
}

/* Explicit blocks may overlap: a register is taken from the first that has all of it. */
static const struct modbus_block *block_of(
	const struct modbus_map *m, const struct modbus_register *r)
{
	for (unsigned i = 0; i < m->blocks_count; i++) {
		const struct modbus_block *b = &m->blocks[i];
		if (holds(b, r, r->at) && (!r->minus || holds(b, r, *r->minus))) {
			return b;
		}
	}
	return NULL;
}

static bool is_info(const struct modbus_register *r)
{
	return quantity_kind(r->quantity) == KIND_INFO;
}

static bool block_has(const struct modbus_map *m, const struct modbus_block *b, bool wants_info)
{
	for (unsigned i = 0; i < m->registers_count; i++) {
		const struct modbus_register *r = &m->registers[i];
		if (is_info(r) == wants_info && block_of(m, r) == b) {
			return true;
		}
	}
	return false;
}

static enum err block_read(const struct modbus_peer *p, const struct modbus_block *b, bool is_once,
	struct modbus_reply *ret_reply)
{
	struct modbus_request q = {.function = b->function, .address = b->at, .count = b->count};
	return modbus_ask(p, &q, is_once, ret_reply);
}

static enum err put_now(const struct modbus_peer *p, const struct modbus_register *r, double value,
	struct sink *out)
{
	double ratio = p->ratio[r->ratio];
	enum quality_class class = isnan(value) ? QUALITY_MISSING : QUALITY_MEASURED;
	struct sample s = {.key = r->key,
		.quantity = r->quantity,
		.unit = r->unit,
		.form = FORM_NOW,
		.period = PERIOD_NONE,
		.value = ratio == 1 ? value : value * ratio,
		.decimals = r->decimals_or_less,
		.capacity = r->wraps_at * ratio,
		.quality = quality_make(class, SOURCE_NONE, 0)};
	return out->put(out, &s);
}

static enum err put_block(const struct modbus_peer *p, const struct modbus_block *b,
	const struct modbus_reply *reply, struct sink *out)
{
	for (unsigned i = 0; i < p->map->registers_count; i++) {
		const struct modbus_register *r = &p->map->registers[i];
		if (is_info(r) || block_of(p->map, r) != b) {
			continue;
		}
		double v = modbus_register_get(r, bytes_at(b, reply, r->at));
		if (r->minus) {
			v -= modbus_register_get(r, bytes_at(b, reply, *r->minus));
		}
		enum err e = put_now(p, r, v, out);
		if (e) {
			return e;
		}
	}
	return ERR_OK;
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct modbus_peer p = {0};
	struct modbus_reply reply;
	enum err e = modbus_peer_with_map(t, &p);
	enum err refusal = ERR_OK;
	bool has_read = false;
	for (unsigned i = 0; e == ERR_OK && i < p.map->blocks_count; i++) {
		const struct modbus_block *b = &p.map->blocks[i];
		if (!block_has(p.map, b, false)) {
			continue;
		}
		e = block_read(&p, b, false, &reply);
		if (e == ERR_OK) {
			has_read = true;
			e = put_block(&p, b, &reply, out);
		} else if (err_is_answer(e)) {
			refusal = e;
			e = ERR_OK;
		}
	}
	return e ? e : has_read ? ERR_OK : refusal;
}

/* ---- who it is ---- */

static void identity_take(
	const struct modbus_register *r, const uint8_t *bytes, struct identity *who)
{
	char text[64];
	if (r->type == MODBUS_TEXT) {
		modbus_register_text(r, bytes, sizeof(text), text);
	} else {
		double v = modbus_register_get(r, bytes);
		(void)snprintf(text, sizeof(text), "%.*f", isnan(v) ? 0 : r->decimals_or_less,
			isnan(v) ? 0 : v);
	}
	switch (r->quantity) {
	case QUANTITY_SERIAL_NUMBER: (void)STR_COPY(who->serial, text); break;
	case QUANTITY_FIRMWARE: (void)STR_COPY(who->version, text); break;
	case QUANTITY_IDENTIFICATION:
		(void)snprintf(who->model, sizeof(who->model), "%.40s", text);
		break;
	default: break;
	}
}

/* Reads what the map says about names, or any one block: somebody must answer. */
static enum err ask_identity(const struct modbus_peer *p, bool is_once, struct identity *ret_who)
{
	const struct modbus_map *m = p->map;
	struct identity who = {.serial = ""};
	struct modbus_reply reply;
	bool has_read = false;
	enum err e = ERR_OK;
	(void)STR_COPY(who.maker, m->maker);
	(void)STR_COPY(who.model, m->title);
	(void)STR_COPY(who.medium, m->medium);
	(void)snprintf(who.address, sizeof(who.address), "address=%u", p->unit);
	for (unsigned i = 0; e == ERR_OK && i < m->blocks_count; i++) {
		const struct modbus_block *b = &m->blocks[i];
		bool is_last = i + 1 == m->blocks_count;
		if (!block_has(m, b, true) && !(is_last && !has_read)) {
			continue;
		}
		e = block_read(p, b, is_once, &reply);
		for (unsigned j = 0; e == ERR_OK && j < m->registers_count; j++) {
			const struct modbus_register *r = &m->registers[j];
			if (is_info(r) && block_of(m, r) == b) {
				identity_take(r, bytes_at(b, &reply, r->at), &who);
			}
		}
		has_read = has_read || e == ERR_OK || err_is_answer(e);
		e = err_is_answer(e) ? ERR_OK : e;
	}
	if (e == ERR_OK) {
		*ret_who = who;
	}
	return e;
}

static enum err identify(struct talk *t, struct identity *ret_who)
{
	struct modbus_peer p = {0};
	enum err e = modbus_peer_with_map(t, &p);
	return e ? e : ask_identity(&p, false, ret_who);
}

/* Any reply of a unit, a refusal too, is a meter. */
static enum err probe(const struct modbus_peer *p, struct identity *ret_who)
{
	const struct modbus_request q = {.function = MODBUS_READ_HOLDING, .address = 0, .count = 1};
	struct modbus_reply reply;
	struct identity who = {.serial = ""};
	if (p->map) {
		return ask_identity(p, true, ret_who);
	}
	enum err e = modbus_ask(p, &q, true, &reply);
	if (e == ERR_OK || err_is_answer(e) || e == ERR_BUSY) {
		(void)snprintf(who.address, sizeof(who.address), "address=%u", p->unit);
		*ret_who = who;
		return ERR_OK;
	}
	return e;
}

static enum err scan(struct talk *t, scan_fn *found, void *ctx)
{
	struct modbus_peer p = {0};
	struct identity who;
	enum err e = modbus_peer_init(t, &p);
	for (unsigned address = 1; address <= ADDRESS_LAST && e == ERR_OK; address++) {
		p.unit = (uint8_t)address;
		e = probe(&p, &who);
		if (e == ERR_OK) {
			e = found(ctx, &who);
		} else if (e == ERR_TIMEOUT || e == ERR_NOISE || e == ERR_FOREIGN) {
			e = ERR_OK;
		}
	}
	return e;
}

/* ---- clock ---- */

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct modbus_peer p = {0};
	struct modbus_reply reply;
	enum err e = modbus_peer_with_map(t, &p);
	if (e) {
		return e;
	}
	const struct modbus_stamp *s = p.map->clock;
	if (!s) {
		return ERR_UNSUPP;
	}
	struct modbus_request q = {
		.function = s->function, .address = s->at, .count = (uint16_t)(s->size / 2)};
	e = modbus_ask(&p, &q, false, &reply);
	if (e == ERR_OK && !modbus_stamp_get(s, talk_zone(t), reply.data.data, ret_utc)) {
		return talk_fail(t, ERR_NODATA, "the meter's clock is not set");
	}
	return e;
}

static enum err set_clock(struct talk *t, int64_t utc)
{
	struct modbus_peer p = {0};
	struct modbus_reply reply;
	uint8_t bytes[MODBUS_STAMP_CAP];
	enum err e = modbus_peer_with_map(t, &p);
	if (e) {
		return e;
	}
	const struct modbus_stamp *s = p.map->clock;
	if (!s || !s->write_function) {
		return ERR_UNSUPP;
	}
	modbus_stamp_put(s, talk_zone(t), utc, bytes);
	struct modbus_request q = {
		.function = s->write_function, .address = s->at, .data = {bytes, s->size}};
	return modbus_ask(&p, &q, true, &reply);
}

/* ---- what this model can ---- */

static uint32_t caps_of(const struct talk *t)
{
	static const uint32_t archives[PERIOD_COUNT] = {
		[PERIOD_HALF_HOUR] = CAP_ARCHIVE_HALF_HOUR,
		[PERIOD_HOUR] = CAP_ARCHIVE_HOUR,
		[PERIOD_DAY] = CAP_ARCHIVE_DAY,
		[PERIOD_MONTH] = CAP_ARCHIVE_MONTH,
	};
	const struct modbus_map *m = talk_model(t);
	uint32_t caps = CAP_SCAN;
	if (!m) {
		return caps;
	}
	caps |= CAP_CURRENT | CAP_IDENTIFY;
	for (unsigned i = 0; i < m->archives_count; i++) {
		caps |= archives[m->archives[i].period];
	}
	if (m->clock) {
		caps |= CAP_CLOCK | (m->clock->write_function ? CAP_SET_CLOCK : 0);
	}
	return caps;
}

static struct archive_depth depth(const struct talk *t)
{
	const struct modbus_map *m = talk_model(t);
	struct archive_depth d = {0};
	for (unsigned i = 0; m && i < m->archives_count; i++) {
		int records = (int)m->archives[i].depth;
		switch (m->archives[i].period) {
		case PERIOD_HALF_HOUR: d.half_hours = records; break;
		case PERIOD_HOUR: d.hours = records; break;
		case PERIOD_DAY: d.days = records; break;
		case PERIOD_MONTH: d.months = records; break;
		default: break;
		}
	}
	return d;
}

extern const struct driver driver_modbus;
const struct driver driver_modbus = {
	.name = "modbus",
	.title = "Modbus RTU and TCP: meters described in meters/",
	.title_ru = "Modbus RTU и TCP: приборы, описанные в meters/",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_ARCHIVE_HALF_HOUR | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY |
		CAP_ARCHIVE_MONTH | CAP_CLOCK | CAP_SET_CLOCK | CAP_SCAN | CAP_IDENTIFY,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 1000, .gap_ms = 20, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.set_clock = set_clock,
	.read_current = read_current,
	.read_archive = modbus_read_archive,
	.scan = scan,
	.caps_of = caps_of,
	.depth = depth,
};
