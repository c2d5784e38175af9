/*
 * Any bytes are a time zone file or are refused; a zone that was accepted answers any question.
 */
#include "base/tzif.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tzif t;
	if (tzif_parse((struct slice){data, size}, &t, NULL) == ERR_OK) {
		int64_t at = -5000000000;
		for (int i = 0; i < 500 && at < 10000000000; i++) {
			struct tz_segment s = tzif_segment(&t, at);
			if (s.from > at || s.till <= at) {
				abort();
			}
			at = s.till;
		}
		tzif_fini(&t);
	}
	char text[256];
	if (size < sizeof(text)) {
		struct tzif rule = {0};
		memcpy(text, data, size);
		text[size] = 0;
		if (tz_rule_parse(text, &rule.rule, NULL) == ERR_OK) {
			(void)tzif_segment(&rule, INT64_MAX);
			(void)tzif_segment(&rule, INT64_MIN);
			(void)tzif_segment(&rule, 1700000000);
		}
	}
	return 0;
}
