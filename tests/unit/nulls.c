/*
 * nulls - no function leaves a value unset, and none lets one leak into its neighbours
 *
 * Every function of the table is evaluated over columns with random nulls, in
 * each choice of column types and of constants that can be bound, alone and
 * under AND, OR, NOT, CASE and coalesce. Between two runs all the memory that
 * the steps may write to is filled with another byte. Whatever it was, the
 * results must be equal bit for bit: the values of nulls too, as a kernel
 * that comes after may compute with them.
 */
#include "../../lib/base/hash.h"
#include "../../lib/data/builder.h"
#include "../../lib/data/text.h"
#include "../../lib/expr/bits_internal.h"
#include "../../lib/expr/expr.h"
#include "../../lib/expr/function.h"
#include "check.h"

#include <ctype.h>
#include <stdlib.h>

enum { ROWS = 43, ARGS_MAX = 8, TABLES = 3, TURNS = 300 };

static const char *const fields[] = {
	"b bool",        "i int",        "f float",        "s str",        "y bytes",
	"j json",        "t datetime",   "z datetime_utc", "d duration",   "u uuid",
	"bs list<bool>", "is list<int>", "fs list<float>", "ss list<str>",
};
enum { FIELDS = sizeof fields / sizeof *fields, VALUES = 4 };

static const char *const values[FIELDS][VALUES] = {
	{"true", "false", "true", "false"},
	{"1", "0", "-2", "3"},
	{"0.5", "-1", "nan", "2"},
	{"a", "Zoë", "", "12"},
	{"YWI=", "", "AA==", "YQ=="},
	{"{\"a\":1}", "[1,null]", "null", "true"},
	{"2024-01-31T10:00:00", "1969-12-31", "2000-02-29", "2024-12-30"},
	{"2024-01-31T10:00:00Z", "1969-12-31T00:00:00Z", "2000-02-29T00:00:00Z",
	 "2024-12-30T00:00:00Z"},
	{"1h", "-90s", "0s", "1d"},
	{"00112233-4455-6677-8899-aabbccddeeff", "ffffffff-ffff-ffff-ffff-ffffffffffff",
	 "00000000-0000-0000-0000-000000000000", "00112233-4455-6677-8899-aabbccddeef0"},
	{"[true]", "[]", "[null,false]", "[null]"},
	{"[1,2]", "[]", "[null,3]", "[null]"},
	{"[0.5]", "[]", "[null,2]", "[null]"},
	{"[\"a\"]", "[]", "[null,\"b\"]", "[null]"},
};

static struct pw_schema schema;
static struct pw_builder tables[TABLES];
static uint64_t dice = 1;
static unsigned long evaluated;

static uint32_t roll(uint32_t sides)
{
	dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(dice >> 33) % sides;
}

/* Table 0 is plain, 1 has its texts in dictionaries, and in 2 half the columns are constant. */
static void fill(int number)
{
	struct pw_builder *b = &tables[number];

	pw_builder_init(b, &schema);
	if (number == 1)
		pw_builder_intern(b);
	for (int i = 0; i < ROWS; i++) {
		for (uint32_t c = 0; c < FIELDS; c++)
			if (number == 2 && c % 2 == 0)
				pw_text_read(&b->vectors[c], pw_slice_of(values[c][0]));
			else if (roll(3) == 0)
				pw_vector_null(&b->vectors[c]);
			else
				pw_text_read(&b->vectors[c], pw_slice_of(values[c][roll(VALUES)]));
		pw_builder_row(b, 2, 1);
	}
}

static void start(void)
{
	for (int c = 0; c < FIELDS; c++) {
		const size_t n = strcspn(fields[c], " ");
		struct pw_type type;

		if (pw_type_parse(pw_slice_of(fields[c] + n + 1), &type) < 0 ||
		    pw_schema_add(&schema, (struct pw_slice){fields[c], n}, type, false) < 0)
			abort();
	}
	schema.append_only = true;
	for (int i = 0; i < TABLES; i++)
		fill(i);
}

/* ---- what a run has left, as bytes ---- */

static void poison(struct pw_expr *x, uint8_t with)
{
	for (size_t k = 0; k < x->step_count; k++) {
		struct pw_step *s = x->steps[k];
		const struct pw_buffer *const buffers[] = {
			&s->value_memory,  &s->spread_memory, &s->valid_memory,
			&s->error_memory,  &s->null_memory,   &s->fail_memory,
			&s->offset_memory, &s->code_memory,   &s->pick_memory,
		};
		if (s->done)
			continue;
		for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
			if (buffers[i]->data != NULL)
				memset(buffers[i]->data, with, buffers[i]->capacity);
		if (s->text.capacity > 0)
			memset(s->text.data, with, s->text.capacity);
		if (s->spare.capacity > 0)
			memset(s->spare.data, with, s->spare.capacity);
		for (struct pw_vector *v = s->has_list ? &s->list : NULL; v != NULL; v = v->inner) {
			if (v->values != NULL)
				memset(v->values, with, v->capacity * pw_type_width(v->type));
			if (v->valid != NULL)
				memset(v->valid, with, v->capacity / 8);
			if (v->bytes.capacity > 0)
				memset(v->bytes.data, with, v->bytes.capacity);
		}
	}
}

static void add_bits(struct pw_bytes *to, const uint8_t *bits, uint32_t n)
{
	for (uint32_t i = 0; i < n && bits != NULL; i++)
		pw_bytes_put(to, (char)('0' + pw_bit(bits, i)));
}

static void add_column(struct pw_bytes *to, const struct pw_column *c, uint32_t rows)
{
	const enum pw_form form = pw_type_form(c->type);
	const uint32_t n = c->encoding == PW_CONSTANT && rows > 0 ? 1 : rows;

	pw_bytes_print(to, "%d %d:", c->encoding, c->valid != NULL);
	add_bits(to, c->valid, n);
	if (c->encoding == PW_DICTIONARY) {
		pw_bytes_add(to, c->codes, n * sizeof *c->codes);
		add_column(to, c->inner, c->inner->rows);
	} else if (form <= PW_FORM_WIDE) {
		pw_bytes_add(to, c->values, n * pw_type_width(c->type));
	} else if (n > 0) {
		pw_bytes_add(to, c->offsets, ((size_t)n + 1) * sizeof *c->offsets);
		if (form == PW_FORM_TEXT)
			pw_bytes_add(to, c->bytes, c->offsets[n]);
		else
			add_column(to, c->inner, c->offsets[n]);
	}
}

static void add_run(struct pw_expr *x, struct pw_builder *table, struct pw_bytes *to)
{
	pw_bytes_clear(to);
	pw_expr_run(x, pw_builder_view(table));
	for (size_t k = 0; k < x->step_count; k++) {
		const struct pw_step *s = x->steps[k];

		if (s->done)
			continue;
		pw_bytes_print(to, "\n%zu %s ", k, s->function ? s->function->name : "");
		add_column(to, &s->out, s->out.rows);
		pw_bytes_print(to, " %d:", s->errors != NULL);
		add_bits(to, s->errors, s->one ? 1 : s->out.rows);
	}
}

/* Equal results, whatever was in the memory before? */
static bool is_steady(struct pw_expr *x)
{
	static const uint8_t with[] = {0x00, 0x55, 0xff, 0x01};
	static struct pw_bytes first, next;
	bool same = true;

	for (int t = 0; t < TABLES; t++) {
		add_run(x, &tables[t], &first);
		for (size_t i = 0; i < sizeof with && same; i++) {
			poison(x, with[i]);
			add_run(x, &tables[t], &next);
			same = first.length == next.length &&
			       memcmp(first.data, next.data, first.length) == 0;
		}
	}
	return same;
}

/* ---- the expressions ---- */

/* Adds the expression as an output; false, if it has no meaning with such arguments. */
static bool add(struct pw_expr *x, const char *text)
{
	struct pw_ast ast = {0};
	int output = -1;

	if (pw_ast_parse(&ast, text, false, NULL, NULL) == 0)
		output = pw_expr_add(x, &ast, ast.root);
	pw_ast_release(&ast);
	return output >= 0;
}

/* Where nulls and values of one row meet those of its neighbours. */
static const char *const around[] = {
	"(%s) AND b",
	"b OR (%s)",
	"NOT (%s)",
	"CASE WHEN (%s) THEN 1 ELSE 2 END",
	"CASE WHEN b THEN (%s) END",
	"coalesce((%s), (%s))",
	"(%s) = (%s)",
	"(%s) IN ((%s), (%s))",
	"greatest((%s), (%s))",
	"try((%s), NULL)",
	"[(%s)][1]",
};

static bool try_text(const char *text)
{
	struct pw_expr x;
	bool steady = true;

	pw_expr_init(&x, &schema);
	const bool bound = add(&x, text);
	pw_expr_release(&x);
	if (!bound)
		return false;
	pw_expr_init(&x,
		     &schema); /* inside others alone: an output's nulls are made zero at the end */
	for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
		struct pw_bytes outer = {0};

		for (const char *p = around[i]; *p; p++)
			if (p[0] == '%' && p[1] == 's')
				pw_bytes_text(&outer, text), p++;
			else
				pw_bytes_put(&outer, *p);
		add(&x, pw_bytes_string(&outer));
		pw_bytes_release(&outer);
	}
	steady = is_steady(&x);
	if (!steady)
		printf("# %s: differs with what was in the memory\n", text);
	CHECK(steady);
	evaluated++;
	pw_expr_release(&x);
	return true;
}

/* The arguments of the function in its example, as texts; how many, or 0 if it has no such call. */
static size_t example_args(const struct pw_function *f, struct pw_slice args[ARGS_MAX])
{
	const char *at = f->example == NULL ? NULL : strstr(f->example, f->name);
	size_t count = 0;
	int depth = 0;

	if (at == NULL || at[strlen(f->name)] != '(')
		return 0;
	at += strlen(f->name) + 1;
	for (const char *from = at; count < ARGS_MAX; at++) {
		if (*at == '\0')
			return 0;
		if (*at == '\'' || *at == '"') {
			const char quote = *at++;
			while (*at != quote && *at != '\0')
				at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
			if (*at == '\0')
				return 0;
			continue;
		}
		if (depth == 0 && (*at == ',' || *at == ')')) {
			args[count++] = (struct pw_slice){from, (size_t)(at - from)};
			if (*at == ')')
				return count;
			from = at + 1;
		}
		depth += (*at == '(' || *at == '[') - (*at == ')' || *at == ']');
	}
	return 0;
}

static void write_call(struct pw_bytes *text, const char *name, size_t count,
		       const struct pw_slice *args)
{
	const bool word = isalpha((unsigned char)*name);

	pw_bytes_clear(text);
	if (strcmp(name, "[]") == 0) {
		pw_bytes_print(text, "%.*s[%.*s]", (int)args[0].length, args[0].data,
			       (int)args[1].length, args[1].data);
		return;
	}
	if (word || count == 1)
		pw_bytes_print(text, "%s(", name);
	for (size_t k = 0; k < count; k++) {
		if (k > 0)
			pw_bytes_print(text, " %s ", word ? "," : name);
		pw_bytes_add(text, args[k].data, args[k].length);
	}
	if (word || count == 1)
		pw_bytes_put(text, ')');
}

/* The columns that can stand for a parameter, as names. */
static size_t columns_for(struct pw_type p, struct pw_slice *names)
{
	size_t count = 0;

	for (size_t c = 0; c < schema.count; c++) {
		const struct pw_type t = schema.fields[c].type;
		const bool any = p.base >= PW_BASES;

		if (any ? t.depth >= p.depth : t.base == p.base && t.depth == p.depth)
			names[count++] = pw_slice_of(schema.fields[c].name);
	}
	return count;
}

/*
 * All choices of a column or the example's constant for each argument, but no
 * more than a few hundred per form of a function. How many could be bound.
 */
static unsigned try_function(const struct pw_function *f)
{
	struct pw_slice choices[ARGS_MAX][FIELDS + 1], args[ARGS_MAX], constants[ARGS_MAX];
	struct pw_signature sig;
	struct pw_bytes text = {0};
	size_t counts[ARGS_MAX];
	unsigned bound = 0;
	uint64_t total = 1;

	pw_function_signature(f, &sig);
	const size_t given = example_args(f, constants);
	size_t count = sig.variadic && given > sig.count ? given : sig.count;
	if (count < 2 && sig.variadic)
		count = 2;
	if (count > ARGS_MAX)
		count = ARGS_MAX;
	for (size_t k = 0; k < count; k++) {
		const struct pw_type p = sig.params[k < sig.count ? k : sig.count - 1];

		counts[k] = columns_for(p, choices[k]);
		if (k < given)
			choices[k][counts[k]++] = constants[k];
		if (counts[k] == 0)
			choices[k][counts[k]++] = PW_SLICE("NULL");
		total *= counts[k];
	}
	for (uint64_t turn = 0; turn < total && turn < TURNS; turn++) {
		uint64_t left = turn;

		for (size_t k = 0; k < count; k++, left /= counts[k - 1]) {
			const bool same = k < given && total > TURNS && roll(2) == 0;
			const size_t some =
				total > TURNS ? roll((uint32_t)counts[k]) : left % counts[k];
			args[k] = choices[k][same ? counts[k] - 1 : some];
		}
		write_call(&text, f->name, count, args);
		bound += try_text(pw_bytes_string(&text));
	}
	pw_bytes_release(&text);
	return bound;
}

static void every_function(void)
{
	const struct pw_function *f;
	unsigned forms = 0, unbound = 0;

	for (size_t i = 0; (f = pw_function_at(i)) != NULL; i++) {
		const unsigned bound = try_function(f);

		forms++;
		if (bound == 0 && f->help != NULL) {
			printf("# %s %s: nothing could be bound\n", f->name, f->signature);
			unbound++;
		}
	}
	printf("# %u forms of functions, %lu expressions\n", forms, evaluated);
	CHECK(unbound == 0);
	CHECK(evaluated > 2 * forms);
}

static void casts(void)
{
	static const char *const types[] = {"bool",         "int",      "float",    "str",
					    "bytes",        "json",     "uuid",     "datetime",
					    "datetime_utc", "duration", "list<int>"};
	struct pw_bytes text = {0};

	for (size_t c = 0; c < schema.count; c++)
		for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
			pw_bytes_clear(&text);
			pw_bytes_print(&text, "%s::%s", schema.fields[c].name, types[t]);
			try_text(pw_bytes_string(&text));
			pw_bytes_clear(&text);
			pw_bytes_print(&text, "try(%s::%s, NULL)", schema.fields[c].name, types[t]);
			try_text(pw_bytes_string(&text));
		}
	pw_bytes_release(&text);
}

/* Each byte's lowest bit is its row's, whatever else is in it. */
static void packing(void)
{
	for (int i = 0; i < 10000; i++) {
		uint8_t bytes[8], want = 0;

		for (int k = 0; k < 8; k++) {
			bytes[k] = (uint8_t)roll(256);
			want |= (uint8_t)((bytes[k] & 1) << k);
		}
		CHECK(pw_bits_pack(bytes) == want);
	}
}

int main(void)
{
	pw_hash_start();
	start();
	TEST(packing);
	TEST(every_function);
	TEST(casts);
	for (int i = 0; i < TABLES; i++)
		pw_builder_release(&tables[i]);
	pw_schema_release(&schema);
	return check_done();
}
