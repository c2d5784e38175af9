/*
 * run.c - domovoi run: the node itself: poll, archive, serve
 */
#include "cmd/cmd.h"

static int run(int argc, char **argv)
{
	(void)argc;
	return cmd_fail(argv[0], ERR_UNSUPP, NULL);
}

extern const struct cmd cmd_run;
const struct cmd cmd_run = {
	.name = "run",
	.summary = "the node itself: poll, archive, serve",
	.help = "usage: domovoi run\n",
	.run = run,
};
