/*
 * logika_m4_bench.h - a simulated Logika M4 device under the driver, and what it may do to its replies
 *
 * The device lives at NOW, in Yekaterinburg, with report day 25 at 10:00. Every request is counted;
 * `twist` says how replies are spoilt on their way, always with a right checksum.
 */
#ifndef DOMOVOI_TEST_LOGIKA_M4_BENCH_H
#define DOMOVOI_TEST_LOGIKA_M4_BENCH_H

#include "base/str.h"
#include "model/abnormal.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "proto/m4.h"
#include "sim/ask.h"
#include "test.h"

#include <math.h>
#include <string.h>

#define NOW    1792326645 /* 2026-10-18T12:30:45Z */
#define HOUR_S 3600
#define DAY_S  86400

static inline const struct driver *m4(void)
{
	return driver_find("logika_m4");
}

/* ---- a driver and a meter in memory ---- */

static inline double source_at(const struct sim_source *s, enum quantity q, int64_t utc_us)
{
	double h = (double)(utc_us / 1000000 - (NOW - 500 * DAY_S)) / HOUR_S;
	(void)s;
	switch (q) {
	case QUANTITY_HEAT_ENERGY: return h * 0.04;
	case QUANTITY_VOLUME_SUPPLY: return h * 1.25;
	case QUANTITY_VOLUME_RETURN: return h * h / 1000; /* no two hours are equal */
	case QUANTITY_FLOW_SUPPLY: return 1.25;
	case QUANTITY_TEMPERATURE_SUPPLY: return 71.25;
	case QUANTITY_PRESSURE_SUPPLY: return 0.5;
	default: return NAN;
	}
}

/* What a meter under test does to its replies, besides being one. */
enum twist {
	STRAIGHT,
	ENCRYPTED,
	LATE_ID,
	OTHER_NT,
	REFUSED,    /* error `twist_error` to everything but the session */
	CIRCLES,    /* the pointer of an archive leads back to the first date */
	CUT_VALUES, /* the body is cut, the checksum right */
	NO_VALUES,
	NOT_IN_SERVICE, /* scheme 99 */
	NO_REPORT,      /* report day and hour are not set */
	SITUATION,      /* flags FF.. in every record */
	OTHER_IDENT,    /* a device nobody knows */
	ONE_MORE,       /* a value more in every record */
	NO_SECOND       /* archives of channel 2 are refused with `twist_error` */
};
static enum twist twist;
static uint8_t twist_error;
static int requests;
static uint8_t codes[4000];

static void rewrite_values(struct slice body, struct m4_out *o);

static inline void rewrite_value(const struct m4_value *v, struct m4_out *o)
{
	static const uint32_t all[3] = {~0u, ~0u, ~0u};
	if (v->tag == M4_SEQUENCE) {
		size_t mark = m4_open(o);
		rewrite_values(v->data, o);
		if (twist == ONE_MORE && v->data.size > 0) {
			m4_put_float(o, 1);
		}
		m4_close(o, mark);
	} else if (v->tag == M4_UINT && twist == NOT_IN_SERVICE) {
		m4_put_uint(o, 99);
	} else if (v->tag == M4_TEXT && twist == NO_REPORT && v->data.size == 2) {
		m4_put_null(o);
	} else if (v->tag == M4_FLAGS && twist == SITUATION) {
		m4_put_flags(o, all, v->data.size);
	} else if (v->tag == M4_ARCHDATE && twist == CIRCLES && v->data.size > 0) {
		m4_put_archdate(o, (struct civil){2020, 1, 1, 0, 0, 0}, (int)v->data.size);
	} else {
		m4_put(o, v->tag, v->data.data, v->data.size);
	}
}

static inline void rewrite_values(struct slice body, struct m4_out *o)
{
	struct reader r = reader_of(body);
	struct m4_value v;
	while (m4_next(&r, &v)) {
		rewrite_value(&v, o);
	}
}

static inline void put_bytes(struct m4_out *o, struct slice bytes)
{
	memcpy(o->data + o->size, bytes.data, bytes.size);
	o->size += bytes.size;
}

/* `asked`: the request. */
static inline void twist_reply(const struct m4_frame *asked, struct buf *reply)
{
	static const uint8_t unknown[] = {0x47, 0x42, 0x01};
	struct m4_frame f;
	struct m4_out o;
	assert_true(m4_decode(buf_slice(reply), &f));
	if (!f.is_extended && twist == OTHER_IDENT) {
		struct slice said = m4_short(&o, f.nt, f.code, SLICE(unknown));
		buf_clear(reply);
		buf_put(reply, said.data, said.size);
	}
	if (!f.is_extended || twist == STRAIGHT) {
		return;
	}
	/* 04 05 section(2) channel */
	bool is_second = asked->code == M4_ARCHIVE && asked->data.data[4] == 2;
	m4_begin(&o, (uint8_t)(f.nt + (twist == OTHER_NT)), (uint8_t)(f.id - (twist == LATE_ID)),
		twist == REFUSED || (twist == NO_SECOND && is_second) ? M4_ERROR : f.code);
	switch (twist) {
	case REFUSED: put_bytes(&o, (struct slice){&twist_error, 1}); break;
	case CUT_VALUES:
		put_bytes(&o, (struct slice){f.data.data, f.data.size - (f.data.size > 0)});
		break;
	case NO_SECOND: put_bytes(&o, is_second ? (struct slice){&twist_error, 1} : f.data); break;
	case NO_VALUES: break;
	case NOT_IN_SERVICE:
	case NO_REPORT:
	case SITUATION:
	case ONE_MORE:
	case CIRCLES: rewrite_values(f.data, &o); break;
	default: put_bytes(&o, f.data); break;
	}
	o.data[4] = twist == ENCRYPTED;
	struct slice bytes = m4_end(&o);
	buf_clear(reply);
	buf_put(reply, bytes.data, bytes.size);
}

static inline bool answer(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct m4_frame f;
	assert_true(m4_decode(request, &f));
	codes[requests++ % (int)sizeof(codes)] = f.code;
	if (!sim_m4.answer(d, request, now_us, reply)) {
		return false;
	}
	twist_reply(&f, reply);
	return true;
}

static struct sim_protocol twisted = {.name = "logika_m4", .answer = answer};

struct bench {
	struct link *link;
	struct talk *talk;
	struct sample_list got;
};

static inline struct sim_device device(const char *model)
{
	static const struct sim_source source = {source_at};
	struct sim_device d = {.protocol = &twisted,
		.source = &source,
		.address = 7,
		.born_utc = NOW - 500 * DAY_S,
		.depth = {.hours = 1080, .days = 365, .months = 100},
		.report_hour = 10,
		.report_day = 25};
	twisted.frame = sim_m4.frame;
	(void)STR_COPY(d.model, model);
	(void)STR_COPY(d.serial, "55150");
	assert_int_equal(zone_get("Asia/Yekaterinburg", &d.zone, NULL), ERR_OK);
	return d;
}

static inline void bench_init(struct bench *b, const struct sim_device *d, const char *params)
{
	struct line line = {.is_enabled = true};
	struct meter meter = {0};
	struct diag diag = {0};
	twist = STRAIGHT;
	requests = 0;
	b->link = sim_link_new(d, NOW * INT64_C(1000000));
	assert_non_null(b->link);
	(void)STR_COPY(meter.params, params);
	if (talk_new(m4(), &line, &meter, d->zone, &b->talk, &diag)) {
		fail_msg("talk: %s", diag.text);
	}
	talk_attach(b->talk, b->link, NULL);
	assert_int_equal(talk_begin(b->talk, NOW), ERR_OK);
	sample_list_init(&b->got);
}

static inline void bench_fini(struct bench *b)
{
	talk_free(b->talk);
	sample_list_fini(&b->got);
	link_close(b->link);
}

static inline void bench_model(struct bench *b, const char *model)
{
	struct sim_device d = device(model);
	bench_init(b, &d, "address=7");
}

static inline const struct sample *find(const struct bench *b, const char *key)
{
	for (size_t i = 0; i < b->got.n; i++) {
		if (strcmp(b->got.items[i]->key, key) == 0) {
			return &b->got.items[i]->sample;
		}
	}
	return NULL;
}

static inline void must_be(const struct bench *b, const char *key, double v, enum unit unit)
{
	const struct sample *s = find(b, key);
	if (!s || s->unit != unit || !(fabs(s->value - v) <= 1e-6 * (1 + fabs(v)))) {
		fail_msg("%s: %g %s instead of %g", key, s ? s->value : NAN,
			s ? unit_code(s->unit) : "", v);
	}
}

static inline void must_be_missing(const struct bench *b, const char *key)
{
	const struct sample *s = find(b, key);
	assert_true(s && isnan(s->value) && quality_class(s->quality) == QUALITY_MISSING);
}

static inline struct span hours_before(int from, int n)
{
	int64_t start = NOW / HOUR_S * HOUR_S - (int64_t)from * HOUR_S;
	return (struct span){start, start + (int64_t)n * HOUR_S};
}

#endif
