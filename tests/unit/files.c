/* The connector of files, driven as a reader drives it, over a folder of its own. */
#include "../../lib/base/io.h"
#include "../../lib/conn/connector.h"
#include "check.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- the folder ---- */

static char folder[4096];

static void enter_folder(void)
{
	const char *top = getenv("TMPDIR");

	snprintf(folder, sizeof folder, "%s/files-XXXXXX", top == NULL ? "/tmp" : top);
	if (mkdtemp(folder) == NULL || chdir(folder) < 0)
		abort();
}

static void leave_folder(void)
{
	char command[5000];

	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	if (chdir("/") < 0 || system(command) != 0)
		abort();
}

static void put(const char *path, int flags, const char *text)
{
	const int fd = open(path, O_WRONLY | O_CREAT | flags, 0644);

	if (fd < 0 || pw_io_write_full(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

static void append(const char *path, const char *text)
{
	put(path, O_APPEND, text);
}

/* ---- a reader: what came of each origin, as text ---- */

struct heard {
	const struct pw_origin *origin;
	struct pw_bytes bytes;
	int begins;
	bool ended;
};

struct line {
	struct pw_connector_options options;
	struct pw_connector *c;
	char *sources[4];
	struct heard heard[4000];
	size_t count;
	struct pw_bytes order; /* "+a " begun, "-a " ended */
	bool failed, finished;
};

static struct heard *heard_of(struct line *l, const struct pw_origin *o)
{
	for (size_t i = l->count; i-- > 0;)
		if (l->heard[i].origin == o)
			return &l->heard[i];
	l->heard[l->count] = (struct heard){.origin = o};
	return &l->heard[l->count++];
}

static void start(struct line *l, bool follow, bool poll, const char *source, ...)
{
	va_list args;

	*l = (struct line){.options = {.follow = follow, .poll = poll, .hold_last = follow}};
	va_start(args, source);
	for (; source != NULL; source = va_arg(args, const char *))
		l->sources[l->options.source_count++] = pw_mem_print("%s", source);
	va_end(args);
	l->options.sources = l->sources;
	l->c = pw_connector_open(pw_connector_of(l->sources[0]), &l->options);
}

static void stop(struct line *l)
{
	pw_connector_close(l->c);
	for (size_t i = 0; i < l->count; i++)
		pw_bytes_release(&l->heard[i].bytes);
	for (size_t i = 0; i < l->options.source_count; i++)
		free(l->sources[i]);
	pw_bytes_release(&l->order);
	pw_fail_clear();
}

/* Takes whole lines, and at the end what there is. */
static void take(struct line *l, const struct pw_piece *p)
{
	struct heard *h = heard_of(l, p->origin);
	size_t n = p->length;

	CHECK(p->offset == p->origin->offset && p->offset == h->bytes.length);
	if (!p->last)
		while (n > 0 && p->data[n - 1] != '\n')
			n--;
	pw_bytes_add(&h->bytes, p->data, n);
	CHECK(l->c->kind->consume(l->c, p->origin, n) == 0);
}

/* One piece; its kind, or -1. */
static int step(struct line *l, struct pw_piece *p)
{
	*p = (struct pw_piece){0};
	if (l->c->kind->read(l->c, p) < 0) {
		l->failed = true;
		return -1;
	}
	if (p->kind == PW_PIECE_BEGIN) {
		heard_of(l, p->origin)->begins++;
		pw_bytes_print(&l->order, "+%s ", p->origin->name);
	} else if (p->kind == PW_PIECE_END) {
		heard_of(l, p->origin)->ended = true;
		pw_bytes_print(&l->order, "-%s ", p->origin->name);
	} else if (p->kind == PW_PIECE_DATA) {
		take(l, p);
	}
	l->finished = p->kind == PW_PIECE_FINISHED;
	return (int)p->kind;
}

/* What is there now. */
static void read_all(struct line *l)
{
	struct pw_piece p;
	int kind;

	do {
		kind = step(l, &p);
	} while (kind >= 0 && kind != PW_PIECE_IDLE && kind != PW_PIECE_FINISHED);
}

static const char *text_of(struct line *l, const char *key)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->heard[i].origin->key, key) == 0)
			return pw_bytes_string(&l->heard[i].bytes);
	return "(no such origin)";
}

static struct heard *of_key(struct line *l, const char *key)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->heard[i].origin->key, key) == 0)
			return &l->heard[i];
	return NULL;
}

/* Reads, and waits as the connector says, until an origin holds so much, it has failed, or 30 s. */
static bool until(struct line *l, const char *key, const char *text)
{
	struct pw_piece p;

	for (int i = 0; i < 3000 && !l->failed; i++) {
		int kind;
		do {
			kind = step(l, &p);
		} while (kind >= 0 && kind != PW_PIECE_IDLE && kind != PW_PIECE_FINISHED);
		if (strcmp(text_of(l, key), text) == 0)
			return true;
		if (kind != PW_PIECE_IDLE)
			break;
		struct pollfd fd = {.fd = p.fd, .events = POLLIN};
		const int ms = p.timeout_ms < 0 || p.timeout_ms > 100 ? 100 : (int)p.timeout_ms;
		pw_io()->poll(&fd, p.fd < 0 ? 0 : 1, ms);
	}
	printf("# %s: '%s', expected '%s' (%s)\n", key, text_of(l, key), text,
	       l->failed ? pw_fail_text() : "in time");
	return false;
}

static bool until_end(struct line *l, const char *key)
{
	for (int i = 0; i < 3000 && !l->failed; i++) {
		struct pw_piece p;
		const int kind = step(l, &p);
		if (of_key(l, key) != NULL && of_key(l, key)->ended)
			return true;
		if (kind == PW_PIECE_IDLE) {
			struct pollfd fd = {.fd = p.fd, .events = POLLIN};
			pw_io()->poll(&fd, p.fd < 0 ? 0 : 1, 10);
		}
	}
	return false;
}

/* ---- static ---- */

static void each_file_once_in_order(void)
{
	struct line l;

	enter_folder();
	append("b.csv", "1\n2\n");
	append("a.csv", "3\n4");
	append("c.csv", "");
	start(&l, false, false, "b.csv", ".", NULL);
	read_all(&l);
	CHECK(l.finished);
	CHECK(strcmp(text_of(&l, "b.csv"), "1\n2\n") == 0);
	CHECK(strcmp(text_of(&l, "./a.csv"), "3\n4") == 0);
	CHECK(strcmp(pw_bytes_string(&l.order),
		     "+b.csv -b.csv +./a.csv -./a.csv +./b.csv -./b.csv +./c.csv -./c.csv ") == 0);
	stop(&l);
	leave_folder();
}

static void a_missing_file_fails(void)
{
	struct line l;

	enter_folder();
	for (int follow = 0; follow < 2; follow++) {
		start(&l, follow, false, "none.csv", NULL);
		read_all(&l);
		CHECK(l.failed && pw_fail_status() == PW_SYSTEM);
		CHECK(strstr(pw_fail_text(), "none.csv: No such file") != NULL);
		stop(&l);
	}
	leave_folder();
}

/* Nothing used, so more is offered, however long the record. */
static void a_long_record_grows(void)
{
	struct line l;
	struct pw_piece p;
	size_t greatest = 0;

	enter_folder();
	char *text = pw_mem_alloc(3000001, 1);
	memset(text, 'x', 3000000);
	text[3000000] = '\0';
	append("long", text);
	start(&l, false, false, "long", NULL);
	for (;;) {
		p = (struct pw_piece){0};
		CHECK(l.c->kind->read(l.c, &p) == 0);
		if (p.kind == PW_PIECE_BEGIN)
			continue;
		CHECK(p.kind == PW_PIECE_DATA && (p.length > greatest || p.last));
		greatest = p.length;
		if (p.last)
			break;
	}
	CHECK(p.length == 3000000 && memcmp(p.data, text, 3000000) == 0);
	free(text);
	stop(&l);
	leave_folder();
}

/* ---- followed, told or not told ---- */

static void appended_bytes(bool poll)
{
	struct line l;

	enter_folder();
	append("log", "1\n");
	start(&l, true, poll, "log", NULL);
	read_all(&l);
	CHECK(strcmp(text_of(&l, "log"), "1\n") == 0);
	append("log", "2\n3");
	CHECK(until(&l, "log", "1\n2\n"));
	append("log", "3\n");
	CHECK(until(&l, "log", "1\n2\n33\n"));
	CHECK(of_key(&l, "log")->begins == 1 && !l.failed);
	stop(&l);
	leave_folder();
}

static void new_files_and_directories(bool poll)
{
	struct line l;

	enter_folder();
	CHECK(system("mkdir in in/old") == 0);
	append("in/a", "1\n");
	start(&l, true, poll, "in", NULL);
	read_all(&l);
	append("in/b", "2\n");
	append("in/.hidden", "x\n");
	append("in/b.tmp", "x\n");
	CHECK(until(&l, "in/b", "2\n"));
	CHECK(system("mkdir -p in/new/deep") == 0);
	append("in/new/deep/c", "3\n");
	CHECK(until(&l, "in/new/deep/c", "3\n"));
	append("in/new/deep/c", "4\n");
	CHECK(until(&l, "in/new/deep/c", "3\n4\n"));
	append("in/old/d", "5\n");
	CHECK(until(&l, "in/old/d", "5\n"));
	CHECK(l.count == 4);
	stop(&l);
	leave_folder();
}

static void a_pattern_takes_new_names(bool poll)
{
	struct line l;

	enter_folder();
	CHECK(system("mkdir x") == 0);
	start(&l, true, poll, "*/*.csv", NULL);
	read_all(&l);
	append("x/a.csv", "1\n");
	append("x/a.txt", "no\n");
	CHECK(until(&l, "x/a.csv", "1\n"));
	CHECK(system("mkdir y") == 0);
	append("y/b.csv", "2\n");
	CHECK(until(&l, "y/b.csv", "2\n"));
	CHECK(l.count == 2);
	stop(&l);
	leave_folder();
}

#define BOTH(name)                                                                                 \
	static void name##_told(void)                                                              \
	{                                                                                          \
		name(false);                                                                       \
	}                                                                                          \
	static void name##_polled(void)                                                            \
	{                                                                                          \
		name(true);                                                                        \
	}

BOTH(appended_bytes)
BOTH(new_files_and_directories)
BOTH(a_pattern_takes_new_names)

int main(void)
{
	TEST(each_file_once_in_order);
	TEST(a_missing_file_fails);
	TEST(a_long_record_grows);
	TEST(appended_bytes_told);
	TEST(appended_bytes_polled);
	TEST(new_files_and_directories_told);
	TEST(new_files_and_directories_polled);
	TEST(a_pattern_takes_new_names_told);
	TEST(a_pattern_takes_new_names_polled);
	(void)until_end;
	return check_done();
}
