/*
 * Telegrams of DLMS meters that speak by themselves: vectors/dlms/athombv (real meters, with what another
 * implementation makes of each) and the pushes of vectors/electricity.jsonl.
 *
 * Exceptions: lists of values without codes (Iskra, two Slovenian ones) have no items; the telegram whose
 * checksum is wrong (described-list, whose values end too early as well) must be refused; of the telegram of the L+G E450 two of three blocks were
 * published, so it has no end.
 */
#include "base/str.h"
#include "exchange.h"
#include "proto/dlms_push.h"

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
	size_t n = fread(text, 1, sizeof(text), f);
	(void)fclose(f);
	assert_int_equal(str_unhex(text, n, &bytes, NULL), ERR_OK);
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
			double v = x.value.number * (x.has_scale ? pow(10, x.scaler) : 1);
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

static void every_telegram_with_codes_says_what_is_stated(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int items;
	} cases[] = {{"aidon-example-1", 9}, {"aidon-example-2", 27},
		{"aidon-example-2-segmented", 27}, {"kamstrup-example-1", 12},
		{"kamstrup-example-2", 0}, {"kamstrup-example-3", 0}, {"iskra-1", -1},
		{"slovenia-list-1", -1}, {"slovenia-list-2", -1}};
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
		if (cases[i].items >= 0) {
			(void)snprintf(text, sizeof(text), "%s.json", cases[i].name);
			json_t *o = expected(text);
			int items = check_items(cases[i].name, (struct slice){apdu, n}, o);
			const json_t *c = json_object_get(o, "cosem");
			size_t all_n = json_array_size(json_object_get(c, "knownObjects")) +
				       json_array_size(json_object_get(c, "unknownObjects"));
			assert_int_equal(items, all_n);
			json_decref(o);
		}
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
	struct dlms_keys k;
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
		if (i == 0) {
			assert_int_equal(e, ERR_OK);
			json_t *o = expected("aidon-example-2.json");
			assert_int_equal(
				check_items("enciphered", (struct slice){plain, size}, o), 27);
			json_decref(o);
		} else { /* signed without the authentication key: not by the books */
			assert_int_equal(e, ERR_DENIED);
		}
		k.encryption[3] ^= 1;
		assert_int_equal(
			dlms_push_open(&k, (struct slice){apdu, n}, plain, sizeof(plain), &size),
			ERR_DENIED);
		k.encryption[3] ^= 1;
		buf_fini(&b);
	}
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
		cmocka_unit_test(every_telegram_with_codes_says_what_is_stated),
		cmocka_unit_test(a_telegram_with_a_wrong_checksum_is_none),
		cmocka_unit_test(an_enciphered_telegram_opens_with_its_keys_alone),
		cmocka_unit_test(published_pushes_are_taken_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
