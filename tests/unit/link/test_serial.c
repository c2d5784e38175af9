/*
 * test_serial.c - a serial port on a real pseudo-terminal, seen from its other side
 */
#include "test.h"

#include "link/link.h"

/* the kernel's termios2, which knows every speed; it does not go together with termios.h */
#include <asm/termbits.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct pty {
	int master, slave;
	char url[300];
};

static void pty_open(struct pty *p, bool keeps_slave)
{
	char name[256];
	p->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(p->master >= 0);
	assert_int_equal(grantpt(p->master), 0);
	assert_int_equal(unlockpt(p->master), 0);
	assert_int_equal(ptsname_r(p->master, name, sizeof(name)), 0);
	p->slave = keeps_slave ? open(name, O_RDWR | O_NOCTTY) : -1;
	(void)snprintf(p->url, sizeof(p->url), "serial:%s", name);
}

static void pty_close(struct pty *p)
{
	(void)close(p->master);
	if (p->slave >= 0) {
		(void)close(p->slave);
	}
}

static struct termios2 settings(const struct pty *p)
{
	struct termios2 t;
	assert_int_equal(ioctl(p->slave, TCGETS2, &t), 0);
	return t;
}

static void usual_speeds_reach_the_port_by_their_constant(void **state)
{
	(void)state;
	static const struct {
		int baud;
		tcflag_t code;
	} cases[] = {
		{300, B300}, {2400, B2400}, {9600, B9600}, {115200, B115200}, {921600, B921600}};
	struct pty p;
	pty_open(&p, true);
	struct link *l;
	assert_int_equal(link_open(p.url, NULL, &l, NULL), ERR_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct link_setup setup = {.baud = cases[i].baud, .framing = "8N1"};
		assert_int_equal(link_setup(l, &setup, NULL), ERR_OK);
		assert_int_equal(settings(&p).c_cflag & CBAUD, cases[i].code);
		assert_int_equal(settings(&p).c_ospeed, cases[i].baud);
	}
	link_close(l);
	pty_close(&p);
}

static void any_speed_reaches_the_port(void **state)
{
	(void)state;
	struct pty p;
	pty_open(&p, true);
	struct link *l;
	for (int baud = 1000; baud < 3000000; baud = baud * 7 / 3) {
		struct link_setup setup = {.baud = baud, .framing = "8E1"};
		assert_int_equal(link_open(p.url, &setup, &l, NULL), ERR_OK);
		assert_int_equal(settings(&p).c_ospeed, baud);
		link_close(l);
	}
	pty_close(&p);
}

static void stop_bits_and_parity_sense_reach_the_port(void **state)
{
	(void)state;
	struct pty p;
	pty_open(&p, true);
	struct link *l;
	/* a pty keeps neither CS7 nor PARENB; it must be tolerated, the rest must arrive */
	static const struct {
		const char *framing;
		tcflag_t flags;
	} cases[] = {{"8N1", 0}, {"8N2", CSTOPB}, {"7O2", CSTOPB | PARODD}, {"7E1", 0}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct link_setup setup = {.baud = 9600};
		(void)strcpy(setup.framing, cases[i].framing);
		assert_int_equal(link_open(p.url, &setup, &l, NULL), ERR_OK);
		struct termios2 t = settings(&p);
		assert_int_equal(t.c_cflag & (CSTOPB | PARODD), cases[i].flags);
		assert_int_equal(t.c_lflag, 0);
		assert_int_equal(t.c_iflag, cases[i].framing[1] == 'N' ? 0 : INPCK);
		assert_int_equal(t.c_oflag, 0);
		link_close(l);
	}
	pty_close(&p);
}

static void nonsense_settings_are_refused(void **state)
{
	(void)state;
	struct pty p;
	pty_open(&p, true);
	struct link *l;
	struct diag diag;
	assert_int_equal(
		link_open(p.url, &(struct link_setup){.baud = 0, .framing = "8N1"}, &l, &diag),
		ERR_INVAL);
	assert_int_equal(
		link_open(p.url, &(struct link_setup){.baud = 9600, .framing = "9N1"}, &l, &diag),
		ERR_INVAL);
	assert_int_equal(
		link_open(p.url, &(struct link_setup){.baud = 9600, .framing = ""}, &l, &diag),
		ERR_INVAL);
	pty_close(&p);
}

static void every_byte_passes_unchanged_both_ways(void **state)
{
	(void)state;
	struct pty p;
	pty_open(&p, true);
	struct link *l;
	struct link_setup setup = {.baud = 9600, .framing = "8N1"};
	assert_int_equal(link_open(p.url, &setup, &l, NULL), ERR_OK);
	uint8_t all[256];
	uint8_t got[256];
	for (int i = 0; i < 256; i++) {
		all[i] = (uint8_t)i;
	}
	assert_int_equal(link_write(l, SLICE(all), NULL), ERR_OK);
	for (size_t n = 0; n < sizeof(got);) {
		ssize_t k = read(p.master, got + n, sizeof(got) - n);
		assert_true(k > 0);
		n += (size_t)k;
	}
	assert_memory_equal(all, got, sizeof(all));
	memset(got, 0, sizeof(got));
	assert_int_equal(write(p.master, all, sizeof(all)), sizeof(all));
	for (size_t n = 0; n < sizeof(got);) {
		size_t k = 0;
		assert_int_equal(link_read(l, got + n, sizeof(got) - n, 1000, &k, NULL), ERR_OK);
		n += k;
	}
	assert_memory_equal(all, got, sizeof(all));
	link_close(l);
	pty_close(&p);
}

static void silence_is_a_timeout_and_discard_counts(void **state)
{
	(void)state;
	struct pty p;
	pty_open(&p, true);
	struct link *l;
	struct link_setup setup = {.baud = 9600, .framing = "8N1"};
	assert_int_equal(link_open(p.url, &setup, &l, NULL), ERR_OK);
	uint8_t byte;
	size_t n;
	assert_int_equal(link_read(l, &byte, 1, 10, &n, NULL), ERR_TIMEOUT);
	assert_int_equal(write(p.master, "stale", 5), 5);
	assert_int_equal(link_read(l, &byte, 1, 1000, &n, NULL), ERR_OK);
	assert_int_equal(link_discard(l), 4);
	assert_int_equal(link_discard(l), 0);
	link_close(l);
	pty_close(&p);
}

static void a_port_in_use_is_refused_until_it_is_closed(void **state)
{
	(void)state;
	struct pty p;
	pty_open(&p, true);
	struct link *first;
	struct link *second;
	struct diag diag;
	assert_int_equal(link_open(p.url, NULL, &first, NULL), ERR_OK);
	assert_int_equal(link_open(p.url, NULL, &second, &diag), ERR_LINK);
	assert_non_null(strstr(diag.text, "another program"));
	link_close(first);
	assert_int_equal(link_open(p.url, NULL, &second, NULL), ERR_OK);
	link_close(second);
	pty_close(&p);
}

static void a_peer_that_hangs_up_is_a_failure_of_the_line(void **state)
{
	(void)state;
	struct pty p;
	pty_open(&p, false);
	struct link *l;
	struct link_setup setup = {.baud = 9600, .framing = "8N1"};
	assert_int_equal(link_open(p.url, &setup, &l, NULL), ERR_OK);
	(void)close(p.master);
	uint8_t byte;
	size_t n;
	struct diag diag;
	assert_int_equal(link_read(l, &byte, 1, 60000, &n, &diag), ERR_LINK);
	assert_int_equal(link_write(l, SLICE(((const uint8_t[]){1, 2})), &diag), ERR_LINK);
	assert_int_equal(link_setup(l, &setup, &diag), ERR_LINK);
	link_close(l);
}

static void what_is_not_a_serial_port_is_refused(void **state)
{
	(void)state;
	struct link *l;
	struct diag diag;
	assert_int_equal(link_open("serial:/dev/null", NULL, &l, &diag), ERR_LINK);
	assert_int_equal(link_open("serial:/dev/no-such-port", NULL, &l, &diag), ERR_LINK);
	assert_int_equal(link_open("serial:ttyS0", NULL, &l, &diag), ERR_INVAL);
}

static void urls_are_known_or_refused(void **state)
{
	(void)state;
	static const char *const good[] = {"serial:/dev/ttyUSB0", "serial:/dev/ttyS1?rs485=off",
		"serial:/dev/ttyS1?rs485=on", "tcp://host:1", "tcp://10.0.0.7:4001",
		"tcp://[::1]:65535", "replay:x.rec"};
	static const char *const bad[] = {"", "serial:", "serial:ttyS0",
		"serial:/dev/ttyS1?rs485=maybe", "tcp://", "tcp://host",
		"tcp://host:", "tcp://host:0", "tcp://host:65536", "tcp://host:4001x",
		"tcp://:4001", "tcp://[::1]", "tcp://[::1:4001", "tcp://a b:4001",
		"tcp://host/path:1", "tcp://host:0x10", "replay:", "ftp://host:1", "/dev/ttyS0"};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(link_url_is_valid(good[i]));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(link_url_is_valid(bad[i]));
	}
}

static void characters_have_the_bits_of_their_framing(void **state)
{
	(void)state;
	assert_int_equal(link_char_bits("8N1"), 10);
	assert_int_equal(link_char_bits("8E1"), 11);
	assert_int_equal(link_char_bits("8N2"), 11);
	assert_int_equal(link_char_bits("7E1"), 10);
	assert_int_equal(link_char_bits("7N1"), 9);
	assert_int_equal(link_char_bits("8X1"), 0);
	assert_int_equal(link_char_bits("8N"), 0);
	assert_int_equal(link_char_bits("8N1 "), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual_speeds_reach_the_port_by_their_constant),
		cmocka_unit_test(any_speed_reaches_the_port),
		cmocka_unit_test(stop_bits_and_parity_sense_reach_the_port),
		cmocka_unit_test(nonsense_settings_are_refused),
		cmocka_unit_test(every_byte_passes_unchanged_both_ways),
		cmocka_unit_test(silence_is_a_timeout_and_discard_counts),
		cmocka_unit_test(a_port_in_use_is_refused_until_it_is_closed),
		cmocka_unit_test(a_peer_that_hangs_up_is_a_failure_of_the_line),
		cmocka_unit_test(what_is_not_a_serial_port_is_refused),
		cmocka_unit_test(urls_are_known_or_refused),
		cmocka_unit_test(characters_have_the_bits_of_their_framing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
