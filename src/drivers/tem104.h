/*
 * tem104.h - what the files of the TEM driver share (private to drivers/tem104*.c)
 */
#ifndef DOMOVOI_DRIVERS_TEM104_H
#define DOMOVOI_DRIVERS_TEM104_H

#include "drivers/emit.h"
#include "proto/tem.h"

/* What is known of the meter; lives in the talk. */
struct tem_meter {
	const struct tem_model *model; /* NULL: not asked yet */
	unsigned systems;
	enum unit energy;
};

/* Ask the meter who it is and what its settings are, unless that is known already. */
enum err tem_learn(struct talk *t, bool is_anew, const struct tem_meter **ret_meter);
/* `size` bytes of a memory, in as many requests as it takes. */
enum err tem_read(struct talk *t, const struct tem_model *m, enum tem_memory memory,
	uint32_t address, size_t size, uint8_t *ret_bytes);
/* One system of a record or of the current values. `commas` NULL: numbers are as they are. */
enum err tem_put(
	struct emit *to, const struct tem_table *table, struct slice bytes, const uint8_t *comma);
/* Codes of all systems, and QUALITY_ABNORMAL into to->flags for what is put of this system next. */
enum err tem_put_codes(
	struct emit *to, const struct tem_model *m, struct slice bytes, unsigned system);

enum err tem_read_archive(struct talk *t, enum period period, struct span span, struct sink *out);

#endif
