/*
 * decode_cli.h - running `domovoi decode` in a test
 */
#ifndef DOMOVOI_TEST_DECODE_CLI_H
#define DOMOVOI_TEST_DECODE_CLI_H

#include "command_run.h"

#define decode_result command_result

/* Run with `hex` on standard input. */
static inline struct command_result *decode_run(const char *arguments, const char *hex)
{
	return command_run("decode", arguments, hex);
}

static inline json_t *decode_json(const struct command_result *r)
{
	return command_json(r);
}

#endif
