#include "spool.h"
#include "../base/fail.h"
#include "../base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK = 256 << 10 };

struct pw_spool_chunk {
	struct pw_spool_chunk *next;
	size_t from, to;
	char data[CHUNK];
};

void pw_spool_init(struct pw_spool *s, struct pw_spool_budget *budget)
{
	*s = (struct pw_spool){.budget = budget, .fd = -1};
}

static void drop_first(struct pw_spool *s)
{
	struct pw_spool_chunk *c = s->first;

	s->first = c->next;
	if (s->first == NULL)
		s->last = NULL;
	s->budget->held -= sizeof *c;
	free(c);
}

void pw_spool_release(struct pw_spool *s)
{
	while (s->first != NULL)
		drop_first(s);
	if (s->budget != NULL && s->fd >= 0)
		pw_io()->close(s->fd);
	*s = (struct pw_spool){.fd = -1};
}

bool pw_spool_empty(const struct pw_spool *s)
{
	return s->first == NULL && s->from == s->to;
}

static int open_file(struct pw_spool *s)
{
	const char *where;

	s->fd = pw_io_unnamed(&where);
	if (s->fd >= 0)
		return 0;
	pw_fail_system(where);
	return pw_fail_at("spool");
}

static int add_to_file(struct pw_spool *s, const void *data, size_t n)
{
	if (s->fd < 0 && open_file(s) < 0)
		return -1;
	if (pw_io()->lseek(s->fd, s->to, SEEK_SET) < 0 || pw_io_write_full(s->fd, data, n) < 0) {
		pw_fail_system("write");
		return pw_fail_at("spool");
	}
	s->to += (off_t)n;
	return 0;
}

static bool new_chunk(struct pw_spool *s)
{
	if (s->budget->held + sizeof(struct pw_spool_chunk) > s->budget->limit)
		return false;
	struct pw_spool_chunk *c = pw_mem_alloc(1, sizeof *c);
	c->next = NULL;
	c->from = c->to = 0;
	if (s->last != NULL)
		s->last->next = c;
	else
		s->first = c;
	s->last = c;
	s->budget->held += sizeof *c;
	return true;
}

int pw_spool_add(struct pw_spool *s, const void *data, size_t n)
{
	while (n > 0 && s->from == s->to) {
		if ((s->last == NULL || s->last->to == CHUNK) && !new_chunk(s))
			break;
		const size_t room = CHUNK - s->last->to, part = n < room ? n : room;
		memcpy(s->last->data + s->last->to, data, part);
		s->last->to += part;
		data = (const char *)data + part;
		n -= part;
	}
	return n > 0 ? add_to_file(s, data, n) : 0;
}

static ssize_t take_from_file(struct pw_spool *s, void *data, size_t n)
{
	const size_t left = (size_t)(s->to - s->from), want = n < left ? n : left;
	ssize_t got = -1;

	if (pw_io()->lseek(s->fd, s->from, SEEK_SET) >= 0)
		got = pw_io_read_full(s->fd, data, want);
	if (got != (ssize_t)want) {
		if (got < 0)
			pw_fail_system("read");
		else
			pw_fail(PW_SYSTEM, "read: %zd bytes, expected %zu", got, want);
		return pw_fail_at("spool");
	}
	s->from += got;
	if (s->from == s->to) { /* this gives the disk back; bytes wait in memory again */
		s->from = s->to = 0;
		if (pw_io()->ftruncate(s->fd, 0) < 0) {
			pw_fail_system("truncate");
			return pw_fail_at("spool");
		}
	}
	return got;
}

ssize_t pw_spool_take(struct pw_spool *s, void *data, size_t n)
{
	struct pw_spool_chunk *c = s->first;

	if (c == NULL)
		return s->from == s->to ? 0 : take_from_file(s, data, n);
	const size_t part = n < c->to - c->from ? n : c->to - c->from;
	memcpy(data, c->data + c->from, part);
	c->from += part;
	if (c->from == c->to)
		drop_first(s);
	return (ssize_t)part;
}
