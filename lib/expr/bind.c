#include "ast_check_internal.h"
#include "bind_internal.h"
#include "function.h"

#include <stdlib.h>

static struct pw_step *bind_column(struct pw_binder *b, const struct pw_node *node)
{
	const int column = pw_ast_check_column(b->ast, node, b->x->schema);
	if (column < 0)
		return NULL;
	struct pw_step *s = pw_bind_new(b, PW_STEP_COLUMN, b->x->schema->fields[column].type);
	s->column = column;
	return pw_bind_add(b, node, s);
}

/* Which aggregate of two is also a function of a row. */
static const char *row_function(struct pw_slice name)
{
	return pw_slice_equal(name, PW_SLICE("max"))   ? "; greatest(x, y) takes values of one row"
	       : pw_slice_equal(name, PW_SLICE("min")) ? "; least(x, y) takes values of one row"
						       : "";
}

static struct pw_step *unknown_function(struct pw_binder *b, const struct pw_node *node)
{
	if (pw_ast_check_function(b->ast, node) == 0)
		pw_ast_fail(b->ast, node,
			    "'%.*s' is an aggregate, which cannot stand here: pw-groupby computes "
			    "it%s",
			    (int)node->text.length, node->text.data, row_function(node->text));
	return NULL;
}

/* Does a format written in the expression read a zone? */
static bool has_zone(const struct pw_step *format)
{
	if (!format->done || !pw_bind_same(format->type, PW_TYPE(PW_STR)) ||
	    pw_column_null(&format->out, 0))
		return false;
	const struct pw_slice t = pw_column_text(&format->out, 0);
	for (size_t i = 0; i + 1 < t.length; i++)
		if (t.data[i] == '%' && t.data[++i] == 'z')
			return true;
	return false;
}

static struct pw_step *bind_commit_time(struct pw_binder *b, const struct pw_node *node)
{
	if (!b->x->schema->append_only) {
		pw_ast_fail(b->ast, node,
			    "commit_time() needs an append-only input: a row taken away would have "
			    "another time than when it came");
		return NULL;
	}
	return pw_bind_function(b, node, "commit_time", NULL, 0);
}

/* Calls that are no functions of their arguments' values. NULL and *mine: it failed. */
static struct pw_step *bind_special(struct pw_binder *b, const struct pw_node *node,
				    struct pw_step **args, bool *mine)
{
	const struct pw_slice name = node->text;
	const uint32_t n = node->arg_count;

	*mine = true;
	if ((pw_slice_equal(name, PW_SLICE("coalesce")) && n > 0) ||
	    (pw_slice_equal(name, PW_SLICE("ifnull")) && n == 2))
		return pw_bind_choice(b, node, PW_STEP_COALESCE, args, n);
	if (pw_slice_equal(name, PW_SLICE("try")) && n == 2)
		return pw_bind_choice(b, node, PW_STEP_TRY, args, n);
	if (pw_slice_equal(name, PW_SLICE("typeof")) && n == 1)
		return pw_bind_text(b, node, pw_slice_of(pw_bind_type_name(args[0]->type)));
	if (pw_slice_equal(name, PW_SLICE("commit_time")) && n == 0)
		return bind_commit_time(b, node);
	if (pw_slice_equal(name, PW_SLICE("strptime")) && n == 2 && has_zone(args[1]))
		return pw_bind_function(b, node, "strptime_utc", args, 2);
	if (pw_slice_equal(name, PW_SLICE("nullif")) && n == 2) {
		struct pw_step *values[2],
			*when = pw_bind_function_2(b, node, "=", args[0], args[1]);
		values[0] = pw_bind_null(b, node, PW_BIND_UNKNOWN);
		values[1] = args[0];
		return when ? pw_bind_finish_case(b, node, &when, values, 1) : NULL;
	}
	if ((pw_slice_equal(name, PW_SLICE("if")) || pw_slice_equal(name, PW_SLICE("if_else"))) &&
	    n == 3) {
		struct pw_step *when = pw_bind_condition(b, node->args[0]);
		return when ? pw_bind_finish_case(b, node, &when, args + 1, 1) : NULL;
	}
	*mine = false;
	return NULL;
}

static struct pw_step *bind_call(struct pw_binder *b, const struct pw_node *node,
				 struct pw_step **args)
{
	bool mine;
	char name[64];

	if (node->clauses != NULL && !pw_ast_is_aggregate(node)) {
		pw_ast_fail(b->ast, node, "DISTINCT, ORDER BY and FILTER belong to aggregates");
		return NULL;
	}
	if (node->text.length >= sizeof name || node->clauses != NULL ||
	    !pw_function_known(node->text))
		return unknown_function(b, node);
	struct pw_step *s = bind_special(b, node, args, &mine);
	if (mine)
		return s;
	memcpy(name, node->text.data, node->text.length);
	name[node->text.length] = '\0';
	return pw_bind_function(b, node, name, args, node->arg_count);
}

/* All arguments, in the expression's arena; NULL: one failed. */
static struct pw_step **bind_args(struct pw_binder *b, const struct pw_node *node)
{
	struct pw_step **args = pw_arena_alloc(&b->x->arena, (node->arg_count + 1) * sizeof *args);
	for (uint32_t i = 0; i < node->arg_count; i++)
		if ((args[i] = pw_bind_node(b, node->args[i])) == NULL)
			return NULL;
	return args;
}

static struct pw_step *bind_list(struct pw_binder *b, const struct pw_node *node)
{
	struct pw_step **args = bind_args(b, node);
	if (args == NULL)
		return NULL;
	if (node->arg_count == 0) {
		pw_ast_fail(b->ast, node, "a list of what? write CAST('[]' AS list<int>)");
		return NULL;
	}
	return pw_bind_function(b, node, "list_value", args, node->arg_count);
}

static struct pw_step *bind_with_args(struct pw_binder *b, const struct pw_node *node)
{
	struct pw_step **args;

	if (node->kind == PW_NODE_CALL && !pw_function_known(node->text))
		return unknown_function(b, node); /* before its arguments are looked at */
	if ((args = bind_args(b, node)) == NULL)
		return NULL;
	switch (node->kind) {
	case PW_NODE_IS_NULL:
		return pw_bind_function(b, node, "is null", args, 1);
	case PW_NODE_IS_TRUE:
		return pw_bind_function(b, node, "is true", args, 1);
	case PW_NODE_IS_FALSE:
		return pw_bind_function(b, node, "is false", args, 1);
	case PW_NODE_DISTINCT:
		return pw_bind_function(b, node, "is distinct from", args, 2);
	case PW_NODE_BETWEEN:
		return pw_bind_between(b, node, args);
	case PW_NODE_IN:
		return pw_bind_in(b, node, args);
	case PW_NODE_CAST:
		return pw_bind_cast(b, node, args[0], node->type);
	default:
		return bind_call(b, node, args);
	}
}

struct pw_step *pw_bind_node(struct pw_binder *b, const struct pw_node *node)
{
	switch ((enum pw_node_kind)node->kind) {
	case PW_NODE_NULL:
	case PW_NODE_BOOL:
	case PW_NODE_INT:
	case PW_NODE_FLOAT:
	case PW_NODE_TEXT:
	case PW_NODE_DURATION:
		return pw_bind_literal(b, node);
	case PW_NODE_COLUMN:
		return bind_column(b, node);
	case PW_NODE_AND:
	case PW_NODE_OR:
		return pw_bind_logic(b, node);
	case PW_NODE_NOT:
		return pw_bind_function_1(b, node, "not", pw_bind_condition(b, node->args[0]));
	case PW_NODE_CASE:
	case PW_NODE_SWITCH:
		return pw_bind_case(b, node);
	case PW_NODE_LIST:
		return bind_list(b, node);
	default:
		return bind_with_args(b, node);
	}
}

struct pw_step *pw_bind(struct pw_expr *x, const struct pw_ast *ast, const struct pw_node *node,
			const struct pw_type *want)
{
	struct pw_binder b = {.x = x, .ast = ast};
	struct pw_step *s = pw_bind_node(&b, node);

	if (s == NULL)
		return NULL;
	if (want == NULL)
		return pw_bind_is_unknown(s->type) ? pw_bind_null(&b, node, PW_TYPE(PW_STR)) : s;
	if (pw_bind_converts(s, *want))
		return pw_bind_convert(&b, node, s, *want);
	char *have = pw_mem_print("%s %s", pw_bind_article(s->type), pw_bind_type_name(s->type));
	pw_ast_fail(ast, node, "this is %s, %s %s is wanted", have, pw_bind_article(*want),
		    pw_type_name(*want));
	free(have);
	return NULL;
}
