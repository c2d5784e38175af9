/*
 * weather.c - outdoor temperature (or another gauge) from a web service or a file
 *
 * Facts: docs/protocols/weather.md. Checked against tests/rec/weather_openweather.rec. The line is the document (file:..., http://..., https://...), the meter
 * one value in it: by a path in JSON, or the newest line of a text. The bytes around the value are kept
 * with it like the frame of any meter.
 *
 * A value says when it is of where the document tells (time_path, the first column, the file's own time);
 * one that is too old is no value of now: a service that repeats yesterday's is found out.
 */
#include "drivers/driver.h"

#include "base/piece.h"
#include "proto/csv_tail.h"
#include "proto/json_path.h"

#include <math.h>
#include <string.h>

#define CONTEXT       512  /* bytes of the document kept before the value */
#define STILL_S       60   /* a file that has not changed for so long is not being written */
#define FUTURE_S      3600 /* clocks differ, zones are mistaken */
#define OUTDOOR_MIN_C (-90.0)
#define OUTDOOR_MAX_C 65.0

static const struct driver_param params[] = {
	{"path", PARAM_TEXT, 0, 200, "",
		"where the value stands in a JSON document, as $.current.temperature_2m; empty: the "
		"document is lines of text",
		"где значение в документе JSON, например $.current.temperature_2m; пусто: документ — "
		"строки текста"},
	{"time_path", PARAM_TEXT, 0, 200, "",
		"where its time stands in a JSON document: ISO 8601 or seconds of 1970",
		"где в документе JSON время значения: ISO 8601 или секунды с 1970 года"},
	{"column", PARAM_INT, 0, 32, "0",
		"column of the value in lines of text; 0: the second, or the only one",
		"столбец значения в строках текста; 0: второй или единственный"},
	{"quantity", PARAM_TEXT, 0, 40, "temperature_outdoor", "code of the quantity",
		"код величины"},
	{"unit", PARAM_TEXT, 0, 16, "",
		"unit of the value: degC, K, degF, hPa ...; empty: the usual one",
		"единица значения: degC, K, degF ...; пусто: обычная для величины"},
	{"max_age_min", PARAM_INT, 0, 100000, "180",
		"a value older than that is none; 0: however old it is",
		"значение старше этого не берётся; 0: любое"},
	{.name = NULL},
};

/* ---- the document ---- */

static struct frame_verdict frame(struct slice so_far)
{
	static const enum frame_state states[] = {
		[PIECE_MORE] = FRAME_MORE, [PIECE_WHOLE] = FRAME_FULL, [PIECE_JUNK] = FRAME_JUNK};
	struct piece p;
	struct frame_verdict v = {FRAME_MORE, 0};
	v.state = states[piece_read(so_far, &p, &v.size)];
	return v;
}

static enum err check_status(struct talk *t, const struct piece *p)
{
	int s = p->status;
	if (s >= 200 && s < 300 && p->total > 0) {
		return ERR_OK;
	}
	if (s >= 200 && s < 300) {
		return talk_fail(t, ERR_NODATA, "the document is empty");
	}
	if (s == 401 || s == 403) {
		return talk_fail(t, ERR_DENIED,
			"HTTP %d: the service refuses; is the key in the address of the line right?",
			s);
	}
	if (s == 404 || s == 410) {
		return talk_fail(t, ERR_NOTFOUND,
			"HTTP %d: the service has no such page; is the address of the line right?",
			s);
	}
	if (s == 429 || s >= 500) {
		return talk_fail(t, ERR_BUSY, "HTTP %d: the service %s", s,
			s == 429 ? "wants to be asked less often" : "has a fault of its own");
	}
	return talk_fail(t, ERR_PROTO, "HTTP %d instead of a document", s);
}

/* A piece of the document; `at` 0 fetches it anew. */
static enum err ask(struct talk *t, size_t at, struct piece *ret)
{
	char request[PIECE_ASK_MAX];
	struct slice reply;
	size_t n = piece_ask(request, at), size;
	enum err e = talk_exchange(t, (struct slice){(const uint8_t *)request, n}, frame, &reply);
	while (!e && (piece_read(reply, ret, &size) != PIECE_WHOLE || ret->at != at)) {
		e = talk_again(t, frame, &reply);
	}
	return e ? e : check_status(t, ret);
}

/* All pieces in order. */
typedef enum err piece_fn(struct talk *t, const struct piece *p, void *ctx);

static enum err read_all(struct talk *t, piece_fn *each, void *ctx, struct piece *ret_first)
{
	struct piece p;
	enum err e = ask(t, 0, &p);
	if (e) {
		return e;
	}
	size_t total = p.total, at = p.bytes.size;
	*ret_first = p; /* its bytes go with the next request */
	e = each(t, &p, ctx);
	while (!e && at < total) {
		e = ask(t, at, &p);
		if (!e && (p.total != total || p.bytes.size == 0)) {
			e = talk_fail(t, ERR_PROTO, "the document changed while it was read");
		}
		e = e ? e : each(t, &p, ctx);
		at += p.bytes.size;
	}
	return e;
}

/* ---- what is wanted ---- */

struct wanted {
	enum quantity quantity;
	enum unit unit;
	struct json_path path, time_path;
	bool is_json, has_time_path;
};

static enum err read_path(
	struct talk *t, const char *name, struct json_path *ret, bool *ret_is_given)
{
	const char *text = talk_param_text(t, name);
	struct diag why = {0};
	*ret_is_given = *text != 0;
	if (*text && json_path_read(text, ret, &why)) {
		return talk_fail(t, ERR_INVAL, "%s: %s", name, why.text);
	}
	return ERR_OK;
}

static enum err read_wanted(struct talk *t, struct wanted *w)
{
	const char *quantity = talk_param_text(t, "quantity"), *unit = talk_param_text(t, "unit");
	double v;
	*w = (struct wanted){.quantity = QUANTITY_UNKNOWN};
	if (!quantity_from_code(quantity, &w->quantity) ||
		quantity_kind(w->quantity) != KIND_GAUGE) {
		return talk_fail(t, ERR_INVAL, "quantity: '%s' is no code of a gauge", quantity);
	}
	enum unit usual = quantity_unit(w->quantity);
	w->unit = usual;
	if (*unit && !unit_from_name(unit, &w->unit)) {
		return talk_fail(t, ERR_INVAL, "unit: no unit '%s'", unit);
	}
	if (w->unit == UNIT_K && usual == UNIT_DEGC) {
		w->unit = UNIT_K_ABS;
	}
	if (unit_convert(1, w->unit, usual, &v)) {
		return talk_fail(t, ERR_INVAL, "unit: '%s' is none of %s", unit, quantity);
	}
	enum err e = read_path(t, "path", &w->path, &w->is_json);
	return e ? e : read_path(t, "time_path", &w->time_path, &w->has_time_path);
}

/* What a document says. */
struct said {
	double value;
	bool has_time;
	int64_t utc;
	size_t at; /* of the value in the document */
};

/* ---- JSON ---- */

struct scans {
	struct json_scan value, time;
	bool has_time;
};

static enum err scan_piece(struct talk *t, const struct piece *p, void *ctx)
{
	struct scans *s = ctx;
	struct diag why = {0};
	enum err e = json_scan_put(&s->value, p->bytes, &why);
	if (e) {
		return talk_fail(t, ERR_PROTO, "no JSON: %s", why.text);
	}
	return s->has_time ? json_scan_put(&s->time, p->bytes, NULL) : ERR_OK;
}

/* Where the path ended, what is there, and what it could have been. */
static enum err not_found(struct talk *t, const struct json_scan *s)
{
	char whole[100], part[100];
	json_path_text(s->path, s->path->n, whole, sizeof(whole));
	json_path_text(s->path, s->reached, part, sizeof(part));
	if (s->reached_kind != FOUND_OBJECT && s->reached_kind != FOUND_ARRAY) {
		return talk_fail(
			t, ERR_PROTO, "%s: %s is %s", whole, part, json_kind_name(s->reached_kind));
	}
	return talk_fail(t, ERR_PROTO, "%s is not there: %s is %s with %.100s", whole, part,
		json_kind_name(s->reached_kind), s->beside[0] ? s->beside : "nothing in it");
}

static enum err wrong_kind(struct talk *t, const struct json_scan *s, const char *instead)
{
	char whole[100];
	bool is_text = s->kind == FOUND_TEXT || s->kind == FOUND_NUMBER;
	json_path_text(s->path, s->path->n, whole, sizeof(whole));
	return talk_fail(t, ERR_PROTO, "%s is %s%s%.40s, not %s", whole, json_kind_name(s->kind),
		is_text ? " " : "", is_text ? s->value : "", instead);
}

static enum err take_number(struct talk *t, const struct json_scan *s, double *ret)
{
	*ret = NAN;
	switch (s->kind) {
	case FOUND_NOTHING: return not_found(t, s);
	case FOUND_NULL: return ERR_OK;
	case FOUND_NUMBER:
	case FOUND_TEXT:
		if (!s->is_cut && number_read(s->value, ret)) {
			return ERR_OK;
		}
		break;
	case FOUND_BOOLEAN:
	case FOUND_OBJECT:
	case FOUND_ARRAY: break;
	}
	return wrong_kind(t, s, "a number");
}

static enum err take_time(struct talk *t, const struct json_scan *s, struct said *ret)
{
	bool may_be = (s->kind == FOUND_NUMBER || s->kind == FOUND_TEXT) && !s->is_cut;
	if (s->kind == FOUND_NOTHING) {
		return not_found(t, s);
	}
	ret->has_time = may_be && moment_read(s->value, talk_zone(t), &ret->utc);
	return ret->has_time ? ERR_OK : wrong_kind(t, s, "a time");
}

static enum err read_json(struct talk *t, const struct wanted *w, struct said *ret)
{
	struct scans s = {.has_time = w->has_time_path};
	struct piece first;
	struct diag why = {0};
	json_scan_init(&s.value, &w->path);
	json_scan_init(&s.time, &w->time_path);
	enum err e = read_all(t, scan_piece, &s, &first);
	if (!e && json_scan_end(&s.value, &why)) {
		e = talk_fail(t, ERR_PROTO, "no JSON: %s", why.text);
	}
	e = e ? e : take_number(t, &s.value, &ret->value);
	if (!e && s.has_time) {
		(void)json_scan_end(&s.time, NULL); /* the same text */
		e = take_time(t, &s.time, ret);
	}
	ret->at = s.value.at;
	return e;
}

/* ---- lines ---- */

static enum err tail_piece(struct talk *t, const struct piece *p, void *ctx)
{
	(void)t;
	csv_tail_put(ctx, p->bytes);
	return ERR_OK;
}

/* The newest line that is whole; a file may end without a line break when nobody is writing it. */
static const struct csv_line *newest(
	const struct talk *t, const struct csv_tail *tail, const struct piece *p)
{
	bool is_file = strcmp(p->type, "file") == 0;
	bool is_still = !is_file || talk_now(t) - p->changed_utc >= STILL_S;
	return tail->pending.text[0] && is_still ? &tail->pending : &tail->last;
}

static enum err read_lines(struct talk *t, const struct wanted *w, struct said *ret)
{
	struct csv_tail tail;
	struct csv_row row;
	struct piece first;
	struct diag why = {0};
	(void)w;
	csv_tail_init(&tail);
	enum err e = read_all(t, tail_piece, &tail, &first);
	if (e) {
		return e;
	}
	const struct csv_line *line = newest(t, &tail, &first);
	if (!line->text[0]) {
		return talk_fail(t, ERR_NODATA, "no whole line with a value yet");
	}
	if (line->text[0] == '<' || line->text[0] == '{') {
		return talk_fail(t, ERR_PROTO, "this is %s, not lines of text%s",
			line->text[0] == '<' ? "HTML or XML" : "JSON",
			line->text[0] == '<' ? "" : ": parameter 'path' is needed");
	}
	e = csv_row_read(line, (unsigned)talk_param(t, "column"), talk_zone(t), &row, &why);
	if (e) {
		return talk_fail(t, ERR_PROTO, "%s", why.text);
	}
	ret->value = row.value;
	ret->has_time = row.has_time || first.changed_utc > 0;
	ret->utc = row.has_time ? row.utc : first.changed_utc;
	ret->at = line->at;
	return ERR_OK;
}

/* ---- the value ---- */

static enum err check_age(struct talk *t, const struct said *s)
{
	int64_t most_s = talk_param(t, "max_age_min") * 60;
	int64_t age_s = talk_now(t) - s->utc;
	char at[TIME_TEXT_CAP];
	if (!s->has_time || most_s == 0) {
		return ERR_OK;
	}
	(void)time_text_local(at, talk_zone(t), s->utc);
	if (age_s < -FUTURE_S) {
		return talk_fail(t, ERR_PROTO,
			"the value is of %s, which has not come yet: is the zone of the meter right?",
			at);
	}
	return age_s <= most_s ?
		       ERR_OK :
		       talk_fail(t, ERR_NODATA, "the newest value is of %s, older than %lld min",
			       at, (long long)(most_s / 60));
}

static enum err check_value(struct talk *t, const struct wanted *w, double value)
{
	double c;
	if (w->quantity != QUANTITY_TEMPERATURE_OUTDOOR || isnan(value) ||
		unit_convert(value, w->unit, UNIT_DEGC, &c)) {
		return ERR_OK;
	}
	return c >= OUTDOOR_MIN_C && c <= OUTDOOR_MAX_C ?
		       ERR_OK :
		       talk_fail(t, ERR_PROTO,
			       "%g %s is no outdoor temperature: are path, column and unit right?",
			       value, unit_symbol(w->unit));
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct wanted w;
	struct said said = {.value = NAN};
	struct piece p;
	enum err e = read_wanted(t, &w);
	e = e ? e : w.is_json ? read_json(t, &w, &said) : read_lines(t, &w, &said);
	e = e ? e : check_age(t, &said);
	e = e ? e : check_value(t, &w, said.value);
	if (!e && said.at >= PIECE_MAX - JSON_KEY) {
		/* the frame that is kept is the one with the value in it */
		e = ask(t, said.at > CONTEXT ? said.at - CONTEXT : 0, &p);
	}
	if (e) {
		return e;
	}
	struct sample s = {.key = quantity_code(w.quantity),
		.quantity = w.quantity,
		.unit = w.unit,
		.form = FORM_NOW,
		.value = said.value,
		.decimals = -1,
		.quality = quality_make(
			isnan(said.value) ? QUALITY_MISSING : QUALITY_MEASURED, SOURCE_NONE, 0)};
	return out->put(out, &s);
}

static enum err identify(struct talk *t, struct identity *ret)
{
	struct piece p;
	struct wanted w;
	enum err e = read_wanted(t, &w);
	e = e ? e : ask(t, 0, &p);
	if (e) {
		return e;
	}
	*ret = (struct identity){.maker = ""};
	memcpy(ret->model, p.type, sizeof(p.type)); /* shorter, with its zero */
	return ERR_OK;
}

extern const struct driver driver_weather;
const struct driver driver_weather = {
	.name = "weather",
	.title = "Outdoor temperature from a web service (JSON) or a file",
	.title_ru = "Температура наружного воздуха от веб-службы (JSON) или из файла",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_IDENTIFY,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 22000, .gap_ms = 0, .retries = 0},
	.params = params,
	.identify = identify,
	.read_current = read_current,
};
