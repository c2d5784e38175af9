/*
 * recompute_list.c - see recompute_list.h
 */
#include "calc/recompute_list.h"

#include <stdlib.h>

#define BATCH_VALUES 10000

struct collecting {
	struct recompute_list *list;
	struct span span;
};

static enum err collect(void *ctx, const struct recompute_change *change)
{
	struct collecting *c = ctx;
	struct recompute_list *l = c->list;
	if (change->start < c->span.from || change->start >= c->span.till) {
		return ERR_OK;
	}
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 1024;
		struct recompute_change *items = cap > RECOMPUTE_MAX * 2 ?
							 NULL :
							 realloc(l->items, cap * sizeof(*items));
		if (!items) {
			return cap > RECOMPUTE_MAX * 2 ? ERR_LIMIT : ERR_NOMEM;
		}
		l->items = items;
		l->cap = cap;
	}
	l->items[l->n++] = *change;
	return ERR_OK;
}

/* What is formed in several steps (a day grows with its hours) comes several times. */
static int compare(const void *a, const void *b)
{
	const struct recompute_change *x = a, *y = b;
	if (x->channel != y->channel) {
		return x->channel < y->channel ? -1 : 1;
	}
	if (x->period != y->period) {
		return x->period < y->period ? -1 : 1;
	}
	return (x->start > y->start) - (x->start < y->start);
}

static bool is_same_value(const struct form_value *a, const struct form_value *b)
{
	bool both_missing = a->value != a->value && b->value != b->value;
	return a->quality == b->quality && (a->value == b->value || both_missing);
}

/* Of several changes of one value: from what the first replaced to what the last made. */
static void merge(struct recompute_list *l)
{
	size_t n = 0;
	for (size_t i = 0, till; i < l->n; i = till) {
		struct recompute_change whole = l->items[i];
		for (till = i + 1; till < l->n && compare(&l->items[i], &l->items[till]) == 0;
			till++) {
			whole.fresh = l->items[till].fresh;
		}
		if (!is_same_value(&whole.old, &whole.fresh)) {
			l->items[n++] = whole;
			l->counts[whole.period]++;
		}
	}
	l->n = n;
}

static int compare_in_order(const void *a, const void *b)
{
	const struct recompute_change *x = a, *y = b;
	int by_value = compare(a, b);
	return by_value ? by_value : (x->order > y->order) - (x->order < y->order);
}

enum err recompute_collect(const struct recompute_ask *ask, struct span span,
	struct recompute_list *ret, struct diag *diag)
{
	struct recompute_list l = {0};
	struct collecting c = {&l, span};
	enum err e = recompute_preview(ask, collect, &c, diag);
	if (e) {
		recompute_list_fini(&l);
		return e;
	}
	if (l.n > 1) {
		qsort(l.items, l.n, sizeof(*l.items), compare_in_order);
	}
	merge(&l);
	*ret = l;
	return ERR_OK;
}

void recompute_list_fini(struct recompute_list *l)
{
	free(l->items);
	*l = (struct recompute_list){0};
}

enum err recompute_apply(struct store *s, const struct recompute_list *l, const char *who,
	const char *why, struct diag *diag)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < l->n && !e;) {
		struct batch *b = batch_new();
		if (!b) {
			return err_set(diag, ERR_NOMEM, "writing what was recomputed");
		}
		batch_who(b, who, why);
		for (size_t k = 0; k < BATCH_VALUES && i < l->n; k++, i++) {
			const struct recompute_change *c = &l->items[i];
			batch_archive(b, c->channel, c->period, c->start, c->fresh.value,
				c->fresh.quality, true);
		}
		e = store_submit(s, b, true);
	}
	return e ? err_set(diag, e, "writing what was recomputed") : ERR_OK;
}
