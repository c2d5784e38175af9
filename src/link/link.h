/*
 * link.h - bytes to and from a line, whatever it is made of
 *
 *   serial:/dev/ttyUSB0              termios, any baud rate, RS-485 mode where the port has it
 *   serial:/dev/ttyS1?rs485=off      the same, RTS left alone (RS-232 and level converters)
 *   tcp://host:port, tcp://[::1]:1   transparent gateway
 *   udp://host:port                  the same, a datagram for each request
 *   file:outdoor.csv                 a text file, below DOMOVOI_INPUT     } documents, asked for and
 *   http://host/path, https://...    what a web service says              } given in pieces (base/piece.h)
 *   replay:file.rec                  a recording answers (docs/recordings.md)
 *
 * One thread uses a link at a time. Nothing here knows a protocol. Only src/link/ (and the
 * simulator) touches the file descriptors of lines.
 *
 * A link keeps when the line was last busy, because the silence a protocol demands before a request
 * counts from the last byte of anybody on that line, not of one meter.
 */
#ifndef DOMOVOI_LINK_H
#define DOMOVOI_LINK_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

struct link_setup {
	int baud;        /* bit/s */
	char framing[8]; /* "8N1", "8E1", "7E1", "8N2" ... */
};

struct link;

/* Each slot returns ERR_LINK when the port or the peer is gone; the caller closes and reopens. */
struct link_ops {
	void (*close)(struct link *l); /* frees l */
	/* NULL: speed means nothing here (tcp). */
	enum err (*setup)(struct link *l, const struct link_setup *setup, struct diag *diag);
	enum err (*write)(struct link *l, struct slice bytes, struct diag *diag);
	/* What has come, at least one byte, waiting up to timeout_ms (real time). ERR_TIMEOUT: nothing. */
	enum err (*read)(struct link *l, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n,
		struct diag *diag);
	/* Throw away what has come and was not read; returns how many bytes. */
	size_t (*discard)(struct link *l);
	/* Let `ms` pass. NULL: really sleep; a recording only moves its own time. */
	void (*pause)(struct link *l, int ms);
};

struct link {
	const struct link_ops *ops;
	char url[256];
	int64_t char_us; /* one character on the wire; 0 where speed means nothing; set by link_setup */
	int64_t busy_till_us; /* clock_mono_us when the last byte passed or will have left */
};

/* `setup` may be NULL: the port stays as it is until link_setup. */
enum err link_open(
	const char *url, const struct link_setup *setup, struct link **ret_link, struct diag *diag);
void link_close(struct link *l); /* NULL is fine */
/* UNSUPP on links without speed; INVAL when the port cannot do it. */
enum err link_setup(struct link *l, const struct link_setup *setup, struct diag *diag);
enum err link_write(struct link *l, struct slice bytes, struct diag *diag);
enum err link_read(
	struct link *l, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag);
size_t link_discard(struct link *l);
void link_pause(struct link *l, int ms);
bool link_has_speed(const struct link *l);
/* Bits of one character with start, parity and stop: "8E1" is 11; 0 if the text is not a framing
 * of 7 or 8 data bits, N, E or O, 1 or 2 stop bits. */
int link_char_bits(const char *framing);
/* True if `url` has a known scheme and a well-formed rest; nothing is opened. */
bool link_url_is_valid(const char *url);
/* An address as logs and errors may show it: of a web service only scheme and host, because the rest may
 * hold a key. Returns `to`. */
#define LINK_SHOWN_CAP 256
const char *link_url_shown(const char *url, char to[static LINK_SHOWN_CAP]);

#endif
