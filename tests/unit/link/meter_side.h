/*
 * meter_side.h - the other end of a line: a thread that plays a meter on a descriptor
 *
 * `serve` is called with every whole request of three bytes (tiny.h) and writes what it likes.
 */
#ifndef DOMOVOI_TEST_METER_SIDE_H
#define DOMOVOI_TEST_METER_SIDE_H

#include "test.h"

#include "link/link.h"
#include "tiny.h"

#include <pthread.h>
#include <pty.h>
#include <stdatomic.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

struct meter_side {
	int fd;
	int slave; /* kept open so that the pty lives between openings; -1 */
	char url[300];
	pthread_t thread;
	void (*serve)(struct meter_side *m, const uint8_t request[3]);
	atomic_int requests;
	uint32_t litres;
};

static inline void say(struct meter_side *m, const uint8_t *bytes, size_t n)
{
	while (n > 0) {
		ssize_t done = write(m->fd, bytes, n);
		if (done <= 0) {
			return; /* the test has hung up */
		}
		bytes += done;
		n -= (size_t)done;
	}
}

static inline void rest_ms(int ms)
{
	(void)usleep((useconds_t)ms * 1000);
}

static inline void *meter_side_run(void *arg)
{
	struct meter_side *m = arg;
	uint8_t request[3];
	size_t n = 0;
	while (read(m->fd, request + n, 1) == 1) {
		if (request[0] == 0) {
			break; /* a zero byte ends the meter */
		}
		if (++n == 3) {
			n = 0;
			atomic_fetch_add(&m->requests, 1);
			m->serve(m, request);
		}
	}
	return NULL;
}

static inline void meter_side_start(
	struct meter_side *m, void (*serve)(struct meter_side *m, const uint8_t request[3]))
{
	struct termios raw;
	char name[256];
	*m = (struct meter_side){.serve = serve, .litres = 123456};
	assert_int_equal(openpty(&m->fd, &m->slave, name, NULL, NULL), 0);
	assert_int_equal(tcgetattr(m->slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(m->slave, TCSANOW, &raw), 0);
	(void)snprintf(m->url, sizeof(m->url), "serial:%s", name);
	if (serve) {
		assert_int_equal(pthread_create(&m->thread, NULL, meter_side_run, m), 0);
	}
}

static inline void meter_side_stop(struct meter_side *m)
{
	if (m->serve) {
		const uint8_t end = 0;
		(void)!write(m->slave, &end, 1);
		(void)pthread_join(m->thread, NULL);
	}
	(void)close(m->fd);
	(void)close(m->slave);
}

#endif
