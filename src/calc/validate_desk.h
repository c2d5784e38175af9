/*
 * validate_desk.h - puts a day of a channel before the judge: what the store and the configuration say
 *
 * A desk is a snapshot of the site with its figures and the holidays of the zone calendars; it may be
 * used by one thread at a time.
 */
#ifndef DOMOVOI_VALIDATE_DESK_H
#define DOMOVOI_VALIDATE_DESK_H

#include "calc/estimate.h"
#include "calc/validate_day.h"
#include "calc/zones.h"
#include "store/store.h"

struct desk {
	struct store *store;
	const struct site *site; /* a reference */
	struct figures *figures;
	struct zones_set *zones; /* NULL: not readable, no holidays are known */

	/* indexes, owned: a building of thousands of flats is walked once, not for every day */
	const struct binding **by_channel;      /* bindings by channel */
	const struct formula_text **of_channel; /* formulas by channel */
	const struct channel **by_place;        /* channels by place, then id */
	const struct channel **by_upstream;     /* channels by upstream */
	int64_t *speakers; /* of site->meters: the first channel of a counter that each feeds */
};

/* Pointers of an index whose key is `key`: the first and how many. */
const struct channel **desk_at_place(const struct desk *d, int64_t place, size_t *ret_n);
const struct channel **desk_behind(const struct desk *d, int64_t upstream, size_t *ret_n);

enum err desk_init(struct desk *d, struct store *store, struct diag *diag);
void desk_fini(struct desk *d);

/* Days from the one that holds `utc` backwards, as the search for like days wants them; `spans[0]` is
 * that day. Nothing is eligible yet. */
void desk_days(const struct desk *d, const struct calendar *c, int64_t utc, struct like_day *days,
	struct span *spans, size_t n);
/* May a value stand for another day's? */
bool is_like_value(struct form_value v);

/* The day that begins at `start`. `newest` is the start of the channel's newest hour, `verdicts` are
 * those of the day. */
enum err desk_put(const struct desk *d, const struct channel *c, int64_t start, int64_t newest,
	const struct verdict *verdicts, size_t verdict_count, struct judged_day *ret_day);

/* The channel of a quantity at a place; NULL: none. */
const struct channel *desk_channel(const struct desk *d, int64_t place, enum quantity q);
/* Something feeds the channel throughout, by the hour. */
bool desk_is_fed(const struct desk *d, int64_t channel, struct span span);
bool desk_is_private(const struct site *s, int64_t place); /* in a flat or an office */
/* Nobody lives there: parameter flat.vacant. */
bool desk_is_vacant(const struct desk *d, int64_t place, int date);
/* The one binding in force over a whole span; NULL: none or several. */
const struct binding *desk_binding(const struct desk *d, int64_t channel, struct span span);
/* A difference in a register's unit as one in the channel's; NaN: not convertible. */
double desk_factor(
	const struct binding *b, const struct meter_register *r, const struct channel *c);

#endif
