/*
 * slow_line.h - a line with one simulated meter, byte by byte, and time that passes on it
 *
 * What is asked is remembered. Time moves with every request, every wait and every pause; replies can
 * be late, and a meter at another speed hears nothing.
 */
#ifndef DOMOVOI_TEST_SLOW_LINE_H
#define DOMOVOI_TEST_SLOW_LINE_H

#include "test.h"

#include "link/link.h"
#include "sim/device.h"

#include <string.h>

#define ASKED_MAX 4096

struct asked {
	uint8_t bytes[72];
	size_t n;
};

#define LATE_US 2900000 /* longer than anybody waits for a reply */

struct late {
	int64_t due_us;
	uint8_t bytes[80];
	size_t n;
};

struct slow_line {
	struct link link; /* first */
	struct sim_device device;
	int64_t now_us;
	int64_t step_us; /* that every request takes */
	int baud;        /* ours */
	struct buf in, out;
	int prompt, slow; /* replies in time, then so many that take LATE_US */
	struct late late[4];
	size_t late_n;
	struct asked asked[ASKED_MAX];
	size_t asked_n;
};

static inline void line_close(struct link *l)
{
	(void)l;
}

static inline enum err line_setup(struct link *l, const struct link_setup *setup, struct diag *diag)
{
	(void)diag;
	((struct slow_line *)l)->baud = setup->baud;
	return ERR_OK;
}

static inline void remember(struct slow_line *l, struct slice request)
{
	assert_true(l->asked_n < ASKED_MAX && request.size <= sizeof(l->asked[0].bytes));
	struct asked *a = &l->asked[l->asked_n++];
	memcpy(a->bytes, request.data, request.size);
	a->n = request.size;
}

/* What the device just said leaves it later; it says one thing after another. */
static inline void put_off(struct slow_line *l, size_t before)
{
	struct late *late = &l->late[l->late_n++];
	assert_true(l->late_n <= 4);
	late->due_us = l->late_n > 1 ? late[-1].due_us + 100000 : l->now_us + LATE_US;
	late->n = l->out.size - before;
	assert_true(late->n <= sizeof(late->bytes));
	memcpy(late->bytes, l->out.data + before, late->n);
	l->out.size = before;
}

/* Replies that have left by now. */
static inline void let_out(struct slow_line *l)
{
	while (l->late_n > 0 && l->late[0].due_us <= l->now_us) {
		buf_put(&l->out, l->late[0].bytes, l->late[0].n);
		l->late_n--;
		memmove(l->late, l->late + 1, l->late_n * sizeof(l->late[0]));
	}
}

static inline enum err line_write(struct link *link, struct slice bytes, struct diag *diag)
{
	struct slow_line *l = (struct slow_line *)link;
	(void)diag;
	l->now_us += l->step_us;
	remember(l, bytes);
	if (l->baud != l->device.baud) {
		return ERR_OK; /* it hears nothing but noise */
	}
	buf_put(&l->in, bytes.data, bytes.size);
	while (l->in.size > 0) {
		struct frame_verdict v = l->device.protocol->frame(buf_slice(&l->in));
		if (v.state == FRAME_MORE) {
			break;
		}
		size_t before = l->out.size;
		struct slice request = {l->in.data, v.size};
		bool has = v.state == FRAME_FULL &&
			   l->device.protocol->answer(&l->device, request, l->now_us, &l->out);
		if (has && l->prompt > 0) {
			l->prompt--;
		} else if (has && (l->slow > 0 || l->late_n > 0)) {
			l->slow -= l->slow > 0;
			put_off(l, before);
		}
		memmove(l->in.data, l->in.data + v.size, l->in.size - v.size);
		l->in.size -= v.size;
	}
	return ERR_OK;
}

static inline enum err line_read(struct link *link, uint8_t *to, size_t cap, int timeout_ms,
	size_t *ret_n, struct diag *diag)
{
	struct slow_line *l = (struct slow_line *)link;
	(void)diag;
	if (l->out.size == 0 && timeout_ms > 0) {
		int64_t till_us = l->now_us + timeout_ms * 1000LL;
		bool comes = l->late_n > 0 && l->late[0].due_us < till_us;
		l->now_us = comes ? l->late[0].due_us : till_us;
	}
	let_out(l);
	size_t n = l->out.size < cap ? l->out.size : cap;
	if (n == 0) {
		return ERR_TIMEOUT;
	}
	memcpy(to, l->out.data, n);
	memmove(l->out.data, l->out.data + n, l->out.size - n);
	l->out.size -= n;
	*ret_n = n;
	return ERR_OK;
}

static inline size_t line_discard(struct link *link)
{
	struct slow_line *l = (struct slow_line *)link;
	size_t n = l->out.size;
	buf_clear(&l->out);
	return n;
}

static inline void line_pause(struct link *link, int ms)
{
	struct slow_line *l = (struct slow_line *)link;
	l->now_us += ms * 1000LL;
}

static const struct link_ops slow_line_ops = {
	line_close, line_setup, line_write, line_read, line_discard, line_pause};

#endif
