/*
 * rollup_view.c - see rollup_view.h
 */
#include "calc/rollup_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_bindings(const void *a, const void *b)
{
	const struct binding *x = *(const struct binding *const *)a;
	const struct binding *y = *(const struct binding *const *)b;
	if (x->channel != y->channel) {
		return x->channel < y->channel ? -1 : 1;
	}
	if (x->from_utc != y->from_utc) {
		return x->from_utc < y->from_utc ? -1 : 1;
	}
	return (x->id > y->id) - (x->id < y->id);
}

/* FNV-1a, enough to notice a change. */
static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
	const uint8_t *bytes = data;
	for (size_t i = 0; i < size; i++) {
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	}
	return hash;
}

#define MIX(hash, value) mix((hash), &(value), sizeof(value))

struct register_limits view_limits(const struct meter_register *r)
{
	double resolution = r->decimals >= 0 ? pow(10, -(double)r->decimals) : 0;
	return (struct register_limits){
		.capacity = r->capacity,
		.max_rate = r->max_rate,
		.noise = 2 * resolution,
	};
}

static struct view_register folded_register(const struct site *s, const struct meter_register *r)
{
	const struct meter *m = site_find(s, OBJECT_METER, r->meter);
	enum quantity_kind kind = quantity_kind(r->quantity);
	return (struct view_register){
		.newest_hour = INT64_MIN,
		.conf = r,
		.kind = kind,
		.limits = view_limits(r),
		.calendar = m ? site_meter_calendar(s, m) : site_calendar(s, 0),
		.max_hold_s = max_hold_of(m ? m->poll_s : 0),
		.is_folded = !r->is_ignored && kind != KIND_INFO &&
			     !(kind == KIND_COUNTER && r->form == FORM_AMOUNT),
	};
}

static void fill_print(const struct view *v, struct view_channel *c)
{
	uint64_t h = 0xcbf29ce484222325;
	int quantity = (int)c->conf->quantity, unit = (int)c->conf->unit;
	const char *zone = c->calendar.zone ? zone_name(c->calendar.zone) : "";
	h = MIX(h, quantity);
	h = MIX(h, unit);
	h = mix(h, zone, strlen(zone) + 1);
	h = MIX(h, c->calendar.report_hour);
	h = MIX(h, c->calendar.report_day);
	if (c->weight) {
		h = MIX(h, v->channels[c->weight - 1].conf->id);
	}
	for (size_t i = 0; i < c->binding_count; i++) {
		const struct binding *b = view_binding(v, c, i);
		const struct view_register *r = view_register(v, b->meter_register);
		h = MIX(h, b->meter_register);
		h = MIX(h, b->from_utc);
		h = MIX(h, b->till_utc);
		h = MIX(h, b->multiplier);
		h = MIX(h, b->reading_fitted);
		h = MIX(h, b->reading_removed);
		if (r) {
			int kind = (int)r->kind, runit = (int)r->conf->unit;
			int is_amount = r->conf->form == FORM_AMOUNT;
			h = MIX(h, kind);
			h = MIX(h, runit);
			h = MIX(h, is_amount);
			h = MIX(h, r->limits.capacity);
			h = MIX(h, r->limits.max_rate);
			h = MIX(h, r->limits.noise);
		}
	}
	size_t n;
	const struct scheme *s = schemes_of(v->schemes, (uint32_t)(c - v->channels), &n);
	for (size_t i = 0; i < n; i++) {
		h = MIX(h, s[i].print);
	}
	c->print = h;
}

static void group_bindings(struct view *v)
{
	const struct site *s = v->site;
	size_t n = s->counts[OBJECT_BINDING];
	for (size_t i = 0; i < n; i++) {
		v->bindings[i] = &s->bindings[i];
	}
	if (n) {
		qsort(v->bindings, n, sizeof(struct binding *), compare_bindings);
	}
	for (size_t i = 0; i < n; i++) {
		const struct binding *b = v->bindings[i];
		const struct channel *c = site_find(s, OBJECT_CHANNEL, b->channel);
		struct view_channel *of = c ? &v->channels[c - s->channels] : NULL;
		if (of && of->binding_count++ == 0) {
			of->first_binding = (uint32_t)i;
		}
	}
}

static void group_uses(struct view *v)
{
	const struct site *s = v->site;
	size_t n = s->counts[OBJECT_BINDING];
	uint32_t at = 0;
	for (size_t i = 0; i < n; i++) {
		const struct meter_register *r = site_find(
			s, OBJECT_REGISTER, v->bindings[i]->meter_register);
		if (r) {
			v->registers[r - s->registers].use_count++;
		}
	}
	for (size_t i = 0; i < s->counts[OBJECT_REGISTER]; i++) {
		v->registers[i].first_use = at;
		at += v->registers[i].use_count;
		v->registers[i].use_count = 0;
	}
	for (size_t i = 0; i < n; i++) {
		const struct meter_register *r = site_find(
			s, OBJECT_REGISTER, v->bindings[i]->meter_register);
		const struct channel *c = site_find(s, OBJECT_CHANNEL, v->bindings[i]->channel);
		if (r && c) {
			struct view_register *of = &v->registers[r - s->registers];
			v->uses[of->first_use + of->use_count++] = (uint32_t)(c - s->channels);
		}
	}
}

/* ---- pipes ---- */

static const struct {
	enum quantity temperature;
	enum quantity flowed[4]; /* in order of preference */
} pipes[] = {
	{QUANTITY_TEMPERATURE_SUPPLY,
		{QUANTITY_MASS_SUPPLY, QUANTITY_VOLUME_SUPPLY, QUANTITY_MASS, QUANTITY_VOLUME}},
	{QUANTITY_TEMPERATURE_RETURN,
		{QUANTITY_MASS_RETURN, QUANTITY_VOLUME_RETURN, QUANTITY_MASS, QUANTITY_VOLUME}},
};

static int compare_places(const void *a, const void *b)
{
	const struct view_channel *x = *(struct view_channel *const *)a;
	const struct view_channel *y = *(struct view_channel *const *)b;
	if (x->conf->place != y->conf->place) {
		return x->conf->place < y->conf->place ? -1 : 1;
	}
	return (x->conf->id > y->conf->id) - (x->conf->id < y->conf->id);
}

/* The one channel of `quantity` among those of a place; none if there are several. */
static struct view_channel *only_channel(
	struct view_channel *const *of_place, size_t n, enum quantity quantity)
{
	struct view_channel *found = NULL;
	for (size_t i = 0; i < n; i++) {
		if (of_place[i]->conf->quantity == quantity) {
			if (found) {
				return NULL;
			}
			found = of_place[i];
		}
	}
	return found;
}

static void weigh(
	struct view *v, struct view_channel *c, struct view_channel *const *of_place, size_t n)
{
	for (size_t i = 0; i < sizeof(pipes) / sizeof(pipes[0]); i++) {
		for (size_t k = 0; k < 4 && c->conf->quantity == pipes[i].temperature; k++) {
			struct view_channel *by = only_channel(of_place, n, pipes[i].flowed[k]);
			if (by) {
				c->weight = (uint32_t)(by - v->channels) + 1;
				c->next_weighed = by->weighed;
				by->weighed = (uint32_t)(c - v->channels) + 1;
				return;
			}
		}
	}
}

static bool find_weights(struct view *v)
{
	size_t n = v->site->counts[OBJECT_CHANNEL];
	struct view_channel **by_place = calloc(n + 1, sizeof(struct view_channel *));
	if (!by_place) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		by_place[i] = &v->channels[i];
	}
	if (n) {
		qsort(by_place, n, sizeof(struct view_channel *), compare_places);
	}
	for (size_t i = 0, till; i < n; i = till) {
		for (till = i + 1;
			till < n && by_place[till]->conf->place == by_place[i]->conf->place;
			till++) {
		}
		for (size_t k = i; k < till; k++) {
			weigh(v, by_place[k], &by_place[i], till - i);
		}
	}
	free(by_place);
	return true;
}

struct view *view_new(const struct site *site)
{
	size_t registers = site->counts[OBJECT_REGISTER], channels = site->counts[OBJECT_CHANNEL];
	size_t bindings = site->counts[OBJECT_BINDING];
	struct view *v = calloc(1, sizeof(*v));
	if (!v) {
		return NULL;
	}
	v->site = site_ref(site);
	v->registers = calloc(registers + 1, sizeof(*v->registers));
	v->channels = calloc(channels + 1, sizeof(*v->channels));
	v->bindings = calloc(bindings + 1, sizeof(*v->bindings));
	v->uses = calloc(bindings + 1, sizeof(*v->uses));
	if (!v->registers || !v->channels || !v->bindings || !v->uses ||
		schemes_new(site, &v->schemes, NULL) != ERR_OK) {
		view_free(v);
		return NULL;
	}
	for (size_t i = 0; i < registers; i++) {
		v->registers[i] = folded_register(site, &site->registers[i]);
	}
	for (size_t i = 0; i < channels; i++) {
		v->channels[i].conf = &site->channels[i];
		v->channels[i].kind = quantity_kind(site->channels[i].quantity);
		v->channels[i].calendar = site_calendar(site, site->channels[i].place);
	}
	if (!find_weights(v)) {
		view_free(v);
		return NULL;
	}
	group_bindings(v);
	group_uses(v);
	for (size_t i = 0; i < channels; i++) {
		fill_print(v, &v->channels[i]);
	}
	return v;
}

void view_free(struct view *v)
{
	if (!v) {
		return;
	}
	site_unref(v->site);
	free(v->registers);
	free(v->channels);
	free(v->bindings);
	free(v->uses);
	schemes_free(v->schemes);
	free(v);
}

const struct view_register *view_register(const struct view *v, int64_t id)
{
	const struct meter_register *r = site_find(v->site, OBJECT_REGISTER, id);
	return r ? &v->registers[r - v->site->registers] : NULL;
}

const struct view_channel *view_channel(const struct view *v, int64_t id)
{
	const struct channel *c = site_find(v->site, OBJECT_CHANNEL, id);
	return c ? &v->channels[c - v->site->channels] : NULL;
}
