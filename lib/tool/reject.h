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
 * Promises: as pw_aside of a shared kind has it.
 * Fails:    PW_SYSTEM, "FILE: ..."; PW_USAGE, as pw_aside_file_check.
 */
#ifndef PW_TOOL_REJECT_H
#define PW_TOOL_REJECT_H

#include "aside.h"

PW_C_BEGIN

enum pw_reject_policy { PW_REJECT_STOP, PW_REJECT_NULL, PW_REJECT_SKIP, PW_REJECT_FILE };

struct pw_reject {
	enum pw_reject_policy policy;
	const char *stage;
	uint64_t count;       /* rows rejected */
	struct pw_aside file; /* its path is NULL: there is none */
};

/* Is the word stop, null or skip? */
bool pw_reject_is_policy(const char *what);

/* Is the value of --on-error (NULL: none was given) a policy, or a name with a dot or a slash? */
int pw_reject_word(const char *what);

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
