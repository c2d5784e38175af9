/*
 * Any bytes are a state of the fold or are refused; what was accepted is written back the same.
 */
#include "calc/rollup_fold.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fold *a = fold_new(), *b = fold_new();
	struct reader in = reader_of((struct slice){data, size});
	struct buf first, second;
	buf_init(&first, 1u << 20);
	buf_init(&second, 1u << 20);
	if (a && b && fold_load(a, &in) == ERR_OK) {
		fold_save(a, &first);
		in = reader_of(buf_slice(&first));
		if (fold_load(b, &in) != ERR_OK) {
			abort();
		}
		fold_save(b, &second);
		if (first.size != second.size) {
			abort(); /* the order of registers may differ */
		}
	}
	buf_fini(&first);
	buf_fini(&second);
	fold_free(a);
	fold_free(b);
	return 0;
}
