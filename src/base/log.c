/*
 * log.c - lines to stderr; see log.h
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum log_level log_level = LOG_INFO;

void log_write(enum log_level level, const char *area, const char *fmt, ...)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "%c %s: ", "EWID"[level & 3], area);
	size_t at = n > 0 ? (size_t)n : 0;
	va_list ap;
	va_start(ap, fmt);
	n = vsnprintf(line + at, sizeof(line) - at - 1, fmt, ap);
	va_end(ap);
	if (n > 0) {
		at += (size_t)n < sizeof(line) - at - 1 ? (size_t)n : sizeof(line) - at - 2;
	}
	line[at++] = '\n';
	/* one write: lines of threads do not mix; nothing to do when stderr is gone */
	ssize_t written = write(STDERR_FILENO, line, at);
	(void)written;
}
