/*
 * view.c - pieces of answers that several resources share; see view.h
 */
#include "web/view.h"

#include "base/clock.h"
#include "base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32 /* of the tree of places, as far as paths are shown */

const char *quantity_kind_name(enum quantity_kind k)
{
	static const char *const names[] = {
		[KIND_COUNTER] = "counter",
		[KIND_GAUGE] = "gauge",
		[KIND_STATE] = "state",
		[KIND_INFO] = "info",
	};
	return names[k];
}

const char *quality_flag_name(size_t i, unsigned *ret_bit)
{
	static const struct {
		const char *name;
		unsigned bit;
	} flags[] = {
		{"ROLLOVER", QUALITY_ROLLOVER},
		{"REPLACED", QUALITY_REPLACED},
		{"RESET_SUSPECT", QUALITY_RESET_SUSPECT},
		{"HIGH_SUSPECT", QUALITY_HIGH_SUSPECT},
		{"TIME_SUSPECT", QUALITY_TIME_SUSPECT},
		{"ABNORMAL", QUALITY_ABNORMAL},
		{"LATE", QUALITY_LATE},
		{"BY_HAND", QUALITY_BY_HAND},
	};
	if (i >= sizeof(flags) / sizeof(flags[0])) {
		return NULL;
	}
	*ret_bit = flags[i].bit;
	return flags[i].name;
}

void jsonw_unit(struct jsonw *w, const char *key, enum unit u)
{
	jsonw_object(w, key);
	jsonw_str(w, "symbol", unit_symbol(u));
	jsonw_text(w, "text", unit_symbol(u), unit_symbol_ru(u));
	jsonw_end(w);
}

void jsonw_figure(struct jsonw *w, const struct figure *f)
{
	jsonw_object(w, NULL);
	jsonw_str(w, "code", f->code);
	jsonw_int(w, "from_date", f->from_date);
	jsonw_real(w, "value", f->value);
	jsonw_str(w, "unit", f->unit);
	jsonw_str(w, "table", f->text);
	jsonw_text(w, "text", f->title, f->title_ru);
	jsonw_text(w, "source", f->source, f->source_ru);
	jsonw_bool(w, "is_confirmed", f->is_confirmed);
	jsonw_int(w, "place", f->parameter ? f->place : 0);
	jsonw_int(w, "parameter", f->parameter);
	jsonw_end(w);
}

void jsonw_quantity(struct jsonw *w, const char *key, enum quantity q)
{
	jsonw_object(w, key);
	jsonw_str(w, "code", quantity_code(q));
	jsonw_text(w, "text", quantity_text(q, LANG_EN), quantity_text(q, LANG_RU));
	jsonw_str(w, "kind", quantity_kind_name(quantity_kind(q)));
	jsonw_unit(w, "unit", quantity_unit(q));
	jsonw_int(w, "decimals", quantity_decimals(q));
	jsonw_end(w);
}

void jsonw_flags(struct jsonw *w, uint16_t quality)
{
	unsigned bit = 0;
	const char *name;
	jsonw_array(w, "flags");
	for (size_t i = 0; (name = quality_flag_name(i, &bit)) != NULL; i++) {
		if (quality & bit) {
			jsonw_str(w, NULL, name);
		}
	}
	jsonw_end(w);
}

void jsonw_quality(struct jsonw *w, uint16_t quality)
{
	jsonw_str(w, "quality", quality_class_name(quality_class(quality)));
	jsonw_str(w, "source", quality_source_name(quality_source(quality)));
	jsonw_flags(w, quality);
}

void jsonw_calendar(struct jsonw *w, const char *key, const struct calendar *c)
{
	jsonw_object(w, key);
	jsonw_str(w, "zone", zone_name(c->zone));
	jsonw_int(w, "report_hour", c->report_hour);
	jsonw_int(w, "report_day", c->report_day);
	jsonw_end(w);
}

void jsonw_span(struct jsonw *w, const char *key, struct span s)
{
	jsonw_object(w, key);
	jsonw_int(w, "from_utc", s.from);
	jsonw_int(w, "till_utc", s.till);
	jsonw_end(w);
}

void jsonw_place(struct jsonw *w, const char *key, const struct site *s, int64_t place)
{
	const struct place *p = site_find(s, OBJECT_PLACE, place);
	jsonw_object(w, key);
	jsonw_int(w, "id", place);
	jsonw_str(w, "kind", place_kind_name(p ? p->kind : PLACE_OTHER));
	jsonw_str(w, "name", p ? p->name : "");
	jsonw_end(w);
}

void jsonw_place_path(struct jsonw *w, const char *key, const struct site *s, int64_t place)
{
	const struct place *path[DEPTH_MAX];
	size_t n = 0;
	while (place && n < DEPTH_MAX) {
		const struct place *p = site_find(s, OBJECT_PLACE, place);
		if (!p) {
			break;
		}
		path[n++] = p;
		place = p->parent;
	}
	jsonw_array(w, key);
	while (n > 0) {
		jsonw_place(w, NULL, s, path[--n]->id);
	}
	jsonw_end(w);
}

/* ---- what is known now ---- */

enum err now_view_init(struct now_view *v, struct web *web, const struct site *site)
{
	*v = (struct now_view){.site = site, .now = clock_now()};
	enum err e = store_last(web->store, &v->last, &v->last_count);
	if (!e && web->poll) {
		e = poll_meters(web->poll, &v->meters, &v->meter_count);
	}
	if (e) {
		now_view_fini(v);
	}
	return e;
}

void now_view_fini(struct now_view *v)
{
	free(v->last);
	free(v->meters);
	*v = (struct now_view){0};
}

/* both arrays begin every element with the id they are sorted by */
static int by_id(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

const struct last_reading *now_last(const struct now_view *v, int64_t reg)
{
	return v->last_count ? bsearch(&reg, v->last, v->last_count, sizeof(*v->last), by_id) :
			       NULL;
}

const struct meter_register *current_register(
	const struct site *s, const struct meter_register *reg)
{
	const struct meter_register *found = site_readings_of(s, reg);
	return found ? found : reg;
}

const struct meter_state *now_meter(const struct now_view *v, int64_t meter)
{
	return v->meter_count ?
		       bsearch(&meter, v->meters, v->meter_count, sizeof(*v->meters), by_id) :
		       NULL;
}

enum health now_health(const struct now_view *v, const struct meter *m)
{
	const struct meter_state *state = now_meter(v, m->id);
	return !m->is_enabled ? HEALTH_DISABLED : state ? state->health : HEALTH_UNKNOWN;
}

const struct binding *binding_at(const struct site *s, int64_t channel, int64_t utc)
{
	for (size_t i = 0; i < s->counts[OBJECT_BINDING]; i++) {
		const struct binding *b = &s->bindings[i];
		if (b->channel == channel && b->from_utc <= utc && utc < b->till_utc) {
			return b;
		}
	}
	return NULL;
}

struct feed feed_of(const struct site *s, int64_t channel, int64_t utc)
{
	struct feed f = {.binding = binding_at(s, channel, utc)};
	f.reg = f.binding ? site_find(s, OBJECT_REGISTER, f.binding->meter_register) : NULL;
	f.meter = f.reg ? site_find(s, OBJECT_METER, f.reg->meter) : NULL;
	return f;
}

double channel_value(const struct channel *c, const struct feed *f, double value)
{
	double converted;
	if (!f->reg || isnan(value) ||
		unit_convert(value, f->reg->unit, c->unit, &converted) != ERR_OK) {
		return NAN;
	}
	return converted * f->binding->multiplier;
}

void jsonw_last(struct jsonw *w, const char *key, const struct now_view *v, const struct channel *c,
	const struct feed *f)
{
	struct feed current = *f;
	current.reg = f->reg ? current_register(v->site, f->reg) : NULL;
	const struct last_reading *l = current.reg ? now_last(v, current.reg->id) : NULL;
	if (!l) {
		jsonw_null(w, key);
		return;
	}
	jsonw_object(w, key);
	jsonw_int(w, "utc", l->utc);
	jsonw_real(w, "value", channel_value(c, &current, l->value));
	jsonw_quality(w, l->quality);
	jsonw_end(w);
}

void jsonw_meter_ref(
	struct jsonw *w, const char *key, const struct now_view *v, const struct meter *m)
{
	if (!m) {
		jsonw_null(w, key);
		return;
	}
	jsonw_object(w, key);
	jsonw_int(w, "id", m->id);
	jsonw_str(w, "name", m->name);
	jsonw_str(w, "serial", m->serial);
	jsonw_str(w, "model", m->model);
	jsonw_str(w, "health", health_name(now_health(v, m)));
	jsonw_end(w);
}

void jsonw_binding(struct jsonw *w, const char *key, const struct feed *f)
{
	const struct binding *b = f->binding;
	if (!b || !f->reg) {
		jsonw_null(w, key);
		return;
	}
	jsonw_object(w, key);
	jsonw_int(w, "id", b->id);
	jsonw_time(w, "from_utc", b->from_utc);
	jsonw_time(w, "till_utc", b->till_utc);
	jsonw_real(w, "multiplier", b->multiplier);
	jsonw_real(w, "reading_fitted", b->reading_fitted);
	jsonw_real(w, "reading_removed", b->reading_removed);
	jsonw_int(w, "register", f->reg->id);
	jsonw_str(w, "key", f->reg->key);
	jsonw_unit(w, "register_unit", f->reg->unit);
	jsonw_end(w);
}

void jsonw_last_item(struct jsonw *w, const struct now_view *v, const struct last_reading *l)
{
	const struct site *s = v->site;
	const struct meter_register *reg = site_find(s, OBJECT_REGISTER, l->reg);
	if (!reg) {
		return; /* deleted since */
	}
	jsonw_object(w, NULL);
	jsonw_int(w, "register", reg->id);
	jsonw_int(w, "meter", reg->meter);
	jsonw_str(w, "key", reg->key);
	jsonw_quantity(w, "quantity", reg->quantity);
	jsonw_unit(w, "unit", reg->unit);
	jsonw_int(w, "utc", l->utc);
	jsonw_real(w, "value", l->value);
	jsonw_quality(w, l->quality);
	jsonw_array(w, "channels");
	for (size_t i = 0; i < s->counts[OBJECT_BINDING]; i++) {
		const struct binding *b = &s->bindings[i];
		if (b->meter_register == reg->id && b->from_utc <= v->now && v->now < b->till_utc) {
			jsonw_int(w, NULL, b->channel);
		}
	}
	jsonw_end(w);
	jsonw_end(w);
}
