/*
 * set4tm_driver.h - what the files of driver set4tm share
 *
 *   set4tm.c          parameters, identification, clock
 *   set4tm_session.c  frames, checksums, the channel
 *   set4tm_current.c  current values; energies of any array
 *   set4tm_readings.c days and months
 *   set4tm_journal.c  journals, and when the power was off
 *   set4tm_profile.c  the load profile, out of the meter's memory
 */
#ifndef DOMOVOI_DRIVERS_SET4TM_DRIVER_H
#define DOMOVOI_DRIVERS_SET4TM_DRIVER_H

#include "drivers/driver.h"
#include "drivers/emit.h"
#include "proto/set4tm.h"

#define SET4_PASSWORD 6
#define SET4_TARIFFS  8
#define SET4_ENTRIES  10 /* of a journal */
#define SET4_DAYS     30
#define SET4_MONTHS   12 /* beginnings of months; eleven amounts */

/* What a request that not every meter knows was answered with. */
enum set4_ability {
	SET4_UNKNOWN,
	SET4_ABLE,
	SET4_UNABLE
};

struct set4_outage {
	int64_t off, on; /* UTC */
};

struct set4_state {
	bool has_check;
	enum set4_check check;
	uint8_t status; /* that was confirmed: what the driver was given */
	bool has_variant;
	struct set4_variant variant;
	enum set4_ability energies; /* 0A */
	uint8_t mask;               /* that it takes */
	enum set4_ability starts;   /* readings at the beginning of days and months */
	enum set4_ability memory;   /* 0C */
	uint8_t id;                 /* of the last 0C */
	uint8_t minutes;            /* of the profile; 0: not asked yet */
	uint32_t lacks;             /* groups of current values the meter refused */
	/* power cuts, as the journal had them when the meter's clock showed outages_utc; 0: not read */
	int64_t outages_utc;
	int outages_n;
	bool has_more; /* the journal was full: there may have been earlier ones */
	struct set4_outage outages[SET4_ENTRIES];
};

struct set4 {
	struct talk *talk;
	struct set4_state *state;
};

struct set4 set4_of(struct talk *t);

/* ---- set4tm_session.c ---- */

/* `size` bytes of data are wanted, 1: a status that is OK; where the protocol allows two sizes the other
 * may come. A closed channel is opened, a meter that asks to be asked again is. */
enum err set4_ask(
	const struct set4 *m, const uint8_t *body, size_t n, size_t size, struct slice *ret_data);
/* The same of what a model may not know. Silence is believed when the link test is answered right
 * after; UNSUPP then, as if it had been refused. */
enum err set4_try(const struct set4 *m, const uint8_t *body, size_t n, size_t size,
	enum set4_ability *ability, struct slice *ret_data);
/* Open the channel with the password of that parameter; empty: "password". */
enum err set4_open(const struct set4 *m, const char *param);
void set4_close(const struct set4 *m);

/* ---- set4tm.c ---- */

enum err set4_learn(const struct set4 *m); /* the variant, once */
enum err set4_civil(const struct set4 *m, struct civil *ret, bool *ret_is_winter);
int64_t set4_utc(const struct set4 *m, const struct civil *c, bool is_winter);
int set4_decimals(const struct set4 *m); /* digits its registers resolve, kWh */

/* ---- set4tm_current.c ---- */

struct set4_column {
	const char *key;
	enum quantity quantity;
	enum unit unit;
};
extern const struct set4_column set4_columns[SET4_ENERGIES];

struct set4_energies {
	uint8_t mask;
	uint32_t n[SET4_ENERGIES]; /* half impulses, in the order of set4_columns */
};
enum err set4_learn_energies(const struct set4 *m);
enum err set4_energies(
	const struct set4 *m, uint8_t array, uint8_t number, int tariff, struct set4_energies *ret);
enum err set4_put_energies(
	const struct set4 *m, int tariff, const struct set4_energies *x, struct emit *to);
enum err set4_read_current(const struct set4 *m, struct sink *out);

/* ---- the other files ---- */

enum err set4_read_readings(
	const struct set4 *m, enum period period, struct span span, struct sink *out);
enum err set4_read_journals(const struct set4 *m, struct span span, struct sink *out);
/* Power cuts into the state, unless those known already reach till `utc`. */
enum err set4_learn_outages(const struct set4 *m, int64_t utc);
enum err set4_read_profile(
	const struct set4 *m, enum period period, struct span span, struct sink *out);
int set4_profile_records(const struct set4 *m);

#endif
