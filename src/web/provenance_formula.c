/*
 * provenance_formula.c - the formula behind a computed value: its text, the numbers it read, the sum
 * worked out before the reader's eyes; see api_provenance.c
 */
#include "web/provenance.h"

#include "calc/scheme.h"

#include <math.h>

#define READ_MAX    48
#define EXPLAIN_MAX 4000

struct read_value {
	int64_t channel, start;
	enum period period;
	struct form_value v;
};

/* Values out of the store, and which of them were asked for. */
struct read_values {
	struct formula_values values;
	struct store *store;
	struct read_value items[READ_MAX];
	size_t n;
	bool is_cut; /* there were more */
};

static void note_read(struct read_values *r, const struct read_value *x)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct read_value *y = &r->items[i];
		if (x->channel == y->channel && x->start == y->start && x->period == y->period) {
			return;
		}
	}
	r->is_cut |= r->n == READ_MAX;
	if (r->n < READ_MAX) {
		r->items[r->n++] = *x;
	}
}

static struct form_value read_one(
	struct formula_values *v, int64_t channel, enum period period, int64_t start)
{
	struct read_values *r = (struct read_values *)v;
	struct archive_value a;
	struct read_value x = {
		channel, start, period, {NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)}};
	if (archive_at(r->store, &channel, 1, period, start, &a) == ERR_OK && !isnan(a.value)) {
		x.v = (struct form_value){a.value, a.quality};
	}
	note_read(r, &x);
	return x.v;
}

static void write_read(struct jsonw *w, const struct site *s, const struct read_values *r)
{
	jsonw_array(w, "inputs");
	for (size_t i = 0; i < r->n; i++) {
		const struct read_value *x = &r->items[i];
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

static void write_formula(struct jsonw *w, struct store *store, const struct site *site,
	const struct scheme *s, struct span span)
{
	struct read_values r = {.values.get = read_one, .store = store};
	char en[EXPLAIN_MAX] = "", ru[EXPLAIN_MAX] = "";
	enum formula_fault fault = FORMULA_OK;
	if (s->formula) {
		fault = formula_eval(s->formula, &r.values, span).fault;
		(void)formula_explain(s->formula, &r.values, span, LANG_EN, en, sizeof(en));
		(void)formula_explain(s->formula, &r.values, span, LANG_RU, ru, sizeof(ru));
	}
	jsonw_object(w, "formula");
	jsonw_int(w, "id", s->conf->id);
	jsonw_str(w, "text", s->conf->text);
	jsonw_str(w, "period", period_name(s->conf->period));
	jsonw_time(w, "from_utc", s->conf->from_utc);
	jsonw_text(w, "explanation", en, ru);
	if (fault == FORMULA_OK) {
		jsonw_null(w, "fault");
	} else {
		jsonw_text(w, "fault", formula_fault_text(fault, LANG_EN),
			formula_fault_text(fault, LANG_RU));
	}
	jsonw_str(w, "broken", s->formula ? NULL : s->fault);
	write_read(w, site, &r);
	jsonw_end(w);
}

enum err jsonw_formula(struct jsonw *w, struct store *store, const struct site *site,
	const struct channel *c, enum period period, struct span span)
{
	struct schemes *all;
	const struct scheme *s = NULL;
	enum err e = ERR_OK;
	if (site->counts[OBJECT_FORMULA]) {
		e = schemes_new(site, &all, NULL);
		s = e ? NULL : scheme_at(all, (uint32_t)(c - site->channels), span.from);
	}
	if (e) {
		return e;
	}
	if (s && s->conf->period == period) {
		write_formula(w, store, site, s, span);
	} else {
		jsonw_null(w, "formula"); /* of a longer period: summed, its parts tell */
	}
	if (site->counts[OBJECT_FORMULA]) {
		schemes_free(all);
	}
	return ERR_OK;
}
