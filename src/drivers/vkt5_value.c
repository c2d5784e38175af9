/*
 * vkt5_value.c - a heat input of a VKT-5 becomes samples
 *
 * Keys: the first supply and return pipe of an input by their purpose, every other pipe by its place
 * among the input's pipes: "mass.3". Input 1 has no suffix, input 2 ".u2" and so on.
 *
 * A pipe without a sensor sends zeros; what the configuration says is not there is left out. A contract
 * pressure is a constant somebody wrote down: class SUBSTITUTED.
 */
#include "drivers/vkt5.h"

#include "model/abnormal.h"

#include <math.h>
#include <stdio.h>

enum measure {
	TEMPERATURE,
	PRESSURE,
	MASS,
	MEASURES
};

struct named {
	enum quantity quantity;
	const char *key;
};

static const struct named by_purpose[MEASURES][2] = {
	[TEMPERATURE] = {{QUANTITY_TEMPERATURE_SUPPLY, "temperature_supply"},
		{QUANTITY_TEMPERATURE_RETURN, "temperature_return"}},
	[PRESSURE] = {{QUANTITY_PRESSURE_SUPPLY, "pressure_supply"},
		{QUANTITY_PRESSURE_RETURN, "pressure_return"}},
	[MASS] = {{QUANTITY_MASS_SUPPLY, "mass_supply"}, {QUANTITY_MASS_RETURN, "mass_return"}},
};

static const struct named by_place[MEASURES] = {
	[TEMPERATURE] = {QUANTITY_TEMPERATURE, "temperature"},
	[PRESSURE] = {QUANTITY_PRESSURE, "pressure"},
	[MASS] = {QUANTITY_MASS, "mass"}};

static const enum unit units[MEASURES] = {
	[TEMPERATURE] = UNIT_DEGC, [PRESSURE] = UNIT_MPA, [MASS] = UNIT_T};

/* The input's pipe at `place`, from 0; NULL: the configuration has no such. */
static const struct vkt5_pipe *pipe_at(const struct vkt5 *v, unsigned input, size_t place)
{
	for (size_t i = 0; i < VKT5_PIPES; i++) {
		const struct vkt5_pipe *p = &v->layout->config.pipes[i];
		if (p->input == input && place-- == 0) {
			return p;
		}
	}
	return NULL;
}

static bool is_first_of_purpose(const struct vkt5 *v, unsigned input, size_t place)
{
	const struct vkt5_pipe *p = pipe_at(v, input, place);
	for (size_t i = 0; i < place; i++) {
		if (pipe_at(v, input, i)->purpose == p->purpose) {
			return false;
		}
	}
	return true;
}

static enum err put(const char *name, int place, const struct vkt5_when *when, struct sample *s,
	struct sink *out)
{
	char key[REGISTER_KEY_CAP], number[16] = "", input[16] = "";
	if (place > 0) {
		(void)snprintf(number, sizeof(number), ".%d", place);
	}
	if (when->input > 1) {
		(void)snprintf(input, sizeof(input), ".u%u", when->input);
	}
	(void)snprintf(key, sizeof(key), "%s%s%s", name, number, input);
	s->key = key;
	s->form = when->form;
	s->period = when->period;
	s->utc = when->utc;
	enum err e = out->put(out, s);
	s->key = NULL;
	return e;
}

static enum err put_pipe(const struct vkt5 *v, size_t place, enum measure m, double value,
	const struct vkt5_when *when, unsigned flags, struct sink *out)
{
	const struct vkt5_pipe *p = pipe_at(v, when->input, place);
	enum quality_class c = QUALITY_MEASURED;
	if (!p || p->purpose == VKT5_ELECTRICITY || p->medium == VKT5_MEDIUM_ELECTRICITY) {
		return ERR_OK; /* what it counts is no mass, and in which unit is not said */
	}
	if ((m == TEMPERATURE && !p->temperature) ||
		(m == PRESSURE && p->pressure == VKT5_PRESSURE_NONE) || (m == MASS && !p->flow)) {
		return ERR_OK;
	}
	if (m == PRESSURE && p->pressure == VKT5_PRESSURE_CONTRACT) {
		c = QUALITY_SUBSTITUTED;
	}
	bool is_named = p->purpose <= VKT5_RETURN && is_first_of_purpose(v, when->input, place);
	const struct named *n = is_named ? &by_purpose[m][p->purpose] : &by_place[m];
	struct sample s = {.quantity = n->quantity,
		.unit = units[m],
		.value = value,
		.decimals = -1,
		.quality = quality_make(isnan(value) ? QUALITY_MISSING : c, SOURCE_NONE, flags)};
	return put(n->key, is_named ? 0 : (int)place + 1, when, &s, out);
}

/* Configuration and data disagree about the pipes: it changed a moment ago. */
static bool is_fitting(const struct vkt5 *v, const struct vkt5_input *in, unsigned input)
{
	return in->n <= VKT5_PIPES && (in->n == 0 || pipe_at(v, input, in->n - 1)) &&
	       !pipe_at(v, input, in->n);
}

enum err vkt5_put_means(const struct vkt5 *v, const struct vkt5_input *in,
	const struct vkt5_when *when, unsigned flags, struct sink *out)
{
	enum err e = ERR_OK;
	if (!is_fitting(v, in, when->input)) {
		return ERR_CONFLICT;
	}
	for (size_t i = 0; !e && i < in->n; i++) {
		e = put_pipe(v, i, TEMPERATURE, in->pipes[i].temperature, when, flags, out);
		e = e ? e : put_pipe(v, i, PRESSURE, in->pipes[i].pressure, when, flags, out);
	}
	return e;
}

enum err vkt5_put_amounts(const struct vkt5 *v, const struct vkt5_input *in,
	const struct vkt5_when *when, unsigned flags, struct sink *out)
{
	const struct {
		struct named named;
		int number;
		enum unit unit;
		double value;
	} sums[] = {{{QUANTITY_HEAT_ENERGY, "heat_energy"}, 0, UNIT_GJ, in->heat},
		{{QUANTITY_HEAT_ENERGY, "heat_energy"}, 1, UNIT_GJ, in->heat_without_hot},
		{{QUANTITY_HEAT_ENERGY_HOT_WATER, "heat_energy_hot_water"}, 0, UNIT_GJ,
			in->heat_hot},
		{{QUANTITY_MASS, "mass"}, 0, UNIT_T, in->mass}};
	enum err e = ERR_OK;
	if (!is_fitting(v, in, when->input)) {
		return ERR_CONFLICT;
	}
	for (size_t i = 0; !e && i < in->n; i++) {
		e = put_pipe(v, i, MASS, in->pipes[i].mass, when, flags, out);
	}
	for (size_t i = 0; !e && i < sizeof(sums) / sizeof(sums[0]); i++) {
		enum quality_class c = isnan(sums[i].value) ? QUALITY_MISSING : QUALITY_MEASURED;
		struct sample s = {.quantity = sums[i].named.quantity,
			.unit = sums[i].unit,
			.value = sums[i].value,
			.decimals = -1,
			.quality = quality_make(c, SOURCE_NONE, flags)};
		e = put(sums[i].named.key, sums[i].number, when, &s, out);
	}
	return e;
}

unsigned vkt5_abnormal(const struct vkt5_trouble *t)
{
	static const unsigned bits[VKT5_DURATIONS] = {[VKT5_T_MAX] = ABNORMAL_FAILURE,
		[VKT5_T_MIN] = ABNORMAL_FAILURE,
		[VKT5_P_MAX] = ABNORMAL_FAILURE,
		[VKT5_P_MIN] = ABNORMAL_FAILURE,
		[VKT5_G_MAX] = ABNORMAL_FLOW_HIGH,
		[VKT5_G_MIN] = ABNORMAL_FLOW_LOW,
		[VKT5_POWER] = ABNORMAL_POWER};
	unsigned all = t->no_power ? ABNORMAL_POWER : 0;
	all |= t->not_counting ? ABNORMAL_FAILURE : 0;
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < VKT5_DURATIONS; k++) {
			all |= t->pipes[i][k] ? bits[k] : 0;
		}
	}
	return all;
}

static enum err put_minutes(enum quantity q, int place, unsigned minutes,
	const struct vkt5_when *when, struct sink *out)
{
	struct sample s = {.quantity = q, .unit = UNIT_MIN, .value = minutes};
	return put(quantity_code(q), place, when, &s, out);
}

enum err vkt5_put_trouble(
	const struct vkt5_trouble *t, const struct vkt5_when *when, struct sink *out)
{
	struct sample s = {.quantity = QUANTITY_ABNORMAL, .value = vkt5_abnormal(t)};
	enum err e = put("abnormal", 0, when, &s, out);
	e = e ? e : put_minutes(QUANTITY_TIME_POWER_OFF, 0, t->no_power, when, out);
	e = e ? e : put_minutes(QUANTITY_ERROR_TIME, 0, t->not_counting, when, out);
	for (size_t i = 0; !e && i < t->n; i++) {
		int place = (int)i + 1;
		e = put_minutes(QUANTITY_TIME_FLOW_LOW, place, t->pipes[i][VKT5_G_MIN], when, out);
		e = e ? e :
			put_minutes(
				QUANTITY_TIME_FLOW_HIGH, place, t->pipes[i][VKT5_G_MAX], when, out);
	}
	return e;
}
