/*
 * Three months of every kind of meter that keeps an archive, through the whole node: simulated meters
 * on pseudo-terminals, poll, store, rollup, on a stepped clock. In between the adapters of the lines
 * are out for nine days, summer time begins, meters' clocks jump, and every meter is replaced by
 * another one. Report day is the 25th at 10:00. At the end the archives are what was measured.
 *
 *   2026-02-01  02-21 ─ cut ─ 03-02   03-18 replaced   03-29 summer time   04-02 clock   05-04
 *
 * The meters keep standard time and cut days at 10:00 of that; the building's days in summer begin at
 * 10:00 of summer time, so the meters' own days are of no use to it then.
 */
#include "base/clock.h"
#include "base/str.h"
#include "calc/rollup.h"
#include "poll/poll.h"
#include "sim/port.h"
#include "test.h"
#include "truth.h"

#include <stdlib.h>
#include <unistd.h>

#define HOUR_S     3600
#define DAY_S      86400LL
#define T0         1769904000 /* 2026-02-01T00:00:00Z */
#define CUT        (T0 + 20 * DAY_S + 7 * HOUR_S + 1234)
#define MENDED     (CUT + 9 * DAY_S)
#define DAYS_LEAST ((MENDED - CUT) / DAY_S + 2)
#define REPLACED   1773835200 /* 2026-03-18T12:00:00Z */
#define JUMP       1775124000 /* 2026-04-02T10:00:00Z */
#define END        1777896000 /* 2026-05-04T12:00:00Z */
#define CHAINS     96
#define REPLY_MS   50 /* nothing is paced: what has not come by then does not come */
#define JUMP_TEXT  "s=-90"
#define JUMP_S     90

/* One kind of meter, the one that is replaced and the one it is replaced by. */
struct chain {
	const struct sim_family *family;
	const struct driver *driver;
	struct truth truth[2];
	struct sim_device device[2]; /* as the test knows them */
	int port[2];
	char line_name[2][SIM_NAME_CAP];
	struct line line[2]; /* both the same but for meters without an address */
	struct meter meter[2];
	struct meter_register reg[2];
	struct channel channel;
	bool tells_report, is_out;
};

static struct {
	char dir[64];
	struct sim_ports *ports;
	struct store *store;
	struct rollup *rollup;
	struct poll *poll;
	const struct zone *zone, *meter_zone;
	struct place house;
	struct chain chains[CHAINS];
	int n, complaints;
} stage;

/* ---- small words ---- */

static void must(enum err e, const struct diag *diag, const char *what)
{
	if (e) {
		fail_msg("%s: %s %s", what, err_text(e, LANG_EN), diag ? diag->text : "");
	}
}

static void put(enum object_kind kind, void *object)
{
	struct diag diag = {0};
	must(store_put(stage.store, kind, object, "test", &diag), &diag, "put");
}

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

static void command(const char *format, const char *name)
{
	struct diag diag = {0};
	struct buf reply;
	char text[160];
	(void)snprintf(text, sizeof(text), "%s %s", format, name);
	buf_init(&reply, 100000);
	must(sim_ports_command(stage.ports, text, &reply, &diag), &diag, text);
	buf_fini(&reply);
}

/* One kind of meter may be wrong: the others are looked at all the same. */
__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
	stage.complaints++;
}

static const char *when(int64_t utc)
{
	static char text[TIME_TEXT_CAP];
	return time_text_utc(text, utc);
}

/* ---- setting up ---- */

/* With one byte of checksum a status is told from data by the silence behind it, which is real: months of
 * that would take an hour. tests/unit/sim reads the same archives in memory. */
static bool waits_for_silence(const struct sim_family *f)
{
	return f->protocol == &sim_set4tm_ks;
}

static bool keeps_archive(const struct sim_family *f)
{
	struct sim_device d;
	if (waits_for_silence(f)) {
		return false;
	}
	return sim_family_device(f, 1, T0, &d, NULL) == ERR_OK &&
	       (d.depth.half_hours || d.depth.hours || d.depth.days || d.depth.months);
}

static void hang(struct chain *c, int i)
{
	struct diag diag = {0};
	int64_t born = i ? REPLACED : T0 - 600 * DAY_S;
	c->truth[i] = truth_of(c->family->point, (double)born / HOUR_S - 10);
	must(sim_family_device(
		     c->family, c->family->is_alone ? 1 : i + 1, born, &c->device[i], &diag),
		&diag, c->family->name);
	struct sim_device *d = &c->device[i];
	d->source = &c->truth[i].source;
	d->zone = stage.meter_zone;
	(void)snprintf(d->serial, sizeof(d->serial), "1234567%d", i + 1);
	c->tells_report |= truth_settle(c->family, d, REPLACED + DAY_S);
	if (!i || c->family->is_alone) {
		(void)snprintf(c->line_name[i], SIM_NAME_CAP, "%s-%d", c->family->name, i + 1);
		char path[160]; /* outlives an adapter that is pulled out */
		(void)snprintf(path, sizeof(path), "%s/%s", stage.dir, c->line_name[i]);
		must(sim_ports_pty(stage.ports, c->line_name[i], path, &c->port[i], &diag), &diag,
			"pty");
		object_init(OBJECT_LINE, &c->line[i]);
		(void)STR_COPY(c->line[i].name, c->line_name[i]);
		c->line[i].baud = c->family->baud;
		c->line[i].reply_ms = REPLY_MS;
		(void)STR_COPY(c->line[i].framing, c->family->framing);
	} else {
		c->port[1] = c->port[0];
	}
	struct sim_meter m = {.device = *d, .clock_s = i ? -17 : 12, .drift_ppm = 3};
	(void)snprintf(m.name, sizeof(m.name), "%s.%d", c->family->name, i + 1);
	must(sim_ports_attach(stage.ports, c->port[i], &m, &diag), &diag, "attach");
}

static void add_meter(struct chain *c, int i)
{
	struct line *l = &c->line[c->family->is_alone ? i : 0];
	struct meter *m = &c->meter[i];
	if (!l->id) {
		(void)STR_COPY(l->link, sim_ports_url(stage.ports, c->port[i]));
		put(OBJECT_LINE, l);
	}
	object_init(OBJECT_METER, m);
	m->line = l->id;
	m->place = stage.house.id;
	m->poll_s = 6 * HOUR_S;
	m->clock_s = DAY_S;
	(void)snprintf(m->name, sizeof(m->name), "%s %d", c->family->name, i + 1);
	(void)STR_COPY(m->driver, c->family->driver);
	(void)STR_COPY(m->zone, zone_name(stage.meter_zone));
	(void)snprintf(m->params, sizeof(m->params), c->family->is_alone ? "%s%s" : "address=%s %s",
		c->family->is_alone ? "" :
		i                   ? "2" :
				      "1",
		c->family->params);
	put(OBJECT_METER, m);
}

static int set_up(void **state)
{
	(void)state;
	struct diag diag = {0};
	char url[96];
	struct sim_ports_options options = {.seed = 7};
	(void)STR_COPY(stage.dir, "/tmp/domovoi-quarter-XXXXXX");
	assert_non_null(mkdtemp(stage.dir));
	(void)snprintf(url, sizeof(url), "sqlite:%s/d.db", stage.dir);
	must(zone_get("Europe/Berlin", &stage.zone, &diag), &diag, "zone");
	must(zone_get("Etc/GMT-1", &stage.meter_zone, &diag), &diag, "zone");
	stage.ports = sim_ports_new(&options);
	assert_non_null(stage.ports);
	must(store_open(url, STORE_CREATE, &stage.store, &diag), &diag, url);
	object_init(OBJECT_PLACE, &stage.house);
	(void)STR_COPY(stage.house.name, "House");
	(void)STR_COPY(stage.house.zone, "Europe/Berlin");
	stage.house.report_hour = 10;
	stage.house.report_day = 25;
	put(OBJECT_PLACE, &stage.house);
	const char *only = getenv("DOMOVOI_FAMILY");
	for (const struct sim_family *f = sim_families; f->name; f++) {
		if (!keeps_archive(f) || (only && strcmp(only, f->name) != 0)) {
			continue;
		}
		assert_true(stage.n < CHAINS);
		struct chain *c = &stage.chains[stage.n++];
		c->family = f;
		c->driver = driver_find(f->driver);
		assert_non_null(c->driver);
		hang(c, 0);
		hang(c, 1);
		add_meter(c, 0);
	}
	clock_enter(); /* not a second passes before the test begins */
	must(sim_ports_start(stage.ports, &diag), &diag, "simulator");
	must(rollup_start(stage.store, &stage.rollup, &diag), &diag, "rollup");
	must(poll_start(stage.store, &stage.poll, &diag), &diag, "poll");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	char text[128];
	poll_stop(stage.poll);
	rollup_stop(stage.rollup);
	store_close(stage.store);
	sim_ports_free(stage.ports);
	(void)snprintf(text, sizeof(text), "rm -rf %s", stage.dir);
	return getenv("DOMOVOI_KEEP") ? 0 : system(text);
}

/* ---- what happens ---- */

/* The main counter of the meter's archive, as the node has found it. */
static bool main_register(const struct chain *c, int i, struct meter_register *ret)
{
	static const enum quantity order[] = {QUANTITY_HEAT_ENERGY, QUANTITY_ENERGY,
		QUANTITY_VOLUME_SUPPLY, QUANTITY_VOLUME, QUANTITY_COLD_WATER, QUANTITY_HOT_WATER,
		QUANTITY_MASS_SUPPLY, QUANTITY_ACTIVE_ENERGY};
	const struct site *s = store_site(stage.store);
	bool is_found = false;
	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]) && !is_found; k++) {
		for (int f = 0; f < 4 && !is_found; f++) {
			char key[REGISTER_KEY_CAP];
			const char *code = quantity_code(order[k]);
			(void)snprintf(key, sizeof(key), "%s%s%s", code, f > 1 ? ".1" : "",
				f % 2 ? "" : ".amount");
			const struct meter_register *r = site_register(s, c->meter[i].id, key);
			if (r && r->form != FORM_NOW && truth_knows(&c->truth[i], code, order[k])) {
				*ret = *r;
				is_found = true;
			}
		}
	}
	site_unref(s);
	return is_found;
}

static double reading(const struct chain *c, int i, int64_t utc)
{
	return sim_reading(&c->device[i], c->reg[i].quantity, c->reg[i].unit, utc * 1000000);
}

static void bind_first(struct chain *c)
{
	struct binding b;
	if (!main_register(c, 0, &c->reg[0])) {
		complain("%s: no register of its archive", c->family->name);
		c->is_out = true;
		return;
	}
	object_init(OBJECT_CHANNEL, &c->channel);
	c->channel.place = stage.house.id;
	c->channel.quantity = c->reg[0].quantity;
	c->channel.unit = c->reg[0].unit;
	put(OBJECT_CHANNEL, &c->channel);
	object_init(OBJECT_BINDING, &b);
	b.channel = c->channel.id;
	b.meter_register = c->reg[0].id;
	put(OBJECT_BINDING, &b);
}

static void replace(struct chain *c)
{
	c->meter[0].report_hour = c->device[0].report_hour;
	c->meter[0].report_day = c->device[0].report_day;
	c->meter[0].is_enabled = false;
	put(OBJECT_METER, &c->meter[0]);
	add_meter(c, 1);
}

static void bind_second(struct chain *c)
{
	const struct site *s = store_site(stage.store);
	struct binding a = {0}, b;
	for (size_t i = 0; i < s->counts[OBJECT_BINDING]; i++) {
		a = s->bindings[i].channel == c->channel.id ? s->bindings[i] : a;
	}
	site_unref(s);
	if (!main_register(c, 1, &c->reg[1])) {
		complain("%s: no register of the new meter's archive", c->family->name);
		c->is_out = true;
		return;
	}
	assert_string_equal(c->reg[0].key, c->reg[1].key);
	object_init(OBJECT_BINDING, &b);
	b.channel = c->channel.id;
	b.meter_register = c->reg[1].id;
	a.till_utc = b.from_utc = REPLACED;
	a.reading_removed = reading(c, 0, REPLACED);
	b.reading_fitted = reading(c, 1, REPLACED);
	put(OBJECT_BINDING, &a);
	put(OBJECT_BINDING, &b);
}

static void each(void (*f)(struct chain *c))
{
	for (int i = 0; i < stage.n; i++) {
		if (!stage.chains[i].is_out) {
			f(&stage.chains[i]);
		}
	}
}

static void cut(struct chain *c)
{
	char text[SIM_NAME_CAP + 8];
	(void)snprintf(text, sizeof(text), "%s unplug", c->line_name[0]);
	command("line", text);
}

static void mend(struct chain *c)
{
	char text[SIM_NAME_CAP + 8];
	(void)snprintf(text, sizeof(text), "%s up", c->line_name[0]);
	command("line", text);
}

static void jump(struct chain *c)
{
	char text[80];
	(void)snprintf(text, sizeof(text), "%s.2 clock " JUMP_TEXT, c->family->name);
	command("fault", text);
}

static void live(void)
{
	wait_until(T0 + DAY_S);
	each(bind_first);
	wait_until(CUT);
	each(cut);
	wait_until(MENDED);
	each(mend);
	wait_until(REPLACED + 600);
	each(replace);
	wait_until(JUMP);
	each(jump);
	wait_until(END - 2 * DAY_S); /* a meter of months has none before */
	each(bind_second);
	wait_until(END);
}

/* ---- what must have come of it ---- */

/* What was consumed; at the change of meters the sum of both. */
static double consumed(const struct chain *c, struct span p)
{
	double v = 0;
	if (p.from < REPLACED) {
		v += reading(c, 0, p.till < REPLACED ? p.till : REPLACED) - reading(c, 0, p.from);
	}
	if (p.till > REPLACED) {
		v += reading(c, 1, p.till) - reading(c, 1, p.from > REPLACED ? p.from : REPLACED);
	}
	return v;
}

static struct archive_value get(int64_t series, enum period period, int64_t start)
{
	struct archive_value v;
	assert_int_equal(archive_at(stage.store, &series, 1, period, start, &v), ERR_OK);
	return v;
}

static void channel_is_true(const struct chain *c, enum period period, int64_t from, int64_t till)
{
	struct calendar calendar = {stage.zone, 10, 25};
	struct span p = period_of(&calendar, period, from);
	for (p.from = p.from < from ? p.till : p.from; p.from < till; p.from = p.till) {
		p.till = period_next(&calendar, period, p.from);
		if (p.till > till) {
			break;
		}
		struct archive_value v = get(c->channel.id, period, p.from);
		double truth = consumed(c, p);
		double slack = truth_slack(c->reg[0].decimals, truth, reading(c, 0, REPLACED));
		if (!(fabs(v.value - truth) <= 2 * slack) ||
			quality_class(v.quality) != QUALITY_MEASURED) {
			complain("%s: channel, %s of %s: %.9g %s, was %.9g (%s, %s)",
				c->family->name, period_name(period), when(p.from), v.value,
				unit_code(c->channel.unit), truth,
				quality_class_name(quality_class(v.quality)),
				quality_source_name(quality_source(v.quality)));
			return; /* one is enough */
		}
	}
}

/* The register that holds the meter's own records of this period: some keep amounts of days and
 * readings of months. */
static struct meter_register register_of(const struct chain *c, int i, enum period period)
{
	struct meter_register r = c->reg[i];
	struct archive_value v;
	if (archive_latest(stage.store, r.id, period, END, &v) == ERR_OK) {
		return r;
	}
	char key[REGISTER_KEY_CAP];
	char *amount = strstr(r.key, ".amount");
	(void)snprintf(key, sizeof(key), "%.*s%s",
		(int)(amount ? amount - r.key : (ptrdiff_t)strlen(r.key)), r.key,
		amount ? "" : ".amount");
	const struct site *s = store_site(stage.store);
	const struct meter_register *other = site_register(s, c->meter[i].id, key);
	r = other ? *other : r;
	site_unref(s);
	return r;
}

/* The meter's own records are all there and say what the meter measured. */
static void register_is_true(const struct chain *c, int i, enum period period)
{
	struct calendar calendar = sim_calendar(&c->device[i]);
	int64_t from = i ? REPLACED : T0 - 10 * DAY_S, till = i ? END - 3 * HOUR_S : REPLACED;
	struct meter_register reg = register_of(c, i, period);
	bool is_point = reg.form == FORM_POINT;
	struct span p = period_of(&calendar, period, from);
	for (p.from = p.from < from ? p.till : p.from;; p.from = p.till) {
		p.till = period_next(&calendar, period, p.from);
		if (p.till > till) {
			break;
		}
		struct archive_value v = get(reg.id, period, is_point ? p.till : p.from);
		double end = reading(c, i, p.till),
		       truth = is_point ? end : end - reading(c, i, p.from);
		double slack = truth_slack(reg.decimals, truth, end);
		if (is_point) { /* taken by the meter's own clock */
			slack += reading(c, i, p.till + JUMP_S + 30) - reading(c, i, p.till - 30);
		}
		if (!(fabs(v.value - truth) <= slack) ||
			quality_source(v.quality) != SOURCE_METER) {
			complain("%s.%d: its own %s of %s: %.9g %s, was %.9g (%s, %s)",
				c->family->name, i + 1, period_name(period), when(p.from), v.value,
				unit_code(reg.unit), truth,
				quality_class_name(quality_class(v.quality)),
				quality_source_name(quality_source(v.quality)));
			return; /* one is enough */
		}
	}
}

/* Of a month the meter formed itself, its days are the parts. */
static void months_are_their_days(const struct chain *c, int i)
{
	struct calendar calendar = sim_calendar(&c->device[i]);
	struct span month = period_of(
		&calendar, PERIOD_MONTH, i ? END - 20 * DAY_S : T0 + 15 * DAY_S);
	double sum = 0;
	int days = 0;
	for (int64_t d = month.from; d < month.till; d = period_next(&calendar, PERIOD_DAY, d)) {
		struct archive_value v = get(c->reg[i].id, PERIOD_DAY, d);
		sum += v.value;
		days++;
	}
	struct archive_value v = get(c->reg[i].id, PERIOD_MONTH, month.from);
	double digit = truth_slack(c->reg[i].decimals, sum, reading(c, i, month.till));
	if (!(fabs(v.value - sum) <= digit * (days + 1) / 2)) {
		complain("%s.%d: month %s: %.9g, its days %.9g", c->family->name, i + 1,
			when(month.from), v.value, sum);
	}
}

static void every_archive_is_what_was_measured(void **state)
{
	(void)state;
	static const enum period periods[] = {
		PERIOD_HALF_HOUR, PERIOD_HOUR, PERIOD_DAY, PERIOD_MONTH};
	live();
	clock_leave();
	assert_int_equal(rollup_settle(stage.rollup), ERR_OK);
	for (int i = 0; i < stage.n; i++) {
		const struct chain *c = &stage.chains[i];
		if (c->is_out) {
			continue;
		}
		for (int k = 0; k < 4; k++) {
			int depth = sim_depth(&c->device[0], periods[k]);
			/* two days of memory say nothing of nine without a line */
			if (depth && !(periods[k] == PERIOD_DAY && depth < DAYS_LEAST)) {
				register_is_true(c, 0, periods[k]);
			}
			if (depth) {
				register_is_true(c, 1, periods[k]);
			}
			bool is_formed = periods[k] == PERIOD_HALF_HOUR ?
						 depth > 0 :
						 c->device[0].depth.half_hours ||
							 c->device[0].depth.hours;
			if (is_formed) {
				channel_is_true(c, periods[k], T0, END - 3 * HOUR_S);
			}
		}
		if (c->reg[0].form == FORM_AMOUNT && c->device[0].depth.days &&
			c->device[0].depth.months &&
			register_of(c, 0, PERIOD_MONTH).id == c->reg[0].id) {
			months_are_their_days(c, 0);
			months_are_their_days(c, 1);
		}
		const struct site *s = store_site(stage.store);
		const struct meter *m = site_find(s, OBJECT_METER, c->meter[1].id);
		if (c->tells_report && (m->report_hour != c->device[1].report_hour ||
					       m->report_day != c->device[1].report_day)) {
			complain("%s: the node believes in day %d, hour %d", c->family->name,
				(int)m->report_day, (int)m->report_hour);
		}
		site_unref(s);
	}
	assert_int_equal(stage.complaints, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			every_archive_is_what_was_measured, set_up, tear_down),
	};
	char path[] = "/tmp/domovoi-clock-XXXXXX";
	struct diag d = {0};
	int fd = mkstemp(path);
	if (fd < 0 || clock_share_stepped(path, T0, &d) != ERR_OK) {
		(void)fprintf(stderr, "no clock: %s\n", d.text);
		return 1;
	}
	(void)close(fd);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	return failed;
}
