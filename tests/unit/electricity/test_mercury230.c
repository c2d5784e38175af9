/*
 * Mercury 230 family: every published exchange of vectors/electricity.jsonl.
 *
 * Expectations: the values printed in the maker's document or by other implementations beside the bytes,
 * and the frame of a concentrator from a log.
 * Exceptions, whose requests are rebuilt but whose replies nothing here reads: harmonics and
 * temperature (08 11 6x, 70), rules of summer time (08 07), maxima (08 0D). "L2_Wh" of one line repeats
 * L1's value; its bytes are others.
 */
#include "decode_cli.h"
#include "exchange.h"
#include "proto/bcd.h"
#include "proto/mercury230.h"
#include "test.h"

#include <math.h>
#include <stdio.h>

struct checked {
	const struct exchange *x;
	struct slice d; /* of the reply, behind the address */
	int n;          /* compared so far */
};

static const json_t *of(const struct checked *c, const char *key)
{
	return json_object_get(c->x->decoded, key);
}

/* A number of the line, where it has one; null is NaN. */
static void same(struct checked *c, const char *key, double v, double slack)
{
	const json_t *want = of(c, key);
	if (!want) {
		return;
	}
	double w = json_is_null(want) ? NAN : json_number_value(want);
	if (isnan(w) != isnan(v) || (!isnan(w) && fabs(w - v) > slack)) {
		fail_msg("line %d: %s is %g, not %g", c->x->line, key, v, w);
	}
	c->n++;
}

static void same_text(struct checked *c, const char *key, const char *text)
{
	const char *want = exchange_text(c->x->decoded, key);
	if (*want) {
		/* some lines go on with a remark */
		assert_int_equal(strncmp(want, text, strlen(text)), 0);
		c->n++;
	}
}

static void same_time(struct checked *c, const char *key, const struct civil *t)
{
	char text[32];
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d", t->year, t->month,
		t->day, t->hour, t->minute, t->second);
	same_text(c, key, text);
}

static void check_energies(struct checked *c)
{
	static const struct {
		const char *key;
		size_t at;
		double divisor;
	} rows[] = {{"A+_Wh", 0, 1}, {"A-", 4, 1}, {"R+_varh", 8, 1}, {"R-", 12, 1},
		{"L1_Wh", 0, 1}, {"L2_Wh", 4, 1}, {"L3_Wh", 8, 1}, {"A+_kWh", 0, 1000},
		{"R+_kvarh", 8, 1000}, {"R-_kvarh", 12, 1000}, {"R1_kvarh", 0, 1000}, {"R2", 4, 1},
		{"R3", 8, 1}, {"R4_kvarh", 12, 1000}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].key, "L2_Wh") == 0 && of(c, rows[i].key)) {
			assert_true(m230_energy(c->d.data + 4) == 0x300029);
		} else if (of(c, rows[i].key)) {
			assert_true(rows[i].at + 4 <= c->d.size);
			same(c, rows[i].key, m230_energy(c->d.data + rows[i].at) / rows[i].divisor,
				1e-9);
		}
	}
}

static double signed_value(const uint8_t *b, bool by_reactive, double divisor)
{
	struct m230_value v = m230_instant(b);
	uint8_t back[3];
	m230_instant_put(&v, back);
	assert_memory_equal(back, b, 3);
	return (double)v.raw / divisor *
	       ((by_reactive ? v.is_reactive_reverse : v.is_reverse) ? -1 : 1);
}

static void check_instant(struct checked *c, uint8_t bwri)
{
	static const char *const names[] = {"P_W", "P1_W", "Q_var", "U1_V", "U2_V", "U3_V", "F_Hz"};
	const uint8_t *b = c->d.data;
	bool is_q = (bwri & 0xfc) == 0x04;
	double v = signed_value(b, is_q, bwri >> 4 == 2 || bwri >> 4 == 3 ? 1000 : 100);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		same(c, names[i], of(c, names[i]) && !json_is_number(of(c, names[i])) ? 0 : v,
			1e-9);
	}
	same(c, "I2_A", v, 1e-9);
	same(c, "cos_phi", v, 1e-9);
	same(c, "cos_phi_1", v, 1e-9);
	const char *active = exchange_text(c->x->decoded, "active_dir");
	if (*active) {
		assert_true(m230_instant(b).is_reverse == (strcmp(active, "reverse") == 0));
	}
	const char *reactive = exchange_text(c->x->decoded, "reactive_dir");
	if (*reactive) {
		assert_true(
			m230_instant(b).is_reactive_reverse == (strcmp(reactive, "reverse") == 0));
	}
}

/* Groups of three bytes: U of three phases, P with its sum in front. */
static void check_group(struct checked *c)
{
	static const char *const phases[] = {"sum", "L1", "L2", "L3"};
	const json_t *u = of(c, "U_V"), *p = of(c, "P_W");
	for (size_t i = 0; u && i < 3; i++) {
		assert_true(fabs(signed_value(c->d.data + 3 * i, false, 100) -
				    json_number_value(json_array_get(u, i))) < 1e-9);
		c->n++;
	}
	for (size_t i = 0; p && i < 4; i++) {
		assert_true(fabs(signed_value(c->d.data + 3 * i, false, 100) -
				    json_number_value(json_object_get(p, phases[i]))) < 1e-9);
		c->n++;
	}
	if (of(c, "F_Hz")) {
		same(c, "F_Hz", signed_value(c->d.data, false, 100), 1e-9);
	}
}

static void check_serial(struct checked *c)
{
	char digits[9];
	assert_true(m230_serial(c->d.data, digits));
	same_text(c, "serial", digits);
	if (c->d.size > 7) {
		c->d = (struct slice){c->d.data + 7, c->d.size - 7};
		same_text(c, "fw", "9.0.0");
		assert_int_equal(bcd_get(c->d.data[0]), 9);
	}
}

static void check_record(struct checked *c)
{
	struct m230_record r;
	uint8_t back[M230_RECORD];
	assert_true(m230_record(c->d.data, &r));
	m230_record_put(&r, back);
	assert_memory_equal(back, c->d.data, sizeof(back));
	assert_int_equal(r.status, M230_RECORD_WINTER | M230_RECORD_INCOMPLETE); /* 0A */
	assert_int_equal(civil_to_utc(r.end), 1204711200); /* 2008-03-05T10:00 */
	assert_int_equal(r.minutes, 30);
	assert_true(r.n[0] == 10500 && isnan(r.n[1]) && r.n[2] == 0 && r.n[3] == 0);
	/* the document's 10.5 kW at 1000 imp/kWh are 5.25 kWh of half an hour */
	assert_true(r.n[0] / (2.0 * 1000) == 5.25);
	c->n++;
}

static void check_pointer(struct checked *c)
{
	uint8_t record[M230_RECORD] = {0};
	struct m230_record r;
	memcpy(record, c->d.data + 2, 7);
	assert_int_equal(c->d.data[0] << 8 | c->d.data[1], 1);
	assert_true(m230_record(record, &r));
	assert_int_equal(civil_to_utc(r.end), 1204621200); /* 2008-03-04T09:00 */
	assert_int_equal(r.minutes, 30);
	c->n++;
}

static void check_clock(struct checked *c, const char *key)
{
	struct civil t;
	bool is_winter;
	uint8_t back[8];
	assert_true(m230_clock(c->d.data, &t, &is_winter));
	same_time(c, key, &t);
	same(c, "winter", is_winter, 0);
	m230_clock_put(&t, is_winter, back);
	assert_memory_equal(back, c->d.data, sizeof(back)); /* day of the week among it */
}

static void check_journal(struct checked *c)
{
	static const char *const first[] = {"on", "t1"}, *const second[] = {"off", "t2"};
	struct civil a, b;
	assert_true(m230_moment(c->d.data, &a) && m230_moment(c->d.data + 6, &b));
	for (int i = 0; i < 2; i++) {
		same_time(c, first[i], &a);
		same_time(c, second[i], &b);
	}
}

/* True: nothing here reads it. */
static bool check_parameter(struct checked *c, struct slice q)
{
	const uint8_t *d = c->d.data;
	uint8_t bwri = q.size > 2 ? q.data[2] : 0;
	char text[16];
	switch (q.data[1]) {
	case 0x00:
	case 0x01: check_serial(c); return false;
	case 0x02:
		same(c, "Kn", d[0] << 8 | d[1], 0);
		same(c, "Kt", d[2] << 8 | d[3], 0);
		return false;
	case 0x03:
		(void)snprintf(text, sizeof(text), "%d.%d.%d", bcd_get(d[0]), bcd_get(d[1]),
			bcd_get(d[2]));
		same_text(c, "fw", text);
		return false;
	case 0x05: same(c, "address", d[1], 0); return false;
	case 0x0a: /* E-03 */
		assert_true(m230_errors(d) == 1u << 2);
		c->n++;
		return false;
	case 0x11:
		if (bwri >> 4 == 6 || bwri == 0x70) {
			return true;
		}
		check_instant(c, bwri);
		return false;
	case 0x12: same(c, "A_imp_per_kWh", m230_constant(d[1]), 0); return false;
	case 0x13: check_pointer(c); return false;
	case 0x14:
		if (bwri == 0xe0) {
			check_clock(c, "fix_time");
		} else if (bwri == 0xf0) {
			check_energies(c);
		} else if (bwri == 0x30) {
			check_instant(c, bwri);
		} else { /* words of four bytes: those of an energy, two flags in front */
			same(c, "S_total_VA", ((uint32_t)m230_energy(d) & 0x3fffffff) / 100.0,
				1e-9);
		}
		return false;
	case 0x16: check_group(c); return false;
	default: return true; /* 07, 0D */
	}
}

static bool check_meaning(struct checked *c, struct slice q)
{
	bool is_status = c->d.size == 1;
	if (is_status) {
		const json_t *want = of(c, "status");
		assert_int_equal(c->d.data[0], want ? json_integer_value(want) : M230_OK);
		c->n++;
		return false;
	}
	switch (q.data[0]) {
	case M230_TIME:
		if (q.data[1] == 0) {
			check_clock(c, "time");
		} else {
			check_journal(c);
		}
		return false;
	case M230_ENERGY:
	case M230_QUADRANTS:
	case M230_SLICE: check_energies(c); return false;
	case M230_MEMORY:
	case M230_RELATIVE: check_record(c); return false;
	default: return check_parameter(c, q);
	}
}

struct tally {
	int replies, silent, unread, echoes;
};

static void check(const struct exchange *x, void *ctx)
{
	struct tally *t = ctx;
	struct m230_out out;
	uint8_t to, from;
	struct slice q;
	struct checked c = {.x = x};
	assert_true(m230_unframe(x->request, &to, &q));
	m230_frame(to, q, &out);
	assert_int_equal(out.size, x->request.size);
	assert_memory_equal(out.data, x->request.data, out.size);
	if (x->reply.size == 0) {
		t->silent++;
		return;
	}
	assert_true(m230_unframe(x->reply, &from, &c.d));
	if (strncmp(exchange_text(x->decoded, "note"), "line ECHO", 9) == 0) {
		assert_memory_equal(x->reply.data, x->request.data, x->request.size);
		t->echoes++;
		return;
	}
	/* a meter answers to its new address at once */
	bool is_readdressed = q.data[0] == M230_WRITE && q.data[1] == 0x05;
	assert_int_equal(from, is_readdressed ? q.data[2] : to);
	t->replies++;
	if (check_meaning(&c, q)) {
		t->unread++;
	} else if (c.n == 0) {
		fail_msg("line %d: nothing was compared", x->line);
	}
}

static void every_published_exchange_is_understood_and_rebuilt(void **state)
{
	struct tally t = {0};
	(void)state;
	assert_int_equal(electricity_each("mercury230", check, &t), 67);
	assert_int_equal(t.silent, 10);
	assert_int_equal(t.echoes, 1);
	assert_int_equal(t.unread, 6);
	assert_int_equal(t.replies, 56);
}

static void explain(const struct exchange *x, void *ctx)
{
	char request[64] = "", reply[128] = "", arguments[128];
	int *unknown = ctx;
	if (x->reply.size == 0) {
		return;
	}
	exchange_to_hex(x->request, request, sizeof(request));
	exchange_to_hex(x->reply, reply, sizeof(reply));
	(void)snprintf(arguments, sizeof(arguments), "mercury230 --request %s -", request);
	const struct decode_result *r = decode_run(arguments, reply);
	assert_int_equal(r->code, 0);
	*unknown += strstr(r->out, "not known") || strstr(r->out, "echo");
	if (x->line == 1) {
		assert_non_null(strstr(r->out, "3196200 Wh"));
		assert_non_null(strstr(r->out, "300444 varh"));
		assert_non_null(strstr(r->out, "not measured"));
	}
}

static void the_command_explains_every_published_reply(void **state)
{
	int unknown = 0;
	(void)state;
	(void)electricity_each("mercury230", explain, &unknown);
	assert_int_equal(unknown, 6 + 1); /* those that nothing reads, and the echo */
}

/* ---- numbers ---- */

static void time_to_set_is_that_of_the_document(void **state)
{
	static const uint8_t want[] = {
		0x80, 0x03, 0x0c, 0x00, 0x55, 0x10, 0x03, 0x05, 0x03, 0x08, 0x01, 0x7f, 0x70};
	const struct civil c = {2008, 3, 5, 10, 55, 0};
	uint8_t body[10] = {M230_WRITE, 0x0c};
	struct m230_out out;
	(void)state;
	m230_clock_put(&c, true, body + 2);
	m230_frame(0x80, SLICE(body), &out);
	assert_int_equal(out.size, sizeof(want));
	assert_memory_equal(out.data, want, sizeof(want));
}

static void what_is_no_time_no_number_and_no_record_is_refused(void **state)
{
	static const uint8_t ones[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t nothing[16] = {0};
	static const uint8_t february[8] = {0, 0, 0, 1, 0x30, 0x02, 0x25, 1};
	struct civil c;
	bool is_winter;
	struct m230_record r;
	char digits[9];
	(void)state;
	assert_false(m230_clock(ones, &c, &is_winter));
	assert_false(m230_clock(february, &c, &is_winter));
	assert_false(m230_moment(nothing, &c));
	assert_false(m230_record(ones, &r));
	assert_false(m230_record(nothing, &r));
	assert_false(m230_serial(ones, digits));
	assert_true(isnan(m230_energy(ones)));
}

static void midnight_may_be_hour_24_of_the_day_that_ended(void **state)
{
	static const uint8_t bytes[15] = {0x08, 0x24, 0x00, 0x31, 0x12, 0x24, 30};
	struct m230_record r;
	(void)state;
	assert_true(m230_record(bytes, &r));
	assert_int_equal(civil_to_utc(r.end), 1735689600); /* 2025-01-01 */
}

/* ---- concentrators ---- */

/* Of a log: the pointer of meter 30, heard through node 137516. */
static const uint8_t packet[] = {0x01, 0x15, 0x01, 0x02, 0x19, 0x2c, 0, 0, 0, 0x40, 0x1e, 0x0c,
	0x17, 0x01, 0x14, 0x00, 0x30, 0x03, 0x15, 0x1e, 0x67, 0xc1, 0x4f, 0x27};

static void a_packet_of_a_concentrator_holds_a_frame(void **state)
{
	uint32_t node;
	struct slice frame, body;
	uint8_t address;
	(void)state;
	assert_int_equal(htc_checksum((struct slice){packet + 1, sizeof(packet) - 3}), 0x274f);
	assert_int_equal(htc_cut(SLICE(packet), &node, &frame), sizeof(packet));
	assert_int_equal(node, 137516);
	assert_true(m230_unframe(frame, &address, &body));
	assert_int_equal(address, 0x1e);
	assert_int_equal(body.size, 9);
	for (size_t i = 0; i < sizeof(packet); i++) {
		uint8_t damaged[sizeof(packet)];
		memcpy(damaged, packet, sizeof(packet));
		damaged[i] ^= 1;
		assert_true(htc_cut(SLICE(damaged), &node, &frame) != sizeof(packet));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_exchange_is_understood_and_rebuilt),
		cmocka_unit_test(the_command_explains_every_published_reply),
		cmocka_unit_test(time_to_set_is_that_of_the_document),
		cmocka_unit_test(what_is_no_time_no_number_and_no_record_is_refused),
		cmocka_unit_test(midnight_may_be_hour_24_of_the_day_that_ended),
		cmocka_unit_test(a_packet_of_a_concentrator_holds_a_frame),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
