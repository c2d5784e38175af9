/*
 * A meter that answers anything: the M-Bus driver ends every conversation in bounded time, and what it
 * says has a key, a known unit and a quantity.
 *
 * Input: first byte what is asked; then replies, each a length byte L and L bytes: L = 0 an
 * acknowledge, L odd the bytes as they are, L even a reply of meter 1 with the bytes as its data.
 */
#include "liar.h"

#include "proto/mbus.h"

struct meter_side {
	struct liar liar; /* first */
	struct mbus_out out;
};

static void answer(struct liar *liar, struct slice request)
{
	static const uint8_t ack[] = {MBUS_ACK};
	struct meter_side *m = (struct meter_side *)liar;
	(void)request;
	if (reader_left(&liar->replies) == 0) {
		return;
	}
	struct slice s = liar_piece(liar);
	if (s.size == 0) {
		liar->now = SLICE(ack);
	} else if (s.size % 2) {
		liar->now = s;
	} else {
		mbus_begin(&m->out, MBUS_RSP_UD, 1, s.data[0] % 4 ? MBUS_CI_VARIABLE : s.data[1]);
		mbus_put(&m->out, s.data, s.size);
		liar->now = mbus_end(&m->out);
	}
}

static void ask(struct talk *t, unsigned what)
{
	const struct driver *d = driver_find("mbus");
	struct sink sink = liar_sink();
	struct identity id;
	int64_t utc;
	switch (what % 4) {
	case 0: (void)d->read_current(t, &sink); break;
	case 1:
		(void)d->read_archive(t, (enum period)(1 + what / 4 % 4),
			(struct span){1780000000 / 86400 * 86400, 1790000000}, &sink);
		break;
	case 2: (void)d->read_clock(t, &utc); break;
	default: (void)d->identify(t, &id); break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct meter_side m = {.liar.answer = answer};
	if (size == 0) {
		return 0;
	}
	struct talk *t = liar_talk(&m.liar, "mbus",
		data[0] & 0x80 ? "address=1 log_hour=0x60 log_day=0x30" :
				 "secondary=FFFFFFFF fast_baud=9600",
		(struct slice){data + 1, size - 1}, 1790000000);
	if (t) {
		ask(t, data[0] & 0x7fu);
	}
	talk_free(t);
	return 0;
}
