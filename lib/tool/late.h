/*
 * pw_late - what becomes of rows that came too late: counted, and --late FILE
 *
 * The file has the columns of the rows, then _time and _diff, as pw-write
 * --changes writes CSV.
 *
 * Use:      pw_late_open when the inputs' heads have come; pw_late_rows;
 *           pw_late_close of each, then pw_late_say once.
 * Promises: as pw_aside of a kind that is not shared has it; the header is
 *           there at the end, whatever has come.
 * Fails:    as pw_aside; PW_USAGE: the file is the stream itself.
 */
#ifndef PW_TOOL_LATE_H
#define PW_TOOL_LATE_H

#include "../fmt/writer.h"
#include "aside.h"

PW_C_BEGIN

struct pw_late {
	uint64_t count; /* rows that came too late in this run */
	struct pw_aside file;
	struct pw_bytes header;
	struct pw_writer_options options;
	struct pw_writer writer;
	struct pw_builder fresh; /* those rows of a batch that are not in the file yet */
};

/* path NULL: rows are counted only. schema: of the rows, lent. 0, or fails. */
int pw_late_open(struct pw_late *l, struct pw_tool *t, const char *path,
		 const struct pw_schema *schema);

/* Rows that came too late; their times do not descend. 0, or fails. */
int pw_late_rows(struct pw_late *l, const struct pw_batch *batch);

int pw_late_close(struct pw_late *l, struct pw_tool *t);

/* Prints how many rows of all inputs came too late, if any, and where they are. */
void pw_late_say(const struct pw_late *late, size_t count, struct pw_tool *t);

PW_C_END

#endif
