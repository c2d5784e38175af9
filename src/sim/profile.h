/*
 * profile.h - real consumption out of a CSV file, to be played by simulated meters
 *
 *   FILE.csv[,key=value...]
 *
 * The first line names the columns; separator is the first of ';' ',' tab found in it; times are
 * ISO 8601 (blank or T, with or without zone), dd/mm/yyyy or dd.mm.yyyy, with hh:mm[:ss]; numbers have
 * a decimal point, in files separated by ';' also a comma. Empty cells and words are holes.
 *
 *   user.key;datetime;meter.reading;diff      many flats below each other, told apart by a column
 *   time;FlatA_Ele;FlatB_Ele                  many flats beside each other
 *   datetime,equipment load [kWh]             amounts per interval
 *
 * Columns with known names (of the DAIAD, HSLU, Danish and Cambridge sets) need no keys:
 *
 *   to=POINT         cold, hot, heat, electricity; input.heat, input.cold, input.electricity
 *   column=NAME      the column with the values; default: known names, else all but time and key
 *   unit=UNIT        of the values, by code or symbol: l, kWh, m3
 *   kind=cumulative  readings of a counter (default), or interval: amounts of rows' intervals
 *   label=begin      of intervals: the row's time is the interval's beginning (default) or end
 *   between=step     readings between rows: the earlier one (default of readings), or linear
 *                    (default of intervals)
 *   zone=NAME        of times without one; default the building's
 *   start=TIME       the first row of the file happens then; default: when it says
 *   flat=N           the first flat to get data, from 1
 *   skip=N           leave out the first N flats of the file
 *
 * Data of more flats than there are is left out. See series.h for holes and readings that fall.
 */
#ifndef DOMOVOI_PROFILE_H
#define DOMOVOI_PROFILE_H

#include "base/zone.h"
#include "sim/model.h"
#include "sim/series.h"

#include <stdio.h>

enum sim_choice {
	SIM_CHOICE_DEFAULT,
	SIM_CHOICE_FIRST,
	SIM_CHOICE_SECOND
};

struct sim_profile_spec {
	char path[256];
	enum sim_point point; /* SIM_POINT_COUNT: by the columns' names */
	char column[64];
	enum unit unit;          /* UNIT_NONE: by the columns' names */
	enum sim_choice kind;    /* cumulative, interval */
	enum sim_choice label;   /* begin, end */
	enum sim_choice between; /* step, linear */
	char zone[48];
	int64_t start_utc; /* INT64_MIN: when the file says */
	int flat, skip;
};

enum err sim_profile_spec_parse(
	const char *text, struct sim_profile_spec *ret_spec, struct diag *diag);

/* One counter of the file. */
struct sim_track {
	enum sim_point point;
	int flat;                  /* from 0 */
	char key[64];              /* what the file calls it */
	struct sim_series *series; /* owned until taken: set to NULL */
};

#define SIM_TRACKS_MAX 8192

struct sim_profile {
	struct sim_track *tracks;
	size_t n;
	size_t rows;    /* with at least one value that was used */
	size_t refused; /* time not readable */
	size_t fallen;  /* readings raised because they fell */
};

/* `zone` for times without one, unless the spec names another; `flats` of the building. ERR_PARSE with
 * the line in diag->offset when the header makes no sense; single bad cells are holes. */
enum err sim_profile_read(FILE *f, const struct sim_profile_spec *spec, const struct zone *zone,
	int flats, struct sim_profile *ret_profile, struct diag *diag);
void sim_profile_fini(struct sim_profile *p);

#endif
