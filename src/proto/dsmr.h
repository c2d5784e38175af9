/*
 * dsmr.h - telegrams of the P1 port (DSMR, ESMR, eMUCS), plain and encrypted, both directions
 *
 * Pure functions over bytes: no I/O, no memory of their own, no clock. A telegram is text:
 *
 *     /XXXZident CR LF
 *     CR LF                                            (some leave it out)
 *     1-0:1.8.1(001581.123*kWh) CR LF                  objects: OBIS code and groups in brackets
 *     0-1:24.2.1(161129200000W)(00981.443*m3) CR LF
 *     !CCCC CR LF
 *
 * X: maker   Z: baud rate, '5'   C: CRC-16/ARC of all from '/' to '!', hex digits, high byte first; one
 * gateway leaves leading zeros out, versions below 4 have none. A line that begins with a bracket goes on
 * with the object of the line before.
 *
 * Encrypted (Luxembourg, Austria), the telegram in AES-128-GCM:
 *
 *     DB 08 | title, 8 bytes | 82 LL LL | 30 | counter, 4 bytes | cipher | tag, 12 bytes
 *
 * L: bytes behind it, high byte first. Vector: title, counter. Signed with it: 30 and the authentication
 * key, or nothing.
 *
 * Facts: docs/protocols/dsmr.md.
 */
#ifndef DOMOVOI_PROTO_DSMR_H
#define DOMOVOI_PROTO_DSMR_H

#include "base/err.h"
#include "base/zone.h"
#include "model/obis.h"
#include "proto/decimal.h"

#define DSMR_TELEGRAM_MAX 4096
#define DSMR_CHANNELS     4 /* meters behind this one, on its M-Bus */

enum dsmr_cut {
	DSMR_CUT_MORE,
	DSMR_CUT_FULL,
	DSMR_CUT_JUNK
};

/* About the bytes so far, as a frame function says it (drivers/driver.h): a telegram of either kind,
 * whatever its checksum. Where a telegram that was cut off precedes a whole one, that is junk. */
enum dsmr_cut dsmr_cut(struct slice so_far, size_t *ret_size);

bool dsmr_is_encrypted(struct slice telegram);

struct dsmr_keys {
	struct slice key; /* 16 bytes */
	struct slice
		auth_key; /* 16 bytes, or empty: the telegram must then be signed without one */
};

/* Decrypts into `plain`, DSMR_TELEGRAM_MAX bytes. PROTO: no such frame; DENIED: no key, or the tag fits
 * neither with the authentication key nor without. */
enum err dsmr_decrypt(struct slice frame, const struct dsmr_keys *keys, uint8_t *plain,
	struct slice *ret_telegram);

enum dsmr_checksum {
	DSMR_CHECKSUM_GOOD,
	DSMR_CHECKSUM_BAD,
	DSMR_CHECKSUM_NONE
};

struct dsmr_telegram {
	char maker[4];
	char ident[40]; /* behind maker and baud rate, as it is */
	int version;    /* 22 .. 50; of 5-digit Belgian ones 50; 0: the telegram has none */
	enum dsmr_checksum checksum;
	struct slice objects; /* borrowed */
};

/* PROTO: no plain telegram. */
enum err dsmr_open(struct slice telegram, struct dsmr_telegram *ret_telegram);

struct dsmr_object {
	struct obis code;
	struct slice groups; /* from the first bracket to the last */
	struct slice line;   /* all of it */
};

/* The next object; lines that hold none are passed over. `r` walks over telegram->objects. NODATA: that
 * was the last. */
enum err dsmr_next(struct reader *r, struct dsmr_object *ret_object);
/* What stands in group `n`, from 0; false: there are fewer. */
bool dsmr_group(const struct dsmr_object *x, unsigned n, struct slice *ret_text);
/* The only or last group. */
bool dsmr_last_group(const struct dsmr_object *x, struct slice *ret_text);

/* "001581.123*kWh": exactly. `ret_unit`: text behind the star, may be empty. */
bool dsmr_number(struct slice text, struct decimal *ret_number, struct slice *ret_unit);

struct dsmr_time {
	struct civil local;
	char season; /* 'S', 'W' or 0 */
};

/* "161129200000W"; false where it is no time, as meters send for "never". */
bool dsmr_time(struct slice text, struct dsmr_time *ret_time);
/* Hex digits of ASCII, as equipment numbers are sent, into text; what is no such thing stays as it is. */
void dsmr_text(struct slice digits, char *to, size_t cap);

bool dsmr_unit(struct slice text, enum unit *ret_unit);
/* Is it 0-b:c.d.e? */
bool dsmr_is(const struct dsmr_object *x, unsigned b, unsigned c, unsigned d, unsigned e);
/* The meter's own equipment number as text; "" where the telegram has none. */
void dsmr_serial(const struct dsmr_telegram *t, char *to, size_t cap);

/* A meter behind this one: what it counts, and when that was read. */
struct dsmr_channel {
	int type; /* device type of M-Bus; -1: not told */
	bool has_value;
	struct dsmr_time time;
	struct decimal number;
	enum unit unit;
	enum quantity quantity; /* by type where the unit agrees, else by the unit alone */
};

/* `n` 1 .. DSMR_CHANNELS */
void dsmr_channel(const struct dsmr_telegram *t, unsigned n, struct dsmr_channel *ret_channel);

/* ---- the meter's side ---- */

/* Appends '!' and checksum to the telegram that begins at `begin`. */
void dsmr_seal(struct buf *telegram, size_t begin);
/* Encrypts a whole telegram. `title`: 8 bytes. */
void dsmr_encrypt(struct slice telegram, const struct dsmr_keys *keys, const uint8_t *title,
	uint32_t counter, struct buf *out);

#endif
