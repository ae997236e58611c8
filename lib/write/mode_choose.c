#include "../base/io.h"
#include "../base/magic.h"
#include "../conn/paths.h"
#include "../fmt/live.h"
#include "mode_internal.h"

#include <limits.h>
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

/* By the suffix; NULL: it is that of a format which is not written. */
static const struct pw_writer_kind *kind_of_name(const char *path)
{
	const struct pw_writer_kind *kind = pw_writer_kind_of_path(path);
	const struct pw_magic *other = kind == &pw_writer_lines ? pw_magic_of_path(path) : NULL;

	if (other == NULL)
		return kind;
	pw_fail(PW_USAGE,
		"%s: its name says %s, which is not written: choose another name and convert the "
		"file, or say with -f what is to be in it",
		path, other->name);
	return NULL;
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
		s->format = kind_of_name(s->to.name);
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

/* ---- a pipeline that would read what it writes ---- */

/* A destination, and how the pipeline comes to it. */
struct written {
	const char *path;
	bool redirected; /* by the shell, which has emptied the file or adds to it */
	bool goes_on;    /* the stream is followed, or a later run goes on with it */
};

/* The file that standard output was redirected to; NULL: it is none. The caller frees it. */
static char *redirected_to(void)
{
	char path[PATH_MAX];
	struct stat st;

	if (pw_io()->fstat(STDOUT_FILENO, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	const ssize_t n = readlink("/proc/self/fd/1", path, sizeof path - 1);
	return n <= 0 ? NULL : pw_mem_copy(path, (size_t)n);
}

/*
 * A directory or a pattern would stand for the destination too, next time if not
 * now. A file that is read once and then replaced is what it was as long as it
 * is read.
 */
static int check_source(struct pw_tool *tool, const struct written *w, const char *source,
			size_t sources)
{
	struct stat st;
	const bool file = pw_io()->stat(source, &st) == 0 && S_ISREG(st.st_mode);

	if (strcmp(source, "-") == 0 || !pw_paths_take(source, w->path))
		return 0;
	if (file && w->redirected)
		return pw_fail(PW_USAGE,
			       "%s: is written through > or >> and read by the same pipeline: name"
			       " it as an argument of pw-write, which replaces it at the end",
			       source);
	if (!file || w->goes_on)
		return pw_fail(PW_USAGE,
			       "%s: is among the sources '%s', so that the pipeline would"
			       " read what it writes: write elsewhere, or to a name that"
			       " begins with a dot",
			       w->path, source);
	if (sources > 1)
		pw_tool_say(tool,
			    "%s: is also one of %zu sources of pw-read; if the shell has put it"
			    " there, quote the pattern",
			    w->path, sources);
	return 0;
}

static bool is_source(const char *option)
{
	return strncmp(option, "--", 2) != 0;
}

static int check_sources(struct pw_tool *tool, const struct written *w,
			 const struct pw_stage *stage)
{
	size_t sources = 0;
	int result = 0;

	for (size_t i = 0; i < stage->input_count && result == 0; i++)
		result = check_sources(tool, w, &stage->inputs[i]);
	if (result < 0 || strcmp(stage->program, "pw-read") != 0)
		return result;
	for (size_t i = 0; i < stage->option_count; i++)
		sources += is_source(stage->options[i]);
	for (size_t i = 0; i < stage->option_count && result == 0; i++)
		if (is_source(stage->options[i]))
			result = check_source(tool, w, stage->options[i], sources);
	return result;
}

static int check_written(const struct pw_mode *s)
{
	const struct pw_head *head = pw_tool_head(s->tool, 0);
	const bool standard = strcmp(s->to.name, "-") == 0;
	char *path = standard                ? redirected_to()
		     : s->dest_kind->is_file ? pw_mem_print("%s", s->to.name)
					     : NULL;
	const struct written w = {path, standard, head->followed || head->state != NULL};
	const int result = path == NULL ? 0 : check_sources(s->tool, &w, &head->stage);

	free(path);
	return result;
}

/*
 * A file waits for the end of the stream. A stream that is followed has no end
 * before it is stopped, and its file does not wait. With --every a table does
 * not wait either, whatever the stream.
 */
static int choose_time(struct pw_mode *s)
{
	const struct pw_head *head = pw_tool_head(s->tool, 0);

	if (check_written(s) < 0)
		return -1;
	if (!s->dest_kind->is_file || s->schema->is_static)
		return 0;
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
