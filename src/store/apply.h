/*
 * apply.h - what a batch does to the database; runs on the writer's connection only
 *
 * The caller opens and commits the transaction:
 *
 *     apply_begin; apply_batch ...; apply_end; commit        apply_begin forgets a failed try
 */
#ifndef DOMOVOI_APPLY_H
#define DOMOVOI_APPLY_H

#include "store/batch.h"
#include "store/sql.h"

/* One changed value, or a run of them. */
struct changed {
	enum period period;
	int64_t series;
	struct span span;
};

/* Newest start of a series and period that was ever stored: a later one needs no look-up. */
struct newest {
	int64_t key; /* series * PERIOD_COUNT + period; 0: free */
	int64_t start;
};

struct applier {
	struct sql *db; /* borrowed */

	/* ids given next */
	int64_t reading, frame, journal, event, history;

	int64_t floor[PERIOD_COUNT];  /* newest start of all series when the database was opened */
	int64_t packed[PERIOD_COUNT]; /* newest start that lies in a block */
	struct newest *newest;        /* hash table, owned */
	size_t newest_cap, newest_n;

	/* the block looked at last: late values come in runs */
	int64_t block_series, block_month;
	enum period block_period;
	struct archive_value *block; /* BLOCK_VALUES_MAX, owned */
	size_t block_n;

	/* of the batch */
	int64_t current_frame;
	char who[NAME_CAP];
	char why[256];
	struct buf row; /* readings of the row being collected */
	int64_t row_utc, row_frame, row_reg, row_last_utc;
	size_t row_n, row_first;

	/* of the group */
	struct changed *changes; /* owned */
	size_t change_n, change_cap;
	struct last_reading *fresh; /* readings of the group, owned */
	size_t fresh_n, fresh_cap;
	int64_t values;
	int64_t pack_before; /* starts before this should lie in blocks */
	int64_t late_rows;   /* rows put before it since they were packed */
	enum err error;      /* memory ran out while collecting */
};

enum err applier_init(struct applier *a);
void applier_fini(struct applier *a);
/* Read ids and newest starts of a database just opened. */
enum err applier_attach(struct applier *a, struct sql *db);

void apply_begin(struct applier *a, int64_t now);
enum err apply_batch(struct applier *a, struct slice bytes);
enum err apply_end(struct applier *a, int64_t now);

/* Starts of the month (UTC) that holds `utc` are in [ret, next); month = year * 12 + month - 1. */
int64_t month_of(int64_t utc);
int64_t month_start(int64_t month);

/* Statements on the table of a period; indexed by enum period. */
extern const char *const sql_archive_get[PERIOD_COUNT]; /* value, quality, frame by start, series */
extern const char *const sql_archive_next[PERIOD_COUNT]; /* min(start) from ? on */

#endif
