/*
 * totals.c - sums and means of today and this month; see totals.h
 */
#include "web/totals.h"

#include "web/view.h"

#include <math.h>
#include <stdlib.h>

void total_add(struct total *t, double value, uint16_t quality, struct span interval, int64_t now)
{
	int64_t length = interval.till - interval.from;
	bool has_ended = interval.till <= now;
	/* what failed a check is in no sum until a person accepts it */
	bool is_known = !isnan(value) && quality_class(quality) != QUALITY_MISSING &&
			quality_class(quality) != QUALITY_SUSPECT;
	if (has_ended) {
		t->ended_s += length;
	}
	if (!is_known) {
		return;
	}
	t->sum += value;
	t->weighted += value * (double)length;
	/* an interval that still runs may have a value, but cannot count as more than has passed */
	t->covered_s += has_ended ? length : 0;
	t->quality = t->has_value ? quality_worst(t->quality, quality) : quality;
	t->has_value = true;
}

void total_merge(struct total *into, const struct total *part)
{
	into->sum += part->sum;
	into->weighted += part->weighted;
	into->covered_s += part->covered_s;
	into->ended_s += part->ended_s;
	if (part->has_value) {
		into->quality = into->has_value ? quality_worst(into->quality, part->quality) :
						  part->quality;
		into->has_value = true;
	}
}

double total_completeness(const struct total *t)
{
	return t->ended_s > 0 ? (double)t->covered_s / (double)t->ended_s : NAN;
}

double total_value(const struct total *t, enum quantity_kind kind)
{
	if (!t->has_value) {
		return NAN;
	}
	switch (kind) {
	case KIND_COUNTER: return t->sum;
	case KIND_GAUGE: return t->covered_s > 0 ? t->weighted / (double)t->covered_s : NAN;
	default: return NAN; /* states are neither summed nor averaged */
	}
}

static uint16_t total_quality(const struct total *t)
{
	if (!t->has_value) {
		return quality_make(QUALITY_MISSING, SOURCE_NONE, 0);
	}
	bool has_hole = t->covered_s < t->ended_s;
	return has_hole && quality_class(t->quality) < QUALITY_PARTIAL ?
		       quality_make(QUALITY_PARTIAL, quality_source(t->quality),
			       quality_flags(t->quality)) :
		       t->quality;
}

void jsonw_total(struct jsonw *w, const char *key, const struct total *t, enum quantity_kind kind)
{
	uint16_t quality = total_quality(t);
	jsonw_object(w, key);
	jsonw_real(w, "value", total_value(t, kind));
	jsonw_str(w, "quality", quality_class_name(quality_class(quality)));
	jsonw_flags(w, quality);
	jsonw_real(w, "completeness", total_completeness(t));
	jsonw_end(w);
}

/* Add all periods that start in `span` and have begun; `values` has room for one of each channel. */
static enum err add_periods(const struct totals_plan *p, enum period period, struct span span,
	struct archive_value *values, struct total *totals)
{
	int64_t start = period_of(p->calendar, period, span.from).from;
	if (start < span.from) {
		start = period_next(p->calendar, period, start);
	}
	while (start < span.till && start < p->now) {
		int64_t next = period_next(p->calendar, period, start);
		enum err e = archive_at(p->store, p->channels, p->n, period, start, values);
		if (e) {
			return e;
		}
		for (size_t i = 0; i < p->n; i++) {
			total_add(&totals[i], values[i].value, values[i].quality,
				(struct span){start, next}, p->now);
		}
		start = next;
	}
	return ERR_OK;
}

enum err totals_read(const struct totals_plan *p, struct total *ret_today, struct total *ret_month)
{
	struct span day = period_of(p->calendar, PERIOD_DAY, p->now);
	struct span month = period_of(p->calendar, PERIOD_MONTH, p->now);
	if (p->n == 0) {
		return ERR_OK;
	}
	for (size_t i = 0; i < p->n; i++) {
		ret_today[i] = (struct total){0};
		ret_month[i] = (struct total){0};
	}
	struct archive_value *values = calloc(p->n, sizeof(*values));
	enum err e = values ? ERR_OK : ERR_NOMEM;
	if (!e) {
		e = add_periods(p, PERIOD_HOUR, day, values, ret_today);
	}
	if (!e) {
		e = add_periods(
			p, PERIOD_DAY, (struct span){month.from, day.from}, values, ret_month);
	}
	for (size_t i = 0; i < p->n && !e; i++) {
		total_merge(&ret_month[i], &ret_today[i]);
	}
	free(values);
	return e;
}
