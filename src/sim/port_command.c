/*
 * port_command.c - the control language of a running simulator (docs/simulator.md)
 *
 *   list                                 lines, meters, faults
 *   fault TARGET KIND [key=value ...]    see fault.h
 *   clear [TARGET [KIND]]                end faults; power comes back, the hole in the archive stays
 *   line NAME up|down|unplug             down: no byte passes; unplug: the port itself is gone
 *   value METER QUANTITY [TIME]          the true value, whatever the meter says
 *   counts                               what happened since the start
 */
#include "sim/port_inner.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/zone.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define WORDS_MAX 8

struct words {
	char text[LINE_CAP];
	const char *word[WORDS_MAX];
	int n;
};

static void split(const char *command, struct words *w)
{
	*w = (struct words){0};
	(void)STR_COPY(w->text, command);
	char *rest = w->text;
	for (char *s; w->n < WORDS_MAX && (s = strsep(&rest, " \t"));) {
		if (*s) {
			w->word[w->n++] = s;
		}
	}
}

static struct meter_slot *meter_find(struct sim_ports *p, const char *name)
{
	for (size_t i = 0; i < p->meter_count; i++) {
		if (strcmp(p->meters[i]->m.name, name) == 0) {
			return p->meters[i];
		}
	}
	return NULL;
}

static bool is_known_target(struct sim_ports *p, const char *target)
{
	struct sim_fault f = {0};
	(void)STR_COPY(f.target, target);
	bool is_known = strcmp(target, "*") == 0;
	for (int i = 0; i < p->port_count && !is_known; i++) {
		is_known = sim_fault_hits_target(&f, NULL, p->ports[i].name);
	}
	for (size_t i = 0; i < p->meter_count && !is_known; i++) {
		is_known = sim_fault_hits_target(&f, p->meters[i]->m.name, NULL);
	}
	return is_known;
}

static enum err run_fault(struct sim_ports *p, const char *text, struct diag *diag)
{
	struct sim_fault f;
	enum err e = sim_fault_parse(text, &f, diag);
	if (e) {
		return e;
	}
	if (!is_known_target(p, f.target)) {
		return err_set(diag, ERR_NOTFOUND, "no line or meter '%s'", f.target);
	}
	if (f.kind == SIM_FAULT_ECHO && strcmp(f.target, "*") != 0 && !port_find(p, f.target)) {
		return err_set(
			diag, ERR_INVAL, "echo is a fault of a line, %s is a meter", f.target);
	}
	if (p->fault_count == FAULTS_MAX) {
		return err_set(diag, ERR_LIMIT, "%d faults at most", FAULTS_MAX);
	}
	int64_t utc = clock_now();
	if (f.kind == SIM_FAULT_POWER && f.from_utc == INT64_MIN) {
		f.from_utc = utc;
	}
	p->faults[p->fault_count++] = f;
	faults_update(p, utc);
	return ERR_OK;
}

static void end_power(struct sim_ports *p, const struct sim_fault *f, int64_t utc)
{
	for (size_t i = 0; i < p->meter_count; i++) {
		struct meter_slot *s = p->meters[i];
		if (!sim_fault_hits_target(f, s->m.name, p->ports[s->port].name)) {
			continue;
		}
		struct sim_device *d = &s->m.device;
		if (d->off_from_utc > utc) { /* had not begun */
			d->off_from_utc = d->off_till_utc = 0;
		} else if (d->off_till_utc > utc) {
			d->off_till_utc = utc;
		}
	}
}

static enum err run_clear(struct sim_ports *p, const struct words *w, struct diag *diag)
{
	enum sim_fault_kind kind = SIM_FAULT_KIND_COUNT;
	if (w->n > 2 && !sim_fault_from_name(w->word[2], &kind)) {
		return err_set(diag, ERR_NOTFOUND, "no kind of fault '%s'", w->word[2]);
	}
	size_t kept = 0;
	for (size_t i = 0; i < p->fault_count; i++) {
		struct sim_fault *f = &p->faults[i];
		bool is_meant = w->n < 2 || strcmp(w->word[1], f->target) == 0;
		if (!is_meant || (kind != SIM_FAULT_KIND_COUNT && kind != f->kind)) {
			p->faults[kept++] = *f;
		} else if (f->kind == SIM_FAULT_POWER) {
			end_power(p, f, clock_now());
		}
	}
	p->fault_count = kept;
	return ERR_OK;
}

static enum err run_line(struct sim_ports *p, const struct words *w, struct diag *diag)
{
	struct port *port = w->n > 1 ? port_find(p, w->word[1]) : NULL;
	const char *wanted = w->n > 2 ? w->word[2] : "";
	if (!port) {
		return err_set(diag, ERR_NOTFOUND, "no line '%s'", w->n > 1 ? w->word[1] : "");
	}
	if (strcmp(wanted, "down") == 0 && port->state != PORT_UNPLUGGED) {
		port->state = PORT_DOWN;
		port_forget(port);
		return ERR_OK;
	}
	if (strcmp(wanted, "unplug") == 0) {
		port_close(port);
		port->state = PORT_UNPLUGGED;
		return ERR_OK;
	}
	if (strcmp(wanted, "up") == 0) {
		enum err e = port->state == PORT_UNPLUGGED ? port_open(port, diag) : ERR_OK;
		port->state = e ? port->state : PORT_UP;
		return e;
	}
	return err_set(diag, ERR_INVAL, "a line can be up, down or unplugged");
}

static enum err run_value(
	struct sim_ports *p, const struct words *w, struct buf *reply, struct diag *diag)
{
	struct meter_slot *s = w->n > 1 ? meter_find(p, w->word[1]) : NULL;
	enum quantity q;
	int64_t utc_us = clock_now_us(), utc;
	if (!s) {
		return err_set(diag, ERR_NOTFOUND, "no meter '%s'", w->n > 1 ? w->word[1] : "");
	}
	if (w->n < 3 || !quantity_from_code(w->word[2], &q)) {
		return err_set(diag, ERR_NOTFOUND, "no quantity '%s'", w->n > 2 ? w->word[2] : "");
	}
	if (w->n > 3) {
		enum err e = time_parse(w->word[3], NULL, &utc);
		if (e) {
			return err_set(diag, e, "time '%s'", w->word[3]);
		}
		utc_us = utc * 1000000;
	}
	char number[STR_DOUBLE_CAP];
	double v = s->m.device.source->at(s->m.device.source, q, utc_us);
	buf_printf(reply, "%s %s\n", str_double(number, v), unit_symbol(quantity_unit(q)));
	return ERR_OK;
}

static void run_list(struct sim_ports *p, struct buf *reply)
{
	static const char *const states[] = {"up", "down", "unplugged"};
	for (int i = 0; i < p->port_count; i++) {
		struct port *port = &p->ports[i];
		buf_printf(reply, "line %s %s %s %zu\n", port->name, states[port->state], port->url,
			port->meter_count);
	}
	for (size_t i = 0; i < p->meter_count; i++) {
		const struct meter_slot *s = p->meters[i];
		buf_printf(reply, "meter %s %s %s address=%d serial=%s%s%s\n", s->m.name,
			p->ports[s->port].name, s->m.device.protocol->name, s->m.device.address,
			s->m.device.serial, s->m.device.model[0] ? " model=" : "",
			s->m.device.model);
	}
	for (size_t i = 0; i < p->fault_count; i++) {
		sim_fault_text(&p->faults[i], reply);
	}
}

enum err command_run(struct sim_ports *p, const char *command, struct buf *reply, struct diag *diag)
{
	struct words w;
	split(command, &w);
	const char *verb = w.n > 0 ? w.word[0] : "";
	if (strcmp(verb, "list") == 0) {
		run_list(p, reply);
		return ERR_OK;
	}
	if (strcmp(verb, "fault") == 0) {
		return run_fault(p, strstr(command, "fault") + 5, diag);
	}
	if (strcmp(verb, "clear") == 0) {
		return run_clear(p, &w, diag);
	}
	if (strcmp(verb, "line") == 0) {
		return run_line(p, &w, diag);
	}
	if (strcmp(verb, "value") == 0) {
		return run_value(p, &w, reply, diag);
	}
	if (strcmp(verb, "counts") == 0) {
		buf_printf(reply,
			"requests %" PRIu64 " replies %" PRIu64 " collisions %" PRIu64
			" faults %" PRIu64 "\n",
			p->counts.requests, p->counts.replies, p->counts.collisions,
			p->counts.faults);
		return ERR_OK;
	}
	return err_set(diag, ERR_NOTFOUND,
		"no command '%s'; there are list, fault, clear, line, value, "
		"counts",
		verb);
}
