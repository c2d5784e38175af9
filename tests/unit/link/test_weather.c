/*
 * test_weather.c - outdoor temperature from a web service and from a file: good days and bad ones
 *
 * The service is a socket of this test that answers what the case says, byte for byte.
 */
#include "drivers/driver.h"
#include "link/link.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "test.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOW 1764076500 /* 2025-11-25T13:15:00Z */

static const char good[] =
	"{\"current_units\": {\"temperature_2m\": \"C\"}, "
	"\"current\": {\"time\": \"2025-11-25T13:00\", \"temperature_2m\": -3.4}}";

/* ---- a service ---- */

struct service {
	int fd, port;
	const char *head; /* status line and headers without the empty line; NULL: cut at once */
	const char *body;
	size_t body_n;
	int connections; /* how many are answered; the last may be one too many */
	char asked[1024];
	pthread_t thread;
	bool is_slow; /* says nothing until the client leaves */
};

static void answer(struct service *s, int fd)
{
	size_t n = 0;
	while (n + 1 < sizeof(s->asked) && !strstr(s->asked, "\r\n\r\n")) {
		ssize_t k = recv(fd, s->asked + n, sizeof(s->asked) - 1 - n, 0);
		if (k <= 0) {
			return;
		}
		n += (size_t)k;
		s->asked[n] = 0;
	}
	if (s->is_slow) {
		char end;
		(void)recv(fd, &end, 1, 0);
	} else if (s->head) {
		char head[512];
		int h = snprintf(head, sizeof(head), "%s\r\nConnection: close\r\n\r\n", s->head);
		(void)send(fd, head, (size_t)h, MSG_NOSIGNAL);
		for (size_t at = 0; at < s->body_n;) {
			ssize_t k = send(fd, s->body + at, s->body_n - at, MSG_NOSIGNAL);
			if (k <= 0) {
				return;
			}
			at += (size_t)k;
		}
	}
}

static void *serve(void *arg)
{
	struct service *s = arg;
	for (int i = 0; i < s->connections; i++) {
		int fd = accept(s->fd, NULL, NULL);
		if (fd < 0) {
			break;
		}
		memset(s->asked, 0, sizeof(s->asked));
		answer(s, fd);
		(void)close(fd);
	}
	return NULL;
}

static void service_start(struct service *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(a);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, size), 0);
	assert_int_equal(listen(s->fd, 4), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &size), 0);
	s->port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void service_stop(struct service *s)
{
	(void)shutdown(s->fd, SHUT_RDWR);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	(void)close(s->fd);
}

/* ---- a meter ---- */

struct got {
	enum err e;
	double value;
	enum unit unit;
	enum quality_class class;
	char key[48];
	char text[240];  /* of the failure */
	char frame[400]; /* beginning of what is kept */
};

static struct got read_once(const char *url, const char *params, int reply_ms)
{
	extern const struct driver driver_weather;
	struct got g = {.value = NAN};
	struct link *l;
	struct talk *t;
	struct sample_list list;
	struct line line = {.reply_ms = reply_ms};
	struct meter meter = {.poll_s = 600};
	struct diag d = {0};
	const struct zone *utc = NULL;
	(void)snprintf(meter.params, sizeof(meter.params), "%s", params);
	assert_int_equal(zone_get("UTC", &utc, NULL), ERR_OK);
	sample_list_init(&list);
	assert_int_equal(link_open(url, NULL, &l, &d), ERR_OK);
	if (talk_new(&driver_weather, &line, &meter, utc, &t, &d)) {
		fail_msg("%s", d.text);
	}
	talk_attach(t, l, NULL);
	assert_int_equal(talk_begin(t, NOW), ERR_OK);
	g.e = driver_weather.read_current(t, &list.sink);
	(void)snprintf(g.text, sizeof(g.text), "%s", talk_diag(t)->text);
	struct slice frame = talk_last_reply(t);
	(void)snprintf(g.frame, sizeof(g.frame), "%.*s", (int)(frame.size < 399 ? frame.size : 399),
		(const char *)frame.data);
	if (list.n) {
		const struct sample *s = &list.items[0]->sample;
		assert_int_equal(list.n, 1);
		assert_int_equal(s->form, FORM_NOW);
		g.value = s->value;
		g.unit = s->unit;
		g.class = quality_class(s->quality);
		(void)snprintf(g.key, sizeof(g.key), "%s", list.items[0]->key);
	}
	assert_int_equal(list.n, g.e == ERR_OK);
	sample_list_fini(&list);
	talk_free(t);
	link_close(l);
	return g;
}

static struct got ask_service(struct service *s, const char *params)
{
	char url[64];
	s->connections = s->connections ? s->connections : 1;
	s->body_n = s->body && !s->body_n ? strlen(s->body) : s->body_n;
	service_start(s);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/v1?key=secret", s->port);
	struct got g = read_once(url, params, s->is_slow ? 300 : 5000);
	service_stop(s);
	assert_null(strstr(g.text, "secret"));
	return g;
}

#define OK_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json"
#define PATH    "path=$.current.temperature_2m"

static void a_service_tells_the_temperature(void **state)
{
	(void)state;
	struct service s = {.head = OK_JSON, .body = good};
	struct got g = ask_service(&s, PATH " time_path=current.time");
	assert_int_equal(g.e, ERR_OK);
	assert_true(g.value == -3.4);
	assert_int_equal(g.unit, UNIT_DEGC);
	assert_string_equal(g.key, "temperature_outdoor");
	assert_int_equal(g.class, QUALITY_MEASURED);
	/* the document is the frame that is kept */
	assert_non_null(strstr(g.frame, "application/json"));
	assert_non_null(strstr(g.frame, good));
	assert_non_null(strstr(s.asked, "GET /v1?key=secret HTTP/1.1"));
	assert_non_null(strstr(s.asked, "User-Agent: domovoi/"));
}

static void other_units_quantities_and_ways_to_write_are_taken(void **state)
{
	(void)state;
	static const struct {
		const char *body, *params;
		double value;
		enum unit unit;
	} cases[] = {
		{"{\"main\":{\"temp\":269.75}}", "path=main.temp unit=K", 269.75, UNIT_K_ABS},
		{"{\"t\":\"26,1\"}", "path=t unit=degF", 26.1, UNIT_DEGF},
		{"[-3]", "path=[0]", -3, UNIT_DEGC},
		{"{\"h\":78}", "path=h quantity=humidity", 78, UNIT_PERCENT},
		{"2025-11-25T13:00;-3,5\n", "", -3.5, UNIT_DEGC},
		{"-3,5", "", -3.5, UNIT_DEGC}, /* over HTTP a text is whole */
		{"2025-11-25T13:00;78;-3,5\n", "column=3", -3.5, UNIT_DEGC},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct service s = {.head = OK_JSON, .body = cases[i].body};
		struct got g = ask_service(&s, cases[i].params);
		if (g.e || g.value != cases[i].value || g.unit != cases[i].unit) {
			fail_msg("%s: %s %s %g", cases[i].body, err_name(g.e), g.text, g.value);
		}
	}
}

static void no_value_is_missing_and_no_zero(void **state)
{
	(void)state;
	static const char *const bodies[] = {"{\"current\":{\"temperature_2m\":null}}",
		"{\"current\":{\"temperature_2m\":NaN}}"};
	for (size_t i = 0; i < 2; i++) {
		struct service s = {.head = OK_JSON, .body = bodies[i]};
		struct got g = ask_service(&s, PATH);
		assert_int_equal(g.e, ERR_OK);
		assert_true(isnan(g.value));
		assert_int_equal(g.class, QUALITY_MISSING);
	}
}

static void bad_answers_say_what_to_check(void **state)
{
	(void)state;
	static const struct {
		const char *head, *body, *params;
		enum err e;
		const char *says;
	} cases[] = {
		{"HTTP/1.1 404 Not Found", "<html>", PATH, ERR_NOTFOUND, "HTTP 404"},
		{"HTTP/1.1 401 Unauthorized", "{}", PATH, ERR_DENIED, "HTTP 401"},
		{"HTTP/1.1 403 Forbidden", "", PATH, ERR_DENIED, "key"},
		{"HTTP/1.1 429 Too Many Requests", "", PATH, ERR_BUSY, "less often"},
		{"HTTP/1.1 500 Oops", "fault", PATH, ERR_BUSY, "HTTP 500"},
		{"HTTP/1.1 503 Busy", "", PATH, ERR_BUSY, "HTTP 503"},
		{"HTTP/1.1 302 Found", "", PATH, ERR_PROTO, "HTTP 302"},
		{"HTTP/1.1 204 No Content", "", PATH, ERR_NODATA, "empty"},
		{OK_JSON, "", PATH, ERR_NODATA, "empty"},
		{OK_JSON, "<!DOCTYPE html><html>", PATH, ERR_PROTO, "HTML"},
		{OK_JSON, "<!DOCTYPE html><html>", "", ERR_PROTO, "HTML"},
		{OK_JSON, good, "", ERR_PROTO, "'path' is needed"},
		{OK_JSON, "{\"current\":{\"temperature_2m\":-3", PATH, ERR_PROTO, "middle"},
		{OK_JSON, "{\"current\":{\"temp\":-3}}", PATH, ERR_PROTO,
			"$.current is an object with temp"},
		{OK_JSON, "{\"current\":{\"temperature_2m\":[-3]}}", PATH, ERR_PROTO, "a list"},
		{OK_JSON, "{\"current\":{\"temperature_2m\":true}}", PATH, ERR_PROTO,
			"true or false"},
		{OK_JSON, "{\"current\":{\"temperature_2m\":\"cold\"}}", PATH, ERR_PROTO,
			"a text cold"},
		{OK_JSON, "{\"current\":{\"temperature_2m\":269.75}}", PATH, ERR_PROTO,
			"no outdoor temperature"},
		{OK_JSON, "{\"current\":{\"temperature_2m\":1e400}}", PATH, ERR_PROTO,
			"not a number"},
		{OK_JSON, good, PATH " time_path=current.at", ERR_PROTO, "$.current.at"},
		{OK_JSON, good, PATH " time_path=current_units.temperature_2m", ERR_PROTO,
			"a time"},
		{OK_JSON, "{\"t\":-3,\"at\":\"2025-11-25T09:00\"}", "path=t time_path=at",
			ERR_NODATA, "older than 180 min"},
		{OK_JSON, "{\"t\":-3,\"at\":1764090000}", "path=t time_path=at", ERR_PROTO,
			"not come yet"},
		{OK_JSON, "2025-11-25T09:00;-3\n", "", ERR_NODATA, "2025-11-25T09:00"},
		{OK_JSON, "2025-11-25T13:00;warm\n", "", ERR_PROTO, "'warm' is no number"},
		{OK_JSON, "2025-11-25T13:00;1\n", "column=3", ERR_PROTO, "2 columns"},
		{OK_JSON, "# nothing\n\n", "", ERR_NODATA, "no whole line"},
		{OK_JSON, good, "path=a..b", ERR_INVAL, "path"},
		{OK_JSON, good, PATH " unit=MPa", ERR_INVAL, "unit"},
		{OK_JSON, good, PATH " unit=hot", ERR_INVAL, "unit"},
		{OK_JSON, good, PATH " quantity=heat_energy", ERR_INVAL, "quantity"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct service s = {.head = cases[i].head, .body = cases[i].body};
		struct got g = ask_service(&s, cases[i].params);
		if (g.e != cases[i].e || !strstr(g.text, cases[i].says)) {
			fail_msg("case %zu: %s: %s", i, err_name(g.e), g.text);
		}
	}
}

static void an_old_value_may_be_wanted(void **state)
{
	(void)state;
	struct service s = {.head = OK_JSON, .body = "{\"t\":-3,\"at\":\"2025-11-20T09:00\"}"};
	struct got g = ask_service(&s, "path=t time_path=at max_age_min=0");
	assert_int_equal(g.e, ERR_OK);
}

static void a_connection_that_is_cut_or_silent_is_told(void **state)
{
	(void)state;
	struct service cut = {.head = NULL};
	struct got g = ask_service(&cut, PATH);
	assert_int_equal(g.e, ERR_LINK);
	assert_non_null(strstr(g.text, "127.0.0.1"));
	/* less than the header promised */
	struct service part = {.head = OK_JSON "\r\nContent-Length: 500", .body = good};
	g = ask_service(&part, PATH);
	assert_int_equal(g.e, ERR_LINK);
	struct service slow = {.is_slow = true};
	g = ask_service(&slow, PATH);
	assert_int_equal(g.e, ERR_TIMEOUT);
	g = read_once("http://127.0.0.1:1/?key=secret", PATH, 5000);
	assert_int_equal(g.e, ERR_LINK);
	assert_non_null(strstr(g.text, "127.0.0.1"));
	assert_null(strstr(g.text, "secret"));
}

static void answers_and_redirections_have_an_end(void **state)
{
	(void)state;
	char *huge = malloc(200000);
	assert_non_null(huge);
	memset(huge, ' ', 200000);
	struct service s = {.head = OK_JSON, .body = huge, .body_n = 200000};
	struct got g = ask_service(&s, PATH);
	assert_int_equal(g.e, ERR_LINK);
	assert_non_null(strstr(g.text, "larger than 65536"));
	/* a document of several pieces, its value near the end: the frame kept has it */
	memcpy(huge + 60000, good, strlen(good));
	s = (struct service){.head = OK_JSON, .body = huge, .body_n = 65000};
	g = ask_service(&s, PATH);
	assert_int_equal(g.e, ERR_OK);
	assert_true(g.value == -3.4);
	free(huge);
	/* for ever to itself */
	char head[200];
	s = (struct service){.head = head, .body = "", .connections = 10};
	(void)snprintf(head, sizeof(head), "HTTP/1.1 302 Found\r\nLocation: /again");
	g = ask_service(&s, PATH);
	assert_int_equal(g.e, ERR_LINK);
	/* to something that is no web service */
	s = (struct service){.head = head, .body = ""};
	(void)snprintf(head, sizeof(head), "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd");
	g = ask_service(&s, PATH);
	assert_int_equal(g.e, ERR_LINK);
}

/* ---- a file ---- */

static char dir[64], path[128];

static void write_file(const char *text, int64_t age_s)
{
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	(void)fclose(f);
	struct timespec times[2] = {{.tv_sec = NOW - age_s}, {.tv_sec = NOW - age_s}};
	assert_int_equal(utimensat(0, path, times, 0), 0);
}

static int make_directory(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/domovoi-weather-XXXXXX");
	if (!mkdtemp(dir)) {
		return -1;
	}
	(void)snprintf(path, sizeof(path), "%s/outdoor.csv", dir);
	return setenv("DOMOVOI_INPUT", dir, 1);
}

static int drop_directory(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

static void a_file_is_read_to_its_newest_whole_line(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t age_s;
		enum err e;
		double value;
		const char *says;
	} cases[] = {
		{"2025-11-25 12:50;-3,5\n2025-11-25 13:00;-3,7\n", 10, ERR_OK, -3.7, ""},
		/* somebody is writing */
		{"2025-11-25 12:50;-3,5\n2025-11-25 13:00;-1", 10, ERR_OK, -3.5, ""},
		{"2025-11-25 12:50;-3,5\n2025-11-25 13:00;-1", 300, ERR_OK, -1, ""},
		{"-3,5", 300, ERR_OK, -3.5, ""},
		{"-3,5", 10, ERR_NODATA, 0, "no whole line"},
		{"-3,5\n", 86400, ERR_NODATA, 0, "older than"},
		{"2025-11-25 13:00;-3,5\n2025-11-25 13:10;oops\n", 10, ERR_PROTO, 0, "line 2"},
		{"", 10, ERR_NODATA, 0, "empty"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file(cases[i].text, cases[i].age_s);
		struct got g = read_once("file:outdoor.csv", "", 1000);
		bool is_same = g.e != ERR_OK || g.value == cases[i].value;
		if (g.e != cases[i].e || !is_same || !strstr(g.text, cases[i].says)) {
			fail_msg("case %zu: %s %s %g", i, err_name(g.e), g.text, g.value);
		}
	}
	(void)unlink(path);
	struct got g = read_once("file:outdoor.csv", "", 1000);
	assert_int_equal(g.e, ERR_LINK);
	assert_non_null(strstr(g.text, "outdoor.csv"));
	write_file(good, 10);
	g = read_once("file:outdoor.csv", PATH, 1000);
	assert_int_equal(g.e, ERR_OK);
}

static void of_a_long_file_the_end_is_read(void **state)
{
	(void)state;
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	for (int i = 0; i < 20000; i++) {
		(void)fprintf(f, "2025-11-25 13:%02d;%d\n", i % 15, i % 40 - 20);
	}
	(void)fclose(f);
	struct got g = read_once("file:outdoor.csv", "", 1000);
	assert_int_equal(g.e, ERR_OK);
	assert_true(g.value == 19999 % 40 - 20);
	assert_non_null(strstr(g.frame, "doc 200"));
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_service_tells_the_temperature),
		T(other_units_quantities_and_ways_to_write_are_taken),
		T(no_value_is_missing_and_no_zero),
		T(bad_answers_say_what_to_check),
		T(an_old_value_may_be_wanted),
		T(a_connection_that_is_cut_or_silent_is_told),
		T(answers_and_redirections_have_an_end),
		T(a_file_is_read_to_its_newest_whole_line),
		T(of_a_long_file_the_end_is_read),
	};
	return cmocka_run_group_tests(tests, make_directory, drop_directory);
}
