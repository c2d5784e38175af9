/*
 * Every captured exchange of Logika M4 devices (vectors/heat.jsonl): the request is written byte for
 * byte from what it means, the reply read to the stated values.
 *
 * Exceptions: two lines are requests alone. Numbers of the file have seven digits.
 */
#include "exchange.h"
#include "proto/m4.h"

#include <math.h>
#include <stdio.h>

static const struct exchange *now; /* for messages */

#define must(condition)                                                       \
	do {                                                                  \
		if (!(condition)) {                                           \
			fail_msg("heat.jsonl:%d: %s", now->line, #condition); \
		}                                                             \
	} while (0)

static int number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	must(json_is_integer(v));
	return (int)json_integer_value(v);
}

static uint8_t code_of(const json_t *o)
{
	return (uint8_t)strtoul(exchange_text(o, "fnc"), NULL, 16);
}

/* "yy=16 mm=12 dd=1 hh=0 mi=0 ss=0 ms=474" and how many of them there are. */
static int date_of(const char *text, struct civil *ret, int *ret_ms)
{
	int yy = 0, mm = 1, dd = 1, hh = 0, mi = 0, ss = 0, ms = 0;
	int n = sscanf(text, "yy=%d mm=%d dd=%d hh=%d mi=%d ss=%d ms=%d", &yy, &mm, &dd, &hh, &mi,
		&ss, &ms);
	must(n >= 2);
	*ret = (struct civil){2000 + yy, mm, dd, hh, mi, ss};
	*ret_ms = ms;
	return n;
}

/* ---- requests ---- */

static void put_raw(struct m4_out *o, const uint8_t *bytes, size_t n)
{
	memcpy(o->data + o->size, bytes, n);
	o->size += n;
}

static void put_archive_request(struct m4_out *o, const json_t *q)
{
	int section = number(q, "section");
	uint8_t head[5] = {(uint8_t)section, (uint8_t)(section >> 8), (uint8_t)number(q, "ch"),
		(uint8_t)number(q, "rectype"), (uint8_t)number(q, "n")};
	const json_t *dates = json_object_get(q, "dates");
	m4_put_octets(o, head, sizeof(head));
	for (size_t i = 0; i < json_array_size(dates); i++) {
		struct civil c;
		int ms;
		int n = date_of(json_string_value(json_array_get(dates, i)), &c, &ms);
		m4_put_archdate(o, c, n == 7 ? 8 : n);
		if (n == 7) {
			o->data[o->size - 2] = (uint8_t)ms;
			o->data[o->size - 1] = (uint8_t)(ms >> 8);
		}
	}
}

static void put_request(struct m4_out *o, const json_t *q)
{
	const json_t *items = json_object_get(q, "items");
	uint8_t data[4] = {0};
	switch (code_of(q)) {
	case M4_READ:
		for (size_t i = 0; i < json_array_size(items); i++) {
			const json_t *p = json_object_get(json_array_get(items, i), "PNUM");
			m4_put_param(o, (unsigned)number(p, "ch"), (unsigned)number(p, "param"));
		}
		break;
	case M4_ARCHIVE: put_archive_request(o, q); break;
	case M4_SPEED:
		data[0] = (uint8_t)number(q, "speed_code");
		put_raw(o, data, 4);
		break;
	case M4_SESSION: put_raw(o, data, 4); break;
	case M4_ERROR: break; /* one program sends errors, too */
	default: must(false);
	}
}

static void check_request(const json_t *q)
{
	struct m4_out o;
	struct slice bytes;
	uint8_t nt = (uint8_t)number(q, "nt");
	if (json_object_get(q, "id")) {
		m4_begin(&o, nt, (uint8_t)number(q, "id"), code_of(q));
		put_request(&o, q);
		must(!o.is_full);
		bytes = m4_end(&o);
		must((int)(bytes.data[5] | bytes.data[6] << 8) == number(q, "len"));
	} else {
		const uint8_t data[4] = {(uint8_t)number(q, "channel")};
		bytes = m4_short(&o, nt, code_of(q), SLICE(data));
	}
	must(bytes.size == now->request.size);
	must(memcmp(bytes.data, now->request.data, bytes.size) == 0);
	struct m4_cut cut = m4_cut_request(now->request);
	must(cut.state == M4_CUT_FULL && cut.size == bytes.size);
}

/* ---- replies ---- */

static bool near(double got, const json_t *want)
{
	double w = json_number_value(want);
	return json_is_number(want) && fabs(got - w) <= 1e-6 * fabs(w) + 1e-12;
}

static void check_flags(const struct m4_value *v, const json_t *want)
{
	const json_t *bits = json_object_get(want, "set_bits");
	uint32_t words[3] = {0};
	for (size_t i = 0; i < json_array_size(bits); i++) {
		int bit = (int)json_integer_value(json_array_get(bits, i));
		must(bit >= 0 && bit < 96);
		words[bit / 32] |= 1u << bit % 32;
	}
	for (unsigned i = 0; i < 3; i++) {
		must(m4_flags(v, i) == words[i]);
	}
}

static void check_octets(const struct m4_value *v, const char *want)
{
	uint8_t bytes[64];
	must(strlen(want) < 3 * sizeof(bytes));
	must(v->data.size == exchange_hex(want, bytes) &&
		memcmp(v->data.data, bytes, v->data.size) == 0);
}

static void check_moment(const struct m4_value *v, const json_t *o)
{
	struct civil c = {0}, w = {0};
	const json_t *arch = json_object_get(o, "ARCHDATE");
	int ms, weekday = -1;
	if (json_is_string(arch)) {
		must(date_of(json_string_value(arch), &w, &ms) == m4_archdate(v, &c));
		must(civil_to_utc(c) == civil_to_utc(w));
	} else if (arch) {
		must(m4_archdate(v, &c) == 0);
	} else if (json_object_get(o, "DATE")) {
		must(sscanf(exchange_text(o, "DATE"), "%d-%d-%d dow=%d", &w.year, &w.month, &w.day,
			     &weekday) == 4);
		must(m4_date(v, &c) && c.year == w.year && c.month == w.month && c.day == w.day);
		must(v->data.data[3] == weekday);
		struct m4_out again; /* with the right day of the week */
		m4_begin(&again, 0, 0, 0);
		m4_put_date(&again, c);
		must(again.data[again.size - 1] == weekday);
	} else {
		must(sscanf(exchange_text(o, "TIME"), "%d:%d:%d", &w.hour, &w.minute, &w.second) ==
			3);
		must(m4_time(v, &c));
		must(c.hour == w.hour && c.minute == w.minute && c.second == w.second);
	}
}

static void check_values(struct slice body, const json_t *items, int depth);

static void check_value(const struct m4_value *v, const json_t *o, int depth)
{
	char text[256];
	const char *key = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)o));
	const json_t *want = json_object_get(o, key);
	must(key);
	if (strcmp(key, "SEQ") == 0) {
		must(v->tag == M4_SEQUENCE && depth == 0);
		check_values(v->data, want, 1);
	} else if (strcmp(key, "FLAGS") == 0) {
		must(v->tag == M4_FLAGS);
		check_flags(v, want);
	} else if (strcmp(key, "ASCII") == 0) {
		must(m4_text(v, text, sizeof(text)));
		must(strcmp(text, json_string_value(want)) == 0);
	} else if (strcmp(key, "OCTET") == 0) {
		must(v->tag == M4_OCTETS);
		check_octets(v, json_string_value(want));
	} else if (strcmp(key, "NULL") == 0) {
		must(v->tag == M4_NULL && v->data.size == 0 && isnan(m4_number(v)));
	} else if (strcmp(key, "FLOAT") == 0 || strcmp(key, "INTU") == 0) {
		must(v->tag == (key[0] == 'F' ? M4_FLOAT : M4_UINT) && near(m4_number(v), want));
	} else if (strcmp(key, "MIXED") == 0) {
		must(v->tag == M4_MIXED && near(m4_number(v), json_object_get(want, "value")));
	} else {
		check_moment(v, o);
	}
}

static void check_values(struct slice body, const json_t *items, int depth)
{
	struct reader r = reader_of(body);
	struct m4_value v;
	for (size_t i = 0; i < json_array_size(items); i++) {
		must(m4_next(&r, &v));
		check_value(&v, json_array_get(items, i), depth);
	}
	must(!m4_next(&r, &v) && !r.is_short);
}

static void check_reply(const json_t *w)
{
	struct m4_frame f;
	uint8_t code[2];
	struct m4_cut cut = m4_cut_reply(now->reply, 3);
	must(cut.state == M4_CUT_FULL && cut.size == now->reply.size);
	must(m4_decode(now->reply, &f));
	must(f.nt == number(w, "nt") && f.code == code_of(w));
	must(f.is_extended == (json_object_get(w, "id") != NULL));
	must(!f.is_extended || (f.id == number(w, "id") && f.atr == number(w, "atr")));
	switch (f.code) {
	case M4_SESSION:
		must(f.data.size == 3 && exchange_hex(exchange_text(w, "device_code"), code) == 2);
		must(memcmp(f.data.data, code, 2) == 0);
		must(f.data.data[2] == strtoul(exchange_text(w, "vx"), NULL, 16));
		break;
	case M4_ERROR: must(f.data.size == 1 && f.data.data[0] == number(w, "error")); break;
	case M4_SPEED: must(f.data.size == 0); break;
	default: check_values(f.data, json_object_get(w, "items"), 0); break;
	}
}

static void check_exchange(const struct exchange *x, void *ctx)
{
	int *replies = ctx;
	const json_t *q = json_object_get(x->decoded, "request");
	now = x;
	check_request(q ? q : json_object_get(x->decoded, "decoded"));
	if (x->reply.size > 0) {
		check_reply(json_object_get(x->decoded, "response"));
		*replies += 1;
	}
}

static void every_captured_exchange_is_written_and_read(void **state)
{
	(void)state;
	int replies = 0;
	assert_int_equal(heat_each("logika_m4", check_exchange, &replies), 143);
	assert_int_equal(replies, 141);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_captured_exchange_is_written_and_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
