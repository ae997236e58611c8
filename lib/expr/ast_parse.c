#include "ast_parse_internal.h"

#include "../base/utf8.h"
#include "../data/names.h"

#include <stdlib.h>

/*
 * Precedence climbing. Each paren, argument or operand costs a level of
 * recursion, so that printing a tree with a pair of parens around every
 * operator needs at most two levels per node: hence the limit.
 */
#define LEVELS (2 * PW_AST_DEPTH + 16)

/* x[i], x::T, x -> y, x ->> y */
static struct pw_node *parse_postfix(struct pw_ast_parser *p, struct pw_node *x)
{
	const struct pw_token t = p->token;
	struct pw_node *n, *y;

	if (pw_ast_advance(p) < 0)
		return NULL;
	if (strcmp(t.text.data, "::") == 0) {
		n = pw_ast_node(p, PW_NODE_CAST, x->at);
		n->point = t.at;
		if (pw_ast_parse_type(p, &n->type) < 0)
			return NULL;
		return pw_ast_set_args(p, n, &x, 1);
	}
	if (strcmp(t.text.data, "[") == 0) {
		if ((y = pw_ast_parse_expression(p, 0)) == NULL || pw_ast_need_sign(p, "]") < 0)
			return NULL;
		return pw_ast_operation(p, PW_NODE_CALL, "[]", t.at, x, y);
	}
	if ((y = pw_ast_parse_expression(p, PW_AST_BIND_POSTFIX + 1)) == NULL)
		return NULL;
	return pw_ast_operation(p, PW_NODE_CALL, t.text.data, t.at, x, y);
}

/* Parses the words after IS: [NOT] NULL, TRUE, FALSE, DISTINCT FROM y. */
static struct pw_node *parse_is(struct pw_ast_parser *p, struct pw_node *x)
{
	const uint32_t at = p->token.at;
	struct pw_node *n = NULL;
	int negated;

	if (pw_ast_advance(p) < 0 || (negated = pw_ast_take_word(p, "not")) < 0)
		return NULL;
	if (pw_ast_is_word(p, "distinct")) {
		struct pw_node *y;
		if (pw_ast_advance(p) < 0 || pw_ast_need_word(p, "from") < 0 ||
		    (y = pw_ast_parse_expression(p, PW_AST_BIND_COMPARE + 1)) == NULL)
			return NULL;
		n = pw_ast_operation(p, PW_NODE_DISTINCT, NULL, at, x, y);
	} else {
		const enum pw_node_kind kind = pw_ast_is_word(p, "null")    ? PW_NODE_IS_NULL
					       : pw_ast_is_word(p, "true")  ? PW_NODE_IS_TRUE
					       : pw_ast_is_word(p, "false") ? PW_NODE_IS_FALSE
									    : PW_NODE_NULL;
		if (kind == PW_NODE_NULL)
			return pw_ast_fail_token(p, "NULL, TRUE, FALSE or DISTINCT FROM");
		if (pw_ast_advance(p) < 0)
			return NULL;
		n = pw_ast_operation(p, kind, NULL, at, x, NULL);
	}
	return negated ? pw_ast_negation(p, n) : n;
}

static struct pw_node *parse_in(struct pw_ast_parser *p, struct pw_node *x, uint32_t point)
{
	struct pw_ast_nodes list = {0};
	struct pw_node *n = NULL;

	pw_ast_nodes_add(&list, x);
	if (pw_ast_need_sign(p, "(") == 0 && pw_ast_parse_list(p, &list) == 0 &&
	    pw_ast_need_sign(p, ")") == 0) {
		n = pw_ast_node(p, PW_NODE_IN, x->at);
		n->point = point;
		n = pw_ast_set_args(p, n, list.items, list.count);
	}
	free(list.items);
	return n;
}

static struct pw_node *parse_between(struct pw_ast_parser *p, struct pw_node *x, uint32_t point)
{
	struct pw_node *args[3] = {x, NULL, NULL}, *n;
	if ((args[1] = pw_ast_parse_expression(p, PW_AST_BIND_COMPARE + 1)) == NULL ||
	    pw_ast_need_word(p, "and") < 0 ||
	    (args[2] = pw_ast_parse_expression(p, PW_AST_BIND_COMPARE + 1)) == NULL)
		return NULL;
	n = pw_ast_node(p, PW_NODE_BETWEEN, x->at);
	n->point = point;
	return pw_ast_set_args(p, n, args, 3);
}

/* [NOT] IN, BETWEEN, LIKE */
static struct pw_node *parse_membership(struct pw_ast_parser *p, struct pw_node *x)
{
	const uint32_t at = p->token.at;
	struct pw_node *n, *y;
	const int negated = pw_ast_take_word(p, "not");

	if (negated < 0)
		return NULL;
	if (pw_ast_is_word(p, "in")) {
		n = pw_ast_advance(p) < 0 ? NULL : parse_in(p, x, at);
	} else if (pw_ast_is_word(p, "between")) {
		n = pw_ast_advance(p) < 0 ? NULL : parse_between(p, x, at);
	} else {
		if (pw_ast_need_word(p, "like") < 0 ||
		    (y = pw_ast_parse_expression(p, PW_AST_BIND_COMPARE + 1)) == NULL)
			return NULL;
		n = pw_ast_operation(p, PW_NODE_CALL, "like", at, x, y);
	}
	return negated ? pw_ast_negation(p, n) : n;
}

static const struct infix {
	const char *sign;
	int bind;
	const char *name; /* of the call; NULL: as the sign */
} infixes[] = {
	{"=", PW_AST_BIND_COMPARE, NULL},  {"==", PW_AST_BIND_COMPARE, "="},
	{"!=", PW_AST_BIND_COMPARE, NULL}, {"<>", PW_AST_BIND_COMPARE, "!="},
	{"<", PW_AST_BIND_COMPARE, NULL},  {"<=", PW_AST_BIND_COMPARE, NULL},
	{">", PW_AST_BIND_COMPARE, NULL},  {">=", PW_AST_BIND_COMPARE, NULL},
	{"~", PW_AST_BIND_COMPARE, NULL},  {"!~", PW_AST_BIND_COMPARE, "~"},
	{"||", PW_AST_BIND_CONCAT, NULL},  {"+", PW_AST_BIND_ADD, NULL},
	{"-", PW_AST_BIND_ADD, NULL},      {"*", PW_AST_BIND_MULTIPLY, NULL},
	{"/", PW_AST_BIND_MULTIPLY, NULL}, {"//", PW_AST_BIND_MULTIPLY, NULL},
	{"%", PW_AST_BIND_MULTIPLY, NULL}, {"**", PW_AST_BIND_POWER, NULL},
	{"::", PW_AST_BIND_POSTFIX, NULL}, {"[", PW_AST_BIND_POSTFIX, NULL},
	{"->", PW_AST_BIND_POSTFIX, NULL}, {"->>", PW_AST_BIND_POSTFIX, NULL},
};

static struct pw_node *parse_infix(struct pw_ast_parser *p, struct pw_node *x,
				   const struct infix *o)
{
	const uint32_t at = p->token.at;
	const bool inverted = pw_ast_is_sign(p, "!~");
	struct pw_node *y, *n;

	if (o->bind == PW_AST_BIND_POSTFIX)
		return parse_postfix(p, x);
	/* all group to the left but **, whose exponent may have a minus */
	if (pw_ast_advance(p) < 0 ||
	    (y = pw_ast_parse_expression(p, o->bind == PW_AST_BIND_POWER ? PW_AST_BIND_NEGATE
									 : o->bind + 1)) == NULL)
		return NULL;
	n = pw_ast_operation(p, PW_NODE_CALL, o->name ? o->name : o->sign, at, x, y);
	return inverted ? pw_ast_negation(p, n) : n;
}

/* The operator that comes next and how tightly it binds; 0: none. */
static int next_bind(const struct pw_ast_parser *p, const struct infix **infix)
{
	*infix = NULL;
	if (p->token.kind == PW_TOKEN_NAME) {
		if (pw_ast_is_word(p, "or"))
			return PW_AST_BIND_OR;
		if (pw_ast_is_word(p, "and"))
			return PW_AST_BIND_AND;
		if (pw_ast_is_word(p, "is") || pw_ast_is_word(p, "not") ||
		    pw_ast_is_word(p, "in") || pw_ast_is_word(p, "between") ||
		    pw_ast_is_word(p, "like"))
			return PW_AST_BIND_COMPARE;
	}
	if (p->token.kind == PW_TOKEN_SIGN)
		for (size_t i = 0; i < sizeof infixes / sizeof *infixes; i++)
			if (strcmp(p->token.text.data, infixes[i].sign) == 0) {
				*infix = &infixes[i];
				return infixes[i].bind;
			}
	return 0;
}

static struct pw_node *parse_word_infix(struct pw_ast_parser *p, struct pw_node *x, int bind)
{
	const uint32_t at = p->token.at;
	struct pw_node *y;

	if (bind == PW_AST_BIND_COMPARE)
		return pw_ast_is_word(p, "is") ? parse_is(p, x) : parse_membership(p, x);
	if (pw_ast_advance(p) < 0 || (y = pw_ast_parse_expression(p, bind + 1)) == NULL)
		return NULL;
	return pw_ast_operation(p, bind == PW_AST_BIND_AND ? PW_NODE_AND : PW_NODE_OR, NULL, at, x,
				y);
}

struct pw_node *pw_ast_parse_expression(struct pw_ast_parser *p, int bind)
{
	const struct infix *infix;
	struct pw_node *x;
	int next;

	if (++p->level > LEVELS) {
		pw_ast_fail_byte(p->ast, p->token.at, "nested too deeply");
		return NULL;
	}
	x = pw_ast_parse_operand(p);
	while (x != NULL && (next = next_bind(p, &infix)) > 0 && next >= bind)
		x = infix ? parse_infix(p, x, infix) : parse_word_infix(p, x, next);
	p->level--;
	return x;
}

/* "Total" = price * qty, or 2024 = price, which would be comparisons. */
static int refuse_constant_name(struct pw_ast_parser *p)
{
	const struct pw_token *t = &p->token;
	const bool quoted = t->kind == PW_TOKEN_TEXT;
	const struct pw_slice typed = {p->ast->source.data + t->at, t->end - t->at};
	struct pw_bytes name = {0};

	pw_names_add(&name, quoted ? t->text : typed);
	pw_ast_fail_byte(p->ast, t->at,
			 "a %s is no name: write %s = ... for a column of that name, or put the "
			 "comparison in parentheses",
			 quoted                         ? "text"
			 : t->kind == PW_TOKEN_DURATION ? "duration"
							: "number",
			 pw_bytes_string(&name));
	pw_bytes_release(&name);
	return -1;
}

/* `name =` in front of the expression */
static int parse_naming(struct pw_ast_parser *p)
{
	const struct pw_token first = p->token;
	struct pw_token second;

	if (first.kind == PW_TOKEN_END || first.kind == PW_TOKEN_SIGN)
		return 0;
	if (pw_ast_lex(p->ast, first.end, &second) < 0)
		return -1;
	if (second.kind != PW_TOKEN_SIGN || strcmp(second.text.data, "=") != 0)
		return 0;
	if (first.kind != PW_TOKEN_NAME && first.kind != PW_TOKEN_TICKED)
		return refuse_constant_name(p);
	p->ast->name = first.text;
	p->ast->start = second.end;
	p->token = second;
	return pw_ast_advance(p);
}

/* What stands after the expression. */
static void refuse_rest(struct pw_ast_parser *p, bool named)
{
	if (pw_ast_is_sign(p, ","))
		pw_ast_fail_byte(p->ast, p->token.at, "one expression is expected, found ','%s",
				 named ? ": each column is an argument of its own, as in 'a' 'b'"
				       : ": write AND between conditions");
	else
		pw_ast_fail_token(p, "an operator or the end");
}

int pw_ast_parse(struct pw_ast *ast, const char *text, bool named, const struct pw_schema *in,
		 const struct pw_schema *also)
{
	struct pw_ast_parser p = {.ast = ast, .checks = in != NULL};
	const size_t length = strlen(text);
	bool parsed = false;

	*ast = (struct pw_ast){0};
	if (length > PW_AST_TEXT_MAX)
		return pw_fail(PW_USAGE, "expression: %zu bytes long, the limit is %d", length,
			       PW_AST_TEXT_MAX);
	if (!pw_utf8_valid(text, length))
		return pw_fail(PW_USAGE, "expression: byte %zu: not valid UTF-8",
			       pw_utf8_valid_prefix(text, length) + 1);
	ast->source = (struct pw_slice){pw_arena_string(&ast->arena, text, length), length};
	if (pw_ast_lex(ast, 0, &p.token) < 0 || (named && parse_naming(&p) < 0))
		goto fail;
	ast->start = p.token.at;
	ast->root = pw_ast_parse_expression(&p, 0);
	if (ast->root != NULL && p.token.kind != PW_TOKEN_END) {
		refuse_rest(&p, named);
		ast->root = NULL;
	}
	parsed = ast->root != NULL;
	if (parsed && (in == NULL || pw_ast_check_literals(ast, in, also) == 0))
		return 0;
fail:
	if (in != NULL && !parsed)
		pw_ast_check_name(ast, ast->start, p.token.at, in, also);
	pw_ast_release(ast);
	return -1;
}
