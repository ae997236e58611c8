#include "check.h"
#include "streams.h"

#include "../../lib/wire/body.h"

/* A body as a source has it: at a multiple of 64. */
static void *aligned(const struct pw_bytes *b)
{
	void *copy = pw_mem_aligned(b->length);

	memcpy(copy, b->data, b->length);
	return copy;
}

static bool comes_back(const struct pw_batch *batch, uint32_t from, uint32_t count)
{
	struct pw_bytes bytes = {0};
	struct pw_body body = {0};
	bool same = false;

	pw_body_encode(&bytes, batch, from, count);
	CHECK(bytes.length % 64 == 0);
	CHECK(bytes.length <= pw_body_bound(batch, from, count));
	void *data = aligned(&bytes);
	if (pw_body_decode(&body, batch->schema, data, bytes.length, count) < 0)
		printf("# %s\n", pw_fail_text());
	else
		same = body.batch.rows == count && same_rows(batch, from, &body.batch);
	free(data);
	pw_bytes_release(&bytes);
	pw_body_release(&body);
	return same;
}

static void every_type_comes_back(void)
{
	static const uint32_t sizes[] = {1, 2, 7, 8, 63, 64, 65, 200, 3000};

	for (int round = 0; round < 120; round++) {
		struct pw_schema schema = {0};
		struct pw_builder b;
		pw_time time = 10;
		random_schema(&schema, 10 + (int)draw(8));
		pw_builder_init(&b, &schema);
		if (round % 2)
			pw_builder_intern(&b);
		fill(&b, sizes[draw(9)], &time);
		const struct pw_batch *batch = pw_builder_view(&b);
		CHECK(comes_back(batch, 0, batch->rows));
		for (int part = 0; part < 4; part++) {
			const uint32_t from = draw(batch->rows);
			CHECK(comes_back(batch, from, 1 + draw(batch->rows - from)));
		}
		pw_builder_release(&b);
		pw_schema_release(&schema);
	}
}

static void no_columns(void)
{
	struct pw_schema schema = {0};
	struct pw_run run = {2, 5, 0};
	struct pw_batch batch = {.schema = &schema, .rows = 5, .run_count = 1, .runs = &run};

	CHECK(comes_back(&batch, 0, 5));
	CHECK(comes_back(&batch, 3, 2));
}

/* Encodings are kept: nothing is expanded on the way. */
static void encodings_stay(void)
{
	struct pw_schema schema = {0};
	struct pw_builder b;
	struct pw_bytes bytes = {0};
	struct pw_body body = {0};

	pw_schema_add(&schema, PW_SLICE("s"), PW_TYPE(PW_STR), false);
	pw_schema_add(&schema, PW_SLICE("k"), PW_TYPE(PW_INT), false);
	pw_builder_init(&b, &schema);
	pw_builder_intern(&b);
	for (int i = 0; i < 1000; i++) {
		pw_vector_text(&b.vectors[0], i % 3 ? "alpha" : "beta", i % 3 ? 5 : 4);
		pw_vector_word(&b.vectors[1], 7);
		pw_builder_row(&b, 2, 1);
	}
	pw_body_encode(&bytes, pw_builder_view(&b), 0, pw_builder_view(&b)->rows);
	CHECK(bytes.length < 2800);
	void *data = aligned(&bytes);
	CHECK(pw_body_decode(&body, &schema, data, bytes.length, 1000) == 0);
	CHECK(body.batch.columns[0].encoding == PW_DICTIONARY);
	CHECK(body.batch.columns[0].inner->rows == 2);
	CHECK(body.batch.columns[1].encoding == PW_CONSTANT);
	CHECK(body.batch.diffs == NULL);
	CHECK((uintptr_t)body.batch.columns[0].codes % 64 == 0);
	free(data);
	pw_body_release(&body);
	pw_bytes_release(&bytes);
	pw_builder_release(&b);
	pw_schema_release(&schema);
}

/* A dictionary without entries and a bitmap without nulls are written as what they mean. */
static void odd_columns(void)
{
	static const uint8_t none[8], all[8] = {255, 255, 255, 255, 255, 255, 255, 255};
	static const uint32_t offset[1];
	static const uint16_t codes[40];
	static const int64_t values[40];
	struct pw_schema schema = {0};
	struct pw_run run = {2, 40, 0};
	struct pw_bytes bytes = {0};
	struct pw_body body = {0};

	pw_schema_add(&schema, PW_SLICE("s"), PW_TYPE(PW_STR), false);
	pw_schema_add(&schema, PW_SLICE("n"), (struct pw_type){PW_INT, 0, true}, false);
	const struct pw_column inner = {.type = PW_TYPE(PW_STR), .offsets = offset, .bytes = ""};
	const struct pw_column columns[] = {
		{.type = PW_TYPE(PW_STR),
		 .encoding = PW_DICTIONARY,
		 .rows = 40,
		 .valid = none,
		 .codes = codes,
		 .inner = &inner},
		{.type = schema.fields[1].type, .rows = 40, .valid = all, .values = values},
	};
	const struct pw_batch batch = {
		.schema = &schema, .rows = 40, .run_count = 1, .runs = &run, .columns = columns};
	pw_body_encode(&bytes, &batch, 0, batch.rows);
	void *data = aligned(&bytes);
	CHECK(pw_body_decode(&body, &schema, data, bytes.length, 40) == 0);
	CHECK(body.batch.columns[0].encoding == PW_CONSTANT);
	CHECK(pw_column_null(&body.batch.columns[0], 17));
	CHECK(body.batch.columns[1].valid == NULL);
	free(data);
	pw_body_release(&body);
	pw_bytes_release(&bytes);
	pw_schema_release(&schema);
}

/* One body, spoiled in one place at a time; the message says what. */
static struct pw_schema spoil_schema;
static struct pw_bytes spoil_good;

static bool refuses(size_t at, size_t width, uint64_t value, const char *why)
{
	struct pw_body body = {0};
	char *data = aligned(&spoil_good);

	memcpy(data + at, &value, width);
	const int status = pw_body_decode(&body, &spoil_schema, data, spoil_good.length, 3);
	const bool right = status < 0 && strstr(pw_fail_text(), why) != NULL;
	if (!right)
		printf("# %s: %s\n", why, status < 0 ? pw_fail_text() : "accepted");
	free(data);
	pw_body_release(&body);
	return right;
}

static void spoiled(void)
{
	struct pw_schema *s = &spoil_schema;
	struct pw_builder b;

	pw_schema_add(s, PW_SLICE("b"), PW_TYPE(PW_BOOL), false);
	pw_schema_add(s, PW_SLICE("s"), PW_TYPE(PW_STR), false);
	pw_schema_add(s, PW_SLICE("d"), PW_TYPE(PW_STR), false);
	pw_schema_add(s, PW_SLICE("n"), PW_TYPE(PW_INT), false);
	pw_builder_init(&b, s);
	pw_vector_intern(&b.vectors[2]);
	for (int i = 0; i < 3; i++) {
		pw_vector_bool(&b.vectors[0], i == 1);
		pw_vector_text(&b.vectors[1], "xyz", (size_t)i);
		pw_vector_text(&b.vectors[2], i < 2 ? "x" : "y", 1);
		if (i == 1)
			pw_vector_null(&b.vectors[3]);
		else
			pw_vector_word(&b.vectors[3], i + 1);
		pw_builder_row(&b, (pw_time)i * 2, i == 2 ? -1 : 1);
	}
	struct pw_batch batch = *pw_builder_view(&b);
	/* Three rows are too few for a vector to choose a dictionary, so it is made by hand. */
	static const uint16_t codes[] = {0, 0, 1};
	static const uint32_t offsets[] = {0, 1, 2};
	const struct pw_column inner = {
		.type = PW_TYPE(PW_STR), .rows = 2, .offsets = offsets, .bytes = "xy"};
	struct pw_column columns[4];
	memcpy(columns, batch.columns, sizeof columns);
	columns[2] = (struct pw_column){.type = inner.type,
					.encoding = PW_DICTIONARY,
					.rows = 3,
					.codes = codes,
					.inner = &inner};
	batch.columns = columns;
	pw_body_encode(&spoil_good, &batch, 0, batch.rows);

	/* start 0, runs 16, 32, 48, descriptors 64 b, 96 s, 128 d, 160 inner, 192 n, buffers 256 */
	const size_t bools = 320, texts = 384, code_at = 512, valid = 704, ints = 768;
	CHECK(refuses(0, 4, 4, "runs of 3 rows"));
	CHECK(refuses(0, 4, 0, "0 runs"));
	CHECK(refuses(4, 4, 3, "3 descriptors of 4"));
	CHECK(refuses(4, 4, 39, "do not fit"));
	CHECK(refuses(8, 4, 300, "multiple of 64"));
	CHECK(refuses(8, 4, 64, "not within"));
	CHECK(refuses(8, 4, 1u << 30, "not within"));
	CHECK(refuses(12, 4, 1, "descriptors"));
	CHECK(refuses(16, 8, 2, "do not ascend"));
	CHECK(refuses(48, 8, UINT64_MAX, "beyond the end"));
	CHECK(refuses(24, 4, 2, "they have 4 rows"));
	CHECK(refuses(24, 4, 0, "is empty"));
	CHECK(refuses(28, 4, 1, "reserved"));
	CHECK(refuses(256, 8, 0, "a diff is 0"));
	CHECK(refuses(64, 1, 3, "encoding 3"));
	CHECK(refuses(64, 1, 2, "a dictionary of bool"));
	CHECK(refuses(65, 1, 2, "error values"));
	CHECK(refuses(65, 1, 4, "reserved"));
	CHECK(refuses(66, 2, 1, "reserved"));
	CHECK(refuses(68, 4, 4, "count is 4, expected 3"));
	CHECK(refuses(72, 4, 64, "no flag"));
	CHECK(refuses(80, 4, 4, "length is 4, expected 3"));
	CHECK(refuses(84, 4, 64, "bytes in a column that has none"));
	CHECK(refuses(bools, 1, 2, "neither 0 nor 1"));
	CHECK(refuses(texts, 4, 1, "the first is 1"));
	CHECK(refuses(texts + 8, 4, UINT32_MAX, "descend"));
	CHECK(refuses(texts + 12, 4, 9, "offsets end at 9"));
	CHECK(refuses(116, 4, 64, "not within"));
	CHECK(refuses(160, 1, 1, "plain and without nulls"));
	CHECK(refuses(164, 4, 0, "0 entries"));
	CHECK(refuses(164, 4, 65537, "65537 entries"));
	CHECK(refuses(code_at + 2, 2, 2, "code 2 of 2"));
	CHECK(refuses(valid, 1, 0xfd, "after the last row"));
	CHECK(refuses(ints + 8, 8, 5, "row 1 is null and has a value"));
	CHECK(refuses(192 + 28, 4, 5, "column 'n'"));
	spoil_schema.append_only = true;
	CHECK(refuses(0, 0, 0, "append-only"));
	spoil_schema.append_only = false;
	spoil_schema.fields[3].type.required = true;
	CHECK(refuses(0, 0, 0, "its type is int!"));

	pw_bytes_release(&spoil_good);
	pw_builder_release(&b);
	pw_schema_release(s);
}

int main(void)
{
	TEST(every_type_comes_back);
	TEST(no_columns);
	TEST(encodings_stay);
	TEST(odd_columns);
	TEST(spoiled);
	return check_done();
}
