/*
 * opt.c - the command line of a sub-command; see opt.h
 */
#include "cmd/opt.h"

#include "base/str.h"
#include "cmd/cmd.h"

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

bool opt_parse(int argc, char **argv, const struct opt *opts, struct opt_list *args)
{
	const char *cmd = argv[0];
	bool are_arguments = false;
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		if (are_arguments || strncmp(word, "--", 2) != 0) {
			if (!args || (!are_arguments && word[0] == '-' && word[1])) {
				(void)cmd_usage(cmd, "'%s' is not expected here", word);
				return false;
			}
			if (!add(args, word, cmd)) {
				return false;
			}
			continue;
		}
		if (!word[2]) {
			are_arguments = true;
			continue;
		}
		size_t size = strcspn(word + 2, "=");
		const struct opt *o = find(opts, word + 2, size);
		if (!o) {
			(void)cmd_usage(cmd, "no option '%s'", word);
			return false;
		}
		const char *value = word[2 + size] ? word + 3 + size : NULL;
		if (!value && o->type == OPT_FLAG) {
			*(bool *)o->to = true;
			continue;
		}
		if (!value && (i + 1 == argc || strncmp(argv[i + 1], "--", 2) == 0)) {
			(void)cmd_usage(cmd, "--%s wants a value", o->name);
			return false;
		}
		if (!set(o, value ? value : argv[++i], cmd)) {
			return false;
		}
	}
	return true;
}
