/*
 * test_unverified.c - KM-5 and ELF: they refuse to work unasked, and what they then do is what their
 * pages say
 *
 * Expectations: the worked sums of the KM-5 frame, the number that was checked by hand for the word order
 * of ELF, places of the pages typed here a second time. The KM-5 of this test and the driver share one
 * reading of one program: it shows that they are consistent, not that they are right.
 */
#include "twin.h"

#include "proto/bcd.h"
#include "proto/elf.h"
#include "proto/km5.h"

#define HOUR  TWIN_HOUR
#define DAY   TWIN_DAY
#define NOW   TWIN_NOW
#define FIRST 1735678800 /* 2025-01-01T00:00:00 in Moscow: record 1000 of the hours */

/* ---- not unasked ---- */

static void must_refuse(const char *driver, const char *params)
{
	struct line line = {.is_enabled = true};
	struct meter meter = {0};
	struct talk *t;
	struct identity id;
	struct sample_list got;
	int64_t utc;
	const struct driver *d = driver_find(driver);
	assert_non_null(d);
	assert_int_equal(d->grade, GRADE_UNVERIFIED);
	(void)STR_COPY(meter.params, params);
	assert_int_equal(talk_new(d, &line, &meter, NULL, &t, NULL), ERR_OK);
	sample_list_init(&got);
	assert_int_equal(d->identify(t, &id), ERR_DENIED);
	assert_non_null(strstr(talk_diag(t)->text, "unverified=yes"));
	assert_int_equal(d->read_clock(t, &utc), ERR_DENIED);
	assert_int_equal(d->read_current(t, &got.sink), ERR_DENIED);
	assert_int_equal(d->read_archive(t, PERIOD_HOUR, (struct span){NOW - HOUR, NOW}, &got.sink),
		ERR_DENIED);
	assert_null(d->set_clock);
	assert_int_equal(talk_counters(t)->exchanges, 0);
	sample_list_fini(&got);
	talk_free(t);
}

static void nothing_is_sent_before_somebody_says_unverified_yes(void **state)
{
	(void)state;
	must_refuse("km5", "address=411709 now=heat_energy:3 archive=heat_energy:12");
	must_refuse("elf", "address=5 energy_unit=Gcal");
}

/* ---- KM-5 ---- */

static void the_worked_request_of_km5_has_both_sums(void **state)
{
	static const uint8_t none[9] = {0};
	uint8_t q[KM5_REQUEST_SIZE], number[3];
	(void)state;
	km5_request_put(411709, false, KM5_NOW, none, q);
	assert_int_equal(q[0], 0x41);
	assert_int_equal(q[1], 0x17);
	assert_int_equal(q[2], 0x09);
	assert_int_equal(q[3], 0x00);
	assert_int_equal(q[4], 0x2c);
	assert_int_equal(q[14], 0x73);
	assert_int_equal(q[15], 0x8d);
	assert_true(km5_is_whole(SLICE(q)));
	for (size_t bit = 0; bit < 8 * sizeof(q); bit++) {
		q[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(km5_is_whole(SLICE(q)));
		q[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	km5_number_put(0x010203, true, number);
	assert_int_equal(number[0], 1);
	assert_int_equal(number[2], 3);
}

static void put_float(uint8_t *to, float f)
{
	uint32_t bits;
	memcpy(&bits, &f, sizeof(bits));
	for (int i = 0; i < 4; i++) {
		to[i] = (uint8_t)(bits >> 8 * i);
	}
}

static void put_time(uint8_t *r, struct civil c)
{
	r[6] = bcd_put(c.day);
	r[7] = bcd_put(c.month);
	r[8] = bcd_put(c.year % 100);
	r[10] = bcd_put(c.hour);
	r[11] = bcd_put(c.minute);
	r[12] = bcd_put(c.second);
}

/* Hours alone; the record of an hour is labelled with its end. */
static bool km5_answer(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	static const size_t sizes[] = {
		[KM5_NOW] = KM5_NOW_SIZE, [KM5_NUMBER] = 12, [KM5_RECORD] = KM5_RECORD_SIZE};
	const uint8_t *q = request.data;
	uint8_t r[KM5_RECORD_SIZE] = {0};
	size_t size = q[4] <= KM5_RECORD ? sizes[q[4]] : 0;
	if (!size || !km5_is_whole(request)) {
		return false;
	}
	memcpy(r, q, 5);
	if (q[4] == KM5_NOW) {
		put_time(r, zone_civil(d->zone, now_us / 1000000));
		if (q[5]) {
			put_float(r + q[5] + 3, q[5] == 14 ? 90.25f : 2.5f);
		}
	} else if (q[4] == KM5_NUMBER) {
		struct civil c = {
			2000 + bcd_get(q[8]), bcd_get(q[7]), bcd_get(q[6]), bcd_get(q[9]), 0, 0};
		int64_t n = (zone_utc(d->zone, c, false) - FIRST) / 3600 + 1000;
		r[6] = (uint8_t)n;
		r[7] = (uint8_t)(n >> 8);
	} else {
		int64_t n = q[6] | q[7] << 8, end = FIRST + (n - 1000) * 3600;
		r[5] = end > now_us / 1000000 || n < 1000 ? 0x00 : 0xee;
		put_time(r, zone_civil(d->zone, end));
		put_float(r + 4 + 12, (float)n);
	}
	km5_seal(r, size);
	buf_put(reply, r, size);
	return true;
}

static struct frame_verdict km5_frame(struct slice so_far)
{
	return (struct frame_verdict){
		so_far.size < KM5_REQUEST_SIZE ? FRAME_MORE : FRAME_FULL, KM5_REQUEST_SIZE};
}

static void km5_reads_the_places_the_site_names(void **state)
{
	static const struct sim_protocol km5 = {
		.name = "km5", .frame = km5_frame, .answer = km5_answer};
	struct twin w = {.driver = driver_find("km5"), .device.protocol = &km5};
	struct identity id;
	int64_t utc;
	(void)state;
	assert_int_equal(zone_get("Europe/Moscow", &w.device.zone, NULL), ERR_OK);
	sample_list_init(&w.got);
	twin_open(&w,
		"unverified=yes address=411709 now=heat_energy:10,temperature_supply:14 "
		"archive=heat_energy:12",
		NOW + 75);
	twin_must(&w, w.driver->identify(w.talk, &id));
	assert_string_equal(id.serial, "411709");
	twin_must(&w, w.driver->read_clock(w.talk, &utc));
	assert_int_equal(utc, NOW + 75);
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	twin_expect(&w, "heat_energy", 0, 2.5, 0);
	twin_expect(&w, "temperature_supply", 0, 90.25, 0);
	assert_int_equal(twin_sample(&w, "heat_energy", 0)->unit, UNIT_GCAL);
	int64_t before = talk_counters(w.talk)->exchanges;
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 48 * HOUR, NOW + 5 * HOUR));
	assert_int_equal(twin_count(&w, "heat_energy"), 48);
	for (int64_t s = NOW - 48 * HOUR; s < NOW; s += HOUR) {
		twin_expect(&w, "heat_energy", s, (double)((s + HOUR - FIRST) / 3600 + 1000), 0);
	}
	/* the first by its date, the others by number; of the running hour both ways, in vain */
	assert_int_equal(talk_counters(w.talk)->exchanges - before, 2 + 47 + 3);
	assert_int_equal(twin_read(&w, PERIOD_HOUR, FIRST - 9 * HOUR, FIRST - HOUR), ERR_NODATA);
	twin_close(&w);
}

static void a_map_that_is_not_one_is_refused_in_words(void **state)
{
	static const char *const maps[] = {"", "now=heat_energy", "now=heat_energy:", "now=:3",
		"now=heat_energy:x", "now=heat_energy:73", "now=nothing_known:3",
		"now=heat_energy:3,,", "now=heat_energy:3;mass:4"};
	static const struct sim_protocol km5 = {
		.name = "km5", .frame = km5_frame, .answer = km5_answer};
	(void)state;
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		struct twin w = {.driver = driver_find("km5"), .device.protocol = &km5};
		char params[128];
		assert_int_equal(zone_get("UTC", &w.device.zone, NULL), ERR_OK);
		sample_list_init(&w.got);
		(void)snprintf(params, sizeof(params), "unverified=yes %s", maps[i]);
		twin_open(&w, params, NOW);
		assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_INVAL);
		assert_int_equal(w.got.n, 0);
		twin_close(&w);
	}
}

/* ---- ELF ---- */

static void floats_of_elf_have_their_low_word_first(void **state)
{
	uint8_t r[2 * ELF_RECORD_WORDS] = {0};
	struct cell c = elf_cells[0];
	(void)state;
	/* 123.456 is 42F6E979 */
	r[12] = 0xe9;
	r[13] = 0x79;
	r[14] = 0x42;
	r[15] = 0xf6;
	assert_string_equal(c.key, "heat_energy");
	assert_true(fabs(cell_get(&c, SLICE(r)) - 123.456) < 1e-5);
	assert_int_equal(elf_cells[elf_cells_count - 1].at, 60);
}

static void a_choice_of_elf_is_seven_registers(void **state)
{
	static const uint8_t hour[ELF_SELECT_SIZE] = {17, 3, 28, 10, 0, 0, 0, 26};
	struct civil c = {2017, 3, 28, 10, 0, 0};
	uint8_t got[ELF_SELECT_SIZE];
	(void)state;
	elf_select_put(ELF_HOURS, c, got);
	assert_memory_equal(got, hour, sizeof(hour));
}

static void elf_reads_amounts_by_date(void **state)
{
	struct twin w;
	struct identity id;
	int64_t utc;
	(void)state;
	twin_new(&w, "elf");
	w.device.off_from_utc = NOW - 20 * HOUR + 600;
	w.device.off_till_utc = NOW - 10 * HOUR + 600;
	twin_open(&w, "unverified=yes address=5 energy_unit=Gcal", NOW);
	twin_must(&w, w.driver->identify(w.talk, &id));
	assert_string_equal(id.serial, "00410023");
	twin_must(&w, w.driver->read_clock(w.talk, &utc));
	assert_int_equal(utc, NOW);
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	twin_expect(&w, "heat_energy", 0, twin_reading(QUANTITY_HEAT_ENERGY, NOW), 1e-2);
	twin_expect(&w, "temperature_return", 0, 60.5, 1e-5);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 24 * HOUR, NOW + 2 * HOUR));
	assert_int_equal(twin_count(&w, "heat_energy"), 14);
	twin_expect(&w, "volume_supply", NOW - HOUR, 2.75, 1e-5);
	assert_int_equal(twin_read(&w, PERIOD_HALF_HOUR, NOW - DAY, NOW), ERR_UNSUPP);
	twin_close(&w);
	twin_new(&w, "elf");
	twin_open(&w, "unverified=yes address=5", NOW);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_INVAL);
	twin_close(&w);
}

/* The clock shows one hour twice: which of both a date means cannot be told, so neither is read. */
static void the_hour_that_comes_twice_for_elf_is_a_gap(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "elf");
	assert_int_equal(zone_get("Europe/Berlin", &w.device.zone, NULL), ERR_OK);
	twin_open(&w, "unverified=yes address=5 energy_unit=Gcal", TWIN_AUTUMN + 20 * DAY);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, TWIN_AUTUMN - 12 * HOUR, TWIN_AUTUMN + 12 * HOUR));
	assert_int_equal(twin_count(&w, "volume_supply"), 22);
	for (int64_t s = TWIN_AUTUMN - 12 * HOUR; s < TWIN_AUTUMN + 12 * HOUR; s += HOUR) {
		if (s == TWIN_AUTUMN - HOUR || s == TWIN_AUTUMN) {
			assert_null(twin_sample(&w, "volume_supply", s));
			continue;
		}
		twin_expect(&w, "volume_supply", s, 2.75, 1e-5);
	}
	twin_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_sent_before_somebody_says_unverified_yes),
		cmocka_unit_test(the_worked_request_of_km5_has_both_sums),
		cmocka_unit_test(km5_reads_the_places_the_site_names),
		cmocka_unit_test(a_map_that_is_not_one_is_refused_in_words),
		cmocka_unit_test(floats_of_elf_have_their_low_word_first),
		cmocka_unit_test(a_choice_of_elf_is_seven_registers),
		cmocka_unit_test(elf_reads_amounts_by_date),
		cmocka_unit_test(the_hour_that_comes_twice_for_elf_is_a_gap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
