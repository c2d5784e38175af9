/*
 * decode.c - domovoi decode: a frame, explained
 */
#include "cmd/decode.h"

#include "base/str.h"
#include "cmd/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX  (1u << 20)
#define FRAME_MAX (1u << 18)

static const struct decode_protocol *const protocols[] = {
	&decode_mbus,
	NULL,
};

static const struct decode_protocol *find(const char *name)
{
	for (size_t i = 0; protocols[i]; i++) {
		if (strcmp(protocols[i]->name, name) == 0) {
			return protocols[i];
		}
	}
	return NULL;
}

static enum err read_all(FILE *from, struct buf *text, struct diag *diag)
{
	for (;;) {
		uint8_t *room = buf_room(text, 4096);
		if (!room) {
			return err_set(diag, ERR_LIMIT, "more than %u bytes of text", TEXT_MAX);
		}
		size_t n = fread(room, 1, 4096, from);
		text->size += n;
		if (n == 0) {
			return ferror(from) ? err_set(diag, ERR_IO, "cannot read the input") :
					      ERR_OK;
		}
	}
}

static enum err read_hex(const char *path, struct buf *text, struct buf *frame, struct diag *diag)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *from = is_stdin ? stdin : fopen(path, "rb");
	if (!from) {
		return err_set_errno(diag, "%s", path);
	}
	enum err e = read_all(from, text, diag);
	if (!is_stdin) {
		(void)fclose(from);
	}
	return e ? e : str_unhex((const char *)text->data, text->size, frame, diag);
}

static int run(int argc, char **argv)
{
	const char *name = NULL, *path = NULL;
	bool is_json = false;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			is_json = true;
		} else if (argv[i][0] == '-' && argv[i][1]) {
			return cmd_usage(argv[0], "no option '%s'", argv[i]);
		} else if (!name) {
			name = argv[i];
		} else if (!path) {
			path = argv[i];
		} else {
			return cmd_usage(argv[0], "one file at a time");
		}
	}
	if (!name || !path) {
		return cmd_usage(argv[0], "a protocol and a file are needed");
	}
	const struct decode_protocol *p = find(name);
	if (!p) {
		return cmd_usage(argv[0], "no protocol '%s'", name);
	}
	struct buf text, frame;
	struct diag diag = {0};
	buf_init(&text, TEXT_MAX);
	buf_init(&frame, FRAME_MAX);
	enum err e = read_hex(path, &text, &frame, &diag);
	e = e ? e : p->print(buf_slice(&frame), is_json, &diag);
	buf_fini(&text);
	buf_fini(&frame);
	if (!e && fflush(stdout)) {
		e = err_set_errno(&diag, "standard output");
	}
	if (e == ERR_PROTO || err_is_answer(e) || e == ERR_BUSY) {
		/* what is wrong is in the frame: the general advice about lines would mislead */
		(void)fprintf(stderr, "domovoi %s: %s%s\n", argv[0],
			e == ERR_PROTO ? "broken frame: " : "", diag.text);
		return EXIT_FAILED;
	}
	return e ? cmd_fail(argv[0], e, &diag) : EXIT_DONE;
}

extern const struct cmd cmd_decode;
const struct cmd cmd_decode = {
	.name = "decode",
	.summary = "a frame, explained",
	.help = "usage: domovoi decode PROTOCOL [--json] FILE|-\n"
		"\n"
		"Reads one frame as hex digits (blanks, line breaks, ':' and '-' between bytes are\n"
		"allowed) from FILE or, with '-', from standard input, and says what it means.\n"
		"\n"
		"  mbus    wired M-Bus, EN 13757-2/3: any frame of master or slave\n"
		"\n"
		"With --json one object is printed:\n"
		"\n"
		"  link          c, a, ci: numbers, null where the frame has none; kind: ack, short, long\n"
		"  id            eight digits as printed on the meter, as text\n"
		"  manufacturer  three letters\n"
		"  version, medium, access, status   numbers; medium_name says the medium in words\n"
		"  records       in the order of the frame, each with\n"
		"    function    instantaneous, maximum, minimum or error\n"
		"    storage, tariff, subunit   whole numbers, 0 where absent\n"
		"    quantity    code of docs/quantities.md, by the VIF alone\n"
		"    unit        symbol: kWh, m3, m3/h, \302\260C ...; a plain-text unit as the meter sent it\n"
		"    value       a number in that unit; dates and times as ISO 8601 text in the meter's\n"
		"                local time; null where there is none\n"
		"    text        text data; digits of an identification; why there is no value; else null\n"
		"    raw         all bytes of the record, hex; manufacturer data are here only\n"
		"    name, note  what VIF and VIFEs mean, in words\n"
		"  error         only where the frame reports or has an error\n"
		"\n"
		"exit codes: 0 done; 1 a broken frame, an application error or an encrypted frame: one line\n"
		"on stderr says what and at which byte, counted from 0; 2 wrong command line\n",
	.run = run,
};
