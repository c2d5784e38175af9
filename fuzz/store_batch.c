/*
 * Any bytes as a record of the spill file, as a batch, and as bodies of rows. Nothing is read beyond
 * its end; what a batch hands over lies inside it.
 */
#include "store/apply_verdict.h"
#include "store/batch.h"
#include "store/last.h"
#include "store/spill.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

static void is_inside(struct slice part, struct slice whole)
{
	must(part.size == 0 ||
		(part.data >= whole.data && part.data + part.size <= whole.data + whole.size));
}

static void read_batch(struct slice bytes)
{
	struct batch_reader r = batch_read(bytes);
	struct batch_item item;
	while (batch_next(&r, &item) == ERR_OK) {
		is_inside(item.a, bytes);
		is_inside(item.b, bytes);
		struct verdict v;
		must(item.tag != 'V' || !verdict_unpack(item.a, &v) ||
			(v.state < VERDICT_STATE_COUNT && v.period < PERIOD_COUNT));
		must(item.tag != 'A' || (item.period > PERIOD_NONE && item.period < PERIOD_COUNT));
	}
}

static enum err nothing(void *ctx, const struct reading_row *r)
{
	(void)ctx;
	(void)r;
	return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = {data, size};
	struct reader in = reader_of(bytes);
	struct spill_record record;
	enum err e;
	while ((e = spill_record_read(&in, &record)) == ERR_OK || e == ERR_CORRUPT) {
		if (e == ERR_OK) {
			read_batch(record.bytes);
		}
	}
	read_batch(bytes);
	(void)reading_row_each(bytes, 1, 2, 3, nothing, NULL);
	return 0;
}
