/*
 * api_objects.c - the configuration: list, get, add, change, delete, history of all kinds
 *
 * Everything goes by the tables of fields; the kind of a route is its `arg`. Changing needs
 * SETUP_PLACES (places, channels, formulas, parameters) or SETUP_DEVICES (the rest), where the object was and where it
 * would be afterwards: nobody moves a meter out of, or into, what is not theirs.
 */
#include "web/server.h"

#include "model/object_json.h"

#include <inttypes.h>
#include <string.h>

#define HISTORY     200
#define HISTORY_MAX 1000

static enum object_kind kind_of(const struct http_request *r)
{
	return (enum object_kind)r->route->arg;
}

static bool is_device(enum object_kind kind)
{
	return kind != OBJECT_PLACE && kind != OBJECT_CHANNEL && kind != OBJECT_FORMULA &&
	       kind != OBJECT_PARAMETER;
}

static unsigned right_to_see(enum object_kind kind)
{
	if (kind == OBJECT_PARAMETER) {
		return ACCESS_SEE | ACCESS_DATA; /* what is agreed on a flat is personal */
	}
	return is_device(kind) ? ACCESS_SEE | ACCESS_DEVICES : ACCESS_SEE;
}

static unsigned right_to_change(enum object_kind kind)
{
	return is_device(kind) ? ACCESS_SETUP_DEVICES : ACCESS_SETUP_PLACES;
}

/* Of a place that is only on the way to the user's own, the name is shown and not more. */
static bool is_passport(enum object_kind kind, const struct field *f)
{
	return kind == OBJECT_PLACE &&
	       (strcmp(f->name, "area_m2") == 0 || strcmp(f->name, "people") == 0 ||
		       strcmp(f->name, "note") == 0);
}

/* Addresses and passwords are for those who could change them. */
static bool is_secret(enum object_kind kind, const struct field *f)
{
	return (kind == OBJECT_METER && strcmp(f->name, "params") == 0) ||
	       (kind == OBJECT_LINE && strcmp(f->name, "link") == 0);
}

static void write_field(struct jsonw *w, const struct field *f, const void *object)
{
	const uint8_t *p = (const uint8_t *)object + f->offset;
	int64_t i;
	double real;
	int code;
	bool yes;
	switch (f->type) {
	case FIELD_TEXT: jsonw_str(w, f->name, (const char *)p); return;
	case FIELD_REAL:
		memcpy(&real, p, sizeof(real));
		jsonw_real(w, f->name, real);
		return;
	case FIELD_BOOL:
		memcpy(&yes, p, sizeof(yes));
		jsonw_bool(w, f->name, yes);
		return;
	case FIELD_ENUM:
		memcpy(&code, p, sizeof(code));
		jsonw_str(w, f->name, f->enum_name(code));
		return;
	case FIELD_INT:
	case FIELD_REF:
		memcpy(&i, p, sizeof(i));
		jsonw_int(w, f->name, i);
		return;
	case FIELD_TIME:
		memcpy(&i, p, sizeof(i));
		jsonw_time(w, f->name, i);
		return;
	}
}

static void write_object(
	struct jsonw *w, enum object_kind kind, const void *object, unsigned rights)
{
	const struct object_kind_info *info = object_kind_info(kind);
	union any_object unknown;
	object_init(kind, &unknown);
	jsonw_object(w, NULL);
	for (size_t i = 0; i < info->field_count; i++) {
		const struct field *f = &info->fields[i];
		bool hides = (is_secret(kind, f) && !(rights & ACCESS_SETUP_DEVICES)) ||
			     (is_passport(kind, f) && rights == ACCESS_SEE);
		write_field(w, f, hides ? (const void *)&unknown : object);
	}
	jsonw_end(w);
}

/* ---- reading ---- */

#define FILTERS_MAX 4

struct filter {
	const struct field *field;
	int64_t id;
};

/* Every reference of the kind can be a query parameter: ?line=3&place=7. */
static enum err read_filters(struct http_request *r, const struct object_kind_info *info,
	struct filter filters[static FILTERS_MAX], size_t *ret_n)
{
	size_t n = 0;
	for (size_t i = 0; i < info->field_count && n < FILTERS_MAX; i++) {
		const struct field *f = &info->fields[i];
		if (f->type != FIELD_REF || !http_query(r, f->name)) {
			continue;
		}
		filters[n].field = f;
		enum err e = query_int(r, f->name, 0, INT64_MAX, &filters[n].id);
		if (e) {
			return e;
		}
		n++;
	}
	*ret_n = n;
	return ERR_OK;
}

static bool passes(const void *object, const struct filter *filters, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t id;
		memcpy(&id, (const uint8_t *)object + filters[i].field->offset, sizeof(id));
		if (id != filters[i].id) {
			return false;
		}
	}
	return true;
}

enum err object_list_h(struct http_request *r)
{
	enum object_kind kind = kind_of(r);
	const struct site *site = site_of(r);
	struct filter filters[FILTERS_MAX];
	size_t n;
	unsigned wanted = right_to_see(kind);
	enum err e = read_filters(r, object_kind_info(kind), filters, &n);
	if (e) {
		return e;
	}
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	for (size_t i = 0; i < site->counts[kind]; i++) {
		const void *object = site_at(site, kind, i);
		if (!passes(object, filters, n)) {
			continue;
		}
		unsigned rights = access_object(&who_of(r)->access, site, kind, object);
		if ((rights & wanted) == wanted) {
			write_object(&w, kind, object, rights);
		}
	}
	jsonw_end(&w);
	jsonw_end(&w);
	return ERR_OK;
}

enum err object_get_h(struct http_request *r)
{
	enum object_kind kind = kind_of(r);
	const void *object;
	enum err e = find_object(r, kind, r->id, right_to_see(kind), &object);
	if (!e) {
		struct jsonw w = reply_json(r);
		write_object(&w, kind, object,
			access_object(&who_of(r)->access, site_of(r), kind, object));
	}
	return e;
}

/* ---- writing ---- */

/* May the user have an object like this one? Judged by what it refers to, as it may not exist yet. */
static enum err may_have(struct http_request *r, enum object_kind kind, const union any_object *o)
{
	const struct site *s = site_of(r);
	const struct access *a = &who_of(r)->access;
	unsigned wanted = right_to_change(kind);
	unsigned rights = 0;
	switch (kind) {
	case OBJECT_PLACE: rights = access_at(a, s, o->place.parent); break;
	case OBJECT_LINE: rights = access_object(a, s, OBJECT_LINE, o); break;
	case OBJECT_METER: {
		const void *line = site_find(s, OBJECT_LINE, o->meter.line);
		rights = access_at(a, s, o->meter.place);
		if (line && !(access_object(a, s, OBJECT_LINE, line) & ACCESS_SEE)) {
			rights = 0;
		}
		break;
	}
	case OBJECT_CHANNEL: rights = access_at(a, s, o->channel.place); break;
	case OBJECT_REGISTER:
	case OBJECT_FORMULA:
	case OBJECT_PARAMETER:
	case OBJECT_BINDING: rights = access_object(a, s, kind, o); break;
	case OBJECT_KIND_COUNT: break;
	}
	return (rights & wanted) == wanted ?
		       ERR_OK :
		       err_set(&r->diag, ERR_DENIED, "this user may not put it there");
}

/* Merge the body into `o`; its id must not be there, or be the one of the path. */
static enum err merge_body(struct http_request *r, enum object_kind kind, union any_object *o)
{
	json_t *json;
	int64_t id = object_id(o);
	enum err e = body_json(r, &json);
	if (e) {
		return e;
	}
	e = object_from_json(kind, json, o, &r->diag);
	json_decref(json);
	if (!e && object_id(o) != id) {
		e = err_set(&r->diag, ERR_INVAL, "id: is given by the node and never changes");
	}
	return e;
}

static enum err write_through(struct http_request *r, enum object_kind kind, union any_object *o)
{
	enum err e = may_have(r, kind, o);
	if (!e) {
		e = store_put(web_of(r)->store, kind, o, who_of(r)->user.login, &r->diag);
	}
	if (!e) {
		struct jsonw w = reply_json(r);
		write_object(&w, kind, o, ~0u);
	}
	return e;
}

enum err object_post_h(struct http_request *r)
{
	enum object_kind kind = kind_of(r);
	union any_object o;
	memset(&o, 0, sizeof(o));
	object_init(kind, &o);
	enum err e = need_right(r, right_to_change(kind));
	e = e ? e : merge_body(r, kind, &o);
	e = e ? e : write_through(r, kind, &o);
	if (!e) {
		r->reply.status = 201;
	}
	return e;
}

enum err object_put_h(struct http_request *r)
{
	enum object_kind kind = kind_of(r);
	const void *old;
	union any_object o;
	enum err e = find_object(r, kind, r->id, right_to_change(kind), &old);
	if (e) {
		return e;
	}
	memset(&o, 0, sizeof(o));
	memcpy(&o, old, object_kind_info(kind)->size);
	e = merge_body(r, kind, &o);
	if (!e && kind == OBJECT_PLACE && o.place.parent == ((const struct place *)old)->parent) {
		/* the root of a user's subtree may be changed, but not be moved */
		e = store_put(web_of(r)->store, kind, &o, who_of(r)->user.login, &r->diag);
		if (!e) {
			struct jsonw w = reply_json(r);
			write_object(&w, kind, &o, ~0u);
		}
		return e;
	}
	return e ? e : write_through(r, kind, &o);
}

enum err object_delete_h(struct http_request *r)
{
	enum object_kind kind = kind_of(r);
	const void *object;
	enum err e = find_object(r, kind, r->id, right_to_change(kind), &object);
	if (!e) {
		e = store_delete(web_of(r)->store, kind, r->id, who_of(r)->user.login, &r->diag);
	}
	if (!e) {
		r->reply.status = 204;
	}
	return e;
}

/* ---- history ---- */

/* What stands there is JSON of our own making; what does not parse is left out rather than passed
 * on. Secrets are cut out for those who may not see them. */
static void write_version(struct jsonw *w, const char *key, enum object_kind kind, const char *text,
	bool shows_secrets)
{
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;
	if (!json_is_object(json)) {
		json_decref(json);
		jsonw_null(w, key);
		return;
	}
	const struct object_kind_info *info = object_kind_info(kind);
	for (size_t i = 0; i < info->field_count && !shows_secrets; i++) {
		if (is_secret(kind, &info->fields[i])) {
			(void)json_object_set_new(json, info->fields[i].name, json_string(""));
		}
	}
	char *dump = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (dump) {
		jsonw_raw(w, key, dump);
		free(dump);
	} else {
		jsonw_null(w, key);
	}
	json_decref(json);
}

struct history_ctx {
	struct jsonw *w;
	enum object_kind kind;
	bool shows_secrets;
};

static enum err write_change(void *ctx, const struct config_change *c)
{
	struct history_ctx *h = ctx;
	jsonw_object(h->w, NULL);
	jsonw_int(h->w, "utc", c->utc);
	jsonw_str(h->w, "who", c->who);
	write_version(h->w, "before", h->kind, c->before, h->shows_secrets);
	write_version(h->w, "after", h->kind, c->after, h->shows_secrets);
	jsonw_end(h->w);
	return ERR_OK;
}

enum err object_history_h(struct http_request *r)
{
	enum object_kind kind = kind_of(r);
	const void *object;
	int64_t limit = HISTORY;
	enum err e = find_object(r, kind, r->id, ACCESS_SEE | ACCESS_DEVICES, &object);
	e = e ? e : query_int(r, "limit", 1, HISTORY_MAX, &limit);
	if (e) {
		return e;
	}
	unsigned rights = access_object(&who_of(r)->access, site_of(r), kind, object);
	struct jsonw w = reply_json(r);
	struct history_ctx ctx = {&w, kind, rights & ACCESS_SETUP_DEVICES};
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	e = store_config_history(web_of(r)->store, kind, r->id, (size_t)limit, write_change, &ctx);
	jsonw_end(&w);
	jsonw_end(&w);
	return e;
}
