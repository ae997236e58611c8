/*
 * pw_layout - the columns of a reader: what was declared and what was found
 *
 * Promises: with all columns declared, or `only`, the columns are in the order
 *           of the declaration; else they are in the order of the source, and
 *           after them come the declared ones that the source lacks. With by_place (no header) the
 *           declared names are those of the first columns. A member that a
 *           declared JSON pointer leads into is no column of its own.
 * Lends:    view and schema; they point into the declaration.
 */
#ifndef PW_FMT_LAYOUT_H
#define PW_FMT_LAYOUT_H

#include "declare.h"
#include "parser.h"

PW_C_BEGIN

struct pw_layout {
	struct pw_parser_layout view;
	struct pw_parser_column *columns;
	struct pw_parser_undecided *undecided; /* of the columns that are */
	size_t undecided_count;
	struct pw_schema schema; /* the same columns, keys marked, and the meta columns */
};

struct pw_layout_wish {
	struct pw_declare *declared; /* none: an empty one */
	const char *keys;            /* of -k, or NULL */
	bool only, by_place, meta;
};

/*
 * 0, or fails (PW_USAGE; PW_DATA: the type of a column is in doubt). found: what
 * pw_parser's columns gave.
 */
int pw_layout_make(struct pw_layout *l, const struct pw_layout_wish *wish,
		   const struct pw_found *found);
void pw_layout_release(struct pw_layout *l);

/* Is every column found a declared one? Then nothing is left to infer. */
bool pw_layout_is_declared(const struct pw_layout_wish *wish, const struct pw_schema *found);

PW_C_END

#endif
