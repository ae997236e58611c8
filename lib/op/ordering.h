/*
 * pw_ordering - the part of an operator whose rows are held in groups and in order
 *
 * Rows are encoded and noted as they come; when a commit is complete the
 * operator reads what it changes of the rows held, and applies it. The rows
 * are what a checkpoint holds.
 *
 * Use:      struct pw_ordering is the first member of the operator's state. The
 *           operator's bind calls bind; its rows calls note, or takes rows in
 *           another way and tells the changes of the rows held with changed;
 *           its bytes and release call bytes and release.
 */
#ifndef PW_OP_ORDERING_H
#define PW_OP_ORDERING_H

#include "../state/delta.h"
#include "../state/ordered.h"
#include "op.h"

PW_C_BEGIN

struct pw_ordering {
	struct pw_op op;
	struct pw_ordered rows;
	struct pw_delta delta;
	struct pw_checkpointer_table table;
	bool loads_rows; /* a full checkpoint is being loaded */
};

/* keys, order: as pw_ordered_init has them; order NULL: a fault (PW_USAGE). */
void pw_ordering_bind(struct pw_ordering *o, const char *keys, const char *order);
void pw_ordering_release(struct pw_ordering *o);

/* Finds and notes rows of a batch that pw_ordered_encode has been given whole. */
void pw_ordering_note(struct pw_ordering *o, const struct pw_batch *batch, uint32_t from,
		      uint32_t count);

/* These changes of the rows held are of the commit in hand. */
void pw_ordering_changed(struct pw_ordering *o, const struct pw_batch *changes);

/* Takes changes that have been summed up into the rows held; of a static input, drops them. */
void pw_ordering_apply(struct pw_ordering *o);

size_t pw_ordering_bytes(const struct pw_op *op);

PW_C_END

#endif
