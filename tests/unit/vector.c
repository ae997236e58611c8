#include "../../lib/base/hash.h"
#include "../../lib/data/builder.h"
#include "../../lib/data/consolidate.h"
#include "../../lib/data/rowkey.h"
#include "check.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void schema_of(struct pw_schema *s, const char *const *fields)
{
	for (; *fields != NULL; fields += 2) {
		struct pw_type type;
		CHECK(pw_type_parse(pw_slice_of(fields[1]), &type) == 0);
		CHECK(pw_schema_add(s, pw_slice_of(fields[0]), type, false) == 0);
	}
}

static void words_come_back(void)
{
	struct pw_vector v;

	pw_vector_init(&v, PW_TYPE(PW_INT));
	for (int i = 0; i < 1000; i++) {
		if (i % 7 == 3)
			pw_vector_null(&v);
		else
			pw_vector_word(&v, i * 5 - 100);
	}
	const struct pw_column *c = pw_vector_view(&v);
	CHECK(c->encoding == PW_PLAIN && c->rows == 1000);
	for (uint32_t i = 0; i < 1000; i++) {
		CHECK(pw_column_null(c, i) == (i % 7 == 3));
		CHECK(pw_column_int(c, i) == (i % 7 == 3 ? 0 : (int)i * 5 - 100));
	}
	pw_vector_release(&v);
}

/* Few words many times are a dictionary; each entry stands there once. */
static void repeats_are_a_dictionary(void)
{
	struct pw_vector v;
	char text[32];

	pw_vector_init(&v, PW_TYPE(PW_STR));
	pw_vector_intern(&v);
	for (int batch = 0; batch < 3; batch++) {
		pw_vector_clear(&v);
		for (int i = 0; i < 5000; i++) {
			const int n = sprintf(text, "word%d%s", i % 100,
					      i % 2 ? " and a longer tail" : "");
			if (i % 11 == 5)
				pw_vector_null(&v);
			else
				pw_vector_text(&v, text, (size_t)n);
		}
		const struct pw_column *c = pw_vector_view(&v);
		CHECK(c->encoding == PW_DICTIONARY && c->inner->rows == 100);
		for (int i = 0; i < 5000; i++) {
			const int n = sprintf(text, "word%d%s", i % 100,
					      i % 2 ? " and a longer tail" : "");
			CHECK(pw_column_null(c, (uint32_t)i) == (i % 11 == 5));
			if (i % 11 != 5)
				CHECK(pw_slice_equal(pw_column_text(c, (uint32_t)i),
						     (struct pw_slice){text, (size_t)n}));
		}
	}
	pw_vector_release(&v);
}

static void different_texts_are_plain(void)
{
	struct pw_vector v;
	char text[32];

	pw_vector_init(&v, PW_TYPE(PW_STR));
	pw_vector_intern(&v);
	for (int batch = 0; batch < 10; batch++) {
		pw_vector_clear(&v);
		for (int i = 0; i < 3000; i++)
			pw_vector_text(&v, text, (size_t)sprintf(text, "%d", i));
		const struct pw_column *c = pw_vector_view(&v);
		CHECK(c->encoding == PW_PLAIN);
		for (int i = 0; i < 3000; i++)
			CHECK(pw_slice_equal(
				pw_column_text(c, (uint32_t)i),
				(struct pw_slice){text, (size_t)sprintf(text, "%d", i)}));
	}
	pw_vector_release(&v);
}

static void equal_rows_are_constant(void)
{
	struct pw_vector v;

	pw_vector_init(&v, PW_TYPE(PW_FLOAT));
	for (int i = 0; i < 10; i++)
		pw_vector_float(&v, i % 2 ? -0.0 : 0.0);
	CHECK(pw_vector_view(&v)->encoding == PW_CONSTANT);
	pw_vector_clear(&v);
	for (int i = 0; i < 10; i++)
		pw_vector_null(&v);
	CHECK(pw_vector_view(&v)->encoding == PW_CONSTANT && pw_column_null(&v.view[0], 7));
	pw_vector_release(&v);
}

/* The status of a process that adds n rows of a text behind bytes that are there already. */
static int status_behind(size_t there, const struct pw_column *c, uint32_t n)
{
	const size_t room = (size_t)5 << 30;
	int status = -1;

	fflush(stdout);
	const pid_t pid = fork();
	if (pid == 0) {
		struct pw_vector v;
		pw_vector_init(&v, PW_TYPE(PW_STR));
		v.bytes =
			(struct pw_bytes){mmap(NULL, room, PROT_READ | PROT_WRITE,
					       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
					  there, room};
		close(STDERR_FILENO);
		if (n == 1)
			pw_vector_text(&v, "xyz", 3);
		else
			pw_vector_append(&v, c, 0, n);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* Offsets are 32 bits: what they can't say ends the program, and is never said wrongly. */
static void four_gigabytes_are_the_limit(void)
{
	struct pw_vector v;

	pw_vector_init(&v, PW_TYPE(PW_STR));
	pw_vector_text(&v, "abc", 3);
	pw_vector_text(&v, "def", 3);
	const struct pw_column *c = pw_vector_view(&v);
	CHECK(status_behind(UINT32_MAX - 3, c, 1) == 0);
	CHECK(status_behind(UINT32_MAX - 2, c, 1) == 5);
	CHECK(status_behind(UINT32_MAX - 6, c, 2) == 0);
	CHECK(status_behind(UINT32_MAX - 5, c, 2) == 5);
	pw_vector_release(&v);
}

static void truncation_takes_rows_back(void)
{
	struct pw_vector v;

	pw_vector_init(&v, PW_LIST_OF(PW_TYPE(PW_STR)));
	for (int i = 0; i < 20; i++) {
		for (int j = 0; j < i; j++)
			pw_vector_text(v.inner, "xyz", (size_t)(j % 4));
		if (i % 3 == 0)
			pw_vector_null(&v);
		else
			pw_vector_list(&v);
	}
	pw_vector_truncate(&v, 5);
	pw_vector_text(v.inner, "a", 1);
	pw_vector_list(&v);
	const struct pw_column *c = pw_vector_view(&v);
	uint32_t from, to;
	pw_column_list(c, 5, &from, &to);
	CHECK(c->rows == 6 && v.nulls == 2 && to - from == 1);
	pw_vector_release(&v);
}

/* A random row of every type, nulls and lists of nulls included. */
static const char *const every[] = {"b", "bool", "i", "int",       "f", "float",
				    "s", "str",  "y", "bytes",     "t", "datetime",
				    "u", "uuid", "l", "list<str>", "m", "list<list<int>>",
				    NULL};

static void random_text(struct pw_vector *v)
{
	char text[40];
	const int n = rand() % 4 == 0 ? rand() % 40 : rand() % 3;

	for (int i = 0; i < n; i++)
		text[i] = (char)(rand() % 3);
	pw_vector_text(v, text, (size_t)n);
}

static void random_row(struct pw_builder *b)
{
	static const int64_t ints[] = {0, 1, -1, INT64_MAX, INT64_MIN, 255, 256};
	static const double floats[] = {0.0,     -1.5,      1.5,       1e300,
					-1e-300, 0.0 / 0.0, 1.0 / 0.0, -1.0 / 0.0};
	uint8_t id[16];

	for (size_t i = 0; i < b->schema->count; i++) {
		struct pw_vector *v = &b->vectors[i];
		if (rand() % 5 == 0) {
			pw_vector_null(v);
			continue;
		}
		switch (i) {
		case 0:
			pw_vector_bool(v, rand() & 1);
			break;
		case 1:
			pw_vector_word(v, ints[rand() % 7]);
			break;
		case 2:
			pw_vector_float(v, floats[rand() % 8]);
			break;
		case 3:
		case 4:
			random_text(v);
			break;
		case 5:
			pw_vector_word(v, ints[rand() % 7]);
			break;
		case 6:
			for (int j = 0; j < 16; j++)
				id[j] = (uint8_t)(rand() % 2);
			pw_vector_uuid(v, id);
			break;
		case 7:
			for (int j = rand() % 3; j > 0; j--)
				rand() % 4 ? random_text(v->inner) : pw_vector_null(v->inner);
			pw_vector_list(v);
			break;
		default:
			for (int j = rand() % 3; j > 0; j--) {
				for (int k = rand() % 3; k > 0; k--)
					pw_vector_word(v->inner->inner, ints[rand() % 7]);
				pw_vector_list(v->inner);
			}
			pw_vector_list(v);
		}
	}
	pw_builder_row(b, 2, 1);
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

/* Keys sort as pw_column_compare does, and give the values back. */
static void keys_sort_and_come_back(void)
{
	struct pw_schema schema = {0};
	struct pw_builder b, back;
	struct pw_rowkeys k = {0};

	srand(7);
	schema_of(&schema, every);
	pw_builder_init(&b, &schema);
	pw_builder_init(&back, &schema);
	for (int i = 0; i < 300; i++)
		random_row(&b);
	const struct pw_batch *batch = pw_builder_view(&b);
	for (int c = 0; c < (int)schema.count; c++) {
		for (int down = 0; down < 2; down++) {
			const bool descending = down;
			pw_rowkeys_encode(&k, batch, &c, 1, &descending);
			for (uint32_t i = 0; i < 300; i++) {
				const struct pw_slice x = pw_rowkeys_at(&k, i),
						      y = pw_rowkeys_at(&k, i * 7 % 300);
				const size_t n = x.length < y.length ? x.length : y.length;
				const int by_key =
					memcmp(x.data, y.data, n) ?: (int)x.length - (int)y.length;
				int by_value = pw_column_compare(&batch->columns[c], i,
								 &batch->columns[c], i * 7 % 300);
				if (down && !pw_column_null(&batch->columns[c], i) &&
				    !pw_column_null(&batch->columns[c], i * 7 % 300))
					by_value = -by_value;
				CHECK(sign(by_key) == sign(by_value));
				if (down) {
					const char *at = x.data;
					pw_rowkey_take(&at, x.data + x.length,
						       schema.fields[c].type, down,
						       &back.vectors[c]);
					CHECK(at == x.data + x.length);
				}
			}
		}
	}
	pw_builder_rows(&back, 2, 300);
	const struct pw_batch *again = pw_builder_view(&back);
	for (size_t c = 0; c < schema.count; c++)
		for (uint32_t i = 0; i < 300; i++)
			CHECK(pw_column_compare(&batch->columns[c], i, &again->columns[c], i) == 0);
	pw_builder_release(&b);
	pw_builder_release(&back);
	pw_rowkeys_release(&k);
	pw_schema_release(&schema);
}

/* append, gather and consolidate over every type, interned or not. */
static void copies_are_equal(void)
{
	struct pw_schema schema = {0};
	struct pw_builder b, out;
	uint32_t rows[100];

	srand(8);
	schema_of(&schema, every);
	for (int intern = 0; intern < 4; intern++) {
		pw_builder_init(&b, &schema);
		pw_builder_init(&out, &schema);
		if (intern & 1)
			pw_builder_intern(&b);
		if (intern & 2)
			pw_builder_intern(&out);
		for (int i = 0; i < 300; i++)
			random_row(&b);
		const struct pw_batch *batch = pw_builder_view(&b);
		for (uint32_t i = 0; i < 100; i++)
			rows[i] = i * 3;
		pw_builder_gather(&out, batch, rows, 100);
		pw_builder_append(&out, batch, 13, 200);
		const struct pw_batch *copy = pw_builder_view(&out);
		CHECK(copy->rows == 300);
		for (size_t c = 0; c < schema.count; c++)
			for (uint32_t i = 0; i < 300; i++)
				CHECK(pw_column_compare(&copy->columns[c], i, &batch->columns[c],
							i < 100 ? i * 3 : i - 100 + 13) == 0);
		pw_builder_release(&b);
		pw_builder_release(&out);
	}
	pw_schema_release(&schema);
}

static void consolidation_sums(void)
{
	static const char *const fields[] = {"k", "str", NULL};
	static const struct {
		const char *k;
		pw_time t;
		pw_diff d;
	} in[] = {
		{"a", 2, 1}, {"b", 2, 1},  {"a", 2, -1}, {"c", 2, 2},  {"c", 2, 3},
		{"a", 4, 1}, {"b", 4, -1}, {"b", 4, 1},  {"c", 6, -5},
	};
	struct pw_schema schema = {0};
	struct pw_builder b, out;

	schema_of(&schema, fields);
	pw_builder_init(&b, &schema);
	pw_builder_init(&out, &schema);
	for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
		pw_vector_text(&b.vectors[0], in[i].k, 1);
		pw_builder_row(&b, in[i].t, in[i].d);
	}
	CHECK(pw_consolidate(&out, pw_builder_view(&b)) == 0);
	const struct pw_batch *v = pw_builder_view(&out);
	CHECK(v->rows == 4 && v->run_count == 3);
	CHECK(pw_column_text(&v->columns[0], 0).data[0] == 'b' && v->diffs[0] == 1);
	CHECK(pw_column_text(&v->columns[0], 1).data[0] == 'c' && v->diffs[1] == 5);
	CHECK(pw_column_text(&v->columns[0], 2).data[0] == 'a' && v->runs[1].time == 4);
	CHECK(v->diffs[3] == -5);
	pw_builder_release(&b);
	pw_builder_release(&out);
	pw_schema_release(&schema);
}

int main(void)
{
	pw_hash_start();
	TEST(words_come_back);
	TEST(repeats_are_a_dictionary);
	TEST(different_texts_are_plain);
	TEST(equal_rows_are_constant);
	TEST(four_gigabytes_are_the_limit);
	TEST(truncation_takes_rows_back);
	TEST(keys_sort_and_come_back);
	TEST(copies_are_equal);
	TEST(consolidation_sums);
	return check_done();
}
