/*
 * series.c - readings by time; see series.h
 */
#include "sim/series.h"

#include <math.h>
#include <stdlib.h>

struct sim_series *sim_series_new(void)
{
	return calloc(1, sizeof(struct sim_series));
}

void sim_series_free(struct sim_series *s)
{
	if (s) {
		free(s->readings);
		free(s);
	}
}

bool sim_series_add(struct sim_series *s, int64_t utc_us, double value)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 1024;
		struct sim_reading *more = reallocarray(s->readings, cap, sizeof(*more));
		if (!more) {
			return false;
		}
		s->readings = more;
		s->cap = cap;
	}
	s->readings[s->n++] = (struct sim_reading){utc_us, value};
	return true;
}

/* Merge sort: stable, so that of equal moments the last added stays. */
static bool sort_stable(struct sim_reading *v, size_t n)
{
	struct sim_reading *room = calloc(n ? n : 1, sizeof(*room));
	if (!room) {
		return false;
	}
	struct sim_reading *from = v, *to = room;
	for (size_t width = 1; width < n; width *= 2) {
		for (size_t lo = 0; lo < n; lo += 2 * width) {
			size_t mid = lo + width < n ? lo + width : n;
			size_t hi = mid + width < n ? mid + width : n;
			size_t a = lo, b = mid;
			for (size_t k = lo; k < hi; k++) {
				bool take_a = a < mid &&
					      (b >= hi || from[a].utc_us <= from[b].utc_us);
				to[k] = take_a ? from[a++] : from[b++];
			}
		}
		struct sim_reading *swap = from;
		from = to;
		to = swap;
	}
	for (size_t i = 0; from != v && i < n; i++) {
		v[i] = from[i];
	}
	free(room);
	return true;
}

size_t sim_series_close(struct sim_series *s)
{
	if (!sort_stable(s->readings, s->n)) {
		s->n = 0; /* an empty series says NaN, never something wrong */
		return 0;
	}
	size_t out = 0, fallen = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (i + 1 < s->n && s->readings[i + 1].utc_us == s->readings[i].utc_us) {
			continue;
		}
		struct sim_reading r = s->readings[i];
		if (out > 0 && r.value < s->readings[out - 1].value) {
			r.value = s->readings[out - 1].value;
			fallen++;
		}
		s->readings[out++] = r;
	}
	s->n = out;
	return fallen;
}

/* Index of the last reading at or before the moment; n if there is none. */
static size_t find(const struct sim_series *s, int64_t utc_us)
{
	size_t lo = 0, hi = s->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->readings[mid].utc_us <= utc_us) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return lo == 0 ? s->n : lo - 1;
}

double sim_series_at(const struct sim_series *s, int64_t utc_us)
{
	if (s->n == 0) {
		return NAN;
	}
	size_t i = find(s, utc_us);
	if (i == s->n) {
		return s->readings[0].value;
	}
	if (!s->is_linear || i + 1 == s->n) {
		return s->readings[i].value;
	}
	const struct sim_reading *a = &s->readings[i], *b = a + 1;
	double part = (double)(utc_us - a->utc_us) / (double)(b->utc_us - a->utc_us);
	double v = a->value + (b->value - a->value) * part;
	return v > b->value ? b->value : v;
}

double sim_series_rate(const struct sim_series *s, int64_t utc_us)
{
	size_t i = find(s, utc_us);
	if (i == s->n || i + 1 >= s->n) {
		return 0;
	}
	const struct sim_reading *a = &s->readings[i], *b = a + 1;
	return (b->value - a->value) / ((double)(b->utc_us - a->utc_us) / 1e6);
}
