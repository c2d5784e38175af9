/*
 * verdicts.c - verdicts out of the database and into it; see verdict.h
 */
#include "base/str.h"
#include "store/apply_verdict.h"
#include "store/priv.h"

#include <string.h>

static const char *const names[VERDICT_STATE_COUNT] = {
	[VERDICT_OPEN] = "open",
	[VERDICT_ACCEPTED] = "accepted",
	[VERDICT_REJECTED] = "rejected",
	[VERDICT_ESTIMATED] = "estimated",
	[VERDICT_EDITED] = "edited",
	[VERDICT_GONE] = "gone",
	[VERDICT_ACCEPTING] = "accepting",
	[VERDICT_REJECTING] = "rejecting",
	[VERDICT_ESTIMATING] = "estimating",
	[VERDICT_EDITING] = "editing",
};

const char *verdict_state_name(enum verdict_state s)
{
	return s < VERDICT_STATE_COUNT ? names[s] : "gone";
}

bool verdict_state_from_name(const char *name, enum verdict_state *ret_s)
{
	for (int i = 0; i < VERDICT_STATE_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret_s = (enum verdict_state)i;
			return true;
		}
	}
	return false;
}

/* ---- bytes of a batch ---- */

void verdict_pack(const struct verdict *v, struct buf *out)
{
	const char *const texts[] = {
		v->rule, v->method, v->decided_by, v->reason, v->document, v->comment};
	const double reals[] = {v->value, v->measure, v->bound, v->other, v->fill};
	buf_varint(out, zigzag(v->id));
	buf_varint(out, zigzag(v->series));
	buf_u8(out, (uint8_t)v->period);
	buf_varint(out, zigzag(v->start));
	buf_u8(out, v->is_failure);
	buf_u8(out, (uint8_t)v->state);
	buf_varint(out, zigzag(v->found_utc));
	buf_varint(out, zigzag(v->decided_utc));
	for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
		uint64_t bits;
		memcpy(&bits, &reals[i], sizeof(bits));
		buf_u64le(out, bits);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t n = strlen(texts[i]);
		buf_varint(out, n);
		buf_put(out, texts[i], n);
	}
}

static void take_text(struct reader *in, char *to, size_t cap)
{
	uint64_t n = reader_varint(in);
	if (n > reader_left(in) || n >= cap) {
		in->is_short = true;
		return;
	}
	struct slice s = reader_bytes(in, (size_t)n);
	if (s.size) {
		memcpy(to, s.data, s.size);
	}
	to[s.size] = 0;
}

static double take_real(struct reader *in)
{
	uint64_t bits = reader_u64le(in);
	double v;
	memcpy(&v, &bits, sizeof(v));
	return v;
}

bool verdict_unpack(struct slice bytes, struct verdict *ret)
{
	struct reader in = reader_of(bytes);
	struct verdict v = {.id = unzigzag(reader_varint(&in))};
	v.series = unzigzag(reader_varint(&in));
	uint8_t period = reader_u8(&in);
	v.start = unzigzag(reader_varint(&in));
	v.is_failure = reader_u8(&in) != 0;
	uint8_t state = reader_u8(&in);
	v.found_utc = unzigzag(reader_varint(&in));
	v.decided_utc = unzigzag(reader_varint(&in));
	double *const reals[] = {&v.value, &v.measure, &v.bound, &v.other, &v.fill};
	for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
		*reals[i] = take_real(&in);
	}
	take_text(&in, v.rule, sizeof(v.rule));
	take_text(&in, v.method, sizeof(v.method));
	take_text(&in, v.decided_by, sizeof(v.decided_by));
	take_text(&in, v.reason, sizeof(v.reason));
	take_text(&in, v.document, sizeof(v.document));
	take_text(&in, v.comment, sizeof(v.comment));
	if (in.is_short || period <= PERIOD_NONE || period >= PERIOD_COUNT ||
		state >= VERDICT_STATE_COUNT) {
		return false;
	}
	v.period = (enum period)period;
	v.state = (enum verdict_state)state;
	*ret = v;
	return true;
}

/* ---- in: on the writer's connection ---- */

static enum err next_number(struct sql *db, const char *text, int64_t *ret)
{
	struct sql_stmt *st = sql_prepare(db, text);
	*ret = sql_step(st) ? sql_int(st, 0) + 1 : 1;
	return sql_done(st);
}

static enum err insert(struct sql *db, const struct verdict *v, int64_t seq)
{
	int64_t id;
	enum err e = next_number(db, "SELECT max(id) FROM verdict", &id);
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(db,
		"INSERT INTO verdict (id, seq, series, period, start, rule, is_failure, value, measure,"
		" bound, other, found_utc, state, fill, method, decided_by, decided_utc, reason,"
		" document, comment) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
	sql_put_int(st, id);
	sql_put_int(st, seq);
	sql_put_int(st, v->series);
	sql_put_int(st, (int64_t)v->period);
	sql_put_int(st, v->start);
	sql_put_text(st, v->rule);
	sql_put_int(st, v->is_failure);
	sql_put_real(st, v->value);
	sql_put_real(st, v->measure);
	sql_put_real(st, v->bound);
	sql_put_real(st, v->other);
	sql_put_int(st, v->found_utc);
	sql_put_int(st, (int64_t)v->state);
	sql_put_real(st, v->fill);
	sql_put_text(st, v->method);
	sql_put_text(st, v->decided_by);
	sql_put_int(st, v->decided_utc);
	sql_put_text(st, v->reason);
	sql_put_text(st, v->document);
	sql_put_text(st, v->comment);
	return sql_run(st);
}

/* A person may have decided in the meantime: what the validation says changes open ones only. */
static enum err update(struct sql *db, const struct verdict *v, int64_t seq)
{
	bool is_found = v->state == VERDICT_OPEN || v->state == VERDICT_GONE;
	struct sql_stmt *st = sql_prepare(db,
		"UPDATE verdict SET seq=?, is_failure=?, value=?, measure=?, bound=?, other=?, state=?,"
		" fill=?, method=?, decided_by=?, decided_utc=?, reason=?, document=?, comment=?"
		" WHERE id=? AND (state=0 OR state > 5 OR ?=0)");
	sql_put_int(st, seq);
	sql_put_int(st, v->is_failure);
	sql_put_real(st, v->value);
	sql_put_real(st, v->measure);
	sql_put_real(st, v->bound);
	sql_put_real(st, v->other);
	sql_put_int(st, (int64_t)v->state);
	sql_put_real(st, v->fill);
	sql_put_text(st, v->method);
	sql_put_text(st, v->decided_by);
	sql_put_int(st, v->decided_utc);
	sql_put_text(st, v->reason);
	sql_put_text(st, v->document);
	sql_put_text(st, v->comment);
	sql_put_int(st, v->id);
	sql_put_int(st, is_found);
	return sql_run(st);
}

enum err apply_verdict(struct sql *db, struct slice bytes)
{
	struct verdict v;
	int64_t seq;
	if (!verdict_unpack(bytes, &v)) {
		return ERR_CORRUPT;
	}
	enum err e = next_number(db, "SELECT max(seq) FROM verdict", &seq);
	if (e) {
		return e;
	}
	return v.id ? update(db, &v, seq) : insert(db, &v, seq);
}

/* ---- out ---- */

#define COLUMNS                                                                                  \
	"SELECT id, seq, series, period, start, rule, is_failure, value, measure, bound, other," \
	" found_utc, state, fill, method, decided_by, decided_utc, reason, document, comment"    \
	" FROM verdict "

static void take_row(struct sql_stmt *st, struct verdict *v)
{
	*v = (struct verdict){
		.id = sql_int(st, 0),
		.seq = sql_int(st, 1),
		.series = sql_int(st, 2),
		.period = (enum period)sql_int(st, 3),
		.start = sql_int(st, 4),
		.is_failure = sql_int(st, 6) != 0,
		.value = sql_real(st, 7),
		.measure = sql_real(st, 8),
		.bound = sql_real(st, 9),
		.other = sql_real(st, 10),
		.found_utc = sql_int(st, 11),
		.state = (enum verdict_state)sql_int(st, 12),
		.fill = sql_real(st, 13),
		.decided_utc = sql_int(st, 16),
	};
	(void)STR_COPY(v->rule, sql_text(st, 5));
	(void)STR_COPY(v->method, sql_text(st, 14));
	(void)STR_COPY(v->decided_by, sql_text(st, 15));
	(void)STR_COPY(v->reason, sql_text(st, 17));
	(void)STR_COPY(v->document, sql_text(st, 18));
	(void)STR_COPY(v->comment, sql_text(st, 19));
}

static struct sql_stmt *ask(struct sql *db, const struct verdict_query *q)
{
	struct sql_stmt *st;
	if (q->is_by_seq) {
		st = sql_prepare(db, COLUMNS "WHERE seq > ? ORDER BY seq");
		sql_put_int(st, q->after_seq);
		return st;
	}
	if (q->series) {
		st = sql_prepare(db, COLUMNS
			"WHERE series=? AND start >= ? AND start < ? ORDER BY start DESC, id DESC");
		sql_put_int(st, q->series);
	} else if (q->states == 1u << VERDICT_OPEN) {
		st = sql_prepare(db, COLUMNS
			"WHERE state=0 AND start >= ? AND start < ? ORDER BY start DESC, id DESC");
	} else {
		st = sql_prepare(
			db, COLUMNS "WHERE start >= ? AND start < ? ORDER BY start DESC, id DESC");
	}
	sql_put_int(st, q->span.from);
	sql_put_int(st, q->span.till);
	return st;
}

enum err verdict_list(struct store *s, const struct verdict_query *q,
	enum err (*each)(void *ctx, const struct verdict *v), void *ctx)
{
	struct sql *db;
	struct verdict v;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	struct sql_stmt *st = ask(db, q);
	for (size_t n = 0; !e && (q->limit == 0 || n < q->limit) && sql_step(st);) {
		take_row(st, &v);
		if (q->states == 0 || q->states & 1u << v.state) {
			n++;
			e = each(ctx, &v);
		}
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	return e ? e : done;
}

enum err verdict_get(struct store *s, int64_t id, struct verdict *ret_verdict)
{
	struct sql *db;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(db, COLUMNS "WHERE id=?");
	sql_put_int(st, id);
	e = ERR_NOTFOUND;
	if (sql_step(st)) {
		take_row(st, ret_verdict);
		e = ERR_OK;
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	return done ? done : e;
}
