/*
 * quantity.c - the table of quantities; see quantity.h
 */
#include "model/quantity.h"

#include <string.h>

static const struct {
	const char *code;
	const char *text[2];
	enum quantity_kind kind;
	enum unit unit;
	int decimals;
} quantities[QUANTITY_COUNT] = {
#define X(id, code, en, ru, kind, unit, decimals) \
	[QUANTITY_##id] = {code, {en, ru}, KIND_##kind, UNIT_##unit, decimals},
#include "model/quantity.def"
#undef X
};

static enum quantity known(enum quantity q)
{
	return (unsigned)q < QUANTITY_COUNT ? q : QUANTITY_UNKNOWN;
}

const char *quantity_code(enum quantity q)
{
	return quantities[known(q)].code;
}

const char *quantity_text(enum quantity q, enum lang lang)
{
	return quantities[known(q)].text[lang == LANG_RU];
}

enum quantity_kind quantity_kind(enum quantity q)
{
	return quantities[known(q)].kind;
}

enum unit quantity_unit(enum quantity q)
{
	return quantities[known(q)].unit;
}

int quantity_decimals(enum quantity q)
{
	return quantities[known(q)].decimals;
}

bool quantity_from_code(const char *code, enum quantity *ret_q)
{
	for (int i = 0; i < QUANTITY_COUNT; i++) {
		if (strcmp(quantities[i].code, code) == 0) {
			*ret_q = (enum quantity)i;
			return true;
		}
	}
	return false;
}
