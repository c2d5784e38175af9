/*
 * mercury230_driver.h - what the files of driver mercury230 share
 *
 *   mercury230.c          parameters, identification, clock, current values
 *   mercury230_session.c  requests and replies, the channel, concentrators
 *   mercury230_readings.c readings at the beginning of days and months
 *   mercury230_profile.c  the load profile, out of the meter's memory
 *   mercury230_journal.c  journals
 */
#ifndef DOMOVOI_DRIVERS_MERCURY230_DRIVER_H
#define DOMOVOI_DRIVERS_MERCURY230_DRIVER_H

#include "drivers/driver.h"
#include "proto/mercury230.h"

#define M230_RING       4096 /* records; twice as many where the variant says so */
#define M230_TARIFFS    4
#define M230_OLD_DAYS   2 /* readings a meter without slices keeps: of yesterday and today */
#define M230_OLD_MONTHS 12
#define M230_DAYS       123
#define M230_MONTHS     36

/* What a request of newer firmware was answered with. */
enum m230_ability {
	M230_UNKNOWN,
	M230_ABLE,
	M230_UNABLE
};

struct m230_state {
	bool has_variant;
	uint8_t variant[6];
	uint8_t password_form; /* 1 + that which was accepted last; 0: none yet */
	enum m230_ability slices, relative;
};

struct m230 {
	struct talk *talk;
	struct m230_state *state;
};

struct m230 m230_of(struct talk *t);

/* Sizes of data a reply may have, rising; equal where there is but one. */
struct m230_size {
	size_t size, or_size;
};

/*
 * Ask and check; `body` and `ret_data` are what stands behind the address. A channel that is not open is
 * opened and the request repeated. Of size 1: a status is wanted; OK is none but M230_OK.
 */
enum err m230_ask(
	const struct m230 *m, const uint8_t *body, size_t n, size_t size, struct slice *ret_data);
enum err m230_ask_either(const struct m230 *m, const uint8_t *body, size_t n,
	const struct m230_size *want, struct slice *ret_data);
/* A password is six characters, twelve hex digits, or "": as delivered. */
enum err m230_open(const struct m230 *m, int level, const char *password);
enum err m230_variant(const struct m230 *m); /* into state, once */
enum err m230_civil(const struct m230 *m, struct civil *ret, bool *ret_is_winter);
int64_t m230_utc(const struct m230 *m, const struct civil *c, bool is_winter);
/* Four energies of a reply, as readings or amounts of a key's tariff; what is not measured is left out. */
#define M230_COLUMNS 4
struct m230_column {
	const char *key;
	enum quantity quantity;
	enum unit unit;
};
extern const struct m230_column m230_columns[M230_COLUMNS];
/* `x`: form, period, utc; key, quantity, unit, value are filled in. */
enum err m230_put_energies(
	struct slice data, int tariff, const struct sample *x, struct sink *out, bool *ret_has_put);

enum err m230_read_readings(
	const struct m230 *m, enum period period, struct span span, struct sink *out);
enum err m230_read_profile(
	const struct m230 *m, enum period period, struct span span, struct sink *out);
enum err m230_read_journals(const struct m230 *m, struct span span, struct sink *out);

#endif
