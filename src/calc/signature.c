/*
 * signature.c - fit and watch of the energy signature; see signature.h
 */
#include "calc/signature.h"

#include <math.h>

#define OUTLIER_RMSE 3
#define DRIFT_RMSE   5
#define SLACK_RMSE   0.5
#define GRID_MAX     10000

static const char *const states[] = {[SIGNATURE_OK] = "ok",
	[SIGNATURE_TOO_FEW] = "too_few_days",
	[SIGNATURE_TOO_NARROW] = "too_narrow",
	[SIGNATURE_NO_SLOPE] = "no_slope"};

const char *signature_state_name(enum signature_state s)
{
	return s < SIGNATURE_STATE_COUNT ? states[s] : "";
}

bool signature_is_usable(const struct signature_day *day)
{
	/* CALCULATED is a scheme's result out of measured inputs: as good as they are */
	return !isnan(day->t) && !isnan(day->q) &&
	       quality_class(day->quality) <= QUALITY_CALCULATED;
}

static double below(double tb, double t)
{
	return t < tb ? tb - t : 0;
}

/* Of a fixed balance temperature. */
static void fit_at(const struct signature_day *days, size_t n, struct signature *s)
{
	double count = (double)s->days;
	double mean_x = 0;
	double mean_q = 0;
	double xx = 0;
	double xq = 0;
	double qq = 0;
	for (size_t i = 0; i < n; i++) {
		if (signature_is_usable(&days[i])) {
			mean_x += below(s->tb, days[i].t) / count;
			mean_q += days[i].q / count;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (signature_is_usable(&days[i])) {
			double x = below(s->tb, days[i].t) - mean_x;
			double q = days[i].q - mean_q;
			xx += x * x;
			xq += x * q;
			qq += q * q;
		}
	}
	s->b = xx > 0 ? xq / xx : 0;
	s->a = mean_q - s->b * mean_x;
	s->sse = 0;
	for (size_t i = 0; i < n; i++) {
		if (signature_is_usable(&days[i])) {
			double r = days[i].q - s->a - s->b * below(s->tb, days[i].t);
			s->sse += r * r;
		}
	}
	s->r2 = qq > 0 ? 1 - s->sse / qq : NAN;
	s->cv_percent = mean_q; /* finished by the caller */
}

static void survey(const struct signature_day *days, size_t n, struct signature *s)
{
	for (size_t i = 0; i < n; i++) {
		if (!signature_is_usable(&days[i])) {
			s->rejected++;
			continue;
		}
		s->t_min = s->days && s->t_min < days[i].t ? s->t_min : days[i].t;
		s->t_max = s->days && s->t_max > days[i].t ? s->t_max : days[i].t;
		s->days++;
	}
}

static void search(const struct signature_plan *plan, const struct signature_day *days, size_t n,
	struct signature *s)
{
	size_t steps = plan->step > 0 ?
			       (size_t)floor((plan->till - plan->from) / plan->step + 0.5) :
			       0;
	struct signature best = *s;
	for (size_t k = 0; k <= steps; k++) {
		struct signature x = *s;
		x.tb = plan->from + (double)k * plan->step;
		fit_at(days, n, &x);
		if (k == 0 || x.sse < best.sse) {
			best = x;
		}
	}
	double parameters = steps ? 3 : 2;
	double freedom = (double)s->days - parameters;
	best.rmse = freedom > 0 ? sqrt(best.sse / freedom) : NAN;
	best.cv_percent = best.cv_percent > 0 ? best.rmse / best.cv_percent * 100 : NAN;
	*s = best;
}

enum err signature_fit(const struct signature_plan *plan, const struct signature_day *days,
	size_t n, struct signature *ret)
{
	struct signature s = {.t_min = NAN, .t_max = NAN};
	if (!(plan->till >= plan->from) || !(plan->step >= 0) ||
		(plan->step > 0 && (plan->till - plan->from) / plan->step > GRID_MAX)) {
		return ERR_INVAL;
	}
	survey(days, n, &s);
	if (s.days < plan->least_days || s.days < 2) {
		s.state = SIGNATURE_TOO_FEW;
	} else if (s.t_max - s.t_min < plan->least_range_k) {
		s.state = SIGNATURE_TOO_NARROW;
	} else {
		search(plan, days, n, &s);
		s.state = s.b > 0 ? SIGNATURE_OK : SIGNATURE_NO_SLOPE;
	}
	if (s.state) {
		s.a = s.b = s.tb = s.sse = s.rmse = s.r2 = s.cv_percent = NAN;
	}
	*ret = s;
	return ERR_OK;
}

double signature_at(const struct signature *s, double t)
{
	return isnan(t) ? NAN : s->a + s->b * below(s->tb, t);
}

double signature_design_load(const struct signature *s, double indoor, double design)
{
	return s->b / 24 * (indoor - design);
}

void signature_watch(const struct signature *s, const struct signature_day *days, size_t n,
	struct signature_alarm *ret_alarms)
{
	double above = 0;
	double under = 0;
	double slack = s->rmse * SLACK_RMSE;
	for (size_t i = 0; i < n; i++) {
		struct signature_alarm *a = &ret_alarms[i];
		double r = signature_is_usable(&days[i]) ? days[i].q - signature_at(s, days[i].t) :
							   NAN;
		if (!isnan(r)) { /* a day that is not known neither adds nor takes away */
			above = fmax(0, above + r - slack);
			under = fmax(0, under - r - slack);
		}
		*a = (struct signature_alarm){r, above, under, fabs(r) > OUTLIER_RMSE * s->rmse,
			above > DRIFT_RMSE * s->rmse || under > DRIFT_RMSE * s->rmse};
	}
}
