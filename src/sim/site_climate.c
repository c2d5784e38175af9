/*
 * site_climate.c - what the pages about heat and weather of the virtual building are measured by
 *
 * The graph is the one its heating controller follows (weather.h), as a contract would print it: whole
 * degrees outdoors, tenths in the pipes. Norms are site_charges.c's.
 */
#include "sim/site_climate.h"

#include "base/buf.h"
#include "base/str.h"
#include "sim/weather.h"

#include <math.h>
#include <string.h>

#define GRAPH_WARMEST 10 /* °C */

static bool has_parameter(const struct site *s, const char *code)
{
	for (size_t i = 0; i < s->counts[OBJECT_PARAMETER]; i++) {
		if (strcmp(s->parameters[i].code, code) == 0) {
			return true;
		}
	}
	return false;
}

static bool add(struct site *s, const struct parameter *like, int64_t *inout_id)
{
	struct parameter p = *like;
	if (has_parameter(s, p.code)) {
		return true;
	}
	p.id = ++*inout_id;
	return site_add(s, OBJECT_PARAMETER, &p);
}

static bool add_graph(struct site *s, struct parameter p, int64_t *inout_id)
{
	struct buf text;
	buf_init(&text, sizeof(p.text) - 1);
	buf_printf(&text, "t_out t1 t2");
	for (int t = (int)SIM_DESIGN_OUTDOOR; t <= GRAPH_WARMEST; t += t < -10 ? 2 : 1) {
		buf_printf(&text, "; %d %.1f %.1f", t, sim_curve_network(t), sim_curve_return(t));
	}
	bool is_good = !text.is_full;
	(void)STR_COPY(p.code, "temperature_graph.150_70");
	(void)STR_COPY(p.unit, "°C");
	(void)STR_COPY(p.text, is_good ? buf_cstr(&text) : "");
	p.value = NAN;
	buf_fini(&text);
	return is_good && add(s, &p, inout_id);
}

bool site_climate(struct site *s, int64_t building, bool is_russian, int64_t *inout_id)
{
	static const struct {
		const char *code;
		double value;
		const char *unit;
	} numbers[] = {
		{"building.design_outdoor_temperature", SIM_DESIGN_OUTDOOR, "°C"},
		{"climate.norm_degree_days", 4900, "K·d"},
		{"building.energy_base", 210, "kWh/m2"},
	};
	struct parameter p;
	object_init(OBJECT_PARAMETER, &p);
	p.place = building;
	(void)STR_COPY(p.source,
		is_russian ? "пример: договор и нормативы вымышленного дома" :
			     "example: contract and norms of a house that does not exist");
	bool is_good = add_graph(s, p, inout_id);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && is_good; i++) {
		(void)STR_COPY(p.code, numbers[i].code);
		(void)STR_COPY(p.unit, numbers[i].unit);
		p.value = numbers[i].value;
		is_good = add(s, &p, inout_id);
	}
	return is_good;
}
