/*
 * money.c - see money.h
 */
#include "calc/money.h"

#include "base/str.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AMOUNT_MAX 1e13

/* A decimal as it is printed: digits without leading zeros, and how many of them stand before the
 * point (negative: zeros behind it). */
struct digits {
	char text[STR_DOUBLE_CAP];
	int count, point;
	bool is_negative;
};

static struct digits digits_of(double x)
{
	struct digits d = {.is_negative = signbit(x)};
	char printed[STR_DOUBLE_CAP];
	const char *p = str_double(printed, fabs(x));
	bool is_behind = false;
	for (; *p && *p != 'e'; p++) {
		if (*p == '.') {
			is_behind = true;
			continue;
		}
		if (d.count > 0 || *p != '0') {
			d.text[d.count++] = *p;
			d.point += !is_behind;
		} else {
			d.point -= is_behind;
		}
	}
	d.point += *p == 'e' ? (int)strtol(p + 1, NULL, 10) : 0;
	return d;
}

/* x * 10^digits as a whole number, half away from zero. |x * 10^digits| must be below 9e18. */
static int64_t scaled(double x, int digits)
{
	struct digits d = digits_of(x);
	int64_t whole = 0;
	int keep = d.point + digits;
	for (int i = 0; i < keep; i++) {
		whole = whole * 10 + (i < d.count ? d.text[i] - '0' : 0);
	}
	if (keep >= 0 && keep < d.count && d.text[keep] >= '5') {
		whole++;
	}
	return d.is_negative ? -whole : whole;
}

double round_decimal(double x, int digits)
{
	if (!isfinite(x) || digits < 0 || digits > 15) {
		return x;
	}
	double scale = pow(10, digits);
	return fabs(x) * scale < 9e15 ? (double)scaled(x, digits) / scale : x;
}

int64_t money_of(double amount)
{
	return isfinite(amount) && fabs(amount) < AMOUNT_MAX ? scaled(amount, 2) : MONEY_NONE;
}

int64_t money_charge(double volume, double rate)
{
	if (!isfinite(volume) || !isfinite(rate) || fabs(volume) >= 9e9 || fabs(rate) >= 9e12 ||
		fabs(volume * rate) >= AMOUNT_MAX) {
		return MONEY_NONE;
	}
	__int128 product = (__int128)scaled(volume, 9) * scaled(rate, 6);
	const __int128 unit = 10000000000000; /* 10^(9 + 6 - 2) */
	__int128 half = product < 0 ? -unit / 2 : unit / 2;
	return (int64_t)((product + half) / unit);
}

/* The largest fraction first. */
struct share {
	double fraction;
	size_t index;
};

static int compare_shares(const void *a, const void *b)
{
	const struct share *x = a, *y = b;
	if (x->fraction != y->fraction) {
		return x->fraction > y->fraction ? -1 : 1;
	}
	return (x->index > y->index) - (x->index < y->index);
}

void money_split(int64_t total, const double *weights, size_t n, int64_t *ret)
{
	struct share *shares = calloc(n + 1, sizeof(*shares));
	bool is_negative = total < 0;
	int64_t left = is_negative ? -total : total;
	double sum = 0, whole = (double)left;
	for (size_t i = 0; i < n; i++) {
		sum += weights[i];
		ret[i] = 0;
	}
	for (size_t i = 0; i < n && sum > 0; i++) {
		double exact = whole * (weights[i] / sum);
		/* a product that is whole but for the last bit is whole */
		double floored = floor(round_decimal(exact, 6));
		ret[i] = (int64_t)floored;
		left -= ret[i];
		if (shares) {
			shares[i] = (struct share){round_decimal(exact - floored, 6), i};
		}
	}
	if (shares && n > 1) {
		qsort(shares, n, sizeof(*shares), compare_shares);
	}
	for (size_t i = 0; left > 0 && n > 0 && sum > 0; i = (i + 1) % n, left--) {
		ret[shares ? shares[i].index : i]++;
	}
	for (size_t i = 0; i < n && is_negative; i++) {
		ret[i] = -ret[i];
	}
	free(shares);
}

double money_value(int64_t money)
{
	return money == MONEY_NONE ? NAN : (double)money / 100;
}

const char *money_text(int64_t money, char out[static MONEY_CAP])
{
	uint64_t whole = money < 0 ? 0 - (uint64_t)money : (uint64_t)money;
	if (money == MONEY_NONE) {
		out[0] = 0;
		return out;
	}
	(void)snprintf(out, MONEY_CAP, "%s%llu.%02u", money < 0 ? "-" : "",
		(unsigned long long)(whole / 100), (unsigned)(whole % 100));
	return out;
}
