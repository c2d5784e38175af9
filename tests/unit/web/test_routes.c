/*
 * test_routes.c - the routes of the program and docs/api.yaml name the same things
 *
 * The file is read by line: two blanks and "/..." begin a path, four blanks and a method an
 * operation of it; the paths end where "components:" begins.
 */
#include "test.h"
#include "web/server.h"

#include <string.h>

#define OPERATIONS_MAX 200

struct operation {
	char method[8];
	char path[96];
};

static struct operation described[OPERATIONS_MAX];
static size_t described_count;

static void read_description(void)
{
	char path[512];
	char line[1024];
	struct operation at = {0};
	bool is_in_paths = false;
	const char *source = getenv("DOMOVOI_SOURCE");
	(void)snprintf(path, sizeof(path), "%s/docs/api.yaml", source ? source : ".");
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] != ' ' && line[0] != '\0') {
			is_in_paths = strcmp(line, "paths:") == 0;
		} else if (is_in_paths && strncmp(line, "  /", 3) == 0) {
			line[strlen(line) - 1] = '\0'; /* the colon */
			(void)snprintf(at.path, sizeof(at.path), API "%.80s", line + 2);
		} else if (is_in_paths && strncmp(line, "    ", 4) == 0 && line[4] != ' ') {
			size_t n = strcspn(line + 4, ":");
			assert_true(n < sizeof(at.method) && described_count < OPERATIONS_MAX);
			for (size_t i = 0; i < n; i++) {
				at.method[i] = (char)(line[4 + i] - 'a' + 'A');
			}
			at.method[n] = '\0';
			described[described_count++] = at;
		}
	}
	(void)fclose(f);
}

static void every_route_is_described(void **state)
{
	(void)state;
	for (size_t i = 0; i < web_route_count; i++) {
		bool found = false;
		for (size_t k = 0; k < described_count; k++) {
			found |= strcmp(described[k].path, web_routes[i].path) == 0 &&
				 strcmp(described[k].method, web_routes[i].method) == 0;
		}
		if (!found) {
			fail_msg("%s %s is not in docs/api.yaml", web_routes[i].method,
				web_routes[i].path);
		}
	}
}

static void everything_described_is_a_route(void **state)
{
	(void)state;
	assert_true(described_count > 50);
	for (size_t k = 0; k < described_count; k++) {
		bool found = false;
		for (size_t i = 0; i < web_route_count; i++) {
			found |= strcmp(described[k].path, web_routes[i].path) == 0 &&
				 strcmp(described[k].method, web_routes[i].method) == 0;
		}
		if (!found) {
			fail_msg("%s %s is no route", described[k].method, described[k].path);
		}
	}
}

static void only_the_log_in_is_open(void **state)
{
	(void)state;
	for (size_t i = 0; i < web_route_count; i++) {
		if (web_routes[i].flags & ROUTE_OPEN) {
			assert_string_equal(web_routes[i].method, "POST");
			assert_string_equal(web_routes[i].path, API "/session");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_is_described),
		cmocka_unit_test(everything_described_is_a_route),
		cmocka_unit_test(only_the_log_in_is_open),
	};
	read_description();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
