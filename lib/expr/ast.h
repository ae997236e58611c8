/*
 * pw_ast - an expression's text as a tree
 *
 * Use:      struct pw_ast ast = {0}; pw_ast_parse; look at ast.root, rewrite
 *           it if you like; bind it (expr.h); pw_ast_release.
 * Promises: no text makes the parser crash, recurse beyond PW_AST_DEPTH or
 *           take memory beyond a few dozen times its length.
 * Fails:    PW_USAGE, "expression: character 9: ...", with the expression
 *           and a caret as details.
 *
 * All operators that are functions of their operands' values are calls named
 * as they are written ("+", "||", "=", "like", "~", "[]", "->"), so that one
 * table defines them (function.h). A node has a kind of its own only where the
 * parser or the binder treats it in a special way.
 */
#ifndef PW_EXPR_AST_H
#define PW_EXPR_AST_H

#include "../base/arena.h"
#include "../base/fail.h"
#include "../data/schema.h"

PW_C_BEGIN

#define PW_AST_TEXT_MAX 65536 /* bytes of an expression */
#define PW_AST_DEPTH    1000  /* nodes from the root to a leaf */

enum pw_node_kind {
	PW_NODE_NULL,
	PW_NODE_BOOL,     /* word: 0 or 1 */
	PW_NODE_INT,      /* word */
	PW_NODE_FLOAT,    /* number */
	PW_NODE_TEXT,     /* text */
	PW_NODE_DURATION, /* word: ns */
	PW_NODE_COLUMN,   /* text: its name ("left.amount" is one name) */
	PW_NODE_CALL,     /* text: its name in lower case; args; clauses */
	PW_NODE_AND,
	PW_NODE_OR,
	PW_NODE_NOT,
	PW_NODE_IS_NULL, /* args[0]; IS NOT NULL is NOT of it */
	PW_NODE_IS_TRUE,
	PW_NODE_IS_FALSE,
	PW_NODE_DISTINCT, /* IS DISTINCT FROM */
	PW_NODE_IN,       /* args[0] among the others */
	PW_NODE_BETWEEN,  /* args[0] from args[1] to args[2] */
	PW_NODE_CASE,     /* args: when, then, ..., else (may be PW_NODE_NULL) */
	PW_NODE_SWITCH,   /* CASE x WHEN: args: x, when, then, ..., else */
	PW_NODE_CAST,     /* args[0] to type */
	PW_NODE_LIST      /* [args, ...] */
};

struct pw_order {
	struct pw_node *by;
	bool descending;
};

/* The clauses that stand in and after an aggregate's parentheses besides arguments. */
struct pw_clauses {
	bool distinct;
	bool keep_nulls;
	struct pw_node *filter; /* or NULL */
	uint32_t order_count;
	struct pw_order *order;
};

struct pw_node {
	uint8_t kind;     /* enum pw_node_kind */
	uint32_t at, end; /* the bytes of the text that it stands for */
	uint32_t point;   /* where an error in it is shown: an operator's own place */
	uint32_t depth;   /* 1 of a leaf */
	struct pw_slice text;
	struct pw_slice spelled; /* of a literal: what was typed, with a minus before it */
	int64_t word;
	double number;
	struct pw_type type;
	uint32_t arg_count;
	struct pw_node **args;
	struct pw_clauses *clauses; /* NULL: none written */
};

struct pw_ast {
	struct pw_arena arena;
	struct pw_slice source; /* the whole text, copied */
	struct pw_slice name;   /* "total" of `total = price * qty`; else empty */
	uint32_t start;         /* where the expression begins, after its name */
	struct pw_node *root;
};

/*
 * Parses a text. named: the first `=` after a bare name names the expression
 * (pw-select, pw-groupby); else it compares (pw-filter). in, also: the columns of
 * the stage's inputs (also: NULL if there is one input). Fails for a call of a
 * function that there is not, before it looks further; for a literal whose text is
 * the name of a column, unless it stands directly under a cast; and for a larger part
 * with such a text, unless it stands in parentheses. in NULL: the text is parsed and
 * no more.
 */
int pw_ast_parse(struct pw_ast *ast, const char *text, bool named, const struct pw_schema *in,
		 const struct pw_schema *also);
void pw_ast_release(struct pw_ast *ast);

/*
 * Appends the name of the expression: its own name if it was given one, else its text
 * with everything that is no letter or digit made one `_`: "sum_amount" of
 * sum(amount), "count" of count().
 */
void pw_ast_name(const struct pw_ast *ast, struct pw_bytes *name);

/* Appends the tree as a text that parses to an equal tree: for programs that write pipelines. */
void pw_ast_print(const struct pw_node *node, struct pw_bytes *text);
bool pw_ast_equal(const struct pw_node *a, const struct pw_node *b);

/*
 * Calls visit for every node, parents first, clauses included. visit returns
 * 0, 1 (do not go below this node) or -1 (stop); the walk returns 0 or -1.
 * visit may rewrite the node it is given.
 */
int pw_ast_walk(struct pw_node *root, int (*visit)(struct pw_node *node, void *context),
		void *context);

/* Is it a call of an aggregate, such as count or sum? */
bool pw_ast_is_aggregate(const struct pw_node *node);

/* The aggregate whose name is nearest, or NULL. */
const char *pw_ast_near_aggregate(struct pw_slice name);

/* The first aggregate call below, or NULL. */
struct pw_node *pw_ast_find_aggregate(struct pw_node *root);

/*
 * Fails for a column that the schema does not have, with advice: "'prise' is not a
 * column (did you mean 'price'?)"; else where it is.
 */
int pw_ast_check_column(const struct pw_ast *ast, const struct pw_node *node,
			const struct pw_schema *schema);

/* The first column below that the schema does not have (aggregates included), or NULL. */
struct pw_node *pw_ast_find_outside(struct pw_node *root, const struct pw_schema *schema);

/* Makes the node a reference to a column (the name is copied into the arena). */
void pw_ast_make_column(struct pw_ast *ast, struct pw_node *node, struct pw_slice name);

/* Makes a bare column a call without arguments: `count` is count(). */
void pw_ast_make_call(struct pw_ast *ast, struct pw_node *node);

/* Raises "expression: character N: ..." with the expression and a caret under the node. */
int pw_ast_fail(const struct pw_ast *ast, const struct pw_node *node, const char *format, ...)
	PW_PRINTF(3, 4);
/* As pw_ast_fail, with the caret under a byte of the text. */
int pw_ast_fail_byte(const struct pw_ast *ast, uint32_t at, const char *format, ...)
	PW_PRINTF(3, 4);

PW_C_END

#endif
