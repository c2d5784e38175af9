/*
 * Any bytes may pass on the line of a simulated meter: it answers with what fits into its own frames,
 * or not at all.
 *
 *   first byte   which meter: M-Bus heat, Modbus RTU with archives, Modbus TCP
 *   the rest     bytes on the line, cut into pieces of the second byte's length
 */
#include "sim/ask.h"
#include "sim/model.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sim_model *model;
	static struct sim_point_source source;
	static const struct sim_protocol *const protocols[] = {
		&sim_mbus, &sim_modbus_rtu, &sim_modbus_tcp};
	if (!model) {
		struct sim_model_options o = {.seed = 1, .flats = 3};
		model = sim_model_new(&o);
		source = sim_model_source(model, SIM_INPUT_HEAT, 0);
	}
	if (size < 2) {
		return 0;
	}
	struct sim_device d = {.protocol = protocols[data[0] % 3],
		.source = &source.source,
		.address = 1,
		.serial = "12345678",
		.maker = "DMV",
		.medium = 4,
		.model = "domovoi_heat",
		.depth = {48, 48, 20, 5},
		.born_utc = SIM_EPOCH_UTC};
	struct link *l = sim_link_new(&d, INT64_C(1767225600000000));
	size_t piece = data[1] ? data[1] : 256;
	for (size_t at = 2; at < size; at += piece) {
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
