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

/* The same polynomial reflected: 0x8408. */
static const uint16_t nibble_8408[16] = {0x0000, 0x1081, 0x2102, 0x3183, 0x4204, 0x5285, 0x6306,
	0x7387, 0x8408, 0x9489, 0xa50a, 0xb58b, 0xc60c, 0xd68d, 0xe70e, 0xf78f};

static uint16_t reflected(const uint16_t *nibbles, unsigned crc, struct slice bytes)
{
	for (size_t i = 0; i < bytes.size; i++) {
		crc ^= bytes.data[i];
		crc = crc >> 4 ^ nibbles[crc & 15];
		crc = crc >> 4 ^ nibbles[crc & 15];
	}
	return (uint16_t)crc;
}

uint16_t crc16_modbus(struct slice bytes)
{
	return reflected(nibble_a001, 0xffff, bytes);
}

uint16_t crc16_arc(struct slice bytes)
{
	return reflected(nibble_a001, 0, bytes);
}

uint16_t crc16_x25(struct slice bytes)
{
	return reflected(nibble_8408, 0xffff, bytes) ^ 0xffff;
}

uint16_t crc16_kermit(struct slice bytes)
{
	return reflected(nibble_8408, 0, bytes);
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
