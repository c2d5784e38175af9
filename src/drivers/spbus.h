/*
 * spbus.h - what the files of the SPBus driver share (private to drivers/spbus*.c)
 */
#ifndef DOMOVOI_DRIVERS_SPBUS_H
#define DOMOVOI_DRIVERS_SPBUS_H

#include "drivers/driver.h"
#include "proto/spbus.h"

/* What a parameter number means depends on the meter: bits, so that a rule can hold for several. */
enum spbus_kind {
	SPBUS_SPT961 = 1,
	SPBUS_SPT962 = 2,
	SPBUS_SPG761 = 4,
	SPBUS_SPG762 = 8, /* and SPG763 */
};
#define SPBUS_HEAT (SPBUS_SPT961 | SPBUS_SPT962)
#define SPBUS_GAS  (SPBUS_SPG761 | SPBUS_SPG762)

/* Whom to ask and how, from the parameters of the meter. */
struct spbus_peer {
	struct talk *talk;
	struct spbus_head head; /* of requests; the function is filled in */
	enum spbus_kind kind;
	int supply, ret; /* pipes; 0 none */
	bool is_begin;   /* stamps of archives name the begin of the interval */
};

enum err spbus_peer_init(struct talk *t, struct spbus_peer *ret_peer);
/* Begin a request of `function`; pointers and dates are added by the caller. */
void spbus_request(const struct spbus_peer *p, uint8_t function, struct spbus_out *o);
/*
 * Send it and wait for the reply to it: of this meter, of the function that answers, and repeating
 * the tags of the request. *ret_rest stands behind those; it lives until the next call.
 */
enum err spbus_ask(const struct spbus_peer *p, struct spbus_out *o, struct reader *ret_rest);

struct spbus_pointer {
	int channel, number;
};
/* Values of up to SPBUS_TAGS_OF_READ parameters. `take` is called for each the meter told of; `unit`
 * is the last that was named. */
typedef enum err spbus_take_fn(void *ctx, const struct spbus_pointer *which,
	const struct spbus_tag *value, struct slice unit);
enum err spbus_read(const struct spbus_peer *p, const struct spbus_pointer *pointers, size_t n,
	spbus_take_fn *take, void *ctx);

/* ---- what a value is: spbus_names.c ---- */

/* Added to the number of an hour archive it gives the number of the same for this: parameters
 * of archives stand in groups of five. */
#define SPBUS_DAY_OFFSET   1
#define SPBUS_MONTH_OFFSET 3

struct spbus_name {
	char key[REGISTER_KEY_CAP];
	enum quantity quantity;
	enum unit unit;
};

/* What a current value is, or a column of an archive. False: no rule knows it, or its unit does not
 * fit; then its name is number and channel, "p225.u1". */
bool spbus_name_now(const struct spbus_peer *p, struct spbus_pointer which, struct slice unit,
	struct spbus_name *ret_name);
bool spbus_name_column(const struct spbus_peer *p, enum period period, struct spbus_pointer which,
	struct slice unit, struct spbus_name *ret_name);
void spbus_name_number(struct spbus_pointer which, struct slice unit, struct spbus_name *ret_name);
/* The parameters that are asked for as current values: the i-th; false behind the last. `pipes` and
 * `consumers` are sets of channels, bit n for channel n. */
bool spbus_now(const struct spbus_peer *p, uint32_t pipes, uint32_t consumers, unsigned i,
	struct spbus_pointer *ret_which);

/* ---- archives: spbus_archive.c ---- */

/* Channels of the meter, learnt from the layout of its hour archive; sets as above. */
struct spbus_memory {
	bool is_known;
	uint32_t pipes, consumers;
};
enum err spbus_channels(const struct spbus_peer *p, struct spbus_memory *ret_memory);
enum err spbus_read_archive(struct talk *t, enum period period, struct span span, struct sink *out);
enum err spbus_read_events(struct talk *t, struct span span, struct sink *out);

/* A value as a sample; a text that is no number, an error text too, is "no value". */
struct sample spbus_sample(const struct spbus_name *name, struct slice value);

#endif
