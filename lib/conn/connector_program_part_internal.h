/*
 * pw_connector_program_part - what a connector program tells of one origin
 *
 * Bytes that have been told and not consumed, and marks: at how many bytes the
 * origin stood where in its own terms. A run that goes on in the middle of two
 * marks has the program begin at the first, and lets go of what it has had.
 */
#ifndef PW_CONN_CONNECTOR_PROGRAM_PART_INTERNAL_H
#define PW_CONN_CONNECTOR_PROGRAM_PART_INTERNAL_H

#include "connector.h"

struct pw_program_mark {
	uint64_t at; /* bytes of the origin told when it stood there */
	char *offset;
};

struct pw_connector_program_part {
	struct pw_origin origin;
	struct pw_bytes data; /* told, not consumed */
	size_t from;          /* ... from here on */
	size_t offered;
	uint64_t skip;                 /* bytes still to be let go */
	uint64_t told;                 /* bytes so far, let go or not */
	struct pw_program_mark last;   /* the last one that has been consumed */
	struct pw_program_mark *marks; /* behind it, ascending: first_mark .. mark_count */
	size_t first_mark, mark_count, mark_capacity;
	bool begun, queued;                     /* the connector's */
	struct pw_connector_program_part *next; /* ... in its queue */
};

struct pw_connector_program_part *pw_connector_program_part_new(const char *key);
void pw_connector_program_part_free(struct pw_connector_program_part *part);

/* Where an earlier run has come to, as offset has said it. 0 or -1 */
int pw_connector_program_part_seek(struct pw_connector_program_part *part, const char *value);
void pw_connector_program_part_offset(const struct pw_connector_program_part *part,
				      struct pw_bytes *value);

/* Its next bytes, ended as a line if it is one, after which it stands at offset. */
void pw_connector_program_part_add(struct pw_connector_program_part *part, const char *data,
				   size_t n, bool line, const char *offset);
void pw_connector_program_part_consume(struct pw_connector_program_part *part, size_t n);

static inline size_t pw_connector_program_part_left(const struct pw_connector_program_part *part)
{
	return part->data.length - part->from;
}

#endif
