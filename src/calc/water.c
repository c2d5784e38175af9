/*
 * water.c - IAPWS-IF97; see water.h
 *
 * Region 1 in the form of the Gibbs energy  g(pi, tau) = sum n (7.1 - pi)^I (tau - 1.222)^J. Both
 * bases are positive wherever water is liquid, so the powers are multiplied out: 34 terms, no exp,
 * no log.
 */
#include "calc/water.h"

#include <math.h>
#include <stddef.h>

#define GAS_CONSTANT 0.461526 /* kJ/(kg K), of water */
#define ZERO_C       273.15
#define CRITICAL_K   647.096

static const struct {
	int i, j;
	double n;
} region1[34] = {
	{0, -2, 0.14632971213167},
	{0, -1, -0.84548187169114},
	{0, 0, -3.756360367204},
	{0, 1, 3.3855169168385},
	{0, 2, -0.95791963387872},
	{0, 3, 0.15772038513228},
	{0, 4, -0.016616417199501},
	{0, 5, 0.00081214629983568},
	{1, -9, 0.00028319080123804},
	{1, -7, -0.00060706301565874},
	{1, -1, -0.018990068218419},
	{1, 0, -0.032529748770505},
	{1, 1, -0.021841717175414},
	{1, 3, -5.283835796993e-5},
	{2, -3, -0.00047184321073267},
	{2, 0, -0.00030001780793026},
	{2, 1, 4.7661393906987e-5},
	{2, 3, -4.4141845330846e-6},
	{2, 17, -7.2694996297594e-16},
	{3, -4, -3.1679644845054e-5},
	{3, 0, -2.8270797985312e-6},
	{3, 6, -8.5205128120103e-10},
	{4, -5, -2.2425281908e-6},
	{4, -2, -6.5171222895601e-7},
	{4, 10, -1.4341729937924e-13},
	{5, -8, -4.0516996860117e-7},
	{8, -11, -1.2734301741641e-9},
	{8, -6, -1.7424871230634e-10},
	{21, -29, -6.8762131295531e-19},
	{23, -31, 1.4478307828521e-20},
	{29, -38, 2.6335781662795e-23},
	{30, -39, -1.1947622640071e-23},
	{31, -40, 1.8228094581404e-24},
	{32, -41, -9.3537087292458e-26},
};

/* n1 .. n10 of the saturation line */
static const double region4[11] = {
	0,
	1167.0521452767,
	-724213.16703206,
	-17.073846940092,
	12020.82470247,
	-3232555.0322333,
	14.91510861353,
	-4823.2657361591,
	405113.40542057,
	-0.23855557567849,
	650.17534844798,
};

#define I_MAX 32
#define J_MIN (-41)
#define J_MAX 17

struct powers {
	double up[I_MAX + 1];          /* of 7.1 - pi */
	double tau[J_MAX - J_MIN + 1]; /* of tau - 1.222, from J_MIN on */
};

static void powers_init(struct powers *p, double a, double b)
{
	p->up[0] = 1;
	for (int i = 1; i <= I_MAX; i++) {
		p->up[i] = p->up[i - 1] * a;
	}
	double *zero = &p->tau[-J_MIN];
	zero[0] = 1;
	for (int j = 1; j <= J_MAX; j++) {
		zero[j] = zero[j - 1] * b;
	}
	for (int j = -1; j >= J_MIN; j--) {
		zero[j] = zero[j + 1] / b;
	}
}

/* x^n, zero to the power of what the derivative makes of a constant being 0. */
static double term(int factor, double power)
{
	return factor == 0 ? 0 : factor * power;
}

static void gibbs(double t_k, double p_mpa, struct water *ret)
{
	double pi = p_mpa / 16.53, tau = 1386 / t_k;
	double by_pi = 0, by_tau = 0, by_tau2 = 0;
	struct powers p;
	powers_init(&p, 7.1 - pi, tau - 1.222);
	const double *zero = &p.tau[-J_MIN];
	for (size_t k = 0; k < 34; k++) {
		int i = region1[k].i, j = region1[k].j;
		double n = region1[k].n, up = p.up[i];
		by_pi -= n * term(i, i ? p.up[i - 1] : 0) * zero[j];
		by_tau += n * up * term(j, j ? zero[j] / zero[1] : 0);
		by_tau2 += n * up * term(j * (j - 1), zero[j] / zero[2]);
	}
	ret->volume = GAS_CONSTANT * t_k / p_mpa * pi * by_pi / 1000;
	ret->density = 1 / ret->volume;
	ret->enthalpy = GAS_CONSTANT * t_k * tau * by_tau;
	ret->heat_capacity = -GAS_CONSTANT * tau * tau * by_tau2;
}

static double saturation_mpa(double t_k)
{
	const double *n = region4;
	if (!(t_k >= ZERO_C && t_k <= CRITICAL_K)) {
		return NAN;
	}
	double theta = t_k + n[9] / (t_k - n[10]);
	double a = theta * theta + n[1] * theta + n[2];
	double b = n[3] * theta * theta + n[4] * theta + n[5];
	double c = n[6] * theta * theta + n[7] * theta + n[8];
	double root = 2 * c / (-b + sqrt(b * b - 4 * a * c));
	return root * root * root * root;
}

enum water_state water_region1(double t_k, double p_mpa, struct water *ret)
{
	if (isnan(t_k) || isnan(p_mpa)) {
		return WATER_NO_DATA;
	}
	if (t_k < ZERO_C || t_k > 623.15 || p_mpa <= 0 || p_mpa > 100) {
		return WATER_OUT_OF_RANGE;
	}
	if (p_mpa < saturation_mpa(t_k)) {
		return WATER_STEAM;
	}
	gibbs(t_k, p_mpa, ret);
	return WATER_OK;
}

enum water_state water_at(double t_c, double p_mpa, struct water *ret)
{
	bool is_outside = t_c < 0 || t_c > 200 || p_mpa < 0.05 || p_mpa > 10;
	if (is_outside && !isnan(t_c) && !isnan(p_mpa)) {
		return WATER_OUT_OF_RANGE;
	}
	return water_region1(t_c + ZERO_C, p_mpa, ret);
}

double water_saturation_pressure(double t_c)
{
	return saturation_mpa(t_c + ZERO_C);
}

double water_saturation_temperature(double p_mpa)
{
	const double *n = region4;
	if (!(p_mpa >= saturation_mpa(ZERO_C) && p_mpa <= saturation_mpa(CRITICAL_K))) {
		return NAN;
	}
	double beta = sqrt(sqrt(p_mpa));
	double e = beta * beta + n[3] * beta + n[6];
	double f = n[1] * beta * beta + n[4] * beta + n[7];
	double g = n[2] * beta * beta + n[5] * beta + n[8];
	double d = 2 * g / (-f - sqrt(f * f - 4 * e * g));
	double sum = n[10] + d;
	return (sum - sqrt(sum * sum - 4 * (n[9] + n[10] * d))) / 2 - ZERO_C;
}

double water_heat_coefficient(double t_flow, double t_return, double p_mpa, bool is_in_flow)
{
	struct water flow, back;
	if (water_at(t_flow, p_mpa, &flow) != WATER_OK ||
		water_at(t_return, p_mpa, &back) != WATER_OK || t_flow == t_return) {
		return NAN;
	}
	double density = is_in_flow ? flow.density : back.density;
	return density * (flow.enthalpy - back.enthalpy) / (t_flow - t_return) / 1000;
}

enum water_state water_mi2412(double t_c, double p_mpa, double *ret_density, double *ret_enthalpy)
{
	struct water w;
	enum water_state state = water_at(t_c, p_mpa, &w); /* the same limits */
	double x = (t_c + ZERO_C) / 647.14, p = p_mpa / 22.064;
	double y = 1 / x, y2 = y * y, y3 = y2 * y, y4 = y3 * y, y5 = y4 * y, y6 = y5 * y;
	if (state != WATER_OK) {
		return state;
	}
	double v = 114.332 * x - 431.6382 + 706.5474 * y - 641.9127 * y2 + 349.4417 * y3 -
		   113.8191 * y4 + 20.5199 * y5 - 1.578507 * y6;
	v += p * (-3.117072 + 6.589303 * y - 5.210142 * y2 + 1.819096 * y3 - 0.2365448 * y4);
	v += p * p *
	     (-6.417443 * x + 19.84842 - 24.00174 * y + 14.21655 * y2 - 4.13194 * y3 +
		     0.4721637 * y4);
	double h = 7809.096 * x - 13868.72 + 12725.22 * y - 6370.893 * y2 + 1595.86 * y3 -
		   159.9064 * y4;
	h += p * (9.488789 * y + 1);
	h += p * p * (-148.1135 * x + 224.3027 - 111.4602 * y + 18.15823 * y2);
	*ret_density = 1000 / v;
	*ret_enthalpy = h;
	return WATER_OK;
}
