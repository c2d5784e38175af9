/*
 * iec62056.h - frames of IEC 62056-21 (IEC 61107): sign-on, readout, programming messages
 *
 *     /?address!CR LF                        sign-on
 *     /XXXZident CR LF                       identification: maker, speed, what it is
 *     ACK V Z Y CR LF                        protocol, speed, mode that is wanted
 *     STX data !CR LF ETX BCC                readout
 *     SOH cmd STX name(value) ETX BCC        programming: P0 P1 P2 R1 W1 B0 ...
 *     STX name(value) CR LF ... ETX BCC      its reply; EOT instead of ETX: more follows an ACK
 *     ACK, NAK                               one byte each
 *
 * Seven bits, even parity; a link of eight bits carries the parity in bit 7, which is dropped here. BCC
 * covers what follows the first SOH or STX up to and with ETX: the standard's exclusive or, or the sum
 * modulo 128 of some makers. A data message is a row of sets `id(value*unit)`; a set without id goes
 * on with the id before it. Pure functions; nothing is owned.
 *
 * Facts: docs/protocols/iec62056.md
 */
#ifndef DOMOVOI_PROTO_IEC62056_H
#define DOMOVOI_PROTO_IEC62056_H

#include "base/buf.h"
#include "base/zone.h"

#define IEC_SOH     0x01
#define IEC_STX     0x02
#define IEC_ETX     0x03
#define IEC_EOT     0x04
#define IEC_ACK     0x06
#define IEC_NAK     0x15
#define IEC_MAX     4000 /* bytes of a message */
#define IEC_ID_CAP  32
#define IEC_OUT_MAX 160

enum iec_bcc {
	IEC_BCC_XOR,
	IEC_BCC_SUM,
	IEC_BCC_NONE
};

enum iec_cut {
	IEC_CUT_MORE,
	IEC_CUT_FULL,
	IEC_CUT_JUNK
};

uint8_t iec_bcc(enum iec_bcc kind, struct slice bytes);

/* Identification; what is no beginning of one is junk. */
enum iec_cut iec_cut_ident(struct slice so_far, size_t *ret_size);
/* A message with its check, ACK or NAK. Of kind NONE: all up to '!' and the line's end, without
 * STX, ETX and check. */
enum iec_cut iec_cut_message(enum iec_bcc kind, struct slice so_far, size_t *ret_size);
/* What a master sends; checks are not looked at. */
enum iec_cut iec_cut_request(struct slice so_far, size_t *ret_size);

struct iec_ident {
	char maker[4];
	char speed;     /* the character */
	char ident[33]; /* what follows, without escapes */
	bool is_fast;   /* third letter small: the master may answer after 20 ms */
	bool has_hdlc;  /* offers mode E */
};
bool iec_ident_parse(struct slice line, struct iec_ident *ret);
/* Mode C: 300 .. 19200; mode B: 600 .. 19200, *ret_is_b; 0: mode A, or none. */
int iec_speed(char c, bool *ret_is_b);

/* A message taken apart. `text` is between the outermost marks, seven bits. */
struct iec_message {
	char command[3]; /* "P0"; "" of a reply or readout */
	bool is_partial; /* EOT */
	size_t size;
	char text[IEC_MAX + 1]; /* with a zero behind */
};
/* A message that was cut. PROTO: it is none. */
enum err iec_message_parse(enum iec_bcc kind, struct slice frame, struct iec_message *ret);

/* One set of a data message: the slices point into the text. */
struct iec_set {
	struct slice id;    /* of this set or of the one before */
	struct slice value; /* all between the parentheses */
	bool is_named;      /* has an id of its own */
	unsigned n;         /* 0: first set of this id, one after the other */
};
struct iec_walk {
	struct slice text;
	size_t at;
	struct slice id;
	unsigned n;
};
struct iec_walk iec_walk_of(struct slice text);
bool iec_walk_next(struct iec_walk *w, struct iec_set *ret);
/* Part `n` of a value cut at `mark` (0: not cut), split into value and unit. False: not so many. */
bool iec_part(
	struct slice value, char mark, unsigned n, struct slice *ret_value, struct slice *ret_unit);
/* A plain decimal number and how many digits stand behind its point. */
bool iec_number(struct slice text, double *ret_v, int *ret_decimals);
bool iec_equal(struct slice s, const char *text);

/* A time by its layout: Y M D h m s stand for digits, w and S for any digit, others for themselves. */
bool iec_time_get(const char *layout, struct slice text, struct civil *to);

struct iec_out {
	uint8_t data[IEC_OUT_MAX];
	size_t size;
};
void iec_sign_on(const char *address, struct iec_out *ret);
void iec_select(char protocol, char speed, char mode, struct iec_out *ret);
/* "R1", "ET0PE()"; `text` NULL: none (B0). LIMIT: too long. */
enum err iec_command(enum iec_bcc kind, const char *command, const char *text, struct iec_out *ret);
/* A reply or readout round `text`. */
void iec_reply(enum iec_bcc kind, const char *text, bool is_partial, struct buf *out);

/* The answer to a challenge of P0, of Energomera CE208 and CE308: CRC-32 of the password that begins
 * with the challenge's hex digits. */
uint32_t iec_password_hash(const char *challenge, const char *password);

#endif
