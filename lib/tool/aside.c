#include "aside.h"
#include "../base/io.h"
#include "aside_file.h"
#include "aside_resume_internal.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

enum { FLUSH_BYTES = 64 << 10 };

const struct pw_aside_kind pw_aside_rejected = {"--on-error", "rejected rows", false, true};
const struct pw_aside_kind pw_aside_late = {"--late", "late rows", true, false};

static int write_out(struct pw_aside *a, bool durable)
{
	if (pw_aside_flush(a) < 0)
		return -1;
	if (!durable || !a->unsynced)
		return 0;
	a->unsynced = false;
	return pw_io()->fsync(a->fd) < 0 && errno != EINVAL ? pw_fail_system(a->path) : 0;
}

static bool is_regular(const char *path)
{
	struct stat st;

	return pw_io()->stat(path, &st) < 0 || S_ISREG(st.st_mode);
}

/* Opens what is there already, or with make also a file that is not; else fd stays -1. */
static int open_file(struct pw_aside *a, bool make)
{
	const int descriptor = pw_aside_descriptor(a->path);
	const int flags = O_APPEND | O_CLOEXEC | (make ? O_CREAT : 0);

	if (descriptor >= 0) /* its offset is the one that others write at, too */
		a->fd = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
	else if (!is_regular(a->path)) /* a FIFO waits for its reader, as it does for a shell */
		a->fd = pw_io()->open(a->path, O_WRONLY | flags, 0666);
	else
		a->fd = pw_io()->open(a->path, O_RDWR | flags, 0666);
	if (a->fd < 0 && errno != ENOENT && descriptor < 0) /* perhaps it can't be read */
		a->fd = pw_io()->open(a->path, O_WRONLY | flags, 0666);
	return a->fd < 0 && (make || errno != ENOENT) ? pw_fail_system(a->path) : 0;
}

/* Leaves in the file what stays of earlier runs. */
static int take_up(struct pw_aside *a)
{
	if (a->fd < 0 || pw_aside_descriptor(a->path) >= 0 || (!a->has_state && a->kind->shared))
		return 0;
	const int kept = pw_aside_resume(a->fd, a->restart, a->kind->csv);

	if (kept < 0)
		return pw_fail_at("%s", a->path);
	a->kept = kept > 0;
	return 0;
}

int pw_aside_open(struct pw_aside *a, struct pw_tool *t)
{
	const struct pw_store *store = pw_tool_store(t);
	const bool check = t->input_count > 0 && pw_tool_head(t, 0)->check;

	a->fd = -1;
	if (pw_aside_file_check(t, a->kind, a->path, a->begin) < 0)
		return -1;
	if (check)
		return 0;
	a->has_state = store != NULL;
	a->restart = store != NULL ? store->restart : 0;
	/* a pipe has its writer from the start, or its reader would wait for ever */
	if ((!a->kind->shared || store != NULL || !is_regular(a->path)) &&
	    open_file(a, !a->kind->shared) < 0)
		return -1;
	if (take_up(a) < 0)
		return -1;
	a->next = t->asides;
	t->asides = a;
	return 0;
}

/* Whole lines, which other stages' lines come before or after. */
static int add_shared(struct pw_aside *a)
{
	const bool locked = pw_io()->flock(a->fd, LOCK_EX) == 0; /* where the file system can */
	int rc = pw_aside_descriptor(a->path) >= 0 ? 0 : pw_aside_mend(a->fd);

	if (rc == 0 && pw_io_write_full(a->fd, a->bytes.data, a->bytes.length) < 0)
		rc = pw_fail_system("write");
	if (locked)
		pw_io()->flock(a->fd, LOCK_UN);
	return rc;
}

static int add(struct pw_aside *a)
{
	int rc;

	if (a->kind->shared)
		rc = add_shared(a);
	else
		rc = pw_io_write_full(a->fd, a->bytes.data, a->bytes.length) < 0
			     ? pw_fail_system("write")
			     : 0;
	return rc < 0 ? pw_fail_at("%s", a->path) : 0;
}

int pw_aside_flush(struct pw_aside *a)
{
	if (a->bytes.length == 0)
		return 0;
	if ((a->fd < 0 && open_file(a, true) < 0) || add(a) < 0)
		return -1;
	a->unsynced = a->has_state;
	pw_bytes_clear(&a->bytes);
	return 0;
}

int pw_aside_flush_all(struct pw_tool *t, bool durable)
{
	for (struct pw_aside *a = t->asides; a != NULL; a = a->next)
		if (write_out(a, durable) < 0)
			return -1;
	return 0;
}

int pw_aside_added(struct pw_aside *a)
{
	return a->bytes.length >= FLUSH_BYTES ? pw_aside_flush(a) : 0;
}

int pw_aside_close(struct pw_aside *a, struct pw_tool *t)
{
	struct pw_aside **at = &t->asides;

	while (*at != NULL && *at != a)
		at = &(*at)->next;
	if (*at != NULL)
		*at = a->next;
	int rc = write_out(a, true);
	if (a->fd >= 0 && pw_io()->close(a->fd) < 0 && rc == 0)
		rc = pw_fail_system(a->path);
	pw_bytes_release(&a->bytes);
	return rc;
}
