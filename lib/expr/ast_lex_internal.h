/*
 * ast_lex - an expression's text as tokens, by GoogleSQL's lexical rules
 *
 * Names, `names in back ticks`, 'texts' and "texts" with escapes (also raw,
 * r"\d+"), 12, 0x1F, 1.5e3, durations (5m, 1h30m, 1.5s), operators. Comments
 * run from -- or # to the end of the line, or between slash-star marks.
 */
#ifndef PW_EXPR_AST_LEX_INTERNAL_H
#define PW_EXPR_AST_LEX_INTERNAL_H

#include "ast.h"

enum pw_token_kind {
	PW_TOKEN_END,
	PW_TOKEN_NAME,     /* text: as written */
	PW_TOKEN_TICKED,   /* text: without the ticks */
	PW_TOKEN_INT,      /* integer */
	PW_TOKEN_FLOAT,    /* number */
	PW_TOKEN_TEXT,     /* text: escapes resolved */
	PW_TOKEN_DURATION, /* integer: ns */
	PW_TOKEN_SIGN      /* text: the operator */
};

struct pw_token {
	enum pw_token_kind kind;
	uint32_t at, end;
	struct pw_slice text;
	uint64_t integer; /* at most 2^63, which is good after a minus only */
	double number;
};

/* Reads the token that begins at byte `at`, or after blanks and comments there. */
int pw_ast_lex(struct pw_ast *ast, uint32_t at, struct pw_token *token);

#endif
