/*
 * decode_mercury230.c - domovoi decode mercury230: replies of the Mercury 230 family, by their request
 *
 * A reply says nothing of itself; without --request only its address and a status are told. Packets of
 * HTC and PPL concentrators are unpacked.
 */
#include "cmd/decode.h"
#include "cmd/decode_out.h"
#include "proto/bcd.h"
#include "proto/mercury230.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct decoding {
	struct decode_out *out;
	struct slice q, d; /* request and reply behind the address */
};

static void put_number(const struct decoding *x, const char *name, enum quantity q,
	const char *unit, unsigned tariff, double v, size_t at, size_t size)
{
	struct decode_record r = {.quantity = q,
		.unit = unit,
		.tariff = tariff,
		.type = isnan(v) ? DECODE_NONE : DECODE_NUMBER,
		.number = v,
		.text = isnan(v) ? "not measured" : NULL,
		.name = name,
		.raw = {x->d.data + at, size}};
	decode_record(x->out, &r);
}

static void put_text(const struct decoding *x, const char *name, enum quantity q, const char *text,
	struct slice raw)
{
	struct decode_record r = {.quantity = q, .text = text, .name = name, .raw = raw};
	decode_record(x->out, &r);
}

static void put_time(
	const struct decoding *x, const char *name, const struct civil *c, size_t at, size_t size)
{
	char text[32];
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d", c->year, c->month,
		c->day, c->hour, c->minute, c->second);
	struct decode_record r = {.quantity = QUANTITY_TIME_POINT,
		.type = DECODE_TIME,
		.time = text,
		.name = name,
		.raw = {x->d.data + at, size}};
	decode_record(x->out, &r);
}

/* ---- energies ---- */

static bool put_energies(const struct decoding *x)
{
	static const struct {
		const char *name, *unit;
		enum quantity quantity;
	} directions[] = {{"A+", "Wh", QUANTITY_ACTIVE_ENERGY},
		{"A-", "Wh", QUANTITY_ACTIVE_ENERGY_EXPORT},
		{"R+", "varh", QUANTITY_REACTIVE_ENERGY},
		{"R-", "varh", QUANTITY_REACTIVE_ENERGY_EXPORT}},
	  quadrants[] = {{"R1", "varh", QUANTITY_REACTIVE_ENERGY_Q1},
		  {"R2", "varh", QUANTITY_REACTIVE_ENERGY_Q2},
		  {"R3", "varh", QUANTITY_REACTIVE_ENERGY_Q3},
		  {"R4", "varh", QUANTITY_REACTIVE_ENERGY_Q4}},
	  phases[] = {{"A+ L1", "Wh", QUANTITY_ACTIVE_ENERGY},
		  {"A+ L2", "Wh", QUANTITY_ACTIVE_ENERGY}, {"A+ L3", "Wh", QUANTITY_ACTIVE_ENERGY}};
	bool is_slice = x->q.data[0] == M230_SLICE;
	bool is_quadrants = x->q.data[0] == M230_QUADRANTS || (is_slice && x->q.data[1] >= 2);
	bool is_frozen = x->q.data[0] == M230_PARAMETER;
	bool is_phases = !is_slice && !is_frozen && x->q.data[1] >> 4 == 6;
	size_t n = is_phases ? 3 : 4, tariff_at = is_slice ? 5 : 2;
	unsigned tariff = x->q.size <= tariff_at ? 0 :
						   x->q.data[tariff_at] & (is_frozen ? 15u : 255u);
	if (x->d.size != 4 * n) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		const char *name = is_phases    ? phases[i].name :
				   is_quadrants ? quadrants[i].name :
						  directions[i].name;
		put_number(x, name,
			is_phases    ? phases[i].quantity :
			is_quadrants ? quadrants[i].quantity :
				       directions[i].quantity,
			is_quadrants || (!is_phases && i > 1) ? "varh" : "Wh", tariff,
			m230_energy(x->d.data + 4 * i), 4 * i, 4);
	}
	return true;
}

/* ---- parameters ---- */

static const struct group {
	const char *name, *unit;
	enum quantity quantity;
	uint8_t bwri, divisor; /* thousandths: 0 */
	bool has_sum, is_reactive;
} groups[] = {{"P", "W", QUANTITY_ACTIVE_POWER, 0x00, 100, true, false},
	{"Q", "var", QUANTITY_REACTIVE_POWER, 0x04, 100, true, true},
	{"S", "VA", QUANTITY_APPARENT_POWER, 0x08, 100, true, false},
	{"U", "V", QUANTITY_VOLTAGE, 0x10, 100, false, false},
	{"I", "A", QUANTITY_CURRENT, 0x20, 0, false, false},
	{"cos phi", "", QUANTITY_POWER_FACTOR, 0x30, 0, true, false},
	{"f", "Hz", QUANTITY_FREQUENCY, 0x40, 100, true, false}};

static const struct group *group_of(uint8_t bwri)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		bool is_power = bwri < 0x10;
		if (is_power ? groups[i].bwri == (bwri & 0xfc) : groups[i].bwri == (bwri & 0xf0)) {
			return &groups[i];
		}
	}
	return NULL;
}

/* Three bytes each, or four of powers read with 14h: the same bits in the order of an energy. */
static bool put_instant(const struct decoding *x)
{
	uint8_t bwri = x->q.size > 2 ? x->q.data[2] : 0;
	const struct group *g = group_of(bwri);
	bool is_wide = x->q.data[1] == 0x14 && bwri < 0x10 && x->d.size % 4 == 0;
	size_t width = is_wide ? 4 : 3;
	if (!g || x->d.size % width) {
		return false;
	}
	for (size_t i = 0; i * width < x->d.size; i++) {
		const uint8_t *b = x->d.data + i * width;
		struct m230_value v = m230_instant(b);
		if (is_wide) {
			v.raw = (uint32_t)(b[1] & 0x3f) << 24 | (uint32_t)b[0] << 16 |
				(uint32_t)b[3] << 8 | b[2];
			v.is_reverse = (b[1] & 0x80) != 0;
			v.is_reactive_reverse = (b[1] & 0x40) != 0;
		}
		bool is_minus = g->has_sum && g->bwri != 0x08 && g->bwri != 0x40 &&
				(g->is_reactive ? v.is_reactive_reverse : v.is_reverse);
		size_t phase = x->d.size == width ? bwri & 3u : g->has_sum ? i : i + 1;
		char name[24];
		(void)snprintf(name, sizeof(name), phase ? "%s L%zu" : "%s", g->name, phase);
		double value = v.raw / (g->divisor ? g->divisor : 1000.0);
		put_number(x, name, g->quantity, g->unit, 0, is_minus ? -value : value, i * width,
			width);
	}
	return true;
}

static bool put_passport(const struct decoding *x)
{
	char text[48];
	const uint8_t *d = x->d.data;
	if (x->d.size < 7 || !m230_serial(d, text)) {
		return false;
	}
	put_text(x, "number", QUANTITY_SERIAL_NUMBER, text, (struct slice){d, 4});
	/* binary in most; a digit above 9 cannot be BCD, a month above 12 cannot be binary */
	bool is_bcd = bcd_get(d[4]) >= 0 && bcd_get(d[5]) >= 0 && bcd_get(d[6]) >= 0 &&
		      (d[4] > 31 || d[5] > 12);
	int day = is_bcd ? bcd_get(d[4]) : d[4], month = is_bcd ? bcd_get(d[5]) : d[5];
	int year = is_bcd ? bcd_get(d[6]) : d[6];
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02d", 2000 + year, month, day);
	struct decode_record made = {.quantity = QUANTITY_DATE,
		.type = DECODE_TIME,
		.time = text,
		.name = "made",
		.raw = {d + 4, 3}};
	decode_record(x->out, &made);
	return true;
}

static void put_ratios(const struct decoding *x)
{
	const uint8_t *d = x->d.data;
	put_number(x, "Kn", QUANTITY_RATIO_VOLTAGE, NULL, 0, d[0] << 8 | d[1], 0, 2);
	put_number(x, "Kt", QUANTITY_RATIO_CURRENT, NULL, 0, d[2] << 8 | d[3], 2, 2);
}

static bool put_record(const struct decoding *x, size_t at)
{
	static const char *const names[] = {"P+", "P-", "Q+", "Q-"};
	struct m230_record r;
	char note[64];
	if (at + M230_RECORD > x->d.size || !m230_record(x->d.data + at, &r)) {
		return false;
	}
	struct civil end = civil_from_utc(civil_to_utc(r.end));
	put_time(x, "end of interval", &end, at + 1, 5);
	(void)snprintf(note, sizeof(note), "half impulses in %d min%s%s%s", r.minutes,
		r.status & M230_RECORD_INCOMPLETE ? ", incomplete" : "",
		r.status & M230_RECORD_INIT ? ", initialisation" : "",
		r.status & M230_RECORD_WINTER ? ", winter" : ", summer");
	for (size_t i = 0; i < 4; i++) {
		struct decode_record n = {.quantity = QUANTITY_PULSES,
			.type = isnan(r.n[i]) ? DECODE_NONE : DECODE_NUMBER,
			.number = r.n[i],
			.text = isnan(r.n[i]) ? "not measured" : NULL,
			.name = names[i],
			.note = note,
			.raw = {x->d.data + at + 7 + 2 * i, 2}};
		decode_record(x->out, &n);
	}
	return true;
}

static bool put_pointer(const struct decoding *x)
{
	uint8_t record[M230_RECORD] = {0};
	struct m230_record r;
	memcpy(record, x->d.data + 2, 7);
	put_number(x, "address of the newest record", QUANTITY_DIMENSIONLESS, NULL, 0,
		(double)((x->d.data[0] << 8 | x->d.data[1]) * M230_STRIDE), 0, 2);
	bool has_record = m230_record(record, &r);
	if (has_record) {
		struct civil end = civil_from_utc(civil_to_utc(r.end));
		put_time(x, "end of interval", &end, 3, 5);
	}
	return true;
}

static bool put_parameter(const struct decoding *x)
{
	char text[16];
	const uint8_t *d = x->d.data;
	uint8_t which = x->q.size > 1 ? x->q.data[1] : 0xff;
	size_t n = x->d.size;
	if (which == 0x00 || which == 0x01) {
		return put_passport(x);
	}
	if (which == 0x02 && n == 4) {
		put_ratios(x);
	} else if (which == 0x03 && n == 3) {
		(void)snprintf(text, sizeof(text), "%x.%x.%x", d[0], d[1], d[2]);
		put_text(x, "version", QUANTITY_FIRMWARE, text, x->d);
	} else if (which == 0x05 && n == 2) {
		put_number(x, "address", QUANTITY_BUS_ADDRESS, NULL, 0, d[1], 0, 2);
	} else if (which == 0x0a && n == 6) {
		put_number(x, "errors, bit n - 1: E-n", QUANTITY_ERROR_CODE, NULL, 0,
			(double)m230_errors(d), 0, n);
	} else if (which == 0x12 && n == 6) {
		put_number(x, "impulses per kWh", QUANTITY_DIMENSIONLESS, NULL, 0,
			m230_constant(d[1]) ? (double)m230_constant(d[1]) : NAN, 1, 1);
	} else if (which == 0x13 && n == 9) {
		return put_pointer(x);
	} else {
		return (which == 0x11 || which == 0x14 || which == 0x16) && put_instant(x);
	}
	return true;
}

static bool put_clock_or_journal(const struct decoding *x)
{
	struct civil c;
	bool is_winter, is_journal = x->q.data[0] == M230_TIME && x->q.size > 1 && x->q.data[1];
	if (!is_journal) {
		if (x->d.size != 8 || !m230_clock(x->d.data, &c, &is_winter)) {
			return false;
		}
		put_time(x, is_winter ? "clock, winter" : "clock, summer", &c, 0, 8);
		return true;
	}
	for (size_t at = 0; at + 6 <= x->d.size && at < 12; at += 6) {
		if (m230_moment(x->d.data + at, &c)) {
			put_time(x, at ? "second moment" : "first moment", &c, at, 6);
		}
	}
	return true;
}

/* False: not known. */
static bool put_reply(const struct decoding *x)
{
	bool has_any = false;
	switch (x->q.data[0]) {
	case M230_TIME: return put_clock_or_journal(x);
	case M230_ENERGY:
	case M230_QUADRANTS:
	case M230_SLICE: return x->q.size > 2 && put_energies(x);
	case M230_PARAMETER:
		if (x->q.size > 2 && x->q.data[1] == 0x14 && x->q.data[2] >= 0xe0) { /* frozen */
			return x->q.data[2] == 0xe0 ? put_clock_or_journal(x) : put_energies(x);
		}
		return put_parameter(x);
	case M230_MEMORY:
		for (size_t at = 0; at < x->d.size; at += M230_STRIDE) {
			has_any = put_record(x, at) || has_any;
		}
		return has_any;
	case M230_RELATIVE:
		for (size_t at = 0; at < x->d.size; at += M230_RECORD) {
			has_any = put_record(x, at) || has_any;
		}
		return has_any;
	default: return false;
	}
}

/* A frame as it is, or out of a concentrator's packet: that of a request has its route in front. */
static struct slice unpack(struct slice s, struct decode_out *o)
{
	uint32_t node;
	struct slice inner;
	if (s.size < 14 || htc_cut(s, &node, &inner) != s.size) {
		return s;
	}
	size_t head = s.data[2] >> 4 == 1 ? 7 + 3u * ((s.data[2] & 15u) + 1) : 10;
	if (head != 10 && head + 2 < s.size) {
		inner = (struct slice){s.data + head, s.size - head - 2};
	} else if (o) {
		decode_int(o, "link", "node", node);
	}
	return inner;
}

static void put_status(const struct decoding *x)
{
	static const char *const meanings[] = {"good", "illegal command or parameter",
		"internal error", "no access", "the clock was corrected today already",
		"the channel is not open"};
	unsigned i = x->d.data[0] & 15u;
	struct decode_record r = {.quantity = QUANTITY_STATUS,
		.type = DECODE_NUMBER,
		.number = i,
		.name = i < sizeof(meanings) / sizeof(meanings[0]) ? meanings[i] : "unknown",
		.raw = x->d};
	decode_record(x->out, &r);
}

static enum err print(const struct decode_input *in, struct diag *diag)
{
	struct decode_out o;
	struct decoding x = {.out = &o};
	uint8_t address, to = M230_ANY;
	char id[8], command[8];
	decode_open(&o, in->is_json);
	struct slice frame = unpack(in->frame, &o), request = unpack(in->request, NULL);
	if (!m230_unframe(frame, &address, &x.d)) {
		return decode_close(&o,
			err_set(diag, ERR_PROTO, "no frame: the checksum does not agree"), diag);
	}
	if (in->request.size && !m230_unframe(request, &to, &x.q)) {
		return decode_close(
			&o, err_set(diag, ERR_INVAL, "--request: no frame of this protocol"), diag);
	}
	(void)snprintf(id, sizeof(id), "%u", address);
	decode_text(&o, NULL, "id", id);
	if (x.q.size) {
		(void)snprintf(command, sizeof(command), "%02X", x.q.data[0]);
		decode_text(&o, "link", "command", command);
	}
	bool is_echo = frame.size == request.size &&
		       memcmp(frame.data, request.data, frame.size) == 0;
	if (x.d.size == 1) {
		put_status(&x);
	} else if (is_echo || !x.q.size || !put_reply(&x)) {
		struct decode_record raw = {.raw = x.d,
			.name = is_echo  ? "the line's echo of the request" :
				x.q.size ? "not known" :
					   "a reply means nothing without --request"};
		decode_record(&o, &raw);
	}
	return decode_close(&o, ERR_OK, diag);
}

const struct decode_protocol decode_mercury230 = {
	.name = "mercury230", .summary = "Mercury 203.2TD, 204, 208, 230 to 238", .print = print};
