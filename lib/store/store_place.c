#include "../base/io.h"
#include "store_place_internal.h"
#include "store_run_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

/* ---- the directory ---- */

/* Makes the directory and those above it that are not there. */
static int make_directory(const char *path)
{
	char *each = pw_mem_copy(path, strlen(path));
	int rc = 0;

	for (char *slash = each; rc == 0 && slash != NULL;) {
		slash = strchr(slash + 1, '/');
		if (slash != NULL)
			*slash = '\0';
		if (pw_io()->mkdir(each, 0700) == 0)
			rc = pw_io_sync_directory(each) < 0 ? pw_fail_system(each) : 0;
		else if (errno != EEXIST && (slash == NULL || errno != EROFS))
			rc = pw_fail_system(each);
		if (slash != NULL)
			*slash = '/';
	}
	free(each);
	return rc;
}

/* No other user may write into it, or read what passes through the pipeline. */
static int check_directory(const char *path)
{
	struct stat st;
	const int fd = pw_io()->open(path, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0 && errno == ENOENT)
		return pw_fail(PW_STATE, "%s: there is no such state directory", path);
	if (fd < 0 && errno == ENOTDIR)
		return pw_fail(PW_STATE,
			       "%s: is no directory: name one for the state, which is made if it is"
			       " not there",
			       path);
	if (fd < 0)
		return pw_fail_system(path);
	const int rc = pw_io()->fstat(fd, &st);
	pw_io()->close(fd);
	if (rc < 0)
		return pw_fail_system(path);
	if (st.st_uid != geteuid())
		return pw_fail(
			PW_STATE,
			"%s: belongs to user %u, and this is user %u: a state directory is used by"
			" its owner alone",
			path, (unsigned)st.st_uid, (unsigned)geteuid());
	if ((st.st_mode & 0777) != 0700)
		return pw_fail(
			PW_STATE,
			"%s: its mode is %04o, expected 0700 (chmod 700, if nobody else should"
			" see into it)",
			path, st.st_mode & 0777);
	return 0;
}

static int stranger(void *to, const char *name)
{
	(void)to;
	(void)name;
	return -2;
}

/* A directory of other things is not taken over. */
static int check_empty(const char *path)
{
	const int rc = pw_io_list(path, stranger, NULL);

	if (rc == -2)
		return pw_fail(
			PW_STATE,
			"%s: is not empty, and no state directory: name one that is not there"
			" yet",
			path);
	return rc < 0 ? pw_fail_system(path) : 0;
}

static int open_file(const char *directory, const char *name, bool make)
{
	char *path = pw_store_path(directory, name);
	const int fd = pw_io()->open(path, O_RDWR | O_NOFOLLOW | (make ? O_CREAT : 0), 0600);

	if (fd < 0 && errno == ENOENT)
		pw_fail(PW_STATE, "%s: is not there: this is no state directory", path);
	else if (fd < 0)
		pw_fail_system(path);
	free(path);
	return fd;
}

/* The first file of a directory; another reader of the pipeline may be making it just now. */
static int make_gate(const char *path)
{
	if (check_empty(path) == 0)
		return open_file(path, "gate", true);
	if (pw_fail_status() != PW_STATE)
		return -1;
	const int fd = open_file(path, "gate", false);
	if (fd >= 0)
		pw_fail_clear();
	else if (pw_fail_status() == PW_STATE)
		check_empty(path);
	return fd;
}

int pw_store_open_place(struct pw_store *s, const char *directory, bool make)
{
	char absolute[PATH_MAX];

	if (make && make_directory(directory) < 0)
		return -1;
	if (check_directory(directory) < 0)
		return -1;
	if (realpath(directory, absolute) == NULL)
		return pw_fail_system(directory);
	s->path = pw_mem_copy(absolute, strlen(absolute));
	s->gate = open_file(s->path, "gate", false);
	if (s->gate < 0 && make && pw_fail_status() == PW_STATE)
		s->gate = make_gate(s->path);
	s->lock = s->gate < 0 ? -1 : open_file(s->path, "lock", true);
	return s->lock < 0 ? -1 : 0;
}

/* ---- gate and lock ---- */

int pw_store_lock_file(int fd, int how, const char *what)
{
	while (pw_io()->flock(fd, how | LOCK_NB) < 0)
		if (errno == EWOULDBLOCK)
			return PW_STORE_WAIT;
		else if (errno != EINTR)
			return pw_fail_system(what);
	return 1;
}

int pw_store_enter_gate(struct pw_store *s)
{
	return pw_store_lock_file(s->gate, LOCK_EX, "gate: flock");
}

int pw_store_hold_gate(struct pw_store *s)
{
	while (pw_io()->flock(s->gate, LOCK_EX) < 0)
		if (errno != EINTR)
			return pw_fail_system("gate: flock");
	return 0;
}

/* Where unlocking fails, closing does it: others must not wait for as long as this process lives. */
void pw_store_leave_gate(struct pw_store *s)
{
	while (pw_io()->flock(s->gate, LOCK_UN) < 0)
		if (errno != EINTR) {
			pw_io()->close(s->gate);
			s->gate = -1;
			return;
		}
}
