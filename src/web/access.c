/*
 * access.c - rights from grants; see access.h
 */
#include "web/access.h"

#include <stdlib.h>
#include <string.h>

#define ALL_RIGHTS                                                                           \
	(ACCESS_SEE | ACCESS_DATA | ACCESS_DEVICES | ACCESS_OPERATE | ACCESS_SETUP_DEVICES | \
		ACCESS_SETUP_PLACES | ACCESS_EDIT | ACCESS_CLOSE | ACCESS_USERS)
#define TECHNICIAN (ACCESS_SEE | ACCESS_DEVICES | ACCESS_OPERATE | ACCESS_SETUP_DEVICES)
#define MANAGER \
	(ACCESS_SEE | ACCESS_DATA | ACCESS_DEVICES | ACCESS_OPERATE | ACCESS_EDIT | ACCESS_CLOSE)

/* clang-format off */
static const struct {
	unsigned common, in_private;
} roles[ROLE_COUNT] = {
	[ROLE_RESIDENT]      = {ACCESS_SEE | ACCESS_DATA, ACCESS_SEE | ACCESS_DATA},
	[ROLE_TECHNICIAN]    = {TECHNICIAN | ACCESS_DATA | ACCESS_EDIT, TECHNICIAN},
	[ROLE_MANAGER]       = {MANAGER, MANAGER},
	[ROLE_SUPPLIER]      = {ACCESS_SEE | ACCESS_DATA, 0},
	[ROLE_CITY]          = {ACCESS_SEE | ACCESS_DATA, 0},
	[ROLE_ADMINISTRATOR] = {ALL_RIGHTS, ALL_RIGHTS},
};
/* clang-format on */

struct grant_list_ctx {
	struct access *access;
	size_t cap;
};

static enum err keep_grant(void *ctx, const struct grant *g)
{
	struct grant_list_ctx *c = ctx;
	struct access *a = c->access;
	if (a->count == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 4;
		struct grant *grants = realloc(a->grants, cap * sizeof(*grants));
		if (!grants) {
			return ERR_NOMEM;
		}
		a->grants = grants;
		c->cap = cap;
	}
	if (g->role < ROLE_COUNT) {
		a->grants[a->count++] = *g;
	}
	return ERR_OK;
}

enum err access_load(struct store *store, int64_t user, struct access *ret_access)
{
	struct access a = {0};
	struct grant_list_ctx ctx = {&a, 0};
	enum err e = grant_list(store, user, keep_grant, &ctx);
	if (e) {
		access_fini(&a);
		return e;
	}
	*ret_access = a;
	return ERR_OK;
}

void access_fini(struct access *a)
{
	free(a->grants);
	*a = (struct access){0};
}

enum err access_copy(const struct access *from, struct access *ret_access)
{
	struct access a = {calloc(from->count ? from->count : 1, sizeof(*a.grants)), from->count};
	if (!a.grants) {
		return ERR_NOMEM;
	}
	if (from->count) {
		memcpy(a.grants, from->grants, from->count * sizeof(*a.grants));
	}
	*ret_access = a;
	return ERR_OK;
}

/* Building, its heating points and common rooms: what everybody who lives there pays for. */
static bool is_shared(const struct site *s, int64_t place, int64_t building)
{
	const struct place *p = site_find(s, OBJECT_PLACE, place);
	return p && building && site_building(s, place) == building &&
	       (place == building || p->kind == PLACE_HEATING_POINT || p->kind == PLACE_COMMON);
}

static unsigned of_grant(
	const struct grant *g, const struct site *s, int64_t place, bool place_is_private)
{
	unsigned rights = place_is_private ? roles[g->role].in_private : roles[g->role].common;
	if (g->place != 0) {
		rights &= ~ACCESS_USERS;
	}
	if (g->place == 0 || (place && site_is_within(s, place, g->place))) {
		return rights;
	}
	if (!place) {
		return 0;
	}
	unsigned found = site_is_within(s, g->place, place) ? ACCESS_SEE : 0;
	if (g->role == ROLE_RESIDENT && !place_is_private &&
		is_shared(s, place, site_building(s, g->place))) {
		found |= ACCESS_SEE | ACCESS_DATA;
	}
	return found;
}

unsigned access_at(const struct access *a, const struct site *s, int64_t place)
{
	unsigned rights = 0;
	if (place && !site_find(s, OBJECT_PLACE, place)) {
		return 0;
	}
	bool place_is_private = site_is_private(s, place);
	for (size_t i = 0; i < a->count; i++) {
		rights |= of_grant(&a->grants[i], s, place, place_is_private);
	}
	return rights;
}

unsigned access_anywhere(const struct access *a)
{
	unsigned rights = 0;
	for (size_t i = 0; i < a->count; i++) {
		unsigned of_role = roles[a->grants[i].role].common |
				   roles[a->grants[i].role].in_private;
		rights |= a->grants[i].place ? of_role & ~ACCESS_USERS : of_role;
	}
	return rights;
}

static unsigned at_line(const struct access *a, const struct site *s, int64_t line)
{
	unsigned nowhere = access_at(a, s, 0);
	unsigned any = 0;
	unsigned all = ~0u;
	bool has_meters = false;
	for (size_t i = 0; i < s->counts[OBJECT_METER]; i++) {
		if (s->meters[i].line == line) {
			unsigned rights = access_at(a, s, s->meters[i].place);
			any |= rights;
			all &= rights;
			has_meters = true;
		}
	}
	unsigned of_meters = 0;
	if (has_meters) {
		/* the trace shows every meter of the line, a change concerns every one */
		unsigned wants_all = ACCESS_OPERATE | ACCESS_SETUP_DEVICES;
		of_meters = (any & ~wants_all) | (all & wants_all);
	}
	return nowhere | of_meters;
}

unsigned access_object(
	const struct access *a, const struct site *s, enum object_kind kind, const void *object)
{
	if (!object) {
		return 0;
	}
	const struct meter_register *reg = object;
	const struct meter *meter = object;
	switch (kind) {
	case OBJECT_PLACE: return access_at(a, s, object_id(object));
	case OBJECT_FORMULA: {
		const struct formula_text *f = object;
		const struct channel *c = site_find(s, OBJECT_CHANNEL, f->channel);
		return c ? access_at(a, s, c->place) : 0;
	}
	case OBJECT_PARAMETER: {
		/* what holds everywhere may be read by everybody who has anything here */
		int64_t place = ((const struct parameter *)object)->place;
		unsigned rights = access_at(a, s, place);
		return place ? rights : rights | (access_anywhere(a) & (ACCESS_SEE | ACCESS_DATA));
	}
	case OBJECT_CHANNEL: return access_at(a, s, ((const struct channel *)object)->place);
	case OBJECT_LINE: return at_line(a, s, object_id(object));
	case OBJECT_BINDING: {
		const struct binding *b = object;
		const struct channel *c = site_find(s, OBJECT_CHANNEL, b->channel);
		reg = site_find(s, OBJECT_REGISTER, b->meter_register);
		if (!c || !(access_at(a, s, c->place) & ACCESS_SEE)) {
			return 0;
		}
		return access_object(a, s, OBJECT_REGISTER, reg);
	}
	case OBJECT_REGISTER: meter = site_find(s, OBJECT_METER, reg->meter); break;
	case OBJECT_METER: break;
	case OBJECT_KIND_COUNT: return 0;
	}
	return meter ? access_at(a, s, meter->place) : 0;
}
