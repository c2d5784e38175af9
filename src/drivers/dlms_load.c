/*
 * dlms_load.c - the load profile of a DLMS meter: energy of intervals; see dlms_driver.h
 *
 * A row carries the END of its interval. Three things of the Russian profile make a row other than it
 * looks (docs/protocols/dlms.md):
 *
 *   a stamp off the grid   the power failed then; the row holds what was counted from the last border
 *                          till the stamp, and nothing was till the next one: an incomplete interval
 *   zeros                  of a day in which the meter had power only for a part all rows are there:
 *                          zeros are amounts where the journal of power knows of no cut, no value
 *                          where it knows of one, incomplete where nobody knows
 *   no row                 the meter had no power, or did not exist: nothing is told
 *
 * Rows are gathered in pieces, so that they can be set in order and the journal is asked for only when
 * there are zeros to be explained.
 */
#include "drivers/dlms_driver.h"
#include "drivers/profile.h"

#include <math.h>
#include <stdlib.h>

#define ROWS_MAX 240 /* of a piece */
#define SNAP_S   30  /* a stamp so near to the grid is on it */
#define DAY_S    86400

struct interval {
	int64_t start;
	bool is_cut;  /* its stamp is off the grid */
	bool is_zero; /* all its values are */
	double value[PROFILE_COLUMNS];
};

struct load {
	struct dlms_peer *peer;
	const struct zone *zone;
	int minutes;
	struct span piece; /* of stamps */
	struct dlms_measure measures[PROFILE_COLUMNS];
	struct profile_column columns[PROFILE_COLUMNS];
	uint8_t places[PROFILE_COLUMNS]; /* of the row */
	size_t columns_n;
	size_t n;
	struct interval rows[ROWS_MAX];
};

static enum err read_number(
	struct dlms_peer *p, uint16_t class_id, const struct obis *o, int attribute, double *ret)
{
	struct axdr d;
	enum err e = dlms_read(p, class_id, o, attribute);
	*ret = !e && dlms_value_get(p, &d) ? d.number : NAN;
	return err_is_answer(e) ? ERR_OK : e;
}

/* The profile's interval: attribute 4 in seconds, else the setting of the Russian profile in minutes. */
static enum err learn_minutes(struct dlms_peer *p)
{
	const struct obis load = dlms_layout_object(DLMS_LOAD);
	const struct obis setting = dlms_obis("1.0.0.8.4.255");
	double v;
	enum err e = read_number(p, 7, &load, 4, &v);
	if (e) {
		return e;
	}
	if (!(v >= 60 && v <= 3600)) {
		e = read_number(p, 1, &setting, 2, &v);
		if (!e && isnan(v)) {
			e = read_number(p, 3, &setting, 2, &v);
		}
		v = v <= 60 ? v * 60 : v;
	}
	if (!e && v >= 60 && v <= 3600) {
		p->state->minutes = (int)(v / 60);
		return ERR_OK;
	}
	return e ? e :
		   talk_fail(p->talk, ERR_UNSUPP,
			   "the meter does not tell the interval of its load profile");
}

/* Which columns are energies of the interval. */
static void choose_columns(struct load *l)
{
	const struct dlms_state *s = l->peer->state;
	const struct dlms_layout *y = &s->layouts[DLMS_LOAD];
	l->columns_n = 0;
	for (unsigned i = 0; i < y->count && l->columns_n < PROFILE_COLUMNS; i++) {
		struct dlms_measure *m = &l->measures[l->columns_n];
		if (!dlms_measure_of(&s->columns[y->first + i], m) ||
			m->meaning.kind != OBIS_INTERVAL) {
			continue;
		}
		l->columns[l->columns_n] = (struct profile_column){
			m->meaning.key, m->meaning.quantity, m->unit, m->decimals};
		l->places[l->columns_n++] = (uint8_t)i;
	}
}

static enum err take_row(void *ctx, const struct dlms_row *row)
{
	struct load *l = ctx;
	bool is_wanted = row->has_time && row->utc >= l->piece.from && row->utc <= l->piece.till;
	if (!is_wanted || l->n == ROWS_MAX) {
		return ERR_OK;
	}
	int64_t step = l->minutes * INT64_C(60), local = civil_to_utc(row->local);
	int64_t rest = ((local % step) + step) % step;
	bool is_on_grid = rest <= SNAP_S || rest >= step - SNAP_S;
	int64_t end = is_on_grid ? row->utc - (rest <= SNAP_S ? rest : rest - step) : row->utc;
	struct interval *i = &l->rows[l->n++];
	*i = (struct interval){.start = is_on_grid ? end - step : row->utc - rest,
		.is_cut = !is_on_grid,
		.is_zero = true};
	for (size_t k = 0; k < l->columns_n; k++) {
		i->value[k] = dlms_measured(&l->measures[k], &row->cells[l->places[k]]);
		i->is_zero = i->is_zero && i->value[k] == 0;
	}
	return ERR_OK;
}

static int by_start(const void *a, const void *b)
{
	const struct interval *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

/* The journal knows of every day that has zeros because of a cut: power came back in it. */
static enum err explain_zeros(struct load *l, struct dlms_offs *ret)
{
	bool has_zero = false;
	for (size_t i = 0; i < l->n; i++) {
		has_zero = has_zero || l->rows[i].is_zero;
	}
	*ret = (struct dlms_offs){.is_known = false};
	if (!has_zero) {
		return ERR_OK;
	}
	struct span days = {l->rows[0].start - DAY_S, l->rows[l->n - 1].start + DAY_S};
	return dlms_offs_read(l->peer, days, false, ret);
}

static enum err put_rows(struct load *l, struct profile *profile)
{
	struct dlms_offs offs;
	qsort(l->rows, l->n, sizeof(l->rows[0]), by_start);
	enum err e = explain_zeros(l, &offs);
	for (size_t i = 0; i < l->n && !e; i++) {
		const struct interval *x = &l->rows[i];
		struct profile_slot slot = {.start_utc = x->start, .minutes = l->minutes};
		int64_t till = x->start + l->minutes * INT64_C(60);
		bool is_off = x->is_zero && dlms_offs_touch(&offs, x->start, till);
		bool is_doubtful = x->is_zero && !offs.is_known;
		bool is_twice = i + 1 < l->n && l->rows[i + 1].start == x->start;
		slot.is_incomplete = x->is_cut || is_doubtful || is_twice;
		for (size_t k = 0; k < l->columns_n; k++) {
			slot.value[k] = is_off ? NAN : x->value[k];
		}
		e = profile_put(profile, &slot);
	}
	return e;
}

/* A piece of at most ROWS_MAX intervals. Columns that turn out to be others are learnt anew, once. */
static enum err read_piece(struct load *l, struct span piece)
{
	enum err e = ERR_CONFLICT;
	l->piece = piece;
	for (int i = 0; i < 2 && e == ERR_CONFLICT; i++) {
		const struct obis object = dlms_layout_object(DLMS_LOAD);
		l->n = 0;
		e = dlms_layout_learn(l->peer, DLMS_LOAD);
		if (e) {
			return e;
		}
		choose_columns(l);
		if (!l->columns_n) {
			return talk_fail(l->peer->talk, ERR_UNSUPP,
				"no column of the load profile is an energy of known unit");
		}
		e = dlms_rows_read(l->peer, &object, &l->peer->state->layouts[DLMS_LOAD].shape,
			l->minutes * 60, piece, take_row, l);
		if (e == ERR_CONFLICT) {
			dlms_layout_forget(l->peer, DLMS_LOAD);
		}
	}
	return e;
}

enum err dlms_read_load(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct dlms_peer peer;
	struct load l = {.peer = &peer, .zone = talk_zone(t)};
	struct profile profile;
	enum err e = dlms_peer_init(t, &peer);
	if (!e && !peer.state->minutes) {
		e = learn_minutes(&peer);
	}
	if (e) {
		return e;
	}
	l.minutes = peer.state->minutes;
	if (!profile_fits(l.minutes, period)) {
		return talk_fail(
			t, ERR_UNSUPP, "the load profile has intervals of %d min", l.minutes);
	}
	/* the profile borrows columns: read_piece fills them before anything is put */
	profile_begin(&profile, out, period, span, talk_calendar(t), l.columns, PROFILE_COLUMNS);
	int64_t step = (ROWS_MAX - 4) / 2 * l.minutes * INT64_C(60);
	enum err refusal = ERR_OK;
	for (int64_t from = span.from; from < span.till && !e; from += step) {
		struct span piece = {from, span.till < from + step ? span.till : from + step};
		e = read_piece(&l, piece);
		profile.columns_n = l.columns_n;
		if (e == ERR_NODATA) {
			refusal = e;
			e = ERR_OK;
			continue;
		}
		e = e ? e : put_rows(&l, &profile);
	}
	if (e) {
		return e;
	}
	e = profile_end(&profile);
	return e == ERR_NODATA && refusal ? refusal : e;
}
