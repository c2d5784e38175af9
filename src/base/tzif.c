/*
 * tzif.c - time zone files and POSIX rules; see tzif.h
 */
#include "base/tzif.h"

#include "base/zone.h"

#include <stdlib.h>
#include <string.h>

#define OFFSET_MIN (-25 * 3600 + 1) /* RFC 8536 3.2: more than -25 h, less than 26 h */
#define OFFSET_MAX (26 * 3600 - 1)
#define TIMES_MAX  20000 /* the richest zone has some 250 */
#define RULE_CAP   128

/* ---- the POSIX rule ---- */

struct cursor {
	const char *text;
	size_t at;
	bool is_bad;
};

static char peek(const struct cursor *c)
{
	return c->text[c->at];
}

static bool take(struct cursor *c, char wanted)
{
	if (c->is_bad || peek(c) != wanted) {
		return false;
	}
	c->at++;
	return true;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Unsigned decimal in [low, high]. */
static int take_int(struct cursor *c, int low, int high)
{
	int v = 0, digits = 0;
	for (; is_digit(peek(c)) && digits < 4; digits++) {
		v = v * 10 + (c->text[c->at++] - '0');
	}
	if (digits == 0 || v < low || v > high) {
		c->is_bad = true;
		return low;
	}
	return v;
}

/* "MSK" or "<+05>"; at least three letters. */
static void skip_name(struct cursor *c)
{
	size_t n = 0;
	if (take(c, '<')) {
		while (is_letter(peek(c)) || is_digit(peek(c)) || peek(c) == '+' ||
			peek(c) == '-') {
			c->at++;
			n++;
		}
		c->is_bad |= !take(c, '>');
	} else {
		while (is_letter(peek(c))) {
			c->at++;
			n++;
		}
	}
	c->is_bad |= n < 3;
}

/* [+-]h[hh][:mm[:ss]] in seconds. */
static int take_time(struct cursor *c, int hours_max)
{
	bool is_negative = take(c, '-');
	if (!is_negative) {
		(void)take(c, '+');
	}
	int v = take_int(c, 0, hours_max) * 3600;
	if (take(c, ':')) {
		v += take_int(c, 0, 59) * 60;
		if (take(c, ':')) {
			v += take_int(c, 0, 59);
		}
	}
	return is_negative ? -v : v;
}

static struct tz_day take_day(struct cursor *c)
{
	struct tz_day d = {.seconds = 2 * 3600};
	if (take(c, 'M')) {
		d.kind = TZ_DAY_MONTH_WEEK;
		d.month = take_int(c, 1, 12);
		c->is_bad |= !take(c, '.');
		d.week = take_int(c, 1, 5);
		c->is_bad |= !take(c, '.');
		d.day = take_int(c, 0, 6);
	} else if (take(c, 'J')) {
		d.kind = TZ_DAY_JULIAN;
		d.day = take_int(c, 1, 365);
	} else {
		d.kind = TZ_DAY_ZERO_BASED;
		d.day = take_int(c, 0, 365);
	}
	if (take(c, '/')) {
		d.seconds = take_time(c, 167);
	}
	return d;
}

enum err tz_rule_parse(const char *text, struct tz_rule *ret, struct diag *diag)
{
	struct cursor c = {.text = text};
	struct tz_rule r = {.is_set = true};
	skip_name(&c);
	r.std_offset = -take_time(&c, 24); /* POSIX counts west of Greenwich */
	r.dst_offset = r.std_offset + 3600;
	if (!c.is_bad && peek(&c)) {
		r.has_dst = true;
		skip_name(&c);
		if (peek(&c) && peek(&c) != ',') {
			r.dst_offset = -take_time(&c, 24);
		}
		c.is_bad |= !take(&c, ',');
		r.dst_begin = take_day(&c);
		c.is_bad |= !take(&c, ',');
		r.dst_end = take_day(&c);
	}
	if (c.is_bad || peek(&c)) {
		return err_set_at(
			diag, ERR_PARSE, c.at, "not a time zone rule at position %zu", c.at);
	}
	*ret = r;
	return ERR_OK;
}

/* Local moment of the change, as if local time were UTC. */
static int64_t day_moment(const struct tz_day *d, int year)
{
	struct civil c = {.year = year, .month = 1, .day = 1};
	switch (d->kind) {
	case TZ_DAY_JULIAN:
		/* 29 February is never counted: day 60 is 1 March in every year */
		c.day = d->day + (d->day >= 60 && civil_month_days(year, 2) == 29);
		break;
	case TZ_DAY_ZERO_BASED: c.day = d->day + 1; break;
	case TZ_DAY_MONTH_WEEK: {
		c.month = d->month;
		int64_t days = civil_to_utc(c) / 86400;
		int weekday = (int)(((days + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
		c.day = 1 + (d->day - weekday + 7) % 7 + 7 * (d->week - 1);
		if (c.day > civil_month_days(year, d->month)) {
			c.day -= 7;
		}
		break;
	}
	}
	return civil_to_utc(c) + d->seconds;
}

/* Segment of a rule; changes of three years are enough, as a change is at most 7 days off its year. */
static struct tz_segment rule_segment(const struct tz_rule *r, int64_t utc)
{
	struct tz_segment s = {INT64_MIN, INT64_MAX, r->std_offset};
	if (!r->has_dst) {
		return s;
	}
	int year = civil_from_utc(utc).year;
	for (int y = year - 1; y <= year + 1; y++) {
		/* ends first: where both fall on one moment (DST all year) DST goes on */
		int64_t end = day_moment(&r->dst_end, y) - r->dst_offset;
		int64_t begin = day_moment(&r->dst_begin, y) - r->std_offset;
		if (end <= utc && end >= s.from) {
			s.from = end;
			s.offset = r->std_offset;
		}
		if (begin <= utc && begin >= s.from) {
			s.from = begin;
			s.offset = r->dst_offset;
		}
		if (end > utc && end < s.till) {
			s.till = end;
		}
		if (begin > utc && begin < s.till) {
			s.till = begin;
		}
	}
	return s;
}

struct tz_segment tzif_segment(const struct tzif *t, int64_t utc)
{
	size_t low = 0, high = t->count; /* number of changes at or before utc */
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (t->at[mid] <= utc) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	if (low == t->count && t->rule.is_set) {
		struct tz_segment s = rule_segment(&t->rule, utc);
		if (low > 0 && s.from < t->at[low - 1]) {
			s.from = t->at[low - 1];
		}
		return s;
	}
	return (struct tz_segment){
		.from = low > 0 ? t->at[low - 1] : INT64_MIN,
		.till = low < t->count ? t->at[low] : INT64_MAX,
		.offset = low > 0 ? t->offset[low - 1] : t->first_offset,
	};
}

/* ---- the file ---- */

struct counts {
	size_t isut, isstd, leap, time, type, chars;
};

static bool read_header(struct reader *r, struct counts *ret, uint8_t *ret_version)
{
	struct slice magic = reader_bytes(r, 4);
	if (r->is_short || memcmp(magic.data, "TZif", 4) != 0) {
		return false;
	}
	*ret_version = reader_u8(r);
	(void)reader_bytes(r, 15);
	ret->isut = reader_u32be(r);
	ret->isstd = reader_u32be(r);
	ret->leap = reader_u32be(r);
	ret->time = reader_u32be(r);
	ret->type = reader_u32be(r);
	ret->chars = reader_u32be(r);
	return !r->is_short && ret->time <= TIMES_MAX && ret->type <= 256 && ret->chars <= 65536 &&
	       ret->leap <= 65536 && ret->isut <= 256 && ret->isstd <= 256;
}

static bool read_block(struct reader *r, const struct counts *n, struct tzif *t)
{
	for (size_t i = 0; i < n->time; i++) {
		t->at[i] = (int64_t)reader_u64be(r);
		if (i > 0 && t->at[i] <= t->at[i - 1]) {
			return false;
		}
	}
	struct slice which = reader_bytes(r, n->time);
	struct reader types = reader_of(reader_bytes(r, n->type * 6));
	(void)reader_bytes(r, n->chars + n->isstd + n->isut);
	if (r->is_short || n->leap != 0) {
		return false;
	}
	int32_t offsets[256];
	for (size_t i = 0; i < n->type; i++) {
		offsets[i] = (int32_t)reader_u32be(&types);
		(void)reader_bytes(&types, 2);
		if (offsets[i] < OFFSET_MIN || offsets[i] > OFFSET_MAX) {
			return false;
		}
	}
	t->first_offset = offsets[0];
	for (size_t i = 0; i < n->time; i++) {
		if (which.data[i] >= n->type) {
			return false;
		}
		t->offset[i] = offsets[which.data[i]];
	}
	return true;
}

static enum err read_footer(struct reader *r, struct tzif *t, struct diag *diag)
{
	char text[RULE_CAP] = "";
	size_t n = 0;
	if (reader_u8(r) != '\n') {
		return err_set_at(diag, ERR_CORRUPT, r->at, "no rule at the end of the file");
	}
	for (;;) {
		uint8_t byte = reader_u8(r);
		if (byte == '\n') {
			break;
		}
		if (r->is_short || byte == 0 || n + 1 >= sizeof(text)) {
			return err_set_at(
				diag, ERR_CORRUPT, r->at, "the rule at the end does not end");
		}
		text[n++] = (char)byte;
	}
	if (n == 0) {
		return ERR_OK; /* the last offset stays */
	}
	if (tz_rule_parse(text, &t->rule, diag) != ERR_OK) {
		return err_set_at(diag, ERR_CORRUPT, r->at, "the rule at the end is not one");
	}
	return ERR_OK;
}

enum err tzif_parse(struct slice bytes, struct tzif *ret, struct diag *diag)
{
	struct reader r = reader_of(bytes);
	struct tzif t = {0};
	struct counts n;
	uint8_t version;
	enum err e;
	if (!read_header(&r, &n, &version) || version < '2') {
		return err_set_at(
			diag, ERR_CORRUPT, r.at, "not a time zone file of version 2 or later");
	}
	(void)reader_bytes(&r, n.time * 5 + n.type * 6 + n.chars + n.leap * 8 + n.isstd + n.isut);
	if (!read_header(&r, &n, &version) || n.type == 0) {
		return err_set_at(diag, ERR_CORRUPT, r.at, "no 64-bit part");
	}
	t.count = n.time;
	t.at = calloc(n.time + 1, sizeof(*t.at));
	t.offset = calloc(n.time + 1, sizeof(*t.offset));
	if (!t.at || !t.offset) {
		e = err_set(diag, ERR_NOMEM, "time zone");
		goto out;
	}
	if (!read_block(&r, &n, &t)) {
		e = err_set_at(diag, ERR_CORRUPT, r.at, "the table of changes is damaged");
		goto out;
	}
	e = read_footer(&r, &t, diag);
out:
	if (e != ERR_OK) {
		tzif_fini(&t);
		return e;
	}
	*ret = t;
	return ERR_OK;
}

void tzif_fini(struct tzif *t)
{
	free(t->at);
	free(t->offset);
	*t = (struct tzif){0};
}
