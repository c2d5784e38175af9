/*
 * test_document.c - values out of documents: paths in JSON, the newest line of a text, pieces; files that
 * may and may not be named
 */
#include "base/piece.h"
#include "link/link.h"
#include "proto/csv_tail.h"
#include "proto/json_path.h"
#include "test.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static struct slice slice_of(const char *text)
{
	return (struct slice){(const uint8_t *)text, strlen(text)};
}

/* ---- JSON ---- */

static struct json_scan scanned(
	const struct json_path *p, const char *text, size_t piece, enum err *ret_e)
{
	struct json_scan s;
	struct diag d = {0};
	enum err e = ERR_OK;
	size_t n = strlen(text);
	json_scan_init(&s, p);
	for (size_t at = 0; at < n && !e; at += piece) {
		size_t left = n - at;
		e = json_scan_put(&s,
			(struct slice){(const uint8_t *)text + at, left < piece ? left : piece},
			&d);
	}
	*ret_e = e ? e : json_scan_end(&s, &d);
	assert_true(*ret_e == ERR_OK || d.text[0]);
	return s;
}

/* An answer as services give it: an object of objects and lists, names with dots, escapes. */
static const char answer[] =
	"\xef\xbb\xbf{\"lat\": 52.52, \"current_units\": {\"temp\": \"\\u00b0C\"},\n"
	" \"current\": {\"time\": \"2026-11-25T13:15\", \"temp\": -3.4, \"temp\": 99, \"rain\": null,"
	" \"text\": \"-3,5\", \"wet\": true, \"bad\": NaN},"
	" \"list\": [{\"dt\": 1764072000, \"main\": {\"temp\": 270.15}}, {\"main\": {\"temp\": 1e1}}],"
	" \"a.b\": {\"c d\": [[], [1, -2.5E+1]]}, \"e\": {}}  ";

static void a_path_leads_to_its_value_however_the_text_is_cut(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		enum json_kind kind;
		const char *value;
	} cases[] = {
		{"$.current.temp", FOUND_NUMBER, "-3.4"},
		{"current.temp", FOUND_NUMBER, "-3.4"},
		{"$['current']['temp']", FOUND_NUMBER, "-3.4"},
		{"list[0].main.temp", FOUND_NUMBER, "270.15"},
		{"$.list[1].main.temp", FOUND_NUMBER, "1e1"},
		{"$['a.b'][\"c d\"][1][1]", FOUND_NUMBER, "-2.5E+1"},
		{"current.text", FOUND_TEXT, "-3,5"},
		{"current.time", FOUND_TEXT, "2026-11-25T13:15"},
		{"current_units.temp", FOUND_TEXT,
			"\xc2\xb0"
			"C"},
		{"current.rain", FOUND_NULL, "null"},
		{"current.bad", FOUND_NULL, "NaN"},
		{"current.wet", FOUND_BOOLEAN, "true"},
		{"current", FOUND_OBJECT, ""},
		{"list", FOUND_ARRAY, ""},
		{"$", FOUND_OBJECT, ""},
		{"current.snow", FOUND_NOTHING, ""},
		{"list[2]", FOUND_NOTHING, ""},
		{"lat[0]", FOUND_NOTHING, ""},
		{"main.temp", FOUND_NOTHING, ""},
		{"list.main", FOUND_NOTHING, ""},
		{"current[0]", FOUND_NOTHING, ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_path p;
		struct diag d = {0};
		assert_int_equal(json_path_read(cases[i].path, &p, &d), ERR_OK);
		for (size_t piece = 1; piece <= sizeof(answer); piece += piece < 9 ? 1 : 50) {
			enum err e;
			struct json_scan s = scanned(&p, answer, piece, &e);
			if (e || s.kind != cases[i].kind || strcmp(s.value, cases[i].value) != 0) {
				fail_msg("%s in pieces of %zu: %s, %s '%s'", cases[i].path, piece,
					err_name(e), json_kind_name(s.kind), s.value);
			}
		}
	}
}

static void what_is_missing_is_told_with_what_is_there(void **state)
{
	(void)state;
	static const struct {
		const char *path, *part, *beside;
		enum json_kind kind;
	} cases[] = {
		{"current.snow", "$.current", "time, temp, temp, rain, text, wet, bad",
			FOUND_OBJECT},
		{"list[7].main", "$.list", "2 items", FOUND_ARRAY},
		{"lat.x", "$.lat", "", FOUND_NUMBER},
		{"e.x", "$.e", "", FOUND_OBJECT},
		{"x", "$", "lat, current_units, current, list, a.b, e", FOUND_OBJECT},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_path p;
		enum err e;
		char part[60];
		assert_int_equal(json_path_read(cases[i].path, &p, NULL), ERR_OK);
		struct json_scan s = scanned(&p, answer, 7, &e);
		json_path_text(&p, s.reached, part, sizeof(part));
		assert_string_equal(part, cases[i].part);
		assert_int_equal(s.reached_kind, cases[i].kind);
		if (s.reached_kind == FOUND_OBJECT || s.reached_kind == FOUND_ARRAY) {
			assert_string_equal(s.beside, cases[i].beside);
		}
	}
}

static void what_is_no_json_is_refused_where_it_stops_being_it(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t at;
	} cases[] = {
		{"", 0},
		{"<html>", 0},
		{"{\"a\": 1", 7},
		{"{\"a\" 1}", 5},
		{"{\"a\": }", 6},
		{"{a: 1}", 1},
		{"[1, 2", 5},
		{"[1 2]", 3},
		{"[1,]", 3},
		{"{\"a\": 1,}", 8},
		{"[1]]", 3},
		{"[1}", 2},
		{"]", 0},
		{"[01]", 3},
		{"[1.]", 3},
		{"[-]", 2},
		{"[1e]", 3},
		{"[.5]", 3},
		{"[+1]", 3},
		{"[nul]", 4},
		{"[\"a\\x\"]", 4},
		{"[\"\\u12G4\"]", 6},
		{"[\"a\nb\"]", 3},
		{"\"a", 2},
		{"1 2", 2},
		{"[0x10]", 5},
	};
	struct json_path p;
	assert_int_equal(json_path_read("a.b", &p, NULL), ERR_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_scan s;
		struct diag d = {0};
		json_scan_init(&s, &p);
		enum err e = json_scan_put(&s, slice_of(cases[i].text), &d);
		e = e ? e : json_scan_end(&s, &d);
		if (e != ERR_PARSE || d.offset != cases[i].at) {
			fail_msg("%s: %s at %zu: %s", cases[i].text, err_name(e), d.offset, d.text);
		}
	}
	char deep[300];
	memset(deep, '[', sizeof(deep));
	deep[sizeof(deep) - 1] = 0;
	enum err e;
	(void)scanned(&p, deep, 300, &e);
	assert_int_equal(e, ERR_PARSE);
}

static void wrong_paths_are_refused_with_the_character(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		size_t at;
	} cases[] = {
		{"", 0},
		{"$x", 1},
		{"a..b", 2},
		{"a.", 2},
		{"a[", 2},
		{"a[x]", 2},
		{"a[1", 2},
		{"a['x]", 2},
		{"a[0]b", 4},
		{"a.b.c.d.e.f.g.h.i.j.k.l.m", 23},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_path p;
		struct diag d = {0};
		enum err e = json_path_read(cases[i].path, &p, &d);
		if (e != ERR_PARSE || d.offset != cases[i].at || !d.text[0]) {
			fail_msg("'%s': %s at %zu: %s", cases[i].path, err_name(e), d.offset,
				d.text);
		}
	}
}

/* ---- lines ---- */

static const struct zone *moscow(void)
{
	const struct zone *z = NULL;
	assert_int_equal(zone_get("Europe/Moscow", &z, NULL), ERR_OK);
	return z;
}

static void lines_are_read_as_people_and_programs_write_them(void **state)
{
	(void)state;
	const int64_t noon = 1764061200; /* 2025-11-25T09:00:00Z, noon in Moscow */
	static const struct {
		const char *text;
		unsigned column;
		bool has_time;
		double value; /* NaN: none */
	} cases[] = {
		{"2025-11-25 12:00;-3,5", 0, true, -3.5},
		{"2025-11-25T12:00;-3.5", 0, true, -3.5},
		{"2025-11-25T09:00Z;-3.5", 0, true, -3.5},
		{"25.11.2025 12:00;-3,5", 0, true, -3.5},
		{"25.11.2025 12:00:00\t-3,5", 0, true, -3.5},
		{"1764061200;+12", 0, true, 12},
		{"2025-11-25 12:00,-3.5", 0, true, -3.5},
		{"2025-11-25 12:00,-3,5", 0, true, -3.5},
		{"2025-11-25 12:00,78,-3.5", 3, true, -3.5},
		{"2025-11-25 12:00;78; \xe2\x88\x92\x33,5 ", 3, true, -3.5},
		{"\"2025-11-25 12:00\";\"-3,5\"", 0, true, -3.5},
		{"-3,5", 0, false, -3.5},
		{" 12 ", 0, false, 12},
		{"-3.5;noon", 1, false, -3.5},
		{"2025-11-25 12:00;", 0, true, NAN},
		{"2025-11-25 12:00;nan", 0, true, NAN},
		{"2025-11-25 12:00;-", 0, true, NAN},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct csv_line l = {.number = 1};
		struct csv_row r;
		struct diag d = {0};
		(void)snprintf(l.text, sizeof(l.text), "%s", cases[i].text);
		if (csv_row_read(&l, cases[i].column, moscow(), &r, &d)) {
			fail_msg("'%s': %s", cases[i].text, d.text);
		}
		bool is_same = isnan(cases[i].value) ? isnan(r.value) : r.value == cases[i].value;
		if (!is_same || r.has_time != cases[i].has_time || (r.has_time && r.utc != noon)) {
			fail_msg("'%s': %g, %lld", cases[i].text, r.value, (long long)r.utc);
		}
	}
	static const char *const wrong[] = {"2025-11-25 12:00;warm", "yesterday;-3,5",
		"2025-13-25 12:00;1", "2025-11-25 12:00;1,2,3", "2025-11-25 12:00;1.2.3",
		"2025-11-25 12:00;0x10", "2025-11-25 12:00;1e999", "2025-11-25 12:00;.5",
		"2025-11-25 12:00;-3,5 C", "time;temperature"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct csv_line l = {.number = 7};
		struct csv_row r;
		struct diag d = {0};
		(void)snprintf(l.text, sizeof(l.text), "%s", wrong[i]);
		assert_int_equal(csv_row_read(&l, 0, moscow(), &r, &d), ERR_PARSE);
		assert_non_null(strstr(d.text, "line 7"));
	}
}

static void the_newest_whole_line_counts(void **state)
{
	(void)state;
	static const char text[] = "# station 1\r\ntime;value\r\n1;2\r\n\r\n3;4\r\n# end\n5;";
	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		struct csv_tail t;
		csv_tail_init(&t);
		for (size_t at = 0; at < sizeof(text) - 1; at += piece) {
			size_t left = sizeof(text) - 1 - at;
			csv_tail_put(&t, (struct slice){(const uint8_t *)text + at,
						 left < piece ? left : piece});
		}
		assert_string_equal(t.last.text, "3;4");
		assert_int_equal(t.last.number, 5);
		assert_int_equal(t.last.at, strstr(text, "3;4") - text);
		assert_string_equal(t.pending.text, "5;");
	}
	/* a line without end takes no more memory than a line */
	struct csv_tail t;
	struct csv_row r;
	csv_tail_init(&t);
	for (int i = 0; i < 10000; i++) {
		csv_tail_put(&t, slice_of("1234567890"));
	}
	csv_tail_put(&t, slice_of("\n"));
	assert_true(t.last.is_cut);
	assert_int_equal(csv_row_read(&t.last, 0, NULL, &r, NULL), ERR_PARSE);
}

/* ---- pieces ---- */

static void a_document_comes_back_out_of_its_pieces(void **state)
{
	(void)state;
	static uint8_t document[7000];
	struct piece like = {.status = 200, .changed_utc = 1764061200, .type = "text/a b\n"};
	size_t at = 0;
	for (size_t i = 0; i < sizeof(document); i++) {
		document[i] = (uint8_t)(i * 7);
	}
	while (at < sizeof(document)) {
		char request[PIECE_ASK_MAX];
		bool is_new;
		size_t asked, size, n = piece_ask(request, at);
		assert_true(
			piece_asked((struct slice){(const uint8_t *)request, n}, &is_new, &asked));
		assert_int_equal(is_new, at == 0);
		assert_int_equal(asked, at);
		struct buf b;
		struct piece p;
		buf_init(&b, PIECE_HEAD_MAX + PIECE_MAX);
		piece_write(&b, &like, SLICE(document), at);
		for (size_t part = 0; part < b.size; part += part < 60 ? 1 : 500) {
			assert_int_equal(
				piece_read((struct slice){b.data, part}, &p, &size), PIECE_MORE);
		}
		assert_int_equal(piece_read(buf_slice(&b), &p, &size), PIECE_WHOLE);
		assert_int_equal(size, b.size);
		assert_int_equal(p.total, sizeof(document));
		assert_int_equal(p.at, at);
		assert_string_equal(p.type, "text/a_b_");
		assert_memory_equal(p.bytes.data, document + at, p.bytes.size);
		at += p.bytes.size;
		buf_fini(&b);
	}
	static const char *const junk[] = {"DOC 200 1 0 1 0 -\nx", "doc 200 1 0 2 0 -\nxx",
		"doc 200 1 2 0 0 -\n", "doc 200 99999 0 1 0 -\nx", "doc 200 1 0 1 0 \nx",
		"doc 200 1 0 1 -\nx", "doc 1000 1 0 1 0 -\nx", "doc -1 1 0 1 0 -\nx"};
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		struct piece p;
		size_t size;
		assert_int_equal(piece_read(slice_of(junk[i]), &p, &size), PIECE_JUNK);
		assert_int_equal(size, 1);
	}
	bool is_new;
	size_t asked;
	assert_false(piece_asked(slice_of("at x\n"), &is_new, &asked));
	assert_false(piece_asked(slice_of("at 1"), &is_new, &asked));
	assert_false(piece_asked(slice_of("at 99999999\n"), &is_new, &asked));
	assert_false(piece_asked(slice_of("\x10\x5b"), &is_new, &asked));
}

/* ---- addresses ---- */

static void addresses_are_checked_and_their_keys_are_not_shown(void **state)
{
	(void)state;
	char shown[LINK_SHOWN_CAP];
	assert_true(link_url_is_valid("http://127.0.0.1:8080/a?b=c"));
	assert_true(link_url_is_valid("https://api.example.org/v1/forecast?key=1"));
	assert_true(link_url_is_valid("file:outdoor.csv"));
	assert_false(link_url_is_valid("file:"));
	assert_false(link_url_is_valid("http://"));
	assert_false(link_url_is_valid("http:///path"));
	assert_false(link_url_is_valid("http://host/a b"));
	assert_false(link_url_is_valid("http://host/a\nHost: b"));
	assert_false(link_url_is_valid("ftp://host/a"));
	assert_string_equal(link_url_shown("https://me:secret@h.org:8/secret?k=secret", shown),
		"https://h.org:8/...");
	assert_string_equal(link_url_shown("https://h.org", shown), "https://h.org/...");
	assert_string_equal(link_url_shown("tcp://1.2.3.4:5", shown), "tcp://1.2.3.4:5");
	struct diag d = {0};
	struct link *l;
	assert_int_equal(link_open("https:// h/?key=secret", NULL, &l, &d), ERR_INVAL);
	assert_null(strstr(d.text, "secret"));
}

static enum err read_file(const char *url, struct diag *diag)
{
	struct link *l;
	uint8_t to[4000];
	size_t n;
	assert_int_equal(link_open(url, NULL, &l, diag), ERR_OK);
	enum err e = link_write(l, slice_of("get\n"), diag);
	e = e ? e : link_read(l, to, sizeof(to), 0, &n, diag);
	link_close(l);
	return e;
}

static void only_files_below_the_input_directory_are_read(void **state)
{
	(void)state;
	char dir[64] = "/tmp/domovoi-input-XXXXXX", path[128], url[160];
	struct diag d = {0};
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/in", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(setenv("DOMOVOI_INPUT", path, 1), 0);
	(void)snprintf(path, sizeof(path), "%s/out.csv", dir);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	(void)fclose(f);
	(void)snprintf(url, sizeof(url), "file:%s", path);
	assert_int_equal(read_file(url, &d), ERR_LINK);
	assert_non_null(strstr(d.text, "DOMOVOI_INPUT"));
	assert_int_equal(read_file("file:../out.csv", &d), ERR_LINK);
	(void)snprintf(path, sizeof(path), "%s/in/link.csv", dir);
	assert_int_equal(symlink("../out.csv", path), 0);
	assert_int_equal(read_file("file:link.csv", &d), ERR_LINK);
	assert_int_equal(read_file("file:none.csv", &d), ERR_LINK);
	assert_non_null(strstr(d.text, "none.csv"));
	assert_int_equal(read_file("file:.", &d), ERR_LINK);
	(void)snprintf(path, sizeof(path), "%s/in/pipe", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(read_file("file:pipe", &d), ERR_LINK); /* and does not wait for ever */
	(void)snprintf(path, sizeof(path), "%s/in/good.csv", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	(void)fputs("1\n", f);
	(void)fclose(f);
	assert_int_equal(read_file("file:good.csv", &d), ERR_OK);
	(void)snprintf(url, sizeof(url), "file:%s", path);
	assert_int_equal(read_file(url, &d), ERR_OK);
	(void)unsetenv("DOMOVOI_INPUT");
	(void)snprintf(path, sizeof(path), "rm -rf %s", dir);
	assert_int_equal(system(path), 0);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_path_leads_to_its_value_however_the_text_is_cut),
		T(what_is_missing_is_told_with_what_is_there),
		T(what_is_no_json_is_refused_where_it_stops_being_it),
		T(wrong_paths_are_refused_with_the_character),
		T(lines_are_read_as_people_and_programs_write_them),
		T(the_newest_whole_line_counts),
		T(a_document_comes_back_out_of_its_pieces),
		T(addresses_are_checked_and_their_keys_are_not_shown),
		T(only_files_below_the_input_directory_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
