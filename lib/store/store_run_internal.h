/* pw_store - the pieces share DIR/run and DIR/stages; the caller holds the gate. */
#ifndef PW_STORE_STORE_RUN_INTERNAL_H
#define PW_STORE_STORE_RUN_INTERNAL_H

#include "side.h"
#include "store.h"

/* PATH/NAME, the caller's to free. */
char *pw_store_path(const char *directory, const char *name);

/* run: 1, its members are in s; 0: there is none; -1 */
int pw_store_run_load(struct pw_store *s, char boot_id[64]);
int pw_store_run_save(const struct pw_store *s);

/* Has a sink that is known refused an earlier run, not before run number since? */
bool pw_store_refused_by_sink(const struct pw_store *s, uint64_t since);

/* The id of the kernel's boot; "" where nobody knows. */
void pw_store_boot_id(char id[64]);

/*
 * The first time above all that the files of the directory show to have been
 * used: by journals, records, and the clock, which says bound. 0 or -1
 */
int pw_store_above(const char *directory, pw_time bound, pw_time *above);

/*
 * Every reader that came to its end in the last run, whose number s->run is
 * still, goes on at s->above; other readers' floors stay. 0 or -1
 */
int pw_store_choose_floors(struct pw_store *s);

/* The bound that clock says; 0 if there is no such file. 0 or -1 */
int pw_store_clock_load(const char *directory, pw_time *bound);

/* A stage of the list. */
struct pw_store_listed {
	char *name;
	char **inputs;
	size_t input_count;
	int process;      /* 0: the line does not say */
	uint64_t started; /* when the process was (pw_pipes_started) */
};

/* A file that a sink of the run writes to. */
struct pw_store_written {
	char *stage, *path;
};

struct pw_store_list {
	struct pw_store_listed *items;
	size_t count, capacity;
	struct pw_store_written *written;
	size_t written_count, written_capacity;
};

/*
 * The stages of run number run. Without the gate the last line may be read while
 * it is being written: whole says whether that is a fault. 0 or -1
 */
int pw_store_list_load(struct pw_store_list *l, const char *directory, uint64_t run, bool whole);
void pw_store_list_release(struct pw_store_list *l);
bool pw_store_list_has(const struct pw_store_list *l, const char *name);

/* Adds a line that says to which file this sink writes. 0 or -1 */
int pw_store_list_write(const struct pw_store *s, const char *path);

/* Begins an empty list; adds this stage at its end. 0 or -1 */
int pw_store_list_begin(const struct pw_store *s);
int pw_store_list_add(const struct pw_store *s, const struct pw_stage *stage);

#endif
