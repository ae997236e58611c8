/*
 * pw-diff - are two streams equal at every time? (lib/op/difference)
 *
 * Rows are compared where a commit is complete in both streams. The first
 * difference ends the program.
 */
#include "../lib/data/splitter.h"
#include "../lib/op/align.h"
#include "../lib/op/difference.h"

#include <stddef.h>
#include <stdio.h>

struct options {
	uint64_t rows, memory;
	bool final;
};

static const struct pw_option option_table[] = {
	{'n', "rows", "N", PW_OPTION_COUNT, offsetof(struct options, rows), false,
	 "show at most N rows that differ (default 10)"},
	{0, "final", NULL, PW_OPTION_FLAG, offsetof(struct options, final), true,
	 "compare the last tables alone"},
	{0, "memory", "SIZE", PW_OPTION_SIZE, offsetof(struct options, memory), false,
	 "memory for rows that differ and rows ahead (default: a quarter of RAM)"},
	{0}};

static const struct pw_program program = {
	.name = "pw-diff",
	.summary = "compare two streams at every time",
	.synopsis = "[-n N] [--final] A B",
	.examples = "  pw-diff yesterday.pws today.pws\n"
		    "  pw-read a.csv | pw-groupby -k city count | pw-diff - saved.pws\n"
		    "  pw-diff --final exec:'sh old.sh' exec:'sh new.sh'\n",
	.options = option_table,
	.sink = true,
};

struct diff {
	struct pw_tool tool;
	struct options o;
	const char *names[2];
	struct pw_schema schema[2]; /* copies: those of the inputs go with their END */
	struct pw_difference difference;
	struct pw_splitter commit;
	const struct pw_batch *batch; /* in hand, of that input */
	int input;
	uint64_t times; /* how many have been compared */
	bool differs;
};

static void must(struct diff *d, int x)
{
	pw_must(&d->tool, x);
}

/* ---- what is told ---- */

/* The input that stopped before its stream was whole, and earliest; -1: none did. */
static int suspended(const struct diff *d)
{
	int first = -1;

	for (int i = 0; i < 2; i++) {
		const struct pw_input *in = &d->tool.inputs[i];

		if (in->ended && in->ending == PW_SUSPENDED &&
		    (first < 0 || in->reached < d->tool.inputs[first].reached))
			first = i;
	}
	return first;
}

/* Times at or above this are not complete in both streams, and so not compared. */
static pw_time limit(const struct diff *d)
{
	const int stopped = suspended(d);

	return stopped < 0 || d->o.final ? PW_TIME_NONE : d->tool.inputs[stopped].reached;
}

static void print_time(struct pw_bytes *text, pw_time time)
{
	if (time == PW_TIME_END)
		pw_bytes_text(text, "the end");
	else
		pw_bytes_print(text, "time %" PRIu64, time);
}

static void print_rows(struct diff *d, struct pw_bytes *text)
{
	const uint32_t count = pw_difference_count(&d->difference);
	const uint32_t *slots = pw_difference_sort(&d->difference);
	struct pw_bytes row = {0};

	for (uint32_t i = 0; i < count && i < d->o.rows; i++) {
		pw_bytes_clear(&row);
		const pw_diff more = pw_difference_row(&d->difference, slots[i], &row);

		pw_bytes_print(text, "%c %" PRIu64 "  %s\n", more > 0 ? '<' : '>',
			       more > 0 ? (uint64_t)more : -(uint64_t)more, pw_bytes_string(&row));
	}
	if (count > d->o.rows && d->o.rows > 0)
		pw_bytes_print(text, "and %" PRIu64 " more\n", count - d->o.rows);
	pw_bytes_release(&row);
}

/* Where the tables differ: on stdout the time and rows, on stderr the summary. */
static void tell_difference(struct diff *d, const char *when)
{
	const uint32_t count = pw_difference_count(&d->difference);
	struct pw_bytes text = {0};

	pw_bytes_print(&text, "%s\n", when);
	print_rows(d, &text);
	if (fwrite(text.data, 1, text.length, stdout) != text.length || fflush(stdout) != 0)
		must(d, pw_fail_system("stdout: write"));
	pw_bytes_release(&text);
	pw_tool_say(&d->tool,
		    "the streams differ at %s: %" PRIu32 " row%s (<: copies more in %s; >: in %s)",
		    when, count, count == 1 ? "" : "s", d->names[0], d->names[1]);
	d->differs = true;
}

static void tell_equal(struct diff *d)
{
	const int stopped = suspended(d);
	struct pw_bytes text = {0};

	if (d->o.final)
		pw_bytes_text(&text, "the last tables are equal");
	else
		pw_bytes_print(&text, "the streams are equal at %" PRIu64 " time%s", d->times,
			       d->times == 1 ? "" : "s");
	if (stopped >= 0 && !d->o.final) {
		pw_bytes_text(&text, "; not compared from ");
		print_time(&text, limit(d));
		pw_bytes_print(&text, " on, where %s was suspended", d->names[stopped]);
	}
	pw_tool_say(&d->tool, "%s", pw_bytes_string(&text));
	pw_bytes_release(&text);
}

/* ---- rows and commits ---- */

static int take_rows(void *of, const struct pw_batch *batch, uint32_t from, uint32_t count)
{
	struct diff *d = of;

	if (d->differs || d->commit.time >= limit(d))
		return 0;
	return pw_difference_add(&d->difference, d->input, batch, from, count);
}

static int close_commit(void *of)
{
	struct diff *d = of;
	struct pw_bytes when = {0};

	if (d->differs || d->o.final)
		return 0;
	if (d->commit.time >= limit(d)) { /* rows that had come before its stream stopped */
		pw_difference_clear(&d->difference);
		return 0;
	}
	d->times++;
	if (pw_difference_count(&d->difference) > 0) {
		print_time(&when, d->commit.time);
		tell_difference(d, pw_bytes_string(&when));
		pw_bytes_release(&when);
	}
	return 0;
}

static const struct pw_splitter_user user = {.rows = take_rows, .commit = close_commit};

static void watch_memory(struct diff *d)
{
	const size_t bytes = pw_difference_bytes(&d->difference);

	d->tool.state_bytes = bytes;
	if (bytes > d->tool.budget.limit)
		must(d, pw_fail(PW_SYSTEM,
				"the rows that differ have outgrown the memory allowed: %zu MB, "
				"and --memory is %zu MB",
				bytes >> 20, d->tool.budget.limit >> 20));
}

/* The last table of a stream that stopped in the middle of a commit is not known. */
static void check_whole(struct diff *d)
{
	for (int i = 0; i < 2; i++) {
		const struct pw_input *in = &d->tool.inputs[i];

		if (in->ending == PW_SUSPENDED && in->source.dated &&
		    in->source.last >= in->reached)
			must(d, pw_fail(PW_DATA,
					"%s: suspended in the middle of a commit: its last table "
					"is not known",
					d->names[i]));
	}
}

static void take(struct diff *d, const struct pw_event *ev, const struct pw_lane_rows *rows)
{
	switch (ev->kind) {
	case PW_EVENT_BATCH:
		d->input = ev->input;
		if (rows->fresh)
			pw_difference_begin(&d->difference, d->input, rows->batch);
		must(d, pw_splitter_runs(&d->commit, &user, d, rows->batch, rows->run,
					 rows->run_count, rows->from));
		watch_memory(d);
		break;
	case PW_EVENT_FRONTIER:
		must(d, pw_splitter_frontier(&d->commit, &user, d, ev->time));
		break;
	case PW_EVENT_END:
		if (d->o.final)
			check_whole(d);
		must(d, pw_splitter_finish(&d->commit, &user, d));
		break;
	case PW_EVENT_HEAD:
	case PW_EVENT_DURABLE:
		break;
	}
}

/* ---- start ---- */

static int check_inputs(const struct diff *d)
{
	if (d->tool.arg_count != 2)
		return pw_fail(PW_USAGE, "2 inputs expected, %d given: A and B (- is stdin)",
			       d->tool.arg_count);
	return 0;
}

static void open_streams(struct diff *d)
{
	pw_tool_streams(&d->tool, d->tool.args, NULL, 2);
	for (size_t i = 0; i < 2; i++) {
		pw_schema_copy(&d->schema[i], &pw_tool_head(&d->tool, i)->schema);
		d->names[i] = d->tool.inputs[i].name;
	}
	must(d, pw_difference_init(&d->difference, &d->schema[0], &d->schema[1], d->names));
	pw_tool_sink(&d->tool, d->o.final
				       ? "the rows in which the tables differ; grows with them"
				       : "the rows of a commit that one input has brought and the "
					 "other has not; grows with them");
}

int main(int argc, char **argv)
{
	static struct diff d = {.o = {.rows = 10}};
	struct pw_lane_rows rows;
	struct pw_align align;
	struct pw_event ev;

	pw_tool_start(&d.tool, &program, argc, argv, &d.o);
	must(&d, check_inputs(&d));
	d.tool.budget.limit = d.o.memory;
	open_streams(&d);
	pw_align_open(&align, &d.tool, d.schema, false);
	while (!d.differs && pw_align_next(&align, &ev, &rows))
		take(&d, &ev, &rows);
	if (d.o.final && pw_difference_count(&d.difference) > 0)
		tell_difference(&d, "the end");
	if (d.differs)
		return PW_NO;
	if (d.tool.ending == PW_SUSPENDED && suspended(&d) < 0) /* by a signal */
		return PW_STOPPED;
	tell_equal(&d);
	return pw_tool_finish(&d.tool);
}
