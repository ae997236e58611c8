#include "ast_check_internal.h"

#include "../base/near.h"
#include "../data/names.h"
#include "elsewhere.h"
#include "function.h"

#include <ctype.h>
#include <stdlib.h>

/* ---- names of functions and columns ---- */

/* The function or aggregate whose name is nearest, or NULL. */
static const char *near_function(struct pw_slice name)
{
	const char *both[2], *aggregate = pw_ast_near_aggregate(name);
	size_t count = 0;

	both[0] = pw_function_near(name);
	count += both[0] != NULL;
	both[count] = aggregate;
	count += aggregate != NULL;
	return pw_near(name.data, name.length, both, count);
}

int pw_ast_check_function(const struct pw_ast *ast, const struct pw_node *call)
{
	if (pw_function_known(call->text) || pw_ast_is_aggregate(call))
		return 0;
	const struct pw_elsewhere *e = pw_elsewhere_find(call->text);
	const int length = (int)(call->text.length < 100 ? call->text.length : 100);
	struct pw_bytes advice = {0};

	if (e != NULL) {
		pw_elsewhere_advice(e, &advice);
	} else {
		const char *near = near_function(call->text);
		if (near != NULL)
			pw_bytes_print(&advice, "did you mean '%s'?", near);
	}
	pw_ast_fail(ast, call, "'%.*s' is not a function%s%s%s", length, call->text.data,
		    e ? ": " : (advice.length ? " (" : ""), pw_bytes_string(&advice),
		    e || advice.length == 0 ? "" : ")");
	pw_bytes_release(&advice);
	return -1;
}

/* "a.b" of which neither is a column by that whole name; false: nothing to advise. */
static bool refuse_dotted(const struct pw_ast *ast, const struct pw_node *node,
			  const struct pw_schema *in)
{
	const struct pw_slice name = node->text;
	const char *dot = memchr(name.data, '.', name.length);
	if (dot == NULL)
		return false;
	const struct pw_slice before = {name.data, (size_t)(dot - name.data)};
	const struct pw_slice after = {dot + 1, name.length - before.length - 1};
	const int whole = pw_schema_find(in, before), part = pw_schema_find(in, after);
	struct pw_bytes a = {0}, b = {0};
	bool failed = true;

	pw_names_add(&a, before);
	pw_names_add(&b, after);
	if (whole >= 0 && in->fields[whole].type.depth == 0 &&
	    (in->fields[whole].type.base == PW_JSON || in->fields[whole].type.base == PW_STR)) {
		const bool json = in->fields[whole].type.base == PW_JSON;
		/* a text that is spelled like a column would be refused in its turn */
		const bool plain = pw_schema_find(in, after) < 0;
		pw_ast_fail(ast, node,
			    "'%.*s' is not a column: write %s%s%s -> %s'%.*s'%s for a member of "
			    "the json",
			    (int)name.length, name.data, json ? "" : "CAST(", pw_bytes_string(&a),
			    json ? "" : " AS json)", plain ? "" : "CAST(", (int)after.length,
			    after.data, plain ? "" : " AS str)");
	} else if (whole < 0 && part >= 0) {
		pw_ast_fail(ast, node,
			    "'%.*s' is not a column: there is one input here, and nothing stands "
			    "before its names; write %s",
			    (int)name.length, name.data, pw_bytes_string(&b));
	} else {
		failed = false;
	}
	pw_bytes_release(&a);
	pw_bytes_release(&b);
	return failed;
}

/* Letters and digits: what is left of "JFK" when a shell has taken the quotes. */
static bool is_word(struct pw_slice name)
{
	for (size_t i = 0; i < name.length; i++)
		if (!isalnum((unsigned char)name.data[i]) && (unsigned char)name.data[i] < 0x80)
			return false;
	return name.length > 0;
}

int pw_ast_check_column(const struct pw_ast *ast, const struct pw_node *node,
			const struct pw_schema *in)
{
	const int column = pw_schema_find(in, node->text);
	if (column >= 0)
		return column;
	const struct pw_elsewhere *e = pw_elsewhere_find(node->text);
	if (e != NULL && e->ours == NULL)
		return pw_ast_fail(ast, node, "'%.*s' is not a column: %s", (int)node->text.length,
				   node->text.data, e->note);
	if (refuse_dotted(ast, node, in))
		return -1;
	pw_schema_need(in, node->text);
	char *why = pw_mem_copy(pw_fail_text(), strlen(pw_fail_text()));
	if (is_word(node->text) && strstr(why, "did you mean") == NULL)
		pw_ast_fail(ast, node,
			    "%s; if it is a text, write \"%.*s\", and the whole expression in "
			    "'...' for the shell",
			    why, (int)node->text.length, node->text.data);
	else
		pw_ast_fail(ast, node, "%s", why);
	free(why);
	return -1;
}

/* ---- constants that are spelled like columns ---- */

struct check {
	const struct pw_ast *ast;
	const struct pw_schema *in[2];
};

static bool is_literal(const struct pw_node *n)
{
	return n->kind <= PW_NODE_DURATION && n->kind != PW_NODE_COLUMN && n->spelled.length > 0;
}

/* The column of just that name, or NULL. */
static const char *exact_column(const struct check *c, struct pw_slice name)
{
	for (size_t k = 0; k < 2 && c->in[k] != NULL; k++)
		for (size_t i = 0; i < c->in[k]->count; i++)
			if (pw_slice_equal(name, pw_slice_of(c->in[k]->fields[i].name)))
				return c->in[k]->fields[i].name;
	return NULL;
}

/* The column that the name is, but for capitals or a slip of the pen; or NULL. */
static const char *near_column(const struct check *c, struct pw_slice name)
{
	const char *names[2 * PW_COLUMNS_MAX];
	size_t count = 0;

	for (size_t k = 0; k < 2 && c->in[k] != NULL; k++)
		for (size_t i = 0; i < c->in[k]->count; i++)
			names[count++] = c->in[k]->fields[i].name;
	return pw_near(name.data, name.length, names, count);
}

/* The literal as a name: its text, or what was typed. */
static struct pw_slice as_name(const struct pw_node *n)
{
	return n->kind == PW_NODE_TEXT ? n->text : n->spelled;
}

/* side: "left.", which stands before the name, or "". */
static int refuse(const struct check *c, const struct pw_node *n, const char *side,
		  const char *column, bool arrow)
{
	static const char *const types[] = {
		[PW_NODE_NULL] = "str",    [PW_NODE_BOOL] = "bool", [PW_NODE_INT] = "int",
		[PW_NODE_FLOAT] = "float", [PW_NODE_TEXT] = "str",  [PW_NODE_DURATION] = "duration",
	};
	const bool quoted = n->kind == PW_NODE_TEXT;
	const struct pw_slice spelled = n->spelled;
	const char *mark = quoted ? "" : "'";
	struct pw_bytes name = {0}, typed = {0};

	pw_bytes_text(&name, side);
	pw_names_add_ticked(&name, pw_slice_of(column));
	pw_bytes_print(&typed, "%.*s", (int)(spelled.length < 200 ? spelled.length : 200),
		       spelled.data);
	pw_ast_fail(c->ast, n,
		    "%s%s%s is a constant here, and a column has that name: write %s in back ticks "
		    "for the column, or %s%s%s%s for the constant",
		    mark, pw_bytes_string(&typed), mark, pw_bytes_string(&name),
		    arrow ? "CAST(" : "", typed.data,
		    arrow ? " AS str)" : "::", arrow ? "" : types[n->kind]);
	pw_bytes_release(&name);
	pw_bytes_release(&typed);
	return -1;
}

/* "right.City", where there are two inputs; *side is "right." then. */
static const char *column_of_side(const struct check *c, struct pw_slice name, const char **side)
{
	static const char *const sides[] = {"left.", "right."};

	for (size_t k = 0; k < 2 && c->in[1] != NULL; k++) {
		const struct check one = {c->ast, {c->in[k], NULL}};
		const size_t n = strlen(sides[k]);
		*side = sides[k];
		if (name.length > n && memcmp(name.data, *side, n) == 0)
			return exact_column(&one,
					    (struct pw_slice){name.data + n, name.length - n});
	}
	return NULL;
}

/* arrow: the literal stands after -> or ->>, which take x::T for (j -> x)::T. */
static int check_literal(const struct check *c, const struct pw_node *n, bool arrow)
{
	struct pw_slice name = as_name(n);
	const char *column = exact_column(c, name), *side = "";

	if (column == NULL && n->kind == PW_NODE_TEXT &&
	    (column = column_of_side(c, name, &side)) != NULL)
		return refuse(c, n, side, column, arrow);
	if (column == NULL && n->kind != PW_NODE_TEXT && *name.data == '-') {
		do {
			name.data++;
			name.length--;
		} while (name.length > 0 && *name.data == ' ');
		column = exact_column(c, name);
	}
	return column ? refuse(c, n, "", column, arrow) : 0;
}

/*
 * "citi" = "Oslo" compares nothing with anything: if there are but literals,
 * a text need not be spelled exactly like the column that was meant.
 */
static int check_comparison(const struct check *c, const struct pw_node *n)
{
	for (uint32_t i = 0; i < n->arg_count; i++)
		if (!is_literal(n->args[i]))
			return 0;
	for (uint32_t i = 0; i < n->arg_count; i++)
		if (check_literal(c, n->args[i], false) < 0)
			return -1;
	for (uint32_t i = 0; i < n->arg_count; i++) {
		const struct pw_node *x = n->args[i];
		const char *near = x->kind == PW_NODE_TEXT ? near_column(c, x->text) : NULL;
		if (near != NULL)
			return refuse(c, x, "", near, false);
	}
	return 0;
}

static bool is_null(const struct pw_node *n)
{
	return n->kind == PW_NODE_NULL && n->spelled.length > 0;
}

/* x = NULL, which is null for every row. */
static int refuse_null(const struct check *c, const struct pw_node *n, const char *sign)
{
	const struct pw_node *x = is_null(n->args[0]) ? n->args[1] : n->args[0];

	return pw_ast_fail(c->ast, n, "nothing is equal or unequal to NULL: write %.*s IS%s NULL",
			   (int)(x->end - x->at < 100 ? x->end - x->at : 100),
			   c->ast->source.data + x->at, *sign == '!' ? " NOT" : "");
}

static bool is_call(const struct pw_node *n, const char *name)
{
	return n->kind == PW_NODE_CALL && pw_slice_equal(n->text, pw_slice_of(name));
}

static bool is_comparison(const struct pw_node *n)
{
	static const char *const names[] = {"=", "!=", "<", "<=", ">", ">=", "~", "like"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (is_call(n, names[i]))
			return true;
	return n->kind == PW_NODE_DISTINCT || n->kind == PW_NODE_IN || n->kind == PW_NODE_BETWEEN;
}

static int check_switch(const struct check *c, const struct pw_node *n)
{
	for (uint32_t i = 1; i + 1 < n->arg_count; i += 2)
		if (is_null(n->args[i]))
			return pw_ast_fail(c->ast, n->args[i],
					   "nothing is equal to NULL: write CASE WHEN %.*s IS NULL",
					   (int)(n->args[0]->end - n->args[0]->at),
					   c->ast->source.data + n->args[0]->at);
	return 0;
}

/* a-b, beside a column `a-b`. */
static int check_spelling(const struct check *c, const struct pw_node *n)
{
	const struct pw_slice text = {c->ast->source.data + n->at, n->end - n->at};
	const char *column = exact_column(c, text);
	struct pw_bytes name = {0};

	if (column == NULL)
		return 0;
	pw_names_add_ticked(&name, text);
	pw_ast_fail_byte(c->ast, n->at,
			 "'%s' is computed here, and a column has that name: write %s in back "
			 "ticks for the column, or (%s) for what is computed",
			 column, pw_bytes_string(&name), column);
	pw_bytes_release(&name);
	return -1;
}

static int visit(struct pw_node *n, void *context)
{
	const struct check *c = context;

	if (is_literal(n))
		return check_literal(c, n, false);
	if (n->kind > PW_NODE_COLUMN && check_spelling(c, n) < 0)
		return -1;
	if (n->kind == PW_NODE_CAST && is_literal(n->args[0]))
		return 1; /* the cast says that the constant is meant */
	if (is_comparison(n) && check_comparison(c, n) < 0)
		return -1;
	if ((is_call(n, "=") || is_call(n, "!=")) && (is_null(n->args[0]) || is_null(n->args[1])))
		return refuse_null(c, n, n->text.data);
	if (n->kind == PW_NODE_SWITCH)
		return check_switch(c, n);
	if ((is_call(n, "->") || is_call(n, "->>")) && is_literal(n->args[1]))
		return check_literal(c, n->args[1], true);
	return 0;
}

static void say_name(const struct pw_ast *ast, uint32_t at, struct pw_slice text)
{
	struct pw_bytes name = {0};

	pw_names_add_ticked(&name, text);
	pw_ast_fail_byte(ast, at, "'%.*s' is the name of a column, which is no word: write %s",
			 (int)text.length, text.data, pw_bytes_string(&name));
	pw_bytes_release(&name);
}

/* The name of several words within which the byte `fault` stands, and where it begins; or NULL. */
static const char *name_around(const struct check *c, uint32_t fault, uint32_t *at)
{
	const struct pw_slice source = c->ast->source;

	for (size_t k = 0; k < 2 && c->in[k] != NULL; k++)
		for (size_t i = 0; i < c->in[k]->count; i++) {
			const char *name = c->in[k]->fields[i].name;
			const size_t n = strlen(name);
			if (strchr(name, ' ') == NULL)
				continue;
			*at = fault >= n ? fault - (uint32_t)n + 1 : 0;
			for (; *at <= fault && *at + n <= source.length; ++*at)
				if (memcmp(source.data + *at, name, n) == 0)
					return name;
		}
	return NULL;
}

void pw_ast_check_name(const struct pw_ast *ast, uint32_t from, uint32_t fault,
		       const struct pw_schema *in, const struct pw_schema *also)
{
	const struct check c = {ast, {in, also}};
	struct pw_slice text = {ast->source.data + from, ast->source.length - from};
	uint32_t at;

	while (text.length > 0 && *text.data == ' ') {
		text.data++;
		text.length--;
	}
	while (text.length > 0 && text.data[text.length - 1] == ' ')
		text.length--;
	if (text.length > 0 && exact_column(&c, text) != NULL) {
		say_name(ast, from, text);
		return;
	}
	const char *name = name_around(&c, fault, &at);
	if (name != NULL)
		say_name(ast, at, pw_slice_of(name));
}

int pw_ast_check_literals(const struct pw_ast *ast, const struct pw_schema *in,
			  const struct pw_schema *also)
{
	struct check c = {ast, {in, also}};

	return pw_ast_walk(ast->root, visit, &c);
}
