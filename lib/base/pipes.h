/*
 * pw_pipes - which processes are of one pipeline, as /proc shows it
 *
 * A shell starts the processes of a pipeline, and knows alone which they are. But
 * their pipes show it: what two readers write comes together in one program.
 *
 * Promises: true is sure; false means no, not yet, or that nobody can see it: a
 *           process that is about to become a program, a program that is neither
 *           ours nor tee(1), another user's process, a system without /proc.
 * Costs:    a look at all open files of the user: some ms.
 */
#ifndef PW_BASE_PIPES_H
#define PW_BASE_PIPES_H

#include "lang.h"

#include <stdbool.h>
#include <stdint.h>

PW_C_BEGIN

/*
 * When the process was started, in ticks of the clock since the system was (proc(5), starttime):
 * a number that is used again has another one. 0: there is no such process, it has ended and only
 * its parent has not asked for it yet, or nobody can see it.
 */
uint64_t pw_pipes_started(int pid);

/* Does what this process writes to standard output come together with what one of others (ended by 0) writes? */
bool pw_pipes_meet(int pid, const int *others);

/* Does the process read what is written to this descriptor of ours, without a tee(1) between? */
bool pw_pipes_reads(int pid, int fd);

/*
 * Is there a program of ours that reads what this process writes to standard output, perhaps
 * after a tee(1), and is not in the list, or a shell that is about to become one? known: ended by 0.
 * pw-read is none: it reads such a stream as data.
 */
bool pw_pipes_others_read(int pid, const int *known);

PW_C_END

#endif
