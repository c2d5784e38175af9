/*
 * Telegrams of DLMS meters that speak by themselves: vectors/dlms/athombv (real meters, with what another
 * implementation makes of each) and the pushes of vectors/electricity.jsonl.
 *
 * Exceptions: the list of Iskra says that it has twelve values, ends after eight, and its file names the two of
 * power it does not have; the telegram whose checksum is wrong (described-list, whose values end too early as
 * well) must be refused; of the telegram of the L+G E450 two of three blocks were published, so it has no end.
 * Octets are told as hex there and not compared.
 */
#include "base/str.h"
#include "exchange.h"
#include "proto/dlms_push.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

static struct buf load(const char *name)
{
	char path[256], text[1 << 14];
	(void)snprintf(path, sizeof(path), "dlms/athombv/%s", name);
	const char *full = vector_path(path);
	struct buf bytes;
	buf_init(&bytes, 1 << 14);
	if (!full) {
		(void)puts("skipped: no folder of vectors (DOMOVOI_VECTORS)");
		exit(77);
	}
	FILE *f = fopen(full, "re");
	assert_non_null(f);
	size_t n = fread(text, 1, sizeof(text), f), digits = 0;
	(void)fclose(f);
	for (size_t i = 0; i < n; i++) { /* lines may end between the digits of a byte */
		if (isxdigit((unsigned char)text[i])) {
			text[digits++] = text[i];
		}
	}
	assert_int_equal(str_unhex(text, digits, &bytes, NULL), ERR_OK);
	return bytes;
}

static json_t *expected(const char *name)
{
	char path[256];
	(void)snprintf(path, sizeof(path), "dlms/athombv/%s", name);
	json_t *o = json_load_file(vector_path(path), JSON_ALLOW_NUL, NULL);
	assert_non_null(o);
	return o;
}

/* "1-0:31.7.0(9.3*A)" */
static const char *find(const json_t *cosem, const char *code)
{
	static const char *const lists[] = {"knownObjects", "unknownObjects"};
	size_t n = strlen(code);
	for (int i = 0; i < 2; i++) {
		const json_t *list = json_object_get(cosem, lists[i]);
		for (size_t k = 0; k < json_array_size(list); k++) {
			const char *text = json_string_value(json_array_get(list, k));
			if (strncmp(text, code, n) == 0 && text[n] == '(') {
				return text + n + 1;
			}
		}
	}
	return NULL;
}

static int check_items(const char *name, struct slice apdu, const json_t *o)
{
	struct dlms_notification notice;
	struct dlms_item x;
	int n = 0;
	assert_int_equal(dlms_notification_get(apdu, &notice), ERR_OK);
	struct dlms_items items = dlms_items_of(notice.body);
	while (dlms_items_next(&items, &x)) {
		char code[OBIS_CAP];
		const char *want = find(json_object_get(o, "cosem"), obis_text(code, &x.code));
		if (!want) {
			fail_msg("%s: nothing is said of %s", name, code);
			return 0;
		}
		if (!isnan(x.value.number)) {
			/* there, what is known of lists without units is not in these texts */
			bool is_scaled = items.kind == DLMS_ITEMS_SCALED;
			double v = x.value.number * (is_scaled ? pow(10, x.scaler) : 1);
			if (fabs(v - atof(want)) > 1e-6) {
				fail_msg("%s: %s is %g, not %s", name, code, v, want);
			}
		} else if (x.value.tag == AXDR_VISIBLE) {
			assert_memory_equal(want, x.value.bytes.data, x.value.bytes.size);
		}
		n++;
	}
	return n;
}

static void every_telegram_says_what_is_stated(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int items;
	} cases[] = {{"aidon-example-1", 9}, {"aidon-example-2", 27},
		{"aidon-example-2-segmented", 27}, {"kamstrup-example-1", 12},
		{"kamstrup-example-2", 0}, {"kamstrup-example-3", 0}, {"iskra-1", 4},
		{"slovenia-list-1", 18}, {"slovenia-list-2", 12}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		uint8_t apdu[4096];
		size_t size = 0, n = 0;
		(void)snprintf(text, sizeof(text), "%s.txt", cases[i].name);
		struct buf b = load(text);
		struct slice all = buf_slice(&b);
		for (size_t cut = 0; cut < all.size; cut++) {
			struct slice part = {all.data, cut};
			assert_int_equal(dlms_push_cut(part, &size), HDLC_CUT_MORE);
		}
		assert_int_equal(dlms_push_cut(all, &size), HDLC_CUT_FULL);
		assert_int_equal(size, all.size);
		assert_int_equal(dlms_push_apdu(all, apdu, sizeof(apdu), &n), ERR_OK);
		(void)snprintf(text, sizeof(text), "%s.json", cases[i].name);
		json_t *o = expected(text);
		int items = check_items(cases[i].name, (struct slice){apdu, n}, o);
		const json_t *c = json_object_get(o, "cosem");
		size_t all_n = json_array_size(json_object_get(c, "knownObjects")) +
			       json_array_size(json_object_get(c, "unknownObjects"));
		assert_int_equal(items, cases[i].items ? (size_t)cases[i].items : all_n);
		json_decref(o);
		buf_fini(&b);
	}
}

static void a_telegram_with_a_wrong_checksum_is_none(void **state)
{
	(void)state;
	size_t size = 0;
	struct buf b = load("described-list.txt");
	assert_int_equal(dlms_push_cut(buf_slice(&b), &size), HDLC_CUT_JUNK);
	buf_fini(&b);
}

static void an_enciphered_telegram_opens_with_its_keys_alone(void **state)
{
	(void)state;
	static const char *const names[] = {"encrypted/aidon-example-2-with-aad.txt",
		"encrypted/aidon-example-2-without-aad.txt"};
	struct dlms_keys k = {.is_bare = false};
	for (uint8_t i = 0; i < 16; i++) { /* vectors/dsmr/MANIFEST.md */
		k.encryption[i] = (uint8_t)(0x01 + 0x22 * (i % 8));
		k.authentication[i] = (uint8_t)(0xff - 0x11 * i);
	}
	for (size_t i = 0; i < 2; i++) {
		uint8_t apdu[4096], plain[4096];
		size_t n = 0, size = 0;
		struct buf b = load(names[i]);
		assert_int_equal(dlms_push_cut(buf_slice(&b), &size), HDLC_CUT_FULL);
		assert_int_equal(dlms_push_apdu(buf_slice(&b), apdu, sizeof(apdu), &n), ERR_OK);
		enum err e = dlms_push_open(
			&k, (struct slice){apdu, n}, plain, sizeof(plain), &size);
		assert_int_equal(e, i == 0 ? ERR_OK : ERR_DENIED);
		k.is_bare = true; /* the other is signed without the authentication key */
		e = dlms_push_open(&k, (struct slice){apdu, n}, plain, sizeof(plain), &size);
		assert_int_equal(e, i == 0 ? ERR_DENIED : ERR_OK);
		k.is_bare = i > 0;
		(void)dlms_push_open(&k, (struct slice){apdu, n}, plain, sizeof(plain), &size);
		json_t *o = expected("aidon-example-2.json");
		assert_int_equal(check_items("enciphered", (struct slice){plain, size}, o), 27);
		json_decref(o);
		k.encryption[3] ^= 1;
		assert_int_equal(
			dlms_push_open(&k, (struct slice){apdu, n}, plain, sizeof(plain), &size),
			ERR_DENIED);
		k.encryption[3] ^= 1;
		k.is_bare = false;
		buf_fini(&b);
	}
}

/* ---- M-Bus ---- */

struct stated {
	const char *code;
	double value;
};

/* Numbers of a list in the units of their codes: W, var, A, V, Wh, varh. */
static void check_stated(const char *name, struct slice apdu, const struct stated *want, int n)
{
	struct dlms_notification notice;
	struct dlms_item x;
	int found = 0;
	assert_int_equal(dlms_notification_get(apdu, &notice), ERR_OK);
	struct dlms_items items = dlms_items_of(notice.body);
	while (dlms_items_next(&items, &x)) {
		char code[OBIS_CAP];
		(void)obis_text(code, &x.code);
		for (int i = 0; i < n; i++) {
			if (strcmp(code, want[i].code) != 0) {
				continue;
			}
			double v = x.value.number * pow(10, x.scaler);
			if (!x.has_scale || fabs(v - want[i].value) > 1e-6) {
				fail_msg("%s: %s is %g, not %g", name, code, v, want[i].value);
			}
			found++;
		}
	}
	if (found != n) {
		fail_msg("%s: %d values of %d", name, found, n);
	}
}

/* The frames of a file; the key of its meter stands behind them. */
static void a_telegram_in_frames_of_m_bus_is_opened_and_read(void **state)
{
	(void)state;
	static const struct stated want[] = {{"1-0:1.8.0", 12937}, {"1-0:2.8.0", 0},
		{"1-0:1.7.0", 0}, {"1-0:32.7.0", 233.7}, {"1-0:31.7.0", 0}, {"1-0:13.7.0", 1}};
	struct dlms_keys k = {.is_bare = true};
	uint8_t apdu[1024], plain[1024];
	size_t size = 0, n = 0;
	struct buf b = load("m-bus/austria-example-1.txt");
	struct buf clear = load("m-bus/austria-decrypted-1.txt");
	struct buf whole = load("m-bus/austria-example-1 copy.txt"); /* the APDU alone */
	size_t telegram = b.size - 2 * GCM_KEY_SIZE;
	memcpy(k.encryption, b.data + telegram, GCM_KEY_SIZE);
	for (size_t cut = 0; cut < telegram; cut++) {
		struct slice part = {b.data, cut};
		assert_int_equal(dlms_push_cut(part, &size), HDLC_CUT_MORE);
	}
	struct slice all = {b.data, telegram};
	assert_int_equal(dlms_push_cut(all, &size), HDLC_CUT_FULL);
	assert_int_equal(size, telegram);
	assert_int_equal(dlms_push_apdu(all, apdu, sizeof(apdu), &n), ERR_OK);
	assert_int_equal(
		dlms_push_open(&k, (struct slice){apdu, n}, plain, sizeof(plain), &size), ERR_OK);
	assert_int_equal(size, clear.size);
	assert_memory_equal(plain, clear.data, size);
	check_stated("austria", buf_slice(&clear), want, sizeof(want) / sizeof(want[0]));
	/* the second frame is no first one, and nothing is left out of a telegram */
	struct slice second = {all.data + 256, telegram - 256};
	assert_int_equal(second.data[0], 0x68);
	assert_int_equal(dlms_push_cut(second, &size), HDLC_CUT_JUNK);
	for (size_t i = 0; i < telegram; i++) {
		b.data[i] ^= 0x04;
		assert_true(dlms_push_cut(all, &size) != HDLC_CUT_FULL);
		b.data[i] ^= 0x04;
	}
	buf_fini(&b);
	buf_fini(&clear);
	buf_fini(&whole);
}

/* ---- lists of another implementation's tests ---- */

#define WANT_MAX 14
/* toreamun/amshan, tests/test_kaifa.py and test_kamstrup.py: what it decodes these lists of real meters to; of
 * Slovenia athombv/node-dsmr-parser. */
static const struct {
	const char *where;
	struct stated want[WANT_MAX];
} lists[] = {
	{"TestParseKaifa.test_parse_se_list",
		{{"1-0:1.7.0", 2816}, {"1-0:4.7.0", 66}, {"1-0:31.7.0", 6.781},
			{"1-0:51.7.0", 0.79}, {"1-0:71.7.0", 6.125}, {"1-0:32.7.0", 232.2},
			{"1-0:52.7.0", 230.0}, {"1-0:72.7.0", 228.9}, {"1-0:1.8.0", 4786979},
			{"1-0:3.8.0", 26228}, {"1-0:4.8.0", 578528}}},
	{"no_list_1", {{"1-0:1.7.0", 5852}}},
	{"no_list_2", {{"1-0:1.7.0", 9745}, {"1-0:4.7.0", 435}, {"1-0:31.7.0", 33.813},
			      {"1-0:51.7.0", 28.103}, {"1-0:71.7.0", 18.178}, {"1-0:32.7.0", 216.8},
			      {"1-0:52.7.0", 0}, {"1-0:72.7.0", 218.8}}},
	{"no_list_3", {{"1-0:1.7.0", 4904}, {"1-0:4.7.0", 377}, {"1-0:31.7.0", 14.571},
			      {"1-0:51.7.0", 15.643}, {"1-0:1.8.0", 79591144}, {"1-0:2.8.0", 0},
			      {"1-0:3.8.0", 889389}, {"1-0:4.8.0", 3210932}}},
	{"se_list_real_sample",
		{{"1-1:1.7.0", 826}, {"1-1:2.7.0", 0}, {"1-1:31.7.0", 2.37}, {"1-1:51.7.0", 0.89},
			{"1-1:71.7.0", 0.75}, {"1-1:3.7.0", 104}, {"1-1:4.7.0", 176},
			{"1-1:32.7.0", 232}, {"1-1:52.7.0", 233}, {"1-1:72.7.0", 236}}},
	{"no_list_1_single_phase_real_sample", {{"1-1:1.7.0", 1896}, {"1-1:4.7.0", 493},
						       {"1-1:31.7.0", 8.96}, {"1-1:32.7.0", 225}}},
	{"no_list_2_single_phase_real_sample",
		{{"1-1:1.7.0", 10050}, {"1-1:31.7.0", 45.12}, {"1-1:32.7.0", 223},
			{"1-1:1.8.0", 77452500}, {"1-1:3.8.0", 137310}, {"1-1:4.8.0", 11415870}}},
};
#define LISTS (sizeof(lists) / sizeof(lists[0]))

static int stated_size(const struct stated *want)
{
	int n = 0;
	while (n < WANT_MAX && want[n].code) {
		n++;
	}
	return n;
}

static void lists_without_units_have_those_of_their_makers(void **state)
{
	(void)state;
	const char *path = vector_path("dlms/apdu_vectors.jsonl");
	char *text = NULL;
	size_t cap = 0, seen = 0;
	NEED_VECTORS(path);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	while (getline(&text, &cap, f) > 0) {
		json_t *o = json_loads(text, 0, NULL);
		const char *where = exchange_text(o, "where");
		bool is_kaifa = strstr(exchange_text(o, "file"), "kaifa");
		static uint8_t apdu[EXCHANGE_FRAME_MAX];
		for (size_t i = 0; i < LISTS; i++) {
			if (strcmp(where, lists[i].where) != 0 ||
				(strncmp(where, "no_list_", 8) == 0 && !strstr(where, "real") &&
					!is_kaifa)) {
				continue;
			}
			size_t n = exchange_hex(exchange_text(o, "hex"), apdu);
			if (apdu[0] == 0xe6) { /* LLC before it */
				check_stated(where, (struct slice){apdu + 3, n - 3}, lists[i].want,
					stated_size(lists[i].want));
				seen++;
			} else { /* the body alone */
				static const uint8_t head[] = {DLMS_NOTIFICATION, 0, 0, 0, 0, 0};
				memmove(apdu + sizeof(head), apdu, n);
				memcpy(apdu, head, sizeof(head));
				check_stated(where, (struct slice){apdu, n + sizeof(head)},
					lists[i].want, stated_size(lists[i].want));
				seen++;
			}
		}
		json_decref(o);
	}
	free(text);
	(void)fclose(f);
	assert_int_equal(seen, LISTS);
}

static void check_push(const struct exchange *x, void *ctx)
{
	int *seen = ctx;
	uint8_t apdu[4096];
	size_t size = 0, n = 0;
	struct dlms_notification notice;
	struct dlms_item item;
	const json_t *structure = json_object_get(x->decoded, "structure_items");
	if (strstr(x->device, "E450")) {
		assert_int_equal(dlms_push_cut(x->reply, &size), HDLC_CUT_MORE);
		(*seen)++;
	}
	if (!structure) {
		return;
	}
	const json_t *rows = json_object_get(structure, "items");
	assert_int_equal(dlms_push_cut(x->reply, &size), HDLC_CUT_FULL);
	assert_int_equal(dlms_push_apdu(x->reply, apdu, sizeof(apdu), &n), ERR_OK);
	assert_int_equal(dlms_notification_get((struct slice){apdu, n}, &notice), ERR_OK);
	assert_true(notice.has_time && notice.time.year == 2024 && notice.time.second == 20);
	struct dlms_items items = dlms_items_of(notice.body);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i), *value = json_array_get(row, 1);
		struct obis code;
		assert_true(dlms_items_next(&items, &item));
		assert_true(obis_parse_dotted(json_string_value(json_array_get(row, 0)), &code));
		assert_true(obis_equal(&code, &item.code));
		if (json_is_integer(value)) {
			assert_int_equal(item.value.integer, json_integer_value(value));
		} else {
			assert_memory_equal(item.value.bytes.data, json_string_value(value),
				item.value.bytes.size);
		}
	}
	assert_false(dlms_items_next(&items, &item));
	(*seen)++;
}

static void published_pushes_are_taken_apart(void **state)
{
	(void)state;
	int seen = 0;
	(void)electricity_each("dlms-hdlc", check_push, &seen);
	assert_int_equal(seen, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_telegram_says_what_is_stated),
		cmocka_unit_test(a_telegram_with_a_wrong_checksum_is_none),
		cmocka_unit_test(an_enciphered_telegram_opens_with_its_keys_alone),
		cmocka_unit_test(a_telegram_in_frames_of_m_bus_is_opened_and_read),
		cmocka_unit_test(lists_without_units_have_those_of_their_makers),
		cmocka_unit_test(published_pushes_are_taken_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
