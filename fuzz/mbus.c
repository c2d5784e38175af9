/*
 * Any bytes: cut, decoded as a frame, as the inside of a frame, and as a request to a simulated meter.
 * No record leaves its frame, a frame that was cut is a frame, and a record's number is finite.
 */
#include "proto/mbus.h"
#include "sim/device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

static void check_record(const struct mbus_message *m, const struct mbus_record *r)
{
	struct mbus_note note;
	struct slice all = m->frame.data;
	must(r->raw.size > 0 && r->raw.data >= all.data &&
		r->raw.data + r->raw.size <= all.data + all.size);
	must(r->data.size == 0 ||
		(r->data.data >= all.data && r->data.data + r->data.size <= all.data + all.size));
	must(r->at == 7 + (size_t)(r->raw.data - all.data));
	must((r->type == MBUS_TYPE_NUMBER) == !isnan(r->value));
	must(r->unit < UNIT_COUNT && r->quantity < QUANTITY_COUNT && r->name);
	must(memchr(r->text, 0, sizeof(r->text)) && memchr(r->unit_text, 0, sizeof(r->unit_text)));
	mbus_record_note(r, &note);
}

static void decode(struct slice bytes)
{
	struct mbus_frame f;
	struct mbus_message m;
	struct mbus_record r;
	struct diag diag = {0};
	enum err e = mbus_frame_decode(bytes, &f, &diag);
	e = e ? e : mbus_message_decode(&f, &m, &diag);
	if (e) {
		must(diag.offset <= bytes.size && diag.text[0]);
		return;
	}
	struct mbus_cursor cur = mbus_records(&m);
	while (!(e = mbus_next(&cur, &r, &diag))) {
		check_record(&m, &r);
	}
	must(e == ERR_NODATA || (diag.offset >= 7 && diag.offset <= bytes.size));
}

static void cut(struct slice bytes)
{
	size_t at = 0, n;
	struct mbus_frame f;
	while (at < bytes.size) {
		struct slice rest = {bytes.data + at, bytes.size - at};
		enum mbus_cut c = mbus_cut(rest, MBUS_CUT_ACK | MBUS_CUT_SHORT | MBUS_CUT_LONG, &n);
		if (c == MBUS_CUT_MORE) {
			must(n > rest.size);
			return;
		}
		must(n >= 1 && n <= rest.size);
		must(c == MBUS_CUT_JUNK ||
			mbus_frame_decode((struct slice){rest.data, n}, &f, NULL) == ERR_OK);
		at += n;
	}
}

static double measure(const struct sim_source *s, enum quantity q, int64_t us)
{
	(void)s;
	return q == QUANTITY_COLD_WATER ? (double)us / 3600e6 : NAN;
}

static void ask_meter(struct slice bytes)
{
	static const struct sim_source source = {measure};
	struct sim_device d = {.protocol = &sim_mbus,
		.source = &source,
		.address = 5,
		.serial = "12345678",
		.maker = "DMV",
		.medium = 7,
		.depth = {48, 48, 31, 12},
		.born_utc = 1500000000};
	struct mbus_out out;
	struct mbus_frame f;
	struct buf reply;
	buf_init(&reply, 1024);
	/* what the bytes ask for, then a readout, wherever the meter is now */
	(void)d.protocol->answer(&d, bytes, 1790000000000000, &reply);
	buf_clear(&reply);
	struct slice readout = mbus_short(
		&out, MBUS_REQ_UD2 | MBUS_FCB | MBUS_FCV, (uint8_t)d.address);
	must(d.protocol->answer(&d, readout, 1790000000000000, &reply));
	must(mbus_frame_decode(buf_slice(&reply), &f, NULL) == ERR_OK);
	buf_fini(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = {data, size};
	struct mbus_out out;
	decode(bytes);
	cut(bytes);
	if (size >= 3) {
		/* the same behind a right checksum, which a fuzzer seldom hits */
		mbus_begin(&out, data[0], data[1], data[2]);
		mbus_put(&out, data + 3, size - 3);
		struct slice frame = mbus_end(&out);
		if (frame.size) {
			decode(frame);
			ask_meter(frame);
		}
	}
	return 0;
}
