/*
 * port.h - ports of the simulator: what the bytes of meters go through
 *
 *   pty      a pseudo-terminal with a symlink; the reader opens it like any serial port
 *   tcp      a listener; every client hears what the meters say to it
 *
 * A port is a shared bus. Every protocol on it listens to the same bytes and cuts its own frames out
 * of them (sim_protocol.frame); bytes of the others are noise to it. When two meters answer one
 * request, their replies are mixed as on a wire: a bit is zero if either sends zero.
 *
 *   request bytes ──> each protocol's frame() ──> each meter's answer() ──> faults ──> pacing ──> out
 *
 * All ports of one struct sim_ports are served by one thread. Names of ports and meters are keys
 * (str_is_key) and unique together: faults and commands use them.
 *
 * Time: the meters are asked with clock_now_us(); pacing and late replies run on clock_mono_us().
 */
#ifndef DOMOVOI_PORT_H
#define DOMOVOI_PORT_H

#include "base/buf.h"
#include "sim/device.h"
#include "sim/sim.h"

struct sim_ports;

struct sim_ports_options {
	uint64_t seed;
	bool is_paced;
	bool is_strict_speed;
};

#define SIM_NAME_CAP  48
#define SIM_PORTS_MAX 128

/* A meter on a port. Copied by sim_ports_attach; device.source is borrowed. */
struct sim_meter {
	struct sim_device device;
	char name[SIM_NAME_CAP]; /* "flat-3.cold" */
	char framing[8];         /* "8E1": how long a character takes when paced; "" 8N1 */
	int64_t clock_s;         /* its clock minus true time when the simulator starts */
	double drift_ppm;        /* of its clock since then */
	int turnaround_ms;       /* from the end of a request to the reply, when paced */
};

struct sim_ports *sim_ports_new(const struct sim_ports_options *options); /* NULL: no memory */
void sim_ports_free(struct sim_ports *p); /* stops the thread, removes symlinks; NULL is fine */

/* `path`: the symlink, replaced if it is one already; NULL: none, see sim_ports_url. */
enum err sim_ports_pty(
	struct sim_ports *p, const char *name, const char *path, int *ret_port, struct diag *diag);
/* `tcp_port` 0: any free one. `baud`: of the bus behind the gateway, for pacing. */
enum err sim_ports_tcp(struct sim_ports *p, const char *name, const char *host, int tcp_port,
	int baud, int *ret_port, struct diag *diag);
enum err sim_ports_attach(
	struct sim_ports *p, int port, const struct sim_meter *meter, struct diag *diag);
/* Listen for commands on a UNIX socket. */
enum err sim_ports_control(struct sim_ports *p, const char *path, struct diag *diag);
enum err sim_ports_start(struct sim_ports *p, struct diag *diag);

const char *sim_ports_url(
	const struct sim_ports *p, int port); /* "serial:/dev/pts/7" or by symlink */
size_t sim_ports_meters(const struct sim_ports *p, int port);
/* "fault ...", "clear", "line NAME down|up|unplug", "list": docs/simulator.md. Any thread. */
enum err sim_ports_command(
	struct sim_ports *p, const char *command, struct buf *reply, struct diag *diag);
struct sim_counts sim_ports_counts(struct sim_ports *p);

#endif
