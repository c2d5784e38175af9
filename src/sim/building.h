/*
 * building.h - which meters a virtual building has, on which lines, at which addresses
 *
 * A plan is pure data, equal for equal options: nothing is opened. sim.c hangs the meters on ports,
 * site.c describes them for the node.
 *
 *   mbus-1, mbus-2 ...  one per entrance, 2400 8E1: cold water, hot water, heat of each flat; the
 *                       meters of an entrance's last flat answer to their secondary address only
 *   rs485-1 ...         9600 8N1: electricity of two thirds of the flats (of all without TCP)
 *   tcp-1               electricity of the others, Modbus TCP
 *   heating-point       heat calculator (SPT943), water and electricity of the house at 9600
 */
#ifndef DOMOVOI_BUILDING_H
#define DOMOVOI_BUILDING_H

#include "sim/model.h"
#include "sim/port.h"
#include "sim/sim.h"

struct building_line {
	char name[SIM_NAME_CAP];
	int baud;
	char framing[8];
	bool is_tcp;
	size_t meters;
	int port; /* of sim_ports */
};

struct building_meter {
	struct sim_meter sim;           /* source is set when the model is there */
	struct sim_point_source source; /* point and flat are set here */
	int line;
	const char *driver;
	char params[128];
};

struct building {
	int flats, entrances, per_entrance, per_floor;
	const struct zone *zone;
	const struct zone *meter_zone; /* standard time, by which meters' clocks run */
	int64_t standard_offset_s;
	int report_hour, report_day; /* of the building and its meters */
	uint64_t seed;
	struct building_line *lines;
	size_t line_count;
	struct building_meter *meters;
	size_t meter_count;
};

#define BUILDING_FLATS_MAX 800

enum err building_plan(
	const struct sim_options *options, struct building *ret_building, struct diag *diag);
void building_fini(struct building *b);

static inline int building_entrance(const struct building *b, int flat)
{
	return flat / b->per_entrance;
}
static inline int building_floor(const struct building *b, int flat)
{
	return flat % b->per_entrance / b->per_floor + 1;
}

/* The configuration the node needs to read it (site.c). `b` with ports opened. */
enum err building_site(const struct building *b, const struct sim_model *m,
	const struct sim_ports *ports, enum lang lang, int64_t now_utc, struct site **ret_site,
	struct diag *diag);

#endif
