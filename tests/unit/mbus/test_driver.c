/*
 * The driver reads simulated meters and published frames: what it says is what the meters measured.
 */
#include "base/str.h"
#include "bus.h"
#include "proto/mbus.h"

#include <dirent.h>

#define NOON 1792324800 /* 2026-10-18T12:00:00Z */

/* ---- what the meters measure ---- */

static double litres_at(int64_t us)
{
	return floor(((double)us / 3600e6 - 400000) * 13.7) / 1000;
}

static double cold_at(const struct sim_source *s, enum quantity q, int64_t us)
{
	(void)s;
	return q == QUANTITY_COLD_WATER ? litres_at(us) : q == QUANTITY_FLOW ? 0.0137 : NAN;
}

static double hot_at(const struct sim_source *s, enum quantity q, int64_t us)
{
	(void)s;
	return q == QUANTITY_HOT_WATER ? litres_at(us) : NAN;
}

static double gas_at(const struct sim_source *s, enum quantity q, int64_t us)
{
	(void)s;
	return q == QUANTITY_GAS ? litres_at(us) : NAN;
}

static double heat_at(const struct sim_source *s, enum quantity q, int64_t us)
{
	(void)s;
	double hours = (double)us / 3600e6 - 400000;
	switch (q) {
	case QUANTITY_HEAT_ENERGY: return hours * 0.000731; /* Gcal */
	case QUANTITY_VOLUME: return hours * 0.0521;
	case QUANTITY_HEAT_POWER: return 0.000731;
	case QUANTITY_TEMPERATURE_SUPPLY: return 71.26;
	case QUANTITY_TEMPERATURE_RETURN: return 48.94;
	case QUANTITY_TEMPERATURE_DIFFERENCE: return 22.32;
	case QUANTITY_OPERATING_TIME: return floor(hours);
	default: return NAN;
	}
}

static double power_at(const struct sim_source *s, enum quantity q, int64_t us)
{
	(void)s;
	return q == QUANTITY_ACTIVE_ENERGY ? (double)us / 3600e6 * 0.35 :
	       q == QUANTITY_VOLTAGE       ? 229.4 :
					     NAN;
}

static const struct sim_source cold = {cold_at}, hot = {hot_at}, gas = {gas_at}, heat = {heat_at},
			       power = {power_at};

static const struct sim_source *source_of(int medium)
{
	switch (medium) {
	case 2: return &power;
	case 3: return &gas;
	case 4: return &heat;
	case 6: return &hot;
	default: return &cold;
	}
}

static struct sim_device *add(struct bus *b, int address, const char *serial, int medium)
{
	struct sim_device *d = &b->meters[b->meter_n++];
	*d = (struct sim_device){.protocol = &sim_mbus,
		.source = source_of(medium),
		.address = address,
		.maker = "DMV",
		.medium = medium,
		.depth = {.half_hours = 100, .hours = 1000, .days = 200, .months = 30},
		.born_utc = NOON - 500 * 86400};
	(void)STR_COPY(d->serial, serial);
	return d;
}

static enum err read_current(struct bus *b, const char *params, struct kept *k)
{
	struct talk *t = bus_talk(b, params, NULL);
	k->n = 0;
	enum err e = driver_find("mbus")->read_current(t, &k->sink);
	talk_free(t);
	return e;
}

static enum err read_archive(
	struct bus *b, const char *params, enum period p, struct span span, struct kept *k)
{
	struct talk *t = bus_talk(b, params, NULL);
	k->n = 0;
	enum err e = driver_find("mbus")->read_archive(t, p, span, &k->sink);
	talk_free(t);
	return e;
}

/* ---- currents ---- */

static void a_heat_meter_says_what_it_measures(void **state)
{
	(void)state;
	struct bus b;
	struct kept *k = kept_new();
	bus_init(&b, NOON);
	add(&b, 5, "12345678", 4);
	assert_int_equal(read_current(&b, "address=5", k), ERR_OK);
	const struct sample *s = kept_find(k, "heat_energy");
	assert_non_null(s);
	assert_int_equal(s->unit, UNIT_KWH);
	assert_int_equal(s->decimals, 2);
	assert_close(s->capacity, 1e6, 0);
	assert_close(s->value, heat_at(NULL, QUANTITY_HEAT_ENERGY, b.now_us) * 1163, 0.01);
	s = kept_find(k, "volume");
	assert_non_null(s);
	assert_close(s->value, heat_at(NULL, QUANTITY_VOLUME, b.now_us), 0.001);
	s = kept_find(k, "temperature_supply");
	assert_non_null(s);
	assert_int_equal(s->unit, UNIT_DEGC);
	assert_close(s->value, 71.3, 0);
	s = kept_find(k, "temperature_difference");
	assert_non_null(s);
	assert_int_equal(s->unit, UNIT_K);
	assert_non_null(kept_find(k, "heat_power"));
	assert_non_null(kept_find(k, "operating_time"));
	assert_non_null(kept_find(k, "status"));
	assert_string_equal(kept_find(k, "serial_number")->text ? "text" : "", "text");
	/* last month's reading is no current value */
	assert_null(kept_find(k, "heat_energy.2"));
	free(k);
}

static void the_medium_names_the_quantity(void **state)
{
	(void)state;
	static const struct {
		int medium;
		const char *key;
	} cases[] = {{6, "hot_water"}, {7, "cold_water"}, {0x16, "cold_water"}, {3, "gas"},
		{2, "active_energy"}};
	struct kept *k = kept_new();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bus b;
		bus_init(&b, NOON);
		add(&b, 1, "1", cases[i].medium);
		assert_int_equal(read_current(&b, "address=1", k), ERR_OK);
		assert_non_null(kept_find(k, cases[i].key));
		assert_true(isfinite(kept_find(k, cases[i].key)->value));
	}
	free(k);
}

static void silence_noise_and_busy_are_told_apart(void **state)
{
	(void)state;
	struct bus b;
	struct kept *k = kept_new();
	bus_init(&b, NOON);
	struct sim_device *d = add(&b, 5, "12345678", 7);
	assert_int_equal(read_current(&b, "address=6", k), ERR_TIMEOUT);
	d->status = 1;
	assert_int_equal(read_current(&b, "address=5", k), ERR_BUSY);
	d->status = 0x08;
	assert_int_equal(read_current(&b, "address=5", k), ERR_OK);
	assert_true(quality_flags(kept_find(k, "cold_water")->quality) & QUALITY_ABNORMAL);
	d->status = 0;
	b.flip_bit = 100;
	assert_int_equal(read_current(&b, "address=5", k), ERR_NOISE);
	assert_int_equal(k->n, 0);
	free(k);
}

static void a_lost_reply_is_asked_for_again_and_comes_unchanged(void **state)
{
	(void)state;
	struct bus b;
	struct kept *k = kept_new(), *want = kept_new();
	struct span span = {NOON - 200 * 3600, NOON};
	for (int lost = 0; lost < 20; lost++) {
		bus_init(&b, NOON);
		add(&b, 5, "12345678", 4);
		struct talk *t = bus_talk(&b, "address=5 log_hour=0x60", NULL);
		k->n = 0;
		b.drop_at = lost;
		enum err e = driver_find("mbus")->read_archive(t, PERIOD_HOUR, span, &k->sink);
		assert_int_equal(e, ERR_OK);
		talk_free(t);
		if (lost == 0) {
			memcpy(want, k, sizeof(*k));
		}
		assert_int_equal(k->n, want->n);
		for (size_t i = 0; i < k->n; i++) {
			assert_true(k->items[i].s.utc == want->items[i].s.utc);
			assert_true(k->items[i].s.value == want->items[i].s.value);
		}
	}
	free(k);
	free(want);
}

static void no_flipped_bit_makes_another_value(void **state)
{
	(void)state;
	struct bus b;
	struct kept *k = kept_new(), *want = kept_new();
	bus_init(&b, NOON);
	add(&b, 5, "12345678", 4);
	assert_int_equal(read_current(&b, "address=5", want), ERR_OK);
	for (int bit = 0; bit < 8 * 140; bit++) {
		for (int all = 0; all < 2; all++) {
			b.flip_bit = bit;
			b.flips = all ? -1 : 1;
			b.chunk = bit % 3 == 0 ? 1 : 0;
			enum err e = read_current(&b, "address=5", k);
			assert_true(k->n == 0 || k->n == want->n);
			for (size_t i = 0; i < k->n; i++) {
				assert_true(isnan(want->items[i].s.value) ||
					    k->items[i].s.value == want->items[i].s.value);
			}
			assert_true(all || e == ERR_OK);
		}
	}
	free(k);
	free(want);
}

/* ---- archives ---- */

static void the_hour_log_is_the_source_to_the_meters_resolution(void **state)
{
	(void)state;
	struct bus b;
	struct kept *k = kept_new();
	bus_init(&b, NOON + 1234);
	add(&b, 5, "12345678", 4);
	struct span span = {NOON - 300 * 3600, NOON};
	assert_int_equal(read_archive(&b, "address=5 log_hour=0x60", PERIOD_HOUR, span, k), ERR_OK);
	assert_int_equal(k->n, 2 * 301); /* energy and volume; the end of the last hour too */
	for (size_t i = 0; i < k->n; i++) {
		const struct sample *s = &k->items[i].s;
		assert_int_equal(s->form, FORM_POINT);
		assert_int_equal(s->period, PERIOD_HOUR);
		assert_true(s->utc >= span.from && s->utc <= span.till && s->utc % 3600 == 0);
		double want = heat_at(NULL, s->quantity, s->utc * 1000000);
		if (s->quantity == QUANTITY_HEAT_ENERGY) {
			assert_close(s->value, want * 1163, 0.01);
		} else {
			assert_close(s->value, want, 0.001);
		}
	}
	free(k);
}

static void a_short_span_needs_few_telegrams(void **state)
{
	(void)state;
	struct bus b;
	struct kept *k = kept_new();
	bus_init(&b, NOON);
	add(&b, 5, "12345678", 7);
	struct span span = {NOON - 3 * 3600, NOON};
	assert_int_equal(read_archive(&b, "address=5 log_hour=0x60", PERIOD_HOUR, span, k), ERR_OK);
	assert_int_equal(k->n, 4);
	assert_true(b.requests < 8);
	/* and the meter is back at its current values */
	assert_int_equal(read_current(&b, "address=5", k), ERR_OK);
	assert_non_null(kept_find(k, "cold_water"));
	free(k);
}

static void hours_without_power_are_not_in_the_log(void **state)
{
	(void)state;
	struct bus b;
	struct kept *k = kept_new();
	bus_init(&b, NOON);
	struct sim_device *d = add(&b, 5, "12345678", 7);
	d->off_from_utc = NOON - 10 * 3600;
	d->off_till_utc = NOON - 5 * 3600;
	struct span span = {NOON - 24 * 3600, NOON};
	assert_int_equal(read_archive(&b, "address=5 log_hour=0x60", PERIOD_HOUR, span, k), ERR_OK);
	assert_int_equal(k->n, 25 - 5);
	for (size_t i = 0; i < k->n; i++) {
		assert_false(k->items[i].s.utc >= d->off_from_utc &&
			     k->items[i].s.utc < d->off_till_utc);
	}
	free(k);
}

static void days_and_months_are_cut_by_the_calendar_of_the_meter(void **state)
{
	(void)state;
	struct bus b;
	struct kept *k = kept_new();
	const struct zone *moscow;
	assert_int_equal(zone_get("Europe/Moscow", &moscow, NULL), ERR_OK);
	bus_init(&b, NOON);
	add(&b, 5, "12345678", 7)->zone = moscow;
	struct talk *t = bus_talk(&b, "address=5 log_day=0x30 log_month=0x20", moscow);
	struct span days = {zone_utc(moscow, (struct civil){2026, 7, 1, 0, 0, 0}, false),
		zone_utc(moscow, (struct civil){2026, 10, 1, 0, 0, 0}, false)};
	assert_int_equal(driver_find("mbus")->read_archive(t, PERIOD_DAY, days, &k->sink), ERR_OK);
	assert_int_equal(k->n, 93);
	for (size_t i = 0; i < k->n; i++) {
		assert_int_equal(zone_civil(moscow, k->items[i].s.utc).hour, 0);
		assert_close(k->items[i].s.value, litres_at(k->items[i].s.utc * 1000000), 0.0005);
	}
	k->n = 0;
	assert_int_equal(
		driver_find("mbus")->read_archive(t, PERIOD_MONTH, days, &k->sink), ERR_OK);
	assert_int_equal(k->n, 4);
	for (size_t i = 0; i < k->n; i++) {
		struct civil c = zone_civil(moscow, k->items[i].s.utc);
		assert_true(c.day == 1 && c.hour == 0 && k->items[i].s.period == PERIOD_MONTH);
		assert_close(k->items[i].s.value, litres_at(k->items[i].s.utc * 1000000), 0.0005);
	}
	talk_free(t);
	free(k);
}

static void the_month_among_the_current_values_is_found_without_a_log(void **state)
{
	(void)state;
	struct bus b;
	struct kept *k = kept_new();
	bus_init(&b, NOON);
	add(&b, 5, "12345678", 6);
	struct span span = {NOON - 40 * 86400, NOON};
	span.from = civil_to_utc((struct civil){2026, 9, 1, 0, 0, 0});
	assert_int_equal(read_archive(&b, "address=5", PERIOD_MONTH, span, k), ERR_OK);
	assert_int_equal(k->n, 1);
	assert_true(k->items[0].s.utc == civil_to_utc((struct civil){2026, 10, 1, 0, 0, 0}));
	assert_string_equal(k->items[0].key, "hot_water");
	/* it is not taken for a day or an hour */
	assert_int_equal(read_archive(&b, "address=5", PERIOD_DAY, span, k), ERR_NODATA);
	assert_int_equal(read_archive(&b, "address=5", PERIOD_HOUR, span, k), ERR_NODATA);
	free(k);
}

/* ---- clock ---- */

static void a_wrong_clock_is_seen_and_set(void **state)
{
	(void)state;
	struct bus b;
	int64_t utc;
	bus_init(&b, NOON + 17);
	struct sim_device *d = add(&b, 5, "12345678", 7);
	const struct zone *berlin; /* summer time is in force */
	assert_int_equal(zone_get("Europe/Berlin", &berlin, NULL), ERR_OK);
	d->zone = berlin;
	d->clock_offset_s = -700;
	struct talk *t = bus_talk(&b, "address=5", berlin);
	assert_int_equal(driver_find("mbus")->read_clock(t, &utc), ERR_OK);
	assert_true(llabs(utc - (NOON + 17 - 700)) <= 30);
	assert_int_equal(driver_find("mbus")->set_clock(t, NOON + 17), ERR_OK);
	assert_true(llabs(d->clock_offset_s) <= 30);
	assert_int_equal(driver_find("mbus")->read_clock(t, &utc), ERR_OK);
	assert_true(llabs(utc - (NOON + 17)) <= 60);
	talk_free(t);
}

/* ---- addresses ---- */

struct finds {
	struct identity items[32];
	size_t n, stop_at;
};

static enum err keep_find(void *ctx, const struct identity *who)
{
	struct finds *f = ctx;
	f->items[f->n++] = *who;
	return f->n == f->stop_at ? ERR_CANCELLED : ERR_OK;
}

static bool has_find(const struct finds *f, const char *serial, const char *address)
{
	for (size_t i = 0; i < f->n; i++) {
		if (strcmp(f->items[i].serial, serial) == 0 &&
			strncmp(f->items[i].address, address, strlen(address)) == 0) {
			return true;
		}
	}
	return false;
}

static enum err scan(struct bus *b, const char *params, struct finds *f)
{
	struct talk *t = bus_talk(b, params, NULL);
	f->n = 0;
	enum err e = driver_find("mbus")->scan(t, keep_find, f);
	talk_free(t);
	return e;
}

static void a_search_finds_each_meter_once(void **state)
{
	(void)state;
	struct bus b;
	struct finds f = {.n = 0};
	bus_init(&b, NOON);
	add(&b, 1, "11111111", 7);
	add(&b, 77, "22222222", 4);
	add(&b, 0, "12345678", 7);
	add(&b, 0, "12345679", 6);
	assert_int_equal(scan(&b, "", &f), ERR_OK);
	assert_int_equal(f.n, 4);
	assert_true(has_find(&f, "11111111", "address=1"));
	assert_true(has_find(&f, "22222222", "address=77"));
	assert_true(has_find(&f, "12345678", "secondary=12345678"));
	assert_true(has_find(&f, "12345679", "secondary=12345679"));
	assert_string_equal(f.items[0].maker, "DMV");
	assert_string_equal(f.items[0].medium, "water");
	f.stop_at = 1;
	assert_int_equal(scan(&b, "", &f), ERR_CANCELLED);
	assert_int_equal(f.n, 1);
}

/* Replies that differ little lie over each other to a frame with a right checksum now and then. */
static void two_replies_over_each_other_make_no_third_meter(void **state)
{
	(void)state;
	struct bus b;
	struct finds f = {.n = 0};
	for (int minute = 0; minute < 64; minute++) {
		bus_init(&b, NOON + 60 * minute);
		for (int i = 0; i < 4; i++) {
			char serial[24];
			(void)snprintf(serial, sizeof(serial), "%d", 12345670 + minute % 6 + i);
			add(&b, 0, serial, i % 2 ? 6 : 7)->source = &cold;
		}
		assert_int_equal(scan(&b, "", &f), ERR_OK);
		assert_int_equal(f.n, 4);
	}
}

static void meters_of_equal_number_are_told_apart_by_medium_and_maker(void **state)
{
	(void)state;
	struct bus b;
	struct finds f = {.n = 0};
	bus_init(&b, NOON);
	add(&b, 0, "12345678", 7);
	add(&b, 0, "12345678", 6);
	add(&b, 0, "12345678", 6);
	(void)STR_COPY(b.meters[2].maker, "ABC");
	assert_int_equal(scan(&b, "scan=secondary", &f), ERR_OK);
	assert_int_equal(f.n, 3);
	assert_true(has_find(&f, "12345678", "secondary=12345678"));
	for (size_t i = 0; i < f.n; i++) {
		struct kept *k = kept_new();
		assert_int_equal(read_current(&b, f.items[i].address, k), ERR_OK);
		assert_non_null(kept_find(
			k, strcmp(f.items[i].medium, "water") == 0 ? "cold_water" : "hot_water"));
		free(k);
	}
}

static void a_secondary_address_reads_one_of_many(void **state)
{
	(void)state;
	struct bus b;
	struct kept *k = kept_new();
	struct identity id;
	bus_init(&b, NOON);
	add(&b, 0, "00000101", 7);
	add(&b, 0, "00000102", 4);
	add(&b, 0, "00000103", 6);
	assert_int_equal(read_current(&b, "secondary=00000102", k), ERR_OK);
	assert_non_null(kept_find(k, "heat_energy"));
	assert_int_equal(read_current(&b, "secondary=FFFFFFF3", k), ERR_OK);
	assert_non_null(kept_find(k, "hot_water"));
	assert_int_equal(read_current(&b, "secondary=00000109", k), ERR_TIMEOUT);
	struct talk *t = bus_talk(&b, "secondary=00000101FFFFFF07", NULL);
	assert_int_equal(driver_find("mbus")->identify(t, &id), ERR_OK);
	assert_string_equal(id.serial, "00000101");
	talk_free(t);
	t = bus_talk(&b, "secondary=0000010", NULL);
	assert_int_equal(driver_find("mbus")->identify(t, &id), ERR_INVAL);
	talk_free(t);
	free(k);
}

static void the_speed_is_switched_for_a_readout_and_back(void **state)
{
	(void)state;
	struct bus b;
	struct kept *k = kept_new();
	bus_init(&b, NOON);
	struct sim_device *d = add(&b, 5, "12345678", 7);
	d->baud = 2400;
	assert_int_equal(read_current(&b, "address=5 fast_baud=9600", k), ERR_OK);
	assert_non_null(kept_find(k, "cold_water"));
	assert_int_equal(d->baud, 2400);
	assert_int_equal(b.baud, 2400);
	free(k);
}

/* ---- scripted meters: frames of others ---- */

static struct slice script[4];
static size_t script_n;

static bool script_answer(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct mbus_frame f;
	(void)now_us;
	if (mbus_frame_decode(request, &f, NULL) || f.kind != MBUS_KIND_SHORT) {
		return false;
	}
	if (f.c == MBUS_SND_NKE) {
		d->memory[0] = 0;
		buf_u8(reply, MBUS_ACK);
		return true;
	}
	struct slice s = script[d->memory[0] % script_n];
	d->memory[0]++;
	buf_put(reply, s.data, s.size);
	return true;
}

static struct sim_protocol script_protocol = {.name = "mbus", .answer = script_answer};

static void use_script(struct bus *b, const struct slice *frames, size_t n)
{
	bus_init(b, NOON);
	script_protocol.frame = sim_mbus.frame;
	b->meters[0] = (struct sim_device){.protocol = &script_protocol};
	b->meter_n = 1;
	memcpy(script, frames, n * sizeof(*frames));
	script_n = n;
}

static struct slice telegram(struct mbus_out *out, const void *records, size_t n)
{
	static const struct mbus_header h = {.id = "12345678", .maker = 0x11a5, .medium = 4};
	mbus_begin(out, MBUS_RSP_UD, 9, MBUS_CI_VARIABLE);
	mbus_put_header(out, &h);
	mbus_put(out, records, n);
	return mbus_end(out);
}

static void telegrams_without_end_are_given_up(void **state)
{
	(void)state;
	/* energy, and "more" for ever, always the same */
	static const uint8_t records[] = {0x04, 0x06, 1, 0, 0, 0, 0x1f};
	struct mbus_out out;
	struct bus b;
	struct kept *k = kept_new();
	struct slice s = telegram(&out, records, sizeof(records));
	use_script(&b, &s, 1);
	assert_int_equal(read_current(&b, "address=9", k), ERR_OK);
	assert_true(b.requests <= 3);
	free(k);
}

static void means_of_a_log_are_amounts_and_readings_are_points(void **state)
{
	(void)state;
	/* storage 1: 2026-10-01 00:00 (type F), energy 5 MWh, mean supply temperature (VIFE 12) 65.5, and a
	 * momentary one, which is no archive value; storage 2 dates from nowhere */
	static const uint8_t records[] = {0x44, 0x6d, 0x00, 0x20, 0x41, 0x3a, 0x44, 0x06, 0x88,
		0x13, 0, 0, 0x42, 0xda, 0x12, 0x8f, 0x02, 0x42, 0x5e, 0x90, 0x01, 0x84, 0x01, 0x06,
		1, 0, 0, 0};
	struct mbus_out out;
	struct bus b;
	struct kept *k = kept_new();
	struct slice s = telegram(&out, records, sizeof(records));
	use_script(&b, &s, 1);
	struct span span = {civil_to_utc((struct civil){2026, 8, 1, 0, 0, 0}),
		civil_to_utc((struct civil){2026, 10, 1, 0, 0, 0})};
	assert_int_equal(read_archive(&b, "address=9", PERIOD_MONTH, span, k), ERR_OK);
	assert_int_equal(k->n, 2);
	const struct sample *e = kept_find(k, "heat_energy"),
			    *t = kept_find(k, "temperature_supply");
	assert_true(e && e->form == FORM_POINT && e->value == 5000 && e->utc == span.till);
	assert_true(t && t->form == FORM_AMOUNT && t->value == 65.5);
	assert_true(t->utc == civil_to_utc((struct civil){2026, 9, 1, 0, 0, 0}));
	free(k);
}

static void encrypted_data_are_denied(void **state)
{
	(void)state;
	struct mbus_out out;
	struct bus b;
	struct kept *k = kept_new();
	const struct mbus_header h = {
		.id = "12345678", .maker = 0x11a5, .medium = 4, .config = 0x0510};
	const uint8_t block[16] = {0x8a, 0x51};
	mbus_begin(&out, MBUS_RSP_UD, 9, MBUS_CI_VARIABLE);
	mbus_put_header(&out, &h);
	mbus_put(&out, block, sizeof(block));
	struct slice s = mbus_end(&out);
	use_script(&b, &s, 1);
	assert_int_equal(read_current(&b, "address=9", k), ERR_DENIED);
	free(k);
}

static void a_reply_of_another_address_is_foreign(void **state)
{
	(void)state;
	static const uint8_t records[] = {0x04, 0x06, 1, 0, 0, 0};
	struct mbus_out out;
	struct bus b;
	struct kept *k = kept_new();
	struct slice s = telegram(&out, records, sizeof(records));
	use_script(&b, &s, 1);
	assert_int_equal(read_current(&b, "address=8", k), ERR_FOREIGN);
	assert_int_equal(k->n, 0);
	free(k);
}

static void check_keys(const struct kept *k)
{
	for (size_t i = 0; i < k->n; i++) {
		assert_true(str_is_key(k->items[i].key));
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(k->items[i].key, k->items[j].key);
		}
	}
}

static void frames_of_real_meters_give_unique_registers(void **state)
{
	(void)state;
	char dir[1024], path[2048], text[4096], params[32];
	const char *root = vector_path("mbus/test-frames");
	NEED_VECTORS(root);
	(void)STR_COPY(dir, root);
	struct kept *k = kept_new();
	struct buf bytes;
	int files = 0;
	buf_init(&bytes, 1000);
	DIR *d = opendir(dir);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		size_t n = strlen(e->d_name);
		if (n < 5 || strcmp(e->d_name + n - 4, ".hex") != 0) {
			continue;
		}
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		FILE *f = fopen(path, "rb");
		assert_non_null(f);
		size_t size = fread(text, 1, sizeof(text), f);
		(void)fclose(f);
		buf_clear(&bytes);
		assert_int_equal(str_unhex(text, size, &bytes, NULL), ERR_OK);
		struct bus b;
		struct slice s = buf_slice(&bytes);
		use_script(&b, &s, 1);
		(void)snprintf(
			params, sizeof(params), "address=%u", s.data[5] <= 250 ? s.data[5] : 254);
		assert_int_equal(read_current(&b, params, k), ERR_OK);
		assert_true(k->n >= 1);
		check_keys(k);
		files++;
	}
	(void)closedir(d);
	buf_fini(&bytes);
	free(k);
	assert_true(files >= 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_heat_meter_says_what_it_measures),
		cmocka_unit_test(the_medium_names_the_quantity),
		cmocka_unit_test(silence_noise_and_busy_are_told_apart),
		cmocka_unit_test(a_lost_reply_is_asked_for_again_and_comes_unchanged),
		cmocka_unit_test(no_flipped_bit_makes_another_value),
		cmocka_unit_test(the_hour_log_is_the_source_to_the_meters_resolution),
		cmocka_unit_test(a_short_span_needs_few_telegrams),
		cmocka_unit_test(hours_without_power_are_not_in_the_log),
		cmocka_unit_test(days_and_months_are_cut_by_the_calendar_of_the_meter),
		cmocka_unit_test(the_month_among_the_current_values_is_found_without_a_log),
		cmocka_unit_test(a_wrong_clock_is_seen_and_set),
		cmocka_unit_test(a_search_finds_each_meter_once),
		cmocka_unit_test(two_replies_over_each_other_make_no_third_meter),
		cmocka_unit_test(meters_of_equal_number_are_told_apart_by_medium_and_maker),
		cmocka_unit_test(a_secondary_address_reads_one_of_many),
		cmocka_unit_test(the_speed_is_switched_for_a_readout_and_back),
		cmocka_unit_test(telegrams_without_end_are_given_up),
		cmocka_unit_test(means_of_a_log_are_amounts_and_readings_are_points),
		cmocka_unit_test(encrypted_data_are_denied),
		cmocka_unit_test(a_reply_of_another_address_is_foreign),
		cmocka_unit_test(frames_of_real_meters_give_unique_registers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
