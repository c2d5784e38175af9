/*
 * vkt7.h - the parts of the VKT-7 driver; private to drivers/vkt7*.c
 *
 *   vkt7.c           parameters, identify, clock, report day, current values
 *   vkt7_session.c   a session, properties and lists learnt from the meter
 *   vkt7_value.c     elements become samples
 *   vkt7_archive.c   records by date
 */
#ifndef DOMOVOI_DRIVERS_VKT7_H
#define DOMOVOI_DRIVERS_VKT7_H

#include "drivers/vkt.h"
#include "proto/vkt7.h"

#define VKT7_UNKNOWN    0xff /* digits or unit */
#define VKT7_CHUNKS_MAX 4    /* lists the elements are read in */

/* What the meter said about itself; zero at first, kept in talk_state. */
struct vkt7_layout {
	int64_t learnt_utc;
	bool is_known; /* digits and units */
	bool has_list; /* elements */
	uint8_t digits[VKT7_DIGITS_COUNT];
	uint8_t units[VKT7_UNIT_COUNT]; /* enum unit */
	uint8_t n;
	struct vkt7_element elements[VKT7_ELEMENTS_MAX];
};

/* Elements that are read together; borrowed from the layout. */
struct vkt7_chunk {
	size_t n;
	struct vkt7_element elements[VKT7_ELEMENTS_MAX];
};

struct vkt7 {
	struct vkt_peer peer;
	struct vkt7_layout *layout;
	enum vkt7_type type; /* the meter was told */
	size_t chunk_n;
	struct vkt7_chunk chunks[VKT7_CHUNKS_MAX];
	size_t selected; /* number of the chunk the meter was told; chunk_n: none */
	bool is_whole;   /* one chunk of all elements, whatever the type */
};

_Static_assert(UNIT_COUNT < VKT7_UNKNOWN, "units do not fit a byte");

/* ---- vkt7_session.c ---- */

/* Refusals by name: NODATA (no record), CONFLICT (the scheme changed), UNSUPP, DENIED. */
enum err vkt7_read(struct vkt7 *v, uint16_t start, size_t size, struct slice *ret_data);
enum err vkt7_write(struct vkt7 *v, uint16_t start, struct slice data);
/* Begin a session for values of `type`: whatever of the layout is not known is read. */
enum err vkt7_open(struct vkt7 *v, struct talk *t, enum vkt7_type type);
enum err vkt7_begin(struct vkt7 *v, struct talk *t); /* a session, nothing else */
enum err vkt7_set_type(struct vkt7 *v, enum vkt7_type type);
/* Another type in a session that is open. */
enum err vkt7_switch(struct vkt7 *v, enum vkt7_type type);
/* The list of what there is, anew: after the scheme changed it is of the record that was asked for. */
enum err vkt7_read_list(struct vkt7 *v);
enum err vkt7_read_properties(struct vkt7 *v);
enum err vkt7_select(struct vkt7 *v, size_t chunk);
/* The values of the selected chunk. */
enum err vkt7_read_items(struct vkt7 *v, struct vkt7_item items[static VKT7_ELEMENTS_MAX]);

/* ---- vkt7_value.c ---- */

/* What samples are of. */
struct vkt7_when {
	enum sample_form form;
	enum period period;
	int64_t utc;
};

/* Bit set of types (1u << enum vkt7_type) in which the element has a meaning. */
unsigned vkt7_types_of(uint8_t id);
enum err vkt7_put(const struct vkt7 *v, const struct vkt7_item *items, size_t n,
	const struct vkt7_when *when, struct sink *out);

/* ---- vkt7_archive.c ---- */

enum err vkt7_read_archive(struct talk *t, enum period period, struct span span, struct sink *out);

#endif
