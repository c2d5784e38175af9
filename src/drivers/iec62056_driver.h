/*
 * iec62056_driver.h - the parts of driver iec62056_21 (private to iec62056_*.c)
 *
 *   iec62056_session   sign-on, speeds, password, one value asked for, the end
 *   iec62056_current   values of now: asked for one by one, or a readout
 *   iec62056_archive   days, months and the load profile
 *   iec62056_21        parameters, identification, clock
 *
 * A session lives on the stack of one call: whoever opens one closes it, or the meter is deaf to others
 * until it gives up waiting.
 */
#ifndef DOMOVOI_DRIVERS_IEC62056_DRIVER_H
#define DOMOVOI_DRIVERS_IEC62056_DRIVER_H

#include "drivers/driver.h"
#include "drivers/iec_map.h"

/* Between calls; dropped by identify. */
struct iec_state {
	bool is_known;             /* the meter was asked what it is */
	const struct iec_map *map; /* the one of the last session */
	uint64_t absent;           /* registers the meter does not know, by row */
	uint16_t has_archives;     /* archives that were told once, by row */
	uint16_t no_archives;      /* those the meter does not know, as of learnt_day */
	uint8_t no_columns;        /* columns of the profile */
	uint8_t minutes;           /* interval of the profile; 0: not asked yet */
	bool has_columns;          /* no_columns is known */
	bool is_stepwise;          /* the profile is asked for hour by hour ... */
	bool is_batched;           /* ... or was told in larger pieces */
	int64_t learnt_day;
	int fast_baud; /* speed of an open session; 0: none */
};

struct iec_session {
	struct talk *talk;
	struct iec_state *state;
	const struct iec_map *map; /* NULL: the standard alone */
	enum iec_bcc bcc;
	bool is_open, has_session;
	struct iec_ident ident;
	struct iec_message message; /* the last answer, or the readout */
	struct slice text;
};

/* Sign on; leaves the readout in `text` where the meter has one, else it may be asked. */
enum err iec_open(struct talk *t, struct iec_session *s);
void iec_close(struct iec_session *s);
bool iec_is_readout(const struct iec_session *s);
/* R1. UNSUPP, DENIED, NODATA, LIMIT, BUSY: what the meter answered. The answer is in `text`. */
enum err iec_ask(struct iec_session *s, const char *what);
/* Is this an answer about one thing, after which others may be asked for? */
bool iec_is_refusal(enum err e);

/* All values of an answer, one after the other: sets of `id` (NULL: all), cut at the map's separator. */
struct iec_values {
	struct iec_walk walk;
	struct iec_set set;
	const char *id;
	char separator;
	unsigned part;
	bool has_set;
};
struct iec_values iec_values_of(const struct iec_session *s, const char *id);
bool iec_values_next(struct iec_values *v, struct slice *ret_value, struct slice *ret_unit);
unsigned iec_values_count(struct iec_values v);

/* Of a time that comes twice, the one nearer to ours. */
int64_t iec_utc_of(const struct talk *t, struct civil c);
/* Civil time of the meter. */
enum err iec_read_clock(struct iec_session *s, struct civil *ret);

enum err iec_read_current(struct talk *t, struct sink *out);
enum err iec_read_archive(struct talk *t, enum period period, struct span span, struct sink *out);

#endif
