#include "pipes.h"
#include "io.h"
#include "mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One end of a pipe or FIFO, in a process. */
struct end {
	size_t process; /* its index */
	int fd;
	bool writes;
	dev_t device;
	ino_t inode;
};

struct process {
	int pid;
	bool ours, tee;      /* a program of this project; tee(1) */
	bool reader;         /* pw-read */
	bool shell;          /* of the name of our parent */
	bool sink;           /* what it writes is no stream of the pipeline any more */
	bool seen_a, seen_b; /* reached from the first process; from the second */
};

struct look {
	char shell[32];
	struct process *processes;
	size_t process_count, process_capacity;
	struct end *ends;
	size_t end_count, end_capacity;
};

uint64_t pw_pipes_started(int pid)
{
	char *path = pw_mem_print("/proc/%d/stat", pid), text[1024];
	const int fd = pw_io()->open(path, O_RDONLY, 0);
	const ssize_t n = fd < 0 ? -1 : pw_io_read_full(fd, text, sizeof text - 1);
	unsigned long long started = 0;

	if (fd >= 0)
		pw_io()->close(fd);
	free(path);
	text[n > 0 ? n : 0] = '\0';
	const char *at =
		strrchr(text, ')'); /* the second field is a name, which may hold anything */
	if (at != NULL && strncmp(at, ") Z", 3) == 0)
		return 0;
	for (int field = 2; at != NULL && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at != NULL && sscanf(at, "%llu", &started) == 1 ? started : 0;
}

/* ---- what there is ---- */

static void take_end(struct look *l, const char *path, int fd)
{
	struct stat st, link;

	if (pw_io()->stat(path, &st) < 0 || !S_ISFIFO(st.st_mode) ||
	    pw_io()->lstat(path, &link) < 0) /* whose mode says how it is open */
		return;
	l->ends = pw_mem_grow(l->ends, &l->end_capacity, l->end_count + 1, sizeof *l->ends);
	l->ends[l->end_count++] = (struct end){.process = l->process_count,
					       .fd = fd,
					       .writes = (link.st_mode & S_IWUSR) != 0,
					       .device = st.st_dev,
					       .inode = st.st_ino};
}

struct folder {
	struct look *look;
	const char *path;
};

static int take_fd(void *to, const char *name)
{
	const struct folder *f = to;
	char *path = pw_mem_print("%s/%s", f->path, name);

	take_end(f->look, path, atoi(name));
	free(path);
	return 0;
}

/* The name of the program; false: there is no such process any more. */
static bool read_name(int pid, char name[32])
{
	char *path = pw_mem_print("/proc/%d/comm", pid);
	const int fd = pw_io()->open(path, O_RDONLY, 0);
	const ssize_t n = fd < 0 ? -1 : pw_io_read_full(fd, name, 31);

	if (fd >= 0)
		pw_io()->close(fd);
	free(path);
	name[n > 0 ? n : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	return n > 0;
}

/* Only programs through which a stream can pass are of interest. */
static int take_process(void *look, const char *number)
{
	struct look *l = look;
	const int pid = atoi(number);
	char name[32];

	if (pid <= 0 || !read_name(pid, name))
		return 0;
	const struct process p = {.pid = pid,
				  .ours = strncmp(name, "pw-", 3) == 0,
				  .tee = strcmp(name, "tee") == 0,
				  .sink = strcmp(name, "pw-write") == 0,
				  .reader = strcmp(name, "pw-read") == 0,
				  .shell = strcmp(name, l->shell) == 0};
	if (!p.ours && !p.tee && !p.shell)
		return 0;
	char *path = pw_mem_print("/proc/%d/fd", pid);
	struct folder f = {l, path};
	pw_io_list(path, take_fd, &f); /* another user's can't be read */
	free(path);
	l->processes = pw_mem_grow(l->processes, &l->process_capacity, l->process_count + 1,
				   sizeof *l->processes);
	l->processes[l->process_count++] = p;
	return 0;
}

/* ---- where streams come to ---- */

/*
 * Does a stream leave the process through this end? Our programs write theirs to
 * standard output, and tee to files too; a shell lends its children more ends than they use.
 */
static bool is_output(const struct look *l, const struct end *e)
{
	const struct process *p = &l->processes[e->process];

	return e->writes && !p->sink &&
	       (e->fd == STDOUT_FILENO || (p->tee && e->fd != STDERR_FILENO));
}

/* Do bytes that are written to one end come out of the other? */
static bool leads(const struct look *l, const struct end *from, const struct end *to)
{
	return from->inode == to->inode && from->device == to->device && is_output(l, from) &&
	       !to->writes;
}

static bool *seen(struct process *p, bool first)
{
	return first ? &p->seen_a : &p->seen_b;
}

/* Marks all programs that the process's stream comes to. */
static void follow(struct look *l, int pid, bool first)
{
	bool more = false;

	for (size_t i = 0; i < l->process_count; i++)
		if (l->processes[i].pid == pid)
			more = *seen(&l->processes[i], first) = true;
	while (more) {
		more = false;
		for (size_t i = 0; i < l->end_count; i++) {
			if (!*seen(&l->processes[l->ends[i].process], first))
				continue;
			for (size_t k = 0; k < l->end_count; k++) {
				struct process *p = &l->processes[l->ends[k].process];
				if (!*seen(p, first) && leads(l, &l->ends[i], &l->ends[k]))
					*seen(p, first) = more = true;
			}
		}
	}
}

/* A pipe that this process has too, and does not use, is older than the pipeline. */
static bool is_inherited(const struct look *l, const struct end *e)
{
	for (size_t i = 0; i < l->end_count; i++) {
		const struct end *ours = &l->ends[i];
		if (l->processes[ours->process].pid == getpid() && ours->fd > STDOUT_FILENO &&
		    ours->inode == e->inode && ours->device == e->device)
			return true;
	}
	return false;
}

static void look_around(struct look *l)
{
	*l = (struct look){0};
	read_name(getppid(), l->shell);
	pw_io_list("/proc", take_process, l);
}

static void release(struct look *l)
{
	free(l->processes);
	free(l->ends);
}

bool pw_pipes_meet(int pid, const int *others)
{
	struct look l;
	bool both = false;

	look_around(&l);
	follow(&l, pid, true);
	for (; *others != 0; others++)
		follow(&l, *others, false);
	for (size_t i = 0; i < l.process_count; i++)
		both |= l.processes[i].ours && l.processes[i].seen_a && l.processes[i].seen_b;
	release(&l);
	return both;
}

/* ---- who reads what we write ---- */

bool pw_pipes_reads(int pid, int fd)
{
	struct look l = {0};
	char *path = pw_mem_print("/proc/%d/fd", pid);
	struct folder f = {&l, path};
	struct stat st;
	bool found = false;

	if (pw_io()->fstat(fd, &st) == 0)
		pw_io_list(path, take_fd, &f);
	for (size_t i = 0; i < l.end_count; i++)
		found |= !l.ends[i].writes && l.ends[i].inode == st.st_ino &&
			 l.ends[i].device == st.st_dev;
	free(path);
	release(&l);
	return found;
}

static bool is_known(int pid, const int *known)
{
	while (*known != 0 && *known != pid)
		known++;
	return *known == pid;
}

/* Is somebody at the other end of this output who is not known? A tee there is followed: *more. */
static bool unknown_at(struct look *l, const struct end *output, const int *known, bool *more)
{
	bool ours = false, tee = false, shell = false, unknown = false;

	for (size_t k = 0; k < l->end_count; k++) {
		struct process *p = &l->processes[l->ends[k].process];
		if (!leads(l, output, &l->ends[k]))
			continue;
		ours |= p->ours;
		tee |= p->tee;
		shell |= p->shell && l->ends[k].fd == STDIN_FILENO;
		unknown |= p->ours && !p->reader && !is_known(p->pid, known);
		if (p->tee && !p->seen_a)
			p->seen_a = *more = true;
	}
	return unknown || (shell && !ours && !tee);
}

bool pw_pipes_others_read(int pid, const int *known)
{
	struct look l;
	bool more = true, unknown = false;

	look_around(&l);
	for (size_t i = 0; i < l.process_count; i++)
		l.processes[i].seen_a = l.processes[i].pid == pid;
	while (more && !unknown) {
		more = false;
		for (size_t i = 0; i < l.end_count && !unknown; i++)
			if (l.processes[l.ends[i].process].seen_a && !is_inherited(&l, &l.ends[i]))
				unknown = unknown_at(&l, &l.ends[i], known, &more);
	}
	release(&l);
	return unknown;
}
