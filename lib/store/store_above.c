/* The times that have been used: a new run uses none of them again. And who goes on above them. */
#include "../base/io.h"
#include "journal.h"
#include "record.h"
#include "store_run_internal.h"

#include <stdlib.h>

struct used {
	const char *directory;
	pw_time above;
};

/* A commit is in its reader's journal before a sink can have seen all of it. */
static int look_at_journal(void *to, const char *name)
{
	struct used *u = to;
	pw_time last;

	if (strncmp(name, "pw-", 3) != 0)
		return 0;
	char *folder = pw_store_path(u->directory, name);
	const int rc = pw_journal_peek(folder, PW_TIME_END, &last);
	free(folder);
	if (rc > 0 && last + 1 > u->above)
		u->above = last + 1;
	return rc < 0 ? -2 : 0;
}

int pw_store_above(const char *directory, pw_time bound, pw_time *above)
{
	struct used u = {directory, bound > 0 ? bound + 1 : 0};
	pw_time recorded;

	if (pw_record_greatest(directory, &recorded) < 0)
		return -1;
	if (recorded > u.above)
		u.above = recorded;
	const int rc = pw_io_list(directory, look_at_journal, &u);
	*above = u.above;
	return rc == -1 ? pw_fail_system(directory) : rc < 0 ? -1 : 0;
}

/* An end counts if it is of the last run: what an earlier one has led to is in floors already. */
static int look_at_end(void *store, const char *name)
{
	struct pw_store *s = store;
	uint64_t run;

	if (strncmp(name, "pw-", 3) != 0)
		return 0;
	char *folder = pw_store_path(s->path, name);
	const int rc = pw_journal_peek_end(folder, &run);
	free(folder);
	if (rc > 0 && run == s->run)
		json_object_set_new(s->floors, name, pw_side_of_time(s->above));
	return rc < 0 ? -2 : 0;
}

int pw_store_choose_floors(struct pw_store *s)
{
	if (s->floors == NULL)
		s->floors = json_object();
	const int rc = pw_io_list(s->path, look_at_end, s);
	return rc == -1 ? pw_fail_system(s->path) : rc < 0 ? -1 : 0;
}
