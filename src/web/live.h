/*
 * live.h - the live stream: readings and states as server-sent events, to any number of browsers
 *
 *   writer's thread ── committed() ──> inbox (bounded) ──┐
 *   poll, store: looked at once a second ────────────────┼── live thread ── streams.h ──> http
 *   site_changed() ──> flag ─────────────────────────────┘
 *
 * An event is written once and appended to the buffer of every stream whose user may see it. Of
 * several readings of a register within a fifth of a second the newest is sent. When the inbox is
 * full it is thrown away and the last readings of the store are sent instead: pages show nothing
 * else.
 */
#ifndef DOMOVOI_LIVE_H
#define DOMOVOI_LIVE_H

#include "web/server.h"

struct live;

enum err live_start(struct web *web, struct live **ret_live);
void live_close(struct live *l); /* every stream ends, none begins; NULL is fine */
void live_free(struct live *l);  /* after the streams are gone; NULL is fine */
size_t live_count(struct live *l);

/* pieces of answers that the stream and the ordinary requests share (api_devices.c, api_status.c) */
void jsonw_meter_state(struct jsonw *w, const struct meter *m, const struct meter_state *s);
void jsonw_line_state(struct jsonw *w, const struct line *l, const struct line_state *s);
void jsonw_store_state(struct jsonw *w, const char *key, const struct store_status *s);

#endif
