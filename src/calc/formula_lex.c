/*
 * formula_lex.c - a formula's words: numbers with their units, names, strings, signs, durations
 *
 * A unit stands right behind its number and holds no blank: "2 m3/h" is a flow, "2 m3 / h" divides by
 * h. "%" behind a number is a percent where no operand follows it, else the remainder; where either
 * would do ("5 % -3") the text is refused.
 */
#include "base/str.h"
#include "calc/formula_impl.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Longer ones first. */
static const struct {
	const char *text;
	enum sign sign;
} signs[] = {{"||", SIGN_OR}, {"&&", SIGN_AND}, {"<=", SIGN_LESS_EQUAL}, {">=", SIGN_GREATER_EQUAL},
	{"==", SIGN_EQUAL}, {"!=", SIGN_NOT_EQUAL}, {"<", SIGN_LESS}, {">", SIGN_GREATER},
	{"+", SIGN_PLUS}, {"-", SIGN_MINUS}, {"*", SIGN_TIMES}, {"/", SIGN_OVER},
	{"%", SIGN_MODULO}, {"^", SIGN_POWER}, {"!", SIGN_NOT}, {"(", SIGN_OPEN}, {")", SIGN_CLOSE},
	{"[", SIGN_OPEN_INDEX}, {"]", SIGN_CLOSE_INDEX}, {",", SIGN_COMMA}, {"@", SIGN_AT},
	/* as typed by those who have them, and as explanations print them */
	{"−", SIGN_MINUS}, {"×", SIGN_TIMES}, {"·", SIGN_TIMES}, {"÷", SIGN_OVER},
	{"≤", SIGN_LESS_EQUAL}, {"≥", SIGN_GREATER_EQUAL}, {"≠", SIGN_NOT_EQUAL}};
#define SIGNS (sizeof(signs) / sizeof(signs[0]))

const char *sign_text(enum sign s)
{
	for (size_t i = 0; i < SIGNS; i++) {
		if (signs[i].sign == s) {
			return signs[i].text;
		}
	}
	return "";
}

size_t text_cut(const char *text, size_t n, size_t max)
{
	if (n <= max) {
		return n;
	}
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80) {
		max--;
	}
	return max;
}

bool lex_fail(struct lexer *l, enum err e, size_t at, const char *fmt, ...)
{
	if (l->err) {
		return false;
	}
	char text[1024]; /* cut at a character's border below */
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	l->err = e;
	l->diag->offset = at;
	(void)STR_COPY(l->diag->text, text);
	return false;
}

static bool is_letter(const char *s)
{
	unsigned char c = (unsigned char)*s;
	return isalpha(c) || c == 0xd0 || c == 0xd1; /* Latin and Cyrillic */
}

static size_t name_end(const char *text, size_t at)
{
	for (;;) {
		unsigned char c = (unsigned char)text[at];
		if (is_letter(text + at) && c >= 0x80) {
			at += text[at + 1] ? 2 : 1;
		} else if (isalnum(c) || c == '_' || c == '.') {
			at++;
		} else {
			return at;
		}
	}
}

static size_t skip_blanks(const char *text, size_t at)
{
	for (;;) {
		if (strncmp(text + at, "\302\240", 2) == 0) { /* no-break space */
			at += 2;
		} else if (strncmp(text + at, "\342\200\257", 3) == 0) { /* narrow one */
			at += 3;
		} else if (text[at] && strchr(" \t\r\n", text[at])) {
			at++;
		} else {
			return at;
		}
	}
}

static struct token bad(void)
{
	return (struct token){.kind = TOKEN_BAD};
}

/* What a '%' behind a number is: 1 percent, 0 remainder, -1 either. */
static int percent_at(const char *text, size_t at)
{
	size_t next = skip_blanks(text, at + 1);
	char c = text[next];
	if (c == '-' || strncmp(text + next, "−", 3) == 0) {
		return -1;
	}
	if (c == '!') {
		return text[next + 1] == '=';
	}
	if (c == 0 || strchr(")],*/<>=&|^+", c)) {
		return 1;
	}
	static const char *const others[] = {"×", "·", "÷", "≤", "≥", "≠"};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strncmp(text + next, others[i], strlen(others[i])) == 0) {
			return 1;
		}
	}
	return 0;
}

static bool lex_unit(struct lexer *l, struct token *t)
{
	size_t at = skip_blanks(l->text, t->till);
	if (l->text[at] == '%') {
		int is_percent = percent_at(l->text, at);
		if (is_percent < 0) {
			return lex_fail(l, ERR_PARSE, at,
				SAY(l, "'%%' could be percent or remainder here: write 'percent', or brackets around what follows",
					"«%%» здесь может быть процентом или остатком: напишите percent или заключите следующее в скобки"));
		}
		if (!is_percent) {
			return true;
		}
	}
	size_t n = measure_parse(l->text + at, false, &t->unit);
	if (n) {
		t->has_unit = true;
		t->till = at + n;
		return true;
	}
	if (is_letter(l->text + at)) {
		size_t end = name_end(l->text, at);
		return lex_fail(l, ERR_PARSE, at,
			SAY(l, "unknown unit '%.*s' behind a number: expected a unit or an operator",
				"неизвестная единица «%.*s» после числа: ожидается единица или знак действия"),
			(int)text_cut(l->text + at, end - at, 40), l->text + at);
	}
	return true;
}

static size_t digits_end(const char *text, size_t at)
{
	while (isdigit((unsigned char)text[at])) {
		at++;
	}
	return at;
}

static struct token lex_number(struct lexer *l, size_t from)
{
	const char *text = l->text;
	size_t at = digits_end(text, from);
	if (text[at] == '.' && isdigit((unsigned char)text[at + 1])) {
		at = digits_end(text, at + 1);
	}
	if (text[at] == 'e' || text[at] == 'E') {
		size_t sign = text[at + 1] == '-' || text[at + 1] == '+';
		if (isdigit((unsigned char)text[at + 1 + sign])) {
			at = digits_end(text, at + 1 + sign);
		}
	}
	char number[64];
	struct token t = {TOKEN_NUMBER, .from = from, .till = at, .unit = measure_none};
	if (at - from >= sizeof(number)) {
		(void)lex_fail(l, ERR_INVAL, from,
			SAY(l, "a number of more than 63 digits", "число длиннее 63 цифр"));
		return bad();
	}
	memcpy(number, text + from, at - from);
	number[at - from] = 0;
	if (str_to_double(number, &t.number)) {
		(void)lex_fail(l, ERR_INVAL, from,
			SAY(l, "the number %s is too large", "число %s слишком велико"), number);
		return bad();
	}
	return lex_unit(l, &t) ? t : bad();
}

static struct token lex_string(struct lexer *l, size_t from)
{
	size_t n = strcspn(l->text + from + 1, "\"\n");
	if (l->text[from + 1 + n] != '"') {
		(void)lex_fail(l, ERR_PARSE, from,
			SAY(l, "the text in quotes does not end: expected '\"'",
				"текст в кавычках не закончен: ожидается «\"»"));
		return bad();
	}
	return (struct token){TOKEN_STRING, .from = from, .till = from + n + 2};
}

static struct token lex_token(struct lexer *l, size_t at)
{
	const char *text = l->text;
	if (text[at] == 0) {
		return (struct token){TOKEN_END, .from = at, .till = at};
	}
	if (isdigit((unsigned char)text[at])) {
		return lex_number(l, at);
	}
	if (text[at] == '"') {
		return lex_string(l, at);
	}
	if (is_letter(text + at)) {
		return (struct token){TOKEN_NAME, .from = at, .till = name_end(text, at)};
	}
	for (size_t i = 0; i < SIGNS; i++) {
		size_t n = strlen(signs[i].text);
		if (strncmp(text + at, signs[i].text, n) == 0) {
			return (struct token){
				TOKEN_SIGN, .sign = signs[i].sign, .from = at, .till = at + n};
		}
	}
	size_t n = 1;
	while (((unsigned char)text[at + n] & 0xc0) == 0x80 && n < 4) {
		n++;
	}
	(void)lex_fail(l, ERR_PARSE, at,
		SAY(l, "'%.*s' has no meaning in a formula%s",
			"«%.*s» в формуле ничего не значит%s"),
		(int)n, text + at,
		text[at] == ';' ?
			SAY(l, ": arguments are separated by ','", ": аргументы разделяются «,»") :
		text[at] == '=' ? SAY(l, ": expected '=='", ": ожидается «==»") :
		text[at] == '&' ? SAY(l, ": expected '&&'", ": ожидается «&&»") :
		text[at] == '|' ? SAY(l, ": expected '||'", ": ожидается «||»") :
				  "");
	return bad();
}

struct token lex_next(struct lexer *l)
{
	if (l->err) {
		return bad();
	}
	if (++l->tokens > FORMULA_TOKENS) {
		(void)lex_fail(l, ERR_LIMIT, l->at,
			SAY(l, "more than %d words and signs", "больше %d слов и знаков"),
			FORMULA_TOKENS);
		return bad();
	}
	struct token t = lex_token(l, skip_blanks(l->text, l->at));
	l->at = t.till;
	return t;
}

bool lex_shift(struct lexer *l, size_t from, struct shift *ret)
{
	static const struct {
		const char *name;
		char unit;
		int32_t max; /* about twenty years */
	} units[] = {{"mo", 'o', 240}, {"s", 's', 631152000}, {"m", 'm', 10519200},
		{"h", 'h', 175320}, {"d", 'd', 7305}, {"y", 'y', 20}};
	const char *text = l->text;
	size_t at = skip_blanks(text, from);
	size_t start = at;
	bool is_minus = text[at] == '-' || strncmp(text + at, "−", 3) == 0;
	at += text[at] == '-' || text[at] == '+' ? 1 : is_minus ? 3 : 0;
	size_t end = digits_end(text, at);
	int64_t n = 0;
	for (size_t i = at; i < end && n < INT32_MAX; i++) {
		n = n * 10 + (text[i] - '0');
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && end > at; i++) {
		size_t length = strlen(units[i].name);
		if (strncmp(text + end, units[i].name, length) != 0 ||
			name_end(text, end) != end + length) {
			continue;
		}
		if (n > units[i].max) {
			return lex_fail(l, ERR_LIMIT, start,
				SAY(l, "a step of more than 20 years", "сдвиг больше 20 лет"));
		}
		*ret = (struct shift){(int32_t)(is_minus ? -n : n), units[i].unit};
		l->at = end + length;
		l->tokens++;
		return true;
	}
	return lex_fail(l, ERR_PARSE, start,
		SAY(l, "expected a duration such as -24h: a whole number and s, m, h, d, mo or y",
			"нужна длительность вида -24h: целое число и s, m (минуты), h, d, mo или y"));
}

const char *token_text(const struct lexer *l, const struct token *t, char out[static 64])
{
	if (t->kind == TOKEN_END) {
		return SAY(l, "the end", "конец");
	}
	const char *text = l->text + t->from;
	(void)snprintf(out, 64, t->kind == TOKEN_STRING ? "%.*s" : "'%.*s'",
		(int)text_cut(text, t->till - t->from, 48), text);
	return out;
}
