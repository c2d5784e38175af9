/*
 * dlms_push.h - what DLMS meters say by themselves (HAN and P1-like ports): telegrams and lists
 *
 *     telegram   HDLC frames, segmented or with blocks of a general block transfer in them; M-Bus
 *                frames 68 L L 68 C A CI s s ... whose CI counts them (00 .. 0F, 10 more: the last);
 *                or a TCP wrapper; inside, DB title: enciphered; 0F id datetime body: data notification
 *     body       what values are called in one of four ways (dlms_list.c):
 *                Aidon     {code, value, {scaler, unit}} each
 *                Austria   time, then code, value, {scaler, unit} ..., number of the meter
 *                Kamstrup  name of the list, then code, value, code, value ... no units; Kaifa (Sweden) too
 *                L+G       {objects}, then their values in this order, no units
 *                Kaifa (Norway), Slovenia, Iskra  values alone, in an order that is known
 *
 * Scales that a list does not say are added where they are known. Facts: docs/protocols/dlms.md. Pure functions.
 */
#ifndef DOMOVOI_PROTO_DLMS_PUSH_H
#define DOMOVOI_PROTO_DLMS_PUSH_H

#include "model/obis.h"
#include "proto/axdr.h"
#include "proto/dlms_cipher.h"
#include "proto/hdlc.h"

#define DLMS_NOTIFICATION 0x0f
#define DLMS_GENERAL_GLO  0xdb
#define DLMS_BLOCK        0xe0

/* The end of a telegram, as a frame function says it; a telegram is all its frames. */
enum hdlc_cut dlms_push_cut(struct slice so_far, size_t *ret_size);
/* The APDU of a whole telegram into `out`. ERR_PROTO: frames that do not belong together, blocks missing,
 * or more than fits. */
enum err dlms_push_apdu(struct slice telegram, uint8_t *out, size_t cap, size_t *ret_n);

/*
 * General glo-ciphering into the clear. SC without the bit of signing has no tag: then nothing but
 * the content shows whether the key was right. ERR_DENIED: signed with another key; ERR_UNSUPP: compressed or
 * of another suite.
 */
enum err dlms_push_open(
	const struct dlms_keys *k, struct slice apdu, uint8_t *out, size_t cap, size_t *ret_n);

struct dlms_notification {
	uint32_t id;
	bool has_time;
	struct civil time; /* local */
	uint8_t status;
	struct slice body; /* one Data; of a known list that ends too early what there is */
};
enum err dlms_notification_get(struct slice apdu, struct dlms_notification *ret);

struct dlms_item {
	struct obis code;
	struct axdr value;
	bool has_scale;
	int scaler,
		unit; /* as in attribute 3, whether the list says them or is known to mean them */
};
enum dlms_items_kind {
	DLMS_ITEMS_NONE,
	DLMS_ITEMS_SCALED, /* Aidon */
	DLMS_ITEMS_NAMED,  /* Kamstrup, Austria, Kaifa in Sweden */
	DLMS_ITEMS_LISTED, /* L+G */
	DLMS_ITEMS_PLACED  /* Kaifa in Norway, Slovenia, Iskra */
};

/* Items of a body one after another; false: no more. */
struct dlms_items {
	struct reader in;      /* what is left */
	struct reader objects; /* L+G: of the list of objects */
	size_t left;
	enum dlms_items_kind kind;
	const struct obis *codes;           /* of values without them */
	const struct dlms_dialect *dialect; /* scales that are not said; NULL: they are */
	bool has_scales, is_behind_transformers;
};
struct dlms_items dlms_items_of(struct slice body);
bool dlms_items_next(struct dlms_items *l, struct dlms_item *ret);

#endif
