/*
 * test_command.c - domovoi sim as a user starts it: what it prints, writes and leaves behind
 */
#include "base/clock.h"
#include "test.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];

static int set_up(void **state)
{
	(void)state;
	(void)strcpy(dir, "/tmp/domovoi-test-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	char command[100];
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static const char *in_dir(const char *name)
{
	static char path[32][128]; /* so many names live at a time */
	static int turn;
	turn = (turn + 1) % 32;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

/* Start it with standard output and error into files; `args` ends with NULL. */
static pid_t start(const char *const *args)
{
	const char *program = getenv("DOMOVOI");
	const char *argv[24] = {program ? program : "build/domovoi", "sim"};
	for (int i = 0; args[i] && i < 20; i++) {
		argv[i + 2] = args[i];
	}
	pid_t pid = fork();
	if (pid == 0) {
		if (!freopen(in_dir("out"), "w", stdout) || !freopen(in_dir("err"), "w", stderr)) {
			_exit(99);
		}
		(void)execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(98);
	}
	assert_true(pid > 0);
	return pid;
}

static int end_of(pid_t pid)
{
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void await_file(const char *path)
{
	struct stat st;
	for (int i = 0; i < 1000 && stat(path, &st) < 0; i++) {
		(void)usleep(10000);
	}
	assert_int_equal(stat(path, &st), 0);
}

static void text_of(const char *name, char *to, size_t cap)
{
	FILE *f = fopen(in_dir(name), "r");
	assert_non_null(f);
	to[fread(to, 1, cap - 1, f)] = 0;
	(void)fclose(f);
}

static void wrong_command_lines_exit_with_2(void **state)
{
	(void)state;
	static const char *const wrong[][4] = {{"--flats", "0"}, {"--plan", "castle"},
		{"--lang", "xx"}, {"--born", "once"}, {"--nothing"}, {"--tcp", "70000"}};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(end_of(start(wrong[i])), 2);
		char text[500];
		text_of("err", text, sizeof(text));
		assert_non_null(strstr(text, "domovoi sim: "));
	}
	static const char *const impossible[] = {"--fault", "flat-99:silence", NULL};
	assert_int_equal(end_of(start(impossible)), 1);
}

static void lines_are_printed_and_the_site_is_written(void **state)
{
	(void)state;
	const char *args[] = {"--dir", in_dir("lines"), "--site", in_dir("site.yaml"), "--json",
		"--flats", "2", "--poll", "3600", "--no-tcp", NULL};
	pid_t pid = start(args);
	await_file(in_dir("site.yaml"));
	static char text[200000];
	text_of("site.yaml", text, sizeof(text));
	assert_non_null(strstr(text, "serial:"));
	assert_non_null(strstr(text, "/lines/mbus-1"));
	assert_non_null(strstr(text, "poll_s: 3600"));
	await_file(in_dir("lines/heating-point"));
	(void)kill(pid, SIGSTOP); /* being stopped and continued is no reason to end */
	(void)kill(pid, SIGCONT);
	(void)usleep(50000);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	(void)kill(pid, SIGTERM);
	assert_int_equal(end_of(pid), 0);
	assert_int_equal(access(in_dir("lines/heating-point"), F_OK), -1);
	text_of("out", text, sizeof(text));
	json_t *j = json_loads(text, 0, NULL);
	assert_non_null(j);
	json_t *lines = json_object_get(j, "lines");
	assert_int_equal(json_array_size(lines), 3);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(lines, 0), "name")), "mbus-1");
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(lines, 0), "baud")), 2400);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(lines, 0), "meters")), 6);
	json_decref(j);
}

/* Read a water meter's clock through the program itself. */
static bool answers(const char *line, char *text, size_t cap)
{
	char command[400];
	const char *program = getenv("DOMOVOI");
	(void)snprintf(command, sizeof(command),
		"'%s' read --driver mbus --link 'serial:%s' --set address=1 --retries 0 --reply-ms 200 --json "
		"> '%s' 2>&1",
		program ? program : "build/domovoi", line, in_dir("read"));
	int code = system(command);
	text_of("read", text, cap);
	return code == 0;
}

static void meters_wait_for_the_clock_they_are_told_of(void **state)
{
	(void)state;
	static char text[20000];
	const char *args[] = {"--dir", in_dir("lines"), "--site", in_dir("site.yaml"), "--plan",
		"mbus", "--clock", in_dir("clock"), NULL};
	pid_t pid = start(args);
	await_file(in_dir("site.yaml")); /* ports are there already */
	assert_false(answers(in_dir("lines/mbus-1"), text, sizeof(text)));
	assert_int_equal(
		clock_share_paced(in_dir("clock"), 1577836800, 1, NULL), 0); /* 2020-01-01 */
	bool is_there = false;
	for (int i = 0; i < 50 && !is_there; i++) {
		is_there = answers(in_dir("lines/mbus-1"), text, sizeof(text));
	}
	assert_true(is_there);
	assert_non_null(strstr(text, "2020-01-01T03:")); /* Moscow */
	(void)kill(pid, SIGINT);
	assert_int_equal(end_of(pid), 0);
}

static void it_ends_by_itself_when_told_so(void **state)
{
	(void)state;
	const char *args[] = {
		"--plan", "sdm120", "--for", "1", "--start", "2026-01-01T00:00:00Z", NULL};
	assert_int_equal(end_of(start(args)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(wrong_command_lines_exit_with_2, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			lines_are_printed_and_the_site_is_written, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			meters_wait_for_the_clock_they_are_told_of, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_ends_by_itself_when_told_so, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
