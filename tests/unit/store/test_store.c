/*
 * What goes into a store comes out of it: configuration with history, readings, archives by the
 * rules of quality, journal, events, frames, users; before and after it was closed.
 */
#include "store_test.h"

#include "base/clock.h"

#include <sqlite3.h>

#define T0 1735689600 /* 2025-01-01T00:00:00Z */

/* ---- configuration ---- */

struct seen_change {
	size_t n;
	char text[512];
};

static enum err see_change(void *ctx, const struct config_change *c)
{
	struct seen_change *seen = ctx;
	seen->n++;
	(void)snprintf(seen->text, sizeof(seen->text), "%s: %s -> %s", c->who,
		c->before ? c->before : "", c->after ? c->after : "");
	return seen->n == 1 ? ERR_OK : ERR_CANCELLED; /* the oldest of two */
}

static void configuration_is_kept_with_who_changed_it(void **state)
{
	struct fixture *f = *state;
	put_small_site(f->store);
	reopen_store(f);
	const struct site *site = store_site(f->store);
	struct meter m = *(const struct meter *)site_find(site, OBJECT_METER, 3);
	assert_string_equal(m.name, "Heat");
	assert_int_equal(site->counts[OBJECT_REGISTER], 2);
	assert_true(
		isnan(((const struct binding *)site_at(site, OBJECT_BINDING, 0))->reading_fitted));
	int64_t generation = site->generation;
	site_unref(site);
	(void)STR_COPY(m.name, "Тепло");
	assert_int_equal(store_put(f->store, OBJECT_METER, &m, "olga", NULL), ERR_OK);
	site = store_site(f->store);
	assert_true(site->generation > generation);
	site_unref(site);
	struct seen_change seen = {0};
	assert_int_equal(
		store_config_history(f->store, OBJECT_METER, 3, 1, see_change, &seen), ERR_OK);
	assert_int_equal(seen.n, 1);
	assert_non_null(strstr(seen.text, "olga: {\"id\":3,"));
	assert_non_null(strstr(seen.text, "\"name\":\"Heat\""));
	assert_non_null(strstr(seen.text, "\"name\":\"Тепло\""));
}

static void a_change_that_would_break_the_site_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct diag d = {0};
	put_small_site(f->store);
	struct meter m;
	object_init(OBJECT_METER, &m);
	m.line = 77;
	(void)STR_COPY(m.name, "x");
	(void)STR_COPY(m.driver, "mbus");
	assert_int_equal(store_put(f->store, OBJECT_METER, &m, "test", &d), ERR_INVAL);
	assert_non_null(strstr(d.text, "line: there is no line 77"));
	assert_int_equal(m.id, 0);
	assert_int_equal(store_delete(f->store, OBJECT_LINE, 2, "test", &d), ERR_CONFLICT);
	assert_non_null(strstr(d.text, "line 2 is used by meter 3"));
	assert_int_equal(store_delete(f->store, OBJECT_LINE, 99, "test", &d), ERR_NOTFOUND);
	reopen_store(f);
	const struct site *site = store_site(f->store);
	assert_int_equal(site->counts[OBJECT_METER], 1);
	site_unref(site);
}

static void ids_are_never_given_twice(void **state)
{
	struct fixture *f = *state;
	put_small_site(f->store);
	assert_int_equal(store_delete(f->store, OBJECT_BINDING, 7, "test", NULL), ERR_OK);
	reopen_store(f);
	struct binding b;
	object_init(OBJECT_BINDING, &b);
	b.channel = 6;
	b.meter_register = 4;
	assert_int_equal(store_put(f->store, OBJECT_BINDING, &b, "test", NULL), ERR_OK);
	assert_int_equal(b.id, 8);
}

/* ---- readings ---- */

struct rows {
	struct reading_row items[16];
	size_t n;
};

static enum err keep_row(void *ctx, const struct reading_row *r)
{
	struct rows *rows = ctx;
	assert_true(rows->n < 16);
	rows->items[rows->n++] = *r;
	return ERR_OK;
}

static void put_reading(struct store *s, int64_t utc, double energy, double temperature)
{
	struct batch *b = batch_new();
	const uint8_t request[] = {0x10, 0x5b, 0x05, 0x60, 0x16}, reply[] = {1, 2, 3};
	batch_frame(b, 3, utc, SLICE(request), SLICE(reply));
	batch_reading(b, 4, utc, energy, good());
	batch_reading(b, 5, utc, temperature, good());
	assert_int_equal(store_submit(s, b, true), ERR_OK);
}

static enum err see_frame(void *ctx, const struct kept_frame *frame)
{
	assert_int_equal(frame->meter, 3);
	assert_int_equal(frame->request.size, 5);
	assert_int_equal(frame->request.data[1], 0x5b);
	assert_int_equal(frame->reply.size, 3);
	*(int64_t *)ctx = frame->utc;
	return ERR_OK;
}

static void readings_are_listed_in_order_with_their_frames(void **state)
{
	struct fixture *f = *state;
	struct rows rows = {0};
	int64_t frame_utc = 0;
	put_reading(f->store, T0, 12.345, NAN);
	put_reading(f->store, T0 + 60, 12.346, 71.25);
	assert_int_equal(reading_list(f->store, 0, 100, keep_row, &rows), ERR_OK);
	assert_int_equal(rows.n, 4);
	assert_true(rows.items[0].value == 12.345 && isnan(rows.items[1].value));
	assert_int_equal(quality_class(rows.items[1].quality), QUALITY_MISSING);
	assert_true(
		rows.items[0].seq == rows.items[1].seq && rows.items[2].seq > rows.items[1].seq);
	assert_int_equal(rows.items[3].utc, T0 + 60);
	int64_t frame = rows.items[3].frame;
	assert_int_equal(frame_get(f->store, frame, see_frame, &frame_utc), ERR_OK);
	assert_int_equal(frame_utc, T0 + 60);
	assert_int_equal(frame_get(f->store, 1000, see_frame, &frame_utc), ERR_NOTFOUND);
	int64_t after = rows.items[0].seq;
	rows.n = 0;
	assert_int_equal(reading_list(f->store, after, 100, keep_row, &rows), ERR_OK);
	assert_int_equal(rows.n, 2);
	rows.n = 0;
	assert_int_equal(
		reading_range(f->store, 4, (struct span){T0, T0 + 60}, keep_row, &rows), ERR_OK);
	assert_int_equal(rows.n, 1);
	assert_true(rows.items[0].value == 12.345);
}

static void the_last_reading_survives_an_end_and_a_crash(void **state)
{
	struct fixture *f = *state;
	struct last_reading *last;
	size_t n;
	put_reading(f->store, T0 + 60, 7.5, 70);
	reopen_store(f); /* saved at the end */
	put_reading(f->store, T0 + 120, 8.5, 71);
	put_reading(f->store, T0 + 30, 1, 1); /* older than what is known */
	struct store *second = NULL;          /* as after a crash: nothing saved, readings only */
	assert_int_equal(store_open(f->url, STORE_READ_ONLY, &second, NULL), ERR_OK);
	assert_int_equal(store_last(second, &last, &n), ERR_OK);
	assert_int_equal(n, 2);
	assert_int_equal(last[0].reg, 4);
	assert_true(last[0].value == 8.5);
	assert_int_equal(last[0].utc, T0 + 120);
	assert_int_equal(last[1].reg, 5);
	assert_true(last[0].frame > 0);
	free(last);
	store_close(second);
}

/* ---- archives ---- */

static struct archive_value latest(struct store *s, int64_t series, enum period p, int64_t utc)
{
	struct archive_value v = {.start = -1};
	enum err e = archive_latest(s, series, p, utc, &v);
	assert_true(e == ERR_OK || (e == ERR_NODATA && v.start == -1));
	return v;
}

static void a_better_source_replaces_and_a_worse_one_does_not(void **state)
{
	struct fixture *f = *state;
	uint16_t meter = quality_make(QUALITY_MEASURED, SOURCE_METER, 0);
	uint16_t estimate = quality_make(QUALITY_ESTIMATED, SOURCE_ESTIMATE, 0);
	put_value(f->store, 6, PERIOD_HOUR, T0, 1, estimate);
	put_value(f->store, 6, PERIOD_HOUR, T0, 2, good());
	put_value(f->store, 6, PERIOD_HOUR, T0, 3, meter);
	put_value(f->store, 6, PERIOD_HOUR, T0, 4, good());
	put_value(f->store, 6, PERIOD_HOUR, T0, NAN, meter); /* missing hides nothing */
	struct archive_value v = latest(f->store, 6, PERIOD_HOUR, T0);
	assert_true(v.value == 3);
	assert_int_equal(v.quality, meter);
}

struct replaced {
	struct replaced_value items[8];
	size_t n;
};

static enum err keep_replaced(void *ctx, const struct replaced_value *v)
{
	struct replaced *r = ctx;
	assert_true(r->n < 8);
	r->items[r->n++] = *v;
	return ERR_OK;
}

static void force(struct store *s, double value, enum quality_source source, const char *who)
{
	struct batch *b = batch_new();
	batch_who(b, who, "акт 12");
	batch_archive(b, 6, PERIOD_HOUR, T0, value, quality_make(QUALITY_EDITED, source, 0), true);
	assert_int_equal(store_submit(s, b, true), ERR_OK);
}

static void what_is_replaced_stays_in_the_history(void **state)
{
	struct fixture *f = *state;
	struct replaced r = {0};
	put_value(f->store, 6, PERIOD_HOUR, T0, 2, good());
	force(f->store, 5, SOURCE_MANUAL, "olga");
	force(f->store, 6, SOURCE_POLLED, "node"); /* not over a person's value */
	force(f->store, 7, SOURCE_MANUAL, "ivan");
	assert_true(latest(f->store, 6, PERIOD_HOUR, T0).value == 7);
	struct span all = {T0, T0 + HOUR};
	assert_int_equal(archive_history(f->store, 6, PERIOD_HOUR, all, keep_replaced, &r), ERR_OK);
	assert_int_equal(r.n, 2);
	assert_true(r.items[0].old.value == 2);
	assert_string_equal(r.items[0].who, "olga");
	assert_string_equal(r.items[0].why, "акт 12");
	assert_int_equal(r.items[0].old.quality, good());
	assert_true(r.items[1].old.value == 5);
	assert_string_equal(r.items[1].who, "ivan");
}

static void a_running_day_grows_without_history(void **state)
{
	struct fixture *f = *state;
	struct replaced r = {0};
	int64_t today = clock_now() / 86400 * 86400;
	uint16_t partial = quality_make(QUALITY_PARTIAL, SOURCE_POLLED, 0);
	for (int i = 1; i < 10; i++) {
		put_value(f->store, 6, PERIOD_DAY, today, i, partial);
	}
	assert_true(latest(f->store, 6, PERIOD_DAY, today).value == 9);
	struct span all = {0, INT64_MAX};
	assert_int_equal(archive_history(f->store, 6, PERIOD_DAY, all, keep_replaced, &r), ERR_OK);
	assert_int_equal(r.n, 0);
}

static void many_series_of_one_hour_come_in_the_order_asked(void **state)
{
	struct fixture *f = *state;
	const int64_t series[] = {9, 4, 300, 9};
	struct archive_value v[4];
	put_value(f->store, 4, PERIOD_HOUR, T0, 4, good());
	put_value(f->store, 9, PERIOD_HOUR, T0, 9, good());
	put_value(f->store, 300, PERIOD_HOUR, T0 + HOUR, 300, good());
	for (int round = 0; round < 2; round++) { /* from rows, then from blocks */
		assert_int_equal(archive_at(f->store, series, 4, PERIOD_HOUR, T0, v), ERR_OK);
		assert_true(v[0].value == 9 && v[1].value == 4 && v[3].value == 9);
		assert_int_equal(quality_class(v[2].quality), QUALITY_MISSING);
		assert_true(isnan(v[2].value) && v[2].start == T0);
		size_t blocks = 0;
		assert_int_equal(archive_pack(f->store, T0 + 60 * 86400, &blocks), ERR_OK);
		assert_int_equal(blocks, round ? 0 : 3);
	}
}

static void gaps_name_what_is_not_there(void **state)
{
	struct fixture *f = *state;
	struct calendar c = {.report_day = 1};
	struct span *gaps;
	size_t n;
	assert_int_equal(zone_get("UTC", &c.zone, NULL), ERR_OK);
	put_value(f->store, 4, PERIOD_HOUR, T0 + 2 * HOUR, 1, good());
	put_value(f->store, 4, PERIOD_HOUR, T0 + 3 * HOUR, NAN, good());
	put_value(f->store, 4, PERIOD_HOUR, T0 + 5 * HOUR, 1,
		quality_make(QUALITY_MEASURED, SOURCE_METER, 0));
	struct span span = {T0 + 1, T0 + 6 * HOUR};
	assert_int_equal(
		archive_gaps(f->store, 4, PERIOD_HOUR, &c, span, SOURCE_NONE, &gaps, &n), ERR_OK);
	assert_int_equal(n, 2);
	assert_int_equal(gaps[0].from, T0 + HOUR);
	assert_int_equal(gaps[0].till, T0 + 2 * HOUR);
	assert_int_equal(gaps[1].from, T0 + 3 * HOUR);
	assert_int_equal(gaps[1].till, T0 + 5 * HOUR);
	free(gaps);
	assert_int_equal(
		archive_gaps(f->store, 4, PERIOD_HOUR, &c, span, SOURCE_METER, &gaps, &n), ERR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(gaps[0].till, T0 + 5 * HOUR);
	free(gaps);
}

/* ---- journal, states, events ---- */

struct changes {
	struct change items[16];
	size_t n;
};

static enum err keep_change(void *ctx, const struct change *c)
{
	struct changes *changes = ctx;
	assert_true(changes->n < 16);
	changes->items[changes->n++] = *c;
	return ERR_OK;
}

static void the_journal_tells_what_changed_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct changes c = {0};
	struct batch *b = batch_new();
	for (int64_t series = 4; series <= 6; series++) {
		batch_archive(b, series, PERIOD_HOUR, T0, 1, good(), false);
		batch_archive(b, series, PERIOD_HOUR, T0 + HOUR, 1, good(), false);
	}
	batch_archive(b, 9, PERIOD_DAY, T0, 1, good(), false);
	assert_int_equal(store_submit(f->store, b, true), ERR_OK);
	assert_int_equal(journal_list(f->store, 0, 100, keep_change, &c), ERR_OK);
	assert_int_equal(c.n, 4);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(c.items[i].series, 4 + i);
		assert_int_equal(c.items[i].period, PERIOD_HOUR);
		assert_int_equal(c.items[i].span.from, T0);
		assert_int_equal(c.items[i].span.till, T0 + 2 * HOUR);
	}
	assert_int_equal(c.items[3].series, 9);
	assert_int_equal(c.items[3].span.till, T0 + 1);
	int64_t last = c.items[3].seq;
	c.n = 0;
	put_value(f->store, 4, PERIOD_HOUR, T0, 1, good()); /* the same again */
	assert_int_equal(journal_list(f->store, last, 100, keep_change, &c), ERR_OK);
	assert_int_equal(c.n, 0);
}

static void a_state_is_committed_with_its_batch(void **state)
{
	struct fixture *f = *state;
	struct buf out;
	struct batch *b = batch_new();
	buf_init(&out, 100);
	assert_int_equal(store_state(f->store, "rollup", &out), ERR_NODATA);
	batch_state(b, "rollup", (struct slice){(const uint8_t *)"abc", 3});
	assert_int_equal(store_submit(f->store, b, true), ERR_OK);
	assert_int_equal(store_state(f->store, "rollup", &out), ERR_OK);
	assert_string_equal(buf_cstr(&out), "abc");
	buf_fini(&out);
}

static enum err keep_event(void *ctx, const struct event *e)
{
	*(struct event *)ctx = *e;
	return ERR_OK;
}

static void events_are_found_by_object_and_time(void **state)
{
	struct fixture *f = *state;
	struct event last = {0};
	struct batch *b = batch_new();
	batch_event(b, T0, 3, "power_off", "пропало питание");
	batch_event(b, T0 + 5, 4, "clock_set", "");
	assert_int_equal(store_submit(f->store, b, true), ERR_OK);
	struct span all = {0, INT64_MAX};
	assert_int_equal(event_list(f->store, 0, all, 1, keep_event, &last), ERR_OK);
	assert_string_equal(last.code, "clock_set");
	assert_int_equal(event_list(f->store, 3, all, 10, keep_event, &last), ERR_OK);
	assert_string_equal(last.text, "пропало питание");
	assert_int_equal(last.object, 3);
}

/* ---- listeners ---- */

struct ear {
	struct store_listener listener;
	size_t readings, sites;
};

static void hear_readings(struct store_listener *l, const struct last_reading *readings, size_t n)
{
	struct ear *ear = (struct ear *)l;
	ear->readings += n;
	assert_true(n == 0 || readings[0].reg == 4);
}

static void hear_site(struct store_listener *l)
{
	((struct ear *)l)->sites++;
}

static void listeners_hear_of_commits_and_changes(void **state)
{
	struct fixture *f = *state;
	struct ear ear = {{hear_readings, hear_site}, 0, 0};
	assert_int_equal(store_listen(f->store, &ear.listener), ERR_OK);
	put_reading(f->store, T0, 1, 2);
	put_small_site(f->store);
	store_unlisten(f->store, &ear.listener);
	put_reading(f->store, T0 + 60, 1, 2);
	assert_int_equal(ear.readings, 2);
	assert_int_equal(ear.sites, 6);
}

static void another_program_may_change_the_configuration(void **state)
{
	struct fixture *f = *state;
	struct store *other;
	put_small_site(f->store);
	assert_int_equal(store_open(f->url, 0, &other, NULL), ERR_OK);
	union any_object o;
	object_init(OBJECT_PLACE, &o);
	(void)STR_COPY(o.place.name, "Подъезд");
	o.place.parent = 1;
	assert_int_equal(store_put(other, OBJECT_PLACE, &o, "cli", NULL), ERR_OK);
	put_reading(other, T0, 1, 2);
	store_close(other);
	put_reading(f->store, T0 + 60, 3, 4); /* ids of the other are known by now */
	const struct site *site = store_site(f->store);
	assert_int_equal(site->counts[OBJECT_PLACE], 2);
	site_unref(site);
}

static void an_idle_store_sees_what_another_program_changed(void **state)
{
	struct fixture *f = *state;
	struct ear ear = {{hear_readings, hear_site}, 0, 0};
	struct store *other;
	assert_int_equal(store_listen(f->store, &ear.listener), ERR_OK);
	assert_int_equal(store_open(f->url, 0, &other, NULL), ERR_OK);
	put_small_site(other);
	store_close(other);
	for (int i = 0; i < 500; i++) {
		const struct site *site = store_site(f->store);
		bool is_there = site->counts[OBJECT_BINDING] == 1;
		site_unref(site);
		if (is_there) {
			break;
		}
		(void)usleep(20000);
	}
	store_unlisten(f->store, &ear.listener);
	assert_true(ear.sites > 0);
}

static void a_database_of_a_newer_program_is_refused(void **state)
{
	struct fixture *f = *state;
	struct diag d = {0};
	struct store *s;
	sqlite3 *db;
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, "UPDATE meta SET value=999 WHERE name='schema'", NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	for (unsigned flags = 0; flags <= STORE_READ_ONLY; flags++) {
		assert_int_equal(store_open(f->url, flags, &s, &d), ERR_CONFLICT);
		assert_non_null(strstr(d.text, "schema 999"));
	}
}

static void what_is_no_database_is_refused(void **state)
{
	struct fixture *f = *state;
	struct diag d = {0};
	struct store *s;
	char url[200];
	FILE *to = fopen(strcat(strcpy(url, f->path), ".txt"), "w");
	for (int i = 0; i < 1000; i++) {
		(void)fputs("this is a letter\n", to);
	}
	(void)fclose(to);
	(void)snprintf(url, sizeof(url), "sqlite:%.150s.txt", f->path);
	assert_int_equal(store_open(url, STORE_CREATE, &s, &d), ERR_CORRUPT);
	assert_non_null(strstr(d.text, ".txt"));
	assert_int_equal(store_open("sqlite:/nowhere/x.db", 0, &s, &d), ERR_NOTFOUND);
	assert_int_equal(store_open("oracle:x", 0, &s, &d), ERR_INVAL);
	assert_int_equal(store_open("", 0, &s, &d), ERR_INVAL);
}

/* ---- users ---- */

static enum err count_grants(void *ctx, const struct grant *g)
{
	*(int64_t *)ctx += g->place;
	return ERR_OK;
}

static void users_grants_and_sessions(void **state)
{
	struct fixture *f = *state;
	struct user u = {
		.is_enabled = true, .login = "olga", .name = "Ольга", .lang = "ru", .hash = "$x"};
	struct user found;
	struct diag d = {0};
	put_small_site(f->store);
	assert_int_equal(user_put(f->store, &u, "test", NULL), ERR_OK);
	struct user same = u;
	same.id = 0;
	assert_int_equal(user_put(f->store, &same, "test", &d), ERR_EXISTS);
	assert_int_equal(user_find(f->store, "olga", &found), ERR_OK);
	assert_memory_equal(&found, &u, sizeof(u));
	assert_int_equal(user_find(f->store, "ivan", &found), ERR_NOTFOUND);
	struct grant g = {.user = u.id, .role = ROLE_MANAGER, .place = 1};
	assert_int_equal(grant_put(f->store, &g, "test", NULL), ERR_OK);
	struct grant bad = {.user = u.id, .role = ROLE_MANAGER, .place = 2};
	assert_int_equal(grant_put(f->store, &bad, "test", &d), ERR_INVAL);
	int64_t places = 0;
	assert_int_equal(grant_list(f->store, u.id, count_grants, &places), ERR_OK);
	assert_int_equal(places, 1);
	assert_int_equal(grant_delete(f->store, g.id, "test", NULL), ERR_OK);
	assert_int_equal(grant_delete(f->store, g.id, "test", NULL), ERR_NOTFOUND);
	struct session x = {
		.user = u.id, .created_utc = 1, .seen_utc = 2, .expires_utc = INT64_MAX};
	struct session y;
	memset(x.token_hash, 0xab, sizeof(x.token_hash));
	x.csrf[5] = 9;
	assert_int_equal(session_put(f->store, &x), ERR_OK);
	assert_int_equal(session_find(f->store, x.token_hash, &y), ERR_OK);
	assert_memory_equal(&x, &y, sizeof(x));
	assert_int_equal(session_delete(f->store, x.token_hash), ERR_OK);
	assert_int_equal(session_find(f->store, x.token_hash, &y), ERR_NOTFOUND);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up_store, tear_down_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(configuration_is_kept_with_who_changed_it),
		WITH_STORE(a_change_that_would_break_the_site_changes_nothing),
		WITH_STORE(ids_are_never_given_twice),
		WITH_STORE(readings_are_listed_in_order_with_their_frames),
		WITH_STORE(the_last_reading_survives_an_end_and_a_crash),
		WITH_STORE(a_better_source_replaces_and_a_worse_one_does_not),
		WITH_STORE(what_is_replaced_stays_in_the_history),
		WITH_STORE(a_running_day_grows_without_history),
		WITH_STORE(many_series_of_one_hour_come_in_the_order_asked),
		WITH_STORE(gaps_name_what_is_not_there),
		WITH_STORE(the_journal_tells_what_changed_and_nothing_else),
		WITH_STORE(a_state_is_committed_with_its_batch),
		WITH_STORE(events_are_found_by_object_and_time),
		WITH_STORE(listeners_hear_of_commits_and_changes),
		WITH_STORE(another_program_may_change_the_configuration),
		WITH_STORE(an_idle_store_sees_what_another_program_changed),
		WITH_STORE(a_database_of_a_newer_program_is_refused),
		WITH_STORE(what_is_no_database_is_refused),
		WITH_STORE(users_grants_and_sessions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
