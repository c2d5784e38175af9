/*
 * loop.h - a line without a line: a link whose bytes go straight into simulated meters
 *
 * Requests are cut by the protocol's own frame function and answered at once by every device of that
 * protocol; `spoil` may change a reply. No time passes, nothing is threaded.
 */
#ifndef DOMOVOI_TEST_MODBUS_LOOP_H
#define DOMOVOI_TEST_MODBUS_LOOP_H

#include "test.h"

#include "base/str.h"
#include "link/link.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "sim/device.h"

#include <math.h>
#include <string.h>

#define LOOP_START 1736488800 /* 2025-01-10T06:00:00Z */

struct loop {
	struct link link; /* first: the link is the loop */
	struct sim_device *devices[4];
	size_t device_count;
	int64_t now_utc;
	struct buf in, out;
	int requests;
	void (*spoil)(struct loop *l, struct buf *reply); /* NULL: replies as they are */
	struct talk *talk;
	struct sample_list got;
};

static inline void loop_close(struct link *l)
{
	(void)l;
}

static inline enum err loop_write(struct link *link, struct slice bytes, struct diag *diag)
{
	struct loop *l = (struct loop *)link;
	(void)diag;
	buf_put(&l->in, bytes.data, bytes.size);
	while (l->in.size > 0 && l->device_count > 0) {
		struct frame_verdict v = l->devices[0]->protocol->frame(buf_slice(&l->in));
		if (v.state == FRAME_MORE) {
			break;
		}
		struct slice request = {l->in.data, v.size};
		for (size_t i = 0; v.state == FRAME_FULL && i < l->device_count; i++) {
			struct sim_device *d = l->devices[i];
			(void)d->protocol->answer(d, request, l->now_utc * 1000000, &l->out);
		}
		l->requests += v.state == FRAME_FULL;
		memmove(l->in.data, l->in.data + v.size, l->in.size - v.size);
		l->in.size -= v.size;
	}
	if (l->spoil) {
		l->spoil(l, &l->out);
	}
	return ERR_OK;
}

static inline enum err loop_read(struct link *link, uint8_t *to, size_t cap, int timeout_ms,
	size_t *ret_n, struct diag *diag)
{
	struct loop *l = (struct loop *)link;
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

static inline size_t loop_discard(struct link *link)
{
	struct loop *l = (struct loop *)link;
	size_t n = l->out.size;
	buf_clear(&l->out);
	return n;
}

static inline void loop_pause(struct link *link, int ms)
{
	(void)link;
	(void)ms;
}

extern const struct driver driver_modbus;

/* A talk of the Modbus driver with `params` over the loop; `zone` may be NULL. */
static inline void loop_init(
	struct loop *l, struct sim_device *device, const char *params, const struct zone *zone)
{
	static const struct link_ops ops = {.close = loop_close,
		.write = loop_write,
		.read = loop_read,
		.discard = loop_discard,
		.pause = loop_pause};
	struct line line = {.is_enabled = true};
	struct meter meter = {0};
	struct diag diag = {0};
	*l = (struct loop){.link.ops = &ops, .now_utc = LOOP_START};
	buf_init(&l->in, 4096);
	buf_init(&l->out, 1 << 16);
	if (device) {
		l->devices[l->device_count++] = device;
	}
	(void)STR_COPY(meter.params, params);
	if (talk_new(&driver_modbus, &line, &meter, zone, &l->talk, &diag)) {
		fail_msg("talk: %s", diag.text);
	}
	talk_attach(l->talk, &l->link, NULL);
	assert_int_equal(talk_begin(l->talk, l->now_utc), ERR_OK);
	sample_list_init(&l->got);
}

static inline void loop_fini(struct loop *l)
{
	talk_free(l->talk);
	buf_fini(&l->in);
	buf_fini(&l->out);
	sample_list_fini(&l->got);
}

static inline void loop_move_to(struct loop *l, int64_t utc)
{
	l->now_utc = utc;
	assert_int_equal(talk_begin(l->talk, utc), ERR_OK);
}

static inline void loop_forget(struct loop *l)
{
	sample_list_fini(&l->got);
	sample_list_init(&l->got);
}

static inline void must(struct loop *l, enum err e)
{
	if (e) {
		fail_msg("%s: %s", err_name(e), talk_diag(l->talk)->text);
	}
}

/* The sample of a key; of an archive with this start. NULL: not there. */
static inline const struct sample *loop_sample(const struct loop *l, const char *key, int64_t utc)
{
	for (size_t i = 0; i < l->got.n; i++) {
		const struct sample *s = &l->got.items[i]->sample;
		if (strcmp(s->key, key) == 0 && (s->form == FORM_NOW || s->utc == utc)) {
			return s;
		}
	}
	return NULL;
}

static inline void must_have(const struct loop *l, const char *key, double value)
{
	const struct sample *s = loop_sample(l, key, 0);
	char a[STR_DOUBLE_CAP], b[STR_DOUBLE_CAP];
	if (!s) {
		fail_msg("no %s", key);
		return;
	}
	if (!(s->value == value || (isnan(value) && isnan(s->value)))) {
		fail_msg("%s is %s, not %s", key, str_double(a, s->value), str_double(b, value));
	}
}

#endif
