/*
 * test_recompute_cli.c - domovoi recompute: what it shows, what it writes, what it says on a wrong line
 */
#include "command_run.h"
#include "rollup_test.h"

#include "calc/scheme.h"

/* A computed channel "loss" over ten hours, and a spoilt hour that nobody has noticed. */
static void make_archive(struct fixture *f)
{
	struct channel c;
	struct formula_text t;
	struct meter_register r = counter_conf(f, "in.amount");
	r.form = FORM_AMOUNT;
	r.max_rate = 100;
	int64_t reg = put_object(f, OBJECT_REGISTER, &r);
	object_init(OBJECT_CHANNEL, &c);
	c.place = f->place;
	c.quantity = QUANTITY_COLD_WATER;
	c.unit = UNIT_M3;
	(void)STR_COPY(c.code, "input");
	bind(f, put_object(f, OBJECT_CHANNEL, &c), reg);
	c.id = 0;
	(void)STR_COPY(c.code, "loss");
	int64_t loss = put_object(f, OBJECT_CHANNEL, &c);
	object_init(OBJECT_FORMULA, &t);
	t.channel = loss;
	(void)STR_COPY(t.text, "0.5 * input");
	put_object(f, OBJECT_FORMULA, &t);
	for (int i = 0; i < 10; i++) {
		meter_says(f, reg, PERIOD_HOUR, utc("2025-01-10T00:00:00Z") + i * HOUR_S, 2);
	}
	settle(f);
	rollup_stop(f->rollup);
	/* nobody works the archive off now */
	batch_archive(open_batch(f), loss, PERIOD_HOUR, utc("2025-01-10T03:00:00Z"), 9,
		MEASURED(METER), true);
	commit(f);
	store_close(f->store);
}

static void reopen(struct fixture *f)
{
	struct diag d = {0};
	assert_int_equal(store_open(f->url, 0, &f->store, &d), ERR_OK);
	assert_int_equal(rollup_start(f->store, &f->rollup, &d), ERR_OK);
}

static json_t *run_json(struct fixture *f, const char *arguments, int want)
{
	char line[512];
	(void)snprintf(line, sizeof(line), "--json --db %s %s", f->url, arguments);
	struct command_result *r = command_run("recompute", line, "");
	assert_int_equal(r->code, want);
	json_t *json = command_json(r);
	assert_non_null(json);
	return json;
}

static void a_dry_run_shows_and_does_not_write(void **state)
{
	struct fixture *f = *state;
	make_archive(f);
	for (int again = 0; again < 2; again++) {
		json_t *json = run_json(f, "--dry-run --period hour", 0);
		assert_true(json_is_true(json_object_get(json, "is_dry")));
		json_t *changes = json_object_get(json, "changes");
		assert_int_equal(json_array_size(changes), 1);
		json_t *c = json_array_get(changes, 0);
		assert_string_equal(json_string_value(json_object_get(c, "name")), "loss");
		assert_string_equal(
			json_string_value(json_object_get(c, "start")), "2025-01-10T03:00:00Z");
		json_t *before = json_object_get(c, "before"), *after = json_object_get(c, "after");
		assert_true(json_number_value(json_object_get(before, "value")) == 9);
		assert_true(json_number_value(json_object_get(after, "value")) == 1);
		assert_true(json_number_value(json_object_get(c, "difference")) == -8);
		assert_true(json_is_false(json_object_get(c, "is_closed")));
		json_decref(json);
	}
	reopen(f);
}

static void in_earnest_it_writes_and_then_nothing_is_left(void **state)
{
	struct fixture *f = *state;
	make_archive(f);
	json_t *json = run_json(f, "--why mended --channel loss", 0);
	json_t *counts = json_object_get(json, "counts");
	assert_int_equal(json_integer_value(json_object_get(counts, "hour")), 1);
	json_decref(json);
	json = run_json(f, "--dry-run", 0);
	assert_int_equal(json_array_size(json_object_get(json, "changes")), 0);
	json_decref(json);
	reopen(f);
}

static void a_wrong_line_is_told(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *arguments, *want;
		int code;
	} cases[] = {
		{"--dry-run --channel nobody", "channel nobody", 1},
		{"--dry-run --period week", "--period", 2},
		{"--dry-run --from yesterday", "--from", 1},
		{"--config x.yaml", "--dry-run", 2},
		{"--dry-run --config /nowhere.yaml", "/nowhere.yaml", 1},
	};
	make_archive(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char line[512];
		(void)snprintf(line, sizeof(line), "--db %s %s", f->url, cases[i].arguments);
		struct command_result *r = command_run("recompute", line, "");
		assert_int_equal(r->code, cases[i].code);
		assert_non_null(strstr(r->err, cases[i].want));
	}
	reopen(f);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_dry_run_shows_and_does_not_write),
		T(in_earnest_it_writes_and_then_nothing_is_left),
		T(a_wrong_line_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
