/*
 * P1 telegrams of real meters and of the specifications (vectors/dsmr): what is good gives the values
 * that stand beside it, a wrong checksum is refused unless it is to be ignored, encrypted ones give the
 * text they were made of.
 *
 * Whether a checksum is right is what the vectors' own list says, where the printed examples of the
 * specifications never are.
 */
#include "base/str.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "proto/dsmr.h"
#include "sim/ask.h"
#include "sim/families.h"
#include "test.h"
#include "truth.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define FILE_MAX 8192

enum sum {
	SUM_GOOD,
	SUM_BAD,
	SUM_OLD,  /* none, of a version that has none */
	SUM_NONE, /* none, where there should be one */
};

static const struct {
	const char *file;
	enum sum sum;
} files[] = {
	{"athombv/dsmr-3.0-spec-example", SUM_OLD},
	{"athombv/dsmr-4.0-isk-1", SUM_BAD},
	{"athombv/dsmr-4.0-isk-2", SUM_GOOD},
	{"athombv/dsmr-4.0-spec-example", SUM_BAD},
	{"athombv/dsmr-4.2-kfm-1", SUM_GOOD},
	{"athombv/dsmr-4.2.2-spec-example", SUM_BAD},
	{"athombv/dsmr-5.0-ene-1", SUM_BAD},
	{"athombv/dsmr-5.0-ene-2", SUM_BAD},
	{"athombv/dsmr-5.0-ene-3", SUM_BAD},
	{"athombv/dsmr-5.0-est-units", SUM_BAD},
	{"athombv/dsmr-5.0-isk-1", SUM_GOOD},
	{"athombv/dsmr-5.0-spec-example", SUM_BAD},
	{"athombv/dsmr-luxembourgh-spec-example", SUM_BAD},
	{"athombv/emucs-p1-v2.1.1-spec-example-1", SUM_BAD},
	{"athombv/iskra-mt-382-no-crc", SUM_OLD},
	{"athombv/iskra-mt-382-no-crc-with-text-message", SUM_OLD},
	{"athombv/kamstrup-OMNIA-e-meter-three-phase", SUM_BAD},
	{"athombv/sagemcom-xt211", SUM_BAD},
	{"athombv/unknown-xmx-1", SUM_OLD},
	{"dsmr_parser/esy5q3db1024_v304", SUM_OLD},
	{"dsmr_parser/v2_2", SUM_OLD},
	{"dsmr_parser/v3", SUM_OLD},
	{"dsmr_parser/v4_2", SUM_GOOD},
	{"dsmr_parser/v5", SUM_GOOD},
	{"lvzon/p1-example-3.0", SUM_OLD},
	{"lvzon/p1-example-5.0", SUM_BAD},
	{"mthmulders/input1", SUM_GOOD},
	{"robthree/formattest", SUM_GOOD},
	{"robthree/v2_2_ok", SUM_OLD},
	{"robthree/v3_ok", SUM_OLD},
	{"robthree/v4_2_ok", SUM_GOOD},
	{"robthree/v5_ok", SUM_GOOD},
	{"toreamun/example_data_b", SUM_NONE},
	{"toreamun/example_data_d_landisgyr_360", SUM_GOOD},
};

struct text {
	uint8_t bytes[FILE_MAX];
	size_t size;
};

static bool load(const char *name, const char *suffix, struct text *t)
{
	char path[200];
	(void)snprintf(path, sizeof(path), "dsmr/%.100s%s", name, suffix);
	const char *found = vector_path(path);
	FILE *f = found ? fopen(found, "re") : NULL;
	t->size = f ? fread(t->bytes, 1, sizeof(t->bytes) - 8, f) : 0;
	if (f) {
		(void)fclose(f);
	}
	return f != NULL;
}

/* Files keep telegrams without their last line end, two without their last line. */
static void complete(struct text *t)
{
	bool has_end = false;
	for (size_t i = 1; i < t->size; i++) {
		has_end = has_end || (t->bytes[i] == '!' && t->bytes[i - 1] == '\n');
	}
	const char *tail = has_end ? "\r\n" : "\r\n!\r\n";
	memcpy(t->bytes + t->size, tail, strlen(tail));
	t->size += strlen(tail);
}

/* The first telegram of the text. */
static struct slice cut(const struct text *t)
{
	struct slice left = {t->bytes, t->size};
	size_t size;
	for (;;) {
		enum dsmr_cut c = dsmr_cut(left, &size);
		assert_int_not_equal(c, DSMR_CUT_MORE);
		if (c == DSMR_CUT_FULL) {
			return (struct slice){left.data, size};
		}
		assert_true(size > 0 && size <= left.size);
		left = (struct slice){left.data + size, left.size - size};
	}
}

/* What the driver says of one telegram. */
static enum err say(const char *params, struct slice telegram, struct sample_list *list)
{
	const struct driver *driver = driver_find("dsmr");
	struct line line;
	struct meter meter;
	struct talk *t;
	struct diag diag = {0};
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	(void)STR_COPY(meter.params, params);
	assert_int_equal(talk_new(driver, &line, &meter, NULL, &t, &diag), ERR_OK);
	sample_list_init(list);
	enum err e = driver->hear(t, telegram, &list->sink);
	talk_free(t);
	return e;
}

static const struct sample *find(const struct sample_list *list, const char *key)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->items[i]->key, key) == 0) {
			return &list->items[i]->sample;
		}
	}
	return NULL;
}

static void must_be(
	const char *file, const struct sample_list *list, const char *key, enum unit unit, double v)
{
	const struct sample *x = find(list, key);
	double value = NAN;
	if (!x || unit_convert(x->value, x->unit, unit, &value) || !(fabs(value - v) < 1e-6)) {
		fail_msg("%s: %s is %.9g, not %.9g", file, key, value, v);
	}
}

/* ---- what stands beside a telegram ---- */

struct beside {
	const char *file;
	const struct sample_list *list;
	int values;
};

static void compare(
	struct beside *b, const json_t *group, const char *name, const char *key, enum unit unit)
{
	const json_t *v = json_object_get(group, name);
	if (v) {
		must_be(b->file, b->list, key, unit, json_number_value(v));
		b->values++;
	}
}

static void compare_phases(struct beside *b, const json_t *group, const char *name, const char *key,
	const char *suffix, enum unit unit)
{
	static const char *const phases[] = {"l1", "l2", "l3"};
	const json_t *of = json_object_get(group, name);
	for (int i = 0; i < 3; i++) {
		char full[64];
		(void)snprintf(full, sizeof(full), "%s.%s%s", key, phases[i], suffix);
		compare(b, of, phases[i], full, unit);
	}
}

static void compare_electricity(struct beside *b, const json_t *e)
{
	const json_t *tariffs = json_object_get(e, "tariffs"), *total = json_object_get(e, "total");
	compare(b, json_object_get(tariffs, "1"), "received", "active_energy.t1", UNIT_WH);
	compare(b, json_object_get(tariffs, "2"), "received", "active_energy.t2", UNIT_WH);
	compare(b, json_object_get(tariffs, "1"), "returned", "active_energy_export.t1", UNIT_WH);
	compare(b, json_object_get(tariffs, "2"), "returned", "active_energy_export.t2", UNIT_WH);
	compare(b, total, "received", "active_energy", UNIT_WH);
	compare(b, total, "returned", "active_energy_export", UNIT_WH);
	compare(b, e, "currentTariff", "tariff", UNIT_NONE);
	compare(b, e, "powerReceivedTotal", "active_power", UNIT_W);
	compare(b, e, "powerReturnedTotal", "active_power_export", UNIT_W);
	compare_phases(b, e, "powerReceived", "active_power", "", UNIT_W);
	compare_phases(b, e, "powerReturned", "active_power_export", "", UNIT_W);
	compare_phases(b, e, "voltage", "voltage", "", UNIT_V);
	compare_phases(b, e, "current", "current", "", UNIT_A);
}

static void compare_events(struct beside *b, const json_t *events)
{
	compare(b, events, "powerFailures", "event_count.power_off", UNIT_NONE);
	compare(b, events, "longPowerFailures", "event_count.power_off_long", UNIT_NONE);
	compare_phases(b, events, "voltageSags", "event_count", ".sag", UNIT_NONE);
	compare_phases(b, events, "voltageSwells", "event_count", ".swell", UNIT_NONE);
}

/* The file writes the meter's local time as if it were UTC. */
static void compare_channels(struct beside *b, const json_t *channels)
{
	static const struct {
		int type;
		const char *key;
	} types[] = {{3, "gas"}, {7, "cold_water"}};
	const char *n;
	json_t *c;
	json_object_foreach((json_t *)channels, n, c)
	{
		const json_t *value = json_object_get(c, "value");
		const char *time = json_string_value(json_object_get(c, "timestamp"));
		char key[32] = "";
		for (size_t i = 0; i < 2; i++) {
			if (json_integer_value(json_object_get(c, "deviceType")) == types[i].type) {
				(void)snprintf(key, sizeof(key), "%s.%s", types[i].key, n);
			}
		}
		const struct sample *x = find(b->list, key);
		if (!value) {
			assert_null(x); /* nothing was ever received there */
			continue;
		}
		int64_t utc = 0;
		char seconds[20] = "";
		(void)snprintf(seconds, sizeof(seconds), "%.19s", time);
		assert_int_equal(time_parse(seconds, NULL, &utc), ERR_OK);
		compare(b, c, "value", key, UNIT_M3);
		assert_int_equal(x->form, utc % 3600 ? FORM_NOW : FORM_POINT);
		if (x->form == FORM_POINT) {
			assert_int_equal(x->utc, utc);
			assert_int_equal(x->period, PERIOD_HOUR);
		}
	}
}

static int compare_json(const char *file, const struct sample_list *list, const json_t *o)
{
	struct beside b = {file, list, 0};
	compare_electricity(&b, json_object_get(o, "electricity"));
	compare_events(&b, json_object_get(json_object_get(o, "metadata"), "events"));
	compare_channels(&b, json_object_get(o, "mBus"));
	return b.values;
}

static void compare_head(struct slice telegram, const json_t *o)
{
	struct dsmr_telegram t;
	const json_t *head = json_object_get(json_object_get(o, "dsmr"), "header");
	const json_t *version = json_object_get(json_object_get(o, "metadata"), "dsmrVersion");
	const json_t *is_valid = json_object_get(o, "crcValid");
	assert_int_equal(dsmr_open(telegram, &t), ERR_OK);
	assert_string_equal(t.maker, json_string_value(json_object_get(head, "xxx")));
	assert_string_equal(t.ident, json_string_value(json_object_get(head, "identifier")));
	if (version) {
		double v = json_number_value(version);
		assert_int_equal(t.version, (int)(v * 10 + 0.5));
	}
	assert_int_equal(t.checksum, !is_valid              ? DSMR_CHECKSUM_NONE :
				     json_is_true(is_valid) ? DSMR_CHECKSUM_GOOD :
							      DSMR_CHECKSUM_BAD);
}

static void every_telegram_gives_what_stands_beside_it(void **state)
{
	(void)state;
	static struct text text;
	int values = 0, compared = 0;
	NEED_VECTORS(vector_path("dsmr"));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *file = files[i].file;
		char path[200];
		struct sample_list list;
		if (!load(file, ".txt", &text)) {
			(void)printf("%s: not here\n", file);
			continue;
		}
		complete(&text);
		struct slice telegram = cut(&text);
		enum err expected = files[i].sum == SUM_BAD || files[i].sum == SUM_NONE ?
					    ERR_PROTO :
					    ERR_OK;
		enum err e = say("", telegram, &list);
		if (e != expected || (e && list.n)) {
			fail_msg("%s: %s, %zu values", file, err_text(e, LANG_EN), list.n);
		}
		sample_list_fini(&list);
		e = say("checksum=optional", telegram, &list);
		assert_int_equal(e, files[i].sum == SUM_BAD ? ERR_PROTO : ERR_OK);
		sample_list_fini(&list);
		assert_int_equal(say("checksum=ignore", telegram, &list), ERR_OK);
		assert_true(list.n > 0);
		(void)snprintf(path, sizeof(path), "dsmr/%s.json", file);
		const char *found = vector_path(path);
		json_t *o = found ? json_load_file(found, 0, NULL) : NULL;
		if (o) {
			compare_head(telegram, o);
			values += compare_json(file, &list, o);
			compared++;
			json_decref(o);
		}
		sample_list_fini(&list);
	}
	(void)printf("%d telegrams, %d values\n", compared, values);
	assert_true(compared >= 19 && values >= 300);
}

/* ---- variants that have nothing beside them: the values as the text writes them ---- */

static void variants_are_read_as_they_are_written(void **state)
{
	(void)state;
	static struct text text;
	static const struct {
		const char *file, *key;
		enum unit unit;
		double value;
	} cases[] = {
		/* EasyMeter: *255 behind the codes, watts, seven digits */
		{"dsmr_parser/esy5q3db1024_v304", "active_energy", UNIT_KWH, 52185.7825309},
		{"dsmr_parser/esy5q3db1024_v304", "active_power.l3", UNIT_W, 639.73},
		/* version 2.2: the gas reading stands in the next line */
		{"dsmr_parser/v2_2", "gas.1", UNIT_M3, 1.001},
		{"lvzon/p1-example-3.0", "gas.1", UNIT_M3, 0},
		{"dsmr_parser/v5", "current.l3", UNIT_A, 0.86},
		/* Estonia: watt-hours */
		{"athombv/dsmr-5.0-est-units", "reactive_energy.t2", UNIT_VARH, 4143},
		{"athombv/dsmr-5.0-est-units", "reactive_power_export", UNIT_VAR, 221},
		/* Sweden: totals only, no version */
		{"toreamun/example_data_d_landisgyr_360", "active_energy", UNIT_KWH, 10501.076},
		{"toreamun/example_data_d_landisgyr_360", "reactive_energy_export", UNIT_KVARH,
			8.391},
		{"toreamun/example_data_d_landisgyr_360", "reactive_power.l3", UNIT_KVAR, 0.486},
		/* Belgium: the month's peak */
		{"athombv/emucs-p1-v2.1.1-spec-example-1", "active_power.max", UNIT_KW, 2.589},
		/* codes of channel 1 where there is none of channel 0 */
		{"athombv/sagemcom-xt211", "active_energy.t1", UNIT_KWH, 1595.07},
		/* device types nobody knows: by the unit */
		{"robthree/v5_ok", "volume.1", UNIT_M3, 12321.232},
		{"robthree/v5_ok", "energy.3", UNIT_MJ, 33221.122},
		{"robthree/v5_ok", "energy.4", UNIT_KWH, 11223.322},
		/* a telegram that was cut off stands before it */
		{"mthmulders/input1", "active_energy.t1", UNIT_KWH, 32.159},
		{"mthmulders/input1", "voltage.l2", UNIT_V, 235.6},
	};
	NEED_VECTORS(vector_path("dsmr"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sample_list list;
		assert_true(load(cases[i].file, ".txt", &text));
		complete(&text);
		assert_int_equal(say("checksum=ignore", cut(&text), &list), ERR_OK);
		must_be(cases[i].file, &list, cases[i].key, cases[i].unit, cases[i].value);
		sample_list_fini(&list);
	}
}

/* ---- encrypted ---- */

static void unhex(struct text *t)
{
	struct buf b;
	buf_init(&b, FILE_MAX);
	assert_int_equal(str_unhex((const char *)t->bytes, t->size, &b, NULL), ERR_OK);
	memcpy(t->bytes, b.data, b.size);
	t->size = b.size;
	buf_fini(&b);
}

static void an_encrypted_telegram_is_the_text_it_was_made_of(void **state)
{
	(void)state;
	static const char *const names[] = {
		"athombv/encrypted/dsmr-luxembourgh-spec-example-with-aad",
		"athombv/encrypted/dsmr-luxembourgh-spec-example-without-aad"};
	static const char params[] =
		"key=0123456789abcdef0123456789abcdef "
		"auth_key=ffeeddccbbaa99887766554433221100";
	static const uint8_t key[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23,
		0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
	static const uint8_t auth_key[] = {0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99, 0x88, 0x77,
		0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x00};
	static struct text text, clear;
	static uint8_t plain[DSMR_TELEGRAM_MAX];
	const struct dsmr_keys keys = {SLICE(key), SLICE(auth_key)};
	NEED_VECTORS(vector_path("dsmr"));
	assert_true(load("athombv/dsmr-luxembourgh-spec-example", ".txt", &clear));
	for (int i = 0; i < 2; i++) {
		struct slice got;
		struct sample_list list;
		assert_true(load(names[i], ".txt", &text));
		unhex(&text);
		struct slice frame = cut(&text);
		assert_int_equal(frame.size, text.size);
		assert_int_equal(dsmr_decrypt(frame, &keys, plain, &got), ERR_OK);
		assert_memory_equal(got.data, clear.bytes, clear.size);
		assert_int_equal(say(params, frame, &list), ERR_OK);
		must_be(names[i], &list, "active_energy", UNIT_KWH, 25.653);
		must_be(names[i], &list, "gas.4", UNIT_M3, 28.103);
		sample_list_fini(&list);
		assert_int_equal(say("", frame, &list), ERR_DENIED);
		assert_int_equal(
			say("key=0123456789abcdef0123456789abcdee", frame, &list), ERR_DENIED);
		assert_int_equal(say("key=0123", frame, &list), ERR_INVAL);
		/* the key alone does where nothing else was signed */
		assert_int_equal(
			say("key=0123456789abcdef0123456789abcdef auth_key=", frame, &list),
			i ? ERR_OK : ERR_DENIED);
		sample_list_fini(&list);
	}
}

static void an_encrypted_telegram_of_a_meter_is_read(void **state)
{
	(void)state;
	static struct text text;
	static uint8_t plain[DSMR_TELEGRAM_MAX];
	static const uint8_t auth_key[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
		0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
	uint8_t key[16];
	memset(key, 0xaa, sizeof(key));
	const struct dsmr_keys keys = {SLICE(key), SLICE(auth_key)};
	struct slice got;
	struct dsmr_telegram t;
	NEED_VECTORS(vector_path("dsmr"));
	assert_true(load("smarty_encrypted_packet", ".bin", &text));
	struct slice frame = cut(&text);
	assert_int_equal(frame.size, 511);
	assert_int_equal(dsmr_decrypt(frame, &keys, plain, &got), ERR_OK);
	assert_int_equal(dsmr_open(got, &t), ERR_OK);
	assert_int_equal(t.checksum, DSMR_CHECKSUM_GOOD);
	for (size_t i = 0; i < frame.size; i++) {
		size_t size;
		text.bytes[i] ^= 0x10;
		bool is_frame = dsmr_cut(frame, &size) == DSMR_CUT_FULL && size == frame.size;
		assert_true(!is_frame || dsmr_decrypt(frame, &keys, plain, &got) != ERR_OK);
		text.bytes[i] ^= 0x10;
	}
}

/* ---- texts made up ---- */

static struct slice of(const char *text)
{
	return (struct slice){(const uint8_t *)text, strlen(text)};
}

static void must_be_summed(struct buf *telegram, const char *digits)
{
	struct dsmr_telegram t;
	size_t size;
	buf_printf(telegram, "%s\r\n", digits);
	assert_int_equal(dsmr_cut(buf_slice(telegram), &size), DSMR_CUT_FULL);
	assert_int_equal(size, telegram->size);
	assert_int_equal(dsmr_open(buf_slice(telegram), &t), ERR_OK);
	assert_int_equal(t.checksum, DSMR_CHECKSUM_GOOD);
}

/* One heat gateway leaves leading zeros out. */
static void a_checksum_may_be_short_and_in_lower_case(void **state)
{
	(void)state;
	int shorter = 0;
	for (unsigned n = 0; n < 300; n++) {
		struct buf b;
		char upper[8], lower[8], brief[8];
		buf_init(&b, 256);
		buf_printf(&b, "/NWA5WARMTELINK\r\n\r\n0-1:24.1.0(%03u)\r\n", n);
		size_t mark = b.size + 1;
		dsmr_seal(&b, 0);
		unsigned sum = (unsigned)strtoul(buf_cstr(&b) + mark, NULL, 16);
		(void)snprintf(upper, sizeof(upper), "%04X", sum);
		(void)snprintf(lower, sizeof(lower), "%04x", sum);
		(void)snprintf(brief, sizeof(brief), "%X", sum);
		const char *const ways[] = {upper, lower, brief};
		for (int i = 0; i < 3; i++) {
			b.size = mark;
			must_be_summed(&b, ways[i]);
		}
		shorter += strlen(brief) < 4;
		buf_fini(&b);
	}
	assert_true(shorter > 5);
}

static void numbers_are_exact_and_others_are_none(void **state)
{
	(void)state;
	struct decimal d;
	struct slice unit;
	assert_true(dsmr_number(of("001581.123*kWh"), &d, &unit));
	assert_true(d.mantissa == 1581123 && d.exponent == -3);
	assert_int_equal(unit.size, 3);
	assert_true(dsmr_number(of("-063*A"), &d, &unit));
	assert_true(d.mantissa == -63 && d.exponent == 0);
	static const char *const bad[] = {
		"", "-", "*kWh", ".5", "1.2.3", "12a*V", "1e5", " 5", "99999999999999999999"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(dsmr_number(of(bad[i]), &d, &unit));
	}
}

static void times_that_cannot_be_are_none(void **state)
{
	(void)state;
	struct dsmr_time t;
	assert_true(dsmr_time(of("200229235959W"), &t));
	assert_int_equal(t.season, 'W');
	assert_true(dsmr_time(of("161107190000"), &t));
	static const char *const bad[] = {"700101010000W", "632525252525S", "250000000000W",
		"210229000000W", "123412341234W", "200101240000W", "2001010000", "200101000000X",
		"2001010000 0W"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(dsmr_time(of(bad[i]), &t));
	}
}

static void the_night_summer_ends_is_told_by_its_letter(void **state)
{
	(void)state;
	static const struct {
		const char *time;
		int64_t utc;
		unsigned flags;
	} cases[] = {
		/* 2026-10-25 02:00 in Amsterdam comes twice, 00:00 and 01:00 UTC */
		{"261025020000S", 1792886400, 0},
		{"261025020000W", 1792890000, 0},
		{"261025020000", 1792886400, QUALITY_TIME_SUSPECT},
		/* said to be summer in winter: the zone is not the meter's */
		{"261225020000S", 1798160400, QUALITY_TIME_SUSPECT},
	};
	const struct driver *driver = driver_find("dsmr");
	const struct zone *zone;
	assert_int_equal(zone_get("Europe/Amsterdam", &zone, NULL), ERR_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line line;
		struct meter meter;
		struct talk *t;
		struct sample_list list;
		struct buf b;
		object_init(OBJECT_LINE, &line);
		object_init(OBJECT_METER, &meter);
		assert_int_equal(talk_new(driver, &line, &meter, zone, &t, NULL), ERR_OK);
		sample_list_init(&list);
		buf_init(&b, 256);
		buf_printf(&b, "/DMV5X\r\n\r\n0-1:24.1.0(003)\r\n0-1:24.2.1(%s)(00001.001*m3)\r\n",
			cases[i].time);
		dsmr_seal(&b, 0);
		assert_int_equal(driver->hear(t, buf_slice(&b), &list.sink), ERR_OK);
		const struct sample *x = find(&list, "gas.1");
		assert_non_null(x);
		assert_int_equal(x->form, FORM_POINT);
		assert_true(x->utc == cases[i].utc);
		assert_int_equal(quality_flags(x->quality), cases[i].flags);
		buf_fini(&b);
		sample_list_fini(&list);
		talk_free(t);
	}
}

/* A meter that goes on saying what cannot be decrypted: it must come to an end, and the reason be told. */
static void who_lacks_the_key_is_told_so(void **state)
{
	(void)state;
	const struct sim_family *f = sim_family_find("dsmr_encrypted");
	struct truth truth = truth_of(f->point, 469000);
	struct sim_device d;
	struct line line;
	struct meter meter;
	struct talk *t;
	struct sample_list list;
	struct diag diag = {0};
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	assert_int_equal(sim_family_device(f, 1, 1700000000, &d, &diag), ERR_OK);
	d.source = &truth.source;
	struct link *link = sim_link_new(&d, INT64_C(1792326660000000));
	assert_non_null(link);
	assert_int_equal(talk_new(driver_find("dsmr"), &line, &meter, NULL, &t, &diag), ERR_OK);
	talk_attach(t, link, NULL);
	assert_int_equal(talk_begin(t, 1792326660), ERR_OK);
	sample_list_init(&list);
	assert_int_equal(talk_hear(t, -1, &list.sink), ERR_DENIED);
	assert_non_null(strstr(talk_diag(t)->text, "'key'"));
	assert_int_equal(list.n, 0);
	sample_list_fini(&list);
	talk_free(t);
	link->ops->close(link);
}

static void a_telegram_of_another_meter_is_foreign(void **state)
{
	(void)state;
	struct buf b;
	struct sample_list list;
	buf_init(&b, 256);
	buf_str(&b, "/DMV5X\r\n\r\n0-0:96.1.1(4B384547)\r\n1-0:1.8.0(1*kWh)\r\n");
	dsmr_seal(&b, 0);
	assert_int_equal(say("serial=K8EG", buf_slice(&b), &list), ERR_OK);
	assert_int_equal(list.n, 1);
	sample_list_fini(&list);
	assert_int_equal(say("serial=K8EH", buf_slice(&b), &list), ERR_FOREIGN);
	sample_list_fini(&list);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_telegram_gives_what_stands_beside_it),
		cmocka_unit_test(variants_are_read_as_they_are_written),
		cmocka_unit_test(an_encrypted_telegram_is_the_text_it_was_made_of),
		cmocka_unit_test(an_encrypted_telegram_of_a_meter_is_read),
		cmocka_unit_test(a_checksum_may_be_short_and_in_lower_case),
		cmocka_unit_test(numbers_are_exact_and_others_are_none),
		cmocka_unit_test(times_that_cannot_be_are_none),
		cmocka_unit_test(the_night_summer_ends_is_told_by_its_letter),
		cmocka_unit_test(who_lacks_the_key_is_told_so),
		cmocka_unit_test(a_telegram_of_another_meter_is_foreign),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
