/*
 * meter_map_check.c - what must hold in a register map beyond its schema, and what is derived from it
 */
#include "poll/meter_map_schema.h"

#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `at` "registers/3", `name` "unit" or "": the place; then what is wrong with it. */
__attribute__((format(printf, 4, 5))) static enum err wrong(
	struct meter_fault *fault, const char *at, const char *name, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(fault->text, sizeof(fault->text), fmt, args);
	va_end(args);
	int n = snprintf(fault->path, sizeof(fault->path), "%s/%s", at, name);
	if (n < 0 || n >= (int)sizeof(fault->path)) {
		(void)STR_COPY(fault->path, at);
	}
	return ERR_PARSE;
}

#define PATH_CAP 64

static void path_of(char out[static PATH_CAP], const char *list, unsigned index)
{
	(void)snprintf(out, PATH_CAP, "%s/%u", list, index);
}

static bool is_read_function(int function)
{
	return function == MODBUS_READ_HOLDING || function == MODBUS_READ_INPUT;
}

static bool is_write_function(int function)
{
	return function == MODBUS_WRITE_ONE || function == MODBUS_WRITE_MANY;
}

bool meter_quantity_of_key(const char *key, enum quantity *ret_q)
{
	char code[REGISTER_KEY_CAP];
	(void)STR_COPY(code, key);
	code[strcspn(code, ".")] = 0;
	return quantity_from_code(code, ret_q);
}

static enum err check_meaning(struct modbus_register *r, const char *at, struct meter_fault *fault)
{
	if (!str_is_key(r->key)) {
		return wrong(fault, at, "key", "key '%s': only a-z 0-9 _ . : -", r->key);
	}
	if (r->quantity == QUANTITY_UNKNOWN && !meter_quantity_of_key(r->key, &r->quantity)) {
		return wrong(fault, at, "key",
			"key '%s' does not begin with a quantity; say which with 'quantity'",
			r->key);
	}
	enum unit usual = quantity_unit(r->quantity);
	bool is_info = quantity_kind(r->quantity) == KIND_INFO;
	if (!is_info && unit_dimension(r->unit) != unit_dimension(usual)) {
		return wrong(fault, at, "unit", "%s: unit '%s' does not measure %s", r->key,
			unit_code(r->unit), quantity_code(r->quantity));
	}
	if (r->type == MODBUS_TEXT && !is_info) {
		return wrong(fault, at, "type", "%s: a text cannot be measured", r->key);
	}
	return ERR_OK;
}

static enum err check_number(struct modbus_register *r, const char *at, struct meter_fault *fault)
{
	double denominator;
	int decimals;
	const char *scale = r->scale[0] ? r->scale : "1";
	if (!modbus_scale_parse(scale, &r->numerator, &r->denominator, &decimals)) {
		return wrong(fault, at, "scale", "%s: scale '%s' is not a decimal number", r->key,
			r->scale);
	}
	bool is_float = r->type == MODBUS_F32 || r->type == MODBUS_F64;
	r->decimals_or_less = r->decimals ? *r->decimals : is_float ? -1 : decimals;
	if (r->decimals && (*r->decimals < 0 || *r->decimals > 15)) {
		return wrong(fault, at, "decimals", "%s: decimals from 0 to 15", r->key);
	}
	if (r->capacity[0]) {
		if (!modbus_scale_parse(r->capacity, &r->wraps_at, &denominator, &decimals) ||
			r->wraps_at < 0) {
			return wrong(fault, at, "capacity",
				"%s: capacity '%s' is not a positive decimal number", r->key,
				r->capacity);
		}
		r->wraps_at /= denominator;
	}
	return ERR_OK;
}

/* Size and place; `end` registers are there in all. */
static enum err check_place(
	struct modbus_register *r, const char *at, unsigned end, struct meter_fault *fault)
{
	size_t words = modbus_type_words(r->type);
	if (words > 0 && r->words > 0 && r->words != words) {
		return wrong(
			fault, at, "words", "%s: this type takes %zu registers", r->key, words);
	}
	if (words > 0) {
		r->words = (uint16_t)words;
	}
	if (r->words < 1 || r->words > MODBUS_READ_MAX) {
		return wrong(fault, at, "words", "%s: a text needs 'words', from 1 to %d registers",
			r->key, MODBUS_READ_MAX);
	}
	if (r->at + r->words > end) {
		return wrong(fault, at, "at", "%s: ends behind register %u", r->key, end - 1);
	}
	if (r->minus && (r->type == MODBUS_TEXT || *r->minus + r->words > end ||
				abs(*r->minus - r->at) < r->words)) {
		return wrong(fault, at, "minus",
			"%s: 'minus' must be another number of the same kind", r->key);
	}
	return ERR_OK;
}

static enum err check_register(struct modbus_map *m, struct modbus_register *r, const char *at,
	unsigned end, struct meter_fault *fault)
{
	r->function = r->function ? r->function : m->function;
	r->order = r->order ? r->order : m->order;
	r->missing = r->missing ? r->missing : m->missing;
	if (!is_read_function(r->function)) {
		return wrong(fault, at, "function", "%s: function 3 or 4", r->key);
	}
	enum err e = check_meaning(r, at, fault);
	if (e == ERR_OK) {
		e = check_number(r, at, fault);
	}
	return e ? e : check_place(r, at, end, fault);
}

static enum err check_keys_differ(const struct modbus_register *registers, unsigned n,
	const char *at, struct meter_fault *fault)
{
	char path[PATH_CAP];
	for (unsigned i = 1; i < n; i++) {
		for (unsigned j = 0; j < i; j++) {
			if (strcmp(registers[i].key, registers[j].key) == 0) {
				path_of(path, at, i);
				return wrong(fault, path, "key", "key '%s' is there twice",
					registers[i].key);
			}
		}
	}
	return ERR_OK;
}

static enum err check_stamp(const struct modbus_map *m, struct modbus_stamp *s, const char *at,
	unsigned end, struct meter_fault *fault)
{
	s->function = s->function ? s->function : m->function;
	s->order = s->order ? s->order : m->order;
	if (!is_read_function(s->function)) {
		return wrong(fault, at, "function", "function 3 or 4");
	}
	if (!modbus_stamp_prepare(s)) {
		return wrong(fault, at, "layout",
			"layout '%s': 'epoch', or YH YL or yy, mo, dd, hh, mi, ss, wd, -- for "
			"each byte, an even number of them, with year and month",
			s->layout);
	}
	if (s->at + s->size / 2 > end) {
		return wrong(fault, at, "at", "ends behind register %u", end - 1);
	}
	if (s->write_function && (!is_write_function(s->write_function) ||
					 (s->write_function == MODBUS_WRITE_ONE && s->size != 2))) {
		return wrong(fault, at, "write", "function 6 (one register) or 16 writes a clock");
	}
	return ERR_OK;
}

static enum err check_access(const struct modbus_map *m, struct modbus_archive *a, const char *at,
	struct meter_fault *fault)
{
	unsigned size_max = a->access == MODBUS_ACCESS_FILE ? MODBUS_FILE_MAX :
							      (unsigned)m->block_max;
	a->function = a->function ? a->function : m->function;
	a->stride = a->stride ? a->stride : a->size;
	a->batch = 1;
	if (!is_read_function(a->function)) {
		return wrong(fault, at, "function", "function 3 or 4");
	}
	if (a->size < 1 || a->size > size_max) {
		return wrong(fault, at, "size", "size from 1 to %u registers", size_max);
	}
	if (a->depth < 1 || a->depth > 0x10000u - a->first) {
		return wrong(fault, at, "depth", "depth from 1 to %u records", 0x10000u - a->first);
	}
	switch (a->access) {
	case MODBUS_ACCESS_FILE: break;
	case MODBUS_ACCESS_INDEX:
		a->index_function = a->index_function ? a->index_function : MODBUS_WRITE_MANY;
		if (!is_write_function(a->index_function)) {
			return wrong(fault, at, "index_function", "function 6 or 16");
		}
		if (a->at + a->size > 0x10000) {
			return wrong(fault, at, "at", "ends behind register 65535");
		}
		break;
	case MODBUS_ACCESS_DIRECT:
		if (a->stride < a->size) {
			return wrong(fault, at, "stride", "stride below size");
		}
		if (a->at + (uint64_t)(a->first + a->depth) * a->stride > 0x10000) {
			return wrong(
				fault, at, "depth", "the last record ends behind register 65535");
		}
		a->batch = (uint16_t)((m->block_max - a->size) / a->stride + 1);
		break;
	}
	return ERR_OK;
}

static enum err check_fields(
	struct modbus_map *m, struct modbus_archive *a, const char *at, struct meter_fault *fault)
{
	char path[PATH_CAP];
	enum err e = ERR_OK;
	for (unsigned i = 0; i < a->fields_count && e == ERR_OK; i++) {
		struct modbus_register *r = &a->fields[i];
		path_of(path, at, i);
		e = check_register(m, r, path, a->size, fault);
		r->form = r->form ? r->form : a->form;
		if (e == ERR_OK && (r->type == MODBUS_TEXT || r->minus)) {
			return wrong(fault, path, "key", "%s: no text and no 'minus' in a record",
				r->key);
		}
		if (strcmp(r->key, a->abnormal) == 0) {
			a->abnormal_field = (int)i;
		}
	}
	return e ? e : check_keys_differ(a->fields, a->fields_count, at, fault);
}

static enum err check_archive(
	struct modbus_map *m, struct modbus_archive *a, unsigned number, struct meter_fault *fault)
{
	static const char *const stamps[] = {
		"archives/0/stamp", "archives/1/stamp", "archives/2/stamp", "archives/3/stamp"};
	static const char *const fields[] = {
		"archives/0/fields", "archives/1/fields", "archives/2/fields", "archives/3/fields"};
	char at[PATH_CAP];
	path_of(at, "archives", number);
	if (modbus_map_archive(m, a->period) != a) {
		return wrong(fault, at, "period", "an archive of this period is there already");
	}
	enum err e = check_access(m, a, at, fault);
	if (e == ERR_OK) {
		e = check_stamp(m, &a->stamp, stamps[number], a->size, fault);
	}
	if (e == ERR_OK && a->stamp.write_function) {
		return wrong(fault, stamps[number], "write", "a record cannot be written");
	}
	a->abnormal_field = -1;
	if (e == ERR_OK) {
		e = check_fields(m, a, fields[number], fault);
	}
	if (e == ERR_OK && a->abnormal[0] && a->abnormal_field < 0) {
		return wrong(fault, at, "abnormal", "no field '%s'", a->abnormal);
	}
	return e;
}

/* The registers one value is made of: its own and the one subtracted. */
static struct modbus_block extent(const struct modbus_register *r)
{
	unsigned from = r->minus && *r->minus < r->at ? *r->minus : r->at;
	unsigned last = r->minus && *r->minus > r->at ? *r->minus : r->at;
	return (struct modbus_block){
		r->function, (uint16_t)from, (uint16_t)(last + r->words - from)};
}

static bool block_covers(const struct modbus_block *outer, const struct modbus_block *inner)
{
	return outer->function == inner->function && outer->at <= inner->at &&
	       outer->at + outer->count >= inner->at + inner->count;
}

static int by_address(const void *a, const void *b)
{
	const struct modbus_register *x = a, *y = b;
	int d = x->function - y->function;
	return d ? d : (int)x->at - (int)y->at;
}

/* Neighbours into one read, as far as the meter allows. Registers are sorted. */
static enum err blocks_derive(struct modbus_map *m, struct meter_fault *fault)
{
	unsigned n = 0;
	/* freed by libcyaml with the map, through the allocator given to it: realloc and free */
	m->blocks = calloc(m->registers_count, sizeof(*m->blocks));
	if (!m->blocks) {
		return ERR_NOMEM;
	}
	for (unsigned i = 0; i < m->registers_count; i++) {
		const struct modbus_register *r = &m->registers[i];
		struct modbus_block x = extent(r);
		struct modbus_block *last = n ? &m->blocks[n - 1] : NULL;
		if (x.count > m->block_max) {
			return wrong(
				fault, "block_max", "", "%s does not fit into one read", r->key);
		}
		unsigned end = last ? (unsigned)last->at + last->count : 0;
		unsigned x_end = (unsigned)x.at + x.count;
		unsigned new_end = x_end > end ? x_end : end;
		if (last && last->function == x.function && x.at >= last->at &&
			x.at <= end + m->block_gap && new_end - last->at <= m->block_max) {
			last->count = (uint16_t)(new_end - last->at);
		} else {
			m->blocks[n++] = x;
		}
		m->blocks_count = n;
	}
	return ERR_OK;
}

static enum err check_blocks(struct modbus_map *m, struct meter_fault *fault)
{
	char path[PATH_CAP];
	for (unsigned i = 0; i < m->blocks_count; i++) {
		struct modbus_block *b = &m->blocks[i];
		path_of(path, "blocks", i);
		b->function = b->function ? b->function : m->function;
		if (!is_read_function(b->function) || b->count < 1 || b->count > m->block_max ||
			b->at + b->count > 0x10000) {
			return wrong(fault, path, "",
				"a block is read with function 3 or 4 and has 1 to %u registers",
				m->block_max);
		}
	}
	for (unsigned i = 0; i < m->registers_count; i++) {
		struct modbus_block x = extent(&m->registers[i]);
		bool is_covered = false;
		for (unsigned j = 0; j < m->blocks_count; j++) {
			is_covered = is_covered || block_covers(&m->blocks[j], &x);
		}
		if (!is_covered) {
			return wrong(
				fault, "blocks", "", "%s is in none of them", m->registers[i].key);
		}
	}
	return ERR_OK;
}

static bool framing_is_good(const char *f)
{
	return f[0] == 0 || ((f[0] == '7' || f[0] == '8') && f[1] && strchr("NEO", f[1]) &&
				    (f[2] == '1' || f[2] == '2') && f[3] == 0);
}

enum err meter_line_check(const struct modbus_line *line, struct meter_fault *fault)
{
	if (!framing_is_good(line->framing)) {
		return wrong(fault, "line/framing", "", "framing as in 8N1, 8E1 or 8N2");
	}
	if (line->baud < 0 || line->baud > 4000000) {
		return wrong(fault, "line/baud", "", "no such speed");
	}
	if (line->gap_ms < 0 || line->gap_ms > 10000 || line->reply_ms < 0 ||
		line->reply_ms > 60000) {
		return wrong(fault, "line", "", "gap_ms up to 10000, reply_ms up to 60000");
	}
	return ERR_OK;
}

static enum err check_head(struct modbus_map *m, struct meter_fault *fault)
{
	m->function = m->function ? m->function : MODBUS_READ_HOLDING;
	m->order = m->order ? m->order : MODBUS_ABCD;
	m->missing = m->missing ? m->missing : MODBUS_MISSING_NEVER;
	m->block_max = m->block_max ? m->block_max : MODBUS_READ_MAX;
	if (!is_read_function(m->function)) {
		return wrong(fault, "function", "", "function 3 or 4");
	}
	if (m->block_max > MODBUS_READ_MAX) {
		return wrong(fault, "block_max", "", "at most %d registers", MODBUS_READ_MAX);
	}
	return meter_line_check(&m->line, fault);
}

enum err meter_check(struct modbus_map *m, struct meter_fault *fault)
{
	char path[PATH_CAP];
	enum err e = check_head(m, fault);
	for (unsigned i = 0; i < m->registers_count && e == ERR_OK; i++) {
		path_of(path, "registers", i);
		e = check_register(m, &m->registers[i], path, 0x10000, fault);
	}
	if (e == ERR_OK) {
		e = check_keys_differ(m->registers, m->registers_count, "registers", fault);
	}
	if (e == ERR_OK && m->clock) {
		e = check_stamp(m, m->clock, "clock", 0x10000, fault);
	}
	for (unsigned i = 0; i < m->archives_count && e == ERR_OK; i++) {
		e = check_archive(m, &m->archives[i], i, fault);
	}
	if (e) {
		return e;
	}
	qsort(m->registers, m->registers_count, sizeof(*m->registers), by_address);
	return m->blocks_count ? check_blocks(m, fault) : blocks_derive(m, fault);
}
