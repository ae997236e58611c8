#include "ast_lex.h"

#include "../base/utf8.h"
#include "../data/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/*
 * Precedence climbing. Each paren, argument or operand costs a level of
 * recursion, so that printing a tree with a pair of parens around every
 * operator needs at most two levels per node: hence the limit.
 */
#define LEVELS (2 * PW_AST_DEPTH + 16)

/* How tightly operators bind. */
enum {
	BIND_OR = 1,
	BIND_AND,
	BIND_NOT,
	BIND_COMPARE,
	BIND_CONCAT,
	BIND_ADD,
	BIND_MULTIPLY,
	BIND_NEGATE,
	BIND_POWER,
	BIND_POSTFIX
};

struct parser {
	struct pw_ast *ast;
	struct pw_token token; /* the one to be read next */
	uint32_t last_end;     /* where the one before ended */
	unsigned level;
};

/* A growing list of nodes, until it is copied into the arena. */
struct nodes {
	struct pw_node **items;
	size_t count, capacity;
};

static struct pw_node *parse_expression(struct parser *p, int bind);

static struct pw_node *fail_at_token(struct parser *p, const char *what)
{
	const struct pw_token *t = &p->token;
	if (t->kind == PW_TOKEN_END)
		pw_ast_fail_byte(p->ast, t->at, "%s expected, but the expression ends", what);
	else
		pw_ast_fail_byte(p->ast, t->at, "%s expected, found '%.*s'", what,
				 (int)(t->end - t->at < 40 ? t->end - t->at : 40),
				 p->ast->source.data + t->at);
	return NULL;
}

static int advance(struct parser *p)
{
	p->last_end = p->token.end;
	return pw_ast_lex(p->ast, p->token.end, &p->token);
}

static bool is_sign(const struct parser *p, const char *sign)
{
	return p->token.kind == PW_TOKEN_SIGN && strcmp(p->token.text.data, sign) == 0;
}

static bool token_is_word(const struct pw_token *t, const char *word)
{
	return t->kind == PW_TOKEN_NAME && t->text.length == strlen(word) &&
	       strncasecmp(t->text.data, word, t->text.length) == 0;
}

static bool is_word(const struct parser *p, const char *word)
{
	return token_is_word(&p->token, word);
}

/* Takes the word or sign if it is next: 1, 0, or -1. */
static int take_word(struct parser *p, const char *word)
{
	if (!is_word(p, word))
		return 0;
	return advance(p) < 0 ? -1 : 1;
}

static int take_sign(struct parser *p, const char *sign)
{
	if (!is_sign(p, sign))
		return 0;
	return advance(p) < 0 ? -1 : 1;
}

static int need_word(struct parser *p, const char *word)
{
	const int taken = take_word(p, word);
	if (taken == 0)
		fail_at_token(p, word);
	return taken > 0 ? 0 : -1;
}

static int need_sign(struct parser *p, const char *sign)
{
	char what[8];
	const int taken = take_sign(p, sign);
	snprintf(what, sizeof what, "'%s'", sign);
	if (taken == 0)
		fail_at_token(p, what);
	return taken > 0 ? 0 : -1;
}

static struct pw_node *new_node(struct parser *p, enum pw_node_kind kind, uint32_t at)
{
	struct pw_node *n = pw_arena_alloc(&p->ast->arena, sizeof *n);
	*n = (struct pw_node){.kind = (uint8_t)kind, .at = at, .end = p->last_end, .point = at};
	n->depth = 1;
	return n;
}

static struct pw_node *set_args(struct parser *p, struct pw_node *n, struct pw_node **args,
				size_t count)
{
	n->arg_count = (uint32_t)count;
	n->args = pw_arena_alloc(&p->ast->arena, (count + 1) * sizeof *args);
	n->end = p->last_end;
	for (size_t i = 0; i < count; i++) {
		n->args[i] = args[i];
		if (n->depth <= args[i]->depth)
			n->depth = args[i]->depth + 1;
	}
	if (n->depth > PW_AST_DEPTH) {
		pw_ast_fail_byte(p->ast, n->point, "nested deeper than %d", PW_AST_DEPTH);
		return NULL;
	}
	return n;
}

static struct pw_node *operation(struct parser *p, enum pw_node_kind kind, const char *name,
				 uint32_t point, struct pw_node *a, struct pw_node *b)
{
	struct pw_node *args[2] = {a, b}, *n = new_node(p, kind, a->at);
	n->point = point;
	if (name != NULL)
		n->text = pw_slice_of(name);
	return set_args(p, n, args, b ? 2 : 1);
}

static struct pw_node *negation(struct parser *p, struct pw_node *n)
{
	return n ? operation(p, PW_NODE_NOT, NULL, n->point, n, NULL) : NULL;
}

static void nodes_add(struct nodes *list, struct pw_node *n)
{
	list->items = pw_mem_grow(list->items, &list->capacity, list->count + 1,
				  sizeof *list->items);
	list->items[list->count++] = n;
}

/* Expressions between commas, appended to the list. */
static int parse_list(struct parser *p, struct nodes *list)
{
	for (;;) {
		struct pw_node *n = parse_expression(p, 0);
		if (n == NULL)
			return -1;
		nodes_add(list, n);
		const int comma = take_sign(p, ",");
		if (comma <= 0)
			return comma;
	}
}

static int parse_type(struct parser *p, struct pw_type *type)
{
	const uint32_t at = p->token.at;
	const bool list = is_word(p, "list"); /* else `<` compares */
	int depth = 0;

	if (p->token.kind != PW_TOKEN_NAME) {
		fail_at_token(p, "a type");
		return -1;
	}
	do {
		if (is_sign(p, "<"))
			depth++;
		else if (is_sign(p, ">"))
			depth--;
		if (advance(p) < 0)
			return -1;
	} while (list && p->token.kind != PW_TOKEN_END && (depth > 0 || is_sign(p, "<")));
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

static struct pw_node *parse_cast(struct parser *p, uint32_t at)
{
	struct pw_node *x, *n = new_node(p, PW_NODE_CAST, at);
	if (need_sign(p, "(") < 0 || (x = parse_expression(p, 0)) == NULL ||
	    need_word(p, "as") < 0 || parse_type(p, &n->type) < 0 || need_sign(p, ")") < 0)
		return NULL;
	return set_args(p, n, &x, 1);
}

/* TRY_CAST(x AS T) is try(CAST(x AS T), NULL) */
static struct pw_node *parse_try_cast(struct parser *p, uint32_t at)
{
	struct pw_node *x = parse_cast(p, at);
	return x ? operation(p, PW_NODE_CALL, "try", at, x, new_node(p, PW_NODE_NULL, at)) : NULL;
}

static int parse_branches(struct parser *p, struct nodes *list)
{
	do {
		struct pw_node *when, *then;
		if (need_word(p, "when") < 0 || (when = parse_expression(p, 0)) == NULL ||
		    need_word(p, "then") < 0 || (then = parse_expression(p, 0)) == NULL)
			return -1;
		nodes_add(list, when);
		nodes_add(list, then);
	} while (is_word(p, "when"));

	const int other = take_word(p, "else");
	struct pw_node *n = NULL;
	if (other > 0)
		n = parse_expression(p, 0);
	else if (other == 0)
		n = new_node(p, PW_NODE_NULL, p->token.at);
	if (n == NULL)
		return -1;
	nodes_add(list, n);
	return need_word(p, "end");
}

static struct pw_node *parse_case(struct parser *p, uint32_t at)
{
	struct nodes list = {0};
	struct pw_node *n = new_node(p, PW_NODE_CASE, at);
	bool good = true;

	if (!is_word(p, "when")) {
		struct pw_node *x = parse_expression(p, 0);
		n->kind = PW_NODE_SWITCH;
		good = x != NULL;
		if (good)
			nodes_add(&list, x);
	}
	good = good && parse_branches(p, &list) == 0;
	n = good ? set_args(p, n, list.items, list.count) : NULL;
	free(list.items);
	return n;
}

/* INTERVAL '5' MINUTE, INTERVAL 5 MINUTE, INTERVAL '1h30m' */
static struct pw_node *parse_interval(struct parser *p, uint32_t at)
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
	if (advance(p) < 0)
		goto out;
	for (size_t i = 0; i < sizeof units / sizeof *units && p->token.kind == PW_TOKEN_NAME; i++) {
		const size_t length = strlen(units[i].name), have = p->token.text.length;
		const bool plural = have == length + 1 && (p->token.text.data[length] | 0x20) == 's';
		if ((have != length && !plural) ||
		    strncasecmp(p->token.text.data, units[i].name, length) != 0)
			continue;
		pw_bytes_text(&text, units[i].unit);
		if (advance(p) < 0)
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
	n = new_node(p, PW_NODE_DURATION, at);
	n->word = ns;
out:
	pw_bytes_release(&text);
	return n;
}

static int parse_order(struct parser *p, struct pw_clauses *clauses)
{
	struct nodes list = {0};
	int comma, result = -1;

	if (need_word(p, "by") < 0)
		return -1;
	do {
		struct pw_node *by = parse_expression(p, 0);
		if (by == NULL)
			goto out;
		nodes_add(&list, by);
		struct pw_order *grown = pw_arena_alloc(&p->ast->arena,
							list.count * sizeof *grown);
		if (list.count > 1)
			memcpy(grown, clauses->order, (list.count - 1) * sizeof *grown);
		grown[list.count - 1].by = by;
		grown[list.count - 1].descending = is_word(p, "desc");
		clauses->order = grown;
		clauses->order_count = (uint32_t)list.count;
		if ((is_word(p, "desc") || is_word(p, "asc")) && advance(p) < 0)
			goto out;
		if (list.count > 64) {
			fail_at_token(p, "at most 64 orders");
			goto out;
		}
	} while ((comma = take_sign(p, ",")) > 0);
	result = comma;
out:
	free(list.items);
	return result;
}

/* What may follow an aggregate's parentheses: KEEP NULLS, FILTER (WHERE ...). */
static int parse_behind_call(struct parser *p, struct pw_clauses *clauses)
{
	struct pw_token next;
	if (is_word(p, "keep")) {
		if (advance(p) < 0 || need_word(p, "nulls") < 0)
			return -1;
		clauses->keep_nulls = true;
	}
	if (!is_word(p, "filter"))
		return 0;
	if (pw_ast_lex(p->ast, p->token.end, &next) < 0)
		return -1;
	if (advance(p) < 0 || need_sign(p, "(") < 0 || need_word(p, "where") < 0 ||
	    (clauses->filter = parse_expression(p, 0)) == NULL || need_sign(p, ")") < 0)
		return -1;
	return 0;
}

static int parse_arguments(struct parser *p, struct nodes *list, struct pw_clauses *clauses)
{
	const int distinct = take_word(p, "distinct");
	if (distinct < 0)
		return -1;
	clauses->distinct = distinct > 0;
	const int star = list->count == 0 && !distinct ? take_sign(p, "*") : 0; /* count(*) */
	if (star < 0)
		return -1;
	if (!star && !is_sign(p, ")")) {
		if (parse_list(p, list) < 0)
			return -1;
		const int order = take_word(p, "order");
		if (order < 0 || (order && parse_order(p, clauses) < 0))
			return -1;
	}
	if (need_sign(p, ")") < 0)
		return -1;
	return parse_behind_call(p, clauses);
}

/* The clauses count for the depth as arguments do. */
static struct pw_node *attach(struct parser *p, struct pw_node *n, struct pw_clauses *clauses)
{
	uint32_t depth = 0;
	if (clauses->filter)
		depth = clauses->filter->depth;
	for (uint32_t i = 0; i < clauses->order_count; i++)
		if (depth < clauses->order[i].by->depth)
			depth = clauses->order[i].by->depth;
	if (n->depth <= depth)
		n->depth = depth + 1;
	if (n->depth > PW_AST_DEPTH) {
		pw_ast_fail_byte(p->ast, n->point, "nested deeper than %d", PW_AST_DEPTH);
		return NULL;
	}
	if (clauses->distinct || clauses->keep_nulls || clauses->filter || clauses->order_count)
		n->clauses = clauses;
	return n;
}

static struct pw_node *parse_call(struct parser *p, struct pw_slice name, uint32_t at)
{
	struct nodes list = {0};
	struct pw_clauses *clauses = pw_arena_alloc(&p->ast->arena, sizeof *clauses);
	struct pw_node *n = new_node(p, PW_NODE_CALL, at);
	char *lower = pw_arena_copy(&p->ast->arena, name.data, name.length);

	*clauses = (struct pw_clauses){0};
	for (size_t i = 0; i < name.length; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] |= 0x20;
	n->text = (struct pw_slice){lower, name.length};
	if (need_sign(p, "(") < 0 || parse_arguments(p, &list, clauses) < 0)
		n = NULL;
	if (n != NULL)
		n = set_args(p, n, list.items, list.count);
	if (n != NULL)
		n = attach(p, n, clauses);
	free(list.items);
	return n;
}

static bool is_reserved(const struct pw_token *t)
{
	static const char *const words[] = {
		"and",  "or",   "not", "is", "null",    "true", "false", "case",
		"when", "then", "else", "in", "between", "like", "cast",  "end",
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (token_is_word(t, words[i]))
			return true;
	return false;
}

static struct pw_node *parse_column(struct parser *p, struct pw_slice name, uint32_t at)
{
	struct pw_node *n = new_node(p, PW_NODE_COLUMN, at);
	n->text = name;
	if (!is_sign(p, "."))
		return n;
	if (advance(p) < 0)
		return NULL;
	if (p->token.kind != PW_TOKEN_NAME && p->token.kind != PW_TOKEN_TICKED)
		return fail_at_token(p, "a column's name");
	const struct pw_slice second = p->token.text;
	char *both = pw_arena_alloc(&p->ast->arena, name.length + 1 + second.length);
	memcpy(both, name.data, name.length);
	both[name.length] = '.';
	memcpy(both + name.length + 1, second.data, second.length);
	n->text = (struct pw_slice){both, name.length + 1 + second.length};
	if (advance(p) < 0)
		return NULL;
	n->end = p->last_end;
	return n;
}

static struct pw_node *parse_name(struct parser *p)
{
	const struct pw_token first = p->token;
	const uint32_t at = first.at;
	struct pw_type type;

	if (advance(p) < 0)
		return NULL;
	if (token_is_word(&first, "null"))
		return new_node(p, PW_NODE_NULL, at);
	if (token_is_word(&first, "true") || token_is_word(&first, "false")) {
		struct pw_node *n = new_node(p, PW_NODE_BOOL, at);
		n->word = token_is_word(&first, "true");
		return n;
	}
	if (token_is_word(&first, "case"))
		return parse_case(p, at);
	if (token_is_word(&first, "try_cast") && is_sign(p, "("))
		return parse_try_cast(p, at);
	if (token_is_word(&first, "cast") && is_sign(p, "("))
		return parse_cast(p, at);
	if (is_reserved(&first)) {
		pw_ast_fail_byte(p->ast, at,
				 "'%.*s' cannot stand here (write `%.*s` in back ticks if it is a "
				 "column)",
				 (int)first.text.length, first.text.data, (int)first.text.length,
				 first.text.data);
		return NULL;
	}
	if (is_sign(p, "("))
		return parse_call(p, first.text, at);
	if (token_is_word(&first, "interval") &&
	    (p->token.kind == PW_TOKEN_TEXT || p->token.kind == PW_TOKEN_INT ||
	     p->token.kind == PW_TOKEN_FLOAT || p->token.kind == PW_TOKEN_DURATION))
		return parse_interval(p, at);
	if (p->token.kind == PW_TOKEN_TEXT) { /* datetime '2024-01-31' */
		if (pw_type_parse(first.text, &type) == 0) {
			struct pw_node *x = parse_expression(p, BIND_POSTFIX);
			struct pw_node *n = new_node(p, PW_NODE_CAST, at);
			n->type = type;
			return x ? set_args(p, n, &x, 1) : NULL;
		}
		pw_fail_clear();
	}
	return parse_column(p, first.text, at);
}

static struct pw_node *parse_literal(struct parser *p)
{
	const struct pw_token t = p->token;
	struct pw_node *n;

	if (t.kind == PW_TOKEN_INT && t.integer > INT64_MAX) {
		pw_ast_fail_byte(p->ast, t.at, "the number does not fit in 64 bits");
		return NULL;
	}
	if (advance(p) < 0)
		return NULL;
	n = new_node(p, PW_NODE_TEXT, t.at);
	if (t.kind == PW_TOKEN_INT)
		n->kind = PW_NODE_INT;
	else if (t.kind == PW_TOKEN_FLOAT)
		n->kind = PW_NODE_FLOAT;
	else if (t.kind == PW_TOKEN_DURATION)
		n->kind = PW_NODE_DURATION;
	n->word = (int64_t)t.integer;
	n->number = t.number;
	if (t.kind == PW_TOKEN_TEXT)
		n->text = t.text;
	return n;
}

static struct pw_node *parse_brackets(struct parser *p)
{
	const uint32_t at = p->token.at;
	struct nodes list = {0};
	struct pw_node *n = NULL;

	if (advance(p) < 0)
		return NULL;
	if ((is_sign(p, "]") || parse_list(p, &list) == 0) && need_sign(p, "]") == 0)
		n = set_args(p, new_node(p, PW_NODE_LIST, at), list.items, list.count);
	free(list.items);
	return n;
}

static struct pw_node *parse_parens(struct parser *p)
{
	const uint32_t open = p->token.at;
	struct pw_node *n;

	if (advance(p) < 0 || (n = parse_expression(p, 0)) == NULL)
		return NULL;
	if (p->token.kind == PW_TOKEN_END) {
		pw_ast_fail_byte(p->ast, open, "this parenthesis is not closed");
		return NULL;
	}
	if (need_sign(p, ")") < 0)
		return NULL;
	n->at = open;
	n->end = p->last_end;
	return n;
}

/* A minus and its operand; of a literal, the negative literal. */
static struct pw_node *parse_minus(struct parser *p)
{
	const uint32_t at = p->token.at;
	struct pw_node *x, *n;

	if (advance(p) < 0)
		return NULL;
	if (p->token.kind == PW_TOKEN_INT && p->token.integer > INT64_MAX) {
		n = advance(p) < 0 ? NULL : new_node(p, PW_NODE_INT, at);
		if (n != NULL)
			n->word = INT64_MIN;
		return n;
	}
	if ((x = parse_expression(p, BIND_NEGATE)) == NULL)
		return NULL;
	if ((x->kind == PW_NODE_INT || x->kind == PW_NODE_DURATION) && x->word != INT64_MIN) {
		x->word = -x->word;
		x->at = x->point = at;
		return x;
	}
	if (x->kind == PW_NODE_FLOAT) {
		x->number = pw_float_canonical(-x->number);
		x->at = x->point = at;
		return x;
	}
	n = operation(p, PW_NODE_CALL, "-", at, x, NULL);
	if (n != NULL)
		n->at = at;
	return n;
}

static struct pw_node *parse_not(struct parser *p)
{
	const uint32_t at = p->token.at;
	struct pw_node *x, *n;
	if (advance(p) < 0 || (x = parse_expression(p, BIND_NOT)) == NULL)
		return NULL;
	n = operation(p, PW_NODE_NOT, NULL, at, x, NULL);
	if (n != NULL)
		n->at = at;
	return n;
}

static struct pw_node *parse_operand(struct parser *p)
{
	switch (p->token.kind) {
	case PW_TOKEN_INT:
	case PW_TOKEN_FLOAT:
	case PW_TOKEN_TEXT:
	case PW_TOKEN_DURATION:
		return parse_literal(p);
	case PW_TOKEN_NAME:
		return is_word(p, "not") ? parse_not(p) : parse_name(p);
	case PW_TOKEN_TICKED: {
		const struct pw_token t = p->token;
		return advance(p) < 0 ? NULL : parse_column(p, t.text, t.at);
	}
	case PW_TOKEN_END:
		break;
	case PW_TOKEN_SIGN:
		if (is_sign(p, "("))
			return parse_parens(p);
		if (is_sign(p, "["))
			return parse_brackets(p);
		if (is_sign(p, "-"))
			return parse_minus(p);
		if (is_sign(p, "+"))
			return advance(p) < 0 ? NULL : parse_expression(p, BIND_NEGATE);
	}
	return fail_at_token(p, "a value");
}

/* x[i], x::T, x -> y, x ->> y */
static struct pw_node *parse_postfix(struct parser *p, struct pw_node *x)
{
	const struct pw_token t = p->token;
	struct pw_node *n, *y;

	if (advance(p) < 0)
		return NULL;
	if (strcmp(t.text.data, "::") == 0) {
		n = new_node(p, PW_NODE_CAST, x->at);
		n->point = t.at;
		if (parse_type(p, &n->type) < 0)
			return NULL;
		return set_args(p, n, &x, 1);
	}
	if (strcmp(t.text.data, "[") == 0) {
		if ((y = parse_expression(p, 0)) == NULL || need_sign(p, "]") < 0)
			return NULL;
		return operation(p, PW_NODE_CALL, "[]", t.at, x, y);
	}
	if ((y = parse_expression(p, BIND_POSTFIX + 1)) == NULL)
		return NULL;
	return operation(p, PW_NODE_CALL, t.text.data, t.at, x, y);
}

/* What follows IS: [NOT] NULL, TRUE, FALSE, DISTINCT FROM y. */
static struct pw_node *parse_is(struct parser *p, struct pw_node *x)
{
	const uint32_t at = p->token.at;
	struct pw_node *n = NULL;
	int negated;

	if (advance(p) < 0 || (negated = take_word(p, "not")) < 0)
		return NULL;
	if (is_word(p, "distinct")) {
		struct pw_node *y;
		if (advance(p) < 0 || need_word(p, "from") < 0 ||
		    (y = parse_expression(p, BIND_COMPARE + 1)) == NULL)
			return NULL;
		n = operation(p, PW_NODE_DISTINCT, NULL, at, x, y);
	} else {
		const enum pw_node_kind kind = is_word(p, "null")    ? PW_NODE_IS_NULL
					       : is_word(p, "true")  ? PW_NODE_IS_TRUE
					       : is_word(p, "false") ? PW_NODE_IS_FALSE
								     : PW_NODE_NULL;
		if (kind == PW_NODE_NULL)
			return fail_at_token(p, "NULL, TRUE, FALSE or DISTINCT FROM");
		if (advance(p) < 0)
			return NULL;
		n = operation(p, kind, NULL, at, x, NULL);
	}
	return negated ? negation(p, n) : n;
}

static struct pw_node *parse_in(struct parser *p, struct pw_node *x, uint32_t point)
{
	struct nodes list = {0};
	struct pw_node *n = NULL;

	nodes_add(&list, x);
	if (need_sign(p, "(") == 0 && parse_list(p, &list) == 0 && need_sign(p, ")") == 0) {
		n = new_node(p, PW_NODE_IN, x->at);
		n->point = point;
		n = set_args(p, n, list.items, list.count);
	}
	free(list.items);
	return n;
}

static struct pw_node *parse_between(struct parser *p, struct pw_node *x, uint32_t point)
{
	struct pw_node *args[3] = {x, NULL, NULL}, *n;
	if ((args[1] = parse_expression(p, BIND_COMPARE + 1)) == NULL || need_word(p, "and") < 0 ||
	    (args[2] = parse_expression(p, BIND_COMPARE + 1)) == NULL)
		return NULL;
	n = new_node(p, PW_NODE_BETWEEN, x->at);
	n->point = point;
	return set_args(p, n, args, 3);
}

/* [NOT] IN, BETWEEN, LIKE */
static struct pw_node *parse_membership(struct parser *p, struct pw_node *x)
{
	const uint32_t at = p->token.at;
	struct pw_node *n, *y;
	const int negated = take_word(p, "not");

	if (negated < 0)
		return NULL;
	if (is_word(p, "in")) {
		n = advance(p) < 0 ? NULL : parse_in(p, x, at);
	} else if (is_word(p, "between")) {
		n = advance(p) < 0 ? NULL : parse_between(p, x, at);
	} else {
		if (need_word(p, "like") < 0 || (y = parse_expression(p, BIND_COMPARE + 1)) == NULL)
			return NULL;
		n = operation(p, PW_NODE_CALL, "like", at, x, y);
	}
	return negated ? negation(p, n) : n;
}

static const struct infix {
	const char *sign;
	int bind;
	const char *name; /* of the call; NULL: as the sign */
} infixes[] = {
	{"=", BIND_COMPARE, NULL},    {"==", BIND_COMPARE, "="},    {"!=", BIND_COMPARE, NULL},
	{"<>", BIND_COMPARE, "!="},   {"<", BIND_COMPARE, NULL},    {"<=", BIND_COMPARE, NULL},
	{">", BIND_COMPARE, NULL},    {">=", BIND_COMPARE, NULL},   {"~", BIND_COMPARE, NULL},
	{"!~", BIND_COMPARE, "~"},    {"||", BIND_CONCAT, NULL},    {"+", BIND_ADD, NULL},
	{"-", BIND_ADD, NULL},        {"*", BIND_MULTIPLY, NULL},   {"/", BIND_MULTIPLY, NULL},
	{"//", BIND_MULTIPLY, NULL},  {"%", BIND_MULTIPLY, NULL},   {"**", BIND_POWER, NULL},
	{"::", BIND_POSTFIX, NULL},   {"[", BIND_POSTFIX, NULL},    {"->", BIND_POSTFIX, NULL},
	{"->>", BIND_POSTFIX, NULL},
};

static struct pw_node *parse_infix(struct parser *p, struct pw_node *x, const struct infix *o)
{
	const uint32_t at = p->token.at;
	const bool inverted = is_sign(p, "!~");
	struct pw_node *y, *n;

	if (o->bind == BIND_POSTFIX)
		return parse_postfix(p, x);
	/* all group to the left but **, whose exponent may have a minus */
	if (advance(p) < 0 ||
	    (y = parse_expression(p, o->bind == BIND_POWER ? BIND_NEGATE : o->bind + 1)) == NULL)
		return NULL;
	n = operation(p, PW_NODE_CALL, o->name ? o->name : o->sign, at, x, y);
	return inverted ? negation(p, n) : n;
}

/* The operator that comes next and how tightly it binds; 0: none. */
static int next_bind(const struct parser *p, const struct infix **infix)
{
	*infix = NULL;
	if (p->token.kind == PW_TOKEN_NAME) {
		if (is_word(p, "or"))
			return BIND_OR;
		if (is_word(p, "and"))
			return BIND_AND;
		if (is_word(p, "is") || is_word(p, "not") || is_word(p, "in") ||
		    is_word(p, "between") || is_word(p, "like"))
			return BIND_COMPARE;
	}
	if (p->token.kind == PW_TOKEN_SIGN)
		for (size_t i = 0; i < sizeof infixes / sizeof *infixes; i++)
			if (strcmp(p->token.text.data, infixes[i].sign) == 0) {
				*infix = &infixes[i];
				return infixes[i].bind;
			}
	return 0;
}

static struct pw_node *parse_word_infix(struct parser *p, struct pw_node *x, int bind)
{
	const uint32_t at = p->token.at;
	struct pw_node *y;

	if (bind == BIND_COMPARE)
		return is_word(p, "is") ? parse_is(p, x) : parse_membership(p, x);
	if (advance(p) < 0 || (y = parse_expression(p, bind + 1)) == NULL)
		return NULL;
	return operation(p, bind == BIND_AND ? PW_NODE_AND : PW_NODE_OR, NULL, at, x, y);
}

/* An expression of operators that bind at least as tightly as bind says. */
static struct pw_node *parse_expression(struct parser *p, int bind)
{
	const struct infix *infix;
	struct pw_node *x;
	int next;

	if (++p->level > LEVELS) {
		pw_ast_fail_byte(p->ast, p->token.at, "nested too deeply");
		return NULL;
	}
	x = parse_operand(p);
	while (x != NULL && (next = next_bind(p, &infix)) > 0 && next >= bind)
		x = infix ? parse_infix(p, x, infix) : parse_word_infix(p, x, next);
	p->level--;
	return x;
}

/* `name =` in front of the expression */
static int parse_naming(struct parser *p)
{
	const struct pw_token first = p->token;
	struct pw_token second;

	if (first.kind != PW_TOKEN_NAME && first.kind != PW_TOKEN_TICKED)
		return 0;
	if (pw_ast_lex(p->ast, first.end, &second) < 0)
		return -1;
	if (second.kind != PW_TOKEN_SIGN || strcmp(second.text.data, "=") != 0)
		return 0;
	p->ast->name = first.text;
	p->token = second;
	return advance(p);
}

int pw_ast_parse(struct pw_ast *ast, const char *text, bool named)
{
	struct parser p = {.ast = ast};
	const size_t length = strlen(text);

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
	ast->root = parse_expression(&p, 0);
	if (ast->root != NULL && p.token.kind != PW_TOKEN_END) {
		fail_at_token(&p, "an operator or the end");
		ast->root = NULL;
	}
	if (ast->root != NULL)
		return 0;
fail:
	pw_ast_release(ast);
	return -1;
}
