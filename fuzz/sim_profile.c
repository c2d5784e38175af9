/*
 * Any bytes are a profile of consumption or are refused; what is read never falls.
 *
 *   first line   words behind the file name: to=cold,unit=l ...
 *   the rest     the CSV file
 */
#include "sim/fault.h"
#include "sim/profile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct sim_series *s)
{
	for (size_t i = 1; i < s->n; i++) {
		if (s->readings[i].utc_us <= s->readings[i - 1].utc_us ||
			s->readings[i].value < s->readings[i - 1].value) {
			abort();
		}
	}
	for (size_t i = 0; i < s->n && i < 10; i++) {
		(void)sim_series_at(s, s->readings[i].utc_us + 1);
		(void)sim_series_rate(s, s->readings[i].utc_us - 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char words[300] = "memory,";
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	size_t n = end ? (size_t)(end - data) : size;
	if (n > sizeof(words) - 8) {
		return 0;
	}
	memcpy(words + 7, data, n);
	words[7 + n] = 0;
	struct sim_fault fault;
	(void)sim_fault_parse(words + 7, &fault, NULL);
	if (n == 0) {
		words[6] = 0; /* no words */
	}
	struct sim_profile_spec spec;
	const struct zone *zone;
	struct diag diag;
	if (sim_profile_spec_parse(words, &spec, NULL) || zone_get("Europe/Zurich", &zone, NULL) ||
		!end || size - n - 1 == 0) {
		return 0;
	}
	FILE *f = fmemopen((void *)(uintptr_t)(end + 1), size - n - 1, "r");
	struct sim_profile p;
	if (f && sim_profile_read(f, &spec, zone, 12, &p, &diag) == ERR_OK) {
		for (size_t i = 0; i < p.n; i++) {
			check(p.tracks[i].series);
		}
		sim_profile_fini(&p);
	}
	if (f) {
		(void)fclose(f);
	}
	return 0;
}
