/* Kinds that are still to come: each goes when its file is there. */
#include "join.h"

static void bind(struct pw_op *op, const void *wish)
{
	(void)wish;
	pw_op_must(op, pw_fail(PW_USAGE, "this is still to come"));
}

const struct pw_op_kind pw_window_join_op = {.size = sizeof(struct pw_op), .bind = bind};
