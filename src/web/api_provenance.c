/*
 * api_provenance.c - where a value came from: what it was before, the shorter periods, the registers
 * and bindings behind it, and the frames the meter said it in
 *
 * The value of a channel is formed from registers across bindings. For a register whose form is
 * POINT the inputs are its readings at both ends of the interval, for AMOUNT its own value of the
 * interval. The finest archive that has them is shown; days and months additionally say how many of
 * their hours or days are there.
 */
#include "web/provenance.h"
#include "web/totals.h"
#include "web/view.h"

#include "base/clock.h"
#include "base/str.h"
#include "drivers/driver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX  32
#define HISTORY_MAX 100
#define HEX_CEILING ((size_t)64 << 10)

struct provenance {
	struct http_request *r;
	struct jsonw w;
	const struct channel *channel;
	struct calendar calendar;
	enum period period;
	struct span span;
	struct now_view view;
	int64_t frames[FRAMES_MAX]; /* ids met on the way, each once */
	size_t frame_count;
};

static void meet_frame(struct provenance *p, int64_t frame)
{
	for (size_t i = 0; i < p->frame_count; i++) {
		if (p->frames[i] == frame) {
			return;
		}
	}
	if (frame && p->frame_count < FRAMES_MAX) {
		p->frames[p->frame_count++] = frame;
	}
}

/* ---- history ---- */

struct replaced_ctx {
	struct jsonw *w;
	size_t left;
};

static enum err write_replaced(void *ctx, const struct replaced_value *v)
{
	struct replaced_ctx *c = ctx;
	if (c->left-- == 0) {
		return ERR_CANCELLED;
	}
	jsonw_object(c->w, NULL);
	jsonw_int(c->w, "changed_utc", v->changed_utc);
	jsonw_int(c->w, "start", v->old.start);
	jsonw_real(c->w, "value", v->old.value);
	jsonw_quality(c->w, v->old.quality);
	jsonw_str(c->w, "who", v->who);
	jsonw_str(c->w, "why", v->why);
	jsonw_end(c->w);
	return ERR_OK;
}

static enum err write_history(
	struct provenance *p, int64_t series, enum period period, struct span span)
{
	struct replaced_ctx ctx = {&p->w, HISTORY_MAX};
	jsonw_array(&p->w, "history");
	enum err e = archive_history(
		web_of(p->r)->store, series, period, span, write_replaced, &ctx);
	jsonw_end(&p->w);
	return e == ERR_CANCELLED ? ERR_OK : e;
}

/* ---- the value and its parts ---- */

static enum err write_value(struct provenance *p)
{
	struct archive_value v;
	enum err e = archive_at(
		web_of(p->r)->store, &p->channel->id, 1, p->period, p->span.from, &v);
	if (e) {
		return e;
	}
	meet_frame(p, v.frame);
	jsonw_object(&p->w, "value");
	jsonw_real(&p->w, "value", v.value);
	jsonw_quality(&p->w, v.quality);
	jsonw_end(&p->w);
	return ERR_OK;
}

static enum err write_parts(struct provenance *p)
{
	struct archive_value *items = NULL;
	size_t n = 0;
	struct total t = {0};
	int64_t classes[QUALITY_CLASS_COUNT] = {0};
	enum period part = p->period == PERIOD_MONTH ? PERIOD_DAY : PERIOD_HOUR;
	if (p->period != PERIOD_DAY && p->period != PERIOD_MONTH) {
		jsonw_null(&p->w, "parts");
		return ERR_OK;
	}
	enum err e = archive_range(web_of(p->r)->store, p->channel->id, part, p->span, &items, &n);
	if (e) {
		return e;
	}
	size_t present = 0;
	for (size_t i = 0; i < n; i++) {
		total_add(&t, items[i].value, items[i].quality,
			(struct span){items[i].start, items[i].start + 1}, INT64_MAX);
		present += !isnan(items[i].value) ? 1u : 0u;
		classes[quality_class(items[i].quality) % QUALITY_CLASS_COUNT]++;
	}
	jsonw_object(&p->w, "parts");
	jsonw_str(&p->w, "period", period_name(part));
	jsonw_int(&p->w, "expected", (int64_t)period_count(&p->calendar, part, p->span));
	jsonw_int(&p->w, "present", (int64_t)present);
	bool has_sum = quantity_kind(p->channel->quantity) == KIND_COUNTER;
	jsonw_real(&p->w, "sum", has_sum ? total_value(&t, KIND_COUNTER) : NAN);
	jsonw_object(&p->w, "classes");
	for (int i = 0; i < QUALITY_CLASS_COUNT; i++) {
		if (classes[i]) {
			jsonw_int(&p->w, quality_class_name((enum quality_class)i), classes[i]);
		}
	}
	jsonw_end(&p->w);
	jsonw_end(&p->w);
	free(items);
	return ERR_OK;
}

/* ---- registers behind it ---- */

static void write_register_value(
	struct provenance *p, enum period period, const struct archive_value *v)
{
	meet_frame(p, v->frame);
	jsonw_object(&p->w, NULL);
	jsonw_str(&p->w, "period", period_name(period));
	jsonw_int(&p->w, "start", v->start);
	jsonw_real(&p->w, "value", v->value);
	jsonw_quality(&p->w, v->quality);
	if (v->frame) {
		jsonw_int(&p->w, "frame", v->frame);
	} else {
		jsonw_null(&p->w, "frame");
	}
	jsonw_end(&p->w);
}

/* The value at `start`, from the archive of the same period or, where that has none, from a finer
 * one: a reading at a boundary is the same whoever kept it. */
static enum err write_at(struct provenance *p, int64_t series, int64_t start, bool is_point)
{
	struct archive_value v;
	for (int period = (int)p->period; period >= PERIOD_HALF_HOUR; period--) {
		enum err e = archive_at(
			web_of(p->r)->store, &series, 1, (enum period)period, start, &v);
		if (e) {
			return e;
		}
		bool is_there = quality_class(v.quality) != QUALITY_MISSING;
		bool is_last = period == PERIOD_HALF_HOUR || !is_point;
		if (is_there || is_last) {
			v.start = start;
			write_register_value(p, is_there ? (enum period)period : p->period, &v);
			return ERR_OK;
		}
	}
	return ERR_OK;
}

static enum err write_input(struct provenance *p, const struct feed *f)
{
	static const char *const forms[] = {
		[FORM_NOW] = "now", [FORM_POINT] = "point", [FORM_AMOUNT] = "amount"};
	struct jsonw *w = &p->w;
	const struct driver *d = driver_find(f->meter->driver);
	bool is_point = f->reg->form != FORM_AMOUNT &&
			quantity_kind(f->reg->quantity) == KIND_COUNTER;
	jsonw_object(w, NULL);
	jsonw_binding(w, "binding", f);
	jsonw_str(w, "form", forms[f->reg->form]);
	jsonw_meter_ref(w, "meter", &p->view, f->meter);
	jsonw_object(w, "driver");
	jsonw_str(w, "name", f->meter->driver);
	jsonw_str(w, "title", d ? d->title : "");
	jsonw_str(w, "title_ru", d ? d->title_ru : "");
	jsonw_str(w, "grade", d ? driver_grade_name(d->grade) : "");
	jsonw_end(w);
	jsonw_array(w, "values");
	enum err e = write_at(p, f->reg->id, p->span.from, is_point);
	if (!e && is_point) {
		e = write_at(p, f->reg->id, p->span.till, true);
	}
	jsonw_end(w);
	e = e ? e : write_history(p, f->reg->id, p->period, p->span);
	jsonw_end(w);
	return e;
}

static enum err write_inputs(struct provenance *p)
{
	const struct site *s = p->view.site;
	enum err e = ERR_OK;
	jsonw_array(&p->w, "inputs");
	for (size_t i = 0; i < s->counts[OBJECT_BINDING] && !e; i++) {
		const struct binding *b = &s->bindings[i];
		if (b->channel != p->channel->id || b->from_utc >= p->span.till ||
			b->till_utc <= p->span.from) {
			continue;
		}
		struct feed f = {.binding = b};
		f.reg = site_find(s, OBJECT_REGISTER, b->meter_register);
		f.meter = f.reg ? site_find(s, OBJECT_METER, f.reg->meter) : NULL;
		if (f.meter) {
			e = write_input(p, &f);
		}
	}
	jsonw_end(&p->w);
	return e;
}

/* ---- frames ---- */

static void write_hex(struct jsonw *w, const char *key, struct slice bytes)
{
	struct buf hex;
	buf_init(&hex, HEX_CEILING);
	str_hex(&hex, bytes, ' ');
	jsonw_str(w, key, buf_cstr(&hex));
	buf_fini(&hex);
}

static enum err write_frame(void *ctx, const struct kept_frame *f)
{
	struct jsonw *w = ctx;
	jsonw_object(w, NULL);
	jsonw_int(w, "id", f->id);
	jsonw_int(w, "meter", f->meter);
	jsonw_int(w, "utc", f->utc);
	write_hex(w, "request", f->request);
	write_hex(w, "reply", f->reply);
	jsonw_end(w);
	return ERR_OK;
}

static bool may_see_frames(struct provenance *p)
{
	return access_at(&who_of(p->r)->access, p->view.site, p->channel->place) & ACCESS_DEVICES;
}

static enum err write_frames(struct provenance *p)
{
	enum err e = ERR_OK;
	size_t n = may_see_frames(p) ? p->frame_count : 0;
	jsonw_array(&p->w, "frames");
	for (size_t i = 0; i < n && !e; i++) {
		e = frame_get(web_of(p->r)->store, p->frames[i], write_frame, &p->w);
		if (e == ERR_NOTFOUND || e == ERR_NODATA) {
			e = ERR_OK; /* kept for a set time only */
		}
	}
	jsonw_end(&p->w);
	return e;
}

static enum err write_all(struct provenance *p)
{
	struct jsonw *w = &p->w;
	jsonw_object(w, NULL);
	jsonw_int(w, "channel", p->channel->id);
	jsonw_place_path(w, "path", p->view.site, p->channel->place);
	jsonw_quantity(w, "quantity", p->channel->quantity);
	jsonw_unit(w, "unit", p->channel->unit);
	jsonw_str(w, "period", period_name(p->period));
	jsonw_span(w, "span", p->span);
	enum err e = write_value(p);
	e = e ? e :
		write_history(p, p->channel->id, p->period,
			(struct span){p->span.from, p->span.from + 1});
	e = e ? e : write_parts(p);
	e = e ? e : write_inputs(p);
	e = e ? e :
		jsonw_formula(w, web_of(p->r)->store, p->view.site, p->channel, p->period, p->span);
	e = e ? e : write_frames(p);
	jsonw_end(w);
	return e;
}

enum err channel_provenance_h(struct http_request *r)
{
	const void *channel;
	int64_t start = INT64_MIN;
	struct provenance p = {.r = r};
	enum err e = find_object(r, OBJECT_CHANNEL, r->id, ACCESS_DATA, &channel);
	e = e ? e : query_period(r, &p.period);
	if (e) {
		return e;
	}
	p.channel = channel;
	p.calendar = site_calendar(site_of(r), p.channel->place);
	e = query_time(r, "start", p.calendar.zone, &start);
	if (!e && start == INT64_MIN) {
		e = err_set(&r->diag, ERR_INVAL, "start: UTC seconds or ISO 8601");
	}
	if (e) {
		return e;
	}
	p.span = period_of(&p.calendar, p.period, start);
	e = now_view_init(&p.view, web_of(r), site_of(r));
	if (!e) {
		p.w = reply_json(r);
		e = write_all(&p);
		now_view_fini(&p.view);
	}
	return e;
}
