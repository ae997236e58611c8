/*
 * measure - times a pipeline and its memory
 *
 *   measure [-n RUNS] [-l SECONDS] [-i INPUT] [-o OUTPUT] PROGRAM ARG... [: PROGRAM ARG...]...
 *
 * Runs the stages as a shell would, without one, RUNS times, but starts no run when those before
 * took more than SECONDS together. Prints a line per run: seconds from the first fork to the last
 * exit, seconds of processor time of all stages, the worst exit status, and the peak resident KB of
 * each stage.
 *
 * A small program, because a child's peak counts what its parent had when it was forked.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STAGES_MAX 64

static char **stages[STAGES_MAX];
static int stage_count;

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(5);
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double time_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static pid_t start(char **args, int in, int out, int unused)
{
	pid_t child = fork();
	if (child < 0)
		die("measure: fork");
	if (child > 0)
		return child;
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	close(in);
	close(out);
	if (unused >= 0)
		close(unused);
	execvp(args[0], args);
	perror(args[0]);
	_exit(127);
}

static double run(const char *input, const char *output)
{
	pid_t children[STAGES_MAX];
	long peaks[STAGES_MAX] = {0};
	double busy = 0;
	int worst = 0, in = open(input, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		die(input);
	double began = seconds();
	for (int i = 0; i < stage_count; i++) {
		int ends[2] = {-1, -1};
		if (i + 1 < stage_count) {
			if (pipe(ends) < 0)
				die("measure: pipe");
		} else if ((ends[1] = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0666)) < 0) {
			die(output);
		}
		children[i] = start(stages[i], in, ends[1], ends[0]);
		close(in);
		close(ends[1]);
		in = ends[0];
	}
	for (int left = stage_count; left > 0; left--) {
		struct rusage usage;
		int status;
		pid_t child = wait4(-1, &status, 0, &usage);
		for (int i = 0; i < stage_count; i++)
			if (children[i] == child)
				peaks[i] = usage.ru_maxrss;
		busy += time_of(usage.ru_utime) + time_of(usage.ru_stime);
		status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		worst = status > worst ? status : worst;
	}
	double took = seconds() - began;
	printf("%.6f %.6f %d", took, busy, worst);
	for (int i = 0; i < stage_count; i++)
		printf(" %ld", peaks[i]);
	putchar('\n');
	fflush(stdout);
	return took;
}

int main(int argc, char **argv)
{
	const char *input = "/dev/null", *output = "/dev/null";
	long runs = 1;
	double limit = 1e9, spent = 0;
	int option;
	while ((option = getopt(argc, argv, "+n:l:i:o:")) != -1)
		switch (option) {
		case 'n':
			runs = atol(optarg);
			break;
		case 'l':
			limit = atof(optarg);
			break;
		case 'i':
			input = optarg;
			break;
		case 'o':
			output = optarg;
			break;
		default:
			return 2;
		}
	for (int i = optind; i < argc && stage_count < STAGES_MAX; i++) {
		stages[stage_count++] = argv + i;
		while (i < argc && strcmp(argv[i], ":") != 0)
			i++;
		if (i < argc)
			argv[i] = NULL;
	}
	if (stage_count == 0) {
		fprintf(stderr, "usage: measure [-n RUNS] [-l SECONDS] [-i INPUT] [-o OUTPUT] "
				"PROGRAM ARG... [: PROGRAM ARG...]...\n");
		return 2;
	}
	for (long i = 0; i < runs && (i == 0 || spent < limit); i++)
		spent += run(input, output);
	return 0;
}
