/*
 * formula_reads.h - values of channels out of the store for a formula, remembering what was asked for
 *
 * For answers that show a formula with its numbers. Not kept for the whole of a year's series: the first
 * READS_MAX are told, `is_cut` says that there were more.
 */
#ifndef DOMOVOI_WEB_FORMULA_READS_H
#define DOMOVOI_WEB_FORMULA_READS_H

#include "calc/formula.h"
#include "web/view.h"

#define READS_MAX 48

struct formula_read {
	int64_t channel, start;
	enum period period;
	struct form_value v;
};

struct formula_reads {
	struct formula_values values; /* first: callbacks get it back */
	struct store *store;
	struct formula_read items[READS_MAX];
	size_t n;
	bool is_cut; /* there were more */
};

void formula_reads_init(struct formula_reads *r, struct store *store);
/* "inputs" and "is_cut" of the object being written. */
void jsonw_formula_reads(struct jsonw *w, const struct site *s, const struct formula_reads *r);

#endif
