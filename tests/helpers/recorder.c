/*
 * recorder - a sink with state, as small as one can be, for tests
 *
 *   recorder FILE
 *
 * Appends a line "TIME KEY VALUE DIFF" per change of a stream of (k str, int)
 * to FILE, commit by commit, and records FILE's length at times of the grid.
 * After each record it makes the file FILE.recorded-C, C the time; at END
 * FILE.recorded-end if that was complete. What FILE holds beyond the record is
 * cut off at the start.
 */
#include "../../lib/base/io.h"
#include "../../lib/store/record.h"
#include "../../lib/tool/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct pw_option table[] = {{0}};
static const struct pw_program program = {.name = "pw-recorder",
					  .summary = "record a stream",
					  .synopsis = "FILE",
					  .examples = "",
					  .options = table,
					  .sink = true};

static struct pw_tool tool;
static struct pw_record record;
static FILE *file;
static struct {
	pw_time time;
	long length;
} points[1024];
static size_t point_count;

static void note(const char *what)
{
	char *path = pw_mem_print("%s.recorded-%s", tool.args[0], what);

	fclose(fopen(path, "w"));
	free(path);
}

static long length(void)
{
	fflush(file);
	return ftell(file);
}

static void save(pw_time time, long at, bool complete)
{
	char text[32];

	if (pw_io()->fsync(fileno(file)) < 0)
		pw_must(&tool, pw_fail_system("fsync"));
	pw_must(&tool,
		pw_record_save(&record, time, complete, complete && tool.ending == PW_FINISHED,
			       json_pack("{s:i}", "length", (int)at)));
	snprintf(text, sizeof text, "%" PRIu64, time);
	note(complete ? "end" : text);
}

static void begin(void)
{
	long at = 0;

	pw_must(&tool, pw_record_open(&record, pw_tool_store(&tool)));
	file = fopen(tool.args[0], "a+");
	if (record.destination != NULL && !record.reset)
		at = (long)json_integer_value(json_object_get(record.destination, "length"));
	if (file == NULL || ftruncate(fileno(file), at) < 0 || fseek(file, 0, SEEK_END) < 0)
		pw_must(&tool, pw_fail_system(tool.args[0]));
}

static void take(const struct pw_batch *b)
{
	for (uint32_t i = 0; i < b->rows; i++) {
		const pw_time time = pw_batch_time(b, i);
		const struct pw_slice key = pw_column_text(&b->columns[0], i);
		if (time < record.time)
			continue;
		fprintf(file, "%" PRIu64 " %.*s %lld %lld\n", time, (int)key.length, key.data,
			(long long)pw_column_int(&b->columns[1], i),
			(long long)pw_batch_diff(b, i));
	}
}

static void passed(pw_time frontier)
{
	const pw_time c = pw_store_grid_below(pw_tool_store(&tool), frontier);

	if (c > record.time && (point_count == 0 || c > points[point_count - 1].time)) {
		points[point_count].time = c;
		points[point_count++].length = length();
	}
}

static void durable(pw_time d)
{
	size_t n = 0;

	while (n < point_count && points[n].time <= d)
		n++;
	if (n == 0)
		return;
	save(points[n - 1].time, points[n - 1].length, false);
	memmove(points, points + n, (point_count - n) * sizeof *points);
	point_count -= n;
}

int main(int argc, char **argv)
{
	struct pw_event ev;

	pw_tool_start(&tool, &program, argc, argv, NULL);
	pw_tool_input(&tool);
	const struct pw_schema *schema = &pw_tool_head(&tool, 0)->schema;
	if (schema->count != 2 || schema->fields[0].type.base != PW_STR ||
	    schema->fields[1].type.base != PW_INT)
		pw_must(&tool, pw_fail(PW_USAGE, "a stream of (str, int) is needed"));
	begin();
	while (pw_tool_next(&tool, &ev)) {
		if (ev.kind == PW_EVENT_BATCH)
			take(ev.batch);
		else if (ev.kind == PW_EVENT_FRONTIER)
			passed(ev.time);
		else if (ev.kind == PW_EVENT_DURABLE)
			durable(ev.time);
		else if (ev.kind == PW_EVENT_END && pw_tool_durable(&tool) == PW_TIME_END)
			save(ev.time, length(), true);
	}
	fclose(file);
	return pw_tool_finish(&tool);
}
