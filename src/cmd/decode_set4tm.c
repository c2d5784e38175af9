/*
 * decode_set4tm.c - domovoi decode set4tm: replies of SET-4TM, PSCH and SEB meters, by their request
 *
 * A reply says nothing of itself; without --request only its address and a status are told. Energies are
 * half impulses and powers lack their coefficient: a frame alone does not say the meter's constant.
 */
#include "cmd/decode.h"
#include "cmd/decode_out.h"
#include "proto/set4tm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct decoding {
	struct decode_out *out;
	struct slice q, d; /* request and reply behind the address */
};

static void put_number(const struct decoding *x, const struct decode_record *like, double v,
	size_t at, size_t size)
{
	struct decode_record r = *like;
	r.type = isnan(v) ? DECODE_NONE : DECODE_NUMBER;
	r.number = v;
	r.raw = (struct slice){x->d.data + at, size};
	decode_record(x->out, &r);
}

static void put_text(const struct decoding *x, const char *name, enum quantity q, const char *text,
	size_t at, size_t size)
{
	struct decode_record r = {
		.quantity = q, .text = text, .name = name, .raw = {x->d.data + at, size}};
	decode_record(x->out, &r);
}

static void put_time(const struct decoding *x, const char *name, const char *note,
	const struct civil *c, size_t at, size_t size)
{
	char text[32];
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d", c->year, c->month,
		c->day, c->hour, c->minute, c->second);
	struct decode_record r = {.quantity = QUANTITY_TIME_POINT,
		.type = DECODE_TIME,
		.time = text,
		.name = name,
		.note = note,
		.raw = {x->d.data + at, size}};
	decode_record(x->out, &r);
}

/* ---- energies ---- */

static bool put_energies(const struct decoding *x)
{
	static const struct {
		const char *name;
		enum quantity quantity;
	} columns[SET4_ENERGIES] = {{"A+", QUANTITY_ACTIVE_ENERGY},
		{"A-", QUANTITY_ACTIVE_ENERGY_EXPORT}, {"R+", QUANTITY_REACTIVE_ENERGY},
		{"R-", QUANTITY_REACTIVE_ENERGY_EXPORT}, {"R1", QUANTITY_REACTIVE_ENERGY_Q1},
		{"R2", QUANTITY_REACTIVE_ENERGY_Q2}, {"R3", QUANTITY_REACTIVE_ENERGY_Q3},
		{"R4", QUANTITY_REACTIVE_ENERGY_Q4}};
	bool is_more = x->q.data[0] == SET4_ENERGY_MORE;
	if (x->q.size < (is_more ? 6 : 3)) {
		return false;
	}
	unsigned mask = is_more ? x->q.data[4] : 0x0f;
	size_t at = 0;
	for (int i = 0; i < SET4_ENERGIES; i++) {
		if (!(mask >> i & 1)) {
			continue;
		}
		if (at + 4 > x->d.size) {
			return false;
		}
		struct decode_record r = {.name = columns[i].name,
			.quantity = columns[i].quantity,
			.tariff = x->q.data[is_more ? 3 : 2],
			.note = "half impulses: N / 2A"};
		put_number(x, &r, set4_number(x->d.data + at, 4), at, 4);
		at += 4;
	}
	return at == x->d.size;
}

/* ---- parameters ---- */

static const struct group {
	const char *name, *unit, *note;
	enum quantity quantity;
	uint8_t rwri; /* without the phase */
	uint16_t divisor;
	bool has_sum;
	char sign;
} groups[] = {{"P", "W", "times Kc", QUANTITY_ACTIVE_POWER, 0x00, 1000, true, 'p'},
	{"Q", "var", "times Kc", QUANTITY_REACTIVE_POWER, 0x04, 1000, true, 'q'},
	{"S", "VA", "times Kc", QUANTITY_APPARENT_POWER, 0x08, 1000, true, 0},
	{"U", "V", NULL, QUANTITY_VOLTAGE, 0x10, 100, false, 0},
	{"U line", "V", NULL, QUANTITY_VOLTAGE, 0x14, 100, false, 0},
	{"I", "A", "times Ci", QUANTITY_CURRENT, 0x20, 10000, false, 0},
	{"cos phi", NULL, NULL, QUANTITY_POWER_FACTOR, 0x30, 100, true, 'p'},
	{"f", "Hz", NULL, QUANTITY_FREQUENCY, 0x40, 100, true, 0},
	{"Ku", "%", NULL, QUANTITY_THD, 0x80, 100, false, 0},
	{"Ku line", "%", NULL, QUANTITY_THD, 0x84, 100, false, 0},
	{"Ku line, averaged", "%", NULL, QUANTITY_THD, 0xb4, 100, false, 0}};

static bool put_instant(const struct decoding *x)
{
	uint8_t rwri = x->q.size > 2 ? x->q.data[2] : 0xff;
	const struct group *g = NULL;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		g = groups[i].rwri == (rwri & 0xfc) ? &groups[i] : g;
	}
	if (!g || x->d.size % 3) {
		return false;
	}
	for (size_t i = 0; 3 * i < x->d.size; i++) {
		struct set4_value v = set4_value(x->d.data + 3 * i);
		bool is_minus = (g->sign == 'p' && v.is_reverse) ||
				(g->sign == 'q' && v.is_reactive_reverse);
		size_t phase = x->d.size == 3 ? rwri & 3u : i;
		char name[32];
		(void)snprintf(name, sizeof(name), phase ? "%s L%zu" : "%s", g->name, phase);
		struct decode_record r = {
			.name = name, .unit = g->unit, .quantity = g->quantity, .note = g->note};
		double n = (double)v.raw / g->divisor;
		put_number(x, &r, is_minus ? -n : n, 3 * i, 3);
	}
	return true;
}

static bool put_variant(const struct decoding *x)
{
	struct set4_variant v = set4_variant(x->d.data);
	static const char *const names[] = {"A, imp/kWh", "Kc", "Ci"};
	const int values[] = {v.constant, v.kc, v.ci};
	put_text(x, "type", QUANTITY_IDENTIFICATION, set4_type_name(v.type), 2, 1);
	for (int i = 0; i < 3; i++) {
		struct decode_record r = {.name = names[i], .quantity = QUANTITY_DIMENSIONLESS};
		put_number(x, &r, values[i] ? (double)values[i] : (double)NAN, 1, 1);
	}
	return true;
}

static bool put_pointer(const struct decoding *x)
{
	struct set4_pointer p;
	struct decode_record r = {
		.name = "where it will stand", .quantity = QUANTITY_DIMENSIONLESS};
	if (!set4_pointer(x->d.data, &p)) {
		return false;
	}
	put_time(x, "beginning of the running interval",
		p.has_wrapped ? "memory has gone round" : NULL, &p.start, 0, 5);
	put_number(x, &r, p.at, 5, 2);
	return true;
}

static bool put_passport(const struct decoding *x)
{
	char text[16];
	const uint8_t *d = x->d.data;
	(void)snprintf(text, sizeof(text), "%u", set4_number(d, 4));
	put_text(x, "number", QUANTITY_SERIAL_NUMBER, text, 0, 4);
	(void)snprintf(text, sizeof(text), "20%02x-%02x-%02x", d[6], d[5], d[4]);
	struct decode_record made = {.quantity = QUANTITY_DATE,
		.type = DECODE_TIME,
		.time = text,
		.name = "made",
		.raw = {d + 4, 3}};
	decode_record(x->out, &made);
	return true;
}

/* Numbers of one piece. */
static const struct single {
	uint8_t parameter, size, at, width;
	const char *name, *unit;
	enum quantity quantity;
} singles[] = {{0x01, 2, 1, 1, "temperature", "\302\260C", QUANTITY_TEMPERATURE},
	{0x02, 10, 0, 2, "Kn", NULL, QUANTITY_RATIO_VOLTAGE},
	{0x02, 10, 2, 2, "Kt", NULL, QUANTITY_RATIO_CURRENT},
	{0x05, 2, 1, 1, "address", NULL, QUANTITY_BUS_ADDRESS},
	{0x05, 4, 0, 4, "extended address", NULL, QUANTITY_BUS_ADDRESS},
	{0x06, 2, 1, 1, "interval", "min", QUANTITY_DURATION},
	{0x0a, 4, 0, 4, "status word", NULL, QUANTITY_STATUS},
	{0x0a, 5, 0, 4, "status word, first four bytes", NULL, QUANTITY_STATUS},
	{0x0a, 5, 4, 1, "status word, last byte", NULL, QUANTITY_STATUS}};

static bool put_parameter(const struct decoding *x)
{
	uint8_t which = x->q.size > 1 ? x->q.data[1] : 0xff;
	size_t n = x->d.size;
	const uint8_t *d = x->d.data;
	char text[16];
	bool has_any = false;
	for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
		const struct single *s = &singles[i];
		if (s->parameter == which && s->size == n) {
			struct decode_record r = {
				.name = s->name, .unit = s->unit, .quantity = s->quantity};
			bool is_signed = s->quantity == QUANTITY_TEMPERATURE;
			double v = is_signed ? (double)(int8_t)d[s->at] :
					       (double)set4_number(d + s->at, s->width);
			put_number(x, &r, v, s->at, s->width);
			has_any = true;
		}
	}
	if (which == 0x03 && n == 3) {
		(void)snprintf(text, sizeof(text), "%02X.%02X.%02X", d[0], d[1], d[2]);
		put_text(x, "version", QUANTITY_FIRMWARE, text, 0, 3);
		return true;
	}
	return has_any || (which == 0x00 && n == 7 && put_passport(x)) ||
	       (which == 0x04 && n == 7 && put_pointer(x)) ||
	       (which == 0x12 && n == 3 && put_variant(x)) ||
	       ((which == 0x11 || which == 0x14 || which == 0x16) && put_instant(x));
}

/* ---- clock, journals, the profile ---- */

static bool put_clock_or_journal(const struct decoding *x)
{
	struct civil c;
	bool has_any = false;
	if (x->d.size == 8 && set4_clock(x->d.data, &c)) {
		put_time(x, x->d.data[7] == 1 ? "clock, winter" : "clock, summer", NULL, &c, 0, 8);
		return true;
	}
	for (size_t at = 0; at + 7 <= x->d.size && at < 14; at += 7) {
		if (set4_clock(x->d.data + at, &c)) {
			put_time(x, at ? "second moment" : "first moment", NULL, &c, at, 7);
			has_any = true;
		}
	}
	return has_any;
}

static void put_slice(const struct decoding *x, size_t at)
{
	static const char *const names[] = {"P+", "P-", "Q+", "Q-"};
	for (size_t i = 0; i < 4; i++) {
		unsigned n = set4_number(x->d.data + at + 2 * i, 2);
		struct decode_record r = {.name = names[i],
			.quantity = QUANTITY_PULSES,
			.note = n & 0x8000 ? "half impulses, incomplete" : "half impulses"};
		put_number(x, &r, n & 0x7fff, at + 2 * i, 2);
	}
}

/* Records stand every eight bytes; whether one is a header is seen from its date and checksum. */
static bool put_memory(const struct decoding *x)
{
	bool is_more = x->q.data[0] == SET4_MEMORY_MORE;
	size_t n_at = is_more ? 5 : 4;
	if (x->q.size <= n_at || x->q.data[is_more ? 2 : 1] != 3 || x->d.size < x->q.data[n_at]) {
		return false;
	}
	size_t at = x->d.size - x->q.data[n_at];
	for (; at + SET4_SLICE <= x->d.size; at += SET4_SLICE) {
		struct set4_hour h;
		char note[48];
		if (!set4_hour(x->d.data + at, &h)) {
			put_slice(x, at);
			continue;
		}
		(void)snprintf(note, sizeof(note), "intervals of %d min, %s", h.minutes,
			h.is_winter ? "winter" : "summer");
		put_time(x, "beginning of an hour", note, &h.start, at, SET4_SLICE);
	}
	return true;
}

/* ---- all of it ---- */

/* False: not known. */
static bool put_reply(const struct decoding *x)
{
	switch (x->q.data[0]) {
	case SET4_TIME:
	case SET4_JOURNAL: return put_clock_or_journal(x);
	case SET4_ENERGY:
	case SET4_ENERGY_MORE: return put_energies(x);
	case SET4_MEMORY:
	case SET4_MEMORY_MORE: return put_memory(x);
	case SET4_PARAMETER: return put_parameter(x);
	default: return false;
	}
}

static void put_status(const struct decoding *x)
{
	static const char *const meanings[] = {"good", "illegal command or parameter",
		"internal error", "no access", "the clock was corrected today already",
		"the channel is not open", "repeat within half a second", "the result is not ready",
		"busy with the same", "the register of payment is full", "control is impossible"};
	unsigned i = x->d.data[0] & 15u, seconds = x->d.data[0] >> 4;
	char note[32] = "";
	if (seconds) {
		(void)snprintf(note, sizeof(note), "busy for %u s", seconds);
	}
	struct decode_record r = {
		.name = i < sizeof(meanings) / sizeof(meanings[0]) ? meanings[i] : "unknown",
		.quantity = QUANTITY_STATUS,
		.note = note};
	put_number(x, &r, i, 0, 1);
}

/* Either checksum. */
static bool unframe(struct slice s, struct set4_address *ret_address, struct slice *ret_body)
{
	return set4_unframe(SET4_CRC, s, ret_address, ret_body) ||
	       set4_unframe(SET4_KS, s, ret_address, ret_body);
}

static enum err print(const struct decode_input *in, struct diag *diag)
{
	struct decode_out o;
	struct decoding x = {.out = &o};
	struct set4_address from, to;
	char id[16], command[8];
	decode_open(&o, in->is_json);
	if (!unframe(in->frame, &from, &x.d)) {
		return decode_close(
			&o, err_set(diag, ERR_PROTO, "no frame: neither checksum agrees"), diag);
	}
	if (in->request.size && !unframe(in->request, &to, &x.q)) {
		return decode_close(
			&o, err_set(diag, ERR_INVAL, "--request: no frame of this protocol"), diag);
	}
	(void)snprintf(id, sizeof(id), "%u", from.value);
	decode_text(&o, NULL, "id", id);
	if (x.q.size) {
		(void)snprintf(command, sizeof(command), "%02X", x.q.data[0]);
		decode_text(&o, "link", "command", command);
	}
	if (x.d.size == 1) {
		put_status(&x);
	} else if (!x.q.size || !put_reply(&x)) {
		struct decode_record raw = {.raw = x.d,
			.name = x.q.size ? "not known" : "a reply means nothing without --request"};
		decode_record(&o, &raw);
	}
	return decode_close(&o, ERR_OK, diag);
}

const struct decode_protocol decode_set4tm = {
	.name = "set4tm", .summary = "SET-4TM, PSCH-3TM, PSCH-4TM, SEB-1TM", .print = print};
