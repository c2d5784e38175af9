/*
 * Frames of real meters decode to what libmbus says about them.
 *
 * The expectation is the XML beside each frame (vectors/mbus, BSD-3-Clause): .norm.xml for values
 * in SI units, .xml for plain-text units and texts. Where it and EN 13757-3 disagree, the record
 * stands in `disagreements` with the reason, and what it must be instead.
 */
#include "base/str.h"
#include "proto/mbus.h"
#include "test.h"

#include <dirent.h>
#include <math.h>
#include <string.h>

#define FILE_MAX  100000
#define FIELD_MAX 256

/* What a record must be where the XML is not followed; `text` NULL: an invalid value. */
static const struct {
	const char *file;
	int record;
	const char *text;
	const char *reason;
} disagreements[] = {
	{"abb_f95.hex", 2, NULL, "BCD digits D, E, B are error codes, not numbers"},
	{"abb_f95.hex", 3, NULL, "BCD digits D, E, B are error codes, not numbers"},
	{"ELS_Elster-F96-Plus.hex", 4, NULL, "BCD digits D, E, B are error codes, not numbers"},
	{"ELS_Elster-F96-Plus.hex", 5, NULL, "BCD digits D, E, B are error codes, not numbers"},
	{"landis+gyr_ultraheat_t230.hex", 19, NULL,
		"VIFE 6F makes the data a date and time, and 00000000 has no month"},
	{"landis+gyr_ultraheat_t230.hex", 20, NULL,
		"VIFE 6F makes the data a date and time, and 00000000 has no month"},
	{"landis+gyr_ultraheat_t230.hex", 21, "2011-08-26T20:50:00",
		"VIFE 6F makes the data a date and time, not a number of degrees"},
	{"landis+gyr_ultraheat_t230.hex", 22, "2011-08-09T11:43:00",
		"VIFE 6F makes the data a date and time, not a number of degrees"},
	{"landis+gyr_ultraheat_t230.hex", 32, "*-01-01T00:00:00",
		"year 127 is every year, not 2027"},
	{"REL-Relay-Padpuls2.hex", 1, NULL,
		"the meter marks this time invalid; there is no day 1900-01-00"},
	{"siemens_water.hex", 3, NULL, "there is no month 0 and no day 0 of it"},
	{"siemens_wfh21.hex", 3, NULL, "there is no month 0 and no day 0 of it"},
};

static const char *const functions[] = {
	"Instantaneous value", "Maximum value", "Minimum value", "Value during error state"};

static size_t read_file(const char *path, char *to)
{
	FILE *f = fopen(path, "rb");
	if (!f) {
		return 0;
	}
	size_t n = fread(to, 1, FILE_MAX - 1, f);
	(void)fclose(f);
	to[n] = 0;
	return n;
}

static void unescape(char *s)
{
	static const struct {
		const char *from;
		char to;
	} entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}};
	char *to = s;
	while (*s) {
		size_t n = 0;
		for (size_t i = 0; i < 4 && !n; i++) {
			if (strncmp(s, entities[i].from, strlen(entities[i].from)) == 0) {
				n = strlen(entities[i].from);
				*to++ = entities[i].to;
			}
		}
		if (!n) {
			*to++ = *s;
			n = 1;
		}
		s += n;
	}
	*to = 0;
}

/* Contents of the first <tag> between `from` and `till`; false where there is none. */
static bool xml_field(const char *from, const char *till, const char *tag, char out[FIELD_MAX])
{
	char open[40];
	(void)snprintf(open, sizeof(open), "<%s>", tag);
	const char *a = strstr(from, open);
	out[0] = 0;
	if (!a || a >= till) {
		return false;
	}
	a += strlen(open);
	const char *b = strstr(a, "</");
	size_t n = b ? (size_t)(b - a) : 0;
	n = n < FIELD_MAX ? n : FIELD_MAX - 1;
	memcpy(out, a, n);
	out[n] = 0;
	unescape(out);
	return true;
}

static const char *xml_record(const char *xml, int index, const char **ret_till)
{
	char tag[40];
	(void)snprintf(tag, sizeof(tag), "<DataRecord id=\"%d\">", index);
	const char *a = strstr(xml, tag);
	*ret_till = a ? strstr(a, "</DataRecord>") : NULL;
	return a;
}

static uint64_t xml_number(const char *from, const char *till, const char *tag)
{
	char text[FIELD_MAX];
	return xml_field(from, till, tag, text) ? strtoull(text, NULL, 10) : 0;
}

static bool unit_of_xml(const char *name, enum unit *ret)
{
	static const struct {
		const char *name;
		enum unit unit;
	} units[] = {{"Wh", UNIT_WH}, {"J", UNIT_J}, {"m^3", UNIT_M3}, {"W", UNIT_W},
		{"m^3/h", UNIT_M3_H}, {"s", UNIT_S}, {"K", UNIT_K}, {"A", UNIT_A}, {"V", UNIT_V},
		{"kWh", UNIT_KWH}, {"l", UNIT_L}, {"Units for H.C.A.", UNIT_HCA}, {"-", UNIT_NONE},
		{"", UNIT_NONE}};
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(units[i].name, name) == 0) {
			*ret = units[i].unit;
			return true;
		}
	}
	*ret = UNIT_DEGC; /* in whatever encoding */
	return strlen(name) <= 3 && name[strlen(name) - 1] == 'C';
}

struct one {
	const char *file;
	int index;
	const struct mbus_record *r;
	const char *xml, *xml_till; /* the record in .norm.xml */
	const char *raw, *raw_till; /* and in .xml */
};

static int complain(const struct one *o, const char *what, const char *want)
{
	char v[STR_DOUBLE_CAP];
	(void)printf("%s record %d: %s: expected '%s', decoded %s %s '%s'\n", o->file, o->index,
		what, want, str_double(v, o->r->value), o->r->unit_text, o->r->text);
	return 1;
}

static int check_number(const struct one *o, const char *value)
{
	char unit_name[FIELD_MAX], *end;
	enum unit unit;
	double want = strtod(value, &end), have = o->r->value;
	(void)xml_field(o->xml, o->xml_till, "Unit", unit_name);
	if (*end || !unit_of_xml(unit_name, &unit)) {
		return complain(o, "value", value);
	}
	if (unit != UNIT_NONE && unit_convert(have, o->r->unit, unit, &have)) {
		return complain(o, "unit", unit_name);
	}
	/* six decimals in the file; a float has 24 bits */
	double tolerance = 6e-7 + (o->r->decimals < 0 ? 1.2e-7 : 1e-12) * fabs(want);
	return fabs(have - want) <= tolerance ? 0 : complain(o, "value", value);
}

static int check_bytes(const struct one *o, const char *value)
{
	struct buf b;
	int bad = 0;
	buf_init(&b, 1000);
	struct slice data = o->r->data;
	if (o->r->dif == MBUS_DIF_MAKER || o->r->dif == MBUS_DIF_MORE) {
		str_hex(&b, data, ' ');
	} else {
		for (size_t i = data.size; i-- > 0;) {
			buf_printf(&b, "%02X%s", data.data[i], i ? " " : "");
		}
	}
	if (strcmp(buf_cstr(&b), value) != 0) {
		bad = complain(o, "bytes", value);
	}
	buf_fini(&b);
	return bad;
}

static int check_value(const struct one *o)
{
	char value[FIELD_MAX];
	(void)xml_field(o->xml, o->xml_till, "Value", value);
	size_t n = strlen(value);
	switch (o->r->type) {
	case MBUS_TYPE_NUMBER: return check_number(o, value);
	case MBUS_TYPE_BYTES: return check_bytes(o, value);
	case MBUS_TYPE_TIME:
		if (n && value[n - 1] == 'Z') {
			value[n - 1] = 0;
		}
		return strcmp(value, o->r->text) == 0 ? 0 : complain(o, "time", value);
	default: return strcmp(value, o->r->text) == 0 ? 0 : complain(o, "text", value);
	}
}

static int check_plain_unit(const struct one *o)
{
	char unit[FIELD_MAX];
	if ((o->r->vib[0] & 0x7f) != 0x7c || !o->raw) {
		return 0;
	}
	(void)xml_field(o->raw, o->raw_till, "Unit", unit);
	const char *have = strstr(unit, "%RH") ? "%RH" : unit;
	const char *want = o->r->unit == UNIT_PERCENT ? "%RH" : o->r->unit_text;
	return strcmp(have, want) == 0 ? 0 : complain(o, "plain-text unit", unit);
}

static int check_record(const struct one *o)
{
	char function[FIELD_MAX];
	int bad = 0;
	for (size_t i = 0; i < sizeof(disagreements) / sizeof(disagreements[0]); i++) {
		if (strcmp(disagreements[i].file, o->file) == 0 &&
			disagreements[i].record == o->index) {
			const char *text = disagreements[i].text;
			bool is_right = text ? strcmp(o->r->text, text) == 0 :
					       o->r->type == MBUS_TYPE_INVALID &&
							isnan(o->r->value);
			return is_right ? 0 :
					  complain(o, "where the XML is wrong",
						  text ? text : "invalid");
		}
	}
	(void)xml_field(o->xml, o->xml_till, "Function", function);
	if (o->r->dif == MBUS_DIF_MAKER || o->r->dif == MBUS_DIF_MORE) {
		bool is_more = strcmp(function, "More records follow") == 0;
		bad += is_more != (o->r->dif == MBUS_DIF_MORE) ? complain(o, "function", function) :
								 0;
		return bad + check_value(o);
	}
	if (o->r->vib_size && strcmp(function, functions[o->r->slot.function]) != 0) {
		bad += complain(o, "function", function);
	}
	if (o->r->slot.storage != xml_number(o->xml, o->xml_till, "StorageNumber") ||
		o->r->slot.tariff != xml_number(o->xml, o->xml_till, "Tariff") ||
		o->r->slot.subunit != xml_number(o->xml, o->xml_till, "Device")) {
		bad += complain(o, "storage, tariff or subunit", "");
	}
	return bad + check_plain_unit(o) + check_value(o);
}

static int check_header(const char *file, const struct mbus_message *m, const char *xml)
{
	char id[FIELD_MAX], text[FIELD_MAX], manufacturer[FIELD_MAX];
	const char *till = strstr(xml, "</SlaveInformation>");
	const struct mbus_header *h = &m->header;
	(void)xml_field(xml, till, "Id", id);
	(void)xml_field(xml, till, "Status", text);
	(void)xml_field(xml, till, "Manufacturer", manufacturer);
	const char *have = h->id + strspn(h->id, "0");
	bool is_right = strcmp(*have ? have : "0", id) == 0 &&
			strtoul(text, NULL, 16) == h->status &&
			xml_number(xml, till, "AccessNumber") == h->access;
	if (m->body == MBUS_BODY_RECORDS) {
		is_right = is_right && strcmp(manufacturer, h->manufacturer) == 0 &&
			   xml_number(xml, till, "Version") == h->version;
	}
	if (!is_right) {
		(void)printf("%s: header: id %s %s access %u status %02X\n", file, h->id,
			h->manufacturer, h->access, h->status);
	}
	return is_right ? 0 : 1;
}

static size_t read_frame(const char *path, struct buf *bytes)
{
	static char text[FILE_MAX];
	size_t n = read_file(path, text);
	buf_clear(bytes);
	return str_unhex(text, n, bytes, NULL) ? 0 : bytes->size;
}

/* One frame against its XML; adds to the counts. */
static void check_file(const char *dir, const char *name, int *records, int *bad)
{
	static char norm[FILE_MAX], raw[FILE_MAX];
	char path[2048];
	struct buf bytes;
	struct mbus_frame frame;
	struct mbus_message m;
	struct mbus_record r;
	buf_init(&bytes, 1000);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_true(read_frame(path, &bytes) > 0);
	(void)snprintf(path, sizeof(path), "%s/%.*s.norm.xml", dir, (int)(strlen(name) - 4), name);
	assert_true(read_file(path, norm) > 0);
	(void)snprintf(path, sizeof(path), "%s/%.*s.xml", dir, (int)(strlen(name) - 4), name);
	bool has_raw = read_file(path, raw) > 0;
	assert_int_equal(mbus_frame_decode(buf_slice(&bytes), &frame, NULL), ERR_OK);
	assert_int_equal(mbus_message_decode(&frame, &m, NULL), ERR_OK);
	*bad += check_header(name, &m, norm);
	struct mbus_cursor cur = mbus_records(&m);
	int index = 0;
	enum err e;
	for (; !(e = mbus_next(&cur, &r, NULL)); index++) {
		struct one o = {.file = name, .index = index, .r = &r};
		o.xml = xml_record(norm, index, &o.xml_till);
		o.raw = has_raw ? xml_record(raw, index, &o.raw_till) : NULL;
		*bad += o.xml ? check_record(&o) : complain(&o, "record", "nothing");
	}
	assert_int_equal(e, ERR_NODATA);
	const char *till;
	assert_null(xml_record(norm, index, &till));
	*records += index;
	buf_fini(&bytes);
}

static bool is_hex(const struct dirent *d)
{
	size_t n = strlen(d->d_name);
	return n > 4 && strcmp(d->d_name + n - 4, ".hex") == 0;
}

static void frames_of_meters_decode_to_their_xml(void **state)
{
	(void)state;
	char dir[1024];
	const char *path = vector_path("mbus/test-frames");
	NEED_VECTORS(path);
	(void)STR_COPY(dir, path);
	int files = 0, records = 0, bad = 0;
	DIR *d = opendir(dir);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (is_hex(e)) {
			check_file(dir, e->d_name, &records, &bad);
			files++;
		}
	}
	(void)closedir(d);
	(void)printf("%d frames, %d records, %d disagreements not listed\n", files, records, bad);
	assert_true(files >= 40 && records >= 500);
	assert_int_equal(bad, 0);
}

/* Decode everything; ERR_OK only when frame, message and all records are whole. */
static enum err decode_all(struct slice bytes, struct mbus_message *m, struct diag *diag)
{
	struct mbus_frame frame;
	struct mbus_record r;
	enum err e = mbus_frame_decode(bytes, &frame, diag);
	e = e ? e : mbus_message_decode(&frame, m, diag);
	if (e) {
		return e;
	}
	struct mbus_cursor cur = mbus_records(m);
	while (!(e = mbus_next(&cur, &r, diag))) {
	}
	return e == ERR_NODATA ? ERR_OK : e;
}

static void error_frames_are_refused_or_reported(void **state)
{
	(void)state;
	char dir[1024], path[2048], xml[FILE_MAX], want[FIELD_MAX];
	const char *root = vector_path("mbus/error-frames");
	NEED_VECTORS(root);
	(void)STR_COPY(dir, root);
	struct buf bytes;
	int reported = 0, refused = 0;
	buf_init(&bytes, 1000);
	DIR *d = opendir(dir);
	assert_non_null(d);
	for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
		struct mbus_message m;
		struct diag diag = {0};
		if (!is_hex(entry)) {
			continue;
		}
		(void)snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		assert_true(read_frame(path, &bytes) > 0);
		enum err e = decode_all(buf_slice(&bytes), &m, &diag);
		if (!e) {
			assert_int_equal(m.body, MBUS_BODY_ERROR);
			(void)snprintf(path + strlen(path) - 4, 8, ".xml");
			assert_true(read_file(path, xml) > 0);
			assert_true(xml_field(xml, xml + strlen(xml), "Error", want));
			assert_int_equal(strcasecmp(want, mbus_error_name(m.code)), 0);
			reported++;
		} else {
			assert_int_equal(e, ERR_PROTO);
			assert_non_null(strstr(diag.text, "byte "));
			assert_true(diag.offset > 0 && diag.offset <= bytes.size);
			refused++;
		}
	}
	(void)closedir(d);
	buf_fini(&bytes);
	assert_true(reported >= 6 && refused >= 6);
}

static void unsupported_frames_are_refused_except_the_masters(void **state)
{
	(void)state;
	struct buf bytes;
	struct mbus_message m;
	NEED_VECTORS(vector_path("mbus/unsupported-frames/invalid_length.hex"));
	buf_init(&bytes, 1000);
	assert_true(
		read_frame(vector_path("mbus/unsupported-frames/invalid_length.hex"), &bytes) > 0);
	assert_int_equal(decode_all(buf_slice(&bytes), &m, NULL), ERR_PROTO);
	assert_true(
		read_frame(vector_path("mbus/unsupported-frames/invalid_length2.hex"), &bytes) > 0);
	assert_int_equal(decode_all(buf_slice(&bytes), &m, NULL), ERR_PROTO);
	assert_true(
		read_frame(vector_path("mbus/unsupported-frames/manual_frame6.hex"), &bytes) > 0);
	assert_int_equal(decode_all(buf_slice(&bytes), &m, NULL), ERR_OK);
	assert_true(m.is_request);
	buf_fini(&bytes);
}

/* No frame comes out of a part of a frame, nor out of one with a flipped bit. */
static void check_damage(struct slice whole)
{
	uint8_t bytes[MBUS_FRAME_MAX];
	struct mbus_message m;
	size_t size;
	for (size_t n = 0; n < whole.size; n++) {
		/* malloc'ed to the byte, so that a sanitizer sees a read behind the end */
		uint8_t *part = malloc(n ? n : 1);
		assert_non_null(part);
		memcpy(part, whole.data, n);
		assert_int_equal(decode_all((struct slice){part, n}, &m, NULL), ERR_PROTO);
		assert_int_equal(
			mbus_cut((struct slice){part, n}, MBUS_CUT_REPLY, &size), MBUS_CUT_MORE);
		assert_true(size > n && size <= whole.size);
		free(part);
	}
	assert_int_equal(mbus_cut(whole, MBUS_CUT_REPLY, &size), MBUS_CUT_FULL);
	assert_int_equal(size, whole.size);
	for (size_t bit = 0; bit < 8 * whole.size; bit++) {
		memcpy(bytes, whole.data, whole.size);
		bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		struct slice flipped = {bytes, whole.size};
		assert_int_equal(decode_all(flipped, &m, NULL), ERR_PROTO);
		assert_int_not_equal(mbus_cut(flipped, MBUS_CUT_REPLY, &size), MBUS_CUT_FULL);
	}
}

static void a_cut_or_flipped_frame_is_never_taken(void **state)
{
	(void)state;
	static const char *const folders[] = {"mbus/test-frames", "mbus/error-frames"};
	char dir[1024], path[2048];
	struct buf bytes;
	buf_init(&bytes, 1000);
	for (size_t i = 0; i < 2; i++) {
		const char *root = vector_path(folders[i]);
		NEED_VECTORS(root);
		(void)STR_COPY(dir, root);
		DIR *d = opendir(dir);
		assert_non_null(d);
		for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
			if (is_hex(entry)) {
				(void)snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
				assert_true(read_frame(path, &bytes) > 0);
				check_damage(buf_slice(&bytes));
			}
		}
		(void)closedir(d);
	}
	buf_fini(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_meters_decode_to_their_xml),
		cmocka_unit_test(error_frames_are_refused_or_reported),
		cmocka_unit_test(unsupported_frames_are_refused_except_the_masters),
		cmocka_unit_test(a_cut_or_flipped_frame_is_never_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
