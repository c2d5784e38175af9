/*
 * dlms_hex.c - keys and passwords of parameters; see dlms_hex.h
 */
#include "drivers/dlms_hex.h"

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 :
				      -1;
}

int dlms_unhex(const char *text, uint8_t *to, size_t cap)
{
	size_t n = 0;
	for (; *text; text++) {
		if (*text == ' ') {
			continue;
		}
		int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);
		if (low < 0 || n == cap) {
			return -1;
		}
		to[n++] = (uint8_t)(high << 4 | low);
		text++;
	}
	return (int)n;
}
