/*
 * scripted - a reader with state that does what its stdin says, for tests
 *
 *   scripted [--name NAME] [--interval MS] DIR [LOG]
 *
 * Lines of stdin:
 *   row TIME KEY VALUE DIFF   |  frontier TIME  |  durable TIME|end  |  flush
 *   wait FILE (until it is there)  |  end suspended|finished  |  die
 *
 * Rows below the restart point are left out. Columns are k str, v int. LOG gets a line "run R S interval finished" when it
 * has entered.
 */
#include "../../lib/base/io.h"
#include "../../lib/tool/state.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
	uint64_t interval;
} options;

static const struct pw_option table[] = {
	{0, "interval", "MS", PW_OPTION_COUNT, 0, false, "of the grid"}, {0}};

static const struct pw_program program = {.name = "pw-scripted",
					  .summary = "do what stdin says",
					  .synopsis = "DIR [LOG]",
					  .examples = "",
					  .options = table};

static struct pw_tool tool;
static struct pw_schema schema;
static struct pw_builder rows;

static void flush_rows(void)
{
	if (rows.rows > 0)
		pw_tool_batch(&tool, pw_builder_view(&rows));
	pw_builder_clear(&rows);
}

static pw_time time_of(const char *text)
{
	pw_time t = 0;

	pw_must(&tool, pw_time_parse(pw_slice_of(text), &t));
	return t;
}

static void row(const char *line)
{
	char time[32], key[64];
	long long value, diff;

	if (sscanf(line, "row %31s %63s %lld %lld", time, key, &value, &diff) != 4)
		pw_must(&tool, pw_fail(PW_USAGE, "what is '%s'?", line));
	if (time_of(time) < pw_tool_store(&tool)->restart)
		return;
	pw_vector_text(&rows.vectors[0], key, strlen(key));
	pw_vector_word(&rows.vectors[1], value);
	pw_builder_row(&rows, time_of(time), diff);
}

static void await(const char *path)
{
	while (access(path, F_OK) != 0)
		usleep(2000);
}

static void obey(char *line)
{
	char word[256] = "", what[256] = "";

	sscanf(line, "%255s %255s", word, what);
	if (strcmp(word, "row") == 0) {
		row(line);
		return;
	}
	flush_rows();
	if (strcmp(word, "frontier") == 0)
		pw_tool_frontier(&tool, time_of(what));
	else if (strcmp(word, "durable") == 0)
		pw_tool_durable_below(&tool, time_of(what));
	else if (strcmp(word, "flush") == 0)
		pw_tool_flush(&tool);
	else if (strcmp(word, "wait") == 0) {
		pw_tool_flush(&tool);
		await(what);
	} else if (strcmp(word, "end") == 0) {
		if (strcmp(what, "suspended") == 0)
			pw_tool_suspend(&tool);
		exit(pw_tool_finish(&tool));
	} else if (strcmp(word, "die") == 0) {
		kill(getpid(), 9);
	} else
		pw_must(&tool, pw_fail(PW_USAGE, "what is '%s'?", line));
}

int main(int argc, char **argv)
{
	char line[512];

	pw_tool_start(&tool, &program, argc, argv, &options);
	pw_tool_enter(&tool, tool.args[0], options.interval);
	const struct pw_store *s = pw_tool_store(&tool);
	if (tool.arg_count > 1) {
		FILE *log = fopen(tool.args[1], "a");
		fprintf(log, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %d\n", s->run,
			s->restart, s->start, s->interval, s->finished);
		fclose(log);
	}
	pw_must(&tool,
		pw_schema_add(&schema, PW_SLICE("k"), (struct pw_type){.base = PW_STR}, false));
	pw_must(&tool,
		pw_schema_add(&schema, PW_SLICE("v"), (struct pw_type){.base = PW_INT}, false));
	pw_builder_init(&rows, &schema);
	pw_tool_output(&tool, &schema, "none");
	while (fgets(line, sizeof line, stdin) != NULL)
		obey(line);
	return PW_DATA; /* without END */
}
