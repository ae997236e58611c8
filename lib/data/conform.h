/*
 * pw_conform - rows of one schema as rows of another
 *
 * Columns are matched by name. Where one schema has ints and the other floats
 * they become floats; any other difference of types is refused.
 *
 * Use:      unite the schema of the output with each source's in turn; then, per
 *           source, init (schemas lent, must outlive it), batch, release.
 * Lends:    the batch, until the next call, and no longer than the batch that
 *           was given is good.
 */
#ifndef PW_DATA_CONFORM_H
#define PW_DATA_CONFORM_H

#include "batch.h"

PW_C_BEGIN

struct pw_conform {
	const struct pw_schema *to;
	int *from;                 /* per column of to: the source's, or -1 */
	struct pw_column *columns; /* those without a source are not to be looked at */
	double **widened;          /* per column of to: room for floats, or NULL */
	size_t *room;
	struct pw_batch view;
};

/*
 * Widens the types of to so that they hold those of from as well. all: from
 * must have every column of to. name and other are what messages call from
 * and to. 0, or fails (PW_USAGE), with advice.
 */
int pw_conform_unite(struct pw_schema *to, const struct pw_schema *from, bool all, const char *name,
		     const char *other);

void pw_conform_init(struct pw_conform *c, const struct pw_schema *to,
		     const struct pw_schema *from);
const struct pw_batch *pw_conform_batch(struct pw_conform *c, const struct pw_batch *batch);
void pw_conform_release(struct pw_conform *c);

PW_C_END

#endif
