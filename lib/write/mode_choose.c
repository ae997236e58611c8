#include "../conn/paths.h"
#include "../fmt/live.h"
#include "mode_internal.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- the terminal ---- */

static bool to_terminal(const struct pw_mode *s)
{
	return strcmp(s->to.name, "-") == 0 && isatty(STDOUT_FILENO);
}

size_t pw_mode_screen_width(const struct pw_mode *s)
{
	size_t columns = 0, lines;

	if (to_terminal(s))
		pw_live_size(STDOUT_FILENO, &columns, &lines);
	return columns;
}

/* A dumb terminal has no colours, and its cursor can't be moved. */
static bool is_dumb(void)
{
	const char *term = getenv("TERM");

	return term != NULL && strcmp(term, "dumb") == 0;
}

static bool has_colour(const struct pw_mode *s)
{
	const char *no = getenv("NO_COLOR");

	return to_terminal(s) && (no == NULL || *no == '\0') && !is_dumb();
}

/* ---- the format ---- */

static int check_saved(const struct pw_mode *s)
{
	if (s->table || s->how.changes || s->to.append)
		return pw_fail(PW_USAGE, "a stream is saved whole: --table, --changes and --append"
					 " do not go with pws");
	if (pw_dest_compresses(s->dest_kind, s->to.name))
		return pw_fail(PW_USAGE,
			       "a stream is compressed with -z, and its name ends in .pws");
	if (to_terminal(s))
		return pw_fail(PW_USAGE, "a stream is binary and does not go to a terminal");
	return 0;
}

int pw_mode_choose_format(struct pw_mode *s, const char *name)
{
	if (name != NULL)
		s->format = pw_writer_kind_named(name);
	else if (to_terminal(s))
		s->format = &pw_writer_pretty;
	else if (!s->dest_kind->is_file)
		s->format = &pw_writer_csv;
	else
		s->format = pw_writer_kind_of_path(s->to.name);
	if (s->format == NULL)
		return -1;
	s->how.colour = has_colour(s);
	s->how.width = pw_mode_screen_width(s);
	return s->format == &pw_writer_pws ? check_saved(s) : 0;
}

/* ---- the mode ---- */

/* What fits the stream and the terminal; NULL: nothing but what an option asks for. */
static const struct pw_mode_kind *kind_of(const struct pw_mode *s)
{
	const bool shown =
		to_terminal(s) && s->format == &pw_writer_pretty && !s->schema->is_static;
	const bool live = shown && !is_dumb();

	if (s->format == &pw_writer_pws)
		return &pw_mode_stream;
	if (s->how.changes)
		return &pw_mode_changes;
	if ((s->table && !live) || (shown && !live && !s->schema->append_only))
		return s->schema->append_only ? &pw_mode_sorted : &pw_mode_table;
	if (s->schema->append_only && !s->table)
		return &pw_mode_rows;
	if (s->schema->is_static)
		return &pw_mode_once;
	return live ? &pw_mode_live : NULL;
}

/* A reader that goes on would read what is written among its sources. */
static int check_sources(const struct pw_mode *s, const struct pw_stage *stage)
{
	for (size_t i = 0; i < stage->input_count; i++)
		if (check_sources(s, &stage->inputs[i]) < 0)
			return -1;
	if (strcmp(stage->program, "pw-read") != 0)
		return 0;
	for (size_t i = 0; i < stage->option_count; i++)
		if (strncmp(stage->options[i], "--", 2) != 0 &&
		    pw_paths_take(stage->options[i], s->to.name))
			return pw_fail(PW_USAGE,
				       "%s: is among the sources '%s', so that the pipeline would"
				       " read what it writes: write elsewhere, or to a name that"
				       " begins with a dot",
				       s->to.name, stage->options[i]);
	return 0;
}

/*
 * A file waits for the end of the stream. A stream that is followed has no end
 * before it is stopped, and its file does not wait. With --every a table does
 * not wait either, whatever the stream.
 */
static int choose_time(struct pw_mode *s)
{
	const struct pw_head *head = pw_tool_head(s->tool, 0);

	if (!s->dest_kind->is_file || s->schema->is_static)
		return 0;
	if ((head->followed || head->state != NULL) && check_sources(s, &head->stage) < 0)
		return -1;
	s->at_once = head->followed || (s->kind->replaces && s->every > 0);
	if (s->at_once && head->state == NULL && !s->kind->replaces && !s->to.append &&
	    !s->to.anew && pw_dest_holds(s->to.name))
		return pw_fail(PW_USAGE,
			       "%s: is there already, and rows of a stream that is followed go"
			       " straight to it: add --append to add to it, or --force to begin it"
			       " anew",
			       s->to.name);
	return 0;
}

int pw_mode_choose(struct pw_mode *s)
{
	s->kind = kind_of(s);
	if (s->kind == NULL)
		return pw_fail(PW_USAGE,
			       "the stream takes rows back, which rows alone cannot show: add"
			       " --table for the current table, or --changes for every change");
	return choose_time(s);
}
