/*
 * `domovoi decode mbus` keeps its contract: JSON fields, exit codes, one line on stderr.
 */
#include "decode_cli.h"

#include <string.h>

static json_int_t integer(const json_t *j, const char *key)
{
	const json_t *v = json_object_get(j, key);
	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static const char *text(const json_t *j, const char *key)
{
	const json_t *v = json_object_get(j, key);
	assert_true(json_is_string(v));
	return json_string_value(v);
}

/* One line, with a line break at its end, that contains `what`. */
static void check_line(const char *err, const char *what)
{
	if (!strstr(err, what)) {
		(void)printf("'%s' is not in: %s\n", what, err);
	}
	assert_non_null(strstr(err, what));
	assert_true(err[0] && strchr(err, '\n') == err + strlen(err) - 1);
}

/* The example of the M-Bus documentation: volume, maximum flow, energy. */
static const char example[] =
	"68 1F 1F 68 08 02 72 78 56 34 12 24 40 01 07 55 00 00 00\n03131531 00"
	"\r\n DA 02 3B 13 01 8b 60 04 37 18 02 18 16\n";

static void json_has_every_field_of_the_contract(void **state)
{
	(void)state;
	struct decode_result *r = decode_run("mbus --json -", example);
	assert_int_equal(r->code, 0);
	assert_string_equal(r->err, "");
	json_t *j = decode_json(r), *link = json_object_get(j, "link"),
	       *records = json_object_get(j, "records");
	assert_true(
		integer(link, "c") == 8 && integer(link, "a") == 2 && integer(link, "ci") == 0x72);
	assert_string_equal(text(j, "id"), "12345678");
	assert_string_equal(text(j, "manufacturer"), "PAD");
	assert_true(integer(j, "version") == 1 && integer(j, "medium") == 7);
	assert_true(integer(j, "access") == 0x55 && integer(j, "status") == 0);
	assert_int_equal(json_array_size(records), 3);
	const json_t *first = json_array_get(records, 0), *second = json_array_get(records, 1);
	const json_t *third = json_array_get(records, 2);
	assert_string_equal(text(first, "function"), "instantaneous");
	assert_string_equal(text(first, "quantity"), "volume");
	assert_string_equal(text(first, "unit"), "m3");
	assert_true(json_real_value(json_object_get(first, "value")) == 12.565);
	assert_true(json_is_null(json_object_get(first, "text")));
	assert_string_equal(text(first, "raw"), "0313153100");
	assert_true(integer(first, "storage") == 0 && integer(first, "tariff") == 0);
	assert_string_equal(text(second, "function"), "maximum");
	assert_true(integer(second, "storage") == 5);
	assert_true(integer(third, "tariff") == 2 && integer(third, "subunit") == 1);
	assert_true(json_real_value(json_object_get(third, "value")) == 218.37);
	/* exact in print too */
	assert_non_null(strstr(r->out, "\"value\": 218.37,"));
	json_decref(j);
}

static void dates_are_values_and_unknown_is_null(void **state)
{
	(void)state;
	/* date, invalid date, BCD that is none, maker data */
	struct decode_result *r = decode_run("mbus - --json",
		"68 16 16 68 08 01 78 02 6C FF 0C 02 6C FF FF 0A 3B DB BB 0F 01 02 03 04 05 06 65 16");
	if (r->code != 0) {
		(void)printf("%s", r->err);
	}
	assert_int_equal(r->code, 0);
	json_t *j = decode_json(r), *records = json_object_get(j, "records");
	assert_true(json_is_null(json_object_get(j, "id")));
	assert_int_equal(json_array_size(records), 4);
	assert_string_equal(text(json_array_get(records, 0), "value"), "2007-12-31");
	for (size_t i = 1; i < 4; i++) {
		assert_true(json_is_null(json_object_get(json_array_get(records, i), "value")));
	}
	assert_string_equal(text(json_array_get(records, 3), "raw"), "0F010203040506");
	json_decref(j);
}

static void a_broken_frame_is_one_line_that_names_the_byte(void **state)
{
	(void)state;
	static const struct {
		const char *hex, *what;
	} cases[] = {
		{"68 1F 1F 68 08 02 72 78 56 34 12 24 40 01 07 55 00 00 00 03 13 15 31 00 DA 02 3B 13 01 8B 60 04 "
		 "37 18 02 19 16",
			"byte 35: checksum 19, computed 18"},
		{"68 03 04 68 08 01 70 79 16", "byte 2"},
		{"68 03 03 69 08 01 70 79 16", "byte 3"},
		{"68 00 00 68 08 16", "byte 1"},
		{"68 03 03 68 08 01 70", "byte 7"},
		{"68 03 03 68 08 01 70 79 17", "byte 8"},
		{"68 03 03 68 08 01 70 79 16 00", "byte 9"},
		{"10 40 01 42 16", "byte 3"},
		{"42", "byte 0"},
		{"", "byte 0"},
		{"6", "odd number"},
		{"68 xx", "position 3"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct decode_result *r = decode_run("mbus --json -", cases[i].hex);
		assert_int_equal(r->code, 1);
		assert_string_equal(r->out, "");
		check_line(r->err, cases[i].what);
	}
}

static void a_frame_broken_inside_tells_what_was_before(void **state)
{
	(void)state;
	struct decode_result *r = decode_run("mbus --json -",
		"68 1C 1C 68 08 02 72 78 56 34 12 24 40 01 07 55 00 00 00 03 13 15 31 00 DA 02 3B 13 01 8B 60 04 "
		"C7 16");
	assert_int_equal(r->code, 1);
	check_line(r->err, "byte 32");
	json_t *j = decode_json(r);
	assert_int_equal(json_array_size(json_object_get(j, "records")), 2);
	assert_non_null(strstr(text(j, "error"), "byte 32"));
	json_decref(j);
}

static void an_application_error_is_reported(void **state)
{
	(void)state;
	struct decode_result *r = decode_run("mbus --json -", "68 04 04 68 08 01 70 08 81 16");
	assert_int_equal(r->code, 1);
	check_line(r->err, "application busy");
	json_t *j = decode_json(r);
	assert_string_equal(text(j, "error"), "application busy");
	assert_int_equal(json_array_size(json_object_get(j, "records")), 0);
	json_decref(j);
}

static void requests_and_acknowledges_are_frames_too(void **state)
{
	(void)state;
	struct decode_result *r = decode_run("mbus --json -", "10 7B 02 7D 16");
	assert_int_equal(r->code, 0);
	json_t *j = decode_json(r);
	assert_true(integer(json_object_get(j, "link"), "c") == 0x7b);
	assert_true(json_is_null(json_object_get(json_object_get(j, "link"), "ci")));
	json_decref(j);
	r = decode_run("mbus -", "E5");
	assert_int_equal(r->code, 0);
	assert_non_null(strstr(r->out, "ack\n"));
}

static void people_get_a_table(void **state)
{
	(void)state;
	struct decode_result *r = decode_run("mbus -", example);
	assert_int_equal(r->code, 0);
	assert_non_null(strstr(r->out, "12345678"));
	assert_non_null(strstr(r->out, "218.37 kWh"));
	assert_non_null(strstr(r->out, "12.565 m3"));
}

static void a_wrong_command_line_is_code_2(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "mbus", "nothing -", "mbus - --what", "mbus a b"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(decode_run(wrong[i], "")->code, 2);
	}
	struct decode_result *r = decode_run("mbus /nonexistent/frame.hex", "");
	assert_int_equal(r->code, 1);
	check_line(r->err, "/nonexistent/frame.hex");
	assert_int_equal(decode_run("--help", "")->code, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_has_every_field_of_the_contract),
		cmocka_unit_test(dates_are_values_and_unknown_is_null),
		cmocka_unit_test(a_broken_frame_is_one_line_that_names_the_byte),
		cmocka_unit_test(a_frame_broken_inside_tells_what_was_before),
		cmocka_unit_test(an_application_error_is_reported),
		cmocka_unit_test(requests_and_acknowledges_are_frames_too),
		cmocka_unit_test(people_get_a_table),
		cmocka_unit_test(a_wrong_command_line_is_code_2),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
