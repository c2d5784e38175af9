#include "drivers/driver.h"

static const struct driver_param params[] = {{.name = NULL}};

extern const struct driver driver_mbus;
const struct driver driver_mbus = {.name = "mbus", .title = "mbus", .params = params};
