/*
 * families.h - the kinds of meters that can hang on a simulated line
 *
 * One line per kind; `domovoi sim --plan NAME[,NAME...]` puts them on a pseudo-terminal, tests and
 * benches run over all of them. What a line says are the meter's settings as it comes from its maker.
 */
#ifndef DOMOVOI_FAMILIES_H
#define DOMOVOI_FAMILIES_H

#include "sim/device.h"
#include "sim/model.h"

#define SIM_LINE_MAX 247 /* meters of a line */

struct sim_family {
	const char *name;   /* "spt943"; [a-z0-9_]+ */
	const char *driver; /* that reads it */
	const struct sim_protocol *protocol;
	enum sim_point point; /* where such a meter sits: what it measures */
	const char *model;    /* struct sim_device; NULL: none */
	int medium;           /* struct sim_device */
	int baud;
	const char *framing;
	struct archive_depth depth; /* modbus: all zero, the map says */
	const char *params;         /* for the driver, beside "address=N"; "" none */
	bool is_alone;              /* takes no "address": nothing else can be on its line */
	bool is_civil; /* its days and months are civil, though others its driver reads have their own */
};

extern const struct sim_family sim_families[]; /* sorted by name, ends with name NULL */
const struct sim_family *sim_family_find(const char *name); /* NULL: there is none */
/* One meter of a plan. */
struct sim_kind {
	const struct sim_family *family;
	int baud; /* it is set to */
};
/* "vkt7,spt943,pulsar_water@1200": at most `cap` meters. ERR_NOTFOUND with the name nobody knows,
 * ERR_INVAL, ERR_LIMIT. */
enum err sim_kinds_parse(
	const char *names, struct sim_kind *ret_kinds, int cap, int *ret_n, struct diag *diag);
/* A meter of this kind: everything but source, serial and zone. ERR: a register map that is not there. */
enum err sim_family_device(const struct sim_family *f, int address, int64_t born_utc,
	struct sim_device *ret_device, struct diag *diag);

#endif
