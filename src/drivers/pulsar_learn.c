/*
 * pulsar_learn.c - which channels a Pulsar has and what they measure; see pulsar_driver.h
 *
 *   heat meter    3 t1, 4 t2, 5 dt, 6 power, 7 energy, 8 volume, 9 flow, 10..13 pulse inputs 1..4,
 *                 20 hours of normal operation
 *   all others    n: pulse input n, in the unit its weight was given in, by default m3
 *
 * A mask with a channel the meter does not have is refused as a whole, which tells what it has:
 * channel 20 without channel 1 is a heat meter's; of the counters the largest model is tried first. What was learnt
 * is kept until the process ends.
 */
#include "drivers/pulsar_driver.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOURS_CHANNEL  20
#define FIRST_INPUT    10 /* of a heat meter */
#define LAST_INPUT     13
#define LEAST_DECIMALS 6

#define BIT(n)         (1u << ((n)-1))

static const struct {
	int number;
	const char *key;
	enum quantity quantity;
	enum unit unit;
	bool has_archive; /* as a reading: whether a gauge's record is a mean is not known */
} heat[] = {
	{3, "temperature_supply", QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, false},
	{4, "temperature_return", QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, false},
	{5, "temperature_difference", QUANTITY_TEMPERATURE_DIFFERENCE, UNIT_K, false},
	{6, "heat_power", QUANTITY_HEAT_POWER, UNIT_GCAL_H, false},
	{7, "heat_energy", QUANTITY_HEAT_ENERGY, UNIT_GCAL, true},
	{8, "volume", QUANTITY_VOLUME, UNIT_M3, true},
	{9, "flow", QUANTITY_FLOW, UNIT_M3_H, false},
	{HOURS_CHANNEL, "operating_time", QUANTITY_OPERATING_TIME, UNIT_H, true},
};

/* The quantity of pulse input `n`: entry n of the list, or its last. */
static bool input_quantity(struct talk *t, int n, enum quantity *ret)
{
	const char *at = talk_param_text(t, "quantities");
	char code[48];
	for (int i = 1;; i++) {
		size_t size = strcspn(at, ",");
		if (i == n || !at[size]) {
			if (size == 0 || size >= sizeof(code)) {
				return false;
			}
			memcpy(code, at, size);
			code[size] = 0;
			return quantity_from_code(code, ret) && quantity_kind(*ret) == KIND_COUNTER;
		}
		at += size + 1;
	}
}

static bool input_channel(
	struct talk *t, int number, int input, bool is_only, struct pulsar_channel *ret)
{
	enum quantity q;
	if (!input_quantity(t, input, &q)) {
		return false;
	}
	*ret = (struct pulsar_channel){
		.number = number, .quantity = q, .unit = quantity_unit(q), .has_archive = true};
	(void)snprintf(
		ret->key, sizeof(ret->key), is_only ? "%s" : "%s.%d", quantity_code(q), input);
	return true;
}

bool pulsar_channel_of(struct pulsar_peer *p, int number, struct pulsar_channel *ret)
{
	if (p->state->kind != PULSAR_HEAT) {
		return input_channel(p->talk, number, number, p->state->kind == PULSAR_WATER, ret);
	}
	if (number >= FIRST_INPUT && number <= LAST_INPUT) {
		return input_channel(p->talk, number, number - FIRST_INPUT + 1, false, ret);
	}
	for (size_t i = 0; i < sizeof(heat) / sizeof(heat[0]); i++) {
		if (heat[i].number == number) {
			*ret = (struct pulsar_channel){.number = number,
				.quantity = heat[i].quantity,
				.unit = heat[i].unit,
				.has_archive = heat[i].has_archive,
				.is_whole = number == HOURS_CHANNEL};
			(void)snprintf(ret->key, sizeof(ret->key), "%s", heat[i].key);
			return true;
		}
	}
	return false;
}

double pulsar_hours(const uint8_t *bytes)
{
	uint32_t v = pulsar_u32(bytes);
	/* documented as u32 and sent as a float in archives: no meter runs for 16 million hours, and
	 * no float of an hour or more has so few bits */
	return v < 0x01000000 ? (double)v : pulsar_value(bytes, 4);
}

int pulsar_decimals(const struct pulsar_state *s, int number)
{
	double w = s->has_weights ? s->weights[number - 1] : NAN;
	if (s->kind == PULSAR_HEAT || isnan(w) || w <= 0) {
		return -1;
	}
	for (int n = 0; n <= LEAST_DECIMALS; n++, w *= 10) {
		if (fabs(w - round(w)) < 1e-6 * w) {
			return n;
		}
	}
	return -1;
}

/* "1-4,6" as a mask; 0: no such list. */
static uint32_t channels_parse(const char *text)
{
	uint32_t mask = 0;
	while (*text) {
		char *end;
		long from = strtol(text, &end, 10), till = from;
		if (end == text) {
			return 0;
		}
		if (*end == '-') {
			text = end + 1;
			till = strtol(text, &end, 10);
		}
		if (end == text || from < 1 || till < from || till > PULSAR_CHANNEL_MAX ||
			(*end && *end != ',')) {
			return 0;
		}
		for (; from <= till; from++) {
			mask |= BIT((unsigned)from);
		}
		text = *end ? end + 1 : end;
	}
	return mask;
}

enum err pulsar_params_check(struct talk *t)
{
	static const char *const kinds[] = {"auto", "counter", "water", "heat"};
	const char *kind = talk_param_text(t, "kind"), *channels = talk_param_text(t, "channels");
	enum quantity q;
	bool is_known = false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		is_known = is_known || strcmp(kind, kinds[i]) == 0;
	}
	if (!is_known) {
		return talk_fail(
			t, ERR_INVAL, "kind: auto, counter, water or heat, not '%s'", kind);
	}
	if (*channels && !channels_parse(channels)) {
		return talk_fail(t, ERR_INVAL, "channels: such as 1-4,6, not '%s'", channels);
	}
	for (int n = 1; n <= PULSAR_CHANNEL_MAX; n++) {
		if (!input_quantity(t, n, &q)) {
			return talk_fail(t, ERR_INVAL,
				"quantities: codes of counted quantities such as volume,pulses; "
				"number %d is none",
				n);
		}
	}
	return ERR_OK;
}

/* *ret_has: the meter has all channels of the mask. */
static enum err has_channels(struct pulsar_peer *p, uint32_t mask, bool *ret_has, size_t *ret_size)
{
	struct pulsar_frame f;
	enum err e = pulsar_ask_mask(p, PULSAR_READ, mask, &f);
	*ret_has = !e;
	*ret_size = e ? 0 : f.data.size;
	return err_is_answer(e) ? ERR_OK : e; /* most often PULSAR_BAD_MASK */
}

/* Channel 20 as a float, and no channel 1: a recorder of 24 inputs has both. */
static enum err is_heat_meter(struct pulsar_peer *p, bool *ret_is)
{
	size_t size = 0, first_size;
	bool has = false, has_first = false;
	enum err e = has_channels(p, BIT(HOURS_CHANNEL), &has, &size);
	*ret_is = has && size == 4; /* doubles are a recorder's */
	if (e || !*ret_is) {
		return e;
	}
	e = has_channels(p, BIT(1), &has_first, &first_size);
	if (!e && has_first) {
		return talk_fail(p->talk, ERR_INVAL,
			"kind: the meter has channels 1 and 20, as a heat meter and a counter of "
			"24 inputs may; say heat or counter");
	}
	return e;
}

static enum err learn_heat(struct pulsar_peer *p, uint32_t wanted)
{
	size_t size;
	bool has;
	uint32_t mask = 0;
	for (int n = 3; n <= HOURS_CHANNEL; n++) {
		struct pulsar_channel c;
		mask |= pulsar_channel_of(p, n, &c) ? BIT(n) : 0;
	}
	mask &= wanted ? wanted : UINT32_MAX;
	enum err e = has_channels(p, mask, &has, &size);
	if (e || has) {
		p->state->mask = e ? 0 : mask;
		return e;
	}
	uint32_t found = 0;
	for (int n = 3; n <= HOURS_CHANNEL && !e; n++) {
		if (mask & BIT(n)) {
			e = has_channels(p, BIT(n), &has, &size);
			found |= has ? BIT(n) : 0;
		}
	}
	p->state->mask = e ? 0 : found;
	return e;
}

static enum err learn_counter(struct pulsar_peer *p)
{
	static const int models[] = {24, 16, 10, 6, 4, 2, 1};
	enum err e = ERR_OK;
	bool has = false;
	size_t size = 0;
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]) && !e && !has; i++) {
		uint32_t mask = UINT32_MAX >> (32 - models[i]);
		e = has_channels(p, mask, &has, &size);
		p->state->mask = has ? mask : 0;
	}
	if (p->state->kind == PULSAR_KIND_UNKNOWN) {
		p->state->kind = p->state->mask == 1 && size == 4 ? PULSAR_WATER : PULSAR_COUNTER;
	}
	return e;
}

/* Of the pulse counters; what does not have weights refuses, and that is that. */
static enum err learn_weights(struct pulsar_peer *p)
{
	struct pulsar_state *s = p->state;
	struct pulsar_frame f;
	if (s->has_weights || s->is_weight_refused || s->kind == PULSAR_HEAT ||
		!talk_param(p->talk, "service")) {
		return ERR_OK;
	}
	for (size_t i = 0; i < PULSAR_CHANNEL_MAX; i++) {
		s->weights[i] = NAN;
	}
	enum err e = pulsar_ask_mask(p, PULSAR_READ_WEIGHT, s->mask, &f);
	if (e) {
		s->is_weight_refused = err_is_answer(e);
		return err_is_answer(e) ? ERR_OK : e;
	}
	size_t at = 0;
	for (int n = 1; n <= PULSAR_CHANNEL_MAX && at + 4 <= f.data.size; n++) {
		if (s->mask & BIT(n)) {
			s->weights[n - 1] = pulsar_value(f.data.data + at, 4);
			at += 4;
		}
	}
	s->has_weights = true;
	return ERR_OK;
}

enum err pulsar_learn(struct pulsar_peer *p)
{
	struct pulsar_state *s = p->state;
	const char *kind = talk_param_text(p->talk, "kind");
	uint32_t wanted = channels_parse(talk_param_text(p->talk, "channels"));
	bool is_auto = strcmp(kind, "auto") == 0, is_heat = strcmp(kind, "heat") == 0;
	enum err e = pulsar_params_check(p->talk);
	if (!e && s->mask == 0) {
		s->kind = strcmp(kind, "counter") == 0 ? PULSAR_COUNTER :
			  strcmp(kind, "water") == 0   ? PULSAR_WATER :
							 PULSAR_KIND_UNKNOWN;
		if (is_auto) {
			e = is_heat_meter(p, &is_heat);
		}
		s->kind = is_heat ? PULSAR_HEAT : s->kind;
		if (!e && is_heat) {
			e = learn_heat(p, wanted);
		} else if (!e && s->kind == PULSAR_WATER) {
			s->mask = 1;
		} else if (!e && wanted) {
			s->mask = wanted;
			s->kind = s->kind ? s->kind : PULSAR_COUNTER;
		} else if (!e) {
			e = learn_counter(p);
		}
		if (!e && s->mask == 0) {
			return talk_fail(p->talk, ERR_NODATA,
				"the meter has none of the channels asked for");
		}
	}
	return e ? e : learn_weights(p);
}
