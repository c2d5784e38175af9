/*
 * The simulated Logika M4 device, asked byte by byte: it behaves as the captured ones and the maker's
 * documents do, whatever the driver makes of it.
 */
#include "base/str.h"
#include "proto/m4.h"
#include "sim/device.h"
#include "sim/fault.h"
#include "test.h"

#include <math.h>
#include <string.h>

#define NOW    1792326645 /* 2026-10-18T12:30:45Z */
#define DAY_S  86400
#define NUMBER 7

static double source_at(const struct sim_source *s, enum quantity q, int64_t utc_us)
{
	(void)s;
	return q == QUANTITY_HEAT_ENERGY ? (double)(utc_us / 1000000) / 36e6 : NAN;
}

static struct sim_device device(const char *model)
{
	static const struct sim_source source = {source_at};
	struct sim_device d = {.protocol = &sim_m4,
		.source = &source,
		.address = NUMBER,
		.born_utc = NOW - 30 * DAY_S,
		.depth = {.hours = 1080, .days = 365, .months = 100},
		.off_from_utc = NOW - 3 * DAY_S,
		.off_till_utc = NOW - 2 * DAY_S};
	(void)STR_COPY(d.model, model);
	return d;
}

struct answer {
	struct buf bytes;
	struct m4_frame frame;
};

static void forget(struct answer *a)
{
	buf_fini(&a->bytes);
}

/* False: silence. */
static bool send(struct sim_device *d, struct slice request, struct answer *ret)
{
	buf_init(&ret->bytes, 4096);
	assert_int_equal(m4_cut_request(request).state, M4_CUT_FULL);
	if (!sim_m4.answer(d, request, NOW * INT64_C(1000000), &ret->bytes)) {
		assert_int_equal(ret->bytes.size, 0);
		return false;
	}
	assert_true(m4_decode(buf_slice(&ret->bytes), &ret->frame));
	return true;
}

static bool select_meter(struct sim_device *d, uint8_t nt)
{
	static const uint8_t zeros[4];
	struct m4_out o;
	struct answer a;
	bool is_there = send(d, m4_short(&o, nt, M4_SESSION, SLICE(zeros)), &a);
	if (is_there) {
		assert_false(a.frame.is_extended);
		assert_true(a.frame.nt == nt && a.frame.data.size == 3);
	}
	forget(&a);
	return is_there;
}

static bool ask_archive(struct sim_device *d, int type, int n, struct civil from,
	const struct civil *till, struct answer *ret)
{
	uint8_t head[5] = {0xff, 0xff, 1, (uint8_t)type, (uint8_t)n};
	struct m4_out o;
	m4_begin(&o, NUMBER, 200, M4_ARCHIVE);
	m4_put_octets(&o, head, sizeof(head));
	m4_put_archdate(&o, from, 8);
	if (till) {
		m4_put_archdate(&o, *till, 8);
	}
	return send(d, m4_end(&o), ret);
}

static void must_refuse(struct answer *a, unsigned error)
{
	assert_int_equal(a->frame.code, M4_ERROR);
	assert_int_equal(a->frame.data.size, 1);
	assert_int_equal(a->frame.data.data[0], error);
	forget(a);
}

/* Records of a reply and the date to go on with, -1 fields for none. */
static int records(const struct answer *a, struct civil *ret_next, int *ret_fields)
{
	struct reader r = reader_of(a->frame.data);
	struct m4_value date, values;
	int n = 0;
	assert_int_equal(a->frame.code, M4_ARCHIVE);
	for (;; n++) {
		assert_true(m4_next(&r, &date) && m4_next(&r, &values));
		*ret_fields = m4_archdate(&date, ret_next);
		if (values.tag == M4_SEQUENCE && values.data.size == 0) {
			assert_int_equal(reader_left(&r), 0);
			return n;
		}
	}
}

static void only_the_one_meant_stays_in_the_session(void **state)
{
	(void)state;
	struct sim_device d = device("spt943");
	struct civil at = {2026, 10, 1, 0, 0, 0};
	struct answer a;
	assert_false(ask_archive(&d, 0, 1, at, NULL, &a)); /* nobody woke it */
	forget(&a);
	assert_true(select_meter(&d, NUMBER));
	assert_true(ask_archive(&d, 0, 1, at, NULL, &a));
	assert_true(a.frame.nt == NUMBER && a.frame.id == 200);
	forget(&a);
	assert_false(select_meter(&d, NUMBER + 1)); /* a neighbour is meant */
	assert_false(ask_archive(&d, 0, 1, at, NULL, &a));
	forget(&a);
	assert_true(select_meter(&d, M4_ANY));
}

static void the_search_is_inexact_and_leads_on(void **state)
{
	(void)state;
	struct sim_device d = device("spt943");
	struct answer a;
	struct civil next;
	int fields;
	assert_true(select_meter(&d, NUMBER));
	/* from long before its birth on */
	assert_true(ask_archive(&d, 1, 3, (struct civil){2000, 1, 1, 0, 0, 0}, NULL, &a));
	assert_int_equal(records(&a, &next, &fields), 3);
	assert_true(fields == 3 && next.month == 9 && next.day == 23);
	forget(&a);
	/* the day of the cut has none, the next is what comes */
	assert_true(ask_archive(&d, 1, 1, (struct civil){2026, 10, 16, 0, 0, 0}, NULL, &a));
	assert_int_equal(records(&a, &next, &fields), 1);
	assert_int_equal(a.frame.data.data[0], M4_ARCHDATE);
	assert_int_equal(a.frame.data.data[4], 17);
	forget(&a);
}

static void nothing_more_is_an_empty_date(void **state)
{
	static const uint8_t empty[] = {0x49, 0, 0x30, 0};
	(void)state;
	struct sim_device d = device("spt943");
	struct answer a;
	assert_true(select_meter(&d, NUMBER));
	for (int type = 0; type <= 7; type++) {
		assert_true(ask_archive(
			&d, type, 80, (struct civil){2026, 10, 18, 13, 0, 0}, NULL, &a));
		assert_int_equal(a.frame.data.size, sizeof(empty));
		assert_memory_equal(a.frame.data.data, empty, sizeof(empty));
		forget(&a);
	}
}

static void no_records_wanted_gives_the_pointer_alone(void **state)
{
	(void)state;
	struct sim_device d = device("spt943");
	struct answer a;
	struct civil next;
	int fields;
	assert_true(select_meter(&d, NUMBER));
	assert_true(ask_archive(&d, 0, 0, (struct civil){2026, 10, 10, 5, 0, 0}, NULL, &a));
	assert_int_equal(records(&a, &next, &fields), 0);
	assert_true(fields == 4 && next.day == 10 && next.hour == 5);
	forget(&a);
}

static void answers_are_cut_between_records(void **state)
{
	static const struct {
		const char *model;
		uint8_t channel;
		size_t limit;
	} models[] = {{"spt943", 1, 720}, {"spt941_20", 0, 1024}, {"spt944", 0, 720}};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sim_device d = device(models[i].model);
		uint8_t head[5] = {0xff, 0xff, models[i].channel, 0, 80};
		struct m4_out o;
		struct answer a;
		struct civil next;
		int fields;
		assert_true(select_meter(&d, NUMBER));
		m4_begin(&o, NUMBER, 1, M4_ARCHIVE);
		m4_put_octets(&o, head, sizeof(head));
		m4_put_archdate(&o, (struct civil){2026, 10, 1, 0, 0, 0}, 8);
		assert_true(send(&d, m4_end(&o), &a));
		int n = records(&a, &next, &fields);
		assert_true(n >= 1 && n < 80 && fields == 4 && next.hour == n);
		assert_true(a.frame.data.size + 1 <= models[i].limit);
		forget(&a);
	}
}

static void what_makes_no_sense_is_refused(void **state)
{
	(void)state;
	struct sim_device d = device("spt943");
	const struct civil later = {2026, 10, 5, 0, 0, 0}, earlier = {2026, 10, 4, 0, 0, 0};
	struct m4_out o;
	struct answer a;
	assert_true(select_meter(&d, NUMBER));
	assert_true(ask_archive(&d, 0, 10, later, &earlier, &a)); /* backwards */
	must_refuse(&a, M4_BAD_VALUE);
	assert_true(ask_archive(&d, 0x10, 10, later, NULL, &a)); /* compressed */
	must_refuse(&a, M4_BAD_VALUE);
	m4_begin(&o, NUMBER, 1, M4_READ);
	m4_put_null(&o);
	assert_true(send(&d, m4_end(&o), &a));
	must_refuse(&a, M4_BAD_REQUEST);
	m4_begin(&o, NUMBER, 1, M4_READ);
	for (unsigned i = 0; i <= M4_READ_MAX; i++) {
		m4_put_param(&o, 0, i);
	}
	assert_true(send(&d, m4_end(&o), &a));
	must_refuse(&a, M4_BAD_REQUEST);
	m4_begin(&o, NUMBER, 1, M4_CONTROL);
	assert_true(send(&d, m4_end(&o), &a));
	must_refuse(&a, M4_WRITE_PROTECTED);
}

/* As captured: extended session and speed are granted, all else is error 0. */
static void an_old_one_refuses_what_is_extended(void **state)
{
	static const uint8_t speed[4] = {2};
	(void)state;
	struct sim_device d = device("spt943_old");
	struct m4_out o;
	struct answer a;
	assert_true(select_meter(&d, M4_ANY));
	m4_begin(&o, M4_ANY, 2, M4_SPEED);
	memcpy(o.data + o.size, speed, sizeof(speed));
	o.size += sizeof(speed);
	assert_true(send(&d, m4_end(&o), &a));
	assert_true(a.frame.code == M4_SPEED && a.frame.data.size == 0);
	forget(&a);
	m4_begin(&o, M4_ANY, 3, M4_READ);
	m4_put_param(&o, 0, 1025);
	m4_put_param(&o, 0, 1024);
	assert_true(send(&d, m4_end(&o), &a));
	static const uint8_t captured[] = {
		0x10, 0xff, 0x90, 0x03, 0x00, 0x02, 0x00, 0x21, 0x00, 0x1e, 0x92};
	assert_int_equal(a.bytes.size, sizeof(captured));
	assert_memory_equal(a.bytes.data, captured, sizeof(captured));
	must_refuse(&a, M4_BAD_REQUEST);
}

static void an_empty_read_is_answered_with_an_empty_one(void **state)
{
	(void)state;
	struct sim_device d = device("spt941_20");
	struct m4_out o;
	struct answer a;
	assert_true(select_meter(&d, M4_ANY));
	m4_begin(&o, M4_ANY, 6, M4_READ);
	struct slice request = m4_end(&o);
	assert_true(send(&d, request, &a));
	assert_int_equal(a.bytes.size, request.size);
	assert_memory_equal(a.bytes.data, request.data, request.size);
	forget(&a);
}

static void a_reply_of_the_neighbour_is_well_formed(void **state)
{
	static const struct sim_fault foreign = {.kind = SIM_FAULT_FOREIGN};
	static const struct sim_fault checksum = {.kind = SIM_FAULT_CHECKSUM};
	static const uint8_t zeros[4];
	(void)state;
	struct sim_device d = device("spt943");
	struct m4_out o;
	struct m4_frame f;
	for (int i = 0; i < 2; i++) {
		struct answer a;
		if (i == 0) {
			assert_true(send(&d, m4_short(&o, NUMBER, M4_SESSION, SLICE(zeros)), &a));
		} else {
			m4_begin(&o, NUMBER, 44, M4_READ);
			m4_put_param(&o, 0, 1024);
			assert_true(send(&d, m4_end(&o), &a));
		}
		uint8_t code = a.frame.code, id = a.frame.id;
		size_t size = a.bytes.size;
		sim_fault_apply(&foreign, 0, &a.bytes);
		assert_int_equal(a.bytes.size, size);
		assert_true(m4_decode(buf_slice(&a.bytes), &f));
		assert_true(f.nt == NUMBER + 1 && f.code == code && f.id == id);
		sim_fault_apply(&checksum, 0, &a.bytes);
		assert_false(m4_decode(buf_slice(&a.bytes), &f));
		forget(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_one_meant_stays_in_the_session),
		cmocka_unit_test(the_search_is_inexact_and_leads_on),
		cmocka_unit_test(nothing_more_is_an_empty_date),
		cmocka_unit_test(no_records_wanted_gives_the_pointer_alone),
		cmocka_unit_test(answers_are_cut_between_records),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(an_old_one_refuses_what_is_extended),
		cmocka_unit_test(a_reply_of_the_neighbour_is_well_formed),
		cmocka_unit_test(an_empty_read_is_answered_with_an_empty_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
