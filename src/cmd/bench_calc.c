/*
 * bench_calc.c - from hourly values to the bill: a month of a house of 30, 300 and 3000 flats
 *
 * Each flat has four channels (cold and hot water, heat, electricity) fed by registers of hourly amounts,
 * the house a common meter of each and a computed channel. The hours come day by day on a clock that
 * stands still while there is work, as they come in life; the time is taken of the rollup (hours, days, months of all channels, formulas), the balance of the four
 * resources and the apportionment of the month, per hourly value. What is linear shows the same time
 * per value at 30 and at 3000 flats.
 */
#include "cmd/bench.h"

#include "base/clock.h"
#include "base/str.h"
#include "calc/balance_report.h"
#include "calc/bill.h"
#include "calc/rollup.h"
#include "calc/scheme.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOUR      3600
#define HOURS     744
#define YEAR      8760
#define RESOURCES 4
#define NAMED     64

static const struct {
	enum quantity quantity;
	enum unit unit;
	double hourly;
	const char *code;
} resources[RESOURCES] = {
	{QUANTITY_COLD_WATER, UNIT_M3, 0.006, "cold_water"},
	{QUANTITY_HOT_WATER, UNIT_M3, 0.004, "hot_water"},
	{QUANTITY_HEAT_ENERGY, UNIT_GCAL, 0.0012, "heat_energy"},
	{QUANTITY_ACTIVE_ENERGY, UNIT_KWH, 0.25, "active_energy"},
};

struct house {
	struct store *store;
	int flats;
	int64_t start;      /* of the month */
	int64_t place;      /* of the building */
	int64_t *registers; /* owned: of the building, then of the flats, by resource */
	size_t register_count;
};

/* ---- the house ---- */

struct making {
	struct site *site;
	int64_t id;
	bool is_good;
};

static int64_t make(struct making *m, enum object_kind kind, union any_object *o)
{
	o->id = ++m->id;
	m->is_good = m->is_good && site_add(m->site, kind, o);
	return o->id;
}

static union any_object blank(enum object_kind kind)
{
	union any_object o;
	memset(&o, 0, sizeof(o));
	object_init(kind, &o);
	return o;
}

static int64_t make_place(struct making *m, int64_t parent, enum place_kind kind, int number)
{
	union any_object o = blank(OBJECT_PLACE);
	o.place.parent = parent;
	o.place.kind = kind;
	o.place.people = kind == PLACE_FLAT ? 2 : 0;
	o.place.area_m2 = kind == PLACE_FLAT ? 40 + number % 30 : 0;
	(void)snprintf(o.place.name, NAMED, "%d", number);
	(void)STR_COPY(o.place.zone, parent ? "" : "Europe/Moscow");
	return make(m, OBJECT_PLACE, &o);
}

static int64_t make_channel(struct making *m, int64_t place, int resource, const char *code)
{
	union any_object o = blank(OBJECT_CHANNEL);
	o.channel.place = place;
	o.channel.quantity = resources[resource].quantity;
	o.channel.unit = resources[resource].unit;
	(void)STR_COPY(o.channel.code, code);
	return make(m, OBJECT_CHANNEL, &o);
}

/* A meter with a register of each resource, and the channels of its place they feed. */
static void make_meter(
	struct making *m, struct house *h, int64_t line, int64_t place, bool is_house)
{
	union any_object o = blank(OBJECT_METER);
	o.meter.line = line;
	o.meter.place = place;
	(void)STR_COPY(o.meter.name, "meter");
	(void)STR_COPY(o.meter.driver, "mbus");
	int64_t meter = make(m, OBJECT_METER, &o);
	for (int r = 0; r < RESOURCES; r++) {
		o = blank(OBJECT_REGISTER);
		o.meter_register.meter = meter;
		o.meter_register.quantity = resources[r].quantity;
		o.meter_register.unit = resources[r].unit;
		o.meter_register.form = FORM_AMOUNT;
		o.meter_register.decimals = 4;
		(void)snprintf(
			o.meter_register.key, REGISTER_KEY_CAP, "%s.amount", resources[r].code);
		int64_t reg = make(m, OBJECT_REGISTER, &o);
		h->registers[h->register_count++] = reg;
		int64_t channel = make_channel(m, place, r, is_house ? resources[r].code : "");
		o = blank(OBJECT_BINDING);
		o.binding.channel = channel;
		o.binding.meter_register = reg;
		(void)make(m, OBJECT_BINDING, &o);
	}
}

static void make_formula(struct making *m, int64_t place, int resource)
{
	char code[NAMED], text[NAMED];
	(void)snprintf(code, sizeof(code), "share.%s", resources[resource].code);
	(void)snprintf(text, sizeof(text), "0.05 * %s", resources[resource].code);
	union any_object o = blank(OBJECT_FORMULA);
	o.formula.channel = make_channel(m, place, resource, code);
	(void)STR_COPY(o.formula.text, text);
	(void)make(m, OBJECT_FORMULA, &o);
}

static enum err make_house(struct house *h, struct diag *diag)
{
	struct making m = {.site = site_new(), .is_good = true};
	size_t registers = (size_t)(h->flats + 1) * RESOURCES;
	h->registers = calloc(registers, sizeof(*h->registers));
	if (!m.site || !h->registers) {
		site_unref(m.site);
		return err_set(diag, ERR_NOMEM, "a house of %d flats", h->flats);
	}
	h->place = make_place(&m, 0, PLACE_BUILDING, 1);
	union any_object o = blank(OBJECT_LINE);
	(void)STR_COPY(o.line.name, "line");
	(void)STR_COPY(o.line.link, "tcp://127.0.0.1:1");
	int64_t line = make(&m, OBJECT_LINE, &o);
	make_meter(&m, h, line, h->place, true);
	for (int r = 0; r < RESOURCES; r++) {
		make_formula(&m, h->place, r);
	}
	for (int i = 0, parent = 0; i < h->flats; i++) {
		if (i % 60 == 0) {
			parent = (int)make_place(&m, h->place, PLACE_ENTRANCE, i / 60 + 1);
		}
		make_meter(&m, h, line, make_place(&m, parent, PLACE_FLAT, i + 1), false);
	}
	enum err e = m.is_good && site_sort(m.site) ? ERR_OK : ERR_NOMEM;
	e = e ? err_set(diag, e, "a house of %d flats", h->flats) :
		bench_fill(h->store, m.site, diag);
	site_unref(m.site);
	return e;
}

/* Flats differ from each other and hours from each other; the house is their sum and a tenth. */
static double amount_of(const struct house *h, size_t i, int hour)
{
	int resource = (int)(i % RESOURCES);
	size_t flat = i / RESOURCES;
	double base = resources[resource].hourly * (1 + 0.5 * sin((double)hour * 0.26));
	double of = flat == 0 ? 1.1 * h->flats : 0.7 + (double)(flat * 37 % 61) / 100;
	return round(base * of * 1e4) / 1e4;
}

static enum err fill_hours(struct house *h, int from, int till)
{
	enum err e = ERR_OK;
	uint16_t quality = quality_make(QUALITY_MEASURED, SOURCE_METER, 0);
	for (int hour = from; hour < till && !e; hour++) {
		struct batch *b = batch_new();
		if (!b) {
			return ERR_NOMEM;
		}
		for (size_t i = 0; i < h->register_count; i++) {
			batch_archive(b, h->registers[i], PERIOD_HOUR,
				h->start + (int64_t)hour * HOUR, amount_of(h, i, hour), quality,
				false);
		}
		e = store_submit(h->store, b, false);
	}
	return e ? e : store_flush(h->store);
}

/* ---- what is measured ---- */

static enum err put_real(json_t *out, const char *key, double v)
{
	json_t *real = isfinite(v) ? json_real(v) : json_null();
	return json_object_set_new(out, key, real) == 0 ? ERR_OK : ERR_NOMEM;
}

static double seconds_since(int64_t start_us)
{
	return (double)(clock_mono_us() - start_us) / 1e6;
}

/* On a stepped clock: wait for a moment of the month. */
static void wait_until(int64_t utc)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
	(void)pthread_mutex_lock(&lock);
	while (clock_now() < utc) {
		clock_wait(&cond, &lock, utc * 1000000);
	}
	(void)pthread_mutex_unlock(&lock);
}

/* Day by day, each worked off before the next. The storing itself is not counted. */
static enum err roll_month(struct house *h, double *ret_s, struct diag *diag)
{
	struct rollup *rollup;
	size_t blocks;
	enum err e = rollup_start(h->store, &rollup, diag);
	if (e) {
		return e;
	}
	clock_enter();
	e = rollup_settle(rollup);
	*ret_s = 0;
	for (int hour = 0; hour < HOURS && !e; hour += 24) {
		wait_until(h->start + (int64_t)(hour + 24) * HOUR);
		e = fill_hours(h, hour, hour + 24);
		int64_t start = clock_mono_us();
		e = e ? e : rollup_settle(rollup);
		*ret_s += seconds_since(start);
		e = e ? e : archive_pack(h->store, clock_now(), &blocks);
	}
	clock_leave();
	rollup_stop(rollup);
	return e ? err_set(diag, e, "rolling up") : ERR_OK;
}

/* What is there already, from the start of the thread to the settled archive. */
static enum err roll_up(struct house *h, double *ret_s, struct diag *diag)
{
	struct rollup *rollup;
	int64_t start = clock_mono_us();
	enum err e = rollup_start(h->store, &rollup, diag);
	if (!e) {
		e = rollup_settle(rollup);
		*ret_s = seconds_since(start);
		rollup_stop(rollup);
	}
	return e ? err_set(diag, e, "rolling up") : ERR_OK;
}

/* The balance of the four resources over the days of the month, out of the store. */
static enum err balance_month(struct house *h, const struct site *site, double *ret_s)
{
	struct figures *figures = NULL;
	enum err e = figures_load(site, &figures, NULL);
	int64_t start = clock_mono_us();
	for (int r = 0; r < RESOURCES && !e; r++) {
		const struct balance_question q = {.store = h->store,
			.site = site,
			.figures = figures,
			.building = h->place,
			.quantity = resources[r].quantity,
			.period = PERIOD_DAY,
			.span = {h->start, h->start + (int64_t)HOURS * HOUR},
			.now = clock_now()};
		struct balance_report *report = NULL;
		e = balance_report_new(&q, &report);
		balance_report_free(report);
	}
	*ret_s = seconds_since(start);
	figures_free(figures);
	return e;
}

/* What each flat pays for the month: volumes, shares, lines with their traces. */
static enum err bill_of_month(
	struct house *h, const struct site *site, double *ret_s, struct diag *diag)
{
	struct figures *figures = NULL;
	struct calendar calendar = site_calendar(site, h->place);
	enum err e = figures_load(site, &figures, diag);
	int64_t start = clock_mono_us();
	const struct bill_question q = {.store = h->store,
		.site = site,
		.figures = figures,
		.building = h->place,
		.month = period_of(&calendar, PERIOD_MONTH, h->start + 20LL * 24 * HOUR),
		.now = clock_now()};
	struct bill *bill = NULL;
	e = e ? e : bill_new(&q, &bill, diag);
	bill_free(bill);
	*ret_s = seconds_since(start);
	figures_free(figures);
	return e;
}

static enum err measure_reports(struct house *h, json_t *out, double values, struct diag *diag)
{
	double balance_s = NAN, bill_s = NAN;
	const struct site *site = store_site(h->store);
	enum err e = balance_month(h, site, &balance_s);
	e = e ? err_set(diag, e, "balance") : bill_of_month(h, site, &bill_s, diag);
	site_unref(site);
	e = e ? e : put_real(out, "balance_s", balance_s);
	e = e ? e : put_real(out, "balance_us_per_value", balance_s * 1e6 / values);
	e = e ? e : put_real(out, "bill_s", bill_s);
	return e ? e : put_real(out, "bill_us_per_value", bill_s * 1e6 / values);
}

static enum err measure_house(struct house *h, json_t *out, struct diag *diag)
{
	double roll_s = NAN;
	enum err e = make_house(h, diag);
	double values = (double)h->register_count * HOURS;
	e = e ? e : roll_month(h, &roll_s, diag);
	e = e ? e : put_real(out, "values", values);
	e = e ? e : put_real(out, "rollup_s", roll_s);
	e = e ? e : put_real(out, "rollup_us_per_value", roll_s * 1e6 / values);
	return e ? e : measure_reports(h, out, values, diag);
}

/* One formula over a year of hours: from the moment it is written to the settled archive. */
static enum err measure_formula(struct house *h, json_t *out, struct diag *diag)
{
	double first_s = NAN, with_s = NAN;
	enum err e = make_house(h, diag);
	e = e ? e : fill_hours(h, 0, YEAR);
	e = e ? e : roll_up(h, &first_s, diag);
	union any_object o = blank(OBJECT_CHANNEL);
	o.channel.place = h->place;
	o.channel.quantity = QUANTITY_HEAT_ENERGY;
	o.channel.unit = UNIT_GCAL;
	(void)STR_COPY(o.channel.code, "bench");
	e = e ? e : store_put(h->store, OBJECT_CHANNEL, &o, "bench", diag);
	union any_object f = blank(OBJECT_FORMULA);
	f.formula.channel = o.id;
	(void)STR_COPY(f.formula.text,
		"if(heat_energy > 0.001 Gcal, heat_energy, 0 Gcal) - hot_water * rho(60 \xc2\xb0"
		"C, 0.6 MPa) * (h(60 \xc2\xb0"
		"C, 0.6 MPa) - h(5 \xc2\xb0"
		"C, 0.6 MPa))");
	e = e ? e : store_put(h->store, OBJECT_FORMULA, &f, "bench", diag);
	e = e ? e : roll_up(h, &with_s, diag);
	e = e ? e : put_real(out, "formula_year_ms", with_s * 1e3);
	return e ? e : put_real(out, "formula_us_per_hour", with_s * 1e6 / YEAR);
}

static enum err in_store(struct house *h, const char *dir, json_t *out,
	enum err (*measure)(struct house *h, json_t *out, struct diag *diag), struct diag *diag)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", ".spill"};
	char url[300];
	(void)snprintf(url, sizeof(url), "sqlite:%s/b.db", dir);
	enum err e = store_open(url, STORE_CREATE, &h->store, diag);
	if (!e) {
		e = measure(h, out, diag);
		store_close(h->store);
	}
	free(h->registers);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		(void)snprintf(url, sizeof(url), "%s/b.db%s", dir, suffixes[i]);
		(void)unlink(url);
	}
	return e;
}

/* In a process of its own: a clock can be set once only. */
static int child(struct house *h, const char *dir, FILE *to)
{
	struct diag diag = {0};
	char path[300];
	json_t *out = json_object();
	(void)snprintf(path, sizeof(path), "%s/clock", dir);
	h->start = clock_now() / HOUR * HOUR - (int64_t)(HOURS + 48) * HOUR;
	enum err e = clock_share_stepped(path, h->start, &diag);
	e = e ? e : in_store(h, dir, out, measure_house, &diag);
	(void)unlink(path);
	if (e) {
		(void)fprintf(stderr, "bench: %s: %s\n", err_text(e, LANG_EN), diag.text);
	}
	int is_written = json_dumpf(out, to, JSON_COMPACT);
	json_decref(out);
	return e || is_written != 0 || fclose(to) != 0;
}

static enum err run_house(int flats, const char *dir, json_t **ret, struct diag *diag)
{
	int ends[2], status = 0;
	if (pipe(ends) != 0) {
		return err_set_errno(diag, "pipe");
	}
	pid_t pid = fork();
	if (pid == 0) {
		struct house h = {.flats = flats};
		(void)close(ends[0]);
		FILE *to = fdopen(ends[1], "w");
		_exit(to ? child(&h, dir, to) : 1);
	}
	(void)close(ends[1]);
	FILE *from = fdopen(ends[0], "r");
	*ret = from ? json_loadf(from, 0, NULL) : NULL;
	if (from) {
		(void)fclose(from);
	}
	bool is_done = pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 && *ret;
	return is_done ? ERR_OK : err_set(diag, ERR_INTERNAL, "a house of %d flats", flats);
}

static enum err run_formula(const char *dir, json_t *out, struct diag *diag)
{
	struct house h = {.start = clock_now() / HOUR * HOUR - (int64_t)YEAR * HOUR};
	return in_store(&h, dir, out, measure_formula, diag);
}

/* How much longer a value takes in the largest house than in the smallest: 1 is linear. */
static enum err put_growth(json_t *out, const json_t *first, const json_t *last)
{
	const char *key;
	json_t *value;
	enum err e = ERR_OK;
	json_object_foreach((json_t *)last, key, value)
	{
		char name[64];
		double before = json_number_value(json_object_get(first, key));
		if (strstr(key, "us_per_value") && !e) {
			(void)snprintf(name, sizeof(name), "%.*s_growth",
				(int)(strlen(key) - strlen("_us_per_value")), key);
			e = put_real(out, name, json_number_value(value) / before);
		}
	}
	return e;
}

enum err bench_calc(json_t *out, const struct bench_options *o, struct diag *diag)
{
	static const int sizes[] = {30, 300, 3000};
	size_t n = o->is_quick ? 2 : 3;
	const char *tmp = getenv("TMPDIR");
	char dir[256];
	const json_t *first = NULL, *last = NULL;
	(void)snprintf(dir, sizeof(dir), "%s/domovoi-bench-XXXXXX", tmp ? tmp : "/var/tmp");
	if (!mkdtemp(dir)) {
		return err_set_errno(diag, "%s", dir);
	}
	enum err e = ERR_OK;
	for (size_t i = 0; i < n && !e; i++) {
		char key[32];
		json_t *of = NULL;
		(void)snprintf(key, sizeof(key), "flats_%d", sizes[i]);
		e = run_house(sizes[i], dir, &of, diag);
		e = e ? e : json_object_set_new(out, key, of) == 0 ? ERR_OK : ERR_NOMEM;
		first = i == 0 ? of : first;
		last = of;
	}
	e = e ? e : put_growth(out, first, last);
	e = e ? e : run_formula(dir, out, diag);
	(void)rmdir(dir);
	return e;
}
