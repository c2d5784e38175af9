/*
 * Frames, Data and APDUs of DLMS: whatever the bytes, what is taken apart is put together again as it
 * was, and nothing is read outside.
 *
 * Input: first byte what the rest is.
 */
#include "proto/axdr.h"
#include "proto/cosem.h"
#include "proto/dlms_push.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void frame(struct slice in)
{
	struct hdlc_frame f;
	uint8_t again[HDLC_FRAME_MAX];
	struct hdlc_limits l;
	size_t size = 0;
	if (hdlc_cut(in, &size) == HDLC_CUT_FULL) {
		if (size > in.size) {
			abort();
		}
		if (!hdlc_decode((struct slice){in.data, size}, &f)) {
			(void)hdlc_limits_get(f.info, &l);
			size_t n = hdlc_encode(&f, again);
			if (n && memcmp(again, in.data, n - 1) != 0) {
				abort();
			}
		}
	}
	(void)hdlc_limits_get(in, &l);
}

static void value(struct slice in)
{
	struct reader r = reader_of(in);
	struct axdr d;
	struct civil c;
	uint8_t status;
	while (reader_left(&r) > 0 && axdr_get(&r, &d)) {
		if (r.at > in.size || d.bytes.size > in.size) {
			abort();
		}
		(void)axdr_time(&d, &c, &status);
	}
	r = reader_of(in);
	(void)axdr_open(&r, &d);
	r = reader_of(in);
	uint8_t full[4096];
	size_t n = 0;
	if (axdr_get(&r, &d) && axdr_expand(&d, full, sizeof(full), &n)) {
		struct reader all = reader_of((struct slice){full, n});
		if (!axdr_get(&all, &d) || reader_left(&all) > 0) {
			abort(); /* what it stands for is no Data */
		}
	}
}

static void lists(struct slice in)
{
	struct cosem_attribute list[COSEM_LIST_MAX];
	struct cosem_results results;
	uint8_t invoke, out[COSEM_REQUEST_MAX];
	struct slice value_of;
	size_t n = 0;
	int result;
	if (!cosem_list_get(in, &invoke, list, &n)) {
		(void)cosem_list_put(invoke, list, n, out, sizeof(out));
	}
	if (cosem_results_get(in, &results)) {
		return;
	}
	for (size_t left = results.left; left > 0; left--) {
		if (!cosem_results_next(&results, &result, &value_of)) {
			abort(); /* all were there */
		}
	}
}

static void apdu(struct slice in)
{
	struct cosem_request q;
	struct cosem_reply p;
	struct cosem_association a;
	struct cosem_initiate i;
	struct cosem_release release;
	uint8_t out[COSEM_REQUEST_MAX];
	if (!cosem_request_get(in, &q)) {
		(void)cosem_request_put(&q, out, sizeof(out));
	}
	if (!cosem_reply_get(in, &p)) {
		struct buf again;
		buf_init(&again, 1u << 16);
		cosem_reply_put(&p, &again);
		buf_fini(&again);
	}
	if (!cosem_release_get(in, &release)) {
		(void)cosem_release_put(&release, out, sizeof(out));
	}
	lists(in);
	if (!cosem_association_get(in, &a)) {
		(void)cosem_initiate_get(a.initiate, &i);
		(void)cosem_aarq_put(&a, out, sizeof(out));
		(void)cosem_aare_put(&a, out, sizeof(out));
	}
}

static void cipher(struct slice in)
{
	static const struct dlms_keys keys = {.encryption = {1}, .authentication = {2}};
	static const uint8_t title[COSEM_TITLE_SIZE] = {3};
	uint8_t out[512];
	size_t n;
	uint32_t counter;
	(void)dlms_open(&keys, title, in, out, sizeof(out), &n, &counter);
	(void)dlms_gmac_fits(&keys, title, in, in);
}

static void push(struct slice in)
{
	static const struct dlms_keys keys = {.encryption = {1}, .authentication = {2}};
	struct dlms_notification n;
	struct dlms_item x;
	uint8_t apdu[2048], plain[2048];
	size_t size = 0;
	int items = 0;
	if (dlms_push_cut(in, &size) != HDLC_CUT_FULL ||
		dlms_push_apdu((struct slice){in.data, size}, apdu, sizeof(apdu), &size)) {
		size = in.size < sizeof(apdu) ? in.size : sizeof(apdu);
		memcpy(apdu, in.data, size);
	}
	(void)dlms_push_open(&keys, (struct slice){apdu, size}, plain, sizeof(plain), &size);
	if (dlms_notification_get((struct slice){apdu, size}, &n)) {
		return;
	}
	struct dlms_items l = dlms_items_of(n.body);
	while (dlms_items_next(&l, &x)) {
		if (++items > 4096) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1) {
		return 0;
	}
	struct slice in = {data + 1, size - 1};
	switch (data[0] % 5) {
	case 0: frame(in); break;
	case 1: value(in); break;
	case 2: apdu(in); break;
	case 3: cipher(in); break;
	default: push(in); break;
	}
	return 0;
}
