#include "ast_parse_internal.h"

#include <stdlib.h>

static int parse_order(struct pw_ast_parser *p, struct pw_clauses *clauses)
{
	struct pw_ast_nodes list = {0};
	int comma, result = -1;

	if (pw_ast_need_word(p, "by") < 0)
		return -1;
	do {
		struct pw_node *by = pw_ast_parse_expression(p, 0);
		if (by == NULL)
			goto out;
		pw_ast_nodes_add(&list, by);
		struct pw_order *grown = pw_arena_alloc(&p->ast->arena, list.count * sizeof *grown);
		if (list.count > 1)
			memcpy(grown, clauses->order, (list.count - 1) * sizeof *grown);
		grown[list.count - 1].by = by;
		grown[list.count - 1].descending = pw_ast_is_word(p, "desc");
		clauses->order = grown;
		clauses->order_count = (uint32_t)list.count;
		if ((pw_ast_is_word(p, "desc") || pw_ast_is_word(p, "asc")) &&
		    pw_ast_advance(p) < 0)
			goto out;
		if (list.count > 64) {
			pw_ast_fail_token(p, "at most 64 orders");
			goto out;
		}
	} while ((comma = pw_ast_take_sign(p, ",")) > 0);
	result = comma;
out:
	free(list.items);
	return result;
}

/* Parses the clauses after an aggregate's parentheses: KEEP NULLS, FILTER (WHERE ...). */
static int parse_after_call(struct pw_ast_parser *p, struct pw_clauses *clauses)
{
	struct pw_token next;
	if (pw_ast_is_word(p, "keep")) {
		if (pw_ast_advance(p) < 0 || pw_ast_need_word(p, "nulls") < 0)
			return -1;
		clauses->keep_nulls = true;
	}
	if (!pw_ast_is_word(p, "filter"))
		return 0;
	if (pw_ast_lex(p->ast, p->token.end, &next) < 0)
		return -1;
	if (pw_ast_advance(p) < 0 || pw_ast_need_sign(p, "(") < 0 ||
	    pw_ast_need_word(p, "where") < 0 ||
	    (clauses->filter = pw_ast_parse_expression(p, 0)) == NULL ||
	    pw_ast_need_sign(p, ")") < 0)
		return -1;
	return 0;
}

static int parse_arguments(struct pw_ast_parser *p, struct pw_ast_nodes *list,
			   struct pw_clauses *clauses)
{
	const int distinct = pw_ast_take_word(p, "distinct");
	if (distinct < 0)
		return -1;
	clauses->distinct = distinct > 0;
	const int star =
		list->count == 0 && !distinct ? pw_ast_take_sign(p, "*") : 0; /* count(*) */
	if (star < 0)
		return -1;
	if (!star && !pw_ast_is_sign(p, ")")) {
		if (pw_ast_parse_list(p, list) < 0)
			return -1;
		const int order = pw_ast_take_word(p, "order");
		if (order < 0 || (order && parse_order(p, clauses) < 0))
			return -1;
	}
	if (pw_ast_need_sign(p, ")") < 0)
		return -1;
	return parse_after_call(p, clauses);
}

/* The clauses count for the depth as arguments do. */
static struct pw_node *attach(struct pw_ast_parser *p, struct pw_node *n,
			      struct pw_clauses *clauses)
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

struct pw_node *pw_ast_parse_call(struct pw_ast_parser *p, struct pw_slice name, uint32_t at)
{
	struct pw_ast_nodes list = {0};
	struct pw_clauses *clauses = pw_arena_alloc(&p->ast->arena, sizeof *clauses);
	struct pw_node *n = pw_ast_node(p, PW_NODE_CALL, at);
	char *lower = pw_arena_copy(&p->ast->arena, name.data, name.length);

	*clauses = (struct pw_clauses){0};
	for (size_t i = 0; i < name.length; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] |= 0x20;
	n->text = (struct pw_slice){lower, name.length};
	if (p->checks && pw_ast_check_function(p->ast, n) < 0)
		return NULL;
	if (pw_ast_need_sign(p, "(") < 0 || parse_arguments(p, &list, clauses) < 0)
		n = NULL;
	if (n != NULL)
		n = pw_ast_set_args(p, n, list.items, list.count);
	if (n != NULL)
		n = attach(p, n, clauses);
	free(list.items);
	return n;
}
