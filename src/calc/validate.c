/*
 * validate.c - the checks; see validate.h
 */
#include "calc/validate.h"

#include <math.h>

static const struct check none = {CHECK_NONE, NAN, NAN, NAN, 0};

static enum check_state state_of(bool is_bad)
{
	return is_bad ? CHECK_FAIL : CHECK_PASS;
}

struct check check_range(double x, double lo, double hi)
{
	if (isnan(x) || (isnan(lo) && isnan(hi))) {
		return none;
	}
	bool is_low = x<lo, is_high = x> hi; /* false where the limit is NaN */
	double limit = is_low || isnan(hi) ? lo : hi;
	return (struct check){state_of(is_low || is_high), x, limit, is_low ? hi : lo, 0};
}

struct check check_gap(size_t missing, double most)
{
	if (isnan(most)) {
		return none;
	}
	return (struct check){state_of((double)missing >= most), (double)missing, most, NAN, 0};
}

struct check check_clock(double offset_s, double near_s, double far_s)
{
	if (isnan(offset_s) || isnan(near_s)) {
		return none;
	}
	bool is_far = fabs(offset_s) > far_s;
	return (struct check){state_of(fabs(offset_s) > near_s), offset_s, is_far ? far_s : near_s,
		is_far ? 2 : 1, 0};
}

struct check check_negative(double amount, double noise)
{
	if (isnan(amount) || isnan(noise)) {
		return none;
	}
	return (struct check){state_of(amount < -noise), amount, -noise, NAN, 0};
}

struct check check_capacity(double amount, double max_rate, double hours, double slack)
{
	double limit = max_rate * hours * slack;
	if (isnan(amount) || isnan(limit) || !(max_rate > 0)) {
		return none;
	}
	return (struct check){state_of(amount > limit), amount, limit, max_rate, 0};
}

struct check check_spike(const double *values, size_t n, double limit, double least)
{
	double top[3] = {-INFINITY, -INFINITY, -INFINITY};
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		double v = values[i];
		if (isnan(v)) {
			continue;
		}
		if (v > top[0]) {
			top[2] = top[1];
			top[1] = top[0];
			top[0] = v;
			at = i;
		} else if (v > top[1]) {
			top[2] = top[1];
			top[1] = v;
		} else if (v > top[2]) {
			top[2] = v;
		}
	}
	if (isnan(limit) || !(top[2] > 0) || !(top[0] > least)) {
		/* three values are needed, and a third highest of nothing is no scale */
		return (struct check){CHECK_NONE, NAN, limit, isfinite(top[2]) ? top[2] : NAN, at};
	}
	double ratio = (top[0] - top[2]) / top[2];
	return (struct check){state_of(ratio > limit), ratio, limit, top[2], at};
}

struct check check_high_low(double now, const double *history, size_t n, double lo, double hi)
{
	double sum = 0;
	size_t known = 0;
	for (size_t i = 0; i < n; i++) {
		if (!isnan(history[i])) {
			sum += history[i];
			known++;
		}
	}
	double mean = known ? sum / (double)known : NAN;
	if (isnan(now) || !(mean > 0) || (isnan(lo) && isnan(hi))) {
		return none;
	}
	double ratio = now / mean;
	bool is_low = ratio < lo;
	return (struct check){
		state_of(is_low || ratio > hi), ratio, is_low || isnan(hi) ? lo : hi, mean, 0};
}

struct check check_zero_run(double zero_hours, double limit, bool is_occupied)
{
	if (isnan(zero_hours) || isnan(limit) || !is_occupied) {
		return none;
	}
	return (struct check){state_of(zero_hours > limit), zero_hours, limit, NAN, 0};
}

struct check check_never_zero(const double *values, size_t n, size_t window, double limit)
{
	double least = INFINITY;
	size_t at = 0;
	if (n < window || window == 0 || isnan(limit)) {
		return none;
	}
	for (size_t i = n - window; i < n; i++) {
		if (isnan(values[i])) {
			return none;
		}
		if (values[i] < least) {
			least = values[i];
			at = i;
		}
	}
	return (struct check){state_of(least > limit), least, limit, (double)window, at};
}

struct check check_flat(
	const double *values, size_t n, double resolution, double step_h, double limit_h)
{
	struct check longest = none;
	if (isnan(limit_h) || isnan(resolution) || !(resolution > 0) || !(step_h > 0)) {
		return none;
	}
	for (size_t i = 0, k; i<n; i = k> i ? k : i + 1) {
		double lo = values[i], hi = values[i];
		for (k = i; k < n && !isnan(values[k]); k++) {
			double next_lo = fmin(lo, values[k]), next_hi = fmax(hi, values[k]);
			if (next_hi - next_lo >= 2 * resolution) {
				break;
			}
			lo = next_lo;
			hi = next_hi;
		}
		double hours = (double)(k - i) * step_h;
		if (k > i && (longest.state == CHECK_NONE || hours > longest.measure)) {
			longest = (struct check){
				state_of(hours >= limit_h), hours, limit_h, hi - lo, i};
		}
	}
	return longest;
}

struct check check_rate(double v1, double v2, double minutes, double limit)
{
	if (isnan(v1) || isnan(v2) || isnan(limit) || !(minutes > 0)) {
		return none;
	}
	double rate = (v2 - v1) / minutes;
	return (struct check){state_of(fabs(rate) > limit), rate, limit, v1, 0};
}

/* What binary fractions leave of decimal readings: far below any resolution. */
static double dust(double a, double b)
{
	return 1e-9 * fmax(1, fmax(fabs(a), fabs(b)));
}

struct check check_sum(
	double sum, double r1, double r2, double multiplier, double resolution, double pulse)
{
	double counted = (r2 - r1) * multiplier;
	double limit = resolution * multiplier + pulse;
	double difference = sum - counted;
	if (isnan(difference) || isnan(limit)) {
		return none;
	}
	bool is_bad = fabs(difference) > limit + dust(sum, r2 * multiplier);
	return (struct check){state_of(is_bad), difference, limit, counted, 0};
}

static struct check deviation(double x, double of, double limit_percent)
{
	if (isnan(x) || isnan(of) || isnan(limit_percent) || !(of > 0)) {
		return none;
	}
	double percent = 100 * (x - of) / of;
	return (struct check){
		state_of(fabs(percent) > limit_percent), percent, limit_percent, of, 0};
}

struct check check_energy(double of_meter, double own, double limit_percent)
{
	return deviation(of_meter, own, limit_percent);
}

struct check check_mass_balance(double m1, double m2, double limit_percent)
{
	return deviation(m2, m1, limit_percent);
}

struct check check_pair(double a, double b, double limit_percent)
{
	return deviation(a, b, limit_percent);
}

struct check check_temperatures(
	double t_flow, double t_return, double flow, double least_flow, double allow)
{
	if (isnan(t_flow) || isnan(t_return) || isnan(allow) || !(flow > least_flow)) {
		return none;
	}
	double above = t_return - t_flow;
	return (struct check){state_of(above > allow), above, allow, t_return, 0};
}

struct check check_vacant(double x, double mean, double share)
{
	if (isnan(x) || isnan(share) || !(mean > 0)) {
		return none;
	}
	return (struct check){state_of(x > share * mean), x / mean, share, mean, 0};
}

struct check check_flag(uint16_t quality, unsigned flag)
{
	return (struct check){state_of(quality_flags(quality) & flag), 1, NAN, NAN, 0};
}
