/*
 * fault.c - faults: their words, and what they do to a reply; see fault.h
 *
 * What protects a reply is seen from its form, so that no protocol need be asked:
 *
 *   68 LL LL 68 .. SS 16     M-Bus, sum before the last byte
 *   .. CC CC                 Modbus RTU, CRC-16 that fits
 *   TT TT 00 00 LL LL ..     Modbus TCP, length that fits: unprotected
 *   10 NN ..                 Logika, checksum that fits
 */
#include "sim/fault.h"

#include "base/str.h"
#include "base/zone.h"
#include "proto/crc.h"
#include "proto/m4.h"
#include "sim/rng.h"

#include <stdio.h>
#include <string.h>

static const char *const names[SIM_FAULT_KIND_COUNT] = {
	[SIM_FAULT_SILENCE] = "silence",
	[SIM_FAULT_NOISE] = "noise",
	[SIM_FAULT_LATE] = "late",
	[SIM_FAULT_CHECKSUM] = "checksum",
	[SIM_FAULT_FOREIGN] = "foreign",
	[SIM_FAULT_TRUNCATE] = "truncate",
	[SIM_FAULT_ECHO] = "echo",
	[SIM_FAULT_CLOCK] = "clock",
	[SIM_FAULT_POWER] = "power",
};

/* The key whose value is `amount`, its default and its limits. */
static const struct {
	const char *key;
	int64_t def, min, max;
} amounts[SIM_FAULT_KIND_COUNT] = {
	[SIM_FAULT_LATE] = {"ms", 3000, 1, 3600000},
	[SIM_FAULT_TRUNCATE] = {"bytes", 0, 1, 1000},
	[SIM_FAULT_CLOCK] = {"s", 3600, -315360000, 315360000},
};

static const char *const wheres[] = {"anywhere", "before", "inside"};

const char *sim_fault_name(enum sim_fault_kind kind)
{
	return names[kind];
}

bool sim_fault_from_name(const char *name, enum sim_fault_kind *ret_kind)
{
	for (int k = 0; k < SIM_FAULT_KIND_COUNT; k++) {
		if (strcmp(name, names[k]) == 0) {
			*ret_kind = (enum sim_fault_kind)k;
			return true;
		}
	}
	return false;
}

/* ---- words ---- */

static enum err set_where(struct sim_fault *f, const char *value)
{
	for (int i = 0; i < 3; i++) {
		if (strcmp(value, wheres[i]) == 0) {
			f->where = (enum sim_noise_where)i;
			return ERR_OK;
		}
	}
	return ERR_PARSE;
}

static enum err set_key(struct sim_fault *f, const char *key, const char *value)
{
	if (strcmp(key, "p") == 0) {
		enum err e = str_to_double(value, &f->p);
		return e ? e : f->p > 0 && f->p <= 1 ? ERR_OK : ERR_RANGE;
	}
	if (strcmp(key, "from") == 0) {
		return time_parse(value, NULL, &f->from_utc);
	}
	if (strcmp(key, "till") == 0) {
		return time_parse(value, NULL, &f->till_utc);
	}
	if (strcmp(key, "where") == 0 && f->kind == SIM_FAULT_NOISE) {
		return set_where(f, value);
	}
	if (amounts[f->kind].key && strcmp(key, amounts[f->kind].key) == 0) {
		enum err e = str_to_int(value, &f->amount);
		bool is_in = f->amount >= amounts[f->kind].min && f->amount <= amounts[f->kind].max;
		return e ? e : is_in ? ERR_OK : ERR_RANGE;
	}
	return ERR_NOTFOUND;
}

/* Cut the next word off `*text`: TARGET and KIND end at ':' or a blank, keys at ',' or a blank (the
 * times of from= and till= have colons). */
static bool next_word(const char **text, const char *ends, char *word, size_t cap)
{
	const char *from = *text + strspn(*text, ends);
	size_t n = strcspn(from, ends);
	*text = from + n;
	if (n == 0 || n >= cap) {
		return false;
	}
	memcpy(word, from, n);
	word[n] = 0;
	return true;
}

enum err sim_fault_parse(const char *text, struct sim_fault *ret_fault, struct diag *diag)
{
	struct sim_fault f = {.p = 1, .from_utc = INT64_MIN, .till_utc = INT64_MAX};
	char word[96];
	if (!next_word(&text, ": ", f.target, sizeof(f.target))) {
		return err_set(diag, ERR_PARSE, "a fault is TARGET:KIND[:key=value,...]");
	}
	if (!next_word(&text, ": ", word, sizeof(word)) || !sim_fault_from_name(word, &f.kind)) {
		return err_set(diag, ERR_PARSE,
			"fault of %s: no kind, or one that is not known (silence, "
			"noise, late, checksum, foreign, truncate, echo, clock, power)",
			f.target);
	}
	f.amount = amounts[f.kind].def;
	text += *text == ':';
	while (next_word(&text, ", ", word, sizeof(word))) {
		char *eq = strchr(word, '=');
		if (!eq) {
			return err_set(diag, ERR_PARSE, "fault of %s: '%s' is not key=value",
				f.target, word);
		}
		*eq = 0;
		enum err e = set_key(&f, word, eq + 1);
		if (e) {
			return err_set(diag, e, "fault of %s: %s=%s", f.target, word, eq + 1);
		}
	}
	*ret_fault = f;
	return ERR_OK;
}

void sim_fault_text(const struct sim_fault *f, struct buf *out)
{
	char number[STR_DOUBLE_CAP], time[TIME_TEXT_CAP];
	buf_printf(out, "fault %s %s", f->target, names[f->kind]);
	if (f->p < 1) {
		buf_printf(out, " p=%s", str_double(number, f->p));
	}
	if (amounts[f->kind].key && f->amount) {
		buf_printf(out, " %s=%lld", amounts[f->kind].key, (long long)f->amount);
	}
	if (f->where != SIM_NOISE_ANYWHERE) {
		buf_printf(out, " where=%s", wheres[f->where]);
	}
	if (f->from_utc != INT64_MIN) {
		buf_printf(out, " from=%s", time_text_utc(time, f->from_utc));
	}
	if (f->till_utc != INT64_MAX) {
		buf_printf(out, " till=%s", time_text_utc(time, f->till_utc));
	}
	buf_str(out, "\n");
}

bool sim_fault_hits_target(const struct sim_fault *f, const char *meter, const char *line)
{
	size_t n = strlen(f->target);
	if (strcmp(f->target, "*") == 0 || (line && strcmp(f->target, line) == 0)) {
		return true;
	}
	return meter && strncmp(f->target, meter, n) == 0 && (meter[n] == 0 || meter[n] == '.');
}

/* ---- deeds ---- */

enum coat {
	COAT_NONE,
	COAT_MBUS,
	COAT_RTU,
	COAT_TCP,
	COAT_M4
};

static enum coat coat_of(const struct buf *r)
{
	const uint8_t *d = r->data;
	if (r->size >= 9 && d[0] == 0x68 && d[3] == 0x68 && d[r->size - 1] == 0x16) {
		return COAT_MBUS;
	}
	struct m4_frame m4;
	if (m4_decode(buf_slice(r), &m4)) {
		return COAT_M4;
	}
	if (r->size >= 8 && d[2] == 0 && d[3] == 0 && (size_t)(d[4] << 8 | d[5]) + 6 == r->size) {
		return COAT_TCP;
	}
	if (r->size >= 4) {
		uint16_t crc = crc16_modbus((struct slice){d, r->size - 2});
		return crc == (d[r->size - 2] | d[r->size - 1] << 8) ? COAT_RTU : COAT_NONE;
	}
	return COAT_NONE;
}

static void break_checksum(struct buf *r)
{
	switch (coat_of(r)) {
	case COAT_MBUS: r->data[r->size - 2] ^= 0x5a; break;
	case COAT_TCP: buf_clear(r); break;
	case COAT_RTU:
	case COAT_M4:
	case COAT_NONE: r->data[r->size - 1] ^= 0x5a; break;
	}
}

static void make_foreign_m4(struct buf *r)
{
	struct m4_frame f;
	struct m4_out o;
	struct slice bytes;
	if (!m4_decode(buf_slice(r), &f)) {
		return;
	}
	f.nt = f.nt < M4_ANY - 1 ? (uint8_t)(f.nt + 1) : 0;
	if (f.is_extended) {
		m4_begin(&o, f.nt, f.id, f.code);
		memcpy(o.data + o.size, f.data.data, f.data.size);
		o.size += f.data.size;
		bytes = m4_end(&o);
	} else {
		bytes = m4_short(&o, f.nt, f.code, f.data);
	}
	buf_clear(r);
	buf_put(r, bytes.data, bytes.size);
}

/* The reply of the neighbour: address, and for M-Bus the last digit of its number, made different. */
static void make_foreign(struct buf *r)
{
	uint8_t *d = r->data;
	uint8_t sum = 0;
	uint16_t crc;
	switch (coat_of(r)) {
	case COAT_MBUS:
		d[5] = d[5] < 250 ? (uint8_t)(d[5] + 1) : d[5];
		if (r->size >= 21) {
			d[7] ^= 1;
		}
		for (size_t i = 4; i < r->size - 2; i++) {
			sum = (uint8_t)(sum + d[i]);
		}
		d[r->size - 2] = sum;
		break;
	case COAT_RTU:
		d[0] = (uint8_t)(d[0] % 247 + 1);
		crc = crc16_modbus((struct slice){d, r->size - 2});
		d[r->size - 2] = (uint8_t)crc;
		d[r->size - 1] = (uint8_t)(crc >> 8);
		break;
	case COAT_TCP: d[6] = (uint8_t)(d[6] % 247 + 1); break;
	case COAT_M4: make_foreign_m4(r); break;
	case COAT_NONE: buf_clear(r); break; /* nothing in it says whose it is */
	}
}

/* One damaged byte: every checksum finds that. */
static void add_noise_inside(uint64_t chance, struct buf *r)
{
	if (coat_of(r) == COAT_TCP) {
		buf_clear(r);
		return;
	}
	r->data[chance % r->size] ^= (uint8_t)(chance >> 32 & 0x7f) + 1;
}

static void add_noise_before(uint64_t chance, struct buf *r)
{
	size_t n = 1 + chance % 6, size = r->size;
	if (coat_of(r) == COAT_TCP || !buf_room(r, n)) {
		buf_clear(r);
		return;
	}
	memmove(r->data + n, r->data, size);
	for (size_t i = 0; i < n; i++) {
		r->data[i] = (uint8_t)(sim_hash(chance, (int64_t)i) >> 24);
	}
	r->size = size + n;
}

void sim_fault_apply(const struct sim_fault *f, uint64_t chance, struct buf *reply)
{
	if (reply->size == 0) {
		return;
	}
	bool is_before = f->where == SIM_NOISE_BEFORE ||
			 (f->where == SIM_NOISE_ANYWHERE && chance >> 63);
	size_t keep = f->amount ? (size_t)f->amount : reply->size / 2;
	switch (f->kind) {
	case SIM_FAULT_SILENCE:
	case SIM_FAULT_POWER: buf_clear(reply); break;
	case SIM_FAULT_CHECKSUM: break_checksum(reply); break;
	case SIM_FAULT_FOREIGN: make_foreign(reply); break;
	case SIM_FAULT_TRUNCATE: reply->size = keep < reply->size ? keep : reply->size; break;
	case SIM_FAULT_NOISE:
		if (is_before) {
			add_noise_before(chance, reply);
		} else {
			add_noise_inside(chance, reply);
		}
		break;
	case SIM_FAULT_LATE: /* the port's business */
	case SIM_FAULT_ECHO:
	case SIM_FAULT_CLOCK:
	case SIM_FAULT_KIND_COUNT: break;
	}
}
