/*
 * km5.h - heat meters KM-5: frames
 *
 *   request   NN NN NN 00 CC pp pp pp pp pp pp pp pp pp XX SS          always 16 bytes
 *   reply     NN NN NN 00 CC ... XX SS                                 32, 72, or 8 to 18 bytes
 *
 * N: network number, C: command, p: its parameters, X: exclusive or and S: sum of all before, both over
 * the same bytes. Everything second-hand; facts: docs/protocols/km5.md. Pure functions.
 */
#ifndef DOMOVOI_PROTO_KM5_H
#define DOMOVOI_PROTO_KM5_H

#include "base/buf.h"
#include "base/zone.h"

#define KM5_REQUEST_SIZE 16
#define KM5_NOW_SIZE     32
#define KM5_RECORD_SIZE  72
#define KM5_NUMBER_MIN   8 /* reply that says where a record is */
#define KM5_NUMBER_MAX   18

enum km5_command {
	KM5_NOW = 44,    /* p[0]: which value */
	KM5_NUMBER = 52, /* p[0]: archive; day month year hour: number of that record */
	KM5_RECORD = 65, /* p[0]: archive, number low byte first */
};

void km5_request_put(uint32_t number, bool is_binary, enum km5_command command,
	const uint8_t parameters[9], uint8_t ret_bytes[KM5_REQUEST_SIZE]);
/* Network numbers are sent as six decimal digits, or as a number of three bytes. */
void km5_number_put(uint32_t number, bool is_binary, uint8_t ret_bytes[3]);
/* Do the last two bytes fit those before? */
bool km5_is_whole(struct slice frame);
void km5_seal(uint8_t *frame, size_t size); /* writes the last two of `size` bytes */

/* Bytes 6..8 day month year, 10..12 hour minute second; records have the hour alone. False: no time. */
bool km5_time_get(struct slice frame, bool has_minutes, struct civil *ret_time);
/* A float, low byte first; NaN outside the frame. */
double km5_float(struct slice frame, size_t at);

#endif
