/*
 * test_logika.c - legacy Logika: numbers, times and records as documents and published conversations
 * have them
 *
 * Every exchange of the family in vectors/heat.jsonl: the request is built again from what it is said to
 * mean, the reply is decoded to the stated values. Without exception: lines whose session reply names an
 * M4 device are recognised as such, the one that is refused is refused.
 */
#include "exchange.h"

#include "model/abnormal.h"
#include "proto/logika.h"
#include "proto/m4.h"

#include <math.h>

static void assert_near(double got, double want)
{
	if (!(fabs(got - want) <= 6e-7 * fabs(want) + 1e-45)) {
		fail_msg("%.9g, not %.9g", got, want);
	}
}

/* ---- numbers, settings, times ---- */

static void a_float_is_that_of_the_document(void **state)
{
	(void)state;
	static const uint8_t sixth[] = {0x00, 0x00, 0x48, 0x81}, zero[4] = {0};
	static const uint8_t erased[] = {0xff, 0xff, 0xff, 0xff}, minus[] = {0, 0, 0xc8, 0x81};
	uint8_t b[4];
	assert_true(logika_float(sixth) == 6.25);
	assert_true(logika_float(minus) == -6.25);
	assert_true(logika_float(zero) == 0);
	assert_true(isnan(logika_float(erased)));
	logika_float_put(b, 6.25);
	assert_memory_equal(b, sixth, 4);
	logika_float_put(b, -6.25);
	assert_memory_equal(b, minus, 4);
	logika_float_put(b, 0);
	assert_memory_equal(b, zero, 4);
	logika_float_put(b, NAN);
	assert_memory_equal(b, erased, 4);
}

static void a_float_written_reads_back(void **state)
{
	(void)state;
	for (double v = 1.2e-38; v < 3e38; v *= 7.31) {
		uint8_t b[4];
		logika_float_put(b, v);
		assert_near(logika_float(b), v);
		logika_float_put(b, -v);
		assert_near(logika_float(b), -v);
	}
}

static void a_total_is_what_was_saved_and_what_came_since(void **state)
{
	(void)state;
	static const uint8_t erased[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	uint8_t saved[8] = {0x40, 0xe2, 0x01, 0x00, 0, 0, 0x40, 0x7e}; /* 123456 and 0.75 */
	uint8_t added[4];
	logika_float_put(added, 1.5);
	assert_true(logika_total(saved, added) == 123458.25);
	assert_true(isnan(logika_total(erased, added)));
	logika_float_put(saved + 4, 17); /* no fraction: something else lies here */
	assert_true(isnan(logika_total(saved, added)));
	logika_total_put(saved, added, 123458.25, 1.5);
	assert_true(logika_total(saved, added) == 123458.25);
}

static void units_follow_the_setting(void **state)
{
	(void)state;
	assert_int_equal(logika_unit(UNIT_GCAL, 0), UNIT_GCAL);
	assert_int_equal(logika_unit(UNIT_GCAL, 1), UNIT_GJ);
	assert_int_equal(logika_unit(UNIT_GCAL, 2), UNIT_MWH);
	assert_int_equal(logika_unit(UNIT_KGF_CM2, 1), UNIT_MPA);
	assert_int_equal(logika_unit(UNIT_KGF_CM2, 2), UNIT_BAR);
	assert_int_equal(logika_unit(UNIT_KGF_CM2, 7), UNIT_KGF_CM2);
	assert_int_equal(logika_unit(UNIT_M3, 2), UNIT_M3);
}

static void devices_are_told_by_their_session_reply(void **state)
{
	(void)state;
	static const struct {
		uint8_t id[3];
		enum logika_kind kind;
	} cases[] = {
		{{0x54, 0x29, 0x00}, LOGIKA_SPT941},
		{{0x54, 0x29, 0x03}, LOGIKA_SPT941},
		{{0x92, 0x29, 0x7f}, LOGIKA_SPT941_10},
		{{0x92, 0x29, 0x80}, LOGIKA_M4},
		{{0x54, 0x2a, 0x01}, LOGIKA_SPT942},
		{{0x54, 0x2b, 0x09}, LOGIKA_SPT943},
		{{0x54, 0x2b, 0x0a}, LOGIKA_M4},
		{{0x54, 0x2c, 0x00}, LOGIKA_M4},
		{{0x47, 0x29, 0x00}, LOGIKA_SPG741},
		{{0x00, 0x00, 0x00}, LOGIKA_UNKNOWN},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(logika_kind_of(cases[i].id), cases[i].kind);
	}
	assert_false(logika_is_searching(cases[0].id));
	assert_true(logika_is_searching(cases[1].id));
}

static void a_wrong_date_is_no_date(void **state)
{
	(void)state;
	struct civil c;
	static const uint8_t month_13[6] = {17, 13, 1, 0, 0, 0}, feb_30[6] = {17, 2, 30, 0, 0, 0};
	static const uint8_t erased[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t entry[6] = {0x10, 16, 2, 29, 23, 59};
	assert_false(logika_clock(month_13, &c));
	assert_false(logika_clock(feb_30, &c));
	assert_false(logika_clock(erased, &c));
	assert_false(logika_stamp(erased, &c));
	assert_false(logika_entry(erased, &c));
	assert_true(logika_entry(entry, &c));
	assert_true(
		c.year == 2016 && c.month == 2 && c.day == 29 && c.hour == 23 && c.minute == 59);
}

/* Which two pipes an hour of the old SPT941 keeps says its scheme. */
static void an_old_hour_is_spread_by_its_scheme(void **state)
{
	(void)state;
	const struct logika_layout *y = logika_layout_of(LOGIKA_SPT941);
	uint8_t b[32] = {0, 0, 5, 0x02};
	struct logika_record r;
	for (int i = 0; i < 7; i++) {
		logika_float_put(b + 4 + 4 * i, i + 1);
	}
	assert_true(logika_record_get(y, PERIOD_HOUR, SLICE(b), &r));
	/* fields: t1 t2 V1 V2 V3 M1 M2 M3 Q Ti; scheme 5 keeps pipes 1 and 3 */
	static const double want[] = {1, 2, 3, NAN, 4, 5, NAN, 6, 7, NAN};
	for (unsigned i = 0; i < y->record.n; i++) {
		bool has = r.has >> i & 1;
		assert_true(has == !isnan(want[i]));
		assert_true(!has || r.values[i] == want[i]);
	}
	assert_int_equal(r.situations, 2);
	assert_int_equal(logika_abnormal(y, r.situations), ABNORMAL_FAILURE);
	assert_false(logika_record_get(y, PERIOD_HOUR, (struct slice){b, 31}, &r));
}

static void gas_lies_where_the_only_source_says(void **state)
{
	(void)state;
	const struct logika_layout *y = logika_layout_of(LOGIKA_SPG741);
	uint8_t b[64] = {0};
	struct logika_record r;
	static const uint8_t at[] = {12, 16, 20, 28, 32, 36};
	for (unsigned i = 0; i < sizeof(at); i++) {
		logika_float_put(b + at[i], 1.5 + i);
	}
	assert_true(logika_record_get(y, PERIOD_DAY, SLICE(b), &r));
	assert_false(r.has_situations);
	assert_string_equal(y->record.items[2].key, "gas.1");
	for (unsigned i = 0; i < y->record.n; i++) {
		assert_true(r.values[i] == 1.5 + i);
	}
}

/* ---- every published exchange ---- */

/* Names of the documents. */
static const struct {
	const char *name, *key;
} names[] = {
	{"P1", "pressure_supply"},
	{"P2", "pressure_return"},
	{"t1", "temperature_supply"},
	{"t2", "temperature_return"},
	{"t3", "temperature.3"},
	{"dt", "temperature_difference"},
	{"tx", "temperature_cold"},
	{"tv", "temperature_outdoor"},
	{"G1", "flow_supply"},
	{"G2", "flow_return"},
	{"G3", "flow.3"},
	{"V1", "volume_supply"},
	{"V2", "volume_return"},
	{"V3", "volume.3"},
	{"M1", "mass_supply"},
	{"M2", "mass_return"},
	{"M3", "mass.3"},
	{"Q", "heat_energy"},
	{"Qg", "heat_energy_hot_water"},
	{"Ti", "operating_time"},
	{"Tw", "operating_time"},
};

static int field_of(const struct logika_fields *fields, const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (unsigned k = 0; k < fields->n && strcmp(names[i].name, name) == 0; k++) {
			if (strcmp(fields->items[k].key, names[i].key) == 0) {
				return (int)k;
			}
		}
	}
	fail_msg("no field %s", name);
	return -1;
}

static const struct logika_layout *layout_of(const struct exchange *x)
{
	return logika_layout_of(strstr(x->device, "SPT941") ? LOGIKA_SPT941 :
				strstr(x->device, "SPT942") ? LOGIKA_SPT942 :
							      LOGIKA_SPT943);
}

static unsigned number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	return json_is_string(v) ? (unsigned)strtoul(json_string_value(v), NULL, 16) :
				   (unsigned)json_integer_value(v);
}

/* The four bytes a request of this meaning carries. */
static enum period request_data(const json_t *q, unsigned code, uint8_t *to)
{
	struct civil c = {0};
	enum period p = code == M4_OLD_HOUR  ? PERIOD_HOUR :
			code == M4_OLD_DAY   ? PERIOD_DAY :
			code == M4_OLD_MONTH ? PERIOD_MONTH :
					       PERIOD_NONE;
	unsigned at = number(q, code == M4_OLD_RAM ? "ram_addr" : "page");
	memset(to, 0, 4);
	if (p) {
		assert_int_equal(sscanf(exchange_text(q, "date"), "%d-%d-%d hour %d", &c.year,
					 &c.month, &c.day, &c.hour),
			4);
		logika_stamp_put(to, p, c);
	} else if (code == M4_SESSION) {
		to[0] = (uint8_t)number(q, "channel");
	} else {
		to[0] = (uint8_t)at;
		to[1] = (uint8_t)(at >> 8);
		to[2] = (uint8_t)number(q, code == M4_OLD_RAM ? "count" : "pages");
	}
	return p;
}

static void check_request(const struct exchange *x, const json_t *q)
{
	struct m4_out out;
	uint8_t data[4];
	unsigned code = number(q, "fnc");
	(void)request_data(q, code, data);
	struct slice s = m4_short(&out, (uint8_t)json_integer_value(json_object_get(q, "nt")),
		(uint8_t)code, SLICE(data));
	assert_int_equal(s.size, x->request.size);
	assert_memory_equal(s.data, x->request.data, s.size);
}

static void check_session(const struct exchange *x, struct slice data)
{
	bool is_m4 = strstr(x->device, "SPT943.1") || strstr(x->device, "SPT941.20");
	assert_int_equal(data.size, 3);
	enum logika_kind kind = logika_kind_of(data.data);
	assert_int_equal(kind, is_m4 ? LOGIKA_M4 : layout_of(x)->kind);
}

static void check_values(
	const struct logika_layout *y, const json_t *values, const struct logika_record *r)
{
	const char *name;
	json_t *v;
	int n = 0;
	json_object_foreach((json_t *)values, name, v)
	{
		if (json_is_real(v)) {
			int i = field_of(&y->record, name);
			assert_true(r->has >> i & 1);
			assert_near(r->values[i], json_real_value(v));
			n++;
		}
	}
	assert_int_equal(n, y->record.n);
}

static void check_record(
	const struct exchange *x, const json_t *a, enum period p, struct slice data)
{
	const struct logika_layout *y = layout_of(x);
	struct logika_record r;
	uint8_t back[LOGIKA_RECORD_MAX];
	assert_int_equal(data.size, y->record_size[p]);
	assert_true(logika_record_get(y, p, data, &r));
	check_values(y, a, &r);
	assert_int_equal(r.scheme, json_integer_value(json_object_get(a, "sp")));
	if (y->kind == LOGIKA_SPT943) {
		unsigned high, middle, low;
		assert_int_equal(sscanf(exchange_text(a, "ns_bytes_2_1_0"), "%x %x %x", &high,
					 &middle, &low),
			3);
		/* the middle byte alone is ever set, so this says nothing about their order */
		assert_int_equal(high | low, 0);
		assert_int_equal(r.situations, middle << 8);
	}
	/* and the same record again; an SPT941 page begins with bytes nobody knows */
	logika_record_put(y, p, &r, back, data.size);
	size_t from = y->kind == LOGIKA_SPT941 ? 4 : 0;
	assert_memory_equal(back + from, data.data + from, data.size - from);
}

static void check_block(const struct exchange *x, const json_t *a, struct slice data)
{
	const struct logika_fields *f = &layout_of(x)->currents;
	const json_t *list = json_object_get(a, "floats_from_offset_4");
	const char *name;
	json_t *v;
	size_t i;
	assert_int_equal(data.size, layout_of(x)->ram_size);
	json_object_foreach(json_object_get(a, "values"), name, v)
	{
		const char *dot = strchr(name, '.');
		assert_non_null(dot);
		int k = field_of(f, dot + 1);
		assert_near(logika_float(data.data + f->items[k].at), json_real_value(v));
	}
	json_array_foreach((json_t *)list, i, v)
	{
		assert_int_equal(f->items[i].at, 4 + 4 * i);
		assert_near(logika_float(data.data + f->items[i].at), json_real_value(v));
	}
	assert_true(json_array_size(list) == f->n ||
		    json_object_size(json_object_get(a, "values")) == f->n);
}

static void check_ram(const struct exchange *x, const json_t *a, struct slice data)
{
	const char *clock = exchange_text(a, "clock");
	struct civil c;
	char text[64];
	uint8_t back[6];
	if (!*clock) {
		check_block(x, a, data);
		return;
	}
	assert_int_equal(data.size, 6);
	assert_true(logika_clock(data.data, &c));
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day,
		c.hour, c.minute, c.second);
	assert_string_equal(text, clock);
	logika_clock_put(back, c);
	assert_memory_equal(back, data.data, 6);
}

static void check_settings(const struct exchange *x, const json_t *q, const json_t *a)
{
	uint8_t flash[8 * LOGIKA_PAGE];
	unsigned pages = number(q, "pages"), first = number(q, "page") * LOGIKA_PAGE;
	json_t *v;
	size_t i;
	assert_int_equal(pages, 8);
	assert_int_equal(x->reply.size, pages * (LOGIKA_PAGE + 5));
	for (unsigned k = 0; k < pages; k++) {
		struct m4_frame f;
		struct slice s = {x->reply.data + k * (LOGIKA_PAGE + 5), LOGIKA_PAGE + 5};
		assert_true(m4_decode(s, &f) && f.code == M4_OLD_FLASH);
		memcpy(flash + k * LOGIKA_PAGE, f.data.data, LOGIKA_PAGE);
	}
	json_array_foreach(json_object_get(a, "params"), i, v)
	{
		const uint8_t *b = flash + (number(v, "flash") - first);
		char text[9];
		logika_setting(b, text);
		assert_string_equal(text, exchange_text(v, "text"));
		assert_near(logika_float(b + 12), json_real_value(json_object_get(v, "value")));
	}
	assert_true(i >= 30);
}

static void check(const struct exchange *x, void *ctx)
{
	const json_t *q = json_object_get(x->decoded, "request");
	const json_t *a = json_object_get(x->decoded, "response");
	struct m4_frame f = {0};
	uint8_t data[4];
	int *seen = ctx;
	check_request(x, q);
	unsigned code = number(q, "fnc");
	enum period p = request_data(q, code, data);
	if (code == M4_OLD_FLASH) {
		check_settings(x, q, a);
		seen[0]++;
		return;
	}
	assert_true(m4_decode(x->reply, &f));
	assert_int_equal(f.nt, number(a, "nt") ? M4_ANY : 0);
	if (f.code == M4_ERROR) {
		assert_int_equal(f.data.data[0], json_integer_value(json_object_get(a, "error")));
		seen[1]++;
		return;
	}
	assert_int_equal(f.code, code);
	if (p) {
		check_record(x, a, p, f.data);
		seen[2]++;
	} else if (code == M4_SESSION) {
		check_session(x, f.data);
		seen[3]++;
	} else {
		assert_int_equal(code, M4_OLD_RAM);
		check_ram(x, a, f.data);
		seen[4]++;
	}
}

static void every_published_exchange_is_understood(void **state)
{
	(void)state;
	int seen[5] = {0};
	int n = heat_each("logika_legacy", check, seen);
	assert_true(n > 0);
	assert_int_equal(seen[0] + seen[1] + seen[2] + seen[3] + seen[4], n);
	assert_true(seen[0] && seen[1] && seen[2] && seen[3] && seen[4]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_float_is_that_of_the_document),
		cmocka_unit_test(a_float_written_reads_back),
		cmocka_unit_test(a_total_is_what_was_saved_and_what_came_since),
		cmocka_unit_test(units_follow_the_setting),
		cmocka_unit_test(devices_are_told_by_their_session_reply),
		cmocka_unit_test(a_wrong_date_is_no_date),
		cmocka_unit_test(an_old_hour_is_spread_by_its_scheme),
		cmocka_unit_test(gas_lies_where_the_only_source_says),
		cmocka_unit_test(every_published_exchange_is_understood),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
