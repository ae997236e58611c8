/* Writers: what a batch becomes in each format, from memory. */
#include "../../lib/fmt/writer.h"
#include "../../lib/base/hash.h"
#include "../../lib/data/builder.h"
#include "../../lib/data/text.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>

static int to_bytes(void *to, const void *data, size_t length)
{
	pw_bytes_add(to, data, length);
	return 0;
}

static void declare(struct pw_schema *s, const char *name, const char *type)
{
	struct pw_type t;

	if (pw_type_parse(pw_slice_of(type), &t) < 0 ||
	    pw_schema_add(s, pw_slice_of(name), t, false) < 0)
		abort();
}

/* A row from texts; NULL is null. */
static void row(struct pw_builder *b, pw_time time, pw_diff diff, const char *const *cells)
{
	for (size_t i = 0; i < b->schema->count; i++) {
		if (cells[i] == NULL)
			pw_vector_null(&b->vectors[i]);
		else if (pw_text_read(&b->vectors[i], pw_slice_of(cells[i])) < 0)
			abort();
	}
	pw_builder_row(b, time, diff);
}

static const char *written(const struct pw_writer_kind *kind, const struct pw_writer_options *how,
			   const struct pw_schema *schema, struct pw_builder *b)
{
	static struct pw_bytes out;
	struct pw_writer w;

	pw_bytes_clear(&out);
	if (pw_writer_open(&w, kind, schema, how, to_bytes, &out) < 0 ||
	    (b != NULL && pw_writer_batch(&w, pw_builder_view(b)) < 0) || pw_writer_end(&w) < 0) {
		pw_writer_close(&w);
		return pw_fail_text();
	}
	pw_writer_close(&w);
	return pw_bytes_string(&out);
}

#define ROW(b, time, diff, ...) row(b, time, diff, (const char *const[]){__VA_ARGS__})

static bool same(const char *found, const char *expected)
{
	if (strcmp(found, expected) != 0)
		printf("# found    %s\n# expected %s\n", found, expected);
	return strcmp(found, expected) == 0;
}

static const struct pw_writer_options plain = {0};

static void csv_quotes_where_it_must(void)
{
	struct pw_schema s = {0};
	struct pw_builder b;

	declare(&s, "a", "str");
	declare(&s, "b,\"c\"", "str");
	pw_builder_init(&b, &s);
	ROW(&b, 0, 1, "plain", " x ");
	ROW(&b, 0, 1, "a,b", "q\"q");
	ROW(&b, 0, 1, "", NULL);
	ROW(&b, 0, 1, "l\nf", "c\rr");
	ROW(&b, 0, 1, "more than sixteen bytes, and a comma", "ąę\tx");
	CHECK(same(written(&pw_writer_csv, &plain, &s, &b),
		   "a,\"b,\"\"c\"\"\"\nplain, x \n\"a,b\",\"q\"\"q\"\n\"\",\n\"l\nf\",\"c\rr\"\n"
		   "\"more than sixteen bytes, and a comma\",ąę\tx\n"));
	CHECK(same(written(&pw_writer_tsv, &plain, &s, &b),
		   "a\t\"b,\"\"c\"\"\"\nplain\t x \na,b\t\"q\"\"q\"\n\"\"\t\n\"l\nf\"\t\"c\rr\"\n"
		   "more than sixteen bytes, and a comma\t\"ąę\tx\"\n"));
	pw_builder_release(&b);
	pw_schema_release(&s);
}

/* Every type, as csv and as JSON; then with nulls. */
static void every_type(void)
{
	static const char *const types[] = {"bool",     "int",  "float",    "str",
					    "bytes",    "json", "datetime", "datetime_utc",
					    "duration", "uuid", "list<int>"};
	struct pw_schema s = {0};
	struct pw_builder b;

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		declare(&s, types[i], types[i]);
	pw_builder_init(&b, &s);
	ROW(&b, 0, 1, "true", "-9223372036854775808", "2.50", "x\"y", "AAEC", "{\"a\":[1,2]}",
	    "2024-02-29 23:59:59.500", "2024-01-01T01:30:00+01:00", "90m",
	    "00112233-4455-6677-8899-aabbccddeeff", "[1,null,3]");
	ROW(&b, 0, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	const char *csv =
		written(&pw_writer_csv, &(struct pw_writer_options){.no_header = true}, &s, &b);
	CHECK(same(csv, "true,-9223372036854775808,2.5,\"x\"\"y\",AAEC,\"{\"\"a\"\":[1,2]}\","
			"2024-02-29T23:59:59.5,2024-01-01T00:30:00Z,1h30m,"
			"00112233-4455-6677-8899-aabbccddeeff,\"[1,null,3]\"\n,,,,,,,,,,\n"));
	CHECK(same(written(&pw_writer_jsonl, &plain, &s, &b),
		   "{\"bool\":true,\"int\":-9223372036854775808,\"float\":2.5,\"str\":\"x\\\"y\","
		   "\"bytes\":\"AAEC\",\"json\":{\"a\":[1,2]},"
		   "\"datetime\":\"2024-02-29T23:59:59.5\","
		   "\"datetime_utc\":\"2024-01-01T00:30:00Z\",\"duration\":\"1h30m\","
		   "\"uuid\":\"00112233-4455-6677-8899-aabbccddeeff\",\"list<int>\":[1,null,3]}\n"
		   "{\"bool\":null,\"int\":null,\"float\":null,\"str\":null,\"bytes\":null,"
		   "\"json\":null,\"datetime\":null,\"datetime_utc\":null,\"duration\":null,"
		   "\"uuid\":null,\"list<int>\":null}\n"));
	pw_builder_release(&b);
	pw_schema_release(&s);
}

static void floats(void)
{
	static const char *const cells[] = {"nan",        "inf", "-inf",  "0.1",
					    "-0.75",      "3",   "1e100", "0.30000000000000004",
					    "123456.789", "1e-7"};
	struct pw_schema s = {0};
	struct pw_builder b;

	declare(&s, "x", "float");
	pw_builder_init(&b, &s);
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		row(&b, 0, 1, &cells[i]);
	CHECK(same(written(&pw_writer_csv, &plain, &s, &b),
		   "x\nnan\ninf\n-inf\n0.1\n-0.75\n3.0\n1e100\n0.30000000000000004\n123456.789\n"
		   "1e-7\n"));
	CHECK(same(
		written(&pw_writer_jsonl, &plain, &s, &b),
		"{\"x\":\"nan\"}\n{\"x\":\"inf\"}\n{\"x\":\"-inf\"}\n{\"x\":0.1}\n{\"x\":-0.75}\n"
		"{\"x\":3.0}\n{\"x\":1e100}\n{\"x\":0.30000000000000004}\n{\"x\":123456.789}\n"
		"{\"x\":1e-7}\n"));
	pw_builder_release(&b);
	pw_schema_release(&s);
}

/* The same text from every kernel as from the one value at a time. */
static void floats_agree_with_text(void)
{
	struct pw_schema s = {0};
	struct pw_builder b;
	struct pw_bytes expected = {0};
	uint64_t x = 88172645463325252u;

	declare(&s, "x", "float");
	pw_builder_init(&b, &s);
	for (int i = 0; i < 200000; i++) {
		double f;
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		if (i % 4 == 0)
			memcpy(&f, &x, sizeof f);
		else
			f = (double)(int64_t)(x >> (8 + i % 50)) / pow(10, i % 9) *
			    (i % 2 ? 1 : -1);
		f = pw_float_canonical(f);
		pw_vector_float(&b.vectors[0], f);
		pw_builder_row(&b, 0, 1);
		pw_text_add_float(&expected, f);
		pw_bytes_put(&expected, '\n');
	}
	const char *found =
		written(&pw_writer_csv, &(struct pw_writer_options){.no_header = true}, &s, &b);
	CHECK(strcmp(found, pw_bytes_string(&expected)) == 0);
	pw_bytes_release(&expected);
	pw_builder_release(&b);
	pw_schema_release(&s);
}

/* Dictionary and constant columns, with nulls, across several blocks. */
static void encodings(void)
{
	static const char *const words[] = {"red", "gr,een", NULL, "",
					    "a blue that is rather long"};
	static const char *const cells[] = {"red", "\"gr,een\"", "", "\"\"",
					    "a blue that is rather long"};
	struct pw_schema s = {0};
	struct pw_builder b;
	struct pw_bytes expected = {0};

	declare(&s, "w", "str");
	declare(&s, "c", "str");
	declare(&s, "n", "int");
	pw_builder_init(&b, &s);
	pw_builder_intern(&b);
	pw_bytes_text(&expected, "w,c,n\n");
	for (int i = 0; i < 5000; i++) {
		char number[16];
		snprintf(number, sizeof number, "%d", i * 37 - 9000);
		ROW(&b, 0, 1, words[i * 7 % 5], "same", number);
		pw_bytes_print(&expected, "%s,same,%s\n", cells[i * 7 % 5], number);
	}
	CHECK(pw_builder_view(&b)->columns[0].encoding == PW_DICTIONARY);
	CHECK(pw_builder_view(&b)->columns[1].encoding == PW_CONSTANT);
	CHECK(strcmp(written(&pw_writer_csv, &plain, &s, &b), pw_bytes_string(&expected)) == 0);
	pw_bytes_release(&expected);
	pw_builder_release(&b);
	pw_schema_release(&s);
}

static void changes(void)
{
	struct pw_schema s = {0};
	struct pw_builder b;

	declare(&s, "k", "str");
	pw_builder_init(&b, &s);
	ROW(&b, 2, 1, "a");
	ROW(&b, 2, -3, "b");
	ROW(&b, PW_TIME_END, 2, "c");
	const struct pw_writer_options how = {.changes = true};
	CHECK(same(written(&pw_writer_csv, &how, &s, &b),
		   "k,_time,_diff\na,2,1\nb,2,-3\nc,end,2\n"));
	CHECK(same(written(&pw_writer_jsonl, &how, &s, &b),
		   "{\"k\":\"a\",\"_time\":2,\"_diff\":1}\n{\"k\":\"b\",\"_time\":2,\"_diff\":-3}\n"
		   "{\"k\":\"c\",\"_time\":\"end\",\"_diff\":2}\n"));
	pw_builder_release(&b);
	pw_schema_release(&s);
}

static void copies(void)
{
	struct pw_schema s = {0};
	struct pw_builder b;

	declare(&s, "k", "str");
	pw_builder_init(&b, &s);
	ROW(&b, 0, 1, "a");
	ROW(&b, 0, 3, NULL);
	CHECK(same(written(&pw_writer_csv, &plain, &s, &b), "k\na\n\n\n\n"));
	pw_builder_release(&b);
	pw_schema_release(&s);
}

static void delimiter_within_values(void)
{
	const struct pw_writer_options how = {.delimiter = ':'};
	struct pw_schema s = {0};
	struct pw_builder b;

	declare(&s, "t", "datetime");
	declare(&s, "n", "int");
	pw_builder_init(&b, &s);
	ROW(&b, 0, 1, "2024-01-01T00:00:00", "-7");
	CHECK(same(written(&pw_writer_csv, &how, &s, &b), "t:n\n\"2024-01-01T00:00:00\":-7\n"));
	const struct pw_writer_options bad = {.delimiter = '1'};
	CHECK(strstr(written(&pw_writer_csv, &bad, &s, NULL), "'1' cannot stand") != NULL);
	pw_builder_release(&b);
	pw_schema_release(&s);
}

static void lines(void)
{
	struct pw_schema s = {0}, two = {0};
	struct pw_builder b;

	declare(&s, "data", "str");
	pw_builder_init(&b, &s);
	ROW(&b, 0, 1, "a \"b\", c");
	ROW(&b, 0, 1, "");
	CHECK(same(written(&pw_writer_lines, &plain, &s, &b), "a \"b\", c\n\n"));
	ROW(&b, 0, 1, "two\nlines");
	CHECK(strstr(written(&pw_writer_lines, &plain, &s, &b), "line end") != NULL);
	pw_builder_clear(&b);
	ROW(&b, 0, 1, NULL);
	CHECK(strstr(written(&pw_writer_lines, &plain, &s, &b), "null") != NULL);
	declare(&two, "a", "str");
	declare(&two, "b", "str");
	CHECK(strstr(written(&pw_writer_lines, &plain, &two, NULL), "one text column") != NULL);
	pw_builder_release(&b);
	pw_schema_release(&s);
	pw_schema_release(&two);
}

static void pretty(void)
{
	struct pw_schema s = {0};
	struct pw_builder b;

	declare(&s, "city", "str");
	declare(&s, "n", "int");
	declare(&s, "note", "str");
	pw_builder_init(&b, &s);
	ROW(&b, 0, 1, "Łódź", "7", "x");
	ROW(&b, 0, 2, "東京", "12345", NULL);
	ROW(&b, 0, 1, NULL, NULL, "a\tb\033[31m");
	CHECK(same(written(&pw_writer_pretty, &plain, &s, &b),
		   "city      n  note\n----  -----  ------------\nŁódź      7  x\n"
		   "東京  12345  null\n東京  12345  null\nnull   null  a\\tb\\x1b[31m\n"));
	const struct pw_writer_options narrow = {.width = 10};
	CHECK(same(written(&pw_writer_pretty, &narrow, &s, &b),
		   "    n  …\n-----\n    7\n12345\n12345\n null\n"));
	const struct pw_writer_options wider = {.width = 20};
	CHECK(same(written(&pw_writer_pretty, &wider, &s, &b),
		   "city      n  note\n----  -----  -------\nŁódź      7  x\n"
		   "東京  12345  null\n東京  12345  null\nnull   null  a\\tb\\x…\n"));
	CHECK(same(written(&pw_writer_pretty, &plain, &s, NULL), "city  n  note\n----  -  ----\n"));
	pw_builder_release(&b);
	pw_schema_release(&s);
}

static void kinds(void)
{
	CHECK(pw_writer_kind_of_path("a/b.csv") == &pw_writer_csv);
	CHECK(pw_writer_kind_of_path("b.jsonl.gz") == &pw_writer_jsonl);
	CHECK(pw_writer_kind_of_path("b.tsv.zst") == &pw_writer_tsv);
	CHECK(pw_writer_kind_of_path("b.pws") == &pw_writer_pws);
	CHECK(pw_writer_kind_of_path("b.log") == &pw_writer_lines);
	CHECK(pw_writer_kind_named("pretty") == &pw_writer_pretty);
	CHECK(pw_writer_kind_named("prety") == NULL &&
	      strstr(pw_fail_text(), "did you mean 'pretty'") != NULL);
}

int main(void)
{
	pw_hash_start();
	TEST(csv_quotes_where_it_must);
	TEST(every_type);
	TEST(floats);
	TEST(floats_agree_with_text);
	TEST(encodings);
	TEST(changes);
	TEST(copies);
	TEST(delimiter_within_values);
	TEST(lines);
	TEST(pretty);
	TEST(kinds);
	return check_done();
}
