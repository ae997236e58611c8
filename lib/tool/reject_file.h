/*
 * pw_reject_file - may rejected rows go to this file?
 *
 * The FILE of --on-error is added to, line by line, beside other stages that
 * may have the same one. So it must be none of the files that the pipeline
 * reads or writes as data, and must hold nothing but rejected rows.
 *
 * Fails:    PW_USAGE: the word is no policy and no file; the file is a source, a
 *           destination, or holds something else; with state, it is the file of
 *           another stage. PW_SYSTEM: it could not be written.
 * Looks:    at names and first bytes only: nothing is opened for writing or made.
 */
#ifndef PW_TOOL_REJECT_FILE_H
#define PW_TOOL_REJECT_FILE_H

#include "tool.h"

PW_C_BEGIN

/* Is the value of --on-error (NULL: none was given) stop, null, skip, or a name with a dot or a slash? */
int pw_reject_word(const char *what);

/* Is it a name of an open descriptor, /dev/stderr or /dev/fd/N? Its number, or -1. */
int pw_reject_descriptor(const char *path);

/* The file of this stage, when its inputs' heads have come. */
int pw_reject_file_check(const struct pw_tool *t, const char *path);

/*
 * For sinks: is a destination ("-" for none) no file of rejected rows of the
 * stages upstream; and with state, has each of these one of its own?
 */
int pw_reject_file_spares(const struct pw_tool *t, const char *destination);

PW_C_END

#endif
