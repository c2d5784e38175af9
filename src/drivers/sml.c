/*
 * sml.c - electricity meters that speak SML at their optical port, every second or two
 *
 * Facts: docs/protocols/sml.md. Checked against tests/rec/sml_*.rec, dumps of real meters.
 *
 * The meter is only listened to: what it says is a list of OBIS codes with values of now. Of a value
 * that some meters are known to send with the wrong sign (DZG, power above 32767 in its unit) nothing
 * says whether it is: it is SUSPECT, or, when the parameter says so, read without sign.
 */
#include "drivers/driver.h"

#include "base/str.h"
#include "proto/decimal.h"
#include "proto/sml.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TEXT_CAP 64

static const struct driver_param params[] = {
	{"serial", PARAM_TEXT, 0, 40, "",
		"server id as the driver tells it; telegrams of others are dropped; empty: any",
		"идентификатор прибора, как его сообщает драйвер; чужие телеграммы отбрасываются; "
		"пусто: любой"},
	{"checksum", PARAM_TEXT, 0, 6, "x25",
		"x25; kermit (first firmware of some makers): either is taken",
		"x25; kermit (первые прошивки некоторых изготовителей): годится любая из двух"},
	{"unsigned_power", PARAM_BOOL, 0, 0, "no",
		"a DZG meter of an early series that shows large import as a negative power",
		"счётчик DZG ранней серии, который показывает большую мощность отрицательной"},
	{.name = NULL},
};

static struct frame_verdict frame(struct slice so_far)
{
	static const enum frame_state states[] = {
		[SML_CUT_MORE] = FRAME_MORE,
		[SML_CUT_FULL] = FRAME_FULL,
		[SML_CUT_JUNK] = FRAME_JUNK,
	};
	struct frame_verdict v = {FRAME_MORE, 0};
	v.state = states[sml_cut(so_far, &v.size)];
	return v;
}

/* ---- a telegram ---- */

struct heard {
	struct talk *talk;
	struct sink *out;
	char maker[4];
	bool has_status;
};

/* Which checksums are taken; `*ret_wanted` KERMIT: either. */
static enum err check_checksum(
	struct talk *t, const struct sml_data *data, enum sml_checksum *ret_wanted)
{
	const char *text = talk_param_text(t, "checksum");
	bool is_kermit = strcmp(text, "kermit") == 0;
	if (!is_kermit && strcmp(text, "x25") != 0) {
		return talk_fail(t, ERR_INVAL, "checksum: '%s' is neither x25 nor kermit", text);
	}
	if (data->checksum == SML_KERMIT && !is_kermit) {
		return talk_fail(t, ERR_PROTO,
			"the telegram has the checksum of Kermit: set checksum=kermit if all have it");
	}
	*ret_wanted = is_kermit ? SML_KERMIT : SML_X25;
	return ERR_OK;
}

/* The list of the telegram. All messages are checked first: nothing is told of a telegram in doubt. */
static enum err find_list(struct talk *t, const struct sml_data *data, enum sml_checksum wanted,
	struct sml_list *ret_list)
{
	struct reader r = reader_of((struct slice){data->bytes, data->size});
	struct sml_message m, list = {.tag = 0};
	enum err e;
	while (!(e = sml_next(&r, wanted, &m))) {
		if (m.tag == SML_LIST_REPLY) {
			list = m;
		}
	}
	if (e != ERR_NODATA) {
		return talk_fail(t, e, "message at byte %zu of the telegram is damaged", r.at);
	}
	if (list.tag != SML_LIST_REPLY) {
		return talk_fail(t, ERR_NODATA, "a telegram without a list of values");
	}
	e = sml_list_open(&list, ret_list);
	struct sml_list probe = *ret_list;
	struct sml_entry x;
	while (!e) {
		e = sml_list_next(&probe, &x);
	}
	return e == ERR_NODATA ? ERR_OK :
				 talk_fail(t, ERR_PROTO, "the list of values is not whole");
}

static enum err open_frame(
	struct talk *t, struct slice frame_bytes, struct sml_data *data, struct sml_list *ret_list)
{
	enum err e = sml_open(frame_bytes, data);
	if (e) {
		return talk_fail(t, e, "no whole telegram");
	}
	enum sml_checksum wanted = SML_X25;
	e = check_checksum(t, data, &wanted);
	return e ? e : find_list(t, data, wanted, ret_list);
}

/* ---- values ---- */

/* Some meters of DZG send a power of more than 15 bits, or of more than 7 or 23, without its sign bit. */
static bool is_doubtful(const struct heard *h, const struct sml_entry *x)
{
	static const struct obis power = {{1, 0, 16, 7, 0, OBIS_CURRENT}};
	return strcmp(h->maker, "DZG") == 0 && obis_equal(&x->code, &power) &&
	       x->value.type == SML_INT && x->value.number < 0 && x->value.width < 4;
}

static double number_of(const struct heard *h, const struct sml_entry *x, double factor)
{
	if (x->value.type != SML_INT && x->value.type != SML_UINT) {
		return NAN;
	}
	int64_t number = x->value.number;
	if (is_doubtful(h, x) && talk_param(h->talk, "unsigned_power")) {
		number += INT64_C(1) << (8 * x->value.width);
	}
	double v = decimal_double((struct decimal){number, x->scaler}) * factor;
	return isfinite(v) ? v : NAN;
}

static enum err put_number(
	const struct heard *h, const struct sml_entry *x, const struct obis_meaning *m)
{
	enum unit unit = m->unit;
	double factor = 1;
	bool has_unit = x->unit >= 0 && unit_from_dlms(x->unit, &unit, &factor);
	if ((!has_unit && m->unit != UNIT_NONE) ||
		unit_dimension(unit) != unit_dimension(quantity_unit(m->quantity))) {
		return ERR_OK; /* in what it is counted nobody says */
	}
	double v = number_of(h, x, factor);
	bool is_suspect = is_doubtful(h, x) && !talk_param(h->talk, "unsigned_power");
	struct sample s = {.key = m->key,
		.quantity = m->quantity,
		.unit = unit,
		.form = FORM_NOW,
		.value = v,
		.decimals = x->scaler < 0 ? -x->scaler : 0,
		.quality = quality_make(isnan(v)   ? QUALITY_MISSING :
					is_suspect ? QUALITY_SUSPECT :
						     QUALITY_MEASURED,
			SOURCE_NONE, 0)};
	return h->out->put(h->out, &s);
}

/* Octets as text where they are, else as hex digits. */
static const char *octets_text(struct slice s, char out[static TEXT_CAP])
{
	bool is_text = s.size > 0 && s.size < TEXT_CAP;
	for (size_t i = 0; i < s.size && is_text; i++) {
		is_text = s.data[i] >= 0x20 && s.data[i] < 0x7f;
	}
	if (is_text) {
		memcpy(out, s.data, s.size);
		out[s.size] = 0;
		return out;
	}
	char maker[4], id[SML_ID_CAP];
	sml_id_text(s, id, maker);
	(void)str_copy(out, TEXT_CAP, id);
	return out;
}

static enum err put_text(
	const struct heard *h, const struct sml_entry *x, const struct obis_meaning *m)
{
	char text[TEXT_CAP];
	struct sample s = {.key = m->key,
		.quantity = m->quantity,
		.form = FORM_NOW,
		.value = NAN,
		.text = octets_text(x->value.octets, text)};
	return h->out->put(h->out, &s);
}

static enum err put_status(struct heard *h, uint64_t status)
{
	if (h->has_status) {
		return ERR_OK;
	}
	h->has_status = true;
	struct sample s = {.key = "status",
		.quantity = QUANTITY_STATUS,
		.form = FORM_NOW,
		.value = (double)status,
		.quality = quality_make(QUALITY_MEASURED, SOURCE_NONE, 0)};
	return h->out->put(h->out, &s);
}

static enum err put_entry(struct heard *h, const struct sml_entry *x)
{
	struct obis_meaning m;
	enum err e = x->has_status ? put_status(h, x->status) : ERR_OK;
	if (e || !obis_meaning(&x->code, &m)) {
		return e;
	}
	if (x->value.type == SML_OCTETS) {
		return m.kind == OBIS_INFO ? put_text(h, x, &m) : ERR_OK;
	}
	if (m.quantity == QUANTITY_STATUS) {
		return x->value.type == SML_UINT ? put_status(h, (uint64_t)x->value.number) :
						   ERR_OK;
	}
	/* F: amounts of past days and weeks; B: something behind another channel */
	bool is_now = m.kind == OBIS_NOW && x->code.v[OBIS_F] == OBIS_CURRENT &&
		      x->code.v[OBIS_B] == 0;
	return is_now ? put_number(h, x, &m) : ERR_OK;
}

static enum err hear(struct talk *t, struct slice frame_bytes, struct sink *out)
{
	struct sml_data data;
	struct sml_list list;
	struct sml_entry x;
	struct heard h = {.talk = t, .out = out};
	char id[SML_ID_CAP];
	const char *ours = talk_param_text(t, "serial");
	enum err e = open_frame(t, frame_bytes, &data, &list), step = ERR_OK;
	if (e) {
		return e;
	}
	sml_id_text(list.server, id, h.maker);
	if (*ours && strcmp(ours, id) != 0) {
		return talk_fail(t, ERR_FOREIGN, "a telegram of %s", id);
	}
	while (!e && !(step = sml_list_next(&list, &x))) {
		e = put_entry(&h, &x);
	}
	return e;
}

/* ---- who ---- */

static enum err identify(struct talk *t, struct identity *ret)
{
	static const struct obis firmware = {{1, 0, 0, 2, 0, OBIS_CURRENT}};
	struct slice telegram;
	struct sml_data data;
	struct sml_list list;
	struct sml_entry x;
	struct identity who = {.medium = "electricity"};
	char id[SML_ID_CAP], maker[4], text[TEXT_CAP];
	enum err e = talk_listen(t, frame, &telegram);
	e = e ? e : open_frame(t, telegram, &data, &list);
	if (e) {
		return e;
	}
	sml_id_text(list.server, id, maker);
	(void)STR_COPY(who.serial, id);
	(void)STR_COPY(who.maker, maker);
	(void)snprintf(who.address, sizeof(who.address), "serial=%.40s", id);
	while (!sml_list_next(&list, &x)) {
		bool is_firmware = memcmp(x.code.v, firmware.v, OBIS_F) == 0;
		if (is_firmware && x.value.type == SML_OCTETS) {
			(void)STR_COPY(who.version, octets_text(x.value.octets, text));
		}
	}
	*ret = who;
	return ERR_OK;
}

extern const struct driver driver_sml;
const struct driver driver_sml = {
	.name = "sml",
	.title = "SML meters with an optical port: EMH, DZG, ISKRA, Holley, Itron, eBZ, EasyMeter",
	.title_ru =
		"Счётчики с оптическим портом SML: EMH, DZG, ISKRA, Holley, Itron, eBZ, "
		"EasyMeter",
	.grade = GRADE_RECORDED,
	.caps = CAP_CURRENT | CAP_IDENTIFY,
	.timing = {.baud = 9600, .framing = "8N1", .reply_ms = 8000, .gap_ms = 0, .retries = 0},
	.params = params,
	.identify = identify,
	.hear_frame = frame,
	.hear = hear,
};
