/*
 * pw_names - names of columns, as options write them
 *
 *     city,`odd name`          -k, --drop, --diff, ...
 *     score:desc,`a,b`:asc     -o, --sort
 *     id=order,`x=y`=z         -k of pw-join, --rename
 *
 * A name is bare, and ends where the option's next mark stands; or it stands in
 * back ticks, in which every character is itself and two ticks are one. Expressions
 * read names in back ticks by the same rule. Blanks around a name do not count.
 *
 * Use:      name = {0}; take and end for each name of the text; release.
 * Fails:    PW_USAGE.
 */
#ifndef PW_DATA_NAMES_H
#define PW_DATA_NAMES_H

#include "schema.h"

PW_C_BEGIN

struct pw_name {
	struct pw_bytes text;
	bool ticked;
};

/*
 * Takes the name at *at, which moves past it: a bare one ends before the first
 * of stops, or at the end of the text.
 */
int pw_names_take(const char **at, const char *stops, struct pw_name *name);

/* Fails unless the text ends at `at`, or one of stops stands there. */
int pw_names_end(const char *at, const char *stops);

void pw_names_release(struct pw_name *name);

/*
 * Takes NAME or LEFT=RIGHT and goes to the comma after it or to the end. *item is
 * where the right name begins, if there is one (else it is not set). 1: there are
 * two names; 0: right is empty; -1: it failed.
 */
int pw_names_pair(const char **at, struct pw_name *left, struct pw_name *right, const char **item);

/*
 * The place of the name's column, or fails. item: the text from the name on, in
 * which the name ends before one of stops; for advice about an expression that
 * stands where a column is named.
 */
int pw_names_need(const struct pw_schema *s, const struct pw_name *name, const char *item,
		  const char *stops);

/* The column of an option that names just one: its text without ticks is a name as a whole. */
int pw_names_column(const struct pw_schema *s, const char *text);

/*
 * The next column of an order, COL[:asc|:desc]; *at moves to the comma after it
 * or to the end.
 */
int pw_names_order(const struct pw_schema *s, const char **at, bool *descending);

/* Appends the name as options, schemas and expressions take it: bare, or in back ticks. */
void pw_names_add(struct pw_bytes *out, struct pw_slice name);

/* Appends the name in back ticks. */
void pw_names_add_ticked(struct pw_bytes *out, struct pw_slice name);

PW_C_END

#endif
