/*
 * user.c - domovoi user: add, password, grant, list
 */
#include "cmd/cmd.h"

static int run(int argc, char **argv)
{
	(void)argc;
	return cmd_fail(argv[0], ERR_UNSUPP, NULL);
}

extern const struct cmd cmd_user;
const struct cmd cmd_user = {
	.name = "user",
	.summary = "add, password, grant, list",
	.help = "usage: domovoi user\n",
	.run = run,
};
