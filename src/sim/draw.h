/*
 * draw.h - what people draw: water and electricity taken in portions, as a pure function of time
 *
 * The total drawn since the epoch is found by going down a tree whose every node divides its amount
 * among its children by hashed weights, so any moment costs the same and the total never falls:
 *
 *   weeks   closed form: mean x season, two weeks of vacation in summer, a little chance
 *   days    seven weights: weekend, chance, now and then nobody at home
 *   hours   24 weights: whole portions by the profile of the day, so that nights are mostly empty
 *   in it   each portion is one stretch of even flow
 *
 * and a part that flows always (a leak, a standby load) is added. The amount is in whatever unit the
 * owner thinks in. A struct is plain data and never changes: any thread.
 */
#ifndef DOMOVOI_DRAW_H
#define DOMOVOI_DRAW_H

#include <stdint.h>

struct sim_draw {
	uint64_t key;
	double per_week;      /* mean; 0: only `always` */
	double season;        /* relative amplitude, 0..0.6; greatest in January if positive */
	double portion;       /* mean amount of one portion */
	double portion_s;     /* how long an average portion flows */
	double always;        /* per second, day and night */
	float weekend;        /* of a day at the weekend, relative to a working day */
	float by_hour[2][24]; /* relative, working day and weekend */
};

/* Total since the epoch (SIM_EPOCH_UTC, a Thursday at 00:00) at `us` of local time since it. */
double sim_draw_total(const struct sim_draw *d, int64_t us);
#endif
