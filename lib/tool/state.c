/*
 * The state directory, as the tool sees it: entering, the grid, DURABLE.
 *
 * Invariant: a stage whose state is registered has been handed no row of a time
 * at or above the first time of the grid after t->frontier. So when the program
 * comes back after FRONTIER C, its state is that of C.
 */
#include "state.h"
#include "../base/io.h"
#include "../base/pipes.h"
#include "../base/plant.h"
#include "../store/record.h"
#include "aside.h"
#include "input_internal.h"
#include "signal.h"
#include "state_internal.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHORT_MS = 1, LONG_MS = 20 };

/* ---- entering ---- */

/* Sleeps for *ms, or until a signal comes; *ms grows from call to call. */
static void pause_for(int *ms)
{
	struct pollfd fd = {.fd = pw_signal_fd(), .events = POLLIN};

	pw_io()->poll(&fd, 1, *ms);
	*ms = *ms * 2 < LONG_MS ? *ms * 2 : LONG_MS;
}

static bool is_power_of_two(int n)
{
	return (n & (n - 1)) == 0;
}

static void describe(const struct pw_tool *t, struct pw_state *s)
{
	struct pw_stage *inputs = pw_mem_alloc(t->input_count, sizeof *inputs);
	const struct pw_stage lent = {.program = (char *)t->program->name,
				      .name = (char *)t->common.name,
				      .options = t->command.canonical,
				      .option_count = t->command.canonical_count,
				      .inputs = inputs,
				      .input_count = t->input_count};

	for (size_t i = 0; i < t->input_count; i++)
		inputs[i] = t->inputs[i].source.head.stage;
	pw_stage_copy(&s->stage, &lent);
	free(inputs);
}

/* Do all inputs come from programs? A stream in a file may have lain there for long. */
static bool all_piped(const struct pw_tool *t)
{
	struct stat st;

	for (size_t i = 0; i < t->input_count; i++)
		if (pw_io()->fstat(t->inputs[i].source.fd, &st) < 0 || !S_ISFIFO(st.st_mode))
			return false;
	return true;
}

/* Are such stages of the run in this pipeline? Their streams come together with ours. */
static bool meets(const struct pw_store *s, enum pw_store_who who)
{
	int *processes = pw_store_processes(s, who);
	const bool ours = processes[0] != 0 && pw_pipes_meet(getpid(), processes);

	free(processes);
	return ours;
}

/*
 * A reader finds its name in the run that is alive. That may be a second copy of the
 * pipeline, or what is left of a killed one: both are waited for. But if the namesake's
 * stream comes together with ours, this pipeline has two readers of one name. And if
 * only others' streams do, they have joined what was left of a killed run that had not
 * got as far as they: then nobody can go on.
 */
static int check_namesake(const struct pw_store *s)
{
	if (meets(s, PW_STORE_NAMESAKES))
		return pw_fail(
			PW_USAGE,
			"two readers of this pipeline are called %s: give one of them --name",
			s->name);
	if (meets(s, PW_STORE_ALIVE))
		return pw_fail(PW_BUSY,
			       "%s: is in use by another run, or by what is left of one: run the"
			       " pipeline again",
			       s->path);
	return 0;
}

/* Enters that run; run 0: starts or joins one, as a reader. Waits for 10 s if other processes are in the way. */
static void enter(struct pw_tool *t, const char *directory, uint64_t run, uint64_t interval)
{
	struct pw_state *s = pw_mem_zero(1, sizeof *s);
	const int64_t began = pw_io_ms();
	bool said = false;
	int (*join)(struct pw_store *, const char *, uint64_t, const struct pw_stage *) =
		all_piped(t) ? pw_store_join_late : pw_store_join;
	int ms = SHORT_MS, tries = 0, rc;

	describe(t, s);
	for (;;) {
		rc = pw_must(t,
			     run > 0 ? join(&s->store, directory, run, &s->stage)
				     : pw_store_start(&s->store, directory, &s->stage, interval));
		if (rc != PW_STORE_WAIT)
			break;
		if (run == 0 && is_power_of_two(++tries)) /* it costs some ms */
			pw_must(t, check_namesake(&s->store));
		if (pw_io_ms() >= began + PW_STORE_PATIENCE_MS)
			pw_must(t, pw_store_busy(directory, run > 0 ? NULL : s->store.name));
		if (pw_signal_stop())
			pw_tool_follow(t, PW_STOPPED);
		if (!said && pw_io_ms() >= began + pw_tool_patience()) {
			pw_tool_say(t, "waiting for the last run of %s to end", directory);
			said = true;
		}
		pause_for(&ms);
	}
	t->state = s;
}

static void register_stage(struct pw_tool *t)
{
	struct pw_state *s = t->state;
	char **words = pw_mem_zero(t->command.canonical_count + 1, sizeof *words);

	words[0] = (char *)t->program->name;
	for (size_t i = 0; i < t->command.canonical_count; i++)
		words[i + 1] = t->command.canonical[i];
	s->registered = (enum pw_store_registered)pw_must(
		t, pw_store_register(&s->store, words, t->command.canonical_count + 1));
	free(words);
}

/* Who begins a run names the sinks for which all changes are kept since they took part. */
static void say_absent(struct pw_tool *t)
{
	const struct pw_store *s = &t->state->store;
	struct pw_bytes names = {0};

	if (!s->started)
		return;
	pw_must(t, pw_record_absent(s, &names));
	if (names.length > 0)
		pw_tool_say(t,
			    "%s: %s took no part in the last run: all changes since then are kept"
			    " (`pw-state %s --forget STAGE` drops a sink)",
			    s->path, pw_bytes_string(&names), s->path);
	pw_bytes_release(&names);
}

void pw_tool_enter(struct pw_tool *t, const char *directory, uint64_t interval)
{
	enter(t, directory, 0, interval);
	register_stage(t);
	say_absent(t);
}

void pw_tool_missed(struct pw_tool *t)
{
	struct pw_state *s = t->state;

	if (s->registered == PW_STORE_REGISTERED)
		s->registered = PW_STORE_NEW;
}

struct pw_store *pw_tool_store(const struct pw_tool *t)
{
	return t->state != NULL ? &t->state->store : NULL;
}

/* The streams of two inputs must be of one run. */
static int check_heads(const struct pw_tool *t, size_t a, size_t b)
{
	const struct pw_head *x = &t->inputs[a].source.head, *y = &t->inputs[b].source.head;
	const char *p = t->inputs[a].name, *q = t->inputs[b].name;

	if (x->state == NULL && y->state == NULL)
		return 0;
	if (x->state == NULL)
		return check_heads(t, b, a);
	if (y->state == NULL)
		return pw_fail(PW_USAGE,
			       "%s has its state in %s, and %s has none: read it with `pw-read"
			       " --state %s`",
			       p, x->state, q, x->state);
	if (strcmp(x->state, y->state) != 0)
		return pw_fail(PW_USAGE,
			       "%s has its state in %s, and %s in %s: a pipeline has one state"
			       " directory",
			       p, x->state, q, y->state);
	if (x->run != y->run)
		return pw_fail(PW_BUSY, "%s is of run %" PRIu64 " of %s, and %s of run %" PRIu64, p,
			       x->run, x->state, q, y->run);
	return 0;
}

void pw_state_join(struct pw_tool *t)
{
	const struct pw_head *head = &t->inputs[0].source.head;

	for (size_t i = 0; i < t->input_count; i++)
		if (t->inputs[i].ended || t->inputs[i].source.head.check)
			return;
	for (size_t i = 1; i < t->input_count; i++)
		pw_must(t, check_heads(t, 0, i));
	if (head->state == NULL)
		return;
	enter(t, head->state, head->run, 0);
	if (t->program->sink)
		register_stage(t);
}

void pw_state_check_output(struct pw_tool *t)
{
	struct stat st;

	if (pw_io()->fstat(STDOUT_FILENO, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		return;
	pw_must(t, pw_fail(PW_USAGE, "a pipeline with state ends in pw-write: put `| pw-write "
				     "DEST` after this"));
}

/*
 * A stage that is first seen when the pipeline goes on at R has no state of
 * what is below. A new sink downstream is told by its head, and makes the next
 * run begin at the start; if there is none, then only this stage is new.
 */
void pw_state_refuse(struct pw_tool *t)
{
	struct pw_state *s = t->state;

	if (s->registered != PW_STORE_REGISTERED)
		pw_store_refuse(&s->store, s->registered == PW_STORE_NEW ? PW_BUSY : PW_STATE);
}

void pw_state_check_registered(struct pw_tool *t)
{
	const struct pw_state *s = t->state;

	if (s->registered == PW_STORE_NEW)
		pw_must(t,
			pw_fail(PW_BUSY,
				"%s is new in %s, whose pipeline goes on from an earlier run: run"
				" it again; if a destination is new too, that run begins at the"
				" start",
				s->store.name, s->store.path));
	if (s->registered == PW_STORE_ASTRAY)
		pw_must(t, pw_fail(PW_STATE,
				   "%s has no state in %s, whose pipeline goes on from an earlier"
				   " run: give the options that it had, or forget the state with"
				   " `pw-state %s --reset`",
				   s->store.name, s->store.path, s->store.path));
}

/* ---- registering ---- */

static int load_batch(void *to, const struct pw_batch *batch)
{
	const struct pw_state *s = to;

	return pw_checkpointer_load(s->checkpointer, s->remembered, batch);
}

static int load(struct pw_state *s)
{
	for (size_t i = 0; i < s->checkpoints.count; i++) {
		const struct pw_checkpoint *c = &s->checkpoints.items[i];
		s->checkpointer->expect(s->remembered, c->full, c->rows);
		if (pw_checkpoints_load(&s->checkpoints, i, load_batch, s) < 0)
			return -1;
		if (s->checkpointer->loaded(s->remembered) < 0)
			return pw_fail_at("%s/checkpoint-%020" PRIu64 ".pws", s->store.folder,
					  c->time);
	}
	return 0;
}

/*
 * Has this stage missed what is below R, as no sink that has a record is
 * downstream? What it has saved may have been broken off anywhere.
 */
static bool is_unknown(struct pw_tool *t)
{
	const struct pw_store *s = &t->state->store;

	return s->restart > 0 && pw_must(t, pw_record_knows(s->path, s->name)) == 0;
}

int pw_tool_register_state(struct pw_tool *t, const struct pw_checkpointer *checkpointer,
			   void *state)
{
	struct pw_state *s = t->state;

	if (s == NULL)
		return 0;
	const bool is_filter = t->input_count > 0 && !t->program->sink;
	if (is_filter)
		register_stage(t);
	s->checkpointer = checkpointer;
	s->remembered = state;
	if (is_filter && s->registered != PW_STORE_ASTRAY && is_unknown(t)) {
		s->registered = PW_STORE_NEW;
		return 1;
	}
	if (pw_checkpointer_schema(checkpointer, &s->schema) < 0 ||
	    pw_checkpoints_open(&s->checkpoints, &s->store, &s->stage, &s->schema) < 0 ||
	    load(s) < 0)
		return -1;
	if (s->checkpoints.count > 0)
		s->registered = PW_STORE_REGISTERED;
	return 1;
}

/* ---- the grid ---- */

void pw_state_note(struct pw_state *s, pw_time first, pw_time last)
{
	if (s->checkpointer == NULL)
		return;
	if (!s->dirty)
		s->first = first;
	s->dirty = true;
	s->last = last;
}

pw_time pw_state_limit(const struct pw_tool *t)
{
	return t->state->at_end ? PW_TIME_END + 1
				: pw_store_grid_above(&t->state->store, t->frontier);
}

/* Has the state changed since the last checkpoint? The rows that were handed out may have changed nothing. */
static bool changed(struct pw_state *s)
{
	if (!s->dirty)
		return false;
	s->dirty = s->checkpointer->changed(s->remembered) != PW_CHECKPOINTER_SAME;
	return s->dirty;
}

/* The state is that of `frontier`. A checkpoint has the first time of the grid after the last change. */
static void checkpoint_if_due(struct pw_tool *t, pw_time frontier)
{
	struct pw_state *s = t->state;

	if (!s->dirty)
		return;
	const pw_time time = pw_store_grid_above(&s->store, s->last);
	if (time <= frontier && changed(s))
		pw_state_checkpoint(t, time, true);
}

void pw_tool_point(struct pw_tool *t, pw_time frontier)
{
	if (t->state == NULL)
		return;
	if (t->state->child_count > 0) {
		struct pollfd fd = {.fd = t->state->children[0].fd, .events = POLLIN};
		if (pw_io()->poll(&fd, 1, 0) > 0)
			pw_state_reap(t, false);
	}
	checkpoint_if_due(t, frontier);
}

/* ---- DURABLE ---- */

/* The time below which all that this stage must save is saved. */
static pw_time own_durable(const struct pw_tool *t)
{
	const struct pw_state *s = t->state;
	const pw_time reached = t->has_output ? t->output.frontier : t->frontier;
	pw_time own = t->input_count == 0 ? s->journal : PW_TIME_END;

	if (s->child_count > 0 && s->children[0].first < own)
		own = s->children[0].first;
	if (s->dirty && s->first < own)
		own = s->first;
	return own < reached ? own : reached;
}

pw_time pw_tool_durable(const struct pw_tool *t)
{
	const struct pw_state *s = t->state;
	pw_time least = PW_TIME_END;

	for (size_t i = 0; i < t->input_count; i++)
		if (t->inputs[i].durable < least)
			least = t->inputs[i].durable;
	if (s != NULL && (s->child_count > 0 || s->dirty || s->broken)) {
		const pw_time own = own_durable(t);
		return own < least ? own : least;
	}
	return least;
}

/* Sends DURABLE if that has reached a new time of the grid. In a sink: then true, and *ev is DURABLE. */
static bool say_durable(struct pw_tool *t, struct pw_event *ev)
{
	struct pw_state *s = t->state;
	const pw_time own = own_durable(t);
	pw_time d = t->input_count == 0 ? own : pw_tool_durable(t);

	d = own < d ? own : d;
	if (d == PW_TIME_END || pw_store_grid_below(&s->store, d) <= s->sent)
		return false;
	s->sent = d;
	pw_must(t, pw_aside_flush_all(t, true));
	if (t->has_output && pw_output_durable(&t->output, d) < 0)
		pw_must(t, pw_fail_at("stdout"));
	if (!t->program->sink)
		return false;
	*ev = (struct pw_event){.kind = PW_EVENT_DURABLE, .time = d};
	return true;
}

void pw_tool_durable_below(struct pw_tool *t, pw_time d)
{
	struct pw_event ev;

	if (t->state == NULL)
		return;
	if (d > t->state->journal)
		t->state->journal = d;
	if (t->has_output)
		say_durable(t, &ev);
}

/* ---- the end of the inputs ---- */

/* The time at which the stream stopped: the greatest frontier of the inputs, all of which have ended. */
static pw_time stop_time(const struct pw_tool *t)
{
	pw_time f = 0;

	for (size_t i = 0; i < t->input_count; i++)
		if (t->inputs[i].reached > f)
			f = t->inputs[i].reached;
	return f;
}

/* All inputs have ended: true, and *ev is FRONTIER F; when the program has come back from that, the last checkpoint. */
static bool close_inputs(struct pw_tool *t, struct pw_event *ev)
{
	struct pw_state *s = t->state;

	if (!s->closing) {
		const pw_time f = stop_time(t);
		s->closing = true;
		if (f > t->frontier) {
			t->frontier = f;
			*ev = (struct pw_event){.kind = PW_EVENT_FRONTIER, .time = f};
			return true;
		}
	}
	pw_state_reap(t, true);
	if (changed(s)) {
		if (s->last < t->frontier)
			pw_state_checkpoint(t, t->frontier, false);
		else
			s->broken = true; /* rows of a commit that was not complete */
	}
	s->at_end = true;
	pw_tool_flush(t);              /* F is sent before the rows of the end */
	if (t->ending == PW_SUSPENDED) /* rows of the end must not come: not all inputs finished */
		for (size_t i = 0; i < t->input_count; i++)
			t->inputs[i].rest = NULL;
	return false;
}

bool pw_state_step(struct pw_tool *t, pw_time least, struct pw_event *ev)
{
	struct pw_state *s = t->state;

	if (s->child_ready)
		pw_state_reap(t, false);
	if (s->at_end || s->broken)
		return false;
	checkpoint_if_due(t, t->frontier);
	if (say_durable(t, ev))
		return true;
	return least == PW_TIME_END && close_inputs(t, ev);
}

pw_time pw_state_durable_at_end(struct pw_tool *t)
{
	struct pw_state *s = t->state;

	if (t->input_count == 0) { /* a reader says itself what is durable */
		pw_state_reap(t, true);
		if (changed(s) && s->last < t->output.frontier)
			pw_state_checkpoint(t, t->output.frontier, false);
		if (s->journal == PW_TIME_END && !s->dirty)
			return PW_TIME_END;
		return own_durable(t);
	}
	if (!s->broken && s->at_end && pw_tool_durable(t) == PW_TIME_END)
		return PW_TIME_END;
	const pw_time own = own_durable(t), all = pw_tool_durable(t);
	return own < all ? own : all;
}

/* ---- the end of the stage ---- */

/*
 * Who reads our stream has entered the run: a tee(1) may send it to several stages,
 * and one that waits for another reader has not entered yet. That reader must
 * find the run alive. *any: somebody has.
 */
static bool all_have_entered(const struct pw_store *s, bool *any)
{
	int *consumers = pw_store_processes(s, PW_STORE_CONSUMERS), *all = NULL;
	bool direct = false;

	*any = consumers[0] != 0;
	for (size_t i = 0; consumers[i] != 0; i++)
		direct |= pw_pipes_reads(consumers[i], STDOUT_FILENO);
	if (*any && !direct)
		all = pw_store_processes(s, PW_STORE_ALIVE);
	const bool entered = *any && (direct || !pw_pipes_others_read(getpid(), all));
	free(consumers);
	free(all);
	return entered;
}

void pw_state_linger(struct pw_tool *t)
{
	const int64_t until = pw_io_ms() + PW_STORE_PATIENCE_MS;
	struct pollfd fd = {.fd = STDOUT_FILENO};
	int ms = SHORT_MS;
	bool any;

	while (!all_have_entered(&t->state->store, &any)) {
		if (pw_io_ms() >= until) {
			if (!any)
				pw_tool_say(t,
					    "no program downstream uses %s: a pipeline with state "
					    "ends in "
					    "pw-write",
					    t->state->store.path);
			break;
		}
		if (pw_signal_stop() && pw_signal_stop_left() <= 0)
			break;
		if (pw_io()->poll(&fd, 1, 0) > 0 &&
		    (fd.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
			break;
		pause_for(&ms);
	}
}
