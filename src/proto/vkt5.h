/*
 * vkt5.h - the arrays of a VKT-5
 *
 * A start address is  kind(2 bits) array(6 bits) selector(8 bits). All numbers high byte first: words,
 * float32, and doubles where totals are meant. Frames: proto/vkt.h.
 *
 *   array   selector    data
 *   00      input * 28  per pipe T, P, M; then M, W, W without hot water, W of hot water, [t norm]
 *   04      input       per pipe nine durations; then not counting, no power, [disbalance]; minutes
 *   0A      0           8 x (input purpose pressure temperature extra medium flow), 2 regulators, room, report
 *   0B      0           year, month, day, hour, minute; written: year, month, day, hour of the record
 *   0E      0           firmware
 *   14      0           first, last [and reset] moment of the archive, as the clock
 *
 * How many pipes there are follows from the size. Facts: docs/protocols/vkt5.md.
 */
#ifndef DOMOVOI_PROTO_VKT5_H
#define DOMOVOI_PROTO_VKT5_H

#include "base/buf.h"

#define VKT5_PIPES  8
#define VKT5_INPUTS 8

enum vkt5_kind {
	VKT5_DAY = 0, /* archive, function 4 */
	VKT5_HOUR = 1,
	VKT5_CURRENT = 0, /* function 3 */
	VKT5_TOTALS = 2   /* both */
};

enum vkt5_array {
	VKT5_INPUT = 0x00,
	VKT5_TROUBLE = 0x04,
	VKT5_CONFIG = 0x0a,
	VKT5_CLOCK = 0x0b,
	VKT5_FIRMWARE = 0x0e,
	VKT5_RANGE = 0x14
};

static inline uint16_t vkt5_start(enum vkt5_kind kind, enum vkt5_array array, unsigned selector)
{
	return (uint16_t)((unsigned)kind << 14 | (unsigned)array << 8 | selector);
}

enum vkt5_purpose {
	VKT5_SUPPLY,
	VKT5_RETURN,
	VKT5_HOT_WATER,
	VKT5_MAKE_UP,
	VKT5_ELECTRICITY,
	VKT5_COLD_WATER
};

#define VKT5_PRESSURE_NONE      0
#define VKT5_PRESSURE_CONTRACT  3
#define VKT5_MEDIUM_ELECTRICITY 3

struct vkt5_pipe {
	uint8_t input; /* 0: not used */
	uint8_t purpose, pressure, temperature, extra, medium, flow;
};

struct vkt5_config {
	struct vkt5_pipe pipes[VKT5_PIPES];
	uint8_t regulators[2], room, report;
};

struct vkt5_values {
	double temperature, pressure, mass; /* °C, MPa, t */
};

/* Of one heat input. Numbers that are none are NaN. */
struct vkt5_input {
	size_t n;
	struct vkt5_values pipes[VKT5_PIPES];
	double mass, heat, heat_without_hot, heat_hot; /* t, GJ */
	bool has_norm;
	double norm; /* "t norm", meaning unknown */
};

enum vkt5_duration {
	VKT5_T_MAX,
	VKT5_T_MIN,
	VKT5_P_MAX,
	VKT5_P_MIN,
	VKT5_G_MAX,
	VKT5_G_MIN,
	VKT5_CUT_OFF,
	VKT5_SATURATION,
	VKT5_POWER,
	VKT5_DURATIONS
};

/* Minutes. */
struct vkt5_trouble {
	size_t n;
	uint16_t pipes[VKT5_PIPES][VKT5_DURATIONS];
	uint16_t not_counting, no_power, disbalance;
	bool has_disbalance;
};

/* False: the size fits nothing of the kind. */
bool vkt5_config_get(struct slice data, struct vkt5_config *ret);
bool vkt5_input_get(struct slice data, bool is_totals, struct vkt5_input *ret);
bool vkt5_trouble_get(struct slice data, struct vkt5_trouble *ret);
void vkt5_config_put(struct buf *to, const struct vkt5_config *c);
void vkt5_input_put(struct buf *to, bool is_totals, const struct vkt5_input *in);
void vkt5_trouble_put(struct buf *to, const struct vkt5_trouble *t);

#endif
