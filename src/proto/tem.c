/*
 * tem.c - frames and requests of TEM calculators; see tem.h
 *
 *   group command   data                                reply
 *   00    00        -                                   name, 7 to 10 letters
 *   0F    01        address(2) length                   timer
 *   0F    02        address(1) length                   RTC
 *   0F    03        length address(4)                   flash of TEM-104 and 106
 *   0F    03        00 address(3) length                flash of TEM-104-1
 *   0C    01        address(2) length                   RAM
 *
 * Length: one byte, 0 means 256. Worked example: 55 01 FE 00 00 00 sums up to 154, SS is AB.
 */
#include "proto/tem.h"

#include <string.h>

#define HEAD_SIZE 6

static uint8_t sum_of(const uint8_t *bytes, size_t n)
{
	uint8_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		sum = (uint8_t)(sum + bytes[i]);
	}
	return sum;
}

size_t tem_frame_put(uint8_t signature, const struct tem_frame *f, uint8_t ret_bytes[TEM_FRAME_CAP])
{
	size_t n = f->data.size <= 256 ? f->data.size : 256;
	ret_bytes[0] = signature;
	ret_bytes[1] = f->address;
	ret_bytes[2] = (uint8_t)~f->address;
	ret_bytes[3] = f->group;
	ret_bytes[4] = f->command;
	ret_bytes[5] = (uint8_t)n;
	if (n) {
		memcpy(ret_bytes + HEAD_SIZE, f->data.data, n);
	}
	ret_bytes[HEAD_SIZE + n] = (uint8_t)~sum_of(ret_bytes, HEAD_SIZE + n);
	return HEAD_SIZE + n + 1;
}

/* Bytes of data in the frame that begins with this head. */
static size_t data_size(const uint8_t *head)
{
	bool is_read = head[0] == TEM_REPLY && (head[3] == 0x0f || head[3] == 0x0c);
	return head[5] == 0 && is_read ? 256 : head[5];
}

struct tem_cut tem_cut(uint8_t signature, struct slice so_far)
{
	const uint8_t *d = so_far.data;
	const struct tem_cut junk = {TEM_CUT_JUNK, 1};
	if (so_far.size >= 1 && d[0] != signature) {
		return junk;
	}
	if (so_far.size >= 3 && (d[1] ^ d[2]) != 0xff) {
		return junk;
	}
	if (so_far.size < HEAD_SIZE) {
		return (struct tem_cut){TEM_CUT_MORE, HEAD_SIZE + 1};
	}
	size_t size = HEAD_SIZE + data_size(d) + 1;
	if (so_far.size < size) {
		return (struct tem_cut){TEM_CUT_MORE, size};
	}
	if ((d[size - 1] ^ sum_of(d, size - 1)) != 0xff) {
		return junk;
	}
	return (struct tem_cut){TEM_CUT_FULL, size};
}

struct tem_frame tem_frame_get(struct slice bytes)
{
	const uint8_t *d = bytes.data;
	return (struct tem_frame){.address = d[1],
		.group = d[3],
		.command = d[4],
		.data = {d + HEAD_SIZE, bytes.size - HEAD_SIZE - 1}};
}

/* ---- requests to read ---- */

static const struct {
	uint8_t group, command;
} codes[] = {
	[TEM_IDENTIFY] = {0x00, 0x00},
	[TEM_TIMER] = {0x0f, 0x01},
	[TEM_RTC] = {0x0f, 0x02},
	[TEM_FLASH] = {0x0f, 0x03},
	[TEM_RAM] = {0x0c, 0x01},
};

size_t tem_read_put(const struct tem_model *m, enum tem_memory memory, uint32_t address,
	size_t size, struct tem_frame *ret_frame, uint8_t ret_data[5])
{
	uint8_t *d = ret_data;
	size_t n = 0;
	if (memory == TEM_FLASH) {
		d[0] = m->is_length_last ? 0 : (uint8_t)size;
		for (int shift = m->is_length_last ? 16 : 24; shift >= 0; shift -= 8) {
			d[++n] = (uint8_t)(address >> shift);
		}
		if (m->is_length_last) {
			d[++n] = (uint8_t)size;
		}
		n++;
	} else if (memory != TEM_IDENTIFY) {
		if (memory != TEM_RTC) {
			d[n++] = (uint8_t)(address >> 8);
		}
		d[n++] = (uint8_t)address;
		d[n++] = (uint8_t)size;
	}
	*ret_frame = (struct tem_frame){
		.group = codes[memory].group, .command = codes[memory].command, .data = {d, n}};
	return n;
}

bool tem_read_get(const struct tem_model *m, const struct tem_frame *f, enum tem_memory *ret_memory,
	uint32_t *ret_address, size_t *ret_size)
{
	static const size_t lengths[] = {
		[TEM_IDENTIFY] = 0, [TEM_TIMER] = 3, [TEM_RTC] = 2, [TEM_FLASH] = 5, [TEM_RAM] = 3};
	const uint8_t *d = f->data.data;
	int memory = TEM_IDENTIFY;
	while (memory <= TEM_RAM &&
		(codes[memory].group != f->group || codes[memory].command != f->command)) {
		memory++;
	}
	if (memory > TEM_RAM || f->data.size != lengths[memory]) {
		return false;
	}
	*ret_memory = (enum tem_memory)memory;
	*ret_address = 0;
	*ret_size = 0;
	if (memory == TEM_IDENTIFY) {
		return true;
	}
	size_t n = f->data.size;
	bool is_first = memory == TEM_FLASH && !m->is_length_last;
	for (size_t i = is_first ? 1 : 0; i < (is_first ? n : n - 1); i++) {
		*ret_address = *ret_address << 8 | d[i];
	}
	*ret_size = is_first ? d[0] : d[n - 1];
	*ret_size = *ret_size ? *ret_size : 256;
	return true;
}

/* ---- dates, units, sums ---- */

int tem_bcd_get(uint8_t b)
{
	return (b & 15) > 9 || b >> 4 > 9 ? -1 : (b >> 4) * 10 + (b & 15);
}

uint8_t tem_bcd_put(int v)
{
	return (uint8_t)((v / 10 % 10) << 4 | v % 10);
}

bool tem_date_get(const uint8_t bytes[4], struct civil *ret_date)
{
	int v[4];
	for (int i = 0; i < 4; i++) {
		v[i] = tem_bcd_get(bytes[i]);
		if (v[i] < 0) {
			return false;
		}
	}
	struct civil c = {.year = 2000 + v[3], .month = v[2], .day = v[1], .hour = v[0]};
	if (c.hour > 23 || c.month < 1 || c.month > 12 || c.day < 1 ||
		c.day > civil_month_days(c.year, c.month)) {
		return false;
	}
	*ret_date = c;
	return true;
}

void tem_date_put(struct civil date, uint8_t ret_bytes[4])
{
	ret_bytes[0] = tem_bcd_put(date.hour);
	ret_bytes[1] = tem_bcd_put(date.day);
	ret_bytes[2] = tem_bcd_put(date.month);
	ret_bytes[3] = tem_bcd_put(date.year % 100);
}

uint8_t tem_record_sum(struct slice record)
{
	return record.size ? sum_of(record.data, record.size - 1) : 0;
}

bool tem_energy_unit(unsigned code, enum unit *ret_unit)
{
	static const enum unit units[] = {UNIT_MWH, UNIT_GCAL, UNIT_GJ};
	if (code >= sizeof(units) / sizeof(units[0])) {
		return false;
	}
	*ret_unit = units[code];
	return true;
}

double tem_comma(enum quantity q, unsigned comma)
{
	static const double energy[] = {1, 1, 10, 100, 1000, 1e4, 1e5};
	static const double amount[] = {1, 1, 1, 10, 100, 1000, 1}; /* 6 is not listed */
	if (q != QUANTITY_HEAT_ENERGY && q != QUANTITY_MASS && q != QUANTITY_VOLUME) {
		return 1;
	}
	if (comma > 6) {
		return 1;
	}
	return q == QUANTITY_HEAT_ENERGY ? energy[comma] : amount[comma];
}
