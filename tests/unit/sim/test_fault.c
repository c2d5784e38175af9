/*
 * test_fault.c - each fault, as whoever reads the meter meets it
 */
#include "bus.h"

#include "base/clock.h"
#include "sim/fault.h"

#include <arpa/inet.h>
#include <sys/socket.h>

struct bench {
	struct sim_ports *p;
	int fd;
};

static struct bench bench_new(void)
{
	struct bench b = {.p = ports_of(false, false)};
	int port;
	assert_int_equal(sim_ports_pty(b.p, "line-1", NULL, &port, NULL), ERR_OK);
	struct sim_meter rtu = meter_of(&rtu_protocol, "flat-3.power", 7);
	struct sim_meter mbus = meter_of(&ack_protocol, "flat-3.cold", 5);
	struct sim_meter other = meter_of(&rtu_protocol, "flat-4.power", 9);
	rtu.clock_s = 4;
	attach(b.p, port, &rtu);
	attach(b.p, port, &mbus);
	attach(b.p, port, &other);
	assert_int_equal(sim_ports_start(b.p, NULL), ERR_OK);
	b.fd = open_port(b.p, 0);
	return b;
}

static void bench_free(struct bench *b)
{
	(void)close(b->fd);
	sim_ports_free(b->p);
}

static bool crc_is_right(const uint8_t *bytes, size_t n)
{
	return n > 3 &&
	       crc16_modbus((struct slice){bytes, n - 2}) == (bytes[n - 2] | bytes[n - 1] << 8);
}

static void silence_is_of_the_group_it_names(void **state)
{
	(void)state;
	struct bench b = bench_new();
	uint8_t got[64];
	command(b.p, "fault flat-3 silence");
	ask_rtu(b.fd, 7);
	assert_int_equal(hear(b.fd, got, sizeof(got), 60), 0);
	ask_mbus(b.fd, MBUS_SND_NKE, 5);
	assert_int_equal(hear(b.fd, got, sizeof(got), 60), 0);
	ask_rtu(b.fd, 9);
	assert_int_equal(hear_some(b.fd, got, sizeof(got), 7), 7);
	command(b.p, "clear");
	ask_rtu(b.fd, 7);
	assert_int_equal(hear_some(b.fd, got, sizeof(got), 7), 7);
	assert_int_equal(sim_ports_counts(b.p).faults, 2);
	bench_free(&b);
}

static void a_wrong_checksum_is_all_that_is_wrong(void **state)
{
	(void)state;
	struct bench b = bench_new();
	uint8_t good[64], got[64];
	ask_mbus(b.fd, MBUS_REQ_UD2, 5);
	assert_int_equal(hear_some(b.fd, good, sizeof(good), 17), 17);
	command(b.p, "fault line-1 checksum");
	ask_mbus(b.fd, MBUS_REQ_UD2, 5);
	assert_int_equal(hear_some(b.fd, got, sizeof(got), 17), 17);
	assert_memory_equal(got, good, 15);
	assert_int_not_equal(got[15], good[15]);
	assert_int_equal(got[16], 0x16);
	ask_rtu(b.fd, 7);
	assert_int_equal(hear_some(b.fd, got, sizeof(got), 7), 7);
	assert_int_equal(got[0], 7);
	assert_false(crc_is_right(got, 7));
	bench_free(&b);
}

static void noise_inside_is_found_by_every_checksum(void **state)
{
	(void)state;
	struct bench b = bench_new();
	uint8_t got[64];
	size_t size;
	command(b.p, "fault line-1 noise where=inside");
	for (int i = 0; i < 60; i++) {
		ask_rtu(b.fd, 7);
		assert_int_equal(hear_some(b.fd, got, sizeof(got), 7), 7);
		assert_false(crc_is_right(got, 7));
		ask_mbus(b.fd, MBUS_REQ_UD2, 5);
		assert_int_equal(hear_some(b.fd, got, sizeof(got), 17), 17);
		assert_int_not_equal(
			mbus_cut((struct slice){got, 17}, MBUS_CUT_REPLY, &size), MBUS_CUT_FULL);
	}
	bench_free(&b);
}

static void noise_before_leaves_the_reply_whole(void **state)
{
	(void)state;
	struct bench b = bench_new();
	uint8_t got[64];
	command(b.p, "fault flat-3.power noise where=before");
	for (int i = 0; i < 20; i++) {
		ask_rtu(b.fd, 7);
		size_t n = hear_some(b.fd, got, sizeof(got), 8);
		assert_true(n > 7 && n < 7 + 7);
		assert_true(crc_is_right(got + n - 7, 7));
	}
	bench_free(&b);
}

static void a_foreign_reply_is_well_formed(void **state)
{
	(void)state;
	struct bench b = bench_new();
	uint8_t got[64];
	command(b.p, "fault flat-3 foreign");
	ask_rtu(b.fd, 7);
	assert_int_equal(hear_some(b.fd, got, sizeof(got), 7), 7);
	assert_int_equal(got[0], 8);
	assert_true(crc_is_right(got, 7));
	ask_mbus(b.fd, MBUS_REQ_UD2, 5);
	size_t n = hear_some(b.fd, got, sizeof(got), 17), size = 0;
	assert_int_equal(mbus_cut((struct slice){got, n}, MBUS_CUT_REPLY, &size), MBUS_CUT_FULL);
	assert_int_equal(got[5], 6);
	bench_free(&b);
}

static void a_truncated_reply_has_as_many_bytes_as_asked_for(void **state)
{
	(void)state;
	struct bench b = bench_new();
	uint8_t got[64];
	command(b.p, "fault flat-3.power truncate");
	ask_rtu(b.fd, 7);
	assert_int_equal(hear_some(b.fd, got, sizeof(got), 3), 3);
	command(b.p, "clear flat-3.power truncate");
	command(b.p, "fault flat-3.power truncate bytes=5");
	ask_rtu(b.fd, 7);
	assert_int_equal(hear_some(b.fd, got, sizeof(got), 5), 5);
	bench_free(&b);
}

static void a_late_reply_comes_behind_the_next_one(void **state)
{
	(void)state;
	struct bench b = bench_new();
	uint8_t got[64];
	command(b.p, "fault flat-3.power late ms=150");
	ask_rtu(b.fd, 7);
	(void)usleep(2000);
	ask_rtu(b.fd, 9);
	assert_int_equal(hear_some(b.fd, got, sizeof(got), 14), 14);
	assert_int_equal(got[0], 9);
	assert_int_equal(got[7], 7);
	bench_free(&b);
}

static void an_echo_comes_before_the_reply(void **state)
{
	(void)state;
	struct bench b = bench_new();
	uint8_t got[64];
	command(b.p, "fault line-1 echo");
	ask_mbus(b.fd, MBUS_SND_NKE, 5);
	assert_int_equal(hear_some(b.fd, got, sizeof(got), 6), 6);
	static const uint8_t want[] = {0x10, 0x40, 5, 0x45, 0x16, 0xe5};
	assert_memory_equal(got, want, 6);
	bench_free(&b);
}

static void chance_is_the_same_for_the_same_seed(void **state)
{
	(void)state;
	char pattern[2][65] = {0};
	for (int round = 0; round < 2; round++) {
		struct bench b = bench_new();
		uint8_t got[64];
		command(b.p, "fault flat-4 truncate p=0.5 bytes=1");
		for (int i = 0; i < 64; i++) {
			ask_rtu(b.fd, 9);
			pattern[round][i] = hear_some(b.fd, got, sizeof(got), 1) == 1 ? 'x' : '.';
		}
		bench_free(&b);
	}
	assert_string_equal(pattern[0], pattern[1]);
	int hits = 0;
	for (int i = 0; i < 64; i++) {
		hits += pattern[0][i] == 'x';
	}
	assert_true(hits > 16 && hits < 48);
}

static void a_fault_lasts_from_till(void **state)
{
	(void)state;
	struct bench b = bench_new();
	uint8_t got[64];
	command(b.p, "fault flat-3.power silence till=2020-01-01T00:00:00Z");
	command(b.p, "fault flat-3.power silence from=2120-01-01T00:00:00Z");
	ask_rtu(b.fd, 7);
	assert_int_equal(hear_some(b.fd, got, sizeof(got), 7), 7);
	command(b.p,
		"fault flat-3.power silence from=2020-01-01T00:00:00Z till=2120-01-01T00:00:00Z");
	ask_rtu(b.fd, 7);
	assert_int_equal(hear(b.fd, got, sizeof(got), 60), 0);
	bench_free(&b);
}

/* What the protocol sees of the faults of time, told by a meter that answers with them. */
static bool clock_answer(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	(void)now_us;
	if (request.data[0] != d->address) {
		return false;
	}
	if (request.data[1] == 6) { /* set the clock right */
		d->clock_set_s -= d->clock_offset_s;
	}
	d->memory[0]++;
	buf_printf(reply, "%lld %lld %lld %d\n", (long long)d->clock_offset_s,
		(long long)d->off_from_utc, (long long)d->off_till_utc, d->memory[0]);
	return true;
}
static const struct sim_protocol clock_protocol = {
	.name = "clock", .frame = rtu_frame, .answer = clock_answer};

static void ask_clock(int fd, int function, long long ret[4])
{
	char got[128] = {0};
	uint8_t q[8] = {7, (uint8_t)function, 0, 0, 0, 1};
	uint16_t crc = crc16_modbus((struct slice){q, 6});
	q[6] = (uint8_t)crc;
	q[7] = (uint8_t)(crc >> 8);
	say(fd, q, sizeof(q));
	size_t n = hear_some(fd, (uint8_t *)got, sizeof(got) - 1, 8);
	assert_true(n > 0);
	assert_int_equal(sscanf(got, "%lld %lld %lld %lld", &ret[0], &ret[1], &ret[2], &ret[3]), 4);
}

static void a_clock_jumps_once_and_can_be_set(void **state)
{
	(void)state;
	struct sim_ports *p = ports_of(false, false);
	int port;
	assert_int_equal(sim_ports_pty(p, "line-1", NULL, &port, NULL), ERR_OK);
	struct sim_meter m = meter_of(&clock_protocol, "a", 7);
	m.clock_s = -12;
	attach(p, port, &m);
	assert_int_equal(sim_ports_start(p, NULL), ERR_OK);
	int fd = open_port(p, 0);
	long long told[4];
	ask_clock(fd, 4, told);
	assert_int_equal(told[0], -12);
	command(p, "fault a clock s=7200");
	ask_clock(fd, 4, told);
	assert_int_equal(told[0], 7188);
	ask_clock(fd, 6, told);
	ask_clock(fd, 4, told);
	assert_int_equal(told[0], 0);
	(void)close(fd);
	sim_ports_free(p);
}

static void a_power_cut_silences_and_leaves_its_hole(void **state)
{
	(void)state;
	struct sim_ports *p = ports_of(false, false);
	int port;
	assert_int_equal(sim_ports_pty(p, "line-1", NULL, &port, NULL), ERR_OK);
	struct sim_meter m = meter_of(&clock_protocol, "a", 7);
	attach(p, port, &m);
	assert_int_equal(sim_ports_start(p, NULL), ERR_OK);
	int fd = open_port(p, 0);
	long long told[4];
	uint8_t got[64];
	ask_clock(fd, 4, told);
	ask_clock(fd, 4, told);
	assert_int_equal(told[3], 2);
	command(p, "fault a power from=2026-01-10T00:00:00Z");
	ask_rtu(fd, 7);
	assert_int_equal(hear(fd, got, sizeof(got), 60), 0);
	command(p, "clear a power");
	ask_clock(fd, 4, told);
	assert_int_equal(told[1], 1768003200);
	assert_true(told[2] <= clock_now() && told[2] > 1768003200);
	assert_int_equal(told[3], 1); /* it has forgotten */
	(void)close(fd);
	sim_ports_free(p);
}

static void faults_are_read_and_written_in_words(void **state)
{
	(void)state;
	static const char *const good[][2] = {
		{"flat-3:silence", "fault flat-3 silence\n"},
		{"*:noise:p=0.25,where=before", "fault * noise p=0.25 where=before\n"},
		{"a:late:ms=500", "fault a late ms=500\n"},
		{"a late", "fault a late ms=3000\n"},
		{"input.heat:power:from=2026-01-10T00:00:00Z,till=2026-01-11T06:00:00Z",
			"fault input.heat power from=2026-01-10T00:00:00Z till=2026-01-11T06:00:00Z\n"},
	};
	static const char *const bad[] = {"", "a", "a:", "a:loud", "a:silence:p", "a:silence:p=0",
		"a:silence:p=1.5", "a:silence:ms=4", "a:late:ms=0", "a:late:ms=x",
		"a:power:from=tomorrow", "a:noise:where=there"};
	struct buf b;
	buf_init(&b, 1000);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct sim_fault f;
		assert_int_equal(sim_fault_parse(good[i][0], &f, NULL), ERR_OK);
		buf_clear(&b);
		sim_fault_text(&f, &b);
		assert_string_equal(buf_cstr(&b), good[i][1]);
		char line[128] = {0};
		memcpy(line, good[i][1] + strlen("fault "),
			strcspn(good[i][1], "\n") - strlen("fault "));
		assert_int_equal(sim_fault_parse(line, &f, NULL), ERR_OK); /* and reads back */
		buf_clear(&b);
		sim_fault_text(&f, &b);
		assert_string_equal(buf_cstr(&b), good[i][1]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sim_fault f;
		assert_int_not_equal(sim_fault_parse(bad[i], &f, NULL), ERR_OK);
	}
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_of_the_group_it_names),
		cmocka_unit_test(a_wrong_checksum_is_all_that_is_wrong),
		cmocka_unit_test(noise_inside_is_found_by_every_checksum),
		cmocka_unit_test(noise_before_leaves_the_reply_whole),
		cmocka_unit_test(a_foreign_reply_is_well_formed),
		cmocka_unit_test(a_truncated_reply_has_as_many_bytes_as_asked_for),
		cmocka_unit_test(a_late_reply_comes_behind_the_next_one),
		cmocka_unit_test(an_echo_comes_before_the_reply),
		cmocka_unit_test(chance_is_the_same_for_the_same_seed),
		cmocka_unit_test(a_fault_lasts_from_till),
		cmocka_unit_test(a_clock_jumps_once_and_can_be_set),
		cmocka_unit_test(a_power_cut_silences_and_leaves_its_hole),
		cmocka_unit_test(faults_are_read_and_written_in_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
