/*
 * test_port.c - a port is a shared bus: speeds, protocols side by side, collisions, pacing, TCP
 */
#include "bus.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>

static const uint8_t from_7[] = {7, 4, 2, 0, 7, 0x70, 0xf2};

static struct sim_ports *one_of_each(bool is_paced, bool is_strict)
{
	struct sim_ports *p = ports_of(is_paced, is_strict);
	int port;
	assert_int_equal(sim_ports_pty(p, "line-1", NULL, &port, NULL), ERR_OK);
	struct sim_meter rtu = meter_of(&rtu_protocol, "a.rtu", 7),
			 ack = meter_of(&ack_protocol, "b.ack", 7);
	rtu.device.baud = 9600;
	ack.device.baud = 2400;
	(void)strcpy(ack.framing, "8E1");
	attach(p, port, &rtu);
	attach(p, port, &ack);
	assert_int_equal(sim_ports_start(p, NULL), ERR_OK);
	return p;
}

static void set_speed(int fd, speed_t speed)
{
	struct termios t;
	assert_int_equal(tcgetattr(fd, &t), 0);
	cfmakeraw(&t);
	assert_int_equal(cfsetspeed(&t, speed), 0);
	assert_int_equal(tcsetattr(fd, TCSANOW, &t), 0);
}

static void meters_of_two_protocols_share_a_line(void **state)
{
	(void)state;
	struct sim_ports *p = one_of_each(false, false);
	int fd = open_port(p, 0);
	uint8_t got[64];
	for (int i = 0; i < 3; i++) {
		ask_rtu(fd, 7);
		assert_int_equal(hear_some(fd, got, sizeof(got), 7), 7);
		assert_memory_equal(got, from_7, 7);
		ask_mbus(fd, MBUS_SND_NKE, 7);
		assert_int_equal(hear_some(fd, got, sizeof(got), 1), 1);
		assert_int_equal(got[0], 0xe5);
	}
	assert_int_equal(sim_ports_counts(p).requests, 6);
	assert_int_equal(sim_ports_counts(p).replies, 6);
	(void)close(fd);
	sim_ports_free(p);
}

static void nobody_answers_for_an_absent_address(void **state)
{
	(void)state;
	struct sim_ports *p = one_of_each(false, false);
	int fd = open_port(p, 0);
	uint8_t got[64];
	ask_rtu(fd, 8);
	assert_int_equal(hear(fd, got, sizeof(got), 60), 0);
	ask_rtu(fd, 7); /* and the next request is understood */
	assert_int_equal(hear_some(fd, got, sizeof(got), 7), 7);
	(void)close(fd);
	sim_ports_free(p);
}

static void a_request_may_come_in_pieces_and_behind_noise(void **state)
{
	(void)state;
	struct sim_ports *p = one_of_each(false, false);
	int fd = open_port(p, 0);
	uint8_t got[64];
	static const uint8_t request[] = {0x55, 0x00, 0x10, 7, 4, 0, 0, 0, 1, 0x31, 0xac};
	uint16_t crc = crc16_modbus((struct slice){request + 3, 6});
	assert_int_equal(request[9] | request[10] << 8, crc);
	say(fd, request, 5);
	(void)usleep(20000);
	say(fd, request + 5, sizeof(request) - 5);
	assert_int_equal(hear_some(fd, got, sizeof(got), 7), 7);
	assert_memory_equal(got, from_7, 7);
	(void)close(fd);
	sim_ports_free(p);
}

static void a_strict_meter_hears_only_its_own_speed(void **state)
{
	(void)state;
	struct sim_ports *p = one_of_each(false, true);
	int fd = open_port(p, 0);
	uint8_t got[64];
	set_speed(fd, B2400);
	ask_rtu(fd, 7);
	assert_int_equal(hear(fd, got, sizeof(got), 60), 0);
	ask_mbus(fd, MBUS_SND_NKE, 7);
	assert_int_equal(hear_some(fd, got, sizeof(got), 1), 1);
	set_speed(fd, B9600);
	ask_mbus(fd, MBUS_SND_NKE, 7);
	assert_int_equal(hear(fd, got, sizeof(got), 60), 0);
	ask_rtu(fd, 7);
	assert_int_equal(hear_some(fd, got, sizeof(got), 7), 7);
	(void)close(fd);
	sim_ports_free(p);
}

static void two_answers_collide_bit_by_bit(void **state)
{
	(void)state;
	struct sim_ports *p = ports_of(false, false);
	int port;
	assert_int_equal(sim_ports_pty(p, "line-1", NULL, &port, NULL), ERR_OK);
	struct sim_meter a = meter_of(&ack_protocol, "a", 5), b = meter_of(&ack_protocol, "b", 6);
	attach(p, port, &a);
	attach(p, port, &b);
	assert_int_equal(sim_ports_start(p, NULL), ERR_OK);
	int fd = open_port(p, 0);
	uint8_t alone[2][64], both[64];
	ask_mbus(fd, MBUS_REQ_UD2, 5);
	size_t n = hear_some(fd, alone[0], 64, 17);
	ask_mbus(fd, MBUS_REQ_UD2, 6);
	assert_int_equal(hear_some(fd, alone[1], 64, 17), n);
	ask_mbus(fd, MBUS_REQ_UD2, MBUS_ADDRESS_ANY);
	assert_int_equal(hear_some(fd, both, 64, 17), n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(both[i], alone[0][i] & alone[1][i]);
	}
	/* equal answers stay whole: a search sees that somebody is there */
	ask_mbus(fd, MBUS_SND_NKE, MBUS_ADDRESS_ANY);
	assert_int_equal(hear_some(fd, both, 64, 1), 1);
	assert_int_equal(both[0], 0xe5);
	assert_int_equal(sim_ports_counts(p).collisions, 2);
	(void)close(fd);
	sim_ports_free(p);
}

/* No duration is asserted but the one that physics sets: not before the wire could have done it. */
static void paced_bytes_arrive_in_order_and_not_before_their_time(void **state)
{
	(void)state;
	struct sim_ports *p = one_of_each(true, false);
	int fd = open_port(p, 0);
	uint8_t got[64];
	set_speed(fd, B9600);
	int64_t from_us = clock_mono_us();
	ask_rtu(fd, 7); /* 8 characters out, 7 back, 10 bits each */
	assert_int_equal(hear_some(fd, got, sizeof(got), 7), 7);
	assert_true(clock_mono_us() - from_us >= 15 * 10 * 1000000 / 9600);
	assert_memory_equal(got, from_7, 7);
	set_speed(fd, B2400);
	from_us = clock_mono_us();
	ask_mbus(fd, MBUS_REQ_UD2, 7); /* 5 and 17 characters of 11 bits */
	size_t n = hear_some(fd, got, sizeof(got), 17);
	assert_int_equal(n, 17);
	assert_true(clock_mono_us() - from_us >= 22 * 11 * 1000000LL / 2400);
	assert_int_equal(ack_frame((struct slice){got, n}).state, FRAME_FULL);
	(void)close(fd);
	sim_ports_free(p);
}

static void a_pty_has_its_symlink_as_long_as_it_lives(void **state)
{
	(void)state;
	char dir[] = "/tmp/domovoi-test-XXXXXX", path[64];
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/rs485-1", dir);
	assert_int_equal(symlink("/nowhere", path), 0); /* left behind by one that was killed */
	struct sim_ports *p = ports_of(false, false);
	int port;
	assert_int_equal(sim_ports_pty(p, "rs485-1", path, &port, NULL), ERR_OK);
	struct sim_meter m = meter_of(&rtu_protocol, "a", 7);
	attach(p, port, &m);
	assert_int_equal(sim_ports_start(p, NULL), ERR_OK);
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_true(fd >= 0);
	uint8_t got[16];
	ask_rtu(fd, 7);
	assert_int_equal(hear_some(fd, got, sizeof(got), 7), 7);
	(void)close(fd);
	sim_ports_free(p);
	struct stat st;
	assert_int_equal(lstat(path, &st), -1);
	assert_int_equal(rmdir(dir), 0);
}

static void a_file_in_the_way_is_not_overwritten(void **state)
{
	(void)state;
	char path[] = "/tmp/domovoi-test-XXXXXX";
	int file = mkstemp(path);
	assert_true(file >= 0);
	struct sim_ports *p = ports_of(false, false);
	int port;
	struct diag diag;
	assert_int_equal(sim_ports_pty(p, "rs485-1", path, &port, &diag), ERR_EXISTS);
	sim_ports_free(p);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	(void)close(file);
	(void)unlink(path);
}

static int dial(const char *url)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	a.sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1));
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void a_tcp_port_answers_the_client_that_asked(void **state)
{
	(void)state;
	struct sim_ports *p = ports_of(false, false);
	int port;
	assert_int_equal(sim_ports_tcp(p, "tcp-1", "127.0.0.1", 0, 9600, &port, NULL), ERR_OK);
	struct sim_meter m = meter_of(&rtu_protocol, "a", 7);
	attach(p, port, &m);
	assert_int_equal(sim_ports_start(p, NULL), ERR_OK);
	int first = dial(sim_ports_url(p, port)), second = dial(sim_ports_url(p, port));
	uint8_t got[16];
	for (int i = 0; i < 3; i++) {
		ask_rtu(second, 7);
		assert_int_equal(hear_some(second, got, sizeof(got), 7), 7);
		ask_rtu(first, 7);
		assert_int_equal(hear_some(first, got, sizeof(got), 7), 7);
	}
	assert_int_equal(hear(second, got, sizeof(got), 20), 0);
	(void)close(first);
	ask_rtu(second, 7); /* one that leaves does not disturb the other */
	assert_int_equal(hear_some(second, got, sizeof(got), 7), 7);
	(void)close(second);
	sim_ports_free(p);
}

static void a_line_can_go_down_and_be_unplugged(void **state)
{
	(void)state;
	struct sim_ports *p = ports_of(false, false);
	int pty, tcp;
	assert_int_equal(sim_ports_pty(p, "line-1", NULL, &pty, NULL), ERR_OK);
	assert_int_equal(sim_ports_tcp(p, "tcp-1", "127.0.0.1", 0, 9600, &tcp, NULL), ERR_OK);
	struct sim_meter a = meter_of(&rtu_protocol, "a", 7), b = meter_of(&rtu_protocol, "b", 7);
	attach(p, pty, &a);
	attach(p, tcp, &b);
	assert_int_equal(sim_ports_start(p, NULL), ERR_OK);
	int fd = open_port(p, pty);
	uint8_t got[16];
	command(p, "line line-1 down");
	ask_rtu(fd, 7);
	assert_int_equal(hear(fd, got, sizeof(got), 60), 0);
	command(p, "line line-1 up");
	ask_rtu(fd, 7);
	assert_int_equal(hear_some(fd, got, sizeof(got), 7), 7);
	command(p, "line line-1 unplug");
	struct pollfd pf = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&pf, 1, 5000), 1); /* a reader is told */
	assert_true(read(fd, got, 1) <= 0);
	(void)close(fd);
	command(p, "line tcp-1 unplug");
	assert_int_equal(dial(sim_ports_url(p, tcp)), -1);
	command(p, "line tcp-1 up");
	fd = dial(sim_ports_url(p, tcp));
	assert_true(fd >= 0);
	ask_rtu(fd, 7);
	assert_int_equal(hear_some(fd, got, sizeof(got), 7), 7);
	(void)close(fd);
	sim_ports_free(p);
}

static void commands_come_over_a_socket(void **state)
{
	(void)state;
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "/tmp/domovoi-test-%d.sock", (int)getpid());
	struct sim_ports *p = ports_of(false, false);
	int port;
	assert_int_equal(sim_ports_pty(p, "line-1", NULL, &port, NULL), ERR_OK);
	struct sim_meter m = meter_of(&rtu_protocol, "a", 7);
	attach(p, port, &m);
	assert_int_equal(sim_ports_control(p, a.sun_path, NULL), ERR_OK);
	assert_int_equal(sim_ports_start(p, NULL), ERR_OK);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	static const struct {
		const char *say, *hear;
	} talk[] = {
		{"value a volume 2026-01-01T00:00:00Z\n", "1767225600 m3\nok\n"},
		{"fault a silence p=0.5\r\n", "ok\n"},
		{"fault line-1 late ms=20 from=2026-01-01T00:00:00Z\n", "ok\n"},
		{"clear line-1 late\n", "ok\n"},
		{"fault b silence\n", "error: not found: no line or meter 'b'\n"},
		{"fault a echo\n",
			"error: a value is not allowed: echo is a fault of a line, a is a meter\n"},
		{"counts\n", "requests 0 replies 0 collisions 0 faults 0\nok\n"},
	};
	for (size_t i = 0; i < sizeof(talk) / sizeof(talk[0]); i++) {
		char got[512] = {0};
		say(fd, talk[i].say, strlen(talk[i].say));
		size_t n = hear_some(fd, (uint8_t *)got, sizeof(got) - 1, strlen(talk[i].hear));
		got[n] = 0;
		assert_string_equal(got, talk[i].hear);
	}
	char got[1024] = {0};
	say(fd, "list\n", 5);
	(void)hear_some(fd, (uint8_t *)got, sizeof(got) - 1, 60);
	assert_non_null(strstr(got, "line line-1 up serial:/dev/pts/"));
	assert_non_null(strstr(got, "meter a line-1 rtu address=7"));
	assert_non_null(strstr(got, "fault a silence p=0.5\nok\n"));
	(void)close(fd);
	sim_ports_free(p);
	struct stat st;
	assert_int_equal(stat(a.sun_path, &st), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meters_of_two_protocols_share_a_line),
		cmocka_unit_test(nobody_answers_for_an_absent_address),
		cmocka_unit_test(a_request_may_come_in_pieces_and_behind_noise),
		cmocka_unit_test(a_strict_meter_hears_only_its_own_speed),
		cmocka_unit_test(two_answers_collide_bit_by_bit),
		cmocka_unit_test(paced_bytes_arrive_in_order_and_not_before_their_time),
		cmocka_unit_test(a_pty_has_its_symlink_as_long_as_it_lives),
		cmocka_unit_test(a_file_in_the_way_is_not_overwritten),
		cmocka_unit_test(a_tcp_port_answers_the_client_that_asked),
		cmocka_unit_test(a_line_can_go_down_and_be_unplugged),
		cmocka_unit_test(commands_come_over_a_socket),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
