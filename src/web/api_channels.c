/*
 * api_channels.c - one channel, and archives of channels and registers
 */
#include "web/totals.h"
#include "web/view.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_MAX 20000

/* ---- one channel ---- */

static enum err write_archives(struct jsonw *w, struct http_request *r, int64_t series, int64_t now)
{
	struct archive_value v;
	jsonw_array(w, "archives");
	for (int p = PERIOD_HALF_HOUR; p < PERIOD_COUNT; p++) {
		enum err e = archive_latest(web_of(r)->store, series, (enum period)p, now, &v);
		if (!e) {
			jsonw_object(w, NULL);
			jsonw_str(w, "period", period_name((enum period)p));
			jsonw_int(w, "latest_start", v.start);
			jsonw_end(w);
		} else if (e != ERR_NODATA && e != ERR_NOTFOUND) {
			return e;
		}
	}
	jsonw_end(w);
	return ERR_OK;
}

static enum err write_channel(
	struct http_request *r, const struct channel *c, const struct now_view *v, unsigned rights)
{
	const struct site *s = v->site;
	struct calendar calendar = site_calendar(s, c->place);
	struct feed f = feed_of(s, c->id, v->now);
	struct total today = {0};
	struct total month = {0};
	enum quantity_kind kind = quantity_kind(c->quantity);
	bool has_data = rights & ACCESS_DATA;
	bool has_totals = has_data && (kind == KIND_COUNTER || kind == KIND_GAUGE);
	enum err e = ERR_OK;
	if (has_totals) {
		struct totals_plan plan = {web_of(r)->store, &calendar, v->now, &c->id, 1};
		e = totals_read(&plan, &today, &month);
	}
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_int(&w, "id", c->id);
	jsonw_str(&w, "name", c->name);
	jsonw_str(&w, "note", c->note);
	jsonw_place_path(&w, "path", s, c->place);
	jsonw_calendar(&w, "calendar", &calendar);
	jsonw_quantity(&w, "quantity", c->quantity);
	jsonw_unit(&w, "unit", c->unit);
	jsonw_last(&w, "last", v, c, &f);
	if (has_totals) {
		jsonw_total(&w, "today", &today, kind);
		jsonw_total(&w, "month", &month, kind);
	} else {
		jsonw_null(&w, "today");
		jsonw_null(&w, "month");
	}
	jsonw_binding(&w, "binding", &f);
	jsonw_meter_ref(&w, "meter", v, f.meter);
	e = e ? e : write_archives(&w, r, c->id, v->now);
	jsonw_end(&w);
	return e;
}

enum err channel_summary_h(struct http_request *r)
{
	const void *channel;
	struct now_view v;
	enum err e = find_object(r, OBJECT_CHANNEL, r->id, ACCESS_SEE, &channel);
	if (e) {
		return e;
	}
	unsigned rights = access_object(&who_of(r)->access, site_of(r), OBJECT_CHANNEL, channel);
	if (!(rights & (ACCESS_DATA | ACCESS_DEVICES))) {
		return err_set(&r->diag, ERR_DENIED, "channel");
	}
	e = now_view_init(&v, web_of(r), site_of(r));
	if (!e) {
		e = write_channel(r, channel, &v, rights);
		now_view_fini(&v);
	}
	return e;
}

/* ---- archives ---- */

/* What is asked for: a channel or a register, and how its building cuts time. */
struct series {
	int64_t id;
	enum quantity quantity;
	enum unit unit;
	bool is_readings; /* register of a counter: values are readings, there is nothing to sum */
	struct calendar calendar;
};

static enum err find_series(struct http_request *r, struct series *ret)
{
	const struct site *s = site_of(r);
	const void *object;
	enum object_kind kind = (enum object_kind)r->route->arg;
	unsigned right = kind == OBJECT_CHANNEL ? ACCESS_DATA : ACCESS_DEVICES;
	enum err e = find_object(r, kind, r->id, right, &object);
	if (e) {
		return e;
	}
	if (kind == OBJECT_CHANNEL) {
		const struct channel *c = object;
		*ret = (struct series){
			c->id, c->quantity, c->unit, false, site_calendar(s, c->place)};
		return ERR_OK;
	}
	const struct meter_register *reg = object;
	const struct meter *m = site_find(s, OBJECT_METER, reg->meter);
	*ret = (struct series){reg->id, reg->quantity, reg->unit,
		reg->form == FORM_POINT && quantity_kind(reg->quantity) == KIND_COUNTER,
		m ? site_meter_calendar(s, m) : site_calendar(s, 0)};
	/* a register's history of a flat is as telling as the channel's */
	if (!(access_at(&who_of(r)->access, s, m ? m->place : 0) & ACCESS_DATA)) {
		return err_set(&r->diag, ERR_DENIED, "archives of private places");
	}
	return ERR_OK;
}

/* Every period of the calendar that starts in the span and has begun, gaps made explicit. */
struct points {
	struct archive_value *items; /* owned */
	size_t n;
	int64_t end; /* end of the last period */
};

static enum err count_points(struct http_request *r, const struct series *s, enum period period,
	struct span *inout_span, size_t *ret_n)
{
	int64_t now = clock_now();
	/* the shortest month has 28 days: refuse what is absurd before walking a calendar */
	static const int64_t shortest_s[PERIOD_COUNT] = {
		[PERIOD_HALF_HOUR] = 1800,
		[PERIOD_HOUR] = 3600,
		[PERIOD_DAY] = INT64_C(23) * 3600,
		[PERIOD_MONTH] = INT64_C(27) * 86400,
	};
	if (inout_span->till > now) {
		inout_span->till = now;
	}
	if (inout_span->till <= inout_span->from) {
		*ret_n = 0;
		return ERR_OK;
	}
	if ((inout_span->till - inout_span->from) / shortest_s[period] > POINTS_MAX * 5 / 4) {
		return err_set(&r->diag, ERR_LIMIT, "at most %d periods", POINTS_MAX);
	}
	*ret_n = period_count(&s->calendar, period, *inout_span);
	return *ret_n <= POINTS_MAX ?
		       ERR_OK :
		       err_set(&r->diag, ERR_LIMIT, "at most %d periods", POINTS_MAX);
}

static enum err read_points(struct http_request *r, const struct series *s, enum period period,
	struct span span, struct points *ret)
{
	size_t n = 0;
	struct archive_value *stored = NULL;
	size_t stored_n = 0;
	enum err e = count_points(r, s, period, &span, &n);
	struct points p = {.items = e ? NULL : calloc(n + 1, sizeof(*p.items))};
	if (!e && !p.items) {
		e = ERR_NOMEM;
	}
	if (!e && n > 0) {
		e = archive_range(web_of(r)->store, s->id, period, span, &stored, &stored_n);
	}
	size_t at = 0;
	int64_t start = 0;
	for (size_t i = 0; i < n && !e; i++) {
		if (i == 0) {
			start = period_of(&s->calendar, period, span.from).from;
			if (start < span.from) {
				start = period_next(&s->calendar, period, start);
			}
		}
		while (at < stored_n && stored[at].start < start) {
			at++; /* not on this calendar: of a time before its report hour was changed */
		}
		bool is_there = at < stored_n && stored[at].start == start;
		p.items[p.n++] = is_there ?
					 stored[at] :
					 (struct archive_value){start, NAN,
						 quality_make(QUALITY_MISSING, SOURCE_NONE, 0), 0};
		start = period_next(&s->calendar, period, start);
	}
	p.end = start;
	free(stored);
	if (e) {
		free(p.items);
		return e;
	}
	*ret = p;
	return ERR_OK;
}

static bool is_known(const struct archive_value *v)
{
	return !isnan(v->value) && quality_class(v->quality) != QUALITY_MISSING;
}

static void write_columns(struct jsonw *w, const struct points *p)
{
	jsonw_array(w, "start");
	for (size_t i = 0; i < p->n; i++) {
		jsonw_int(w, NULL, p->items[i].start);
	}
	jsonw_end(w);
	jsonw_array(w, "value");
	for (size_t i = 0; i < p->n; i++) {
		jsonw_real(w, NULL, is_known(&p->items[i]) ? p->items[i].value : NAN);
	}
	jsonw_end(w);
	jsonw_array(w, "quality");
	for (size_t i = 0; i < p->n; i++) {
		jsonw_int(w, NULL, quality_class(p->items[i].quality));
	}
	jsonw_end(w);
	jsonw_array(w, "source");
	for (size_t i = 0; i < p->n; i++) {
		jsonw_int(w, NULL, quality_source(p->items[i].quality));
	}
	jsonw_end(w);
	jsonw_array(w, "flags");
	for (size_t i = 0; i < p->n; i++) {
		jsonw_int(w, NULL, quality_flags(p->items[i].quality));
	}
	jsonw_end(w);
}

static void write_extreme(
	struct jsonw *w, const char *key, const char *start_key, const struct archive_value *v)
{
	jsonw_real(w, key, v ? v->value : NAN);
	jsonw_time(w, start_key, v ? v->start : INT64_MIN);
}

/* Of a counter the amount per period, of a gauge the mean over time. */
static double mean_of(const struct series *s, const struct points *p, const struct total *t)
{
	size_t known = 0;
	if (s->is_readings) {
		return NAN;
	}
	if (quantity_kind(s->quantity) != KIND_COUNTER) {
		return total_value(t, quantity_kind(s->quantity));
	}
	for (size_t i = 0; i < p->n; i++) {
		known += is_known(&p->items[i]);
	}
	return known ? t->sum / (double)known : NAN;
}

static void write_totals(struct jsonw *w, const struct series *s, const struct points *p)
{
	struct total t = {0};
	const struct archive_value *min = NULL;
	const struct archive_value *max = NULL;
	int64_t now = clock_now();
	for (size_t i = 0; i < p->n; i++) {
		const struct archive_value *v = &p->items[i];
		int64_t next = i + 1 < p->n ? p->items[i + 1].start : p->end;
		total_add(&t, v->value, v->quality, (struct span){v->start, next}, now);
		if (is_known(v)) {
			min = !min || v->value < min->value ? v : min;
			max = !max || v->value > max->value ? v : max;
		}
	}
	bool has_sum = quantity_kind(s->quantity) == KIND_COUNTER && !s->is_readings;
	enum quality_class quality = t.has_value ? quality_class(t.quality) : QUALITY_MISSING;
	if (t.has_value && t.covered_s < t.ended_s && quality < QUALITY_PARTIAL) {
		quality = QUALITY_PARTIAL;
	}
	jsonw_object(w, "totals");
	jsonw_real(w, "sum", has_sum ? total_value(&t, KIND_COUNTER) : NAN);
	jsonw_real(w, "mean", mean_of(s, p, &t));
	write_extreme(w, "min", "min_start", min);
	write_extreme(w, "max", "max_start", max);
	jsonw_str(w, "quality", quality_class_name(quality));
	jsonw_end(w);
}

static void write_completeness(struct jsonw *w, const struct points *p)
{
	int64_t classes[QUALITY_CLASS_COUNT] = {0};
	int64_t expected = 0;
	int64_t present = 0;
	int64_t now = clock_now();
	for (size_t i = 0; i < p->n; i++) {
		int64_t next = i + 1 < p->n ? p->items[i + 1].start : p->end;
		if (next > now) {
			continue; /* still running */
		}
		expected++;
		present += is_known(&p->items[i]);
		classes[is_known(&p->items[i]) ? quality_class(p->items[i].quality) :
						 QUALITY_MISSING]++;
	}
	jsonw_object(w, "completeness");
	jsonw_int(w, "expected", expected);
	jsonw_int(w, "present", present);
	jsonw_real(w, "share", expected ? (double)present / (double)expected : NAN);
	jsonw_object(w, "classes");
	for (int i = 0; i < QUALITY_CLASS_COUNT; i++) {
		if (classes[i]) {
			jsonw_int(w, quality_class_name((enum quality_class)i), classes[i]);
		}
	}
	jsonw_end(w);
	jsonw_end(w);
}

enum err series_archive_h(struct http_request *r)
{
	struct series s;
	struct points p;
	enum period period;
	struct span span = {INT64_MIN, INT64_MIN};
	enum err e = find_series(r, &s);
	e = e ? e : query_period(r, &period);
	e = e ? e : query_time(r, "from", s.calendar.zone, &span.from);
	e = e ? e : query_time(r, "till", s.calendar.zone, &span.till);
	if (!e && (span.from == INT64_MIN || span.till == INT64_MIN || span.from > span.till)) {
		e = err_set(&r->diag, ERR_INVAL, "from and till: both, in this order");
	}
	e = e ? e : read_points(r, &s, period, span, &p);
	if (e) {
		return e;
	}
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_int(&w, "series", s.id);
	jsonw_str(&w, "period", period_name(period));
	jsonw_quantity(&w, "quantity", s.quantity);
	jsonw_unit(&w, "unit", s.unit);
	jsonw_calendar(&w, "calendar", &s.calendar);
	jsonw_int(&w, "from_utc", span.from);
	jsonw_int(&w, "till_utc", span.till);
	write_columns(&w, &p);
	write_totals(&w, &s, &p);
	write_completeness(&w, &p);
	jsonw_end(&w);
	free(p.items);
	return ERR_OK;
}
