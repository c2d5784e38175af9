/*
 * test_recordings.c - every recording of tests/rec against its driver, whole and mistreated
 *
 * Whole: what is expected comes out. One byte at a time: the same comes out. Cut at every length and
 * with every bit of the replies flipped: nothing may come out that did not come out of the whole
 * recording - a value less is right, a wrong one never. Protocols without a checksum
 * ("# checksum: none") are only required to survive.
 */
#include "test.h"

#include "poll/rehearse.h"

#include <dirent.h>
#include <math.h>
#include <string.h>

struct case_of {
	char name[256];
	struct rec rec;
	const struct driver *driver;
	struct rehearsal whole;
};

static bool is_same(const struct sample *a, const struct sample *b)
{
	return strcmp(a->key, b->key) == 0 && a->quantity == b->quantity && a->unit == b->unit &&
	       a->form == b->form && (a->form == FORM_NOW || a->utc == b->utc) &&
	       (a->value == b->value || (isnan(a->value) && isnan(b->value))) &&
	       strcmp(a->text ? a->text : "", b->text ? b->text : "") == 0 &&
	       (a->quality == b->quality || isnan(a->value));
}

static bool came_out(const struct case_of *c, size_t step, const struct sample *s)
{
	const struct rehearse_step *of = &c->whole.steps[step];
	for (size_t i = of->first; i < of->first + of->n; i++) {
		if (is_same(s, &c->whole.list.items[i]->sample)) {
			return true;
		}
	}
	return false;
}

/* Nothing but what the whole recording gave; `must_be_all`: and all of it. */
static void compare(
	const struct case_of *c, const struct rehearsal *r, bool must_be_all, const char *how)
{
	for (size_t k = 0; k < c->rec.step_n; k++) {
		const struct rehearse_step *got = &r->steps[k];
		const struct rehearse_step *want = &c->whole.steps[k];
		for (size_t i = got->first; i < got->first + got->n; i++) {
			const struct sample *s = &r->list.items[i]->sample;
			if (!came_out(c, k, s)) {
				fail_msg("%s, %s: %s %.10g %s came out", c->name, how, s->key,
					s->value, s->text ? s->text : "");
			}
		}
		if (must_be_all && (got->n != want->n || got->err != want->err)) {
			fail_msg("%s, %s: %zu values instead of %zu, %s", c->name, how, got->n,
				want->n, err_name(got->err));
		}
		if (got->has_clock && want->has_clock && got->clock_utc != want->clock_utc) {
			fail_msg("%s, %s: another clock", c->name, how);
		}
		if (got->has_identity && want->has_identity &&
			memcmp(&got->identity, &want->identity, sizeof(got->identity)) != 0) {
			fail_msg("%s, %s: another identity", c->name, how);
		}
	}
}

static void mistreat(
	const struct case_of *c, struct replay_options options, bool must_be_all, const char *how)
{
	struct rehearsal r;
	assert_int_equal(rehearse(&c->rec, c->driver, &options, &r, NULL), ERR_OK);
	if (c->rec.has_checksum || must_be_all) {
		compare(c, &r, must_be_all, how);
	}
	rehearsal_fini(&r);
}

static void load(struct case_of *c, const char *path, const char *name)
{
	struct diag diag = {0};
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	if (rec_load(path, &c->rec, &diag)) {
		fail_msg("%s: %s", name, diag.text);
	}
	c->driver = driver_find(c->rec.driver);
	if (!c->driver || !*c->rec.source || !*c->rec.evidence || c->rec.expect_n == 0) {
		fail_msg(
			"%s: a recording names its driver, its source and its evidence, and expects something",
			name);
	}
	if (rehearse(&c->rec, c->driver, &REPLAY_AS_IS, &c->whole, &diag)) {
		fail_msg("%s: %s", name, diag.text);
	}
}

static void unload(struct case_of *c)
{
	rehearsal_fini(&c->whole);
	rec_fini(&c->rec);
}

static const char *folder(void)
{
	static char path[1024];
	const char *source = getenv("DOMOVOI_SOURCE");
	(void)snprintf(path, sizeof(path), "%s/tests/rec", source ? source : ".");
	return path;
}

static void for_each(void (*check)(const struct case_of *c))
{
	DIR *dir = opendir(folder());
	assert_non_null(dir);
	struct dirent *entry;
	size_t n = 0;
	while ((entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');
		char path[1400];
		struct case_of c = {0};
		if (!dot || strcmp(dot, ".rec") != 0) {
			continue;
		}
		(void)snprintf(path, sizeof(path), "%s/%s", folder(), entry->d_name);
		load(&c, path, entry->d_name);
		check(&c);
		unload(&c);
		n++;
	}
	(void)closedir(dir);
	assert_true(n > 0);
}

static void check_whole(const struct case_of *c)
{
	struct diag diag = {0};
	if (rehearsal_check(&c->rec, &c->whole, &diag)) {
		fail_msg("%s: %s", c->name, diag.text);
	}
}

static void check_pieces(const struct case_of *c)
{
	struct replay_options options = REPLAY_AS_IS;
	for (options.most_per_read = 1; options.most_per_read < 8; options.most_per_read++) {
		mistreat(c, options, true, "in pieces");
	}
}

static void check_cuts(const struct case_of *c)
{
	struct replay_options options = REPLAY_AS_IS;
	for (options.cut_at = 0; options.cut_at < c->rec.reply_size; options.cut_at++) {
		char how[64];
		(void)snprintf(how, sizeof(how), "cut after %zu bytes", options.cut_at);
		mistreat(c, options, false, how);
	}
}

static void check_flips(const struct case_of *c)
{
	struct replay_options options = REPLAY_AS_IS;
	for (options.flip_bit = 0; options.flip_bit < 8 * c->rec.reply_size; options.flip_bit++) {
		char how[64];
		(void)snprintf(how, sizeof(how), "bit %zu of byte %zu flipped",
			options.flip_bit % 8, options.flip_bit / 8);
		mistreat(c, options, false, how);
	}
}

static void every_recording_gives_what_is_expected(void **state)
{
	(void)state;
	for_each(check_whole);
}

static void pieces_of_any_size_change_nothing(void **state)
{
	(void)state;
	for_each(check_pieces);
}

static void a_cut_at_any_length_gives_no_wrong_value(void **state)
{
	(void)state;
	for_each(check_cuts);
}

static void a_flip_of_any_bit_gives_no_wrong_value(void **state)
{
	(void)state;
	for_each(check_flips);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_recording_gives_what_is_expected),
		cmocka_unit_test(pieces_of_any_size_change_nothing),
		cmocka_unit_test(a_cut_at_any_length_gives_no_wrong_value),
		cmocka_unit_test(a_flip_of_any_bit_gives_no_wrong_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
