/*
 * pw_join_watermark_op - an as-of or interval join with --delay or --cutoff
 *
 * Each input passes through pw_watermark_op before the join sees it, with a
 * clock of its own: --cutoff D is cutoff and forget D, and what is forgotten goes at
 * odd times unless there is --no-keep. An input that has neither a delay nor a
 * cutoff goes straight to the join. The join itself is told to keep its answers.
 *
 * Of the wish, delay, cutoff and max_step are "D" for both inputs, or "LEFT,RIGHT",
 * where one side may be empty; late is "FILE" if one input has a cutoff, else
 * "LEFT,RIGHT".
 *
 * Fails:    bind: PW_USAGE; as the parts do.
 * Memory:   that of the parts.
 */
#ifndef PW_OP_JOIN_WATERMARK_H
#define PW_OP_JOIN_WATERMARK_H

#include "op.h"

PW_C_BEGIN

/* Takes a struct pw_join_wish. */
extern const struct pw_op_kind pw_join_watermark_op;

PW_C_END

#endif
