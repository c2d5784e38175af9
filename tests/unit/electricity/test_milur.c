/*
 * Milur: every exchange of vectors/electricity.jsonl (test data of another implementation, not captures), and the
 * driver over the simulated Milur 107.
 *
 * Exception: the reactive energy of object 127 (F0 D8 FF FF) is no decimal number; it must be none.
 */
#include "exchange.h"
#include "proto/milur.h"
#include "test.h"
#include "twin.h"

/* ---- every published exchange ---- */

static void same(struct slice have, const struct milur_out *o, int line)
{
	if (o->size != have.size || memcmp(o->data, have.data, o->size) != 0) {
		fail_msg("line %d: encoded otherwise", line);
	}
}

static void check_value(const struct milur_frame *r, const struct exchange *x)
{
	static const struct {
		const char *name;
		double divisor;
		bool is_signed;
	} rows[] = {{"U_V", 1000, false}, {"I_A", 1000, true}, {"P_or_Q", 100, true},
		{"F_Hz", 1000, false}};
	const json_t *energy = json_object_get(x->decoded, "A_kWh");
	if (energy) {
		assert_true(fabs((double)milur_digits(r->data.data) / 100 -
				    json_number_value(energy)) < 0.001);
		return;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const json_t *v = json_object_get(x->decoded, rows[i].name);
		if (v) {
			double have = (double)milur_number(
					      r->data.data, r->data.size, rows[i].is_signed) /
				      rows[i].divisor;
			assert_true(fabs(have - json_number_value(v)) < 0.0005);
			return;
		}
	}
	assert_int_equal(r->object, 127);
	assert_int_equal(milur_digits(r->data.data), -1);
}

static void check(const struct exchange *x, void *ctx)
{
	unsigned width = x->request.data[0] == 0xff ? 1 : 4;
	struct milur_frame q, r;
	struct milur_out out;
	(void)ctx;
	assert_true(milur_request_get(width, x->request, &q));
	milur_request(width, q.address, q.function, q.data, &out);
	same(x->request, &out, x->line);
	assert_int_equal(milur_cut(width, x->reply, &r), x->reply.size);
	milur_reply(width, &r, &out);
	same(x->reply, &out, x->line);
	assert_true(r.address == q.address && (r.function & 0x7f) == q.function);
	const json_t *code = json_object_get(x->decoded, "exception");
	if (code) {
		assert_int_equal(r.function, q.function | 0x80);
		assert_int_equal(r.object, json_integer_value(code));
	} else if (q.function == MILUR_OPEN) {
		assert_int_equal(r.object, 1);
	} else {
		assert_int_equal(r.object, json_integer_value(json_object_get(x->decoded, "reg")));
		check_value(&r, x);
	}
}

static void every_published_exchange_is_understood_and_rebuilt(void **state)
{
	(void)state;
	assert_int_equal(electricity_each("milur", check, NULL), 15);
}

/* ---- the driver ---- */

static void open_meter(struct twin *w, const char *params)
{
	twin_new(w, "milur107");
	twin_open(w, params, TWIN_NOW);
}

static void energies_come_over_a_session_opened_when_the_meter_wants_it(void **state)
{
	struct twin w;
	int64_t day = TWIN_NOW - 9 * TWIN_HOUR; /* midnight of 10 January in Moscow */
	(void)state;
	open_meter(&w, "address=5 long_address=yes");
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	twin_expect(&w, "active_energy", 0, twin_reading(QUANTITY_ACTIVE_ENERGY, TWIN_NOW), 0.005);
	twin_must(&w, twin_read(&w, PERIOD_DAY, day - 3 * TWIN_DAY, day));
	for (int k = 0; k < 3; k++) {
		int64_t at = day - k * TWIN_DAY;
		twin_expect(
			&w, "active_energy", at, twin_reading(QUANTITY_ACTIVE_ENERGY, at), 0.005);
	}
	twin_close(&w);
}

static void what_half_hours_hold_is_not_guessed(void **state)
{
	struct twin w;
	int64_t from = TWIN_NOW - TWIN_DAY;
	(void)state;
	open_meter(&w, "address=5 long_address=yes");
	assert_int_equal(twin_read(&w, PERIOD_HALF_HOUR, from, TWIN_NOW), ERR_UNSUPP);
	assert_false(w.driver->caps_of(w.talk) & CAP_ARCHIVE_HALF_HOUR);
	twin_close(&w);
	for (int i = 0; i < 2; i++) { /* the first half-hour, by its start */
		open_meter(&w, i ? "address=5 long_address=yes profile_unit=power" :
				   "address=5 long_address=yes profile_unit=energy");
		twin_must(&w, twin_read(&w, PERIOD_HALF_HOUR, from, TWIN_NOW));
		twin_expect(&w, "active_energy", from, i ? 0.3125 : 0.625, 0.0002);
		twin_expect(&w, "active_energy", TWIN_NOW - 1800, i ? 0.3125 : 0.625, 0.0002);
		twin_close(&w);
	}
}

static void a_wrong_password_is_a_refusal_in_words(void **state)
{
	struct twin w;
	(void)state;
	open_meter(&w, "address=5 long_address=yes password=000000000000");
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_DENIED);
	assert_non_null(strstr(talk_diag(w.talk)->text, "password"));
	twin_close(&w);
	open_meter(&w, "address=5 long_address=yes password=12");
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_INVAL);
	twin_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_exchange_is_understood_and_rebuilt),
		cmocka_unit_test(energies_come_over_a_session_opened_when_the_meter_wants_it),
		cmocka_unit_test(what_half_hours_hold_is_not_guessed),
		cmocka_unit_test(a_wrong_password_is_a_refusal_in_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
