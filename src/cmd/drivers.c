/*
 * drivers.c - domovoi drivers: the meters this program can read
 */
#include "cmd/cmd.h"
#include "cmd/opt.h"
#include "cmd/samples.h"
#include "cmd/session.h"
#include "poll/iec_map.h"
#include "poll/mbus_map.h"
#include "poll/meter_file.h"
#include "poll/meter_map.h"
#include "poll/meter_model.h"

#include <inttypes.h>
#include <string.h>

static const struct {
	uint32_t bit;
	const char *name;
} caps[] = {{CAP_CURRENT, "current"}, {CAP_ARCHIVE_HALF_HOUR, "half_hour"},
	{CAP_ARCHIVE_HOUR, "hour"}, {CAP_ARCHIVE_DAY, "day"}, {CAP_ARCHIVE_MONTH, "month"},
	{CAP_CLOCK, "clock"}, {CAP_SET_CLOCK, "set_clock"}, {CAP_SCAN, "scan"},
	{CAP_EVENTS, "events"}, {CAP_IDENTIFY, "identify"}};

static const char *const type_names[] = {
	[PARAM_INT] = "number", [PARAM_BOOL] = "yes/no", [PARAM_TEXT] = "text"};

static void caps_text(uint32_t have, struct buf *out)
{
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		if (have & caps[i].bit) {
			buf_printf(out, "%s%s", out->size ? " " : "", caps[i].name);
		}
	}
}

/* ---- for machines ---- */

static void param_json(struct json_out *j, const struct driver_param *p)
{
	json_open(j, NULL, '{');
	json_put_text(j, "name", p->name);
	json_put_text(j, "type", type_names[p->type]);
	json_put_bool(j, "required", !p->default_text);
	json_put_text(j, "default", p->default_text);
	if (p->type == PARAM_INT) {
		json_put_int(j, "min", p->min);
		json_put_int(j, "max", p->max);
	}
	json_put_text(j, "help", p->help_en);
	json_put_text(j, "help_ru", p->help_ru);
	json_close(j, '}');
}

static void model_json(struct json_out *j, const char *driver, const char *name)
{
	struct meter_model model;
	json_open(j, NULL, '{');
	json_put_text(j, "name", name);
	if (!meter_model_load(driver, name, &model, NULL)) {
		json_put_text(j, "title", model.title);
		json_put_text(j, "maker", model.maker);
		json_put_text(j, "medium", model.medium);
	}
	json_close(j, '}');
}

/* Files that say what is special about makers, of two drivers. */
struct special {
	const char *name, *maker, *title;
};

static bool quirks_at(size_t i, struct special *ret)
{
	const struct mbus_map *m = mbus_map_at(i);
	if (m) {
		*ret = (struct special){m->name, m->maker, m->title};
	}
	return m != NULL;
}

static bool variant_at(size_t i, struct special *ret)
{
	const struct iec_map *m = iec_map_at(i);
	if (m) {
		*ret = (struct special){m->name, m->maker, m->title};
	}
	return m != NULL;
}

static const struct {
	const char *driver, *key, *heading;
	bool (*at)(size_t i, struct special *ret); /* false: there are no more */
} specials[] = {
	{"iec62056_21", "variants", "VARIANT", variant_at},
	{"mbus", "quirks", "QUIRKS", quirks_at},
};
#define SPECIALS (sizeof(specials) / sizeof(specials[0]))

static void specials_json(struct json_out *j, const struct driver *d)
{
	for (size_t k = 0; k < SPECIALS; k++) {
		struct special x;
		if (strcmp(specials[k].driver, d->name) != 0) {
			continue;
		}
		json_open(j, specials[k].key, '[');
		for (size_t i = 0; specials[k].at(i, &x); i++) {
			json_open(j, NULL, '{');
			json_put_text(j, "name", x.name);
			json_put_text(j, "title", x.title);
			json_put_text(j, "maker", x.maker);
			json_close(j, '}');
		}
		json_close(j, ']');
	}
}

static void driver_json(struct json_out *j, const struct driver *d)
{
	json_open(j, NULL, '{');
	json_put_text(j, "name", d->name);
	json_put_text(j, "title", d->title);
	json_put_text(j, "title_ru", d->title_ru);
	json_put_text(j, "grade", driver_grade_name(d->grade));
	json_open(j, "caps", '[');
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		if (d->caps & caps[i].bit) {
			json_put_text(j, NULL, caps[i].name);
		}
	}
	json_close(j, ']');
	json_put_int(j, "baud", d->timing.baud);
	json_put_text(j, "framing", d->timing.framing);
	json_open(j, "params", '[');
	for (const struct driver_param *p = d->params; p->name; p++) {
		param_json(j, p);
	}
	for (const struct driver_param *p = talk_params; p->name; p++) {
		param_json(j, p);
	}
	json_close(j, ']');
	char **names;
	size_t n;
	if (meter_has_models(d->name) && !meter_model_list(d->name, &names, &n, NULL)) {
		json_open(j, "models", '[');
		for (size_t i = 0; i < n; i++) {
			model_json(j, d->name, names[i]);
		}
		json_close(j, ']');
		meter_file_list_free(names, n);
	}
	specials_json(j, d);
	json_close(j, '}');
}

static void print_json(const struct driver *only)
{
	struct buf text;
	buf_init(&text, 16U << 20);
	struct json_out j = {.to = &text};
	json_open(&j, NULL, '[');
	for (size_t i = 0; drivers[i]; i++) {
		if (!only || drivers[i] == only) {
			driver_json(&j, drivers[i]);
		}
	}
	json_close(&j, ']');
	(void)puts(buf_cstr(&text));
	buf_fini(&text);
}

/* ---- for people ---- */

static void print_table(void)
{
	struct table t;
	table_init(&t, 4, "llll");
	table_cell(&t, "DRIVER");
	table_cell(&t, "GRADE");
	table_cell(&t, "READS");
	table_cell(&t, "METERS");
	for (size_t i = 0; drivers[i]; i++) {
		struct buf text;
		buf_init(&text, 256);
		caps_text(drivers[i]->caps, &text);
		table_cell(&t, drivers[i]->name);
		table_cell(&t, driver_grade_name(drivers[i]->grade));
		table_cell(&t, buf_cstr(&text));
		table_cell(&t, drivers[i]->title);
		buf_fini(&text);
	}
	table_print(&t);
}

static void param_rows(struct table *t, const struct driver_param *p)
{
	for (; p->name; p++) {
		char range[64] = "";
		if (p->type == PARAM_INT) {
			(void)snprintf(
				range, sizeof(range), "%" PRId64 " to %" PRId64, p->min, p->max);
		}
		table_cell(t, p->name);
		table_cell(t, *range ? range : type_names[p->type]);
		table_cell(t, !p->default_text ? "must be given" :
			      *p->default_text ? p->default_text :
						 "-");
		table_cell(t, p->help_en);
	}
}

static void print_models(const struct driver *d)
{
	char **names;
	size_t n;
	struct diag diag = {0};
	struct table t;
	if (meter_model_list(d->name, &names, &n, &diag)) {
		(void)printf("\nno models: %s\n", diag.text);
		return;
	}
	table_init(&t, 3, "lll");
	table_cell(&t, "MODEL");
	table_cell(&t, "MAKER");
	table_cell(&t, "METER");
	for (size_t i = 0; i < n; i++) {
		struct meter_model model;
		enum err e = meter_model_load(d->name, names[i], &model, &diag);
		table_cell(&t, names[i]);
		table_cell(&t, e ? "" : model.maker);
		table_cell(&t, e ? diag.text : model.title);
	}
	meter_file_list_free(names, n);
	(void)puts("");
	table_print(&t);
}

static void print_specials(const struct driver *d)
{
	for (size_t k = 0; k < SPECIALS; k++) {
		struct special x;
		struct table t;
		if (strcmp(specials[k].driver, d->name) != 0) {
			continue;
		}
		table_init(&t, 3, "lll");
		table_cell(&t, specials[k].heading);
		table_cell(&t, "MAKER");
		table_cell(&t, "METER");
		for (size_t i = 0; specials[k].at(i, &x); i++) {
			table_cell(&t, x.name);
			table_cell(&t, x.maker);
			table_cell(&t, x.title);
		}
		(void)puts("");
		table_print(&t);
	}
}

static void print_driver(const struct driver *d)
{
	struct buf text;
	struct table t;
	buf_init(&text, 256);
	caps_text(d->caps, &text);
	(void)printf("%s: %s\ngrade %s; reads %s; %d baud %s unless told otherwise\n\n", d->name,
		d->title, driver_grade_name(d->grade), buf_cstr(&text), d->timing.baud,
		d->timing.framing ? d->timing.framing : "");
	buf_fini(&text);
	table_init(&t, 4, "llll");
	table_cell(&t, "PARAMETER");
	table_cell(&t, "VALUE");
	table_cell(&t, "DEFAULT");
	table_cell(&t, "");
	param_rows(&t, d->params);
	param_rows(&t, talk_params);
	table_print(&t);
	if (meter_has_models(d->name)) {
		print_models(d);
	}
	print_specials(d);
}

static int run(int argc, char **argv)
{
	bool wants_json = false;
	struct opt_list names = {0};
	const struct opt opts[] = {{"json", OPT_FLAG, &wants_json}, {.name = NULL}};
	if (!opt_parse(argc, argv, opts, &names)) {
		return EXIT_USAGE;
	}
	if (names.n > 1) {
		return cmd_usage(argv[0], "one name at a time");
	}
	const struct driver *only = NULL;
	if (names.n == 1) {
		only = driver_find(names.items[0]);
		if (!only) {
			return cmd_fail(argv[0], ERR_NOTFOUND,
				&(struct diag){.text = "no driver of that name"});
		}
	}
	if (wants_json) {
		print_json(only);
	} else if (only) {
		print_driver(only);
	} else {
		print_table();
	}
	return EXIT_DONE;
}

extern const struct cmd cmd_drivers;
const struct cmd cmd_drivers = {
	.name = "drivers",
	.summary = "the meters this program can read",
	.help = "usage: domovoi drivers [NAME] [--json]\n\n"
		"Without NAME: all drivers, how far each is proven and what it can read.\n"
		"With NAME: its parameters (for --set) and the models described in meters/.\n\n"
		"With NAME: its parameters (for --set) and, for modbus, the models described in meters/;\n"
		"for mbus, what is known about makers.\n\n"
		"grades: unverified - second-hand facts, works only with --set unverified=yes;\n"
		"experimental - written from documents; recorded - checked against bytes of real meters;\n"
		"field_proven - in use\n",
	.run = run,
};
