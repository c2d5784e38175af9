/*
 * dsmr.c - electricity meters with a P1 port, which speak every second or every ten
 *
 * Facts: docs/protocols/dsmr.md. Checked against tests/rec/dsmr_*.rec, telegrams of real meters.
 *
 * The meter is only listened to. What it says of itself are values of now; meters of gas, water and heat
 * behind it (M-Bus, channels 1 to 4) were read by it at a time that stands beside the value: on the full
 * hour it is a reading of that moment, else a value of now, which is five minutes old at most.
 */
#include "drivers/driver.h"

#include "base/str.h"
#include "proto/dsmr.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define KEY_SIZE   16
#define HOUR_S     3600
#define TEXT_CAP   64
#define OUTAGE_MAX (366 * 86400) /* longer ones are noise of the factory */

static const struct driver_param params[] = {
	{"serial", PARAM_TEXT, 0, 40, "",
		"equipment number as the driver tells it; telegrams of others are dropped; empty: any",
		"номер прибора, как его сообщает драйвер; чужие телеграммы отбрасываются; пусто: любой"},
	{"checksum", PARAM_TEXT, 0, 8, "auto",
		"auto: must be right, and missing only before version 4; optional: may be missing; "
		"ignore: wrong ones are taken as well",
		"auto: должна быть верной, отсутствовать может только до версии 4; optional: может "
		"отсутствовать; ignore: принимать и неверные"},
	{"key", PARAM_TEXT, 0, 32, "", "key of encrypted telegrams, 32 hex digits",
		"ключ шифрования телеграмм, 32 шестнадцатеричные цифры"},
	{"auth_key", PARAM_TEXT, 0, 32, "00112233445566778899AABBCCDDEEFF",
		"authentication key of encrypted telegrams; the default is Luxembourg's",
		"ключ аутентификации телеграмм; по умолчанию люксембургский"},
	{.name = NULL},
};

static struct frame_verdict frame(struct slice so_far)
{
	static const enum frame_state states[] = {
		[DSMR_CUT_MORE] = FRAME_MORE,
		[DSMR_CUT_FULL] = FRAME_FULL,
		[DSMR_CUT_JUNK] = FRAME_JUNK,
	};
	struct frame_verdict v = {FRAME_MORE, 0};
	v.state = states[dsmr_cut(so_far, &v.size)];
	return v;
}

/* ---- a telegram ---- */

/* One object for all that is known of the meter while a telegram is looked at. */
struct heard {
	struct talk *talk;
	struct sink *out;
	struct dsmr_telegram telegram;
	uint8_t plain[DSMR_TELEGRAM_MAX];
};

static enum err take_key(
	struct talk *t, const char *name, uint8_t to[static KEY_SIZE], size_t *ret_n)
{
	const char *text = talk_param_text(t, name);
	size_t n = strlen(text);
	for (size_t i = 0; i < n; i++) {
		const char *digits = "0123456789abcdef0123456789ABCDEF";
		const char *at = strchr(digits, text[i]);
		if (n != (size_t)2 * KEY_SIZE || !at) {
			return talk_fail(t, ERR_INVAL, "%s: 32 hex digits are needed", name);
		}
		uint8_t digit = (uint8_t)((at - digits) % 16);
		to[i / 2] = (uint8_t)(i % 2 ? to[i / 2] << 4 | digit : digit);
	}
	*ret_n = n / 2;
	return ERR_OK;
}

static enum err decrypt(struct heard *h, struct slice *telegram)
{
	uint8_t key[KEY_SIZE], auth_key[KEY_SIZE];
	struct dsmr_keys keys = {{key, 0}, {auth_key, 0}};
	enum err e = take_key(h->talk, "key", key, &keys.key.size);
	e = e ? e : take_key(h->talk, "auth_key", auth_key, &keys.auth_key.size);
	if (e) {
		return e;
	}
	e = dsmr_decrypt(*telegram, &keys, h->plain, telegram);
	explicit_bzero(key, sizeof(key));
	return e != ERR_DENIED ? e :
	       keys.key.size == 0 ?
				 talk_fail(h->talk, e,
					 "the telegrams are encrypted: parameter 'key' is needed, "
					 "the network operator gives it out") :
				 talk_fail(h->talk, e,
					 "the telegram cannot be decrypted: it is damaged, or "
					 "'key' or 'auth_key' is another meter's");
}

/* What is signed needs no checksum. */
static enum err check_checksum(struct heard *h, bool is_signed)
{
	const char *text = talk_param_text(h->talk, "checksum");
	bool is_ignored = strcmp(text, "ignore") == 0, is_optional = strcmp(text, "optional") == 0;
	const struct dsmr_telegram *x = &h->telegram;
	if (!is_ignored && !is_optional && strcmp(text, "auto") != 0) {
		return talk_fail(h->talk, ERR_INVAL,
			"checksum: '%s' is none of auto, optional, ignore", text);
	}
	if (is_ignored || is_signed || x->checksum == DSMR_CHECKSUM_GOOD) {
		return ERR_OK;
	}
	if (x->checksum == DSMR_CHECKSUM_BAD) {
		return talk_fail(h->talk, ERR_PROTO, "the checksum of the telegram is wrong");
	}
	return is_optional || x->version < 40 ?
		       ERR_OK :
		       talk_fail(h->talk, ERR_PROTO,
			       "a telegram of version %d.%d without checksum: if all are so, set "
			       "checksum=optional",
			       x->version / 10, x->version % 10);
}

static enum err open_frame(struct heard *h, struct slice telegram)
{
	bool is_encrypted = dsmr_is_encrypted(telegram);
	const char *ours = talk_param_text(h->talk, "serial");
	char serial[TEXT_CAP];
	enum err e = is_encrypted ? decrypt(h, &telegram) : ERR_OK;
	if (e) {
		return e;
	}
	e = dsmr_open(telegram, &h->telegram);
	if (e) {
		return talk_fail(h->talk, e, "no telegram of the P1 port");
	}
	e = check_checksum(h, is_encrypted);
	if (!e && *ours) {
		dsmr_serial(&h->telegram, serial, sizeof(serial));
		if (strcmp(ours, serial) != 0) {
			return talk_fail(h->talk, ERR_FOREIGN, "a telegram of %s", serial);
		}
	}
	return e;
}

/* ---- time ---- */

/* `*ret_is_sure`: false where the clock shows this twice and the telegram does not say which, or says
 * summer where the zone has winter. */
static int64_t utc_of(struct talk *t, const struct dsmr_time *at, bool *ret_is_sure)
{
	const struct zone *z = talk_zone(t);
	int64_t first = zone_utc(z, at->local, false), second = zone_utc(z, at->local, true);
	struct civil january = {at->local.year, 1, 1, 0, 0, 0},
		     july = {at->local.year, 7, 1, 0, 0, 0};
	int winter = zone_offset(z, civil_to_utc(january)),
	    summer = zone_offset(z, civil_to_utc(july));
	int standard = winter < summer ? winter : summer;
	int64_t utc = at->season == 'W' ? second : first;
	bool is_summer = zone_offset(z, utc) > standard;
	*ret_is_sure = at->season ? is_summer == (at->season == 'S') : first == second;
	return utc;
}

/* ---- the meter's own values ---- */

static enum err put(const struct heard *h, const struct sample *like, const char *key,
	enum quantity q, struct decimal number, enum unit unit)
{
	struct sample s = *like;
	s.key = key;
	s.quantity = q;
	s.unit = unit;
	s.value = decimal_double(number);
	s.decimals = -number.exponent;
	return h->out->put(h->out, &s);
}

/* Is there the same of channel 0? Then what comes from another is something else. */
static bool has_main(const struct heard *h, const struct obis *code)
{
	struct reader r = reader_of(h->telegram.objects);
	struct dsmr_object x;
	struct obis main = *code;
	main.v[OBIS_B] = 0;
	while (!dsmr_next(&r, &x)) {
		if (obis_equal(&x.code, &main)) {
			return true;
		}
	}
	return false;
}

static enum err put_object(const struct heard *h, const struct dsmr_object *x)
{
	static const struct sample now = {
		.form = FORM_NOW, .quality = (uint16_t)QUALITY_MEASURED | SOURCE_NONE << 4};
	struct obis_meaning m;
	struct slice text, unit_text;
	struct decimal number;
	const uint8_t *v = x->code.v;
	bool is_ours = v[OBIS_B] == 0 ||
		       (v[OBIS_A] == 1 && v[OBIS_B] == 1 && !has_main(h, &x->code));
	if (v[OBIS_A] > 1 || !is_ours || v[OBIS_F] != OBIS_CURRENT || !obis_meaning(&x->code, &m) ||
		(m.kind != OBIS_NOW && m.kind != OBIS_MAXIMUM) || !dsmr_last_group(x, &text) ||
		!dsmr_number(text, &number, &unit_text)) {
		return ERR_OK;
	}
	enum unit unit = UNIT_NONE;
	bool has_unit = unit_text.size > 0;
	if ((has_unit && !dsmr_unit(unit_text, &unit)) ||
		unit_dimension(unit) != unit_dimension(quantity_unit(m.quantity))) {
		return ERR_OK; /* without a unit, or of another kind than the code: unknown */
	}
	return put(h, &now, m.key, m.quantity, number, unit);
}

/* ---- meters behind it ---- */

static enum err put_channel(const struct heard *h, unsigned n)
{
	struct dsmr_channel c;
	char key[REGISTER_KEY_CAP];
	bool is_sure;
	dsmr_channel(&h->telegram, n, &c);
	enum quantity q = c.quantity;
	if (!c.has_value || q == QUANTITY_UNKNOWN) {
		return ERR_OK;
	}
	(void)snprintf(key, sizeof(key), "%s.%u", quantity_code(q), n);
	int64_t utc = utc_of(h->talk, &c.time, &is_sure);
	bool is_point = utc % HOUR_S == 0;
	struct sample s = {.form = is_point ? FORM_POINT : FORM_NOW,
		.period = is_point ? PERIOD_HOUR : PERIOD_NONE,
		.utc = is_point ? utc : 0,
		.quality = quality_make(
			QUALITY_MEASURED, SOURCE_NONE, is_sure ? 0 : QUALITY_TIME_SUSPECT)};
	return put(h, &s, key, q, c.number, c.unit);
}

static enum err hear(struct talk *t, struct slice telegram, struct sink *out)
{
	struct heard h = {.talk = t, .out = out};
	struct dsmr_object x;
	enum err e = open_frame(&h, telegram);
	struct reader r = reader_of(h.telegram.objects);
	while (!e && !dsmr_next(&r, &x)) {
		e = put_object(&h, &x);
	}
	for (unsigned n = 1; n <= DSMR_CHANNELS && !e; n++) {
		e = put_channel(&h, n);
	}
	return e;
}

/* ---- who and when ---- */

static enum err listen(struct talk *t, struct heard *h)
{
	struct slice telegram;
	enum err e = talk_listen(t, frame, &telegram);
	return e ? e : open_frame(h, telegram);
}

static enum err identify(struct talk *t, struct identity *ret)
{
	struct heard h = {.talk = t};
	char serial[TEXT_CAP];
	enum err e = listen(t, &h);
	if (e) {
		return e;
	}
	struct identity who = {.medium = "electricity"};
	dsmr_serial(&h.telegram, serial, sizeof(serial));
	(void)STR_COPY(who.serial, serial);
	(void)STR_COPY(who.maker, h.telegram.maker);
	(void)STR_COPY(who.model, h.telegram.ident);
	if (h.telegram.version) {
		(void)snprintf(who.version, sizeof(who.version), "P1 %d.%d",
			h.telegram.version / 10, h.telegram.version % 10);
	}
	if (serial[0] && !strpbrk(serial, " =")) {
		(void)snprintf(who.address, sizeof(who.address), "serial=%.40s", serial);
	}
	*ret = who;
	return ERR_OK;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct heard h = {.talk = t};
	struct dsmr_object x;
	struct dsmr_time at;
	struct slice text;
	bool is_sure;
	enum err e = listen(t, &h);
	struct reader r = reader_of(h.telegram.objects);
	while (!e && !dsmr_next(&r, &x)) {
		if (dsmr_is(&x, 0, 1, 0, 0) && dsmr_group(&x, 0, &text)) {
			if (!dsmr_time(text, &at)) {
				return talk_fail(t, ERR_NODATA, "the meter's clock was never set");
			}
			*ret_utc = utc_of(t, &at, &is_sure);
			return ERR_OK;
		}
	}
	return e ? e : talk_fail(t, ERR_NODATA, "the telegram has no time");
}

/* "(count)(0-0:96.7.19)(end)(seconds*s)(end)(seconds*s)": the last long power failures. */
static enum err put_outages(
	struct talk *t, const struct dsmr_object *x, struct span span, struct sink *out)
{
	struct slice time, text, unit;
	enum err e = ERR_OK;
	for (unsigned n = 2; !e && dsmr_group(x, n, &time) && dsmr_group(x, n + 1, &text); n += 2) {
		struct dsmr_time at;
		struct decimal seconds;
		char said[32];
		bool is_sure;
		if (!dsmr_time(time, &at) || !dsmr_number(text, &seconds, &unit) ||
			seconds.exponent || seconds.mantissa > OUTAGE_MAX) {
			continue;
		}
		int64_t end = utc_of(t, &at, &is_sure), begin = end - seconds.mantissa;
		(void)snprintf(said, sizeof(said), "%lld s", (long long)seconds.mantissa);
		if (begin >= span.from && begin < span.till) {
			e = out->event(out, &(struct meter_event){begin, "power_off", said});
		}
		if (!e && end >= span.from && end < span.till) {
			e = out->event(out, &(struct meter_event){end, "power_on", said});
		}
	}
	return e;
}

static enum err read_events(struct talk *t, struct span span, struct sink *out)
{
	static const struct obis log = {{1, 0, 99, 97, 0, OBIS_CURRENT}};
	struct heard h = {.talk = t};
	struct dsmr_object x;
	enum err e = listen(t, &h);
	struct reader r = reader_of(h.telegram.objects);
	bool has_log = false;
	while (!e && out->event && !dsmr_next(&r, &x)) {
		if (obis_equal(&x.code, &log)) {
			has_log = true;
			e = put_outages(t, &x, span, out);
		}
	}
	return e || has_log ? e : ERR_NODATA;
}

extern const struct driver driver_dsmr;
const struct driver driver_dsmr = {
	.name = "dsmr",
	.title = "Meters with a P1 port: DSMR 2.2 to 5, eMUCS, Luxembourg, Sweden, Hungary",
	.title_ru = "Счётчики с портом P1: DSMR 2.2–5, eMUCS, Люксембург, Швеция, Венгрия",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_CLOCK | CAP_IDENTIFY | CAP_EVENTS,
	.timing = {.baud = 115200, .framing = "8N1", .reply_ms = 25000, .gap_ms = 0, .retries = 0},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.read_events = read_events,
	.hear_frame = frame,
	.hear = hear,
};
