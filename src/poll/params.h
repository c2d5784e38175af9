/*
 * params.h - the parameters of one meter: text parsed once against its driver's table
 *
 * "address=5 password=\"two words\"": blank-separated, quotes around a value that holds blanks. Every
 * name must be in the driver's table or in talk_params; a parameter with default NULL must be given.
 * A default "" means "not set": 0 for numbers. Owns its text; the values point into it.
 */
#ifndef DOMOVOI_PARAMS_H
#define DOMOVOI_PARAMS_H

#include "drivers/driver.h"

#define PARAM_CEILING  40
#define PARAM_TEXT_CAP 512

struct param_value {
	const struct driver_param *param;
	int64_t number;   /* PARAM_INT, PARAM_BOOL */
	const char *text; /* as given, or the default */
	bool is_given;
};

struct params {
	char text[PARAM_TEXT_CAP];
	struct param_value values[PARAM_CEILING];
	size_t n;
};

/* ERR_INVAL or ERR_RANGE name the parameter in `diag`. `p` must not move afterwards. */
enum err params_parse(
	struct params *p, const struct driver *driver, const char *text, struct diag *diag);
/* NULL if there is no such parameter. */
const struct param_value *params_find(const struct params *p, const char *name);

#endif
