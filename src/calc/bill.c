/*
 * bill.c - see bill.h; the channels that count, and putting it all together
 */
#include "calc/bill_impl.h"

#include "calc/balance_tree.h"
#include "calc/closing.h"

#include <stdlib.h>

/* What is measured of a service; the others follow from these. */
static const struct {
	enum charge_service service;
	enum quantity quantity;
} measured[] = {{CHARGE_HEAT, QUANTITY_HEAT_ENERGY}, {CHARGE_COLD_WATER, QUANTITY_COLD_WATER},
	{CHARGE_HOT_WATER, QUANTITY_HOT_WATER}, {CHARGE_ELECTRICITY, QUANTITY_ACTIVE_ENERGY}};

/* ---- channels ---- */

/* By channel; what counts for premises before what is taken out of the house's. */
static int compare_items(const void *x, const void *y)
{
	const struct bill_item *a = x, *b = y;
	return a->channel != b->channel ? (a->channel > b->channel) - (a->channel < b->channel) :
					  (a->flat > b->flat) - (a->flat < b->flat);
}

static bool add_item(struct bill *b, const struct bill_item *item)
{
	if (b->item_count == b->item_cap) {
		size_t cap = b->item_cap ? b->item_cap * 2 : 64;
		struct bill_item *more = realloc(b->items, cap * sizeof(*more));
		if (!more) {
			return false;
		}
		b->items = more;
		b->item_cap = cap;
	}
	b->items[b->item_count++] = *item;
	return true;
}

static bool item_of(const struct bill *b, const struct balance_item *from, enum charge_service s,
	struct bill_item *ret)
{
	const struct channel *c = site_find(b->q.site, OBJECT_CHANNEL, from->channel);
	double factor;
	/* cold water that becomes hot is a variable of the formula (V_make), not of the meter */
	bool is_made_hot = s == CHARGE_COLD_WATER && from->sign < 0;
	if (!c || is_made_hot || unit_convert(1, c->unit, charge_service_unit(s), &factor)) {
		return false;
	}
	*ret = (struct bill_item){.channel = c->id,
		.flat = BILL_HOUSE,
		.service = s,
		.factor = from->sign < 0 ? -factor : factor};
	if (from->role == BALANCE_ROLE_INPUT) {
		return from->node == 0; /* what formulas make is no term of the tree */
	}
	return from->role == BALANCE_ROLE_FLAT && bill_find(b, from->place, &ret->flat);
}

enum err bill_read_items(struct bill *b)
{
	for (size_t i = 0; i < sizeof(measured) / sizeof(measured[0]); i++) {
		struct balance_tree *t = NULL;
		enum err e = balance_tree_new(
			b->q.site, b->q.figures, b->q.building, measured[i].quantity, b->date, &t);
		for (size_t k = 0; !e && k < t->item_count; k++) {
			struct bill_item item;
			if (t->items[k].channel &&
				item_of(b, &t->items[k], measured[i].service, &item) &&
				!add_item(b, &item)) {
				e = ERR_NOMEM;
			}
		}
		balance_tree_free(t);
		if (e) {
			return e;
		}
	}
	if (b->item_count > 1) {
		qsort(b->items, b->item_count, sizeof(*b->items), compare_items);
	}
	return ERR_OK;
}

/* ---- all ---- */

static enum err find_closing(struct bill *b)
{
	enum err e = closing_at(b->q.store, b->q.site, b->q.building, b->q.month.from, &b->closing);
	b->is_closed = e == ERR_OK;
	return e == ERR_NODATA ? ERR_OK : e;
}

enum err bill_new(const struct bill_question *q, struct bill **ret_bill, struct diag *diag)
{
	struct bill *b = calloc(1, sizeof(*b));
	if (!b) {
		return err_set(diag, ERR_NOMEM, "a bill");
	}
	b->q = *q;
	b->calendar = site_calendar(q->site, q->building);
	b->date = figure_date(&b->calendar, q->month.from);
	b->is_running = q->month.till > q->now;
	enum err e = apportion_rules_make(q->figures, q->building, b->date, &b->rules, diag);
	e = e ? e : bill_read_places(b, diag);
	e = e ? e : bill_read_items(b);
	e = e ? e : find_closing(b);
	e = e ? e : bill_read_values(b);
	e = e ? e : bill_read_zones(b);
	e = e ? e : apportion_run(b->rules, &b->house, b->flats, b->n, &b->result);
	e = e ? e : bill_add_corrections(b);
	if (e) {
		bill_free(b);
		return e;
	}
	*ret_bill = b;
	return ERR_OK;
}

void bill_free(struct bill *b)
{
	if (b) {
		charge_result_free(b->result);
		apportion_rules_free(b->rules);
		zones_free(b->zone_set);
		free(b->flats);
		free(b->items);
		free(b->rates);
		free(b);
	}
}

bool bill_find(const struct bill *b, int64_t place, size_t *ret_flat)
{
	size_t low = 0, high = b->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (b->flats[middle].place < place) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	*ret_flat = low;
	return low < b->n && b->flats[low].place == place;
}
