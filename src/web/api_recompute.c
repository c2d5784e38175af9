/*
 * api_recompute.c - what a change of the configuration would do to the archive, before it is made
 *
 *   POST /recompute/preview   {"changes":[{"kind":"formula","object":{"id":12,"text":"a - b"}},
 *                                         {"kind":"formula","id":13,"is_deleted":true}],
 *                              "period":"month"}
 *   POST /recompute           {"channels":[24], "why":"..."}: work them out anew and write it
 *
 * Only differences of channels whose data the user may see are shown; the counts are of these.
 */
#include "web/view.h"

#include "calc/closing.h"
#include "calc/recompute_list.h"
#include "model/object_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHANGES_MAX 64
#define SHOWN_MAX   5000

struct proposal {
	union any_object objects[CHANGES_MAX]; /* owned array in one allocation */
	struct object_put items[CHANGES_MAX];
	size_t n;
	union any_object gone_object;
	struct object_put gone;
	bool has_gone;
};

static bool is_of_places(enum object_kind kind)
{
	return kind == OBJECT_PLACE || kind == OBJECT_CHANNEL || kind == OBJECT_FORMULA ||
	       kind == OBJECT_PARAMETER;
}

/* Who may not make a change may not ask for its consequences either. */
static enum err may_change(struct http_request *r, enum object_kind kind, const void *old)
{
	unsigned wanted = is_of_places(kind) ? ACCESS_SETUP_PLACES : ACCESS_SETUP_DEVICES;
	enum err e = need_right(r, wanted);
	if (!e && old &&
		(access_object(&who_of(r)->access, site_of(r), kind, old) & wanted) != wanted) {
		e = err_set(&r->diag, ERR_DENIED, "this user may not change it");
	}
	return e;
}

static enum err take_deleted(
	struct http_request *r, struct proposal *p, enum object_kind kind, const json_t *json)
{
	int64_t id = json_integer_value(json_object_get(json, "id"));
	const void *old = site_find(site_of(r), kind, id);
	if (!old || p->has_gone) {
		return err_set(&r->diag, old ? ERR_LIMIT : ERR_NOTFOUND,
			old ? "changes: one deletion at a time" : "changes: id of what is deleted");
	}
	p->gone_object.id = id;
	p->gone = (struct object_put){kind, &p->gone_object};
	p->has_gone = true;
	return may_change(r, kind, old);
}

static enum err take_change(struct http_request *r, struct proposal *p, const json_t *json)
{
	enum object_kind kind;
	const char *name = json_string_value(json_object_get(json, "kind"));
	const json_t *object = json_object_get(json, "object");
	if (!name || !object_kind_from_name(name, &kind)) {
		return err_set(&r->diag, ERR_INVAL, "changes: kind: place, formula, parameter ...");
	}
	if (json_is_true(json_object_get(json, "is_deleted"))) {
		return take_deleted(r, p, kind, json);
	}
	if (p->n == CHANGES_MAX) {
		return err_set(&r->diag, ERR_LIMIT, "changes: at most %d", CHANGES_MAX);
	}
	union any_object *o = &p->objects[p->n];
	int64_t id = json_integer_value(json_object_get(object, "id"));
	const void *old = id ? site_find(site_of(r), kind, id) : NULL;
	if (id && !old) {
		return err_set(&r->diag, ERR_NOTFOUND, "%s %lld", name, (long long)id);
	}
	object_init(kind, o);
	if (old) {
		memcpy(o, old, object_kind_info(kind)->size);
	}
	enum err e = may_change(r, kind, old);
	e = e ? e : object_from_json(kind, object, o, &r->diag);
	p->items[p->n++] = (struct object_put){kind, o};
	return e;
}

static enum err take_changes(struct http_request *r, const json_t *body, struct proposal *p)
{
	const json_t *changes = json_object_get(body, "changes");
	enum err e = json_is_array(changes) && json_array_size(changes) ?
			     ERR_OK :
			     err_set(&r->diag, ERR_INVAL, "changes: a list of what would change");
	for (size_t i = 0; i < json_array_size(changes) && !e; i++) {
		e = take_change(r, p, json_array_get(changes, i));
	}
	return e;
}

/* ---- the answer ---- */

struct shown {
	struct http_request *r;
	const struct site *site;
	enum period period;
	size_t counts[PERIOD_COUNT];
	size_t left;
	bool is_cut;
};

static bool may_see(const struct shown *s, int64_t channel)
{
	const void *c = site_find(s->site, OBJECT_CHANNEL, channel);
	return c &&
	       (access_object(&who_of(s->r)->access, s->site, OBJECT_CHANNEL, c) & ACCESS_DATA);
}

static void write_side(struct jsonw *w, const char *key, const struct form_value *v)
{
	jsonw_object(w, key);
	jsonw_real(w, "value", v->value);
	jsonw_quality(w, v->quality);
	jsonw_end(w);
}

static void write_difference(struct jsonw *w, struct shown *s, const struct recompute_change *c)
{
	const struct channel *channel = site_find(s->site, OBJECT_CHANNEL, c->channel);
	struct closing at;
	jsonw_object(w, NULL);
	jsonw_int(w, "channel", c->channel);
	jsonw_str(w, "name", channel->name);
	jsonw_int(w, "place", channel->place);
	jsonw_quantity(w, "quantity", channel->quantity);
	jsonw_unit(w, "unit", channel->unit);
	jsonw_int(w, "start", c->start);
	write_side(w, "before", &c->old);
	write_side(w, "after", &c->fresh);
	jsonw_bool(w, "is_closed",
		closing_at(web_of(s->r)->store, s->site, channel->place, c->start, &at) == ERR_OK);
	jsonw_end(w);
}

static void write_list(struct jsonw *w, struct shown *s, const struct recompute_list *l)
{
	jsonw_object(w, NULL);
	jsonw_str(w, "period", period_name(s->period));
	jsonw_array(w, "changes");
	for (size_t i = 0; i < l->n; i++) {
		if (!may_see(s, l->items[i].channel)) {
			continue;
		}
		s->counts[l->items[i].period]++;
		if (l->items[i].period != s->period) {
			continue;
		}
		s->is_cut |= s->left == 0;
		if (s->left) {
			s->left--;
			write_difference(w, s, &l->items[i]);
		}
	}
	jsonw_end(w);
	jsonw_object(w, "counts");
	for (int p = PERIOD_HALF_HOUR; p < PERIOD_COUNT; p++) {
		jsonw_int(w, period_name((enum period)p), (int64_t)s->counts[p]);
	}
	jsonw_end(w);
	jsonw_bool(w, "is_cut", s->is_cut);
	jsonw_end(w);
}

static enum err body_period(struct http_request *r, const json_t *body, enum period *ret)
{
	const json_t *text = json_object_get(body, "period");
	*ret = PERIOD_MONTH;
	if (text && (!json_is_string(text) || !period_from_name(json_string_value(text), ret) ||
			    *ret == PERIOD_NONE)) {
		return err_set(&r->diag, ERR_INVAL, "period: half_hour, hour, day or month");
	}
	return ERR_OK;
}

static enum err preview(struct http_request *r, const json_t *body, struct proposal *p)
{
	struct shown shown = {.r = r, .left = SHOWN_MAX};
	struct recompute_list list = {0};
	struct site *site = NULL;
	enum err e = body_period(r, body, &shown.period);
	e = e ? e : take_changes(r, body, p);
	e = e ? e :
		store_propose(web_of(r)->store, p->items, p->n, p->has_gone ? &p->gone : NULL,
			&site, &r->diag);
	if (e) {
		return e;
	}
	const struct recompute_ask ask = {.store = web_of(r)->store, .proposed = site};
	e = recompute_collect(&ask, (struct span){INT64_MIN, INT64_MAX}, &list, &r->diag);
	if (!e) {
		struct jsonw w = reply_json(r);
		shown.site = site;
		write_list(&w, &shown, &list);
	}
	recompute_list_fini(&list);
	site_unref(site);
	return e;
}

enum err recompute_preview_h(struct http_request *r)
{
	json_t *body = NULL;
	struct proposal *p = calloc(1, sizeof(*p));
	enum err e = p ? body_json(r, &body) : ERR_NOMEM;
	e = e ? e : preview(r, body, p);
	json_decref(body);
	free(p);
	return e;
}

/* ---- in earnest ---- */

static enum err take_channels(
	struct http_request *r, const json_t *body, int64_t *ids, size_t *ret_n)
{
	const json_t *list = json_object_get(body, "channels");
	size_t n = json_array_size(list);
	if (n == 0 || n > CHANGES_MAX) {
		return err_set(&r->diag, ERR_INVAL, "channels: 1 to %d ids", CHANGES_MAX);
	}
	for (size_t i = 0; i < n; i++) {
		const void *c;
		ids[i] = json_integer_value(json_array_get(list, i));
		enum err e = find_object(
			r, OBJECT_CHANNEL, ids[i], ACCESS_DATA | ACCESS_SETUP_PLACES, &c);
		if (e) {
			return e;
		}
	}
	*ret_n = n;
	return ERR_OK;
}

enum err recompute_post_h(struct http_request *r)
{
	json_t *body = NULL;
	int64_t ids[CHANGES_MAX];
	struct recompute_list list = {0};
	struct shown shown = {.r = r, .site = site_of(r), .left = SHOWN_MAX};
	struct recompute_ask ask = {.store = web_of(r)->store, .channels = ids, .from = INT64_MIN};
	enum err e = body_json(r, &body);
	e = e ? e : body_period(r, body, &shown.period);
	e = e ? e : take_channels(r, body, ids, &ask.channel_count);
	e = e ? e : recompute_collect(&ask, (struct span){INT64_MIN, INT64_MAX}, &list, &r->diag);
	if (!e) {
		const char *why = json_string_value(json_object_get(body, "why"));
		e = recompute_apply(ask.store, &list, who_of(r)->user.login,
			why ? why : "recomputed by hand", &r->diag);
	}
	if (!e) {
		struct jsonw w = reply_json(r);
		write_list(&w, &shown, &list);
	}
	recompute_list_fini(&list);
	json_decref(body);
	return e;
}
