/*
 * Records of groups that are not what was saved. A checksum catches damage
 * before they are looked at; should one get here, it is refused or taken for
 * some group, and nothing is read or written that is not its own.
 */
#include "../../lib/base/fail.h"
#include "../../lib/op/grouped_checkpoint_internal.h"
#include "../../lib/tool/register.h"
#include "check.h"
#include "streams.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

int __wrap_pw_tool_register_state(struct pw_tool *t, const struct pw_checkpointer *checkpointer,
				  void *state);
int __wrap_pw_tool_register_state(struct pw_tool *t, const struct pw_checkpointer *checkpointer,
				  void *state)
{
	(void)t, (void)checkpointer, (void)state;
	return 0;
}

bool __wrap_pw_tool_next(struct pw_tool *t, struct pw_event *ev);
bool __wrap_pw_tool_next(struct pw_tool *t, struct pw_event *ev)
{
	(void)t, (void)ev;
	return false;
}

static const struct pw_program program = {.name = "test", .summary = "", .synopsis = ""};
static struct pw_tool tool;
static struct pw_schema schema;
static const int keys[] = {0};
static struct pw_builder saved;

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

static struct pw_grouped *open_groups(bool grows)
{
	struct pw_grouped *g = pw_mem_zero(1, sizeof *g);
	char *const *exprs = grows ? growing : changing;
	const size_t count =
		grows ? sizeof growing / sizeof *growing : sizeof changing / sizeof *changing;

	schema.append_only = grows;
	CHECK(pw_grouped_bind(g, &schema, keys, 1, exprs, count) == 0);
	pw_grouped_register(g, &tool);
	return g;
}

static void add_rows(struct pw_grouped *g)
{
	struct pw_builder b;

	pw_grouped_open(g, &tool);
	pw_builder_init(&b, &schema);
	for (uint32_t i = 0; i < 600; i++) {
		pw_vector_word(&b.vectors[0], draw(5));
		for (size_t c = 1; c < schema.count; c++)
			add_random(&b.vectors[c], 50, true);
		pw_builder_row(&b, 2, 1);
	}
	pw_grouped_take(g, pw_builder_view(&b));
	pw_grouped_complete(g, 3);
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

/* In a process of its own: groups live as long as their program. */
static _Noreturn void try_checkpoints(bool grows)
{
	struct pw_builder b;
	int refused = 0, taken = 0;

	pw_builder_init(&b, saved.schema);
	for (int i = 0; i < 300; i++) {
		struct pw_grouped *g = open_groups(grows);

		make_checkpoint(&b);
		g->checkpointer.expect(g, true, UINT64_C(1) << (i % 12));
		if (pw_checkpointer_load(&g->checkpointer, g, pw_builder_view(&b)) < 0 ||
		    g->checkpointer.loaded(g) < 0) {
			if (pw_fail_status() != PW_STATE)
				pw_bug("'%s' is no fault of the state", pw_fail_text());
			refused++;
		} else {
			taken++;
		}
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
		const struct pw_head head = {.schema = schema, .stage = {.program = "test"}};
		struct pw_grouped *g = open_groups(grows);

		tool.program = &program;
		pw_output_open(&tool.output, open("/dev/null", O_WRONLY), false);
		pw_output_head(&tool.output,
			       &(struct pw_head){.schema = g->schema, .stage = head.stage});
		add_rows(g);
		if (pw_checkpointer_schema(&g->checkpointer, &checkpoint) < 0)
			_exit(1);
		pw_builder_init(&saved, &checkpoint);
		if (pw_checkpointer_save(&g->checkpointer, g, true, &checkpoint, 2, keep_batch,
					 &saved) < 0)
			_exit(1);
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
