/*
 * mbus_scan.c - who is on the line, by primary and by secondary addresses; see mbus_driver.h
 *
 * Primary: SND_NKE to 1..250; who acknowledges is read. Two meters at one address spoil each
 * other's answer; they are left to the secondary search. Address 0 is that of all meters nobody has
 * given one yet: it is tried last.
 *
 * Secondary: select with wildcards. Silence: nobody there. One clean answer: found. Damage, at the
 * acknowledge or only at the readout (two E5 at once look like one): go one place deeper. Places are
 * the eight digits, then medium, version and the two bytes of the manufacturer, which are binary:
 * two meters that differ there only are told apart by walking all values. Some makers put A..E into
 * the digits: they are tried where 0..9 do not explain a collision.
 *
 *     F FFFFFFF -> 0FFFFFFF .. 9FFFFFFF -> 00FFFFFF .. -> ... -> 12345678 medium 00 .. FE -> ...
 */
#include "drivers/mbus_driver.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

#define FOUND_MAX  250
#define DIGITS     8
#define HEX_LAST   14 /* F is the wildcard */
#define PROBES_MAX 20000
#define PLACES     12 /* digits, medium, version, manufacturer low and high byte */

enum answer {
	ANSWER_NONE,
	ANSWER_ONE,
	ANSWER_MANY
};

struct search {
	struct talk *talk;
	scan_fn *found;
	void *ctx;
	struct mbus_secondary known[FOUND_MAX];
	size_t known_n;
	int probes;
};

static struct frame_verdict reply_frame(struct slice so_far)
{
	struct frame_verdict v = {FRAME_MORE, 0};
	enum mbus_cut c = mbus_cut(so_far, MBUS_CUT_REPLY, &v.size);
	v.state = c == MBUS_CUT_MORE ? FRAME_MORE : c == MBUS_CUT_FULL ? FRAME_FULL : FRAME_JUNK;
	return v;
}

void mbus_identity_of(const struct mbus_message *m, struct identity *ret)
{
	const struct mbus_header *h = &m->header;
	*ret = (struct identity){0};
	(void)STR_COPY(ret->serial, h->id);
	(void)STR_COPY(ret->medium, mbus_medium_name(h->medium));
	if (m->has_header && m->body != MBUS_BODY_FIXED) {
		(void)STR_COPY(ret->maker, h->manufacturer);
		(void)snprintf(ret->version, sizeof(ret->version), "%u", h->version);
	}
}

/* Once; damage and silence are answers here. Line failures are errors. */
static enum err ask(
	struct search *s, struct slice request, enum answer *ret, struct mbus_message *ret_m)
{
	struct slice reply;
	struct mbus_frame f;
	*ret = ANSWER_NONE;
	enum err e = talk_once(s->talk, request, reply_frame, &reply);
	if (e == ERR_TIMEOUT) {
		return ERR_OK;
	}
	if (e == ERR_NOISE) {
		*ret = ANSWER_MANY;
		return ERR_OK;
	}
	if (e) {
		return e;
	}
	e = mbus_frame_decode(reply, &f, NULL);
	e = e ? e : mbus_message_decode(&f, ret_m, NULL);
	*ret = e ? ANSWER_MANY : ANSWER_ONE;
	return ERR_OK;
}

/* A single damaged byte may be noise: a second look decides. */
static enum err ask_ack(struct search *s, struct slice request, enum answer *ret)
{
	struct mbus_message m;
	enum err e = ask(s, request, ret, &m);
	return !e && *ret == ANSWER_MANY ? ask(s, request, ret, &m) : e;
}

static enum err read_header(
	struct search *s, uint8_t address, enum answer *ret, struct mbus_message *m)
{
	struct mbus_out out;
	/* the first FCB after a reset or a select is 1, and a repetition must not toggle it */
	struct slice request = mbus_short(&out, MBUS_REQ_UD2 | MBUS_FCV | MBUS_FCB, address);
	for (int i = 0; i < 2; i++) {
		enum err e = ask(s, request, ret, m);
		if (e || (*ret == ANSWER_ONE && m->frame.kind == MBUS_KIND_LONG)) {
			return e;
		}
	}
	return ERR_OK;
}

static bool is_known(const struct search *s, const struct mbus_secondary *who)
{
	for (size_t i = 0; i < s->known_n; i++) {
		if (memcmp(&s->known[i], who, sizeof(*who)) == 0) {
			return true;
		}
	}
	return false;
}

static enum err tell(struct search *s, const struct mbus_message *m, const char *address)
{
	struct identity id;
	struct mbus_secondary who;
	if (m->has_header) {
		mbus_secondary_of(&m->header, &who);
		if (is_known(s, &who)) {
			return ERR_OK;
		}
		if (s->known_n < FOUND_MAX) {
			s->known[s->known_n++] = who;
		}
	}
	mbus_identity_of(m, &id);
	(void)STR_COPY(id.address, address);
	return s->found(s->ctx, &id);
}

/* Put value `v` into place `place` of a pattern. */
static void set_place(struct mbus_secondary *p, int place, unsigned v)
{
	static const uint8_t binary[PLACES - DIGITS] = {
		7, 6, 4, 5}; /* medium, version, manufacturer */
	if (place >= DIGITS) {
		p->bytes[binary[place - DIGITS]] = (uint8_t)v;
		return;
	}
	uint8_t *byte = &p->bytes[3 - place / 2];
	*byte = place % 2 == 0 ? (uint8_t)((*byte & 0x0f) | v << 4) : (uint8_t)((*byte & 0xf0) | v);
}

static enum err select(struct search *s, const struct mbus_secondary *pattern, enum answer *ret)
{
	struct mbus_out out;
	mbus_begin(&out, MBUS_SND_UD, MBUS_ADDRESS_SELECTED, MBUS_CI_SELECT);
	mbus_put(&out, pattern->bytes, sizeof(pattern->bytes));
	return ask_ack(s, mbus_end(&out), ret);
}

static enum err probe(struct search *s, const struct mbus_secondary *pattern, enum answer *ret)
{
	struct mbus_message m;
	struct mbus_secondary who;
	char text[48], full[17];
	if (++s->probes > PROBES_MAX) {
		return talk_fail(
			s->talk, ERR_NOISE, "too many damaged answers: the search does not end");
	}
	enum err e = select(s, pattern, ret);
	if (e || *ret != ANSWER_ONE) {
		return e;
	}
	e = read_header(s, MBUS_ADDRESS_SELECTED, ret, &m);
	if (e || *ret != ANSWER_ONE || m.frame.kind != MBUS_KIND_LONG || !m.has_header) {
		return e;
	}
	mbus_secondary_of(&m.header, &who);
	if (!mbus_secondary_matches(pattern, &who) && m.body != MBUS_BODY_FIXED) {
		*ret = ANSWER_MANY; /* somebody else is still selected: look closer */
		return ERR_OK;
	}
	if (m.body != MBUS_BODY_FIXED) {
		/* two replies over each other have a right checksum once in a while */
		e = select(s, &who, ret);
		if (e || *ret != ANSWER_ONE) {
			*ret = ANSWER_MANY;
			return e;
		}
	}
	mbus_secondary_text(&who, full);
	(void)snprintf(
		text, sizeof(text), "secondary=%s", m.body == MBUS_BODY_FIXED ? m.header.id : full);
	return tell(s, &m, text);
}

/* NOLINTNEXTLINE(misc-no-recursion): at most PLACES deep */
static enum err walk(struct search *s, struct mbus_secondary pattern, int place)
{
	int answers = 0;
	for (unsigned v = 0; v < (place < DIGITS ? HEX_LAST + 1u : 255u); v++) {
		enum answer answer = ANSWER_NONE;
		struct mbus_secondary one = pattern;
		if (place < DIGITS && v == 10 && answers >= 2) {
			break;
		}
		set_place(&one, place, v);
		enum err e = probe(s, &one, &answer);
		answers += !e && answer != ANSWER_NONE;
		if (!e && answer == ANSWER_MANY && place + 1 < PLACES) {
			e = walk(s, one, place + 1);
		}
		if (e) {
			return e;
		}
	}
	return ERR_OK;
}

static enum err scan_secondary(struct search *s)
{
	struct mbus_secondary all;
	enum answer answer = ANSWER_NONE;
	memset(all.bytes, 0xff, sizeof(all.bytes));
	enum err e = probe(s, &all, &answer);
	return !e && answer == ANSWER_MANY ? walk(s, all, 0) : e;
}

static enum err try_primary(struct search *s, uint8_t address, bool is_doubtful)
{
	struct mbus_out out;
	struct mbus_message m;
	struct mbus_secondary who;
	enum answer answer;
	char text[48];
	enum err e = ask_ack(s, mbus_short(&out, MBUS_SND_NKE, address), &answer);
	if (e || answer == ANSWER_NONE) {
		return e;
	}
	e = read_header(s, address, &answer, &m);
	if (e || answer != ANSWER_ONE || m.frame.kind != MBUS_KIND_LONG || m.frame.a != address) {
		return e;
	}
	if (is_doubtful && m.has_header) {
		mbus_secondary_of(&m.header, &who);
		e = select(s, &who, &answer);
		if (e || answer != ANSWER_ONE) {
			return e;
		}
	}
	(void)snprintf(text, sizeof(text), "address=%u", address);
	return tell(s, &m, text);
}

static enum err scan_primary(struct search *s)
{
	for (unsigned a = 1; a <= MBUS_ADDRESS_MAX; a++) {
		enum err e = try_primary(s, (uint8_t)a, false);
		if (e) {
			return e;
		}
	}
	return ERR_OK;
}

enum err mbus_scan(struct talk *t, scan_fn *found, void *ctx)
{
	struct search s = {.talk = t, .found = found, .ctx = ctx};
	const char *how = talk_param_text(t, "scan");
	bool is_both = strcmp(how, "both") == 0;
	if (!is_both && strcmp(how, "primary") != 0 && strcmp(how, "secondary") != 0) {
		return talk_fail(t, ERR_INVAL, "scan: primary, secondary or both, not '%s'", how);
	}
	enum err e = ERR_OK;
	if (strcmp(how, "secondary") != 0) {
		e = scan_primary(&s);
	}
	size_t by_primary = s.known_n;
	if (!e && strcmp(how, "primary") != 0) {
		e = scan_secondary(&s);
	}
	/* several meters share address 0: where secondary addresses work, one must confirm itself */
	if (!e && strcmp(how, "secondary") != 0) {
		e = try_primary(&s, 0, s.known_n > by_primary);
	}
	return e;
}
