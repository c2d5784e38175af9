/*
 * link.h - bytes to and from a line, whatever it is made of
 *
 *   serial:/dev/ttyUSB0      termios, any baud rate, RS-485 mode where the port has it
 *   tcp://host:port          transparent gateway
 *   replay:file.rec          a recording answers (docs/recordings.md)
 *
 * One thread uses a link at a time. Nothing here knows a protocol. Only src/link/ (and the
 * simulator) touches the file descriptors of lines.
 */
#ifndef DOMOVOI_LINK_H
#define DOMOVOI_LINK_H

#include "base/buf.h"
#include "base/err.h"

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
};

struct link {
	const struct link_ops *ops;
	char url[256];
};

enum err link_open(
	const char *url, const struct link_setup *setup, struct link **ret_link, struct diag *diag);
void link_close(struct link *l); /* NULL is fine */
enum err link_setup(struct link *l, const struct link_setup *setup, struct diag *diag);
enum err link_write(struct link *l, struct slice bytes, struct diag *diag);
enum err link_read(
	struct link *l, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag);
size_t link_discard(struct link *l);
bool link_has_speed(const struct link *l);
/* True if `url` has a known scheme and a well-formed rest; nothing is opened. */
bool link_url_is_valid(const char *url);

#endif
