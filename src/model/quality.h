/*
 * quality.h - how far a value can be trusted and where it came from
 *
 * One 16-bit word travels with every value:  ffff ffff ssss cccc
 *   c  class, calculations.md section 3.8; of a sum, the worst (numeric maximum) of its parts
 *   s  source
 *   f  flags, or-ed over the parts of a sum
 *
 * A missing value is class MISSING with value NaN; it is never zero.
 */
#ifndef DOMOVOI_QUALITY_H
#define DOMOVOI_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

enum quality_class {
	QUALITY_MEASURED,
	QUALITY_INTERPOLATED,
	QUALITY_ESTIMATED,
	QUALITY_CALCULATED,
	QUALITY_SUBSTITUTED,
	QUALITY_EDITED,
	QUALITY_PARTIAL,
	QUALITY_SUSPECT,
	QUALITY_MISSING,
	QUALITY_CLASS_COUNT
};

/* In rising order of trust for the same interval (calculations.md section 3.5). */
enum quality_source {
	SOURCE_NONE,
	SOURCE_ESTIMATE,
	SOURCE_INTEGRATED, /* own integration of polled instantaneous values */
	SOURCE_POLLED,     /* difference of polled registers */
	SOURCE_METER,      /* the meter's own archive */
	SOURCE_IMPORT,
	SOURCE_MANUAL, /* a person; replaces everything, reason mandatory */
	SOURCE_COUNT
};

#define QUALITY_ROLLOVER      0x0100 /* the register wrapped inside the interval */
#define QUALITY_REPLACED      0x0200 /* a meter was replaced inside the interval */
#define QUALITY_RESET_SUSPECT 0x0400 /* register fell to near zero: lower bound, to be confirmed */
#define QUALITY_HIGH_SUSPECT  0x0800 /* more than the meter can pass */
#define QUALITY_TIME_SUSPECT  0x1000 /* clock of the meter was wrong */
#define QUALITY_ABNORMAL      0x2000 /* the meter reported an abnormal situation (НС) */
#define QUALITY_LATE          0x4000 /* healed from the meter's memory after an outage */
#define QUALITY_BY_HAND       0x8000 /* of a sum: a person's or an imported value is a part of it */

static inline uint16_t quality_make(enum quality_class c, enum quality_source s, unsigned flags)
{
	return (uint16_t)((unsigned)c | (unsigned)s << 4 | flags);
}
static inline enum quality_class quality_class(uint16_t q)
{
	return (enum quality_class)(q & 15);
}
static inline enum quality_source quality_source(uint16_t q)
{
	return (enum quality_source)(q >> 4 & 15);
}
static inline unsigned quality_flags(uint16_t q)
{
	return q & 0xff00u;
}
/* Quality of a sum of two parts: worst class, weakest source, all flags. */
uint16_t quality_worst(uint16_t a, uint16_t b);
const char *quality_class_name(enum quality_class c); /* "MEASURED" */
const char *quality_source_name(enum quality_source s);
bool quality_class_from_name(const char *name, enum quality_class *ret_c);
/* May `fresh` replace an accepted `old` of the same interval? A better source may, and the same source
 * with a class that is not worse; anything may replace MISSING. */
bool quality_replaces(uint16_t fresh, uint16_t old);

#endif
