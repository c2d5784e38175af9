/*
 * logika_inner.h - the parts of a simulated legacy Logika calculator; private to sim/logika_*.c
 *
 *   logika_meter.c    requests and replies
 *   logika_memory.c   what lies in RAM, FLASH and records when it is asked for
 */
#ifndef DOMOVOI_SIM_LOGIKA_INNER_H
#define DOMOVOI_SIM_LOGIKA_INNER_H

#include "proto/logika.h"
#include "sim/device.h"
#include "sim/memory.h"

#define LOGIKA_RAM_SIZE 0x680

/* In sim_device.memory. */
struct logika_memory {
	bool is_awake;
	unsigned ff_n; /* FF heard in a row */
	uint8_t channel;
	int64_t last_us; /* of the last request it understood */
	int setting;     /* whose block is to come, + 1 */
	int home_baud;   /* while another is in force */
};

struct logika_device {
	const char *model; /* of sim_device */
	enum logika_kind kind;
	uint8_t id[3];
};

/* One request being answered. */
struct logika_meter {
	struct sim_device *device;
	struct logika_memory *memory;
	const struct logika_device *kind;
	const struct logika_layout *layout;
	int64_t now_us;
	struct calendar calendar;
};

/* `to` has room for all of RAM. */
void logika_ram_fill(const struct logika_meter *m, uint8_t *to);
void logika_page_fill(
	const struct logika_meter *m, unsigned number, uint8_t to[static LOGIKA_PAGE]);
void logika_record_fill(const struct logika_meter *m, unsigned system, enum period p,
	const struct sim_record *r, uint8_t *to, size_t size);
struct civil logika_clock_of(const struct logika_meter *m);

#endif
