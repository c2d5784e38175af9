/*
 * iec62056.c - frames of IEC 62056-21; see iec62056.h
 */
#include "proto/iec62056.h"

#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDENT_MAX   40 /* "/XXXZ", 16 characters and escapes, the line's end */
#define REQUEST_MAX 200

static char seven(uint8_t b)
{
	return (char)(b & 0x7f);
}

uint8_t iec_bcc(enum iec_bcc kind, struct slice bytes)
{
	unsigned v = 0;
	for (size_t i = 0; i < bytes.size; i++) {
		unsigned b = bytes.data[i] & 0x7f;
		v = kind == IEC_BCC_SUM ? v + b : v ^ b;
	}
	return v & 0x7f;
}

/* ---- cutting ---- */

static enum iec_cut junk(size_t n, size_t *ret_size)
{
	*ret_size = n;
	return IEC_CUT_JUNK;
}

static enum iec_cut full(size_t n, size_t *ret_size)
{
	*ret_size = n;
	return IEC_CUT_FULL;
}

static bool is_print(char c)
{
	return c >= ' ' && c < 0x7f;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

enum iec_cut iec_cut_ident(struct slice so_far, size_t *ret_size)
{
	*ret_size = 0;
	for (size_t i = 0; i < so_far.size; i++) {
		char c = seven(so_far.data[i]);
		if (i == 0 ? c != '/' : i < 4 ? !is_letter(c) : !is_print(c) && c != '\r') {
			return junk(1, ret_size);
		}
		if (c == '\r' && i < 5) {
			return junk(1, ret_size);
		}
		if (c == '\r' && i + 1 < so_far.size) {
			return seven(so_far.data[i + 1]) == '\n' ? full(i + 2, ret_size) :
								   junk(1, ret_size);
		}
		if (i >= IDENT_MAX) {
			return junk(1, ret_size);
		}
	}
	return IEC_CUT_MORE;
}

/* An option select comes back as an echo from some meters: six bytes that mean nothing here. */
static bool is_select(struct slice s)
{
	return s.size >= 6 && seven(s.data[0]) == IEC_ACK && seven(s.data[4]) == '\r' &&
	       seven(s.data[5]) == '\n';
}

static enum iec_cut cut_unchecked(struct slice so_far, size_t *ret_size)
{
	for (size_t i = 0; i < so_far.size; i++) {
		char c = seven(so_far.data[i]);
		bool is_text = is_print(c) || c == '\r' || c == '\n' || c == IEC_STX;
		if (!is_text || i >= IEC_MAX) {
			return junk(1, ret_size);
		}
		bool is_end = c == '\n' && i >= 2 && seven(so_far.data[i - 1]) == '\r' &&
			      seven(so_far.data[i - 2]) == '!';
		if (is_end) {
			return full(i + 1, ret_size);
		}
	}
	return IEC_CUT_MORE;
}

enum iec_cut iec_cut_message(enum iec_bcc kind, struct slice so_far, size_t *ret_size)
{
	*ret_size = 0;
	if (so_far.size == 0) {
		return IEC_CUT_MORE;
	}
	char first = seven(so_far.data[0]);
	if (is_select(so_far)) {
		return junk(6, ret_size);
	}
	if (first == IEC_ACK || first == IEC_NAK) {
		return full(1, ret_size);
	}
	if (kind == IEC_BCC_NONE) {
		return cut_unchecked(so_far, ret_size);
	}
	if (first != IEC_STX && first != IEC_SOH) {
		return junk(1, ret_size);
	}
	for (size_t i = 1; i < so_far.size; i++) {
		char c = seven(so_far.data[i]);
		if (i > IEC_MAX) {
			return junk(1, ret_size);
		}
		if (c == IEC_ETX || c == IEC_EOT) {
			if (i + 1 == so_far.size) {
				return IEC_CUT_MORE;
			}
			uint8_t want = iec_bcc(kind, (struct slice){so_far.data + 1, i});
			return want == (so_far.data[i + 1] & 0x7f) ? full(i + 2, ret_size) :
								     junk(1, ret_size);
		}
	}
	return IEC_CUT_MORE;
}

enum iec_cut iec_cut_request(struct slice so_far, size_t *ret_size)
{
	*ret_size = 0;
	if (so_far.size == 0) {
		return IEC_CUT_MORE;
	}
	char first = seven(so_far.data[0]);
	bool is_line = first == '/' || first == IEC_ACK;
	if (!is_line && first != IEC_SOH) {
		return junk(1, ret_size);
	}
	for (size_t i = 1; i < so_far.size && i < REQUEST_MAX; i++) {
		char c = seven(so_far.data[i]), before = seven(so_far.data[i - 1]);
		if (is_line && c == '\n' && before == '\r') {
			return full(i + 1, ret_size);
		}
		if (c == IEC_SOH && before == '!') {
			is_line = false; /* a reading without session */
		}
		if (!is_line && c == IEC_ETX && before != IEC_ETX) {
			return i + 1 < so_far.size ? full(i + 2, ret_size) : IEC_CUT_MORE;
		}
	}
	return so_far.size < REQUEST_MAX ? IEC_CUT_MORE : junk(1, ret_size);
}

/* ---- identification ---- */

bool iec_ident_parse(struct slice line, struct iec_ident *ret)
{
	struct iec_ident id = {.speed = 0};
	size_t size;
	if (iec_cut_ident(line, &size) != IEC_CUT_FULL || size != line.size) {
		return false;
	}
	for (size_t i = 0; i < 3; i++) {
		id.maker[i] = seven(line.data[1 + i]);
	}
	id.is_fast = id.maker[2] >= 'a';
	id.speed = seven(line.data[4]);
	size_t n = 0;
	for (size_t i = 5; i + 2 < line.size && n + 1 < sizeof(id.ident); i++) {
		char c = seven(line.data[i]);
		if (c == '\\' && i + 3 < line.size) {
			id.has_hdlc = id.has_hdlc || seven(line.data[++i]) == '2';
		} else {
			id.ident[n++] = c;
		}
	}
	*ret = id;
	return true;
}

int iec_speed(char c, bool *ret_is_b)
{
	static const int speeds[] = {300, 600, 1200, 2400, 4800, 9600, 19200};
	*ret_is_b = c >= 'A' && c <= 'F';
	return *ret_is_b ? speeds[c - 'A' + 1] : c >= '0' && c <= '6' ? speeds[c - '0'] : 0;
}

/* ---- messages ---- */

enum err iec_message_parse(enum iec_bcc kind, struct slice frame, struct iec_message *ret)
{
	size_t size, from = 0, till = frame.size;
	ret->command[0] = 0;
	ret->is_partial = false;
	ret->size = 0;
	ret->text[0] = 0;
	if (iec_cut_message(kind, frame, &size) != IEC_CUT_FULL || size != frame.size ||
		frame.size < 3) {
		return ERR_PROTO;
	}
	if (kind != IEC_BCC_NONE) {
		till -= 2;
		ret->is_partial = seven(frame.data[till]) == IEC_EOT;
		bool is_command = seven(frame.data[0]) == IEC_SOH;
		from = 1;
		for (size_t i = 0; is_command && i < 2 && from < till; i++) {
			ret->command[i] = seven(frame.data[from++]);
			ret->command[i + 1] = 0;
		}
	}
	while (from < till &&
		(seven(frame.data[from]) == IEC_STX || seven(frame.data[from]) == IEC_SOH)) {
		from++;
	}
	for (; from < till && ret->size < IEC_MAX; from++) {
		ret->text[ret->size++] = seven(frame.data[from]);
	}
	ret->text[ret->size] = 0;
	return ERR_OK;
}

struct iec_walk iec_walk_of(struct slice text)
{
	return (struct iec_walk){.text = text};
}

static char walk_char(const struct iec_walk *w)
{
	return w->at < w->text.size ? (char)w->text.data[w->at] : 0;
}

/* '!' ends a readout wherever a set could begin; nothing but a line's end follows it. */
static void skip_between(struct iec_walk *w)
{
	for (char c = walk_char(w); c && strchr("\r\n !\\", c); c = walk_char(w)) {
		w->at++;
	}
}

bool iec_walk_next(struct iec_walk *w, struct iec_set *ret)
{
	skip_between(w);
	if (w->at >= w->text.size) {
		return false;
	}
	size_t from = w->at;
	while (w->at < w->text.size && walk_char(w) != '(') {
		char c = walk_char(w);
		w->at++;
		if (c == '\r' || c == '\n') {
			from = w->at; /* a line without any set */
		}
	}
	struct slice id = {w->text.data + from, w->at - from};
	size_t open = ++w->at;
	while (w->at < w->text.size && walk_char(w) != ')') {
		w->at++;
	}
	if (w->at >= w->text.size) {
		return false;
	}
	bool is_same = id.size == w->id.size && id.size &&
		       memcmp(id.data, w->id.data, id.size) == 0;
	w->n = id.size == 0 || is_same ? w->n + (w->id.size > 0) : 0;
	w->id = id.size ? id : w->id;
	*ret = (struct iec_set){.id = w->id,
		.value = {w->text.data + open, w->at - open},
		.is_named = id.size > 0,
		.n = w->n};
	w->at++;
	return true;
}

bool iec_part(
	struct slice value, char mark, unsigned n, struct slice *ret_value, struct slice *ret_unit)
{
	for (;; n--) {
		const uint8_t *end = mark && value.size ? memchr(value.data, mark, value.size) :
							  NULL;
		size_t size = end ? (size_t)(end - value.data) : value.size;
		if (n == 0) {
			value.size = size;
			break;
		}
		if (!end) {
			return false;
		}
		value.data += size + 1;
		value.size -= size + 1;
	}
	const uint8_t *star = value.size ? memchr(value.data, '*', value.size) : NULL;
	size_t size = star ? (size_t)(star - value.data) : value.size;
	*ret_value = (struct slice){value.data, size};
	*ret_unit = star ? (struct slice){star + 1, value.size - size - 1} :
			   (struct slice){value.data, 0};
	return true;
}

bool iec_number(struct slice text, double *ret_v, int *ret_decimals)
{
	char digits[40];
	size_t n = 0, point = 0;
	bool has_digit = false;
	while (text.size && text.data[0] == ' ') {
		text.data++;
		text.size--;
	}
	while (text.size && text.data[text.size - 1] == ' ') {
		text.size--;
	}
	if (text.size == 0 || text.size >= sizeof(digits)) {
		return false;
	}
	for (size_t i = 0; i < text.size; i++) {
		char c = (char)text.data[i];
		bool is_digit = c >= '0' && c <= '9';
		bool is_point = c == '.' && !point;
		if (!is_digit && !is_point && !(i == 0 && (c == '+' || c == '-'))) {
			return false;
		}
		has_digit = has_digit || is_digit;
		point = is_point ? i + 1 : point;
		if (c != '+') {
			digits[n++] = c;
		}
	}
	digits[n] = 0;
	*ret_decimals = point ? (int)(text.size - point) : 0;
	char *end;
	*ret_v = has_digit ? strtod(digits, &end) : 0;
	return has_digit;
}

bool iec_equal(struct slice s, const char *text)
{
	return s.size == strlen(text) && memcmp(s.data, text, s.size) == 0;
}

/* ---- times ---- */

static int *field_of(char letter, struct civil *c)
{
	switch (letter) {
	case 'Y': return &c->year;
	case 'M': return &c->month;
	case 'D': return &c->day;
	case 'h': return &c->hour;
	case 'm': return &c->minute;
	case 's': return &c->second;
	default: return NULL;
	}
}

bool iec_time_get(const char *layout, struct slice text, struct civil *to)
{
	struct civil c = *to;
	size_t n = strlen(layout);
	if (text.size != n) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		char l = layout[i], x = (char)text.data[i];
		int *field = field_of(l, &c);
		if (!field && l != 'w' && l != 'S') {
			if (l != x) {
				return false;
			}
			continue;
		}
		if (x < '0' || x > '9') {
			return false;
		}
		if (field) {
			*field = (i && layout[i - 1] == l ? *field * 10 : 0) + (x - '0');
		}
	}
	c.year += strchr(layout, 'Y') && c.year < 100 ? 2000 : 0;
	if (c.month < 1 || c.month > 12 || c.day < 1 || c.day > civil_month_days(c.year, c.month) ||
		c.hour > 23 || c.minute > 59 || c.second > 59) {
		return false;
	}
	*to = c;
	return true;
}

/* ---- building ---- */

__attribute__((format(printf, 2, 3))) static bool put(struct iec_out *to, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf((char *)to->data, sizeof(to->data), fmt, args);
	va_end(args);
	bool fits = n >= 0 && (size_t)n + 2 < sizeof(to->data);
	to->size = fits ? (size_t)n : 0;
	return fits;
}

void iec_sign_on(const char *address, struct iec_out *ret)
{
	(void)put(ret, "/?%.32s!\r\n", address);
}

void iec_select(char protocol, char speed, char mode, struct iec_out *ret)
{
	(void)put(ret, "%c%c%c%c\r\n", IEC_ACK, protocol, speed, mode);
}

enum err iec_command(enum iec_bcc kind, const char *command, const char *text, struct iec_out *ret)
{
	bool fits = text ? put(ret, "%c%s%c%s%c", IEC_SOH, command, IEC_STX, text, IEC_ETX) :
			   put(ret, "%c%s%c", IEC_SOH, command, IEC_ETX);
	if (!fits) {
		return ERR_LIMIT;
	}
	ret->data[ret->size] = iec_bcc(kind, (struct slice){ret->data + 1, ret->size - 1});
	ret->size++;
	return ERR_OK;
}

void iec_reply(enum iec_bcc kind, const char *text, bool is_partial, struct buf *out)
{
	buf_u8(out, IEC_STX);
	size_t from = out->size;
	buf_str(out, text);
	buf_u8(out, is_partial ? IEC_EOT : IEC_ETX);
	if (!out->is_full) {
		buf_u8(out, iec_bcc(kind, (struct slice){out->data + from, out->size - from}));
	}
}

uint32_t iec_password_hash(const char *challenge, const char *password)
{
	uint32_t crc = (uint32_t)strtoul(challenge, NULL, 16);
	for (const char *p = password; *p; p++) {
		crc ^= (uint8_t)*p;
		for (int i = 0; i < 8; i++) {
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
		}
	}
	return crc;
}
