/*
 * tcp.c - a transparent gateway: bytes of a serial line over TCP, or in UDP datagrams
 *
 *   tcp://host:port   tcp://192.0.2.7:4001   tcp://[2001:db8::7]:502   udp://192.0.2.7:51960
 *
 * A request is one datagram. A gateway that is not there is found out by the first read, if its host
 * says so, else never: silence.
 *
 * Connecting waits 5 s at most over all addresses of the name; keep-alive and the user time-out find
 * out about a peer that is gone without a word within half a minute, instead of never.
 */
#include "link/fd.h"
#include "link/open.h"

#include "base/clock.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_MS      5000
#define STALL_MS        5000
#define USER_TIMEOUT_MS 20000

struct tcp {
	struct link link;
	int fd;
};

static struct tcp *tcp_of(struct link *l)
{
	return (struct tcp *)l; /* link is the first member */
}

static void tcp_close(struct link *l)
{
	(void)close(tcp_of(l)->fd);
	free(tcp_of(l));
}

static enum err tcp_write(struct link *l, struct slice bytes, struct diag *diag)
{
	return fd_write(tcp_of(l)->fd, bytes, STALL_MS, diag);
}

static enum err tcp_read(
	struct link *l, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag)
{
	return fd_read(tcp_of(l)->fd, to, cap, timeout_ms, ret_n, diag);
}

static size_t tcp_discard(struct link *l)
{
	return fd_discard(tcp_of(l)->fd);
}

static const struct link_ops tcp_ops = {
	.close = tcp_close,
	.write = tcp_write,
	.read = tcp_read,
	.discard = tcp_discard,
};

struct peer {
	char host[200];
	char port[8];
};

static bool parse(const char *rest, struct peer *ret_peer)
{
	const char *host = rest;
	const char *end; /* of the host */
	const char *colon;
	if (*rest == '[') {
		host = rest + 1;
		end = strchr(host, ']');
		colon = end ? end + 1 : NULL;
	} else {
		end = strchr(host, ':');
		colon = end;
	}
	if (!end || end == host || *colon != ':' ||
		(size_t)(end - host) >= sizeof(ret_peer->host) ||
		strcspn(host, " /?#@") < (size_t)(end - host)) {
		return false;
	}
	int64_t port;
	if (strspn(colon + 1, "0123456789") != strlen(colon + 1) || str_to_int(colon + 1, &port) ||
		port < 1 || port > 65535) {
		return false;
	}
	memcpy(ret_peer->host, host, (size_t)(end - host));
	ret_peer->host[end - host] = 0;
	return STR_COPY(ret_peer->port, colon + 1);
}

bool tcp_is_valid(const char *rest)
{
	struct peer peer;
	return parse(rest, &peer);
}

static void set_option(int fd, int level, int name, int value)
{
	/* a wish: without it the link works, and a silent peer is found out later */
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* Wait for a connect begun; 0 or an errno. */
static int finish_connect(int fd, int64_t until_us)
{
	for (;;) {
		int64_t left_us = until_us - clock_mono_us();
		struct pollfd p = {.fd = fd, .events = POLLOUT};
		int n = left_us <= 0 ? 0 : poll(&p, 1, (int)((left_us + 999) / 1000));
		if (n == 0) {
			return ETIMEDOUT;
		}
		if (n > 0) {
			break;
		}
		if (errno != EINTR) {
			return errno;
		}
	}
	int why = 0;
	socklen_t size = sizeof(why);
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) < 0 ? errno : why;
}

/* A connected descriptor, or -1 with errno. */
static int connect_to(const struct addrinfo *a, int64_t until_us)
{
	int fd = socket(
		a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
	if (fd < 0) {
		return -1;
	}
	int why = connect(fd, a->ai_addr, a->ai_addrlen) < 0 ? errno : 0;
	if (why == EINPROGRESS || why == EINTR) {
		why = finish_connect(fd, until_us);
	}
	if (why) {
		(void)close(fd);
		errno = why;
		return -1;
	}
	if (a->ai_socktype != SOCK_STREAM) {
		return fd;
	}
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 15);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
	set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
	return fd;
}

static enum err open_as(int type, const char *rest, struct link **ret_link, struct diag *diag)
{
	struct peer peer;
	if (!parse(rest, &peer)) {
		return err_set(diag, ERR_INVAL, "'%.100s' is not host:port", rest);
	}
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = type};
	struct addrinfo *found = NULL;
	int why = getaddrinfo(peer.host, peer.port, &hints, &found);
	if (why) {
		return err_set(diag, ERR_LINK, "%s: %s", peer.host, gai_strerror(why));
	}
	int64_t until_us = clock_mono_us() + (int64_t)CONNECT_MS * 1000;
	int fd = -1;
	for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
		fd = connect_to(a, until_us);
	}
	int saved = errno;
	freeaddrinfo(found);
	if (fd < 0) {
		errno = saved;
		return fd_fail(diag, rest);
	}
	struct tcp *t = calloc(1, sizeof(*t));
	if (!t) {
		(void)close(fd);
		return ERR_NOMEM;
	}
	*t = (struct tcp){.link = {.ops = &tcp_ops}, .fd = fd};
	*ret_link = &t->link;
	return ERR_OK;
}

enum err tcp_open(const char *rest, struct link **ret_link, struct diag *diag)
{
	return open_as(SOCK_STREAM, rest, ret_link, diag);
}

enum err udp_open(const char *rest, struct link **ret_link, struct diag *diag)
{
	return open_as(SOCK_DGRAM, rest, ret_link, diag);
}
