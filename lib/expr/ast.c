#include "ast.h"

#include "../base/near.h"
#include "../base/utf8.h"
#include "../data/text.h"

#include <stdio.h>
#include <stdlib.h>

void pw_ast_release(struct pw_ast *ast)
{
	pw_arena_release(&ast->arena);
	*ast = (struct pw_ast){0};
}

/* ---- errors: the expression and a caret under the place ---- */

/* A long expression is shown in part: its line, at most WINDOW bytes on each side. */
enum { WINDOW = 200 };

static uint32_t window_start(struct pw_slice s, uint32_t at)
{
	uint32_t from = at;
	while (from > 0 && s.data[from - 1] != '\n' && at - from < WINDOW)
		from--;
	while (from < at && (s.data[from] & 0xc0) == 0x80)
		from++;
	return from;
}

static uint32_t window_end(struct pw_slice s, uint32_t at)
{
	uint32_t end = at;
	while (end < s.length && s.data[end] != '\n' && end - at < WINDOW)
		end++;
	while (end < s.length && end > at && (s.data[end] & 0xc0) == 0x80)
		end--;
	return end;
}

static void add_caret(struct pw_slice source, uint32_t at)
{
	const uint32_t from = window_start(source, at), end = window_end(source, at);
	const size_t width = pw_utf8_width(source.data + from, at - from);
	char line[2 * WINDOW + 8];

	memcpy(line, source.data + from, end - from);
	line[end - from] = '\0';
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	pw_fail_detail("  %s", line);
	pw_fail_detail("  %*s^", (int)width, "");
}

static int fail_at(const struct pw_ast *ast, uint32_t at, const char *format, va_list args)
{
	char text[1024];
	vsnprintf(text, sizeof text, format, args);
	if (at > ast->source.length)
		at = (uint32_t)ast->source.length;
	pw_fail(PW_USAGE, "expression: character %zu: %s", pw_utf8_count(ast->source.data, at) + 1,
		text);
	add_caret(ast->source, at);
	return -1;
}

int pw_ast_fail(const struct pw_ast *ast, const struct pw_node *node, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fail_at(ast, node->point, format, args);
	va_end(args);
	return -1;
}

int pw_ast_fail_byte(const struct pw_ast *ast, uint32_t at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fail_at(ast, at, format, args);
	va_end(args);
	return -1;
}

/* ---- names ---- */

void pw_ast_name(const struct pw_ast *ast, struct pw_bytes *name)
{
	bool gap = false;
	const size_t before = name->length;

	if (ast->name.length > 0) {
		pw_bytes_add(name, ast->name.data, ast->name.length);
		return;
	}
	if (ast->root->kind == PW_NODE_COLUMN) {
		pw_bytes_add(name, ast->root->text.data, ast->root->text.length);
		return;
	}
	for (size_t i = ast->start; i < ast->source.length; i++) {
		const unsigned char c = (unsigned char)ast->source.data[i];
		const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
				   (c >= 'A' && c <= 'Z') || c >= 0x80;
		if (plain && gap && name->length > before)
			pw_bytes_put(name, '_');
		if (plain)
			pw_bytes_put(name, (char)c);
		gap = !plain;
	}
	if (name->length == before)
		pw_bytes_text(name, "value");
	if (name->length - before > PW_NAME_MAX) {
		name->length = before + PW_NAME_MAX;
		while (name->length > before && (name->data[name->length] & 0xc0) == 0x80)
			name->length--;
	}
}

static const char *const aggregates[] = {
	"count",
	"sum",
	"avg",
	"min",
	"max",
	"argmin",
	"argmax",
	"any",
	"unique",
	"earliest",
	"latest",
	"list",
	"set",
	"string_agg",
	"var_pop",
	"var_samp",
	"stddev_pop",
	"stddev_samp",
	"median",
	"quantile",
	"quantile_cont",
	"mode",
	"approx_count_distinct",
	"bool_and",
	"bool_or",
};

bool pw_ast_is_aggregate(const struct pw_node *node)
{
	if (node->kind != PW_NODE_CALL)
		return false;
	for (size_t i = 0; i < sizeof aggregates / sizeof *aggregates; i++)
		if (pw_slice_equal(node->text, pw_slice_of(aggregates[i])))
			return true;
	return false;
}

const char *pw_ast_near_aggregate(struct pw_slice name)
{
	return pw_near(name.data, name.length, aggregates, sizeof aggregates / sizeof *aggregates);
}

void pw_ast_make_column(struct pw_ast *ast, struct pw_node *node, struct pw_slice name)
{
	node->kind = PW_NODE_COLUMN;
	node->text.data = pw_arena_copy(&ast->arena, name.data, name.length);
	node->text.length = name.length;
	node->arg_count = 0;
	node->clauses = NULL;
	node->depth = 1;
}

void pw_ast_make_call(struct pw_ast *ast, struct pw_node *node)
{
	char *lower = pw_arena_copy(&ast->arena, node->text.data, node->text.length);
	for (size_t i = 0; i < node->text.length; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] |= 0x20;
	node->kind = PW_NODE_CALL;
	node->text.data = lower;
	node->arg_count = 0;
}

/* ---- walks ---- */

int pw_ast_walk(struct pw_node *root, int (*visit)(struct pw_node *node, void *context),
		void *context)
{
	const int seen = visit(root, context);
	if (seen != 0)
		return seen < 0 ? -1 : 0;
	for (uint32_t i = 0; i < root->arg_count; i++)
		if (pw_ast_walk(root->args[i], visit, context) < 0)
			return -1;
	if (root->clauses == NULL)
		return 0;
	for (uint32_t i = 0; i < root->clauses->order_count; i++)
		if (pw_ast_walk(root->clauses->order[i].by, visit, context) < 0)
			return -1;
	return root->clauses->filter ? pw_ast_walk(root->clauses->filter, visit, context) : 0;
}

struct search {
	const struct pw_schema *schema;
	struct pw_node *found;
};

static int visit_aggregate(struct pw_node *node, void *context)
{
	struct search *s = context;
	if (!pw_ast_is_aggregate(node))
		return 0;
	s->found = node;
	return -1;
}

struct pw_node *pw_ast_find_aggregate(struct pw_node *root)
{
	struct search s = {0};
	pw_ast_walk(root, visit_aggregate, &s);
	return s.found;
}

static int visit_outside(struct pw_node *node, void *context)
{
	struct search *s = context;
	if (node->kind != PW_NODE_COLUMN || pw_schema_find(s->schema, node->text) >= 0)
		return 0;
	s->found = node;
	return -1;
}

struct pw_node *pw_ast_find_outside(struct pw_node *root, const struct pw_schema *schema)
{
	struct search s = {.schema = schema};
	pw_ast_walk(root, visit_outside, &s);
	return s.found;
}

static bool clauses_equal(const struct pw_clauses *a, const struct pw_clauses *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->distinct != b->distinct || a->keep_nulls != b->keep_nulls ||
	    a->order_count != b->order_count || !a->filter != !b->filter)
		return false;
	for (uint32_t i = 0; i < a->order_count; i++)
		if (a->order[i].descending != b->order[i].descending ||
		    !pw_ast_equal(a->order[i].by, b->order[i].by))
			return false;
	return a->filter == NULL || pw_ast_equal(a->filter, b->filter);
}

bool pw_ast_equal(const struct pw_node *a, const struct pw_node *b)
{
	if (a->kind != b->kind || a->arg_count != b->arg_count || a->word != b->word ||
	    memcmp(&a->number, &b->number, sizeof a->number) != 0 ||
	    !pw_slice_equal(a->text, b->text) || !clauses_equal(a->clauses, b->clauses))
		return false;
	if (a->kind == PW_NODE_CAST && !pw_type_equal(a->type, b->type))
		return false;
	for (uint32_t i = 0; i < a->arg_count; i++)
		if (!pw_ast_equal(a->args[i], b->args[i]))
			return false;
	return true;
}
