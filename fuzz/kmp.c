/*
 * Frames of the Kamstrup Meter Protocol: the cutter never leaves its bytes and always gets on, a frame
 * it calls whole is the one our encoder makes, and data of replies of any kind are walked in bounds.
 *
 * Input: bytes of a line; if they hold no frame, the data of a reply.
 */
#include "proto/kmp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(uint8_t cid, struct slice data)
{
	struct reader r = reader_of(data);
	struct kmp_value v;
	struct kmp_log log;
	struct kmp_log_ask asked;
	uint16_t ids[KMP_BATCH];
	struct civil c = {0};
	enum unit unit;
	int exponent;
	size_t n;
	while (kmp_next_value(&r, &v) == ERR_OK) {
		if (isnan(decimal_double(v.number))) {
			abort();
		}
		(void)kmp_unit(v.form.unit, &unit, &exponent);
		(void)kmp_date(v.number, &c);
		(void)kmp_clock(v.number, &c);
	}
	if (kmp_log_decode(cid, data, &log) == ERR_OK) {
		for (unsigned i = 0; i < log.n; i++) {
			(void)kmp_log_value(&log, i);
		}
	}
	(void)kmp_registers_asked(data, ids, &n);
	(void)kmp_log_asked(data, &asked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = {data, size};
	uint8_t start = size && data[0] == KMP_TO_METER ? KMP_TO_METER : KMP_FROM_METER;
	bool has_frame = false;
	while (rest.size) {
		struct kmp_cut cut = kmp_cut(start, rest);
		if (cut.state == KMP_CUT_MORE) {
			break;
		}
		if (cut.size == 0 || cut.size > rest.size) {
			abort();
		}
		if (cut.state == KMP_CUT_FULL) {
			struct kmp_message m;
			struct kmp_out out;
			if (kmp_decode((struct slice){rest.data, cut.size}, &m)) {
				abort();
			}
			struct slice again = kmp_frame(&out, start, m.dest, m.cid, m.data);
			if (again.size != cut.size || memcmp(again.data, rest.data, cut.size)) {
				abort();
			}
			walk(m.cid, m.data);
			has_frame = true;
		}
		rest.data += cut.size;
		rest.size -= cut.size;
	}
	for (uint8_t cid = KMP_LOG_HOURS; !has_frame && cid <= KMP_LOG_INFO; cid++) {
		walk(cid, (struct slice){data, size});
	}
	return 0;
}
