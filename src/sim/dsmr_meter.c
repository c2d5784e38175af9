/*
 * dsmr_meter.c - the meter's side of the P1 port: a DSMR 5 meter, plain or encrypted as in Luxembourg,
 * with a gas meter on channel 1 where the device measures gas
 *
 * It speaks every second. The gas meter was read at the last full hour. The key of the encrypted one is
 * that of families.c, its authentication key the one Luxembourg has published.
 *
 * Facts: docs/protocols/dsmr.md.
 */
#include "proto/dsmr.h"
#include "sim/memory.h"

#include <math.h>

#define HOUR_US INT64_C(3600000000)

struct line {
	const char *code;
	enum quantity quantity;
	enum unit unit;
	int tariff;
	int digits, decimals;
	const char *unit_text;
};

static const struct line lines[] = {
	{"1-0:1.8.1", QUANTITY_ACTIVE_ENERGY, UNIT_KWH, 1, 10, 3, "kWh"},
	{"1-0:1.8.2", QUANTITY_ACTIVE_ENERGY, UNIT_KWH, 2, 10, 3, "kWh"},
	{"1-0:2.8.0", QUANTITY_ACTIVE_ENERGY_EXPORT, UNIT_KWH, 0, 10, 3, "kWh"},
	{"1-0:3.8.0", QUANTITY_REACTIVE_ENERGY, UNIT_KVARH, 0, 10, 3, "kvarh"},
	{"1-0:1.7.0", QUANTITY_ACTIVE_POWER, UNIT_KW, 0, 6, 3, "kW"},
	{"1-0:32.7.0", QUANTITY_VOLTAGE, UNIT_V, 0, 5, 1, "V"},
	{"1-0:31.7.0", QUANTITY_CURRENT, UNIT_A, 0, 3, 0, "A"},
};

static void put_time(const struct sim_device *d, int64_t utc, struct buf *out)
{
	const struct zone *z = sim_calendar(d).zone;
	struct civil c = zone_civil(z, utc), january = {c.year, 1, 1, 0, 0, 0};
	struct civil july = {c.year, 7, 1, 0, 0, 0};
	int winter = zone_offset(z, civil_to_utc(january));
	int summer = zone_offset(z, civil_to_utc(july));
	int standard = winter < summer ? winter : summer;
	buf_printf(out, "%02d%02d%02d%02d%02d%02d%c", c.year % 100, c.month, c.day, c.hour,
		c.minute, c.second, zone_offset(z, utc) > standard ? 'S' : 'W');
}

static void put_hex(struct buf *out, const char *text)
{
	for (; *text; text++) {
		buf_printf(out, "%02X", (unsigned char)*text);
	}
}

/* A counter shows what is full. */
static double shown(double v, int decimals)
{
	double steps = pow(10, decimals);
	return floor(v * steps + 1e-6) / steps;
}

static void put_line(
	const struct sim_device *d, const struct line *x, int64_t now_us, struct buf *out)
{
	double v = x->tariff ? sim_tariff_reading(d, x->quantity, x->unit, x->tariff, now_us) :
			       sim_reading(d, x->quantity, x->unit, now_us);
	bool is_counter = quantity_kind(x->quantity) == KIND_COUNTER;
	if (!isnan(v)) {
		buf_printf(out, "%s(%0*.*f*%s)\r\n", x->code, x->digits, x->decimals,
			is_counter ? shown(v, x->decimals) : v, x->unit_text);
	}
}

static void put_gas(const struct sim_device *d, int64_t now_us, struct buf *out)
{
	int64_t read_us = now_us - now_us % HOUR_US;
	double v = sim_reading(d, QUANTITY_GAS, UNIT_M3, read_us);
	if (isnan(v)) {
		return;
	}
	buf_str(out, "0-1:24.1.0(003)\r\n0-1:96.1.0(");
	put_hex(out, d->serial);
	buf_str(out, ")\r\n0-1:24.2.1(");
	put_time(d, read_us / 1000000, out);
	buf_printf(out, ")(%09.3f*m3)\r\n", shown(v, 3));
}

static void put_telegram(struct sim_device *d, int64_t now_us, struct buf *out)
{
	size_t begin = out->size;
	buf_str(out, "/DMV5\\DOMOVOI-P1\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0(");
	put_time(d, sim_meter_now(d, now_us), out);
	buf_str(out, ")\r\n0-0:96.1.1(");
	put_hex(out, d->serial);
	buf_str(out, ")\r\n");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		put_line(d, &lines[i], now_us, out);
	}
	put_gas(d, now_us, out);
	dsmr_seal(out, begin);
}

static void push_encrypted(struct sim_device *d, int64_t now_us, struct buf *out)
{
	static const uint8_t title[] = {'D', 'M', 'V', 0, 0, 0, 0, 1};
	static const uint8_t key[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99,
		0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0x0f};
	static const uint8_t auth_key[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
		0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
	const struct dsmr_keys keys = {SLICE(key), SLICE(auth_key)};
	struct buf plain;
	buf_init(&plain, DSMR_TELEGRAM_MAX);
	put_telegram(d, now_us, &plain);
	if (!plain.is_full) {
		/* a second never comes twice, whatever the clock was set to */
		dsmr_encrypt(buf_slice(&plain), &keys, title, (uint32_t)(now_us / 1000000), out);
	}
	buf_fini(&plain);
}

/* Nobody can say anything to a P1 port. */
static struct frame_verdict deaf(struct slice so_far)
{
	return (struct frame_verdict){FRAME_JUNK, so_far.size};
}

const struct sim_protocol sim_dsmr = {
	.name = "dsmr", .frame = deaf, .push = put_telegram, .push_ms = 1000};
const struct sim_protocol sim_dsmr_encrypted = {
	.name = "dsmr", .frame = deaf, .push = push_encrypted, .push_ms = 1000};
