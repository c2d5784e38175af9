/*
 * read.c - domovoi read: one meter, once, to the terminal
 */
#include "cmd/cmd.h"

static int run(int argc, char **argv)
{
	(void)argc;
	return cmd_fail(argv[0], ERR_UNSUPP, NULL);
}

extern const struct cmd cmd_read;
const struct cmd cmd_read = {
	.name = "read",
	.summary = "one meter, once, to the terminal",
	.help = "usage: domovoi read\n",
	.run = run,
};
