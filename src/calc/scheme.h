/*
 * scheme.h - the computed channels of a site: their formulas compiled, and the order to work them out
 *
 *   channel.rank   0 what is bound to registers; else one more than the highest rank it reads
 *   reader         who must be worked out anew when a channel changes, and over which intervals
 *
 *     V_input  rank 0 ──┬──> V_common  rank 1 ──> leak  rank 2
 *     V_flats  rank 0 ──┘
 *
 * Names in a formula are codes of channels of the same building. A formula that reads itself, however
 * far around, is refused with the path. A formula that does not compile (a code was renamed behind the
 * program's back, a file of rules/ is broken) is kept as broken: its channel keeps the values it has.
 *
 * Immutable; holds references to the site and its figures.
 */
#ifndef DOMOVOI_SCHEME_H
#define DOMOVOI_SCHEME_H

#include "calc/figure.h"
#include "calc/formula.h"

struct scheme {
	const struct formula_text *conf;
	uint32_t channel;        /* index in the site */
	struct formula *formula; /* NULL: broken */
	struct calendar calendar;
	uint64_t print;  /* of all that its values depend on besides its inputs */
	char fault[300]; /* why it is broken */
};

/* A formula's input, seen from the channel that is read. */
struct scheme_reader {
	uint32_t read;   /* index of the channel that is read */
	uint32_t scheme; /* index of the scheme that reads it */
	struct formula_input input;
};

struct schemes {
	struct scheme *items; /* owned; by channel, then from_utc */
	size_t count;
	struct scheme_reader *readers; /* owned; by channel read */
	size_t reader_count;
	uint32_t *ranks; /* owned; of every channel of the site */
	uint32_t rank_max;
	const struct site *site; /* a reference */
	struct figures *figures; /* owned; NULL: could not be read */
};

/* ERR_NOMEM only: what is wrong with a formula stands in its `fault`. */
enum err schemes_new(const struct site *site, struct schemes **ret, struct diag *diag);
void schemes_free(struct schemes *s); /* NULL is fine */

/* The schemes of a channel, and the one in force at a moment; NULL: none. */
const struct scheme *schemes_of(const struct schemes *s, uint32_t channel, size_t *ret_n);
const struct scheme *scheme_at(const struct schemes *s, uint32_t channel, int64_t utc);
/* Who reads a channel. */
const struct scheme_reader *schemes_readers(
	const struct schemes *s, uint32_t channel, size_t *ret_n);

/* A formula of a channel at `place`, with the names, figures and calendar it has there; it must read a
 * channel. Errors as formula_compile's, in the language `lang`. */
enum err scheme_compile(const struct site *site, const struct figures *figures, int64_t place,
	const char *text, enum period period, enum unit unit, enum lang lang, struct formula **ret,
	struct diag *diag);

/* The value of one interval, as it is stored: the weakest source of the inputs, never a person's. */
struct form_value scheme_value(
	const struct scheme *s, struct formula_values *values, struct span interval);

/*
 * Everything about formulas that must hold before a site is used: they compile, they read something
 * and never themselves. ERR_INVAL, ERR_PARSE or ERR_CONFLICT with `formula 12: text: column 5: ...`.
 * A store asks this of every change (store_set_check).
 */
enum err scheme_check(const struct site *site, struct site_fault *ret_fault, struct diag *diag);

#endif
