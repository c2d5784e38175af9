/*
 * open.h - how each kind of link is opened; only link.c calls these
 *
 * `rest` is the URL behind "serial:", "tcp://" ...; it was found well-formed. The link comes back
 * with ops set; link.c fills in the URL.
 */
#ifndef DOMOVOI_LINK_OPEN_H
#define DOMOVOI_LINK_OPEN_H

#include "link/link.h"

bool serial_is_valid(const char *rest);
enum err serial_open(const char *rest, struct link **ret_link, struct diag *diag);

bool tcp_is_valid(const char *rest);
enum err tcp_open(const char *rest, struct link **ret_link, struct diag *diag);
enum err udp_open(const char *rest, struct link **ret_link, struct diag *diag); /* rest as of tcp */

/* Documents (base/piece.h). */
bool file_is_valid(const char *rest);
enum err file_open(const char *rest, struct link **ret_link, struct diag *diag);
bool http_is_valid(const char *rest);
enum err http_open(const char *rest, struct link **ret_link, struct diag *diag);
enum err https_open(const char *rest, struct link **ret_link, struct diag *diag);

bool replay_is_valid(const char *rest);
enum err replay_open(const char *rest, struct link **ret_link, struct diag *diag);

#endif
