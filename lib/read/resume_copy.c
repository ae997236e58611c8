/* Copies of standard input that is new in each run. */
#include "../base/io.h"
#include "resume_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define COPY "stdin."

bool pw_resume_is_copy(const char *key)
{
	return strncmp(key, COPY, strlen(COPY)) == 0;
}

static int drop_unneeded(void *resume, const char *name)
{
	struct pw_resume *r = resume;

	if (!pw_resume_is_copy(name) || json_object_get(r->needed, name) != NULL)
		return 0;
	char *path = pw_mem_print("%s/%s", r->store->folder, name);
	const int rc = pw_io()->unlink(path) < 0 && errno != ENOENT ? -2 : 0;
	if (rc < 0)
		pw_fail_system(path);
	free(path);
	if (json_object_get(r->parts, name) != NULL)
		json_object_set_new(r->changed, name, json_null());
	return rc;
}

int pw_resume_copy_input(struct pw_resume *r)
{
	const int rc = pw_io_list(r->store->folder, drop_unneeded, r);

	if (rc < 0)
		return rc == -1 ? pw_fail_system(r->store->folder) : -1;
	r->copy = pw_mem_print(COPY "%" PRIu64, r->store->run);
	char *path = pw_mem_print("%s/%s", r->store->folder, r->copy);
	r->copy_fd = pw_io()->open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
	if (r->copy_fd < 0 || pw_io_sync_directory(path) < 0)
		pw_fail_system(path);
	free(path);
	return r->copy_fd < 0 ? -1 : 0;
}

int pw_resume_copy_read(const struct pw_resume *r, const char *key, uint64_t at, size_t length,
			struct pw_bytes *bytes)
{
	char *path = pw_mem_print("%s/%s", r->store->folder, key);
	const int fd = pw_io()->open(path, O_RDONLY | O_NOFOLLOW, 0);
	ssize_t got = -1;

	if (fd >= 0 && pw_io()->lseek(fd, (off_t)at, SEEK_SET) >= 0)
		got = pw_io_read_full(fd, pw_bytes_room(bytes, length), length);
	if (got < 0 && errno == ENOENT)
		pw_fail(PW_STATE,
			"%s: is missing, and has to be read again: put it back, or begin anew with"
			" --reset",
			path);
	else if (got < 0)
		pw_fail_system(path);
	else if ((size_t)got < length)
		pw_fail(PW_STATE,
			"%s: ends before byte %" PRIu64
			", up to which it was written: begin anew with --reset",
			path, at + length);
	else
		bytes->length += length;
	if (fd >= 0)
		pw_io()->close(fd);
	free(path);
	return got < 0 || (size_t)got < length ? -1 : 0;
}
