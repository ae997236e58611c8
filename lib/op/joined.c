#include "joined_internal.h"

#include "../data/names.h"
#include "../expr/elsewhere.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const side_names[] = {"left", "right"};

/* ---- keys ---- */

/* -k left.id=right.id: which input a name belongs to is said by its side of the `=`. */
static int refuse_side(const struct pw_schema *in, const struct pw_name *name)
{
	const struct pw_slice text = {name->text.data, name->text.length};
	struct pw_bytes shown = {0};

	for (int side = 0; side < 2 && pw_schema_find(in, text) < 0; side++) {
		const size_t n = strlen(side_names[side]) + 1;

		if (text.length <= n || memcmp(text.data, side_names[side], n - 1) != 0 ||
		    text.data[n - 1] != '.')
			continue;
		pw_names_add(&shown, (struct pw_slice){text.data + n, text.length - n});
		pw_fail(PW_USAGE,
			"'%s' is not a column: the left input's name stands before the '=', the "
			"right one's after it; write %s",
			text.data, pw_bytes_string(&shown));
		pw_bytes_release(&shown);
		return -1;
	}
	return 0;
}

/* Adds the named column to the n keys of an input. */
static int add_key(const struct pw_schema *in, const struct pw_name *name, const char *item,
		   int *keys, size_t n)
{
	const int column = refuse_side(in, name) < 0 ? -1 : pw_names_need(in, name, item, "=,");

	for (size_t i = 0; i < n && column >= 0; i++)
		if (keys[i] == column)
			return pw_fail(PW_USAGE, "column '%s' is named twice",
				       in->fields[column].name);
	keys[n] = column;
	return column < 0 ? -1 : 0;
}

static int check_types(const struct pw_schema *left, const struct pw_schema *right, int l, int r)
{
	const struct pw_field *a = &left->fields[l], *b = &right->fields[r];
	struct pw_bytes type = {0}, name = {0};

	if (pw_type_equal(a->type, b->type))
		return 0;
	pw_names_add(&name, pw_slice_of(b->name));
	pw_bytes_text(&type, pw_type_name((struct pw_type){a->type.base, a->type.depth, false}));
	pw_fail(PW_USAGE,
		"-k: '%s' is %s in the left input and '%s' is %s in the right one; make them "
		"alike, "
		"with pw-select --add '%s = CAST(%s AS %s)'",
		a->name, pw_bytes_string(&type), b->name,
		pw_type_name((struct pw_type){b->type.base, b->type.depth, false}),
		pw_bytes_string(&name), name.data, pw_bytes_string(&type));
	pw_bytes_release(&type);
	pw_bytes_release(&name);
	return -1;
}

int pw_joined_keys(const struct pw_schema *left, const struct pw_schema *right, const char *text,
		   int *left_keys, int *right_keys)
{
	struct pw_name names[2] = {{.ticked = false}, {.ticked = false}};
	int count = 0, two;

	for (const char *at = text;; at++) {
		const char *items[2] = {at, at};

		if ((two = pw_names_pair(&at, &names[0], &names[1], &items[1])) < 0) {
			count = pw_fail_at("-k");
			break;
		}
		if (add_key(left, &names[0], items[0], left_keys, (size_t)count) < 0) {
			count = pw_fail_at("-k: left input");
			break;
		}
		if (add_key(right, &names[two], items[two], right_keys, (size_t)count) < 0) {
			count = pw_fail_at("-k: right input");
			break;
		}
		if (check_types(left, right, left_keys[count], right_keys[count]) < 0) {
			count = -1;
			break;
		}
		count++;
		if (*at == '\0')
			break;
	}
	pw_names_release(&names[0]);
	pw_names_release(&names[1]);
	return count;
}

/* Which of the keys the column is, or -1. */
static int key_at(const struct pw_joined *j, int side, int column)
{
	for (size_t i = 0; i < j->key_count; i++)
		if (j->keys[side][i] == column)
			return (int)i;
	return -1;
}

/* ---- wide columns ---- */

static struct pw_type wide_type(const struct pw_joined *j, struct pw_joined_source s)
{
	struct pw_type type;

	if (s.side == PW_JOINED_KEY) {
		const struct pw_type other = j->in[1]->fields[j->keys[1][s.column]].type;
		type = j->in[0]->fields[j->keys[0][s.column]].type;
		type.required &= other.required;
		return type;
	}
	type = j->in[s.side]->fields[s.column].type;
	type.required &= !j->missing[s.side];
	return type;
}

/* The source of a key column: the side that is always there, if one is. */
static struct pw_joined_source key_source(const struct pw_joined *j, int key)
{
	if (!j->missing[PW_JOINED_LEFT])
		return (struct pw_joined_source){PW_JOINED_LEFT, j->keys[0][key]};
	if (!j->missing[PW_JOINED_RIGHT])
		return (struct pw_joined_source){PW_JOINED_RIGHT, j->keys[1][key]};
	return (struct pw_joined_source){PW_JOINED_KEY, key};
}

static void source_name(const struct pw_joined *j, struct pw_joined_source s, struct pw_bytes *name)
{
	pw_bytes_clear(name);
	if (s.side == PW_JOINED_KEY)
		pw_bytes_text(name, j->in[0]->fields[j->keys[0][s.column]].name);
	else
		pw_bytes_print(name, "%s.%s", side_names[s.side],
			       j->in[s.side]->fields[s.column].name);
}

/* The wide column of that source, a new one if there is none yet; or -1. */
static int need_source(struct pw_joined *j, struct pw_joined_source s)
{
	struct pw_bytes name = {0};

	for (size_t i = 0; i < j->wide.count; i++)
		if (j->sources[i].side == s.side && j->sources[i].column == s.column)
			return (int)i;
	source_name(j, s, &name);
	const int rc = pw_schema_add(&j->wide, (struct pw_slice){name.data, name.length},
				     wide_type(j, s), false);
	pw_bytes_release(&name);
	if (rc < 0)
		return -1;
	j->sources =
		pw_mem_grow(j->sources, &j->source_capacity, j->wide.count, sizeof *j->sources);
	j->sources[j->wide.count - 1] = s;
	return (int)j->wide.count - 1;
}

/* ---- without a select list ---- */

static bool is_shared(const struct pw_joined *j, const char *name)
{
	for (int side = 0; side < 2; side++) {
		size_t i = 0;
		for (; i < j->in[side]->count; i++)
			if (strcmp(j->in[side]->fields[i].name, name) == 0 &&
			    (side == PW_JOINED_LEFT || key_at(j, side, (int)i) < 0))
				break;
		if (i == j->in[side]->count)
			return false;
	}
	return true;
}

/* "id name 'amount = left.amount' 'right_amount = right.amount'", shortened when it gets long */
static int collision(const struct pw_joined *j, const char *name)
{
	struct pw_bytes list = {0}, shown = {0}, right = {0};
	char *prefixed = pw_mem_print("right_%s", name);

	for (size_t i = 0; i < j->in[0]->count && list.length < 200; i++) {
		const char *alone = j->in[0]->fields[i].name;
		const size_t from = list.length;

		if (is_shared(j, alone))
			continue;
		pw_names_add(&list, pw_slice_of(alone));
		if (list.length - from > strlen(alone)) { /* ticks, which the shell must not see */
			list.length = from;
			pw_bytes_put(&list, '\'');
			pw_names_add(&list, pw_slice_of(alone));
			pw_bytes_put(&list, '\'');
		}
		pw_bytes_put(&list, ' ');
	}
	pw_names_add(&shown, pw_slice_of(name));
	pw_names_add(&right, pw_slice_of(prefixed));
	pw_fail(PW_USAGE,
		"'%s' is a column of both inputs: name the columns that you want, as in %s"
		"'%s = left.%s' '%s = right.%s', or rename what is on both sides with --suffix "
		"_left,_right",
		name, pw_bytes_string(&list), pw_bytes_string(&shown), shown.data,
		pw_bytes_string(&right), shown.data);
	pw_bytes_release(&list);
	pw_bytes_release(&shown);
	pw_bytes_release(&right);
	free(prefixed);
	return -1;
}

/* The part of --suffix that belongs to a side. */
static struct pw_slice suffix_of(const struct pw_joined *j, int side)
{
	const size_t left = strcspn(j->suffix, ",");

	return side == PW_JOINED_LEFT ? (struct pw_slice){j->suffix, left}
				      : pw_slice_of(j->suffix + left + 1);
}

static int add_plain(struct pw_joined *j, int side, size_t column, bool key)
{
	const struct pw_field *f = &j->in[side]->fields[column];
	const int at = side == PW_JOINED_LEFT ? key_at(j, side, (int)column) : -1;
	const struct pw_joined_source source =
		at >= 0 ? key_source(j, at)
			: (struct pw_joined_source){(enum pw_joined_side)side, (int)column};
	const bool shared = !j->left_only && is_shared(j, f->name);
	struct pw_bytes name = {0};

	if (shared && j->suffix == NULL)
		return collision(j, f->name);
	pw_bytes_text(&name, f->name);
	if (shared && at < 0)
		pw_bytes_add(&name, suffix_of(j, side).data, suffix_of(j, side).length);
	const int wide = need_source(j, source);
	const int rc = wide < 0
			       ? -1
			       : pw_schema_add(j->schema, (struct pw_slice){name.data, name.length},
					       j->wide.fields[wide].type, key && f->key);
	pw_bytes_release(&name);
	return rc;
}

/* Each left row comes at most once, so its key is a key of the output. */
static bool has_left_key(const struct pw_joined *j)
{
	bool keyed = false;

	if (j->left_only || j->left_once)
		return true;
	if (j->missing[PW_JOINED_LEFT])
		return false;
	for (size_t i = 0; i < j->in[1]->count; i++) {
		if (j->in[1]->fields[i].key && key_at(j, PW_JOINED_RIGHT, (int)i) < 0)
			return false;
		keyed |= j->in[1]->fields[i].key;
	}
	return keyed;
}

static int bind_plain(struct pw_joined *j)
{
	const bool key = has_left_key(j);

	for (size_t i = 0; i < j->in[0]->count; i++)
		if (add_plain(j, PW_JOINED_LEFT, i, key) < 0)
			return -1;
	for (size_t i = 0; i < j->in[1]->count && !j->left_only; i++)
		if (key_at(j, PW_JOINED_RIGHT, (int)i) < 0 &&
		    add_plain(j, PW_JOINED_RIGHT, i, false) < 0)
			return -1;
	return 0;
}

/* ---- the select list ---- */

struct resolving {
	struct pw_joined *j;
	struct pw_ast *ast;
};

/* The column that "left.NAME" or "right.NAME" names, and its side; -1 if the name has no such form. */
static int qualified(const struct pw_joined *j, struct pw_slice name, int *side)
{
	for (*side = 0; *side < 2; ++*side) {
		const size_t n = strlen(side_names[*side]);
		if (name.length > n + 1 && memcmp(name.data, side_names[*side], n) == 0 &&
		    name.data[n] == '.')
			return pw_schema_find(j->in[*side], (struct pw_slice){name.data + n + 1,
									      name.length - n - 1});
	}
	return -1;
}

/* Fails for "orders.amount": inputs have no names of their own. */
static int refuse_alias(const struct pw_joined *j, const struct pw_ast *ast,
			const struct pw_node *node)
{
	const char *dot = memchr(node->text.data, '.', node->text.length);
	if (dot == NULL)
		return 0;
	const size_t before = (size_t)(dot + 1 - node->text.data);
	const struct pw_slice name = {dot + 1, node->text.length - before};
	struct pw_bytes shown = {0};

	for (int side = 0; side < (j->left_only ? 1 : 2); side++) {
		if (pw_schema_find(j->in[side], name) < 0)
			continue;
		pw_names_add(&shown, name);
		pw_ast_fail(ast, node,
			    "'%.*s' is not a column: the inputs are called left and right; write "
			    "%s.%s",
			    (int)node->text.length, node->text.data, side_names[side],
			    pw_bytes_string(&shown));
		pw_bytes_release(&shown);
		return -1;
	}
	return 0;
}

/* Fails for "left.amont", with the columns of that side. */
static int unknown(const struct pw_joined *j, const struct pw_ast *ast, const struct pw_node *node)
{
	char text[600];
	int side;
	struct pw_slice name = node->text;
	const struct pw_elsewhere *e = pw_elsewhere_find(name);

	qualified(j, name, &side);
	if (side < 2) {
		const size_t n = strlen(side_names[side]) + 1;
		name = (struct pw_slice){name.data + n, name.length - n};
	} else if (refuse_alias(j, ast, node) < 0) {
		return -1;
	} else if (e != NULL && e->ours == NULL) {
		return pw_ast_check_column(ast, node, j->in[0]); /* a clock, or chance */
	} else { /* of which side would it be a misspelling? */
		side = PW_JOINED_LEFT;
		pw_schema_need(j->in[0], name);
		if (strstr(pw_fail_text(), "did you mean") == NULL)
			side = PW_JOINED_RIGHT;
	}
	pw_schema_need(j->in[side], name);
	snprintf(text, sizeof text, "%s", pw_fail_text());
	return pw_ast_fail(ast, node, "%s input: %s", side_names[side], text);
}

static int on_both_sides(const struct pw_ast *ast, const struct pw_node *node)
{
	struct pw_bytes shown = {0};

	pw_names_add(&shown, node->text);
	pw_ast_fail(ast, node, "'%.*s' is a column of both inputs: say left.%s or right.%s",
		    (int)node->text.length, node->text.data, pw_bytes_string(&shown), shown.data);
	pw_bytes_release(&shown);
	return -1;
}

static int find_source(const struct pw_joined *j, const struct pw_ast *ast,
		       const struct pw_node *node, struct pw_joined_source *s)
{
	int side, column = qualified(j, node->text, &side);

	if (column < 0) {
		const int left = pw_schema_find(j->in[0], node->text);
		const int right = pw_schema_find(j->in[1], node->text);
		const int key = left < 0 ? -1 : key_at(j, PW_JOINED_LEFT, left);

		if (left < 0 && right < 0)
			return unknown(j, ast, node);
		if (left >= 0 && right >= 0 && !j->left_only &&
		    (key < 0 || key_at(j, PW_JOINED_RIGHT, right) != key))
			return on_both_sides(ast, node);
		if (key >= 0) {
			*s = key_source(j, key);
			return 0;
		}
		side = left >= 0 ? PW_JOINED_LEFT : PW_JOINED_RIGHT;
		column = left >= 0 ? left : right;
	}
	if (side == PW_JOINED_RIGHT && j->left_only)
		return pw_ast_fail(ast, node,
				   "--semi and --anti have no columns of the right input");
	*s = (struct pw_joined_source){(enum pw_joined_side)side, column};
	return 0;
}

static int resolve(struct pw_node *node, void *context)
{
	struct resolving *r = context;
	struct pw_joined_source source;

	if (node->kind != PW_NODE_COLUMN)
		return 0;
	if (find_source(r->j, r->ast, node, &source) < 0)
		return -1;
	const int wide = need_source(r->j, source);
	if (wide < 0)
		return -1;
	pw_ast_make_column(r->ast, node, pw_slice_of(r->j->wide.fields[wide].name));
	return 0;
}

/* "amount" of a bare left.amount, so that it needs no other name. */
static void name_of(const struct pw_joined *j, const struct pw_ast *ast, struct pw_bytes *name)
{
	int side;

	pw_ast_name(ast, name);
	if (ast->name.length > 0 || ast->root->kind != PW_NODE_COLUMN ||
	    qualified(j, ast->root->text, &side) < 0)
		return;
	const size_t n = strlen(side_names[side]) + 1;
	memmove(name->data, name->data + n, name->length - n);
	name->length -= n;
}

static int bind_select(struct pw_joined *j, char *const *select, size_t count)
{
	struct pw_ast *asts = pw_mem_zero(count, sizeof *asts);
	struct pw_bytes *names = pw_mem_zero(count, sizeof *names);
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = pw_ast_parse(&asts[i], select[i], true, j->in[0], j->in[1]);
		if (rc == 0) {
			name_of(j, &asts[i], &names[i]);
			rc = pw_ast_walk(asts[i].root, resolve, &(struct resolving){j, &asts[i]});
		}
	}
	pw_expr_init(&j->expr, &j->wide);
	for (size_t i = 0; i < count && rc == 0; i++) {
		const int output = pw_expr_add(&j->expr, &asts[i], asts[i].root);
		rc = output < 0 ? -1
				: pw_schema_add(j->schema,
						(struct pw_slice){names[i].data, names[i].length},
						pw_expr_type(&j->expr, output), false);
	}
	for (size_t i = 0; i < count; i++) {
		pw_ast_release(&asts[i]);
		pw_bytes_release(&names[i]);
	}
	free(asts);
	free(names);
	return rc;
}

int pw_joined_bind(struct pw_joined *j, char *const *select, size_t count)
{
	if (j->suffix != NULL &&
	    (strchr(j->suffix, ',') == NULL || strchr(strchr(j->suffix, ',') + 1, ',') != NULL))
		return pw_fail(PW_USAGE, "--suffix: '%s' is not LEFT,RIGHT, such as _old,_new",
			       j->suffix);
	if (j->suffix != NULL && count > 0)
		return pw_fail(PW_USAGE, "--suffix has nothing to rename beside a select list");
	j->selects = count > 0;
	return j->selects ? bind_select(j, select, count) : bind_plain(j);
}

/* ---- rows ---- */

void pw_joined_order(const struct pw_joined *j, int side, struct pw_roworder *order)
{
	size_t n = 0;

	pw_roworder_init(order, j->in[side], NULL);
	for (size_t k = 0; k < j->key_count; k++)
		order->list[n++] = j->keys[side][k];
	for (size_t c = 0; c < j->in[side]->count; c++)
		if (key_at(j, side, (int)c) < 0)
			order->list[n++] = (int)c;
}

pw_diff pw_joined_product(struct pw_op *op, pw_diff left, pw_diff right)
{
	pw_diff copies;

	if (__builtin_mul_overflow(left, right, &copies))
		pw_op_must(op, pw_fail(PW_DATA, "the copies of a pair exceed 64 bits"));
	return copies;
}

void pw_joined_open(struct pw_joined *j, struct pw_op *op)
{
	j->project = (struct pw_project){
		.expr = &j->expr, .reject = op->host->reject, .schema = j->schema};
	pw_project_init(&j->project);
}

void pw_joined_emit(struct pw_joined *j, struct pw_op *op, const struct pw_batch *wide)
{
	const struct pw_batch *projected;
	struct pw_batch out = *wide;

	if (j->selects) {
		pw_op_must(op, pw_project_run(&j->project, wide, &projected));
		pw_op_emit(op, projected);
		return;
	}
	out.schema = j->schema;
	pw_op_emit(op, &out);
}

void pw_joined_release(struct pw_joined *j)
{
	pw_project_release(&j->project);
	if (j->selects)
		pw_expr_release(&j->expr);
	pw_schema_release(&j->wide);
	free(j->sources);
	free(j->keys[0]);
	free(j->keys[1]);
}
