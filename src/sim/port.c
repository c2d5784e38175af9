/*
 * port.c - ports and meters are made and unmade; see port.h
 */
#include "sim/port_inner.h"

#include "base/clock.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct sim_ports *sim_ports_new(const struct sim_ports_options *options)
{
	struct sim_ports *p = calloc(1, sizeof(*p));
	if (!p) {
		return NULL;
	}
	p->options = *options;
	p->control = -1;
	buf_init(&p->scratch, REPLY_MAX);
	for (size_t i = 0; i < ANSWERS_MAX; i++) {
		buf_init(&p->answers[i].bytes, REPLY_MAX);
	}
	for (int i = 0; i < CLIENTS_MAX; i++) {
		p->controls[i].fd = -1;
	}
	p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake < 0 || pthread_mutex_init(&p->lock, NULL) != 0) {
		free(p);
		return NULL;
	}
	return p;
}

void ports_wake(struct sim_ports *p)
{
	uint64_t one = 1;
	(void)!write(p->wake, &one, sizeof(one)); /* full: it wakes anyway */
}

static void close_clients(struct client *clients)
{
	for (int i = 0; i < CLIENTS_MAX; i++) {
		if (clients[i].fd >= 0) {
			(void)close(clients[i].fd);
			clients[i].fd = -1;
		}
	}
}

void sim_ports_free(struct sim_ports *p)
{
	if (!p) {
		return;
	}
	if (p->is_running) {
		atomic_store(&p->must_stop, true);
		ports_wake(p);
		(void)pthread_join(p->thread, NULL);
	}
	for (int i = 0; i < p->port_count; i++) {
		struct port *port = &p->ports[i];
		port_close(port);
		for (size_t k = 0; k < TX_MAX; k++) {
			buf_fini(&port->tx[k].bytes);
		}
		free(port->meters);
	}
	for (size_t i = 0; i < p->meter_count; i++) {
		free(p->meters[i]);
	}
	free(p->meters);
	if (p->control >= 0) {
		(void)close(p->control);
		(void)unlink(p->control_path);
	}
	close_clients(p->controls);
	for (size_t i = 0; i < ANSWERS_MAX; i++) {
		buf_fini(&p->answers[i].bytes);
	}
	buf_fini(&p->scratch);
	(void)close(p->wake);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

/* ---- ports ---- */

static enum err open_pty(struct port *port, struct diag *diag)
{
	enum err e = sim_tty_open(&port->tty, diag);
	if (!e && port->path[0]) {
		e = sim_symlink(port->tty.device, port->path, diag);
	}
	if (e) {
		sim_tty_close(&port->tty);
		return e;
	}
	(void)snprintf(port->url, sizeof(port->url), "serial:%s",
		port->path[0] ? port->path : port->tty.device);
	return ERR_OK;
}

static enum err open_tcp(struct port *port, struct diag *diag)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port->tcp_port)};
	socklen_t n = sizeof(a);
	int one = 1;
	if (inet_pton(AF_INET, port->host, &a.sin_addr) != 1) {
		return err_set(diag, ERR_INVAL, "'%s' is not an IPv4 address", port->host);
	}
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return err_set_errno(diag, "TCP port %d", port->tcp_port);
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 8) < 0 ||
		getsockname(fd, (struct sockaddr *)&a, &n) < 0) {
		enum err e = err_set_errno(diag, "TCP port %d", port->tcp_port);
		(void)close(fd);
		return e;
	}
	port->tcp_port = ntohs(a.sin_port); /* and the same again after "unplug" */
	port->listener = fd;
	(void)snprintf(port->url, sizeof(port->url), "tcp://%s:%d", port->host, port->tcp_port);
	return ERR_OK;
}

enum err port_open(struct port *port, struct diag *diag)
{
	return port->is_tcp ? open_tcp(port, diag) : open_pty(port, diag);
}

void port_close(struct port *port)
{
	if (port->path[0] && port->tty.master >= 0) {
		/* not the symlink of somebody who came after */
		char to[sizeof(port->tty.device)];
		ssize_t n = readlink(port->path, to, sizeof(to) - 1);
		if (n > 0 && (size_t)n == strlen(port->tty.device) &&
			memcmp(to, port->tty.device, (size_t)n) == 0) {
			(void)unlink(port->path);
		}
	}
	sim_tty_close(&port->tty);
	if (port->listener >= 0) {
		/* the thread may be waiting on it, which would keep it open a little longer */
		(void)shutdown(port->listener, SHUT_RDWR);
		(void)close(port->listener);
		port->listener = -1;
	}
	close_clients(port->clients);
	port_forget(port);
}

struct port *port_find(struct sim_ports *p, const char *name)
{
	for (int i = 0; i < p->port_count; i++) {
		if (strcmp(p->ports[i].name, name) == 0) {
			return &p->ports[i];
		}
	}
	return NULL;
}

static enum err add_port(
	struct sim_ports *p, const char *name, struct port **ret_port, struct diag *diag)
{
	if (p->port_count == SIM_PORTS_MAX) {
		return err_set(diag, ERR_LIMIT, "%d ports at most", SIM_PORTS_MAX);
	}
	if (!str_is_key(name) || strlen(name) >= SIM_NAME_CAP || port_find(p, name)) {
		return err_set(diag, ERR_INVAL,
			"'%s' cannot be the name of a line, or is one already", name);
	}
	struct port *port = &p->ports[p->port_count];
	*port = (struct port){.listener = -1, .tty = {.master = -1, .slave = -1}};
	(void)STR_COPY(port->name, name);
	for (int i = 0; i < CLIENTS_MAX; i++) {
		port->clients[i].fd = -1;
	}
	for (int i = 0; i < TX_MAX; i++) {
		buf_init(&port->tx[i].bytes, REPLY_MAX);
	}
	*ret_port = port;
	return ERR_OK;
}

static enum err finish_port(
	struct sim_ports *p, struct port *port, int *ret_port, struct diag *diag)
{
	enum err e = port_open(port, diag);
	if (!e) {
		*ret_port = p->port_count++;
	}
	return e;
}

enum err sim_ports_pty(
	struct sim_ports *p, const char *name, const char *path, int *ret_port, struct diag *diag)
{
	struct port *port;
	enum err e = add_port(p, name, &port, diag);
	if (e) {
		return e;
	}
	if (path && !STR_COPY(port->path, path)) {
		return err_set(diag, ERR_RANGE, "path too long: %s", path);
	}
	return finish_port(p, port, ret_port, diag);
}

enum err sim_ports_tcp(struct sim_ports *p, const char *name, const char *host, int tcp_port,
	int baud, int *ret_port, struct diag *diag)
{
	struct port *port;
	enum err e = add_port(p, name, &port, diag);
	if (e) {
		return e;
	}
	port->is_tcp = true;
	port->tcp_port = tcp_port;
	port->baud = baud;
	(void)STR_COPY(port->host, host);
	return finish_port(p, port, ret_port, diag);
}

const char *sim_ports_url(const struct sim_ports *p, int port)
{
	return p->ports[port].url;
}

size_t sim_ports_meters(const struct sim_ports *p, int port)
{
	return p->ports[port].meter_count;
}

/* ---- meters ---- */

enum err sim_ports_attach(
	struct sim_ports *p, int port, const struct sim_meter *meter, struct diag *diag)
{
	if (p->is_running || port < 0 || port >= p->port_count || p->meter_count == METERS_MAX) {
		return err_set(diag, ERR_LIMIT, "meter %s", meter->name);
	}
	for (size_t i = 0; i < p->meter_count; i++) {
		if (strcmp(p->meters[i]->m.name, meter->name) == 0) {
			return err_set(diag, ERR_EXISTS, "meter %s", meter->name);
		}
	}
	if (!str_is_key(meter->name)) {
		return err_set(diag, ERR_INVAL, "'%s' cannot be the name of a meter", meter->name);
	}
	struct port *at = &p->ports[port];
	struct meter_slot **meters = reallocarray(
		p->meters, p->meter_count + 1, sizeof(struct meter_slot *));
	if (!meters) {
		return ERR_NOMEM;
	}
	p->meters = meters;
	size_t *indices = reallocarray(at->meters, at->meter_count + 1, sizeof(size_t));
	if (!indices) {
		return ERR_NOMEM;
	}
	at->meters = indices;
	struct meter_slot *s = calloc(1, sizeof(*s));
	if (!s) {
		return ERR_NOMEM;
	}
	s->m = *meter;
	s->port = port;
	at->meters[at->meter_count++] = p->meter_count;
	meters[p->meter_count++] = s;
	return ERR_OK;
}

/* ---- control and start ---- */

enum err sim_ports_control(struct sim_ports *p, const char *path, struct diag *diag)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	if (!STR_COPY(a.sun_path, path)) {
		return err_set(diag, ERR_RANGE, "path of the control socket too long: %s", path);
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return err_set_errno(diag, "%s", path);
	}
	(void)unlink(path); /* of one that was killed */
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 4) < 0) {
		enum err e = err_set_errno(diag, "%s", path);
		(void)close(fd);
		return e;
	}
	p->control = fd;
	(void)STR_COPY(p->control_path, path);
	return ERR_OK;
}

enum err sim_ports_start(struct sim_ports *p, struct diag *diag)
{
	int64_t utc = clock_now();
	for (size_t i = 0; i < p->meter_count; i++) {
		p->meters[i]->began_utc = utc;
		meter_update(p, p->meters[i], utc);
	}
	int failure = pthread_create(&p->thread, NULL, port_loop, p);
	if (failure) {
		return err_set(diag, err_from_errno(failure), "thread of the simulator");
	}
	p->is_running = true;
	return ERR_OK;
}

enum err sim_ports_command(
	struct sim_ports *p, const char *command, struct buf *reply, struct diag *diag)
{
	(void)pthread_mutex_lock(&p->lock);
	enum err e = command_run(p, command, reply, diag);
	(void)pthread_mutex_unlock(&p->lock);
	ports_wake(p);
	return e;
}

struct sim_counts sim_ports_counts(struct sim_ports *p)
{
	(void)pthread_mutex_lock(&p->lock);
	struct sim_counts c = p->counts;
	(void)pthread_mutex_unlock(&p->lock);
	return c;
}
