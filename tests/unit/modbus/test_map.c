/*
 * test_map.c - files of meters/: all are good, and what is wrong with a bad one is said by line
 */
#include "test.h"

#include "base/str.h"
#include "poll/meter_file.h"
#include "poll/meter_map.h"

#include <string.h>

/* A good map, one line each; a test replaces or adds lines. */
#define HEAD                                                                                        \
	"name: m\ntitle: M\nmaker: X\nmedium: heat\nconfidence: A\nsources: [a manual]\n" /* 1-6 */ \
	"function: 4\n"                                                                   /* 7 */
#define REGISTERS                                            \
	"registers:\n"                                       \
	"  - {key: voltage.l1, at: 0, type: f32, unit: V}\n" \
	"  - {key: active_energy, at: 0x10, type: u32, scale: 0.01, unit: kWh}\n" /* 8-10 */
#define ARCHIVE                  \
	"archives:\n"            \
	"  - period: hour\n"     \
	"    depth: 10\n"        \
	"    form: amount\n"     \
	"    label: end\n"       \
	"    access: direct\n"   \
	"    numbering: slots\n" \
	"    at: 0x100\n"        \
	"    size: 4\n" /* 11-19 */

static struct modbus_map *parse(const char *text)
{
	struct modbus_map *m = NULL;
	struct diag diag = {0};
	struct slice s = {(const uint8_t *)text, strlen(text)};
	if (meter_map_parse("m", s, &m, &diag)) {
		fail_msg("%s\n%s", diag.text, text);
	}
	return m;
}

static void must_fail(const char *text, size_t line, const char *words)
{
	struct modbus_map *m = NULL;
	struct diag diag = {0};
	char place[40];
	struct slice s = {(const uint8_t *)text, strlen(text)};
	(void)snprintf(place, sizeof(place), "m.yaml:%zu: ", line);
	assert_int_equal(meter_map_parse("m", s, &m, &diag), ERR_PARSE);
	assert_null(m);
	if (!strstr(diag.text, words) || strncmp(diag.text, place, strlen(place)) != 0) {
		fail_msg("'%s' is not '%s...%s'", diag.text, place, words);
	}
	assert_int_equal(diag.offset, line);
}

static void a_small_map_has_what_the_file_says(void **state)
{
	(void)state;
	struct modbus_map *m = parse(HEAD REGISTERS);
	assert_string_equal(m->name, "m");
	assert_int_equal(m->registers_count, 2);
	const struct modbus_register *r = &m->registers[1];
	assert_string_equal(r->key, "active_energy");
	assert_int_equal(r->quantity, QUANTITY_ACTIVE_ENERGY);
	assert_int_equal(r->unit, UNIT_KWH);
	assert_int_equal(r->function, 4);
	assert_int_equal(r->at, 16);
	assert_int_equal(r->words, 2);
	assert_int_equal(r->decimals_or_less, 2);
	assert_true(r->denominator == 100);
	assert_int_equal(m->registers[0].decimals_or_less, -1);
	assert_int_equal(m->blocks_count, 2);
	meter_map_free(m);
}

static void neighbours_are_read_together_as_far_as_allowed(void **state)
{
	const char *registers =
		"registers:\n"
		"  - {key: voltage.l2, at: 2, type: f32, unit: V}\n"
		"  - {key: voltage.l1, at: 0, type: f32, unit: V}\n"
		"  - {key: current, at: 6, type: f32, unit: A}\n"
		"  - {key: frequency, at: 4, type: f32, unit: Hz, function: 3}\n"
		"  - {key: thd, at: 8, type: f32, unit: percent}\n";
	static const struct {
		const char *limits;
		unsigned blocks, counts[4];
	} cases[] = {{"", 3, {2, 4, 4}}, {"block_gap: 2\n", 2, {2, 10}},
		{"block_gap: 2\nblock_max: 8\n", 3, {2, 8, 2}},
		{"block_max: 2\n", 5, {2, 2, 2, 2}}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[1024];
		(void)snprintf(text, sizeof(text), HEAD "%s%s", cases[i].limits, registers);
		struct modbus_map *m = parse(text);
		assert_int_equal(m->blocks_count, cases[i].blocks);
		for (unsigned b = 0; b < m->blocks_count && b < 4; b++) {
			assert_int_equal(m->blocks[b].count, cases[i].counts[b]);
		}
		meter_map_free(m);
	}
}

static void what_the_format_forbids_is_named_by_line(void **state)
{
	(void)state;
	must_fail("", 0, "empty");
	must_fail("- a\n", 0, "MAPPING");
	must_fail(HEAD "colour: red\n" REGISTERS, 8, "Unexpected key: colour");
	must_fail(HEAD "registers:\n  - {key: voltage, at: 0, typo: f32}\n", 9,
		"Unexpected key: typo");
	must_fail(HEAD "registers:\n  - {key: voltage, type: f32, unit: V}\n", 9, "field: at");
	must_fail(HEAD "registers:\n  - {key: voltage, at: zero, type: f32, unit: V}\n", 9, "zero");
	must_fail(
		HEAD "registers:\n  - {key: voltage, at: 70000, type: f32, unit: V}\n", 9, "70000");
	must_fail(HEAD "registers:\n  - {key: voltage, at: 0, type: f16, unit: V}\n", 9, "f16");
	must_fail(HEAD "registers:\n  - {key: voltage, at: 0, type: f32, unit: bananas}\n", 9,
		"bananas");
	must_fail(HEAD "registers: []\n", 8, "entries");
	must_fail(HEAD "registers: 5\n", 8, "SEQUENCE");
	must_fail(HEAD REGISTERS "name: again\n", 11, "already seen: name");
	must_fail("title: M\n", 1, "name");
	must_fail(HEAD "registers:\n  - {key: voltage, at: 0]\n", 9, "expected");
	must_fail(HEAD "registers: *alias\n", 8, "alias");
}

static void what_contradicts_itself_is_named_by_line(void **state)
{
	(void)state;
	must_fail(HEAD
		"registers:\n"
		"  - key: voltage.l1\n    at: 0\n    type: f32\n    unit: kWh\n",
		12, "does not measure voltage");
	must_fail(HEAD "registers:\n  - {key: volts, at: 0, type: f32, unit: V}\n", 9,
		"does not begin with a quantity");
	must_fail(HEAD
		"registers:\n  - {key: Voltage, quantity: voltage, at: 0, type: f32, "
		"unit: V}\n",
		9, "key 'Voltage'");
	must_fail(HEAD REGISTERS "  - {key: voltage.l1, at: 2, type: f32, unit: V}\n", 11, "twice");
	must_fail(HEAD REGISTERS "  - {key: current, at: 2, type: f32, scale: 0, unit: A}\n", 11,
		"scale '0'");
	must_fail(HEAD REGISTERS "  - {key: current, at: 0xFFFF, type: f32, unit: A}\n", 11,
		"behind register 65535");
	must_fail(HEAD REGISTERS "  - {key: current, at: 2, type: f32, function: 6, unit: A}\n", 11,
		"function 3 or 4");
	must_fail(HEAD REGISTERS "  - {key: current, at: 2, type: text, words: 2, unit: A}\n", 11,
		"cannot be measured");
	must_fail(HEAD REGISTERS "  - {key: serial_number, at: 2, type: text}\n", 11, "'words'");
	must_fail(HEAD REGISTERS "  - {key: current, at: 2, words: 1, type: f32, unit: A}\n", 11,
		"takes 2 registers");
	must_fail(HEAD REGISTERS "  - {key: current, at: 2, type: f32, minus: 3, unit: A}\n", 11,
		"'minus'");
	must_fail(HEAD REGISTERS "  - {key: current, at: 2, type: f32, capacity: x, unit: A}\n", 11,
		"capacity 'x'");
	must_fail(HEAD "block_max: 126\n" REGISTERS, 8, "at most 125");
	must_fail(HEAD "line: {framing: 9N1}\n" REGISTERS, 8, "framing");
	must_fail(
		HEAD REGISTERS "blocks:\n  - {at: 0, count: 2}\n", 12, "active_energy is in none");
	must_fail(HEAD REGISTERS "blocks:\n  - {at: 0, count: 2}\n  - {at: 9, count: 200}\n", 13,
		"1 to 125");
	must_fail(HEAD REGISTERS "clock: {at: 9, layout: yy mo dd, time: utc}\n", 11, "layout");
	must_fail(HEAD REGISTERS "clock: {at: 9, layout: hh mi, time: utc}\n", 11, "layout");
	must_fail(HEAD REGISTERS "clock: {at: 9, layout: epoch, time: utc, write: 6}\n", 11,
		"6 (one register)");
}

static void archives_that_cannot_be_read_are_named_by_line(void **state)
{
	const char *stamp = "    stamp: {at: 0, layout: epoch, time: utc}\n"; /* 20 */
	const char *field = "    fields:\n      - {key: volume, at: 2, type: u32, unit: m3}\n";
	char text[2048];
	(void)state;
#define TEXT(...) (snprintf(text, sizeof(text), __VA_ARGS__) > 0 ? text : "")
	meter_map_free(parse(TEXT(HEAD REGISTERS ARCHIVE "%s%s", stamp, field)));
	must_fail(TEXT(HEAD REGISTERS ARCHIVE "%s", field), 21, "stamp");
	must_fail(TEXT(HEAD REGISTERS ARCHIVE "%s    fields:\n      - {key: volume, at: 3, type: "
					      "u32, unit: m3}\n",
			  stamp),
		22, "behind register 3");
	must_fail(TEXT(HEAD REGISTERS ARCHIVE "    stamp: {at: 3, layout: epoch, time: utc}\n%s",
			  field),
		20, "behind register 3");
	must_fail(TEXT(HEAD REGISTERS ARCHIVE "    stride: 3\n%s%s", stamp, field), 20, "stride");
	must_fail(TEXT(HEAD REGISTERS ARCHIVE "    first: 16382\n%s%s", stamp, field), 13,
		"behind register 65535");
	must_fail(TEXT(HEAD REGISTERS ARCHIVE "    abnormal: status\n%s%s", stamp, field), 20,
		"no field 'status'");
	must_fail(TEXT(HEAD REGISTERS ARCHIVE "%s%s      - {key: volume, at: 0, type: u32, unit: "
					      "m3}\n",
			  stamp, field),
		23, "twice");
#undef TEXT
}

static void files_that_grow_without_bound_are_refused(void **state)
{
	struct buf b;
	struct modbus_map *m = NULL;
	(void)state;
	buf_init(&b, 1 << 20);
	buf_str(&b, HEAD "registers:\n");
	for (int i = 0; i < 600; i++) {
		buf_printf(&b, "  - {key: voltage.%d, at: %d, type: u16, unit: V}\n", i, i);
	}
	assert_int_equal(meter_map_parse("m", buf_slice(&b), &m, NULL), ERR_PARSE);
	assert_null(m);
	buf_fini(&b);
}

static void every_file_of_meters_is_good_and_says_where_it_is_from(void **state)
{
	char **names;
	size_t n;
	struct diag diag = {0};
	(void)state;
	assert_int_equal(meter_map_list(&names, &n, &diag), ERR_OK);
	assert_true(n >= 12);
	for (size_t i = 0; i < n; i++) {
		const struct modbus_map *m, *again;
		if (meter_map_load(names[i], &m, &diag)) {
			fail_msg("%s", diag.text);
		}
		assert_string_equal(m->name, names[i]);
		assert_true(m->sources_count > 0 && m->title[0] && m->maker[0]);
		assert_int_equal(meter_map_load(names[i], &again, NULL), ERR_OK);
		assert_ptr_equal(m, again);
		assert_true(i == 0 || strcmp(names[i - 1], names[i]) < 0);
	}
	meter_file_list_free(names, n);
}

static void the_example_of_the_manual_is_good(void **state)
{
	const char *source = getenv("DOMOVOI_SOURCE");
	char path[1024];
	struct buf b;
	struct modbus_map *m = NULL;
	struct diag diag = {0};
	(void)state;
	(void)snprintf(path, sizeof(path), "%s/docs/meter-maps.md", source ? source : ".");
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	buf_init(&b, 1 << 20);
	char line[1024];
	bool is_inside = false;
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "```", 3) == 0) {
			is_inside = strcmp(line, "```yaml\n") == 0;
		} else if (is_inside) {
			buf_str(&b, line);
		}
	}
	(void)fclose(f);
	if (meter_map_parse("example_heat", buf_slice(&b), &m, &diag)) {
		fail_msg("%s", diag.text);
	}
	assert_int_equal(m->archives_count, 1);
	assert_int_equal(m->blocks_count, 2);
	meter_map_free(m);
	buf_fini(&b);
}

static void a_name_never_leaves_the_directory(void **state)
{
	const struct modbus_map *m;
	struct diag diag = {0};
	(void)state;
	assert_int_equal(meter_map_load("../secret", &m, &diag), ERR_NOTFOUND);
	assert_int_equal(meter_map_load("", &m, &diag), ERR_NOTFOUND);
	assert_int_equal(meter_map_load("no_such_meter", &m, &diag), ERR_NOTFOUND);
	assert_non_null(strstr(diag.text, "no_such_meter"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_map_has_what_the_file_says),
		cmocka_unit_test(neighbours_are_read_together_as_far_as_allowed),
		cmocka_unit_test(what_the_format_forbids_is_named_by_line),
		cmocka_unit_test(what_contradicts_itself_is_named_by_line),
		cmocka_unit_test(archives_that_cannot_be_read_are_named_by_line),
		cmocka_unit_test(files_that_grow_without_bound_are_refused),
		cmocka_unit_test(every_file_of_meters_is_good_and_says_where_it_is_from),
		cmocka_unit_test(the_example_of_the_manual_is_good),
		cmocka_unit_test(a_name_never_leaves_the_directory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
