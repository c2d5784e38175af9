/*
 * vkt_line.h - a line without a line: a driver's talk whose bytes go straight into a simulated meter
 *
 * The device is the test's own, so that it may be changed between requests; `spoil` sees every reply.
 */
#ifndef DOMOVOI_TEST_VKT_LINE_H
#define DOMOVOI_TEST_VKT_LINE_H

#include "exchange.h"

#include "base/str.h"
#include "link/link.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "sim/memory.h"

#include <math.h>

#define LINE_NOW 1792326660 /* 2026-10-18T12:31:00Z */

struct vkt_line {
	struct link link; /* first: the link is the line */
	struct sim_device *device;
	struct buf in, out;
	int requests;
	int starts[256]; /* requests by the low byte of their start */
	size_t told;     /* between a test and its `spoil` */
	void (*spoil)(struct vkt_line *l, struct slice request, struct buf *reply);
	struct talk *talk;
	struct sample_list got;
};

static inline void vkt_line_close(struct link *l)
{
	(void)l;
}

static inline enum err vkt_line_write(struct link *link, struct slice bytes, struct diag *diag)
{
	struct vkt_line *l = (struct vkt_line *)link;
	(void)diag;
	buf_put(&l->in, bytes.data, bytes.size);
	while (l->in.size > 0) {
		struct frame_verdict v = l->device->protocol->frame(buf_slice(&l->in));
		if (v.state == FRAME_MORE) {
			break;
		}
		struct slice request = {l->in.data, v.size};
		if (v.state == FRAME_FULL) {
			l->requests++;
			l->starts[request.data[3]]++;
			(void)l->device->protocol->answer(
				l->device, request, LINE_NOW * 1000000LL, &l->out);
			if (l->spoil) {
				l->spoil(l, request, &l->out);
			}
		}
		memmove(l->in.data, l->in.data + v.size, l->in.size - v.size);
		l->in.size -= v.size;
	}
	return ERR_OK;
}

static inline enum err vkt_line_read(struct link *link, uint8_t *to, size_t cap, int timeout_ms,
	size_t *ret_n, struct diag *diag)
{
	struct vkt_line *l = (struct vkt_line *)link;
	size_t n = l->out.size < cap ? l->out.size : cap;
	(void)timeout_ms;
	(void)diag;
	if (n == 0) {
		return ERR_TIMEOUT;
	}
	memcpy(to, l->out.data, n);
	memmove(l->out.data, l->out.data + n, l->out.size - n);
	l->out.size -= n;
	*ret_n = n;
	return ERR_OK;
}

static inline size_t vkt_line_discard(struct link *link)
{
	struct vkt_line *l = (struct vkt_line *)link;
	size_t n = l->out.size;
	buf_clear(&l->out);
	return n;
}

static inline void vkt_line_pause(struct link *link, int ms)
{
	(void)link;
	(void)ms;
}

static inline void vkt_line_init(struct vkt_line *l, const char *driver, struct sim_device *device,
	const char *params, const struct zone *zone)
{
	static const struct link_ops ops = {.close = vkt_line_close,
		.write = vkt_line_write,
		.read = vkt_line_read,
		.discard = vkt_line_discard,
		.pause = vkt_line_pause};
	struct line line;
	struct meter meter;
	struct diag diag = {0};
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	*l = (struct vkt_line){.link.ops = &ops, .device = device};
	buf_init(&l->in, 4096);
	buf_init(&l->out, 1 << 16);
	(void)STR_COPY(meter.params, params);
	if (talk_new(driver_find(driver), &line, &meter, zone, &l->talk, &diag)) {
		fail_msg("talk: %s", diag.text);
	}
	talk_attach(l->talk, &l->link, NULL);
	assert_int_equal(talk_begin(l->talk, LINE_NOW), ERR_OK);
	sample_list_init(&l->got);
}

static inline void vkt_line_fini(struct vkt_line *l)
{
	talk_free(l->talk);
	buf_fini(&l->in);
	buf_fini(&l->out);
	sample_list_fini(&l->got);
}

static inline void vkt_line_forget(struct vkt_line *l)
{
	sample_list_fini(&l->got);
	sample_list_init(&l->got);
}

static inline void vkt_must(struct vkt_line *l, enum err e)
{
	if (e) {
		fail_msg("%s: %s", err_name(e), talk_diag(l->talk)->text);
	}
}

/* The sample of a key; of an archive with this start. NULL: not there. */
static inline const struct sample *vkt_sample(
	const struct vkt_line *l, const char *key, int64_t utc)
{
	for (size_t i = 0; i < l->got.n; i++) {
		const struct sample *s = &l->got.items[i]->sample;
		if (strcmp(s->key, key) == 0 && (s->form == FORM_NOW || s->utc == utc)) {
			return s;
		}
	}
	return NULL;
}

static inline double vkt_value(const struct vkt_line *l, const char *key, int64_t utc)
{
	const struct sample *s = vkt_sample(l, key, utc);
	if (!s) {
		fail_msg("no %s", key);
		return NAN;
	}
	return s->value;
}

#endif
