/*
 * tzif.h - a compiled time zone file (RFC 8536) as a function from UTC to local offset
 *
 * Facts: RFC 8536 section 3 (layout, footer) and POSIX.1-2017 section 8.3 (the TZ rule), with the
 * extensions of RFC 8536 3.3.1: hours of a rule reach from -167 to 167.
 *
 *   "TZif" version 15 reserved | isutcnt isstdcnt leapcnt timecnt typecnt charcnt (u32 big-endian)
 *   block of 32-bit times: skipped
 *   the same header again
 *   timecnt x i64  moments of change         timecnt x u8  type that begins there
 *   typecnt x {i32 offset, u8 is_dst, u8 name}   charcnt bytes of names   leap seconds   flags
 *   "\n" POSIX rule for the time after the last change "\n"
 *
 * Time falls into segments of constant offset; everything else is derived from tzif_segment.
 * Names of offsets ("MSK") are not kept: nothing shows them. Files with leap seconds ("right/...")
 * count other seconds than POSIX does and are refused.
 */
#ifndef DOMOVOI_TZIF_H
#define DOMOVOI_TZIF_H

#include "base/buf.h"
#include "base/err.h"

/* When a rule changes the clock: a day of the year and seconds after its local midnight. */
struct tz_day {
	enum {
		TZ_DAY_JULIAN,
		TZ_DAY_ZERO_BASED,
		TZ_DAY_MONTH_WEEK
	} kind;
	int month;   /* M: 1..12 */
	int week;    /* M: 1..5, 5 the last */
	int day;     /* J: 1..365 without 29 February; n: 0..365 with it; M: weekday, 0 Sunday */
	int seconds; /* -167 h .. 167 h */
};

struct tz_rule {
	bool is_set;
	bool has_dst;
	int std_offset, dst_offset; /* seconds east of UTC */
	struct tz_day dst_begin, dst_end;
};

struct tzif {
	int64_t *at;     /* owned; moments of change, ascending */
	int32_t *offset; /* owned; offset that begins at at[i] */
	size_t count;
	int32_t first_offset; /* before at[0] */
	struct tz_rule rule;  /* after the last change */
};

/* Segment of constant offset: [from, till). */
struct tz_segment {
	int64_t from, till;
	int offset;
};

/* CORRUPT with the position where the bytes are not a time zone. `ret` need not be initialised;
 * nothing is owned by it after a failure. */
enum err tzif_parse(struct slice bytes, struct tzif *ret, struct diag *diag);
void tzif_fini(struct tzif *t);
/* "MSK-3", "<+05>-5", "CET-1CEST,M3.5.0,M10.5.0/3"; ERR_PARSE with the position. */
enum err tz_rule_parse(const char *text, struct tz_rule *ret, struct diag *diag);
struct tz_segment tzif_segment(const struct tzif *t, int64_t utc);

#endif
