/*
 * mbus_session.c - a conversation with one meter; see mbus_driver.h
 *
 *   primary          secondary
 *     SND_NKE  -> E5   select  -> E5        the meter's FCB image is cleared
 *     REQ_UD2 +FCB  -> RSP_UD               first FCB = 1, then toggled for each step
 *     REQ_UD2       -> RSP_UD ...           while 1F ends the records
 *
 * A repeated request keeps its FCB, so the meter repeats its telegram: repetition is the talk's
 * business. A reply is taken from the asked address only, and by secondary address only from a
 * meter whose identification fits; others are counted as foreign. A lone E5 in answer to REQ_UD2
 * means "no data", but it is also what may be left of a damaged telegram, so it is asked twice.
 */
#include "drivers/mbus_driver.h"

#include <string.h>

static struct frame_verdict cut(struct slice so_far, unsigned kinds)
{
	struct frame_verdict v = {FRAME_MORE, 0};
	switch (mbus_cut(so_far, kinds, &v.size)) {
	case MBUS_CUT_MORE: v.state = FRAME_MORE; break;
	case MBUS_CUT_FULL: v.state = FRAME_FULL; break;
	case MBUS_CUT_JUNK: v.state = FRAME_JUNK; break;
	}
	return v;
}

static struct frame_verdict ack_frame(struct slice so_far)
{
	return cut(so_far, MBUS_CUT_ACK);
}

static struct frame_verdict reply_frame(struct slice so_far)
{
	return cut(so_far, MBUS_CUT_REPLY);
}

/* FCB of this step as bits of C. */
static uint8_t fcb(const struct mbus_session *s)
{
	return (uint8_t)(MBUS_FCV | (s->state->fcb ? MBUS_FCB : 0));
}

static enum err expect_ack(struct mbus_session *s, struct slice request)
{
	struct slice reply;
	if (request.size == 0) {
		return talk_fail(s->talk, ERR_INVAL, "the request does not fit a frame");
	}
	return talk_exchange(s->talk, request, ack_frame, &reply);
}

static enum err reset_link(struct mbus_session *s)
{
	struct mbus_out out;
	enum err e = expect_ack(s, mbus_short(&out, MBUS_SND_NKE, s->address));
	if (!e) {
		s->state->fcb = true;
		s->state->is_fcb_known = true;
	}
	return e;
}

static enum err select_secondary(struct mbus_session *s)
{
	struct mbus_out out;
	mbus_begin(&out, MBUS_SND_UD, MBUS_ADDRESS_SELECTED, MBUS_CI_SELECT);
	mbus_put(&out, s->secondary.bytes, sizeof(s->secondary.bytes));
	enum err e = expect_ack(s, mbus_end(&out));
	if (!e) {
		s->state->fcb = true;
		s->state->is_fcb_known = true;
	}
	return e;
}

void mbus_begin_send(struct mbus_session *s, struct mbus_out *out, uint8_t ci)
{
	mbus_begin(out, (uint8_t)(MBUS_SND_UD & ~MBUS_FCV) | fcb(s), s->address, ci);
}

enum err mbus_send(struct mbus_session *s, struct mbus_out *out)
{
	enum err e = expect_ack(s, mbus_end(out));
	if (!e) {
		s->state->fcb = !s->state->fcb;
	}
	return e;
}

enum err mbus_reset(struct mbus_session *s, int64_t subcode)
{
	struct mbus_out out;
	mbus_begin_send(s, &out, MBUS_CI_RESET);
	if (subcode >= 0) {
		mbus_put_u8(&out, (uint8_t)subcode);
	}
	s->telegrams = 0;
	return mbus_send(s, &out);
}

/* The meter acknowledges at the old speed and answers at the new one; silence there: back again. */
static enum err switch_speed(struct mbus_session *s, int baud)
{
	struct mbus_out out;
	uint8_t ci;
	if (!mbus_ci_of_baud(baud, &ci)) {
		return talk_fail(s->talk, ERR_INVAL, "no M-Bus baud rate: %d", baud);
	}
	mbus_begin_send(s, &out, ci);
	enum err e = mbus_send(s, &out);
	return e ? e : talk_speed(s->talk, baud, "8E1");
}

static void go_fast(struct mbus_session *s)
{
	int home = talk_baud(s->talk), fast = (int)talk_param(s->talk, "fast_baud");
	if (fast == 0 || fast == home || switch_speed(s, fast)) {
		return; /* a meter that cannot is read at its own speed */
	}
	s->is_fast = reset_link(s) == ERR_OK;
	if (!s->is_fast) {
		(void)talk_speed(s->talk, home, "8E1");
		(void)(s->is_secondary ? select_secondary(s) : reset_link(s));
	}
}

enum err mbus_open(struct mbus_session *s, struct talk *t)
{
	const char *secondary = talk_param_text(t, "secondary");
	*s = (struct mbus_session){.talk = t, .state = talk_state(t, sizeof(struct mbus_state))};
	enum err e = ERR_OK;
	if (*secondary) {
		if (!mbus_secondary_parse(secondary, &s->secondary)) {
			return talk_fail(t, ERR_INVAL,
				"secondary: 8 digits, or 16 as printed with F for any, not '%s'",
				secondary);
		}
		s->is_secondary = true;
		s->address = MBUS_ADDRESS_SELECTED;
		e = select_secondary(s);
	} else {
		s->address = (uint8_t)talk_param(t, "address");
		if (talk_param(t, "nke") || !s->state->is_fcb_known) {
			e = reset_link(s);
		}
	}
	if (!e) {
		go_fast(s);
	}
	if (!e && s->state->is_reset_due) {
		e = mbus_reset(s, talk_param(t, "reset"));
		s->state->is_reset_due = e != ERR_OK;
	}
	return e;
}

void mbus_close(struct mbus_session *s)
{
	if (s->is_fast) {
		s->is_fast = false;
		(void)switch_speed(s, talk_baud(s->talk));
	}
}

static bool is_ours(
	const struct mbus_session *s, const struct mbus_frame *f, struct mbus_message *m)
{
	struct mbus_secondary who;
	if (f->kind != MBUS_KIND_LONG || (f->c & 0x4f) != MBUS_RSP_UD) {
		return false;
	}
	if (s->address <= MBUS_ADDRESS_MAX && f->a != s->address) {
		return false;
	}
	if (mbus_message_decode(f, m, NULL) || !s->is_secondary || !m->has_header) {
		return true; /* damage inside is told by the caller */
	}
	mbus_secondary_of(&m->header, &who);
	if (m->body == MBUS_BODY_FIXED) { /* has no manufacturer and version */
		memcpy(who.bytes + 4, s->secondary.bytes + 4, 4);
	}
	return mbus_secondary_matches(&s->secondary, &who);
}

/* REQ_UD2; a reply of somebody else is set aside. *ret_is_ack: the meter has nothing. */
static enum err request(struct mbus_session *s, struct mbus_message *ret, bool *ret_is_ack)
{
	struct mbus_out out;
	struct slice reply;
	struct diag diag = {0};
	struct mbus_frame f;
	struct slice bytes = mbus_short(
		&out, (uint8_t)(MBUS_REQ_UD2 & ~(MBUS_FCV | MBUS_FCB)) | fcb(s), s->address);
	enum err e = talk_exchange(s->talk, bytes, reply_frame, &reply);
	for (; !e; e = talk_again(s->talk, reply_frame, &reply)) {
		e = mbus_frame_decode(reply, &f, &diag);
		if (e) {
			return talk_fail(s->talk, e, "%s", diag.text);
		}
		*ret_is_ack = f.kind == MBUS_KIND_ACK;
		if (*ret_is_ack || is_ours(s, &f, ret)) {
			break;
		}
	}
	if (!e && !*ret_is_ack) {
		e = mbus_message_decode(&f, ret, &diag);
		return e ? talk_fail(s->talk, e, "%s", diag.text) : ERR_OK;
	}
	return e;
}

static enum err check_body(struct mbus_session *s, const struct mbus_message *m)
{
	switch (m->body) {
	case MBUS_BODY_RECORDS:
	case MBUS_BODY_FIXED: return ERR_OK;
	case MBUS_BODY_ERROR:
		return talk_fail(s->talk, mbus_error_err(m->code), "application error: %s",
			mbus_error_name(m->code));
	case MBUS_BODY_ENCRYPTED:
		return talk_fail(s->talk, ERR_DENIED, "the data are encrypted, mode %u",
			m->header.config >> 8 & 0x1fu);
	default:
		return talk_fail(s->talk, ERR_PROTO, "CI %02X %s instead of data", m->frame.ci,
			mbus_ci_name(m->frame.ci));
	}
}

enum err mbus_readout(struct mbus_session *s, struct mbus_message *ret)
{
	bool is_ack = false;
	enum err e = request(s, ret, &is_ack);
	if (!e && is_ack) {
		e = request(s, ret, &is_ack);
	}
	if (e) {
		/* did the meter step on or not? The next conversation begins with a reset, lest the
		 * meter repeats an old telegram for a new one */
		s->state->is_fcb_known = false;
		return e;
	}
	s->state->fcb = !s->state->fcb;
	if (is_ack) {
		return talk_fail(s->talk, ERR_NODATA, "the meter has nothing to send");
	}
	s->map = ret->has_header ? talk_quirks(s->talk, ret->header.manufacturer,
					   ret->header.version, ret->header.medium) :
				   NULL;
	return check_body(s, ret);
}

static uint32_t hash_of(struct slice bytes)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < bytes.size; i++) {
		h = (h ^ bytes.data[i]) * 16777619u;
	}
	return h ? h : 1;
}

bool mbus_has_more(struct mbus_session *s, const struct mbus_cursor *cursor, int limit)
{
	uint32_t hash = hash_of(cursor->message->records);
	bool is_repeated = s->telegrams > 0 && hash == s->last_hash;
	s->last_hash = hash;
	s->telegrams++;
	return cursor->has_more && !is_repeated && s->telegrams < limit;
}
