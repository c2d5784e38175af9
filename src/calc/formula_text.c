/*
 * formula_text.c - a formula with its numbers filled in, in words of either language
 *
 * The text is copied; what has a mark (a channel, a number, a call of water or of a series) is replaced
 * by its value. Signs become those of print: × − ≤; Russian has a decimal comma and ';' between
 * arguments.
 */
#include "base/str.h"
#include "calc/formula_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define EXPLAIN_MAX 65536

/* At most `digits` significant ones, none behind the point that say nothing; no exponent. */
static void put_number(struct buf *b, double v, int digits, enum lang lang)
{
	char text[400];
	int magnitude = v == 0 ? 0 : (int)floor(log10(fabs(v)));
	int decimals = digits - 1 - magnitude;
	decimals = decimals < 0 ? 0 : decimals > 15 ? 15 : decimals;
	(void)snprintf(text, sizeof(text), "%.*f", decimals, fabs(v));
	if (strchr(text, '.')) {
		size_t n = strlen(text);
		while (text[n - 1] == '0') {
			n--;
		}
		text[text[n - 1] == '.' ? n - 1 : n] = 0;
	}
	bool is_zero = strspn(text, "0.") == strlen(text);
	buf_str(b, v < 0 && !is_zero ? "−" : "");
	for (const char *c = text; *c; c++) {
		if (*c == '.' && lang == LANG_RU) {
			buf_str(b, ",");
		} else {
			buf_put(b, c, 1);
		}
	}
}

static const char *no_data(enum lang lang)
{
	return lang == LANG_RU ? "нет данных" : "no data";
}

static void put_value(struct buf *b, const struct value *v, const struct measure *unit, int digits,
	enum lang lang)
{
	char name[FORMULA_CAP];
	if (v->fault) {
		buf_str(b, formula_fault_text((enum formula_fault)v->fault, lang));
		return;
	}
	if (isnan(v->v)) {
		buf_str(b, no_data(lang));
		return;
	}
	put_number(b, v->v, digits, lang);
	if (measure_text(unit, lang, name, sizeof(name))) {
		buf_printf(b, " %s", name);
	}
}

static bool ends_with_operator(const struct buf *b)
{
	/* every operator is printed with a blank behind it */
	return b->size && (b->data[b->size - 1] == ' ');
}

static void put_mark(struct buf *b, const struct formula *f, const struct mark *m,
	struct formula_values *values, struct span interval, enum lang lang)
{
	struct value v = {.v = m->number};
	if (!m->is_literal) {
		v = eval_ops(f, values, m->op_from, m->op_till, interval);
	}
	bool is_bracketed = ends_with_operator(b) && v.v < 0;
	buf_str(b, is_bracketed ? "(" : "");
	put_value(b, &v, &m->unit, m->is_literal ? 15 : 6, lang);
	buf_str(b, is_bracketed ? ")" : "");
}

/* A sign as it is printed; "" for one that is printed as it stands. */
static const char *printed(enum sign s, enum lang lang)
{
	switch (s) {
	case SIGN_OR: return lang == LANG_RU ? " или " : " or ";
	case SIGN_AND: return lang == LANG_RU ? " и " : " and ";
	case SIGN_LESS: return " < ";
	case SIGN_LESS_EQUAL: return " ≤ ";
	case SIGN_GREATER: return " > ";
	case SIGN_GREATER_EQUAL: return " ≥ ";
	case SIGN_EQUAL: return " == ";
	case SIGN_NOT_EQUAL: return " ≠ ";
	case SIGN_PLUS: return " + ";
	case SIGN_MINUS: return " − ";
	case SIGN_TIMES: return " × ";
	case SIGN_OVER: return " / ";
	case SIGN_MODULO: return " % ";
	case SIGN_COMMA: return lang == LANG_RU ? "; " : ", ";
	case SIGN_NOT: return lang == LANG_RU ? "не " : "not ";
	default: return sign_text(s);
	}
}

static void put_token(struct buf *b, const struct formula *f, const struct token *t, bool is_unary,
	enum lang lang)
{
	if (t->kind != TOKEN_SIGN) {
		buf_put(b, f->text + t->from, t->till - t->from);
	} else if (is_unary && t->sign == SIGN_MINUS) {
		buf_str(b, "−");
	} else {
		buf_str(b, printed(t->sign, lang));
	}
}

static void put_formula(struct buf *b, const struct formula *f, struct formula_values *values,
	struct span interval, enum lang lang)
{
	struct diag none = {0};
	struct lexer l = {.text = f->text, .diag = &none};
	bool is_start = true; /* of an operand: a minus here has one operand */
	for (size_t i = 0;;) {
		struct token t = lex_next(&l);
		const struct mark *m = i < f->mark_count ? &f->marks[i] : NULL;
		if (t.kind == TOKEN_END || t.kind == TOKEN_BAD) {
			return;
		}
		if (m && m->from == t.from) {
			put_mark(b, f, m, values, interval, lang);
			l.at = m->till;
			is_start = false;
			i++;
			continue;
		}
		put_token(b, f, &t, is_start, lang);
		is_start = t.kind == TOKEN_SIGN && t.sign != SIGN_CLOSE;
	}
}

size_t formula_explain(const struct formula *f, struct formula_values *values, struct span interval,
	enum lang lang, char *out, size_t cap)
{
	struct buf b;
	buf_init(&b, EXPLAIN_MAX);
	put_formula(&b, f, values, interval, lang);
	struct value v = eval_ops(f, values, 0, f->op_count, interval);
	bool is_alone = f->mark_count == 1 && f->marks[0].from == 0 &&
			f->text[f->marks[0].till] == 0 && !f->marks[0].is_literal;
	if (!is_alone) {
		buf_str(&b, " = ");
	} else {
		buf_clear(&b);
	}
	put_value(&b, &v, &f->unit, 6, lang);
	size_t n = b.size;
	(void)str_copy(out, cap, buf_cstr(&b));
	buf_fini(&b);
	return n;
}

size_t formula_unit_text(const struct formula *f, enum lang lang, char *out, size_t cap)
{
	return measure_text(&f->unit, lang, out, cap);
}
