#include "drivers/driver.h"

static const struct driver_param params[] = {{.name = NULL}};

extern const struct driver driver_modbus;
const struct driver driver_modbus = {.name = "modbus", .title = "modbus", .params = params};
