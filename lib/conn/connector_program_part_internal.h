/*
 * pw_connector_program_part - what a connector program tells of one origin
 *
 * A part has the bytes that were told and not consumed, and marks: after how
 * many bytes the origin stood where in its own terms. A run that goes on between
 * two marks has the program begin at the first, and drops bytes up to where it
 * goes on.
 *
 * Use:      new; seek, if an earlier run has read it; add for all that is told,
 *           consume for all that is used; free.
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
	size_t from;          /* the first byte that has not been used */
	size_t offered;
	uint64_t skip;                 /* bytes still to be dropped */
	uint64_t told;                 /* bytes so far, dropped or not */
	struct pw_program_mark last;   /* the last one that has been consumed */
	struct pw_program_mark *marks; /* after last, ascending: first_mark .. mark_count */
	size_t first_mark, mark_count, mark_capacity;
	bool begun, queued;                     /* the connector's */
	struct pw_connector_program_part *next; /* the connector's, in its queue */
};

struct pw_connector_program_part *pw_connector_program_part_new(const char *key);
void pw_connector_program_part_free(struct pw_connector_program_part *part);

/* An earlier run has read it so far as the value of offset says. 0 or -1 */
int pw_connector_program_part_seek(struct pw_connector_program_part *part, const char *value);
void pw_connector_program_part_offset(const struct pw_connector_program_part *part,
				      struct pw_bytes *value);

/* The next bytes, with a line end if they are a line; after them the origin stands at offset. */
void pw_connector_program_part_add(struct pw_connector_program_part *part, const char *data,
				   size_t n, bool line, const char *offset);
void pw_connector_program_part_consume(struct pw_connector_program_part *part, size_t n);

static inline size_t pw_connector_program_part_left(const struct pw_connector_program_part *part)
{
	return part->data.length - part->from;
}

#endif
