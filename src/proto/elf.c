/*
 * elf.c - records of ELF meters over Modbus; see elf.h
 */
#include "proto/elf.h"

#include <string.h>

#define AT(number) ((uint16_t)(2 * ((number)-ELF_AT_RECORD)))

const struct cell elf_cells[] = {
	{"heat_energy", QUANTITY_HEAT_ENERGY, UNIT_NONE, CELL_F32CDAB, AT(262), 0, 0, -1},
	{"heat_energy.2", QUANTITY_HEAT_ENERGY, UNIT_NONE, CELL_F32CDAB, AT(264), 0, 0, -1},
	{"volume_supply", QUANTITY_VOLUME_SUPPLY, UNIT_M3, CELL_F32CDAB, AT(266), 0, 0, -1},
	{"volume_return", QUANTITY_VOLUME_RETURN, UNIT_M3, CELL_F32CDAB, AT(268), 0, 0, -1},
	{"temperature_supply", QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, CELL_F32CDAB, AT(270), 0, 0,
		-1},
	{"temperature_return", QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, CELL_F32CDAB, AT(272), 0, 0,
		-1},
	{"volume.3", QUANTITY_VOLUME, UNIT_M3, CELL_F32CDAB, AT(286), 0, 0, -1},
};
const size_t elf_cells_count = sizeof(elf_cells) / sizeof(elf_cells[0]);

void elf_date_put(struct civil date, uint8_t ret_bytes[4])
{
	ret_bytes[0] = (uint8_t)(date.year % 100);
	ret_bytes[1] = (uint8_t)date.month;
	ret_bytes[2] = (uint8_t)date.day;
	ret_bytes[3] = (uint8_t)date.hour;
}

bool elf_date_get(struct slice data, struct civil *ret_date)
{
	if (data.size < 4) {
		return false;
	}
	const uint8_t *d = data.data;
	struct civil c = {2000 + d[0], d[1], d[2], d[3], 0, 0};
	if (d[0] > 99 || c.month < 1 || c.month > 12 || c.day < 1 ||
		c.day > civil_month_days(c.year, c.month) || c.hour > 23) {
		return false;
	}
	*ret_date = c;
	return true;
}

void elf_select_put(enum elf_archive archive, struct civil date, uint8_t ret_bytes[ELF_SELECT_SIZE])
{
	memset(ret_bytes, 0, ELF_SELECT_SIZE);
	elf_date_put(date, ret_bytes);
	ret_bytes[7] = (uint8_t)archive;
}

bool elf_select_get(struct slice words, enum elf_archive *ret_archive, struct civil *ret_date)
{
	if (words.size != ELF_SELECT_SIZE) {
		return false;
	}
	unsigned archive = words.data[7];
	bool is_dated = archive >= ELF_HOURS && archive <= ELF_MONTHS;
	struct civil none = {0};
	*ret_date = none;
	if (!is_dated && archive != ELF_NOW && archive != ELF_INTEGRAL) {
		return false;
	}
	*ret_archive = (enum elf_archive)archive;
	return !is_dated || elf_date_get(words, ret_date);
}
