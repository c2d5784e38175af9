/*
 * scan.c - domovoi scan: who answers on this line
 */
#include "cmd/cmd.h"

static int run(int argc, char **argv)
{
	(void)argc;
	return cmd_fail(argv[0], ERR_UNSUPP, NULL);
}

extern const struct cmd cmd_scan;
const struct cmd cmd_scan = {
	.name = "scan",
	.summary = "who answers on this line",
	.help = "usage: domovoi scan\n",
	.run = run,
};
