/*
 * elf_meter.c - the meter's side of ELF-01 to 04 over Modbus
 *
 * Written from docs/protocols/elf.md; driver and meter share one reading of one program's word and the table
 * of proto/elf.c. Records are amounts of the interval whose start they are dated with; one that is not
 * there has no date.
 */
#include "proto/elf.h"
#include "proto/modbus.h"
#include "sim/fill.h"

#include <string.h>

#define RECORD_SIZE (2 * ELF_RECORD_WORDS)

/* What a device remembers between requests. */
struct memory {
	uint8_t select[ELF_SELECT_SIZE];
};

static void fill_record(const struct sim_device *d, int64_t now_us, uint8_t *to)
{
	const struct memory *memory = (const void *)d->memory;
	struct calendar c = sim_calendar(d);
	struct sim_fill fill = {d, NULL, now_us, FORM_AMOUNT, UNIT_GCAL};
	struct sim_record r;
	enum elf_archive archive;
	struct civil date;
	memset(to, 0, RECORD_SIZE);
	if (!elf_select_get(SLICE(memory->select), &archive, &date)) {
		return;
	}
	if (archive >= ELF_HOURS) {
		enum period p = archive == ELF_HOURS ? PERIOD_HOUR :
				archive == ELF_DAYS  ? PERIOD_DAY :
						       PERIOD_MONTH;
		if (!sim_record_of(d, p, zone_utc(c.zone, date, false), now_us, &r)) {
			return;
		}
		fill.record = &r;
		date = zone_civil(c.zone, r.period.from);
	} else {
		date = zone_civil(c.zone, sim_meter_now(d, now_us));
	}
	elf_date_put(date, to);
	sim_fill(&fill, elf_cells, elf_cells_count, to, RECORD_SIZE);
}

static int read_input(
	const struct sim_device *d, int64_t now_us, const struct modbus_request *q, uint8_t *to)
{
	struct calendar c = sim_calendar(d);
	struct civil now = zone_civil(c.zone, sim_meter_now(d, now_us));
	memset(to, 0, 2 * MODBUS_READ_MAX);
	if (q->address == ELF_AT_CLOCK && q->count == 3) {
		elf_date_put(now, to);
		to[4] = (uint8_t)now.minute;
		return 0;
	}
	if (q->address == ELF_AT_SERIAL && q->count == ELF_SERIAL_WORDS) {
		size_t n = strlen(d->serial);
		memset(to, '0', 8);
		n = n < 8 ? n : 8;
		memcpy(to + 8 - n, d->serial, n);
		return 0;
	}
	if (q->address == ELF_AT_RECORD && q->count <= ELF_RECORD_WORDS) {
		fill_record(d, now_us, to);
		return 0;
	}
	return MODBUS_ILLEGAL_ADDRESS;
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *out)
{
	_Static_assert(sizeof(struct memory) <= sizeof(d->memory), "too much to remember");
	struct memory *memory = (void *)d->memory;
	struct modbus_head head;
	struct slice pdu;
	struct modbus_request q = {0};
	struct modbus_pdu reply_pdu;
	struct modbus_adu adu;
	uint8_t bytes[2 * MODBUS_READ_MAX];
	if (!modbus_unwrap(false, request, &head, &pdu) || head.unit != d->address) {
		return false;
	}
	enum err e = modbus_request_decode(pdu, &q);
	struct modbus_reply reply = {
		.function = q.function, .address = q.address, .count = q.count};
	if (e) {
		reply.exception = e == ERR_UNSUPP ? MODBUS_ILLEGAL_FUNCTION : MODBUS_ILLEGAL_VALUE;
	} else if (q.function == MODBUS_READ_INPUT) {
		reply.exception = read_input(d, now_us, &q, bytes);
		reply.data = (struct slice){bytes, 2 * (size_t)q.count};
	} else if (q.function == MODBUS_WRITE_MANY && q.address == ELF_AT_SELECT &&
		   q.data.size == ELF_SELECT_SIZE) {
		memcpy(memory->select, q.data.data, ELF_SELECT_SIZE);
	} else {
		reply.exception = MODBUS_ILLEGAL_ADDRESS;
	}
	if (modbus_reply_encode(&reply, &reply_pdu)) {
		return false;
	}
	modbus_wrap(&head, &reply_pdu, &adu);
	buf_put(out, adu.data, adu.size);
	return true;
}

static struct frame_verdict frame(struct slice so_far)
{
	struct modbus_cut cut = modbus_cut_rtu_request(so_far);
	return (struct frame_verdict){cut.state == MODBUS_CUT_FULL ? FRAME_FULL :
				      cut.state == MODBUS_CUT_MORE ? FRAME_MORE :
								     FRAME_JUNK,
		cut.size};
}

const struct sim_protocol sim_elf = {.name = "elf", .frame = frame, .answer = answer};
