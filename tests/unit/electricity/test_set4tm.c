/*
 * SET-4TM, PSCH, SEB: every published exchange of vectors/electricity.jsonl, and the driver over the
 * simulated meters.
 *
 * Of the exchanges these are rebuilt and not read: limits (08 15), line settings (08 17), the frozen time
 * (08 19), floats (08 1B), maxima (08 1C), loss resistance, prepayment and rate of the clock (08 1E, 20, 21),
 * the search of headers (03 28, 08 18): the driver has no use for them. One is slipped in print: 04 2F 47 is
 * 274247, not 274241.
 */
#include "decode_cli.h"
#include "exchange.h"
#include "proto/set4tm.h"
#include "test.h"
#include "twin.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- every published exchange ---- */

static void same(struct slice have, struct set4_address address, struct slice body, int line)
{
	struct set4_out out;
	set4_frame(SET4_CRC, address, body, &out);
	if (out.size != have.size || memcmp(out.data, have.data, out.size) != 0) {
		fail_msg("line %d: encoded otherwise", line);
	}
}

static double number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	return json_is_number(v) ? json_number_value(v) : NAN;
}

static void check_civil(const struct civil *c, const char *want)
{
	char text[32];
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d", c->year, c->month,
		c->day, c->hour, c->minute, c->second);
	assert_memory_equal(text, want, strlen(want));
}

static bool check_energies(const json_t *o, const uint8_t *request, struct slice d)
{
	static const char *const names[] = {"A+_kWh", "A-_kWh", "R+_kvarh", "R-_kvarh", "R1_kvarh",
		"R2_kvarh", "R3_kvarh", "R4_kvarh"};
	unsigned mask = request[0] == SET4_ENERGY ? 0x0f : request[4];
	size_t at = 0;
	for (int i = 0; i < SET4_ENERGIES; i++) {
		double want = number(o, names[i]);
		if (mask >> i & 1) {
			double v = set4_number(d.data + at, 4) / (2.0 * 5000);
			assert_true(isnan(want) || fabs(v - want) < 1e-9);
			at += 4;
		}
	}
	assert_int_equal(at, d.size);
	return true;
}

static bool check_instant(const json_t *o, struct slice d)
{
	static const struct {
		const char *name;
		double divisor;
	} rows[] = {{"P_W_at_Kc1", 1000}, {"U2_V", 100}, {"U_V", 100}, {"K_U31_pct", 100}};
	struct set4_value v = set4_value(d.data);
	const char *flags = exchange_text(o, "quadrant_flags");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double want = number(o, rows[i].name);
		want = v.raw == 0x042f47 && want == 274.241 ? 274.247 : want; /* see above */
		assert_true(isnan(want) || fabs(v.raw / rows[i].divisor - want) < 1e-9);
	}
	assert_true(!*flags || (v.is_reverse == (flags[0] == '1') &&
				       v.is_reactive_reverse == (flags[1] == '1')));
	return true;
}

static bool check_group(const json_t *o, struct slice d)
{
	static const char *const powers[] = {"sum", "L1", "L2", "L3"};
	static const char *const lines[] = {"first(dup)", "12", "23", "31"};
	const json_t *p = json_object_get(o, "P_W"), *u = json_object_get(o, "U_line_V");
	for (int i = 0; i < 4; i++) {
		double v = set4_value(d.data + 3 * i).raw / (p ? 1000.0 : 100.0);
		assert_true(fabs(v - number(p ? p : u, p ? powers[i] : lines[i])) < 1e-9);
	}
	return true;
}

static bool check_variant(const json_t *o, struct slice d)
{
	struct set4_variant v = set4_variant(d.data);
	char text[16];
	(void)snprintf(text, sizeof(text), "%02X %02X %02X", d.data[0], d.data[1], d.data[2]);
	assert_string_equal(text, exchange_text(o, "variant"));
	if (json_object_get(o, "A_imp_per_kWh")) {
		assert_int_equal(v.constant, (int)number(o, "A_imp_per_kWh"));
		assert_int_equal(v.type, (int)number(o, "type_nibble"));
		assert_int_equal(v.kc, 2); /* of 120 to 230 V and 5 A */
		assert_int_equal(v.ci, 1);
		assert_false(v.is_one_phase);
	}
	return true;
}

static bool check_pointer(const json_t *o, struct slice d)
{
	struct set4_pointer p;
	assert_true(set4_pointer(d.data, &p));
	check_civil(&p.start, exchange_text(o, "slice_start"));
	assert_int_equal(p.at, (int)number(o, "write_pointer"));
	assert_int_equal(p.has_wrapped, (int)number(o, "overflow"));
	return true;
}

static bool check_parameter(const json_t *o, const uint8_t *request, struct slice d)
{
	char text[24];
	switch (request[1]) {
	case 0x00:
		assert_int_equal(set4_number(d.data, 4), (int)number(o, "serial"));
		(void)snprintf(
			text, sizeof(text), "20%02x-%02x-%02x", d.data[6], d.data[5], d.data[4]);
		assert_string_equal(text, exchange_text(o, "made"));
		return true;
	case 0x01: assert_int_equal((int8_t)d.data[1], (int)number(o, "T_C")); return true;
	case 0x02:
		assert_int_equal(set4_number(d.data, 2), (int)number(o, "Kn"));
		assert_int_equal(set4_number(d.data + 2, 2), (int)number(o, "Kt"));
		return true;
	case 0x03:
		(void)snprintf(
			text, sizeof(text), "%02x.%02x.%02x", d.data[0], d.data[1], d.data[2]);
		assert_string_equal(text, exchange_text(o, "fw"));
		return true;
	case 0x04: return check_pointer(o, d);
	case 0x05:
		assert_int_equal(d.size > 2 ? set4_number(d.data, 4) : d.data[1],
			(int)number(o, d.size > 2 ? "ext_address" : "address"));
		return true;
	case 0x06: assert_int_equal(d.data[1], (int)number(o, "T_min")); return true;
	case 0x0a: assert_int_equal(d.size, 5); return true;
	case 0x11: return check_instant(o, d);
	case 0x12: return check_variant(o, d);
	case 0x16: return check_group(o, d);
	default: return false;
	}
}

static bool check_time(const json_t *o, const uint8_t *request, struct slice d)
{
	struct civil c;
	uint8_t again[7];
	assert_true(set4_clock(d.data, &c));
	if (request[1]) {
		check_civil(&c, exchange_text(o, "off"));
		assert_true(set4_clock(d.data + 7, &c));
		check_civil(&c, exchange_text(o, "on"));
		return true;
	}
	check_civil(&c, exchange_text(o, "time"));
	set4_clock_put(&c, again);
	assert_memory_equal(again, d.data, sizeof(again)); /* the weekday, too */
	return true;
}

static bool check_memory(const json_t *o, struct slice d)
{
	struct set4_hour h;
	if (!json_object_get(o, "profile_header")) {
		assert_int_equal(d.size, (int)number(o, "n"));
		return true;
	}
	uint8_t header[SET4_SLICE] = {0}, again[SET4_SLICE];
	memcpy(header, d.data, 7); /* the example leaves out the last byte */
	assert_true(set4_hour(header, &h));
	check_civil(&h.start, exchange_text(o, "profile_header"));
	assert_int_equal(h.minutes, (int)number(o, "T_min"));
	assert_false(h.is_winter);
	set4_hour_put(&h, again);
	assert_memory_equal(again, header, sizeof(again));
	return true;
}

static void check(const struct exchange *x, void *ctx)
{
	struct set4_address to, from;
	struct slice q, d;
	bool is_read = true;
	int *unread = ctx;
	assert_true(set4_unframe(SET4_CRC, x->request, &to, &q));
	same(x->request, to, q, x->line);
	assert_true(set4_unframe(SET4_CRC, x->reply, &from, &d));
	same(x->reply, from, d, x->line);
	assert_int_equal(from.value, to.value);
	switch (q.data[0]) {
	case SET4_TEST:
	case SET4_OPEN:
	case SET4_CLOSE:
	case SET4_WRITE: {
		double want = number(x->decoded, "status");
		assert_int_equal(d.size, 1);
		assert_true(isnan(want) || d.data[0] == (int)want);
		break;
	}
	case SET4_TIME:
	case SET4_JOURNAL: is_read = check_time(x->decoded, q.data, d); break;
	case SET4_ENERGY:
	case SET4_ENERGY_MORE: is_read = check_energies(x->decoded, q.data, d); break;
	case SET4_MEMORY: is_read = check_memory(x->decoded, d); break;
	default: is_read = check_parameter(x->decoded, q.data, d); break;
	}
	*unread += !is_read;
}

static void every_published_exchange_is_understood_and_rebuilt(void **state)
{
	int unread = 0;
	(void)state;
	assert_int_equal(electricity_each("set4tm", check, &unread), 49);
	assert_int_equal(unread, 12); /* parameters nobody reads: see above */
}

static void checksum_and_numbers_of_the_worked_examples(void **state)
{
	static const uint8_t crc[] = {0x05, 0x00, 0x02, 0xe0}, ks[] = {0x05, 0x00, 0xfa};
	static const uint8_t test[] = {SET4_TEST};
	struct set4_address five = {false, 5};
	struct set4_out out;
	(void)state;
	set4_frame(SET4_CRC, five, SLICE(test), &out);
	assert_int_equal(out.size, sizeof(crc));
	assert_memory_equal(out.data, crc, sizeof(crc));
	set4_frame(SET4_KS, five, SLICE(test), &out);
	assert_int_equal(out.size, sizeof(ks));
	assert_memory_equal(out.data, ks, sizeof(ks));
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

/* ---- the command ---- */

/* Parameters no driver has a use for - limits, maxima, settings of the port, frozen and float values, a search
 * by the meter -, and memory 2, the tables of tariffs. */
static bool is_unexplained(struct slice request)
{
	static const uint8_t parameters[] = {0x15, 0x17, 0x18, 0x19, 0x1b, 0x1c, 0x1e, 0x20, 0x21};
	uint8_t command = request.data[1], number = request.data[2];
	return command == SET4_MEMORY ?
		       number == 2 :
		       command == SET4_PARAMETER && memchr(parameters, number, sizeof(parameters));
}

static void explain(const struct exchange *x, void *ctx)
{
	char request[64], reply[128], arguments[128];
	(void)ctx;
	exchange_to_hex(x->request, request, sizeof(request));
	exchange_to_hex(x->reply, reply, sizeof(reply));
	(void)snprintf(arguments, sizeof(arguments), "set4tm --request %s -", request);
	const struct decode_result *r = decode_run(arguments, reply);
	assert_int_equal(r->code, 0);
	if (is_unexplained(x->request) != (strstr(r->out, "not known") != NULL)) {
		fail_msg("line %d: %s", x->line, r->out);
	}
	const char *serial = exchange_text(x->decoded, "made");
	assert_true(!*serial || strstr(r->out, serial));
	if (json_is_object(json_object_get(x->decoded, "P_W"))) {
		assert_non_null(strstr(r->out, "49.708 W"));
	}
	if (json_object_get(x->decoded, "U_line_V")) {
		assert_non_null(strstr(r->out, "99.99 V"));
	}
}

static void the_command_explains_every_published_reply(void **state)
{
	(void)state;
	assert_int_equal(electricity_each("set4tm", explain, NULL), 49);
}

/* ---- the driver over what the maker prints ---- */

struct script {
	uint8_t request[8], reply[20];
	size_t request_n, reply_n;
};

static struct script pages[64];
static int pages_n;

static void learn_page(const struct exchange *x, void *ctx)
{
	struct set4_address a;
	struct slice q, d;
	(void)ctx;
	if (!set4_unframe(SET4_CRC, x->request, &a, &q) || a.value != 5 ||
		!set4_unframe(SET4_CRC, x->reply, &a, &d) || q.size > 8 || d.size > 20) {
		return;
	}
	struct script *s = &pages[pages_n++];
	memcpy(s->request, q.data, s->request_n = q.size);
	memcpy(s->reply, d.data, s->reply_n = d.size);
}

/* Answers what is printed; all other energies are zero, all else is not allowed. */
static bool answer_page(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	static const uint8_t illegal[] = {SET4_ILLEGAL}, zeros[16] = {0};
	struct set4_address a;
	struct set4_out out;
	struct slice q;
	(void)d;
	(void)now_us;
	if (!set4_unframe(SET4_CRC, request, &a, &q)) {
		return false;
	}
	struct slice body = q.data[0] == SET4_ENERGY ? SLICE(zeros) : SLICE(illegal);
	for (int i = 0; i < pages_n; i++) {
		const struct script *s = &pages[i];
		if (s->request_n == q.size && memcmp(s->request, q.data, q.size) == 0) {
			body = (struct slice){s->reply, s->reply_n};
		}
	}
	set4_frame(SET4_CRC, a, body, &out);
	buf_put(reply, out.data, out.size);
	return true;
}

static void what_the_maker_prints_comes_out_of_the_driver(void **state)
{
	static struct sim_protocol book;
	struct twin w;
	int64_t utc;
	(void)state;
	pages_n = 0;
	(void)electricity_each("set4tm", learn_page, NULL);
	book = sim_set4tm;
	book.answer = answer_page;
	twin_new(&w, "set4tm_03m");
	w.device.protocol = &book;
	twin_open(&w, "address=5 constant=5000", TWIN_NOW);
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	twin_expect(&w, "active_energy.t2", 0, 1.0001, 1e-9);
	twin_expect(&w, "reactive_energy.t2", 0, 0.5001, 1e-9);
	twin_expect(&w, "reactive_energy_export.t2", 0, 0.0101, 1e-9);
	twin_expect(&w, "active_power", 0, 149.539, 1e-9);
	twin_expect(&w, "active_power.l2", 0, 49.708, 1e-9);
	twin_expect(&w, "voltage.l12", 0, 100.11, 1e-9);
	twin_expect(&w, "voltage.l31", 0, 99.99, 1e-9);
	twin_expect(&w, "temperature", 0, -2, 1e-9); /* the later of two examples */
	twin_expect(&w, "ratio_voltage", 0, 1, 1e-9);
	twin_must(&w, w.driver->read_clock(w.talk, &utc));
	assert_int_equal(utc, 1030966231); /* 15:30:31 of 2 September 2002, summer time in Moscow */
	twin_close(&w);
}

/* ---- the driver over simulated meters ---- */

static void the_checksum_is_learnt_from_the_link_test(void **state)
{
	static const char *const kinds[] = {"set4tm_02", "set4tm_03m", "psch4tm_05"};
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct identity who;
		struct twin w;
		twin_new(&w, kinds[i]);
		twin_open(&w, "address=5", TWIN_NOW);
		twin_must(&w, w.driver->identify(w.talk, &who));
		assert_string_equal(who.serial, "410023");
		twin_close(&w);
	}
}

static void a_meter_answers_to_its_number(void **state)
{
	struct identity who;
	struct twin w;
	(void)state;
	twin_new(&w, "set4tm_03m");
	twin_open(&w, "address=410023", TWIN_NOW);
	twin_must(&w, w.driver->identify(w.talk, &who));
	assert_string_equal(who.address, "address=410023");
	twin_close(&w);
	twin_new(&w, "set4tm_03m");
	twin_open(&w, "address=410024", TWIN_NOW);
	assert_int_equal(w.driver->identify(w.talk, &who), ERR_TIMEOUT);
	twin_close(&w);
}

static void a_password_that_is_wrong_is_said_to_be(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "set4tm_03m");
	twin_open(&w, "address=5 password=123456", TWIN_NOW);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_DENIED);
	twin_close(&w);
	twin_new(&w, "set4tm_03m");
	twin_open(&w, "address=5 password=303030303030", TWIN_NOW); /* the same six characters */
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	twin_close(&w);
	twin_new(&w, "set4tm_03m");
	twin_open(&w, "address=5 password=12345", TWIN_NOW);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_INVAL);
	twin_close(&w);
}

static void the_clock_is_corrected_by_a_reader_and_set_by_the_owner(void **state)
{
	struct twin w;
	int64_t utc;
	(void)state;
	twin_new(&w, "set4tm_03m");
	w.device.clock_offset_s = 600 + 40; /* ten minutes behind the hour: 09:10:40 */
	twin_open(&w, "address=5 password=111111", TWIN_NOW);
	twin_must(&w, w.driver->set_clock(w.talk, TWIN_NOW + 600));
	twin_must(&w, w.driver->read_clock(w.talk, &utc));
	assert_int_equal(utc, TWIN_NOW + 600);
	/* once a day; more is the owner's */
	assert_int_equal(w.driver->set_clock(w.talk, TWIN_NOW), ERR_DENIED);
	twin_close(&w);
	twin_new(&w, "set4tm_03m");
	w.device.clock_offset_s = 600;
	twin_open(&w, "address=5 password=111111 password2=000000", TWIN_NOW);
	twin_must(&w, w.driver->set_clock(w.talk, TWIN_NOW));
	twin_must(&w, w.driver->read_clock(w.talk, &utc));
	assert_int_equal(utc, TWIN_NOW);
	twin_close(&w);
}

/* A twin whose replies are changed on their way; `replies` counts. */
static struct sim_protocol changed;
static int replies, stubborn;
enum change {
	AS_IT_IS,
	ASKS_AGAIN,  /* `stubborn` times: repeat within half a second */
	TWO_MORE,    /* two bytes behind the number of a reply to 0C */
	NO_JOURNAL,  /* not allowed */
	FULL_JOURNAL /* ten cuts on 9 January, after what is asked for */
};
static enum change change;

static bool answer_changed(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	uint8_t body[SET4_FRAME_MAX];
	struct set4_address a;
	struct set4_out out;
	struct slice q, r;
	size_t before = reply->size;
	if (!sim_set4tm.answer(d, request, now_us, reply)) {
		return false;
	}
	assert_true(set4_unframe(SET4_CRC, request, &a, &q));
	assert_true(set4_unframe(
		SET4_CRC, (struct slice){reply->data + before, reply->size - before}, &a, &r));
	bool is_journal = q.data[0] == SET4_TIME && q.data[1] >> 4 == 1 && r.size > 1;
	memcpy(body, r.data, r.size);
	size_t n = r.size;
	replies++;
	if (change == ASKS_AGAIN && q.data[0] == SET4_ENERGY_MORE && stubborn-- > 0) {
		body[0] = SET4_REPEAT;
		n = 1;
	} else if (change == TWO_MORE && q.data[0] == SET4_MEMORY_MORE && n > 1) {
		memmove(body + 3, body + 1, n - 1);
		n += 2;
	} else if (change == NO_JOURNAL && is_journal) {
		body[0] = SET4_ILLEGAL;
		n = 1;
	} else if (change == FULL_JOURNAL && is_journal) {
		struct civil off = {2025, 1, 9, 10, q.data[1] & 15, 0}, on = off;
		on.second = 30;
		set4_clock_put(&off, body);
		set4_clock_put(&on, body + 7);
	}
	set4_frame(SET4_CRC, a, (struct slice){body, n}, &out);
	reply->size = before;
	buf_put(reply, out.data, out.size);
	return true;
}

static void open_changed(struct twin *w, const char *family, enum change what)
{
	twin_new(w, family);
	changed = sim_set4tm;
	changed.answer = answer_changed;
	change = what;
	replies = 0;
	w->device.protocol = &changed;
}

static void a_meter_that_asks_to_be_asked_again_is_but_not_for_ever(void **state)
{
	struct twin w;
	(void)state;
	stubborn = 2;
	open_changed(&w, "set4tm_03m", ASKS_AGAIN);
	twin_open(&w, "address=5", TWIN_NOW);
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	twin_expect(&w, "active_energy", 0, twin_reading(QUANTITY_ACTIVE_ENERGY, TWIN_NOW), 4e-4);
	assert_non_null(twin_sample(&w, "reactive_energy_q1", 0));
	assert_non_null(twin_sample(&w, "active_energy.t8", 0));
	twin_close(&w);
	stubborn = 1000;
	open_changed(&w, "set4tm_03m", ASKS_AGAIN);
	twin_open(&w, "address=5", TWIN_NOW);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_BUSY);
	assert_in_range(replies, 4, 12);
	twin_close(&w);
}

#define OFF (TWIN_NOW - 20 * TWIN_DAY + 600)             /* 21 December, 09:10 in Moscow */
#define ON  (TWIN_NOW - 20 * TWIN_DAY + 5 * 3600 + 2400) /* 14:40 */

static enum quality_class class_at(const struct twin *w, int64_t utc)
{
	const struct sample *s = twin_sample(w, "active_energy", utc);
	return s ? quality_class(s->quality) : QUALITY_MISSING;
}

/* The half-hours around five hours and a half without power: as many as were counted are measured. */
static void check_cut(struct twin *w, const char *params)
{
	int64_t first = OFF - 600, last = ON - 600;
	double rate = twin_rate(QUANTITY_ACTIVE_ENERGY);
	w->device.off_from_utc = OFF;
	w->device.off_till_utc = ON;
	twin_open(w, params, TWIN_NOW);
	twin_must(w, twin_read(w, PERIOD_HALF_HOUR, first - TWIN_DAY, last + TWIN_DAY));
	for (int64_t t = first - TWIN_DAY; t < last + TWIN_DAY; t += 1800) {
		bool is_cut = t + 1800 > OFF && t < ON;
		bool is_known = t == first || t == last;
		assert_int_equal(class_at(w, t), is_known ? QUALITY_PARTIAL :
						 is_cut   ? QUALITY_MISSING :
							    QUALITY_MEASURED);
		if (!is_cut) {
			twin_expect(w, "active_energy", t, rate / 2, 4.1e-4);
		}
	}
	twin_expect(w, "active_energy", first, rate / 6, 4.1e-4);
	twin_expect(w, "active_energy", last, rate / 3, 4.1e-4);
	twin_close(w);
}

static void zeros_of_a_power_cut_are_never_nothing_consumed(void **state)
{
	static const enum change changes[] = {AS_IT_IS, NO_JOURNAL, TWO_MORE};
	struct twin w;
	(void)state;
	for (int i = 0; i < 3; i++) {
		open_changed(&w, "set4tm_03m", changes[i]);
		check_cut(&w, "address=5");
		open_changed(&w, "psch4tm_05", changes[i]); /* does not mark them */
		check_cut(&w, "address=5");
	}
	twin_new(&w, "set4tm_02");
	check_cut(&w, "address=5 check=ks");
}

static double nothing_at(const struct sim_source *s, enum quantity q, int64_t utc_us)
{
	(void)s;
	(void)utc_us;
	return q == QUANTITY_ACTIVE_ENERGY ? 1000 : NAN;
}

/* The journal says that there was no cut; where it does not reach, nobody can say. */
static void nothing_consumed_is_believed_where_the_journal_reaches(void **state)
{
	static const struct sim_source idle = {.at = nothing_at};
	(void)state;
	for (enum change what = AS_IT_IS; what <= FULL_JOURNAL; what++) {
		struct twin w;
		int64_t t = TWIN_NOW - 5 * TWIN_DAY;
		open_changed(&w, "psch4tm_05", what);
		w.device.source = &idle;
		twin_open(&w, "address=5", TWIN_NOW);
		twin_must(&w, twin_read(&w, PERIOD_HALF_HOUR, t, t + 1800));
		bool is_known = what != NO_JOURNAL && what != FULL_JOURNAL;
		assert_int_equal(class_at(&w, t), is_known ? QUALITY_MEASURED : QUALITY_PARTIAL);
		twin_expect(&w, "active_energy", t, 0, 1e-9);
		twin_close(&w);
	}
}

static void an_older_meter_gives_what_was_consumed(void **state)
{
	struct twin w;
	int64_t midnight = TWIN_NOW - 9 * TWIN_HOUR;
	(void)state;
	twin_new(&w, "set4tm_02");
	twin_open(&w, "address=5", TWIN_NOW);
	twin_must(&w, twin_read(&w, PERIOD_DAY, midnight - 3 * TWIN_DAY, midnight));
	assert_int_equal(twin_count(&w, "active_energy"), 1); /* yesterday */
	const struct sample *s = twin_sample(&w, "active_energy", midnight - TWIN_DAY);
	assert_non_null(s);
	assert_int_equal(s->form, FORM_AMOUNT);
	assert_true(fabs(s->value - 24 * twin_rate(QUANTITY_ACTIVE_ENERGY)) < 1.1e-4);
	int64_t december = midnight - 40 * TWIN_DAY; /* 1 December 2024 */
	twin_must(&w, twin_read(&w, PERIOD_MONTH, december, december + 31 * TWIN_DAY));
	twin_expect(
		&w, "active_energy", december, 31 * 24 * twin_rate(QUANTITY_ACTIVE_ENERGY), 1.1e-4);
	assert_int_equal(w.driver->depth(w.talk).days, 1);
	twin_close(&w);
}

static void days_begin_with_a_reading_and_the_later_of_two_dates_is_meant(void **state)
{
	struct twin w;
	int64_t march = 1741986000; /* 15 March 2025, 00:00 in Moscow */
	(void)state;
	twin_new(&w, "set4tm_03m");
	twin_open(&w, "address=5", march + 9 * TWIN_HOUR);
	twin_must(&w, twin_read(&w, PERIOD_DAY, march - 40 * TWIN_DAY, march));
	/* 28 numbers: the 14th and 15th of February are hidden behind those of March */
	assert_int_equal(twin_count(&w, "active_energy"), 28);
	for (int back = 0; back < 28; back++) {
		int64_t at = march - back * TWIN_DAY;
		twin_expect(
			&w, "active_energy", at, twin_reading(QUANTITY_ACTIVE_ENERGY, at), 4.1e-4);
	}
	twin_close(&w);
}

/* Registers that are all zero: the record was never written. */
static void a_month_before_the_meter_was_fitted_has_no_reading(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "set4tm_03m");
	w.device.born_utc = TWIN_NOW - 45 * TWIN_DAY;
	twin_open(&w, "address=5", TWIN_NOW);
	twin_must(&w, twin_read(&w, PERIOD_MONTH, TWIN_NOW - 300 * TWIN_DAY, TWIN_NOW));
	assert_int_equal(twin_count(&w, "active_energy"), 2); /* December and January begin */
	twin_close(&w);
}

static void parameters_that_mean_nothing_are_named(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "set4tm_03m");
	twin_open(&w, "address=5 check=none", TWIN_NOW);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_INVAL);
	assert_non_null(strstr(talk_diag(w.talk)->text, "check"));
	twin_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_exchange_is_understood_and_rebuilt),
		cmocka_unit_test(checksum_and_numbers_of_the_worked_examples),
		cmocka_unit_test(an_hour_whose_sum_or_date_is_wrong_is_none),
		cmocka_unit_test(an_extended_address_is_five_bytes),
		cmocka_unit_test(the_command_explains_every_published_reply),
		cmocka_unit_test(what_the_maker_prints_comes_out_of_the_driver),
		cmocka_unit_test(the_checksum_is_learnt_from_the_link_test),
		cmocka_unit_test(a_meter_answers_to_its_number),
		cmocka_unit_test(a_password_that_is_wrong_is_said_to_be),
		cmocka_unit_test(the_clock_is_corrected_by_a_reader_and_set_by_the_owner),
		cmocka_unit_test(a_meter_that_asks_to_be_asked_again_is_but_not_for_ever),
		cmocka_unit_test(zeros_of_a_power_cut_are_never_nothing_consumed),
		cmocka_unit_test(nothing_consumed_is_believed_where_the_journal_reaches),
		cmocka_unit_test(an_older_meter_gives_what_was_consumed),
		cmocka_unit_test(days_begin_with_a_reading_and_the_later_of_two_dates_is_meant),
		cmocka_unit_test(a_month_before_the_meter_was_fitted_has_no_reading),
		cmocka_unit_test(parameters_that_mean_nothing_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
