/*
 * km5.c - frames of KM-5; see km5.h
 *
 * Worked example: network number 411709, command 44, no parameters: X is 73, S is 8D.
 */
#include "proto/km5.h"

#include "proto/bcd.h"
#include "proto/cell.h"

#include <string.h>

static void sums_of(const uint8_t *bytes, size_t n, uint8_t *ret_xor, uint8_t *ret_sum)
{
	*ret_xor = *ret_sum = 0;
	for (size_t i = 0; i < n; i++) {
		*ret_xor ^= bytes[i];
		*ret_sum = (uint8_t)(*ret_sum + bytes[i]);
	}
}

bool km5_is_whole(struct slice frame)
{
	uint8_t x, s;
	if (frame.size < 3) {
		return false;
	}
	sums_of(frame.data, frame.size - 2, &x, &s);
	return frame.data[frame.size - 2] == x && frame.data[frame.size - 1] == s;
}

void km5_seal(uint8_t *frame, size_t size)
{
	sums_of(frame, size - 2, &frame[size - 2], &frame[size - 1]);
}

void km5_number_put(uint32_t number, bool is_binary, uint8_t ret_bytes[3])
{
	for (int i = 2; i >= 0; i--) {
		ret_bytes[i] = is_binary ? (uint8_t)number : bcd_put((int)(number % 100));
		number = is_binary ? number >> 8 : number / 100;
	}
}

void km5_request_put(uint32_t number, bool is_binary, enum km5_command command,
	const uint8_t parameters[9], uint8_t ret_bytes[KM5_REQUEST_SIZE])
{
	km5_number_put(number, is_binary, ret_bytes);
	ret_bytes[3] = 0;
	ret_bytes[4] = (uint8_t)command;
	memcpy(ret_bytes + 5, parameters, 9);
	km5_seal(ret_bytes, KM5_REQUEST_SIZE);
}

bool km5_time_get(struct slice frame, bool has_minutes, struct civil *ret_time)
{
	if (frame.size < 15) {
		return false;
	}
	const uint8_t *d = frame.data;
	struct civil c = {2000 + bcd_get(d[8]), bcd_get(d[7]), bcd_get(d[6]), bcd_get(d[10]),
		has_minutes ? bcd_get(d[11]) : 0, has_minutes ? bcd_get(d[12]) : 0};
	if (bcd_get(d[8]) < 0 || c.month < 1 || c.month > 12 || c.day < 1 ||
		c.day > civil_month_days(c.year, c.month) || c.hour < 0 || c.hour > 24 ||
		c.minute < 0 || c.minute > 59 || c.second < 0 || c.second > 59) {
		return false;
	}
	*ret_time = c;
	return true;
}

double km5_float(struct slice frame, size_t at)
{
	struct cell c = {.type = CELL_F32LE, .at = (uint16_t)(at < 1000 ? at : 1000)};
	struct slice body = {frame.data, frame.size < 2 ? 0 : frame.size - 2};
	return cell_get(&c, body);
}
