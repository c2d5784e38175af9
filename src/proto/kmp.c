/*
 * kmp.c - frames and numbers of the Kamstrup Meter Protocol; see kmp.h
 */
#include "proto/kmp.h"

#include "model/abnormal.h"
#include "proto/crc.h"

#include <math.h>
#include <string.h>

#define STUFF 0x1b

/* ---- frames ---- */

static bool is_stuffed(uint8_t b)
{
	return b == KMP_TO_METER || b == KMP_FROM_METER || b == KMP_STOP || b == KMP_ACK ||
	       b == STUFF;
}

struct slice kmp_frame(
	struct kmp_out *out, uint8_t start, uint8_t dest, uint8_t cid, struct slice data)
{
	uint8_t plain[KMP_DATA_CAP + 4];
	size_t n = data.size < KMP_DATA_CAP ? data.size : KMP_DATA_CAP;
	plain[0] = dest;
	plain[1] = cid;
	if (n) {
		memcpy(plain + 2, data.data, n);
	}
	uint16_t crc = crc16_xmodem((struct slice){plain, n + 2});
	plain[n + 2] = (uint8_t)(crc >> 8);
	plain[n + 3] = (uint8_t)crc;
	out->size = 0;
	out->bytes[out->size++] = start;
	for (size_t i = 0; i < n + 4; i++) {
		if (is_stuffed(plain[i])) {
			out->bytes[out->size++] = STUFF;
			out->bytes[out->size++] = (uint8_t)~plain[i];
		} else {
			out->bytes[out->size++] = plain[i];
		}
	}
	out->bytes[out->size++] = KMP_STOP;
	return (struct slice){out->bytes, out->size};
}

enum err kmp_decode(struct slice frame, struct kmp_message *ret)
{
	size_t n = 0;
	if (frame.size < 6 || frame.data[frame.size - 1] != KMP_STOP) {
		return ERR_PROTO;
	}
	for (size_t i = 1; i + 1 < frame.size; i++) {
		uint8_t b = frame.data[i];
		if (b == STUFF) {
			b = (uint8_t)~frame.data[++i];
			if (i + 1 >= frame.size || !is_stuffed(b)) {
				return ERR_PROTO;
			}
		} else if (is_stuffed(b)) {
			return ERR_PROTO;
		}
		if (n == sizeof(ret->bytes)) {
			return ERR_PROTO;
		}
		ret->bytes[n++] = b;
	}
	if (n < 4 || crc16_xmodem((struct slice){ret->bytes, n}) != 0) {
		return ERR_PROTO;
	}
	ret->dest = ret->bytes[0];
	ret->cid = ret->bytes[1];
	ret->data = (struct slice){ret->bytes + 2, n - 4};
	return ERR_OK;
}

struct kmp_cut kmp_cut(uint8_t start, struct slice so_far)
{
	struct kmp_message m;
	if (so_far.size == 0) {
		return (struct kmp_cut){KMP_CUT_MORE, 1};
	}
	for (size_t i = 0; i < so_far.size; i++) {
		uint8_t b = so_far.data[i];
		if (i == 0 && b != start) {
			const uint8_t *next = memchr(so_far.data, start, so_far.size);
			return (struct kmp_cut){
				KMP_CUT_JUNK, next ? (size_t)(next - so_far.data) : so_far.size};
		}
		if (i > 0 && b == start) {
			return (struct kmp_cut){KMP_CUT_JUNK, i}; /* another one begins here */
		}
		if (b == KMP_STOP) {
			bool is_good = kmp_decode((struct slice){so_far.data, i + 1}, &m) == ERR_OK;
			return (struct kmp_cut){
				is_good ? KMP_CUT_FULL : KMP_CUT_JUNK, is_good ? i + 1 : 1};
		}
		if (i + 1 == KMP_FRAME_CAP) {
			return (struct kmp_cut){KMP_CUT_JUNK, 1};
		}
	}
	return (struct kmp_cut){KMP_CUT_MORE, so_far.size < 6 ? 6 : so_far.size + 1};
}

/* ---- data of requests ---- */

static void ask_u8(struct kmp_ask *a, unsigned v)
{
	a->bytes[a->size++] = (uint8_t)v;
}

static void ask_u16(struct kmp_ask *a, unsigned v)
{
	ask_u8(a, v >> 8);
	ask_u8(a, v & 0xff);
}

struct kmp_ask kmp_ask_registers(const uint16_t *ids, size_t n)
{
	struct kmp_ask a = {.size = 0};
	n = n < KMP_BATCH ? n : KMP_BATCH;
	ask_u8(&a, (unsigned)n);
	for (size_t i = 0; i < n; i++) {
		ask_u16(&a, ids[i]);
	}
	return a;
}

struct kmp_ask kmp_ask_log(uint16_t id, uint16_t first, int count)
{
	struct kmp_ask a = {.size = 0};
	ask_u16(&a, id);
	ask_u16(&a, first);
	if (count >= 0) {
		ask_u8(&a, (unsigned)count);
	}
	return a;
}

struct kmp_ask kmp_ask_hours(uint16_t id, struct civil till)
{
	struct kmp_ask a = {.size = 0};
	ask_u16(&a, id);
	if (till.year == 0) {
		ask_u16(&a, 0xffff);
		ask_u16(&a, 0xffff);
		return a;
	}
	ask_u8(&a, (unsigned)(till.year % 100));
	ask_u8(&a, (unsigned)till.month);
	ask_u8(&a, (unsigned)till.day);
	ask_u8(&a, (unsigned)till.hour);
	return a;
}

struct kmp_ask kmp_ask_set_clock(struct civil local)
{
	struct kmp_ask a = {.size = 0};
	unsigned date = (unsigned)((local.year % 100 * 100 + local.month) * 100 + local.day);
	unsigned clock = (unsigned)((local.hour * 100 + local.minute) * 100 + local.second);
	ask_u16(&a, date >> 16);
	ask_u16(&a, date & 0xffff);
	ask_u16(&a, clock >> 16);
	ask_u16(&a, clock & 0xffff);
	return a;
}

enum err kmp_registers_asked(struct slice data, uint16_t ids[static KMP_BATCH], size_t *ret_n)
{
	struct reader r = reader_of(data);
	size_t n = reader_u8(&r);
	if (n == 0 || n > KMP_BATCH || reader_left(&r) != 2 * n) {
		return ERR_PROTO;
	}
	for (size_t i = 0; i < n; i++) {
		ids[i] = reader_u16be(&r);
	}
	*ret_n = n;
	return ERR_OK;
}

enum err kmp_log_asked(struct slice data, struct kmp_log_ask *ret)
{
	struct reader r = reader_of(data);
	if (data.size != 4 && data.size != 5) {
		return ERR_PROTO;
	}
	ret->id = reader_u16be(&r);
	ret->first = reader_u16be(&r);
	ret->count = 0;
	if (data.size == 5) {
		uint8_t count = reader_u8(&r);
		ret->count = count ? count : 1; /* a 601 sends one record when asked for none */
	}
	return ERR_OK;
}

/* ---- data of replies ---- */

static struct decimal number_of(const struct kmp_form *form, struct slice mantissa)
{
	uint64_t m = 0;
	for (size_t i = 0; i < mantissa.size; i++) {
		m = m << 8 | mantissa.data[i];
	}
	int exponent = form->sign_exp & 0x3f;
	return (struct decimal){form->sign_exp & 0x80 ? -(int64_t)m : (int64_t)m,
		form->sign_exp & 0x40 ? -exponent : exponent};
}

static struct kmp_form read_form(struct reader *r)
{
	struct kmp_form f;
	f.id = reader_u16be(r);
	f.unit = reader_u8(r);
	f.size = reader_u8(r);
	f.sign_exp = reader_u8(r);
	return f;
}

/* A mantissa that fits 63 bits. */
static bool is_number(const struct kmp_form *form)
{
	return form->size >= 1 && form->size <= 7;
}

enum err kmp_next_value(struct reader *r, struct kmp_value *ret)
{
	if (reader_left(r) == 0) {
		return ERR_NODATA;
	}
	ret->form = read_form(r);
	struct slice bytes = reader_bytes(r, ret->form.size);
	if (r->is_short) {
		return ERR_PROTO;
	}
	ret->is_number = is_number(&ret->form);
	ret->number = ret->is_number ? number_of(&ret->form, bytes) : (struct decimal){0, 0};
	return ERR_OK;
}

enum err kmp_log_decode(uint8_t cid, struct slice data, struct kmp_log *ret)
{
	struct reader r = reader_of(data);
	if (data.size == 2 && data.data[0] == 0xff && data.data[1] == 0xff) {
		return ERR_NODATA;
	}
	ret->form = read_form(&r);
	bool has_data = cid != KMP_LOG_HOURS || reader_u8(&r) != 0;
	if (r.is_short || !is_number(&ret->form)) {
		return ERR_PROTO;
	}
	size_t left = reader_left(&r);
	if (!has_data || left == 0) {
		return ERR_NODATA;
	}
	if (left % ret->form.size != 0) {
		return ERR_PROTO;
	}
	ret->n = (unsigned)(left / ret->form.size);
	ret->values = reader_bytes(&r, left);
	return ERR_OK;
}

struct decimal kmp_log_value(const struct kmp_log *log, unsigned i)
{
	return number_of(&log->form,
		(struct slice){log->values.data + (size_t)i * log->form.size, log->form.size});
}

void kmp_put_form(struct buf *out, const struct kmp_form *form)
{
	buf_u16be(out, form->id);
	buf_u8(out, form->unit);
	buf_u8(out, form->size);
	buf_u8(out, form->sign_exp);
}

void kmp_put_mantissa(struct buf *out, const struct kmp_form *form, double value)
{
	int exponent = form->sign_exp & 0x40 ? -(form->sign_exp & 0x3f) : form->sign_exp & 0x3f;
	int64_t most = form->size >= 8 ? INT64_MAX : ((int64_t)1 << (8 * form->size)) - 1;
	int64_t m = 0;
	value = form->sign_exp & 0x80 ? -value : value;
	if (!isnan(value) && value > 0 && !decimal_round(value, exponent, &m)) {
		m = most;
	}
	m = m > most ? most : m;
	for (int i = form->size - 1; i >= 0; i--) {
		buf_u8(out, (uint8_t)(i >= 8 ? 0 : (uint64_t)m >> (8 * i)));
	}
}

/* ---- what numbers mean ---- */

bool kmp_unit(uint8_t code, enum unit *ret_unit, int *ret_exponent)
{
	static const uint8_t units[] = {[0] = UNIT_NONE,
		[1] = UNIT_WH,
		[2] = UNIT_KWH,
		[3] = UNIT_MWH,
		[5] = UNIT_J,
		[6] = UNIT_KJ,
		[7] = UNIT_MJ,
		[8] = UNIT_GJ,
		[9] = UNIT_CAL,
		[10] = UNIT_KCAL,
		[11] = UNIT_MCAL,
		[12] = UNIT_GCAL,
		[21] = UNIT_W,
		[22] = UNIT_KW,
		[23] = UNIT_MW,
		[37] = UNIT_DEGC,
		[38] = UNIT_K,
		[39] = UNIT_L,
		[40] = UNIT_M3,
		[41] = UNIT_L_H,
		[42] = UNIT_M3_H,
		[43] = UNIT_M3_DEGC,
		[44] = UNIT_T,
		[45] = UNIT_T_H,
		[46] = UNIT_H,
		[52] = UNIT_BAR,
		[55] = UNIT_M3,
		[56] = UNIT_T,
		[57] = UNIT_GJ,
		[58] = UNIT_MIN,
		[60] = UNIT_S,
		[62] = UNIT_DAY};
	bool is_bare = code == 0 || code == 51 || code == 59; /* none, number, bit field */
	*ret_exponent = code >= 55 && code <= 57;
	*ret_unit = UNIT_NONE;
	if (code == 4 || code == 24) { /* GWh, GW */
		*ret_unit = code == 4 ? UNIT_MWH : UNIT_MW;
		*ret_exponent = 3;
		return true;
	}
	if (!is_bare && code < sizeof(units)) {
		*ret_unit = (enum unit)units[code];
	}
	return is_bare || *ret_unit != UNIT_NONE;
}

static bool split(struct decimal d, int part[static 3])
{
	if (d.exponent != 0 || d.mantissa < 0 || d.mantissa > 999999) {
		return false;
	}
	part[0] = (int)(d.mantissa / 10000);
	part[1] = (int)(d.mantissa / 100 % 100);
	part[2] = (int)(d.mantissa % 100);
	return true;
}

bool kmp_date(struct decimal yymmdd, struct civil *ret_date)
{
	int p[3];
	if (!split(yymmdd, p) || p[1] < 1 || p[1] > 12 || p[2] < 1 ||
		p[2] > civil_month_days(2000 + p[0], p[1])) {
		return false;
	}
	*ret_date = (struct civil){.year = 2000 + p[0], .month = p[1], .day = p[2]};
	return true;
}

bool kmp_clock(struct decimal hhmmss, struct civil *date_and_clock)
{
	int p[3];
	if (!split(hhmmss, p) || p[0] > 23 || p[1] > 59 || p[2] > 59) {
		return false;
	}
	date_and_clock->hour = p[0];
	date_and_clock->minute = p[1];
	date_and_clock->second = p[2];
	return true;
}

unsigned kmp_info_abnormal(uint32_t code)
{
	static const struct {
		uint32_t bits;
		unsigned abnormal;
	} map[] = {
		{0x0001, ABNORMAL_POWER},
		{0x0004 | 0x0008 | 0x0020, ABNORMAL_FAILURE}, /* T2, T1, T3 out of range */
		{0x0010 | 0x0400, ABNORMAL_FAILURE},          /* V1, V2 do not answer */
		{0x0800 | 0x0080, ABNORMAL_FAILURE},          /* V1, V2: wrong pulse figure */
		{0x1000 | 0x2000, ABNORMAL_NO_FLOW},          /* V1, V2: signal too low, air */
		{0x4000 | 0x8000, ABNORMAL_REVERSE},
		/* 0x40, 0x100, 0x200: leaks and bursts, the meter goes on counting */
	};
	unsigned abnormal = 0;
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
		abnormal |= code & map[i].bits ? map[i].abnormal : 0;
	}
	return abnormal;
}
