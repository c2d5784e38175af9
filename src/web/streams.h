/*
 * streams.h - the open live streams: who listens, what waits for whom
 *
 * Each stream has a buffer with a ceiling. A browser that does not read for 64 KiB gets the comment
 * ": too slow" and is dropped; it connects anew by itself. The session and the rights behind a
 * stream are looked up again every minute; a stream lives an hour at most.
 *
 * Locks: one for the set. It is held while an event is handed out, never while the store is asked.
 */
#ifndef DOMOVOI_STREAMS_H
#define DOMOVOI_STREAMS_H

#include "web/auth.h"
#include "web/http.h"

struct streams;

enum audience {
	AUDIENCE_VALUES,  /* DATA or DEVICES at `place` */
	AUDIENCE_DEVICES, /* DEVICES at `place` */
	AUDIENCE_LINE,    /* DEVICES on the line `place` */
	AUDIENCE_SERVICE, /* DEVICES anywhere */
	AUDIENCE_ALL
};

/* One event, ready to send: "event: reading\ndata: {...}\n\n". */
struct stream_event {
	enum audience audience;
	int64_t place; /* id of a place, or of a line */
	const char *text;
	size_t size;
};

enum err streams_new(struct streams **ret_streams);
void streams_free(struct streams *set); /* when all are closed; NULL is fine */
size_t streams_count(struct streams *set);

/* Answer a request with a stream that begins with `hello`; takes over `who`. `place` 0: everything. */
enum err streams_open(struct streams *set, struct http_request *r, struct who *who, int64_t place,
	const char *hello);
void streams_send(
	struct streams *set, const struct site *site, const struct stream_event *events, size_t n);
void streams_comment(struct streams *set, const char *text); /* ":\n\n", keeps proxies awake */
/* Look some sessions up again and end what has had its time; call every second. */
void streams_tend(struct streams *set, struct auth *auth);
void streams_close(struct streams *set); /* all end, none begins */

#endif
