/*
 * pw_sink - where bytes go: stdout, a pipe, or a file that is replaced whole
 *
 * A regular file is written beside itself (same directory, a name that ends in
 * .tmp, the old file's mode) and takes its name when pw_sink_finish is called:
 * fsync, rename, fsync of the directory. Until then, and for good when the
 * line has failed (pw_sink_drop), the old file stays as it is. A symbolic link
 * is followed: what it names is replaced. What is no regular file (a FIFO, a
 * device) is written straight to.
 *
 * With append the bytes wait beside the file, and finish adds them to its end;
 * if that fails the file is cut back to what it was.
 *
 * pw_sink_publish does at once what finish would do, and what is written from
 * then on goes straight to the file: for those that have no end to wait for.
 *
 * A path that ends in .gz or .zst is compressed on the way.
 *
 * Use:      open; writes, settle somewhere between them; finish or drop; both
 *           leave an empty sink.
 * Fails:    "out.csv: write: No space left on device" (PW_SYSTEM). When a pipe
 *           has no reader errno is EPIPE and s->gone is set.
 */
#ifndef PW_DEST_SINK_H
#define PW_DEST_SINK_H

#include "squeeze.h"

#include <stdint.h>
#include <sys/types.h>

PW_C_BEGIN

struct pw_sink {
	char *name; /* for messages: as the user wrote it, or "stdout" */
	char *path; /* the regular file, links followed; NULL: not a file */
	char *temp; /* beside it; NULL: none, it is written straight */
	int fd;
	bool append; /* to a file that holds something already */
	bool gone;
	uint64_t bytes; /* written so far, before compression */
	struct pw_squeeze squeeze;
	struct pw_bytes packed;
};

/* "-" is stdout. */
int pw_sink_open(struct pw_sink *s, const char *destination, bool append);

/* Has the type of pw_writer_fn, to being a struct pw_sink. */
int pw_sink_write(void *to, const void *data, size_t length);

/* What is written so far becomes visible, and stays whatever comes; nothing, if it is so already. */
int pw_sink_publish(struct pw_sink *s);

/* What compression holds back goes where the rest is. */
int pw_sink_flush(struct pw_sink *s);

/*
 * All has been written: it becomes visible. With keep_equal a file whose bytes
 * would not change is left untouched; *changed (may be NULL) says if it did.
 */
int pw_sink_finish(struct pw_sink *s, bool keep_equal, bool *changed);

/* Nothing of it becomes visible. Safe on an empty sink. */
void pw_sink_drop(struct pw_sink *s);

/* The first n bytes of a file that is to be added to, or what there is of them. */
int pw_sink_begins(const char *path, size_t n, struct pw_bytes *into);

/* Does the destination name a regular file, or nothing yet? "-" does not. */
bool pw_sink_is_file(const char *destination);

/* Is it a file that holds something? */
bool pw_sink_holds(const char *destination);

PW_C_END

#endif
