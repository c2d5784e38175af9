/*
 * test_http.c - the server as a server: limits, headers, methods, files, stopping under load
 */
#include "client.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <zlib.h>

static struct pass root;
static char ui[96];

static void every_answer_carries_the_security_headers(void **state)
{
	(void)state;
	static const char *const paths[] = {"/", "/api/v1/session", "/api/v1/nothing", "/x.js"};
	static const char *const headers[] = {"\r\nContent-Security-Policy: default-src 'self';",
		"frame-ancestors 'none'", "\r\nX-Content-Type-Options: nosniff\r\n",
		"\r\nReferrer-Policy: same-origin\r\n", "\r\nCache-Control: no-"};
	for (size_t i = 0; i < 4; i++) {
		struct answer a = client(&house, NULL, "GET", paths[i], NULL);
		for (size_t k = 0; k < sizeof(headers) / sizeof(headers[0]); k++) {
			if (!strstr((const char *)a.raw.data, headers[k])) {
				fail_msg("%s lacks %s", paths[i], headers[k]);
			}
		}
		answer_free(&a);
	}
}

static void unknown_resources_and_methods_are_told_apart(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", "/api/v1/nothing", NULL);
	assert_int_equal(a.status, 404);
	assert_string_equal(text_at(&a, "error"), "NOTFOUND");
	answer_free(&a);
	assert_int_equal(client_status(&house, &root, "PUT", "/api/v1/status", "{}"), 405);
	assert_int_equal(client_status(&house, &root, "PATCH", "/api/v1/places/1", "{}"), 405);
	assert_int_equal(client_status(&house, &root, "POST", "/", "{}"), 405);
}

static void head_is_get_without_a_body(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "HEAD", "/api/v1/status", NULL);
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body, "");
	answer_free(&a);
}

static void a_body_or_header_too_large_is_refused(void **state)
{
	(void)state;
	char *body = malloc(400001);
	memset(body, ' ', 400000);
	body[400000] = '\0';
	assert_int_equal(client_status(&house, &root, "PUT", "/api/v1/places/1", body), 413);
	free(body);
	char header[12000];
	memset(header, 'a', sizeof(header));
	memcpy(header, "X-Long: ", 8);
	memcpy(header + sizeof(header) - 3, "\r\n", 3);
	struct answer a = client_more(&house, &root, "GET", "/api/v1/status", NULL, header);
	assert_true(a.status == 431 || a.status == 414 || a.status == 413 || a.status == 0);
	answer_free(&a);
}

static void a_chunked_body_too_large_is_refused(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_printf(&b,
		"PUT /api/v1/places/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: %s\r\n"
		"X-CSRF-Token: %s\r\nContent-Type: application/json\r\n"
		"Transfer-Encoding: chunked\r\n\r\n",
		root.cookie, root.csrf);
	for (int i = 0; i < 80; i++) {
		buf_str(&b, "1000\r\n");
		uint8_t *room = buf_room(&b, 0x1000);
		memset(room, ' ', 0x1000);
		b.size += 0x1000;
		buf_str(&b, "\r\n");
	}
	buf_str(&b, "0\r\n\r\n");
	struct answer a = client_raw(web_port(house.web), (const char *)b.data, b.size);
	assert_int_equal(a.status, 413);
	answer_free(&a);
	buf_fini(&b);
}

static void a_long_answer_is_compressed_for_who_takes_it(void **state)
{
	(void)state;
	struct answer a = client_more(
		&house, &root, "GET", "/api/v1/units", NULL, "Accept-Encoding: gzip, br\r\n");
	assert_int_equal(a.status, 200);
	assert_non_null(strstr((const char *)a.raw.data, "\r\nContent-Encoding: gzip\r\n"));
	static uint8_t plain[200000];
	size_t head = (size_t)(a.body - (const char *)a.raw.data);
	z_stream z = {.next_in = a.raw.data + head,
		.avail_in = (uInt)(a.raw.size - head),
		.next_out = plain,
		.avail_out = sizeof(plain) - 1};
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	plain[z.total_out] = 0;
	(void)inflateEnd(&z);
	struct answer b = client(&house, &root, "GET", "/api/v1/units", NULL);
	assert_string_equal((const char *)plain, b.body);
	answer_free(&a);
	answer_free(&b);
}

/* ---- files ---- */

static void put_file(const char *name, const char *text)
{
	char path[160];
	(void)snprintf(path, sizeof(path), "%s/%s", ui, name);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

static void pages_and_assets_are_served(void **state)
{
	(void)state;
	struct answer a = client(&house, NULL, "GET", "/", NULL);
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body, "<html>index</html>");
	assert_non_null(strstr((const char *)a.raw.data, "text/html; charset=utf-8"));
	assert_non_null(strstr((const char *)a.raw.data, "\r\nCache-Control: no-cache\r\n"));
	char etag[160];
	const char *from = strstr((const char *)a.raw.data, "ETag: ");
	assert_non_null(from);
	(void)snprintf(etag, sizeof(etag), "If-None-Match: %.*s\r\n", (int)strcspn(from + 6, "\r"),
		from + 6);
	answer_free(&a);
	a = client_more(&house, NULL, "GET", "/", NULL, etag);
	assert_int_equal(a.status, 304);
	assert_string_equal(a.body, "");
	answer_free(&a);
	a = client(
		&house, NULL, "GET", "/buildings/1?period=day", NULL); /* page of the application */
	assert_string_equal(a.body, "<html>index</html>");
	answer_free(&a);
	a = client(&house, NULL, "GET", "/assets/app-1a2b.js", NULL);
	assert_string_equal(a.body, "plain");
	assert_non_null(strstr((const char *)a.raw.data, "max-age=31536000, immutable"));
	assert_non_null(strstr((const char *)a.raw.data, "Content-Type: text/javascript"));
	answer_free(&a);
	a = client_more(
		&house, NULL, "GET", "/assets/app-1a2b.js", NULL, "Accept-Encoding: gzip\r\n");
	assert_string_equal(a.body, "packed");
	assert_non_null(strstr((const char *)a.raw.data, "Content-Encoding: gzip"));
	answer_free(&a);
	assert_int_equal(client_status(&house, NULL, "GET", "/assets/old-9f.js", NULL), 404);
}

static void nothing_outside_the_folder_is_served(void **state)
{
	(void)state;
	static const char *const paths[] = {
		"/../secret.txt",
		"/assets/../../secret.txt",
		"/%2e%2e/secret.txt",
		"/..%2fsecret.txt",
		"/%2e%2e%2fsecret.txt",
		"//secret.txt",
		"/.hidden",
		"/assets/.git",
		"/..\\secret.txt",
		"/link.txt",
		"/....//secret.txt",
		"/%00/../secret.txt",
		"/fifo",
		"/assets",
		"/assets/",
	};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct answer a = client(&house, NULL, "GET", paths[i], NULL);
		if (strstr(a.body, "secret")) {
			fail_msg("%s gives it away", paths[i]);
		}
		answer_free(&a);
	}
}

static void broken_requests_do_no_harm(void **state)
{
	(void)state;
	static const char *const requests[] = {
		"\r\n\r\n",
		"GET\r\n\r\n",
		"GET / HTTP/9.9\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\nConnection: close\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\nConnection: "
		"close\r\n\r\n",
		"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
	};
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		int fd = client_connect(web_port(house.web));
		client_send(fd, requests[i], strlen(requests[i]));
		(void)close(fd);
	}
	assert_int_equal(client_status(&house, &root, "GET", "/api/v1/status", NULL), 200);
}

/* ---- many at once ---- */

static void *ask_often(void *arg)
{
	int *bad = arg;
	for (int i = 0; i < 40; i++) {
		const char *path =
			i % 2 ? "/api/v1/places/1/summary" :
				"/api/v1/channels/25/archive?period=hour&from=2026-01-01&till="
				"2026-02-01";
		struct answer a = client(&house, &root, "GET", path, NULL);
		*bad += a.status != 200 || !a.json;
		answer_free(&a);
	}
	return NULL;
}

static void many_at_once_all_get_their_own_answer(void **state)
{
	(void)state;
	pthread_t threads[6];
	int bad[6] = {0};
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &bad[i]), 0);
	}
	for (size_t i = 0; i < 6; i++) {
		(void)pthread_join(threads[i], NULL);
		assert_int_equal(bad[i], 0);
	}
}

static void requests_without_number_on_one_connection_are_served(void **state)
{
	(void)state;
	struct buf b;
	char piece[4096];
	size_t answers = 0;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 50; i++) {
		buf_printf(&b, "GET /api/v1/zones HTTP/1.1\r\nHost: x\r\nCookie: %s\r\n%s\r\n",
			root.cookie, i == 49 ? "Connection: close\r\n" : "");
	}
	int fd = client_connect(web_port(house.web));
	client_send(fd, (const char *)b.data, b.size);
	buf_clear(&b);
	ssize_t n;
	while ((n = recv(fd, piece, sizeof(piece), 0)) > 0) {
		buf_put(&b, piece, (size_t)n);
	}
	(void)close(fd);
	for (const char *p = buf_cstr(&b); (p = strstr(p, "HTTP/1.1 200 OK")) != NULL; p++) {
		answers++;
	}
	assert_int_equal(answers, 50);
	buf_fini(&b);
}

static void *ask_until_refused(void *arg)
{
	const int *port = arg;
	for (int i = 0; i < 500; i++) {
		struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
		to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
			(void)close(fd);
			return NULL;
		}
		char request[512];
		(void)snprintf(request, sizeof(request),
			"GET /api/v1/places/1/summary HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
			"Cookie: %s\r\n\r\n",
			root.cookie);
		client_send(fd, request, strlen(request));
		char piece[4096];
		while (recv(fd, piece, sizeof(piece), 0) > 0) {
		}
		(void)close(fd);
	}
	return NULL;
}

static void stopping_under_load_is_clean(void **state)
{
	(void)state;
	pthread_t threads[4];
	for (int round = 0; round < 3; round++) {
		int port = web_port(house.web);
		for (size_t i = 0; i < 4; i++) {
			assert_int_equal(
				pthread_create(&threads[i], NULL, ask_until_refused, &port), 0);
		}
		(void)usleep(50000);
		web_stop(house.web);
		for (size_t i = 0; i < 4; i++) {
			(void)pthread_join(threads[i], NULL);
		}
		assert_int_equal(house_serve(&house, ui), ERR_OK);
	}
}

static void an_address_in_use_or_wrong_is_said(void **state)
{
	(void)state;
	struct web *w = NULL;
	struct diag d = {0};
	char listen[32];
	(void)snprintf(listen, sizeof(listen), "127.0.0.1:%d", web_port(house.web));
	struct web_options o = {.listen = listen, .store = house.store};
	assert_int_not_equal(web_start(&o, &w, &d), ERR_OK);
	assert_non_null(strstr(d.text, listen));
	static const char *const wrong[] = {"", "localhost", "1.2.3.4:99999", "::1:80", "a b:80"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		o.listen = wrong[i];
		assert_int_equal(web_start(&o, &w, &d), ERR_INVAL);
	}
	o.listen = "[::1]:0";
	if (web_start(&o, &w, &d) == ERR_OK) { /* not every machine has IPv6 */
		assert_true(web_port(w) > 0);
		web_stop(w);
	}
}

static int set_up(void **state)
{
	(void)state;
	char path[160];
	if (house_open(&house) != 0) {
		return -1;
	}
	(void)snprintf(ui, sizeof(ui), "%s/ui", house.dir);
	(void)mkdir(ui, 0700);
	(void)snprintf(path, sizeof(path), "%s/assets", ui);
	(void)mkdir(path, 0700);
	put_file("index.html", "<html>index</html>");
	put_file("assets/app-1a2b.js", "plain");
	put_file("assets/app-1a2b.js.gz", "packed");
	put_file("../secret.txt", "secret");
	put_file(".hidden", "secret");
	put_file("assets/.git", "secret");
	(void)snprintf(path, sizeof(path), "%s/link.txt", ui);
	(void)symlink("../secret.txt", path);
	(void)snprintf(path, sizeof(path), "%s/fifo", ui);
	(void)mkfifo(path, 0600);
	if (house_serve(&house, ui) != 0) {
		return -1;
	}
	root = log_in(&house, "root");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answer_carries_the_security_headers),
		cmocka_unit_test(unknown_resources_and_methods_are_told_apart),
		cmocka_unit_test(head_is_get_without_a_body),
		cmocka_unit_test(a_body_or_header_too_large_is_refused),
		cmocka_unit_test(a_chunked_body_too_large_is_refused),
		cmocka_unit_test(a_long_answer_is_compressed_for_who_takes_it),
		cmocka_unit_test(pages_and_assets_are_served),
		cmocka_unit_test(nothing_outside_the_folder_is_served),
		cmocka_unit_test(broken_requests_do_no_harm),
		cmocka_unit_test(many_at_once_all_get_their_own_answer),
		cmocka_unit_test(requests_without_number_on_one_connection_are_served),
		cmocka_unit_test(stopping_under_load_is_clean),
		cmocka_unit_test(an_address_in_use_or_wrong_is_said),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down_house);
}
