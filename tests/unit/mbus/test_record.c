/*
 * Records and frames by the text of the M-Bus documentation 4.8 and EN 13757-3.
 *
 * Each case is the bytes of one record and what it means; sources: docs/protocols/mbus.md.
 */
#include "base/str.h"
#include "proto/mbus.h"
#include "test.h"

#include <math.h>
#include <string.h>

struct bytes {
	uint8_t data[MBUS_FRAME_MAX];
	size_t n;
};

static struct bytes from_hex(const char *hex)
{
	struct bytes b = {.n = 0};
	struct buf buf;
	buf_init(&buf, sizeof(b.data));
	assert_int_equal(str_unhex(hex, strlen(hex), &buf, NULL), ERR_OK);
	memcpy(b.data, buf.data, buf.size);
	b.n = buf.size;
	buf_fini(&buf);
	return b;
}

/* The records of `hex` as data of a reply without header. */
static enum err decode(const char *hex, uint8_t ci, struct mbus_record *ret, struct diag *diag)
{
	static struct mbus_out out; /* the record borrows from it */
	struct bytes b = from_hex(hex);
	struct mbus_frame f;
	struct mbus_message m;
	mbus_begin(&out, ci >= MBUS_CI_ERROR ? MBUS_RSP_UD : MBUS_SND_UD, 1, ci);
	mbus_put(&out, b.data, b.n);
	assert_int_equal(mbus_frame_decode(mbus_end(&out), &f, NULL), ERR_OK);
	assert_int_equal(mbus_message_decode(&f, &m, NULL), ERR_OK);
	struct mbus_cursor cur = mbus_records(&m);
	return mbus_next(&cur, ret, diag);
}

static struct mbus_record record(const char *hex)
{
	struct mbus_record r;
	struct diag diag = {0};
	enum err e = decode(hex, MBUS_CI_NO_HEADER, &r, &diag);
	if (e) {
		(void)printf("%s: %s\n", hex, diag.text);
	}
	assert_int_equal(e, ERR_OK);
	return r;
}

static void check(const char *hex, enum quantity q, double value, const char *unit)
{
	struct mbus_record r = record(hex);
	bool is_right = r.quantity == q && strcmp(r.unit_text, unit) == 0 &&
			r.type == MBUS_TYPE_NUMBER && r.value == value;
	if (!is_right) {
		(void)printf("%s: %s %.17g %s '%s'\n", hex, quantity_code(r.quantity), r.value,
			r.unit_text, r.text);
	}
	assert_true(is_right);
}

static void the_primary_table_gives_exact_values(void **state)
{
	(void)state;
	check("03 13 15 31 00", QUANTITY_VOLUME, 12.565, "m3");
	check("8B 60 04 37 18 02", QUANTITY_ENERGY, 218.37, "kWh");
	check("04 00 01 00 00 00", QUANTITY_ENERGY, 1e-6, "kWh");
	check("04 07 01 00 00 00", QUANTITY_ENERGY, 10, "kWh");
	check("04 08 07 00 00 00", QUANTITY_ENERGY, 7e-6, "MJ");
	check("04 0E 07 00 00 00", QUANTITY_ENERGY, 7, "MJ");
	check("04 10 01 00 00 00", QUANTITY_VOLUME, 1e-6, "m3");
	check("04 17 01 00 00 00", QUANTITY_VOLUME, 10, "m3");
	check("02 1B 21 00", QUANTITY_MASS, 33, "kg");
	check("02 20 21 00", QUANTITY_ON_TIME, 33, "s");
	check("02 23 21 00", QUANTITY_ON_TIME, 33, "day");
	check("02 26 21 00", QUANTITY_OPERATING_TIME, 33, "h");
	check("02 28 21 00", QUANTITY_POWER, 0.033, "W");
	check("02 2E 21 00", QUANTITY_POWER, 33000, "W");
	check("02 36 21 00", QUANTITY_POWER, 33, "MJ/h");
	check("02 3B 21 00", QUANTITY_FLOW, 0.033, "m3/h");
	check("02 44 21 00", QUANTITY_FLOW, 0.033, "m3/min");
	check("02 49 21 00", QUANTITY_FLOW, 3.3e-7, "m3/s");
	check("02 53 21 00", QUANTITY_MASS_FLOW, 33, "kg/h");
	check("02 59 F0 FF", QUANTITY_TEMPERATURE_SUPPLY, -0.16, "°C");
	check("02 5D 29 09", QUANTITY_TEMPERATURE_RETURN, 23.45, "°C");
	check("02 61 29 09", QUANTITY_TEMPERATURE_DIFFERENCE, 23.45, "K");
	check("02 65 29 09", QUANTITY_TEMPERATURE_OUTDOOR, 23.45, "°C");
	check("02 6A 29 09", QUANTITY_PRESSURE, 234.5, "bar");
	check("0B 6E 56 34 12", QUANTITY_HCA_UNITS, 123456, "HCA");
	check("01 72 05", QUANTITY_DURATION, 5, "h");
}

static void the_extension_tables_give_exact_values(void **state)
{
	(void)state;
	check("04 FB 00 07 00 00 00", QUANTITY_ENERGY, 0.7, "MWh");
	check("04 FB 08 07 00 00 00", QUANTITY_ENERGY, 0.7, "GJ");
	check("04 FB 0D 07 00 00 00", QUANTITY_ENERGY, 7, "Mcal");
	check("04 FB 10 07 00 00 00", QUANTITY_VOLUME, 700, "m3");
	check("04 FB 19 07 00 00 00", QUANTITY_MASS, 7000, "t");
	check("04 FB 02 07 00 00 00", QUANTITY_REACTIVE_ENERGY, 7, "kvarh");
	check("04 FB 82 75 07 00 00 00", QUANTITY_REACTIVE_ENERGY, 0.7, "kvarh");
	check("02 FB 1A 07 02", QUANTITY_HUMIDITY, 51.9, "%");
	check("02 FB 21 07 00", QUANTITY_VOLUME, 0.7, "ft3");
	check("02 FB 28 07 00", QUANTITY_POWER, 0.7, "MW");
	check("02 FB 30 07 00", QUANTITY_POWER, 0.7, "GJ/h");
	check("02 FB 2E 88 13", QUANTITY_FREQUENCY, 500, "Hz");
	check("02 FB 75 07 00", QUANTITY_TEMPERATURE_LIMIT, 0.07, "°C");
	check("02 FD 48 FD 08", QUANTITY_VOLTAGE, 230.1, "V");
	check("02 FD 59 D2 04", QUANTITY_CURRENT, 1.234, "A");
	check("02 FD 3A D2 04", QUANTITY_DIMENSIONLESS, 1234, "");
	check("01 FD 71 B0", QUANTITY_SIGNAL_LEVEL, -80, "dBm");
	check("02 FD 74 E8 03", QUANTITY_BATTERY_LEFT, 1000, "day");
	check("01 FD FD 02 09", QUANTITY_BATTERY_LEFT, 9, "month");
	check("01 FD 6F 09", QUANTITY_BATTERY_TIME, 9, "year");
	check("01 FD 26 01", QUANTITY_DURATION, 1, "h");
	check("01 FD 28 01", QUANTITY_DURATION, 1, "month");
	check("01 FD 17 FF", QUANTITY_ERROR_CODE, 255, "");
	check("02 FD 1B 00 80", QUANTITY_DIGITAL_INPUT, 32768, "");
}

static void factors_and_offsets_stay_exact(void **state)
{
	(void)state;
	check("02 93 74 15 31", QUANTITY_VOLUME, 0.12565, "m3"); /* 10^-3 m3 x 10^-2 */
	check("02 93 7D 15 31", QUANTITY_VOLUME, 12565, "m3");
	check("02 DB 7A 15 00", QUANTITY_TEMPERATURE_SUPPLY, 21.1, "°C");
	check("05 5B 22 F3 26 42", QUANTITY_TEMPERATURE_SUPPLY, 41.737434,
		"°C");                                        /* 8 digits hold a float */
	check("05 2E CD CC 4C 3E", QUANTITY_POWER, 200, "W"); /* 0.2 x 1000 */
	check("07 03 FF FF FF FF FF FF FF 7F", QUANTITY_ENERGY, 9223372036854775.807, "kWh");
	check("07 07 FF FF FF FF FF FF FF 7F", QUANTITY_ENERGY, 92233720368547758070.0, "kWh");
}

static void bcd_follows_all_rules_of_its_digits(void **state)
{
	(void)state;
	check("0A 3B 21 A3", QUANTITY_FLOW, 10.321, "m3/h"); /* A321 = 10321 */
	check("0A 3B 21 C3", QUANTITY_FLOW, 12.321, "m3/h");
	check("0B 61 18 00 F0", QUANTITY_TEMPERATURE_DIFFERENCE, -0.18, "K");
	check("0A 3B 21 E3", QUANTITY_FLOW, -1.679, "m3/h"); /* E321 = 321 - 2000 */
	check("0E 13 56 34 12 90 78 56", QUANTITY_VOLUME, 567890123.456, "m3");
	static const char *const none[] = {"0C 13 DD B4 EB DD", "0A 3B DB BB", "0A 3B 2A 03",
		"0C 06 FF FF FF FF", "0A 3B 21 D3"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct mbus_record r = record(none[i]);
		assert_int_equal(r.type, MBUS_TYPE_INVALID);
		assert_true(isnan(r.value));
		assert_true(r.text[0]);
	}
}

static void a_binary_with_only_the_top_bit_is_no_value(void **state)
{
	(void)state;
	static const char *const none[] = {"02 5B 00 80", "04 06 00 00 00 80", "05 5B 00 00 C0 7F"};
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(record(none[i]).type, MBUS_TYPE_INVALID);
	}
}

static void variable_length_fields_are_numbers_texts_or_bytes(void **state)
{
	(void)state;
	struct mbus_record r = record("0D FD 11 05 6C 6C 61 F6 4B");
	assert_string_equal(r.text, "Köall");
	check("0D 13 C3 56 34 12", QUANTITY_VOLUME, 123.456, "m3");
	check("0D 13 D3 56 34 12", QUANTITY_VOLUME, -123.456, "m3");
	check("0D 13 E2 15 31", QUANTITY_VOLUME, 12.565, "m3");
	r = record("0D 78 F0 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F");
	assert_int_equal(r.type, MBUS_TYPE_BYTES);
	assert_string_equal(r.text, "0F0E0D0C0B0A09080706050403020100");
	struct diag diag = {0};
	assert_int_equal(decode("0D 13 CA 00", MBUS_CI_NO_HEADER, &r, &diag), ERR_PROTO);
	assert_int_equal(decode("0D 13 BF 00", MBUS_CI_NO_HEADER, &r, &diag), ERR_PROTO);
}

static void identifications_keep_their_digits(void **state)
{
	(void)state;
	struct mbus_record r = record("0C 78 04 03 02 01");
	assert_string_equal(r.text, "01020304");
	assert_true(r.value == 1020304);
	r = record("0C 78 9C 58 24 21");
	assert_string_equal(r.text, "2124589C");
	assert_true(isnan(r.value));
	r = record("07 79 09 29 20 00 CD 4E 09 04");
	assert_string_equal(r.text, "00202909CD4E0904");
	r = record("04 78 FF FF FF FF");
	assert_true(r.value == 4294967295.0);
}

static void check_time(const char *hex, const char *text)
{
	struct mbus_record r = record(hex);
	if (r.type != MBUS_TYPE_TIME || strcmp(r.text, text) != 0) {
		(void)printf("%s: '%s'\n", hex, r.text);
	}
	assert_int_equal(r.type, MBUS_TYPE_TIME);
	assert_string_equal(r.text, text);
}

static void dates_and_times_of_all_types(void **state)
{
	(void)state;
	check_time("02 6C FF 0C", "2007-12-31");
	check_time("02 6C 7F CC", "1999-12-31"); /* two digits above 80 are of the last century */
	check_time("04 6D 0A 0C CD 13", "2014-03-13T12:10:00");
	check_time("04 6D 00 20 41 3A", "2026-10-01T00:00:00"); /* hundred years 1 */
	check_time("03 6D 38 22 17", "23:34:56");
	check_time("06 6D 38 22 17 4D 3A 00", "2026-10-13T23:34:56");
	check_time("04 FD 30 0A 0C CD 13", "2014-03-13T12:10:00");
	check_time("02 FD 70 FF 0C", "2007-12-31");
	assert_true(record("04 6D 0A 8C CD 13").time.is_summer);
	assert_true(record("02 6C E1 F7").time.is_every); /* 1 July of every year */
	assert_string_equal(record("02 6C E1 F7").text, "*-07-01");
	assert_true(record("02 6C 20 3F").time.is_every);
	static const char *const none[] = {"02 6C FF FF", "02 6C 00 00", "02 6C 41 3D",
		"02 6C 5E 32", "04 6D 8A 0C CD 13", "04 6D 3C 0C CD 13", "04 6D 00 18 CD 13",
		"06 6D 38 A2 17 4D 3A 00"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct mbus_record r = record(none[i]);
		if (r.type != MBUS_TYPE_INVALID) {
			(void)printf("%s: '%s'\n", none[i], r.text);
		}
		assert_int_equal(r.type, MBUS_TYPE_INVALID);
	}
}

static void slots_reach_to_their_last_bits(void **state)
{
	(void)state;
	struct mbus_record r = record("DA 02 3B 13 01");
	assert_int_equal(r.slot.function, MBUS_MAXIMUM);
	assert_true(r.slot.storage == 5 && r.value == 0.113);
	r = record("8B 60 04 37 18 02");
	assert_true(r.slot.tariff == 2 && r.slot.subunit == 1);
	r = record("C1 FF FF FF FF FF FF FF FF FF 7F 13 05");
	assert_true(r.slot.storage == (1ULL << 41) - 1);
	assert_true(r.slot.tariff == (1u << 20) - 1);
	assert_true(r.slot.subunit == (1u << 10) - 1);
	assert_int_equal(record("31 13 05").slot.function, MBUS_ERROR);
	assert_int_equal(record("21 13 05").slot.function, MBUS_MINIMUM);
}

static void plain_text_units_stand_before_or_behind_the_vifes(void **state)
{
	(void)state;
	check("22 FC 03 48 52 25 74 22 15", QUANTITY_HUMIDITY, 54.1, "%");
	check("22 FC 74 03 48 52 25 22 15", QUANTITY_HUMIDITY, 54.1, "%");
	check("02 7C 03 68 57 6B 22 15", QUANTITY_ENERGY, 5410, "kWh");
	check("02 7C 03 7A 79 78 22 15", QUANTITY_UNKNOWN, 5410, "xyz");
	struct mbus_record r;
	struct diag diag = {0};
	assert_int_equal(decode("02 7C 7F 41 41", MBUS_CI_NO_HEADER, &r, &diag), ERR_PROTO);
	assert_int_equal(decode("02 FC 80 41 41", MBUS_CI_NO_HEADER, &r, &diag), ERR_PROTO);
}

static void vifes_change_what_a_value_is(void **state)
{
	(void)state;
	struct mbus_note note;
	struct mbus_record r = record("04 90 28 A0 86 01 00");
	mbus_record_note(&r, &note);
	assert_string_equal(note.text, "increment per input pulse");
	assert_int_equal(r.modifier, 0x28);
	r = record("44 ED 7E 3B 17 9E 14");
	assert_int_equal(r.modifier, 0x7e);
	r = record("04 DB 6F 32 14 86 16"); /* moment of the last */
	assert_string_equal(r.text, "2012-06-06T20:50:00");
	assert_int_equal(r.quantity, QUANTITY_TIME_POINT);
	r = record("02 BB 49 05 00");
	assert_true(r.quantity == QUANTITY_EVENT_COUNT && r.value == 5);
	r = record("02 BB 5E 05 00");
	assert_true(r.quantity == QUANTITY_DURATION && r.unit == UNIT_H && r.value == 5);
	r = record("02 86 23 05 00");
	assert_string_equal(r.unit_text, "kWh/day");
	r = record("02 FD C8 FC 02 FD 08");
	assert_true(r.phase == 2 && r.value == 230.1 && r.modifier == 0);
	r = record("02 FD C8 FF 01 ED 00");
	assert_true(r.is_maker_coded && r.quantity == QUANTITY_VOLTAGE);
}

static void record_errors_are_no_values(void **state)
{
	(void)state;
	struct mbus_record r = record("40 93 15");
	assert_int_equal(r.type, MBUS_TYPE_INVALID);
	assert_string_equal(r.text, "no data");
	assert_true(r.slot.storage == 1 && r.quantity == QUANTITY_VOLUME);
	r = record("04 93 18 00 00 00 00");
	assert_string_equal(r.text, "data error");
	assert_true(isnan(r.value));
	/* from the master the same codes are actions */
	assert_int_equal(decode("04 93 07 00 00 00 00", MBUS_CI_SEND, &r, NULL), ERR_OK);
	assert_int_equal(r.error, 0);
}

static void one_bad_record_does_not_drop_the_rest(void **state)
{
	(void)state;
	/* a reserved VIF, BCD rubbish, then a volume, then the maker's data */
	static const char hex[] =
		"02 6F 11 22 0A 3B DB BB 04 FD FD 7F 01 02 03 04 03 13 15 31 00 0F 01 02";
	struct mbus_out out;
	struct bytes b = from_hex(hex);
	struct mbus_frame f;
	struct mbus_message m;
	struct mbus_record r;
	mbus_begin(&out, MBUS_RSP_UD, 1, MBUS_CI_NO_HEADER);
	mbus_put(&out, b.data, b.n);
	assert_int_equal(mbus_frame_decode(mbus_end(&out), &f, NULL), ERR_OK);
	assert_int_equal(mbus_message_decode(&f, &m, NULL), ERR_OK);
	struct mbus_cursor cur = mbus_records(&m);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(mbus_next(&cur, &r, NULL), ERR_OK);
	}
	assert_int_equal(mbus_next(&cur, &r, NULL), ERR_OK);
	assert_true(r.value == 12.565);
	assert_int_equal(r.at, 7 + 16);
	assert_int_equal(mbus_next(&cur, &r, NULL), ERR_OK);
	assert_true(r.dif == MBUS_DIF_MAKER && r.data.size == 2 && r.raw.size == 3);
	assert_int_equal(mbus_next(&cur, &r, NULL), ERR_NODATA);
}

static void a_record_that_breaks_off_names_its_byte(void **state)
{
	(void)state;
	struct mbus_record r;
	struct diag diag = {0};
	assert_int_equal(decode("03 13 15", MBUS_CI_NO_HEADER, &r, &diag), ERR_PROTO);
	assert_int_equal(diag.offset, 7 + 3);
	assert_int_equal(decode("8B", MBUS_CI_NO_HEADER, &r, &diag), ERR_PROTO);
	assert_int_equal(decode("03", MBUS_CI_NO_HEADER, &r, &diag), ERR_PROTO);
	assert_int_equal(decode("03 93", MBUS_CI_NO_HEADER, &r, &diag), ERR_PROTO);
	assert_int_equal(decode("3F 00", MBUS_CI_NO_HEADER, &r, &diag), ERR_PROTO);
	assert_int_equal(decode("2F 2F", MBUS_CI_NO_HEADER, &r, &diag), ERR_NODATA);
}

static struct mbus_message message(const char *hex)
{
	static struct bytes b;
	struct mbus_frame f;
	struct mbus_message m;
	b = from_hex(hex);
	assert_int_equal(mbus_frame_decode((struct slice){b.data, b.n}, &f, NULL), ERR_OK);
	assert_int_equal(mbus_message_decode(&f, &m, NULL), ERR_OK);
	return m;
}

static void the_fixed_structure_has_two_counters(void **state)
{
	(void)state;
	struct mbus_record r;
	struct mbus_message m = message(
		"68 13 13 68 08 05 73 78 56 34 12 0A 00 E9 7E 01 00 00 00 35 01 00 00 3C 16");
	struct mbus_cursor cur = mbus_records(&m);
	assert_string_equal(m.header.id, "12345678");
	assert_int_equal(m.header.medium, 7);
	assert_int_equal(mbus_next(&cur, &r, NULL), ERR_OK);
	assert_true(r.quantity == QUANTITY_VOLUME && r.value == 0.001 && r.slot.storage == 0);
	assert_int_equal(mbus_next(&cur, &r, NULL), ERR_OK);
	assert_true(r.quantity == QUANTITY_VOLUME && r.value == 0.135 && r.slot.storage == 1);
	assert_int_equal(mbus_next(&cur, &r, NULL), ERR_NODATA);
}

static void mode_2_has_the_high_byte_first(void **state)
{
	(void)state;
	struct mbus_out out;
	struct mbus_frame f;
	struct mbus_message m;
	struct mbus_record r;
	struct bytes b = from_hex("12 34 56 78 40 24 01 07 55 00 00 00 03 13 00 31 15 02 6C 0C FF");
	mbus_begin(&out, MBUS_RSP_UD, 2, MBUS_CI_VARIABLE | 4);
	mbus_put(&out, b.data, b.n);
	assert_int_equal(mbus_frame_decode(mbus_end(&out), &f, NULL), ERR_OK);
	assert_int_equal(mbus_message_decode(&f, &m, NULL), ERR_OK);
	assert_string_equal(m.header.id, "12345678");
	assert_string_equal(m.header.manufacturer, "PAD");
	struct mbus_cursor cur = mbus_records(&m);
	assert_int_equal(mbus_next(&cur, &r, NULL), ERR_OK);
	assert_true(r.value == 12.565);
	assert_int_equal(mbus_next(&cur, &r, NULL), ERR_OK);
	assert_string_equal(r.text, "2007-12-31");
}

static void known_requests_are_built_byte_by_byte(void **state)
{
	(void)state;
	static const struct {
		uint8_t c, a;
		const char *hex;
	} shorts[] = {{MBUS_SND_NKE, 1, "10 40 01 41 16"},
		{MBUS_REQ_UD2 | MBUS_FCB | MBUS_FCV, 2, "10 7B 02 7D 16"}};
	struct mbus_out out;
	for (size_t i = 0; i < 2; i++) {
		struct bytes want = from_hex(shorts[i].hex);
		struct slice s = mbus_short(&out, shorts[i].c, shorts[i].a);
		assert_int_equal(s.size, want.n);
		assert_memory_equal(s.data, want.data, want.n);
	}
	struct bytes want = from_hex("68 0B 0B 68 53 FD 52 FF FF FF FF FF FF FF FF 9A 16");
	mbus_begin(&out, MBUS_SND_UD, MBUS_ADDRESS_SELECTED, MBUS_CI_SELECT);
	mbus_put(&out, want.data + 7, 8);
	struct slice s = mbus_end(&out);
	assert_int_equal(s.size, want.n);
	assert_memory_equal(s.data, want.data, want.n);
	uint8_t ci;
	assert_true(mbus_ci_of_baud(9600, &ci));
	want = from_hex("68 03 03 68 53 FE BD 0E 16");
	mbus_begin(&out, MBUS_SND_UD, MBUS_ADDRESS_ANY, ci);
	s = mbus_end(&out);
	assert_memory_equal(s.data, want.data, want.n);
	want = from_hex("68 06 06 68 53 FE 51 01 7A 08 25 16");
	const struct mbus_slot now = {0};
	mbus_begin(&out, MBUS_SND_UD, MBUS_ADDRESS_ANY, MBUS_CI_SEND);
	mbus_put_number(&out, &now, MBUS_FIELD_INT8, 0x7a, 8);
	s = mbus_end(&out);
	assert_int_equal(s.size, want.n);
	assert_memory_equal(s.data, want.data, want.n);
}

static void what_is_written_is_read_back(void **state)
{
	(void)state;
	static const enum mbus_field fields[] = {MBUS_FIELD_INT8, MBUS_FIELD_INT16,
		MBUS_FIELD_INT24, MBUS_FIELD_INT32, MBUS_FIELD_INT48, MBUS_FIELD_INT64,
		MBUS_FIELD_BCD2, MBUS_FIELD_BCD4, MBUS_FIELD_BCD6, MBUS_FIELD_BCD8,
		MBUS_FIELD_BCD12};
	static const int64_t values[] = {0, 7, -7, 99, 127, -128, 9999, -999, 123456, 99999999,
		999999999999, -3000000000, INT64_MAX};
	static const struct mbus_slot slots[] = {{0}, {MBUS_MAXIMUM, 5, 0, 0}, {0, 0, 2, 1},
		{MBUS_MINIMUM, (1ULL << 41) - 1, (1u << 20) - 1, (1u << 10) - 1}, {0, 32, 0, 0}};
	struct mbus_out out;
	struct mbus_frame f;
	struct mbus_message m;
	struct mbus_record r;
	for (size_t i = 0; i < 11 * 13 * 5; i++) {
		enum mbus_field field = fields[i % 11];
		int64_t v = values[i / 11 % 13];
		const struct mbus_slot *slot = &slots[i / 143];
		mbus_begin(&out, MBUS_RSP_UD, 1, MBUS_CI_NO_HEADER);
		mbus_put_number(&out, slot, field, 0x13, v);
		assert_int_equal(mbus_frame_decode(mbus_end(&out), &f, NULL), ERR_OK);
		assert_int_equal(mbus_message_decode(&f, &m, NULL), ERR_OK);
		struct mbus_cursor cur = mbus_records(&m);
		assert_int_equal(mbus_next(&cur, &r, NULL), ERR_OK);
		assert_true(r.slot.function == slot->function && r.slot.storage == slot->storage &&
			    r.slot.tariff == slot->tariff && r.slot.subunit == slot->subunit);
		assert_true(r.type == MBUS_TYPE_NUMBER ? r.number.mantissa == v : r.error == 0x15);
		assert_int_equal(mbus_next(&cur, &r, NULL), ERR_NODATA);
	}
}

static void secondary_addresses_are_read_as_printed(void **state)
{
	(void)state;
	struct mbus_secondary a, b;
	char text[17];
	assert_true(mbus_secondary_parse("00202909CD4E0904", &a));
	const uint8_t wire[8] = {0x09, 0x29, 0x20, 0x00, 0xcd, 0x4e, 0x09, 0x04};
	assert_memory_equal(a.bytes, wire, 8);
	mbus_secondary_text(&a, text);
	assert_string_equal(text, "00202909CD4E0904");
	assert_true(mbus_secondary_parse("FF2029F9", &b));
	assert_true(mbus_secondary_matches(&b, &a));
	assert_true(mbus_secondary_parse("FF2029F8", &b));
	assert_false(mbus_secondary_matches(&b, &a));
	assert_false(mbus_secondary_parse("1234567", &b));
	assert_false(mbus_secondary_parse("1234567X", &b));
	uint16_t code;
	assert_true(mbus_manufacturer_code("PAD", &code));
	assert_int_equal(code, 0x4024);
}

static void a_cutter_slides_over_noise_to_the_frame(void **state)
{
	(void)state;
	struct bytes b = from_hex("68 FF 68 03 03 10 68 03 03 68 08 01 70 79 16 E5");
	size_t at = 0, size;
	while (mbus_cut((struct slice){b.data + at, b.n - at}, MBUS_CUT_REPLY, &size) ==
		MBUS_CUT_JUNK) {
		assert_int_equal(size, 1);
		at++;
	}
	assert_int_equal(at, 6);
	assert_int_equal(size, 9);
	struct bytes zero = from_hex("68 00 00 68 08 16");
	assert_int_equal(
		mbus_cut((struct slice){zero.data, zero.n}, MBUS_CUT_REPLY, &size), MBUS_CUT_JUNK);
}

static void decimals_become_the_nearest_double(void **state)
{
	(void)state;
	static const struct {
		struct decimal d;
		double v;
	} cases[] = {{{21837, -2}, 218.37}, {{1, -1}, 0.1}, {{3, 0}, 3},
		{{-123456789, -9}, -0.123456789}, {{9007199254740993, -1}, 900719925474099.3},
		{{INT64_MIN, 0}, -9223372036854775808.0}, {{1, -30}, 1e-30}, {{7, 25}, 7e25},
		{{0, -300}, 0}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(decimal_double(cases[i].d) == cases[i].v);
	}
	struct decimal d;
	assert_true(decimal_of_float(0.1f, &d) && d.mantissa == 1 && d.exponent == -1);
	assert_true(decimal_of_float(-1234.5f, &d) && decimal_double(d) == -1234.5);
	assert_true(decimal_of_float(16777216.0f, &d) && decimal_double(d) == 16777216);
	assert_false(decimal_of_float(NAN, &d));
	d = (struct decimal){INT64_MAX, 0};
	assert_false(decimal_add(&d, (struct decimal){1, 0}));
	assert_false(decimal_add(&d, (struct decimal){1, -3}));
	assert_true(decimal_add(&d, (struct decimal){-1, 1}) && d.mantissa == INT64_MAX - 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_primary_table_gives_exact_values),
		cmocka_unit_test(the_extension_tables_give_exact_values),
		cmocka_unit_test(factors_and_offsets_stay_exact),
		cmocka_unit_test(bcd_follows_all_rules_of_its_digits),
		cmocka_unit_test(a_binary_with_only_the_top_bit_is_no_value),
		cmocka_unit_test(variable_length_fields_are_numbers_texts_or_bytes),
		cmocka_unit_test(identifications_keep_their_digits),
		cmocka_unit_test(dates_and_times_of_all_types),
		cmocka_unit_test(slots_reach_to_their_last_bits),
		cmocka_unit_test(plain_text_units_stand_before_or_behind_the_vifes),
		cmocka_unit_test(vifes_change_what_a_value_is),
		cmocka_unit_test(record_errors_are_no_values),
		cmocka_unit_test(one_bad_record_does_not_drop_the_rest),
		cmocka_unit_test(a_record_that_breaks_off_names_its_byte),
		cmocka_unit_test(the_fixed_structure_has_two_counters),
		cmocka_unit_test(mode_2_has_the_high_byte_first),
		cmocka_unit_test(known_requests_are_built_byte_by_byte),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(secondary_addresses_are_read_as_printed),
		cmocka_unit_test(a_cutter_slides_over_noise_to_the_frame),
		cmocka_unit_test(decimals_become_the_nearest_double),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
