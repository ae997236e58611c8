#include "ast.h"

#include "../data/names.h"
#include "../data/text.h"

#include <inttypes.h>

/* Operators are printed with parentheses around them: what binds how needs no second table. */

static void print_text(struct pw_bytes *out, struct pw_slice s, char quote)
{
	pw_bytes_put(out, quote);
	for (size_t i = 0; i < s.length; i++) {
		const unsigned char c = (unsigned char)s.data[i];
		if (c == (unsigned char)quote || c == '\\')
			pw_bytes_print(out, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			pw_bytes_print(out, "\\x%02x", c);
		else
			pw_bytes_put(out, (char)c);
	}
	pw_bytes_put(out, quote);
}

static void print_column(struct pw_bytes *out, struct pw_slice name)
{
	const char *dot = memchr(name.data, '.', name.length);
	const size_t first = dot ? (size_t)(dot - name.data) : 0;
	/* a name with a point was either qualified or written so in ticks: one column for both */
	if (dot && first > 0 && first + 1 < name.length) {
		pw_names_add_ticked(out, (struct pw_slice){name.data, first});
		pw_bytes_put(out, '.');
		pw_names_add_ticked(out, (struct pw_slice){dot + 1, name.length - first - 1});
		return;
	}
	pw_names_add_ticked(out, name);
}

static void print_args(struct pw_bytes *out, const struct pw_node *n, uint32_t from)
{
	for (uint32_t i = from; i < n->arg_count; i++) {
		if (i > from)
			pw_bytes_text(out, ", ");
		pw_ast_print(n->args[i], out);
	}
}

static void print_clauses(struct pw_bytes *out, const struct pw_clauses *c)
{
	for (uint32_t i = 0; i < c->order_count; i++) {
		pw_bytes_text(out, i ? ", " : " ORDER BY ");
		pw_ast_print(c->order[i].by, out);
		if (c->order[i].descending)
			pw_bytes_text(out, " DESC");
	}
	pw_bytes_put(out, ')');
	if (c->keep_nulls)
		pw_bytes_text(out, " KEEP NULLS");
	if (c->filter == NULL)
		return;
	pw_bytes_text(out, " FILTER (WHERE ");
	pw_ast_print(c->filter, out);
	pw_bytes_put(out, ')');
}

static bool is_name(struct pw_slice s)
{
	const char c = s.length > 0 ? (char)(s.data[0] | 0x20) : ' ';
	return (c >= 'a' && c <= 'z') || (c & 0x80) != 0 || (s.length > 0 && s.data[0] == '_');
}

static void print_call(struct pw_bytes *out, const struct pw_node *n)
{
	const bool like = pw_slice_equal(n->text, PW_SLICE("like")) && n->arg_count == 2;

	if (pw_slice_equal(n->text, PW_SLICE("[]"))) {
		pw_bytes_put(out, '(');
		pw_ast_print(n->args[0], out);
		pw_bytes_put(out, '[');
		pw_ast_print(n->args[1], out);
		pw_bytes_text(out, "])");
		return;
	}
	if (like || !is_name(n->text)) {
		pw_bytes_put(out, '(');
		if (n->arg_count == 2)
			pw_ast_print(n->args[0], out);
		pw_bytes_put(out, ' ');
		pw_bytes_add(out, n->text.data, n->text.length);
		pw_bytes_put(out, ' ');
		pw_ast_print(n->args[n->arg_count - 1], out);
		pw_bytes_put(out, ')');
		return;
	}
	pw_bytes_add(out, n->text.data, n->text.length);
	pw_bytes_put(out, '(');
	if (n->clauses && n->clauses->distinct)
		pw_bytes_text(out, "DISTINCT ");
	print_args(out, n, 0);
	if (n->clauses)
		print_clauses(out, n->clauses);
	else
		pw_bytes_put(out, ')');
}

static void print_case(struct pw_bytes *out, const struct pw_node *n)
{
	uint32_t i = 0;
	pw_bytes_text(out, "CASE");
	if (n->kind == PW_NODE_SWITCH) {
		pw_bytes_put(out, ' ');
		pw_ast_print(n->args[i++], out);
	}
	for (; i + 1 < n->arg_count; i += 2) {
		pw_bytes_text(out, " WHEN ");
		pw_ast_print(n->args[i], out);
		pw_bytes_text(out, " THEN ");
		pw_ast_print(n->args[i + 1], out);
	}
	pw_bytes_text(out, " ELSE ");
	pw_ast_print(n->args[i], out);
	pw_bytes_text(out, " END");
}

static void print_infix(struct pw_bytes *out, const struct pw_node *n, const char *word)
{
	pw_bytes_put(out, '(');
	pw_ast_print(n->args[0], out);
	pw_bytes_text(out, word);
	for (uint32_t i = 1; i < n->arg_count; i++) {
		if (i > 1)
			pw_bytes_text(out, " AND "); /* of BETWEEN */
		pw_ast_print(n->args[i], out);
	}
	pw_bytes_put(out, ')');
}

static void print_literal(struct pw_bytes *out, const struct pw_node *n)
{
	const bool negative = n->word < 0 || n->number < 0;
	if (negative)
		pw_bytes_put(out, '(');
	if (n->kind == PW_NODE_INT)
		pw_text_add_int(out, n->word);
	else if (n->kind == PW_NODE_FLOAT)
		pw_text_add_float(out, n->number);
	else
		pw_bytes_print(out, "interval '%" PRIi64 "ns'", n->word);
	if (negative)
		pw_bytes_put(out, ')');
}

void pw_ast_print(const struct pw_node *n, struct pw_bytes *out)
{
	switch ((enum pw_node_kind)n->kind) {
	case PW_NODE_NULL:
		pw_bytes_text(out, "NULL");
		break;
	case PW_NODE_BOOL:
		pw_bytes_text(out, n->word ? "TRUE" : "FALSE");
		break;
	case PW_NODE_INT:
	case PW_NODE_FLOAT:
	case PW_NODE_DURATION:
		print_literal(out, n);
		break;
	case PW_NODE_TEXT:
		print_text(out, n->text, '\'');
		break;
	case PW_NODE_COLUMN:
		print_column(out, n->text);
		break;
	case PW_NODE_CALL:
		print_call(out, n);
		break;
	case PW_NODE_AND:
		print_infix(out, n, " AND ");
		break;
	case PW_NODE_OR:
		print_infix(out, n, " OR ");
		break;
	case PW_NODE_NOT:
		pw_bytes_text(out, "(NOT ");
		pw_ast_print(n->args[0], out);
		pw_bytes_put(out, ')');
		break;
	case PW_NODE_IS_NULL:
		print_infix(out, n, " IS NULL");
		break;
	case PW_NODE_IS_TRUE:
		print_infix(out, n, " IS TRUE");
		break;
	case PW_NODE_IS_FALSE:
		print_infix(out, n, " IS FALSE");
		break;
	case PW_NODE_DISTINCT:
		print_infix(out, n, " IS DISTINCT FROM ");
		break;
	case PW_NODE_BETWEEN:
		print_infix(out, n, " BETWEEN ");
		break;
	case PW_NODE_IN:
		pw_bytes_put(out, '(');
		pw_ast_print(n->args[0], out);
		pw_bytes_text(out, " IN (");
		print_args(out, n, 1);
		pw_bytes_text(out, "))");
		break;
	case PW_NODE_CASE:
	case PW_NODE_SWITCH:
		print_case(out, n);
		break;
	case PW_NODE_CAST:
		pw_bytes_text(out, "CAST(");
		pw_ast_print(n->args[0], out);
		pw_bytes_print(out, " AS %s)", pw_type_name(n->type));
		break;
	case PW_NODE_LIST:
		pw_bytes_put(out, '[');
		print_args(out, n, 0);
		pw_bytes_put(out, ']');
		break;
	}
}
