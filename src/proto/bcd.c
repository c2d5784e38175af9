/*
 * bcd.c - two decimal digits in a byte; see bcd.h
 */
#include "proto/bcd.h"

int bcd_get(uint8_t b)
{
	return (b >> 4) < 10 && (b & 15) < 10 ? (b >> 4) * 10 + (b & 15) : -1;
}

uint8_t bcd_put(int v)
{
	return (uint8_t)(v / 10 % 10 << 4 | v % 10);
}
