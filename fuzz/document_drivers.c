/*
 * Meters that answer anything: drivers end every conversation in
 * bounded time, and what they say has a key, a known unit and a quantity.
 *
 * Input: first byte the driver, second what is asked; then replies, each a length byte L and L bytes:
 * L = 0 silence, L odd the bytes as they are, L even a reply as the protocol wants it, to this request
 * and of the length asked for, filled with the bytes again and again.
 */
#include "liar.h"

#include "proto/ce102.h"
#include "proto/km5.h"
#include "proto/kmp.h"
#include "proto/mercury206.h"
#include "proto/mercury230.h"
#include "proto/milur.h"
#include "proto/modbus.h"
#include "proto/mt200.h"
#include "proto/set4tm.h"
#include "proto/tem.h"
#include "proto/vkt.h"

struct meter_side {
	struct liar liar; /* first */
	void (*wrap)(struct meter_side *m, struct slice request, struct slice filling);
	uint8_t bytes[600];
};

static void fill(uint8_t *to, size_t n, struct slice filling)
{
	for (size_t i = 0; i < n; i++) {
		to[i] = filling.data[i % filling.size];
	}
}

static void wrap_tem(struct meter_side *l, struct slice request, struct slice filling)
{
	struct tem_frame f = tem_frame_get(request);
	uint8_t data[256];
	enum tem_memory memory;
	uint32_t address;
	size_t n = 0;
	static const char *const names[] = {"TEM-104", "TEM-106", "TEM-104-1", "TEM-104M"};
	bool is_104_1 = f.data.size == 5 && f.data.data[0] == 0;
	(void)tem_read_get(is_104_1 ? &tem_104_1 : &tem_104, &f, &memory, &address, &n);
	fill(data, n, filling);
	f.data = (struct slice){data, n};
	if (n == 0) {
		const char *name = names[filling.data[0] % 4];
		f.data = (struct slice){(const uint8_t *)name, strlen(name)};
	}
	l->liar.now = (struct slice){l->bytes, tem_frame_put(TEM_REPLY, &f, l->bytes)};
}

static void wrap_kmp(struct meter_side *l, struct slice request, struct slice filling)
{
	static struct kmp_out out;
	struct kmp_message q;
	uint8_t data[96];
	if (kmp_decode(request, &q)) {
		return;
	}
	/* of the register asked for, then the filling */
	size_t n = q.data.size > 2 && q.cid != KMP_REGISTERS ? 2 : 0;
	if (n) {
		memcpy(data, q.data.data, n);
	} else if (q.cid == KMP_REGISTERS && q.data.size >= 3) {
		memcpy(data, q.data.data + 1, n = 2);
	}
	fill(data + n, filling.size < 90 ? filling.size : 90, filling);
	n += filling.size < 90 ? filling.size : 90;
	l->liar.now = kmp_frame(&out, KMP_FROM_METER, q.dest, q.cid, (struct slice){data, n});
}

static void wrap_modbus(struct meter_side *l, struct slice request, struct slice filling)
{
	static const uint8_t sizes[] = {171, 250, 172, 186, 52, 53, 60};
	struct modbus_head head;
	struct slice pdu;
	struct modbus_pdu reply = {.size = 5};
	struct modbus_adu adu;
	if (!modbus_unwrap(false, request, &head, &pdu)) {
		abort(); /* what a driver sends is a frame */
	}
	unsigned function = pdu.data[0];
	bool is_read = function <= MODBUS_READ_INPUT && pdu.size == 5;
	size_t n = is_read                          ? 2u * pdu.data[4] :
		   function == MODBUS_VZLET_ARCHIVE ? sizes[filling.data[0] % sizeof(sizes)] :
						      filling.size;
	n = n < 250 ? n : 250;
	reply.data[0] = (uint8_t)function;
	if (function == MODBUS_WRITE_MANY) {
		memcpy(reply.data + 1, pdu.data + 1, 4);
	} else {
		reply.data[1] = (uint8_t)n;
		fill(reply.data + 2, n, filling);
		reply.size = 2 + n;
	}
	modbus_wrap(&head, &reply, &adu);
	memcpy(l->bytes, adu.data, adu.size);
	l->liar.now = (struct slice){l->bytes, adu.size};
}

/* Of RS-485: the checksum is right. */
static void wrap_mt200(struct meter_side *l, struct slice request, struct slice filling)
{
	static struct mt200_frame f;
	struct mt200_request q;
	uint8_t record[MT200_HOUR_BYTES];
	char text[MT200_TEXT_CAP] = {0};
	int address;
	if (mt200_request_decode(request, true, &address, &q)) {
		return;
	}
	if (q.command == MT200_MEMORY && q.n <= sizeof(record)) {
		fill(record, q.n, filling);
		l->liar.now = mt200_memory(&f, true, q.at, (struct slice){record, q.n}, 0);
		return;
	}
	memcpy(text, filling.data, filling.size < sizeof(text) ? filling.size : sizeof(text) - 1);
	l->liar.now = mt200_text(&f, true, text);
}

/* First byte of the filling from F0 on: a refusal; otherwise the second is how many bytes of data. */
static void wrap_vkt(struct meter_side *l, struct slice request, struct slice filling)
{
	struct vkt_request q;
	struct vkt_frame f;
	uint8_t data[VKT_DATA_MAX];
	while (request.size && request.data[0] == 0xff) { /* wake-up */
		request = (struct slice){request.data + 1, request.size - 1};
	}
	if (!vkt_request_decode(request, &q)) {
		return;
	}
	struct vkt_reply reply = {.address = q.address,
		.function = q.function,
		.start = q.start,
		.is_refused = filling.data[0] >= 0xf0,
		.code = filling.data[0] & 15};
	reply.data = (struct slice){data, filling.data[1]};
	fill(data, reply.data.size,
		filling.size > 2 ? (struct slice){filling.data + 2, filling.size - 2} : filling);
	if (vkt_reply_encode(&reply, &f) == ERR_OK) {
		memcpy(l->bytes, f.data, f.size);
		l->liar.now = (struct slice){l->bytes, f.size};
	}
}

static void wrap_km5(struct meter_side *l, struct slice request, struct slice filling)
{
	unsigned command = request.data[4];
	size_t n = command == KM5_NOW ? KM5_NOW_SIZE : command == KM5_RECORD ? KM5_RECORD_SIZE : 12;
	fill(l->bytes, n, filling);
	memcpy(l->bytes, request.data, 5);
	km5_seal(l->bytes, n);
	l->liar.now = (struct slice){l->bytes, n};
}

/* The first byte of the filling: how many bytes of data; its highest bit: an error. */
static void wrap_ce102(struct meter_side *l, struct slice request, struct slice filling)
{
	static struct ce102_out out;
	struct ce102_frame q;
	if (ce102_decode(request, true, &q)) {
		abort(); /* what a driver sends is a frame */
	}
	struct ce102_frame r = {.to = q.from,
		.from = q.to,
		.class = filling.data[0] & 0x80 ? CE102_CLASS_ERROR : CE102_CLASS_COMMAND,
		.command = q.command,
		.size = filling.data[0] & 15};
	fill(r.data, sizeof(r.data), (struct slice){filling.data + 1, filling.size - 1});
	ce102_encode(&r, &out);
	l->liar.now = (struct slice){out.data, out.size};
}

/* Any size the command may have. */
static void wrap_m206(struct meter_side *l, struct slice request, struct slice filling)
{
	static struct m206_out out;
	uint8_t data[M206_DATA_MAX], command;
	uint32_t address;
	struct slice asked;
	size_t least, most;
	if (!m206_unframe(request, &address, &command, &asked) ||
		!m206_reply_size(command, &least, &most)) {
		abort(); /* what a driver sends is a frame */
	}
	fill(data, most, filling);
	m206_frame(
		address, command, (struct slice){data, filling.data[0] & 1 ? most : least}, &out);
	l->liar.now = (struct slice){out.data, out.size};
}

static size_t m230_size_of(struct slice q)
{
	uint8_t second = q.size > 1 ? q.data[1] : 0;
	switch (q.data[0]) {
	case M230_TIME: return second == 0 ? 8 : second == 0x12 ? 13 : 12;
	case M230_ENERGY:
	case M230_SLICE: return 16;
	case M230_MEMORY: return q.data[4];
	case M230_RELATIVE: return (size_t)q.data[4] * M230_RECORD;
	case M230_PARAMETER:
		return second == 0x00                         ? 7 :
		       second == 0x02                         ? 4 :
		       second == 0x03                         ? 3 :
		       second == 0x13                         ? 9 :
		       second != 0x16                         ? 6 :
		       q.data[2] == 0x40                      ? 3 :
		       q.data[2] == 0x11 || q.data[2] == 0x21 ? 9 :
								12;
	default: return 1;
	}
}

/* The first byte of the filling: below 10h a status of that; its highest bit: the command in front. */
static void wrap_m230(struct meter_side *l, struct slice request, struct slice filling)
{
	static struct m230_out out;
	uint8_t data[260] = {0}, address;
	struct slice q;
	if (!m230_unframe(request, &address, &q)) {
		abort(); /* what a driver sends is a frame */
	}
	size_t n = m230_size_of(q), front = filling.data[0] >= 0x80;
	bool is_status = filling.data[0] < 0x10;
	data[0] = is_status ? filling.data[0] : q.data[0];
	if (!is_status) {
		fill(data + front, n,
			filling.size > 1 ? (struct slice){filling.data + 1, filling.size - 1} :
					   filling);
	}
	if (n == 1 && !is_status) {
		data[0] = M230_OK; /* passwords are taken */
		front = 0;
	}
	m230_frame(address, (struct slice){data, is_status ? 1 : n + front}, &out);
	l->liar.now = (struct slice){out.data, out.size};
}

/* The first byte of the filling: how many bytes of data; its highest bit: an error. */
static void wrap_milur(struct meter_side *l, struct slice request, struct slice filling)
{
	static struct milur_out out;
	struct milur_frame f;
	uint8_t data[64];
	unsigned width = 4;
	if (!milur_request_get(width, request, &f)) {
		abort(); /* what a driver sends is a frame */
	}
	f.data = (struct slice){data, filling.data[0] & 63};
	fill(data, sizeof(data),
		filling.size > 1 ? (struct slice){filling.data + 1, filling.size - 1} : filling);
	if (filling.data[0] & 0x80) {
		f.function |= 0x80;
		f.object = data[0];
	}
	milur_reply(width, &f, &out);
	l->liar.now = (struct slice){out.data, out.size};
}

/* First byte of the filling even: a status; otherwise as many data as the request wants. A link test and a
 * password are always taken. */
static void wrap_set4(struct meter_side *l, struct slice request, struct slice filling)
{
	static struct set4_out out;
	static const uint8_t parameters[] = {7, 2, 10, 3, 7, 2, 2, 0, 0, 0, 5};
	enum set4_check check = SET4_CRC;
	struct set4_address a;
	struct slice q;
	uint8_t data[100] = {0};
	size_t n = 1, at = 0;
	if (!set4_unframe(check, request, &a, &q)) {
		check = SET4_KS;
		if (!set4_unframe(check, request, &a, &q)) {
			abort(); /* what a driver sends is a frame */
		}
	}
	switch (q.data[0]) {
	case SET4_TIME: n = q.data[1] ? 14 : 8; break;
	case SET4_JOURNAL: n = 14; break;
	case SET4_ENERGY: n = 16; break;
	case SET4_ENERGY_MORE: n = q.data[4] == 0xff ? 32 : q.data[4] == 0x0f ? 16 : 4; break;
	case SET4_MEMORY: n = q.data[4]; break;
	case SET4_MEMORY_MORE:
		n = q.data[5] + 1u;
		data[at++] = q.data[1];
		break;
	case SET4_PARAMETER:
		n = q.data[1] < sizeof(parameters) ? parameters[q.data[1]] :
		    q.data[1] == 0x16              ? 12 :
						     3;
		break;
	default: break;
	}
	if (n > 1 && filling.data[0] % 2 == 0) {
		n = 1;
		at = 0;
	}
	if (n > 1 || q.data[0] == SET4_WRITE) {
		fill(data + at, n - at,
			filling.size > 1 ? (struct slice){filling.data + 1, filling.size - 1} :
					   filling);
	}
	set4_frame(check, a, (struct slice){data, n}, &out);
	l->liar.now = (struct slice){out.data, out.size};
}

static const struct {
	const char *driver, *params;
	void (*wrap)(struct meter_side *l, struct slice request, struct slice filling);
} targets[] = {
	{"tem104", "address=5 energy_unit=Gcal", wrap_tem},
	{"kamstrup_kmp", "", wrap_kmp},
	{"karat30x", "address=5 energy_unit=Gcal", wrap_modbus},
	{"tsrv", "address=5", wrap_modbus},
	{"tsrv", "address=5 device=020 systems=3", wrap_modbus},
	{"tsrv", "address=5 device=024M+ systems=2 energy_unit=GJ", wrap_modbus},
	{"tsrv", "address=5 device=030.03 channels=volume", wrap_modbus},
	{"mt200", "address=7 pressure_unit=MPa", wrap_mt200},
	{"mt200", "", wrap_mt200},
	{"vkt5", "address=1", wrap_vkt},
	{"vkt7", "address=1", wrap_vkt},
	{"elf", "unverified=yes energy_unit=Gcal", wrap_modbus},
	{"ce102", "address=5", wrap_ce102},
	{"mercury206", "address=5", wrap_m206},
	{"mercury230", "address=5", wrap_m230},
	{"mercury230", "address=5 long_reply=yes constant=500 ring=8192", wrap_m230},
	{"milur", "address=5 long_address=yes profile_unit=energy", wrap_milur},
	{"milur", "address=5 long_address=yes phases=3", wrap_milur},
	{"set4tm", "address=5 constant=1250", wrap_set4},
	{"set4tm", "address=5 check=ks", wrap_set4},
	{"km5", "unverified=yes now=heat_energy:10 archive=heat_energy:12", wrap_km5},
};
#define TARGETS (sizeof(targets) / sizeof(targets[0]))

static void answer(struct liar *liar, struct slice request)
{
	struct meter_side *m = (struct meter_side *)liar;
	struct slice s = liar_piece(liar);
	if (s.size % 2) {
		liar->now = s;
	} else if (s.size) {
		m->wrap(m, request, s);
	}
}

static void ask(struct talk *t, const struct driver *d, unsigned what)
{
	struct sink sink = liar_sink();
	struct span events = {1700000000, 1790000000};
	struct identity id;
	int64_t utc;
	if (what & 0x80 && d->read_events) {
		(void)d->read_events(t, events, &sink);
		return;
	}
	switch (what % 5) {
	case 0: (void)d->read_current(t, &sink); break;
	case 1:
		(void)d->read_archive(t, (enum period)(1 + what / 5 % 4),
			(struct span){1780000000 / 86400 * 86400, 1790000000}, &sink);
		break;
	case 2: (void)d->read_clock(t, &utc); break;
	case 3: (void)(d->set_clock ? d->set_clock(t, 1790000000) : ERR_OK); break;
	default: (void)d->identify(t, &id); break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2) {
		return 0;
	}
	size_t target = data[0] % TARGETS;
	struct meter_side m = {.liar.answer = answer, .wrap = targets[target].wrap};
	struct talk *t = liar_talk(&m.liar, targets[target].driver, targets[target].params,
		(struct slice){data + 2, size - 2}, 1790000000);
	if (!t) {
		abort();
	}
	ask(t, driver_find(targets[target].driver), data[1]);
	talk_free(t);
	return 0;
}
