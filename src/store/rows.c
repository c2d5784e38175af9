/*
 * rows.c - numbers in bodies of rows; see rows.h
 */
#include "store/rows.h"

#include <math.h>
#include <string.h>

#define DECIMALS_MAX 9
#define TAG_NAN      254
#define TAG_RAW      255
#define EXACT_MAX    9007199254740992.0 /* 2^53 */

static const double power10[DECIMALS_MAX + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

void put_number(struct buf *out, double v)
{
	uint64_t bits;
	if (isnan(v)) {
		buf_u8(out, TAG_NAN);
		return;
	}
	for (int decimals = 0; decimals <= DECIMALS_MAX; decimals++) {
		double scaled = nearbyint(v * power10[decimals]);
		if (fabs(scaled) <= EXACT_MAX && scaled / power10[decimals] == v) {
			buf_u8(out, (uint8_t)decimals);
			buf_varint(out, zigzag((int64_t)scaled));
			return;
		}
	}
	buf_u8(out, TAG_RAW);
	memcpy(&bits, &v, sizeof(bits));
	buf_u64le(out, bits);
}

double get_number(struct reader *r)
{
	uint8_t tag = reader_u8(r);
	double v = NAN;
	if (tag <= DECIMALS_MAX) {
		v = (double)unzigzag(reader_varint(r)) / power10[tag];
	} else if (tag == TAG_RAW) {
		uint64_t bits = reader_u64le(r);
		memcpy(&v, &bits, sizeof(v));
	} else if (tag != TAG_NAN) {
		r->is_short = true;
	}
	return r->is_short ? NAN : v;
}
