/*
 * Frames and texts of the Vzlet text protocol: cutters never leave their bytes and always get on, what they
 * call whole is taken apart in bounds, and a request that is whole is the one our encoder makes.
 *
 * Input: first byte which end and coat; then bytes of a line.
 */
#include "proto/mt200.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_request(struct slice frame, bool is_485)
{
	struct mt200_request q;
	struct mt200_frame f;
	int address;
	if (mt200_request_decode(frame, is_485, &address, &q)) {
		return;
	}
	bool is_plain = frame.size == 4u + is_485;
	if (q.command != MT200_MEMORY && is_plain) {
		struct slice again = mt200_ask(&f, address, q.command, q.index);
		if (again.size != frame.size || memcmp(again.data, frame.data, frame.size)) {
			abort();
		}
	}
}

static void check_reply(struct slice frame, bool is_485, size_t n)
{
	char text[MT200_TEXT_CAP];
	struct civil at = {0};
	struct mt200_record r;
	struct slice record;
	uint16_t bits;
	double v;
	int decimals;
	if (n && mt200_memory_decode(frame, is_485, 0xf828, n, &record) == ERR_OK &&
		mt200_record_decode(record, &r) == ERR_OK) {
		uint8_t again[MT200_HOUR_BYTES];
		if (mt200_record_encode(&r, again) != n) {
			abort();
		}
		for (int ring = 0; ring < MT200_RINGS; ring++) {
			(void)mt200_ordinal((enum mt200_ring)ring, r.at);
		}
	}
	if (mt200_text_decode(frame, is_485, text) == ERR_OK) {
		if (mt200_number(text, &v, &decimals) == ERR_OK && isinf(v)) {
			abort();
		}
		(void)mt200_date(text, &at);
		(void)mt200_time(text, &at);
		(void)mt200_bits(text, &bits);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t sizes[] = {0, MT200_DAY_BYTES, MT200_HOUR_BYTES};
	if (size == 0) {
		return 0;
	}
	bool is_485 = data[0] & 1, is_request = data[0] & 2;
	size_t n = sizes[data[0] / 4 % 3];
	struct slice rest = {data + 1, size - 1};
	while (rest.size) {
		struct mt200_cut cut = is_request ? mt200_cut_request(rest, is_485) :
						    mt200_cut_reply(rest, is_485, n);
		if (cut.state == MT200_CUT_MORE) {
			break;
		}
		if (cut.size == 0 || cut.size > rest.size) {
			abort();
		}
		struct slice frame = {rest.data, cut.size};
		if (cut.state == MT200_CUT_FULL && is_request) {
			check_request(frame, is_485);
		} else if (cut.state == MT200_CUT_FULL) {
			check_reply(frame, is_485, n);
		}
		rest.data += cut.size;
		rest.size -= cut.size;
	}
	return 0;
}
