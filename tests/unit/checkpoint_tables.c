/* The table of a sink, and the rows that replace each other: saved and loaded at random moments. */
#include "../../lib/data/roworder.h"
#include "../../lib/read/upsert.h"
#include "../../lib/state/table.h"
#include "check.h"
#include "streams.h"

#include <fcntl.h>
#include <unistd.h>

static struct pw_schema schema;
static struct pw_roworder order;

/* ---- checkpoints in memory ---- */

struct checkpoint {
	struct pw_schema schema;
	struct pw_builder rows;
	bool full;
};

static struct checkpoint checkpoints[100];
static size_t checkpoint_count;

static int keep_batch(void *to, const struct pw_batch *batch)
{
	struct checkpoint *checkpoint = to;

	pw_builder_append(&checkpoint->rows, batch, 0, batch->rows);
	return 0;
}

static void take_checkpoint(const struct pw_checkpointer *k, void *state, bool full,
			    struct checkpoint *checkpoint)
{
	*checkpoint = (struct checkpoint){.full = full};
	CHECK(pw_checkpointer_schema(k, &checkpoint->schema) == 0);
	pw_builder_init(&checkpoint->rows, &checkpoint->schema);
	CHECK(pw_checkpointer_save(k, state, full, &checkpoint->schema, 2, keep_batch,
				   checkpoint) == 0);
}

static void release_checkpoint(struct checkpoint *checkpoint)
{
	pw_builder_release(&checkpoint->rows);
	pw_schema_release(&checkpoint->schema);
}

static void release_checkpoints(void)
{
	while (checkpoint_count > 0)
		release_checkpoint(&checkpoints[--checkpoint_count]);
}

static void add_checkpoint(const struct pw_checkpointer *k, void *state)
{
	const enum pw_checkpointer_change changed = k->changed(state);
	const bool full = checkpoint_count == 0 || changed == PW_CHECKPOINTER_FULL || draw(4) == 0;

	if (changed == PW_CHECKPOINTER_SAME)
		return;
	if (full)
		release_checkpoints();
	take_checkpoint(k, state, full, &checkpoints[checkpoint_count++]);
	k->saved(state);
	CHECK(k->changed(state) == PW_CHECKPOINTER_SAME);
}

static void load_checkpoints(const struct pw_checkpointer *k, void *state)
{
	for (size_t i = 0; i < checkpoint_count; i++) {
		k->expect(state, checkpoints[i].full, checkpoints[i].rows.rows);
		CHECK(checkpoints[i].rows.rows == 0 ||
		      pw_checkpointer_load(k, state, pw_builder_view(&checkpoints[i].rows)) == 0);
		CHECK(k->loaded(state) == 0);
	}
}

/* Do two states hold the same rows? */
static struct pw_rowkeys dumps[2];

static int compare(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct pw_slice p = pw_rowkeys_at(&dumps[0], x), q = pw_rowkeys_at(&dumps[0], y);
	const size_t shared = p.length < q.length ? p.length : q.length;
	const int c = memcmp(p.data, q.data, shared);

	return c ? c : (p.length > q.length) - (p.length < q.length);
}

static void dump(const struct pw_checkpointer *k, void *state, struct pw_bytes *text)
{
	struct checkpoint checkpoint;
	uint32_t *at;

	take_checkpoint(k, state, true, &checkpoint);
	const struct pw_batch *rows = pw_builder_view(&checkpoint.rows);

	at = pw_mem_alloc(rows->rows + 1, sizeof *at);
	pw_roworder_encode(&order, &dumps[0], rows);
	for (uint32_t i = 0; i < rows->rows; i++)
		at[i] = i;
	qsort(at, rows->rows, sizeof *at, compare);
	for (uint32_t i = 0, end; i < rows->rows; i = end) {
		const struct pw_slice row = pw_rowkeys_at(&dumps[0], at[i]);
		pw_diff copies = 0;

		for (end = i; end < rows->rows && compare(&at[i], &at[end]) == 0; end++)
			copies += pw_batch_diff(rows, at[end]);
		pw_bytes_add(text, row.data, row.length);
		pw_bytes_print(text, " %lld\n", (long long)copies);
	}
	free(at);
	release_checkpoint(&checkpoint);
}

static bool same(const struct pw_checkpointer *k, void *a, const struct pw_checkpointer *l, void *b)
{
	struct pw_bytes x = {0}, y = {0};

	dump(k, a, &x);
	dump(l, b, &y);
	const bool is = pw_slice_equal((struct pw_slice){x.data, x.length},
				       (struct pw_slice){y.data, y.length});

	pw_bytes_release(&x);
	pw_bytes_release(&y);
	return is;
}

/* ---- changes ---- */

static uint32_t live[10000][2];
static size_t live_count;

static void add_row(struct pw_builder *b, uint32_t key, uint32_t value, pw_time time, pw_diff diff)
{
	char text[300];

	pw_vector_word(&b->vectors[0], key);
	pw_vector_text(&b->vectors[1], text,
		       (size_t)snprintf(text, sizeof text, "%0*u", (int)(value * 13 % 200), value));
	if (value % 3 == 0)
		pw_vector_null(&b->vectors[2]);
	else
		pw_vector_float(&b->vectors[2], value);
	pw_builder_row(b, time, diff);
}

static void add_changes(struct pw_builder *b, pw_time time, bool only_adds)
{
	for (uint32_t n = draw(40); n > 0; n--) {
		if (!only_adds && live_count > 0 && draw(2) == 0) {
			const uint32_t at = draw((uint32_t)live_count);
			const uint32_t key = live[at][0], value = live[at][1];

			memcpy(live[at], live[--live_count], sizeof *live);
			add_row(b, key, value, time, -1);
		} else {
			const uint32_t key = draw(60), value = draw(30);

			add_row(b, key, value, time, 1);
			if (live_count < 10000) {
				live[live_count][0] = key;
				live[live_count++][1] = value;
			}
		}
	}
}

static void tables(bool only_adds, uint64_t seed)
{
	struct pw_table whole, pieces;
	struct pw_checkpointer k, l;
	struct pw_builder b;

	random_state = seed;
	live_count = 0;
	pw_builder_init(&b, &schema);
	pw_table_init(&whole, &order, only_adds);
	pw_table_init(&pieces, &order, only_adds);
	k = pw_table_checkpointer(&whole);
	l = pw_table_checkpointer(&pieces);
	pieces.delta.on = true;
	for (pw_time time = 2; time < 120; time += 2) {
		add_changes(&b, time, only_adds);
		if (b.rows > 0) {
			CHECK(pw_table_batch(&whole, pw_builder_view(&b)) == 0);
			CHECK(pw_table_batch(&pieces, pw_builder_view(&b)) == 0);
		}
		pw_builder_clear(&b);
		CHECK(pw_table_frontier(&whole, time + 1) == 0);
		CHECK(pw_table_frontier(&pieces, time + 1) == 0);
		if (draw(3) == 0)
			continue;
		add_checkpoint(&l, &pieces);
		if (draw(2) == 0)
			continue;
		pw_table_release(&pieces);
		pw_table_init(&pieces, &order, only_adds);
		l = pw_table_checkpointer(&pieces);
		load_checkpoints(&l, &pieces);
		CHECK(l.changed(&pieces) == PW_CHECKPOINTER_SAME);
		pieces.delta.on = true;
		CHECK(same(&k, &whole, &l, &pieces));
	}
	release_checkpoints();
	pw_table_release(&whole);
	pw_table_release(&pieces);
	pw_builder_release(&b);
}

static void table_that_changes(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		tables(false, seed);
}

static void table_that_grows(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		tables(true, seed);
}

/* Less than nothing of a row is refused, whole or not. */
static void bad_tables(void)
{
	struct pw_table t;
	struct pw_builder b;

	pw_builder_init(&b, &schema);
	add_row(&b, 1, 1, 0, -1);
	for (int i = 0; i < 3; i++) {
		pw_table_init(&t, &order, i == 2);
		const struct pw_checkpointer k = pw_table_checkpointer(&t);

		k.expect(&t, i == 0, 1);
		const bool good =
			pw_checkpointer_load(&k, &t, pw_builder_view(&b)) == 0 && k.loaded(&t) == 0;
		CHECK(!good && pw_fail_status() == PW_STATE);
		pw_table_release(&t);
	}
	pw_builder_release(&b);
}

/* ---- rows that replace each other ---- */

static const struct pw_program program = {.name = "test", .summary = "", .synopsis = ""};
static struct pw_tool tool;

static struct pw_upsert *open_upsert(void)
{
	struct pw_upsert *u = pw_mem_zero(1, sizeof *u);

	CHECK(pw_upsert_open(u, &schema, "f > 20", NULL) == 0);
	return u;
}

static void replace_rows(uint64_t seed)
{
	struct pw_upsert *whole = open_upsert(), *pieces = open_upsert();
	struct pw_checkpointer k = pw_upsert_checkpointer(whole),
			       l = pw_upsert_checkpointer(pieces);
	struct pw_reject reject = {0};
	struct pw_builder b;

	random_state = seed;
	pw_builder_init(&b, &schema);
	pieces->dirty.on = true;
	for (pw_time time = 2; time < 120; time += 2) {
		whole->reject = pieces->reject = &reject;
		for (uint32_t n = draw(40); n > 0; n--)
			add_row(&b, draw(60), draw(30), time, 1);
		if (b.rows > 0) {
			pw_upsert_add(whole, &tool, pw_builder_view(&b));
			pw_upsert_add(pieces, &tool, pw_builder_view(&b));
		}
		pw_upsert_commit(whole, &tool);
		pw_upsert_commit(pieces, &tool);
		pw_builder_clear(&b);
		if (draw(3) == 0)
			continue;
		add_checkpoint(&l, pieces);
		if (draw(2) == 0)
			continue;
		pw_upsert_close(pieces);
		free(pieces);
		pieces = open_upsert();
		l = pw_upsert_checkpointer(pieces);
		load_checkpoints(&l, pieces);
		CHECK(l.changed(pieces) == PW_CHECKPOINTER_SAME);
		pieces->dirty.on = true;
		pieces->time = time;
		CHECK(same(&k, whole, &l, pieces));
	}
	release_checkpoints();
	pw_upsert_close(whole);
	pw_upsert_close(pieces);
	free(whole);
	free(pieces);
	pw_builder_release(&b);
}

static void upserts(void)
{
	const struct pw_head head = {.schema = schema, .stage = {.program = "test"}};
	const int fd = open("/dev/null", O_WRONLY);

	for (uint64_t seed = 1; seed <= 20; seed++) {
		/* what both hand on is thrown away */
		tool = (struct pw_tool){.program = &program};
		pw_output_open(&tool.output, fd, false);
		CHECK(pw_output_head(&tool.output, &head) == 0);
		replace_rows(seed);
		pw_output_close(&tool.output);
	}
	close(fd);
}

int main(void)
{
	pw_schema_add(&schema, PW_SLICE("k"), (struct pw_type){PW_INT, 0, true}, true);
	pw_schema_add(&schema, PW_SLICE("s"), (struct pw_type){PW_STR, 0, true}, false);
	pw_schema_add(&schema, PW_SLICE("f"), PW_TYPE(PW_FLOAT), false);
	pw_roworder_init(&order, &schema, NULL);
	TEST(table_that_changes);
	TEST(table_that_grows);
	TEST(bad_tables);
	TEST(upserts);
	pw_rowkeys_release(&dumps[0]);
	pw_roworder_release(&order);
	pw_schema_release(&schema);
	return check_done();
}
