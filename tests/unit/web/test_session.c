/*
 * test_session.c - log-in, sessions, the CSRF token, passwords, users and grants
 */
#include "client.h"

#include <sodium.h>

static void without_a_session_nothing_is_told(void **state)
{
	(void)state;
	struct answer a = client(&house, NULL, "GET", "/api/v1/buildings", NULL);
	assert_int_equal(a.status, 401);
	assert_string_equal(text_at(&a, "error"), "DENIED");
	assert_string_equal(text_at(&a, "text.ru"), "доступ запрещён");
	answer_free(&a);
	assert_int_equal(client_status(&house, NULL, "GET", "/api/v1/session", NULL), 401);
	assert_int_equal(client_status(&house, NULL, "GET", "/api/v1/status", NULL), 401);
	assert_int_equal(client_status(&house, NULL, "GET", "/api/v1/stream", NULL), 401);
}

static void a_log_in_sets_a_cookie_scripts_cannot_read(void **state)
{
	(void)state;
	struct answer a = client(&house, NULL, "POST", "/api/v1/session",
		"{\"login\":\"root\",\"password\":\"" PASSWORD "\"}");
	assert_int_equal(a.status, 200);
	const char *cookie = strstr((const char *)a.raw.data, "Set-Cookie: domovoi_session=");
	assert_non_null(cookie);
	assert_non_null(strstr(cookie, "; HttpOnly; SameSite=Strict\r\n"));
	assert_string_equal(text_at(&a, "user.login"), "root");
	assert_string_equal(text_at(&a, "roles.0"), "administrator");
	assert_true(json_is_true(at(&a, "rights.users")));
	assert_int_equal(strlen(text_at(&a, "csrf")), 64);
	answer_free(&a);
	a = client_more(&house, NULL, "POST", "/api/v1/session",
		"{\"login\":\"root\",\"password\":\"" PASSWORD "\"}",
		"X-Forwarded-Proto: https\r\n");
	assert_non_null(strstr((const char *)a.raw.data, "SameSite=Strict; Secure\r\n"));
	answer_free(&a);
}

static void a_session_is_known_until_its_log_out(void **state)
{
	(void)state;
	struct pass p = log_in(&house, "root");
	assert_int_equal(client_status(&house, &p, "GET", "/api/v1/session", NULL), 200);
	assert_int_equal(client_status(&house, &p, "DELETE", "/api/v1/session", NULL), 204);
	assert_int_equal(client_status(&house, &p, "GET", "/api/v1/session", NULL), 401);
}

static void a_changed_cookie_is_no_session(void **state)
{
	(void)state;
	struct pass p = log_in(&house, "root");
	struct pass other = log_in(&house, "resident");
	struct pass mixed = p;
	/* the resident's token under the administrator's number */
	const char *token = strchr(other.cookie, '.');
	(void)snprintf(strchr(mixed.cookie, '.'), 66, "%s", token);
	assert_int_equal(client_status(&house, &mixed, "GET", "/api/v1/session", NULL), 401);
	p.cookie[strlen(p.cookie) - 1] ^= 1;
	assert_int_equal(client_status(&house, &p, "GET", "/api/v1/session", NULL), 401);
}

static void the_store_keeps_no_token(void **state)
{
	(void)state;
	struct pass p = log_in(&house, "root");
	uint8_t token[32];
	struct session x;
	const char *hex = strchr(p.cookie, '.') + 1;
	assert_int_equal(sodium_hex2bin(token, 32, hex, 64, NULL, NULL, NULL), 0);
	assert_int_equal(session_find(house.store, token, &x), ERR_NOTFOUND);
}

static void a_wrong_password_an_unknown_and_a_disabled_login_get_the_same_answer(void **state)
{
	(void)state;
	static const char *const bodies[] = {
		"{\"login\":\"root\",\"password\":\"wrong horse\"}",
		"{\"login\":\"nobody\",\"password\":\"" PASSWORD "\"}",
		"{\"login\":\"gone\",\"password\":\"" PASSWORD "\"}",
	};
	for (size_t i = 0; i < 3; i++) {
		struct answer a = client(&house, NULL, "POST", "/api/v1/session", bodies[i]);
		assert_int_equal(a.status, 401);
		assert_string_equal(text_at(&a, "detail"), "wrong login or password");
		assert_null(strstr((const char *)a.raw.data, "Set-Cookie"));
		answer_free(&a);
	}
}

static void guessing_is_slowed_down(void **state)
{
	(void)state;
	int status = 0;
	for (int i = 0; i < 6; i++) {
		struct answer a = client_more(&house, NULL, "POST", "/api/v1/session",
			"{\"login\":\"city\",\"password\":\"guess\"}",
			"X-Forwarded-For: 192.0.2.7\r\n");
		status = a.status;
		if (status == 429) {
			assert_non_null(strstr((const char *)a.raw.data, "\r\nRetry-After: "));
		}
		answer_free(&a);
	}
	assert_int_equal(status, 429);
	/* from another address the right password is still heard */
	struct pass p = log_in(&house, "city");
	assert_int_equal(client_status(&house, &p, "GET", "/api/v1/session", NULL), 200);
}

static void broken_log_ins_are_refused(void **state)
{
	(void)state;
	static const char *const bodies[] = {
		"",
		"{",
		"[]",
		"{}",
		"{\"login\":1,\"password\":\"x\"}",
		"{\"login\":\"root\"}",
		"{\"login\":\"root\",\"password\":\"x\",\"more\":1}",
		"{\"login\":\"root\",\"login\":\"root\",\"password\":\"x\"}",
	};
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		assert_int_equal(
			client_status(&house, NULL, "POST", "/api/v1/session", bodies[i]), 400);
	}
}

static void a_write_without_the_right_token_changes_nothing(void **state)
{
	(void)state;
	struct pass p = log_in(&house, "root");
	const struct site *before = store_site(house.store);
	struct pass wrong = p;
	wrong.csrf[0] = wrong.csrf[0] == '0' ? '1' : '0';
	assert_int_equal(
		client_status(&house, &wrong, "PUT", "/api/v1/places/1", "{\"sort\":5}"), 403);
	wrong.csrf[0] = '\0';
	assert_int_equal(
		client_status(&house, &wrong, "PUT", "/api/v1/places/1", "{\"sort\":5}"), 403);
	assert_int_equal(client_status(&house, &wrong, "DELETE", "/api/v1/bindings/30", NULL), 403);
	assert_int_equal(client_status(&house, &wrong, "DELETE", "/api/v1/session", NULL), 403);
	struct pass other = log_in(&house, "root");
	(void)STR_COPY(wrong.csrf, other.csrf);
	assert_int_equal(
		client_status(&house, &wrong, "PUT", "/api/v1/places/1", "{\"sort\":5}"), 403);
	const struct site *after = store_site(house.store);
	assert_int_equal(before->generation, after->generation);
	site_unref(before);
	site_unref(after);
	assert_int_equal(client_status(&house, &p, "PUT", "/api/v1/places/1", "{\"sort\":5}"), 200);
}

static void a_form_of_another_page_is_refused(void **state)
{
	(void)state;
	static const char request[] =
		"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		"Content-Type: text/plain\r\nContent-Length: 41\r\n\r\n"
		"{\"login\":\"root\",\"password\":\"correct horse\"}";
	struct answer a = client_raw(web_port(house.web), request, sizeof(request) - 1);
	assert_int_equal(a.status, 415);
	answer_free(&a);
}

static void a_new_password_ends_the_other_sessions(void **state)
{
	(void)state;
	struct pass first = log_in(&house, "manager");
	struct pass second = log_in(&house, "manager");
	struct answer a = client(&house, &first, "PUT", "/api/v1/session/password",
		"{\"password\":\"" PASSWORD "\",\"new_password\":\"short\"}");
	assert_int_equal(a.status, 400);
	answer_free(&a);
	a = client(&house, &first, "PUT", "/api/v1/session/password",
		"{\"password\":\"wrong\",\"new_password\":\"battery staple\"}");
	assert_int_equal(a.status, 403);
	answer_free(&a);
	a = client(&house, &first, "PUT", "/api/v1/session/password",
		"{\"password\":\"" PASSWORD "\",\"new_password\":\"battery staple\"}");
	assert_int_equal(a.status, 200);
	struct pass third;
	keep_pass(&a, &third);
	answer_free(&a);
	assert_int_equal(client_status(&house, &first, "GET", "/api/v1/session", NULL), 401);
	assert_int_equal(client_status(&house, &second, "GET", "/api/v1/session", NULL), 401);
	assert_int_equal(client_status(&house, &third, "GET", "/api/v1/session", NULL), 200);
}

static void an_administrator_adds_a_user_who_can_log_in(void **state)
{
	(void)state;
	struct pass root = log_in(&house, "root");
	char body[160];
	struct answer a = client(&house, &root, "POST", "/api/v1/users",
		"{\"login\":\"anna\",\"name\":\"Анна\",\"lang\":\"ru\",\"password\":\"" PASSWORD
		"\"}");
	assert_int_equal(a.status, 201);
	json_int_t id = int_at(&a, "id");
	assert_null(strstr(a.body, "argon2"));
	answer_free(&a);
	(void)snprintf(body, sizeof(body), "{\"user\":%lld,\"role\":\"resident\",\"place\":5}", id);
	assert_int_equal(client_status(&house, &root, "POST", "/api/v1/grants", body), 201);
	struct pass anna = log_in(&house, "anna");
	a = client(&house, &anna, "GET", "/api/v1/session", NULL);
	assert_string_equal(text_at(&a, "user.name"), "Анна");
	assert_string_equal(text_at(&a, "grants.0.place_name"), "кв. 2");
	answer_free(&a);
	/* a right taken away, or a user disabled, counts at the next request */
	(void)snprintf(body, sizeof(body), "/api/v1/users/%lld", id);
	assert_int_equal(client_status(&house, &root, "PUT", body, "{\"is_enabled\":false}"), 200);
	assert_int_equal(client_status(&house, &anna, "GET", "/api/v1/session", NULL), 401);
	assert_int_equal(client_status(&house, &root, "POST", "/api/v1/users",
				 "{\"login\":\"anna\",\"password\":\"" PASSWORD "\"}"),
		409);
	assert_int_equal(
		client_status(&house, &root, "POST", "/api/v1/users", "{\"login\":\"eve\"}"), 400);
	assert_int_equal(client_status(&house, &root, "POST", "/api/v1/users",
				 "{\"login\":\"a b\",\"password\":\"" PASSWORD "\"}"),
		400);
}

static void the_last_administrator_stays(void **state)
{
	(void)state;
	struct pass root = log_in(&house, "root");
	struct answer a = client(&house, &root, "GET", "/api/v1/grants?user=1", NULL);
	char path[64];
	(void)snprintf(path, sizeof(path), "/api/v1/grants/%lld", int_at(&a, "items.0.id"));
	answer_free(&a);
	assert_int_equal(client_status(&house, &root, "DELETE", path, NULL), 409);
	assert_int_equal(
		client_status(&house, &root, "PUT", "/api/v1/users/1", "{\"is_enabled\":false}"),
		409);
	assert_int_equal(client_status(&house, &root, "GET", "/api/v1/users", NULL), 200);
}

static void users_are_for_administrators_of_everything_only(void **state)
{
	(void)state;
	static const char *const logins[] = {"tech", "supplier", "city", "resident"};
	for (size_t i = 0; i < 4; i++) {
		struct pass p = log_in(&house, logins[i]);
		assert_int_equal(client_status(&house, &p, "GET", "/api/v1/users", NULL), 403);
		assert_int_equal(client_status(&house, &p, "GET", "/api/v1/users/1", NULL), 403);
		assert_int_equal(client_status(&house, &p, "GET", "/api/v1/grants", NULL), 403);
		assert_int_equal(client_status(&house, &p, "POST", "/api/v1/grants",
					 "{\"user\":6,\"role\":\"administrator\",\"place\":0}"),
			403);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_session_nothing_is_told),
		cmocka_unit_test(a_log_in_sets_a_cookie_scripts_cannot_read),
		cmocka_unit_test(a_session_is_known_until_its_log_out),
		cmocka_unit_test(a_changed_cookie_is_no_session),
		cmocka_unit_test(the_store_keeps_no_token),
		cmocka_unit_test(
			a_wrong_password_an_unknown_and_a_disabled_login_get_the_same_answer),
		cmocka_unit_test(broken_log_ins_are_refused),
		cmocka_unit_test(a_write_without_the_right_token_changes_nothing),
		cmocka_unit_test(a_form_of_another_page_is_refused),
		cmocka_unit_test(an_administrator_adds_a_user_who_can_log_in),
		cmocka_unit_test(the_last_administrator_stays),
		cmocka_unit_test(users_are_for_administrators_of_everything_only),
		cmocka_unit_test(guessing_is_slowed_down),
		cmocka_unit_test(a_new_password_ends_the_other_sessions),
	};
	return cmocka_run_group_tests(tests, set_up_house, tear_down_house);
}
