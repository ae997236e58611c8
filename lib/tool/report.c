#include "../base/io.h"
#include "progress_internal.h"
#include "report_internal.h"
#include "signal.h"

struct pw_report {
	pw_time *open; /* times with rows that may not be complete yet, ascending, each once */
	size_t count, capacity;
	uint64_t commits;
};

void pw_report_start(struct pw_tool *t)
{
	if (t->common.verbose && !t->common.quiet)
		t->report = pw_mem_zero(1, sizeof *t->report);
}

/* Times below the frontier are complete. */
static void pass(struct pw_report *r, pw_time frontier)
{
	size_t n = 0;

	while (n < r->count && r->open[n] < frontier)
		n++;
	if (n == 0)
		return;
	r->commits += n;
	r->count -= n;
	memmove(r->open, r->open + n, r->count * sizeof *r->open);
}

/* Almost always after the last; but inputs may bring times in turn. */
static void add(struct pw_report *r, pw_time time)
{
	size_t from = 0, to = r->count;

	if (to > 0 && r->open[to - 1] < time)
		from = to;
	while (from < to) {
		const size_t middle = from + (to - from) / 2;
		if (r->open[middle] < time)
			from = middle + 1;
		else
			to = middle;
	}
	if (from < r->count && r->open[from] == time)
		return;
	r->open = pw_mem_grow(r->open, &r->capacity, r->count + 1, sizeof *r->open);
	memmove(r->open + from + 1, r->open + from, (r->count - from) * sizeof *r->open);
	r->open[from] = time;
	r->count++;
}

void pw_report_rows(struct pw_tool *t, const struct pw_batch *batch)
{
	if (t->report == NULL)
		return;
	pass(t->report, t->frontier);
	for (uint32_t i = 0; i < batch->run_count; i++)
		add(t->report, batch->runs[i].time);
}

static void begin_line(const struct pw_tool *t, struct pw_bytes *line)
{
	pw_bytes_print(line, "%s: rows in %" PRIu64 ", out %" PRIu64, pw_tool_stage(t), t->rows_in,
		       t->rows_out);
}

void pw_report_look(struct pw_tool *t)
{
	if (!pw_signal_report())
		return;

	struct pw_bytes line = {0};
	const double lag = (double)pw_io_ns(CLOCK_REALTIME) / 1e9 - (double)t->frontier / 1e3;

	begin_line(t, &line);
	pw_bytes_text(&line, ", frontier ");
	pw_time_print(&line, t->frontier);
	if (t->frontier > 0 && t->frontier < PW_TIME_END)
		pw_bytes_print(&line, ", lag %.3fs", lag > 0 ? lag : 0);
	pw_bytes_print(&line, ", state %zu bytes\n", t->state_bytes);
	pw_progress_print(t, &line);
	pw_bytes_release(&line);
}

void pw_report_end(struct pw_tool *t)
{
	struct pw_bytes line = {0};

	if (t->report == NULL)
		return;
	pass(t->report, t->ending == PW_FINISHED ? PW_TIME_END + 1 : t->frontier);
	begin_line(t, &line);
	pw_bytes_print(&line, ", commits %" PRIu64 ", state %zu bytes, %.3f s\n",
		       t->report->commits, t->state_bytes, (double)(pw_io_ms() - t->started) / 1e3);
	pw_progress_print(t, &line);
	pw_bytes_release(&line);
}
