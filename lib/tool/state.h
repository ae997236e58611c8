/*
 * pw_tool_state - a program's place in the state directory of its line
 *
 * A stage or sink whose inputs name a directory joins the run that they name,
 * as soon as all their heads have come; pw_tool_output then names it in turn.
 * From there on the tool
 *
 *   - hands out rows of a time at or above C, a multiple of the grid's
 *     interval, only when FRONTIER C, or a later one, has been handed out and
 *     the program has come back for the next event; there it checkpoints what
 *     pw_tool_register_state has made known, in a forked child;
 *   - at END hands out a last FRONTIER F, the greatest that an input reached,
 *     checkpoints there, and then hands out END;
 *   - sends DURABLE as far as all that is known to be;
 *   - behind END waits until somebody who reads our stream has entered.
 *
 * A sink gets DURABLE events: ev->time is the least of its inputs', and
 * pw_tool_durable after END: the end, if everything that was sent is durable.
 */
#ifndef PW_TOOL_STATE_H
#define PW_TOOL_STATE_H

#include "../state/checkpointer.h"
#include "../store/store.h"
#include "tool.h"

PW_C_BEGIN

/*
 * For readers, before pw_tool_output and not under --check: starts a run of
 * the directory, or joins the one that is alive, waiting for at most 10 s.
 * interval: ms between checkpoints; 0: no wish.
 */
void pw_tool_enter(struct pw_tool *t, const char *directory, uint64_t interval);

/*
 * For stages that remember something beyond an open commit: makes their state
 * known, once, when it is there, empty and bound to the schemas of the inputs,
 * and before pw_tool_output:
 *
 *         static const struct pw_checkpointer checkpointer = {...};
 *         pw_must(&tool, pw_tool_register_state(&tool, &checkpointer, &state));
 *
 * Both are lent for good. In a pipeline with state the state is loaded as of
 * the restart point, and from then on the tool checkpoints it by itself; in
 * any other pipeline, and under --check, nothing is done.
 * 1: the pipeline has state, and changes must be noted; 0: it has none; or -1.
 */
int pw_tool_register_state(struct pw_tool *t, const struct pw_checkpointer *checkpointer,
			   void *state);

/* Would pw_tool_register_state return 1? Known as soon as pw_tool_inputs has returned. */
static inline bool pw_tool_has_state(const struct pw_tool *t)
{
	const struct pw_head *head = t->input_count > 0 ? pw_tool_head(t, 0) : NULL;

	return head != NULL && head->state != NULL && !head->check;
}

/* The place; NULL in a line without state. */
struct pw_store *pw_tool_store(const struct pw_tool *t);

/*
 * For readers that keep (--upsert): before the first change of a time at or
 * above frontier is made, and when all of those below it have been.
 */
void pw_tool_point(struct pw_tool *t, pw_time frontier);

/*
 * For readers: the journal is durable for all times below d. Called behind pw_tool_frontier.
 * Sent when that reaches a new time of the grid, and with END: the end, once all is.
 */
void pw_tool_durable_below(struct pw_tool *t, pw_time d);

/* The least of what the inputs said is durable: an ended input's END counts; the end: all of it. */
pw_time pw_tool_durable(const struct pw_tool *t);

PW_C_END

#endif
