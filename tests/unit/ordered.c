/* Places in a multiset, groups in order and stretches of them, against plain arrays. */
#include "../../lib/base/hash.h"
#include "../../lib/state/stretch.h"
#include "check.h"

#include <stdlib.h>

static uint64_t state = 88172645463325252;

static uint64_t draw(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

/* ---- cursors ---- */

#define VALUES 4000

static struct pw_slice text_of(int value, char buffer[64])
{
	const int length = snprintf(buffer, 64, "%05d%.*s", value, value % 40,
				    "........................................");

	return (struct pw_slice){buffer, (size_t)length};
}

/* The number in a text, which no NUL ends, from a place on. */
static int number(struct pw_slice s, size_t from)
{
	int x = 0;

	for (size_t i = from; i < s.length && s.data[i] >= '0' && s.data[i] <= '9'; i++)
		x = x * 10 + (s.data[i] - '0');
	return x;
}

/* Is the cursor at the value, with what is below it? VALUES is the end. */
static bool stands_at(const struct pw_multiset_cursor *c, const int64_t *model, int value)
{
	int64_t below = 0;

	for (int i = 0; i < value; i++)
		below += model[i];
	if (c->below != below || c->at != (value < VALUES))
		return false;
	return !c->at || (number(pw_value_text(c->value), 0) == value && c->copies == model[value]);
}

static int next_of(const int64_t *model, int value)
{
	while (value < VALUES && model[value] == 0)
		value++;
	return value;
}

static int previous_of(const int64_t *model, int value)
{
	do
		value--;
	while (value >= 0 && model[value] == 0);
	return value;
}

static void walks(const struct pw_multiset *m, const int64_t *model)
{
	struct pw_multiset_cursor c;
	char buffer[64];
	int at = next_of(model, 0);

	pw_multiset_seek_text(m, text_of(0, buffer), &c);
	for (bool good = true; good && at < VALUES;
	     pw_multiset_next(&c), at = next_of(model, at + 1)) {
		good = c.at && number(pw_value_text(c.value), 0) == at && c.copies == model[at];
		CHECK(good);
	}
	CHECK(stands_at(&c, model, VALUES));
	pw_multiset_next(&c);
	CHECK(stands_at(&c, model, VALUES));
	for (at = previous_of(model, VALUES); at >= 0; at = previous_of(model, at)) {
		const bool good = pw_multiset_previous(&c) && c.at && c.copies == model[at] &&
				  number(pw_value_text(c.value), 0) == at;

		CHECK(good);
		if (!good)
			return;
	}
	CHECK(!pw_multiset_previous(&c) && c.below == 0);
}

static void seeks(const struct pw_multiset *m, const int64_t *model)
{
	struct pw_multiset_cursor c;
	char buffer[64];
	int64_t copies = 0;

	for (int i = 0; i < 200; i++) {
		const int value = (int)draw(VALUES), at = next_of(model, value);

		pw_multiset_seek_text(m, text_of(value, buffer), &c);
		CHECK(stands_at(&c, model, at));
		if (at < VALUES) {
			pw_multiset_next(&c);
			CHECK(stands_at(&c, model, next_of(model, at + 1)));
		}
		pw_multiset_seek_text(m, text_of(value, buffer), &c);
		const int before = previous_of(model, at);
		CHECK(pw_multiset_previous(&c) == (before >= 0));
		CHECK(stands_at(&c, model, before >= 0 ? before : at));
	}
	for (int v = 0; v < VALUES; v++) {
		if (model[v] > 0 && draw(20) == 0) {
			pw_multiset_seek_kth(m, copies + (int64_t)draw((uint64_t)model[v]), &c);
			CHECK(stands_at(&c, model, v));
		}
		copies += model[v];
	}
	pw_multiset_seek_kth(m, copies, &c);
	CHECK(stands_at(&c, model, VALUES));
}

static void cursors(void)
{
	struct pw_multisets all = {.text = true};
	struct pw_multiset m = {0};
	int64_t *model = pw_mem_zero(VALUES, sizeof *model);
	char buffer[64];

	walks(&m, model);
	seeks(&m, model);
	for (int round = 0; round < 24; round++) {
		const int range = round < 8 ? 1 << round : VALUES;
		const bool away = round % 6 == 5;

		for (int i = 0; i < 2 * range; i++) {
			const int v = (int)draw((uint64_t)range);
			const int64_t n = away || draw(4) == 0 ? -model[v] : 1 + (int64_t)draw(3);

			model[v] += n;
			pw_multiset_add_text(&all, &m, text_of(v, buffer), n);
		}
		walks(&m, model);
		seeks(&m, model);
	}
	pw_multiset_clear(&all, &m);
	pw_pool_release(&all.pool);
	free(model);
}

/* ---- groups ---- */

enum { GROUPS = 5, ROWS = 300 };

static struct pw_schema schema; /* g str, n int, w str */

static void add(struct pw_builder *b, int group, int row, pw_diff diff)
{
	char text[32];

	pw_vector_text(&b->vectors[0], text, (size_t)snprintf(text, sizeof text, "g%d", group));
	if (row / 3 == ROWS / 3 - 1)
		pw_vector_null(&b->vectors[1]); /* the last: nulls are */
	else
		pw_vector_word(&b->vectors[1], row / 3);
	pw_vector_text(&b->vectors[2], text, (size_t)snprintf(text, sizeof text, "%d", row % 3));
	pw_builder_row(b, 0, diff);
}

static int note_all(struct pw_ordered *o, struct pw_builder *b)
{
	const struct pw_batch *batch = pw_builder_view(b);
	int rc = 0;

	pw_ordered_encode(o, batch, true);
	pw_ordered_find(o, 0, batch->rows);
	for (uint32_t i = 0; i < batch->rows && rc == 0; i++)
		rc = pw_ordered_note(o, o->slots[i], pw_rowkeys_at(&o->row_keys, i),
				     pw_batch_diff(batch, i));
	pw_builder_clear(b);
	return rc;
}

/* The number of a row of a group, as add has made it. */
static int row_of(const struct pw_ordered *o, uint32_t slot, struct pw_slice key, int *group)
{
	struct pw_builder one;
	int row;

	pw_builder_init(&one, &schema);
	pw_ordered_decode(o, slot, key, &one);
	pw_builder_row(&one, 0, 1);
	const struct pw_batch *b = pw_builder_view(&one);

	*group = number(pw_column_text(&b->columns[0], 0), 1);
	row = pw_column_null(&b->columns[1], 0) ? ROWS / 3 - 1
						: (int)pw_column_int(&b->columns[1], 0);
	row = row * 3 + number(pw_column_text(&b->columns[2], 0), 0);
	pw_builder_release(&one);
	return row;
}

static bool two(void *context, const struct pw_slice *row)
{
	int *walked = context;

	*walked = row ? *walked + 1 : 0;
	return *walked < 2;
}

/* The nearest row that is there, in steps of 1 or -1; or none. */
static int neighbour(const int64_t *model, int row, int step)
{
	do
		row += step;
	while (row >= 0 && row < ROWS && model[row] == 0);
	return row < 0 || row >= ROWS ? -1 : row;
}

/* What is said of a row's neighbours on one side of the commit must be so. */
static bool side_agrees(const int *numbers, int i, const struct pw_stretch_side *side,
			const int64_t *model)
{
	const int row = numbers[i];
	const int previous = side->previous == PW_STRETCH_NONE ? -1 : numbers[side->previous];
	const int next = side->next == PW_STRETCH_NONE ? -1 : numbers[side->next];

	if (side->copies != model[row])
		return false;
	return side->copies == 0 ||
	       (previous == neighbour(model, row, -1) && next == neighbour(model, row, 1));
}

/* Every row whose copies or neighbours change must be there, and what is said of it be so. */
static void check_stretch(const struct pw_ordered *o, const struct pw_stretch *s, uint32_t slot,
			  int64_t before[GROUPS][ROWS], int64_t after[GROUPS][ROWS])
{
	int numbers[ROWS + 1], group = 0;
	size_t at = 0;

	CHECK(s->count <= ROWS);
	for (size_t i = 0; i < s->count; i++) {
		numbers[i] = row_of(o, slot, s->rows[i].row, &group);
		CHECK(i == 0 || numbers[i] > numbers[i - 1]);
	}
	for (int r = 0; r < ROWS; r++) {
		const int64_t *a = before[group], *b = after[group];
		const bool changes =
			a[r] != b[r] || (a[r] > 0 && (neighbour(a, r, 1) != neighbour(b, r, 1) ||
						      neighbour(a, r, -1) != neighbour(b, r, -1)));
		const bool there = at < s->count && numbers[at] == r;

		CHECK(there || !changes);
		if (there && changes)
			CHECK(side_agrees(numbers, (int)at, &s->rows[at].before, a) &&
			      side_agrees(numbers, (int)at, &s->rows[at].after, b));
		at += there;
	}
	CHECK(at == s->count);
}

static void check_groups(const struct pw_ordered *o, int64_t model[GROUPS][ROWS])
{
	uint32_t live = 0;

	for (uint32_t slot = 0; slot < o->groups.slots; slot++) {
		struct pw_multiset_cursor c;
		int64_t copies = 0;
		int group = 0, expected = -1;

		if (!pw_arrangement_live(&o->groups, slot))
			continue;
		const struct pw_ordered_group *g = pw_ordered_group(o, slot);

		for (pw_multiset_seek_kth(&g->rows, 0, &c); c.at; pw_multiset_next(&c)) {
			const int row = row_of(o, slot, pw_value_text(c.value), &group);

			expected = neighbour(model[group], expected, 1);
			CHECK(row == expected && c.copies == model[group][row]);
			copies += c.copies;
		}
		CHECK(neighbour(model[group], expected, 1) == -1 && copies == g->copies &&
		      copies > 0);
		live++;
	}
	uint32_t there = 0;
	for (int i = 0; i < GROUPS; i++)
		there += neighbour(model[i], -1, 1) >= 0;
	CHECK(there == live);
}

/* A commit of random changes, with its stretches, applied. */
static void commit(struct pw_ordered *o, struct pw_builder *b, int changes,
		   int64_t before[GROUPS][ROWS])
{
	static int64_t after[GROUPS][ROWS];
	int walked;
	struct pw_stretch s = {.wants = two, .context = &walked};

	memcpy(after, before, sizeof after);
	for (int i = 0; i < changes; i++) {
		const int group = (int)draw(GROUPS), row = (int)draw(ROWS);
		const int64_t n = draw(3) == 0 ? -after[group][row] : (int64_t)draw(3);

		if (n == 0)
			continue;
		after[group][row] += n;
		add(b, group, row, n);
		if (draw(50) == 0)
			CHECK(note_all(o, b) == 0 && pw_ordered_compact(o) == 0);
	}
	if (draw(3) == 0) { /* a group ends */
		const int group = (int)draw(GROUPS);

		for (int row = 0; row < ROWS; row++) {
			if (after[group][row] > 0)
				add(b, group, row, -after[group][row]);
			after[group][row] = 0;
		}
	}
	CHECK(note_all(o, b) == 0 && pw_ordered_sum(o) == 0);
	for (size_t r = 0; r < o->run_count; r++) {
		CHECK(r == 0 ||
		      pw_slice_compare(pw_arrangement_key(&o->groups, o->runs[r - 1].slot),
				       pw_arrangement_key(&o->groups, o->runs[r].slot)) < 0);
		CHECK(pw_stretch_find(&s, o, &o->runs[r], 0) == 0);
		if (o->runs[r].count > 0)
			check_stretch(o, &s, o->runs[r].slot, before, after);
	}
	CHECK(pw_ordered_apply(o, 0) == 0);
	memcpy(before, after, sizeof after);
	check_groups(o, before);
	pw_stretch_release(&s);
}

static void groups_and_stretches(void)
{
	static int64_t model[GROUPS][ROWS];
	struct pw_ordered o;
	struct pw_builder b;

	CHECK(pw_ordered_init(&o, &schema, "g", "n") == 0);
	pw_builder_init(&b, &schema);
	for (int i = 0; i < 120; i++)
		commit(&o, &b, i % 10 == 0 ? 400 : (int)draw(12), model);
	pw_builder_release(&b);
	pw_ordered_release(&o);
}

static void orders(void)
{
	struct pw_ordered o;

	CHECK(pw_ordered_init(&o, &schema, "g", "w:desc,g,n") == 0);
	CHECK(o.group_count == 1 && o.sort_count == 2 && o.order.count == 3);
	CHECK(o.order.list[0] == 0 && o.order.list[1] == 2 && o.order.list[2] == 1);
	CHECK(!o.order.descending[0] && o.order.descending[1] && !o.order.descending[2]);
	pw_ordered_release(&o);
	CHECK(pw_ordered_init(&o, &schema, "g,x", "n") < 0);
	pw_ordered_release(&o);
	CHECK(pw_ordered_init(&o, &schema, NULL, "x") < 0);
	pw_ordered_release(&o);
	CHECK(pw_ordered_init(&o, &schema, "n,g,w", "n") == 0 && o.sort_count == 0);
	pw_ordered_release(&o);
}

static void refusals(void)
{
	struct pw_ordered o;
	struct pw_builder b;

	pw_builder_init(&b, &schema);
	CHECK(pw_ordered_init(&o, &schema, NULL, "n") == 0);
	add(&b, 1, 5, 1);
	add(&b, 1, 5, -3);
	CHECK(note_all(&o, &b) == 0 && pw_ordered_sum(&o) == 0);
	CHECK(pw_ordered_apply(&o, 8) < 0);
	CHECK(strcmp(pw_fail_text(), "time 8: the row (g 'g1', n 1, w '2') has -2 copies: more are "
				     "taken away than were added") == 0);
	pw_ordered_release(&o);
	CHECK(pw_ordered_init(&o, &schema, NULL, "n") == 0);
	add(&b, 1, 5, INT64_MAX);
	add(&b, 1, 5, INT64_MAX);
	CHECK(note_all(&o, &b) == 0 && pw_ordered_sum(&o) < 0);
	CHECK(strstr(pw_fail_text(), "exceed 64 bits") != NULL);
	pw_ordered_release(&o);
	CHECK(pw_ordered_init(&o, &schema, NULL, "n") == 0);
	add(&b, 1, 5, PW_ORDERED_COPIES);
	add(&b, 1, 6, 1);
	CHECK(note_all(&o, &b) == 0 && pw_ordered_sum(&o) == 0 && pw_ordered_apply(&o, 0) < 0);
	CHECK(strstr(pw_fail_text(), "exceed 2^62") != NULL);
	pw_ordered_release(&o);
	pw_builder_release(&b);
}

int main(void)
{
	pw_hash_start();
	if (pw_schema_add(&schema, PW_SLICE("g"), PW_TYPE(PW_STR), false) < 0 ||
	    pw_schema_add(&schema, PW_SLICE("n"), PW_TYPE(PW_INT), false) < 0 ||
	    pw_schema_add(&schema, PW_SLICE("w"), PW_TYPE(PW_STR), false) < 0)
		return 1;
	TEST(cursors);
	TEST(orders);
	TEST(groups_and_stretches);
	TEST(refusals);
	return check_done();
}
