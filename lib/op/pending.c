/* Kinds that are still to come: each goes when its file is there. */
#include "join.h"
#include "window.h"

static void bind(struct pw_op *op, const void *wish)
{
	(void)wish;
	pw_op_must(op, pw_fail(PW_USAGE, "this is still to come"));
}

#define PENDING(name) const struct pw_op_kind name = {.size = sizeof(struct pw_op), .bind = bind}

PENDING(pw_session_op);     /* session */
PENDING(pw_window_join_op); /* window joins */
