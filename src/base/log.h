/*
 * log.h - levelled lines to stderr (journald adds the time)
 *
 * "W poll: line RS-485 1: no answer" - the letter is the level, the word the area. A level that is
 * off costs one comparison. Any thread; a line is written whole.
 */
#ifndef DOMOVOI_LOG_H
#define DOMOVOI_LOG_H

enum log_level {
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG
};

extern enum log_level log_level;

void log_write(enum log_level level, const char *area, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define LOG(level, area, ...)                                    \
	do {                                                     \
		if ((level) <= log_level) {                      \
			log_write((level), (area), __VA_ARGS__); \
		}                                                \
	} while (0)
#define log_error(area, ...) LOG(LOG_ERROR, area, __VA_ARGS__)
#define log_warn(area, ...)  LOG(LOG_WARN, area, __VA_ARGS__)
#define log_info(area, ...)  LOG(LOG_INFO, area, __VA_ARGS__)
#define log_debug(area, ...) LOG(LOG_DEBUG, area, __VA_ARGS__)

#endif
