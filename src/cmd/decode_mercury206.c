/*
 * decode_mercury206.c - domovoi decode mercury206: frames of Mercury 200, 201, 203, 206
 */
#include "cmd/decode.h"
#include "cmd/decode_out.h"
#include "proto/mercury206.h"

#include <math.h>
#include <stdio.h>

/* What lies where in a reply: decimal digits, the highest first. */
static const struct field {
	uint8_t command, at, size, decimals;
	unsigned tariff;
	enum quantity quantity;
	const char *unit;
} fields[] = {
	{M206_POWER, 0, 2, 2, 0, QUANTITY_ACTIVE_POWER, "kW"},
	{M206_ENERGY, 0, 4, 2, 1, QUANTITY_ACTIVE_ENERGY, "kWh"},
	{M206_ENERGY, 4, 4, 2, 2, QUANTITY_ACTIVE_ENERGY, "kWh"},
	{M206_ENERGY, 8, 4, 2, 3, QUANTITY_ACTIVE_ENERGY, "kWh"},
	{M206_ENERGY, 12, 4, 2, 4, QUANTITY_ACTIVE_ENERGY, "kWh"},
	{M206_MONTH, 0, 4, 2, 1, QUANTITY_ACTIVE_ENERGY, "kWh"},
	{M206_MONTH, 4, 4, 2, 2, QUANTITY_ACTIVE_ENERGY, "kWh"},
	{M206_MONTH, 8, 4, 2, 3, QUANTITY_ACTIVE_ENERGY, "kWh"},
	{M206_MONTH, 12, 4, 2, 4, QUANTITY_ACTIVE_ENERGY, "kWh"},
	{M206_REACTIVE, 0, 4, 2, 1, QUANTITY_REACTIVE_ENERGY, "kvarh"},
	{M206_REACTIVE, 4, 4, 2, 2, QUANTITY_REACTIVE_ENERGY, "kvarh"},
	{M206_REACTIVE, 8, 4, 2, 3, QUANTITY_REACTIVE_ENERGY, "kvarh"},
	{M206_REACTIVE, 12, 4, 2, 4, QUANTITY_REACTIVE_ENERGY, "kvarh"},
	{M206_BATTERY, 0, 2, 2, 0, QUANTITY_BATTERY_VOLTAGE, "V"},
	{M206_INSTANT, 0, 2, 1, 0, QUANTITY_VOLTAGE, "V"},
	{M206_INSTANT, 2, 2, 2, 0, QUANTITY_CURRENT, "A"},
	{M206_INSTANT, 4, 3, 0, 0, QUANTITY_ACTIVE_POWER, "W"},
	{M206_LINE, 0, 2, 2, 0, QUANTITY_FREQUENCY, "Hz"},
};

static bool put_fields(struct decode_out *o, uint8_t command, struct slice d)
{
	bool has_any = false;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *f = &fields[i];
		if (f->command != command || d.size < (size_t)f->at + f->size) {
			continue;
		}
		int64_t v = m206_number(d.data + f->at, f->size);
		struct decode_record x = {.quantity = f->quantity,
			.unit = f->unit,
			.tariff = f->tariff,
			.type = v < 0 ? DECODE_NONE : DECODE_NUMBER,
			.number = v < 0 ? NAN : (double)v / pow(10, f->decimals),
			.text = v < 0 ? "not counted" : NULL,
			.raw = {d.data + f->at, f->size}};
		decode_record(o, &x);
		has_any = true;
	}
	return has_any;
}

static void put_other(struct decode_out *o, uint8_t command, struct slice d)
{
	char text[32];
	struct civil c;
	struct decode_record x = {.raw = d};
	if (command == M206_SERIAL && d.size == 4) {
		struct reader r = reader_of(d);
		(void)snprintf(text, sizeof(text), "%08u", reader_u32be(&r));
		x.quantity = QUANTITY_SERIAL_NUMBER;
		x.text = text;
	} else if (d.size == 7 &&
		   (command == M206_CLOCK || command == M206_SET_CLOCK ||
			   command == M206_LAST_OFF || command == M206_LAST_ON) &&
		   m206_clock(d.data, &c)) {
		(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month,
			c.day, c.hour, c.minute, c.second);
		x.quantity = QUANTITY_TIME_POINT;
		x.type = DECODE_TIME;
		x.time = text;
		x.name = command == M206_LAST_OFF ? "last power off" :
			 command == M206_LAST_ON  ? "last power on" :
						    "clock";
	}
	decode_record(o, &x);
}

static enum err print(const struct decode_input *in, struct diag *diag)
{
	uint32_t address;
	uint8_t command;
	struct slice d;
	struct decode_out o;
	char id[16], code[8];
	if (!m206_unframe(in->frame, &address, &command, &d)) {
		return err_set(diag, ERR_PROTO, "no frame: the checksum does not agree");
	}
	(void)snprintf(id, sizeof(id), "%u", address);
	(void)snprintf(code, sizeof(code), "%02X", command);
	decode_open(&o, in->is_json);
	decode_text(&o, NULL, "id", id);
	decode_text(&o, "link", "command", code);
	if (d.size > 0 && !put_fields(&o, command, d)) {
		put_other(&o, command, d);
	}
	return decode_close(&o, ERR_OK, diag);
}

const struct decode_protocol decode_mercury206 = {
	.name = "mercury206", .summary = "Mercury 200, 201, 203, 206", .print = print};
