/*
 * vkt7.c - lists of elements and their data; see vkt7.h
 */
#include "proto/vkt7.h"

#define IS_ELEMENT 0x40000000u

bool vkt7_list_get(
	struct slice data, struct vkt7_element to[static VKT7_ELEMENTS_MAX], size_t *ret_n)
{
	struct reader r = reader_of(data);
	size_t n = 0;
	if (data.size == 0 || data.size % VKT7_ELEMENT_SIZE) {
		return false;
	}
	while (reader_left(&r) && n < VKT7_ELEMENTS_MAX) {
		uint32_t id = reader_u32le(&r) & ~IS_ELEMENT;
		uint16_t size = reader_u16le(&r);
		if (id < VKT7_ID_COUNT && size > 0 && size < 32) {
			to[n++] = (struct vkt7_element){(uint8_t)id, (uint8_t)size};
		}
	}
	*ret_n = n;
	return true;
}

size_t vkt7_list_put(uint8_t *to, const struct vkt7_element *elements, size_t n)
{
	for (size_t i = 0; i < n; i++, to += VKT7_ELEMENT_SIZE) {
		uint32_t id = elements[i].id | IS_ELEMENT;
		to[0] = (uint8_t)id;
		to[1] = (uint8_t)(id >> 8);
		to[2] = (uint8_t)(id >> 16);
		to[3] = (uint8_t)(id >> 24);
		to[4] = elements[i].size;
		to[5] = 0;
	}
	return n * VKT7_ELEMENT_SIZE;
}

static bool is_name(uint8_t id)
{
	return id >= VKT7_UNIT_T && id < VKT7_UNIT_T + VKT7_UNIT_COUNT;
}

bool vkt7_items_get(struct slice data, const struct vkt7_element *elements, size_t n, int version,
	struct vkt7_item *to)
{
	struct reader r = reader_of(data);
	for (size_t i = 0; i < n; i++) {
		size_t size = elements[i].size;
		if (version == 1 && is_name(elements[i].id)) {
			size = reader_u16le(&r);
			if (size > elements[i].size) {
				return false;
			}
		}
		to[i].id = elements[i].id;
		to[i].value = reader_bytes(&r, size);
		to[i].quality = reader_u8(&r);
		to[i].ns = reader_u8(&r);
	}
	return !r.is_short && reader_left(&r) == 0;
}

void vkt7_item_put(struct buf *to, const struct vkt7_item *item, int version)
{
	if (version == 1 && is_name(item->id)) {
		buf_u16le(to, (uint16_t)item->value.size);
	}
	buf_put(to, item->value.data, item->value.size);
	buf_u8(to, item->quality);
	buf_u8(to, item->ns);
}
