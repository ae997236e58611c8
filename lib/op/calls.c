#include "calls.h"

#include "../data/names.h"
#include "../expr/elsewhere.h"

#include <stdio.h>
#include <stdlib.h>

struct pw_asked {
	struct pw_ast ast;
	struct pw_bytes name;
};

/* Raises the last failure again, with the expression and a caret. */
static int fail_again(const struct pw_ast *ast, const struct pw_node *node)
{
	char text[1024];

	snprintf(text, sizeof text, "%s", pw_fail_text());
	return pw_ast_fail(ast, node, "%s", text);
}

static int bind_arg(struct pw_calls *c, struct pw_ast *ast, struct pw_node *node,
		    struct pw_aggregate_arg *arg)
{
	const struct pw_node *inner = pw_ast_find_aggregate(node);

	if (inner)
		return pw_ast_fail(ast, inner, "an aggregate inside an aggregate");
	arg->column = pw_expr_add(&c->inputs, ast, node);
	if (arg->column < 0)
		return -1;
	arg->type = pw_expr_type(&c->inputs, arg->column);
	arg->constant = pw_expr_constant(&c->inputs, arg->column);
	return 0;
}

/* Rows that the filter drops can't fail: x is CASE WHEN filter THEN x END. */
static struct pw_node *guarded(struct pw_ast *ast, struct pw_node *x, struct pw_node *filter)
{
	struct pw_node *null, *node;

	if (!filter || x->arg_count == 0)
		return x;
	null = pw_arena_alloc(&ast->arena, sizeof *null);
	*null = (struct pw_node){
		.kind = PW_NODE_NULL, .at = x->at, .end = x->end, .point = x->point, .depth = 1};
	node = pw_arena_alloc(&ast->arena, sizeof *node);
	*node = *x;
	node->kind = PW_NODE_CASE;
	node->clauses = NULL;
	node->text = (struct pw_slice){0};
	node->depth = 1 + (x->depth > filter->depth ? x->depth : filter->depth);
	node->arg_count = 3;
	node->args = pw_arena_alloc(&ast->arena, 3 * sizeof *node->args);
	node->args[0] = filter;
	node->args[1] = x;
	node->args[2] = null;
	return node;
}

static int bind_clauses(struct pw_calls *c, struct pw_ast *ast, struct pw_node *node,
			struct pw_aggregate_call *call)
{
	const struct pw_clauses *clauses = node->clauses;
	struct pw_node *inner;

	if (!clauses)
		return 0;
	call->distinct = clauses->distinct;
	call->keep_nulls = clauses->keep_nulls;
	if (clauses->order_count > PW_AGGREGATE_ARGS)
		return pw_ast_fail(ast, node, "at most %d columns in ORDER BY", PW_AGGREGATE_ARGS);
	for (uint32_t i = 0; i < clauses->order_count; i++) {
		struct pw_node *by = guarded(ast, clauses->order[i].by, clauses->filter);

		if (bind_arg(c, ast, by, &call->order[i]) < 0)
			return -1;
		call->order[i].descending = clauses->order[i].descending;
		call->order_count++;
	}
	if (!clauses->filter)
		return 0;
	inner = pw_ast_find_aggregate(clauses->filter);
	if (inner)
		return pw_ast_fail(ast, inner, "an aggregate inside an aggregate");
	call->filter = pw_expr_add_typed(&c->inputs, ast, clauses->filter, PW_TYPE(PW_BOOL));
	return call->filter < 0 ? -1 : 0;
}

/* Adds the call; it becomes a column of shown_schema that is named as it is written. */
static int bind_call(struct pw_calls *c, struct pw_ast *ast, struct pw_node *node)
{
	struct pw_aggregate_call call = {.filter = -1};
	struct pw_slice column = {ast->source.data + node->at, node->end - node->at};
	char name[32];

	snprintf(name, sizeof name, "%.*s", (int)node->text.length, node->text.data);
	call.name = name;
	if (column.length > PW_NAME_MAX)
		return pw_ast_fail(ast, node, "an aggregate of more than %d bytes", PW_NAME_MAX);
	for (size_t i = c->key_count; i < c->shown.count; i++)
		if (pw_slice_equal(column, pw_slice_of(c->shown.fields[i].name)))
			goto out; /* the call stands in an earlier expression */
	if (node->arg_count > PW_AGGREGATE_ARGS)
		return pw_ast_fail(ast, node, "at most %d arguments", PW_AGGREGATE_ARGS);
	for (; call.arg_count < node->arg_count; call.arg_count++) {
		struct pw_node *x = guarded(ast, node->args[call.arg_count],
					    node->clauses ? node->clauses->filter : NULL);

		if (bind_arg(c, ast, x, &call.args[call.arg_count]) < 0)
			return -1;
	}
	if (bind_clauses(c, ast, node, &call) < 0)
		return -1;
	const int number = pw_aggregates_add(&c->aggregates, &call);

	if (number < 0)
		return fail_again(ast, node);
	if (pw_schema_add(&c->shown, column, pw_aggregates_type(&c->aggregates, number), false) < 0)
		return -1;
out:
	pw_ast_make_column(ast, node, column);
	return 0;
}

struct walk {
	struct pw_calls *calls;
	struct pw_ast *ast;
};

static int visit(struct pw_node *node, void *context)
{
	const struct walk *w = context;

	if (!pw_ast_is_aggregate(node))
		return 0;
	return bind_call(w->calls, w->ast, node) < 0 ? -1 : 1;
}

void pw_calls_init(struct pw_calls *c, const struct pw_schema *schema)
{
	*c = (struct pw_calls){.schema = schema};
	pw_expr_init(&c->inputs, schema);
	pw_aggregates_init(&c->aggregates, schema->append_only, schema->is_static);
}

int pw_calls_key(struct pw_calls *c, struct pw_slice name, struct pw_type type)
{
	c->key_count++;
	return pw_schema_add(&c->shown, name, type, false);
}

static bool is_key(const struct pw_calls *c, struct pw_slice name)
{
	const int at = pw_schema_find(&c->shown, name);

	return at >= 0 && (size_t)at < c->key_count;
}

struct argument {
	const struct pw_node *node;
	struct pw_slice function; /* whose argument it is */
};

static int visit_argument(struct pw_node *node, void *context)
{
	struct argument *a = context;

	for (uint32_t i = 0; i < node->arg_count && node->kind == PW_NODE_CALL; i++)
		if (node->args[i] == a->node)
			a->function = node->text;
	return 0;
}

/* A column of the input outside of the aggregates. */
static int refuse_stray(struct pw_asked *a, const struct pw_node *stray)
{
	struct argument in = {stray, {0}};
	const int length = (int)stray->text.length;

	pw_ast_walk(a->ast.root, visit_argument, &in);
	const char *ours = in.function.length > 0 ? pw_elsewhere_of_group(in.function) : NULL;
	if (ours != NULL)
		return pw_ast_fail(&a->ast, stray,
				   "'%.*s' is not a key and not in an aggregate, and %.*s takes "
				   "values of one row: write %s",
				   length, stray->text.data, (int)in.function.length,
				   in.function.data, ours);
	struct pw_bytes shown = {0};

	pw_names_add(&shown, stray->text);
	pw_ast_fail(&a->ast, stray,
		    "'%.*s' is not a key and not in an aggregate (put it in -k, or say any(%s))",
		    length, stray->text.data, pw_bytes_string(&shown));
	pw_bytes_release(&shown);
	return -1;
}

/* Fails if a column that the input lacks is the name of another expression. */
static int refuse_neighbour(const struct pw_calls *c, const struct pw_asked *a,
			    const struct pw_node *node)
{
	for (size_t i = 0; i < c->asked_count; i++) {
		const struct pw_asked *other = &c->asked[i];

		if (other == a || other->name.length == 0 ||
		    !pw_slice_equal(node->text,
				    (struct pw_slice){other->name.data, other->name.length}))
			continue;
		return pw_ast_fail(&a->ast, node,
				   "'%.*s' is made here, beside this: use it in a pw-select "
				   "downstream, or repeat its expression",
				   (int)node->text.length, node->text.data);
	}
	return 0;
}

int pw_calls_add(struct pw_calls *c, const char *text)
{
	c->asked = pw_mem_grow(c->asked, &c->asked_capacity, c->asked_count + 1, sizeof *c->asked);
	struct pw_asked *a = &c->asked[c->asked_count++];
	struct walk w = {c, &a->ast};

	*a = (struct pw_asked){0};
	if (pw_ast_parse(&a->ast, text, true, c->schema, NULL) < 0)
		return -1;
	struct pw_node *root = a->ast.root;

	if (root->kind == PW_NODE_COLUMN && pw_slice_equal(root->text, PW_SLICE("count")) &&
	    !is_key(c, root->text))
		pw_ast_make_call(&a->ast, root);
	pw_ast_name(&a->ast, &a->name);
	const struct pw_node *outside = pw_ast_find_outside(root, c->schema);
	if (outside && refuse_neighbour(c, a, outside) < 0)
		return -1;
	return pw_ast_walk(root, visit, &w);
}

/* Types an output: by now each column in it must be a key or a result. */
static int bind_output(struct pw_calls *c, struct pw_asked *a)
{
	const struct pw_node *stray = pw_ast_find_outside(a->ast.root, &c->shown);

	if (stray && pw_schema_find(c->schema, stray->text) >= 0)
		return refuse_stray(a, stray);
	if (stray && refuse_neighbour(c, a, stray) < 0)
		return -1;
	if (stray && pw_ast_check_column(&a->ast, stray, c->schema) < 0)
		return -1;
	const int output = pw_expr_add(&c->outputs, &a->ast, a->ast.root);

	if (output < 0)
		return -1;
	c->computes |= pw_expr_is_column(&c->outputs, output) < 0;
	return pw_schema_add(&c->named, (struct pw_slice){a->name.data, a->name.length},
			     pw_expr_type(&c->outputs, output), false);
}

int pw_calls_ready(struct pw_calls *c)
{
	pw_expr_init(&c->outputs, &c->shown);
	for (size_t i = 0; i < c->asked_count; i++) {
		if (bind_output(c, &c->asked[i]) < 0)
			return -1;
		pw_ast_release(&c->asked[i].ast);
		pw_bytes_release(&c->asked[i].name);
	}
	free(c->asked);
	c->asked = NULL;
	c->asked_count = 0;
	c->columns = pw_mem_zero(c->inputs.output_count + 1, sizeof *c->columns);
	return 0;
}

const struct pw_batch *pw_calls_arguments(struct pw_calls *c, const struct pw_batch *batch)
{
	c->arguments = *batch;
	c->arguments.columns = c->columns;
	for (size_t i = 0; i < c->inputs.output_count; i++)
		c->columns[i] = *pw_expr_column(&c->inputs, (int)i);
	return &c->arguments;
}

void pw_calls_release(struct pw_calls *c)
{
	pw_expr_release(&c->inputs);
	pw_aggregates_release(&c->aggregates);
	pw_schema_release(&c->shown);
	pw_expr_release(&c->outputs);
	pw_schema_release(&c->named);
	free(c->columns);
	*c = (struct pw_calls){0};
}
