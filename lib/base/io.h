/*
 * pw_io - the one door to the system
 *
 * All reading, writing, syncing, renaming, clock and randomness of lib/ goes
 * through this table, so that a test can fail, shorten or reorder the n-th
 * call. It is called per frame or per file, never per row. The members have
 * the meaning of the system calls of the same name.
 */
#ifndef PW_BASE_IO_H
#define PW_BASE_IO_H

#include "bytes.h"

#include <dirent.h>
#include <poll.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

PW_C_BEGIN

struct pw_io {
	int (*open)(const char *path, int flags, mode_t mode);
	int (*close)(int fd);
	ssize_t (*read)(int fd, void *data, size_t n);
	ssize_t (*pread)(int fd, void *data, size_t n, off_t offset);
	ssize_t (*write)(int fd, const void *data, size_t n);
	off_t (*lseek)(int fd, off_t offset, int whence);
	int (*ftruncate)(int fd, off_t length);
	int (*fsync)(int fd);
	int (*sync_file_range)(int fd, off_t offset, off_t n, unsigned flags);
	int (*rename)(const char *from, const char *to);
	int (*unlink)(const char *path);
	int (*mkdir)(const char *path, mode_t mode);
	int (*rmdir)(const char *path);
	int (*stat)(const char *path, struct stat *st);
	int (*lstat)(const char *path, struct stat *st);
	int (*access)(const char *path, int mode);
	DIR *(*opendir)(const char *path);
	struct dirent *(*readdir)(DIR *directory);
	int (*closedir)(DIR *directory);
	int (*flock)(int fd, int operation);
	int (*fstat)(int fd, struct stat *st);
	int (*poll)(struct pollfd *fds, nfds_t n, int timeout);
	int (*clock_gettime)(clockid_t clock, struct timespec *ts);
	ssize_t (*getrandom)(void *data, size_t n, unsigned flags);
};

/* The table in force; a test puts its own in place with pw_io_use. */
const struct pw_io *pw_io(void);
void pw_io_use(const struct pw_io *table); /* NULL: the system's */

/* Reads until n bytes or the end; the count, or -1 with errno. Retries EINTR. */
ssize_t pw_io_read_full(int fd, void *data, size_t n);

/* Reads at a place until n bytes or the end; the count, or -1 with errno. */
ssize_t pw_io_read_at(int fd, void *data, size_t n, uint64_t offset);

/* One read, EINTR retried; the count, 0 at the end, or -1 with errno. */
ssize_t pw_io_read(int fd, void *data, size_t n);

/*
 * Writes all of it or fails; 0, or -1 with errno. Retries EAGAIN (by poll)
 * and EINTR; first asks the function of pw_io_on_interrupt, if one is set, whether
 * to give up: a program that is to stop must not wait for a reader that does not.
 */
int pw_io_write_full(int fd, const void *data, size_t n);
void pw_io_on_interrupt(bool (*give_up)(void));

/* Appends what the file holds; fails (pw_fail) when it is longer than limit. */
int pw_io_load(const char *path, size_t limit, struct pw_bytes *into);
/* Appends what the descriptor still gives, as pw_io_load; fd stays open; path is for messages. */
int pw_io_load_from(int fd, const char *path, size_t limit, struct pw_bytes *into);

/*
 * A file without a name, to be read and written: it is gone when the program
 * is. Its descriptor, or -1 with errno; where: TMPDIR, or /var/tmp, for messages
 */
int pw_io_unnamed(const char **where);

/* The time that a clock shows, in ns; and the ns of a time that a system call has given. */
int64_t pw_io_ns(clockid_t clock);
static inline int64_t pw_io_ns_of(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

/* ms of CLOCK_MONOTONIC */
int64_t pw_io_ms(void);

/*
 * Starts to send these bytes of the file to the disk, so that a later fsync has less
 * to wait for. Promises nothing; an error comes with that fsync.
 */
void pw_io_write_behind(int fd, uint64_t offset, uint64_t n);

/*
 * Waits until the bytes that pw_io_write_behind has sent are written. 0 or -1
 * with errno: an error is said here, and perhaps not again by fsync.
 */
int pw_io_await_written(int fd, uint64_t offset, uint64_t n);

/* fsync of a file; fsync of the directory that holds path. 0, or -1 with errno */
int pw_io_sync(int fd);
int pw_io_sync_directory(const char *path);

/*
 * Calls `each` for every name in a directory except . and .., in the order of
 * their bytes, until `each` answers less than 0. Returns 0, or that answer; or -1
 * with errno, without a call, if the directory can't be read. All names are read
 * first, so `each` may change the directory.
 */
int pw_io_list(const char *directory, int (*each)(void *to, const char *name), void *to);

PW_C_END

#endif
