/*
 * heat_input.c - rows and sums of a supply input; see heat_input.h
 */
#include "calc/heat_input.h"

#include "calc/heat_source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAYS_OF_HOURS  62
#define DAYS_OF_DAYS   400
#define DAYS_OF_MONTHS 1200
#define DAY_S          INT64_C(86400)

const char *heat_reason_name(size_t i, unsigned *ret_bit)
{
	static const char *const names[] = {"rows_missing", "rows_edited", "rows_suspect",
		"rows_estimated", "meter_replaced", "no_readings", "other_calendar", "no_archive",
		"rounding", "binding_changed", "unexplained"};
	if (i >= sizeof(names) / sizeof(names[0])) {
		return NULL;
	}
	*ret_bit = 1u << i;
	return names[i];
}

static bool is_usable(struct form_value v)
{
	return !isnan(v.value) && quality_class(v.quality) < QUALITY_SUSPECT;
}

static bool is_whole(struct form_value v)
{
	return !isnan(v.value) && quality_class(v.quality) < QUALITY_PARTIAL;
}

/* ---- contract ---- */

static double figure(const struct heat_question *q, const char *code, int date)
{
	return figure_number(q->figures, q->place, code, date);
}

bool heat_is_season(const struct heat_question *q, int date)
{
	double from = figure(q, "supply_quality.heating.season.from_mmdd", date);
	double till = figure(q, "supply_quality.heating.season.till_mmdd", date);
	int day = date % 10000;
	return from <= till ? day >= from && day < till : day >= from || day < till;
}

void heat_contract_at(const struct heat_question *q, int date, struct heat_contract *ret)
{
	static const char *const pressures[HEAT_PIPE_COUNT] = {
		[HEAT_SUPPLY] = "contract.pressure_supply",
		[HEAT_RETURN] = "contract.pressure_return",
		[HEAT_HOT_WATER] = "contract.pressure_hot_water",
		[HEAT_CIRCULATION] = "contract.pressure_circulation",
		[HEAT_COLD] = "contract.pressure_cold_water",
	};
	for (int i = 0; i < HEAT_PIPE_COUNT; i++) {
		ret->pressure_mpa[i] = pressures[i] ? figure(q, pressures[i], date) : NAN;
	}
	ret->cold_c = figure(q, "contract.cold_water_temperature", date);
	if (isnan(ret->cold_c)) {
		ret->cold_c = figure(q,
			heat_is_season(q, date) ? "contract.cold_water_temperature.heating_season" :
						  "contract.cold_water_temperature.summer",
			date);
	}
	ret->cold_actual_c = figure(q, "heat.cold_water_actual", date);
	ret->do_equalise = figure(q, "heat.equalise_inside_mpe", date) == 1;
	ret->mass_mpe_percent = figure(q, "heat.mass_mpe", date);
}

static bool has_mass(const struct heat_input *h, enum heat_pipe p)
{
	return h->mass[p] || h->volume[p];
}

static const struct heat_scheme *fitting_scheme(const struct heat_input *h)
{
	if (h->is_hot_water) {
		return heat_scheme_find(h->mass[HEAT_CIRCULATION] ? "S8" : "S7");
	}
	return has_mass(h, HEAT_SUPPLY) ? heat_scheme_find("S1") :
	       has_mass(h, HEAT_RETURN) ? heat_scheme_find("S2") :
					  NULL;
}

static void find_scheme(const struct heat_question *q, struct heat_input *h)
{
	const char *code = q->is_hot_water ? "heat.scheme_hot_water" : "heat.scheme";
	const struct figure *f = figure_at(
		q->figures, q->place, code, figure_date(&h->calendar, q->span.from));
	h->scheme = f ? heat_scheme_find(f->text) : NULL;
	h->is_scheme_told = h->scheme != NULL;
	h->scheme = h->scheme ? h->scheme : fitting_scheme(h);
}

/* ---- one hour, or one row that has none ---- */

struct reading {
	const struct heat_question *q;
	struct heat_input *h;
	struct heat_axis rows, hours;
	struct heat_slots of_rows, of_hours;
	struct heat_hour *done; /* of every hour that has passed */
	size_t done_n;
	struct form_value *own; /* of the hours of one row */
	struct heat_contract contract;
	int contract_date;
	double both_own, both_meter; /* hours of which both are known, of the whole span */
};

static const struct heat_contract *contract_of(struct reading *g, int64_t utc)
{
	int date = figure_date(&g->h->calendar, utc);
	if (date != g->contract_date) {
		heat_contract_at(g->q, date, &g->contract);
		g->contract_date = date;
	}
	return &g->contract;
}

static void measured_at(
	const struct heat_slots *s, size_t i, struct heat_measured pipes[static HEAT_PIPE_COUNT])
{
	for (int p = 0; p < HEAT_PIPE_COUNT; p++) {
		pipes[p].mass = heat_slot(s->mass[p], i);
		pipes[p].volume = heat_slot(s->volume[p], i);
		pipes[p].temperature = heat_slot(s->temperature[p], i);
		pipes[p].pressure = heat_slot(s->pressure[p], i);
	}
}

/* The pipe whose flow says whether the input works. */
static enum heat_pipe main_pipe(const struct heat_input *h)
{
	return h->scheme                ? h->scheme->terms[0].mass :
	       has_mass(h, HEAT_SUPPLY) ? HEAT_SUPPLY :
					  HEAT_RETURN;
}

static void fill_abnormal(const struct heat_input *h,
	const struct heat_measured pipes[static HEAT_PIPE_COUNT], struct abnormal_hour *ret)
{
	enum heat_pipe p = main_pipe(h);
	bool is_cooling = h->scheme && h->scheme->terms[0].from == HEAT_RETURN;
	ret->amount = isnan(pipes[p].mass.value) ? pipes[p].volume.value : pipes[p].mass.value;
	if (!h->is_hot_water) { /* which is cooled by a few degrees only */
		ret->t1 = pipes[is_cooling ? HEAT_RETURN : HEAT_SUPPLY].temperature.value;
		ret->t2 = pipes[is_cooling ? HEAT_SUPPLY : HEAT_RETURN].temperature.value;
	}
}

static void fill_told(const struct heat_slots *s, size_t i, struct abnormal_hour *ret)
{
	for (int c = 0; c < ABNORMAL_CLASS_COUNT; c++) {
		ret->told_s[c] = s->told[c] ? s->told[c][i] : NAN;
	}
	ret->has_state = s->state && s->state[i] >= 0 && s->state[i] < 65536;
	ret->state = ret->has_state ? (unsigned)s->state[i] : 0;
}

static void add_known(double *sum, double x)
{
	*sum = isnan(x) ? *sum : isnan(*sum) ? x : *sum + x;
}

static double gcal_of(double gj)
{
	double v = NAN;
	return unit_convert(gj, UNIT_GJ, UNIT_GCAL, &v) == ERR_OK ? v : NAN;
}

/* Own heat of one interval; what is worth telling of it goes to the row. */
static struct form_value own_of(struct reading *g, struct heat_row *row,
	const struct heat_measured pipes[static HEAT_PIPE_COUNT], int64_t utc,
	const struct abnormal_timers *t, int64_t length_s)
{
	const struct heat_scheme *s = g->h->scheme;
	if (!s) {
		return heat_missing();
	}
	struct heat_result r = heat_energy(s, pipes, contract_of(g, utc));
	row->faults[r.fault] += r.fault != HEAT_OK;
	row->warnings |= r.warnings;
	if (r.fault != HEAT_OK) {
		return heat_missing();
	}
	add_known(&row->drawn_t, r.drawn_t);
	add_known(&row->leak_t, r.leak_t);
	add_known(&row->leak_gcal, gcal_of(r.leak_gj));
	if (r.warnings & HEAT_COLD_CONTRACT) {
		const struct heat_contract *c = contract_of(g, utc);
		add_known(&row->correction_gcal,
			gcal_of(heat_cold_correction(r.drawn_t, c->cold_c, c->cold_actual_c,
				c->pressure_mpa[HEAT_COLD])));
	}
	/* too small a difference of temperatures is an artefact of the sensors, not heat */
	r.q.value = t->s[ABNORMAL_IS_DT_LOW] >= length_s ? 0 : gcal_of(r.q.value);
	return r.q;
}

static struct form_value take_hour(struct reading *g, struct heat_row *row, size_t i)
{
	struct heat_measured pipes[HEAT_PIPE_COUNT];
	struct heat_hour *x = &g->done[i];
	struct abnormal_hour hour;
	int64_t length = g->hours.starts[i + 1] - g->hours.starts[i];
	measured_at(&g->of_hours, i, pipes);
	abnormal_hour_init(&hour, length);
	fill_abnormal(g->h, pipes, &hour);
	fill_told(&g->of_hours, i, &hour);
	x->timers = abnormal_of_hour(&g->h->limits, &hour);
	x->meter = heat_slot(g->of_hours.heat, i);
	x->outdoor_c = heat_slot(g->of_hours.outdoor, i).value;
	abnormal_add(&row->timers, &x->timers);
	return own_of(g, row, pipes, g->hours.starts[i], &x->timers, length);
}

static bool has_hours(const struct reading *g, size_t from, size_t till)
{
	enum heat_pipe p = main_pipe(g->h);
	for (size_t i = from; i < till; i++) {
		if (!isnan(heat_slot(g->of_hours.mass[p], i).value) ||
			!isnan(heat_slot(g->of_hours.volume[p], i).value)) {
			return true;
		}
	}
	return false;
}

/* A meter that keeps days only. Without a value of the row either, the hours say why. */
static void take_row(struct reading *g, struct heat_row *row, int64_t passed_s)
{
	struct heat_row by_hours = *row;
	struct abnormal_hour hour;
	struct abnormal_timers t;
	abnormal_hour_init(&hour, passed_s);
	fill_abnormal(g->h, row->pipes, &hour);
	t = abnormal_of_hour(&g->h->limits, &hour);
	if (abnormal_sums(&row->timers).unknown == passed_s) {
		by_hours.timers = t;
		row->timers = t;
	}
	memset(row->faults, 0, sizeof(row->faults));
	struct form_value own = own_of(g, row, row->pipes, row->span.from, &t, passed_s);
	if (isnan(own.value)) {
		*row = by_hours;
		return;
	}
	row->is_of_row = true;
	row->own = (struct heat_amount){own, is_usable(own) ? 1 : 0};
}

/* ---- rows ---- */

static void compare(const struct reading *g, struct heat_row *row, double own, double meter)
{
	int date = figure_date(&g->h->calendar, row->span.from);
	double limit = figure(g->q, "heat.own_against_meter", date);
	double step = 0, step_gcal = 0;
	if (isnan(own) || !(fabs(meter) > 0)) {
		return;
	}
	if (g->h->heat) {
		step = heat_step(g->q->site, g->h->heat, row->span.from);
		step_gcal = unit_convert(step, g->h->heat->unit, UNIT_GCAL, &step_gcal) ? 0 :
											  step_gcal;
	}
	row->difference_percent = (own - meter) / meter * 100;
	row->is_off = fabs(row->difference_percent) > limit && fabs(own - meter) > 2 * step_gcal;
}

static double meter_share(const struct reading *g, struct form_value v, size_t from, size_t till)
{
	size_t known = 0;
	if (is_whole(v) || till <= from || g->h->period == PERIOD_HOUR) {
		return is_usable(v) ? 1 : 0;
	}
	for (size_t i = from; i < till; i++) {
		known += is_usable(g->done[i].meter);
	}
	return (double)known / (double)(till - from);
}

static void make_row(struct reading *g, struct heat_row *row, size_t at, size_t *inout_hour)
{
	double both_own = 0, both_meter = 0;
	size_t from = *inout_hour, n = 0, both = 0;
	*row = (struct heat_row){.span = {g->rows.starts[at], g->rows.starts[at + 1]},
		.difference_percent = NAN,
		.drawn_t = NAN,
		.leak_t = NAN,
		.leak_gcal = NAN,
		.correction_gcal = NAN};
	row->is_running = row->span.till > g->q->now;
	measured_at(&g->of_rows, at, row->pipes);
	row->outdoor_c = heat_slot(g->of_rows.outdoor, at).value;
	for (; *inout_hour < g->done_n && g->hours.starts[*inout_hour] < row->span.till;
		++*inout_hour) {
		struct form_value own = take_hour(g, row, *inout_hour);
		struct form_value meter = g->done[*inout_hour].meter;
		g->own[n++] = own;
		if (is_usable(own) && is_usable(meter)) {
			both_own += own.value;
			both_meter += meter.value;
			both++;
		}
	}
	struct completeness c = form_completeness(g->own, n, n);
	row->own = (struct heat_amount){completeness_sum(&c), n ? c.completeness : NAN};
	row->meter.v = heat_slot(g->of_rows.heat, at);
	row->meter.completeness = n ? meter_share(g, row->meter.v, from, *inout_hour) : NAN;
	if (both > 0) {
		compare(g, row, both_own, both_meter);
		g->both_own += both_own;
		g->both_meter += both_meter;
	} else if (n > 0 && g->h->period != PERIOD_HOUR && !has_hours(g, from, *inout_hour)) {
		take_row(g, row, g->hours.starts[*inout_hour] - row->span.from);
		if (is_whole(row->own.v) && is_whole(row->meter.v)) {
			compare(g, row, row->own.v.value, row->meter.v.value);
			g->both_own += row->own.v.value;
			g->both_meter += row->meter.v.value;
		}
	}
}

/* ---- sums ---- */

/* One column of the rows that have begun. */
static struct completeness column(const struct heat_input *h,
	struct form_value (*of)(const struct heat_row *row, int pipe), int pipe,
	struct form_value *values)
{
	size_t n = 0;
	for (size_t i = 0; i < h->row_count; i++) {
		if (h->rows[i].span.from < h->now) {
			values[n++] = of(&h->rows[i], pipe);
		}
	}
	return form_completeness(values, n, n);
}

static struct form_value mass_of(const struct heat_row *r, int p)
{
	return r->pipes[p].mass;
}

static struct form_value volume_of(const struct heat_row *r, int p)
{
	return r->pipes[p].volume;
}

static struct form_value meter_of(const struct heat_row *r, int p)
{
	(void)p;
	return r->meter.v;
}

static struct form_value own_of_row(const struct heat_row *r, int p)
{
	(void)p;
	return r->own.v;
}

/* Weighted by what flowed, else by the length of the rows. */
static struct form_value mean_of(const struct heat_input *h, int p, bool is_pressure)
{
	double sum = 0, weight = 0, by_time = 0, time = 0;
	struct form_value r = heat_missing();
	for (size_t i = 0; i < h->row_count; i++) {
		const struct heat_measured *m = &h->rows[i].pipes[p];
		struct form_value v = is_pressure ? m->pressure : m->temperature;
		double mass = is_pressure          ? NAN :
			      isnan(m->mass.value) ? m->volume.value :
						     m->mass.value;
		double length = (double)(h->rows[i].span.till - h->rows[i].span.from);
		if (!is_usable(v)) {
			continue;
		}
		r.quality = time > 0 ? quality_worst(r.quality, v.quality) : v.quality;
		by_time += v.value * length;
		time += length;
		if (mass > 0) {
			sum += v.value * mass;
			weight += mass;
		}
	}
	r.value = weight > 0 ? sum / weight : time > 0 ? by_time / time : NAN;
	return r;
}

static void sum_amount(const struct heat_input *h, struct heat_amount *sum, bool is_own)
{
	double known = 0, passed = 0;
	for (size_t i = 0; i < h->row_count; i++) {
		const struct heat_row *r = &h->rows[i];
		double share = is_own ? r->own.completeness : r->meter.completeness;
		int64_t till = r->span.till < h->now ? r->span.till : h->now;
		if (!isnan(share) && till > r->span.from) {
			known += share * (double)(till - r->span.from);
			passed += (double)(till - r->span.from);
		}
	}
	sum->completeness = passed > 0 ? known / passed : NAN;
}

static enum err make_sum(struct reading *g)
{
	struct heat_input *h = g->h;
	struct heat_row *sum = &h->sum;
	struct form_value *values = calloc(h->row_count + 1, sizeof(*values));
	if (!values) {
		return ERR_NOMEM;
	}
	*sum = (struct heat_row){.span = h->span,
		.is_running = h->span.till > h->now,
		.difference_percent = NAN,
		.drawn_t = NAN,
		.leak_t = NAN,
		.leak_gcal = NAN,
		.correction_gcal = NAN,
		.outdoor_c = NAN};
	for (int p = 0; p < HEAT_PIPE_COUNT; p++) {
		struct completeness mass = column(h, mass_of, p, values);
		struct completeness volume = column(h, volume_of, p, values);
		sum->pipes[p].mass = completeness_sum(&mass);
		sum->pipes[p].volume = completeness_sum(&volume);
		sum->pipes[p].temperature = mean_of(h, p, false);
		sum->pipes[p].pressure = mean_of(h, p, true);
	}
	struct completeness meter = column(h, meter_of, 0, values);
	struct completeness own = column(h, own_of_row, 0, values);
	sum->meter.v = completeness_sum(&meter);
	sum->own.v = completeness_sum(&own);
	sum_amount(h, &sum->meter, false);
	sum_amount(h, &sum->own, true);
	double outdoor = 0;
	size_t n = 0;
	for (size_t i = 0; i < h->row_count; i++) {
		const struct heat_row *r = &h->rows[i];
		abnormal_add(&sum->timers, &r->timers);
		add_known(&sum->drawn_t, r->drawn_t);
		add_known(&sum->leak_t, r->leak_t);
		add_known(&sum->leak_gcal, r->leak_gcal);
		add_known(&sum->correction_gcal, r->correction_gcal);
		sum->warnings |= r->warnings;
		sum->is_of_row |= r->is_of_row;
		for (int f = 0; f < HEAT_FAULT_COUNT; f++) {
			sum->faults[f] += r->faults[f];
		}
		outdoor += isnan(r->outdoor_c) ? 0 : r->outdoor_c;
		n += isnan(r->outdoor_c) ? 0 : 1;
	}
	sum->outdoor_c = n ? outdoor / (double)n : NAN;
	compare(g, sum, g->both_own, g->both_meter);
	free(values);
	return ERR_OK;
}

/* ---- reading ---- */

static enum err check_question(const struct heat_question *q, struct diag *diag)
{
	int64_t most = q->period == PERIOD_HOUR  ? DAYS_OF_HOURS :
		       q->period == PERIOD_DAY   ? DAYS_OF_DAYS :
		       q->period == PERIOD_MONTH ? DAYS_OF_MONTHS :
						   0;
	if (most == 0) {
		return err_set(diag, ERR_INVAL, "period: hour, day or month");
	}
	if (q->span.till < q->span.from) {
		return err_set(diag, ERR_INVAL, "from and till: in this order");
	}
	if (q->span.till - q->span.from > most * DAY_S) {
		return err_set(diag, ERR_LIMIT, "at most %d days", (int)most);
	}
	return ERR_OK;
}

static void find_limits(const struct heat_question *q, struct heat_input *h)
{
	int date = figure_date(&h->calendar, q->span.from);
	h->limits = (struct abnormal_limits){figure(q, "abnormal.flow_min", date),
		figure(q, "abnormal.flow_max", date), figure(q, "abnormal.dt_min", date)};
	h->low_limit = figure(q, "abnormal.share_low_max", date) / 100;
	h->high_limit = figure(q, "abnormal.share_high_max", date) / 100;
}

static enum err read_all(struct reading *g)
{
	struct heat_input *h = g->h;
	enum err e = heat_axis_init(&g->rows, &h->calendar, h->period, h->span);
	/* the rows say where they end, also the last */
	struct span whole = {h->span.from, g->rows.n ? g->rows.starts[g->rows.n] : h->span.from};
	e = e ? e : heat_axis_init(&g->hours, &h->calendar, PERIOD_HOUR, whole);
	e = e ? e : heat_slots_read(g->q, h, &g->rows, h->period, false, &g->of_rows);
	e = e ? e : heat_slots_read(g->q, h, &g->hours, PERIOD_HOUR, true, &g->of_hours);
	if (e) {
		return e;
	}
	h->row_count = g->rows.n;
	h->rows = calloc(g->rows.n + 1, sizeof(*h->rows));
	g->done = calloc(g->hours.n + 1, sizeof(*g->done));
	g->own = calloc(g->hours.n + 1, sizeof(*g->own));
	if (!h->rows || !g->done || !g->own) {
		return ERR_NOMEM;
	}
	while (g->done_n < g->hours.n && g->hours.starts[g->done_n + 1] <= h->now) {
		g->done_n++;
	}
	size_t hour = 0;
	for (size_t i = 0; i < h->row_count; i++) {
		make_row(g, &h->rows[i], i, &hour);
	}
	e = make_sum(g);
	h->shares = abnormal_shares(&h->sum.timers, h->low_limit, h->high_limit);
	e = e ? e : heat_gaps_find(g->q, h, &g->hours, g->done, g->done_n);
	return e ? e : heat_checks_make(g->q, h);
}

enum err heat_input_read(
	const struct heat_question *q, struct heat_input **ret_input, struct diag *diag)
{
	enum err e = check_question(q, diag);
	if (e) {
		return e;
	}
	struct heat_input *h = calloc(1, sizeof(*h));
	if (!h) {
		return ERR_NOMEM;
	}
	struct reading g = {.q = q, .h = h, .contract_date = -1};
	h->place = site_find(q->site, OBJECT_PLACE, q->place);
	h->is_hot_water = q->is_hot_water;
	h->calendar = site_calendar(q->site, q->place);
	h->period = q->period;
	h->span = q->span;
	h->now = q->now;
	if (!h->place) {
		e = ERR_NOTFOUND;
	} else {
		heat_source_find(q->site, h);
		find_scheme(q, h);
		find_limits(q, h);
		e = read_all(&g);
	}
	heat_axis_fini(&g.rows);
	heat_axis_fini(&g.hours);
	heat_slots_fini(&g.of_rows);
	heat_slots_fini(&g.of_hours);
	free(g.done);
	free(g.own);
	if (e) {
		heat_input_free(h);
		return e;
	}
	*ret_input = h;
	return ERR_OK;
}

void heat_input_free(struct heat_input *h)
{
	for (size_t i = 0; h && i < h->proposal_count; i++) {
		free(h->proposals[i].gaps);
	}
	if (h) {
		free(h->rows);
	}
	free(h);
}
