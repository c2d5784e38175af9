/*
 * sample_list.h - a sink that keeps copies of what a driver puts into it
 *
 * For one reading of one meter: the commissioning commands and the tests.
 */
#ifndef DOMOVOI_SAMPLE_LIST_H
#define DOMOVOI_SAMPLE_LIST_H

#include "model/sample.h"

#define SAMPLE_LIST_CEILING 100000 /* more than any meter's memory; a runaway driver ends here */

struct kept_sample {
	struct sample sample; /* key and text point into this struct and to `text_copy` */
	char key[REGISTER_KEY_CAP];
	char *text_copy; /* owned or NULL */
};

struct kept_event {
	int64_t utc;
	char code[48];
	char text[200];
};

struct sample_list {
	struct sink sink;           /* give this to the driver */
	struct kept_sample **items; /* owned */
	size_t n, cap;
	struct kept_event *events; /* owned */
	size_t event_n, event_cap;
};

void sample_list_init(struct sample_list *l);
void sample_list_fini(struct sample_list *l);

#endif
