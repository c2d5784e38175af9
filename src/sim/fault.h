/*
 * fault.h - what can go wrong with a meter or a line, on demand
 *
 *   TARGET:KIND[:key=value,...]      on the command line
 *   fault TARGET KIND [key=value ...]  as a command
 *
 * TARGET is a meter ("flat-3.cold"), a group of meters by the first part of their names ("flat-3"), a
 * line ("mbus-1": every meter on it) or "*".
 *
 *   kind      what happens                                   own key
 *   silence   no reply
 *   noise     a byte of the reply is damaged, or random      where=before|inside
 *             bytes come before it
 *   late      the reply comes, but late                      ms=3000
 *   checksum  the checksum of the reply is wrong
 *   foreign   a well-formed reply of another meter
 *   truncate  only the first bytes of the reply              bytes=(half)
 *   echo      a line: the request is heard again before the reply
 *   clock     the meter's clock jumps, once                  s=3600
 *   power     the meter is off: no reply, and its archive    (from and till; now and for ever
 *             has a hole from `from` to `till`               without)
 *
 * Keys of all: p=0.1 (probability per reply, default 1), from=TIME, till=TIME (ISO 8601, meters'
 * time). A fault of the wire never makes a wrong value look right: Modbus TCP, which has no checksum of
 * its own, falls silent where others would be damaged, as behind a gateway.
 */
#ifndef DOMOVOI_FAULT_H
#define DOMOVOI_FAULT_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum sim_fault_kind {
	SIM_FAULT_SILENCE,
	SIM_FAULT_NOISE,
	SIM_FAULT_LATE,
	SIM_FAULT_CHECKSUM,
	SIM_FAULT_FOREIGN,
	SIM_FAULT_TRUNCATE,
	SIM_FAULT_ECHO,
	SIM_FAULT_CLOCK,
	SIM_FAULT_POWER,
	SIM_FAULT_KIND_COUNT
};

enum sim_noise_where {
	SIM_NOISE_ANYWHERE,
	SIM_NOISE_BEFORE,
	SIM_NOISE_INSIDE
};

struct sim_fault {
	enum sim_fault_kind kind;
	char target[48];
	double p;
	int64_t from_utc, till_utc; /* INT64_MIN, INT64_MAX: open */
	int64_t amount;             /* ms, bytes or s of the kind; 0: half, of TRUNCATE */
	enum sim_noise_where where;
	bool is_done; /* CLOCK: has jumped */
	uint64_t hits;
};

const char *sim_fault_name(enum sim_fault_kind kind);
bool sim_fault_from_name(const char *name, enum sim_fault_kind *ret_kind);
/* Either form above, without the word "fault"; the words may be separated by ':' ',' and blanks. */
enum err sim_fault_parse(const char *text, struct sim_fault *ret_fault, struct diag *diag);
/* As a line of the second form. */
void sim_fault_text(const struct sim_fault *f, struct buf *out);
bool sim_fault_hits_target(const struct sim_fault *f, const char *meter, const char *line);
static inline bool sim_fault_is_due(const struct sim_fault *f, int64_t utc)
{
	return utc >= f->from_utc && utc < f->till_utc;
}

/* Damage `reply` as the fault says; `chance` are random bits. Empty afterwards: silence. */
void sim_fault_apply(const struct sim_fault *f, uint64_t chance, struct buf *reply);

#endif
