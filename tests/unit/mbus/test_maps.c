/*
 * The maps of meters/mbus/: each is read, is chosen by the header of a reply, and says of a record what the
 * frames of real meters show. Frames whole: the recordings mbus_*.rec.
 */
#include "base/str.h"
#include "drivers/mbus_driver.h"
#include "model/abnormal.h"
#include "poll/mbus_map.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "sim/ask.h"
#include "sim/device.h"
#include "test.h"

#include <dirent.h>
#include <math.h>
#include <string.h>

static void every_file_is_a_map(void **state)
{
	char path[1024];
	const char *source = getenv("DOMOVOI_SOURCE");
	size_t files = 0, n = 0;
	(void)state;
	(void)snprintf(path, sizeof(path), "%s/meters/mbus", source ? source : ".");
	DIR *d = opendir(path);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));) {
		files += strstr(e->d_name, ".yaml") != NULL;
	}
	(void)closedir(d);
	for (const struct mbus_map *m; (m = mbus_map_at(n)); n++) {
		assert_ptr_equal(mbus_map_named(m->name), m);
		assert_true(m->sources_count > 0);
		assert_true(m->telegrams || m->status || m->is_error_no_value || m->due ||
			    m->logs_from || m->flags_count || m->records_count);
	}
	assert_true(files > 0);
	assert_int_equal(n, files);
}

static void a_map_is_chosen_by_maker_version_and_medium(void **state)
{
	static const struct {
		const char *maker;
		int version, medium;
		const char *name;
	} cases[] = {{"LUG", 7, 4, "ultraheat"}, {"LUG", 2, 4, "ultraheat"},
		{"EFE", 1, 4, "engelmann"}, {"EFE", 0, 6, "engelmann_waterstar"},
		{"EFE", 1, 6, NULL}, {"ZRM", 129, 4, "zenner_minocal"}, {"ZRM", 128, 4, NULL},
		{"ACW", 11, 12, "itron_cf"}, {"ACW", 20, 7, NULL}, {"KAM", 8, 4, NULL},
		{"ATS", 1, 4, NULL}, {"", 0, 0, NULL}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct mbus_map *m = mbus_map_find(
			cases[i].maker, cases[i].version, cases[i].medium);
		assert_int_equal(m != NULL, cases[i].name != NULL);
		if (m) {
			assert_string_equal(m->name, cases[i].name);
		}
	}
}

static struct talk *talk_with(const char *params, struct diag *diag)
{
	struct line line = {.is_enabled = true};
	struct meter meter = {0};
	struct talk *t = NULL;
	(void)STR_COPY(meter.params, params);
	(void)talk_new(driver_find("mbus"), &line, &meter, NULL, &t, diag);
	return t;
}

static void the_operator_may_name_another_map_or_none(void **state)
{
	struct diag diag = {0};
	struct talk *t = talk_with("address=1", &diag);
	(void)state;
	assert_non_null(t);
	assert_ptr_equal(talk_quirks(t, "LUG", 7, 4), mbus_map_named("ultraheat"));
	talk_free(t);
	t = talk_with("address=1 quirks=none", &diag);
	assert_non_null(t);
	assert_null(talk_quirks(t, "LUG", 7, 4));
	talk_free(t);
	t = talk_with("address=1 quirks=ultraheat", &diag);
	assert_non_null(t);
	assert_ptr_equal(talk_quirks(t, "XYZ", 0, 0), mbus_map_named("ultraheat"));
	talk_free(t);
	assert_null(talk_with("address=1 quirks=nobody", &diag));
	assert_non_null(strstr(diag.text, "quirks"));
}

static void a_wrong_file_is_refused_with_its_line(void **state)
{
	static const char head[] = "name: x\ntitle: X\nmaker: ABC\nconfidence: C\nsources: [s]\n";
	static const struct {
		const char *text, *word;
		size_t line;
	} cases[] = {{"telegram: 1\n", "telegram", 6}, {"status: 256\n", "status", 6},
		{"records:\n  - {quantity: volume}\n", "vib or of", 7},
		{"records:\n  - {vib: 7F, quantity: volume}\n", "vib", 7},
		{"records:\n  - {vib: 7, quantity: volume}\n", "vib", 7},
		{"flags:\n  - {bits: 1, situation: fire}\n", "fire", 7},
		{"due: {storage: 1}\n", "dates", 6}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[400];
		struct mbus_map *m = NULL;
		struct diag diag = {0};
		int n = snprintf(text, sizeof(text), "%s%s", head, cases[i].text);
		enum err e = mbus_map_parse(
			"x", (struct slice){(const uint8_t *)text, (size_t)n}, &m, &diag);
		assert_int_equal(e, ERR_PARSE);
		if (diag.offset != cases[i].line) {
			fail_msg("%s: line %zu: %s", cases[i].text, diag.offset, diag.text);
		}
	}
}

/* ---- what maps make of records ---- */

/* The only record of a reply with these data. */
static bool sample_of(const struct mbus_map *map, struct slice record, struct sample *ret,
	char key[static REGISTER_KEY_CAP])
{
	static struct mbus_out out;
	static struct mbus_frame f;
	static struct mbus_message m;
	static struct mbus_record r;
	struct mbus_keys keys = {.n = 0};
	const struct mbus_header h = {.id = "12345678", .version = 0x41, .medium = 4};
	mbus_begin(&out, MBUS_RSP_UD, 1, MBUS_CI_VARIABLE);
	mbus_put_header(&out, &h);
	mbus_put(&out, record.data, record.size);
	assert_int_equal(mbus_frame_decode(mbus_end(&out), &f, NULL), ERR_OK);
	assert_int_equal(mbus_message_decode(&f, &m, NULL), ERR_OK);
	struct mbus_cursor cur = mbus_records(&m);
	assert_int_equal(mbus_next(&cur, &r, NULL), ERR_OK);
	return mbus_sample_of(&r, &m.header, map, &keys, key, ret);
}

static void the_error_word_of_an_apator_elf_is_read(void **state)
{
	static const uint8_t record[] = {0x04, 0x7f, 0x00, 0x00, 0x00, 0x02};
	char key[REGISTER_KEY_CAP];
	struct sample x;
	(void)state;
	assert_false(sample_of(NULL, SLICE(record), &x, key));
	assert_true(sample_of(mbus_map_named("apator_elf"), SLICE(record), &x, key));
	assert_string_equal(key, "error_code");
	assert_int_equal(x.quantity, QUANTITY_ERROR_CODE);
	assert_true(x.value == 0x02000000);
}

static void the_cooling_of_a_sharky_is_no_heat(void **state)
{
	static const uint8_t cooling[] = {0x8c, 0x10, 0x06, 0x78, 0x56, 0x34, 0x00};
	static const uint8_t heat[] = {0x0c, 0x06, 0x74, 0x24, 0x00, 0x00};
	char key[REGISTER_KEY_CAP];
	struct sample x;
	(void)state;
	assert_true(sample_of(mbus_map_named("sharky_774"), SLICE(cooling), &x, key));
	assert_string_equal(key, "cooling_energy.t1");
	assert_int_equal(x.quantity, QUANTITY_COOLING_ENERGY);
	assert_true(x.value == 345678);
	assert_true(sample_of(mbus_map_named("sharky_774"), SLICE(heat), &x, key));
	assert_string_equal(key, "heat_energy");
	assert_true(sample_of(NULL, SLICE(cooling), &x, key));
	assert_string_equal(key, "heat_energy.t1");
}

static void nines_of_the_error_state_are_no_temperature(void **state)
{
	static const uint8_t nines[] = {0x3a, 0x5a, 0x99, 0x99};
	char key[REGISTER_KEY_CAP];
	struct sample x;
	(void)state;
	assert_true(sample_of(mbus_map_named("itron_cf"), SLICE(nines), &x, key));
	assert_string_equal(key, "temperature_supply");
	assert_true(isnan(x.value));
	assert_int_equal(quality_class(x.quality), QUALITY_MISSING);
}

static void error_flags_of_an_engelmann_are_situations(void **state)
{
	const struct mbus_map *m = mbus_map_named("engelmann");
	(void)state;
	assert_int_equal(mbus_map_situations(m, 0x00), 0);
	assert_int_equal(mbus_map_situations(m, 0x02), ABNORMAL_FAILURE);
	assert_int_equal(mbus_map_situations(m, 0x10), ABNORMAL_FAILURE);
	assert_int_equal(mbus_map_situations(m, 0xc0), 0); /* was reset, battery low */
	assert_int_equal(mbus_map_situations(NULL, 0xff), 0);
}

/* An Ultraheat whose clock says 2012-06-07, with readings of a set day: a reply to every readout. */
static struct slice set_day;

static bool answer_set_day(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	static const uint8_t energies[] = {0x0c, 0x06, 0x69, 0x99, 0x01, 0x00, /* 19969 kWh */
		0x4c, 0x06, 0x00, 0x90, 0x01, 0x00,                            /* 19000 kWh */
		0x04, 0x6d, 0x26, 0x00, 0x87, 0x16};
	struct mbus_out out;
	const struct mbus_header h = {.id = "66660205", .maker = 0x32a7, .version = 7, .medium = 4};
	(void)d;
	(void)now_us;
	if (request.size < 2 || (request.data[1] & 0x4f) != 0x4b) { /* no REQ_UD2 */
		buf_u8(reply, 0xe5);
		return true;
	}
	mbus_begin(&out, MBUS_RSP_UD, 1, MBUS_CI_VARIABLE);
	mbus_put_header(&out, &h);
	mbus_put(&out, energies, sizeof(energies));
	mbus_put(&out, set_day.data, set_day.size);
	struct slice frame = mbus_end(&out);
	buf_put(reply, frame.data, frame.size);
	return true;
}

static void a_set_day_with_a_year_is_of_that_year(void **state)
{
	static const uint8_t without[] = {0x42, 0x6c, 0x01, 0x01}; /* as two meters send it */
	static const uint8_t of_2010[] = {0x42, 0x6c, 0x41, 0x11};
	const struct span all = {1230768000, 1339027200}; /* 2009-01-01 .. 2012-06-07 */
	struct sim_protocol script = {
		.name = sim_mbus.name, .frame = sim_mbus.frame, .answer = answer_set_day};
	struct sim_device d = {.protocol = &script, .address = 1};
	(void)state;
	for (int has_year = 0; has_year < 2; has_year++) {
		struct diag diag = {0};
		struct sample_list got;
		set_day = (struct slice){has_year ? of_2010 : without, sizeof(without)};
		struct talk *t = talk_with("address=1", &diag);
		struct link *l = sim_link_new(&d, 1339027200 * INT64_C(1000000));
		assert_non_null(t);
		assert_non_null(l);
		talk_attach(t, l, NULL);
		assert_int_equal(talk_begin(t, 1339027200), ERR_OK);
		sample_list_init(&got);
		assert_int_equal(
			driver_find("mbus")->read_archive(t, PERIOD_MONTH, all, &got.sink), ERR_OK);
		assert_int_equal(got.n, 1);
		assert_true(got.items[0]->sample.value == 19000);
		/* 2010-01-01, or the last 1 January */
		assert_int_equal(got.items[0]->sample.utc, has_year ? 1262304000 : 1325376000);
		sample_list_fini(&got);
		talk_free(t);
		link_close(l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_is_a_map),
		cmocka_unit_test(a_map_is_chosen_by_maker_version_and_medium),
		cmocka_unit_test(the_operator_may_name_another_map_or_none),
		cmocka_unit_test(a_wrong_file_is_refused_with_its_line),
		cmocka_unit_test(the_error_word_of_an_apator_elf_is_read),
		cmocka_unit_test(the_cooling_of_a_sharky_is_no_heat),
		cmocka_unit_test(nines_of_the_error_state_are_no_temperature),
		cmocka_unit_test(a_set_day_with_a_year_is_of_that_year),
		cmocka_unit_test(error_flags_of_an_engelmann_are_situations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
