/* pw_chain_link - a part of a chain that is running, and the rows that wait for it */
#ifndef PW_OP_CHAIN_INTERNAL_H
#define PW_OP_CHAIN_INTERNAL_H

#include "chain.h"

struct pw_chain_link {
	struct pw_chain *chain;
	struct pw_chain_part part;
	struct pw_op *op;
	struct pw_op_host host;
	struct pw_schema in[2]; /* their columns are lent */
	const char *names[2];
	unsigned stems[2]; /* per input: the chain's inputs that it stems from, a bit for each */
	struct pw_lane lanes[2];
	struct pw_builder pieces[2];     /* parts of batches, for a kind without rows */
	const struct pw_batch *begun[2]; /* what pw_op_begin has left of a batch in a lane */
	pw_time bound;                   /* the part emits no row any more that is earlier */
	bool ended;                      /* all its rows have been given to it */
	size_t first_table;              /* among the tables of the chain */
};

/* Sets op.checkpoint, as the parts have it. */
void pw_chain_checkpoint_bind(struct pw_chain *c);
void pw_chain_checkpoint_release(struct pw_chain *c);

#endif
