/*
 * pw_elsewhere - functions of other systems, and how they are said here
 *
 * People type the names that SQL dialects, Spark, pandas and Excel have. They are not
 * accepted, because they mean different things in different places; but the message
 * says what to write. tests/unit/elsewhere.c writes all of it.
 */
#ifndef PW_EXPR_ELSEWHERE_H
#define PW_EXPR_ELSEWHERE_H

#include "../base/bytes.h"

PW_C_BEGIN

struct pw_elsewhere {
	const char *names; /* "mean average": of functions elsewhere, in small letters */
	const char *ours;  /* "avg(x)": expressions between " or "; NULL: there is none */
	const char *note;  /* or NULL */
};

/* The i-th entry; NULL after the last. */
const struct pw_elsewhere *pw_elsewhere_at(size_t i);

/* The entry that has the name (capitals do not count), or NULL. */
const struct pw_elsewhere *pw_elsewhere_find(struct pw_slice name);

/* What to write for an aggregate where a function of a row stands: "count(x)" for len; or NULL. */
const char *pw_elsewhere_of_group(struct pw_slice name);

/* Appends "write avg(x)", "write median(x) or ... (note)". */
void pw_elsewhere_advice(const struct pw_elsewhere *e, struct pw_bytes *text);

PW_C_END

#endif
