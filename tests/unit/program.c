/* The connector of programs: little scripts that speak the line protocol. */
#include "../../lib/base/io.h"
#include "../../lib/conn/connector.h"
#include "check.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[4096];

static void script(const char *name, const char *text)
{
	char path[5000];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	if (f == NULL || fputs("#!/bin/sh\n", f) < 0 || fputs(text, f) < 0 || fclose(f) != 0 ||
	    chmod(path, 0755) < 0)
		abort();
}

struct line {
	struct pw_connector_options options;
	struct pw_connector *c;
	char *source;
	struct pw_bytes said; /* everything, as text */
	struct pw_bytes data; /* the bytes of all pieces */
	uint64_t from;        /* where the first one stood */
};

static void start(struct line *l, const char *source, bool follow)
{
	*l = (struct line){.options = {.follow = follow, .source_count = 1}};
	l->source = pw_mem_print("%s", source);
	l->options.sources = &l->source;
	l->c = pw_connector_open(pw_connector_of(source), &l->options);
}

static void stop(struct line *l)
{
	pw_connector_close(l->c);
	free(l->source);
	pw_bytes_release(&l->said);
	pw_bytes_release(&l->data);
}

static void hear(struct line *l, const struct pw_piece *p)
{
	static const char *const names[] = {"begin", "data", "end", "{", "}", "idle", "finished"};
	static const char *const commits[] = {"", "!", "?"};

	if (p->kind == PW_PIECE_IDLE && p->commit == PW_COMMIT_MUST_NOT)
		return;
	pw_bytes_print(&l->said, "%s%s", names[p->kind], commits[p->commit]);
	if (p->kind == PW_PIECE_BEGIN || p->kind == PW_PIECE_END)
		pw_bytes_print(&l->said, " %s", p->origin->key);
	if (p->kind == PW_PIECE_DATA && l->data.length == 0)
		l->from = p->offset;
	if (p->kind == PW_PIECE_DATA)
		pw_bytes_add(&l->data, p->data, p->length);
	if (p->kind == PW_PIECE_DATA)
		pw_bytes_print(&l->said, "%s %s@%llu '%.*s'", p->last ? "!" : "", p->origin->key,
			       (unsigned long long)p->offset, (int)p->length, p->data);
	pw_bytes_put(&l->said, ';');
}

/* Until a kind comes: 0; -1 has failed. All data are used. */
static int hear_until(struct line *l, enum pw_piece_kind kind)
{
	for (;;) {
		struct pw_piece p = {0};
		if (l->c->kind->read(l->c, &p) < 0)
			return -1;
		hear(l, &p);
		if (p.kind == PW_PIECE_DATA)
			CHECK(l->c->kind->consume(l->c, p.origin, p.length) == 0);
		if (p.kind == kind && !(kind == PW_PIECE_IDLE && p.commit == PW_COMMIT_MUST_NOT))
			return 0;
		if (p.kind == PW_PIECE_IDLE) {
			struct pollfd fd = {.fd = p.fd, .events = POLLIN};
			pw_io()->poll(&fd, 1, 30000);
		}
	}
}

static bool said(struct line *l, const char *text)
{
	if (strcmp(pw_bytes_string(&l->said), text) == 0)
		return true;
	printf("# said %s\n", pw_bytes_string(&l->said));
	return false;
}

static void all_words(void)
{
	struct line l;

	script("pw-read-words", "read -r mode; url=$1\n"
				"echo 'line 1 a b'\n"
				"echo 'origin other'\n"
				"echo 'begin'\n"
				"printf 'data 4 {\"at\":7}\\nx\\ny\\n'\n"
				"echo 'end must'\n"
				"echo 'origin words://x'\n"
				"echo \"line 2 $mode $url\"\n"
				"echo 'complete'\n"
				"echo 'idle'\n"
				"echo 'finished'\n");
	start(&l, "words://x", true);
	CHECK(hear_until(&l, PW_PIECE_FINISHED) == 0);
	CHECK(said(&l, "begin words://x;data words://x@0 'a b\n';{;begin other;"
		       "data other@0 'x\ny\n';}!;data words://x@4 'follow words://x\n';"
		       "end words://x;idle;finished;"));
	stop(&l);
}

static int fails(const char *name, const char *text, enum pw_status status, const char *message)
{
	struct line l;
	char url[100];
	int ok;

	snprintf(url, sizeof url, "%s://x", name);
	if (text != NULL) {
		char file[120];
		snprintf(file, sizeof file, "pw-read-%s", name);
		script(file, text);
	}
	pw_fail_clear();
	start(&l, url, false);
	ok = (l.c == NULL || hear_until(&l, PW_PIECE_FINISHED) < 0) && pw_fail_status() == status &&
	     strcmp(pw_fail_text(), message) == 0;
	if (!ok)
		printf("# %d: %s\n", (int)pw_fail_status(), pw_fail_text());
	stop(&l);
	return ok;
}

static void faults_are_said(void)
{
	CHECK(fails("none", NULL, PW_USAGE,
		    "no connector for none:// (pw-read-none is not on PATH)"));
	CHECK(fails("bad", "echo 'line 1 x'; echo hello; read x\n", PW_DATA,
		    "pw-read-bad: line 2: 'hello' is not origin, line, data, begin, end, idle, "
		    "complete, finished or error"));
	CHECK(fails("bad", "echo 'line x y'\n", PW_DATA,
		    "pw-read-bad: line 1: 'x' is not an offset (JSON without spaces)"));
	CHECK(fails("bad", "echo 'data 12 1'; echo hello\n", PW_DATA,
		    "pw-read-bad: line 1: 6 of 12 bytes follow"));
	CHECK(fails("bad", "echo 'data -1 1'\n", PW_DATA,
		    "pw-read-bad: line 1: '-1 1' is not 'BYTES OFFSET', of at most 1 GB"));
	CHECK(fails("bad", "printf 'line 1'\n", PW_DATA,
		    "pw-read-bad: line 1: ends without line end"));
	CHECK(fails("bad", "echo 'line 1 x'; exit 7\n", PW_SYSTEM,
		    "pw-read-bad: ended without 'finished' (its exit status is 7)"));
	CHECK(fails("bad", "kill -9 $$\n", PW_SYSTEM, "pw-read-bad: was ended by signal 9"));
	CHECK(fails("bad", "echo 'error 4 the topic is gone'\n", PW_STATE,
		    "pw-read-bad: the topic is gone"));
	CHECK(fails("bad", "echo 'line 1 x'; echo 'end must'; echo finished\n", PW_DATA,
		    "pw-read-bad: line 2: 'end' is not what may follow here: no block has begun"));
	CHECK(fails("bad", "echo begin; echo 'line 1 x'; echo begin\n", PW_DATA,
		    "pw-read-bad: line 3: 'begin' is not what may follow here: the last block has "
		    "no end"));
	CHECK(fails("bad", "echo begin; echo 'line 1 x'; echo finished\n", PW_DATA,
		    "pw-read-bad: line 3: 'finished' is not what may follow here: the last block "
		    "has no end"));
	CHECK(fails("bad", "echo 'error 99 x'\n", PW_DATA,
		    "pw-read-bad: line 1: '99 x' is not 'STATUS TEXT', of status 2 to 5"));
}

static const char count[] =
	"at=0\n"
	"while read -r what key offset && [ \"$what\" = seek ]; do at=$offset; done\n"
	"while [ $at -lt 5 ]; do at=$((at + 1)); echo \"line $at $((at * 11))\"; done\n"
	"echo finished\n";

/* Stopped between two marks, or at one: the next run goes on there. */
static void goes_on_where_it_stood(void)
{
	for (size_t used = 0; used <= 15; used++) {
		struct pw_offsets offsets = {0};
		struct pw_bytes value = {0};
		struct pw_piece p;
		struct line l;

		script("pw-read-count", count);
		start(&l, "count://", false);
		do {
			p = (struct pw_piece){0};
			CHECK(l.c->kind->read(l.c, &p) == 0);
			if (p.kind == PW_PIECE_IDLE)
				pw_io()->poll(&(struct pollfd){.fd = p.fd, .events = POLLIN}, 1,
					      30000);
		} while (p.kind != PW_PIECE_DATA || p.length < 15);
		CHECK(strncmp(p.data, "11\n22\n33\n44\n55\n", 15) == 0);
		CHECK(l.c->kind->consume(l.c, p.origin, used) == 0);
		p.origin->line = 1 + used / 3;
		CHECK(l.c->kind->offset(l.c, p.origin, &value) == 0);
		pw_offsets_set(&offsets, "count://", pw_bytes_string(&value));
		stop(&l);

		start(&l, "count://", false);
		CHECK(l.c->kind->seek(l.c, &offsets) == 0);
		/* once more what stands there, then the rest */
		if (used < 12) {
			do {
				p = (struct pw_piece){
					.key = "count://", .offset = used, .length = 2};
				CHECK(l.c->kind->read(l.c, &p) == 0);
				if (p.kind == PW_PIECE_IDLE)
					pw_io()->poll(
						&(struct pollfd){.fd = p.fd, .events = POLLIN}, 1,
						30000);
			} while (p.kind != PW_PIECE_DATA);
			CHECK(p.length >= 1 && p.length <= 2 &&
			      memcmp(p.data, &"11\n22\n33\n44\n55\n"[used], p.length) == 0);
		}
		CHECK(hear_until(&l, PW_PIECE_FINISHED) == 0);
		CHECK(l.data.length == 0 || l.from == used);
		CHECK(strcmp(pw_bytes_string(&l.data), &"11\n22\n33\n44\n55\n"[used]) == 0);
		stop(&l);
		pw_offsets_release(&offsets);
		pw_bytes_release(&value);
	}
}

static void kinds_by_scheme(void)
{
	CHECK(pw_connector_of("-") == &pw_connector_stdin);
	CHECK(pw_connector_of("a.csv") == &pw_connector_files);
	CHECK(pw_connector_of("./a://b") == &pw_connector_files);
	CHECK(pw_connector_of("://b") == &pw_connector_files);
	CHECK(pw_connector_of("kafka://b/t") == &pw_connector_program);
	CHECK(pw_connector_of("http+x://b") == &pw_connector_program);
}

/* A line that was read together with "idle" is not waited for: the pipe would not call for it. */
static void idle_with_more(void)
{
	struct line l;
	struct pw_piece p = {0};

	script("pw-read-more", "printf 'line 1 a\\nidle\\nline 2 b\\nidle\\n'; cat >/dev/null\n");
	start(&l, "more://x", true);
	struct pollfd told = {.events = POLLIN};
	do {
		p = (struct pw_piece){0};
		CHECK(l.c->kind->read(l.c, &p) == 0);
		told.fd = p.fd;
		if (p.kind == PW_PIECE_IDLE && p.commit == PW_COMMIT_MUST_NOT)
			CHECK(poll(&told, 1, 10000) == 1);
		if (p.kind == PW_PIECE_DATA)
			CHECK(l.c->kind->consume(l.c, p.origin, p.length) == 0);
	} while (p.kind != PW_PIECE_IDLE || p.commit == PW_COMMIT_MUST_NOT);
	CHECK(p.timeout_ms == 0);
	CHECK(hear_until(&l, PW_PIECE_IDLE) == 0);
	CHECK(strcmp(pw_bytes_string(&l.said), "data more://x@2 'b\n';idle;") == 0);
	stop(&l);
}

int main(void)
{
	const char *top = getenv("TMPDIR");
	char path[9000];

	snprintf(folder, sizeof folder, "%s/program-XXXXXX", top == NULL ? "/tmp" : top);
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s:%s", folder, getenv("PATH"));
	setenv("PATH", path, 1);
	TEST(kinds_by_scheme);
	TEST(all_words);
	TEST(faults_are_said);
	TEST(goes_on_where_it_stood);
	TEST(idle_with_more);
	snprintf(path, sizeof path, "rm -rf '%s'", folder);
	if (system(path) != 0)
		return 1;
	return check_done();
}
