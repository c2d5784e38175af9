/*
 * edit.h - what persons do to archive values: enter, take back, decide about doubts
 *
 *   edit_values      values a person enters, says there are none, or takes back; class EDITED, source
 *                    MANUAL; nothing is deleted, what is replaced goes to the history
 *   verdict_decide   accept, reject, estimate or edit what the validation doubts
 *
 * Everybody gives a reason from a list. What lies in a closed month needs a second person: the first
 * one's word waits in the queue (states ACCEPTING ... EDITING) until another says the same.
 */
#ifndef DOMOVOI_EDIT_H
#define DOMOVOI_EDIT_H

#include "calc/validate_desk.h"

struct edit_reason {
	const char *code, *text, *text_ru;
};
const struct edit_reason *edit_reasons(size_t *ret_n);
bool edit_reason_is_known(const char *code);

/* Who says so and why. */
struct edit_word {
	const char *who, *reason, *document, *comment;
};

enum edit_kind {
	EDIT_VALUE,   /* this is the value */
	EDIT_NONE,    /* there is none */
	EDIT_RESTORE, /* what persons said is taken back: computed again */
};
struct edit {
	enum edit_kind kind;
	int64_t start;
	double value;
};

/* Rule of the queue for edits that wait for a second person. */
#define EDIT_RULE "EDIT"

/* The interval lies in a month of the place, or of one above it, that is closed. */
enum err edit_needs_second(struct store *store, const struct site *site, int64_t place,
	struct span interval, bool *ret_needs);

/* INVAL: a start that is none of the calendar, or not over yet. All or none. */
enum err edit_values(const struct desk *d, const struct channel *c, enum period period,
	const struct edit *edits, size_t n, const struct edit_word *word, size_t *ret_written,
	size_t *ret_waiting, struct diag *diag);

/*
 * Decide about a verdict, and about every other open one of the same value. `to` is ACCEPTED, REJECTED,
 * ESTIMATED or EDITED (with `value`; NaN: there is none). CONFLICT: it is gone, there is no estimate,
 * or a second person is needed and this one was the first. The verdict comes back as it is then.
 */
enum err verdict_decide(const struct desk *d, int64_t id, enum verdict_state to, double value,
	const struct edit_word *word, struct verdict *ret_verdict, struct diag *diag);

/* Half decided: state of a first person's word, and back. */
enum verdict_state verdict_waiting(enum verdict_state to);
bool verdict_is_waiting(enum verdict_state s);

#endif
