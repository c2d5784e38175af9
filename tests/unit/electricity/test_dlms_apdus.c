/*
 * Every line of vectors/dlms/apdu_vectors.jsonl: byte strings in the tests of u9n/dlms-cosem and toreamun/amshan. Each is
 * taken for what it is and made again byte for byte, or refused; values are those those tests state.
 *
 * The table says what is expected of which test; the first row that fits a line counts, and a line without a row fails.
 * Not expected of a line are the reasons of its row: keys and challenges are no APDUs; a
 * "wrong tag" of those tests is wrong for the class under test and right as what it says it is.
 */
#include "base/str.h"
#include "exchange.h"
#include "proto/axdr.h"
#include "proto/dlms_push.h"
#include "proto/hdlc.h"

#include <math.h>

enum what {
	OTHER, /* keys, titles, challenges, plain and cipher texts, lines of mode D, pieces of frames */
	DATA,      /* one Data, or several in a row */
	SUCCESS,   /* 00 and Data, as in a reply */
	SELECTION, /* of rows: 01, selector and Data, as in a request */
	INITIATE,
	SERVICE,   /* request or reply */
	ELSEWHERE, /* well made as another APDU than the test is of */
	REFUSED,
	LIST,        /* GET of several attributes and its reply */
	PUSHED,      /* data notification, maybe behind LLC */
	ASSOCIATION, /* AARQ, AARE, maybe behind LLC */
	RELEASE,
	WRAPPED, /* enciphered, in a wrapper */
	ENCIPHERED,
	FRAMES, /* as many good HDLC frames as its checksums say; pieces of them are none */
	DATE,
	KINDS
};

static const struct {
	const char *file, *where;
	enum what what;
} rows[] = {
	{"conftest", "set_request", DATA},
	{"conftest", "", OTHER},
	{"test_a_xdr", "TestAxdrDecoder", SUCCESS},
	{"test_a_xdr", "test_decode_long", SERVICE},
	{"test_a_xdr", "", DATA},
	{"test_aare", "TestEncodeAARE.test_no_ciher_hls_ok", OTHER},
	{"test_aare", "incorrect_dlms_version", ASSOCIATION},
	{"test_aare", "", ASSOCIATION},
	{"test_aarq", "low_security2", OTHER},
	{"test_aarq", "encode_no_ciphering_high", OTHER},
	{"test_aarq", "", ASSOCIATION},
	{"test_rlr", "", RELEASE},
	{"test_dlms_connection", "get_response", SERVICE},
	{"test_dlms_connection", "", OTHER},
	{"test_dlms_data", "", DATA},
	{"test_dlms_date_time_data", "", DATA},
	{"test_general_global", "no_system_title", OTHER}, /* whose title is not said in it */
	{"test_general_global", "load", ENCIPHERED},
	{"test_general_global", "data_notification_apdu", PUSHED},
	{"test_general_global", "", OTHER},
	{"hdlc/", "information_part", ASSOCIATION},
	{"hdlc/", "", FRAMES},
	{"test_parsers", "", DATA},
	{"test_security", "plain_data", SERVICE},
	{"test_security", "", OTHER},
	{"test_time", "", DATE},
	{"test_udp_message", "header_data", OTHER},
	{"test_udp_message", "", WRAPPED},
	{"test_action", "without_data", SERVICE},
	{"test_action", "wrong_request_type", REFUSED},
	{"test_action", "any_other_type", REFUSED},
	{"test_action", "wrong_type", REFUSED},
	{"test_action", "wrong_tag", ELSEWHERE},
	{"test_action", "RequestNormal.test_transform_bytes.data", SERVICE},
	{"test_action", "has_data", SERVICE},
	{"test_action", "", DATA},
	{"test_data_notification", "", DATA},
	{"test_get", "RequestWithList", LIST},
	{"test_get", "ResponseWithList.test_transform_bytes.data", LIST},
	{"test_get", "compound_objects", LIST},
	{"test_get", "ResponseWithList", OTHER}, /* texts in the reply */
	{"test_get", "RequestNormal.test_wrong_tag", ELSEWHERE},
	{"test_get", "RequestNormal.test_wrong_request_type", REFUSED},
	{"test_get", "Request", SERVICE},
	{"test_get", "ResponseNormal.test_wrong_tag", ELSEWHERE},
	{"test_get", "ResponseNormal.test_wrong_request_type", REFUSED},
	{"test_get", "Block.test_transform_bytes.data", SERVICE},
	{"test_get", "WithError.test_transform_bytes", SERVICE},
	{"test_get", "Block.test_transform_bytes", OTHER}, /* what the block holds */
	{"test_get", "wrong_type", REFUSED},
	{"test_get", "wrong_length", REFUSED},
	{"test_get", "wrong_tag", ELSEWHERE},
	{"test_get", "Response", SERVICE},
	{"test_initiate", "Request.test_to_bytes", OTHER},
	{"test_initiate", "GlobalCipher", ENCIPHERED},
	{"test_initiate", "", INITIATE},
	{"test_selective", "to_bytes", SELECTION},
	{"test_selective", ".access", SELECTION},
	{"test_selective", ".data", SERVICE},
	{"test_selective", "", DATA},
	{"test_set", "TestSetRequestNormal.test_transform_bytes", SERVICE},
	{"test_set", "", REFUSED},
	{"test_aidon", "TestParse", DATA},
	{"test_kaifa", "TestParse", DATA},
	{"test_kamstrup", "TestParse", DATA},
	{"test_aidon", "", PUSHED},
	{"test_kaifa", "", PUSHED},
	{"test_kamstrup", "", PUSHED},
	{"test_dlde", "", OTHER},
	{"tests/test_hdlc.py", "", FRAMES},
};

/* ---- each kind ---- */

static bool is_data(struct slice s)
{
	struct reader r = reader_of(s);
	struct axdr d;
	while (reader_left(&r) > 0) {
		if (!axdr_get(&r, &d)) {
			return false;
		}
	}
	return s.size > 0;
}

static bool is_same(const uint8_t *made, size_t n, struct slice apdu)
{
	return n == apdu.size && memcmp(made, apdu.data, n) == 0;
}

static bool is_initiate(struct slice s)
{
	struct cosem_initiate i;
	uint8_t made[64];
	if (!cosem_initiate_get(s, &i)) {
		return false;
	}
	bool is_reply = s.data[0] == 0x08, is_plain = s.data[1] == 0;
	/* made are those without a key and a quality of service, which are passed over when read */
	return !is_plain || is_same(made, cosem_initiate_put(is_reply, &i, made, sizeof(made)), s);
}

static bool is_service(struct slice s)
{
	uint8_t made[2048];
	if (s.data[0] < COSEM_GET_REPLY) {
		struct cosem_request q;
		return !cosem_request_get(s, &q) &&
		       is_same(made, cosem_request_put(&q, made, sizeof(made)), s);
	}
	struct cosem_reply p;
	struct buf b;
	if (cosem_reply_get(s, &p)) {
		return false;
	}
	buf_init(&b, sizeof(made));
	cosem_reply_put(&p, &b);
	bool is_good = is_same(b.data, b.size, s);
	buf_fini(&b);
	return is_good;
}

static bool is_list(struct slice s)
{
	struct cosem_attribute list[COSEM_LIST_MAX];
	struct cosem_results results;
	struct buf b;
	uint8_t made[256], invoke;
	size_t n = 0;
	int result;
	struct slice data;
	if (s.data[0] == COSEM_GET_REQUEST) {
		return !cosem_list_get(s, &invoke, list, &n) &&
		       is_same(made, cosem_list_put(invoke, list, n, made, sizeof(made)), s);
	}
	if (cosem_results_get(s, &results)) {
		return false;
	}
	buf_init(&b, sizeof(made));
	cosem_results_begin(results.invoke, results.left, &b);
	while (cosem_results_next(&results, &result, &data)) {
		cosem_results_put(result, data, &b);
	}
	bool is_good = is_same(b.data, b.size, s);
	buf_fini(&b);
	return is_good;
}

static bool is_association(struct slice s)
{
	struct cosem_association a;
	uint8_t made[256];
	if (cosem_association_get(s, &a)) {
		return false;
	}
	return is_same(made,
		s.data[0] == COSEM_AARE ? cosem_aare_put(&a, made, sizeof(made)) :
					  cosem_aarq_put(&a, made, sizeof(made)),
		s);
}

static bool is_release(struct slice s)
{
	struct cosem_release x;
	uint8_t made[256];
	return !cosem_release_get(s, &x) && x.reason == 0 && x.initiate.size > 0 &&
	       is_same(made, cosem_release_put(&x, made, sizeof(made)), s);
}

static bool is_pushed(struct slice s)
{
	struct dlms_notification n;
	return !dlms_notification_get(s, &n) && is_data(n.body);
}

/* "MYDUMMYGLOBALKEY" twice, or the keys of conftest.py. */
static bool is_enciphered(struct slice s)
{
	static const uint8_t title[] = {0x4d, 0x4d, 0x4d, 0, 0, 0xbc, 0x61, 0x4e};
	struct dlms_keys k = {.is_bare = false};
	uint8_t plain[256];
	size_t n;
	uint32_t counter;
	if (s.data[0] == DLMS_GENERAL_GLO) {
		memcpy(k.encryption, "MYDUMMYGLOBALKEY", GCM_KEY_SIZE);
		memcpy(k.authentication, "MYDUMMYGLOBALKEY", GCM_KEY_SIZE);
		return !dlms_push_open(&k, s, plain, sizeof(plain), &n) &&
		       is_pushed((struct slice){plain, n});
	}
	for (uint8_t i = 0; i < GCM_KEY_SIZE; i++) {
		k.encryption[i] = i;
		k.authentication[i] = (uint8_t)(0xd0 + i);
	}
	return dlms_open(&k, title, s, plain, sizeof(plain), &n, &counter) && counter == 19088743 &&
	       is_initiate((struct slice){plain, n});
}

static bool is_wrapped(struct slice s)
{
	unsigned source, dest;
	size_t length;
	return cosem_wrapper_get(s, &source, &dest, &length) && source == 1 && dest == 1 &&
	       length == s.size - COSEM_WRAPPER_SIZE &&
	       is_enciphered((struct slice){s.data + COSEM_WRAPPER_SIZE, length});
}

static int frames_in(struct slice s)
{
	int n = 0;
	for (size_t at = 0, size = 0; at < s.size; at += size) {
		struct hdlc_frame f;
		uint8_t made[HDLC_FRAME_MAX];
		struct slice rest = {s.data + at, s.size - at};
		enum hdlc_cut c = hdlc_cut(rest, &size);
		if (c == HDLC_CUT_MORE) {
			break;
		}
		if (c == HDLC_CUT_FULL) {
			assert_int_equal(hdlc_decode(rest, &f), ERR_OK);
			assert_memory_equal(made, rest.data, hdlc_encode(&f, made));
			n++;
		}
	}
	return n;
}

static bool is_date(struct slice s)
{
	struct axdr d = {.tag = AXDR_DATE_TIME, .bytes = s};
	struct civil c;
	uint8_t status;
	/* the third has no hour: a day, no moment */
	return axdr_time(&d, &c, &status) == (s.data[5] != 0xff);
}

static bool is_as_expected(enum what what, struct slice s)
{
	switch (what) {
	case DATA: return is_data(s);
	case SUCCESS: return s.data[0] == 0 && is_data((struct slice){s.data + 1, s.size - 1});
	case SELECTION: return s.data[0] == 1 && is_data((struct slice){s.data + 2, s.size - 2});
	case INITIATE: return s.data[0] == 0x01 && s.data[1] > 1 ? is_data(s) : is_initiate(s);
	case SERVICE: return is_service(s);
	case REFUSED: return !is_service(s);
	case LIST: return is_list(s);
	case PUSHED: return is_pushed(s);
	case ASSOCIATION: return is_association(s);
	case RELEASE: return is_release(s);
	case WRAPPED: return is_wrapped(s);
	case ENCIPHERED: return is_enciphered(s);
	case DATE: return is_date(s);
	default: return true;
	}
}

/* ---- all lines ---- */

static enum what expected(const char *file, const char *where)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strstr(file, rows[i].file) && strstr(where, rows[i].where)) {
			return rows[i].what;
		}
	}
	return KINDS;
}

static void check_line(int line, const json_t *o, int tally[static KINDS])
{
	static uint8_t bytes[4096];
	const char *where = exchange_text(o, "where");
	enum what what = expected(exchange_text(o, "file"), where);
	struct slice s = {bytes, exchange_hex(exchange_text(o, "hex"), bytes)};
	if (what == KINDS) {
		fail_msg("line %d (%s): nothing is expected of it", line, where);
		return;
	}
	if (s.size > COSEM_LLC_SIZE && s.data[0] == 0xe6 && what != FRAMES) {
		s = (struct slice){s.data + COSEM_LLC_SIZE, s.size - COSEM_LLC_SIZE};
	}
	int frames = (int)json_integer_value(json_object_get(o, "hdlc_fcs_ok"));
	if (what == FRAMES ? frames_in(s) != frames : !is_as_expected(what, s)) {
		fail_msg("line %d (%s): another than expected (%d)", line, where, what);
	}
	tally[what]++;
}

static void every_line_is_what_its_test_says(void **state)
{
	(void)state;
	int tally[KINDS] = {0}, line = 0;
	const char *path = vector_path("dlms/apdu_vectors.jsonl");
	char *text = NULL;
	size_t cap = 0;
	NEED_VECTORS(path);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	while (getline(&text, &cap, f) > 0) {
		json_t *o = json_loads(text, 0, NULL);
		assert_non_null(o);
		check_line(++line, o, tally);
		json_decref(o);
	}
	free(text);
	(void)fclose(f);
	assert_int_equal(line, 193);
	(void)printf(
		"%d lines: %d services, %d refused, %d lists, %d data, %d pushed, %d frames, "
		"%d enciphered, %d of none of these kinds, %d of another test's\n",
		line, tally[SERVICE], tally[REFUSED], tally[LIST], tally[DATA] + tally[SUCCESS],
		tally[PUSHED], tally[FRAMES], tally[ENCIPHERED] + tally[WRAPPED], tally[OTHER],
		tally[ELSEWHERE]);
}

/* ---- what no line has ---- */

static void a_release_without_contents_is_one(void **state)
{
	(void)state;
	static const uint8_t normal[] = {0x62, 0x03, 0x80, 0x01, 0x00}; /* test_rlrq.py */
	static const uint8_t bare[] = {0x63, 0x00}, cut[] = {0x62, 0x03, 0x80, 0x02, 0x00};
	struct cosem_release x;
	uint8_t made[8];
	assert_int_equal(cosem_release_get(SLICE(normal), &x), ERR_OK);
	assert_int_equal(x.reason, 0);
	assert_true(is_same(made, cosem_release_put(&x, made, sizeof(made)), SLICE(normal)));
	assert_int_equal(cosem_release_get(SLICE(bare), &x), ERR_OK);
	assert_true(x.is_reply && x.reason == -1);
	assert_true(is_same(made, cosem_release_put(&x, made, sizeof(made)), SLICE(bare)));
	assert_int_equal(cosem_release_get(SLICE(cut), &x), ERR_PROTO);
}

static void results_of_a_list_may_be_refused_one_by_one(void **state)
{
	(void)state;
	static const uint8_t reply[] = {0xc4, 0x03, 0xc1, 0x02, 0x01, 0x04, 0x00, 0x11, 0x07};
	struct cosem_results r;
	int result;
	struct slice data;
	assert_true(is_list(SLICE(reply)));
	assert_int_equal(cosem_results_get(SLICE(reply), &r), ERR_OK);
	assert_true(cosem_results_next(&r, &result, &data));
	assert_int_equal(result, COSEM_OBJECT_UNDEFINED);
	assert_int_equal(data.size, 0);
	assert_true(cosem_results_next(&r, &result, &data));
	assert_int_equal(result, COSEM_SUCCESS);
	assert_int_equal(data.size, 2);
	assert_false(cosem_results_next(&r, &result, &data));
	for (size_t n = 0; n < sizeof(reply); n++) {
		assert_true(cosem_results_get((struct slice){reply, n}, &r) != ERR_OK);
	}
}

/* No capture has one: the grammar of the Green Book alone. */
static void a_compact_array_is_the_array_it_stands_for(void **state)
{
	(void)state;
	/* {u16, octets, array of 2 i8} twice */
	static const uint8_t compact[] = {0x13, 0x02, 0x03, 0x12, 0x09, 0x01, 0x00, 0x02, 0x0f,
		0x0b, 0x00, 0x05, 0x01, 0xaa, 0xff, 0x02, 0x01, 0x00, 0x00, 0x07, 0x06};
	static const uint8_t cut[] = {0x13, 0x12, 0x03, 0x00, 0x05, 0x01};
	static const uint8_t full[] = {0x01, 0x82, 0x00, 0x02, 0x02, 0x03, 0x12, 0x00, 0x05, 0x09,
		0x01, 0xaa, 0x01, 0x02, 0x0f, 0xff, 0x0f, 0x02, 0x02, 0x03, 0x12, 0x01, 0x00, 0x09,
		0x00, 0x01, 0x02, 0x0f, 0x07, 0x0f, 0x06};
	uint8_t out[64];
	size_t n = 0;
	struct axdr d;
	struct reader r = reader_of(SLICE(compact));
	assert_true(axdr_get(&r, &d));
	assert_int_equal(reader_left(&r), 0);
	assert_int_equal(d.tag, AXDR_COMPACT);
	assert_true(axdr_expand(&d, out, sizeof(out), &n));
	assert_true(is_same(out, n, SLICE(full)));
	for (size_t cap = 0; cap < sizeof(full); cap++) {
		assert_false(axdr_expand(&d, out, cap, &n));
	}
	r = reader_of(SLICE(cut)); /* ends within an element */
	assert_true(axdr_get(&r, &d));
	assert_false(axdr_expand(&d, out, sizeof(out), &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_is_what_its_test_says),
		cmocka_unit_test(a_release_without_contents_is_one),
		cmocka_unit_test(results_of_a_list_may_be_refused_one_by_one),
		cmocka_unit_test(a_compact_array_is_the_array_it_stands_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
