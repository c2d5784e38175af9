/*
 * pulsar_archive.c - hours, days and months of a Pulsar; see pulsar_driver.h
 *
 *     request   mask, one channel | 01 hour, 02 day, 03 month | first time | last time
 *     reply     the mask | time of the first value | float, float ...
 *
 * A value is the reading at the moment its place stands for: the maker's example, taken at 09:31, has
 * a value for 09:00 in its hours, and all are the reading of the channel. So a span of n periods
 * has n + 1 readings, and these leave as FORM_POINT. Times are the meter's civil time; days begin
 * at 0:00, months on the 1st.
 *
 * The first time is rounded down and the last up by the meter, by old firmware not at all, so both
 * are sent exact. How many values fit into a reply depends on the model (58 or 5): a refusal halves
 * what is asked for, and that is remembered.
 *
 * No value in a place means that nothing was recorded there - or not yet, when the meter's clock is
 * behind. So a missing value is reported only when a later one of the same channel exists.
 *
 * Gauges are not read: whether their records are means or moments is not known.
 */
#include "drivers/pulsar_driver.h"

#include <math.h>
#include <string.h>

#define HEAT_BATCH 5
#define STEPS_MAX  100000 /* more than any meter's memory */

struct archive {
	struct pulsar_peer peer;
	enum period period;
	struct sink *out;
	const struct zone *zone;
	struct civil from; /* place 0 */
	int count;         /* places */
	struct pulsar_channel channel;
	int next; /* place behind the last one that was told */
	int64_t put_n;
};

static struct civil place(const struct archive *a, int i)
{
	struct civil c = a->from;
	switch (a->period) {
	case PERIOD_HOUR: return civil_from_utc(civil_to_utc(c) + i * INT64_C(3600));
	case PERIOD_DAY: return civil_from_utc(civil_to_utc(c) + i * INT64_C(86400));
	default: c.month += i; return civil_from_utc(civil_to_utc(c));
	}
}

/* The place of a time, counted from place 0; negative before it. False: not a border. */
static bool place_of(const struct archive *a, struct civil c, int *ret_i)
{
	int64_t s = civil_to_utc(c) - civil_to_utc(a->from);
	int64_t step = a->period == PERIOD_HOUR ? 3600 : 86400;
	if (a->period == PERIOD_MONTH) {
		*ret_i = (c.year - a->from.year) * 12 + c.month - a->from.month;
		return c.day == 1 && c.hour == 0 && c.minute == 0 && c.second == 0;
	}
	*ret_i = (int)(s / step);
	return s % step == 0;
}

static enum err put(struct archive *a, int i, double v)
{
	struct civil c = place(a, i);
	int64_t utc = zone_utc(a->zone, c, false);
	if (civil_to_utc(zone_civil(a->zone, utc)) != civil_to_utc(c)) {
		return ERR_OK; /* an hour the clock jumped over */
	}
	struct sample s = {.key = a->channel.key,
		.quantity = a->channel.quantity,
		.unit = a->channel.unit,
		.form = FORM_POINT,
		.period = a->period,
		.utc = utc,
		.value = v,
		.decimals = a->channel.is_whole ? 0 :
						  pulsar_decimals(a->peer.state, a->channel.number),
		.quality = quality_make(
			isnan(v) ? QUALITY_MISSING : QUALITY_MEASURED, SOURCE_NONE, 0)};
	a->put_n++;
	return a->out->put(a->out, &s);
}

static enum err put_place(struct archive *a, int i, double v)
{
	enum err e = ERR_OK;
	for (; !isnan(v) && a->next < i && !e; a->next++) {
		e = put(a, a->next, NAN);
	}
	if (isnan(v) || e) {
		return e;
	}
	a->next = i + 1;
	return put(a, i, v);
}

/* Values of a reply to a request for places `i` .. `i` + `n` - 1. */
static enum err put_reply(struct archive *a, int i, int n, const struct pulsar_frame *f)
{
	struct civil c;
	int first;
	uint32_t mask = 1u << (a->channel.number - 1);
	const uint8_t *d = f->data.data;
	if (f->data.size < PULSAR_ARCHIVE_HEAD || f->data.size % 4 != PULSAR_ARCHIVE_HEAD % 4 ||
		pulsar_u32(d) != mask) {
		return talk_fail(a->peer.talk, ERR_PROTO, "an archive reply of another shape");
	}
	if (!pulsar_time_get(d + 4, &c) || !place_of(a, c, &first)) {
		return talk_fail(a->peer.talk, ERR_PROTO,
			"the archive reply begins at no border of the period");
	}
	int values = (int)(f->data.size - PULSAR_ARCHIVE_HEAD) / 4;
	for (int k = 0; k < values; k++) {
		const uint8_t *bytes = d + PULSAR_ARCHIVE_HEAD + 4 * (size_t)k;
		double v = a->channel.is_whole ? pulsar_hours(bytes) : pulsar_value(bytes, 4);
		enum err e = first + k >= i && first + k < i + n ? put_place(a, first + k, v) :
								   ERR_OK;
		if (e) {
			return e;
		}
	}
	return ERR_OK;
}

static enum err ask(struct archive *a, int i, int n, struct pulsar_frame *ret)
{
	static const uint8_t types[PERIOD_COUNT] = {
		[PERIOD_HOUR] = 1, [PERIOD_DAY] = 2, [PERIOD_MONTH] = 3};
	uint8_t data[6 + 2 * PULSAR_TIME_SIZE] = {0};
	uint32_t mask = 1u << (a->channel.number - 1);
	for (int k = 0; k < 4; k++) {
		data[k] = (uint8_t)(mask >> (8 * k));
	}
	data[4] = types[a->period];
	pulsar_time_put(place(a, i), data + 6);
	pulsar_time_put(place(a, i + n - 1), data + 6 + PULSAR_TIME_SIZE);
	return pulsar_ask(&a->peer, PULSAR_READ_ARCHIVE, SLICE(data), false, ret);
}

static enum err read_channel(struct archive *a)
{
	struct pulsar_state *s = a->peer.state;
	struct pulsar_frame f;
	enum err refusal = ERR_OK;
	int64_t put_before = a->put_n;
	a->next = 0;
	for (int i = 0; i < a->count;) {
		int n = a->count - i < s->batch ? a->count - i : s->batch;
		enum err e = ask(a, i, n, &f);
		if (e && a->peer.refusal == PULSAR_TOO_MANY && n > 1) {
			s->batch = n / 2;
			continue;
		}
		if (e == ERR_NODATA) {
			refusal =
				e; /* the places at the end of the memory: the next may be in it */
			a->next = i + n;
			i += n;
			continue;
		}
		e = e ? e : put_reply(a, i, n, &f);
		if (e) {
			return e;
		}
		i += n;
	}
	return a->put_n > put_before ? ERR_OK : refusal;
}

/* Places from the first border in the span to its end, none in the future. */
static bool places_init(struct archive *a, struct span span)
{
	int64_t now = talk_now(a->peer.talk);
	int64_t till = span.till < now ? span.till : now;
	struct civil c = zone_civil(a->zone, span.from > 0 ? span.from : 0);
	bool is_day = c.hour == 0 && c.minute == 0 && c.second == 0;
	if ((a->period == PERIOD_DAY && !is_day) ||
		(a->period == PERIOD_MONTH && (!is_day || c.day != 1))) {
		return false;
	}
	if (c.minute || c.second) { /* of an hour of a zone off by half an hour: its next border */
		c.minute = c.second = 0;
		c.hour++;
		c = civil_from_utc(civil_to_utc(c));
	}
	a->from = c;
	int64_t end = civil_to_utc(zone_civil(a->zone, till));
	while (a->count < STEPS_MAX && civil_to_utc(place(a, a->count)) <= end) {
		a->count++;
	}
	return true;
}

enum err pulsar_read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct archive a = {.period = period, .out = out, .zone = talk_zone(t)};
	enum err refusal = ERR_NODATA;
	if (period != PERIOD_HOUR && period != PERIOD_DAY && period != PERIOD_MONTH) {
		return ERR_UNSUPP;
	}
	pulsar_open(t, &a.peer);
	enum err e = pulsar_learn(&a.peer);
	if (e) {
		return e;
	}
	if (!places_init(&a, span)) {
		return talk_fail(
			t, ERR_NODATA, "the meter's days begin at 0:00 and its months on the 1st");
	}
	if (a.peer.state->batch == 0) {
		a.peer.state->batch = a.peer.state->kind == PULSAR_HEAT ? HEAT_BATCH :
									  PULSAR_ARCHIVE_MAX;
	}
	for (int n = 1; n <= PULSAR_CHANNEL_MAX; n++) {
		bool has = a.peer.state->mask >> (n - 1) & 1;
		if (!has || !pulsar_channel_of(&a.peer, n, &a.channel) || !a.channel.has_archive) {
			continue;
		}
		e = read_channel(&a);
		if (e && !err_is_answer(e)) {
			return e;
		}
		refusal = e ? e : refusal;
	}
	return a.put_n > 0 ? ERR_OK : refusal;
}
