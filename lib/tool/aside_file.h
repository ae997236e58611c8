/*
 * pw_aside_file - may rows that are left out go to this file?
 *
 * The FILE of --on-error or --late is written to beside the pipeline's answer. So
 * it must be none of the files that the pipeline reads or writes as data, and
 * must hold nothing but rows that were left out.
 *
 * Fails:    PW_USAGE: the file is a source, a destination, or holds something
 *           else; it is the file of another stage, or of the stage's other
 *           option. PW_SYSTEM: it could not be written.
 * Looks:    at names and first bytes only: nothing is opened for writing or made.
 */
#ifndef PW_TOOL_ASIDE_FILE_H
#define PW_TOOL_ASIDE_FILE_H

#include "aside.h"

PW_C_BEGIN

/* Is it a name of an open descriptor, /dev/stderr or /dev/fd/N? Its number, or -1. */
int pw_aside_descriptor(const char *path);

/* Is it the stream that the stage writes: "-", or a name of stdout? */
bool pw_aside_is_stdout(const char *path);

/* The file of this stage, when its inputs' heads have come. begin: how such a file begins. */
int pw_aside_file_check(const struct pw_tool *t, const struct pw_aside_kind *kind, const char *path,
			struct pw_slice begin);

/*
 * For sinks: is a destination ("-" for none) no file of rows that the stages
 * upstream leave out; and has each of these one of its own, where it must?
 */
int pw_aside_file_spares(const struct pw_tool *t, const char *destination);

PW_C_END

#endif
