/*
 * pw_watermark_op - late rows dropped, early rows held, old rows forgotten
 *
 * Cutoff, delay and forget on one clock (pw_event_clock) and in one commit, as
 * pw-watermark(1) has them. Of a commit the changes come first, then the rows
 * released, then the rows forgotten. Changes of an input that is append-only keep
 * their order; all others are in the order of their times, then of their other
 * columns.
 *
 * Input 0 is the rows. Input 1, if there is one, is a stream whose times move
 * the clock, and which does nothing else.
 *
 * The fast form is that of an append-only input: rows pass in columns, as they
 * come, and are kept only if they are to be released or forgotten. Of any other
 * input the changes of a commit are summed up first.
 *
 * Memory:   the rows held (delay), and, unless cutoff alone has an append-only input,
 *           the rows passed and not forgotten, as pw_calendar.
 * Fails:    a row is taken away that has not come (PW_DATA), where rows are kept.
 */
#ifndef PW_OP_WATERMARK_H
#define PW_OP_WATERMARK_H

#include "op.h"

PW_C_BEGIN

/* Texts are as the options have them; NULL: not given. */
struct pw_watermark_wish {
	const char *time; /* -t */
	const char *cutoff, *delay, *forget;
	bool keep;            /* rows are forgotten at odd times */
	const char *late;     /* a file */
	const char *max_step; /* of the clock, within one commit */
};

extern const struct pw_op_kind pw_watermark_op;

PW_C_END

#endif
