/*
 * rollup_view.h - a site as the rollup needs it: how each register is folded, what feeds a channel
 *
 *   register[i] --uses--> channels      what must be formed anew when its archive changes
 *   channel[k]  --bindings (by from)--> registers
 *
 * Indexes are those of the site's arrays. A view holds a reference to its site and never changes.
 * The print of a channel is a hash of everything in the configuration its values depend on: when it
 * differs from the one its archive was formed with, the archive is formed anew.
 */
#ifndef DOMOVOI_ROLLUP_VIEW_H
#define DOMOVOI_ROLLUP_VIEW_H

#include "calc/form.h"
#include "calc/scheme.h"
#include "model/site.h"

struct overlay;

struct view_register {
	const struct meter_register *conf;
	enum quantity_kind kind;
	struct register_limits limits;
	struct calendar calendar; /* of the meter's place: cuts the hours */
	int64_t max_hold_s;
	bool is_folded; /* hours come out of its readings */
	/* archives of its meter that were ever seen; kept up to date by the owner of the view */
	bool has_half_hours, has_days, has_months;
	int64_t newest_hour; /* start of the newest hour value; INT64_MIN: none. Likewise. */
	uint32_t first_use, use_count;
};

struct view_channel {
	const struct channel *conf;
	enum quantity_kind kind;
	struct calendar calendar;
	uint32_t first_binding, binding_count;
	/* The temperature of a pipe is weighted by what flowed through it: the channel of the same
	 * place with its mass or volume. Indexes plus one, 0: none. */
	uint32_t weight;
	uint32_t weighed, next_weighed; /* list of the channels this one weighs */
	uint64_t print;
};

struct view {
	const struct site *site;       /* a reference */
	const struct overlay *overlay; /* doubts and decisions; NULL: none */
	struct view_register *registers;
	struct view_channel *channels;
	const struct binding **bindings; /* grouped by channel, in order of from_utc */
	uint32_t *uses;                  /* channel indexes, grouped by register */
	struct schemes *schemes;         /* owned */
};

/* What a register can count, as its configuration says. */
struct register_limits view_limits(const struct meter_register *r);

/* NULL: out of memory. */
struct view *view_new(const struct site *site);
void view_free(struct view *v);
const struct view_register *view_register(const struct view *v, int64_t id); /* NULL: none */
const struct view_channel *view_channel(const struct view *v, int64_t id);   /* NULL: none */

static inline struct view_register *view_own(struct view *v, const struct view_register *r)
{
	return &v->registers[r - v->registers];
}

static inline const struct binding *view_binding(
	const struct view *v, const struct view_channel *c, size_t i)
{
	return v->bindings[c->first_binding + i];
}

#endif
