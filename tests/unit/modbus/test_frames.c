/*
 * test_frames.c - requests and replies to the byte, frames out of a stream, and the published
 * exchanges of real meters through their register maps
 *
 * Expectations: vectors/electricity.jsonl and heat.jsonl (captures and manuals), the Modbus
 * application protocol's own examples, the catalogued check value of the CRC.
 */
#include "test.h"

#include "base/str.h"
#include "poll/meter_map.h"
#include "proto/crc.h"
#include "proto/modbus.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static struct buf unhex(const char *hex)
{
	struct buf b;
	buf_init(&b, 1024);
	assert_int_equal(str_unhex(hex, strlen(hex), &b, NULL), ERR_OK);
	return b;
}

static void the_crc_has_its_catalogued_check_value(void **state)
{
	(void)state;
	assert_int_equal(crc16_modbus((struct slice){(const uint8_t *)"123456789", 9}), 0x4b37);
	const uint8_t frame[] = {0x01, 0x04, 0x00, 0x00, 0x00, 0x02};
	assert_int_equal(crc16_modbus(SLICE(frame)), 0xcb71);
}

/* ---- both directions ---- */

static void must_encode(const struct modbus_request *q, const char *hex)
{
	struct buf b = unhex(hex);
	struct modbus_pdu pdu;
	struct modbus_request back;
	assert_int_equal(modbus_request_encode(q, &pdu), ERR_OK);
	assert_int_equal(pdu.size, b.size);
	assert_memory_equal(pdu.data, b.data, b.size);
	assert_int_equal(modbus_request_decode(buf_slice(&b), &back), ERR_OK);
	assert_int_equal(back.function, q->function);
	assert_int_equal(back.address, q->address);
	assert_int_equal(back.file, q->file);
	assert_int_equal(back.data.size, q->data.size);
	buf_fini(&b);
}

static void requests_are_written_and_read_as_the_protocol_prints_them(void **state)
{
	const uint8_t one[] = {0x00, 0x03}, two[] = {0x00, 0x0a, 0x01, 0x02};
	(void)state;
	must_encode(&(struct modbus_request){.function = 3, .address = 0x6b, .count = 3},
		"03 00 6B 00 03");
	must_encode(&(struct modbus_request){.function = 4, .address = 8, .count = 1},
		"04 00 08 00 01");
	must_encode(&(struct modbus_request){.function = 6, .address = 1, .data = SLICE(one)},
		"06 00 01 00 03");
	must_encode(&(struct modbus_request){.function = 16, .address = 1, .data = SLICE(two)},
		"10 00 01 00 02 04 00 0A 01 02");
	/* one group: reference 6, file 4, record 1, 2 registers */
	must_encode(&(struct modbus_request){.function = 20, .file = 4, .address = 1, .count = 2},
		"14 07 06 00 04 00 01 00 02");
	/* KARAT-Compact: month 5 back, reference 10, file 2, 50 registers */
	must_encode(
		&(struct modbus_request){
			.function = 20, .file = 2, .address = 5, .count = 50, .reference = 10},
		"14 07 0A 00 02 00 05 00 32");
}

static void must_reply(const struct modbus_reply *r, const char *hex)
{
	struct buf b = unhex(hex);
	struct modbus_pdu pdu;
	struct modbus_reply back;
	assert_int_equal(modbus_reply_encode(r, &pdu), ERR_OK);
	assert_int_equal(pdu.size, b.size);
	assert_memory_equal(pdu.data, b.data, b.size);
	assert_int_equal(modbus_reply_decode(buf_slice(&b), &back), ERR_OK);
	assert_int_equal(back.function, r->function);
	assert_int_equal(back.exception, r->exception);
	assert_int_equal(back.data.size, r->data.size);
	if (r->data.size) {
		assert_memory_equal(back.data.data, r->data.data, r->data.size);
	}
	buf_fini(&b);
}

static void replies_are_written_and_read_as_the_protocol_prints_them(void **state)
{
	const uint8_t three[] = {0x02, 0x2b, 0x00, 0x00, 0x00, 0x64};
	const uint8_t one[] = {0x00, 0x03}, file[] = {0x0d, 0xfe, 0x00, 0x20};
	(void)state;
	must_reply(&(struct modbus_reply){.function = 3, .data = SLICE(three)},
		"03 06 02 2B 00 00 00 64");
	must_reply(&(struct modbus_reply){.function = 6, .address = 1, .data = SLICE(one)},
		"06 00 01 00 03");
	must_reply(
		&(struct modbus_reply){.function = 16, .address = 1, .count = 2}, "10 00 01 00 02");
	must_reply(&(struct modbus_reply){.function = 20, .data = SLICE(file)},
		"14 06 05 06 0D FE 00 20");
	must_reply(&(struct modbus_reply){.function = 4, .exception = 2}, "84 02");
}

static void lengths_that_contradict_each_other_are_refused(void **state)
{
	static const char *const requests[] = {"03 00 6B 00", "03 00 6B 00 03 00", "03 00 00 00 00",
		"03 00 00 00 7E", "10 00 01 00 02 04 00 0A 01", "10 00 01 00 03 04 00 0A 01 02",
		"14 07 06 00 04 00 01 00", "14 08 06 00 04 00 01 00 02", "06 00 01 00"};
	static const char *const replies[] = {"03", "03 04 00 00", "03 03 00 00 00", "03 00", "84",
		"84 00", "84 02 00", "14 06 04 06 0D FE 00 20", "14 02 01 06", "10 00 01 00"};
	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct modbus_request q;
		struct buf b = unhex(requests[i]);
		assert_int_equal(modbus_request_decode(buf_slice(&b), &q), ERR_PROTO);
		buf_fini(&b);
	}
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		struct modbus_reply r;
		struct buf b = unhex(replies[i]);
		assert_int_equal(modbus_reply_decode(buf_slice(&b), &r), ERR_PROTO);
		buf_fini(&b);
	}
	struct modbus_pdu pdu;
	struct modbus_request q = {.function = 3, .count = 126};
	assert_int_equal(modbus_request_encode(&q, &pdu), ERR_RANGE);
	q = (struct modbus_request){.function = 1, .count = 1};
	assert_int_equal(modbus_request_encode(&q, &pdu), ERR_UNSUPP);
}

/* ---- frames out of a stream ---- */

static void a_frame_is_whole_at_its_last_byte_and_not_before(void **state)
{
	static const char *const replies[] = {"01 04 04 43 66 33 34 1B 38", "05 84 02 83 00",
		"01 10 00 01 00 02 10 08", "01 06 00 01 00 03 98 0B"};
	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		struct buf b = unhex(replies[i]);
		uint16_t crc = crc16_modbus((struct slice){b.data, b.size - 2});
		b.data[b.size - 2] = (uint8_t)crc;
		b.data[b.size - 1] = (uint8_t)(crc >> 8);
		for (size_t n = 0; n < b.size; n++) {
			struct modbus_cut c = modbus_cut_rtu_reply((struct slice){b.data, n});
			assert_int_equal(c.state, MODBUS_CUT_MORE);
			assert_true(c.size > n && c.size <= b.size);
		}
		buf_u8(&b, 0x55); /* what follows is not part of it */
		struct modbus_cut c = modbus_cut_rtu_reply(buf_slice(&b));
		assert_int_equal(c.state, MODBUS_CUT_FULL);
		assert_int_equal(c.size, b.size - 1);
		buf_fini(&b);
	}
}

static void every_flipped_bit_of_a_frame_is_noticed(void **state)
{
	struct buf b = unhex(
		"01 04 14 09 7B 37 57 00 00 7E D8 00 00 1E 5F 00 00 01 F4 00 5E 00 00 "
		"D7 4F");
	(void)state;
	for (size_t bit = 0; bit < b.size * 8; bit++) {
		b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		struct modbus_cut c = modbus_cut_rtu_reply(buf_slice(&b));
		assert_int_not_equal(c.state, MODBUS_CUT_FULL);
		b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	buf_fini(&b);
}

static void a_frame_is_found_behind_noise(void **state)
{
	struct buf b = unhex("00 FF 1B 01 04 04 43 66 33 34 1B 38");
	size_t at = 0;
	(void)state;
	for (;;) {
		struct modbus_cut c = modbus_cut_rtu_reply(
			(struct slice){b.data + at, b.size - at});
		if (c.state == MODBUS_CUT_FULL) {
			assert_int_equal(at, 3);
			assert_int_equal(c.size, 9);
			break;
		}
		assert_int_equal(c.state, MODBUS_CUT_JUNK);
		at += c.size;
	}
	buf_fini(&b);
}

static void a_slave_cuts_requests_by_their_own_lengths(void **state)
{
	static const char *const requests[] = {"01 04 00 00 00 02 71 CB",
		"11 10 00 01 00 02 04 00 0A 01 02 C6 F0", "F8 14 07 0A 00 02 00 05 00 32 00 00"};
	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct buf b = unhex(requests[i]);
		uint16_t crc = crc16_modbus((struct slice){b.data, b.size - 2});
		b.data[b.size - 2] = (uint8_t)crc;
		b.data[b.size - 1] = (uint8_t)(crc >> 8);
		for (size_t n = 0; n < b.size; n++) {
			assert_int_equal(modbus_cut_rtu_request((struct slice){b.data, n}).state,
				MODBUS_CUT_MORE);
		}
		struct modbus_cut c = modbus_cut_rtu_request(buf_slice(&b));
		assert_int_equal(c.state, MODBUS_CUT_FULL);
		assert_int_equal(c.size, b.size);
		buf_fini(&b);
	}
}

static void tcp_frames_are_cut_by_their_length_word(void **state)
{
	struct buf b = unhex("15 01 00 00 00 06 FF 04 00 00 00 01 15");
	struct modbus_head head;
	struct slice pdu;
	(void)state;
	for (size_t n = 0; n < 12; n++) {
		assert_int_equal(modbus_cut_tcp((struct slice){b.data, n}).state, MODBUS_CUT_MORE);
	}
	struct modbus_cut c = modbus_cut_tcp(buf_slice(&b));
	assert_int_equal(c.state, MODBUS_CUT_FULL);
	assert_int_equal(c.size, 12);
	assert_true(modbus_unwrap(true, (struct slice){b.data, 12}, &head, &pdu));
	assert_int_equal(head.transaction, 0x1501);
	assert_int_equal(head.unit, 0xff);
	assert_int_equal(pdu.size, 5);
	b.data[2] = 1; /* another protocol */
	assert_int_equal(modbus_cut_tcp(buf_slice(&b)).state, MODBUS_CUT_JUNK);
	b.data[2] = 0;
	b.data[4] = 2; /* longer than a frame can be */
	assert_int_equal(modbus_cut_tcp(buf_slice(&b)).state, MODBUS_CUT_JUNK);
	buf_fini(&b);
}

/* ---- exchanges of real meters ---- */

static const struct {
	const char *device; /* how the vector's device begins */
	const char *map;
} maps[] = {{"Eastron SDM630", "sdm630"}, {"Eastron SDM230", "sdm230"}, {"PZEM-004T", "pzem_004t"},
	{"ABB A43", "abb_b23"}, {"KBR multicomp F144", "kbr_f144"}, {"2FLOW MAG-11", "mag11"},
	{"KARAT-Compact", "karat_compact"}};

/* The decoded names of the vectors; unit as said there. */
static const struct {
	const char *name;
	const char *key; /* NULL: the map has no such register, with the reason */
	enum unit unit;
	const char *why;
} names[] = {{"U1_V", "voltage.l1", UNIT_V, NULL}, {"import_kWh", "active_energy", UNIT_KWH, NULL},
	{"P_W", "active_power", UNIT_W, NULL}, {"U_V", "voltage", UNIT_V, NULL},
	{"I_A", "current", UNIT_A, NULL}, {"E_Wh", "active_energy", UNIT_WH, NULL},
	{"F_Hz", "frequency", UNIT_HZ, NULL}, {"PF", "power_factor", UNIT_RATIO, NULL},
	{"alarm", "status", UNIT_NONE, NULL}, {"A+_kWh", "active_energy", UNIT_KWH, NULL},
	{"A-_kWh", "active_energy_export", UNIT_KWH, NULL},
	{"Anet_kWh", NULL, UNIT_NONE, "a difference, not a counter"},
	{"R+_kvarh", "reactive_energy", UNIT_KVARH, NULL},
	{"R-_kvarh", "reactive_energy_export", UNIT_KVARH, NULL},
	{"Rnet_kvarh", NULL, UNIT_NONE, "a difference"},
	{"S+_kVAh", "apparent_energy", UNIT_KVAH, NULL},
	{"S-_kVAh", NULL, UNIT_NONE, "no quantity for exported apparent energy"},
	{"Snet_kVAh", NULL, UNIT_NONE, "a difference"},
	{"T1_A+_kWh", "active_energy.t1", UNIT_KWH, NULL},
	{"T2_A+_kWh", "active_energy.t2", UNIT_KWH, NULL},
	{"T3_A+_kWh", "active_energy.t3", UNIT_KWH, NULL},
	{"T4_A+_kWh", "active_energy.t4", UNIT_KWH, NULL},
	{"T5..T8", NULL, UNIT_NONE, "not in the map; see check_absent_tariffs"},
	{"T1_A-_kWh", "active_energy_export.t1", UNIT_KWH, NULL},
	{"T2_A-_kWh", "active_energy_export.t2", UNIT_KWH, NULL},
	{"T3_A-_kWh", "active_energy_export.t3", UNIT_KWH, NULL},
	{"T4_A-_kWh", "active_energy_export.t4", UNIT_KWH, NULL},
	{"L1_A+_kWh", "active_energy.l1", UNIT_KWH, NULL},
	{"L2_A+_kWh", "active_energy.l2", UNIT_KWH, NULL},
	{"L3_A+_kWh", "active_energy.l3", UNIT_KWH, NULL},
	{"L1_A-_kWh", "active_energy_export.l1", UNIT_KWH, NULL},
	{"L1_R+_kvarh", "reactive_energy.l1", UNIT_KVARH, NULL},
	{"flow_m3h", "flow", UNIT_M3_H, NULL}, {"t_supply", "temperature_supply", UNIT_DEGC, NULL},
	{"t_return", "temperature_return", UNIT_DEGC, NULL},
	{"t_flow_sensor", "temperature.1", UNIT_DEGC, NULL},
	{"t_calculator", "temperature.2", UNIT_DEGC, NULL},
	{"dT", "temperature_difference", UNIT_K, NULL},
	{"battery_hours", "battery_time", UNIT_H, NULL},
	{"tamper_count", "event_count", UNIT_NONE, NULL},
	{"tamper", "digital_input", UNIT_NONE, NULL}, {"errors_u32", "error_code", UNIT_NONE, NULL},
	{"id1", "identification", UNIT_NONE, NULL}, {"id2", "serial_number", UNIT_NONE, NULL},
	{"fw", "firmware", UNIT_NONE, NULL}, {"addr", NULL, UNIT_NONE, "part of the request"},
	{"fn", NULL, UNIT_NONE, "part of the request"},
	{"start", NULL, UNIT_NONE, "part of the request"},
	{"count", NULL, UNIT_NONE, "part of the request"}};

static const struct modbus_register *register_of(const struct modbus_map *m, const char *key)
{
	for (unsigned i = 0; i < m->registers_count; i++) {
		if (strcmp(m->registers[i].key, key) == 0) {
			return &m->registers[i];
		}
	}
	fail_msg("%s has no register %s", m->name, key);
	return NULL;
}

/* Floats are published rounded: half of the last digit printed, or what a float resolves. */
static double half_digit(double v)
{
	char text[STR_DOUBLE_CAP];
	const char *point = strchr(str_double(text, v), '.');
	double half = point ? 0.51 * pow(10, -(double)strlen(point + 1)) : 0.51;
	return half > fabs(v) * 1e-7 ? half : fabs(v) * 1e-7;
}

/* What the meter says of tariffs it does not have, read as the one it has last. */
static void check_absent_tariffs(const struct modbus_map *m, const struct modbus_reply *reply)
{
	const struct modbus_register *r = register_of(m, "active_energy.t4");
	for (size_t tariff = 5; tariff <= 8; tariff++) {
		assert_true(isnan(modbus_register_get(r, reply->data.data + 8 * (tariff - 1))));
	}
}

static void check_value(const struct modbus_map *m, const struct modbus_request *q,
	const struct modbus_reply *reply, const char *name, const json_t *value)
{
	size_t i = 0;
	while (i < sizeof(names) / sizeof(names[0]) && strcmp(names[i].name, name) != 0) {
		i++;
	}
	if (i == sizeof(names) / sizeof(names[0])) {
		fail_msg("%s: nothing said about decoded '%s'", m->name, name);
	}
	if (strcmp(name, "T5..T8") == 0) {
		check_absent_tariffs(m, reply);
	}
	if (!names[i].key) {
		return;
	}
	const struct modbus_register *r = register_of(m, names[i].key);
	assert_int_equal(r->function, q->function);
	assert_true(r->at >= q->address && r->at + r->words <= q->address + q->count);
	const uint8_t *bytes = reply->data.data + 2 * (r->at - q->address);
	if (r->type == MODBUS_TEXT) {
		char text[64];
		modbus_register_text(r, bytes, sizeof(text), text);
		assert_string_equal(text, json_string_value(value));
		return;
	}
	int64_t bits;
	double expected = json_number_value(value), got;
	if (json_is_string(value)) {
		assert_int_equal(str_to_int(json_string_value(value), &bits), ERR_OK);
		expected = (double)bits;
	}
	got = modbus_register_get(r, bytes);
	assert_int_equal(unit_convert(got, r->unit, names[i].unit, &got), ERR_OK);
	double slack = r->type == MODBUS_F32 ? half_digit(expected) : 1e-9;
	if (fabs(got - expected) > slack) {
		fail_msg("%s: %s is %.9g, not %.9g", m->name, name, got, expected);
	}
}

static void check_exchange(const json_t *row)
{
	const char *device = json_string_value(json_object_get(row, "device"));
	struct buf asked = unhex(json_string_value(json_object_get(row, "request_hex")));
	struct buf said = unhex(json_string_value(json_object_get(row, "response_hex")));
	struct modbus_head head;
	struct slice pdu;
	struct modbus_request q;
	struct modbus_pdu again;
	struct modbus_adu adu;
	assert_true(modbus_unwrap(false, buf_slice(&asked), &head, &pdu));
	assert_int_equal(modbus_request_decode(pdu, &q), ERR_OK);
	assert_int_equal(modbus_request_encode(&q, &again), ERR_OK);
	modbus_wrap(&head, &again, &adu);
	assert_int_equal(adu.size, asked.size);
	assert_memory_equal(adu.data, asked.data, asked.size);
	if (said.size) {
		struct modbus_reply reply;
		const struct modbus_map *m = NULL;
		const char *name;
		json_t *value;
		struct modbus_cut c = modbus_cut_rtu_reply(buf_slice(&said));
		assert_int_equal(c.state, MODBUS_CUT_FULL);
		assert_int_equal(c.size, said.size);
		assert_true(modbus_unwrap(false, buf_slice(&said), &head, &pdu));
		assert_int_equal(modbus_reply_decode(pdu, &reply), ERR_OK);
		assert_int_equal(reply.count, q.count);
		for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
			if (strncmp(device, maps[i].device, strlen(maps[i].device)) == 0) {
				struct diag diag;
				if (meter_map_load(maps[i].map, &m, &diag)) {
					fail_msg("%s", diag.text);
				}
			}
		}
		if (!m) {
			fail_msg("no register map for %s", device);
		}
		json_object_foreach((json_t *)json_object_get(row, "decoded"), name, value)
		{
			check_value(m, &q, &reply, name, value);
		}
	}
	buf_fini(&asked);
	buf_fini(&said);
}

/* Every row of the file whose family is `family`; returns how many. */
static int check_file(const char *path, const char *family)
{
	char *line = NULL;
	size_t cap = 0;
	int n = 0;
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	while (getline(&line, &cap, f) > 0) {
		json_t *row = json_loads(line, JSON_ALLOW_NUL, NULL);
		assert_non_null(row);
		if (strcmp(json_string_value(json_object_get(row, "family")), family) == 0) {
			check_exchange(row);
			n++;
		}
		json_decref(row);
	}
	free(line);
	(void)fclose(f);
	return n;
}

static void published_exchanges_decode_through_the_register_maps(void **state)
{
	const char *path = vector_path("electricity.jsonl");
	(void)state;
	NEED_VECTORS(path);
	assert_int_equal(check_file(path, "modbus"), 16);
}

static void captured_karat_frames_decode_through_the_register_map(void **state)
{
	const char *path = vector_path("heat.jsonl");
	(void)state;
	NEED_VECTORS(path);
	assert_int_equal(check_file(path, "karat_compact"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_crc_has_its_catalogued_check_value),
		cmocka_unit_test(requests_are_written_and_read_as_the_protocol_prints_them),
		cmocka_unit_test(replies_are_written_and_read_as_the_protocol_prints_them),
		cmocka_unit_test(lengths_that_contradict_each_other_are_refused),
		cmocka_unit_test(a_frame_is_whole_at_its_last_byte_and_not_before),
		cmocka_unit_test(every_flipped_bit_of_a_frame_is_noticed),
		cmocka_unit_test(a_frame_is_found_behind_noise),
		cmocka_unit_test(a_slave_cuts_requests_by_their_own_lengths),
		cmocka_unit_test(tcp_frames_are_cut_by_their_length_word),
		cmocka_unit_test(published_exchanges_decode_through_the_register_maps),
		cmocka_unit_test(captured_karat_frames_decode_through_the_register_map),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
