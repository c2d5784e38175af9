/*
 * fd.c - reading and writing a non-blocking descriptor with a time limit; see fd.h
 */
#include "link/fd.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a port may hold unread before discard gives up: somebody is talking all the time. */
#define DISCARD_CEILING 65536

enum err fd_fail(struct diag *diag, const char *what)
{
	(void)err_set_errno(diag, "%s", what);
	return ERR_LINK;
}

/* Wait until `events` or `until_us`; 0 time is up, 1 ready, -1 failed with errno. */
static int wait_for(int fd, short events, int64_t until_us)
{
	for (;;) {
		int64_t left_us = until_us - clock_mono_us();
		int ms = left_us <= 0 ? 0 : (int)((left_us + 999) / 1000);
		struct pollfd p = {.fd = fd, .events = events};
		int n = poll(&p, 1, ms);
		if (n > 0) {
			return 1; /* errors and hang-ups show at the read or write that follows */
		}
		if (n < 0 && errno != EINTR) {
			return -1;
		}
		if (n == 0 && clock_mono_us() >= until_us) {
			return 0;
		}
	}
}

/* Reading nothing is the end of a stream, and a datagram without bytes. */
static bool is_datagram(int fd)
{
	int type = 0;
	socklen_t size = sizeof(type);
	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
}

enum err fd_read(int fd, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag)
{
	int64_t until_us = clock_mono_us() + (int64_t)timeout_ms * 1000;
	for (;;) {
		ssize_t n = read(fd, to, cap);
		if (n > 0) {
			*ret_n = (size_t)n;
			return ERR_OK;
		}
		if (n == 0 && is_datagram(fd)) {
			if (clock_mono_us() >= until_us) {
				return ERR_TIMEOUT;
			}
			continue;
		}
		if (n == 0) {
			return err_set(diag, ERR_LINK, "the other side hung up");
		}
		if (errno == EINTR) {
			continue;
		}
		if (errno != EAGAIN && errno != EWOULDBLOCK) {
			return fd_fail(diag, "read");
		}
		int ready = wait_for(fd, POLLIN, until_us);
		if (ready < 0) {
			return fd_fail(diag, "poll");
		}
		if (ready == 0) {
			return ERR_TIMEOUT;
		}
	}
}

/* A socket whose peer is gone must give an error, not the signal that ends the program. */
static ssize_t put(int fd, const uint8_t *data, size_t size)
{
	ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
	return n < 0 && errno == ENOTSOCK ? write(fd, data, size) : n;
}

enum err fd_write(int fd, struct slice bytes, int stall_ms, struct diag *diag)
{
	size_t done = 0;
	int64_t until_us = clock_mono_us() + (int64_t)stall_ms * 1000;
	while (done < bytes.size) {
		ssize_t n = put(fd, bytes.data + done, bytes.size - done);
		if (n > 0) {
			done += (size_t)n;
			until_us = clock_mono_us() + (int64_t)stall_ms * 1000;
			continue;
		}
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
			return fd_fail(diag, "write");
		}
		int ready = wait_for(fd, POLLOUT, until_us);
		if (ready < 0) {
			return fd_fail(diag, "poll");
		}
		if (ready == 0) {
			return err_set(diag, ERR_LINK, "nothing is taken from the port for %d ms",
				stall_ms);
		}
	}
	return ERR_OK;
}

size_t fd_discard(int fd)
{
	uint8_t bytes[512];
	size_t total = 0;
	while (total < DISCARD_CEILING) {
		ssize_t n = read(fd, bytes, sizeof(bytes));
		if (n < 0 || (n == 0 && !is_datagram(fd))) {
			break; /* nothing left; a hang-up shows at the next use */
		}
		total += n ? (size_t)n : 1;
	}
	return total;
}
