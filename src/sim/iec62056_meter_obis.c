/*
 * iec62056_meter_obis.c - simulated meters that call their values by OBIS codes: Neva, a readout; see
 * iec62056_meter.c
 */
#include "sim/iec62056_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Neva ---- */

static bool put_hex_gauge(struct iec_sim *m, const char *name)
{
	static const struct {
		const char *name;
		enum quantity quantity;
		double scale;
		int width, decimals;
	} names[] = {
		{"100700FF", QUANTITY_ACTIVE_POWER, 1000, 7, 1},
		{"240700FF", QUANTITY_ACTIVE_POWER, 1000.0 / 3, 7, 1},
		{"380700FF", QUANTITY_ACTIVE_POWER, 1000.0 / 3, 7, 1},
		{"4C0700FF", QUANTITY_ACTIVE_POWER, 1000.0 / 3, 7, 1},
		{"200700FF", QUANTITY_VOLTAGE, 1, 6, 2},
		{"340700FF", QUANTITY_VOLTAGE, 1, 6, 2},
		{"480700FF", QUANTITY_VOLTAGE, 1, 6, 2},
		{"1F0700FF", QUANTITY_CURRENT, 1, 7, 3},
		{"330700FF", QUANTITY_CURRENT, 1, 7, 3},
		{"470700FF", QUANTITY_CURRENT, 1, 7, 3},
		{"0E0701FF", QUANTITY_FREQUENCY, 1, 5, 2},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i].name) == 0) {
			double v = sim_reading(m->device, names[i].quantity,
				quantity_unit(names[i].quantity), m->now_us);
			buf_printf(&m->text, "%0*.*f", names[i].width, names[i].decimals,
				v * names[i].scale);
			return !isnan(v);
		}
	}
	return false;
}

static bool put_hex_profile(struct iec_sim *m, unsigned kind, int back)
{
	struct civil day = iec_sim_back(m, PERIOD_DAY, back);
	enum quantity q = kind == 0 ? QUANTITY_ACTIVE_ENERGY : QUANTITY_REACTIVE_ENERGY;
	if (kind > 1 || back > 127) {
		return false;
	}
	for (int i = 0; i < 1440 / IEC_SIM_INTERVAL; i++) {
		double kw;
		buf_str(&m->text, i ? "," : "");
		if (iec_sim_mean(m, q, iec_sim_slot(day, i), &kw)) {
			buf_printf(&m->text, "%.3f", kw * 1000);
		}
	}
	return true;
}

/* The reading at the beginning of the day or month counted back. */
static bool put_hex_end(struct iec_sim *m, enum period p, enum quantity q, int back)
{
	struct sim_record r;
	int64_t utc = zone_utc(iec_sim_zone(m), iec_sim_back(m, p, back), false);
	return back < (p == PERIOD_MONTH ? 12 : 128) && iec_sim_record(m, p, utc - 1, &r) &&
	       iec_sim_energies(m, "", q, r.period.till * 1000000);
}

/* C D E F in hex. */
const char *iec_sim_read_hex(struct iec_sim *m, const char *name)
{
	char *end;
	unsigned long code = strtoul(name, &end, 16);
	unsigned c = (unsigned)(code >> 24), d = code >> 16 & 0xff, e = code >> 8 & 0xff,
		 f = code & 0xff;
	enum quantity q = c == 15 ? QUANTITY_ACTIVE_ENERGY : QUANTITY_REACTIVE_ENERGY;
	bool is_energy = c == 15 || c == 3, is_good = false;
	struct civil now = iec_sim_clock(m);
	buf_printf(&m->text, "%s(", name);
	if (*end || strlen(name) != 8) {
		is_good = false;
	} else if (code == 0x600100ff) {
		buf_str(&m->text, m->device->serial);
		is_good = true;
	} else if (code == 0x000902ff) {
		buf_printf(&m->text, "%02d%02d%02d", now.year % 100, now.month, now.day);
		is_good = true;
	} else if (code == 0x000901ff) {
		buf_printf(&m->text, "%02d%02d%02d", now.hour, now.minute, now.second);
		is_good = true;
	} else if (is_energy && d == 8 && e == 0x80 && f == 0xff) {
		is_good = iec_sim_energies(m, "", q, m->now_us);
	} else if (is_energy && d == 8 && e == 0x80) {
		is_good = put_hex_end(m, PERIOD_MONTH, q, (int)f);
	} else if (is_energy && d == 0x80 && e == 0x80) {
		is_good = put_hex_end(m, PERIOD_DAY, q, (int)f);
	} else if (c == 0x63 && d == 1) {
		is_good = put_hex_profile(m, e, (int)f);
	} else {
		is_good = put_hex_gauge(m, name);
	}
	buf_str(&m->text, ")");
	return is_good ? NULL : "(01)";
}

/* ---- readout ---- */

void iec_sim_readout(struct iec_sim *m)
{
	const struct sim_device *d = m->device;
	struct civil c = iec_sim_clock(m);
	double v = sim_reading(d, QUANTITY_ACTIVE_ENERGY, UNIT_KWH, m->now_us);
	buf_printf(&m->text, "0.0.0(%s)\r\n", d->serial);
	buf_printf(&m->text, "0.9.1(%02d:%02d:%02d)\r\n", c.hour, c.minute, c.second);
	buf_printf(&m->text, "0.9.2(%02d-%02d-%02d)\r\n", c.year % 100, c.month, c.day);
	buf_printf(&m->text, "F.F(00)\r\n1.8.0(%010.3f*kWh)\r\n", v);
	for (int i = 1; i <= 2; i++) {
		buf_printf(&m->text, "1.8.%d(%010.3f*kWh)\r\n", i,
			sim_tariff_reading(d, QUANTITY_ACTIVE_ENERGY, UNIT_KWH, i, m->now_us));
	}
	buf_printf(&m->text, "1.8.0*01(%010.3f)\r\n", v / 2);
	buf_printf(&m->text, "1-0:3.8.0*255(%010.3f*kvarh)\r\n",
		sim_reading(d, QUANTITY_REACTIVE_ENERGY, UNIT_KVARH, m->now_us));
	buf_printf(&m->text, "1.7.0(%07.3f*kW)\r\n32.7.0(%.1f*V)\r\n31.7.0(%.3f*A)\r\n!\r\n",
		sim_reading(d, QUANTITY_ACTIVE_POWER, UNIT_KW, m->now_us),
		sim_reading(d, QUANTITY_VOLTAGE, UNIT_V, m->now_us),
		sim_reading(d, QUANTITY_CURRENT, UNIT_A, m->now_us));
}
