/*
 * A DLMS meter that answers anything: every conversation ends, and what comes out has a key, a known unit
 * and a quantity.
 *
 * Input: first byte the parameters, second what is asked; then replies, each a length byte L and L bytes:
 * L = 0 silence, L odd the bytes as they are, L even an APDU for the frame the driver waits for; a
 * session is opened without using any. Of an even one the first byte says more: 0 a refusal with the
 * second as its result, 1 the rest as Data, 2 as a block, 3 as the last, 4 as a segment, else as it is.
 */
#include "liar.h"

#include "proto/cosem.h"
#include "proto/hdlc.h"

#define NOW 1792326660

struct meter_side {
	struct liar liar; /* first */
	bool is_wrapper;
	uint32_t block;
	uint8_t bytes[HDLC_FRAME_MAX];
};

static const char *const settings[] = {"address=1 password=111111",
	"address=300 client=48 max_info=512", "transport=wrapper password=hex:3132",
	("address=0 auth=gmac ciphered=yes ek=000102030405060708090A0B0C0D0E0F "
	 "ak=D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF")};

static void make_apdu(struct meter_side *m, struct slice request, struct slice s, struct buf *out)
{
	static const uint8_t initiate[] = {0x08, 0, 6, 0x5f, 0x1f, 4, 0, 0, 0x10, 0x1d, 4, 0, 0, 7};
	struct cosem_association a = {.initiate = SLICE(initiate)};
	struct cosem_request q;
	uint8_t aare[128];
	if (request.size && request.data[0] == COSEM_AARQ) {
		buf_put(out, aare, cosem_aare_put(&a, aare, sizeof(aare)));
		return;
	}
	if (cosem_request_get(request, &q) || s.size < 2 || s.data[0] > 4) {
		buf_put(out, s.data, s.size);
		return;
	}
	m->block = q.is_next ? q.block + 1 : 1;
	struct cosem_reply p = {.kind = (enum cosem_kind)(q.kind + 4),
		.invoke = q.invoke,
		.result = s.data[0] ? 0 : s.data[1] | 1,
		.is_block = s.data[0] == 2 || s.data[0] == 3,
		.is_last = s.data[0] == 3,
		.block = m->block,
		.data = {s.data + 1, s.size - 1}};
	cosem_reply_put(&p, out);
}

static void answer_hdlc(struct meter_side *m, struct slice request, struct slice s)
{
	struct hdlc_frame f, reply = {0};
	struct buf apdu;
	if (hdlc_decode(request, &f)) {
		abort(); /* what a driver sends is a frame */
	}
	buf_init(&apdu, 1024);
	reply.dest = f.source;
	reply.source = f.dest;
	if (f.control == HDLC_SNRM || f.control == HDLC_DISC) {
		reply.control = HDLC_UA;
	} else if (hdlc_is_information(f.control) && !f.is_segmented) {
		struct slice in = {f.info.data + 3, f.info.size > 3 ? f.info.size - 3 : 0};
		buf_put(&apdu, cosem_llc_reply, COSEM_LLC_SIZE);
		make_apdu(m, in, s, &apdu);
		reply.control = hdlc_information(
			hdlc_receive_number(f.control), (hdlc_send_number(f.control) + 1) & 7);
		reply.is_segmented = s.size && s.data[0] == 4;
	} else if (hdlc_is_information(f.control)) {
		reply.control = hdlc_ready((hdlc_send_number(f.control) + 1) & 7);
	} else { /* more of a segmented one; numbers are ours to guess */
		buf_put(&apdu, s.data, s.size);
		reply.control = hdlc_information(
			hdlc_receive_number(f.control), s.size ? s.data[0] & 7 : 0);
	}
	reply.info = buf_slice(&apdu);
	m->liar.now = (struct slice){m->bytes, hdlc_encode(&reply, m->bytes)};
	buf_fini(&apdu);
}

static void answer_wrapper(struct meter_side *m, struct slice request, struct slice s)
{
	struct buf apdu;
	buf_init(&apdu, 1024);
	make_apdu(m, (struct slice){request.data + 8, request.size - 8}, s, &apdu);
	cosem_wrapper_put(1, 32, apdu.size, m->bytes);
	memcpy(m->bytes + 8, apdu.data, apdu.size);
	m->liar.now = (struct slice){m->bytes, 8 + apdu.size};
	buf_fini(&apdu);
}

static bool opens(const struct meter_side *m, struct slice request)
{
	struct hdlc_frame f;
	if (m->is_wrapper) {
		return request.size > 8 && request.data[8] == COSEM_AARQ;
	}
	return !hdlc_decode(request, &f) &&
	       (f.control == HDLC_SNRM || f.control == HDLC_DISC ||
		       (f.info.size > 3 && f.info.data[3] == COSEM_AARQ));
}

static void answer(struct liar *liar, struct slice request)
{
	struct meter_side *m = (struct meter_side *)liar;
	struct slice s = opens(m, request) ? (struct slice){NULL, 0} : liar_piece(liar);
	if (s.size % 2) {
		liar->now = s;
	} else if (s.size || opens(m, request)) {
		(m->is_wrapper ? answer_wrapper : answer_hdlc)(m, request, s);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct meter_side m;
	struct sink sink = liar_sink();
	const struct driver *d = driver_find("dlms");
	struct span span = {NOW / 86400 * 86400 - 20 * 86400, NOW};
	struct identity id;
	int64_t utc;
	int hour, day;
	if (size < 2) {
		return 0;
	}
	m = (struct meter_side){.liar = {.answer = answer}, .is_wrapper = data[0] % 4 == 2};
	struct talk *t = liar_talk(
		&m.liar, "dlms", settings[data[0] % 4], (struct slice){data + 2, size - 2}, NOW);
	if (!t) {
		abort();
	}
	switch (data[1] % 8) {
	case 0: (void)d->read_current(t, &sink); break;
	case 1: (void)d->read_archive(t, PERIOD_HALF_HOUR, span, &sink); break;
	case 2: (void)d->read_archive(t, PERIOD_HOUR, span, &sink); break;
	case 3: (void)d->read_archive(t, PERIOD_DAY, span, &sink); break;
	case 4: (void)d->read_archive(t, PERIOD_MONTH, span, &sink); break;
	case 5: (void)d->read_events(t, span, &sink); break;
	case 6:
		(void)d->identify(t, &id);
		(void)d->read_clock(t, &utc);
		break;
	default:
		(void)d->set_clock(t, NOW);
		(void)d->report_time(t, &hour, &day);
		break;
	}
	talk_free(t);
	return 0;
}
