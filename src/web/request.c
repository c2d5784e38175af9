/*
 * request.c - what handlers ask of a request: JSON body, query, the object of the path; see server.h
 */
#include "web/server.h"

#include "base/str.h"
#include "web/http_path.h"

#include <inttypes.h>
#include <string.h>

struct jsonw reply_json(struct http_request *r)
{
	struct jsonw w;
	jsonw_init(&w, &r->reply.body);
	return w;
}

enum err body_json(struct http_request *r, json_t **ret_json)
{
	json_error_t error;
	json_t *json = json_loadb(
		(const char *)r->body.data, r->body.size, JSON_REJECT_DUPLICATES, &error);
	if (!json) {
		return err_set_at(&r->diag, ERR_PARSE,
			(size_t)(error.position > 0 ? error.position : 0), "line %d, column %d: %s",
			error.line, error.column, error.text);
	}
	*ret_json = json;
	return ERR_OK;
}

enum err query_int(
	struct http_request *r, const char *name, int64_t min, int64_t max, int64_t *inout_value)
{
	const char *text = http_query(r, name);
	int64_t value;
	if (!text) {
		return ERR_OK;
	}
	if (str_to_int(text, &value) != ERR_OK || value < min || value > max) {
		return err_set(&r->diag, ERR_INVAL,
			"%s: a whole number from %" PRId64 " to %" PRId64, name, min, max);
	}
	*inout_value = value;
	return ERR_OK;
}

enum err query_time(
	struct http_request *r, const char *name, const struct zone *zone, int64_t *inout_utc)
{
	const char *text = http_query(r, name);
	int64_t utc;
	if (!text) {
		return ERR_OK;
	}
	if (http_time(text, zone, &utc) != ERR_OK) {
		return err_set(&r->diag, ERR_INVAL, "%s: UTC seconds or ISO 8601", name);
	}
	*inout_utc = utc;
	return ERR_OK;
}

enum err query_bool(struct http_request *r, const char *name, bool *inout_value)
{
	const char *text = http_query(r, name);
	if (!text) {
		return ERR_OK;
	}
	bool yes = strcmp(text, "true") == 0;
	if (!yes && strcmp(text, "false") != 0) {
		return err_set(&r->diag, ERR_INVAL, "%s: true or false", name);
	}
	*inout_value = yes;
	return ERR_OK;
}

static void find_month(const struct calendar *c, int year, int month, struct named_month *ret_month)
{
	/* a report day of 1 closes the month before */
	bool is_next = c->report_day == 1;
	ret_month->year = year;
	ret_month->month = month;
	ret_month->span = period_report_month(
		c, is_next && month == 12 ? year + 1 : year, is_next ? month % 12 + 1 : month);
}

enum err query_month(struct http_request *r, const struct calendar *c, int64_t now,
	struct named_month *ret_month)
{
	const char *text = http_query(r, "month");
	char date[16];
	struct civil day;
	if (!text) {
		day = zone_civil(c->zone, now);
		find_month(c, day.year, day.month, ret_month);
		if (ret_month->span.till <= now) { /* closed already: the next one is running */
			find_month(c, day.month == 12 ? day.year + 1 : day.year, day.month % 12 + 1,
				ret_month);
		}
		if (ret_month->span.from > now) { /* the 1st, before the report hour */
			find_month(c, day.month == 1 ? day.year - 1 : day.year,
				day.month == 1 ? 12 : day.month - 1, ret_month);
		}
		return ERR_OK;
	}
	if (strlen(text) != 7 || snprintf(date, sizeof(date), "%s-01", text) != 10 ||
		!civil_from_date(date, &day)) {
		return err_set(&r->diag, ERR_INVAL, "month: as 2026-10");
	}
	find_month(c, day.year, day.month, ret_month);
	return ERR_OK;
}

enum err query_period(struct http_request *r, enum period *ret_period)
{
	const char *text = http_query(r, "period");
	if (!text || !period_from_name(text, ret_period) || *ret_period == PERIOD_NONE) {
		return err_set(&r->diag, ERR_INVAL, "period: half_hour, hour, day or month");
	}
	return ERR_OK;
}

enum err find_object(struct http_request *r, enum object_kind kind, int64_t id, unsigned wanted,
	const void **ret_object)
{
	const struct site *site = site_of(r);
	const void *object = site_find(site, kind, id);
	unsigned rights = access_object(&who_of(r)->access, site, kind, object);
	if (!(rights & ACCESS_SEE)) {
		return err_set(
			&r->diag, ERR_NOTFOUND, "%s %" PRId64, object_kind_info(kind)->name, id);
	}
	if ((rights & wanted) != wanted) {
		return err_set(
			&r->diag, ERR_DENIED, "%s %" PRId64, object_kind_info(kind)->name, id);
	}
	*ret_object = object;
	return ERR_OK;
}

enum err need_right(struct http_request *r, unsigned wanted)
{
	return (access_anywhere(&who_of(r)->access) & wanted) == wanted ?
		       ERR_OK :
		       err_set(&r->diag, ERR_DENIED, "this user has no such right");
}
