/*
 * api_closings.c - closed months of a building: close, open again, corrections; see calc/closing.h
 */
#include "web/view.h"

#include "calc/closing.h"

#include <math.h>

struct listing {
	struct http_request *r;
	struct jsonw *w;
	int64_t place; /* whose channels may be named */
};

static void write_closing(struct jsonw *w, const struct closing *c)
{
	jsonw_object(w, NULL);
	jsonw_int(w, "id", c->id);
	jsonw_int(w, "place", c->place);
	jsonw_span(w, "span", c->span);
	jsonw_int(w, "closed_utc", c->closed_utc);
	jsonw_str(w, "who", c->who);
	jsonw_str(w, "note", c->note);
	jsonw_end(w);
}

static enum err each_closing(void *ctx, const struct closing *c)
{
	struct listing *l = ctx;
	write_closing(l->w, c);
	return ERR_OK;
}

static enum err write_correction(struct listing *l, int64_t month, const struct correction *c)
{
	const struct site *s = site_of(l->r);
	const struct channel *channel = site_find(s, OBJECT_CHANNEL, c->series);
	if (!channel || !(access_at(&who_of(l->r)->access, s, channel->place) & ACCESS_DATA)) {
		return ERR_OK;
	}
	jsonw_object(l->w, NULL);
	jsonw_int(l->w, "closing", c->closing);
	jsonw_int(l->w, "of", c->of);
	jsonw_int(l->w, "month", month);
	jsonw_int(l->w, "channel", c->series);
	jsonw_str(l->w, "name", channel->name);
	jsonw_place_path(l->w, "path", s, channel->place);
	jsonw_quantity(l->w, "quantity", channel->quantity);
	jsonw_unit(l->w, "unit", channel->unit);
	jsonw_real(l->w, "before", c->before);
	jsonw_real(l->w, "after", c->after);
	jsonw_real(l->w, "amount", c->amount);
	jsonw_end(l->w);
	return ERR_OK;
}

static enum err each_pending(void *ctx, const struct closing *of, const struct correction *c)
{
	return write_correction(ctx, of->span.from, c);
}

enum err closing_list_h(struct http_request *r)
{
	const void *place;
	struct jsonw w;
	struct listing l = {.r = r, .w = &w, .place = r->id};
	enum err e = find_object(r, OBJECT_PLACE, r->id, ACCESS_DATA, &place);
	if (e) {
		return e;
	}
	w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	e = closing_list(web_of(r)->store, r->id, each_closing, &l);
	jsonw_end(&w);
	jsonw_array(&w, "pending");
	e = e ? e : closing_pending(web_of(r)->store, r->id, each_pending, &l);
	jsonw_end(&w);
	jsonw_end(&w);
	return e;
}

enum err closing_post_h(struct http_request *r)
{
	const void *place;
	json_t *body = NULL;
	struct closing c;
	int64_t utc = INT64_MIN;
	enum err e = find_object(r, OBJECT_PLACE, r->id, ACCESS_DATA | ACCESS_CLOSE, &place);
	e = e ? e : body_json(r, &body);
	if (!e) {
		const json_t *month = json_object_get(body, "month_utc");
		const char *note = json_string_value(json_object_get(body, "note"));
		utc = json_integer_value(month);
		e = json_is_integer(month) ?
			    closing_make(web_of(r)->store, r->id, utc, who_of(r)->user.login,
				    note ? note : "", &c, &r->diag) :
			    err_set(&r->diag, ERR_INVAL, "month_utc: a moment of the month");
	}
	json_decref(body);
	if (!e) {
		struct jsonw w = reply_json(r);
		write_closing(&w, &c);
		r->reply.status = 201;
	}
	return e;
}

static enum err find_place(void *ctx, const struct closing *c)
{
	struct closing *wanted = ctx;
	if (c->id == wanted->id) {
		*wanted = *c;
	}
	return ERR_OK;
}

enum err closing_delete_h(struct http_request *r)
{
	struct closing c = {.id = r->id};
	const void *place;
	enum err e = closing_list(web_of(r)->store, 0, find_place, &c);
	if (!e && !c.place) {
		e = err_set(&r->diag, ERR_NOTFOUND, "closing %lld", (long long)r->id);
	}
	e = e ? e : find_object(r, OBJECT_PLACE, c.place, ACCESS_DATA | ACCESS_CLOSE, &place);
	e = e ? e : closing_undo(web_of(r)->store, r->id, who_of(r)->user.login, &r->diag);
	if (!e) {
		r->reply.status = 204;
	}
	return e;
}
