/*
 * bcd.h - two decimal digits in a byte, as meters write dates
 */
#ifndef DOMOVOI_PROTO_BCD_H
#define DOMOVOI_PROTO_BCD_H

#include <stdint.h>

int bcd_get(uint8_t b); /* 0..99; -1: no decimal digits */
uint8_t bcd_put(int v); /* the last two digits of v, which is not negative */

#endif
