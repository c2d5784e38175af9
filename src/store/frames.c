/*
 * frames.c - kept frames; see frames.h
 */
#include "store/frames.h"

#include "store/priv.h"
#include "store/rows.h"

#include <stdlib.h>
#include <zstd.h>

#define FLAG_ZSTD   1
#define ZSTD_LEVEL  3
#define SMALL       64           /* bytes that are not worth compressing */
#define PACK_BYTES  (128u << 10) /* of one pack before compression */
#define FRAME_BYTES (1u << 20)   /* far beyond any protocol */

enum err pack_bytes(struct slice bytes, struct buf *out)
{
	size_t at = out->size;
	buf_u8(out, bytes.size > SMALL ? FLAG_ZSTD : 0);
	buf_varint(out, bytes.size);
	if (bytes.size > SMALL) {
		size_t bound = ZSTD_compressBound(bytes.size);
		uint8_t *room = buf_room(out, bound);
		if (!room) {
			return ERR_NOMEM;
		}
		size_t n = ZSTD_compress(room, bound, bytes.data, bytes.size, ZSTD_LEVEL);
		if (!ZSTD_isError(n) && n < bytes.size) {
			out->size += n;
			return ERR_OK;
		}
		out->data[at] = 0;
	}
	buf_put(out, bytes.data, bytes.size);
	return out->is_full ? ERR_NOMEM : ERR_OK;
}

enum err unpack_bytes(struct slice packed, size_t limit, struct buf *out)
{
	struct reader r = reader_of(packed);
	uint8_t flags = reader_u8(&r);
	uint64_t size = reader_varint(&r);
	struct slice body = reader_bytes(&r, reader_left(&r));
	if (r.is_short || size > limit || flags > FLAG_ZSTD) {
		return ERR_CORRUPT;
	}
	if (!flags) {
		buf_put(out, body.data, body.size);
		return body.size != size ? ERR_CORRUPT : out->is_full ? ERR_NOMEM : ERR_OK;
	}
	uint8_t *room = buf_room(out, size ? (size_t)size : 1);
	if (!room) {
		return ERR_NOMEM;
	}
	size_t n = ZSTD_decompress(room, (size_t)size, body.data, body.size);
	if (n != size) {
		return ERR_CORRUPT;
	}
	out->size += (size_t)size;
	return ERR_OK;
}

enum err frame_body(struct slice request, struct slice reply, struct buf *out)
{
	struct buf raw;
	buf_init(&raw, FRAME_BYTES);
	buf_varint(&raw, request.size);
	buf_put(&raw, request.data, request.size);
	buf_put(&raw, reply.data, reply.size);
	enum err e = raw.is_full ? ERR_LIMIT : pack_bytes(buf_slice(&raw), out);
	buf_fini(&raw);
	return e;
}

/* ---- packing ---- */

struct packing {
	struct sql *db;
	struct buf raw;
	int64_t first, last, meter, utc, last_utc;
	size_t n;
};

static enum err close_pack(struct packing *p)
{
	struct buf body;
	if (p->n == 0) {
		return ERR_OK;
	}
	buf_init(&body, 4 * PACK_BYTES + 2 * FRAME_BYTES);
	enum err e = p->raw.is_full ? ERR_NOMEM : pack_bytes(buf_slice(&p->raw), &body);
	if (!e) {
		struct sql_stmt *st = sql_prepare(
			p->db, "REPLACE INTO frame_pack (id, last_utc, body) VALUES (?,?,?)");
		sql_put_int(st, p->first);
		sql_put_int(st, p->last_utc);
		sql_put_blob(st, buf_slice(&body));
		e = sql_run(st);
	}
	buf_fini(&body);
	buf_clear(&p->raw);
	*p = (struct packing){.db = p->db, .raw = p->raw};
	return e;
}

static enum err add_frame(struct packing *p, struct sql_stmt *st)
{
	struct buf one;
	int64_t id = sql_int(st, 0), meter = sql_int(st, 1), utc = sql_int(st, 2);
	enum err e = ERR_OK;
	if (p->raw.size > PACK_BYTES) {
		e = close_pack(p);
	}
	buf_init(&one, FRAME_BYTES);
	e = e ? e : unpack_bytes(sql_blob(st, 3), FRAME_BYTES, &one);
	if (e == ERR_CORRUPT) { /* an unreadable frame is no reason to keep the others */
		e = ERR_OK;
		buf_clear(&one);
		buf_u8(&one, 0);
	}
	p->first = p->n ? p->first : id;
	buf_varint(&p->raw, (uint64_t)(id - p->last));
	buf_varint(&p->raw, zigzag(minus(meter, p->meter)));
	buf_varint(&p->raw, zigzag(minus(utc, p->utc)));
	buf_varint(&p->raw, one.size);
	buf_put(&p->raw, one.data, one.size);
	p->last = id;
	p->meter = meter;
	p->utc = utc;
	p->last_utc = utc > p->last_utc ? utc : p->last_utc;
	p->n++;
	buf_fini(&one);
	return e;
}

enum err frames_pack(struct sql *db, int64_t before, size_t limit, size_t *ret_packed)
{
	struct packing p = {.db = db};
	size_t n = 0;
	int64_t last = 0;
	buf_init(&p.raw, PACK_BYTES + 2 * FRAME_BYTES);
	struct sql_stmt *st = sql_prepare(
		db, "SELECT id, meter, utc, body FROM frame ORDER BY id LIMIT ?");
	sql_put_int(st, (int64_t)limit);
	enum err e = ERR_OK;
	while (!e && sql_step(st) && sql_int(st, 2) < before) {
		last = sql_int(st, 0);
		e = add_frame(&p, st);
		n++;
	}
	enum err done = sql_done(st);
	e = e ? e : done;
	e = e ? e : close_pack(&p);
	if (!e && n) {
		st = sql_prepare(db, "DELETE FROM frame WHERE id <= ?");
		sql_put_int(st, last);
		e = sql_run(st);
	}
	if (!e && n) { /* ids are never given twice, though the table may be empty now */
		st = sql_prepare(db, "REPLACE INTO meta (name, value) VALUES ('frame', ?)");
		sql_put_int(st, last);
		e = sql_run(st);
	}
	buf_fini(&p.raw);
	*ret_packed = n;
	return e;
}

enum err frames_prune(struct sql *db, int64_t oldest)
{
	struct sql_stmt *st = sql_prepare(db, "DELETE FROM frame_pack WHERE last_utc < ?");
	sql_put_int(st, oldest);
	return sql_run(st);
}

/* ---- reading ---- */

static enum err hand_over(struct slice body, struct kept_frame *f,
	enum err (*each)(void *ctx, const struct kept_frame *f), void *ctx)
{
	struct reader r = reader_of(body);
	uint64_t request = reader_varint(&r);
	if (r.is_short || request > reader_left(&r)) {
		return ERR_CORRUPT;
	}
	f->request = reader_bytes(&r, (size_t)request);
	f->reply = reader_bytes(&r, reader_left(&r));
	return each(ctx, f);
}

static enum err find_in_pack(
	struct slice raw, int64_t id, struct kept_frame *f, struct slice *ret_body)
{
	struct reader r = reader_of(raw);
	*f = (struct kept_frame){0};
	while (reader_left(&r) > 0 && !r.is_short && f->id < id) {
		f->id = plus(f->id, (int64_t)reader_varint(&r));
		f->meter = plus(f->meter, unzigzag(reader_varint(&r)));
		f->utc = plus(f->utc, unzigzag(reader_varint(&r)));
		uint64_t n = reader_varint(&r);
		if (n > reader_left(&r)) {
			return ERR_CORRUPT;
		}
		*ret_body = reader_bytes(&r, (size_t)n);
	}
	return r.is_short ? ERR_CORRUPT : f->id == id ? ERR_OK : ERR_NOTFOUND;
}

static enum err get_fresh(struct sql *db, int64_t id, struct buf *body, struct kept_frame *f)
{
	struct sql_stmt *st = sql_prepare(db, "SELECT meter, utc, body FROM frame WHERE id=?");
	sql_put_int(st, id);
	enum err e = ERR_NOTFOUND;
	if (sql_step(st)) {
		*f = (struct kept_frame){.id = id, .meter = sql_int(st, 0), .utc = sql_int(st, 1)};
		e = unpack_bytes(sql_blob(st, 2), FRAME_BYTES, body);
	}
	enum err done = sql_done(st);
	return done ? done : e;
}

static enum err get_packed(struct sql *db, int64_t id, struct buf *body)
{
	struct sql_stmt *st = sql_prepare(
		db, "SELECT body FROM frame_pack WHERE id <= ? ORDER BY id DESC LIMIT 1");
	sql_put_int(st, id);
	enum err e = ERR_NOTFOUND;
	if (sql_step(st)) {
		e = unpack_bytes(sql_blob(st, 0), PACK_BYTES + 2 * FRAME_BYTES, body);
	}
	enum err done = sql_done(st);
	return done ? done : e;
}

enum err frame_get(struct store *s, int64_t id,
	enum err (*each)(void *ctx, const struct kept_frame *f), void *ctx)
{
	struct sql *db;
	struct buf body;
	struct kept_frame f;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	buf_init(&body, PACK_BYTES + 2 * FRAME_BYTES);
	struct slice bytes = {NULL, 0};
	e = get_fresh(db, id, &body, &f);
	if (e == ERR_OK) {
		bytes = buf_slice(&body);
	} else if (e == ERR_NOTFOUND) {
		e = get_packed(db, id, &body);
		e = e ? e : find_in_pack(buf_slice(&body), id, &f, &bytes);
	}
	store_reader_done(s, db);
	e = e ? e : hand_over(bytes, &f, each, ctx);
	buf_fini(&body);
	return e;
}
