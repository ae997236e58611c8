#include "ast_parse_internal.h"

#include "../data/text.h"

#include <stdlib.h>
#include <strings.h>

int pw_ast_parse_list(struct pw_ast_parser *p, struct pw_ast_nodes *list)
{
	for (;;) {
		struct pw_node *n = pw_ast_parse_expression(p, 0);
		if (n == NULL)
			return -1;
		pw_ast_nodes_add(list, n);
		const int comma = pw_ast_take_sign(p, ",");
		if (comma <= 0)
			return comma;
	}
}

int pw_ast_parse_type(struct pw_ast_parser *p, struct pw_type *type)
{
	const uint32_t at = p->token.at;
	const bool list = pw_ast_is_word(p, "list"); /* else `<` compares */
	int depth = 0;

	if (p->token.kind != PW_TOKEN_NAME) {
		pw_ast_fail_token(p, "a type");
		return -1;
	}
	do {
		if (pw_ast_is_sign(p, "<"))
			depth++;
		else if (pw_ast_is_sign(p, ">"))
			depth--;
		if (pw_ast_advance(p) < 0)
			return -1;
	} while (list && p->token.kind != PW_TOKEN_END && (depth > 0 || pw_ast_is_sign(p, "<")));
	const struct pw_slice text = {p->ast->source.data + at, p->last_end - at};
	if (pw_type_parse(text, type) == 0) {
		type->required = false;
		return 0;
	}
	char *why = pw_mem_copy(pw_fail_text(), strlen(pw_fail_text()));
	pw_fail_clear();
	pw_ast_fail_byte(p->ast, at, "%s", why);
	free(why);
	return -1;
}

static struct pw_node *parse_cast(struct pw_ast_parser *p, uint32_t at)
{
	struct pw_node *x, *n = pw_ast_node(p, PW_NODE_CAST, at);
	if (pw_ast_need_sign(p, "(") < 0 || (x = pw_ast_parse_expression(p, 0)) == NULL ||
	    pw_ast_need_word(p, "as") < 0 || pw_ast_parse_type(p, &n->type) < 0 ||
	    pw_ast_need_sign(p, ")") < 0)
		return NULL;
	return pw_ast_set_args(p, n, &x, 1);
}

/* TRY_CAST(x AS T) is try(CAST(x AS T), NULL) */
static struct pw_node *parse_try_cast(struct pw_ast_parser *p, uint32_t at)
{
	struct pw_node *x = parse_cast(p, at);
	return x ? pw_ast_operation(p, PW_NODE_CALL, "try", at, x, pw_ast_node(p, PW_NODE_NULL, at))
		 : NULL;
}

static int parse_branches(struct pw_ast_parser *p, struct pw_ast_nodes *list)
{
	do {
		struct pw_node *when, *then;
		if (pw_ast_need_word(p, "when") < 0 ||
		    (when = pw_ast_parse_expression(p, 0)) == NULL ||
		    pw_ast_need_word(p, "then") < 0 ||
		    (then = pw_ast_parse_expression(p, 0)) == NULL)
			return -1;
		pw_ast_nodes_add(list, when);
		pw_ast_nodes_add(list, then);
	} while (pw_ast_is_word(p, "when"));

	const int other = pw_ast_take_word(p, "else");
	struct pw_node *n = NULL;
	if (other > 0)
		n = pw_ast_parse_expression(p, 0);
	else if (other == 0)
		n = pw_ast_node(p, PW_NODE_NULL, p->token.at);
	if (n == NULL)
		return -1;
	pw_ast_nodes_add(list, n);
	return pw_ast_need_word(p, "end");
}

static struct pw_node *parse_case(struct pw_ast_parser *p, uint32_t at)
{
	struct pw_ast_nodes list = {0};
	struct pw_node *n = pw_ast_node(p, PW_NODE_CASE, at);
	bool good = true;

	if (!pw_ast_is_word(p, "when")) {
		struct pw_node *x = pw_ast_parse_expression(p, 0);
		n->kind = PW_NODE_SWITCH;
		good = x != NULL;
		if (good)
			pw_ast_nodes_add(&list, x);
	}
	good = good && parse_branches(p, &list) == 0;
	n = good ? pw_ast_set_args(p, n, list.items, list.count) : NULL;
	free(list.items);
	return n;
}

/* INTERVAL '5' MINUTE, INTERVAL 5 MINUTE, INTERVAL '1h30m' */
static struct pw_node *parse_interval(struct pw_ast_parser *p, uint32_t at)
{
	static const struct {
		const char *name, *unit;
	} units[] = {
		{"nanosecond", "ns"}, {"microsecond", "us"}, {"millisecond", "ms"}, {"second", "s"},
		{"minute", "m"},      {"hour", "h"},         {"day", "d"},          {"week", "w"},
	};
	const uint32_t from = p->token.at;
	struct pw_bytes text = {0};
	struct pw_node *n = NULL;
	int64_t ns = 0;

	if (p->token.kind == PW_TOKEN_TEXT)
		pw_bytes_add(&text, p->token.text.data, p->token.text.length);
	else
		pw_bytes_add(&text, p->ast->source.data + from, p->token.end - from);
	if (pw_ast_advance(p) < 0)
		goto out;
	for (size_t i = 0; i < sizeof units / sizeof *units && p->token.kind == PW_TOKEN_NAME;
	     i++) {
		const size_t length = strlen(units[i].name), have = p->token.text.length;
		const bool plural =
			have == length + 1 && (p->token.text.data[length] | 0x20) == 's';
		if ((have != length && !plural) ||
		    strncasecmp(p->token.text.data, units[i].name, length) != 0)
			continue;
		pw_bytes_text(&text, units[i].unit);
		if (pw_ast_advance(p) < 0)
			goto out;
		break;
	}
	if (pw_text_duration((struct pw_slice){text.data, text.length}, &ns) < 0) {
		pw_ast_fail_byte(p->ast, from,
				 "'%.*s' is not a duration (INTERVAL '5' MINUTE, 1h30m; months and "
				 "years have no fixed length)",
				 (int)(text.length < 64 ? text.length : 64), text.data);
		goto out;
	}
	n = pw_ast_node(p, PW_NODE_DURATION, at);
	n->word = ns;
out:
	pw_bytes_release(&text);
	return n;
}

static bool is_reserved(const struct pw_token *t)
{
	static const char *const words[] = {
		"and",  "or",   "not",  "is", "null",    "true", "false", "case",
		"when", "then", "else", "in", "between", "like", "cast",  "end",
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (pw_ast_token_is(t, words[i]))
			return true;
	return false;
}

static struct pw_node *parse_column(struct pw_ast_parser *p, struct pw_slice name, uint32_t at)
{
	struct pw_node *n = pw_ast_node(p, PW_NODE_COLUMN, at);
	n->text = name;
	if (!pw_ast_is_sign(p, "."))
		return n;
	if (pw_ast_advance(p) < 0)
		return NULL;
	if (p->token.kind != PW_TOKEN_NAME && p->token.kind != PW_TOKEN_TICKED)
		return pw_ast_fail_token(p, "a column's name");
	const struct pw_slice second = p->token.text;
	char *both = pw_arena_alloc(&p->ast->arena, name.length + 1 + second.length);
	memcpy(both, name.data, name.length);
	both[name.length] = '.';
	memcpy(both + name.length + 1, second.data, second.length);
	n->text = (struct pw_slice){both, name.length + 1 + second.length};
	if (pw_ast_advance(p) < 0)
		return NULL;
	n->end = p->last_end;
	return n;
}

static struct pw_node *parse_name(struct pw_ast_parser *p)
{
	const struct pw_token first = p->token;
	const uint32_t at = first.at;
	struct pw_type type;

	if (pw_ast_advance(p) < 0)
		return NULL;
	if (pw_ast_token_is(&first, "null")) {
		struct pw_node *n = pw_ast_node(p, PW_NODE_NULL, at);
		n->spelled = first.text;
		return n;
	}
	if (pw_ast_token_is(&first, "true") || pw_ast_token_is(&first, "false")) {
		struct pw_node *n = pw_ast_node(p, PW_NODE_BOOL, at);
		n->word = pw_ast_token_is(&first, "true");
		n->spelled = first.text;
		return n;
	}
	if (pw_ast_token_is(&first, "case"))
		return parse_case(p, at);
	if (pw_ast_token_is(&first, "try_cast") && pw_ast_is_sign(p, "("))
		return parse_try_cast(p, at);
	if (pw_ast_token_is(&first, "cast") && pw_ast_is_sign(p, "("))
		return parse_cast(p, at);
	if (is_reserved(&first)) {
		pw_ast_fail_byte(p->ast, at,
				 "'%.*s' cannot stand here (write `%.*s` in back ticks if it is a "
				 "column)",
				 (int)first.text.length, first.text.data, (int)first.text.length,
				 first.text.data);
		return NULL;
	}
	if (pw_ast_is_sign(p, "("))
		return pw_ast_parse_call(p, first.text, at);
	if (pw_ast_token_is(&first, "interval") &&
	    (p->token.kind == PW_TOKEN_TEXT || p->token.kind == PW_TOKEN_INT ||
	     p->token.kind == PW_TOKEN_FLOAT || p->token.kind == PW_TOKEN_DURATION))
		return parse_interval(p, at);
	if (p->token.kind == PW_TOKEN_TEXT) { /* datetime '2024-01-31' */
		if (pw_type_parse(first.text, &type) == 0) {
			struct pw_node *x = pw_ast_parse_expression(p, PW_AST_BIND_POSTFIX);
			struct pw_node *n = pw_ast_node(p, PW_NODE_CAST, at);
			n->type = type;
			return x ? pw_ast_set_args(p, n, &x, 1) : NULL;
		}
		pw_fail_clear();
	}
	return parse_column(p, first.text, at);
}

static struct pw_node *parse_literal(struct pw_ast_parser *p)
{
	const struct pw_token t = p->token;
	struct pw_node *n;

	if (t.kind == PW_TOKEN_INT && t.integer > INT64_MAX) {
		pw_ast_fail_byte(p->ast, t.at, "the number does not fit in 64 bits");
		return NULL;
	}
	if (pw_ast_advance(p) < 0)
		return NULL;
	n = pw_ast_node(p, PW_NODE_TEXT, t.at);
	if (t.kind == PW_TOKEN_INT)
		n->kind = PW_NODE_INT;
	else if (t.kind == PW_TOKEN_FLOAT)
		n->kind = PW_NODE_FLOAT;
	else if (t.kind == PW_TOKEN_DURATION)
		n->kind = PW_NODE_DURATION;
	n->spelled = (struct pw_slice){p->ast->source.data + t.at, t.end - t.at};
	n->word = (int64_t)t.integer;
	n->number = t.number;
	if (t.kind == PW_TOKEN_TEXT)
		n->text = t.text;
	return n;
}

static struct pw_node *parse_brackets(struct pw_ast_parser *p)
{
	const uint32_t at = p->token.at;
	struct pw_ast_nodes list = {0};
	struct pw_node *n = NULL;

	if (pw_ast_advance(p) < 0)
		return NULL;
	if ((pw_ast_is_sign(p, "]") || pw_ast_parse_list(p, &list) == 0) &&
	    pw_ast_need_sign(p, "]") == 0)
		n = pw_ast_set_args(p, pw_ast_node(p, PW_NODE_LIST, at), list.items, list.count);
	free(list.items);
	return n;
}

static struct pw_node *parse_parens(struct pw_ast_parser *p)
{
	const uint32_t open = p->token.at;
	struct pw_node *n;

	if (pw_ast_advance(p) < 0 || (n = pw_ast_parse_expression(p, 0)) == NULL)
		return NULL;
	if (p->token.kind == PW_TOKEN_END) {
		pw_ast_fail_byte(p->ast, open, "this parenthesis is not closed");
		return NULL;
	}
	if (pw_ast_need_sign(p, ")") < 0)
		return NULL;
	n->at = open;
	n->end = p->last_end;
	return n;
}

static struct pw_node *with_minus(struct pw_ast_parser *p, struct pw_node *x, uint32_t at)
{
	const char *from = p->ast->source.data + at;

	if (x->spelled.length > 0)
		x->spelled = (struct pw_slice){
			from, (size_t)(x->spelled.data + x->spelled.length - from)};
	x->at = x->point = at;
	return x;
}

/* A minus and its operand; of a literal, the negative literal. */
static struct pw_node *parse_minus(struct pw_ast_parser *p)
{
	const uint32_t at = p->token.at;
	struct pw_node *x, *n;

	if (pw_ast_advance(p) < 0)
		return NULL;
	if (p->token.kind == PW_TOKEN_INT && p->token.integer > INT64_MAX) {
		n = pw_ast_advance(p) < 0 ? NULL : pw_ast_node(p, PW_NODE_INT, at);
		if (n != NULL) {
			n->word = INT64_MIN;
			n->spelled = (struct pw_slice){p->ast->source.data + at, n->end - at};
		}
		return n;
	}
	if ((x = pw_ast_parse_expression(p, PW_AST_BIND_NEGATE)) == NULL)
		return NULL;
	if ((x->kind == PW_NODE_INT || x->kind == PW_NODE_DURATION) && x->word != INT64_MIN) {
		x->word = -x->word;
		return with_minus(p, x, at);
	}
	if (x->kind == PW_NODE_FLOAT) {
		x->number = pw_float_canonical(-x->number);
		return with_minus(p, x, at);
	}
	n = pw_ast_operation(p, PW_NODE_CALL, "-", at, x, NULL);
	if (n != NULL)
		n->at = at;
	return n;
}

static struct pw_node *parse_not(struct pw_ast_parser *p)
{
	const uint32_t at = p->token.at;
	struct pw_node *x, *n;
	if (pw_ast_advance(p) < 0 || (x = pw_ast_parse_expression(p, PW_AST_BIND_NOT)) == NULL)
		return NULL;
	n = pw_ast_operation(p, PW_NODE_NOT, NULL, at, x, NULL);
	if (n != NULL)
		n->at = at;
	return n;
}

struct pw_node *pw_ast_parse_operand(struct pw_ast_parser *p)
{
	switch (p->token.kind) {
	case PW_TOKEN_INT:
	case PW_TOKEN_FLOAT:
	case PW_TOKEN_TEXT:
	case PW_TOKEN_DURATION:
		return parse_literal(p);
	case PW_TOKEN_NAME:
		return pw_ast_is_word(p, "not") ? parse_not(p) : parse_name(p);
	case PW_TOKEN_TICKED: {
		const struct pw_token t = p->token;
		return pw_ast_advance(p) < 0 ? NULL : parse_column(p, t.text, t.at);
	}
	case PW_TOKEN_END:
		break;
	case PW_TOKEN_SIGN:
		if (pw_ast_is_sign(p, "("))
			return parse_parens(p);
		if (pw_ast_is_sign(p, "["))
			return parse_brackets(p);
		if (pw_ast_is_sign(p, "-"))
			return parse_minus(p);
		if (pw_ast_is_sign(p, "+"))
			return pw_ast_advance(p) < 0
				       ? NULL
				       : pw_ast_parse_expression(p, PW_AST_BIND_NEGATE);
	}
	return pw_ast_fail_token(p, "a value");
}
