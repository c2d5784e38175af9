/*
 * The codec of IEC 62056-21 and driver iec62056_21: every published exchange, and meters that answer
 * wrongly.
 *
 * Expectations: vectors/electricity.jsonl.
 * Exceptions: MODEL, ECDPE and VNULL are no values a driver keeps: request and texts are checked. The
 * break has no answer.
 */
#include "twin.h"

#include "exchange.h"
#include "poll/iec_map.h"
#include "poll/sample_list.h"
#include "proto/iec62056.h"

#include <math.h>

static const struct driver *iec(void)
{
	return driver_find("iec62056_21");
}

/* ---- a meter that knows one exchange ---- */

static struct script {
	const char *ident;
	enum iec_bcc bcc;
	struct slice request, reply;
	int answered;
	const char *unknown;
} script;

static struct frame_verdict frame(struct slice so_far)
{
	struct frame_verdict v = {FRAME_MORE, 0};
	enum iec_cut c = iec_cut_request(so_far, &v.size);
	v.state = c == IEC_CUT_MORE ? FRAME_MORE : c == IEC_CUT_FULL ? FRAME_FULL : FRAME_JUNK;
	return v;
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct iec_out o;
	(void)d;
	(void)now_us;
	if (request.size == script.request.size &&
		memcmp(request.data, script.request.data, request.size) == 0) {
		script.answered++;
		buf_put(reply, script.reply.data, script.reply.size);
	} else if (request.data[0] == '/') {
		buf_printf(reply, "/%s\r\n", script.ident);
	} else if (request.data[0] == IEC_ACK) {
		assert_int_equal(iec_command(script.bcc, "P0", "(777777)", &o), ERR_OK);
		buf_put(reply, o.data, o.size);
	} else if (request.data[1] == 'P') {
		buf_u8(reply, IEC_ACK);
	} else if (request.data[1] == 'R') {
		iec_reply(script.bcc, script.unknown, false, reply);
	}
	return reply->size > 0;
}

static const struct sim_protocol scripted = {
	.name = "iec62056_21", .frame = frame, .answer = answer};

struct bench {
	struct sim_device device;
	struct talk *talk;
	struct link *link;
	struct sample_list got;
};

static void lay(struct bench *b, const char *params)
{
	struct diag diag = {0};
	struct line line;
	struct meter meter;
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	*b = (struct bench){.device = {.protocol = &scripted}};
	(void)STR_COPY(meter.params, params);
	if (talk_new(iec(), &line, &meter, NULL, &b->talk, &diag)) {
		fail_msg("%s", diag.text);
	}
	b->link = sim_link_new(&b->device, TWIN_NOW * 1000000LL);
	assert_non_null(b->link);
	talk_attach(b->talk, b->link, NULL);
	assert_int_equal(talk_begin(b->talk, TWIN_NOW), ERR_OK);
	sample_list_init(&b->got);
}

static void clear(struct bench *b)
{
	sample_list_fini(&b->got);
	talk_free(b->talk);
	b->link->ops->close(b->link);
}

static const struct sample *find(const struct bench *b, const char *key)
{
	for (size_t i = 0; i < b->got.n; i++) {
		if (strcmp(b->got.items[i]->sample.key, key) == 0) {
			return &b->got.items[i]->sample;
		}
	}
	return NULL;
}

static void must_say(const struct bench *b, int line, const char *key, double v)
{
	const struct sample *x = find(b, key);
	if (!x || !(fabs(x->value - v) < 1e-9)) {
		fail_msg("line %d: %s is %.9g, not %.9g", line, key, x ? x->value : NAN, v);
	}
}

/* ---- every exchange ---- */

static const char *ident_of(const struct exchange *x)
{
	return strstr(x->device, "CE301v12") ? "EKT5CE301v12" :
	       strstr(x->device, "CE301")    ? "EKT5CE301v11" :
	       strstr(x->device, "CE102M")   ? "EKT5CE102Mv01" :
	       strstr(x->device, "CE307")    ? "EKT5CE307v10" :
					       "TPC5NEVAMT324.2307";
}

/* The values stated, under the keys the driver has for a name. */
static void check_values(
	const struct bench *b, const struct exchange *x, const char *key, char mark)
{
	const json_t *values = json_object_get(x->decoded, "values");
	size_t n = json_array_size(values);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		char name[REGISTER_KEY_CAP];
		double v;
		bool is_plain = mark == 't' ? i == 0 : mark == 'l' ? n == 1 : true;
		assert_int_equal(
			str_to_double(json_string_value(json_array_get(values, i)), &v), ERR_OK);
		(void)snprintf(name, sizeof(name), is_plain ? "%s" : "%s.%c%zu", key, mark,
			mark == 't' ? i : i + 1);
		must_say(b, x->line, name, v);
	}
}

static const struct {
	const char *name, *key;
	char mark;
} names[] = {
	{"ET0PE", "active_energy", 't'},
	{"POWEP", "active_power", 0},
	{"POWPP", "active_power", 'l'},
	{"VOLTA", "voltage", 'l'},
	{"CURRE", "current", 'l'},
	{"COS_f", "power_factor", 'l'},
	{"FREQU", "frequency", 0},
};

/* Words of Neva's lines. */
static void check_neva(const struct bench *b, const struct exchange *x)
{
	static const struct {
		const char *word, *key;
	} words[] = {{"P_W", "active_power"}, {"PF_L1", "power_factor.l1"}, {"T_C", "temperature"}};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const json_t *v = json_object_get(x->decoded, words[i].word);
		if (v) {
			must_say(b, x->line, words[i].key, json_number_value(v));
		}
	}
	if (json_object_get(x->decoded, "error")) {
		assert_null(find(b, "reactive_energy"));
	}
}

static void check_read(const struct exchange *x, const char *name)
{
	struct bench b;
	struct identity who;
	int64_t utc;
	lay(&b, "baud=9600");
	bool is_neva = script.bcc == IEC_BCC_XOR;
	const char *text = json_string_value(
		json_array_get(json_object_get(x->decoded, "values"), 0));
	if (strcmp(name, "SNUMB") == 0 || strcmp(name, "IDENT") == 0) {
		assert_int_equal(iec()->identify(b.talk, &who), ERR_OK);
		assert_string_equal(name[0] == 'S' ? who.serial : who.version, text);
	} else if (strcmp(name, "WATCH") == 0) {
		struct civil c = {2000, 1, 1, 0, 0, 0};
		assert_int_equal(sscanf(text, "%d:%d:%d,%*d.%d.%d.%d", &c.hour, &c.minute,
					 &c.second, &c.day, &c.month, &c.year),
			6);
		c.year += 2000;
		assert_int_equal(iec()->read_clock(b.talk, &utc), ERR_OK);
		assert_int_equal(utc, civil_to_utc(c));
	} else if (strcmp(name, "DATE_") == 0) {
		assert_int_not_equal(iec()->read_clock(b.talk, &utc), ERR_OK); /* without TIME_ */
	} else {
		enum err e = iec()->read_current(b.talk, &b.got.sink);
		assert_true(e == ERR_OK || e == ERR_UNSUPP);
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (strcmp(names[i].name, name) == 0) {
				check_values(&b, x, names[i].key, names[i].mark);
			}
		}
		if (strcmp(name, "STAT_") == 0) {
			must_say(&b, x->line, "status", (double)strtoul(text, NULL, 16));
		}
		if (is_neva) {
			check_neva(&b, x);
		}
	}
	clear(&b);
}

static bool is_kept(const char *name)
{
	return strcmp(name, "MODEL") != 0 && strcmp(name, "ECDPE") != 0 &&
	       strcmp(name, "VNULL") != 0;
}

/* R1: the request is built so, the texts are taken out so, and the driver makes values of them. */
static void check_r1(const struct exchange *x)
{
	static struct iec_message m;
	struct iec_out o;
	char name[16] = "";
	const json_t *values = json_object_get(x->decoded, "values");
	for (size_t i = 4; x->request.data[i] != '('; i++) {
		name[i - 4] = (char)x->request.data[i];
	}
	char what[20];
	(void)snprintf(what, sizeof(what), "%s()", name);
	assert_int_equal(iec_command(script.bcc, "R1", what, &o), ERR_OK);
	assert_int_equal(o.size, x->request.size);
	assert_memory_equal(o.data, x->request.data, o.size);
	assert_int_equal(iec_message_parse(script.bcc, x->reply, &m), ERR_OK);
	struct iec_walk w = iec_walk_of((struct slice){(const uint8_t *)m.text, m.size});
	struct iec_set set;
	size_t n = 0;
	while (iec_walk_next(&w, &set)) {
		const char *text = json_string_value(json_array_get(values, n++));
		assert_true(!text || iec_equal(set.value, text));
	}
	assert_true(!values || n == json_array_size(values));
	if (is_kept(name)) {
		check_read(x, name);
		assert_true(script.answered > 0);
	}
}

static void check_sign_on(const struct exchange *x)
{
	struct iec_out o;
	struct iec_ident ident;
	iec_sign_on("", &o);
	assert_int_equal(o.size, x->request.size);
	assert_memory_equal(o.data, x->request.data, o.size);
	assert_true(iec_ident_parse(x->reply, &ident));
	bool is_norax = strstr(x->device, "NORAX") != NULL;
	assert_int_equal(ident.speed, '5');
	assert_int_equal(ident.has_hdlc, is_norax);
	if (is_norax) {
		assert_string_equal(ident.maker, "APA");
		assert_string_equal(ident.ident, "NORAX30");
	} else {
		assert_string_equal(ident.maker, "EKT");
		assert_non_null(iec_map_find(ident.maker, ident.ident));
	}
}

static void check_select(const struct exchange *x)
{
	static struct iec_message m;
	struct iec_out o;
	iec_select((char)x->request.data[1], '5', (char)x->request.data[3], &o);
	assert_int_equal(o.size, x->request.size);
	assert_memory_equal(o.data, x->request.data, o.size);
	if (x->reply.size == 0) {
		return; /* the answer was not published */
	}
	assert_int_equal(iec_message_parse(script.bcc, x->reply, &m), ERR_OK);
	assert_string_equal(m.command, x->request.data[3] == '1' ? "P0" : "");
}

/* P0 and a data message, of nobody's. */
static void check_lone_reply(const struct exchange *x)
{
	static struct iec_message m;
	assert_int_equal(iec_message_parse(IEC_BCC_XOR, x->reply, &m), ERR_OK);
	const char *p0 = json_string_value(json_object_get(x->decoded, "P0"));
	if (p0) {
		assert_string_equal(m.command, "P0");
		assert_int_equal(strncmp(m.text + 1, p0, strlen(p0)), 0);
		return;
	}
	struct iec_walk w = iec_walk_of((struct slice){(const uint8_t *)m.text, m.size});
	struct iec_set set;
	struct slice value, unit;
	assert_true(iec_walk_next(&w, &set) && iec_part(set.value, 0, 0, &value, &unit));
	assert_true(iec_equal(set.id, "3:14") && iec_equal(value, "314") && iec_equal(unit, "kWh"));
	assert_true(iec_walk_next(&w, &set) && iec_part(set.value, 0, 0, &value, &unit));
	assert_true(iec_equal(set.id, "4:15") && iec_equal(value, "415"));
	assert_false(iec_walk_next(&w, &set));
}

static void check_group(const struct exchange *x)
{
	struct bench b;
	lay(&b, "variant=energomera_ce303_group session=no address=00000211");
	assert_int_equal(iec()->read_current(b.talk, &b.got.sink), ERR_OK);
	assert_int_equal(script.answered, 1);
	const json_t *angles = json_object_get(x->decoded, "phase_angles");
	assert_true(isnan(find(&b, "phase_angle.1")->value));
	must_say(&b, x->line, "phase_angle.2", json_number_value(json_array_get(angles, 1)));
	must_say(&b, x->line, "phase_angle.3", json_number_value(json_array_get(angles, 2)));
	must_say(&b, x->line, "frequency", json_number_value(json_object_get(x->decoded, "F_Hz")));
	clear(&b);
}

static void check_exchange(const struct exchange *x, void *ctx)
{
	struct iec_out o;
	const uint8_t *r = x->request.data;
	bool is_energomera = strstr(x->device, "Energomera") != NULL;
	(void)ctx;
	script = (struct script){.ident = ident_of(x),
		.bcc = is_energomera ? IEC_BCC_SUM : IEC_BCC_XOR,
		.request = x->request,
		.reply = x->reply,
		.unknown = is_energomera ? "(ERR12)" : "(01)"};
	if (x->request.size == 0) {
		check_lone_reply(x);
	} else if (r[0] == '/' && memchr(r, IEC_SOH, x->request.size)) {
		check_group(x);
	} else if (r[0] == '/') {
		check_sign_on(x);
	} else if (r[0] == IEC_ACK) {
		check_select(x);
	} else if (r[1] == 'R') {
		check_r1(x);
	} else {
		char command[3] = {(char)r[1], (char)r[2], 0};
		char operand[40] = "";
		for (size_t i = 4; i + 2 < x->request.size; i++) {
			operand[i - 4] = (char)r[i];
		}
		assert_int_equal(
			iec_command(script.bcc, command, *operand ? operand : NULL, &o), ERR_OK);
		assert_int_equal(o.size, x->request.size);
		assert_memory_equal(o.data, r, o.size);
		assert_true(x->reply.size == 0 || x->reply.data[0] == IEC_ACK);
	}
}

static void every_published_exchange_is_made_and_understood(void **state)
{
	(void)state;
	assert_int_equal(electricity_each("iec61107-energomera", check_exchange, NULL), 39);
	assert_int_equal(electricity_each("iec62056-21", check_exchange, NULL), 4);
	assert_int_equal(electricity_each("neva", check_exchange, NULL), 5);
}

/* Every bit of every checked reply, turned: nothing is a message. But for the parity, which is dropped. */
static void check_damage(const struct exchange *x, void *ctx)
{
	static uint8_t bytes[EXCHANGE_FRAME_MAX];
	enum iec_bcc kind = strstr(x->device, "Energomera") ? IEC_BCC_SUM : IEC_BCC_XOR;
	size_t size;
	if (x->reply.size < 5 || x->reply.data[0] == '/') {
		return;
	}
	for (size_t i = 0; i < x->reply.size * 7; i++) {
		memcpy(bytes, x->reply.data, x->reply.size);
		bytes[i / 7] ^= (uint8_t)(1u << i % 7);
		enum iec_cut c = iec_cut_message(kind, (struct slice){bytes, x->reply.size}, &size);
		if (c == IEC_CUT_FULL && size == x->reply.size) {
			fail_msg("line %d: bit %zu of byte %zu is not noticed", x->line, i % 7,
				i / 7);
		}
	}
	(*(int *)ctx)++;
}

static void a_turned_bit_is_noticed(void **state)
{
	int n = 0;
	(void)state;
	(void)electricity_each("iec61107-energomera", check_damage, &n);
	(void)electricity_each("neva", check_damage, &n);
	assert_true(n > 30);
}

/* ---- small things ---- */

static void parity_bits_are_dropped(void **state)
{
	/* "/?!" CR LF with even parity, as a listener of eight bits saw it: 175 63 33 141 10 */
	static const uint8_t raw[] = {175, 63, 33, 141, 10};
	static const uint8_t ident[] = {0xaf, 'E' | 0x80, 'K', 'T', '5', 'C', 'E', 0x8d, '\n'};
	struct iec_ident got;
	size_t size;
	(void)state;
	assert_int_equal(iec_cut_request(SLICE(raw), &size), IEC_CUT_FULL);
	assert_true(iec_ident_parse(SLICE(ident), &got));
	assert_string_equal(got.maker, "EKT");
}

static void an_echo_of_the_option_select_is_passed_over(void **state)
{
	static const uint8_t raw[] = {0x06, '0', '0', '0', '\r', '\n', 0x02};
	size_t size;
	(void)state;
	assert_int_equal(iec_cut_message(IEC_BCC_XOR, SLICE(raw), &size), IEC_CUT_JUNK);
	assert_int_equal(size, 6);
}

static void the_standards_example_of_a_check(void **state)
{
	struct iec_out o;
	(void)state;
	assert_int_equal(iec_command(IEC_BCC_XOR, "W2", "C003(910324092239)", &o), ERR_OK);
	assert_int_equal(o.data[o.size - 1], 0x1b);
}

/* ---- meters that answer otherwise ---- */

static struct odd {
	int blocks, naks, large;
	int breaks;
} odd;

static bool answer_oddly(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	static struct iec_message m;
	if (request.size == 1 && request.data[0] == IEC_ACK) {
		odd.blocks++;
		iec_reply(IEC_BCC_SUM, "ET0PE(3.5)\r\n", false, reply);
		return true;
	}
	if (request.data[0] != IEC_SOH || iec_message_parse(IEC_BCC_SUM, request, &m)) {
		return answer(d, request, now_us, reply);
	}
	odd.breaks += strcmp(m.command, "B0") == 0;
	if (strcmp(m.text, "ET0PE()") == 0) {
		iec_reply(IEC_BCC_SUM, "ET0PE(10.0)\r\nET0PE(6.5)\r\n", true, reply);
	} else if (strcmp(m.text, "FREQU()") == 0 && odd.naks++ < 2) {
		buf_u8(reply, IEC_NAK);
	} else if (strcmp(m.text, "FREQU()") == 0) {
		iec_reply(IEC_BCC_SUM, "FREQU(49.96)\r\n", false, reply);
	} else {
		return answer(d, request, now_us, reply);
	}
	return true;
}

static struct frame_verdict frame_oddly(struct slice so_far)
{
	bool is_ack = so_far.size == 1 && so_far.data[0] == IEC_ACK;
	return is_ack ? (struct frame_verdict){FRAME_FULL, 1} : frame(so_far);
}

static const struct sim_protocol oddly = {
	.name = "iec62056_21", .frame = frame_oddly, .answer = answer_oddly};

static void plug(struct bench *b, const struct sim_protocol *protocol)
{
	b->link->ops->close(b->link);
	b->device.protocol = protocol;
	b->link = sim_link_new(&b->device, TWIN_NOW * 1000000LL);
	assert_non_null(b->link);
	talk_attach(b->talk, b->link, NULL);
}

static void blocks_are_put_together_and_nak_is_asked_again(void **state)
{
	struct bench b;
	(void)state;
	script = (struct script){.ident = "EKT5CE301v11", .bcc = IEC_BCC_SUM, .unknown = "(ERR12)"};
	odd = (struct odd){0};
	lay(&b, "variant=energomera_ce301");
	plug(&b, &oddly);
	assert_int_equal(iec()->read_current(b.talk, &b.got.sink), ERR_OK);
	assert_int_equal(odd.blocks, 1);
	assert_int_equal(odd.naks, 3);
	assert_int_equal(odd.breaks, 1);
	must_say(&b, 0, "active_energy", 10);
	must_say(&b, 0, "active_energy.t1", 6.5);
	must_say(&b, 0, "active_energy.t2", 3.5);
	must_say(&b, 0, "frequency", 49.96);
	clear(&b);
}

static void a_meter_of_another_maker_is_not_read(void **state)
{
	struct bench b;
	(void)state;
	script = (struct script){.ident = "EKT5CE301v11", .bcc = IEC_BCC_SUM, .unknown = "(ERR12)"};
	lay(&b, "variant=neva_mt");
	assert_int_not_equal(iec()->read_current(b.talk, &b.got.sink), ERR_OK);
	assert_int_equal(b.got.n, 0);
	clear(&b);
}

/* ---- simulated meters ---- */

static void a_wrong_password_is_said_so(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "ce308");
	twin_open(&w, "address=5 baud=9600 login=p1 password=111111", TWIN_NOW);
	assert_int_equal(iec()->read_current(w.talk, &w.got.sink), ERR_DENIED);
	twin_close(&w);
}

/* A meter whose speed changes with the session hears the next call at its own again. */
static void the_speed_goes_back_behind_every_call(void **state)
{
	struct twin w;
	int64_t utc;
	(void)state;
	twin_new(&w, "ce303");
	twin_open(&w, "address=5 baud=300", TWIN_NOW);
	for (int i = 0; i < 3; i++) {
		twin_must(&w, iec()->read_clock(w.talk, &utc));
		assert_int_equal(utc, TWIN_NOW);
	}
	twin_close(&w);
}

static struct sim_protocol hourly; /* refuses more than an hour of the profile at once */

static bool answer_hourly(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	static struct iec_message m;
	const struct sim_protocol *whole = sim_family_find("ce301")->protocol;
	bool is_message = iec_message_parse(IEC_BCC_SUM, request, &m) == ERR_OK;
	if (is_message && strncmp(m.text, "GRA", 3) == 0) {
		int n = atoi(strrchr(m.text, '.') + 1);
		odd.large += n > 2;
		if (n > 2) {
			iec_reply(IEC_BCC_SUM, "(ERR22)", false, reply);
			return true;
		}
	}
	return whole->answer(d, request, now_us, reply);
}

static void a_profile_that_is_too_long_is_asked_hour_by_hour(void **state)
{
	struct twin w;
	(void)state;
	odd = (struct odd){0};
	twin_new(&w, "ce301");
	hourly = *w.device.protocol;
	hourly.answer = answer_hourly;
	w.device.protocol = &hourly;
	twin_open(&w, "address=5 variant=energomera_ce301", TWIN_NOW);
	int64_t from = TWIN_NOW - 20 * TWIN_HOUR;
	for (int i = 0; i < 2; i++) {
		twin_must(&w, twin_read(&w, PERIOD_HALF_HOUR, from, from + 10 * TWIN_HOUR));
		for (int64_t t = from; t < from + 10 * TWIN_HOUR; t += 1800) {
			twin_expect(&w, "active_energy", t,
				twin_amount(QUANTITY_ACTIVE_ENERGY, t, t + 1800), 1e-6);
		}
	}
	assert_int_equal(odd.large, 1); /* once refused, not tried again */
	assert_int_equal(twin_read(&w, PERIOD_HOUR, from, from + TWIN_HOUR), ERR_UNSUPP);
	twin_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_exchange_is_made_and_understood),
		cmocka_unit_test(a_turned_bit_is_noticed),
		cmocka_unit_test(parity_bits_are_dropped),
		cmocka_unit_test(an_echo_of_the_option_select_is_passed_over),
		cmocka_unit_test(the_standards_example_of_a_check),
		cmocka_unit_test(blocks_are_put_together_and_nak_is_asked_again),
		cmocka_unit_test(a_meter_of_another_maker_is_not_read),
		cmocka_unit_test(a_wrong_password_is_said_so),
		cmocka_unit_test(the_speed_goes_back_behind_every_call),
		cmocka_unit_test(a_profile_that_is_too_long_is_asked_hour_by_hour),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
