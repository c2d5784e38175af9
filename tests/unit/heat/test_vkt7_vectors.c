/*
 * VKT-7: every published exchange means what is written beside it.
 *
 * Exchanges without a counterpart in the driver are still decoded and encoded again by the codec:
 * digital outputs (never touched by us) and the answers of a third party's test.
 */
#include "drivers/vkt7.h"
#include "exchange.h"
#include "model/unit_text.h"
#include "poll/sample_list.h"

#include <math.h>
#include <stdio.h>

struct story {
	struct vkt7_element list[VKT7_ELEMENTS_MAX]; /* the last that was written */
	size_t n;
	struct vkt7_layout layout;
	struct sample_list got;
	int requests, replies, values;
};

static int number(const json_t *o, const char *key)
{
	return (int)json_integer_value(json_object_get(o, key));
}

static unsigned hex(const json_t *o, const char *key)
{
	return (unsigned)strtoul(exchange_text(o, key), NULL, 16);
}

static size_t elements_of(const json_t *a, struct vkt7_element *to)
{
	size_t n = 0, i;
	const json_t *one;
	json_array_foreach(a, i, one)
	{
		to[n++] = (struct vkt7_element){
			(uint8_t)number(one, "id"), (uint8_t)number(one, "size")};
	}
	return n;
}

/* Texts of the file, and the requests they mean. */
static const struct {
	const char *meaning;
	uint16_t start, count;
	uint8_t claimed, size;
	uint8_t data[4];
	bool is_read, is_short;
} plain[] = {
	{"begin session", 0x3fff, 0, 0xcc, 4, {0x80}, false, false},
	{"begin session, address 7", 0x3fff, 0, 0xcc, 4, {0x80}, false, false},
	{"value type = hour", 0x3ffd, 0, 0, 2, {VKT7_HOUR}, false, false},
	{"value type = current", 0x3ffd, 0, 0, 2, {VKT7_CURRENT}, false, false},
	{"value type = total current", 0x3ffd, 0, 0, 2, {VKT7_TOTALS}, false, false},
	{"value type = properties", 0x3ffd, 0, 0, 2, {VKT7_PROPERTIES}, false, false},
	{"read active element list", 0x3ffc, 0, 0, 0, {0}, true, false},
	{"read clock", 0x3ffb, 0, 0, 0, {0}, true, true},
	{"archive date 30.01.2003 0h", 0x3ffb, 0, 0, 4, {30, 1, 3, 0}, false, false},
	{"service info", 0x3ff9, 0, 0, 0, {0}, true, false},
	{"subscriber id", 0x3ea6, 8, 0, 0, {0}, true, false},
	{"read digital outputs", 0x3fee, 0, 0, 0, {0}, true, false},
	{"write digital outputs", 0x3fee, 0, 1, 2, {0, 1}, false, false},
};

/* The request its description means, made by our encoder. */
static void make_request(struct story *s, const struct exchange *x, struct vkt_frame *ret)
{
	const json_t *asked = json_object_get(x->decoded, "request");
	const char *meaning = exchange_text(asked ? asked : x->decoded, "meaning");
	uint8_t bytes[VKT7_ELEMENTS_MAX * VKT7_ELEMENT_SIZE];
	struct vkt_request q = {.address = x->request.data[0], .function = VKT_WRITE};
	int y, m, d, h;
	if (strncmp(meaning, "read data", 9) == 0 || !*meaning) {
		q.function = VKT_READ;
		q.start = VKT7_DATA;
	} else if (strncmp(meaning, "write", 5) == 0 && strstr(meaning, "list")) {
		s->n = elements_of(json_object_get(asked, "elements"), s->list);
		if (strcmp(meaning, "write element list t1,V1") == 0) {
			s->list[0] = (struct vkt7_element){VKT7_T1, 2};
			s->list[1] = (struct vkt7_element){VKT7_V1, 4};
			s->n = 2;
		} else if (!asked) { /* 16 properties of the maker's example */
			static const uint8_t ids[] = {
				44, 45, 46, 47, 48, 53, 55, 56, 57, 59, 60, 61, 66, 70, 69, 76};
			for (size_t i = 0; i < sizeof(ids); i++) {
				s->list[i] = (struct vkt7_element){ids[i], ids[i] < 57 ? 7 : 1};
			}
			s->n = sizeof(ids);
		}
		q.start = VKT7_LIST;
		q.data = (struct slice){bytes, vkt7_list_put(bytes, s->list, s->n)};
	} else if (sscanf(meaning, "archive date %d-%d-%d hour %d", &y, &m, &d, &h) == 4) {
		bytes[0] = (uint8_t)d;
		bytes[1] = (uint8_t)m;
		bytes[2] = (uint8_t)(y - 2000);
		bytes[3] = (uint8_t)h;
		q.start = 0x3ffb;
		q.data = (struct slice){bytes, 4};
	}
	for (size_t i = 0; q.start == 0 && i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (strcmp(plain[i].meaning, meaning) == 0) {
			q.function = plain[i].is_read ? VKT_READ : VKT_WRITE;
			q.start = plain[i].start;
			q.count = plain[i].count;
			q.is_short = plain[i].is_short;
			q.claimed = plain[i].claimed;
			q.data = (struct slice){plain[i].data, plain[i].size};
		}
	}
	if (q.start == 0) {
		fail_msg("heat.jsonl:%d: what is '%s'?", x->line, meaning);
	}
	assert_int_equal(vkt_request_encode(&q, NULL, ret), ERR_OK);
}

static void check_request(struct story *s, const struct exchange *x)
{
	struct vkt_frame f;
	struct vkt_request q;
	make_request(s, x, &f);
	if (f.size != x->request.size || memcmp(f.data, x->request.data, f.size) != 0) {
		fail_msg("heat.jsonl:%d: another request", x->line);
	}
	struct modbus_cut cut = vkt_cut_request(x->request);
	assert_int_equal(cut.state, MODBUS_CUT_FULL);
	assert_int_equal(cut.size, x->request.size);
	assert_true(vkt_request_decode(x->request, &q));
	s->requests++;
}

static const struct {
	uint8_t id;
	const char *key;
} keys[] = {{0, "temperature_supply"}, {1, "temperature_return"}, {3, "volume_supply"},
	{4, "volume_return"}, {6, "mass_supply"}, {7, "mass_return"}, {9, "pressure_supply"},
	{10, "pressure_return"}, {11, "mass_leak"}, {12, "heat_energy"},
	{13, "heat_energy_hot_water"}, {14, "temperature_difference"}, {17, "operating_time"},
	{18, "error_time"}, {19, "flow_supply"}, {20, "flow_return"}};

static const struct sample *said(const struct story *s, uint8_t id)
{
	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		for (size_t i = 0; keys[k].id == id && i < s->got.n; i++) {
			if (strcmp(s->got.items[i]->sample.key, keys[k].key) == 0) {
				return &s->got.items[i]->sample;
			}
		}
	}
	return NULL;
}

/* What the driver says of the items is what is written beside the exchange. */
static void check_values(struct story *s, const struct exchange *x, const json_t *items,
	const struct vkt7_item *have, enum vkt7_type type)
{
	struct vkt7 v = {.layout = &s->layout, .type = type};
	const struct vkt7_when when = {FORM_NOW, PERIOD_NONE, 0};
	sample_list_init(&s->got);
	assert_int_equal(vkt7_put(&v, have, s->n, &when, &s->got.sink), ERR_OK);
	for (size_t i = 0; i < s->n; i++) {
		const json_t *want = json_array_get(items, i), *value;
		const struct sample *sample = said(s, have[i].id);
		value = json_object_get(want, "value");
		bool is_there = have[i].id < 44 && have[i].quality != 4;
		if (is_there != (sample != NULL)) {
			fail_msg("heat.jsonl:%d: element %d", x->line, have[i].id);
		}
		if (sample && !(fabs(sample->value - json_number_value(value)) <=
				      1e-6 * fabs(sample->value) + 1e-9)) {
			fail_msg("heat.jsonl:%d: %s is %.9g", x->line, sample->key, sample->value);
		}
		if (sample) {
			assert_int_equal(
				!!(sample->quality & QUALITY_ABNORMAL), have[i].quality == 0x50);
		}
		s->values += sample != NULL;
	}
	sample_list_fini(&s->got);
}

static void check_items(struct story *s, const struct exchange *x, const json_t *items,
	struct slice data, enum vkt7_type type)
{
	struct vkt7_item have[VKT7_ELEMENTS_MAX];
	assert_int_equal(json_array_size(items), s->n);
	assert_true(vkt7_items_get(data, s->list, s->n, 0, have));
	for (size_t i = 0; i < s->n; i++) {
		const json_t *want = json_array_get(items, i), *raw;
		struct reader r = reader_of(have[i].value);
		assert_int_equal(have[i].id, number(want, "id"));
		assert_int_equal(have[i].quality, hex(want, "quality"));
		assert_int_equal(have[i].ns, hex(want, "ns"));
		raw = json_object_get(want, "raw");
		if (raw) {
			assert_int_equal(
				reader_int_le(&r, have[i].value.size), json_integer_value(raw));
		}
		if (type == VKT7_PROPERTIES) {
			s->layout.digits[have[i].id - VKT7_DIGITS_T] = have[i].value.data[0];
		}
	}
	if (type != VKT7_PROPERTIES) {
		check_values(s, x, items, have, type);
	}
}

/* The maker's example: names of units in CP866 with their lengths. */
static void check_properties(const struct story *s, const json_t *decoded, struct slice data)
{
	struct vkt7_item have[VKT7_ELEMENTS_MAX];
	const json_t *units = json_object_get(decoded, "units_cp866");
	static const enum unit want[] = {
		UNIT_DEGC, UNIT_M3_H, UNIT_M3, UNIT_T, UNIT_KGF_CM2, UNIT_GCAL, UNIT_H, UNIT_H};
	static const uint8_t digits[] = {2, 2, 2, 2, 3, 2, 2, 3};
	assert_false(vkt7_items_get(data, s->list, s->n, 0, have));
	assert_true(vkt7_items_get(data, s->list, s->n, 1, have));
	for (size_t i = 0; i < 8; i++) {
		char text[32];
		enum unit u;
		const char *name = json_string_value(json_array_get(units, i));
		assert_true(text_to_utf8(text, sizeof(text), (const char *)have[i].value.data,
			have[i].value.size, TEXT_CP866));
		assert_string_equal(text, name + strspn(name, " "));
		assert_true(unit_from_text(
			(const char *)have[i].value.data, have[i].value.size, TEXT_CP866, &u));
		assert_int_equal(u, want[i]);
		assert_int_equal(have[8 + i].value.data[0], digits[i]);
	}
}

static enum vkt7_type type_of(const char *meaning)
{
	return strstr(meaning, "properties")    ? VKT7_PROPERTIES :
	       strstr(meaning, "total current") ? VKT7_TOTALS :
	       strstr(meaning, "current")       ? VKT7_CURRENT :
						  VKT7_HOUR;
}

static void check_reply(struct story *s, const struct exchange *x)
{
	struct vkt_reply reply;
	struct vkt_frame again;
	const json_t *said_reply = json_object_get(x->decoded, "response");
	const json_t *elements = json_object_get(said_reply, "elements");
	const json_t *items = json_object_get(said_reply, "items");
	const char *meaning = exchange_text(json_object_get(x->decoded, "request"), "meaning");
	const char *clock = exchange_text(said_reply, "clock");
	struct modbus_cut cut = vkt_cut_reply(x->reply);
	assert_int_equal(cut.state, MODBUS_CUT_FULL);
	assert_int_equal(cut.size, x->reply.size);
	assert_true(vkt_reply_decode(x->reply, &reply));
	assert_int_equal(vkt_reply_encode(&reply, &again), ERR_OK);
	assert_int_equal(again.size, x->reply.size);
	assert_memory_equal(again.data, x->reply.data, again.size);
	assert_false(reply.is_refused);
	if (elements) {
		struct vkt7_element have[VKT7_ELEMENTS_MAX], want[VKT7_ELEMENTS_MAX];
		size_t n;
		assert_true(vkt7_list_get(reply.data, have, &n));
		assert_int_equal(elements_of(elements, want), n);
		assert_memory_equal(have, want, n * sizeof(have[0]));
	} else if (items) {
		check_items(s, x, items, reply.data, type_of(meaning));
	} else if (json_object_get(x->decoded, "units_cp866")) {
		check_properties(s, x->decoded, reply.data);
	} else if (*clock) {
		char text[80];
		const uint8_t *d = reply.data.data;
		assert_int_equal(reply.data.size, 8);
		(void)snprintf(text, sizeof(text), "20%02u-%02u-%02u %02u:%02u:%02u", d[2], d[1],
			d[0], d[3], d[4], d[5]);
		assert_string_equal(text, clock);
	} else {
		assert_int_equal(reply.function, VKT_WRITE);
	}
	s->replies++;
}

static void check_exchange(const struct exchange *x, void *ctx)
{
	struct story *s = ctx;
	check_request(s, x);
	if (x->reply.size) {
		check_reply(s, x);
	}
}

static void every_published_exchange_means_what_is_written_beside_it(void **state)
{
	(void)state;
	struct story s = {.layout = {.is_known = true}};
	for (size_t i = 0; i < VKT7_UNIT_COUNT; i++) { /* as the maker's example has them */
		static const enum unit units[VKT7_UNIT_COUNT] = {UNIT_DEGC, UNIT_M3_H, UNIT_M3,
			UNIT_T, UNIT_KGF_CM2, UNIT_DEGC, UNIT_DEGC, UNIT_DEGC, UNIT_T, UNIT_GCAL,
			UNIT_GCAL, UNIT_H, UNIT_H};
		s.layout.units[i] = (uint8_t)units[i];
	}
	int n = heat_each("vkt7", check_exchange, &s);
	(void)printf("%d exchanges: %d requests, %d replies, %d values\n", n, s.requests, s.replies,
		s.values);
	assert_true(n >= 46 && s.requests == n && s.replies >= 38 && s.values > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_exchange_means_what_is_written_beside_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
