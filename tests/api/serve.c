/*
 * serve.c - a server over the houses of house.h, for tests in other languages
 *
 * Prints its port on a line and serves until standard input ends.
 */
#include "house.h"

#include "base/log.h"

int main(void)
{
	struct house h = {0};
	log_level = LOG_ERROR;
	if (house_open(&h) != 0 || house_serve(&h, NULL) != 0) {
		(void)house_close(&h);
		return 1;
	}
	(void)printf("%d\n", web_port(h.web));
	(void)fflush(stdout);
	while (getchar() != EOF) {
	}
	return house_close(&h) ? 1 : 0;
}
