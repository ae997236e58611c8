/* The directory with its gate (locked for moments) and its lock (held while a process of the run lives). */
#ifndef PW_STORE_STORE_PLACE_INTERNAL_H
#define PW_STORE_STORE_PLACE_INTERNAL_H

#include "store.h"

/* Opens the directory into s->path, gate and lock. make: it need not be there yet. 0 or -1 */
int pw_store_open_place(struct pw_store *s, const char *directory, bool make);

/* enter: 1, PW_STORE_WAIT or -1; hold waits until the gate is free: 0 or -1 */
int pw_store_enter_gate(struct pw_store *s);
int pw_store_hold_gate(struct pw_store *s);
void pw_store_leave_gate(struct pw_store *s);

/* Locks any file: 1, PW_STORE_WAIT or -1; what is for messages. */
int pw_store_lock_file(int fd, int how, const char *what);

#endif
