/*
 * formula_emit.c - what the parser's parts share: operations, conversions between units, errors
 */
#include "base/str.h"
#include "calc/formula_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool formula_grow(void **array, size_t *cap, size_t n, size_t size)
{
	if (n < *cap) {
		return true;
	}
	size_t more = *cap ? *cap * 2 : 16;
	void *grown = realloc(*array, more * size);
	if (!grown) {
		return false;
	}
	*array = grown;
	*cap = more;
	return true;
}

bool parse_no_memory(struct parser *p)
{
	return lex_fail(&p->lex, ERR_NOMEM, 0, "a formula");
}

struct op *parse_insert(struct parser *p, size_t at, enum op_code code)
{
	struct formula *f = p->f;
	if (!formula_grow((void **)&f->ops, &f->op_cap, f->op_count, sizeof(*f->ops))) {
		(void)parse_no_memory(p);
		return NULL;
	}
	memmove(&f->ops[at + 1], &f->ops[at], (f->op_count - at) * sizeof(*f->ops));
	f->ops[at] = (struct op){.code = (uint8_t)code, .from = {0, 'i'}, .till = {0, 'i'}};
	f->op_count++;
	return &f->ops[at];
}

struct op *parse_emit(struct parser *p, enum op_code code)
{
	return parse_insert(p, p->f->op_count, code);
}

bool parse_mark(struct parser *p, const struct operand *x, size_t first_mark, bool is_literal)
{
	struct formula *f = p->f;
	f->mark_count = first_mark;
	if (!formula_grow((void **)&f->marks, &f->mark_cap, f->mark_count, sizeof(*f->marks))) {
		return parse_no_memory(p);
	}
	f->marks[f->mark_count++] = (struct mark){.from = x->from,
		.till = x->till,
		.op_from = x->op_from,
		.op_till = f->op_count,
		.unit = x->unit,
		.is_literal = is_literal,
		.number = is_literal ? f->ops[f->op_count - 1].a : NAN};
	return true;
}

bool parse_advance(struct parser *p)
{
	p->token = lex_next(&p->lex);
	return p->token.kind != TOKEN_BAD;
}

bool parse_is(const struct parser *p, enum sign s)
{
	return p->token.kind == TOKEN_SIGN && p->token.sign == s;
}

bool parse_sign(struct parser *p, enum sign s, const char *where)
{
	char found[64];
	if (parse_is(p, s)) {
		return parse_advance(p);
	}
	return lex_fail(&p->lex, ERR_PARSE, p->token.from,
		SAY(&p->lex, "unexpected %s: expected '%s'%s%s", "здесь %s: ожидается «%s»%s%s"),
		token_text(&p->lex, &p->token, found), sign_text(s),
		*where ? SAY(&p->lex, " in ", " в ") : "", where);
}

const char *parse_unit_words(
	const struct parser *p, const struct measure *m, char out[static FORMULA_CAP])
{
	(void)measure_text(m, p->lex.lang, out, FORMULA_CAP);
	return *out ? out : SAY(&p->lex, "a plain number", "число без единицы");
}

const char *parse_source(const struct parser *p, const struct operand *x, char out[static 200])
{
	char text[120], cut[48], unit[FORMULA_CAP];
	size_t n = x->till - x->from;
	n = n < sizeof(text) ? n : sizeof(text) - 1;
	memcpy(text, p->f->text + x->from, n);
	text[n] = 0;
	bool is_whole = STR_COPY(cut, text);
	const char *words = parse_unit_words(p, &x->unit, unit);
	(void)snprintf(out, 200, SAY(&p->lex, "'%s%s' is %s%s", "«%s%s» %s%s"), cut,
		is_whole ? "" : "..", *unit ? SAY(&p->lex, "in ", "в ") : SAY(&p->lex, "", "— "),
		words);
	return out;
}

bool parse_convert(struct parser *p, struct operand *x, const struct measure *to)
{
	double zero = measure_convert(0, &x->unit, to);
	double num = x->unit.num * to->den, den = x->unit.den * to->num;
	x->unit = *to;
	if (num == den && zero == 0) {
		return true;
	}
	x->is_number = false;
	struct op *op = parse_emit(p, OP_CONVERT);
	if (op) {
		op->a = num == den ? 1 : num;
		op->b = num == den ? 1 : den;
		op->c = zero;
	}
	return op != NULL;
}

bool parse_cannot(struct parser *p, size_t at, const struct operand *a, const struct operand *b,
	const char *what)
{
	char left[200], right[200];
	return lex_fail(&p->lex, ERR_INVAL, at,
		SAY(&p->lex, "%s, %s: they cannot be %s", "%s, %s: их нельзя %s"),
		parse_source(p, a, left), parse_source(p, b, right), what);
}

bool parse_unify(struct parser *p, struct operand *with, struct operand *x, const char *what)
{
	if (x->is_bare && !with->is_bare) {
		x->unit = with->unit;
		return true;
	}
	if (with->is_bare && !x->is_bare) {
		with->unit = x->unit;
		with->is_bare = false;
		return true;
	}
	return measure_is_alike(&with->unit, &x->unit) ? parse_convert(p, x, &with->unit) :
							 parse_cannot(p, x->from, with, x, what);
}

bool parse_constant(struct parser *p, const struct operand *x, const char *what, double *ret)
{
	struct formula *f = p->f;
	if (!x->is_bare || plan_depth(f, x->op_from, f->op_count) > FORMULA_STACK) {
		return lex_fail(&p->lex, ERR_INVAL, x->from,
			SAY(&p->lex, "expected a plain number: %s", "нужно постоянное число: %s"),
			what);
	}
	struct value v = eval_ops(f, NULL, x->op_from, f->op_count, (struct span){0, 0});
	if (isnan(v.v)) {
		return lex_fail(&p->lex, ERR_INVAL, x->from,
			SAY(&p->lex, "this has no value: %s", "здесь нет значения: %s"), what);
	}
	size_t kept = 0;
	for (size_t i = 0; i < f->mark_count;
		i++) { /* what needs the operations is shown as written */
		if (f->marks[i].is_literal || f->marks[i].op_from < x->op_from) {
			f->marks[kept++] = f->marks[i];
		}
	}
	f->mark_count = kept;
	f->op_count = x->op_from;
	*ret = v.v;
	return true;
}

bool parse_deeper(struct parser *p, size_t at)
{
	return ++p->depth <= FORMULA_LEVELS || lex_fail(&p->lex, ERR_LIMIT, at,
						       SAY(&p->lex, "nested deeper than %d levels",
							       "вложенность больше %d уровней"),
						       FORMULA_LEVELS);
}
