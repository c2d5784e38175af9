/*
 * formula_parse.c - the grammar: a Pratt parser that emits operations and checks units as it goes
 *
 *   or  ||   and  &&   < <= > >= == !=   + -   * / %   unary - !   ^ (to the right)   [n] @duration
 *
 * A temperature in °C is a point, not an amount: t - t gives K, t ± K gives °C, everything else that
 * would add or multiply points is refused. A number without a unit takes the unit of what it is compared
 * with, and only there (comparisons, if, ifna, clamp, min, max, interp).
 */
#include "base/str.h"
#include "calc/formula_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- atoms ---- */

static bool parse_level(struct parser *p, unsigned level, struct operand *ret);

bool parse_expression(struct parser *p, struct operand *ret)
{
	return parse_level(p, 1, ret);
}

static bool parse_number(struct parser *p, struct operand *ret)
{
	struct op *op = parse_emit(p, OP_NUMBER);
	if (!op) {
		return false;
	}
	op->a = p->token.number;
	ret->unit = p->token.unit;
	ret->is_bare = !p->token.has_unit;
	ret->is_number = true;
	ret->till = p->token.till;
	return parse_mark(p, ret, p->f->mark_count, true) && parse_advance(p);
}

/* The channel somebody may have meant: a few letters off, or what the name is the beginning of. */
static const char *near_channel(const struct formula_scope *scope, const char *name)
{
	const char *nearest = NULL, *longer = NULL, *other;
	size_t n = strlen(name);
	unsigned best = 3;
	for (size_t i = 0; scope->name && (other = scope->name(scope, i)); i++) {
		unsigned d = text_distance(name, other);
		if (d < best && d < n) {
			best = d;
			nearest = other;
		}
		longer = longer || strncmp(name, other, n) != 0 ? longer : other;
	}
	return nearest ? nearest : longer;
}

static bool no_channel(struct parser *p, const char *name)
{
	const char *nearest = near_channel(p->scope, name);
	if (function_find(name, strlen(name))) {
		return lex_fail(&p->lex, ERR_INVAL, p->token.from,
			SAY(&p->lex, "'%s' is a function: expected '(' behind it",
				"«%s» — функция: после неё ожидается «(»"),
			name);
	}
	return lex_fail(&p->lex, ERR_INVAL, p->token.from,
		SAY(&p->lex, "no channel '%s'%s%s%s", "нет канала «%s»%s%s%s"), name,
		nearest ? SAY(&p->lex, "; is it '", "; может быть, «") : "", nearest ? nearest : "",
		nearest ? SAY(&p->lex, "'?", "»?") : "");
}

static bool find_channel(struct parser *p, const char *name, size_t *ret_index)
{
	struct formula *f = p->f;
	for (size_t i = 0; i < f->channel_count; i++) {
		if (strcmp(f->channels[i].name, name) == 0) {
			*ret_index = i;
			return true;
		}
	}
	struct named_channel c = {.channel = {.unit = UNIT_NONE}};
	if (!p->scope->channel || !p->scope->channel(p->scope, name, &c.channel)) {
		return no_channel(p, name);
	}
	if (c.channel.kind == KIND_INFO) {
		return lex_fail(&p->lex, ERR_INVAL, p->token.from,
			SAY(&p->lex, "'%s' has no values by time",
				"у «%s» нет значений по времени"),
			name);
	}
	(void)STR_COPY(c.name, name);
	if (!formula_grow((void **)&f->channels, &f->channel_cap, f->channel_count, sizeof(c))) {
		return parse_no_memory(p);
	}
	f->channels[f->channel_count] = c;
	*ret_index = f->channel_count++;
	return true;
}

static bool parse_channel(struct parser *p, struct operand *ret)
{
	char name[sizeof(p->f->channels->name)];
	size_t index = 0, n = p->token.till - p->token.from;
	if (n >= sizeof(name)) {
		return lex_fail(&p->lex, ERR_INVAL, p->token.from,
			SAY(&p->lex, "a name of more than %zu bytes", "имя длиннее %zu байт"),
			sizeof(name) - 1);
	}
	memcpy(name, p->f->text + p->token.from, n);
	name[n] = 0;
	if (!find_channel(p, name, &index)) {
		return false;
	}
	struct op *op = parse_emit(p, OP_CHANNEL);
	if (!op) {
		return false;
	}
	op->n = (uint16_t)index;
	ret->unit = measure_of(p->f->channels[index].channel.unit);
	return parse_mark(p, ret, p->f->mark_count, false);
}

static bool parse_call(struct parser *p, const struct token *name, struct operand *ret)
{
	const char *text = p->f->text + name->from;
	size_t n = name->till - name->from, first_mark = p->f->mark_count;
	const struct function *fn = function_find(text, n);
	if (!fn) {
		char word[64];
		const char *near;
		n = text_cut(text, n, sizeof(word) - 1);
		memcpy(word, text, n);
		word[n] = 0;
		near = function_near(word);
		return lex_fail(&p->lex, ERR_INVAL, name->from,
			SAY(&p->lex, "no function '%s'%s%s%s", "нет функции «%s»%s%s%s"), word,
			near ? SAY(&p->lex, "; is it '", "; может быть, «") : "", near ? near : "",
			near ? SAY(&p->lex, "'?", "»?") : "");
	}
	if (!parse_deeper(p, name->from) || !parse_advance(p) || !fn->parse(p, fn, ret)) {
		return false;
	}
	p->depth--;
	ret->is_number = false;
	ret->from = name->from;
	ret->till = p->token.till; /* of the bracket */
	return (!fn->is_shown_as_value || parse_mark(p, ret, first_mark, false)) &&
	       parse_sign(p, SIGN_CLOSE, fn->text.signature);
}

static bool parse_name(struct parser *p, struct operand *ret)
{
	struct token name = p->token;
	ret->till = name.till;
	size_t next = name.till + strspn(p->f->text + name.till, " \t\r\n");
	if (p->f->text[next] != '(') {
		return parse_channel(p, ret) && parse_advance(p);
	}
	return parse_advance(p) && parse_call(p, &name, ret);
}

static bool parse_brackets(struct parser *p, struct operand *ret)
{
	size_t from = p->token.from, op_from = p->f->op_count;
	if (!parse_deeper(p, from) || !parse_advance(p) || !parse_expression(p, ret)) {
		return false;
	}
	p->depth--;
	ret->from = from;
	ret->op_from = op_from;
	ret->till = p->token.till;
	ret->is_number = false;
	return parse_sign(p, SIGN_CLOSE, "");
}

static bool parse_atom(struct parser *p, struct operand *ret)
{
	char found[64];
	*ret = (struct operand){
		.unit = measure_none, .op_from = p->f->op_count, .from = p->token.from};
	switch (p->token.kind) {
	case TOKEN_NUMBER: return parse_number(p, ret);
	case TOKEN_NAME: return parse_name(p, ret);
	case TOKEN_SIGN:
		if (p->token.sign == SIGN_OPEN) {
			return parse_brackets(p, ret);
		}
		break;
	case TOKEN_BAD: return false;
	case TOKEN_STRING:
	case TOKEN_END: break;
	}
	return lex_fail(&p->lex, ERR_PARSE, p->token.from,
		SAY(&p->lex, "unexpected %s: expected a number, a name or '('",
			"здесь %s: ожидается число, имя или «(»"),
		token_text(&p->lex, &p->token, found));
}

/* ---- behind an atom: [n] and @duration ---- */

static bool parse_index(struct parser *p, struct shift *ret)
{
	if (!parse_advance(p)) {
		return false;
	}
	bool is_minus = parse_is(p, SIGN_MINUS);
	if ((is_minus || parse_is(p, SIGN_PLUS)) && !parse_advance(p)) {
		return false;
	}
	double n = p->token.number;
	if (p->token.kind != TOKEN_NUMBER || p->token.has_unit || n != floor(n) ||
		n > FORMULA_WINDOW) {
		return lex_fail(&p->lex, ERR_PARSE, p->token.from,
			SAY(&p->lex, "expected a whole number of intervals, at most %d",
				"нужно целое число интервалов, не больше %d"),
			FORMULA_WINDOW);
	}
	*ret = (struct shift){(int32_t)(is_minus ? -n : n), 'i'};
	return parse_advance(p) && parse_sign(p, SIGN_CLOSE_INDEX, "x[n]");
}

static bool parse_postfix(struct parser *p, struct operand *ret)
{
	size_t first_mark = p->f->mark_count;
	if (!parse_atom(p, ret)) {
		return false;
	}
	while (parse_is(p, SIGN_OPEN_INDEX) || parse_is(p, SIGN_AT)) {
		struct shift shift;
		size_t till;
		if (parse_is(p, SIGN_AT)) {
			if (!lex_shift(&p->lex, p->token.till, &shift)) {
				return false;
			}
			till = p->lex.at;
			if (!parse_advance(p)) {
				return false;
			}
		} else {
			if (!parse_index(p, &shift)) {
				return false;
			}
			till = p->token.from;
			while (p->f->text[till - 1] != ']') {
				till--;
			}
		}
		size_t len = p->f->op_count - ret->op_from;
		struct op *op = parse_insert(p, ret->op_from, OP_SHIFT);
		if (!op) {
			return false;
		}
		op->from = shift;
		op->len = (uint32_t)len;
		ret->till = till;
		ret->is_number = ret->is_bare = false;
		if (!parse_mark(p, ret, first_mark, false)) {
			return false;
		}
	}
	return true;
}

/* ---- operators ---- */

static const struct {
	uint8_t level; /* 0: no operator between two operands */
	uint8_t code;
} operators[SIGN_COUNT] = {
	[SIGN_OR] = {1, OP_OR},
	[SIGN_AND] = {2, OP_AND},
	[SIGN_LESS] = {3, OP_LESS},
	[SIGN_LESS_EQUAL] = {3, OP_LESS_EQUAL},
	[SIGN_GREATER] = {3, OP_GREATER},
	[SIGN_GREATER_EQUAL] = {3, OP_GREATER_EQUAL},
	[SIGN_EQUAL] = {3, OP_EQUAL},
	[SIGN_NOT_EQUAL] = {3, OP_NOT_EQUAL},
	[SIGN_PLUS] = {4, OP_ADD},
	[SIGN_MINUS] = {4, OP_SUBTRACT},
	[SIGN_TIMES] = {5, OP_MULTIPLY},
	[SIGN_OVER] = {5, OP_DIVIDE},
	[SIGN_MODULO] = {5, OP_MODULO},
};
#define LEVEL_COMPARISON 3
#define LEVEL_UNARY      6

bool parse_no_point(struct parser *p, const struct operand *x, const char *what)
{
	char text[200];
	return !x->unit.is_point ||
	       lex_fail(&p->lex, ERR_INVAL, x->from,
		       SAY(&p->lex,
			       "%s: a temperature cannot be %s, a difference of temperatures can",
			       "%s: температуру нельзя %s, разность температур можно"),
		       parse_source(p, x, text), what);
}

bool parse_power(struct parser *p, unsigned level, struct operand *base)
{
	struct operand exponent;
	bool is_number = measure_is_number(&base->unit);
	if (!parse_no_point(p, base, SAY(&p->lex, "raised to a power", "возвести в степень")) ||
		(is_number && !parse_convert(p, base, &measure_none)) ||
		!parse_deeper(p, p->token.from) || !parse_advance(p) ||
		!parse_level(p, level, &exponent)) {
		return false;
	}
	p->depth--;
	if (is_number) {
		char text[200];
		if (!measure_is_number(&exponent.unit)) {
			return lex_fail(&p->lex, ERR_INVAL, exponent.from,
				SAY(&p->lex, "%s: an exponent is a plain number",
					"%s: показатель степени — число без единицы"),
				parse_source(p, &exponent, text));
		}
		if (!parse_convert(p, &exponent, &measure_none)) {
			return false;
		}
	} else {
		double n;
		if (!parse_constant(p, &exponent,
			    SAY(&p->lex, "the exponent of a value with a unit",
				    "показатель степени величины с единицей"),
			    &n)) {
			return false;
		}
		if (!measure_power(&base->unit, n, &base->unit)) {
			return lex_fail(&p->lex, ERR_INVAL, exponent.from,
				SAY(&p->lex, "no unit comes out of this power",
					"у такой степени нет единицы"));
		}
		struct op *op = parse_emit(p, OP_NUMBER);
		if (!op) {
			return false;
		}
		op->a = n;
	}
	base->is_bare = base->is_bare && exponent.is_bare;
	base->is_number = false;
	base->till = exponent.till;
	return parse_emit(p, OP_POWER) != NULL;
}

static bool parse_unary(struct parser *p, struct operand *ret)
{
	size_t from = p->token.from, op_from = p->f->op_count, first_mark = p->f->mark_count;
	bool is_minus = parse_is(p, SIGN_MINUS);
	char text[200];
	if (!is_minus && !parse_is(p, SIGN_NOT)) {
		return parse_postfix(p, ret) &&
		       (!parse_is(p, SIGN_POWER) || parse_power(p, LEVEL_UNARY, ret));
	}
	if (!parse_deeper(p, from) || !parse_advance(p) || !parse_level(p, LEVEL_UNARY, ret)) {
		return false;
	}
	p->depth--;
	ret->op_from = op_from;
	if (is_minus && ret->is_number) { /* -15 °C is a temperature */
		ret->from = from;
		struct op *number = &p->f->ops[p->f->op_count - 1];
		number->a = -number->a;
		return parse_mark(p, ret, first_mark, true);
	}
	if (!parse_no_point(p, ret,
		    is_minus ? SAY(&p->lex, "negated", "взять с минусом") :
			       SAY(&p->lex, "true or false", "считать условием"))) {
		return false;
	}
	if (!is_minus && !measure_is_number(&ret->unit)) {
		return lex_fail(&p->lex, ERR_INVAL, from,
			SAY(&p->lex, "%s: '!' wants true or false",
				"%s: «!» бывает только перед условием"),
			parse_source(p, ret, text));
	}
	if (!is_minus) {
		ret->unit = measure_none;
	}
	ret->from = from;
	ret->is_number = false;
	return parse_emit(p, is_minus ? OP_NEGATE : OP_NOT) != NULL;
}

/* K + °C: the sum is a temperature in the scale of the difference. */
static struct measure point_like(const struct measure *difference)
{
	struct measure c = measure_of(UNIT_DEGC), f = measure_of(UNIT_DEGF);
	return difference->num == f.num && difference->den == f.den ? f : c;
}

static bool add(struct parser *p, size_t at, bool is_minus, struct operand *a, struct operand *b)
{
	const char *what = is_minus ? SAY(&p->lex, "subtracted", "вычесть") :
				      SAY(&p->lex, "added", "сложить");
	if (a->unit.is_point && b->unit.is_point && is_minus) {
		struct measure difference = measure_difference(&a->unit);
		bool is_done = parse_convert(p, b, &a->unit);
		a->unit = difference;
		return is_done;
	}
	if (a->unit.is_point && b->unit.is_point) {
		return lex_fail(&p->lex, ERR_INVAL, at,
			SAY(&p->lex,
				"two temperatures cannot be added: avg() gives their mean, '-' their difference",
				"температуры не складываются: avg() даёт среднее, «-» — разность"));
	}
	struct measure difference = measure_difference(a->unit.is_point ? &a->unit : &b->unit);
	if (a->unit.is_point && measure_is_alike(&b->unit, &difference)) {
		return parse_convert(p, b, &difference);
	}
	if (b->unit.is_point && !is_minus && measure_is_alike(&a->unit, &difference)) {
		struct measure sum = point_like(&a->unit);
		struct measure scale = measure_difference(&sum);
		if (a->unit.num != scale.num || a->unit.den != scale.den) {
			return parse_cannot(p, at, a, b, what);
		}
		a->unit = sum;
		return parse_convert(p, b, &sum);
	}
	return measure_is_alike(&a->unit, &b->unit) ? parse_convert(p, b, &a->unit) :
						      parse_cannot(p, at, a, b, what);
}

static bool combine(struct parser *p, enum sign s, size_t at, struct operand *a, struct operand *b)
{
	switch (s) {
	case SIGN_PLUS:
	case SIGN_MINUS: return add(p, at, s == SIGN_MINUS, a, b);
	case SIGN_TIMES:
	case SIGN_OVER:
		if ((measure_is_number(&b->unit) && !parse_convert(p, b, &measure_none)) ||
			!parse_no_point(p, a,
				s == SIGN_TIMES ? SAY(&p->lex, "multiplied", "умножить") :
						  SAY(&p->lex, "divided", "разделить")) ||
			!parse_no_point(p, b,
				s == SIGN_TIMES ? SAY(&p->lex, "multiplied", "умножить") :
						  SAY(&p->lex, "a divisor", "сделать делителем"))) {
			return false;
		}
		a->unit = s == SIGN_TIMES ? measure_times(&a->unit, &b->unit) :
					    measure_over(&a->unit, &b->unit);
		return true;
	case SIGN_MODULO:
		return parse_no_point(p, a, SAY(&p->lex, "divided", "разделить")) &&
		       (measure_is_alike(&a->unit, &b->unit) ?
				       parse_convert(p, b, &a->unit) :
				       parse_cannot(p, at, a, b,
					       SAY(&p->lex, "divided with a remainder",
						       "разделить с остатком")));
	case SIGN_AND:
	case SIGN_OR:
		if (!measure_is_number(&a->unit) || !measure_is_number(&b->unit)) {
			return parse_cannot(
				p, at, a, b, SAY(&p->lex, "true or false", "считать условием"));
		}
		a->unit = measure_none;
		return true;
	default: {
		struct operand with = *a;
		bool is_bare = a->is_bare && b->is_bare;
		if (!parse_unify(p, &with, b, SAY(&p->lex, "compared", "сравнить"))) {
			return false;
		}
		a->is_bare = b->is_bare = is_bare;
		a->unit = measure_none;
		return true;
	}
	}
}

static bool parse_level(struct parser *p, unsigned level, struct operand *ret)
{
	if (!parse_unary(p, ret)) {
		return false;
	}
	for (bool has_compared = false; p->token.kind == TOKEN_SIGN;) {
		enum sign s = p->token.sign;
		size_t at = p->token.from;
		unsigned own = operators[s].level;
		struct operand right;
		if (own < level || own == 0) {
			return true;
		}
		if (own == LEVEL_COMPARISON && has_compared) {
			return lex_fail(&p->lex, ERR_PARSE, at,
				SAY(&p->lex,
					"comparisons do not chain: expected '&&' between two of them",
					"сравнения не идут подряд: между ними ожидается «&&»"));
		}
		has_compared = own == LEVEL_COMPARISON;
		/* 50 % of something is a half of it: a percent does not live on in products */
		if ((s == SIGN_TIMES || s == SIGN_OVER) && measure_is_number(&ret->unit) &&
			!parse_convert(p, ret, &measure_none)) {
			return false;
		}
		if (!parse_advance(p) || !parse_level(p, own + 1, &right) ||
			!combine(p, s, at, ret, &right) || !parse_emit(p, operators[s].code)) {
			return false;
		}
		ret->is_bare = ret->is_bare && right.is_bare;
		ret->is_number = false;
		ret->till = right.till;
	}
	return p->token.kind != TOKEN_BAD;
}

/* ---- the whole ---- */

static bool finish(struct parser *p, struct operand *x, enum unit wanted)
{
	struct formula *f = p->f;
	struct measure to = measure_of(wanted);
	bool is_same = true;
	if (wanted == UNIT_NONE) {
		enum unit natural = measure_unit(&x->unit, &is_same);
		to = is_same              ? x->unit :
		     natural == UNIT_NONE ? measure_presentable(&x->unit) :
					    measure_of(natural);
		wanted = natural == UNIT_RATIO ? UNIT_NONE : natural;
	} else if (x->is_bare) {
		x->unit = to;
	} else if (!measure_is_alike(&x->unit, &to)) {
		char unit[FORMULA_CAP];
		return lex_fail(&p->lex, ERR_INVAL, 0,
			SAY(&p->lex, "the formula gives %s, wanted is %s%s",
				"формула даёт %s, а нужно %s%s"),
			parse_unit_words(p, &x->unit, unit),
			SAY(&p->lex, unit_symbol(wanted), unit_symbol_ru(wanted)),
			x->unit.is_point || to.is_point ?
				SAY(&p->lex, ": a temperature is not a difference of temperatures",
					": температура и разность температур — разное") :
				"");
	}
	f->result_unit = wanted;
	f->unit = to;
	return parse_convert(p, x, &to);
}

static bool parse_all(struct parser *p, enum unit result)
{
	struct operand x;
	char found[64];
	if (!parse_advance(p) || !parse_expression(p, &x)) {
		return false;
	}
	if (p->token.kind != TOKEN_END) {
		return lex_fail(&p->lex, ERR_PARSE, p->token.from,
			SAY(&p->lex, "unexpected %s: expected an operator or the end",
				"здесь %s: ожидается знак действия или конец"),
			token_text(&p->lex, &p->token, found));
	}
	return finish(p, &x, result) && plan_formula(p);
}

enum err formula_compile(const char *text, const struct formula_scope *scope, enum period period,
	enum unit result, struct formula **ret, struct diag *diag)
{
	struct diag own = {0};
	struct parser p = {.scope = scope,
		.lex = {.text = text, .diag = diag ? diag : &own, .lang = scope->lang}};
	size_t n = strnlen(text, FORMULA_TEXT + 1);
	if (n > FORMULA_TEXT) {
		return err_set_at(diag, ERR_LIMIT, FORMULA_TEXT,
			SAY(&p.lex, "a formula of more than %d bytes", "формула длиннее %d байт"),
			FORMULA_TEXT);
	}
	if (!str_is_utf8((struct slice){(const uint8_t *)text, n})) {
		return err_set_at(diag, ERR_PARSE, 0,
			SAY(&p.lex, "the text is not UTF-8", "текст не в UTF-8"));
	}
	p.f = calloc(1, sizeof(*p.f));
	if (p.f) {
		p.f->text = strdup(text);
		p.f->period = period == PERIOD_NONE ? PERIOD_HOUR : period;
		p.f->figures = scope->figures;
		p.f->place = scope->place;
		p.f->calendar = scope->calendar ? *scope->calendar :
						  (struct calendar){.report_day = 1};
	}
	if (!p.f || !p.f->text) {
		formula_free(p.f);
		return err_set(diag, ERR_NOMEM, "a formula");
	}
	if (!parse_all(&p, result)) {
		formula_free(p.f);
		return p.lex.err;
	}
	*ret = p.f;
	return ERR_OK;
}
