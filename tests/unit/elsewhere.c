/* Each function of other systems is named with what to write here, and all of that is written. */
#include "../../lib/expr/elsewhere.h"
#include "../../lib/expr/expr.h"
#include "../../lib/expr/function.h"
#include "../../lib/op/calls.h"
#include "check.h"

#include <stdlib.h>

/* The names that what is written uses. */
static const char *const fields[][2] = {
	{"x", "float"},     {"y", "float"},    {"n", "int"},  {"s", "str"},
	{"t", "datetime"},  {"u", "datetime"}, {"b", "bool"}, {"l", "list<int>"},
	{"w", "list<str>"}, {"j", "json"},
};
static struct pw_schema schema;

static void make_schema(void)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		struct pw_type type;
		CHECK(pw_type_parse(pw_slice_of(fields[i][1]), &type) == 0);
		CHECK(pw_schema_add(&schema, pw_slice_of(fields[i][0]), type, false) == 0);
	}
	schema.append_only = true;
}

/* Does pw-groupby take it, or pw-select? */
static bool works(const char *text)
{
	struct pw_calls calls;
	struct pw_ast ast = {0};
	struct pw_expr x;

	if (pw_ast_parse(&ast, text, false, &schema, NULL) < 0)
		return false;
	const bool grouped = pw_ast_find_aggregate(ast.root) != NULL;
	bool good = true;
	if (!grouped) {
		pw_expr_init(&x, &schema);
		good = pw_expr_add(&x, &ast, ast.root) >= 0;
		pw_expr_release(&x);
	} else {
		pw_calls_init(&calls, &schema);
		good = pw_calls_add(&calls, text) == 0 && pw_calls_ready(&calls) == 0;
		if (good)
			pw_calls_release(&calls);
	}
	pw_ast_release(&ast);
	return good;
}

static void check_name(const struct pw_elsewhere *e, struct pw_slice name)
{
	struct pw_bytes call = {0}, advice = {0};
	struct pw_ast ast = {0};

	pw_bytes_print(&call, "1 + %.*s(zz, 'q') OVER (", (int)name.length, name.data);
	pw_elsewhere_advice(e, &advice);
	CHECK(pw_elsewhere_find(name) == e); /* no other entry has it */
	CHECK(!pw_function_known(name));
	CHECK(pw_ast_parse(&ast, pw_bytes_string(&call), true, &schema, NULL) < 0);
	const char *said = pw_fail_text();
	const bool good = strstr(said, "' is not a function: ") != NULL &&
			  strstr(said, pw_bytes_string(&advice)) != NULL;
	if (!good)
		printf("# %s: %s\n", pw_bytes_string(&call), said);
	CHECK(good);
	pw_bytes_release(&call);
	pw_bytes_release(&advice);
}

static void each_name(void)
{
	const struct pw_elsewhere *e;
	size_t count = 0;

	for (size_t i = 0; (e = pw_elsewhere_at(i)) != NULL; i++)
		for (const char *at = e->names; *at != '\0'; count++) {
			const size_t n = strcspn(at, " ");
			check_name(e, (struct pw_slice){at, n});
			at += n + (at[n] == ' ');
		}
	printf("# %zu names\n", count);
}

static void check_works(const char *text)
{
	const bool good = works(text);
	if (!good)
		printf("# %s: %s\n", text, pw_fail_text());
	CHECK(good);
}

static void each_advice(void)
{
	const struct pw_elsewhere *e;

	for (size_t i = 0; (e = pw_elsewhere_at(i)) != NULL; i++) {
		CHECK(e->ours != NULL || e->note != NULL);
		for (const char *at = e->ours; at != NULL;) {
			const char *next = strstr(at, " or ");
			char *one = pw_mem_copy(at, next ? (size_t)(next - at) : strlen(at));
			check_works(one);
			free(one);
			at = next ? next + 4 : NULL;
		}
	}
}

static void groups(void)
{
	static const char *const names[] = {"len",    "length",    "greatest",   "least",
					    "concat", "concat_ws", "list_value", "json_array"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct pw_slice name = pw_slice_of(names[i]);
		CHECK(pw_function_known(name));
		CHECK(pw_elsewhere_of_group(name) != NULL);
		check_works(pw_elsewhere_of_group(name));
	}
}

int main(void)
{
	make_schema();
	TEST(each_name);
	TEST(each_advice);
	TEST(groups);
	pw_schema_release(&schema);
	return check_done();
}
