/*
 * driver.h - the interface between a driver and the rest
 *
 * A driver is a straight-line conversation with one meter. It neither opens ports nor allocates,
 * logs, sleeps or reads a clock: it hands a request to the talk and gets one whole, checked reply or
 * an error. All state lives in the talk (talk_state). A slot left NULL means "this family cannot".
 *
 * Every call returns the first error that is a failure of the line at once; NODATA, UNSUPP and
 * DENIED about one item are skipped when other items can still be read.
 * Values leave in the meter's own unit; time stamps as UTC of the start of the interval
 * (FORM_AMOUNT) or of the moment (FORM_POINT).
 */
#ifndef DOMOVOI_DRIVER_H
#define DOMOVOI_DRIVER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/zone.h"
#include "model/sample.h"

/* ---- what a driver may ask of the talk (implemented in src/poll/talk.c) ---- */

struct talk;

enum frame_state {
	FRAME_MORE,
	FRAME_FULL,
	FRAME_JUNK
};

/*
 * About the bytes received so far: MORE are needed (`size`: at least this many in all, 0 unknown);
 * FULL: the first `size` bytes are a whole frame; JUNK: drop `size` bytes from the front (at least 1)
 * and look again. A frame whose checksum is wrong is JUNK with size 1: resynchronise by sliding.
 */
struct frame_verdict {
	enum frame_state state;
	size_t size;
};
typedef struct frame_verdict frame_fn(struct slice so_far);

/*
 * Send `request`, wait for one whole frame. Retries, time-outs, echo suppression, stale bytes, the
 * trace and the counters are the talk's business. `ret_reply` stays valid until the next call on
 * this talk. ERR_TIMEOUT: nothing came; ERR_NOISE: something came but no whole frame.
 */
enum err talk_exchange(
	struct talk *t, struct slice request, frame_fn *frame, struct slice *ret_reply);
/* The same without retries, for requests that must not be sent twice and for searches. */
enum err talk_once(struct talk *t, struct slice request, frame_fn *frame, struct slice *ret_reply);
enum err talk_send(struct talk *t, struct slice request); /* nobody answers */
/* Say nothing and wait for one whole frame, as long as `reply_ms` of the driver's timing. */
enum err talk_listen(struct talk *t, frame_fn *frame, struct slice *ret_frame);
/* The reply just got belongs to another meter or request: count it, wait on for the right one. */
enum err talk_again(struct talk *t, frame_fn *frame, struct slice *ret_reply);
/* Change speed and framing ("8E1") for what follows on this meter; UNSUPP on links without speed. */
enum err talk_speed(struct talk *t, int baud, const char *framing);
int talk_baud(const struct talk *t); /* what this meter is configured for, not what is in force */
void talk_pause(struct talk *t, int ms); /* silence the protocol demands */

int64_t talk_param(const struct talk *t, const char *name);          /* PARAM_INT, PARAM_BOOL */
const char *talk_param_text(const struct talk *t, const char *name); /* PARAM_TEXT; "" if not set */
/* Zero-filled memory of this meter that outlives the call (FCB, learnt layout); size <= 4096. */
void *talk_state(struct talk *t, size_t size);
const struct zone *talk_zone(const struct talk *t); /* zone the meter's clock runs in; never NULL */
/* How the meter cuts days and months, as far as is known: what report_time told, or the settings say.
 * What read_archive is asked for was cut by this. */
const struct calendar *talk_calendar(const struct talk *t);
/* The register map (drivers/modbus_map.h) named by parameter "model"; NULL: none given. */
const void *talk_model(const struct talk *t);
/* What is special about meters of this M-Bus header (drivers/mbus_map.h), by parameter "quirks": auto,
 * none, or the name of a map whatever the header says. NULL: nothing. */
const void *talk_quirks(const struct talk *t, const char *maker, int version, int medium);
/* The dialect of IEC 62056-21 (drivers/iec_map.h) of a meter that says so of itself, by parameter
 * "variant": auto, none, or the name of a map whatever it says. `flag` NULL: only the named one. */
const void *talk_variant(const struct talk *t, const char *flag, const char *ident);
int64_t talk_now(
	const struct talk *t); /* UTC seconds when the exchange began, for read_clock and "now" */
/* Say what went wrong in words; returns `e`. */
enum err talk_fail(struct talk *t, enum err e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- what a driver is ---- */

/* docs/adding-a-driver.md says what each costs. */
enum driver_grade {
	GRADE_UNVERIFIED, /* refuses to work until parameter "unverified" says yes */
	GRADE_EXPERIMENTAL,
	GRADE_RECORDED,
	GRADE_FIELD_PROVEN
};

#define CAP_CURRENT           0x0001u
#define CAP_ARCHIVE_HALF_HOUR 0x0002u
#define CAP_ARCHIVE_HOUR      0x0004u
#define CAP_ARCHIVE_DAY       0x0008u
#define CAP_ARCHIVE_MONTH     0x0010u
#define CAP_CLOCK             0x0020u
#define CAP_SET_CLOCK         0x0040u
#define CAP_SCAN              0x0080u
#define CAP_EVENTS            0x0100u
#define CAP_IDENTIFY          0x0200u

enum param_type {
	PARAM_INT,
	PARAM_BOOL,
	PARAM_TEXT
};

struct driver_param {
	const char *name;
	enum param_type type;
	int64_t min, max;         /* PARAM_INT; PARAM_TEXT: longest text in max */
	const char *default_text; /* NULL: must be given */
	const char *help_en, *help_ru;
};

struct identity {
	char serial[48];
	char maker[32];
	char model[64];
	char version[32];
	char medium[32];
	char address[48]; /* what to put into params to reach it: "address=5" */
};

/* What the driver would like the line to do by default. */
struct driver_timing {
	int baud;
	const char *framing; /* "8E1" */
	int reply_ms;        /* first byte of a reply at the latest, at `baud` */
	int gap_ms;          /* silence before a request */
	int retries;
};

/* How deep the meter's memory is, when the driver or the model knows; 0 unknown. */
struct archive_depth {
	int half_hours, hours, days, months;
};

/* Who was found by a scan; return an error (CANCELLED) to stop. */
typedef enum err scan_fn(void *ctx, const struct identity *who);

struct driver {
	const char *name;             /* [a-z0-9_]+, the configuration key and the file name */
	const char *title, *title_ru; /* maker and models, for people */
	enum driver_grade grade;
	uint32_t caps; /* of the family; a model may have fewer: caps_of */
	struct driver_timing timing;
	const struct driver_param *params; /* ends with name NULL */

	enum err (*identify)(struct talk *t, struct identity *ret);
	enum err (*read_clock)(struct talk *t, int64_t *ret_utc);
	enum err (*set_clock)(struct talk *t, int64_t utc);
	enum err (*read_current)(struct talk *t, struct sink *out);
	/*
	 * The hour (0..23) at which the meter's days end and the day (1..31) on which its months do,
	 * as set in the meter, in its own zone. NULL: the meter does not tell, or has civil days.
	 */
	enum err (*report_time)(struct talk *t, int *ret_hour, int *ret_day);
	/*
	 * Records of `period` starting in `span`, in any order; NODATA where the meter has none. Days
	 * and months of `span` are the meter's own: cut at its report hour and day. A driver that
	 * passes other records on its way may tell them, too.
	 */
	enum err (*read_archive)(
		struct talk *t, enum period period, struct span span, struct sink *out);
	/* Entries of the meter's journals in `span`; the same entry may be told again another time. */
	enum err (*read_events)(struct talk *t, struct span span, struct sink *out);
	/*
	 * Meters that speak by themselves, instead of read_current: hear_frame cuts telegrams out of
	 * what the line says, hear says what one means: values of now, or of a time of their own
	 * (FORM_POINT). `reply_ms` of the timing is the longest pause between two telegrams. A telegram
	 * of another meter is FOREIGN.
	 */
	frame_fn *hear_frame;
	enum err (*hear)(struct talk *t, struct slice frame, struct sink *out);
	enum err (*scan)(struct talk *t, scan_fn *found, void *ctx);
	uint32_t (*caps_of)(const struct talk *t);           /* NULL: caps */
	struct archive_depth (*depth)(const struct talk *t); /* NULL: unknown */
};

extern const struct driver *const drivers[]; /* sorted by name, ends with NULL; drivers.c */
const struct driver *driver_find(const char *name);
const char *driver_grade_name(enum driver_grade g);

#endif
