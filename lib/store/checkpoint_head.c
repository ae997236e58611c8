/* The head of a checkpoint: a stream of a stage "checkpoint", whose input is the stage that remembers. */
#include "checkpoint_internal.h"

#include <stdlib.h>

/* The stages are the same; of readers with a name of their own the sources may differ. */
static int same_stage(const struct pw_stage *a, const struct pw_stage *b)
{
	struct pw_bytes was = {0}, is = {0};
	int rc = 0;

	if (strcmp(a->program, b->program) != 0 || a->input_count != b->input_count)
		return pw_fail(PW_STATE,
			       "it was saved by %s with %zu inputs, and this is %s with %zu",
			       a->program, a->input_count, b->program, b->input_count);
	for (size_t i = 0; i < a->option_count; i++)
		pw_bytes_print(&was, "%s'%s'", i > 0 ? " " : "", a->options[i]);
	for (size_t i = 0; i < b->option_count; i++)
		pw_bytes_print(&is, "%s'%s'", i > 0 ? " " : "", b->options[i]);
	if ((a->input_count > 0 || a->name == NULL) &&
	    strcmp(pw_bytes_string(&was), pw_bytes_string(&is)) != 0)
		rc = pw_fail(PW_STATE,
			     "%s had the options %.200s, and now has %.200s: give the old ones, or "
			     "forget"
			     " the state with `pw-state DIR --reset`",
			     a->program, pw_bytes_string(&was), pw_bytes_string(&is));
	pw_bytes_release(&was);
	pw_bytes_release(&is);
	for (size_t i = 0; rc == 0 && i < a->input_count; i++)
		rc = same_stage(&a->inputs[i], &b->inputs[i]);
	return rc;
}

/* "after 00000000000000000042", "rows 17": the number; false: it is not that. */
static bool option_number(const char *option, const char *word, uint64_t *x)
{
	const size_t n = strlen(word);
	char *end;

	if (strncmp(option, word, n) != 0 || option[n] != ' ' || option[n + 1] < '0' ||
	    option[n + 1] > '9')
		return false;
	*x = strtoull(option + n + 1, &end, 10);
	return *end == '\0';
}

int pw_checkpoint_head_take(const struct pw_checkpoints *c, const struct pw_head *head,
			    struct pw_checkpoint_head *h)
{
	const struct pw_stage *checkpoint = &head->stage;
	uint64_t run = 0;

	*h = (struct pw_checkpoint_head){0};
	if (strcmp(checkpoint->program, "checkpoint") != 0 || checkpoint->option_count != 3 ||
	    checkpoint->input_count != 1)
		return pw_fail(PW_STATE, "it is no checkpoint");
	h->full = strcmp(checkpoint->options[0], "full") == 0;
	if ((!h->full && !option_number(checkpoint->options[0], "after", &h->after)) ||
	    !option_number(checkpoint->options[1], "rows", &h->rows) ||
	    !option_number(checkpoint->options[2], "run", &run))
		return pw_fail(PW_STATE, "its head does not say what it is a checkpoint of");
	if (c == NULL)
		return 0;
	if (run > c->store->run)
		return pw_fail(PW_STATE,
			       "it is of run %" PRIu64 ", and this is run %" PRIu64
			       ": `run` is stale",
			       run, c->store->run);
	if (same_stage(&checkpoint->inputs[0], c->stage) < 0)
		return -1;
	if (!pw_schema_equal(&head->schema, c->schema))
		return pw_fail(PW_STATE, "its columns are others than this program saves");
	return 0;
}

void pw_checkpoint_head_make(const struct pw_checkpoints *c, pw_time after, uint64_t rows,
			     struct pw_head *head)
{
	char *options[3] = {after == PW_TIME_END
				    ? pw_mem_copy("full", 4)
				    : pw_mem_print("after %0*" PRIu64, PW_CHECKPOINT_DIGITS, after),
			    pw_mem_print("rows %" PRIu64, rows),
			    pw_mem_print("run %" PRIu64, c->store->run)};
	const struct pw_head lent = {.schema = *c->schema,
				     .stage = {.program = "checkpoint",
					       .options = options,
					       .option_count = 3,
					       .inputs = (struct pw_stage *)c->stage,
					       .input_count = 1}};

	pw_head_copy(head, &lent);
	head->schema.append_only = head->schema.is_static = false;
	for (int i = 0; i < 3; i++)
		free(options[i]);
}
