/*
 * apply_verdict.h - verdicts as bytes of a batch, and into their table
 */
#ifndef DOMOVOI_APPLY_VERDICT_H
#define DOMOVOI_APPLY_VERDICT_H

#include "store/sql.h"
#include "store/store.h"

#define VERDICT_BYTES 4096 /* more than any has */

void verdict_pack(const struct verdict *v, struct buf *out);
bool verdict_unpack(struct slice bytes, struct verdict *ret);
/* On the writer's connection, inside its transaction. */
enum err apply_verdict(struct sql *db, struct slice bytes);

#endif
