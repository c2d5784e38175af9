/*
 * test_access.c - who sees what: the rule alone, and through every route of the server
 */
#include "client.h"
#include "web/access.h"
#include "web/server.h"

static unsigned rights(enum role role, int64_t granted, int64_t place)
{
	struct grant g = {.role = role, .place = granted};
	struct access a = {&g, 1};
	const struct site *s = store_site(house.store);
	unsigned r = access_at(&a, s, place);
	site_unref(s);
	return r;
}

#define VALUES (ACCESS_SEE | ACCESS_DATA)

static void a_resident_has_the_own_flat_and_what_is_common(void **state)
{
	(void)state;
	assert_int_equal(rights(ROLE_RESIDENT, 4, 4), VALUES);
	assert_int_equal(rights(ROLE_RESIDENT, 4, 1), VALUES);     /* the building */
	assert_int_equal(rights(ROLE_RESIDENT, 4, 2), VALUES);     /* its heating point */
	assert_int_equal(rights(ROLE_RESIDENT, 4, 3), ACCESS_SEE); /* the entrance, on the way */
	for (int64_t other = 5; other <= 9; other++) {
		assert_int_equal(rights(ROLE_RESIDENT, 4, other), 0);
	}
	assert_int_equal(rights(ROLE_RESIDENT, 4, 0), 0);
}

static void a_technician_sees_devices_everywhere_but_no_consumption_of_flats(void **state)
{
	(void)state;
	assert_true(rights(ROLE_TECHNICIAN, 1, 2) & ACCESS_DATA);
	assert_false(rights(ROLE_TECHNICIAN, 1, 4) & ACCESS_DATA);
	assert_true(rights(ROLE_TECHNICIAN, 1, 4) & ACCESS_SETUP_DEVICES);
	assert_false(rights(ROLE_TECHNICIAN, 1, 4) & ACCESS_SETUP_PLACES);
	assert_int_equal(rights(ROLE_TECHNICIAN, 1, 8), 0);
}

static void supplier_and_city_see_inputs_and_no_flat(void **state)
{
	(void)state;
	assert_int_equal(rights(ROLE_SUPPLIER, 1, 2), VALUES);
	assert_int_equal(rights(ROLE_SUPPLIER, 1, 4), 0);
	assert_int_equal(rights(ROLE_CITY, 0, 8), VALUES);
	assert_int_equal(rights(ROLE_CITY, 0, 9), 0);
}

static void a_manager_sees_all_and_changes_nothing(void **state)
{
	(void)state;
	unsigned r = rights(ROLE_MANAGER, 1, 7);
	assert_true((r & (VALUES | ACCESS_DEVICES)) == (VALUES | ACCESS_DEVICES));
	assert_false(r & (ACCESS_SETUP_DEVICES | ACCESS_SETUP_PLACES | ACCESS_USERS));
	assert_int_equal(rights(ROLE_MANAGER, 1, 9), 0);
}

static void only_a_grant_on_everything_rules_users(void **state)
{
	(void)state;
	assert_true(rights(ROLE_ADMINISTRATOR, 0, 4) & ACCESS_USERS);
	assert_false(rights(ROLE_ADMINISTRATOR, 1, 4) & ACCESS_USERS);
	assert_true(rights(ROLE_ADMINISTRATOR, 1, 4) & ACCESS_SETUP_PLACES);
}

static void what_does_not_exist_gives_no_right(void **state)
{
	(void)state;
	assert_int_equal(rights(ROLE_ADMINISTRATOR, 0, 999), 0);
	assert_int_equal(rights(ROLE_RESIDENT, 999, 4), 0);
}

/* What belongs to others is named "кв. 2".."кв. 4", "device 2".., "House 2", "RS-485 2". */
static void must_not_tell(const struct answer *a, const char *path)
{
	static const char *const foreign[] = {"кв. 2", "кв. 3", "кв. 4", "device 2", "device 3",
		"device 4", "device 5", "House 2", "flat 1", "RS-485 1", "RS-485 2",
		"address=", "argon2"};
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		if (strstr(a->body, foreign[i])) {
			fail_msg("%s tells of \"%s\": %.200s", path, foreign[i], a->body);
		}
	}
}

static const char queries[] =
	"?period=hour&from=2026-01-01&till=2026-02-01&start=2026-01-10T03:00:00&limit=1000";

static const char *query_of(const struct http_route *route)
{
	if (route->handle == object_list_h) {
		return "";
	}
	if (route->handle == channel_zones_h || route->handle == place_balance_h ||
		route->handle == place_suspects_h) {
		return "?resource=cold_water&period=day&from=2026-01-01&till=2026-02-01";
	}
	return queries;
}

static bool is_stream(const struct http_route *route)
{
	return route->handle == stream_get_h;
}

/* Everything that can be asked with GET, for every number there is. */
static void a_resident_reads_nothing_of_others_through_any_route(void **state)
{
	(void)state;
	struct pass p = log_in(&house, "resident");
	char path[256];
	size_t answers = 0;
	for (size_t i = 0; i < web_route_count; i++) {
		const struct http_route *route = &web_routes[i];
		const char *id = strstr(route->path, "{id}");
		if (strcmp(route->method, "GET") != 0 || is_stream(route)) {
			continue;
		}
		for (int k = 1; k <= (id ? FIRST_BIND + CHANNELS : 1); k++) {
			if (id) {
				(void)snprintf(path, sizeof(path), "%.*s%d%s%s",
					(int)(id - route->path), route->path, k, id + 4,
					query_of(route));
			} else {
				(void)snprintf(
					path, sizeof(path), "%s%s", route->path, query_of(route));
			}
			struct answer a = client(&house, &p, "GET", path, NULL);
			if (a.status != 200 && a.status != 400 && a.status != 403 &&
				a.status !=
					404) { /* 400: a question that only a building answers */
				fail_msg("%s: %d %s", path, a.status, a.body);
			}
			must_not_tell(&a, path);
			answers += a.status == 200;
			answer_free(&a);
		}
	}
	assert_true(answers > 15); /* the own things are told */
}

static void a_resident_sees_the_own_channel_and_not_the_neighbours(void **state)
{
	(void)state;
	struct pass p = log_in(&house, "resident");
	static const char *const routes[] = {"", "/summary",
		"/archive?period=hour&from=2026-01-10&till=2026-01-11",
		"/provenance?period=hour&start=2026-01-10"};
	char path[128];
	for (size_t i = 0; i < 4; i++) {
		for (int id = FIRST_CHAN; id < FIRST_CHAN + CHANNELS; id++) {
			bool is_own = id == CHANNEL_OF_FLAT_1 || id == FIRST_CHAN;
			(void)snprintf(path, sizeof(path), "/api/v1/channels/%d%s", id, routes[i]);
			assert_int_equal(
				client_status(&house, &p, "GET", path, NULL), is_own ? 200 : 404);
		}
	}
	struct answer a = client(&house, &p, "GET",
		"/api/v1/channels/25/provenance?period=hour&start=2026-01-10", NULL);
	assert_int_equal(count_at(&a, "frames"), 0); /* frames are for who sees devices */
	answer_free(&a);
	a = client(&house, &p, "GET", "/api/v1/places/1/summary", NULL);
	assert_int_equal(count_at(&a, "places"), 4); /* building, heating point, entrance, flat */
	answer_free(&a);
	/* of the entrance, on the way to the flat, the name and nothing else */
	struct pass root = log_in(&house, "root");
	assert_int_equal(
		client_status(&house, &root, "PUT", "/api/v1/places/3",
			"{\"note\":\"key at the neighbour's\",\"area_m2\":900,\"people\":70}"),
		200);
	a = client(&house, &p, "GET", "/api/v1/places/3", NULL);
	assert_string_equal(text_at(&a, "name"), "1");
	assert_string_equal(text_at(&a, "note"), "");
	assert_int_equal(int_at(&a, "people"), 0);
	answer_free(&a);
	a = client(&house, &p, "GET", "/api/v1/last", NULL);
	assert_int_equal(count_at(&a, "items"), 2);
	answer_free(&a);
	a = client(&house, &p, "GET", "/api/v1/events", NULL);
	assert_int_equal(count_at(&a, "items"), 0);
	answer_free(&a);
}

static void nobody_without_the_right_changes_anything(void **state)
{
	(void)state;
	static const char *const logins[] = {"resident", "city", "supplier", "manager"};
	const struct site *before = store_site(house.store);
	for (size_t u = 0; u < 4; u++) {
		struct pass p = log_in(&house, logins[u]);
		for (size_t i = 0; i < web_route_count; i++) {
			const struct http_route *route = &web_routes[i];
			if (route->handle != object_post_h && route->handle != object_put_h &&
				route->handle != object_delete_h && route->handle != meter_read_h) {
				continue;
			}
			const char *id = strstr(route->path, "{id}");
			for (int k = 1; k <= (id ? FIRST_BIND + CHANNELS : 1); k++) {
				char path[128];
				(void)snprintf(path, sizeof(path), "%.*s",
					(int)(id ? id - route->path : 127), route->path);
				if (id) {
					(void)snprintf(path + strlen(path), 64, "%d%s", k, id + 4);
				}
				int status = client_status(&house, &p, route->method, path,
					strcmp(route->method, "DELETE") == 0 ? NULL : "{}");
				bool may_ask = route->handle == meter_read_h && u == 3;
				assert_true(status == 403 || status == 404 ||
					    (may_ask && status == 501));
			}
		}
	}
	const struct site *after = store_site(house.store);
	assert_int_equal(before->generation, after->generation);
	site_unref(before);
	site_unref(after);
}

static void a_technician_moves_nothing_out_of_reach(void **state)
{
	(void)state;
	struct pass p = log_in(&house, "tech");
	/* own meter: yes; into a flat of the other house, or a foreign meter: no */
	assert_int_equal(
		client_status(&house, &p, "PUT", "/api/v1/meters/13", "{\"serial\":\"123\"}"), 200);
	assert_int_equal(
		client_status(&house, &p, "PUT", "/api/v1/meters/13", "{\"place\":9}"), 403);
	assert_int_equal(
		client_status(&house, &p, "PUT", "/api/v1/meters/13", "{\"line\":11}"), 403);
	assert_int_equal(
		client_status(&house, &p, "PUT", "/api/v1/meters/17", "{\"serial\":\"1\"}"), 404);
	/* places are not a technician's */
	assert_int_equal(client_status(&house, &p, "PUT", "/api/v1/places/4", "{\"sort\":1}"), 403);
	/* a foreign register under an own channel, and the reverse */
	assert_int_equal(
		client_status(&house, &p, "PUT", "/api/v1/bindings/31", "{\"register\":23}"), 403);
	assert_int_equal(
		client_status(&house, &p, "PUT", "/api/v1/bindings/31", "{\"channel\":29}"), 403);
	/* addresses are shown to those who may change them */
	struct answer a = client(&house, &p, "GET", "/api/v1/meters/13", NULL);
	assert_string_equal(text_at(&a, "params"), "address=2");
	answer_free(&a);
	struct pass m = log_in(&house, "manager");
	a = client(&house, &m, "GET", "/api/v1/meters/13", NULL);
	assert_string_equal(text_at(&a, "params"), "");
	answer_free(&a);
	a = client(&house, &m, "GET", "/api/v1/meters/13/history", NULL);
	assert_int_equal(a.status, 200);
	assert_null(strstr(a.body, "address="));
	answer_free(&a);
	/* neither values of flats */
	assert_int_equal(client_status(&house, &p, "GET",
				 "/api/v1/channels/25/archive?period=day&from=2026-01-10&till="
				 "2026-01-12",
				 NULL),
		403);
	assert_int_equal(client_status(&house, &p, "GET",
				 "/api/v1/registers/19/archive?period=hour&from=2026-01-10&till="
				 "2026-01-12",
				 NULL),
		403);
}

static void an_administrator_of_a_subtree_gets_no_further(void **state)
{
	(void)state;
	struct pass root = log_in(&house, "root");
	assert_int_equal(client_status(&house, &root, "POST", "/api/v1/users",
				 "{\"login\":\"sub\",\"password\":\"" PASSWORD "\"}"),
		201);
	struct answer a = client(&house, &root, "GET", "/api/v1/users", NULL);
	json_int_t id = 0;
	for (size_t i = 0; i < count_at(&a, "items"); i++) {
		char path[48];
		(void)snprintf(path, sizeof(path), "items.%zu.login", i);
		if (strcmp(text_at(&a, path), "sub") == 0) {
			(void)snprintf(path, sizeof(path), "items.%zu.id", i);
			id = int_at(&a, path);
		}
	}
	answer_free(&a);
	char body[128];
	(void)snprintf(
		body, sizeof(body), "{\"user\":%lld,\"role\":\"administrator\",\"place\":1}", id);
	assert_int_equal(client_status(&house, &root, "POST", "/api/v1/grants", body), 201);
	struct pass p = log_in(&house, "sub");
	assert_int_equal(client_status(&house, &p, "PUT", "/api/v1/places/1", "{\"sort\":3}"), 200);
	assert_int_equal(
		client_status(&house, &p, "PUT", "/api/v1/places/1", "{\"parent\":8}"), 403);
	assert_int_equal(client_status(&house, &p, "POST", "/api/v1/places",
				 "{\"name\":\"x\",\"kind\":\"flat\",\"parent\":3}"),
		201);
	assert_int_equal(client_status(&house, &p, "POST", "/api/v1/places",
				 "{\"name\":\"x\",\"kind\":\"building\",\"parent\":0}"),
		403);
	assert_int_equal(client_status(&house, &p, "POST", "/api/v1/lines",
				 "{\"name\":\"x\",\"link\":\"tcp://127.0.0.1:1\"}"),
		403);
	assert_int_equal(client_status(&house, &p, "GET", "/api/v1/users", NULL), 403);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_resident_has_the_own_flat_and_what_is_common),
		cmocka_unit_test(a_technician_sees_devices_everywhere_but_no_consumption_of_flats),
		cmocka_unit_test(supplier_and_city_see_inputs_and_no_flat),
		cmocka_unit_test(a_manager_sees_all_and_changes_nothing),
		cmocka_unit_test(only_a_grant_on_everything_rules_users),
		cmocka_unit_test(what_does_not_exist_gives_no_right),
		cmocka_unit_test(a_resident_reads_nothing_of_others_through_any_route),
		cmocka_unit_test(a_resident_sees_the_own_channel_and_not_the_neighbours),
		cmocka_unit_test(nobody_without_the_right_changes_anything),
		cmocka_unit_test(a_technician_moves_nothing_out_of_reach),
		cmocka_unit_test(an_administrator_of_a_subtree_gets_no_further),
	};
	return cmocka_run_group_tests(tests, set_up_house, tear_down_house);
}
