/*
 * pw_grouped_register - the groups' records as a table that is saved and loaded
 *
 * A keyed table: the key columns, then the group's record as bytes (see
 * pw-state(5)). A record of more than PW_GROUPED_PIECE bytes is several rows,
 * all but the last of which say that more comes.
 *
 * A checkpointer of several tables hands its checkpoint on to pw_grouped_save with the
 * number of this one.
 */
#ifndef PW_OP_GROUPED_CHECKPOINT_INTERNAL_H
#define PW_OP_GROUPED_CHECKPOINT_INTERNAL_H

#include "grouped.h"

#define PW_GROUPED_PIECE ((size_t)16 << 20)

int pw_grouped_save(const struct pw_grouped *g, bool full,
		    struct pw_checkpointer_writer *checkpoint, size_t table);
int pw_grouped_load(struct pw_grouped *g, const struct pw_batch *batch);

/* The table's schema: made by pw_grouped_bind. */
static inline const struct pw_schema *pw_grouped_saved(const struct pw_grouped *g)
{
	return &g->record_schema;
}

#endif
