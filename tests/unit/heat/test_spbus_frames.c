/*
 * Frames of the SPBus: every published one is read as its source says and written again to the same
 * bytes; nothing damaged is taken for a frame.
 *
 * Expectations: vectors/heat.jsonl, families spbus and assv_gateway, and the worked example of the
 * sheet (CRC 6B50).
 */
#include "exchange.h"

#include "base/str.h"
#include "model/unit_text.h"
#include "proto/spbus.h"

#include <math.h>

/* "<HT>0<HT>99<FF>" */
static void body_text(struct slice body, char *to, size_t cap)
{
	size_t n = 0;
	to[0] = 0;
	for (size_t i = 0; i < body.size;) {
		char part[128] = "";
		size_t from = i;
		while (i < body.size && body.data[i] != 0x09 && body.data[i] != 0x0c) {
			i++;
		}
		(void)text_to_utf8(
			part, sizeof(part), (const char *)body.data + from, i - from, TEXT_CP866);
		/* blanks at the ends count here */
		n += (size_t)snprintf(to + n, cap - n, "%s%s",
			i > from && body.data[from] == ' ' ? " " : "", part);
		if (i < body.size) {
			n += (size_t)snprintf(
				to + n, cap - n, "%s", body.data[i++] == 0x09 ? "<HT>" : "<FF>");
		}
		assert_true(n < cap);
	}
}

/* The frame written from what was read of it, tag by tag. */
static struct slice rewritten(
	const struct spbus_head *head, struct slice body, bool has_tags, struct spbus_out *to)
{
	struct reader r = reader_of(body);
	struct spbus_tag tag;
	spbus_begin(to, head);
	while (has_tags && spbus_tag_next(&r, &tag)) {
		for (unsigned i = 0; i < tag.n; i++) {
			spbus_field(to, tag.field[i]);
		}
		spbus_tag_end(to);
	}
	assert_false(r.is_short);
	if (!has_tags) {
		spbus_bytes(to, body);
	}
	return spbus_end(to);
}

static void check_frame(const struct exchange *x, struct slice frame, bool is_stated)
{
	struct spbus_head head;
	struct slice body;
	struct spbus_out again;
	char text[2048];
	size_t lead = 0;
	struct spbus_cut cut = spbus_cut(frame);
	if (cut.state != SPBUS_CUT_FULL || cut.size != frame.size ||
		!spbus_unwrap(frame, &head, &body)) {
		fail_msg("heat.jsonl:%d: no frame", x->line);
	}
	while (frame.data[lead] == 0xff) {
		lead++;
	}
	struct slice out = rewritten(&head, body, true, &again);
	assert_int_equal(out.size, frame.size - lead);
	assert_memory_equal(out.data, frame.data + lead, out.size);
	if (!is_stated) {
		return;
	}
	const char *function = exchange_text(x->decoded, "FNC");
	assert_int_equal(head.function, strtol(function, NULL, 16));
	const json_t *to = json_object_get(x->decoded, "DAD");
	assert_int_equal(head.has_address, to != NULL);
	if (to) {
		assert_int_equal(head.to, json_integer_value(to));
		assert_int_equal(head.from, json_integer_value(json_object_get(x->decoded, "SAD")));
	}
	body_text(body, text, sizeof(text));
	assert_string_equal(text, exchange_text(x->decoded, "body"));
}

static void check_meter(const struct exchange *x, void *ctx)
{
	(void)ctx;
	/* what is stated is the reply where there is one */
	if (x->request.size) {
		check_frame(x, x->request, x->reply.size == 0);
	}
	if (x->reply.size) {
		check_frame(x, x->reply, true);
	}
}

static void every_published_frame_of_a_meter_is_read_and_written(void **state)
{
	(void)state;
	assert_int_equal(heat_each("spbus", check_meter, NULL), 15);
}

static void check_gateway(const struct exchange *x, void *ctx)
{
	struct spbus_head head;
	struct slice body;
	struct spbus_out again;
	uint8_t payload[64];
	(void)ctx;
	assert_true(spbus_unwrap(x->request, &head, &body));
	assert_int_equal(head.function, SPBUS_TUNNEL);
	assert_true(head.has_address && head.to == 0 && head.from == 0);
	assert_int_equal(head.text.size, 1);
	assert_int_equal(head.text.data[0], 0);
	size_t n = exchange_hex(exchange_text(x->decoded, "payload"), payload);
	assert_int_equal(body.size, n);
	assert_memory_equal(body.data, payload, n);
	struct slice out = rewritten(&head, body, false, &again);
	assert_int_equal(out.size, x->request.size);
	assert_memory_equal(out.data, x->request.data, out.size);
}

static void every_published_frame_of_the_gateway_is_read_and_written(void **state)
{
	(void)state;
	assert_int_equal(heat_each("assv_gateway", check_gateway, NULL), 4);
}

/* Read parameter 99 of channel 0, without addresses: the sheet's worked example. */
static const uint8_t example[] = {0x10, 0x01, 0x10, 0x1f, 0x1d, 0x10, 0x02, 0x09, '0', 0x09, '9',
	'9', 0x0c, 0x10, 0x03, 0x6b, 0x50};

static void a_request_without_addresses_is_the_sheets_example(void **state)
{
	struct spbus_out o;
	const struct spbus_head head = {.function = SPBUS_READ};
	(void)state;
	spbus_begin(&o, &head);
	spbus_pointer(&o, 0, 99);
	struct slice s = spbus_end(&o);
	assert_int_equal(s.size, sizeof(example));
	assert_memory_equal(s.data, example, sizeof(example));
}

static void an_address_of_16_is_doubled(void **state)
{
	struct spbus_out o;
	struct spbus_head head = {
		.has_address = true, .to = 0x10, .from = 0x90, .function = SPBUS_READ};
	struct slice body;
	(void)state;
	for (int i = 0; i < 2; i++) {
		spbus_begin(&o, &head);
		spbus_pointer(&o, 0, 60);
		struct slice s = spbus_end(&o);
		struct spbus_head got;
		assert_true(spbus_unwrap(s, &got, &body));
		assert_int_equal(got.to, head.to);
		assert_int_equal(got.from, head.from);
		assert_int_equal(s.size, sizeof(example) + 3);
		head = (struct spbus_head){
			.has_address = true, .to = 0x90, .from = 0x10, .function = SPBUS_VALUES};
	}
}

static void no_cut_and_no_flipped_bit_is_a_frame(void **state)
{
	uint8_t b[sizeof(example) + 2] = {0xff, 0xff};
	struct spbus_head head;
	struct slice body;
	(void)state;
	memcpy(b + 2, example, sizeof(example));
	assert_int_equal(spbus_cut(SLICE(b)).size, sizeof(b));
	for (size_t n = 0; n < sizeof(b); n++) {
		assert_int_equal(spbus_cut((struct slice){b, n}).state, SPBUS_CUT_MORE);
	}
	for (size_t bit = 16; bit < sizeof(b) * 8; bit++) {
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(spbus_unwrap(SLICE(b), &head, &body));
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void what_is_too_long_is_refused(void **state)
{
	static struct spbus_out o;
	const struct spbus_head head = {.function = SPBUS_VALUES};
	static uint8_t endless[SPBUS_CAP];
	(void)state;
	spbus_begin(&o, &head);
	for (int i = 0; i < SPBUS_CAP / 4; i++) {
		spbus_pointer(&o, 0, 60);
	}
	assert_int_equal(spbus_end(&o).size, 0);
	memset(endless, '0', sizeof(endless));
	memcpy(endless, example, 7);
	assert_int_equal(spbus_cut(SLICE(endless)).state, SPBUS_CUT_JUNK);
	memset(endless, 0xff, sizeof(endless));
	assert_int_equal(spbus_cut(SLICE(endless)).state, SPBUS_CUT_JUNK);
}

static struct slice text(const char *s)
{
	return (struct slice){(const uint8_t *)s, strlen(s)};
}

static void numbers_are_decimal_text(void **state)
{
	int v, decimals;
	(void)state;
	assert_true(spbus_int(text("063"), &v) && v == 63);
	assert_true(spbus_int(text(" 9"), &v) && v == 9);
	assert_false(spbus_int(text(""), &v));
	assert_false(spbus_int(text("65536"), &v));
	assert_false(spbus_int(text("-1"), &v));
	assert_true(spbus_number(text("2.874"), &decimals) == 2.874 && decimals == 3);
	assert_true(spbus_number(text(" -5 "), &decimals) == -5 && decimals == 0);
	assert_true(spbus_number(text("+1.5e3"), &decimals) == 1500 && decimals == -1);
	assert_true(isnan(spbus_number(text("1-3"), &decimals)));
	assert_true(isnan(spbus_number(text("inf"), &decimals)));
	assert_true(isnan(spbus_number(text(""), &decimals)));
	assert_true(isnan(spbus_number(text("0x10"), &decimals)));
	assert_true(spbus_is_error(text("\x8d\xa5\xe2?")));
	assert_false(spbus_is_error(text("20")));
	assert_true(spbus_is_no_data(text("\x8d\xa5\xe2 \xa4\xa0\xad\xad\xeb\xe5?")));
}

static void dates_are_fields_or_one_text(void **state)
{
	static const uint8_t body[] =
		"\x09"
		"14\x09"
		"10\x09"
		"2013\x09"
		"0\x09"
		"0\x09"
		"0\x0c"
		"\x09"
		"14\x09"
		"10\x09"
		"13\x09"
		"0\x09"
		"00\x09"
		"0\x0c"
		"\x09"
		"31\x09"
		"9\x09"
		"13\x09"
		"0\x09"
		"0\x09"
		"0\x0c";
	struct reader r = reader_of((struct slice){body, sizeof(body) - 1});
	struct spbus_tag a, b;
	struct civil c;
	int n[3];
	(void)state;
	assert_true(spbus_tag_next(&r, &a) && spbus_tag_next(&r, &b));
	assert_true(spbus_tag_equals(&a, &b));
	assert_true(spbus_tag_date(&b, &c));
	assert_true(c.year == 2013 && c.month == 10 && c.day == 14 && c.hour == 0);
	assert_true(spbus_tag_next(&r, &b));
	assert_false(spbus_tag_date(&b, &c)); /* there is no 31st of September */
	assert_false(spbus_tag_next(&r, &b));
	assert_false(r.is_short);
	assert_true(spbus_text_stamp(text(" 9-10-13/ 0:05:00"), &c));
	assert_true(c.day == 9 && c.month == 10 && c.year == 2013 && c.minute == 5);
	assert_false(spbus_text_stamp(text("9-10-13"), &c));
	assert_true(spbus_text_numbers(text("23-59-30"), 3, n) && n[0] == 23 && n[2] == 30);
	assert_false(spbus_text_numbers(text("23-59-30-1"), 3, n));
}

static void a_body_that_is_no_tags_says_so(void **state)
{
	static const char *const bodies[] = {"0",
		"\x09"
		"0",
		"\x0c",
		"\x09"
		"0\x0c"
		"1",
		"\x09\x09\x09\x09\x09\x09\x09\x09\x09\x0c"};
	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct reader r = reader_of(text(bodies[i]));
		struct spbus_tag tag;
		while (spbus_tag_next(&r, &tag)) {
		}
		assert_true(r.is_short);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_frame_of_a_meter_is_read_and_written),
		cmocka_unit_test(every_published_frame_of_the_gateway_is_read_and_written),
		cmocka_unit_test(a_request_without_addresses_is_the_sheets_example),
		cmocka_unit_test(an_address_of_16_is_doubled),
		cmocka_unit_test(no_cut_and_no_flipped_bit_is_a_frame),
		cmocka_unit_test(what_is_too_long_is_refused),
		cmocka_unit_test(numbers_are_decimal_text),
		cmocka_unit_test(dates_are_fields_or_one_text),
		cmocka_unit_test(a_body_that_is_no_tags_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
