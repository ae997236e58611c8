/*
 * pw_keep_op - answers stay when the rows they came from are forgotten
 *
 * Of each key the row that is shown is held. Changes at odd times, which are
 * forgetting, are dropped. When a commit at an even time brings a row of a key, that
 * is shown in place of the one shown before; when it only takes a row of the key
 * away, nothing is shown any more. So output has even times alone.
 *
 * The changes of a commit come in the order of the keys.
 *
 * Memory:   a row per key shown, as pw_keyed.
 * Fails:    bind: the input is not keyed (PW_USAGE). A commit brings two rows of a
 *           key, or takes two away (PW_DATA).
 */
#ifndef PW_OP_KEEP_H
#define PW_OP_KEEP_H

#include "op.h"

PW_C_BEGIN

extern const struct pw_op_kind pw_keep_op; /* its wish is NULL */

PW_C_END

#endif
