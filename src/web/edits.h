/*
 * edits.h - what the parts of the API share that change or doubt values
 */
#ifndef DOMOVOI_EDITS_H
#define DOMOVOI_EDITS_H

#include "calc/edit.h"
#include "calc/estimate_read.h"
#include "web/server.h"

/* Who, why: reason (of the list), document and comment of a body. The texts are borrowed from it. */
enum err take_word(struct http_request *r, const json_t *body, struct edit_word *ret_word);
enum err desk_open(struct http_request *r, struct desk *d);
void jsonw_proposals(struct jsonw *w, const char *key, const struct proposals *p);

#endif
