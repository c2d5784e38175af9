/*
 * sim.c - domovoi sim: a virtual building: meters that answer as real ones do
 */
#include "cmd/cmd.h"

static int run(int argc, char **argv)
{
	(void)argc;
	return cmd_fail(argv[0], ERR_UNSUPP, NULL);
}

extern const struct cmd cmd_sim;
const struct cmd cmd_sim = {
	.name = "sim",
	.summary = "a virtual building: meters that answer as real ones do",
	.help = "usage: domovoi sim\n",
	.run = run,
};
