/*
 * line_listen.c - a line whose meter speaks by itself; see line.h
 *
 * Between turns the line is heard out instead of sleeping, so that nothing a meter says once an hour is
 * missed and what it says every second is not from a minute ago. What was said is kept until the
 * meter's turn on its grid. On a virtual clock time stands still while a thread is not waiting: there
 * the turn itself waits for a telegram.
 *
 * One meter a line: the first that speaks by itself is the one listened to.
 */
#include "poll/line.h"

#include <string.h>

#define SLICE_MS 250 /* that often somebody may want something else */

/* ---- what was heard ---- */

static bool is_same(const struct sample *a, const struct sample *b)
{
	return a->form == b->form && strcmp(a->key, b->key) == 0 &&
	       (a->form == FORM_NOW || a->utc == b->utc);
}

static enum err keep_latest(struct sink *sink, const struct sample *x)
{
	struct sample_list *l = &((struct heard *)sink)->list;
	if (x->text) {
		return ERR_OK; /* identification is not archived */
	}
	for (size_t i = 0; i < l->n; i++) {
		if (is_same(&l->items[i]->sample, x)) {
			l->items[i]->sample = *x;
			l->items[i]->sample.key = l->items[i]->key;
			return ERR_OK;
		}
	}
	return l->sink.put(&l->sink, x);
}

static enum err keep_event(struct sink *sink, const struct meter_event *event)
{
	struct sample_list *l = &((struct heard *)sink)->list;
	return l->sink.event(&l->sink, event);
}

void heard_init(struct heard *h)
{
	*h = (struct heard){.sink = {.put = keep_latest, .event = keep_event}};
	sample_list_init(&h->list);
}

void heard_fini(struct heard *h)
{
	sample_list_fini(&h->list);
}

enum err heard_tell(struct heard *h, struct sink *out)
{
	enum err e = h->list.n || h->list.event_n ? ERR_OK : ERR_NODATA;
	for (size_t i = 0; i < h->list.n && !e; i++) {
		e = out->put(out, &h->list.items[i]->sample);
	}
	for (size_t i = 0; i < h->list.event_n && !e && out->event; i++) {
		const struct kept_event *k = &h->list.events[i];
		e = out->event(out, &(struct meter_event){k->utc, k->code, k->text});
	}
	sample_list_fini(&h->list);
	return e;
}

/* ---- listening ---- */

static struct line_meter *speaker(const struct line_worker *w)
{
	for (size_t i = 0; i < w->meter_count; i++) {
		struct line_meter *m = w->meters[i];
		if (m->talk && m->conf.is_enabled && m->driver->hear) {
			return m;
		}
	}
	return NULL;
}

bool line_hears(const struct line_worker *w)
{
	return w->link && !clock_is_virtual() && speaker(w);
}

static bool is_wanted_elsewhere(struct line_worker *w, const struct line_meter *m)
{
	(void)pthread_mutex_lock(&w->lock);
	bool is_wanted = w->is_stopping || w->next_site || m->asked != m->answered_ask;
	for (size_t i = 0; i < w->meter_count && !is_wanted; i++) {
		is_wanted = w->meters[i]->asked != w->meters[i]->answered_ask;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return is_wanted;
}

void line_listen(struct line_worker *w, int64_t until)
{
	struct line_meter *m = speaker(w);
	m->before = *talk_counters(m->talk);
	talk_attach(m->talk, w->link, &w->trace);
	enum err e = talk_begin(m->talk, clock_now());
	while ((!e || e == ERR_TIMEOUT) && clock_now() < until && !is_wanted_elsewhere(w, m)) {
		e = talk_hear(m->talk, SLICE_MS, &m->heard.sink);
	}
	talk_attach(m->talk, NULL, NULL);
	(void)pthread_mutex_lock(&w->lock);
	line_count(w, m);
	(void)pthread_mutex_unlock(&w->lock);
	if (e == ERR_LINK) {
		link_close(w->link); /* the next turn opens it again, or says why it cannot */
		w->link = NULL;
	}
}
