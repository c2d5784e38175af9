/*
 * mbus_map.c - what is special about a maker's M-Bus meters; see mbus_map.h
 */
#include "drivers/mbus_map.h"

#include <string.h>

static bool is_among(const uint8_t *list, unsigned n, int v)
{
	for (unsigned i = 0; i < n; i++) {
		if (list[i] == v) {
			return true;
		}
	}
	return n == 0;
}

bool mbus_map_fits(const struct mbus_map *m, const char *maker, int version, int medium)
{
	return strcmp(m->maker, maker) == 0 && is_among(m->versions, m->versions_count, version) &&
	       is_among(m->media, m->media_count, medium);
}

const struct mbus_meaning *mbus_map_meaning(
	const struct mbus_map *m, const struct mbus_record *r, enum quantity q)
{
	for (unsigned i = 0; m && i < m->records_count; i++) {
		const struct mbus_meaning *x = &m->records[i];
		bool is_vib = !x->bytes_n || (x->bytes_n == r->vib_size &&
						     memcmp(x->bytes, r->vib, r->vib_size) == 0);
		bool is_quantity = x->of == QUANTITY_UNKNOWN || x->of == q;
		if (is_vib && is_quantity && (!x->tariff || *x->tariff == r->slot.tariff) &&
			(!x->subunit || *x->subunit == r->slot.subunit)) {
			return x;
		}
	}
	return NULL;
}

uint8_t mbus_map_status(const struct mbus_map *m, uint8_t status)
{
	return m && m->status ? status & *m->status : status;
}

unsigned mbus_map_situations(const struct mbus_map *m, uint32_t flags)
{
	unsigned situations = 0;
	for (unsigned i = 0; m && i < m->flags_count; i++) {
		situations |= flags & m->flags[i].bits ? m->flags[i].situation : 0;
	}
	return situations;
}

bool mbus_map_is_due(const struct mbus_map *m, uint64_t storage)
{
	for (unsigned i = 0; m && m->due && i < m->due->dates_count; i++) {
		if (m->due->dates[i] == storage) {
			return true;
		}
	}
	return false;
}
