/*
 * Records of groups that are not what was saved. A checksum catches damage
 * before they are looked at; should one get here, it is refused or taken for
 * some group, and nothing is read or written that is not its own.
 */
#include "../../lib/base/fail.h"
#include "../../lib/op/grouped.h"
#include "check.h"
#include "streams.h"

#include <sys/wait.h>
#include <unistd.h>

static struct pw_schema schema;
static struct pw_builder saved;

static void drop_batch(void *to, const struct pw_batch *batch)
{
	(void)to, (void)batch;
}

static void fail(void *to)
{
	(void)to;
	pw_bug("%s", pw_fail_text());
}

static struct pw_reject reject;
static const struct pw_op_host host = {.emit = drop_batch, .fail = fail, .reject = &reject};

static char *const changing[] = {"sum(i)",
				 "sum(f)",
				 "var_pop(f)",
				 "median(f)",
				 "mode(s)",
				 "list(s ORDER BY i)",
				 "count(DISTINCT s)",
				 "bool_or(i > 2)"};
static char *const growing[] = {"min(i)",
				"max(s)",
				"argmin(s, i)",
				"earliest(s)",
				"latest(f)",
				"count(DISTINCT s)",
				"approx_count_distinct(i)"};

static struct pw_op *open_groups(bool grows)
{
	static struct pw_grouped_wish wish;

	wish = (struct pw_grouped_wish){
		.keys = "k",
		.exprs = grows ? growing : changing,
		.count = grows ? sizeof growing / sizeof *growing
			       : sizeof changing / sizeof *changing,
	};
	schema.append_only = grows;
	return pw_op_open(&pw_grouped_op, &host, &schema, 1, &wish);
}

static void add_rows(struct pw_op *op)
{
	struct pw_builder b;

	pw_builder_init(&b, &schema);
	for (uint32_t i = 0; i < 600; i++) {
		pw_vector_word(&b.vectors[0], draw(5));
		for (size_t c = 1; c < schema.count; c++)
			add_random(&b.vectors[c], 50, true);
		pw_builder_row(&b, 2, 1);
	}
	pw_op_take(op, 0, pw_builder_view(&b));
	pw_op_frontier(op, 3);
	pw_builder_release(&b);
}

static int keep_batch(void *to, const struct pw_batch *batch)
{
	pw_builder_append(to, batch, 0, batch->rows);
	return 0;
}

/* Some bytes different, some missing at the end, some too many. */
static void damage(struct pw_bytes *record)
{
	static const uint8_t odd[] = {0, 1, 2, 0x7f, 0x80, 0xff};

	switch (draw(4)) {
	case 0:
		record->length = draw((uint32_t)record->length);
		break;
	case 1:
		pw_bytes_add(record, "more than there was", 1 + draw(18));
		break;
	default:
		for (uint32_t n = 1 + draw(4); n > 0; n--)
			record->data[draw((uint32_t)record->length)] =
				(char)(draw(2) ? odd[draw(sizeof odd)] : draw(256));
		break;
	}
}

/* The checkpoint with records of which some are damaged. */
static void make_checkpoint(struct pw_builder *b)
{
	const struct pw_batch *from = pw_builder_view(&saved);

	pw_builder_clear(b);
	for (uint32_t i = 0; i < from->rows; i++) {
		const struct pw_slice whole = pw_column_text(&from->columns[1], i);
		struct pw_bytes record = {0};

		pw_bytes_add(&record, whole.data, whole.length);
		if (draw(2) == 0)
			damage(&record);
		pw_vector_copy(&b->vectors[0], &from->columns[0], i);
		pw_vector_text(&b->vectors[1], record.data ? record.data : "", record.length);
		pw_vector_bool(&b->vectors[2], draw(20) == 0);
		pw_builder_row(b, 2, 1);
		pw_bytes_release(&record);
	}
}

/* In a process of its own: one that breaks ends there. */
static _Noreturn void try_checkpoints(bool grows)
{
	struct pw_builder b;
	int refused = 0, taken = 0;

	pw_builder_init(&b, saved.schema);
	for (int i = 0; i < 300; i++) {
		struct pw_op *op = open_groups(grows);
		const struct pw_op_checkpoint *c = &op->checkpoint;

		make_checkpoint(&b);
		c->how.expect(c->state, true, UINT64_C(1) << (i % 12));
		if (pw_checkpointer_load(&c->how, c->state, pw_builder_view(&b)) < 0 ||
		    c->how.loaded(c->state) < 0) {
			if (pw_fail_status() != PW_STATE)
				pw_bug("'%s' is no fault of the state", pw_fail_text());
			refused++;
		} else {
			taken++;
		}
		pw_op_close(op);
	}
	printf("# %d refused, %d taken\n", refused, taken);
	fflush(stdout);
	_exit(refused > 100 ? 0 : 1);
}

static void save_and_damage(bool grows)
{
	struct pw_schema checkpoint = {0};
	int status = -1;

	fflush(stdout);
	const pid_t pid = fork();

	if (pid == 0) {
		struct pw_op *op = open_groups(grows);
		const struct pw_op_checkpoint *c = &op->checkpoint;

		add_rows(op);
		if (pw_checkpointer_schema(&c->how, &checkpoint) < 0)
			_exit(1);
		pw_builder_init(&saved, &checkpoint);
		if (pw_checkpointer_save(&c->how, c->state, true, &checkpoint, 2, keep_batch,
					 &saved) < 0)
			_exit(1);
		pw_op_close(op);
		try_checkpoints(grows);
	}
	waitpid(pid, &status, 0);
	CHECK(status == 0);
}

static void groups_that_change(void)
{
	save_and_damage(false);
}

static void groups_that_grow(void)
{
	save_and_damage(true);
}

int main(void)
{
	pw_schema_add(&schema, PW_SLICE("k"), PW_TYPE(PW_INT), false);
	pw_schema_add(&schema, PW_SLICE("i"), PW_TYPE(PW_INT), false);
	pw_schema_add(&schema, PW_SLICE("s"), PW_TYPE(PW_STR), false);
	pw_schema_add(&schema, PW_SLICE("f"), PW_TYPE(PW_FLOAT), false);
	TEST(groups_that_change);
	TEST(groups_that_grow);
	pw_schema_release(&schema);
	return check_done();
}
