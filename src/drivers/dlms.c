/*
 * dlms.c - DLMS/COSEM meters over HDLC or TCP, with the Russian profile SPODES (GOST R 58940-2020)
 *
 * Facts: docs/protocols/dlms.md. Parts: dlms_driver.h. Checked against tests/rec/dlms_*.rec.
 *
 * Unknown: how meters count the deviation of their clock from UTC - both signs are met - so only local
 * time is used, with the mark of summer time where the clock shows an hour twice.
 */
#include "drivers/dlms_driver.h"

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAP_PUBLIC      16
#define READER          32
#define READER_STEP_S   900
#define ADDRESS_MAX     16383
#define SUMMER          0x80
#define TITLE_HEX       (2 * COSEM_TITLE_SIZE)
#define KEY_HEX         (2 * GCM_KEY_SIZE)
#define CONFORMANCE_HEX 6

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, ADDRESS_MAX, "16", "lower HDLC address (of the device); 0: none",
		"нижний адрес HDLC (прибора); 0: нет"},
	{"logical", PARAM_INT, 1, ADDRESS_MAX, "1",
		"logical device: upper HDLC address, port of the wrapper",
		"логическое устройство: верхний адрес HDLC, порт обёртки"},
	{"address_bytes", PARAM_INT, 0, 4, "0",
		"bytes of the HDLC address: 1, 2, 4; 0: as few as will do",
		"байтов в адресе HDLC: 1, 2, 4; 0: наименьшее возможное"},
	{"transport", PARAM_TEXT, 0, 16, "hdlc", "hdlc, wrapper (TCP port 4059), hdlc-over-tcp",
		"hdlc, wrapper (TCP, порт 4059), hdlc-over-tcp"},
	{"client", PARAM_INT, 1, 127, "32", "16 public, 32 reader, 48 configurator",
		"16 публичный, 32 считыватель, 48 конфигуратор"},
	{"auth", PARAM_TEXT, 0, 8, "auto",
		"none, lls (password), gmac (keys); auto: lls if there is a password",
		"none, lls (пароль), gmac (ключи); auto: lls, если задан пароль"},
	{"password", PARAM_TEXT, 0, 64, "", "text, or hex:31 32 33", "текст или hex:31 32 33"},
	{"ek", PARAM_TEXT, 0, KEY_HEX, "", "encryption key, 32 hex digits",
		"ключ шифрования, 32 шестнадцатеричные цифры"},
	{"ak", PARAM_TEXT, 0, KEY_HEX, "", "authentication key, 32 hex digits",
		"ключ аутентификации, 32 шестнадцатеричные цифры"},
	{"title", PARAM_TEXT, 0, TITLE_HEX, "444D560000000001", "our system title, 16 hex digits",
		"наш системный титул, 16 шестнадцатеричных цифр"},
	{"ciphered", PARAM_BOOL, 0, 0, "no", "encipher requests and replies",
		"шифровать запросы и ответы"},
	{"counter", PARAM_INT, -1, UINT32_MAX, "-1", "first invocation counter; -1: by the clock",
		"начальный счётчик; -1: по часам"},
	{"max_info", PARAM_INT, 16, HDLC_INFO_MAX, "128",
		"longest HDLC frame to negotiate; 128: nothing is negotiated",
		"наибольший кадр HDLC при согласовании; 128: не согласуется"},
	{"max_pdu", PARAM_INT, 64, 65535, "2048", "longest message we say we take",
		"наибольшее сообщение, которое мы объявляем"},
	{"conformance", PARAM_TEXT, 0, CONFORMANCE_HEX, "001E5D",
		"services we propose, 6 hex digits",
		"предлагаемые службы, 6 шестнадцатеричных цифр"},
	{"priority", PARAM_BOOL, 0, 0, "yes", "requests are urgent", "запросы высокого приоритета"},
	{.name = NULL},
};

/* ---- parameters ---- */

static bool take_hex(struct talk *t, const char *name, uint8_t *to, size_t size)
{
	return dlms_unhex(talk_param_text(t, name), to, size) == (int)size;
}

static enum err take_password(struct dlms_peer *p)
{
	const char *text = talk_param_text(p->talk, "password");
	if (strncmp(text, "hex:", 4) != 0) {
		p->secret_n = strlen(text);
		memcpy(p->secret, text, p->secret_n);
		return ERR_OK;
	}
	int n = dlms_unhex(text + 4, p->secret, sizeof(p->secret));
	if (n < 0) {
		return talk_fail(p->talk, ERR_INVAL, "password: pairs of hex digits behind hex:");
	}
	p->secret_n = (size_t)n;
	return ERR_OK;
}

static enum err take_security(struct dlms_peer *p)
{
	struct talk *t = p->talk;
	const char *auth = talk_param_text(t, "auth");
	enum err e = take_password(p);
	if (e) {
		return e;
	}
	if (strcmp(auth, "auto") == 0) {
		p->mechanism = p->secret_n ? COSEM_LLS : COSEM_NO_SECURITY;
	} else if (strcmp(auth, "none") == 0) {
		p->mechanism = COSEM_NO_SECURITY;
	} else if (strcmp(auth, "lls") == 0) {
		p->mechanism = COSEM_LLS;
	} else if (strcmp(auth, "gmac") == 0) {
		p->mechanism = COSEM_HLS_GMAC;
	} else {
		return talk_fail(t, ERR_INVAL, "auth: auto, none, lls or gmac");
	}
	p->is_ciphered = talk_param(t, "ciphered");
	if (p->mechanism != COSEM_HLS_GMAC && !p->is_ciphered) {
		return ERR_OK;
	}
	if (!take_hex(t, "ek", p->keys.encryption, GCM_KEY_SIZE)) {
		return talk_fail(t, ERR_INVAL, "ek: %d hex digits", KEY_HEX);
	}
	if (!take_hex(t, "ak", p->keys.authentication, GCM_KEY_SIZE)) {
		return talk_fail(t, ERR_INVAL, "ak: %d hex digits", KEY_HEX);
	}
	return take_hex(t, "title", p->title, COSEM_TITLE_SIZE) ?
		       ERR_OK :
		       talk_fail(t, ERR_INVAL, "title: %d hex digits", TITLE_HEX);
}

static enum err take_address(struct dlms_peer *p)
{
	struct talk *t = p->talk;
	unsigned lower = (unsigned)talk_param(t, "address");
	int size = (int)talk_param(t, "address_bytes");
	const char *transport = talk_param_text(t, "transport");
	p->logical = (uint16_t)talk_param(t, "logical");
	p->client = (uint8_t)talk_param(t, "client");
	p->is_wrapper = strcmp(transport, "wrapper") == 0;
	if (!p->is_wrapper && strcmp(transport, "hdlc") != 0 &&
		strcmp(transport, "hdlc-over-tcp") != 0) {
		return talk_fail(t, ERR_INVAL, "transport: hdlc, wrapper or hdlc-over-tcp");
	}
	bool is_short = p->logical > 127 || lower > 127;
	if (size == 3 || (size == 1 && (lower || is_short)) || (size == 2 && is_short)) {
		return talk_fail(t, ERR_INVAL,
			"address_bytes: 1 for logical alone (address 0), 2 for numbers up to 127, 4");
	}
	p->server = hdlc_server(p->logical, lower, size);
	p->own = hdlc_client(p->client);
	return ERR_OK;
}

enum err dlms_peer_init(struct talk *t, struct dlms_peer *ret)
{
	uint8_t conformance[3];
	*ret = (struct dlms_peer){.talk = t,
		.state = talk_state(t, sizeof(struct dlms_state)),
		.access_result = -1,
		.priority = talk_param(t, "priority") ? 0xc0 : 0x80,
		.info_max = (unsigned)talk_param(t, "max_info"),
		.pdu = (uint16_t)talk_param(t, "max_pdu")};
	if (!take_hex(t, "conformance", conformance, sizeof(conformance))) {
		return talk_fail(t, ERR_INVAL, "conformance: %d hex digits", CONFORMANCE_HEX);
	}
	ret->conformance = (uint32_t)conformance[0] << 16 | (uint32_t)conformance[1] << 8 |
			   conformance[2];
	enum err e = take_address(ret);
	return e ? e : take_security(ret);
}

/* ---- who ---- */

static bool is_printable(struct slice s)
{
	for (size_t i = 0; i < s.size; i++) {
		if (s.data[i] < 0x20 || s.data[i] > 0x7e) {
			return false;
		}
	}
	return s.size > 0;
}

/* Text without blanks around it, a number, or hex of what is neither. */
static void text_of(const struct axdr *d, char *to, size_t cap)
{
	struct slice s = d->bytes;
	*to = 0;
	if (!s.size) {
		if (d->number >= 0 && d->number < 1e15) {
			(void)snprintf(to, cap, "%.0f", d->number);
		}
		return;
	}
	while (s.size && (s.data[s.size - 1] == ' ' || s.data[s.size - 1] == 0)) {
		s.size--;
	}
	while (s.size && s.data[0] == ' ') {
		s.data++;
		s.size--;
	}
	if (is_printable(s)) {
		(void)snprintf(to, cap, "%.*s", (int)s.size, (const char *)s.data);
		return;
	}
	for (size_t i = 0; i < s.size && 2 * i + 3 <= cap; i++) {
		(void)snprintf(to + 2 * i, cap - 2 * i, "%02X", s.data[i]);
	}
}

/* A refusal leaves the text empty. */
static enum err read_text(struct dlms_peer *p, const char *object, char *to, size_t cap)
{
	const struct obis o = dlms_obis(object);
	struct axdr d;
	enum err e = dlms_read(p, 1, &o, 2);
	*to = 0;
	if (!e && dlms_value_get(p, &d)) {
		text_of(&d, to, cap);
	}
	return err_is_answer(e) ? ERR_OK : e;
}

static enum err identify(struct talk *t, struct identity *ret)
{
	struct dlms_peer p;
	struct identity who = {.medium = "electricity"};
	char name[32];
	enum err e = dlms_peer_init(t, &p);
	if (e) {
		return e;
	}
	/* it may be another meter now, or the same with other settings */
	uint32_t counter = p.state->counter;
	bool has_counter = p.state->has_counter;
	*p.state = (struct dlms_state){.has_counter = has_counter, .counter = counter};
	const struct {
		const char *object;
		char *to;
		size_t cap;
	} texts[] = {{"0.0.96.1.0.255", who.serial, sizeof(who.serial)},
		{"0.0.96.1.1.255", who.model, sizeof(who.model)},
		{"0.0.96.1.2.255", who.version, sizeof(who.version)},
		{"0.0.96.1.3.255", who.maker, sizeof(who.maker)},
		{"0.0.42.0.0.255", name, sizeof(name)}};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !e; i++) {
		e = read_text(&p, texts[i].object, texts[i].to, texts[i].cap);
	}
	if (e) {
		return e;
	}
	if (!who.maker[0]) { /* a logical device name begins with the maker's three letters */
		(void)snprintf(who.maker, sizeof(who.maker), "%.3s", name);
	}
	if (!who.serial[0]) {
		(void)STR_COPY(who.serial, name);
	}
	(void)snprintf(
		who.address, sizeof(who.address), "address=%u", (unsigned)talk_param(t, "address"));
	*ret = who;
	return ERR_OK;
}

/* ---- clock ---- */

static enum err read_time(struct dlms_peer *p, struct axdr *ret, int64_t *ret_utc)
{
	const struct obis clock = dlms_obis("0.0.1.0.0.255");
	struct civil c;
	uint8_t status;
	enum err e = dlms_read(p, 8, &clock, 2);
	if (e) {
		return e;
	}
	if (!dlms_value_get(p, ret) || !axdr_time(ret, &c, &status)) {
		return talk_fail(p->talk, ERR_NODATA, "the meter's clock is not set");
	}
	*ret_utc = dlms_utc(talk_zone(p->talk), c, status, INT64_MIN);
	return ERR_OK;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct dlms_peer p;
	struct axdr d;
	enum err e = dlms_peer_init(t, &p);
	return e ? e : read_time(&p, &d, ret_utc);
}

/* Deviation and status as the meter itself says them; only summer time follows the new moment. */
static enum err set_clock(struct talk *t, int64_t utc)
{
	const struct obis clock = dlms_obis("0.0.1.0.0.255");
	const struct dlms_target target = {clock, 8, 2, {NULL, 0}};
	struct dlms_peer p;
	struct axdr d;
	int64_t before = 0;
	enum err e = dlms_peer_init(t, &p);
	e = e ? e : read_time(&p, &d, &before);
	if (e && e != ERR_NODATA) {
		return e;
	}
	struct civil c = zone_civil(talk_zone(t), utc);
	uint8_t data[2 + AXDR_TIME_SIZE] = {AXDR_OCTETS, AXDR_TIME_SIZE, (uint8_t)(c.year >> 8),
		(uint8_t)c.year, (uint8_t)c.month, (uint8_t)c.day, 0xff, (uint8_t)c.hour,
		(uint8_t)c.minute, (uint8_t)c.second, 0, 0x80, 0, 0};
	if (!e) {
		memcpy(data + 11, d.bytes.data + 9, 3);
	}
	bool is_second = zone_utc(talk_zone(t), c, false) != utc;
	if (is_second && data[13] != 0xff) {
		data[13] &= (uint8_t)~SUMMER;
	}
	e = dlms_set(&p, &target, SLICE(data));
	if (e == ERR_DENIED && p.client == READER && before &&
		llabs(utc - before) > READER_STEP_S) {
		return talk_fail(t, ERR_DENIED,
			"the reader (client %d) may set the clock by %d s at most, this is %lld s: "
			"use client 48",
			READER, READER_STEP_S, (long long)(utc - before));
	}
	return e;
}

static enum err read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	switch (period) {
	case PERIOD_HALF_HOUR:
	case PERIOD_HOUR: return dlms_read_load(t, period, span, out);
	case PERIOD_DAY:
	case PERIOD_MONTH: return dlms_read_readings(t, period, span, out);
	default: return ERR_UNSUPP;
	}
}

/* What the standard asks for at least: 180 days of hours; half-hours, days and months as meters have them. */
static struct archive_depth depth(const struct talk *t)
{
	(void)t;
	return (struct archive_depth){.half_hours = 8640, .hours = 4320, .days = 128, .months = 36};
}

extern const struct driver driver_dlms;
const struct driver driver_dlms = {
	.name = "dlms",
	.title = "DLMS/COSEM and SPODES electricity meters (HDLC, TCP)",
	.title_ru = "Электросчётчики DLMS/COSEM и СПОДЭС (HDLC, TCP)",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_CLOCK | CAP_SET_CLOCK | CAP_IDENTIFY | CAP_EVENTS |
		CAP_ARCHIVE_HALF_HOUR | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 1000, .gap_ms = 10, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.set_clock = set_clock,
	.read_current = dlms_read_current,
	.report_time = dlms_report_time,
	.read_archive = read_archive,
	.read_events = dlms_read_events,
	.depth = depth,
};
