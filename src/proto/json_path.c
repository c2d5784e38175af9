/*
 * json_path.c - one value out of a JSON text, byte by byte; see json_path.h
 *
 *   depth 1 {  "current":  depth 2 {  "temperature_2m": -3.5  }  }
 *           on 1                   on 2                 ^ the value both steps lead to
 */
#include "proto/json_path.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

enum state {
	S_VALUE,
	S_FIRST_ITEM, /* behind '[' */
	S_FIRST_KEY,  /* behind '{' */
	S_KEY,
	S_COLON,
	S_AFTER, /* a value of a container */
	S_STRING,
	S_ESCAPE,
	S_HEX,
	S_WORD,
	S_END
};

const char *json_kind_name(enum json_kind k)
{
	static const char *const names[] = {
		[FOUND_NOTHING] = "nothing",
		[FOUND_NUMBER] = "a number",
		[FOUND_TEXT] = "a text",
		[FOUND_BOOLEAN] = "true or false",
		[FOUND_NULL] = "null",
		[FOUND_OBJECT] = "an object",
		[FOUND_ARRAY] = "a list",
	};
	return names[k];
}

/* ---- paths ---- */

static enum err path_fault(struct diag *diag, const char *text, const char *at, const char *what)
{
	return err_set_at(diag, ERR_PARSE, (size_t)(at - text), "character %zu: %s",
		(size_t)(at - text) + 1, what);
}

/* [12] or ['key'] or ["key"]; `*p` stands behind '['. */
static const char *read_bracket(const char **p, struct json_step *step)
{
	const char *s = *p;
	size_t n = 0;
	if (*s == '\'' || *s == '"') {
		char quote = *s++;
		const char *end = strchr(s, quote);
		n = end ? (size_t)(end - s) : 0;
		if (!end || n == 0 || n >= sizeof(step->key)) {
			return "a quoted key of up to 63 characters";
		}
		memcpy(step->key, s, n);
		s = end + 1;
	} else {
		step->is_index = true;
		while (s[n] >= '0' && s[n] <= '9' && n < 7) {
			step->index = step->index * 10 + (uint32_t)(s[n++] - '0');
		}
		if (n == 0) {
			return "an index as [0], or a key as ['name']";
		}
		s += n;
	}
	if (*s != ']') {
		return "']' is missing";
	}
	*p = s + 1;
	return NULL;
}

static const char *read_name(const char **p, struct json_step *step)
{
	size_t n = strcspn(*p, ".[]");
	if (n == 0 || n >= sizeof(step->key)) {
		return "a key of up to 63 characters";
	}
	memcpy(step->key, *p, n);
	*p += n;
	return NULL;
}

enum err json_path_read(const char *text, struct json_path *ret, struct diag *diag)
{
	const char *p = text;
	struct json_path path = {.n = 0};
	bool is_first = true;
	if (*p == '$') {
		p++;
		is_first = false;
	} else if (!*p) {
		return path_fault(diag, text, p, "empty; it is as $.current.temperature");
	}
	while (*p) {
		struct json_step step = {.is_index = false};
		const char *wrong;
		if (path.n == JSON_STEPS) {
			return path_fault(diag, text, p, "more than 12 steps");
		}
		if (*p == '[') {
			p++;
			wrong = read_bracket(&p, &step);
		} else if (is_first) {
			wrong = read_name(&p, &step);
		} else if (*p == '.') {
			p++;
			wrong = read_name(&p, &step);
		} else {
			wrong = "'.' or '[' is missing";
		}
		if (wrong) {
			return path_fault(diag, text, p, wrong);
		}
		path.steps[path.n++] = step;
		is_first = false;
	}
	*ret = path;
	return ERR_OK;
}

void json_path_text(const struct json_path *p, size_t n, char *to, size_t cap)
{
	size_t at = (size_t)snprintf(to, cap, "$");
	for (size_t i = 0; i < n && at + 1 < cap; i++) {
		const struct json_step *s = &p->steps[i];
		int k = s->is_index ? snprintf(to + at, cap - at, "[%u]", s->index) :
				      snprintf(to + at, cap - at, ".%s", s->key);
		at += k > 0 ? (size_t)k : 0;
	}
}

/* ---- values ---- */

static enum err fault(const struct json_scan *s, struct diag *diag, const char *what)
{
	return err_set_at(diag, ERR_PARSE, s->position, "byte %zu: %s", s->position, what);
}

static bool is_step(const struct json_scan *s)
{
	const struct json_step *step = &s->path->steps[s->depth - 1];
	if (step->is_index != s->is_array[s->depth]) {
		return false;
	}
	return step->is_index ? step->index == s->index[s->depth] :
				!s->is_key_cut && strcmp(step->key, s->key) == 0;
}

/* The value that begins here is of `kind`: is it on the path, or the one looked for? */
static bool begin_value(struct json_scan *s, enum json_kind kind)
{
	bool is_on = s->depth == 0 || (s->on == s->depth && s->depth <= s->path->n && is_step(s));
	s->is_target = is_on && s->depth == s->path->n && s->kind == FOUND_NOTHING;
	if (is_on && (s->depth > s->reached || s->reached_kind == FOUND_NOTHING)) {
		s->reached = s->depth;
		s->reached_kind = kind;
	}
	if (s->is_target) {
		s->kind = kind;
		s->at = s->position;
		s->value_n = 0;
	}
	return is_on && s->depth < s->path->n;
}

static void end_value(struct json_scan *s)
{
	s->is_target = false;
	s->state = s->depth ? S_AFTER : S_END;
}

static enum err open_container(struct json_scan *s, bool is_array, struct diag *diag)
{
	bool is_on = begin_value(s, is_array ? FOUND_ARRAY : FOUND_OBJECT);
	if (s->depth == JSON_DEPTH) {
		return fault(s, diag, "nested too deeply");
	}
	s->depth++;
	s->is_array[s->depth] = is_array;
	if (s->depth <= JSON_STEPS) {
		s->index[s->depth] = 0;
	}
	if (is_on) {
		s->on = s->depth;
		if (s->on > s->beside_depth) {
			s->beside_depth = s->on;
			s->beside[0] = 0;
		}
	}
	s->is_target = false;
	s->state = is_array ? S_FIRST_ITEM : S_FIRST_KEY;
	return ERR_OK;
}

static enum err close_container(struct json_scan *s, uint8_t c, struct diag *diag)
{
	bool is_array = s->depth && s->is_array[s->depth];
	if (s->depth == 0 || c != (is_array ? ']' : '}')) {
		return fault(s, diag, "a bracket that was not opened");
	}
	if (is_array && s->on == s->depth && s->beside_depth == s->depth &&
		s->depth <= JSON_STEPS) {
		unsigned items = s->index[s->depth] + (s->state != S_FIRST_ITEM);
		(void)snprintf(s->beside, sizeof(s->beside), "%u items", items);
	}
	s->depth--;
	s->on = s->on < s->depth ? s->on : s->depth;
	end_value(s);
	return ERR_OK;
}

/* ---- strings ---- */

/* What a key or a text is made of, as far as it is wanted. */
static void keep(struct json_scan *s, uint8_t c)
{
	if (s->is_key) {
		s->is_key_cut |= s->key_n + 1 >= sizeof(s->key);
		if (!s->is_key_cut) {
			s->key[s->key_n++] = (char)c;
			s->key[s->key_n] = 0;
		}
	} else if (s->is_target) {
		s->is_cut |= s->value_n + 1 >= sizeof(s->value);
		if (!s->is_cut) {
			s->value[s->value_n++] = (char)c;
			s->value[s->value_n] = 0;
		}
	}
}

static void keep_rune(struct json_scan *s, uint32_t r)
{
	if (r >= 0xd800 && r < 0xe000) {
		keep(s, '?'); /* half of a pair: nobody names a key so */
	} else if (r < 0x80) {
		keep(s, (uint8_t)(r ? r : '?'));
	} else if (r < 0x800) {
		keep(s, (uint8_t)(0xc0 | r >> 6));
		keep(s, (uint8_t)(0x80 | (r & 0x3f)));
	} else {
		keep(s, (uint8_t)(0xe0 | r >> 12));
		keep(s, (uint8_t)(0x80 | (r >> 6 & 0x3f)));
		keep(s, (uint8_t)(0x80 | (r & 0x3f)));
	}
}

static void begin_string(struct json_scan *s, bool is_key)
{
	s->is_key = is_key;
	s->state = S_STRING;
	if (is_key) {
		s->key_n = 0;
		s->key[0] = 0;
		s->is_key_cut = false;
	} else {
		(void)begin_value(s, FOUND_TEXT);
	}
}

static void note_beside(struct json_scan *s)
{
	if (s->on == s->depth && s->beside_depth == s->depth) {
		size_t at = strlen(s->beside);
		size_t left = sizeof(s->beside) - at;
		if (s->key_n + 6 < left) {
			(void)snprintf(s->beside + at, left, "%s%s", at ? ", " : "", s->key);
		} else if (left > 5 && (at < 3 || strcmp(s->beside + at - 3, "...") != 0)) {
			(void)snprintf(s->beside + at, left, " ...");
		}
	}
}

static void end_string(struct json_scan *s)
{
	if (s->is_key) {
		s->is_key = false;
		note_beside(s);
		s->state = S_COLON;
	} else {
		end_value(s);
	}
}

static enum err take_escape(struct json_scan *s, uint8_t c, struct diag *diag)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at = c ? strchr(from, c) : NULL;
	if (c == 'u') {
		s->hex = 0;
		s->hex_left = 4;
		s->state = S_HEX;
		return ERR_OK;
	}
	if (!at) {
		return fault(s, diag, "a wrong escape in a text");
	}
	keep(s, (uint8_t)to[at - from]);
	s->state = S_STRING;
	return ERR_OK;
}

static enum err take_hex(struct json_scan *s, uint8_t c, struct diag *diag)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;
	if (!at) {
		return fault(s, diag, "a wrong escape in a text");
	}
	s->hex = s->hex << 4 | (uint32_t)((at - digits) % 16);
	if (--s->hex_left == 0) {
		keep_rune(s, s->hex);
		s->state = S_STRING;
	}
	return ERR_OK;
}

static enum err take_string(struct json_scan *s, uint8_t c, struct diag *diag)
{
	if (c == '"') {
		end_string(s);
	} else if (c == '\\') {
		s->state = S_ESCAPE;
	} else if (c < 0x20) {
		return fault(s, diag, "a control character in a text");
	} else {
		keep(s, c);
	}
	return ERR_OK;
}

/* ---- numbers and words ---- */

static const char *digits_of(const char *p)
{
	return p + strspn(p, "0123456789");
}

static bool is_number(const char *p)
{
	p += *p == '-';
	const char *end = digits_of(p);
	if (end == p || (*p == '0' && end > p + 1)) {
		return false;
	}
	if (*end == '.') {
		p = end + 1;
		end = digits_of(p);
		if (end == p) {
			return false;
		}
	}
	if (*end == 'e' || *end == 'E') {
		p = end + 1;
		p += *p == '+' || *p == '-';
		end = digits_of(p);
		if (end == p) {
			return false;
		}
	}
	return *end == 0;
}

static bool kind_of(const char *word, enum json_kind *ret)
{
	static const struct {
		const char *word;
		enum json_kind kind;
	} words[] = {{"null", FOUND_NULL}, {"true", FOUND_BOOLEAN}, {"false", FOUND_BOOLEAN},
		{"NaN", FOUND_NULL}, {"nan", FOUND_NULL}, {"Infinity", FOUND_NULL},
		{"-Infinity", FOUND_NULL}};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, word) == 0) {
			*ret = words[i].kind;
			return true;
		}
	}
	*ret = FOUND_NUMBER;
	return is_number(word);
}

static bool is_of_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '+' || c == '.';
}

static enum err end_word(struct json_scan *s, struct diag *diag)
{
	enum json_kind kind;
	s->word[s->word_n] = 0;
	if (!kind_of(s->word, &kind)) {
		return err_set_at(diag, ERR_PARSE, s->position, "byte %zu: '%.40s' is no value",
			s->position - s->word_n, s->word);
	}
	(void)begin_value(s, kind);
	if (s->is_target) {
		s->at = s->position - s->word_n;
		(void)STR_COPY(s->value, s->word);
	}
	end_value(s);
	return ERR_OK;
}

static enum err begin_any(struct json_scan *s, uint8_t c, struct diag *diag)
{
	if (c == '{' || c == '[') {
		return open_container(s, c == '[', diag);
	}
	if (c == '"') {
		begin_string(s, false);
		return ERR_OK;
	}
	if (!is_of_word(c)) {
		return fault(s, diag,
			c == '<' ? "'<': this is HTML or XML, not JSON" : "a value was expected");
	}
	s->word[0] = (char)c;
	s->word_n = 1;
	s->state = S_WORD;
	return ERR_OK;
}

/* ---- bytes ---- */

static enum err take_after(struct json_scan *s, uint8_t c, struct diag *diag)
{
	if (c != ',') {
		return c == ']' || c == '}' ? close_container(s, c, diag) :
					      fault(s, diag, "',' or a bracket was expected");
	}
	bool is_array = s->is_array[s->depth];
	if (is_array && s->depth <= JSON_STEPS) {
		s->index[s->depth]++;
	}
	s->state = is_array ? S_VALUE : S_KEY;
	return ERR_OK;
}

static enum err take_key(struct json_scan *s, uint8_t c, struct diag *diag)
{
	if (c == '"') {
		begin_string(s, true);
		return ERR_OK;
	}
	return c == '}' && s->state == S_FIRST_KEY ? close_container(s, c, diag) :
						     fault(s, diag, "a key was expected");
}

/* A byte outside of texts and words. */
static enum err take_mark(struct json_scan *s, uint8_t c, struct diag *diag)
{
	if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
		return ERR_OK;
	}
	switch ((enum state)s->state) {
	case S_FIRST_ITEM: return c == ']' ? close_container(s, c, diag) : begin_any(s, c, diag);
	case S_VALUE: return begin_any(s, c, diag);
	case S_FIRST_KEY:
	case S_KEY: return take_key(s, c, diag);
	case S_COLON:
		s->state = S_VALUE;
		return c == ':' ? ERR_OK : fault(s, diag, "':' was expected");
	case S_AFTER: return take_after(s, c, diag);
	case S_STRING:
	case S_ESCAPE:
	case S_HEX:
	case S_WORD:
	case S_END: break;
	}
	return fault(s, diag, "more after the end");
}

static enum err take(struct json_scan *s, uint8_t c, struct diag *diag)
{
	if (s->state == S_STRING) {
		return take_string(s, c, diag);
	}
	if (s->state == S_ESCAPE) {
		return take_escape(s, c, diag);
	}
	if (s->state == S_HEX) {
		return take_hex(s, c, diag);
	}
	if (s->state == S_WORD && is_of_word(c)) {
		if (s->word_n + 1 >= sizeof(s->word)) {
			return fault(s, diag, "a number that is too long");
		}
		s->word[s->word_n++] = (char)c;
		return ERR_OK;
	}
	enum err e = s->state == S_WORD ? end_word(s, diag) : ERR_OK;
	return e ? e : take_mark(s, c, diag);
}

void json_scan_init(struct json_scan *s, const struct json_path *path)
{
	*s = (struct json_scan){.path = path, .state = S_VALUE};
}

enum err json_scan_put(struct json_scan *s, struct slice bytes, struct diag *diag)
{
	static const uint8_t mark[3] = {0xef, 0xbb, 0xbf}; /* some editors begin a file so */
	enum err e = ERR_OK;
	for (size_t i = 0; i < bytes.size && !e; i++) {
		bool is_mark = s->position < sizeof(mark) && s->state == S_VALUE && s->depth == 0 &&
			       bytes.data[i] == mark[s->position];
		e = is_mark ? ERR_OK : take(s, bytes.data[i], diag);
		s->position++;
	}
	return e;
}

enum err json_scan_end(struct json_scan *s, struct diag *diag)
{
	enum err e = s->state == S_WORD && s->depth == 0 ? end_word(s, diag) : ERR_OK;
	if (!e && s->state != S_END) {
		e = fault(s, diag, s->position ? "it ends in the middle" : "it is empty");
	}
	return e;
}
