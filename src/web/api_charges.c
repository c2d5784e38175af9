/*
 * api_charges.c - the charges of a building and a month, and one flat's bill with every line explained
 *
 * Who sees the building's data sees its sums; a flat is listed only to those who may see its own data.
 * Where so few flats are hidden that one could be worked out from the sums, the sums of flats are left
 * out, too; what passed the common meter is not.
 */
#include "web/view.h"

#include "base/clock.h"
#include "calc/bill.h"

#include <math.h>
#include <stdio.h>

#define CROWD    4 /* fewer hidden flats, and one could be guessed */
#define TEXT_MAX 16384

/* ---- the question ---- */

struct asked {
	struct http_request *r;
	struct named_month month;
	struct figures *figures;
	struct bill *bill;
	size_t hidden; /* flats the user may not see */
};

static bool may_see(const struct asked *a, int64_t place)
{
	return (access_at(&who_of(a->r)->access, site_of(a->r), place) & ACCESS_DATA) != 0;
}

static enum err ask(struct asked *a, int64_t building)
{
	struct bill_question q = {.store = web_of(a->r)->store,
		.site = site_of(a->r),
		.building = building,
		.now = clock_now()};
	struct calendar c = site_calendar(q.site, building);
	enum err e = query_month(a->r, &c, q.now, &a->month);
	q.month = a->month.span;
	if (!e && q.month.from > q.now) {
		e = err_set(&a->r->diag, ERR_INVAL, "month: has not begun");
	}
	e = e ? e : figures_load(q.site, &a->figures, &a->r->diag);
	q.figures = a->figures;
	e = e ? e : bill_new(&q, &a->bill, &a->r->diag);
	for (size_t i = 0; !e && i < a->bill->n; i++) {
		a->hidden += may_see(a, a->bill->flats[i].place) ? 0 : 1;
	}
	return e;
}

static void asked_fini(struct asked *a)
{
	bill_free(a->bill);
	figures_free(a->figures);
}

/* ---- pieces ---- */

static void jsonw_money(struct jsonw *w, const char *key, int64_t money)
{
	jsonw_real(w, key, money_value(money));
}

static void write_month(struct jsonw *w, const struct asked *a)
{
	char name[16];
	(void)snprintf(name, sizeof(name), "%04d-%02d", a->month.year % 10000, a->month.month);
	jsonw_str(w, "month", name);
	jsonw_int(w, "start", a->month.span.from);
	jsonw_int(w, "end", a->month.span.till);
	jsonw_bool(w, "is_running", a->bill->is_running);
	jsonw_bool(w, "is_closed", a->bill->is_closed);
	jsonw_calendar(w, "calendar", &a->bill->calendar);
}

static void write_service(struct jsonw *w, enum charge_service s)
{
	jsonw_str(w, "service", charge_service_name(s));
	jsonw_text(w, "text", charge_service_text(s, LANG_EN), charge_service_text(s, LANG_RU));
}

static void write_quality(struct jsonw *w, uint16_t quality)
{
	jsonw_str(w, "quality", quality_class_name(quality_class(quality)));
	jsonw_flags(w, quality);
}

/* Formulas that lines of the given bills were worked out with, each once. */
static void write_rules(struct jsonw *w, const struct bill *b, size_t first, size_t count)
{
	bool is_used[CHARGE_SERVICE_COUNT][APPORTION_ROLE_COUNT] = {{false}};
	for (size_t i = first; i < first + count; i++) {
		const struct charge_line *line = &b->result->lines[i];
		for (size_t k = 0; k < line->role_count; k++) {
			is_used[line->rule_service][line->roles[k]] = true;
		}
	}
	jsonw_array(w, "rules");
	for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
		for (int k = 0; k < APPORTION_ROLE_COUNT; k++) {
			if (is_used[s][k] && b->rules->rules[s][k].figure) {
				jsonw_figure(w, b->rules->rules[s][k].figure);
			}
		}
	}
	jsonw_end(w);
}

static void write_warning(struct jsonw *w, const struct asked *a, const struct charge_warning *x)
{
	jsonw_object(w, NULL);
	jsonw_str(w, "fault", charge_fault_name(x->fault));
	jsonw_text(w, "text", charge_fault_text(x->fault, LANG_EN),
		charge_fault_text(x->fault, LANG_RU));
	jsonw_str(w, "service", charge_service_name(x->service));
	if (x->place) {
		jsonw_place(w, "place", site_of(a->r), x->place);
	} else {
		jsonw_null(w, "place");
	}
	jsonw_end(w);
}

/* Of the house and of one place, or (place 0) of all that may be seen. */
static void write_warnings(struct jsonw *w, const struct asked *a, int64_t place)
{
	const struct charge_result *r = a->bill->result;
	jsonw_array(w, "warnings");
	for (size_t i = 0; i < r->warning_count; i++) {
		const struct charge_warning *x = &r->warnings[i];
		bool is_wanted = !x->place || (place ? x->place == place : may_see(a, x->place));
		if (is_wanted) {
			write_warning(w, a, x);
		}
	}
	jsonw_end(w);
}

/* ---- the house ---- */

static const char *mode_name(enum charge_common m)
{
	return m == CHARGE_COMMON_FACT ? "fact" : m == CHARGE_COMMON_OFF ? "off" : "norm_cap";
}

static void write_formula_number(struct jsonw *w, const struct bill *b, enum charge_service s)
{
	char number[APPORTION_NUMBER_CAP] = "";
	const struct figure *f = b->rules->rules[s][b->result->totals[s].role].figure;
	jsonw_str(w, "formula", f ? apportion_number(f, number) : "");
}

static void write_total(struct jsonw *w, const struct asked *a, enum charge_service s)
{
	const struct charge_total *t = &a->bill->result->totals[s];
	bool is_told = a->hidden == 0 || a->hidden >= CROWD;
	const struct charge_meter *m = &a->bill->house.common[s];
	jsonw_object(w, NULL);
	write_service(w, s);
	jsonw_unit(w, "unit", charge_service_unit(s));
	jsonw_bool(w, "has_common_meter", m->is_fitted);
	jsonw_real(w, "supplied", t->supplied);
	write_quality(w, m->is_fitted ? m->quality : quality_make(QUALITY_MISSING, SOURCE_NONE, 0));
	jsonw_real(w, "completeness", m->is_fitted ? m->completeness : NAN);
	jsonw_str(w, "common_needs", mode_name(t->mode));
	write_formula_number(w, a->bill, s);
	jsonw_bool(w, "is_told", is_told);
	jsonw_real(w, "individual", is_told ? t->individual : NAN);
	jsonw_real(w, "rest", is_told ? t->rest : NAN);
	jsonw_real(w, "cap", t->cap);
	jsonw_real(w, "common", is_told ? t->common : NAN);
	jsonw_real(w, "volume", is_told ? t->volume : NAN);
	jsonw_money(w, "charge", is_told ? t->charge : MONEY_NONE);
	jsonw_money(w, "charge_known", is_told ? t->charge_known : MONEY_NONE);
	jsonw_money(w, "rounding", is_told ? t->rounding : MONEY_NONE);
	jsonw_int(w, "lines", (int64_t)t->flats);
	jsonw_int(w, "lines_known", (int64_t)t->known);
	jsonw_end(w);
}

/* One service of one flat: its lines as a sum. */
struct flat_sum {
	double volume, completeness;
	int64_t charge;
	uint16_t quality;
	enum charge_basis basis;
	bool is_there;
};

static void add_to_sum(struct flat_sum *sum, const struct charge_line *line)
{
	bool is_volume = line->part == CHARGE_WHOLE || line->part == CHARGE_INDIVIDUAL ||
			 line->part == CHARGE_COMMON;
	sum->charge = sum->is_there ? money_add(sum->charge, line->charge) : line->charge;
	sum->quality = sum->is_there ? quality_worst(sum->quality, line->quality) : line->quality;
	sum->completeness = sum->is_there ? fmin(sum->completeness, line->completeness) :
					    line->completeness;
	sum->is_there = true;
	if (is_volume) {
		sum->volume += line->volume;
	}
	if (is_volume && line->part != CHARGE_COMMON) {
		sum->basis = line->basis;
	}
}

static void write_flat(struct jsonw *w, const struct asked *a, size_t i)
{
	const struct bill *b = a->bill;
	const struct charge_bill *bill = &b->result->bills[i];
	struct flat_sum sums[CHARGE_SERVICE_COUNT] = {{0}};
	for (size_t k = 0; k < bill->count; k++) {
		const struct charge_line *line = &b->result->lines[bill->first + k];
		add_to_sum(&sums[line->service], line);
	}
	jsonw_object(w, NULL);
	jsonw_place(w, "place", site_of(a->r), bill->place);
	jsonw_real(w, "area_m2", b->flats[i].area);
	jsonw_real(w, "people", b->flats[i].people);
	jsonw_money(w, "total", bill->total);
	jsonw_money(w, "known", bill->known);
	jsonw_array(w, "services");
	for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
		if (!sums[s].is_there) {
			continue;
		}
		jsonw_object(w, NULL);
		jsonw_str(w, "service", charge_service_name((enum charge_service)s));
		jsonw_real(w, "volume", sums[s].volume);
		jsonw_money(w, "charge", sums[s].charge);
		jsonw_str(w, "basis", charge_basis_name(sums[s].basis));
		write_quality(w, sums[s].quality);
		jsonw_real(w, "completeness", sums[s].completeness);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_end(w);
}

static void write_house(struct jsonw *w, const struct asked *a)
{
	const struct bill *b = a->bill;
	double area = 0;
	for (size_t i = 0; i < b->n; i++) {
		area += b->flats[i].area;
	}
	jsonw_real(w, "area_m2", isnan(b->house.area) ? area : b->house.area);
	jsonw_real(w, "common_area_m2", b->house.common_area);
	jsonw_int(w, "flat_count", (int64_t)b->n);
	jsonw_int(w, "hidden_count", (int64_t)a->hidden);
	jsonw_bool(w, "has_house_correction", b->has_house_correction);
}

enum err place_apportionment_h(struct http_request *r)
{
	struct asked a = {.r = r};
	const void *object;
	enum err e = find_object(r, OBJECT_PLACE, r->id, ACCESS_DATA, &object);
	const struct place *place = object;
	if (!e && place->kind != PLACE_BUILDING) {
		e = err_set(&r->diag, ERR_NOTFOUND, "charges are divided in a building");
	}
	e = e ? e : ask(&a, r->id);
	if (!e) {
		struct jsonw w = reply_json(r);
		jsonw_object(&w, NULL);
		jsonw_place(&w, "place", site_of(r), r->id);
		write_month(&w, &a);
		write_house(&w, &a);
		jsonw_array(&w, "services");
		for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
			if (a.bill->result->totals[s].is_charged) {
				write_total(&w, &a, (enum charge_service)s);
			}
		}
		jsonw_end(&w);
		jsonw_array(&w, "flats");
		for (size_t i = 0; i < a.bill->n; i++) {
			if (may_see(&a, a.bill->flats[i].place)) {
				write_flat(&w, &a, i);
			}
		}
		jsonw_end(&w);
		write_rules(&w, a.bill, 0, a.bill->result->line_count);
		write_warnings(&w, &a, 0);
		jsonw_end(&w);
	}
	asked_fini(&a);
	return e;
}

/* ---- one bill ---- */

static const char *text_of(struct buf *b)
{
	return b->is_full ? "" : buf_cstr(b);
}

static void write_variable(struct jsonw *w, const struct charge_line *line, enum apportion_var v)
{
	struct buf en, ru;
	buf_init(&en, TEXT_MAX);
	buf_init(&ru, TEXT_MAX);
	apportion_var_text(line, v, LANG_EN, &en);
	apportion_var_text(line, v, LANG_RU, &ru);
	jsonw_object(w, NULL);
	jsonw_str(w, "name", apportion_var_name(v));
	jsonw_text(w, "text", apportion_var_title(v, LANG_EN), apportion_var_title(v, LANG_RU));
	jsonw_real(w, "value", line->vars[v]);
	jsonw_text(w, "shown", text_of(&en), text_of(&ru));
	jsonw_end(w);
	buf_fini(&en);
	buf_fini(&ru);
}

static void write_result(struct jsonw *w, const struct charge_line *line, double value)
{
	struct buf en, ru;
	buf_init(&en, TEXT_MAX);
	buf_init(&ru, TEXT_MAX);
	apportion_volume_text(line, value, LANG_EN, &en);
	apportion_volume_text(line, value, LANG_RU, &ru);
	jsonw_real(w, "result", value);
	jsonw_text(w, "result_shown", text_of(&en), text_of(&ru));
	buf_fini(&en);
	buf_fini(&ru);
}

static void write_step(struct jsonw *w, const struct bill *b, const struct charge_line *line,
	enum apportion_role role)
{
	const struct apportion_rule *rule = &b->rules->rules[line->rule_service][role];
	enum apportion_var vars[APPORTION_VAR_COUNT];
	size_t n = apportion_rule_vars(rule, vars, APPORTION_VAR_COUNT);
	char number[APPORTION_NUMBER_CAP];
	struct buf en, ru;
	if (!rule->figure) {
		return;
	}
	buf_init(&en, TEXT_MAX);
	buf_init(&ru, TEXT_MAX);
	apportion_fill(rule, line, LANG_EN, &en);
	apportion_fill(rule, line, LANG_RU, &ru);
	jsonw_object(w, NULL);
	jsonw_str(w, "code", rule->figure->code);
	jsonw_str(w, "number", apportion_number(rule->figure, number));
	jsonw_str(w, "formula", rule->figure->text);
	jsonw_text(w, "filled", text_of(&en), text_of(&ru));
	write_result(w, line, apportion_step_value(line, role));
	jsonw_array(w, "variables");
	for (size_t i = 0; i < n; i++) {
		write_variable(w, line, vars[i]);
	}
	jsonw_end(w);
	jsonw_end(w);
	buf_fini(&en);
	buf_fini(&ru);
}

static void write_parts(struct jsonw *w, const struct bill *b, const struct charge_line *line)
{
	jsonw_array(w, "parts");
	for (size_t i = 0; i < line->part_count; i++) {
		const struct tariff_part *p = &line->parts[i];
		bool has_zone = p->zone >= 0 && b->zones;
		char date[16];
		(void)snprintf(date, sizeof(date), "%04d-%02d-%02d", p->from_date / 10000 % 10000,
			p->from_date / 100 % 100, p->from_date % 100);
		jsonw_object(w, NULL);
		jsonw_str(w, "from", date);
		if (has_zone) {
			const struct zones_zone *z = &b->zones->zones[p->zone];
			jsonw_text(w, "zone", z->title, z->title_ru);
		} else {
			jsonw_null(w, "zone");
		}
		jsonw_real(w, "volume", p->volume);
		jsonw_real(w, "rate", p->rate);
		jsonw_money(w, "charge", p->charge);
		jsonw_bool(w, "is_by_days", p->is_by_days);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void write_explanation(struct jsonw *w, const struct bill *b, const struct charge_line *line)
{
	struct buf en, ru;
	buf_init(&en, TEXT_MAX);
	buf_init(&ru, TEXT_MAX);
	apportion_explain(b->rules, line, LANG_EN, &en);
	apportion_explain(b->rules, line, LANG_RU, &ru);
	jsonw_text(w, "explanation", text_of(&en), text_of(&ru));
	buf_fini(&en);
	buf_fini(&ru);
}

static void write_line(struct jsonw *w, const struct bill *b, const struct charge_line *line,
	const struct form_value *last_year)
{
	bool is_individual = line->part == CHARGE_WHOLE || line->part == CHARGE_INDIVIDUAL;
	jsonw_object(w, NULL);
	write_service(w, line->service);
	jsonw_str(w, "part", charge_part_name(line->part));
	jsonw_str(w, "basis", charge_basis_name(line->basis));
	jsonw_unit(w, "unit",
		line->part == CHARGE_CAPACITY ? UNIT_GCAL_H : charge_service_unit(line->service));
	jsonw_real(w, "individual", line->individual);
	jsonw_real(w, "common", line->common);
	jsonw_real(w, "common_full", line->common_full);
	jsonw_real(w, "volume", line->volume);
	jsonw_real(w, "norm", line->norm);
	jsonw_real(w, "last_year", is_individual ? last_year[line->service].value : NAN);
	write_quality(w, line->quality);
	jsonw_real(w, "completeness", line->completeness);
	jsonw_int(w, "unread_months", line->unread_months);
	jsonw_money(w, "charge", line->charge);
	write_parts(w, b, line);
	jsonw_array(w, "steps");
	for (size_t i = 0; i < line->role_count; i++) {
		write_step(w, b, line, line->roles[i]);
	}
	jsonw_end(w);
	write_explanation(w, b, line);
	jsonw_end(w);
}

static void write_vat(struct jsonw *w, const struct bill *b, int64_t total)
{
	double percent = figure_number(b->q.figures, b->q.building, "vat.rate", b->date);
	struct tariff_vat vat = tariff_vat_of_gross(total, percent);
	jsonw_object(w, "vat");
	jsonw_real(w, "percent", percent);
	jsonw_money(w, "amount", vat.vat);
	jsonw_end(w);
}

/* The same month a year ago. */
static struct span year_ago(const struct bill *b)
{
	int64_t start = b->q.month.from;
	for (int i = 0; i < 12; i++) {
		start = period_prev(&b->calendar, PERIOD_MONTH, start);
	}
	return period_of(&b->calendar, PERIOD_MONTH, start);
}

static enum err write_bill(struct http_request *r, const struct asked *a, size_t flat)
{
	const struct bill *b = a->bill;
	const struct charge_bill *bill = &b->result->bills[flat];
	struct form_value last_year[CHARGE_SERVICE_COUNT];
	enum err e = bill_month(b, flat, year_ago(b), last_year);
	if (e) {
		return e;
	}
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_place(&w, "place", site_of(r), bill->place);
	jsonw_place(&w, "building", site_of(r), b->q.building);
	write_month(&w, a);
	jsonw_real(&w, "area_m2", b->flats[flat].area);
	jsonw_real(&w, "people", b->flats[flat].people);
	jsonw_money(&w, "total", bill->total);
	jsonw_money(&w, "known", bill->known);
	write_vat(&w, b, bill->total);
	jsonw_array(&w, "lines");
	for (size_t i = 0; i < bill->count; i++) {
		write_line(&w, b, &b->result->lines[bill->first + i], last_year);
	}
	jsonw_end(&w);
	write_rules(&w, b, bill->first, bill->count);
	write_warnings(&w, a, bill->place);
	jsonw_end(&w);
	return ERR_OK;
}

enum err place_bill_h(struct http_request *r)
{
	struct asked a = {.r = r};
	const void *object;
	enum err e = find_object(r, OBJECT_PLACE, r->id, ACCESS_DATA, &object);
	const struct place *place = object;
	if (!e && place->kind != PLACE_FLAT && place->kind != PLACE_OFFICE) {
		e = err_set(&r->diag, ERR_NOTFOUND, "a bill is of a flat or an office");
	}
	int64_t building = e ? 0 : site_building(site_of(r), place->id);
	if (!e && !building) {
		e = err_set(&r->diag, ERR_NOTFOUND, "the place lies in no building");
	}
	e = e ? e : ask(&a, building);
	size_t flat;
	if (!e) {
		e = bill_find(a.bill, place->id, &flat) ? write_bill(r, &a, flat) : ERR_NOTFOUND;
	}
	asked_fini(&a);
	return e;
}
