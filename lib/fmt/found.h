/*
 * pw_found - the columns that a sample of the source has shown
 *
 * Use:      while sampling, a struct pw_found_kinds = {0} per column, and
 *           pw_found_value per value that is not null; then pw_found_column
 *           per column; pw_found_release.
 * Promises: the columns and their types do not depend on the order of values.
 *           A column that is in doubt has a message, and is to be declared.
 */
#ifndef PW_FMT_FOUND_H
#define PW_FMT_FOUND_H

#include "../data/schema.h"
#include "infer.h"

PW_C_BEGIN

/* The kinds of a column's values, and where the first of each was. */
struct pw_found_kinds {
	uint32_t seen; /* enum pw_kind */
	struct pw_found_first {
		enum pw_kind kind;
		char *place; /* FILE:LINE */
		char *shown; /* the value */
	} * first;
	size_t count, capacity;
};

void pw_found_first(struct pw_found_kinds *k, enum pw_kind kind, const char *file, uint64_t line,
		    struct pw_slice value);
void pw_found_kinds_release(struct pw_found_kinds *k);

static inline void pw_found_value(struct pw_found_kinds *k, enum pw_kind kind, const char *file,
				  uint64_t line, struct pw_slice value)
{
	if ((k->seen & (uint32_t)kind) == 0)
		pw_found_first(k, kind, file, line, value);
}

struct pw_found_column {
	uint32_t seen; /* enum pw_kind; 0: no value yet */
	bool json;
	char *doubt; /* a message, if no type was found; or NULL */
};

struct pw_found {
	struct pw_schema schema;
	struct pw_found_column *columns; /* schema.count of them */
	size_t capacity;
};

/* Adds a column of these kinds. by_place: -s names columns by their place. 0, or fails as pw_schema_add. */
int pw_found_column(struct pw_found *f, struct pw_slice name, const struct pw_found_kinds *k,
		    bool json, bool by_place);

/* Adds a column of that type, whose values are not looked at (seen: 0, or those of an earlier run). */
int pw_found_typed(struct pw_found *f, struct pw_slice name, struct pw_type type, uint32_t seen,
		   bool json);

void pw_found_release(struct pw_found *f);

PW_C_END

#endif
