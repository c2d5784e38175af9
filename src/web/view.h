/*
 * view.h - pieces of answers that several resources share: names of quantities and units, values
 * with their quality, what feeds a channel now, the last values
 */
#ifndef DOMOVOI_VIEW_H
#define DOMOVOI_VIEW_H

#include "calc/figure.h"
#include "web/server.h"

void jsonw_quantity(struct jsonw *w, const char *key, enum quantity q);
void jsonw_unit(struct jsonw *w, const char *key, enum unit u);
/* "quality", "source", "flags" of the object being written. */
void jsonw_quality(struct jsonw *w, uint16_t quality);
void jsonw_flags(struct jsonw *w, uint16_t quality);
/* An item of a list of figures. */
void jsonw_figure(struct jsonw *w, const struct figure *f);
void jsonw_calendar(struct jsonw *w, const char *key, const struct calendar *c);
void jsonw_span(struct jsonw *w, const char *key, struct span s);
/* {id, kind, name} of a place. */
void jsonw_place(struct jsonw *w, const char *key, const struct site *s, int64_t place);
/* Places from the top down to `place`. */
void jsonw_place_path(struct jsonw *w, const char *key, const struct site *s, int64_t place);

const char *quantity_kind_name(enum quantity_kind k);

/* Names of the flags, lowest bit first; `ret_bit` of the i-th; NULL behind the last. */
const char *quality_flag_name(size_t i, unsigned *ret_bit);

/*
 * Last readings and states of meters as they were at one moment, for answers that show many of
 * them. Without a poll every meter is UNKNOWN.
 */
struct now_view {
	const struct site *site; /* borrowed */
	int64_t now;
	struct last_reading *last; /* owned, by register */
	size_t last_count;
	struct meter_state *meters; /* owned, by meter */
	size_t meter_count;
};
enum err now_view_init(struct now_view *v, struct web *web, const struct site *site);
void now_view_fini(struct now_view *v);
const struct last_reading *now_last(const struct now_view *v, int64_t reg);
/* The register that says now what `reg` says by period: a meter's archive of amounts lies in
 * "KEY.amount" (sample.h), its readings in "KEY". `reg` itself where it is no such archive. */
const struct meter_register *current_register(
	const struct site *s, const struct meter_register *reg);
const struct meter_state *now_meter(const struct now_view *v, int64_t meter);
enum health now_health(const struct now_view *v, const struct meter *m);

/* The binding of a channel that holds at `utc`; NULL if none. */
const struct binding *binding_at(const struct site *s, int64_t channel, int64_t utc);
/* What feeds the channel now; each may be NULL. */
struct feed {
	const struct binding *binding;
	const struct meter_register *reg;
	const struct meter *meter;
};
struct feed feed_of(const struct site *s, int64_t channel, int64_t utc);
/* A register's value in the unit of the channel; NaN if it is unknown or does not convert. */
double channel_value(const struct channel *c, const struct feed *f, double value);

/* The last value of a channel, or null. */
void jsonw_last(struct jsonw *w, const char *key, const struct now_view *v, const struct channel *c,
	const struct feed *f);
void jsonw_meter_ref(
	struct jsonw *w, const char *key, const struct now_view *v, const struct meter *m);
void jsonw_binding(struct jsonw *w, const char *key, const struct feed *f);
/* One item of LastList. */
void jsonw_last_item(struct jsonw *w, const struct now_view *v, const struct last_reading *l);

#endif
