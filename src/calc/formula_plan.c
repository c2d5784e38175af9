/*
 * formula_plan.c - what an evaluation reads and costs, known before there is one
 *
 * Walks the operations once. Every way into a body (a shift, a series, a coarser period) widens the
 * stretch of time around the interval that is read; the bounds are generous, never tight.
 */
#include "calc/formula_impl.h"

#include <stdlib.h>

struct place {
	enum period period;
	int64_t low, high; /* starts read lie in [a + low, a + high] */
	double times;      /* how often the body runs */
	unsigned level;
};

static bool add_input(struct parser *p, size_t channel, const struct place *at)
{
	struct formula *f = p->f;
	int64_t id = f->channels[channel].channel.id;
	struct formula_input fresh = {
		id, at->period, at->low < 0 ? -at->low : 0, at->high > 0 ? at->high : 0};
	for (size_t i = 0; i < f->input_count; i++) {
		struct formula_input *in = &f->inputs[i];
		if (in->channel == id && in->period == at->period) {
			in->before_s = in->before_s > fresh.before_s ? in->before_s :
								       fresh.before_s;
			in->after_s = in->after_s > fresh.after_s ? in->after_s : fresh.after_s;
			return true;
		}
	}
	if (!formula_grow((void **)&f->inputs, &f->input_cap, f->input_count, sizeof(*f->inputs))) {
		return lex_fail(&p->lex, ERR_NOMEM, 0, "a formula");
	}
	f->inputs[f->input_count++] = fresh;
	return true;
}

static int64_t shortest(enum period p)
{
	return p == PERIOD_HALF_HOUR ? 1800 :
	       p == PERIOD_HOUR      ? 3600 :
	       p == PERIOD_DAY       ? INT64_C(23) * 3600 :
				       INT64_C(27) * 86400;
}

/* Where the body of an operation looks; `times` counts its runs. */
static bool enter(struct parser *p, struct op *op, const struct place *at, struct place *ret)
{
	int64_t from_low, from_high, till_low, till_high;
	struct place in = *at;
	if (++in.level > FORMULA_LEVELS) {
		return lex_fail(&p->lex, ERR_LIMIT, 0,
			SAY(&p->lex, "nested deeper than %d levels",
				"вложенность больше %d уровней"),
			FORMULA_LEVELS);
	}
	shift_bounds(at->period, op->from, &from_low, &from_high);
	shift_bounds(at->period, op->till, &till_low, &till_high);
	if (op->code == OP_COARSE) {
		size_t column = (size_t)op->a;
		in.period = op->n ? (enum period)op->n : at->period + 1;
		if (in.period < at->period || in.period >= PERIOD_COUNT) {
			return lex_fail(&p->lex, ERR_INVAL, column,
				SAY(&p->lex,
					"at() gives a coarser period than the %s it is used in",
					"at() даёт период крупнее того, где стоит (%s)"),
				period_name(at->period));
		}
		op->n = (uint16_t)in.period;
		in.low -= period_longest(in.period);
	} else if (op->code == OP_SHIFT) {
		in.low += from_low - (op->from.unit == 'i' ? 0 : period_longest(at->period));
		in.high += from_high;
	} else {
		int64_t count = (till_high - from_low) / shortest(at->period) + 2;
		if (count > FORMULA_WINDOW) {
			return lex_fail(&p->lex, ERR_LIMIT, (size_t)op->c,
				SAY(&p->lex, "a series of more than %d intervals",
					"ряд длиннее %d интервалов"),
				FORMULA_WINDOW);
		}
		in.low += from_low - period_longest(at->period);
		in.high += till_high > 0 ? till_high : 0;
		in.times *= (double)count;
	}
	*ret = in;
	return true;
}

static bool walk(struct parser *p, size_t from, size_t till, const struct place *at, double *cost)
{
	for (size_t i = from; i < till; i++) {
		struct op *op = &p->f->ops[i];
		struct place in;
		*cost += at->times * (op->code == OP_CALL ? 1 + op->n : 1);
		if (op->code == OP_CHANNEL && !add_input(p, op->n, at)) {
			return false;
		}
		if (op->code != OP_SHIFT && op->code != OP_WINDOW && op->code != OP_COARSE) {
			continue;
		}
		size_t body = i + 1, end = body + op->len + op->len2;
		*cost += at->times * (op->from.n < 0 ? -(double)op->from.n : op->from.n);
		if (!enter(p, op, at, &in) || !walk(p, body, end, &in, cost)) {
			return false;
		}
		i = end - 1;
	}
	return *cost <= FORMULA_COST ||
	       lex_fail(&p->lex, ERR_LIMIT, 0,
		       SAY(&p->lex, "one evaluation would take more than %d steps",
			       "вычисление заняло бы больше %d шагов"),
		       FORMULA_COST);
}

/* What an operation does to the height of the stack; bodies are no part of it. */
static int effect(const struct op *op)
{
	switch ((enum op_code)op->code) {
	case OP_NUMBER:
	case OP_NA:
	case OP_CHANNEL:
	case OP_CLOCK:
	case OP_FIGURE:
	case OP_SHIFT:
	case OP_COARSE:
	case OP_WINDOW: return 1;
	case OP_CALL: return 1 - (int)op->n;
	case OP_JUMP: /* the other branch begins without this one's result */
	case OP_JOIN:
	case OP_IFNA: return -1;
	case OP_ADD:
	case OP_SUBTRACT:
	case OP_MULTIPLY:
	case OP_DIVIDE:
	case OP_MODULO:
	case OP_POWER:
	case OP_LESS:
	case OP_LESS_EQUAL:
	case OP_GREATER:
	case OP_GREATER_EQUAL:
	case OP_EQUAL:
	case OP_NOT_EQUAL:
	case OP_AND:
	case OP_OR: return -1;
	default: return 0;
	}
}

size_t plan_depth(const struct formula *f, size_t from, size_t till)
{
	size_t depth = 0, max = 0;
	for (size_t i = from; i < till; i++) {
		const struct op *op = &f->ops[i];
		if (op->code == OP_SHIFT || op->code == OP_WINDOW || op->code == OP_COARSE) {
			size_t body = i + 1, second = body + op->len;
			size_t a = plan_depth(f, body, second);
			size_t b = plan_depth(f, second, second + op->len2);
			a = depth + (a > b ? a : b);
			max = a > max ? a : max;
			i = second + op->len2 - 1;
		}
		depth = (size_t)((int64_t)depth + effect(op));
		max = depth > max ? depth : max;
	}
	return max;
}

bool plan_formula(struct parser *p)
{
	struct formula *f = p->f;
	struct place here = {.period = f->period, .times = 1};
	double cost = 0;
	if (plan_depth(f, 0, f->op_count) > FORMULA_STACK) {
		return lex_fail(&p->lex, ERR_LIMIT, 0,
			SAY(&p->lex, "more than %d values at once",
				"больше %d значений одновременно"),
			FORMULA_STACK);
	}
	return walk(p, 0, f->op_count, &here, &cost);
}

/* ---- what others ask of a compiled formula ---- */

void formula_free(struct formula *f)
{
	if (f) {
		free(f->text);
		free(f->ops);
		free(f->marks);
		free(f->channels);
		free(f->refs);
		free(f->inputs);
		free(f);
	}
}

size_t formula_inputs(const struct formula *f, const struct formula_input **ret)
{
	*ret = f->inputs;
	return f->input_count;
}

const char *formula_figure_code(const struct formula *f, size_t i)
{
	return i < f->ref_count ? f->refs[i].code : NULL;
}
