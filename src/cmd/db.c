/*
 * db.c - domovoi db: init, migrate, check, backup, restore, export, import
 */
#include "calc/scheme.h"
#include "cmd/cmd.h"
#include "cmd/json_out.h"
#include "cmd/opt.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX (64u << 20)

struct wanted {
	const char *url;
	const char *who;
	const char *action;
	const char *file; /* NULL: none given */
	bool json;
};

static int fail(const struct wanted *w, enum err e, const struct diag *diag)
{
	char name[40];
	(void)snprintf(name, sizeof(name), "db %s", w->action);
	return cmd_fail(name, e, diag);
}

/* ---- actions ---- */

/* Opening for writing brings the schema up to date. */
static int open_and_close(const struct wanted *w, unsigned flags)
{
	struct diag d = {0};
	struct store *s;
	enum err e = store_open(w->url, flags, &s, &d);
	if (e) {
		return fail(w, e, &d);
	}
	store_close(s);
	return EXIT_DONE;
}

static int init(const struct wanted *w)
{
	const char *path = strchr(w->url, ':');
	struct diag d = {0};
	if (path && access(path + 1, F_OK) == 0) {
		(void)err_set(&d, ERR_EXISTS, "%s", w->url);
		return fail(w, ERR_EXISTS, &d);
	}
	return open_and_close(w, STORE_CREATE);
}

static int migrate(const struct wanted *w)
{
	return open_and_close(w, 0);
}

struct findings {
	struct buf text;
	struct json_out json;
	bool is_json;
};

static void see_finding(void *ctx, const char *text)
{
	struct findings *f = ctx;
	if (f->is_json) {
		json_put_text(&f->json, NULL, text);
	} else {
		buf_printf(&f->text, "%s\n", text);
	}
}

static int check(const struct wanted *w)
{
	struct diag d = {0};
	struct findings f = {.is_json = w->json};
	struct store *s;
	enum err e = store_open(w->url, STORE_READ_ONLY, &s, &d);
	if (e) {
		return fail(w, e, &d);
	}
	buf_init(&f.text, TEXT_MAX);
	f.json.to = &f.text;
	if (w->json) {
		json_open(&f.json, NULL, '{');
		json_open(&f.json, "findings", '[');
	}
	e = store_check(s, see_finding, &f);
	if (w->json) {
		json_close(&f.json, ']');
		json_put_bool(&f.json, "ok", e == ERR_OK);
		json_close(&f.json, '}');
		buf_u8(&f.text, '\n');
	}
	store_close(s);
	(void)fputs(buf_cstr(&f.text), stdout);
	buf_fini(&f.text);
	return e ? fail(w, e, NULL) : EXIT_DONE;
}

static int backup(const struct wanted *w)
{
	struct diag d = {0};
	struct store *s;
	enum err e = store_open(w->url, STORE_READ_ONLY, &s, &d);
	if (!e) {
		e = store_backup(s, w->file, &d);
		store_close(s);
	}
	return e ? fail(w, e, &d) : EXIT_DONE;
}

static int restore(const struct wanted *w)
{
	struct diag d = {0};
	enum err e = store_restore(w->url, w->file, &d);
	return e ? fail(w, e, &d) : EXIT_DONE;
}

static enum err write_text(const char *file, struct slice text, struct diag *diag)
{
	FILE *to = file && strcmp(file, "-") != 0 ? fopen(file, "w") : stdout;
	if (!to) {
		return err_set_errno(diag, "%s", file);
	}
	bool is_good = fwrite(text.data, 1, text.size, to) == text.size && fflush(to) == 0;
	enum err e = is_good ? ERR_OK : err_set_errno(diag, "%s", file ? file : "standard output");
	if (to != stdout && fclose(to) != 0 && !e) {
		e = err_set_errno(diag, "%s", file);
	}
	return e;
}

static int export_site(const struct wanted *w)
{
	struct diag d = {0};
	struct buf out;
	struct store *s;
	enum err e = store_open(w->url, STORE_READ_ONLY, &s, &d);
	if (e) {
		return fail(w, e, &d);
	}
	buf_init(&out, TEXT_MAX);
	e = store_export(s, &out, &d);
	store_close(s);
	e = e ? e : write_text(w->file, buf_slice(&out), &d);
	buf_fini(&out);
	return e ? fail(w, e, &d) : EXIT_DONE;
}

static enum err read_text(const char *file, struct buf *out, struct diag *diag)
{
	uint8_t chunk[4096];
	FILE *from = strcmp(file, "-") != 0 ? fopen(file, "r") : stdin;
	if (!from) {
		return err_set_errno(diag, "%s", file);
	}
	size_t n;
	while ((n = fread(chunk, 1, sizeof(chunk), from)) > 0) {
		buf_put(out, chunk, n);
	}
	enum err e = ferror(from) ? err_set_errno(diag, "%s", file) : ERR_OK;
	if (from != stdin) {
		(void)fclose(from);
	}
	return e || !out->is_full ? e : err_set(diag, ERR_LIMIT, "%s", file);
}

static int import_site(const struct wanted *w)
{
	struct diag d = {0};
	struct buf text;
	struct store *s;
	buf_init(&text, TEXT_MAX);
	enum err e = read_text(w->file, &text, &d);
	e = e ? e : store_open(w->url, STORE_CREATE, &s, &d);
	if (!e) {
		store_set_rule(s, scheme_check);
		e = store_import(s, buf_slice(&text), w->who, &d);
		store_close(s);
	}
	buf_fini(&text);
	return e ? fail(w, e, &d) : EXIT_DONE;
}

/* ---- command line ---- */

static const struct action {
	const char *name;
	size_t files_min, files_max;
	int (*run)(const struct wanted *w);
} actions[] = {
	{"backup", 1, 1, backup},
	{"check", 0, 0, check},
	{"export", 0, 1, export_site},
	{"import", 1, 1, import_site},
	{"init", 0, 0, init},
	{"migrate", 0, 0, migrate},
	{"restore", 1, 1, restore},
};

static const char *default_who(void)
{
	const char *name = getenv("SUDO_USER");
	name = name ? name : getenv("USER");
	return name && *name ? name : "command line";
}

static int run(int argc, char **argv)
{
	struct wanted w = {.who = default_who()};
	struct opt_list args = {0};
	const struct opt opts[] = {
		{"db", OPT_TEXT, &w.url, 0, 0},
		{"who", OPT_TEXT, &w.who, 0, 0},
		{"json", OPT_FLAG, &w.json, 0, 0},
		{NULL, OPT_FLAG, NULL, 0, 0},
	};
	if (!opt_parse(argc, argv, opts, &args)) {
		return EXIT_USAGE;
	}
	w.url = opt_db(w.url);
	w.action = args.n ? args.items[0] : "";
	w.file = args.n > 1 ? args.items[1] : NULL;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		const struct action *a = &actions[i];
		if (strcmp(a->name, w.action) != 0) {
			continue;
		}
		if (args.n - 1 < a->files_min || args.n - 1 > a->files_max) {
			return cmd_usage("db",
				a->files_min ? "%s wants a file" : "%s: too many files", a->name);
		}
		return a->run(&w);
	}
	return cmd_usage(
		"db", *w.action ? "'%s' is not one of its actions" : "say what to do%s", w.action);
}

extern const struct cmd cmd_db;
const struct cmd cmd_db = {
	.name = "db",
	.summary = "init, migrate, check, backup, restore, export, import",
	.help = "usage: domovoi db ACTION [FILE] [--db URL]\n"
		"\n"
		"  init           make an empty database\n"
		"  migrate        bring the database to the schema of this program\n"
		"  check          is everything whole; --json prints {\"findings\": [...], \"ok\": ...}\n"
		"  backup FILE    copy the database while the node runs\n"
		"  restore FILE   make the database what the backup FILE is\n"
		"  export [FILE]  the site's configuration as text (YAML), to FILE or standard output\n"
		"  import FILE    replace the site's configuration by that of FILE (- standard input)\n"
		"\n"
		"  --db URL       sqlite:PATH; default $DOMOVOI_DB, else sqlite:domovoi.db\n"
		"  --who NAME     who imports, for the history of the configuration\n"
		"  --json         with check\n"
		"\n"
		"An import is taken whole or not at all; what is wrong is said with its line.\n"
		"Exit codes: 0 done, 1 failed or something found, 2 wrong command line.\n",
	.run = run,
};
