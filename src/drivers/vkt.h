/*
 * vkt.h - one question to a VKT-5 or VKT-7; private to drivers/vkt*.c
 */
#ifndef DOMOVOI_DRIVERS_VKT_H
#define DOMOVOI_DRIVERS_VKT_H

#include "drivers/driver.h"
#include "proto/vkt.h"

struct vkt_peer {
	struct talk *talk;
	uint8_t address;
	struct vkt_coat coat;
};

/*
 * Ask and wait for the reply to that: from this address (any, if 0 was asked), of this function and
 * start, with one of `sizes` bytes of data. Replies to reads name neither start nor date; a late one
 * shows by its size. A refusal is a reply.
 */
struct vkt_sizes {
	size_t one, other; /* both 0: any */
};

enum err vkt_ask(const struct vkt_peer *p, const struct vkt_request *q, struct vkt_sizes sizes,
	struct vkt_reply *ret_reply);

#endif
