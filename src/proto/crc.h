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

/* CRC-16/XMODEM: poly 0x1021, init 0, not reflected; sent high byte first. Check 0x31C3. */
uint16_t crc16_xmodem(struct slice bytes);

/* CRC-16/ARC: poly 0x8005 reflected, init 0. Check 0xBB3D. */
uint16_t crc16_arc(struct slice bytes);

/* CRC-16/IBM-SDLC, called X.25: poly 0x1021 reflected, init and final xor 0xFFFF; sent low byte
 * first. Check 0x906E. */
uint16_t crc16_x25(struct slice bytes);

/* CRC-16/KERMIT: poly 0x1021 reflected, init 0. Check 0x2189. */
uint16_t crc16_kermit(struct slice bytes);

#endif
