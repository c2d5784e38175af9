/*
 * tty.h - a pseudo-terminal: the simulator's end, and a name for the other
 *
 * The other end is kept open here too, so that its settings outlive the programs that come and go and
 * the near end never reports a hang-up.
 */
#ifndef DOMOVOI_TTY_H
#define DOMOVOI_TTY_H

#include "base/err.h"

struct sim_tty {
	int master, slave; /* -1: closed */
	char device[64];   /* "/dev/pts/7" */
};

/* Raw, no echo, 9600 baud until somebody sets another speed; master non-blocking. */
enum err sim_tty_open(struct sim_tty *ret_tty, struct diag *diag);
void sim_tty_close(struct sim_tty *t);
/* Speed the other end was set to, bit/s; 0 unknown. */
int sim_tty_baud(const struct sim_tty *t);

/* Make `path` a symlink to `target`, replacing one; ERR_EXISTS when something else is there. */
enum err sim_symlink(const char *target, const char *path, struct diag *diag);

#endif
