/*
 * kamstrup_hours.c - the hourly log of the top module, and the log of info codes; see kamstrup.h
 *
 * Hours are asked for by time: the reply holds up to 24 values of the hours that ended then and before,
 * newest first. Their times are registers of the log: 186 (yymm) and 187 (ddhh), the end of the hour.
 * A log without these is taken for one without holes, and its values say so (TIME_SUSPECT).
 * Never seen answered: from the maker's program alone.
 *
 * Info codes: the log holds the date (1003) at which the code (99) changed, newest first.
 */
#include "drivers/kamstrup.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HOUR_S         3600
#define INFO_MOST      250 /* entries of the largest log */
#define REGISTER_BYTES 4
#define REQUESTS_MAX   200

struct hours {
	unsigned n;
	int64_t starts[KMP_HOURS];
	bool has_times;
};

static enum err ask_hours(const struct kamstrup *k, uint16_t id, int64_t till,
	struct kmp_message *message, struct kmp_log *ret)
{
	struct kmp_ask q = kmp_ask_hours(id, zone_civil(talk_zone(k->talk), till));
	return kamstrup_ask_log(k, KAMSTRUP_LOG_HOURS, id, &q, message, ret);
}

/* Starts of the hours that ended at `till` and before, newest first. */
static enum err read_times(const struct kamstrup *k, int64_t till, struct hours *h)
{
	struct kmp_message m;
	struct kmp_log yymm, ddhh;
	int64_t months[KMP_HOURS];
	h->n = 0;
	h->has_times = true;
	enum err e = ask_hours(k, KMP_REG_YYMM, till, &m, &yymm);
	for (unsigned i = 0; !e && i < yymm.n && i < KMP_HOURS; i++) {
		months[i] = kmp_log_value(&yymm, i).mantissa;
	}
	e = e ? e : ask_hours(k, KMP_REG_DDHH, till, &m, &ddhh);
	if (e == ERR_NODATA) {
		h->has_times = false;
		for (; h->n < KMP_HOURS; h->n++) {
			h->starts[h->n] = till - HOUR_S * (h->n + 1);
		}
		return ERR_OK;
	}
	for (unsigned i = 0; !e && i < ddhh.n && i < yymm.n && i < KMP_HOURS; i++) {
		int64_t day = kmp_log_value(&ddhh, i).mantissa;
		struct civil c;
		struct decimal date = {months[i] * 100 + day / 100, 0};
		if (months[i] < 0 || months[i] > 9912 || day < 0 || day > 3124 ||
			!kmp_date(date, &c) || day % 100 > 24) {
			break;
		}
		c.hour = (int)(day % 100);
		h->starts[h->n++] = zone_utc(talk_zone(k->talk), c, false) - HOUR_S;
	}
	return e;
}

static enum err put_hours(const struct kamstrup_register *r, const struct kmp_log *log,
	const struct hours *h, struct span span, struct sink *out)
{
	enum err e = ERR_OK;
	bool is_reading = quantity_kind(r->quantity) == KIND_COUNTER &&
			  log->form.size >= REGISTER_BYTES;
	for (unsigned i = 0; i < h->n && i < log->n && !e; i++) {
		struct sample s;
		if (h->starts[i] < span.from || h->starts[i] >= span.till ||
			!kamstrup_fill(r, &log->form, kmp_log_value(log, i), &s)) {
			continue;
		}
		s.period = PERIOD_HOUR;
		s.form = is_reading ? FORM_POINT : FORM_AMOUNT;
		s.utc = h->starts[i] + (is_reading ? HOUR_S : 0);
		s.quality |= h->has_times ? 0 : QUALITY_TIME_SUSPECT;
		e = out->put(out, &s);
	}
	return e;
}

static enum err read_columns(const struct kamstrup *k, int64_t till, const struct hours *h,
	struct span span, struct sink *out, bool *has_put)
{
	enum err e = ERR_OK;
	for (unsigned i = 0; i < KAMSTRUP_REGISTERS && !e; i++) {
		const struct kamstrup_register *r = &kamstrup_registers[i];
		struct kmp_message m;
		struct kmp_log log;
		if (!(r->where & KAMSTRUP_HOUR) || !(k->state->counted >> i & 1)) {
			continue;
		}
		e = ask_hours(k, r->id, till, &m, &log);
		if (e == ERR_NODATA) {
			e = ERR_OK;
			continue;
		}
		e = e ? e : put_hours(r, &log, h, span, out);
		*has_put = *has_put || !e;
	}
	return e;
}

enum err kamstrup_read_hours(const struct kamstrup *k, struct span span, struct sink *out)
{
	struct hours h;
	struct civil now;
	bool has_put = false;
	enum err e = k->state->is_learnt ? ERR_OK : kamstrup_currents(k, NULL);
	e = e ? e : kamstrup_clock(k, &now);
	if (e) {
		return e;
	}
	int64_t utc = zone_utc(talk_zone(k->talk), now, false);
	int64_t open = period_of(talk_calendar(k->talk), PERIOD_HOUR, utc).from;
	int64_t till = span.till < open ? span.till : open;
	for (int i = 0; !e && till > span.from && i < REQUESTS_MAX; i++) {
		e = read_times(k, till, &h);
		if (e || h.n == 0) {
			break;
		}
		if (h.starts[0] >= span.from) {
			e = read_columns(k, till, &h, span, out, &has_put);
		}
		/* the oldest of these was the start of the one before; never forward */
		int64_t next = h.starts[h.n - 1];
		till = next < till ? next : span.from;
	}
	if (e == ERR_NODATA || !e) {
		return has_put ? ERR_OK : ERR_NODATA;
	}
	return e;
}

/* ---- info codes ---- */

static const char *info_text(const struct kamstrup *k, uint32_t code)
{
	static const struct {
		uint32_t bit;
		const char *text;
	} texts[] = {
		{0x0001, "power off"},
		{0x0008, "T1 out of range"},
		{0x0004, "T2 out of range"},
		{0x0020, "T3 out of range"},
		{0x0010, "V1 does not answer"},
		{0x0400, "V2 does not answer"},
		{0x0040, "leak of cold water"},
		{0x0100, "leak of the heating system"},
		{0x0200, "burst of the heating system"},
		{0x0800, "V1: wrong pulse figure"},
		{0x0080, "V2: wrong pulse figure"},
		{0x1000, "V1: weak signal, air"},
		{0x2000, "V2: weak signal, air"},
		{0x4000, "V1: wrong direction"},
		{0x8000, "V2: wrong direction"},
	};
	unsigned abnormal;
	if (code == 0) {
		return "no irregularities";
	}
	for (size_t i = 0;
		kamstrup_abnormal(k, code, &abnormal) && i < sizeof(texts) / sizeof(*texts); i++) {
		if (code == texts[i].bit) {
			return texts[i].text;
		}
	}
	return "";
}

static enum err put_entry(const struct kamstrup *k, struct decimal date, struct decimal code,
	struct span span, struct sink *out, bool *ret_more)
{
	struct civil at;
	char name[32];
	*ret_more = kmp_date(date, &at);
	if (!*ret_more || code.exponent != 0 || code.mantissa < 0 || code.mantissa > UINT32_MAX) {
		return ERR_OK;
	}
	struct meter_event event = {.utc = zone_utc(talk_zone(k->talk), at, false),
		.code = name,
		.text = info_text(k, (uint32_t)code.mantissa)};
	(void)snprintf(name, sizeof(name), "info.%u", (uint32_t)code.mantissa);
	*ret_more = event.utc >=
		    span.from - 86400; /* a date alone: the moment lies within the day */
	if (!*ret_more || event.utc >= span.till) {
		return ERR_OK;
	}
	return out->event(out, &event);
}

enum err kamstrup_read_events(struct talk *t, struct span span, struct sink *out)
{
	struct kamstrup k = kamstrup_open(t);
	bool has_more = out->event != NULL;
	uint8_t version[2];
	if (!kamstrup_has_log(k.state, KAMSTRUP_LOG_INFO)) {
		return ERR_UNSUPP;
	}
	/* an entry must be told in the same words every time */
	enum err e = k.state->has_type ? ERR_OK : kamstrup_learn_type(&k, version);
	for (unsigned first = 1; has_more && !e && first <= INFO_MOST; first += KMP_RECORDS) {
		struct kmp_message m[2];
		struct kmp_log dates, codes;
		struct kmp_ask q = kmp_ask_log(KMP_REG_DATE, (uint16_t)first, -1);
		e = kamstrup_ask_log(&k, KAMSTRUP_LOG_INFO, KMP_REG_DATE, &q, &m[0], &dates);
		q = kmp_ask_log(KMP_REG_INFO, (uint16_t)first, -1);
		e = e ? e :
			kamstrup_ask_log(&k, KAMSTRUP_LOG_INFO, KMP_REG_INFO, &q, &m[1], &codes);
		for (unsigned i = 0; !e && has_more && i < dates.n && i < codes.n; i++) {
			e = put_entry(&k, kmp_log_value(&dates, i), kmp_log_value(&codes, i), span,
				out, &has_more);
		}
		has_more = has_more && !e && dates.n >= KMP_RECORDS;
	}
	return e == ERR_NODATA ? ERR_OK : e;
}
