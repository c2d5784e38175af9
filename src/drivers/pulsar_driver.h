/*
 * pulsar_driver.h - the parts of the Pulsar driver; private to drivers/pulsar*.c
 *
 *   pulsar.c           parameters, a request and its reply, identify, clock, current values, scan
 *   pulsar_learn.c     which channels the meter has and what they measure
 *   pulsar_archive.c   hours, days, months
 */
#ifndef DOMOVOI_PULSAR_DRIVER_H
#define DOMOVOI_PULSAR_DRIVER_H

#include "drivers/driver.h"
#include "proto/pulsar.h"

enum pulsar_kind {
	PULSAR_KIND_UNKNOWN,
	PULSAR_COUNTER, /* pulse counters and radio modules: any number of channels */
	PULSAR_WATER,   /* water meters: one channel */
	PULSAR_HEAT     /* heat meters: fixed channels and pulse inputs */
};

/* What a channel's number means. */
struct pulsar_channel {
	int number; /* from 1 */
	char key[REGISTER_KEY_CAP];
	enum quantity quantity;
	enum unit unit;
	bool has_archive;
	bool is_whole; /* u32 and no float, the hours of a heat meter */
};

/* What outlives a call: zero at first. */
struct pulsar_state {
	bool has_id;
	uint16_t id; /* of the last request */
	enum pulsar_kind kind;
	uint32_t mask;      /* channels there are; 0: not known yet */
	uint32_t no_params; /* bit n: parameter n is not there */
	bool has_weights;
	bool is_weight_refused;
	double weights[PULSAR_CHANNEL_MAX]; /* of a pulse; NaN unknown */
	int batch; /* archive values the meter gives at once; 0: not tried yet */
};

struct pulsar_peer {
	struct talk *talk;
	struct pulsar_state *state;
	uint32_t address;
	int refusal; /* code of the last refusal, -1 none */
};

void pulsar_open(struct talk *t, struct pulsar_peer *ret);
/* A refusal is an error that is an answer where the meter does not have what was asked for. The
 * reply is borrowed until the next request. */
enum err pulsar_ask(struct pulsar_peer *p, uint8_t function, struct slice data, bool is_once,
	struct pulsar_frame *ret);
enum err pulsar_ask_mask(
	struct pulsar_peer *p, uint8_t function, uint32_t mask, struct pulsar_frame *ret);

/* Find out kind, channels and weights, unless they are known. */
enum err pulsar_learn(struct pulsar_peer *p);
/* Channel `number` of what was learnt; false: none. */
bool pulsar_channel_of(struct pulsar_peer *p, int number, struct pulsar_channel *ret);
/* Hours of a heat meter: u32, or a float. */
double pulsar_hours(const uint8_t *bytes);
/* Digits behind the point, of the weight of a pulse; -1 unknown. */
int pulsar_decimals(const struct pulsar_state *s, int number);
enum err pulsar_params_check(struct talk *t);

enum err pulsar_read_archive(
	struct talk *t, enum period period, struct span span, struct sink *out);

#endif
