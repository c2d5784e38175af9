/*
 * vkt7.c - VKT-7 heat calculators (Teplocom), RS-232, RS-485 or behind a transparent gateway
 *
 * Facts: docs/protocols/vkt7.md. Checked against tests/rec/vkt7_*.rec and every published exchange.
 * Unknown: the meaning of the codes of abnormal situations; where the extended address stands in
 * replies; how months are dated (second-hand).
 *
 *   3FFF begin, list to read    3FFD type of values    3FFC list there is    3FFB date / clock
 *   3FFE data                   3FF9 service           3FF6 where archives begin    3EA6 subscriber
 *
 * Wants 62.5 ms of silence between frames.
 */
#include "drivers/vkt7.h"

#include "base/str.h"
#include "model/unit_text.h"

#include <stdio.h>

#define CLOCK           0x3ffb
#define CLOCK_SIZE      8
#define SERVICE         0x3ff9
#define SUBSCRIBER      0x3ea6
#define FIRMWARE_CLOCK  0x27 /* from 2.7 the clock has minutes */
#define FIRMWARE_UNTOLD 0

/* What 3FF9 says. */
struct service {
	uint8_t firmware; /* 0x27: 2.7; FIRMWARE_UNTOLD before 1.5 */
	uint16_t scheme[2];
	char subscriber[9];
	uint8_t address, report_day, model;
};

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, 240, NULL,
		"network address; 0 is any meter, on a line of its own without RS-485",
		"сетевой адрес; 0 - любой прибор, если он на линии один и без RS-485"},
	{"extended", PARAM_INT, -1, 255, "-1",
		"extended address of the RS-485 model in its extended mode; -1: not used",
		"расширенный адрес модели с RS-485 в расширенном режиме; -1: не используется"},
	{"wake_up", PARAM_BOOL, 0, 1, "yes",
		"send FF FF before each request; no for the RS-485 model",
		"посылать FF FF перед каждым запросом; для модели с RS-485 - нет"},
	{.name = NULL},
};

/* ---- service ---- */

static enum err read_service(struct vkt7 *v, struct service *ret)
{
	struct slice data;
	enum err e = vkt7_read(v, SERVICE, 0, &data);
	if (e) {
		return e;
	}
	struct reader r = reader_of(data);
	struct service s = {.firmware = FIRMWARE_UNTOLD};
	if (data.size < 16) { /* before firmware 1.5: the report day alone */
		s.report_day = reader_u8(&r);
	} else {
		s.firmware = reader_u8(&r);
		s.scheme[0] = reader_u16le(&r);
		s.scheme[1] = reader_u16le(&r);
		struct slice id = reader_bytes(&r, 8);
		(void)text_to_utf8(s.subscriber, sizeof(s.subscriber), (const char *)id.data,
			id.size, TEXT_CP866);
		s.address = reader_u8(&r);
		s.report_day = reader_u8(&r);
		s.model = reader_u8(&r);
	}
	if (r.is_short) {
		return talk_fail(v->peer.talk, ERR_PROTO, "the service information has %zu bytes",
			data.size);
	}
	*ret = s;
	return ERR_OK;
}

/* Longer than the eight characters of the service information, where the meter has it. */
static enum err read_subscriber(struct vkt7 *v, struct identity *id)
{
	struct vkt_request q = {.function = VKT_READ, .start = SUBSCRIBER, .count = 8};
	struct vkt_reply reply;
	enum err e = vkt_ask(&v->peer, &q, (struct vkt_sizes){0, 0}, &reply);
	if (e || reply.is_refused) {
		return e;
	}
	struct reader r = reader_of(reply.data);
	struct slice text = reader_bytes(&r, reader_u16le(&r));
	if (!r.is_short && text.size) {
		(void)text_to_utf8(id->serial, sizeof(id->serial), (const char *)text.data,
			text.size, TEXT_CP866);
	}
	return ERR_OK;
}

static enum err identify(struct talk *t, struct identity *ret)
{
	struct vkt7 v;
	struct service s;
	struct identity id = {.maker = "Teplocom", .medium = "heat"};
	enum err e = vkt7_begin(&v, t);
	e = e ? e : read_service(&v, &s);
	if (e) {
		return e;
	}
	(void)STR_COPY(id.serial, s.subscriber);
	(void)STR_COPY(id.model, "VKT-7");
	(void)snprintf(id.address, sizeof(id.address), "address=%d", v.peer.address);
	if (s.firmware != FIRMWARE_UNTOLD) {
		(void)snprintf(id.model, sizeof(id.model), "VKT-7, model %u, schemes %u and %u",
			s.model, s.scheme[0], s.scheme[1]);
		(void)snprintf(
			id.version, sizeof(id.version), "%u.%u", s.firmware >> 4, s.firmware & 15u);
		(void)snprintf(id.address, sizeof(id.address), "address=%u", s.address);
	}
	e = read_subscriber(&v, &id);
	if (!e) {
		*ret = id;
	}
	return e;
}

/* The report month ends with the report day, ours at midnight of the day that follows. */
static enum err report_time(struct talk *t, int *ret_hour, int *ret_day)
{
	struct vkt7 v;
	struct service s;
	enum err e = vkt7_begin(&v, t);
	e = e ? e : read_service(&v, &s);
	if (e) {
		return e;
	}
	if (s.report_day < 1 || s.report_day > 31) {
		return talk_fail(t, ERR_PROTO, "the meter's report day is %u", s.report_day);
	}
	*ret_hour = 0;
	*ret_day = s.report_day < 31 ? s.report_day + 1 : 1;
	return ERR_OK;
}

/* ---- clock ---- */

/* Which of two equal times in autumn? The one nearer to ours. */
static int64_t nearest(const struct talk *t, struct civil c)
{
	int64_t first = zone_utc(talk_zone(t), c, false), second = zone_utc(talk_zone(t), c, true);
	int64_t now = talk_now(t);
	int64_t a = first < now ? now - first : first - now;
	int64_t b = second < now ? now - second : second - now;
	return a <= b ? first : second;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct vkt7 v;
	struct service s = {0};
	struct vkt_reply reply;
	/* the short form: as it was seen to be answered */
	struct vkt_request q = {.function = VKT_READ, .start = CLOCK, .is_short = true};
	enum err e = vkt7_begin(&v, t);
	e = e ? e : vkt_ask(&v.peer, &q, (struct vkt_sizes){CLOCK_SIZE, CLOCK_SIZE}, &reply);
	if (e) {
		return e;
	}
	if (reply.is_refused) {
		return talk_fail(t, ERR_UNSUPP, "firmware before 1.9 does not tell its clock");
	}
	const uint8_t *d = reply.data.data;
	struct civil c = {2000 + d[2], d[1], d[0], d[3], d[4], d[5]};
	if (c.month < 1 || c.month > 12 || c.day < 1 || c.day > civil_month_days(c.year, c.month) ||
		c.hour > 23 || c.minute > 59 || c.second > 59) {
		return talk_fail(t, ERR_PROTO, "the clock shows %02u.%02u.%02u %02u:%02u:%02u",
			d[0], d[1], d[2], d[3], d[4], d[5]);
	}
	*ret_utc = nearest(t, c);
	if (c.minute || c.second) {
		return ERR_OK;
	}
	/* The full hour, or a firmware that shows nothing else? */
	e = read_service(&v, &s);
	if (e && !err_is_answer(e)) {
		return e;
	}
	return !e && s.firmware >= FIRMWARE_CLOCK ?
		       ERR_OK :
		       talk_fail(t, ERR_UNSUPP, "firmware before 2.7 shows no minutes");
}

/* ---- current values ---- */

static enum err put_now(struct vkt7 *v, struct sink *out)
{
	static const struct vkt7_when now = {FORM_NOW, PERIOD_NONE, 0};
	enum err e = ERR_OK;
	for (size_t i = 0; !e && i < v->chunk_n; i++) {
		struct vkt7_item items[VKT7_ELEMENTS_MAX];
		e = vkt7_select(v, i);
		e = e ? e : vkt7_read_items(v, items);
		e = e ? e : vkt7_put(v, items, v->chunks[i].n, &now, out);
	}
	return e;
}

static enum err read_once(struct talk *t, struct sink *out)
{
	struct vkt7 v;
	enum err e = vkt7_open(&v, t, VKT7_CURRENT);
	e = e ? e : put_now(&v, out);
	e = e ? e : vkt7_switch(&v, VKT7_TOTALS);
	return e ? e : put_now(&v, out);
}

static enum err read_current(struct talk *t, struct sink *out)
{
	enum err e = read_once(t, out);
	if (e == ERR_CONFLICT) { /* the scheme changed: learn it again */
		struct vkt7_layout *l = talk_state(t, sizeof(*l));
		l->is_known = l->has_list = false;
		e = read_once(t, out);
	}
	return e != ERR_CONFLICT ? e :
				   talk_fail(t, ERR_PROTO,
					   "the meter says again and again that its scheme "
					   "changed");
}

static struct archive_depth depth(const struct talk *t)
{
	(void)t;
	return (struct archive_depth){.hours = 1152, .days = 128, .months = 32};
}

extern const struct driver driver_vkt7;
const struct driver driver_vkt7 = {
	.name = "vkt7",
	.title = "Teplocom VKT-7",
	.title_ru = "Теплоком ВКТ-7",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH | CAP_CLOCK |
		CAP_IDENTIFY,
	.timing = {.baud = 9600, .framing = "8N2", .reply_ms = 3000, .gap_ms = 65, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.read_current = read_current,
	.read_archive = vkt7_read_archive,
	.report_time = report_time,
	.depth = depth,
};
