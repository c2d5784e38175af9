/*
 * The text of a site is readable, names its lines in errors, and loses nothing.
 */
#include "store/text.h"
#include "store_test.h"

#include <stdlib.h>

static enum err export_text(struct store *s, struct buf *out)
{
	buf_init(out, SITE_TEXT_MAX);
	return store_export(s, out, NULL);
}

static struct slice slice_of(const char *text)
{
	return (struct slice){(const uint8_t *)text, strlen(text)};
}

static void the_text_reads_like_this(void **state)
{
	struct fixture *f = *state;
	struct buf out;
	put_small_site(f->store);
	assert_int_equal(export_text(f->store, &out), ERR_OK);
	assert_string_equal(buf_cstr(&out),
		"# configuration of a domovoi node\n"
		"format: 1\n"
		"\n"
		"places:\n"
		"  - id: 1\n"
		"    kind: building\n"
		"    name: \"Дом\"\n"
		"    zone: Europe/Moscow\n"
		"\n"
		"lines:\n"
		"  - id: 2\n"
		"    name: RS-485\n"
		"    link: \"tcp://127.0.0.1:4001\"\n"
		"\n"
		"meters:\n"
		"  - id: 3\n"
		"    line: 2\n"
		"    place: 1\n"
		"    name: Heat\n"
		"    driver: mbus\n"
		"\n"
		"registers:\n"
		"  - id: 4\n"
		"    meter: 3\n"
		"    key: heat_energy\n"
		"    quantity: heat_energy\n"
		"    unit: MWh\n"
		"    form: now\n"
		"  - id: 5\n"
		"    meter: 3\n"
		"    key: temperature_supply\n"
		"    quantity: temperature_supply\n"
		"    unit: degC\n"
		"    form: now\n"
		"\n"
		"channels:\n"
		"  - id: 6\n"
		"    place: 1\n"
		"    quantity: heat_energy\n"
		"    unit: Gcal_IT\n"
		"\n"
		"bindings:\n"
		"  - id: 7\n"
		"    channel: 6\n"
		"    register: 4\n"
		"\n"
		"formulas: []\n"
		"\n"
		"parameters: []\n");
	buf_fini(&out);
}

/* Everything that could get lost on the way: odd text, open times, unknown numbers, long fractions. */
static void fill_with_traps(struct store *s)
{
	static const char *const names[] = {"yes", "12", "~", " a ", "a: b #c", "\"\\", "'", "-",
		"- x", "\t", "первая\nвторая", "\xc2\x85\xe2\x80\xa8\xef\xbb\xbf",
		"\xf0\x9f\x8f\xa0", "null", "[x]", "&a"};
	static const double reals[] = {
		0.1, 1.0 / 3, 1e300, 5e-324, 2.5e-7, 123456789.123456789, 0.3 - 0.1};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct place p;
		object_init(OBJECT_PLACE, &p);
		(void)STR_COPY(p.name, names[i]);
		(void)STR_COPY(p.note, names[i]);
		p.kind = (enum place_kind)(i % PLACE_KIND_COUNT);
		p.area_m2 = reals[i % (sizeof(reals) / sizeof(reals[0]))];
		p.floor = -(int64_t)i;
		assert_int_equal(store_put(s, OBJECT_PLACE, &p, "test", NULL), ERR_OK);
	}
	for (int64_t i = 0; i < 6; i++) {
		struct binding b;
		object_init(OBJECT_BINDING, &b);
		b.channel = 6;
		b.meter_register = 4;
		b.from_utc = i * 100000000 - 62135596800;
		b.till_utc = b.from_utc + 1;
		b.multiplier = -reals[i];
		b.reading_fitted = i % 2 ? NAN : reals[i];
		assert_int_equal(store_put(s, OBJECT_BINDING, &b, "test", NULL), ERR_OK);
	}
}

static void export_import_export_is_the_same_bytes(void **state)
{
	struct fixture *f = *state;
	struct buf first, second;
	struct diag d = {0};
	put_small_site(f->store);
	assert_int_equal(store_delete(f->store, OBJECT_BINDING, 7, "test", NULL), ERR_OK);
	fill_with_traps(f->store);
	assert_int_equal(export_text(f->store, &first), ERR_OK);
	store_close(f->store);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(store_open(f->url, STORE_CREATE, &f->store, NULL), ERR_OK);
	if (store_import(f->store, buf_slice(&first), "test", &d) != ERR_OK) {
		fail_msg("%s", d.text);
	}
	reopen_store(f);
	assert_int_equal(export_text(f->store, &second), ERR_OK);
	assert_string_equal(buf_cstr(&first), buf_cstr(&second));
	buf_fini(&first);
	buf_fini(&second);
}

static enum err count_change(void *ctx, const struct config_change *c)
{
	(void)c;
	++*(size_t *)ctx;
	return ERR_OK;
}

static void import_replaces_and_writes_history_of_what_differs(void **state)
{
	struct fixture *f = *state;
	size_t n = 0;
	put_small_site(f->store);
	const char *text =
		"format: 1\n"
		"places:\n"
		"  - {id: 1, name: Дом, zone: Europe/Moscow}\n"
		"  - {id: 20, name: New, parent: 1, kind: flat}\n";
	assert_int_equal(store_import(f->store, slice_of(text), "test", NULL), ERR_OK);
	const struct site *site = store_site(f->store);
	assert_int_equal(site->counts[OBJECT_PLACE], 2);
	assert_int_equal(site->counts[OBJECT_METER], 0);
	site_unref(site);
	assert_int_equal(
		store_config_history(f->store, OBJECT_PLACE, 1, 9, count_change, &n), ERR_OK);
	assert_int_equal(n, 1); /* unchanged by the import */
	assert_int_equal(
		store_config_history(f->store, OBJECT_METER, 3, 9, count_change, &n), ERR_OK);
	assert_int_equal(n, 3); /* made, deleted */
	struct line l;
	object_init(OBJECT_LINE, &l);
	(void)STR_COPY(l.name, "x");
	(void)STR_COPY(l.link, "y");
	assert_int_equal(store_put(f->store, OBJECT_LINE, &l, "test", NULL), ERR_OK);
	assert_int_equal(l.id, 21);
}

static void errors_name_the_line(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *text;
		const char *error;
	} cases[] = {
		{"", "the text is empty"},
		{"format: 2\n", "line 1: format"},
		{"places: []\n", "format: is missing"},
		{"format: 1\nhouses: []\n", "line 2: houses"},
		{"format: 1\nplaces: []\nplaces: []\n", "line 3: places"},
		{"format: 1\nplaces: 5\n", "line 2: places: must be a list"},
		{"format: 1\nplaces:\n  - 5\n", "line 3: a place"},
		{"format: 1\nplaces:\n  - id: 1\n    colour: red\n",
			"line 4: a place has no field colour"},
		{"format: 1\nplaces:\n  - id: 1\n    id: 2\n", "line 4: id: stands here twice"},
		{"format: 1\nplaces:\n  - name: x\n", "line 3: a place without id"},
		{"format: 1\nplaces:\n  - id: one\n", "line 3: id: must be a whole number"},
		{"format: 1\nplaces:\n  - id: 1\n    area_m2: 1,5\n",
			"line 4: area_m2: must be a number"},
		{"format: 1\nplaces:\n  - id: 1\n    kind: castle\n", "line 4: kind: is not one"},
		{"format: 1\nplaces:\n  - id: 1\n    name: [a]\n", "line 4: name: must be"},
		{"format: 1\nplaces:\n  - &a {id: 1}\n  - *a\n", "line 4: references"},
		{"format: 1\nplaces:\n\t- id: 1\n", "line 3:"},
		{"format: 1\n---\nformat: 1\n", "one document only"},
		{"format: 1\nplaces:\n  - id: 1\n    name: a\n  - id: 2\n    name: b\n    parent: 9\n",
			"line 5: place 2 \"b\": parent: there is no place 9"},
		{"format: 1\nplaces:\n  - {id: 1, name: a}\nlines:\n  - {id: 1, name: a, link: b}\n",
			"two objects have the number 1"},
	};
	put_small_site(f->store);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diag d = {0};
		assert_int_not_equal(
			store_import(f->store, slice_of(cases[i].text), "test", &d), ERR_OK);
		if (!strstr(d.text, cases[i].error)) {
			fail_msg("\"%s\" does not say \"%s\"", d.text, cases[i].error);
		}
	}
	const struct site *site = store_site(f->store);
	assert_int_equal(site->counts[OBJECT_BINDING], 1); /* nothing was changed */
	site_unref(site);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up_store, tear_down_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(the_text_reads_like_this),
		WITH_STORE(export_import_export_is_the_same_bytes),
		WITH_STORE(import_replaces_and_writes_history_of_what_differs),
		WITH_STORE(errors_name_the_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
