/*
 * cosem_list.c - GET of several attributes at once; see cosem.h
 *
 *     C0 03 id n { class 2, object 6, attribute, 00 | 01 selector Data } ...
 *     C4 03 id n { 00 Data | 01 result } ...
 */
#include "proto/axdr.h"
#include "proto/cosem.h"
#include "proto/cosem_out.h"

#define WITH_LIST 3

size_t cosem_list_put(
	uint8_t invoke, const struct cosem_attribute *list, size_t n, uint8_t *to, size_t cap)
{
	struct cosem_out o = {to, cap, 0, false};
	out_u8(&o, COSEM_GET_REQUEST);
	out_u8(&o, WITH_LIST);
	out_u8(&o, invoke);
	out_length(&o, n);
	for (size_t i = 0; i < n; i++) {
		out_u16(&o, list[i].class_id);
		out_bytes(&o, list[i].object.v, OBIS_GROUPS);
		out_u8(&o, (unsigned)list[i].attribute);
		out_u8(&o, list[i].selection.size > 0);
		out_slice(&o, list[i].selection);
	}
	return out_size(&o);
}

static bool attribute_get(struct reader *r, struct cosem_attribute *ret)
{
	struct cosem_attribute a = {.class_id = reader_u16be(r)};
	struct slice name = reader_bytes(r, OBIS_GROUPS);
	a.attribute = (int8_t)reader_u8(r);
	bool has_selection = reader_u8(r);
	if (r->is_short) {
		return false;
	}
	memcpy(a.object.v, name.data, OBIS_GROUPS);
	if (has_selection) {
		struct axdr parameters;
		size_t from = r->at;
		(void)reader_u8(r); /* selector */
		if (!axdr_get(r, &parameters)) {
			return false;
		}
		a.selection = (struct slice){r->in.data + from, r->at - from};
	}
	*ret = a;
	return true;
}

enum err cosem_list_get(struct slice apdu, uint8_t *ret_invoke,
	struct cosem_attribute ret_list[static COSEM_LIST_MAX], size_t *ret_n)
{
	struct reader r = reader_of(apdu);
	if (reader_u8(&r) != COSEM_GET_REQUEST || reader_u8(&r) != WITH_LIST) {
		return ERR_UNSUPP;
	}
	*ret_invoke = reader_u8(&r);
	size_t n = axdr_length(&r);
	if (n > COSEM_LIST_MAX) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < n; i++) {
		if (!attribute_get(&r, &ret_list[i])) {
			return ERR_PROTO;
		}
	}
	*ret_n = n;
	return r.is_short || reader_left(&r) > 0 || n == 0 ? ERR_PROTO : ERR_OK;
}

static bool result_get(struct reader *r, int *ret_result, struct slice *ret_data)
{
	struct axdr d;
	bool is_refused = reader_u8(r);
	*ret_result = is_refused ? reader_u8(r) : COSEM_SUCCESS;
	*ret_data = (struct slice){NULL, 0};
	if (is_refused) {
		return !r->is_short && *ret_result != COSEM_SUCCESS;
	}
	size_t from = r->at;
	if (!axdr_get(r, &d)) {
		return false;
	}
	*ret_data = (struct slice){r->in.data + from, r->at - from};
	return true;
}

enum err cosem_results_get(struct slice apdu, struct cosem_results *ret)
{
	struct reader r = reader_of(apdu);
	struct cosem_results x = {.left = 0};
	int result;
	struct slice data;
	if (reader_u8(&r) != COSEM_GET_REPLY || reader_u8(&r) != WITH_LIST) {
		return ERR_UNSUPP;
	}
	x.invoke = reader_u8(&r);
	x.left = axdr_length(&r);
	x.in = r;
	for (size_t i = 0; i < x.left; i++) {
		if (!result_get(&r, &result, &data)) {
			return ERR_PROTO;
		}
	}
	if (r.is_short || reader_left(&r) > 0 || x.left == 0) {
		return ERR_PROTO;
	}
	*ret = x;
	return ERR_OK;
}

bool cosem_results_next(struct cosem_results *r, int *ret_result, struct slice *ret_data)
{
	if (r->left == 0) {
		return false;
	}
	r->left--;
	return result_get(&r->in, ret_result, ret_data);
}

static void put_length(struct buf *out, size_t n)
{
	uint8_t bytes[4];
	struct cosem_out o = {bytes, sizeof(bytes), 0, false};
	out_length(&o, n);
	buf_put(out, bytes, o.n);
}

void cosem_results_begin(uint8_t invoke, size_t n, struct buf *out)
{
	buf_u8(out, COSEM_GET_REPLY);
	buf_u8(out, WITH_LIST);
	buf_u8(out, invoke);
	put_length(out, n);
}

void cosem_results_put(int result, struct slice data, struct buf *out)
{
	buf_u8(out, result != COSEM_SUCCESS);
	if (result != COSEM_SUCCESS) {
		buf_u8(out, (uint8_t)result);
	} else {
		buf_put(out, data.data, data.size);
	}
}
