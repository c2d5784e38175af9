/*
 * validator.h - the validation behind the store: doubts about archive values of channels
 *
 * Works off the change journal like the rollup and puts what it finds into the table of verdicts; what
 * a verdict makes of a value the rollup does (overlay.h). The two talk through the store only.
 */
#ifndef DOMOVOI_VALIDATOR_H
#define DOMOVOI_VALIDATOR_H

#include "store/store.h"

struct validator;
enum err validator_start(struct store *store, struct validator **ret_validator, struct diag *diag);
enum err validator_settle(struct validator *v); /* all that was committed has been judged */
void validator_stop(struct validator *v);       /* NULL is fine */

#endif
