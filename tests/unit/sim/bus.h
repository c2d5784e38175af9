/*
 * bus.h - two tiny meters for tests of ports: enough protocol to be asked and to answer
 *
 * "rtu"  answers any Modbus RTU read with one register that holds its address
 * "ack"  answers an M-Bus SND_NKE to its address with E5, a REQ_UD2 with a long frame of 8 bytes
 */
#ifndef DOMOVOI_TEST_BUS_H
#define DOMOVOI_TEST_BUS_H

#include "proto/crc.h"
#include "proto/mbus.h"
#include "proto/modbus.h"
#include "sim/port.h"

#include "test.h"

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static inline struct frame_verdict rtu_frame(struct slice so_far)
{
	struct modbus_cut c = modbus_cut_rtu_request(so_far);
	enum frame_state s = c.state == MODBUS_CUT_FULL ? FRAME_FULL :
			     c.state == MODBUS_CUT_MORE ? FRAME_MORE :
							  FRAME_JUNK;
	return (struct frame_verdict){s, c.size};
}

static inline bool rtu_answer(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	(void)now_us;
	if (request.data[0] != d->address) {
		return false;
	}
	uint8_t r[5] = {request.data[0], request.data[1], 2, 0, (uint8_t)d->address};
	uint16_t crc = crc16_modbus(SLICE(r));
	buf_put(reply, r, sizeof(r));
	buf_u16le(reply, crc);
	return true;
}

static inline struct frame_verdict ack_frame(struct slice so_far)
{
	size_t n = 0;
	enum mbus_cut c = mbus_cut(so_far, MBUS_CUT_REQUEST, &n);
	enum frame_state s = c == MBUS_CUT_FULL ? FRAME_FULL :
			     c == MBUS_CUT_MORE ? FRAME_MORE :
						  FRAME_JUNK;
	return (struct frame_verdict){s, n};
}

static inline bool ack_answer(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	(void)now_us;
	if (request.size != 5 ||
		(request.data[2] != d->address && request.data[2] != MBUS_ADDRESS_ANY)) {
		return false;
	}
	if (request.data[1] == MBUS_SND_NKE) {
		buf_u8(reply, MBUS_ACK);
		return true;
	}
	struct mbus_out out;
	mbus_begin(&out, MBUS_RSP_UD, (uint8_t)d->address, MBUS_CI_VARIABLE);
	for (int i = 0; i < 8; i++) {
		mbus_put_u8(&out, (uint8_t)(d->address * 16 + i));
	}
	struct slice s = mbus_end(&out);
	buf_put(reply, s.data, s.size);
	return true;
}

static const struct sim_protocol rtu_protocol = {
	.name = "rtu", .frame = rtu_frame, .answer = rtu_answer};
static const struct sim_protocol ack_protocol = {
	.name = "ack", .frame = ack_frame, .answer = ack_answer};

static inline double seconds_at(const struct sim_source *s, enum quantity q, int64_t utc_us)
{
	(void)s;
	return q == QUANTITY_VOLUME ? (double)utc_us / 1e6 : NAN;
}
static const struct sim_source seconds_source = {.at = seconds_at};

static inline struct sim_meter meter_of(
	const struct sim_protocol *protocol, const char *name, int address)
{
	struct sim_meter m = {
		.device = {.protocol = protocol, .source = &seconds_source, .address = address}};
	(void)snprintf(m.name, sizeof(m.name), "%s", name);
	return m;
}

/* Ports with one pty; meters are attached before it is started. */
static inline struct sim_ports *ports_of(bool is_paced, bool is_strict)
{
	struct sim_ports_options o = {
		.seed = 1, .is_paced = is_paced, .is_strict_speed = is_strict};
	struct sim_ports *p = sim_ports_new(&o);
	assert_non_null(p);
	return p;
}

static inline void attach(struct sim_ports *p, int port, const struct sim_meter *m)
{
	assert_int_equal(sim_ports_attach(p, port, m, NULL), ERR_OK);
}

static inline int open_port(const struct sim_ports *p, int port)
{
	int fd = open(sim_ports_url(p, port) + strlen("serial:"), O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_true(fd >= 0);
	return fd;
}

static inline void command(struct sim_ports *p, const char *text)
{
	struct buf reply;
	struct diag diag = {0};
	buf_init(&reply, 65536);
	enum err e = sim_ports_command(p, text, &reply, &diag);
	if (e) {
		fail_msg("%s: %s %s", text, err_name(e), diag.text);
	}
	buf_fini(&reply);
}

/* What comes until nothing came for `idle_ms`. */
static inline size_t hear(int fd, uint8_t *to, size_t cap, int idle_ms)
{
	size_t n = 0;
	struct pollfd pf = {.fd = fd, .events = POLLIN};
	while (n < cap && poll(&pf, 1, idle_ms) > 0) {
		ssize_t got = read(fd, to + n, cap - n);
		if (got <= 0) {
			break;
		}
		n += (size_t)got;
	}
	return n;
}

/* Wait long for the first `want` bytes, then shortly for what should not follow. */
static inline size_t hear_some(int fd, uint8_t *to, size_t cap, size_t want)
{
	size_t n = 0;
	struct pollfd pf = {.fd = fd, .events = POLLIN};
	while (n < want && poll(&pf, 1, 5000) > 0) {
		ssize_t got = read(fd, to + n, cap - n);
		if (got <= 0) {
			break;
		}
		n += (size_t)got;
	}
	return n + hear(fd, to + n, cap - n, 5);
}

static inline void say(int fd, const void *bytes, size_t n)
{
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
}

/* A read of one register by RTU; 8 bytes. */
static inline void ask_rtu(int fd, int address)
{
	uint8_t q[8] = {(uint8_t)address, 4, 0, 0, 0, 1};
	uint16_t crc = crc16_modbus((struct slice){q, 6});
	q[6] = (uint8_t)crc;
	q[7] = (uint8_t)(crc >> 8);
	say(fd, q, sizeof(q));
}

static inline void ask_mbus(int fd, uint8_t c, int address)
{
	uint8_t q[5] = {0x10, c, (uint8_t)address, (uint8_t)(c + address), 0x16};
	say(fd, q, sizeof(q));
}

#endif
