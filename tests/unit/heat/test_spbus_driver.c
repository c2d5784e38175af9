/*
 * The SPBus driver against a meter that says what the test wants it to say.
 *
 * Expectations: requests and replies of vectors/heat.jsonl (family spbus), else what the sheet says of
 * units that are left out, error texts, dates of slices, numbers of day archives.
 */
#include "exchange.h"

#include "base/str.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "proto/spbus.h"

#include <math.h>

#define NO_DATA "\x8d\xa5\xe2 \xa4\xa0\xad\xad\xeb\xe5?"
#define REFUSED "\x8e\xe8\xa8\xa1\xaa\xa0?"
#define DEGREES "'C"
#define CUBIC   "\xac\x33"
#define TONS    "\xe2"
#define GIGACAL "\x83\xaa\xa0\xab"
#define NOW     1382000000 /* 2013-10-17T08:53:20Z */
#define DAY_S   86400
#define HOUR_S  3600

/* ---- a meter of texts ---- */

struct meter_link {
	struct link link; /* first */
	/* Append to `o` what stands behind the tags of the request; `body` is it. False: silence. */
	bool (*say)(struct meter_link *m, uint8_t function, struct slice body, struct spbus_out *o);
	struct slice ready; /* a reply as published, instead */
	uint8_t asked_last[SPBUS_CAP];
	size_t asked_n;
	int requests[256]; /* by function */
	struct spbus_out out;
	size_t from, till;
	struct spbus_head first; /* of a frame of somebody else that comes before every reply */
	bool has_first;
	bool is_curt; /* repeats the first tag of a request only */
	uint8_t bytes[2 * SPBUS_CAP];
	/* what `say` plays with */
	int64_t record_utc;
	const char *columns[8][4];
	const char *values[8];
	struct talk *talk;
	struct sample_list got;
};

static void add_text(struct spbus_out *o, const char *text)
{
	spbus_field(o, (struct slice){(const uint8_t *)text, strlen(text)});
}

static void add_tag(struct spbus_out *o, const char *a, const char *b)
{
	add_text(o, a);
	if (b) {
		add_text(o, b);
	}
	spbus_tag_end(o);
}

static void queue(struct meter_link *m, struct slice s)
{
	assert_true(s.size > 0 && m->till + s.size <= sizeof(m->bytes));
	memcpy(m->bytes + m->till, s.data, s.size);
	m->till += s.size;
}

static enum err meter_write(struct link *l, struct slice bytes, struct diag *diag)
{
	struct meter_link *m = (struct meter_link *)l;
	struct spbus_head head;
	struct slice body;
	(void)diag;
	assert_true(spbus_unwrap(bytes, &head, &body));
	memcpy(m->asked_last, bytes.data, bytes.size);
	m->asked_n = bytes.size;
	m->requests[head.function]++;
	m->from = m->till = 0;
	struct spbus_head back = {.has_address = head.has_address,
		.to = head.from,
		.from = head.to,
		.function = head.function == SPBUS_READ   ? SPBUS_VALUES :
			    head.function == SPBUS_VALUES ? SPBUS_DONE :
							    (uint8_t)(head.function + 8)};
	if (m->has_first) {
		m->first.function = back.function;
		spbus_begin(&m->out, &m->first);
		spbus_bytes(&m->out, body);
		queue(m, spbus_end(&m->out));
	}
	if (head.function == SPBUS_READ && m->ready.size) {
		queue(m, m->ready);
		return ERR_OK;
	}
	spbus_begin(&m->out, &back);
	if (m->is_curt && head.function == SPBUS_READ_SLICE) {
		struct reader r = reader_of(body);
		struct spbus_tag tag;
		assert_true(spbus_tag_next(&r, &tag));
		body.size = r.at;
	}
	if (head.function != SPBUS_READ && head.function != SPBUS_VALUES) {
		spbus_bytes(&m->out, body);
	}
	if (m->say(m, head.function, body, &m->out)) {
		queue(m, spbus_end(&m->out));
	}
	return ERR_OK;
}

static enum err meter_read(
	struct link *l, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag)
{
	struct meter_link *m = (struct meter_link *)l;
	size_t n = m->till - m->from < cap ? m->till - m->from : cap;
	(void)timeout_ms;
	(void)diag;
	if (n == 0) {
		return ERR_TIMEOUT;
	}
	memcpy(to, m->bytes + m->from, n);
	m->from += n;
	*ret_n = n;
	return ERR_OK;
}

static size_t meter_discard(struct link *l)
{
	struct meter_link *m = (struct meter_link *)l;
	size_t n = m->till - m->from;
	m->from = m->till = 0;
	return n;
}

static void meter_close(struct link *l)
{
	(void)l;
}

static void meter_pause(struct link *l, int ms)
{
	(void)l;
	(void)ms;
}

static enum err meter_setup(struct link *l, const struct link_setup *s, struct diag *diag)
{
	(void)l;
	(void)s;
	(void)diag;
	return ERR_OK;
}

extern const struct driver driver_spbus;
static const struct driver *const spbus = &driver_spbus;

static void lay(struct meter_link *m, const char *params,
	bool (*say)(struct meter_link *, uint8_t, struct slice, struct spbus_out *))
{
	static const struct link_ops ops = {
		meter_close, meter_setup, meter_write, meter_read, meter_discard, meter_pause};
	struct line line;
	struct meter meter;
	struct diag diag = {0};
	*m = (struct meter_link){.link.ops = &ops, .say = say};
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	(void)STR_COPY(meter.params, params);
	if (talk_new(spbus, &line, &meter, NULL, &m->talk, &diag)) {
		fail_msg("%s", diag.text);
	}
	talk_attach(m->talk, &m->link, NULL);
	assert_int_equal(talk_begin(m->talk, NOW), ERR_OK);
	sample_list_init(&m->got);
}

static void clear(struct meter_link *m)
{
	sample_list_fini(&m->got);
	talk_free(m->talk);
}

static const struct sample *find(const struct meter_link *m, const char *key)
{
	for (size_t i = 0; i < m->got.n; i++) {
		if (strcmp(m->got.items[i]->key, key) == 0) {
			return &m->got.items[i]->sample;
		}
	}
	fail_msg("no %s", key);
	return NULL;
}

/* ---- published exchanges ---- */

static bool refuse_all(
	struct meter_link *m, uint8_t function, struct slice body, struct spbus_out *o)
{
	(void)m;
	(void)function;
	(void)body;
	add_tag(o, NO_DATA, NULL);
	return true;
}

static void check_value(const struct exchange *x, void *ctx)
{
	static struct meter_link m;
	const char *function = exchange_text(x->decoded, "FNC");
	char params[64];
	int *n = ctx;
	if (x->reply.size == 0 || strcmp(function, "03") != 0) {
		return;
	}
	(void)snprintf(params, sizeof(params), "address=%d host=%d type=spt961",
		(int)json_integer_value(json_object_get(x->decoded, "SAD")),
		(int)json_integer_value(json_object_get(x->decoded, "DAD")));
	lay(&m, params, refuse_all);
	m.ready = x->reply;
	assert_int_equal(spbus->read_current(m.talk, &m.got.sink), ERR_OK);
	assert_int_equal(m.got.n, 1);
	bool is_pressure = strstr(exchange_text(x->decoded, "meaning"), "par 155") != NULL;
	const struct sample *s = find(&m, is_pressure ? "pressure_return" : "temperature_outdoor");
	assert_true(s->value == (is_pressure ? 2.874 : 20));
	assert_int_equal(s->unit, is_pressure ? UNIT_KGF_CM2 : UNIT_DEGC);
	assert_int_equal(s->decimals, is_pressure ? 3 : 0);
	clear(&m);
	++*n;
}

static void published_values_leave_as_their_source_says(void **state)
{
	int n = 0;
	(void)state;
	(void)heat_each("spbus", check_value, &n);
	assert_int_equal(n, 4);
}

/* Archive requests a conversation leads to: layout of days, slice of one day. The other published
 * requests ask for single parameters, which this driver asks for together with others: their frames
 * are written again in test_spbus_frames.c. */
static bool one_column(
	struct meter_link *m, uint8_t function, struct slice body, struct spbus_out *o)
{
	(void)m;
	(void)body;
	if (function == SPBUS_READ_LAYOUT) {
		add_tag(o, "t", DEGREES);
		o->size--; /* the tag goes on */
		add_tag(o, "1", "201");
		return true;
	}
	add_tag(o, NO_DATA, NULL);
	return true;
}

struct wanted {
	uint8_t layout[64], slice[64];
	size_t layout_n, slice_n;
};

static void find_request(const struct exchange *x, void *ctx)
{
	struct wanted *w = ctx;
	const char *function = exchange_text(x->decoded, "FNC");
	if (strcmp(function, "19") == 0) {
		w->layout_n = x->request.size;
		memcpy(w->layout, x->request.data, w->layout_n);
	} else if (strcmp(function, "18") == 0) {
		w->slice_n = x->request.size;
		memcpy(w->slice, x->request.data, w->slice_n);
	}
}

static void published_archive_requests_are_what_the_driver_asks(void **state)
{
	static struct meter_link m;
	struct wanted w = {.layout_n = 0};
	int64_t day = 1381622400; /* 2013-10-13: its record is that of the 14th, 0:00 */
	(void)state;
	(void)heat_each("spbus", find_request, &w);
	assert_true(w.layout_n > 0 && w.slice_n > 0);
	lay(&m, "address=0 host=0 type=spt961", one_column);
	assert_int_equal(spbus->read_archive(
				 m.talk, PERIOD_DAY, (struct span){day, day + DAY_S}, &m.got.sink),
		ERR_NODATA);
	assert_int_equal(m.asked_n, w.slice_n);
	assert_memory_equal(m.asked_last, w.slice, w.slice_n);
	/* nothing but the layout is asked when the meter has no such archive */
	m.say = refuse_all;
	assert_int_equal(spbus->read_archive(
				 m.talk, PERIOD_DAY, (struct span){day, day + DAY_S}, &m.got.sink),
		ERR_NODATA);
	assert_int_equal(m.asked_n, w.layout_n);
	assert_memory_equal(m.asked_last, w.layout, w.layout_n);
	clear(&m);
}

/* ---- archives ---- */

/* Columns and values of the test; the record is that of m->record_utc. */
static bool tell_archive(
	struct meter_link *m, uint8_t function, struct slice body, struct spbus_out *o)
{
	(void)body;
	if (function == SPBUS_READ_LAYOUT) {
		for (int i = 0; i < 8 && m->columns[i][0]; i++) {
			for (int k = 0; k < 4; k++) {
				add_text(o, m->columns[i][k]);
			}
			spbus_tag_end(o);
		}
		return true;
	}
	struct civil c = civil_from_utc(m->record_utc);
	c.year %= 100;
	spbus_date(o, &c);
	spbus_date(o, &c);
	for (int i = 0; i < 8 && m->values[i]; i++) {
		add_tag(o, m->values[i], NULL);
	}
	return true;
}

static enum err read_hour(struct meter_link *m, int64_t hour)
{
	return spbus->read_archive(
		m->talk, PERIOD_HOUR, (struct span){hour, hour + HOUR_S}, &m->got.sink);
}

#define HOUR_10 1381831200 /* 2013-10-15T10:00:00Z */

static void columns_are_named_by_number_and_unit(void **state)
{
	static struct meter_link m;
	static const char *const columns[8][4] = {{"t", DEGREES, "1", "200"},
		{"t", "", "2", "200"},                              /* unit as before */
		{"V", CUBIC, "3", "220"}, {"M", CUBIC, "1", "210"}, /* no mass in m3 */
		{"W", GIGACAL, "1", "405"}, {"W", GIGACAL, "2", "405"}, {"?", TONS, "1", "225"},
		{"x", "", "0", "44"}};
	static const char *const values[8] = {
		"84.3", "51.25", "1.5", "2.5", "0.125", NO_DATA, "7", "8"};
	(void)state;
	lay(&m, "address=1 type=spt961", tell_archive);
	memcpy(m.columns, columns, sizeof(columns));
	memcpy(m.values, values, sizeof(values));
	m.record_utc = HOUR_10 + HOUR_S;
	assert_int_equal(read_hour(&m, HOUR_10), ERR_OK);
	assert_int_equal(m.got.n, 8);
	const struct sample *s = find(&m, "temperature_supply");
	assert_true(s->value == 84.3 && s->decimals == 1 && s->utc == HOUR_10);
	assert_int_equal(s->form, FORM_AMOUNT);
	assert_int_equal(s->period, PERIOD_HOUR);
	s = find(&m, "temperature_return");
	assert_true(s->value == 51.25 && s->unit == UNIT_DEGC);
	assert_true(find(&m, "volume.3")->quantity == QUANTITY_VOLUME);
	s = find(&m, "p210.u1");
	assert_true(s->quantity == QUANTITY_VOLUME && s->value == 2.5);
	assert_true(find(&m, "heat_energy")->value == 0.125);
	s = find(&m, "heat_energy.u2");
	assert_true(isnan(s->value));
	assert_int_equal(quality_class(s->quality), QUALITY_MISSING);
	assert_int_equal(find(&m, "p225.u1")->quantity, QUANTITY_MASS);
	/* the unit of the column before is its own too */
	assert_int_equal(find(&m, "p44")->unit, UNIT_T);
	clear(&m);
}

static void two_columns_of_one_name_stay_apart(void **state)
{
	static struct meter_link m;
	(void)state;
	lay(&m, "address=1 type=spg761", tell_archive);
	const char *const columns[2][4] = {{"V", CUBIC, "1", "220"}, {"V", CUBIC, "1", "220"}};
	memcpy(m.columns, columns, sizeof(columns));
	m.values[0] = "1";
	m.values[1] = "2";
	m.record_utc = HOUR_10 + HOUR_S;
	assert_int_equal(read_hour(&m, HOUR_10), ERR_OK);
	assert_true(find(&m, "volume")->value == 1);
	assert_true(find(&m, "p220.u1")->value == 2);
	clear(&m);
}

static void a_code_of_an_abnormal_situation_marks_the_record(void **state)
{
	static struct meter_link m;
	(void)state;
	lay(&m, "address=1 type=spg762", tell_archive);
	const char *const columns[2][4] = {{"V", CUBIC, "2", "215"}, {"\x8d\x91", " ", "2", "245"}};
	memcpy(m.columns, columns, sizeof(columns));
	m.values[0] = "12.5";
	m.values[1] = "00000004";
	m.record_utc = HOUR_10 + HOUR_S;
	assert_int_equal(read_hour(&m, HOUR_10), ERR_OK);
	const struct sample *s = find(&m, "gas.2");
	assert_int_equal(quality_flags(s->quality), QUALITY_ABNORMAL);
	assert_int_equal(quality_class(s->quality), QUALITY_MEASURED);
	assert_true(find(&m, "error_code.2")->value == 4);
	clear(&m);
}

/* The unit is left out after that of the volume, and because a code has none. */
static void a_code_has_no_unit_of_the_column_before(void **state)
{
	static struct meter_link m;
	const char *const columns[2][4] = {{"V", CUBIC, "1", "215"}, {"\x8d\x91", "", "1", "245"}};
	static const char *const codes[] = {
		"00000000", "00000004", "0000E004", "0000000A", NO_DATA};
	static const bool is_abnormal[] = {false, true, true, true, false};
	(void)state;
	for (size_t i = 0; i < 5; i++) {
		lay(&m, "address=1 type=spg762", tell_archive);
		memcpy(m.columns, columns, sizeof(columns));
		m.values[0] = "12.5";
		m.values[1] = codes[i];
		m.record_utc = HOUR_10 + HOUR_S;
		assert_int_equal(read_hour(&m, HOUR_10), ERR_OK);
		const struct sample *s = find(&m, "error_code");
		assert_true(i == 0 ? s->value == 0 : i == 1 ? s->value == 4 : isnan(s->value));
		assert_int_equal(quality_flags(find(&m, "gas")->quality),
			is_abnormal[i] ? QUALITY_ABNORMAL : 0);
		clear(&m);
	}
}

static void a_refusal_without_the_date_is_an_answer(void **state)
{
	static struct meter_link m;
	int64_t day = 1381622400;
	(void)state;
	lay(&m, "address=1 type=spt961", one_column);
	m.is_curt = true;
	assert_int_equal(spbus->read_archive(
				 m.talk, PERIOD_DAY, (struct span){day, day + DAY_S}, &m.got.sink),
		ERR_NODATA);
	assert_int_equal(talk_counters(m.talk)->foreign, 0);
	clear(&m);
	/* values without it might be those of another date */
	const char *const columns[1][4] = {{"V", CUBIC, "1", "220"}};
	lay(&m, "address=1 type=spt961", tell_archive);
	memcpy(m.columns, columns, sizeof(columns));
	m.values[0] = "1";
	m.is_curt = true;
	m.record_utc = HOUR_10;
	assert_int_equal(read_hour(&m, HOUR_10), ERR_FOREIGN);
	assert_int_equal(m.got.n, 0);
	clear(&m);
}

static void the_record_of_another_hour_is_not_taken(void **state)
{
	static struct meter_link m;
	const char *const columns[1][4] = {{"V", CUBIC, "1", "220"}};
	(void)state;
	lay(&m, "address=1 type=spt961", tell_archive);
	memcpy(m.columns, columns, sizeof(columns));
	m.values[0] = "1";
	m.record_utc = HOUR_10; /* ends at 10:00: it is the hour before */
	assert_int_equal(read_hour(&m, HOUR_10), ERR_NODATA);
	assert_int_equal(m.got.n, 0);
	clear(&m);
	/* unless stamps name begins */
	lay(&m, "address=1 label=begin type=spt961", tell_archive);
	memcpy(m.columns, columns, sizeof(columns));
	m.values[0] = "1";
	m.record_utc = HOUR_10;
	assert_int_equal(read_hour(&m, HOUR_10), ERR_OK);
	assert_true(find(&m, "volume_supply")->utc == HOUR_10);
	clear(&m);
}

static void a_later_record_says_where_to_go_on(void **state)
{
	static struct meter_link m;
	const char *const columns[1][4] = {{"V", CUBIC, "1", "220"}};
	(void)state;
	lay(&m, "address=1 type=spt961", tell_archive);
	memcpy(m.columns, columns, sizeof(columns));
	m.values[0] = "1";
	m.record_utc = HOUR_10;
	struct span week = {HOUR_10 - 7 * DAY_S, HOUR_10};
	assert_int_equal(spbus->read_archive(m.talk, PERIOD_HOUR, week, &m.got.sink), ERR_OK);
	assert_int_equal(m.got.n, 1);
	assert_int_equal(m.requests[SPBUS_READ_SLICE], 2);
	clear(&m);
}

static void a_record_without_any_value_is_none(void **state)
{
	static struct meter_link m;
	const char *const columns[2][4] = {{"V", CUBIC, "1", "220"}, {"t", DEGREES, "1", "200"}};
	(void)state;
	lay(&m, "address=1 type=spt961", tell_archive);
	memcpy(m.columns, columns, sizeof(columns));
	m.values[0] = m.values[1] = NO_DATA;
	m.record_utc = HOUR_10 + HOUR_S;
	assert_int_equal(read_hour(&m, HOUR_10), ERR_NODATA);
	/* and one with more columns than the archive is refused */
	m.values[2] = "1";
	assert_int_equal(read_hour(&m, HOUR_10), ERR_PROTO);
	/* whatever it consists of */
	m.values[0] = "1";
	m.values[2] =
		"1\x09"
		"2";
	assert_int_equal(read_hour(&m, HOUR_10), ERR_PROTO);
	assert_int_equal(m.got.n, 0);
	clear(&m);
}

static void a_record_of_a_running_hour_is_not_asked_for(void **state)
{
	static struct meter_link m;
	const char *const columns[1][4] = {{"V", CUBIC, "1", "220"}};
	int64_t hour = NOW / HOUR_S * HOUR_S;
	(void)state;
	lay(&m, "address=1 type=spt961", tell_archive);
	memcpy(m.columns, columns, sizeof(columns));
	m.values[0] = "1";
	m.record_utc = hour + HOUR_S;
	assert_int_equal(read_hour(&m, hour), ERR_NODATA);
	assert_int_equal(m.requests[SPBUS_READ_SLICE], 0);
	clear(&m);
}

/* ---- whose reply it is ---- */

static void replies_of_others_are_passed_over(void **state)
{
	static struct meter_link m;
	static const struct spbus_head others[] = {
		{.has_address = true, .to = 0x81, .from = 2}, /* another meter */
		{.has_address = true, .to = 0x80, .from = 1}, /* to another host */
		{.has_address = false},
	};
	const char *const columns[1][4] = {{"V", CUBIC, "1", "220"}};
	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		lay(&m, "address=1 type=spt961", tell_archive);
		memcpy(m.columns, columns, sizeof(columns));
		m.values[0] = "1";
		m.record_utc = HOUR_10 + HOUR_S;
		m.first = others[i];
		m.has_first = true;
		assert_int_equal(read_hour(&m, HOUR_10), ERR_OK);
		assert_true(talk_counters(m.talk)->foreign > 0);
		clear(&m);
	}
}

/* ---- clock, journal ---- */

static bool refuse_writes(
	struct meter_link *m, uint8_t function, struct slice body, struct spbus_out *o)
{
	(void)m;
	if (function == SPBUS_VALUES) {
		add_tag(o, REFUSED, NULL);
		return true;
	}
	struct reader r = reader_of(body);
	struct spbus_tag tag;
	for (int i = 0; spbus_tag_next(&r, &tag); i++) {
		int number;
		assert_true(spbus_int(tag.field[1], &number));
		spbus_pointer(o, 0, number);
		add_tag(o, number == 60 ? "15-10-13" : "10:05:30", "");
	}
	return true;
}

static void a_clock_that_is_protected_says_so(void **state)
{
	static struct meter_link m;
	int64_t utc;
	static const uint8_t date[] =
		"\x09"
		"16-10-13\x0c",
			     time[] = "\x09"
				      "01:02:03\x0c";
	(void)state;
	lay(&m, "address=1 type=spt961", refuse_writes);
	assert_int_equal(spbus->read_clock(m.talk, &utc), ERR_OK);
	assert_int_equal(utc, HOUR_10 + 330);
	assert_int_equal(
		spbus->set_clock(m.talk, HOUR_10 - 10 * HOUR_S + DAY_S + 3723), ERR_DENIED);
	/* written the way the meter writes them */
	assert_non_null(memmem(m.asked_last, m.asked_n, date, sizeof(date) - 1));
	assert_non_null(memmem(m.asked_last, m.asked_n, time, sizeof(time) - 1));
	/* what cannot be an hour or a day is none */
	int hour, day;
	assert_int_equal(spbus->report_time(m.talk, &hour, &day), ERR_NODATA);
	clear(&m);
}

static bool tell_journal(
	struct meter_link *m, uint8_t function, struct slice body, struct spbus_out *o)
{
	(void)m;
	(void)body;
	assert_int_equal(function, SPBUS_READ_TIME);
	add_text(o, "1-04+");
	add_tag(o, "", "15-10-13/10:07:00");
	return true;
}

static void entries_of_the_journal_are_events(void **state)
{
	static struct meter_link m;
	(void)state;
	lay(&m, "address=1 type=spt961", tell_journal);
	struct span span = {HOUR_10 - HOUR_S, HOUR_10 + HOUR_S};
	assert_int_equal(spbus->read_events(m.talk, span, &m.got.sink), ERR_OK);
	assert_int_equal(m.got.event_n, 1);
	assert_int_equal(m.got.events[0].utc, HOUR_10 + 420);
	assert_string_equal(m.got.events[0].text, "1-04+");
	clear(&m);
}

static void wrong_parameters_are_named(void **state)
{
	static struct meter_link m;
	(void)state;
	/* what a number means depends on the type */
	assert_int_equal(talk_check_params(spbus, "address=1", NULL), ERR_INVAL);
	lay(&m, "address=1 type=\"\"", refuse_writes);
	assert_int_equal(spbus->read_current(m.talk, &m.got.sink), ERR_INVAL);
	assert_non_null(strstr(talk_diag(m.talk)->text, "type"));
	clear(&m);
	lay(&m, "address=1 type=spt900", refuse_all);
	assert_int_equal(spbus->read_current(m.talk, &m.got.sink), ERR_INVAL);
	assert_non_null(strstr(talk_diag(m.talk)->text, "type"));
	clear(&m);
	lay(&m, "address=1 label=mid type=spt961", refuse_all);
	assert_int_equal(spbus->read_current(m.talk, &m.got.sink), ERR_INVAL);
	assert_non_null(strstr(talk_diag(m.talk)->text, "label"));
	clear(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_values_leave_as_their_source_says),
		cmocka_unit_test(published_archive_requests_are_what_the_driver_asks),
		cmocka_unit_test(columns_are_named_by_number_and_unit),
		cmocka_unit_test(two_columns_of_one_name_stay_apart),
		cmocka_unit_test(a_code_of_an_abnormal_situation_marks_the_record),
		cmocka_unit_test(a_code_has_no_unit_of_the_column_before),
		cmocka_unit_test(a_refusal_without_the_date_is_an_answer),
		cmocka_unit_test(the_record_of_another_hour_is_not_taken),
		cmocka_unit_test(a_later_record_says_where_to_go_on),
		cmocka_unit_test(a_record_without_any_value_is_none),
		cmocka_unit_test(a_record_of_a_running_hour_is_not_asked_for),
		cmocka_unit_test(replies_of_others_are_passed_over),
		cmocka_unit_test(a_clock_that_is_protected_says_so),
		cmocka_unit_test(entries_of_the_journal_are_events),
		cmocka_unit_test(wrong_parameters_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
