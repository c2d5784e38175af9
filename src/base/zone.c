/*
 * zone.c - time zones by name, shared by all threads; see zone.h
 *
 * Zones are read once and kept in a list that only grows (there are some 600 names at most); the
 * lock guards the list, not the zones, which never change. An update of tzdata takes effect with
 * the next start.
 */
#include "base/zone.h"

#include "base/str.h"
#include "base/tzif.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_CAP 48
#define FILE_MAX (256 * 1024) /* the largest has some 3 kB */

struct zone {
	struct zone *next;
	char name[NAME_CAP];
	struct tzif tz;
};

/* Known without any file, so that a node without tzdata still has time. */
static struct zone utc_zone = {.name = "UTC"};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct zone *zones;

/* A name is made of letters, digits, '_', '+', '-' and '/', and cannot leave the directory. */
static bool is_name(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
	size_t n = strlen(name);
	return n > 0 && n < NAME_CAP && strspn(name, allowed) == n && name[0] != '/' &&
	       name[n - 1] != '/' && !strstr(name, "//");
}

static enum err read_file(const char *name, struct buf *out, struct diag *diag)
{
	char path[512];
	const char *dir = getenv("TZDIR");
	(void)snprintf(
		path, sizeof(path), "%s/%s", dir && *dir ? dir : "/usr/share/zoneinfo", name);
	FILE *f = fopen(path, "rbe");
	if (!f) {
		return errno == ENOENT || errno == ENOTDIR ?
			       err_set(diag, ERR_NOTFOUND, "no time zone \"%s\" on this system",
				       name) :
			       err_set_errno(diag, "time zone \"%s\"", name);
	}
	enum err e = ERR_OK;
	for (;;) {
		uint8_t chunk[4096];
		size_t n = fread(chunk, 1, sizeof(chunk), f);
		buf_put(out, chunk, n);
		if (n < sizeof(chunk)) {
			break;
		}
	}
	if (ferror(f)) { /* a directory opens and does not read */
		e = err_set(diag, ERR_NOTFOUND, "\"%s\" is not a time zone", name);
	} else if (out->is_full) {
		e = err_set(diag, ERR_CORRUPT, "time zone \"%s\": the file is too long", name);
	}
	(void)fclose(f);
	return e;
}

static enum err load(const char *name, struct zone **ret, struct diag *diag)
{
	struct buf bytes;
	struct diag inner = {0};
	struct zone *z = calloc(1, sizeof(*z));
	if (!z) {
		return err_set(diag, ERR_NOMEM, "time zone");
	}
	buf_init(&bytes, FILE_MAX);
	(void)STR_COPY(z->name, name);
	enum err e = read_file(name, &bytes, diag);
	if (e == ERR_OK && (bytes.size < 4 || memcmp(bytes.data, "TZif", 4) != 0)) {
		e = err_set(diag, ERR_NOTFOUND, "\"%s\" is not a time zone", name);
	} else if (e == ERR_OK) {
		e = tzif_parse(buf_slice(&bytes), &z->tz, &inner);
		if (e != ERR_OK) {
			(void)err_set_at(
				diag, e, inner.offset, "time zone \"%s\": %s", name, inner.text);
		}
	}
	buf_fini(&bytes);
	if (e != ERR_OK) {
		free(z);
		return e;
	}
	*ret = z;
	return ERR_OK;
}

enum err zone_get(const char *name, const struct zone **ret_zone, struct diag *diag)
{
	if (strcmp(name, "UTC") == 0) {
		*ret_zone = &utc_zone;
		return ERR_OK;
	}
	if (!is_name(name)) {
		return err_set(
			diag, ERR_NOTFOUND, "\"%.48s\" is not the name of a time zone", name);
	}
	enum err e = ERR_OK;
	(void)pthread_mutex_lock(&lock);
	struct zone *z = zones;
	while (z && strcmp(z->name, name) != 0) {
		z = z->next;
	}
	if (!z) {
		e = load(name, &z, diag);
		if (e == ERR_OK) {
			z->next = zones;
			zones = z;
		}
	}
	(void)pthread_mutex_unlock(&lock);
	if (e == ERR_OK) {
		*ret_zone = z;
	}
	return e;
}

const char *zone_name(const struct zone *z)
{
	return z->name;
}

int zone_offset(const struct zone *z, int64_t utc)
{
	return tzif_segment(&z->tz, utc).offset;
}

void zone_stretch(const struct zone *z, int64_t utc, int64_t *ret_from, int64_t *ret_till)
{
	struct tz_segment s = tzif_segment(&z->tz, utc);
	*ret_from = s.from;
	*ret_till = s.till;
}

struct civil zone_civil(const struct zone *z, int64_t utc)
{
	return civil_from_utc(utc + zone_offset(z, utc));
}

/*
 * A moment u shows the local time L where offset(u) = L - u. No offset reaches 26 hours, so the
 * segments within 26 hours of L hold every answer: one, two after a step back, none in a step
 * forward, where the step itself is the answer.
 */
int64_t zone_utc(const struct zone *z, struct civil local, bool is_second)
{
	const int64_t reach = 26LL * 3600;
	int64_t want = civil_to_utc(local);
	int64_t found = 0, step = want;
	int answers = 0;
	struct tz_segment s = tzif_segment(&z->tz, want - reach);
	for (;;) {
		int64_t utc = want - s.offset;
		if (utc >= s.from && utc < s.till) {
			found = utc;
			if (answers++ > 0 || !is_second) {
				break;
			}
		}
		if (s.till > want + reach) {
			break;
		}
		struct tz_segment next = tzif_segment(&z->tz, s.till);
		if (want - s.offset >= s.till && want - next.offset < s.till) {
			step = s.till;
		}
		s = next;
	}
	return answers > 0 ? found : step;
}
