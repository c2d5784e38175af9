/*
 * edit.c - see edit.h
 */
#include "calc/edit.h"

#include "base/clock.h"
#include "base/str.h"
#include "calc/estimate_read.h"
#include "calc/overlay.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct edit_reason reasons[] = {
	{"meter_defect", "Meter defective", "Неисправность прибора"},
	{"communication", "Communication failed", "Сбой связи"},
	{"replacement", "Meter replaced", "Замена прибора"},
	{"reading", "Reading taken on site", "Показание снято на месте"},
	{"act", "By an act", "По акту"},
	{"confirmed", "Checked, the value is right", "Проверено, значение верно"},
	{"maintenance", "Work at the plant", "Работы на оборудовании"},
	{"mistake", "Mistake of an earlier entry", "Ошибка прежнего ввода"},
	{"other", "Other, see the comment", "Другое, см. примечание"},
};

const struct edit_reason *edit_reasons(size_t *ret_n)
{
	*ret_n = sizeof(reasons) / sizeof(reasons[0]);
	return reasons;
}

bool edit_reason_is_known(const char *code)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(reasons[i].code, code) == 0) {
			return true;
		}
	}
	return false;
}

/* ---- closed months ---- */

struct closed {
	const struct site *site;
	int64_t place;
	struct span interval;
	bool is_closed;
};

static enum err each_closing(void *ctx, const struct closing *c)
{
	struct closed *x = ctx;
	bool overlaps = c->span.from < x->interval.till && c->span.till > x->interval.from;
	x->is_closed |= overlaps && site_is_within(x->site, x->place, c->place);
	return ERR_OK;
}

enum err edit_needs_second(struct store *store, const struct site *site, int64_t place,
	struct span interval, bool *ret_needs)
{
	struct closed x = {site, place, interval, false};
	enum err e = closing_list(store, 0, each_closing, &x);
	*ret_needs = x.is_closed;
	return e;
}

static const enum verdict_state waiting[VERDICT_STATE_COUNT] = {
	[VERDICT_ACCEPTED] = VERDICT_ACCEPTING,
	[VERDICT_REJECTED] = VERDICT_REJECTING,
	[VERDICT_ESTIMATED] = VERDICT_ESTIMATING,
	[VERDICT_EDITED] = VERDICT_EDITING,
};

enum verdict_state verdict_waiting(enum verdict_state to)
{
	return waiting[to];
}

bool verdict_is_waiting(enum verdict_state s)
{
	return s >= VERDICT_ACCEPTING && s <= VERDICT_EDITING;
}

/* ---- entering values ---- */

static void say_who(struct batch *b, const struct edit_word *w, const char *who)
{
	char why[256];
	(void)snprintf(why, sizeof(why), "%s%s%s%s%s", w->reason, w->document[0] ? ": " : "",
		w->document, w->comment[0] ? ": " : "", w->comment);
	batch_who(b, who, why);
}

static void put_edit(struct batch *b, int64_t series, enum period period, const struct edit *e)
{
	switch (e->kind) {
	case EDIT_VALUE:
		batch_archive(b, series, period, e->start, e->value,
			quality_make(QUALITY_EDITED, SOURCE_MANUAL, 0), true);
		break;
	case EDIT_NONE:
		batch_archive(b, series, period, e->start, NAN,
			quality_make(QUALITY_MISSING, SOURCE_MANUAL, 0), true);
		break;
	case EDIT_RESTORE: batch_restore(b, series, period, e->start); break;
	}
}

static const char *const kind_names[] = {
	[EDIT_VALUE] = "value", [EDIT_NONE] = "none", [EDIT_RESTORE] = "restore"};

static struct edit edit_of(const struct verdict *v)
{
	struct edit e = {EDIT_VALUE, v->start, v->fill};
	if (strcmp(v->method, kind_names[EDIT_RESTORE]) == 0) {
		e.kind = EDIT_RESTORE;
	} else if (isnan(v->fill)) {
		e.kind = EDIT_NONE;
	}
	return e;
}

static void sign(struct verdict *v, const struct edit_word *w)
{
	(void)STR_COPY(v->decided_by, w->who);
	(void)STR_COPY(v->reason, w->reason);
	(void)STR_COPY(v->document, w->document);
	(void)STR_COPY(v->comment, w->comment);
	v->decided_utc = clock_now();
}

/* An edit of a closed month: a line of the queue for somebody else. */
static enum err put_waiting(struct batch *b, const struct desk *d, const struct channel *c,
	enum period period, const struct edit *e, const struct edit_word *word)
{
	struct archive_value now;
	enum err err = archive_at(d->store, &c->id, 1, period, e->start, &now);
	struct verdict v = {.series = c->id,
		.period = period,
		.start = e->start,
		.rule = EDIT_RULE,
		.value = err ? NAN : now.value,
		.measure = NAN,
		.bound = NAN,
		.other = NAN,
		.found_utc = clock_now(),
		.state = VERDICT_EDITING,
		.fill = e->kind == EDIT_VALUE ? e->value : NAN};
	(void)STR_COPY(v.method, kind_names[e->kind]);
	sign(&v, word);
	batch_verdict(b, &v);
	return err;
}

static enum err check_edit(const struct calendar *calendar, enum period period,
	const struct edit *e, struct diag *diag)
{
	struct span s = period_of(calendar, period, e->start);
	if (s.from != e->start) {
		return err_set(diag, ERR_INVAL, "start %lld: no %s begins there",
			(long long)e->start, period_name(period));
	}
	if (s.till > clock_now()) {
		return err_set(diag, ERR_INVAL, "start %lld: the %s is not over yet",
			(long long)e->start, period_name(period));
	}
	if (e->kind == EDIT_VALUE && !isfinite(e->value)) {
		return err_set(diag, ERR_INVAL, "value: a number");
	}
	return ERR_OK;
}

/* Open doubts about what is replaced are answered by that. */
struct answering {
	struct batch *batch;
	enum period period;
	const struct edit_word *word;
};

static enum err answer(void *ctx, const struct verdict *v)
{
	struct answering *a = ctx;
	bool is_open = v->state == VERDICT_OPEN || verdict_is_waiting(v->state);
	if (v->period == a->period && is_open) {
		struct verdict done = *v;
		done.state = VERDICT_EDITED;
		sign(&done, a->word);
		batch_verdict(a->batch, &done);
	}
	return ERR_OK;
}

static enum err edit_one(struct batch *b, const struct desk *d, const struct channel *c,
	enum period period, const struct edit *e, const struct edit_word *word, bool *ret_waits)
{
	struct calendar calendar = site_calendar(d->site, c->place);
	enum err err = edit_needs_second(
		d->store, d->site, c->place, period_of(&calendar, period, e->start), ret_waits);
	if (err) {
		return err;
	}
	if (*ret_waits) {
		return put_waiting(b, d, c, period, e, word);
	}
	struct answering a = {b, period, word};
	struct verdict_query q = {.series = c->id, .span = {e->start, e->start + 1}};
	put_edit(b, c->id, period, e);
	return verdict_list(d->store, &q, answer, &a);
}

enum err edit_values(const struct desk *d, const struct channel *c, enum period period,
	const struct edit *edits, size_t n, const struct edit_word *word, size_t *ret_written,
	size_t *ret_waiting, struct diag *diag)
{
	struct calendar calendar = site_calendar(d->site, c->place);
	size_t written = 0, waits_n = 0;
	enum err e = ERR_OK;
	for (size_t i = 0; i < n && !e; i++) {
		e = check_edit(&calendar, period, &edits[i], diag);
	}
	if (e) {
		return e;
	}
	struct batch *b = batch_new();
	say_who(b, word, word->who);
	for (size_t i = 0; i < n && !e; i++) {
		bool waits = false;
		e = edit_one(b, d, c, period, &edits[i], word, &waits);
		waits_n += waits ? 1u : 0u;
		written += waits ? 0u : 1u;
	}
	if (!e && batch_is_broken(b)) {
		e = ERR_NOMEM;
	}
	if (e) {
		batch_free(b);
		return e;
	}
	*ret_written = written;
	*ret_waiting = waits_n;
	return store_submit(d->store, b, true);
}

/* ---- deciding ---- */

struct deciding {
	const struct desk *d;
	const struct channel *c;
	struct verdict v;
	enum verdict_state to;
	double value;
	const struct edit_word *word;
	char who[NAME_CAP]; /* one person or two */
	bool is_second;     /* agrees to what the first has seen */
	struct batch *batch;
	struct diag *diag;
};

/* What stands for an hour; CONFLICT where nobody knows. */
static enum err estimate_one(struct deciding *x)
{
	struct calendar calendar = site_calendar(x->d->site, x->c->place);
	struct span span = period_of(&calendar, x->v.period, x->v.start);
	struct proposals p = {0};
	enum err e = x->v.period == PERIOD_MONTH ? estimate_months(x->d, x->c, span, &p) :
						   estimate_hours(x->d, x->c, span, x->v.start, &p);
	if (e) {
		return e;
	}
	bool is_known = p.n == 1 && p.items[0].method != ESTIMATE_NONE;
	if (is_known) {
		x->v.fill = p.items[0].value;
		(void)STR_COPY(x->v.method, estimate_text(p.items[0].method)->name);
	}
	proposals_free(&p);
	return is_known ? ERR_OK :
			  err_set(x->diag, ERR_CONFLICT, "there is no estimate for this interval");
}

/* A gap of a day: every hour of it that can be estimated. */
static enum err estimate_gap(struct deciding *x)
{
	struct calendar calendar = site_calendar(x->d->site, x->c->place);
	struct span span = period_of(&calendar, PERIOD_DAY, x->v.start);
	struct proposals p = {0};
	size_t known = 0;
	enum err e = estimate_hours(x->d, x->c, span, INT64_MIN, &p);
	for (size_t i = 0; i < p.n && !e; i++) {
		bool is_hole = quality_class(p.items[i].now.quality) == QUALITY_MISSING;
		if (p.items[i].method == ESTIMATE_NONE || !is_hole) {
			continue;
		}
		struct verdict hour = x->v;
		hour.id = 0;
		hour.period = PERIOD_HOUR;
		hour.start = p.items[i].start;
		hour.value = hour.measure = hour.bound = hour.other = NAN;
		hour.state = VERDICT_ESTIMATED;
		hour.fill = p.items[i].value;
		(void)STR_COPY(hour.method, estimate_text(p.items[i].method)->name);
		sign(&hour, x->word);
		(void)STR_COPY(hour.decided_by, x->who);
		batch_verdict(x->batch, &hour);
		known++;
	}
	proposals_free(&p);
	if (!e && known == 0) {
		e = err_set(x->diag, ERR_CONFLICT, "there is no estimate for these hours");
	}
	return e;
}

static enum err prepare(struct deciding *x)
{
	if (x->to == VERDICT_EDITED) {
		x->v.fill = x->value;
		(void)STR_COPY(x->v.method, kind_names[isnan(x->value) ? EDIT_NONE : EDIT_VALUE]);
		return ERR_OK;
	}
	if (x->to != VERDICT_ESTIMATED) {
		x->v.fill = NAN;
		x->v.method[0] = 0;
		return ERR_OK;
	}
	bool is_gap = x->v.period == PERIOD_DAY && strcmp(x->v.rule, "V-GAP") == 0;
	if (is_gap) {
		x->v.fill = NAN;
		return ERR_OK;
	}
	return x->v.period == PERIOD_DAY ?
		       err_set(x->diag, ERR_CONFLICT,
			       "days are sums: decide about their hours, or enter the day") :
		       estimate_one(x);
}

/* The same for every open doubt about the same value of the interval. */
static enum err decide_sibling(void *ctx, const struct verdict *v)
{
	struct deciding *x = ctx;
	bool is_same = v->period == x->v.period && verdict_is_about(v, x->v.value) &&
		       (v->state == VERDICT_OPEN || verdict_is_waiting(v->state));
	if (v->id != x->v.id && is_same && strcmp(v->rule, EDIT_RULE) != 0) {
		struct verdict other = *v;
		other.state = x->v.state;
		other.fill = x->v.fill;
		(void)STR_COPY(other.method, x->v.method);
		sign(&other, x->word);
		(void)STR_COPY(other.decided_by, x->who);
		batch_verdict(x->batch, &other);
	}
	return ERR_OK;
}

static enum err decide_now(struct deciding *x)
{
	struct verdict_query q = {.series = x->v.series, .span = {x->v.start, x->v.start + 1}};
	enum err e = ERR_OK;
	if (x->to == VERDICT_ESTIMATED && x->v.period == PERIOD_DAY) {
		e = estimate_gap(x);
	} else if (x->to == VERDICT_EDITED) {
		struct edit edit = edit_of(&x->v);
		put_edit(x->batch, x->v.series, x->v.period, &edit);
	}
	x->v.state = x->to;
	batch_verdict(x->batch, &x->v);
	return e ? e : verdict_list(x->d->store, &q, decide_sibling, x);
}

/* An edit that waited: the second person confirms it (ACCEPTED), or it never was. */
static void decide_edit(struct deciding *x)
{
	struct edit edit = edit_of(&x->v);
	bool is_confirmed = x->to == VERDICT_ACCEPTED || x->to == VERDICT_EDITED;
	if (is_confirmed) {
		put_edit(x->batch, x->v.series, x->v.period, &edit);
	}
	x->v.state = is_confirmed ? VERDICT_EDITED : VERDICT_REJECTED;
	x->v.value = is_confirmed ? x->v.value : NAN; /* says nothing about the value */
	batch_verdict(x->batch, &x->v);
}

static bool is_other_person(const struct deciding *x)
{
	return strcmp(x->v.decided_by, x->word->who) != 0;
}

/* Who may speak, and does it count at once? */
static enum err take_word(struct deciding *x, bool *ret_waits)
{
	struct calendar calendar = site_calendar(x->d->site, x->c->place);
	struct span span = period_of(&calendar, x->v.period, x->v.start);
	bool is_edit = strcmp(x->v.rule, EDIT_RULE) == 0, needs;
	enum err e = edit_needs_second(x->d->store, x->d->site, x->c->place, span, &needs);
	if (e) {
		return e;
	}
	bool is_same_word = x->v.state == waiting[x->to] &&
			    (x->to != VERDICT_EDITED || x->value == x->v.fill ||
				    (isnan(x->value) && isnan(x->v.fill)));
	bool is_second = is_same_word || (is_edit && x->v.state == VERDICT_EDITING);
	if (needs && is_second && !is_other_person(x)) {
		return err_set(
			x->diag, ERR_CONFLICT, "the month is closed: another person must agree");
	}
	x->is_second = is_second;
	*ret_waits = needs && !is_second;
	if (needs && is_second) {
		(void)snprintf(
			x->who, sizeof(x->who), "%.60s, %.60s", x->v.decided_by, x->word->who);
	} else {
		(void)STR_COPY(x->who, x->word->who);
	}
	return ERR_OK;
}

static enum err decide(struct deciding *x)
{
	bool waits = false, is_edit = strcmp(x->v.rule, EDIT_RULE) == 0;
	enum err e = take_word(x, &waits);
	if (!e && !is_edit && !x->is_second) {
		e = prepare(x);
	}
	if (e) {
		return e;
	}
	sign(&x->v, x->word);
	(void)STR_COPY(x->v.decided_by, x->who);
	say_who(x->batch, x->word, x->who);
	if (waits) {
		x->v.state = waiting[x->to];
		batch_verdict(x->batch, &x->v);
		return ERR_OK;
	}
	if (is_edit) {
		decide_edit(x);
		return ERR_OK;
	}
	return decide_now(x);
}

enum err verdict_decide(const struct desk *d, int64_t id, enum verdict_state to, double value,
	const struct edit_word *word, struct verdict *ret_verdict, struct diag *diag)
{
	struct deciding x = {.d = d, .to = to, .value = value, .word = word, .diag = diag};
	enum err e = verdict_get(d->store, id, &x.v);
	if (e) {
		return err_set(diag, e, "verdict %lld", (long long)id);
	}
	x.c = site_find(d->site, OBJECT_CHANNEL, x.v.series);
	if (!x.c) {
		return err_set(diag, ERR_NOTFOUND, "the channel is gone");
	}
	if (x.v.state == VERDICT_GONE || x.v.state == VERDICT_EDITED) {
		return err_set(diag, ERR_CONFLICT, "the value has changed since");
	}
	x.batch = batch_new();
	e = x.batch ? decide(&x) : ERR_NOMEM;
	if (!e && batch_is_broken(x.batch)) {
		e = ERR_NOMEM;
	}
	if (e) {
		batch_free(x.batch);
		return e;
	}
	e = store_submit(d->store, x.batch, true);
	*ret_verdict = x.v;
	return e;
}
