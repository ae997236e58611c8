/* Looking at a directory and resetting it, for programs that are no part of the pipeline. */
#include "../base/io.h"
#include "../time/clock.h"
#include "record.h"
#include "store_place_internal.h"
#include "store_run_internal.h"

#include <sys/file.h>

int pw_store_look(struct pw_store *s, const char *directory, bool *alive)
{
	char boot_id[64];

	*s = (struct pw_store){.gate = -1, .lock = -1};
	if (pw_store_open_place(s, directory, false) < 0)
		return -1;
	if (pw_store_hold_gate(s) < 0)
		return -1;
	const int rc = pw_store_run_load(s, boot_id);
	*alive = pw_io()->flock(s->lock, LOCK_EX | LOCK_NB) < 0;
	if (!*alive)
		pw_io()->flock(s->lock, LOCK_UN);
	pw_store_leave_gate(s);
	return rc;
}

/* Holds gate and lock: nobody is alive, and nobody can enter. */
static int take_over(struct pw_store *s, const char *directory)
{
	*s = (struct pw_store){.gate = -1, .lock = -1};
	if (pw_store_open_place(s, directory, false) < 0 || pw_store_hold_gate(s) < 0)
		return -1;
	const int rc = pw_store_lock_file(s->lock, LOCK_EX, "lock: flock");
	return rc == PW_STORE_WAIT ? pw_store_busy(directory, NULL) : rc;
}

/*
 * run is written first: from then on R is 0, and the next run starts anew even
 * if this reset does not come to its end.
 */
static int reset(struct pw_store *s)
{
	char boot_id[64];

	if (pw_store_run_load(s, boot_id) <= 0) { /* damaged: that is what a reset is for */
		pw_fail_clear();
		s->interval = PW_STORE_INTERVAL;
		s->start = pw_clock_even(pw_io_ns(CLOCK_REALTIME));
		s->run = s->start / 2; /* beyond any number that there was */
	}
	s->restart = s->above = 0;
	json_decref(s->marks);
	s->marks = json_object();
	json_decref(s->floors);
	s->floors = json_object();
	if (pw_store_clock_load(s->path, &s->bound) < 0)
		pw_fail_clear();
	if (pw_store_run_save(s) < 0)
		return -1;
	return pw_record_reset(s->path);
}

int pw_store_reset(const char *directory)
{
	struct pw_store s;
	int rc = take_over(&s, directory);

	if (rc > 0)
		rc = reset(&s);
	pw_store_close(&s);
	return rc < 0 ? -1 : 0;
}

int pw_store_forget(const char *directory, const char *sink)
{
	struct pw_store s;
	int rc = take_over(&s, directory);

	if (rc > 0)
		rc = pw_record_forget(s.path, sink);
	pw_store_close(&s);
	return rc < 0 ? -1 : 0;
}
