/*
 * site_check.c - everything that must hold before a configuration is used; see site.h
 *
 * A message names the object and the field: `meter 12 "Heat": line: there is no line 5`.
 */
#include "model/site.h"

#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* look-ups walk up no further than this (site.c) */
#define DEPTH_MAX 60

struct at {
	enum object_kind kind;
	const void *object;
	struct diag *diag;
	struct site_fault *fault; /* may be NULL */
};

static const char *name_of(const struct at *at)
{
	switch (at->kind) {
	case OBJECT_PLACE: return ((const struct place *)at->object)->name;
	case OBJECT_LINE: return ((const struct line *)at->object)->name;
	case OBJECT_METER: return ((const struct meter *)at->object)->name;
	case OBJECT_REGISTER: return ((const struct meter_register *)at->object)->key;
	case OBJECT_CHANNEL: return ((const struct channel *)at->object)->name;
	case OBJECT_PARAMETER: return ((const struct parameter *)at->object)->code;
	case OBJECT_BINDING:
	case OBJECT_FORMULA:
	case OBJECT_KIND_COUNT: break;
	}
	return "";
}

/* `field: what is wrong`, preceded by which object it is. */
static enum err wrong(const struct at *at, enum err e, const char *field, const char *what)
{
	const char *name = name_of(at);
	if (at->fault) {
		*at->fault = (struct site_fault){at->kind, object_id(at->object)};
	}
	bool has_name = name[0] && strnlen(name, NAME_CAP) < 60;
	return err_set(at->diag, e, "%s %lld%s%s%s: %s: %s", object_kind_info(at->kind)->name,
		(long long)object_id(at->object), has_name ? " \"" : "", has_name ? name : "",
		has_name ? "\"" : "", field, what);
}

static enum err check_ref(const struct site *s, const struct at *at, const struct field *f)
{
	int64_t id;
	memcpy(&id, (const uint8_t *)at->object + f->offset, sizeof(id));
	const char *target = object_kind_info(f->target)->name;
	char what[80];
	if (id == 0) {
		return f->is_required ? wrong(at, ERR_INVAL, f->name, "is missing") : ERR_OK;
	}
	if (!site_find(s, f->target, id)) {
		(void)snprintf(what, sizeof(what), "there is no %s %lld", target, (long long)id);
		return wrong(at, ERR_INVAL, f->name, what);
	}
	return ERR_OK;
}

static enum err check_text(const struct at *at, const struct field *f)
{
	const char *text = (const char *)at->object + f->offset;
	size_t n = strnlen(text, f->cap);
	if (n == f->cap) {
		return wrong(at, ERR_RANGE, f->name, "is too long");
	}
	if (!str_is_utf8((struct slice){(const uint8_t *)text, n})) {
		return wrong(at, ERR_INVAL, f->name, "is not UTF-8 text");
	}
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];
		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
			return wrong(at, ERR_INVAL, f->name, "contains a control character");
		}
	}
	return f->is_required && n == 0 ? wrong(at, ERR_INVAL, f->name, "is missing") : ERR_OK;
}

/* Years 1 to 9999, what ISO 8601 can write; or open. */
static enum err check_time(const struct at *at, const struct field *f)
{
	int64_t utc;
	memcpy(&utc, (const uint8_t *)at->object + f->offset, sizeof(utc));
	bool is_open = utc == INT64_MIN || utc == INT64_MAX;
	bool is_good = is_open || (utc >= -62135596800 && utc < 253402300800);
	return is_good ? ERR_OK : wrong(at, ERR_RANGE, f->name, "is not in the years 1 to 9999");
}

/* What the tables of fields alone can say. */
static enum err check_fields(const struct site *s, const struct at *at)
{
	const struct object_kind_info *info = object_kind_info(at->kind);
	for (size_t i = 0; i < info->field_count; i++) {
		const struct field *f = &info->fields[i];
		const uint8_t *p = (const uint8_t *)at->object + f->offset;
		enum err e = ERR_OK;
		int code;
		double real;
		switch (f->type) {
		case FIELD_REF: e = check_ref(s, at, f); break;
		case FIELD_TEXT: e = check_text(at, f); break;
		case FIELD_ENUM:
			memcpy(&code, p, sizeof(code));
			e = f->enum_name(code) ? ERR_OK :
						 wrong(at, ERR_RANGE, f->name, "is unknown");
			break;
		case FIELD_REAL:
			memcpy(&real, p, sizeof(real));
			e = isinf(real) ? wrong(at, ERR_RANGE, f->name, "is infinite") : ERR_OK;
			break;
		case FIELD_TIME: e = check_time(at, f); break;
		case FIELD_INT:
		case FIELD_BOOL: break;
		}
		if (e) {
			return e;
		}
	}
	return object_id(at->object) > 0 ? ERR_OK :
					   wrong(at, ERR_RANGE, "id", "must be above zero");
}

static enum err within(const struct at *at, const char *field, int64_t v, int64_t low, int64_t high)
{
	char what[80];
	if (v >= low && v <= high) {
		return ERR_OK;
	}
	(void)snprintf(what, sizeof(what), "%lld is not in %lld..%lld", (long long)v,
		(long long)low, (long long)high);
	return wrong(at, ERR_RANGE, field, what);
}

static enum err not_negative(const struct at *at, const char *field, double v)
{
	return isfinite(v) && v >= 0 ? ERR_OK : wrong(at, ERR_RANGE, field, "must be zero or more");
}

static enum err check_zone(const struct at *at, const char *field, const char *name)
{
	const struct zone *z;
	char what[120];
	if (!name[0] || zone_get(name, &z, NULL) == ERR_OK) {
		return ERR_OK;
	}
	(void)snprintf(what, sizeof(what), "time zone \"%s\" is not known", name);
	return wrong(at, ERR_INVAL, field, what);
}

#define TRY(expression)                       \
	do {                                  \
		enum err try_ = (expression); \
		if (try_) {                   \
			return try_;          \
		}                             \
	} while (0)

static enum err check_place(const struct site *s, const struct at *at)
{
	const struct place *p = at->object;
	/* Floyd: one runner takes two steps where the other takes one; they meet only in a loop */
	const struct place *slow = p, *fast = p;
	for (int depth = 0; fast && fast->parent; depth += 2) {
		if (depth > DEPTH_MAX) {
			return wrong(at, ERR_LIMIT, "parent", "places are nested too deep");
		}
		fast = site_find(s, OBJECT_PLACE, fast->parent);
		if (fast && fast->parent) {
			fast = site_find(s, OBJECT_PLACE, fast->parent);
			slow = site_find(s, OBJECT_PLACE, slow->parent);
		}
		if (fast && fast->parent && fast == slow) {
			return wrong(
				at, ERR_CONFLICT, "parent", "the place would lie inside itself");
		}
	}
	TRY(within(at, "report_hour", p->report_hour, -1, 23));
	TRY(within(at, "report_day", p->report_day, 0, 31));
	TRY(within(at, "people", p->people, 0, 1000000));
	TRY(not_negative(at, "area_m2", p->area_m2));
	return check_zone(at, "zone", p->zone);
}

static enum err check_line(const struct at *at)
{
	const struct line *l = at->object;
	const char *f = l->framing;
	if (f[0] && !(strlen(f) == 3 && strchr("5678", f[0]) && strchr("NEO", f[1]) &&
			    strchr("12", f[2]))) {
		return wrong(at, ERR_INVAL, "framing",
			"write data bits, parity, stop bits: 8N1, 8E1, 7E1");
	}
	TRY(within(at, "baud", l->baud, 0, 4000000));
	TRY(within(at, "reply_ms", l->reply_ms, 0, 600000));
	return within(at, "gap_ms", l->gap_ms, 0, 600000);
}

static enum err check_meter(const struct at *at)
{
	const struct meter *m = at->object;
	if (!str_is_key(m->driver)) {
		return wrong(at, ERR_INVAL, "driver", "is not the name of a driver");
	}
	TRY(within(at, "poll_s", m->poll_s, 0, 31 * 86400));
	TRY(within(at, "clock_s", m->clock_s, 0, 366 * 86400));
	TRY(within(at, "report_hour", m->report_hour, -1, 23));
	TRY(within(at, "report_day", m->report_day, 0, 31));
	return check_zone(at, "zone", m->zone);
}

static enum err check_register(const struct site *s, const struct at *at)
{
	const struct meter_register *r = at->object;
	if (!str_is_key(r->key)) {
		return wrong(at, ERR_INVAL, "key", "may hold only a-z 0-9 _ . : -");
	}
	if (site_register(s, r->meter, r->key) != r) {
		return wrong(at, ERR_EXISTS, "key", "the meter has another register of this key");
	}
	TRY(within(at, "decimals", r->decimals, -15, 15));
	TRY(not_negative(at, "capacity", r->capacity));
	return not_negative(at, "max_rate", r->max_rate);
}

/* A letter, then letters, digits, '_' and '.': what a formula can call a channel. */
static bool is_code(const char *s)
{
	bool is_good = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');
	for (; is_good && *s; s++) {
		is_good = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
			  (*s >= '0' && *s <= '9') || *s == '_' || *s == '.';
	}
	return is_good;
}

static enum err check_code(const struct site *s, const struct at *at, const struct channel *c)
{
	if (!c->code[0]) {
		return ERR_OK;
	}
	if (!is_code(c->code)) {
		return wrong(at, ERR_INVAL, "code",
			"must be a letter, then letters a-z A-Z, digits, '_' and '.'");
	}
	if (site_channel(s, site_building(s, c->place), c->code) != c) {
		return wrong(at, ERR_EXISTS, "code", "another channel of the building has it");
	}
	return ERR_OK;
}

/* The same two runners as for places. */
static enum err check_upstream(const struct site *s, const struct at *at, const struct channel *c)
{
	const struct channel *slow = c, *fast = c;
	for (int depth = 0; fast && fast->upstream; depth += 2) {
		if (depth > DEPTH_MAX) {
			return wrong(at, ERR_LIMIT, "upstream", "channels are chained too deep");
		}
		fast = site_find(s, OBJECT_CHANNEL, fast->upstream);
		if (fast && fast->upstream) {
			fast = site_find(s, OBJECT_CHANNEL, fast->upstream);
			slow = site_find(s, OBJECT_CHANNEL, slow->upstream);
		}
		if (fast && fast->upstream && fast == slow) {
			return wrong(at, ERR_CONFLICT, "upstream",
				"the channel would lie behind itself");
		}
	}
	return ERR_OK;
}

static enum err check_channel(const struct site *s, const struct at *at)
{
	const struct channel *c = at->object;
	enum unit usual = quantity_unit(c->quantity);
	char what[160];
	if (usual != UNIT_NONE && unit_dimension(c->unit) != unit_dimension(usual)) {
		(void)snprintf(what, sizeof(what), "%s cannot be given in %s; usual is %s",
			quantity_code(c->quantity), unit_code(c->unit), unit_code(usual));
		return wrong(at, ERR_INVAL, "unit", what);
	}
	TRY(check_code(s, at, c));
	return check_upstream(s, at, c);
}

static enum err check_formula(const struct at *at)
{
	const struct formula_text *f = at->object;
	return f->from_utc < f->till_utc ?
		       ERR_OK :
		       wrong(at, ERR_RANGE, "till_utc", "must be later than from_utc");
}

static enum err check_parameter(const struct at *at)
{
	const struct parameter *p = at->object;
	struct civil date;
	if (!str_is_key(p->code)) {
		return wrong(at, ERR_INVAL, "code", "may hold only a-z 0-9 _ . : -");
	}
	if (p->valid_from[0] && !civil_from_date(p->valid_from, &date)) {
		return wrong(at, ERR_INVAL, "valid_from", "is not a date like 2026-01-31");
	}
	return isnan(p->value) && !p->text[0] ?
		       wrong(at, ERR_INVAL, "value", "neither a value nor a text is given") :
		       ERR_OK;
}

/* Pulses and bare numbers carry no unit of their own: the multiplier gives it. */
static bool is_unit_free(enum unit u)
{
	return unit_dimension(u) == DIM_COUNT_OF || unit_dimension(u) == DIM_NONE;
}

static enum err check_binding(const struct site *s, const struct at *at)
{
	const struct binding *b = at->object;
	const struct meter_register *r = site_find(s, OBJECT_REGISTER, b->meter_register);
	const struct channel *c = site_find(s, OBJECT_CHANNEL, b->channel);
	char what[160];
	if (b->from_utc >= b->till_utc) {
		return wrong(at, ERR_RANGE, "till_utc", "must be later than from_utc");
	}
	if (!isfinite(b->multiplier) || b->multiplier == 0) {
		return wrong(at, ERR_RANGE, "multiplier", "must be a number other than zero");
	}
	if (unit_dimension(r->unit) != unit_dimension(c->unit) && !is_unit_free(r->unit)) {
		(void)snprintf(what, sizeof(what),
			"its unit %s does not convert to %s of channel %lld", unit_code(r->unit),
			unit_code(c->unit), (long long)c->id);
		return wrong(at, ERR_INVAL, "register", what);
	}
	return ERR_OK;
}

/* What feeds a channel for a time: a binding or a formula. */
struct feed {
	enum object_kind kind;
	const void *object;
	int64_t channel, from_utc, till_utc;
};

static int compare_feeds(const void *a, const void *b)
{
	const struct feed *x = a, *y = b;
	if (x->channel != y->channel) {
		return x->channel < y->channel ? -1 : 1;
	}
	return (x->from_utc > y->from_utc) - (x->from_utc < y->from_utc);
}

static enum err check_overlaps(const struct site *s, struct site_fault *fault, struct diag *diag)
{
	size_t bindings = s->counts[OBJECT_BINDING], n = bindings + s->counts[OBJECT_FORMULA];
	struct feed *order = malloc((n ? n : 1) * sizeof(*order));
	enum err e = ERR_OK;
	if (!order) {
		return err_set(diag, ERR_NOMEM, "checking %zu bindings and formulas", n);
	}
	for (size_t i = 0; i < bindings; i++) {
		const struct binding *b = &s->bindings[i];
		order[i] = (struct feed){OBJECT_BINDING, b, b->channel, b->from_utc, b->till_utc};
	}
	for (size_t i = bindings; i < n; i++) {
		const struct formula_text *f = &s->formulas[i - bindings];
		order[i] = (struct feed){OBJECT_FORMULA, f, f->channel, f->from_utc, f->till_utc};
	}
	qsort(order, n, sizeof(*order), compare_feeds);
	for (size_t i = 1; i < n && !e; i++) {
		const struct feed *x = &order[i - 1], *y = &order[i];
		if (x->channel == y->channel && x->till_utc > y->from_utc) {
			char what[120];
			struct at at = {y->kind, y->object, diag, fault};
			(void)snprintf(what, sizeof(what),
				"overlaps %s %lld of the same channel %lld",
				object_kind_info(x->kind)->name, (long long)object_id(x->object),
				(long long)y->channel);
			e = wrong(&at, ERR_CONFLICT, "from_utc", what);
		}
	}
	free(order);
	return e;
}

static int compare_numbers(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* One sequence of ids for all kinds: an id alone names an object. */
static enum err check_ids(const struct site *s, struct diag *diag)
{
	size_t n = 0, total = 0;
	for (int k = 0; k < OBJECT_KIND_COUNT; k++) {
		total += s->counts[k];
	}
	int64_t *ids = malloc((total ? total : 1) * sizeof(*ids));
	if (!ids) {
		return err_set(diag, ERR_NOMEM, "checking %zu objects", total);
	}
	for (int k = 0; k < OBJECT_KIND_COUNT; k++) {
		for (size_t i = 0; i < s->counts[k]; i++) {
			ids[n++] = object_id(site_at(s, (enum object_kind)k, i));
		}
	}
	qsort(ids, n, sizeof(*ids), compare_numbers);
	enum err e = ERR_OK;
	for (size_t i = 1; i < n && !e; i++) {
		if (ids[i] == ids[i - 1]) {
			e = err_set(diag, ERR_EXISTS, "two objects have the number %lld",
				(long long)ids[i]);
		}
	}
	free(ids);
	return e;
}

static enum err check_object(const struct site *s, const struct at *at)
{
	enum err e = check_fields(s, at);
	if (e) {
		return e;
	}
	switch (at->kind) {
	case OBJECT_PLACE: return check_place(s, at);
	case OBJECT_LINE: return check_line(at);
	case OBJECT_METER: return check_meter(at);
	case OBJECT_REGISTER: return check_register(s, at);
	case OBJECT_CHANNEL: return check_channel(s, at);
	case OBJECT_BINDING: return check_binding(s, at);
	case OBJECT_FORMULA: return check_formula(at);
	case OBJECT_PARAMETER: return check_parameter(at);
	case OBJECT_KIND_COUNT: break;
	}
	return ERR_OK;
}

enum err site_check_at(const struct site *s, struct site_fault *ret_fault, struct diag *diag)
{
	if (ret_fault) {
		*ret_fault = (struct site_fault){0};
	}
	TRY(check_ids(s, diag));
	for (int k = 0; k < OBJECT_KIND_COUNT; k++) {
		for (size_t i = 0; i < s->counts[k]; i++) {
			struct at at = {(enum object_kind)k, site_at(s, (enum object_kind)k, i),
				diag, ret_fault};
			TRY(check_object(s, &at));
		}
	}
	return check_overlaps(s, ret_fault, diag);
}

enum err site_check(const struct site *s, struct diag *diag)
{
	return site_check_at(s, NULL, diag);
}
