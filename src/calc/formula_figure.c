/*
 * formula_figure.c - dated figures in formulas: tariffs, norms, parameters, graphs, calendars of days
 *
 * Codes of figures are lower case; the names in a formula may be written as the contract writes them, G105_70.
 * A figure's name is settled when the formula is compiled: it must exist for the place then, so that a
 * misspelt tariff is an error and no gap. Its unit is that of the version in force last; a version in
 * another unit of the same kind is converted, one of another kind is a fault. A unit nobody knows is a plain
 * number.
 *
 *   heating_season      table from till                 whole dates yyyymmdd, both included, till '-': still on
 *   calculation.days    table date is_workday           days that are worked or not against the week
 *   calculation.night.from_hour, .till_hour             local hours
 */
#include "calc/figure.h"
#include "calc/formula_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LATEST   99999999
#define ROWS_MAX 512

/* ---- compiling ---- */

/* prefix.name in lower case */
static void make_code(char *out, size_t cap, const char *prefix, const char *name)
{
	(void)snprintf(out, cap, "%s%s", prefix, name);
	for (char *c = out; *c; c++) {
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	}
}

static const struct figure *known(const struct parser *p, const char *code)
{
	const struct figures *set = p->f->figures;
	const struct figure *found = set ? figure_at(set, p->f->place, code, LATEST) : NULL;
	for (size_t i = 0; set && !found && i < figures_count(set); i++) { /* one that has ended */
		const struct figure *other = figures_item(set, i);
		if (strcmp(other->code, code) == 0) {
			found = figure_at(set, p->f->place, code, other->from_date);
		}
	}
	return found;
}

static bool no_figure(struct parser *p, size_t at, const char *code)
{
	const struct figures *set = p->f->figures;
	const char *nearest = NULL;
	unsigned best = 4;
	for (size_t i = 0; set && i < figures_count(set); i++) {
		const char *other = figures_item(set, i)->code;
		unsigned d = text_distance(code, other);
		if (d < best && d > 0) {
			best = d;
			nearest = other;
		}
	}
	return lex_fail(&p->lex, ERR_INVAL, at,
		SAY(&p->lex, "no figure '%s' holds at this place%s%s%s",
			"на этом объекте нет норматива «%s»%s%s%s"),
		code, nearest ? SAY(&p->lex, "; is it '", "; может быть, «") : "",
		nearest ? nearest : "", nearest ? SAY(&p->lex, "'?", "»?") : "");
}

static bool refer(struct parser *p, const struct figure_ref *ref, uint16_t *ret_index)
{
	struct formula *f = p->f;
	if (!formula_grow((void **)&f->refs, &f->ref_cap, f->ref_count, sizeof(*f->refs))) {
		return lex_fail(&p->lex, ERR_NOMEM, 0, "a formula");
	}
	f->refs[f->ref_count] = *ref;
	*ret_index = (uint16_t)f->ref_count++;
	return true;
}

static bool emit(struct parser *p, enum op_code code, uint8_t fn, const struct figure_ref *ref)
{
	struct op *op = parse_emit(p, code);
	uint16_t index = 0;
	if (!op || !refer(p, ref, &index)) {
		return false;
	}
	op->fn = fn;
	op->n = index;
	return true;
}

static void take_unit(struct figure_ref *ref, const struct figure *found, struct measure otherwise)
{
	ref->unit_text = found->unit;
	if (!measure_from_text(found->unit, &ref->unit)) {
		ref->unit = *found->unit ? measure_none : otherwise;
	}
}

static bool date_argument(struct parser *p, const struct function *fn, int *ret_date)
{
	char text[16];
	int64_t utc;
	size_t at = p->token.from;
	if (!parse_string(p, fn, text, sizeof(text))) {
		return false;
	}
	if (strlen(text) != 10 || time_parse(text, NULL, &utc)) {
		return lex_fail(&p->lex, ERR_INVAL, at,
			SAY(&p->lex, "expected a date such as \"2026-01-31\"",
				"нужна дата вида \"2026-01-31\""));
	}
	*ret_date = figure_date(&(struct calendar){.report_day = 1}, utc);
	return true;
}

bool parse_fn_figure(struct parser *p, const struct function *fn, struct operand *ret)
{
	static const char *const prefixes[] = {
		[FIGURE_TARIFF] = "tariff.", [FIGURE_NORM] = "norm.", [FIGURE_PARAM] = ""};
	struct figure_ref ref = {.unit = measure_none};
	char name[96];
	size_t at = p->token.from;
	*ret = (struct operand){.unit = measure_none, .op_from = p->f->op_count};
	if (!parse_string(p, fn, name, sizeof(name))) {
		return false;
	}
	make_code(ref.code, sizeof(ref.code), prefixes[fn->code], name);
	const struct figure *found = known(p, ref.code);
	if (!found) {
		return no_figure(p, at, ref.code);
	}
	if (isnan(found->value)) {
		return lex_fail(&p->lex, ERR_INVAL, at,
			SAY(&p->lex, "'%s' is a text, no number", "«%s» — текст, а не число"),
			ref.code);
	}
	if (fn->code == FIGURE_TARIFF && parse_is(p, SIGN_COMMA) &&
		(!parse_advance(p) || !date_argument(p, fn, &ref.date))) {
		return false;
	}
	take_unit(&ref, found, measure_none);
	ret->unit = ref.unit;
	return emit(p, OP_FIGURE, 0, &ref);
}

/* The table `name` means, its code in ref->code. */
static const struct figure *find_graph(struct parser *p, const char *name, struct figure_ref *ref)
{
	static const char *const prefixes[] = {"temperature_graph.", "graph."};
	if (strchr(name, '.')) {
		make_code(ref->code, sizeof(ref->code), "", name);
		return known(p, ref->code);
	}
	const struct figure *found = NULL;
	for (size_t i = 0; i < 2 && !found; i++) {
		make_code(ref->code, sizeof(ref->code), prefixes[i], name);
		found = known(p, ref->code);
	}
	return found;
}

static bool graph_argument(struct parser *p, struct operand *x)
{
	struct measure c = measure_of(UNIT_DEGC);
	char text[200];
	if (!parse_expression(p, x)) {
		return false;
	}
	if (!measure_is_number(&x->unit) && !measure_is_alike(&x->unit, &c)) {
		return lex_fail(&p->lex, ERR_INVAL, x->from,
			SAY(&p->lex, "%s: expected a temperature in °C",
				"%s: нужна температура в °C"),
			parse_source(p, x, text));
	}
	return parse_convert(p, x, measure_is_number(&x->unit) ? &measure_none : &c);
}

bool parse_fn_graph(struct parser *p, const struct function *fn, struct operand *ret)
{
	struct figure_ref ref = {.unit = measure_none};
	char name[96];
	size_t at = p->token.from, column_at, index;
	if (!parse_string(p, fn, name, sizeof(name))) {
		return false;
	}
	const struct figure *found = find_graph(p, name, &ref);
	if (!found) {
		return no_figure(p, at, ref.code);
	}
	if (!parse_sign(p, SIGN_COMMA, fn->text.signature)) {
		return false;
	}
	column_at = p->token.from;
	if (!parse_string(p, fn, ref.column, sizeof(ref.column))) {
		return false;
	}
	if (!figure_column(found, ref.column, &index)) {
		return lex_fail(&p->lex, ERR_INVAL, column_at,
			SAY(&p->lex, "the table '%s' has no column '%s'",
				"в таблице «%s» нет графы «%s»"),
			ref.code, ref.column);
	}
	if (!parse_sign(p, SIGN_COMMA, fn->text.signature) || !graph_argument(p, ret)) {
		return false;
	}
	take_unit(&ref, found, measure_of(UNIT_DEGC));
	ret->unit = ref.unit;
	ret->is_bare = false;
	return emit(p, OP_GRAPH, 0, &ref);
}

bool parse_fn_calendar(struct parser *p, const struct function *fn, struct operand *ret)
{
	static const char *const codes[] = {
		[CLOCK_NIGHT] = "calculation.night.from_hour",
		[CLOCK_WORKDAY] = "calculation.days",
		[CLOCK_HEATING] = "heating_season",
	};
	struct figure_ref ref = {.unit = measure_none};
	uint16_t second;
	*ret = (struct operand){.unit = measure_none, .op_from = p->f->op_count};
	make_code(ref.code, sizeof(ref.code), "", codes[fn->code]);
	if (!emit(p, OP_CLOCK, fn->code, &ref)) {
		return false;
	}
	if (fn->code == CLOCK_NIGHT) {
		make_code(ref.code, sizeof(ref.code), "", "calculation.night.till_hour");
		return refer(p, &ref, &second);
	}
	return true;
}

/* ---- evaluating ---- */

static const struct figure *in_force(
	const struct formula *f, const struct figure_ref *ref, struct span interval)
{
	int date = ref->date ? ref->date : figure_date(&f->calendar, interval.from);
	return f->figures ? figure_at(f->figures, f->place, ref->code, date) : NULL;
}

/* In the unit the formula was compiled with. */
static double in_unit(
	const struct figure_ref *ref, const struct figure *found, double v, unsigned *ret_fault)
{
	struct measure unit;
	if (strcmp(found->unit, ref->unit_text) == 0) {
		return v;
	}
	if (!measure_from_text(found->unit, &unit)) {
		unit = measure_none;
	}
	if (!measure_is_alike(&unit, &ref->unit)) {
		*ret_fault = FORMULA_FIGURE;
		return NAN;
	}
	return measure_convert(v, &unit, &ref->unit);
}

double figure_value(const struct formula *f, size_t ref, struct span interval, unsigned *ret_fault)
{
	const struct figure_ref *r = &f->refs[ref];
	const struct figure *found = in_force(f, r, interval);
	return found ? in_unit(r, found, found->value, ret_fault) : NAN;
}

double figure_graph(
	const struct formula *f, size_t ref, struct span interval, double x, unsigned *ret_fault)
{
	const struct figure_ref *r = &f->refs[ref];
	const struct figure *found = in_force(f, r, interval);
	size_t column;
	if (!found) {
		return NAN;
	}
	if (!figure_column(found, r->column, &column)) {
		*ret_fault = FORMULA_FIGURE;
		return NAN;
	}
	return in_unit(r, found, figure_interp(found, r->column, x), ret_fault);
}

static double is_night(const struct formula *f, size_t ref, struct span interval, int hour)
{
	const struct figure *from = in_force(f, &f->refs[ref], interval);
	const struct figure *till = in_force(f, &f->refs[ref + 1], interval);
	if (!from || !till) {
		return NAN;
	}
	return from->value <= till->value ? hour >= from->value && hour < till->value :
					    hour >= from->value || hour < till->value;
}

static size_t read_rows(const struct figure *table, struct figure_row rows[static ROWS_MAX])
{
	size_t n = table ? figure_rows(table, rows, ROWS_MAX) : 0;
	return n < ROWS_MAX ? n : ROWS_MAX;
}

/* The table's last word counts: a later row corrects an earlier one. */
static double is_workday(const struct figure *table, int date, int weekday)
{
	struct figure_row rows[ROWS_MAX];
	double answer = weekday >= 1 && weekday <= 5;
	for (size_t i = 0, n = read_rows(table, rows); i < n; i++) {
		if (rows[i].n >= 2 && rows[i].v[0] == date && !isnan(rows[i].v[1])) {
			answer = rows[i].v[1] != 0;
		}
	}
	return answer;
}

static double is_heating(const struct figure *table, int date)
{
	struct figure_row rows[ROWS_MAX];
	double answer = NAN;
	for (size_t i = 0, n = read_rows(table, rows); i < n; i++) {
		if (rows[i].n < 2 || isnan(rows[i].v[0]) || rows[i].v[0] > date) {
			continue;
		}
		bool is_on = isnan(rows[i].v[1]) || rows[i].v[1] >= date;
		answer = is_on || answer == 1;
	}
	return answer;
}

double figure_calendar(
	const struct formula *f, size_t ref, struct span interval, enum clock_part part)
{
	const struct zone *z = f->calendar.zone;
	struct civil local = z ? zone_civil(z, interval.from) : civil_from_utc(interval.from);
	const struct figure *table = in_force(f, &f->refs[ref], interval);
	int date = figure_date(&f->calendar, interval.from);
	switch (part) {
	case CLOCK_NIGHT: return is_night(f, ref, interval, local.hour);
	case CLOCK_WORKDAY: return is_workday(table, date, civil_weekday(local));
	default: return is_heating(table, date);
	}
}
