/*
 * command_run.h - running a sub-command of `domovoi` in a test; needs cmocka's headers through test.h
 */
#ifndef DOMOVOI_TEST_COMMAND_RUN_H
#define DOMOVOI_TEST_COMMAND_RUN_H

#include "test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct command_result {
	int code;
	char out[65536], err[4096];
};

static inline void command_read_all(const char *path, char *to, size_t cap)
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	size_t n = fread(to, 1, cap - 1, f);
	to[n] = 0;
	(void)fclose(f);
}

/* Run `domovoi COMMAND ARGUMENTS` with `input` on standard input. */
static inline struct command_result *command_run(
	const char *name, const char *arguments, const char *input)
{
	static struct command_result r;
	char dir[] = "/tmp/domovoi-command-XXXXXX", in[64], out[64], err[64], command[2048];
	const char *program = getenv("DOMOVOI");
	if (!program) {
		(void)puts("skipped: DOMOVOI does not name the program");
		skip();
	}
	assert_non_null(mkdtemp(dir));
	(void)snprintf(in, sizeof(in), "%s/in", dir);
	(void)snprintf(out, sizeof(out), "%s/out", dir);
	(void)snprintf(err, sizeof(err), "%s/err", dir);
	FILE *f = fopen(in, "wb");
	assert_non_null(f);
	assert_true(fputs(input, f) >= 0);
	assert_int_equal(fclose(f), 0);
	(void)snprintf(command, sizeof(command), "'%s' %s %s <%s >%s 2>%s", program, name,
		arguments, in, out, err);
	int status = system(command);
	assert_true(WIFEXITED(status));
	r.code = WEXITSTATUS(status);
	command_read_all(out, r.out, sizeof(r.out));
	command_read_all(err, r.err, sizeof(r.err));
	(void)remove(in);
	(void)remove(out);
	(void)remove(err);
	(void)remove(dir);
	return &r;
}

static inline json_t *command_json(const struct command_result *r)
{
	json_error_t e;
	json_t *j = json_loads(r->out, 0, &e);
	if (!j) {
		(void)printf("line %d: %s\n%s\n", e.line, e.text, r->out);
	}
	assert_non_null(j);
	return j;
}

#endif
