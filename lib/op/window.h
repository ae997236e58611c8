/*
 * pw_window - event-time windows: what the options of pw-window ask for
 *
 * Four kinds of operator take the same wish. Input 0 is the rows; input 1, if
 * there is one, a stream whose times move the clock and do nothing else.
 *
 *   pw_window_op          tumbling and sliding windows with aggregates
 *   pw_window_rows_op     the same without: the rows, once per window they are in
 *   pw_window_held_op     likewise, where rows are held back or taken away again
 *                         (--delay, --once, --no-keep)
 *   pw_session_op         sessions, with aggregates or without
 *
 * The columns that come out: the key columns, window_start, window_end
 * (all of them key columns), then the aggregates; without aggregates the columns
 * of the rows, then window_start, window_end.
 */
#ifndef PW_OP_WINDOW_H
#define PW_OP_WINDOW_H

#include "op.h"

PW_C_BEGIN

/* Texts are as the options have them; NULL: not given. */
struct pw_window_wish {
	const char *time;                  /* -t: the time column */
	const char *tumbling;              /* length */
	const char *sliding, *every;       /* length and hop */
	const char *session;               /* gap */
	const char *session_while;         /* a condition over cur and next */
	const char *origin, *zone;         /* of tumbling and sliding windows */
	const char *keys;                  /* -k */
	const char *delay, *cutoff, *once; /* once "": without a shift */
	bool keep, no_keep;
	const char *late;     /* --late FILE */
	const char *max_step; /* of the clock, within one commit */
	char *const *exprs;   /* "[NAME =] AGGREGATE" */
	size_t count;
};

extern const struct pw_op_kind pw_window_op, pw_window_rows_op, pw_window_held_op, pw_session_op;

/* The kind that the wish asks for. NULL: fails (PW_USAGE), options do not go together. */
const struct pw_op_kind *pw_window_kind(const struct pw_window_wish *wish);

PW_C_END

#endif
