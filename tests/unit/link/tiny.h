/*
 * tiny.h - the smallest protocol and driver that need a talk, for tests of links and talks
 *
 * Request  AA address SS      Reply  55 address length data ... SS
 *
 * SS: sum of all bytes before it, modulo 256. Data: volume in litres, little-endian.
 */
#ifndef DOMOVOI_TEST_TINY_H
#define DOMOVOI_TEST_TINY_H

#include "drivers/driver.h"

#include <string.h>

static inline uint8_t tiny_sum(const uint8_t *data, size_t n)
{
	uint8_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		sum = (uint8_t)(sum + data[i]);
	}
	return sum;
}

static inline struct frame_verdict tiny_frame(struct slice s)
{
	if (s.data[0] != 0x55) {
		return (struct frame_verdict){FRAME_JUNK, 1};
	}
	size_t n = s.size < 3 ? 4 : 4u + s.data[2];
	if (s.size < n) {
		return (struct frame_verdict){FRAME_MORE, n};
	}
	bool is_whole = tiny_sum(s.data, n - 1) == s.data[n - 1];
	return (struct frame_verdict){is_whole ? FRAME_FULL : FRAME_JUNK, is_whole ? n : 1};
}

static inline size_t tiny_request(uint8_t to[3], int address)
{
	to[0] = 0xaa;
	to[1] = (uint8_t)address;
	to[2] = tiny_sum(to, 2);
	return 3;
}

static inline size_t tiny_reply(uint8_t *to, int address, uint32_t litres)
{
	uint8_t bytes[8] = {0x55, (uint8_t)address, 4, (uint8_t)litres, (uint8_t)(litres >> 8),
		(uint8_t)(litres >> 16), (uint8_t)(litres >> 24), 0};
	bytes[7] = tiny_sum(bytes, 7);
	memcpy(to, bytes, sizeof(bytes));
	return sizeof(bytes);
}

static inline enum err tiny_read(struct talk *t, struct sink *out)
{
	uint8_t request[3];
	struct slice reply;
	int address = (int)talk_param(t, "address");
	(void)tiny_request(request, address);
	enum err e = talk_exchange(t, SLICE(request), tiny_frame, &reply);
	while (!e && reply.data[1] != address) {
		e = talk_again(t, tiny_frame, &reply);
	}
	if (e) {
		return e;
	}
	if (reply.data[2] != 4) {
		return talk_fail(t, ERR_PROTO, "%d bytes of data", reply.data[2]);
	}
	struct reader r = reader_of((struct slice){reply.data + 3, 4});
	struct sample s = {
		.key = "volume",
		.quantity = QUANTITY_VOLUME,
		.unit = UNIT_M3,
		.value = reader_u32le(&r) / 1000.0,
		.decimals = 3,
	};
	return out->put(out, &s);
}

static const struct driver_param tiny_params[] = {
	{"address", PARAM_INT, 1, 250, NULL, "address", "адрес"},
	{"fast", PARAM_BOOL, 0, 0, "no", "speak faster", "быстрее"},
	{"password", PARAM_TEXT, 0, 8, "", "password", "пароль"},
	{"depth", PARAM_INT, 0, 9, "3", "depth", "глубина"},
	{.name = NULL},
};

static const struct driver tiny_driver = {
	.name = "tiny",
	.title = "a driver for tests",
	.caps = CAP_CURRENT,
	.timing = {.baud = 9600, .framing = "8E1", .reply_ms = 400, .gap_ms = 2, .retries = 2},
	.params = tiny_params,
	.read_current = tiny_read,
};

#endif
