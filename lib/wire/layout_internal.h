/*
 * The layout of a DATA body, as man/pws.5 lays it down; for body*.c only
 */
#ifndef PW_WIRE_LAYOUT_INTERNAL_H
#define PW_WIRE_LAYOUT_INTERNAL_H

#include "body.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bodies are used in place");
_Static_assert(sizeof(struct pw_run) == 16, "runs are used in place");

struct pw_body_start {
	uint32_t runs, descriptors, diffs, zero;
};

struct pw_descriptor {
	uint8_t encoding, flags;
	uint16_t zero16;
	uint32_t count;
	uint32_t valid;
	uint32_t values, values_length;
	uint32_t bytes, bytes_length;
	uint32_t zero32;
};

_Static_assert(sizeof(struct pw_descriptor) == 32, "descriptors are used in place");

#define PW_BODY_NULLS        1
#define PW_BODY_ERRORS       2
#define PW_BODY_ELEMENTS_MAX (UINT32_C(1) << 30)

#endif
