/*
 * dlms_hex.h - hex digits of parameters, for the drivers of DLMS
 */
#ifndef DOMOVOI_DRIVERS_DLMS_HEX_H
#define DOMOVOI_DRIVERS_DLMS_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Pairs of hex digits, blanks between them, into `to`; how many bytes, -1: something else, or more than fit. */
int dlms_unhex(const char *text, uint8_t *to, size_t cap);

#endif
