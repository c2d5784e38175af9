/*
 * collect.c - samples of a driver into a batch of the store; see collect.h
 */
#include "poll/collect.h"

#include "base/log.h"
#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LATE_S 7200 /* an archive record stored later than this after its end was healed */

static bool register_key(const struct sample *x, char out[static REGISTER_KEY_CAP])
{
	bool is_amount = x->form == FORM_AMOUNT && quantity_kind(x->quantity) == KIND_COUNTER;
	int n = snprintf(out, REGISTER_KEY_CAP, "%s%s", x->key, is_amount ? ".amount" : "");
	return n > 0 && n < REGISTER_KEY_CAP && str_is_key(out);
}

static enum err put_register(struct collect *c, struct meter_register *r)
{
	struct diag diag = {0};
	enum err e = store_put(c->store, OBJECT_REGISTER, r, "node", &diag);
	if (e) {
		log_warn("poll", "meter %s: register %s: %s %s", c->meter->name, r->key,
			err_text(e, LANG_EN), diag.text);
		return e;
	}
	site_unref(c->site);
	c->site = store_site(c->store);
	return ERR_OK;
}

/* The register a sample belongs to, made if it is new; NULL: leave the sample out. */
static const struct meter_register *find_register(struct collect *c, const struct sample *x)
{
	char key[REGISTER_KEY_CAP];
	if (!register_key(x, key)) {
		log_warn("poll", "meter %s: '%s' is no register key", c->meter->name, x->key);
		return NULL;
	}
	const struct meter_register *have = site_register(c->site, c->meter->id, key);
	if (have && (x->form == FORM_NOW || have->form == x->form)) {
		return have->is_ignored ? NULL : have;
	}
	struct meter_register r;
	object_init(OBJECT_REGISTER, &r);
	if (have) {
		if (have->form != FORM_NOW) {
			log_warn("poll", "meter %s: register %s reports readings and amounts",
				c->meter->name, key);
			return NULL;
		}
		r = *have;
	} else {
		r.meter = c->meter->id;
		(void)STR_COPY(r.key, key);
		r.quantity = x->quantity;
		r.unit = x->unit;
		r.decimals = x->decimals;
		r.capacity = x->capacity;
	}
	r.form = x->form;
	return put_register(c, &r) ? NULL : site_register(c->site, c->meter->id, key);
}

static void keep_frame(struct collect *c)
{
	int64_t replies = talk_counters(c->talk)->replies;
	if (replies != c->framed_replies) {
		c->framed_replies = replies;
		batch_frame(c->batch, c->meter->id, c->now_utc, talk_last_request(c->talk),
			talk_last_reply(c->talk));
	}
}

static enum err put_sample(struct sink *sink, const struct sample *x)
{
	struct collect *c = (struct collect *)sink;
	if (quantity_kind(x->quantity) == KIND_INFO || x->text) {
		return ERR_OK; /* identification and texts are not archived */
	}
	const struct meter_register *r = find_register(c, x);
	double value = x->value;
	if (!r || (isfinite(value) && unit_convert(value, x->unit, r->unit, &value))) {
		return ERR_OK;
	}
	enum quality_class class = isfinite(value) ? quality_class(x->quality) : QUALITY_MISSING;
	unsigned flags = quality_flags(x->quality);
	keep_frame(c);
	if (x->form == FORM_NOW) {
		batch_reading(c->batch, r->id, c->now_utc, value,
			quality_make(class, SOURCE_POLLED, flags));
	} else {
		int64_t end = x->form == FORM_POINT ?
				      x->utc :
				      period_next(&c->schedule->calendar, x->period, x->utc);
		flags |= c->flags | (c->now_utc - end > LATE_S ? QUALITY_LATE : 0);
		batch_archive(c->batch, r->id, x->period, x->utc, value,
			quality_make(class, SOURCE_METER, flags), false);
		schedule_stored(c->schedule, x->period, x->utc, x->form == FORM_POINT);
	}
	c->values++;
	return batch_is_broken(c->batch) ? ERR_NOMEM : ERR_OK;
}

static enum err put_event(struct sink *sink, const struct meter_event *event)
{
	struct collect *c = (struct collect *)sink;
	batch_event(c->batch, event->utc, c->meter->id, event->code, event->text);
	c->values++;
	return batch_is_broken(c->batch) ? ERR_NOMEM : ERR_OK;
}

bool collect_init(struct collect *c, struct store *store, const struct meter *meter,
	struct talk *talk, struct schedule *schedule, int64_t now_utc)
{
	*c = (struct collect){
		.sink = {.put = put_sample, .event = put_event},
		.store = store,
		.meter = meter,
		.talk = talk,
		.schedule = schedule,
		.now_utc = now_utc,
		.framed_replies = talk_counters(talk)->replies,
		.batch = batch_new(),
	};
	if (!c->batch) {
		return false;
	}
	c->site = store_site(store);
	return true;
}

enum err collect_finish(struct collect *c)
{
	enum err e = ERR_OK;
	if (c->values && !batch_is_broken(c->batch)) {
		e = store_submit(c->store, c->batch, false);
	} else {
		batch_free(c->batch);
	}
	site_unref(c->site);
	return e;
}

static enum err plan_gaps(struct store *store, const struct site *site, const struct meter *meter,
	struct schedule *s, enum period period, int64_t depth, int64_t now)
{
	struct span all = schedule_horizon(&s->calendar, period, depth, now);
	struct spans gaps = {0};
	int64_t first = INT64_MAX; /* the oldest record stored within `all` */
	enum err e = ERR_OK;
	for (size_t i = 0; i < site->counts[OBJECT_REGISTER] && !e; i++) {
		const struct meter_register *r = &site->registers[i];
		if (r->meter != meter->id || r->form == FORM_NOW || r->is_ignored) {
			continue;
		}
		struct archive_value newest;
		if (archive_latest(store, r->id, period, now, &newest)) {
			continue; /* never had this archive: other registers tell */
		}
		struct span *items = NULL;
		size_t n = 0;
		e = archive_gaps(store, r->id, period, &s->calendar, all, SOURCE_METER, &items, &n);
		for (size_t k = 0; k < n && !e; k++) {
			e = spans_add(&gaps, items[k]) ? ERR_OK : ERR_NOMEM;
		}
		int64_t begin = n && items[0].from == all.from ? items[0].till : all.from;
		first = begin < first ? begin : first;
		free(items);
	}
	if (!e && first == INT64_MAX) {
		e = spans_add(&gaps, all) ? ERR_OK : ERR_NOMEM;
	}
	if (!e) {
		schedule_archive(s, period, depth, gaps.items, gaps.n, first, now);
	}
	spans_fini(&gaps);
	return e;
}

enum err collect_gaps(struct store *store, const struct meter *meter, struct schedule *s,
	uint32_t caps, const struct archive_depth *depth, int64_t now)
{
	const struct {
		enum period period;
		uint32_t cap;
		int depth;
	} archives[] = {
		{PERIOD_HALF_HOUR, CAP_ARCHIVE_HALF_HOUR, depth->half_hours},
		{PERIOD_HOUR, CAP_ARCHIVE_HOUR, depth->hours},
		{PERIOD_DAY, CAP_ARCHIVE_DAY, depth->days},
		{PERIOD_MONTH, CAP_ARCHIVE_MONTH, depth->months},
	};
	const struct site *site = store_site(store);
	enum err e = ERR_OK;
	for (size_t i = 0; i < sizeof(archives) / sizeof(archives[0]) && !e; i++) {
		if (caps & archives[i].cap) {
			e = plan_gaps(
				store, site, meter, s, archives[i].period, archives[i].depth, now);
		}
	}
	site_unref(site);
	return e;
}
