/*
 * pw_journal - what the pieces share
 *
 * journal.c          opening, appending, and writing the file anew
 * journal_lines.c    what the lines of a file say
 * journal_outside.c  for those who do not write it: other readers, sinks, pw-state
 */
#ifndef PW_STORE_JOURNAL_INTERNAL_H
#define PW_STORE_JOURNAL_INTERNAL_H

#include "journal.h"

#define PW_JOURNAL_MAX    ((size_t)4 << 30) /* bytes of a file */
#define PW_JOURNAL_PREFIX "journal-"

/* The newest journal in a folder: 1, its path is the caller's; 0: there is none; -1 */
int pw_journal_find(const char *folder, char **path, uint64_t *run);

/*
 * Takes the header and all sound lines of a text into j: entries below `below`
 * are merged, the others added to j->entries. *at is where the sound lines end;
 * what follows them was never synced. 0, or fails (PW_STATE): "line N: ..."
 */
int pw_journal_take(struct pw_journal *j, struct pw_slice text, pw_time below, size_t *at);

#endif
