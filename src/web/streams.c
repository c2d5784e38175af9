/*
 * streams.c - the open live streams; see streams.h
 */
#include "web/streams.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define STREAMS_MAX  2048
#define PER_USER_MAX 1024
#define BUFFER_MAX   ((size_t)64 << 10)
#define BUFFER_KEPT  4096 /* a drained buffer larger than this is given back */
#define LIFE_US      ((int64_t)3600 * 1000000)
#define RECHECK_US   ((int64_t)60 * 1000000)
#define RECHECKS     32 /* at most at a time */

static const char too_slow[] = ": too slow\n\n";

struct stream {
	struct http_source source; /* first: http knows the stream by it */
	struct streams *set;
	struct stream *next;
	bool is_listed;
	bool is_over; /* ends when the buffer is read */
	int64_t serial;
	int64_t born_us, checked_us;
	struct who who; /* owned */
	int64_t place;
	struct buf buf;
	size_t read_at;
};

struct streams {
	pthread_mutex_t lock;
	struct stream *first;
	size_t count;
	int64_t serial;
	bool is_closing;
};

enum err streams_new(struct streams **ret_streams)
{
	struct streams *set = calloc(1, sizeof(*set));
	if (!set) {
		return ERR_NOMEM;
	}
	(void)pthread_mutex_init(&set->lock, NULL);
	*ret_streams = set;
	return ERR_OK;
}

void streams_free(struct streams *set)
{
	if (set) {
		(void)pthread_mutex_destroy(&set->lock);
		free(set);
	}
}

size_t streams_count(struct streams *set)
{
	(void)pthread_mutex_lock(&set->lock);
	size_t n = set->count;
	(void)pthread_mutex_unlock(&set->lock);
	return n;
}

/* ---- the side of http: epoll thread ---- */

static size_t stream_read(struct http_source *source, char *to, size_t cap, bool *ret_is_over)
{
	struct stream *s = (struct stream *)source;
	(void)pthread_mutex_lock(&s->set->lock);
	size_t left = s->buf.size - s->read_at;
	size_t n = left < cap ? left : cap;
	if (n > 0) {
		memcpy(to, s->buf.data + s->read_at, n);
		s->read_at += n;
	}
	if (s->read_at == s->buf.size) {
		if (s->buf.cap > BUFFER_KEPT) {
			buf_fini(&s->buf);
		}
		buf_clear(&s->buf);
		s->read_at = 0;
	}
	*ret_is_over = n == 0 && s->is_over;
	(void)pthread_mutex_unlock(&s->set->lock);
	return n;
}

static void stream_close(struct http_source *source)
{
	struct stream *s = (struct stream *)source;
	struct streams *set = s->set;
	(void)pthread_mutex_lock(&set->lock);
	if (s->is_listed) {
		struct stream **at = &set->first;
		while (*at != s) {
			at = &(*at)->next;
		}
		*at = s->next;
		set->count--;
	}
	(void)pthread_mutex_unlock(&set->lock);
	who_fini(&s->who);
	buf_fini(&s->buf);
	free(s);
}

/* ---- opening ---- */

static bool has_room(struct streams *set, int64_t user)
{
	size_t of_user = 0;
	for (const struct stream *s = set->first; s; s = s->next) {
		of_user += s->who.user.id == user;
	}
	return !set->is_closing && set->count < STREAMS_MAX && of_user < PER_USER_MAX;
}

enum err streams_open(struct streams *set, struct http_request *r, struct who *who, int64_t place,
	const char *hello)
{
	(void)pthread_mutex_lock(&set->lock);
	bool fits = has_room(set, who->user.id);
	(void)pthread_mutex_unlock(&set->lock);
	if (!fits) {
		r->reply.retry_after_s = 30;
		return err_set(&r->diag, ERR_BUSY, "too many live streams");
	}
	struct stream *s = calloc(1, sizeof(*s));
	if (!s) {
		return ERR_NOMEM;
	}
	s->source.read = stream_read;
	s->source.close = stream_close;
	s->set = set;
	s->born_us = clock_mono_us();
	s->checked_us = s->born_us;
	s->place = place;
	s->who = *who;
	*who = (struct who){0};
	buf_init(&s->buf, BUFFER_MAX);
	buf_str(&s->buf, hello);
	enum err e = http_reply_stream(r, "text/event-stream", &s->source);
	if (e) {
		return e; /* closed already */
	}
	/* nobody reads it before this handler has returned */
	(void)pthread_mutex_lock(&set->lock);
	s->serial = ++set->serial;
	s->next = set->first;
	s->is_listed = true;
	s->is_over = set->is_closing;
	set->first = s;
	set->count++;
	(void)pthread_mutex_unlock(&set->lock);
	return ERR_OK;
}

/* ---- sending: live thread, with the lock held ---- */

static void append(struct stream *s, const char *text, size_t size)
{
	if (s->is_over) {
		return;
	}
	if (s->buf.size - s->read_at + size > BUFFER_MAX - sizeof(too_slow)) {
		/* what waits is dropped; the comment must come between two events, so the rest of
		 * one that is half sent stays: ended by an empty line, browsers ignore the torso */
		buf_clear(&s->buf);
		s->read_at = 0;
		buf_str(&s->buf, "\n\n");
		buf_str(&s->buf, too_slow);
		s->is_over = true;
		return;
	}
	if (s->read_at > 0 && s->buf.size + size > BUFFER_MAX) {
		memmove(s->buf.data, s->buf.data + s->read_at, s->buf.size - s->read_at);
		s->buf.size -= s->read_at;
		s->read_at = 0;
	}
	buf_put(&s->buf, text, size);
	s->is_over = s->buf.is_full; /* out of memory: let the browser come again */
}

static bool may_hear(const struct stream *s, const struct site *site, const struct stream_event *e)
{
	const struct access *a = &s->who.access;
	switch (e->audience) {
	case AUDIENCE_VALUES:
		return (!s->place || site_is_within(site, e->place, s->place)) &&
		       (access_at(a, site, e->place) & (ACCESS_DATA | ACCESS_DEVICES));
	case AUDIENCE_DEVICES: return access_at(a, site, e->place) & ACCESS_DEVICES;
	case AUDIENCE_LINE:
		return access_object(a, site, OBJECT_LINE, site_find(site, OBJECT_LINE, e->place)) &
		       ACCESS_DEVICES;
	case AUDIENCE_SERVICE: return access_anywhere(a) & ACCESS_DEVICES;
	case AUDIENCE_ALL: break;
	}
	return true;
}

void streams_send(
	struct streams *set, const struct site *site, const struct stream_event *events, size_t n)
{
	(void)pthread_mutex_lock(&set->lock);
	for (struct stream *s = set->first; s; s = s->next) {
		bool is_new = false;
		for (size_t i = 0; i < n; i++) {
			if (may_hear(s, site, &events[i])) {
				append(s, events[i].text, events[i].size);
				is_new = true;
			}
		}
		if (is_new) {
			http_wake(s->source.stream);
		}
	}
	(void)pthread_mutex_unlock(&set->lock);
}

void streams_comment(struct streams *set, const char *text)
{
	struct stream_event e = {AUDIENCE_ALL, 0, text, strlen(text)};
	streams_send(set, NULL, &e, 1);
}

static void end_stream(struct stream *s)
{
	s->is_over = true;
	http_wake(s->source.stream);
}

/* A stream whose session has not been looked up for a minute; false if there is none. */
static bool take_stale(
	struct streams *set, int64_t now_us, int64_t *ret_serial, struct who *ret_who)
{
	bool found = false;
	(void)pthread_mutex_lock(&set->lock);
	for (struct stream *s = set->first; s && !found; s = s->next) {
		if (!s->is_over && now_us - s->checked_us >= RECHECK_US) {
			s->checked_us = now_us;
			*ret_serial = s->serial;
			*ret_who = s->who;
			found = access_copy(&s->who.access, &ret_who->access) == ERR_OK;
		}
	}
	(void)pthread_mutex_unlock(&set->lock);
	return found;
}

static void give_back(struct streams *set, int64_t serial, enum err e, struct who *who)
{
	(void)pthread_mutex_lock(&set->lock);
	for (struct stream *s = set->first; s; s = s->next) {
		if (s->serial != serial) {
			continue;
		}
		if (e == ERR_DENIED) {
			end_stream(s);
		} else if (!e) {
			struct who old = s->who;
			s->who = *who;
			*who = old;
		}
		break;
	}
	(void)pthread_mutex_unlock(&set->lock);
	who_fini(who);
}

void streams_tend(struct streams *set, struct auth *auth)
{
	int64_t now_us = clock_mono_us();
	int64_t serial = 0;
	struct who who;
	(void)pthread_mutex_lock(&set->lock);
	for (struct stream *s = set->first; s; s = s->next) {
		if (!s->is_over && now_us - s->born_us >= LIFE_US) {
			end_stream(s);
		}
	}
	(void)pthread_mutex_unlock(&set->lock);
	for (int i = 0; i < RECHECKS && take_stale(set, now_us, &serial, &who); i++) {
		enum err e = auth_recheck(auth, &who);
		give_back(set, serial, e, &who);
	}
}

void streams_close(struct streams *set)
{
	(void)pthread_mutex_lock(&set->lock);
	set->is_closing = true;
	for (struct stream *s = set->first; s; s = s->next) {
		end_stream(s);
	}
	(void)pthread_mutex_unlock(&set->lock);
}
