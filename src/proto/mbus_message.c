/*
 * mbus_message.c - application layer above the records, EN 13757-3; see mbus.h
 *
 * Encryption: the last header word is a signature in old meters (often FFFF or noise) and a
 * configuration in newer ones, mode in bits 8..12 and, for modes 5 and 7, the number of 16-byte
 * blocks in bits 4..7. It is believed only when the blocks are there and do not begin with the
 * fillers 2F 2F of decrypted data.
 */
#include "proto/mbus.h"

#include <string.h>

#define MODE_2     0x04 /* of CI: high byte first */
#define FIXED_SIZE 16

static const char *const mediums[] = {
	[0x00] = "other",
	[0x01] = "oil",
	[0x02] = "electricity",
	[0x03] = "gas",
	[0x04] = "heat",
	[0x05] = "steam",
	[0x06] = "warm water",
	[0x07] = "water",
	[0x08] = "heat cost allocator",
	[0x09] = "compressed air",
	[0x0a] = "cooling, outlet",
	[0x0b] = "cooling, inlet",
	[0x0c] = "heat, inlet",
	[0x0d] = "heat and cooling",
	[0x0e] = "bus or system",
	[0x0f] = "unknown",
	[0x10] = "irrigation water",
	[0x11] = "water data logger",
	[0x12] = "gas data logger",
	[0x13] = "gas converter",
	[0x14] = "calorific value",
	[0x15] = "hot water",
	[0x16] = "cold water",
	[0x17] = "dual register water",
	[0x18] = "pressure",
	[0x19] = "A/D converter",
	[0x1a] = "smoke detector",
	[0x1b] = "room sensor",
	[0x1c] = "gas detector",
	[0x20] = "breaker, electricity",
	[0x21] = "valve, gas or water",
	[0x25] = "customer unit",
	[0x28] = "waste water",
	[0x29] = "garbage",
	[0x30] = "service unit",
	[0x31] = "communication controller",
	[0x36] = "radio converter, system side",
	[0x37] = "radio converter, meter side",
};

const char *mbus_medium_name(uint8_t medium)
{
	const char *name = medium < sizeof(mediums) / sizeof(mediums[0]) ? mediums[medium] : NULL;
	return name ? name : "";
}

const char *mbus_error_name(uint8_t code)
{
	static const char *const names[] = {
		"unspecified error",
		"CI field not implemented",
		"buffer too long, truncated",
		"too many records",
		"premature end of record",
		"more than 10 DIFE",
		"more than 10 VIFE",
		"reserved error 7",
		"application busy",
		"too many readouts",
	};
	return code < sizeof(names) / sizeof(names[0]) ? names[code] : "unknown error";
}

enum err mbus_error_err(uint8_t code)
{
	switch (code) {
	case 8: return ERR_BUSY;
	case 9: return ERR_DENIED; /* the battery allows no more readouts */
	default: return ERR_UNSUPP;
	}
}

const char *mbus_ci_name(uint8_t ci)
{
	if (mbus_baud_of_ci(ci)) {
		return "set baud rate";
	}
	switch (ci) {
	case MBUS_CI_RESET: return "application reset";
	case MBUS_CI_SEND:
	case MBUS_CI_SEND | MODE_2: return "data to the meter";
	case MBUS_CI_SELECT:
	case MBUS_CI_SELECT | MODE_2: return "select";
	case MBUS_CI_SYNC: return "synchronise";
	case MBUS_CI_ERROR: return "application error";
	case MBUS_CI_ALARM: return "alarm status";
	case MBUS_CI_VARIABLE:
	case MBUS_CI_VARIABLE | MODE_2: return "variable data";
	case MBUS_CI_FIXED:
	case MBUS_CI_FIXED | MODE_2: return "fixed data";
	case MBUS_CI_NO_HEADER: return "variable data without header";
	case MBUS_CI_SHORT_HEADER: return "variable data with short header";
	default: return "";
	}
}

void mbus_manufacturer_name(uint16_t code, char ret[static 4])
{
	for (int i = 0; i < 3; i++) {
		unsigned letter = (unsigned)(code >> (5 * (2 - i))) & 0x1fu;
		ret[i] = (char)('@' + letter);
	}
	ret[3] = 0;
}

bool mbus_manufacturer_code(const char *letters, uint16_t *ret)
{
	unsigned code = 0;
	if (strlen(letters) != 3) {
		return false;
	}
	for (int i = 0; i < 3; i++) {
		if (letters[i] < '@' || letters[i] > '_') {
			return false;
		}
		code = code << 5 | (unsigned)(letters[i] - '@');
	}
	*ret = (uint16_t)code;
	return true;
}

static void id_text(uint32_t id, char ret[static 9])
{
	for (int i = 0; i < 8; i++) {
		ret[i] = "0123456789ABCDEF"[id >> (4 * (7 - i)) & 15];
	}
	ret[8] = 0;
}

/* ID MAN VER MED, 8 bytes */
static void read_address(struct reader *r, bool is_high_first, struct mbus_header *h)
{
	id_text(is_high_first ? reader_u32be(r) : reader_u32le(r), h->id);
	h->maker = is_high_first ? reader_u16be(r) : reader_u16le(r);
	mbus_manufacturer_name(h->maker, h->manufacturer);
	h->version = reader_u8(r);
	h->medium = reader_u8(r);
}

static void read_access(struct reader *r, bool is_high_first, struct mbus_header *h)
{
	h->access = reader_u8(r);
	h->status = reader_u8(r);
	h->config = is_high_first ? reader_u16be(r) : reader_u16le(r);
}

static bool is_encrypted(uint16_t config, struct slice records)
{
	unsigned mode = config >> 8 & 0x1fu;
	size_t blocks = config >> 4 & 15u;
	if ((mode != 5 && mode != 7) || blocks == 0 || blocks * 16 > records.size) {
		return false;
	}
	return !(records.data[0] == MBUS_DIF_FILLER && records.data[1] == MBUS_DIF_FILLER);
}

static enum err short_data(
	const struct mbus_frame *f, size_t want, const char *what, struct diag *diag)
{
	size_t at = 7 + f->data.size;
	return err_set_at(diag, ERR_PROTO, at, "byte %zu: the %s breaks off, %zu bytes of %zu", at,
		what, f->data.size, want);
}

static void take_records(struct mbus_message *m, size_t from)
{
	m->records = (struct slice){m->frame.data.data + from, m->frame.data.size - from};
	m->records_at = 7 + from;
}

static enum err decode_variable(struct mbus_message *m, bool is_long, struct diag *diag)
{
	size_t head = is_long ? 12 : 4;
	if (m->frame.data.size < head) {
		return short_data(&m->frame, head, "header", diag);
	}
	struct reader r = reader_of(m->frame.data);
	if (is_long) {
		read_address(&r, m->is_high_first, &m->header);
		m->has_header = true;
	}
	read_access(&r, m->is_high_first, &m->header);
	m->has_access = true;
	m->body = MBUS_BODY_RECORDS;
	take_records(m, head);
	if (is_encrypted(m->header.config, m->records)) {
		m->body = MBUS_BODY_ENCRYPTED;
	}
	return ERR_OK;
}

/* Medium: two high bits of each unit byte; 9..E are known media with high byte first. */
static uint8_t fixed_medium(uint8_t code)
{
	static const uint8_t mode_2[] = {
		[0x0a] = 0x03, [0x0b] = 0x04, [0x0c] = 0x06, [0x0d] = 0x07, [0x0e] = 0x08};
	return code >= 0x0a && code <= 0x0e ? mode_2[code] : code;
}

static enum err decode_fixed(struct mbus_message *m, struct diag *diag)
{
	if (m->frame.data.size != FIXED_SIZE) {
		if (m->frame.data.size < FIXED_SIZE) {
			return short_data(&m->frame, FIXED_SIZE, "fixed data", diag);
		}
		return err_set_at(diag, ERR_PROTO, 7 + FIXED_SIZE,
			"byte %d: %zu bytes too many behind the fixed data", 7 + FIXED_SIZE,
			m->frame.data.size - FIXED_SIZE);
	}
	struct reader r = reader_of(m->frame.data);
	id_text(m->is_high_first ? reader_u32be(&r) : reader_u32le(&r), m->header.id);
	m->header.access = reader_u8(&r);
	m->header.status = reader_u8(&r);
	uint8_t unit_1 = reader_u8(&r), unit_2 = reader_u8(&r);
	uint8_t code = (uint8_t)(unit_1 >> 6 | (unit_2 >> 6) << 2);
	m->is_high_first = m->is_high_first || (code >= 0x0a && code <= 0x0e);
	m->header.medium = fixed_medium(code);
	m->has_header = m->has_access = true;
	m->body = MBUS_BODY_FIXED;
	take_records(m, 6);
	return ERR_OK;
}

static enum err decode_select(struct mbus_message *m, struct diag *diag)
{
	if (m->frame.data.size < 8) {
		return short_data(&m->frame, 8, "secondary address", diag);
	}
	struct reader r = reader_of(m->frame.data);
	read_address(&r, m->is_high_first, &m->header);
	m->has_header = true;
	m->body = MBUS_BODY_SELECT;
	take_records(m, 8);
	return ERR_OK;
}

static void decode_code(struct mbus_message *m, enum mbus_body body)
{
	m->body = body;
	m->code = m->frame.data.size ? m->frame.data.data[0] : 0;
}

enum err mbus_message_decode(
	const struct mbus_frame *frame, struct mbus_message *ret, struct diag *diag)
{
	struct mbus_message m = {.frame = *frame};
	enum err e = ERR_OK;
	m.is_request = frame->kind != MBUS_KIND_ACK && (frame->c & 0x40);
	if (frame->kind == MBUS_KIND_LONG) {
		m.is_high_first = (frame->ci & MODE_2) && frame->ci != MBUS_CI_SYNC;
		take_records(&m, 0);
		switch (frame->ci) {
		case MBUS_CI_RESET: decode_code(&m, MBUS_BODY_RESET); break;
		case MBUS_CI_ERROR: decode_code(&m, MBUS_BODY_ERROR); break;
		case MBUS_CI_ALARM: decode_code(&m, MBUS_BODY_ALARM); break;
		case MBUS_CI_SEND:
		case MBUS_CI_SEND | MODE_2:
		case MBUS_CI_NO_HEADER: m.body = MBUS_BODY_RECORDS; break;
		case MBUS_CI_SELECT:
		case MBUS_CI_SELECT | MODE_2: e = decode_select(&m, diag); break;
		case MBUS_CI_VARIABLE:
		case MBUS_CI_VARIABLE | MODE_2: e = decode_variable(&m, true, diag); break;
		case MBUS_CI_FIXED:
		case MBUS_CI_FIXED | MODE_2: e = decode_fixed(&m, diag); break;
		case MBUS_CI_SHORT_HEADER: e = decode_variable(&m, false, diag); break;
		default: break; /* BODY_NONE: nothing known about the data */
		}
		if (frame->ci == MBUS_CI_NO_HEADER || frame->ci == MBUS_CI_SHORT_HEADER) {
			m.is_high_first = false;
		}
	}
	if (!e) {
		*ret = m;
	}
	return e;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'A' && c <= 'F') {
		return c - 'A' + 10;
	}
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool mbus_secondary_parse(const char *text, struct mbus_secondary *ret)
{
	size_t n = strlen(text);
	struct mbus_secondary s;
	memset(s.bytes, 0xff, sizeof(s.bytes));
	if (n != 8 && n != 16) {
		return false;
	}
	for (size_t i = 0; i < n; i += 2) {
		int high = nibble(text[i]), low = nibble(text[i + 1]);
		if (high < 0 || low < 0) {
			return false;
		}
		/* the identification is printed high digits first and sent low byte first */
		s.bytes[i < 8 ? 3 - i / 2 : i / 2] = (uint8_t)(high << 4 | low);
	}
	*ret = s;
	return true;
}

void mbus_secondary_text(const struct mbus_secondary *s, char ret[static 17])
{
	for (size_t i = 0; i < 8; i++) {
		uint8_t byte = s->bytes[i < 4 ? 3 - i : i];
		ret[2 * i] = "0123456789ABCDEF"[byte >> 4];
		ret[2 * i + 1] = "0123456789ABCDEF"[byte & 15];
	}
	ret[16] = 0;
}

void mbus_secondary_of(const struct mbus_header *h, struct mbus_secondary *ret)
{
	(void)mbus_secondary_parse(h->id, ret);
	ret->bytes[4] = (uint8_t)h->maker;
	ret->bytes[5] = (uint8_t)(h->maker >> 8);
	ret->bytes[6] = h->version;
	ret->bytes[7] = h->medium;
}

bool mbus_secondary_matches(const struct mbus_secondary *pattern, const struct mbus_secondary *s)
{
	for (size_t i = 0; i < 8; i++) {
		uint8_t want = pattern->bytes[i], have = s->bytes[i];
		if (want == 0xff) {
			continue;
		}
		if (i >= 4) {
			if (want != have) {
				return false;
			}
			continue;
		}
		bool is_high = want >> 4 == 15 || want >> 4 == have >> 4;
		bool is_low = (want & 15) == 15 || (want & 15) == (have & 15);
		if (!is_high || !is_low) {
			return false;
		}
	}
	return true;
}
