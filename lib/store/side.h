/*
 * pw_side - a small JSON file of the state directory, whole or not there
 *
 * The text is one JSON object on a line. Its first members are version, stage
 * and run; its last is check, the XXH3-64 of the text without it.
 *
 * Promises: a save replaces the file in one step: written beside itself,
 *           synced, renamed, and the directory synced; what fails leaves the
 *           file as it was. What a load returns is what was saved, to the bit.
 * Fails:    load: PW_STATE, "PATH: check is ..., expected ..." and the like;
 *           save: PW_SYSTEM.
 */
#ifndef PW_STORE_SIDE_H
#define PW_STORE_SIDE_H

#include "../time/time.h"

#include <jansson.h>

PW_C_BEGIN

#define PW_SIDE_VERSION 1

/* What can be done about a file of the directory that is not as it was written. */
#define PW_SIDE_REMEDY "put it back as it was, or begin anew with --reset"

#define PW_SIDE_BYTES_MAX ((size_t)64 << 20)

/* value: an object, taken; version, stage (NULL: none), run and check are put in. 0 or -1 */
int pw_side_save(const char *path, const char *stage, uint64_t run, json_t *value);

/* 1: *value is the caller's; 0: there is no such file; -1. stage: it must say so; NULL: any. */
int pw_side_load(const char *path, const char *stage, json_t **value);

/* Any bytes in place of the file, in one step, as a save does it. */
int pw_side_replace(const char *path, const void *data, size_t length);

/* Members of an object; -1 fails (PW_STATE) where there is none of that kind. */
int pw_side_whole(const json_t *value, const char *name, uint64_t *x);
int pw_side_time(const json_t *value, const char *name, pw_time *t);
int pw_side_text(const json_t *value, const char *name, const char **text);

/* A time as JSON: an int, or "end". */
json_t *pw_side_of_time(pw_time t);

PW_C_END

#endif
