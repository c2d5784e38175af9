/*
 * profile.c - intervals of a load profile; see profile.h
 */
#include "drivers/profile.h"

#include <math.h>

bool profile_fits(int minutes, enum period period)
{
	if (minutes < 1) {
		return false;
	}
	bool is_half = 30 % minutes == 0;
	return period == PERIOD_HALF_HOUR ? is_half :
	       period == PERIOD_HOUR      ? !is_half && 60 % minutes == 0 :
					    false;
}

void profile_begin(struct profile *p, struct sink *out, enum period period, struct span span,
	const struct calendar *calendar, const struct profile_column *columns, size_t n)
{
	*p = (struct profile){.out = out,
		.period = period,
		.span = span,
		.calendar = calendar,
		.columns = columns,
		.columns_n = n < PROFILE_COLUMNS ? n : PROFILE_COLUMNS,
		.last_utc = INT64_MIN};
}

static enum err close_period(struct profile *p)
{
	bool is_whole = p->open.till > p->open.from && p->covered_s == p->open.till - p->open.from;
	bool is_wanted = p->open.from >= p->span.from && p->open.from < p->span.till;
	enum err e = ERR_OK;
	for (size_t i = 0; is_whole && is_wanted && i < p->columns_n && !e; i++) {
		const struct profile_column *c = &p->columns[i];
		enum quality_class class = isnan(p->sum[i]) ? QUALITY_MISSING :
					   p->is_incomplete ? QUALITY_PARTIAL :
							      QUALITY_MEASURED;
		struct sample x = {.key = c->key,
			.quantity = c->quantity,
			.unit = c->unit,
			.form = FORM_AMOUNT,
			.period = p->period,
			.utc = p->open.from,
			.value = p->sum[i],
			.decimals = c->decimals,
			.quality = quality_make(class, SOURCE_NONE, p->flags)};
		e = p->out->put(p->out, &x);
		p->has_put = true;
	}
	p->open = (struct span){0, 0};
	return e;
}

enum err profile_put(struct profile *p, const struct profile_slot *slot)
{
	if (slot->start_utc <= p->last_utc) {
		return ERR_OK;
	}
	p->last_utc = slot->start_utc;
	struct span period = period_of(p->calendar, p->period, slot->start_utc);
	if (period.from != p->open.from || period.till != p->open.till) {
		enum err e = close_period(p);
		if (e) {
			return e;
		}
		p->open = period;
		p->covered_s = 0;
		p->is_incomplete = false;
		for (size_t i = 0; i < p->columns_n; i++) {
			p->sum[i] = 0;
		}
	}
	p->covered_s += slot->minutes * INT64_C(60);
	p->is_incomplete = p->is_incomplete || slot->is_incomplete;
	for (size_t i = 0; i < p->columns_n; i++) {
		p->sum[i] += slot->value[i];
	}
	return ERR_OK;
}

enum err profile_end(struct profile *p)
{
	enum err e = close_period(p);
	return e ? e : p->has_put ? ERR_OK : ERR_NODATA;
}
