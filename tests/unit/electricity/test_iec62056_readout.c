/*
 * Readouts of IEC 62056-21: files of vectors/iec62056 told by a meter of mode B or C come out of driver
 * iec62056_21 as the numbers the texts themselves say.
 *
 * The files came without STX and check: both are added here. Two have a letter in the middle of a number,
 * which is no value then.
 */
#include "twin.h"

#include "poll/sample_list.h"
#include "proto/iec62056.h"

#include <dirent.h>
#include <math.h>
#include <sys/wait.h>

static const struct driver *iec(void)
{
	return driver_find("iec62056_21");
}

static struct frame_verdict frame(struct slice so_far)
{
	struct frame_verdict v = {FRAME_MORE, 0};
	enum iec_cut c = iec_cut_request(so_far, &v.size);
	v.state = c == IEC_CUT_MORE ? FRAME_MORE : c == IEC_CUT_FULL ? FRAME_FULL : FRAME_JUNK;
	return v;
}

static char readout[IEC_MAX];
static char readout_ident[64];

/* A file of vectors/iec62056 as the meter would send it in mode C. */
static bool readout_load(const char *folder, const char *name)
{
	static char raw[IEC_MAX];
	char path[256];
	(void)snprintf(path, sizeof(path), "iec62056/%s/%s", folder, name);
	FILE *f = fopen(vector_path(path), "rb");
	assert_non_null(f);
	size_t n = fread(raw, 1, sizeof(raw) - 1, f), at = 0;
	(void)fclose(f);
	raw[n] = 0;
	char *line = strchr(raw, '\n');
	assert_non_null(line);
	*line++ = 0;
	raw[strcspn(raw, "\r")] = 0;
	(void)STR_COPY(readout_ident, raw + 1);
	char *octal = strchr(
		readout_ident, 2); /* who wrote the file took "\\2" for one character */
	if (octal) {
		(void)snprintf(octal, 3, "\\2");
	}
	char *end = strrchr(line, '!');
	assert_non_null(end);
	for (const char *p = line; p < end; p++) {
		if (*p == '\n' && (at == 0 || readout[at - 1] != '\r')) {
			readout[at++] = '\r';
		}
		readout[at++] = *p;
	}
	(void)snprintf(readout + at, sizeof(readout) - at, "!\r\n");
	return true;
}

static bool answer_readout(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	(void)d;
	(void)now_us;
	if (request.data[0] == '/') {
		buf_printf(reply, "/%s\r\n", readout_ident);
		if (readout_ident[3] >= 'A') { /* mode B: the data follow */
			iec_reply(IEC_BCC_XOR, readout, false, reply);
		}
		return true;
	}
	if (request.data[0] == IEC_ACK) {
		iec_reply(IEC_BCC_XOR, readout, false, reply);
		return true;
	}
	return false;
}

static const struct sim_protocol reads_out = {
	.name = "iec62056_21", .frame = frame, .answer = answer_readout};

struct bench {
	struct sim_device device;
	struct talk *talk;
	struct link *link;
	struct sample_list got;
};

static void lay(struct bench *b, const char *params)
{
	struct diag diag = {0};
	struct line line;
	struct meter meter;
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	*b = (struct bench){.device = {.protocol = &reads_out}};
	(void)STR_COPY(meter.params, params);
	if (talk_new(iec(), &line, &meter, NULL, &b->talk, &diag)) {
		fail_msg("%s", diag.text);
	}
	b->link = sim_link_new(&b->device, TWIN_NOW * 1000000LL);
	assert_non_null(b->link);
	talk_attach(b->talk, b->link, NULL);
	assert_int_equal(talk_begin(b->talk, TWIN_NOW), ERR_OK);
	sample_list_init(&b->got);
}

static void clear(struct bench *b)
{
	sample_list_fini(&b->got);
	talk_free(b->talk);
	b->link->ops->close(b->link);
}

static const struct sample *find(const struct bench *b, const char *key)
{
	for (size_t i = 0; i < b->got.n; i++) {
		if (strcmp(b->got.items[i]->sample.key, key) == 0) {
			return &b->got.items[i]->sample;
		}
	}
	return NULL;
}

static void must_say(const struct bench *b, int line, const char *key, double v)
{
	const struct sample *x = find(b, key);
	if (!x || !(fabs(x->value - v) < 1e-9)) {
		fail_msg("line %d: %s is %.9g, not %.9g", line, key, x ? x->value : NAN, v);
	}
}

static void lay_readout(struct bench *b, const char *folder, const char *name)
{
	assert_true(readout_load(folder, name));
	lay(b, "");
	enum err e = iec()->read_current(b->talk, &b->got.sink);
	if (e) {
		fail_msg("%s: %s %s", name, err_text(e, LANG_EN), talk_diag(b->talk)->text);
	}
}

/* The number a text has behind `id(`. */
static double said(const char *id)
{
	char start[40];
	(void)snprintf(start, sizeof(start), "\n%s(", id);
	const char *at = strstr(readout, start);
	if (!at) {
		(void)snprintf(start, sizeof(start), ")%s(", id);
		at = strstr(readout, start);
	}
	return at ? strtod(at + strlen(start), NULL) : NAN;
}

static void readouts_of_heat_meters_say_what_is_in_them(void **state)
{
	static const struct {
		const char *name;
		double energy; /* NaN: damaged on purpose, "032A.062" */
		enum unit unit;
		const char *serial;
		double volume, supply, hours;
		int64_t clock;
	} files[] = {
		{"vpathuis_ultraheat_LGUHT550_dummy_utf8.txt", 326.062, UNIT_MWH, "00073600",
			7939.56, 108.5, 88324, 1654682811},
		{"vpathuis_ultraheat_LGUHT550_dummy_error_utf8.txt", NAN, UNIT_MWH, "00073600",
			7939.56, 108.5, 88324, 1654682811},
		{"vpathuis_ultraheat_LUGCUH50_dummy_utf8.txt", 328.871, UNIT_GJ, "66153690",
			3329.67, 98.5, 107988, 1652989277},
		{"vpathuis_ultraheat_LUGCUH50_dummy_error_utf8.txt", NAN, UNIT_GJ, "66153690",
			3329.67, 98.5, 107988, 1652989277},
		{"vpathuis_ultraheat_LUGCUH50_dummy_utf8_kwh.txt", 71813, UNIT_KWH, "70376057",
			1084.58, 114.9, 32214, 1692526942},
	};
	(void)state;
	NEED_VECTORS(vector_path("iec62056/heatmeter_uh50"));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct bench b;
		struct identity who;
		int64_t utc;
		lay_readout(&b, "heatmeter_uh50", files[i].name);
		const struct sample *energy = find(&b, "heat_energy");
		assert_non_null(energy);
		if (isnan(files[i].energy)) {
			assert_true(isnan(energy->value));
			assert_int_equal(quality_class(energy->quality), QUALITY_MISSING);
		} else {
			must_say(&b, (int)i, "heat_energy", files[i].energy);
			assert_int_equal(energy->unit, files[i].unit);
		}
		must_say(&b, (int)i, "volume", files[i].volume);
		must_say(&b, (int)i, "temperature_supply.max", files[i].supply);
		must_say(&b, (int)i, "operating_time", files[i].hours);
		must_say(&b, (int)i, "error_code", 0);
		assert_int_equal(iec()->identify(b.talk, &who), ERR_OK);
		assert_string_equal(who.serial, files[i].serial);
		assert_int_equal(iec()->read_clock(b.talk, &utc), ERR_OK);
		assert_int_equal(utc, files[i].clock);
		clear(&b);
	}
}

static void readouts_of_electricity_meters_say_what_is_in_them(void **state)
{
	static const struct {
		const char *id, *key;
	} codes[] = {{"1-0:1.8.1", "active_energy.t1"}, {"1-0:1.8.2", "active_energy.t2"},
		{"1-0:2.8.1", "active_energy_export.t1"}, {"1-0:1.8.0*255", "active_energy"},
		{"1-0:1.7.0", "active_power"}, {"1-0:2.7.0", "active_power_export"},
		{"1-0:32.7.0", "voltage.l1"}, {"1-0:52.7.0", "voltage.l2"},
		{"1-0:52.7.0*255", "voltage.l2"}, {"1-0:51.7.0*255", "current.l2"},
		{"1-0:31.7.0", "current.l1"}, {"1-0:71.7.0", "current.l3"},
		{"1-0:21.7.0", "active_power.l1"}, {"1-0:41.7.0*255", "active_power.l2"},
		{"0-0:96.14.0", "tariff"}};
	(void)state;
	const char *folder = vector_path("iec62056/jonkerj");
	NEED_VECTORS(folder);
	DIR *dir = opendir(folder);
	int files = 0;
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		struct bench b;
		int known = 0;
		if (entry->d_name[0] == '.') {
			continue;
		}
		lay_readout(&b, "jonkerj", entry->d_name);
		for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
			double v = said(codes[i].id);
			if (!isnan(v)) {
				must_say(&b, (int)i, codes[i].key, v);
				known++;
			}
		}
		assert_true(known >= 4);
		clear(&b);
		files++;
	}
	(void)closedir(dir);
	assert_int_equal(files, 9);
}

static void a_readout_with_a_wrong_check_or_without_end_is_refused(void **state)
{
	static const char text[] = "1.8.0(000123.4*kWh)\r\n!\r\n";
	struct buf whole;
	size_t size;
	(void)state;
	buf_init(&whole, 200);
	iec_reply(IEC_BCC_XOR, text, false, &whole);
	assert_int_equal(iec_cut_message(IEC_BCC_XOR, buf_slice(&whole), &size), IEC_CUT_FULL);
	assert_int_equal(size, whole.size);
	for (size_t n = 0; n < whole.size; n++) {
		assert_int_equal(iec_cut_message(IEC_BCC_XOR, (struct slice){whole.data, n}, &size),
			IEC_CUT_MORE);
	}
	whole.data[whole.size - 1] ^= 0x10;
	assert_int_equal(iec_cut_message(IEC_BCC_XOR, buf_slice(&whole), &size), IEC_CUT_JUNK);
	assert_int_equal(size, 1);
	buf_fini(&whole);
}

static void the_mark_of_the_end_may_stand_behind_the_last_set(void **state)
{
	static const char *const texts[] = {"1.8.0(1)!", "1.8.0(1)\r\n!\r\n", "!1.8.0(1)\r\n"};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct iec_walk w = iec_walk_of(
			(struct slice){(const uint8_t *)texts[i], strlen(texts[i])});
		struct iec_set set;
		assert_true(iec_walk_next(&w, &set));
		assert_true(iec_equal(set.id, "1.8.0") && iec_equal(set.value, "1"));
		assert_false(iec_walk_next(&w, &set));
	}
}

/* ---- domovoi decode iec62056 ---- */

/* Its exit code; what it said is in `out`. */
static int decode(const char *path, size_t cap, char *out)
{
	char command[2048];
	const char *program = getenv("DOMOVOI");
	if (!program) {
		(void)puts("skipped: DOMOVOI does not name the program");
		skip();
	}
	(void)snprintf(command, sizeof(command), "'%s' decode iec62056 --json '%s' 2>/dev/null",
		program, path);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	out[fread(out, 1, cap - 1, f)] = 0;
	int status = pclose(f);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void decode_tells_good_readouts_from_broken_ones(void **state)
{
	static const struct {
		const char *name;
		int code;
		const char *says;
	} files[] = {
		{"heatmeter_uh50/vpathuis_ultraheat_LGUHT550_dummy_utf8.txt", 0, "326.062"},
		{"heatmeter_uh50/vpathuis_ultraheat_LUGCUH50_dummy_utf8_kwh.txt", 0, "71813"},
		{"heatmeter_uh50/vpathuis_ultraheat_LUGCUH50_dummy_error_utf8.txt", 1, "032A.871"},
		{"heatmeter_uh50/vpathuis_ultraheat_LGUHT550_dummy_error_utf8.txt", 1, "032A.062"},
		{"jonkerj/hager_ehz161wa", 0, "1.2963"},
		{"jonkerj/kaifa_ma105", 0, "1581.123"},
		{"jonkerj/landis_gir_zcf100", 0, "2.778"},
	};
	static char out[65536];
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[256];
		(void)snprintf(path, sizeof(path), "iec62056/%s", files[i].name);
		const char *at = vector_path(path);
		NEED_VECTORS(at);
		assert_int_equal(decode(at, sizeof(out), out), files[i].code);
		if (!strstr(out, files[i].says)) {
			fail_msg("%s: no %s in %s", files[i].name, files[i].says, out);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readouts_of_heat_meters_say_what_is_in_them),
		cmocka_unit_test(readouts_of_electricity_meters_say_what_is_in_them),
		cmocka_unit_test(a_readout_with_a_wrong_check_or_without_end_is_refused),
		cmocka_unit_test(the_mark_of_the_end_may_stand_behind_the_last_set),
		cmocka_unit_test(decode_tells_good_readouts_from_broken_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
