/*
 * bench.c - domovoi bench: the numbers of docs/performance.md
 */
#include "cmd/cmd.h"

static int run(int argc, char **argv)
{
	(void)argc;
	return cmd_fail(argv[0], ERR_UNSUPP, NULL);
}

extern const struct cmd cmd_bench;
const struct cmd cmd_bench = {
	.name = "bench",
	.summary = "the numbers of docs/performance.md",
	.help = "usage: domovoi bench\n",
	.run = run,
};
