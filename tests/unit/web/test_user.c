/*
 * test_user.c - domovoi user, and the server over a database that cannot be written
 */
#include "client.h"

#include <sys/wait.h>

/* Exit code of `domovoi user ARGS --db ...`; what it printed goes to `ret_out` (may be NULL). */
static int user_cmd(const char *args, const char *input, char *ret_out, size_t cap)
{
	char command[768];
	const char *domovoi = getenv("DOMOVOI");
	(void)snprintf(command, sizeof(command), "printf '%s' | %s user %s --db %s 2>&1", input,
		domovoi ? domovoi : "build/domovoi", args, house.url);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	char text[4096] = "";
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	if (ret_out) {
		(void)str_copy(ret_out, cap, text);
	}
	int status = pclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool can_log_in(const char *login, const char *password)
{
	char body[160];
	(void)snprintf(
		body, sizeof(body), "{\"login\":\"%s\",\"password\":\"%s\"}", login, password);
	return client_status(&house, NULL, "POST", "/api/v1/session", body) == 200;
}

static void a_user_made_at_the_terminal_logs_in_at_once(void **state)
{
	(void)state;
	assert_int_equal(user_cmd("add admin --role administrator --name Администратор --lang ru "
				  "--password-stdin",
				 "first secret\\n", NULL, 0),
		0);
	assert_true(can_log_in("admin", "first secret"));
	assert_int_equal(
		user_cmd("password admin --password-stdin", "second secret\\n", NULL, 0), 0);
	assert_false(can_log_in("admin", "first secret"));
	assert_true(can_log_in("admin", "second secret"));
	char text[4096];
	assert_int_equal(user_cmd("grant admin --role resident --place 4", "", NULL, 0), 0);
	assert_int_equal(user_cmd("list", "", text, sizeof(text)), 0);
	assert_non_null(strstr(text, "enabled  administrator resident@4   Администратор\n"));
	assert_non_null(strstr(text, "gone                 disabled"));
	assert_null(strstr(text, "argon2"));
}

static void what_fails_says_why_with_exit_code_1(void **state)
{
	char text[4096];
	(void)state;
	assert_int_equal(
		user_cmd("add root --password-stdin", "long enough\\n", text, sizeof(text)), 1);
	assert_non_null(strstr(text, "exists already"));
	assert_int_equal(
		user_cmd("add short --password-stdin", "1234567\\n", text, sizeof(text)), 1);
	assert_non_null(strstr(text, "8 to 256 bytes"));
	assert_int_equal(user_cmd("add nopass --password-stdin", "", text, sizeof(text)), 1);
	assert_int_equal(user_cmd("add x --role king --password-stdin", "long enough\\n", text,
				 sizeof(text)),
		1);
	assert_non_null(strstr(text, "administrator"));
	assert_int_equal(user_cmd("grant nobody --role city", "", text, sizeof(text)), 1);
	assert_non_null(strstr(text, "nobody"));
	assert_int_equal(user_cmd("grant root --role city --place 999", "", text, sizeof(text)), 1);
	assert_int_equal(user_cmd("list", "", text, sizeof(text)), 0);
	assert_null(strstr(text, "short"));
	assert_null(strstr(text, "\nx "));
}

static void a_wrong_command_line_is_exit_code_2(void **state)
{
	static const char *const wrong[] = {"", "remove root", "add", "list root", "grant root",
		"add a b --password-stdin", "add a --colour red",
		"grant root --role city --place x", "add a --lang de", "add a --role"};
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(user_cmd(wrong[i], "long enough\\n", NULL, 0), 2);
	}
}

static void a_database_that_cannot_be_written_can_still_be_looked_at(void **state)
{
	struct diag d = {0};
	(void)state;
	web_stop(house.web);
	house.web = NULL;
	store_close(house.store);
	assert_int_equal(store_open(house.url, STORE_READ_ONLY, &house.store, &d), ERR_OK);
	assert_int_equal(house_serve(&house, NULL), ERR_OK);
	struct pass p = log_in(&house, "root");
	struct answer a = client(&house, &p, "GET", "/api/v1/status", NULL);
	assert_int_equal(a.status, 200);
	answer_free(&a);
	a = client(&house, &p, "PUT", "/api/v1/places/1", "{\"sort\":9}");
	assert_int_equal(a.status, 503);
	assert_string_equal(text_at(&a, "error"), "READONLY");
	assert_string_equal(text_at(&a, "check.en"), "permissions and the state of the disk");
	answer_free(&a);
	assert_int_equal(client_status(&house, &p, "DELETE", "/api/v1/session", NULL), 204);
	assert_int_equal(client_status(&house, &p, "GET", "/api/v1/status", NULL), 401);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_made_at_the_terminal_logs_in_at_once),
		cmocka_unit_test(what_fails_says_why_with_exit_code_1),
		cmocka_unit_test(a_wrong_command_line_is_exit_code_2),
		cmocka_unit_test(a_database_that_cannot_be_written_can_still_be_looked_at),
	};
	return cmocka_run_group_tests(tests, set_up_house, tear_down_house);
}
