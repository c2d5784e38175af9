/*
 * site.c - the snapshot: arrays sorted by id, look-ups, what a place inherits; see site.h
 */
#include "model/site.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* deeper than any building; a loop that slipped in ends here instead of hanging a thread */
#define DEPTH_MAX 64

static void **array_of(struct site *s, enum object_kind kind)
{
	switch (kind) {
	case OBJECT_PLACE: return (void **)&s->places;
	case OBJECT_LINE: return (void **)&s->lines;
	case OBJECT_METER: return (void **)&s->meters;
	case OBJECT_REGISTER: return (void **)&s->registers;
	case OBJECT_CHANNEL: return (void **)&s->channels;
	case OBJECT_BINDING: return (void **)&s->bindings;
	case OBJECT_FORMULA: return (void **)&s->formulas;
	case OBJECT_PARAMETER:
	case OBJECT_KIND_COUNT: break;
	}
	return (void **)&s->parameters;
}

static const uint8_t *items_of(const struct site *s, enum object_kind kind)
{
	switch (kind) {
	case OBJECT_PLACE: return (const uint8_t *)s->places;
	case OBJECT_LINE: return (const uint8_t *)s->lines;
	case OBJECT_METER: return (const uint8_t *)s->meters;
	case OBJECT_REGISTER: return (const uint8_t *)s->registers;
	case OBJECT_CHANNEL: return (const uint8_t *)s->channels;
	case OBJECT_BINDING: return (const uint8_t *)s->bindings;
	case OBJECT_FORMULA: return (const uint8_t *)s->formulas;
	case OBJECT_PARAMETER:
	case OBJECT_KIND_COUNT: break;
	}
	return (const uint8_t *)s->parameters;
}

struct site *site_new(void)
{
	struct site *s = calloc(1, sizeof(*s));
	if (s) {
		s->refs = 1;
	}
	return s;
}

struct site *site_ref(const struct site *s)
{
	struct site *own = (struct site *)s; /* the count is the one thing that changes */
	(void)__atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
	return own;
}

void site_unref(const struct site *s)
{
	struct site *own = (struct site *)s;
	if (!own || __atomic_sub_fetch(&own->refs, 1, __ATOMIC_ACQ_REL) > 0) {
		return;
	}
	for (int k = 0; k < OBJECT_KIND_COUNT; k++) {
		free(*array_of(own, (enum object_kind)k));
	}
	free(own->by_key);
	free(own->by_code);
	free(own);
}

bool site_add(struct site *s, enum object_kind kind, const void *object)
{
	size_t size = object_kind_info(kind)->size;
	size_t n = s->counts[kind];
	void **array = array_of(s, kind);
	if (n == 0 || (n >= 8 && (n & (n - 1)) == 0)) { /* capacity: 8, 16, 32 ... */
		void *grown = realloc(*array, (n ? n * 2 : 8) * size);
		if (!grown) {
			return false;
		}
		*array = grown;
	}
	memcpy((uint8_t *)*array + n * size, object, size);
	s->counts[kind] = n + 1;
	return true;
}

static int compare_ids(const void *a, const void *b)
{
	int64_t x = object_id(a), y = object_id(b);
	return (x > y) - (x < y);
}

static int compare_keys(const void *a, const void *b)
{
	const struct meter_register *x = *(const struct meter_register *const *)a;
	const struct meter_register *y = *(const struct meter_register *const *)b;
	if (x->meter != y->meter) {
		return x->meter < y->meter ? -1 : 1;
	}
	return strcmp(x->key, y->key);
}

struct site_code {
	int64_t building;
	const struct channel *channel;
};

static int compare_codes(const void *a, const void *b)
{
	const struct site_code *x = a, *y = b;
	if (x->building != y->building) {
		return x->building < y->building ? -1 : 1;
	}
	return strcmp(x->channel->code, y->channel->code);
}

/* Of channels with the same code the one with the lowest id is found: site_check names the others. */
static bool sort_codes(struct site *s)
{
	free(s->by_code);
	s->code_count = 0;
	s->by_code = malloc((s->counts[OBJECT_CHANNEL] + 1) * sizeof(*s->by_code));
	if (!s->by_code) {
		return false;
	}
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
		const struct channel *c = &s->channels[i];
		if (c->code[0]) {
			s->by_code[s->code_count++] = (struct site_code){
				site_building(s, c->place), c};
		}
	}
	if (s->code_count) {
		qsort(s->by_code, s->code_count, sizeof(*s->by_code), compare_codes);
	}
	return true;
}

const struct channel *site_channel(const struct site *s, int64_t building, const char *code)
{
	struct channel name = {0};
	if (!code[0] || !STR_COPY(name.code, code)) {
		return NULL;
	}
	const struct site_code wanted = {building, &name};
	const struct site_code *found = s->code_count ?
						bsearch(&wanted, s->by_code, s->code_count,
							sizeof(*s->by_code), compare_codes) :
						NULL;
	return found ? found->channel : NULL;
}

bool site_sort(struct site *s)
{
	for (int k = 0; k < OBJECT_KIND_COUNT; k++) {
		if (s->counts[k]) {
			qsort(*array_of(s, (enum object_kind)k), s->counts[k],
				object_kind_info((enum object_kind)k)->size, compare_ids);
		}
	}
	size_t n = s->counts[OBJECT_REGISTER];
	free(s->by_key);
	s->by_key = malloc((n ? n : 1) * sizeof(struct meter_register *));
	if (!s->by_key) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		s->by_key[i] = &s->registers[i];
	}
	qsort(s->by_key, n, sizeof(struct meter_register *), compare_keys);
	return sort_codes(s);
}

const void *site_at(const struct site *s, enum object_kind kind, size_t index)
{
	return index < s->counts[kind] ? items_of(s, kind) + index * object_kind_info(kind)->size :
					 NULL;
}

const void *site_find(const struct site *s, enum object_kind kind, int64_t id)
{
	if (!s->counts[kind]) {
		return NULL;
	}
	return bsearch(
		&id, items_of(s, kind), s->counts[kind], object_kind_info(kind)->size, compare_ids);
}

const struct meter_register *site_register(const struct site *s, int64_t meter, const char *key)
{
	struct meter_register wanted = {.meter = meter};
	if (!s->by_key || !STR_COPY(wanted.key, key)) {
		return NULL;
	}
	const struct meter_register *p = &wanted;
	const struct meter_register *const *found = bsearch(&p, s->by_key,
		s->counts[OBJECT_REGISTER], sizeof(struct meter_register *), compare_keys);
	return found ? *found : NULL;
}

const struct meter_register *site_readings_of(
	const struct site *s, const struct meter_register *amounts)
{
	static const char suffix[] = ".amount";
	char key[REGISTER_KEY_CAP];
	size_t n = strlen(amounts->key);
	size_t stem = n > sizeof(suffix) - 1 ? n - (sizeof(suffix) - 1) : 0;
	if (stem == 0 || strcmp(amounts->key + stem, suffix) != 0) {
		return NULL;
	}
	(void)STR_COPY(key, amounts->key);
	key[stem] = 0;
	return site_register(s, amounts->meter, key);
}

bool site_is_computed(const struct site *s, int64_t channel)
{
	for (size_t i = 0; i < s->counts[OBJECT_FORMULA]; i++) {
		if (s->formulas[i].channel == channel) {
			return true;
		}
	}
	return false;
}

struct calendar site_calendar(const struct site *s, int64_t place)
{
	struct calendar c = {NULL, -1, 0};
	const struct place *p = site_find(s, OBJECT_PLACE, place);
	for (int depth = 0; p && depth < DEPTH_MAX; depth++) {
		if (!c.zone && p->zone[0]) {
			(void)zone_get(
				p->zone, &c.zone, NULL); /* unknown: the parent's, see site_check */
		}
		if (c.report_hour < 0) {
			c.report_hour = (int)p->report_hour;
		}
		if (c.report_day == 0) {
			c.report_day = (int)p->report_day;
		}
		p = p->parent ? site_find(s, OBJECT_PLACE, p->parent) : NULL;
	}
	if (!c.zone) {
		(void)zone_get("UTC", &c.zone, NULL);
	}
	c.report_hour = c.report_hour < 0 ? 0 : c.report_hour;
	c.report_day = c.report_day == 0 ? 1 : c.report_day;
	return c;
}

struct calendar site_meter_calendar(const struct site *s, const struct meter *m)
{
	struct calendar c = site_calendar(s, m->place);
	if (m->zone[0]) {
		(void)zone_get(
			m->zone, &c.zone, NULL); /* unknown: the building's, see site_check */
	}
	c.report_hour = m->report_hour < 0 ? 0 : (int)m->report_hour;
	c.report_day = m->report_day == 0 ? 1 : (int)m->report_day;
	return c;
}

int64_t site_building(const struct site *s, int64_t place)
{
	int64_t building = 0;
	const struct place *p = site_find(s, OBJECT_PLACE, place);
	for (int depth = 0; p && depth < DEPTH_MAX; depth++) {
		if (p->kind == PLACE_BUILDING) {
			building = p->id;
		}
		p = p->parent ? site_find(s, OBJECT_PLACE, p->parent) : NULL;
	}
	return building;
}

bool site_is_private(const struct site *s, int64_t place)
{
	/* site_check forbids loops, so the walk ends */
	while (place) {
		const struct place *p = site_find(s, OBJECT_PLACE, place);
		if (!p || p->kind == PLACE_FLAT || p->kind == PLACE_OFFICE) {
			return true;
		}
		place = p->parent;
	}
	return false;
}

bool site_is_within(const struct site *s, int64_t place, int64_t ancestor)
{
	for (int depth = 0; place && depth < DEPTH_MAX; depth++) {
		if (place == ancestor) {
			return true;
		}
		const struct place *p = site_find(s, OBJECT_PLACE, place);
		place = p ? p->parent : 0;
	}
	return false;
}
