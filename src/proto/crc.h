/*
 * crc.h - checksums of the protocols, each with its check value over the ASCII text "123456789"
 *
 * Named as in the public CRC catalogues. All functions are pure.
 */
#ifndef DOMOVOI_CRC_H
#define DOMOVOI_CRC_H

#include "base/buf.h"

/* CRC-16/MODBUS: poly 0x8005 reflected, init 0xFFFF; sent low byte first. Check 0x4B37. */
uint16_t crc16_modbus(struct slice bytes);

#endif
