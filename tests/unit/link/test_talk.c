/*
 * test_talk.c - exchanges over a pseudo-terminal with a meter that behaves as meters and lines do
 */
#include "meter_side.h"

#include "poll/sample_list.h"
#include "poll/talk.h"

struct fixture {
	struct meter_side meter;
	struct link *link;
	struct talk *talk;
	struct sample_list got;
};

static void begin(struct fixture *f, void (*serve)(struct meter_side *m, const uint8_t request[3]),
	bool has_echo, const char *params)
{
	struct line line = {.has_echo = has_echo};
	struct meter meter = {0};
	(void)snprintf(meter.params, sizeof(meter.params), "address=5 %s", params);
	meter_side_start(&f->meter, serve);
	assert_int_equal(link_open(f->meter.url, NULL, &f->link, NULL), ERR_OK);
	assert_int_equal(talk_new(&tiny_driver, &line, &meter, NULL, &f->talk, NULL), ERR_OK);
	talk_attach(f->talk, f->link, NULL);
	assert_int_equal(talk_begin(f->talk, 1700000000), ERR_OK);
	sample_list_init(&f->got);
}

static void end(struct fixture *f)
{
	sample_list_fini(&f->got);
	talk_free(f->talk);
	link_close(f->link);
	meter_side_stop(&f->meter);
}

static enum err read_meter(struct fixture *f)
{
	return tiny_read(f->talk, &f->got.sink);
}

static void must_read(struct fixture *f)
{
	size_t n = f->got.n;
	enum err e = read_meter(f);
	if (e) {
		fail_msg("%s: %s", err_name(e), talk_diag(f->talk)->text);
	}
	assert_int_equal(f->got.n, n + 1);
	assert_float_equal(f->got.items[n]->sample.value, 123.456, 1e-9);
}

/* ---- meters ---- */

static void answer(struct meter_side *m, const uint8_t request[3])
{
	uint8_t reply[8];
	say(m, reply, tiny_reply(reply, request[1], m->litres));
}

static void answer_in_pieces(struct meter_side *m, const uint8_t request[3])
{
	uint8_t reply[8];
	size_t n = tiny_reply(reply, request[1], m->litres);
	for (size_t i = 0; i < n; i++) {
		say(m, reply + i, 1);
		rest_ms(3);
	}
}

static void answer_late(struct meter_side *m, const uint8_t request[3])
{
	rest_ms(150);
	answer(m, request);
}

static void answer_after_noise(struct meter_side *m, const uint8_t request[3])
{
	const uint8_t noise[] = {0x00, 0xff, 0x13, 0x37, 0x00};
	say(m, noise, sizeof(noise));
	answer(m, request);
}

static void answer_after_a_false_start(struct meter_side *m, const uint8_t request[3])
{
	const uint8_t noise[] = {0x55, 0x01, 0xf0}; /* the head of a frame of 244 bytes */
	say(m, noise, sizeof(noise));
	answer(m, request);
}

static void answer_after_a_glitch(struct meter_side *m, const uint8_t request[3])
{
	const uint8_t glitch = 0x55;
	say(m, &glitch, 1);
	rest_ms(160); /* longer than a pause inside a frame can be */
	answer(m, request);
}

static void echo_and_answer(struct meter_side *m, const uint8_t request[3])
{
	say(m, request, 3);
	rest_ms(5);
	answer(m, request);
}

static void echo_only(struct meter_side *m, const uint8_t request[3])
{
	say(m, request, 3);
}

static void answer_after_another(struct meter_side *m, const uint8_t request[3])
{
	uint8_t reply[8];
	say(m, reply, tiny_reply(reply, 9, 999));
	say(m, reply, tiny_reply(reply, 8, 888));
	answer(m, request);
}

static void only_another_answers(struct meter_side *m, const uint8_t request[3])
{
	uint8_t reply[8];
	(void)request;
	say(m, reply, tiny_reply(reply, 9, 999));
}

static void keep_silent(struct meter_side *m, const uint8_t request[3])
{
	(void)m;
	(void)request;
}

static void answer_the_third_time(struct meter_side *m, const uint8_t request[3])
{
	if (atomic_load(&m->requests) % 3 == 0) {
		answer(m, request);
	}
}

static void damage_the_first(struct meter_side *m, const uint8_t request[3])
{
	uint8_t reply[8];
	size_t n = tiny_reply(reply, request[1], m->litres);
	reply[4] ^= atomic_load(&m->requests) == 1 ? 0x10 : 0;
	say(m, reply, n);
}

static void break_off(struct meter_side *m, const uint8_t request[3])
{
	uint8_t reply[8];
	say(m, reply, tiny_reply(reply, request[1], m->litres) - 2);
}

static void babble(struct meter_side *m, const uint8_t request[3])
{
	(void)request;
	uint8_t noise[1500];
	memset(noise, 0x33, sizeof(noise));
	say(m, noise, sizeof(noise));
}

/* Says an old answer twice: the second one comes after the exchange is over. */
static void answer_twice(struct meter_side *m, const uint8_t request[3])
{
	answer(m, request);
	m->litres += 1000000;
	answer(m, request);
	m->litres -= 1000000;
}

/* ---- tests ---- */

static void must_read_with(
	void (*serve)(struct meter_side *m, const uint8_t request[3]), bool has_echo, int requests)
{
	struct fixture f;
	begin(&f, serve, has_echo, "");
	must_read(&f);
	assert_int_equal(atomic_load(&f.meter.requests), requests);
	const struct talk_counters *c = talk_counters(f.talk);
	assert_int_equal(c->exchanges, 1);
	assert_int_equal(c->replies - c->foreign, 1);
	assert_int_equal(c->retries, requests - 1);
	assert_int_equal(c->bytes_out, 3 * requests);
	end(&f);
}

static void a_whole_reply_gives_the_value(void **state)
{
	(void)state;
	must_read_with(answer, false, 1);
}

static void a_reply_in_single_bytes_is_put_together(void **state)
{
	(void)state;
	must_read_with(answer_in_pieces, false, 1);
}

static void a_slow_meter_is_waited_for(void **state)
{
	(void)state;
	must_read_with(answer_late, false, 1);
}

static void noise_before_the_reply_is_skipped(void **state)
{
	(void)state;
	must_read_with(answer_after_noise, false, 1);
}

static void a_false_start_does_not_hide_the_reply_behind_it(void **state)
{
	(void)state;
	must_read_with(answer_after_a_false_start, false, 1);
}

static void a_glitch_does_not_end_the_wait_for_the_reply(void **state)
{
	(void)state;
	must_read_with(answer_after_a_glitch, false, 1);
}

static void an_echo_is_removed(void **state)
{
	(void)state;
	must_read_with(echo_and_answer, true, 1);
}

static void a_missing_echo_does_not_eat_the_reply(void **state)
{
	(void)state;
	must_read_with(answer, true, 1);
}

static void an_unexpected_echo_is_noise_before_the_reply(void **state)
{
	(void)state;
	must_read_with(echo_and_answer, false, 1);
}

static void an_echo_alone_is_no_answer(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, echo_only, true, "reply_ms=100");
	assert_int_equal(read_meter(&f), ERR_TIMEOUT);
	assert_null(strstr(talk_diag(f.talk)->text, "echo"));
	end(&f);
}

static void silence_on_a_line_with_echo_says_that_even_the_echo_is_missing(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, keep_silent, true, "reply_ms=100 retries=0");
	assert_int_equal(read_meter(&f), ERR_TIMEOUT);
	assert_non_null(strstr(talk_diag(f.talk)->text, "not even the echo"));
	end(&f);
}

static void replies_of_others_are_counted_and_waited_out(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, answer_after_another, false, "");
	must_read(&f);
	assert_int_equal(talk_counters(f.talk)->foreign, 2);
	assert_int_equal(atomic_load(&f.meter.requests), 1);
	end(&f);
}

static void a_reply_of_another_alone_is_asked_again_and_then_called_foreign(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, only_another_answers, false, "reply_ms=60");
	assert_int_equal(read_meter(&f), ERR_FOREIGN);
	assert_int_equal(atomic_load(&f.meter.requests), 3);
	assert_int_equal(f.got.n, 0);
	end(&f);
}

static void a_silent_meter_is_asked_retries_plus_one_times(void **state)
{
	(void)state;
	for (int retries = 0; retries < 4; retries++) {
		struct fixture f;
		char params[40];
		(void)snprintf(params, sizeof(params), "reply_ms=20 retries=%d", retries);
		begin(&f, keep_silent, false, params);
		assert_int_equal(read_meter(&f), ERR_TIMEOUT);
		assert_int_equal(talk_counters(f.talk)->timeouts, retries + 1);
		assert_int_equal(talk_counters(f.talk)->retries, retries);
		end(&f); /* the meter has read all requests when it has ended */
		assert_int_equal(atomic_load(&f.meter.requests), retries + 1);
	}
}

static void a_request_that_must_not_be_repeated_is_sent_once(void **state)
{
	(void)state;
	struct fixture f;
	uint8_t request[3];
	struct slice reply;
	(void)tiny_request(request, 5);
	begin(&f, keep_silent, false, "reply_ms=20");
	assert_int_equal(talk_once(f.talk, SLICE(request), tiny_frame, &reply), ERR_TIMEOUT);
	talk_set_retries(f.talk, 0);
	assert_int_equal(talk_exchange(f.talk, SLICE(request), tiny_frame, &reply), ERR_TIMEOUT);
	talk_set_retries(f.talk, -1);
	end(&f);
	assert_int_equal(atomic_load(&f.meter.requests), 2);
}

static void the_third_try_may_succeed(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, answer_the_third_time, false, "reply_ms=40");
	must_read(&f);
	must_read(&f);
	assert_int_equal(talk_counters(f.talk)->timeouts, 4);
	end(&f);
}

static void a_damaged_reply_is_asked_for_again(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, damage_the_first, false, "");
	must_read(&f);
	assert_int_equal(talk_counters(f.talk)->noises, 1);
	assert_int_equal(atomic_load(&f.meter.requests), 2);
	end(&f);
}

static void a_reply_that_breaks_off_is_noise(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, break_off, false, "reply_ms=60 retries=1");
	assert_int_equal(read_meter(&f), ERR_NOISE);
	assert_int_equal(talk_counters(f.talk)->noises, 2);
	assert_non_null(strstr(talk_diag(f.talk)->text, "55 05 04"));
	end(&f);
}

static void endless_babble_ends_as_noise(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, babble, false, "reply_ms=60 retries=1");
	assert_int_equal(read_meter(&f), ERR_NOISE);
	end(&f);
}

static void a_stale_reply_is_not_taken_for_the_next(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, answer_twice, false, "");
	for (int i = 0; i < 3; i++) {
		must_read(&f);
		rest_ms(20); /* the second answer arrives */
	}
	assert_int_equal(talk_counters(f.talk)->stale_bytes, 16);
	end(&f);
}

static void a_line_that_hangs_up_is_not_asked_again(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, NULL, false, "");
	(void)close(f.meter.fd);
	f.meter.fd = -1;
	assert_int_equal(read_meter(&f), ERR_LINK);
	assert_int_equal(talk_counters(f.talk)->retries, 0);
	end(&f);
}

static void without_a_link_there_is_an_error(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, answer, false, "");
	talk_attach(f.talk, NULL, NULL);
	assert_int_equal(read_meter(&f), ERR_LINK);
	assert_int_equal(talk_begin(f.talk, 0), ERR_LINK);
	talk_attach(f.talk, f.link, NULL);
	assert_int_equal(talk_begin(f.talk, 0), ERR_OK);
	must_read(&f);
	end(&f);
}

static void *cancel_soon(void *arg)
{
	rest_ms(30);
	talk_cancel(arg);
	return NULL;
}

static void cancelling_ends_a_wait_and_all_that_follows_until_the_next_turn(void **state)
{
	(void)state;
	struct fixture f;
	pthread_t thread;
	begin(&f, keep_silent, false, "reply_ms=60000");
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, f.talk), 0);
	assert_int_equal(read_meter(&f), ERR_CANCELLED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(read_meter(&f), ERR_CANCELLED);
	end(&f);
	assert_int_equal(atomic_load(&f.meter.requests), 1);
}

static void bytes_of_the_last_exchange_can_be_kept(void **state)
{
	(void)state;
	struct fixture f;
	uint8_t request[3];
	uint8_t reply[8];
	begin(&f, answer_after_noise, false, "");
	assert_int_equal(talk_last_request(f.talk).size, 0);
	must_read(&f);
	(void)tiny_request(request, 5);
	(void)tiny_reply(reply, 5, 123456);
	assert_int_equal(talk_last_request(f.talk).size, sizeof(request));
	assert_memory_equal(talk_last_request(f.talk).data, request, sizeof(request));
	assert_int_equal(talk_last_reply(f.talk).size, sizeof(reply));
	assert_memory_equal(talk_last_reply(f.talk).data, reply, sizeof(reply));
	end(&f);
}

struct tap {
	struct trace trace;
	struct buf sent, got;
};

static void tap_bytes(struct trace *t, enum trace_way way, struct slice bytes, int64_t at_us)
{
	struct tap *tap = (struct tap *)t;
	assert_true(at_us > 0);
	if (way != TRACE_NOTE) {
		buf_put(way == TRACE_SENT ? &tap->sent : &tap->got, bytes.data, bytes.size);
	}
}

static void the_trace_sees_every_byte(void **state)
{
	(void)state;
	struct fixture f;
	struct tap tap = {.trace = {.bytes = tap_bytes}};
	buf_init(&tap.sent, 4096);
	buf_init(&tap.got, 4096);
	begin(&f, answer_after_noise, false, "");
	talk_attach(f.talk, f.link, &tap.trace);
	must_read(&f);
	assert_int_equal(tap.sent.size, 3);
	assert_int_equal(tap.got.size, 5 + 8);
	assert_memory_equal(tap.got.data + 5, talk_last_reply(f.talk).data, 8);
	end(&f);
	buf_fini(&tap.sent);
	buf_fini(&tap.got);
}

static void memory_of_a_meter_outlives_its_turns(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, answer, false, "");
	int *memory = talk_state(f.talk, sizeof(*memory));
	assert_int_equal(*memory, 0);
	*memory = 7;
	assert_int_equal(talk_begin(f.talk, 0), ERR_OK);
	assert_int_equal(*(int *)talk_state(f.talk, 4096), 7);
	end(&f);
}

static void a_changed_speed_lasts_until_the_next_turn(void **state)
{
	(void)state;
	struct fixture f;
	struct termios t;
	begin(&f, answer, false, "baud=2400");
	assert_int_equal(tcgetattr(f.meter.slave, &t), 0);
	assert_int_equal(cfgetospeed(&t), B2400);
	assert_int_equal(talk_char_us(f.talk), 4584); /* 11 bits */
	assert_int_equal(talk_speed(f.talk, 38400, "8N1"), ERR_OK);
	must_read(&f);
	assert_int_equal(tcgetattr(f.meter.slave, &t), 0);
	assert_int_equal(cfgetospeed(&t), B38400);
	assert_int_equal(talk_begin(f.talk, 0), ERR_OK);
	assert_int_equal(tcgetattr(f.meter.slave, &t), 0);
	assert_int_equal(cfgetospeed(&t), B2400);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_reply_gives_the_value),
		cmocka_unit_test(a_reply_in_single_bytes_is_put_together),
		cmocka_unit_test(a_slow_meter_is_waited_for),
		cmocka_unit_test(noise_before_the_reply_is_skipped),
		cmocka_unit_test(a_false_start_does_not_hide_the_reply_behind_it),
		cmocka_unit_test(a_glitch_does_not_end_the_wait_for_the_reply),
		cmocka_unit_test(an_echo_is_removed),
		cmocka_unit_test(a_missing_echo_does_not_eat_the_reply),
		cmocka_unit_test(an_unexpected_echo_is_noise_before_the_reply),
		cmocka_unit_test(an_echo_alone_is_no_answer),
		cmocka_unit_test(silence_on_a_line_with_echo_says_that_even_the_echo_is_missing),
		cmocka_unit_test(replies_of_others_are_counted_and_waited_out),
		cmocka_unit_test(a_reply_of_another_alone_is_asked_again_and_then_called_foreign),
		cmocka_unit_test(a_silent_meter_is_asked_retries_plus_one_times),
		cmocka_unit_test(a_request_that_must_not_be_repeated_is_sent_once),
		cmocka_unit_test(the_third_try_may_succeed),
		cmocka_unit_test(a_damaged_reply_is_asked_for_again),
		cmocka_unit_test(a_reply_that_breaks_off_is_noise),
		cmocka_unit_test(endless_babble_ends_as_noise),
		cmocka_unit_test(a_stale_reply_is_not_taken_for_the_next),
		cmocka_unit_test(a_line_that_hangs_up_is_not_asked_again),
		cmocka_unit_test(without_a_link_there_is_an_error),
		cmocka_unit_test(cancelling_ends_a_wait_and_all_that_follows_until_the_next_turn),
		cmocka_unit_test(bytes_of_the_last_exchange_can_be_kept),
		cmocka_unit_test(the_trace_sees_every_byte),
		cmocka_unit_test(memory_of_a_meter_outlives_its_turns),
		cmocka_unit_test(a_changed_speed_lasts_until_the_next_turn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
