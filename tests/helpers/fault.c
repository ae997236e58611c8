/*
 * fault - a preloaded library that makes the n-th system call of a kind fail
 *
 * Use:      LD_PRELOAD=build/helpers/fault.so FAULT=write:3:ENOSPC pw-write ...
 *           CALL:N:HOW[,CALL:N:HOW]... with CALL one of read write fsync rename
 *           close ftruncate; N counts from 1, N+ means from the n-th on; HOW
 *           is EIO ENOSPC EINTR EAGAIN EDQUOT EPERM, or short: one byte is
 *           moved (read, write only), or kill: the process is killed there.
 *           FAULT_PROGRAM=pw-write: in the processes of this name only.
 *           PIPE_SIZE=4096: pipes are so large, whatever is asked for.
 *           Standard error is never touched.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static const struct {
	const char *name;
	int number;
} errors[] = {{"EIO", EIO},	  {"ENOSPC", ENOSPC}, {"EINTR", EINTR},
	      {"EAGAIN", EAGAIN}, {"EDQUOT", EDQUOT}, {"EPERM", EPERM}};

enum call { READ, WRITE, FSYNC, RENAME, CLOSE, FTRUNCATE, CALLS };
static const char *const calls[CALLS] = {"read", "write", "fsync", "rename", "close", "ftruncate"};
static atomic_long counts[CALLS];

/* What FAULT asks for call number n of this kind: "" for nothing. */
static const char *asked(enum call call)
{
	const char *text = getenv("FAULT"), *program = getenv("FAULT_PROGRAM");
	long n = ++counts[call];
	if (text == NULL ||
	    (program != NULL && strcmp(program, program_invocation_short_name) != 0))
		return "";
	size_t length = strlen(calls[call]);
	for (; text != NULL; text = strchr(text, ',') ? strchr(text, ',') + 1 : NULL) {
		char *end;
		if (strncmp(text, calls[call], length) != 0 || text[length] != ':')
			continue;
		long from = strtol(text + length + 1, &end, 10);
		if (n == from || (*end == '+' && n > from))
			return strchr(end, ':') ? strchr(end, ':') + 1 : "";
	}
	return "";
}

/* -1 with errno; 1: move one byte; 0: as ever */
static int fault(enum call call, int fd)
{
	if (fd == STDERR_FILENO)
		return 0;
	const char *how = asked(call);
	if (strncmp(how, "kill", 4) == 0)
		raise(SIGKILL);
	if (strncmp(how, "short", 5) == 0)
		return 1;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strncmp(how, errors[i].name, strlen(errors[i].name)) == 0) {
			errno = errors[i].number;
			return -1;
		}
	return 0;
}

#define REAL(name, ...)                                                                            \
	static __typeof__(name) *real;                                                             \
	if (real == NULL)                                                                          \
		*(void **)&real = dlsym(RTLD_NEXT, #name);                                         \
	return real(__VA_ARGS__)

ssize_t read(int fd, void *data, size_t n)
{
	int f = fault(READ, fd);
	if (f < 0)
		return -1;
	REAL(read, fd, data, f > 0 && n > 1 ? 1 : n);
}

ssize_t write(int fd, const void *data, size_t n)
{
	int f = fault(WRITE, fd);
	if (f < 0)
		return -1;
	REAL(write, fd, data, f > 0 && n > 1 ? 1 : n);
}

int fsync(int fd)
{
	if (fault(FSYNC, fd) < 0)
		return -1;
	REAL(fsync, fd);
}

int rename(const char *from, const char *to)
{
	if (fault(RENAME, -1) < 0)
		return -1;
	REAL(rename, from, to);
}

/* The descriptor is closed all the same, as Linux does. */
int close(int fd)
{
	int f = fault(CLOSE, fd), number = errno;
	static int (*real)(int);
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "close");
	int result = real(fd);
	if (f >= 0)
		return result;
	errno = number;
	return -1;
}

int ftruncate(int fd, off_t length)
{
	if (fault(FTRUNCATE, fd) < 0)
		return -1;
	REAL(ftruncate, fd, length);
}

/* ---- small pipes ---- */

/* A pipe's size as PIPE_SIZE has it: when it is made, when it is inherited, when another is asked for. */
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
	const int number = errno;

	if (getenv("PIPE_SIZE") != NULL)
		for (int fd = 0; fd < 2; fd++)
			sized(fd, F_SETPIPE_SZ, 0);
	errno = number;
}
