/*
 * fault - a preloaded library that makes the n-th system call of a kind fail
 *
 * Use:      LD_PRELOAD=build/helpers/fault.so FAULT=write:3:ENOSPC pw-write ...
 *
 *           FAULT=CALL:N:HOW[,CALL:N:HOW]...
 *             CALL  read write pwrite fsync fdatasync rename close ftruncate open unlink mkdir
 *                   flock fork; or any: those of them that a restart depends on, numbered
 *                   together (below). Standard error is never touched.
 *             N     counts from 1; N+ means from the n-th on.
 *             HOW   EIO ENOSPC EINTR EAGAIN EDQUOT EPERM: the call fails and does nothing (but
 *                   close closes). EINTR for good is a call that is made for ever. short: one byte
 * is moved (read, write, pwrite; no other call is touched). lost: it does nothing and says 0
 * (fsync, fdatasync). slow: 300 ms later. kill, kill-after: SIGKILL before the call, or between the call and its
 * return. FAULT_PROGRAM=pw-write: in the processes of this name only. A process that was forked
 * without exec counts anew and is called pw-write+1, pw-write+2 in the order in which its parent
 * has forked; pw-write+ is each of them. KILL=pw-write:7[:after]: FAULT=any:7:kill (kill-after) in
 * pw-write. FAULT_LOG=FILE: a line for each of any: `PROGRAM N CALL PATH`. What KILL and FAULT=any
 * count is what stands there. FAULT_DISK=ROOT:IMAGE: fsync and fdatasync of what is below ROOT
 * copies it to IMAGE instead, see power_cut.c: a power cut that loses all that was not synced.
 *           PIPE_SIZE=4096: pipes are so large, whatever is asked for.
 *
 * any:      open that may create or empty; write, pwrite and ftruncate of a file; close of a file
 *           that this process has written; fsync, fdatasync, rename, unlink, mkdir, flock, fork.
 *           Pipes and terminals are not in it, so that a program's numbers depend as little as
 *           can be on how its input was cut.
 */
#include "image.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/types.h>

static const struct {
	const char *name;
	int number;
} errors[] = {{"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EINTR", EINTR},
	      {"EAGAIN", EAGAIN}, {"EDQUOT", EDQUOT}, {"EPERM", EPERM}};

enum call {
	READ,
	WRITE,
	PWRITE,
	FSYNC,
	FDATASYNC,
	RENAME,
	CLOSE,
	FTRUNCATE,
	OPEN,
	UNLINK,
	MKDIR,
	FLOCK,
	FORK,
	ANY,
	CALLS
};
static const char *const calls[CALLS] = {"read",   "write", "pwrite",    "fsync", "fdatasync",
					 "rename", "close", "ftruncate", "open",  "unlink",
					 "mkdir",  "flock", "fork",      "any"};
static atomic_long counts[CALLS];

enum { FILES = 1024 };
static atomic_bool written[FILES]; /* descriptors through which a file was written */
static long forked, number;        /* children so far; which child of its parent this is, 0: none */
static _Thread_local int inside;   /* in our own calls */

#define REAL(result, name, ...)                                                                    \
	static __typeof__(name) *real_##name;                                                      \
	if (real_##name == NULL)                                                                   \
		*(void **)&real_##name = dlsym(RTLD_NEXT, #name);                                  \
	__typeof__(real_##name(__VA_ARGS__)) result = real_##name(__VA_ARGS__)

/* ---- what was asked for ---- */

static bool is_me(const char *name, size_t length)
{
	const char *mine = program_invocation_short_name;
	const size_t n = strlen(mine);

	if (length < n || strncmp(name, mine, n) != 0)
		return false;
	if (length == n)
		return number == 0;
	return name[n] == '+' && number > 0 &&
	       (length == n + 1 || strtol(name + n + 1, NULL, 10) == number);
}

/* HOW for call number n of this kind: "" for nothing. */
static const char *asked(enum call call, long n)
{
	const char *text = getenv("FAULT"), *program = getenv("FAULT_PROGRAM");
	const size_t length = strlen(calls[call]);
	char *end;

	if (program != NULL && !is_me(program, strlen(program)))
		return "";
	for (; text != NULL; text = strchr(text, ',') ? strchr(text, ',') + 1 : NULL) {
		if (strncmp(text, calls[call], length) != 0 || text[length] != ':')
			continue;
		const long from = strtol(text + length + 1, &end, 10);
		if (n == from || (*end == '+' && n > from))
			return strchr(end, ':') ? strchr(end, ':') + 1 : "";
	}
	return "";
}

/* The same of KILL. */
static const char *asked_kill(long n)
{
	const char *text = getenv("KILL"), *colon = text ? strchr(text, ':') : NULL;
	char *end;

	if (colon == NULL || !is_me(text, (size_t)(colon - text)) ||
	    strtol(colon + 1, &end, 10) != n)
		return "";
	return strcmp(end, ":after") == 0 ? "kill-after" : "kill";
}

static void note(enum call call, long n, const char *path)
{
	const char *log = getenv("FAULT_LOG"), *program = getenv("FAULT_PROGRAM");
	char line[PATH_MAX + 200], child[24] = "";

	if (log == NULL || (program != NULL && !is_me(program, strlen(program))))
		return;
	if (number > 0)
		snprintf(child, sizeof child, "+%ld", number);
	const int length = snprintf(line, sizeof line, "%s%s %ld %s %s\n",
				    program_invocation_short_name, child, n, calls[call], path);
	const int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd >= 0 && write(fd, line, (size_t)length) != length)
		abort();
	close(fd);
}

/* ---- one call ---- */

struct verdict {
	int error;
	bool shorten, lost, slow, die_after;
};

static _Noreturn void die(void)
{
	for (;;)
		kill(getpid(), SIGKILL);
}

/* Adds what was asked for; the first error counts. */
static void add(struct verdict *v, const char *how)
{
	const size_t length = strcspn(how, ",");

	if (length == 4 && strncmp(how, "kill", 4) == 0)
		die();
	v->die_after |= length == 10 && strncmp(how, "kill-after", 10) == 0;
	v->shorten |= length == 5 && strncmp(how, "short", 5) == 0;
	v->lost |= length == 4 && strncmp(how, "lost", 4) == 0;
	v->slow |= length == 4 && strncmp(how, "slow", 4) == 0;
	for (size_t i = 0; i < sizeof errors / sizeof errors[0] && v->error == 0; i++)
		if (length == strlen(errors[i].name) && strncmp(how, errors[i].name, length) == 0)
			v->error = errors[i].number;
}

/* What is to become of a call; path is what it is about, of a part of any, else NULL. */
static struct verdict judge(enum call call, const char *path)
{
	struct verdict v = {0};
	const int before = errno;

	if (inside > 0)
		return v;
	inside++;
	const long n = ++counts[call], of_any = path != NULL ? ++counts[ANY] : 0;
	if (path != NULL) {
		note(call, of_any, path);
		add(&v, asked_kill(of_any));
		add(&v, asked(ANY, of_any));
	}
	add(&v, asked(call, n));
	if (v.slow)
		usleep(300000);
	inside--;
	errno = v.error != 0 ? v.error : before;
	return v;
}

/* Behind the call. */
static void done(const struct verdict *v)
{
	if (v->die_after)
		die();
}

/* Of a descriptor, as /proc has it. */
static const char *path_of(int fd, char into[PATH_MAX])
{
	char link[40];

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	const ssize_t n = readlink(link, into, PATH_MAX - 1);
	into[n > 0 ? n : 0] = '\0';
	return into;
}

static bool is_file(int fd)
{
	const int before = errno;
	struct stat st;
	const bool yes = fd != STDERR_FILENO && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	errno = before;
	return yes;
}

/* judge() of a call about a descriptor. */
static struct verdict judge_fd(enum call call, int fd, bool any)
{
	char path[PATH_MAX];

	if (fd == STDERR_FILENO)
		return (struct verdict){0};
	return judge(call, any && inside == 0 ? path_of(fd, path) : NULL);
}

static bool was_written(int fd)
{
	return fd >= 0 && fd < FILES && fd != STDERR_FILENO && written[fd];
}

/* ---- the calls ---- */

ssize_t read(int fd, void *data, size_t n)
{
	const struct verdict v = judge_fd(READ, fd, false);
	if (v.error != 0)
		return -1;
	REAL(result, read, fd, data, v.shorten && n > 1 ? 1 : n);
	done(&v);
	return result;
}

ssize_t write(int fd, const void *data, size_t n)
{
	const bool file = inside == 0 && is_file(fd);
	const struct verdict v = judge_fd(WRITE, fd, file);
	if (v.error != 0)
		return -1;
	if (file && fd < FILES)
		written[fd] = true;
	REAL(result, write, fd, data, v.shorten && n > 1 ? 1 : n);
	done(&v);
	return result;
}

static ssize_t pwrite_any(int fd, const void *data, size_t n, off_t offset)
{
	const bool file = inside == 0 && is_file(fd);
	const struct verdict v = judge_fd(PWRITE, fd, file);
	if (v.error != 0)
		return -1;
	if (file && fd < FILES)
		written[fd] = true;
	REAL(result, pwrite, fd, data, v.shorten && n > 1 ? 1 : n, offset);
	done(&v);
	return result;
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t offset)
{
	return pwrite_any(fd, data, n, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off_t offset)
{
	return pwrite_any(fd, data, n, offset);
}

/* FAULT_DISK: 1 when it was the image that had to be synced, -1 with errno. */
static int sync_image(int fd)
{
	const char *disk = getenv("FAULT_DISK"), *colon = disk ? strchr(disk, ':') : NULL;
	char path[PATH_MAX];
	struct image m = {0};

	if (colon == NULL || (size_t)(colon - disk) >= sizeof m.root ||
	    strlen(colon + 1) >= sizeof m.folder)
		return 0;
	memcpy(m.root, disk, (size_t)(colon - disk));
	strcpy(m.folder, colon + 1);
	if (!image_holds(&m, path_of(fd, path)))
		return 0;
	inside++;
	/* A file that has lost its name is nothing that a power cut would leave. */
	const int result = image_sync(&m, path) < 0 && errno != ENOENT ? -1 : 1;
	inside--;
	return result;
}

#define SYNC(name, kind)                                                                           \
	int name(int fd)                                                                           \
	{                                                                                          \
		const struct verdict v = judge_fd(kind, fd, true);                                 \
		if (v.error != 0)                                                                  \
			return -1;                                                                 \
		int synced = v.lost ? 1 : sync_image(fd);                                          \
		if (synced == 0) {                                                                 \
			REAL(result, name, fd);                                                    \
			synced = result;                                                           \
		}                                                                                  \
		done(&v);                                                                          \
		return synced < 0 ? -1 : 0;                                                        \
	}

SYNC(fsync, FSYNC)
SYNC(fdatasync, FDATASYNC)

int rename(const char *from, const char *to)
{
	const struct verdict v = judge(RENAME, to);
	if (v.error != 0)
		return -1;
	REAL(result, rename, from, to);
	done(&v);
	return result;
}

/* The descriptor is closed all the same, as Linux does. */
int close(int fd)
{
	const bool file = inside == 0 && was_written(fd);
	const struct verdict v = judge_fd(CLOSE, fd, file);
	if (file)
		written[fd] = false;
	REAL(result, close, fd);
	done(&v);
	if (v.error == 0)
		return result;
	errno = v.error;
	return -1;
}

static int ftruncate_any(int fd, off_t length)
{
	const struct verdict v = judge_fd(FTRUNCATE, fd, inside == 0 && is_file(fd));
	if (v.error != 0)
		return -1;
	REAL(result, ftruncate, fd, length);
	done(&v);
	return result;
}

int ftruncate(int fd, off_t length)
{
	return ftruncate_any(fd, length);
}

int ftruncate64(int fd, off_t length)
{
	return ftruncate_any(fd, length);
}

static int open_any(const char *path, int flags, mode_t mode)
{
	const bool makes = (flags & (O_CREAT | O_TRUNC)) != 0;
	const struct verdict v = judge(OPEN, makes ? path : NULL);
	if (v.error != 0)
		return -1;
	REAL(fd, open, path, flags, mode);
	if (fd >= 0 && fd < FILES)
		written[fd] = false;
	done(&v);
	return fd;
}

#define OPENS(name)                                                                                \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		va_list arguments;                                                                 \
		va_start(arguments, flags);                                                        \
		const mode_t mode = va_arg(arguments, mode_t);                                     \
		va_end(arguments);                                                                 \
		return open_any(path, flags, mode);                                                \
	}

OPENS(open)
OPENS(open64)

int unlink(const char *path)
{
	const struct verdict v = judge(UNLINK, path);
	if (v.error != 0)
		return -1;
	REAL(result, unlink, path);
	done(&v);
	return result;
}

int mkdir(const char *path, mode_t mode)
{
	const struct verdict v = judge(MKDIR, path);
	if (v.error != 0)
		return -1;
	REAL(result, mkdir, path, mode);
	done(&v);
	return result;
}

int flock(int fd, int operation)
{
	const struct verdict v = judge_fd(FLOCK, fd, true);
	if (v.error != 0)
		return -1;
	REAL(result, flock, fd, operation);
	done(&v);
	return result;
}

pid_t fork(void)
{
	const struct verdict v = judge(FORK, "");
	if (v.error != 0)
		return -1;
	forked++;
	REAL(pid, fork);
	if (pid == 0) {
		number = forked;
		forked = 0;
		for (int call = 0; call < CALLS; call++)
			counts[call] = 0;
		return 0;
	}
	done(&v);
	return pid;
}

/* ---- small pipes ---- */

/* A pipe's size as PIPE_SIZE has it: when it is made, when it is inherited, when another is asked
 * for. */
static long sized(int fd, int command, long argument)
{
	static int (*real)(int, int, ...);
	const char *size = getenv("PIPE_SIZE");

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "fcntl64");
	if (size != NULL && command == F_SETPIPE_SZ)
		argument = strtol(size, NULL, 10);
	return real(fd, command, argument);
}

#define FCNTL(name)                                                                                \
	int name(int fd, int command, ...)                                                         \
	{                                                                                          \
		va_list arguments;                                                                 \
		va_start(arguments, command);                                                      \
		long argument = va_arg(arguments, long);                                           \
		va_end(arguments);                                                                 \
		return (int)sized(fd, command, argument);                                          \
	}

FCNTL(fcntl)
FCNTL(fcntl64)

int pipe2(int fds[2], int flags)
{
	static int (*real)(int[2], int);
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "pipe2");
	const int result = real(fds, flags);
	if (result == 0 && getenv("PIPE_SIZE") != NULL)
		sized(fds[0], F_SETPIPE_SZ, 0);
	return result;
}

int pipe(int fds[2])
{
	return pipe2(fds, 0);
}

/* FIFOs that a shell has opened. */
__attribute__((constructor)) static void inherited(void)
{
	const int before = errno;

	if (getenv("PIPE_SIZE") != NULL)
		for (int fd = 0; fd < 2; fd++)
			sized(fd, F_SETPIPE_SZ, 0);
	errno = before;
}
