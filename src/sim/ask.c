/*
 * ask.c - a simulated device behind a link in memory; see ask.h
 */
#include "sim/ask.h"

#include <stdlib.h>
#include <string.h>

#define HEARD_CAP 1024

struct memory_link {
	struct link link; /* first */
	struct sim_device device;
	int64_t now_us;
	uint8_t heard[HEARD_CAP];
	size_t heard_n;
	struct buf reply;
	size_t read_n; /* of the reply */
};

static struct memory_link *memory_of(struct link *l)
{
	return (struct memory_link *)l;
}

static void memory_close(struct link *l)
{
	buf_fini(&memory_of(l)->reply);
	free(l);
}

static enum err memory_write(struct link *l, struct slice bytes, struct diag *diag)
{
	struct memory_link *m = memory_of(l);
	size_t from = 0;
	if (bytes.size > HEARD_CAP - m->heard_n) {
		return err_set(diag, ERR_LIMIT, "a request of %zu bytes", bytes.size);
	}
	memcpy(m->heard + m->heard_n, bytes.data, bytes.size);
	m->heard_n += bytes.size;
	while (from < m->heard_n) {
		struct slice rest = {m->heard + from, m->heard_n - from};
		struct frame_verdict v = m->device.protocol->frame(rest);
		if (v.state == FRAME_MORE) {
			break;
		}
		if (v.state == FRAME_FULL) {
			(void)m->device.protocol->answer(&m->device,
				(struct slice){rest.data, v.size}, m->now_us, &m->reply);
		}
		size_t n = v.size ? v.size : 1; /* junk may be more than what is there */
		from += n < rest.size ? n : rest.size;
	}
	m->heard_n -= from;
	memmove(m->heard, m->heard + from, m->heard_n);
	return ERR_OK;
}

static enum err memory_read(
	struct link *l, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag)
{
	struct memory_link *m = memory_of(l);
	(void)diag;
	if (m->read_n == m->reply.size && timeout_ms > 0 && m->device.protocol->push) {
		m->device.protocol->push(&m->device, m->now_us, &m->reply);
	}
	size_t left = m->reply.size - m->read_n;
	if (left == 0) {
		return ERR_TIMEOUT;
	}
	size_t n = left < cap ? left : cap;
	memcpy(to, m->reply.data + m->read_n, n);
	m->read_n += n;
	if (m->read_n == m->reply.size) {
		buf_clear(&m->reply);
		m->read_n = 0;
	}
	*ret_n = n;
	return ERR_OK;
}

static size_t memory_discard(struct link *l)
{
	struct memory_link *m = memory_of(l);
	size_t n = m->reply.size - m->read_n;
	buf_clear(&m->reply);
	m->read_n = 0;
	return n;
}

static void memory_pause(struct link *l, int ms)
{
	(void)l;
	(void)ms;
}

static enum err memory_setup(struct link *l, const struct link_setup *setup, struct diag *diag)
{
	(void)l;
	(void)setup;
	(void)diag;
	return ERR_OK;
}

static const struct link_ops memory_ops = {
	.close = memory_close,
	.setup = memory_setup,
	.write = memory_write,
	.read = memory_read,
	.discard = memory_discard,
	.pause = memory_pause,
};

struct link *sim_link_new(const struct sim_device *device, int64_t now_us)
{
	struct memory_link *m = calloc(1, sizeof(*m));
	if (!m) {
		return NULL;
	}
	m->link.ops = &memory_ops;
	m->device = *device;
	m->now_us = now_us;
	buf_init(&m->reply, 8192);
	return &m->link;
}
