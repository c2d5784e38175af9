/*
 * drivers.c - domovoi drivers: the meters this program can read
 */
#include "cmd/cmd.h"

static int run(int argc, char **argv)
{
	(void)argc;
	return cmd_fail(argv[0], ERR_UNSUPP, NULL);
}

extern const struct cmd cmd_drivers;
const struct cmd cmd_drivers = {
	.name = "drivers",
	.summary = "the meters this program can read",
	.help = "usage: domovoi drivers\n",
	.run = run,
};
