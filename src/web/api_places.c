/*
 * api_places.c - overview of buildings, and a place with everything below it
 */
#include "web/totals.h"
#include "web/view.h"

#include <math.h>
#include <stdlib.h>

/* Area and people: 0 is unknown. Of a place that is only on the way they are not told. */
static void write_passport(struct jsonw *w, struct http_request *r, const struct place *p)
{
	bool is_told = access_at(&who_of(r)->access, site_of(r), p->id) != ACCESS_SEE;
	jsonw_real(w, "area_m2", is_told && p->area_m2 > 0 ? p->area_m2 : NAN);
	if (is_told && p->people > 0) {
		jsonw_int(w, "people", p->people);
	} else {
		jsonw_null(w, "people");
	}
}

/* ---- buildings ---- */

/* Channels of one building the user may see data of, with their totals. */
struct channel_set {
	const struct channel **channels; /* owned */
	int64_t *ids;                    /* owned */
	struct total *today, *month;     /* owned */
	size_t n;
};

static void channel_set_fini(struct channel_set *set)
{
	free(set->channels);
	free(set->ids);
	free(set->today);
	free(set->month);
	*set = (struct channel_set){0};
}

/* Channels in the subtree of `place` that `wants` accepts and on which the user has one of
 * `rights` (0: all of them, for sums); totals zero. */
static enum err channel_set_init(struct channel_set *set, struct http_request *r, int64_t place,
	unsigned rights, bool (*wants)(const struct site *s, const struct channel *c))
{
	const struct site *s = site_of(r);
	size_t most = s->counts[OBJECT_CHANNEL] + 1;
	*set = (struct channel_set){
		.channels = calloc(most, sizeof(struct channel *)),
		.ids = calloc(most, sizeof(int64_t)),
		.today = calloc(most, sizeof(struct total)),
		.month = calloc(most, sizeof(struct total)),
	};
	if (!set->channels || !set->ids || !set->today || !set->month) {
		channel_set_fini(set);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
		const struct channel *c = &s->channels[i];
		if (wants(s, c) && site_is_within(s, c->place, place) &&
			(!rights || (access_at(&who_of(r)->access, s, c->place) & rights))) {
			set->channels[set->n] = c;
			set->ids[set->n++] = c->id;
		}
	}
	return ERR_OK;
}

/* What a formula makes of them is no resource of its own. */
static bool wants_totals(const struct site *s, const struct channel *c)
{
	return quantity_kind(c->quantity) == KIND_COUNTER && !site_is_computed(s, c->id);
}

static bool wants_archive(const struct site *s, const struct channel *c)
{
	(void)s;
	return quantity_kind(c->quantity) == KIND_COUNTER ||
	       quantity_kind(c->quantity) == KIND_GAUGE;
}

static bool is_input(const struct site *s, const struct channel *c)
{
	const struct place *p = site_find(s, OBJECT_PLACE, c->place);
	return p && (p->kind == PLACE_BUILDING || p->kind == PLACE_HEATING_POINT);
}

/* Fewer private channels than this in a sum, and one could be guessed from it and the others. */
#define CROWD 4

static bool may_see_data(struct http_request *r, const struct channel *c)
{
	return access_at(&who_of(r)->access, site_of(r), c->place) & ACCESS_DATA;
}

struct resource {
	enum quantity quantity;
	bool has_input; /* the sum is of the channels of the input, else of all */
	bool hides;     /* too few to hide in: only what the user may see is summed */
	enum unit unit; /* of the sum: the first channel's */
};

static bool belongs(const struct site *s, const struct resource *x, const struct channel *c)
{
	return c->quantity == x->quantity && (!x->has_input || is_input(s, c));
}

static struct resource resource_of(
	struct http_request *r, const struct channel_set *set, enum quantity q)
{
	struct resource x = {.quantity = q, .unit = quantity_unit(q)};
	const struct site *s = site_of(r);
	size_t n = 0;
	size_t hidden = 0;
	for (size_t i = 0; i < set->n; i++) {
		x.has_input |= set->channels[i]->quantity == q && is_input(s, set->channels[i]);
	}
	for (size_t i = 0; i < set->n; i++) {
		if (belongs(s, &x, set->channels[i])) {
			x.unit = n++ ? x.unit : set->channels[i]->unit;
			hidden += !may_see_data(r, set->channels[i]);
		}
	}
	x.hides = hidden > 0 && n < CROWD;
	return x;
}

static void merge_in_unit(
	struct total *into, const struct total *part, enum unit from, enum unit to)
{
	double factor;
	if (unit_convert(1.0, from, to, &factor) == ERR_OK) {
		struct total converted = *part;
		converted.sum *= factor;
		total_merge(into, &converted);
	}
}

static void write_resource(
	struct jsonw *w, struct http_request *r, const struct channel_set *set, enum quantity q)
{
	const struct site *s = site_of(r);
	struct resource x = resource_of(r, set, q);
	struct total today = {0};
	struct total month = {0};
	jsonw_object(w, NULL);
	jsonw_quantity(w, "quantity", q);
	jsonw_unit(w, "unit", x.unit);
	jsonw_str(w, "basis", x.has_input ? "input" : "flats");
	jsonw_array(w, "channels");
	for (size_t i = 0; i < set->n; i++) {
		const struct channel *c = set->channels[i];
		bool is_seen = may_see_data(r, c);
		if (!belongs(s, &x, c) || (x.hides && !is_seen)) {
			continue;
		}
		if (is_seen) {
			jsonw_int(w, NULL, c->id);
		}
		merge_in_unit(&today, &set->today[i], c->unit, x.unit);
		merge_in_unit(&month, &set->month[i], c->unit, x.unit);
	}
	jsonw_end(w);
	jsonw_total(w, "today", &today, KIND_COUNTER);
	jsonw_total(w, "month", &month, KIND_COUNTER);
	jsonw_end(w);
}

/* Running times of devices are counters too, but no resource. */
static bool is_resource(enum quantity q)
{
	enum dimension d = unit_dimension(quantity_unit(q));
	return quantity_kind(q) == KIND_COUNTER &&
	       (d == DIM_ENERGY || d == DIM_VOLUME || d == DIM_MASS || d == DIM_REACTIVE_ENERGY);
}

static enum err write_resources(struct jsonw *w, struct http_request *r, int64_t building,
	const struct calendar *c, int64_t now)
{
	struct channel_set set;
	/* who sees the building's data sees its sums, also of flats they may not look into */
	bool sees_sums = access_at(&who_of(r)->access, site_of(r), building) & ACCESS_DATA;
	enum err e = channel_set_init(&set, r, building, sees_sums ? 0 : ACCESS_DATA, wants_totals);
	if (e) {
		return e;
	}
	struct totals_plan plan = {web_of(r)->store, c, now, set.ids, set.n};
	e = totals_read(&plan, set.today, set.month);
	jsonw_array(w, "resources");
	for (int q = 0; q < QUANTITY_COUNT && !e; q++) {
		bool is_there = false;
		for (size_t i = 0; i < set.n; i++) {
			is_there |= set.channels[i]->quantity == (enum quantity)q;
		}
		if (is_there && is_resource((enum quantity)q)) {
			write_resource(w, r, &set, (enum quantity)q);
		}
	}
	jsonw_end(w);
	channel_set_fini(&set);
	return e;
}

/* Daily values of yesterday: how many of them there are. */
static enum err write_yesterday(struct jsonw *w, struct http_request *r, int64_t building,
	const struct calendar *c, int64_t now)
{
	struct channel_set set;
	enum err e = channel_set_init(&set, r, building, ACCESS_SEE, wants_archive);
	if (e) {
		return e;
	}
	int64_t start = period_prev(c, PERIOD_DAY, period_of(c, PERIOD_DAY, now).from);
	struct archive_value *values = calloc(set.n + 1, sizeof(*values));
	size_t present = 0;
	e = values ? ERR_OK : ERR_NOMEM;
	if (!e && set.n > 0) {
		e = archive_at(web_of(r)->store, set.ids, set.n, PERIOD_DAY, start, values);
	}
	for (size_t i = 0; i < set.n && !e; i++) {
		present += quality_class(values[i].quality) != QUALITY_MISSING;
	}
	jsonw_object(w, "yesterday");
	jsonw_int(w, "expected", (int64_t)set.n);
	jsonw_int(w, "present", (int64_t)present);
	jsonw_real(w, "completeness", set.n ? (double)present / (double)set.n : NAN);
	jsonw_end(w);
	free(values);
	channel_set_fini(&set);
	return e;
}

static void write_meters(
	struct jsonw *w, const struct http_request *r, const struct now_view *v, int64_t building)
{
	const struct site *s = v->site;
	int64_t counts[HEALTH_FAILED + 1] = {0};
	int64_t total = 0;
	int64_t last_utc = 0;
	for (size_t i = 0; i < s->counts[OBJECT_METER]; i++) {
		const struct meter *m = &s->meters[i];
		if (!site_is_within(s, m->place, building) ||
			!(access_at(&who_of(r)->access, s, m->place) & ACCESS_SEE)) {
			continue;
		}
		total++;
		counts[now_health(v, m)]++;
	}
	for (size_t i = 0; i < v->last_count; i++) {
		const struct meter_register *reg = site_find(s, OBJECT_REGISTER, v->last[i].reg);
		const struct meter *m = reg ? site_find(s, OBJECT_METER, reg->meter) : NULL;
		if (m && v->last[i].utc > last_utc && site_is_within(s, m->place, building)) {
			last_utc = v->last[i].utc;
		}
	}
	jsonw_object(w, "meters");
	jsonw_int(w, "total", total);
	for (int h = HEALTH_UNKNOWN; h <= HEALTH_FAILED; h++) {
		jsonw_int(w, health_name((enum health)h), counts[h]);
	}
	jsonw_end(w);
	jsonw_time_or_never(w, "last_utc", last_utc);
}

static enum err write_building(
	struct jsonw *w, struct http_request *r, const struct now_view *v, const struct place *b)
{
	const struct site *s = v->site;
	struct calendar c = site_calendar(s, b->id);
	int64_t flats = 0;
	for (size_t i = 0; i < s->counts[OBJECT_PLACE]; i++) {
		flats += s->places[i].kind == PLACE_FLAT &&
			 site_is_within(s, s->places[i].id, b->id);
	}
	jsonw_object(w, NULL);
	jsonw_int(w, "id", b->id);
	jsonw_str(w, "name", b->name);
	jsonw_str(w, "address", b->address);
	write_passport(w, r, b);
	jsonw_int(w, "flats", flats);
	jsonw_calendar(w, "calendar", &c);
	jsonw_span(w, "today", period_of(&c, PERIOD_DAY, v->now));
	jsonw_span(w, "month", period_of(&c, PERIOD_MONTH, v->now));
	write_meters(w, r, v, b->id);
	enum err e = write_yesterday(w, r, b->id, &c, v->now);
	e = e ? e : write_resources(w, r, b->id, &c, v->now);
	jsonw_end(w);
	return e;
}

enum err building_list_h(struct http_request *r)
{
	const struct site *s = site_of(r);
	struct now_view v;
	enum err e = now_view_init(&v, web_of(r), s);
	if (e) {
		return e;
	}
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	for (size_t i = 0; i < s->counts[OBJECT_PLACE] && !e; i++) {
		const struct place *p = &s->places[i];
		if (p->kind == PLACE_BUILDING &&
			(access_at(&who_of(r)->access, s, p->id) & ACCESS_SEE)) {
			e = write_building(&w, r, &v, p);
		}
	}
	jsonw_end(&w);
	jsonw_end(&w);
	now_view_fini(&v);
	return e;
}

/* ---- one place ---- */

static bool wants_all(const struct site *s, const struct channel *c)
{
	(void)s;
	(void)c;
	return true;
}

static void write_channel(struct jsonw *w, struct http_request *r, const struct now_view *v,
	const struct channel_set *set, size_t i, bool has_totals)
{
	const struct channel *c = set->channels[i];
	struct feed f = feed_of(v->site, c->id, v->now);
	enum quantity_kind kind = quantity_kind(c->quantity);
	unsigned rights = access_at(&who_of(r)->access, v->site, c->place);
	jsonw_object(w, NULL);
	jsonw_int(w, "id", c->id);
	jsonw_int(w, "place", c->place);
	jsonw_str(w, "name", c->name);
	jsonw_int(w, "sort", c->sort);
	jsonw_quantity(w, "quantity", c->quantity);
	jsonw_unit(w, "unit", c->unit);
	if (rights & (ACCESS_DATA | ACCESS_DEVICES)) {
		jsonw_last(w, "last", v, c, &f);
	} else {
		jsonw_null(w, "last");
	}
	if (has_totals && wants_archive(v->site, c) && (rights & ACCESS_DATA)) {
		jsonw_total(w, "today", &set->today[i], kind);
		jsonw_total(w, "month", &set->month[i], kind);
	} else {
		jsonw_null(w, "today");
		jsonw_null(w, "month");
	}
	jsonw_meter_ref(w, "meter", v, f.meter);
	jsonw_end(w);
}

struct summary {
	struct http_request *r;
	struct jsonw *w;
	const struct now_view *view;
	const struct channel_set *set;
	bool has_totals;
};

static void write_node(const struct summary *m, const struct place *p)
{
	struct jsonw *w = m->w;
	jsonw_object(w, NULL);
	jsonw_int(w, "id", p->id);
	jsonw_int(w, "parent", p->parent);
	jsonw_str(w, "kind", place_kind_name(p->kind));
	jsonw_str(w, "name", p->name);
	jsonw_int(w, "sort", p->sort);
	jsonw_int(w, "floor", p->floor);
	write_passport(w, m->r, p);
	jsonw_array(w, "channels");
	/* what is only on the way to the user's own places shows its name and nothing else */
	for (size_t i = 0; i < m->set->n; i++) {
		if (m->set->channels[i]->place == p->id) {
			write_channel(w, m->r, m->view, m->set, i, m->has_totals);
		}
	}
	jsonw_end(w);
	jsonw_end(w);
}

/* Parents before children: level by level, which needs no recursion and no order of ids. */
static enum err write_nodes(const struct summary *m, const struct place *top)
{
	const struct site *s = m->view->site;
	size_t n = 1;
	const struct place **queue = calloc(s->counts[OBJECT_PLACE] + 1, sizeof(struct place *));
	if (!queue) {
		return ERR_NOMEM;
	}
	queue[0] = top;
	for (size_t at = 0; at < n; at++) {
		write_node(m, queue[at]);
		for (size_t i = 0; i < s->counts[OBJECT_PLACE]; i++) {
			const struct place *p = &s->places[i];
			if (p->parent == queue[at]->id && n <= s->counts[OBJECT_PLACE] &&
				(access_at(&who_of(m->r)->access, s, p->id) & ACCESS_SEE)) {
				queue[n++] = p;
			}
		}
	}
	free(queue);
	return ERR_OK;
}

static enum err write_summary(struct http_request *r, const struct now_view *v,
	const struct place *place, bool has_totals)
{
	struct channel_set set;
	struct calendar c = site_calendar(v->site, place->id);
	enum err e = channel_set_init(&set, r, place->id, ACCESS_DATA | ACCESS_DEVICES, wants_all);
	if (e) {
		return e;
	}
	if (has_totals) {
		struct totals_plan plan = {web_of(r)->store, &c, v->now, set.ids, set.n};
		e = totals_read(&plan, set.today, set.month);
	}
	struct jsonw w = reply_json(r);
	struct summary m = {r, &w, v, &set, has_totals};
	jsonw_object(&w, NULL);
	jsonw_place_path(&w, "path", v->site, place->id);
	jsonw_calendar(&w, "calendar", &c);
	jsonw_span(&w, "today", period_of(&c, PERIOD_DAY, v->now));
	jsonw_span(&w, "month", period_of(&c, PERIOD_MONTH, v->now));
	jsonw_array(&w, "places");
	e = e ? e : write_nodes(&m, place);
	jsonw_end(&w);
	jsonw_end(&w);
	channel_set_fini(&set);
	return e;
}

enum err place_summary_h(struct http_request *r)
{
	const void *place;
	struct now_view v;
	bool has_totals = true;
	enum err e = find_object(r, OBJECT_PLACE, r->id, ACCESS_SEE, &place);
	e = e ? e : query_bool(r, "totals", &has_totals);
	e = e ? e : now_view_init(&v, web_of(r), site_of(r));
	if (!e) {
		e = write_summary(r, &v, place, has_totals);
		now_view_fini(&v);
	}
	return e;
}
