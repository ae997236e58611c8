/*
 * What the pieces of pw_tool know of its state: nothing of it concerns
 * programs. All of it is called in lines with state only (t->state).
 */
#ifndef PW_TOOL_STATE_INTERNAL_H
#define PW_TOOL_STATE_INTERNAL_H

#include "../store/checkpoint.h"
#include "state.h"

/*
 * A checkpoint that a forked child writes. The state of so many times may be on its
 * way to the disk at once: more, and the stage waits for the oldest. A full
 * checkpoint may take longer than the grid is wide, and what has changed meanwhile
 * must be cut at its own times.
 */
#define PW_STATE_CHILDREN 8

struct pw_state_child {
	int pid;
	int fd;        /* becomes readable when it has ended: what went wrong, if something did */
	pw_time first; /* of the first change in the checkpoint */
};

struct pw_state {
	struct pw_store store;
	struct pw_stage stage; /* this one, with all before it */
	enum pw_store_registered registered;

	/* what pw_tool_register_state has made known */
	const struct pw_checkpointer *checkpointer; /* NULL: nothing */
	void *kept;
	struct pw_schema schema; /* of checkpoints */
	struct pw_checkpoints checkpoints;

	/* rows handed out that no checkpoint that was begun holds: from first to last */
	bool dirty;
	pw_time first, last;
	struct pw_state_child children[PW_STATE_CHILDREN]; /* in the order of their checkpoints */
	size_t child_count;
	bool child_ready; /* the first has ended */

	pw_time journal; /* of readers: durable below this */
	pw_time sent;    /* DURABLE as last sent, or handed to a sink */
	bool closing;    /* all inputs have come to their end: FRONTIER F has been handed out */
	bool at_end;     /* ... and checkpoint: rows of `end` may follow */
	bool broken;     /* broke off: what came last is not complete */
};

/* Joins the run that the inputs' heads name, if they do. */
void pw_state_join(struct pw_tool *t);

/* Fails if the output is no place for a stream with state. */
void pw_state_check_output(struct pw_tool *t);

/*
 * A stage that has missed what is below R: refuse, before its head is sent,
 * lets the other stages of the run know; check_registered, after that, fails.
 */
void pw_state_refuse(struct pw_tool *t);
void pw_state_check_registered(struct pw_tool *t);

/* Rows of the times [first, last] are handed out. */
void pw_state_note(struct pw_state *s, pw_time first, pw_time last);

/* Rows of this time and above are not to be handed out yet. */
pw_time pw_state_limit(const struct pw_tool *t);

/*
 * The program holds all it was given below t->frontier, and nothing above the
 * limit: checkpoints what is due, sends DURABLE. True: *ev is to be handed out.
 * least: of the frontiers of all inputs.
 */
bool pw_state_step(struct pw_tool *t, pw_time least, struct pw_event *ev);

/* What END says is durable. */
pw_time pw_state_durable_at_end(struct pw_tool *t);

/* Stays until somebody who reads our stream is listed. */
void pw_state_linger(struct pw_tool *t);

/* ---- checkpoints ---- */

/* Cuts at a time, in a child or here. */
void pw_state_checkpoint(struct pw_tool *t, pw_time time, bool fork_it);

/* The first child has ended, or is waited for; with all, each of them. */
void pw_state_reap(struct pw_tool *t, bool all);

#endif
