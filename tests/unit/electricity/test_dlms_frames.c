/*
 * HDLC frames, COSEM APDUs and their ciphers: every exchange of vectors/electricity.jsonl of these
 * families. Expectations are what the file states beside the bytes: printed in GOST R 58940 and the Green Book or
 * decoded by other implementations.
 *
 * Requests are made anew of what they mean, whole; replies are taken apart. Exceptions: pushes (UI frames,
 * general block transfer, data notification) are cut and checked here and decoded elsewhere.
 */
#include "base/str.h"
#include "exchange.h"
#include "proto/axdr.h"
#include "proto/cosem.h"
#include "proto/dlms_cipher.h"
#include "proto/hdlc.h"

#include <math.h>

/* ---- frames ---- */

static void check_frame(const struct exchange *x, struct slice bytes, struct hdlc_frame *ret)
{
	uint8_t again[HDLC_FRAME_MAX];
	size_t size = 0;
	if (hdlc_cut(bytes, &size) != HDLC_CUT_FULL || size != bytes.size) {
		fail_msg("line %d: not a frame", x->line);
	}
	assert_int_equal(hdlc_decode(bytes, ret), ERR_OK);
	size = hdlc_encode(ret, again);
	assert_int_equal(size, bytes.size);
	assert_memory_equal(again, bytes.data, size);
	for (size_t i = 8; i < bytes.size * 8 - 8; i++) { /* what stands between the flags */
		uint8_t broken[HDLC_FRAME_MAX];
		struct hdlc_frame f;
		memcpy(broken, bytes.data, bytes.size);
		broken[i / 8] ^= (uint8_t)(1u << i % 8);
		if (hdlc_decode((struct slice){broken, bytes.size}, &f) == ERR_OK) {
			fail_msg("line %d: bit %zu does not matter", x->line, i);
		}
	}
}

static bool has_text(const struct exchange *x, const char *word)
{
	char *all = json_dumps(x->decoded, 0);
	bool is_there = strstr(all, word);
	free(all);
	return is_there;
}

/* The APDU of an I-frame; its first segment has LLC. */
static struct slice apdu_of(const struct hdlc_frame *f)
{
	struct slice s = f->info;
	if (s.size > COSEM_LLC_SIZE && s.data[0] == 0xe6) {
		s.data += COSEM_LLC_SIZE;
		s.size -= COSEM_LLC_SIZE;
	}
	return s;
}

static void check_association(const struct exchange *x, struct slice apdu, bool is_reply)
{
	struct cosem_association a;
	struct cosem_initiate i, wanted = {0x00101d, 0xffff};
	uint8_t again[256], initiate[64];
	assert_int_equal(cosem_association_get(apdu, &a), ERR_OK);
	assert_true(cosem_initiate_get(a.initiate, &i));
	size_t n = cosem_initiate_put(is_reply, &i, initiate, sizeof(initiate));
	a.initiate = (struct slice){initiate, n};
	n = is_reply ? cosem_aare_put(&a, again, sizeof(again)) :
		       cosem_aarq_put(&a, again, sizeof(again));
	assert_int_equal(n, apdu.size);
	assert_memory_equal(again, apdu.data, n);
	wanted.conformance = has_text(x, "001010") ? 0x1010 :
			     has_text(x, "00101C") ? 0x101c :
						     0x1818;
	wanted.pdu = is_reply ? 0x400 : 0xffff;
	assert_int_equal(i.conformance, wanted.conformance);
	assert_int_equal(i.pdu, wanted.pdu);
	assert_int_equal(a.mechanism, !is_reply && has_text(x, "LLS") ? COSEM_LLS : 0);
	assert_int_equal(a.result, is_reply ? 0 : -1);
	if (a.mechanism == COSEM_LLS) {
		assert_int_equal(a.secret.size, 6);
		assert_memory_equal(a.secret.data, "Reader", 6);
	}
}

static void check_request(const struct exchange *x, struct slice apdu)
{
	struct cosem_request q;
	uint8_t again[COSEM_REQUEST_MAX];
	assert_int_equal(cosem_request_get(apdu, &q), ERR_OK);
	size_t n = cosem_request_put(&q, again, sizeof(again));
	assert_int_equal(n, apdu.size);
	assert_memory_equal(again, apdu.data, n);
	const char *get = exchange_text(x->decoded, "get"), *set = exchange_text(x->decoded, "set");
	const char *text = *get ? get : set;
	unsigned class_id, o[6], member;
	if (q.is_next) {
		assert_true(has_text(x, "next"));
		return;
	}
	int fields = sscanf(text, "class %u, %u.%u.%u.%u.%u.%u, attr %u", &class_id, &o[0], &o[1],
		&o[2], &o[3], &o[4], &o[5], &member);
	if (fields != 8) {
		fields = sscanf(text, "class %u, %u.%u.%u.%u.%u.%u attr %u", &class_id, &o[0],
			&o[1], &o[2], &o[3], &o[4], &o[5], &member);
	}
	if (fields != 8) {
		fields = sscanf(text, "class %u %u.%u.%u.%u.%u.%u attr %u", &class_id, &o[0], &o[1],
			&o[2], &o[3], &o[4], &o[5], &member);
	}
	if (fields != 8) {
		fail_msg("line %d: '%s'", x->line, text);
	}
	assert_int_equal(q.class_id, class_id);
	assert_int_equal(q.member, member);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(q.object.v[i], o[i]);
	}
}

static void check_value(const struct exchange *x, struct slice data)
{
	struct reader r = reader_of(data);
	struct axdr d, scaler, unit;
	const json_t *value = json_object_get(x->decoded, "value");
	assert_true(axdr_get(&r, &d));
	assert_int_equal(reader_left(&r), 0);
	if (json_is_integer(value)) {
		assert_int_equal(d.integer, json_integer_value(value));
	} else if (json_object_get(x->decoded, "scaler")) {
		struct reader in = reader_of(d.bytes);
		assert_true(axdr_get(&in, &scaler) && axdr_get(&in, &unit));
		assert_int_equal(
			scaler.integer, json_integer_value(json_object_get(x->decoded, "scaler")));
		assert_int_equal(
			unit.integer, json_integer_value(json_object_get(x->decoded, "unit")));
	} else if (json_is_string(value)) {
		struct buf hex;
		buf_init(&hex, 64);
		str_hex(&hex, d.bytes, 0);
		assert_non_null(strstr(json_string_value(value), buf_cstr(&hex)));
		buf_fini(&hex);
	}
}

static void check_reply(const struct exchange *x, struct slice apdu)
{
	struct cosem_reply p;
	struct buf again;
	if (cosem_reply_get(apdu, &p)) {
		fail_msg("line %d: no reply", x->line);
	}
	buf_init(&again, 4096);
	cosem_reply_put(&p, &again);
	assert_int_equal(again.size, apdu.size);
	assert_memory_equal(again.data, apdu.data, apdu.size);
	buf_fini(&again);
	if (p.kind == COSEM_GET_REPLY && !p.is_block) {
		check_value(x, p.data);
	}
	if (p.is_block) {
		assert_true(has_text(x, p.is_last ? "last=1" : "last=0"));
	}
}

static void check_hdlc(const struct exchange *x, void *ctx)
{
	int *segments = ctx;
	struct hdlc_frame f = {.control = 0}, answer;
	if (x->request.size) {
		check_frame(x, x->request, &f);
	}
	if (x->request.size && hdlc_is_information(f.control)) {
		struct slice apdu = apdu_of(&f);
		if (apdu.data[0] == COSEM_AARQ) {
			check_association(x, apdu, false);
		} else {
			check_request(x, apdu);
		}
	}
	if (!x->reply.size) {
		return;
	}
	check_frame(x, x->reply, &answer);
	struct slice apdu = apdu_of(&answer);
	bool is_part = answer.is_segmented || *segments;
	*segments = answer.is_segmented;
	if (!hdlc_is_information(answer.control) || is_part) {
		return; /* the whole is a line of its own */
	}
	if (apdu.data[0] == COSEM_AARE) {
		check_association(x, apdu, true);
	} else {
		check_reply(x, apdu);
	}
}

static void every_frame_is_taken_apart_and_made_again(void **state)
{
	(void)state;
	int segments = 0;
	assert_int_equal(electricity_each("dlms-hdlc", check_hdlc, &segments), 23);
}

static void what_the_meter_takes_is_read_from_its_answer(void **state)
{
	(void)state;
	/* u9n/dlms-cosem test_hdlc.py, wb-mqtt-serial dlms_test.cpp: values on one, two and four bytes */
	static const uint8_t one[] = {0x81, 0x80, 0x12, 0x05, 0x01, 0x9a, 0x06, 0x01, 0x9a, 0x07,
		0x04, 0x00, 0x00, 0x00, 0x01, 0x08, 0x04, 0x00, 0x00, 0x00, 0x01};
	static const uint8_t two[] = {0x81, 0x80, 0x14, 0x05, 0x02, 0x00, 0x80, 0x06, 0x02, 0x00,
		0x80, 0x07, 0x04, 0x00, 0x00, 0x00, 0x01, 0x08, 0x04, 0x00, 0x00, 0x00, 0x01};
	struct hdlc_limits l;
	uint8_t again[HDLC_LIMITS_MAX];
	assert_true(hdlc_limits_get(SLICE(one), &l));
	assert_int_equal(l.info_out, 154);
	assert_int_equal(l.info_in, 154);
	assert_int_equal(l.window_in, 1);
	assert_int_equal(hdlc_limits_put(&l, again), sizeof(one));
	assert_memory_equal(again, one, sizeof(one));
	assert_true(hdlc_limits_get(SLICE(two), &l));
	assert_int_equal(l.info_out, 128);
	assert_true(hdlc_limits_get((struct slice){NULL, 0}, &l));
	assert_int_equal(l.info_in, 128);
	assert_false(hdlc_limits_get((struct slice){two, sizeof(two) - 1}, &l));
}

static void addresses_are_as_in_the_documents(void **state)
{
	(void)state;
	static const struct {
		unsigned upper, lower;
		int size;
		uint8_t bytes[4], n;
	} cases[] = {{1, 0, 0, {0x03}, 1}, {1, 16, 0, {0x02, 0x21}, 2}, {1, 20, 0, {0x02, 0x29}, 2},
		{1, 17, 4, {0x00, 0x02, 0x00, 0x23}, 4}, {1, 2836, 0, {0x00, 0x02, 0x2c, 0x29}, 4}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hdlc_address a = hdlc_server(cases[i].upper, cases[i].lower, cases[i].size);
		assert_int_equal(a.size, cases[i].n);
		assert_memory_equal(a.bytes, cases[i].bytes, a.size);
	}
	assert_int_equal(hdlc_client(32).bytes[0], 0x41);
}

/* ---- APDUs ---- */

static bool is_clock(const struct axdr *d, const char *text)
{
	struct civil c, w;
	uint8_t status;
	if (!axdr_time(d, &c, &status) ||
		sscanf(text, "%d-%d-%d(dow%*d) %d:%d:%d", &w.year, &w.month, &w.day, &w.hour,
			&w.minute, &w.second) != 6) {
		return false;
	}
	return civil_to_utc(c) == civil_to_utc(w);
}

static void check_row(const struct exchange *x, struct slice elements, const json_t *row)
{
	struct reader r = reader_of(elements);
	for (size_t i = 0; i < json_array_size(row); i++) {
		struct axdr d;
		const json_t *want = json_array_get(row, i);
		assert_true(axdr_get(&r, &d));
		bool is_same = json_is_string(want) ? is_clock(&d, json_string_value(want)) :
						      d.integer == json_integer_value(want);
		if (!is_same) {
			fail_msg("line %d: column %zu", x->line, i);
		}
	}
}

static void check_rows(const struct exchange *x, struct slice data)
{
	struct reader r = reader_of(data);
	struct axdr list, row;
	const json_t *rows = json_object_get(x->decoded, "rows");
	const json_t *first = json_object_get(x->decoded, "row0_first");
	assert_true(axdr_get(&r, &list));
	assert_int_equal(list.tag, AXDR_ARRAY);
	assert_int_equal(reader_left(&r), 0);
	assert_int_equal(list.count,
		json_is_array(rows) ? json_array_size(rows) : (size_t)json_integer_value(rows));
	struct reader in = reader_of(list.bytes);
	for (size_t i = 0; i < list.count; i++) {
		char key[32];
		assert_true(axdr_get(&in, &row));
		(void)snprintf(key, sizeof(key), "row%zu_clock", i);
		const json_t *clock = json_object_get(x->decoded, key);
		if (json_is_array(rows)) {
			check_row(x, row.bytes, json_array_get(rows, i));
		} else if (i == 0 && first) {
			assert_int_equal(row.count,
				json_integer_value(json_object_get(x->decoded, "columns")));
			check_row(x, row.bytes, first);
		} else if (clock) {
			struct reader at = reader_of(row.bytes);
			struct axdr d;
			assert_true(axdr_get(&at, &d) && is_clock(&d, json_string_value(clock)));
		}
	}
}

static void check_apdu(const struct exchange *x, void *ctx)
{
	int *seen = ctx;
	if (x->request.size) {
		if (json_object_get(x->decoded, "get_next")) {
			struct cosem_request q;
			assert_int_equal(cosem_request_get(x->request, &q), ERR_OK);
			assert_true(q.is_next && q.block == 1);
		} else {
			check_request(x, x->request);
		}
		(*seen)++;
	}
	if (x->reply.size && x->reply.data[0] == COSEM_GET_REPLY) {
		check_reply(x, x->reply);
	} else if (x->reply.size && x->reply.data[0] == AXDR_ARRAY) {
		if (json_object_get(x->decoded, "profile_rows")) {
			struct reader r = reader_of(x->reply);
			struct axdr list;
			assert_true(axdr_get(&r, &list));
			assert_int_equal(list.count, 4);
		} else {
			check_rows(x, x->reply);
		}
		(*seen)++;
	} else if (x->reply.size && x->reply.data[0] == 0xe6) {
		struct cosem_reply p;
		struct slice apdu = {x->reply.data + 3, x->reply.size - 3};
		assert_int_equal(cosem_reply_get(apdu, &p), ERR_OK);
		check_rows(x, p.data);
		(*seen)++;
	}
}

static void every_apdu_says_what_is_stated(void **state)
{
	(void)state;
	int seen = 0;
	assert_true(electricity_each("dlms-apdu", check_apdu, &seen) >= 5);
	assert_true(seen >= 5);
}

/* ---- ciphers ---- */

static void hex_of(const struct exchange *x, const char *key, uint8_t *to, size_t n)
{
	assert_int_equal(exchange_hex(exchange_text(x->decoded, key), to), n);
}

static void check_security(const struct exchange *x, void *ctx)
{
	struct dlms_keys k = {.is_bare = false};
	struct dlms_speaker s = {.counter = 0x01234567};
	uint8_t out[256], back[256];
	size_t n = 0;
	uint32_t counter = 0;
	(void)ctx;
	for (uint8_t i = 0; i < 16; i++) { /* stated in the first line, used in all */
		k.encryption[i] = i;
		k.authentication[i] = (uint8_t)(0xd0 + i);
	}
	if (json_object_get(x->decoded, "system_title")) {
		hex_of(x, "system_title", s.title, sizeof(s.title));
	} else {
		static const uint8_t title[] = {0x4d, 0x4d, 0x4d, 0, 0, 0xbc, 0x61, 0x4e};
		memcpy(s.title, title, sizeof(title));
	}
	if (strstr(x->device, "GMAC")) {
		s.counter = 1;
		dlms_gmac(&k, &s, x->request, out);
		assert_int_equal(x->reply.size, DLMS_GMAC_SIZE);
		assert_memory_equal(out, x->reply.data, DLMS_GMAC_SIZE);
		assert_true(dlms_gmac_fits(&k, s.title, x->request, x->reply));
		out[9] ^= 1;
		assert_false(dlms_gmac_fits(
			&k, s.title, x->request, (struct slice){out, DLMS_GMAC_SIZE}));
		return;
	}
	bool is_whole = x->reply.data[0] == DLMS_GLO_INITIATE;
	size_t head = is_whole ? 0 : 2 + 5; /* the line gives cipher text and tag alone */
	size_t size = dlms_seal(&k, &s, is_whole ? DLMS_GLO_INITIATE : dlms_glo_tag(0xc0),
		x->request, out, sizeof(out));
	assert_int_equal(size - head, x->reply.size);
	assert_memory_equal(out + head, x->reply.data, x->reply.size);
	assert_true(dlms_open(
		&k, s.title, (struct slice){out, size}, back, sizeof(back), &n, &counter));
	assert_int_equal(n, x->request.size);
	assert_memory_equal(back, x->request.data, n);
	assert_int_equal(counter, s.counter);
	out[size - 1] ^= 1;
	assert_false(dlms_open(
		&k, s.title, (struct slice){out, size}, back, sizeof(back), &n, &counter));
}

static void what_is_enciphered_is_as_in_the_books(void **state)
{
	(void)state;
	assert_int_equal(electricity_each("dlms-security", check_security, NULL), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_frame_is_taken_apart_and_made_again),
		cmocka_unit_test(what_the_meter_takes_is_read_from_its_answer),
		cmocka_unit_test(addresses_are_as_in_the_documents),
		cmocka_unit_test(every_apdu_says_what_is_stated),
		cmocka_unit_test(what_is_enciphered_is_as_in_the_books),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
