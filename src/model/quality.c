/*
 * quality.c - names and order of qualities; see quality.h
 */
#include "model/quality.h"

#include <string.h>

static const char *const class_names[QUALITY_CLASS_COUNT] = {
	[QUALITY_MEASURED] = "MEASURED",
	[QUALITY_INTERPOLATED] = "INTERPOLATED",
	[QUALITY_ESTIMATED] = "ESTIMATED",
	[QUALITY_CALCULATED] = "CALCULATED",
	[QUALITY_SUBSTITUTED] = "SUBSTITUTED",
	[QUALITY_EDITED] = "EDITED",
	[QUALITY_PARTIAL] = "PARTIAL",
	[QUALITY_SUSPECT] = "SUSPECT",
	[QUALITY_MISSING] = "MISSING",
};

static const char *const source_names[SOURCE_COUNT] = {
	[SOURCE_NONE] = "NONE",
	[SOURCE_ESTIMATE] = "ESTIMATE",
	[SOURCE_INTEGRATED] = "INTEGRATED",
	[SOURCE_POLLED] = "POLLED",
	[SOURCE_METER] = "METER",
	[SOURCE_IMPORT] = "IMPORT",
	[SOURCE_MANUAL] = "MANUAL",
};

uint16_t quality_worst(uint16_t a, uint16_t b)
{
	enum quality_class c = quality_class(a) > quality_class(b) ? quality_class(a) :
								     quality_class(b);
	enum quality_source s = quality_source(a) < quality_source(b) ? quality_source(a) :
									quality_source(b);
	return quality_make(c, s, quality_flags(a) | quality_flags(b));
}

const char *quality_class_name(enum quality_class c)
{
	return c < QUALITY_CLASS_COUNT ? class_names[c] : "MISSING";
}

const char *quality_source_name(enum quality_source s)
{
	return s < SOURCE_COUNT ? source_names[s] : "NONE";
}

bool quality_class_from_name(const char *name, enum quality_class *ret_c)
{
	for (int i = 0; i < QUALITY_CLASS_COUNT; i++) {
		if (strcmp(class_names[i], name) == 0) {
			*ret_c = (enum quality_class)i;
			return true;
		}
	}
	return false;
}

bool quality_replaces(uint16_t fresh, uint16_t old)
{
	if (quality_class(old) == QUALITY_MISSING || quality_source(fresh) > quality_source(old)) {
		return true;
	}
	return quality_source(fresh) == quality_source(old) &&
	       quality_class(fresh) <= quality_class(old);
}
