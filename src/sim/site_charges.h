/*
 * site_charges.h - what the virtual building is charged by
 */
#ifndef DOMOVOI_SITE_CHARGES_H
#define DOMOVOI_SITE_CHARGES_H

#include "model/site.h"

/* Areas, norms and rates as parameters, each marked as sample data; ids go on from *inout_id. The site
 * is to be sorted again. False: out of memory. */
bool site_charges(struct site *s, int64_t building, bool is_russian, int64_t *inout_id);

#endif
