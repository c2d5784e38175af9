/*
 * validate_work.c - see validate_work.h
 *
 * State "validate", beside the cursor of the same name:
 *
 *   version  journal cursor  count  (channel, start of the newest hour, end of the judged days) ...
 */
#include "calc/validate_work.h"

#include "base/clock.h"
#include "calc/rollup_dirty.h"
#include "calc/validate_desk.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME          "validate"
#define STATE_VERSION 1
#define STATE_MAX     (16u << 20)
#define LIST_MAX      5000  /* rows of the journal asked for at once */
#define DIRTY_MAX     20000 /* days of channels in one step, more or less */
#define SAVE_US       600000000
#define CATCH_UP_S    (400LL * 86400) /* a longer silence is not judged day by day */
#define CHANGE_MAX_S  (50LL * 366 * 86400)

struct mark {
	int64_t channel;
	int64_t newest; /* start of its newest hour */
	int64_t judged; /* days up to here were judged as a whole */
};

struct check_work {
	struct store *store;
	bool is_loaded;
	int64_t journal_seq, list_seq;
	int64_t saved_us;   /* when the state was written, clock_mono_us */
	struct mark *marks; /* owned; by channel */
	size_t mark_count;

	struct desk desk;
	bool has_desk;

	/* of one step */
	struct dirty days;
	struct batch *batch;
	size_t emitted, list_count;
	bool met_unknown; /* the journal told of a series that is not in the desk's site */
};

struct check_work *check_work_new(struct store *store)
{
	struct check_work *w = calloc(1, sizeof(*w));
	if (w) {
		w->store = store;
	}
	return w;
}

static void forget(struct check_work *w)
{
	free(w->marks);
	w->marks = NULL;
	w->mark_count = 0;
	w->is_loaded = false;
	if (w->has_desk) {
		desk_fini(&w->desk);
		w->has_desk = false;
	}
}

void check_work_free(struct check_work *w)
{
	if (!w) {
		return;
	}
	forget(w);
	dirty_fini(&w->days);
	free(w);
}

/* ---- state ---- */

static enum err load_marks(struct check_work *w, struct reader *in)
{
	uint64_t n = reader_varint(in);
	if (in->is_short || n > reader_left(in)) {
		return ERR_CORRUPT;
	}
	w->marks = calloc((size_t)n + 1, sizeof(*w->marks));
	if (!w->marks) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		w->marks[i].channel = unzigzag(reader_varint(in));
		w->marks[i].newest = unzigzag(reader_varint(in));
		w->marks[i].judged = unzigzag(reader_varint(in));
	}
	w->mark_count = (size_t)n;
	return in->is_short ? ERR_CORRUPT : ERR_OK;
}

static enum err load(struct check_work *w)
{
	struct buf body;
	forget(w);
	w->journal_seq = 0;
	buf_init(&body, STATE_MAX);
	enum err e = store_state(w->store, NAME, &body);
	if (!e) {
		struct reader in = reader_of(buf_slice(&body));
		e = reader_u8(&in) == STATE_VERSION ? ERR_OK : ERR_CORRUPT;
		w->journal_seq = (int64_t)reader_varint(&in);
		e = e ? e : load_marks(w, &in);
	}
	buf_fini(&body);
	if (e == ERR_CORRUPT) { /* everything the journal still has is judged again */
		forget(w);
		w->journal_seq = 0;
		e = ERR_OK;
	}
	e = e == ERR_NODATA ? ERR_OK : e;
	w->is_loaded = e == ERR_OK;
	return e;
}

static void save(struct check_work *w)
{
	struct buf body;
	buf_init(&body, STATE_MAX);
	buf_u8(&body, STATE_VERSION);
	buf_varint(&body, (uint64_t)w->journal_seq);
	buf_varint(&body, w->mark_count);
	for (size_t i = 0; i < w->mark_count; i++) {
		buf_varint(&body, zigzag(w->marks[i].channel));
		buf_varint(&body, zigzag(w->marks[i].newest));
		buf_varint(&body, zigzag(w->marks[i].judged));
	}
	if (!body.is_full) {
		batch_state(w->batch, NAME, buf_slice(&body));
		/* readings are not looked at: nobody has to keep them for us */
		batch_cursor(w->batch, NAME, INT64_MAX, w->journal_seq);
		w->saved_us = clock_mono_us();
	}
	buf_fini(&body);
}

/* One mark for every channel of the site, in its order; those of channels that are gone fall. */
static enum err take_site(struct check_work *w)
{
	const struct site *site = store_site(w->store);
	bool is_same = w->has_desk && w->desk.site->generation == site->generation;
	site_unref(site);
	if (is_same) {
		return ERR_OK;
	}
	struct desk fresh;
	enum err e = desk_init(&fresh, w->store, NULL);
	if (e) {
		return e;
	}
	size_t n = fresh.site->counts[OBJECT_CHANNEL], old = 0;
	struct mark *marks = calloc(n + 1, sizeof(*marks));
	if (!marks) {
		desk_fini(&fresh);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		int64_t id = fresh.site->channels[i].id;
		while (old < w->mark_count && w->marks[old].channel < id) {
			old++;
		}
		bool is_known = old < w->mark_count && w->marks[old].channel == id;
		marks[i] = is_known ? w->marks[old] : (struct mark){id, INT64_MIN, INT64_MIN};
	}
	free(w->marks);
	w->marks = marks;
	w->mark_count = n;
	if (w->has_desk) {
		desk_fini(&w->desk);
	}
	w->desk = fresh;
	w->has_desk = true;
	return ERR_OK;
}

/* ---- the journal ---- */

/* Rules that look at other channels judge those again too: of the place, and what stands behind. */
static void mark_partners(struct check_work *w, const struct channel *c, int64_t day)
{
	const struct channel *first = w->desk.site->channels;
	bool is_input = c->quantity == QUANTITY_MASS_SUPPLY ||
			c->quantity == QUANTITY_TEMPERATURE_SUPPLY ||
			c->quantity == QUANTITY_TEMPERATURE_RETURN;
	size_t n;
	const struct channel **items = desk_at_place(&w->desk, c->place, &n);
	for (size_t i = 0; i < n && is_input; i++) {
		enum quantity q = items[i]->quantity;
		bool is_reader = q == QUANTITY_TEMPERATURE_SUPPLY || q == QUANTITY_HEAT_ENERGY ||
				 q == QUANTITY_MASS_RETURN;
		if (items[i] != c && is_reader) {
			dirty_add(&w->days, (uint32_t)(items[i] - first), day);
		}
	}
	items = desk_behind(&w->desk, c->id, &n);
	for (size_t i = 0; i < n; i++) {
		dirty_add(&w->days, (uint32_t)(items[i] - first), day);
	}
}

/* Days that have become whole by an hour behind their end, and the day before again: journals of
 * meters are read once a day. */
static void mark_whole(struct check_work *w, size_t index, const struct calendar *calendar)
{
	struct mark *m = &w->marks[index];
	int64_t end = period_of(calendar, PERIOD_DAY, m->newest - 3600).from;
	if (m->judged == INT64_MIN || m->judged < end - CATCH_UP_S) {
		m->judged = end; /* what came with the first values is marked by itself */
		return;
	}
	for (int64_t day = m->judged; day < end; day = period_next(calendar, PERIOD_DAY, day)) {
		dirty_add(&w->days, (uint32_t)index, day);
		dirty_add(&w->days, (uint32_t)index, period_prev(calendar, PERIOD_DAY, day));
	}
	m->judged = end > m->judged ? end : m->judged;
}

static enum err each_change(void *ctx, const struct change *c)
{
	struct check_work *w = ctx;
	if (c->seq != w->list_seq && w->days.n > DIRTY_MAX) {
		return ERR_CANCELLED;
	}
	w->list_seq = c->seq;
	w->list_count++;
	const struct site *s = w->desk.site;
	const struct channel *channel = site_find(s, OBJECT_CHANNEL, c->series);
	bool is_ours = c->period == PERIOD_HOUR || c->period == PERIOD_DAY;
	w->met_unknown |= !channel && !site_find(s, OBJECT_REGISTER, c->series);
	if (!channel || !is_ours || c->span.till - c->span.from > CHANGE_MAX_S ||
		quantity_kind(channel->quantity) == KIND_INFO ||
		quantity_kind(channel->quantity) == KIND_STATE) {
		return ERR_OK;
	}
	size_t index = (size_t)(channel - s->channels);
	struct calendar calendar = site_calendar(s, channel->place);
	int64_t day = period_of(&calendar, PERIOD_DAY, c->span.from).from;
	for (; day < c->span.till; day = period_next(&calendar, PERIOD_DAY, day)) {
		dirty_add(&w->days, (uint32_t)index, day);
		mark_partners(w, channel, day);
	}
	if (c->period == PERIOD_HOUR && c->span.till - 3600 > w->marks[index].newest) {
		w->marks[index].newest = c->span.till - 3600;
		mark_whole(w, index, &calendar);
	}
	return ERR_OK;
}

static enum err take_journal(struct check_work *w)
{
	w->list_seq = w->journal_seq;
	w->list_count = 0;
	enum err e = journal_list(w->store, w->journal_seq, LIST_MAX, each_change, w);
	if (e && e != ERR_CANCELLED && e != ERR_NODATA) {
		return e;
	}
	w->journal_seq = w->list_seq;
	return w->days.is_broken ? ERR_NOMEM : ERR_OK;
}

/* A series unknown here was deleted - or made, and its first values committed, between taking the site
 * and reading the journal. Then the site is newer. */
static bool is_overtaken(const struct check_work *w)
{
	const struct site *site = w->met_unknown ? store_site(w->store) : NULL;
	bool is_newer = site && site->generation != w->desk.site->generation;
	site_unref(site);
	return is_newer;
}

/* ---- findings against verdicts ---- */

struct known {
	struct verdict *items; /* owned */
	bool *is_found;        /* owned */
	size_t n, cap;
};

static enum err keep_verdict(void *ctx, const struct verdict *v)
{
	struct known *k = ctx;
	enum rule rule;
	bool is_ours = (v->period == PERIOD_HOUR || v->period == PERIOD_DAY) &&
		       rule_from_id(v->rule, &rule);
	if (!is_ours) {
		return ERR_OK;
	}
	if (k->n == k->cap) {
		size_t cap = k->cap ? 2 * k->cap : 16;
		struct verdict *items = realloc(k->items, cap * sizeof(*items));
		bool *is_found = items ? realloc(k->is_found, cap * sizeof(*is_found)) : NULL;
		k->items = items ? items : k->items;
		k->is_found = is_found ? is_found : k->is_found;
		if (!is_found) {
			return ERR_NOMEM;
		}
		k->cap = cap;
	}
	k->is_found[k->n] = false;
	k->items[k->n++] = *v;
	return ERR_OK;
}

static bool is_same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* The same doubt about the same value? Of gaps the number that is missing is what it is about. */
static bool is_match(const struct verdict *v, const struct finding *f)
{
	return v->start == f->start && v->period == f->period &&
	       strcmp(v->rule, rule_info(f->rule)->id) == 0 && is_same(v->value, f->value) &&
	       (f->rule != RULE_GAP || is_same(v->measure, f->check.measure));
}

static bool is_standing(const struct verdict *v)
{
	return v->state != VERDICT_GONE && v->state != VERDICT_EDITED;
}

static void put_new(struct check_work *w, const struct channel *c, const struct finding *f)
{
	char text[160];
	struct verdict v = {.series = c->id,
		.period = f->period,
		.start = f->start,
		.is_failure = f->is_failure,
		.value = f->value,
		.measure = f->check.measure,
		.bound = f->check.limit,
		.other = f->check.other,
		.fill = NAN,
		.found_utc = clock_now()};
	(void)snprintf(v.rule, sizeof(v.rule), "%s", rule_info(f->rule)->id);
	batch_verdict(w->batch, &v);
	const char *title = rule_info(f->rule)->title;
	if (isnan(v.bound)) {
		(void)snprintf(text, sizeof(text), "%s %s: %g", v.rule, title, v.measure);
	} else {
		(void)snprintf(text, sizeof(text), "%s %s: %g, limit %g", v.rule, title, v.measure,
			v.bound);
	}
	batch_event(w->batch, f->start, c->id, f->is_failure ? "suspect" : "doubtful", text);
	w->emitted++;
}

static void put_finding(
	struct check_work *w, const struct channel *c, struct known *known, const struct finding *f)
{
	for (size_t i = 0; i < known->n; i++) {
		struct verdict *v = &known->items[i];
		if (!is_match(v, f) || !is_standing(v)) {
			continue;
		}
		known->is_found[i] = true;
		bool is_old = v->is_failure == f->is_failure &&
			      is_same(v->measure, f->check.measure) &&
			      is_same(v->bound, f->check.limit);
		if (v->state == VERDICT_OPEN && !is_old) {
			v->is_failure = f->is_failure;
			v->measure = f->check.measure;
			v->bound = f->check.limit;
			v->other = f->check.other;
			batch_verdict(w->batch, v);
			w->emitted++;
		}
		return;
	}
	put_new(w, c, f);
}

static enum err judge_day(struct check_work *w, const struct dirty_item *item)
{
	const struct channel *c = &w->desk.site->channels[item->channel];
	struct calendar calendar = site_calendar(w->desk.site, c->place);
	struct known known = {0};
	struct judged_day day;
	struct finding findings[DAY_FINDINGS];
	struct verdict_query q = {
		.series = c->id, .span = period_of(&calendar, PERIOD_DAY, item->start)};
	enum err e = verdict_list(w->store, &q, keep_verdict, &known);
	e = e ? e :
		desk_put(&w->desk, c, item->start, w->marks[item->channel].newest, known.items,
			known.n, &day);
	size_t n = e ? 0 : day_judge(&day, findings, DAY_FINDINGS);
	for (size_t i = 0; i < n; i++) {
		put_finding(w, c, &known, &findings[i]);
	}
	for (size_t i = 0; i < known.n && !e; i++) {
		struct verdict *v = &known.items[i];
		bool is_open = v->state == VERDICT_OPEN || v->state >= VERDICT_ACCEPTING;
		if (is_open && !known.is_found[i]) {
			v->state = VERDICT_GONE;
			batch_verdict(w->batch, v);
			w->emitted++;
		}
	}
	free(known.items);
	free(known.is_found);
	return e;
}

/* ---- a step ---- */

static enum err work_off(struct check_work *w, bool *ret_more)
{
	enum err e = take_site(w);
	e = e ? e : take_journal(w);
	if (!e && is_overtaken(w)) {
		forget(w); /* again from what is saved, with the newer site */
		*ret_more = true;
		return ERR_OK;
	}
	dirty_sort(&w->days);
	for (size_t i = 0; i < w->days.n && !e; i++) {
		e = judge_day(w, &w->days.items[i]);
	}
	/* judging again what was judged gives the same: the cursor may lag */
	bool is_due = w->list_count > 0 && clock_mono_us() - w->saved_us > SAVE_US;
	if (e || (w->emitted == 0 && !is_due)) {
		return e;
	}
	save(w);
	if (batch_is_broken(w->batch)) {
		return ERR_NOMEM;
	}
	/* the next step asks what verdicts there are: they must be there */
	struct batch *b = w->batch;
	w->batch = NULL;
	return store_submit(w->store, b, true);
}

enum err check_work_step(struct check_work *w, bool *ret_more)
{
	int64_t before = w->journal_seq;
	*ret_more = false;
	w->emitted = 0;
	w->met_unknown = false;
	dirty_clear(&w->days);
	w->batch = batch_new();
	enum err e = w->batch ? ERR_OK : ERR_NOMEM;
	if (!e && !w->is_loaded) {
		e = load(w);
		before = w->journal_seq;
	}
	e = e ? e : work_off(w, ret_more);
	batch_free(w->batch);
	w->batch = NULL;
	if (e) {
		forget(w);
	} else {
		*ret_more |= w->journal_seq != before;
	}
	return e;
}
