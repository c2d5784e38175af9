/*
 * modbus.h - what the files of the Modbus driver share (private to drivers/modbus*.c)
 */
#ifndef DOMOVOI_DRIVERS_MODBUS_H
#define DOMOVOI_DRIVERS_MODBUS_H

#include "drivers/driver.h"
#include "drivers/modbus_map.h"

/* Whom to ask and how, from the parameters of the meter. */
struct modbus_peer {
	struct talk *talk;
	const struct modbus_map *map; /* NULL: no model given */
	bool is_tcp;
	uint8_t unit;
	double ratio[4]; /* by enum modbus_ratio */
};

/* ERR_INVAL in words when a parameter makes no sense. */
enum err modbus_peer_init(struct talk *t, struct modbus_peer *ret_peer);
/* The same, and there must be a register map. */
enum err modbus_peer_with_map(struct talk *t, struct modbus_peer *ret_peer);

/*
 * One request, and the reply to exactly this request. Exceptions of the meter come as errors:
 * UNSUPP (01), NODATA (02, 03), BUSY (04, 05, 06), TIMEOUT (0A, 0B). `is_once`: do not repeat.
 * ret_reply->data points into the reply and lives until the next call.
 */
enum err modbus_ask(const struct modbus_peer *p, const struct modbus_request *q, bool is_once,
	struct modbus_reply *ret_reply);

enum err modbus_read_archive(
	struct talk *t, enum period period, struct span span, struct sink *out);

#endif
