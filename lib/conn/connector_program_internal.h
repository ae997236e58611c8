/*
 * pw_connector_program - a connector that is a program, and the lines between it and us
 *
 * The program runs with pipes as its standard input and output. It tells lines,
 * which are taken one at a time (pw-connector(7) has the words), and bytes after
 * a line of data.
 *
 * Use:      start, tell, next until 0, wait until from can be read, stop.
 * Lends:    text and line, until the next call.
 * Fails:    "pw-read-x: line 12: ..." (PW_DATA), "pw-read-x: read: ..."
 *           (PW_SYSTEM); "no connector for x:// (pw-read-x is not on PATH)"
 *           (PW_USAGE).
 */
#ifndef PW_CONN_CONNECTOR_PROGRAM_INTERNAL_H
#define PW_CONN_CONNECTOR_PROGRAM_INTERNAL_H

#include "../base/bytes.h"
#include "../base/fail.h"

#include <sys/types.h>

struct pw_connector_program {
	char *name; /* pw-read-SCHEME */
	pid_t pid;  /* 0: it does not run */
	int to, from;
	char *data; /* what it has told: at .. end */
	size_t at, end, capacity;
	uint64_t line; /* of the last one taken, from 1 */
	bool ended;    /* the program tells nothing more */
};

int pw_connector_program_start(struct pw_connector_program *p, const char *url);

/* It is no failure if the program does not listen: it may know what to do. */
int pw_connector_program_tell(struct pw_connector_program *p, const char *text, size_t length);

/* 1: a line, without its end, ended by NUL; 0: none now, or at its end (ended); -1 */
int pw_connector_program_next(struct pw_connector_program *p, char **line);

/* Has a whole line been read that was not taken yet? */
bool pw_connector_program_has_line(const struct pw_connector_program *p);

/* 1: the n bytes after the line; 0: not all are there yet, ask again; -1 */
int pw_connector_program_take(struct pw_connector_program *p, size_t n, const char **bytes);

/* Fails: the program has ended; the message says how. */
int pw_connector_program_broken(struct pw_connector_program *p);

void pw_connector_program_stop(struct pw_connector_program *p);

#endif
