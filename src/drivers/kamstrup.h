/*
 * kamstrup.h - the parts of the Kamstrup driver; private to drivers/kamstrup*.c
 *
 *   kamstrup_kmp.c     parameters, identification, clock, current values, target day
 *   kamstrup_log.c     daily and monthly logs by record number
 *   kamstrup_hours.c   hourly log of the top module by time; log of info codes
 */
#ifndef DOMOVOI_KAMSTRUP_H
#define DOMOVOI_KAMSTRUP_H

#include "drivers/driver.h"
#include "proto/kmp.h"

#define KAMSTRUP_CURRENT 1
#define KAMSTRUP_HOUR    2
#define KAMSTRUP_DAY     4
#define KAMSTRUP_MONTH   8

/* What Domovoi takes from a meter: a register, where it is found, its name here. */
struct kamstrup_register {
	uint16_t id;
	uint8_t where;
	const char *key;
	enum quantity quantity;
};

#define KAMSTRUP_REGISTERS 30
extern const struct kamstrup_register kamstrup_registers[KAMSTRUP_REGISTERS];

enum kamstrup_log {
	KAMSTRUP_LOG_HOURS,
	KAMSTRUP_LOG_DAYS,
	KAMSTRUP_LOG_MONTHS,
	KAMSTRUP_LOG_INFO,
	KAMSTRUP_LOGS
};

/* What outlives a call: zero at first. Bits are indices into kamstrup_registers. */
struct kamstrup_state {
	bool is_learnt;
	uint32_t has;     /* the meter answers these */
	uint32_t counted; /* and they have ever counted: worth an archive */
	bool has_type;
	uint16_t type;
	uint8_t silences[KAMSTRUP_LOGS];  /* in a row, of a meter that was there */
	bool has_answered[KAMSTRUP_LOGS]; /* the log exists, whatever happens to the line */
	/* in a row, of one register of a log that exists; skipped for a day from mute_utc on */
	uint8_t mute[KAMSTRUP_LOGS][KAMSTRUP_REGISTERS];
	int64_t mute_utc[KAMSTRUP_LOGS];
	bool is_end_label; /* the daily log names the day after */
};

struct kamstrup {
	struct talk *talk;
	struct kamstrup_state *state;
};

struct kamstrup kamstrup_open(struct talk *t);
/* One request and its reply, of the same module and command. ret->data is valid as long as *ret. */
enum err kamstrup_ask(const struct kamstrup *k, uint8_t dest, uint8_t cid,
	const struct kmp_ask *ask, struct kmp_message *ret);
/* A log of one register. NODATA, also when the meter keeps silent about this register alone; UNSUPP when
 * it is there and does not know the log. */
enum err kamstrup_ask_log(const struct kamstrup *k, enum kamstrup_log log, uint16_t id,
	const struct kmp_ask *ask, struct kmp_message *message, struct kmp_log *ret);
bool kamstrup_has_log(const struct kamstrup_state *s, enum kamstrup_log log);
/* Type and revision: decides how info codes are read. */
enum err kamstrup_learn_type(const struct kamstrup *k, uint8_t ret_version[static 2]);
/* Current values to `out`; learns which registers there are. `out` NULL: only that. */
enum err kamstrup_currents(const struct kamstrup *k, struct sink *out);
/* Civil time of the meter's clock. */
enum err kamstrup_clock(const struct kamstrup *k, struct civil *ret);

/* A number of the meter as a sample: value, unit, decimals, class. False: its unit does not fit. */
bool kamstrup_fill(const struct kamstrup_register *r, const struct kmp_form *form,
	struct decimal number, struct sample *ret);
/* The common set for an info code; false: this meter's codes are not known. */
bool kamstrup_abnormal(const struct kamstrup *k, uint32_t code, unsigned *ret_abnormal);

enum err kamstrup_read_archive(
	struct talk *t, enum period period, struct span span, struct sink *out);
enum err kamstrup_read_hours(const struct kamstrup *k, struct span span, struct sink *out);
enum err kamstrup_read_events(struct talk *t, struct span span, struct sink *out);

#endif
