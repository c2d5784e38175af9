/*
 * Fuzz target: a formula is compiled and evaluated with values that lie - NaN, infinities, wild
 * qualities. The first byte chooses period and declared unit. A result is finite or missing, and an
 * explanation always comes out.
 */
#include "calc/formula.h"
#include "base/str.h"
#include "calc/figure.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char figures_text[] =
	"figures:\n"
	"  - {code: temperature_graph.g, title: g, title_ru: g, values: [{valid_from: 1990-01-01,\n"
	"     text: \"t_out t1; -16 83; -15 81\", source: x}]}\n"
	"  - {code: tariff.e, title: e, title_ru: e, unit: rub/kWh, values: [\n"
	"     {valid_from: 2024-07-01, value: 5.38, source: x},\n"
	"     {valid_from: 2025-01-11, value: 5.92, source: x}]}\n"
	"  - {code: heating_season, title: a, title_ru: a, values: [{valid_from: 2000-01-01,\n"
	"     text: \"from till; 20240925 -\", source: x}]}\n";

/* A name's first letter is its unit. */
static bool find(const struct formula_scope *s, const char *name, struct formula_channel *ret)
{
	static const enum unit units[] = {UNIT_DEGC, UNIT_T, UNIT_M3, UNIT_GJ, UNIT_MPA, UNIT_NONE};
	static const char letters[] = "tMVQpx";
	(void)s;
	size_t i = 0;
	while (i < sizeof(units) / sizeof(units[0]) && letters[i] != name[0]) {
		i++;
	}
	if (i == sizeof(units) / sizeof(units[0])) {
		return false;
	}
	*ret = (struct formula_channel){(int64_t)i, KIND_GAUGE, units[i]};
	return true;
}

static struct form_value lie(
	struct formula_values *v, int64_t channel, enum period period, int64_t start)
{
	static const double values[] = {0, 1, -1, 70, NAN, INFINITY, -INFINITY, 1e308, 1e-308, 95};
	(void)v;
	uint64_t mix = (uint64_t)start * 2654435761u + (uint64_t)channel * 40503u + period;
	mix ^= mix >> 17;
	return (struct form_value){values[mix % 10], (uint16_t)(mix >> 8)};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct figures *figures;
	static const struct calendar calendar = {.report_day = 1};
	if (!figures &&
		figures_parse("fuzz",
			(struct slice){(const uint8_t *)figures_text, sizeof(figures_text) - 1},
			NULL, &figures, NULL)) {
		abort();
	}
	if (size == 0 || size > 2000) {
		return 0;
	}
	char text[2048], explained[256];
	struct formula *f = NULL;
	struct diag diag = {0};
	struct formula_scope scope = {.channel = find, .figures = figures, .calendar = &calendar};
	struct formula_values values = {.get = lie};
	enum period period = (enum period)(1 + data[0] % 4);
	enum unit unit = data[0] & 0x80 ? UNIT_NONE : (enum unit)(data[0] % UNIT_COUNT);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = 0;
	if (formula_compile(text, &scope, period, unit, &f, &diag)) {
		assert(diag.text[0] && diag.offset <= strlen(text));
		return 0;
	}
	struct span span = period_of(&calendar, period, 1736485200);
	struct formula_result r = formula_eval(f, &values, span);
	assert(isfinite(r.value) ||
		(isnan(r.value) && quality_class(r.quality) == QUALITY_MISSING));
	assert(!r.fault || isnan(r.value));
	struct formula_result again = formula_eval(f, &values, span);
	assert(memcmp(&r.value, &again.value, sizeof(r.value)) == 0 && r.quality == again.quality);
	(void)formula_explain(f, &values, span, LANG_RU, explained, sizeof(explained));
	assert(str_is_utf8((struct slice){(const uint8_t *)explained, strlen(explained)}));
	formula_free(f);
	return 0;
}
