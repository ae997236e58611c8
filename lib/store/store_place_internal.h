/* The directory itself, with its gate (held for moments) and its lock (as long as anybody is alive). */
#ifndef PW_STORE_STORE_PLACE_INTERNAL_H
#define PW_STORE_STORE_PLACE_INTERNAL_H

#include "store.h"

/* Opens the directory into s->path, gate and lock. make: it need not be there yet. 0 or -1 */
int pw_store_open_place(struct pw_store *s, const char *directory, bool make);

/* 1, PW_STORE_WAIT or -1; hold waits for whoever holds the gate: 0 or -1 */
int pw_store_enter_gate(struct pw_store *s);
int pw_store_hold_gate(struct pw_store *s);
void pw_store_leave_gate(struct pw_store *s);

/* The same of any file; what is for messages. */
int pw_store_lock_file(int fd, int how, const char *what);

#endif
