/*
 * rtu.h - Modbus RTU for drivers whose meters speak it in their own way
 *
 * modbus_ask (drivers/modbus.h) is for meters that are tables of registers. Here a reply may have more
 * or less data than asked for, and functions of one maker pass through as they are.
 */
#ifndef DOMOVOI_DRIVERS_RTU_H
#define DOMOVOI_DRIVERS_RTU_H

#include "drivers/driver.h"
#include "proto/modbus.h"

/*
 * One request and the reply of this unit to this function; ret_pdu begins with the function and lives
 * until the next call. `data_size`: its second byte, a count of bytes, must be this; 0: whatever comes.
 * Exceptions come as errors: UNSUPP (01), NODATA (02, 03), DENIED (04, 05, 07 of
 * meters that lock their settings), BUSY (06).
 */
enum err rtu_ask(struct talk *t, uint8_t unit, const struct modbus_pdu *request, unsigned data_size,
	struct slice *ret_pdu);
/* Function 3 or 4: at least `least` bytes of registers must come; `is_exact`: as many as were asked for, a
 * reply with another count is another request's. */
enum err rtu_read(struct talk *t, uint8_t unit, const struct modbus_request *q, size_t least,
	bool is_exact, struct slice *ret_data);
/* Function 16. */
enum err rtu_write(struct talk *t, uint8_t unit, uint16_t address, struct slice words);

#endif
