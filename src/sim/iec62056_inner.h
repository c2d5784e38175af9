/*
 * iec62056_inner.h - the simulated meter of IEC 62056-21 (private to iec62056_meter*.c)
 */
#ifndef DOMOVOI_SIM_IEC62056_INNER_H
#define DOMOVOI_SIM_IEC62056_INNER_H

#include "proto/iec62056.h"
#include "sim/memory.h"

#define IEC_SIM_INTERVAL 30 /* minutes of the profile */

enum iec_sim_style {
	IEC_SIM_STYLE_NAMES,   /* CE301 and its likes */
	IEC_SIM_STYLE_NUMBERS, /* CE308 */
	IEC_SIM_STYLE_HEX,     /* Neva */
	IEC_SIM_STYLE_READOUT
};

struct iec_sim_kind {
	const char *model, *ident;
	enum iec_sim_style style;
	enum iec_bcc bcc;
	const char *challenge, *password;
	bool has_login, repeats_name;
	int decimals, phases;
};

enum iec_sim_phase {
	IEC_SIM_IDLE,
	IEC_SIM_SIGNED_ON,
	IEC_SIM_PROGRAMMING
};

struct iec_sim_memory {
	enum iec_sim_phase phase;
	bool has_login;
	int home_baud; /* the device's own */
	int64_t last_us;
};

struct iec_sim {
	struct sim_device *device;
	struct iec_sim_memory *memory;
	const struct iec_sim_kind *kind;
	int64_t now_us;
	struct buf text; /* of the answer */
};

/* Sum and tariffs at a moment; false if the meter does not measure it. */
bool iec_sim_energies(struct iec_sim *m, const char *name, enum quantity q, int64_t utc_us);
/* Days and months are the calendar's whatever the building's. */
bool iec_sim_record(
	const struct iec_sim *m, enum period p, int64_t utc, struct sim_record *ret_record);
const struct zone *iec_sim_zone(const struct iec_sim *m);
struct civil iec_sim_clock(const struct iec_sim *m);
/* The day or month counted back from the running one. */
struct civil iec_sim_back(const struct iec_sim *m, enum period p, int n);
/* Mean power of the interval that begins so by the calendar; false: not kept. */
bool iec_sim_mean(const struct iec_sim *m, enum quantity q, struct civil at, double *ret_kw);
struct civil iec_sim_slot(struct civil day, int i);

/* What R1 asks for, C D E F in hex: NULL, or the error. */
const char *iec_sim_read_hex(struct iec_sim *m, const char *name);
void iec_sim_readout(struct iec_sim *m);

#endif
