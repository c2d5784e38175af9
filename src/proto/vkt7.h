/*
 * vkt7.h - the data elements of a VKT-7
 *
 * A VKT-7 is read by lists: what there is (3FFC) and what is wanted (3FFF) are lists of elements,
 *
 *     id | 40000000 (4)   size (2)          all numbers low byte first from here on
 *
 * and the data (3FFE) are the values of the wanted list in its order, each followed by two bytes:
 *
 *     value (size)   quality   ns
 *
 * Server version 1 sends names of units as a length (2) and as many characters instead of `size`
 * characters. Which of the 83 ids means what: docs/protocols/vkt7.md; names below are of system 1,
 * those of system 2 lie VKT7_SYSTEM_2 higher.
 */
#ifndef DOMOVOI_PROTO_VKT7_H
#define DOMOVOI_PROTO_VKT7_H

#include "base/buf.h"

enum vkt7_id {
	VKT7_T1,
	VKT7_T2,
	VKT7_T3,
	VKT7_V1,
	VKT7_V2,
	VKT7_V3,
	VKT7_M1,
	VKT7_M2,
	VKT7_M3,
	VKT7_P1,
	VKT7_P2,
	VKT7_MG,
	VKT7_QO,
	VKT7_QG,
	VKT7_DT,
	VKT7_TX,
	VKT7_TA,
	VKT7_BNR,
	VKT7_BOS,
	VKT7_G1,
	VKT7_G2,
	VKT7_G3,
	VKT7_SYSTEM_2,    /* t1 of system 2 */
	VKT7_UNIT_T = 44, /* names of units; one for both systems */
	VKT7_UNIT_G,
	VKT7_UNIT_V,
	VKT7_UNIT_M,
	VKT7_UNIT_P,
	VKT7_UNIT_DT,
	VKT7_UNIT_TX,
	VKT7_UNIT_TA,
	VKT7_UNIT_MG,
	VKT7_UNIT_QO,
	VKT7_UNIT_QG,
	VKT7_UNIT_BNR,
	VKT7_UNIT_BOS,
	VKT7_DIGITS_T, /* digits behind the point of system 1 */
	VKT7_DIGITS_V = 59,
	VKT7_DIGITS_M,
	VKT7_DIGITS_P,
	VKT7_DIGITS_DT,
	VKT7_DIGITS_TX,
	VKT7_DIGITS_TA,
	VKT7_DIGITS_MG,
	VKT7_DIGITS_Q,
	VKT7_DIGITS_2, /* of system 2, in the same order */
	VKT7_NS = 77,  /* '*': something abnormal; 78 of system 2 */
	VKT7_NS_2,
	VKT7_NS_TIMES, /* durations, "m" firmware; 80 of system 2 */
	VKT7_NS_TIMES_2,
	VKT7_DI,
	VKT7_P3,
	VKT7_ID_COUNT
};

#define VKT7_UNIT_COUNT   13
#define VKT7_DIGITS_COUNT 20
#define VKT7_UNIT_SIZE    7
#define VKT7_ELEMENT_SIZE 6  /* in a list */
#define VKT7_ELEMENTS_MAX 42 /* that a list reply can count */

/* Types of values, written to 3FFD. */
enum vkt7_type {
	VKT7_HOUR,
	VKT7_DAY,
	VKT7_MONTH,
	VKT7_TOTALS_AT, /* archive of totals */
	VKT7_CURRENT,
	VKT7_TOTALS,
	VKT7_PROPERTIES
};

struct vkt7_element {
	uint8_t id;
	uint8_t size;
};

struct vkt7_item {
	uint8_t id;
	struct slice value; /* of a unit's name: its characters */
	uint8_t quality, ns;
};

/* Ids and sizes we do not know are left out. False: no list. */
bool vkt7_list_get(
	struct slice data, struct vkt7_element to[static VKT7_ELEMENTS_MAX], size_t *ret_n);
/* `to` has room for n * VKT7_ELEMENT_SIZE; returns what was written. */
size_t vkt7_list_put(uint8_t *to, const struct vkt7_element *elements, size_t n);

/* The data of a list; `version` of the server, 0 or 1. False: they do not fit exactly. */
bool vkt7_items_get(struct slice data, const struct vkt7_element *elements, size_t n, int version,
	struct vkt7_item *to);
void vkt7_item_put(struct buf *to, const struct vkt7_item *item, int version);

#endif
