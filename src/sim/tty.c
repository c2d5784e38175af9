/*
 * tty.c - pseudo-terminals; see tty.h
 *
 * Settings are read through the kernel's termios2, which knows any speed; asked at the master they
 * are those of the slave (tty_ioctl(4), Linux).
 */
#include "sim/tty.h"

#include "base/str.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err set_raw(int fd)
{
	struct termios2 t;
	if (ioctl(fd, TCGETS2, &t) < 0) {
		return ERR_IO;
	}
	t.c_iflag = 0;
	t.c_oflag = 0;
	t.c_lflag = 0;
	t.c_cflag = CS8 | CREAD | CLOCAL | B9600;
	t.c_ispeed = t.c_ospeed = 9600;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	return ioctl(fd, TCSETS2, &t) < 0 ? ERR_IO : ERR_OK;
}

enum err sim_tty_open(struct sim_tty *ret_tty, struct diag *diag)
{
	struct sim_tty t = {.master = -1, .slave = -1};
	t.master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (t.master < 0 || grantpt(t.master) < 0 || unlockpt(t.master) < 0 ||
		ptsname_r(t.master, t.device, sizeof(t.device)) != 0) {
		enum err e = err_set_errno(diag, "pseudo-terminal");
		sim_tty_close(&t);
		return e;
	}
	t.slave = open(t.device, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (t.slave < 0 || set_raw(t.slave) != ERR_OK) {
		enum err e = err_set_errno(diag, "%s", t.device);
		sim_tty_close(&t);
		return e;
	}
	*ret_tty = t;
	return ERR_OK;
}

void sim_tty_close(struct sim_tty *t)
{
	if (t->master >= 0) {
		(void)close(t->master);
	}
	if (t->slave >= 0) {
		(void)close(t->slave);
	}
	t->master = t->slave = -1;
}

int sim_tty_baud(const struct sim_tty *t)
{
	struct termios2 s;
	return ioctl(t->master, TCGETS2, &s) < 0 ? 0 : (int)s.c_ospeed;
}

enum err sim_symlink(const char *target, const char *path, struct diag *diag)
{
	struct stat st;
	if (lstat(path, &st) == 0 && !S_ISLNK(st.st_mode)) {
		return err_set(diag, ERR_EXISTS, "%s is not a symlink", path);
	}
	/* aside and renamed: whoever opens the name meets the old port or the new one */
	char aside[280];
	int n = snprintf(aside, sizeof(aside), "%s.new", path);
	if (n < 0 || (size_t)n >= sizeof(aside)) {
		return err_set(diag, ERR_RANGE, "path too long: %s", path);
	}
	(void)unlink(aside);
	if (symlink(target, aside) < 0 || rename(aside, path) < 0) {
		return err_set_errno(diag, "%s", path);
	}
	return ERR_OK;
}
