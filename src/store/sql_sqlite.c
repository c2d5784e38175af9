/*
 * sql_sqlite.c - sql.h on SQLite; the only file that knows sqlite3.h
 *
 * Write-ahead log with synchronous=FULL: a commit is on the disk when it returns. The log is moved
 * into the database by the writer between commits, when it has grown to LOG_PAGES, so that pages
 * written again and again (the right-hand edge of the tables) are written once.
 *
 * secure_delete is off: Debian's build turns it on, and it would write every freed page once more.
 */
#include "store/sql.h"

#include "base/log.h"
#include "base/str.h"

#include <math.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define URL_PREFIX "sqlite:"
#define STMT_MAX   192
#define SCRIPT_MAX 65536
#define LOG_PAGES  4000 /* of 4 KiB */
#define COPY_TRIES 100  /* of 100 ms and the busy time-out */
#define BUSY_MS    2000

struct sql_stmt {
	struct sql *c;
	sqlite3_stmt *st; /* NULL: could not be prepared */
	const char *text; /* key of the cache; NULL: free after use */
	int next;         /* parameter to bind next, from 1 */
	int rc;
};

struct sql {
	sqlite3 *db;
	char *path;
	struct sql_stmt stmts[STMT_MAX];
	size_t n;
	struct sql_stmt once;
	int log_pages;
	bool is_immutable; /* opened as a file that nobody changes */
	char error[200];
};

static enum err err_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE: return ERR_OK;
	case SQLITE_NOMEM: return ERR_NOMEM;
	case SQLITE_FULL: return ERR_FULL;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return ERR_READONLY;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR: return ERR_IO;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return ERR_CORRUPT;
	case SQLITE_CONSTRAINT: return ERR_CONFLICT;
	default: return ERR_INTERNAL;
	}
}

static enum err note(struct sql *c, int rc)
{
	enum err e = err_of(rc);
	if (e) {
		(void)snprintf(c->error, sizeof(c->error), "%s", sqlite3_errmsg(c->db));
	}
	return e;
}

const char *sql_error(const struct sql *c)
{
	return c->error;
}

enum err sql_diag(struct sql *c, enum err e, struct diag *diag)
{
	return err_set(diag, e, "%s: %s", c->path, c->error[0] ? c->error : err_text(e, LANG_EN));
}

bool sql_is_immutable(const struct sql *c)
{
	return c->is_immutable;
}

const char *sql_path(const struct sql *c)
{
	return c->path;
}

static int on_log(void *ctx, sqlite3 *db, const char *name, int pages)
{
	struct sql *c = ctx;
	(void)db;
	(void)name;
	c->log_pages = pages;
	return SQLITE_OK;
}

void sql_upkeep(struct sql *c)
{
	if (c->log_pages >= LOG_PAGES) {
		c->log_pages = 0;
		(void)sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	}
}

static enum err set_up(struct sql *c, unsigned flags)
{
	bool is_reader = flags & SQL_READ_ONLY;
	(void)sqlite3_extended_result_codes(c->db, 1);
	(void)sqlite3_busy_timeout(c->db, BUSY_MS);
	const char *text = flags & SQL_SMALL ? "PRAGMA cache_size=-512" : "PRAGMA cache_size=-4096";
	enum err e = sql_script(c, text);
	if (!e && !is_reader) {
		e = sql_script(c,
			"PRAGMA page_size=4096; PRAGMA secure_delete=OFF; PRAGMA journal_mode=WAL;"
			"PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
			"PRAGMA journal_size_limit=33554432");
		(void)sqlite3_wal_hook(c->db, on_log, c);
	}
	/* opening is lazy: look once, so that a file that is no database is noticed here */
	return e ? e : sql_script(c, "SELECT count(*) FROM sqlite_master");
}

static enum err open_file(struct sql *c, const char *name, unsigned flags, int more)
{
	int mode = flags & SQL_READ_ONLY ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	mode |= flags & SQL_CREATE ? SQLITE_OPEN_CREATE : 0;
	int rc = sqlite3_open_v2(name, &c->db, mode | SQLITE_OPEN_NOMUTEX | more, NULL);
	enum err e = rc ? note(c, rc) : set_up(c, flags);
	if (e) {
		(void)sqlite3_close_v2(c->db);
		c->db = NULL;
	}
	return e;
}

/* On a read-only medium the log's index cannot be made; without a log that does not matter. */
static enum err open_immutable(struct sql *c, unsigned flags)
{
	char *uri = sqlite3_mprintf("file:%s?immutable=1", c->path);
	char *log = sqlite3_mprintf("%s-wal", c->path);
	enum err e = ERR_IO;
	if (uri && log && !strpbrk(c->path, "?#%") && access(log, F_OK) != 0) {
		e = open_file(c, uri, flags, SQLITE_OPEN_URI);
		c->is_immutable = true;
	}
	sqlite3_free(uri);
	sqlite3_free(log);
	return e;
}

/* Without counting its memory the library takes no lock for each allocation. */
static void configure(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum err sql_open(const char *url, unsigned flags, struct sql **ret_sql, struct diag *diag)
{
	if (strncmp(url, URL_PREFIX, strlen(URL_PREFIX)) != 0 || !url[strlen(URL_PREFIX)]) {
		return err_set(diag, ERR_INVAL, "%s: a database is named sqlite:PATH", url);
	}
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	(void)pthread_once(&once, configure);
	struct sql *c = calloc(1, sizeof(*c));
	if (!c) {
		return err_set(diag, ERR_NOMEM, "opening the database");
	}
	c->path = strdup(url + strlen(URL_PREFIX));
	enum err e = ERR_NOMEM;
	if (!c->path) {
		goto fail;
	}
	if (!(flags & SQL_CREATE) && access(c->path, F_OK) != 0) {
		e = err_set_errno(diag, "%s", c->path);
		goto fail;
	}
	e = open_file(c, c->path, flags, 0);
	if (e == ERR_IO && (flags & SQL_READ_ONLY)) {
		e = open_immutable(c, flags);
	} else if (e == ERR_IO && access(c->path, W_OK) != 0) {
		e = ERR_READONLY; /* the log cannot be made: say the reason, not the symptom */
	}
	if (e) {
		(void)sql_diag(c, e, diag);
		goto fail;
	}
	*ret_sql = c;
	return ERR_OK;
fail:
	free(c->path);
	free(c);
	return e;
}

void sql_close(struct sql *c)
{
	if (!c) {
		return;
	}
	for (size_t i = 0; i < c->n; i++) {
		(void)sqlite3_finalize(c->stmts[i].st);
	}
	(void)sqlite3_finalize(c->once.st);
	if (sqlite3_close(c->db) != SQLITE_OK) {
		log_error("store", "%s: closed with statements still open", c->path);
		(void)sqlite3_close_v2(c->db);
	}
	free(c->path);
	free(c);
}

/* ---- statements ---- */

static struct sql_stmt *fill(struct sql *c, struct sql_stmt *slot, const char *text, unsigned flags)
{
	*slot = (struct sql_stmt){.c = c, .text = text, .next = 1};
	slot->rc = sqlite3_prepare_v3(c->db, text, -1, flags, &slot->st, NULL);
	if (slot->rc) {
		(void)note(c, slot->rc);
	}
	return slot;
}

struct sql_stmt *sql_prepare(struct sql *c, const char *text)
{
	for (size_t i = 0; i < c->n; i++) {
		struct sql_stmt *st = &c->stmts[i];
		if (st->text == text && st->st) {
			return st;
		}
	}
	for (size_t i = 0; i < c->n; i++) { /* prepared without success before: again */
		if (c->stmts[i].text == text || !c->stmts[i].st) {
			return fill(c, &c->stmts[i], text, SQLITE_PREPARE_PERSISTENT);
		}
	}
	if (c->n == STMT_MAX) {
		return sql_prepare_once(c, text);
	}
	return fill(c, &c->stmts[c->n++], text, SQLITE_PREPARE_PERSISTENT);
}

struct sql_stmt *sql_prepare_once(struct sql *c, const char *text)
{
	(void)sqlite3_finalize(c->once.st);
	(void)fill(c, &c->once, text, 0);
	c->once.text = NULL;
	return &c->once;
}

static void bound(struct sql_stmt *st, int rc)
{
	if (!st->rc) {
		st->rc = rc;
	}
	st->next++;
}

void sql_put_int(struct sql_stmt *st, int64_t v)
{
	bound(st, sqlite3_bind_int64(st->st, st->next, v));
}

void sql_put_real(struct sql_stmt *st, double v)
{
	bound(st, isnan(v) ? sqlite3_bind_null(st->st, st->next) :
			     sqlite3_bind_double(st->st, st->next, v));
}

void sql_put_text(struct sql_stmt *st, const char *v)
{
	bound(st, v ? sqlite3_bind_text(st->st, st->next, v, -1, SQLITE_STATIC) :
		      sqlite3_bind_null(st->st, st->next));
}

void sql_put_blob(struct sql_stmt *st, struct slice v)
{
	bound(st, v.size ? sqlite3_bind_blob64(st->st, st->next, v.data, v.size, SQLITE_STATIC) :
			   sqlite3_bind_zeroblob(st->st, st->next, 0));
}

bool sql_step(struct sql_stmt *st)
{
	if (st->rc && st->rc != SQLITE_ROW) {
		return false;
	}
	st->rc = sqlite3_step(st->st);
	if (st->rc == SQLITE_ROW) {
		return true;
	}
	(void)note(st->c, st->rc);
	return false;
}

enum err sql_done(struct sql_stmt *st)
{
	enum err e = err_of(st->rc);
	(void)sqlite3_reset(st->st);
	st->next = 1;
	st->rc = st->st ? SQLITE_OK : st->rc;
	if (!st->text) {
		(void)sqlite3_finalize(st->st);
		st->st = NULL;
	}
	return e;
}

enum err sql_run(struct sql_stmt *st)
{
	while (sql_step(st)) {
	}
	return sql_done(st);
}

int64_t sql_int(struct sql_stmt *st, int column)
{
	return sqlite3_column_int64(st->st, column);
}

double sql_real(struct sql_stmt *st, int column)
{
	return sql_is_null(st, column) ? NAN : sqlite3_column_double(st->st, column);
}

const char *sql_text(struct sql_stmt *st, int column)
{
	const char *text = (const char *)sqlite3_column_text(st->st, column);
	return text ? text : "";
}

struct slice sql_blob(struct sql_stmt *st, int column)
{
	const uint8_t *data = sqlite3_column_blob(st->st, column);
	return (struct slice){data, data ? (size_t)sqlite3_column_bytes(st->st, column) : 0};
}

bool sql_is_null(struct sql_stmt *st, int column)
{
	return sqlite3_column_type(st->st, column) == SQLITE_NULL;
}

int64_t sql_changes(struct sql *c)
{
	return sqlite3_changes64(c->db);
}

/* ---- scripts: what differs between engines ---- */

static const char *const words[][2] = {
	{"{id}", "INTEGER PRIMARY KEY"},
	{"{int}", "INTEGER"},
	{"{small}", "INTEGER"},
	{"{real}", "REAL"},
	{"{text}", "TEXT"},
	{"{key}", "TEXT"},
	{"{blob}", "BLOB"},
	{"{clustered}", "WITHOUT ROWID"},
};

static bool put_word(struct buf *out, const char **at)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i][0]);
		if (strncmp(*at, words[i][0], n) == 0) {
			buf_str(out, words[i][1]);
			*at += n;
			return true;
		}
	}
	return false;
}

enum err sql_script(struct sql *c, const char *text)
{
	struct buf out;
	buf_init(&out, SCRIPT_MAX);
	while (*text) {
		if (*text != '{' || !put_word(&out, &text)) {
			buf_u8(&out, (uint8_t)*text++);
		}
	}
	const char *sql = buf_cstr(&out);
	enum err e = out.is_full ? ERR_LIMIT : note(c, sqlite3_exec(c->db, sql, NULL, NULL, NULL));
	buf_fini(&out);
	return e;
}

/* ---- transactions ---- */

enum err sql_begin(struct sql *c)
{
	return sql_run(sql_prepare(c, "BEGIN IMMEDIATE"));
}

enum err sql_begin_read(struct sql *c)
{
	return sql_run(sql_prepare(c, "BEGIN"));
}

enum err sql_commit(struct sql *c)
{
	return sql_run(sql_prepare(c, "COMMIT"));
}

void sql_rollback(struct sql *c)
{
	for (size_t i = 0; i < c->n; i++) {
		(void)sql_done(&c->stmts[i]);
	}
	if (!sqlite3_get_autocommit(c->db)) {
		(void)sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
	}
}

/* ---- whole database ---- */

enum err sql_has_table(struct sql *c, const char *name, bool *ret_has)
{
	struct sql_stmt *st = sql_prepare(
		c, "SELECT 1 FROM sqlite_master WHERE type='table' AND name=?");
	sql_put_text(st, name);
	*ret_has = sql_step(st);
	return sql_done(st);
}

enum err sql_others(struct sql *c, int64_t *ret_version)
{
	struct sql_stmt *st = sql_prepare(c, "PRAGMA data_version");
	if (sql_step(st)) {
		*ret_version = sql_int(st, 0);
	}
	return sql_done(st);
}

int64_t sql_bytes(struct sql *c)
{
	int64_t pages = 0;
	struct sql_stmt *st = sql_prepare(c,
		"SELECT (p.page_count - f.freelist_count) * s.page_size"
		" FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s");
	if (sql_step(st)) {
		pages = sql_int(st, 0);
	}
	return sql_done(st) ? 0 : pages;
}

enum err sql_integrity(struct sql *c, void (*finding)(void *ctx, const char *text), void *ctx)
{
	bool is_clean = true;
	struct sql_stmt *st = sql_prepare(c, "PRAGMA integrity_check");
	while (sql_step(st)) {
		const char *text = sql_text(st, 0);
		if (strcmp(text, "ok") != 0) {
			is_clean = false;
			finding(ctx, text);
		}
	}
	enum err e = sql_done(st);
	if (e) {
		finding(ctx, sql_error(c));
		return e == ERR_CORRUPT ? ERR_CORRUPT : e;
	}
	return is_clean ? ERR_OK : ERR_CORRUPT;
}

/* Copy a whole database. In one step: a snapshot of the log lets others write meanwhile, and slices
 * would start anew after every commit of theirs. */
static enum err copy(sqlite3 *to, sqlite3 *from)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int rc = SQLITE_ERROR;
	for (int tries = 0; b && tries < COPY_TRIES; tries++) {
		rc = sqlite3_backup_step(b, -1);
		if (rc != SQLITE_BUSY && rc != SQLITE_LOCKED) {
			break;
		}
		(void)sqlite3_sleep(100);
	}
	if (b) {
		(void)sqlite3_backup_finish(b);
	}
	return rc == SQLITE_DONE ? ERR_OK : err_of(rc) ? err_of(rc) : ERR_IO;
}

enum err sql_backup(struct sql *c, const char *path, struct diag *diag)
{
	sqlite3 *to = NULL;
	int rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	enum err e = rc ? err_of(rc) : copy(to, c->db);
	if (!e) { /* one file, without a log beside it */
		(void)sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
	}
	if (e) {
		(void)err_set(diag, e, "%s: %s", path, to ? sqlite3_errmsg(to) : "");
	}
	(void)sqlite3_close(to);
	return e;
}

enum err sql_restore(struct sql *c, const char *path, struct diag *diag)
{
	sqlite3 *from = NULL;
	int rc = sqlite3_open_v2(path, &from, SQLITE_OPEN_READONLY, NULL);
	enum err e = rc ? err_of(rc) : copy(c->db, from);
	if (e) {
		(void)err_set(diag, e, "%s: %s", c->path,
			rc ? sqlite3_errmsg(from) : sqlite3_errmsg(c->db));
	}
	(void)sqlite3_close(from);
	return e;
}
