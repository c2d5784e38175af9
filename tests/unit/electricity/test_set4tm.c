/*
 * SET-4TM: the published exchanges of vectors/electricity.jsonl, frames and numbers. What the driver makes of
 * a whole meter is tested over its twin in tests/unit/sim.
 */
#include "exchange.h"
#include "proto/set4tm.h"
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void same(struct slice have, struct set4_address address, struct slice body, int line)
{
	struct set4_out out;
	set4_frame(SET4_CRC, address, body, &out);
	if (out.size != have.size || memcmp(out.data, have.data, out.size) != 0) {
		fail_msg("line %d: encoded otherwise", line);
	}
}

static void near(const struct exchange *x, const char *name, double value, double slack)
{
	const json_t *want = json_object_get(x->decoded, name);
	if (json_is_number(want) && !(fabs(json_number_value(want) - value) <= slack)) {
		fail_msg("line %d: %s is %g", x->line, name, value);
	}
}

static void check_time(const struct exchange *x, const char *name, const uint8_t *b)
{
	const char *want = exchange_text(x->decoded, name);
	struct civil c;
	char text[32];
	if (*want && strlen(want) == 19) {
		assert_true(set4_clock(b, &c));
		(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month,
			c.day, c.hour, c.minute, c.second);
		assert_string_equal(text, want);
	}
}

static void check_energies(const struct exchange *x, struct slice body, bool is_masked)
{
	const json_t *constant = json_object_get(x->decoded, "A");
	double worth = 2 * (constant ? json_number_value(constant) : 5000);
	if (is_masked) { /* A+, R1, R4 */
		near(x, "A+_kWh", set4_number(body.data, 4) / worth, 1e-9);
		near(x, "R1_kvarh", set4_number(body.data + 4, 4) / worth, 1e-9);
		near(x, "R4_kvarh", set4_number(body.data + 8, 4) / worth, 1e-9);
		return;
	}
	near(x, "A+_kWh", set4_number(body.data, 4) / worth, 1e-9);
	near(x, "A-_kWh", set4_number(body.data + 4, 4) / worth, 1e-9);
	near(x, "R+_kvarh", set4_number(body.data + 8, 4) / worth, 1e-9);
	near(x, "R-_kvarh", set4_number(body.data + 12, 4) / worth, 1e-9);
}

static void check_parameter(const struct exchange *x, uint8_t number, struct slice body)
{
	struct set4_variant v;
	switch (number) {
	case 0x00: near(x, "serial", set4_number(body.data, 4), 0); break;
	case 0x01: near(x, "T_C", (int8_t)body.data[1], 0); break;
	case 0x02:
		near(x, "Kn", set4_number(body.data, 2), 0);
		near(x, "Kt", set4_number(body.data + 2, 2), 0);
		break;
	case 0x04: near(x, "write_pointer", set4_number(body.data + 5, 2), 0); break;
	case 0x05: near(x, "address", set4_number(body.data, body.size), 0); break;
	case 0x06: near(x, "T_min", body.data[1], 0); break;
	case 0x11:
		/* the document reads 042F47 as 274241; it is 274247 */
		near(x, "P_W_at_Kc1", (set4_number(body.data, 3) & 0x3fffff) / 1000.0, 0.0061);
		near(x, "U2_V", (set4_number(body.data, 3) & 0x3fffff) / 100.0, 1e-9);
		near(x, "U_V", (set4_number(body.data, 3) & 0x3fffff) / 100.0, 1e-9);
		near(x, "K_U31_pct", (set4_number(body.data, 3) & 0x3fffff) / 100.0, 1e-9);
		break;
	case 0x12:
		v = set4_variant(body.data);
		near(x, "A_imp_per_kWh", v.constant, 0);
		near(x, "type_nibble", v.type, 0);
		break;
	case 0x15: near(x, "U_nominal_V", set4_number(body.data, 3) / 100.0, 1e-9); break;
	default: break;
	}
}

static void check_reply(const struct exchange *x, struct slice asked, struct slice body)
{
	struct set4_hour h;
	switch (asked.data[0]) {
	case SET4_TIME:
	case 0x09: /* the extended form */
		check_time(x, "time", body.data);
		check_time(x, "off", body.data);
		if (body.size == 14) {
			check_time(x, "on", body.data + 7);
		}
		break;
	case SET4_ENERGY: check_energies(x, body, false); break;
	case SET4_ENERGY_MORE: check_energies(x, body, asked.data[4] == 0x91); break;
	case SET4_PARAMETER: check_parameter(x, asked.data[1], body); break;
	case SET4_MEMORY:
		if (asked.data[1] == 3) { /* seven bytes of a header, the eighth is not used */
			uint8_t header[8] = {0};
			memcpy(header, body.data, 7);
			assert_true(set4_hour(header, &h));
			assert_true(h.start.year == 2002 && h.start.month == 8 &&
				    h.start.day == 14 && h.start.hour == 14);
			assert_true(!h.is_winter && h.minutes == 2);
		}
		break;
	default: near(x, "status", body.data[0], 0); break;
	}
}

static void check(const struct exchange *x, void *ctx)
{
	struct set4_address to, from;
	struct slice asked, body;
	(void)ctx;
	assert_true(set4_unframe(SET4_CRC, x->request, &to, &asked));
	same(x->request, to, asked, x->line);
	assert_true(set4_unframe(SET4_CRC, x->reply, &from, &body));
	same(x->reply, from, body, x->line);
	assert_int_equal(from.value, to.value);
	check_reply(x, asked, body);
}

static void every_published_exchange_is_understood_and_rebuilt(void **state)
{
	(void)state;
	assert_int_equal(electricity_each("set4tm", check, NULL), 49);
}

static void an_hour_whose_sum_or_date_is_wrong_is_none(void **state)
{
	(void)state;
	/* the maker's example: 14:00 of 14.08.2002, summer, 2 minutes */
	const uint8_t good[8] = {0x14, 0x14, 0x08, 0x02, 0x00, 0x02, 0x34, 0x00};
	const uint8_t zeros[8] = {0};
	struct set4_hour h;
	uint8_t put[8];
	assert_true(set4_hour(good, &h));
	set4_hour_put(&h, put);
	assert_memory_equal(put, good, 7);
	assert_false(set4_hour(zeros, &h)); /* their sum is right */
	for (int bit = 0; bit < 56; bit++) {
		uint8_t bad[8];
		memcpy(bad, good, sizeof(bad));
		bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(set4_hour(bad, &h));
	}
}

static void an_extended_address_is_five_bytes(void **state)
{
	(void)state;
	const struct set4_address address = {true, 0x11223344};
	const uint8_t body[] = {SET4_PARAMETER, 0x00};
	struct set4_address back;
	struct slice got;
	struct set4_out out;
	set4_frame(SET4_CRC, address, SLICE(body), &out);
	assert_int_equal(out.size, 9);
	assert_memory_equal(out.data, ((uint8_t[]){0xfc, 0x11, 0x22, 0x33, 0x44}), 5);
	assert_true(set4_unframe(SET4_CRC, (struct slice){out.data, out.size}, &back, &got));
	assert_true(back.is_extended && back.value == address.value && got.size == 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_exchange_is_understood_and_rebuilt),
		cmocka_unit_test(an_hour_whose_sum_or_date_is_wrong_is_none),
		cmocka_unit_test(an_extended_address_is_five_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
