/*
 * sample_list.c - copies of what a driver says; see sample_list.h
 */
#include "poll/sample_list.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* The array with room for one more; NULL when memory or patience ends. */
static void *grow(void *items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap) {
		return items;
	}
	size_t wanted = *cap ? 2 * *cap : 32;
	void *grown = n < SAMPLE_LIST_CEILING ? realloc(items, wanted * size) : NULL;
	*cap = grown ? wanted : *cap;
	return grown;
}

static enum err put(struct sink *s, const struct sample *sample)
{
	struct sample_list *l = (struct sample_list *)s; /* sink is the first member */
	struct kept_sample **items = grow(l->items, l->n, &l->cap, sizeof(struct kept_sample *));
	if (!items) {
		return l->n < SAMPLE_LIST_CEILING ? ERR_NOMEM : ERR_LIMIT;
	}
	l->items = items;
	struct kept_sample *k = calloc(1, sizeof(*k));
	if (!k) {
		return ERR_NOMEM;
	}
	k->sample = *sample;
	(void)STR_COPY(k->key, sample->key);
	k->sample.key = k->key;
	if (sample->text) {
		k->text_copy = strdup(sample->text);
		if (!k->text_copy) {
			free(k);
			return ERR_NOMEM;
		}
		k->sample.text = k->text_copy;
	}
	l->items[l->n++] = k;
	return ERR_OK;
}

static enum err put_event(struct sink *s, const struct meter_event *event)
{
	struct sample_list *l = (struct sample_list *)s;
	struct kept_event *events = grow(l->events, l->event_n, &l->event_cap, sizeof(*events));
	if (!events) {
		return l->event_n < SAMPLE_LIST_CEILING ? ERR_NOMEM : ERR_LIMIT;
	}
	l->events = events;
	struct kept_event *k = &l->events[l->event_n++];
	k->utc = event->utc;
	(void)STR_COPY(k->code, event->code);
	(void)STR_COPY(k->text, event->text ? event->text : "");
	return ERR_OK;
}

void sample_list_init(struct sample_list *l)
{
	*l = (struct sample_list){.sink = {.put = put, .event = put_event}};
}

void sample_list_fini(struct sample_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->items[i]->text_copy);
		free(l->items[i]);
	}
	free(l->items);
	free(l->events);
	*l = (struct sample_list){.sink = l->sink};
}
