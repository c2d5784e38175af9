/*
 * The codec and driver of IEC 62056-21: bytes that may be messages, then a meter that answers anything.
 *
 * What is cut out never is longer than what came; sets and parts of a message stay inside it. The driver
 * ends every conversation in bounded time, and what it says has a key, a known unit and a quantity.
 *
 * Input: first byte what is asked (bits 0 to 2) of which dialect (bits 3 to 5); then replies, each a length
 * byte L and L bytes: L odd the bytes as they are; L even the text of a reply with a right check, behind
 * the name that was asked for where the first byte is a parenthesis; L = 0 what a good meter says.
 */
#include "liar.h"

#include "proto/iec62056.h"

#define NOW 1790000000

static const struct dialect {
	const char *params, *ident;
	enum iec_bcc bcc;
} dialects[] = {
	{"baud=9600", "EKT5CE301v11", IEC_BCC_SUM},
	{"", "EKT5CE303v8", IEC_BCC_SUM},
	{"variant=energomera_ce102m", "EKT5CE102Mv01", IEC_BCC_SUM},
	{"variant=energomera_ce308 login=p2", "EKT5CE308v10", IEC_BCC_SUM},
	{"variant=neva_mt", "TPC5NEVAMT324.2307", IEC_BCC_XOR},
	{"variant=none", "ISK5ME162", IEC_BCC_XOR},
	{"variant=energomera_ce303_group session=no address=211", "EKT5CE303v8", IEC_BCC_SUM},
	{"", "LUGCUH50", IEC_BCC_XOR},
};

struct meter_side {
	struct liar liar; /* first */
	const struct dialect *dialect;
	uint8_t out[1024];
};

static void say(struct meter_side *m, const struct buf *b)
{
	size_t n = b->size < sizeof(m->out) ? b->size : sizeof(m->out);
	if (n) {
		memcpy(m->out, b->data, n);
	}
	m->liar.now = (struct slice){m->out, n};
}

/* Identification, challenge, acknowledge. */
static void say_usual(struct meter_side *m, struct slice request, struct buf *b)
{
	struct iec_out o;
	if (request.data[0] == '/' && !memchr(request.data, IEC_SOH, request.size)) {
		buf_printf(b, "/%s\r\n", m->dialect->ident);
	} else if (request.data[0] == IEC_ACK) {
		(void)iec_command(m->dialect->bcc, "P0", "(83BC249)", &o);
		buf_put(b, o.data, o.size);
	} else if (request.size > 1 && request.data[1] == 'P') {
		buf_u8(b, IEC_ACK);
	}
	say(m, b);
}

static void answer(struct liar *liar, struct slice request)
{
	struct meter_side *m = (struct meter_side *)liar;
	struct buf b, text;
	struct slice s = liar_piece(liar);
	buf_init(&b, 1024);
	buf_init(&text, 900);
	if (s.size == 0) {
		say_usual(m, request, &b);
	} else if (s.size % 2) {
		liar->now = s;
	} else {
		const uint8_t *stx = memchr(request.data, IEC_STX, request.size);
		for (size_t i = 1; s.data[0] == '(' && stx &&
				   stx + i < request.data + request.size && stx[i] != '(';
			i++) {
			buf_u8(&text, stx[i]);
		}
		buf_put(&text, s.data, s.size);
		iec_reply(m->dialect->bcc, buf_cstr(&text), s.data[1] == 0xff, &b);
		say(m, &b);
	}
	buf_fini(&b);
	buf_fini(&text);
}

static void ask(struct talk *t, unsigned what)
{
	const struct driver *d = driver_find("iec62056_21");
	const struct span span = {NOW / 86400 * 86400 - 3 * 86400, NOW};
	const struct span months = {1785542400, NOW}; /* 2026-08-01 */
	struct sink sink = liar_sink();
	struct identity id;
	int64_t utc;
	switch (what) {
	case 0: (void)d->read_clock(t, &utc); break;
	case 1: (void)d->identify(t, &id); break;
	case 2: (void)d->read_archive(t, PERIOD_HALF_HOUR, span, &sink); break;
	case 3: (void)d->read_archive(t, PERIOD_DAY, span, &sink); break;
	case 4: (void)d->read_archive(t, PERIOD_MONTH, months, &sink); break;
	case 5: (void)d->read_archive(t, PERIOD_HOUR, span, &sink); break;
	default: (void)d->read_current(t, &sink); break;
	}
	(void)d->caps_of(t);
	(void)d->depth(t);
}

static void must(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

static void walk(struct slice text)
{
	struct iec_walk w = iec_walk_of(text);
	struct iec_set set;
	struct slice value, unit;
	double v;
	int decimals;
	struct civil c = {2000, 1, 1, 0, 0, 0};
	while (iec_walk_next(&w, &set)) {
		must(set.value.data >= text.data &&
			set.value.data + set.value.size < text.data + text.size);
		for (unsigned i = 0; i < 300 && iec_part(set.value, ',', i, &value, &unit); i++) {
			must(value.size <= set.value.size && unit.size <= set.value.size);
			(void)iec_number(value, &v, &decimals);
			(void)iec_time_get("hh:mm:ss,ww.DD.MM.YY,S", value, &c);
		}
	}
}

static void check_codec(struct slice s)
{
	static struct iec_message m;
	struct iec_ident id;
	size_t n;
	for (int k = IEC_BCC_XOR; k <= IEC_BCC_NONE; k++) {
		if (iec_cut_message((enum iec_bcc)k, s, &n) != IEC_CUT_MORE) {
			must(n > 0 && n <= s.size);
			(void)iec_message_parse((enum iec_bcc)k, (struct slice){s.data, n}, &m);
		}
	}
	if (iec_cut_request(s, &n) != IEC_CUT_MORE) {
		must(n > 0 && n <= s.size);
	}
	if (iec_cut_ident(s, &n) == IEC_CUT_FULL) {
		must(iec_ident_parse((struct slice){s.data, n}, &id));
	}
	walk(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct meter_side m = {.liar = {.answer = answer, .writes_max = 50000}};
	if (size == 0) {
		return 0;
	}
	struct slice input = {data + 1, size - 1};
	m.dialect = &dialects[data[0] >> 3 & 7];
	check_codec(input);
	struct talk *t = liar_talk(&m.liar, "iec62056_21", m.dialect->params, input, NOW);
	if (t) {
		ask(t, data[0] & 7u);
	}
	talk_free(t);
	return 0;
}
