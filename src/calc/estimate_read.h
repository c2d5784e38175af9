/*
 * estimate_read.h - proposals for hours and months of a channel that are missing or doubted
 *
 * Reads what the methods of estimate.h need and tries them in their order. A proposal changes
 * nothing: a person takes it (verdict ESTIMATED), and it holds until the meter tells better.
 */
#ifndef DOMOVOI_ESTIMATE_READ_H
#define DOMOVOI_ESTIMATE_READ_H

#include "calc/validate_desk.h"

#define PROPOSAL_INPUTS   10
#define PROPOSAL_DAYS_MAX 40

struct proposal {
	int64_t start;
	struct form_value now; /* what is there: nothing, or what is doubted */
	double value;          /* NaN: nobody knows; method NONE */
	enum estimate_method method;
	bool is_doubtful;                /* a profile stretched too far */
	double factor;                   /* by which it was stretched; NaN: it was not */
	int64_t inputs[PROPOSAL_INPUTS]; /* starts of the hours, days or months it was made of */
	size_t input_count;
};

struct proposals {
	struct proposal *items; /* owned, by start */
	size_t n;
};
void proposals_free(struct proposals *p);

/*
 * Hours in `span` that are missing or SUSPECT, and the hour `also` (INT64_MIN: none) whatever it is.
 * ERR_LIMIT: more than PROPOSAL_DAYS_MAX days.
 */
enum err estimate_hours(const struct desk *d, const struct channel *c, struct span span,
	int64_t also, struct proposals *ret);
/* Months in `span` of a flat's counter for which there is nothing. */
enum err estimate_months(
	const struct desk *d, const struct channel *c, struct span span, struct proposals *ret);

#endif
