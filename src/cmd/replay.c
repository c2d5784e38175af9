/*
 * replay.c - domovoi replay: a recording against its driver
 */
#include "base/str.h"
#include "cmd/cmd.h"
#include "cmd/opt.h"
#include "cmd/samples.h"
#include "link/rec.h"
#include "poll/rehearse.h"

#include <stdio.h>

struct wanted {
	const char *driver, *params; /* instead of the recording's */
	bool wants_json;
};

static void step_json(
	struct json_out *j, const struct rec *rec, const struct rehearsal *r, size_t i)
{
	const struct rehearse_step *step = &r->steps[i];
	json_open(j, NULL, '{');
	json_put_text(j, "step", rec_verb_name(rec->steps[i].verb));
	json_put_text(j, "result", err_name(step->err));
	if (step->has_clock) {
		json_put_time(j, "clock", step->clock_utc);
	}
	if (step->has_identity) {
		identity_json(j, "identity", &step->identity);
	}
	json_close(j, '}');
}

static void file_json(struct json_out *j, const char *path, const struct rec *rec,
	const struct rehearsal *r, enum err e, const struct diag *diag)
{
	json_open(j, NULL, '{');
	json_put_text(j, "file", path);
	json_put_text(j, "driver", rec->driver);
	json_put_bool(j, "ok", !e);
	json_put_text(j, "error", e ? diag->text : NULL);
	json_put_int(j, "expected", (int64_t)rec->expect_n);
	json_open(j, "steps", '[');
	for (size_t i = 0; i < rec->step_n; i++) {
		step_json(j, rec, r, i);
	}
	json_close(j, ']');
	samples_json(j, &r->list);
	json_close(j, '}');
}

static void file_text(const char *path, const struct rec *rec, const struct rehearsal *r,
	const struct zone *zone, enum err e)
{
	if (rec->expect_n > 0 && !e) {
		(void)printf("%s: %zu of %zu as expected\n", path, rec->expect_n, rec->expect_n);
		return;
	}
	for (size_t i = 0; i < rec->step_n; i++) {
		const struct rehearse_step *step = &r->steps[i];
		char time[TIME_TEXT_CAP];
		if (step->has_clock) {
			(void)printf("clock %s\n", time_text_local(time, zone, step->clock_utc));
		}
		if (step->has_identity) {
			(void)printf("%s %s %s\n", step->identity.maker, step->identity.model,
				step->identity.serial);
		}
	}
	samples_table(&r->list, zone);
}

static int fail(const char *path, enum err e, const struct diag *diag)
{
	struct diag named = {0};
	return cmd_fail("replay", err_set(&named, e, "%s: %s", path, diag->text), &named);
}

static int replay_file(const char *path, const struct wanted *w, struct json_out *j)
{
	struct diag diag = {0};
	struct rec rec;
	struct rehearsal r;
	const struct zone *zone = NULL;
	enum err e = rec_load(path, &rec, &diag);
	if (e) {
		return fail(path, e, &diag);
	}
	if (w->driver) {
		(void)STR_COPY(rec.driver, w->driver);
	}
	if (w->params) {
		(void)STR_COPY(rec.params, w->params);
	}
	const struct driver *driver = driver_find(rec.driver);
	if (!driver) {
		e = err_set(&diag, ERR_INVAL, "no driver '%s'", rec.driver);
	}
	if (!e) {
		e = zone_get(*rec.zone ? rec.zone : "UTC", &zone, &diag);
	}
	if (!e) {
		e = rehearse(&rec, driver, &REPLAY_AS_IS, &r, &diag);
	}
	if (e) {
		rec_fini(&rec);
		return fail(path, e, &diag);
	}
	e = rehearsal_check(&rec, &r, &diag);
	if (w->wants_json) {
		file_json(j, path, &rec, &r, e, &diag);
	} else {
		file_text(path, &rec, &r, zone, e);
	}
	rehearsal_fini(&r);
	rec_fini(&rec);
	return e ? fail(path, e, &diag) : EXIT_DONE;
}

static int run(int argc, char **argv)
{
	struct wanted w = {0};
	struct opt_list files = {0};
	const struct opt opts[] = {{"json", OPT_FLAG, &w.wants_json},
		{"driver", OPT_TEXT, &w.driver}, {"params", OPT_TEXT, &w.params}, {.name = NULL}};
	if (!opt_parse(argc, argv, opts, &files)) {
		return EXIT_USAGE;
	}
	if (files.n == 0) {
		return cmd_usage(argv[0], "which recording?");
	}
	struct buf text;
	buf_init(&text, 256U << 20);
	struct json_out j = {.to = &text};
	json_open(&j, NULL, '[');
	int code = EXIT_DONE;
	for (size_t i = 0; i < files.n; i++) {
		int one = replay_file(files.items[i], &w, &j);
		code = one ? one : code;
	}
	json_close(&j, ']');
	if (w.wants_json) {
		(void)puts(buf_cstr(&text));
	}
	buf_fini(&text);
	return code;
}

extern const struct cmd cmd_replay;
const struct cmd cmd_replay = {
	.name = "replay",
	.summary = "a recording against its driver",
	.help = "usage: domovoi replay [--driver NAME] [--params TEXT] [--json] FILE...\n\n"
		"Runs each recording against the driver named in it. With expectations (lines that begin\n"
		"with =) it checks them; without, it prints what comes out.\n\n"
		"  --driver NAME   instead of the recording's; --params \"address=5\" likewise\n"
		"  --json          for machines\n\n"
		"exit codes: 0 all as expected, 1 a difference (one line says which), 2 wrong command line\n",
	.run = run,
};
