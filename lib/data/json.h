/*
 * pw_json - JSON text stepped over, compared and turned into values, without
 *           building it in memory
 *
 * A value is a token that points into the text it was read from: scalars and
 * whole arrays and objects alike. What pw_json_next returns has been checked
 * to the last byte (RFC 8259), so that the functions that take a token can't
 * fail on its grammar.
 *
 * Refused beyond the grammar: text that is not UTF-8, \u0000 (a NUL is bad
 * data), lone surrogates, and nesting deeper than PW_JSON_DEPTH. Numbers may
 * be of any size: whoever wants one in 64 bits finds out.
 */
#ifndef PW_DATA_JSON_H
#define PW_DATA_JSON_H

#include "vector.h"

PW_C_BEGIN

#define PW_JSON_DEPTH 2047 /* containers in one value; takes no stack */

enum pw_json_kind {
	PW_JSON_NULL,
	PW_JSON_FALSE,
	PW_JSON_TRUE,
	PW_JSON_INT,  /* a number without point and exponent */
	PW_JSON_REAL, /* any other number */
	PW_JSON_STRING,
	PW_JSON_ARRAY,
	PW_JSON_OBJECT
};

struct pw_json_value {
	const char *at; /* its text; of a string, what is between the quotes */
	uint32_t length;
	uint8_t kind; /* enum pw_json_kind */
	bool escaped; /* a string with escapes in it */
	bool spaced;  /* an array or object with blanks outside its strings */
};

/* A fault of a text, and its place. */
struct pw_json_fault {
	const char *at;
	const char *what;
	bool expected; /* what is what was expected there */
};

static inline const char *pw_json_blank(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/*
 * Reads the value that begins at p; end - p is at most UINT32_MAX. Returns
 * what follows it, or NULL with the fault.
 */
const char *pw_json_next(const char *p, const char *end, struct pw_json_value *v,
			 struct pw_json_fault *fault);

/* The same of a text that is one value, with or without blanks around it; 0 or -1. */
int pw_json_whole(struct pw_slice text, struct pw_json_value *v, struct pw_json_fault *fault);

/* "character 17: found 'x', expected ':'", counted from the start of the text; -1 */
int pw_json_fail(const struct pw_json_fault *fault, const char *start, const char *end);

/* Appends the text that a string stands for. */
void pw_json_text(const struct pw_json_value *v, struct pw_bytes *b);

/* Appends the value as it is written, without blanks outside its strings. */
void pw_json_compact(const struct pw_json_value *v, struct pw_bytes *b);

/*
 * The member of an object (name given without escapes) or the element of an
 * array (name a decimal number without leading zeros). How often it is there:
 * 0, 1, or more, when found is the last.
 */
size_t pw_json_find(const struct pw_json_value *v, struct pw_slice name,
		    struct pw_json_value *found);

/*
 * Steps through the elements of an array or the members of an object: at is
 * NULL at first; returns false after the last. name may be NULL.
 */
bool pw_json_step(const struct pw_json_value *v, const char **at, struct pw_json_value *name,
		  struct pw_json_value *item);

/*
 * Appends the value to a vector of any type, null as null. Ints from numbers
 * without point and exponent; floats from numbers and from the strings nan,
 * inf, -inf (as pw_text_float reads them); bools from true and false; str from
 * strings; times, durations, uuid and bytes from strings that read as such;
 * lists from arrays; json from anything. 0, or -1 without a message and
 * nothing appended: the value is not of that type. scratch is the caller's,
 * for its memory.
 */
int pw_json_append(struct pw_vector *v, const struct pw_json_value *value,
		   struct pw_bytes *scratch);

/* The number of an int token, if it has 64 bits; 0 or -1. */
int pw_json_int(const struct pw_json_value *v, int64_t *x);

PW_C_END

#endif
