/*
 * mbus.c - wired M-Bus meters of any make, EN 13757-2/3
 *
 * Facts: docs/protocols/mbus.md. Frames and records: proto/mbus.h. Parts: mbus_driver.h.
 *
 * Registers appear by what the meter sends: every current record (storage number 0) that measures
 * something. The clock of most meters has no seconds: a reading "12:34" is taken for 12:34:30.
 * Replies come within 330 bit times and 50 ms: 188 ms at 2400 baud.
 */
#include "drivers/mbus_driver.h"

#include "base/str.h"
#include "model/abnormal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, 254, "1",
		"primary address, 1 to 250; 254: the only meter on the line",
		"первичный адрес, 1–250; 254: единственный прибор на линии"},
	{"secondary", PARAM_TEXT, 0, 16, "",
		"secondary address instead: 8 digits of the number, or 16 as printed; F for any",
		"вторичный адрес вместо первичного: 8 цифр номера или 16 знаков; F – любой"},
	{"reset", PARAM_INT, -1, 255, "-1",
		"subcode of the application reset that selects current values; -1: the meter's default",
		"подкод сброса приложения для текущих значений; -1: по умолчанию прибора"},
	{"log_half_hour", PARAM_INT, -1, 255, "-1",
		"subcode that selects half-hourly values; -1: none",
		"подкод получасового архива; -1: нет"},
	{"log_hour", PARAM_INT, -1, 255, "-1", "subcode that selects hourly values; -1: none",
		"подкод часового архива; -1: нет"},
	{"log_day", PARAM_INT, -1, 255, "-1", "subcode that selects daily values; -1: none",
		"подкод суточного архива; -1: нет"},
	{"log_month", PARAM_INT, -1, 255, "-1",
		"subcode that selects monthly values; -1: those among the current values",
		"подкод месячного архива; -1: те, что вместе с текущими"},
	{"telegrams", PARAM_INT, 1, 255, "32", "most telegrams of one readout of current values",
		"наибольшее число телеграмм текущих значений"},
	{"log_telegrams", PARAM_INT, 1, 10000, "1000",
		"most telegrams of one readout of an archive", "наибольшее число телеграмм архива"},
	{"nke", PARAM_BOOL, 0, 0, "yes", "reset the link before each readout",
		"сбрасывать канал перед каждым чтением"},
	{"fast_baud", PARAM_INT, 0, 38400, "0",
		"switch the meter to this baud rate to read it; 0: do not",
		"переключать прибор на эту скорость на время чтения; 0: нет"},
	{"quirks", PARAM_TEXT, 0, 47, "auto",
		"what is special about the maker: auto, none or the name of a map in meters/mbus/",
		"особенности изготовителя: auto, none или имя карты из meters/mbus/"},
	{"scan", PARAM_TEXT, 0, 9, "both", "search by primary, secondary or both",
		"искать по primary, secondary или both"},
	{.name = NULL},
};

static enum err identify(struct talk *t, struct identity *ret)
{
	struct mbus_session s;
	struct mbus_message m;
	enum err e = mbus_open(&s, t);
	e = e ? e : mbus_readout(&s, &m);
	if (!e) {
		mbus_identity_of(&m, ret);
		if (s.is_secondary) {
			(void)snprintf(ret->address, sizeof(ret->address), "secondary=%s",
				talk_param_text(t, "secondary"));
		} else {
			(void)snprintf(ret->address, sizeof(ret->address), "address=%u", m.frame.a);
		}
	}
	mbus_close(&s);
	return e;
}

static enum err put_state(struct sink *out, const char *key, enum quantity q, double v)
{
	struct sample x = {.key = key,
		.quantity = q,
		.unit = UNIT_NONE,
		.form = FORM_NOW,
		.value = v,
		.quality = quality_make(QUALITY_MEASURED, SOURCE_NONE, 0)};
	return out->put(out, &x);
}

static enum err put_currents(struct mbus_session *s, const struct mbus_message *m,
	struct mbus_cursor *cur, struct mbus_keys *keys, unsigned *abnormal, struct sink *out)
{
	struct mbus_record r;
	struct sample x;
	struct diag diag = {0};
	char key[REGISTER_KEY_CAP];
	enum err e;
	while (!(e = mbus_next(cur, &r, &diag))) {
		if (r.slot.storage || !mbus_sample_of(&r, &m->header, s->map, keys, key, &x)) {
			continue;
		}
		if (x.quantity == QUANTITY_ERROR_CODE && x.value >= 0 && x.value <= UINT32_MAX) {
			*abnormal |= mbus_map_situations(s->map, (uint32_t)x.value);
		}
		e = out->put(out, &x);
		if (e) {
			return e;
		}
	}
	return e == ERR_NODATA ? ERR_OK : talk_fail(s->talk, e, "%s", diag.text);
}

/* The status byte says that something failed, the maker's error flags may say what. */
static unsigned situations(const struct mbus_session *s, const struct mbus_message *m)
{
	unsigned flags = mbus_status_flags(mbus_map_status(s->map, m->header.status));
	return flags & QUALITY_ABNORMAL ? ABNORMAL_FAILURE : 0;
}

static enum err read_telegrams(struct mbus_session *s, struct sink *out)
{
	struct mbus_keys keys = {.n = 0};
	struct mbus_message m;
	int limit = (int)talk_param(s->talk, "telegrams");
	unsigned abnormal = 0;
	bool has_status = false, has_more = true;
	while (has_more) {
		enum err e = mbus_readout(s, &m);
		if (e == ERR_NODATA && s->telegrams > 0) {
			break;
		}
		if (e) {
			return e;
		}
		struct mbus_cursor cur = mbus_records(&m);
		if (s->telegrams == 0 && m.has_access) {
			has_status = true;
			abnormal = situations(s, &m);
			e = put_state(out, "status", QUANTITY_STATUS, m.header.status);
		}
		e = e ? e : put_currents(s, &m, &cur, &keys, &abnormal, out);
		if (e) {
			return e;
		}
		limit = s->map && s->map->telegrams && s->map->telegrams < limit ?
				s->map->telegrams :
				limit;
		has_more = mbus_has_more(s, &cur, limit);
	}
	return has_status ? put_state(out, "abnormal", QUANTITY_ABNORMAL, abnormal) : ERR_OK;
}

static bool has_logs(struct talk *t)
{
	static const char *const logs[] = {"log_half_hour", "log_hour", "log_day", "log_month"};
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		if (talk_param(t, logs[i]) >= 0) {
			return true;
		}
	}
	return false;
}

/* A meter whose logs are read may have been left in one of them by a process that died. */
static enum err prepare_currents(struct mbus_session *s)
{
	int64_t reset = talk_param(s->talk, "reset");
	bool is_first = !s->state->is_asked_once && has_logs(s->talk);
	enum err e = reset >= 0 || is_first ? mbus_reset(s, reset) : ERR_OK;
	s->state->is_asked_once = s->state->is_asked_once || !e;
	return e;
}

static enum err read_current(struct talk *t, struct sink *out)
{
	struct mbus_session s;
	enum err e = mbus_open(&s, t);
	e = e ? e : prepare_currents(&s);
	e = e ? e : read_telegrams(&s, out);
	mbus_close(&s);
	return e;
}

/* The meter's own "now": a date and time that belongs to nothing else. */
bool mbus_is_clock(const struct mbus_record *r)
{
	return r->type == MBUS_TYPE_TIME && r->vib[0] == 0x6d && r->slot.storage == 0 &&
	       r->slot.tariff == 0 && r->slot.subunit == 0 &&
	       r->slot.function == MBUS_INSTANTANEOUS && r->time.local.hour >= 0;
}

static enum err find_clock(struct mbus_session *s, int64_t *ret_utc)
{
	struct mbus_message m;
	struct mbus_record r;
	int limit = (int)talk_param(s->talk, "telegrams");
	for (;;) {
		enum err e = mbus_readout(s, &m);
		if (e) {
			return e;
		}
		struct mbus_cursor cur = mbus_records(&m);
		while (!mbus_next(&cur, &r, NULL)) {
			if (mbus_is_clock(&r) &&
				mbus_moment(&r, talk_zone(s->talk), true, ret_utc)) {
				*ret_utc += r.data.size == 4 ? 30 : 0;
				return ERR_OK;
			}
		}
		if (!mbus_has_more(s, &cur, limit)) {
			return talk_fail(s->talk, ERR_NODATA, "the meter sends no date and time");
		}
	}
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct mbus_session s;
	enum err e = mbus_open(&s, t);
	e = e ? e : prepare_currents(&s);
	e = e ? e : find_clock(&s, ret_utc);
	mbus_close(&s);
	return e;
}

static bool is_summer(const struct zone *z, int64_t utc)
{
	int now = zone_offset(z, utc), half_year = 182 * 86400;
	return now > zone_offset(z, utc - half_year) || now > zone_offset(z, utc + half_year);
}

static enum err set_clock(struct talk *t, int64_t utc)
{
	struct mbus_session s;
	struct mbus_out out;
	const struct mbus_slot now = {0};
	const struct zone *z = talk_zone(t);
	int64_t minute = utc + 30 - (utc + 30) % 60; /* type F has no seconds */
	enum err e = mbus_open(&s, t);
	if (!e) {
		mbus_begin_send(&s, &out, MBUS_CI_SEND);
		mbus_put_date_time(&out, &now, 0x6d, zone_civil(z, minute), is_summer(z, minute));
		e = mbus_send(&s, &out);
	}
	mbus_close(&s);
	return e;
}

static uint32_t caps_of(const struct talk *t)
{
	uint32_t caps = CAP_CURRENT | CAP_CLOCK | CAP_SET_CLOCK | CAP_SCAN | CAP_IDENTIFY |
			CAP_ARCHIVE_MONTH;
	caps |= talk_param(t, "log_half_hour") >= 0 ? CAP_ARCHIVE_HALF_HOUR : 0;
	caps |= talk_param(t, "log_hour") >= 0 ? CAP_ARCHIVE_HOUR : 0;
	caps |= talk_param(t, "log_day") >= 0 ? CAP_ARCHIVE_DAY : 0;
	return caps;
}

extern const struct driver driver_mbus;
const struct driver driver_mbus = {
	.name = "mbus",
	.title = "M-Bus meters, wired (EN 13757-2/3)",
	.title_ru = "Приборы M-Bus, проводные (EN 13757-2/3)",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_CLOCK | CAP_SET_CLOCK | CAP_SCAN | CAP_IDENTIFY |
		CAP_ARCHIVE_HALF_HOUR | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH,
	.timing = {.baud = 2400, .framing = "8E1", .reply_ms = 250, .gap_ms = 15, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.set_clock = set_clock,
	.read_current = read_current,
	.read_archive = mbus_read_archive,
	.scan = mbus_scan,
	.caps_of = caps_of,
};
