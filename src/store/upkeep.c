/*
 * upkeep.c - packing and pruning, in steps small enough that batches pass between them
 */
#include "store/apply.h"
#include "store/frames.h"
#include "store/pack.h"
#include "store/priv.h"

#define DAY_S     86400
#define LOOSE_S   3600 /* frames younger than this are likely to be looked at: not packed */
#define STEP_ROWS 5000

static enum err step_pack(struct store *s, struct applier *a, int64_t now, size_t *ret_n)
{
	(void)s;
	return pack_step(a, now, ret_n);
}

static enum err step_frames(struct store *s, struct applier *a, int64_t now, size_t *ret_n)
{
	enum err e = sql_begin(a->db);
	e = e ? e : frames_pack(a->db, now - LOOSE_S, STEP_ROWS, ret_n);
	e = e ? e : frames_prune(a->db, now - (int64_t)s->retention.frames * DAY_S);
	e = e ? e : sql_commit(a->db);
	if (e) {
		sql_rollback(a->db);
	}
	return e;
}

/* How far every consumer has come; INT64_MAX where nobody keeps a cursor. */
static enum err seen(struct sql *db, const char *text, int64_t *ret_seq)
{
	struct sql_stmt *st = sql_prepare(db, text);
	*ret_seq = sql_step(st) && !sql_is_null(st, 0) ? sql_int(st, 0) : INT64_MAX;
	return sql_done(st);
}

/*
 * Drop the oldest rows that are past their time and seen by everybody. The newest row always stays:
 * it carries the number from which counting goes on.
 */
static enum err prune(
	struct sql *db, const char *text, int64_t oldest, int64_t cursor, size_t *ret_n)
{
	struct sql_stmt *st = sql_prepare(db, text);
	sql_put_int(st, oldest);
	sql_put_int(st, cursor);
	sql_put_int(st, STEP_ROWS);
	enum err e = sql_run(st);
	*ret_n += e ? 0 : (size_t)sql_changes(db);
	return e;
}

static enum err prune_both(struct store *s, struct sql *db, int64_t now, size_t *ret_n)
{
	int64_t reading, journal;
	enum err e = seen(db, "SELECT min(reading) FROM consumer", &reading);
	e = e ? e : seen(db, "SELECT min(journal) FROM consumer", &journal);
	e = e ? e :
		prune(db,
			"DELETE FROM reading WHERE utc < ? AND seq <= ? AND seq <="
			" (SELECT min(seq) + ? FROM reading) AND seq < (SELECT max(seq) FROM reading)",
			now - (int64_t)s->retention.readings * DAY_S, reading, ret_n);
	return e ? e :
		   prune(db,
			   "DELETE FROM journal WHERE utc < ? AND seq <= ? AND seq <="
			   " (SELECT min(seq) + ? FROM journal) AND seq < (SELECT max(seq) FROM journal)",
			   now - (int64_t)s->retention.journal * DAY_S, journal, ret_n);
}

static enum err step_prune(struct store *s, struct applier *a, int64_t now, size_t *ret_n)
{
	enum err e = sql_begin(a->db);
	e = e ? e : prune_both(s, a->db, now, ret_n);
	e = e ? e : sql_commit(a->db);
	if (e) {
		sql_rollback(a->db);
	}
	return e;
}

enum err archive_pack(struct store *s, int64_t now, size_t *ret_blocks)
{
	size_t n, blocks = 0;
	enum err e;
	do {
		n = 0;
		e = store_step(s, step_pack, now, &n);
		blocks += n;
	} while (!e && n);
	do {
		n = 0;
		e = e ? e : store_step(s, step_frames, now, &n);
	} while (!e && n);
	do {
		n = 0;
		e = e ? e : store_step(s, step_prune, now, &n);
	} while (!e && n);
	if (!e && ret_blocks) {
		*ret_blocks = blocks;
	}
	return e;
}
