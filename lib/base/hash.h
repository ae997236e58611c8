/*
 * pw_hash - hashing for tables in memory, keyed per process
 *
 * The key is drawn at start, so that nobody can choose keys that collide.
 * Hash values must never reach an answer, a file or a pipe: what goes there
 * uses pw_hash_checksum, which is XXH3-64 with seed 0.
 */
#ifndef PW_BASE_HASH_H
#define PW_BASE_HASH_H

#include "lang.h"

#include <stddef.h>
#include <stdint.h>

PW_C_BEGIN

/* Draws the key (from io's randomness); every program calls it once. */
void pw_hash_start(void);

uint64_t pw_hash_bytes(const void *data, size_t length);
uint64_t pw_hash_word(uint64_t word);

/* XXH3-64, seed 0: for files and frames */
uint64_t pw_hash_checksum(const void *data, size_t length);

/* The checksum of bytes that come in pieces: make, add, value; start begins anew. free takes NULL. */
struct pw_hash_stream;
struct pw_hash_stream *pw_hash_stream_make(void);
void pw_hash_stream_start(struct pw_hash_stream *s);
void pw_hash_stream_add(struct pw_hash_stream *s, const void *data, size_t length);
uint64_t pw_hash_stream_value(const struct pw_hash_stream *s);
void pw_hash_stream_free(struct pw_hash_stream *s);

PW_C_END

#endif
