/*
 * A site is checked whole before it is used; places inherit how their time is cut; objects survive
 * JSON exactly.
 */
#include "base/str.h"
#include "model/object_json.h"
#include "test.h"

#include <math.h>
#include <string.h>

static void add_place(struct site *s, int64_t id, int64_t parent, enum place_kind kind)
{
	struct place p;
	object_init(OBJECT_PLACE, &p);
	p.id = id;
	p.parent = parent;
	p.kind = kind;
	(void)snprintf(p.name, sizeof(p.name), "place %lld", (long long)id);
	assert_true(site_add(s, OBJECT_PLACE, &p));
}

static void add_meter(struct site *s, int64_t id, int64_t line)
{
	struct meter m;
	object_init(OBJECT_METER, &m);
	m.id = id;
	m.line = line;
	(void)STR_COPY(m.name, "Heat");
	(void)STR_COPY(m.driver, "mbus");
	assert_true(site_add(s, OBJECT_METER, &m));
}

static void add_register(struct site *s, int64_t id, int64_t meter, const char *key, enum unit unit)
{
	struct meter_register r;
	object_init(OBJECT_REGISTER, &r);
	r.id = id;
	r.meter = meter;
	(void)STR_COPY(r.key, key);
	r.quantity = QUANTITY_HEAT_ENERGY;
	r.unit = unit;
	assert_true(site_add(s, OBJECT_REGISTER, &r));
}

static void add_binding(struct site *s, int64_t id, int64_t from, int64_t till)
{
	struct binding b;
	object_init(OBJECT_BINDING, &b);
	b.id = id;
	b.channel = 30;
	b.meter_register = 20;
	b.from_utc = from;
	b.till_utc = till;
	assert_true(site_add(s, OBJECT_BINDING, &b));
}

/* building 1 > entrance 2 > flat 3; line 5, meter 10, register 20, channel 30 */
static struct site *small_site(void)
{
	struct site *s = site_new();
	struct line l;
	struct channel c;
	assert_non_null(s);
	add_place(s, 3, 2, PLACE_FLAT);
	add_place(s, 1, 0, PLACE_BUILDING);
	add_place(s, 2, 1, PLACE_ENTRANCE);
	object_init(OBJECT_LINE, &l);
	l.id = 5;
	(void)STR_COPY(l.name, "RS-485 1");
	(void)STR_COPY(l.link, "tcp://gate:4001");
	assert_true(site_add(s, OBJECT_LINE, &l));
	add_meter(s, 10, 5);
	add_register(s, 20, 10, "heat_energy", UNIT_MWH);
	object_init(OBJECT_CHANNEL, &c);
	c.id = 30;
	c.place = 3;
	c.quantity = QUANTITY_HEAT_ENERGY;
	c.unit = UNIT_GCAL;
	assert_true(site_add(s, OBJECT_CHANNEL, &c));
	assert_true(site_sort(s));
	return s;
}

static struct place *place_of(struct site *s, int64_t id)
{
	return (struct place *)site_find(s, OBJECT_PLACE, id);
}

static void expect_fault(struct site *s, enum err e, const char *part)
{
	struct diag d = {0};
	assert_true(site_sort(s));
	assert_int_equal(site_check(s, &d), e);
	if (!strstr(d.text, part)) {
		fail_msg("\"%s\" does not say \"%s\"", d.text, part);
	}
	site_unref(s);
}

static void objects_are_found_by_id_and_registers_by_key(void **state)
{
	(void)state;
	struct site *s = small_site();
	assert_int_equal(site_check(s, NULL), ERR_OK);
	for (int64_t id = 1; id <= 3; id++) {
		assert_int_equal(object_id(site_find(s, OBJECT_PLACE, id)), id);
	}
	assert_null(site_find(s, OBJECT_PLACE, 4));
	assert_null(site_find(s, OBJECT_BINDING, 4));
	assert_int_equal(site_register(s, 10, "heat_energy")->id, 20);
	assert_null(site_register(s, 11, "heat_energy"));
	assert_null(site_register(s, 10, "heat"));
	assert_null(site_at(s, OBJECT_PLACE, 3));
	site_unref(s);
}

static void a_place_inherits_zone_hour_and_day_one_by_one(void **state)
{
	(void)state;
	struct site *s = small_site();
	struct calendar c = site_calendar(s, 3);
	assert_string_equal(zone_name(c.zone), "UTC");
	assert_int_equal(c.report_hour, 0);
	assert_int_equal(c.report_day, 1);
	(void)STR_COPY(place_of(s, 1)->zone, "Asia/Yekaterinburg");
	place_of(s, 1)->report_hour = 10;
	place_of(s, 2)->report_day = 25;
	c = site_calendar(s, 3);
	assert_string_equal(zone_name(c.zone), "Asia/Yekaterinburg");
	assert_int_equal(c.report_hour, 10);
	assert_int_equal(c.report_day, 25);
	assert_int_equal(site_calendar(s, 1).report_day, 1);
	place_of(s, 3)->report_hour = 0;
	assert_int_equal(site_calendar(s, 3).report_hour, 0);
	assert_int_equal(site_building(s, 3), 1);
	assert_int_equal(site_building(s, 99), 0);
	assert_true(site_is_within(s, 3, 1));
	assert_false(site_is_within(s, 1, 3));
	site_unref(s);
}

static void a_reference_must_exist(void **state)
{
	(void)state;
	struct site *s = small_site();
	add_meter(s, 11, 6);
	expect_fault(s, ERR_INVAL, "meter 11 \"Heat\": line: there is no line 6");
	s = small_site();
	add_meter(s, 11, 0);
	expect_fault(s, ERR_INVAL, "line: is missing");
}

static void places_must_not_form_a_loop(void **state)
{
	(void)state;
	for (int64_t parent = 1; parent <= 3; parent++) {
		struct site *s = small_site();
		place_of(s, 1)->parent = parent;
		assert_int_equal(site_building(s, 3), 1); /* ends, whatever the data */
		expect_fault(s, ERR_CONFLICT, "parent");
	}
}

static void ids_are_unique_over_all_kinds(void **state)
{
	(void)state;
	struct site *s = small_site();
	add_meter(s, 3, 5);
	expect_fault(s, ERR_EXISTS, "3");
}

static void keys_are_unique_in_a_meter(void **state)
{
	(void)state;
	struct site *s = small_site();
	add_register(s, 21, 10, "heat_energy", UNIT_MWH);
	expect_fault(s, ERR_EXISTS, "key");
	s = small_site();
	add_register(s, 21, 10, "Heat Energy", UNIT_MWH);
	expect_fault(s, ERR_INVAL, "key");
}

static void bindings_of_a_channel_may_touch_but_not_overlap(void **state)
{
	(void)state;
	struct site *s = small_site();
	add_binding(s, 41, 1000, INT64_MAX);
	add_binding(s, 40, INT64_MIN, 1000);
	assert_true(site_sort(s));
	assert_int_equal(site_check(s, NULL), ERR_OK);
	add_binding(s, 42, 500, 600);
	expect_fault(s, ERR_CONFLICT, "overlaps binding 40");
	s = small_site();
	add_binding(s, 40, 1000, 1000);
	expect_fault(s, ERR_RANGE, "till_utc");
}

static void a_register_must_convert_to_its_channel_unless_it_counts_pulses(void **state)
{
	(void)state;
	struct site *s = small_site();
	add_binding(s, 40, INT64_MIN, INT64_MAX);
	((struct meter_register *)site_find(s, OBJECT_REGISTER, 20))->unit = UNIT_PULSE;
	assert_true(site_sort(s));
	assert_int_equal(site_check(s, NULL), ERR_OK);
	((struct meter_register *)site_find(s, OBJECT_REGISTER, 20))->unit = UNIT_M3;
	expect_fault(s, ERR_INVAL, "does not convert");
}

static void limits_of_fields_are_named(void **state)
{
	(void)state;
	struct site *s = small_site();
	place_of(s, 3)->report_hour = 24;
	expect_fault(s, ERR_RANGE, "report_hour: 24 is not in -1..23");
	s = small_site();
	(void)STR_COPY(place_of(s, 3)->zone, "Mars/Base");
	expect_fault(s, ERR_INVAL, "zone: time zone \"Mars/Base\" is not known");
	s = small_site();
	place_of(s, 3)->area_m2 = NAN;
	expect_fault(s, ERR_RANGE, "area_m2");
	s = small_site();
	memcpy(place_of(s, 3)->note, "\xff", 2);
	expect_fault(s, ERR_INVAL, "note: is not UTF-8");
	s = small_site();
	(void)STR_COPY(((struct line *)site_find(s, OBJECT_LINE, 5))->framing, "8X1");
	expect_fault(s, ERR_INVAL, "framing");
	s = small_site();
	((struct channel *)site_find(s, OBJECT_CHANNEL, 30))->unit = UNIT_V;
	expect_fault(s, ERR_INVAL, "unit: heat_energy cannot be given in V");
}

static void a_reference_keeps_a_site_alive(void **state)
{
	(void)state;
	struct site *s = small_site();
	const struct site *other = site_ref(s);
	site_unref(s);
	assert_int_equal(other->counts[OBJECT_PLACE], 3);
	site_unref(other);
	site_unref(NULL);
}

static void json_round_trip_is_exact(void **state)
{
	(void)state;
	struct binding b, back;
	object_init(OBJECT_BINDING, &b);
	b.id = 7;
	b.till_utc = 1736485200;
	b.multiplier = 0.1;
	b.reading_removed = 218.37;
	(void)STR_COPY(b.note, "снят");
	json_t *json = object_to_json(OBJECT_BINDING, &b);
	assert_non_null(json);
	assert_true(json_is_null(json_object_get(json, "from_utc")));
	assert_string_equal(
		json_string_value(json_object_get(json, "till_utc")), "2025-01-10T05:00:00Z");
	assert_true(json_is_null(json_object_get(json, "reading_fitted")));
	object_init(OBJECT_BINDING, &back);
	back.from_utc = 5;
	assert_int_equal(object_from_json(OBJECT_BINDING, json, &back, NULL), ERR_OK);
	assert_true(isnan(back.reading_fitted));
	b.reading_fitted = back.reading_fitted = 0;
	assert_memory_equal(&b, &back, sizeof(b));
	json_decref(json);
}

static void json_of_the_wrong_shape_is_refused_by_field(void **state)
{
	(void)state;
	static const char *const bad[][2] = {
		{"{\"sort\": 1.5}", "sort"},
		{"{\"name\": 5}", "name"},
		{"{\"kind\": \"castle\"}", "kind"},
		{"{\"colour\": 1}", "colour"},
		{"{\"area_m2\": \"1\"}", "area_m2"},
		{"[]", "object"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct place p;
		struct diag d = {0};
		json_t *json = json_loads(bad[i][0], 0, NULL);
		object_init(OBJECT_PLACE, &p);
		assert_int_equal(object_from_json(OBJECT_PLACE, json, &p, &d), ERR_INVAL);
		assert_non_null(strstr(d.text, bad[i][1]));
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_found_by_id_and_registers_by_key),
		cmocka_unit_test(a_place_inherits_zone_hour_and_day_one_by_one),
		cmocka_unit_test(a_reference_must_exist),
		cmocka_unit_test(places_must_not_form_a_loop),
		cmocka_unit_test(ids_are_unique_over_all_kinds),
		cmocka_unit_test(keys_are_unique_in_a_meter),
		cmocka_unit_test(bindings_of_a_channel_may_touch_but_not_overlap),
		cmocka_unit_test(a_register_must_convert_to_its_channel_unless_it_counts_pulses),
		cmocka_unit_test(limits_of_fields_are_named),
		cmocka_unit_test(a_reference_keeps_a_site_alive),
		cmocka_unit_test(json_round_trip_is_exact),
		cmocka_unit_test(json_of_the_wrong_shape_is_refused_by_field),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
