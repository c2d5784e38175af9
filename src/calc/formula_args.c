/*
 * formula_args.c - arguments of functions of numbers: how many, in which units, what comes out
 *
 * Each handler begins at the first argument and leaves the closing bracket to its caller.
 */
#include "calc/formula_impl.h"

#include <math.h>
#include <string.h>

#define ARGUMENTS_MAX 200

static bool comma(struct parser *p, const struct function *fn)
{
	return parse_sign(p, SIGN_COMMA, fn->text.signature);
}

static bool call(struct parser *p, const struct function *fn, size_t n)
{
	struct op *op = parse_emit(p, OP_CALL);
	if (op) {
		op->fn = fn->code;
		op->n = (uint16_t)n;
	}
	return op != NULL;
}

static bool number_argument(struct parser *p, struct operand *x)
{
	char text[200];
	if (!parse_expression(p, x)) {
		return false;
	}
	return measure_is_number(&x->unit) ? parse_convert(p, x, &measure_none) :
					     lex_fail(&p->lex, ERR_INVAL, x->from,
						     SAY(&p->lex, "%s: expected a plain number",
							     "%s: нужно число без единицы"),
						     parse_source(p, x, text));
}

/* One more argument in the unit of those before. */
static bool unified(struct parser *p, struct operand *group)
{
	struct operand x;
	bool is_bare = group->is_bare;
	if (!parse_expression(p, &x)) {
		return false;
	}
	bool are_bare = is_bare && x.is_bare;
	if (!parse_unify(
		    p, group, &x, SAY(&p->lex, "of one kind", "считать величинами одного рода"))) {
		return false;
	}
	group->is_bare = are_bare;
	return true;
}

bool parse_fn_group(struct parser *p, const struct function *fn, struct operand *ret)
{
	size_t op_from = p->f->op_count, n = 1;
	if (!parse_expression(p, ret)) {
		return false;
	}
	for (; parse_is(p, SIGN_COMMA); n++) {
		if (n == ARGUMENTS_MAX) {
			return lex_fail(&p->lex, ERR_LIMIT, p->token.from,
				SAY(&p->lex, "more than %d arguments", "больше %d аргументов"),
				ARGUMENTS_MAX);
		}
		if (!parse_advance(p) || !unified(p, ret)) {
			return false;
		}
	}
	ret->op_from = op_from;
	return call(p, fn, n);
}

bool parse_fn_clamp(struct parser *p, const struct function *fn, struct operand *ret)
{
	return parse_expression(p, ret) && comma(p, fn) && unified(p, ret) && comma(p, fn) &&
	       unified(p, ret) && call(p, fn, 3);
}

bool parse_fn_keep(struct parser *p, const struct function *fn, struct operand *ret)
{
	return parse_expression(p, ret) &&
	       (fn->code != CALL_ABS ||
		       parse_no_point(p, ret,
			       SAY(&p->lex, "taken without its sign", "взять по модулю"))) &&
	       call(p, fn, 1);
}

bool parse_fn_sign(struct parser *p, const struct function *fn, struct operand *ret)
{
	if (!parse_expression(p, ret) ||
		!parse_no_point(p, ret, SAY(&p->lex, "asked for its sign", "спросить о знаке"))) {
		return false;
	}
	ret->unit = measure_none;
	return call(p, fn, 1);
}

bool parse_fn_number(struct parser *p, const struct function *fn, struct operand *ret)
{
	return number_argument(p, ret) && call(p, fn, 1);
}

bool parse_fn_sqrt(struct parser *p, const struct function *fn, struct operand *ret)
{
	char text[200];
	if (!parse_expression(p, ret) ||
		!parse_no_point(p, ret, SAY(&p->lex, "put under a root", "поставить под корень"))) {
		return false;
	}
	if (measure_is_number(&ret->unit)) {
		return parse_convert(p, ret, &measure_none) && call(p, fn, 1);
	}
	if (!measure_power(&ret->unit, 0.5, &ret->unit)) {
		return lex_fail(&p->lex, ERR_INVAL, ret->from,
			SAY(&p->lex, "%s: its root has no unit", "%s: у корня нет единицы"),
			parse_source(p, ret, text));
	}
	return call(p, fn, 1);
}

bool parse_fn_pow(struct parser *p, const struct function *fn, struct operand *ret)
{
	char found[64];
	if (!parse_expression(p, ret)) {
		return false;
	}
	if (!parse_is(p, SIGN_COMMA)) {
		return lex_fail(&p->lex, ERR_PARSE, p->token.from,
			SAY(&p->lex, "unexpected %s: expected ',' in %s",
				"здесь %s: ожидается «,» в %s"),
			token_text(&p->lex, &p->token, found), fn->text.signature);
	}
	return parse_power(p, 1, ret);
}

bool parse_fn_round(struct parser *p, const struct function *fn, struct operand *ret)
{
	double digits = 0;
	struct operand n;
	if (!parse_expression(p, ret)) {
		return false;
	}
	if (parse_is(p, SIGN_COMMA)) {
		if (!parse_advance(p) || !parse_expression(p, &n) ||
			!parse_constant(p, &n, SAY(&p->lex, "how many digits", "сколько знаков"),
				&digits)) {
			return false;
		}
		if (digits != floor(digits) || digits < 0 || digits > 15) {
			return lex_fail(&p->lex, ERR_INVAL, n.from,
				SAY(&p->lex, "digits: 0 to 15", "число знаков: от 0 до 15"));
		}
	}
	struct op *op = parse_emit(p, OP_CALL);
	if (op) {
		op->fn = fn->code;
		op->n = 1;
		op->a = digits;
	}
	return op != NULL;
}

/* c BRANCH a JUMP b JOIN; offsets are patched when the branches are known. */
bool parse_fn_if(struct parser *p, const struct function *fn, struct operand *ret)
{
	struct formula *f = p->f;
	struct operand condition;
	char text[200];
	if (!parse_expression(p, &condition)) {
		return false;
	}
	if (!measure_is_number(&condition.unit)) {
		return lex_fail(&p->lex, ERR_INVAL, condition.from,
			SAY(&p->lex, "%s: a condition is true or false, such as a comparison",
				"%s: условие бывает верным или нет, как сравнение"),
			parse_source(p, &condition, text));
	}
	size_t branch = f->op_count;
	if (!parse_emit(p, OP_BRANCH) || !comma(p, fn) || !parse_expression(p, ret)) {
		return false;
	}
	size_t jump = f->op_count;
	if (!parse_emit(p, OP_JUMP) || !comma(p, fn) || !unified(p, ret)) {
		return false;
	}
	f->ops[branch].len = (uint32_t)(jump - branch);
	f->ops[jump].len = (uint32_t)(f->op_count - jump - 1);
	ret->is_bare = ret->is_bare && condition.is_bare;
	ret->op_from = condition.op_from;
	return parse_emit(p, OP_JOIN) != NULL;
}

bool parse_fn_ifna(struct parser *p, const struct function *fn, struct operand *ret)
{
	struct formula *f = p->f;
	if (!parse_expression(p, ret)) {
		return false;
	}
	size_t test = f->op_count;
	if (!parse_emit(p, OP_IFNA) || !comma(p, fn) || !unified(p, ret) ||
		!parse_emit(p, OP_CALCULATED)) {
		return false;
	}
	f->ops[test].len = (uint32_t)(f->op_count - test - 1);
	return true;
}

static bool ask(struct parser *p, enum op_code code, struct operand *ret)
{
	if (!parse_expression(p, ret)) {
		return false;
	}
	ret->unit = measure_none;
	ret->is_bare = false;
	return parse_emit(p, code) != NULL;
}

bool parse_fn_isna(struct parser *p, const struct function *fn, struct operand *ret)
{
	(void)fn;
	return ask(p, OP_ISNA, ret);
}

bool parse_fn_quality(struct parser *p, const struct function *fn, struct operand *ret)
{
	(void)fn;
	return ask(p, OP_QUALITY, ret);
}

bool parse_fn_na(struct parser *p, const struct function *fn, struct operand *ret)
{
	(void)fn;
	*ret = (struct operand){.unit = measure_none, .is_bare = true, .op_from = p->f->op_count};
	return parse_emit(p, OP_NA) != NULL;
}

bool parse_fn_clock(struct parser *p, const struct function *fn, struct operand *ret)
{
	*ret = (struct operand){.unit = measure_none, .op_from = p->f->op_count};
	if (fn->code == CLOCK_LENGTH) {
		ret->unit = measure_of(UNIT_H);
	}
	struct op *op = parse_emit(p, OP_CLOCK);
	if (op) {
		op->fn = fn->code;
	}
	return op != NULL;
}

/* interp(x, x1,y1, x2,y2, ...): all x of one kind, all y of one kind. */
bool parse_fn_interp(struct parser *p, const struct function *fn, struct operand *ret)
{
	struct operand x, y = {.unit = measure_none};
	size_t op_from = p->f->op_count, pairs = 0;
	if (!parse_expression(p, &x)) {
		return false;
	}
	do {
		if (pairs * 2 + 3 > ARGUMENTS_MAX) {
			return lex_fail(&p->lex, ERR_LIMIT, p->token.from,
				SAY(&p->lex, "more than %d arguments", "больше %d аргументов"),
				ARGUMENTS_MAX);
		}
		if (!comma(p, fn) || !unified(p, &x) || !comma(p, fn) ||
			!(pairs ? unified(p, &y) : parse_expression(p, &y))) {
			return false;
		}
		pairs++;
	} while (parse_is(p, SIGN_COMMA));
	*ret = y;
	ret->is_bare = x.is_bare && y.is_bare;
	ret->op_from = op_from;
	return call(p, fn, 1 + 2 * pairs);
}

/* ---- units ---- */

bool parse_string(struct parser *p, const struct function *fn, char *out, size_t cap)
{
	char found[64];
	if (p->token.kind != TOKEN_STRING) {
		return lex_fail(&p->lex, ERR_PARSE, p->token.from,
			SAY(&p->lex, "unexpected %s: expected a text in quotes in %s",
				"здесь %s: ожидается текст в кавычках в %s"),
			token_text(&p->lex, &p->token, found), fn->text.signature);
	}
	size_t n = p->token.till - p->token.from - 2; /* without the quotes */
	if (n >= cap) {
		return lex_fail(&p->lex, ERR_INVAL, p->token.from,
			SAY(&p->lex, "a text of more than %zu bytes", "текст длиннее %zu байт"),
			cap - 1);
	}
	memcpy(out, p->f->text + p->token.from + 1, n);
	out[n] = 0;
	return parse_advance(p);
}

static bool unit_argument(struct parser *p, const struct function *fn, struct measure *ret)
{
	char name[FORMULA_CAP];
	size_t from = p->token.from;
	if (!parse_string(p, fn, name, sizeof(name))) {
		return false;
	}
	return measure_from_text(name, ret) ||
	       lex_fail(&p->lex, ERR_INVAL, from,
		       SAY(&p->lex, "unknown unit '%s'", "неизвестная единица «%s»"), name);
}

/* A plain number takes the unit, anything else must be convertible to it. */
static bool take_unit(struct parser *p, const struct measure *unit, struct operand *x)
{
	char text[200], name[FORMULA_CAP];
	if (measure_is_number(&x->unit) && !measure_is_number(unit)) {
		if (!parse_convert(p, x, &measure_none)) {
			return false;
		}
		x->unit = *unit;
	} else if (x->is_bare) {
		x->unit = *unit;
	}
	if (!measure_is_alike(&x->unit, unit)) {
		(void)measure_text(unit, p->lex.lang, name, sizeof(name));
		return lex_fail(&p->lex, ERR_INVAL, x->from,
			SAY(&p->lex, "%s: it does not convert to %s", "%s: не переводится в %s"),
			parse_source(p, x, text), name);
	}
	x->is_bare = false;
	return true;
}

bool parse_fn_convert(struct parser *p, const struct function *fn, struct operand *ret)
{
	struct measure from, to;
	char name[FORMULA_CAP];
	size_t at;
	if (!parse_expression(p, ret) || !comma(p, fn) || !unit_argument(p, fn, &from) ||
		!take_unit(p, &from, ret) || !comma(p, fn)) {
		return false;
	}
	at = p->token.from;
	if (!unit_argument(p, fn, &to)) {
		return false;
	}
	if (!measure_is_alike(&from, &to)) {
		(void)measure_text(&from, p->lex.lang, name, sizeof(name));
		return lex_fail(&p->lex, ERR_INVAL, at,
			SAY(&p->lex, "%s does not convert to this unit",
				"%s не переводится в эту единицу"),
			name);
	}
	return parse_convert(p, ret, &to);
}

bool parse_fn_unit(struct parser *p, const struct function *fn, struct operand *ret)
{
	struct measure unit;
	return parse_expression(p, ret) && comma(p, fn) && unit_argument(p, fn, &unit) &&
	       take_unit(p, &unit, ret) && parse_convert(p, ret, &unit);
}
