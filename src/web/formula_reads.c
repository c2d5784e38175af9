/*
 * formula_reads.c - see formula_reads.h
 */
#include "web/formula_reads.h"

#include <math.h>

static void note_read(struct formula_reads *r, const struct formula_read *x)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct formula_read *y = &r->items[i];
		if (x->channel == y->channel && x->start == y->start && x->period == y->period) {
			return;
		}
	}
	r->is_cut |= r->n == READS_MAX;
	if (r->n < READS_MAX) {
		r->items[r->n++] = *x;
	}
}

static struct form_value read_one(
	struct formula_values *v, int64_t channel, enum period period, int64_t start)
{
	struct formula_reads *r = (struct formula_reads *)v;
	struct archive_value a;
	struct formula_read x = {
		channel, start, period, {NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)}};
	if (archive_at(r->store, &channel, 1, period, start, &a) == ERR_OK && !isnan(a.value)) {
		x.v = (struct form_value){a.value, a.quality};
	}
	note_read(r, &x);
	return x.v;
}

void formula_reads_init(struct formula_reads *r, struct store *store)
{
	*r = (struct formula_reads){.values.get = read_one, .store = store};
}

void jsonw_formula_reads(struct jsonw *w, const struct site *s, const struct formula_reads *r)
{
	jsonw_array(w, "inputs");
	for (size_t i = 0; i < r->n; i++) {
		const struct formula_read *x = &r->items[i];
		const struct channel *c = site_find(s, OBJECT_CHANNEL, x->channel);
		jsonw_object(w, NULL);
		jsonw_int(w, "channel", x->channel);
		jsonw_str(w, "code", c ? c->code : "");
		jsonw_str(w, "name", c ? c->name : "");
		jsonw_quantity(w, "quantity", c ? c->quantity : QUANTITY_UNKNOWN);
		jsonw_unit(w, "unit", c ? c->unit : UNIT_NONE);
		jsonw_str(w, "period", period_name(x->period));
		jsonw_int(w, "start", x->start);
		jsonw_real(w, "value", x->v.value);
		jsonw_quality(w, x->v.quality);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_bool(w, "is_cut", r->is_cut);
}
