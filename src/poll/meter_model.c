/*
 * meter_model.c - models by driver; see meter_model.h
 */
#include "poll/meter_model.h"

#include "poll/meter_file.h"
#include "poll/meter_map.h"
#include "poll/tekon_map.h"

#include <string.h>

static enum err load_modbus(const char *name, struct meter_model *ret_model, struct diag *diag)
{
	const struct modbus_map *m;
	enum err e = meter_map_load(name, &m, diag);
	if (!e) {
		*ret_model = (struct meter_model){m, m->title, m->maker, m->medium, &m->line};
	}
	return e;
}

static enum err load_tekon(const char *name, struct meter_model *ret_model, struct diag *diag)
{
	const struct tekon_map *m;
	enum err e = tekon_map_load(name, &m, diag);
	if (!e) {
		*ret_model = (struct meter_model){m, m->title, m->maker, m->medium, &m->line};
	}
	return e;
}

static const struct kind {
	const char *driver;
	const char *folder; /* of meters/ */
	enum err (*load)(const char *name, struct meter_model *ret_model, struct diag *diag);
} kinds[] = {{"modbus", "", load_modbus}, {"tekon", "tekon", load_tekon}};

static const struct kind *kind_of(const char *driver)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].driver, driver) == 0) {
			return &kinds[i];
		}
	}
	return NULL;
}

bool meter_has_models(const char *driver)
{
	return kind_of(driver) != NULL;
}

enum err meter_model_load(
	const char *driver, const char *name, struct meter_model *ret_model, struct diag *diag)
{
	const struct kind *kind = kind_of(driver);
	return kind ? kind->load(name, ret_model, diag) :
		      err_set(diag, ERR_NOTFOUND, "driver %s has no models", driver);
}

enum err meter_model_list(const char *driver, char ***ret_names, size_t *ret_n, struct diag *diag)
{
	const struct kind *kind = kind_of(driver);
	return kind ? meter_file_list(kind->folder, ret_names, ret_n, diag) :
		      err_set(diag, ERR_NOTFOUND, "driver %s has no models", driver);
}
