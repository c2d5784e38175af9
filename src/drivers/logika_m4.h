/*
 * logika_m4.h - the parts of the driver of Logika M4 devices; private to drivers/logika_m4*.c
 *
 *   logika_m4.c           parameters, identification, clock, current values
 *   logika_m4_session.c   a conversation: wake, select, speed, requests, refusals
 *   logika_m4_layout.c    what each model calls what: parameters, archive records, flags
 *   logika_m4_archive.c   interval archives and journals
 */
#ifndef DOMOVOI_LOGIKA_M4_H
#define DOMOVOI_LOGIKA_M4_H

#include "drivers/driver.h"
#include "proto/m4.h"

/* ---- layout ---- */

enum m4_kind {
	M4_KIND_NONE, /* passed over */
	M4_KIND_NUMBER,
	M4_KIND_PRESSURE, /* a number in the meter's unit of pressure */
	M4_KIND_HEAT,     /* a number in the meter's unit of heat */
	M4_KIND_SCHEME,
	M4_KIND_NS, /* abnormal situations: error_code, abnormal */
	M4_KIND_DS, /* diagnostic situations: status */
	M4_KIND_TIME,
	M4_KIND_DATE
};

/* One value: of a record by its place, of the current values by channel and number. */
struct m4_field {
	enum m4_kind kind;
	uint8_t system; /* 1: no suffix, 2: ".u2", 0: ".u0", what belongs to the whole meter */
	uint8_t channel;
	uint16_t number;
	const char *key;
	enum quantity quantity;
	enum unit unit;
};

/* A bit of the flags means situations of model/abnormal.h. */
struct m4_meaning {
	uint8_t bit;
	uint8_t abnormal;
};

struct m4_layout {
	const char *model;
	uint16_t ident; /* of the session answer, first byte high */
	uint8_t version_from, version_till;
	const struct m4_field *currents;
	size_t currents_n;
	const struct m4_field *record; /* NULL: archives unknown */
	size_t record_n;
	const uint8_t *channels; /* archives are asked for by channel */
	size_t channels_n;
	const struct m4_meaning *meanings;
	size_t meanings_n;
	/* numbers of settings, channel 0; -1 unknown */
	int16_t unit_pressure, unit_heat, report_day, report_hour, set_time, set_date, nt;
};

/* NULL: no such device is known. */
const struct m4_layout *m4_layout_of(uint16_t ident, uint8_t version);
const struct m4_layout *m4_layout_named(const char *model);
/* The name of a device of this maker that speaks only the legacy protocol; NULL: it is none. */
const char *m4_legacy_name(uint16_t ident, uint8_t version);
unsigned m4_abnormal_of(const struct m4_layout *l, const struct m4_value *flags);

/* ---- session ---- */

/* What outlives a call: zero at first. */
struct m4_state {
	bool is_begun;
	uint8_t packet;    /* id of the next request */
	bool is_known;     /* it answered once */
	bool is_left_fast; /* the meter may still be at the session speed */
	uint8_t version;
};

struct m4_session {
	struct talk *talk;
	struct m4_state *state;
	const struct m4_layout *layout;
	uint8_t nt;
	uint8_t packet; /* id of the request */
	bool is_fast;
	int64_t systems;   /* to be read: 1 or both */
	struct m4_out out; /* the request being written */
	/* settings, after m4_read_settings */
	enum unit pressure, heat;
	struct calendar calendar; /* the node's, where the meter does not say */
	bool has_report;          /* report day and hour were read */
};

/* Wake the meter, select it, see what it is, switch its speed where that is wished. */
enum err m4_open_session(struct m4_session *s, struct talk *t);
/* Take back what m4_open_session changed. */
void m4_close_session(struct m4_session *s);

void m4_request(struct m4_session *s, uint8_t code);
/* Send s->out; the body of the reply is borrowed until the next exchange. Refusals come out as
 * NODATA, DENIED or UNSUPP with what the meter said. */
enum err m4_ask(struct m4_session *s, struct slice *ret_body);
/* Units, report day and hour. */
enum err m4_read_settings(struct m4_session *s);

/* ---- values ---- */

/* How the values of one reply or record are put out. */
struct m4_put {
	struct m4_session *session;
	struct sink *out;
	enum sample_form form;
	enum period period;
	int64_t utc;
	unsigned flags; /* quality */
	uint8_t system; /* not 0: instead of system 1 of the field */
	bool is_off;    /* the system being put out is not in service: nothing more of it */
	uint8_t off_system, off_channel;
};
/* One value of a reply becomes a sample, several or none. */
enum err m4_put_value(struct m4_put *p, const struct m4_field *f, const struct m4_value *v);

enum err m4_read_archive(struct talk *t, enum period period, struct span span, struct sink *out);
enum err m4_read_events(struct talk *t, struct span span, struct sink *out);

#endif
