/*
 * port_loop.c - the thread of the ports: one ppoll over everything
 */
#include "sim/port_inner.h"

#include "base/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FDS_MAX (2 + CLIENTS_MAX + SIM_PORTS_MAX * (1 + CLIENTS_MAX))

enum fd_kind {
	FD_WAKE,
	FD_CONTROL,
	FD_COMMAND,
	FD_PTY,
	FD_LISTENER,
	FD_CLIENT
};

struct watch {
	struct pollfd fds[FDS_MAX];
	struct {
		enum fd_kind kind;
		int port, client;
	} whose[FDS_MAX];
	nfds_t n;
};

static void watch_add(struct watch *w, int fd, enum fd_kind kind, int port, int client)
{
	if (fd < 0) {
		return;
	}
	w->fds[w->n] = (struct pollfd){.fd = fd, .events = POLLIN};
	w->whose[w->n].kind = kind;
	w->whose[w->n].port = port;
	w->whose[w->n].client = client;
	w->n++;
}

static void watch_all(struct sim_ports *p, struct watch *w)
{
	w->n = 0;
	watch_add(w, p->wake, FD_WAKE, 0, 0);
	watch_add(w, p->control, FD_CONTROL, 0, 0);
	for (int c = 0; c < CLIENTS_MAX; c++) {
		watch_add(w, p->controls[c].fd, FD_COMMAND, 0, c);
	}
	for (int i = 0; i < p->port_count; i++) {
		struct port *port = &p->ports[i];
		watch_add(w, port->tty.master, FD_PTY, i, 0);
		watch_add(w, port->listener, FD_LISTENER, i, 0);
		for (int c = 0; port->is_tcp && c < CLIENTS_MAX; c++) {
			watch_add(w, port->clients[c].fd, FD_CLIENT, i, c);
		}
	}
}

static void accept_into(int listener, struct client *clients, uint32_t *serials)
{
	int one = 1;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		return;
	}
	for (int c = 0; c < CLIENTS_MAX; c++) {
		if (clients[c].fd < 0) {
			(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
			clients[c] = (struct client){.fd = fd, .serial = ++*serials};
			return;
		}
	}
	(void)close(fd); /* as a gateway with all its connections taken does */
}

static void hang_up(struct client *c)
{
	(void)close(c->fd);
	c->fd = -1;
}

/* Up to one piece of the stream; the rest comes with the next turn. */
static void read_bytes(struct sim_ports *p, struct port *port, int client, int fd)
{
	uint8_t bytes[1024];
	ssize_t n = read(fd, bytes, sizeof(bytes));
	if (n > 0 && port->state == PORT_UP) {
		port_heard(p, port, client, (struct slice){bytes, (size_t)n});
	} else if (port->is_tcp && (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))) {
		hang_up(&port->clients[client]);
	}
}

static void run_line(struct sim_ports *p, struct client *c)
{
	struct buf reply;
	struct diag diag = {0};
	buf_init(&reply, 1 << 20);
	c->line[c->line_n] = 0;
	enum err e = command_run(p, c->line, &reply, &diag);
	if (e) {
		buf_printf(&reply, "error: %s%s%s\n", err_text(e, LANG_EN),
			diag.text[0] ? ": " : "", diag.text);
	} else {
		buf_str(&reply, "ok\n");
	}
	struct slice s = buf_slice(&reply);
	(void)!send(c->fd, s.data, s.size, MSG_NOSIGNAL);
	buf_fini(&reply);
	c->line_n = 0;
}

static void read_commands(struct sim_ports *p, struct client *c)
{
	char bytes[LINE_CAP];
	ssize_t n = read(c->fd, bytes, sizeof(bytes));
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		hang_up(c);
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] == '\n') {
			run_line(p, c);
		} else if (bytes[i] != '\r') {
			c->line[c->line_n] = bytes[i];
			c->line_n += c->line_n + 1 < LINE_CAP;
		}
	}
}

static void serve(struct sim_ports *p, const struct watch *w, nfds_t i)
{
	struct port *port = &p->ports[w->whose[i].port];
	int c = w->whose[i].client, fd = w->fds[i].fd;
	uint64_t count;
	switch (w->whose[i].kind) {
	case FD_WAKE: (void)!read(fd, &count, sizeof(count)); break;
	case FD_CONTROL: accept_into(fd, p->controls, &p->control_serials); break;
	case FD_COMMAND: read_commands(p, &p->controls[c]); break;
	case FD_PTY: read_bytes(p, port, 0, fd); break;
	case FD_LISTENER: accept_into(fd, port->clients, &port->serials); break;
	case FD_CLIENT: read_bytes(p, port, c, fd); break;
	}
}

/* A command may have closed what was watched a moment ago. */
static bool is_still_there(const struct sim_ports *p, const struct watch *w, nfds_t i)
{
	const struct port *port = &p->ports[w->whose[i].port];
	switch (w->whose[i].kind) {
	case FD_PTY: return port->tty.master == w->fds[i].fd;
	case FD_LISTENER: return port->listener == w->fds[i].fd;
	case FD_CLIENT: return port->clients[w->whose[i].client].fd == w->fds[i].fd;
	case FD_COMMAND: return p->controls[w->whose[i].client].fd == w->fds[i].fd;
	case FD_WAKE:
	case FD_CONTROL: return true;
	}
	return false;
}

static int64_t flush_all(struct sim_ports *p)
{
	int64_t next = INT64_MAX, mono_us = clock_mono_us();
	for (int i = 0; i < p->port_count; i++) {
		int64_t push = port_push(p, &p->ports[i], mono_us);
		next = push < next ? push : next;
		int64_t due = p->ports[i].tx_n ? port_flush(&p->ports[i], mono_us) : INT64_MAX;
		next = due < next ? due : next;
	}
	return next;
}

void *port_loop(void *arg)
{
	struct sim_ports *p = arg;
	struct watch w;
	(void)pthread_mutex_lock(&p->lock);
	while (!atomic_load(&p->must_stop)) {
		int64_t next = flush_all(p);
		watch_all(p, &w);
		(void)pthread_mutex_unlock(&p->lock);
		int64_t wait_us = next == INT64_MAX ? 0 : next - clock_mono_us();
		wait_us = wait_us < 0 ? 0 : wait_us;
		struct timespec wait = {
			.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
		int n = ppoll(w.fds, w.n, next == INT64_MAX ? NULL : &wait, NULL);
		(void)pthread_mutex_lock(&p->lock);
		for (nfds_t i = 0; n > 0 && i < w.n; i++) {
			if (w.fds[i].revents) {
				n--;
				if (is_still_there(p, &w, i)) {
					serve(p, &w, i);
				}
			}
		}
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}
