/*
 * Any bytes are frames, requests or replies, or are refused: the cutters never claim more than there
 * is, what decodes encodes again to the same bytes, a simulated meter answers a request with a whole
 * frame or not at all, and the driver makes a value or an error out of any replies.
 *
 * The first byte chooses: 0 codec, 1 requests to a meter, 2 and more replies to the driver, each
 * [length] bytes of a PDU, which the link dresses as the reply to whatever was asked.
 */
#include "proto/modbus.h"
#include "poll/talk.h"
#include "sim/device.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1736488800

extern const struct driver driver_modbus;

static void check(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

/* ---- codec ---- */

static struct modbus_cut cut_checked(struct modbus_cut (*cut)(struct slice), struct slice s)
{
	struct modbus_cut c = cut(s);
	check(c.state != MODBUS_CUT_FULL || (c.size > 0 && c.size <= s.size));
	check(c.state != MODBUS_CUT_MORE || (c.size > s.size && c.size <= MODBUS_ADU_CAP));
	check(c.state != MODBUS_CUT_JUNK || c.size > 0);
	return c;
}

static void codec(struct slice in)
{
	struct modbus_head head;
	struct slice pdu;
	struct modbus_request q;
	struct modbus_reply r;
	struct modbus_pdu again;
	(void)cut_checked(modbus_cut_rtu_reply, in);
	(void)cut_checked(modbus_cut_rtu_request, in);
	(void)cut_checked(modbus_cut_tcp, in);
	(void)modbus_unwrap(false, in, &head, &pdu);
	(void)modbus_unwrap(true, in, &head, &pdu);
	if (modbus_request_decode(in, &q) == ERR_OK) {
		check(modbus_request_encode(&q, &again) == ERR_OK);
		check(again.size == in.size);
		/* reference 0 is written as the standard's 6 */
		check((q.function == MODBUS_READ_FILE && q.reference == 0) ||
			memcmp(again.data, in.data, in.size) == 0);
	}
	if (modbus_reply_decode(in, &r) == ERR_OK) {
		check(modbus_reply_encode(&r, &again) == ERR_OK);
		check(again.size == in.size);
	}
	uint8_t bytes[8] = {0};
	memcpy(bytes, in.data, in.size < sizeof(bytes) ? in.size : sizeof(bytes));
	for (int type = MODBUS_U16; type <= MODBUS_BCD32; type++) {
		enum modbus_type t = (enum modbus_type)type;
		double v = modbus_number(t, modbus_bits_get(t, MODBUS_CDAB, bytes));
		(void)modbus_number_bits(t, v);
	}
}

/* ---- a meter that is asked ---- */

static double source_at(const struct sim_source *s, enum quantity q, int64_t utc_us)
{
	(void)s;
	return quantity_kind(q) == KIND_COUNTER ? (double)(utc_us / 1000000) / 3600 : 12.5;
}

static const struct sim_source source = {.at = source_at};

static void meter(struct slice in)
{
	struct sim_device d = {.protocol = &sim_modbus_tcp,
		.source = &source,
		.address = 1,
		.serial = "123",
		.model = "domovoi_heat",
		.born_utc = NOW - 400 * 86400,
		.depth = {.hours = 1488, .days = 300, .months = 12}};
	struct modbus_head head = {.is_tcp = true, .unit = 1};
	struct modbus_pdu pdu = {.size = in.size < MODBUS_PDU_CAP ? in.size : MODBUS_PDU_CAP};
	struct modbus_adu adu;
	struct buf reply;
	if (pdu.size == 0) {
		return;
	}
	memcpy(pdu.data, in.data, pdu.size);
	modbus_wrap(&head, &pdu, &adu);
	buf_init(&reply, 4096);
	if (d.protocol->answer(&d, (struct slice){adu.data, adu.size}, NOW * 1000000LL, &reply)) {
		struct modbus_cut c = modbus_cut_tcp(buf_slice(&reply));
		check(c.state == MODBUS_CUT_FULL && c.size == reply.size);
	}
	buf_fini(&reply);
}

/* ---- a driver that is answered ---- */

struct answers {
	struct link link;
	struct slice left;
	uint8_t head[7]; /* of the request */
	uint8_t out[MODBUS_ADU_CAP];
	size_t out_n;
};

static void answers_close(struct link *l)
{
	(void)l;
}

static enum err answers_write(struct link *link, struct slice bytes, struct diag *diag)
{
	struct answers *a = (struct answers *)link;
	(void)diag;
	memcpy(a->head, bytes.data, sizeof(a->head));
	return ERR_OK;
}

static enum err answers_read(struct link *link, uint8_t *to, size_t cap, int timeout_ms,
	size_t *ret_n, struct diag *diag)
{
	struct answers *a = (struct answers *)link;
	(void)timeout_ms;
	(void)diag;
	if (a->left.size < 2) {
		return ERR_TIMEOUT;
	}
	size_t n = a->left.data[0];
	n = n < a->left.size - 1 ? n : a->left.size - 1;
	n = n < cap - 7 ? n : cap - 7;
	memcpy(to, a->head, 7);
	to[4] = 0;
	to[5] = (uint8_t)(n + 1);
	memcpy(to + 7, a->left.data + 1, n);
	a->left.data += n + 1;
	a->left.size -= n + 1;
	*ret_n = n + 7;
	return ERR_OK;
}

static size_t answers_discard(struct link *link)
{
	(void)link;
	return 0;
}

static void answers_pause(struct link *link, int ms)
{
	(void)link;
	(void)ms;
}

static enum err take(struct sink *s, const struct sample *sample)
{
	(void)s;
	check(isfinite(sample->value) || quality_class(sample->quality) == QUALITY_MISSING);
	check(sample->form == FORM_NOW || sample->utc > 0);
	return ERR_OK;
}

static void driver(struct slice in, const char *params)
{
	static const struct link_ops ops = {.close = answers_close,
		.write = answers_write,
		.read = answers_read,
		.discard = answers_discard,
		.pause = answers_pause};
	struct answers a = {.link.ops = &ops};
	struct sink sink = {.put = take};
	struct line line = {.is_enabled = true};
	struct meter settings = {0};
	struct identity who;
	struct talk *talk;
	int64_t utc;
	memcpy(settings.params, params, strlen(params));
	check(talk_new(&driver_modbus, &line, &settings, NULL, &talk, NULL) == ERR_OK);
	talk_attach(talk, &a.link, NULL);
	check(talk_begin(talk, NOW) == ERR_OK);
	a.left = in;
	(void)driver_modbus.read_current(talk, &sink);
	a.left = in;
	(void)driver_modbus.identify(talk, &who);
	a.left = in;
	(void)driver_modbus.read_clock(talk, &utc);
	static const enum period periods[] = {PERIOD_HOUR, PERIOD_DAY, PERIOD_MONTH};
	for (size_t i = 0; i < 3; i++) {
		a.left = in;
		(void)driver_modbus.read_archive(
			talk, periods[i], (struct span){NOW - 86400 * 3, NOW}, &sink);
	}
	talk_free(talk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	struct slice in = {data + 1, size - 1};
	switch (data[0] % 4) {
	case 0: codec(in); break;
	case 1: meter(in); break;
	case 2: driver(in, "model=domovoi_heat transport=tcp retries=0"); break;
	default: driver(in, "model=karat_compact transport=tcp retries=0"); break;
	}
	return 0;
}
