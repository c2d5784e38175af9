/*
 * balance_eval.c - the balances of all nodes of a tree, for one interval; see balance_tree.h
 *
 * Items into their nodes first, then nodes into those above them from the last to the first: what a
 * node passes up is its meters' amount, or where it has none, all that is counted behind it.
 */
#include "calc/balance_tree.h"

#include <math.h>

static struct balance_amount norm_amount(
	const struct balance_item *item, size_t intervals, double months)
{
	struct balance_amount a = {.expected = intervals};
	if (!isnan(item->norm)) {
		a.v.value = item->norm * months;
		a.v.quality = quality_make(QUALITY_SUBSTITUTED, SOURCE_ESTIMATE, 0);
		a.present = intervals;
	}
	return a;
}

static enum balance_part part_of(const struct balance_item *item)
{
	if (item->role == BALANCE_ROLE_INPUT) {
		return BALANCE_INPUT;
	}
	if (item->role == BALANCE_ROLE_COMMON) {
		return BALANCE_COMMON;
	}
	/* a flat without meter and norm is one of the flats, missing */
	return item->channel || isnan(item->norm) ? BALANCE_FLATS : BALANCE_NORM;
}

void balance_tree_eval(const struct balance_tree *t, const struct balance_amount *amounts,
	size_t intervals, int64_t seconds, double months, const struct balance_rule *rule,
	struct balance *ret_nodes)
{
	for (size_t i = 0; i < t->node_count; i++) {
		ret_nodes[i] = (struct balance){0};
	}
	for (size_t i = 0; i < t->item_count; i++) {
		const struct balance_item *item = &t->items[i];
		struct balance_amount a = item->channel ? amounts[i] :
							  norm_amount(item, intervals, months);
		if (item->role == BALANCE_ROLE_BELOW) {
			continue;
		}
		a.v.value *= item->factor * item->sign;
		double mpe = balance_heat_mpe(&item->heat, fabs(a.v.value), seconds);
		balance_add_amount(&ret_nodes[item->node].parts[part_of(item)], &a,
			isnan(mpe) ? item->mpe_percent : mpe, item->resolution, seconds, rule);
	}
	for (size_t i = t->node_count; i-- > 1;) {
		struct balance *above = &ret_nodes[t->nodes[i].parent];
		if (t->nodes[i].has_input) {
			balance_merge(
				&above->parts[BALANCE_FLATS], &ret_nodes[i].parts[BALANCE_INPUT]);
			continue;
		}
		for (int p = BALANCE_FLATS; p < BALANCE_PART_COUNT; p++) {
			balance_merge(&above->parts[p], &ret_nodes[i].parts[p]);
		}
	}
}
