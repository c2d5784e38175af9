/*
 * decode.c - domovoi decode: a frame, explained
 */
#include "cmd/cmd.h"

static int run(int argc, char **argv)
{
	(void)argc;
	return cmd_fail(argv[0], ERR_UNSUPP, NULL);
}

extern const struct cmd cmd_decode;
const struct cmd cmd_decode = {
	.name = "decode",
	.summary = "a frame, explained",
	.help = "usage: domovoi decode\n",
	.run = run,
};
