/*
 * pw_delta - the changes of a table since it was saved
 *
 * For tables that are the sum of their changes: changes are noted as they come,
 * and are the rows of a delta checkpoint.
 *
 * Use:      init (the schema is lent); note rows; save; clear. Nothing is
 *           noted until on is set.
 * Memory:   the changes, as columns, up to half of what the state takes, or
 *           1 MB if that is more. When they outgrow that they are released, and
 *           the next checkpoint must be full.
 */
#ifndef PW_STATE_DELTA_H
#define PW_STATE_DELTA_H

#include "checkpointer.h"

PW_C_BEGIN

struct pw_delta {
	bool on;   /* changes are noted */
	bool lost; /* the changes have been released */
	const struct pw_schema *schema;
	struct pw_builder **batches; /* all full except the last */
	size_t count, capacity;
	size_t bytes; /* of all batches except the last */
};

void pw_delta_init(struct pw_delta *d, const struct pw_schema *schema);
void pw_delta_release(struct pw_delta *d);

/* Rows [from, from + count) of a batch of the schema; state_bytes: what the state takes. */
void pw_delta_note(struct pw_delta *d, const struct pw_batch *batch, uint32_t from, uint32_t count,
		   size_t state_bytes);

enum pw_checkpointer_change pw_delta_changed(const struct pw_delta *d);
int pw_delta_save(const struct pw_delta *d, struct pw_checkpointer_writer *checkpoint,
		  size_t table);
void pw_delta_clear(struct pw_delta *d); /* all changes have been saved */

PW_C_END

#endif
