/*
 * test_parse.c - the texts the server reads, alone: paths, cookies, times, addresses; and the JSON
 * it writes, read back by another implementation
 */
#include "test.h"
#include "web/auth.h"
#include "web/http_path.h"
#include "web/jsonw.h"
#include "web/password.h"
#include "web/throttle.h"
#include "web/totals.h"

#include <jansson.h>
#include <math.h>
#include <sodium.h>
#include <string.h>

static void a_pattern_takes_one_positive_number(void **state)
{
	int64_t id = 0;
	(void)state;
	assert_true(http_path_match("/a/{id}/b", "/a/17/b", &id));
	assert_int_equal(id, 17);
	assert_true(http_path_match("/a/{id}", "/a/999999999999999999", &id));
	assert_true(id == 999999999999999999);
	static const char *const others[] = {"/a/b", "/a//b", "/a/0/b", "/a/07/b", "/a/-1/b",
		"/a/1/b/", "/a/1/", "/a/1/c", "/a/9999999999999999999/b", "/A/1/b", ""};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_false(http_path_match("/a/{id}/b", others[i], &id));
	}
}

static void a_cookie_is_found_among_others_by_its_whole_name(void **state)
{
	char v[16];
	(void)state;
	assert_true(http_cookie("a=1; sid=xyz; b=2", "sid", v, sizeof(v)));
	assert_string_equal(v, "xyz");
	assert_true(http_cookie("sid=", "sid", v, sizeof(v)));
	assert_string_equal(v, "");
	assert_true(http_cookie(" ;; sid=q ", "sid", v, sizeof(v)));
	assert_string_equal(v, "q");
	assert_false(http_cookie("xsid=1; sid2=2; side", "sid", v, sizeof(v)));
	assert_false(http_cookie("sid=0123456789abcdef", "sid", v, sizeof(v)));
	assert_false(http_cookie("", "sid", v, sizeof(v)));
	assert_false(http_cookie(NULL, "sid", v, sizeof(v)));
}

static void a_session_cookie_is_a_number_and_64_hex_digits(void **state)
{
	uint8_t token[32];
	int64_t user = 0;
	char text[80] = "42.";
	(void)state;
	for (int i = 0; i < 64; i++) {
		text[3 + i] = "0123456789abcdef"[i % 16];
	}
	text[67] = '\0';
	assert_true(auth_cookie_parse(text, &user, token));
	assert_int_equal(user, 42);
	assert_int_equal(token[0], 0x01);
	text[66] = 'g';
	assert_false(auth_cookie_parse(text, &user, token));
	text[66] = '\0';
	assert_false(auth_cookie_parse(text, &user, token));
	assert_false(auth_cookie_parse("", &user, token));
	assert_false(auth_cookie_parse(".", &user, token));
	assert_false(auth_cookie_parse("-1.00", &user, token));
}

static void times_are_seconds_or_iso_and_bounded(void **state)
{
	int64_t t = 0;
	const struct zone *moscow;
	(void)state;
	assert_int_equal(zone_get("Europe/Moscow", &moscow, NULL), ERR_OK);
	assert_int_equal(http_time("1767992400", moscow, &t), ERR_OK);
	assert_true(t == 1767992400);
	assert_int_equal(http_time("2026-01-10", moscow, &t), ERR_OK);
	assert_true(t == 1767992400);
	assert_int_equal(http_time("2026-01-09T21:00:00Z", NULL, &t), ERR_OK);
	assert_true(t == 1767992400);
	assert_int_equal(http_time("-1", NULL, &t), ERR_OK);
	assert_true(t == -1);
	static const char *const wrong[] = {"", "-", "1-2", "now", "9223372036854775807",
		"-9223372036854775808", "99999999999999999999", "2026-13-01", "12:00"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_not_equal(http_time(wrong[i], moscow, &t), ERR_OK);
	}
}

static void a_listen_address_has_host_and_port(void **state)
{
	char host[32];
	char port[8];
	(void)state;
	assert_true(http_split_listen("127.0.0.1:8080", host, sizeof(host), port, sizeof(port)));
	assert_string_equal(host, "127.0.0.1");
	assert_string_equal(port, "8080");
	assert_true(http_split_listen("[::1]:0", host, sizeof(host), port, sizeof(port)));
	assert_string_equal(host, "::1");
	assert_true(http_split_listen(":80", host, sizeof(host), port, sizeof(port)));
	assert_string_equal(host, "");
	static const char *const wrong[] = {"", "host", "host:", "host:x", "host:65536", "::1:80",
		"host:-1", "0123456789012345678901234567890123456789:1"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(http_split_listen(wrong[i], host, sizeof(host), port, sizeof(port)));
	}
}

static void what_is_written_is_json_for_others_too(void **state)
{
	struct buf b;
	struct jsonw w;
	(void)state;
	buf_init(&b, 4096);
	jsonw_init(&w, &b);
	jsonw_object(&w, NULL);
	jsonw_str(&w, "text", "\"\\\n\x01 </script> кв. 1 \xff\xc3( \xf0\x9f\x94\xa5");
	jsonw_real(&w, "tenth", 0.1);
	jsonw_real(&w, "third", 1.0 / 3.0);
	jsonw_real(&w, "unknown", NAN);
	jsonw_real(&w, "huge", INFINITY);
	jsonw_int(&w, "least", INT64_MIN);
	jsonw_time(&w, "ever", INT64_MIN);
	jsonw_array(&w, "empty");
	jsonw_end(&w);
	jsonw_array(&w, "nested");
	jsonw_array(&w, NULL);
	jsonw_bool(&w, NULL, true);
	jsonw_end(&w);
	jsonw_object(&w, NULL);
	jsonw_end(&w);
	jsonw_end(&w);
	jsonw_end(&w);
	json_error_t error;
	json_t *j = json_loads(buf_cstr(&b), 0, &error);
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "text")),
		"\"\\\n\x01 </script> кв. 1 \xef\xbf\xbd\xef\xbf\xbd( \xf0\x9f\x94\xa5");
	assert_null(strstr(buf_cstr(&b), "</script"));
	assert_non_null(strstr(buf_cstr(&b), "\"tenth\":0.1,"));
	assert_true(json_real_value(json_object_get(j, "third")) == 1.0 / 3.0);
	assert_true(json_is_null(json_object_get(j, "unknown")));
	assert_true(json_is_null(json_object_get(j, "huge")));
	assert_true(json_is_null(json_object_get(j, "ever")));
	assert_true(json_integer_value(json_object_get(j, "least")) == INT64_MIN);
	assert_true(
		json_is_true(json_array_get(json_array_get(json_object_get(j, "nested"), 0), 0)));
	json_decref(j);
	buf_fini(&b);
}

static void waits_grow_by_login_and_address_and_end(void **state)
{
	static struct throttle t;
	int longest = 0;
	(void)state;
	assert_true(sodium_init() >= 0);
	throttle_init(&t);
	for (int i = 0; i < 4; i++) {
		throttle_failed(&t, "anna", "10.0.0.1", 1000);
		assert_int_equal(throttle_wait(&t, "anna", "10.0.0.1", 1000), 0);
	}
	for (int i = 0; i < 30; i++) {
		throttle_failed(&t, "anna", "10.0.0.1", 1000);
		int wait = throttle_wait(&t, "anna", "10.0.0.1", 1000);
		assert_true(wait >= longest && wait <= 900);
		longest = wait;
	}
	assert_int_equal(longest, 900);
	assert_int_equal(throttle_wait(&t, "boris", "10.0.0.2", 1000), 0);
	assert_int_equal(throttle_wait(&t, "boris", "10.0.0.1", 1000), 0);
	assert_true(throttle_wait(&t, "anna", "10.0.0.2", 1000) > 0); /* the login alone */
	assert_int_equal(throttle_wait(&t, "anna", "10.0.0.1", 1901), 0);
	/* many addresses do not grow the table, nor push out who guesses now */
	for (int i = 0; i < 3000; i++) {
		char peer[24];
		(void)snprintf(peer, sizeof(peer), "10.1.%d.%d", i / 250, i % 250);
		throttle_failed(&t, "boris", peer, 1000);
	}
	assert_true(throttle_wait(&t, "boris", "10.9.9.9", 1000) > 0);
	throttle_fini(&t);
}

static void passwords_are_argon2id_and_fit_only_themselves(void **state)
{
	char hash[PASSWORD_HASH_CAP];
	(void)state;
	assert_int_equal(password_hash("correct horse", hash), ERR_OK);
	assert_memory_equal(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
	assert_true(password_fits("correct horse", hash));
	assert_false(password_fits("correct hors", hash));
	assert_false(password_fits("", hash));
	assert_false(password_fits("correct horse", NULL));
	assert_false(password_fits("correct horse", "$argon2id$broken"));
	assert_int_equal(password_check("1234567", NULL), ERR_RANGE);
	assert_int_equal(password_check("12345678", NULL), ERR_OK);
	assert_int_equal(password_check("1234567\xff", NULL), ERR_INVAL);
}

static void totals_scale_nothing_up_and_know_their_holes(void **state)
{
	struct total t = {0};
	uint16_t good = quality_make(QUALITY_MEASURED, SOURCE_POLLED, 0);
	uint16_t missing = quality_make(QUALITY_MISSING, SOURCE_NONE, 0);
	(void)state;
	assert_true(isnan(total_value(&t, KIND_COUNTER)));
	assert_true(isnan(total_completeness(&t)));
	/* R70 of calculations: 19 measured, 2 estimated, 3 missing hours: 0.875 */
	for (int i = 0; i < 24; i++) {
		uint16_t q = i < 19 ? good :
			     i < 21 ? quality_make(QUALITY_ESTIMATED, SOURCE_ESTIMATE, 0) :
				      missing;
		total_add(
			&t, i < 21 ? 1.5 : NAN, q, (struct span){i * 3600, (i + 1) * 3600}, 86400);
	}
	assert_true(fabs(total_completeness(&t) - 0.875) < 1e-12);
	assert_true(fabs(total_value(&t, KIND_COUNTER) - 21 * 1.5) < 1e-12);
	assert_true(fabs(total_value(&t, KIND_GAUGE) - 1.5) < 1e-12);
	assert_true(isnan(total_value(&t, KIND_STATE)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_takes_one_positive_number),
		cmocka_unit_test(a_cookie_is_found_among_others_by_its_whole_name),
		cmocka_unit_test(a_session_cookie_is_a_number_and_64_hex_digits),
		cmocka_unit_test(times_are_seconds_or_iso_and_bounded),
		cmocka_unit_test(a_listen_address_has_host_and_port),
		cmocka_unit_test(what_is_written_is_json_for_others_too),
		cmocka_unit_test(waits_grow_by_login_and_address_and_end),
		cmocka_unit_test(passwords_are_argon2id_and_fit_only_themselves),
		cmocka_unit_test(totals_scale_nothing_up_and_know_their_holes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
