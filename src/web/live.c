/*
 * live.c - what happens, as events; see live.h
 */
#include "web/live.h"

#include "base/clock.h"
#include "web/streams.h"
#include "web/view.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INBOX_MAX    4096
#define TICK_US      ((int64_t)1000000) /* states are looked at */
#define FLUSH_MS     200                /* readings wait for each other */
#define HEARTBEAT_S  15
#define TEXT_CEILING ((size_t)16 << 20)

/* which channels a register feeds, sorted by register */
struct route {
	int64_t reg;
	const struct binding *binding;
};

struct live {
	struct store_listener listener; /* first: callbacks know live by it */
	struct web *web;
	struct streams *streams;
	pthread_t thread;
	bool has_thread, is_listening;

	pthread_mutex_t lock; /* of what follows up to the line */
	pthread_cond_t wake;
	struct last_reading *inbox; /* INBOX_MAX; owned */
	size_t inbox_count;
	bool has_overflowed, is_site_new, is_closing;
	/* ---- of the live thread alone ---- */
	const struct site *site; /* owned reference */
	struct route *routes;    /* owned */
	size_t route_count;
	struct meter_state *meters; /* as sent last; owned */
	size_t meter_count;
	struct line_state *lines;
	size_t line_count;
	struct store_status store;
	struct buf text;             /* events of one round */
	struct stream_event *events; /* owned; `text` offsets until the round is complete */
	size_t event_count, event_cap;
};

/* ---- what others tell: their threads ---- */

static void on_committed(
	struct store_listener *listener, const struct last_reading *readings, size_t n)
{
	struct live *l = (struct live *)listener;
	if (n == 0 || streams_count(l->streams) == 0) {
		return;
	}
	(void)pthread_mutex_lock(&l->lock);
	if (l->inbox_count + n > INBOX_MAX) {
		l->has_overflowed = true;
		l->inbox_count = 0;
	} else if (!l->has_overflowed) {
		memcpy(l->inbox + l->inbox_count, readings, n * sizeof(*readings));
		l->inbox_count += n;
	}
	(void)pthread_cond_signal(&l->wake);
	(void)pthread_mutex_unlock(&l->lock);
}

static void on_site_changed(struct store_listener *listener)
{
	struct live *l = (struct live *)listener;
	(void)pthread_mutex_lock(&l->lock);
	l->is_site_new = true;
	(void)pthread_cond_signal(&l->wake);
	(void)pthread_mutex_unlock(&l->lock);
}

/* ---- events of one round ---- */

static struct jsonw event_begin(struct live *l, const char *name)
{
	struct jsonw w;
	buf_printf(&l->text, "event: %s\ndata: ", name);
	jsonw_init(&w, &l->text);
	return w;
}

/* Complete the event that began at `from`. */
static void event_end(struct live *l, size_t from, enum audience audience, int64_t place)
{
	buf_str(&l->text, "\n\n");
	if (l->event_count == l->event_cap) {
		size_t cap = l->event_cap ? l->event_cap * 2 : 64;
		struct stream_event *events = realloc(l->events, cap * sizeof(*events));
		if (!events) {
			return; /* one event less: pages see the next */
		}
		l->events = events;
		l->event_cap = cap;
	}
	if (!l->text.is_full) {
		l->events[l->event_count++] = (struct stream_event){
			audience, place, NULL, l->text.size - from};
	}
}

static void round_send(struct live *l)
{
	const char *text = (const char *)l->text.data;
	size_t at = 0;
	for (size_t i = 0; i < l->event_count; i++) {
		l->events[i].text = text + at; /* only now: the buffer moves as it grows */
		at += l->events[i].size;
	}
	if (l->event_count > 0) {
		streams_send(l->streams, l->site, l->events, l->event_count);
	}
	l->event_count = 0;
	buf_clear(&l->text);
}

/* ---- readings ---- */

static void write_reading(struct live *l, const struct last_reading *x,
	const struct meter_register *reg, const struct meter *m, const struct binding *b)
{
	const struct channel *c = b ? site_find(l->site, OBJECT_CHANNEL, b->channel) : NULL;
	struct feed f = {b, reg, m};
	size_t from = l->text.size;
	struct jsonw w = event_begin(l, "reading");
	int64_t place = c ? c->place : m->place;
	jsonw_object(&w, NULL);
	jsonw_int(&w, "register", reg->id);
	jsonw_int(&w, "meter", m->id);
	jsonw_int(&w, "place", place);
	if (c) {
		jsonw_int(&w, "channel", c->id);
	} else {
		jsonw_null(&w, "channel");
	}
	jsonw_int(&w, "utc", x->utc);
	jsonw_real(&w, "value", c ? channel_value(c, &f, x->value) : x->value);
	jsonw_str(&w, "unit", unit_symbol(c ? c->unit : reg->unit));
	jsonw_str(&w, "quality", quality_class_name(quality_class(x->quality)));
	jsonw_end(&w);
	event_end(l, from, AUDIENCE_VALUES, place);
}

static size_t first_route(const struct live *l, int64_t reg)
{
	size_t low = 0;
	size_t high = l->route_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (l->routes[middle].reg < reg) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static void add_reading(struct live *l, const struct last_reading *x)
{
	const struct meter_register *reg = site_find(l->site, OBJECT_REGISTER, x->reg);
	const struct meter *m = reg ? site_find(l->site, OBJECT_METER, reg->meter) : NULL;
	bool is_bound = false;
	if (!m) {
		return;
	}
	for (size_t i = first_route(l, reg->id); i < l->route_count && l->routes[i].reg == reg->id;
		i++) {
		const struct binding *b = l->routes[i].binding;
		if (b->from_utc <= x->utc && x->utc < b->till_utc) {
			write_reading(l, x, reg, m, b);
			is_bound = true;
		}
	}
	if (!is_bound) {
		write_reading(l, x, reg, m, NULL);
	}
}

static int by_register_then_time(const void *a, const void *b)
{
	const struct last_reading *x = a;
	const struct last_reading *y = b;
	if (x->reg != y->reg) {
		return x->reg < y->reg ? -1 : 1;
	}
	return (x->utc > y->utc) - (x->utc < y->utc);
}

static void add_readings(struct live *l, struct last_reading *items, size_t n)
{
	if (n > 0) {
		qsort(items, n, sizeof(*items), by_register_then_time);
	}
	for (size_t i = 0; i < n; i++) {
		if (i + 1 == n || items[i + 1].reg != items[i].reg) {
			add_reading(l, &items[i]);
		}
	}
}

static void send_all_last(struct live *l)
{
	struct last_reading *items = NULL;
	size_t n = 0;
	if (store_last(l->web->store, &items, &n) == ERR_OK) {
		add_readings(l, items, n);
		free(items);
	}
}

/* ---- configuration ---- */

static int by_register(const void *a, const void *b)
{
	const struct route *x = a;
	const struct route *y = b;
	return (x->reg > y->reg) - (x->reg < y->reg);
}

static void take_site(struct live *l)
{
	const struct site *site = store_site(l->web->store);
	size_t n = site->counts[OBJECT_BINDING];
	struct route *routes = calloc(n + 1, sizeof(*routes));
	if (!routes) {
		site_unref(site);
		return; /* goes on with the old one; pages hear of the next change */
	}
	for (size_t i = 0; i < n; i++) {
		const struct binding *b = &site->bindings[i];
		const struct meter_register *reg = site_find(
			site, OBJECT_REGISTER, b->meter_register);
		routes[i].binding = b;
		routes[i].reg = reg ? current_register(site, reg)->id : b->meter_register;
	}
	qsort(routes, n, sizeof(*routes), by_register);
	site_unref(l->site);
	free(l->routes);
	l->site = site;
	l->routes = routes;
	l->route_count = n;
}

static void announce_site(struct live *l)
{
	size_t from = l->text.size;
	struct jsonw w = event_begin(l, "site");
	jsonw_object(&w, NULL);
	jsonw_int(&w, "generation", l->site->generation);
	jsonw_end(&w);
	event_end(l, from, AUDIENCE_ALL, 0);
}

/* ---- states ---- */

static bool meter_differs(const struct meter_state *a, const struct meter_state *b)
{
	return a->health != b->health || a->last_error != b->last_error ||
	       a->last_ok_utc != b->last_ok_utc || a->silent_since_utc != b->silent_since_utc ||
	       a->backoff_s != b->backoff_s || a->clock_offset_s != b->clock_offset_s ||
	       a->gap_records != b->gap_records || a->gap_loss_utc != b->gap_loss_utc ||
	       a->lost_records != b->lost_records || strcmp(a->error_text, b->error_text) != 0;
}

static bool line_differs(const struct line_state *a, const struct line_state *b)
{
	return a->health != b->health || a->last_error != b->last_error ||
	       a->meters_silent != b->meters_silent || a->queue != b->queue ||
	       fabs(a->use - b->use) > 0.005 || strcmp(a->error_text, b->error_text) != 0;
}

static bool store_differs(const struct store_status *a, const struct store_status *b)
{
	return a->is_writable != b->is_writable || a->last_error != b->last_error ||
	       a->spilled_batches != b->spilled_batches;
}

static void look_at_meters(struct live *l)
{
	struct meter_state *fresh = NULL;
	size_t n = 0;
	if (poll_meters(l->web->poll, &fresh, &n) != ERR_OK) {
		return;
	}
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		while (at < l->meter_count && l->meters[at].meter < fresh[i].meter) {
			at++;
		}
		bool was_there = at < l->meter_count && l->meters[at].meter == fresh[i].meter;
		const struct meter *m = site_find(l->site, OBJECT_METER, fresh[i].meter);
		if (m && (!was_there || meter_differs(&l->meters[at], &fresh[i]))) {
			size_t from = l->text.size;
			struct jsonw w = event_begin(l, "meter");
			jsonw_meter_state(&w, m, &fresh[i]);
			event_end(l, from, AUDIENCE_DEVICES, m->place);
		}
	}
	free(l->meters);
	l->meters = fresh;
	l->meter_count = n;
}

static void look_at_lines(struct live *l)
{
	struct line_state *fresh = NULL;
	size_t n = 0;
	if (poll_lines(l->web->poll, &fresh, &n) != ERR_OK) {
		return;
	}
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		while (at < l->line_count && l->lines[at].line < fresh[i].line) {
			at++;
		}
		bool was_there = at < l->line_count && l->lines[at].line == fresh[i].line;
		const struct line *line = site_find(l->site, OBJECT_LINE, fresh[i].line);
		if (line && (!was_there || line_differs(&l->lines[at], &fresh[i]))) {
			size_t from = l->text.size;
			struct jsonw w = event_begin(l, "line");
			jsonw_line_state(&w, line, &fresh[i]);
			event_end(l, from, AUDIENCE_LINE, line->id);
		}
	}
	free(l->lines);
	l->lines = fresh;
	l->line_count = n;
}

static void look_at_states(struct live *l)
{
	struct store_status fresh;
	if (streams_count(l->streams) == 0) {
		return;
	}
	if (l->web->poll) {
		look_at_meters(l);
		look_at_lines(l);
	}
	store_status(l->web->store, &fresh);
	if (store_differs(&l->store, &fresh)) {
		size_t from = l->text.size;
		struct jsonw w = event_begin(l, "store");
		jsonw_store_state(&w, NULL, &fresh);
		event_end(l, from, AUDIENCE_SERVICE, 0);
	}
	l->store = fresh;
}

/* ---- the thread ---- */

/* What was told since the last round, taken over with the lock held. */
struct round {
	struct last_reading *readings; /* owned */
	size_t count;
	bool has_overflowed, is_site_new, is_closing;
};

/* Wait until something was told or the tick is due. */
static struct round take_round(struct live *l, int64_t tick_us)
{
	struct round r = {0};
	struct timespec until = {tick_us / 1000000, tick_us % 1000000 * 1000};
	(void)pthread_mutex_lock(&l->lock);
	while (!l->inbox_count && !l->has_overflowed && !l->is_site_new && !l->is_closing &&
		clock_mono_us() < tick_us) {
		(void)pthread_cond_timedwait(&l->wake, &l->lock, &until);
	}
	if (l->inbox_count > 0) {
		r.readings = malloc(l->inbox_count * sizeof(*r.readings));
		if (r.readings) {
			r.count = l->inbox_count;
			memcpy(r.readings, l->inbox, r.count * sizeof(*r.readings));
		}
	}
	r.has_overflowed = l->has_overflowed;
	r.is_site_new = l->is_site_new;
	r.is_closing = l->is_closing;
	l->inbox_count = 0;
	l->has_overflowed = false;
	l->is_site_new = false;
	(void)pthread_mutex_unlock(&l->lock);
	return r;
}

static void pause_ms(int ms)
{
	struct timespec t = {0, (long)ms * 1000000};
	(void)nanosleep(&t, NULL);
}

static void *run(void *arg)
{
	struct live *l = arg;
	int64_t tick_us = clock_mono_us();
	int64_t beat_us = tick_us;
	for (;;) {
		struct round r = take_round(l, tick_us + TICK_US);
		if (r.is_closing) {
			free(r.readings);
			break;
		}
		if (r.is_site_new) {
			take_site(l);
			announce_site(l);
		}
		if (r.has_overflowed) {
			send_all_last(l);
		}
		add_readings(l, r.readings, r.count);
		free(r.readings);
		int64_t now_us = clock_mono_us();
		if (now_us - tick_us >= TICK_US) {
			tick_us = now_us;
			look_at_states(l);
			streams_tend(l->streams, l->web->auth);
		}
		round_send(l);
		if (now_us - beat_us >= (int64_t)HEARTBEAT_S * 1000000) {
			beat_us = now_us;
			streams_comment(l->streams, ": still here\n\n");
		}
		pause_ms(FLUSH_MS);
	}
	return NULL;
}

enum err live_start(struct web *web, struct live **ret_live)
{
	struct live *l = calloc(1, sizeof(*l));
	if (!l) {
		return ERR_NOMEM;
	}
	l->web = web;
	l->listener.committed = on_committed;
	l->listener.site_changed = on_site_changed;
	l->store.is_writable = true;
	buf_init(&l->text, TEXT_CEILING);
	(void)pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_t attr;
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&l->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	l->inbox = calloc(INBOX_MAX, sizeof(*l->inbox));
	enum err e = l->inbox ? streams_new(&l->streams) : ERR_NOMEM;
	if (!e) {
		take_site(l);
		e = l->site ? store_listen(web->store, &l->listener) : ERR_NOMEM;
		l->is_listening = !e;
	}
	if (!e) {
		int error = pthread_create(&l->thread, NULL, run, l);
		e = error ? err_from_errno(error) : ERR_OK;
		l->has_thread = !e;
	}
	if (e) {
		live_close(l);
		live_free(l);
		return e;
	}
	(void)pthread_setname_np(l->thread, "web-live");
	*ret_live = l;
	return ERR_OK;
}

void live_close(struct live *l)
{
	if (!l) {
		return;
	}
	if (l->is_listening) {
		store_unlisten(l->web->store, &l->listener);
		l->is_listening = false;
	}
	(void)pthread_mutex_lock(&l->lock);
	l->is_closing = true;
	(void)pthread_cond_signal(&l->wake);
	(void)pthread_mutex_unlock(&l->lock);
	if (l->has_thread) {
		(void)pthread_join(l->thread, NULL);
		l->has_thread = false;
	}
	if (l->streams) {
		streams_close(l->streams);
	}
}

void live_free(struct live *l)
{
	if (!l) {
		return;
	}
	streams_free(l->streams);
	site_unref(l->site);
	free(l->routes);
	free(l->meters);
	free(l->lines);
	free(l->events);
	free(l->inbox);
	buf_fini(&l->text);
	(void)pthread_cond_destroy(&l->wake);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

size_t live_count(struct live *l)
{
	return streams_count(l->streams);
}

/* ---- the request ---- */

enum err stream_get_h(struct http_request *r)
{
	struct web *web = web_of(r);
	const void *object;
	int64_t place = 0;
	struct buf hello;
	struct jsonw w;
	enum err e = query_int(r, "place", 1, INT64_MAX, &place);
	if (!e && place) {
		e = find_object(r, OBJECT_PLACE, place, ACCESS_SEE, &object);
	}
	if (e) {
		return e;
	}
	buf_init(&hello, 512);
	buf_str(&hello, "retry: 3000\nevent: hello\ndata: ");
	jsonw_init(&w, &hello);
	jsonw_object(&w, NULL);
	jsonw_int(&w, "now_utc", clock_now());
	jsonw_int(&w, "generation", site_of(r)->generation);
	jsonw_end(&w);
	buf_str(&hello, "\n\n");
	e = streams_open(web->live->streams, r, &local_of(r)->who, place, buf_cstr(&hello));
	buf_fini(&hello);
	return e;
}
