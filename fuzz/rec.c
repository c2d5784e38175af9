/*
 * Any bytes are a recording or are refused; one that was accepted prints to text that reads back to
 * the same, answers as a link and runs against the driver it names. The talk's requests are written
 * into the link as well, so that the fuzzer's replies reach the drivers.
 */
#include "link/replay.h"
#include "poll/rehearse.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_read_back(const struct rec *rec)
{
	struct buf first;
	struct buf second;
	struct rec again;
	buf_init(&first, 1u << 26);
	buf_init(&second, 1u << 26);
	rec_print(rec, &first);
	if (rec_parse(buf_slice(&first), &again, NULL) != ERR_OK) {
		abort();
	}
	rec_print(&again, &second);
	if (strcmp(buf_cstr(&first), buf_cstr(&second)) != 0) {
		abort();
	}
	rec_fini(&again);
	buf_fini(&first);
	buf_fini(&second);
}

static void answer_every_request(const struct rec *rec)
{
	struct link *l;
	if (replay_new(rec, &REPLAY_AS_IS, &l)) {
		return;
	}
	for (size_t i = 0; i < rec->chunk_n && i < 50; i++) {
		uint8_t bytes[100];
		size_t n;
		(void)link_write(l, rec_bytes(rec, &rec->chunks[i]), NULL);
		while (link_read(l, bytes, sizeof(bytes), 1000, &n, NULL) == ERR_OK) {
			if (n == 0 || n > sizeof(bytes)) {
				abort();
			}
		}
	}
	link_close(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rec rec;
	struct rehearsal r;
	struct diag diag;
	if (size > 65536 || rec_parse((struct slice){data, size}, &rec, &diag) != ERR_OK) {
		return 0;
	}
	if (rec.bytes.size < 20000 && rec.step_n < 1000) {
		must_read_back(&rec);
		answer_every_request(&rec);
	}
	const struct driver *driver = driver_find(rec.driver);
	if (driver && rec.step_n < 4 &&
		rehearse(&rec, driver, &REPLAY_AS_IS, &r, &diag) == ERR_OK) {
		(void)rehearsal_check(&rec, &r, &diag);
		rehearsal_fini(&r);
	}
	rec_fini(&rec);
	return 0;
}
