#include "../../lib/state/index.h"
#include "../../lib/base/fail.h"
#include "../../lib/base/hash.h"
#include "check.h"

#include <stdlib.h>

enum { KEYS = 40, ROWS = 60, COMMITS = 3000 };

static pw_diff model[2][KEYS][ROWS], after[2][KEYS][ROWS];

static struct pw_slice key_text(char *buffer, int key)
{
	return (struct pw_slice){buffer, (size_t)sprintf(buffer, "key %d", key)};
}

static struct pw_slice row_text(char *buffer, int row)
{
	return (struct pw_slice){buffer,
				 (size_t)sprintf(buffer, "%.*srow %d", row % 7, "aaaaaaa", row)};
}

static int row_number(const struct pw_row *row)
{
	char text[64];

	memcpy(text, row->data, row->length);
	text[row->length] = '\0';
	return atoi(strstr(text, "row ") + 4);
}

static bool any(const pw_diff *copies)
{
	for (int r = 0; r < ROWS; r++)
		if (copies[r] > 0)
			return true;
	return false;
}

/* The key's rows before and after the open commit are the model's. */
static void look(struct pw_index *ix, uint32_t slot, int key)
{
	struct pw_index_key *k = pw_index_key(ix, slot);

	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		struct pw_row *const *rows;
		const uint32_t count = pw_index_rows(k, side, &rows);
		pw_diff old[ROWS] = {0}, new[ROWS] = {0};
		bool overflow = false;

		for (uint32_t i = 0; i < count; i++)
			if (rows[i] != NULL) {
				old[row_number(rows[i])] += rows[i]->copies;
				new[row_number(rows[i])] += pw_index_copies(ix, rows[i]);
			}
		CHECK(memcmp(old, model[side][key], sizeof old) == 0);
		CHECK(memcmp(new, after[side][key], sizeof new) == 0);
		CHECK(pw_index_had(k, side) == any(old));
		CHECK(pw_index_has(ix, k, side) == any(new));
		CHECK(pw_index_unsound(ix, k, side, &overflow) == NULL && !overflow);
	}
}

static void change(struct pw_index *ix, bool left_grows)
{
	const int key = rand() % 3 ? rand() % 3 : rand() % KEYS;
	const int side = rand() % 2, row = rand() % ROWS;
	pw_diff *copies = &after[side][key][row];
	char a[64], b[64];
	pw_diff diff = rand() % 3 + 1;

	if (*copies > 0 && rand() % 2 && !(left_grows && side == PW_LEFT))
		diff = -(rand() % 3 == 0 ? *copies : rand() % *copies + 1);
	*copies += diff;
	const uint32_t slot = pw_arrangement_put(&ix->keys, key_text(a, key), NULL);
	CHECK(pw_index_put(ix, side, slot, row_text(b, row), diff) == 0);
}

static void close_commit(struct pw_index *ix)
{
	struct pw_slice last = {"", 0};
	char text[64];

	pw_index_sort(ix);
	for (size_t i = 0; i < ix->touched_count; i++) {
		const struct pw_slice key = pw_arrangement_key(&ix->keys, ix->touched[i]);
		CHECK(pw_slice_compare(last, key) < 0);
		pw_index_soon(ix, i);
		memcpy(text, key.data, key.length);
		text[key.length] = '\0';
		last = key;
		look(ix, ix->touched[i], atoi(text + 4));
	}
	for (size_t i = 0; i < ix->touched_count; i++)
		pw_index_apply(ix, ix->touched[i]);
	pw_index_closed(ix);
	memcpy(model, after, sizeof model);
}

static void random_changes(bool left_grows)
{
	struct pw_index ix;

	memset(model, 0, sizeof model);
	memset(after, 0, sizeof after);
	pw_index_init(&ix, left_grows, false);
	for (int c = 0; c < COMMITS; c++) {
		for (int n = rand() % (c % 100 == 0 ? 400 : 6); n > 0; n--)
			change(&ix, left_grows);
		close_commit(&ix);
	}
	uint32_t live = 0;
	for (int key = 0; key < KEYS; key++)
		live += any(model[PW_LEFT][key]) || any(model[PW_RIGHT][key]);
	CHECK(ix.keys.live == live);
	pw_index_release(&ix);
}

static void rows_are_those_of_an_array(void)
{
	srand(1);
	random_changes(false);
}

static void also_of_a_side_that_grows(void)
{
	srand(2);
	random_changes(true);
}

/* Rows of a bag keep the order in which they came, however many go. */
static void order_is_that_of_arrival(void)
{
	struct pw_index ix;
	struct pw_row *const *rows;
	char text[64];

	pw_index_init(&ix, false, false);
	uint32_t slot = pw_arrangement_put(&ix.keys, PW_SLICE("k"), NULL);
	for (int r = 0; r < 500; r++)
		pw_index_put(&ix, PW_LEFT, slot, row_text(text, r * 7 % 500), 1);
	pw_index_apply(&ix, slot);
	pw_index_closed(&ix);
	for (int r = 0; r < 500; r++)
		if (r % 10 != 3)
			pw_index_put(&ix, PW_LEFT, slot, row_text(text, r), -1);
	pw_index_apply(&ix, slot);
	pw_index_closed(&ix);
	int expected = 0, found = 0;
	const uint32_t count = pw_index_rows(pw_index_key(&ix, slot), PW_LEFT, &rows);
	for (uint32_t i = 0; i < count; i++) {
		if (rows[i] == NULL)
			continue;
		while (expected * 7 % 500 % 10 != 3)
			expected++;
		CHECK(row_number(rows[i]) == expected++ * 7 % 500);
		found++;
	}
	CHECK(found == 50 && count <= 110);
	pw_index_release(&ix);
}

static void less_than_nothing_is_found(void)
{
	struct pw_index ix;
	bool overflow = false;

	pw_index_init(&ix, false, false);
	const uint32_t slot = pw_arrangement_put(&ix.keys, PW_SLICE("k"), NULL);
	const struct pw_index_key *key = pw_index_key(&ix, slot);
	pw_index_put(&ix, PW_RIGHT, slot, PW_SLICE("fine"), 1);
	pw_index_put(&ix, PW_RIGHT, slot, PW_SLICE("bad"), 2);
	pw_index_put(&ix, PW_RIGHT, slot, PW_SLICE("bad"), -3);
	const struct pw_row *row = pw_index_unsound(&ix, key, PW_RIGHT, &overflow);
	CHECK(row != NULL && !overflow && memcmp(row->data, "bad", 3) == 0);
	CHECK(pw_index_put(&ix, PW_LEFT, slot, PW_SLICE("x"), INT64_MAX) == 0);
	CHECK(pw_index_put(&ix, PW_LEFT, slot, PW_SLICE("x"), 1) < 0);
	pw_index_release(&ix);
}

static void only_the_right_side_stays(void)
{
	struct pw_index ix;

	pw_index_init(&ix, true, false);
	uint32_t slot = pw_arrangement_put(&ix.keys, PW_SLICE("k"), NULL);
	pw_index_put(&ix, PW_LEFT, slot, PW_SLICE("l"), 1);
	pw_index_put(&ix, PW_LEFT, slot, PW_SLICE("m"), 1);
	pw_index_put(&ix, PW_RIGHT, slot, PW_SLICE("r"), 1);
	pw_index_apply_right(&ix, slot);
	pw_index_closed(&ix);
	CHECK(!pw_index_had(pw_index_key(&ix, slot), PW_LEFT));
	CHECK(pw_index_had(pw_index_key(&ix, slot), PW_RIGHT));
	pw_index_put(&ix, PW_RIGHT, slot, PW_SLICE("r"), -1);
	pw_index_apply_right(&ix, slot);
	CHECK(ix.keys.live == 0);
	pw_index_release(&ix);
}

/* What a row costs, as the header says. */
static void rows_are_small(void)
{
	struct pw_index ix;
	char text[64];

	pw_index_init(&ix, false, false);
	for (int i = 0; i < 100000; i++) {
		const struct pw_slice key = {text, (size_t)sprintf(text, "%09d", i)};
		const uint32_t slot = pw_arrangement_put(&ix.keys, key, NULL);
		pw_index_put(&ix, PW_LEFT, slot, PW_SLICE("twenty-four bytes of row"), 1);
	}
	pw_index_sort(&ix);
	for (size_t i = 0; i < ix.touched_count; i++)
		pw_index_apply(&ix, ix.touched[i]);
	pw_index_closed(&ix);
	printf("# %zu bytes per row of 24 bytes with a key of 9 of its own\n",
	       pw_index_bytes(&ix) / 100000);
	CHECK(pw_index_bytes(&ix) / 100000 < 150);
	pw_index_release(&ix);
}

int main(void)
{
	pw_hash_start();
	TEST(rows_are_those_of_an_array);
	TEST(also_of_a_side_that_grows);
	TEST(order_is_that_of_arrival);
	TEST(less_than_nothing_is_found);
	TEST(only_the_right_side_stays);
	TEST(rows_are_small);
	return check_done();
}
