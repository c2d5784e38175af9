/*
 * vkt5.c - VKT-5 heat calculators for water and steam (Teplocom), RS-232 or RS-485
 *
 * Facts: docs/protocols/vkt5.md. Checked against tests/rec/vkt5_*.rec and the published exchanges.
 * Unknown: whether M and W of "current" are rates, and in what unit: not read; "t norm"; everything of
 * function 4 is from the document alone.
 *
 *   03 0E00 firmware   03 0B00 clock   03 0A00 which pipe belongs to which heat input
 *   03 00SS current    03 80SS totals  S = input * 28
 *
 * Replies do not say what they answer. Between two replies of the same size there is one of another, so
 * that a late one shows.
 */
#include "drivers/vkt5.h"

#include "base/str.h"

#include <stdio.h>

#define LEARN_S      3600 /* somebody may configure the meter */
#define INPUT_STRIDE 28
#define CLOCK_POINTS 10 /* as the maker's program asks */
#define CLOCK_SIZE   10
#define CONFIG_SIZE  60

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, 254, NULL, "network address", "сетевой адрес"},
	{.name = NULL},
};

/* ---- requests ---- */

void vkt5_peer(struct vkt5 *v, struct talk *t)
{
	*v = (struct vkt5){.peer = {.talk = t,
				   .address = (uint8_t)talk_param(t, "address"),
				   .coat = {.is_woken = false, .extended = -1}},
		.layout = talk_state(t, sizeof(struct vkt5_layout))};
}

static enum err refused(const struct vkt5 *v, uint16_t start, int code)
{
	switch (code) {
	case 0:                    /* input not used */
	case 1:                    /* pipe not used */
	case 2:                    /* no data for the date */
	case 4:                    /* no such record */
	case 5: return ERR_NODATA; /* archive is empty */
	case 9: return ERR_DENIED; /* settings are protected */
	default:
		return talk_fail(v->peer.talk, ERR_UNSUPP, "the meter refuses %04X with code %d",
			start, code);
	}
}

enum err vkt5_read(struct vkt5 *v, int function, uint16_t start, uint16_t points,
	struct vkt_sizes sizes, struct slice *ret_data)
{
	struct vkt_request q = {.function = function, .start = start, .count = points};
	struct vkt_reply reply;
	enum err e = vkt_ask(&v->peer, &q, sizes, &reply);
	if (e) {
		return e;
	}
	*ret_data = reply.data;
	return reply.is_refused ? refused(v, start, reply.code) : ERR_OK;
}

enum err vkt5_open(struct vkt5 *v, struct talk *t)
{
	struct slice data;
	vkt5_peer(v, t);
	struct vkt5_layout *l = talk_state(t, sizeof(*l));
	int64_t age = talk_now(t) - l->learnt_utc;
	if (l->is_known && age >= 0 && age < LEARN_S) {
		return ERR_OK;
	}
	l->is_known = false;
	enum err e = vkt5_read(v, VKT_READ, vkt5_start(VKT5_CURRENT, VKT5_CONFIG, 0), 0,
		(struct vkt_sizes){CONFIG_SIZE, CONFIG_SIZE}, &data);
	l->is_known = !e && vkt5_config_get(data, &l->config);
	l->learnt_utc = talk_now(t);
	if (e == ERR_NODATA) { /* every VKT-5 has one; archives must not be given up for this */
		return talk_fail(
			t, ERR_PROTO, "the meter has no configuration of pipes: is it a VKT-5?");
	}
	return e;
}

unsigned vkt5_inputs(const struct vkt5 *v)
{
	unsigned bits = 0;
	for (size_t i = 0; i < VKT5_PIPES; i++) {
		uint8_t input = v->layout->config.pipes[i].input;
		bits |= input >= 1 && input <= VKT5_INPUTS ? 1u << input : 0;
	}
	return bits;
}

size_t vkt5_pipes(const struct vkt5 *v, unsigned input)
{
	size_t n = 0;
	for (size_t i = 0; i < VKT5_PIPES; i++) {
		n += v->layout->config.pipes[i].input == input;
	}
	return n;
}

enum err vkt5_read_input(
	struct vkt5 *v, int function, enum vkt5_kind kind, unsigned input, struct vkt5_input *ret)
{
	struct slice data;
	size_t size = kind == VKT5_TOTALS ? 8 : 4;
	size_t bytes = vkt5_pipes(v, input) * (4 + 4 + size) + 4 * size; /* T, P, M; M, W, W, W */
	uint16_t start = vkt5_start(kind, VKT5_INPUT, input * INPUT_STRIDE);
	enum err e = vkt5_read(
		v, function, start, 0, (struct vkt_sizes){bytes, bytes + size}, &data);
	if (e == ERR_FOREIGN) { /* or the pipes of the input are others now */
		struct vkt5_layout *l = talk_state(v->peer.talk, sizeof(*l));
		l->is_known = false;
	}
	if (!e && !vkt5_input_get(data, kind == VKT5_TOTALS, ret)) {
		e = talk_fail(v->peer.talk, ERR_PROTO, "heat input %u has %zu bytes of data", input,
			data.size);
	}
	return e;
}

/* ---- identification, clock ---- */

static enum err identify(struct talk *t, struct identity *ret)
{
	struct vkt5 v;
	struct slice data;
	struct identity id = {.maker = "Teplocom", .model = "VKT-5", .medium = "heat"};
	vkt5_peer(&v, t);
	enum err e = vkt5_read(&v, VKT_READ, vkt5_start(VKT5_CURRENT, VKT5_FIRMWARE, 0), 1,
		(struct vkt_sizes){2, 2}, &data);
	if (e) {
		return e;
	}
	unsigned version = data.data[1]; /* 7D: 07.13, 06: 6 */
	(void)snprintf(id.version, sizeof(id.version), version < 16 ? "%u" : "%02u.%02u",
		version < 16 ? version : version >> 4, version & 15u);
	(void)snprintf(id.address, sizeof(id.address), "address=%u", v.peer.address);
	*ret = id;
	return ERR_OK;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct vkt5 v;
	struct slice data;
	vkt5_peer(&v, t);
	enum err e = vkt5_read(&v, VKT_READ, vkt5_start(VKT5_CURRENT, VKT5_CLOCK, 0), CLOCK_POINTS,
		(struct vkt_sizes){CLOCK_SIZE, CLOCK_SIZE}, &data);
	if (e) {
		return e;
	}
	struct reader r = reader_of(data);
	struct civil c = {.year = reader_u16be(&r)};
	c.month = reader_u16be(&r);
	c.day = reader_u16be(&r);
	c.hour = reader_u16be(&r);
	c.minute = reader_u16be(&r);
	if (c.year < 2000 || c.year > 2099 || c.month < 1 || c.month > 12 || c.day < 1 ||
		c.day > civil_month_days(c.year, c.month) || c.hour > 23 || c.minute > 59) {
		return talk_fail(t, ERR_PROTO, "the clock shows %d-%d-%d %d:%d", c.year, c.month,
			c.day, c.hour, c.minute);
	}
	/* of two equal times in autumn the one nearer to ours */
	int64_t first = zone_utc(talk_zone(t), c, false), second = zone_utc(talk_zone(t), c, true);
	int64_t now = talk_now(t);
	*ret_utc = second - now <= now - first ? second : first;
	return ERR_OK;
}

/* ---- current values ---- */

static enum err read_one(struct vkt5 *v, unsigned input, struct sink *out)
{
	const struct vkt5_when when = {.form = FORM_NOW, .input = input};
	struct vkt5_input in;
	enum err e = vkt5_read_input(v, VKT_READ, VKT5_CURRENT, input, &in);
	e = e ? e : vkt5_put_means(v, &in, &when, 0, out);
	e = e ? e : vkt5_read_input(v, VKT_READ, VKT5_TOTALS, input, &in);
	return e ? e : vkt5_put_amounts(v, &in, &when, 0, out);
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct vkt5 v;
	bool has_any = false;
	enum err e = vkt5_open(&v, t);
	unsigned inputs = e ? 0 : vkt5_inputs(&v);
	for (unsigned n = 1; !e && n <= VKT5_INPUTS; n++) {
		if (inputs & 1u << n) {
			e = read_one(&v, n, out);
			has_any = has_any || !e;
			e = err_is_answer(e) ? ERR_OK : e;
		}
	}
	if (e == ERR_CONFLICT) {
		struct vkt5_layout *l = talk_state(t, sizeof(*l));
		l->is_known = false;
		return talk_fail(t, ERR_PROTO,
			"a heat input has other pipes than the configuration: did it change?");
	}
	return e || has_any ? e : talk_fail(t, ERR_NODATA, "no pipe is assigned to a heat input");
}

static struct archive_depth depth(const struct talk *t)
{
	(void)t;
	return (struct archive_depth){.hours = 45 * 24, .days = 45};
}

extern const struct driver driver_vkt5;
const struct driver driver_vkt5 = {
	.name = "vkt5",
	.title = "Teplocom VKT-5",
	.title_ru = "Теплоком ВКТ-5",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_CLOCK | CAP_IDENTIFY,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 2000, .gap_ms = 20, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.read_current = read_current,
	.read_archive = vkt5_read_archive,
	.depth = depth,
};
