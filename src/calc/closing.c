/*
 * closing.c - see closing.h
 */
#include "calc/closing.h"

#include "base/clock.h"
#include "base/str.h"
#include "calc/form.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the months of a place's channels ---- */

struct months {
	int64_t *series;
	struct archive_value *values;
	size_t n;
};

static void months_fini(struct months *m)
{
	free(m->series);
	free(m->values);
}

static enum err months_read(
	struct store *s, const struct site *site, int64_t place, int64_t start, struct months *ret)
{
	size_t channels = site->counts[OBJECT_CHANNEL];
	struct months m = {.series = calloc(channels + 1, sizeof(*m.series)),
		.values = calloc(channels + 1, sizeof(*m.values))};
	enum err e = m.series && m.values ? ERR_OK : ERR_NOMEM;
	for (size_t i = 0; i < channels && !e; i++) {
		if (site_is_within(site, site->channels[i].place, place)) {
			m.series[m.n++] = site->channels[i].id;
		}
	}
	e = e ? e : archive_at(s, m.series, m.n, PERIOD_MONTH, start, m.values);
	if (e) {
		months_fini(&m);
		return e;
	}
	*ret = m;
	return ERR_OK;
}

/* ---- what differs from the bill ---- */

struct closed {
	struct closing *items;
	size_t n, cap;
};

static enum err keep_closing(void *ctx, const struct closing *c)
{
	struct closed *l = ctx;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;
		struct closing *items = realloc(l->items, cap * sizeof(*items));
		if (!items) {
			return ERR_NOMEM;
		}
		l->items = items;
		l->cap = cap;
	}
	l->items[l->n++] = *c;
	return ERR_OK;
}

struct billed {
	struct billed_value *items;
	double *corrected; /* charged so far */
	size_t n, cap;
};

static enum err keep_billed(void *ctx, const struct billed_value *v)
{
	struct billed *b = ctx;
	if (b->n == b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 256;
		struct billed_value *items = realloc(b->items, cap * sizeof(*items));
		b->items = items ? items : b->items;
		double *corrected = items ? realloc(b->corrected, cap * sizeof(*corrected)) : NULL;
		if (!corrected) {
			return ERR_NOMEM;
		}
		b->corrected = corrected;
		b->cap = cap;
	}
	b->items[b->n] = *v;
	b->corrected[b->n++] = 0;
	return ERR_OK;
}

static int compare_series(const void *a, const void *b)
{
	int64_t x = ((const struct billed_value *)a)->series;
	int64_t y = ((const struct billed_value *)b)->series;
	return (x > y) - (x < y);
}

static enum err note_correction(void *ctx, const struct correction *c)
{
	struct billed *b = ctx;
	const struct billed_value wanted = {.series = c->series};
	const struct billed_value *found =
		b->n ? bsearch(&wanted, b->items, b->n, sizeof(wanted), compare_series) : NULL;
	if (found) {
		b->corrected[found - b->items] += c->amount;
	}
	return ERR_OK;
}

typedef enum err correction_fn(void *ctx, const struct closing *of, const struct correction *c);

static enum err tell_differences(struct store *s, const struct closing *of, const struct billed *b,
	correction_fn *each, void *ctx)
{
	int64_t *series = calloc(b->n + 1, sizeof(*series));
	struct archive_value *now = calloc(b->n + 1, sizeof(*now));
	enum err e = series && now ? ERR_OK : ERR_NOMEM;
	for (size_t i = 0; i < b->n && !e; i++) {
		series[i] = b->items[i].series;
	}
	e = e ? e : archive_at(s, series, b->n, PERIOD_MONTH, of->span.from, now);
	for (size_t i = 0; i < b->n && !e; i++) {
		double before = isnan(b->items[i].value) ? 0 : b->items[i].value;
		before += b->corrected[i];
		double amount = billing_correction(now[i].value, before);
		if (isnan(now[i].value) || fabs(amount) <= 1e-9 * fmax(1, fabs(before))) {
			continue;
		}
		const struct correction c = {.of = of->id,
			.series = series[i],
			.amount = amount,
			.before = before,
			.after = now[i].value};
		e = each(ctx, of, &c);
	}
	free(series);
	free(now);
	return e;
}

static enum err tell_pending(
	struct store *s, const struct closing *of, correction_fn *each, void *ctx)
{
	struct billed b = {0};
	enum err e = billed_list(s, of->id, keep_billed, &b);
	e = e ? e : correction_list(s, of->id, true, note_correction, &b);
	e = e ? e : tell_differences(s, of, &b, each, ctx);
	free(b.items);
	free(b.corrected);
	return e;
}

enum err closing_pending(struct store *s, int64_t place,
	enum err (*each)(void *ctx, const struct closing *of, const struct correction *c),
	void *ctx)
{
	struct closed closed = {0};
	enum err e = closing_list(s, place, keep_closing, &closed);
	for (size_t i = 0; i < closed.n && !e; i++) {
		e = tell_pending(s, &closed.items[i], each, ctx);
	}
	free(closed.items);
	return e;
}

/* ---- closing ---- */

struct corrections {
	struct correction *items;
	size_t n, cap;
};

static enum err keep_correction(void *ctx, const struct closing *of, const struct correction *c)
{
	struct corrections *l = ctx;
	(void)of;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		struct correction *items = realloc(l->items, cap * sizeof(*items));
		if (!items) {
			return ERR_NOMEM;
		}
		l->items = items;
		l->cap = cap;
	}
	l->items[l->n++] = *c;
	return ERR_OK;
}

static enum err say(struct store *s, const struct closing *c, const char *code, const char *who)
{
	char from[TIME_TEXT_CAP], text[256];
	struct batch *b = batch_new();
	if (!b) {
		return ERR_NOMEM;
	}
	(void)snprintf(text, sizeof(text), "%s, %s", time_text_utc(from, c->span.from), who);
	batch_event(b, clock_now(), c->place, code, text);
	return store_submit(s, b, true);
}

static enum err put_closing(struct store *s, struct closing *c, const struct months *m,
	const struct corrections *corrections, struct diag *diag)
{
	struct billed_value *values = calloc(m->n + 1, sizeof(*values));
	if (!values) {
		return err_set(diag, ERR_NOMEM, "closing a month");
	}
	for (size_t i = 0; i < m->n; i++) {
		values[i] = (struct billed_value){
			m->series[i], m->values[i].value, m->values[i].quality};
	}
	enum err e = closing_put(s, c, values, m->n, corrections->items, corrections->n, diag);
	free(values);
	return e;
}

enum err closing_make(struct store *s, int64_t place, int64_t utc, const char *who,
	const char *note, struct closing *ret, struct diag *diag)
{
	const struct site *site = store_site(s);
	struct calendar calendar = site_calendar(site, place);
	struct closing c = {.place = place,
		.span = period_of(&calendar, PERIOD_MONTH, utc),
		.closed_utc = clock_now()};
	struct months m = {0};
	struct corrections corrections = {0};
	enum err e = ERR_OK;
	(void)STR_COPY(c.who, who);
	(void)STR_COPY(c.note, note);
	if (c.span.till > c.closed_utc) {
		e = err_set(diag, ERR_INVAL, "the month has not ended");
	} else {
		e = months_read(s, site, place, c.span.from, &m);
	}
	e = e ? e : closing_pending(s, place, keep_correction, &corrections);
	e = e ? e : put_closing(s, &c, &m, &corrections, diag);
	e = e ? e : say(s, &c, "period_closed", who);
	months_fini(&m);
	free(corrections.items);
	site_unref(site);
	if (!e) {
		*ret = c;
	}
	return e;
}

static enum err find_by_id(void *ctx, const struct closing *c)
{
	struct closing *wanted = ctx;
	if (c->id == wanted->id) {
		*wanted = *c;
	}
	return ERR_OK;
}

enum err closing_undo(struct store *s, int64_t id, const char *who, struct diag *diag)
{
	struct closing c = {.id = id};
	enum err e = closing_list(s, 0, find_by_id, &c);
	e = e ? e : closing_delete(s, id, diag);
	return e ? e : say(s, &c, "period_opened", who);
}

struct at {
	int64_t utc;
	struct closing *ret;
	bool is_found;
};

static enum err find_at(void *ctx, const struct closing *c)
{
	struct at *a = ctx;
	if (c->span.from <= a->utc && a->utc < c->span.till) {
		*a->ret = *c;
		a->is_found = true;
	}
	return ERR_OK;
}

enum err closing_at(
	struct store *s, const struct site *site, int64_t place, int64_t utc, struct closing *ret)
{
	struct at a = {.utc = utc, .ret = ret};
	enum err e = ERR_OK;
	while (place && !a.is_found && !e) {
		const struct place *p = site_find(site, OBJECT_PLACE, place);
		e = closing_list(s, place, find_at, &a);
		place = p ? p->parent : 0;
	}
	return e ? e : a.is_found ? ERR_OK : ERR_NODATA;
}
