/*
 * cmd.h - sub-commands of `domovoi`: one file each, one sorted table (cmd.c)
 *
 * Exit codes, the same for all: 0 done; 1 the thing asked for failed (a broken frame, no answer, a
 * finding of a check) with one line on stderr saying what; 2 the command line is wrong.
 */
#ifndef DOMOVOI_CMD_H
#define DOMOVOI_CMD_H

#include "base/err.h"

#define EXIT_DONE   0
#define EXIT_FAILED 1
#define EXIT_USAGE  2

struct cmd {
	const char *name;
	const char *summary;               /* one line of `domovoi --help` */
	const char *help;                  /* whole text of `domovoi NAME --help` */
	int (*run)(int argc, char **argv); /* argv[0] is the sub-command's name */
};

const struct cmd *cmd_find(const char *name);

/* "domovoi NAME: text: diag; check ..." to stderr; returns EXIT_FAILED. `diag` may be NULL. */
int cmd_fail(const char *name, enum err e, const struct diag *diag);
/* "domovoi NAME: message" and where help is, to stderr; returns EXIT_USAGE. */
int cmd_usage(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
