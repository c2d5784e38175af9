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
 */
#include "proto/iec62056.h"
#include "sim/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_US 60000000 /* without a word the meter forgets the session */
#define TARIFFS    5
#define INTERVAL   30 /* minutes of the profile */

enum style {
	STYLE_NAMES,   /* CE301 and its likes */
	STYLE_NUMBERS, /* CE308 */
	STYLE_HEX,     /* Neva */
	STYLE_READOUT
};

static const struct kind {
	const char *model, *ident;
	enum style style;
	enum iec_bcc bcc;
	const char *challenge, *password;
	bool has_login, repeats_name;
	int decimals, phases;
} kinds[] = {
	{"ce301", "EKT5CE301v11", STYLE_NAMES, IEC_BCC_SUM, "777777", "777777", false, true, 5, 3},
	{"ce303", "EKT5CE303v8", STYLE_NAMES, IEC_BCC_SUM, "777777", "777777", false, true, 5, 3},
	{"ce102m", "EKT5CE102Mv01", STYLE_NAMES, IEC_BCC_SUM, "www.energomera.ru", "777777", false,
		false, 2, 1},
	{"ce308", "EKT5CE308v10", STYLE_NUMBERS, IEC_BCC_SUM, "83BC249", "777777", true, true, 4,
		3},
	{"neva_mt324", "TPC5NEVAMT324.2307", STYLE_HEX, IEC_BCC_XOR, "00000000", "00000000", true,
		true, 2, 3},
	{"iec_generic", "DMV5ME1", STYLE_READOUT, IEC_BCC_XOR, "0", "", false, true, 3, 3},
};

enum phase {
	IDLE,
	SIGNED_ON,
	PROGRAMMING
};

struct memory {
	enum phase phase;
	bool has_login;
	int home_baud; /* the device's own */
	int64_t last_us;
};

struct meter {
	struct sim_device *device;
	struct memory *memory;
	const struct kind *kind;
	int64_t now_us;
	struct buf text; /* of the answer */
};

/* ---- what is measured ---- */

/* Sum and tariffs at a moment; nothing if the meter does not measure it. */
static bool put_energies(struct meter *m, const char *name, enum quantity q, int64_t utc_us)
{
	enum unit u = quantity_unit(q);
	int n = m->kind->style == STYLE_HEX ? 4 : TARIFFS;
	if (isnan(sim_reading(m->device, q, u, utc_us))) {
		return false;
	}
	for (int i = 0; i <= n; i++) {
		double v = i ? sim_tariff_reading(m->device, q, u, i, utc_us) :
			       sim_reading(m->device, q, u, utc_us);
		if (m->kind->style == STYLE_HEX) {
			buf_printf(&m->text, "%s%09.2f", i ? "," : "", v);
		} else {
			buf_printf(&m->text, "%s(%.*f)\r\n",
				i && !m->kind->repeats_name ? "" : name, m->kind->decimals, v);
		}
	}
	return true;
}

static bool put_gauge(
	struct meter *m, const char *name, enum quantity q, double scale, int decimals, int n)
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
static bool record_of(
	const struct meter *m, enum period p, int64_t utc, struct sim_record *ret_record)
{
	struct sim_device civil = *m->device;
	civil.report_hour = 0;
	civil.report_day = 1;
	return sim_record_of(&civil, p, utc, m->now_us, ret_record);
}

static const struct zone *zone_of(const struct meter *m)
{
	return sim_calendar(m->device).zone;
}

static struct civil clock_of(const struct meter *m)
{
	return zone_civil(zone_of(m), sim_meter_now(m->device, m->now_us));
}

/* The day or month counted back from the running one. */
static struct civil back_of(const struct meter *m, enum period p, int n)
{
	struct civil c = clock_of(m);
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
static bool mean_of(const struct meter *m, enum quantity q, struct civil at, double *ret_kw)
{
	struct sim_record r;
	int64_t utc = zone_utc(zone_of(m), at, true);
	struct civil back = zone_civil(zone_of(m), utc);
	if (back.hour != at.hour || !record_of(m, PERIOD_HALF_HOUR, utc, &r)) {
		return false;
	}
	enum unit u = quantity_unit(q);
	double till = sim_reading(m->device, q, u, r.period.till * 1000000);
	double from = sim_reading(m->device, q, u, r.period.from * 1000000);
	*ret_kw = (till - from) * 60 / INTERVAL;
	return !isnan(*ret_kw);
}

static struct civil slot_of(struct civil day, int i)
{
	day.hour = day.second = 0;
	day.minute = i * INTERVAL;
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
static const char *put_end(struct meter *m, const char *name, const char *arg, enum quantity q)
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
	if (!record_of(m, p, zone_utc(zone_of(m), c, false), &r)) {
		return "(ERR18)";
	}
	return put_energies(m, name, q, r.period.till * 1000000) ? NULL : "(ERR12)";
}

/* GRAPE(DD.MM.YY.first.n) */
static const char *put_profile(struct meter *m, const char *name, const char *arg, enum quantity q)
{
	struct civil c = {0};
	int first = 0, n = 0;
	if (isnan(sim_reading(m->device, q, quantity_unit(q), m->now_us)) ||
		sim_depth(m->device, PERIOD_HALF_HOUR) == 0) {
		return "(ERR12)";
	}
	if (sscanf(arg, "%d.%d.%d.%d.%d", &c.day, &c.month, &c.year, &first, &n) != 5 ||
		first < 1 || n < 1 || first + n > 1440 / INTERVAL + 1) {
		return "(ERR17)";
	}
	c.year += 2000;
	for (int i = 0; i < n; i++) {
		double kw;
		const char *label = i && !m->kind->repeats_name ? "" : name;
		if (mean_of(m, q, slot_of(c, first - 1 + i), &kw)) {
			buf_printf(&m->text, "%s(%.6f)\r\n", label, kw);
		} else {
			buf_printf(&m->text, "%s(-)\r\n", label);
		}
	}
	return NULL;
}

/* END01(i.0), ENM01(i.0): the number is behind the first point of what was asked. */
static const char *put_numbered(struct meter *m, const char *name, const char *arg)
{
	enum period p = name[2] == 'M' ? PERIOD_MONTH : PERIOD_DAY;
	int index = atoi(arg);
	struct civil c = back_of(m, p, index);
	struct sim_record r = {.period = {0, sim_meter_now(m->device, m->now_us)}};
	if (strncmp(name + 3, "01", 2) != 0) {
		return "(ERR12)";
	}
	if (index < 0 || (index && !record_of(m, p, zone_utc(zone_of(m), c, false), &r))) {
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
static bool put_identity(struct meter *m, const char *name)
{
	struct civil c = clock_of(m);
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
		buf_printf(&m->text, "TAVER(%d)\r\n", INTERVAL);
	} else {
		return false;
	}
	return true;
}

static bool put_now(struct meter *m, const char *name)
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
static const char *read_named(struct meter *m, const char *name, const char *arg)
{
	enum quantity q = QUANTITY_UNKNOWN;
	bool is_energy = strlen(name) == 5 && quantity_of(name + 3, &q);
	if (put_identity(m, name) || put_now(m, name)) {
		return NULL;
	}
	if (m->kind->style == STYLE_NUMBERS &&
		(strncmp(name, "END", 3) == 0 || strncmp(name, "ENM", 3) == 0)) {
		return put_numbered(m, name, arg);
	}
	if (!is_energy) {
		return "(ERR12)";
	}
	if (strncmp(name, "ET0", 3) == 0) {
		return put_energies(m, name, q, m->now_us) ? NULL : "(ERR12)";
	}
	if (m->kind->style == STYLE_NAMES &&
		(strncmp(name, "END", 3) == 0 || strncmp(name, "ENM", 3) == 0)) {
		return put_end(m, name, arg, q);
	}
	if (m->kind->style == STYLE_NAMES && strncmp(name, "GRA", 3) == 0) {
		return put_profile(m, name, arg, q);
	}
	return "(ERR12)";
}

/* ---- Neva ---- */

static bool put_hex_gauge(struct meter *m, const char *name)
{
	static const struct {
		const char *name;
		enum quantity quantity;
		double scale;
		int width, decimals;
	} names[] = {
		{"100700FF", QUANTITY_ACTIVE_POWER, 1000, 7, 1},
		{"240700FF", QUANTITY_ACTIVE_POWER, 1000.0 / 3, 7, 1},
		{"380700FF", QUANTITY_ACTIVE_POWER, 1000.0 / 3, 7, 1},
		{"4C0700FF", QUANTITY_ACTIVE_POWER, 1000.0 / 3, 7, 1},
		{"200700FF", QUANTITY_VOLTAGE, 1, 6, 2},
		{"340700FF", QUANTITY_VOLTAGE, 1, 6, 2},
		{"480700FF", QUANTITY_VOLTAGE, 1, 6, 2},
		{"1F0700FF", QUANTITY_CURRENT, 1, 7, 3},
		{"330700FF", QUANTITY_CURRENT, 1, 7, 3},
		{"470700FF", QUANTITY_CURRENT, 1, 7, 3},
		{"0E0701FF", QUANTITY_FREQUENCY, 1, 5, 2},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i].name) == 0) {
			double v = sim_reading(m->device, names[i].quantity,
				quantity_unit(names[i].quantity), m->now_us);
			buf_printf(&m->text, "%0*.*f", names[i].width, names[i].decimals,
				v * names[i].scale);
			return !isnan(v);
		}
	}
	return false;
}

static bool put_hex_profile(struct meter *m, unsigned kind, int back)
{
	struct civil day = back_of(m, PERIOD_DAY, back);
	enum quantity q = kind == 0 ? QUANTITY_ACTIVE_ENERGY : QUANTITY_REACTIVE_ENERGY;
	if (kind > 1 || back > 127) {
		return false;
	}
	for (int i = 0; i < 1440 / INTERVAL; i++) {
		double kw;
		buf_str(&m->text, i ? "," : "");
		if (mean_of(m, q, slot_of(day, i), &kw)) {
			buf_printf(&m->text, "%.3f", kw * 1000);
		}
	}
	return true;
}

/* The reading at the beginning of the day or month counted back. */
static bool put_hex_end(struct meter *m, enum period p, enum quantity q, int back)
{
	struct sim_record r;
	int64_t utc = zone_utc(zone_of(m), back_of(m, p, back), false);
	return back < (p == PERIOD_MONTH ? 12 : 128) && record_of(m, p, utc - 1, &r) &&
	       put_energies(m, "", q, r.period.till * 1000000);
}

/* C D E F in hex. */
static const char *read_hex(struct meter *m, const char *name)
{
	char *end;
	unsigned long code = strtoul(name, &end, 16);
	unsigned c = (unsigned)(code >> 24), d = code >> 16 & 0xff, e = code >> 8 & 0xff,
		 f = code & 0xff;
	enum quantity q = c == 15 ? QUANTITY_ACTIVE_ENERGY : QUANTITY_REACTIVE_ENERGY;
	bool is_energy = c == 15 || c == 3, is_good = false;
	struct civil now = clock_of(m);
	buf_printf(&m->text, "%s(", name);
	if (*end || strlen(name) != 8) {
		is_good = false;
	} else if (code == 0x600100ff) {
		buf_str(&m->text, m->device->serial);
		is_good = true;
	} else if (code == 0x000902ff) {
		buf_printf(&m->text, "%02d%02d%02d", now.year % 100, now.month, now.day);
		is_good = true;
	} else if (code == 0x000901ff) {
		buf_printf(&m->text, "%02d%02d%02d", now.hour, now.minute, now.second);
		is_good = true;
	} else if (is_energy && d == 8 && e == 0x80 && f == 0xff) {
		is_good = put_energies(m, "", q, m->now_us);
	} else if (is_energy && d == 8 && e == 0x80) {
		is_good = put_hex_end(m, PERIOD_MONTH, q, (int)f);
	} else if (is_energy && d == 0x80 && e == 0x80) {
		is_good = put_hex_end(m, PERIOD_DAY, q, (int)f);
	} else if (c == 0x63 && d == 1) {
		is_good = put_hex_profile(m, e, (int)f);
	} else {
		is_good = put_hex_gauge(m, name);
	}
	buf_str(&m->text, ")");
	return is_good ? NULL : "(01)";
}

/* ---- readout ---- */

static void put_readout(struct meter *m)
{
	const struct sim_device *d = m->device;
	struct civil c = clock_of(m);
	double v = sim_reading(d, QUANTITY_ACTIVE_ENERGY, UNIT_KWH, m->now_us);
	buf_printf(&m->text, "0.0.0(%s)\r\n", d->serial);
	buf_printf(&m->text, "0.9.1(%02d:%02d:%02d)\r\n", c.hour, c.minute, c.second);
	buf_printf(&m->text, "0.9.2(%02d-%02d-%02d)\r\n", c.year % 100, c.month, c.day);
	buf_printf(&m->text, "F.F(00)\r\n1.8.0(%010.3f*kWh)\r\n", v);
	for (int i = 1; i <= 2; i++) {
		buf_printf(&m->text, "1.8.%d(%010.3f*kWh)\r\n", i,
			sim_tariff_reading(d, QUANTITY_ACTIVE_ENERGY, UNIT_KWH, i, m->now_us));
	}
	buf_printf(&m->text, "1.8.0*01(%010.3f)\r\n", v / 2);
	buf_printf(&m->text, "1-0:3.8.0*255(%010.3f*kvarh)\r\n",
		sim_reading(d, QUANTITY_REACTIVE_ENERGY, UNIT_KVARH, m->now_us));
	buf_printf(&m->text, "1.7.0(%07.3f*kW)\r\n32.7.0(%.1f*V)\r\n31.7.0(%.3f*A)\r\n!\r\n",
		sim_reading(d, QUANTITY_ACTIVE_POWER, UNIT_KW, m->now_us),
		sim_reading(d, QUANTITY_VOLTAGE, UNIT_V, m->now_us),
		sim_reading(d, QUANTITY_CURRENT, UNIT_A, m->now_us));
}

/* ---- the conversation ---- */

static void go_home(struct meter *m)
{
	m->memory->phase = IDLE;
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

static bool is_mine(const struct meter *m, struct slice request)
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

static void challenge(const struct meter *m, struct buf *reply)
{
	struct iec_out o;
	char text[40];
	(void)snprintf(text, sizeof(text), "(%s)", m->kind->challenge);
	if (!iec_command(m->kind->bcc, "P0", text, &o)) {
		buf_put(reply, o.data, o.size);
	}
}

static bool on_select(struct meter *m, struct slice request, struct buf *reply)
{
	bool is_b;
	char z = (char)(request.data[2] & 0x7f), y = (char)(request.data[3] & 0x7f);
	if (m->memory->phase != SIGNED_ON || request.size != 6) {
		return false;
	}
	if (m->memory->home_baud == 300 && z != '0') {
		m->device->baud = iec_speed(z, &is_b);
	}
	if (y == '1') {
		m->memory->phase = PROGRAMMING;
		challenge(m, reply);
		return true;
	}
	go_home(m); /* behind the readout nothing is open */
	if (m->kind->style != STYLE_READOUT) {
		return false;
	}
	put_readout(m);
	iec_reply(m->kind->bcc, buf_cstr(&m->text), false, reply);
	return true;
}

/* "(777777)" or the hash of it. */
static bool on_password(struct meter *m, char level, const char *operand, struct buf *reply)
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

static void on_read(struct meter *m, const char *text, struct buf *reply)
{
	char name[20];
	size_t n = strcspn(text, "(");
	const char *arg = text[n] ? text + n + 1 : "";
	const char *error;
	(void)snprintf(name, sizeof(name), "%.*s", (int)(n < 19 ? n : 19), text);
	if (m->kind->has_login && !m->memory->has_login) {
		error = "(ERR15)";
	} else {
		error = m->kind->style == STYLE_HEX ? read_hex(m, name) : read_named(m, name, arg);
	}
	iec_reply(m->kind->bcc, error ? error : buf_cstr(&m->text), false, reply);
}

static bool on_command(struct meter *m, struct slice frame, bool is_open, struct buf *reply)
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
	if (strcmp(message.command, "R1") != 0 || m->kind->style == STYLE_READOUT) {
		iec_reply(m->kind->bcc, "(ERR11)", false, reply);
		return true;
	}
	on_read(m, message.text, reply);
	return true;
}

static bool on_line(struct meter *m, struct slice request, struct buf *reply)
{
	const uint8_t *soh = memchr(request.data, IEC_SOH, request.size);
	if (request.size < 3 || (request.data[1] & 0x7f) != '?' || !is_mine(m, request)) {
		m->memory->phase = IDLE;
		return false;
	}
	if (soh) {
		size_t at = (size_t)(soh - request.data);
		struct slice frame = {soh, request.size - at};
		return m->kind->style == STYLE_NAMES && on_command(m, frame, true, reply);
	}
	go_home(m);
	m->memory->phase = SIGNED_ON;
	buf_printf(reply, "/%s\r\n", m->kind->ident);
	return true;
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct meter m = {
		.device = d, .memory = (struct memory *)(void *)d->memory, .now_us = now_us};
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
	bool is_answered = first == '/' ?
				   on_line(&m, request, reply) :
			   first == IEC_ACK ?
				   on_select(&m, request, reply) :
				   on_command(&m, request, m.memory->phase == PROGRAMMING, reply);
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
