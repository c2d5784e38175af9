/*
 * user.c - domovoi user: accounts of the web server, from the terminal
 *
 * For the first administrator and for who has locked themselves out. A password is asked for twice
 * without echo, or is the first line of standard input; it is never an argument, where `ps` would
 * show it. A running node takes the change at the next request.
 */
#include "base/str.h"
#include "cmd/cmd.h"
#include "cmd/opt.h"
#include "store/store.h"
#include "web/password.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define WHO "console"

struct args {
	const char *url;
	const char *login;
	const char *name;
	const char *lang;
	const char *role;
	int64_t place;
	bool has_place, password_stdin;
};

/* ---- passwords ---- */

static bool read_line(char *to, size_t cap, FILE *from)
{
	if (!fgets(to, (int)cap, from)) {
		return false;
	}
	to[strcspn(to, "\r\n")] = '\0';
	return true;
}

static bool ask(const char *prompt, char *to, size_t cap)
{
	struct termios with_echo;
	bool is_terminal = tcgetattr(STDIN_FILENO, &with_echo) == 0;
	(void)fputs(prompt, stderr);
	(void)fflush(stderr);
	if (is_terminal) {
		struct termios silent = with_echo;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	}
	bool is_read = read_line(to, cap, stdin);
	if (is_terminal) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &with_echo);
		(void)fputc('\n', stderr);
	}
	return is_read;
}

static enum err get_hash(
	const struct args *a, char ret_hash[static PASSWORD_HASH_CAP], struct diag *diag)
{
	char password[PASSWORD_LONGEST + 3];
	char again[sizeof(password)];
	enum err e = ERR_OK;
	if (a->password_stdin || !isatty(STDIN_FILENO)) {
		if (!read_line(password, sizeof(password), stdin)) {
			return err_set(diag, ERR_INVAL, "no password on standard input");
		}
	} else if (!ask("Password: ", password, sizeof(password)) ||
		   !ask("The same again: ", again, sizeof(again)) || strcmp(password, again) != 0) {
		e = err_set(diag, ERR_INVAL, "the two passwords differ");
	}
	e = e ? e : password_check(password, diag);
	e = e ? e : password_hash(password, ret_hash);
	explicit_bzero(password, sizeof(password));
	explicit_bzero(again, sizeof(again));
	return e;
}

/* ---- the sub-commands ---- */

static enum err give(struct store *s, const struct args *a, int64_t user, struct diag *diag)
{
	struct grant g = {.user = user, .place = a->place};
	if (!role_from_name(a->role, &g.role)) {
		return err_set(diag, ERR_INVAL,
			"role \"%.40s\": resident, technician, manager, supplier, city, administrator",
			a->role);
	}
	return grant_put(s, &g, WHO, diag);
}

static enum err find(struct store *s, const struct args *a, struct user *ret, struct diag *diag)
{
	enum err e = user_find(s, a->login, ret);
	return e ? err_set(diag, e, "user \"%.63s\"", a->login) : ERR_OK;
}

static enum err run_add(struct store *s, const struct args *a, struct diag *diag)
{
	struct user u = {.is_enabled = true};
	enum role role;
	enum err e = ERR_OK;
	if (a->role && !role_from_name(a->role, &role)) {
		e = give(s, a, 0, diag); /* says which roles there are, before anything is made */
	}
	if (!e && (!STR_COPY(u.login, a->login) || strpbrk(u.login, " \t"))) {
		e = err_set(diag, ERR_INVAL, "login: at most %zu bytes, no blanks",
			sizeof(u.login) - 1);
	}
	if (!e && user_find(s, u.login, &u) == ERR_OK) {
		return err_set(diag, ERR_EXISTS, "user \"%s\"", u.login);
	}
	(void)STR_COPY(u.name, a->name ? a->name : "");
	(void)STR_COPY(u.lang, a->lang ? a->lang : "");
	e = e ? e : get_hash(a, u.hash, diag);
	e = e ? e : user_put(s, &u, WHO, diag);
	if (!e && a->role) {
		e = give(s, a, u.id, diag);
	}
	return e;
}

static enum err run_password(struct store *s, const struct args *a, struct diag *diag)
{
	struct user u;
	enum err e = find(s, a, &u, diag);
	e = e ? e : get_hash(a, u.hash, diag);
	u.is_enabled = true;
	return e ? e : user_put(s, &u, WHO, diag);
}

static enum err run_grant(struct store *s, const struct args *a, struct diag *diag)
{
	struct user u;
	enum err e = find(s, a, &u, diag);
	return e ? e : give(s, a, u.id, diag);
}

static enum err print_grant(void *ctx, const struct grant *g)
{
	(void)ctx;
	if (g->place) {
		(void)printf(" %s@%" PRId64, role_name(g->role), g->place);
	} else {
		(void)printf(" %s", role_name(g->role));
	}
	return ERR_OK;
}

static enum err print_user(void *ctx, const struct user *u)
{
	(void)printf("%-20s %-8s", u->login, u->is_enabled ? "enabled" : "disabled");
	enum err e = grant_list(ctx, u->id, print_grant, NULL);
	(void)printf("%s%s\n", u->name[0] ? "   " : "", u->name);
	return e;
}

static enum err run_list(struct store *s, const struct args *a, struct diag *diag)
{
	(void)a;
	(void)diag;
	return user_list(s, print_user, s);
}

struct verb {
	const char *name;
	bool wants_login, wants_role, only_reads;
	enum err (*run)(struct store *s, const struct args *a, struct diag *diag);
};

static const struct verb verbs[] = {
	{"add", true, false, false, run_add},
	{"grant", true, true, false, run_grant},
	{"list", false, false, true, run_list},
	{"password", true, false, false, run_password},
};

/* ---- command line ---- */

/* EXIT_DONE or EXIT_USAGE. */
static int read_args(int argc, char **argv, struct args *a, struct opt_list *words)
{
	const struct opt opts[] = {
		{"db", OPT_TEXT, &a->url, 0, 0},
		{"name", OPT_TEXT, &a->name, 0, 0},
		{"lang", OPT_TEXT, &a->lang, 0, 0},
		{"role", OPT_TEXT, &a->role, 0, 0},
		{"place", OPT_INT, &a->place, 0, INT64_MAX},
		{"password-stdin", OPT_FLAG, &a->password_stdin, 0, 0},
		{NULL, OPT_FLAG, NULL, 0, 0},
	};
	if (!opt_parse(argc, argv, opts, words)) {
		return EXIT_USAGE;
	}
	if (words->n > 2) {
		return cmd_usage("user", "unknown argument %s", words->items[2]);
	}
	a->url = opt_db(a->url);
	a->login = words->n > 1 ? words->items[1] : NULL;
	return EXIT_DONE;
}

static int check_args(const struct verb *v, const struct args *a)
{
	if (v->wants_login != (a->login != NULL)) {
		return cmd_usage("user", v->wants_login ? "which login?" : "list takes no login");
	}
	if (v->wants_role && !a->role) {
		return cmd_usage("user", "--role is missing");
	}
	if (a->lang && strcmp(a->lang, "en") != 0 && strcmp(a->lang, "ru") != 0) {
		return cmd_usage("user", "--lang is en or ru");
	}
	return EXIT_DONE;
}

static int run(int argc, char **argv)
{
	struct args a = {0};
	struct diag diag = {0};
	struct store *s = NULL;
	const struct verb *v = NULL;
	struct opt_list words = {0};
	int code = read_args(argc, argv, &a, &words);
	if (code) {
		return code;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]) && words.n > 0; i++) {
		if (strcmp(words.items[0], verbs[i].name) == 0) {
			v = &verbs[i];
		}
	}
	if (!v) {
		return cmd_usage("user", "add, password, grant or list?");
	}
	code = check_args(v, &a);
	if (code) {
		return code;
	}
	enum err e = store_open(a.url, v->only_reads ? STORE_READ_ONLY : STORE_CREATE, &s, &diag);
	if (!e) {
		e = v->run(s, &a, &diag);
	}
	store_close(s);
	return e ? cmd_fail("user", e, &diag) : EXIT_DONE;
}

extern const struct cmd cmd_user;
const struct cmd cmd_user = {
	.name = "user",
	.summary = "add, password, grant, list",
	.help = "usage: domovoi user add LOGIN [--db URL] [--role ROLE [--place ID]]\n"
		"                        [--name TEXT] [--lang en|ru] [--password-stdin]\n"
		"       domovoi user password LOGIN [--db URL] [--password-stdin]\n"
		"       domovoi user grant LOGIN [--db URL] --role ROLE [--place ID]\n"
		"       domovoi user list [--db URL]\n"
		"\n"
		"Accounts of the web server. The password (8 to 256 bytes) is asked for without echo, or\n"
		"is the first line of standard input. A new password ends the user's sessions and enables\n"
		"the account again.\n"
		"\n"
		"  --role   resident, technician, manager, supplier, city, administrator\n"
		"  --place  the role holds for this place and everything below; 0 or nothing: everywhere\n"
		"\n"
		"The first administrator:\n"
		"  domovoi user add admin --role administrator --db sqlite:/var/lib/domovoi/domovoi.db\n"
		"\n"
		"exit codes: 0 done, 1 failed, 2 wrong command line\n",
	.run = run,
};
