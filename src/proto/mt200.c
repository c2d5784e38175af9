/*
 * mt200.c - text protocol of the Vzlet MT-200DS and TSR; see mt200.h
 */
#include "proto/mt200.h"

#include "base/str.h"
#include "model/abnormal.h"
#include "proto/decimal.h"

#include <math.h>
#include <string.h>

#define FILLER    0x20
#define NO_SENSOR 25000 /* hundredths of a degree; 40783 and the like in the captures */

/* What a meter says to a command it does not know: MT-200, TSR (CP866). */
static const char refusal_mt[] = "Not implemented";
static const char refusal_tsr[] =
	"\x8d\xa5\x20\xaf\xae\xad\xa8\xac\xa0\xee\x20\xe2\xa0\xaa\xae\xa5\x20...";

const struct mt200_ring_facts mt200_rings[MT200_RINGS] = {
	[MT200_HOURS] = {2048, 1428, MT200_HOUR_BYTES},
	[MT200_DAYS] = {62048, 60, MT200_DAY_BYTES},
	[MT200_MONTHS] = {64448, 24, MT200_DAY_BYTES},
};

uint8_t mt200_index(int channel)
{
	static const uint8_t index[MT200_CHANNELS] = {1, 0, 2, 4, 3};
	return channel >= 1 && channel <= MT200_CHANNELS ? index[channel - 1] : 0;
}

static uint8_t checksum(const uint8_t *bytes, size_t n)
{
	uint8_t x = 0;
	for (size_t i = 0; i < n; i++) {
		x ^= bytes[i];
	}
	return (uint8_t)-x;
}

static void put(struct mt200_frame *f, uint8_t b)
{
	if (f->size < sizeof(f->bytes)) {
		f->bytes[f->size++] = b;
	}
}

/* ---- requests ---- */

static size_t begin(struct mt200_frame *f, int address)
{
	f->size = 0;
	if (address >= 0) {
		put(f, (uint8_t)address);
	}
	return f->size;
}

static struct slice end(struct mt200_frame *f, size_t from)
{
	f->bytes[from] = (uint8_t)(f->size - from + 1);
	put(f, checksum(f->bytes + from, f->size - from));
	return (struct slice){f->bytes, f->size};
}

struct slice mt200_ask(struct mt200_frame *f, int address, uint8_t command, uint8_t index)
{
	size_t from = begin(f, address);
	put(f, 0);
	put(f, command);
	put(f, index);
	return end(f, from);
}

struct slice mt200_ask_memory(struct mt200_frame *f, int address, uint16_t at, uint8_t n)
{
	size_t from = begin(f, address);
	put(f, 0);
	put(f, MT200_MEMORY);
	put(f, (uint8_t)(at >> 8));
	put(f, (uint8_t)at);
	for (uint8_t i = 0; i < n && i <= MT200_HOUR_BYTES; i++) {
		put(f, FILLER);
	}
	put(f, 0);
	put(f, 0);
	return end(f, from);
}

struct mt200_cut mt200_cut_request(struct slice so_far, bool is_485)
{
	size_t from = is_485 ? 1 : 0;
	if (so_far.size < from + 1) {
		return (struct mt200_cut){MT200_CUT_MORE, from + 1};
	}
	size_t length = so_far.data[from];
	if (length < 4 || length > MT200_FRAME_CAP - 1) {
		return (struct mt200_cut){MT200_CUT_JUNK, 1};
	}
	if (so_far.size < from + length) {
		return (struct mt200_cut){MT200_CUT_MORE, from + length};
	}
	bool is_good = checksum(so_far.data + from, length - 1) == so_far.data[from + length - 1];
	return (struct mt200_cut){
		is_good ? MT200_CUT_FULL : MT200_CUT_JUNK, is_good ? from + length : 1};
}

enum err mt200_request_decode(
	struct slice frame, bool is_485, int *ret_address, struct mt200_request *ret)
{
	struct mt200_cut cut = mt200_cut_request(frame, is_485);
	if (cut.state != MT200_CUT_FULL || cut.size != frame.size) {
		return ERR_PROTO;
	}
	const uint8_t *at = frame.data + is_485;
	size_t length = frame.size - is_485;
	*ret_address = is_485 ? frame.data[0] : MT200_RS232;
	*ret = (struct mt200_request){.command = at[1], .index = at[2]};
	if (at[1] == MT200_MEMORY) {
		if (length < 7 || at[length - 2] || at[length - 3]) {
			return ERR_PROTO;
		}
		ret->at = (uint16_t)(at[2] << 8 | at[3]);
		ret->n = length - 7;
	}
	return ERR_OK;
}

/* ---- replies ---- */

static struct slice close_reply(struct mt200_frame *f, bool is_485)
{
	put(f, 0);
	if (is_485) {
		put(f, checksum(f->bytes, f->size));
	}
	return (struct slice){f->bytes, f->size};
}

struct slice mt200_text(struct mt200_frame *f, bool is_485, const char *text)
{
	f->size = 0;
	put(f, 0);
	for (size_t i = 0; text[i] && i < MT200_TEXT_CAP - 1; i++) {
		put(f, (uint8_t)text[i]);
	}
	return close_reply(f, is_485);
}

struct slice mt200_memory(
	struct mt200_frame *f, bool is_485, uint16_t at, struct slice record, uint8_t next)
{
	f->size = 0;
	put(f, 0);
	put(f, (uint8_t)(at >> 8));
	put(f, (uint8_t)at);
	for (size_t i = 0; i < record.size && i < MT200_HOUR_BYTES; i++) {
		put(f, record.data[i]);
	}
	put(f, next);
	return close_reply(f, is_485);
}

/* A reply of `size` bytes up to its closing zero. */
static struct mt200_cut whole(struct slice so_far, bool is_485, size_t size)
{
	if (!is_485) {
		return (struct mt200_cut){MT200_CUT_FULL, size};
	}
	if (so_far.size < size + 1) {
		return (struct mt200_cut){MT200_CUT_MORE, size + 1};
	}
	bool is_good = checksum(so_far.data, size) == so_far.data[size];
	return (struct mt200_cut){
		is_good ? MT200_CUT_FULL : MT200_CUT_JUNK, is_good ? size + 1 : 1};
}

struct mt200_cut mt200_cut_reply(struct slice so_far, bool is_485, size_t n)
{
	if (so_far.size < 2) {
		bool is_junk = so_far.size == 1 && so_far.data[0] != 0;
		return (struct mt200_cut){
			is_junk ? MT200_CUT_JUNK : MT200_CUT_MORE, is_junk ? 1 : 2};
	}
	if (so_far.data[0] != 0) {
		const uint8_t *zero = memchr(so_far.data, 0, so_far.size);
		return (struct mt200_cut){
			MT200_CUT_JUNK, zero ? (size_t)(zero - so_far.data) : so_far.size};
	}
	size_t size = n ? n + 5 : MT200_TEXT_CAP;
	size_t i = 1; /* first byte that belongs to no text */
	while (i < so_far.size && i < size && so_far.data[i] >= FILLER) {
		i++;
	}
	/* behind a repeated address comes a day, 1Fh at most: no text of three characters */
	if (i < so_far.size && so_far.data[i] == 0 && i >= (n ? 4u : 2u) && i < size - 1) {
		return whole(so_far, is_485, i + 1);
	}
	if (n ? so_far.size < size : i == so_far.size && i < size) {
		return (struct mt200_cut){MT200_CUT_MORE, n ? size : so_far.size + 1};
	}
	if (n && so_far.data[size - 1] == 0) {
		return whole(so_far, is_485, size);
	}
	return (struct mt200_cut){MT200_CUT_JUNK, 1};
}

static bool is_refusal(const char *text)
{
	return strcmp(text, refusal_mt) == 0 || strcmp(text, refusal_tsr) == 0;
}

enum err mt200_text_decode(struct slice reply, bool is_485, char text[static MT200_TEXT_CAP])
{
	size_t size = reply.size - is_485;
	if (reply.size < 3u + is_485 || reply.data[0] != 0 || reply.data[size - 1] != 0) {
		return ERR_PROTO;
	}
	size_t from = 1, till = size - 1;
	while (from < till && reply.data[from] == ' ') {
		from++;
	}
	while (till > from && reply.data[till - 1] == ' ') {
		till--;
	}
	if (till - from >= MT200_TEXT_CAP || memchr(reply.data + from, 0, till - from)) {
		return ERR_PROTO;
	}
	memcpy(text, reply.data + from, till - from);
	text[till - from] = 0;
	return is_refusal(text) ? ERR_UNSUPP : ERR_OK;
}

enum err mt200_memory_decode(
	struct slice reply, bool is_485, uint16_t at, size_t n, struct slice *ret_record)
{
	char text[MT200_TEXT_CAP];
	if (reply.size != n + 5 + is_485) {
		enum err e = mt200_text_decode(reply, is_485, text);
		return e ? e : ERR_PROTO;
	}
	if (reply.data[1] != at >> 8 || reply.data[2] != (at & 0xff)) {
		return ERR_FOREIGN;
	}
	*ret_record = (struct slice){reply.data + 3, n};
	return ERR_OK;
}

/* ---- texts ---- */

enum err mt200_number(const char *text, double *ret_value, int *ret_decimals)
{
	size_t dashes = strspn(text, "-");
	if (dashes >= 3 && text[dashes] == 0) {
		*ret_value = NAN;
		*ret_decimals = -1;
		return ERR_OK;
	}
	size_t n = strlen(text);
	if (n == 0 || strspn(text, "-0123456789.") != n || str_to_double(text, ret_value)) {
		return ERR_PROTO;
	}
	const char *point = strchr(text, '.');
	*ret_decimals = point ? (int)strlen(point + 1) : 0;
	return ERR_OK;
}

/* "18.11.16" with this mark between the pairs. */
static bool pairs(const char *text, char mark, int part[static 3])
{
	if (strlen(text) != 8 || text[2] != mark || text[5] != mark) {
		return false;
	}
	for (int i = 0; i < 3; i++) {
		const char *p = text + (ptrdiff_t)3 * i;
		if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9') {
			return false;
		}
		part[i] = (p[0] - '0') * 10 + p[1] - '0';
	}
	return true;
}

bool mt200_date(const char *text, struct civil *at)
{
	int p[3];
	if (!pairs(text, '.', p) || p[1] < 1 || p[1] > 12 || p[0] < 1 ||
		p[0] > civil_month_days(2000 + p[2], p[1])) {
		return false;
	}
	at->day = p[0];
	at->month = p[1];
	at->year = 2000 + p[2];
	return true;
}

bool mt200_time(const char *text, struct civil *at)
{
	int p[3];
	if (!pairs(text, ':', p) || p[0] > 23 || p[1] > 59 || p[2] > 59) {
		return false;
	}
	at->hour = p[0];
	at->minute = p[1];
	at->second = p[2];
	return true;
}

bool mt200_bits(const char *text, uint16_t *ret_bits)
{
	unsigned bits = 0;
	if (strlen(text) != 16 || strspn(text, "01") != 16) {
		return false;
	}
	for (int i = 0; i < 16; i++) {
		bits |= (unsigned)(text[i] == '1') << i;
	}
	*ret_bits = (uint16_t)bits;
	return true;
}

unsigned mt200_abnormal(uint16_t bits)
{
	unsigned abnormal = 0;
	abnormal |= bits & 0x0055 ? ABNORMAL_FLOW_HIGH : 0; /* channels 1, 4, 2, 5 */
	abnormal |= bits & 0x00aa ? ABNORMAL_FLOW_LOW : 0;
	/* 0100, 0200: one pipe's flow beside the other's; no situation of the common set */
	abnormal |= bits & 0x0c00 ? ABNORMAL_DT_LOW : 0; /* t4 < t5, t1 < t2 */
	abnormal |= bits & 0x1000 ? ABNORMAL_POWER : 0;
	abnormal |= bits & 0xe000 ? ABNORMAL_FAILURE : 0; /* other, temperature, pressure channel */
	return abnormal;
}

/* ---- archive ---- */

static double float_le(struct reader *r)
{
	uint32_t bits = reader_u32le(r);
	float f;
	struct decimal d;
	memcpy(&f, &bits, sizeof(f));
	return decimal_of_float(f, &d) ? decimal_double(d) : NAN;
}

static double degrees(struct reader *r)
{
	uint16_t v = reader_u16be(r);
	return v > NO_SENSOR ? NAN : decimal_double((struct decimal){v, -2});
}

enum err mt200_record_decode(struct slice bytes, struct mt200_record *ret)
{
	struct reader r = reader_of(bytes);
	ret->at = (struct civil){.day = reader_u8(&r)};
	ret->at.month = reader_u8(&r);
	ret->at.year = 2000 + reader_u8(&r);
	ret->at.hour = reader_u8(&r);
	for (int i = 0; i < 2; i++) {
		ret->heat[i] = float_le(&r);
	}
	for (int i = 0; i < 4; i++) {
		ret->volume[i] = float_le(&r);
	}
	ret->temperature[0] = degrees(&r);
	ret->temperature[2] = degrees(&r);
	ret->temperature[1] = degrees(&r);
	ret->temperature[3] = degrees(&r);
	ret->has_state = bytes.size >= MT200_HOUR_BYTES;
	ret->state = ret->has_state ? reader_u16be(&r) : 0;
	ret->fault_min = reader_u32be(&r);
	if (r.is_short) {
		return ERR_PROTO;
	}
	const struct civil *at = &ret->at;
	bool is_date = at->year < 2100 && at->month >= 1 && at->month <= 12 && at->day >= 1 &&
		       at->hour <= 23 && at->day <= civil_month_days(at->year, at->month);
	return is_date ? ERR_OK : ERR_NODATA;
}

static uint8_t *put_float(uint8_t *to, double v)
{
	float f = (float)v;
	uint32_t bits;
	memcpy(&bits, &f, sizeof(bits));
	for (int i = 0; i < 4; i++) {
		*to++ = (uint8_t)(bits >> (8 * i));
	}
	return to;
}

static uint8_t *put_u16(uint8_t *to, unsigned v)
{
	*to++ = (uint8_t)(v >> 8);
	*to++ = (uint8_t)v;
	return to;
}

static uint8_t *put_degrees(uint8_t *to, double v)
{
	bool is_there = !isnan(v) && v >= 0 && v * 100 <= NO_SENSOR;
	return put_u16(to, is_there ? (unsigned)lround(v * 100) : 40783);
}

size_t mt200_record_encode(const struct mt200_record *r, uint8_t to[static MT200_HOUR_BYTES])
{
	uint8_t *at = to;
	*at++ = (uint8_t)r->at.day;
	*at++ = (uint8_t)r->at.month;
	*at++ = (uint8_t)(r->at.year % 100);
	*at++ = (uint8_t)r->at.hour;
	for (int i = 0; i < 2; i++) {
		at = put_float(at, r->heat[i]);
	}
	for (int i = 0; i < 4; i++) {
		at = put_float(at, r->volume[i]);
	}
	at = put_degrees(at, r->temperature[0]);
	at = put_degrees(at, r->temperature[2]);
	at = put_degrees(at, r->temperature[1]);
	at = put_degrees(at, r->temperature[3]);
	if (r->has_state) {
		at = put_u16(at, r->state);
	}
	at = put_u16(at, r->fault_min >> 16);
	at = put_u16(at, r->fault_min & 0xffff);
	return (size_t)(at - to);
}

int64_t mt200_ordinal(enum mt200_ring ring, struct civil at)
{
	int64_t years = at.year - 2000 - 1;
	struct civil begin_of_year = {.year = at.year, .month = 1, .day = 1};
	struct civil date = {.year = at.year, .month = at.month, .day = at.day};
	int64_t day_of_year = (civil_to_utc(date) - civil_to_utc(begin_of_year)) / 86400 + 1;
	int64_t days = years * 365 + years / 4 + day_of_year;
	switch (ring) {
	case MT200_HOURS: return days * 24 + at.hour;
	case MT200_MONTHS: return (years + 1) * 12 + at.month - 1;
	default: return days;
	}
}
