/*
 * vkt5.c - the arrays of a VKT-5; see vkt5.h
 *
 * A heat input of n pipes has 3n + 4 numbers, or 3n + 5 with the norm: the remainder of three tells
 * which. Durations are 9n + 2 words, or 9n + 3 with the disbalance.
 */
#include "proto/vkt5.h"

#include "proto/modbus.h"

#define CONFIG_SIZE  60
#define PIPE_NUMBERS 3
#define SUMS         4 /* M, W, W, W */

bool vkt5_config_get(struct slice data, struct vkt5_config *ret)
{
	struct reader r = reader_of(data);
	struct vkt5_config c = {.room = 0};
	if (data.size != CONFIG_SIZE) {
		return false;
	}
	for (size_t i = 0; i < VKT5_PIPES; i++) {
		struct vkt5_pipe *p = &c.pipes[i];
		p->input = reader_u8(&r);
		p->purpose = reader_u8(&r);
		p->pressure = reader_u8(&r);
		p->temperature = reader_u8(&r);
		p->extra = reader_u8(&r);
		p->medium = reader_u8(&r);
		p->flow = reader_u8(&r);
	}
	c.regulators[0] = reader_u8(&r);
	c.regulators[1] = reader_u8(&r);
	c.room = reader_u8(&r);
	c.report = reader_u8(&r);
	*ret = c;
	return true;
}

void vkt5_config_put(struct buf *to, const struct vkt5_config *c)
{
	for (size_t i = 0; i < VKT5_PIPES; i++) {
		const struct vkt5_pipe *p = &c->pipes[i];
		const uint8_t bytes[] = {p->input, p->purpose, p->pressure, p->temperature,
			p->extra, p->medium, p->flow};
		buf_put(to, bytes, sizeof(bytes));
	}
	const uint8_t rest[] = {c->regulators[0], c->regulators[1], c->room, c->report};
	buf_put(to, rest, sizeof(rest));
}

static double number_get(struct reader *r, bool is_double)
{
	return is_double ? modbus_number(MODBUS_F64, reader_u64be(r)) :
			   modbus_number(MODBUS_F32, reader_u32be(r));
}

static void number_put(struct buf *to, double v, bool is_double)
{
	if (is_double) {
		uint64_t bits = modbus_number_bits(MODBUS_F64, v);
		buf_u32be(to, (uint32_t)(bits >> 32));
		buf_u32be(to, (uint32_t)bits);
	} else {
		buf_u32be(to, (uint32_t)modbus_number_bits(MODBUS_F32, v));
	}
}

/* Sizes: float32 T and P, M of `size`; sums of `size`. Number of pipes, or false. */
static bool count_pipes(size_t bytes, size_t size, size_t *ret_n, bool *ret_has_norm)
{
	size_t pipe = 4 + 4 + size;
	for (int norm = 0; norm < 2; norm++) {
		size_t sums = (SUMS + (size_t)norm) * size;
		if (bytes >= sums && (bytes - sums) % pipe == 0 &&
			(bytes - sums) / pipe <= VKT5_PIPES) {
			*ret_n = (bytes - sums) / pipe;
			*ret_has_norm = norm;
			return true;
		}
	}
	return false;
}

bool vkt5_input_get(struct slice data, bool is_totals, struct vkt5_input *ret)
{
	struct reader r = reader_of(data);
	struct vkt5_input in = {.n = 0};
	if (!count_pipes(data.size, is_totals ? 8 : 4, &in.n, &in.has_norm)) {
		return false;
	}
	for (size_t i = 0; i < in.n; i++) {
		in.pipes[i].temperature = number_get(&r, false);
		in.pipes[i].pressure = number_get(&r, false);
		in.pipes[i].mass = number_get(&r, is_totals);
	}
	in.mass = number_get(&r, is_totals);
	in.heat = number_get(&r, is_totals);
	in.heat_without_hot = number_get(&r, is_totals);
	in.heat_hot = number_get(&r, is_totals);
	in.norm = in.has_norm ? number_get(&r, is_totals) : 0;
	*ret = in;
	return true;
}

void vkt5_input_put(struct buf *to, bool is_totals, const struct vkt5_input *in)
{
	for (size_t i = 0; i < in->n; i++) {
		number_put(to, in->pipes[i].temperature, false);
		number_put(to, in->pipes[i].pressure, false);
		number_put(to, in->pipes[i].mass, is_totals);
	}
	number_put(to, in->mass, is_totals);
	number_put(to, in->heat, is_totals);
	number_put(to, in->heat_without_hot, is_totals);
	number_put(to, in->heat_hot, is_totals);
	if (in->has_norm) {
		number_put(to, in->norm, is_totals);
	}
}

bool vkt5_trouble_get(struct slice data, struct vkt5_trouble *ret)
{
	struct reader r = reader_of(data);
	struct vkt5_trouble t = {.n = 0};
	size_t words = data.size / 2;
	if (data.size % 2 || words < 2 || (words - 2) % VKT5_DURATIONS > 1 ||
		(words - 2) / VKT5_DURATIONS > VKT5_PIPES) {
		return false;
	}
	t.n = (words - 2) / VKT5_DURATIONS;
	t.has_disbalance = (words - 2) % VKT5_DURATIONS == 1;
	for (size_t i = 0; i < t.n; i++) {
		for (size_t k = 0; k < VKT5_DURATIONS; k++) {
			t.pipes[i][k] = reader_u16be(&r);
		}
	}
	t.not_counting = reader_u16be(&r);
	t.no_power = reader_u16be(&r);
	t.disbalance = t.has_disbalance ? reader_u16be(&r) : 0;
	*ret = t;
	return true;
}

void vkt5_trouble_put(struct buf *to, const struct vkt5_trouble *t)
{
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < VKT5_DURATIONS; k++) {
			buf_u16be(to, t->pipes[i][k]);
		}
	}
	buf_u16be(to, t->not_counting);
	buf_u16be(to, t->no_power);
	if (t->has_disbalance) {
		buf_u16be(to, t->disbalance);
	}
}
