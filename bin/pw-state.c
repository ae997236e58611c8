/*
 * pw-state - lists, checks or forgets what a pipeline's state directory holds
 *
 * The program reads the files as they are and does not enter the run. So
 * listing and checking work while the run is alive; --reset and --forget wait
 * for no run, and fail.
 */
#include "../lib/base/io.h"
#include "../lib/store/checkpoint.h"
#include "../lib/store/journal.h"
#include "../lib/store/record.h"
#include "../lib/tool/tool.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct options {
	bool verify, reset;
	const char *forget;
};

static const struct pw_option option_table[] = {
	{0, "verify", NULL, PW_OPTION_FLAG, offsetof(struct options, verify), false,
	 "check every file"},
	{0, "reset", NULL, PW_OPTION_FLAG, offsetof(struct options, reset), false,
	 "forget everything: the next run begins at the start"},
	{0, "forget", "SINK", PW_OPTION_TEXT, offsetof(struct options, forget), false,
	 "forget a sink that is no longer part of the pipeline"},
	{0}};

static const struct pw_program program = {
	.name = "pw-state",
	.summary = "list, verify or reset the state directory of a pipeline",
	.synopsis = "[--verify | --reset | --forget SINK] DIR",
	.examples = "  pw-state ~/.pw/totals\n"
		    "  pw-state --verify ~/.pw/totals && pw-state ~/.pw/totals\n"
		    "  pw-state --reset ~/.pw/totals\n",
	.options = option_table,
	.sink = true,
};

struct state {
	struct pw_tool tool;
	struct options o;
	struct pw_store store;
	bool alive;    /* the run is */
	size_t faults; /* of --verify */
};

static int must(struct state *p, int x)
{
	return pw_must(&p->tool, x);
}

/* ---- names ---- */

struct names {
	char **items;
	size_t count, capacity;
};

static int add_name(void *to, const char *name)
{
	struct names *n = to;

	n->items = pw_mem_grow(n->items, &n->capacity, n->count + 1, sizeof *n->items);
	n->items[n->count++] = pw_mem_copy(name, strlen(name));
	return 0;
}

/* The names in a folder, sorted; no names if the folder has gone meanwhile. */
static struct names list(struct state *p, const char *folder)
{
	struct names n = {0};

	if (pw_io_list(folder, add_name, &n) < 0 && errno != ENOENT && errno != ENOTDIR)
		must(p, pw_fail_system(folder));
	return n;
}

static void drop(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->items[i]);
	free(n->items);
}

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static bool ends(const char *name, const char *with)
{
	return strlen(name) >= strlen(with) &&
	       strcmp(name + strlen(name) - strlen(with), with) == 0;
}

static char *path_in(const char *folder, const char *name)
{
	return pw_mem_print("%s/%s", folder, name);
}

/* ---- the list ---- */

/* "the start", "end", "2026-11-22T05:00:00.250Z (1795324957250)" */
static void print_time(pw_time t)
{
	const time_t seconds = (time_t)(t / 1000);
	struct tm parts;
	char text[40];

	if (t == 0)
		printf("the start");
	else if (t == PW_TIME_END)
		printf("end");
	else if (t / 1000 < (pw_time)253402300800 && gmtime_r(&seconds, &parts) != NULL &&
		 strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts) > 0)
		printf("%s.%03dZ (%" PRIu64 ")", text, (int)(t % 1000), t);
	else
		printf("%" PRIu64, t);
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : 0;
}

static void print_command(struct state *p, const char *folder, const char *stage)
{
	char *path = path_in(folder, "stage.json");
	json_t *value;
	const json_t *word;
	size_t i;

	if (must(p, pw_side_load(path, stage, &value)) > 0) {
		printf("  command  ");
		json_array_foreach(json_object_get(value, "command"), i, word) printf(
			" %s", json_string_value(word) != NULL ? json_string_value(word) : "?");
		printf("\n");
	}
	json_decref(value);
	free(path);
}

static void print_journal(struct state *p, const char *folder)
{
	struct pw_journal j;
	const char *key;
	json_t *value;

	if (must(p, pw_journal_look(&j, folder)) > 0) {
		printf("  journal   %" PRIu64 " bytes, last commit at ", j.length);
		if (j.has_last)
			print_time(j.last);
		else
			printf("no time yet");
		printf("\n");
		json_object_foreach(j.offsets, key, value)
		{
			char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
			printf("  offset    %s %s\n", key, text);
			free(text);
		}
	}
	pw_journal_close(&j);
}

static void print_checkpoints(struct state *p, const char *folder)
{
	struct names n = list(p, folder);
	size_t checkpoints = 0;
	off_t bytes = 0;
	pw_time newest;

	for (size_t i = 0; i < n.count; i++)
		if (begins(n.items[i], "checkpoint-") && ends(n.items[i], ".pws")) {
			char *path = path_in(folder, n.items[i]);
			bytes += size_of(path);
			checkpoints++;
			free(path);
		}
	if (checkpoints > 0 && must(p, pw_checkpoint_peek(folder, PW_TIME_END, &newest)) > 0) {
		printf("  state     %zu checkpoint%s, %lld bytes, newest of ", checkpoints,
		       checkpoints == 1 ? "" : "s", (long long)bytes);
		print_time(newest);
		printf("\n");
	}
	drop(&n);
}

static void print_record(struct state *p, const char *folder, const char *stage)
{
	char *path = path_in(folder, "record.json");
	json_t *value;
	uint64_t run;
	pw_time time;

	if (must(p, pw_side_load(path, stage, &value)) > 0) {
		must(p, pw_side_whole(value, "run", &run));
		must(p, pw_side_time(value, "time", &time));
		if (run == 0) {
			printf("  recorded  nothing since it was reset\n");
			goto out;
		}
		printf("  recorded  ");
		print_time(time);
		printf(" in run %" PRIu64 "%s\n", run,
		       json_is_true(json_object_get(value, "reset"))      ? ", reset since"
		       : json_is_true(json_object_get(value, "finished")) ? ", finished"
		       : json_is_true(json_object_get(value, "complete")) ? ", complete"
									  : "");
	}
out:
	json_decref(value);
	free(path);
}

static void print_stage(struct state *p, const char *stage)
{
	char *folder = path_in(p->store.path, stage);

	printf("\n%s\n", stage);
	print_command(p, folder, stage);
	print_journal(p, folder);
	print_checkpoints(p, folder);
	print_record(p, folder, stage);
	free(folder);
}

static void show(struct state *p, int known)
{
	struct names n = list(p, p->store.path);

	if (known == 0) {
		printf("%s: no run yet\n", p->store.path);
	} else {
		printf("run %" PRIu64 "%s\n  start     ", p->store.run, p->alive ? ", alive" : "");
		print_time(p->store.start);
		printf("\n  restart   ");
		print_time(p->store.restart);
		printf("\n  interval  %" PRIu64 " ms\n", p->store.interval);
	}
	for (size_t i = 0; i < n.count; i++)
		if (begins(n.items[i], "pw-"))
			print_stage(p, n.items[i]);
	drop(&n);
}

/* ---- --verify ---- */

/* Says which file is not as it was written; the other files are still looked at. */
static void found(struct state *p, int rc)
{
	if (rc >= 0)
		return;
	if (pw_fail_status() != PW_STATE)
		must(p, -1);
	pw_tool_say(&p->tool, "%s", pw_fail_text());
	pw_fail_clear();
	p->faults++;
}

static void verify_side(struct state *p, const char *path, const char *stage)
{
	json_t *value;

	found(p, pw_side_load(path, stage, &value));
	json_decref(value);
}

static void verify_file(struct state *p, const char *folder, const char *stage, const char *name)
{
	char *path = path_in(folder, name);

	if (access(path, F_OK) != 0) /* replaced or passed meanwhile */
		;
	else if (strcmp(name, "stage.json") == 0 || strcmp(name, "record.json") == 0)
		verify_side(p, path, stage);
	else if (begins(name, "journal-") && !ends(name, ".tmp"))
		found(p, pw_journal_verify(path, p->alive));
	else if (begins(name, "checkpoint-") && ends(name, ".pws"))
		found(p, pw_checkpoint_verify(path));
	free(path);
}

/* Are the checkpoint and the entry of the journal there that sinks have recorded? */
static void verify_marks(struct state *p, const char *folder, const char *stage)
{
	struct pw_store s = {.marks = p->store.marks, .name = (char *)stage};
	pw_time mark, is;

	if (pw_store_mark(&s, "checkpoint", &mark) &&
	    (must(p, pw_checkpoint_peek(folder, p->store.restart, &is)) == 0 || is < mark))
		found(p, pw_fail(PW_STATE,
				 "%s: the checkpoint of %" PRIu64
				 ", which a sink has recorded, is missing",
				 folder, mark));
	if (pw_store_mark(&s, "journal", &mark) &&
	    (must(p, pw_journal_peek(folder, PW_TIME_END, &is)) == 0 || is < mark))
		found(p,
		      pw_fail(PW_STATE,
			      "%s: the journal ends before %" PRIu64 ", which a sink has recorded",
			      folder, mark));
}

static void verify_stage(struct state *p, const char *stage)
{
	char *folder = path_in(p->store.path, stage);
	struct names n = list(p, folder);

	for (size_t i = 0; i < n.count; i++)
		verify_file(p, folder, stage, n.items[i]);
	verify_marks(p, folder, stage);
	drop(&n);
	free(folder);
}

static int verify(struct state *p)
{
	struct names n = list(p, p->store.path);
	char *clock = path_in(p->store.path, "clock");

	verify_side(p, clock, NULL);
	for (size_t i = 0; i < n.count; i++)
		if (begins(n.items[i], "pw-"))
			verify_stage(p, n.items[i]);
	drop(&n);
	free(clock);
	return p->faults > 0 ? PW_STATE : PW_OK;
}

/* ---- main ---- */

static void check_arguments(struct state *p)
{
	if (p->tool.arg_count != 1)
		must(p,
		     pw_fail(PW_USAGE, "1 state directory expected, %d given", p->tool.arg_count));
	if (p->o.verify + p->o.reset + (p->o.forget != NULL) > 1)
		must(p, pw_fail(PW_USAGE, "--verify, --reset and --forget do not go together"));
}

int main(int argc, char **argv)
{
	static struct state p;
	int status = PW_OK;

	pw_tool_start(&p.tool, &program, argc, argv, &p.o);
	check_arguments(&p);
	const char *directory = p.tool.args[0];
	if (p.o.reset) {
		must(&p, pw_store_reset(directory));
	} else if (p.o.forget != NULL) {
		must(&p, pw_store_forget(directory, p.o.forget));
	} else {
		const int known = must(&p, pw_store_look(&p.store, directory, &p.alive));
		if (p.o.verify)
			status = verify(&p);
		else
			show(&p, known);
		pw_store_close(&p.store);
	}
	if (fflush(stdout) != 0)
		must(&p, pw_fail_system("stdout"));
	return status;
}
