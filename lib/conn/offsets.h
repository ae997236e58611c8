/*
 * pw_offsets - how far a reader has read: key -> value
 *
 * A key names a part of the source (a file, a partition); its value is JSON,
 * made and understood by the connector alone. The frontier of a sequence of
 * such pairs is the last value of each key.
 *
 * Use:      a struct of zeroes; set, remove, get; release.
 * Promises: the struct owns its keys and values; release is safe on {0}.
 */
#ifndef PW_CONN_OFFSETS_H
#define PW_CONN_OFFSETS_H

#include "../base/bytes.h"
#include "../base/fail.h"

PW_C_BEGIN

struct pw_offset {
	char *key;
	char *value; /* compact JSON */
};

struct pw_offsets {
	struct pw_offset *items; /* ascending by key */
	size_t count, capacity;
};

void pw_offsets_set(struct pw_offsets *o, const char *key, const char *value); /* copies */
void pw_offsets_remove(struct pw_offsets *o, const char *key);
const char *pw_offsets_get(const struct pw_offsets *o, const char *key); /* NULL: none; lent */

/* The greater of two values of one key, as its connector orders them: a or b; NULL: failed. */
typedef const char *pw_offsets_greater(const char *a, const char *b);

/*
 * Takes over the values of other that are greater: 0 or -1. For connectors of
 * systems with partitions; no reader of files needs it, nor the next two.
 */
int pw_offsets_merge(struct pw_offsets *o, const struct pw_offsets *other,
		     pw_offsets_greater *greater);

/* Writes all pairs as one JSON object; reads one: 0, or fails (PW_DATA). */
void pw_offsets_encode(struct pw_bytes *out, const struct pw_offsets *o);
int pw_offsets_decode(struct pw_offsets *o, const char *text, size_t length);

void pw_offsets_release(struct pw_offsets *o);

PW_C_END

#endif
