/*
 * M-Bus heat meters of vectors/heat.jsonl: the request is the one the driver sends, the reply decodes to the
 * values noted beside it. Whole conversations: tests/rec/mbus_*.rec.
 */
#include "exchange.h"
#include "proto/mbus.h"

#include <math.h>

/* The first record with this VIF. */
static bool find(const struct mbus_message *m, uint8_t vif, struct mbus_record *ret)
{
	struct mbus_cursor cur = mbus_records(m);
	while (mbus_next(&cur, ret, NULL) == ERR_OK) {
		if (ret->vib[0] == vif) {
			return true;
		}
	}
	return false;
}

static void must_be(const struct exchange *x, const struct mbus_message *m, uint8_t vif,
	const char *name, enum unit unit)
{
	struct mbus_record r;
	double wanted = json_number_value(json_object_get(x->decoded, name));
	if (!find(m, vif, &r) || r.unit != unit || fabs(r.value - wanted) > 1e-9) {
		fail_msg("%s: no %g", name, wanted);
	}
}

static void check_teplouchet(const struct exchange *x, void *ctx)
{
	struct mbus_out out;
	struct mbus_frame f;
	struct mbus_message m;
	struct mbus_record r;
	char text[MBUS_TIME_CAP];
	(void)ctx;
	struct slice request = mbus_short(
		&out, MBUS_REQ_UD2 | MBUS_FCV | MBUS_FCB, MBUS_ADDRESS_ANY);
	assert_int_equal(request.size, x->request.size);
	assert_memory_equal(request.data, x->request.data, request.size);
	assert_int_equal(mbus_frame_decode(x->reply, &f, NULL), ERR_OK);
	assert_int_equal(mbus_message_decode(&f, &m, NULL), ERR_OK);
	assert_string_equal(m.header.id, exchange_text(x->decoded, "secondary_id"));
	assert_int_equal(m.header.maker, 0x0693);
	assert_int_equal(
		m.header.version, json_integer_value(json_object_get(x->decoded, "version")));
	assert_int_equal(
		m.header.medium, json_integer_value(json_object_get(x->decoded, "medium")));
	must_be(x, &m, 0x06, "energy_kWh", UNIT_KWH);
	must_be(x, &m, 0x16, "volume_m3", UNIT_M3);
	must_be(x, &m, 0x22, "on_time_h", UNIT_H);
	must_be(x, &m, 0x59, "t_flow", UNIT_DEGC);
	must_be(x, &m, 0x5d, "t_return", UNIT_DEGC);
	must_be(x, &m, 0x61, "dt_K", UNIT_K);
	assert_true(find(&m, 0x6c, &r));
	assert_int_equal(r.slot.storage, 1);
	assert_string_equal(
		mbus_time_text(text, &r.time), exchange_text(x->decoded, "date_storage1"));
}

static void the_frame_of_a_teplouchet_is_read(void **state)
{
	(void)state;
	assert_int_equal(heat_each("teplouchet_mbus", check_teplouchet, NULL), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_frame_of_a_teplouchet_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
