/*
 * bus.h - a line in memory with simulated meters on it, and a driver that reads them
 *
 * What is written goes to every meter that listens at the speed in force; their replies are laid
 * over each other as on a wire (a bit is 0 if anybody sends 0). No time passes: a read that finds
 * nothing times out at once.
 */
#ifndef DOMOVOI_TEST_MBUS_BUS_H
#define DOMOVOI_TEST_MBUS_BUS_H

#include "poll/talk.h"
#include "sim/device.h"
#include "test.h"

#include <math.h>
#include <string.h>

#define BUS_METERS 8

struct bus {
	struct link link; /* first: the talk's view */
	struct sim_device meters[BUS_METERS];
	size_t meter_n;
	int64_t now_us;
	int baud;
	uint8_t rx[2048];
	size_t rx_n, rx_at;
	size_t chunk; /* bytes one read gives at most; 0: all */
	int flip_bit; /* of each reply longer than one byte; -1 none */
	int flips;    /* so many replies are flipped yet; -1 all */
	int drop_at;  /* the reply to this request, counted from 1, is lost; 0 none */
	int requests, replies;
};

static inline void bus_close(struct link *l)
{
	(void)l;
}

static inline enum err bus_setup(struct link *l, const struct link_setup *setup, struct diag *diag)
{
	(void)diag;
	((struct bus *)l)->baud = setup->baud;
	return ERR_OK;
}

static inline void bus_overlay(struct bus *b, struct slice reply)
{
	for (size_t i = 0; i < reply.size && i < sizeof(b->rx); i++) {
		b->rx[i] = i < b->rx_n ? b->rx[i] & reply.data[i] : reply.data[i];
	}
	b->rx_n = reply.size > b->rx_n ? reply.size : b->rx_n;
}

static inline void bus_damage(struct bus *b)
{
	if (b->requests == b->drop_at) {
		b->rx_n = 0;
	}
	if (b->flip_bit >= 0 && b->flips != 0 && b->rx_n > 1 && (size_t)b->flip_bit < 8 * b->rx_n) {
		b->rx[b->flip_bit / 8] ^= (uint8_t)(1u << (b->flip_bit % 8));
		b->flips -= b->flips > 0;
	}
}

static inline enum err bus_write(struct link *l, struct slice bytes, struct diag *diag)
{
	(void)diag;
	struct bus *b = (struct bus *)l;
	struct buf reply;
	buf_init(&reply, 1024);
	b->requests++;
	b->rx_n = b->rx_at = 0;
	for (size_t i = 0; i < b->meter_n; i++) {
		struct sim_device *d = &b->meters[i];
		struct frame_verdict v = d->protocol->frame(bytes);
		int speed = d->baud;
		buf_clear(&reply);
		assert_int_equal(v.state, FRAME_FULL);
		assert_int_equal(v.size, bytes.size);
		if ((speed == 0 || speed == b->baud) &&
			d->protocol->answer(d, bytes, b->now_us, &reply)) {
			bus_overlay(b, buf_slice(&reply));
			b->replies++;
		}
	}
	buf_fini(&reply);
	bus_damage(b);
	return ERR_OK;
}

static inline enum err bus_read(
	struct link *l, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag)
{
	(void)timeout_ms;
	(void)diag;
	struct bus *b = (struct bus *)l;
	size_t n = b->rx_n - b->rx_at;
	n = n < cap ? n : cap;
	n = b->chunk && b->chunk < n ? b->chunk : n;
	if (n == 0) {
		return ERR_TIMEOUT;
	}
	memcpy(to, b->rx + b->rx_at, n);
	b->rx_at += n;
	*ret_n = n;
	return ERR_OK;
}

static inline size_t bus_discard(struct link *l)
{
	struct bus *b = (struct bus *)l;
	size_t n = b->rx_n - b->rx_at;
	b->rx_at = b->rx_n;
	return n;
}

static inline void bus_pause(struct link *l, int ms)
{
	(void)l;
	(void)ms;
}

static const struct link_ops bus_ops = {
	bus_close, bus_setup, bus_write, bus_read, bus_discard, bus_pause};

static inline void bus_init(struct bus *b, int64_t now_utc)
{
	*b = (struct bus){.now_us = now_utc * 1000000, .flip_bit = -1, .flips = -1};
	b->link.ops = &bus_ops;
}

/* ---- who reads ---- */

static inline struct talk *bus_talk(struct bus *b, const char *params, const struct zone *zone)
{
	struct line line;
	struct meter meter;
	struct talk *t;
	struct diag diag = {0};
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	(void)snprintf(meter.params, sizeof(meter.params), "%s", params);
	enum err e = talk_new(driver_find("mbus"), &line, &meter, zone, &t, &diag);
	if (e) {
		(void)printf("%s\n", diag.text);
	}
	assert_int_equal(e, ERR_OK);
	talk_attach(t, &b->link, NULL);
	assert_int_equal(talk_begin(t, b->now_us / 1000000), ERR_OK);
	return t;
}

#define KEPT_MAX 8192

/* A sink that keeps what it is given. */
struct kept {
	struct sink sink; /* first */
	struct kept_sample {
		char key[REGISTER_KEY_CAP];
		char text[64];
		struct sample s;
	} items[KEPT_MAX];
	size_t n;
};

static inline enum err kept_put(struct sink *sink, const struct sample *s)
{
	struct kept *k = (struct kept *)sink;
	assert_true(k->n < KEPT_MAX);
	struct kept_sample *to = &k->items[k->n++];
	to->s = *s;
	(void)snprintf(to->key, sizeof(to->key), "%s", s->key);
	(void)snprintf(to->text, sizeof(to->text), "%s", s->text ? s->text : "");
	to->s.key = to->key;
	assert_true(s->unit < UNIT_COUNT && s->quantity < QUANTITY_COUNT);
	if (!isnan(s->value) && unit_dimension(quantity_unit(s->quantity)) != DIM_NONE) {
		assert_int_equal(
			unit_dimension(s->unit), unit_dimension(quantity_unit(s->quantity)));
	}
	return ERR_OK;
}

static inline struct kept *kept_new(void)
{
	struct kept *k = calloc(1, sizeof(*k));
	assert_non_null(k);
	k->sink.put = kept_put;
	return k;
}

static inline const struct sample *kept_find(const struct kept *k, const char *key)
{
	for (size_t i = 0; i < k->n; i++) {
		if (strcmp(k->items[i].key, key) == 0) {
			return &k->items[i].s;
		}
	}
	return NULL;
}

static inline void assert_close(double have, double want, double step)
{
	if (!(fabs(have - want) <= step)) {
		(void)printf("%.9g is not %.9g within %g\n", have, want, step);
		fail();
	}
}

#endif
