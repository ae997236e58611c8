#include "select.h"
#include "../data/builder.h"
#include "../data/names.h"
#include "project.h"

#include <fnmatch.h>
#include <stdlib.h>

/*
 * Invariant: field i of op.schema is output i of expr.
 */
struct selection {
	struct pw_op op;
	struct pw_expr expr;
	struct pw_project project;
};

/* A column of the output, before it is typed. */
struct item {
	struct pw_ast ast;
	char *name;
};

struct items {
	struct item *list;
	size_t count, capacity;
};

static void add_item(struct items *items, struct item item)
{
	items->list =
		pw_mem_grow(items->list, &items->capacity, items->count + 1, sizeof *items->list);
	items->list[items->count++] = item;
}

static struct item column_item(const char *name)
{
	struct item item = {.name = pw_mem_copy(name, strlen(name))};
	struct pw_bytes text = {0};

	pw_names_add_ticked(&text, pw_slice_of(name));
	if (pw_ast_parse(&item.ast, pw_bytes_string(&text), false, NULL, NULL) < 0)
		pw_bug("the name of a column does not parse: %s", pw_fail_text());
	pw_bytes_release(&text);
	return item;
}

static void drop_item(struct items *items, size_t i)
{
	free(items->list[i].name);
	pw_ast_release(&items->list[i].ast);
	memmove(items->list + i, items->list + i + 1, (items->count - i - 1) * sizeof *items->list);
	items->count--;
}

static int find_item(const struct items *items, struct pw_slice name)
{
	for (size_t i = 0; i < items->count; i++)
		if (pw_slice_equal(pw_slice_of(items->list[i].name), name))
			return (int)i;
	return -1;
}

/* Is it like '*_usd'? Names and stars only, with a star first or last: no expression is like that. */
static bool is_pattern(const char *text)
{
	const size_t n = strlen(text);
	if (n == 0 || (text[0] != '*' && text[n - 1] != '*'))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strchr(" \t\n()[]+-/%|=<>!~,'\"`", text[i]))
			return false;
	return true;
}

static int add_pattern(struct items *items, const struct pw_schema *in, const char *pattern)
{
	const size_t before = items->count;
	for (size_t i = 0; i < in->count; i++)
		if (fnmatch(pattern, in->fields[i].name, FNM_NOESCAPE) == 0)
			add_item(items, column_item(in->fields[i].name));
	return items->count > before ? 0 : pw_fail(PW_USAGE, "no column matches '%s'", pattern);
}

static int add_expression(struct items *items, const struct pw_schema *in, const char *text,
			  bool replaces)
{
	struct item item = {0};
	struct pw_bytes name = {0};

	if (pw_ast_parse(&item.ast, text, true, in, NULL) < 0)
		return -1;
	pw_ast_name(&item.ast, &name);
	item.name = pw_mem_copy(pw_bytes_string(&name), name.length);
	pw_bytes_release(&name);
	const int old = find_item(items, pw_slice_of(item.name));
	if (old < 0 || !replaces) {
		add_item(items, item);
		return 0;
	}
	free(items->list[old].name);
	pw_ast_release(&items->list[old].ast);
	items->list[old] = item;
	return 0;
}

static int drop_columns(struct items *items, const struct pw_schema *in, const char *text)
{
	int *list = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *list);
	const int count = pw_schema_list(in, text, list);
	for (int i = 0; i < count; i++) {
		const int at = find_item(items, pw_slice_of(in->fields[list[i]].name));
		if (at >= 0)
			drop_item(items, (size_t)at);
	}
	free(list);
	return count < 0 ? pw_fail_at("--drop") : 0;
}

/* The item that --rename calls by its name now, or by its column's. */
static int find_renamed(const struct items *items, const struct pw_schema *in,
			const struct pw_name *old, const char *text)
{
	const struct pw_slice name = {old->text.data, old->text.length};
	int at = find_item(items, name);

	if (at >= 0)
		return at;
	const int column = pw_names_need(in, old, text, "=,");
	if (column < 0)
		return -1;
	at = find_item(items, pw_slice_of(in->fields[column].name));
	return at >= 0 ? at
		       : pw_fail(PW_USAGE, "'%.*s' is not among the columns chosen",
				 (int)name.length, name.data);
}

/* "old=new,older=newer" */
static int rename_columns(struct items *items, const struct pw_schema *in, const char *text)
{
	struct pw_name names[2] = {{.ticked = false}, {.ticked = false}};
	int rc;

	for (;; text++) {
		const char *item = text, *unused;

		if ((rc = pw_names_pair(&text, &names[0], &names[1], &unused)) == 0)
			rc = pw_fail(PW_USAGE, "'%.*s' is not OLD=NEW", (int)(text - item), item);
		if (rc < 0 || (rc = find_renamed(items, in, &names[0], item)) < 0)
			break;
		free(items->list[rc].name);
		items->list[rc].name = pw_mem_copy(names[1].text.data, names[1].text.length);
		if (*text == '\0')
			break;
	}
	pw_names_release(&names[0]);
	pw_names_release(&names[1]);
	return rc < 0 ? pw_fail_at("--rename") : 0;
}

static int choose(const struct pw_schema *in, const struct pw_select_wish *w, struct items *items)
{
	const bool all = w->add || w->expression_count == 0;

	if (w->expression_count == 0 && w->drop == NULL && w->renames.count == 0)
		return pw_fail(PW_USAGE, "name the columns to choose, or --drop or --rename some");
	for (size_t i = 0; i < in->count && all; i++)
		add_item(items, column_item(in->fields[i].name));
	for (size_t i = 0; i < w->expression_count; i++) {
		const char *text = w->expressions[i];
		if ((is_pattern(text) ? add_pattern(items, in, text)
				      : add_expression(items, in, text, all)) < 0)
			return -1;
	}
	if (w->drop != NULL && drop_columns(items, in, w->drop) < 0)
		return -1;
	for (size_t i = 0; i < w->renames.count; i++)
		if (rename_columns(items, in, w->renames.items[i]) < 0)
			return -1;
	return items->count > 0 ? 0 : pw_fail(PW_USAGE, "no column is left");
}

/* The key stays a key while all of its columns do. */
static bool has_key(const struct selection *s)
{
	for (size_t c = 0; c < s->op.in->count; c++) {
		bool found = !s->op.in->fields[c].key;
		for (size_t i = 0; i < s->expr.output_count; i++)
			found |= pw_expr_is_column(&s->expr, (int)i) == (int)c;
		if (!found)
			return false;
	}
	return true;
}

/* An item has failed. If that is for a column that another item makes, the message is to say so. */
static int advise_neighbour(const struct pw_schema *in, const struct items *items, size_t i)
{
	const struct pw_ast *ast = &items->list[i].ast;
	const struct pw_node *outside = pw_ast_find_outside(ast->root, in);
	const int other = outside ? find_item(items, outside->text) : -1;

	if (other < 0 || other == (int)i)
		return -1;
	return pw_ast_fail(ast, outside,
			   "'%.*s' is made here, beside this: use it in a pw-select downstream, or "
			   "repeat its expression",
			   (int)outside->text.length, outside->text.data);
}

static int type_items(struct selection *s, const struct items *items)
{
	for (size_t i = 0; i < items->count; i++)
		if (pw_expr_add(&s->expr, &items->list[i].ast, items->list[i].ast.root) < 0)
			return advise_neighbour(s->op.in, items, i);
	const bool keyed = has_key(s);
	for (size_t i = 0; i < items->count; i++) {
		const int column = pw_expr_is_column(&s->expr, (int)i);
		if (pw_schema_add(&s->op.schema, pw_slice_of(items->list[i].name),
				  pw_expr_type(&s->expr, (int)i),
				  keyed && column >= 0 && s->op.in->fields[column].key) < 0)
			return -1;
	}
	s->op.schema.append_only = s->op.in->append_only;
	s->op.schema.is_static = s->op.in->is_static;
	s->op.schema.single = s->op.in->single;
	return 0;
}

static void bind(struct pw_op *op, const void *wish)
{
	struct selection *s = (struct selection *)op;
	struct items items = {0};

	pw_expr_init(&s->expr, op->in);
	pw_op_must(op, choose(op->in, wish, &items));
	pw_op_must(op, type_items(s, &items));
	while (items.count > 0)
		drop_item(&items, items.count - 1);
	free(items.list);
	s->project = (struct pw_project){
		.expr = &s->expr, .reject = op->host->reject, .schema = &op->schema};
	pw_project_init(&s->project);
}

static void take(struct pw_op *op, int input, const struct pw_batch **batch)
{
	struct selection *s = (struct selection *)op;
	const struct pw_batch *out;

	(void)input;
	pw_op_must(op, pw_project_run(&s->project, *batch, &out));
	pw_op_emit(op, out);
	*batch = NULL;
}

static void release(struct pw_op *op)
{
	struct selection *s = (struct selection *)op;

	pw_project_release(&s->project);
	pw_expr_release(&s->expr);
}

const struct pw_op_kind pw_select_op = {
	.size = sizeof(struct selection),
	.bind = bind,
	.batch = take,
	.release = release,
	.rejects = true,
};
