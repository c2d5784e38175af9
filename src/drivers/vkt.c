/*
 * vkt.c - one question to a VKT-5 or VKT-7; see vkt.h
 */
#include "drivers/vkt.h"

static struct frame_verdict verdict(struct modbus_cut cut)
{
	return (struct frame_verdict){cut.state == MODBUS_CUT_FULL ? FRAME_FULL :
				      cut.state == MODBUS_CUT_MORE ? FRAME_MORE :
								     FRAME_JUNK,
		cut.size};
}

static struct frame_verdict frame_bare(struct slice so_far)
{
	return verdict(vkt_cut_reply(so_far));
}

static struct frame_verdict frame_extended(struct slice so_far)
{
	return verdict(vkt_cut_reply_extended(so_far));
}

static bool is_ours(const struct vkt_peer *p, const struct vkt_request *q, struct vkt_sizes sizes,
	const struct vkt_reply *reply)
{
	if ((p->address != 0 && reply->address != p->address) || reply->function != q->function) {
		return false;
	}
	if (reply->is_refused) {
		return true;
	}
	if (q->function == VKT_WRITE) {
		return reply->start == q->start;
	}
	bool is_any = sizes.one == 0 && sizes.other == 0;
	return is_any || reply->data.size == sizes.one || reply->data.size == sizes.other;
}

enum err vkt_ask(const struct vkt_peer *p, const struct vkt_request *q, struct vkt_sizes sizes,
	struct vkt_reply *ret_reply)
{
	frame_fn *frame = p->coat.extended >= 0 ? frame_extended : frame_bare;
	struct vkt_request request = *q;
	struct vkt_frame f;
	struct vkt_reply reply;
	struct slice bytes;
	request.address = p->address;
	enum err e = vkt_request_encode(&request, &p->coat, &f);
	if (e) {
		return e;
	}
	bool is_odd = false;
	e = talk_exchange(p->talk, (struct slice){f.data, f.size}, frame, &bytes);
	while (e == ERR_OK &&
		(!vkt_reply_decode(bytes, &reply) || !is_ours(p, &request, sizes, &reply))) {
		is_odd = true;
		e = talk_again(p->talk, frame, &bytes);
	}
	if (e == ERR_TIMEOUT && is_odd) {
		return talk_fail(p->talk, ERR_FOREIGN,
			"replies came, but none to request %d at %04X with %zu bytes of data",
			request.function, request.start, sizes.one);
	}
	if (!e) {
		*ret_reply = reply;
	}
	return e;
}
