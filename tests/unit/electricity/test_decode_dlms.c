/*
 * `domovoi decode dlms`: frames of GOST R 58940 and of meters that push, in the shape of `decode mbus`.
 */
#include "decode_cli.h"

#include <string.h>

#define AIDON                                                          \
	"7e a0d2 41 0883 13 82d6 e6e700 0f 40000000 00 0109"           \
	"0202 0906 0101000281ff 0a0b 4149444f4e5f5630303031"           \
	"0202 0906 0000600100ff 0a10 37333539393932383930393431373432" \
	"0202 0906 0000600107ff 0a04 36353135"                         \
	"0203 0906 0100010700ff 06 00000552 0202 0f00 161b"            \
	"0203 0906 0100020700ff 06 00000000 0202 0f00 161b"            \
	"0203 0906 0100030700ff 06 000003e4 0202 0f00 161d"            \
	"0203 0906 0100040700ff 06 00000000 0202 0f00 161d"            \
	"0203 0906 01001f0700ff 10 005d 0202 0fff 1621"                \
	"0203 0906 0100200700ff 12 09c4 0202 0fff 1623 e0c4 7e"

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	assert_non_null(s);
	return s;
}

static void a_pushed_list_has_the_records_of_any_protocol(void **state)
{
	(void)state;
	struct decode_result *r = decode_run("dlms --json -", AIDON);
	json_t *j = decode_json(r);
	const json_t *records = json_object_get(j, "records");
	assert_int_equal(r->code, 0);
	assert_string_equal(text(j, "id"), "7359992890941742");
	assert_string_equal(text(json_object_get(j, "link"), "kind"), "hdlc");
	assert_int_equal(json_array_size(records), 9);
	const json_t *power = json_array_get(records, 3), *amps = json_array_get(records, 7);
	assert_string_equal(text(power, "quantity"), "active_power");
	assert_string_equal(text(power, "unit"), "W");
	assert_int_equal((int)json_number_value(json_object_get(power, "value")), 1362);
	assert_float_equal(json_number_value(json_object_get(amps, "value")), 9.3, 1e-9);
	assert_string_equal(text(amps, "name"), "1-0:31.7.0");
	json_decref(j);
}

static void a_reply_is_named_by_its_request(void **state)
{
	(void)state;
	struct decode_result *r = decode_run(
		"dlms --json --request c00181000301001507 -", "c4018100");
	assert_int_not_equal(r->code, 0); /* half a request */
	r = decode_run("dlms --json --request c0018100030100150700ff0200 -",
		"7e a0 16 61 02 21 96 26 03 e6 e7 00 c4 01 81 00 05 00 00 00 00 b7 c2 7e");
	assert_int_equal(r->code, 0);
	json_t *j = decode_json(r);
	const json_t *record = json_array_get(json_object_get(j, "records"), 0);
	assert_string_equal(text(record, "name"), "1-0:21.7.0");
	assert_string_equal(text(record, "quantity"), "active_power");
	assert_true(json_number_value(json_object_get(record, "value")) == 0);
	json_decref(j);
}

static void results_of_a_list_are_named_by_its_request(void **state)
{
	(void)state;
	/* u9n/dlms-cosem test_get.py: device name and clock */
	struct decode_result *r = decode_run(
		"dlms --json --request c003c102000100002a0000ff020000080000010000ff0200 -",
		"c403c10200091049534b3130333037373737363433363600090c07e50603040e091700ffc400");
	assert_int_equal(r->code, 0);
	json_t *j = decode_json(r);
	const json_t *records = json_object_get(j, "records");
	assert_int_equal(json_array_size(records), 2);
	assert_string_equal(text(json_array_get(records, 0), "name"), "0-0:42.0.0");
	assert_string_equal(text(json_array_get(records, 0), "text"), "ISK1030777764366");
	assert_string_equal(text(json_array_get(records, 1), "name"), "0-0:1.0.0");
	assert_string_equal(text(json_array_get(records, 1), "value"), "2021-06-03T14:09:23");
	assert_string_equal(text(json_object_get(j, "apdu"), "kind"), "GET reply, list");
	json_decref(j);
}

static void a_telegram_in_frames_of_m_bus_needs_its_key(void **state)
{
	(void)state;
	/* athombv/node-dsmr-parser, austria-example-1.txt */
	static const char telegram[] =
		"68fafa6853ff000167db084b464d675000000981f82000000023"
		"88d5ab4f97515aafc6b88d2f85daa7a0e3c0c40d004535c397c9d037ab7dbda329107615444894a1"
		"a0dd7e85f02d496cecd3ff46af5fb3c9229cfe8f3ee4606ab2e1f409f36aad2e50900a4396fc6c2e"
		"083f373233a69616950758bfc7d63a9e9b6e99e21b2cbc2b934772ca51fd4d69830711cab1f8cff2"
		"5f0a329337cba51904f0caed88d61968743c8454ba922eb00038182c22fe316d16f2a9f544d6f75d"
		"51a4e92a1c4ef8ab19a2b7feaa32d0726c0ed80229ae6c0f7621a4209251ace2b2bc66ff0327a653"
		"bb686c756be033c7a281f1d2a7e1fa31c3983e15f8fd16cc5787e6f51716"
		"6814146853ff110167419a3cfda44be438c96f0e38bf83d98316";
	struct decode_result *r = decode_run("dlms -", telegram);
	assert_int_equal(r->code, 1);
	r = decode_run("dlms --json --key 36c66639e48a8ca4d6bc8b282a793bbb -", telegram);
	assert_int_equal(r->code, 0);
	json_t *j = decode_json(r);
	assert_string_equal(text(j, "id"), "181220000009");
	assert_string_equal(text(json_object_get(j, "link"), "kind"), "mbus");
	const json_t *energy = json_array_get(json_object_get(j, "records"), 0);
	assert_int_equal((int)json_number_value(json_object_get(energy, "value")), 12937);
	assert_string_equal(text(energy, "unit"), "Wh");
	json_decref(j);
}

static void a_broken_frame_says_where(void **state)
{
	(void)state;
	struct decode_result *r = decode_run("dlms -", "7e a0 08 02 21 21 93 05 d2 7e");
	assert_int_equal(r->code, 1);
	assert_non_null(strstr(r->err, "byte 0"));
	r = decode_run("dlms -", "db08 4b464d6750000009 12 20 00000023 88d5ab4f97515aafc6b88d2f85");
	assert_int_equal(r->code, 1);
	assert_non_null(strstr(r->err, "--key"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pushed_list_has_the_records_of_any_protocol),
		cmocka_unit_test(a_reply_is_named_by_its_request),
		cmocka_unit_test(results_of_a_list_are_named_by_its_request),
		cmocka_unit_test(a_telegram_in_frames_of_m_bus_needs_its_key),
		cmocka_unit_test(a_broken_frame_says_where),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
