/*
 * web.h - the web server of the node: /api/v1, live stream, and the application's files
 */
#ifndef DOMOVOI_WEB_H
#define DOMOVOI_WEB_H

#include "poll/poll.h"
#include "store/store.h"

struct web;

struct web_options {
	const char *listen;  /* "127.0.0.1:8080", "[::]:8080" */
	const char *ui_dir;  /* built application (ui/dist); NULL: API only */
	struct store *store; /* borrowed, outlives the server */
	struct poll *poll;   /* borrowed; NULL: a node that reads no meters */
};

enum err web_start(const struct web_options *options, struct web **ret_web, struct diag *diag);
int web_port(const struct web *w); /* the port really bound (":0" picks one) */
void web_stop(struct web *w);      /* closes streams; NULL is fine */

#endif
