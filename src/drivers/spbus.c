/*
 * spbus.c - Logika calculators on the SPBus: SPT961, SPT962 (heat), SPG761, SPG762, SPG763 (gas)
 *
 * Facts: docs/protocols/spbus.md; frames: proto/spbus.h.
 *
 *   read      (HT ch HT par FF)*   ->   (HT ch HT par FF  HT value HT unit [HT time] FF)*
 *   index     HT ch HT par HT first HT count FF   ->   the same, then HT value HT unit FF each
 *
 * Everything is text: a parameter's value comes with its unit, an error is a text that ends with '?'.
 * A unit may be left out where it is that of the value before.
 *
 * Replies repeat what was asked, which is how late ones are told. Who asks is 80h + address, as the
 * maker's programs do it, unless parameter `host` says otherwise.
 *
 * Unknown: bits of the abnormal-situation parameters, so only the raw code leaves; the wake-up of
 * the optical port; how old models (without .1 or .2 in their name) name their archives in part.
 */
#include "drivers/spbus.h"

#include "base/str.h"
#include "model/unit_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Parameters of the meter. */
#define PAR_INTERFACE   3
#define PAR_IDENT       8
#define PAR_SET_DATE    20
#define PAR_SET_TIME    21
#define PAR_REPORT_HOUR 24
#define PAR_REPORT_DAY  25
#define PAR_DATE        60
#define PAR_TIME        61
#define PAR_TYPE        99 /* a value, or an array: type, serial number */

/* ---- asking ---- */

static struct frame_verdict frame(struct slice so_far)
{
	static const enum frame_state states[] = {
		[SPBUS_CUT_MORE] = FRAME_MORE,
		[SPBUS_CUT_FULL] = FRAME_FULL,
		[SPBUS_CUT_JUNK] = FRAME_JUNK,
	};
	struct spbus_cut cut = spbus_cut(so_far);
	return (struct frame_verdict){states[cut.state], cut.size};
}

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, 255, "1", "address of the meter on the bus (NT)",
		"адрес прибора на магистрали (NT)"},
	{"host", PARAM_INT, -1, 255, "-1", "our own address; -1: 128 + address of the meter",
		"собственный адрес; -1: 128 + адрес прибора"},
	{"addressed", PARAM_BOOL, 0, 1, "yes",
		"frames carry addresses; no: the meter is alone on its line",
		"кадры с адресами; no: прибор на линии один"},
	/* no default: of another one temperatures of gas would be those of a supply pipe */
	{"type", PARAM_TEXT, 0, 8, NULL, "spt961, spt962, spg761, spg762 or spg763",
		"spt961, spt962, spg761, spg762 или spg763"},
	{"supply", PARAM_INT, 0, 31, "1", "supply pipe of a heat calculator; 0: none",
		"подающий трубопровод тепловычислителя; 0: нет"},
	{"return", PARAM_INT, 0, 31, "2", "return pipe of a heat calculator; 0: none",
		"обратный трубопровод тепловычислителя; 0: нет"},
	{"label", PARAM_TEXT, 0, 5, "end", "end or begin: what the time of an archive record names",
		"end или begin: что обозначает время архивной записи"},
	{.name = NULL},
};

static bool kind_of(const char *type, enum spbus_kind *ret_kind)
{
	static const struct {
		const char *name;
		enum spbus_kind kind;
	} kinds[] = {{"spt961", SPBUS_SPT961}, {"spt962", SPBUS_SPT962}, {"spg761", SPBUS_SPG761},
		{"spg762", SPBUS_SPG762}, {"spg763", SPBUS_SPG762}};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(type, kinds[i].name) == 0) {
			*ret_kind = kinds[i].kind;
			return true;
		}
	}
	return false;
}

enum err spbus_peer_init(struct talk *t, struct spbus_peer *ret_peer)
{
	struct spbus_peer p = {.talk = t};
	const char *type = talk_param_text(t, "type"), *label = talk_param_text(t, "label");
	int64_t address = talk_param(t, "address"), host = talk_param(t, "host");
	p.head.has_address = talk_param(t, "addressed") != 0;
	p.head.to = (uint8_t)address;
	p.head.from = (uint8_t)(host < 0 ? 0x80 + address : host);
	p.supply = (int)talk_param(t, "supply");
	p.ret = (int)talk_param(t, "return");
	p.is_begin = strcmp(label, "begin") == 0;
	if (!p.is_begin && strcmp(label, "end") != 0) {
		return talk_fail(t, ERR_INVAL, "label: end or begin, not '%s'", label);
	}
	if (!kind_of(type, &p.kind)) {
		return talk_fail(t, ERR_INVAL,
			"type: spt961, spt962, spg761, spg762 or spg763, not '%s'", type);
	}
	*ret_peer = p;
	return ERR_OK;
}

void spbus_request(const struct spbus_peer *p, uint8_t function, struct spbus_out *o)
{
	struct spbus_head head = p->head;
	head.function = function;
	spbus_begin(o, &head);
}

/* Does the body begin with the tags that were asked? *ret_rest stands behind them, or at an error text
 * in the place of a date: whether a refusal repeats dates is not known. */
static bool repeats(struct slice asked, struct slice body, struct reader *ret_rest)
{
	struct reader want = reader_of(asked), got = reader_of(body);
	struct spbus_tag a, b;
	while (spbus_tag_next(&want, &a)) {
		struct reader at = got;
		if (!spbus_tag_next(&got, &b)) {
			return false;
		}
		if (!spbus_tag_equals(&a, &b)) {
			*ret_rest = at;
			return at.at > 0 && b.n == 1 && spbus_is_error(b.field[0]);
		}
	}
	*ret_rest = got;
	return true;
}

/* Pointers and values in turn, each pointer one of those asked, in their order. */
static bool answers(struct slice asked, struct slice body)
{
	struct reader want = reader_of(asked), got = reader_of(body);
	struct spbus_tag a, b;
	bool has_any = false;
	while (spbus_tag_next(&got, &b)) {
		do {
			if (!spbus_tag_next(&want, &a)) {
				return false;
			}
		} while (!spbus_tag_equals(&a, &b));
		has_any = spbus_tag_next(&got, &b);
	}
	return has_any && !got.is_short;
}

static bool is_reply(const struct spbus_peer *p, const struct spbus_head *sent, struct slice asked,
	struct slice bytes, struct reader *ret_rest)
{
	struct spbus_head head;
	struct slice body = {NULL, 0};
	if (!spbus_unwrap(bytes, &head, &body)) {
		return false;
	}
	if (p->head.has_address &&
		!(head.has_address && head.to == p->head.from && head.from == p->head.to)) {
		return false;
	}
	*ret_rest = reader_of(body);
	switch (sent->function) {
	case SPBUS_READ: return head.function == SPBUS_VALUES && answers(asked, body);
	case SPBUS_VALUES: return head.function == SPBUS_DONE || head.function == SPBUS_VALUES;
	default: return head.function == sent->function + 8 && repeats(asked, body, ret_rest);
	}
}

enum err spbus_ask(const struct spbus_peer *p, struct spbus_out *o, struct reader *ret_rest)
{
	struct spbus_head sent;
	struct slice asked = {NULL, 0}, bytes;
	struct slice request = spbus_end(o);
	if (!spbus_unwrap(request, &sent, &asked)) {
		return talk_fail(p->talk, ERR_INVAL, "the request does not fit a frame");
	}
	enum err e = talk_exchange(p->talk, request, frame, &bytes);
	while (e == ERR_OK && !is_reply(p, &sent, asked, bytes, ret_rest)) {
		e = talk_again(p->talk, frame, &bytes);
	}
	return e;
}

enum err spbus_read(const struct spbus_peer *p, const struct spbus_pointer *pointers, size_t n,
	spbus_take_fn *take, void *ctx)
{
	struct spbus_out o;
	struct reader rest;
	struct spbus_tag tag, value;
	struct slice unit = {NULL, 0};
	spbus_request(p, SPBUS_READ, &o);
	for (size_t i = 0; i < n; i++) {
		spbus_pointer(&o, pointers[i].channel, pointers[i].number);
	}
	enum err e = spbus_ask(p, &o, &rest);
	while (!e && spbus_tag_next(&rest, &tag) && spbus_tag_next(&rest, &value)) {
		struct spbus_pointer which;
		if (tag.n < 2 || !spbus_int(tag.field[0], &which.channel) ||
			!spbus_int(tag.field[1], &which.number)) {
			return ERR_PROTO;
		}
		if (value.n > 1 && value.field[1].size > 0) {
			unit = value.field[1];
		}
		e = take(ctx, &which, &value, unit);
	}
	return e;
}

struct sample spbus_sample(const struct spbus_name *name, struct slice value)
{
	struct sample s = {.key = name->key,
		.quantity = name->quantity,
		.unit = name->unit,
		.form = FORM_NOW,
		.period = PERIOD_NONE};
	s.value = spbus_number(value, &s.decimals);
	if (name->quantity == QUANTITY_ERROR_CODE && s.decimals != 0) {
		s.value = NAN; /* "0000E004" is no zero */
	}
	s.quality = quality_make(
		isnan(s.value) ? QUALITY_MISSING : QUALITY_MEASURED, SOURCE_NONE, 0);
	return s;
}

/* ---- current values ---- */

struct current {
	const struct spbus_peer *peer;
	struct sink *out;
	size_t values;
};

/* What the meter does not have is answered with some error text; "no data" is a value that is not
 * there now. */
static enum err take_current(void *ctx, const struct spbus_pointer *which,
	const struct spbus_tag *value, struct slice unit)
{
	struct current *c = ctx;
	struct spbus_name name;
	if (spbus_is_error(value->field[0]) && !spbus_is_no_data(value->field[0])) {
		return ERR_OK;
	}
	(void)spbus_name_now(c->peer, *which, unit, &name);
	struct sample s = spbus_sample(&name, value->field[0]);
	c->values++;
	return c->out->put(c->out, &s);
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct spbus_peer p = {0};
	struct spbus_memory channels = {0};
	struct spbus_pointer pointers[SPBUS_TAGS_OF_READ];
	enum err e = spbus_peer_init(t, &p);
	struct current c = {.peer = &p, .out = out};
	if (!e) {
		e = spbus_channels(&p, &channels);
	}
	for (unsigned i = 0; !e;) {
		size_t n = 0;
		while (n < SPBUS_TAGS_OF_READ &&
			spbus_now(&p, channels.pipes, channels.consumers, i, &pointers[n])) {
			n++;
			i++;
		}
		if (n == 0) {
			break;
		}
		e = spbus_read(&p, pointers, n, take_current, &c);
	}
	return e ? e : c.values ? ERR_OK : ERR_NODATA;
}

/* ---- who it is ---- */

#define TEXTS_MAX 3

struct texts {
	int wanted[TEXTS_MAX];
	char text[TEXTS_MAX][48]; /* "" where the meter answered with an error */
};

static enum err take_text(void *ctx, const struct spbus_pointer *which,
	const struct spbus_tag *value, struct slice unit)
{
	struct texts *x = ctx;
	(void)unit;
	for (int i = 0; i < TEXTS_MAX; i++) {
		if (which->number == x->wanted[i] && !spbus_is_error(value->field[0])) {
			(void)text_to_utf8(x->text[i], sizeof(x->text[i]),
				(const char *)value->field[0].data, value->field[0].size,
				TEXT_CP866);
		}
	}
	return ERR_OK;
}

static enum err read_texts(const struct spbus_peer *p, struct texts *x)
{
	struct spbus_pointer pointers[TEXTS_MAX];
	size_t n = 0;
	for (int i = 0; i < TEXTS_MAX; i++) {
		if (x->wanted[i]) {
			pointers[n++] = (struct spbus_pointer){0, x->wanted[i]};
		}
	}
	return spbus_read(p, pointers, n, take_text, x);
}

/* Models x6x.1 and x6x.2 have type and serial number as elements 0 and 1 of an array. */
static enum err read_type_array(const struct spbus_peer *p, struct identity *who)
{
	struct spbus_out o;
	struct reader rest;
	struct spbus_tag tag;
	spbus_request(p, SPBUS_READ_INDEX, &o);
	spbus_field_int(&o, 0);
	spbus_field_int(&o, PAR_TYPE);
	spbus_field_int(&o, 0);
	spbus_field_int(&o, 2);
	spbus_tag_end(&o);
	enum err e = spbus_ask(p, &o, &rest);
	for (int i = 0; !e && i < 2 && spbus_tag_next(&rest, &tag); i++) {
		char *to = i == 0 ? who->model : who->serial;
		size_t cap = i == 0 ? sizeof(who->model) : sizeof(who->serial);
		if (!spbus_is_error(tag.field[0])) {
			(void)text_to_utf8(to, cap, (const char *)tag.field[0].data,
				tag.field[0].size, TEXT_CP866);
		}
	}
	return e;
}

static enum err identify(struct talk *t, struct identity *ret_who)
{
	struct spbus_peer p = {0};
	struct identity who = {.maker = "Logika"};
	struct texts x = {.wanted = {PAR_TYPE, PAR_IDENT, PAR_INTERFACE}};
	struct spbus_memory *learnt = talk_state(t, sizeof(*learnt));
	*learnt = (struct spbus_memory){0}; /* it may be another meter, or another scheme */
	enum err e = spbus_peer_init(t, &p);
	if (!e) {
		e = read_texts(&p, &x);
	}
	if (!e && x.text[0][0]) {
		(void)STR_COPY(who.model, x.text[0]);
	} else if (!e) {
		e = read_type_array(&p, &who);
		/* a meter that has neither has answered all the same */
		e = e == ERR_TIMEOUT || err_is_answer(e) ? ERR_OK : e;
	}
	if (e) {
		return e;
	}
	if (!who.model[0]) {
		(void)STR_COPY(who.model, talk_param_text(t, "type"));
	}
	if (!who.serial[0]) {
		(void)STR_COPY(who.serial, x.text[1]);
	}
	(void)STR_COPY(who.medium, p.kind & SPBUS_GAS ? "gas" : "heat");
	(void)snprintf(who.address, sizeof(who.address), "address=%u", p.head.to);
	*ret_who = who;
	return ERR_OK;
}

/* ---- clock and calendar ---- */

static struct slice text_of(const char *text)
{
	return (struct slice){(const uint8_t *)text, strlen(text)};
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct spbus_peer p = {0};
	struct texts x = {.wanted = {PAR_DATE, PAR_TIME}};
	char stamp[100];
	struct civil c;
	enum err e = spbus_peer_init(t, &p);
	if (!e) {
		e = read_texts(&p, &x);
	}
	if (e) {
		return e;
	}
	(void)snprintf(stamp, sizeof(stamp), "%s/%s", x.text[0], x.text[1]);
	if (!spbus_text_stamp(text_of(stamp), &c)) {
		return talk_fail(t, ERR_PROTO, "the meter's date and time read '%s'", stamp);
	}
	*ret_utc = zone_utc(talk_zone(t), c, false);
	return ERR_OK;
}

/* Three numbers written the way the meter writes them: same separators, year as long. */
static void write_like(const char *like, const int n[static 3], char *to, size_t cap)
{
	size_t at = strcspn(like, "0123456789"), size = 0;
	for (int i = 0; i < 3; i++) {
		size_t digits = strspn(like + at, "0123456789");
		int v = digits <= 2 ? n[i] % 100 : n[i];
		int k = snprintf(to + size, cap - size, "%02d", v);
		size += k > 0 && (size_t)k < cap - size ? (size_t)k : 0;
		at += digits;
		size_t gap = strcspn(like + at, "0123456789");
		if (i < 2 && gap > 0 && size + 1 < cap) {
			to[size++] = like[at];
		}
		at += gap;
	}
	to[size] = 0;
}

static enum err set_clock(struct talk *t, int64_t utc)
{
	struct spbus_peer p = {0};
	struct spbus_out o;
	struct reader rest;
	struct spbus_tag tag;
	struct texts now = {.wanted = {PAR_DATE, PAR_TIME}};
	int n[3];
	char date[24], time[24];
	struct civil c = zone_civil(talk_zone(t), utc);
	enum err e = spbus_peer_init(t, &p);
	if (!e) {
		e = read_texts(&p, &now);
	}
	if (e) {
		return e;
	}
	if (!spbus_text_numbers(text_of(now.text[0]), 3, n) ||
		!spbus_text_numbers(text_of(now.text[1]), 3, n)) {
		return talk_fail(t, ERR_PROTO, "the meter's date and time read '%s', '%s'",
			now.text[0], now.text[1]);
	}
	write_like(now.text[0], (const int[]){c.day, c.month, c.year}, date, sizeof(date));
	write_like(now.text[1], (const int[]){c.hour, c.minute, c.second}, time, sizeof(time));
	spbus_request(&p, SPBUS_VALUES, &o);
	spbus_pointer(&o, 0, PAR_SET_DATE);
	spbus_field(&o, text_of(date));
	spbus_tag_end(&o);
	spbus_pointer(&o, 0, PAR_SET_TIME);
	spbus_field(&o, text_of(time));
	spbus_tag_end(&o);
	e = spbus_ask(&p, &o, &rest);
	while (!e && spbus_tag_next(&rest, &tag)) {
		if (spbus_is_error(tag.field[0])) {
			return talk_fail(t, ERR_DENIED,
				"the meter refuses to set its clock: is it protected?");
		}
	}
	return e;
}

static enum err report_time(struct talk *t, int *ret_hour, int *ret_day)
{
	struct spbus_peer p = {0};
	struct texts x = {.wanted = {PAR_REPORT_HOUR, PAR_REPORT_DAY}};
	int hour, day;
	enum err e = spbus_peer_init(t, &p);
	if (!e) {
		e = read_texts(&p, &x);
	}
	if (e) {
		return e;
	}
	if (!spbus_int(text_of(x.text[0]), &hour) || !spbus_int(text_of(x.text[1]), &day) ||
		hour > 23 || day < 1 || day > 31) {
		return talk_fail(t, ERR_NODATA,
			"report hour '%s', report day '%s' (parameters 024, 025)", x.text[0],
			x.text[1]);
	}
	*ret_hour = hour;
	*ret_day = day;
	return ERR_OK;
}

extern const struct driver driver_spbus;
const struct driver driver_spbus = {
	.name = "spbus",
	.title = "Logika SPT961, SPT962, SPG761, SPG762, SPG763",
	.title_ru = "Логика СПТ961, СПТ962, СПГ761, СПГ762, СПГ763",
	.grade = GRADE_EXPERIMENTAL,
	.caps = CAP_CURRENT | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH | CAP_CLOCK |
		CAP_SET_CLOCK | CAP_EVENTS | CAP_IDENTIFY,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 1500, .gap_ms = 20, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.set_clock = set_clock,
	.read_current = read_current,
	.report_time = report_time,
	.read_archive = spbus_read_archive,
	.read_events = spbus_read_events,
};
