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
	bool resumed; /* the first bytes that are heard are not the origin's first */
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

	CHECK(p->offset == p->origin->offset && (l->resumed || p->offset == h->bytes.length));
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

/* Two minutes: what has not come then never will. */
static int64_t patience(void)
{
	return pw_io_ms() + 120000;
}

/* Reads, and waits as the connector says, until an origin holds so much, or it has failed. */
static bool until(struct line *l, const char *key, const char *text)
{
	struct pw_piece p;

	for (const int64_t end = patience(); pw_io_ms() < end && !l->failed;) {
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
	for (const int64_t end = patience(); pw_io_ms() < end && !l->failed;) {
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
		     "+b.csv -b.csv +./a.csv -./a.csv +./c.csv -./c.csv ") == 0);
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

/* ---- rotation ---- */

static void move(const char *from, const char *to)
{
	if (rename(from, to) < 0)
		abort();
}

/* The writer goes on in the old file for a while; the old one is finished first. */
static void rotation_by_rename(bool poll)
{
	struct line l;

	enter_folder();
	append("log", "1\n");
	start(&l, true, poll, "log", NULL);
	read_all(&l);
	append("log", "2\n");
	move("log", "log.1");
	append("log.1", "3\n");
	append("log", "4\n");
	CHECK(until(&l, "log", "1\n2\n3\n"));
	CHECK(until(&l, "log#2", "4\n"));
	CHECK(strcmp(pw_bytes_string(&l.order), "+log +log.1 +log ") == 0);
	append("log.1", "5\n");
	CHECK(until(&l, "log", "1\n2\n3\n5\n"));
	move("log.1", "log.2");
	move("log", "log.1");
	append("log", "6\n");
	CHECK(until(&l, "log#3", "6\n"));
	append("log.2", "7\n");
	append("log.1", "8\n");
	CHECK(until(&l, "log", "1\n2\n3\n5\n7\n"));
	CHECK(until(&l, "log#2", "4\n8\n"));
	CHECK(!l.failed && l.count == 3);
	stop(&l);
	leave_folder();
}

/* Within a folder that is read, the rotated file is no new one. */
static void rotation_within_a_folder(bool poll)
{
	struct line l;

	enter_folder();
	CHECK(system("mkdir d") == 0);
	append("d/log", "1\n");
	start(&l, true, poll, "d", NULL);
	read_all(&l);
	for (int i = 0; i < 20; i++) {
		move("d/log", "d/log.1");
		append("d/log", "x\n");
		append("d/log.1", "y\n");
		char key[30];
		snprintf(key, sizeof key, i == 0 ? "d/log" : "d/log#%d", i + 1);
		CHECK(until(&l, key, i == 0 ? "1\ny\n" : "x\ny\n"));
	}
	CHECK(!l.failed && l.count == 21);
	stop(&l);
	leave_folder();
}

static void copy_file(const char *from, const char *to)
{
	char command[200];

	snprintf(command, sizeof command, "cp %s %s", from, to);
	if (system(command) != 0)
		abort();
}

/* What was written before the cut and not read yet is found in the copy. */
static void copytruncate(bool poll, bool all)
{
	struct line l;

	enter_folder();
	CHECK(system("mkdir d") == 0);
	append("d/log", "one\ntwo\n");
	start(&l, true, poll, all ? "d" : "d/log", NULL);
	read_all(&l);
	append("d/log", "three\n");
	copy_file("d/log", "d/log.1");
	put("d/log", O_TRUNC, "");
	CHECK(until(&l, "d/log", "one\ntwo\nthree\n"));
	append("d/log", "four\n");
	CHECK(until(&l, "d/log#2", "four\n"));
	CHECK(!l.failed && l.count == (all ? 2 : 2));
	stop(&l);
	leave_folder();
}

static void copytruncate_of_a_file(bool poll)
{
	copytruncate(poll, false);
}

static void copytruncate_in_a_folder(bool poll)
{
	copytruncate(poll, true);
}

/* The copy is seen, as a file that grows, before the log is cut. */
static void copytruncate_slowly(bool poll)
{
	struct line l;

	enter_folder();
	CHECK(system("mkdir d") == 0);
	append("d/log", "one\ntwo\n");
	start(&l, true, poll, "d", NULL);
	read_all(&l);
	append("d/log.1", "one\n");
	append("d/other", "1\n");
	CHECK(until(&l, "d/other", "1\n"));
	append("d/log.1", "two\n");
	append("d/other", "2\n");
	CHECK(until(&l, "d/other", "1\n2\n"));
	put("d/log", O_TRUNC, "three\n");
	CHECK(until(&l, "d/log#2", "three\n"));
	CHECK(strcmp(text_of(&l, "d/log"), "one\ntwo\n") == 0);
	append("d/log.1-not", "one\nelse\n");
	CHECK(until(&l, "d/log.1-not", "one\nelse\n"));
	stop(&l);
	leave_folder();
}

/* Of a log that had just begun nothing is known yet when its copy is seen; it may be seen first. */
static void copied_before_it_was_read(bool poll, const char *copy, bool cut)
{
	struct line l;

	enter_folder();
	CHECK(system("mkdir d") == 0);
	append("d/app.log", "one\n");
	start(&l, true, poll, "d", NULL);
	read_all(&l);
	put("d/app.log", O_TRUNC, "");
	CHECK(until_end(&l, "d/app.log"));
	append("d/app.log", "two\n");
	copy_file("d/app.log", copy);
	if (cut)
		put("d/app.log", O_TRUNC, "");
	CHECK(until(&l, cut ? copy : "d/app.log#2", "two\n"));
	put("d/app.log", O_TRUNC, "three\nfour\n");
	CHECK(until(&l, cut ? "d/app.log#2" : "d/app.log#3", "three\nfour\n"));
	CHECK(!l.failed && l.count == 3);
	stop(&l);
	leave_folder();
}

static void copytruncate_before_it_was_read(bool poll)
{
	copied_before_it_was_read(poll, "d/app.log.1", false);
	copied_before_it_was_read(poll, "d/app-1.log", false);
	copied_before_it_was_read(poll, "d/app.log.1", true);
	copied_before_it_was_read(poll, "d/app-1.log", true);
}

/* logrotate's compress: the same rows under another name. */
static void a_compressed_log_is_the_same(bool poll)
{
	struct line l;

	enter_folder();
	CHECK(system("mkdir d") == 0);
	append("d/log", "one\ntwo\n");
	start(&l, true, poll, "d", NULL);
	read_all(&l);
	move("d/log", "d/log.1");
	append("d/log", "three\n");
	CHECK(until(&l, "d/log#2", "three\n"));
	CHECK(system("gzip -q d/log.1") == 0);
	append("d/log", "four\n");
	CHECK(until(&l, "d/log#2", "three\nfour\n"));
	append("d/new", "1\n");
	CHECK(until(&l, "d/new", "1\n"));
	for (int i = 0; i < 5; i++) {
		char row[20];
		snprintf(row, sizeof row, "%d\n", i);
		append("d/clock", row);
		usleep(10000);
		read_all(&l);
	}
	CHECK(until(&l, "d/clock", "0\n1\n2\n3\n4\n"));
	CHECK(strcmp(text_of(&l, "d/log"), "one\ntwo\n") == 0);
	CHECK(!l.failed && l.count == 4);
	stop(&l);
	leave_folder();
}

/* All was read, so the log begins anew. */
static void truncation_after_all_was_read(bool poll)
{
	struct line l;

	enter_folder();
	append("log", "one\ntwo\npart");
	start(&l, true, poll, "log", NULL);
	read_all(&l);
	put("log", O_TRUNC, "three\n");
	CHECK(until(&l, "log#2", "three\n"));
	CHECK(strcmp(text_of(&l, "log"), "one\ntwo\npart") == 0);
	CHECK(of_key(&l, "log")->ended);
	put("log", O_TRUNC, "");
	CHECK(until_end(&l, "log#2")); /* the cut has been seen */
	append("log", "longer than what was there before\n");
	CHECK(until(&l, "log#3", "longer than what was there before\n"));
	CHECK(!l.failed);
	stop(&l);
	leave_folder();
}

static bool until_failed(struct line *l)
{
	for (const int64_t end = patience(); pw_io_ms() < end && !l->failed;) {
		struct pw_piece p;
		if (step(l, &p) == PW_PIECE_IDLE) {
			struct pollfd fd = {.fd = p.fd, .events = POLLIN};
			pw_io()->poll(&fd, p.fd < 0 ? 0 : 1, 10);
		}
	}
	if (!l->failed)
		printf("# has not failed\n");
	else
		printf("# %s\n", pw_fail_text());
	return l->failed && pw_fail_status() == PW_STATE &&
	       strstr(pw_fail_text(), "--track") != NULL;
}

static char *long_text(char first)
{
	struct pw_bytes b = {0};

	for (int i = 0; i < 2000; i++)
		pw_bytes_print(&b, "%c%d\n", first, i);
	pw_bytes_string(&b);
	return b.data;
}

static void a_log_that_shrinks_fails(bool poll)
{
	struct line l;
	char *text = long_text('a');

	enter_folder();
	append("log", text);
	start(&l, true, poll, "log", NULL);
	read_all(&l);
	if (truncate("log", 5000) < 0)
		abort();
	CHECK(until_failed(&l));
	stop(&l);
	leave_folder();
	free(text);
}

static void a_log_that_changes_fails(bool poll)
{
	struct line l;
	char *text = long_text('a');

	enter_folder();
	append("log", text);
	start(&l, true, poll, "log", NULL);
	read_all(&l);
	memcpy(text + strlen(text) - 100, "X", 1);
	put("log", 0, text);
	append("log", "more\n");
	CHECK(until_failed(&l));
	stop(&l);
	/* ... and when it is done as editors do it */
	memcpy(text + strlen(text) - 100, "Y", 1);
	start(&l, true, poll, "log", NULL);
	read_all(&l);
	append("log+", text);
	move("log+", "log");
	CHECK(until_failed(&l));
	stop(&l);
	leave_folder();
	free(text);
}

/* Edited near its beginning, however long it is, or written over: that can't be told apart. */
static void a_log_that_is_edited_fails(bool poll)
{
	static const size_t places[] = {0, 10, 70, 200, 1500};
	char *text = long_text('a');

	for (size_t length = 2000; length <= 10000; length += 8000)
		for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
			struct line l;
			char *edited = pw_mem_print("%.*s\n", (int)length, text);
			enter_folder();
			append("log", edited);
			start(&l, true, poll, "log", NULL);
			read_all(&l);
			edited[places[i]] = 'X';
			put("log", 0, edited);
			CHECK(until_failed(&l) && strstr(pw_fail_text(), "log: changed") != NULL);
			stop(&l);
			leave_folder();
			free(edited);
		}
	free(text);
}

/* Editors replace the file. Where its first 64 bytes are others it may as well have been rotated. */
static void a_log_that_is_edited_by_rename_fails(bool poll)
{
	static const size_t places[] = {70, 200, 1500};
	char *text = long_text('a');

	for (size_t length = 2000; length <= 10000; length += 8000)
		for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
			struct line l;
			char *edited = pw_mem_print("%.*s\n", (int)length, text);
			enter_folder();
			append("log", edited);
			start(&l, true, poll, "log", NULL);
			read_all(&l);
			edited[places[i]] = 'X';
			append("log+", edited);
			move("log+", "log");
			CHECK(until_failed(&l));
			stop(&l);
			leave_folder();
			free(edited);
		}
	free(text);
}

/* A log with a copy has been rotated, whatever it holds now, and so has one that is shorter. */
static void logs_of_one_header_are_rotated(bool poll)
{
	static const char header[] = "at,host,service,level,message,duration,status,bytes,user,"
				     "session,request,x,y,z,n\n";
	struct line l;
	char text[1000];

	enter_folder();
	CHECK(system("mkdir d") == 0);
	snprintf(text, sizeof text, "%s1\n2\n3\n4\n5\n6\n7\n8\n", header);
	append("d/log", text);
	start(&l, true, poll, "d/log", NULL);
	read_all(&l);
	snprintf(text, sizeof text, "%s9\n", header);
	put("d/log", O_TRUNC, text);
	CHECK(until(&l, "d/log#2", text));
	copy_file("d/log", "d/log.1");
	snprintf(text, sizeof text, "%s10\n11\n12\n13\n", header);
	put("d/log", O_TRUNC, text);
	CHECK(until(&l, "d/log#3", text));
	CHECK(!l.failed);
	stop(&l);
	leave_folder();
}

/* Replaced by what it was and more: nothing twice. */
static void replaced_by_rename(bool poll)
{
	struct line l;

	enter_folder();
	append("log", "1\n2\n");
	start(&l, true, poll, "log", NULL);
	read_all(&l);
	append("log+", "1\n2\n3\n");
	move("log+", "log");
	CHECK(until(&l, "log", "1\n2\n3\n"));
	append("log", "4\n");
	CHECK(until(&l, "log", "1\n2\n3\n4\n"));
	append("log+", "other\n");
	move("log+", "log");
	CHECK(until(&l, "log#2", "other\n"));
	CHECK(!l.failed && l.count == 2);
	stop(&l);
	leave_folder();
}

static void vanishes_and_comes_again(bool poll)
{
	struct line l;

	enter_folder();
	append("log", "1\n");
	start(&l, true, poll, "log", NULL);
	read_all(&l);
	append("log", "2\nhalf");
	if (unlink("log") < 0)
		abort();
	CHECK(until_end(&l, "log"));
	CHECK(strcmp(text_of(&l, "log"), "1\n2\nhalf") == 0);
	append("log", "3\n");
	CHECK(until(&l, "log#2", "3\n"));
	CHECK(!l.failed && l.count == 2);
	stop(&l);
	leave_folder();
}

/* Many, so that most are closed at any time. */
static void two_thousand_files(bool poll)
{
	struct line l;
	char name[40];

	enter_folder();
	CHECK(system("mkdir d") == 0);
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof name, "d/%04d", i);
		append(name, "1\n");
	}
	start(&l, true, poll, "d", NULL);
	read_all(&l);
	CHECK(l.count == 2000);
	for (int i = 0; i < 2000; i += 7) {
		snprintf(name, sizeof name, "d/%04d", i);
		append(name, "2\n");
	}
	CHECK(until(&l, "d/1995", "1\n2\n"));
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof name, "d/%04d", i);
		CHECK(strcmp(text_of(&l, name), i % 7 == 0 ? "1\n2\n" : "1\n") == 0);
	}
	/* The inode of a closed file that is removed is used again at once. */
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "d/%04d", i);
		unlink(name);
		snprintf(name, sizeof name, "d/new%d", i);
		append(name, "new\n");
	}
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "d/new%d", i);
		CHECK(until(&l, name, "new\n"));
	}
	CHECK(!l.failed && l.count == 2020);
	int open_now = 0;
	for (int fd = 0; fd < 1024; fd++)
		open_now += fcntl(fd, F_GETFD) >= 0;
	CHECK(open_now < 300);
	stop(&l);
	leave_folder();
}

/* ---- resumed: one run after the other, as cron has it ---- */

static void start_resumed(struct line *l, const struct pw_offsets *offsets, const char *source)
{
	*l = (struct line){.options = {.resumable = true, .hold_last = true}};
	l->sources[l->options.source_count++] = pw_mem_print("%s", source);
	l->options.sources = l->sources;
	l->c = pw_connector_open(pw_connector_of(source), &l->options);
	CHECK(l->c->kind->seek(l->c, offsets) == 0);
}

/* What was read in a run, of each origin: "KEY NAME: text; ". The offsets move on. */
static const char *run(struct pw_offsets *offsets, const char *source)
{
	static char said[10000];
	struct line l;
	size_t n = 0;

	start_resumed(&l, offsets, source);
	l.resumed = true;
	read_all(&l);
	said[0] = '\0';
	if (l.failed) {
		printf("# %s\n", pw_fail_text());
		snprintf(said, sizeof said, "%s",
			 pw_fail_status() == PW_STATE ? "state" : "failed");
	}
	for (size_t i = 0; i < l.count && !l.failed; i++) {
		struct heard *h = &l.heard[i];
		struct pw_bytes value = {0};
		if (h->ended) {
			pw_offsets_remove(offsets, h->origin->key);
			continue;
		}
		n += h->bytes.length == 0
			     ? 0
			     : (size_t)snprintf(said + n, sizeof said - n, "%s %s: %.*s; ",
						h->origin->key, h->origin->name,
						(int)h->bytes.length,
						h->bytes.length == 0 ? "" : h->bytes.data);
		CHECK(l.c->kind->offset(l.c, h->origin, &value) == 0);
		pw_offsets_set(offsets, h->origin->key, pw_bytes_string(&value));
		pw_bytes_release(&value);
	}
	CHECK(l.failed || l.finished);
	stop(&l);
	return said;
}

static bool runs(struct pw_offsets *offsets, const char *source, const char *expected)
{
	const char *said = run(offsets, source);

	if (strcmp(said, expected) == 0)
		return true;
	printf("# '%s', expected '%s'\n", said, expected);
	return false;
}

static void only_what_is_new(void)
{
	struct pw_offsets o = {0};

	enter_folder();
	CHECK(system("mkdir d") == 0);
	append("d/a", "1\n2");
	append("d/b", "1\n");
	CHECK(runs(&o, "d", "d/a d/a: 1\n; d/b d/b: 1\n; "));
	CHECK(runs(&o, "d", ""));
	append("d/a", "2\n");
	append("d/c", "1\n");
	CHECK(runs(&o, "d", "d/a d/a: 22\n; d/c d/c: 1\n; "));
	CHECK(runs(&o, "d", ""));
	CHECK(system("touch d/a") == 0);
	CHECK(runs(&o, "d", ""));
	pw_offsets_release(&o);
	leave_folder();
}

static void rotated_between_runs(void)
{
	struct pw_offsets o = {0};

	enter_folder();
	append("log", "1\n");
	CHECK(runs(&o, "log", "log log: 1\n; "));
	append("log", "2\n");
	move("log", "log.1");
	append("log", "3\n");
	CHECK(runs(&o, "log", "log log.1: 2\n; log#2 log: 3\n; "));
	append("log.1", "4\n");
	CHECK(runs(&o, "log", "log log.1: 4\n; "));
	move("log.1", "log.2");
	move("log", "log.1");
	CHECK(runs(&o, "log", ""));
	CHECK(strstr(pw_offsets_get(&o, "log"), "\"log.2\"") != NULL);
	append("log", "5\n");
	CHECK(runs(&o, "log", "log#3 log: 5\n; "));
	pw_offsets_release(&o);
	leave_folder();
}

static void copied_and_compressed_between_runs(void)
{
	struct pw_offsets o = {0};

	enter_folder();
	CHECK(system("mkdir d") == 0);
	append("d/log", "one\n");
	CHECK(runs(&o, "d", "d/log d/log: one\n; "));
	append("d/log", "two\n");
	copy_file("d/log", "d/log.1");
	put("d/log", O_TRUNC, "three\n");
	CHECK(runs(&o, "d", "d/log d/log.1: two\n; d/log#2 d/log: three\n; "));
	CHECK(system("gzip d/log.1") == 0);
	append("d/log", "four\n");
	CHECK(runs(&o, "d", "d/log#2 d/log: four\n; "));
	CHECK(runs(&o, "d", ""));
	pw_offsets_release(&o);
	leave_folder();
}

static void what_is_gone_is_said(void)
{
	struct pw_offsets o = {0};

	enter_folder();
	CHECK(system("mkdir d") == 0);
	append("d/a", "1\n");
	append("d/b", "1\n2");
	CHECK(runs(&o, "d", "d/a d/a: 1\n; d/b d/b: 1\n; "));
	unlink("d/a"); /* all of it was read */
	CHECK(runs(&o, "d", ""));
	unlink("d/b"); /* a part of a line was not */
	CHECK(runs(&o, "d", "state"));
	append("d/b", "1\n2\n");
	CHECK(runs(&o, "d", "d/b d/b: 2\n; "));
	put("d/b", O_TRUNC, "3\n");
	CHECK(runs(&o, "d", "d/b#2 d/b: 3\n; "));
	pw_offsets_release(&o);
	leave_folder();
}

static void packed_files_are_read_once(void)
{
	struct pw_offsets o = {0};

	enter_folder();
	CHECK(system("mkdir d; echo 1 | gzip >d/a.gz; echo 1 | zstd -q >d/b.zst") == 0);
	CHECK(runs(&o, "d", "d/a.gz d/a.gz: 1\n; d/b.zst d/b.zst: 1\n; "));
	CHECK(runs(&o, "d", ""));
	CHECK(system("echo 2 | gzip >>d/a.gz") == 0);
	CHECK(runs(&o, "d", "d/a.gz d/a.gz: 2\n; "));
	CHECK(runs(&o, "d", ""));
	pw_offsets_release(&o);
	leave_folder();
}

/* A restart reads journalled bytes again, under whatever name, and goes on behind them. */
static void bytes_are_read_again(const char *suffix, const char *pack)
{
	struct pw_offsets o = {0};
	struct line l;
	char name[60], key[60], command[200];

	enter_folder();
	snprintf(key, sizeof key, "log%s", suffix);
	append("log", "1\n2\n3\n4\n");
	if (pack != NULL && system(pack) != 0)
		abort();
	start_resumed(&l, &o, key);
	/* the first run stops after two rows, and R is after one */
	struct pw_piece p;
	do {
		p = (struct pw_piece){0};
		CHECK(l.c->kind->read(l.c, &p) == 0);
	} while (p.kind != PW_PIECE_DATA);
	CHECK(l.c->kind->consume(l.c, p.origin, 2) == 0);
	struct pw_bytes value = {0};
	CHECK(l.c->kind->offset(l.c, p.origin, &value) == 0);
	pw_offsets_set(&o, key, pw_bytes_string(&value));
	pw_bytes_release(&value);
	stop(&l);

	snprintf(name, sizeof name, "log.1%s", suffix);
	snprintf(command, sizeof command, "mv %s %s", key, name);
	CHECK(system(command) == 0);
	snprintf(command, sizeof command, "%s", key);
	if (suffix[0] == '\0')
		append("log", "new\n");
	start_resumed(&l, &o, suffix[0] == '\0' ? "log" : ".");
	p = (struct pw_piece){.key = key, .offset = 0, .length = 2};
	CHECK(l.c->kind->read(l.c, &p) == 0 && p.length == 2 && memcmp(p.data, "1\n", 2) == 0);
	p = (struct pw_piece){.key = key, .offset = 2, .length = 2};
	CHECK(l.c->kind->read(l.c, &p) == 0 && p.length == 2 && memcmp(p.data, "2\n", 2) == 0);
	CHECK(p.offset == 2 && p.origin->offset == 2);
	CHECK(l.c->kind->consume(l.c, p.origin, 2) == 0 && p.origin->offset == 4);
	p = (struct pw_piece){.key = key, .offset = 3, .length = 100};
	CHECK(l.c->kind->read(l.c, &p) == 0 && p.length == 5);
	pw_bytes_text(&heard_of(&l, p.origin)->bytes, "1\n2\n");
	l.resumed = true;
	read_all(&l);
	struct heard *h = of_key(&l, key);
	CHECK(h != NULL && h->bytes.length == 4 + 4 && memcmp(h->bytes.data + 4, "3\n4\n", 4) == 0);
	CHECK(l.finished);
	if (suffix[0] == '\0')
		CHECK(strcmp(text_of(&l, "log#2"), "new\n") == 0);
	stop(&l);
	pw_offsets_release(&o);
	leave_folder();
}

static void plain_bytes_are_read_again(void)
{
	bytes_are_read_again("", NULL);
}

static void packed_bytes_are_read_again(void)
{
	bytes_are_read_again(".gz", "gzip log");
}

/* ---- a writer at random against a model of what must be read ---- */

struct model {
	char path[40]; /* "": gone */
	char key[40];
	struct pw_bytes bytes; /* all that was ever written to it */
};

static uint32_t seed;

static unsigned drawn(unsigned n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 10) % n;
}

static struct model *new_model(struct model *all, size_t *count, const char *path)
{
	struct model *m = &all[(*count)++];
	int generation = 1;

	*m = (struct model){0};
	for (struct model *other = all; other < m; other++) {
		char plain[40];
		snprintf(plain, sizeof plain, "%s", other->key);
		plain[strcspn(plain, "#")] = '\0';
		generation += strcmp(plain, path) == 0;
	}
	snprintf(m->path, sizeof m->path, "%s", path);
	snprintf(m->key, sizeof m->key, generation == 1 ? "%s" : "%s#%d", path, generation);
	return m;
}

static void write_some(struct model *m, int *row)
{
	for (unsigned i = drawn(4) + 1; i-- > 0;) {
		char text[200];
		snprintf(text, sizeof text, "%d%*s\n", *row, (int)drawn(100) + 1, "x");
		++*row;
		pw_bytes_text(&m->bytes, text);
		append(m->path, text);
	}
}

static struct model *at_path(struct model *all, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i].path, path) == 0)
			return &all[i];
	return NULL;
}

/* Everything up to here must have come. */
static bool all_heard(struct line *l, struct model *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (all[i].bytes.length == 0)
			continue;
		pw_bytes_string(&all[i].bytes);
		if (!until(l, all[i].key, all[i].bytes.data))
			return false;
	}
	return true;
}

/* d/a .. d/d are written to, rotated to .1 and .2, cut and copied; now and then all is read. */
static void random_writers(bool poll)
{
	static struct model all[2000];
	struct line l;

	for (uint32_t first = 1; first <= (poll ? 3 : 6); first++) {
		size_t count = 0;
		int row = 0;
		bool ok = true;
		seed = first * 77;
		enter_folder();
		CHECK(system("mkdir d") == 0);
		start(&l, true, poll, "d", NULL);
		for (int i = 0; i < 150 && ok; i++) {
			char path[20], old[40];
			snprintf(path, sizeof path, "d/%c", 'a' + (int)drawn(4));
			struct model *m = at_path(all, count, path);
			const unsigned what = drawn(10);
			if (m == NULL) {
				if (count > 0 && drawn(2) == 0)
					ok = all_heard(&l, all, count);
				write_some(new_model(all, &count, path), &row);
			} else if (what < 5) {
				write_some(m, &row);
			} else if (what < 7) {
				/* rotated; a file that is written over must have been read */
				snprintf(old, sizeof old, "%s.%u", path, 1 + drawn(2));
				struct model *over = at_path(all, count, old);
				ok = all_heard(&l, all, count);
				if (over != NULL)
					over->path[0] = '\0';
				move(path, old);
				snprintf(m->path, sizeof m->path, "%s", old);
				if (drawn(2) == 0)
					write_some(m, &row);
			} else if (what == 7) {
				/* copied and cut, with rows that may not have been read */
				struct model *over;
				snprintf(old, sizeof old, "%s-%d", path, i);
				ok = all_heard(&l, all, count);
				over = at_path(all, count, old);
				if (over != NULL || m->bytes.length < 64)
					continue;
				write_some(m, &row);
				copy_file(path, old);
				put(path, O_TRUNC, "");
				snprintf(m->path, sizeof m->path, "%s", old);
				ok = ok && all_heard(&l, all, count);
				write_some(new_model(all, &count, path), &row);
			} else if (what == 8) {
				ok = all_heard(&l, all, count);
				put(path, O_TRUNC, ""); /* and that is seen: there is no copy */
				m->path[0] = '\0';
				ok = ok && (m->bytes.length == 0 || until_end(&l, m->key));
				if (drawn(2) == 0)
					write_some(new_model(all, &count, path), &row);
			} else {
				ok = all_heard(&l, all, count);
			}
		}
		ok = ok && all_heard(&l, all, count) && !l.failed;
		if (!ok)
			printf("# seed %u\n", first);
		CHECK(ok);
		size_t heard = 0;
		for (size_t i = 0; i < l.count; i++)
			heard += l.heard[i].bytes.length;
		size_t written = 0;
		for (size_t i = 0; i < count; i++)
			written += all[i].bytes.length;
		CHECK(heard == written);
		for (size_t i = 0; i < count; i++)
			pw_bytes_release(&all[i].bytes);
		stop(&l);
		leave_folder();
	}
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
BOTH(rotation_by_rename)
BOTH(rotation_within_a_folder)
BOTH(copytruncate_of_a_file)
BOTH(copytruncate_in_a_folder)
BOTH(copytruncate_slowly)
BOTH(copytruncate_before_it_was_read)
BOTH(a_compressed_log_is_the_same)
BOTH(truncation_after_all_was_read)
BOTH(a_log_that_shrinks_fails)
BOTH(a_log_that_changes_fails)
BOTH(a_log_that_is_edited_fails)
BOTH(a_log_that_is_edited_by_rename_fails)
BOTH(logs_of_one_header_are_rotated)
BOTH(replaced_by_rename)
BOTH(vanishes_and_comes_again)
BOTH(two_thousand_files)
BOTH(random_writers)

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
	TEST(rotation_by_rename_told);
	TEST(rotation_by_rename_polled);
	TEST(rotation_within_a_folder_told);
	TEST(rotation_within_a_folder_polled);
	TEST(copytruncate_of_a_file_told);
	TEST(copytruncate_of_a_file_polled);
	TEST(copytruncate_in_a_folder_told);
	TEST(copytruncate_in_a_folder_polled);
	TEST(copytruncate_slowly_told);
	TEST(copytruncate_slowly_polled);
	TEST(copytruncate_before_it_was_read_told);
	TEST(copytruncate_before_it_was_read_polled);
	TEST(a_compressed_log_is_the_same_told);
	TEST(a_compressed_log_is_the_same_polled);
	TEST(truncation_after_all_was_read_told);
	TEST(truncation_after_all_was_read_polled);
	TEST(a_log_that_shrinks_fails_told);
	TEST(a_log_that_shrinks_fails_polled);
	TEST(a_log_that_changes_fails_told);
	TEST(a_log_that_changes_fails_polled);
	TEST(a_log_that_is_edited_fails_told);
	TEST(a_log_that_is_edited_fails_polled);
	TEST(a_log_that_is_edited_by_rename_fails_told);
	TEST(a_log_that_is_edited_by_rename_fails_polled);
	TEST(logs_of_one_header_are_rotated_told);
	TEST(logs_of_one_header_are_rotated_polled);
	TEST(replaced_by_rename_told);
	TEST(replaced_by_rename_polled);
	TEST(vanishes_and_comes_again_told);
	TEST(vanishes_and_comes_again_polled);
	TEST(two_thousand_files_told);
	TEST(two_thousand_files_polled);
	TEST(only_what_is_new);
	TEST(rotated_between_runs);
	TEST(copied_and_compressed_between_runs);
	TEST(what_is_gone_is_said);
	TEST(packed_files_are_read_once);
	TEST(plain_bytes_are_read_again);
	TEST(packed_bytes_are_read_again);
	TEST(random_writers_told);
	TEST(random_writers_polled);
	return check_done();
}
