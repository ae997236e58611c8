/*
 * pw_reject - what becomes of rows with an error: --on-error
 *
 * The program itself carries out stop, null and skip; with a file it skips the
 * rows, and they are written there as JSON lines:
 *
 *   {"reason":"...","stage":"...","row":{...},"_time":N,"_diff":N}
 *
 * Use:      pw_reject_choose; pw_reject_open when the inputs' heads have come;
 *           pw_reject_json or pw_reject_row for each row; pw_reject_close.
 * Promises: lines are added to what the file holds, whole ones, so that several
 *           stages may have one file. It is touched when a row is rejected and
 *           not before (but for pipes and devices, which are opened at the
 *           start), and has the lines before the program waits. In a pipeline
 *           with state it holds what an undisturbed run would have written:
 *           lines of times from the restart point on are cut off, as those
 *           rows come again, the lines before them stay; and no time is said
 *           to be durable before its lines are. That needs a regular file, and
 *           one for each stage: a pipe is just written to.
 * Fails:    PW_SYSTEM, "FILE: ..."; PW_USAGE, as pw_reject_file_check.
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
	bool has_state;  /* the pipeline has a state directory */
	pw_time restart; /* rows of times below this come again, and have their lines already */
	bool unsynced;   /* lines have been written that may not be durable */
};

/* Takes the policy from --on-error. */
void pw_reject_choose(struct pw_reject *r, const struct pw_tool *t);

/*
 * If the policy is a file: looks whether it may be written, and opens what
 * must be open; when the inputs' heads have come. 0, or fails. The tool keeps a
 * pointer to r.
 */
int pw_reject_open(struct pw_reject *r, struct pw_tool *t);

/* Counts a rejected row and, with a file, writes it. row is a JSON value. */
int pw_reject_json(struct pw_reject *r, struct pw_slice reason, struct pw_slice row, pw_time time,
		   pw_diff diff);

/* Counts row i of a batch as rejected and, with a file, writes it. */
int pw_reject_row(struct pw_reject *r, struct pw_slice reason, const struct pw_batch *batch,
		  uint32_t i);

/* Hands the lines so far to the file: before a wait. 0, or fails. */
int pw_reject_flush(struct pw_reject *r);

/* Closes the file, and prints how many rows were rejected, if any. 0, or fails. */
int pw_reject_close(struct pw_reject *r, struct pw_tool *t);

PW_C_END

#endif
