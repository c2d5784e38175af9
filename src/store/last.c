/*
 * last.c - the latest reading of every register; see last.h
 */
#include "store/last.h"

#include "store/rows.h"

#include <stdlib.h>
#include <string.h>

#define VERSION  1
#define SAVE_MAX (64u << 20)

bool last_init(struct last *l)
{
	*l = (struct last){0};
	return pthread_mutex_init(&l->lock, NULL) == 0;
}

void last_fini(struct last *l)
{
	free(l->items);
	(void)pthread_mutex_destroy(&l->lock);
}

/* Place of `reg`, or where it would stand. */
static size_t place_of(const struct last *l, int64_t reg)
{
	size_t low = 0, high = l->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (l->items[mid].reg < reg) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low;
}

static void update_one(struct last *l, const struct last_reading *r)
{
	size_t at = place_of(l, r->reg);
	if (at < l->n && l->items[at].reg == r->reg) {
		if (r->utc >= l->items[at].utc) {
			l->items[at] = *r;
		}
		return;
	}
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		struct last_reading *grown = realloc(l->items, cap * sizeof(*grown));
		if (!grown) {
			return;
		}
		l->items = grown;
		l->cap = cap;
	}
	memmove(l->items + at + 1, l->items + at, (l->n - at) * sizeof(*l->items));
	l->items[at] = *r;
	l->n++;
}

void last_update(struct last *l, const struct last_reading *fresh, size_t n)
{
	(void)pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < n; i++) {
		update_one(l, &fresh[i]);
	}
	(void)pthread_mutex_unlock(&l->lock);
}

enum err last_copy(struct last *l, struct last_reading **ret_items, size_t *ret_n)
{
	(void)pthread_mutex_lock(&l->lock);
	size_t n = l->n;
	struct last_reading *items = malloc((n ? n : 1) * sizeof(*items));
	if (items && n) {
		memcpy(items, l->items, n * sizeof(*items));
	}
	(void)pthread_mutex_unlock(&l->lock);
	if (!items) {
		return ERR_NOMEM;
	}
	*ret_items = items;
	*ret_n = n;
	return ERR_OK;
}

/* ---- saved form: version, seq, n, then reg(diff) utc(diff) quality number frame(diff) ---- */

enum err last_save(struct last *l, struct sql *db, int64_t seq)
{
	struct buf out;
	struct last_reading before = {0};
	buf_init(&out, SAVE_MAX);
	buf_u8(&out, VERSION);
	buf_varint(&out, (uint64_t)seq);
	(void)pthread_mutex_lock(&l->lock);
	buf_varint(&out, l->n);
	for (size_t i = 0; i < l->n; i++) {
		const struct last_reading *r = &l->items[i];
		buf_varint(&out, zigzag(minus(r->reg, before.reg)));
		buf_varint(&out, zigzag(minus(r->utc, before.utc)));
		buf_varint(&out, r->quality);
		put_number(&out, r->value);
		buf_varint(&out, zigzag(minus(r->frame, before.frame)));
		before = *r;
	}
	(void)pthread_mutex_unlock(&l->lock);
	enum err e = out.is_full ? ERR_NOMEM : ERR_OK;
	if (!e) {
		struct sql_stmt *st = sql_prepare(
			db, "REPLACE INTO state (name, body) VALUES ('last', ?)");
		sql_put_blob(st, buf_slice(&out));
		e = sql_run(st);
	}
	buf_fini(&out);
	return e;
}

static enum err parse(struct last *l, struct slice body, int64_t *ret_seq)
{
	struct reader r = reader_of(body);
	struct last_reading item = {0};
	if (reader_u8(&r) != VERSION) {
		return ERR_CORRUPT;
	}
	*ret_seq = (int64_t)reader_varint(&r);
	uint64_t n = reader_varint(&r);
	for (uint64_t i = 0; i < n && !r.is_short; i++) {
		item.reg = plus(item.reg, unzigzag(reader_varint(&r)));
		item.utc = plus(item.utc, unzigzag(reader_varint(&r)));
		item.quality = (uint16_t)reader_varint(&r);
		item.value = get_number(&r);
		item.frame = plus(item.frame, unzigzag(reader_varint(&r)));
		if (!r.is_short) {
			last_update(l, &item, 1);
		}
	}
	return r.is_short ? ERR_CORRUPT : ERR_OK;
}

static enum err take_row(void *ctx, const struct reading_row *r)
{
	struct last_reading item = {.reg = r->reg,
		.utc = r->utc,
		.value = r->value,
		.quality = r->quality,
		.frame = r->frame};
	last_update(ctx, &item, 1);
	return ERR_OK;
}

enum err last_load(struct last *l, struct sql *db)
{
	int64_t seq = 0;
	struct sql_stmt *st = sql_prepare(db, "SELECT body FROM state WHERE name='last'");
	if (sql_step(st)) {
		(void)parse(
			l, sql_blob(st, 0), &seq); /* damaged: the readings below tell most of it */
	}
	enum err e = sql_done(st);
	if (e) {
		return e;
	}
	st = sql_prepare(
		db, "SELECT seq, utc, frame, body FROM reading WHERE seq > ? ORDER BY seq");
	sql_put_int(st, seq);
	while (sql_step(st)) {
		(void)reading_row_each(sql_blob(st, 3), sql_int(st, 0), sql_int(st, 1),
			sql_int(st, 2), take_row, l);
	}
	return sql_done(st);
}

enum err reading_row_each(struct slice body, int64_t seq, int64_t utc, int64_t frame,
	enum err (*each)(void *ctx, const struct reading_row *r), void *ctx)
{
	struct reader in = reader_of(body);
	struct reading_row row = {.seq = seq, .utc = utc, .frame = frame};
	while (reader_left(&in) > 0) {
		row.reg = plus(row.reg, unzigzag(reader_varint(&in)));
		row.utc = plus(row.utc, unzigzag(reader_varint(&in)));
		row.quality = (uint16_t)reader_varint(&in);
		row.value = get_number(&in);
		if (in.is_short) {
			return ERR_CORRUPT;
		}
		enum err e = each(ctx, &row);
		if (e) {
			return e;
		}
	}
	return ERR_OK;
}
