/*
 * mbus_sample.c - a record becomes a sample; see mbus_driver.h
 *
 * The VIF says "energy", the medium of the header says whose: the same VIF 06 is heat_energy in a
 * heat meter and active_energy in an electricity meter.
 *
 * Key: <quantity>[.l<phase>][.t<tariff>][.u<sub-unit>][.max|.min|.err][.x<VIFE>|.m<VIFE>][.<n>]
 *   x  a VIFE that makes another value of it (3c: backward flow), hex
 *   m  a manufacturer's own VIFE, hex
 *   n  the second, third ... record of one telegram that would have the same key
 */
#include "drivers/mbus_driver.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FORWARD     0x3b
#define BACKWARD    0x3c
#define UNCORRECTED 0x3a
#define AT_BASE     0x3e
#define EXTENSION   0x80

enum group {
	GROUP_OTHER,
	GROUP_HEAT,
	GROUP_COOLING,
	GROUP_WARM,
	GROUP_WATER,
	GROUP_GAS,
	GROUP_POWER
};

static enum group group_of(uint8_t medium)
{
	switch (medium) {
	case 0x04:
	case 0x0c:
	case 0x0d: return GROUP_HEAT;
	case 0x0a:
	case 0x0b: return GROUP_COOLING;
	case 0x06:
	case 0x15: return GROUP_WARM;
	case 0x07:
	case 0x11:
	case 0x16:
	case 0x17: return GROUP_WATER;
	case 0x03:
	case 0x12:
	case 0x13: return GROUP_GAS;
	case 0x02:
	case 0x20: return GROUP_POWER;
	default: return GROUP_OTHER;
	}
}

static enum quantity quantity_of(const struct mbus_record *r, uint8_t medium)
{
	static const struct {
		enum quantity vif;
		enum group group;
		enum quantity quantity;
	} rows[] = {
		{QUANTITY_ENERGY, GROUP_HEAT, QUANTITY_HEAT_ENERGY},
		{QUANTITY_ENERGY, GROUP_COOLING, QUANTITY_COOLING_ENERGY},
		{QUANTITY_ENERGY, GROUP_POWER, QUANTITY_ACTIVE_ENERGY},
		{QUANTITY_POWER, GROUP_HEAT, QUANTITY_HEAT_POWER},
		{QUANTITY_POWER, GROUP_COOLING, QUANTITY_HEAT_POWER},
		{QUANTITY_POWER, GROUP_POWER, QUANTITY_ACTIVE_POWER},
		{QUANTITY_VOLUME, GROUP_WARM, QUANTITY_HOT_WATER},
		{QUANTITY_VOLUME, GROUP_WATER, QUANTITY_COLD_WATER},
		{QUANTITY_VOLUME, GROUP_GAS, QUANTITY_GAS},
	};
	enum group group = group_of(medium);
	enum quantity q = r->quantity;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].vif == q && rows[i].group == group) {
			q = rows[i].quantity;
			break;
		}
	}
	if (r->modifier == BACKWARD && q == QUANTITY_ACTIVE_ENERGY) {
		return QUANTITY_ACTIVE_ENERGY_EXPORT;
	}
	if (r->modifier == BACKWARD && q == QUANTITY_REACTIVE_ENERGY) {
		return QUANTITY_REACTIVE_ENERGY_EXPORT;
	}
	if (r->slot.function == MBUS_ERROR && q == QUANTITY_ON_TIME) {
		return QUANTITY_ERROR_TIME;
	}
	return q;
}

unsigned mbus_status_flags(uint8_t status)
{
	bool is_abnormal = (status & 3) >= 2 || (status & 0x18);
	return is_abnormal ? QUALITY_ABNORMAL : 0;
}

/* Values worth keeping apart under a key of their own. */
static bool is_kept_modifier(uint8_t m)
{
	return m == 0 || m == FORWARD || m == BACKWARD || m == UNCORRECTED || m == AT_BASE ||
	       m & EXTENSION;
}

static uint32_t hash_key(const char *key)
{
	uint32_t h = 2166136261u;
	for (; *key; key++) {
		h = (h ^ (uint8_t)*key) * 16777619u;
	}
	return h;
}

static bool take_key(struct mbus_keys *keys, const char *key)
{
	uint32_t h = hash_key(key);
	for (size_t i = 0; i < keys->n; i++) {
		if (keys->hashes[i] == h) {
			return false;
		}
	}
	if (keys->n < MBUS_KEYS_MAX) {
		keys->hashes[keys->n++] = h;
	}
	return true;
}

/* A part of a key is added whole or not at all. */
static void append(char *key, const char *part)
{
	size_t at = strlen(key), n = strlen(part);
	if (at + n < REGISTER_KEY_CAP) {
		memcpy(key + at, part, n + 1);
	}
}

static void append_number(char *key, const char *tag, unsigned v, bool is_hex)
{
	char part[24];
	if (is_hex) {
		(void)snprintf(part, sizeof(part), "%s%x", tag, v);
	} else {
		(void)snprintf(part, sizeof(part), "%s%u", tag, v);
	}
	append(key, part);
}

/* The VIFE behind the manufacturer's FF, or the reserved one. */
static uint8_t maker_code(const struct mbus_record *r)
{
	for (size_t i = 0; i + 1 < r->vib_size; i++) {
		if (r->vib[i] == 0xff) {
			return r->vib[i + 1] & 0x7f;
		}
	}
	return r->vib_size ? r->vib[r->vib_size - 1] & 0x7f : 0;
}

/* `meaning`: what a map says the record is, NULL nothing; `is_no_value`: its function is a fault. */
static bool make_key(const struct mbus_record *r, enum quantity q,
	const struct mbus_meaning *meaning, bool is_no_value, struct mbus_keys *keys, char *key)
{
	static const char *const functions[] = {"", ".max", ".min", ".err"};
	(void)snprintf(key, REGISTER_KEY_CAP, "%s", quantity_code(q));
	if (r->phase) {
		append_number(key, ".l", (unsigned)r->phase, false);
	}
	if (r->slot.tariff) {
		append_number(key, ".t", r->slot.tariff, false);
	}
	if (r->slot.subunit) {
		append_number(key, ".u", r->slot.subunit, false);
	}
	if (q != QUANTITY_ERROR_TIME && !is_no_value) {
		append(key, functions[r->slot.function]);
	}
	bool is_export = q == QUANTITY_ACTIVE_ENERGY_EXPORT || q == QUANTITY_REACTIVE_ENERGY_EXPORT;
	if (meaning && meaning->bytes_n) {
		; /* the map knows what the maker's coding means */
	} else if (r->is_maker_coded) {
		append_number(key, ".m", maker_code(r), true);
	} else if (r->modifier && r->modifier != FORWARD && !is_export) {
		append_number(key, ".x", r->modifier, true);
	}
	size_t base = strlen(key);
	for (unsigned i = 2; !take_key(keys, key); i++) {
		if (i > 99) {
			return false;
		}
		key[base] = 0;
		append_number(key, ".", i, false);
	}
	return true;
}

static bool is_wanted(const struct mbus_record *r, enum quantity q)
{
	bool has_value = r->type == MBUS_TYPE_NUMBER || r->type == MBUS_TYPE_INVALID;
	bool has_text = quantity_kind(q) == KIND_INFO && r->text[0] &&
			(r->type == MBUS_TYPE_TEXT || r->type == MBUS_TYPE_NUMBER ||
				r->type == MBUS_TYPE_TIME);
	if (q == QUANTITY_UNKNOWN || q == QUANTITY_MANUFACTURER_SPECIFIC ||
		q == QUANTITY_DURATION) {
		return false;
	}
	if (!r->is_maker_coded && !is_kept_modifier(r->modifier)) {
		return false;
	}
	return quantity_kind(q) == KIND_INFO ? has_text : has_value;
}

/* A few bytes of the maker's coding a map knows to be a whole number. */
static bool plain_number(
	const struct mbus_record *r, const struct mbus_meaning *meaning, double *ret_v)
{
	if (!meaning || !meaning->bytes_n || r->type != MBUS_TYPE_BYTES || r->data.size < 1 ||
		r->data.size > 4) {
		return false;
	}
	struct reader in = reader_of(r->data);
	*ret_v = (double)reader_uint_le(&in, r->data.size);
	return true;
}

bool mbus_sample_of(const struct mbus_record *r, const struct mbus_header *h,
	const struct mbus_map *map, struct mbus_keys *keys, char key[static REGISTER_KEY_CAP],
	struct sample *ret)
{
	enum quantity q = quantity_of(r, h->medium);
	const struct mbus_meaning *meaning = mbus_map_meaning(map, r, q);
	q = meaning ? meaning->quantity : q;
	bool is_info = quantity_kind(q) == KIND_INFO;
	double plain = NAN;
	bool is_plain = plain_number(r, meaning, &plain);
	bool is_no_value = map && map->is_error_no_value && r->slot.function == MBUS_ERROR &&
			   quantity_kind(q) == KIND_GAUGE;
	bool is_number = (r->type == MBUS_TYPE_NUMBER || is_plain) && !is_info && !is_no_value;
	if (!(is_plain || is_wanted(r, q)) || !make_key(r, q, meaning, is_no_value, keys, key)) {
		return false;
	}
	*ret = (struct sample){.key = key,
		.quantity = q,
		.unit = is_plain ? UNIT_NONE : r->unit,
		.form = FORM_NOW,
		.period = PERIOD_NONE,
		.value = is_plain  ? plain :
			 is_number ? r->value :
				     NAN,
		.decimals = is_plain ? 0 : r->decimals,
		.quality = quality_make(is_number || is_info ? QUALITY_MEASURED : QUALITY_MISSING,
			SOURCE_NONE, mbus_status_flags(mbus_map_status(map, h->status))),
		.text = is_info ? r->text : NULL};
	if (is_number && !is_plain && r->digits && quantity_kind(q) == KIND_COUNTER) {
		ret->capacity = decimal_double((struct decimal){1, r->number.exponent + r->digits});
	}
	return true;
}

bool mbus_moment(const struct mbus_record *r, const struct zone *z, bool is_exact, int64_t *ret_utc)
{
	struct civil c = r->time.local;
	if (r->type != MBUS_TYPE_TIME || r->time.is_every || c.year == 0) {
		return false;
	}
	bool is_date = c.hour < 0;
	if (is_date) {
		c.hour = c.minute = c.second = 0;
	}
	int64_t utc = zone_utc(z, c, !r->time.is_summer);
	if (!is_exact && is_date && c.day != 1) {
		c = civil_from_utc(civil_to_utc(c) + 86400);
		utc = zone_utc(z, c, false);
	} else if (!is_exact && c.minute == 59) {
		utc += 60 - c.second;
	}
	*ret_utc = utc;
	return true;
}
