/*
 * iec62056_session.c - a conversation of IEC 62056-21; see iec62056_driver.h
 *
 * The speed changes behind the option select (mode C) or the identification (mode B), where the meter
 * offers another than it is spoken to and the link can follow; a gateway stays at its own. A call that
 * broke off leaves the meter in its session at the fast speed for a minute or two: the next one ends
 * that first.
 *
 * NAK means that the request came damaged, or that the kind of check is wrong: it is asked again.
 */
#include "drivers/iec62056_driver.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

#define FRAMING    "7E1"
#define TRIES      3  /* sign-ons; requests answered with NAK */
#define BLOCKS_MAX 16 /* partial blocks of one answer */
#define WAKE_MAX   IEC_OUT_MAX

/* ---- frames ---- */

static struct frame_verdict verdict(enum iec_cut cut, size_t size)
{
	return (struct frame_verdict){cut == IEC_CUT_MORE ? FRAME_MORE :
				      cut == IEC_CUT_FULL ? FRAME_FULL :
							    FRAME_JUNK,
		size};
}

static struct frame_verdict frame_ident(struct slice so_far)
{
	size_t size;
	enum iec_cut cut = iec_cut_ident(so_far, &size);
	return verdict(cut, size);
}

static struct frame_verdict frame_xor(struct slice so_far)
{
	size_t size;
	enum iec_cut cut = iec_cut_message(IEC_BCC_XOR, so_far, &size);
	return verdict(cut, size);
}

static struct frame_verdict frame_sum(struct slice so_far)
{
	size_t size;
	enum iec_cut cut = iec_cut_message(IEC_BCC_SUM, so_far, &size);
	return verdict(cut, size);
}

static struct frame_verdict frame_none(struct slice so_far)
{
	size_t size;
	enum iec_cut cut = iec_cut_message(IEC_BCC_NONE, so_far, &size);
	return verdict(cut, size);
}

static frame_fn *frame_of(enum iec_bcc kind)
{
	return kind == IEC_BCC_XOR ? frame_xor : kind == IEC_BCC_SUM ? frame_sum : frame_none;
}

static struct slice out_slice(const struct iec_out *o)
{
	return (struct slice){o->data, o->size};
}

/* ---- sign-on ---- */

static enum err bcc_of(struct iec_session *s)
{
	const char *text = talk_param_text(s->talk, "bcc");
	s->bcc = strcmp(text, "xor") == 0  ? IEC_BCC_XOR :
		 strcmp(text, "sum") == 0  ? IEC_BCC_SUM :
		 strcmp(text, "none") == 0 ? IEC_BCC_NONE :
		 s->map                    ? s->map->bcc :
					     IEC_BCC_XOR;
	return strcmp(text, "auto") == 0 || s->bcc != IEC_BCC_XOR || strcmp(text, "xor") == 0 ?
		       ERR_OK :
		       talk_fail(s->talk, ERR_INVAL, "bcc: auto, xor, sum or none");
}

static void wake(struct iec_session *s)
{
	static const uint8_t zeros[WAKE_MAX];
	size_t n = s->map ? s->map->wake : 0;
	if (n) {
		(void)talk_send(s->talk, (struct slice){zeros, n < WAKE_MAX ? n : WAKE_MAX});
	}
}

static void send_break(struct iec_session *s)
{
	struct iec_out o;
	if (!iec_command(s->bcc == IEC_BCC_NONE ? IEC_BCC_XOR : s->bcc, "B0", NULL, &o)) {
		(void)talk_send(s->talk, out_slice(&o));
	}
}

/* A session an earlier call could not end. */
static void end_old(struct iec_session *s)
{
	if (s->state->fast_baud && !talk_speed(s->talk, s->state->fast_baud, FRAMING)) {
		s->bcc = s->state->map ? s->state->map->bcc : s->bcc;
		send_break(s);
		(void)talk_speed(s->talk, talk_baud(s->talk), FRAMING);
	}
	s->state->fast_baud = 0;
}

static enum err identify(struct iec_session *s)
{
	struct iec_out o;
	struct slice reply;
	iec_sign_on(talk_param_text(s->talk, "address"), &o);
	wake(s);
	enum err e = talk_exchange(s->talk, out_slice(&o), frame_ident, &reply);
	while (!e) {
		if (!iec_ident_parse(reply, &s->ident)) {
			return ERR_PROTO;
		}
		const struct iec_map *map = talk_variant(s->talk, s->ident.maker, s->ident.ident);
		if (!map || strncmp(map->flag, s->ident.maker, 3) == 0) {
			s->map = map;
			return bcc_of(s);
		}
		e = talk_again(s->talk, frame_ident, &reply); /* a meter of another maker */
	}
	return e;
}

/* The speed to go to, 0 to stay; `ret_z` is the character that says so. */
static int speed_of(struct iec_session *s, bool is_b, int offered, char *ret_z)
{
	int home = talk_baud(s->talk);
	*ret_z = s->ident.speed;
	if (!offered || offered == home) {
		return 0;
	}
	bool is_fixed = s->map && s->map->line.baud == home;
	if (is_fixed || talk_speed(s->talk, home, FRAMING)) {
		/* a gateway: its speed is not ours to change, so the meter is to keep it */
		*ret_z = is_b || is_fixed || home != 300 ? s->ident.speed : '0';
		return 0;
	}
	return offered;
}

static enum err take(struct iec_session *s, struct slice frame)
{
	enum err e = iec_message_parse(s->bcc, frame, &s->message);
	s->text = (struct slice){(const uint8_t *)s->message.text, s->message.size};
	return e;
}

/* Select mode and speed; the next message of the meter is in `message`. */
static enum err select_mode(struct iec_session *s, char protocol, char mode)
{
	struct iec_out o;
	struct slice reply;
	bool is_b;
	char z;
	int offered = iec_speed(s->ident.speed, &is_b);
	int fast = speed_of(s, is_b, offered, &z);
	enum err e = ERR_OK;
	frame_fn *frame = frame_of(s->bcc);
	iec_select(protocol, z, mode, &o);
	if (is_b || !offered) {
		e = fast ? talk_speed(s->talk, fast, FRAMING) : ERR_OK;
		e = e ? e : talk_listen(s->talk, frame, &reply);
	} else if (fast) {
		e = talk_send(s->talk, out_slice(&o));
		e = e ? e : talk_speed(s->talk, fast, FRAMING);
		s->state->fast_baud = e ? 0 : fast;
		e = e ? e : talk_listen(s->talk, frame, &reply);
	} else {
		e = talk_once(s->talk, out_slice(&o), frame, &reply);
	}
	e = e ? e : take(s, reply);
	return e == ERR_PROTO ? talk_fail(s->talk, ERR_PROTO, "the meter refuses the mode") : e;
}

bool iec_is_readout(const struct iec_session *s)
{
	return !s->map || s->map->is_readout;
}

static enum err login(struct iec_session *s)
{
	char operand[IEC_ID_CAP + 4];
	struct iec_out o;
	struct slice reply;
	const char *how = talk_param_text(s->talk, "login");
	const char *password = talk_param_text(s->talk, "password");
	bool is_p2 = strcmp(how, "p2") == 0;
	if (strcmp(how, "no") == 0 || (strcmp(how, "auto") == 0 && !s->map->has_login)) {
		return ERR_OK;
	}
	password = *password ? password : s->map->password;
	if (is_p2) {
		const char *challenge = s->message.text + (s->message.text[0] == '(');
		(void)snprintf(operand, sizeof(operand), "(%08X)",
			(unsigned)iec_password_hash(challenge, password));
	} else {
		(void)snprintf(operand, sizeof(operand), "(%s)", password);
	}
	enum err e = iec_command(s->bcc, is_p2 ? "P2" : "P1", operand, &o);
	e = e ? e : talk_exchange(s->talk, out_slice(&o), frame_of(s->bcc), &reply);
	if (!e && (reply.size != 1 || (reply.data[0] & 0x7f) != IEC_ACK)) {
		return talk_fail(s->talk, ERR_DENIED,
			"the meter refuses the password: check 'password' and 'login'");
	}
	return e;
}

/* Behind the identification. */
static enum err open_mode(struct iec_session *s)
{
	bool is_readout = iec_is_readout(s);
	const char *how = talk_param_text(s->talk, "select");
	how = !is_readout ? "01" : *how ? how : s->map && s->map->select[0] ? s->map->select : "00";
	if (strlen(how) != 2) {
		return talk_fail(s->talk, ERR_INVAL, "select: two characters, such as 00 or 26");
	}
	enum err e = select_mode(s, how[0], how[1]);
	if (e || is_readout) {
		return e;
	}
	s->is_open = true;
	if (strcmp(s->message.command, "P0") != 0) {
		return talk_fail(s->talk, ERR_PROTO,
			"the meter does not go into programming mode: is the variant right?");
	}
	return login(s);
}

enum err iec_open(struct talk *t, struct iec_session *s)
{
	s->talk = t;
	s->state = talk_state(t, sizeof(*s->state));
	s->map = talk_variant(t, NULL, NULL);
	s->is_open = false;
	s->has_session = talk_param(t, "session") != 0;
	s->text = (struct slice){NULL, 0};
	s->ident = (struct iec_ident){.maker = ""};
	enum err e = bcc_of(s);
	if (!e && !s->has_session && (!s->map || s->map->is_readout)) {
		e = talk_fail(t, ERR_INVAL,
			"session: reading without one needs 'variant', and one that is not a readout");
	}
	if (e || !s->has_session) {
		return e; /* the map is the named one */
	}
	end_old(s);
	for (int i = 0; i < TRIES; i++) {
		e = identify(s); /* asked again by the talk */
		if (e) {
			break;
		}
		e = open_mode(s);
		if (e != ERR_TIMEOUT && e != ERR_NOISE) {
			break;
		}
		iec_close(s);
	}
	if (!e && (s->state->map != s->map || !s->state->is_known)) {
		int fast = s->state->fast_baud;
		*s->state = (struct iec_state){.is_known = true, .map = s->map, .fast_baud = fast};
	}
	if (e) {
		iec_close(s);
	}
	return e;
}

void iec_close(struct iec_session *s)
{
	if (s->is_open || (s->state->fast_baud && !iec_is_readout(s))) {
		send_break(s);
	}
	if (s->has_session) {
		(void)talk_speed(s->talk, talk_baud(s->talk), FRAMING);
	}
	s->state->fast_baud = 0;
	s->is_open = false;
}

/* ---- one value ---- */

bool iec_is_refusal(enum err e)
{
	return err_is_answer(e) || e == ERR_LIMIT;
}

/* A session needs no sign-on where the meter reads what stands behind one without it. */
static enum err request_of(const struct iec_session *s, const char *what, struct iec_out *ret)
{
	struct iec_out o;
	enum err e = iec_command(s->bcc, "R1", what, &o);
	if (e || s->has_session) {
		*ret = o;
		return e;
	}
	int n = snprintf((char *)ret->data, sizeof(ret->data), "/?%.32s!",
		talk_param_text(s->talk, "address"));
	if (n < 0 || (size_t)n + o.size > sizeof(ret->data)) {
		return ERR_LIMIT;
	}
	memcpy(ret->data + n, o.data, o.size);
	ret->size = (size_t)n + o.size;
	return ERR_OK;
}

/* Is the answer for `what`: is its first set called so, or an error without a name? */
static bool is_ours(const struct iec_session *s, const char *what)
{
	struct iec_walk w = iec_walk_of(s->text);
	struct iec_set set;
	size_t n = strcspn(what, "(");
	bool is_group = strncmp(what, "GROUP", 5) == 0; /* its parts are named, not the whole */
	if (!iec_walk_next(&w, &set)) {
		return true; /* nothing at all */
	}
	return !set.is_named || is_group || (set.id.size == n && memcmp(set.id.data, what, n) == 0);
}

/* The rest of an answer in blocks, behind the first. */
static enum err more_blocks(struct iec_session *s)
{
	static const uint8_t ack[] = {IEC_ACK};
	char whole[IEC_MAX + 1];
	size_t n = s->message.size;
	memcpy(whole, s->message.text, n);
	for (int i = 0; s->message.is_partial; i++) {
		struct slice reply;
		enum err e = i < BLOCKS_MAX ?
				     talk_once(s->talk, SLICE(ack), frame_of(s->bcc), &reply) :
				     ERR_PROTO;
		e = e ? e : take(s, reply);
		if (e) {
			return e;
		}
		if (n + s->message.size > IEC_MAX) {
			return talk_fail(s->talk, ERR_PROTO, "an answer without end");
		}
		memcpy(whole + n, s->message.text, s->message.size);
		n += s->message.size;
	}
	whole[n] = 0;
	memcpy(s->message.text, whole, n + 1);
	s->message.size = n;
	s->text.size = n;
	return ERR_OK;
}

/* An error is a set without a name, or the only value there is and no number. */
static enum err refusal_of(struct iec_session *s, const char *what)
{
	struct iec_walk w = iec_walk_of(s->text);
	struct iec_set set, next;
	double v;
	int decimals;
	if (!iec_walk_next(&w, &set)) {
		return talk_fail(s->talk, ERR_NODATA, "%s: an empty answer", what);
	}
	bool is_error = set.value.size >= 2 && memcmp(set.value.data, "ER", 2) == 0;
	bool is_alone = !iec_walk_next(&w, &next) && !iec_number(set.value, &v, &decimals);
	if (set.is_named && !(is_error && is_alone)) {
		return ERR_OK;
	}
	enum err e = iec_map_error(s->map, set.value);
	return talk_fail(s->talk, e, "%s: the meter says %.*s", what, (int)set.value.size,
		(const char *)set.value.data);
}

enum err iec_ask(struct iec_session *s, const char *what)
{
	struct iec_out o;
	struct slice reply;
	enum err e = request_of(s, what, &o);
	for (int i = 0; !e; i++) {
		e = talk_exchange(s->talk, out_slice(&o), frame_of(s->bcc), &reply);
		if (e || reply.size > 1) {
			break;
		}
		if (i + 1 == TRIES) {
			return talk_fail(s->talk, ERR_NOISE,
				"%s: the meter finds the check of the request wrong: is 'bcc' right?",
				what);
		}
	}
	while (!e) {
		e = take(s, reply);
		if (e == ERR_OK && is_ours(s, what)) {
			break;
		}
		e = talk_again(s->talk, frame_of(s->bcc), &reply);
	}
	e = e ? e : s->message.is_partial ? more_blocks(s) : ERR_OK;
	return e ? e : refusal_of(s, what);
}

/* ---- values of an answer ---- */

struct iec_values iec_values_of(const struct iec_session *s, const char *id)
{
	return (struct iec_values){.walk = iec_walk_of(s->text),
		.id = id,
		.separator = s->map ? s->map->separator : 0};
}

bool iec_values_next(struct iec_values *v, struct slice *ret_value, struct slice *ret_unit)
{
	for (;;) {
		if (v->has_set &&
			iec_part(v->set.value, v->separator, v->part, ret_value, ret_unit)) {
			v->part++;
			return true;
		}
		v->part = 0;
		v->has_set = iec_walk_next(&v->walk, &v->set);
		while (v->has_set && v->id && !iec_equal(v->set.id, v->id)) {
			v->has_set = iec_walk_next(&v->walk, &v->set);
		}
		if (!v->has_set) {
			return false;
		}
	}
}

unsigned iec_values_count(struct iec_values v)
{
	struct slice value, unit;
	unsigned n = 0;
	while (iec_values_next(&v, &value, &unit)) {
		n++;
	}
	return n;
}
