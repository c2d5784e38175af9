/*
 * logika_m4_session.c - a conversation with a Logika M4 device; see logika_m4.h
 *
 *   FF x 16, 3F (short)     who is there? Whoever is not meant falls silent until the next FFs
 *   42 (extended)           another speed: acknowledged at the old one; after 10 s of silence, and by
 *                           us at the end, back to the first
 *   72, 77, 61              read, write, archive
 *
 * M4 devices take the request right behind the wake-up. Legacy ones want a second of silence between;
 * that is tried once with a meter that has never answered, to tell the operator which driver it needs.
 */
#include "drivers/logika_m4.h"

#include "base/str.h"

#include <string.h>

#define SLOW_WAKE_MS 1000
#define SWITCH_MS    50
#define SETTINGS_MAX 4

static const int speeds[] = {2400, 4800, 9600, 19200, 38400, 57600, 115200};

static struct frame_verdict frame_reply(struct slice so_far)
{
	struct m4_cut cut = m4_cut_reply(so_far, 3); /* short ones: session, errors */
	return (struct frame_verdict){cut.state == M4_CUT_FULL ? FRAME_FULL :
				      cut.state == M4_CUT_MORE ? FRAME_MORE :
								 FRAME_JUNK,
		cut.size};
}

static enum err refusal(struct m4_session *s, unsigned error)
{
	switch (error) {
	case M4_NO_DATA:
		return talk_fail(s->talk, ERR_NODATA, "the meter says: %s", m4_error_text(error));
	case M4_WRITE_PROTECTED:
		return talk_fail(s->talk, ERR_DENIED,
			"the meter says: %s; its protection switch or key forbids it",
			m4_error_text(error));
	case M4_SECURED_ONLY:
	case M4_BAD_SECURED:
		return talk_fail(s->talk, ERR_DENIED,
			"the meter says: %s; encryption is not supported, switch it off in the meter",
			m4_error_text(error));
	case M4_BAD_REQUEST:
		return talk_fail(s->talk, ERR_UNSUPP,
			"the meter does not understand extended requests; older SPT941, 942 and 943 are read by driver logika");
	default:
		return talk_fail(s->talk, ERR_UNSUPP, "the meter says: %s (%u)",
			m4_error_text(error), error);
	}
}

/* ---- exchanges ---- */

void m4_request(struct m4_session *s, uint8_t code)
{
	s->packet = s->state->packet++;
	m4_begin(&s->out, s->nt, s->packet, code);
}

static bool is_reply(
	const struct m4_session *s, struct slice reply, uint8_t code, struct m4_frame *ret_frame)
{
	return m4_decode(reply, ret_frame) && ret_frame->nt == s->nt &&
	       (ret_frame->code == code || ret_frame->code == M4_ERROR) &&
	       (ret_frame->is_extended ? ret_frame->id == s->packet : ret_frame->code == M4_ERROR);
}

enum err m4_ask(struct m4_session *s, struct slice *ret_body)
{
	struct m4_frame f;
	struct slice reply;
	uint8_t code = s->out.data[7];
	if (s->out.is_full) {
		return talk_fail(s->talk, ERR_LIMIT, "the request does not fit a message");
	}
	enum err e = talk_exchange(s->talk, m4_end(&s->out), frame_reply, &reply);
	while (!e && !is_reply(s, reply, code, &f)) {
		e = talk_again(s->talk, frame_reply, &reply);
	}
	if (e) {
		return e;
	}
	if (f.is_extended && f.atr) {
		return talk_fail(s->talk, ERR_DENIED,
			"the meter answers encrypted; encryption is not supported, switch it off in the meter");
	}
	if (f.code == M4_ERROR) {
		return refusal(s, f.data.size ? f.data.data[0] : M4_BAD_REQUEST);
	}
	*ret_body = f.data;
	return ERR_OK;
}

/* ---- the session request ---- */

static bool is_session_reply(const struct m4_session *s, struct slice reply, struct m4_frame *ret)
{
	return m4_decode(reply, ret) && !ret->is_extended && ret->nt == s->nt &&
	       (ret->code == M4_ERROR ? ret->data.size >= 1 :
					ret->code == M4_SESSION && ret->data.size == 3);
}

/* `wake`: bytes of FF right before the request. */
static enum err ask_session(struct m4_session *s, size_t wake, struct m4_frame *ret)
{
	static const uint8_t zeros[4];
	uint8_t bytes[M4_WAKE_BYTES + 16];
	struct slice reply;
	struct slice request = m4_short(&s->out, s->nt, M4_SESSION, SLICE(zeros));
	memset(bytes, 0xff, wake);
	memcpy(bytes + wake, request.data, request.size);
	request = (struct slice){bytes, wake + request.size};
	enum err e = wake ? talk_exchange(s->talk, request, frame_reply, &reply) :
			    talk_once(s->talk, request, frame_reply, &reply);
	while (!e && !is_session_reply(s, reply, ret)) {
		e = talk_again(s->talk, frame_reply, &reply);
	}
	return e ? e : ret->code == M4_ERROR ? refusal(s, ret->data.data[0]) : ERR_OK;
}

static enum err ask_slowly(struct m4_session *s, struct m4_frame *ret)
{
	uint8_t wake[M4_WAKE_BYTES];
	memset(wake, 0xff, sizeof(wake));
	enum err e = talk_send(s->talk, SLICE(wake));
	if (!e) {
		talk_pause(s->talk, SLOW_WAKE_MS);
		e = ask_session(s, 0, ret);
	}
	return e;
}

static enum err choose_layout(struct m4_session *s, const struct m4_frame *f)
{
	const char *wish = talk_param_text(s->talk, "device");
	uint16_t ident = (uint16_t)(f->data.data[0] << 8 | f->data.data[1]);
	uint8_t version = f->data.data[2];
	const char *legacy = m4_legacy_name(ident, version);
	s->state->version = version;
	if (strcmp(wish, "auto") != 0) {
		const struct m4_layout *told = m4_layout_of(ident, version);
		s->layout = m4_layout_named(wish);
		if (!s->layout) {
			return talk_fail(s->talk, ERR_INVAL,
				"device: auto, spt941_20, spt943, spt944 or spg742");
		}
		/* the numbers of one model mean other things in another */
		return !told || told == s->layout ?
			       ERR_OK :
			       talk_fail(s->talk, ERR_INVAL,
				       "device: %s, but the meter says it is a %s; auto takes its word",
				       wish, told->model);
	}
	s->layout = m4_layout_of(ident, version);
	if (s->layout) {
		return ERR_OK;
	}
	if (legacy) {
		return talk_fail(s->talk, ERR_UNSUPP,
			"this is %s, version %02X, which speaks the legacy protocol: use driver logika",
			legacy, version);
	}
	return talk_fail(s->talk, ERR_UNSUPP, "unknown device %04X, version %02X: set device",
		ident, version);
}

/* ---- speed ---- */

static int speed_code(int baud)
{
	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		if (speeds[i] == baud) {
			return (int)i;
		}
	}
	return -1;
}

static enum err ask_speed(struct m4_session *s, int baud)
{
	uint8_t body[4] = {(uint8_t)speed_code(baud)};
	struct slice reply;
	m4_request(s, M4_SPEED);
	memcpy(s->out.data + s->out.size, body, sizeof(body));
	s->out.size += sizeof(body);
	enum err e = m4_ask(s, &reply);
	if (!e) {
		talk_pause(s->talk, SWITCH_MS);
		e = talk_speed(s->talk, baud, "8N1");
	}
	return e;
}

static enum err speed_up(struct m4_session *s)
{
	int baud = (int)talk_param(s->talk, "fast_baud");
	int home = talk_baud(s->talk);
	if (baud == 0 || baud == home) {
		return ERR_OK;
	}
	if (speed_code(baud) < 0 || speed_code(home) < 0) {
		return talk_fail(s->talk, ERR_INVAL,
			"fast_baud and baud: 2400, 4800, 9600, 19200, 38400, 57600 or 115200");
	}
	/* a gateway has no speed of ours to change, and the meter behind it must keep its own */
	if (talk_speed(s->talk, home, "8N1") == ERR_UNSUPP) {
		return ERR_OK;
	}
	s->state->is_left_fast = true; /* also when its acknowledge is lost */
	enum err e = ask_speed(s, baud);
	if (err_is_answer(e)) {
		s->state->is_left_fast = false;
		return ERR_OK; /* not as fast as that: on at the first speed */
	}
	s->is_fast = !e;
	return e;
}

/* ---- open, close ---- */

enum err m4_open_session(struct m4_session *s, struct talk *t)
{
	struct m4_frame f;
	*s = (struct m4_session){.talk = t,
		.state = talk_state(t, sizeof(struct m4_state)),
		.nt = (uint8_t)talk_param(t, "address"),
		.systems = talk_param(t, "systems")};
	if (!s->state->is_begun) {
		int64_t id = talk_param(t, "id");
		s->state->packet = (uint8_t)(id < 0 ? talk_now(t) : id);
		s->state->is_begun = true;
	}
	enum err e = ask_session(s, M4_WAKE_BYTES, &f);
	if (e == ERR_TIMEOUT && s->state->is_left_fast) {
		e = talk_speed(t, (int)talk_param(t, "fast_baud"), "8N1");
		e = e ? e : ask_session(s, M4_WAKE_BYTES, &f);
		s->is_fast = !e;
		s->state->is_left_fast = false;
		if (e) {
			(void)talk_speed(t, talk_baud(t), "8N1");
			return e;
		}
	} else if (e == ERR_TIMEOUT && !s->state->is_known) {
		e = ask_slowly(s, &f);
	}
	e = e ? e : choose_layout(s, &f);
	if (!e) {
		s->state->is_known = true;
		e = s->is_fast ? ERR_OK : speed_up(s);
	}
	return e;
}

void m4_close_session(struct m4_session *s)
{
	if (s->is_fast) {
		enum err e = ask_speed(s, talk_baud(s->talk));
		s->state->is_left_fast = e != ERR_OK;
		if (e) {
			(void)talk_speed(s->talk, talk_baud(s->talk), "8N1");
		}
		s->is_fast = false;
	}
}

/* ---- settings ---- */

static enum err unit_of(struct m4_session *s, const struct m4_value *v, const enum unit units[3],
	const char *what, enum unit *ret)
{
	char text[16];
	int64_t code;
	if (!m4_text(v, text, sizeof(text)) || str_to_int(text, &code) || code < 0 || code > 2) {
		return talk_fail(s->talk, ERR_PROTO, "the meter's unit of %s is unknown: \"%s\"",
			what, text);
	}
	*ret = units[code];
	return ERR_OK;
}

/* Text "01" within limits; -1: not there or nonsense. */
static int number_of(const struct m4_value *v, int min, int max)
{
	char text[16];
	int64_t n;
	const char *digits = text;
	if (!m4_text(v, text, sizeof(text))) {
		return -1;
	}
	while (digits[0] == '0' && digits[1]) {
		digits++;
	}
	return str_to_int(digits, &n) || n < min || n > max ? -1 : (int)n;
}

enum err m4_read_settings(struct m4_session *s)
{
	static const enum unit pressures[3] = {UNIT_KGF_CM2, UNIT_MPA, UNIT_BAR};
	static const enum unit heats[3] = {UNIT_GCAL, UNIT_GJ, UNIT_MWH};
	const struct m4_layout *l = s->layout;
	const int16_t numbers[SETTINGS_MAX] = {
		l->unit_pressure, l->unit_heat, l->report_day, l->report_hour};
	struct m4_value v[SETTINGS_MAX];
	struct slice body;
	size_t n = 0;
	s->calendar = *talk_calendar(s->talk);
	s->calendar.zone = talk_zone(s->talk);
	s->calendar.report_day = s->calendar.report_day ? s->calendar.report_day : 1;
	if (l->unit_pressure < 0) {
		return ERR_OK;
	}
	m4_request(s, M4_READ);
	for (int i = 0; i < SETTINGS_MAX; i++) {
		m4_put_param(&s->out, 0, (unsigned)numbers[i]);
	}
	enum err e = m4_ask(s, &body);
	if (e) {
		return e;
	}
	struct reader r = reader_of(body);
	while (n < SETTINGS_MAX && m4_next(&r, &v[n])) {
		n += v[n].tag != M4_OPERATIVE;
	}
	if (n < SETTINGS_MAX) {
		return talk_fail(s->talk, ERR_PROTO, "%zu settings instead of %d", n, SETTINGS_MAX);
	}
	int day = number_of(&v[2], 1, 31), hour = number_of(&v[3], 0, 23);
	s->has_report = day > 0 && hour >= 0;
	if (s->has_report) {
		s->calendar.report_day = day;
		s->calendar.report_hour = hour;
	}
	e = unit_of(s, &v[0], pressures, "pressure", &s->pressure);
	return e ? e : unit_of(s, &v[1], heats, "heat", &s->heat);
}
