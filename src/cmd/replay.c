/*
 * replay.c - domovoi replay: a recording against its driver
 */
#include "cmd/cmd.h"

static int run(int argc, char **argv)
{
	(void)argc;
	return cmd_fail(argv[0], ERR_UNSUPP, NULL);
}

extern const struct cmd cmd_replay;
const struct cmd cmd_replay = {
	.name = "replay",
	.summary = "a recording against its driver",
	.help = "usage: domovoi replay\n",
	.run = run,
};
