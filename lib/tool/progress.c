#include "../base/io.h"
#include "progress_internal.h"

#include <stdio.h>
#include <unistd.h>

enum { LOOK_EVERY = 16, FIRST_MS = 2000, REDRAW_MS = 250, LINE_MS = 5000 };

void pw_progress_start(struct pw_tool *t)
{
	t->started = pw_io_ms();
}

static double scaled(double x, const char **unit)
{
	*unit = x >= 1e9 ? " G" : x >= 1e6 ? " M" : x >= 1e3 ? " K" : " ";
	return x >= 1e9 ? x / 1e9 : x >= 1e6 ? x / 1e6 : x >= 1e3 ? x / 1e3 : x;
}

static void show(struct pw_tool *t, int64_t now, bool redraw)
{
	const double rows = (double)(t->input_count > 0 ? t->rows_in : t->rows_out);
	const char *unit, *rate_unit;
	const double n = scaled(rows, &unit);
	const double rate = scaled(rows * 1000 / (double)(now - t->started), &rate_unit);

	fprintf(stderr, "%s%s: %.1f%srows, %.1f%srows/s%s", redraw ? "\r\033[K" : "",
		pw_tool_stage(t), n, unit, rate, rate_unit, redraw ? "" : "\n");
	fflush(stderr);
	t->shown = now;
}

void pw_progress_look(struct pw_tool *t)
{
	if (++t->looks % LOOK_EVERY != 0 || t->common.quiet ||
	    (!t->common.progress && t->input_count > 0))
		return;
	const bool terminal = isatty(STDERR_FILENO);
	if (!t->common.progress &&
	    (!terminal || t->follows)) /* a run without an end is no long run */
		return;
	const int64_t now = pw_io_ms();
	const int64_t due = t->shown == 0 ? t->started + (terminal ? FIRST_MS : LINE_MS)
					  : t->shown + (terminal ? REDRAW_MS : LINE_MS);
	if (now >= due)
		show(t, now, terminal);
}

void pw_progress_clear(struct pw_tool *t)
{
	if (t->shown != 0 && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	t->shown = 0;
}

void pw_progress_print(struct pw_tool *t, struct pw_bytes *lines)
{
	pw_progress_clear(t);
	fputs(pw_bytes_string(lines), stderr); /* unbuffered: one write */
}
