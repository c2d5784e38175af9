/*
 * serial.c - a serial port: any speed, RS-485, exclusive
 *
 *   serial:/dev/ttyS1[?rs485=on|off]
 *
 * The kernel's own termios2 is used instead of the C library's, because only it takes any baud rate
 * (BOTHER). Speeds that have a constant use it, so that whoever looks at the port sees a usual
 * setting. What was applied is read back: a driver of the kernel drops silently what it cannot do.
 * Pseudo-terminals always drop 7 bits and parity; that is tolerated, nothing is sent on a wire there.
 *
 * RS-485: where the port knows TIOCSRS485 (UARTs of controllers; USB adapters switch by themselves),
 * it is turned on, with the polarity and delays the system has configured. rs485=off leaves RTS
 * alone: RS-232, or an M-Bus level converter fed from it.
 *
 * Exclusive: flock, which dies with its owner, among programs that ask; and TIOCEXCL against those
 * that do not. Not on pseudo-terminals: there the mark would outlive a killed program for as long
 * as the other end stays open, and nobody could open the port again.
 *
 * Facts: termios(3), ioctl_tty(2), Documentation/driver-api/serial/serial-rs485.rst of Linux.
 */
#include "link/fd.h"
#include "link/open.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The other side of a pty, or a port held by flow control, takes nothing for this long: broken. */
#define STALL_MS 3000

struct serial {
	struct link link;
	int fd;
	bool is_pty;
};

static struct serial *serial_of(struct link *l)
{
	return (struct serial *)l; /* link is the first member */
}

static const struct {
	unsigned baud;
	tcflag_t code;
} speeds[] = {
	{50, B50},
	{75, B75},
	{110, B110},
	{134, B134},
	{150, B150},
	{200, B200},
	{300, B300},
	{600, B600},
	{1200, B1200},
	{1800, B1800},
	{2400, B2400},
	{4800, B4800},
	{9600, B9600},
	{19200, B19200},
	{38400, B38400},
	{57600, B57600},
	{115200, B115200},
	{230400, B230400},
	{460800, B460800},
	{500000, B500000},
	{576000, B576000},
	{921600, B921600},
	{1000000, B1000000},
	{1152000, B1152000},
	{1500000, B1500000},
	{2000000, B2000000},
	{2500000, B2500000},
	{3000000, B3000000},
	{3500000, B3500000},
	{4000000, B4000000},
};

static tcflag_t speed_code(unsigned baud)
{
	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		if (speeds[i].baud == baud) {
			return speeds[i].code;
		}
	}
	return BOTHER;
}

/* Control flags of a framing that link_char_bits has accepted. */
static tcflag_t framing_flags(const char *framing)
{
	tcflag_t flags = framing[0] == '7' ? CS7 : CS8;
	if (framing[1] != 'N') {
		flags |= PARENB;
	}
	if (framing[1] == 'O') {
		flags |= PARODD;
	}
	if (framing[2] == '2') {
		flags |= CSTOPB;
	}
	return flags;
}

#define FRAMING_MASK ((tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB))

static enum err serial_setup(struct link *l, const struct link_setup *setup, struct diag *diag)
{
	struct serial *s = serial_of(l);
	unsigned baud = (unsigned)setup->baud;
	tcflag_t framing = framing_flags(setup->framing);
	struct termios2 wanted;
	if (ioctl(s->fd, TCGETS2, &wanted) < 0) {
		return fd_fail(diag, "settings of the port");
	}
	/* raw: no translation, no echo, no flow control, no modem lines; HUPCL off keeps a converter
	 * that lives on DTR powered between two openings */
	wanted.c_iflag = framing & PARENB ? INPCK :
					    0; /* a byte with wrong parity is read as zero */
	wanted.c_oflag = 0;
	wanted.c_lflag = 0;
	wanted.c_cflag = CLOCAL | CREAD | framing | speed_code(baud);
	wanted.c_ispeed = baud;
	wanted.c_ospeed = baud;
	wanted.c_cc[VMIN] = 1;
	wanted.c_cc[VTIME] = 0;
	/* "W": what is still to be sent leaves at the old speed */
	if (ioctl(s->fd, TCSETSW2, &wanted) < 0) {
		return fd_fail(diag, "setting up the port");
	}
	struct termios2 got;
	if (ioctl(s->fd, TCGETS2, &got) < 0) {
		return fd_fail(diag, "settings of the port");
	}
	unsigned off = got.c_ospeed > baud ? got.c_ospeed - baud : baud - got.c_ospeed;
	if (off > baud / 33) { /* 3 %: beyond that the stop bit is missed */
		return err_set(diag, ERR_INVAL, "%s cannot do %d baud (nearest %u)", l->url,
			setup->baud, got.c_ospeed);
	}
	if (!s->is_pty && (got.c_cflag & FRAMING_MASK) != framing) {
		return err_set(diag, ERR_INVAL, "%s cannot do %s", l->url, setup->framing);
	}
	return ERR_OK;
}

static void serial_close(struct link *l)
{
	struct serial *s = serial_of(l);
	if (!s->is_pty) {
		(void)ioctl(s->fd, TIOCNXCL);
	}
	(void)close(s->fd);
	free(s);
}

static enum err serial_write(struct link *l, struct slice bytes, struct diag *diag)
{
	return fd_write(serial_of(l)->fd, bytes, STALL_MS + (int)(l->char_us * 4096 / 1000), diag);
}

static enum err serial_read(
	struct link *l, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag)
{
	return fd_read(serial_of(l)->fd, to, cap, timeout_ms, ret_n, diag);
}

static size_t serial_discard(struct link *l)
{
	return fd_discard(serial_of(l)->fd);
}

static void use_rs485(int fd)
{
	struct serial_rs485 mode = {0};
	if (ioctl(fd, TIOCGRS485, &mode) < 0 || mode.flags & SER_RS485_ENABLED) {
		return; /* not that kind of port, or the system has set it up */
	}
	mode.flags |= (__u32)(SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND);
	mode.flags &= ~(__u32)SER_RS485_RTS_AFTER_SEND;
	(void)ioctl(fd, TIOCSRS485, &mode);
}

/* USB adapters otherwise hold bytes back for up to 16 ms. */
static void use_low_latency(int fd)
{
	struct serial_struct port = {0};
	if (ioctl(fd, TIOCGSERIAL, &port) == 0) {
		port.flags |= (int)ASYNC_LOW_LATENCY;
		(void)ioctl(fd, TIOCSSERIAL, &port); /* wants rights on some kernels; a wish */
	}
}

static bool is_pty(int fd)
{
	struct stat st;
	/* majors of Unix 98 pseudo-terminals, Documentation/admin-guide/devices.txt */
	return fstat(fd, &st) == 0 && major(st.st_rdev) >= 136 && major(st.st_rdev) <= 143;
}

/* Split "PATH[?rs485=on|off]"; false if there is anything else. */
static bool parse(const char *rest, char *path, size_t cap, bool *ret_rs485)
{
	size_t n = strcspn(rest, "?");
	bool is_off = strcmp(rest + n, "?rs485=off") == 0;
	if (rest[0] != '/' || n >= cap ||
		(rest[n] && !is_off && strcmp(rest + n, "?rs485=on") != 0)) {
		return false;
	}
	memcpy(path, rest, n);
	path[n] = 0;
	*ret_rs485 = !is_off;
	return true;
}

bool serial_is_valid(const char *rest)
{
	char path[256];
	bool rs485;
	return parse(rest, path, sizeof(path), &rs485);
}

static enum err claim(int fd, bool is_pty_port, const char *path, struct diag *diag)
{
	struct termios2 probe;
	if (ioctl(fd, TCGETS2, &probe) < 0) {
		return err_set(diag, ERR_LINK, "%s is not a serial port", path);
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		return err_set(diag, ERR_LINK, "%s is used by another program", path);
	}
	if (!is_pty_port && ioctl(fd, TIOCEXCL) < 0) {
		return fd_fail(diag, path);
	}
	return ERR_OK;
}

static const struct link_ops serial_ops = {
	.close = serial_close,
	.setup = serial_setup,
	.write = serial_write,
	.read = serial_read,
	.discard = serial_discard,
};

enum err serial_open(const char *rest, struct link **ret_link, struct diag *diag)
{
	char path[256];
	bool rs485 = false;
	if (!parse(rest, path, sizeof(path), &rs485)) {
		return err_set(diag, ERR_INVAL, "'%.100s' is not a port", rest);
	}
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		return fd_fail(diag, path);
	}
	bool is_pty_port = is_pty(fd);
	enum err e = claim(fd, is_pty_port, path, diag);
	if (e) {
		goto out;
	}
	struct serial *s = calloc(1, sizeof(*s));
	if (!s) {
		e = ERR_NOMEM;
		goto out;
	}
	if (rs485) {
		use_rs485(fd);
	}
	use_low_latency(fd);
	*s = (struct serial){.link = {.ops = &serial_ops}, .fd = fd, .is_pty = is_pty_port};
	*ret_link = &s->link;
	return ERR_OK;
out:
	(void)close(fd);
	return e;
}
