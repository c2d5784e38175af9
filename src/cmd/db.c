/*
 * db.c - domovoi db: init, migrate, check, backup, restore, export, import
 */
#include "cmd/cmd.h"

static int run(int argc, char **argv)
{
	(void)argc;
	return cmd_fail(argv[0], ERR_UNSUPP, NULL);
}

extern const struct cmd cmd_db;
const struct cmd cmd_db = {
	.name = "db",
	.summary = "init, migrate, check, backup, restore, export, import",
	.help = "usage: domovoi db\n",
	.run = run,
};
