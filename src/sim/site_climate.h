/*
 * site_climate.h - the virtual building's temperature graph, norms and base values
 */
#ifndef DOMOVOI_SITE_CLIMATE_H
#define DOMOVOI_SITE_CLIMATE_H

#include "model/site.h"

/* Parameters of the building; what is there already stays. Ids go on from *inout_id. The site is to be
 * sorted again. False: out of memory. */
bool site_climate(struct site *s, int64_t building, bool is_russian, int64_t *inout_id);

#endif
