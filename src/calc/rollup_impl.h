/*
 * rollup_impl.h - what the files of the rollup's work share; private to them
 *
 *   rollup_work.c   a step: journal, readings, batch, state
 *   rollup_form.c   stages B and C over the lists of what must be formed
 *   rollup_scheme.c computed channels
 *   rollup_jobs.c   channels whose configuration changed
 *   rollup_verdict.c  doubts and decisions laid over what is computed
 *   rollup_state.c  the view of the site, what is kept across restarts
 */
#ifndef DOMOVOI_ROLLUP_IMPL_H
#define DOMOVOI_ROLLUP_IMPL_H

#include "calc/overlay.h"
#include "calc/rollup_channel.h"
#include "calc/rollup_dirty.h"
#include "calc/rollup_fold.h"
#include "calc/rollup_work.h"

/* An hour of a register that stage A formed. */
struct folded_value {
	int64_t start;
	int64_t reg;
	struct form_value v;
	bool is_late;
};

/* A channel known to the rollup: the print its archive was formed with, and where a job stands. */
struct known_channel {
	int64_t id;
	uint64_t print;
	bool has_job;
	int64_t job_utc; /* formed up to here */
};

/* Archives of its meter that a register was seen to have, as stored with the state. */
struct known_archives {
	int64_t reg;
	bool half_hours, days, months;
	int64_t newest_hour;
};

/* A value this program computed, which the journal says changed: by itself, or by somebody else? */
struct doubt {
	int64_t series, start;
	enum period period;
	struct form_value own;
};

struct late_reading {
	int64_t reg;
	int64_t utc;
};

/* Who is told of values instead of the store: a question what would change. */
struct work_preview {
	enum err (*put)(struct work_preview *p, int64_t channel, enum period period, int64_t start,
		struct form_value old, struct form_value fresh);
};

struct work {
	struct store *store;
	struct work_preview *preview; /* NULL: in earnest */
	enum err preview_error;
	struct value_source source;
	struct cache *cache;
	struct view *view;
	struct fold *fold;
	struct fold_out out;
	bool is_loaded;
	uint64_t figures_stamp; /* of the files the view's formulas were compiled with */

	int64_t reading_seq, journal_seq; /* worked off */
	int64_t saved_reading_seq;        /* as of the last state */
	int64_t saved_us;                 /* when it was written, clock_mono_us */
	int64_t newest_utc;               /* of all readings */

	struct known_archives *archives; /* owned; between load and the first view */
	size_t archives_count;
	bool archives_known;

	struct known_channel *known; /* owned; by id */
	size_t known_count;
	bool known_changed;

	struct overlay overlay; /* of the verdicts up to overlay.seq */
	int64_t verdict_seq;    /* whose intervals have been formed anew */

	/* of one step */
	struct batch *batch;
	size_t emitted;
	struct folded_value *folded;
	size_t folded_count, folded_cap;
	struct late_reading *late;
	size_t late_count, late_cap;
	struct doubt *doubts;
	size_t doubt_count, doubt_cap;
	struct dirty half_hours, hours, days, months;
	struct dirty now;   /* of the rank being formed */
	int64_t future_utc; /* readings behind it are not believed */
	int64_t list_seq;   /* while a list is walked */
	bool met_unknown;   /* a list told of a series that is not in the view */
	size_t list_count;
};

static inline struct dirty *work_dirty(struct work *w, enum period p)
{
	return p == PERIOD_HALF_HOUR ? &w->half_hours :
	       p == PERIOD_HOUR      ? &w->hours :
	       p == PERIOD_DAY       ? &w->days :
				       &w->months;
}

/* Everything out of the store; forgets what was known before. */
enum err work_load(struct work *w);
void work_forget(struct work *w);
/* Follow the site: a new view if it changed, and jobs for channels whose values depend on that. */
enum err work_take_site(struct work *w);
enum err work_take(struct work *w, const struct site *site);
/* Forget what the last step marked and collected. */
void work_begin(struct work *w);
void work_save(struct work *w); /* into the batch */
void work_save_channels(struct work *w);

/* The archive of a register changed at `start`: mark what depends on it. */
void work_register_changed(
	struct work *w, const struct view_register *r, enum period period, int64_t start);
/* A value of a channel changed: mark the longer periods. */
void work_channel_changed(
	struct work *w, const struct view_channel *c, enum period period, int64_t start);
/* Form what is marked, into batch and cache. */
enum err work_form(struct work *w);
/* A computed value of a channel into batch and cache, if it differs and may replace what is there. */
void work_emit(struct work *w, const struct view_channel *c, enum period period, int64_t start,
	struct form_value v, enum jump jump);

/* Verdicts that are new: mark what they are about. */
enum err work_take_verdicts(struct work *w);
enum err work_load_verdicts(struct work *w);
/* Whose word the values that follow in the batch are; NULL: the rollup itself. */
void work_name_verdict(struct work *w, const struct verdict *v);

/* How many computed channels stand before this one. */
uint32_t work_rank(const struct work *w, const struct view_channel *c);
/* A value of a channel changed: mark the intervals of the formulas that read it. */
void work_mark_readers(
	struct work *w, const struct view_channel *c, enum period period, int64_t start);
enum scheme_answer {
	SCHEME_NONE,   /* no formula says what the interval is */
	SCHEME_FORMED, /* the value; MISSING of a period shorter than the formula's */
	SCHEME_KEPT,   /* the formula is broken: what is stored stays */
};
enum scheme_answer work_scheme_value(struct work *w, const struct view_channel *c,
	enum period period, struct span span, struct form_value *ret_v);
/* Fetch what the formulas of a channel read for intervals that start in `starts`. */
void work_fetch_inputs(
	struct work *w, const struct view_channel *c, enum period period, struct span starts);
/* Mark the intervals for which an input has values that start in `span`. */
enum err work_mark_inputs(struct work *w, const struct view_channel *c, struct span span);
enum err work_newest_input(struct work *w, const struct view_channel *c, int64_t *inout_newest);

/* Compare the view with what is known; channels that differ get a job. */
enum err jobs_update(struct work *w);
/* Give a channel a job from `from_utc` on, whatever is known of it. */
void jobs_force(struct work *w, int64_t channel, int64_t from_utc);
/* Mark what the first job must form; `ret_more` if there are jobs left. */
enum err jobs_step(struct work *w, bool *ret_more);
void jobs_save(const struct work *w, struct buf *out);
enum err jobs_load(struct work *w, struct reader *in);

#endif
