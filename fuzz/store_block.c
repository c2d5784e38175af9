/*
 * Any bytes as a block of archive values: refused, or a block that encodes to the same values.
 */
#include "store/block.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct archive_value items[BLOCK_VALUES_MAX], back[BLOCK_VALUES_MAX];

static void must(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out;
	size_t n, back_n;
	if (block_decode((struct slice){data, size}, items, &n) != ERR_OK) {
		return 0;
	}
	must(n > 0 && n <= BLOCK_VALUES_MAX);
	buf_init(&out, 4 * BLOCK_BYTES_MAX);
	must(block_encode(items, n, &out) == ERR_OK);
	must(block_decode(buf_slice(&out), back, &back_n) == ERR_OK);
	must(n == back_n);
	for (size_t i = 0; i < n; i++) {
		must(items[i].start == back[i].start && items[i].quality == back[i].quality);
		must(items[i].frame == back[i].frame);
		must(items[i].value == back[i].value ||
			(isnan(items[i].value) && isnan(back[i].value)));
	}
	buf_fini(&out);
	return 0;
}
