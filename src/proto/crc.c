/*
 * crc.c - checksums, table-driven; a table per polynomial and direction
 */
#include "proto/crc.h"

/* Half-byte table of the reflected polynomial 0xA001: 32 bytes instead of 512, quick enough. */
static const uint16_t nibble_a001[16] = {0x0000, 0xcc01, 0xd801, 0x1400, 0xf001, 0x3c00, 0x2800,
	0xe401, 0xa001, 0x6c00, 0x7800, 0xb401, 0x5000, 0x9c01, 0x8801, 0x4400};

/* Half-byte table of the polynomial 0x1021, high bit first. */
static const uint16_t nibble_1021[16] = {0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6,
	0x70e7, 0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef};

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

uint16_t crc16_xmodem(struct slice bytes)
{
	unsigned crc = 0;
	for (size_t i = 0; i < bytes.size; i++) {
		crc ^= (unsigned)bytes.data[i] << 8;
		crc = (crc << 4 & 0xffff) ^ nibble_1021[crc >> 12];
		crc = (crc << 4 & 0xffff) ^ nibble_1021[crc >> 12];
	}
	return (uint16_t)crc;
}
