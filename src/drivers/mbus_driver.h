/*
 * mbus_driver.h - the parts of the M-Bus driver; private to drivers/mbus*.c
 *
 *   mbus.c           parameters, identify, current values, clock
 *   mbus_session.c   a conversation: select, FCB, telegrams, errors
 *   mbus_sample.c    a record becomes a sample: quantity, key, quality
 *   mbus_archive.c   records with storage numbers become archive values
 *   mbus_scan.c      who is on the line
 */
#ifndef DOMOVOI_MBUS_DRIVER_H
#define DOMOVOI_MBUS_DRIVER_H

#include "drivers/driver.h"
#include "drivers/mbus_map.h"
#include "proto/mbus.h"

/* What outlives a call: zero at first. */
struct mbus_state {
	bool is_fcb_known;
	bool fcb;           /* of the next request that has one */
	bool is_reset_due;  /* the meter may still send what an archive readout selected */
	bool is_asked_once; /* by this process */
};

/* One conversation with one meter. */
struct mbus_session {
	struct talk *talk;
	struct mbus_state *state;
	uint8_t address; /* where requests go: primary, FD or FE */
	bool is_secondary;
	struct mbus_secondary secondary; /* pattern */
	bool is_fast;                    /* the baud rate was switched */
	int telegrams;                   /* read so far in this readout */
	uint32_t last_hash;              /* of the records of the last telegram */
	const struct mbus_map *map;      /* that fits the last telegram; NULL: nothing special */
};

/* Wake the meter: reset its link layer or select it, switch its speed where that is wished. */
enum err mbus_open(struct mbus_session *s, struct talk *t);
/* Take back what mbus_open changed; errors do not matter any more. */
void mbus_close(struct mbus_session *s);

/* SND_UD, acknowledged. */
enum err mbus_send(struct mbus_session *s, struct mbus_out *out);
void mbus_begin_send(struct mbus_session *s, struct mbus_out *out, uint8_t ci);
/* Application reset; `subcode` negative: without one, back to the default readout. */
enum err mbus_reset(struct mbus_session *s, int64_t subcode);
/* The next telegram of the readout. NODATA: the meter says there is none. Borrowed until the next
 * exchange. */
enum err mbus_readout(struct mbus_session *s, struct mbus_message *ret);
/* After a telegram was worked through: may another be asked for? */
bool mbus_has_more(struct mbus_session *s, const struct mbus_cursor *cursor, int limit);

/* ---- samples ---- */

#define MBUS_KEYS_MAX 192

/* Keys given out in one readout, so that a second record of the same kind gets a number. */
struct mbus_keys {
	uint32_t hashes[MBUS_KEYS_MAX];
	size_t n;
};

/* False: nothing for the archive: dates, limits, manufacturer's own coding ... `map` may be NULL. */
bool mbus_sample_of(const struct mbus_record *r, const struct mbus_header *h,
	const struct mbus_map *map, struct mbus_keys *keys, char key[static REGISTER_KEY_CAP],
	struct sample *ret);
unsigned mbus_status_flags(uint8_t status);
/* The moment a date record names, in the meter's zone; a date alone is the end of that day, hh:59
 * the full hour. False for rules and invalid dates. */
bool mbus_moment(
	const struct mbus_record *r, const struct zone *z, bool is_exact, int64_t *ret_utc);

/* The meter's own "now": a date and time that belongs to nothing else. */
bool mbus_is_clock(const struct mbus_record *r);

enum err mbus_read_archive(struct talk *t, enum period period, struct span span, struct sink *out);
enum err mbus_scan(struct talk *t, scan_fn *found, void *ctx);
void mbus_identity_of(const struct mbus_message *m, struct identity *ret);

#endif
