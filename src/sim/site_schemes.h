/*
 * site_schemes.h - computed channels of the virtual building
 */
#ifndef DOMOVOI_SITE_SCHEMES_H
#define DOMOVOI_SITE_SCHEMES_H

#include "model/site.h"

/* Give the channels codes and add computed ones; ids go on from *inout_id. The site is to be sorted
 * again. False: out of memory. */
bool site_schemes(
	struct site *s, int64_t building, int64_t point, bool is_russian, int64_t *inout_id);

#endif
