/*
 * pw_state - what the files of pw_tool share about a state directory
 *
 * state.c enters, follows the grid and sends DURABLE; state_checkpoint.c
 * writes checkpoints. Every function here but pw_state_join is called only if
 * the pipeline has state, which is when t->state is not NULL. Nothing here is
 * for programs.
 */
#ifndef PW_TOOL_STATE_INTERNAL_H
#define PW_TOOL_STATE_INTERNAL_H

#include "../store/checkpoint.h"
#include "state.h"

/*
 * Forked children that may be writing checkpoints at once. A full checkpoint may
 * take longer than the grid is wide, and changes of the meantime must be saved
 * at times of their own. With more children the stage waits for the oldest.
 */
#define PW_STATE_CHILDREN 8

struct pw_state_child {
	int pid;
	int fd;        /* readable when the child has ended; holds its message if it has failed */
	pw_time first; /* time of the first change in the checkpoint */
};

struct pw_state {
	struct pw_store store;
	struct pw_stage stage; /* this stage, with all upstream */
	enum pw_store_registered registered;

	/* from pw_tool_register_state */
	const struct pw_checkpointer *checkpointer; /* NULL: no state was registered */
	void *remembered;        /* the program's state, checkpointer's argument */
	struct pw_schema schema; /* of the rows of a checkpoint */
	struct pw_checkpoints checkpoints;

	bool dirty;          /* rows were handed out after the last checkpoint was begun */
	pw_time first, last; /* if dirty: the first and the last time of those rows */
	struct pw_state_child children[PW_STATE_CHILDREN]; /* in the order of their checkpoints */
	size_t child_count;
	bool child_ready; /* children[0] has ended */

	pw_time journal; /* of a reader: its journal is durable below this time */
	pw_time sent;    /* DURABLE as last sent, or, in a sink, as last handed out */
	bool closing;    /* all inputs have ended, and FRONTIER F has been handed out */
	bool at_end; /* after closing: the last checkpoint is written, rows of the end may follow */
	bool broken; /* the stream broke off: its last commit is not complete */
};

/* Joins the run that the inputs' heads name; they name none: the pipeline has no state. */
void pw_state_join(struct pw_tool *t);

/* Fails if the stream of a pipeline with state may not go to this output. */
void pw_state_check_output(struct pw_tool *t);

/*
 * For a stage that has missed the commits below R: refuse, before the head is sent,
 * lets the other stages of the run know; check_registered, afterwards, fails.
 */
void pw_state_refuse(struct pw_tool *t);
void pw_state_check_registered(struct pw_tool *t);

/* Rows of the times from first to last have been handed out. */
void pw_state_note(struct pw_state *s, pw_time first, pw_time last);

/* The least time whose rows may not be handed out yet. */
pw_time pw_state_limit(const struct pw_tool *t);

/*
 * Called when the program has come back for an event: it has taken all rows
 * below t->frontier, and none at or above the limit. Checkpoints the state if
 * that is due, and sends DURABLE. True: *ev is to be handed out. least: the
 * least frontier of all inputs.
 */
bool pw_state_step(struct pw_tool *t, pw_time least, struct pw_event *ev);

/* The time that END calls durable. */
pw_time pw_state_durable_at_end(struct pw_tool *t);

/* Waits until a stage that reads our stream has entered the run, for at most 10 s. */
void pw_state_linger(struct pw_tool *t);

/* ---- checkpoints ---- */

/* Writes a checkpoint of this time, in a forked child or here. */
void pw_state_checkpoint(struct pw_tool *t, pw_time time, bool fork_it);

/* Waits for the first child to end, or for all, and fails as they did. */
void pw_state_reap(struct pw_tool *t, bool all);

#endif
