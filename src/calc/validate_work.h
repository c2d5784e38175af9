/*
 * validate_work.h - the validation without its thread: a step works off changed intervals of channels
 *
 *   journal ──> days of channels ──> judge ──> findings against verdicts ──> batch
 *
 * A day is judged as a whole once hours behind its end are there, hour by hour before that. What was
 * found before and is found again stays; what is not found any more is GONE; what a person decided about
 * the same value is not asked again. Judging twice changes nothing. Verdicts, events and the cursor
 * leave in one batch.
 */
#ifndef DOMOVOI_VALIDATE_WORK_H
#define DOMOVOI_VALIDATE_WORK_H

#include "store/store.h"

struct check_work;

struct check_work *check_work_new(struct store *store); /* NULL: out of memory */
void check_work_free(struct check_work *w);
/* `ret_more`: there is more to do at once. After an error the next step begins with what is stored. */
enum err check_work_step(struct check_work *w, bool *ret_more);

#endif
