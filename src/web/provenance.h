/*
 * provenance.h - what the files of the answer about a value's origin share
 */
#ifndef DOMOVOI_WEB_PROVENANCE_H
#define DOMOVOI_WEB_PROVENANCE_H

#include "web/view.h"

/* "formula": how the value of an interval is computed, or null where no formula gives it. */
enum err jsonw_formula(struct jsonw *w, struct store *store, const struct site *site,
	const struct channel *c, enum period period, struct span span);

#endif
