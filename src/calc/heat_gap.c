/*
 * heat_gap.c - heat that was not measured, found in the hours of a supply input; see heat_input.h
 *
 *   hour has heat, or its day has          measured
 *     of that, the meter did not integrate   substituted as an abnormal situation (A, B)
 *     it was off or failed for days on end   substituted as a meter that failed (C to E)
 *   nothing known                          likewise
 *
 * A day that a person or an import has put a value to is settled: neither proposed nor taken into means.
 * Days are those of the building. Outside the heating season nothing is proposed for heating: what
 * the rules scale by is the cold outside.
 */
#include "calc/heat_source.h"

#include <math.h>
#include <stdlib.h>

#define DAYS_MAX 62
#define HOUR_S   3600.0

/* A day with time to be substituted. */
struct tally {
	double seconds, known_s, heat_s; /* heat_s: degree-seconds of the known ones */
};

struct finding {
	const struct heat_question *q;
	struct heat_input *h;
	const struct heat_axis *hours;
	const struct heat_hour *x;
	size_t n;
	struct heat_axis days;
	struct form_value *heat; /* of the days */
	bool *is_out;            /* of the hours: the meter was off or failed for long */
	bool is_zero_real;       /* no flow is no heat */
	double q_run, run_s, run_known_s, run_heat_s;
	double *measured;                 /* of the days */
	struct tally *abnormal, *missing; /* by day */
};

static bool is_usable(struct form_value v)
{
	return !isnan(v.value) && quality_class(v.quality) < QUALITY_SUSPECT;
}

static double number(const struct finding *f, const char *code)
{
	return figure_number(
		f->q->figures, f->q->place, code, figure_date(&f->h->calendar, f->q->span.from));
}

static double length_of(const struct finding *f, size_t i)
{
	return (double)(f->hours->starts[i + 1] - f->hours->starts[i]);
}

static double stopped_s(const struct finding *f, size_t i)
{
	double s = 0;
	for (int c = 0; c < ABNORMAL_CLASS_COUNT; c++) {
		bool is_zero = c == ABNORMAL_IS_NO_FLOW && f->is_zero_real;
		if (abnormal_info((enum abnormal_class)c)->is_stop && !is_zero) {
			s += (double)f->x[i].timers.s[c];
		}
	}
	return s;
}

/* The meter itself was the cause. */
static bool is_down(const struct finding *f, size_t i)
{
	const int64_t *s = f->x[i].timers.s;
	return (double)(s[ABNORMAL_IS_POWER] + s[ABNORMAL_IS_FAILURE] + s[ABNORMAL_IS_REVERSE]) >=
	       length_of(f, i);
}

static void find_long_stops(struct finding *f)
{
	double most = number(f, "substitution.short_max_hours") * HOUR_S;
	for (size_t from = 0, till; from < f->n; from = till) {
		double length = 0;
		for (till = from; till < f->n && is_down(f, till); till++) {
			length += length_of(f, till);
		}
		for (size_t i = from; length > most && i < till; i++) {
			f->is_out[i] = true;
		}
		till += till == from;
	}
}

static void count(struct tally *t, double seconds, double outdoor_c)
{
	t->seconds += seconds;
	if (!isnan(outdoor_c)) {
		t->known_s += seconds;
		t->heat_s += seconds * outdoor_c;
	}
}

static bool is_settled(struct form_value day)
{
	return !isnan(day.value) && quality_source(day.quality) >= SOURCE_IMPORT;
}

static void take_day(struct finding *f, size_t day, size_t *inout_hour)
{
	bool is_done = is_settled(f->heat[day]);
	bool is_day_known = !isnan(f->heat[day].value) &&
			    quality_class(f->heat[day].quality) < QUALITY_PARTIAL;
	bool has_run = false;
	double q = 0;
	for (; *inout_hour < f->n && f->hours->starts[*inout_hour] < f->days.starts[day + 1];
		++*inout_hour) {
		size_t i = *inout_hour;
		double length = length_of(f, i), stopped = stopped_s(f, i);
		bool is_usable_hour = is_usable(f->x[i].meter);
		if (is_done) {
			continue;
		}
		if (f->is_out[i] || (!is_usable_hour && !is_day_known)) {
			count(&f->missing[day], length, f->x[i].outdoor_c);
			continue;
		}
		has_run = true;
		q += is_usable_hour ? f->x[i].meter.value : 0;
		if (stopped > 0) {
			count(&f->abnormal[day], stopped, f->x[i].outdoor_c);
		}
		f->run_s += length - stopped;
		if (!isnan(f->x[i].outdoor_c)) {
			f->run_known_s += length - stopped;
			f->run_heat_s += (length - stopped) * f->x[i].outdoor_c;
		}
	}
	f->measured[day] = !has_run ? 0 : is_day_known ? f->heat[day].value : q;
	f->q_run += f->measured[day];
}

/* Nothing is proposed where heating is off by the calendar. */
static bool is_due(const struct finding *f, size_t day)
{
	int date = figure_date(&f->h->calendar, f->days.starts[day]);
	return f->h->is_hot_water || heat_is_season(f->q, date);
}

static enum err fill_gaps(
	const struct finding *f, const struct tally *days, struct heat_proposal *p)
{
	p->gaps = calloc(f->days.n + 1, sizeof(*p->gaps));
	if (!p->gaps) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < f->days.n; i++) {
		const struct tally *t = &days[i];
		if (t->seconds > 0 && is_due(f, i)) {
			p->gaps[p->gap_count++] = (struct heat_gap){
				.day = {f->days.starts[i], f->days.starts[i + 1]},
				.part = {t->seconds / HOUR_S,
					t->known_s > 0 ? t->heat_s / t->known_s : NAN, NAN},
				.measured = f->measured[i]};
		}
	}
	return ERR_OK;
}

/* The report month before this one, if this is one. */
static enum err find_previous(const struct finding *f, struct substitution_case *c)
{
	const struct calendar *k = &f->h->calendar;
	struct span month = period_of(k, PERIOD_MONTH, f->q->span.from);
	int64_t before = period_prev(k, PERIOD_MONTH, month.from);
	struct archive_value v;
	if (month.from != f->q->span.from || month.till != f->q->span.till || !f->h->heat) {
		return ERR_OK;
	}
	enum err e = archive_at(f->q->store, &f->h->heat->id, 1, PERIOD_MONTH, before, &v);
	if (!e && quality_class(v.quality) < QUALITY_PARTIAL &&
		unit_convert(v.value, f->h->heat->unit, UNIT_GCAL, &v.value) == ERR_OK) {
		c->q_previous = v.value;
		c->previous_hours = (double)(month.from - before) / HOUR_S;
		c->is_same_season = heat_is_season(f->q, figure_date(k, before)) &&
				    heat_is_season(f->q, figure_date(k, month.from));
	}
	if (!e && f->h->outdoor) {
		e = archive_at(f->q->store, &f->h->outdoor->id, 1, PERIOD_MONTH, before, &v);
		c->t_previous = !e && quality_class(v.quality) < QUALITY_SUSPECT ? v.value : NAN;
	}
	return e;
}

static enum err propose(struct finding *f, const struct tally *days, enum substitution_cause cause)
{
	struct heat_proposal *p = &f->h->proposals[f->h->proposal_count];
	struct substitution_case *c = &p->of;
	struct substitution_part parts[DAYS_MAX + 1];
	substitution_case_init(c);
	enum err e = fill_gaps(f, days, p);
	if (e || p->gap_count == 0) {
		free(p->gaps);
		p->gaps = NULL;
		return e;
	}
	f->h->proposal_count++;
	for (size_t i = 0; i < p->gap_count; i++) {
		parts[i] = p->gaps[i].part;
	}
	c->cause = cause;
	c->is_hot_water = f->h->is_hot_water;
	c->is_separate = f->h->is_hot_water && f->h->heat;
	c->q_run = f->run_s > 0 ? f->q_run : NAN;
	c->run_hours = f->run_s / HOUR_S;
	c->t_run = f->run_known_s > 0 ? f->run_heat_s / f->run_known_s : NAN;
	c->t_in = number(f, "contract.indoor_temperature");
	c->t_design = number(f, "building.design_outdoor_temperature");
	c->load = number(f, "contract.heat_load_gcal_h");
	c->load_hot_water = number(f, "contract.hot_water_load_gcal_h");
	c->t_break = number(f, "contract.break_outdoor_temperature");
	c->is_automatic = number(f, "heat.is_automatic") == 1;
	c->max_days = number(f, "substitution.max_days");
	c->max_days_hot_water = number(f, "substitution.max_days_hot_water");
	substitution_case_parts(c, parts, p->gap_count);
	e = find_previous(f, c);
	p->result = substitution_apply(substitution_choose(c), c, parts, p->gap_count);
	for (size_t i = 0; i < p->gap_count; i++) {
		p->gaps[i].part = parts[i];
	}
	return e;
}

static enum err read_days(struct finding *f)
{
	struct archive_value *items = NULL;
	size_t n = 0;
	for (size_t i = 0; i < f->days.n; i++) {
		f->heat[i] = heat_missing();
	}
	if (!f->h->heat || f->days.n == 0) {
		return ERR_OK;
	}
	struct span span = {f->days.starts[0], f->days.starts[f->days.n]};
	enum err e = archive_range(f->q->store, f->h->heat->id, PERIOD_DAY, span, &items, &n);
	for (size_t i = 0, day = 0; i < n && !e; i++) {
		double v = items[i].value;
		while (day < f->days.n && f->days.starts[day] < items[i].start) {
			day++;
		}
		if (day < f->days.n && f->days.starts[day] == items[i].start &&
			unit_convert(v, f->h->heat->unit, UNIT_GCAL, &v) == ERR_OK) {
			f->heat[day] = (struct form_value){v, items[i].quality};
		}
	}
	free(items);
	return e;
}

/* A day may have time of both kinds: what is entered for it holds both. */
static void fill_entries(struct heat_input *h)
{
	for (size_t i = 0; i < h->proposal_count; i++) {
		for (size_t k = 0; k < h->proposals[i].gap_count; k++) {
			struct heat_gap *g = &h->proposals[i].gaps[k];
			double gcal = g->measured + g->part.q;
			const struct heat_proposal *other = &h->proposals[1 - i];
			for (size_t n = 0; h->proposal_count > 1 && n < other->gap_count; n++) {
				bool is_same = other->gaps[n].day.from == g->day.from;
				gcal += is_same ? other->gaps[n].part.q : 0;
			}
			enum unit unit = h->heat ? h->heat->unit : UNIT_GCAL;
			g->entry = unit_convert(gcal, UNIT_GCAL, unit, &gcal) == ERR_OK ? gcal :
											  NAN;
		}
	}
}

static enum err find(struct finding *f)
{
	size_t hour = 0;
	enum err e = read_days(f);
	find_long_stops(f);
	for (size_t i = 0; i < f->days.n && !e; i++) {
		take_day(f, i, &hour);
	}
	e = e ? e : propose(f, f->abnormal, CAUSE_ABNORMAL);
	e = e ? e : propose(f, f->missing, f->h->heat ? f->q->cause : CAUSE_NO_METER);
	fill_entries(f->h);
	return e;
}

enum err heat_gaps_find(const struct heat_question *q, struct heat_input *h,
	const struct heat_axis *a, const struct heat_hour *hours, size_t n)
{
	struct finding f = {.q = q, .h = h, .hours = a, .x = hours, .n = n};
	if (q->span.till - q->span.from > INT64_C(86400) * DAYS_MAX) {
		return ERR_OK; /* no reporting period is that long */
	}
	f.is_zero_real = number(&f, "abnormal.no_flow_is_real") != 0;
	enum err e = heat_axis_init(&f.days, &h->calendar, PERIOD_DAY, q->span);
	if (!e) {
		f.heat = calloc(f.days.n + 1, sizeof(*f.heat));
		f.is_out = calloc(n + 1, sizeof(*f.is_out));
		f.abnormal = calloc(f.days.n + 1, sizeof(*f.abnormal));
		f.missing = calloc(f.days.n + 1, sizeof(*f.missing));
		f.measured = calloc(f.days.n + 1, sizeof(*f.measured));
		e = f.measured && f.heat && f.is_out && f.abnormal && f.missing ? find(&f) :
										  ERR_NOMEM;
	}
	heat_axis_fini(&f.days);
	free(f.heat);
	free(f.is_out);
	free(f.abnormal);
	free(f.missing);
	free(f.measured);
	return e;
}
