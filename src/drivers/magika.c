/*
 * magika.c - Magika heat meters, series A, DR and E, RS-232
 *
 * Facts: docs/protocols/magika.md. Checked against tests/rec/magika_*.rec. Frames: proto/magika.h.
 * Unknown: bits of the configuration beside those named there, the day of the week and the control byte
 * of the clock, entries of the journal (not read), units of pressure (parameter pressure_unit).
 *
 * A modem between may talk to itself ("ATZ", "+++"): what is not 01 after the request for a session is
 * dropped, and the request is repeated until the meter is heard. The configuration is four bytes with
 * nothing around them, and the first bytes of a reply are those that get damaged: two of up to four
 * readings must be equal.
 */
#include "drivers/magika_driver.h"

#include "base/str.h"
#include "proto/spbus.h"

#include <string.h>

#define SESSION_TURNS 3 /* of 1 + retries requests each, while something is heard */
#define CONFIG_READS  4

static const struct driver_param params[] = {
	{"serial", PARAM_TEXT, 0, MAGIKA_SERIAL_SIZE, NULL,
		"serial number as on the meter, 8 characters: ED808121",
		"заводской номер, как на приборе, 8 знаков: ED808121"},
	{"pressure_unit", PARAM_TEXT, 0, 12, "",
		"unit of the pressures on the display, MPa or bar; none: pressures are not read",
		"единица давления на индикаторе, MPa или bar; без неё давления не читаются"},
	{"gateway", PARAM_TEXT, 0, 4, "", "assv: requests go through an ASSV gateway",
		"assv: запросы через шлюз АССВ"},
	{.name = NULL},
};

struct state {
	bool is_known;
	uint32_t config;
};

static struct state *state_of(struct talk *t)
{
	return talk_state(t, sizeof(struct state));
}

/* ---- requests ---- */

struct frame_verdict magika_verdict(struct magika_cut cut)
{
	return (struct frame_verdict){cut.state == MAGIKA_CUT_FULL ? FRAME_FULL :
				      cut.state == MAGIKA_CUT_MORE ? FRAME_MORE :
								     FRAME_JUNK,
		cut.size};
}

static struct frame_verdict ok_frame(struct slice so_far)
{
	return magika_verdict(magika_cut_ok(so_far));
}

static struct frame_verdict config_frame(struct slice so_far)
{
	return magika_verdict(magika_cut_config(so_far));
}

/* The gateway takes requests in a frame of its own; what the meter answers comes as it is. */
static struct slice wrapped(const struct magika *m, struct slice request, struct spbus_out *o)
{
	static const uint8_t zero[] = {0};
	const struct spbus_head head = {
		.has_address = true, .function = SPBUS_TUNNEL, .text = SLICE(zero)};
	if (!m->is_tunnel) {
		return request;
	}
	spbus_begin(o, &head);
	spbus_bytes(o, request);
	return spbus_end(o);
}

enum err magika_ask(
	struct magika *m, struct slice request, frame_fn *frame, struct slice *ret_reply)
{
	struct spbus_out o;
	return talk_exchange(m->talk, wrapped(m, request, &o), frame, ret_reply);
}

enum err magika_say(struct magika *m, uint8_t what)
{
	struct spbus_out o;
	return talk_send(m->talk, wrapped(m, (struct slice){&what, 1}, &o));
}

/* ---- session ---- */

static enum err begin_session(struct magika *m)
{
	uint8_t request[2 + MAGIKA_SERIAL_SIZE] = {MAGIKA_START, MAGIKA_SESSION};
	const char *serial = talk_param_text(m->talk, "serial");
	struct slice reply;
	enum err e = ERR_NOISE;
	if (strlen(serial) != MAGIKA_SERIAL_SIZE) {
		return talk_fail(m->talk, ERR_INVAL, "serial: 8 characters are wanted");
	}
	memcpy(request + 2, serial, MAGIKA_SERIAL_SIZE);
	for (int i = 0; i < SESSION_TURNS && e == ERR_NOISE; i++) {
		e = magika_ask(m, SLICE(request), ok_frame, &reply);
	}
	return e;
}

static enum err learn_config(struct magika *m)
{
	static const uint8_t request[] = {MAGIKA_START, MAGIKA_CONFIG_MORE};
	struct state *s = state_of(m->talk);
	uint32_t got[CONFIG_READS];
	for (int i = 0; i < CONFIG_READS && !s->is_known; i++) {
		struct slice reply;
		enum err e = magika_ask(m, SLICE(request), config_frame, &reply);
		if (e) {
			return e;
		}
		got[i] = magika_uint(reply, 0, 4);
		for (int k = 0; k < i; k++) {
			if (got[k] == got[i]) {
				s->is_known = true;
				s->config = got[i];
			}
		}
	}
	return s->is_known ? ERR_OK :
			     talk_fail(m->talk, ERR_NOISE,
				     "the configuration was different each time it was read");
}

void magika_forget(struct magika *m)
{
	state_of(m->talk)->is_known = false;
}

static enum err take_params(struct magika *m)
{
	const char *gateway = talk_param_text(m->talk, "gateway");
	const char *unit = talk_param_text(m->talk, "pressure_unit");
	m->is_tunnel = strcmp(gateway, "assv") == 0;
	if (*gateway && !m->is_tunnel) {
		return talk_fail(m->talk, ERR_INVAL, "gateway: there is no '%s'", gateway);
	}
	m->pressure_unit = UNIT_NONE;
	if (*unit && (!unit_from_name(unit, &m->pressure_unit) ||
			     unit_dimension(m->pressure_unit) != DIM_PRESSURE)) {
		return talk_fail(m->talk, ERR_INVAL, "pressure_unit: '%s' is none", unit);
	}
	return ERR_OK;
}

enum err magika_open(struct magika *m, struct talk *t)
{
	*m = (struct magika){.talk = t};
	enum err e = take_params(m);
	e = e ? e : begin_session(m);
	e = e ? e : learn_config(m);
	if (e) {
		return e;
	}
	m->config = state_of(t)->config;
	m->is_e = m->config & MAGIKA_IS_E;
	if (!(m->config & (MAGIKA_IS_E | MAGIKA_IS_A))) {
		magika_forget(m);
		return talk_fail(t, ERR_UNSUPP, "configuration %08X is of no known series",
			(unsigned)m->config);
	}
	return ERR_OK;
}

/* ---- slots ---- */

static enum err identify(struct talk *t, struct identity *ret)
{
	struct magika m;
	m.talk = t;
	magika_forget(&m);
	enum err e = magika_open(&m, t);
	if (e) {
		return e;
	}
	const char *serial = talk_param_text(t, "serial");
	bool is_mtk = !m.is_e && (m.config & MAGIKA_IS_A_MTK);
	(void)STR_COPY(ret->serial, serial); /* the meter took it for its own */
	(void)STR_COPY(ret->maker, "Magika");
	(void)STR_COPY(ret->model, m.is_e ? "Magika E" : is_mtk ? "Magika A-MTK" : "Magika A/DR");
	(void)STR_COPY(ret->medium, "heat");
	(void)STR_COPY(ret->address, "serial=");
	(void)str_copy(
		ret->address + strlen("serial="), sizeof(ret->address) - strlen("serial="), serial);
	return ERR_OK;
}

extern const struct driver driver_magika;
const struct driver driver_magika = {
	.name = "magika",
	.title = "Magika A, DR, E (heat meters)",
	.title_ru = "Магика A, DR, E (теплосчётчики)",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_CLOCK | CAP_IDENTIFY | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY,
	.timing = {.baud = 19200, .framing = "8N1", .reply_ms = 1500, .gap_ms = 20, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = magika_read_clock,
	.read_current = magika_read_current,
	.read_archive = magika_read_archive,
};
