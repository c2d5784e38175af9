/*
 * formula_impl.h - what the parts of the formula language share; see formula.h for the idea
 *
 *   text ──lex──> tokens ──parse──> operations ──plan──> inputs, depth, cost
 *                   Pratt, units checked                 formula_eval runs the operations
 *
 * Operations stand in postfix order on a stack of values. Those that look elsewhere in time hold their
 * body as the operations behind them:
 *
 *   sum(V,-5h,0h)        WINDOW len=1 | CHANNEL V
 *   V[-1]                SHIFT  len=1 | CHANNEL V
 *   if(c, a, b)          c BRANCH len=|a|+1 | a JUMP len=|b| | b JOIN
 *   ifna(x, y)           x IFNA len=|y|+1 | y CALCULATED
 */
#ifndef DOMOVOI_FORMULA_IMPL_H
#define DOMOVOI_FORMULA_IMPL_H

#include "calc/formula.h"

#define FORMULA_STACK 512 /* values */

/* ---- units: formula_unit.c ---- */

#define MEASURE_DIMS 10

/*
 * A unit as the check sees it. value in SI = value * num / den + offset. Exponents in halves, so that
 * square roots stay exact: m, kg, s, K, A, money, count, and three that keep apart what has the
 * dimension of power and is none: reactive, apparent, and levels (dBm).
 */
struct measure {
	int8_t exp[MEASURE_DIMS];
	bool is_point; /* a temperature, not a difference of two */
	double num, den, offset;
};

extern const struct measure measure_none; /* a plain number */
struct measure measure_of(enum unit u);
bool measure_is_number(const struct measure *m); /* without dimension: also percent */
bool measure_is_alike(const struct measure *a, const struct measure *b); /* can be converted */
struct measure measure_times(const struct measure *a, const struct measure *b);
struct measure measure_over(const struct measure *a, const struct measure *b);
bool measure_power(const struct measure *a, double exponent, struct measure *ret);
struct measure measure_difference(const struct measure *a); /* °C -> K */
double measure_convert(double value, const struct measure *from, const struct measure *to);
/* The unit of the table that is this one; else one of the same dimension to convert to; else NONE. */
enum unit measure_unit(const struct measure *m, bool *ret_is_same);
/* Itself where it has a name, such as kJ/(kg·K); else the SI unit of its dimension. */
struct measure measure_presentable(const struct measure *m);
size_t measure_text(const struct measure *m, enum lang lang, char *out, size_t cap);
/*
 * A unit at the beginning of the text: code or symbol of the table in either language, products and
 * quotients of such. Bytes taken, 0: none. Without `allows_blanks` it ends at the first blank outside a name.
 */
size_t measure_parse(const char *text, bool allows_blanks, struct measure *ret);
/* The whole text, blanks around it allowed. False: no unit anybody knows. */
bool measure_from_text(const char *text, struct measure *ret);

/* ---- words: formula_lex.c ---- */

enum token_kind {
	TOKEN_END,
	TOKEN_NUMBER,
	TOKEN_NAME,
	TOKEN_STRING,
	TOKEN_SIGN, /* an operator or bracket: `sign` */
	TOKEN_BAD   /* the error is set */
};

enum sign {
	SIGN_NONE,
	SIGN_OPEN,
	SIGN_CLOSE,
	SIGN_OPEN_INDEX,
	SIGN_CLOSE_INDEX,
	SIGN_COMMA,
	SIGN_AT,
	SIGN_OR,
	SIGN_AND,
	SIGN_LESS,
	SIGN_LESS_EQUAL,
	SIGN_GREATER,
	SIGN_GREATER_EQUAL,
	SIGN_EQUAL,
	SIGN_NOT_EQUAL,
	SIGN_PLUS,
	SIGN_MINUS,
	SIGN_TIMES,
	SIGN_OVER,
	SIGN_MODULO,
	SIGN_POWER,
	SIGN_NOT,
	SIGN_COUNT
};

struct token {
	enum token_kind kind;
	enum sign sign;
	size_t from, till; /* bytes; of a string with its quotes */
	double number;
	struct measure unit; /* of a number */
	bool has_unit;
};

/* A step in time: whole periods ('i'), or s, m, h, d, o (months), y. */
struct shift {
	int32_t n;
	char unit;
};

struct lexer {
	const char *text;
	size_t at;
	size_t tokens;
	enum err err; /* first error; diag is filled */
	struct diag *diag;
	enum lang lang; /* of errors */
};

/* What an error says, in the language asked for. */
#define SAY(lexer, en, ru) ((lexer)->lang == LANG_RU ? (ru) : (en))

/* Sets the first error only; returns false. */
bool lex_fail(struct lexer *l, enum err e, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
struct token lex_next(struct lexer *l);
/* Reads a duration, "-24h", at `from`; the next token is the one behind it. */
bool lex_shift(struct lexer *l, size_t from, struct shift *ret);
/* At most `max` of `n` bytes of text, whole characters. */
size_t text_cut(const char *text, size_t n, size_t max);
/* How errors call a token: "')'", "'M1'", "the end". */
const char *token_text(const struct lexer *l, const struct token *t, char out[static 64]);
const char *sign_text(enum sign s);

/* ---- operations: formula_parse.c and formula_args*.c make them, formula_eval.c runs them ---- */

enum op_code {
	OP_NUMBER, /* a */
	OP_NA,
	OP_CHANNEL, /* n: index of the channel */
	OP_CONVERT, /* top * a / b + c */
	OP_NEGATE,
	OP_NOT,
	OP_ADD,
	OP_SUBTRACT,
	OP_MULTIPLY,
	OP_DIVIDE,
	OP_MODULO,
	OP_POWER,
	OP_LESS,
	OP_LESS_EQUAL,
	OP_GREATER,
	OP_GREATER_EQUAL,
	OP_EQUAL,
	OP_NOT_EQUAL,
	OP_AND,
	OP_OR,
	OP_BRANCH,     /* len: to the other branch */
	OP_JUMP,       /* len */
	OP_JOIN,       /* result and condition become one */
	OP_IFNA,       /* len: behind the replacement */
	OP_CALCULATED, /* the top is a replacement */
	OP_ISNA,
	OP_QUALITY,
	OP_CALL,   /* fn: enum call, n: how many arguments */
	OP_CLOCK,  /* fn: enum clock_part; n: its first reference */
	OP_FIGURE, /* n: index of the reference */
	OP_GRAPH,  /* likewise; the top is x */
	OP_SHIFT,  /* len: the body, by `from` */
	OP_COARSE, /* len: the body, in the period n that holds this interval */
	OP_WINDOW, /* fn: enum window; len: the body; len2: that of weights; from, till; a: completeness */
};

enum call {
	CALL_ABS,
	CALL_MIN,
	CALL_MAX,
	CALL_AVG,
	CALL_SQRT,
	CALL_EXP,
	CALL_LN,
	CALL_LOG10,
	CALL_FLOOR,
	CALL_CEIL,
	CALL_ROUND,
	CALL_CLAMP,
	CALL_SIGN,
	CALL_INTERP,
	CALL_ENTHALPY,
	CALL_DENSITY,
	CALL_VOLUME,
	CALL_HEAT_CAPACITY,
	CALL_SATURATION_PRESSURE,
	CALL_SATURATION_TEMPERATURE,
	CALL_HEAT_COEFFICIENT_FLOW,
	CALL_HEAT_COEFFICIENT_RETURN,
};

enum clock_part {
	CLOCK_HOUR,
	CLOCK_DAY,
	CLOCK_MONTH,
	CLOCK_YEAR,
	CLOCK_WEEKDAY,
	CLOCK_LENGTH,
	CLOCK_NIGHT, /* from here on by figures */
	CLOCK_WORKDAY,
	CLOCK_HEATING,
};

/* Functions that read a figure: how its code comes about. */
enum figure_kind {
	FIGURE_TARIFF,
	FIGURE_NORM,
	FIGURE_PARAM,
};

enum window {
	WINDOW_SUM,
	WINDOW_MEAN,
	WINDOW_COUNT,
	WINDOW_MIN,
	WINDOW_MAX,
	WINDOW_FIRST,
	WINDOW_LAST,
	WINDOW_TIME_MEAN,
	WINDOW_WEIGHTED_MEAN,
	WINDOW_DELTA,
};

struct op {
	uint8_t code, fn;
	uint16_t n;
	uint32_t len, len2;
	struct shift from, till;
	double a, b, c;
};

/* A stretch of the text that an explanation replaces by its value. */
struct mark {
	size_t from, till;       /* text */
	size_t op_from, op_till; /* what gives the value */
	struct measure unit;
	bool is_literal; /* its value is `number`: the operation may be gone */
	double number;
};

/* A figure named in the formula. */
struct figure_ref {
	char code[FORMULA_CAP];
	char column[32];
	int date;              /* yyyymmdd; 0: the interval's */
	const char *unit_text; /* of the version it was compiled with, borrowed from the figures */
	struct measure unit;
};

struct named_channel {
	struct formula_channel channel;
	char name[64];
};

struct formula {
	char *text;
	struct op *ops;
	size_t op_count, op_cap;
	struct mark *marks;
	size_t mark_count, mark_cap;
	struct named_channel *channels;
	size_t channel_count, channel_cap;
	struct figure_ref *refs;
	size_t ref_count, ref_cap;
	struct formula_input *inputs;
	size_t input_count, input_cap;
	enum period period;
	struct calendar calendar;
	const struct figures *figures; /* borrowed */
	int64_t place;
	struct measure unit; /* of the result */
	enum unit result_unit;
};

/* Room for one more element in a growing array; false: no memory. */
bool formula_grow(void **array, size_t *cap, size_t n, size_t size);

/* What an expression is while it is compiled. */
struct operand {
	struct measure unit;
	bool is_bare; /* made of numbers without unit alone: takes the unit of what it is compared with */
	bool is_number;    /* a number as written: "-15 °C" is one */
	size_t op_from;    /* its operations begin here and end at the last one */
	size_t from, till; /* its text */
};

struct parser {
	struct lexer lex;
	struct token token; /* the next one */
	const struct formula_scope *scope;
	struct formula *f;
	unsigned depth;
};

/* formula_emit.c, formula_parse.c */
bool parse_advance(struct parser *p);
bool parse_expression(struct parser *p, struct operand *ret);
/* Eats the sign; `where` in errors: "round(x, n)" or "". */
bool parse_sign(struct parser *p, enum sign s, const char *where);
/* Behind a base: the token before the exponent is the next one, operators from `level` on belong to it. */
bool parse_power(struct parser *p, unsigned level, struct operand *base);
bool parse_no_point(struct parser *p, const struct operand *x, const char *what);
bool parse_is(const struct parser *p, enum sign s);
struct op *parse_emit(struct parser *p, enum op_code code); /* NULL: out of memory, error set */
struct op *parse_insert(struct parser *p, size_t at, enum op_code code);
/* Converts what `x` left on the top to the unit of `to`. */
bool parse_convert(struct parser *p, struct operand *x, const struct measure *to);
/* `x` in the unit of `with`, or the error "... cannot be compared"; bare numbers adopt. */
bool parse_unify(struct parser *p, struct operand *with, struct operand *x, const char *what);
/* Value of an operand that is a bare number; its operations are taken back. */
bool parse_constant(struct parser *p, const struct operand *x, const char *what, double *ret);
/* Text of an operand for errors, cut, with its unit: "'M1' is in t". */
const char *parse_source(const struct parser *p, const struct operand *x, char out[static 200]);
const char *parse_unit_words(
	const struct parser *p, const struct measure *m, char out[static FORMULA_CAP]);
bool parse_cannot(struct parser *p, size_t at, const struct operand *a, const struct operand *b,
	const char *what);
bool parse_deeper(struct parser *p, size_t at); /* one level; the caller takes it back */
bool parse_no_memory(struct parser *p);
/* Remembers that an explanation shows the operand's value, instead of marks from `first_mark` on. */
bool parse_mark(struct parser *p, const struct operand *x, size_t first_mark, bool is_literal);

/* ---- functions: formula_func.c ---- */

struct function;
typedef bool function_parse(struct parser *p, const struct function *fn, struct operand *ret);

struct function {
	struct formula_function text;
	function_parse *parse; /* behind "name(", up to and with ")" */
	uint8_t code;          /* enum call, clock_part or window */
	bool is_shown_as_value;
};
const struct function *function_find(const char *name, size_t n);
/* The function whose name is nearest, NULL: none is near. */
const char *function_near(const char *name);
/* How many letters must change, capitals being alike; for hints. */
unsigned text_distance(const char *a, const char *b);

/* Handlers of functions: formula_args.c. Each begins at the first argument and ends at the bracket. */
function_parse parse_fn_group, parse_fn_keep, parse_fn_sign, parse_fn_number, parse_fn_sqrt,
	parse_fn_pow, parse_fn_round, parse_fn_clamp, parse_fn_if, parse_fn_isna, parse_fn_ifna,
	parse_fn_na, parse_fn_quality, parse_fn_interp, parse_fn_clock, parse_fn_convert,
	parse_fn_unit;
/* formula_args_more.c */
function_parse parse_fn_water, parse_fn_psat, parse_fn_tsat, parse_fn_k, parse_fn_window,
	parse_fn_windowx, parse_fn_last, parse_fn_wmean, parse_fn_delta, parse_fn_at;
/* formula_figure.c */
function_parse parse_fn_graph, parse_fn_figure, parse_fn_calendar;
bool parse_string(struct parser *p, const struct function *fn, char *out, size_t cap);

/* ---- time: formula_time.c ---- */

int64_t shift_time(const struct calendar *c, enum period period, int64_t start, struct shift s);
/* The interval that holds the shifted moment. */
struct span shift_span(const struct calendar *c, enum period period, int64_t start, struct shift s);
int64_t period_longest(enum period p); /* seconds */
/* The shift lies in [ret_from, ret_till] seconds. */
void shift_bounds(enum period period, struct shift s, int64_t *ret_from, int64_t *ret_till);

/* ---- plan: formula_plan.c ---- */

/* Inputs, depth of the stack, cost; ERR_LIMIT. */
bool plan_formula(struct parser *p);
size_t plan_depth(const struct formula *f, size_t from, size_t till);

/* ---- evaluation ---- */

struct value {
	double v; /* NaN: none */
	uint16_t quality;
	uint8_t fault;
};

/* Figures in an interval: formula_figure.c. NaN: none; `ret_fault` where there is one of no use. */
double figure_value(const struct formula *f, size_t ref, struct span interval, unsigned *ret_fault);
double figure_graph(
	const struct formula *f, size_t ref, struct span interval, double x, unsigned *ret_fault);
double figure_calendar(
	const struct formula *f, size_t ref, struct span interval, enum clock_part part);

/* The operations [from, till) in an interval, on a stack of their own. */
struct value eval_ops(const struct formula *f, struct formula_values *values, size_t from,
	size_t till, struct span interval);

#endif
