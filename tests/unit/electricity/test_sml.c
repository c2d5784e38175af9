/*
 * SML: dumps of real meters (vectors/sml) give the frames, messages and values that stand beside them;
 * what is broken in them is refused.
 */
#include "base/str.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "proto/crc.h"
#include "proto/decimal.h"
#include "proto/sml.h"
#include "test.h"

#include <dirent.h>
#include <jansson.h>
#include <string.h>

#define FILE_MAX (1u << 16)

struct dump {
	const char *name;
	const json_t *frames; /* as expected */
	uint8_t bytes[FILE_MAX];
	size_t size;
	int good, values;
};

static void compare_hex(const struct dump *d, const json_t *expected, struct slice s)
{
	struct buf hex;
	buf_init(&hex, 1024);
	str_hex(&hex, s, 0);
	const char *text = json_string_value(expected);
	if (!text ? s.size != 0 : strcasecmp(buf_cstr(&hex), text) != 0) {
		fail_msg("%s: %s, not %s", d->name, buf_cstr(&hex), text ? text : "nothing");
	}
	buf_fini(&hex);
}

static void code_text(struct slice s, char out[static 32])
{
	out[0] = 0;
	if (s.size == 6) {
		(void)snprintf(out, 32, "%u-%u:%u.%u.%u*%u", s.data[0], s.data[1], s.data[2],
			s.data[3], s.data[4], s.data[5]);
	}
}

static void compare_time(const struct dump *d, const json_t *expected, struct sml_time t)
{
	assert_true(json_is_integer(expected) == (t.type != SML_TIME_NONE));
	if (json_integer_value(expected) != (json_int_t)t.value) {
		fail_msg("%s: time %u", d->name, t.value);
	}
}

static void compare_entry(const struct dump *d, const json_t *expected, const struct sml_entry *x)
{
	char code[32];
	code_text((struct slice){x->code.v, 6}, code);
	assert_string_equal(code, json_string_value(json_object_get(expected, "obis")));
	const json_t *status = json_object_get(expected, "status"),
		     *unit = json_object_get(expected, "unit"),
		     *raw = json_object_get(expected, "raw"),
		     *hex = json_object_get(expected, "value_hex");
	assert_true(x->has_status == (status != NULL));
	assert_true((json_int_t)x->status == json_integer_value(status));
	compare_time(d, json_object_get(expected, "val_time"), x->time);
	assert_int_equal(x->unit, unit ? json_integer_value(unit) : -1);
	assert_int_equal(x->scaler, json_integer_value(json_object_get(expected, "scaler")));
	if (hex) {
		assert_int_equal(x->value.type, SML_OCTETS);
		compare_hex(d, hex, x->value.octets);
	}
	if (raw) {
		double v = decimal_double((struct decimal){x->value.number, x->scaler});
		assert_true(x->value.type == SML_INT || x->value.type == SML_UINT);
		assert_true(x->value.number == json_integer_value(raw));
		assert_true(
			v == strtod(json_string_value(json_object_get(expected, "value")), NULL));
	}
	if (!hex && !raw) {
		assert_int_equal(x->value.type, SML_NONE);
	}
}

static void compare_list(struct dump *d, const json_t *expected, const struct sml_message *m)
{
	struct sml_list list;
	struct sml_entry x;
	char name[32];
	enum err e;
	size_t n = 0;
	const json_t *values = json_object_get(expected, "values");
	const char *list_name = json_string_value(json_object_get(expected, "list_name"));
	assert_int_equal(sml_list_open(m, &list), ERR_OK);
	compare_hex(d, json_object_get(expected, "server_id"), list.server);
	code_text(list.name, name);
	assert_string_equal(name, list_name ? list_name : "");
	compare_time(d, json_object_get(expected, "act_sensor_time"), list.time);
	while (!(e = sml_list_next(&list, &x))) {
		assert_true(n < json_array_size(values));
		compare_entry(d, json_array_get(values, n++), &x);
	}
	assert_int_equal(e, ERR_NODATA);
	assert_int_equal(n, json_array_size(values));
	d->values += (int)n;
}

static void compare_frame(struct dump *d, const json_t *expected, struct slice frame)
{
	struct sml_data data;
	struct sml_message m;
	enum err e;
	size_t n = 0;
	const json_t *messages = json_object_get(expected, "messages");
	assert_int_equal(sml_open(frame, &data), ERR_OK);
	assert_int_equal(data.checksum, SML_X25);
	struct reader r = reader_of((struct slice){data.bytes, data.size});
	while (!(e = sml_next(&r, data.checksum, &m))) {
		char tag[16];
		const json_t *x = json_array_get(messages, n++);
		assert_non_null(x);
		(void)snprintf(tag, sizeof(tag), "%04x", m.tag);
		assert_string_equal(tag, json_string_value(json_object_get(x, "tag")));
		compare_hex(d, json_object_get(x, "tid"), m.transaction);
		if (m.tag == SML_LIST_REPLY) {
			compare_list(d, x, &m);
		}
	}
	assert_int_equal(e, ERR_NODATA);
	assert_int_equal(n, json_array_size(messages));
}

/* The good frame that stands at this place; a frame nobody expects must be a part of a broken one. */
static const json_t *expected_at(const struct dump *d, size_t offset, size_t end)
{
	size_t i;
	const json_t *f;
	bool is_inside = false;
	json_array_foreach(d->frames, i, f)
	{
		size_t from = (size_t)json_integer_value(json_object_get(f, "offset"));
		size_t till = (size_t)json_integer_value(json_object_get(f, "end"));
		bool is_good = strcmp(json_string_value(json_object_get(f, "transport")), "x25") ==
			       0;
		if (is_good && from == offset && till == end) {
			return f;
		}
		is_inside = is_inside || (!is_good && offset > from && end <= till);
	}
	if (!is_inside) {
		fail_msg("%s: no frame is at %zu to %zu", d->name, offset, end);
	}
	return NULL;
}

static void walk(struct dump *d)
{
	size_t at = 0, size = 0, i;
	const json_t *f;
	int expected = 0;
	while (at < d->size) {
		struct slice left = {d->bytes + at, d->size - at};
		enum sml_cut cut = sml_cut(left, &size);
		if (cut == SML_CUT_MORE) {
			break; /* the dump ends in the middle */
		}
		assert_true(size >= 1 && size <= left.size);
		if (cut == SML_CUT_FULL) {
			f = expected_at(d, at, at + size);
			if (f) {
				compare_frame(d, f, (struct slice){left.data, size});
				d->good++;
			}
		}
		at += size;
	}
	json_array_foreach(d->frames, i, f)
	{
		expected += strcmp(json_string_value(json_object_get(f, "transport")), "x25") == 0;
	}
	if (d->good != expected) {
		fail_msg("%s: %d good frames of %d", d->name, d->good, expected);
	}
}

static bool load(struct dump *d, const char *dir, const char *name)
{
	char path[1200];
	(void)snprintf(path, sizeof(path), "%s/%.100s.bin", dir, name);
	FILE *f = fopen(path, "re");
	if (!f) {
		return false;
	}
	d->name = name;
	d->size = fread(d->bytes, 1, sizeof(d->bytes), f);
	(void)fclose(f);
	return true;
}

static void every_dump_gives_what_stands_beside_it(void **state)
{
	(void)state;
	static struct dump d;
	const char *found = vector_path("sml");
	NEED_VECTORS(found);
	char dir[1024], sub[1100];
	(void)snprintf(dir, sizeof(dir), "%s", found);
	(void)snprintf(sub, sizeof(sub), "%s/expected", dir);
	DIR *list = opendir(sub);
	int files = 0, values = 0;
	assert_non_null(list);
	for (struct dirent *x = readdir(list); x; x = readdir(list)) {
		char name[300], path[1500];
		char *dot = strcpy(name, x->d_name) ? strstr(name, ".json") : NULL;
		if (!dot) {
			continue;
		}
		*dot = 0;
		(void)snprintf(path, sizeof(path), "%s/%s", sub, x->d_name);
		json_t *frames = json_load_file(path, 0, NULL);
		assert_non_null(frames);
		d = (struct dump){.frames = frames};
		if (load(&d, dir, name)) {
			walk(&d);
			files++;
			values += d.values;
		}
		json_decref(frames);
	}
	(void)closedir(list);
	(void)printf("%d dumps, %d values\n", files, values);
	assert_true(files >= 13 && values >= 300);
}

/* ---- frames made up of the vectors ---- */

static size_t take(const char *name, uint8_t *to, size_t cap)
{
	char path[200];
	(void)snprintf(path, sizeof(path), "sml/%.100s", name);
	const char *found = vector_path(path);
	FILE *f = found ? fopen(found, "re") : NULL;
	size_t n = f ? fread(to, 1, cap, f) : 0;
	if (f) {
		(void)fclose(f);
	}
	return n;
}

static void a_frame_with_any_bit_turned_is_none(void **state)
{
	(void)state;
	uint8_t frame[256];
	size_t size;
	NEED_VECTORS(vector_path("sml"));
	assert_int_equal(take("DZG_DVS-7412.2_jmberg.bin", frame, sizeof(frame)), 256);
	for (size_t bit = 0; bit < 8 * sizeof(frame); bit++) {
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(sml_cut(SLICE(frame), &size), SML_CUT_FULL);
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(sml_cut(SLICE(frame), &size), SML_CUT_FULL);
}

static void a_frame_behind_one_that_was_cut_off_is_found(void **state)
{
	(void)state;
	uint8_t frame[256], both[512];
	NEED_VECTORS(vector_path("sml"));
	assert_int_equal(take("DZG_DVS-7412.2_jmberg.bin", frame, sizeof(frame)), 256);
	for (size_t n = 1; n < sizeof(frame); n++) {
		memcpy(both, frame, n);
		memcpy(both + n, frame, sizeof(frame));
		struct slice left = {both, n + sizeof(frame)};
		size_t size = 0;
		enum sml_cut cut;
		while ((cut = sml_cut(left, &size)) == SML_CUT_JUNK) {
			left = (struct slice){left.data + size, left.size - size};
		}
		assert_int_equal(cut, SML_CUT_FULL);
		assert_ptr_equal(left.data, both + n);
		assert_int_equal(size, sizeof(frame));
	}
}

static void what_was_framed_is_opened(void **state)
{
	(void)state;
	/* an escape in the data, at a place where it must be doubled, and every padding */
	static const uint8_t bytes[] = {0x76, 0x1b, 0x1b, 0x1b, 0x1b, 0x1b, 0x1b, 0x1b, 0x1b, 1, 1,
		1, 1, 0x1b, 0x1b, 0x1b, 0x1b, 0x1a, 0, 9, 9};
	for (size_t n = 12; n <= sizeof(bytes); n++) {
		struct buf out;
		struct sml_data data;
		size_t size;
		buf_init(&out, 128);
		sml_frame(&out, (struct slice){bytes, n});
		assert_int_equal(sml_cut(buf_slice(&out), &size), SML_CUT_FULL);
		assert_int_equal(size, out.size);
		assert_int_equal(sml_open(buf_slice(&out), &data), ERR_OK);
		assert_int_equal(data.size, n);
		assert_memory_equal(data.bytes, bytes, n);
		buf_fini(&out);
	}
}

static void what_cannot_be_an_element_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *hex, *what;
	} cases[] = {
		{"760102", "a message that ends early"},
		{"76 01 62 00 62 00 72 63 07 01 79 01", "a list longer than what is left"},
		{"76 01 62 00 62 00 72 63 07 01 f0 f0 f0 f0 f0 01", "a length of too many bytes"},
		{"76 01 62 00 62 00 72 63 07 01 00 63 00 00 00", "an end within the contents"},
		{"77 01 62 00 62 00 72 63 07 01 01 63 00 00 00", "seven parts"},
		{"76 01 62 00 62 00 72 63 02 01 71 01 63 00 00 00", "a wrong checksum"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b;
		struct sml_message m;
		buf_init(&b, 256);
		assert_int_equal(str_unhex(cases[i].hex, strlen(cases[i].hex), &b, NULL), ERR_OK);
		struct reader r = reader_of(buf_slice(&b));
		if (sml_next(&r, SML_X25, &m) != ERR_PROTO) {
			fail_msg("%s is taken", cases[i].what);
		}
		buf_fini(&b);
	}
}

static void a_server_is_called_as_its_plate_says(void **state)
{
	(void)state;
	static const struct {
		const char *hex, *id, *maker;
	} cases[] = {
		/* DIN 43863-5 */
		{"0a01445a47000282225e", "1DZG0042082910", "DZG"},
		{"06454d4801001d4615ca", "06454D4801001D4615CA", "EMH"},
		{"31303031313835", "31303031313835", ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b;
		char id[SML_ID_CAP], maker[4];
		buf_init(&b, 64);
		assert_int_equal(str_unhex(cases[i].hex, strlen(cases[i].hex), &b, NULL), ERR_OK);
		sml_id_text(buf_slice(&b), id, maker);
		assert_string_equal(id, cases[i].id);
		assert_string_equal(maker, cases[i].maker);
		buf_fini(&b);
	}
}

/* ---- the driver ---- */

/* What it says of the power, by its parameters. */
static enum err say(
	const char *params, struct slice frame, double *ret_power, uint16_t *ret_quality)
{
	const struct driver *driver = driver_find("sml");
	struct line line;
	struct meter meter;
	struct talk *t;
	struct sample_list list;
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	(void)STR_COPY(meter.params, params);
	assert_int_equal(talk_new(driver, &line, &meter, NULL, &t, NULL), ERR_OK);
	sample_list_init(&list);
	enum err e = driver->hear(t, frame, &list.sink);
	for (size_t i = 0; i < list.n; i++) {
		if (strcmp(list.items[i]->key, "active_power_sum") == 0) {
			*ret_power = list.items[i]->sample.value;
			*ret_quality = list.items[i]->sample.quality;
		}
	}
	assert_true(!e || list.n == 0);
	sample_list_fini(&list);
	talk_free(t);
	return e;
}

static void a_power_without_room_for_its_sign_is_in_doubt(void **state)
{
	(void)state;
	uint8_t frame[256];
	double power = 0;
	uint16_t quality = 0;
	NEED_VECTORS(vector_path("sml"));
	assert_int_equal(take("DZG_DVS-7412.2_jmberg.bin", frame, sizeof(frame)), 256);
	assert_int_equal(say("", SLICE(frame), &power, &quality), ERR_OK);
	assert_true(power == -299.12);
	assert_int_equal(quality_class(quality), QUALITY_SUSPECT);
	/* what the meter showed, says who published the dump */
	assert_int_equal(say("unsigned_power=yes", SLICE(frame), &power, &quality), ERR_OK);
	assert_true(power == 356.24);
	assert_int_equal(quality_class(quality), QUALITY_MEASURED);
}

static void a_telegram_of_another_meter_is_foreign(void **state)
{
	(void)state;
	uint8_t frame[256];
	double power;
	uint16_t quality;
	NEED_VECTORS(vector_path("sml"));
	assert_int_equal(take("DZG_DVS-7412.2_jmberg.bin", frame, sizeof(frame)), 256);
	assert_int_equal(say("serial=1DZG0042082910", SLICE(frame), &power, &quality), ERR_OK);
	assert_int_equal(say("serial=1DZG0042082911", SLICE(frame), &power, &quality), ERR_FOREIGN);
}

static void the_other_checksum_is_taken_when_it_is_asked_for(void **state)
{
	(void)state;
	uint8_t frame[256];
	double power;
	uint16_t quality;
	NEED_VECTORS(vector_path("sml"));
	assert_int_equal(take("DZG_DVS-7412.2_jmberg.bin", frame, sizeof(frame)), 256);
	uint16_t sum = crc16_kermit((struct slice){frame, 254});
	frame[254] = (uint8_t)sum;
	frame[255] = (uint8_t)(sum >> 8);
	assert_int_equal(say("", SLICE(frame), &power, &quality), ERR_PROTO);
	assert_int_equal(say("checksum=kermit", SLICE(frame), &power, &quality), ERR_OK);
	assert_int_equal(say("checksum=crc", SLICE(frame), &power, &quality), ERR_INVAL);
	frame[254] ^= 1;
	assert_int_equal(say("checksum=kermit", SLICE(frame), &power, &quality), ERR_PROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_dump_gives_what_stands_beside_it),
		cmocka_unit_test(a_frame_with_any_bit_turned_is_none),
		cmocka_unit_test(a_frame_behind_one_that_was_cut_off_is_found),
		cmocka_unit_test(what_was_framed_is_opened),
		cmocka_unit_test(what_cannot_be_an_element_is_refused),
		cmocka_unit_test(a_server_is_called_as_its_plate_says),
		cmocka_unit_test(a_power_without_room_for_its_sign_is_in_doubt),
		cmocka_unit_test(a_telegram_of_another_meter_is_foreign),
		cmocka_unit_test(the_other_checksum_is_taken_when_it_is_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
