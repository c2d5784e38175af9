/*
 * mt200_archive.c - hours, days and months out of the memory of an MT-200; see mt200.h
 *
 *     slot = (number of the period + moved) mod records        address = start + slot * bytes
 *
 * The number is that of the document; `moved` is 0 in the one meter known. How months are numbered and
 * whether hours are counted with two or four digits of the year is not certain: a record says itself of
 * when it is, so one that lies elsewhere shows by how much the ring is moved.
 *
 * A record holds counters at the end of its period (FORM_POINT), means of temperatures and, of hours, the
 * state (FORM_AMOUNT). What stands in a slot from a former round is a record that was not made.
 */
#include "drivers/mt200.h"

#include <math.h>
#include <string.h>

#define TRIES_MAX  5
#define SETTLE_S   60 /* a period that ended less than this ago may not be written yet */
#define LEARN_MOST 3  /* times a ring may be taken for moved in one call */

struct walk {
	struct mt200 m;
	enum mt200_ring ring;
	enum period period;
	struct calendar calendar;
	struct sink *out;
	int learnt;
	bool has_put;
};

static struct frame_verdict memory(struct slice so_far, bool is_485, size_t n)
{
	struct mt200_cut cut = mt200_cut_reply(so_far, is_485, n);
	return (struct frame_verdict){cut.state == MT200_CUT_FULL ? FRAME_FULL :
				      cut.state == MT200_CUT_MORE ? FRAME_MORE :
								    FRAME_JUNK,
		cut.size};
}

static struct frame_verdict day_232(struct slice so_far)
{
	return memory(so_far, false, MT200_DAY_BYTES);
}

static struct frame_verdict day_485(struct slice so_far)
{
	return memory(so_far, true, MT200_DAY_BYTES);
}

static struct frame_verdict hour_232(struct slice so_far)
{
	return memory(so_far, false, MT200_HOUR_BYTES);
}

static struct frame_verdict hour_485(struct slice so_far)
{
	return memory(so_far, true, MT200_HOUR_BYTES);
}

/* ---- one slot ---- */

static enum err read_once(const struct walk *w, uint16_t at, uint8_t *to)
{
	static frame_fn *const frames[2][2] = {{day_232, day_485}, {hour_232, hour_485}};
	const struct mt200_ring_facts *facts = &mt200_rings[w->ring];
	struct mt200_frame f;
	struct slice reply, record;
	frame_fn *frame = frames[facts->bytes == MT200_HOUR_BYTES][w->m.is_485];
	enum err e = talk_exchange(
		w->m.talk, mt200_ask_memory(&f, w->m.address, at, facts->bytes), frame, &reply);
	for (; !e; e = talk_again(w->m.talk, frame, &reply)) {
		e = mt200_memory_decode(reply, w->m.is_485, at, facts->bytes, &record);
		if (e != ERR_FOREIGN) {
			break;
		}
	}
	if (!e) {
		memcpy(to, record.data, facts->bytes);
	}
	return e == ERR_PROTO ? talk_fail(w->m.talk, e, "neither memory nor a refusal") : e;
}

/* A record two readings agree on, or one where replies have a checksum. */
static enum err read_slot(struct walk *w, int64_t slot, struct mt200_record *ret)
{
	const struct mt200_ring_facts *facts = &mt200_rings[w->ring];
	uint16_t at = (uint16_t)(facts->start + slot * facts->bytes);
	uint8_t now[MT200_HOUR_BYTES] = {0}, before[MT200_HOUR_BYTES];
	enum err e = read_once(w, at, now);
	bool is_sure = !w->m.is_repeated;
	for (int i = 1; !e && !is_sure && i < TRIES_MAX; i++) {
		memcpy(before, now, sizeof(before));
		e = read_once(w, at, now);
		is_sure = memcmp(before, now, facts->bytes) == 0;
	}
	if (e == ERR_UNSUPP) {
		w->m.state->has_no_ring[w->ring] = true;
		return talk_fail(w->m.talk, e, "the meter does not give out this archive");
	}
	if (!e && !is_sure) {
		return talk_fail(w->m.talk, ERR_NOISE, "the record at %04X differs each time", at);
	}
	return e ? e : mt200_record_decode((struct slice){now, facts->bytes}, ret);
}

/* ---- one period ---- */

static int64_t slot_of(const struct walk *w, struct civil at)
{
	int64_t n = mt200_rings[w->ring].records;
	int64_t slot = (mt200_ordinal(w->ring, at) + w->m.state->moved[w->ring]) % n;
	return slot < 0 ? slot + n : slot;
}

static bool is_of(const struct walk *w, const struct mt200_record *r, int64_t start)
{
	int64_t utc = zone_utc(w->calendar.zone, r->at, false);
	return period_of(&w->calendar, w->period, utc).from == start;
}

/* By how much the ring is moved if `r` belongs where it was found. */
static bool learn(struct walk *w, int64_t slot, const struct mt200_record *r)
{
	struct mt200_state *s = w->m.state;
	int64_t n = mt200_rings[w->ring].records;
	int64_t moved = (slot - mt200_ordinal(w->ring, r->at)) % n;
	moved = moved < 0 ? moved + n : moved;
	if (s->has_moved[w->ring] || moved == s->moved[w->ring] || w->learnt == LEARN_MOST) {
		return false;
	}
	s->moved[w->ring] = (int16_t)moved;
	w->learnt++;
	return true;
}

/* NODATA: the meter has no record of the period. */
static enum err find(struct walk *w, int64_t start, struct mt200_record *ret)
{
	int64_t end = period_next(&w->calendar, w->period, start);
	struct civil last = zone_civil(w->calendar.zone, end - 1); /* second of the period */
	int64_t slot = slot_of(w, last);
	enum err e = read_slot(w, slot, ret);
	while (!e && !is_of(w, ret, start)) {
		if (!learn(w, slot, ret)) {
			return ERR_NODATA;
		}
		slot = slot_of(w, last);
		e = read_slot(w, slot, ret);
	}
	w->m.state->has_moved[w->ring] = w->m.state->has_moved[w->ring] || !e;
	return e;
}

/* ---- records out ---- */

static enum err put(struct walk *w, const struct sample *like, double value)
{
	struct sample s = *like;
	s.period = w->period;
	s.value = value;
	s.quality = quality_make(isnan(value) ? QUALITY_MISSING : QUALITY_MEASURED, SOURCE_NONE,
		quality_flags(like->quality));
	w->has_put = true;
	return w->out->put(w->out, &s);
}

static enum err put_means(
	struct walk *w, const struct mt200_record *r, int64_t start, unsigned flags)
{
	static const struct sample means[4] = {
		{.key = "temperature_supply", .quantity = QUANTITY_TEMPERATURE_SUPPLY},
		{.key = "temperature_return", .quantity = QUANTITY_TEMPERATURE_RETURN},
		{.key = "temperature.4", .quantity = QUANTITY_TEMPERATURE},
		{.key = "temperature.5", .quantity = QUANTITY_TEMPERATURE}};
	enum err e = ERR_OK;
	for (int i = 0; i < 4 && !e; i++) {
		struct sample s = means[i];
		s.unit = UNIT_DEGC;
		s.form = FORM_AMOUNT;
		s.utc = start;
		s.decimals = 2;
		s.quality = (uint16_t)flags;
		e = put(w, &s, r->temperature[i]);
	}
	if (e || !r->has_state) {
		return e;
	}
	struct sample s = {.key = "error_code",
		.quantity = QUANTITY_ERROR_CODE,
		.form = FORM_AMOUNT,
		.utc = start};
	e = put(w, &s, r->state);
	s.key = "abnormal";
	s.quantity = QUANTITY_ABNORMAL;
	return e ? e : put(w, &s, mt200_abnormal(r->state));
}

static enum err put_counters(
	struct walk *w, const struct mt200_record *r, int64_t end, unsigned flags)
{
	static const int channels[4] = {1, 2, 4, 5};
	static const char *const heats[2] = {"heat_energy.1", "heat_energy.2"};
	enum err e = ERR_OK;
	for (int i = 0; i < 2 && !e; i++) {
		struct sample s = {.key = heats[i],
			.quantity = QUANTITY_HEAT_ENERGY,
			.unit = UNIT_MJ,
			.form = FORM_POINT,
			.utc = end,
			.decimals = -1,
			.quality = (uint16_t)flags};
		e = put(w, &s, r->heat[i]);
	}
	for (int i = 0; i < 4 && !e; i++) {
		struct sample s = {
			.form = FORM_POINT, .utc = end, .decimals = -1, .quality = (uint16_t)flags};
		if (mt200_channel(&w->m, channels[i], false, &s)) {
			e = put(w, &s, r->volume[i]);
		}
	}
	struct sample s = {.key = "error_time",
		.quantity = QUANTITY_ERROR_TIME,
		.unit = UNIT_MIN,
		.form = FORM_POINT,
		.utc = end};
	return e ? e : put(w, &s, r->fault_min);
}

enum err mt200_read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct walk w = {
		.m = mt200_open(t), .period = period, .calendar = *talk_calendar(t), .out = out};
	switch (period) {
	case PERIOD_HOUR: w.ring = MT200_HOURS; break;
	case PERIOD_DAY: w.ring = MT200_DAYS; break;
	case PERIOD_MONTH: w.ring = MT200_MONTHS; break;
	default: return ERR_UNSUPP;
	}
	if (w.m.state->has_no_ring[w.ring]) {
		return ERR_UNSUPP;
	}
	int64_t open = period_of(&w.calendar, period, talk_now(t) - SETTLE_S).from;
	int64_t oldest = open;
	for (int i = 0; i < mt200_rings[w.ring].records && oldest > span.from; i++) {
		oldest = period_prev(&w.calendar, period, oldest);
	}
	int64_t start = span.from > oldest ? span.from : oldest;
	struct span first = period_of(&w.calendar, period, start);
	start = first.from < start ? first.till : first.from;
	enum err e = mt200_learn_units(&w.m);
	while (!e && start < span.till && start < open) {
		struct mt200_record r;
		int64_t end = period_next(&w.calendar, period, start);
		e = find(&w, start, &r);
		if (!e) {
			unsigned flags = r.has_state && r.state ? QUALITY_ABNORMAL : 0;
			e = put_means(&w, &r, start, flags);
			e = e ? e : put_counters(&w, &r, end, flags);
		}
		e = e == ERR_NODATA ? ERR_OK : e;
		start = end;
	}
	return e == ERR_OK && !w.has_put ? ERR_NODATA : e;
}
