/*
 * recompute.c - domovoi recompute: the archive of channels worked out anew, shown before it is written
 */
#include "base/clock.h"
#include "base/str.h"
#include "calc/closing.h"
#include "calc/recompute_list.h"
#include "calc/scheme.h"
#include "cmd/cmd.h"
#include "cmd/json_out.h"
#include "cmd/opt.h"
#include "cmd/samples.h"
#include "store/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_MAX (64u << 20)
#define WHO        "recompute"

struct args {
	const char *url, *config, *period, *from, *till, *why;
	struct opt_list channels;
	bool is_dry, json;
};

struct job {
	const struct args *args;
	struct store *store;
	const struct site *site; /* a reference: of the present, or proposed */
	bool is_proposed;
	enum period shown;
	int64_t *channels; /* owned */
	size_t channel_count;
	struct recompute_list list;
};

/* A channel by its id or its code. */
static enum err find_channel(
	const struct site *s, const char *name, int64_t *ret_id, struct diag *diag)
{
	int64_t id;
	if (str_to_int(name, &id) == ERR_OK && site_find(s, OBJECT_CHANNEL, id)) {
		*ret_id = id;
		return ERR_OK;
	}
	size_t found = 0;
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
		if (strcmp(s->channels[i].code, name) == 0) {
			*ret_id = s->channels[i].id;
			found++;
		}
	}
	if (found > 1) {
		return err_set(diag, ERR_CONFLICT, "channel %s: several buildings have it", name);
	}
	return found ? ERR_OK : err_set(diag, ERR_NOTFOUND, "channel %s", name);
}

static enum err find_channels(struct job *j, struct diag *diag)
{
	enum err e = ERR_OK;
	j->channels = calloc(j->args->channels.n + 1, sizeof(*j->channels));
	if (!j->channels) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < j->args->channels.n && !e; i++) {
		e = find_channel(j->site, j->args->channels.items[i],
			&j->channels[j->channel_count++], diag);
	}
	return e;
}

static enum err read_config(struct job *j, struct diag *diag)
{
	struct buf text;
	struct site *proposed = NULL;
	uint8_t chunk[4096];
	size_t n;
	FILE *from = fopen(j->args->config, "re");
	if (!from) {
		return err_set_errno(diag, "%s", j->args->config);
	}
	buf_init(&text, CONFIG_MAX);
	while ((n = fread(chunk, 1, sizeof(chunk), from)) > 0 && !text.is_full) {
		buf_put(&text, chunk, n);
	}
	(void)fclose(from);
	enum err e = text.is_full ? err_set(diag, ERR_LIMIT, "%s", j->args->config) :
				    site_from_text(buf_slice(&text), &proposed, diag);
	buf_fini(&text);
	e = e ? e : scheme_check(proposed, NULL, diag);
	if (e) {
		site_unref(proposed);
		return e;
	}
	site_unref(j->site);
	j->site = proposed;
	j->is_proposed = true;
	return ERR_OK;
}

static enum err read_span(const struct args *a, struct span *ret, struct diag *diag)
{
	*ret = (struct span){INT64_MIN, INT64_MAX};
	if (a->from && time_parse(a->from, NULL, &ret->from) != ERR_OK) {
		return err_set(
			diag, ERR_INVAL, "--from: a time as 2026-01-31 or 2026-01-31T10:00Z");
	}
	if (a->till && time_parse(a->till, NULL, &ret->till) != ERR_OK) {
		return err_set(
			diag, ERR_INVAL, "--till: a time as 2026-01-31 or 2026-01-31T10:00Z");
	}
	return ERR_OK;
}

static bool is_closed(const struct job *j, const struct recompute_change *c)
{
	const struct channel *channel = site_find(j->site, OBJECT_CHANNEL, c->channel);
	struct closing at;
	return channel && closing_at(j->store, j->site, channel->place, c->start, &at) == ERR_OK;
}

static const char *name_of(const struct job *j, int64_t id)
{
	const struct channel *c = site_find(j->site, OBJECT_CHANNEL, id);
	return !c ? "" : c->code[0] ? c->code : c->name[0] ? c->name : quantity_code(c->quantity);
}

/* ---- the answer ---- */

static void put_value(struct json_out *j, const char *key, const struct form_value *v)
{
	json_open(j, key, '{');
	json_put_real(j, "value", v->value);
	json_put_text(j, "quality", quality_class_name(quality_class(v->quality)));
	json_close(j, '}');
}

static void print_json(const struct job *j)
{
	struct buf out;
	struct json_out o = {.to = &out};
	buf_init(&out, SIZE_MAX / 2);
	json_open(&o, NULL, '{');
	json_put_bool(&o, "is_dry", j->args->is_dry);
	json_put_text(&o, "period", period_name(j->shown));
	json_open(&o, "counts", '{');
	for (int p = PERIOD_HALF_HOUR; p < PERIOD_COUNT; p++) {
		json_put_int(&o, period_name((enum period)p), (int64_t)j->list.counts[p]);
	}
	json_close(&o, '}');
	json_open(&o, "changes", '[');
	for (size_t i = 0; i < j->list.n; i++) {
		const struct recompute_change *c = &j->list.items[i];
		if (c->period != j->shown) {
			continue;
		}
		json_open(&o, NULL, '{');
		json_put_int(&o, "channel", c->channel);
		json_put_text(&o, "name", name_of(j, c->channel));
		json_put_time(&o, "start", c->start);
		put_value(&o, "before", &c->old);
		put_value(&o, "after", &c->fresh);
		json_put_real(&o, "difference", c->fresh.value - c->old.value);
		json_put_bool(&o, "is_closed", is_closed(j, c));
		json_close(&o, '}');
	}
	json_close(&o, ']');
	json_close(&o, '}');
	buf_u8(&out, '\n');
	(void)fwrite(out.data, 1, out.size, stdout);
	buf_fini(&out);
}

static void number_cell(struct table *t, double v)
{
	char text[32] = "-";
	if (!isnan(v)) {
		(void)snprintf(text, sizeof(text), "%.6g", v);
	}
	table_cell(t, text);
}

static void print_table(const struct job *j)
{
	static const char *const heads[] = {
		"channel", "start", "before", "after", "difference", "quality", "period"};
	struct table t;
	table_init(&t, 7, "llrrrll");
	for (size_t i = 0; i < 7; i++) {
		table_cell(&t, heads[i]);
	}
	for (size_t i = 0; i < j->list.n; i++) {
		const struct recompute_change *c = &j->list.items[i];
		char start[TIME_TEXT_CAP], quality[48];
		if (c->period != j->shown) {
			continue;
		}
		(void)snprintf(quality, sizeof(quality), "%s > %s",
			quality_class_name(quality_class(c->old.quality)),
			quality_class_name(quality_class(c->fresh.quality)));
		table_cell(&t, name_of(j, c->channel));
		table_cell(&t, time_text_utc(start, c->start));
		number_cell(&t, c->old.value);
		number_cell(&t, c->fresh.value);
		number_cell(&t, c->fresh.value - c->old.value);
		table_cell(&t, quality);
		table_cell(&t, is_closed(j, c) ? "closed: a correction" : "open");
	}
	table_print(&t);
	(void)printf("%s %zu hours, %zu days, %zu months\n",
		j->args->is_dry ? "would change:" : "changed:",
		j->list.counts[PERIOD_HOUR] + j->list.counts[PERIOD_HALF_HOUR],
		j->list.counts[PERIOD_DAY], j->list.counts[PERIOD_MONTH]);
}

static enum err recompute(struct job *j, struct diag *diag)
{
	struct span span;
	enum err e = read_span(j->args, &span, diag);
	e = e ? e : find_channels(j, diag);
	if (e) {
		return e;
	}
	const struct recompute_ask ask = {.store = j->store,
		.proposed = j->is_proposed ? j->site : NULL,
		.channels = j->channels,
		.channel_count = j->channel_count,
		.is_all = j->channel_count == 0 && !j->is_proposed,
		.from = span.from};
	e = recompute_collect(&ask, span, &j->list, diag);
	if (!e && !j->args->is_dry) {
		e = recompute_apply(j->store, &j->list, WHO, j->args->why, diag);
	}
	return e;
}

static int run_job(struct job *j)
{
	struct diag diag = {0};
	enum err e = store_open(
		j->args->url, j->args->is_dry ? STORE_READ_ONLY : 0, &j->store, &diag);
	if (!e) {
		j->site = store_site(j->store);
		e = j->args->config ? read_config(j, &diag) : ERR_OK;
		e = e ? e : recompute(j, &diag);
	}
	if (!e && j->args->json) {
		print_json(j);
	} else if (!e) {
		print_table(j);
	}
	recompute_list_fini(&j->list);
	free(j->channels);
	site_unref(j->site);
	store_close(j->store);
	return e ? cmd_fail(WHO, e, &diag) : EXIT_DONE;
}

static int run(int argc, char **argv)
{
	struct args a = {.period = "month", .why = "recomputed by hand"};
	struct job j = {.args = &a};
	const struct opt opts[] = {
		{"db", OPT_TEXT, &a.url, 0, 0},
		{"dry-run", OPT_FLAG, &a.is_dry, 0, 0},
		{"config", OPT_TEXT, &a.config, 0, 0},
		{"channel", OPT_LIST, &a.channels, 0, 0},
		{"from", OPT_TEXT, &a.from, 0, 0},
		{"till", OPT_TEXT, &a.till, 0, 0},
		{"period", OPT_TEXT, &a.period, 0, 0},
		{"why", OPT_TEXT, &a.why, 0, 0},
		{"json", OPT_FLAG, &a.json, 0, 0},
		{NULL, OPT_FLAG, NULL, 0, 0},
	};
	if (!opt_parse(argc, argv, opts, NULL)) {
		return EXIT_USAGE;
	}
	if (!period_from_name(a.period, &j.shown) || j.shown == PERIOD_NONE) {
		return cmd_usage(WHO, "--period: half_hour, hour, day or month");
	}
	if (a.config && !a.is_dry) {
		return cmd_usage(WHO,
			"--config shows what importing would change: only with --dry-run;"
			" domovoi db import makes it so");
	}
	a.url = opt_db(a.url);
	return run_job(&j);
}

const struct cmd cmd_recompute = {
	.name = WHO,
	.summary = "work the archive of channels out anew; --dry-run shows what would change",
	.help = "usage: domovoi recompute [--dry-run] [--channel ID|CODE]... [--from T] [--till T]\n"
		"                         [--config FILE] [--period hour|day|month] [--why TEXT]\n"
		"                         [--db URL] [--json]\n"
		"\n"
		"Hours, days and months of channels are formed anew from what is stored of their\n"
		"registers, and computed channels by their formulas. What differs from the archive is\n"
		"shown before and after; without --dry-run it is written, and what it replaces goes to\n"
		"the history. Values of persons stay. Months that are closed keep their bill: the\n"
		"difference becomes a correction.\n"
		"\n"
		"  --dry-run       show only; may be asked while the node runs\n"
		"  --channel X     only this channel and what is computed from it; may be repeated\n"
		"  --from, --till  only values that start there (UTC, or with an offset)\n"
		"  --config FILE   what importing this configuration (domovoi db export) would change\n"
		"  --period P      which values are listed: half_hour, hour, day, month (the default)\n"
		"  --why TEXT      stands in the history\n"
		"  --db URL        the database; default $DOMOVOI_DB or sqlite:domovoi.db\n"
		"  --json          for machines\n",
	.run = run,
};
