/*
 * pw_keysort - sorts many byte strings
 *
 * Sorts ids by their keys as memcmp does, the shorter first where one begins
 * the other; equal keys come in any order. Three-way quicksort over 8 bytes at a
 * time (Bentley and Sedgewick 1997, with words for characters), so that each
 * key is touched once per 8 bytes that it shares with others.
 * Promises: stack and, but for bad luck that no input can bring about, time
 * are those of quicksort at its best, however long the keys and whatever
 * they share.
 */
#ifndef PW_BASE_KEYSORT_H
#define PW_BASE_KEYSORT_H

#include "bytes.h"

PW_C_BEGIN

typedef struct pw_slice pw_keysort_key(const void *context, uint32_t id);

void pw_keysort(uint32_t *ids, size_t count, pw_keysort_key *key, const void *context);

PW_C_END

#endif
