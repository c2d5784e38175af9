/*
 * decimal.h - exact decimals: an integer and a power of ten
 *
 * Meters count in decimal units (218370 x 10^-3 kWh). Multiplying by 0.001 rounds twice and gives
 * 218.37000000000001; here the exponent is kept apart, and the one conversion to double at the end
 * is correctly rounded: 218.37 is the double that the text "218.37" reads back to.
 */
#ifndef DOMOVOI_DECIMAL_H
#define DOMOVOI_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

struct decimal {
	int64_t mantissa;
	int exponent; /* value = mantissa * 10^exponent */
};

/* The nearest double. */
double decimal_double(struct decimal d);
/* Sum; false (and nothing done) when it does not fit 64 bits. */
bool decimal_add(struct decimal *to, struct decimal addend);
/* The shortest decimal that reads back as this float; false for NaN and infinities. */
bool decimal_of_float(float f, struct decimal *ret);
/* value / 10^exponent as a whole number, halves away from zero; false if it does not fit. */
bool decimal_round(double value, int exponent, int64_t *ret_mantissa);

#endif
