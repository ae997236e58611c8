/* Kinds that are still to come: each goes when its file is there. */
#include "join.h"
#include "window.h"

static void bind(struct pw_op *op, const void *wish)
{
	(void)wish;
	pw_op_must(op, pw_fail(PW_USAGE, "this is still to come"));
}

#define PENDING(name) const struct pw_op_kind name = {.size = sizeof(struct pw_op), .bind = bind}

PENDING(pw_asof_op);        /* asof */
PENDING(pw_interval_op);    /* interval */
PENDING(pw_window_join_op); /* window joins */

const struct pw_op_kind *pw_join_kind_of(const struct pw_join_wish *wish)
{
	return wish->asof                                          ? &pw_asof_op
	       : wish->interval                                    ? &pw_interval_op
	       : wish->tumbling || wish->sliding || wish->session ? &pw_window_join_op
								   : &pw_join_op;
}
