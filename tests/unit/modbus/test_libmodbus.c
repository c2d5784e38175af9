/*
 * test_libmodbus.c - a slave of libmodbus on a serial line, read by the driver through termios
 *
 *     libmodbus ── pty ══ bridge ══ pty ── serial: link ── talk ── driver
 *
 * libmodbus holds the registers. Its own float helpers are not used: what they call ABCD changed
 * between its releases.
 */
#include "test.h"

#include "base/str.h"
#include "link/link.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "proto/modbus.h"

#include <modbus/modbus.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <stdatomic.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define UNIT 5

extern const struct driver driver_modbus;

static struct {
	int master[2], slave[2]; /* of two pseudo-terminals: the slave's and ours */
	char path[2][64];
	pthread_t bridge, server;
	atomic_bool is_over;
	modbus_t *modbus;
	modbus_mapping_t *mapping;
} line;

/* What one terminal says the other hears, until both are quiet and the test is over. */
static void *bridge_run(void *unused)
{
	struct pollfd fds[2] = {{line.master[0], POLLIN, 0}, {line.master[1], POLLIN, 0}};
	uint8_t bytes[512];
	(void)unused;
	while (!atomic_load(&line.is_over)) {
		(void)poll(fds, 2, 50);
		for (int i = 0; i < 2; i++) {
			ssize_t n = fds[i].revents & POLLIN ?
					    read(fds[i].fd, bytes, sizeof(bytes)) :
					    0;
			if (n > 0 && write(line.master[1 - i], bytes, (size_t)n) != n) {
				return NULL;
			}
		}
	}
	return NULL;
}

static void *server_run(void *unused)
{
	uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];
	(void)unused;
	while (!atomic_load(&line.is_over)) {
		int n = modbus_receive(line.modbus, query);
		if (n > 0) {
			(void)modbus_reply(line.modbus, query, n, line.mapping);
		}
	}
	return NULL;
}

static int begin(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct termios raw;
		if (openpty(&line.master[i], &line.slave[i], line.path[i], NULL, NULL) ||
			tcgetattr(line.slave[i], &raw)) {
			return 1;
		}
		cfmakeraw(&raw);
		(void)tcsetattr(line.slave[i], TCSANOW, &raw);
	}
	line.modbus = modbus_new_rtu(line.path[0], 9600, 'N', 8, 1);
	line.mapping = modbus_mapping_new(0, 0, 0x400, 0x200); /* holding, input registers */
	if (!line.modbus || !line.mapping || modbus_set_slave(line.modbus, UNIT) ||
		modbus_connect(line.modbus) ||
		modbus_set_indication_timeout(line.modbus, 0, 100000)) {
		return 1;
	}
	return pthread_create(&line.bridge, NULL, bridge_run, NULL) ||
	       pthread_create(&line.server, NULL, server_run, NULL);
}

static int end(void **state)
{
	(void)state;
	atomic_store(&line.is_over, true);
	(void)pthread_join(line.server, NULL);
	(void)pthread_join(line.bridge, NULL);
	modbus_close(line.modbus);
	modbus_free(line.modbus);
	modbus_mapping_free(line.mapping);
	for (int i = 0; i < 2; i++) {
		(void)close(line.master[i]);
		(void)close(line.slave[i]);
	}
	return 0;
}

static void open_talk(const char *params, struct link **ret_link, struct talk **ret_talk)
{
	struct line settings = {.is_enabled = true};
	struct meter meter = {0};
	struct diag diag = {0};
	char url[80];
	(void)snprintf(url, sizeof(url), "serial:%s", line.path[1]);
	(void)STR_COPY(meter.params, params);
	if (link_open(url, NULL, ret_link, &diag) ||
		talk_new(&driver_modbus, &settings, &meter, NULL, ret_talk, &diag)) {
		fail_msg("%s", diag.text);
	}
	talk_attach(*ret_talk, *ret_link, NULL);
	assert_int_equal(talk_begin(*ret_talk, 1736488800), ERR_OK);
}

static void float_put(float f, uint16_t *to)
{
	uint32_t bits;
	memcpy(&bits, &f, sizeof(bits));
	to[0] = (uint16_t)(bits >> 16);
	to[1] = (uint16_t)bits;
}

static double value_of(const struct sample_list *l, const char *key)
{
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->items[i]->key, key) == 0) {
			return l->items[i]->sample.value;
		}
	}
	fail_msg("no %s", key);
	return 0;
}

static void values_read_equal_those_set_in_the_slave(void **state)
{
	struct sample_list got;
	struct link *link;
	struct talk *talk;
	(void)state;
	uint16_t *input = line.mapping->tab_input_registers;
	float_put(230.2f, input + 0x00);
	float_put(-1523.75f, input + 0x34);
	float_put(10909.283f, input + 0x48);
	float_put(49.98f, input + 0x46);
	open_talk("address=5 model=sdm630", &link, &talk);
	sample_list_init(&got);
	enum err e = driver_modbus.read_current(talk, &got.sink);
	if (e) {
		fail_msg("%s: %s", err_name(e), talk_diag(talk)->text);
	}
	assert_true(value_of(&got, "voltage.l1") == 230.2);
	assert_true(value_of(&got, "active_power") == -1523.75);
	assert_true(value_of(&got, "active_energy") == 10909.283);
	assert_true(value_of(&got, "frequency") == 49.98);
	assert_true(value_of(&got, "voltage.l2") == 0);
	sample_list_fini(&got);
	talk_free(talk);
	link_close(link);
}

static void the_clock_written_is_found_in_the_slave(void **state)
{
	struct link *link;
	struct talk *talk;
	int64_t utc;
	(void)state;
	open_talk("address=5 model=domovoi_heat", &link, &talk);
	/* 2025-01-10 06:01:07 in four holding registers */
	assert_int_equal(driver_modbus.set_clock(talk, 1736488867), ERR_OK);
	const uint16_t *holding = line.mapping->tab_registers + 0x100;
	assert_int_equal(holding[0], 2025);
	assert_int_equal(holding[1], 1 << 8 | 10);
	assert_int_equal(holding[2], 6 << 8 | 1);
	assert_int_equal(holding[3], 7 << 8);
	assert_int_equal(driver_modbus.read_clock(talk, &utc), ERR_OK);
	assert_int_equal(utc, 1736488867);
	talk_free(talk);
	link_close(link);
}

static void registers_the_slave_lacks_are_no_data(void **state)
{
	struct sample_list got;
	struct link *link;
	struct talk *talk;
	(void)state;
	open_talk("address=5 model=umg96rm", &link, &talk); /* from 0x4A38 on */
	sample_list_init(&got);
	assert_int_equal(driver_modbus.read_current(talk, &got.sink), ERR_NODATA);
	assert_int_equal(got.n, 0);
	sample_list_fini(&got);
	talk_free(talk);
	link_close(link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_read_equal_those_set_in_the_slave),
		cmocka_unit_test(the_clock_written_is_found_in_the_slave),
		cmocka_unit_test(registers_the_slave_lacks_are_no_data),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
