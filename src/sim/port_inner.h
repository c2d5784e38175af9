/*
 * port_inner.h - what the files of the ports share; nobody else includes this
 *
 *   port.c          ports and meters are made and unmade
 *   port_bus.c      bytes heard -> requests -> replies, faults, collisions -> what is to be sent when
 *   port_loop.c     the thread: waits for bytes and for due moments, sends
 *   port_command.c  the control language
 *
 * One lock guards everything; the thread gives it up only while it waits.
 */
#ifndef DOMOVOI_PORT_INNER_H
#define DOMOVOI_PORT_INNER_H

#include "sim/fault.h"
#include "sim/port.h"
#include "sim/tty.h"

#include <pthread.h>
#include <stdatomic.h>

#define METERS_MAX  4096
#define CLIENTS_MAX 16 /* of one TCP port, and of the control socket */
#define FAULTS_MAX  64
#define RX_CAP      320 /* more than the longest frame of any protocol here */
#define TX_MAX      32  /* replies under way on one port; more are dropped */
#define REPLY_MAX   4096
#define ANSWERS_MAX 16 /* requests in one piece of the byte stream */
#define LINE_CAP    512

struct meter_slot {
	struct sim_meter m;
	int port;
	uint8_t rx[RX_CAP]; /* heard and not yet understood */
	size_t rx_n;
	int64_t jump_s;    /* of the clock, by faults */
	int64_t began_utc; /* drift counts from here */
	uint64_t turn;     /* replies so far: where its stream of chance is */
	bool was_off;
	int64_t push_us; /* real: when it speaks by itself next */
};

/* Bytes on their way out. */
struct tx {
	struct buf bytes;
	size_t sent;
	int64_t due_us;  /* real; the first byte begins */
	int64_t char_us; /* 0: all at once */
	int client;      /* TCP: who gets it */
	uint32_t serial; /* of that client, so that a successor does not get it */
};

/* What the meters say to the request that ended at `pos` of the stream. */
struct answers {
	uint64_t pos;
	struct buf bytes;
	int count;
	int bits; /* of a character */
	int turnaround_ms;
	int64_t late_us;
};

enum port_state {
	PORT_UP,
	PORT_DOWN,
	PORT_UNPLUGGED
};

struct client {
	int fd; /* -1: free */
	uint32_t serial;
	char line[LINE_CAP]; /* control: a command so far */
	size_t line_n;
};

struct port {
	char name[SIM_NAME_CAP];
	char url[300];
	char path[256]; /* symlink; "" none */
	char host[64];
	int tcp_port;
	bool is_tcp;
	int baud; /* TCP: of the bus behind */
	enum port_state state;
	struct sim_tty tty;
	int listener;
	struct client clients[CLIENTS_MAX];
	uint32_t serials;
	size_t *meters; /* indices */
	size_t meter_count;
	uint64_t pos, full_pos; /* bytes heard; end of the last request */
	int64_t heard_us;       /* real */
	int64_t busy_till_us;   /* real: paced bytes are on the wire until then */
	struct tx tx[TX_MAX];
	size_t tx_n;
};

struct sim_ports {
	struct sim_ports_options options;
	pthread_mutex_t lock;
	pthread_t thread;
	bool is_running;
	atomic_bool must_stop;
	int wake; /* eventfd */
	struct port ports[SIM_PORTS_MAX];
	int port_count;
	struct meter_slot **meters;
	size_t meter_count;
	struct sim_fault faults[FAULTS_MAX];
	size_t fault_count;
	int control; /* listener; -1 */
	char control_path[108];
	struct client controls[CLIENTS_MAX];
	uint32_t control_serials;
	struct answers answers[ANSWERS_MAX];
	size_t answer_count;
	struct buf scratch;
	struct sim_counts counts;
};

enum err port_open(struct port *port, struct diag *diag);
void port_close(struct port *port);
struct port *port_find(struct sim_ports *p, const char *name);

/* Bytes came from `client` (0 of a pty). */
void port_heard(struct sim_ports *p, struct port *port, int client, struct slice bytes);
/* What meters say by themselves. Returns the real moment of the next telegram, INT64_MAX: never. */
int64_t port_push(struct sim_ports *p, struct port *port, int64_t mono_us);
/* Send what is due. Returns the real moment of the next byte, INT64_MAX if there is none. */
int64_t port_flush(struct port *port, int64_t mono_us);
void port_forget(struct port *port); /* bytes under way and half heard are lost */
void meter_update(struct sim_ports *p, struct meter_slot *s, int64_t utc);
void faults_update(struct sim_ports *p, int64_t utc);

void *port_loop(void *arg);
void ports_wake(struct sim_ports *p);
/* The lock is held. */
enum err command_run(
	struct sim_ports *p, const char *command, struct buf *reply, struct diag *diag);

#endif
