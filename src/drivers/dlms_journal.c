/*
 * dlms_journal.c - journals of a DLMS meter with the Russian profile; see dlms_driver.h
 *
 * Journals are profiles 0.0.99.98.E.255 whose rows are clock, number of the event and more. What the
 * numbers mean is in annex D of the standard: those an operator must know have a code of their own here,
 * the others are told as the journal's name and the number ("voltage.19"); so are numbers that makers
 * added.
 */
#include "drivers/dlms_driver.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define JOURNAL_POWER 2 /* E: switching on and off, relay */
#define EVENT_OFF     1
#define EVENT_ON      2
#define DAY_S         86400

static const char *const names[DLMS_JOURNALS] = {"voltage", "current", "power", "program", "tamper",
	"link", "access", "selftest", "tangent", "quality", "input", "radio", "tangent_mean",
	"clock_set", "year", "quality_billing", "demand", "battery", "relay_lock", "temperature"};

static const struct {
	uint8_t journal, number;
	const char *code, *text;
} known[] = {
	{0, 1, "voltage_lost.l1", ""},
	{0, 2, "voltage_back.l1", ""},
	{0, 3, "voltage_lost.l2", ""},
	{0, 4, "voltage_back.l2", ""},
	{0, 5, "voltage_lost.l3", ""},
	{0, 6, "voltage_back.l3", ""},
	{0, 25, "phase_order", "wrong order of phases"},
	{0, 26, "phase_order_ok", ""},
	{2, EVENT_OFF, "power_off", ""},
	{2, EVENT_ON, "power_on", ""},
	{2, 3, "relay_off", "by remote command"},
	{2, 4, "relay_on", "by remote command"},
	{2, 6, "relay_off", "by the consumer"},
	{2, 7, "relay_on", "by the consumer"},
	{2, 8, "relay_off", "power limit exceeded"},
	{2, 9, "relay_off", "maximum current exceeded"},
	{2, 10, "relay_off", "magnetic field"},
	{2, 11, "relay_off", "voltage too high"},
	{2, 12, "relay_on", "voltage normal again"},
	{3, 3, "clock_set", ""},
	{3, 16, "ratio_set", "current transformers"},
	{3, 17, "ratio_set", "voltage transformers"},
	{3, 31, "profile_interval_set", ""},
	{4, 1, "magnet", "magnetic field, begin"},
	{4, 2, "magnet_end", ""},
	{4, 3, "cover_open", "terminal cover"},
	{4, 4, "cover_open", "case"},
	{6, 1, "access_refused", ""},
	{7, 5, "clock_failure", ""},
	{7, 6, "clock_ok", ""},
};

static struct obis journal_object(int e)
{
	return (struct obis){{0, 0, 99, 98, (uint8_t)e, 255}};
}

/* Which column is the number: an object 0.0.96.11.E, or what stands beside the clock. */
static enum err learn(struct dlms_peer *p, int e)
{
	struct dlms_journal *j = &p->state->journals[e];
	struct dlms_column columns[16];
	unsigned n = 0;
	const struct obis object = journal_object(e);
	if (j->is_absent) {
		return ERR_NODATA;
	}
	if (j->is_known) {
		return ERR_OK;
	}
	enum err error = dlms_columns_read(p, &object, columns, 16, &n, &j->shape);
	if (err_is_answer(error)) {
		j->is_absent = true;
	}
	if (error) {
		return error;
	}
	j->code = DLMS_NO_CLOCK;
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *v = columns[i].obis.v;
		bool is_code = v[OBIS_A] == 0 && v[OBIS_C] == 96 && v[OBIS_D] == 11;
		bool is_other = i != j->shape.clock && columns[i].attribute == 2;
		if (is_code || (is_other && j->code == DLMS_NO_CLOCK)) {
			j->code = (uint8_t)i;
		}
		if (is_code) {
			break;
		}
	}
	j->is_known = true;
	return ERR_OK;
}

static enum err read_journal(
	struct dlms_peer *p, int e, struct span span, dlms_row_fn *fn, void *ctx)
{
	const struct obis object = journal_object(e);
	enum err error = ERR_CONFLICT;
	for (int i = 0; i < 2 && error == ERR_CONFLICT; i++) {
		struct dlms_journal *j = &p->state->journals[e];
		error = learn(p, e);
		error = error ? error : dlms_rows_read(p, &object, &j->shape, -1, span, fn, ctx);
		if (error == ERR_CONFLICT) {
			j->is_known = false;
		}
	}
	return error;
}

/* Number of the event in a row; -1 none. */
static int number_of(const struct dlms_journal *j, const struct dlms_row *row)
{
	double v = j->code < row->n ? row->cells[j->code].number : NAN;
	return v >= 0 && v < 65536 ? (int)v : -1;
}

/* ---- stretches without power ---- */

struct power {
	const struct dlms_journal *journal;
	const struct zone *zone;
	struct span span;
	bool is_midnight;
	struct dlms_offs *offs;
	int rows;
	bool is_overfull;
	int64_t off_utc; /* went then; INT64_MAX: it is on */
};

static bool holds_midnight(const struct zone *z, int64_t from, int64_t till)
{
	struct civil c = zone_civil(z, from);
	c.hour = c.minute = c.second = 0;
	c.day++;
	return from == till || zone_utc(z, c, false) <= till;
}

static void add(struct power *w, int64_t from, int64_t till)
{
	if (till <= from || (w->is_midnight && !holds_midnight(w->zone, from, till))) {
		return;
	}
	if (w->offs->n == DLMS_OFFS_MAX) {
		w->is_overfull = true;
		return;
	}
	w->offs->items[w->offs->n++] = (struct dlms_off){from, till};
}

static enum err take_power(void *ctx, const struct dlms_row *row)
{
	struct power *w = ctx;
	int number = number_of(w->journal, row);
	if (!row->has_time || row->utc < w->span.from || row->utc > w->span.till) {
		return ERR_OK;
	}
	if (number == EVENT_ON) {
		/* what the journal begins with ends a cut that began before */
		add(w,
			w->off_utc < INT64_MAX ? w->off_utc :
			w->rows == 0           ? w->span.from :
						 row->utc,
			row->utc);
		w->off_utc = INT64_MAX;
	} else if (number == EVENT_OFF) {
		w->off_utc = row->utc;
	}
	w->rows += number == EVENT_ON || number == EVENT_OFF;
	return ERR_OK;
}

static enum err take_oldest(void *ctx, const struct dlms_row *row)
{
	int64_t *oldest = ctx;
	if (row->has_time && row->utc < *oldest) {
		*oldest = row->utc;
	}
	return ERR_OK;
}

/* How far back the journal reaches; an empty one says nothing. */
static enum err find_oldest(struct dlms_peer *p)
{
	struct dlms_state *s = p->state;
	int64_t now = talk_now(p->talk);
	struct span all = {0, now + DAY_S};
	if (s->oldest_asked_utc && now - s->oldest_asked_utc < DAY_S) {
		return ERR_OK;
	}
	s->oldest_utc = INT64_MAX;
	enum err e = read_journal(p, JOURNAL_POWER, all, take_oldest, &s->oldest_utc);
	s->oldest_asked_utc = !e || err_is_answer(e) ? now : 0;
	return e;
}

enum err dlms_offs_read(
	struct dlms_peer *p, struct span span, bool is_midnight, struct dlms_offs *ret)
{
	struct power w = {.journal = &p->state->journals[JOURNAL_POWER],
		.zone = talk_zone(p->talk),
		.span = span,
		.is_midnight = is_midnight,
		.offs = ret,
		.off_utc = INT64_MAX};
	*ret = (struct dlms_offs){.is_known = false};
	enum err e = read_journal(p, JOURNAL_POWER, span, take_power, &w);
	if (e == ERR_NODATA && p->state->journals[JOURNAL_POWER].is_known) {
		e = ERR_OK; /* no rows in the span */
	}
	if (e) {
		return err_is_answer(e) ? ERR_OK : e;
	}
	if (w.off_utc < INT64_MAX) {
		add(&w, w.off_utc, span.till);
	}
	if (w.rows == 0) {
		e = find_oldest(p);
	}
	ret->is_known = !w.is_overfull && (w.rows > 0 || p->state->oldest_utc <= span.till);
	return !e || err_is_answer(e) ? ERR_OK : e;
}

bool dlms_offs_cover(const struct dlms_offs *o, int64_t from, int64_t till)
{
	for (size_t i = 0; i < o->n; i++) {
		if (o->items[i].from <= from && o->items[i].till >= till) {
			return true;
		}
	}
	return false;
}

bool dlms_offs_touch(const struct dlms_offs *o, int64_t from, int64_t till)
{
	for (size_t i = 0; i < o->n; i++) {
		if (o->items[i].from < till && o->items[i].till > from) {
			return true;
		}
	}
	return false;
}

/* ---- events ---- */

struct events {
	const struct dlms_journal *journal;
	int e;
	struct span span;
	struct sink *out;
	bool has_told;
};

static enum err tell(void *ctx, const struct dlms_row *row)
{
	struct events *v = ctx;
	int number = number_of(v->journal, row);
	char code[32];
	struct meter_event event = {.utc = row->utc, .code = code, .text = ""};
	if (!row->has_time || row->utc < v->span.from || row->utc >= v->span.till) {
		return ERR_OK;
	}
	(void)snprintf(code, sizeof(code), number < 0 ? "%s" : "%s.%d", names[v->e], number);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].journal == v->e && known[i].number == number) {
			event.code = known[i].code;
			event.text = known[i].text;
		}
	}
	v->has_told = true;
	return v->out->event ? v->out->event(v->out, &event) : ERR_OK;
}

enum err dlms_read_events(struct talk *t, struct span span, struct sink *out)
{
	struct dlms_peer peer;
	struct events v = {.span = span, .out = out};
	bool has_any = false;
	enum err e = dlms_peer_init(t, &peer);
	for (int i = 0; i < DLMS_JOURNALS && !e; i++) {
		v.e = i;
		v.journal = &peer.state->journals[i];
		e = read_journal(&peer, i, span, tell, &v);
		has_any = has_any || v.journal->is_known;
		e = err_is_answer(e) ? ERR_OK : e;
	}
	return e ? e : !has_any ? ERR_UNSUPP : v.has_told ? ERR_OK : ERR_NODATA;
}
