/*
 * money.h - amounts of money: whole hundredths of the currency, rounded on decimals
 *
 * A double is no decimal: 2.675 is stored as 2.67499999999999982 and would round to 2.67. Rounding
 * therefore acts on the shortest decimal that is the same number, half away from zero; products of
 * a volume and a rate are taken exactly. Not for amounts beyond 10^13.
 */
#ifndef DOMOVOI_MONEY_H
#define DOMOVOI_MONEY_H

#include <stddef.h>
#include <stdint.h>

/* What is no amount: a charge of something unknown. Never zero. */
#define MONEY_NONE INT64_MIN

/* Half away from zero, on the shortest decimal form; `digits` behind the point, 0..15. */
double round_decimal(double x, int digits);

/* NaN and what is too large give MONEY_NONE. */
int64_t money_of(double amount);
/* Volume to nine decimals times rate to six, exact, half away from zero. */
int64_t money_charge(double volume, double rate);
/* A total in the proportions of weights that are not negative, without a hundredth lost: all are
 * rounded down, what is missing goes to the largest fractions, the first of equal ones. */
void money_split(int64_t total, const double *weights, size_t n, int64_t *ret);

/* Unknown if either is. */
static inline int64_t money_add(int64_t a, int64_t b)
{
	return a == MONEY_NONE || b == MONEY_NONE ? MONEY_NONE : a + b;
}

double money_value(int64_t money); /* 12.34; NaN for MONEY_NONE */
/* "-1234.05"; "" for MONEY_NONE. */
#define MONEY_CAP 24
const char *money_text(int64_t money, char out[static MONEY_CAP]);

#endif
