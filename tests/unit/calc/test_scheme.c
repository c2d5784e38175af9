/*
 * test_scheme.c - computed channels: worked out off the journal in the order of what they read, with
 * a quality where an input is missing, recomputed with a difference, closed periods kept
 *
 * The building has a meter of the input and one behind it; what is lost between them is computed.
 */
#include "rollup_test.h"

#include "calc/closing.h"
#include "calc/recompute_list.h"
#include "calc/scheme.h"
#include "sim/rng.h"

/* Midnight of the building. */
#define MONTH "2024-12-31T19:00:00Z" /* 1 January 2025 */
#define DAY   "2025-01-09T19:00:00Z" /* 10 January */
#define HOURS 744                    /* of January */

struct house {
	int64_t in, out; /* channels V_in, V_out, bound to registers of hourly amounts */
	int64_t in_reg, out_reg;
	int64_t loss, twice; /* V_loss = V_in - V_out, V_twice = 2 * V_loss */
	int64_t loss_formula;
};

static int64_t add_register(struct fixture *f, const char *key)
{
	struct meter_register r = counter_conf(f, key);
	r.form = FORM_AMOUNT;
	r.max_rate = 100;
	return put_object(f, OBJECT_REGISTER, &r);
}

static int64_t add_named(struct fixture *f, const char *code, enum quantity q, enum unit u)
{
	struct channel c;
	object_init(OBJECT_CHANNEL, &c);
	c.place = f->place;
	c.quantity = q;
	c.unit = u;
	(void)STR_COPY(c.code, code);
	return put_object(f, OBJECT_CHANNEL, &c);
}

static struct formula_text formula_conf(int64_t channel, const char *text, enum period period)
{
	struct formula_text t;
	object_init(OBJECT_FORMULA, &t);
	t.channel = channel;
	t.period = period;
	(void)STR_COPY(t.text, text);
	return t;
}

static int64_t add_formula(struct fixture *f, int64_t channel, const char *text, enum period period)
{
	struct formula_text t = formula_conf(channel, text, period);
	return put_object(f, OBJECT_FORMULA, &t);
}

static struct house build(struct fixture *f)
{
	struct house h = {0};
	store_set_rule(f->store, scheme_check);
	h.in_reg = add_register(f, "in.amount");
	h.out_reg = add_register(f, "out.amount");
	h.in = add_named(f, "V_in", QUANTITY_COLD_WATER, UNIT_M3);
	h.out = add_named(f, "V_out", QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, h.in, h.in_reg);
	bind(f, h.out, h.out_reg);
	/* the one that reads is made first: order comes from the formulas, not from the numbers */
	h.twice = add_named(f, "V_twice", QUANTITY_COLD_WATER, UNIT_M3);
	h.loss = add_named(f, "V_loss", QUANTITY_COLD_WATER, UNIT_M3);
	h.loss_formula = add_formula(f, h.loss, "V_in - V_out", PERIOD_HOUR);
	add_formula(f, h.twice, "2 * V_loss", PERIOD_HOUR);
	return h;
}

/* Whole thousandths, so that sums are exact in any order. */
static double in_of(int i)
{
	return (double)(5000 + i * 37 % 1000) / 1000;
}
static double out_of(int i)
{
	return (double)(3000 + i * 53 % 900) / 1000;
}

static void say_month(struct fixture *f, const struct house *h, int from, int till, bool with_out)
{
	for (int i = from; i < till; i++) {
		int64_t at = utc(MONTH) + (int64_t)i * HOUR_S;
		meter_says(f, h->in_reg, PERIOD_HOUR, at, in_of(i));
		if (with_out) {
			meter_says(f, h->out_reg, PERIOD_HOUR, at, out_of(i));
		}
	}
	settle(f);
}

static double loss_of(int from, int till)
{
	double sum = 0;
	for (int i = from; i < till; i++) {
		sum += in_of(i) - out_of(i);
	}
	return sum;
}

static void hours_days_and_months_follow_the_formula(void **state)
{
	struct fixture *f = *state;
	struct house h = build(f);
	say_month(f, &h, 0, HOURS, true);
	int64_t month = utc(MONTH), day = utc(DAY);
	for (int i = 0; i < HOURS; i += 50) {
		assert_value(f, h.loss, PERIOD_HOUR, month + i * HOUR_S, loss_of(i, i + 1),
			MEASURED(METER));
		assert_value(f, h.twice, PERIOD_HOUR, month + i * HOUR_S, 2 * loss_of(i, i + 1),
			MEASURED(METER));
	}
	assert_value(f, h.loss, PERIOD_DAY, day, loss_of(216, 240), MEASURED(METER));
	assert_value(f, h.loss, PERIOD_MONTH, month, loss_of(0, HOURS), MEASURED(METER));
	assert_value(f, h.twice, PERIOD_MONTH, month, 2 * loss_of(0, HOURS), MEASURED(METER));
}

/* The hours of a day that a channel knows. */
static struct completeness day_of(struct fixture *f, int64_t channel, int64_t day)
{
	struct form_value v[24];
	for (int i = 0; i < 24; i++) {
		struct archive_value a = value_at(f, channel, PERIOD_HOUR, day + i * HOUR_S);
		v[i] = (struct form_value){a.value, a.quality};
	}
	return form_completeness(v, 24, 24);
}

struct seen {
	int partial, whole;
};

static enum err see_replaced(void *ctx, const struct replaced_value *v)
{
	struct seen *s = ctx;
	s->partial += quality_class(v->old.quality) == QUALITY_PARTIAL;
	s->whole += quality_class(v->old.quality) == QUALITY_MEASURED;
	return ERR_OK;
}

static void six_missing_hours_of_an_input_make_it_partial_until_they_come(void **state)
{
	struct fixture *f = *state;
	struct house h = build(f);
	int64_t month = utc(MONTH), day = utc(DAY);
	say_month(f, &h, 0, HOURS, true);
	/* six hours of one input are taken back */
	for (int i = 220; i < 226; i++) {
		batch_revision(open_batch(f), h.out_reg, PERIOD_HOUR, month + i * HOUR_S, NAN,
			quality_make(QUALITY_MISSING, SOURCE_METER, 0));
	}
	settle(f);
	double day_left = loss_of(216, 220) + loss_of(226, 240);
	assert_true(isnan(value_at(f, h.loss, PERIOD_HOUR, month + 222 * HOUR_S).value));
	struct archive_value v = value_at(f, h.loss, PERIOD_DAY, day);
	assert_true(fabs(v.value - day_left) < 1e-9);
	assert_int_equal(quality_class(v.quality), QUALITY_PARTIAL);
	assert_true(fabs(day_of(f, h.loss, day).completeness - 0.75) < 1e-12);
	v = value_at(f, h.twice, PERIOD_MONTH, month);
	assert_true(fabs(v.value - 2 * (loss_of(0, HOURS) - loss_of(220, 226))) < 1e-8);
	assert_int_equal(quality_class(v.quality), QUALITY_PARTIAL);
	/* the meter tells them after all */
	for (int i = 220; i < 226; i++) {
		meter_says(f, h.out_reg, PERIOD_HOUR, month + i * HOUR_S, out_of(i));
	}
	settle(f);
	for (int i = 0; i < HOURS; i++) {
		assert_value(f, h.loss, PERIOD_HOUR, month + i * HOUR_S, loss_of(i, i + 1),
			MEASURED(METER));
	}
	assert_value(f, h.loss, PERIOD_DAY, day, loss_of(216, 240), MEASURED(METER));
	assert_value(f, h.loss, PERIOD_MONTH, month, loss_of(0, HOURS), MEASURED(METER));
	assert_value(f, h.twice, PERIOD_MONTH, month, 2 * loss_of(0, HOURS), MEASURED(METER));
	/* and the history shows both: the whole day that became partial, the partial one that became whole */
	struct seen seen = {0};
	assert_int_equal(archive_history(f->store, h.loss, PERIOD_DAY, (struct span){day, day + 1},
				 see_replaced, &seen),
		ERR_OK);
	assert_true(seen.partial >= 1);
	assert_true(seen.whole >= 1);
}

static void the_order_of_arrival_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct house h = build(f);
	int order[2 * HOURS];
	for (int i = 0; i < 2 * HOURS; i++) {
		int j = (int)(sim_hash01(5, i) * (i + 1));
		order[i] = order[j];
		order[j] = i;
	}
	for (int i = 0; i < 2 * HOURS; i++) {
		int hour = order[i] / 2;
		meter_says(f, order[i] % 2 ? h.in_reg : h.out_reg, PERIOD_HOUR,
			utc(MONTH) + (int64_t)hour * HOUR_S,
			order[i] % 2 ? in_of(hour) : out_of(hour));
		if (i % 97 == 0) {
			settle(f);
		}
		if (i == HOURS) {
			settle(f);
			restart(f);
		}
	}
	settle(f);
	for (int i = 0; i < HOURS; i++) {
		assert_value(f, h.twice, PERIOD_HOUR, utc(MONTH) + (int64_t)i * HOUR_S,
			2 * loss_of(i, i + 1), MEASURED(METER));
	}
	assert_value(f, h.twice, PERIOD_MONTH, utc(MONTH), 2 * loss_of(0, HOURS), MEASURED(METER));
}

static void a_window_follows_late_values_of_its_input(void **state)
{
	struct fixture *f = *state;
	struct house h = build(f);
	int64_t month = utc(MONTH);
	int64_t day_sum = add_named(f, "V_24", QUANTITY_COLD_WATER, UNIT_M3);
	int64_t before = add_named(f, "V_before", QUANTITY_COLD_WATER, UNIT_M3);
	add_formula(f, day_sum, "sum(V_in, -23h, 0h)", PERIOD_HOUR);
	add_formula(f, before, "V_in@-24h", PERIOD_HOUR);
	say_month(f, &h, 0, 40, false);
	say_month(f, &h, 42, 100, false);
	double sum = 0;
	for (int i = 17; i <= 39; i++) {
		sum += in_of(i);
	}
	/* 22 of 24 are less than the 95 % a sum needs */
	assert_true(isnan(value_at(f, day_sum, PERIOD_HOUR, month + 45 * HOUR_S).value));
	assert_true(isnan(value_at(f, before, PERIOD_HOUR, month + 64 * HOUR_S).value));
	say_month(f, &h, 40, 42, false);
	assert_value(
		f, day_sum, PERIOD_HOUR, month + 40 * HOUR_S, sum + in_of(40), MEASURED(METER));
	for (int i = 24; i < 100; i++) {
		double want = 0;
		for (int k = i - 23; k <= i; k++) {
			want += in_of(k);
		}
		assert_value(f, day_sum, PERIOD_HOUR, month + i * HOUR_S, want, MEASURED(METER));
		assert_value(
			f, before, PERIOD_HOUR, month + i * HOUR_S, in_of(i - 24), MEASURED(METER));
	}
}

static void a_formula_of_days_reads_days(void **state)
{
	struct fixture *f = *state;
	struct house h = build(f);
	int64_t month = utc(MONTH), day = utc(DAY);
	int64_t share = add_named(f, "V_share", QUANTITY_COLD_WATER, UNIT_M3);
	add_formula(f, share, "V_in / V_out * 1 m3", PERIOD_DAY);
	say_month(f, &h, 0, HOURS, true);
	double in = 0, out = 0;
	for (int i = 216; i < 240; i++) {
		in += in_of(i);
		out += out_of(i);
	}
	assert_value(f, share, PERIOD_DAY, day, in / out, MEASURED(METER));
	assert_true(isnan(value_at(f, share, PERIOD_HOUR, day).value));
	assert_true(value_at(f, share, PERIOD_MONTH, month).value > 30);
}

/* ---- what is refused ---- */

static void refused(struct fixture *f, int64_t channel, const char *text, const char *want)
{
	struct formula_text t = formula_conf(channel, text, PERIOD_HOUR);
	struct diag d = {0};
	enum err e = store_put(f->store, OBJECT_FORMULA, &t, "test", &d);
	if (e == ERR_OK || !strstr(d.text, want)) {
		fail_msg("'%s': %s, \"%s\" instead of \"%s\"", text, err_name(e), d.text, want);
	}
}

static void what_is_wrong_is_refused_when_it_is_written(void **state)
{
	struct fixture *f = *state;
	struct house h = build(f);
	int64_t x = add_named(f, "X", QUANTITY_HEAT_ENERGY, UNIT_GJ);
	int64_t y = add_named(f, "Y", QUANTITY_COLD_WATER, UNIT_M3);
	(void)h;
	refused(f, x, "V_in + V_out", "column "); /* m3 are no GJ */
	refused(f, y, "V_in - V_inn", "V_inn");
	refused(f, y, "V_in - ", "column ");
	refused(f, y, "Y + V_in", "Y \xe2\x86\x92 Y");
	refused(f, y, "1 m3", "reads no channel");
	/* around a corner: V_in feeds V_loss, V_loss feeds V_twice */
	int64_t z = add_named(f, "Z", QUANTITY_COLD_WATER, UNIT_M3);
	add_formula(f, z, "V_twice + V_in", PERIOD_HOUR);
	struct formula_text t = formula_conf(y, "Z", PERIOD_HOUR);
	int64_t id = put_object(f, OBJECT_FORMULA, &t);
	struct diag d = {0};
	struct formula_text loss = formula_conf(h.loss, "V_in - Y", PERIOD_HOUR);
	loss.id = h.loss_formula;
	assert_int_equal(store_put(f->store, OBJECT_FORMULA, &loss, "test", &d), ERR_CONFLICT);
	assert_non_null(strstr(d.text,
		"V_twice \xe2\x86\x92 V_loss \xe2\x86\x92 Y \xe2\x86\x92 Z \xe2\x86\x92 V_twice"));
	/* a code that a formula reads cannot be taken away */
	struct channel in;
	object_init(OBJECT_CHANNEL, &in);
	const struct site *site = store_site(f->store);
	in = *(const struct channel *)site_find(site, OBJECT_CHANNEL, h.in);
	site_unref(site);
	(void)STR_COPY(in.code, "V_renamed");
	assert_int_not_equal(store_put(f->store, OBJECT_CHANNEL, &in, "test", &d), ERR_OK);
	assert_true(id > 0);
}

/* F33 of formula_engine.json: A = B+1, B = A*2. */
static void the_cycle_of_the_vectors_is_refused(void **state)
{
	struct fixture *f = *state;
	struct formula_text t;
	struct object_put items[2];
	struct diag d = {0};
	store_set_rule(f->store, scheme_check);
	int64_t a = add_named(f, "A", QUANTITY_COLD_WATER, UNIT_M3);
	int64_t b = add_named(f, "B", QUANTITY_COLD_WATER, UNIT_M3);
	struct formula_text first = formula_conf(a, "B + 1 m3", PERIOD_HOUR);
	t = formula_conf(b, "A*2", PERIOD_HOUR);
	items[0] = (struct object_put){OBJECT_FORMULA, &first};
	items[1] = (struct object_put){OBJECT_FORMULA, &t};
	assert_int_equal(store_put_many(f->store, items, 2, "test", &d), ERR_CONFLICT);
	assert_non_null(strstr(d.text, "A \xe2\x86\x92 B \xe2\x86\x92 A"));
}

/* ---- recomputation ---- */

static void recompute(
	struct fixture *f, const struct site *proposed, bool is_all, struct recompute_list *ret)
{
	struct diag d = {0};
	const struct recompute_ask ask = {
		.store = f->store, .proposed = proposed, .is_all = is_all, .from = INT64_MIN};
	if (recompute_collect(&ask, (struct span){INT64_MIN, INT64_MAX}, ret, &d) != ERR_OK) {
		fail_msg("%s", d.text);
	}
}

static void recomputing_twice_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct house h = build(f);
	struct recompute_list list;
	say_month(f, &h, 0, HOURS, true);
	recompute(f, NULL, true, &list);
	assert_int_equal(list.n, 0);
	recompute_list_fini(&list);
	/* somebody spoils a computed value behind the rollup's back; the rollup itself mends it */
	batch_archive(open_batch(f), h.loss, PERIOD_HOUR, utc(DAY), 99, MEASURED(METER), true);
	settle(f);
	assert_value(f, h.loss, PERIOD_HOUR, utc(DAY), loss_of(216, 217), MEASURED(METER));
	recompute(f, NULL, true, &list);
	assert_int_equal(list.n, 0);
	recompute_list_fini(&list);
}

static void a_change_shows_what_it_would_do_and_does_just_that(void **state)
{
	struct fixture *f = *state;
	struct house h = build(f);
	struct recompute_list list, again;
	struct site *proposed;
	struct diag d = {0};
	say_month(f, &h, 0, HOURS, true);
	struct formula_text loss = formula_conf(h.loss, "V_in - 1.5 * V_out", PERIOD_HOUR);
	loss.id = h.loss_formula;
	struct object_put item = {OBJECT_FORMULA, &loss};
	if (store_propose(f->store, &item, 1, NULL, &proposed, &d) != ERR_OK) {
		fail_msg("%s", d.text);
	}
	recompute(f, proposed, false, &list);
	site_unref(proposed);
	/* exactly what depends on it: both computed channels, every hour, day and the month */
	assert_int_equal(list.counts[PERIOD_HOUR], 2 * HOURS);
	assert_int_equal(list.counts[PERIOD_DAY], 2 * 31);
	assert_int_equal(list.counts[PERIOD_MONTH], 2);
	assert_value(f, h.loss, PERIOD_MONTH, utc(MONTH), loss_of(0, HOURS), MEASURED(METER));
	put_object(f, OBJECT_FORMULA, &loss);
	settle(f);
	for (size_t i = 0; i < list.n; i++) {
		const struct recompute_change *c = &list.items[i];
		assert_true(c->channel == h.loss || c->channel == h.twice);
		assert_value(f, c->channel, c->period, c->start, c->fresh.value, c->fresh.quality);
	}
	recompute(f, NULL, true, &again);
	assert_int_equal(again.n, 0);
	recompute_list_fini(&again);
	recompute_list_fini(&list);
}

static void a_parameter_recomputes_exactly_what_reads_it(void **state)
{
	struct fixture *f = *state;
	struct house h = build(f);
	struct parameter p;
	struct recompute_list list;
	struct site *proposed;
	struct diag d = {0};
	int64_t scaled = add_named(f, "V_scaled", QUANTITY_COLD_WATER, UNIT_M3);
	object_init(OBJECT_PARAMETER, &p);
	p.place = f->place;
	p.value = 2;
	(void)STR_COPY(p.code, "scale");
	put_object(f, OBJECT_PARAMETER, &p);
	add_formula(f, scaled, "V_in * param(\"scale\")", PERIOD_HOUR);
	say_month(f, &h, 0, 48, true);
	assert_value(f, scaled, PERIOD_HOUR, utc(MONTH), 2 * in_of(0), MEASURED(METER));
	p.value = 3;
	struct object_put item = {OBJECT_PARAMETER, &p};
	assert_int_equal(store_propose(f->store, &item, 1, NULL, &proposed, &d), ERR_OK);
	recompute(f, proposed, false, &list);
	site_unref(proposed);
	assert_int_equal(list.counts[PERIOD_HOUR], 48);
	for (size_t i = 0; i < list.n; i++) {
		assert_true(list.items[i].channel == scaled);
	}
	recompute_list_fini(&list);
	put_object(f, OBJECT_PARAMETER, &p);
	settle(f);
	assert_value(f, scaled, PERIOD_HOUR, utc(MONTH), 3 * in_of(0), MEASURED(METER));
	/* one of another code concerns nobody */
	struct parameter other = p;
	other.id = 0;
	(void)STR_COPY(other.code, "other");
	item = (struct object_put){OBJECT_PARAMETER, &other};
	assert_int_equal(store_propose(f->store, &item, 1, NULL, &proposed, &d), ERR_OK);
	recompute(f, proposed, false, &list);
	site_unref(proposed);
	assert_int_equal(list.n, 0);
	recompute_list_fini(&list);
}

static void old_days_use_the_formula_of_their_time(void **state)
{
	struct fixture *f = *state;
	struct house h = build(f);
	int64_t day = utc(DAY);
	say_month(f, &h, 0, HOURS, true);
	struct formula_text loss = formula_conf(h.loss, "V_in - V_out", PERIOD_HOUR);
	loss.id = h.loss_formula;
	loss.till_utc = day;
	put_object(f, OBJECT_FORMULA, &loss);
	struct formula_text later = formula_conf(h.loss, "V_in", PERIOD_HOUR);
	later.from_utc = day;
	put_object(f, OBJECT_FORMULA, &later);
	settle(f);
	assert_value(f, h.loss, PERIOD_HOUR, day - HOUR_S, loss_of(215, 216), MEASURED(METER));
	assert_value(f, h.loss, PERIOD_HOUR, day, in_of(216), MEASURED(METER));
	assert_value(f, h.twice, PERIOD_HOUR, day, 2 * in_of(216), MEASURED(METER));
}

static void a_person_s_value_of_a_computed_channel_stays(void **state)
{
	struct fixture *f = *state;
	struct house h = build(f);
	int64_t hour = utc(DAY);
	uint16_t by_hand = quality_make(QUALITY_EDITED, SOURCE_MANUAL, 0);
	say_month(f, &h, 0, HOURS, true);
	batch_archive(open_batch(f), h.loss, PERIOD_HOUR, hour, 7, by_hand, true);
	settle(f);
	meter_says(f, h.in_reg, PERIOD_HOUR, hour, 50);
	settle(f);
	assert_value(f, h.loss, PERIOD_HOUR, hour, 7, by_hand);
	/* what is computed of it says that a person had a hand in it, and may be computed anew */
	struct archive_value v = value_at(f, h.twice, PERIOD_HOUR, hour);
	assert_true(v.value == 14);
	assert_true(quality_flags(v.quality) & QUALITY_BY_HAND);
	assert_true(quality_source(v.quality) <= SOURCE_METER);
}

/* ---- closed periods ---- */

static enum err keep_pending(void *ctx, const struct closing *of, const struct correction *c)
{
	struct correction *kept = ctx;
	(void)of;
	for (int i = 0; i < 4; i++) {
		if (kept[i].series == 0) {
			kept[i] = *c;
			break;
		}
	}
	return ERR_OK;
}

static enum err keep_billed_value(void *ctx, const struct billed_value *v)
{
	struct billed_value *wanted = ctx;
	if (v->series == wanted->series) {
		*wanted = *v;
	}
	return ERR_OK;
}

static void a_closed_month_keeps_its_bill_and_gets_a_correction(void **state)
{
	struct fixture *f = *state;
	struct house h = build(f);
	struct closing january, february;
	struct correction pending[4] = {{0}};
	struct billed_value billed = {.series = h.in};
	struct diag d = {0};
	int64_t month = utc(MONTH);
	say_month(f, &h, 0, HOURS, true);
	assert_int_equal(closing_make(f->store, f->place, month, "boss", "", &january, &d), ERR_OK);
	assert_int_equal(
		closing_make(f->store, f->place, month, "boss", "", &february, &d), ERR_EXISTS);
	assert_int_equal(closing_pending(f->store, f->place, keep_pending, pending), ERR_OK);
	assert_int_equal(pending[0].series, 0);
	double before = value_at(f, h.in, PERIOD_MONTH, month).value;
	/* an hour turns out to have been 2.5 m3 more */
	meter_says(f, h.in_reg, PERIOD_HOUR, month, in_of(0) + 2.5);
	settle(f);
	assert_int_equal(billed_list(f->store, january.id, keep_billed_value, &billed), ERR_OK);
	assert_true(billed.value == before);
	assert_int_equal(closing_pending(f->store, f->place, keep_pending, pending), ERR_OK);
	for (int i = 0; i < 3; i++) { /* V_in, V_loss and twice as much of V_twice */
		double want = pending[i].series == h.twice ? 5 : 2.5;
		assert_true(fabs(pending[i].amount - want) < 1e-9);
	}
	assert_int_equal(pending[3].series, 0);
	/* charged with the next month, and then no longer pending */
	int64_t next = january.span.till;
	for (int i = 0; i < 28 * 24; i++) {
		meter_says(f, h.in_reg, PERIOD_HOUR, next + i * HOUR_S, 1);
	}
	settle(f);
	assert_int_equal(closing_make(f->store, f->place, next, "boss", "", &february, &d), ERR_OK);
	struct correction left[4] = {{0}};
	assert_int_equal(closing_pending(f->store, f->place, keep_pending, left), ERR_OK);
	assert_int_equal(left[0].series, 0);
	assert_int_equal(closing_undo(f->store, january.id, "boss", &d), ERR_CONFLICT);
	assert_int_equal(closing_undo(f->store, february.id, "boss", &d), ERR_OK);
	assert_int_equal(closing_pending(f->store, f->place, keep_pending, left), ERR_OK);
	assert_int_not_equal(left[0].series, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(hours_days_and_months_follow_the_formula),
		T(six_missing_hours_of_an_input_make_it_partial_until_they_come),
		T(the_order_of_arrival_changes_nothing),
		T(a_window_follows_late_values_of_its_input),
		T(a_formula_of_days_reads_days),
		T(what_is_wrong_is_refused_when_it_is_written),
		T(the_cycle_of_the_vectors_is_refused),
		T(recomputing_twice_changes_nothing),
		T(a_change_shows_what_it_would_do_and_does_just_that),
		T(a_parameter_recomputes_exactly_what_reads_it),
		T(old_days_use_the_formula_of_their_time),
		T(a_person_s_value_of_a_computed_channel_stays),
		T(a_closed_month_keeps_its_bill_and_gets_a_correction),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
