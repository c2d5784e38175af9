/*
 * iec62056_meter.c - the meter's side of IEC 62056-21: Energomera, Neva and a readout by OBIS codes
 *
 * What it is follows from the device's model:
 *
 *     ce301, ce303   three phases, sum; names on every line; archives by date, profile
 *     ce102m         one phase, sum; names on the first line of a list
 *     ce308          sum; password first; archives by number with their date
 *     neva_mt324     exclusive or; password first; names are OBIS codes in hex
 *     iec_generic    a readout, exclusive or
 *
 * A meter whose own speed is 300 changes to what the option select says and comes back with the break
 * or after a minute of silence. A request with a wrong check gets NAK; what the meter does not know
 * (ERR12), Neva (01). Depths of the archives are the device's; nobody documented what a missing interval
 * of the profile looks like: here a line, of Neva nothing between commas. The hour that comes twice in autumn is
 * kept once, the second. A day's slice 0 of Neva is the reading at the last midnight.
 *
 * Facts: docs/protocols/iec62056.md.
 */
#include "sim/iec62056_inner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_US 60000000 /* without a word the meter forgets the session */
#define TARIFFS    5

static const struct iec_sim_kind kinds[] = {
	{"ce301", "EKT5CE301v11", IEC_SIM_STYLE_NAMES, IEC_BCC_SUM, "777777", "777777", false, true,
		5, 3},
	{"ce303", "EKT5CE303v8", IEC_SIM_STYLE_NAMES, IEC_BCC_SUM, "777777", "777777", false, true,
		5, 3},
	{"ce102m", "EKT5CE102Mv01", IEC_SIM_STYLE_NAMES, IEC_BCC_SUM, "www.energomera.ru", "777777",
		false, false, 2, 1},
	{"ce308", "EKT5CE308v10", IEC_SIM_STYLE_NUMBERS, IEC_BCC_SUM, "83BC249", "777777", true,
		true, 4, 3},
	{"neva_mt324", "TPC5NEVAMT324.2307", IEC_SIM_STYLE_HEX, IEC_BCC_XOR, "00000000", "00000000",
		true, true, 2, 3},
	{"iec_generic", "DMV5ME1", IEC_SIM_STYLE_READOUT, IEC_BCC_XOR, "0", "", false, true, 3, 3},
};

/* ---- what is measured ---- */

/* Sum and tariffs at a moment; nothing if the meter does not measure it. */
bool iec_sim_energies(struct iec_sim *m, const char *name, enum quantity q, int64_t utc_us)
{
	enum unit u = quantity_unit(q);
	int n = m->kind->style == IEC_SIM_STYLE_HEX ? 4 : TARIFFS;
	if (isnan(sim_reading(m->device, q, u, utc_us))) {
		return false;
	}
	for (int i = 0; i <= n; i++) {
		double v = i ? sim_tariff_reading(m->device, q, u, i, utc_us) :
			       sim_reading(m->device, q, u, utc_us);
		if (m->kind->style == IEC_SIM_STYLE_HEX) {
			buf_printf(&m->text, "%s%09.2f", i ? "," : "", v);
		} else {
			buf_printf(&m->text, "%s(%.*f)\r\n",
				i && !m->kind->repeats_name ? "" : name, m->kind->decimals, v);
		}
	}
	return true;
}

static bool put_gauge(
	struct iec_sim *m, const char *name, enum quantity q, double scale, int decimals, int n)
{
	double v = sim_reading(m->device, q, quantity_unit(q), m->now_us);
	if (isnan(v)) {
		return false;
	}
	for (int i = 0; i < n; i++) {
		buf_printf(&m->text, "%s(%.*f)\r\n", i && !m->kind->repeats_name ? "" : name,
			decimals, v * scale);
	}
	return true;
}

/* Days and months are the calendar's whatever the building's. */
bool iec_sim_record(
	const struct iec_sim *m, enum period p, int64_t utc, struct sim_record *ret_record)
{
	struct sim_device civil = *m->device;
	civil.report_hour = 0;
	civil.report_day = 1;
	return sim_record_of(&civil, p, utc, m->now_us, ret_record);
}

const struct zone *iec_sim_zone(const struct iec_sim *m)
{
	return sim_calendar(m->device).zone;
}

struct civil iec_sim_clock(const struct iec_sim *m)
{
	return zone_civil(iec_sim_zone(m), sim_meter_now(m->device, m->now_us));
}

/* The day or month counted back from the running one. */
struct civil iec_sim_back(const struct iec_sim *m, enum period p, int n)
{
	struct civil c = iec_sim_clock(m);
	c.hour = c.minute = c.second = 0;
	if (p == PERIOD_MONTH) {
		c.day = 1;
		c.month -= n;
	} else {
		c.day -= n;
	}
	return civil_from_utc(civil_to_utc(c));
}

/* Mean power of the interval that begins so by the calendar; false: not kept. */
bool iec_sim_mean(const struct iec_sim *m, enum quantity q, struct civil at, double *ret_kw)
{
	struct sim_record r;
	int64_t utc = zone_utc(iec_sim_zone(m), at, true);
	struct civil back = zone_civil(iec_sim_zone(m), utc);
	if (back.hour != at.hour || !iec_sim_record(m, PERIOD_HALF_HOUR, utc, &r)) {
		return false;
	}
	enum unit u = quantity_unit(q);
	double till = sim_reading(m->device, q, u, r.period.till * 1000000);
	double from = sim_reading(m->device, q, u, r.period.from * 1000000);
	*ret_kw = (till - from) * 60 / IEC_SIM_INTERVAL;
	return !isnan(*ret_kw);
}

struct civil iec_sim_slot(struct civil day, int i)
{
	day.hour = day.second = 0;
	day.minute = i * IEC_SIM_INTERVAL;
	return civil_from_utc(civil_to_utc(day));
}

/* ---- Energomera ---- */

static bool quantity_of(const char *two, enum quantity *ret)
{
	static const struct {
		const char *name;
		enum quantity quantity;
	} names[] = {{"PE", QUANTITY_ACTIVE_ENERGY}, {"PI", QUANTITY_ACTIVE_ENERGY_EXPORT},
		{"QE", QUANTITY_REACTIVE_ENERGY}, {"QI", QUANTITY_REACTIVE_ENERGY_EXPORT}};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(two, names[i].name, 2) == 0) {
			*ret = names[i].quantity;
			return true;
		}
	}
	return false;
}

/* ENDPE(DD.MM.YY), ENMPE(MM.YY). */
static const char *put_end(struct iec_sim *m, const char *name, const char *arg, enum quantity q)
{
	enum period p = name[2] == 'M' ? PERIOD_MONTH : PERIOD_DAY;
	struct civil c = {2000, 1, 1, 0, 0, 0};
	struct sim_record r;
	int n = p == PERIOD_MONTH ? sscanf(arg, "%d.%d", &c.month, &c.year) :
				    sscanf(arg, "%d.%d.%d", &c.day, &c.month, &c.year);
	c.year += 2000;
	if (n != (p == PERIOD_MONTH ? 2 : 3) || c.month < 1 || c.month > 12) {
		return "(ERR13)";
	}
	if (!iec_sim_record(m, p, zone_utc(iec_sim_zone(m), c, false), &r)) {
		return "(ERR18)";
	}
	return iec_sim_energies(m, name, q, r.period.till * 1000000) ? NULL : "(ERR12)";
}

/* GRAPE(DD.MM.YY.first.n) */
static const char *put_profile(
	struct iec_sim *m, const char *name, const char *arg, enum quantity q)
{
	struct civil c = {0};
	int first = 0, n = 0;
	if (isnan(sim_reading(m->device, q, quantity_unit(q), m->now_us)) ||
		sim_depth(m->device, PERIOD_HALF_HOUR) == 0) {
		return "(ERR12)";
	}
	if (sscanf(arg, "%d.%d.%d.%d.%d", &c.day, &c.month, &c.year, &first, &n) != 5 ||
		first < 1 || n < 1 || first + n > 1440 / IEC_SIM_INTERVAL + 1) {
		return "(ERR17)";
	}
	c.year += 2000;
	for (int i = 0; i < n; i++) {
		double kw;
		const char *label = i && !m->kind->repeats_name ? "" : name;
		if (iec_sim_mean(m, q, iec_sim_slot(c, first - 1 + i), &kw)) {
			buf_printf(&m->text, "%s(%.6f)\r\n", label, kw);
		} else {
			buf_printf(&m->text, "%s(-)\r\n", label);
		}
	}
	return NULL;
}

/* END01(i.0), ENM01(i.0): the number is behind the first point of what was asked. */
static const char *put_numbered(struct iec_sim *m, const char *name, const char *arg)
{
	enum period p = name[2] == 'M' ? PERIOD_MONTH : PERIOD_DAY;
	int index = atoi(arg);
	struct civil c = iec_sim_back(m, p, index);
	struct sim_record r = {.period = {0, sim_meter_now(m->device, m->now_us)}};
	if (strncmp(name + 3, "01", 2) != 0) {
		return "(ERR12)";
	}
	if (index < 0 ||
		(index && !iec_sim_record(m, p, zone_utc(iec_sim_zone(m), c, false), &r))) {
		return "(ERR18)";
	}
	for (int i = 0; i <= TARIFFS; i++) {
		int64_t us = index ? r.period.till * 1000000 : m->now_us;
		double v = i ? sim_tariff_reading(
				       m->device, QUANTITY_ACTIVE_ENERGY, UNIT_KWH, i, us) :
			       sim_reading(m->device, QUANTITY_ACTIVE_ENERGY, UNIT_KWH, us);
		if (i == 0 && p == PERIOD_DAY) {
			buf_printf(&m->text, "%s(%02d.%02d.%02d,%.4f)\r\n", name, c.day, c.month,
				c.year % 100, v);
		} else if (i == 0) {
			buf_printf(
				&m->text, "%s(%02d.%02d,%.4f)\r\n", name, c.month, c.year % 100, v);
		} else {
			buf_printf(&m->text, "(%.4f)\r\n", v);
		}
	}
	return NULL;
}

/* What says who and when it is. */
static bool put_identity(struct iec_sim *m, const char *name)
{
	struct civil c = iec_sim_clock(m);
	int64_t days = civil_to_utc((struct civil){c.year, c.month, c.day, 0, 0, 0}) / 86400;
	int week = (int)((days + 3) % 7) + 1; /* 1 January 1970 was a Thursday */
	if (strcmp(name, "SNUMB") == 0) {
		buf_printf(&m->text, "SNUMB(%s)\r\n", m->device->serial);
	} else if (strcmp(name, "IDENT") == 0 && m->kind->phases == 3) {
		buf_printf(&m->text, "IDENT(%s.7s4)\r\n", m->kind->ident + 4);
	} else if (strcmp(name, "MODEL") == 0) {
		buf_str(&m->text, "MODEL(3)\r\n");
	} else if (strcmp(name, "DATE_") == 0) {
		buf_printf(&m->text, "DATE_(%02d.%02d.%02d.%02d)\r\n", week, c.day, c.month,
			c.year % 100);
	} else if (strcmp(name, "TIME_") == 0) {
		buf_printf(&m->text, "TIME_(%02d:%02d:%02d)\r\n", c.hour, c.minute, c.second);
	} else if (strcmp(name, "WATCH") == 0) {
		buf_printf(&m->text, "WATCH(%02d:%02d:%02d,%02d.%02d.%02d.%02d,0)\r\n", c.hour,
			c.minute, c.second, week, c.day, c.month, c.year % 100);
	} else if (strcmp(name, "STAT_") == 0) {
		buf_printf(&m->text, "STAT_(%08X)\r\n", (unsigned)m->device->status);
	} else if (strcmp(name, "TAVER") == 0 && sim_depth(m->device, PERIOD_HALF_HOUR)) {
		buf_printf(&m->text, "TAVER(%d)\r\n", IEC_SIM_INTERVAL);
	} else {
		return false;
	}
	return true;
}

static bool put_now(struct iec_sim *m, const char *name)
{
	static const struct {
		const char *name;
		enum quantity quantity;
		int decimals;
		bool has_phases;
		double scale; /* of one phase of three */
	} names[] = {
		{"POWEP", QUANTITY_ACTIVE_POWER, 4, false, 1},
		{"POWPP", QUANTITY_ACTIVE_POWER, 4, true, 1.0 / 3},
		{"VOLTA", QUANTITY_VOLTAGE, 3, true, 1},
		{"CURRE", QUANTITY_CURRENT, 3, true, 1},
		{"FREQU", QUANTITY_FREQUENCY, 2, false, 1},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i].name) == 0) {
			int n = names[i].has_phases ? m->kind->phases : 1;
			return put_gauge(m, name, names[i].quantity, n > 1 ? names[i].scale : 1,
				names[i].decimals, n);
		}
	}
	return false;
}

/* NULL, or the error. */
static const char *read_named(struct iec_sim *m, const char *name, const char *arg)
{
	enum quantity q = QUANTITY_UNKNOWN;
	bool is_energy = strlen(name) == 5 && quantity_of(name + 3, &q);
	if (put_identity(m, name) || put_now(m, name)) {
		return NULL;
	}
	if (m->kind->style == IEC_SIM_STYLE_NUMBERS &&
		(strncmp(name, "END", 3) == 0 || strncmp(name, "ENM", 3) == 0)) {
		return put_numbered(m, name, arg);
	}
	if (!is_energy) {
		return "(ERR12)";
	}
	if (strncmp(name, "ET0", 3) == 0) {
		return iec_sim_energies(m, name, q, m->now_us) ? NULL : "(ERR12)";
	}
	if (m->kind->style == IEC_SIM_STYLE_NAMES &&
		(strncmp(name, "END", 3) == 0 || strncmp(name, "ENM", 3) == 0)) {
		return put_end(m, name, arg, q);
	}
	if (m->kind->style == IEC_SIM_STYLE_NAMES && strncmp(name, "GRA", 3) == 0) {
		return put_profile(m, name, arg, q);
	}
	return "(ERR12)";
}

/* ---- the conversation ---- */

static void go_home(struct iec_sim *m)
{
	m->memory->phase = IEC_SIM_IDLE;
	m->memory->has_login = false;
	m->device->baud = m->memory->home_baud;
}

static const char *skip_zeros(const char *p)
{
	while (*p == '0') {
		p++;
	}
	return p;
}

static bool is_mine(const struct iec_sim *m, struct slice request)
{
	char given[40] = "", own[16];
	size_t n = 0;
	for (size_t i = 2; i < request.size && (request.data[i] & 0x7f) != '!'; i++) {
		if (n + 1 == sizeof(given)) {
			return false;
		}
		given[n++] = (char)(request.data[i] & 0x7f);
	}
	(void)snprintf(own, sizeof(own), "%d", m->device->address);
	return n == 0 || strcmp(skip_zeros(given), own) == 0;
}

static void challenge(const struct iec_sim *m, struct buf *reply)
{
	struct iec_out o;
	char text[40];
	(void)snprintf(text, sizeof(text), "(%s)", m->kind->challenge);
	if (!iec_command(m->kind->bcc, "P0", text, &o)) {
		buf_put(reply, o.data, o.size);
	}
}

static bool on_select(struct iec_sim *m, struct slice request, struct buf *reply)
{
	bool is_b;
	char z = (char)(request.data[2] & 0x7f), y = (char)(request.data[3] & 0x7f);
	if (m->memory->phase != IEC_SIM_SIGNED_ON || request.size != 6) {
		return false;
	}
	if (m->memory->home_baud == 300 && z != '0') {
		m->device->baud = iec_speed(z, &is_b);
	}
	if (y == '1') {
		m->memory->phase = IEC_SIM_PROGRAMMING;
		challenge(m, reply);
		return true;
	}
	go_home(m); /* behind the readout nothing is open */
	if (m->kind->style != IEC_SIM_STYLE_READOUT) {
		return false;
	}
	iec_sim_readout(m);
	iec_reply(m->kind->bcc, buf_cstr(&m->text), false, reply);
	return true;
}

/* "(777777)" or the hash of it. */
static bool on_password(struct iec_sim *m, char level, const char *operand, struct buf *reply)
{
	char want[40];
	if (level == '1') {
		(void)snprintf(want, sizeof(want), "(%s)", m->kind->password);
	} else {
		(void)snprintf(want, sizeof(want), "(%08X)",
			(unsigned)iec_password_hash(m->kind->challenge, m->kind->password));
	}
	m->memory->has_login = strcmp(want, operand) == 0;
	if (m->memory->has_login) {
		buf_u8(reply, IEC_ACK);
	} else {
		iec_reply(m->kind->bcc, "(ERR15)", false, reply);
	}
	return true;
}

static void on_read(struct iec_sim *m, const char *text, struct buf *reply)
{
	char name[20];
	size_t n = strcspn(text, "(");
	const char *arg = text[n] ? text + n + 1 : "";
	const char *error;
	(void)snprintf(name, sizeof(name), "%.*s", (int)(n < 19 ? n : 19), text);
	if (m->kind->has_login && !m->memory->has_login) {
		error = "(ERR15)";
	} else {
		error = m->kind->style == IEC_SIM_STYLE_HEX ? iec_sim_read_hex(m, name) :
							      read_named(m, name, arg);
	}
	iec_reply(m->kind->bcc, error ? error : buf_cstr(&m->text), false, reply);
}

static bool on_command(struct iec_sim *m, struct slice frame, bool is_open, struct buf *reply)
{
	struct iec_message message;
	if (!is_open) {
		return false;
	}
	if (iec_message_parse(m->kind->bcc, frame, &message)) {
		buf_u8(reply, IEC_NAK);
		return true;
	}
	if (strcmp(message.command, "B0") == 0) {
		go_home(m);
		return false;
	}
	if (message.command[0] == 'P') {
		return on_password(m, message.command[1], message.text, reply);
	}
	if (strcmp(message.command, "R1") != 0 || m->kind->style == IEC_SIM_STYLE_READOUT) {
		iec_reply(m->kind->bcc, "(ERR11)", false, reply);
		return true;
	}
	on_read(m, message.text, reply);
	return true;
}

static bool on_line(struct iec_sim *m, struct slice request, struct buf *reply)
{
	const uint8_t *soh = memchr(request.data, IEC_SOH, request.size);
	if (request.size < 3 || (request.data[1] & 0x7f) != '?' || !is_mine(m, request)) {
		m->memory->phase = IEC_SIM_IDLE;
		return false;
	}
	if (soh) {
		size_t at = (size_t)(soh - request.data);
		struct slice frame = {soh, request.size - at};
		return m->kind->style == IEC_SIM_STYLE_NAMES && on_command(m, frame, true, reply);
	}
	go_home(m);
	m->memory->phase = IEC_SIM_SIGNED_ON;
	buf_printf(reply, "/%s\r\n", m->kind->ident);
	return true;
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct iec_sim m = {.device = d,
		.memory = (struct iec_sim_memory *)(void *)d->memory,
		.now_us = now_us};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		m.kind = strcmp(kinds[i].model, d->model) == 0 ? &kinds[i] : m.kind;
	}
	if (!m.kind || request.size < 1) {
		return false;
	}
	if (m.memory->last_us == 0) {
		m.memory->home_baud = d->baud;
	}
	if (now_us - m.memory->last_us > SESSION_US) {
		go_home(&m);
	}
	m.memory->last_us = now_us;
	buf_init(&m.text, IEC_MAX);
	char first = (char)(request.data[0] & 0x7f);
	bool is_answered = first == '/' ? on_line(&m, request, reply) :
			   first == IEC_ACK ?
					  on_select(&m, request, reply) :
					  on_command(&m, request,
						  m.memory->phase == IEC_SIM_PROGRAMMING, reply);
	buf_fini(&m.text);
	return is_answered;
}

static struct frame_verdict frame(struct slice so_far)
{
	struct frame_verdict v = {FRAME_MORE, 0};
	enum iec_cut c = iec_cut_request(so_far, &v.size);
	v.state = c == IEC_CUT_MORE ? FRAME_MORE : c == IEC_CUT_FULL ? FRAME_FULL : FRAME_JUNK;
	return v;
}

const struct sim_protocol sim_iec62056 = {.name = "iec62056_21", .frame = frame, .answer = answer};
