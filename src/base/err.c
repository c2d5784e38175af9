/*
 * err.c - names and sentences of result codes; see err.h
 */
#include "base/err.h"

#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	const char *text[2];
	const char *check[2];
} codes[ERR_COUNT] = {
#define X(name, en, ru, check_en, check_ru) [ERR_##name] = {#name, {en, ru}, {check_en, check_ru}},
#include "base/err.def"
#undef X
};

static enum err known(enum err e)
{
	return (unsigned)e < ERR_COUNT ? e : ERR_INTERNAL;
}

const char *err_name(enum err e)
{
	return codes[known(e)].name;
}

const char *err_text(enum err e, enum lang lang)
{
	return codes[known(e)].text[lang == LANG_RU];
}

const char *err_check(enum err e, enum lang lang)
{
	return codes[known(e)].check[lang == LANG_RU];
}

bool err_from_name(const char *name, enum err *ret_e)
{
	for (int i = 0; i < ERR_COUNT; i++) {
		if (strcmp(codes[i].name, name) == 0) {
			*ret_e = (enum err)i;
			return true;
		}
	}
	return false;
}

bool err_is_answer(enum err e)
{
	return e == ERR_NODATA || e == ERR_UNSUPP || e == ERR_DENIED;
}

enum err err_from_errno(int sys_errno)
{
	switch (sys_errno) {
	case 0: return ERR_OK;
	case ENOMEM: return ERR_NOMEM;
	case ENOSPC:
	case EDQUOT: return ERR_FULL;
	case EROFS: return ERR_READONLY;
	case EACCES:
	case EPERM: return ERR_DENIED;
	case ENOENT: return ERR_NOTFOUND;
	case EEXIST: return ERR_EXISTS;
	case ETIMEDOUT: return ERR_TIMEOUT;
	case EINVAL: return ERR_INVAL;
	default: return ERR_IO;
	}
}

/* A cut, here or in a "%.60s", may have split a character, and quoted input may be anything; the text
 * goes into JSON and pages. What is not UTF-8 becomes '?'. */
static void make_utf8(char *s)
{
	while (*s) {
		size_t n = 1;
		while (n < 4 && ((unsigned char)s[n] & 0xc0) == 0x80) {
			n++;
		}
		n = (unsigned char)*s < 0x80 ? 1 : n;
		if (str_is_utf8((struct slice){(const uint8_t *)s, n})) {
			s += n;
		} else {
			*s++ = '?';
		}
	}
}

__attribute__((format(printf, 4, 0))) static void fill(
	struct diag *d, size_t offset, int sys_errno, const char *fmt, va_list ap)
{
	if (!d) {
		return;
	}
	d->offset = offset;
	d->sys_errno = sys_errno;
	int n = vsnprintf(d->text, sizeof(d->text), fmt, ap);
	if (sys_errno && n >= 0 && (size_t)n + 3 < sizeof(d->text)) {
		char text[96];
		/* the GNU strerror_r: thread-safe, returns the string */
		const char *why = strerror_r(sys_errno, text, sizeof(text));
		(void)snprintf(d->text + n, sizeof(d->text) - (size_t)n, ": %s", why);
	}
	make_utf8(d->text);
}

enum err err_set(struct diag *d, enum err e, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fill(d, 0, 0, fmt, ap);
	va_end(ap);
	return e;
}

enum err err_set_at(struct diag *d, enum err e, size_t offset, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fill(d, offset, 0, fmt, ap);
	va_end(ap);
	return e;
}

enum err err_set_errno(struct diag *d, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	va_start(ap, fmt);
	fill(d, 0, saved, fmt, ap);
	va_end(ap);
	errno = saved;
	return err_from_errno(saved);
}
