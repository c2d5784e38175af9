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
	&decode_ce102,
	&decode_dlms,
	&decode_dsmr,
	&decode_iec62056,
	&decode_mbus,
	&decode_mercury206,
	&decode_mercury230,
	&decode_set4tm,
	&decode_sml,
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

/* A file's bytes, or those its hex digits stand for. */
static enum err read_frame(
	const char *path, bool is_raw, struct buf *text, struct buf *frame, struct diag *diag)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *from = is_stdin ? stdin : fopen(path, "rb");
	if (!from) {
		return err_set_errno(diag, "%s", path);
	}
	enum err e = read_all(from, is_raw ? frame : text, diag);
	if (!is_stdin) {
		(void)fclose(from);
	}
	return e || is_raw ? e : str_unhex((const char *)text->data, text->size, frame, diag);
}

struct wanted {
	const char *name, *path;
	const char *request, *key, *auth_key; /* hex digits; NULL: not given */
	bool is_json, is_raw;
};

static const char **option_of(struct wanted *w, const char *text)
{
	return strcmp(text, "--request") == 0  ? &w->request :
	       strcmp(text, "--key") == 0      ? &w->key :
	       strcmp(text, "--auth-key") == 0 ? &w->auth_key :
						 NULL;
}

static int parse(int argc, char **argv, struct wanted *w)
{
	for (int i = 1; i < argc; i++) {
		const char **option = option_of(w, argv[i]);
		if (strcmp(argv[i], "--json") == 0) {
			w->is_json = true;
		} else if (strcmp(argv[i], "--raw") == 0) {
			w->is_raw = true;
		} else if (option && ++i == argc) {
			return cmd_usage(argv[0], "%s needs hex digits", argv[i - 1]);
		} else if (option) {
			*option = argv[i];
		} else if (argv[i][0] == '-' && argv[i][1]) {
			return cmd_usage(argv[0], "no option '%s'", argv[i]);
		} else if (!w->name) {
			w->name = argv[i];
		} else if (!w->path) {
			w->path = argv[i];
		} else {
			return cmd_usage(argv[0], "one file at a time");
		}
	}
	return w->name && w->path ? EXIT_DONE :
				    cmd_usage(argv[0], "a protocol and a file are needed");
}

static enum err unhex_option(const char *name, const char *text, struct buf *to, struct diag *diag)
{
	enum err e = text ? str_unhex(text, strlen(text), to, diag) : ERR_OK;
	if (e) {
		char why[160];
		(void)STR_COPY(why, diag->text);
		return err_set(diag, ERR_INVAL, "%s: %s", name, why);
	}
	return ERR_OK;
}

static enum err decode(const struct decode_protocol *p, const struct wanted *w, struct diag *diag)
{
	struct buf text, frame, request, key, auth_key;
	buf_init(&text, TEXT_MAX);
	buf_init(&frame, FRAME_MAX);
	buf_init(&request, FRAME_MAX);
	buf_init(&key, FRAME_MAX);
	buf_init(&auth_key, FRAME_MAX);
	enum err e = unhex_option("--request", w->request, &request, diag);
	e = e ? e : unhex_option("--key", w->key, &key, diag);
	e = e ? e : unhex_option("--auth-key", w->auth_key, &auth_key, diag);
	e = e ? e : read_frame(w->path, p->is_text || w->is_raw, &text, &frame, diag);
	if (!e) {
		struct decode_input in = {.frame = buf_slice(&frame),
			.request = buf_slice(&request),
			.key = buf_slice(&key),
			.auth_key = buf_slice(&auth_key),
			.is_json = w->is_json};
		e = p->print(&in, diag);
	}
	buf_fini(&text);
	buf_fini(&frame);
	buf_fini(&request);
	buf_fini(&key);
	buf_fini(&auth_key);
	return e;
}

static int run(int argc, char **argv)
{
	struct wanted w = {0};
	struct diag diag = {0};
	int code = parse(argc, argv, &w);
	if (code) {
		return code;
	}
	const struct decode_protocol *p = find(w.name);
	if (!p) {
		return cmd_usage(argv[0], "no protocol '%s'", w.name);
	}
	enum err e = decode(p, &w, &diag);
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
	.help = "usage: domovoi decode PROTOCOL [--json] [--raw] [--request HEX] [--key HEX]\n"
		"                      [--auth-key HEX] FILE|-\n"
		"\n"
		"Reads one frame as hex digits (blanks, line breaks, ':' and '-' between bytes are\n"
		"allowed) from FILE or, with '-', from standard input, and says what it means.\n"
		"\n"
		"  ce102         Energomera CE102, CE301M, CE307 and IEK, binary\n"
		"  dlms          DLMS/COSEM: HDLC frames, wrapper, bare APDUs, pushed lists\n"
		"  dsmr          telegrams of a P1 port, plain (text) or encrypted: the first whole one\n"
		"  iec62056      IEC 62056-21: readouts, programming messages, requests; text\n"
		"  mbus          wired M-Bus, EN 13757-2/3: any frame of master or slave\n"
		"  mercury206    Mercury 200, 201, 203, 206: requests and replies\n"
		"  mercury230    Mercury 203.2TD, 204, 208, 230 to 238: replies, with --request\n"
		"  set4tm        SET-4TM, PSCH-3TM, PSCH-4TM, SEB-1TM: replies, with --request\n"
		"  sml           Smart Message Language of optical heads: the first whole telegram\n"
		"\n"
		"  --raw       the file holds the bytes themselves (always so for protocols of text)\n"
		"  --request   the request the frame answers, where a reply means nothing without it\n"
		"  --key, --auth-key   keys of an encrypted frame\n"
		"\n"
		"With --json one object is printed:\n"
		"\n"
		"  link          of the link layer; mbus: c, a, ci: numbers, null where the frame has\n"
		"                none; kind: ack, short, long\n"
		"  id            number as printed on the meter, as text\n"
		"  manufacturer  three letters\n"
		"  version, medium, access, status   numbers; medium_name says the medium in words\n"
		"  records       in the order of the frame, each with\n"
		"    function    instantaneous, maximum, minimum or error\n"
		"    storage, tariff, subunit   whole numbers, 0 where absent\n"
		"    quantity    code of docs/quantities.md, by the frame alone\n"
		"    unit        symbol: kWh, m3, m3/h, \302\260C ...; a plain-text unit as the meter sent it\n"
		"    value       a number in that unit; dates and times as ISO 8601 text in the meter's\n"
		"                local time; null where there is none\n"
		"    text        text data; digits of an identification; why there is no value; else null\n"
		"    raw         all bytes of the record, hex\n"
		"    name, note  what it is, in words or by the code of the protocol\n"
		"  error         only where the frame reports or has an error\n"
		"\n"
		"exit codes: 0 done; 1 a broken frame, an application error or an encrypted frame: one line\n"
		"on stderr says what and at which byte, counted from 0; 2 wrong command line\n",
	.run = run,
};
