/* The status line of a live table. */
#include "../data/text.h"
#include "live.h"

#define DAY ((int64_t)86400 * 1000)

static void add_rate(const struct pw_live *l, int64_t now, struct pw_bytes *line)
{
	const struct pw_live_sample *since = &l->samples[0];
	const int64_t ms = now - since->at;
	const double rate =
		(double)(l->changes - since->changes) * 1000 / (double)(ms > 0 ? ms : 1);

	pw_bytes_print(line, "; %.0f changes/s", rate);
}

/* The lag; of a stream whose times are days from the clock's, the frontier. */
static void add_lag(const struct pw_live *l, int64_t clock, struct pw_bytes *line)
{
	const int64_t lag = clock - (int64_t)l->frontier;

	if (l->frontier == 0 || l->frontier > (pw_time)INT64_MAX / 1000000)
		return;
	if (lag > -DAY && lag < DAY) {
		pw_bytes_print(line, "; lag %.3f s", (double)(lag > 0 ? lag : 0) / 1000);
		return;
	}
	pw_bytes_text(line, "; at ");
	pw_text_add_datetime(line, (int64_t)l->frontier * 1000000, true);
}

static bool in_number(char c)
{
	return (c >= '0' && c <= '9') || c == '.';
}

/* Cuts the line, but not within a number: that goes with what is cut off. */
static void shorten(struct pw_bytes *line, size_t columns)
{
	if (line->length <= columns)
		return;
	const bool number = in_number(line->data[columns]);
	line->length = columns;
	while (number && line->length > 0 && in_number(line->data[line->length - 1]))
		line->length--;
}

void pw_live_status(const struct pw_live *l, int64_t now, int64_t clock, struct pw_bytes *line)
{
	pw_bytes_print(line, "%" PRIu64 " row%s", l->rows, l->rows == 1 ? "" : "s");
	if (l->rows > l->shown)
		pw_bytes_print(line, ", %" PRIu64 " not shown", l->rows - l->shown);
	if (l->left_out > 0)
		pw_bytes_print(line, ", %zu column%s not shown", l->left_out,
			       l->left_out == 1 ? "" : "s");
	if (now != 0) {
		add_rate(l, now, line);
		add_lag(l, clock, line);
	}
	shorten(line, l->columns);
}
