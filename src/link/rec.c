/*
 * rec.c - recordings as text, read and written; see rec.h
 */
#include "link/rec.h"

#include "base/str.h"
#include "base/zone.h"
#include "model/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTES_PER_LINE 24

static const char *const verb_names[REC_VERB_COUNT] = {
	[REC_CURRENT] = "current",
	[REC_IDENTIFY] = "identify",
	[REC_CLOCK] = "clock",
	[REC_SET_CLOCK] = "set_clock",
	[REC_ARCHIVE] = "archive",
	[REC_EVENTS] = "events",
	[REC_HEAR] = "hear",
};

const char *rec_verb_name(enum rec_verb v)
{
	return verb_names[(unsigned)v < REC_VERB_COUNT ? v : REC_CURRENT];
}

struct parser {
	struct rec *rec;
	size_t line;
	size_t caps[3]; /* of steps, chunks, expects */
	bool may_go_on; /* the line before held bytes */
	struct diag *diag;
};

static enum err fail(const struct parser *p, const char *why, const char *what)
{
	return err_set_at(p->diag, ERR_PARSE, p->line, "line %zu: %s%s%.60s%s", p->line, why,
		what ? " '" : "", what ? what : "", what ? "'" : "");
}

/* Room for one more item in an array that doubles. */
static void *grow(void *items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap) {
		return items;
	}
	size_t wanted = *cap ? 2 * *cap : 16;
	void *grown = realloc(items, wanted * size);
	if (grown) {
		*cap = wanted;
	}
	return grown;
}

static enum err add_step(struct parser *p, const struct rec_step *step)
{
	struct rec_step *items = grow(p->rec->steps, p->rec->step_n, &p->caps[0], sizeof(*items));
	if (!items) {
		return ERR_NOMEM;
	}
	p->rec->steps = items;
	items[p->rec->step_n++] = *step;
	return ERR_OK;
}

/* Bytes and expectations before the first "@" belong to reading the current values. */
static enum err need_step(struct parser *p)
{
	struct rec_step step = {.verb = REC_CURRENT, .line = p->line};
	return p->rec->step_n > 0 ? ERR_OK : add_step(p, &step);
}

/* Cut the next blank-separated word, or quoted text, out of `*at`. NULL at the end. */
static char *next_word(char **at, bool *ret_quoted)
{
	char *s = *at + strspn(*at, " \t");
	bool is_quoted = *s == '"';
	if (!*s) {
		return NULL;
	}
	if (ret_quoted) {
		*ret_quoted = is_quoted;
	}
	char *end = is_quoted ? strchr(++s, '"') : s + strcspn(s, " \t");
	if (!end) {
		return NULL;
	}
	*at = *end ? end + 1 : end;
	*end = 0;
	return s;
}

/* ---- header ---- */

static enum err take_text(struct parser *p, char *to, size_t cap, const char *value)
{
	return str_copy(to, cap, value) ? ERR_OK : fail(p, "too long:", value);
}

/* "# word: value"; words that mean nothing here are comments. */
static enum err header_line(struct parser *p, char *s)
{
	struct rec *r = p->rec;
	s += strspn(s, " \t");
	char *colon = strchr(s, ':');
	if (!colon || r->step_n > 0) {
		return ERR_OK;
	}
	*colon = 0;
	const char *value = colon + 1 + strspn(colon + 1, " \t");
	if (strcmp(s, "driver") == 0) {
		return take_text(p, r->driver, sizeof(r->driver), value);
	}
	if (strcmp(s, "params") == 0) {
		return take_text(p, r->params, sizeof(r->params), value);
	}
	if (strcmp(s, "zone") == 0) {
		return take_text(p, r->zone, sizeof(r->zone), value);
	}
	if (strcmp(s, "source") == 0) {
		return take_text(p, r->source, sizeof(r->source), value);
	}
	if (strcmp(s, "evidence") == 0) {
		return take_text(p, r->evidence, sizeof(r->evidence), value);
	}
	if (strcmp(s, "now") == 0) {
		return time_parse(value, NULL, &r->now_utc) ? fail(p, "not a time:", value) :
							      ERR_OK;
	}
	if (strcmp(s, "checksum") == 0) {
		r->has_checksum = strcmp(value, "none") != 0;
	}
	return ERR_OK;
}

/* ---- steps ---- */

static enum err step_line(struct parser *p, char *s)
{
	struct rec_step step = {.line = p->line};
	const char *word = next_word(&s, NULL);
	int verb = 0;
	while (word && verb < REC_VERB_COUNT && strcmp(verb_names[verb], word) != 0) {
		verb++;
	}
	if (!word || verb == REC_VERB_COUNT) {
		return fail(p, "no such step:", word ? word : "");
	}
	step.verb = (enum rec_verb)verb;
	if (step.verb == REC_ARCHIVE) {
		word = next_word(&s, NULL);
		if (!word || !period_from_name(word, &step.period) || step.period == PERIOD_NONE) {
			return fail(p, "not a period:", word ? word : "");
		}
	}
	int times = step.verb == REC_ARCHIVE || step.verb == REC_EVENTS ?
			    2 :
			    step.verb == REC_SET_CLOCK;
	for (int i = 0; i < times; i++) {
		word = next_word(&s, NULL);
		if (!word || time_parse(word, NULL, i == 0 ? &step.span.from : &step.span.till)) {
			return fail(p, "not a time:", word ? word : "");
		}
	}
	word = next_word(&s, NULL);
	return word ? fail(p, "too much on this line:", word) : add_step(p, &step);
}

/* ---- bytes ---- */

static enum err put_hex(struct parser *p, const char *s)
{
	struct rec *r = p->rec;
	struct rec_chunk *c = &r->chunks[r->chunk_n - 1];
	size_t before = r->bytes.size;
	struct diag where = {0};
	enum err e = str_unhex(s, strlen(s), &r->bytes, &where);
	if (e == ERR_PARSE) {
		return fail(p, where.text, NULL);
	}
	if (e) {
		return err_set_at(p->diag, e, p->line, "line %zu: too many bytes", p->line);
	}
	size_t n = r->bytes.size - before;
	c->size += n;
	if (c->size > REC_CHUNK_CEILING) {
		return fail(p, "a chunk of more than 65536 bytes", NULL);
	}
	r->reply_size += c->is_request ? 0 : n;
	return ERR_OK;
}

static enum err bytes_line(struct parser *p, char *s, bool is_request)
{
	struct rec *r = p->rec;
	enum err e = need_step(p);
	if (e) {
		return e;
	}
	struct rec_chunk *items = grow(r->chunks, r->chunk_n, &p->caps[1], sizeof(*items));
	if (!items) {
		return ERR_NOMEM;
	}
	r->chunks = items;
	int64_t delay_ms = 0;
	s += strspn(s, " \t");
	if (*s == '+') {
		const char *word = next_word(&s, NULL);
		if (strspn(word + 1, "0123456789") != strlen(word + 1) ||
			str_to_int(word + 1, &delay_ms) || delay_ms > 86400000) {
			return fail(p, "not a delay in milliseconds:", word);
		}
	}
	items[r->chunk_n++] = (struct rec_chunk){
		.is_request = is_request,
		.delay_ms = (int)delay_ms,
		.at = r->bytes.size,
		.reply_at = r->reply_size,
		.step = r->step_n - 1,
		.line = p->line,
	};
	p->may_go_on = true;
	return put_hex(p, s);
}

/* ---- expectations ---- */

/* Half of the last digit written, but not more than a ten-thousandth of the value: "230.2" is met by
 * the single-precision number nearest to it, "5" only by 5. */
static double slack_of(const char *number, double value)
{
	size_t digits = strcspn(number, "eE");
	const char *point = memchr(number, '.', digits);
	double last = pow(10, point ? -(double)(number + digits - point - 1) : 0);
	int64_t exponent = 0;
	if (number[digits]) {
		(void)str_to_int(number + digits + 1, &exponent);
		last *= pow(10, (double)exponent);
	}
	double slack = fabs(value) * 1e-4;
	slack = slack < last / 2 ? slack : last / 2;
	double rounding = fabs(value) * 1e-12;
	return slack > rounding ? slack : rounding;
}

static enum err expect_value(
	struct parser *p, struct rec_expect *x, const char *word, bool is_quoted)
{
	enum err named;
	if (strcmp(x->key, "error") == 0) {
		x->text = word;
		return err_from_name(word, &named) ? ERR_OK : fail(p, "no such error:", word);
	}
	if (is_quoted) {
		x->text = word;
		return ERR_OK;
	}
	x->is_number = true;
	if (strcmp(word, "missing") == 0) {
		x->value = NAN;
		return ERR_OK;
	}
	if (str_to_double(word, &x->value)) {
		return fail(p, "not a number, \"text\" or missing:", word);
	}
	x->slack = slack_of(word, x->value);
	return ERR_OK;
}

static enum err expect_line(struct parser *p, char *s)
{
	struct rec *r = p->rec;
	struct rec_expect x = {.line = p->line};
	bool is_quoted = false;
	enum err e = need_step(p);
	if (e) {
		return e;
	}
	x.step = r->step_n - 1;
	const char *word = next_word(&s, NULL);
	if (!word || !str_is_key(word) || !STR_COPY(x.key, word)) {
		return fail(p, "not a key:", word ? word : "");
	}
	word = next_word(&s, &is_quoted);
	e = word ? expect_value(p, &x, word, is_quoted) : fail(p, "no value for", x.key);
	if (e) {
		return e;
	}
	while ((word = next_word(&s, &is_quoted))) {
		if (!is_quoted && (strcmp(word, "-") == 0 || unit_from_name(word, &x.unit))) {
			x.has_unit = true;
		} else if (quality_class_from_name(word, &x.class)) {
			x.has_class = true;
		} else if (time_parse(word, NULL, &x.utc) == ERR_OK) {
			x.has_utc = true;
		} else {
			return fail(p, "not a unit, a time or a class of quality:", word);
		}
	}
	if (s[strspn(s, " \t")]) {
		return fail(p, "a quote that does not end", NULL);
	}
	struct rec_expect *items = grow(r->expects, r->expect_n, &p->caps[2], sizeof(*items));
	if (!items) {
		return ERR_NOMEM;
	}
	r->expects = items;
	items[r->expect_n++] = x;
	return ERR_OK;
}

/* ---- the whole ---- */

static enum err parse_line(struct parser *p, char *s)
{
	size_t n = strlen(s);
	while (n > 0 && strchr(" \t\r", s[n - 1])) {
		s[--n] = 0;
	}
	if (n == 0) {
		p->may_go_on = false;
		return ERR_OK;
	}
	if (*s == ' ' || *s == '\t') {
		return p->may_go_on ? put_hex(p, s) :
				      fail(p, "goes on, but no bytes stand before it", NULL);
	}
	p->may_go_on = false;
	switch (*s) {
	case '#': return header_line(p, s + 1);
	case '@': return step_line(p, s + 1);
	case '>': return bytes_line(p, s + 1, true);
	case '<': return bytes_line(p, s + 1, false);
	case '=': return expect_line(p, s + 1);
	default: return fail(p, "begins with none of # @ > < =:", s);
	}
}

enum err rec_parse(struct slice text, struct rec *ret_rec, struct diag *diag)
{
	if (text.size > REC_FILE_CEILING) {
		return err_set(
			diag, ERR_LIMIT, "a recording of more than %u bytes", REC_FILE_CEILING);
	}
	if (text.size > 0 && (memchr(text.data, 0, text.size) || !str_is_utf8(text))) {
		return err_set_at(diag, ERR_PARSE, 1, "not text in UTF-8");
	}
	struct rec r = {.has_checksum = true, .texts = malloc(text.size + 1)};
	buf_init(&r.bytes, REC_FILE_CEILING);
	if (!r.texts) {
		return ERR_NOMEM;
	}
	if (text.size > 0) {
		memcpy(r.texts, text.data, text.size);
	}
	r.texts[text.size] = 0;
	struct parser p = {.rec = &r, .diag = diag};
	enum err e = ERR_OK;
	for (char *s = r.texts; !e && *s;) {
		char *end = s + strcspn(s, "\n");
		bool is_last = !*end;
		*end = 0;
		p.line++;
		e = parse_line(&p, s);
		s = is_last ? end : end + 1;
	}
	if (e) {
		rec_fini(&r);
		return e;
	}
	*ret_rec = r;
	return ERR_OK;
}

enum err rec_load(const char *path, struct rec *ret_rec, struct diag *diag)
{
	struct buf text;
	buf_init(&text, REC_FILE_CEILING + 1);
	enum err e = ERR_OK;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return err_set_errno(diag, "%s", path);
	}
	ssize_t n = 1;
	while (n > 0) {
		uint8_t *room = buf_room(&text, 16384);
		if (!room) {
			e = err_set(diag, ERR_LIMIT, "%s: larger than a recording may be", path);
			goto out;
		}
		n = read(fd, room, 16384);
		text.size += n > 0 ? (size_t)n : 0;
		if (n < 0) {
			e = err_set_errno(diag, "%s", path);
			goto out;
		}
	}
	e = rec_parse(buf_slice(&text), ret_rec, diag);
out:
	(void)close(fd);
	buf_fini(&text);
	return e;
}

void rec_fini(struct rec *r)
{
	free(r->steps);
	free(r->chunks);
	free(r->expects);
	free(r->texts);
	buf_fini(&r->bytes);
	*r = (struct rec){0};
}

/* ---- writing ---- */

void rec_print_bytes(struct buf *out, char mark, int delay_ms, struct slice bytes)
{
	buf_printf(out, "%c", mark);
	if (delay_ms > 0) {
		buf_printf(out, " +%d", delay_ms);
	}
	for (size_t i = 0; i < bytes.size; i += BYTES_PER_LINE) {
		size_t n = bytes.size - i < BYTES_PER_LINE ? bytes.size - i : BYTES_PER_LINE;
		buf_str(out, i ? "\n  " : " ");
		str_hex(out, (struct slice){bytes.data + i, n}, ' ');
	}
	buf_str(out, "\n");
}

static void print_header(const struct rec *r, struct buf *out)
{
	const struct {
		const char *word, *value;
	} words[] = {{"source", r->source}, {"evidence", r->evidence}, {"driver", r->driver},
		{"params", r->params}, {"zone", r->zone}};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (*words[i].value) {
			buf_printf(out, "# %s: %s\n", words[i].word, words[i].value);
		}
	}
	char time[TIME_TEXT_CAP];
	if (r->now_utc) {
		buf_printf(out, "# now: %s\n", time_text_utc(time, r->now_utc));
	}
	if (!r->has_checksum) {
		buf_str(out, "# checksum: none\n");
	}
}

static void print_step(const struct rec_step *step, struct buf *out)
{
	char time[TIME_TEXT_CAP];
	buf_printf(out, "@ %s", rec_verb_name(step->verb));
	if (step->verb == REC_ARCHIVE) {
		buf_printf(out, " %s", period_name(step->period));
	}
	if (step->verb == REC_ARCHIVE || step->verb == REC_EVENTS || step->verb == REC_SET_CLOCK) {
		buf_printf(out, " %s", time_text_utc(time, step->span.from));
	}
	if (step->verb == REC_ARCHIVE || step->verb == REC_EVENTS) {
		buf_printf(out, " %s", time_text_utc(time, step->span.till));
	}
	buf_str(out, "\n");
}

static void print_expect(const struct rec_expect *x, struct buf *out)
{
	char text[STR_DOUBLE_CAP];
	char time[TIME_TEXT_CAP];
	buf_printf(out, "= %s ", x->key);
	if (!x->is_number) {
		buf_printf(out, strcmp(x->key, "error") == 0 ? "%s" : "\"%s\"", x->text);
	} else {
		buf_str(out, isnan(x->value) ? "missing" : str_double(text, x->value));
	}
	if (x->has_unit) {
		buf_printf(out, " %s", *unit_symbol(x->unit) ? unit_symbol(x->unit) : "-");
	}
	if (x->has_utc) {
		buf_printf(out, " %s", time_text_utc(time, x->utc));
	}
	if (x->has_class) {
		buf_printf(out, " %s", quality_class_name(x->class));
	}
	buf_str(out, "\n");
}

void rec_print(const struct rec *r, struct buf *out)
{
	print_header(r, out);
	size_t chunk = 0;
	size_t expect = 0;
	for (size_t i = 0; i < r->step_n; i++) {
		print_step(&r->steps[i], out);
		for (; chunk < r->chunk_n && r->chunks[chunk].step == i; chunk++) {
			const struct rec_chunk *c = &r->chunks[chunk];
			rec_print_bytes(
				out, c->is_request ? '>' : '<', c->delay_ms, rec_bytes(r, c));
		}
		for (; expect < r->expect_n && r->expects[expect].step == i; expect++) {
			print_expect(&r->expects[expect], out);
		}
	}
}
