/*
 * pw_tool_state - a program's place in the state directory of its pipeline
 *
 * Use:      a reader calls pw_tool_enter; any other stage enters the run that
 *           the heads of its inputs name, by itself, in pw_tool_inputs. A stage
 *           that remembers something calls pw_tool_register_state. All of it
 *           comes before pw_tool_output.
 * Promises: rows of a time at or above C, a time of the grid, are handed out
 *           only when FRONTIER C, or a later one, has been handed out and the
 *           program has come back for the next event. There the tool
 *           checkpoints the state that was registered, in a forked child. At
 *           END it hands out a last FRONTIER F, the greatest that an input has
 *           reached, checkpoints, and then hands out END. It sends DURABLE up
 *           to the time below which this stage and all upstream have saved
 *           everything. After END it waits until a stage that reads our stream
 *           has entered the run. A sink gets DURABLE events; their time is the
 *           least of its inputs'.
 * Fails:    a directory, run or checkpoint that does not fit (PW_STATE,
 *           PW_BUSY). Of the stages that are refused in one run because they
 *           are new, the first prints why; the others end with its status.
 */
#ifndef PW_TOOL_STATE_H
#define PW_TOOL_STATE_H

#include "../state/checkpointer.h"
#include "../store/store.h"
#include "tool.h"

PW_C_BEGIN

/*
 * For readers, and not under --check: starts a run of the directory, or joins
 * the one that is alive; waits for at most 10 s if neither can be done.
 * interval: the ms between checkpoints; 0: no wish.
 */
void pw_tool_enter(struct pw_tool *t, const char *directory, uint64_t interval);

/*
 * For readers that have entered, and before pw_tool_output, which fails then
 * (PW_BUSY) after the head has been sent: the first new rows would have times below R. All
 * sinks downstream are new, and when they have been told, the next run begins at
 * the start.
 */
void pw_tool_missed(struct pw_tool *t);

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

/* The place in the directory; NULL: the pipeline has no state. */
struct pw_store *pw_tool_store(const struct pw_tool *t);

/*
 * For readers whose state is registered (--upsert): called when all changes of
 * times below frontier have been made, and none of a later time, so that the
 * state may be checkpointed there.
 */
void pw_tool_point(struct pw_tool *t, pw_time frontier);

/*
 * For readers, after pw_tool_frontier: the journal is durable for all times
 * below d; the end: for everything. DURABLE is sent when d has reached a new
 * time of the grid, and with END.
 */
void pw_tool_durable_below(struct pw_tool *t, pw_time d);

/*
 * The time below which all that this stage and its inputs must save is saved,
 * as DURABLE, or the END of an input, has said. After END: the end, if
 * everything that was sent is durable.
 */
pw_time pw_tool_durable(const struct pw_tool *t);

PW_C_END

#endif
