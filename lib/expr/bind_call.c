#include "bind_internal.h"
#include "function.h"

/* How far the arguments are from the parameters; 0 is exact, -1: no match. T's type in *any. */
static int match(const struct pw_signature *g, struct pw_step *const *args, size_t count,
		 struct pw_type *any)
{
	int cost = 0;
	struct pw_type seen = PW_BIND_UNKNOWN;
	const struct pw_step *first = NULL; /* which gave T its type */

	if (g->variadic ? count + 1 < g->count : count != g->count)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct pw_type p = g->params[i < g->count ? i : g->count - 1];
		struct pw_type have = args[i]->type;
		if (p.base < PW_BASES) {
			if (!pw_bind_converts(args[i], p))
				return -1;
			cost += pw_bind_same(have, p)      ? 0
				: pw_bind_is_unknown(have) ? 1
							   : 2 + pw_bind_text_becomes(args[i], p);
			continue;
		}
		if (p.base == PW_EACH) {
			cost += 2;
			continue;
		}
		if (p.depth > 0 && !pw_bind_is_unknown(have)) {
			if (have.depth == 0)
				return -1;
			have = pw_type_element(have);
		}
		cost += 1; /* a function of just this type is nearer */
		if (pw_bind_is_unknown(have))
			continue;
		if (p.base == PW_ANY_TIME && !pw_bind_text_becomes(args[i], PW_TYPE(PW_DATETIME)) &&
		    !pw_bind_same(have, PW_TYPE(PW_DATETIME)) &&
		    !pw_bind_same(have, PW_TYPE(PW_DATETIME_UTC)))
			return -1;
		if (p.base == PW_ANY_TIME && have.base == PW_STR) {
			if (pw_bind_is_unknown(seen))
				seen = PW_TYPE(PW_DATETIME);
			continue;
		}
		if (pw_bind_is_unknown(seen)) {
			seen = have;
			first = args[i];
		} else if (!pw_bind_same(seen, have)) {
			const bool up = pw_bind_is_int_to_float(seen, have);
			if (!up && !pw_bind_is_int_to_float(have, seen) &&
			    !pw_bind_text_becomes(args[i], seen) &&
			    !(first && pw_bind_text_becomes(first, have)))
				return -1;
			if (up || (first && pw_bind_text_becomes(first, have)))
				seen = have;
			cost += 2;
		}
	}
	*any = seen;
	return cost;
}

static struct pw_type fill_in(struct pw_type p, struct pw_type any)
{
	if (p.base < PW_BASES)
		return p;
	any.depth = (uint8_t)(any.depth + p.depth);
	return any;
}

/* have: "str and int", the operands' types */
static const char *sign_advice(struct pw_slice name, struct pw_bytes *have)
{
	const char *types = pw_bytes_string(have);

	if (*name.data == '+' && strstr(types, "str") != NULL)
		return " (|| joins texts, CAST(x AS int) reads one)";
	if (pw_slice_equal(name, PW_SLICE("||")) && strstr(types, "bool") != NULL)
		return " (write OR)";
	return "";
}

/* Describes a call that no function fits. */
static void fail_call(struct pw_binder *b, const struct pw_node *node, struct pw_slice name,
		      struct pw_step *const *args, size_t count)
{
	struct pw_bytes have = {0}, want = {0};
	const struct pw_function *f;
	const bool sign = strchr("+-*/%|=!<>~[", *name.data) != NULL ||
			  pw_slice_equal(name, PW_SLICE("like"));

	for (size_t i = 0; i < count && i < 8; i++)
		pw_bytes_print(&have, "%s%s",
			       i == 0 ? ""
			       : sign ? " and "
				      : ", ",
			       pw_bind_type_name(args[i]->type));
	for (size_t i = 0; (f = pw_function_at(i)) != NULL; i++) {
		const char *params = strchr(f->signature, '(');
		if (pw_slice_equal(name, pw_slice_of(f->name)))
			pw_bytes_print(&want, "%s%s%s", want.length ? ", " : "", f->name, params);
	}
	if (sign)
		pw_ast_fail(b->ast, node, "'%.*s' is not defined for %s%s", (int)name.length,
			    name.data, pw_bytes_string(&have), sign_advice(name, &have));
	else
		pw_ast_fail(b->ast, node, "no %.*s(%s): there is %s", (int)name.length, name.data,
			    pw_bytes_string(&have), pw_bytes_string(&want));
	pw_bytes_release(&have);
	pw_bytes_release(&want);
}

/*
 * An int constant beside a float, in a comparison: made a float here, if it is
 * one exactly, so that floats are compared with floats.
 */
static struct pw_step *soften(struct pw_binder *b, const struct pw_node *node, struct pw_step *s,
			      const struct pw_step *beside)
{
	const int64_t exact = INT64_C(1) << 53;
	if (!s->done || !pw_bind_is_int_to_float(s->type, beside->type) ||
	    pw_column_null(&s->out, 0))
		return s;
	const int64_t x = pw_column_int(&s->out, 0);
	return x >= -exact && x <= exact ? pw_bind_convert(b, node, s, beside->type) : s;
}

struct pw_step *pw_bind_function(struct pw_binder *b, const struct pw_node *node, const char *name,
				 struct pw_step **args, size_t count)
{
	const struct pw_function *f, *best = NULL;
	struct pw_signature g, best_g = {0};
	struct pw_type any, best_any = PW_BIND_UNKNOWN;
	int best_cost = 0;

	if (count == 2 && strchr("=<>!", *name)) {
		args[0] = soften(b, node, args[0], args[1]);
		args[1] = soften(b, node, args[1], args[0]);
	}
	for (size_t i = 0; (f = pw_function_at(i)) != NULL; i++) {
		if (f->run == NULL || strcmp(f->name, name) != 0)
			continue;
		pw_function_signature(f, &g);
		const int cost = match(&g, args, count, &any);
		if (cost < 0 || (best != NULL && cost >= best_cost))
			continue;
		best = f;
		best_cost = cost;
		best_g = g;
		best_any = any;
	}
	if (best == NULL) {
		fail_call(b, node, pw_slice_of(name), args, count);
		return NULL;
	}
	if (pw_bind_is_unknown(best_any)) /* nothing but NULLs where any type would do */
		best_any = PW_TYPE(PW_STR);
	struct pw_step *s = pw_bind_new(b, PW_STEP_CALL, fill_in(best_g.result, best_any));
	s->function = best;
	for (size_t i = 0; i < count; i++) {
		const struct pw_type p = best_g.params[i < best_g.count ? i : best_g.count - 1];
		const struct pw_node *at = i < node->arg_count ? node->args[i] : node;
		if (p.base == PW_EACH)
			args[i] = pw_bind_is_unknown(args[i]->type)
					  ? pw_bind_null(b, at, PW_TYPE(PW_STR))
					  : args[i];
		else
			args[i] = pw_bind_convert(b, at, args[i], fill_in(p, best_any));
		if (args[i] == NULL)
			return NULL;
	}
	pw_bind_args(b, s, args, count);
	return pw_bind_add(b, node, s);
}

struct pw_step *pw_bind_function_1(struct pw_binder *b, const struct pw_node *node,
				   const char *name, struct pw_step *x)
{
	return x ? pw_bind_function(b, node, name, &x, 1) : NULL;
}

struct pw_step *pw_bind_function_2(struct pw_binder *b, const struct pw_node *node,
				   const char *name, struct pw_step *x, struct pw_step *y)
{
	struct pw_step *args[2] = {x, y};
	return x && y ? pw_bind_function(b, node, name, args, 2) : NULL;
}

struct pw_step *pw_bind_cast(struct pw_binder *b, const struct pw_node *node, struct pw_step *s,
			     struct pw_type to)
{
	const struct pw_function *f;
	struct pw_signature g;

	if (pw_bind_same(s->type, to))
		return s;
	if (pw_bind_is_unknown(s->type))
		return pw_bind_null(b, node, to);
	for (size_t i = 0; (f = pw_function_at(i)) != NULL; i++) {
		if (strcmp(f->name, "cast") != 0)
			continue;
		pw_function_signature(f, &g);
		const bool from_any = g.params[0].base == PW_ANY;
		const bool to_any_list = g.result.base == PW_ANY && to.depth > 0;
		if ((!from_any && !pw_bind_same(g.params[0], s->type)) ||
		    (!to_any_list && !pw_bind_same(g.result, to)))
			continue;
		struct pw_step *c = pw_bind_new(b, PW_STEP_CALL, to);
		c->function = f;
		pw_bind_args(b, c, &s, 1);
		return pw_bind_add(b, node, c);
	}
	struct pw_bytes from = {0};
	pw_bytes_text(&from, pw_bind_type_name(s->type));
	pw_ast_fail(b->ast, node, "%s %s cannot become %s %s", pw_bind_article(s->type),
		    pw_bytes_string(&from), pw_bind_article(to), pw_type_name(to));
	pw_bytes_release(&from);
	return NULL;
}
