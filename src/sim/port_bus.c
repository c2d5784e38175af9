/*
 * port_bus.c - what the meters on a port hear and say
 *
 * Every meter listens by itself, as on a wire: it has its own bytes so far and its own idea where a
 * frame begins. The line is half-duplex, which lets it forget: bytes older than a silence, and bytes
 * left over when somebody has recognised a request that ends the transmission, are dropped.
 *
 *   unpaced   request |reply
 *   paced     request ======|turnaround|r|e|p|l|y      = characters at the line's speed
 *
 * A late reply waits in the queue; later requests and replies go past it.
 */
#include "sim/port_inner.h"

#include "base/clock.h"
#include "sim/rng.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SILENCE_US    200000 /* less would tell a busy reader of this machine from a slow line */
#define SILENCE_CHARS 40
#define STEP_US       500 /* paced bytes leave in handfuls, as out of a UART's buffer */

static int framing_bits(const char *framing)
{
	if (!framing[0]) {
		return 10;
	}
	return 1 + (framing[0] - '0') + (framing[1] != 'N') + (framing[2] - '0');
}

static int line_baud(const struct port *port)
{
	return port->is_tcp ? port->baud : sim_tty_baud(&port->tty);
}

/* ---- time and faults of a meter ---- */

static bool is_off(const struct sim_device *d, int64_t utc)
{
	return utc >= d->off_from_utc && utc < d->off_till_utc;
}

void meter_update(struct sim_ports *p, struct meter_slot *s, int64_t utc)
{
	(void)p;
	struct sim_device *d = &s->m.device;
	double drift = s->m.drift_ppm * 1e-6 * (double)(utc - s->began_utc);
	d->clock_offset_s = s->m.clock_s + (int64_t)drift + s->jump_s + d->clock_set_s;
	bool now_off = is_off(d, utc);
	if (s->was_off && !now_off) {
		memset(d->memory, 0, sizeof(d->memory)); /* what was selected, what was counted */
	}
	s->was_off = now_off;
}

static bool fault_is_of(
	const struct sim_ports *p, const struct sim_fault *f, const struct meter_slot *s)
{
	return sim_fault_hits_target(f, s->m.name, p->ports[s->port].name);
}

/* Faults that change meters, not replies: clocks that jump, power that fails. */
void faults_update(struct sim_ports *p, int64_t utc)
{
	for (size_t i = 0; i < p->fault_count; i++) {
		struct sim_fault *f = &p->faults[i];
		bool jumps = f->kind == SIM_FAULT_CLOCK && !f->is_done && sim_fault_is_due(f, utc);
		bool cuts = f->kind == SIM_FAULT_POWER && !f->is_done;
		for (size_t k = 0; (jumps || cuts) && k < p->meter_count; k++) {
			struct meter_slot *s = p->meters[k];
			if (!fault_is_of(p, f, s)) {
				continue;
			}
			if (jumps) {
				s->jump_s += f->amount;
			} else {
				s->m.device.off_from_utc = f->from_utc;
				s->m.device.off_till_utc = f->till_utc;
			}
			f->hits++;
			p->counts.faults++;
		}
		f->is_done = f->is_done || jumps || cuts;
	}
}

/* What becomes of a meter's reply; returns how late it is. */
static int64_t spoil(struct sim_ports *p, struct meter_slot *s, int64_t utc, struct buf *reply)
{
	int64_t late_us = 0;
	uint64_t key = sim_subkey(
		p->options.seed, sim_hash(0, s->port) ^ (uint64_t)s->m.device.address);
	s->turn++;
	for (size_t i = 0; i < p->fault_count && reply->size > 0; i++) {
		struct sim_fault *f = &p->faults[i];
		if (f->kind == SIM_FAULT_ECHO || f->kind == SIM_FAULT_CLOCK ||
			f->kind == SIM_FAULT_POWER || !sim_fault_is_due(f, utc) ||
			!fault_is_of(p, f, s)) {
			continue;
		}
		uint64_t chance = sim_hash(key + i, (int64_t)s->turn);
		if ((double)(chance >> 11) * 0x1p-53 >= f->p) {
			continue;
		}
		if (f->kind == SIM_FAULT_LATE) {
			late_us += f->amount * 1000;
		} else {
			sim_fault_apply(f, sim_mix(chance), reply);
		}
		f->hits++;
		p->counts.faults++;
	}
	return late_us;
}

/* ---- requests and replies ---- */

static struct answers *answers_for(struct sim_ports *p, uint64_t pos)
{
	for (size_t i = 0; i < p->answer_count; i++) {
		if (p->answers[i].pos == pos) {
			return &p->answers[i];
		}
	}
	if (p->answer_count == ANSWERS_MAX) {
		return NULL;
	}
	struct answers *a = &p->answers[p->answer_count++];
	buf_clear(&a->bytes);
	*a = (struct answers){.pos = pos, .bytes = a->bytes};
	return a;
}

/* Two senders at once: the line is at zero when either pulls it there. */
static void mix(struct buf *line, const struct buf *reply)
{
	for (size_t i = 0; i < line->size && i < reply->size; i++) {
		line->data[i] &= reply->data[i];
	}
	if (reply->size > line->size) {
		buf_put(line, reply->data + line->size, reply->size - line->size);
	}
}

static void meter_asked(struct sim_ports *p, struct meter_slot *s, struct slice request,
	uint64_t pos, int64_t now_us)
{
	struct sim_device *d = &s->m.device;
	struct buf *reply = &p->scratch;
	buf_clear(reply);
	if (!d->protocol->answer(d, request, now_us, reply)) {
		return;
	}
	int64_t late_us = spoil(p, s, now_us / 1000000, reply);
	if (reply->size == 0 || reply->is_full) {
		return;
	}
	struct answers *a = answers_for(p, pos);
	if (!a) {
		return;
	}
	if (a->count++ == 0) {
		buf_put(&a->bytes, reply->data, reply->size);
		a->bits = framing_bits(s->m.framing);
		a->turnaround_ms = s->m.turnaround_ms;
		a->late_us = late_us;
	} else {
		mix(&a->bytes, reply);
		p->counts.collisions++;
	}
}

/* Cut whole requests out of what a meter has heard; true if the last one ended with the last byte. */
static bool meter_cut(
	struct sim_ports *p, struct port *port, struct meter_slot *s, uint64_t pos, int64_t now_us)
{
	size_t from = 0;
	bool is_whole = false;
	while (from < s->rx_n) {
		struct slice rest = {s->rx + from, s->rx_n - from};
		struct frame_verdict v = s->m.device.protocol->frame(rest);
		if (v.state == FRAME_MORE && rest.size < RX_CAP) {
			break;
		}
		size_t n = v.state == FRAME_MORE || v.size == 0 ? 1 :
			   v.size < rest.size                   ? v.size :
								  rest.size;
		from += n;
		is_whole = v.state == FRAME_FULL && from == s->rx_n;
		if (v.state == FRAME_FULL) {
			uint64_t end = pos - (s->rx_n - from);
			p->counts.requests += end > port->full_pos;
			port->full_pos = end > port->full_pos ? end : port->full_pos;
			meter_asked(p, s, (struct slice){rest.data, n}, end, now_us);
		}
	}
	memmove(s->rx, s->rx + from, s->rx_n - from);
	s->rx_n -= from;
	return is_whole;
}

static bool meter_heard(struct sim_ports *p, struct port *port, struct meter_slot *s,
	struct slice bytes, int64_t now_us)
{
	bool is_whole = false;
	for (size_t at = 0; at < bytes.size;) {
		size_t n = bytes.size - at < RX_CAP - s->rx_n ? bytes.size - at : RX_CAP - s->rx_n;
		memcpy(s->rx + s->rx_n, bytes.data + at, n);
		s->rx_n += n;
		at += n;
		is_whole = meter_cut(p, port, s, port->pos + at, now_us);
	}
	return is_whole;
}

static void forget_heard(struct sim_ports *p, struct port *port)
{
	for (size_t i = 0; i < port->meter_count; i++) {
		p->meters[port->meters[i]]->rx_n = 0;
	}
}

/* ---- out ---- */

static void enqueue(
	struct port *port, int client, const struct buf *bytes, int64_t due_us, int64_t char_us)
{
	if (port->tx_n == TX_MAX) {
		return;
	}
	struct tx *t = &port->tx[port->tx_n++];
	buf_clear(&t->bytes);
	buf_put(&t->bytes, bytes->data, bytes->size);
	t->sent = 0;
	t->due_us = due_us;
	t->char_us = char_us;
	t->client = client;
	t->serial = port->clients[client].serial;
}

/* Bytes nobody takes are gone, as on a wire. */
static void send_out(struct port *port, int client, uint32_t serial, const uint8_t *data, size_t n)
{
	if (!port->is_tcp) {
		(void)!write(port->tty.master, data, n);
	} else if (port->clients[client].fd >= 0 && port->clients[client].serial == serial) {
		(void)!send(port->clients[client].fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
}

int64_t port_flush(struct port *port, int64_t mono_us)
{
	int64_t next = INT64_MAX;
	size_t kept = 0;
	for (size_t i = 0; i < port->tx_n; i++) {
		struct tx *t = &port->tx[i];
		int64_t passed = mono_us - t->due_us;
		size_t ready = passed < 0 ? 0 : t->bytes.size;
		if (passed >= 0 && t->char_us && (size_t)(passed / t->char_us) < ready) {
			ready = (size_t)(passed / t->char_us);
		}
		if (ready > t->sent) {
			send_out(port, t->client, t->serial, t->bytes.data + t->sent,
				ready - t->sent);
			t->sent = ready;
		}
		if (t->sent == t->bytes.size) {
			continue;
		}
		int64_t byte = t->due_us + t->char_us * (int64_t)(t->sent + 1);
		int64_t last = t->due_us + t->char_us * (int64_t)t->bytes.size;
		byte = byte < mono_us + STEP_US ? mono_us + STEP_US : byte;
		byte = byte < last ? byte : last;
		next = byte < next ? byte : next;
		if (kept != i) { /* swap, so that every slot keeps a buffer of its own */
			struct tx swap = port->tx[kept];
			port->tx[kept] = *t;
			port->tx[i] = swap;
		}
		kept++;
	}
	port->tx_n = kept;
	return next;
}

void port_forget(struct port *port)
{
	port->tx_n = 0;
	port->busy_till_us = 0;
}

static void answer_all(struct sim_ports *p, struct port *port, int client, size_t heard, int baud)
{
	int64_t mono_us = port->heard_us;
	for (size_t i = 0; i < p->answer_count; i++) {
		struct answers *a = &p->answers[i];
		int64_t char_us = 0, due_us = mono_us;
		if (p->options.is_paced && baud > 0) {
			char_us = (int64_t)a->bits * 1000000 / baud;
			due_us = mono_us > port->busy_till_us ? mono_us : port->busy_till_us;
			due_us += (int64_t)heard * char_us + (int64_t)a->turnaround_ms * 1000;
			port->busy_till_us = due_us + (int64_t)a->bytes.size * char_us;
		}
		enqueue(port, client, &a->bytes, due_us + a->late_us, char_us);
		p->counts.replies++;
	}
	p->answer_count = 0;
}

static void echo(struct sim_ports *p, struct port *port, int client, struct slice bytes,
	int64_t utc, int baud)
{
	for (size_t i = 0; i < p->fault_count; i++) {
		struct sim_fault *f = &p->faults[i];
		if (f->kind != SIM_FAULT_ECHO || !sim_fault_is_due(f, utc) ||
			!sim_fault_hits_target(f, NULL, port->name)) {
			continue;
		}
		struct buf copy = {.data = (uint8_t *)(uintptr_t)bytes.data, .size = bytes.size};
		int64_t char_us = p->options.is_paced && baud > 0 ? 10000000 / baud : 0;
		enqueue(port, client, &copy, port->heard_us, char_us);
		f->hits++;
		p->counts.faults++;
		return;
	}
}

void port_heard(struct sim_ports *p, struct port *port, int client, struct slice bytes)
{
	int64_t now_us = clock_now_us(), mono_us = clock_mono_us();
	bool needs_baud = p->options.is_paced || (p->options.is_strict_speed && !port->is_tcp);
	int baud = needs_baud ? line_baud(port) : 0;
	int64_t silence_us = baud > 0 ? SILENCE_CHARS * 11000000LL / baud : 0;
	silence_us = silence_us > SILENCE_US ? silence_us : SILENCE_US;
	if (mono_us - port->heard_us > silence_us) {
		forget_heard(p, port);
	}
	port->heard_us = mono_us;
	faults_update(p, now_us / 1000000);
	echo(p, port, client, bytes, now_us / 1000000, baud);
	bool is_whole = false;
	for (size_t i = 0; i < port->meter_count; i++) {
		struct meter_slot *s = p->meters[port->meters[i]];
		meter_update(p, s, now_us / 1000000);
		bool is_deaf = p->options.is_strict_speed && !port->is_tcp && s->m.device.baud &&
			       s->m.device.baud != baud;
		if (s->was_off || is_deaf) {
			s->rx_n = 0;
		} else {
			is_whole = meter_heard(p, port, s, bytes, now_us) || is_whole;
		}
	}
	port->pos += bytes.size;
	if (is_whole) {
		forget_heard(p, port);
	}
	answer_all(p, port, client, bytes.size, baud);
	(void)port_flush(port, mono_us);
}

/* ---- meters that speak by themselves ---- */

static void push_one(struct sim_ports *p, struct port *port, struct meter_slot *s, int64_t mono_us)
{
	int64_t now_us = clock_now_us();
	int baud = p->options.is_paced ? line_baud(port) : 0;
	int64_t char_us = baud > 0 ? framing_bits(s->m.framing) * 1000000LL / baud : 0;
	struct buf *telegram = &p->scratch;
	faults_update(p, now_us / 1000000);
	meter_update(p, s, now_us / 1000000);
	if (s->was_off || port->state != PORT_UP) {
		return;
	}
	buf_clear(telegram);
	s->m.device.protocol->push(&s->m.device, now_us, telegram);
	int64_t late_us = spoil(p, s, now_us / 1000000, telegram);
	if (telegram->size == 0 || telegram->is_full) {
		return;
	}
	for (int c = 0; c < (port->is_tcp ? CLIENTS_MAX : 1); c++) {
		if (!port->is_tcp || port->clients[c].fd >= 0) {
			enqueue(port, c, telegram, mono_us + late_us, char_us);
		}
	}
	p->counts.replies++;
}

int64_t port_push(struct sim_ports *p, struct port *port, int64_t mono_us)
{
	int64_t next = INT64_MAX;
	for (size_t i = 0; i < port->meter_count; i++) {
		struct meter_slot *s = p->meters[port->meters[i]];
		if (!s->m.device.protocol->push) {
			continue;
		}
		if (mono_us >= s->push_us) {
			push_one(p, port, s, mono_us);
			s->push_us = mono_us + s->m.device.protocol->push_ms * INT64_C(1000);
		}
		next = s->push_us < next ? s->push_us : next;
	}
	return next;
}
