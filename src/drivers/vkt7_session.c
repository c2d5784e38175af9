/*
 * vkt7_session.c - a session with a VKT-7: what it measures, in which units, with how many digits
 *
 *     begin ── properties: digits, names of units ── type of values ── list of elements there are
 *           ── list of elements wanted ── [date] ── data ── [date] ── data ...
 *
 * Digits, units and the list are learnt from the meter and kept for an hour; when the meter says that
 * its scheme of measurement changed (code 5) they are read again. The list is the same for all types of
 * values, and elements that mean nothing in a type are marked so by the meter; they are left out only
 * when list or data would not fit the meter's buffer.
 */
#include "drivers/vkt7.h"

#include "model/unit_text.h"

#include <string.h>

#define LEARN_S    3600 /* somebody may change units at the meter */
#define BUFFER_MAX 250  /* data or list: 256 bytes before firmware 2.0, less head and checksum */
#define ITEM_EXTRA 2    /* quality, ns */
/* A list of so many elements has the count of bytes that begins a session; a meter may take it for that. */
#define LIST_N_BAD (VKT7_SESSION / VKT7_ELEMENT_SIZE)

/* ---- requests ---- */

static const struct vkt_sizes any = {0, 0};

static enum err refused(const struct vkt7 *v, uint16_t start, int code)
{
	switch (code) {
	case 3: return ERR_NODATA;
	case 5: return ERR_CONFLICT;
	case 2:
		return talk_fail(v->peer.talk, ERR_UNSUPP,
			"the meter does not know an element or type asked for at %04X", start);
	case 7: return ERR_DENIED;
	default:
		return talk_fail(v->peer.talk, ERR_UNSUPP, "the meter refuses %04X with code %d",
			start, code);
	}
}

enum err vkt7_read(struct vkt7 *v, uint16_t start, size_t size, struct slice *ret_data)
{
	struct vkt_request q = {.function = VKT_READ, .start = start};
	struct vkt_reply reply;
	enum err e = vkt_ask(&v->peer, &q, (struct vkt_sizes){size, size}, &reply);
	if (e) {
		return e;
	}
	*ret_data = reply.data;
	return reply.is_refused ? refused(v, start, reply.code) : ERR_OK;
}

enum err vkt7_write(struct vkt7 *v, uint16_t start, struct slice data)
{
	struct vkt_request q = {.function = VKT_WRITE, .start = start, .data = data};
	struct vkt_reply reply;
	enum err e = vkt_ask(&v->peer, &q, any, &reply);
	return !e && reply.is_refused ? refused(v, start, reply.code) : e;
}

enum err vkt7_begin(struct vkt7 *v, struct talk *t)
{
	static const uint8_t begin[] = {0x80, 0, 0, 0};
	struct vkt_request q = {.function = VKT_WRITE,
		.start = VKT7_LIST,
		.claimed = VKT7_SESSION,
		.data = SLICE(begin)};
	struct vkt_reply reply;
	*v = (struct vkt7){.layout = talk_state(t, sizeof(struct vkt7_layout)),
		.peer = {.talk = t,
			.address = (uint8_t)talk_param(t, "address"),
			.coat = {.is_woken = talk_param(t, "wake_up") != 0,
				.extended = (int)talk_param(t, "extended")}}};
	enum err e = vkt_ask(&v->peer, &q, any, &reply);
	return !e && reply.is_refused ? refused(v, VKT7_LIST, reply.code) : e;
}

enum err vkt7_set_type(struct vkt7 *v, enum vkt7_type type)
{
	const uint8_t data[] = {(uint8_t)type, 0};
	v->type = type;
	return vkt7_write(v, 0x3ffd, SLICE(data));
}

static enum err write_list(struct vkt7 *v, const struct vkt7_element *elements, size_t n)
{
	uint8_t bytes[VKT7_ELEMENTS_MAX * VKT7_ELEMENT_SIZE];
	size_t size = vkt7_list_put(bytes, elements, n);
	return vkt7_write(v, VKT7_LIST, (struct slice){bytes, size});
}

/* ---- properties ---- */

/* Names of units have the length they have in version 1 of the server; the version follows from what
 * fits. */
static enum err read_properties(
	struct vkt7 *v, const struct vkt7_element *elements, size_t n, struct vkt7_item *items)
{
	struct slice data;
	enum err e = write_list(v, elements, n);
	e = e ? e : vkt7_read(v, VKT7_DATA, 0, &data);
	if (e) {
		return e;
	}
	if (!vkt7_items_get(data, elements, n, 1, items) &&
		!vkt7_items_get(data, elements, n, 0, items)) {
		return talk_fail(v->peer.talk, ERR_PROTO,
			"the properties of the meter cannot be read (%zu bytes)", data.size);
	}
	return ERR_OK;
}

static bool is_good(const struct vkt7_item *i)
{
	return (i->quality & 0xc0) == 0xc0;
}

static enum err read_digits(struct vkt7 *v)
{
	struct vkt7_element elements[VKT7_DIGITS_COUNT];
	struct vkt7_item items[VKT7_DIGITS_COUNT];
	for (size_t i = 0; i < VKT7_DIGITS_COUNT; i++) {
		elements[i] = (struct vkt7_element){(uint8_t)(VKT7_DIGITS_T + i), 1};
	}
	enum err e = read_properties(v, elements, VKT7_DIGITS_COUNT, items);
	for (size_t i = 0; !e && i < VKT7_DIGITS_COUNT; i++) {
		uint8_t digits = items[i].value.data[0];
		v->layout->digits[i] = is_good(&items[i]) && digits < 10 ? digits : VKT7_UNKNOWN;
	}
	return e;
}

static void take_unit(struct vkt7_layout *l, const struct vkt7_item *i)
{
	enum unit u;
	if (is_good(i) &&
		unit_from_text((const char *)i->value.data, i->value.size, TEXT_CP866, &u)) {
		l->units[i->id - VKT7_UNIT_T] = (uint8_t)u;
	}
}

/* The list of the maker's example: units that others share are asked for once. */
static enum err read_units(struct vkt7 *v)
{
	static const uint8_t ids[] = {VKT7_UNIT_T, VKT7_UNIT_G, VKT7_UNIT_V, VKT7_UNIT_M,
		VKT7_UNIT_P, VKT7_UNIT_QO, VKT7_UNIT_BNR, VKT7_UNIT_BOS, VKT7_DIGITS_T,
		VKT7_DIGITS_V, VKT7_DIGITS_M, VKT7_DIGITS_P, VKT7_DIGITS_Q, 70, 69, 76};
	static const uint8_t shared[][2] = {{VKT7_UNIT_DT, VKT7_UNIT_T},
		{VKT7_UNIT_TX, VKT7_UNIT_T}, {VKT7_UNIT_TA, VKT7_UNIT_T},
		{VKT7_UNIT_MG, VKT7_UNIT_M}, {VKT7_UNIT_QG, VKT7_UNIT_QO}};
	struct vkt7_element elements[sizeof(ids)];
	struct vkt7_item items[sizeof(ids)];
	struct vkt7_layout *l = v->layout;
	for (size_t i = 0; i < sizeof(ids); i++) {
		bool is_name = ids[i] < VKT7_DIGITS_T;
		elements[i] = (struct vkt7_element){ids[i], is_name ? VKT7_UNIT_SIZE : 1};
	}
	enum err e = read_properties(v, elements, sizeof(ids), items);
	if (e) {
		return e;
	}
	memset(l->units, VKT7_UNKNOWN, sizeof(l->units));
	for (size_t i = 0; i < sizeof(ids) && ids[i] < VKT7_DIGITS_T; i++) {
		take_unit(l, &items[i]);
	}
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		l->units[shared[i][0] - VKT7_UNIT_T] = l->units[shared[i][1] - VKT7_UNIT_T];
	}
	return ERR_OK;
}

enum err vkt7_read_properties(struct vkt7 *v)
{
	enum vkt7_type type = v->type;
	v->layout->is_known = false;
	v->selected = v->chunk_n;
	enum err e = vkt7_set_type(v, VKT7_PROPERTIES);
	e = e ? e : read_digits(v);
	e = e ? e : read_units(v);
	v->type = type;
	v->layout->is_known = !e;
	v->layout->learnt_utc = talk_now(v->peer.talk);
	return e;
}

/* ---- lists ---- */

static size_t size_in_data(struct vkt7_element e)
{
	return e.size + ITEM_EXTRA;
}

/* Cut the elements into lists that fit the meter's buffer; `types` 0: all of them. */
static bool cut(struct vkt7 *v, unsigned types)
{
	const struct vkt7_layout *l = v->layout;
	size_t bytes = 0;
	v->chunk_n = 0;
	for (size_t i = 0; i < l->n; i++) {
		struct vkt7_chunk *c = v->chunk_n ? &v->chunks[v->chunk_n - 1] : NULL;
		size_t more = size_in_data(l->elements[i]);
		if (types && !(vkt7_types_of(l->elements[i].id) & types)) {
			continue;
		}
		if (!c || bytes + more > BUFFER_MAX ||
			(c->n + 1) * VKT7_ELEMENT_SIZE > BUFFER_MAX - 4) {
			if (v->chunk_n == VKT7_CHUNKS_MAX) {
				return false;
			}
			c = &v->chunks[v->chunk_n++];
			c->n = 0;
			bytes = 0;
		}
		c->elements[c->n++] = l->elements[i];
		bytes += more;
	}
	for (size_t i = 0; i < v->chunk_n; i++) {
		struct vkt7_chunk *c = &v->chunks[i];
		if (c->n != LIST_N_BAD) {
			continue;
		}
		if (v->chunk_n == VKT7_CHUNKS_MAX) {
			return false;
		}
		c->n--;
		v->chunks[v->chunk_n++] = (struct vkt7_chunk){1, {c->elements[c->n]}};
	}
	v->selected = v->chunk_n;
	return v->chunk_n > 0;
}

/* All elements at once where they fit, or those of one type in as few lists as they need. */
static enum err make_chunks(struct vkt7 *v)
{
	v->is_whole = cut(v, 0) && v->chunk_n == 1;
	if (v->is_whole) {
		return ERR_OK;
	}
	return cut(v, 1u << v->type) ?
		       ERR_OK :
		       talk_fail(v->peer.talk, ERR_PROTO,
			       "the meter's list of elements names nothing that can be read");
}

enum err vkt7_read_list(struct vkt7 *v)
{
	struct slice data;
	size_t n;
	v->layout->has_list = false;
	enum err e = vkt7_read(v, 0x3ffc, 0, &data);
	if (e) {
		return e;
	}
	if (!vkt7_list_get(data, v->layout->elements, &n)) {
		return talk_fail(v->peer.talk, ERR_PROTO,
			"the meter's list of elements cannot be read (%zu bytes)", data.size);
	}
	v->layout->n = (uint8_t)n;
	v->layout->has_list = true;
	return make_chunks(v);
}

enum err vkt7_open(struct vkt7 *v, struct talk *t, enum vkt7_type type)
{
	enum err e = vkt7_begin(v, t);
	struct vkt7_layout *l = v->layout;
	int64_t age = talk_now(t) - l->learnt_utc;
	bool is_stale = !l->is_known || !l->has_list || age < 0 || age >= LEARN_S;
	if (!e && is_stale) {
		e = vkt7_read_properties(v);
	}
	e = e ? e : vkt7_set_type(v, type);
	if (e) {
		return e;
	}
	return is_stale ? vkt7_read_list(v) : make_chunks(v);
}

enum err vkt7_switch(struct vkt7 *v, enum vkt7_type type)
{
	enum err e = vkt7_set_type(v, type);
	return e || v->is_whole ? e : make_chunks(v);
}

enum err vkt7_select(struct vkt7 *v, size_t chunk)
{
	if (v->selected == chunk) {
		return ERR_OK;
	}
	v->selected = v->chunk_n;
	enum err e = write_list(v, v->chunks[chunk].elements, v->chunks[chunk].n);
	v->selected = e ? v->chunk_n : chunk;
	return e;
}

enum err vkt7_read_items(struct vkt7 *v, struct vkt7_item items[static VKT7_ELEMENTS_MAX])
{
	const struct vkt7_chunk *c = &v->chunks[v->selected];
	struct slice data;
	size_t size = 0;
	for (size_t i = 0; i < c->n; i++) {
		size += size_in_data(c->elements[i]);
	}
	enum err e = vkt7_read(v, VKT7_DATA, size, &data);
	if (!e && !vkt7_items_get(data, c->elements, c->n, 0, items)) {
		e = talk_fail(v->peer.talk, ERR_PROTO, "the values do not fit the list");
	}
	return e;
}
