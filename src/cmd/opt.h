/*
 * opt.h - the command line of a sub-command, described by a table
 *
 *   --name value   --name=value   --flag   argument   --   (what follows are arguments)
 *
 * Whatever the table does not have is a usage error, said on stderr in one line.
 */
#ifndef DOMOVOI_OPT_H
#define DOMOVOI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opt_type {
	OPT_FLAG, /* bool */
	OPT_INT,  /* int64_t, within min and max */
	OPT_TEXT, /* const char *; borrowed from argv */
	OPT_LIST  /* struct opt_list; may be given several times */
};

#define OPT_LIST_CEILING 64

struct opt_list {
	const char *items[OPT_LIST_CEILING];
	size_t n;
};

struct opt {
	const char *name; /* without dashes; NULL ends the table */
	enum opt_type type;
	void *to;
	int64_t min, max;
};

/* `args` takes what is not an option; NULL: nothing may be left. False after a message: EXIT_USAGE. */
bool opt_parse(int argc, char **argv, const struct opt *opts, struct opt_list *args);

/* The database a command works on: `given` (--db), else $DOMOVOI_DB, else sqlite:domovoi.db. */
const char *opt_db(const char *given);

#endif
