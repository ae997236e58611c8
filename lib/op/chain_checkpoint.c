/* What the parts of a chain remember, saved and loaded as one state. */
#include "../base/fail.h"
#include "chain_internal.h"

#include <stdlib.h>

static const struct pw_op_checkpoint *checkpoint_of(const struct pw_chain *c, size_t k)
{
	return &c->links[k]->op->checkpoint;
}

/* Does the part remember anything beyond a commit? */
static bool remembers(const struct pw_chain *c, size_t k)
{
	return checkpoint_of(c, k)->how.table_count > 0;
}

/* ---- saving ---- */

static enum pw_checkpointer_change changed(const void *state)
{
	const struct pw_chain *c = state;
	enum pw_checkpointer_change most = PW_CHECKPOINTER_SAME;

	for (size_t k = 0; k < c->count; k++) {
		const struct pw_op_checkpoint *p = checkpoint_of(c, k);
		const enum pw_checkpointer_change one =
			remembers(c, k) ? p->how.changed(p->state) : PW_CHECKPOINTER_SAME;

		if (one > most)
			most = one;
	}
	return most;
}

static uint64_t rows(const void *state)
{
	const struct pw_chain *c = state;
	uint64_t sum = 0;

	for (size_t k = 0; k < c->count; k++)
		if (remembers(c, k))
			sum += checkpoint_of(c, k)->how.rows(checkpoint_of(c, k)->state);
	return sum;
}

static int save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint)
{
	const struct pw_chain *c = state;
	const size_t first = checkpoint->first_table;
	int rc = 0;

	for (size_t k = 0; rc == 0 && k < c->count; k++) {
		if (!remembers(c, k))
			continue;
		checkpoint->first_table = first + c->links[k]->first_table;
		rc = checkpoint_of(c, k)->how.save(checkpoint_of(c, k)->state, full, checkpoint);
	}
	checkpoint->first_table = first;
	return rc;
}

static void saved(void *state)
{
	const struct pw_chain *c = state;

	for (size_t k = 0; k < c->count; k++)
		if (remembers(c, k))
			checkpoint_of(c, k)->how.saved(checkpoint_of(c, k)->state);
}

/* ---- loading ---- */

/* How many rows of them are a part's is not known: they are taken to have the same share. */
static void expect(void *state, bool full, uint64_t count)
{
	const struct pw_chain *c = state;
	uint64_t parts = 0;

	for (size_t k = 0; k < c->count; k++)
		parts += remembers(c, k);
	for (size_t k = 0; k < c->count; k++)
		if (remembers(c, k))
			checkpoint_of(c, k)->how.expect(checkpoint_of(c, k)->state, full,
							count / parts);
}

static int load(void *state, size_t table, const struct pw_batch *batch)
{
	const struct pw_chain *c = state;
	size_t k = c->count - 1;

	while (!remembers(c, k) || c->links[k]->first_table > table)
		k--;
	return checkpoint_of(c, k)->how.load(checkpoint_of(c, k)->state,
					     table - c->links[k]->first_table, batch);
}

static int loaded(void *state)
{
	const struct pw_chain *c = state;

	for (size_t k = 0; k < c->count; k++)
		if (remembers(c, k) &&
		    checkpoint_of(c, k)->how.loaded(checkpoint_of(c, k)->state) < 0)
			return -1;
	return 0;
}

/* ---- start and end ---- */

static void name_tables(struct pw_chain *c, const struct pw_chain_link *l)
{
	const struct pw_checkpointer *how = &l->op->checkpoint.how;

	for (size_t t = 0; t < how->table_count; t++) {
		struct pw_checkpointer_table *to = &c->tables[l->first_table + t];

		to->name = how->table_count == 1
				   ? pw_mem_print("%s", l->part.name)
				   : pw_mem_print("%s.%s", l->part.name, how->tables[t].name);
		to->schema = how->tables[t].schema;
	}
}

static void note(struct pw_chain *c, const struct pw_chain_link *l, size_t *count)
{
	for (size_t i = 0; i < PW_OP_NOTING; i++) {
		if (l->op->checkpoint.noting[i] == NULL)
			continue;
		if (*count == PW_OP_NOTING)
			pw_bug("a chain whose parts note more than %d things", PW_OP_NOTING);
		c->op.checkpoint.noting[(*count)++] = l->op->checkpoint.noting[i];
	}
}

void pw_chain_checkpoint_bind(struct pw_chain *c)
{
	struct pw_op_checkpoint *all = &c->op.checkpoint;
	size_t count = 0, noting = 0;

	for (size_t k = 0; k < c->count; k++) {
		c->links[k]->first_table = count;
		count += checkpoint_of(c, k)->how.table_count;
	}
	if (count == 0)
		return;
	c->tables = pw_mem_zero(count, sizeof *c->tables);
	all->how = (struct pw_checkpointer){c->tables, count,  changed, rows,  save,
					    saved,     expect, load,    loaded};
	all->state = c;
	for (size_t k = 0; k < c->count; k++) {
		name_tables(c, c->links[k]);
		note(c, c->links[k], &noting);
	}
}

void pw_chain_checkpoint_release(struct pw_chain *c)
{
	for (size_t t = 0; c->tables != NULL && t < c->op.checkpoint.how.table_count; t++)
		free((char *)(uintptr_t)c->tables[t].name);
	free(c->tables);
}
