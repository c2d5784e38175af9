/*
 * Any bytes are a register map or are refused with a line; a map that was accepted can be used: its
 * registers lie in its blocks, its records in their windows, and every value can be read and written.
 * The same bytes are a map of what is special about an M-Bus maker, or are refused.
 */
#include "poll/meter_map.h"
#include "poll/mbus_map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

static void use_register(const struct modbus_register *r, unsigned end)
{
	uint8_t bytes[2 * MODBUS_READ_MAX];
	char text[2 * MODBUS_READ_MAX + 1];
	check(r->words > 0 && r->words <= MODBUS_READ_MAX && r->at + r->words <= end);
	check(r->denominator > 0 && r->numerator != 0);
	memset(bytes, 0x5a, sizeof(bytes));
	if (r->type == MODBUS_TEXT) {
		modbus_register_text(r, bytes, sizeof(text), text);
		return;
	}
	modbus_register_put(r, modbus_register_get(r, bytes), bytes);
}

static void use_stamp(const struct modbus_stamp *s)
{
	uint8_t bytes[MODBUS_STAMP_CAP];
	const struct zone *zone;
	int64_t utc = 0;
	check(s->size >= 2 && s->size <= sizeof(bytes) && s->size % 2 == 0);
	check(zone_get("UTC", &zone, NULL) == ERR_OK);
	modbus_stamp_put(s, zone, 1736488800, bytes);
	(void)modbus_stamp_get(s, zone, bytes, &utc);
}

static void use_mbus(struct slice text)
{
	static const struct mbus_record record = {.vib = {0x7f}, .vib_size = 1};
	struct mbus_map *m;
	struct diag diag = {0};
	if (mbus_map_parse("fuzz", text, &m, &diag)) {
		check(diag.text[0] != 0);
		return;
	}
	check(mbus_map_fits(m, m->maker, m->versions_count ? m->versions[0] : 1,
		m->media_count ? m->media[0] : 1));
	(void)mbus_map_meaning(m, &record, QUANTITY_VOLUME);
	(void)mbus_map_situations(m, mbus_map_status(m, 0x5a));
	(void)mbus_map_is_due(m, 1);
	mbus_map_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct modbus_map *m;
	struct diag diag = {0};
	use_mbus((struct slice){data, size});
	if (meter_map_parse("fuzz", (struct slice){data, size}, &m, &diag)) {
		check(diag.text[0] != 0);
		return 0;
	}
	check(m->blocks_count > 0);
	for (unsigned i = 0; i < m->blocks_count; i++) {
		const struct modbus_block *b = &m->blocks[i];
		check(b->count >= 1 && b->count <= m->block_max && b->at + b->count <= 0x10000);
	}
	for (unsigned i = 0; i < m->registers_count; i++) {
		use_register(&m->registers[i], 0x10000);
	}
	if (m->clock) {
		use_stamp(m->clock);
	}
	for (unsigned i = 0; i < m->archives_count; i++) {
		const struct modbus_archive *a = &m->archives[i];
		use_stamp(&a->stamp);
		check(a->batch >= 1 && a->depth >= 1);
		for (unsigned k = 0; k < a->fields_count; k++) {
			use_register(&a->fields[k], a->size);
		}
	}
	meter_map_free(m);
	return 0;
}
