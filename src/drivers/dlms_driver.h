/*
 * dlms_driver.h - the parts of the DLMS/COSEM driver; private to drivers/dlms*.c
 *
 *   dlms.c           parameters, identification, clock
 *   dlms_link.c      HDLC and the TCP wrapper: one APDU there, one back
 *   dlms_session.c   association, passwords and keys, GET, SET and ACTION, lost sessions
 *   dlms_layout.c    which columns a profile has, their units; kept over calls
 *   dlms_rows.c      rows of a profile as they come: whole buffers are never held
 *   dlms_current.c   what the meter says now
 *   dlms_load.c      the load profile: energy of intervals
 *   dlms_readings.c  daily and monthly profiles: readings of registers
 *   dlms_journal.c   journals; when the meter had no power
 */
#ifndef DOMOVOI_DLMS_DRIVER_H
#define DOMOVOI_DLMS_DRIVER_H

#include "drivers/dlms_hex.h"
#include "drivers/driver.h"
#include "model/obis.h"
#include "proto/axdr.h"
#include "proto/cosem.h"
#include "proto/dlms_cipher.h"
#include "proto/hdlc.h"

#define DLMS_APDU_CAP    4096 /* what a talk holds of a reply */
#define DLMS_VALUE_CAP   2048 /* one value that is no list of rows */
#define DLMS_ROW_CAP     2048
#define DLMS_ROW_COLUMNS 80
#define DLMS_COLUMNS_MAX 200
#define DLMS_OFFS_MAX    24
#define DLMS_JOURNALS    20
#define DLMS_NO_CLOCK    255
#define DLMS_CHALLENGE   8
#define DLMS_SELECTION   64

/* ---- what is kept over calls ---- */

/* A column, or a register of its own; scaler and unit as in its attribute 3. */
struct dlms_column {
	struct obis obis;
	uint8_t class_id;
	uint8_t attribute;
	int8_t scaler;
	uint8_t unit;
};

enum dlms_layout_id {
	DLMS_LOAD,
	DLMS_DAYS,
	DLMS_MONTHS,
	DLMS_SNAPSHOT,
	DLMS_REGISTERS, /* what is read one by one where there is no snapshot */
	DLMS_LAYOUTS
};

/* What a row looks like and how rows may be asked for. */
struct dlms_shape {
	uint8_t width, clock; /* columns, and which of them is the clock; DLMS_NO_CLOCK */
	bool has_no_range, has_no_entry;
};

struct dlms_layout {
	bool is_known;
	bool is_absent;       /* the meter has no such object, or does not show it to us */
	uint8_t first, count; /* in the columns of the state */
	struct dlms_shape shape;
};

struct dlms_journal {
	bool is_known, is_absent;
	uint8_t code; /* column of the event's number */
	struct dlms_shape shape;
};

/* A stretch without power, by the journal; [from, till) of UTC. */
struct dlms_off {
	int64_t from, till;
};

struct dlms_state {
	bool is_open; /* link and association, as far as we know */
	bool has_counter;
	uint8_t send_n, receive_n; /* numbers of I-frames */
	uint8_t invoke;            /* id of the last request */
	uint16_t info_out, info_in;
	uint16_t server_pdu;
	uint32_t conformance;
	uint32_t counter;        /* of what we encipher next */
	uint8_t server_title[8]; /* its system title */
	int64_t used_utc;        /* the last reply */

	int minutes; /* of the load profile; 0 unknown */
	struct dlms_layout layouts[DLMS_LAYOUTS];
	struct dlms_column columns[DLMS_COLUMNS_MAX];
	unsigned columns_n;
	struct dlms_journal journals[DLMS_JOURNALS];
	int64_t oldest_utc,
		oldest_asked_utc; /* how far back the journal of power reaches, and when it said so */
	bool is_capture_denied;   /* of the snapshot */
	bool has_ratios;
	int64_t ratios_utc; /* read then */
	double ratios[2];   /* of current and voltage; NaN: not told */
};

/* ---- one call ---- */

struct dlms_peer {
	struct talk *talk;
	struct dlms_state *state;
	/* parameters */
	bool is_wrapper;
	uint8_t client, priority; /* of each request: confirmed, priority */
	uint16_t logical;
	struct hdlc_address server, own;
	unsigned info_max;
	uint16_t pdu;
	uint32_t conformance;
	enum cosem_mechanism mechanism;
	uint8_t secret[COSEM_SECRET_MAX];
	size_t secret_n;
	bool is_ciphered;
	struct dlms_keys keys;
	uint8_t title[COSEM_TITLE_SIZE];
	/* what happened */
	bool is_lost;                /* the session is gone, not the line */
	int access_result;           /* of the last refusal; -1 none */
	uint8_t apdu[DLMS_APDU_CAP]; /* the reply, put together and deciphered */
	size_t apdu_n;
	uint8_t value[DLMS_VALUE_CAP]; /* of dlms_read */
	size_t value_n;
};

/* ---- what the parts offer each other ---- */

/* Parameters into a peer; ERR_INVAL says which means nothing. */
enum err dlms_peer_init(struct talk *t, struct dlms_peer *ret);

/* dlms_link.c: one APDU there and one back, into p->apdu. p->is_lost: the other side knows no session. */
enum err dlms_link_open(struct dlms_peer *p);
enum err dlms_link_exchange(struct dlms_peer *p, struct slice apdu);
/* What came is no answer to this: wait on. */
enum err dlms_link_again(struct dlms_peer *p);

/* Something of a reply: raw bytes of its Data, block after block. */
typedef enum err dlms_chunk_fn(void *ctx, struct slice raw);

/* An attribute of an object and what of it. */
struct dlms_target {
	struct obis obis;
	uint16_t class_id;
	int attribute;
	struct slice selection; /* selector and parameters; empty: all */
};

/* dlms_session.c. NODATA, DENIED, UNSUPP: the meter refused, in p->access_result what it said. */
enum err dlms_get(
	struct dlms_peer *p, const struct dlms_target *target, dlms_chunk_fn *fn, void *ctx);
enum err dlms_set(struct dlms_peer *p, const struct dlms_target *target, struct slice data);
enum err dlms_action(struct dlms_peer *p, const struct dlms_target *target, struct slice data);
/* A whole value of at most DLMS_VALUE_CAP bytes into p->value. */
enum err dlms_read(struct dlms_peer *p, uint16_t class_id, const struct obis *o, int attribute);
/* The object `o` is C.D.E of, as in "1.0.1.8.0.255". */
struct obis dlms_obis(const char *dotted);

/* ---- values ---- */

/* The first Data of p->value; false: there is none. */
bool dlms_value_get(const struct dlms_peer *p, struct axdr *ret);
/* The moment by the clock's civil time and its mark of summer time; `last_utc`: what came before,
 * decides where the clock has no mark. */
int64_t dlms_utc(const struct zone *z, struct civil c, uint8_t status, int64_t last_utc);
/* ---- columns ---- */

/* Columns of a profile into `ret`, at most `cap`. */
enum err dlms_columns_read(struct dlms_peer *p, const struct obis *object, struct dlms_column *ret,
	unsigned cap, unsigned *ret_n, struct dlms_shape *ret_shape);
/* Learn columns and units of a profile, unless they are known. NODATA and the like: there is none. */
enum err dlms_layout_learn(struct dlms_peer *p, enum dlms_layout_id id);
void dlms_layout_forget(struct dlms_peer *p, enum dlms_layout_id id);
struct obis dlms_layout_object(enum dlms_layout_id id);
/* Attribute 3 of a register into scaler and unit; a class without one has none. */
enum err dlms_unit_learn(struct dlms_peer *p, struct dlms_column *c);
/* What a column counts, and how its number becomes a value. */
struct dlms_measure {
	struct obis_meaning meaning;
	enum unit unit;
	int exponent; /* of ten */
	double factor;
	int decimals;
};
/* False: nothing that is told, or its unit is not known or not of its quantity. */
bool dlms_measure_of(const struct dlms_column *c, struct dlms_measure *ret);
double dlms_measured(const struct dlms_measure *m, const struct axdr *cell);

/* ---- rows ---- */

struct dlms_row {
	bool has_time;
	int64_t utc; /* of its clock */
	struct civil local;
	const struct axdr *cells; /* as many as there are columns */
	size_t n;
};
typedef enum err dlms_row_fn(void *ctx, const struct dlms_row *row);

/*
 * Rows of a profile whose clock is within [from, till], in the order the meter tells them, others may
 * come as well. By range, where the meter cannot by number, where it cannot either all of them.
 * ERR_CONFLICT: rows have another width than the columns say: these are to be learnt anew. `step_s`
 * from one row to the next, 0: months, negative: not known.
 */
enum err dlms_rows_read(struct dlms_peer *p, const struct obis *object, struct dlms_shape *shape,
	int step_s, struct span span, dlms_row_fn *fn, void *ctx);

/* ---- journals ---- */

struct dlms_offs {
	bool is_known; /* the journal could be read, and reaches as far back */
	size_t n;
	struct dlms_off items[DLMS_OFFS_MAX];
};
/* When the meter was without power in `span`; if `is_midnight` only what held over a local 0:00. */
enum err dlms_offs_read(
	struct dlms_peer *p, struct span span, bool is_midnight, struct dlms_offs *ret);
bool dlms_offs_cover(const struct dlms_offs *o, int64_t from, int64_t till);
bool dlms_offs_touch(const struct dlms_offs *o, int64_t from, int64_t till);

enum err dlms_read_current(struct talk *t, struct sink *out);
enum err dlms_read_load(struct talk *t, enum period period, struct span span, struct sink *out);
enum err dlms_read_readings(struct talk *t, enum period period, struct span span, struct sink *out);
enum err dlms_report_time(struct talk *t, int *ret_hour, int *ret_day);
enum err dlms_read_events(struct talk *t, struct span span, struct sink *out);

#endif
