/*
 * unit_text.h - units as meters write them, in the code pages meters use
 *
 * A meter that sends "Гкал", " м3" or "кгс/cм2" (with a Latin c) names a unit; which bytes stand for the
 * letters depends on the maker: CP866, CP1251 or UTF-8. Blanks, points and the way powers and products
 * are written do not matter, nor case, nor letters that look alike in both alphabets. Pure functions.
 *
 * Not done: units nobody meters in; a guess where the text is not known.
 */
#ifndef DOMOVOI_UNIT_TEXT_H
#define DOMOVOI_UNIT_TEXT_H

#include "model/unit.h"

#include <stdbool.h>
#include <stddef.h>

enum text_page {
	TEXT_CP866,
	TEXT_CP1251,
	TEXT_UTF8
};

/* The unit `n` bytes of text name; a zero byte ends them early. False: none that is known. */
bool unit_from_text(const char *text, size_t n, enum text_page page, enum unit *ret_unit);

/* The text as UTF-8, always terminated, without blanks at its ends; what is no printable character
 * of the page becomes '?'. False if it was cut. */
bool text_to_utf8(char *to, size_t cap, const char *text, size_t n, enum text_page page);

#endif
