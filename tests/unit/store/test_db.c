/*
 * domovoi db as a user types it: exit codes, messages, files.
 */
#include "store_test.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>

static char output[20000];

/* Exit code of `domovoi db ARGUMENTS`; what it printed, errors too, is in `output`. */
static int db(const struct fixture *f, const char *arguments)
{
	char command[600];
	const char *program = getenv("DOMOVOI");
	assert_non_null(program);
	(void)snprintf(command, sizeof(command), "cd %s && DOMOVOI_DB=sqlite:%s %s db %s 2>&1",
		f->dir, f->path, program, arguments);
	FILE *p = popen(command, "r");
	assert_non_null(p);
	size_t n = fread(output, 1, sizeof(output) - 1, p);
	output[n] = 0;
	return WEXITSTATUS(pclose(p));
}

static void expect(const struct fixture *f, const char *arguments, int code, const char *part)
{
	assert_int_equal(db(f, arguments), code);
	if (!strstr(output, part)) {
		fail_msg("db %s: \"%s\" does not say \"%s\"", arguments, output, part);
	}
}

static void actions_do_what_they_say(void **state)
{
	struct fixture *f = *state;
	put_small_site(f->store);
	put_value(f->store, 4, PERIOD_HOUR, 3600, 1.5, good());
	expect(f, "init", 1, "exists already");
	expect(f, "migrate", 0, "");
	expect(f, "check", 0, "");
	expect(f, "check --json", 0, "{\"findings\":[],\"ok\":true}");
	expect(f, "export site.yaml", 0, "");
	expect(f, "export", 0, "name: \"Дом\"");
	expect(f, "backup copy.db", 0, ""); /* the store is open all the time */
	expect(f, "init --db sqlite:second.db", 0, "");
	expect(f, "import --who olga site.yaml --db sqlite:second.db", 0, "");
	expect(f, "export --db sqlite:second.db", 0, "name: \"Дом\"");
	expect(f, "restore copy.db --db sqlite:third.db", 0, "");
	expect(f, "check --db sqlite:third.db", 0, "");
	struct store *third;
	struct archive_value v;
	char url[200];
	(void)snprintf(url, sizeof(url), "sqlite:%.100s/third.db", f->dir);
	assert_int_equal(store_open(url, STORE_READ_ONLY, &third, NULL), ERR_OK);
	assert_int_equal(archive_latest(third, 4, PERIOD_HOUR, 4000, &v), ERR_OK);
	assert_true(v.value == 1.5);
	store_close(third);
}

static void what_cannot_be_done_is_said_in_one_line(void **state)
{
	struct fixture *f = *state;
	expect(f, "", 2, "say what to do");
	expect(f, "sing", 2, "'sing' is not one of its actions");
	expect(f, "backup", 2, "backup wants a file");
	expect(f, "check --loud", 2, "--loud");
	expect(f, "check --db sqlite:nowhere.db", 1, "nowhere.db");
	expect(f, "restore nowhere.db", 1, "nowhere.db");
	expect(f, "backup /nowhere/x.db", 1, "/nowhere/x.db");
	char command[200];
	(void)snprintf(command, sizeof(command),
		"printf 'format: 1\\nplaces:\\n  - {id: 1, nam: x}\\n' > %s/bad.yaml", f->dir);
	assert_int_equal(system(command), 0);
	expect(f, "import bad.yaml", 1, "line 3: a place has no field nam");
}

static void check_finds_a_damaged_block(void **state)
{
	struct fixture *f = *state;
	put_value(f->store, 4, PERIOD_HOUR, 3600, 1.5, good());
	size_t blocks;
	assert_int_equal(archive_pack(f->store, 90 * 86400, &blocks), ERR_OK);
	assert_int_equal(blocks, 1);
	sqlite3 *sql;
	assert_int_equal(sqlite3_open(f->path, &sql), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(sql, "UPDATE archive_block SET body=x'010203'", NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_close(sql), SQLITE_OK);
	expect(f, "check", 1, "block of series 4");
	expect(f, "check --json", 1, "\"ok\":false");
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up_store, tear_down_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(actions_do_what_they_say),
		WITH_STORE(what_cannot_be_done_is_said_in_one_line),
		WITH_STORE(check_finds_a_damaged_block),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
