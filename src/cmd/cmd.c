/*
 * cmd.c - the table of sub-commands and what they share; see cmd.h
 */
#include "cmd/cmd.h"

#include "domovoi_version.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

extern const struct cmd cmd_bench;
extern const struct cmd cmd_calc;
extern const struct cmd cmd_db;
extern const struct cmd cmd_decode;
extern const struct cmd cmd_drivers;
extern const struct cmd cmd_read;
extern const struct cmd cmd_recompute;
extern const struct cmd cmd_replay;
extern const struct cmd cmd_run;
extern const struct cmd cmd_scan;
extern const struct cmd cmd_sim;
extern const struct cmd cmd_trace;
extern const struct cmd cmd_user;

static const struct cmd *const cmds[] = {
	&cmd_bench,
	&cmd_calc,
	&cmd_db,
	&cmd_decode,
	&cmd_drivers,
	&cmd_read,
	&cmd_recompute,
	&cmd_replay,
	&cmd_run,
	&cmd_scan,
	&cmd_sim,
	&cmd_trace,
	&cmd_user,
	NULL,
};

const struct cmd *cmd_find(const char *name)
{
	for (size_t i = 0; cmds[i]; i++) {
		if (strcmp(cmds[i]->name, name) == 0) {
			return cmds[i];
		}
	}
	return NULL;
}

int cmd_fail(const char *name, enum err e, const struct diag *diag)
{
	bool has_text = diag && diag->text[0];
	const char *check = err_check(e, LANG_EN);
	(void)fprintf(stderr, "domovoi %s: %s%s%s%s%s\n", name, err_text(e, LANG_EN),
		has_text ? ": " : "", has_text ? diag->text : "", *check ? "; check " : "", check);
	return EXIT_FAILED;
}

int cmd_usage(const char *name, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	(void)fprintf(stderr, "domovoi %s: ", name);
	(void)vfprintf(stderr, fmt, ap);
	(void)fprintf(stderr, "; see domovoi %s --help\n", name);
	va_end(ap);
	return EXIT_USAGE;
}

static void print_help(FILE *to)
{
	(void)fputs(
		"domovoi: reads the meters of a building, keeps their archives, shows them\n\n"
		"usage: domovoi COMMAND [...]      domovoi COMMAND --help\n\n",
		to);
	for (size_t i = 0; cmds[i]; i++) {
		(void)fprintf(to, "  %-9s %s\n", cmds[i]->name, cmds[i]->summary);
	}
	(void)fputs(
		"\nexit codes: 0 done, 1 failed (one line on stderr says why), 2 wrong command line\n",
		to);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	if (strcmp(name, "--version") == 0) {
		(void)puts("domovoi " DOMOVOI_VERSION);
		return EXIT_DONE;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
		print_help(stdout);
		return EXIT_DONE;
	}
	const struct cmd *cmd = cmd_find(name);
	if (!cmd) {
		if (*name) {
			(void)fprintf(stderr, "domovoi: no command '%s'\n\n", name);
		}
		print_help(stderr);
		return EXIT_USAGE;
	}
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			(void)fputs(cmd->help, stdout);
			return EXIT_DONE;
		}
	}
	return cmd->run(argc - 1, argv + 1);
}
