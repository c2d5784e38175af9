/*
 * decimal.c - exact decimals; see decimal.h
 *
 * Powers of ten up to 10^22 and integers up to 2^53 are exact doubles, so one multiplication or
 * division of the two is correctly rounded; the rest goes through the text "mEe" and strtod.
 */
#include "proto/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define EXACT_POWER   22
#define EXACT_INTEGER (1LL << 53)

static const double powers[EXACT_POWER + 1] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

double decimal_double(struct decimal d)
{
	bool is_exact = d.mantissa <= EXACT_INTEGER && d.mantissa >= -EXACT_INTEGER;
	if (is_exact && d.exponent >= 0 && d.exponent <= EXACT_POWER) {
		return (double)d.mantissa * powers[d.exponent];
	}
	if (is_exact && d.exponent < 0 && d.exponent >= -EXACT_POWER) {
		return (double)d.mantissa / powers[-d.exponent];
	}
	char text[48];
	(void)snprintf(text, sizeof(text), "%llde%d", (long long)d.mantissa, d.exponent);
	return strtod(text, NULL);
}

bool decimal_add(struct decimal *to, struct decimal addend)
{
	struct decimal fine = to->exponent <= addend.exponent ? *to : addend;
	struct decimal coarse = to->exponent <= addend.exponent ? addend : *to;
	while (coarse.exponent > fine.exponent) {
		if (__builtin_mul_overflow(coarse.mantissa, 10, &coarse.mantissa)) {
			return false;
		}
		coarse.exponent--;
	}
	int64_t sum;
	if (__builtin_add_overflow(coarse.mantissa, fine.mantissa, &sum)) {
		return false;
	}
	*to = (struct decimal){sum, fine.exponent};
	return true;
}

bool decimal_of_float(float f, struct decimal *ret)
{
	if (!isfinite(f)) {
		return false;
	}
	char text[32];
	int behind = 0;
	for (; behind <= 8; behind++) {
		(void)snprintf(text, sizeof(text), "%.*e", behind, (double)f);
		if (strtof(text, NULL) == f) {
			break;
		}
	}
	struct decimal d = {0, 0};
	const char *s = text;
	for (; *s && *s != 'e'; s++) {
		if (*s >= '0' && *s <= '9') {
			d.mantissa = d.mantissa * 10 + (*s - '0');
		}
	}
	if (text[0] == '-') {
		d.mantissa = -d.mantissa;
	}
	d.exponent = (*s ? (int)strtol(s + 1, NULL, 10) : 0) - (behind <= 8 ? behind : 8);
	if (d.mantissa == 0) {
		d.exponent = 0;
	}
	*ret = d;
	return true;
}

bool decimal_round(double value, int exponent, int64_t *ret_mantissa)
{
	if (!isfinite(value) || exponent > EXACT_POWER || exponent < -EXACT_POWER) {
		return false;
	}
	double m = round(exponent < 0 ? value * powers[-exponent] : value / powers[exponent]);
	if (!(fabs(m) < 9.2e18)) {
		return false;
	}
	*ret_mantissa = (int64_t)m;
	return true;
}
