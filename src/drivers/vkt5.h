/*
 * vkt5.h - the parts of the VKT-5 driver; private to drivers/vkt5*.c
 *
 *   vkt5.c           parameters, identify, clock, current values
 *   vkt5_value.c     a heat input becomes samples
 *   vkt5_archive.c   records by date
 */
#ifndef DOMOVOI_DRIVERS_VKT5_H
#define DOMOVOI_DRIVERS_VKT5_H

#include "drivers/vkt.h"
#include "proto/vkt5.h"

/* What the meter said about itself; zero at first, kept in talk_state. */
struct vkt5_layout {
	bool is_known;
	int64_t learnt_utc;
	struct vkt5_config config;
};

struct vkt5 {
	struct vkt_peer peer;
	const struct vkt5_layout *layout;
};

/* What samples are of, and of which heat input, from 1. */
struct vkt5_when {
	enum sample_form form;
	enum period period;
	int64_t utc;
	unsigned input;
};

void vkt5_peer(struct vkt5 *v, struct talk *t);
/* The same with the configuration: read from the meter unless that was done within the hour. */
enum err vkt5_open(struct vkt5 *v, struct talk *t);
/* Refusals by name: NODATA (no record, nothing archived, not used), UNSUPP. `points` as the meter's own
 * program sends it. */
enum err vkt5_read(struct vkt5 *v, int function, uint16_t start, uint16_t points,
	struct vkt_sizes sizes, struct slice *ret_data);
/* Bit n is set where a pipe is assigned to heat input n. */
unsigned vkt5_inputs(const struct vkt5 *v);
/* Pipes assigned to a heat input. */
size_t vkt5_pipes(const struct vkt5 *v, unsigned input);
enum err vkt5_read_input(
	struct vkt5 *v, int function, enum vkt5_kind kind, unsigned input, struct vkt5_input *ret);

/* Temperatures and pressures. */
enum err vkt5_put_means(const struct vkt5 *v, const struct vkt5_input *in,
	const struct vkt5_when *when, unsigned flags, struct sink *out);
/* Masses and heat. */
enum err vkt5_put_amounts(const struct vkt5 *v, const struct vkt5_input *in,
	const struct vkt5_when *when, unsigned flags, struct sink *out);
/* Bits of model/abnormal.h. */
unsigned vkt5_abnormal(const struct vkt5_trouble *t);
enum err vkt5_put_trouble(
	const struct vkt5_trouble *t, const struct vkt5_when *when, struct sink *out);

enum err vkt5_read_archive(struct talk *t, enum period period, struct span span, struct sink *out);

#endif
