/*
 * site_charges.c - see site_charges.h
 *
 * Rates and norms are invented, in the order of magnitude of those of 2026; the program comes with none.
 */
#include "sim/site_charges.h"

#include "base/str.h"

static const struct {
	const char *code, *valid_from;
	double value;
	const char *unit;
} numbers[] = {
	{"building.common_area_m2", "", 0.12, "m2"}, /* times the area of the flats, see below */
	{"building.heating_season", "2025-10-01", 1, ""},
	{"building.heating_season", "2026-05-10", 0, ""},
	{"building.heating_season", "2026-10-01", 1, ""},
	{"balance.cold_inlet_includes_hot", "", 1, ""},
	{"norm.cold_water", "", 4.5, "m3"},
	{"norm.hot_water", "", 3.2, "m3"},
	{"norm.active_energy", "", 96, "kWh"},
	{"norm.heating", "", 0.0222, "Gcal/m2"},
	{"norm.heat_per_m3_hot_water", "", 0.0603, "Gcal/m3"},
	{"norm.common_needs.cold_water", "", 0.025, "m3/m2"},
	{"norm.common_needs.hot_water", "", 0.025, "m3/m2"},
	{"norm.common_needs.active_energy", "", 1.3, "kWh/m2"},
	{"tariff.cold_water", "2025-07-01", 43.27, "currency/m3"},
	{"tariff.cold_water", "2026-10-01", 48.90, "currency/m3"},
	{"tariff.sewer", "2025-07-01", 33.18, "currency/m3"},
	{"tariff.hot_water", "2025-07-01", 43.27, "currency/m3"},
	{"tariff.hot_water", "2026-10-01", 48.90, "currency/m3"},
	{"tariff.hot_water.heat", "2025-07-01", 2183.54, "currency/Gcal"},
	{"tariff.heat", "2025-07-01", 2183.54, "currency/Gcal"},
	{"tariff.electricity", "2025-07-01", 5.38, "currency/kWh"},
};

static double area_of_flats(const struct site *s)
{
	double area = 0;
	for (size_t i = 0; i < s->counts[OBJECT_PLACE]; i++) {
		area += s->places[i].kind == PLACE_FLAT ? s->places[i].area_m2 : 0;
	}
	return area;
}

bool site_charges(struct site *s, int64_t building, bool is_russian, int64_t *inout_id)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct parameter p;
		object_init(OBJECT_PARAMETER, &p);
		p.id = ++*inout_id;
		p.place = building;
		p.value = i == 0 ? (double)(int64_t)(numbers[i].value * area_of_flats(s)) :
				   numbers[i].value;
		(void)STR_COPY(p.code, numbers[i].code);
		(void)STR_COPY(p.valid_from, numbers[i].valid_from);
		(void)STR_COPY(p.unit, numbers[i].unit);
		(void)STR_COPY(p.source, is_russian ?
						 "образец для показа, не действующие величины" :
						 "sample data for the demonstration");
		if (!site_add(s, OBJECT_PARAMETER, &p)) {
			return false;
		}
	}
	return true;
}
