/*
 * mercury230_profile.c - the load profile, out of the meter's memory; see mercury230_driver.h
 *
 * A ring of records, one every 16 bytes; each says when its interval ended. While the power is off none
 * are written, so the place of a record cannot be computed, only bounded: at most as many records lie
 * between two moments as there are intervals. The oldest record wanted is searched by bisection with that
 * bound as the first guess, which fits at once where nothing is missing; from there on one record
 * follows the other.
 *
 * Newer firmware reads seventeen records at once, counted from the newest (16h); whether a meter does is
 * tried once. A batch counted from the newest moves when the meter writes a record meanwhile, so its first
 * record is compared with the one at its address wherever it does not follow the record before.
 */
#include "drivers/mercury230_driver.h"
#include "drivers/profile.h"

#include <math.h>
#include <string.h>

#define PROBES 40 /* more than bisecting the largest ring takes */

struct ring {
	const struct m230 *m;
	uint32_t newest;  /* address of the newest record */
	unsigned records; /* of the ring */
	int64_t newest_end;
	int minutes;
	struct m230_record batch[M230_BATCH]; /* steps back batch_from, -1, ... */
	bool is_there[M230_BATCH];
	int batch_from, batch_n;
	bool is_single; /* batches do not hold what they should: one by one */
};

/* ---- single records, by steps back from the newest ---- */

static uint32_t address_of(const struct ring *r, unsigned back)
{
	uint32_t size = r->records * M230_STRIDE;
	return (r->newest + size - back * M230_STRIDE) % size;
}

static uint8_t memory_of(uint32_t at)
{
	return (uint8_t)((at >> 16 & 1) << 7 | 3); /* the 17th bit of the address */
}

static enum err read_address(
	struct ring *r, unsigned back, struct m230_record *ret, bool *ret_there)
{
	uint32_t at = address_of(r, back);
	uint8_t body[] = {M230_MEMORY, memory_of(at), (uint8_t)(at >> 8), (uint8_t)at, M230_RECORD};
	struct slice data;
	enum err e = m230_ask(r->m, body, sizeof(body), M230_RECORD, &data);
	if (!e) {
		*ret_there = m230_record(data.data, ret);
	}
	return e;
}

/* Data of a long reply: n records from `back` on towards the newest, one every `stride`. */
static void keep_batch(struct ring *r, unsigned back, struct slice data, int n, size_t stride)
{
	for (int i = 0; i < n; i++) {
		r->is_there[i] = m230_record(data.data + (size_t)i * stride, &r->batch[i]);
	}
	r->batch_from = (int)back;
	r->batch_n = n;
}

static enum err read_relative(struct ring *r, unsigned back)
{
	unsigned offset = back + 1 - M230_BATCH; /* the newest of them; the oldest comes first */
	uint8_t body[] = {M230_RELATIVE, 3, (uint8_t)(offset >> 8), (uint8_t)offset, M230_BATCH};
	struct slice data;
	enum err e = m230_ask(r->m, body, sizeof(body), (size_t)M230_BATCH * M230_RECORD, &data);
	if (!e) {
		keep_batch(r, back, data, M230_BATCH, M230_RECORD);
	}
	return e;
}

static int64_t end_of(const struct ring *r, const struct m230_record *x)
{
	return m230_utc(r->m, &x->end, (x->status & M230_RECORD_WINTER) != 0);
}

/* Nobody has published a long read: what it holds must look like records one after another. */
static bool is_rising(const struct ring *r)
{
	for (int i = 0; i < r->batch_n; i++) {
		bool is_next = i == 0 || end_of(r, &r->batch[i]) > end_of(r, &r->batch[i - 1]);
		if (!r->is_there[i] || r->batch[i].minutes != r->minutes || !is_next) {
			return false;
		}
	}
	return true;
}

/* Of the memory as it lies there; a read does not go round its end. */
static enum err read_long(struct ring *r, unsigned back)
{
	uint32_t at = address_of(r, back);
	uint8_t body[] = {M230_MEMORY, memory_of(at), (uint8_t)(at >> 8), (uint8_t)at, M230_LONG};
	struct slice data;
	if (at + M230_LONG_BATCH * M230_STRIDE > r->records * M230_STRIDE) {
		return ERR_OK;
	}
	enum err e = m230_ask(r->m, body, sizeof(body), M230_LONG, &data);
	if (!e) {
		keep_batch(r, back, data, M230_LONG_BATCH, M230_STRIDE);
		r->is_single = !is_rising(r);
		r->batch_n = r->is_single ? 0 : r->batch_n;
	}
	return e;
}

static enum err read_back(struct ring *r, unsigned back, struct m230_record *ret, bool *ret_there)
{
	int i = r->batch_from - (int)back;
	if (i >= 0 && i < r->batch_n) {
		*ret = r->batch[i];
		*ret_there = r->is_there[i];
		return ERR_OK;
	}
	return read_address(r, back, ret, ret_there);
}

/* Does the batch begin with the record at its address? `after` ended the one before. */
static enum err check_batch(struct ring *r, unsigned back, int64_t after)
{
	struct m230_record x, *first = &r->batch[0];
	bool is_there;
	if (r->is_there[0] && end_of(r, first) - 60 * first->minutes == after) {
		return ERR_OK;
	}
	enum err e = read_address(r, back, &x, &is_there);
	if (!e && (is_there != r->is_there[0] || (is_there && end_of(r, &x) != end_of(r, first)))) {
		r->batch_n = 0;
		r->is_single = true;
	}
	return e;
}

/* The next records from `back` on towards the newest, many at once if the meter can. */
static enum err read_ahead(struct ring *r, unsigned back, int64_t after)
{
	struct m230_state *s = r->m->state;
	int i = r->batch_from - (int)back;
	bool is_long = talk_param(r->m->talk, "long_reply");
	if ((i >= 0 && i < r->batch_n) || back + 1 < M230_BATCH || r->is_single ||
		(s->relative == M230_UNABLE && !is_long)) {
		return ERR_OK;
	}
	if (is_long) {
		return read_long(r, back);
	}
	enum err e = read_relative(r, back);
	if (e == ERR_TIMEOUT && s->relative == M230_UNKNOWN) {
		static const uint8_t test[] = {M230_TEST};
		struct slice status;
		enum err alive = m230_ask(r->m, test, sizeof(test), 1, &status);
		e = alive ? alive : ERR_UNSUPP;
	}
	if (e && e != ERR_UNSUPP) {
		return e;
	}
	s->relative = e ? M230_UNABLE : M230_ABLE;
	return e ? ERR_OK : check_batch(r, back, after);
}

/* ---- the ring ---- */

static enum err open_ring(const struct m230 *m, struct ring *ret)
{
	static const uint8_t body[] = {M230_PARAMETER, 0x13};
	int64_t own = talk_param(m->talk, "ring");
	struct slice data;
	enum err e = m230_ask(m, body, sizeof(body), 9, &data);
	if (e) {
		return e;
	}
	uint8_t record[M230_RECORD] = {0};
	struct m230_record newest;
	memcpy(record, data.data + 2, 7); /* status hh mm DD MM YY T stand there, too */
	*ret = (struct ring){.m = m,
		.newest = (uint32_t)(data.data[0] << 8 | data.data[1]) * M230_STRIDE,
		.records = own                         ? (unsigned)own :
			   m->state->variant[3] & 0x80 ? 2 * M230_RING :
							 M230_RING};
	if (!m230_record(record, &newest)) {
		return talk_fail(m->talk, ERR_NODATA, "there is no profile yet");
	}
	if (ret->newest >= ret->records * M230_STRIDE) {
		ret->records = 2 * M230_RING;
	}
	ret->minutes = newest.minutes;
	ret->newest_end = end_of(ret, &newest);
	return ERR_OK;
}

/* Steps back to the oldest record that ends at `want` or later; the newest one does. */
static enum err search(struct ring *r, int64_t want, unsigned *ret_back)
{
	int64_t most = (r->newest_end - want) / (60 * r->minutes);
	unsigned good = 0, probe = most < r->records - 1 ? (unsigned)most : r->records - 1;
	unsigned bad = probe + 1;
	for (int i = 0; i < PROBES && bad - good > 1; i++) {
		struct m230_record x;
		bool is_there;
		enum err e = read_back(r, probe, &x, &is_there);
		if (e) {
			return e;
		}
		if (is_there && end_of(r, &x) >= want) {
			good = probe;
		} else {
			bad = probe;
		}
		probe = good + (bad - good) / 2;
	}
	*ret_back = good;
	return ERR_OK;
}

static int constant_of(const struct m230 *m)
{
	int64_t own = talk_param(m->talk, "constant");
	return own ? (int)own : m->state->has_variant ? m230_constant(m->state->variant[1]) : 0;
}

/* What the meter measures at all: the rest is all ones in every record. */
static size_t columns_of(
	const struct m230_record *x, int constant, struct profile_column *to, int *ret_index)
{
	size_t n = 0;
	int decimals = (int)floor(log10(2.0 * constant) + 1e-9); /* those it resolves whole */
	for (int i = 0; i < M230_COLUMNS; i++) {
		if (!isnan(x->n[i])) {
			const struct m230_column *c = &m230_columns[i];
			ret_index[n] = i;
			to[n++] = (struct profile_column){c->key, c->quantity, c->unit, decimals};
		}
	}
	return n;
}

static enum err put_records(
	struct ring *r, unsigned back, enum period period, struct span span, struct sink *out)
{
	struct profile_column columns[M230_COLUMNS];
	struct profile p;
	int index[M230_COLUMNS], constant = constant_of(r->m);
	bool has_begun = false;
	int64_t after = INT64_MIN;
	enum err e = ERR_OK;
	for (int at = (int)back; at >= 0 && !e; at--) {
		struct m230_record x;
		bool is_there = false;
		e = read_ahead(r, (unsigned)at, after);
		e = e ? e : read_back(r, (unsigned)at, &x, &is_there);
		if (e || !is_there) {
			continue;
		}
		after = end_of(r, &x);
		if ((x.status & M230_RECORD_SECOND) || !profile_fits(x.minutes, period)) {
			continue;
		}
		if (!has_begun) {
			size_t n = columns_of(&x, constant, columns, index);
			profile_begin(&p, out, period, span, talk_calendar(r->m->talk), columns, n);
			has_begun = true;
		}
		struct profile_slot slot = {.start_utc = after - 60 * x.minutes,
			.minutes = x.minutes,
			.is_incomplete = (x.status & (M230_RECORD_INCOMPLETE | M230_RECORD_INIT)) !=
					 0};
		for (size_t i = 0; i < p.columns_n; i++) {
			slot.value[i] = x.n[index[i]] / (2.0 * constant);
		}
		if (slot.start_utc >= span.till) {
			break;
		}
		e = profile_put(&p, &slot);
	}
	return e ? e : has_begun ? profile_end(&p) : ERR_NODATA;
}

enum err m230_read_profile(
	const struct m230 *m, enum period period, struct span span, struct sink *out)
{
	struct ring r;
	unsigned back = 0;
	enum err e = m230_variant(m);
	if (e && (!err_is_answer(e) || e == ERR_DENIED)) {
		return e;
	}
	if (!constant_of(m)) {
		return talk_fail(m->talk, ERR_INVAL,
			"the meter's constant is not known: set parameter constant (imp/kWh)");
	}
	e = open_ring(m, &r);
	if (!e && !profile_fits(r.minutes, period)) {
		return ERR_UNSUPP;
	}
	if (e || r.newest_end <= span.from) {
		return e ? e : ERR_NODATA;
	}
	e = search(&r, span.from + 1, &back);
	return e ? e : put_records(&r, back, period, span, out);
}
