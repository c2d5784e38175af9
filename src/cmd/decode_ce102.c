/*
 * decode_ce102.c - domovoi decode ce102: frames of the CE102 protocol
 */
#include "cmd/decode.h"
#include "cmd/decode_out.h"
#include "proto/ce102.h"

#include <stdio.h>

static const char *command_name(unsigned command)
{
	switch (command) {
	case CE102_PING: return "ping";
	case CE102_VERSION: return "version";
	case CE102_CONFIG: return "configuration";
	case CE102_SERIAL: return "serial number, a part, backwards";
	case CE102_CLOCK: return "clock";
	case CE102_SET_CLOCK: return "set clock";
	case CE102_TARIFF_NOW: return "tariff in force";
	case CE102_DAY_SUM: return "energy at the end of a day";
	case CE102_ENERGY: return "energy of a tariff";
	case CE102_ENERGY_SUM: return "energy of all tariffs";
	case CE102_DAY: return "energy of a tariff at the end of a day";
	case CE102_PROFILE: return "load profile";
	case CE102_JOURNAL: return "journal";
	default: return "";
	}
}

static bool is_energy(unsigned command)
{
	return command == CE102_DAY_SUM || command == CE102_ENERGY || command == CE102_ENERGY_SUM ||
	       command == CE102_DAY;
}

static void put_data(struct decode_out *o, const struct ce102_frame *f)
{
	char text[32];
	struct civil c;
	struct decode_record x = {.name = command_name(f->command), .raw = {f->data, f->size}};
	if (f->class == CE102_CLASS_ERROR) {
		x.text = ce102_error_text(f->size ? f->data[0] : -1);
	} else if (f->size == 7 && (f->command == CE102_CLOCK || f->command == CE102_SET_CLOCK) &&
		   ce102_time(f->data, &c)) {
		x.quantity = QUANTITY_TIME_POINT;
		x.type = DECODE_TIME;
		(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month,
			c.day, c.hour, c.minute, c.second);
		x.time = text;
	} else if (!f->is_request && is_energy(f->command) && f->size == 7) {
		x.quantity = QUANTITY_ACTIVE_ENERGY;
		x.unit = "kWh";
		x.type = DECODE_NUMBER;
		x.number = ce102_number(f->data + 3, 4) / 100.0;
		(void)snprintf(
			text, sizeof(text), "20%02X-%02X-%02X", f->data[2], f->data[1], f->data[0]);
		x.note = text;
	} else if (!f->is_request && is_energy(f->command) && f->size == 4) {
		x.quantity = QUANTITY_ACTIVE_ENERGY;
		x.type = DECODE_NUMBER;
		x.number = ce102_number(f->data, 4);
		x.note = "the configuration (0101) says where the decimal point is";
	} else if (!f->is_request && f->command == CE102_SERIAL) {
		x.quantity = QUANTITY_SERIAL_NUMBER;
		(void)snprintf(text, sizeof(text), "%.*s", f->size, (const char *)f->data);
		x.text = text;
	}
	decode_record(o, &x);
}

static enum err print(const struct decode_input *in, struct diag *diag)
{
	struct ce102_frame f;
	if (ce102_decode(in->frame, false, &f) && ce102_decode(in->frame, true, &f)) {
		return err_set(diag, ERR_PROTO,
			"no frame between two C0 whose lengths and checksum agree");
	}
	struct decode_out o;
	char command[8];
	(void)snprintf(command, sizeof(command), "%04X", f.command);
	decode_open(&o, in->is_json);
	decode_text(&o, "link", "kind", f.is_request ? "request" : "reply");
	decode_int(&o, "link", "to", f.to);
	decode_int(&o, "link", "from", f.from);
	decode_text(&o, "link", "command", command);
	put_data(&o, &f);
	return decode_close(&o, ERR_OK, diag);
}

const struct decode_protocol decode_ce102 = {
	.name = "ce102", .summary = "Energomera CE102, CE301M, CE307, binary", .print = print};
