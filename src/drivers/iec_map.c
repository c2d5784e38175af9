/*
 * iec_map.c - a maker's dialect of IEC 62056-21; see iec_map.h
 */
#include "drivers/iec_map.h"

#include "model/unit_text.h"

#include <stdio.h>
#include <string.h>

#define TARIFFS_MAX 8

bool iec_map_fits(const struct iec_map *m, const char *flag, const char *ident)
{
	if (strncmp(m->flag, flag, 3) != 0) {
		return false;
	}
	for (unsigned i = 0; i < m->idents_count; i++) {
		if (strncmp(m->idents[i], ident, strlen(m->idents[i])) == 0) {
			return true;
		}
	}
	return false;
}

enum err iec_map_error(const struct iec_map *m, struct slice text)
{
	for (unsigned i = 0; m && i < m->errors_count; i++) {
		if (iec_equal(text, m->errors[i].text)) {
			return m->errors[i].is;
		}
	}
	return ERR_UNSUPP;
}

bool iec_map_unit(const struct iec_map *m, struct slice text, enum unit usual, enum unit *ret)
{
	char name[16];
	if (text.size == 0) {
		*ret = usual;
		return true;
	}
	if (text.size >= sizeof(name)) {
		return false;
	}
	memcpy(name, text.data, text.size);
	name[text.size] = 0;
	for (unsigned i = 0; m && i < m->units_count; i++) {
		if (strcmp(m->units[i].text, name) == 0) {
			*ret = m->units[i].unit;
			return true;
		}
	}
	return unit_from_name(name, ret) || unit_from_text(name, text.size, TEXT_UTF8, ret);
}

double iec_map_banded(const struct iec_register *r, double v)
{
	for (unsigned i = 0; i < r->bands_count; i++) {
		const struct iec_band *b = &r->bands[i];
		if (v >= b->from) {
			return b->is_negative ? b->minus - v : v - b->minus;
		}
	}
	return v;
}

bool iec_map_key(enum iec_list list, const char *key, unsigned i, unsigned n,
	char out[static REGISTER_KEY_CAP])
{
	static const unsigned most[] = {[IEC_ONE] = 1,
		[IEC_TARIFFS] = TARIFFS_MAX + 1,
		[IEC_PHASES] = 3,
		[IEC_NUMBERED] = 9};
	static const char *const marks[] = {
		[IEC_ONE] = "", [IEC_TARIFFS] = ".t", [IEC_PHASES] = ".l", [IEC_NUMBERED] = "."};
	bool is_whole = list == IEC_ONE || (list == IEC_TARIFFS && i == 0) ||
			(list == IEC_PHASES && n == 1);
	unsigned number = list == IEC_TARIFFS ? i : i + 1;
	if (i >= most[list]) {
		return false;
	}
	int size = is_whole ? snprintf(out, REGISTER_KEY_CAP, "%s", key) :
			      snprintf(out, REGISTER_KEY_CAP, "%s%s%u", key, marks[list], number);
	return size > 0 && size < REGISTER_KEY_CAP;
}

static int brace(const char *name, size_t size, const struct iec_place *at, char out[static 16])
{
	const struct {
		const char *name;
		unsigned v;
		bool is_hex;
		int width;
	} words[] = {
		{"DD", (unsigned)at->day.day, false, 2},
		{"MM", (unsigned)at->day.month, false, 2},
		{"YY", (unsigned)at->day.year % 100, false, 2},
		{"i", at->index, false, 1},
		{"ii", at->index, true, 2},
		{"first", at->first, false, 1},
		{"n", at->n, false, 1},
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i].name) == size && memcmp(words[i].name, name, size) == 0) {
			return words[i].is_hex ?
				       snprintf(out, 16, "%0*X", words[i].width, words[i].v) :
				       snprintf(out, 16, "%0*u", words[i].width, words[i].v);
		}
	}
	return -1;
}

bool iec_map_ask(const char *form, const struct iec_place *at, char out[static IEC_ASK_CAP])
{
	size_t n = 0;
	while (*form) {
		char word[16] = {*form, 0};
		int size = 1;
		const char *end = *form == '{' ? strchr(form, '}') : NULL;
		if (*form == '{') {
			size = end ? brace(form + 1, (size_t)(end - form) - 1, at, word) : -1;
			form = end ? end : form;
		}
		if (size < 0 || n + (size_t)size >= IEC_ASK_CAP) {
			return false;
		}
		memcpy(out + n, word, (size_t)size);
		n += (size_t)size;
		form++;
	}
	out[n] = 0;
	return true;
}

bool iec_map_counts_back(const char *form)
{
	return strstr(form, "{i}") || strstr(form, "{ii}");
}
