/*
 * apply.c - batches into tables: readings, frames, events, states; see apply.h
 */
#include "store/apply.h"

#include "store/apply_archive.h"
#include "store/apply_verdict.h"
#include "store/frames.h"
#include "store/last.h"
#include "store/pack.h"
#include "store/rows.h"

#include <stdlib.h>
#include <string.h>

#define ROW_BYTES   (1u << 20)
#define ROW_VALUES  500 /* of one row of readings */
#define FRAME_BYTES (2u << 20)

enum err applier_init(struct applier *a)
{
	*a = (struct applier){0};
	buf_init(&a->row, ROW_BYTES);
	a->block = malloc(BLOCK_VALUES_MAX * sizeof(*a->block));
	return a->block ? ERR_OK : ERR_NOMEM;
}

void applier_fini(struct applier *a)
{
	buf_fini(&a->row);
	free(a->block);
	free(a->newest);
	free(a->changes);
	free(a->fresh);
	*a = (struct applier){0};
}

static enum err next_id(struct sql *db, const char *text, int64_t *ret_id)
{
	struct sql_stmt *st = sql_prepare(db, text);
	int64_t id = 0;
	if (sql_step(st)) {
		id = sql_int(st, 0);
	}
	*ret_id = id + 1;
	return sql_done(st);
}

enum err applier_attach(struct applier *a, struct sql *db)
{
	int64_t frame = 0, pack = 0;
	a->db = db;
	enum err e = next_id(db, "SELECT max(seq) FROM reading", &a->reading);
	e = e ? e : next_id(db, "SELECT max(seq) FROM journal", &a->journal);
	e = e ? e : next_id(db, "SELECT max(id) FROM event", &a->event);
	e = e ? e : next_id(db, "SELECT max(id) FROM archive_history", &a->history);
	e = e ? e : next_id(db, "SELECT max(id) FROM frame", &frame);
	/* ids of packed frames were given before those of loose ones; a pack knows its last by count */
	e = e ? e : next_id(db, "SELECT value FROM meta WHERE name='frame'", &pack);
	a->frame = frame > pack ? frame : pack;
	return e ? e : archive_attach(a);
}

void apply_begin(struct applier *a, int64_t now)
{
	a->pack_before = pack_cut(now);
	a->change_n = 0;
	a->fresh_n = 0;
	a->values = 0;
	a->error = ERR_OK;
	a->row_n = 0;
	buf_clear(&a->row);
}

/* ---- readings ---- */

static enum err close_row(struct applier *a)
{
	if (a->row_n == 0) {
		return ERR_OK;
	}
	struct sql_stmt *st = sql_prepare(
		a->db, "INSERT INTO reading (seq, utc, frame, body) VALUES (?,?,?,?)");
	sql_put_int(st, a->reading++);
	sql_put_int(st, a->row_utc);
	sql_put_int(st, a->row_frame);
	sql_put_blob(st, buf_slice(&a->row));
	enum err e = a->row.is_full ? ERR_NOMEM : ERR_OK;
	enum err done = sql_run(st);
	a->row_n = 0;
	buf_clear(&a->row);
	return e ? e : done;
}

static enum err keep_fresh(struct applier *a, const struct batch_item *item)
{
	if (a->fresh_n == a->fresh_cap) {
		size_t cap = a->fresh_cap ? 2 * a->fresh_cap : 64;
		struct last_reading *grown = realloc(a->fresh, cap * sizeof(*grown));
		if (!grown) {
			return ERR_NOMEM;
		}
		a->fresh = grown;
		a->fresh_cap = cap;
	}
	a->fresh[a->fresh_n++] = (struct last_reading){
		.reg = item->id,
		.utc = item->utc,
		.value = item->value,
		.quality = item->quality,
		.frame = a->current_frame,
	};
	return ERR_OK;
}

static enum err put_reading(struct applier *a, const struct batch_item *item)
{
	enum err e = ERR_OK;
	bool is_far = item->utc > a->row_utc + READING_ROW_S ||
		      item->utc < a->row_utc - READING_ROW_S;
	if (a->row_n >= ROW_VALUES || (a->row_n && (is_far || a->row_frame != a->current_frame))) {
		e = close_row(a);
	}
	if (a->row_n == 0) {
		a->row_utc = a->row_last_utc = item->utc;
		a->row_frame = a->current_frame;
		a->row_reg = 0;
	}
	buf_varint(&a->row, zigzag(minus(item->id, a->row_reg)));
	buf_varint(&a->row, zigzag(minus(item->utc, a->row_last_utc)));
	buf_varint(&a->row, item->quality);
	put_number(&a->row, item->value);
	a->row_reg = item->id;
	a->row_last_utc = item->utc;
	a->row_n++;
	a->values++;
	return e ? e : keep_fresh(a, item);
}

/* ---- the rest ---- */

static enum err put_frame(struct applier *a, const struct batch_item *item)
{
	struct buf body;
	buf_init(&body, FRAME_BYTES);
	enum err e = frame_body(item->a, item->b, &body);
	if (e == ERR_LIMIT) { /* larger than any protocol has: the values matter more */
		e = ERR_OK;
		a->current_frame = 0;
	} else if (!e) {
		struct sql_stmt *st = sql_prepare(
			a->db, "INSERT INTO frame (id, meter, utc, body) VALUES (?,?,?,?)");
		a->current_frame = a->frame++;
		sql_put_int(st, a->current_frame);
		sql_put_int(st, item->id);
		sql_put_int(st, item->utc);
		sql_put_blob(st, buf_slice(&body));
		e = sql_run(st);
	}
	buf_fini(&body);
	return e;
}

static void text_of(struct slice s, char *to, size_t cap)
{
	size_t n = s.size < cap - 1 ? s.size : cap - 1;
	while (n < s.size && n > 0 && (s.data[n] & 0xc0) == 0x80) { /* not inside a character */
		n--;
	}
	if (n) {
		memcpy(to, s.data, n);
	}
	to[n] = 0;
}

static enum err put_event(struct applier *a, const struct batch_item *item)
{
	struct event ev;
	text_of(item->a, ev.code, sizeof(ev.code));
	text_of(item->b, ev.text, sizeof(ev.text));
	struct sql_stmt *st = sql_prepare(
		a->db, "SELECT id FROM event WHERE object=? AND utc=? AND code=? AND text=?");
	sql_put_int(st, item->id);
	sql_put_int(st, item->utc);
	sql_put_text(st, ev.code);
	sql_put_text(st, ev.text);
	bool is_known = sql_step(st);
	enum err e = sql_done(st);
	if (e || is_known) { /* journals of meters are read again and again */
		return e;
	}
	st = sql_prepare(
		a->db, "INSERT INTO event (id, utc, object, code, text) VALUES (?,?,?,?,?)");
	sql_put_int(st, a->event++);
	sql_put_int(st, item->utc);
	sql_put_int(st, item->id);
	sql_put_text(st, ev.code);
	sql_put_text(st, ev.text);
	return sql_run(st);
}

static enum err put_state(struct applier *a, const struct batch_item *item)
{
	char name[NAME_CAP];
	text_of(item->a, name, sizeof(name));
	struct sql_stmt *st = sql_prepare(a->db, "REPLACE INTO state (name, body) VALUES (?,?)");
	sql_put_text(st, name);
	sql_put_blob(st, item->b);
	return sql_run(st);
}

static enum err put_cursor(struct applier *a, const struct batch_item *item)
{
	char name[NAME_CAP];
	text_of(item->a, name, sizeof(name));
	struct sql_stmt *st = sql_prepare(
		a->db, "REPLACE INTO consumer (name, reading, journal) VALUES (?,?,?)");
	sql_put_text(st, name);
	sql_put_int(st, item->id);
	sql_put_int(st, item->utc);
	return sql_run(st);
}

static enum err put_item(struct applier *a, const struct batch_item *item)
{
	switch (item->tag) {
	case 'A': return archive_put(a, item);
	case 'R': return put_reading(a, item);
	case 'F': return put_frame(a, item);
	case 'E': return put_event(a, item);
	case 'S': return put_state(a, item);
	case 'C': return put_cursor(a, item);
	case 'V': return apply_verdict(a->db, item->a);
	case 'W':
		text_of(item->a, a->who, sizeof(a->who));
		text_of(item->b, a->why, sizeof(a->why));
		return ERR_OK;
	default: return ERR_CORRUPT;
	}
}

enum err apply_batch(struct applier *a, struct slice bytes)
{
	struct batch_reader r = batch_read(bytes);
	struct batch_item item;
	enum err e;
	a->current_frame = 0;
	text_of((struct slice){(const uint8_t *)"node", 4}, a->who, sizeof(a->who));
	a->why[0] = 0;
	while ((e = batch_next(&r, &item)) == ERR_OK) {
		e = put_item(a, &item);
		if (e) {
			return e;
		}
	}
	return e == ERR_NODATA ? close_row(a) : e;
}

enum err apply_end(struct applier *a, int64_t now)
{
	return archive_journal(a, now);
}
