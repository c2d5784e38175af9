/*
 * err.h - one result code for the whole program
 *
 * Zero is success. The set is closed (err.def); every code has a name, a sentence in both
 * languages and one line saying what the operator should check. What a code cannot say - which
 * byte, which file, which errno - goes into an optional struct diag of the caller, who may pass
 * NULL. A function either logs or returns an error, never both.
 */
#ifndef DOMOVOI_ERR_H
#define DOMOVOI_ERR_H

#include <stdbool.h>
#include <stddef.h>

enum err {
#define X(name, en, ru, check_en, check_ru) ERR_##name,
#include "base/err.def"
#undef X
	ERR_COUNT
};

enum lang {
	LANG_EN,
	LANG_RU
};

/* Context of a failure; `offset` is a byte or line position where it means anything. */
struct diag {
	size_t offset;
	int sys_errno;
	char text[240];
};

const char *err_name(enum err e);                  /* "TIMEOUT" */
const char *err_text(enum err e, enum lang lang);  /* one sentence */
const char *err_check(enum err e, enum lang lang); /* what to check, "" if nothing */
bool err_from_name(const char *name, enum err *ret_e);
enum err err_from_errno(int sys_errno);

/* True for NODATA, UNSUPP, DENIED: the meter answered, and the answer is no. */
bool err_is_answer(enum err e);

/* Fill `d` (may be NULL) and return `e`, so that `return err_set(d, ERR_X, ...)` is one line. */
enum err err_set(struct diag *d, enum err e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
enum err err_set_at(struct diag *d, enum err e, size_t offset, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Like err_set with errno kept and its text appended; returns err_from_errno(errno). */
enum err err_set_errno(struct diag *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
