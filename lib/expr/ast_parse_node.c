#include "ast_parse_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* ---- tokens ---- */

/* What to write for a token of other dialects, which stands where something else is expected; or "". */
static const char *advice(const struct pw_ast_parser *p)
{
	const struct pw_token *t = &p->token;

	static const struct {
		const char *word, *advice;
	} words[] = {
		{"as", ": a name stands in front, as in name = expression"},
		{"over", ": values of rows before and after are columns that pw-lag adds"},
		{"within", ": write quantile_cont(x, 0.5)"},
		{"ilike", ": write lower(x) LIKE lower(y)"},
		{"rlike", ": write x ~ 'pattern'"},
		{"regexp", ": write x ~ 'pattern'"},
		{"similar", ": write x ~ 'pattern'"},
		{"isnull", ": write IS NULL"},
		{"notnull", ": write IS NOT NULL"},
		{"div", ": write x // y"},
		{"mod", ": write x % y"},
		{"xor", ": write xor(x, y), or x != y of bools"},
		{"if", ": write if(c, x, y)"},
		{"limit", ": pw-head keeps the first rows"},
		{"order", ": pw-head -o and pw-write --sort order rows"},
		{"group", ": pw-groupby -k groups rows"},
		{"having", ": write pw-filter downstream of pw-groupby"},
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (pw_ast_token_is(t, words[i].word))
			return words[i].advice;
	if (t->kind == PW_TOKEN_SIGN && strcmp(t->text.data, ".") == 0)
		return ": write x -> 'a' -> 'b' for members of a json";
	if (t->kind == PW_TOKEN_SIGN && strcmp(t->text.data, "(") == 0 && t->at > 0 &&
	    isalpha((unsigned char)p->ast->source.data[t->at - 1]))
		return ": a function stands in front of what it takes, as in round(x, 1)";
	if (t->at > 0 && p->ast->source.data[t->at] == '.' &&
	    isalpha((unsigned char)p->ast->source.data[t->at - 1]))
		return ": a name that begins with a digit stands in back ticks, as in left.`1`";
	return "";
}

struct pw_node *pw_ast_fail_token(struct pw_ast_parser *p, const char *what)
{
	const struct pw_token *t = &p->token;
	if (t->kind == PW_TOKEN_END)
		pw_ast_fail_byte(p->ast, t->at, "%s expected, but the expression ends", what);
	else
		pw_ast_fail_byte(p->ast, t->at, "%s expected, found '%.*s'%s", what,
				 (int)(t->end - t->at < 40 ? t->end - t->at : 40),
				 p->ast->source.data + t->at, advice(p));
	return NULL;
}

int pw_ast_advance(struct pw_ast_parser *p)
{
	p->last_end = p->token.end;
	return pw_ast_lex(p->ast, p->token.end, &p->token);
}

bool pw_ast_is_sign(const struct pw_ast_parser *p, const char *sign)
{
	return p->token.kind == PW_TOKEN_SIGN && strcmp(p->token.text.data, sign) == 0;
}

bool pw_ast_token_is(const struct pw_token *t, const char *word)
{
	return t->kind == PW_TOKEN_NAME && t->text.length == strlen(word) &&
	       strncasecmp(t->text.data, word, t->text.length) == 0;
}

bool pw_ast_is_word(const struct pw_ast_parser *p, const char *word)
{
	return pw_ast_token_is(&p->token, word);
}

int pw_ast_take_word(struct pw_ast_parser *p, const char *word)
{
	if (!pw_ast_is_word(p, word))
		return 0;
	return pw_ast_advance(p) < 0 ? -1 : 1;
}

int pw_ast_take_sign(struct pw_ast_parser *p, const char *sign)
{
	if (!pw_ast_is_sign(p, sign))
		return 0;
	return pw_ast_advance(p) < 0 ? -1 : 1;
}

int pw_ast_need_word(struct pw_ast_parser *p, const char *word)
{
	const int taken = pw_ast_take_word(p, word);
	if (taken == 0)
		pw_ast_fail_token(p, word);
	return taken > 0 ? 0 : -1;
}

int pw_ast_need_sign(struct pw_ast_parser *p, const char *sign)
{
	char what[8];
	const int taken = pw_ast_take_sign(p, sign);
	snprintf(what, sizeof what, "'%s'", sign);
	if (taken == 0)
		pw_ast_fail_token(p, what);
	return taken > 0 ? 0 : -1;
}

/* ---- nodes ---- */

struct pw_node *pw_ast_node(struct pw_ast_parser *p, enum pw_node_kind kind, uint32_t at)
{
	struct pw_node *n = pw_arena_alloc(&p->ast->arena, sizeof *n);
	*n = (struct pw_node){.kind = (uint8_t)kind, .at = at, .end = p->last_end, .point = at};
	n->depth = 1;
	return n;
}

struct pw_node *pw_ast_set_args(struct pw_ast_parser *p, struct pw_node *n, struct pw_node **args,
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

struct pw_node *pw_ast_operation(struct pw_ast_parser *p, enum pw_node_kind kind, const char *name,
				 uint32_t point, struct pw_node *a, struct pw_node *b)
{
	struct pw_node *args[2] = {a, b}, *n = pw_ast_node(p, kind, a->at);
	n->point = point;
	if (name != NULL)
		n->text = pw_slice_of(name);
	return pw_ast_set_args(p, n, args, b ? 2 : 1);
}

struct pw_node *pw_ast_negation(struct pw_ast_parser *p, struct pw_node *n)
{
	return n ? pw_ast_operation(p, PW_NODE_NOT, NULL, n->point, n, NULL) : NULL;
}

void pw_ast_nodes_add(struct pw_ast_nodes *list, struct pw_node *n)
{
	list->items =
		pw_mem_grow(list->items, &list->capacity, list->count + 1, sizeof *list->items);
	list->items[list->count++] = n;
}
