/*
 * schedule.c - due times, deadlines, back-off and missing records; see schedule.h
 */
#include "poll/schedule.h"

#include <string.h>

/* Records asked for in one turn: short enough that neighbours' current values are not late. */
static const int chunk[PERIOD_COUNT] = {
	[PERIOD_HALF_HOUR] = 48, [PERIOD_HOUR] = 48, [PERIOD_DAY] = 31, [PERIOD_MONTH] = 12};

/* Journals hold tens or hundreds of entries: a year is more than most keep. An entry may carry the
 * time of a clock that was wrong: read on from somewhat before. */
#define EVENTS_FIRST_S   (366 * 86400LL)
#define EVENTS_OVERLAP_S (2 * 86400LL)

/* How far back to look when the depth is not known. */
static const int default_depth[PERIOD_COUNT] = {[PERIOD_HALF_HOUR] = 45 * 48,
	[PERIOD_HOUR] = 45 * 24,
	[PERIOD_DAY] = 180,
	[PERIOD_MONTH] = 24};

#define BEHIND_MOST_S 3600 /* later than that it is no use waiting for a clock */

static const int64_t nominal_s[PERIOD_COUNT] = {[PERIOD_HALF_HOUR] = 1800,
	[PERIOD_HOUR] = 3600,
	[PERIOD_DAY] = 86400,
	[PERIOD_MONTH] = 30 * 86400};

static int64_t grid_after(int64_t now, int64_t step)
{
	if (step <= 0) {
		return INT64_MAX;
	}
	return (now / step + 1) * step;
}

void schedule_init(
	struct schedule *s, const struct meter *meter, const struct calendar *calendar, int64_t now)
{
	*s = (struct schedule){
		.calendar = *calendar, .poll_s = meter->poll_s, .clock_s = meter->clock_s};
	/* a meter just added is asked at once; after that the grid holds */
	s->current_due = meter->poll_s > 0 ? now : INT64_MAX;
	s->clock_due = meter->clock_s > 0 ? now : INT64_MAX;
	s->events_due = INT64_MAX;
}

void schedule_fini(struct schedule *s)
{
	for (int p = 0; p < PERIOD_COUNT; p++) {
		spans_fini(&s->archive[p].missing);
		spans_fini(&s->archive[p].absent);
		for (int i = 0; i < ABSENT_TRIES - 1; i++) {
			spans_fini(&s->archive[p].tried[i]);
		}
	}
}

struct span schedule_horizon(
	const struct calendar *c, enum period period, int64_t depth, int64_t now)
{
	int64_t records = depth ? depth : default_depth[period];
	int64_t till = period_of(c, period, now).from; /* the period that holds `now` is open */
	int64_t from;
	if (period == PERIOD_MONTH) {
		for (from = till; records > 0; records--) {
			from = period_prev(c, period, from);
		}
	} else {
		from = period_of(c, period, till - records * nominal_s[period]).from;
	}
	return (struct span){from, till};
}

void schedule_archive(struct schedule *s, enum period period, int64_t depth,
	const struct span *stored_gaps, size_t n, int64_t first_utc, int64_t now)
{
	struct archive_plan *a = &s->archive[period];
	struct span all = schedule_horizon(&s->calendar, period, depth, now);
	a->is_read = true;
	a->missing.n = a->absent.n = 0;
	for (int i = 0; i < ABSENT_TRIES - 1; i++) {
		a->tried[i].n = 0;
	}
	a->depth = depth;
	a->closed_till = all.till;
	a->known_utc = now;
	a->first_utc = first_utc;
	for (size_t i = 0; i < n; i++) {
		struct span gap = stored_gaps[i];
		if (first_utc != INT64_MAX && gap.from < first_utc) {
			gap.from = first_utc;
		}
		(void)spans_add(&a->missing, gap); /* out of memory: found again at restart */
	}
}

void schedule_clock(struct schedule *s, int64_t offset_s)
{
	int64_t behind = offset_s < 0 ? -offset_s : 0;
	s->behind_s = behind < BEHIND_MOST_S ? behind : BEHIND_MOST_S;
}

void schedule_events(struct schedule *s, int64_t now)
{
	if (s->events_due == INT64_MAX) {
		s->events_due = now;
		s->events_from = now - EVENTS_FIRST_S;
	}
}

int64_t schedule_loss_utc(const struct schedule *s, enum period period)
{
	const struct archive_plan *a = &s->archive[period];
	if (!a->missing.n || !a->depth) {
		return INT64_MAX;
	}
	/* a ring of `depth` records: the record that starts `depth` periods later takes its place when
	 * it closes */
	return a->missing.items[0].from + (a->depth + 1) * nominal_s[period];
}

static void close_periods(struct schedule *s, enum period p, int64_t now)
{
	struct archive_plan *a = &s->archive[p];
	struct span open = period_of(&s->calendar, p, now - SETTLE_S - s->behind_s);
	int64_t till = a->is_point && !a->has_amounts ? open.till : open.from;
	if (till > a->closed_till) {
		if (!a->missing.n) {
			a->known_utc = now;
		}
		(void)spans_add(&a->missing, (struct span){a->closed_till, till});
		a->closed_till = till;
		int64_t oldest = schedule_horizon(&s->calendar, p, a->depth, now).from;
		if (a->missing.items && a->missing.items[0].from < oldest) {
			struct span gone = {a->missing.items[0].from, oldest};
			size_t before = spans_count(&a->missing, &s->calendar, p);
			(void)spans_remove(&a->missing, gone);
			a->lost += (int64_t)(before - spans_count(&a->missing, &s->calendar, p));
		}
	}
	if (a->absent.n && now >= a->absent_again_utc) {
		if (!a->missing.n) {
			a->known_utc = now;
		}
		for (size_t i = 0; i < a->absent.n; i++) {
			(void)spans_add(&a->missing, a->absent.items[i]);
		}
		a->absent.n = 0;
	}
}

/* What to ask in one turn. The oldest first: it is lost first. Where the depth is not known, the
 * newest first: the meter's "no data" then says where its memory ends. */
static struct span next_chunk(const struct schedule *s, enum period p)
{
	const struct archive_plan *a = &s->archive[p];
	if (a->depth) {
		struct span x = a->missing.items[0];
		int64_t till = x.from + chunk[p] * nominal_s[p];
		x.till = x.till < till ? x.till : till;
		return x;
	}
	struct span x = a->missing.items[a->missing.n - 1];
	int64_t from = x.till - chunk[p] * nominal_s[p];
	if (from > x.from) {
		x.from = period_of(&s->calendar, p, from).from;
	}
	return x;
}

static void consider(struct job *best, struct job candidate, int64_t now)
{
	if (candidate.due > now) {
		if (best->class == JOB_NONE && candidate.due < best->due) {
			best->due = candidate.due;
		}
	} else if (best->class == JOB_NONE || candidate.deadline < best->deadline) {
		*best = candidate;
	}
}

static void consider_archives(struct schedule *s, struct job *best, int64_t now)
{
	for (enum period p = PERIOD_HALF_HOUR; p < PERIOD_COUNT; p++) {
		struct archive_plan *a = &s->archive[p];
		if (!a->is_read) {
			continue;
		}
		close_periods(s, p, now);
		struct job job = {.class = JOB_ARCHIVE, .period = p};
		if (a->missing.n) {
			int64_t loss = schedule_loss_utc(s, p);
			job.due = now;
			job.deadline = a->known_utc + 3600;
			if (loss < job.deadline) {
				job.deadline = loss;
			}
			job.span = next_chunk(s, p);
		} else {
			job.due = a->is_point && !a->has_amounts ?
					  a->closed_till :
					  period_next(&s->calendar, p, a->closed_till);
			job.due += SETTLE_S + s->behind_s;
			if (a->absent.n && a->absent_again_utc < job.due) {
				job.due = a->absent_again_utc;
			}
		}
		consider(best, job, now);
	}
}

struct job schedule_pick(struct schedule *s, int64_t now)
{
	struct job best = {.class = JOB_NONE, .due = INT64_MAX};
	if (s->is_asked_now) {
		return (struct job){.class = JOB_NOW, .due = now, .deadline = INT64_MIN};
	}
	if (now < s->retry_utc) {
		best.due = s->retry_utc;
		return best;
	}
	if (s->current_due != INT64_MAX) {
		struct job job = {.class = JOB_CURRENT, .due = s->current_due};
		job.deadline = s->current_due + s->poll_s;
		consider(&best, job, now);
	}
	if (s->clock_due != INT64_MAX) {
		struct job job = {.class = JOB_CLOCK, .due = s->clock_due};
		job.deadline = s->clock_due + s->clock_s;
		consider(&best, job, now);
	}
	if (s->events_due != INT64_MAX) {
		struct job job = {.class = JOB_EVENTS, .due = s->events_due};
		job.deadline = s->events_due + 3600;
		job.span = (struct span){s->events_from - EVENTS_OVERLAP_S, now + 1};
		consider(&best, job, now);
	}
	consider_archives(s, &best, now);
	return best;
}

/* What of the asked span is still missing was not delivered. */
static void undelivered(const struct archive_plan *a, struct span asked, struct spans *rest)
{
	for (size_t i = 0; i < a->missing.n; i++) {
		struct span x = a->missing.items[i];
		x.from = x.from > asked.from ? x.from : asked.from;
		x.till = x.till < asked.till ? x.till : asked.till;
		(void)spans_add(rest, x);
	}
}

/* A record was asked for in vain. */
static void put_off(struct schedule *s, enum period period, int64_t start, int64_t now)
{
	struct archive_plan *a = &s->archive[period];
	struct span x = {start, period_next(&s->calendar, period, start)};
	int tries = 0;
	while (tries < ABSENT_TRIES - 1 && spans_have(&a->tried[tries], start)) {
		tries++;
	}
	if (tries == ABSENT_TRIES - 1) {
		a->lost++;
		return;
	}
	if (!a->absent.n) {
		a->absent_again_utc = now + ABSENT_AGAIN_S;
	}
	(void)spans_add(&a->tried[tries], x);
	(void)spans_add(&a->absent, x);
}

/* All that was asked for waits; no try is counted. */
static void wait_for_leave(struct schedule *s, const struct job *job, int64_t now)
{
	struct archive_plan *a = &s->archive[job->period];
	struct spans rest = {0};
	undelivered(a, job->span, &rest);
	for (size_t i = 0; i < rest.n; i++) {
		if (!a->absent.n) {
			a->absent_again_utc = now + ABSENT_AGAIN_S;
		}
		if (spans_add(&a->absent, rest.items[i])) {
			(void)spans_remove(&a->missing, rest.items[i]);
		}
	}
	spans_fini(&rest);
}

static void set_aside(struct schedule *s, const struct job *job, int64_t now)
{
	struct archive_plan *a = &s->archive[job->period];
	struct spans rest = {0};
	undelivered(a, job->span, &rest);
	if (!a->depth && rest.n == 1 && rest.items[0].from == job->span.from &&
		rest.items[0].till == job->span.till) {
		/* a memory of unknown depth, read from its new end, ended here */
		(void)spans_remove(&a->missing, (struct span){INT64_MIN, job->span.till});
		(void)spans_remove(&rest, job->span);
	}
	for (size_t i = 0; i < rest.n; i++) {
		struct span x = rest.items[i];
		(void)spans_remove(&a->missing, x);
		/* what is older than the meter's memory is not missing, and as long as nothing was
		 * found everything is */
		x.from = x.from < a->first_utc ? a->first_utc : x.from;
		for (; x.from < x.till; x.from = period_next(&s->calendar, job->period, x.from)) {
			put_off(s, job->period, x.from, now);
		}
	}
	spans_fini(&rest);
}

void schedule_stored(struct schedule *s, enum period period, int64_t start, bool is_point)
{
	struct archive_plan *a = &s->archive[period];
	a->is_point = a->is_point || is_point;
	a->has_amounts = a->has_amounts || !is_point;
	a->first_utc = start < a->first_utc ? start : a->first_utc;
	struct span x = period_of(&s->calendar, period, start);
	(void)spans_remove(&a->missing, x);
	(void)spans_remove(&a->absent, x);
	for (int i = 0; i < ABSENT_TRIES - 1; i++) {
		(void)spans_remove(&a->tried[i], x);
	}
}

void schedule_done(struct schedule *s, const struct job *job, enum turn turn, int64_t now)
{
	if (job->class == JOB_NOW) {
		s->is_asked_now = false;
	}
	if (job->class == JOB_CURRENT || (job->class == JOB_NOW && s->current_due <= now)) {
		s->current_due = grid_after(now, s->poll_s);
	}
	if (job->class == JOB_CLOCK) {
		s->clock_due = grid_after(now, s->clock_s);
	}
	if (job->class == JOB_EVENTS && s->events_due != INT64_MAX && turn != TURN_FAILED) {
		s->events_due = grid_after(now, EVENTS_S);
		s->events_from = now;
	}
	if (turn != TURN_FAILED) {
		if (job->class == JOB_ARCHIVE && turn == TURN_REFUSED) {
			wait_for_leave(s, job, now);
		} else if (job->class == JOB_ARCHIVE) {
			set_aside(s, job,
				now); /* a driver may know without asking that there is nothing */
		}
		if (turn != TURN_QUIET) {
			s->failures = 0;
			s->retry_utc = 0;
		}
		return;
	}
	int64_t wait = BACKOFF_FIRST_S;
	for (int i = 0; i < s->failures && wait < BACKOFF_MOST_S; i++) {
		wait *= 2;
	}
	s->failures++;
	s->retry_utc = now + (wait < BACKOFF_MOST_S ? wait : BACKOFF_MOST_S);
}
