/*
 * apply_archive.h - archive values into rows, with history and journal; part of the applier
 */
#ifndef DOMOVOI_APPLY_ARCHIVE_H
#define DOMOVOI_APPLY_ARCHIVE_H

#include "store/apply.h"
#include "store/block.h"

enum err archive_attach(struct applier *a);
/* One value: kept if it may replace what is there and differs from it. */
enum err archive_put(struct applier *a, const struct batch_item *item);
/* The changes of the group as rows of the journal. */
enum err archive_journal(struct applier *a, int64_t now);
/* Values of one block; 0 of them if there is none. */
enum err block_load(struct sql *db, int64_t series, enum period period, int64_t month,
	struct archive_value *items, size_t *ret_n);

#endif
