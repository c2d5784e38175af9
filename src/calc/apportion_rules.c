/*
 * apportion_rules.c - the formulas in force: found by code, compiled, evaluated
 */
#include "calc/apportion_impl.h"

#include "calc/formula.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- codes ---- */

struct coded {
	enum charge_service service;
	enum apportion_role role;
	const char *code; /* behind "apportionment." */
};

#define COMMON_CODES(service, name, number)                                                        \
	{service, APPORTION_NORM, name ".4.individual"},                                           \
		{service, APPORTION_RAISE, name ".4_1.raise"},                                     \
		{service, APPORTION_REST, name ".rest"}, {service, APPORTION_CAP, name ".15.cap"}, \
		{service, APPORTION_COMMON, name "." number ".common"},                            \
	{                                                                                          \
		service, APPORTION_NEGATIVE, name ".negative.common"                               \
	}

static const struct coded codes[] = {{CHARGE_HEAT, APPORTION_SUPPLY, "heat.supply"},
	{CHARGE_HEAT, APPORTION_REST, "heat.rest"},
	{CHARGE_HEAT, APPORTION_NORM, "heat.2.individual"},
	{CHARGE_HEAT, APPORTION_NORM_EVENLY, "heat.2_1.individual"},
	{CHARGE_HEAT, APPORTION_AREA, "heat.3_6.individual"},
	{CHARGE_HEAT, APPORTION_SPECIFIC, "heat.3_7.individual"},
	{CHARGE_HEAT, APPORTION_EVEN, "heat.even.individual"},
	{CHARGE_HEAT, APPORTION_COMMON, "heat.3.common"},
	{CHARGE_HEAT, APPORTION_COMMON_MIXED, "heat.3_1.common"},
	{CHARGE_HEAT, APPORTION_COMMON_METERED, "heat.3_3.common"},
	{CHARGE_HEAT, APPORTION_NEGATIVE, "heat.negative.common"},
	{CHARGE_HEAT, APPORTION_ALLOCATED, "heat.6.final"},
	COMMON_CODES(CHARGE_COLD_WATER, "cold_water", "11"),
	COMMON_CODES(CHARGE_HOT_WATER, "hot_water", "12"),
	{CHARGE_HOT_WATER_HEAT, APPORTION_HEAT, "hot_water.23.component"},
	{CHARGE_HOT_WATER_HEAT, APPORTION_HEAT_COMMON, "hot_water.24.component_common"},
	{CHARGE_SEWER, APPORTION_WATER, "sewer.4.individual"},
	COMMON_CODES(CHARGE_ELECTRICITY, "electricity", "12")};
#define CODES (sizeof(codes) / sizeof(codes[0]))

static const char *const var_names[] = {
#define X(id, name, measure, en, ru) name,
#include "calc/apportion_var.def"
#undef X
};

const char *apportion_var_name(enum apportion_var v)
{
	return var_names[v];
}

const char *apportion_var_title(enum apportion_var v, enum lang lang)
{
	static const char *const titles[][2] = {
#define X(id, name, measure, en, ru) {en, ru},
#include "calc/apportion_var.def"
#undef X
	};
	return titles[v][lang == LANG_RU];
}

const char *apportion_number(const struct figure *f, char out[static APPORTION_NUMBER_CAP])
{
	/* the third part of the code: "apportionment.heat.3_1.common" */
	const char *at = strchr(f->code, '.');
	at = at ? strchr(at + 1, '.') : NULL;
	size_t n = at ? strcspn(at + 1, "._") : 0;
	out[0] = 0;
	if (n == 0 || strspn(at + 1, "0123456789") < n || n > 6) {
		return out;
	}
	const char *inner = at + 1 + n;
	size_t m = *inner == '_' ? strspn(inner + 1, "0123456789") : 0;
	(void)snprintf(out, APPORTION_NUMBER_CAP, m && m < 6 ? "%.*s(%.*s)" : "%.*s", (int)n,
		at + 1, (int)m, inner + 1);
	return out;
}

/* ---- variables as the channels of a formula ---- */

static bool find_var(const struct formula_scope *s, const char *name, struct formula_channel *ret)
{
	(void)s;
	for (int i = 0; i < APPORTION_VAR_COUNT; i++) {
		if (strcmp(var_names[i], name) == 0) {
			*ret = (struct formula_channel){i + 1, KIND_COUNTER, UNIT_NONE};
			return true;
		}
	}
	return false;
}

static const char *name_var(const struct formula_scope *s, size_t i)
{
	(void)s;
	return i < APPORTION_VAR_COUNT ? var_names[i] : NULL;
}

struct var_values {
	struct formula_values base;
	const double *vars;
};

static struct form_value get_var(
	struct formula_values *v, int64_t channel, enum period period, int64_t start)
{
	const struct var_values *values = (const struct var_values *)v;
	double value = values->vars[channel - 1];
	(void)period, (void)start;
	return (struct form_value){value,
		quality_make(isnan(value) ? QUALITY_MISSING : QUALITY_MEASURED, SOURCE_NONE, 0)};
}

/* ---- sets ---- */

enum err apportion_rules_make(const struct figures *f, int64_t place, int date,
	struct apportion_rules **ret_rules, struct diag *diag)
{
	struct formula_scope scope = {.channel = find_var, .name = name_var};
	struct apportion_rules *r = calloc(1, sizeof(*r));
	enum err e = r ? ERR_OK : err_set(diag, ERR_NOMEM, "rules of apportionment");
	for (size_t i = 0; i < CODES && !e; i++) {
		char code[96];
		struct diag inner = {0};
		struct apportion_rule *rule = &r->rules[codes[i].service][codes[i].role];
		(void)snprintf(code, sizeof(code), "apportionment.%s", codes[i].code);
		rule->figure = figure_at(f, place, code, date);
		if (!rule->figure) {
			continue;
		}
		e = formula_compile(rule->figure->text, &scope, PERIOD_MONTH, UNIT_NONE,
			&rule->formula, &inner);
		if (e) {
			e = err_set_at(diag, e, inner.offset, "%s: byte %zu: %s", code,
				inner.offset, inner.text);
		}
	}
	if (e) {
		apportion_rules_free(r);
		return e;
	}
	r->date = date;
	*ret_rules = r;
	return ERR_OK;
}

void apportion_rules_free(struct apportion_rules *r)
{
	for (int s = 0; r && s < CHARGE_SERVICE_COUNT; s++) {
		for (int k = 0; k < APPORTION_ROLE_COUNT; k++) {
			formula_free(r->rules[s][k].formula);
		}
	}
	free(r);
}

size_t apportion_rule_vars(
	const struct apportion_rule *rule, enum apportion_var *ret_vars, size_t cap)
{
	const struct formula_input *inputs;
	size_t n = rule->formula ? formula_inputs(rule->formula, &inputs) : 0;
	n = n < cap ? n : cap;
	for (size_t i = 0; i < n; i++) {
		ret_vars[i] = (enum apportion_var)(inputs[i].channel - 1);
	}
	return n;
}

/* ---- evaluation ---- */

static bool has_unknown(const struct apportion_rule *rule, const double *vars)
{
	enum apportion_var used[APPORTION_VAR_COUNT];
	size_t n = apportion_rule_vars(rule, used, APPORTION_VAR_COUNT);
	for (size_t i = 0; i < n; i++) {
		if (isnan(vars[used[i]])) {
			return true;
		}
	}
	return false;
}

double rule_value(
	struct apportion *a, enum charge_service s, enum apportion_role role, const double *vars)
{
	static const struct span january_1970 = {0, INT64_C(31) * 86400};
	const struct apportion_rule *rule = &a->rules->rules[s][role];
	struct var_values values = {{get_var}, vars};
	if (!rule->formula) {
		warn(a, CHARGE_RULE_UNKNOWN, s, 0);
		return NAN;
	}
	struct formula_result r = formula_eval(rule->formula, &values.base, january_1970);
	if (isnan(r.value) && !has_unknown(rule, vars)) {
		warn(a, CHARGE_RULE_FAILED, s, 0);
	}
	return r.value;
}

static enum apportion_var result_of(enum apportion_role role)
{
	switch (role) {
	case APPORTION_SUPPLY: return APPORTION_V_D;
	case APPORTION_REST: return APPORTION_V_REST;
	case APPORTION_CAP: return APPORTION_V_CAP;
	case APPORTION_RAISE: return APPORTION_V_UP;
	case APPORTION_COMMON:
	case APPORTION_COMMON_MIXED:
	case APPORTION_COMMON_METERED:
	case APPORTION_NEGATIVE:
	case APPORTION_HEAT_COMMON: return APPORTION_V_C;
	default: return APPORTION_V_I;
	}
}

double apportion_step_value(const struct charge_line *line, enum apportion_role role)
{
	bool is_of_water = role == APPORTION_HEAT || role == APPORTION_HEAT_COMMON;
	return is_of_water ? line->volume : line->vars[result_of(role)];
}

void line_rule(struct charge_line *line, enum apportion_role role)
{
	for (size_t i = 0; i < line->role_count; i++) {
		if (line->roles[i] == role) {
			return;
		}
	}
	if (line->role_count < CHARGE_STEPS) {
		line->roles[line->role_count++] = role;
	}
}

double line_value(struct apportion *a, struct charge_line *line, enum apportion_role role)
{
	double value = rule_value(a, line->rule_service, role, line->vars);
	/* of the heat of hot water V_i is what the formula starts from */
	if (role != APPORTION_HEAT && role != APPORTION_HEAT_COMMON) {
		line->vars[result_of(role)] = value;
	}
	line_rule(line, role);
	return value;
}
