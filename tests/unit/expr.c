#include "../../lib/expr/expr.h"
#include "../../lib/base/hash.h"
#include "../../lib/data/builder.h"
#include "../../lib/data/text.h"
#include "../../lib/expr/function.h"
#include "check.h"

#include <stdlib.h>

/*
 * A table of one row per line of cells; an empty cell is null. What an
 * expression gives is compared as a text: its rows joined by blanks, null as
 * "-", a row error as "!".
 */
static struct pw_schema schema;
static struct pw_builder builder;

static void set_table(const char *const *fields, const char *const *rows, bool intern)
{
	pw_builder_release(&builder);
	pw_schema_release(&schema);
	for (; *fields; fields++) {
		const char *space = strchr(*fields, ' ');
		struct pw_type type;
		if (pw_type_parse(pw_slice_of(space + 1), &type) < 0 ||
		    pw_schema_add(&schema, (struct pw_slice){*fields, (size_t)(space - *fields)},
				  type, false) < 0)
			abort();
	}
	schema.append_only = true;
	pw_builder_init(&builder, &schema);
	if (intern)
		pw_builder_intern(&builder);
	for (; *rows; rows++) {
		const char *at = *rows;
		for (size_t c = 0; c < schema.count; c++) {
			const size_t n = strcspn(at, "|");
			if (n == 0)
				pw_vector_null(&builder.vectors[c]);
			else if (pw_text_read(&builder.vectors[c], (struct pw_slice){at, n}) < 0)
				abort();
			at += n + (at[n] == '|');
		}
		pw_builder_row(&builder, 2, 1);
	}
}

static void add_value(struct pw_bytes *b, const struct pw_column *c, const uint8_t *errors,
		      uint32_t i)
{
	if (errors != NULL && pw_bit(errors, i))
		pw_bytes_put(b, '!');
	else if (pw_column_null(c, i))
		pw_bytes_put(b, '-');
	else
		pw_text_add(b, c, i);
	if (errors != NULL && pw_bit(errors, i) && !pw_column_null(c, i))
		pw_bytes_text(b, " (a failed row is not null)");
}

/* What the expression gives for the table, or the message. */
static const char *value_of(const char *text)
{
	static struct pw_bytes b;
	struct pw_ast ast = {0};
	struct pw_expr x;

	pw_bytes_clear(&b);
	if (pw_ast_parse(&ast, text, false, &schema, NULL) < 0) {
		pw_bytes_text(&b, pw_fail_text());
		return pw_bytes_string(&b);
	}
	pw_expr_init(&x, &schema);
	const int output = pw_expr_add(&x, &ast, ast.root);
	pw_ast_release(&ast);
	if (output < 0) {
		pw_bytes_text(&b, pw_fail_text());
	} else {
		for (int again = 0; again < 2; again++) { /* the second run finds used memory */
			pw_bytes_clear(&b);
			pw_expr_run(&x, pw_builder_view(&builder));
			for (uint32_t i = 0; i < builder.rows; i++) {
				if (i)
					pw_bytes_put(&b, ' ');
				add_value(&b, pw_expr_column(&x, output),
					  pw_expr_errors(&x, output), i);
			}
		}
	}
	pw_expr_release(&x);
	return pw_bytes_string(&b);
}

static int is(const char *text, const char *want)
{
	const char *have = value_of(text);
	if (strcmp(have, want) == 0)
		return 1;
	printf("# %s\n#   gives %s\n#   wanted %s\n", text, have, want);
	return 0;
}

/* The message holds the text. */
static int says(const char *text, const char *want)
{
	const char *have = value_of(text);
	if (strstr(have, want) != NULL)
		return 1;
	printf("# %s\n#   says %s\n#   wanted %s\n", text, have, want);
	return 0;
}

static const char *const numbers[] = {"a int",      "b int",        "f float", "g float",
				      "s str",      "p bool",       "q bool",  "t datetime",
				      "d duration", "xs list<int>", "j json",  NULL};
static const char *const number_rows[] = {
	"1|0|0.5|0|x|true|false|2024-01-31T10:00:00|1h|[1,2]|{\"a\":{\"b\":7}}",
	"7|2|-2.5|nan|Zoë||true|1969-12-31T23:59:59|90s|[3]|[10,20]",
	"-7|2||1|x|false|||||",
	"9223372036854775807|-1|1e300|1e300|||false|2000-02-29|-5m|[]|{\"a\":\"t\\n\"}",
	NULL,
};

static void arithmetic(void)
{
	set_table(numbers, number_rows, false);
	CHECK(is("a + 1", "2 8 -6 !"));
	CHECK(is("a - b", "1 5 -9 !"));
	CHECK(is("b - a - 1", "-2 -6 8 !"));
	CHECK(is("a * 2", "2 14 -14 !"));
	CHECK(is("a // b", "! 3 -4 -9223372036854775807"));
	CHECK(is("a % b", "! 1 1 0"));
	CHECK(is("b / 2", "0.0 1.0 1.0 -0.5"));
	CHECK(is("f * g", "0.0 nan - inf"));
	CHECK(is("1.5 / g", "! nan 1.5 1.4999999999999998e-300"));
	CHECK(is("f + a", "1.5 4.5 - 1e300"));
	CHECK(is("-a", "-1 -7 7 -9223372036854775807"));
	CHECK(is("b ** 2", "0.0 4.0 4.0 1.0"));
	CHECK(is("1 + 2 * 3", "7 7 7 7"));
	CHECK(is("2 ** 3 ** 2 - 1", "511.0 511.0 511.0 511.0"));
	CHECK(is("-2 ** 2", "-4.0 -4.0 -4.0 -4.0"));
	CHECK(is("7 // 2 % 2", "1 1 1 1"));
	CHECK(is("1 // 0", "! ! ! !"));
	CHECK(is("-9223372036854775808", "-9223372036854775808 -9223372036854775808 "
					 "-9223372036854775808 -9223372036854775808"));
	CHECK(is("round(f * 1000 + 71.535, 2)", "571.54 -2428.47 - 1e303"));
	CHECK(is("round(f, -1)", "0.0 0.0 - 1e300"));
	CHECK(is("0x1F + b", "31 33 33 30"));
}

static void comparison(void)
{
	set_table(numbers, number_rows, false);
	CHECK(is("a > 1", "false true false true"));
	CHECK(is("1 < a", "false true false true"));
	CHECK(is("a >= 1.5", "false true false true"));
	CHECK(is("a = 9223372036854775807.0", "false false false false"));
	CHECK(is("a < 9223372036854775807.0", "true true true true"));
	CHECK(is("g >= a", "false true true true"));
	CHECK(is("f < 1", "true true - false"));
	CHECK(is("0.5 < b", "false true true false"));
	CHECK(is("f < g", "false true - false"));
	CHECK(is("g = g", "true true true true"));
	CHECK(is("g > 1e308", "false true false false"));
	CHECK(is("s = 'x'", "true false true -"));
	CHECK(is("s >= 'a'::str", "true false true -"));
	CHECK(is("p = q", "false - - -"));
	CHECK(is("t < '2000-01-01'", "false true - false"));
	CHECK(is("d >= 1h", "true false - false"));
	CHECK(is("a BETWEEN 1 AND 7", "true true false false"));
	CHECK(is("a NOT BETWEEN 1 AND 7", "false false true true"));
	CHECK(is("a IN (1, 7, NULL)", "true true - -"));
	CHECK(is("s IN ('x', 'y')", "true false true -"));
	CHECK(is("s NOT IN ('x', 'y')", "false true false -"));
	CHECK(is("1 IN (2, a)", "true false false false"));
	CHECK(is("2.5 NOT IN (0.5, 3, a, NULL)", "- - - -"));
	CHECK(is("s IS NULL", "false false false true"));
	CHECK(is("s IS NOT NULL", "true true true false"));
	CHECK(is("s IS DISTINCT FROM 'x'", "false true false true"));
	CHECK(is("p IS TRUE", "true false false false"));
	CHECK(is("p IS NOT FALSE", "true true false true"));
	CHECK(is("s LIKE 'Z_ë'", "false true false -"));
	CHECK(is("s LIKE '%o%'", "false true false -"));
	CHECK(is("s ~ '^[A-Z]'", "false true false -"));
	CHECK(is("s !~ 'x'", "false true false -"));
	CHECK(is("xs = [1, 2]", "true false - false"));
}

static void logic(void)
{
	set_table(numbers, number_rows, false);
	CHECK(is("p AND q", "false - false false"));
	CHECK(is("p OR q", "true true - -"));
	CHECK(is("NOT p", "false - true -"));
	CHECK(is("b != 0 AND a // b > 1", "false true false false"));
	CHECK(is("b = 0 OR a // b > 1", "true true false false"));
	CHECK(is("a // b > 1 OR b = 0", "! true false false"));
	CHECK(is("a // b > 1 AND FALSE", "! false false false"));
	CHECK(is("NULL AND p", "- - false -"));
	CHECK(is("NULL OR p", "true - - -"));
	CHECK(is("p AND a + 1 > 0", "true - false !"));
}

/* The list (value, value + step, ...) of count values, written by format, with an end put behind it. */
static const char *in_list(const char *x, const char *format, int from, int count, const char *end)
{
	static struct pw_bytes b;

	pw_bytes_clear(&b);
	pw_bytes_print(&b, "%s IN (", x);
	for (int k = 0; k < count; k++) {
		char item[64];
		snprintf(item, sizeof item, format, from + k);
		pw_bytes_print(&b, "%s%s", k ? ", " : "", item);
	}
	pw_bytes_print(&b, "%s)", end);
	return pw_bytes_string(&b);
}

static void searching(void)
{
	static const char *const fields[] = {"n int", "x float", "s str", "p bool", NULL};
	static const char *const rows[] = {
		"9007199254740993|9007199254740992|k3|true",
		"3|nan|k200|",
		"-1|0|zz|false",
		"|-0.0||true",
		"9223372036854775807|9223372036854775808|k7|true",
		NULL,
	};
	for (int interned = 0; interned < 2; interned++) {
		set_table(fields, rows, interned);
		/* an int with floats as = has it: exactly */
		CHECK(is("n IN (9007199254740992.0, 3.0)", "false true false - false"));
		CHECK(is("n NOT IN (9007199254740992.0, 3.5)", "true true true - true"));
		CHECK(is("n IN (9.3e18, 3.5)", "false false false - false"));
		CHECK(is("n IN (3.5, NULL)", "- - - - -"));
		CHECK(is("n IN (x, 3)", "false true false - false"));
		CHECK(is("x IN (9007199254740993, 0)", "false false true true false"));
		CHECK(is("x IN (9223372036854775807, 9007199254740992)",
			 "true false false false false"));
		CHECK(is("x IN (n, 0)", "false false true true false"));
		CHECK(is("n IN (1 // 0, 3)", "! ! ! ! !"));
		/* long lists are sets */
		CHECK(is(in_list("n", "%d", 0, 200, ""), "false true false - false"));
		CHECK(is(in_list("n", "%d.0", 0, 200, ""), "false true false - false"));
		CHECK(is(in_list("n", "%d", 0, 200, ", NULL"), "- true - - -"));
		CHECK(is(in_list("x", "%d", 0, 200, ", CAST('nan' AS float)"),
			 "false true true true false"));
		CHECK(is(in_list("x", "%d.5", 0, 200, ""), "false false false false false"));
		CHECK(is(in_list("s", "'k%d'", 0, 200, ""), "true false false - true"));
		CHECK(is(in_list("s", "'k%d'", 0, 201, ", NULL"), "true true - - true"));
		CHECK(is(in_list("'k7'", "'k%d'", 0, 200, ", s"), "true true true true true"));
		CHECK(is("p IN (TRUE, TRUE, TRUE, TRUE, TRUE, TRUE, TRUE, TRUE, TRUE)",
			 "true - false true true"));
	}
}

static void choices(void)
{
	set_table(numbers, number_rows, false);
	CHECK(is("CASE WHEN b != 0 THEN a // b ELSE 0 END", "0 3 -4 -9223372036854775807"));
	CHECK(is("CASE WHEN a // b > 3 THEN 1 ELSE 2 END", "! 2 2 2"));
	CHECK(is("CASE WHEN p THEN a ELSE f END", "1.0 -2.5 - 1e300"));
	CHECK(is("CASE WHEN a > 2 THEN 'big' END", "- big - big"));
	CHECK(is("CASE a WHEN 1 THEN 'one' WHEN 7 THEN 'seven' ELSE s END", "one seven x -"));
	CHECK(is("CASE WHEN p THEN xs ELSE [9] END", "[1,2] [9] [9] [9]"));
	CHECK(is("coalesce(s, 'none')", "x Zoë x none"));
	CHECK(is("coalesce(f, a)", "0.5 -2.5 -7.0 1e300"));
	CHECK(is("coalesce(b, a // 0)", "0 2 2 -1"));
	CHECK(is("coalesce(NULL, NULL)", "- - - -"));
	CHECK(is("try(a // b, -1)", "-1 3 -4 -9223372036854775807"));
	CHECK(is("try(a // b, a // 0)", "! 3 -4 -9223372036854775807"));
	CHECK(is("try(a + 1, NULL)", "2 8 -6 -"));
	CHECK(is("nullif(b, 2)", "0 - - -1"));
	CHECK(is("if(p, 'yes', 'no')", "yes no no no"));
	CHECK(is("greatest(a, b, 3)", "3 7 3 9223372036854775807"));
	CHECK(is("least(s, 'k')", "k Zoë k k"));
}

static void times(void)
{
	set_table(numbers, number_rows, false);
	CHECK(is("t + 1d", "2024-02-01T10:00:00 1970-01-01T23:59:59 - 2000-03-01T00:00:00"));
	CHECK(is("t - INTERVAL '5' MINUTE", "2024-01-31T09:55:00 1969-12-31T23:54:59 - "
					    "2000-02-28T23:55:00"));
	CHECK(is("t - datetime '2024-01-31'", "10h -19753d1s - -8737d"));
	CHECK(is("d // 1m", "60 1 - -5"));
	CHECK(is("d / 1h", "1.0 0.025 - -0.08333333333333333"));
	CHECK(is("d * 2", "2h 3m - -10m"));
	CHECK(is("d * 0.5", "30m 45s - -2m30s"));
	CHECK(is("year(t)", "2024 1969 - 2000"));
	CHECK(is("date_trunc('month', t)", "2024-01-01T00:00:00 1969-12-01T00:00:00 - "
					   "2000-02-01T00:00:00"));
	CHECK(is("date_trunc('week', t)", "2024-01-29T00:00:00 1969-12-29T00:00:00 - "
					  "2000-02-28T00:00:00"));
	CHECK(is("add_months(t, 1)", "2024-02-29T10:00:00 1970-01-31T23:59:59 - "
				     "2000-03-29T00:00:00"));
	CHECK(is("epoch_ms(commit_time())", "2 2 2 2"));
	CHECK(is("t::datetime_utc > '2000-01-01T00:00:00Z'", "true false - true"));
	CHECK(is("1h30m", "1h30m 1h30m 1h30m 1h30m"));
}

static void values(void)
{
	set_table(numbers, number_rows, false);
	CHECK(is("a::float", "1.0 7.0 -7.0 9.223372036854776e18"));
	CHECK(is("f::int", "0 -2 - !"));
	CHECK(is("CAST(s AS int)", "! ! ! -"));
	CHECK(is("b::str || '!'", "0! 2! 2! -1!"));
	CHECK(is("s::json", "! ! ! -"));
	CHECK(is("xs[1]", "1 3 - -"));
	CHECK(is("xs[-1]", "2 3 - -"));
	CHECK(is("xs[2]", "2 - - -"));
	CHECK(is("len(xs)", "2 1 - 0"));
	CHECK(is("[a, b][2]", "0 2 2 -1"));
	CHECK(is("[a // b, 1]", "! [3,1] [-4,1] [-9223372036854775807,1]"));
	CHECK(is("greatest(xs, [a // b])", "! [3] [-4] [-9223372036854775807]"));
	CHECK(is("list_contains(xs, 3)", "false true - false"));
	CHECK(is("j -> CAST('a' AS str) -> CAST('b' AS str)", "7 - - -"));
	CHECK(is("(j -> CAST('a' AS str) ->> CAST('b' AS str))::int + 1", "8 - - -"));
	CHECK(is("j -> -1", "- 20 - -"));
	CHECK(is("length(j ->> CAST('a' AS str))", "7 - - 2"));
	CHECK(is("length(s)", "1 3 1 -"));
	CHECK(is("upper(s)", "X ZOË X -"));
	CHECK(is("concat(s, '/', s)", "x/x Zoë/Zoë x/x /"));
	CHECK(is("length(\"a\\\"\\t\\x41\\u00e9\")", "5 5 5 5"));
	CHECK(is("r'\\d' || '''it's'''", "\\dit's \\dit's \\dit's \\dit's"));
	CHECK(is("NULL", "- - - -"));
	CHECK(is("typeof(a / b)", "float float float float"));
	CHECK(is("a /* so */ + b -- much\n # for\n * 0", "1 7 -7 9223372036854775807"));
}

/* The same over dictionary columns, constant columns and one row as over plain ones. */
static void encodings(void)
{
	static const char *const fields[] = {"s str", "n int", NULL};
	static const char *const rows[] = {"aa|1", "AA|1", "bb|1", "aa|1", "|1",   "bb|1", "12|1",
					   "aa|1", "AA|1", "bb|1", "aa|1", "12|1", NULL};
	static const char *const same[] = {"Aa|5", "Aa|5", "Aa|5", NULL};

	for (int intern = 0; intern < 2; intern++) {
		set_table(fields, rows, intern);
		const struct pw_batch *b = pw_builder_view(&builder);
		CHECK(b->columns[0].encoding == (intern ? PW_DICTIONARY : PW_PLAIN));
		CHECK(is("lower(s)", "aa aa bb aa - bb 12 aa aa bb aa 12"));
		CHECK(is("lower(s) || 'x'", "aax aax bbx aax - bbx 12x aax aax bbx aax 12x"));
		CHECK(is("s = 'aa'",
			 "true false false true - false false true false false true false"));
		CHECK(is("s IN ('aa', 'bb')",
			 "true false true true - true false true false true true false"));
		CHECK(is("s::int", "! ! ! ! - ! 12 ! ! ! ! 12"));
		CHECK(is("try(s::int, n)", "1 1 1 1 - 1 12 1 1 1 1 12"));
		CHECK(is("s || s", "aaaa AAAA bbbb aaaa - bbbb 1212 aaaa AAAA bbbb aaaa 1212"));
		CHECK(is("s ~ '^a'",
			 "true false false true - false false true false false true false"));
		CHECK(is("left(s, n)", "a A b a - b 1 a A b a 1"));
	}
	set_table(fields, same, true);
	CHECK(is("lower(s)", "aa aa aa"));
	CHECK(is("n + 1", "6 6 6"));
	CHECK(is("n // 0", "! ! !"));
	CHECK(is("CASE WHEN n > 1 THEN s ELSE 'y' END", "Aa Aa Aa"));
	CHECK(is("n > 1 AND s = 'Aa'", "true true true"));
	CHECK(is("coalesce(n // 0, 1)", "! ! !"));
	CHECK(is("try(n // 0, 1)", "1 1 1"));
	CHECK(is("n IN (5, 6)", "true true true"));
}

static void messages(void)
{
	set_table(numbers, number_rows, false);
	CHECK(says("a + bb", "expression: character 5: 'bb' is not a column (did you mean 'b'?)\n"
			     "  a + bb\n      ^"));
	CHECK(says("(a + 1", "character 1: this parenthesis is not closed"));
	CHECK(says("lenght(s)", "(did you mean 'length'?)"));
	CHECK(says("s + a", "'+' is not defined for str and int"));
	CHECK(says("s[1]", "'[]' is not defined for str and int"));
	CHECK(says("round(s)", "no round(str): there is"));
	CHECK(says("'s' = 'x'", "write `s` in back ticks for the column, or 's'::str"));
	CHECK(says("a && b", "write AND"));
	CHECK(says("s || (a < b)", "(write OR)"));
	CHECK(says("summ(a)", "(did you mean 'sum'?)"));
	CHECK(says("sum(a)", "is an aggregate"));
	CHECK(says("t > 'noon'", "'noon' is not a datetime"));
	CHECK(says("a AND p", "a condition is true or false, this is an int"));
	CHECK(says("s ~ '['", "the pattern at its byte"));
	CHECK(says("'a\\d'", "not an escape"));
	CHECK(says("a = ", "a value expected, but the expression ends"));
	CHECK(says("ż || a b", "character 8: an operator or the end expected, found 'b'\n"
			       "  ż || a b\n         ^"));
	CHECK(says("5q", "neither a number nor a duration"));
	CHECK(says("99999999999999999999", "does not fit in 64 bits"));
	CHECK(says("date_trunc('fortnight', t)", "not a unit"));
	CHECK(says("CASE WHEN p THEN 1 ELSE 'x' END", "one value is an int, another a str"));
	CHECK(says("xs::int", "cannot become"));
	CHECK(says("end", "back ticks"));
}

static void row_reasons(void)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{"a // b", "expression 'a // b': division by zero"},
		{"1 + a // b", "division by zero"},
		{"a + 1", "overflow: the result does not fit in 64 bits"},
		{"CAST(s AS int)", "'x' is not an int"},
		{"CASE WHEN p THEN f::int // b END", "division by zero"},
		{"strptime(s, '%Y')", "'x' is not a time written as '%Y'"},
	};
	set_table(numbers, number_rows, false);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pw_ast ast;
		struct pw_expr x;
		CHECK(pw_ast_parse(&ast, cases[i].text, false, NULL, NULL) == 0);
		pw_expr_init(&x, &schema);
		CHECK(pw_expr_add(&x, &ast, ast.root) == 0);
		pw_expr_run(&x, pw_builder_view(&builder));
		CHECK(pw_expr_check(&x) < 0 && pw_fail_status() == PW_DATA);
		CHECK(strstr(pw_fail_text(), cases[i].reason) != NULL);
		if (!strstr(pw_fail_text(), cases[i].reason))
			printf("# %s\n", pw_fail_text());
		pw_expr_release(&x);
		pw_ast_release(&ast);
	}
}

/* Every function's example gives what its line in the table says. */
static void examples(void)
{
	static const char *const fields[] = {"unused int", NULL}, *const rows[] = {"1", NULL};
	const struct pw_function *f;
	size_t count = 0, named = 0;
	const char *last = "";

	set_table(fields, rows, false);
	for (size_t i = 0; (f = pw_function_at(i)) != NULL; i++) {
		if (f->example == NULL)
			continue;
		CHECK(is(f->example, f->result ? f->result : "-"));
		count++;
		named += strcmp(last, f->name) != 0;
		last = f->name;
	}
	printf("# %zu examples of %zu functions\n", count, named);
}

static void names(void)
{
	static const char *const cases[][2] = {
		{"sum(amount)", "sum_amount"},
		{"count()", "count"},
		{"count", "count"},
		{"total = a + b", "total"},
		{"`half of it` = a", "half of it"},
		{"price * qty", "price_qty"},
		{"e = a = b", "e"},
		{"a == b", "a_b"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pw_ast ast;
		struct pw_bytes name = {0};
		CHECK(pw_ast_parse(&ast, cases[i][0], true, NULL, NULL) == 0);
		pw_ast_name(&ast, &name);
		CHECK(strcmp(pw_bytes_string(&name), cases[i][1]) == 0);
		pw_bytes_release(&name);
		pw_ast_release(&ast);
	}
}

/* What is printed parses to an equal tree. */
static void printing(void)
{
	static const char *const cases[] = {
		"a + b * -c ** 2",
		"NOT a IS NULL AND b NOT IN (1, 2.5, 'x\\n', NULL)",
		"CASE x WHEN 1 THEN 2 END",
		"CASE WHEN a THEN -5 ELSE left.x::list<int> END",
		"string_agg(DISTINCT w, '-' ORDER BY w DESC, v) KEEP NULLS FILTER (WHERE w > 5m)",
		"count(*) + `odd ``name`",
		"a[1][-2] -> 'x' ->> 3",
		"- (-9223372036854775808)",
		"a || b || c = d BETWEEN 1 AND 2 OR x !~ 'y'",
		"[1, [2], []]",
		"a IS NOT DISTINCT FROM b IS TRUE",
		"-1.5e300 - -0.0",
		"datetime '2024-01-01'",
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pw_ast ast, again;
		struct pw_bytes text = {0};
		CHECK(pw_ast_parse(&ast, cases[i], false, NULL, NULL) == 0);
		pw_ast_print(ast.root, &text);
		CHECK(pw_ast_parse(&again, pw_bytes_string(&text), false, NULL, NULL) == 0);
		if (again.root != NULL)
			CHECK(pw_ast_equal(ast.root, again.root));
		else
			printf("# %s: %s\n", pw_bytes_string(&text), pw_fail_text());
		pw_ast_release(&again);
		pw_ast_release(&ast);
		pw_bytes_release(&text);
	}
}

static void depth(void)
{
	struct pw_bytes b = {0};
	static const char *const open[] = {"(", "-", "NOT ", "f(", "[", "CASE WHEN "};
	for (size_t k = 0; k < sizeof open / sizeof *open; k++) {
		struct pw_ast ast;
		pw_bytes_clear(&b);
		for (size_t i = 0; i + strlen(open[k]) < 60000; i += strlen(open[k]))
			pw_bytes_text(&b, k == 1 && i % 2 ? " " : open[k]);
		CHECK(pw_ast_parse(&ast, pw_bytes_string(&b), false, NULL, NULL) < 0);
		CHECK(strstr(pw_fail_text(), "nested") != NULL);
	}
	struct pw_ast ast;
	pw_bytes_clear(&b);
	for (int i = 0; i < 20000; i++)
		pw_bytes_text(&b, "1+");
	pw_bytes_text(&b, "1");
	CHECK(pw_ast_parse(&ast, pw_bytes_string(&b), false, NULL, NULL) < 0);
	pw_bytes_release(&b);
}

/* Equal parts are computed once. */
static void sharing(void)
{
	struct pw_ast a, b;
	struct pw_expr x;
	set_table(numbers, number_rows, false);
	CHECK(pw_ast_parse(&a, "(a + b) * 2 + length(upper(s))", false, NULL, NULL) == 0);
	CHECK(pw_ast_parse(&b, "(a + b) * 2 - length(upper(s))", false, NULL, NULL) == 0);
	pw_expr_init(&x, &schema);
	pw_expr_add(&x, &a, a.root);
	const size_t steps = x.step_count;
	pw_expr_add(&x, &b, b.root);
	CHECK(x.step_count == steps + 1);
	pw_expr_release(&x);
	pw_ast_release(&a);
	pw_ast_release(&b);
}

static void selecting(void)
{
	struct pw_ast ast;
	struct pw_expr x;
	uint32_t rows[8];
	set_table(numbers, number_rows, false);
	CHECK(pw_ast_parse(&ast, "q = FALSE OR a = 7", false, NULL, NULL) == 0);
	pw_expr_init(&x, &schema);
	CHECK(pw_expr_add(&x, &ast, ast.root) == 0);
	pw_expr_run(&x, pw_builder_view(&builder));
	CHECK(pw_expr_select(&x, 0, rows) == 3 && rows[0] == 0 && rows[1] == 1 && rows[2] == 3);
	pw_expr_release(&x);
	pw_ast_release(&ast);
}

int main(void)
{
	pw_hash_start();
	TEST(arithmetic);
	TEST(comparison);
	TEST(logic);
	TEST(searching);
	TEST(choices);
	TEST(times);
	TEST(values);
	TEST(encodings);
	TEST(messages);
	TEST(row_reasons);
	TEST(examples);
	TEST(names);
	TEST(printing);
	TEST(depth);
	TEST(sharing);
	TEST(selecting);
	pw_builder_release(&builder);
	pw_schema_release(&schema);
	return check_done();
}
