/*
 * test_cli.c - the commissioning commands as a person or a script calls them: exit codes, one line of
 * error, JSON
 */
#include "test.h"

#include <jansson.h>
#include <pty.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static char work[] = "/tmp/domovoi-cli-XXXXXX";
static char out[1 << 18];
static char err[1 << 14];

static void slurp(const char *name, char *to, size_t cap)
{
	char path[64];
	(void)snprintf(path, sizeof(path), "%s/%s", work, name);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	size_t n = fread(to, 1, cap - 1, f);
	to[n] = 0;
	(void)fclose(f);
}

/* Run `domovoi ARGS` in the folder of recordings; output in out and err. */
__attribute__((format(printf, 1, 2))) static int domovoi(const char *args, ...)
{
	char words[1024];
	char line[2048];
	va_list ap;
	va_start(ap, args);
	(void)vsnprintf(words, sizeof(words), args, ap);
	va_end(ap);
	(void)snprintf(line, sizeof(line), "cd '%s/tests/rec' && '%s' %s >%s/out 2>%s/err",
		getenv("DOMOVOI_SOURCE"), getenv("DOMOVOI"), words, work, work);
	int status = system(line);
	assert_true(WIFEXITED(status));
	slurp("out", out, sizeof(out));
	slurp("err", err, sizeof(err));
	return WEXITSTATUS(status);
}

__attribute__((format(printf, 1, 2))) static void shell(const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	assert_int_equal(system(line), 0);
}

static void must_say_one_line(const char *what)
{
	const char *end = strchr(err, '\n');
	if (!end || end[1] || !strstr(err, what)) {
		fail_msg("stderr is not one line with '%s': %s", what, err);
	}
}

static json_t *parsed(void)
{
	json_error_t why;
	json_t *j = json_loads(out, 0, &why);
	if (!j) {
		fail_msg("not JSON: %s in %.200s", why.text, out);
	}
	return j;
}

#define READ_PZEM                                                                    \
	"read --driver modbus --link replay:modbus_pzem_004t_1.rec --set address=1 " \
	"--set model=pzem_004t "

static void read_gives_numbers_to_machines(void **state)
{
	(void)state;
	assert_int_equal(domovoi(READ_PZEM "--json"), 0);
	json_t *j = parsed();
	assert_string_equal(json_string_value(json_object_get(j, "driver")), "modbus");
	assert_string_equal(
		json_string_value(json_object_get(j, "link")), "replay:modbus_pzem_004t_1.rec");
	json_t *samples = json_object_get(j, "samples");
	assert_int_equal(json_array_size(samples), 7);
	json_t *s = json_array_get(samples, 0);
	assert_string_equal(json_string_value(json_object_get(s, "key")), "voltage");
	assert_string_equal(json_string_value(json_object_get(s, "quantity")), "voltage");
	assert_string_equal(json_string_value(json_object_get(s, "unit")), "V");
	assert_float_equal(json_number_value(json_object_get(s, "value")), 242.7, 0);
	assert_true(json_is_null(json_object_get(s, "text")));
	assert_string_equal(json_string_value(json_object_get(s, "form")), "now");
	assert_true(json_is_null(json_object_get(s, "utc")));
	assert_string_equal(json_string_value(json_object_get(s, "quality")), "MEASURED");
	assert_int_equal(json_integer_value(json_object_get(s, "decimals")), 1);
	assert_string_equal(err, "");
	json_decref(j);
}

static void read_gives_missing_values_as_null(void **state)
{
	(void)state;
	assert_int_equal(
		domovoi("read --driver mbus --link replay:mbus_elster_f96.rec --set address=0 --json"),
		0);
	json_t *j = parsed();
	json_t *samples = json_object_get(j, "samples");
	size_t i;
	json_t *s;
	int found = 0;
	json_array_foreach(samples, i, s)
	{
		if (strcmp(json_string_value(json_object_get(s, "key")), "flow") == 0) {
			assert_true(json_is_null(json_object_get(s, "value")));
			assert_string_equal(
				json_string_value(json_object_get(s, "quality")), "MISSING");
			found++;
		}
	}
	assert_int_equal(found, 1);
	json_decref(j);
}

static void read_gives_a_table_to_people(void **state)
{
	(void)state;
	assert_int_equal(domovoi(READ_PZEM), 0);
	assert_non_null(strstr(out, "voltage"));
	assert_non_null(strstr(out, "242.7  V"));
	assert_non_null(strstr(out, "active energy, import"));
	assert_non_null(strstr(out, "MEASURED"));
}

static void read_identifies_a_meter(void **state)
{
	(void)state;
	assert_int_equal(
		domovoi("read --driver=mbus --link=replay:mbus_gwf_mtkcoder.rec --set=address=1 "
			"--identify --json"),
		0);
	json_t *j = parsed();
	json_t *who = json_object_get(j, "identity");
	assert_string_equal(json_string_value(json_object_get(who, "serial")), "00182007");
	assert_string_equal(json_string_value(json_object_get(who, "maker")), "GWF");
	assert_int_equal(json_array_size(json_object_get(j, "samples")), 0);
	json_decref(j);
}

static void read_says_what_to_check_when_nobody_answers(void **state)
{
	(void)state;
	assert_int_equal(
		domovoi("read --driver mbus --link replay:mbus_gwf_mtkcoder.rec --set address=9"),
		1);
	must_say_one_line("no answer");
	must_say_one_line("check address, baud rate, wiring");
	assert_int_equal(
		domovoi("read --driver mbus --link replay:mbus_gwf_mtkcoder.rec --set address=9 --json"),
		1);
	json_t *j = parsed();
	assert_string_equal(json_string_value(json_object_get(j, "error")), "TIMEOUT");
	json_decref(j);
	assert_int_equal(domovoi("read --driver mbus --link serial:/dev/no-such-port"), 1);
	must_say_one_line("/dev/no-such-port");
	assert_int_equal(domovoi("read --driver mbus --link serial:/dev/null"), 1);
	must_say_one_line("not a serial port");
}

static void a_wrong_command_line_is_exit_code_two(void **state)
{
	(void)state;
	static const struct {
		const char *args, *says;
	} cases[] = {
		{"read", "--driver"},
		{"read --driver mbus", "--link"},
		{"read --driver nobody --link tcp://127.0.0.1:1", "no driver 'nobody'"},
		{"read --driver mbus --link ftp://x", "ftp://x"},
		{"read --driver mbus --link replay:mbus_abb_f95.rec --set colour=red", "colour"},
		{"read --driver mbus --link replay:mbus_abb_f95.rec --set address=999", "address"},
		{"read --driver modbus --link replay:mbus_abb_f95.rec --set model=nothing",
			"nothing"},
		{"read --driver mbus --link replay:mbus_abb_f95.rec --framing 8X1", "8X1"},
		{"read --driver mbus --link replay:mbus_abb_f95.rec --baud fast", "--baud"},
		{"read --driver mbus --link replay:mbus_abb_f95.rec --zone Mars/Olympus", "--zone"},
		{"read --driver mbus --link replay:mbus_abb_f95.rec --archive week", "week"},
		{"read --driver mbus --link replay:mbus_abb_f95.rec --archive day --from tomorrow",
			"tomorrow"},
		{"read --driver", "wants a value"},
		{"read --json=1", "takes no value"},
		{"read --colour", "--colour"},
		{"read meter", "'meter'"},
		{"scan", "--link"},
		{"scan --link replay:mbus_abb_f95.rec --baud 300,slow", "--baud"},
		{"trace", "--link"},
		{"trace --link carrier-pigeon:7", "carrier-pigeon"},
		{"replay", "which recording"},
		{"drivers mbus modbus", "one name"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int code = domovoi("%s", cases[i].args);
		if (code != 2) {
			fail_msg("'%s': exit code %d", cases[i].args, code);
		}
		must_say_one_line(cases[i].says);
	}
}

static void a_conversation_can_be_recorded_and_replayed(void **state)
{
	(void)state;
	assert_int_equal(domovoi(READ_PZEM "--trace %s/mine.rec", work), 0);
	assert_int_equal(domovoi("replay --json %s/mine.rec", work), 0);
	json_t *j = parsed();
	json_t *file = json_array_get(j, 0);
	assert_true(json_is_true(json_object_get(file, "ok")));
	assert_int_equal(json_array_size(json_object_get(file, "samples")), 7);
	json_decref(j);
}

static void replay_checks_and_names_the_difference(void **state)
{
	(void)state;
	assert_int_equal(domovoi("replay mbus_abb_f95.rec modbus_kbr_f144.rec"), 0);
	assert_non_null(strstr(out, "modbus_kbr_f144.rec: 3 of 3 as expected"));
	shell("sed 's/^= hca_units 1987/= hca_units 1988/' '%s/tests/rec/mbus_relay_padpuls3.rec' "
	      ">%s/wrong.rec",
		getenv("DOMOVOI_SOURCE"), work);
	shell("cp '%s/tests/rec/mbus_relay_padpuls3.rec' %s/right.rec", getenv("DOMOVOI_SOURCE"),
		work);
	assert_int_equal(domovoi("replay %s/wrong.rec %s/right.rec", work, work), 1);
	must_say_one_line("hca_units: 1987 HCA");
	assert_non_null(strstr(out, "right.rec: 5 of 5 as expected"));
	assert_int_equal(domovoi("replay %s/no-such.rec", work), 1);
	must_say_one_line("no-such.rec");
	assert_int_equal(domovoi("replay ../meson.build"), 1);
	must_say_one_line("line 3"); /* the first two are comments to a recording, too */
}

static void drivers_are_listed_for_people_and_machines(void **state)
{
	(void)state;
	assert_int_equal(domovoi("drivers"), 0);
	assert_non_null(strstr(out, "mbus"));
	assert_int_equal(domovoi("drivers modbus"), 0);
	assert_non_null(strstr(out, "sdm630"));
	assert_non_null(strstr(out, "address"));
	assert_int_equal(domovoi("drivers --json"), 0);
	json_t *j = parsed();
	assert_true(json_array_size(j) >= 2);
	const json_t *modbus = NULL;
	for (size_t i = 0; i < json_array_size(j); i++) {
		const json_t *driver = json_array_get(j, i);
		if (strcmp(json_string_value(json_object_get(driver, "name")), "modbus") == 0) {
			modbus = driver;
		}
	}
	assert_non_null(modbus);
	assert_true(json_array_size(json_object_get(modbus, "models")) >= 12);
	assert_true(json_array_size(json_object_get(modbus, "params")) > 5);
	json_decref(j);
	assert_int_equal(domovoi("drivers nobody"), 1);
	must_say_one_line("not found");
}

static void scan_finds_who_answers(void **state)
{
	(void)state;
	assert_int_equal(
		domovoi("scan --driver mbus --set scan=primary --link replay:mbus_gwf_mtkcoder.rec --json"),
		0);
	json_t *j = parsed();
	json_t *found = json_object_get(j, "found");
	assert_int_equal(json_array_size(found), 1);
	json_t *one = json_array_get(found, 0);
	assert_string_equal(json_string_value(json_object_get(one, "driver")), "mbus");
	assert_int_equal(json_integer_value(json_object_get(one, "baud")), 2400);
	json_t *who = json_object_get(one, "identity");
	assert_string_equal(json_string_value(json_object_get(who, "address")), "address=1");
	assert_string_equal(json_string_value(json_object_get(who, "serial")), "00182007");
	json_decref(j);
	assert_string_equal(err, "");
}

static void scan_of_a_silent_line_fails(void **state)
{
	(void)state;
	assert_int_equal(domovoi("scan --driver mbus --set scan=primary --baud 300,2400 "
				 "--link replay:modbus_kbr_f144.rec"),
		1);
	must_say_one_line("nobody was found");
}

static void trace_writes_what_passes(void **state)
{
	(void)state;
	int master;
	int slave;
	char name[256];
	char text[4096];
	struct termios raw;
	assert_int_equal(openpty(&master, &slave, name, NULL, NULL), 0);
	assert_int_equal(tcgetattr(slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
	assert_int_equal(write(master, "\x10\x7b\x01\x7c\x16", 5), 5);
	assert_int_equal(
		domovoi("trace --link serial:%s --baud 2400 --framing 8E1 --seconds 1 --out %s/line.rec",
			name, work),
		0);
	slurp("line.rec", text, sizeof(text));
	assert_non_null(strstr(text, "< 10 7B 01 7C 16\n"));
	(void)close(master);
	assert_int_equal(domovoi("trace --link serial:%s --seconds 1", name), 1);
	must_say_one_line("the line cannot be used");
	(void)close(slave);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(work) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	shell("rm -r '%s'", work);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_gives_numbers_to_machines),
		cmocka_unit_test(read_gives_missing_values_as_null),
		cmocka_unit_test(read_gives_a_table_to_people),
		cmocka_unit_test(read_identifies_a_meter),
		cmocka_unit_test(read_says_what_to_check_when_nobody_answers),
		cmocka_unit_test(a_wrong_command_line_is_exit_code_two),
		cmocka_unit_test(a_conversation_can_be_recorded_and_replayed),
		cmocka_unit_test(replay_checks_and_names_the_difference),
		cmocka_unit_test(drivers_are_listed_for_people_and_machines),
		cmocka_unit_test(scan_finds_who_answers),
		cmocka_unit_test(scan_of_a_silent_line_fails),
		cmocka_unit_test(trace_writes_what_passes),
	};
	if (!getenv("DOMOVOI") || !getenv("DOMOVOI_SOURCE")) {
		(void)puts("skipped: DOMOVOI and DOMOVOI_SOURCE are not set (meson sets them)");
		return 77;
	}
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
