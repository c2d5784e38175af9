/*
 * test_stream.c - server-sent events: what is heard, by whom, and what happens to the slow
 */
#include "client.h"

static struct pass root;

struct listener {
	int fd;
	struct buf got;
};

static struct listener listen_narrow(const struct pass *p, const char *query, int receive_bytes)
{
	char request[512];
	struct listener l = {.fd = client_connect_narrow(web_port(house.web), receive_bytes)};
	buf_init(&l.got, (size_t)8 << 20);
	(void)snprintf(request, sizeof(request),
		"GET /api/v1/stream%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: %s\r\n\r\n",
		query, p->cookie);
	client_send(l.fd, request, strlen(request));
	return l;
}

static struct listener listen_as(const struct pass *p, const char *query)
{
	return listen_narrow(p, query, 0);
}

static void hang_up(struct listener *l)
{
	(void)close(l->fd);
	buf_fini(&l->got);
}

/* Read until `text` has come (true), or the stream has ended or been silent for 30 s (false). */
static bool hears(struct listener *l, const char *text)
{
	char piece[4096];
	ssize_t n;
	while (!strstr(buf_cstr(&l->got), text)) {
		n = recv(l->fd, piece, sizeof(piece), 0);
		if (n <= 0) {
			return false;
		}
		buf_put(&l->got, piece, (size_t)n);
	}
	return true;
}

static void say(int64_t reg, double value)
{
	struct batch *b = batch_new();
	batch_reading(b, reg, clock_now(), value, quality_make(QUALITY_MEASURED, SOURCE_POLLED, 0));
	assert_int_equal(store_submit(house.store, b, true), ERR_OK);
}

static void a_stream_begins_with_hello_and_brings_new_readings(void **state)
{
	(void)state;
	struct listener l = listen_as(&root, "");
	assert_true(hears(&l, "event: hello\ndata: {\"now_utc\":"));
	assert_non_null(strstr(buf_cstr(&l.got), "text/event-stream"));
	say(19, 2345.0);
	assert_true(hears(&l,
		"event: reading\ndata: {\"register\":19,\"meter\":13,\"place\":4,"
		"\"channel\":25,"));
	assert_true(hears(&l, "\"value\":2.345,\"unit\":\"m3\",\"quality\":\"MEASURED\"}\n\n"));
	hang_up(&l);
}

static void a_change_of_the_configuration_is_announced(void **state)
{
	(void)state;
	struct listener l = listen_as(&root, "");
	assert_true(hears(&l, "event: hello"));
	assert_int_equal(
		client_status(&house, &root, "PUT", "/api/v1/places/4", "{\"note\":\"x\"}"), 200);
	assert_true(hears(&l, "event: site\ndata: {\"generation\":"));
	hang_up(&l);
}

static void everybody_hears_only_what_they_may_see(void **state)
{
	(void)state;
	struct pass resident = log_in(&house, "resident");
	struct pass city = log_in(&house, "city");
	struct listener own = listen_as(&resident, "");
	struct listener common = listen_as(&city, "");
	struct listener of_flat = listen_as(&root, "?place=5");
	assert_true(hears(&own, "event: hello") && hears(&common, "event: hello") &&
		    hears(&of_flat, "event: hello"));
	say(20, 1111.0); /* flat 2 */
	say(23, 2222.0); /* the other house's flat */
	say(19, 3333.0); /* flat 1 */
	say(18, 44.0);   /* heating point */
	assert_true(hears(&own, "\"register\":18,"));
	assert_true(hears(&common, "\"register\":18,"));
	say(20, 5555.0);
	assert_true(hears(&of_flat, "\"value\":5.555"));
	const char *text = buf_cstr(&own.got);
	assert_non_null(strstr(text, "\"register\":19,"));
	assert_null(strstr(text, "\"register\":20,"));
	assert_null(strstr(text, "\"register\":23,"));
	text = buf_cstr(&common.got);
	assert_null(strstr(text, "\"register\":19,"));
	text = buf_cstr(&of_flat.got);
	assert_null(strstr(text, "\"register\":19,"));
	assert_null(strstr(text, "\"register\":18,"));
	/* and a place that may not be seen cannot be listened to */
	assert_int_equal(
		client_status(&house, &resident, "GET", "/api/v1/stream?place=5", NULL), 404);
	hang_up(&own);
	hang_up(&common);
	hang_up(&of_flat);
}

#define CROWD 500 /* registers that all speak at once: 70 KB of events */

static int64_t add_crowd(void)
{
	static struct meter_register regs[CROWD];
	static struct object_put puts[CROWD];
	for (int i = 0; i < CROWD; i++) {
		object_init(OBJECT_REGISTER, &regs[i]);
		regs[i].meter = FIRST_METER;
		(void)snprintf(regs[i].key, sizeof(regs[i].key), "voltage.%d", i);
		regs[i].quantity = QUANTITY_VOLTAGE;
		regs[i].unit = UNIT_V;
		puts[i] = (struct object_put){OBJECT_REGISTER, &regs[i]};
	}
	assert_int_equal(store_put_many(house.store, puts, CROWD, "test", NULL), ERR_OK);
	return regs[0].id;
}

static void a_reader_too_slow_is_dropped_and_the_others_hear_on(void **state)
{
	(void)state;
	int64_t first = add_crowd();
	struct listener slow = listen_narrow(&root, "", 2048);
	assert_true(hears(&slow, "event: hello"));
	struct listener quick = listen_as(&root, "?place=4");
	assert_true(hears(&quick, "event: hello"));
	/* 70 KB each time; the two systems and the stream itself keep less than 200 KB together */
	for (int round = 0; round < 6; round++) {
		char text[32];
		struct batch *b = batch_new();
		for (int i = 0; i < CROWD; i++) {
			batch_reading(b, first + i, clock_now(), round, 0);
		}
		assert_int_equal(store_submit(house.store, b, true), ERR_OK);
		say(19, 1000.0 * round);
		(void)snprintf(text, sizeof(text), "\"value\":%d,", round);
		assert_true(hears(&quick, text));
	}
	/* what waited for it is lost; that it was too slow, it hears */
	assert_true(hears(&slow, ": too slow\n\n"));
	assert_false(hears(&slow, "never said"));
	hang_up(&slow);
	hang_up(&quick);
}

#define MANY 1000

static void a_thousand_idle_streams_cost_little_and_all_hear(void **state)
{
	(void)state;
	static struct listener many[MANY];
	for (int i = 0; i < MANY; i++) {
		many[i] = listen_as(&root, "");
	}
	for (int i = 0; i < MANY; i++) {
		assert_true(hears(&many[i], "event: hello"));
	}
	/* the server goes on answering */
	struct answer a = client(&house, &root, "GET", "/api/v1/status", NULL);
	assert_int_equal(a.status, 200);
	assert_true(int_at(&a, "streams") >= MANY);
	answer_free(&a);
	say(19, 424242.0);
	for (int i = 0; i < MANY; i++) {
		assert_true(hears(&many[i], "\"value\":424.242,"));
	}
	/* one user may not take all there is */
	for (int i = 0; i < 30; i++) {
		struct listener more = listen_as(&root, "");
		bool is_open = hears(&more, "event: hello");
		hang_up(&more);
		if (!is_open) {
			break;
		}
		assert_true(i < 26);
	}
	for (int i = 0; i < MANY; i++) {
		hang_up(&many[i]);
	}
}

static void stopping_ends_streams(void **state)
{
	(void)state;
	/* of another user: root has not been seen to hang up yet, and has as many as one may */
	struct pass city = log_in(&house, "city");
	struct listener l = listen_as(&city, "");
	assert_true(hears(&l, "event: hello"));
	web_stop(house.web);
	house.web = NULL;
	assert_false(hears(&l, "never said"));
	hang_up(&l);
}

static int set_up(void **state)
{
	int result = set_up_house(state);
	if (!result) {
		root = log_in(&house, "root");
	}
	return result;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_begins_with_hello_and_brings_new_readings),
		cmocka_unit_test(a_change_of_the_configuration_is_announced),
		cmocka_unit_test(everybody_hears_only_what_they_may_see),
		cmocka_unit_test(a_reader_too_slow_is_dropped_and_the_others_hear_on),
		cmocka_unit_test(a_thousand_idle_streams_cost_little_and_all_hear),
		cmocka_unit_test(stopping_ends_streams),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down_house);
}
