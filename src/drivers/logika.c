/*
 * logika.c - Logika SPT941, SPT941.10/11, SPT942, SPT943 (firmware before 2.0.0.3.00), SPG741
 *
 * Facts: docs/protocols/logika.md. Frames: proto/m4.h; memory and records: proto/logika.h. Parts:
 * logika_driver.h. The same names with newer firmware speak M4: drivers/logika_m4.c.
 *
 * A session begins at 2400 baud. Archives are asked for hour by hour, so a faster speed pays
 * (parameter fast_baud). Unknown: the text formats of settings but time and date, totals of the old
 * SPT941, pressures' units of SPG741 - not read.
 */
#include "drivers/logika_driver.h"

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTINGS_PAGE   8 /* number 0 lies there, four to a page */
#define SETTINGS_PAGES  2 /* units, report day and hour are among the first eight */
#define SETTINGS_S      86400
#define MODEL_AT        0x30 /* in page 0: a digit */
#define CLOCK_WRITTEN_S 60

static const struct driver_param params[] = {
	{"address", PARAM_INT, 0, 255, "255", "number NT, 0 to 99; 255: the only meter on the line",
		"групповой номер NT, 0–99; 255: единственный прибор на линии"},
	{"systems", PARAM_INT, 1, 2, "2", "heat systems to read of meters that have two: 1 or both",
		"сколько теплосистем читать у двухсистемных: только ТВ1 или обе"},
	{"units", PARAM_INT, -1, 2, "-1",
		"units of pressure and energy: 0 kgf/cm2 and Gcal, 1 MPa and GJ, 2 bar and MWh; "
		"-1: as set in the meter",
		"единицы давления и энергии: 0 кгс/см² и Гкал, 1 МПа и ГДж, 2 бар и МВт·ч; "
		"-1: по настройке прибора"},
	{"fast_baud", PARAM_INT, 0, 19200, "0",
		"speed to switch to after the session has begun: 4800, 9600 or 19200; 0: stay",
		"скорость после начала сеанса: 4800, 9600 или 19200; 0: не менять"},
	{"wake_ms", PARAM_INT, 0, 5000, "1000",
		"silence between the bytes that wake the meter and the first request",
		"пауза между пробуждающей последовательностью и первым запросом"},
	{NULL, PARAM_INT, 0, 0, NULL, NULL, NULL},
};

/* ---- settings ---- */

static bool number_of(const uint8_t *pages, unsigned no, int min, int max, int *ret)
{
	char text[9];
	int64_t v;
	if (no >= 4 * SETTINGS_PAGES) {
		return false;
	}
	logika_setting(pages + 16 * (size_t)no, text);
	if (str_to_int(text, &v) || v < min || v > max) {
		return false;
	}
	*ret = (int)v;
	return true;
}

static enum err settings_of(struct logika *l)
{
	const struct logika_layout *y = l->layout;
	struct logika_state *s = l->state;
	uint8_t pages[SETTINGS_PAGES * LOGIKA_PAGE];
	int units = 0, day = 1, hour = 0;
	s->has_settings = s->has_report = false;
	enum err e = logika_flash(l, SETTINGS_PAGE, SETTINGS_PAGES, pages);
	if (e) {
		return e;
	}
	/* the meter takes what it does not know for 0 */
	if (!number_of(pages, y->units_no, 0, 99, &units)) {
		return talk_fail(l->talk, ERR_NODATA,
			"the setting of units cannot be read; set the parameter units");
	}
	s->units = (uint8_t)(units <= 2 ? units : 0);
	s->has_report = number_of(pages, y->day_no, 1, 31, &day) &&
			number_of(pages, y->hour_no, 0, 23, &hour);
	s->report_day = (uint8_t)day;
	s->report_hour = (uint8_t)hour;
	s->settings_utc = talk_now(l->talk);
	s->has_settings = true;
	return ERR_OK;
}

enum err logika_settings(struct logika *l)
{
	struct logika_state *s = l->state;
	int64_t age = talk_now(l->talk) - s->settings_utc;
	int64_t own = talk_param(l->talk, "units");
	enum err e = ERR_OK;
	if (!l->layout->settings) {
		s->units = 0; /* Gcal: the old SPT941 has no choice */
	} else if (!s->has_settings || age < 0 || age > SETTINGS_S) {
		e = settings_of(l);
		e = err_is_answer(e) && own >= 0 ? ERR_OK : e;
	}
	s->units = own >= 0 ? (uint8_t)own : s->units;
	return e;
}

struct calendar logika_calendar(const struct logika *l)
{
	const struct logika_state *s = l->state;
	const struct calendar civil = {talk_zone(l->talk), 0, 1};
	if (!l->layout->settings) {
		return civil;
	}
	return s->has_report ?
		       (struct calendar){talk_zone(l->talk), s->report_hour, s->report_day} :
		       *talk_calendar(l->talk);
}

static enum err report_time(struct talk *t, int *ret_hour, int *ret_day)
{
	struct logika l;
	enum err e = logika_open(&l, t);
	if (!e && l.layout->settings) {
		e = settings_of(&l);
	}
	bool is_known = !e && l.layout->settings && l.state->has_report;
	logika_close(&l);
	if (e) {
		return e;
	}
	if (!is_known) {
		return talk_fail(t, ERR_NODATA, "the meter has no report hour that can be read");
	}
	*ret_hour = l.state->report_hour;
	*ret_day = l.state->report_day;
	return ERR_OK;
}

/* ---- identify, clock ---- */

static enum err read_names(struct logika *l, struct identity *ret)
{
	const struct logika_layout *y = l->layout;
	uint8_t page[LOGIKA_PAGE];
	char text[9];
	if (!y->settings) {
		return ERR_OK;
	}
	enum err e = logika_flash(l, 0, 1, page);
	if (!e && page[MODEL_AT] >= '0' && page[MODEL_AT] <= '9') {
		bool is_941 = y->kind == LOGIKA_SPT941_10; /* 941.1x */
		(void)snprintf(ret->model, sizeof(ret->model), "%.*s%s%c", is_941 ? 8 : 16,
			y->model, is_941 ? "" : ".", page[MODEL_AT]);
	}
	if (!e || err_is_answer(e)) {
		e = logika_flash(l, SETTINGS_PAGE + y->id_no / 4u, 1, page);
	}
	if (!e) {
		logika_setting(page + 16 * (y->id_no % 4u), text);
		(void)STR_COPY(ret->serial, text);
	}
	return err_is_answer(e) ? ERR_OK : e;
}

static enum err identify(struct talk *t, struct identity *ret)
{
	struct logika l;
	struct identity id = {.maker = "Logika"};
	enum err e = logika_open(&l, t);
	if (!e) {
		(void)STR_COPY(id.model, l.layout->model);
		(void)STR_COPY(id.medium, l.layout->kind == LOGIKA_SPG741 ? "gas" : "heat");
		(void)snprintf(id.version, sizeof(id.version), "%02X", l.id[2]);
		(void)snprintf(id.address, sizeof(id.address), "address=%u", l.nt);
		e = read_names(&l, &id);
	}
	logika_close(&l);
	if (!e) {
		*ret = id;
	}
	return e;
}

enum err logika_clock_now(struct logika *l, int64_t *ret_utc)
{
	struct slice bytes;
	struct civil c;
	enum err e = logika_ram(l, l->layout->clock_at, 6, &bytes);
	if (e) {
		return e;
	}
	if (!logika_clock(bytes.data, &c)) {
		return talk_fail(l->talk, ERR_NODATA, "the clock of the meter shows no time");
	}
	*ret_utc = zone_utc(talk_zone(l->talk), c, false);
	return ERR_OK;
}

static enum err read_clock(struct talk *t, int64_t *ret_utc)
{
	struct logika l;
	enum err e = logika_open(&l, t);
	e = e ? e : logika_clock_now(&l, ret_utc);
	logika_close(&l);
	return e;
}

static enum err write_clock(struct logika *l, int64_t utc)
{
	const struct logika_layout *y = l->layout;
	struct civil c = zone_civil(talk_zone(l->talk), utc);
	char date[32], time[32];
	int64_t shown = 0;
	if (y->time_no == LOGIKA_NONE || y->date_no == LOGIKA_NONE) {
		return talk_fail(l->talk, ERR_UNSUPP, "how the clock of an %s is set is not known",
			y->model);
	}
	(void)snprintf(date, sizeof(date), "%02d-%02d-%02d", c.day, c.month, c.year % 100);
	(void)snprintf(time, sizeof(time), "%02d-%02d-%02d", c.hour, c.minute, c.second);
	enum err e = logika_write(l, y->date_no, date);
	e = e ? e : logika_write(l, y->time_no, time);
	e = e ? e : logika_clock_now(l, &shown);
	if (!e && llabs(shown - utc) > CLOCK_WRITTEN_S) {
		return talk_fail(
			l->talk, ERR_PROTO, "the meter acknowledged the time but shows another");
	}
	return e;
}

static enum err set_clock(struct talk *t, int64_t utc)
{
	struct logika l;
	enum err e = logika_open(&l, t);
	e = e ? e : write_clock(&l, utc);
	logika_close(&l);
	return e;
}

/* ---- samples ---- */

enum err logika_put(const struct logika_values *v, const struct logika_field *field, double value)
{
	char key[REGISTER_KEY_CAP];
	(void)snprintf(key, sizeof(key), "%s%s", field->key, v->system ? ".u2" : "");
	enum quality_class class = isnan(value) ? QUALITY_MISSING : QUALITY_MEASURED;
	const struct sample s = {.key = key,
		.quantity = field->quantity,
		.unit = logika_unit(field->unit, v->logika->state->units),
		.form = v->form,
		.period = v->period,
		.utc = v->utc,
		.value = value,
		.decimals = -1,
		.quality = quality_make(class, SOURCE_NONE, v->flags)};
	return v->out->put(v->out, &s);
}

enum err logika_put_situations(const struct logika_values *v, uint32_t situations)
{
	static const struct logika_field code = {"error_code", QUANTITY_ERROR_CODE, UNIT_NONE, 0};
	static const struct logika_field common = {"abnormal", QUANTITY_ABNORMAL, UNIT_NONE, 0};
	enum err e = logika_put(v, &code, situations);
	return e ? e : logika_put(v, &common, logika_abnormal(v->logika->layout, situations));
}

static struct archive_depth depth(const struct talk *t)
{
	(void)t;
	return (struct archive_depth){.hours = 1080, .days = 365, .months = 100};
}

extern const struct driver driver_logika;
const struct driver driver_logika = {
	.name = "logika",
	.title = "Logika SPT941, SPT942, SPT943 before M4, SPG741",
	.title_ru = "Логика СПТ941, СПТ942, СПТ943 до М4, СПГ741",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY | CAP_ARCHIVE_MONTH | CAP_CLOCK |
		CAP_SET_CLOCK | CAP_EVENTS | CAP_IDENTIFY,
	.timing = {.baud = 2400, .framing = "8N1", .reply_ms = 2300, .gap_ms = 5, .retries = 2},
	.params = params,
	.identify = identify,
	.read_clock = read_clock,
	.set_clock = set_clock,
	.read_current = logika_read_current,
	.read_archive = logika_read_archive,
	.read_events = logika_read_events,
	.report_time = report_time,
	.depth = depth,
};
