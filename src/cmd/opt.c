/*
 * opt.c - the command line of a sub-command; see opt.h
 */
#include "cmd/opt.h"

#include "base/str.h"
#include "cmd/cmd.h"

#include <stdlib.h>
#include <string.h>

static bool add(struct opt_list *list, const char *item, const char *cmd)
{
	if (list->n == OPT_LIST_CEILING) {
		(void)cmd_usage(cmd, "more than %d of '%s'", OPT_LIST_CEILING, item);
		return false;
	}
	list->items[list->n++] = item;
	return true;
}

static const struct opt *find(const struct opt *opts, const char *name, size_t size)
{
	for (; opts->name; opts++) {
		if (strlen(opts->name) == size && memcmp(opts->name, name, size) == 0) {
			return opts;
		}
	}
	return NULL;
}

static bool set(const struct opt *o, const char *value, const char *cmd)
{
	int64_t *number = o->to;
	switch (o->type) {
	case OPT_TEXT: *(const char **)o->to = value; return true;
	case OPT_LIST: return add(o->to, value, cmd);
	case OPT_INT:
		if (str_to_int(value, number) || *number < o->min || *number > o->max) {
			(void)cmd_usage(cmd, "--%s: '%s' is not a whole number from %lld to %lld",
				o->name, value, (long long)o->min, (long long)o->max);
			return false;
		}
		return true;
	case OPT_FLAG: break;
	}
	(void)cmd_usage(cmd, "--%s takes no value", o->name);
	return false;
}

/* One option that begins at argv[*at]; moves *at to its value if that is a word of its own. */
static bool take_option(int argc, char **argv, int *at, const struct opt *opts)
{
	const char *cmd = argv[0];
	const char *word = argv[*at] + 2;
	size_t size = strcspn(word, "=");
	const struct opt *o = find(opts, word, size);
	if (!o) {
		(void)cmd_usage(cmd, "no option '%s'", argv[*at]);
		return false;
	}
	if (word[size]) {
		return set(o, word + size + 1, cmd);
	}
	if (o->type == OPT_FLAG) {
		*(bool *)o->to = true;
		return true;
	}
	if (*at + 1 == argc || strncmp(argv[*at + 1], "--", 2) == 0) {
		(void)cmd_usage(cmd, "--%s wants a value", o->name);
		return false;
	}
	return set(o, argv[++*at], cmd);
}

bool opt_parse(int argc, char **argv, const struct opt *opts, struct opt_list *args)
{
	bool are_arguments = false;
	bool is_good = true;
	for (int i = 1; i < argc && is_good; i++) {
		const char *word = argv[i];
		if (!are_arguments && strcmp(word, "--") == 0) {
			are_arguments = true;
		} else if (!are_arguments && strncmp(word, "--", 2) == 0) {
			is_good = take_option(argc, argv, &i, opts);
		} else if (args && (are_arguments || word[0] != '-' || !word[1])) {
			is_good = add(args, word, argv[0]);
		} else {
			(void)cmd_usage(argv[0], "'%s' is not expected here", word);
			is_good = false;
		}
	}
	return is_good;
}

const char *opt_db(const char *given)
{
	const char *env = getenv("DOMOVOI_DB");
	if (given && *given) {
		return given;
	}
	return env && *env ? env : "sqlite:domovoi.db";
}
