/*
 * heat_source.h - inside heat_input: the hours and rows of channels and of the meter's timers, laid out
 * on the hours of the span
 *
 *   hours   [0] [1] [2] ... of the place's calendar, hour i begins at starts[i], the last ends at
 *           starts[n]
 *   slots   value of hour i of a channel; MISSING where there is none
 */
#ifndef DOMOVOI_HEAT_SOURCE_H
#define DOMOVOI_HEAT_SOURCE_H

#include "calc/heat_input.h"

struct heat_axis {
	int64_t *starts; /* owned, n + 1 */
	size_t n;
};

enum err heat_axis_init(
	struct heat_axis *a, const struct calendar *c, enum period period, struct span span);
void heat_axis_fini(struct heat_axis *a);

/* Everything one circuit is made of, on one axis. Arrays of n values, owned; NULL: no channel. */
struct heat_slots {
	struct form_value *heat, *outdoor;
	struct form_value *mass[HEAT_PIPE_COUNT], *volume[HEAT_PIPE_COUNT],
		*temperature[HEAT_PIPE_COUNT], *pressure[HEAT_PIPE_COUNT];
	double *told[ABNORMAL_CLASS_COUNT]; /* seconds; NaN: not told */
	double *state;                      /* NaN: not told */
};

/* Channels of the circuit into `h`. */
void heat_source_find(const struct site *s, struct heat_input *h);
/* Values of the channels at one period; `has_timers`: and what the meter counted. */
enum err heat_slots_read(const struct heat_question *q, struct heat_input *h,
	const struct heat_axis *a, enum period period, bool has_timers, struct heat_slots *ret);
void heat_slots_fini(struct heat_slots *s);

/* NaN and class MISSING. */
struct form_value heat_missing(void);
static inline struct form_value heat_slot(const struct form_value *values, size_t i)
{
	return values ? values[i] : heat_missing();
}
/* What one register step is worth in the channel; 0 unknown. */
double heat_step(const struct site *s, const struct channel *c, int64_t utc);

/* What the contract says on a local date. */
void heat_contract_at(const struct heat_question *q, int date, struct heat_contract *ret);
bool heat_is_season(const struct heat_question *q, int date);

/* An hour, day or month worked out, as heat_gap needs it of hours. */
struct heat_hour {
	struct form_value meter; /* Gcal */
	double outdoor_c;
	struct abnormal_timers timers;
};
/* heat_gap.c: what could stand for what was not measured in `n` hours that have passed. `days` are
 * the meter's heat of the days of the span. */
enum err heat_gaps_find(const struct heat_question *q, struct heat_input *h,
	const struct heat_axis *a, const struct heat_hour *hours, size_t n);
/* heat_check.c: the statement against itself. */
enum err heat_checks_make(const struct heat_question *q, struct heat_input *h);

#endif
