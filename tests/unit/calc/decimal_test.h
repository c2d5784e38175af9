/*
 * decimal_test.h - numbers of the vector files: decimals in quotes, or numbers
 */
#ifndef DOMOVOI_DECIMAL_TEST_H
#define DOMOVOI_DECIMAL_TEST_H

#include "base/str.h"
#include "calc/money.h"
#include "test.h"

#include <jansson.h>
#include <math.h>

static inline void assert_near(double is, double want, double tolerance)
{
	if (!(fabs(is - want) <= tolerance)) {
		fail_msg("%.12g is not %.12g", is, want);
	}
}

static inline double number(const json_t *v)
{
	double x = NAN;
	if (json_is_number(v)) {
		return json_number_value(v);
	}
	assert_true(json_is_string(v));
	assert_int_equal(str_to_double(json_string_value(v), &x), ERR_OK);
	return x;
}

static inline double member(const json_t *o, const char *key)
{
	return number(json_object_get(o, key));
}

static inline int64_t amount(const json_t *o, const char *key)
{
	return money_of(member(o, key));
}

#endif
