/*
 * pw_side - a small JSON file of the state directory, whole or not there
 *
 * The text is one JSON object on a line. Its first members are version, stage
 * and run; its last is check, the XXH3-64 of the text without it.
 *
 * Promises: save replaces the file in one step: it writes a file beside it,
 *           syncs and renames that, and syncs the directory; a save that fails
 *           leaves the file as it was. Load returns what was saved, to the bit.
 * Fails:    load: PW_STATE, "PATH: check is ..., expected ..." and the like;
 *           save: PW_SYSTEM.
 */
#ifndef PW_STORE_SIDE_H
#define PW_STORE_SIDE_H

#include "../time/time.h"

#include <jansson.h>

PW_C_BEGIN

#define PW_SIDE_VERSION 3

/* The end of messages: what to do about a file that is not as it was written. */
#define PW_SIDE_REMEDY "put it back as it was, or forget the state with `pw-state DIR --reset`"

#define PW_SIDE_BYTES_MAX ((size_t)64 << 20)

/* value: an object, taken; version, stage (NULL: none), run and check are added to it. 0 or -1 */
int pw_side_save(const char *path, const char *stage, uint64_t run, json_t *value);

/* 1: *value is the caller's; 0: there is no such file; -1. stage: the one that it must be of; NULL: any. */
int pw_side_load(const char *path, const char *stage, json_t **value);

/* Replaces the file by any bytes, in one step, as save does. */
int pw_side_replace(const char *path, const void *data, size_t length);

/* Has the object the version that this program knows? 0, or fails (PW_STATE) with the remedy. */
int pw_side_version(const json_t *value);

/* A member of an object: 0, or fails (PW_STATE) where there is none of that kind. */
int pw_side_whole(const json_t *value, const char *name, uint64_t *x);
int pw_side_time(const json_t *value, const char *name, pw_time *t);
int pw_side_text(const json_t *value, const char *name, const char **text);

/* A time as JSON: an int, or "end". */
json_t *pw_side_of_time(pw_time t);

PW_C_END

#endif
