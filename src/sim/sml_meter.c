/*
 * sml_meter.c - the meter's side of SML: a household meter whose optical port says all it knows every
 * second, as one does after its PIN was entered
 *
 * Energies in tenths of a watt-hour, in integers as short as meters make them; the list has no past
 * values. The server id is that of DIN 43863-5, made of the device's maker and number.
 *
 * Facts: docs/protocols/sml.md.
 */
#include "proto/sml.h"
#include "sim/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SERVER_SIZE 10
#define DATA_MAX    2048
#define STATUS      0x001c0104u /* as DZG and Holley send it */

/* Codes of COSEM's units. */
#define CODE_W  27
#define CODE_WH 30
#define CODE_A  33
#define CODE_V  35
#define CODE_HZ 44

struct value {
	uint8_t c, d, e;
	enum quantity quantity;
	enum unit unit;
	uint8_t code;
	int8_t scaler;
	int tariff; /* 0: all of them */
};

static const struct value values[] = {
	{1, 8, 0, QUANTITY_ACTIVE_ENERGY, UNIT_WH, CODE_WH, -1, 0},
	{1, 8, 1, QUANTITY_ACTIVE_ENERGY, UNIT_WH, CODE_WH, -1, 1},
	{1, 8, 2, QUANTITY_ACTIVE_ENERGY, UNIT_WH, CODE_WH, -1, 2},
	{2, 8, 0, QUANTITY_ACTIVE_ENERGY_EXPORT, UNIT_WH, CODE_WH, -1, 0},
	{16, 7, 0, QUANTITY_ACTIVE_POWER, UNIT_W, CODE_W, 0, 0},
	{32, 7, 0, QUANTITY_VOLTAGE, UNIT_V, CODE_V, -1, 0},
	{31, 7, 0, QUANTITY_CURRENT, UNIT_A, CODE_A, -2, 0},
	{14, 7, 0, QUANTITY_FREQUENCY, UNIT_HZ, CODE_HZ, -1, 0},
};

static void server_id(const struct sim_device *d, uint8_t id[static SERVER_SIZE])
{
	unsigned long number = strtoul(d->serial, NULL, 10);
	id[0] = SERVER_SIZE;
	id[1] = 1;
	for (int i = 0; i < 3; i++) {
		id[2 + i] = d->maker[0] ? (uint8_t)d->maker[i] : 'X';
	}
	id[5] = 0;
	for (int i = 0; i < 4; i++) {
		id[6 + i] = (uint8_t)(number >> (24 - 8 * i));
	}
}

static unsigned width_of(int64_t v)
{
	unsigned width = 1;
	while (width < 8 && (v >> (8 * width - 1)) != 0 && (v >> (8 * width - 1)) != -1) {
		width++;
	}
	return width;
}

static void put_code(struct buf *out, uint8_t c, uint8_t d, uint8_t e, uint8_t f)
{
	const uint8_t code[] = {1, 0, c, d, e, f};
	sml_put_list(out, 7);
	sml_put_octets(out, SLICE(code));
}

static void put_text(struct buf *out, uint8_t c, uint8_t d, uint8_t f, struct slice text)
{
	put_code(out, c, d, d == 50 ? 1 : 0, f);
	for (int i = 0; i < 4; i++) {
		sml_put_none(out);
	}
	sml_put_octets(out, text);
	sml_put_none(out);
}

static double measured(const struct sim_device *d, const struct value *x, int64_t now_us)
{
	return x->tariff ? sim_tariff_reading(d, x->quantity, x->unit, x->tariff, now_us) :
			   sim_reading(d, x->quantity, x->unit, now_us);
}

static void put_value(
	struct buf *out, const struct value *x, double v, unsigned seconds, bool has_status)
{
	/* a counter shows what is full, a gauge what is nearest */
	double steps = v * pow(10, -x->scaler);
	int64_t number = (int64_t)(x->d == 8 ? floor(steps + 1e-6) : round(steps));
	put_code(out, x->c, x->d, x->e, 255);
	if (has_status) {
		sml_put_uint(out, STATUS, 4);
		sml_put_list(out, 2);
		sml_put_uint(out, SML_TIME_INDEX, 1);
		sml_put_uint(out, seconds, 4);
	} else {
		sml_put_none(out);
		sml_put_none(out);
	}
	sml_put_uint(out, x->code, 1);
	sml_put_int(out, x->scaler, 1);
	sml_put_int(out, number, width_of(number));
	sml_put_none(out);
}

static void put_list(const struct sim_device *d, const uint8_t *id, unsigned seconds,
	int64_t now_us, struct buf *out)
{
	static const uint8_t list_name[] = {1, 0, 98, 10, 255, 255};
	struct slice server = {id, SERVER_SIZE};
	size_t n = 2;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		n += isnan(measured(d, &values[i], now_us)) ? 0 : 1;
	}
	sml_put_list(out, 7);
	sml_put_none(out);
	sml_put_octets(out, server);
	sml_put_octets(out, SLICE(list_name));
	sml_put_list(out, 2);
	sml_put_uint(out, SML_TIME_INDEX, 1);
	sml_put_uint(out, seconds, 4);
	sml_put_list(out, n);
	put_text(out, 96, 50, 1, (struct slice){id + 2, 3});
	put_text(out, 96, 1, 255, server);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		double v = measured(d, &values[i], now_us);
		if (!isnan(v)) {
			put_value(out, &values[i], v, seconds, i == 0);
		}
	}
	sml_put_none(out);
	sml_put_none(out);
}

static void push(struct sim_device *d, int64_t now_us, struct buf *out)
{
	uint8_t id[SERVER_SIZE], transaction[4];
	struct buf data;
	unsigned seconds = (unsigned)(now_us / 1000000 - d->born_utc);
	for (int i = 0; i < 4; i++) {
		transaction[i] = (uint8_t)(seconds >> (24 - 8 * i));
	}
	buf_init(&data, DATA_MAX);
	server_id(d, id);
	size_t begin = sml_begin(&data, SLICE(transaction), SML_OPEN_REPLY);
	sml_put_list(&data, 6);
	sml_put_none(&data);
	sml_put_none(&data);
	sml_put_octets(&data, SLICE(transaction));
	sml_put_octets(&data, SLICE(id));
	sml_put_none(&data);
	sml_put_none(&data);
	sml_end(&data, begin);
	begin = sml_begin(&data, SLICE(transaction), SML_LIST_REPLY);
	put_list(d, id, seconds, now_us, &data);
	sml_end(&data, begin);
	begin = sml_begin(&data, SLICE(transaction), SML_CLOSE_REPLY);
	sml_put_list(&data, 1);
	sml_put_none(&data);
	sml_end(&data, begin);
	if (!data.is_full) {
		sml_frame(out, buf_slice(&data));
	}
	buf_fini(&data);
}

/* It hears nothing: what comes in at the optical port is the reading head's own light. */
static struct frame_verdict deaf(struct slice so_far)
{
	return (struct frame_verdict){FRAME_JUNK, so_far.size};
}

const struct sim_protocol sim_sml = {.name = "sml", .frame = deaf, .push = push, .push_ms = 1000};
