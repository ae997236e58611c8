/*
 * pw_resume - the pieces
 *
 * resume.c         the journal is opened; what the pipeline is like
 * resume_copy.c    copies of standard input that is new in each run
 * resume_play.c    commits of earlier runs are played again
 * resume_commit.c  reading on: commits become entries of the journal
 */
#ifndef PW_READ_RESUME_INTERNAL_H
#define PW_READ_RESUME_INTERNAL_H

#include "resume.h"

/* Bytes as JSON: a string that has each byte as the code point of its number; and back. */
json_t *pw_resume_of_bytes(const char *data, size_t n);
void pw_resume_add_bytes(struct pw_bytes *b, const json_t *value);

/* The digest of the commit in hand, as text. */
void pw_resume_print_digest(char digits[17], const struct pw_resume *r);

/* Writes an entry (taken over; NULL: none) to the journal: durable when this returns. 0 or -1 */
int pw_resume_write(struct pw_resume *r, json_t *entry);

/* Takes over what an entry says of its parts: {KEY: part, or null if it is gone}. */
void pw_resume_take_parts(struct pw_resume *r, const json_t *parts);

#endif
