#include "../../lib/data/gather.h"
#include "../../lib/base/hash.h"
#include "../../lib/data/roworder.h"
#include "check.h"
#include "streams.h"

/* Is value i of a the same as value j of b, or both null? */
static bool same(const struct pw_column *a, uint32_t i, const struct pw_column *b, uint32_t j)
{
	return pw_column_compare(a, i, b, j) == 0;
}

static void check_rows(struct pw_gather *g, const struct pw_column *c, const uint32_t *rows,
		       uint32_t count, bool holes)
{
	const struct pw_column *found = pw_gather_rows(g, c, rows, count, holes, SIZE_MAX);

	CHECK(found->rows == count && pw_type_equal(found->type, c->type));
	for (uint32_t i = 0; i < count; i++)
		CHECK(rows[i] == PW_GATHER_NULL ? pw_column_null(found, i)
						: same(found, i, c, rows[i]));
}

/* Columns of every type, of each encoding that a vector gives. */
static void any_rows_of_any_column(void)
{
	for (random_state = 1; random_state < 60; random_state++) {
		struct pw_schema s = {0};
		struct pw_builder b;
		const uint64_t seed = random_state;
		const uint32_t range = 1 + draw(4) * 40, count = 1 + draw(300);
		const bool nulls = draw(2);

		random_schema(&s, 14);
		pw_builder_init(&b, &s);
		if (draw(2))
			pw_builder_intern(&b);
		for (uint32_t r = 0; r < count; r++) {
			for (size_t c = 0; c < s.count; c++)
				add_random(&b.vectors[c], range, nulls);
			pw_builder_row(&b, 0, 1);
		}
		const struct pw_batch *batch = pw_builder_view(&b);
		for (size_t c = 0; c < s.count; c++) {
			struct pw_gather g = {0};
			uint32_t rows[500];
			for (int round = 0; round < 4; round++) {
				const uint32_t n = draw(500);
				for (uint32_t i = 0; i < n; i++)
					rows[i] = round % 2 && draw(4) == 0 ? PW_GATHER_NULL
									    : draw(count);
				check_rows(&g, &batch->columns[c], rows, n, round % 2);
			}
			pw_gather_release(&g);
		}
		pw_builder_release(&b);
		pw_schema_release(&s);
		random_state = seed;
	}
}

static void too_many_bytes_are_refused(void)
{
	struct pw_vector v;
	struct pw_gather g = {0};
	const uint32_t rows[] = {0, 0, 0};
	char text[1000];

	memset(text, 'x', sizeof text);
	pw_vector_init(&v, PW_TYPE(PW_STR));
	pw_vector_text(&v, text, sizeof text);
	const struct pw_column *c = pw_vector_view(&v);
	CHECK(pw_gather_rows(&g, c, rows, 3, false, 2500) == NULL);
	CHECK(pw_gather_rows(&g, c, rows, 2, false, 2500) != NULL);
	CHECK(pw_gather_rows(&g, c, rows, 1, false, 10) != NULL);
	pw_gather_release(&g);
	pw_vector_release(&v);
}

static void nulls_of_every_type(void)
{
	for (uint8_t base = 0; base < PW_BASES; base++)
		for (uint8_t depth = 0; depth < 2; depth++)
			for (uint32_t n = 1; n < 9; n += 7) {
				struct pw_gather g = {0};
				const struct pw_column *c = pw_gather_nulls(
					&g, (struct pw_type){base, depth, false}, n);
				CHECK(c->rows == n);
				for (uint32_t i = 0; i < n; i++)
					CHECK(pw_column_null(c, i));
				pw_gather_release(&g);
			}
}

int main(void)
{
	pw_hash_start();
	TEST(any_rows_of_any_column);
	TEST(too_many_bytes_are_refused);
	TEST(nulls_of_every_type);
	return check_done();
}
