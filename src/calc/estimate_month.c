/*
 * estimate_month.c - proposals for months of unread flats; see estimate_read.h
 *
 * PP RF 354, paragraphs 59 and 60: the mean of at least six, then at least three months for the first
 * three months without readings, the norm times persons from the fourth; the norm is raised where
 * access was refused (parameter flat.access_refused at the flat: how many times). All numbers are
 * figures: estimation.unread.*, estimation.refused.*, norm.<quantity> per person and month.
 */
#include "calc/estimate_read.h"

#include <math.h>
#include <stdlib.h>

#define MONTHS 36

struct month {
	int64_t start;
	struct form_value v;
};

static bool is_read(struct form_value v)
{
	switch (quality_class(v.quality)) {
	case QUALITY_MISSING:
	case QUALITY_SUSPECT:
	case QUALITY_PARTIAL:
	case QUALITY_ESTIMATED:
	case QUALITY_SUBSTITUTED: return false;
	default: return !isnan(v.value);
	}
}

static double by_norm(const struct desk *d, const struct channel *c, int date)
{
	const struct figures *f = d->figures;
	const struct place *flat = site_find(d->site, OBJECT_PLACE, c->place);
	double norm = figure_of_quantity(f, c->place, "norm", c->quantity, date);
	double raising = figure_number(f, c->place, "estimation.unread.raising", date);
	double refused = figure_number(f, c->place, "flat.access_refused", date);
	if (refused >= figure_number(f, c->place, "estimation.refused.attempts", date)) {
		raising = figure_number(f, c->place, "estimation.refused.raising", date);
	}
	double persons = flat && flat->people > 0 ? (double)flat->people : NAN;
	return estimate_norm(norm, persons, 1, raising);
}

/* months[i] is unread, months[i-1] ... come before it. */
static void propose(const struct desk *d, const struct channel *c, const struct calendar *calendar,
	const struct month *months, size_t i, struct proposal *p)
{
	const struct figures *f = d->figures;
	int date = figure_date(calendar, months[i].start);
	double most = figure_number(f, c->place, "estimation.unread.months", date);
	double least = figure_number(f, c->place, "estimation.unread.months_least", date);
	double first = figure_number(f, c->place, "estimation.unread.average_for", date);
	double past[MONTHS];
	size_t n = 0, unread = 1;
	for (size_t k = i; k-- > 0;) {
		if (is_read(months[k].v)) {
			if (n < PROPOSAL_INPUTS && (double)n < most) {
				p->inputs[n] = months[k].start;
				past[n++] = months[k].v.value;
			}
		} else if (n == 0) {
			unread++;
		}
	}
	p->input_count = n;
	if ((double)unread <= first && most >= 1) {
		p->value = estimate_monthly(past, n, (size_t)fmax(1, least), (size_t)most);
		p->method = ESTIMATE_MONTHS;
	}
	if (isnan(p->value)) {
		p->value = by_norm(d, c, date);
		p->method = ESTIMATE_NORM;
		p->input_count = 0;
	}
	p->method = isnan(p->value) ? ESTIMATE_NONE : p->method;
}

enum err estimate_months(
	const struct desk *d, const struct channel *c, struct span span, struct proposals *ret)
{
	struct calendar calendar = site_calendar(d->site, c->place);
	struct month months[MONTHS];
	size_t n = 0;
	struct proposals out = {calloc(MONTHS, sizeof(*out.items)), 0};
	if (!out.items) {
		return ERR_NOMEM;
	}
	int64_t start = period_of(&calendar, PERIOD_MONTH, span.from).from;
	for (int i = 0; i < MONTHS / 2; i++) {
		start = period_prev(&calendar, PERIOD_MONTH, start);
	}
	for (; start < span.till && n < MONTHS;
		start = period_next(&calendar, PERIOD_MONTH, start)) {
		struct archive_value v;
		enum err e = archive_at(d->store, &c->id, 1, PERIOD_MONTH, start, &v);
		if (e) {
			proposals_free(&out);
			return e;
		}
		months[n++] = (struct month){start, {v.value, v.quality}};
	}
	for (size_t i = 0; i < n; i++) {
		enum quality_class class = quality_class(months[i].v.quality);
		bool is_unread = class == QUALITY_MISSING || class == QUALITY_SUSPECT;
		if (months[i].start < span.from || !is_unread) {
			continue;
		}
		struct proposal *p = &out.items[out.n++];
		*p = (struct proposal){
			.start = months[i].start, .now = months[i].v, .value = NAN, .factor = NAN};
		propose(d, c, &calendar, months, i, p);
	}
	*ret = out;
	return ERR_OK;
}
