/*
 * link.c - which kind of link a URL names, and what all kinds share; see link.h
 */
#include "link/link.h"

#include "base/clock.h"
#include "base/str.h"
#include "link/open.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct scheme {
	const char *prefix;
	bool (*is_valid)(const char *rest);
	enum err (*open)(const char *rest, struct link **ret_link, struct diag *diag);
} schemes[] = {
	{"file:", file_is_valid, file_open},
	{"http://", http_is_valid, http_open},
	{"https://", http_is_valid, https_open},
	{"replay:", replay_is_valid, replay_open},
	{"serial:", serial_is_valid, serial_open},
	{"tcp://", tcp_is_valid, tcp_open},
	{"udp://", tcp_is_valid, udp_open},
};

/* The scheme of `url` and what follows it; NULL if there is none or the rest is malformed. */
static const struct scheme *scheme_of(const char *url, const char **ret_rest)
{
	if (strlen(url) >= sizeof(((struct link *)NULL)->url)) {
		return NULL;
	}
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t n = strlen(schemes[i].prefix);
		if (strncmp(url, schemes[i].prefix, n) == 0) {
			*ret_rest = url + n;
			return schemes[i].is_valid(*ret_rest) ? &schemes[i] : NULL;
		}
	}
	return NULL;
}

bool link_url_is_valid(const char *url)
{
	const char *rest;
	return scheme_of(url, &rest) != NULL;
}

const char *link_url_shown(const char *url, char to[static LINK_SHOWN_CAP])
{
	bool is_web = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
	(void)str_copy(to, LINK_SHOWN_CAP, url);
	if (!is_web) {
		return to;
	}
	const char *begin = strstr(url, "//") + 2, *host = begin;
	size_t n = strcspn(begin, "/?#");
	for (size_t i = 0; i < n; i++) { /* user:key@host */
		host = begin[i] == '@' ? begin + i + 1 : host;
	}
	(void)snprintf(to, LINK_SHOWN_CAP, "%.*s%.*s/...", (int)(begin - url), url,
		(int)(begin + n - host), host);
	return to;
}

enum err link_open(
	const char *url, const struct link_setup *setup, struct link **ret_link, struct diag *diag)
{
	const char *rest;
	const struct scheme *scheme = scheme_of(url, &rest);
	if (!scheme) {
		char shown[LINK_SHOWN_CAP];
		return err_set(diag, ERR_INVAL,
			"'%.60s' is not serial:/dev/..., tcp://host:port, udp://host:port, "
			"file:NAME, http(s)://host/... or replay:file",
			link_url_shown(url, shown));
	}
	struct link *l;
	enum err e = scheme->open(rest, &l, diag);
	if (e) {
		return e;
	}
	(void)STR_COPY(l->url, url);
	if (setup && l->ops->setup) {
		e = link_setup(l, setup, diag);
		if (e) {
			link_close(l);
			return e;
		}
	}
	*ret_link = l;
	return ERR_OK;
}

void link_close(struct link *l)
{
	if (l) {
		l->ops->close(l);
	}
}

int link_char_bits(const char *framing)
{
	if (strlen(framing) != 3 || !strchr("78", framing[0]) || !strchr("NEO", framing[1]) ||
		!strchr("12", framing[2])) {
		return 0;
	}
	return 1 + (framing[0] - '0') + (framing[1] != 'N') + (framing[2] - '0');
}

enum err link_setup(struct link *l, const struct link_setup *setup, struct diag *diag)
{
	if (!l->ops->setup) {
		char shown[LINK_SHOWN_CAP];
		return err_set(diag, ERR_UNSUPP, "%s has no speed of its own",
			link_url_shown(l->url, shown));
	}
	int bits = link_char_bits(setup->framing);
	if (bits == 0) {
		return err_set(
			diag, ERR_INVAL, "framing '%s' is not like 8N1 or 7E1", setup->framing);
	}
	if (setup->baud < 50 || setup->baud > 4000000) {
		return err_set(
			diag, ERR_INVAL, "baud rate %d is not within 50 to 4000000", setup->baud);
	}
	enum err e = l->ops->setup(l, setup, diag);
	if (!e) {
		l->char_us = ((int64_t)bits * 1000000 + setup->baud - 1) / setup->baud;
	}
	return e;
}

enum err link_write(struct link *l, struct slice bytes, struct diag *diag)
{
	enum err e = l->ops->write(l, bytes, diag);
	/* the port takes the bytes at once and sends them in its own time */
	int64_t now_us = clock_mono_us();
	int64_t from_us = l->busy_till_us > now_us ? l->busy_till_us : now_us;
	l->busy_till_us = from_us + (int64_t)bytes.size * l->char_us;
	return e;
}

enum err link_read(
	struct link *l, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag)
{
	enum err e = l->ops->read(l, to, cap, timeout_ms, ret_n, diag);
	if (!e) {
		int64_t now_us = clock_mono_us();
		l->busy_till_us = now_us > l->busy_till_us ? now_us : l->busy_till_us;
	}
	return e;
}

size_t link_discard(struct link *l)
{
	return l->ops->discard(l);
}

void link_pause(struct link *l, int ms)
{
	if (ms <= 0) {
		return;
	}
	if (l->ops->pause) {
		l->ops->pause(l, ms);
		return;
	}
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	while (nanosleep(&left, &left) < 0 && errno == EINTR) {
	}
}

bool link_has_speed(const struct link *l)
{
	return l->ops->setup != NULL;
}
