/*
 * rehearse.c - a recording against its driver; see rehearse.h
 */
#include "poll/rehearse.h"

#include "base/str.h"
#include "poll/talk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Telegrams that came by themselves, up to the end of the step. */
static enum err hear_all(const struct driver *driver, struct talk *t, struct sink *out)
{
	int heard = 0;
	enum err e = driver->hear ? ERR_OK : ERR_UNSUPP;
	while (!e) {
		e = talk_hear(t, -1, out);
		heard += !e;
	}
	return heard && e == ERR_TIMEOUT ? ERR_OK : e;
}

static enum err run_step(const struct rec *rec, size_t i, const struct driver *d, struct talk *t,
	struct rehearsal *r)
{
	const struct rec_step *step = &rec->steps[i];
	struct rehearse_step *result = &r->steps[i];
	struct sink *out = &r->list.sink;
	enum err e;
	switch (step->verb) {
	case REC_CURRENT: return d->read_current ? d->read_current(t, out) : ERR_UNSUPP;
	case REC_ARCHIVE:
		return d->read_archive ? d->read_archive(t, step->period, step->span, out) :
					 ERR_UNSUPP;
	case REC_EVENTS: return d->read_events ? d->read_events(t, step->span, out) : ERR_UNSUPP;
	case REC_HEAR: return hear_all(d, t, out);
	case REC_SET_CLOCK: return d->set_clock ? d->set_clock(t, step->span.from) : ERR_UNSUPP;
	case REC_IDENTIFY:
		e = d->identify ? d->identify(t, &result->identity) : ERR_UNSUPP;
		result->has_identity = !e;
		return e;
	case REC_CLOCK:
		e = d->read_clock ? d->read_clock(t, &result->clock_utc) : ERR_UNSUPP;
		result->has_clock = !e;
		return e;
	case REC_VERB_COUNT: break;
	}
	return ERR_INTERNAL;
}

enum err rehearse(const struct rec *rec, const struct driver *driver,
	const struct replay_options *options, struct rehearsal *ret_rehearsal, struct diag *diag)
{
	struct line line = {.is_enabled = true};
	struct meter meter = {.is_enabled = true};
	struct rehearsal r = {0};
	struct talk *t = NULL;
	struct link *l = NULL;
	const struct zone *zone = NULL;
	sample_list_init(&r.list);
	(void)STR_COPY(meter.params, rec->params);
	enum err e = zone_get(*rec->zone ? rec->zone : "UTC", &zone, diag);
	if (!e) {
		e = talk_new(driver, &line, &meter, zone, &t, diag);
	}
	if (!e) {
		e = replay_new(rec, options, &l);
	}
	r.steps = calloc(rec->step_n + 1, sizeof(*r.steps));
	if (!e && !r.steps) {
		e = ERR_NOMEM;
	}
	if (e) {
		goto out;
	}
	talk_attach(t, l, NULL);
	e = talk_begin(t, rec->now_utc);
	for (size_t i = 0; !e && i < rec->step_n; i++) {
		r.steps[i].first = r.list.n;
		r.steps[i].err = run_step(rec, i, driver, t, &r);
		r.steps[i].diag = *talk_diag(t);
		r.steps[i].n = r.list.n - r.steps[i].first;
	}
	struct slice unknown = replay_unknown(l);
	memcpy(r.unknown, unknown.data, unknown.size);
	r.unknown_n = unknown.size;
out:
	talk_free(t);
	link_close(l);
	if (e) {
		rehearsal_fini(&r);
		return e;
	}
	*ret_rehearsal = r;
	return ERR_OK;
}

void rehearsal_fini(struct rehearsal *r)
{
	sample_list_fini(&r->list);
	free(r->steps);
	r->steps = NULL;
}

/* ---- checking ---- */

static bool meets(const struct rec_expect *x, const struct sample *s)
{
	if (x->is_number) {
		bool both_missing = isnan(x->value) && isnan(s->value);
		if (s->text || (!both_missing && !(fabs(s->value - x->value) <= x->slack))) {
			return false;
		}
	} else if (!s->text || strcmp(s->text, x->text) != 0) {
		return false;
	}
	return (!x->has_unit || x->unit == s->unit) &&
	       (!x->has_class || x->class == quality_class(s->quality));
}

static void print_value(struct buf *out, const struct sample *s)
{
	char number[STR_DOUBLE_CAP];
	if (s->text) {
		buf_printf(out, "\"%s\"", s->text);
	} else {
		buf_printf(out, "%s %s", isnan(s->value) ? "missing" : str_double(number, s->value),
			unit_symbol(s->unit));
	}
	buf_printf(out, " %s", quality_class_name(quality_class(s->quality)));
}

static enum err differs(const struct rec_expect *x, struct diag *diag, const char *what)
{
	return err_set_at(diag, ERR_CONFLICT, x->line, "line %zu: %s: %s", x->line, x->key, what);
}

static enum err check_sample(
	const struct rec_expect *x, const struct rehearsal *r, struct diag *diag)
{
	const struct rehearse_step *step = &r->steps[x->step];
	const struct sample *near = NULL; /* same register and time, another value */
	for (size_t i = step->first; i < step->first + step->n; i++) {
		const struct sample *s = &r->list.items[i]->sample;
		if (strcmp(s->key, x->key) != 0 || (x->has_utc && s->utc != x->utc)) {
			continue;
		}
		if (meets(x, s)) {
			return ERR_OK;
		}
		near = s;
	}
	if (!near) {
		return differs(x, diag, "did not come out");
	}
	struct buf text;
	buf_init(&text, 200);
	print_value(&text, near);
	enum err e = differs(x, diag, buf_cstr(&text));
	buf_fini(&text);
	return e;
}

static enum err check_text(const struct rec_expect *x, const char *got, struct diag *diag)
{
	return x->text && strcmp(x->text, got) == 0 ? ERR_OK : differs(x, diag, got);
}

/* "clock", "identity.serial" ... */
static enum err check_fact(const struct rec_expect *x, const struct rehearse_step *step,
	struct diag *diag, bool *ret_is_fact)
{
	const struct identity *id = &step->identity;
	const struct {
		const char *key, *value;
	} facts[] = {{"identity.serial", id->serial}, {"identity.maker", id->maker},
		{"identity.model", id->model}, {"identity.version", id->version},
		{"identity.medium", id->medium}, {"identity.address", id->address}};
	char time[TIME_TEXT_CAP];
	*ret_is_fact = true;
	if (strcmp(x->key, "clock") == 0) {
		return step->has_clock ? check_text(x, time_text_utc(time, step->clock_utc), diag) :
					 differs(x, diag, "did not come out");
	}
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (strcmp(x->key, facts[i].key) == 0) {
			return step->has_identity ? check_text(x, facts[i].value, diag) :
						    differs(x, diag, "did not come out");
		}
	}
	*ret_is_fact = false;
	return ERR_OK;
}

/* "event.<code>" with the moment: it must be in the journal. */
static bool has_event(const struct rec_expect *x, const struct rehearsal *r)
{
	for (size_t i = 0; i < r->list.event_n; i++) {
		const struct kept_event *k = &r->list.events[i];
		if (strcmp(k->code, x->key + 6) == 0 && (!x->has_utc || k->utc == x->utc)) {
			return true;
		}
	}
	return false;
}

static enum err check_step_error(
	const struct rec *rec, size_t i, const struct rehearsal *r, struct diag *diag)
{
	const struct rehearse_step *step = &r->steps[i];
	for (size_t k = 0; k < rec->expect_n; k++) {
		const struct rec_expect *x = &rec->expects[k];
		if (x->step == i && strcmp(x->key, "error") == 0) {
			return strcmp(x->text, err_name(step->err)) == 0 ?
				       ERR_OK :
				       differs(x, diag, err_name(step->err));
		}
	}
	if (!step->err) {
		return ERR_OK;
	}
	char unknown[64] = "";
	if (r->unknown_n > 0) {
		struct buf hex;
		buf_init(&hex, 48);
		str_hex(&hex, (struct slice){r->unknown, r->unknown_n < 16 ? r->unknown_n : 16},
			' ');
		(void)STR_COPY(unknown, buf_cstr(&hex));
		buf_fini(&hex);
	}
	size_t line = rec->steps[i].line;
	return err_set_at(diag, ERR_CONFLICT, line, "line %zu: %s: %s %s%s%s", line,
		rec_verb_name(rec->steps[i].verb), err_text(step->err, LANG_EN), step->diag.text,
		*unknown ? "; not in the recording: " : "", unknown);
}

enum err rehearsal_check(const struct rec *rec, const struct rehearsal *r, struct diag *diag)
{
	enum err e = ERR_OK;
	for (size_t i = 0; !e && i < rec->step_n; i++) {
		e = check_step_error(rec, i, r, diag);
	}
	for (size_t i = 0; !e && i < rec->expect_n; i++) {
		const struct rec_expect *x = &rec->expects[i];
		bool is_fact;
		if (strcmp(x->key, "error") == 0) {
			continue;
		}
		if (strncmp(x->key, "event.", 6) == 0) {
			e = has_event(x, r) ? ERR_OK : differs(x, diag, "did not come out");
			continue;
		}
		e = check_fact(x, &r->steps[x->step], diag, &is_fact);
		if (!e && !is_fact) {
			e = check_sample(x, r, diag);
		}
	}
	return e;
}
