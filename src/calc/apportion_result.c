/*
 * apportion_result.c - lines of a result, in order and summed; names
 */
#include "calc/apportion_impl.h"

#include <stdlib.h>
#include <string.h>

bool charge_result_add(struct charge_result *r, const struct charge_line *line)
{
	if (r->line_count == r->line_cap) {
		size_t cap = r->line_cap ? r->line_cap * 2 : 64;
		struct charge_line *more = realloc(r->lines, cap * sizeof(*more));
		if (!more) {
			return false;
		}
		r->lines = more;
		r->line_cap = cap;
	}
	r->lines[r->line_count++] = *line;
	return true;
}

static int compare_lines(const void *x, const void *y)
{
	const struct charge_line *a = x, *b = y;
	if (a->bill != b->bill) {
		return a->bill < b->bill ? -1 : 1;
	}
	if (a->service != b->service) {
		return a->service < b->service ? -1 : 1;
	}
	if (a->part != b->part) {
		return a->part < b->part ? -1 : 1;
	}
	return (a->month > b->month) - (a->month < b->month);
}

void charge_result_group(struct charge_result *r)
{
	for (size_t i = 0; i < r->bill_count; i++) {
		struct charge_bill *b = &r->bills[i];
		b->first = b->count = 0;
		b->total = b->known = 0;
	}
	if (r->line_count > 1) {
		qsort(r->lines, r->line_count, sizeof(*r->lines), compare_lines);
	}
	for (size_t i = 0; i < r->line_count; i++) {
		const struct charge_line *line = &r->lines[i];
		struct charge_bill *b = &r->bills[line->bill];
		b->first = b->count == 0 ? i : b->first;
		b->count++;
		b->total = money_add(b->total, line->charge);
		b->known += line->charge == MONEY_NONE ? 0 : line->charge;
	}
}

void charge_result_free(struct charge_result *r)
{
	if (r) {
		free(r->bills);
		free(r->lines);
		free(r->warnings);
		free(r);
	}
}

/* ---- names ---- */

static const struct {
	const char *name, *en, *ru;
	enum unit unit;
} services[] = {[CHARGE_HEAT] = {"heat", "Heating", "Отопление", UNIT_GCAL},
	[CHARGE_COLD_WATER] = {"cold_water", "Cold water", "Холодная вода", UNIT_M3},
	[CHARGE_HOT_WATER] = {"hot_water", "Hot water", "Горячая вода", UNIT_M3},
	[CHARGE_HOT_WATER_HEAT] = {"hot_water_heat", "Hot water, heat",
		"Горячая вода, тепло на подогрев", UNIT_GCAL},
	[CHARGE_SEWER] = {"sewer", "Sewerage", "Водоотведение", UNIT_M3},
	[CHARGE_ELECTRICITY] = {"electricity", "Electricity", "Электроэнергия", UNIT_KWH}};

const char *charge_service_name(enum charge_service s)
{
	return services[s].name;
}

const char *charge_service_text(enum charge_service s, enum lang lang)
{
	return lang == LANG_RU ? services[s].ru : services[s].en;
}

enum unit charge_service_unit(enum charge_service s)
{
	return services[s].unit;
}

const char *charge_part_name(enum charge_part p)
{
	static const char *const names[] = {[CHARGE_WHOLE] = "whole",
		[CHARGE_INDIVIDUAL] = "individual",
		[CHARGE_COMMON] = "common",
		[CHARGE_RAISE] = "raise",
		[CHARGE_CAPACITY] = "capacity",
		[CHARGE_CORRECTION] = "correction"};
	return names[p];
}

const char *charge_basis_name(enum charge_basis b)
{
	static const char *const names[] = {[CHARGE_BY_NOTHING] = "unknown",
		[CHARGE_BY_METER] = "meter",
		[CHARGE_BY_AVERAGE] = "average",
		[CHARGE_BY_NORM] = "norm",
		[CHARGE_BY_NORM_UNREAD] = "norm_unread",
		[CHARGE_BY_AREA] = "area",
		[CHARGE_BY_SPECIFIC] = "specific",
		[CHARGE_BY_WATER] = "water",
		[CHARGE_BY_LAST_YEAR] = "last_year",
		[CHARGE_BY_PEOPLE] = "people",
		[CHARGE_OWN_HEAT] = "own_heat",
		[CHARGE_NO_SEASON] = "no_season"};
	return names[b];
}

static const struct {
	const char *name, *en, *ru;
} faults[] = {
	[CHARGE_NEGATIVE_COMMON] = {"negative_common",
		"the flats used more than passed the common meter: check the meters first",
		"по квартирам больше, чем по общедомовому прибору: сначала проверьте приборы"},
	[CHARGE_AREA_UNKNOWN] = {"area_unknown", "the area is not known", "не указана площадь"},
	[CHARGE_PEOPLE_UNKNOWN] = {"people_unknown", "the number of persons is not known",
		"не указано число проживающих"},
	[CHARGE_NORM_UNKNOWN] = {"norm_unknown", "no norm is given", "не задан норматив"},
	[CHARGE_TARIFF_UNKNOWN] = {"tariff_unknown", "no tariff is in force in this month",
		"нет тарифа, действующего в этом месяце"},
	[CHARGE_ZONES_UNKNOWN] = {"zones_unknown",
		"the tariff has zones, the volume is not known by zones",
		"тариф по зонам, а объём по зонам не известен"},
	[CHARGE_COMMON_NO_DATA] = {"common_no_data", "the common meter has no complete month",
		"по общедомовому прибору нет полного месяца"},
	[CHARGE_METER_UNREAD] = {"meter_unread", "the meter has no readings for this month",
		"нет показаний прибора за этот месяц"},
	[CHARGE_RULE_UNKNOWN] = {"rule_unknown", "no formula is in force on this date",
		"нет формулы, действующей на эту дату"},
	[CHARGE_NOT_SUM] = {"not_sum",
		"the formulas in force do not share out what was supplied: check them",
		"по действующим формулам распределено не столько, сколько подано: проверьте формулы"},
	[CHARGE_RULE_FAILED] = {"rule_failed", "a formula gives no number",
		"формула не даёт числа"},
	[CHARGE_COMMON_AREA_UNKNOWN] = {"common_area_unknown",
		"the area of common premises is not known", "не указана площадь общего имущества"},
	[CHARGE_SEASON_UNKNOWN] = {"season_unknown",
		"it is not given whether this is the heating season: taken as such",
		"не указано, отопительный ли это период: считается отопительным"}};

const char *charge_fault_name(enum charge_fault f)
{
	return faults[f].name;
}

const char *charge_fault_text(enum charge_fault f, enum lang lang)
{
	return lang == LANG_RU ? faults[f].ru : faults[f].en;
}
