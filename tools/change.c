/*
 * change - how long a line takes from a change to the corrected answer
 *
 *   change ROWS CHANGED RUNS COMMAND
 *
 * sh runs COMMAND, which reads change-CSV from standard input and writes the
 * answer's as `pw-write --changes --progress-rows` does. A table of ROWS rows
 * (id int, k int of 1,000 values, v int) is written first, as one commit;
 * then RUNS times CHANGED of them get a new v, in a commit each. The time
 * from the first byte of a commit's rows to the line that says that the
 * answer is complete beyond it is taken. Prints ROWS' load time in
 * seconds, and the least, the median and the 95th percentile in ms.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t state = 7;

static unsigned below(unsigned n)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	return (unsigned)(((z >> 32) * n) >> 32);
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "change: %s: %s\n", what, errno ? strerror(errno) : "ended early");
	exit(5);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct text {
	char *data;
	size_t length, capacity;
};

static void add(struct text *t, unsigned id, unsigned v, unsigned long time, int diff)
{
	if (t->capacity - t->length < 100) {
		t->capacity = 2 * t->capacity + 1000;
		t->data = realloc(t->data, t->capacity);
		if (t->data == NULL)
			die("memory");
	}
	if (diff != 0)
		t->length += (size_t)sprintf(t->data + t->length, "%u,%u,%u,%lu,%d\n", id,
					     id % 1000, v, time, diff);
	else
		t->length += (size_t)sprintf(t->data + t->length, ",,,%lu,0\n", time);
}

/* What comes from the line: the greatest time whose row of diff 0 has been seen. */
struct answer {
	int fd;
	char line[4096];
	size_t length;
	unsigned long complete;
};

static void take_line(struct answer *a)
{
	char *diff = memrchr(a->line, ',', a->length);

	if (diff == NULL || strcmp(diff, ",0") != 0)
		return;
	*diff = '\0';
	const char *time = strrchr(a->line, ',');
	if (time != NULL)
		a->complete = strcmp(time, ",end") == 0 ? ~0UL : strtoul(time + 1, NULL, 10);
}

static void take_answer(struct answer *a)
{
	char buffer[65536];
	const ssize_t n = read(a->fd, buffer, sizeof buffer);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		errno = n < 0 ? errno : 0;
		die("the answer");
	}
	for (ssize_t i = 0; i < n; i++) {
		if (buffer[i] == '\n') {
			a->line[a->length] = '\0';
			take_line(a);
			a->length = 0;
		} else if (a->length < sizeof a->line - 1) {
			a->line[a->length++] = buffer[i];
		}
	}
}

/* Writes the rows and reads until the answer is complete beyond their time. */
static double exchange(int to, struct answer *a, const struct text *t, unsigned long time)
{
	const double start = now();
	size_t written = 0;

	while (a->complete < time) {
		struct pollfd fds[2] = {{a->fd, POLLIN, 0}, {to, POLLOUT, 0}};
		if (poll(fds, written < t->length ? 2 : 1, 60000) <= 0)
			die("no answer in 60 s");
		if (fds[1].revents != 0 && written < t->length) {
			const ssize_t n = write(to, t->data + written, t->length - written);
			if (n < 0 && errno != EAGAIN)
				die("write");
			written += n > 0 ? (size_t)n : 0;
		}
		if (fds[0].revents != 0)
			take_answer(a);
	}
	return now() - start;
}

static pid_t start(const char *command, int *to, int *from)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		die("pipe");
	const pid_t pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	*to = in[1];
	*from = out[0];
	return pid;
}

static int ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: change ROWS CHANGED RUNS COMMAND\n");
		return 2;
	}
	const unsigned rows = (unsigned)atoi(argv[1]), changed = (unsigned)atoi(argv[2]);
	const unsigned runs = (unsigned)atoi(argv[3]);
	unsigned *values = calloc(rows, sizeof *values);
	double *times = calloc(runs, sizeof *times);
	struct text t = {0};
	struct answer a = {0};
	int to, status;

	signal(SIGPIPE, SIG_IGN);
	const pid_t pid = start(argv[4], &to, &a.fd);
	t.data = strdup("id,k,v,_time,_diff\n");
	t.length = t.capacity = strlen(t.data);
	for (unsigned id = 0; id < rows; id++)
		add(&t, id, 0, 2, 1);
	add(&t, 0, 0, 2, 0);
	const double load = exchange(to, &a, &t, 2);
	for (unsigned r = 0; r < runs; r++) {
		const unsigned long time = 4 + 2UL * r;
		t.length = 0;
		for (unsigned i = 0; i < changed; i++) {
			const unsigned id = below(rows);
			add(&t, id, values[id], time, -1);
			values[id] = 1 + below(1000000);
			add(&t, id, values[id], time, 1);
		}
		add(&t, 0, 0, time, 0);
		times[r] = exchange(to, &a, &t, time);
	}
	close(to);
	close(a.fd);
	waitpid(pid, &status, 0);
	qsort(times, runs, sizeof *times, ascending);
	printf("%.3f %.3f %.3f %.3f\n", load, times[0] * 1e3, times[runs / 2] * 1e3,
	       times[runs * 95 / 100] * 1e3);
	return 0;
}
