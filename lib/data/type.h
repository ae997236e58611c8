/*
 * pw_type - the types that a column can have
 *
 * A type is a base and a depth: depth 0 is the base itself, depth n is
 * list<...> n times around it. A column may hold nulls unless it is required
 * ("int!"); elements of lists may always be null.
 *
 * A type has a form, which says how its values lie in memory; kernels look at the
 * form alone.
 */
#ifndef PW_DATA_TYPE_H
#define PW_DATA_TYPE_H

#include "../base/bytes.h"

PW_C_BEGIN

enum pw_base {
	PW_BOOL,         /* 1 byte, 0 or 1 */
	PW_INT,          /* int64_t */
	PW_FLOAT,        /* double; no -0.0, one NaN (see pw_float_canonical) */
	PW_STR,          /* valid UTF-8 */
	PW_BYTES,        /* any bytes */
	PW_JSON,         /* compact JSON text */
	PW_DATETIME,     /* int64_t ns since 1970-01-01T00:00:00, no zone */
	PW_DATETIME_UTC, /* int64_t ns since the Unix epoch */
	PW_DURATION,     /* int64_t ns */
	PW_UUID,         /* 16 bytes, in the order in which they are written */
	PW_BASES
};

struct pw_type {
	uint8_t base;  /* enum pw_base */
	uint8_t depth; /* how many lists are around it, at most PW_DEPTH_MAX */
	bool required; /* no nulls */
};

#define PW_DEPTH_MAX     8
#define PW_TYPE(base)    ((struct pw_type){(base), 0, false})
#define PW_LIST_OF(type) ((struct pw_type){(type).base, (uint8_t)((type).depth + 1), false})

enum pw_form {
	PW_FORM_BYTE, /* 1 byte: bool */
	PW_FORM_WORD, /* 8 bytes: int, float, datetime, datetime_utc, duration */
	PW_FORM_WIDE, /* 16 bytes: uuid */
	PW_FORM_TEXT, /* offsets and bytes: str, bytes, json */
	PW_FORM_LIST  /* offsets and an inner column */
};

enum pw_form pw_type_form(struct pw_type type);

/* Bytes of a value of a fixed form; 0 for text and list. */
size_t pw_type_width(struct pw_type type);

/* The type of an element of a list. */
struct pw_type pw_type_element(struct pw_type type);

/* Are they the same type? Whether nulls are allowed does not count. */
bool pw_type_equal(struct pw_type a, struct pw_type b);

/* "list<int>", "datetime_utc", "int!"; the text is a static or thread's buffer */
const char *pw_type_name(struct pw_type type);

/* Reads "int", "list<str>", "int!", "int not null" (case ignored); 0, or fails. */
int pw_type_parse(struct pw_slice text, struct pw_type *type);

/* "a", "an": the article in front of the type's name. */
const char *pw_type_article(struct pw_type type);

/* -0.0 becomes 0.0, every NaN the one NaN (0x7ff8000000000000). */
static inline double pw_float_canonical(double x)
{
	if (x != x) {
		const uint64_t bits = UINT64_C(0x7ff8000000000000);
		memcpy(&x, &bits, sizeof x);
		return x;
	}
	return x + 0.0;
}

PW_C_END

#endif
