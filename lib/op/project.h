/*
 * pw_project - each row becomes the row of some expressions' values
 *
 * Use:      fill in what it asks for, init once schema is whole; run per
 *           batch; release, which leaves what was lent.
 * Lends:    *out, until the next run; its columns may be the batch's own.
 * Promises: times, diffs and the order of rows stay; rows that --on-error
 *           rejects are left out, so *out may have no rows.
 * Fails:    run: as pw_evaluate.
 */
#ifndef PW_OP_PROJECT_H
#define PW_OP_PROJECT_H

#include "../tool/evaluate.h"

PW_C_BEGIN

struct pw_project {
	/* lent */
	struct pw_expr *expr; /* output i is field i of schema */
	struct pw_reject *reject;
	const struct pw_schema *schema;

	struct pw_column *columns;
	struct pw_batch out;    /* when all rows stay */
	struct pw_builder rest; /* the rows left, when others were rejected */
	struct pw_bytes lost;
	uint32_t *rows;
	size_t row_capacity;
};

void pw_project_init(struct pw_project *p);
int pw_project_run(struct pw_project *p, const struct pw_batch *batch, const struct pw_batch **out);
void pw_project_release(struct pw_project *p);

PW_C_END

#endif
