/*
 * logika.c - values, times and records of legacy Logika calculators; see logika.h
 *
 * Record of SPT943 (SPT942 and 941.10 likewise, with fewer floats):
 *
 *   SS SS SS CC  f f f f ...        S: abnormal situations, low byte first; C: scheme; f: floats
 *
 * Hour of the old SPT941, 32 bytes, and its day and month, a page:
 *
 *   ?? ?? CC SS  t1 t2 Va Vb Ma Mb Q              which pipes a and b are says the scheme
 *   ?? ?? CC ??  t1 t2 V1 V2 V3 M1 M2 M3 Q Ti FF...
 */
#include "proto/logika.h"

#include "proto/decimal.h"

#include <math.h>
#include <string.h>

#define HIDDEN_BIT  0x800000u
#define OLD_HOUR_T2 1 /* fields of an SPT941's record */
#define OLD_V1      2
#define OLD_M1      5
#define OLD_Q       8

static uint32_t float_bits(const uint8_t b[static 4])
{
	return (uint32_t)(b[2] >> 7) << 31 | (uint32_t)b[3] << 23 | (uint32_t)(b[2] & 0x7f) << 16 |
	       (uint32_t)b[1] << 8 | b[0];
}

/* False: not a number a float32 can hold. */
static bool float_decimal(const uint8_t b[static 4], struct decimal *ret)
{
	uint32_t bits = float_bits(b);
	float f;
	memcpy(&f, &bits, sizeof(f));
	if (bits == 0) {
		*ret = (struct decimal){0, 0};
		return true;
	}
	return b[3] > 0 && b[3] < 255 && decimal_of_float(f, ret);
}

double logika_float(const uint8_t b[static 4])
{
	uint32_t bits = float_bits(b);
	struct decimal d;
	if (bits == UINT32_MAX) {
		return NAN;
	}
	if (float_decimal(b, &d)) {
		return decimal_double(d);
	}
	double v = ldexp((double)((bits & (HIDDEN_BIT - 1)) | HIDDEN_BIT), b[3] - 127 - 23);
	return bits >> 31 ? -v : v;
}

void logika_float_put(uint8_t to[static 4], double v)
{
	uint32_t bits = 0;
	float f = (float)v;
	if (isnan(v) || isinf(f)) {
		memset(to, 0xff, 4);
		return;
	}
	if (isnormal(f)) {
		memcpy(&bits, &f, sizeof(bits));
	}
	to[0] = (uint8_t)bits;
	to[1] = (uint8_t)(bits >> 8);
	to[2] = (uint8_t)((bits >> 16 & 0x7f) | (bits >> 31 << 7));
	to[3] = (uint8_t)(bits >> 23);
}

static bool is_erased(const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (b[i] != 0xff) {
			return false;
		}
	}
	return true;
}

/* The integer and its fraction were once one number, so a fraction is smaller than one; what was added
 * since is smaller than years of it. Anything else is no total: a wrong address, erased FLASH. */
double logika_total(const uint8_t saved[static 8], const uint8_t added[static 4])
{
	struct reader r = reader_of((struct slice){saved, 4});
	struct decimal sum = {reader_u32le(&r), 0}, part, since;
	if (is_erased(saved, 8) || !float_decimal(saved + 4, &part) ||
		!float_decimal(added, &since)) {
		return NAN;
	}
	double a = decimal_double(sum), b = decimal_double(part), c = decimal_double(since);
	if (fabs(b) > 1 || fabs(c) > 1e6) {
		return NAN;
	}
	/* tiny numbers have more digits than a sum can keep */
	return decimal_add(&sum, part) && decimal_add(&sum, since) ? decimal_double(sum) :
								     a + b + c;
}

void logika_total_put(uint8_t saved[static 8], uint8_t added[static 4], double v, double since)
{
	double kept = v - since;
	if (isnan(kept) || kept < 0 || kept > UINT32_MAX) {
		memset(saved, 0xff, 8);
		logika_float_put(added, NAN);
		return;
	}
	uint32_t whole = (uint32_t)kept;
	for (int i = 0; i < 4; i++) {
		saved[i] = (uint8_t)(whole >> 8 * i);
	}
	logika_float_put(saved + 4, kept - whole);
	logika_float_put(added, since);
}

enum unit logika_unit(enum unit of_field, unsigned setting)
{
	static const enum unit pressures[] = {UNIT_KGF_CM2, UNIT_MPA, UNIT_BAR};
	static const enum unit energies[] = {UNIT_GCAL, UNIT_GJ, UNIT_MWH};
	setting = setting < 3 ? setting : 0;
	return of_field == UNIT_KGF_CM2 ? pressures[setting] :
	       of_field == UNIT_GCAL    ? energies[setting] :
					  of_field;
}

unsigned logika_abnormal(const struct logika_layout *l, uint32_t situations)
{
	unsigned bits = 0;
	for (unsigned i = 0; i < l->abnormal_n; i++) {
		bits |= situations >> i & 1 ? l->abnormal[i] : 0u;
	}
	return bits;
}

/* ---- time ---- */

static bool is_time(const struct civil *c)
{
	return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= civil_month_days(c->year, c->month) && c->hour <= 23 && c->minute <= 59 &&
	       c->second <= 59;
}

bool logika_clock(const uint8_t b[static 6], struct civil *ret)
{
	struct civil c = {2000 + b[0], b[1], b[2], b[3], b[4], b[5]};
	if (b[0] > 99 || !is_time(&c)) {
		return false;
	}
	*ret = c;
	return true;
}

void logika_clock_put(uint8_t to[static 6], struct civil c)
{
	const uint8_t b[6] = {(uint8_t)(c.year - 2000), (uint8_t)c.month, (uint8_t)c.day,
		(uint8_t)c.hour, (uint8_t)c.minute, (uint8_t)c.second};
	memcpy(to, b, sizeof(b));
}

bool logika_stamp(const uint8_t b[static 4], struct civil *ret)
{
	struct civil c = {.year = 1900 + b[0], .month = b[1], .day = b[2], .hour = b[3]};
	if (b[0] < 80 || b[0] > 199 || !is_time(&c)) {
		return false;
	}
	*ret = c;
	return true;
}

void logika_stamp_put(uint8_t to[static 4], enum period p, struct civil c)
{
	to[0] = (uint8_t)(c.year - 1900);
	to[1] = (uint8_t)c.month;
	to[2] = p == PERIOD_MONTH ? 0 : (uint8_t)c.day;
	to[3] = p == PERIOD_HOUR ? (uint8_t)c.hour : 0;
}

bool logika_entry(const uint8_t b[static 6], struct civil *ret)
{
	struct civil c = {
		.year = 2000 + b[1], .month = b[2], .day = b[3], .hour = b[4], .minute = b[5]};
	if (b[0] != 0x10 || b[1] > 99 || !is_time(&c)) {
		return false;
	}
	*ret = c;
	return true;
}

void logika_entry_put(uint8_t to[static 6], struct civil c)
{
	const uint8_t b[6] = {0x10, (uint8_t)(c.year - 2000), (uint8_t)c.month, (uint8_t)c.day,
		(uint8_t)c.hour, (uint8_t)c.minute};
	memcpy(to, b, sizeof(b));
}

/* ---- records ---- */

/*
 * Pipes of an hour of the old SPT941 by scheme: which two of V1..V3 and of M1..M3 are kept, 0: none. A
 * third mass is the difference of the two and not kept.
 */
static const uint8_t old_pipes[][4] = {
	{1, 2, 1, 2},
	{1, 3, 1, 2},
	{2, 3, 1, 2},
	{1, 2, 1, 2},
	{1, 2, 1, 2},
	{1, 3, 1, 3},
	{2, 3, 2, 3},
	{1, 0, 1, 0},
	{1, 2, 1, 0},
	{1, 2, 0, 0},
};
#define OLD_SCHEMES    (sizeof(old_pipes) / sizeof(old_pipes[0]))
#define OLD_ONE_SENSOR 7 /* scheme without t2 */

static bool is_old_hour(const struct logika_layout *l, enum period p)
{
	return l->kind == LOGIKA_SPT941 && p == PERIOD_HOUR;
}

/* Field of each of the seven floats of an old hour; negative: not used under this scheme. */
static void old_hour_fields(uint8_t scheme, int ret_fields[static 7])
{
	static const uint8_t none[4];
	const uint8_t *pipes = scheme < OLD_SCHEMES ? old_pipes[scheme] : none;
	ret_fields[0] = 0;
	ret_fields[1] = scheme == OLD_ONE_SENSOR ? -1 : OLD_HOUR_T2;
	for (int i = 0; i < 4; i++) {
		int first = i < 2 ? OLD_V1 : OLD_M1;
		ret_fields[2 + i] = pipes[i] ? first + pipes[i] - 1 : -1;
	}
	ret_fields[6] = OLD_Q;
}

static uint32_t u24(const uint8_t *b)
{
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16;
}

bool logika_record_get(
	const struct logika_layout *l, enum period p, struct slice data, struct logika_record *ret)
{
	struct logika_record r = {0};
	int fields[7];
	if (l->record_size[p] == 0 || data.size < l->record_size[p]) {
		return false;
	}
	const uint8_t *b = data.data;
	if (l->record_ns_at >= 0) {
		r.situations = u24(b + l->record_ns_at);
		r.has_situations = true;
	}
	r.scheme = l->record_scheme_at >= 0 ? b[l->record_scheme_at] : 0;
	if (!is_old_hour(l, p)) {
		for (unsigned i = 0; i < l->record.n; i++) {
			r.values[i] = logika_float(b + l->record.items[i].at);
			r.has |= (uint16_t)(1u << i);
		}
		*ret = r;
		return true;
	}
	r.situations = b[3];
	r.has_situations = true;
	old_hour_fields(r.scheme, fields);
	for (int i = 0; i < 7; i++) {
		if (fields[i] >= 0) {
			r.values[fields[i]] = logika_float(b + 4 + 4 * i);
			r.has |= (uint16_t)(1u << fields[i]);
		}
	}
	*ret = r;
	return true;
}

void logika_record_put(const struct logika_layout *l, enum period p, const struct logika_record *r,
	uint8_t *to, size_t size)
{
	int fields[7];
	memset(to, 0xff, size);
	if (l->record_size[p] == 0 || size < l->record_size[p]) {
		return;
	}
	if (l->record_ns_at >= 0) {
		for (int i = 0; i < 3; i++) {
			to[l->record_ns_at + i] = (uint8_t)(r->situations >> 8 * i);
		}
	}
	if (l->record_scheme_at >= 0) {
		to[l->record_scheme_at] = r->scheme;
	}
	if (!is_old_hour(l, p)) {
		for (unsigned i = 0; i < l->record.n; i++) {
			logika_float_put(to + l->record.items[i].at, r->values[i]);
		}
		return;
	}
	to[3] = (uint8_t)r->situations;
	old_hour_fields(r->scheme, fields);
	for (int i = 0; i < 7; i++) {
		logika_float_put(to + 4 + 4 * i, fields[i] >= 0 ? r->values[fields[i]] : 0);
	}
}

void logika_setting(const uint8_t b[static 16], char to[static 9])
{
	size_t n = 0;
	for (size_t i = 4; i < 12 && b[i] > ' ' && b[i] < 0x7f; i++) {
		to[n++] = (char)b[i];
	}
	to[n] = 0;
}

void logika_setting_put(uint8_t to[static 16], const char *text, bool is_operative)
{
	size_t n = strlen(text);
	memset(to, 0xff, 16);
	to[0] = is_operative;
	memset(to + 4, ' ', 8);
	memcpy(to + 4, text, n < 8 ? n : 8);
	memset(to + 12, 0, 4);
}
