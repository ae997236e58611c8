#include "join_watermark.h"
#include "chain.h"
#include "join.h"
#include "watermark.h"

#include <stdlib.h>

struct join_watermark {
	struct pw_chain chain;
	struct pw_watermark_wish fronts[2];
	char *texts[5 * 2]; /* that the wishes of the fronts point to */
	size_t text_count;
};

static char *own(struct join_watermark *j, char *text)
{
	return j->texts[j->text_count++] = text;
}

/* ---- what is wished ---- */

/* "D" for both sides, or "LEFT,RIGHT"; an empty one is NULL. */
static void part(struct join_watermark *j, const char *option, const char *text,
		 const char *sides[2])
{
	const char *comma = text != NULL ? strchr(text, ',') : NULL;

	sides[0] = sides[1] = text;
	if (comma == NULL)
		return;
	if (strchr(comma + 1, ',') != NULL || strlen(text) == 1)
		pw_op_must(&j->chain.op,
			   pw_fail(PW_USAGE,
				   "%s: '%s' is not one value for both inputs, or LEFT,RIGHT, "
				   "where one may be empty",
				   option, text));
	sides[0] = comma > text ? own(j, pw_mem_copy(text, (size_t)(comma - text))) : NULL;
	sides[1] = comma[1] != '\0' ? comma + 1 : NULL;
}

static void read_times(struct join_watermark *j, const char *text)
{
	char *names[2];

	pw_op_must(&j->chain.op, pw_join_times(text, names));
	for (int side = 0; side < 2; side++)
		j->fronts[side].time = own(j, names[side]);
}

/* A file for each side that has a cutoff. */
static void read_late(struct join_watermark *j, const char *text)
{
	struct pw_watermark_wish *left = &j->fronts[0], *right = &j->fronts[1];
	const char *files[2];

	part(j, "--late", text, files);
	if (text != NULL && strchr(text, ',') == NULL && left->cutoff != NULL &&
	    right->cutoff != NULL)
		pw_op_must(&j->chain.op,
			   pw_fail(PW_USAGE, "--late: both inputs have a cutoff, and their rows "
					     "go to a file each: give LEFT,RIGHT"));
	left->late = left->cutoff != NULL ? files[0] : NULL;
	right->late = right->cutoff != NULL ? files[1] : NULL;
}

static void read_wish(struct join_watermark *j, const struct pw_join_wish *w)
{
	const char *delay[2], *cutoff[2], *step[2];

	part(j, "--delay", w->delay, delay);
	part(j, "--cutoff", w->cutoff, cutoff);
	part(j, "--max-step", w->max_step, step);
	read_times(j, w->time);
	for (int side = 0; side < 2; side++) {
		struct pw_watermark_wish *front = &j->fronts[side];

		front->delay = delay[side];
		front->cutoff = front->forget = cutoff[side];
		front->max_step = step[side];
		front->keep = cutoff[side] != NULL && !w->no_keep;
	}
	read_late(j, w->late);
}

/* ---- the operator ---- */

static int add_front(struct join_watermark *j, int side)
{
	static const char *const names[] = {"left", "right"};
	const struct pw_watermark_wish *w = &j->fronts[side];

	if (w->delay == NULL && w->cutoff == NULL)
		return PW_CHAIN_INPUT(side);
	return pw_chain_add(&j->chain, &(struct pw_chain_part){.name = names[side],
							       .kind = &pw_watermark_op,
							       .wish = w,
							       .from = {PW_CHAIN_INPUT(side)},
							       .from_count = 1});
}

static void bind(struct pw_op *op, const void *wish)
{
	struct join_watermark *j = (struct join_watermark *)op;
	const struct pw_join_wish *w = wish;

	read_wish(j, w);
	pw_chain_begin(&j->chain);
	const int left = add_front(j, 0), right = add_front(j, 1);

	pw_chain_add(&j->chain, &(struct pw_chain_part){.name = "join",
							.kind = w->asof != NULL ? &pw_asof_op
										: &pw_interval_op,
							.wish = w,
							.from = {left, right},
							.from_count = 2});
	pw_chain_done(&j->chain);
}

static void release(struct pw_op *op)
{
	struct join_watermark *j = (struct join_watermark *)op;

	pw_chain_release(op);
	while (j->text_count > 0)
		free(j->texts[--j->text_count]);
}

const struct pw_op_kind pw_join_watermark_op = {
	.size = sizeof(struct join_watermark),
	.bind = bind,
	PW_CHAIN_FUNCTIONS,
	.release = release,
	.rejects = true,
};
