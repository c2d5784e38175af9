/*
 * dlms_push.c - meters that push DLMS lists by themselves: Aidon, Kamstrup, Kaifa, Iskra,
 * Landis+Gyr, Austrian and Slovenian meters
 *
 * Facts: docs/protocols/dlms.md. Telegrams and lists: proto/dlms_push.h. Checked against
 * tests/rec/dlms_push_*.rec.
 *
 * What a value is counted in the list says, or proto/dlms_list.c knows; what has no unit is not told.
 */
#include "proto/dlms_push.h"
#include "drivers/dlms_hex.h"
#include "drivers/driver.h"

#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define APDU_CAP 4096
#define KEY_HEX  32
#define TEXT_CAP 48

static const struct driver_param params[] = {
	{"ek", PARAM_TEXT, 0, KEY_HEX, "", "encryption key, 32 hex digits; empty: in the clear",
		"ключ шифрования, 32 шестнадцатеричные цифры; пусто: открыто"},
	{"ak", PARAM_TEXT, 0, KEY_HEX, "",
		"authentication key, 32 hex digits; empty: the meter signs without",
		"ключ аутентификации, 32 шестнадцатеричные цифры; пусто: подпись без него"},
	{.name = NULL},
};

static struct frame_verdict frame(struct slice so_far)
{
	struct frame_verdict v = {FRAME_MORE, 0};
	enum hdlc_cut c = dlms_push_cut(so_far, &v.size);
	v.state = c == HDLC_CUT_MORE ? FRAME_MORE : c == HDLC_CUT_FULL ? FRAME_FULL : FRAME_JUNK;
	return v;
}

static enum err take_keys(struct talk *t, struct dlms_keys *k)
{
	const char *ek = talk_param_text(t, "ek"), *ak = talk_param_text(t, "ak");
	*k = (struct dlms_keys){.is_bare = !*ak};
	if (!*ek) {
		return talk_fail(
			t, ERR_DENIED, "the meter enciphers what it says: give its key as ek");
	}
	if (dlms_unhex(ek, k->encryption, GCM_KEY_SIZE) != GCM_KEY_SIZE) {
		return talk_fail(t, ERR_INVAL, "ek: %d hex digits", KEY_HEX);
	}
	if (*ak && dlms_unhex(ak, k->authentication, GCM_KEY_SIZE) != GCM_KEY_SIZE) {
		return talk_fail(t, ERR_INVAL, "ak: %d hex digits", KEY_HEX);
	}
	return ERR_OK;
}

/* The body of a telegram; `apdu` is what it lives in. */
static enum err open_telegram(struct talk *t, struct slice telegram, uint8_t apdu[static APDU_CAP],
	struct dlms_notification *ret)
{
	uint8_t plain[APDU_CAP];
	struct dlms_keys keys;
	size_t n = 0;
	enum err e = dlms_push_apdu(telegram, apdu, APDU_CAP, &n);
	if (e) {
		return talk_fail(t, e, "frames that make no telegram");
	}
	if (apdu[0] == DLMS_GENERAL_GLO) {
		e = take_keys(t, &keys);
		if (e) {
			return e;
		}
		e = dlms_push_open(&keys, (struct slice){apdu, n}, plain, sizeof(plain), &n);
		if (e) {
			return talk_fail(t, e,
				e == ERR_DENIED ? "enciphered with another key: check ek and ak" :
						  "enciphered in a way that is not known");
		}
		memcpy(apdu, plain, n);
	}
	e = dlms_notification_get((struct slice){apdu, n}, ret);
	return e ? talk_fail(t, e, "a telegram that is no list (%02X)", apdu[0]) : ERR_OK;
}

static enum err put_number(
	struct sink *out, const struct dlms_item *x, const struct obis_meaning *m)
{
	enum unit unit = UNIT_NONE;
	double factor = 1;
	int exponent = x->scaler;
	bool has_unit = x->has_scale && unit_from_dlms(x->unit, &unit, &factor);
	if (unit == UNIT_NONE) {
		unit = quantity_unit(m->quantity);
		has_unit = has_unit && unit_dimension(unit) == DIM_RATIO;
	}
	if (!has_unit || unit_dimension(unit) != unit_dimension(quantity_unit(m->quantity)) ||
		exponent < -9 || exponent > 9) {
		return ERR_OK; /* in what it is counted nobody says */
	}
	double v = exponent < 0 ? x->value.number / pow(10, -exponent) :
				  x->value.number * pow(10, exponent);
	struct sample s = {.key = m->key,
		.quantity = m->quantity,
		.unit = unit,
		.form = FORM_NOW,
		.value = v * factor,
		.decimals = exponent < 0 ? -exponent : 0,
		.quality = quality_make(
			isnan(v) ? QUALITY_MISSING : QUALITY_MEASURED, SOURCE_NONE, 0)};
	return out->put(out, &s);
}

static bool is_printable(struct slice s)
{
	for (size_t i = 0; i < s.size; i++) {
		if (s.data[i] < 0x20 || s.data[i] > 0x7e) {
			return false;
		}
	}
	return s.size > 0;
}

static enum err put(struct sink *out, const struct dlms_item *x)
{
	struct obis_meaning m;
	char text[TEXT_CAP];
	if (!obis_meaning(&x->code, &m) || x->code.v[OBIS_F] != OBIS_CURRENT) {
		return ERR_OK;
	}
	if (m.kind == OBIS_NOW && quantity_kind(m.quantity) != KIND_STATE &&
		!isnan(x->value.number)) {
		return put_number(out, x, &m);
	}
	if (m.quantity != QUANTITY_SERIAL_NUMBER || !is_printable(x->value.bytes)) {
		return ERR_OK;
	}
	(void)snprintf(text, sizeof(text), "%.*s", (int)x->value.bytes.size,
		(const char *)x->value.bytes.data);
	struct sample s = {
		.key = m.key, .quantity = m.quantity, .form = FORM_NOW, .value = NAN, .text = text};
	return out->put(out, &s);
}

static enum err hear(struct talk *t, struct slice telegram, struct sink *out)
{
	uint8_t apdu[APDU_CAP];
	struct dlms_notification n;
	struct dlms_item x;
	enum err e = open_telegram(t, telegram, apdu, &n);
	if (e) {
		return e;
	}
	struct dlms_items items = dlms_items_of(n.body);
	while (!e && dlms_items_next(&items, &x)) {
		e = put(out, &x);
	}
	return e;
}

static enum err identify(struct talk *t, struct identity *ret)
{
	uint8_t apdu[APDU_CAP];
	struct dlms_notification n;
	struct slice telegram;
	struct dlms_item x;
	struct identity who = {.medium = "electricity"};
	enum err e = talk_listen(t, frame, &telegram);
	e = e ? e : open_telegram(t, telegram, apdu, &n);
	if (e) {
		return e;
	}
	struct dlms_items items = dlms_items_of(n.body);
	while (dlms_items_next(&items, &x)) {
		struct obis_meaning m;
		if (obis_meaning(&x.code, &m) && m.quantity == QUANTITY_SERIAL_NUMBER &&
			is_printable(x.value.bytes)) {
			(void)snprintf(who.serial, sizeof(who.serial), "%.*s",
				(int)x.value.bytes.size, (const char *)x.value.bytes.data);
		}
	}
	*ret = who;
	return ERR_OK;
}

extern const struct driver driver_dlms_push;
const struct driver driver_dlms_push = {
	.name = "dlms_push",
	.title =
		"DLMS meters that push: Aidon, Kamstrup, Kaifa, Iskra, Landis+Gyr, Austrian meters",
	.title_ru =
		"Счётчики DLMS, передающие сами: Aidon, Kamstrup, Kaifa, Iskra, Landis+Gyr, австрийские",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_IDENTIFY,
	.timing = {.baud = 2400, .framing = "8E1", .reply_ms = 12000, .gap_ms = 0, .retries = 0},
	.params = params,
	.identify = identify,
	.hear_frame = frame,
	.hear = hear,
};
