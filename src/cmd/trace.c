/*
 * trace.c - domovoi trace: what passes on a line, in the recording format
 */
#include "cmd/cmd.h"

static int run(int argc, char **argv)
{
	(void)argc;
	return cmd_fail(argv[0], ERR_UNSUPP, NULL);
}

extern const struct cmd cmd_trace;
const struct cmd cmd_trace = {
	.name = "trace",
	.summary = "what passes on a line, in the recording format",
	.help = "usage: domovoi trace\n",
	.run = run,
};
