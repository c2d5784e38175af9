/*
 * formula.h - the language in which computed channels are written
 *
 *   M1*(h(t1,p1) - h(t2,p1))        ifna(Qm, Q_calc)        sum(V,-23h,0h)        t_out@-24h
 *
 * A formula is a pure function of one interval [a,b): of values of channels, of dated figures and of
 * the building's calendar. It is compiled once - names resolved, dimensions checked, every error with
 * the byte it stands at - and then evaluated per interval without allocation, a clock or a store.
 * There are no loops and no recursion, so what an evaluation costs is known when it is compiled and
 * bounded there. docs/formulas.md has the language; formula_functions() the functions.
 *
 * Missing is never zero: an operand without a value gives a result without one, except through isna,
 * ifna, count, last, first, sumx and meanx. A result's quality is the worst of its operands'; what went
 * wrong in the arithmetic is a fault, and a fault has no value.
 *
 * Facts: calculations.md section 11 of the project's sources, checked by the cases of
 * formula_engine.json. Units: values travel in the unit they are written in and are converted exactly
 * where two meet; the result is in the declared unit.
 *
 * A compiled formula is immutable: any thread may evaluate it. It borrows `figures` and the zone of
 * `calendar` from its scope; they must outlive it.
 *
 * Not here: formulas that refer to formulas (the order of computed channels and cycles), storage.
 */
#ifndef DOMOVOI_FORMULA_H
#define DOMOVOI_FORMULA_H

#include "calc/form.h"
#include "model/quantity.h"

#include <stddef.h>

#define FORMULA_LEVELS 64      /* of nesting */
#define FORMULA_TOKENS 4096    /* words, numbers and signs */
#define FORMULA_TEXT   32768   /* bytes */
#define FORMULA_WINDOW 20000   /* intervals of one series function: two years of hours */
#define FORMULA_COST   4000000 /* steps of one evaluation */
#define FORMULA_CAP    128     /* bytes of a unit's text */

struct figures;
struct formula; /* compiled */

struct formula_channel {
	int64_t id;
	enum quantity_kind kind;
	enum unit unit;
};

/* What names in a formula mean. */
struct formula_scope {
	bool (*channel)(
		const struct formula_scope *s, const char *name, struct formula_channel *ret);
	/* The i-th name `channel` knows, NULL behind the last; for hints in errors. May be NULL. */
	const char *(*name)(const struct formula_scope *s, size_t i);
	const struct figures *figures;   /* NULL: there are none */
	int64_t place;                   /* whose figures */
	const struct calendar *calendar; /* NULL: UTC's */
	enum lang lang;                  /* of errors */
};

/*
 * ERR_PARSE: it is no formula; ERR_INVAL: a name, a unit or a number in it is wrong; ERR_LIMIT: too long,
 * too deep or too costly; each with diag->offset, the byte from 0, and a sentence. `result` UNIT_NONE:
 * whatever unit comes out.
 */
enum err formula_compile(const char *text, const struct formula_scope *scope, enum period period,
	enum unit result, struct formula **ret, struct diag *diag);
void formula_free(struct formula *f); /* NULL is fine */

/* Evaluating [a,b) reads values of the channel whose start lies in [a - before_s, b + after_s). */
struct formula_input {
	int64_t channel;
	enum period period;
	int64_t before_s, after_s;
};
/* One per channel and period, wide enough for every way the formula reads it. */
size_t formula_inputs(const struct formula *f, const struct formula_input **ret);

/* Codes of the figures it reads, NULL behind the last: what a changed figure makes dirty. */
const char *formula_figure_code(const struct formula *f, size_t i);

struct formula_values {
	struct form_value (*get)(
		struct formula_values *v, int64_t channel, enum period period, int64_t start);
};

enum formula_fault {
	FORMULA_OK,
	FORMULA_DIVISION, /* by zero */
	FORMULA_ROOT,     /* root or logarithm of a number that has none */
	FORMULA_STEAM,    /* the water would boil at this pressure */
	FORMULA_RANGE,    /* outside the range a function is defined for */
	FORMULA_OVERFLOW, /* too large for a number */
	FORMULA_FIGURE,   /* a figure in force at that date has another unit or no such column */
	FORMULA_FAULT_COUNT
};
const char *formula_fault_name(enum formula_fault fault); /* "steam"; "ok" */
const char *formula_fault_text(enum formula_fault fault, enum lang lang);

struct formula_result {
	double value;     /* NaN: none */
	uint16_t quality; /* MISSING where there is no value */
	enum formula_fault fault;
	enum unit unit; /* UNIT_NONE: a compound one, formula_unit_text */
};
struct formula_result formula_eval(
	const struct formula *f, struct formula_values *values, struct span interval);

/* Unit of the result: "GJ", "currency/kWh", "1/K"; "" for a plain number. */
size_t formula_unit_text(const struct formula *f, enum lang lang, char *out, size_t cap);

/*
 * The formula with the interval's numbers filled in and the result behind:
 * "10 t × (398.41 kJ/kg − 293.32 kJ/kg) = 1.0509 GJ". Returns the length it needs; `out` is terminated
 * and cut at a character's border.
 */
size_t formula_explain(const struct formula *f, struct formula_values *values, struct span interval,
	enum lang lang, char *out, size_t cap);

/* ---- the functions, for help, documents and editors ---- */

struct formula_function {
	const char *name, *signature, *group;
	const char *en, *ru; /* what it gives, one sentence */
	const char *example;
};
const struct formula_function *formula_function_at(size_t i); /* NULL behind the last */
const char *formula_group_text(const char *group, enum lang lang);

#endif
