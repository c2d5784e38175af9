/*
 * Any bytes as frames, lists, values and arrays of VKT-5 and VKT-7: what is taken for a frame is one, and
 * what was decoded encodes to the same bytes.
 */
#include "proto/vkt.h"
#include "proto/vkt5.h"
#include "proto/vkt7.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

static void frames(struct slice in)
{
	struct modbus_cut cuts[] = {
		vkt_cut_reply(in), vkt_cut_reply_extended(in), vkt_cut_request(in)};
	struct vkt_reply reply;
	struct vkt_request q;
	struct vkt_frame f;
	for (size_t i = 0; i < 3; i++) {
		must(cuts[i].state != MODBUS_CUT_FULL || cuts[i].size <= in.size);
		must(cuts[i].state != MODBUS_CUT_JUNK || cuts[i].size == 1);
		must(cuts[i].state != MODBUS_CUT_MORE || cuts[i].size == 0 ||
			cuts[i].size > in.size);
	}
	struct slice whole = {in.data, cuts[0].size};
	if (cuts[0].state == MODBUS_CUT_FULL && vkt_reply_decode(whole, &reply) &&
		!reply.is_refused) {
		must(vkt_reply_encode(&reply, &f) == ERR_OK && f.size == whole.size);
		must(memcmp(f.data, whole.data, f.size) == 0);
	}
	whole.size = cuts[2].size;
	if (cuts[2].state == MODBUS_CUT_FULL) {
		must(vkt_request_decode(whole, &q));
		/* a claimed count of zero means the real one */
		if (vkt_request_encode(&q, NULL, &f) == ERR_OK &&
			(q.function != VKT_WRITE || q.claimed)) {
			must(f.size == whole.size && memcmp(f.data, whole.data, f.size) == 0);
		}
	}
}

/* The first bytes as a list, the rest as its data. */
static void elements(struct slice in)
{
	struct vkt7_element list[VKT7_ELEMENTS_MAX];
	struct vkt7_item items[VKT7_ELEMENTS_MAX];
	size_t n = in.size ? in.data[0] % 43u * VKT7_ELEMENT_SIZE : 0;
	n = n < in.size ? n : in.size / VKT7_ELEMENT_SIZE * VKT7_ELEMENT_SIZE;
	struct slice rest = {in.data + n, in.size - n};
	if (!vkt7_list_get((struct slice){in.data, n}, list, &n)) {
		return;
	}
	must(n <= VKT7_ELEMENTS_MAX);
	for (int version = 0; version < 2; version++) {
		struct buf again;
		if (!vkt7_items_get(rest, list, n, version, items)) {
			continue;
		}
		buf_init(&again, 4096);
		for (size_t i = 0; i < n; i++) {
			vkt7_item_put(&again, &items[i], version);
		}
		must(again.size == rest.size &&
			(again.size == 0 || memcmp(again.data, rest.data, again.size) == 0));
		buf_fini(&again);
	}
}

static void arrays(struct slice in)
{
	struct vkt5_config c;
	struct vkt5_trouble t;
	struct vkt5_input v;
	struct buf again;
	buf_init(&again, 4096);
	if (vkt5_config_get(in, &c)) {
		vkt5_config_put(&again, &c);
		must(again.size == in.size && memcmp(again.data, in.data, in.size) == 0);
	}
	buf_clear(&again);
	if (vkt5_trouble_get(in, &t)) {
		vkt5_trouble_put(&again, &t);
		must(again.size == in.size && memcmp(again.data, in.data, in.size) == 0);
	}
	for (int totals = 0; totals < 2; totals++) {
		buf_clear(&again);
		if (vkt5_input_get(in, totals, &v)) {
			vkt5_input_put(&again, totals, &v);
			must(again.size == in.size && v.n <= VKT5_PIPES);
		}
	}
	buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {data, size};
	frames(in);
	elements(in);
	arrays(in);
	return 0;
}
