/*
 * client.h - the smallest HTTP client: one request per connection, over a real socket
 */
#ifndef DOMOVOI_TEST_CLIENT_H
#define DOMOVOI_TEST_CLIENT_H

#include "base/buf.h"
#include "house.h"
#include "test.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

struct answer {
	int status;
	struct buf raw;   /* headers and body */
	const char *body; /* into raw */
	json_t *json;     /* of the body, NULL if it is none */
};

/* Who a client is: what log_in got. */
struct pass {
	char cookie[128];
	char csrf[80];
};

/* `receive_bytes` bounds what the system takes for a client that does not read; 0: as it likes. */
static inline int client_connect_narrow(int port, int receive_bytes)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	if (receive_bytes > 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
	}
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	struct timeval patience = {.tv_sec = 30};
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static inline int client_connect(int port)
{
	return client_connect_narrow(port, 0);
}

static inline void client_send(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = send(fd, text, size, MSG_NOSIGNAL);
		if (n <= 0) {
			return; /* refused in the middle: the answer says so */
		}
		text += n;
		size -= (size_t)n;
	}
}

/* Send `request` as it stands, read until the server closes. */
static inline struct answer client_raw(int port, const char *request, size_t size)
{
	struct answer a = {0};
	char piece[4096];
	ssize_t n;
	int fd = client_connect(port);
	buf_init(&a.raw, (size_t)64 << 20);
	client_send(fd, request, size);
	while ((n = recv(fd, piece, sizeof(piece), 0)) > 0) {
		buf_put(&a.raw, piece, (size_t)n);
	}
	(void)close(fd);
	const char *text = buf_cstr(&a.raw);
	(void)sscanf(text, "HTTP/1.1 %d", &a.status);
	const char *end = strstr(text, "\r\n\r\n");
	a.body = end ? end + 4 : "";
	a.json = json_loads(a.body, 0, NULL);
	return a;
}

static inline void answer_free(struct answer *a)
{
	json_decref(a->json);
	buf_fini(&a->raw);
	*a = (struct answer){0};
}

/* `pass` NULL: nobody. `body` NULL: none. `more`: further header lines or "". */
static inline struct answer client_more(const struct house *h, const struct pass *pass,
	const char *method, const char *path, const char *body, const char *more)
{
	struct buf b;
	buf_init(&b, (size_t)4 << 20);
	buf_printf(&b, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s", method, path,
		more);
	if (pass) {
		buf_printf(&b, "Cookie: theme=dark; %s\r\nX-CSRF-Token: %s\r\n", pass->cookie,
			pass->csrf);
	}
	if (body) {
		buf_printf(&b, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
			strlen(body));
	}
	buf_str(&b, "\r\n");
	buf_str(&b, body ? body : "");
	struct answer a = client_raw(web_port(h->web), (const char *)b.data, b.size);
	buf_fini(&b);
	return a;
}

static inline struct answer client(const struct house *h, const struct pass *pass,
	const char *method, const char *path, const char *body)
{
	return client_more(h, pass, method, path, body, "");
}

/* The status alone. */
static inline int client_status(const struct house *h, const struct pass *pass, const char *method,
	const char *path, const char *body)
{
	struct answer a = client(h, pass, method, path, body);
	int status = a.status;
	answer_free(&a);
	return status;
}

static inline void keep_pass(const struct answer *a, struct pass *p)
{
	const char *from = strstr((const char *)a->raw.data, "Set-Cookie: ");
	assert_non_null(from);
	from += strlen("Set-Cookie: ");
	size_t n = strcspn(from, ";");
	assert_true(n < sizeof(p->cookie));
	memcpy(p->cookie, from, n);
	p->cookie[n] = '\0';
	(void)STR_COPY(p->csrf, json_string_value(json_object_get(a->json, "csrf")));
}

static inline struct pass log_in(const struct house *h, const char *login)
{
	char body[160];
	struct pass p;
	(void)snprintf(
		body, sizeof(body), "{\"login\":\"%s\",\"password\":\"%s\"}", login, PASSWORD);
	struct answer a = client(h, NULL, "POST", "/api/v1/session", body);
	assert_int_equal(a.status, 200);
	keep_pass(&a, &p);
	answer_free(&a);
	return p;
}

/* Member by path: "totals.sum", "items.0.name". NULL if absent. */
static inline const json_t *at(const struct answer *a, const char *path)
{
	const json_t *j = a->json;
	char name[64];
	while (j && *path) {
		size_t n = strcspn(path, ".");
		assert_true(n < sizeof(name));
		memcpy(name, path, n);
		name[n] = '\0';
		j = json_is_array(j) ? json_array_get(j, (size_t)atoi(name)) :
				       json_object_get(j, name);
		path += n + (path[n] == '.');
	}
	return j;
}

static inline const char *text_at(const struct answer *a, const char *path)
{
	const char *text = json_string_value(at(a, path));
	return text ? text : "(absent)";
}

static inline json_int_t int_at(const struct answer *a, const char *path)
{
	return json_is_integer(at(a, path)) ? json_integer_value(at(a, path)) : -999999;
}

static inline double real_at(const struct answer *a, const char *path)
{
	return json_is_number(at(a, path)) ? json_number_value(at(a, path)) : NAN;
}

static inline size_t count_at(const struct answer *a, const char *path)
{
	return json_array_size(at(a, path));
}

static struct house house;

static inline int set_up_house(void **state)
{
	(void)state;
	return house_open(&house) || house_serve(&house, NULL) ? -1 : 0;
}

static inline int tear_down_house(void **state)
{
	(void)state;
	return house_close(&house);
}

#endif
