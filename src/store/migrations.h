/*
 * migrations.h - the schema as numbered steps
 */
#ifndef DOMOVOI_MIGRATIONS_H
#define DOMOVOI_MIGRATIONS_H

#include "store/sql.h"

/* Number of the newest schema this program knows. */
int migrations_newest(void);
/* Schema of the database: 0 for an empty one. */
enum err migrations_current(struct sql *c, int *ret_version);
/* Bring the database to the newest schema, one transaction per step. A database that is newer than
 * the program is refused. */
enum err migrations_run(struct sql *c, struct diag *diag);

#endif
