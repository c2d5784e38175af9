/*
 * schema.c - YAML documents by a schema of libcyaml; see schema.h
 *
 * libcyaml names the line in the trace it would print; log_catch keeps the first sentence and the
 * innermost line of that trace. It forgets the lines of what it accepted, so the check that follows
 * finds them with libyaml's document tree.
 */
#include "base/schema.h"

#include "base/str.h"

#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* What libcyaml would print: "Load: Unexpected key: x", then a trace from the inside outwards. */
struct log_catch {
	char *text;
	size_t cap;
	size_t line;
};

__attribute__((format(printf, 3, 0))) static void log_catch(
	cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct log_catch *c = ctx;
	char said[400];
	(void)level;
	(void)vsnprintf(said, sizeof(said), fmt, args);
	const char *at = strstr(said, "(line: ");
	const char *p = strncmp(said, "Load: ", 6) == 0 ? said + 6 : said;
	if (at && c->line == 0) {
		c->line = strtoul(at + strlen("(line: "), NULL, 10);
	}
	if (!at && c->text[0] == 0 && strncmp(p, "Backtrace", 9) != 0) {
		(void)str_copy(c->text, c->cap, p);
		c->text[strcspn(c->text, "\n")] = 0;
	}
}

static cyaml_config_t config_of(struct log_catch *c)
{
	return (cyaml_config_t){.log_fn = log_catch,
		.log_ctx = c,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_NO_ALIAS};
}

/* A document tree, or the place and sentence of the syntax error. */
static bool document_load(
	struct slice yaml, yaml_document_t *ret_document, size_t *ret_line, size_t cap, char *text)
{
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser)) {
		return false;
	}
	yaml_parser_set_input_string(&parser, yaml.data, yaml.size);
	bool is_good = yaml_parser_load(&parser, ret_document);
	if (!is_good && parser.problem) {
		*ret_line = parser.problem_mark.line + 1;
		(void)str_copy(text, cap, parser.problem);
	}
	yaml_parser_delete(&parser);
	return is_good;
}

/* The line of the first key `name` from line `from` on; `from` if there is none. */
static size_t key_line(struct slice yaml, const char *name, size_t from)
{
	yaml_document_t document;
	char unused[8];
	size_t line = from, best = 0;
	if (!document_load(yaml, &document, &line, sizeof(unused), unused)) {
		return from;
	}
	for (int id = 1; yaml_document_get_node(&document, id); id++) {
		const yaml_node_t *node = yaml_document_get_node(&document, id);
		if (node->type == YAML_SCALAR_NODE && node->start_mark.line + 1 >= from &&
			strcmp((const char *)node->data.scalar.value, name) == 0 &&
			(best == 0 || node->start_mark.line + 1 < best)) {
			best = node->start_mark.line + 1;
		}
	}
	yaml_document_delete(&document);
	return best ? best : from;
}

enum err schema_read(const struct cyaml_schema_value *schema, struct slice yaml, void **ret_data,
	size_t *ret_line, size_t cap, char *text)
{
	struct log_catch caught = {.text = text, .cap = cap};
	cyaml_config_t config = config_of(&caught);
	cyaml_data_t *data = NULL;
	text[0] = 0;
	if (yaml.size == 0) {
		(void)str_copy(text, cap, "the file is empty");
		return ERR_PARSE;
	}
	cyaml_err_t e = cyaml_load_data(yaml.data, yaml.size, &config, schema, &data, NULL);
	if (e == CYAML_OK && data) {
		*ret_data = data;
		return ERR_OK;
	}
	*ret_line = caught.line;
	if (e == CYAML_OK) {
		(void)str_copy(text, cap, "the file is empty");
	} else if (e == CYAML_ERR_LIBYAML_PARSER) {
		yaml_document_t document;
		if (document_load(yaml, &document, ret_line, cap, text)) {
			yaml_document_delete(&document);
		}
	} else if (text[0] == 0) {
		(void)str_copy(text, cap, cyaml_strerror(e));
	} else if (strncmp(text, "Unexpected key: ", 16) == 0 || strstr(text, "already seen: ")) {
		/* the trace names the line of the key before */
		*ret_line = key_line(yaml, strrchr(text, ' ') + 1, caught.line);
	}
	return e == CYAML_ERR_OOM ? ERR_NOMEM : ERR_PARSE;
}

void schema_free(const struct cyaml_schema_value *schema, void *data)
{
	char text[8] = "";
	struct log_catch caught = {.text = text, .cap = sizeof(text)};
	cyaml_config_t config = config_of(&caught);
	if (data) {
		(void)cyaml_free(&config, schema, data, 0);
	}
}

/* The item called `step` of a mapping or numbered `step` of a sequence; NULL if there is none. */
static yaml_node_t *node_child(yaml_document_t *d, yaml_node_t *node, const char *step)
{
	if (node->type == YAML_SEQUENCE_NODE) {
		size_t index = strtoul(step, NULL, 10);
		yaml_node_item_t *start = node->data.sequence.items.start;
		size_t n = (size_t)(node->data.sequence.items.top - start);
		return index < n ? yaml_document_get_node(d, start[index]) : NULL;
	}
	if (node->type != YAML_MAPPING_NODE) {
		return NULL;
	}
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
		p++) {
		yaml_node_t *key = yaml_document_get_node(d, p->key);
		if (key->type == YAML_SCALAR_NODE &&
			strcmp((const char *)key->data.scalar.value, step) == 0) {
			return yaml_document_get_node(d, p->value);
		}
	}
	return NULL;
}

size_t schema_line(struct slice yaml, const char *path)
{
	yaml_document_t document;
	size_t line = 0;
	char unused[8], step[32];
	if (!document_load(yaml, &document, &line, sizeof(unused), unused)) {
		return line;
	}
	yaml_node_t *node = yaml_document_get_root_node(&document);
	while (node) {
		line = node->start_mark.line + 1;
		size_t n = strcspn(path, "/");
		if (n == 0 || n >= sizeof(step)) {
			break;
		}
		memcpy(step, path, n);
		step[n] = 0;
		path += n + (path[n] == '/');
		node = node_child(&document, node, step);
	}
	yaml_document_delete(&document);
	return line;
}
