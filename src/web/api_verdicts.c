/*
 * api_verdicts.c - doubts about values: the queue, one of them with its neighbourhood and what could
 * stand for it, decisions; the rules and their limits
 */
#include "web/view.h"

#include "base/clock.h"
#include "base/str.h"
#include "calc/edit.h"
#include "calc/estimate_read.h"
#include "web/edits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VERDICTS_MAX 2000
#define VERDICTS     200
#define IDS_MAX      500
#define AROUND_S     (36 * 3600) /* shown before and behind an hour */
#define AROUND_DAYS  14          /* of a day */

enum err desk_open(struct http_request *r, struct desk *d)
{
	*d = (struct desk){0};
	return desk_init(d, web_of(r)->store, &r->diag);
}

/* ---- one verdict as JSON ---- */

static unsigned rights_at(struct http_request *r, const struct channel *c)
{
	return access_at(&who_of(r)->access, site_of(r), c->place);
}

static void write_rule_text(struct jsonw *w, const char *id)
{
	enum rule rule;
	if (rule_from_id(id, &rule)) {
		jsonw_text(w, "rule_text", rule_info(rule)->title, rule_info(rule)->title_ru);
	} else {
		jsonw_text(w, "rule_text", "Entered for a closed month", "Ввод за закрытый месяц");
	}
}

static void write_verdict_fields(
	struct jsonw *w, struct http_request *r, const struct channel *c, const struct verdict *v)
{
	const struct site *s = site_of(r);
	struct calendar calendar = site_calendar(s, c->place);
	struct feed f = feed_of(s, c->id, v->start);
	jsonw_int(w, "id", v->id);
	jsonw_int(w, "channel", c->id);
	jsonw_str(w, "name", c->name);
	jsonw_place_path(w, "path", s, c->place);
	jsonw_int(w, "meter", f.meter ? f.meter->id : 0);
	jsonw_str(w, "meter_name", f.meter ? f.meter->name : "");
	jsonw_quantity(w, "quantity", c->quantity);
	jsonw_unit(w, "unit", c->unit);
	jsonw_str(w, "period", period_name(v->period));
	jsonw_int(w, "start", v->start);
	jsonw_int(w, "end", period_of(&calendar, v->period, v->start).till);
	jsonw_str(w, "rule", v->rule);
	write_rule_text(w, v->rule);
	jsonw_bool(w, "is_failure", v->is_failure);
	jsonw_real(w, "value", v->value);
	jsonw_real(w, "measure", v->measure);
	jsonw_real(w, "bound", v->bound);
	jsonw_real(w, "other", v->other);
	jsonw_int(w, "found_utc", v->found_utc);
	jsonw_str(w, "state", verdict_state_name(v->state));
	jsonw_bool(w, "is_waiting", verdict_is_waiting(v->state));
	jsonw_real(w, "fill", v->fill);
	jsonw_str(w, "method", v->method);
	jsonw_str(w, "decided_by", v->decided_by);
	jsonw_time_or_never(w, "decided_utc", v->decided_utc);
	jsonw_str(w, "reason", v->reason);
	jsonw_str(w, "document", v->document);
	jsonw_str(w, "comment", v->comment);
	jsonw_bool(w, "may_decide", rights_at(r, c) & ACCESS_EDIT);
}

/* ---- the queue ---- */

struct queue {
	struct http_request *r;
	int64_t place, channel;
	const char *rule;
	struct verdict *items; /* owned */
	size_t n;
};

static enum err queue_take(void *ctx, const struct verdict *v)
{
	struct queue *q = ctx;
	const struct site *s = site_of(q->r);
	const struct channel *c = site_find(s, OBJECT_CHANNEL, v->series);
	bool is_wanted = c && (!q->place || site_is_within(s, c->place, q->place)) &&
			 (!q->rule || strcmp(q->rule, v->rule) == 0) &&
			 (rights_at(q->r, c) & (ACCESS_SEE | ACCESS_DATA)) ==
				 (ACCESS_SEE | ACCESS_DATA);
	if (!is_wanted) {
		return ERR_OK;
	}
	if (q->n == VERDICTS_MAX) {
		return ERR_CANCELLED;
	}
	q->items[q->n++] = *v;
	return ERR_OK;
}

/* What is in no sum first, then what is farther from its limit, then what is newer. */
static double weight_of(const struct verdict *v)
{
	double far = fabs(v->measure / v->bound);
	bool is_low = fabs(v->measure) < fabs(v->bound) && v->measure != 0;
	far = is_low ? 1 / far : far;
	double weight = isfinite(far) ? log10(1 + far) : 0;
	return weight + (v->is_failure ? 100 : 0) + (verdict_is_waiting(v->state) ? 50 : 0);
}

static int compare_weights(const void *a, const void *b)
{
	const struct verdict *x = a, *y = b;
	double wx = weight_of(x), wy = weight_of(y);
	if (wx != wy) {
		return wx > wy ? -1 : 1;
	}
	if (x->start != y->start) {
		return x->start > y->start ? -1 : 1;
	}
	return (x->id > y->id) - (x->id < y->id);
}

#define WAITING                                                                         \
	(1u << VERDICT_ACCEPTING | 1u << VERDICT_REJECTING | 1u << VERDICT_ESTIMATING | \
		1u << VERDICT_EDITING)

static enum err query_state(struct http_request *r, unsigned *ret_states)
{
	const char *state = http_query(r, "state");
	unsigned open = 1u << VERDICT_OPEN | WAITING;
	unsigned decided = 1u << VERDICT_ACCEPTED | 1u << VERDICT_REJECTED |
			   1u << VERDICT_ESTIMATED | 1u << VERDICT_EDITED;
	if (!state || strcmp(state, "open") == 0) {
		*ret_states = open;
	} else if (strcmp(state, "decided") == 0) {
		*ret_states = decided;
	} else if (strcmp(state, "all") == 0) {
		*ret_states = open | decided | 1u << VERDICT_GONE;
	} else {
		return err_set(&r->diag, ERR_INVAL, "state: open, decided or all");
	}
	return ERR_OK;
}

static enum err read_queue(
	struct http_request *r, struct queue *q, struct verdict_query *query, int64_t *inout_limit)
{
	const void *object;
	const struct zone *zone = NULL;
	enum err e = query_state(r, &query->states);
	e = e ? e : query_int(r, "place", 1, INT64_MAX, &q->place);
	e = e ? e : query_int(r, "channel", 1, INT64_MAX, &q->channel);
	e = e ? e : query_int(r, "limit", 1, VERDICTS_MAX, inout_limit);
	if (!e && q->place) {
		e = find_object(r, OBJECT_PLACE, q->place, ACCESS_SEE, &object);
		zone = e ? NULL : site_calendar(site_of(r), q->place).zone;
	}
	if (!e && q->channel) {
		e = find_object(r, OBJECT_CHANNEL, q->channel, ACCESS_DATA, &object);
	}
	query->series = q->channel;
	e = e ? e : query_time(r, "from", zone, &query->span.from);
	e = e ? e : query_time(r, "till", zone, &query->span.till);
	if (e) {
		return e;
	}
	q->items = calloc(VERDICTS_MAX, sizeof(*q->items));
	if (!q->items) {
		return ERR_NOMEM;
	}
	e = verdict_list(web_of(r)->store, query, queue_take, q);
	return e == ERR_CANCELLED ? ERR_OK : e;
}

enum err verdict_list_h(struct http_request *r)
{
	struct queue q = {.r = r, .rule = http_query(r, "rule")};
	struct verdict_query query = {.span = {INT64_MIN, INT64_MAX}};
	int64_t limit = VERDICTS, failures = 0;
	enum err e = read_queue(r, &q, &query, &limit);
	if (e) {
		free(q.items);
		return e;
	}
	for (size_t i = 0; i < q.n; i++) {
		failures += q.items[i].is_failure;
	}
	if (q.n > 1) {
		qsort(q.items, q.n, sizeof(*q.items), compare_weights);
	}
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_int(&w, "total", (int64_t)q.n);
	jsonw_int(&w, "failures", failures);
	jsonw_array(&w, "items");
	for (size_t i = 0; i < q.n && (int64_t)i < limit; i++) {
		jsonw_object(&w, NULL);
		write_verdict_fields(&w, r,
			site_find(site_of(r), OBJECT_CHANNEL, q.items[i].series), &q.items[i]);
		jsonw_end(&w);
	}
	jsonw_end(&w);
	jsonw_end(&w);
	free(q.items);
	return ERR_OK;
}

/* ---- one, with what lies around it ---- */

static enum err find_verdict(struct http_request *r, int64_t id, unsigned wanted,
	struct verdict *ret_verdict, const struct channel **ret_channel)
{
	const void *channel = NULL;
	enum err e = verdict_get(web_of(r)->store, id, ret_verdict);
	e = e ? e : find_object(r, OBJECT_CHANNEL, ret_verdict->series, wanted, &channel);
	*ret_channel = channel;
	return e == ERR_NOTFOUND ? err_set(&r->diag, ERR_NOTFOUND, "verdict") : e;
}

static struct span around_of(const struct calendar *calendar, const struct verdict *v)
{
	struct span s = period_of(calendar, v->period, v->start);
	int64_t reach = v->period == PERIOD_MONTH ? INT64_C(86400) * 370 :
			v->period == PERIOD_DAY   ? INT64_C(86400) * AROUND_DAYS :
						    AROUND_S;
	return (struct span){s.from - reach, s.till + reach};
}

static enum err write_around(
	struct jsonw *w, struct http_request *r, const struct channel *c, const struct verdict *v)
{
	struct calendar calendar = site_calendar(site_of(r), c->place);
	struct archive_value *items = NULL;
	size_t n = 0;
	enum err e = archive_range(
		web_of(r)->store, c->id, v->period, around_of(&calendar, v), &items, &n);
	if (e && e != ERR_NODATA) {
		return e;
	}
	jsonw_object(w, "around");
	jsonw_array(w, "start");
	for (size_t i = 0; i < n; i++) {
		jsonw_int(w, NULL, items[i].start);
	}
	jsonw_end(w);
	jsonw_array(w, "value");
	for (size_t i = 0; i < n; i++) {
		jsonw_real(w, NULL, items[i].value);
	}
	jsonw_end(w);
	jsonw_array(w, "quality");
	for (size_t i = 0; i < n; i++) {
		jsonw_int(w, NULL, quality_class(items[i].quality));
	}
	jsonw_end(w);
	jsonw_end(w);
	free(items);
	return ERR_OK;
}

/* What could stand for it: for an hour itself, for a gap its hours. */
static enum err read_proposals(const struct desk *d, const struct channel *c,
	const struct verdict *v, struct proposals *ret)
{
	struct calendar calendar = site_calendar(d->site, c->place);
	struct span span = period_of(&calendar, v->period, v->start);
	*ret = (struct proposals){0};
	if (v->period == PERIOD_HOUR) {
		return estimate_hours(d, c, span, v->start, ret);
	}
	if (v->period == PERIOD_DAY && strcmp(v->rule, "V-GAP") == 0) {
		return estimate_hours(d, c, span, INT64_MIN, ret);
	}
	return v->period == PERIOD_MONTH ? estimate_months(d, c, span, ret) : ERR_OK;
}

void jsonw_proposals(struct jsonw *w, const char *key, const struct proposals *p)
{
	jsonw_array(w, key);
	for (size_t i = 0; i < p->n; i++) {
		const struct proposal *x = &p->items[i];
		const struct estimate_text *text = estimate_text(x->method);
		jsonw_object(w, NULL);
		jsonw_int(w, "start", x->start);
		jsonw_real(w, "value", x->value);
		jsonw_real(w, "now", x->now.value);
		jsonw_str(w, "now_quality", quality_class_name(quality_class(x->now.quality)));
		jsonw_str(w, "method", text->name);
		jsonw_text(w, "method_text", text->title, text->title_ru);
		jsonw_bool(w, "is_doubtful", x->is_doubtful);
		jsonw_real(w, "factor", x->factor);
		jsonw_array(w, "inputs");
		for (size_t k = 0; k < x->input_count; k++) {
			jsonw_int(w, NULL, x->inputs[k]);
		}
		jsonw_end(w);
		jsonw_end(w);
	}
	jsonw_end(w);
}

enum err verdict_get_h(struct http_request *r)
{
	struct verdict v;
	const struct channel *c;
	struct desk d = {0};
	struct proposals p = {0};
	bool needs = false;
	enum err e = find_verdict(r, r->id, ACCESS_DATA, &v, &c);
	e = e ? e : desk_open(r, &d);
	e = e ? e : read_proposals(&d, c, &v, &p);
	if (!e) {
		struct calendar calendar = site_calendar(site_of(r), c->place);
		e = edit_needs_second(web_of(r)->store, site_of(r), c->place,
			period_of(&calendar, v.period, v.start), &needs);
	}
	if (!e) {
		struct jsonw w = reply_json(r);
		jsonw_object(&w, NULL);
		write_verdict_fields(&w, r, c, &v);
		jsonw_bool(&w, "needs_second", needs);
		e = write_around(&w, r, c, &v);
		jsonw_proposals(&w, "proposals", &p);
		jsonw_end(&w);
	}
	proposals_free(&p);
	desk_fini(&d);
	return e;
}

/* ---- deciding ---- */

struct decision {
	enum verdict_state to;
	double value;
	struct edit_word word;
};

static enum err take_decision(struct http_request *r, const json_t *body, struct decision *d)
{
	static const struct {
		const char *name;
		enum verdict_state to;
	} names[] = {{"accept", VERDICT_ACCEPTED}, {"reject", VERDICT_REJECTED},
		{"estimate", VERDICT_ESTIMATED}, {"edit", VERDICT_EDITED}};
	const char *name = json_string_value(json_object_get(body, "decision"));
	const json_t *value = json_object_get(body, "value");
	d->to = VERDICT_OPEN;
	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++) {
		d->to = strcmp(name, names[i].name) == 0 ? names[i].to : d->to;
	}
	if (d->to == VERDICT_OPEN) {
		return err_set(&r->diag, ERR_INVAL, "decision: accept, reject, estimate or edit");
	}
	d->value = json_is_number(value) ? json_number_value(value) : NAN;
	if (d->to == VERDICT_EDITED && !json_is_number(value) && !json_is_null(value)) {
		return err_set(&r->diag, ERR_INVAL, "value: a number, or null for none");
	}
	return take_word(r, body, &d->word);
}

static enum err decide_one(struct http_request *r, const struct desk *desk, int64_t id,
	const struct decision *d, struct jsonw *w)
{
	struct verdict v;
	const struct channel *c;
	enum err e = find_verdict(r, id, ACCESS_DATA | ACCESS_EDIT, &v, &c);
	e = e ? e : verdict_decide(desk, id, d->to, d->value, &d->word, &v, &r->diag);
	if (!e) {
		jsonw_object(w, NULL);
		write_verdict_fields(w, r, c, &v);
		jsonw_end(w);
	}
	return e;
}

enum err verdict_decision_h(struct http_request *r)
{
	json_t *body = NULL;
	struct decision d = {0};
	struct desk desk = {0};
	enum err e = body_json(r, &body);
	e = e ? e : take_decision(r, body, &d);
	e = e ? e : desk_open(r, &desk);
	if (!e) {
		struct jsonw w = reply_json(r);
		e = decide_one(r, &desk, r->id, &d, &w);
	}
	desk_fini(&desk);
	json_decref(body);
	return e;
}

/* Several at once: those that cannot be decided so are told, the others are decided. */
enum err verdict_decisions_h(struct http_request *r)
{
	json_t *body = NULL;
	struct decision d = {0};
	struct desk desk = {0};
	enum err e = body_json(r, &body);
	e = e ? e : take_decision(r, body, &d);
	const json_t *ids = json_object_get(body, "ids");
	if (!e &&
		(!json_is_array(ids) || json_array_size(ids) > IDS_MAX || d.to == VERDICT_EDITED)) {
		e = err_set(&r->diag, ERR_INVAL, "ids: at most %d; edits one by one", IDS_MAX);
	}
	e = e ? e : desk_open(r, &desk);
	if (!e) {
		struct jsonw w = reply_json(r);
		int64_t refused = 0;
		jsonw_object(&w, NULL);
		jsonw_array(&w, "items");
		for (size_t i = 0; i < json_array_size(ids) && !e; i++) {
			int64_t id = json_integer_value(json_array_get(ids, i));
			e = decide_one(r, &desk, id, &d, &w);
			bool is_refused = e == ERR_CONFLICT || e == ERR_NOTFOUND || e == ERR_DENIED;
			refused += is_refused;
			e = is_refused ? ERR_OK : e;
		}
		jsonw_end(&w);
		jsonw_int(&w, "refused", refused);
		jsonw_end(&w);
	}
	desk_fini(&desk);
	json_decref(body);
	return e;
}
