/*
 * sample_list.c - copies of what a driver says; see sample_list.h
 */
#include "poll/sample_list.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more; false when memory or patience ends. */
static bool grow(void **items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap) {
		return true;
	}
	size_t wanted = *cap ? 2 * *cap : 32;
	void *grown = n < SAMPLE_LIST_CEILING ? realloc(*items, wanted * size) : NULL;
	if (!grown) {
		return false;
	}
	*items = grown;
	*cap = wanted;
	return true;
}

static enum err put(struct sink *s, const struct sample *sample)
{
	struct sample_list *l = (struct sample_list *)s; /* sink is the first member */
	if (!grow((void **)&l->items, l->n, &l->cap, sizeof(l->items[0]))) {
		return l->n < SAMPLE_LIST_CEILING ? ERR_NOMEM : ERR_LIMIT;
	}
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
	if (!grow((void **)&l->events, l->event_n, &l->event_cap, sizeof(l->events[0]))) {
		return l->event_n < SAMPLE_LIST_CEILING ? ERR_NOMEM : ERR_LIMIT;
	}
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
