/*
 * pw_tool_register_state - what a stage remembers comes back when its line is run again
 *
 * Use:      when the state is there, empty and bound to the schemas of the
 *           inputs, and before pw_tool_output:
 *
 *                   static const struct pw_checkpointer checkpointer = {...};
 *                   pw_must(&tool, pw_tool_register_state(&tool, &checkpointer, &state));
 *
 *           Both are lent for good. In a line with state it enters the
 *           directory's run and loads the state as of the restart point; from
 *           then on the tool checkpoints the state by itself. It is called once, by
 *           every stage that remembers something beyond an open commit, and
 *           does nothing in a line without state, nor under --check.
 * Returns:  1 in a line with state: then changes must be noted; 0 in any
 *           other; or fails.
 */
#ifndef PW_TOOL_REGISTER_H
#define PW_TOOL_REGISTER_H

#include "../state/checkpointer.h"
#include "tool.h"

PW_C_BEGIN

int pw_tool_register_state(struct pw_tool *t, const struct pw_checkpointer *checkpointer,
			   void *state);

/* Has the line a state directory? True from pw_tool_inputs on, where pw_tool_register_state would return 1.
 */
static inline bool pw_tool_has_state(const struct pw_tool *t)
{
	const struct pw_head *head = t->input_count > 0 ? pw_tool_head(t, 0) : NULL;

	return head != NULL && head->state != NULL && !head->check;
}

PW_C_END

#endif
