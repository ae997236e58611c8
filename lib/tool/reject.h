/*
 * pw_reject - what becomes of rows with an error: --on-error
 *
 * stop, null and skip are the program's to carry out; with a file, rows are
 * skipped and written there as JSON lines:
 *   {"reason":"...","stage":"...","row":{...},"_time":N,"_diff":N}
 * The file is begun anew by each run. In a line with state it is what an
 * undisturbed run would have written: lines of times from the restart point on,
 * which come again, are cut off, the others stay; and no time is said to be
 * durable before its lines are. So each stage needs a file of its own; what is
 * no regular file just gets lines again.
 */
#ifndef PW_TOOL_REJECT_H
#define PW_TOOL_REJECT_H

#include "tool.h"

PW_C_BEGIN

enum pw_reject_policy { PW_REJECT_STOP, PW_REJECT_NULL, PW_REJECT_SKIP, PW_REJECT_FILE };

struct pw_reject {
	enum pw_reject_policy policy;
	const char *path, *stage;
	int fd;
	uint64_t count; /* rows rejected */
	struct pw_bytes line;
	bool keeps;      /* the line has state: */
	pw_time restart; /* ... lines of times below that are there, and may be reported again */
	bool unsynced;   /* lines have been written that may not be durable */
};

/* The policy, as the tool's --on-error has it. */
void pw_reject_choose(struct pw_reject *r, const struct pw_tool *t);

/*
 * Opens the file, if the policy that was chosen is one, once the inputs' heads
 * have come; 0, or fails (PW_SYSTEM) when the file can't be made. r stays
 * where it is.
 */
int pw_reject_open(struct pw_reject *r, struct pw_tool *t);

/* Counts a rejected row and, with a file, writes it. row is a JSON value. */
int pw_reject_json(struct pw_reject *r, struct pw_slice reason, struct pw_slice row, pw_time time,
		   pw_diff diff);

/* The same for row i of a batch. */
int pw_reject_row(struct pw_reject *r, struct pw_slice reason, const struct pw_batch *batch,
		  uint32_t i);

/* What is written so far can be read: before a wait. Fails as a write does. */
int pw_reject_flush(struct pw_reject *r);

/* Closes the file, and says how many rows were rejected, if any. */
int pw_reject_close(struct pw_reject *r, struct pw_tool *t);

PW_C_END

#endif
