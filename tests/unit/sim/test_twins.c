/*
 * Every kind of simulated meter is read by its driver over a link in memory: what the driver says is
 * what the meter measured, whatever the protocol between them. The truth is the source below and the
 * calendar (src/sim/memory.h), never a protocol.
 */
#include "base/str.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "sim/ask.h"
#include "sim/families.h"
#include "sim/memory.h"
#include "test.h"
#include "truth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOW     1792326660 /* 2026-10-18T12:31:00Z: in the middle of an hour, a day and a month */
#define HOUR_S  3600
#define DAY_S   86400
#define AHEAD_S 37 /* the meter's clock */

/* ---- one meter on a table ---- */

struct bench {
	const struct sim_family *family;
	const struct driver *driver;
	struct truth truth;
	struct sim_device device; /* as the test knows it: the link has a copy */
	struct link *link;
	struct talk *talk;
	struct sample_list list;
};

static void connect(struct bench *b, int64_t now)
{
	const struct sim_family *f = b->family;
	struct diag diag = {0};
	struct line line;
	struct meter meter;
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	line.baud = f->baud;
	(void)STR_COPY(line.framing, f->framing);
	(void)snprintf(meter.params, sizeof(meter.params), "%s%s", f->is_alone ? "" : "address=1 ",
		f->params);
	if (talk_new(b->driver, &line, &meter, b->device.zone, &b->talk, &diag)) {
		fail_msg("%s: %s", f->name, diag.text);
	}
	b->link = sim_link_new(&b->device, now * 1000000LL);
	assert_non_null(b->link);
	talk_attach(b->talk, b->link, NULL);
	assert_int_equal(talk_begin(b->talk, now), ERR_OK);
	sample_list_init(&b->list);
	talk_set_report(b->talk, b->device.report_hour, b->device.report_day);
}

static void lay(struct bench *b, const struct sim_family *f)
{
	struct diag diag = {0};
	*b = (struct bench){
		.family = f, .driver = driver_find(f->driver), .truth = truth_of(f->point, 469000)};
	if (!b->driver) {
		fail_msg("%s: no driver %s", f->name, f->driver);
	}
	assert_int_equal(sim_family_device(f, 1, NOW - 1200LL * DAY_S, &b->device, &diag), ERR_OK);
	b->device.source = &b->truth.source;
	(void)STR_COPY(b->device.serial, "12345678");
	assert_int_equal(zone_get("Asia/Yekaterinburg", &b->device.zone, &diag), ERR_OK);
	(void)truth_settle(f, &b->device, NOW);
	b->device.clock_offset_s = AHEAD_S;
	/* a cut over two ends of hours, ten days ago, and part of a third hour */
	b->device.off_from_utc = NOW - 10 * DAY_S;
	b->device.off_till_utc = NOW - 10 * DAY_S + 2 * HOUR_S + 600;
	connect(b, NOW);
}

static void clear(struct bench *b)
{
	sample_list_fini(&b->list);
	talk_free(b->talk);
	b->link->ops->close(b->link);
}

static uint32_t caps_of(const struct bench *b)
{
	return b->driver->caps_of ? b->driver->caps_of(b->talk) : b->driver->caps;
}

static void must(const struct bench *b, enum err e, const char *what)
{
	if (e) {
		fail_msg("%s: %s: %s %s", b->family->name, what, err_text(e, LANG_EN),
			talk_diag(b->talk)->text);
	}
}

/* DOMOVOI_FAMILY names the only kind to be looked at. */
static const struct sim_family *wanted(const struct sim_family *f)
{
	const char *only = getenv("DOMOVOI_FAMILY");
	while (only && f->name && strcmp(only, f->name) != 0) {
		f++;
	}
	return f;
}

static const struct sim_family *first_family(void)
{
	return wanted(sim_families);
}

static const struct sim_family *next_family(const struct sim_family *f)
{
	return wanted(f + 1);
}

/* ---- tests ---- */

static void every_twin_says_who_it_is(void **state)
{
	(void)state;
	for (const struct sim_family *f = first_family(); f->name; f = next_family(f)) {
		struct bench b;
		struct identity who = {0};
		lay(&b, f);
		if (caps_of(&b) & CAP_IDENTIFY) {
			must(&b, b.driver->identify(b.talk, &who), "identify");
			assert_true(who.serial[0] || who.model[0]);
		}
		clear(&b);
	}
}

/* Clocks of some meters show minutes. */
static void every_clock_is_read_and_set(void **state)
{
	(void)state;
	for (const struct sim_family *f = first_family(); f->name; f = next_family(f)) {
		struct bench b;
		int64_t utc;
		lay(&b, f);
		if (caps_of(&b) & CAP_CLOCK) {
			must(&b, b.driver->read_clock(b.talk, &utc), "clock");
			if (llabs(utc - NOW - AHEAD_S) > 60) {
				fail_msg("%s: clock %+lld s", f->name, (long long)(utc - NOW));
			}
		}
		enum err e = caps_of(&b) & CAP_SET_CLOCK ?
				     b.driver->set_clock(b.talk, NOW - 480) :
				     ERR_UNSUPP; /* as one of a family may say */
		if (e != ERR_UNSUPP) {
			must(&b, e, "set clock");
			must(&b, b.driver->read_clock(b.talk, &utc), "clock");
			if (llabs(utc - NOW + 480) > 60) {
				fail_msg("%s: clock %+lld s", f->name, (long long)(utc - NOW));
			}
		}
		clear(&b);
	}
}

static void compare(const struct bench *b, const struct sample *x, double truth, double counter)
{
	if (x->capacity > 0 && truth >= x->capacity) {
		truth = fmod(truth, x->capacity); /* it wrapped */
	}
	if (isnan(x->value) ||
		!(fabs(x->value - truth) <= truth_slack(x->decimals, truth, counter))) {
		char at[TIME_TEXT_CAP];
		fail_msg("%s: %s %s of %s: %.9g %s, was %.9g", b->family->name,
			period_name(x->period), x->key, time_text_utc(at, x->utc), x->value,
			unit_code(x->unit), truth);
	}
}

/* Those who speak by themselves are listened to. */
static enum err current(struct bench *b)
{
	return b->driver->hear ? talk_hear(b->talk, -1, &b->list.sink) :
				 b->driver->read_current(b->talk, &b->list.sink);
}

static bool is_known(const struct bench *b, const struct sample *x)
{
	return truth_knows(&b->truth, x->key, x->quantity) ||
	       truth_tariff(&b->truth, x->key, x->quantity);
}

static void every_current_value_is_what_is_measured(void **state)
{
	(void)state;
	for (const struct sim_family *f = first_family(); f->name; f = next_family(f)) {
		struct bench b;
		int known = 0;
		lay(&b, f);
		must(&b, current(&b), "current values");
		for (size_t i = 0; i < b.list.n; i++) {
			const struct sample *x = &b.list.items[i]->sample;
			if (is_known(&b, x) && x->form == FORM_NOW) {
				double truth = truth_reading(&b.device, &b.truth, x->key,
					x->quantity, x->unit, NOW * 1000000LL);
				compare(&b, x, truth, truth);
				known++;
			}
		}
		if (!known) {
			fail_msg("%s: none of %zu values is known", f->name, b.list.n);
		}
		clear(&b);
	}
}

/* What the meter must have said of an archive value. */
static void compare_record(const struct bench *b, enum period period, const struct sample *x)
{
	const struct sim_device *d = &b->device;
	struct calendar c = sim_calendar(d);
	struct span p = period_of(&c, period, x->utc);
	if (p.from != x->utc) {
		fail_msg("%s: a %s begins at %lld, not at %lld", b->family->name,
			period_name(period), (long long)p.from, (long long)x->utc);
	}
	if (!is_known(b, x)) {
		return;
	}
	double from = truth_reading(d, &b->truth, x->key, x->quantity, x->unit, p.from * 1000000);
	double till = truth_reading(d, &b->truth, x->key, x->quantity, x->unit, p.till * 1000000);
	if (quality_class(x->quality) == QUALITY_PARTIAL && x->value <= till - from) {
		return; /* what was counted till the power went */
	}
	if (x->form == FORM_POINT) {
		/* taken when the meter's own clock said so */
		int64_t at_us = (p.from - AHEAD_S) * 1000000LL;
		double taken = truth_reading(d, &b->truth, x->key, x->quantity, x->unit, at_us);
		bool is_late = fabs(x->value - from) > fabs(x->value - taken);
		compare(b, x, is_late ? taken : from, from);
	} else if (quantity_kind(x->quantity) == KIND_COUNTER) {
		compare(b, x, till - from, till);
	} else {
		compare(b, x, sim_mean(d, x->quantity, x->unit, p), 0);
	}
}

/* Readings carry the end of their period, amounts and means its start. */
static bool has_record(const struct sample_list *list, struct span p)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct sample *x = &list->items[i]->sample;
		int64_t label = x->form == FORM_POINT ? p.till : p.from;
		if (x->utc == label && quality_class(x->quality) != QUALITY_MISSING) {
			return true;
		}
	}
	return false;
}

/* Some meters write down what they counted when the power goes. */
static bool is_partial(const struct sample_list *list, int64_t start)
{
	bool is_there = false;
	for (size_t i = 0; i < list->n; i++) {
		const struct sample *x = &list->items[i]->sample;
		if (x->utc == start && quality_class(x->quality) < QUALITY_PARTIAL) {
			return false;
		}
		is_there = is_there || x->utc == start;
	}
	return is_there;
}

/* From before the depth of the memory to the running period, in pieces as a line worker asks. */
static void read_all(struct bench *b, enum period period, int depth)
{
	static const int chunk[PERIOD_COUNT] = {0, 48, 48, 31, 12};
	struct calendar c = sim_calendar(&b->device);
	int64_t from = period_of(&c, period, NOW).from;
	for (int i = 0; i < depth + 3; i++) {
		from = period_prev(&c, period, from);
	}
	while (from <= NOW) {
		struct span span = {from, from};
		for (int i = 0; i < chunk[period]; i++) {
			span.till = period_next(&c, period, span.till);
		}
		struct span first = period_of(&c, period, span.from);
		struct span last = period_of(&c, period, span.till - 1);
		if (has_record(&b->list, first) && has_record(&b->list, last)) {
			from = span.till; /* told on the way to others */
			continue;
		}
		enum err e = b->driver->read_archive(b->talk, period, span, &b->list.sink);
		if (!err_is_answer(e)) {
			must(b, e, "archive");
		}
		from = span.till;
	}
}

static void check_records(struct bench *b, enum period period, int depth)
{
	struct calendar c = sim_calendar(&b->device);
	char at[TIME_TEXT_CAP];
	for (size_t i = 0; i < b->list.n; i++) {
		const struct sample *x = &b->list.items[i]->sample;
		assert_int_equal(x->period, period);
		if (quality_class(x->quality) != QUALITY_MISSING) {
			compare_record(b, period, x);
		}
	}
	int64_t start = period_of(&c, period, NOW).from;
	for (int i = 0; i < depth + 2; i++) {
		struct sim_record r;
		start = period_prev(&c, period, start);
		bool must_be = sim_record_of(&b->device, period, start, NOW * 1000000LL, &r);
		if (!must_be && is_partial(&b->list, start)) {
			continue;
		}
		if (must_be != has_record(&b->list, period_of(&c, period, start))) {
			fail_msg("%s: the record of the %s %s (%d back of %d) %s", b->family->name,
				period_name(period), time_text_utc(at, start), i, depth,
				must_be ? "is missing" : "cannot be there");
		}
	}
}

static void every_archive_is_what_was_measured(void **state)
{
	(void)state;
	static const uint32_t caps[PERIOD_COUNT] = {
		0, CAP_ARCHIVE_HALF_HOUR, CAP_ARCHIVE_HOUR, CAP_ARCHIVE_DAY, CAP_ARCHIVE_MONTH};
	for (const struct sim_family *f = first_family(); f->name; f = next_family(f)) {
		for (enum period p = PERIOD_HALF_HOUR; p < PERIOD_COUNT; p++) {
			struct bench b;
			lay(&b, f);
			int depth = sim_depth(&b.device, p);
			if (depth && (caps_of(&b) & caps[p])) {
				read_all(&b, p, depth);
				check_records(&b, p, depth);
			}
			clear(&b);
		}
	}
}

static void the_place_in_a_ring_counts_the_records_before_it(void **state)
{
	(void)state;
	struct truth truth = truth_of(SIM_FLAT_ELECTRICITY, 469000);
	struct sim_device d = {.source = &truth.source, .born_utc = NOW - 5 * DAY_S + 700};
	struct diag diag = {0};
	static const int64_t cuts[][2] = {{0, 0}, {NOW - 3 * DAY_S, NOW - 3 * DAY_S + 600},
		{NOW - 3 * DAY_S, NOW - 2 * DAY_S}, {NOW - 90 * DAY_S, NOW - 4 * DAY_S - 60}};
	assert_int_equal(zone_get("Europe/Berlin", &d.zone, &diag), ERR_OK);
	d.depth = (struct archive_depth){1000, 1000, 1000, 1000};
	struct calendar c = sim_calendar(&d);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		d.off_from_utc = cuts[i][0];
		d.off_till_utc = cuts[i][1];
		for (enum period p = PERIOD_HALF_HOUR; p <= PERIOD_DAY; p++) {
			int64_t n = 0;
			struct sim_record r;
			int64_t t = period_of(&c, p, d.born_utc).from;
			for (; t < NOW; t = period_next(&c, p, t)) {
				bool is_there = sim_record_of(&d, p, t, NOW * 1000000LL, &r);
				if (is_there) {
					assert_int_equal(sim_written(&d, p, t), n);
				}
				n += is_there;
			}
		}
	}
}

static void tariffs_add_up_to_the_total(void **state)
{
	(void)state;
	struct truth truth = truth_of(SIM_FLAT_ELECTRICITY, 469000);
	struct sim_device d = {.source = &truth.source, .born_utc = NOW - 40 * DAY_S};
	for (int64_t t = NOW - 3 * DAY_S; t < NOW; t += HOUR_S) {
		double v[3], before[3];
		for (int k = 0; k < 3; k++) {
			v[k] = sim_tariff_reading(
				&d, QUANTITY_ACTIVE_ENERGY, UNIT_KWH, k + 1, t * 1000000);
			before[k] = sim_tariff_reading(&d, QUANTITY_ACTIVE_ENERGY, UNIT_KWH, k + 1,
				(t - HOUR_S) * 1000000);
		}
		double total = sim_reading(&d, QUANTITY_ACTIVE_ENERGY, UNIT_KWH, t * 1000000);
		assert_true(fabs(v[0] + v[1] + v[2] - total) < 1e-6);
		/* the hour that ends at t, in UTC: the half-past offset of NOW keeps off the borders */
		int64_t hour = (t - HOUR_S / 2) / HOUR_S % 24;
		bool is_day = hour >= 7 && hour < 23;
		if (t / HOUR_S % 24 != 7 && t / HOUR_S % 24 != 23) {
			assert_true(fabs(v[is_day] - before[is_day]) < 1e-9); /* the other stands */
		}
	}
}

/* ---- thirty days of a load profile ---- */

#define AUTUMN       1794182400 /* 2026-11-09T00:00:00Z */
#define TWICE_FROM   1792886400 /* 2026-10-25T00:00:00Z: the hours 2:00 of Berlin, summer and */
#define TWICE_TILL   1792893600 /* winter */
#define POWER_OFF    1792490400 /* 2026-10-20T10:00:00Z */
#define PROFILE_DAYS 30

static bool is_profile(const struct sim_family *f)
{
	bool is_electric = f->point == SIM_FLAT_ELECTRICITY || f->point == SIM_INPUT_ELECTRICITY;
	return is_electric && (f->depth.half_hours || f->depth.hours);
}

static const struct sample *sample_at(const struct bench *b, int64_t utc)
{
	for (size_t i = 0; i < b->list.n; i++) {
		const struct sample *x = &b->list.items[i]->sample;
		if (x->utc == utc && strcmp(x->key, "active_energy") == 0) {
			return x;
		}
	}
	return NULL;
}

static void check_profile(struct bench *b, enum period period, struct span month)
{
	struct calendar c = sim_calendar(&b->device);
	char at[TIME_TEXT_CAP];
	for (int64_t t = month.from; t < month.till; t = period_next(&c, period, t)) {
		struct sim_record r;
		const struct sample *x = sample_at(b, t);
		bool must_be = sim_record_of(&b->device, period, t, AUTUMN * 1000000LL, &r);
		/* a meter whose records do not say which of the two it was: left out, never mixed up */
		bool may_lack = t >= TWICE_FROM && t < TWICE_TILL;
		if (x && !must_be && quality_class(x->quality) >= QUALITY_PARTIAL) {
			continue; /* counted till the power went, or said not to be there */
		}
		if (!must_be != !x && !(must_be && may_lack)) {
			fail_msg("%s: the %s %s %s", b->family->name, period_name(period),
				time_text_utc(at, t), must_be ? "is missing" : "cannot be there");
		}
		bool is_whole = must_be && r.off_h == 0;
		if (x && is_whole && quality_class(x->quality) != QUALITY_MISSING) {
			compare_record(b, period, x);
			assert_int_equal(quality_class(x->quality), QUALITY_MEASURED);
		}
	}
}

/* In a zone with summer time, over the night it ends, the end of a month and five hours without
 * power, out of a ring that has gone round. */
static void a_profile_is_what_was_measured_over_all_that_happens_in_a_month(void **state)
{
	(void)state;
	for (const struct sim_family *f = first_family(); f->name; f = next_family(f)) {
		struct bench b;
		struct diag diag = {0};
		if (!is_profile(f)) {
			continue;
		}
		lay(&b, f);
		b.link->ops->close(b.link);
		talk_free(b.talk);
		assert_int_equal(zone_get("Europe/Berlin", &b.device.zone, &diag), ERR_OK);
		b.device.clock_offset_s = 0;
		b.device.off_from_utc = POWER_OFF + 600;
		b.device.off_till_utc = POWER_OFF + 600 + 5 * HOUR_S;
		connect(&b, AUTUMN);
		enum period period = f->depth.half_hours ? PERIOD_HALF_HOUR : PERIOD_HOUR;
		struct span month = {AUTUMN - PROFILE_DAYS * DAY_S, AUTUMN};
		for (int64_t day = month.from; day < month.till; day += DAY_S) {
			struct span span = {day, day + DAY_S};
			enum err e = b.driver->read_archive(b.talk, period, span, &b.list.sink);
			if (!err_is_answer(e)) {
				must(&b, e, "profile");
			}
		}
		check_profile(&b, period, month);
		clear(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_twin_says_who_it_is),
		cmocka_unit_test(every_clock_is_read_and_set),
		cmocka_unit_test(every_current_value_is_what_is_measured),
		cmocka_unit_test(the_place_in_a_ring_counts_the_records_before_it),
		cmocka_unit_test(tariffs_add_up_to_the_total),
		cmocka_unit_test(every_archive_is_what_was_measured),
		cmocka_unit_test(a_profile_is_what_was_measured_over_all_that_happens_in_a_month),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
