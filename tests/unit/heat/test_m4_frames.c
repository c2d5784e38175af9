/*
 * Frames and values of the Logika bus: what vendor documents and captured conversations print is
 * what is written and read, and nothing damaged is taken for a frame.
 */
#include "base/str.h"
#include "proto/crc.h"
#include "proto/m4.h"
#include "test.h"

#include <math.h>
#include <string.h>

struct bytes {
	uint8_t data[M4_FRAME_CAP];
	size_t size;
};

static struct slice unhex(const char *text, struct bytes *to)
{
	struct buf b;
	buf_init(&b, sizeof(to->data));
	assert_int_equal(str_unhex(text, strlen(text), &b, NULL), ERR_OK);
	memcpy(to->data, b.data, b.size);
	to->size = b.size;
	buf_fini(&b);
	return (struct slice){to->data, to->size};
}

static void assert_bytes(struct slice got, const char *hex)
{
	struct bytes want;
	(void)unhex(hex, &want);
	assert_int_equal(got.size, want.size);
	assert_memory_equal(got.data, want.data, want.size);
}

static void the_checksum_is_that_of_the_catalogue(void **state)
{
	(void)state;
	assert_int_equal(crc16_xmodem((struct slice){(const uint8_t *)"123456789", 9}), 0x31c3);
	assert_int_equal(crc16_xmodem((struct slice){NULL, 0}), 0);
}

static void a_session_request_is_that_of_the_documents(void **state)
{
	(void)state;
	static const uint8_t zeros[4];
	struct m4_out o;
	assert_bytes(m4_short(&o, M4_ANY, M4_SESSION, SLICE(zeros)), "10 FF 3F 00 00 00 00 C1 16");
	m4_begin(&o, M4_ANY, 0, M4_SESSION);
	memcpy(o.data + o.size, zeros, 4);
	o.size += 4;
	assert_bytes(m4_end(&o), "10 FF 90 00 00 05 00 3F 00 00 00 00 D9 19");
}

static void a_read_asks_for_parameters_by_channel_and_number(void **state)
{
	(void)state;
	struct m4_out o;
	m4_begin(&o, M4_ANY, 3, M4_READ);
	m4_put_param(&o, 0, 1025);
	m4_put_param(&o, 0, 1024);
	assert_bytes(m4_end(&o), "10 FF 90 03 00 0B 00 72 4A 03 00 01 04 4A 03 00 00 04 B1 F0");
}

static void an_archive_is_asked_for_by_date(void **state)
{
	(void)state;
	static const uint8_t head[] = {0xff, 0xff, 0, 0, 1};
	static const uint8_t head_10[] = {0xff, 0xff, 0, 0, 10};
	struct m4_out o;
	m4_begin(&o, M4_ANY, 4, M4_ARCHIVE);
	m4_put_octets(&o, head, sizeof(head));
	m4_put_archdate(&o, (struct civil){2016, 11, 9, 0, 0, 0}, 8);
	assert_bytes(m4_end(&o),
		"10 FF 90 04 00 12 00 61 04 05 FF FF 00 00 01 49 08 10 0B 09 00 "
		"00 00 00 00 99 F6");
	m4_begin(&o, 0x1b, 0x98, M4_ARCHIVE);
	m4_put_octets(&o, head_10, sizeof(head_10));
	m4_put_archdate(&o, (struct civil){2017, 5, 17, 18, 0, 0}, 4);
	assert_bytes(
		m4_end(&o), "10 1B 90 98 00 0E 00 61 04 05 FF FF 00 00 0A 49 04 11 05 11 12 D1 60");
}

static void a_reply_is_told_from_its_lengths(void **state)
{
	(void)state;
	struct bytes b;
	struct m4_frame f;
	struct m4_value v;
	struct civil c = {0};
	struct slice s = unhex(
		"10 FF 90 03 00 0D 00 72 48 04 09 0B 10 02 47 04 00 17 24 0E 59 79", &b);
	assert_true(m4_decode(s, &f));
	assert_true(f.is_extended && f.nt == M4_ANY && f.id == 3 && f.atr == 0);
	assert_int_equal(f.code, M4_READ);
	struct reader r = reader_of(f.data);
	assert_true(m4_next(&r, &v) && m4_date(&v, &c));
	assert_true(m4_next(&r, &v) && m4_time(&v, &c));
	assert_false(m4_next(&r, &v));
	assert_false(r.is_short);
	assert_true(c.year == 2016 && c.month == 11 && c.day == 9);
	assert_true(c.hour == 14 && c.minute == 36 && c.second == 23);
	/* and back */
	struct m4_out o;
	m4_begin(&o, f.nt, f.id, f.code);
	m4_put_date(&o, c);
	m4_put_time(&o, c);
	s = m4_end(&o);
	assert_int_equal(s.size, b.size);
	assert_memory_equal(s.data, b.data, b.size);
}

static void short_replies_are_as_long_as_the_request_made_them(void **state)
{
	(void)state;
	struct bytes b;
	struct m4_frame f;
	struct slice s = unhex("10 FF 52 11 04 19 0E 01 0D 64 16", &b);
	assert_int_equal(m4_cut_reply(s, 6).state, M4_CUT_FULL);
	assert_int_equal(m4_cut_reply(s, 6).size, s.size);
	assert_int_equal(m4_cut_reply(s, 5).state, M4_CUT_JUNK);
	assert_int_equal(m4_cut_reply(s, 7).state, M4_CUT_MORE);
	assert_true(m4_decode(s, &f));
	assert_true(!f.is_extended && f.code == M4_OLD_RAM && f.data.size == 6);
	/* an error is one whatever was asked for */
	static const uint8_t error[] = {M4_BAD_VALUE};
	struct m4_out o;
	s = m4_short(&o, 7, M4_ERROR, SLICE(error));
	assert_int_equal(m4_cut_reply(s, 64).state, M4_CUT_FULL);
	assert_true(m4_decode(s, &f) && f.nt == 7 && f.code == M4_ERROR);
	assert_string_equal(m4_error_text(f.data.data[0]), "bad parameter values");
}

static void values_are_those_of_the_captures(void **state)
{
	(void)state;
	static const uint8_t body[] = {0x44, 8, 0x91, 9, 0, 0, 0xe0, 4, 0xae,
		0x3e,                            /* V1 of a SPT941.20 */
		0x43, 4, 0x8b, 0x9e, 0x76, 0x44, /* its Tsh */
		0x41, 4, 0x6e, 0xd7, 0, 0,       /* serial of a SPT943.1 */
		0x05, 0,                         /* no value */
		0x4b, 4, 0, 0, 0x64, 0,          /* bits 18, 21, 22 */
		0x42, 1, 0xfe,                   /* -2 */
		0x16, 0x82, 0, 2, 0xcf, 0xb9,    /* long length of a short text */
		0x49, 0,                         /* no date */
		0x49, 2, 15, 9,                  /* a month */
		0x49, 8, 15, 9, 29, 15, 15, 1, 0, 0};
	struct reader r = reader_of(SLICE(body));
	struct m4_value v;
	struct civil c;
	char text[16];
	assert_true(m4_next(&r, &v) && fabs(m4_number(&v) - 2449.34) < 0.005);
	assert_true(m4_next(&r, &v) && fabs(m4_number(&v) - 986.4772) < 0.00005);
	assert_true(m4_next(&r, &v) && m4_number(&v) == 55150);
	assert_true(m4_next(&r, &v) && isnan(m4_number(&v)) && v.tag == M4_NULL);
	assert_true(m4_next(&r, &v) && m4_flags(&v, 0) == (1u << 18 | 1u << 21 | 1u << 22) &&
		    m4_flags(&v, 1) == 0);
	assert_true(isnan(m4_number(&v)));
	assert_true(m4_next(&r, &v) && m4_number(&v) == -2);
	assert_true(m4_next(&r, &v) && m4_text(&v, text, sizeof(text)));
	assert_string_equal(text, "П№");
	assert_true(m4_next(&r, &v) && m4_archdate(&v, &c) == 0);
	assert_true(m4_next(&r, &v) && m4_archdate(&v, &c) == 2);
	assert_true(c.year == 2015 && c.month == 9 && c.day == 1 && c.hour == 0);
	assert_true(m4_next(&r, &v) && m4_archdate(&v, &c) == 7);
	assert_true(c.day == 29 && c.hour == 15 && c.minute == 15 && c.second == 1);
	assert_false(m4_next(&r, &v) || r.is_short);
}

static void what_is_written_is_read(void **state)
{
	(void)state;
	static const double numbers[] = {0, 1, -1, 0.1, 12345.678, -0.25, 2147483646.5, 1e-6};
	struct m4_out o;
	struct m4_frame f;
	struct m4_value v;
	char text[64];
	m4_begin(&o, 5, 9, M4_READ);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		m4_put_mixed(&o, numbers[i]);
	}
	m4_put_mixed(&o, NAN);
	m4_put_text(&o, "Ёж №5 \xf0\x9f\x98\x80 ёЯ");
	m4_put_flags(&o, (const uint32_t[]){1, 0x80000000, 3}, 9);
	size_t mark = m4_open(&o);
	for (int i = 0; i < 60; i++) {
		m4_put_float(&o, 0.1 * i);
	}
	m4_close(&o, mark);
	assert_false(o.is_full);
	assert_true(m4_decode(m4_end(&o), &f));
	struct reader r = reader_of(f.data);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		assert_true(m4_next(&r, &v));
		assert_true(fabs(m4_number(&v) - numbers[i]) < 1e-7);
	}
	assert_true(m4_next(&r, &v) && v.tag == M4_NULL);
	assert_true(m4_next(&r, &v) && m4_text(&v, text, sizeof(text)));
	assert_string_equal(text, "Ёж №5 ? ёЯ");
	assert_true(m4_next(&r, &v) && v.data.size == 9);
	assert_true(m4_flags(&v, 0) == 1 && m4_flags(&v, 1) == 0x80000000 && m4_flags(&v, 2) == 3);
	assert_true(m4_next(&r, &v) && v.tag == M4_SEQUENCE && v.data.size == 360);
	struct reader inner = reader_of(v.data);
	for (int i = 0; i < 60; i++) {
		assert_true(m4_next(&inner, &v) && m4_number(&v) == (double)i / 10);
	}
	assert_false(m4_next(&inner, &v) || m4_next(&r, &v));
}

static void more_than_a_message_is_refused(void **state)
{
	(void)state;
	struct m4_out o;
	struct m4_frame f;
	m4_begin(&o, 0, 0, M4_READ);
	size_t n = 0;
	while (!o.is_full) {
		m4_put_param(&o, 1, 2);
		n++;
	}
	assert_int_equal(n, (M4_MESSAGE_MAX - 1) / 5 + 1);
	o.is_full = false;
	m4_put_text(&o, "ab"); /* 1 + 204 * 5 + 3: not one byte is wasted */
	assert_true(o.is_full);
	assert_true(m4_decode(m4_end(&o), &f));
	assert_int_equal(f.data.size, (n - 1) * 5);
}

static void damaged_values_end_the_list(void **state)
{
	(void)state;
	static const char *const bodies[] = {"43", "43 04 00", "43 80", "43 85 00 00 00 00 01",
		"43 84 FF FF FF FF 00", "16 81", "30 82 01 00 00"};
	struct bytes b;
	struct m4_value v;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct reader r = reader_of(unhex(bodies[i], &b));
		assert_false(m4_next(&r, &v));
		assert_true(r.is_short);
	}
}

static void dates_that_do_not_exist_are_none(void **state)
{
	(void)state;
	static const char *const bad[] = {"49 02 0F 0D", "49 03 0F 02 1E", "49 04 0F 02 01 18",
		"49 03 0F 00 01", "49 09 0F 02 01 00 00 00 00 00 00", "49 05 0F 02 01 17 3C"};
	struct bytes b;
	struct m4_value v;
	struct civil c;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct reader r = reader_of(unhex(bad[i], &b));
		assert_true(m4_next(&r, &v));
		assert_int_equal(m4_archdate(&v, &c), -1);
	}
}

static void requests_are_cut_out_of_the_wake_up_and_out_of_noise(void **state)
{
	(void)state;
	struct bytes b;
	struct slice s = unhex("FF FF FF 10 FF 3F 00 00 00 00 C1 16", &b);
	struct m4_cut cut = m4_cut_request(s);
	assert_true(cut.state == M4_CUT_JUNK && cut.size == 3);
	cut = m4_cut_request((struct slice){s.data + 3, s.size - 3});
	assert_true(cut.state == M4_CUT_FULL && cut.size == 9);
	s = unhex("10 10 FF 3F 00 00 00 00 C1 16", &b);
	cut = m4_cut_request(s);
	assert_true(cut.state == M4_CUT_JUNK && cut.size == 1);
	s = unhex("10 FF 90 00 00 00 00 3F", &b);
	assert_int_equal(m4_cut_request(s).state, M4_CUT_JUNK);
	s = unhex("10 FF 90 00 00 01 04 3F", &b);
	assert_int_equal(m4_cut_reply(s, 0).state, M4_CUT_JUNK);
}

static void no_cut_and_no_flipped_bit_is_a_frame(void **state)
{
	(void)state;
	static const char *const frames[] = {
		"10 FF 90 0B 00 1E 00 61 49 08 0F 09 1D 0F 0F 01 00 00 16 0D C2 FB EF EE EB ED E5 "
		"ED 20 CF D3 D1 CA 49 00 30 00 EA 62",
		"10 FF 3F 92 29 80 86 16"};
	for (size_t k = 0; k < 2; k++) {
		struct bytes b;
		struct m4_frame f;
		struct slice s = unhex(frames[k], &b);
		assert_true(m4_decode(s, &f));
		for (size_t n = 0; n < s.size; n++) {
			assert_false(m4_decode((struct slice){s.data, n}, &f));
			assert_int_not_equal(
				m4_cut_reply((struct slice){s.data, n}, 3).state, M4_CUT_FULL);
		}
		for (size_t bit = 0; bit < s.size * 8; bit++) {
			b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_false(m4_decode(s, &f) && f.is_extended == (k == 0));
			b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_checksum_is_that_of_the_catalogue),
		cmocka_unit_test(a_session_request_is_that_of_the_documents),
		cmocka_unit_test(a_read_asks_for_parameters_by_channel_and_number),
		cmocka_unit_test(an_archive_is_asked_for_by_date),
		cmocka_unit_test(a_reply_is_told_from_its_lengths),
		cmocka_unit_test(short_replies_are_as_long_as_the_request_made_them),
		cmocka_unit_test(values_are_those_of_the_captures),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(more_than_a_message_is_refused),
		cmocka_unit_test(damaged_values_end_the_list),
		cmocka_unit_test(dates_that_do_not_exist_are_none),
		cmocka_unit_test(requests_are_cut_out_of_the_wake_up_and_out_of_noise),
		cmocka_unit_test(no_cut_and_no_flipped_bit_is_a_frame),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
