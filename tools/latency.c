/*
 * latency - how long rows take from a source to the sink, at a given rate
 *
 *   latency [-r ROWS/S] [-d SECONDS] [-w SECONDS] [-n WORDS] [-p] [-i FILE] [-o FILE]
 *           [-c COLUMN] [-t MS] PROGRAM ARG... [: PROGRAM ARG...]...
 *
 *   latency -i words.csv pw-read -F -s 'word str, stamp int' words.csv : \
 *           pw-groupby -k word 'n = count()' 'at = max(stamp)' : pw-write --changes
 *
 * Runs the stages, as measure does. Rows are CSV, `word,stamp`: one of WORDS (5000) words, and the
 * number of the row, from 1. They are appended to FILE (-i), which is made anew with its header and
 * a row 0 (with -p one of each word), or go into the first stage's standard input. With -t they are
 * change-CSV, MS batches a commit, for a reader that does not follow. The sink's CSV comes from the
 * last stage's standard output, or is read as FILE (-o) grows, which the line must make anew. Of it
 * are looked at _time and COLUMN: at, or else stamp; the greatest number of a row that has its part
 * in this one.
 *
 * Method. Open loop: 1 ms of rows is a batch, batch k is due at the start plus k ms, whatever has
 * become of those before. A generator that comes too late, a full pipe, a reader that is behind:
 * all of it counts. The rows of a source keep their order, so a commit whose greatest number is n
 * holds all rows up to n that no commit before it held. It has arrived when its last line has been
 * read. (Without a column _time there are no commits: a row has arrived when its line has.) A row's
 * latency is the time from its batch's due time to its arrival; percentiles are over rows.
 *
 * The schedule begins when row 0 has arrived. The rows of the first -w seconds (1) don't count;
 * those of the -d seconds (5) behind them do. -r 0 sends none: what do the stages cost when idle?
 * CPU is the share of one core that a stage took in those seconds, without its children; that of
 * the generator and of this program is what the measuring costs, on the same cores.
 *
 * Status 5 when the line ended early, row 0 took longer than 180 s, or another did not arrive within
 * 30 s of the last that did.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	STAGES_MAX = 64,
	BATCH_NS = 1000000,
	PATIENCE = 30,
	LOADING = 180,
	BUFFER = 1 << 20,
	LINE_MAX_ = 65536
};

struct settings {
	uint64_t rate, words, together; /* batches a commit, 0: no changes */
	double warm, duration;
	const char *input, *output, *column;
	bool all; /* words come with row 0 */
};

struct stage {
	char **args;
	pid_t pid;
	double cpu; /* seconds, within those that count */
};

static struct stage stages[STAGES_MAX];
static int stage_count;
static pid_t generator;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "latency: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
	for (int i = 0; i < stage_count; i++)
		if (stages[i].pid > 0)
			kill(stages[i].pid, SIGKILL);
	if (generator > 0)
		kill(generator, SIGKILL);
	_exit(5);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double cpu_of(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) < 0)
		return 0;
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- rows, as they are due ---- */

/* The number of the last row of batch k, numbered from 0; rows from 1. */
static uint64_t last_of(const struct settings *s, uint64_t k)
{
	return (uint64_t)((unsigned __int128)(k + 1) * s->rate * BATCH_NS / 1000000000);
}

static uint64_t batches(double seconds)
{
	return (uint64_t)(seconds * 1e9 / BATCH_NS);
}

static size_t digits(char *to, uint64_t n)
{
	char reversed[24];
	size_t length = 0;

	do
		reversed[length++] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	for (size_t i = 0; i < length; i++)
		to[i] = reversed[length - 1 - i];
	return length;
}

static uint64_t below(uint64_t n)
{
	static uint64_t state = 7;
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint64_t)(((unsigned __int128)z * n) >> 64);
}

/* A row of the commit of this time; its length, at most 80. */
static size_t row(const struct settings *s, char *to, uint64_t word, uint64_t number, uint64_t time)
{
	size_t n = 1;

	to[0] = 'w';
	n += digits(to + n, word * 7919 + 1000000);
	to[n++] = ',';
	n += digits(to + n, number);
	if (s->together > 0) {
		to[n++] = ',';
		n += digits(to + n, time);
		memcpy(to + n, ",1", 2);
		n += 2;
	}
	to[n++] = '\n';
	return n;
}

/* The time of batch k's commit. */
static uint64_t time_of(const struct settings *s, uint64_t k)
{
	return s->together > 0 ? 2 * (k / s->together) + 2 : 0;
}

/* The row that closes a commit. */
static size_t over(const struct settings *s, char *to, uint64_t time)
{
	return s->together > 0 ? (size_t)sprintf(to, ",,%llu,0\n", (unsigned long long)time) : 0;
}

static void put(int fd, const char *data, size_t n)
{
	while (n > 0) {
		const ssize_t done = write(fd, data, n);
		if (done < 0 && errno != EINTR)
			die("writing rows");
		data += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
}

/* The greatest lateness of a write goes to *late. */
static void generate(const struct settings *s, int fd, int64_t start, _Atomic int64_t *late)
{
	const uint64_t end = batches(s->warm + s->duration);
	char *text = malloc((last_of(s, 0) + 2) * 80);
	uint64_t number = 1;

	prctl(PR_SET_TIMERSLACK, 1);
	for (uint64_t k = 0; k < end && text != NULL; k++) {
		const int64_t due = start + (int64_t)(k * BATCH_NS);
		const struct timespec t = {due / 1000000000, due % 1000000000};
		size_t n = 0;
		for (; number <= last_of(s, k); number++)
			n += row(s, text + n, below(s->words), number, time_of(s, k));
		if (time_of(s, k) < time_of(s, k + 1) || k + 1 == end)
			n += over(s, text + n, time_of(s, k));
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
			;
		put(fd, text, n);
		if (now() - due > *late)
			*late = now() - due;
	}
}

/* ---- arrivals ---- */

struct piece { /* rows of one batch that came in one commit */
	double latency;
	uint64_t rows;
};

struct arrivals {
	const struct settings *settings;
	int64_t start;              /* of the schedule; 0: row 0 is still on its way */
	uint64_t seen, batch;       /* rows up to seen have arrived, the next is of batch */
	uint64_t greatest, commits; /* with the commit that is still coming */
	int64_t last;               /* when a row came */
	struct piece *pieces;
	size_t count;
	/* the commit that is coming */
	uint64_t pending;
	int64_t arrival;
	char time[32];
	/* the sink's text */
	int fd, columns, at, at_time;
	uint64_t first; /* rows of the answer to row 0 that are still to come */
	char *buffer;
	size_t length;
};

static void add_piece(struct arrivals *a, double latency, uint64_t rows)
{
	if ((a->count & (a->count - 1)) == 0) {
		a->pieces = realloc(a->pieces, (2 * a->count + 1) * sizeof *a->pieces);
		if (a->pieces == NULL)
			die("memory");
	}
	a->pieces[a->count++] = (struct piece){latency, rows};
}

/* Rows up to this number have arrived. */
static void arrived(struct arrivals *a, uint64_t upto, int64_t when)
{
	a->commits += upto > a->seen;
	while (a->seen < upto) {
		const uint64_t end = last_of(a->settings, a->batch);
		const uint64_t to = upto < end ? upto : end;
		const int64_t due = a->start + (int64_t)(a->batch * BATCH_NS);
		if (a->batch >= batches(a->settings->warm) && to > a->seen)
			add_piece(a, (double)(when - due) / 1e6, to - a->seen);
		a->seen = to;
		a->batch += a->seen == end;
	}
}

static void take_pending(struct arrivals *a)
{
	arrived(a, a->pending, a->arrival);
}

/* The places of the columns. */
static void take_header(struct arrivals *a, const char *line, size_t length)
{
	char *copy = strndup(line, length), *rest = copy;
	int stamp = -1;

	a->at = a->at_time = -1;
	for (char *name; (name = strsep(&rest, ",")) != NULL; a->columns++) {
		if (strcmp(name, a->settings->column ? a->settings->column : "at") == 0)
			a->at = a->columns;
		if (strcmp(name, "stamp") == 0)
			stamp = a->columns;
		if (strcmp(name, "_time") == 0)
			a->at_time = a->columns;
	}
	free(copy);
	a->at = a->at < 0 && a->settings->column == NULL ? stamp : a->at;
	errno = 0;
	if (a->at < 0)
		die("the answer has no column of that name");
}

static void take_line(struct arrivals *a, const char *line, size_t length, int64_t when)
{
	const char *end = line + length, *time = NULL;
	uint64_t number = 0;
	bool any = false;
	size_t n = 0;

	if (a->columns == 0) {
		take_header(a, line, length);
		return;
	}
	for (int c = 0; c < a->columns && line < end; c++) {
		const char *comma = memchr(line, ',', (size_t)(end - line));
		comma = comma != NULL ? comma : end;
		if (c == a->at)
			for (const char *p = line; p < comma; p++, any = true)
				number = 10 * number + (uint64_t)(*p - '0');
		if (c == a->at_time) {
			time = line;
			n = (size_t)(comma - line);
		}
		line = comma + 1;
	}
	if (time != NULL && (strlen(a->time) != n || memcmp(a->time, time, n) != 0)) {
		take_pending(a);
		snprintf(a->time, sizeof a->time, "%.*s", (int)n, time);
	}
	a->arrival = when;
	if (!any)
		return;
	a->first -= a->first > 0;
	a->pending = number > a->pending ? number : a->pending;
	if (time == NULL)
		take_pending(a);
	if (a->pending > a->greatest) {
		a->greatest = a->pending;
		a->last = when;
	}
}

/* What there is to read; 0 at the end. */
static ssize_t take(struct arrivals *a)
{
	const ssize_t n = read(a->fd, a->buffer + a->length, BUFFER);
	const int64_t when = now();
	size_t from = 0;

	if (n <= 0)
		return n < 0 && errno == EINTR ? 1 : n;
	a->length += (size_t)n;
	for (char *end; (end = memchr(a->buffer + from, '\n', a->length - from)) != NULL;) {
		take_line(a, a->buffer + from, (size_t)(end - a->buffer) - from, when);
		from = (size_t)(end - a->buffer) + 1;
	}
	a->length -= from;
	if (a->length > LINE_MAX_)
		die("a line of the answer is too long");
	memmove(a->buffer, a->buffer + from, a->length);
	return n;
}

/* Takes what has come, or waits until something may have, no longer than ms; 0 at the end. */
static ssize_t wait_and_take(struct arrivals *a, int notify, int ms)
{
	const char *path = a->settings->output;
	struct pollfd p = {path != NULL ? notify : a->fd, POLLIN, 0};
	char events[4096];

	if (path != NULL && a->fd < 0)
		a->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (path != NULL && a->fd >= 0 && take(a) > 0)
		return 1;
	if (poll(&p, 1, ms) <= 0)
		return 1;
	if (path == NULL)
		return take(a);
	if (read(notify, events, sizeof events) < 0 && errno != EAGAIN)
		die("inotify");
	return 1;
}

/* ---- the line ---- */

static void start_stage(struct stage *s, int in, int out)
{
	s->pid = fork();
	if (s->pid < 0)
		die("fork");
	if (s->pid > 0)
		return;
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execvp(s->args[0], s->args);
	perror(s->args[0]);
	_exit(127);
}

/* The header and row 0. */
static void put_first(const struct settings *s, int to)
{
	static char text[65536];
	size_t n = (size_t)sprintf(text, "word,stamp%s\n", s->together > 0 ? ",_time,_diff" : "");

	for (uint64_t word = 0; word < (s->all ? s->words : 1); word++) {
		n += row(s, text + n, word, 0, 0);
		if (n > sizeof text - 200) {
			put(to, text, n);
			n = 0;
		}
	}
	n += over(s, text + n, 0);
	put(to, text, n);
}

/* Starts the stages; where the rows go, and *from where the answer comes from (-1: a file). */
static int start_line(const struct settings *s, int *from)
{
	int ends[2], in, to;

	if (s->input != NULL) {
		in = open("/dev/null", O_RDONLY | O_CLOEXEC);
		to = open(s->input, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	} else {
		if (pipe2(ends, O_CLOEXEC) < 0)
			die("pipe");
		in = ends[0];
		to = ends[1];
		fcntl(to, F_SETPIPE_SZ, 1 << 20);
	}
	if (in < 0 || to < 0)
		die(s->input);
	if (s->input != NULL)
		put_first(s, to);
	for (int i = 0; i < stage_count; i++) {
		if (pipe2(ends, O_CLOEXEC) < 0)
			die("pipe");
		start_stage(&stages[i], in, ends[1]);
		close(in);
		close(ends[1]);
		in = ends[0];
	}
	fcntl(in, F_SETPIPE_SZ, 1 << 20);
	*from = in;
	if (s->input == NULL)
		put_first(s, to);
	return to;
}

/* Ends the line as it would be, and waits for it; the worst status. */
static int stop_line(const struct settings *s, int answer)
{
	char rest[65536];
	int worst = 0, status;

	if (s->input != NULL)
		kill(stages[0].pid, SIGTERM);
	while (read(answer, rest, sizeof rest) > 0)
		;
	for (int i = 0; i < stage_count; i++) {
		waitpid(stages[i].pid, &status, 0);
		status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		worst = status > worst ? status : worst;
		stages[i].pid = 0;
	}
	return worst;
}

static void sample(double sign, double *own)
{
	for (int i = 0; i < stage_count; i++)
		stages[i].cpu += sign * cpu_of(stages[i].pid);
	*own += sign * cpu_of(getpid());
}

static int until(int64_t when)
{
	const int64_t ms = (when - now()) / 1000000 + 1;

	return ms < 1 ? 1 : ms > 1000 ? 1000 : (int)ms;
}

/* Reads until all rows are here and the time is over; CPU is taken at both ends of what counts. */
static void follow(struct arrivals *a, int notify, double *own)
{
	const struct settings *s = a->settings;
	const int64_t from = a->start + (int64_t)(s->warm * 1e9);
	const int64_t to = from + (int64_t)(s->duration * 1e9);
	const uint64_t rows = last_of(s, batches(s->warm + s->duration) - 1);
	int samples = 0;

	a->last = a->start;
	while (samples < 2 || a->greatest < rows) {
		const int64_t time = now();
		if (samples < 2 && time >= (samples == 0 ? from : to))
			sample(samples++ == 0 ? -1 : 1, own);
		errno = 0;
		if (rows > 0 &&
		    time - (a->last > to ? a->last : to) > PATIENCE * INT64_C(1000000000))
			die("rows have not arrived");
		if (wait_and_take(a, notify, until(samples == 0 ? from : to)) <= 0)
			die("the line has ended early");
	}
	take_pending(a);
}

/* ---- what is said ---- */

static int by_latency(const void *a, const void *b)
{
	const double x = ((const struct piece *)a)->latency, y = ((const struct piece *)b)->latency;

	return (x > y) - (x < y);
}

/* The least latency that so many of the rows do not exceed. */
static double quantile(const struct arrivals *a, double q, uint64_t rows)
{
	uint64_t want = (uint64_t)ceil(q * (double)rows);

	for (size_t i = 0; i < a->count; i++) {
		if (a->pieces[i].rows >= want)
			return a->pieces[i].latency;
		want -= a->pieces[i].rows;
	}
	return 0;
}

static void say(struct arrivals *a, double own, double generated, int64_t late)
{
	const struct settings *s = a->settings;
	const int64_t from = a->start + (int64_t)(s->warm * 1e9);
	double took = (double)(a->last - from) / 1e9;
	uint64_t rows = 0;

	took = took > s->duration ? took : s->duration;
	for (size_t i = 0; i < a->count; i++)
		rows += a->pieces[i].rows;
	if (rows > 0) {
		qsort(a->pieces, a->count, sizeof *a->pieces, by_latency);
		printf("rows      %llu in %.2f s, %.0f/s of %llu/s\n", (unsigned long long)rows,
		       took, (double)rows / took, (unsigned long long)s->rate);
		printf("latency   p50 %.2f ms, p95 %.2f ms, p99 %.2f ms, max %.2f ms\n",
		       quantile(a, 0.5, rows), quantile(a, 0.95, rows), quantile(a, 0.99, rows),
		       a->pieces[a->count - 1].latency);
		if (a->at_time >= 0)
			printf("commits   %llu\n", (unsigned long long)a->commits);
		printf("generator late by %.2f ms at most, cpu %.2f %%\n", (double)late / 1e6,
		       100 * generated / (s->warm + s->duration));
	}
	printf("cpu       ");
	for (int i = 0; i < stage_count; i++)
		printf("%s %.3f %%, ", stages[i].args[0], 100 * stages[i].cpu / s->duration);
	printf("latency %.3f %%\n", 100 * own / s->duration);
}

static void measure(const struct settings *s)
{
	_Atomic int64_t *late =
		mmap(NULL, sizeof *late, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct arrivals a = {.settings = s,
			     .buffer = malloc(BUFFER + LINE_MAX_),
			     .fd = -1,
			     .first = s->all ? s->words : 1};
	int answer, notify = -1;
	double own = 0;

	if (late == MAP_FAILED || a.buffer == NULL)
		die("memory");
	if (s->output != NULL) {
		char *path = strdup(s->output);
		unlink(path);
		notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
		if (inotify_add_watch(notify, dirname(path), IN_CREATE | IN_MODIFY) < 0)
			die("inotify");
	}
	const int to = start_line(s, &answer);
	a.fd = s->output == NULL ? answer : -1;
	for (const int64_t limit = now() + LOADING * INT64_C(1000000000); a.first > 0;) {
		errno = 0;
		if (now() > limit || wait_and_take(&a, notify, 1000) <= 0)
			die("the first row has not arrived");
	}
	a.start = now() + 10000000;
	generator = s->rate == 0 ? 0 : fork();
	if (s->rate > 0 && generator == 0) {
		generate(s, to, a.start, late);
		_exit(0);
	}
	follow(&a, notify, &own);
	close(to);
	struct rusage used = {0};
	if (generator > 0)
		wait4(generator, NULL, 0, &used);
	generator = 0;
	const int status = stop_line(s, answer);
	say(&a, own,
	    (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
		    (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6,
	    *late);
	errno = 0;
	if (status != 0)
		die("the line has failed");
}

int main(int argc, char **argv)
{
	struct settings s = {.rate = 100000, .words = 5000, .warm = 1, .duration = 5};
	int option;

	while ((option = getopt(argc, argv, "+r:d:w:n:i:o:c:t:p")) != -1)
		switch (option) {
		case 'r':
			s.rate = strtoull(optarg, NULL, 10);
			break;
		case 'd':
			s.duration = atof(optarg);
			break;
		case 'w':
			s.warm = atof(optarg);
			break;
		case 'n':
			s.words = strtoull(optarg, NULL, 10);
			break;
		case 'i':
			s.input = optarg;
			break;
		case 'o':
			s.output = optarg;
			break;
		case 'c':
			s.column = optarg;
			break;
		case 'p':
			s.all = true;
			break;
		case 't':
			s.together = strtoull(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	for (int i = optind; i < argc && stage_count < STAGES_MAX; i++) {
		stages[stage_count++].args = argv + i;
		while (i < argc && strcmp(argv[i], ":") != 0)
			i++;
		if (i < argc)
			argv[i] = NULL;
	}
	if (stage_count == 0 || s.duration < 0.001 || s.words == 0) {
		fprintf(stderr,
			"usage: latency [-r ROWS/S] [-d SECONDS] [-w SECONDS] [-n WORDS] "
			"[-i FILE] [-o FILE] [-c COLUMN] [-t MS] [-p] PROGRAM ARG... [: PROGRAM "
			"ARG...]...\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	measure(&s);
	return 0;
}
