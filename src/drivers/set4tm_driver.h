/*
 * set4tm_driver.h - what the files of driver set4tm share
 *
 *   set4tm.c          parameters, the channel, identification, clock, current values, readings
 *   set4tm_profile.c  the load profile, out of the meter's memory
 */
#ifndef DOMOVOI_DRIVERS_SET4TM_DRIVER_H
#define DOMOVOI_DRIVERS_SET4TM_DRIVER_H

#include "drivers/driver.h"
#include "proto/set4tm.h"

#define SET4_READ_OLD 16 /* bytes of memory in one reply */
#define SET4_READ_NEW 88

struct set4_state {
	bool has_variant;
	struct set4_variant variant;
};

struct set4 {
	struct talk *talk;
	struct set4_state *state;
};

struct set4 set4_of(struct talk *t);
/* `size` bytes of data are wanted, 1: a status that is OK. A closed channel is opened, a meter that asks
 * to be asked again is. */
enum err set4_ask(
	const struct set4 *m, const uint8_t *body, size_t n, size_t size, struct slice *ret_data);
enum err set4_learn(const struct set4 *m); /* the variant, once */
int64_t set4_utc(const struct set4 *m, const struct civil *c, bool is_winter);

#define SET4_COLUMNS 4
struct set4_column {
	const char *key;
	enum quantity quantity;
	enum unit unit;
};
extern const struct set4_column set4_columns[SET4_COLUMNS];

enum err set4_read_profile(
	const struct set4 *m, enum period period, struct span span, struct sink *out);

#endif
