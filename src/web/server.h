/*
 * server.h - what the parts of the web server share: the server, the request's user, the routes
 *
 * Order of reading: web.c (start, the check before every request), routes.c (every route), one
 * api_*.c per resource, live.c (stream), access.h (who may what).
 *
 * Every handler of /api/v1 runs after `web_before`: the session is known, and for writes the CSRF
 * token has been checked. What remains for a handler is to ask `access` about the object at hand.
 */
#ifndef DOMOVOI_SERVER_H
#define DOMOVOI_SERVER_H

#include "web/auth.h"
#include "web/http.h"
#include "web/jsonw.h"
#include "web/web.h"

#include <jansson.h>

#define API "/api/v1"

struct live;

struct web {
	struct http *http;
	struct store *store;
	struct poll *poll; /* NULL: reads no meters */
	struct auth *auth;
	struct live *live;
	char *ui_dir;       /* NULL: API only */
	int64_t started_us; /* clock_mono_us */
};

/* Of one request; http_request.local. */
struct local {
	struct who who;          /* user.id 0: nobody */
	const struct site *site; /* one snapshot for the whole request; owned reference */
};

static inline struct web *web_of(const struct http_request *r)
{
	return r->ctx;
}
static inline struct local *local_of(const struct http_request *r)
{
	return r->local;
}
static inline const struct who *who_of(const struct http_request *r)
{
	return &local_of(r)->who;
}
const struct site *site_of(struct http_request *r);

/* Start the JSON answer of a request. */
struct jsonw reply_json(struct http_request *r);
/* The body as JSON; PARSE with line and column. The caller decrefs. */
enum err body_json(struct http_request *r, json_t **ret_json);

/* Query parameters; INVAL naming the parameter. */
enum err query_int(
	struct http_request *r, const char *name, int64_t min, int64_t max, int64_t *inout_value);
enum err query_time(
	struct http_request *r, const char *name, const struct zone *zone, int64_t *inout_utc);
enum err query_bool(struct http_request *r, const char *name, bool *inout_value);
enum err query_period(struct http_request *r, enum period *ret_period);
/* "month=2026-10", else the month that holds `now`: civil where the report day is 1, otherwise the
 * report month that closes in it. */
struct named_month {
	int year, month;
	struct span span;
};
enum err query_month(struct http_request *r, const struct calendar *c, int64_t now,
	struct named_month *ret_month);

/*
 * The object of the path, if it exists and the user has SEE on it and all of `wanted`. What may not
 * be seen is NOTFOUND; what may be seen but lacks a right is DENIED.
 */
enum err find_object(struct http_request *r, enum object_kind kind, int64_t id, unsigned wanted,
	const void **ret_object);
/* DENIED unless the user has all of `wanted` somewhere. */
enum err need_right(struct http_request *r, unsigned wanted);

extern const struct http_route web_routes[];
extern const size_t web_route_count;

http_handler web_before;
void web_finish(struct http_request *r);
http_handler static_get;

http_handler session_get_h, session_post_h, session_delete_h, session_password_put_h;
http_handler status_get_h, event_list_h, stream_get_h;
http_handler place_balance_h, place_leaks_h, place_suspects_h;
http_handler building_list_h, place_summary_h, channel_summary_h;
http_handler series_archive_h, channel_provenance_h, channel_zones_h, last_list_h;
http_handler place_graph_h, place_signature_h, place_efficiency_h, place_comparison_h,
	place_risers_h;
http_handler line_states_h, line_trace_h, meter_states_h, meter_gaps_h, meter_read_h;
http_handler object_list_h, object_post_h, object_get_h, object_put_h, object_delete_h,
	object_history_h;
http_handler driver_list_h, quantity_list_h, unit_list_h, quality_list_h, zone_list_h;
http_handler formula_check_h, formula_functions_h;
http_handler recompute_preview_h, recompute_post_h;
http_handler closing_list_h, closing_post_h, closing_delete_h;
http_handler heat_scheme_list_h, place_heat_h;
http_handler zone_calendar_list_h, figure_list_h;
http_handler place_apportionment_h, place_bill_h;
http_handler place_supply_h;
http_handler verdict_list_h, verdict_get_h, verdict_decision_h, verdict_decisions_h;
http_handler edit_reason_list_h, validation_rule_list_h, channel_values_h, channel_estimates_h;
http_handler user_list_h, user_post_h, user_get_h, user_put_h;
http_handler grant_list_h, grant_post_h, grant_delete_h;

#endif
