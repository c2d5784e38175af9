/*
 * profile.c - real consumption out of a CSV file; see profile.h
 *
 * Names of columns known here are those of public data sets: DAIAD trials (water), HSLU low-cost
 * monitoring (heat, electricity of flats), Aalborg smart heat meters, Cambridge estates.
 */
#include "sim/profile.h"

#include "base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COLUMNS_MAX   64
#define LINE_MAX_SIZE 16384

enum cell_role {
	CELL_OTHER,
	CELL_TIME,
	CELL_KEY,
	CELL_VALUE
};

struct column {
	enum cell_role role;
	char name[64];
	enum sim_point point;
	enum unit unit;
	bool is_interval;
};

struct reader_state {
	const struct sim_profile_spec *spec;
	const struct zone *zone;
	int flats;
	char separator;
	struct column columns[COLUMNS_MAX];
	int column_count;
	int time, key; /* columns; key -1: none */
	struct sim_profile *out;
	double *sums; /* of intervals, by track */
	int64_t *last_us, *step_us;
	char last_key[64]; /* rows of one flat stand together: its tracks */
	size_t first_track;
	bool has_tracks;
	size_t keys;
	int64_t first_us;
};

static const char *const time_names[] = {
	"time", "datetime", "time_rounded", "timestamp", "date", "local.date.time", "V2"};
static const char *const key_names[] = {"user.key", "key", "meter_id", "flat", "V1"};

static const struct {
	const char *name; /* "*" in front: the end of the name */
	enum sim_point point;
	enum unit unit;
	bool is_interval;
} known[] = {
	{"meter.reading", SIM_FLAT_COLD, UNIT_L, false},
	{"V3", SIM_FLAT_COLD, UNIT_L, false},
	{"energyHeatingMeter", SIM_INPUT_HEAT, UNIT_KWH, false},
	{"*_Ele", SIM_FLAT_ELECTRICITY, UNIT_KWH, false},
	{"energy_heat_kwh", SIM_FLAT_HEAT, UNIT_KWH, false},
	{"equipment load [kWh]", SIM_INPUT_ELECTRICITY, UNIT_KWH, true},
	{"heating load [kWh]", SIM_INPUT_HEAT, UNIT_KWH, true},
};

/* ---- cells ---- */

/* Cut the next cell off `*line`; quotes around it go, as do blanks. */
static char *next_cell(char **line, char separator)
{
	if (!*line) {
		return NULL;
	}
	char *cell = *line;
	char *end = strchr(cell, separator);
	*line = end ? end + 1 : NULL;
	if (end) {
		*end = 0;
	}
	cell += strspn(cell, " \"");
	size_t n = strlen(cell);
	while (n > 0 && strchr(" \"\r\n", cell[n - 1])) {
		cell[--n] = 0;
	}
	return cell;
}

/* `digits` decimal digits at `*s`, which moves on. */
static bool take_digits(const char **s, int least, int most, int *ret_v)
{
	int v = 0, n = 0;
	while (n < most && **s >= '0' && **s <= '9') {
		v = v * 10 + (*(*s)++ - '0');
		n++;
	}
	*ret_v = v;
	return n >= least;
}

static bool take(const char **s, const char *one_of)
{
	if (!**s || !strchr(one_of, **s)) {
		return false;
	}
	(*s)++;
	return true;
}

static bool take_date(const char **s, struct civil *c)
{
	const char *from = *s;
	if (take_digits(s, 4, 4, &c->year) && take(s, "-")) {
		return take_digits(s, 2, 2, &c->month) && take(s, "-") &&
		       take_digits(s, 2, 2, &c->day);
	}
	*s = from;
	return take_digits(s, 1, 2, &c->day) && take(s, "/.") && take_digits(s, 1, 2, &c->month) &&
	       take(s, "/.") && take_digits(s, 4, 4, &c->year);
}

/* "Z", "+03:00", "-0330" */
static bool take_zone(const char **s, int64_t *ret_offset_s)
{
	int hours, minutes;
	bool is_west = **s == '-';
	if (take(s, "Z")) {
		*ret_offset_s = 0;
		return true;
	}
	if (!take(s, "+-") || !take_digits(s, 2, 2, &hours)) {
		return false;
	}
	(void)take(s, ":");
	if (!take_digits(s, 2, 2, &minutes)) {
		return false;
	}
	*ret_offset_s = (is_west ? -60 : 60) * (hours * 60 + minutes);
	return true;
}

static bool read_time(const char *s, const struct zone *zone, int64_t *ret_us)
{
	struct civil c = {0};
	if (!take_date(&s, &c)) {
		return false;
	}
	if (take(&s, " T")) {
		if (!take_digits(&s, 1, 2, &c.hour) || !take(&s, ":") ||
			!take_digits(&s, 2, 2, &c.minute) ||
			(take(&s, ":") && !take_digits(&s, 2, 2, &c.second))) {
			return false;
		}
		if (take(&s, ".")) {
			s += strspn(s, "0123456789"); /* parts of a second do not matter */
		}
	}
	if (c.month < 1 || c.month > 12 || c.day < 1 || c.day > civil_month_days(c.year, c.month) ||
		c.hour > 23 || c.minute > 59 || c.second > 60) {
		return false;
	}
	if (*s == 0) {
		*ret_us = zone_utc(zone, c, false) * 1000000;
		return true;
	}
	int64_t offset_s;
	if (!take_zone(&s, &offset_s) || *s) {
		return false;
	}
	*ret_us = (civil_to_utc(c) - offset_s) * 1000000;
	return true;
}

static bool read_number(char *s, char separator, double *ret_v)
{
	char *comma = separator == ';' ? strchr(s, ',') : NULL;
	if (comma) {
		*comma = '.';
	}
	return str_to_double(s, ret_v) == ERR_OK;
}

/* ---- header ---- */

static bool is_one_of(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(name, names[i]) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_known(struct column *c)
{
	size_t n = strlen(c->name);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *want = known[i].name;
		size_t tail = strlen(want) - 1;
		bool is_it = want[0] == '*' ?
				     n >= tail && strcmp(c->name + n - tail, want + 1) == 0 :
				     strcmp(c->name, want) == 0;
		if (is_it) {
			c->point = known[i].point;
			c->unit = known[i].unit;
			c->is_interval = known[i].is_interval;
			return true;
		}
	}
	return false;
}

/* Which columns have values: the one the spec names, or those known by name, or all the others. */
static int choose_values(struct reader_state *r)
{
	const struct sim_profile_spec *s = r->spec;
	int chosen = 0;
	for (int pass = 0; pass < 2 && chosen == 0; pass++) {
		for (int i = 0; i < r->column_count; i++) {
			struct column *c = &r->columns[i];
			c->point = SIM_POINT_COUNT;
			bool has_name = is_known(c);
			bool is_meant = s->column[0] ? strcmp(s->column, c->name) == 0 :
						       has_name || pass == 1;
			if (c->role == CELL_OTHER && is_meant) {
				c->role = CELL_VALUE;
				chosen++;
			}
		}
	}
	return chosen;
}

static enum err settle_column(const struct sim_profile_spec *s, struct column *c, struct diag *diag)
{
	c->point = s->point == SIM_POINT_COUNT ? c->point : s->point;
	if (c->point == SIM_POINT_COUNT) {
		return err_set_at(diag, ERR_PARSE, 1,
			"%s: column '%s' is not known; say to=... and unit=...", s->path, c->name);
	}
	enum unit base = quantity_unit(sim_point_quantity(c->point));
	c->unit = s->unit != UNIT_NONE ? s->unit : c->unit != UNIT_NONE ? c->unit : base;
	c->is_interval = s->kind == SIM_CHOICE_DEFAULT ? c->is_interval :
							 s->kind == SIM_CHOICE_SECOND;
	if (unit_dimension(c->unit) != unit_dimension(base)) {
		return err_set_at(diag, ERR_PARSE, 1, "%s: column '%s' in %s cannot be read as %s",
			s->path, c->name, unit_symbol(c->unit), unit_symbol(base));
	}
	return ERR_OK;
}

static enum err read_header(struct reader_state *r, char *line, struct diag *diag)
{
	const struct sim_profile_spec *s = r->spec;
	line += strncmp(line, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* byte order mark of spreadsheets */
	r->separator = strchr(line, ';') ? ';' : strchr(line, ',') ? ',' : '\t';
	r->time = r->key = -1;
	for (char *cell;
		r->column_count < COLUMNS_MAX && (cell = next_cell(&line, r->separator));) {
		int i = r->column_count++;
		struct column *c = &r->columns[i];
		(void)STR_COPY(c->name, cell);
		if (r->time < 0 &&
			is_one_of(c->name, time_names, sizeof(time_names) / sizeof(*time_names))) {
			c->role = CELL_TIME;
			r->time = i;
		} else if (r->key < 0 && strcmp(c->name, s->column) != 0 &&
			   is_one_of(c->name, key_names, sizeof(key_names) / sizeof(*key_names))) {
			c->role = CELL_KEY;
			r->key = i;
		}
	}
	if (r->time < 0) {
		return err_set_at(
			diag, ERR_PARSE, 1, "%s: no column of times (time, datetime)", s->path);
	}
	if (choose_values(r) == 0) {
		return err_set_at(diag, ERR_PARSE, 1, "%s: no column of values%s%s", s->path,
			s->column[0] ? " named " : "", s->column);
	}
	for (int i = 0; i < r->column_count; i++) {
		enum err e = r->columns[i].role == CELL_VALUE ?
				     settle_column(s, &r->columns[i], diag) :
				     ERR_OK;
		if (e) {
			return e;
		}
	}
	return ERR_OK;
}

/* ---- rows ---- */

static enum err grow(struct reader_state *r, const struct column *c, int flat, const char *key)
{
	struct sim_profile *p = r->out;
	if (p->n == SIM_TRACKS_MAX) {
		return ERR_LIMIT;
	}
	struct sim_series *series = sim_series_new();
	if (!series) {
		return ERR_NOMEM;
	}
	enum sim_choice between = r->spec->between;
	series->is_linear = between == SIM_CHOICE_DEFAULT ? c->is_interval :
							    between == SIM_CHOICE_SECOND;
	struct sim_track *t = &p->tracks[p->n++];
	*t = (struct sim_track){.point = c->point, .flat = flat, .series = series};
	(void)STR_COPY(t->key, key);
	return ERR_OK;
}

/* Tracks of the flats in a row: one per column of values. A key seen before gets its old tracks. */
static enum err begin_key(struct reader_state *r, const char *key)
{
	struct sim_profile *p = r->out;
	(void)STR_COPY(r->last_key, key);
	for (size_t i = 0; i < p->n; i++) {
		if (r->key >= 0 && strcmp(p->tracks[i].key, r->last_key) == 0) {
			r->first_track = i;
			r->has_tracks = true;
			return ERR_OK;
		}
	}
	r->first_track = p->n;
	r->has_tracks = false;
	int flat = r->spec->flat - 1 + (int)r->keys - r->spec->skip;
	r->keys++;
	for (int i = 0; i < r->column_count; i++) {
		struct column *c = &r->columns[i];
		if (c->role != CELL_VALUE) {
			continue;
		}
		bool is_flat = c->point <= SIM_FLAT_ELECTRICITY;
		bool fits = flat >= r->spec->flat - 1 &&
			    (is_flat ? flat < r->flats : flat == r->spec->flat - 1);
		enum err e = grow(r, c, fits ? flat : -1, r->key >= 0 ? r->last_key : c->name);
		if (e) {
			return e;
		}
		r->has_tracks = r->has_tracks || fits;
		flat += r->key < 0;
		r->keys += r->key < 0;
	}
	return ERR_OK;
}

static enum err put_value(
	struct reader_state *r, size_t track, const struct column *c, int64_t us, double v)
{
	struct sim_series *s = r->out->tracks[track].series;
	enum unit base = quantity_unit(sim_point_quantity(c->point));
	if (unit_convert(v, c->unit, base, &v)) {
		return ERR_INTERNAL;
	}
	if (!c->is_interval) {
		return sim_series_add(s, us, v) ? ERR_OK : ERR_NOMEM;
	}
	int64_t step = s->n ? us - r->last_us[track] : 0;
	bool is_end = r->spec->label == SIM_CHOICE_SECOND;
	r->step_us[track] = step > 0 ? step : r->step_us[track];
	r->last_us[track] = us;
	double before = r->sums[track];
	r->sums[track] += v;
	return sim_series_add(s, us, is_end ? r->sums[track] : before) ? ERR_OK : ERR_NOMEM;
}

static enum err read_row(struct reader_state *r, char *line)
{
	char *cells[COLUMNS_MAX] = {0};
	int n = 0;
	while (n < r->column_count && (cells[n] = next_cell(&line, r->separator))) {
		n++;
	}
	int64_t us;
	if (n <= r->time || n <= r->key || !read_time(cells[r->time], r->zone, &us)) {
		r->out->refused++;
		return ERR_OK;
	}
	const char *key = r->key >= 0 ? cells[r->key] : "-";
	if (r->out->n == 0 || strncmp(key, r->last_key, sizeof(r->last_key) - 1) != 0) {
		enum err e = begin_key(r, key);
		if (e) {
			return e;
		}
	}
	if (!r->has_tracks) {
		return ERR_OK;
	}
	size_t track = r->first_track;
	bool is_used = false;
	for (int i = 0; i < n; i++) {
		const struct column *c = &r->columns[i];
		double v;
		if (c->role != CELL_VALUE) {
			continue;
		}
		size_t at = track++;
		if (r->out->tracks[at].flat < 0 || !read_number(cells[i], r->separator, &v)) {
			continue;
		}
		enum err e = put_value(r, at, c, us, v);
		if (e) {
			return e;
		}
		is_used = true;
		r->first_us = us < r->first_us ? us : r->first_us;
	}
	r->out->rows += is_used;
	return ERR_OK;
}

/* Drop what is empty or of flats that do not exist, close the rest, move it in time. */
static enum err finish(struct reader_state *r, struct diag *diag)
{
	struct sim_profile *p = r->out;
	bool is_moved = r->spec->start_utc != INT64_MIN && r->first_us != INT64_MAX;
	int64_t shift = is_moved ? r->spec->start_utc * 1000000 - r->first_us : 0;
	size_t kept = 0;
	for (size_t i = 0; i < p->n; i++) {
		struct sim_series *s = p->tracks[i].series;
		if (s->n == 0) {
			sim_series_free(s);
			continue;
		}
		bool ends_open = r->step_us[i] > 0 && r->spec->label != SIM_CHOICE_SECOND;
		if (ends_open && !sim_series_add(s, r->last_us[i] + r->step_us[i], r->sums[i])) {
			return ERR_NOMEM;
		}
		p->fallen += sim_series_close(s);
		for (size_t k = 0; k < s->n; k++) {
			s->readings[k].utc_us += shift;
		}
		p->tracks[kept++] = p->tracks[i];
	}
	p->n = kept;
	return kept ? ERR_OK : err_set(diag, ERR_NODATA, "%s: no values found", r->spec->path);
}

static enum err read_lines(struct reader_state *r, FILE *f, struct diag *diag)
{
	char *line = malloc(LINE_MAX_SIZE);
	size_t number = 0;
	enum err e = line ? ERR_OK : ERR_NOMEM;
	while (!e && fgets(line, LINE_MAX_SIZE, f)) {
		if (strlen(line) == LINE_MAX_SIZE - 1) {
			e = err_set_at(
				diag, ERR_LIMIT, number + 1, "%s: line too long", r->spec->path);
		} else if (number++ == 0) {
			e = read_header(r, line, diag);
		} else if (line[strspn(line, " \r\n")]) {
			e = read_row(r, line);
		}
	}
	free(line);
	if (!e && ferror(f)) {
		e = err_set(diag, ERR_IO, "%s", r->spec->path);
	}
	return e;
}

enum err sim_profile_read(FILE *f, const struct sim_profile_spec *spec, const struct zone *zone,
	int flats, struct sim_profile *ret_profile, struct diag *diag)
{
	struct sim_profile p = {.tracks = calloc(SIM_TRACKS_MAX, sizeof(struct sim_track))};
	struct reader_state *r = calloc(1, sizeof(*r));
	enum err e = ERR_NOMEM;
	if (!p.tracks || !r) {
		goto out;
	}
	*r = (struct reader_state){
		.spec = spec, .zone = zone, .flats = flats, .out = &p, .first_us = INT64_MAX};
	r->sums = calloc(SIM_TRACKS_MAX, sizeof(*r->sums));
	r->last_us = calloc(SIM_TRACKS_MAX, sizeof(*r->last_us));
	r->step_us = calloc(SIM_TRACKS_MAX, sizeof(*r->step_us));
	if (!r->sums || !r->last_us || !r->step_us) {
		goto out;
	}
	e = spec->zone[0] ? zone_get(spec->zone, &r->zone, diag) : ERR_OK;
	if (!e) {
		e = read_lines(r, f, diag);
	}
	if (!e) {
		e = finish(r, diag);
	}
	if (!e) {
		*ret_profile = p;
		p = (struct sim_profile){0};
	}
out:
	sim_profile_fini(&p);
	if (r) {
		free(r->sums);
		free(r->last_us);
		free(r->step_us);
	}
	free(r);
	return e;
}

void sim_profile_fini(struct sim_profile *p)
{
	for (size_t i = 0; i < p->n; i++) {
		sim_series_free(p->tracks[i].series);
	}
	free(p->tracks);
	*p = (struct sim_profile){0};
}
