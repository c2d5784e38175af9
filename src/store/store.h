/*
 * store.h - everything that is kept, in the words of the domain; the only code that knows SQL
 *
 * One writer thread owns the writing connection: what is submitted is collected and committed in
 * groups; a submission is acknowledged after its commit (or after it is safe in the spill file).
 * Reading uses connections of its own, from any thread, and never waits for the writer.
 *
 * Archives are series of values by (series id, period, start). The id is that of a register (what
 * the meter said, in the meter's unit) or of a channel (the accepted value, in the channel's unit).
 *
 *   register, counter that reports readings   value at `start` = reading at that moment
 *   register, everything else                 amount or mean of the interval that begins at `start`
 *   channel                                   amount or mean of the interval that begins at `start`
 *
 * Which of the two a counter register is, its configuration says (meter_register.form).
 */
#ifndef DOMOVOI_STORE_H
#define DOMOVOI_STORE_H

#include "base/buf.h"
#include "model/site.h"
#include "store/verdict.h"

struct store;

#define STORE_READ_ONLY 1u /* no writer thread: tools that look */
#define STORE_CREATE    2u /* make the database when there is none */

/* URL: "sqlite:PATH". Migrates to the newest schema unless read-only. */
enum err store_open(const char *url, unsigned flags, struct store **ret_store, struct diag *diag);
void store_close(struct store *s); /* commits what was submitted; NULL is fine */

/* ---- configuration ---- */

/* The current snapshot, a new reference; never NULL after store_open. */
const struct site *store_site(struct store *s);
/* What must hold besides site_check and only those above the store can say: that formulas compile.
 * Asked of every change of places, channels, formulas and parameters; before threads submit. */
typedef enum err site_rule(const struct site *s, struct site_fault *ret_fault, struct diag *diag);
void store_set_rule(struct store *s, site_rule *rule);
/* Write one object (id 0: new; the id comes back in it), with history: who, before, after. The
 * resulting site is checked first (site_check); on an error nothing is changed. Blocks until
 * committed. */
enum err store_put(
	struct store *s, enum object_kind kind, void *object, const char *who, struct diag *diag);
/* Several objects in one transaction, all or none (the registers of a meter seen for the first
 * time). */
struct object_put {
	enum object_kind kind;
	void *object;
};
enum err store_put_many(struct store *s, const struct object_put *items, size_t n, const char *who,
	struct diag *diag);
/* The site as it would be with these objects written and those deleted, checked as store_put would;
 * nothing is stored. New objects (id 0) get ids above all that will ever be given. */
enum err store_propose(struct store *s, const struct object_put *items, size_t n,
	const struct object_put *gone, struct site **ret_site, struct diag *diag);
enum err store_delete(struct store *s, enum object_kind kind, int64_t id, const char *who,
	struct diag *diag); /* CONFLICT while something refers to it */

struct config_change {
	int64_t utc;
	char who[NAME_CAP];
	enum object_kind kind;
	int64_t id;
	const char *before; /* JSON text or NULL */
	const char *after;
};
enum err store_config_history(struct store *s, enum object_kind kind, int64_t id, size_t limit,
	enum err (*each)(void *ctx, const struct config_change *c), void *ctx);

/* Site configuration as readable YAML text; the round trip is exact (ids too). */
enum err store_export(struct store *s, struct buf *out, struct diag *diag);
/* The same text of a site that is in no database: what the simulator writes for `db import`. */
enum err site_export(const struct site *site, struct buf *out, struct diag *diag);
enum err store_import(struct store *s, struct slice text, const char *who, struct diag *diag);

/* ---- values in ---- */

struct archive_value {
	int64_t start; /* UTC seconds */
	double value;  /* NaN: missing */
	uint16_t quality;
	int64_t frame; /* kept frame it came from; 0 none */
};

/*
 * A batch is what one exchange or one computation has to say, applied whole or not at all. Fill it,
 * submit it. It can be written to the spill file when the database is away: it holds data only.
 */
struct batch;
struct batch *batch_new(void);
void batch_free(struct batch *b);
/* Bytes behind the values that follow in this batch; later values of the batch refer to it. */
void batch_frame(
	struct batch *b, int64_t meter, int64_t utc, struct slice request, struct slice reply);
/* A current reading of a register (register id must exist). */
void batch_reading(struct batch *b, int64_t reg, int64_t utc, double value, uint16_t quality);
/* An archive value; kept only if quality_replaces() the stored one and different; what it replaces
 * goes to the history with `batch_who`. `is_forced` replaces whatever is there (edit, recompute),
 * except that a person's value (SOURCE_MANUAL) gives way to another person's only. */
void batch_archive(struct batch *b, int64_t series, enum period period, int64_t start, double value,
	uint16_t quality, bool is_forced);
/* A value that its source takes back or puts right: replaces what the same source or a weaker one
 * said, by a worse or a missing value too, and never a better source's. */
void batch_revision(struct batch *b, int64_t series, enum period period, int64_t start,
	double value, uint16_t quality);
/* A person takes back what persons said: the value is unknown again, until it is computed. */
void batch_restore(struct batch *b, int64_t series, enum period period, int64_t start);
/* A doubt about a value, new (id 0) or changed; see verdict.h. */
void batch_verdict(struct batch *b, const struct verdict *v);
/* Who and why, for the history of values replaced by this batch; default "node", "". */
void batch_who(struct batch *b, const char *who, const char *why);
void batch_event(struct batch *b, int64_t utc, int64_t object, const char *code, const char *text);
/* Private state of a consumer (rollup ...), committed together with its values. */
void batch_state(struct batch *b, const char *name, struct slice body);
/* How far a consumer has worked off readings and the journal: what it has not seen is not pruned.
 * Committed together with its values, as batch_state. */
void batch_cursor(struct batch *b, const char *consumer, int64_t reading_seq, int64_t journal_seq);
bool batch_is_broken(const struct batch *b); /* memory ran out: do not submit */

/* Takes ownership. `wait`: return after the batch is safe (committed or spilled), with the error if
 * it is neither; otherwise returns once queued (blocks while the queue is full). */
enum err store_submit(struct store *s, struct batch *b, bool wait);
enum err store_flush(struct store *s); /* all submitted so far is safe */

/* ---- values out ---- */

struct last_reading {
	int64_t reg;
	int64_t utc;
	double value;
	uint16_t quality;
	int64_t frame;
};
/* Latest reading of every register, sorted by register id; malloc'ed array. From memory. */
enum err store_last(struct store *s, struct last_reading **ret_items, size_t *ret_n);

/* Values of one series in [from, till), ascending; malloc'ed array. Rows and blocks read as one. */
enum err archive_range(struct store *s, int64_t series, enum period period, struct span span,
	struct archive_value **ret_items, size_t *ret_n);
/* One period of many series at once (all channels of a page): items[i] belongs to series[i],
 * class MISSING where there is none. */
enum err archive_at(struct store *s, const int64_t *series, size_t n, enum period period,
	int64_t start, struct archive_value *items);
/* Newest value at or before `utc` that is not MISSING; NODATA if none. */
enum err archive_latest(struct store *s, int64_t series, enum period period, int64_t utc,
	struct archive_value *ret_value);
/* Starts in `span` for which there is no value of source `least` or a better one, or class MISSING,
 * as spans of neighbours. Whoever reads meters' archives asks for SOURCE_METER: hours that the node
 * formed itself from readings, estimated ones too, must not hide what the meter still has. */
enum err archive_gaps(struct store *s, int64_t series, enum period period,
	const struct calendar *calendar, struct span span, enum quality_source least,
	struct span **ret_gaps, size_t *ret_n);
/* Upkeep, called by the node once a day and by tests: packs half-hours and hours that are days old
 * into the blocks of their months, drops readings, journal and frames older than their retention. */
enum err archive_pack(struct store *s, int64_t now, size_t *ret_blocks);

struct replaced_value {
	int64_t changed_utc;
	int64_t series;
	enum period period;
	struct archive_value old;
	char who[NAME_CAP];
	char why[256];
};
enum err archive_history(struct store *s, int64_t series, enum period period, struct span span,
	enum err (*each)(void *ctx, const struct replaced_value *v), void *ctx);

enum err verdict_list(struct store *s, const struct verdict_query *q,
	enum err (*each)(void *ctx, const struct verdict *v), void *ctx);
enum err verdict_get(struct store *s, int64_t id, struct verdict *ret_verdict); /* NOTFOUND */

struct kept_frame {
	int64_t id, meter, utc;
	struct slice request, reply; /* valid during the call */
};
enum err frame_get(struct store *s, int64_t id,
	enum err (*each)(void *ctx, const struct kept_frame *f), void *ctx);

struct event {
	int64_t id, utc, object;
	char code[48];
	char text[256];
};
/* Newest first; object 0: all. */
enum err event_list(struct store *s, int64_t object, struct span span, size_t limit,
	enum err (*each)(void *ctx, const struct event *e), void *ctx);

/* ---- what changed: readings in order, and archive changes ---- */

/* Readings with sequence > after, ascending. The values of one poll share a sequence number and are
 * never parted: what comes may exceed `limit` by a poll. */
struct reading_row {
	int64_t seq;
	int64_t reg;
	int64_t utc;
	double value;
	uint16_t quality;
	int64_t frame;
};
enum err reading_list(struct store *s, int64_t after, size_t limit,
	enum err (*each)(void *ctx, const struct reading_row *r), void *ctx);

/* Readings of one register whose utc lies in `span`, by utc, then sequence: for what came out of
 * order. May be slow, it walks all that was read then. */
enum err reading_range(struct store *s, int64_t reg, struct span span,
	enum err (*each)(void *ctx, const struct reading_row *r), void *ctx);

/* One changed stretch of one series: every changed value starts in `span`. Of half-hours and hours
 * span.till is the end of the last, of days and months the start of the last plus one second. */
struct change {
	int64_t seq;
	int64_t series;
	enum period period;
	struct span span;
};
/* Changes with sequence > after, ascending; those of one number are never parted, as above. */
enum err journal_list(struct store *s, int64_t after, size_t limit,
	enum err (*each)(void *ctx, const struct change *c), void *ctx);
/* State saved by batch_state; NODATA if none. Appends to `out`. */
enum err store_state(struct store *s, const char *name, struct buf *out);

/*
 * Called on the writer's thread after each commit: keep it short (set a flag, wake a thread). Up to
 * 8 listeners; `readings` are those just committed.
 */
struct store_listener {
	void (*committed)(struct store_listener *l, const struct last_reading *readings, size_t n);
	void (*site_changed)(struct store_listener *l);
};
enum err store_listen(struct store *s, struct store_listener *l);
void store_unlisten(struct store *s, struct store_listener *l);

/* ---- closed periods ---- */

/*
 * A month of a place that has been billed: what was known of its channels then is kept for ever. The
 * archive goes on to be mended; the difference is charged in a later closing as a correction.
 */
struct closing {
	int64_t id;
	int64_t place;
	struct span span; /* the report month */
	int64_t closed_utc;
	char who[NAME_CAP];
	char note[256];
};
struct billed_value {
	int64_t series;
	double value; /* NaN: nothing was known */
	uint16_t quality;
};
struct correction {
	int64_t id;
	int64_t closing; /* charged in it */
	int64_t of;      /* the closing that is corrected */
	int64_t series;
	double amount, before, after; /* after - before */
};
/* All in one transaction; ERR_EXISTS when the month is closed already. The id comes back in `c`. */
enum err closing_put(struct store *s, struct closing *c, const struct billed_value *values,
	size_t n, const struct correction *corrections, size_t correction_count, struct diag *diag);
/* Open the last closed month of a place again; ERR_CONFLICT when it is not the last. */
enum err closing_delete(struct store *s, int64_t id, struct diag *diag);
/* By place and month; place 0: all. */
enum err closing_list(struct store *s, int64_t place,
	enum err (*each)(void *ctx, const struct closing *c), void *ctx);
enum err billed_list(struct store *s, int64_t closing,
	enum err (*each)(void *ctx, const struct billed_value *v), void *ctx);
/* Corrections charged in a closing, or (`of`) those of what was billed in it. */
enum err correction_list(struct store *s, int64_t closing, bool of,
	enum err (*each)(void *ctx, const struct correction *c), void *ctx);

/* ---- users ---- */

enum role {
	ROLE_RESIDENT,
	ROLE_TECHNICIAN,
	ROLE_MANAGER,
	ROLE_SUPPLIER,
	ROLE_CITY,
	ROLE_ADMINISTRATOR,
	ROLE_COUNT
};
const char *role_name(enum role r);
bool role_from_name(const char *name, enum role *ret_r);

struct user {
	int64_t id;
	char login[64];
	char name[NAME_CAP];
	char hash[160]; /* crypto_pwhash_str; the store does not look inside */
	char lang[4];
	bool is_enabled;
};
struct grant {
	int64_t id;
	int64_t user;
	enum role role;
	int64_t place; /* subtree; 0: everything */
};
struct session {
	uint8_t token_hash[32]; /* hash of the cookie; the token itself is never stored */
	uint8_t csrf[32];
	int64_t user;
	int64_t created_utc, seen_utc, expires_utc;
};
enum err user_put(
	struct store *s, struct user *u, const char *who, struct diag *diag); /* id 0: new */
enum err user_find(struct store *s, const char *login, struct user *ret_user);
enum err user_get(struct store *s, int64_t id, struct user *ret_user);
enum err user_list(struct store *s, enum err (*each)(void *ctx, const struct user *u), void *ctx);
enum err grant_put(struct store *s, struct grant *g, const char *who, struct diag *diag);
enum err grant_delete(struct store *s, int64_t id, const char *who, struct diag *diag);
enum err grant_list(struct store *s, int64_t user,
	enum err (*each)(void *ctx, const struct grant *g), void *ctx);
enum err session_put(struct store *s, const struct session *x);
enum err session_find(
	struct store *s, const uint8_t token_hash[static 32], struct session *ret_session);
enum err session_delete(struct store *s, const uint8_t token_hash[static 32]);

/* ---- state and upkeep ---- */

struct store_status {
	bool is_writable;
	enum err last_error;
	char last_error_text[240];
	int64_t failing_since_utc;
	int64_t queued, spilled_batches, spilled_bytes;
	int64_t commits, values_in;
	int64_t bytes_on_disk; /* of the database and its log */
	int64_t bytes_used;    /* of the database without free pages */
};
void store_status(struct store *s, struct store_status *ret_status);

/* How long things are kept, in days; before threads submit. Defaults: 7 each. */
struct store_retention {
	int readings, journal, frames;
};
void store_retain(struct store *s, struct store_retention r);

/* Integrity of the database and of our own structures (blocks readable, references whole); one call
 * per finding. ERR_CORRUPT if there was any. */
enum err store_check(struct store *s, void (*finding)(void *ctx, const char *text), void *ctx);
enum err store_backup(struct store *s, const char *path, struct diag *diag); /* online */
enum err store_restore(const char *url, const char *path, struct diag *diag);

#endif
