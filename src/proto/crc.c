/*
 * crc.c - checksums, table-driven; a table per polynomial and direction
 */
#include "proto/crc.h"

/* Half-byte table of the reflected polynomial 0xA001: 32 bytes instead of 512, quick enough. */
static const uint16_t nibble_a001[16] = {0x0000, 0xcc01, 0xd801, 0x1400, 0xf001, 0x3c00, 0x2800,
	0xe401, 0xa001, 0x6c00, 0x7800, 0xb401, 0x5000, 0x9c01, 0x8801, 0x4400};

uint16_t crc16_modbus(struct slice bytes)
{
	unsigned crc = 0xffff;
	for (size_t i = 0; i < bytes.size; i++) {
		crc ^= bytes.data[i];
		crc = crc >> 4 ^ nibble_a001[crc & 15];
		crc = crc >> 4 ^ nibble_a001[crc & 15];
	}
	return (uint16_t)crc;
}
