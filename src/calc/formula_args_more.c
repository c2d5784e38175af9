/*
 * formula_args_more.c - arguments of functions of water and of series
 */
#include "calc/formula_impl.h"

#include <string.h>

/* ---- water ---- */

/* A temperature in °C, or a plain number that is one. */
static bool temperature(struct parser *p, struct operand *x)
{
	struct measure c = measure_of(UNIT_DEGC);
	char text[200];
	if (!parse_expression(p, x)) {
		return false;
	}
	if (measure_is_number(&x->unit)) {
		return parse_convert(p, x, &measure_none);
	}
	return measure_is_alike(&x->unit, &c) ?
		       parse_convert(p, x, &c) :
		       lex_fail(&p->lex, ERR_INVAL, x->from,
			       SAY(&p->lex, "%s: expected a temperature in °C",
				       "%s: нужна температура в °C"),
			       parse_source(p, x, text));
}

/* An absolute pressure in MPa, or a plain number that is one. */
static bool pressure(struct parser *p, struct operand *x)
{
	struct measure mpa = measure_of(UNIT_MPA);
	char text[200];
	if (!parse_expression(p, x)) {
		return false;
	}
	if (measure_is_number(&x->unit)) {
		return parse_convert(p, x, &measure_none);
	}
	return measure_is_alike(&x->unit, &mpa) ?
		       parse_convert(p, x, &mpa) :
		       lex_fail(&p->lex, ERR_INVAL, x->from,
			       SAY(&p->lex, "%s: expected a pressure in MPa",
				       "%s: нужно давление в МПа"),
			       parse_source(p, x, text));
}

static bool call(struct parser *p, uint8_t code, size_t n, struct measure unit, struct operand *ret)
{
	struct op *op = parse_emit(p, OP_CALL);
	if (!op) {
		return false;
	}
	op->fn = code;
	op->n = (uint16_t)n;
	ret->unit = unit;
	ret->is_bare = false;
	return true;
}

static struct measure quotient(enum unit a, enum unit b)
{
	struct measure ma = measure_of(a), mb = measure_of(b);
	return measure_over(&ma, &mb);
}

bool parse_fn_water(struct parser *p, const struct function *fn, struct operand *ret)
{
	struct operand second;
	struct measure enthalpy = quotient(UNIT_KJ, UNIT_KG), k = measure_of(UNIT_K);
	struct measure unit = fn->code == CALL_ENTHALPY ? enthalpy :
			      fn->code == CALL_DENSITY  ? quotient(UNIT_KG, UNIT_M3) :
			      fn->code == CALL_VOLUME   ? quotient(UNIT_M3, UNIT_KG) :
							  measure_over(&enthalpy, &k);
	return temperature(p, ret) && parse_sign(p, SIGN_COMMA, fn->text.signature) &&
	       pressure(p, &second) && call(p, fn->code, 2, unit, ret);
}

bool parse_fn_psat(struct parser *p, const struct function *fn, struct operand *ret)
{
	return temperature(p, ret) && call(p, fn->code, 1, measure_of(UNIT_MPA), ret);
}

bool parse_fn_tsat(struct parser *p, const struct function *fn, struct operand *ret)
{
	return pressure(p, ret) && call(p, fn->code, 1, measure_of(UNIT_DEGC), ret);
}

/* k(tf, tr, p) or k(tf, tr, p, "return") */
bool parse_fn_k(struct parser *p, const struct function *fn, struct operand *ret)
{
	struct operand t_return, norm;
	struct measure per_m3 = quotient(UNIT_MJ, UNIT_M3), k = measure_of(UNIT_K);
	char pipe[16] = "flow";
	if (!temperature(p, ret) || !parse_sign(p, SIGN_COMMA, fn->text.signature) ||
		!temperature(p, &t_return) || !parse_sign(p, SIGN_COMMA, fn->text.signature) ||
		!pressure(p, &norm)) {
		return false;
	}
	size_t at = p->token.from;
	if (parse_is(p, SIGN_COMMA)) {
		if (!parse_advance(p)) {
			return false;
		}
		at = p->token.from;
		if (!parse_string(p, fn, pipe, sizeof(pipe))) {
			return false;
		}
	}
	bool is_return = strcmp(pipe, "return") == 0;
	if (!is_return && strcmp(pipe, "flow") != 0) {
		return lex_fail(&p->lex, ERR_INVAL, at,
			SAY(&p->lex, "the pipe of the flow sensor is \"flow\" or \"return\"",
				"труба расходомера: \"flow\" (подача) или \"return\" (обратка)"));
	}
	return call(p, is_return ? CALL_HEAT_COEFFICIENT_RETURN : CALL_HEAT_COEFFICIENT_FLOW, 3,
		measure_over(&per_m3, &k), ret);
}

/* ---- series ---- */

static bool duration(struct parser *p, const struct function *fn, struct shift *ret)
{
	char found[64];
	if (!parse_is(p, SIGN_COMMA)) {
		return lex_fail(&p->lex, ERR_PARSE, p->token.from,
			SAY(&p->lex, "unexpected %s: expected ',' in %s",
				"здесь %s: ожидается «,» в %s"),
			token_text(&p->lex, &p->token, found), fn->text.signature);
	}
	/* before the words go on: 5mo is a duration here and no number with a unit */
	return lex_shift(&p->lex, p->token.till, ret) && parse_advance(p);
}

/* The body that begins at operation `from` becomes what op `from` looks at. */
static struct op *open_window(struct parser *p, const struct function *fn)
{
	struct op *op = parse_emit(p, OP_WINDOW);
	if (op) {
		op->fn = fn->code;
		op->a = 0.95;
		op->c = (double)p->token.from; /* for errors of plan_formula */
	}
	return op;
}

static bool body(struct parser *p, const struct function *fn, size_t *ret_at, struct operand *ret)
{
	*ret_at = p->f->op_count;
	if (!open_window(p, fn) || !parse_expression(p, ret)) {
		return false;
	}
	p->f->ops[*ret_at].len = (uint32_t)(p->f->op_count - *ret_at - 1);
	ret->op_from = *ret_at;
	ret->is_bare = false;
	if (fn->code == WINDOW_SUM) {
		return parse_no_point(p, ret, SAY(&p->lex, "summed up", "суммировать"));
	}
	if (fn->code == WINDOW_COUNT) {
		ret->unit = measure_none;
	}
	return true;
}

static bool stretch(struct parser *p, const struct function *fn, size_t at)
{
	size_t column = p->token.till;
	struct shift from, till;
	int64_t from_low, from_high, till_low, till_high;
	if (!duration(p, fn, &from) || !duration(p, fn, &till)) {
		return false;
	}
	shift_bounds(PERIOD_HOUR, from, &from_low, &from_high);
	shift_bounds(PERIOD_HOUR, till, &till_low, &till_high);
	if (from_low > till_high) {
		return lex_fail(&p->lex, ERR_INVAL, column,
			SAY(&p->lex, "the series ends before it begins",
				"ряд кончается раньше, чем начинается"));
	}
	p->f->ops[at].from = from;
	p->f->ops[at].till = till;
	return true;
}

bool parse_fn_window(struct parser *p, const struct function *fn, struct operand *ret)
{
	size_t at;
	return body(p, fn, &at, ret) && stretch(p, fn, at);
}

bool parse_fn_windowx(struct parser *p, const struct function *fn, struct operand *ret)
{
	size_t at;
	struct operand share;
	double c;
	if (!body(p, fn, &at, ret) || !stretch(p, fn, at) ||
		!parse_sign(p, SIGN_COMMA, fn->text.signature) || !parse_expression(p, &share) ||
		!parse_convert(p, &share, &measure_none) ||
		!parse_constant(p, &share,
			SAY(&p->lex, "the least completeness, 0 to 1",
				"наименьшая полнота, от 0 до 1"),
			&c)) {
		return false;
	}
	if (!(c >= 0 && c <= 1)) {
		return lex_fail(&p->lex, ERR_INVAL, share.from,
			SAY(&p->lex, "the least completeness: 0 to 1",
				"наименьшая полнота: от 0 до 1"));
	}
	p->f->ops[at].a = c;
	return true;
}

bool parse_fn_last(struct parser *p, const struct function *fn, struct operand *ret)
{
	size_t at, column;
	struct shift age;
	if (!body(p, fn, &at, ret)) {
		return false;
	}
	column = p->token.till;
	if (!duration(p, fn, &age)) {
		return false;
	}
	if (age.n < 0) {
		return lex_fail(&p->lex, ERR_INVAL, column,
			SAY(&p->lex, "an age is not negative", "возраст не бывает отрицательным"));
	}
	age.n = -age.n;
	p->f->ops[at].from = age;
	return true;
}

bool parse_fn_wmean(struct parser *p, const struct function *fn, struct operand *ret)
{
	size_t at;
	struct operand weight;
	if (!body(p, fn, &at, ret) || !parse_sign(p, SIGN_COMMA, fn->text.signature)) {
		return false;
	}
	size_t second = p->f->op_count;
	if (!parse_expression(p, &weight) ||
		!parse_no_point(p, &weight, SAY(&p->lex, "a weight", "сделать весом"))) {
		return false;
	}
	p->f->ops[at].len2 = (uint32_t)(p->f->op_count - second);
	return stretch(p, fn, at);
}

bool parse_fn_delta(struct parser *p, const struct function *fn, struct operand *ret)
{
	size_t at;
	if (!body(p, fn, &at, ret)) {
		return false;
	}
	ret->unit = measure_difference(&ret->unit);
	p->f->ops[at].from = (struct shift){-1, 'i'};
	return true;
}

/* at(x) or at(x, "month"); plan_formula knows whether the period is coarser. */
bool parse_fn_at(struct parser *p, const struct function *fn, struct operand *ret)
{
	size_t at = p->f->op_count, column = p->token.from;
	char name[16];
	enum period period = PERIOD_NONE;
	if (!parse_emit(p, OP_COARSE) || !parse_expression(p, ret)) {
		return false;
	}
	size_t len = p->f->op_count - at - 1;
	if (parse_is(p, SIGN_COMMA)) {
		if (!parse_advance(p)) {
			return false;
		}
		column = p->token.from;
		if (!parse_string(p, fn, name, sizeof(name))) {
			return false;
		}
		if (!period_from_name(name, &period) || period == PERIOD_NONE) {
			return lex_fail(&p->lex, ERR_INVAL, column,
				SAY(&p->lex, "no period '%s': hour, day or month",
					"нет периода «%s»: hour, day или month"),
				name);
		}
	}
	struct op *op = &p->f->ops[at];
	op->len = (uint32_t)len;
	op->n = (uint16_t)period;
	op->a = (double)column; /* for the error of plan_formula */
	ret->op_from = at;
	ret->is_bare = false;
	return true;
}
