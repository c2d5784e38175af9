/*
 * cosem.h - what a DLMS client and a meter say to each other: APDUs with logical names
 *
 *     AARQ 60, AARE 61      association, BER; released by RLRQ 62, RLRE 63
 *     GET C0 / C4           01 normal, 02 next block, 03 a list of attributes
 *     SET C1 / C5, ACTION C3 / C7, exception D8
 *
 * On HDLC each has three bytes of LLC before it: E6 E6 00 from the client, E6 E7 00 from the meter; on
 * TCP eight of a wrapper: 0001, source, destination and length of 16 bits.
 *
 * Facts: docs/protocols/dlms.md. Pure functions, both directions.
 */
#ifndef DOMOVOI_PROTO_COSEM_H
#define DOMOVOI_PROTO_COSEM_H

#include "base/buf.h"
#include "base/err.h"
#include "model/obis.h"

#define COSEM_LLC_SIZE     3
#define COSEM_WRAPPER_SIZE 8
#define COSEM_TITLE_SIZE   8
#define COSEM_SECRET_MAX   64
#define COSEM_REQUEST_MAX  512

/* data-access-result and action-result */
enum cosem_result {
	COSEM_SUCCESS = 0,
	COSEM_HARDWARE_FAULT = 1,
	COSEM_TEMPORARY_FAILURE = 2,
	COSEM_READ_WRITE_DENIED = 3,
	COSEM_OBJECT_UNDEFINED = 4,
	COSEM_CLASS_INCONSISTENT = 9,
	COSEM_OBJECT_UNAVAILABLE = 11,
	COSEM_TYPE_UNMATCHED = 12,
	COSEM_SCOPE_VIOLATED = 13,
	COSEM_BLOCK_UNAVAILABLE = 14,
	COSEM_OTHER = 250
};
const char *cosem_result_text(int result);

enum cosem_mechanism {
	COSEM_NO_SECURITY = 0,
	COSEM_LLS = 1,
	COSEM_HLS_GMAC = 5
};

/* Conformance, bit 0 of the text is the highest of 24. */
#define COSEM_BIT(n)    (1u << (23 - (n)))
#define COSEM_BLOCK_GET COSEM_BIT(11)
#define COSEM_MULTIPLE  COSEM_BIT(14)
#define COSEM_GET       COSEM_BIT(19)
#define COSEM_SET       COSEM_BIT(20)
#define COSEM_SELECTIVE COSEM_BIT(21)
#define COSEM_ACTION    COSEM_BIT(23)

enum cosem_kind {
	COSEM_AARQ = 0x60,
	COSEM_AARE = 0x61,
	COSEM_RLRQ = 0x62,
	COSEM_RLRE = 0x63,
	COSEM_GET_REQUEST = 0xc0,
	COSEM_SET_REQUEST = 0xc1,
	COSEM_ACTION_REQUEST = 0xc3,
	COSEM_GET_REPLY = 0xc4,
	COSEM_SET_REPLY = 0xc5,
	COSEM_ACTION_REPLY = 0xc7,
	COSEM_EXCEPTION = 0xd8
};

/* ---- association ---- */

/* AARQ and AARE hold the same, as far as it matters here. */
struct cosem_association {
	bool is_ciphered; /* context with enciphered APDUs */
	enum cosem_mechanism mechanism;
	struct slice title;  /* of who speaks; empty: not said */
	struct slice secret; /* password, challenge of the client or of the meter */
	struct slice
		initiate; /* user information: InitiateRequest or -Response, may be enciphered */
	int result, diagnostic; /* of an AARE */
};
/* Parts of user information in the clear. */
struct cosem_initiate {
	uint32_t conformance;
	uint16_t pdu;
};

size_t cosem_initiate_put(bool is_reply, const struct cosem_initiate *i, uint8_t *out, size_t cap);
bool cosem_initiate_get(struct slice bytes, struct cosem_initiate *ret);
size_t cosem_aarq_put(const struct cosem_association *a, uint8_t *out, size_t cap);
size_t cosem_aare_put(const struct cosem_association *a, uint8_t *out, size_t cap);
enum err cosem_association_get(struct slice apdu, struct cosem_association *ret);

struct cosem_release {
	bool is_reply;
	int reason;            /* 0 normal; -1: not said */
	struct slice initiate; /* may be enciphered; empty: not said */
};
size_t cosem_release_put(const struct cosem_release *x, uint8_t *out, size_t cap);
enum err cosem_release_get(struct slice apdu, struct cosem_release *ret);

/* ---- services ---- */

struct cosem_request {
	enum cosem_kind kind;
	uint8_t invoke; /* id, confirmed, priority */
	bool is_next;   /* GET: the block behind `block` */
	uint32_t block;
	uint16_t class_id;
	struct obis object;
	int member;             /* attribute or method */
	struct slice selection; /* selector and its parameters; empty: all */
	struct slice data;      /* of SET and ACTION */
};
/* Bytes written; 0: does not fit. */
size_t cosem_request_put(const struct cosem_request *q, uint8_t *out, size_t cap);
enum err cosem_request_get(struct slice apdu, struct cosem_request *ret);

struct cosem_reply {
	enum cosem_kind kind;
	uint8_t invoke;
	int result; /* COSEM_SUCCESS or why not */
	bool is_block, is_last;
	uint32_t block;
	struct slice
		data; /* Data, raw bytes of a block; of ACTION its return value, may be empty */
	int state_error, service_error; /* of an exception */
};
enum err cosem_reply_get(struct slice apdu, struct cosem_reply *ret);
void cosem_reply_put(const struct cosem_reply *p, struct buf *out);

/* ---- several attributes at once (cosem_list.c) ---- */

struct cosem_attribute {
	uint16_t class_id;
	struct obis object;
	int attribute;
	struct slice selection; /* selector and its parameters; empty: all */
};
#define COSEM_LIST_MAX 64
size_t cosem_list_put(
	uint8_t invoke, const struct cosem_attribute *list, size_t n, uint8_t *out, size_t cap);
/* ERR_UNSUPP: another request; ERR_LIMIT: more attributes than fit. */
enum err cosem_list_get(struct slice apdu, uint8_t *ret_invoke,
	struct cosem_attribute ret_list[static COSEM_LIST_MAX], size_t *ret_n);

/* The reply: results in the order of the request. All are there, or the reply is none. */
struct cosem_results {
	uint8_t invoke;
	size_t left;
	struct reader in;
};
enum err cosem_results_get(struct slice apdu, struct cosem_results *ret);
/* False: no more. COSEM_SUCCESS comes with one Data. */
bool cosem_results_next(struct cosem_results *r, int *ret_result, struct slice *ret_data);
/* The head of a reply, and `n` times a result behind it. */
void cosem_results_begin(uint8_t invoke, size_t n, struct buf *out);
void cosem_results_put(int result, struct slice data, struct buf *out);

/* ---- below ---- */

extern const uint8_t cosem_llc_request[COSEM_LLC_SIZE], cosem_llc_reply[COSEM_LLC_SIZE];
void cosem_wrapper_put(unsigned source, unsigned dest, size_t length, uint8_t out[static 8]);
/* False: no wrapper, or too short. */
bool cosem_wrapper_get(
	struct slice bytes, unsigned *ret_source, unsigned *ret_dest, size_t *ret_length);

#endif
