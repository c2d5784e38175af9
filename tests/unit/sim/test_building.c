/*
 * test_building.c - a building as the node meets it: its lines answer, its site fits
 */
#include "calc/scheme.h"
#include "sim/building.h"

#include "base/clock.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "store/store.h"

#include "test.h"

#include <dirent.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static struct sim *start(const struct sim_options *o)
{
	struct sim *sim = NULL;
	struct diag diag = {0};
	enum err e = sim_start(o, &sim, &diag);
	if (e) {
		fail_msg("%s: %s", err_name(e), diag.text);
	}
	return sim;
}

static struct site *site_of(struct sim *sim)
{
	struct site *site = NULL;
	struct diag diag = {0};
	enum err e = sim_site(sim, &site, &diag);
	if (e) {
		fail_msg("%s: %s", err_name(e), diag.text);
	}
	return site;
}

static void equal_options_give_equal_sites(void **state)
{
	(void)state;
	struct sim_options o = {.seed = 3, .flats = 5};
	struct buf text[2];
	for (int i = 0; i < 2; i++) {
		struct sim *sim = start(&o);
		struct site *site = site_of(sim);
		for (size_t k = 0; k < site->counts[OBJECT_LINE]; k++) {
			(void)strcpy(site->lines[k].link,
				"serial:/dev/null"); /* ptys have other numbers */
		}
		buf_init(&text[i], 1 << 22);
		assert_int_equal(site_export(site, &text[i], NULL), ERR_OK);
		site_unref(site);
		sim_stop(sim);
	}
	assert_string_equal(buf_cstr(&text[0]), buf_cstr(&text[1]));
	buf_fini(&text[0]);
	buf_fini(&text[1]);
}

static void every_flat_has_its_channels_and_every_channel_a_register(void **state)
{
	(void)state;
	static const enum quantity wanted[] = {QUANTITY_COLD_WATER, QUANTITY_HOT_WATER,
		QUANTITY_HEAT_ENERGY, QUANTITY_ACTIVE_ENERGY};
	static const int sizes[] = {1, 2, 12, 41, 100};
	for (size_t n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
		struct sim_options o = {.flats = sizes[n], .has_tcp = n % 2 == 0, .lang = LANG_RU};
		struct sim *sim = start(&o);
		struct site *site = site_of(sim); /* checked already: site_check */
		int flats = 0;
		for (size_t i = 0; i < site->counts[OBJECT_PLACE]; i++) {
			const struct place *p = &site->places[i];
			flats += p->kind == PLACE_FLAT;
			for (size_t k = 0; p->kind == PLACE_FLAT && k < 4; k++) {
				int found = 0;
				for (size_t c = 0; c < site->counts[OBJECT_CHANNEL]; c++) {
					found += site->channels[c].place == p->id &&
						 site->channels[c].quantity == wanted[k];
				}
				assert_int_equal(found, 1);
			}
		}
		assert_int_equal(flats, sizes[n]);
		assert_int_equal(site->counts[OBJECT_METER], 4 * sizes[n] + 3);
		assert_int_equal(site->counts[OBJECT_CHANNEL],
			site->counts[OBJECT_BINDING] + site->counts[OBJECT_FORMULA]);
		assert_int_equal(scheme_check(site, NULL, NULL), ERR_OK);
		site_unref(site);
		sim_stop(sim);
	}
}

/* Read a meter over its line, through its driver, as the node does. */
static enum err read_meter(const struct site *site, const struct meter *m, struct sample_list *list)
{
	const struct line *line = site_find(site, OBJECT_LINE, m->line);
	struct link_setup setup = {.baud = line->baud ? (int)line->baud : 9600};
	struct link *link = NULL;
	struct talk *talk = NULL;
	struct diag diag = {0};
	(void)snprintf(setup.framing, sizeof(setup.framing), "%s",
		line->framing[0] ? line->framing : "8N1");
	enum err e = link_open(line->link, &setup, &link, &diag);
	if (!e) {
		e = talk_new(driver_find(m->driver), line, m, NULL, &talk, &diag);
	}
	if (!e) {
		talk_attach(talk, link, NULL);
		e = talk_begin(talk, clock_now());
	}
	if (!e) {
		e = driver_find(m->driver)->read_current(talk, &list->sink);
	}
	talk_free(talk);
	link_close(link);
	return e;
}

static void every_meter_answers_on_its_line_with_what_is_true(void **state)
{
	(void)state;
	struct sim_options o = {.flats = 4, .has_tcp = true, .is_strict_speed = true, .seed = 11};
	struct sim *sim = start(&o);
	struct site *site = site_of(sim);
	struct sim_model_options mo = {.seed = 11, .flats = 4, .utc_offset_s = 10800};
	struct sim_model *model = sim_model_new(&mo);
	int compared = 0;
	for (size_t i = 0; i < site->counts[OBJECT_METER]; i++) {
		const struct meter *m = &site->meters[i];
		struct sample_list list;
		sample_list_init(&list);
		struct sim_point_source s = sim_model_source(model, SIM_INPUT_ELECTRICITY, 0);
		double from = s.source.at(&s.source, QUANTITY_ACTIVE_ENERGY, clock_now_us());
		assert_int_equal(read_meter(site, m, &list), ERR_OK);
		double till = s.source.at(&s.source, QUANTITY_ACTIVE_ENERGY, clock_now_us());
		int known = 0;
		for (size_t k = 0; k < list.n; k++) {
			const struct sample *x = &list.items[k]->sample;
			known += quantity_kind(x->quantity) == KIND_COUNTER && isfinite(x->value);
			if (strcmp(m->driver, "mercury230") == 0 &&
				strcmp(x->key, "active_energy") == 0) {
				/* kWh, to a watt-hour */
				assert_true(x->value > from - 0.05 && x->value < till + 0.05);
				compared++;
			}
		}
		assert_true(known > 0);
		sample_list_fini(&list);
	}
	assert_int_equal(compared, 1);
	sim_model_free(model);
	site_unref(site);
	sim_stop(sim);
}

static void lines_are_symlinks_that_go_away(void **state)
{
	(void)state;
	char dir[] = "/tmp/domovoi-test-XXXXXX", lines[64];
	assert_non_null(mkdtemp(dir));
	(void)snprintf(lines, sizeof(lines), "%s/lines", dir);
	struct sim_options o = {.dir = lines, .flats = 2};
	struct sim *sim = start(&o);
	assert_true(sim_line_count(sim) >= 3);
	for (size_t i = 0; i < sim_line_count(sim); i++) {
		assert_non_null(strstr(sim_line(sim, i).url, "/lines/"));
		assert_int_equal(access(sim_line(sim, i).url + strlen("serial:"), R_OK | W_OK), 0);
	}
	sim_stop(sim);
	assert_int_equal(rmdir(lines), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void plans_of_one_line_have_as_many_meters_as_asked_for(void **state)
{
	(void)state;
	static const char *const plans[] = {"mbus", "sdm120", "domovoi_heat"};
	for (size_t i = 0; i < 3; i++) {
		struct sim_options o = {.plan = plans[i], .meters = 50, .baud = 2400};
		struct sim *sim = start(&o);
		assert_int_equal(sim_line_count(sim), 1);
		assert_int_equal(sim_line(sim, 0).meters, 50);
		assert_int_equal(sim_line(sim, 0).baud, 2400);
		struct site *site = site_of(sim);
		assert_int_equal(site->counts[OBJECT_METER], 50);
		struct sample_list list;
		sample_list_init(&list);
		assert_int_equal(read_meter(site, &site->meters[49], &list), ERR_OK);
		assert_true(list.n > 2);
		sample_list_fini(&list);
		site_unref(site);
		sim_stop(sim);
	}
}

static void faults_can_be_given_at_the_start(void **state)
{
	(void)state;
	static const char *const faults[] = {"flat-2:silence", NULL};
	static const char *const wrong[] = {"flat-9:silence", NULL};
	struct sim_options o = {.flats = 2, .faults = faults};
	struct sim *sim = start(&o);
	struct site *site = site_of(sim);
	for (size_t i = 0; i < site->counts[OBJECT_METER]; i++) {
		struct meter m = site->meters[i];
		struct sample_list list;
		bool is_second = strncmp(m.name, "Flat 2", 6) == 0;
		if (i != 0 && !is_second) {
			continue;
		}
		(void)snprintf(m.params + strlen(m.params), sizeof(m.params) - strlen(m.params),
			" reply_ms=60 retries=0");
		sample_list_init(&list);
		assert_int_equal(read_meter(site, &m, &list), is_second ? ERR_TIMEOUT : ERR_OK);
		sample_list_fini(&list);
	}
	site_unref(site);
	sim_stop(sim);
	o.faults = wrong;
	struct diag diag;
	assert_int_equal(sim_start(&o, &sim, &diag), ERR_NOTFOUND);
}

static void what_cannot_be_is_refused(void **state)
{
	(void)state;
	static const char *const profiles[] = {"/nowhere.csv", NULL};
	struct sim *sim;
	struct diag diag;
	assert_int_equal(sim_start(&(struct sim_options){.flats = -1}, &sim, &diag), ERR_RANGE);
	assert_int_equal(sim_start(&(struct sim_options){.flats = 801}, &sim, &diag), ERR_RANGE);
	assert_int_equal(
		sim_start(&(struct sim_options){.zone = "Mars/North"}, &sim, &diag), ERR_NOTFOUND);
	assert_int_equal(
		sim_start(&(struct sim_options){.dir = "/proc/none"}, &sim, &diag), ERR_NOTFOUND);
	assert_int_not_equal(
		sim_start(&(struct sim_options){.profiles = profiles}, &sim, &diag), ERR_OK);
	assert_non_null(strstr(diag.text, "/nowhere.csv"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_options_give_equal_sites),
		cmocka_unit_test(every_flat_has_its_channels_and_every_channel_a_register),
		cmocka_unit_test(every_meter_answers_on_its_line_with_what_is_true),
		cmocka_unit_test(lines_are_symlinks_that_go_away),
		cmocka_unit_test(plans_of_one_line_have_as_many_meters_as_asked_for),
		cmocka_unit_test(faults_can_be_given_at_the_start),
		cmocka_unit_test(what_cannot_be_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
