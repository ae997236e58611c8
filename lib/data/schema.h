/*
 * pw_schema - the names and types of a stream's columns, and what it claims
 *
 * Ownership: the holder of a struct pw_schema owns its names;
 *            pw_schema_copy copies, pw_schema_release releases (an empty one
 *            too).
 */
#ifndef PW_DATA_SCHEMA_H
#define PW_DATA_SCHEMA_H

#include "type.h"

PW_C_BEGIN

struct pw_field {
	char *name;
	struct pw_type type;
	bool key; /* the key columns together name at most one row */
};

struct pw_schema {
	struct pw_field *fields;
	size_t count;
	size_t capacity;
	bool append_only; /* no -1 ever comes */
	bool is_static;   /* one commit, then finished */
	bool single;      /* at most one row is there: the key has no columns */
};

#define PW_COLUMNS_MAX 4096
#define PW_NAME_MAX    1024 /* bytes of a column's name */

/* Adds a column; fails (PW_USAGE) on an empty, doubled or over-long name, or one too many. */
int pw_schema_add(struct pw_schema *s, struct pw_slice name, struct pw_type type, bool key);

/* Where the column is, or -1. Names are matched exactly, then (if that finds one) ignoring case. */
int pw_schema_find(const struct pw_schema *s, struct pw_slice name);

/* As pw_schema_find, but fails: "'prise' is not a column (did you mean 'price'?)". */
int pw_schema_need(const struct pw_schema *s, struct pw_slice name);

/*
 * A comma-separated list of columns ("city,`odd name`"): appends their places
 * to list, an array of PW_COLUMNS_MAX; the count or -1 (unknown, doubled).
 */
int pw_schema_list(const struct pw_schema *s, const char *text, int *list);

void pw_schema_copy(struct pw_schema *to, const struct pw_schema *from);
void pw_schema_release(struct pw_schema *s);

/* Same names and types in the same order. */
bool pw_schema_equal(const struct pw_schema *a, const struct pw_schema *b);

/* "id int!, city str": a schema as -s would declare it. */
void pw_schema_print(struct pw_bytes *b, const struct pw_schema *s);

PW_C_END

#endif
