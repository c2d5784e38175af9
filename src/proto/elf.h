/*
 * elf.h - heat meters ELF-01 to 04 over Modbus: where things lie
 *
 *   holding 0..6     yy MM | dd hh | 0 | archive | 0 0 0       writing them chooses a record
 *   input 256..335   yy MM | dd hh | ... values                 the record chosen
 *   input 0..2       yy MM | dd hh | mi --                      clock
 *
 * A register per bar, high byte first; floats low word first. One program's word for it; facts:
 * docs/protocols/elf.md. Pure functions.
 */
#ifndef DOMOVOI_PROTO_ELF_H
#define DOMOVOI_PROTO_ELF_H

#include "base/zone.h"
#include "proto/cell.h"

#define ELF_AT_SELECT    0
#define ELF_SELECT_SIZE  14
#define ELF_AT_RECORD    256
#define ELF_RECORD_WORDS 0x50
#define ELF_AT_CLOCK     0
#define ELF_AT_SERIAL    834
#define ELF_SERIAL_WORDS 4

enum elf_archive {
	ELF_NONE = 0,
	ELF_NOW = 9,
	ELF_INTEGRAL = 25,
	ELF_HOURS = 26,
	ELF_DAYS = 27,
	ELF_MONTHS = 28,
};

extern const struct cell elf_cells[]; /* of a record; heat in the meter's unit */
extern const size_t elf_cells_count;

void elf_select_put(
	enum elf_archive archive, struct civil date, uint8_t ret_bytes[ELF_SELECT_SIZE]);
/* False: no such choice. */
bool elf_select_get(struct slice words, enum elf_archive *ret_archive, struct civil *ret_date);
/* The first two registers of a record or of the clock. False: no date. */
bool elf_date_get(struct slice data, struct civil *ret_date);
void elf_date_put(struct civil date, uint8_t ret_bytes[4]);

#endif
