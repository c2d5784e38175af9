/*
 * sql.h - a thin statement API over the database; above it nothing knows which engine it is
 *
 * A connection belongs to one thread at a time. Statements are prepared once per connection and
 * found again by the address of their text, which therefore is a string literal. Values are bound
 * in order; a failure on the way is remembered and comes out of sql_step or sql_run, so that a
 * statement reads as one piece:
 *
 *     struct sql_stmt *st = sql_prepare(c, "SELECT a FROM t WHERE b=? AND c=?");
 *     sql_put_int(st, b);
 *     sql_put_real(st, c);
 *     while (sql_step(st)) { ... sql_int(st, 0) ... }
 *     return sql_done(st);
 *
 * Text is written for SQLite and MariaDB alike: names in backquotes where they are words of SQL,
 * upserts as REPLACE INTO, ids counted by the program. What differs is named by words in braces
 * that sql_script replaces: {id} {int} {real} {text} {blob} {key(N)} {small}.
 *
 * NaN is stored as NULL and NULL reads as NaN.
 */
#ifndef DOMOVOI_SQL_H
#define DOMOVOI_SQL_H

#include "base/buf.h"
#include "base/err.h"

struct sql;
struct sql_stmt;

#define SQL_READ_ONLY 1u
#define SQL_CREATE    2u
#define SQL_SMALL     4u /* a connection that reads now and then: little cache */

enum err sql_open(const char *url, unsigned flags, struct sql **ret_sql, struct diag *diag);
void sql_close(struct sql *c); /* NULL is fine */
/* The database lies on a read-only medium and was opened as if it never changed: not to be kept. */
bool sql_is_immutable(const struct sql *c);
/* Path of the database file, NULL if it is not a file. */
const char *sql_path(const struct sql *c);

/* Never NULL: a statement that cannot be prepared fails in its first step. */
struct sql_stmt *sql_prepare(struct sql *c, const char *text);
void sql_put_int(struct sql_stmt *st, int64_t v);
void sql_put_real(struct sql_stmt *st, double v);
void sql_put_text(struct sql_stmt *st, const char *v);  /* borrowed until sql_done; NULL: NULL */
void sql_put_blob(struct sql_stmt *st, struct slice v); /* borrowed until sql_done */
/* True: a row is there. False: no more rows, or an error; sql_done tells. */
bool sql_step(struct sql_stmt *st);
enum err sql_done(struct sql_stmt *st); /* ends the statement; its error */
enum err sql_run(struct sql_stmt *st);  /* a statement without rows: step and done */
int64_t sql_int(struct sql_stmt *st, int column);
double sql_real(struct sql_stmt *st, int column);
const char *sql_text(struct sql_stmt *st, int column);  /* "" for NULL; valid until the next step */
struct slice sql_blob(struct sql_stmt *st, int column); /* valid until the next step */
bool sql_is_null(struct sql_stmt *st, int column);
int64_t sql_changes(struct sql *c); /* rows touched by the last statement */

/* Statements separated by ';', words in braces replaced. */
enum err sql_script(struct sql *c, const char *text);
/* One statement whose text is made at run time (columns from a table of fields): not kept. */
struct sql_stmt *sql_prepare_once(struct sql *c, const char *text);

enum err sql_begin(struct sql *c);      /* to write: takes the lock now */
enum err sql_begin_read(struct sql *c); /* a snapshot */
enum err sql_commit(struct sql *c);
void sql_rollback(struct sql *c);
/* The last error of the connection in words of the engine. */
const char *sql_error(const struct sql *c);
enum err sql_diag(struct sql *c, enum err e, struct diag *diag); /* fills diag, returns e */

enum err sql_has_table(struct sql *c, const char *name, bool *ret_has);
/* A number that changes when another connection has committed; compare with an earlier one. */
enum err sql_others(struct sql *c, int64_t *ret_version);

/* Move what is committed from the log into the database when the log has grown; after commits. */
void sql_upkeep(struct sql *c);
int64_t sql_bytes(struct sql *c); /* on disk: used pages */
enum err sql_integrity(struct sql *c, void (*finding)(void *ctx, const char *text), void *ctx);
enum err sql_backup(struct sql *c, const char *path, struct diag *diag); /* while others write */
/* Make the database what the file `path` is, in one transaction. */
enum err sql_restore(struct sql *c, const char *path, struct diag *diag);

#endif
