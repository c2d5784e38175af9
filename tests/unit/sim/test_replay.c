/*
 * test_replay.c - two weeks of real hourly data, played by simulated meters, come out of their archives
 *
 * The expectation is worked out of the foreign files here, line by line, without the profile reader:
 * at every full hour the last reading before it.
 */
#include "sim/ask.h"
#include "sim/building.h"
#include "sim/profile.h"

#include "poll/sample_list.h"
#include "poll/talk.h"

#include "test.h"

#include <math.h>
#include <string.h>

#define HOURS (14 * 24)
#define HOUR  3600

/* Readings at full hours of [from, from + HOURS], out of "date;reading" lines; `scale` to the unit. */
struct truth {
	int64_t from;
	double at[HOURS + 1];
};

static void truth_add(struct truth *t, struct civil c, double value)
{
	int64_t utc = civil_to_utc(c);
	for (int64_t h = 0; h <= HOURS; h++) {
		if (t->from + h * HOUR >= utc) {
			t->at[h] = value; /* lines ascend */
		}
	}
}

static void heat_line(struct truth *t, const char *line)
{
	struct civil c;
	double kwh;
	if (sscanf(line, "%d-%d-%d %d:%d:%d;%lf", &c.year, &c.month, &c.day, &c.hour, &c.minute,
		    &c.second, &kwh) == 7) {
		truth_add(t, c, kwh);
	}
}

static void water_line(struct truth *t, const char *line)
{
	struct civil c;
	double litres;
	const char *rest = strchr(line, ';');
	if (rest && strncmp(line, "1f8730a9-5d67-4895-9215-6e247087ea00", 36) == 0 &&
		sscanf(rest, ";%d/%d/%d %d:%d:%d;%lf", &c.day, &c.month, &c.year, &c.hour,
			&c.minute, &c.second, &litres) == 7) {
		truth_add(t, c, litres / 1000);
	}
}

static void each_line(
	const char *command, void (*line)(struct truth *t, const char *line), struct truth *t)
{
	char text[512];
	FILE *f = popen(command, "r");
	assert_non_null(f);
	while (fgets(text, sizeof(text), f)) {
		line(t, text);
	}
	(void)pclose(f);
}

/* A building whose input plays what `command` prints. */
struct played {
	struct building building;
	struct sim_model *model;
};

static struct played play(const char *command, const char *words)
{
	struct played p;
	struct sim_options o = {.seed = 1, .flats = 2, .zone = "UTC"};
	struct sim_model_options mo = {.seed = 1, .flats = 2};
	struct sim_profile_spec spec;
	struct sim_profile profile;
	assert_int_equal(building_plan(&o, &p.building, NULL), ERR_OK);
	p.model = sim_model_new(&mo);
	assert_non_null(p.model);
	assert_int_equal(sim_profile_spec_parse(words, &spec, NULL), ERR_OK);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	assert_int_equal(sim_profile_read(f, &spec, p.building.zone, 2, &profile, NULL), ERR_OK);
	(void)pclose(f);
	assert_int_equal(profile.n, 1);
	sim_model_replay(p.model, profile.tracks[0].point, 0, profile.tracks[0].series);
	profile.tracks[0].series = NULL;
	sim_profile_fini(&profile);
	return p;
}

/* The meter's hourly archive of the two weeks, through its driver. */
static void read_hours(struct played *p, const char *name, int64_t from, struct sample_list *list)
{
	for (size_t i = 0; i < p->building.meter_count; i++) {
		struct building_meter *m = &p->building.meters[i];
		if (strcmp(m->sim.name, name) != 0) {
			continue;
		}
		struct line line;
		struct meter meter;
		struct talk *talk;
		int64_t now = from + (HOURS + 5) * HOUR + 600;
		const struct driver *driver = driver_find(m->driver);
		m->source = sim_model_source(p->model, m->source.point, 0);
		m->sim.device.source = &m->source.source;
		struct link *link = sim_link_new(&m->sim.device, now * 1000000);
		object_init(OBJECT_LINE, &line);
		object_init(OBJECT_METER, &meter);
		(void)snprintf(meter.params, sizeof(meter.params), "%s", m->params);
		assert_int_equal(talk_new(driver, &line, &meter, NULL, &talk, NULL), ERR_OK);
		talk_attach(talk, link, NULL);
		assert_int_equal(talk_begin(talk, now), ERR_OK);
		struct span span = {from, from + HOURS * HOUR};
		assert_int_equal(
			driver->read_archive(talk, PERIOD_HOUR, span, &list->sink), ERR_OK);
		talk_free(talk);
		link->ops->close(link);
		return;
	}
	fail();
}

static void finish(struct played *p, struct sample_list *list)
{
	sample_list_fini(list);
	sim_model_free(p->model);
	building_fini(&p->building);
}

static void hours_of_heat_equal_the_data(void **state)
{
	(void)state;
	const char *path = vector_path("datasets/hslu_lcm/centralHeating.csv.gz");
	NEED_VECTORS(path);
	char command[1200];
	struct truth truth = {.from = 1521849600}; /* 2018-03-24 */
	struct sample_list list;
	sample_list_init(&list);
	(void)snprintf(command, sizeof(command), "gzip -dc '%s' | head -1200", path);
	each_line(command, heat_line, &truth);
	struct played p = play(command, "f");
	read_hours(&p, "input.heat", truth.from, &list);
	int compared = 0;
	double sum = 0;
	for (size_t i = 0; i < list.n; i++) {
		const struct sample *x = &list.items[i]->sample;
		int64_t h = (x->utc - truth.from) / HOUR;
		if (strcmp(x->key, "heat_energy") != 0) {
			continue;
		}
		assert_int_equal(x->form, FORM_AMOUNT);
		assert_true(h >= 0 && h < HOURS);
		double gcal = (truth.at[h + 1] - truth.at[h]) / 1163;
		assert_true(fabs(x->value - gcal) < 1.01e-6);
		sum += x->value;
		compared++;
	}
	assert_int_equal(compared, HOURS);
	/* amounts are differences of the readings shown: they add up to the last digit */
	assert_true(fabs(sum - (truth.at[HOURS] - truth.at[0]) / 1163) < 1.01e-6);
	assert_true(sum > 1);
	finish(&p, &list);
}

static void hours_of_water_equal_the_data(void **state)
{
	(void)state;
	const char *path = vector_path("datasets/daiad_water/swm_trialA_clean.zip");
	NEED_VECTORS(path);
	char command[1200];
	struct truth truth = {.from = 1457308800}; /* 2016-03-07 */
	struct sample_list list;
	sample_list_init(&list);
	(void)snprintf(
		command, sizeof(command), "unzip -p '%s' swm_trialA_clean.csv | head -1000", path);
	each_line(command, water_line, &truth);
	struct played p = play(command, "f,to=input.cold,zone=UTC");
	read_hours(&p, "input.water", truth.from, &list);
	int compared = 0;
	for (size_t i = 0; i < list.n; i++) {
		const struct sample *x = &list.items[i]->sample;
		int64_t h = (x->utc - truth.from) / HOUR;
		if (strcmp(x->key, "volume") != 0) {
			continue;
		}
		assert_int_equal(x->form, FORM_POINT);
		assert_true(h >= 0 && h <= HOURS);
		assert_true(fabs(x->value - truth.at[h]) < 0.0005);
		compared++;
	}
	assert_true(compared >= HOURS);
	assert_true(truth.at[HOURS] - truth.at[0] > 0.5);
	finish(&p, &list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hours_of_heat_equal_the_data),
		cmocka_unit_test(hours_of_water_equal_the_data),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
