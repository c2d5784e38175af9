/*
 * rollup_test.h - a store with a building, its rollup, and short words for putting and asking
 *
 * The building lies in Yekaterinburg (UTC+5, no summer time): its days begin at 19:00 UTC. All
 * registers belong to one meter polled every `poll_s` seconds.
 */
#ifndef DOMOVOI_ROLLUP_TEST_H
#define DOMOVOI_ROLLUP_TEST_H

#include "base/str.h"
#include "calc/rollup.h"
#include "test.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	char url[160];
	struct store *store;
	struct rollup *rollup;
	int64_t place, line, meter;
	struct batch *batch; /* being filled */
};

static inline int64_t utc(const char *text)
{
	int64_t t = 0;
	assert_int_equal(time_parse(text, NULL, &t), ERR_OK);
	return t;
}

static inline int64_t put_object(struct fixture *f, enum object_kind kind, void *object)
{
	struct diag d = {0};
	if (store_put(f->store, kind, object, "test", &d) != ERR_OK) {
		fail_msg("%s", d.text);
	}
	return object_id(object);
}

static inline int64_t add_meter(struct fixture *f, int64_t poll_s)
{
	struct meter m;
	object_init(OBJECT_METER, &m);
	m.line = f->line;
	m.place = f->place;
	m.poll_s = poll_s;
	(void)STR_COPY(m.name, "meter");
	(void)STR_COPY(m.driver, "mbus");
	return put_object(f, OBJECT_METER, &m);
}

static inline int set_up(void **state)
{
	static struct fixture f;
	struct diag d = {0};
	struct place p;
	struct line l;
	f = (struct fixture){0};
	(void)snprintf(f.dir, sizeof(f.dir), "/tmp/domovoi-rollup-XXXXXX");
	if (!mkdtemp(f.dir)) {
		return -1;
	}
	(void)snprintf(f.url, sizeof(f.url), "sqlite:%s/test.db", f.dir);
	if (store_open(f.url, STORE_CREATE, &f.store, &d) != ERR_OK) {
		(void)fprintf(stderr, "%s\n", d.text);
		return -1;
	}
	object_init(OBJECT_PLACE, &p);
	(void)STR_COPY(p.name, "Дом");
	(void)STR_COPY(p.zone, "Asia/Yekaterinburg");
	f.place = put_object(&f, OBJECT_PLACE, &p);
	object_init(OBJECT_LINE, &l);
	(void)STR_COPY(l.name, "line");
	(void)STR_COPY(l.link, "tcp://127.0.0.1:4001");
	f.line = put_object(&f, OBJECT_LINE, &l);
	f.meter = add_meter(&f, 900);
	assert_int_equal(rollup_start(f.store, &f.rollup, &d), ERR_OK);
	*state = &f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[160];
	batch_free(f->batch);
	rollup_stop(f->rollup);
	store_close(f->store);
	(void)snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	return system(command);
}

/* The node dies and comes back. */
static inline void restart(struct fixture *f)
{
	struct diag d = {0};
	rollup_stop(f->rollup);
	store_close(f->store);
	assert_int_equal(store_open(f->url, 0, &f->store, &d), ERR_OK);
	assert_int_equal(rollup_start(f->store, &f->rollup, &d), ERR_OK);
}

static inline struct meter_register counter_conf(struct fixture *f, const char *key)
{
	struct meter_register r;
	object_init(OBJECT_REGISTER, &r);
	r.meter = f->meter;
	(void)STR_COPY(r.key, key);
	r.quantity = QUANTITY_COLD_WATER;
	r.unit = UNIT_M3;
	r.form = FORM_POINT;
	r.decimals = 3;
	r.capacity = 100000;
	r.max_rate = 3;
	return r;
}

static inline int64_t add_counter(struct fixture *f, const char *key)
{
	struct meter_register r = counter_conf(f, key);
	return put_object(f, OBJECT_REGISTER, &r);
}

static inline int64_t add_gauge(struct fixture *f, const char *key)
{
	struct meter_register r;
	object_init(OBJECT_REGISTER, &r);
	r.meter = f->meter;
	(void)STR_COPY(r.key, key);
	r.quantity = QUANTITY_TEMPERATURE_SUPPLY;
	r.unit = UNIT_DEGC;
	r.form = FORM_AMOUNT;
	return put_object(f, OBJECT_REGISTER, &r);
}

static inline int64_t add_channel(struct fixture *f, enum quantity q, enum unit u)
{
	struct channel c;
	object_init(OBJECT_CHANNEL, &c);
	c.place = f->place;
	c.quantity = q;
	c.unit = u;
	return put_object(f, OBJECT_CHANNEL, &c);
}

static inline struct binding binding_conf(int64_t channel, int64_t reg)
{
	struct binding b;
	object_init(OBJECT_BINDING, &b);
	b.channel = channel;
	b.meter_register = reg;
	return b;
}

static inline int64_t bind(struct fixture *f, int64_t channel, int64_t reg)
{
	struct binding b = binding_conf(channel, reg);
	return put_object(f, OBJECT_BINDING, &b);
}

static inline struct batch *open_batch(struct fixture *f)
{
	if (!f->batch) {
		f->batch = batch_new();
		assert_non_null(f->batch);
	}
	return f->batch;
}

static inline void commit(struct fixture *f)
{
	struct batch *b = open_batch(f);
	f->batch = NULL;
	assert_int_equal(store_submit(f->store, b, true), ERR_OK);
}

static inline void read_at(struct fixture *f, int64_t reg, int64_t at, double value)
{
	batch_reading(
		open_batch(f), reg, at, value, quality_make(QUALITY_MEASURED, SOURCE_POLLED, 0));
}

static inline void meter_says(
	struct fixture *f, int64_t reg, enum period p, int64_t start, double value)
{
	batch_archive(open_batch(f), reg, p, start, value,
		quality_make(QUALITY_MEASURED, SOURCE_METER, 0), false);
}

static inline void settle(struct fixture *f)
{
	if (f->batch) {
		commit(f);
	}
	assert_int_equal(rollup_settle(f->rollup), ERR_OK);
}

static inline struct archive_value value_at(
	struct fixture *f, int64_t series, enum period p, int64_t start)
{
	struct archive_value v;
	assert_int_equal(archive_at(f->store, &series, 1, p, start, &v), ERR_OK);
	return v;
}

#define assert_value(f, series, period, start, want_value, want_quality) \
	check_value((f), (series), (period), (start), (want_value), (want_quality), __LINE__)

/* NaN wants MISSING. Nine digits, as in the vectors. */
static inline void check_value(struct fixture *f, int64_t series, enum period p, int64_t start,
	double value, unsigned quality, int line)
{
	struct archive_value v = value_at(f, series, p, start);
	bool is_value = isnan(value) ? isnan(v.value) :
				       fabs(v.value - value) < 1e-9 * fmax(1, value);
	if (!is_value || v.quality != quality) {
		char text[TIME_TEXT_CAP];
		fail_msg("line %d: series %lld %s %s: %.12g %s %s %04x instead of %.12g %s %s %04x",
			line, (long long)series, period_name(p), time_text_utc(text, start),
			v.value, quality_class_name(quality_class(v.quality)),
			quality_source_name(quality_source(v.quality)), quality_flags(v.quality),
			value, quality_class_name(quality_class((uint16_t)quality)),
			quality_source_name(quality_source((uint16_t)quality)),
			quality_flags((uint16_t)quality));
	}
}

struct event_count {
	const char *code;
	int n;
	char text[256];
};

static inline enum err count_event(void *ctx, const struct event *e)
{
	struct event_count *c = ctx;
	if (strcmp(e->code, c->code) == 0) {
		c->n++;
		(void)STR_COPY(c->text, e->text);
	}
	return ERR_OK;
}

static inline struct event_count events_of(struct fixture *f, int64_t object, const char *code)
{
	struct event_count c = {.code = code};
	assert_int_equal(
		event_list(f->store, object, (struct span){0, INT64_MAX}, 1000, count_event, &c),
		ERR_OK);
	return c;
}

#define MEASURED(source) quality_make(QUALITY_MEASURED, SOURCE_##source, 0)
#define HOUR_S           3600

#endif
