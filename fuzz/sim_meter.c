/*
 * Any bytes may pass on the line of a simulated meter: it answers with what fits into its own frames,
 * or not at all.
 *
 *   to the first line feed   the kind of meter (src/sim/families.h), or "tcp": Modbus TCP
 *   one byte                 its address
 *   one byte                 length of the pieces the rest arrives in, 0: 256
 *   the rest                 bytes on the line
 */
#include "base/str.h"
#include "sim/ask.h"
#include "sim/families.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_US   INT64_C(1767225600000000)
#define NAME_CAP 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool meter_of(const char *name, int address, struct sim_device *ret)
{
	static struct sim_model *model;
	static struct sim_point_source sources[SIM_POINT_COUNT];
	if (!model) {
		struct sim_model_options o = {.seed = 1, .flats = 3};
		model = sim_model_new(&o);
		for (int p = 0; p < SIM_POINT_COUNT; p++) {
			sources[p] = sim_model_source(model, (enum sim_point)p, 0);
		}
	}
	bool is_tcp = strcmp(name, "tcp") == 0;
	const struct sim_family *f = sim_family_find(is_tcp ? "domovoi_heat" : name);
	if (!f || sim_family_device(f, address, SIM_EPOCH_UTC, ret, NULL)) {
		return false;
	}
	ret->source = &sources[f->point].source;
	(void)STR_COPY(ret->serial, "12345678");
	if (is_tcp) {
		ret->protocol = &sim_modbus_tcp;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[NAME_CAP];
	struct sim_device d;
	const uint8_t *end = memchr(data, '\n', size < NAME_CAP ? size : NAME_CAP);
	if (!end || data + size - end < 3) {
		return 0;
	}
	(void)snprintf(name, sizeof(name), "%.*s", (int)(end - data), (const char *)data);
	if (!meter_of(name, end[1], &d)) {
		return 0;
	}
	struct link *l = sim_link_new(&d, NOW_US);
	size_t piece = end[2] ? end[2] : 256;
	for (size_t at = (size_t)(end + 3 - data); at < size; at += piece) {
		uint8_t got[512];
		size_t n;
		struct slice s = {data + at, size - at < piece ? size - at : piece};
		if (l->ops->write(l, s, NULL)) {
			break;
		}
		while (l->ops->read(l, got, sizeof(got), 0, &n, NULL) == ERR_OK) {
			if (n > sizeof(got)) {
				abort();
			}
		}
	}
	l->ops->close(l);
	return 0;
}
