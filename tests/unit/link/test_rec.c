/*
 * test_rec.c - recordings: read, written, answered from
 */
#include "test.h"

#include "link/replay.h"
#include "link/trace.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static struct rec parse(const char *text)
{
	struct rec r;
	struct diag diag = {0};
	struct slice s = {(const uint8_t *)text, strlen(text)};
	if (rec_parse(s, &r, &diag)) {
		fail_msg("%s", diag.text);
	}
	return r;
}

static const char whole[] =
	"# source: a manual, page 7\n"
	"# evidence: the same page\n"
	"# driver: tiny\n"
	"# params: address=5\n"
	"# zone: Europe/Moscow\n"
	"# now: 2025-01-10T05:00:00Z\n"
	"\n"
	"# anything else is a comment\n"
	"@ identify\n"
	"> AA 05 AF\n"
	"< 55 05\n"
	"< +35 00\n"
	"   5A\n"
	"= identity.serial \"12 34\"\n"
	"@ archive hour 2025-01-10T00:00:00Z 2025-01-11T00:00:00Z\n"
	"> aa05af\n"
	"< 01:02-03\n"
	"= volume 12.50 m3 2025-01-10T03:00:00Z SUSPECT\n"
	"= temperature missing °C\n"
	"= pulses 7 -\n"
	"@ current\n"
	"= error TIMEOUT\n";

static void a_recording_is_read_whole(void **state)
{
	(void)state;
	struct rec r = parse(whole);
	assert_string_equal(r.source, "a manual, page 7");
	assert_string_equal(r.evidence, "the same page");
	assert_string_equal(r.driver, "tiny");
	assert_string_equal(r.params, "address=5");
	assert_string_equal(r.zone, "Europe/Moscow");
	assert_int_equal(r.now_utc, 1736485200);
	assert_true(r.has_checksum);
	assert_int_equal(r.step_n, 3);
	assert_int_equal(r.steps[0].verb, REC_IDENTIFY);
	assert_int_equal(r.steps[1].verb, REC_ARCHIVE);
	assert_int_equal(r.steps[1].period, PERIOD_HOUR);
	assert_int_equal(r.steps[1].span.from, 1736467200);
	assert_int_equal(r.steps[1].span.till, 1736553600);
	assert_int_equal(r.steps[2].verb, REC_CURRENT);
	assert_int_equal(r.chunk_n, 5);
	assert_true(r.chunks[0].is_request);
	assert_int_equal(r.chunks[2].delay_ms, 35);
	assert_int_equal(r.chunks[2].size, 2);
	assert_memory_equal(rec_bytes(&r, &r.chunks[2]).data, "\x00\x5a", 2);
	assert_int_equal(r.chunks[2].reply_at, 2);
	assert_int_equal(r.chunks[3].step, 1);
	assert_memory_equal(rec_bytes(&r, &r.chunks[3]).data, "\xaa\x05\xaf", 3);
	assert_int_equal(r.reply_size, 7);
	assert_int_equal(r.expect_n, 5);
	assert_string_equal(r.expects[0].text, "12 34");
	assert_false(r.expects[0].is_number);
	assert_float_equal(r.expects[1].value, 12.5, 0);
	assert_int_equal(r.expects[1].unit, UNIT_M3);
	assert_true(r.expects[1].has_unit && r.expects[1].has_utc && r.expects[1].has_class);
	assert_int_equal(r.expects[1].utc, 1736478000);
	assert_int_equal(r.expects[1].class, QUALITY_SUSPECT);
	assert_true(isnan(r.expects[2].value));
	assert_int_equal(r.expects[3].unit, UNIT_NONE);
	assert_string_equal(r.expects[4].text, "TIMEOUT");
	rec_fini(&r);
}

static void what_is_written_reads_back_to_the_same(void **state)
{
	(void)state;
	struct rec a = parse(whole);
	struct buf first;
	struct buf second;
	buf_init(&first, 1 << 20);
	buf_init(&second, 1 << 20);
	rec_print(&a, &first);
	struct rec b = parse(buf_cstr(&first));
	rec_print(&b, &second);
	assert_string_equal(buf_cstr(&first), buf_cstr(&second));
	assert_int_equal(a.chunk_n, b.chunk_n);
	assert_int_equal(a.bytes.size, b.bytes.size);
	assert_memory_equal(a.bytes.data, b.bytes.data, a.bytes.size);
	assert_int_equal(a.expect_n, b.expect_n);
	for (size_t i = 0; i < a.expect_n; i++) {
		assert_string_equal(a.expects[i].key, b.expects[i].key);
		assert_int_equal(a.expects[i].has_utc, b.expects[i].has_utc);
		assert_int_equal(a.expects[i].utc, b.expects[i].utc);
		assert_int_equal(a.expects[i].unit, b.expects[i].unit);
	}
	rec_fini(&a);
	rec_fini(&b);
	buf_fini(&first);
	buf_fini(&second);
}

static void mistakes_are_named_by_their_line(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t line;
		const char *says;
	} cases[] = {
		{"hello\n", 1, "begins with"},
		{"# driver: x\n\n> 1", 3, "hex"},
		{"> 12 3G\n", 1, "hex"},
		{"> 12\n< 34\n\n  56\n", 4, "no bytes stand before"},
		{"  56\n", 1, "no bytes stand before"},
		{"> 12\n< +x 34\n", 2, "delay"},
		{"< +99999999999 34\n", 1, "delay"},
		{"@ dance\n", 1, "dance"},
		{"@\n", 1, "no such step"},
		{"@ archive\n", 1, "period"},
		{"@ archive week 2025-01-01 2025-01-02\n", 1, "week"},
		{"@ archive hour 2025-01-01\n", 1, "time"},
		{"@ archive hour 2025-01-01 2025-99-02\n", 1, "time"},
		{"@ current now\n", 1, "too much"},
		{"\n= Volume 1 m3\n", 2, "Volume"},
		{"= volume\n", 1, "no value"},
		{"= volume twelve m3\n", 1, "twelve"},
		{"= volume 12 m3 SUSPECTED\n", 1, "SUSPECTED"},
		{"= serial \"12\n", 1, "no value"},
		{"= serial \"12\" \"\n", 1, "quote"},
		{"= error SLEEPY\n", 1, "SLEEPY"},
		{"# now: yesterday\n", 1, "yesterday"},
		{"# driver: a_name_that_is_far_longer_than_any_driver_has\n", 1, "too long"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rec r;
		struct diag diag = {0};
		struct slice s = {(const uint8_t *)cases[i].text, strlen(cases[i].text)};
		assert_int_equal(rec_parse(s, &r, &diag), ERR_PARSE);
		if (diag.offset != cases[i].line || !strstr(diag.text, cases[i].says)) {
			fail_msg("case %zu: line %zu, '%s'", i, diag.offset, diag.text);
		}
	}
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	(void)state;
	struct rec r;
	assert_int_equal(rec_parse(SLICE(((const uint8_t[]){'#', 0, '\n'})), &r, NULL), ERR_PARSE);
	assert_int_equal(
		rec_parse(SLICE(((const uint8_t[]){'#', 0xc3, '\n'})), &r, NULL), ERR_PARSE);
	assert_int_equal(rec_parse((struct slice){NULL, 0}, &r, NULL), ERR_OK);
	assert_int_equal(r.step_n, 0);
	rec_fini(&r);
}

static void lines_may_end_as_on_any_system(void **state)
{
	(void)state;
	struct rec r = parse("# driver: tiny\r\n> AA\r\n< BB\r\n= volume 1 m3");
	assert_string_equal(r.driver, "tiny");
	assert_int_equal(r.chunk_n, 2);
	assert_int_equal(r.expect_n, 1);
	rec_fini(&r);
}

/* ---- the link ---- */

static struct link *answering(const struct rec *r, struct replay_options options)
{
	struct link *l;
	assert_int_equal(replay_new(r, &options, &l), ERR_OK);
	return l;
}

static void send_byte(struct link *l, uint8_t byte)
{
	assert_int_equal(link_write(l, (struct slice){&byte, 1}, NULL), ERR_OK);
}

static size_t hear(struct link *l, int timeout_ms, uint8_t *to, size_t cap)
{
	size_t n = 0;
	enum err e = link_read(l, to, cap, timeout_ms, &n, NULL);
	assert_true(e == ERR_OK || e == ERR_TIMEOUT);
	return e ? 0 : n;
}

static void requests_are_answered_as_recorded_and_in_their_order(void **state)
{
	(void)state;
	struct rec r = parse("> 01\n< 11\n< 12 13\n> 02\n< 21\n> 01\n< 31\n");
	struct link *l = answering(&r, REPLAY_AS_IS);
	uint8_t got[8];
	send_byte(l, 1);
	assert_int_equal(hear(l, 0, got, sizeof(got)), 1);
	assert_int_equal(got[0], 0x11);
	assert_int_equal(hear(l, 0, got, sizeof(got)), 2);
	assert_memory_equal(got, "\x12\x13", 2);
	assert_int_equal(hear(l, 1000, got, sizeof(got)), 0);
	send_byte(l, 1); /* the next such request, not the first again */
	assert_int_equal(hear(l, 0, got, sizeof(got)), 1);
	assert_int_equal(got[0], 0x31);
	send_byte(l, 2); /* round the end */
	assert_int_equal(hear(l, 0, got, sizeof(got)), 1);
	assert_int_equal(got[0], 0x21);
	assert_int_equal(replay_unknown(l).size, 0);
	send_byte(l, 3);
	assert_int_equal(hear(l, 1000, got, sizeof(got)), 0);
	assert_int_equal(replay_unknown(l).size, 1);
	assert_int_equal(replay_unknown(l).data[0], 3);
	link_close(l);
	rec_fini(&r);
}

static void its_time_passes_by_waiting(void **state)
{
	(void)state;
	struct rec r = parse("> 01\n< +100 11\n< +100 12\n");
	struct link *l = answering(&r, REPLAY_AS_IS);
	uint8_t got[8];
	send_byte(l, 1);
	assert_int_equal(hear(l, 99, got, sizeof(got)), 0);
	assert_int_equal(hear(l, 1, got, sizeof(got)), 1);
	assert_int_equal(hear(l, 0, got, sizeof(got)), 0);
	link_pause(l, 100);
	assert_int_equal(hear(l, 0, got, sizeof(got)), 1);
	assert_int_equal(got[0], 0x12);
	send_byte(l, 1);
	link_pause(l, 500);
	assert_int_equal(link_discard(l), 2);
	link_close(l);
	rec_fini(&r);
}

static void replies_can_be_cut_flipped_and_fed_in_pieces(void **state)
{
	(void)state;
	struct rec r = parse("> 01\n< 11 12\n< 13\n> 02\n< 21 22\n");
	uint8_t got[8];
	struct replay_options options = REPLAY_AS_IS;
	options.most_per_read = 1;
	options.flip_bit = 8 + 7; /* the highest bit of the second byte */
	options.cut_at = 4; /* the first byte of the second reply arrives, the second does not */
	struct link *l = answering(&r, options);
	send_byte(l, 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(hear(l, 0, got + i, 8), 1);
	}
	assert_memory_equal(got, "\x11\x92\x13", 3);
	send_byte(l, 2);
	assert_int_equal(hear(l, 0, got, 8), 1);
	assert_int_equal(got[0], 0x21);
	assert_int_equal(hear(l, 10000, got, 8), 0);
	link_close(l);
	rec_fini(&r);
}

static void a_url_opens_a_recording(void **state)
{
	(void)state;
	char path[] = "/tmp/domovoi-rec-XXXXXX";
	char url[64];
	struct link *l;
	struct diag diag = {0};
	uint8_t got[8];
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "> 01\n< 11\n", 10), 10);
	(void)snprintf(url, sizeof(url), "replay:%s", path);
	struct link_setup setup = {.baud = 9600, .framing = "8E1"};
	assert_int_equal(link_open(url, &setup, &l, &diag), ERR_OK);
	send_byte(l, 1);
	assert_int_equal(hear(l, 0, got, 8), 1);
	link_close(l);
	assert_int_equal(write(fd, "nonsense\n", 9), 9);
	assert_int_equal(link_open(url, &setup, &l, &diag), ERR_PARSE);
	assert_int_equal(diag.offset, 3);
	(void)close(fd);
	(void)unlink(path);
	assert_int_equal(link_open(url, &setup, &l, &diag), ERR_LINK);
}

/* ---- the trace ---- */

static void tell(
	struct trace_writer *w, enum trace_way way, const char *bytes, size_t n, int64_t at_us)
{
	w->trace.bytes(&w->trace, way, (struct slice){(const uint8_t *)bytes, n}, at_us);
}

static void a_trace_is_a_recording(void **state)
{
	(void)state;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct trace_writer w;
	trace_writer_init(&w, out);
	tell(&w, TRACE_SENT, "\x01", 1, 1000000);
	tell(&w, TRACE_GOT, "\x11", 1, 1050000);
	tell(&w, TRACE_GOT, "\x12", 1, 1055000); /* the same chunk */
	tell(&w, TRACE_GOT, "\x13", 1, 1200000);
	tell(&w, TRACE_NOTE, "not ours", 8, 1200000);
	tell(&w, TRACE_SENT, "\x02", 1, 2000000);
	assert_true(trace_writer_flush(&w));
	trace_writer_fini(&w);
	(void)fclose(out);
	assert_string_equal(text, "> 01\n< +50 11 12\n< +145 13\n# not ours\n> 02\n");
	struct rec r = parse(text);
	assert_int_equal(r.chunk_n, 4);
	assert_int_equal(r.chunks[1].size, 2);
	rec_fini(&r);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recording_is_read_whole),
		cmocka_unit_test(what_is_written_reads_back_to_the_same),
		cmocka_unit_test(mistakes_are_named_by_their_line),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(lines_may_end_as_on_any_system),
		cmocka_unit_test(requests_are_answered_as_recorded_and_in_their_order),
		cmocka_unit_test(its_time_passes_by_waiting),
		cmocka_unit_test(replies_can_be_cut_flipped_and_fed_in_pieces),
		cmocka_unit_test(a_url_opens_a_recording),
		cmocka_unit_test(a_trace_is_a_recording),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
