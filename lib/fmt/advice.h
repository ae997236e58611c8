/*
 * pw_advice - what is said of a value that fits no type, and the declaration that takes it
 *
 * Promises: the declaration that is advised takes the values that were seen,
 *           as it stands: names that are no words are in back ticks, and a ' is
 *           written so that a shell leaves it in.
 */
#ifndef PW_FMT_ADVICE_H
#define PW_FMT_ADVICE_H

#include "../data/schema.h"
#include "infer.h"

PW_C_BEGIN

struct pw_advice {
	const struct pw_schema *columns; /* the columns; the last is the one to declare */
	bool by_place;                   /* a declaration names the columns from the first on */
	bool kept; /* a state directory keeps the columns: it has to be left, by --reset */
	bool json; /* the values are JSON */
};

/* Prints a value that was found, at most 60 bytes, with control characters and broken UTF-8 as \xNN. */
void pw_advice_value(struct pw_bytes *b, struct pw_slice s);

/* Why a column is in doubt, said of a value of that kind: "is beyond 64 bits"; NULL: nothing to say. */
const char *pw_advice_why(enum pw_kind doubt);

/* Prints "declare it: -s 'v int'", or two declarations where a person has to choose. */
void pw_advice_declare(struct pw_bytes *b, const struct pw_advice *a, uint32_t seen);

PW_C_END

#endif
