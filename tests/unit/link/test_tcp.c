/*
 * test_tcp.c - a gateway over TCP: refusing, answering, cutting the connection
 */
#include "test.h"

#include "link/link.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "tiny.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

enum manner {
	ANSWER,
	CUT_AT_ONCE,
	CUT_AFTER_REQUEST,
	CUT_INSIDE_REPLY
};

struct gateway {
	int fd;
	int port;
	enum manner manner;
	pthread_t thread;
};

static int listen_on(int family, int *ret_port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *a = family == AF_INET ? (struct sockaddr *)&a4 : (struct sockaddr *)&a6;
	socklen_t size = family == AF_INET ? sizeof(a4) : sizeof(a6);
	if (fd < 0 || bind(fd, a, size) < 0 || listen(fd, 4) < 0 || getsockname(fd, a, &size) < 0) {
		(void)close(fd);
		return -1;
	}
	*ret_port = ntohs(family == AF_INET ? a4.sin_port : a6.sin6_port);
	return fd;
}

/* One connection: as many requests as come. */
static void *serve(void *arg)
{
	struct gateway *g = arg;
	int fd = accept(g->fd, NULL, NULL);
	uint8_t request[3];
	uint8_t reply[8];
	while (g->manner != CUT_AT_ONCE && recv(fd, request, 3, MSG_WAITALL) == 3) {
		size_t n = tiny_reply(reply, request[1], 2500);
		n = g->manner == CUT_AFTER_REQUEST ? 0 : g->manner == CUT_INSIDE_REPLY ? 4 : n;
		if (send(fd, reply, n, MSG_NOSIGNAL) != (ssize_t)n || g->manner != ANSWER) {
			break;
		}
	}
	(void)close(fd);
	return NULL;
}

static enum err read_through(int family, enum manner manner, double *ret_value)
{
	struct gateway g = {.manner = manner};
	g.fd = listen_on(family, &g.port);
	if (g.fd < 0) {
		assert_int_equal(family, AF_INET6);
		(void)puts("skipped: no IPv6 here");
		skip();
	}
	char url[64];
	(void)snprintf(
		url, sizeof(url), "tcp://%s:%d", family == AF_INET ? "127.0.0.1" : "[::1]", g.port);
	assert_int_equal(pthread_create(&g.thread, NULL, serve, &g), 0);
	struct link *l;
	struct talk *t;
	struct sample_list got;
	struct line line = {0};
	struct meter meter = {.params = "address=5"};
	sample_list_init(&got);
	assert_int_equal(link_open(url, NULL, &l, NULL), ERR_OK);
	assert_false(link_has_speed(l));
	assert_int_equal(talk_new(&tiny_driver, &line, &meter, NULL, &t, NULL), ERR_OK);
	talk_attach(t, l, NULL);
	assert_int_equal(talk_begin(t, 0), ERR_OK);
	assert_int_equal(talk_speed(t, 2400, "8N1"), ERR_UNSUPP);
	enum err e = tiny_read(t, &got.sink);
	if (!e) {
		e = tiny_read(t, &got.sink);
	}
	if (!e) {
		assert_int_equal(got.n, 2);
		*ret_value = got.items[1]->sample.value;
	}
	sample_list_fini(&got);
	talk_free(t);
	link_close(l);
	assert_int_equal(pthread_join(g.thread, NULL), 0);
	(void)close(g.fd);
	return e;
}

static void a_gateway_carries_request_and_reply(void **state)
{
	(void)state;
	double value = 0;
	assert_int_equal(read_through(AF_INET, ANSWER, &value), ERR_OK);
	assert_float_equal(value, 2.5, 1e-9);
}

static void a_gateway_may_have_an_ipv6_address(void **state)
{
	(void)state;
	double value = 0;
	assert_int_equal(read_through(AF_INET6, ANSWER, &value), ERR_OK);
	assert_float_equal(value, 2.5, 1e-9);
}

static void a_cut_connection_is_a_failure_of_the_line(void **state)
{
	(void)state;
	double value;
	assert_int_equal(read_through(AF_INET, CUT_AT_ONCE, &value), ERR_LINK);
	assert_int_equal(read_through(AF_INET, CUT_AFTER_REQUEST, &value), ERR_LINK);
	assert_int_equal(read_through(AF_INET, CUT_INSIDE_REPLY, &value), ERR_LINK);
}

static void a_refused_connection_says_so(void **state)
{
	(void)state;
	int port;
	int fd = listen_on(AF_INET, &port);
	assert_true(fd >= 0);
	(void)close(fd); /* now nobody listens there */
	char url[64];
	struct link *l;
	struct diag diag = {0};
	(void)snprintf(url, sizeof(url), "tcp://127.0.0.1:%d", port);
	assert_int_equal(link_open(url, NULL, &l, &diag), ERR_LINK);
	assert_non_null(strstr(diag.text, "refused"));
	assert_int_equal(link_open("tcp://no.such.host.invalid:1", NULL, &l, &diag), ERR_LINK);
	assert_non_null(strstr(diag.text, "no.such.host.invalid"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gateway_carries_request_and_reply),
		cmocka_unit_test(a_gateway_may_have_an_ipv6_address),
		cmocka_unit_test(a_cut_connection_is_a_failure_of_the_line),
		cmocka_unit_test(a_refused_connection_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
