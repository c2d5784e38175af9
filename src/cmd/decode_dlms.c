/*
 * decode_dlms.c - domovoi decode dlms: HDLC and M-Bus frames, wrapped and bare APDUs, pushed lists
 *
 * Several frames in a row are one APDU when they are its segments. What a GET reply is a value of says its
 * request only.
 */
#include "cmd/decode.h"
#include "cmd/decode_out.h"
#include "proto/dlms_push.h"

#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define APDU_CAP 65536
#define TEXT_CAP 160
#define DEPTH    6

struct explained {
	struct decode_out out;
	struct diag *diag;
	struct dlms_keys keys;
	bool has_key;
	bool has_request;
	struct cosem_request request; /* what is answered */
	struct cosem_attribute list[COSEM_LIST_MAX];
	size_t list_n;
	uint8_t apdu[APDU_CAP];
	size_t apdu_n;
};

/* ---- link layer ---- */

static const char *control_name(uint8_t control)
{
	uint8_t kind = (uint8_t)(control & ~HDLC_FINAL);
	return hdlc_is_information(control)      ? "I" :
	       hdlc_is_ready(control)            ? "RR" :
	       hdlc_is_not_ready(control)        ? "RNR" :
	       kind == (HDLC_SNRM & ~HDLC_FINAL) ? "SNRM" :
	       kind == (HDLC_DISC & ~HDLC_FINAL) ? "DISC" :
	       kind == (HDLC_UA & ~HDLC_FINAL)   ? "UA" :
	       kind == (HDLC_DM & ~HDLC_FINAL)   ? "DM" :
	       kind == (HDLC_FRMR & ~HDLC_FINAL) ? "FRMR" :
	       kind == (HDLC_UI & ~HDLC_FINAL)   ? "UI" :
						   "?";
}

static void put_limits(struct explained *x, struct slice info)
{
	struct hdlc_limits l;
	if (info.size && hdlc_limits_get(info, &l)) {
		decode_int(&x->out, "link", "max_info_sent", l.info_out);
		decode_int(&x->out, "link", "max_info_received", l.info_in);
	}
}

static void put_link(struct explained *x, const struct hdlc_frame *f, int frames)
{
	struct decode_out *o = &x->out;
	decode_text(o, "link", "kind", "hdlc");
	decode_hex(o, "link", "destination", (struct slice){f->dest.bytes, f->dest.size});
	decode_hex(o, "link", "source", (struct slice){f->source.bytes, f->source.size});
	decode_text(o, "link", "control", control_name(f->control));
	if (hdlc_is_information(f->control)) {
		decode_int(o, "link", "send", hdlc_send_number(f->control));
		decode_int(o, "link", "receive", hdlc_receive_number(f->control));
	}
	decode_int(o, "link", "frames", frames);
	if (f->is_segmented) {
		decode_text(o, "link", "segments", "more follow");
	}
}

static bool is_link_only(uint8_t control)
{
	return !hdlc_is_information(control) && strcmp(control_name(control), "UI") != 0;
}

static enum err take_frames(struct explained *x, struct slice in)
{
	struct hdlc_frame f = {.control = 0};
	size_t size = 0;
	int frames = 0;
	for (size_t at = 0; at < in.size;) {
		struct slice rest = {in.data + at, in.size - at};
		if (hdlc_cut(rest, &size) != HDLC_CUT_FULL || hdlc_decode(rest, &f)) {
			return err_set_at(x->diag, ERR_PROTO, at,
				"byte %zu: no frame whose length and checksums agree", at);
		}
		at += size;
		frames++;
	}
	put_link(x, &f, frames);
	if (is_link_only(f.control)) {
		put_limits(x, f.info);
		return ERR_OK;
	}
	/* blocks and segments that are whole; else what the only frame has */
	enum err e = dlms_push_apdu(in, x->apdu, sizeof(x->apdu), &x->apdu_n);
	return e ? err_set(x->diag, e, "blocks that do not follow each other") : ERR_OK;
}

static enum err take_wrapper(struct explained *x, struct slice in)
{
	unsigned source, dest;
	size_t length;
	if (!cosem_wrapper_get(in, &source, &dest, &length) ||
		in.size != COSEM_WRAPPER_SIZE + length) {
		return err_set(x->diag, ERR_PROTO, "a wrapper whose length does not agree");
	}
	decode_text(&x->out, "link", "kind", "wrapper");
	decode_int(&x->out, "link", "source", source);
	decode_int(&x->out, "link", "destination", dest);
	x->apdu_n = length;
	memcpy(x->apdu, in.data + COSEM_WRAPPER_SIZE, length);
	return ERR_OK;
}

static enum err take_mbus(struct explained *x, struct slice in)
{
	size_t size = 0;
	if (dlms_push_cut(in, &size) != HDLC_CUT_FULL || size != in.size) {
		return err_set(x->diag, ERR_PROTO,
			"M-Bus frames whose checksums are wrong, or which are not all of a telegram");
	}
	decode_text(&x->out, "link", "kind", "mbus");
	return dlms_push_apdu(in, x->apdu, sizeof(x->apdu), &x->apdu_n);
}

static enum err take(struct explained *x, struct slice in)
{
	if (in.size > sizeof(x->apdu)) {
		return err_set(x->diag, ERR_LIMIT, "more than %d bytes", APDU_CAP);
	}
	if (in.size && in.data[0] == 0x7e) {
		return take_frames(x, in);
	}
	if (in.size >= 2 && in.data[0] == 0 && in.data[1] == 1) {
		return take_wrapper(x, in);
	}
	if (in.size > 3 && in.data[0] == 0x68 && in.data[3] == 0x68) {
		return take_mbus(x, in);
	}
	decode_text(&x->out, "link", "kind", "none");
	if (in.size) {
		memcpy(x->apdu, in.data, in.size);
	}
	x->apdu_n = in.size;
	return ERR_OK;
}

/* ---- values ---- */

static bool is_printable(struct slice s)
{
	for (size_t i = 0; i < s.size; i++) {
		if (s.data[i] < 0x20 || s.data[i] > 0x7e) {
			return false;
		}
	}
	return s.size > 0;
}

static const char *time_of(const struct axdr *d, char out[static TEXT_CAP])
{
	struct civil c;
	uint8_t status;
	if (!axdr_time(d, &c, &status)) {
		return NULL;
	}
	(void)snprintf(out, TEXT_CAP, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day,
		c.hour, c.minute, c.second);
	return out;
}

static const char *text_of(const struct axdr *d, char out[static TEXT_CAP])
{
	size_t n = d->bytes.size < TEXT_CAP / 2 - 1 ? d->bytes.size : TEXT_CAP / 2 - 1;
	if (is_printable(d->bytes) && d->tag != AXDR_BITS) {
		(void)snprintf(out, TEXT_CAP, "%.*s",
			(int)(d->bytes.size < TEXT_CAP ? d->bytes.size : TEXT_CAP - 1),
			(const char *)d->bytes.data);
		return out;
	}
	out[0] = 0;
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(out + 2 * i, TEXT_CAP - 2 * i, "%02X", d->bytes.data[i]);
	}
	return out;
}

/* A value under a code, or without one; unit and scaler where the telegram has them. */
static void put_value(struct explained *x, const struct dlms_item *i, bool has_code)
{
	char code[OBIS_CAP], text[TEXT_CAP], note[64] = "";
	struct obis_meaning m;
	struct decode_record r = {
		.raw = i->value.bytes, .name = has_code ? obis_text(code, &i->code) : "value"};
	bool is_known = has_code && obis_meaning(&i->code, &m);
	double factor = 1;
	enum unit unit = UNIT_NONE;
	r.quantity = is_known ? m.quantity : QUANTITY_UNKNOWN;
	if (is_known && m.kind == OBIS_MAXIMUM) {
		r.function = "maximum";
	}
	if (is_known && i->code.v[OBIS_D] != 7) {
		r.tariff = i->code.v[OBIS_E];
	}
	if (i->has_scale && unit_from_dlms(i->unit, &unit, &factor)) {
		r.unit = unit_symbol(unit);
	} else if (i->has_scale) {
		(void)snprintf(note, sizeof(note), "unit %d", i->unit);
	}
	const char *time = time_of(&i->value, text);
	if (!isnan(i->value.number)) {
		r.type = DECODE_NUMBER;
		double v = i->scaler < 0 ? i->value.number / pow(10, -i->scaler) :
					   i->value.number * pow(10, i->scaler);
		r.number = v * factor;
	} else if (time) {
		r.type = DECODE_TIME;
		r.time = time;
	} else {
		r.text = i->value.tag == AXDR_NULL ? "null" : text_of(&i->value, text);
	}
	r.note = note;
	decode_record(&x->out, &r);
}

/* Nested values one after another. */
static void put_data(struct explained *x, const struct axdr *d, const struct obis *o, int depth)
{
	static uint8_t expanded[APDU_CAP];
	struct axdr array;
	size_t n = 0;
	if (d->tag == AXDR_COMPACT && axdr_expand(d, expanded, sizeof(expanded), &n)) {
		struct reader all = reader_of((struct slice){expanded, n});
		d = axdr_get(&all, &array) ? &array : d; /* there is no other one in it */
	}
	if (d->tag != AXDR_ARRAY && d->tag != AXDR_STRUCTURE) {
		struct dlms_item i = {.value = *d};
		if (o) {
			i.code = *o;
		}
		put_value(x, &i, o != NULL);
		return;
	}
	struct reader r = reader_of(d->bytes);
	struct axdr part;
	while (depth < DEPTH && reader_left(&r) > 0 && axdr_get(&r, &part)) {
		put_data(x, &part, NULL, depth + 1);
	}
}

/* ---- APDUs ---- */

static void put_initiate(struct explained *x, struct slice s)
{
	struct cosem_initiate i;
	char text[16];
	if (!cosem_initiate_get(s, &i)) {
		decode_text(&x->out, "apdu", "initiate", "enciphered, or none");
		return;
	}
	(void)snprintf(text, sizeof(text), "%06X", i.conformance);
	decode_text(&x->out, "apdu", "conformance", text);
	decode_int(&x->out, "apdu", "max_pdu", i.pdu);
}

static enum err put_association(struct explained *x, struct slice apdu)
{
	struct cosem_association a;
	bool is_reply = apdu.data[0] == COSEM_AARE;
	decode_text(&x->out, "apdu", "kind", is_reply ? "AARE" : "AARQ");
	if (cosem_association_get(apdu, &a)) {
		return err_set(x->diag, ERR_PROTO, "an association that cannot be read");
	}
	decode_text(&x->out, "apdu", "context", a.is_ciphered ? "LN, ciphered" : "LN");
	decode_int(&x->out, "apdu", "mechanism", a.mechanism);
	if (is_reply) {
		decode_int(&x->out, "apdu", "result", a.result);
		decode_int(&x->out, "apdu", "diagnostic", a.diagnostic);
	}
	if (a.secret.size && a.mechanism > COSEM_LLS) {
		decode_hex(&x->out, "apdu", "challenge", a.secret);
	}
	put_initiate(x, a.initiate);
	return ERR_OK;
}

static enum err put_release(struct explained *x, struct slice apdu)
{
	struct cosem_release r;
	if (cosem_release_get(apdu, &r)) {
		return err_set(x->diag, ERR_PROTO, "a release that cannot be read");
	}
	decode_text(&x->out, "apdu", "kind", r.is_reply ? "RLRE" : "RLRQ");
	decode_int(&x->out, "apdu", "reason", r.reason);
	if (r.initiate.size) {
		put_initiate(x, r.initiate);
	}
	return ERR_OK;
}

static void put_object(struct explained *x, const struct cosem_request *q)
{
	char code[OBIS_CAP];
	decode_int(&x->out, "apdu", "class", q->class_id);
	decode_text(&x->out, "apdu", "object", obis_text(code, &q->object));
	decode_int(&x->out, "apdu", q->kind == COSEM_ACTION_REQUEST ? "method" : "attribute",
		q->member);
}

static enum err put_request(struct explained *x, struct slice apdu)
{
	struct cosem_request q;
	struct axdr d;
	enum err e = cosem_request_get(apdu, &q);
	if (e) {
		return err_set(x->diag, e, "a request that cannot be read");
	}
	decode_text(&x->out, "apdu", "kind",
		q.kind == COSEM_SET_REQUEST    ? "SET request" :
		q.kind == COSEM_ACTION_REQUEST ? "ACTION request" :
		q.is_next                      ? "GET request, next block" :
						 "GET request");
	decode_int(&x->out, "apdu", "invoke", q.invoke);
	if (q.is_next) {
		decode_int(&x->out, "apdu", "block", q.block);
		return ERR_OK;
	}
	put_object(x, &q);
	if (q.selection.size) {
		decode_hex(&x->out, "apdu", "selection", q.selection);
	}
	struct reader r = reader_of(q.data);
	if (q.data.size && axdr_get(&r, &d)) {
		put_data(x, &d, &q.object, 0);
	}
	return ERR_OK;
}

static enum err put_reply(struct explained *x, struct slice apdu)
{
	struct cosem_reply p;
	struct axdr d;
	enum err e = cosem_reply_get(apdu, &p);
	if (e) {
		return err_set(x->diag, e, "a reply that cannot be read");
	}
	decode_text(&x->out, "apdu", "kind",
		p.kind == COSEM_EXCEPTION    ? "exception" :
		p.kind == COSEM_SET_REPLY    ? "SET reply" :
		p.kind == COSEM_ACTION_REPLY ? "ACTION reply" :
		p.is_block                   ? "GET reply, block" :
					       "GET reply");
	if (p.kind == COSEM_EXCEPTION) {
		decode_int(&x->out, "apdu", "state_error", p.state_error);
		decode_int(&x->out, "apdu", "service_error", p.service_error);
		return ERR_OK;
	}
	decode_int(&x->out, "apdu", "invoke", p.invoke);
	decode_int(&x->out, "apdu", "result", p.result);
	if (p.result != COSEM_SUCCESS) {
		decode_text(&x->out, "apdu", "refused", cosem_result_text(p.result));
		return ERR_OK;
	}
	if (x->has_request) {
		put_object(x, &x->request);
	}
	if (p.is_block) {
		decode_int(&x->out, "apdu", "block", p.block);
		decode_text(&x->out, "apdu", "last", p.is_last ? "yes" : "no");
		const struct dlms_item raw = {
			.value = {.tag = AXDR_OCTETS, .number = NAN, .bytes = p.data}};
		put_value(x, &raw, false);
		return ERR_OK;
	}
	struct reader r = reader_of(p.data);
	if (p.data.size == 0) {
		return ERR_OK;
	}
	if (!axdr_get(&r, &d)) {
		return err_set(x->diag, ERR_PROTO, "data that cannot be read");
	}
	bool is_value = x->has_request && x->request.member == 2;
	put_data(x, &d, is_value ? &x->request.object : NULL, 0);
	return ERR_OK;
}

static bool is_list(struct slice apdu)
{
	return apdu.size > 1 && apdu.data[1] == 3 &&
	       (apdu.data[0] == COSEM_GET_REQUEST || apdu.data[0] == COSEM_GET_REPLY);
}

/* An attribute without a value. */
static void put_named(struct explained *x, const struct cosem_attribute *a, const char *why)
{
	char code[OBIS_CAP], note[48] = "";
	struct decode_record r = {.name = "value", .text = why, .note = note};
	if (a) {
		(void)snprintf(
			note, sizeof(note), "class %d, attribute %d", a->class_id, a->attribute);
		r.name = obis_text(code, &a->object);
	}
	decode_record(&x->out, &r);
}

static enum err put_list(struct explained *x, struct slice apdu)
{
	uint8_t invoke;
	enum err e = cosem_list_get(apdu, &invoke, x->list, &x->list_n);
	if (e) {
		return err_set(x->diag, e, "a list of attributes that cannot be read");
	}
	decode_text(&x->out, "apdu", "kind", "GET request, list");
	decode_int(&x->out, "apdu", "invoke", invoke);
	for (size_t i = 0; i < x->list_n; i++) {
		put_named(x, &x->list[i], "asked for");
	}
	return ERR_OK;
}

static enum err put_results(struct explained *x, struct slice apdu)
{
	struct cosem_results r;
	struct slice data;
	struct axdr d;
	int result;
	if (cosem_results_get(apdu, &r)) {
		return err_set(x->diag, ERR_PROTO, "a list of results that cannot be read");
	}
	decode_text(&x->out, "apdu", "kind", "GET reply, list");
	decode_int(&x->out, "apdu", "invoke", r.invoke);
	for (size_t i = 0; cosem_results_next(&r, &result, &data); i++) {
		const struct cosem_attribute *a = i < x->list_n ? &x->list[i] : NULL;
		struct reader in = reader_of(data);
		if (result == COSEM_SUCCESS && axdr_get(&in, &d)) {
			put_data(x, &d, a && a->attribute == 2 ? &a->object : NULL, 0);
		} else {
			put_named(x, a, cosem_result_text(result));
		}
	}
	return ERR_OK;
}

static enum err put_notification(struct explained *x, struct slice apdu)
{
	struct dlms_notification n;
	struct dlms_item i;
	struct axdr d;
	char text[TEXT_CAP];
	if (dlms_notification_get(apdu, &n)) {
		return err_set(x->diag, ERR_PROTO, "a notification that cannot be read");
	}
	decode_text(&x->out, "apdu", "kind", "data notification");
	if (n.has_time) {
		(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d", n.time.year,
			n.time.month, n.time.day, n.time.hour, n.time.minute, n.time.second);
		decode_text(&x->out, "apdu", "time", text);
	}
	struct dlms_items items = dlms_items_of(n.body), again = items;
	bool has_items = items.kind != DLMS_ITEMS_NONE;
	while (dlms_items_next(&items, &i)) {
		struct obis_meaning m;
		if (obis_meaning(&i.code, &m) && m.quantity == QUANTITY_SERIAL_NUMBER) {
			decode_text(&x->out, NULL, "id", text_of(&i.value, text));
		}
	}
	while (dlms_items_next(&again, &i)) {
		put_value(x, &i, true);
	}
	struct reader r = reader_of(n.body);
	if (!has_items && axdr_get(&r, &d)) {
		put_data(x, &d, NULL, 0);
	}
	return ERR_OK;
}

static enum err put_apdu(struct explained *x);

static enum err put_enciphered(struct explained *x)
{
	static uint8_t plain[APDU_CAP];
	size_t n = 0;
	struct slice apdu = {x->apdu, x->apdu_n};
	if (apdu.size > 2 + COSEM_TITLE_SIZE) {
		decode_hex(
			&x->out, "link", "title", (struct slice){apdu.data + 2, COSEM_TITLE_SIZE});
	}
	if (!x->has_key) {
		return err_set(x->diag, ERR_DENIED,
			"enciphered: give --key, and --auth-key if it is signed");
	}
	enum err e = dlms_push_open(&x->keys, apdu, plain, sizeof(plain), &n);
	if (e) {
		return err_set(x->diag, e,
			e == ERR_DENIED ? "enciphered with other keys" :
					  "a cipher that is not known");
	}
	memcpy(x->apdu, plain, n);
	x->apdu_n = n;
	return n && plain[0] == DLMS_GENERAL_GLO ?
		       err_set(x->diag, ERR_UNSUPP, "enciphered twice") :
		       put_apdu(x);
}

static enum err put_apdu(struct explained *x)
{
	struct slice apdu = {x->apdu, x->apdu_n};
	if (is_list(apdu)) {
		return apdu.data[0] == COSEM_GET_REQUEST ? put_list(x, apdu) : put_results(x, apdu);
	}
	switch (apdu.size ? apdu.data[0] : 0) {
	case COSEM_AARQ:
	case COSEM_AARE: return put_association(x, apdu);
	case COSEM_RLRQ:
	case COSEM_RLRE: return put_release(x, apdu);
	case COSEM_GET_REQUEST:
	case COSEM_SET_REQUEST:
	case COSEM_ACTION_REQUEST: return put_request(x, apdu);
	case COSEM_GET_REPLY:
	case COSEM_SET_REPLY:
	case COSEM_ACTION_REPLY:
	case COSEM_EXCEPTION: return put_reply(x, apdu);
	case DLMS_NOTIFICATION: return put_notification(x, apdu);
	case DLMS_GENERAL_GLO: return put_enciphered(x);
	default:
		return err_set(x->diag, ERR_UNSUPP, "an APDU %02X that is not known here",
			apdu.size ? apdu.data[0] : 0);
	}
}

/* ---- all of it ---- */

static enum err take_options(struct explained *x, const struct decode_input *in)
{
	size_t n = in->request.size;
	if ((in->key.size && in->key.size != GCM_KEY_SIZE) ||
		(in->auth_key.size && in->auth_key.size != GCM_KEY_SIZE)) {
		return err_set(x->diag, ERR_INVAL, "a key has %d bytes", GCM_KEY_SIZE);
	}
	if (in->key.size) {
		x->has_key = true;
		memcpy(x->keys.encryption, in->key.data, GCM_KEY_SIZE);
	}
	x->keys.is_bare = in->auth_key.size == 0;
	if (in->auth_key.size) {
		memcpy(x->keys.authentication, in->auth_key.data, GCM_KEY_SIZE);
	}
	if (n == 0) {
		return ERR_OK;
	}
	bool is_wrapped = in->request.data[0] == 0 && n > COSEM_WRAPPER_SIZE;
	struct slice apdu = in->request;
	if (is_wrapped) {
		apdu = (struct slice){apdu.data + COSEM_WRAPPER_SIZE, n - COSEM_WRAPPER_SIZE};
	} else if (in->request.data[0] == 0x7e) {
		if (n > sizeof(x->apdu) ||
			dlms_push_apdu(in->request, x->apdu, sizeof(x->apdu), &n)) {
			return err_set(x->diag, ERR_INVAL, "--request: no frame");
		}
		apdu = (struct slice){x->apdu, n};
	}
	uint8_t ignored;
	if (!cosem_list_get(apdu, &ignored, x->list, &x->list_n)) {
		return ERR_OK; /* what it borrows is not looked at */
	}
	if (cosem_request_get(apdu, &x->request)) {
		return err_set(x->diag, ERR_INVAL, "--request: no request");
	}
	x->has_request = true;
	return ERR_OK;
}

static enum err print(const struct decode_input *in, struct diag *diag)
{
	static struct explained x; /* too large for a stack */
	memset(&x, 0, sizeof(x));
	x.diag = diag;
	enum err e = take_options(&x, in);
	if (e) {
		return e;
	}
	decode_open(&x.out, in->is_json);
	e = take(&x, in->frame);
	if (!e && x.apdu_n) {
		e = put_apdu(&x);
	}
	return decode_close(&x.out, e, diag);
}

const struct decode_protocol decode_dlms = {.name = "dlms",
	.summary = "DLMS/COSEM: HDLC, M-Bus, wrapper, APDUs, pushed lists",
	.print = print};
