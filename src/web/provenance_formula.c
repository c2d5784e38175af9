/*
 * provenance_formula.c - the formula behind a computed value: its text, the numbers it read, the sum
 * worked out before the reader's eyes; see api_provenance.c
 */
#include "web/provenance.h"

#include "calc/scheme.h"
#include "web/formula_reads.h"

#define EXPLAIN_MAX 4000

static void write_formula(struct jsonw *w, struct store *store, const struct site *site,
	const struct scheme *s, struct span span)
{
	struct formula_reads r;
	char en[EXPLAIN_MAX] = "", ru[EXPLAIN_MAX] = "";
	enum formula_fault fault = FORMULA_OK;
	formula_reads_init(&r, store);
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
	jsonw_formula_reads(w, site, &r);
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
