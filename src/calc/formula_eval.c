/*
 * formula_eval.c - runs the operations of a formula in one interval
 *
 * No allocation: a stack of fixed height, which plan_formula has measured. Series run their body once
 * per interval. Every value that leaves an operation is finite or NaN with a quality of MISSING.
 */
#include "calc/formula_impl.h"
#include "calc/money.h"
#include "calc/water.h"

#include <math.h>

struct run {
	const struct formula *f;
	struct formula_values *values;
	struct value *stack;
	enum period period;
	struct span span;
};

/* Of a number that nobody measured: takes nothing away from what it is combined with. */
#define NEUTRAL quality_make(QUALITY_MEASURED, SOURCE_COUNT, 0)

static struct value number(double v)
{
	return (struct value){v, NEUTRAL, FORMULA_OK};
}

static struct value none(uint16_t quality, unsigned fault)
{
	uint16_t missing = quality_make(
		QUALITY_MISSING, quality_source(quality), quality_flags(quality));
	return (struct value){NAN, missing, (uint8_t)fault};
}

static struct value checked(double v, uint16_t quality, unsigned fault)
{
	if (fault || isnan(v)) {
		return none(quality, fault);
	}
	return isfinite(v) ? (struct value){v, quality, FORMULA_OK} :
			     none(quality, FORMULA_OVERFLOW);
}

static struct value channel_value(const struct run *r, size_t index)
{
	int64_t id = r->f->channels[index].channel.id;
	struct form_value v = r->values->get(r->values, id, r->period, r->span.from);
	bool is_there = isfinite(v.value) && quality_class(v.quality) < QUALITY_MISSING;
	return is_there ? (struct value){v.value, v.quality, FORMULA_OK} :
			  none(v.quality, FORMULA_OK);
}

/* ---- two operands ---- */

static double power(double a, double b, unsigned *fault)
{
	if (a == 0 && b < 0) {
		*fault = FORMULA_DIVISION;
	} else if (a < 0 && b != floor(b)) {
		*fault = FORMULA_ROOT;
	}
	return *fault ? NAN : pow(a, b);
}

static double arithmetic(enum op_code code, double a, double b, unsigned *fault)
{
	switch (code) {
	case OP_ADD: return a + b;
	case OP_SUBTRACT: return a - b;
	case OP_MULTIPLY: return a * b;
	case OP_DIVIDE: *fault = b == 0 ? FORMULA_DIVISION : FORMULA_OK; return a / b;
	case OP_MODULO: *fault = b == 0 ? FORMULA_DIVISION : FORMULA_OK; return fmod(a, b);
	case OP_POWER: return power(a, b, fault);
	case OP_LESS: return a < b;
	case OP_LESS_EQUAL: return a <= b;
	case OP_GREATER: return a > b;
	case OP_GREATER_EQUAL: return a >= b;
	case OP_EQUAL: return a == b;
	case OP_NOT_EQUAL: return a != b;
	case OP_AND: return a != 0 && b != 0;
	case OP_OR: return a != 0 || b != 0;
	default: return NAN;
	}
}

static struct value binary(enum op_code code, const struct value *a, const struct value *b)
{
	uint16_t q = quality_worst(a->quality, b->quality);
	unsigned fault = a->fault ? a->fault : b->fault;
	if (isnan(a->v) || isnan(b->v)) {
		return none(q, fault);
	}
	double v = arithmetic(code, a->v, b->v, &fault);
	return checked(v, q, fault);
}

/* ---- functions ---- */

static double water(enum call fn, const struct value *a, unsigned *fault)
{
	struct water w = {0};
	switch (water_at(a[0].v, a[1].v, &w)) {
	case WATER_OK: break;
	case WATER_STEAM: *fault = FORMULA_STEAM; return NAN;
	default: *fault = FORMULA_RANGE; return NAN;
	}
	return fn == CALL_ENTHALPY ? w.enthalpy :
	       fn == CALL_DENSITY  ? w.density :
	       fn == CALL_VOLUME   ? w.volume :
				     w.heat_capacity;
}

static double heat_coefficient(bool is_in_flow, const struct value *a, unsigned *fault)
{
	struct value flow[2] = {a[0], a[2]}, back[2] = {a[1], a[2]};
	(void)water(CALL_ENTHALPY, flow, fault);
	if (!*fault) {
		(void)water(CALL_ENTHALPY, back, fault);
	}
	if (!*fault && a[0].v == a[1].v) {
		*fault = FORMULA_DIVISION;
	}
	return *fault ? NAN : water_heat_coefficient(a[0].v, a[1].v, a[2].v, is_in_flow);
}

static double in_range(double v, unsigned *fault)
{
	*fault = isnan(v) ? FORMULA_RANGE : FORMULA_OK;
	return v;
}

/* Piecewise linear over points in any order; the end ones hold outside. */
static double interpolate(const struct value *a, size_t n)
{
	double x = a[0].v;
	const struct value *below = NULL, *above = NULL;
	for (size_t i = 1; i + 1 < n; i += 2) {
		if (a[i].v <= x && (!below || a[i].v > below->v)) {
			below = &a[i];
		}
		if (a[i].v >= x && (!above || a[i].v < above->v)) {
			above = &a[i];
		}
	}
	if (!below || !above || below == above || below->v == above->v) {
		return below ? below[1].v : above[1].v;
	}
	double share = (x - below->v) / (above->v - below->v);
	return below[1].v + (above[1].v - below[1].v) * share;
}

static double extreme(enum call fn, const struct value *a, size_t n)
{
	double v = a[0].v, sum = 0;
	for (size_t i = 0; i < n; i++) {
		v = fn == CALL_MIN ? fmin(v, a[i].v) : fmax(v, a[i].v);
		sum += a[i].v;
	}
	return fn == CALL_AVG ? sum / (double)n : v;
}

static double function(const struct op *op, const struct value *a, unsigned *fault)
{
	double x = a[0].v;
	switch ((enum call)op->fn) {
	case CALL_ABS: return fabs(x);
	case CALL_MIN:
	case CALL_MAX:
	case CALL_AVG: return extreme((enum call)op->fn, a, op->n);
	case CALL_SQRT: *fault = x < 0 ? FORMULA_ROOT : FORMULA_OK; return sqrt(x);
	case CALL_EXP: return exp(x);
	case CALL_LN: *fault = x <= 0 ? FORMULA_ROOT : FORMULA_OK; return log(x);
	case CALL_LOG10: *fault = x <= 0 ? FORMULA_ROOT : FORMULA_OK; return log10(x);
	case CALL_FLOOR: return floor(x);
	case CALL_CEIL: return ceil(x);
	case CALL_ROUND: return round_decimal(x, (int)op->a);
	case CALL_CLAMP: return fmin(fmax(x, a[1].v), a[2].v);
	case CALL_SIGN: return x > 0 ? 1 : x < 0 ? -1 : 0;
	case CALL_INTERP: return interpolate(a, op->n);
	case CALL_ENTHALPY:
	case CALL_DENSITY:
	case CALL_VOLUME:
	case CALL_HEAT_CAPACITY: return water((enum call)op->fn, a, fault);
	case CALL_SATURATION_PRESSURE: return in_range(water_saturation_pressure(x), fault);
	case CALL_SATURATION_TEMPERATURE: return in_range(water_saturation_temperature(x), fault);
	case CALL_HEAT_COEFFICIENT_FLOW: return heat_coefficient(true, a, fault);
	case CALL_HEAT_COEFFICIENT_RETURN: return heat_coefficient(false, a, fault);
	}
	return NAN;
}

static struct value call(const struct op *op, const struct value *a)
{
	uint16_t q = a[0].quality;
	unsigned fault = FORMULA_OK;
	bool is_missing = false;
	for (size_t i = 0; i < op->n; i++) {
		q = quality_worst(q, a[i].quality);
		fault = fault ? fault : a[i].fault;
		is_missing = is_missing || isnan(a[i].v);
	}
	if (is_missing) {
		return none(q, fault);
	}
	double v = function(op, a, &fault);
	return checked(v, q, fault);
}

/* ---- other times ---- */

static size_t run_ops(struct run *r, size_t from, size_t till, size_t sp);

static struct value run_at(const struct run *r, size_t from, size_t till, size_t sp,
	enum period period, struct span span)
{
	struct run in = *r;
	in.period = period;
	in.span = span;
	(void)run_ops(&in, from, till, sp);
	return r->stack[sp];
}

/* What a series adds up to while it is walked. */
struct series {
	size_t expected, usable;
	double sum, weights, extreme;
	uint16_t worst;
	struct value first, last;
	unsigned fault;
};

static void series_take(struct series *s, enum window fn, const struct value *v, double weight)
{
	s->expected++;
	/* what failed a check counts as missing until a person accepts it, as in the archive */
	if (isnan(v->v) || quality_class(v->quality) >= QUALITY_SUSPECT || isnan(weight)) {
		s->fault = s->fault ? s->fault : v->fault;
		return;
	}
	if (s->usable++ == 0) {
		s->first = *v;
		s->extreme = v->v;
		s->worst = v->quality;
	}
	s->last = *v;
	s->worst = quality_worst(s->worst, v->quality);
	s->sum += v->v * weight;
	s->weights += weight;
	s->extreme = fn == WINDOW_MIN ? fmin(s->extreme, v->v) : fmax(s->extreme, v->v);
}

static struct value series_result(const struct series *s, const struct op *op)
{
	enum window fn = (enum window)op->fn;
	if (fn == WINDOW_COUNT) {
		return number((double)s->usable);
	}
	bool is_one = fn == WINDOW_FIRST || fn == WINDOW_LAST;
	double needed = is_one ? 0 : op->a * (double)s->expected - 1e-9;
	if (s->usable == 0 || (double)s->usable < needed) {
		return none(s->usable ? s->worst : NEUTRAL, s->fault);
	}
	if (is_one) {
		return fn == WINDOW_FIRST ? s->first : s->last;
	}
	uint16_t q = s->worst;
	if (s->usable < s->expected) {
		q = quality_worst(q, quality_make(QUALITY_PARTIAL, SOURCE_COUNT, 0));
	}
	if (fn == WINDOW_SUM) {
		return checked(s->sum, q, FORMULA_OK);
	}
	if (fn == WINDOW_MIN || fn == WINDOW_MAX) {
		return checked(s->extreme, q, FORMULA_OK);
	}
	return s->weights == 0 ? none(q, FORMULA_DIVISION) :
				 checked(s->sum / s->weights, q, FORMULA_OK);
}

static double weight_of(const struct run *r, const struct op *op, size_t second, size_t sp,
	struct span span, uint16_t *ret_quality)
{
	*ret_quality = NEUTRAL;
	if (op->fn == WINDOW_TIME_MEAN) {
		return (double)(span.till - span.from);
	}
	if (op->fn != WINDOW_WEIGHTED_MEAN) {
		return 1;
	}
	struct value w = run_at(r, second, second + op->len2, sp, r->period, span);
	*ret_quality = w.quality;
	return quality_class(w.quality) >= QUALITY_SUSPECT ? NAN : w.v;
}

static struct value window(const struct run *r, size_t at, size_t sp)
{
	const struct op *op = &r->f->ops[at];
	const struct calendar *c = &r->f->calendar;
	size_t second = at + 1 + op->len;
	int64_t from = shift_time(c, r->period, r->span.from, op->from);
	int64_t till = shift_time(c, r->period, r->span.from, op->till);
	struct series s = {.worst = NEUTRAL};
	struct span span = period_of(c, r->period, from);
	if (span.from < from) {
		span = period_of(c, r->period, span.till);
	}
	for (; span.from <= till; span = period_of(c, r->period, span.till)) {
		struct value v = run_at(r, at + 1, second, sp, r->period, span);
		uint16_t q;
		double weight = weight_of(r, op, second, sp, span, &q);
		if (!isnan(v.v)) {
			v.quality = quality_worst(v.quality, q);
		}
		series_take(&s, (enum window)op->fn, &v, weight);
	}
	return series_result(&s, op);
}

static struct value delta(const struct run *r, size_t at, size_t sp)
{
	const struct op *op = &r->f->ops[at];
	struct span before = shift_span(&r->f->calendar, r->period, r->span.from, op->from);
	size_t end = at + 1 + op->len;
	struct value now = run_at(r, at + 1, end, sp, r->period, r->span);
	struct value then = run_at(r, at + 1, end, sp, r->period, before);
	return binary(OP_SUBTRACT, &now, &then);
}

static struct value elsewhere(const struct run *r, size_t at, size_t sp)
{
	const struct op *op = &r->f->ops[at];
	const struct calendar *c = &r->f->calendar;
	size_t end = at + 1 + op->len;
	if (op->code == OP_SHIFT) {
		return run_at(r, at + 1, end, sp, r->period,
			shift_span(c, r->period, r->span.from, op->from));
	}
	if (op->code == OP_COARSE) {
		enum period coarse = (enum period)op->n;
		return run_at(r, at + 1, end, sp, coarse, period_of(c, coarse, r->span.from));
	}
	return op->fn == WINDOW_DELTA ? delta(r, at, sp) : window(r, at, sp);
}

/* ---- one operand ---- */

static struct value clock_value(const struct run *r, enum clock_part part)
{
	const struct zone *z = r->f->calendar.zone;
	struct civil local = z ? zone_civil(z, r->span.from) : civil_from_utc(r->span.from);
	switch (part) {
	case CLOCK_HOUR: return number(local.hour);
	case CLOCK_DAY: return number(local.day);
	case CLOCK_MONTH: return number(local.month);
	case CLOCK_YEAR: return number(local.year);
	case CLOCK_WEEKDAY: return number((civil_weekday(local) + 6) % 7 + 1);
	case CLOCK_LENGTH: return number((double)(r->span.till - r->span.from) / 3600);
	default: return none(NEUTRAL, FORMULA_OK);
	}
}

/* What figures say is nobody's measurement: neutral, or none. */
static struct value told(double v, unsigned fault)
{
	return isnan(v) ? none(NEUTRAL, fault) : checked(v, NEUTRAL, fault);
}

static struct value calculated(struct value v)
{
	if (quality_class(v.quality) < QUALITY_CALCULATED) {
		v.quality = quality_make(
			QUALITY_CALCULATED, quality_source(v.quality), quality_flags(v.quality));
	}
	return v;
}

static struct value unary(const struct op *op, struct value x)
{
	switch ((enum op_code)op->code) {
	case OP_CONVERT: return checked(x.v * op->a / op->b + op->c, x.quality, x.fault);
	case OP_NEGATE: return checked(-x.v, x.quality, x.fault);
	case OP_NOT: return isnan(x.v) ? x : checked(x.v == 0, x.quality, x.fault);
	case OP_CALCULATED: return calculated(x);
	case OP_ISNA: return number(isnan(x.v));
	default: return number(isnan(x.v) ? QUALITY_MISSING : quality_class(x.quality));
	}
}

static struct value leaf(const struct run *r, const struct op *op)
{
	unsigned fault = FORMULA_OK;
	double v;
	switch ((enum op_code)op->code) {
	case OP_NUMBER: return number(op->a);
	case OP_CHANNEL: return channel_value(r, op->n);
	case OP_CLOCK:
		return op->fn < CLOCK_NIGHT ?
			       clock_value(r, (enum clock_part)op->fn) :
			       told(figure_calendar(r->f, op->n, r->span, (enum clock_part)op->fn),
				       FORMULA_OK);
	case OP_FIGURE: v = figure_value(r->f, op->n, r->span, &fault); return told(v, fault);
	default: return none(NEUTRAL, FORMULA_OK);
	}
}

static struct value graph(const struct run *r, const struct op *op, struct value x)
{
	unsigned fault = FORMULA_OK;
	if (isnan(x.v)) {
		return x;
	}
	double v = figure_graph(r->f, op->n, r->span, x.v, &fault);
	return checked(v, x.quality, fault);
}

/* Jumps return how far; they leave the stack as the branch they go to expects it. */
static size_t jump(struct run *r, const struct op *op, size_t *sp)
{
	struct value *top = &r->stack[*sp - 1];
	switch ((enum op_code)op->code) {
	case OP_BRANCH:
		if (isnan(top->v)) { /* over both branches and the join */
			return op->len + (op + op->len)->len + 1;
		}
		return top->v != 0 ? 0 : op->len;
	case OP_IFNA:
		if (!isnan(top->v)) {
			return op->len;
		}
		(*sp)--;
		return 0;
	default: return op->len;
	}
}

/* Leaves one value more on the stack; `sp` is its height. */
static size_t run_ops(struct run *r, size_t from, size_t till, size_t sp)
{
	struct value *stack = r->stack;
	for (size_t i = from; i < till; i++) {
		const struct op *op = &r->f->ops[i];
		switch ((enum op_code)op->code) {
		case OP_NUMBER:
		case OP_NA:
		case OP_CHANNEL:
		case OP_CLOCK:
		case OP_FIGURE: stack[sp++] = leaf(r, op); break;
		case OP_SHIFT:
		case OP_COARSE:
		case OP_WINDOW:
			stack[sp] = elsewhere(r, i, sp);
			sp++;
			i += op->len + op->len2;
			break;
		case OP_BRANCH:
		case OP_JUMP:
		case OP_IFNA: i += jump(r, op, &sp); break;
		case OP_JOIN:
			stack[sp - 2].quality = quality_worst(
				stack[sp - 2].quality, stack[sp - 1].quality);
			stack[sp - 2].v = stack[sp - 1].v;
			stack[sp - 2].fault = stack[sp - 1].fault;
			sp--;
			break;
		case OP_CALL:
			sp -= op->n - 1u;
			stack[sp - 1] = call(op, &stack[sp - 1]);
			break;
		case OP_CONVERT:
		case OP_NEGATE:
		case OP_NOT:
		case OP_CALCULATED:
		case OP_ISNA:
		case OP_QUALITY: stack[sp - 1] = unary(op, stack[sp - 1]); break;
		case OP_GRAPH: stack[sp - 1] = graph(r, op, stack[sp - 1]); break;
		default:
			sp--;
			stack[sp - 1] = binary((enum op_code)op->code, &stack[sp - 1], &stack[sp]);
			break;
		}
	}
	return sp;
}

struct value eval_ops(const struct formula *f, struct formula_values *values, size_t from,
	size_t till, struct span interval)
{
	struct value stack[FORMULA_STACK + 1];
	struct run r = {f, values, stack, f->period, interval};
	(void)run_ops(&r, from, till, 0);
	struct value v = stack[0];
	if (quality_source(v.quality) == SOURCE_COUNT) {
		v.quality = quality_make(
			quality_class(v.quality), SOURCE_NONE, quality_flags(v.quality));
	}
	return v;
}

struct formula_result formula_eval(
	const struct formula *f, struct formula_values *values, struct span interval)
{
	struct value v = eval_ops(f, values, 0, f->op_count, interval);
	return (struct formula_result){v.v, v.quality, (enum formula_fault)v.fault, f->result_unit};
}
