/*
 * fd.h - reading and writing a non-blocking descriptor with a time limit
 *
 * What serial ports and sockets share. The end of the stream, a hang-up and every error of the
 * descriptor are ERR_LINK: the caller closes and opens again.
 */
#ifndef DOMOVOI_LINK_FD_H
#define DOMOVOI_LINK_FD_H

#include "base/buf.h"
#include "base/err.h"

enum err fd_read(int fd, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag);
/* All of `bytes`, or ERR_LINK; `stall_ms`: how long the other side may take nothing at all. */
enum err fd_write(int fd, struct slice bytes, int stall_ms, struct diag *diag);
size_t fd_discard(int fd);
/* Like err_set_errno, but always ERR_LINK. */
enum err fd_fail(struct diag *diag, const char *what);

#endif
