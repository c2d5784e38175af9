/*
 * VKT-7: every published exchange, and the driver against the simulated meter.
 *
 * Exchanges without a counterpart in the driver are still decoded and encoded again by the codec:
 * digital outputs (never touched by us) and the answers of a third party's test.
 */
#include "drivers/vkt7.h"
#include "model/abnormal.h"
#include "model/unit_text.h"
#include "vkt_line.h"

#include <stdio.h>

#define HOUR_S 3600
#define DAY_S  86400

/* ---- every published exchange ---- */

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
	return (unsigned)strtoul(heat_text(o, key), NULL, 16);
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
static void make_request(struct story *s, const struct heat_exchange *x, struct vkt_frame *ret)
{
	const json_t *asked = json_object_get(x->decoded, "request");
	const char *meaning = heat_text(asked ? asked : x->decoded, "meaning");
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

static void check_request(struct story *s, const struct heat_exchange *x)
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
static void check_values(struct story *s, const struct heat_exchange *x, const json_t *items,
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

static void check_items(struct story *s, const struct heat_exchange *x, const json_t *items,
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

static void check_reply(struct story *s, const struct heat_exchange *x)
{
	struct vkt_reply reply;
	struct vkt_frame again;
	const json_t *said_reply = json_object_get(x->decoded, "response");
	const json_t *elements = json_object_get(said_reply, "elements");
	const json_t *items = json_object_get(said_reply, "items");
	const char *meaning = heat_text(json_object_get(x->decoded, "request"), "meaning");
	const char *clock = heat_text(said_reply, "clock");
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

static void check_exchange(const struct heat_exchange *x, void *ctx)
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

/* ---- against the simulated meter ---- */

/* Counts by `rate` an hour, no two hours alike. */
static double counted(double rate, int64_t us)
{
	double h = (double)us / 3600e6 - 490000;
	return rate * (h + 0.4 * sin(h / 3) + 0.3 * sin(h / 17));
}

static double source_at(const struct sim_source *s, enum quantity q, int64_t us)
{
	(void)s;
	switch (q) {
	case QUANTITY_HEAT_ENERGY: return counted(0.4173, us);
	case QUANTITY_MASS_SUPPLY: return counted(11.31, us);
	case QUANTITY_MASS_RETURN: return counted(11.07, us);
	case QUANTITY_VOLUME_SUPPLY: return counted(11.83, us);
	case QUANTITY_VOLUME_RETURN: return counted(11.19, us);
	case QUANTITY_FLOW_SUPPLY: return 11.83;
	case QUANTITY_FLOW_RETURN: return 11.19;
	case QUANTITY_TEMPERATURE_SUPPLY: return 84.37;
	case QUANTITY_TEMPERATURE_RETURN: return -1.13;
	case QUANTITY_TEMPERATURE_DIFFERENCE: return 85.5;
	case QUANTITY_PRESSURE_SUPPLY: return 0.617;
	case QUANTITY_PRESSURE_RETURN: return 0.433;
	default: return NAN;
	}
}

static const struct sim_source source = {source_at};

static void make(struct sim_device *d, const char *words)
{
	extern const struct sim_protocol sim_vkt7;
	*d = (struct sim_device){.protocol = &sim_vkt7,
		.source = &source,
		.address = 1,
		.serial = "12345678",
		.depth = {.hours = 1152, .days = 128, .months = 32},
		.born_utc = LINE_NOW - 1200LL * DAY_S,
		.report_day = 25};
	(void)STR_COPY(d->model, words);
	assert_int_equal(zone_get("Asia/Yekaterinburg", &d->zone, NULL), ERR_OK);
}

static void lay(struct vkt_line *l, struct sim_device *d, const char *words, const char *params)
{
	int hour, day;
	make(d, words);
	vkt_line_init(l, "vkt7", d, params, d->zone);
	vkt_must(l, driver_find("vkt7")->report_time(l->talk, &hour, &day));
	assert_int_equal(hour, 0);
	assert_int_equal(day, 25);
	talk_set_report(l->talk, hour, day);
}

static enum err read_archive(struct vkt_line *l, enum period p, int64_t from, int64_t till)
{
	vkt_line_forget(l);
	return driver_find("vkt7")->read_archive(
		l->talk, p, (struct span){from, till}, &l->got.sink);
}

static void must_be(double have, double want, double tolerance, const char *what)
{
	if (!(fabs(have - want) <= tolerance)) {
		fail_msg("%s is %.9g, not %.9g", what, have, want);
	}
}

/* `n` periods that end with the newest closed one, against what the meter measured. */
static void check_archive(struct vkt_line *l, enum period p, int n, const char *suffix)
{
	struct calendar c = sim_calendar(l->device);
	int64_t till = period_of(&c, p, LINE_NOW).from, from = till;
	for (int i = 0; i < n; i++) {
		from = period_prev(&c, p, from);
	}
	vkt_must(l, read_archive(l, p, from, LINE_NOW));
	static const struct {
		const char *key;
		enum quantity q;
		enum unit unit;
		int digits;
	} counters[] = {{"heat_energy", QUANTITY_HEAT_ENERGY, UNIT_GCAL, 3},
		{"mass_supply", QUANTITY_MASS_SUPPLY, UNIT_T, 2},
		{"volume_return", QUANTITY_VOLUME_RETURN, UNIT_M3, 2},
		{"operating_time", QUANTITY_OPERATING_TIME, UNIT_H, 0}};
	for (int64_t at = from; at < till; at = period_next(&c, p, at)) {
		struct span span = {at, period_next(&c, p, at)};
		char key[64];
		for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
			(void)snprintf(key, sizeof(key), "%s%s", counters[i].key, suffix);
			must_be(vkt_value(l, key, at),
				sim_amount(l->device, counters[i].q, counters[i].unit,
					counters[i].digits, span),
				1e-9, key);
		}
		(void)snprintf(key, sizeof(key), "temperature_return%s", suffix);
		must_be(vkt_value(l, key, at), -1.13, 1e-9, key);
	}
	assert_null(vkt_sample(l, "heat_energy", till)); /* not over yet */
}

static void archives_of_all_variants_equal_what_was_measured(void **state)
{
	(void)state;
	static const char *const variants[] = {"", "v0", "ns", "tb2", "tb2 v0 ns", "tb2 pipe3"};
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		struct sim_device d;
		struct vkt_line l;
		lay(&l, &d, variants[i], "address=1");
		for (int s = 0; s < (strstr(variants[i], "tb2") ? 2 : 1); s++) {
			const char *suffix = s ? ".u2" : "";
			check_archive(&l, PERIOD_HOUR, 30, suffix);
			check_archive(&l, PERIOD_DAY, 40, suffix);
			check_archive(&l, PERIOD_MONTH, 12, suffix);
		}
		vkt_line_fini(&l);
	}
}

/* 23:00 of the report day is the last hour of the report month; here the 24th, for months that end when
 * the 25th begins. */
static void a_month_is_dated_by_the_last_hour_of_its_report_day(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	const struct memory_date {
		uint8_t head[3], date[4];
	} *m = (const void *)d.memory;
	struct calendar c = sim_calendar(&d);
	int64_t start = period_prev(&c, PERIOD_MONTH, period_of(&c, PERIOD_MONTH, LINE_NOW).from);
	vkt_must(&l, read_archive(&l, PERIOD_MONTH, start, start + 1));
	const uint8_t want[] = {24, 9, 26, 23}; /* September */
	assert_memory_equal(m->date, want, 4);
	vkt_line_fini(&l);
}

static void spoil_sizes(struct vkt_line *l, struct slice request, struct buf *reply)
{
	(void)l;
	assert_true(request.size <= 256);
	assert_true(reply->size <= 256 || request.data[3] == 0xfc); /* the meter's own list */
}

static void no_list_or_reply_outgrows_the_buffer_of_old_firmware(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "tb2 pipe3", "address=1");
	l.spoil = spoil_sizes;
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	must_be(vkt_value(&l, "heat_energy.u2", 0),
		round(counted(0.4173, LINE_NOW * 1000000LL) * 1000) / 1000, 1e-9, "heat_energy.u2");
	must_be(vkt_value(&l, "flow_supply.u2", 0), 11.83, 1e-6, "flow_supply.u2");
	check_archive(&l, PERIOD_HOUR, 5, ".u2");
	vkt_line_fini(&l);
}

/* 34 elements make the count of bytes that begins a session: nobody knows what a meter makes of that. */
static void spoil_lists(struct vkt_line *l, struct slice request, struct buf *reply)
{
	(void)reply;
	if (request.data[1] == VKT_WRITE && request.data[3] == 0xff) {
		assert_true(request.data[6] != 0xcc || request.size == 13);
		l->told++;
	}
}

static void no_list_looks_like_the_begin_of_a_session(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "tb2", "address=1"); /* has 34 */
	l.spoil = spoil_lists;
	check_archive(&l, PERIOD_HOUR, 5, ".u2");
	assert_true(l.told > 3);
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	assert_non_null(vkt_sample(&l, "flow_return.u2", 0));
	vkt_line_fini(&l);
}

static void currents_are_gauges_and_totals_are_counters(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	must_be(vkt_value(&l, "temperature_return", 0), -1.13, 1e-9, "t2");
	must_be(vkt_value(&l, "pressure_supply", 0), 6.29, 1e-9, "p1");
	must_be(vkt_value(&l, "mass_supply", 0),
		round(counted(11.31, LINE_NOW * 1000000LL) * 100) / 100, 1e-9, "M1");
	assert_int_equal(vkt_sample(&l, "pressure_supply", 0)->unit, UNIT_KGF_CM2);
	assert_int_equal(vkt_sample(&l, "heat_energy", 0)->decimals, 3);
	assert_int_equal(vkt_sample(&l, "temperature_difference", 0)->unit, UNIT_K);
	/* no meaning in the scheme: no value at all, and none of the leftovers in it */
	assert_null(vkt_sample(&l, "heat_energy_hot_water", 0));
	for (size_t i = 0; i < l.got.n; i++) {
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(
				l.got.items[i]->sample.key, l.got.items[k]->sample.key);
		}
	}
	vkt_line_fini(&l);
}

static void what_was_learnt_is_kept_for_an_hour(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	assert_int_equal(l.starts[0xfc], 1);
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	assert_int_equal(l.starts[0xfc], 1);
	assert_int_equal(talk_begin(l.talk, LINE_NOW + HOUR_S), ERR_OK);
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	assert_int_equal(l.starts[0xfc], 2);
	vkt_line_fini(&l);
}

static void a_date_without_a_record_is_a_gap(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	int64_t hour = LINE_NOW / HOUR_S * HOUR_S;
	d.off_from_utc = hour - 10 * HOUR_S;
	d.off_till_utc = hour - 7 * HOUR_S - 600;
	vkt_must(&l, read_archive(&l, PERIOD_HOUR, hour - 12 * HOUR_S, hour));
	for (int i = 1; i <= 12; i++) {
		bool is_gap = i == 10 || i == 9; /* the power came back within the third */
		assert_int_equal(!vkt_sample(&l, "heat_energy", hour - i * HOUR_S), is_gap);
	}
	int64_t part = hour - 8 * HOUR_S;
	assert_true(vkt_sample(&l, "heat_energy", part)->quality & QUALITY_ABNORMAL);
	must_be(vkt_value(&l, "error_code", part), 2, 0, "error_code");
	assert_false(vkt_sample(&l, "heat_energy", hour - HOUR_S)->quality & QUALITY_ABNORMAL);
	must_be(vkt_value(&l, "error_code", hour - HOUR_S), 0, 0, "error_code");
	assert_int_equal(
		read_archive(&l, PERIOD_HOUR, hour - 10 * HOUR_S, hour - 8 * HOUR_S), ERR_NODATA);
	vkt_line_fini(&l);
}

static void what_is_older_than_the_memory_is_not_asked_for(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	l.requests = 0;
	assert_int_equal(read_archive(&l, PERIOD_HOUR, 0, LINE_NOW - 49LL * DAY_S), ERR_NODATA);
	assert_true(l.requests < 20);
	vkt_line_fini(&l);
}

static void durations_of_m_firmware_are_hours_and_situations(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "ns", "address=1");
	struct calendar c = sim_calendar(&d);
	int64_t day = period_prev(&c, PERIOD_DAY, period_of(&c, PERIOD_DAY, LINE_NOW).from);
	d.off_from_utc = day + 5 * HOUR_S;
	d.off_till_utc = day + 8 * HOUR_S;
	vkt_must(&l, read_archive(&l, PERIOD_DAY, day, day + 1));
	must_be(vkt_value(&l, "time_power_off", day), 3, 0, "time_power_off");
	must_be(vkt_value(&l, "time_flow_low", day), 0, 0, "time_flow_low");
	must_be(vkt_value(&l, "operating_time", day), 21, 0, "operating_time");
	must_be(vkt_value(&l, "abnormal", day), ABNORMAL_POWER, 0, "abnormal");
	vkt_line_fini(&l);
}

static void after_a_change_of_the_scheme_reading_goes_on(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	int64_t hour = LINE_NOW / HOUR_S * HOUR_S;
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	assert_non_null(vkt_sample(&l, "temperature_difference", 0));
	(void)STR_COPY(d.model, "tb2 other v0");
	/* the list was written under the old scheme: told when data are asked for */
	vkt_must(&l, read_archive(&l, PERIOD_HOUR, hour - 2 * HOUR_S, hour));
	vkt_line_forget(&l);
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	vkt_line_fini(&l);
}

/* Changes the scheme in the middle of a walk. */
static void spoil_scheme(struct vkt_line *l, struct slice request, struct buf *reply)
{
	(void)reply;
	if (request.data[3] == 0xfb && l->starts[0xfb] == 3) {
		(void)STR_COPY(l->device->model, "tb2 other v0");
	}
}

static void a_scheme_that_changes_within_an_archive_is_learnt_there(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	l.spoil = spoil_scheme;
	int64_t hour = LINE_NOW / HOUR_S * HOUR_S;
	vkt_must(&l, read_archive(&l, PERIOD_HOUR, hour - 5 * HOUR_S, hour));
	assert_null(vkt_sample(&l, "heat_energy.u2", hour - 4 * HOUR_S));
	for (int i = 1; i <= 3; i++) {
		assert_non_null(vkt_sample(&l, "heat_energy", hour - i * HOUR_S));
		assert_non_null(vkt_sample(&l, "heat_energy.u2", hour - i * HOUR_S));
		assert_null(vkt_sample(&l, "temperature_difference", hour - i * HOUR_S));
	}
	vkt_line_fini(&l);
}

static void reframe(struct buf *reply, struct vkt_reply *r)
{
	struct vkt_frame f;
	assert_int_equal(vkt_reply_encode(r, &f), ERR_OK);
	buf_clear(reply);
	buf_put(reply, f.data, f.size);
}

/* Says "the scheme changed" whenever data are asked for. */
static void spoil_always(struct vkt_line *l, struct slice request, struct buf *reply)
{
	(void)l;
	struct vkt_reply r = {.address = 1, .function = VKT_READ, .is_refused = true, .code = 5};
	bool is_archive = request.data[1] == VKT_READ && request.data[3] == 0xfe &&
			  ((const uint8_t *)l->device->memory)[0] != VKT7_PROPERTIES;
	if (is_archive) {
		reframe(reply, &r);
	}
}

static void a_meter_that_changes_its_scheme_for_ever_is_left_alone(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	l.spoil = spoil_always;
	int64_t hour = LINE_NOW / HOUR_S * HOUR_S;
	assert_int_equal(read_archive(&l, PERIOD_HOUR, hour - 20 * HOUR_S, hour), ERR_PROTO);
	assert_int_equal(driver_find("vkt7")->read_current(l.talk, &l.got.sink), ERR_PROTO);
	assert_true(l.requests < 80);
	vkt_line_fini(&l);
}

/* An answer of earlier comes first. */
static void spoil_late(struct vkt_line *l, struct slice request, struct buf *reply)
{
	static struct vkt_frame before;
	struct vkt_frame now;
	(void)l;
	(void)request;
	memcpy(now.data, reply->data, reply->size);
	now.size = reply->size;
	buf_clear(reply);
	buf_put(reply, before.data, before.size);
	buf_put(reply, now.data, now.size);
	before = now;
}

static void late_replies_are_not_taken_for_others(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	l.spoil = spoil_late;
	check_archive(&l, PERIOD_HOUR, 10, "");
	vkt_line_fini(&l);
}

static void spoil_extended(struct vkt_line *l, struct slice request, struct buf *reply)
{
	uint8_t all[400];
	(void)l;
	(void)request;
	memcpy(all, reply->data, reply->size);
	size_t n = reply->size;
	buf_clear(reply);
	buf_u8(reply, 3);
	buf_put(reply, all, n);
}

static void an_extended_address_stands_before_the_frame(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	const struct vkt_coat coat = {false, 3};
	const struct vkt_request q = {.address = 5, .function = VKT_READ, .start = VKT7_DATA};
	struct vkt_frame f, bare;
	assert_int_equal(vkt_request_encode(&q, &coat, &f), ERR_OK);
	assert_int_equal(vkt_request_encode(&q, NULL, &bare), ERR_OK);
	assert_int_equal(f.data[0], 3);
	assert_memory_equal(f.data + 1, bare.data, bare.size);
	lay(&l, &d, "", "address=1 extended=3 wake_up=no");
	check_archive(&l, PERIOD_HOUR, 3, ""); /* replies without it */
	l.spoil = spoil_extended;
	check_archive(&l, PERIOD_HOUR, 3, ""); /* and with it: which is right is not known */
	vkt_line_fini(&l);
}

static void spoil_clock(struct vkt_line *l, struct slice request, struct buf *reply)
{
	struct vkt_reply r;
	uint8_t data[32];
	assert_true(vkt_reply_decode(buf_slice(reply), &r));
	if (r.data.size == 0 || r.data.size > sizeof(data)) {
		return;
	}
	memcpy(data, r.data.data, r.data.size);
	r.data.data = data;
	if (request.data[3] == 0xfb) {
		data[4] = data[5] = 0;
	} else if (request.data[3] == 0xf9) {
		data[0] = (uint8_t)l->told; /* firmware the test wants */
	}
	reframe(reply, &r);
}

static void a_clock_without_minutes_is_no_clock(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	int64_t utc;
	lay(&l, &d, "", "address=1");
	d.clock_offset_s = 37;
	vkt_must(&l, driver_find("vkt7")->read_clock(l.talk, &utc));
	assert_int_equal(utc, LINE_NOW + 37);
	l.spoil = spoil_clock;
	l.told = 0x26;
	assert_int_equal(driver_find("vkt7")->read_clock(l.talk, &utc), ERR_UNSUPP);
	l.told = 0x27;
	vkt_must(&l, driver_find("vkt7")->read_clock(l.talk, &utc)); /* it is just the full hour */
	assert_int_equal(utc, LINE_NOW / HOUR_S * HOUR_S);
	vkt_line_fini(&l);
}

static void it_says_who_it_is(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	struct identity id;
	lay(&l, &d, "tb2", "address=0");
	vkt_must(&l, driver_find("vkt7")->identify(l.talk, &id));
	assert_string_equal(id.serial, "12345678");
	assert_string_equal(id.version, "2.8");
	assert_string_equal(id.address, "address=1");
	vkt_line_fini(&l);
}

/* ---- single values ---- */

static double put_one(
	const struct vkt7_layout *l, enum vkt7_type type, struct vkt7_item item, struct sample *ret)
{
	struct vkt7_layout layout = *l;
	struct vkt7 v = {.layout = &layout, .type = type};
	const struct vkt7_when when = {FORM_NOW, PERIOD_NONE, 0};
	struct sample_list got;
	sample_list_init(&got);
	assert_int_equal(vkt7_put(&v, &item, 1, &when, &got.sink), ERR_OK);
	assert_int_equal(got.n, 1);
	*ret = got.items[0]->sample;
	ret->key = NULL;
	sample_list_fini(&got);
	return ret->value;
}

static void what_cannot_be_understood_is_missing_and_never_zero(void **state)
{
	(void)state;
	static const uint8_t five[] = {5, 0, 0, 0}, hours[] = {0x17, 0x2b, 0xff, 0xff};
	struct vkt7_layout l = {.digits = {2, 0, 2, 2, 2, 2, 2, 2, 2, 3}};
	struct sample s;
	memset(l.units, UNIT_GCAL, sizeof(l.units));
	struct vkt7_item qo = {VKT7_QO, {five, 4}, 0xc0, 0};
	assert_true(put_one(&l, VKT7_TOTALS, qo, &s) == 0.005);
	qo.quality = 0x0c; /* out of range */
	assert_true(isnan(put_one(&l, VKT7_TOTALS, qo, &s)));
	assert_int_equal(quality_class(s.quality), QUALITY_MISSING);
	assert_true(s.quality & QUALITY_ABNORMAL);
	qo.quality = 0xc0;
	l.units[VKT7_UNIT_QO - VKT7_UNIT_T] = VKT7_UNKNOWN;
	assert_true(isnan(put_one(&l, VKT7_TOTALS, qo, &s)));
	l.units[VKT7_UNIT_QO - VKT7_UNIT_T] = UNIT_M3; /* of another kind */
	assert_true(isnan(put_one(&l, VKT7_TOTALS, qo, &s)));
	l.units[VKT7_UNIT_QO - VKT7_UNIT_T] = UNIT_GJ;
	assert_true(put_one(&l, VKT7_TOTALS, qo, &s) == 0.005);
	assert_int_equal(s.unit, UNIT_GJ);
	l.digits[9] = VKT7_UNKNOWN;
	assert_true(isnan(put_one(&l, VKT7_TOTALS, qo, &s)));
	/* digits of masses and of their leak differ: nobody knows which are right */
	l.units[VKT7_UNIT_MG - VKT7_UNIT_T] = UNIT_T;
	l.digits[8] = 3;
	struct vkt7_item mg = {VKT7_MG, {five, 4}, 0xc0, 0};
	(void)put_one(&l, VKT7_TOTALS, mg, &s);
	assert_int_equal(quality_class(s.quality), QUALITY_SUSPECT);
	/* hours whose upper half is all ones are of the lower half */
	l.units[VKT7_UNIT_BNR - VKT7_UNIT_T] = UNIT_H;
	struct vkt7_item bnr = {VKT7_BNR, {hours, 4}, 0xc0, 0};
	assert_true(put_one(&l, VKT7_TOTALS, bnr, &s) == 0x2b17);
}

static void flows_in_tonnes_are_mass_flows(void **state)
{
	(void)state;
	static const uint8_t two_and_a_half[] = {0, 0, 0x20, 0x40};
	struct vkt7_layout l = {.units = {UNIT_DEGC, UNIT_T_H}};
	struct sample s;
	struct vkt7_item g = {VKT7_G1, {two_and_a_half, 4}, 0xc0, 0};
	assert_true(put_one(&l, VKT7_CURRENT, g, &s) == 2.5);
	assert_int_equal(s.quantity, QUANTITY_MASS_FLOW_SUPPLY);
	assert_int_equal(s.unit, UNIT_T_H);
}

/* ---- the simulated meter refuses as the document says ---- */

static int refusal(struct sim_device *d, const struct vkt_request *q)
{
	struct vkt_frame f;
	struct vkt_reply r = {0};
	struct buf out;
	buf_init(&out, 1000);
	assert_int_equal(vkt_request_encode(q, NULL, &f), ERR_OK);
	assert_true(
		d->protocol->answer(d, (struct slice){f.data, f.size}, LINE_NOW * 1000000LL, &out));
	assert_true(vkt_reply_decode(buf_slice(&out), &r));
	int code = r.is_refused ? r.code : 0;
	buf_fini(&out);
	return code;
}

static void the_simulated_meter_refuses_by_the_document(void **state)
{
	(void)state;
	struct sim_device d;
	uint8_t bytes[VKT7_ELEMENTS_MAX * VKT7_ELEMENT_SIZE];
	struct vkt7_element list[VKT7_ELEMENTS_MAX];
	static const uint8_t hour[] = {VKT7_HOUR, 0}, unknown[] = {9, 0}, date[] = {1, 1, 30, 0},
			     outputs[] = {0, 1};
	struct vkt_request q = {.function = VKT_WRITE, .start = 0x3ffd, .data = SLICE(hour)};
	make(&d, "");
	assert_int_equal(refusal(&d, &q), 0);
	q.data = SLICE(unknown);
	assert_int_equal(refusal(&d, &q), 2);
	q = (struct vkt_request){.function = VKT_WRITE, .start = 0x3ffb, .data = SLICE(date)};
	assert_int_equal(refusal(&d, &q), 3);
	for (size_t i = 0; i < 30; i++) {
		list[i] = (struct vkt7_element){VKT7_NS_TIMES, 10};
	}
	q.start = VKT7_LIST;
	q.data = (struct slice){bytes, vkt7_list_put(bytes, list, 30)};
	assert_int_equal(refusal(&d, &q), 5); /* does not fit the buffer */
	q = (struct vkt_request){
		.function = VKT_WRITE, .start = VKT7_OUTPUTS, .claimed = 1, .data = SLICE(outputs)};
	assert_int_equal(refusal(&d, &q), 7);
}

/* 65 bytes into the first data after a session has begun. */
static void the_simulated_meter_tells_its_server_version(void **state)
{
	(void)state;
	static const uint8_t begin[] = {0x80, 0, 0, 0};
	for (int version = 0; version < 2; version++) {
		struct sim_device d;
		struct vkt_frame f;
		struct buf out;
		struct vkt_request q = {.function = VKT_WRITE,
			.start = VKT7_LIST,
			.claimed = VKT7_SESSION,
			.data = SLICE(begin)};
		make(&d, version ? "v1" : "v0");
		assert_int_equal(refusal(&d, &q), 0);
		buf_init(&out, 1000);
		q = (struct vkt_request){.function = VKT_READ, .start = VKT7_DATA};
		assert_int_equal(vkt_request_encode(&q, NULL, &f), ERR_OK);
		assert_true(d.protocol->answer(
			&d, (struct slice){f.data, f.size}, LINE_NOW * 1000000LL, &out));
		assert_true(out.size > 65);
		assert_int_equal(out.data[64], version);
		buf_fini(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_exchange_means_what_is_written_beside_it),
		cmocka_unit_test(archives_of_all_variants_equal_what_was_measured),
		cmocka_unit_test(a_month_is_dated_by_the_last_hour_of_its_report_day),
		cmocka_unit_test(no_list_or_reply_outgrows_the_buffer_of_old_firmware),
		cmocka_unit_test(no_list_looks_like_the_begin_of_a_session),
		cmocka_unit_test(currents_are_gauges_and_totals_are_counters),
		cmocka_unit_test(what_was_learnt_is_kept_for_an_hour),
		cmocka_unit_test(a_date_without_a_record_is_a_gap),
		cmocka_unit_test(what_is_older_than_the_memory_is_not_asked_for),
		cmocka_unit_test(durations_of_m_firmware_are_hours_and_situations),
		cmocka_unit_test(after_a_change_of_the_scheme_reading_goes_on),
		cmocka_unit_test(a_scheme_that_changes_within_an_archive_is_learnt_there),
		cmocka_unit_test(a_meter_that_changes_its_scheme_for_ever_is_left_alone),
		cmocka_unit_test(late_replies_are_not_taken_for_others),
		cmocka_unit_test(an_extended_address_stands_before_the_frame),
		cmocka_unit_test(a_clock_without_minutes_is_no_clock),
		cmocka_unit_test(it_says_who_it_is),
		cmocka_unit_test(what_cannot_be_understood_is_missing_and_never_zero),
		cmocka_unit_test(flows_in_tonnes_are_mass_flows),
		cmocka_unit_test(the_simulated_meter_refuses_by_the_document),
		cmocka_unit_test(the_simulated_meter_tells_its_server_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
