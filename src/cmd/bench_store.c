/*
 * bench_store.c - a year of hourly values of 1000 channels into the store, hour by hour, and out
 *
 * The values look like real ones: half are counters of water, heat and electricity (litres, Wh, a
 * day's shape, nights without use), half are temperatures with two decimals. One batch per hour, as
 * the rollup submits them; packing runs on the way, as in a node, and is part of the time. At the end
 * everything that is due is packed.
 *
 * The year is submitted as fast as the store takes it: a commit holds what has gathered while the
 * last one went to the disk. A second, shorter run waits for each hour's commit, as when the hours
 * really pass, and tells what that writes.
 *
 * bytes_stored           pages in use of the database, per value
 * bytes_file             the file itself, free pages and log included
 * bytes_written          what the process caused to be sent to the disk, per value (write_bytes of
 *                        /proc/self/io: pages dirtied, not twice if dirtied again before they are
 *                        flushed; every commit flushes). 0 on a file system in memory
 * bytes_written_hourly   the same with a commit for every hour
 */
#include "base/clock.h"
#include "cmd/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHANNELS 1000
#define HOUR     3600
#define YEAR_H   8760
#define QUICK_H  (40 * 24)
#define ROUNDS   5
#define FIRST_ID 1000

struct bench {
	struct store *store;
	int hours;
	uint64_t seed;
	int64_t *counters; /* thousandths */
	int64_t first;     /* start of the first hour: the last one ends now */
	bool is_paced;     /* one commit per hour, as when the hours really pass */
};

static double unit(struct bench *b)
{
	b->seed = b->seed * 6364136223846793005u + 1442695040888963407u;
	return (double)(b->seed >> 33) / 2147483648.0;
}

/* Use of an hour in thousandths: quiet at night, two peaks a day. */
static int64_t use_of(struct bench *b, int channel, int hour)
{
	int h = hour % 24;
	double shape =
		h < 6 ? 0.1 : exp(-(h - 8) * (h - 8) / 6.0) + exp(-(h - 20) * (h - 20) / 8.0) + 0.2;
	double size = channel % 3 == 0 ? 30 : channel % 3 == 1 ? 400 : 2500;
	return (int64_t)(shape * size * unit(b));
}

static double value_of(struct bench *b, int channel, int hour)
{
	if (channel % 2 == 0) {
		b->counters[channel] += use_of(b, channel / 2, hour);
		return (double)b->counters[channel] / 1000;
	}
	double season = -12 * cos(hour * 2 * M_PI / 8760), day = -3 * cos(hour * 2 * M_PI / 24);
	double t = channel % 4 == 1 ? 60 - season + unit(b) : 22 + day / 10 + unit(b) / 5;
	return nearbyint(t * 100) / 100;
}

static enum err fill(struct bench *b)
{
	uint16_t quality = quality_make(QUALITY_MEASURED, SOURCE_POLLED, 0);
	for (int hour = 0; hour < b->hours; hour++) {
		struct batch *batch = batch_new();
		for (int c = 0; c < CHANNELS; c++) {
			batch_archive(batch, FIRST_ID + c, PERIOD_HOUR,
				b->first + (int64_t)hour * HOUR, value_of(b, c, hour), quality,
				false);
		}
		enum err e = store_submit(b->store, batch, b->is_paced);
		if (e) {
			return e;
		}
	}
	return archive_pack(b->store, b->first + (int64_t)b->hours * HOUR, NULL);
}

/* Bytes this process has caused to be sent to the disk. */
static double written(void)
{
	char line[128];
	unsigned long long v;
	double bytes = NAN;
	FILE *f = fopen("/proc/self/io", "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "write_bytes: %llu", &v) == 1) {
			bytes = (double)v;
		}
	}
	if (f) {
		(void)fclose(f);
	}
	return bytes;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Median of some runs of one query, in milliseconds. */
static enum err time_query(json_t *out, const char *name,
	enum err (*query)(struct bench *b, int round), struct bench *b)
{
	double ms[ROUNDS];
	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = clock_mono_us();
		enum err e = query(b, i);
		if (e) {
			return e;
		}
		ms[i] = (double)(clock_mono_us() - start) / 1000;
	}
	qsort(ms, ROUNDS, sizeof(ms[0]), compare);
	return json_object_set_new(out, name, json_real(ms[ROUNDS / 2])) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err query_range(struct bench *b, int channel, int hours)
{
	struct archive_value *items;
	size_t n;
	struct span span = {
		b->first + (int64_t)(b->hours - hours) * HOUR, b->first + (int64_t)b->hours * HOUR};
	enum err e = archive_range(b->store, FIRST_ID + channel, PERIOD_HOUR, span, &items, &n);
	if (!e) {
		free(items);
		e = n == (size_t)hours ? ERR_OK : ERR_INTERNAL;
	}
	return e;
}

static enum err query_year(struct bench *b, int round)
{
	return query_range(b, round * 97 % CHANNELS, b->hours);
}

static enum err query_month(struct bench *b, int round)
{
	return query_range(b, round * 89 % CHANNELS, 720);
}

static enum err query_at(struct bench *b, int hour)
{
	int64_t series[CHANNELS];
	struct archive_value *items = calloc(CHANNELS, sizeof(*items));
	for (int i = 0; i < CHANNELS; i++) {
		series[i] = FIRST_ID + i;
	}
	enum err e = items ? archive_at(b->store, series, CHANNELS, PERIOD_HOUR,
				     b->first + (int64_t)hour * HOUR, items) :
			     ERR_NOMEM;
	free(items);
	return e;
}

static enum err query_last_hour(struct bench *b, int round)
{
	return query_at(b, b->hours - 1 - round);
}

static enum err query_old_hour(struct bench *b, int round)
{
	return query_at(b, 500 + round);
}

static enum err query_last(struct bench *b, int round)
{
	struct last_reading *items;
	size_t n;
	(void)round;
	enum err e = store_last(b->store, &items, &n);
	if (!e) {
		free(items);
	}
	return e;
}

/* Readings of 1000 registers, so that there are last values to ask for. */
static enum err fill_readings(struct bench *b)
{
	struct batch *batch = batch_new();
	for (int c = 0; c < CHANNELS; c++) {
		batch_reading(batch, FIRST_ID + c, b->first, (double)c / 10, 0);
	}
	return store_submit(b->store, batch, true);
}

static enum err time_queries(json_t *out, struct bench *b)
{
	enum err e = fill_readings(b);
	e = e ? e : time_query(out, "channel_year_ms", query_year, b);
	e = e ? e : time_query(out, "channel_month_ms", query_month, b);
	e = e ? e : time_query(out, "hour_of_1000_ms", query_last_hour, b);
	e = e ? e : time_query(out, "old_hour_of_1000_ms", query_old_hour, b);
	return e ? e : time_query(out, "last_of_1000_ms", query_last, b);
}

static enum err put_real(json_t *out, const char *key, double v)
{
	json_t *real = isfinite(v) ? json_real(v) : json_null();
	return json_object_set_new(out, key, real) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err measure_year(json_t *out, struct bench *b)
{
	struct store_status status;
	double n = (double)b->hours * CHANNELS, before = written();
	int64_t start = clock_mono_us();
	enum err e = fill(b);
	double seconds = (double)(clock_mono_us() - start) / 1e6;
	store_status(b->store, &status);
	e = e ? e : put_real(out, "values", n);
	e = e ? e : put_real(out, "values_per_s", n / seconds);
	e = e ? e : put_real(out, "bytes_stored", (double)status.bytes_used / n);
	e = e ? e : put_real(out, "bytes_file", (double)status.bytes_on_disk / n);
	e = e ? e : put_real(out, "bytes_written", (written() - before) / n);
	return e ? e : time_queries(out, b);
}

static enum err measure_hourly(json_t *out, struct bench *b)
{
	double n = (double)b->hours * CHANNELS, before = written();
	enum err e = fill(b);
	return e ? e : put_real(out, "bytes_written_hourly", (written() - before) / n);
}

/* One run in a database of its own. */
static enum err run_once(json_t *out, const char *dir, struct bench *b,
	enum err (*measure)(json_t *out, struct bench *b), struct diag *diag)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", ".spill"};
	char url[300];
	(void)snprintf(url, sizeof(url), "sqlite:%s/b.db", dir);
	b->seed = 1;
	b->first = clock_now() / HOUR * HOUR - (int64_t)b->hours * HOUR;
	b->counters = calloc(CHANNELS, sizeof(*b->counters));
	enum err e = b->counters ? store_open(url, STORE_CREATE, &b->store, diag) : ERR_NOMEM;
	if (!e) {
		e = measure(out, b);
		store_close(b->store);
	}
	free(b->counters);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		(void)snprintf(url, sizeof(url), "%s/b.db%s", dir, suffixes[i]);
		(void)unlink(url);
	}
	return e;
}

enum err bench_store(json_t *out, const struct bench_options *o, struct diag *diag)
{
	struct bench year = {.hours = o->is_quick ? QUICK_H : YEAR_H};
	struct bench hourly = {.hours = o->is_quick ? QUICK_H / 4 : QUICK_H, .is_paced = true};
	const char *tmp = getenv("TMPDIR");
	char dir[256];
	(void)snprintf(dir, sizeof(dir), "%s/domovoi-bench-XXXXXX", tmp ? tmp : "/var/tmp");
	if (!mkdtemp(dir)) {
		return err_set_errno(diag, "%s", dir);
	}
	enum err e = run_once(out, dir, &year, measure_year, diag);
	e = e ? e : run_once(out, dir, &hourly, measure_hourly, diag);
	(void)rmdir(dir);
	return e;
}
