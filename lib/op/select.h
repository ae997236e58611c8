/*
 * pw_select - columns chosen, computed, dropped and renamed
 *
 * Each row becomes the row of its expressions' values, with its time and
 * diff. Only the values of a row decide, so the retraction of a row becomes
 * the retraction of what the row became. Rows that become equal add up.
 *
 * The columns are, in this order: all of the input, if columns are added to
 * them; what the expressions name and compute; then some are dropped, then
 * some renamed.
 *
 * Fails:    bind: columns that are not there, or none that is left (PW_USAGE);
 *           a row error of an expression, as --on-error has it.
 * Memory:   none that outlives a batch.
 */
#ifndef PW_OP_SELECT_H
#define PW_OP_SELECT_H

#include "op.h"

PW_C_BEGIN

struct pw_select_wish {
	bool add; /* the input's columns stay, too; they do so anyway if there are no expressions */
	char *const *expressions; /* "total = price * qty", or a pattern: "*_usd" */
	size_t expression_count;
	const char *drop;        /* "note,url", or NULL */
	struct pw_texts renames; /* "old=new,older=newer" each */
};

extern const struct pw_op_kind pw_select_op;

PW_C_END

#endif
