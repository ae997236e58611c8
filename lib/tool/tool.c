#include "tool.h"
#include "../base/hash.h"
#include "../base/io.h"
#include "display_internal.h"
#include "input_internal.h"
#include "progress_internal.h"
#include "reject.h"
#include "report_internal.h"
#include "signal.h"
#include "state_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The one tool of the process: on_exhausted is told no context. */
static struct pw_tool *the_tool;

static void on_exhausted(void)
{
	if (the_tool == NULL || the_tool->program->sink)
		return;
	if (the_tool->has_output)
		pw_output_end(&the_tool->output, PW_FAILED, PW_SYSTEM, 0);
}

/*
 * The next file that is opened would get the number of a closed descriptor, and
 * then our messages. So each of 0 to 2 that is closed is opened the wrong way
 * round: using it fails as if it were closed still.
 */
static void occupy_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			_exit(PW_SYSTEM);
}

/* So jansson always has memory too, or the program ends. */
static void *json_memory(size_t bytes)
{
	return pw_mem_alloc(bytes, 1);
}

static void help(const struct pw_program *program)
{
	struct pw_bytes b = {0};

	pw_option_help(&b, program);
	const int rc = pw_io_write_full(STDOUT_FILENO, b.data, b.length);
	pw_bytes_release(&b);
	exit(rc < 0 ? PW_SYSTEM : PW_OK);
}

void pw_tool_start(struct pw_tool *t, const struct pw_program *program, int argc, char **argv,
		   void *options)
{
	*t = (struct pw_tool){.program = program};
	the_tool = t;
	pw_mem_on_exhausted(on_exhausted);
	occupy_descriptors();
	pw_signal_start();
	json_set_alloc_funcs(json_memory, free);
	pw_hash_start();
	pw_progress_start(t);
	pw_must(t, pw_option_parse(program, argc, argv, options, &t->common, &t->command));
	pw_must(t, pw_reject_word(t->common.on_error));
	pw_report_start(t);
	t->args = t->command.args;
	t->arg_count = t->command.arg_count;
	if (t->common.help)
		help(program);
	if (t->common.version) {
		printf("%s (pw) %s\n", program->name, PW_VERSION);
		exit(fflush(stdout) == 0 ? PW_OK : PW_SYSTEM);
	}
}

const char *pw_tool_stage(const struct pw_tool *t)
{
	return t->common.name != NULL ? t->common.name : t->program->name;
}

void pw_tool_say(struct pw_tool *t, const char *format, ...)
{
	struct pw_bytes text = {0}, line = {0};
	va_list args;

	if (t->common.quiet)
		return;
	va_start(args, format);
	pw_bytes_vprint(&text, format, args);
	va_end(args);
	pw_bytes_print(&line, "%s: ", t->program->name);
	pw_bytes_shown(&line, pw_bytes_string(&text));
	pw_bytes_put(&line, '\n');
	pw_progress_print(t, &line);
	pw_bytes_release(&line);
	pw_bytes_release(&text);
}

/* Ends the stream as failed, and the program. The stream may not have begun yet. */
static _Noreturn void leave(struct pw_tool *t, enum pw_status status)
{
	const bool headed = t->has_output && t->output.begun;

	if (!t->has_output && !t->program->sink && !isatty(STDOUT_FILENO)) {
		pw_output_open(&t->output, STDOUT_FILENO, false);
		t->has_output = true;
	}
	if (t->has_output && !t->output.gone && !t->output.ended)
		pw_output_end(&t->output, PW_FAILED, status, 0);
	if (t->state != NULL && headed && !t->output.gone)
		pw_state_linger(t);
	if (t->has_output)
		pw_output_close(&t->output);
	pw_display_wait(t);
	exit((int)status);
}

/* Ends downstream of a failed stage, or beside a refused one: with its status, and no message. */
void pw_tool_follow(struct pw_tool *t, enum pw_status status)
{
	pw_progress_clear(t);
	leave(t, status != PW_OK ? status : PW_SYSTEM);
}

void pw_tool_fail(struct pw_tool *t)
{
	const enum pw_status status = pw_fail_status();

	if (t->has_output && t->output.gone)
		pw_tool_reader_gone(t);
	if (pw_signal_stalled()) /* nothing more can be said downstream */
		exit(PW_STOPPED);
	if (t->state != NULL && t->state->store.refused != PW_OK)
		pw_tool_follow(t, t->state->store.refused);
	pw_progress_clear(t);
	fprintf(stderr, "%s: %s\n", t->program->name, pw_fail_text());
	leave(t, status != PW_OK ? status : PW_SYSTEM);
}

int pw_must(struct pw_tool *t, int x)
{
	if (x < 0)
		pw_tool_fail(t);
	return x;
}

static void say_schema(struct pw_bytes *b, const char *program, const char *what,
		       const struct pw_schema *s)
{
	pw_bytes_print(b, "%s: %s: ", program, what);
	pw_schema_print(b, s);
	pw_bytes_print(b, "%s%s\n", s->append_only ? "; append-only" : "",
		       s->is_static ? "; static" : "");
}

/*
 * Check mode: prints what goes in and out. The stages upstream have printed
 * theirs by then, as a stage ends its stream only after that.
 */
static void print_check(struct pw_tool *t, const struct pw_schema *schema, const char *state)
{
	struct pw_bytes b = {0};
	struct pw_event ev;

	for (size_t i = 0; i < t->input_count; i++)
		say_schema(&b, t->program->name, t->inputs[i].name,
			   &t->inputs[i].source.head.schema);
	if (schema != NULL)
		say_schema(&b, t->program->name, "output", schema);
	t->report = NULL;
	pw_bytes_print(&b, "%s: state: %s\n", t->program->name, state != NULL ? state : "none");
	while (pw_tool_next(t, &ev))
		;
	pw_progress_print(t, &b);
	pw_bytes_release(&b);
}

/* The head of this stage's stream: its schema, and the stages upstream. */
static void make_head(const struct pw_tool *t, const struct pw_schema *schema, struct pw_head *head)
{
	*head = (struct pw_head){
		.schema = *schema,
		.followed = t->follows,
		.stage =
			{
				.program = (char *)t->program->name,
				.name = (char *)t->common.name,
				.options = t->command.canonical,
				.option_count = t->command.canonical_count,
				.input_count = t->input_count,
			},
	};
	head->stage.inputs = pw_mem_alloc(t->input_count, sizeof *head->stage.inputs);
	for (size_t i = 0; i < t->input_count; i++) {
		const struct pw_head *in = &t->inputs[i].source.head;
		head->stage.inputs[i] = in->stage;
		head->check |= in->check;
		head->followed |= in->followed;
		if (in->state != NULL) {
			head->state = in->state;
			head->run = in->run;
		}
	}
	if (t->state != NULL) {
		head->state = t->state->store.path;
		head->run = t->state->store.run;
	}
}

static void open_output(struct pw_tool *t, const struct pw_schema *schema, const char *state,
			bool check)
{
	const bool show = isatty(STDOUT_FILENO);
	struct pw_head head;

	make_head(t, schema, &head);
	head.check |= check;
	if (t->state != NULL) {
		pw_state_check_output(t);
		pw_state_refuse(t);
	}
	const int fd = show && !head.check ? pw_must(t, pw_display_start(t)) : STDOUT_FILENO;
	if (!show || !head.check) {
		pw_output_open(&t->output, fd, t->common.compress && !show);
		t->has_output = true;
		if (pw_output_head(&t->output, &head) < 0)
			pw_must(t, pw_fail_at("stdout"));
	}
	free(head.stage.inputs);
	if (head.check) {
		/* Reads the inputs to their end, where their heads are released. */
		print_check(t, schema, state);
		exit(pw_tool_finish(t));
	}
	if (t->state != NULL)
		pw_state_check_registered(t);
}

void pw_tool_output(struct pw_tool *t, const struct pw_schema *schema, const char *state)
{
	open_output(t, schema, state, false);
}

void pw_tool_output_check(struct pw_tool *t, const struct pw_schema *schema, const char *state)
{
	open_output(t, schema, state, true);
}

void pw_tool_sink(struct pw_tool *t, const char *state)
{
	for (size_t i = 0; i < t->input_count; i++)
		if (t->inputs[i].source.head.check) {
			print_check(t, NULL, state);
			exit(pw_tool_finish(t));
		}
}

void pw_tool_sink_flush(struct pw_tool *t, int fd, void (*flush)(void *of), void *of)
{
	t->flush = flush;
	t->flush_of = of;
	t->flush_fd = fd;
}

void pw_tool_sink_flush_at(struct pw_tool *t, int64_t ms)
{
	t->flush_at = ms;
}

void pw_tool_batch(struct pw_tool *t, const struct pw_batch *batch)
{
	t->rows_out += batch->rows;
	if (t->input_count == 0)
		pw_report_rows(t, batch);
	if (t->state != NULL && t->input_count == 0 && batch->rows > 0)
		pw_state_note(t->state, batch->runs[0].time,
			      batch->runs[batch->run_count - 1].time);
	if (pw_output_batch(&t->output, batch) < 0)
		pw_must(t, pw_fail_at("stdout"));
	pw_progress_look(t);
	pw_report_look(t); /* a reader of files never waits */
}

void pw_tool_frontier(struct pw_tool *t, pw_time frontier)
{
	if (t->input_count == 0 && frontier > t->frontier)
		t->frontier = frontier;
	pw_output_frontier(&t->output, frontier);
}

void pw_tool_flush(struct pw_tool *t)
{
	if (t->flush != NULL)
		t->flush(t->flush_of);
	pw_must(t, pw_aside_flush_all(t, false));
	if (t->has_output && pw_output_flush(&t->output) < 0)
		pw_must(t, pw_fail_at("stdout"));
}

void pw_tool_suspend(struct pw_tool *t)
{
	t->ending = PW_SUSPENDED;
}

static void end_output(struct pw_tool *t)
{
	const pw_time durable = t->state != NULL ? pw_state_durable_at_end(t) : PW_TIME_END;

	if (pw_output_end(&t->output, t->ending, PW_OK, durable) < 0)
		pw_must(t, pw_fail_at("stdout"));
	if (t->state != NULL && !t->output.gone)
		pw_state_linger(t);
	pw_output_close(&t->output);
	t->has_output = false;
}

int pw_tool_finish(struct pw_tool *t)
{
	pw_progress_clear(t);
	if (t->has_output)
		end_output(t);
	const int status = pw_display_wait(t);
	if (status == PW_OK)
		pw_report_end(t);
	return status;
}
