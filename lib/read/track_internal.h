/* pw_track - its second half: the journal of commits, and playing them again */
#ifndef PW_READ_TRACK_INTERNAL_H
#define PW_READ_TRACK_INTERNAL_H

#include "track.h"

void pw_track_put(struct pw_track *t, const char *key, struct pw_copy copy);

/* Finds the commits that are to be played, and deletes the copies that nothing needs. 0 or -1 */
int pw_track_play_open(struct pw_track *t);

/* The next piece of a commit is to be sent: 0; PW_READ_FRONTIER: it was the last one; -1 */
int pw_track_play(struct pw_track *t);

/* The commit in the making has the difference of old and t->fresh; and the table as it is now. */
void pw_track_note(struct pw_track *t, const struct pw_copy *old);
int pw_track_note_table(struct pw_track *t, const struct pw_track_table *table);

/* The commit in the making ends, and is durable when this returns. */
int pw_track_commit(struct pw_track *t, pw_time time);

#endif
