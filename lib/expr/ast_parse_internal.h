/*
 * ast_parse - what the pieces of the parser share
 *
 * ast_parse.c          operators, by precedence climbing, and the whole
 * ast_parse_operand.c  operands, which stand between operators
 * ast_parse_call.c     calls, with the clauses of aggregates
 * ast_parse_node.c     the token in hand, and nodes
 *
 * A function that returns a node returns NULL when it has failed; a function that
 * returns an int returns -1.
 */
#ifndef PW_EXPR_AST_PARSE_INTERNAL_H
#define PW_EXPR_AST_PARSE_INTERNAL_H

#include "ast_check_internal.h"
#include "ast_lex_internal.h"

/* How tightly operators bind. */
enum pw_ast_bind {
	PW_AST_BIND_OR = 1,
	PW_AST_BIND_AND,
	PW_AST_BIND_NOT,
	PW_AST_BIND_COMPARE,
	PW_AST_BIND_CONCAT,
	PW_AST_BIND_ADD,
	PW_AST_BIND_MULTIPLY,
	PW_AST_BIND_NEGATE,
	PW_AST_BIND_POWER,
	PW_AST_BIND_POSTFIX
};

struct pw_ast_parser {
	struct pw_ast *ast;
	struct pw_token token; /* the one to be read next */
	uint32_t last_end;     /* where the last token ended */
	unsigned level;
	bool checks; /* names of functions, too */
};

/* A growing list of nodes, until it is copied into the arena. */
struct pw_ast_nodes {
	struct pw_node **items;
	size_t count, capacity;
};

/* An expression of operators that bind at least as tightly as bind says. */
struct pw_node *pw_ast_parse_expression(struct pw_ast_parser *p, int bind);

/* ---- ast_parse_operand.c ---- */

struct pw_node *pw_ast_parse_operand(struct pw_ast_parser *p);
int pw_ast_parse_type(struct pw_ast_parser *p, struct pw_type *type);

/* Expressions between commas, appended to the list. */
int pw_ast_parse_list(struct pw_ast_parser *p, struct pw_ast_nodes *list);

/* ---- ast_parse_call.c ---- */

struct pw_node *pw_ast_parse_call(struct pw_ast_parser *p, struct pw_slice name, uint32_t at);

/* ---- ast_parse_node.c ---- */

/* "WHAT expected, found ..." */
struct pw_node *pw_ast_fail_token(struct pw_ast_parser *p, const char *what);
int pw_ast_advance(struct pw_ast_parser *p);

bool pw_ast_is_sign(const struct pw_ast_parser *p, const char *sign);
bool pw_ast_is_word(const struct pw_ast_parser *p, const char *word);
bool pw_ast_token_is(const struct pw_token *t, const char *word);

/* Takes the word or sign if it is next: 1, 0, or -1. */
int pw_ast_take_word(struct pw_ast_parser *p, const char *word);
int pw_ast_take_sign(struct pw_ast_parser *p, const char *sign);

/* Takes the word or sign, which must be next: 0, or fails. */
int pw_ast_need_word(struct pw_ast_parser *p, const char *word);
int pw_ast_need_sign(struct pw_ast_parser *p, const char *sign);

struct pw_node *pw_ast_node(struct pw_ast_parser *p, enum pw_node_kind kind, uint32_t at);
struct pw_node *pw_ast_set_args(struct pw_ast_parser *p, struct pw_node *n, struct pw_node **args,
				size_t count);

/* A node of one operand or two; b may be NULL, and so may name. */
struct pw_node *pw_ast_operation(struct pw_ast_parser *p, enum pw_node_kind kind, const char *name,
				 uint32_t point, struct pw_node *a, struct pw_node *b);
struct pw_node *pw_ast_negation(struct pw_ast_parser *p, struct pw_node *n);

void pw_ast_nodes_add(struct pw_ast_nodes *list, struct pw_node *n);

#endif
