/*
 * api_status.c - state of the node and its database, events
 */
#include "web/live.h"
#include "web/view.h"

#include "base/clock.h"
#include "domovoi_version.h"

#include <string.h>

#define EVENTS_MAX 1000
#define EVENTS     200

void jsonw_store_state(struct jsonw *w, const char *key, const struct store_status *s)
{
	jsonw_object(w, key);
	jsonw_bool(w, "is_writable", s->is_writable);
	jsonw_error(w, "error", s->last_error, s->last_error_text);
	jsonw_time_or_never(w, "failing_since_utc", s->failing_since_utc);
	jsonw_int(w, "queued", s->queued);
	jsonw_int(w, "spilled_batches", s->spilled_batches);
	jsonw_int(w, "spilled_bytes", s->spilled_bytes);
	jsonw_int(w, "commits", s->commits);
	jsonw_int(w, "values_in", s->values_in);
	jsonw_int(w, "bytes_on_disk", s->bytes_on_disk);
	jsonw_end(w);
}

enum err status_get_h(struct http_request *r)
{
	struct web *web = web_of(r);
	const struct site *site = site_of(r);
	struct store_status store;
	struct jsonw w = reply_json(r);
	store_status(web->store, &store);
	jsonw_object(&w, NULL);
	jsonw_str(&w, "version", DOMOVOI_VERSION);
	jsonw_int(&w, "now_utc", clock_now());
	jsonw_bool(&w, "clock_is_virtual", clock_is_virtual());
	jsonw_int(&w, "uptime_s", (clock_mono_us() - web->started_us) / 1000000);
	jsonw_bool(&w, "has_poll", web->poll != NULL);
	jsonw_int(&w, "generation", site->generation);
	jsonw_object(&w, "counts");
	for (int k = 0; k < OBJECT_KIND_COUNT; k++) {
		const struct object_kind_info *info = object_kind_info((enum object_kind)k);
		jsonw_int(&w, info->plural, (int64_t)site->counts[k]);
	}
	jsonw_end(&w);
	jsonw_int(&w, "streams", (int64_t)live_count(web->live));
	jsonw_store_state(&w, "store", &store);
	jsonw_end(&w);
	return ERR_OK;
}

/* ---- events ---- */

struct object_place {
	enum object_kind kind;
	const char *name;
	unsigned rights;
};

/* Most channels have no name of their own: then their place says more than a number. */
static const char *channel_words(const struct site *s, const struct channel *c)
{
	const struct place *p = site_find(s, OBJECT_PLACE, c->place);
	return c->name[0] || !p ? c->name : p->name;
}

/* Which object an id names, and what the user may do with it. False: none any more. */
static bool find_any(struct http_request *r, int64_t id, struct object_place *ret)
{
	const struct site *s = site_of(r);
	for (int k = 0; k < OBJECT_KIND_COUNT; k++) {
		enum object_kind kind = (enum object_kind)k;
		const void *object = site_find(s, kind, id);
		if (!object) {
			continue;
		}
		ret->kind = kind;
		ret->rights = access_object(&who_of(r)->access, s, kind, object);
		switch (kind) {
		case OBJECT_PLACE: ret->name = ((const struct place *)object)->name; break;
		case OBJECT_LINE: ret->name = ((const struct line *)object)->name; break;
		case OBJECT_METER: ret->name = ((const struct meter *)object)->name; break;
		case OBJECT_REGISTER:
			ret->name = ((const struct meter_register *)object)->key;
			break;
		case OBJECT_CHANNEL: ret->name = channel_words(s, object); break;
		default: ret->name = ""; break;
		}
		return true;
	}
	return false;
}

struct event_ctx {
	struct http_request *r;
	struct jsonw *w;
	size_t left;
};

/* What happened at a device is for those who see devices, at a place or channel for those who see
 * its data; at the node itself or at what is gone, for those who see devices everywhere. */
static bool may_see_event(struct http_request *r, int64_t object, struct object_place *at)
{
	if (object == 0 || !find_any(r, object, at)) {
		*at = (struct object_place){.kind = OBJECT_KIND_COUNT, .name = ""};
		return access_at(&who_of(r)->access, site_of(r), 0) & ACCESS_DEVICES;
	}
	bool is_data = at->kind == OBJECT_PLACE || at->kind == OBJECT_CHANNEL;
	return at->rights & (is_data ? ACCESS_DATA | ACCESS_DEVICES : ACCESS_DEVICES);
}

static enum err write_event(void *ctx, const struct event *e)
{
	struct event_ctx *c = ctx;
	struct object_place at;
	if (c->left == 0) {
		return ERR_CANCELLED;
	}
	if (!may_see_event(c->r, e->object, &at)) {
		return ERR_OK;
	}
	c->left--;
	jsonw_object(c->w, NULL);
	jsonw_int(c->w, "id", e->id);
	jsonw_int(c->w, "utc", e->utc);
	jsonw_int(c->w, "object", e->object);
	jsonw_str(c->w, "object_kind",
		at.kind < OBJECT_KIND_COUNT ? object_kind_info(at.kind)->name : NULL);
	jsonw_str(c->w, "object_name", at.name);
	jsonw_str(c->w, "code", e->code);
	jsonw_str(c->w, "text", e->text);
	jsonw_end(c->w);
	return ERR_OK;
}

enum err event_list_h(struct http_request *r)
{
	struct span span = {INT64_MIN, INT64_MAX};
	int64_t object = 0;
	int64_t limit = EVENTS;
	struct object_place at = {0};
	enum err e = query_int(r, "object", 1, INT64_MAX, &object);
	e = e ? e : query_int(r, "limit", 1, EVENTS_MAX, &limit);
	if (!e && object && find_any(r, object, &at) && at.kind == OBJECT_PLACE) {
		struct calendar c = site_calendar(site_of(r), object);
		e = query_time(r, "from", c.zone, &span.from);
		e = e ? e : query_time(r, "till", c.zone, &span.till);
	} else if (!e) {
		e = query_time(r, "from", NULL, &span.from);
		e = e ? e : query_time(r, "till", NULL, &span.till);
	}
	if (e) {
		return e;
	}
	if (object && !may_see_event(r, object, &at)) {
		return err_set(&r->diag, ERR_NOTFOUND, "object");
	}
	struct jsonw w = reply_json(r);
	struct event_ctx ctx = {r, &w, (size_t)limit};
	/* who sees only part of the events gets the part of the newest ones that is theirs */
	bool sees_all = access_at(&who_of(r)->access, site_of(r), 0) & ACCESS_DEVICES;
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	e = event_list(web_of(r)->store, object, span,
		sees_all || object ? (size_t)limit : (size_t)20 * EVENTS_MAX, write_event, &ctx);
	jsonw_end(&w);
	jsonw_end(&w);
	return e == ERR_CANCELLED ? ERR_OK : e;
}
