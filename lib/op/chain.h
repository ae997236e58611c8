/*
 * pw_chain - an operator made of operators, in one process
 *
 * A chain has parts. Each is an operator, whose inputs are inputs of the chain or
 * outputs of parts before it; what the last part emits is what the chain emits. The
 * chain is an operator like any other for whoever runs it, and the host of its
 * parts. As pipes would, it gives a part with several inputs their rows in the
 * order of their times, commit by commit, however far one of them is ahead.
 *
 * Use:      struct pw_chain is the first member of the operator's state. The
 *           operator's bind calls pw_chain_begin, pw_chain_add for each part
 *           (in between pw_chain_schema says what a part emits, for the wishes
 *           of later ones), pw_chain_done; it may change op->schema's flags
 *           after that. The kind's other functions are PW_CHAIN_FUNCTIONS; a
 *           release of its own calls pw_chain_release.
 * Promises: what runs the same parts as programs between pipes gets the same
 *           rows at the same times.
 *           Checkpoints hold the tables of all parts, named NAME of the part,
 *           or NAME.TABLE where it has several. Late rows of a part are late
 *           rows of the input that the part's input stems from.
 * Limits:   only the last part may want an input first, or emit rows of earlier
 *           times at its end. A part whose inputs stem from one input of the
 *           chain is told that they are not static, so that it does not.
 *           Parts have at most two inputs.
 * Fails:    as the parts do.
 * Memory:   that of the parts; and rows that wait for those of another part:
 *           of one commit, at most.
 */
#ifndef PW_OP_CHAIN_H
#define PW_OP_CHAIN_H

#include "lane.h"
#include "op.h"

PW_C_BEGIN

enum { PW_CHAIN_PARTS = 8 };

/* What a part's input is: an input of the chain, or the output of a part, by its number. */
#define PW_CHAIN_INPUT(i) (-1 - (i))

struct pw_chain_part {
	const char *name; /* for tables and messages: "left"; lent */
	const struct pw_op_kind *kind;
	const void *wish; /* lent for the chain's life */
	int from[2];
	size_t from_count;
};

struct pw_chain_link; /* a part that is running */

struct pw_chain {
	struct pw_op op;
	struct pw_chain_link *links[PW_CHAIN_PARTS];
	size_t count;
	pw_time floors[2]; /* per input of the chain: no row that is still to come is earlier */
	pw_time complete;  /* all parts but the last have been told of this frontier */
	bool straight;     /* the last part wants an input first: no rows take turns */
	struct pw_bytes state_text;
	struct pw_checkpointer_table *tables; /* of all parts */
};

void pw_chain_begin(struct pw_chain *c);

/* Makes the part and binds it; its number. */
int pw_chain_add(struct pw_chain *c, const struct pw_chain_part *part);

/* What a part emits, or (PW_CHAIN_INPUT) an input of the chain. Lent. */
const struct pw_schema *pw_chain_schema(const struct pw_chain *c, int from);

/* All parts are there: sets what bind sets. */
void pw_chain_done(struct pw_chain *c);

/* ---- the functions of a kind that is a chain ---- */

void pw_chain_batch(struct pw_op *op, int input, const struct pw_batch **batch);
void pw_chain_frontier(struct pw_op *op, pw_time frontier);
void pw_chain_end(struct pw_op *op);
void pw_chain_flush(struct pw_op *op);
size_t pw_chain_bytes(const struct pw_op *op);
void pw_chain_release(struct pw_op *op);

#define PW_CHAIN_FUNCTIONS                                                                         \
	.batch = pw_chain_batch, .frontier = pw_chain_frontier, .end = pw_chain_end,               \
	.flush = pw_chain_flush, .bytes = pw_chain_bytes

PW_C_END

#endif
