/*
 * pw_declare - the language of -s: which columns there are
 *
 *   id int!, city str, amount float = 0.0, xs list<int> = [1, 2],
 *   ts datetime "%d/%m/%Y %H:%M", age int from "/pet/age" = 0
 *
 * A column is a name (bare, or in back ticks, one of which is written twice
 * inside), a type ("not null" is "!"), and any of: the format of a time, from
 * and a JSON pointer, = and a default. Defaults are numbers, true, false,
 * null, lists and objects as JSON, and anything in quotes; a str's default is
 * in quotes. Quotes are "..." or '...', with \" \' \\ \n \t \r inside.
 *
 * @FILE reads the same from JSON: an array of objects, or an object with such
 * an array as "columns", with the members name, type, not_null, format, from
 * and default.
 *
 * Use:      struct pw_declare d = {0}; pw_declare_read; pw_declare_release.
 * Promises: names differ and are valid UTF-8; formats and pointers have been
 *           checked; a default is of its column's type, and null only where
 *           the column may be.
 * Fails:    "schema: character 9: 'itn' is not a type (did you mean 'int'?)"
 *           (PW_USAGE), with the line and a caret as details; of a file
 *           "FILE: column 2: ..."; nothing is left to release then.
 */
#ifndef PW_FMT_DECLARE_H
#define PW_FMT_DECLARE_H

#include "../data/vector.h"

PW_C_BEGIN

struct pw_declare_column {
	char *name;
	struct pw_type type;
	char *format;           /* of a time, or NULL */
	char *pointer;          /* JSON pointer, or NULL */
	bool has_value;         /* a default is given */
	struct pw_vector value; /* the default, as one row; initialised in any case */
};

struct pw_declare {
	struct pw_declare_column *columns;
	size_t count, capacity;
};

#define PW_DECLARE_FILE_MAX ((size_t)16 << 20) /* bytes of a @FILE */

/* Reads the value of -s: a declaration, or @FILE. 0, or fails. */
int pw_declare_read(struct pw_declare *d, const char *text);

int pw_declare_parse(struct pw_declare *d, struct pw_slice text);
int pw_declare_json(struct pw_declare *d, struct pw_slice text);

/* Where the column of that name is, or -1. */
int pw_declare_find(const struct pw_declare *d, struct pw_slice name);

/*
 * Prints the declaration, such that pw_declare_parse makes the same of the text.
 * For a plan that shows what a reader was told; so far only tests ask for it.
 */
void pw_declare_print(struct pw_bytes *b, struct pw_declare *d);

void pw_declare_release(struct pw_declare *d);

/* ---- for the pieces ---- */

/* Adds a column, its value initialised; NULL: failed (empty, doubled, over-long name; too many). */
struct pw_declare_column *pw_declare_add(struct pw_declare *d, struct pw_slice name,
					 struct pw_type type);

/* Takes the format, the pointer; 0, or fails. */
int pw_declare_format(struct pw_declare_column *c, struct pw_slice format);
int pw_declare_pointer(struct pw_declare_column *c, struct pw_slice pointer);

/* Takes the text, or null, as the default; 0, or fails. */
int pw_declare_value(struct pw_declare_column *c, struct pw_slice text);
int pw_declare_null(struct pw_declare_column *c);

PW_C_END

#endif
