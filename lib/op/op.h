/*
 * pw_op - an operator: streams of changes in, a stream of changes out
 *
 * An operator knows rows and commits. It knows no pipes, no inputs that are
 * late, no frontiers, no state directory: its host does. pw_driver is the
 * host of a program; a test, or whoever runs several operators in one
 * process, is another.
 *
 * A kind is a const struct of functions. The state of an operator is one
 * struct, whose first member is struct pw_op: no operator has state of its
 * own outside of that, so any number of them live side by side.
 *
 *   bind     the schemas of the inputs are there: sets op->schema and what
 *            else bind sets (below). wish is the kind's own: what options and
 *            arguments ask for; lent for the operator's life.
 *   batch    a batch has come. Work on all of its rows at once is done here
 *            (keys are encoded, arguments evaluated), and *batch may be
 *            replaced by another whose rows are taken instead. An operator
 *            that looks at rows alone emits here, and sets *batch to NULL. With
 *            one input rows may be left out; with several, the rows and their
 *            times stay as they are.
 *   rows     rows [from, from + count) of the batch that batch has left. All
 *            have the time op->commit.time, the commit of which is open. They are
 *            handed over once.
 *   commit   all rows of op->commit.time have come: the changes of the output are
 *            emitted.
 *   frontier times below the frontier are complete: for an operator that runs
 *            others. All other operators have commit.
 *   end      all inputs have finished, and all commits are complete: rows that
 *            the operator still holds back are emitted.
 *   flush    rows that wait to fill a batch are emitted: before the host waits
 *            for input, and before a frontier is passed on. With one input
 *            every batch has been taken whole by then; with several, the rest
 *            of one may still have to wait for its turn.
 *   bytes    how much memory the operator's state takes, about.
 *   release  frees what it holds.
 *
 * Only bind is a must, and rows wants commit.
 *
 * Faults: no function returns after a fault. pw_op_must and pw_op_fail hand it
 * to the host, which does not come back; a wish that can't be had is one of
 * kind PW_USAGE. So emitting never fails.
 *
 * Use:      pw_op_open; pw_op_take per batch, or where inputs take turns
 *           pw_op_begin and pw_op_take_runs; pw_op_frontier as times become
 *           complete; pw_op_end if all inputs have finished; pw_op_close.
 * Promises: emitted rows have times that don't descend. The rows emitted up to
 *           a frontier are a function of the input rows below it alone, however
 *           these were cut into batches.
 */
#ifndef PW_OP_OP_H
#define PW_OP_OP_H

#include "../data/splitter.h"
#include "../state/checkpointer.h"
#include "../tool/reject.h"

PW_C_BEGIN

struct pw_op;

struct pw_op_kind {
	size_t size; /* of the state, struct pw_op included */
	void (*bind)(struct pw_op *op, const void *wish);
	void (*batch)(struct pw_op *op, int input, const struct pw_batch **batch);
	void (*rows)(struct pw_op *op, int input, const struct pw_batch *batch, uint32_t from,
		     uint32_t count);
	void (*commit)(struct pw_op *op);
	void (*frontier)(struct pw_op *op, pw_time frontier);
	void (*end)(struct pw_op *op);
	void (*flush)(struct pw_op *op);
	size_t (*bytes)(const struct pw_op *op);
	void (*release)(struct pw_op *op);
	bool rejects; /* it has row errors: --on-error concerns it */
};

/* Who runs the operator. Lent for the operator's life. */
struct pw_op_host {
	void *to; /* the first argument of all functions */
	void (*emit)(void *to, const struct pw_batch *batch);
	void (*fail)(void *to); /* the fault there is ends the run: does not return */
	/* rows that came too late, of the schema that bind has given that input */
	void (*late)(void *to, int input, const struct pw_batch *batch);
	struct pw_reject *reject; /* its policy is known when bind is called */
	const char *const *names; /* of the inputs, for messages */
	size_t memory;            /* bytes that the state of an operator that is bounded may take */
	bool has_state;           /* the pipeline has a state directory */
};

enum { PW_OP_NOTING = 16 };

/* How the state of the operator is checkpointed. */
struct pw_op_checkpoint {
	struct pw_checkpointer how; /* without tables: nothing is remembered beyond a commit */
	void *state;
	bool *noting[PW_OP_NOTING]; /* set to true when changes are to be noted from then on */
};

enum { PW_OP_NONE = -1 };

/*
 * Where rows go that come too late, from an input. They are counted by the
 * host, which says at the end how many there were.
 */
struct pw_op_late {
	const char *path; /* a file of changes as CSV, or NULL; lent */
	const struct pw_schema
		*schema; /* of late rows; lent. NULL: no row of the input is ever late */
};

struct pw_op {
	const struct pw_op_kind *kind;
	const struct pw_op_host *host;
	const struct pw_schema *in; /* of each input; lent */
	size_t input_count;

	/* bind sets */
	struct pw_schema schema; /* of the output */
	const char *state_text;  /* what is remembered, and what that grows with; lent */
	struct pw_op_checkpoint checkpoint;
	int first;    /* an input that is wanted whole before any row of the others; PW_OP_NONE */
	bool at_end;  /* rows of earlier times are emitted at the end: no frontier before that */
	bool bounded; /* more bytes than the host allows are a fault */
	struct pw_op_late late[2]; /* per input */

	struct pw_splitter commit; /* in hand */
	int input;                 /* whose rows are being taken; pw_op's own */
};

/*
 * Makes an operator of the kind and binds it. in: a schema for each of count
 * inputs; lent.
 */
struct pw_op *pw_op_open(const struct pw_op_kind *kind, const struct pw_op_host *host,
			 const struct pw_schema *in, size_t count, const void *wish);
void pw_op_close(struct pw_op *op);

/*
 * A batch of an input, all of whose rows may be taken; its times are not below
 * those before it. Flushes.
 */
void pw_op_take(struct pw_op *op, int input, const struct pw_batch *batch);

/*
 * pw_op_take in pieces, where inputs take turns. Call begin once for the batch; it
 * returns the batch to be taken (NULL: the batch is done with). Then take the runs
 * of that batch in several goes, the first row of each being `from`; flush when no
 * more are at hand.
 */
const struct pw_batch *pw_op_begin(struct pw_op *op, int input, const struct pw_batch *batch);
void pw_op_take_runs(struct pw_op *op, int input, const struct pw_batch *batch, uint32_t run,
		     uint32_t run_count, uint32_t from);

void pw_op_flush(struct pw_op *op);

/* Times below the frontier are complete. Flushes. */
void pw_op_frontier(struct pw_op *op, pw_time frontier);

/* All times are complete: every input has finished. */
void pw_op_end(struct pw_op *op);

size_t pw_op_bytes(const struct pw_op *op);

/* ---- for operators ---- */

/* Hands rows on; a batch without rows is dropped. */
static inline void pw_op_emit(struct pw_op *op, const struct pw_batch *batch)
{
	if (batch->rows > 0)
		op->host->emit(op->host->to, batch);
}

/* Hands on rows that came too late; as emit, their times do not descend. */
static inline void pw_op_late(struct pw_op *op, int input, const struct pw_batch *batch)
{
	if (batch->rows > 0)
		op->host->late(op->host->to, input, batch);
}

/*
 * The columns of an input that names lists, into list, of PW_COLUMNS_MAX; how
 * many. A fault (PW_USAGE) names the option.
 */
size_t pw_op_columns(struct pw_op *op, int input, const char *option, const char *names, int *list);

/* Ends the run with the fault there is. */
PW_NORETURN void pw_op_fail(struct pw_op *op);

/* x, unless that is below 0: then pw_op_fail. */
static inline int pw_op_must(struct pw_op *op, int x)
{
	if (x < 0)
		pw_op_fail(op);
	return x;
}

PW_C_END

#endif
